"""Resize, with the legacy Upsample: along each axis, a weighted look-up of neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import floor
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from quantsim_viz.sim.operators.registry import axis_of, operator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from quantsim_viz.sim.operators.registry import Kernel, OperatorSpec


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a node maps output places to input elements.

    Attributes:
        mode: `nearest`, `linear` or `cubic`.
        coordinates: The coordinate transformation's name.
        nearest: The rounding of `nearest`; `simple` is that of version 10.
        cubic: The cubic kernel's coefficient a.
        exclude_outside: Neighbours beyond the edges weigh nothing, instead of repeating the edge.
        extrapolation: What stands outside the region of `tf_crop_and_resize`.
        antialias: Widen the kernel where the tensor shrinks.
    """

    mode: str
    coordinates: str
    nearest: str
    cubic: float
    exclude_outside: bool
    extrapolation: float
    antialias: bool

    @classmethod
    def of(cls, spec: OperatorSpec) -> Sampling:
        """Read the attributes of Resize since version 11."""
        return cls(
            mode=spec.text("mode", "nearest"),
            coordinates=spec.text("coordinate_transformation_mode", "half_pixel"),
            nearest=spec.text("nearest_mode", "round_prefer_floor"),
            cubic=spec.number("cubic_coeff_a", -0.75),
            exclude_outside=spec.flag("exclude_outside"),
            extrapolation=spec.number("extrapolation_value", 0.0),
            antialias=spec.flag("antialias"),
        )

    @classmethod
    def legacy(cls, spec: OperatorSpec) -> Sampling:
        """Read the attributes of Upsample and of Resize in version 10."""
        mode = spec.text("mode", "nearest")
        return cls(mode, "asymmetric", "simple", -0.75, False, 0.0, False)


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis to resize: its place, lengths before and after, scale, and region of interest."""

    place: int
    length: int
    wanted: int
    scale: float
    start: float = 0.0
    end: float = 1.0


@dataclass(frozen=True, slots=True)
class Look:
    """Which neighbours an axis reads: indices and weights `[wanted, taps]`.

    `outside` marks places that take the extrapolation value; None if there are none.
    """

    indices: Tensor
    weights: Tensor
    outside: Tensor | None


def _places(axis: Axis, coordinates: str) -> Tensor:
    """Return where each output element lies among the input's.

    In float32, as onnxruntime has it: where two neighbours are equally near, the last bit decides.
    """
    out = torch.arange(axis.wanted, dtype=torch.float32)
    middle = (out + 0.5) / axis.scale - 0.5
    if coordinates == "half_pixel":
        return middle
    if coordinates == "pytorch_half_pixel":
        return middle if axis.wanted > 1 else torch.zeros_like(out)
    if coordinates == "half_pixel_symmetric":
        exact = axis.scale * axis.length
        return middle + axis.length / 2 * (1 - axis.wanted / exact)
    if coordinates == "tf_half_pixel_for_nn":
        return middle + 0.5
    if coordinates == "align_corners":
        return out * (axis.length - 1) / max(1, axis.wanted - 1)
    if coordinates == "tf_crop_and_resize":
        span = axis.length - 1
        if axis.wanted == 1:
            return torch.full_like(out, 0.5 * (axis.start + axis.end) * span)
        return axis.start * span + out * (axis.end - axis.start) * span / (axis.wanted - 1)
    return out / axis.scale  # asymmetric


def _round(places: Tensor, mode: str, scale: float) -> Tensor:
    if mode == "simple":
        return places.ceil() if scale < 1 else places.floor()
    if mode == "round_prefer_floor":
        return (places - 0.5).ceil()
    if mode == "round_prefer_ceil":
        return (places + 0.5).floor()
    return places.ceil() if mode == "ceil" else places.floor()


def _triangle(distance: Tensor) -> Tensor:
    return (1 - distance).clamp(min=0)


def _cubic(distance: Tensor, a: float) -> Tensor:
    d = distance
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return torch.where(d <= 1, near, torch.where(d < 2, far, 0))


def _look(axis: Axis, sampling: Sampling) -> Look:
    places = _places(axis, sampling.coordinates)
    last = axis.length - 1
    outside = None
    if sampling.coordinates == "tf_crop_and_resize":
        outside = (places < 0) | (places > last)
    if sampling.mode == "nearest":
        indices = _round(places, sampling.nearest, axis.scale).clamp(0, last).long()
        return Look(indices.unsqueeze(1), torch.ones(axis.wanted, 1), outside)
    stretch = min(axis.scale, 1.0) if sampling.antialias else 1.0
    reach = 1 if sampling.mode == "linear" else 2
    first = floor(-reach / stretch) + 1
    steps = torch.arange(first, 2 - first)
    indices = places.floor().long().unsqueeze(1) + steps
    distance = (indices - places.unsqueeze(1)).abs() * stretch
    weights = _triangle(distance) if reach == 1 else _cubic(distance, sampling.cubic)
    if sampling.exclude_outside:
        weights = torch.where((indices >= 0) & (indices <= last), weights, 0)
    weights = weights / weights.sum(1, keepdim=True)
    return Look(indices.clamp(0, last), weights, outside)


def _apply(x: Tensor, place: int, look: Look, extrapolation: float) -> Tensor:
    shape = (-1,) + (1,) * (x.ndim - 1 - place)
    indices = look.indices.to(x.device)
    taps = indices.shape[1]
    if taps == 1:
        y = x.index_select(place, indices[:, 0])
    else:
        weights = look.weights.to(x)
        y = x.index_select(place, indices[:, 0]) * weights[:, 0].reshape(shape)
        for tap in range(1, taps):
            y.addcmul_(x.index_select(place, indices[:, tap]), weights[:, tap].reshape(shape))
    if look.outside is not None:
        y = torch.where(look.outside.to(x.device).reshape(shape), extrapolation, y)
    return y


def _resizer(axes: tuple[Axis, ...], rank: int, sampling: Sampling) -> Callable[[Tensor], Tensor]:
    """Return what resizes tensors of a known shape: one call into torch where that is the same."""
    kept = not sampling.coordinates.startswith("tf_crop")
    axes = tuple(a for a in axes if not (kept and a.length == a.wanted and a.scale == 1))
    planes = [axis.place for axis in axes] == [2, 3] and rank == 4
    sizes = tuple(axis.wanted for axis in axes)
    looks = [_look(axis, sampling) for axis in axes]
    if planes and sampling.mode == "nearest" and kept and _repeats(axes, looks):
        return lambda x: functional.interpolate(x, sizes, mode="nearest")
    if planes and sampling.mode == "linear" and not sampling.antialias:
        exact = all(abs(a.scale - a.wanted / a.length) < 1e-7 for a in axes)
        if sampling.coordinates == "align_corners" and min(sizes) > 1:
            return lambda x: functional.interpolate(x, sizes, mode="bilinear", align_corners=True)
        if sampling.coordinates == "half_pixel" and exact:
            return lambda x: functional.interpolate(x, sizes, mode="bilinear")

    def resize(x: Tensor) -> Tensor:
        y = x if x.is_floating_point() or sampling.mode == "nearest" else x.float()
        for axis, look in zip(axes, looks, strict=True):
            y = _apply(y, axis.place, look, sampling.extrapolation)
        return y.to(x.dtype)

    return resize


def _repeats(axes: Sequence[Axis], looks: Sequence[Look]) -> bool:
    """Tell whether every element is repeated a whole number of times."""
    for axis, look in zip(axes, looks, strict=True):
        whole, rest = divmod(axis.wanted, axis.length)
        if rest or bool((look.indices[:, 0] != torch.arange(axis.wanted) // whole).any()):
            return False
    return True


def _axes(
    lengths: Sequence[int],
    scales: Sequence[float] | None,
    sizes: Sequence[int] | None,
    places: Sequence[int],
    region: Sequence[float] | None,
    policy: str,
) -> tuple[Axis, ...]:
    """Return the axes to resize by scales, or else to sizes."""
    if scales is not None:
        factors = list(scales)
        wanted = [floor(lengths[p] * f) for p, f in zip(places, factors, strict=True)]
    else:
        wanted = list(sizes or ())
        factors = [w / lengths[p] for p, w in zip(places, wanted, strict=True)]
        if policy != "stretch":
            one = min(factors) if policy == "not_larger" else max(factors)
            wanted = [floor(one * lengths[p] + 0.5) for p in places]
            factors = [one] * len(factors)
    bounds = list(region) if region else [0.0] * len(places) + [1.0] * len(places)
    return tuple(
        Axis(p, lengths[p], wanted[i], factors[i], bounds[i], bounds[i + len(places)])
        for i, p in enumerate(places)
    )


def _numbers(value: Tensor | None) -> tuple[float, ...] | None:
    return None if value is None or value.numel() == 0 else tuple(value.tolist())


@operator("Resize", since=11, aliases=True)
def resize(spec: OperatorSpec) -> Kernel:
    """Resize by scales or to sizes."""
    sampling, policy = Sampling.of(spec), spec.text("keep_aspect_ratio_policy", "stretch")
    places = spec.integers("axes")
    fixed = [_numbers(spec.constant(index)) for index in (1, 2, 3)]

    @lru_cache(maxsize=8)
    def prepare(
        shape: tuple[int, ...],
        region: tuple[float, ...] | None,
        scales: tuple[float, ...] | None,
        sizes: tuple[int, ...] | None,
    ) -> Callable[[Tensor], Tensor]:
        chosen = range(len(shape)) if places is None else [axis_of(a, len(shape)) for a in places]
        axes = _axes(shape, scales, sizes, chosen, region, policy)
        return _resizer(axes, len(shape), sampling)

    def kernel(
        x: Tensor,
        region: Tensor | None = None,
        scales: Tensor | None = None,
        sizes: Tensor | None = None,
    ) -> Tensor:
        given = (
            known if known is not None else _numbers(value)
            for known, value in zip(fixed, (region, scales, sizes), strict=True)
        )
        return prepare(tuple(x.shape), *given)(x)

    return kernel


@operator("Upsample", since=7, aliases=True)
@operator("Resize", since=10, aliases=True)
def resize_by_scales(spec: OperatorSpec) -> Kernel:
    """Resize by scales: an attribute or, since version 9, an input."""
    sampling = Sampling.legacy(spec)
    fixed = spec.numbers("scales") or _numbers(spec.constant(1))

    @lru_cache(maxsize=8)
    def prepare(shape: tuple[int, ...], scales: tuple[float, ...]) -> Callable[[Tensor], Tensor]:
        axes = _axes(shape, scales, None, range(len(shape)), None, "stretch")
        return _resizer(axes, len(shape), sampling)

    def kernel(x: Tensor, scales: Tensor | None = None) -> Tensor:
        return prepare(tuple(x.shape), fixed or _numbers(scales) or ())(x)

    return kernel
