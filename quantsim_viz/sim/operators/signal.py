"""Spectra and the windows they are taken through."""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING

import torch

from quantsim_viz.sim.operators.dtypes import storage_type
from quantsim_viz.sim.operators.registry import operator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from quantsim_viz.sim.operators.registry import Kernel, OperatorSpec

_COSINES: Mapping[str, Sequence[float]] = {
    "HannWindow": (0.5, -0.5),
    "HammingWindow": (25 / 46, -21 / 46),
    "BlackmanWindow": (0.42, -0.5, 0.08),
}
"""Each window as factors of cos(0), cos(x), cos(2x)."""


@operator(*_COSINES, since=17)
def window(spec: OperatorSpec) -> Kernel:
    """Sum of cosines over one period, closed or (for spectra) open at its end."""
    factors, periodic = _COSINES[spec.node.op_type], spec.flag("periodic", True)
    dtype = storage_type(spec.integer("output_datatype", 1))
    read = spec.reader(0)

    def kernel(size: Tensor) -> Tensor:
        length = (read(size) or (0,))[0]
        steps = torch.arange(length, dtype=torch.float64, device=spec.device)
        angle = steps * (2 * pi / max(1, length if periodic else length - 1))
        waves = [factor * torch.cos(order * angle) for order, factor in enumerate(factors)]
        return torch.stack(waves).sum(0).to(dtype)

    return kernel


def _to_complex(x: Tensor) -> Tensor:
    """Return `[…, 1]` or `[…, 2]` (real and imaginary part) as complex, in double precision."""
    wide = x.double()
    if x.shape[-1] == 1:
        return torch.complex(wide[..., 0], torch.zeros_like(wide[..., 0]))
    whole: Tensor = torch.view_as_complex(wide.contiguous())
    return whole


def _transform(
    x: Tensor, axis: int, length: int | None, *, inverse: bool, onesided: bool
) -> Tensor:
    place = axis % x.ndim
    signal = _to_complex(x)
    if inverse and onesided:
        whole = length or 2 * (x.shape[place] - 1)
        real: Tensor = torch.fft.irfft(signal, whole, place)
        return real.unsqueeze(-1).to(x.dtype)
    size = length or x.shape[place]
    spectrum = (
        torch.fft.ifft(signal, size, place) if inverse else torch.fft.fft(signal, size, place)
    )
    if onesided:
        spectrum = spectrum.narrow(place, 0, size // 2 + 1)
    return torch.view_as_real(spectrum).to(x.dtype).contiguous()


@operator("DFT", since=17)
def fourier_transform_along_attribute(spec: OperatorSpec) -> Kernel:
    """Discrete Fourier transform along the axis of an attribute."""
    axis = spec.integer("axis", 1)
    inverse, onesided = spec.flag("inverse"), spec.flag("onesided")
    read = spec.reader(1)

    def kernel(x: Tensor, length: Tensor | None = None) -> Tensor:
        size = (read(length) or (None,))[0]
        return _transform(x, axis, size, inverse=inverse, onesided=onesided)

    return kernel


@operator("DFT", since=20)
def fourier_transform(spec: OperatorSpec) -> Kernel:
    """Discrete Fourier transform along the axis of an input."""
    inverse, onesided = spec.flag("inverse"), spec.flag("onesided")
    read, read_axis = spec.reader(1), spec.reader(2)

    def kernel(x: Tensor, length: Tensor | None = None, axis: Tensor | None = None) -> Tensor:
        size, place = (read(length) or (None,))[0], (read_axis(axis) or (-2,))[0]
        return _transform(x, place, size, inverse=inverse, onesided=onesided)

    return kernel


@operator("STFT", since=17)
def short_time_fourier_transform(spec: OperatorSpec) -> Kernel:
    """Fourier transforms of windowed frames, one every `frame_step` samples."""
    onesided = spec.flag("onesided", True)
    read_step, read_length = spec.reader(1), spec.reader(3)

    def kernel(
        x: Tensor, step: Tensor, shape: Tensor | None = None, length: Tensor | None = None
    ) -> Tensor:
        natural = x.shape[1] if shape is None else shape.shape[0]
        size = (read_length(length) or (natural,))[0]
        frames = x.unfold(1, size, (read_step(step) or (1,))[0]).transpose(2, 3)
        if shape is not None:
            frames = frames * shape.unsqueeze(-1)
        return _transform(frames, 2, None, inverse=False, onesided=onesided)

    return kernel


def _mel(hertz: Tensor) -> Tensor:
    return 2595 * torch.log10(1 + hertz / 700)


@operator("MelWeightMatrix", since=17)
def mel_weight_matrix(spec: OperatorSpec) -> Kernel:
    """Triangles over the bins of a spectrum, evenly spaced on the mel scale."""
    dtype = storage_type(spec.integer("output_datatype", 1))

    def kernel(bands: Tensor, length: Tensor, rate: Tensor, low: Tensor, high: Tensor) -> Tensor:
        count, size = int(bands), int(length)
        first, last = _mel(low.double().reshape(())), _mel(high.double().reshape(()))
        steps = torch.arange(count + 2, dtype=torch.float64, device=spec.device)
        mels = first + steps * (last - first) / (count + 2)
        hertz = 700 * (10 ** (mels / 2595) - 1)
        edges = torch.floor((size + 1) * hertz / rate.double().reshape(()))
        left, middle, right = edges[:-2], edges[1:-1], edges[2:]
        bins = torch.arange(size // 2 + 1, dtype=torch.float64, device=spec.device).unsqueeze(1)
        rising = torch.where(middle > left, (bins - left) / (middle - left).clamp(min=1), 1)
        falling = torch.where(right > middle, (right - bins) / (right - middle).clamp(min=1), 1)
        inside = (bins >= left) & (bins <= middle)
        behind = (bins >= middle) & (bins < right)
        matrix = torch.where(inside, rising, 0)
        return torch.where(behind, falling, matrix).to(dtype)

    return kernel
