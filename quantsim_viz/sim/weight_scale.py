"""Weight scales adjusted to their surroundings, so that an integer runtime's accumulator holds.

Source: `docs/encodings.md` §6.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from quantsim_viz.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from quantsim_viz.resolve import Cascade
    from quantsim_viz.sim.encodings import Encoding
    from quantsim_viz.sim.engine import Engine

    Singles = NDArray[np.float32]

WEIGHTED = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})
ACCUMULATOR = 2**31 - 2**15
"""Largest code of a bias that the 32-bit accumulator is trusted with."""

LEAST_RATIO = 2.0**-23.5
"""Smallest ratio of the accumulator's scale to the output's that runtimes handle."""


NOTABLE = 2.0
"""A scale raised by more is worth a warning: it costs a bit."""


@dataclass(frozen=True, slots=True)
class RaisedScale:
    """A weight whose scales were raised notably.

    Attributes:
        weight: The weight.
        node: The operator that reads it.
        factor: By how much its scale was raised, the worst channel's.
        reason: What it was raised for most.
        input_bits: Precision of the operator's input.
    """

    weight: str
    node: str
    factor: float
    reason: str
    input_bits: int


@dataclass(frozen=True, slots=True)
class UnmatchedBias:
    """A bias that AIMET does not match with a weight's scales, one a channel.

    Attributes:
        weight: The weight.
        node: The operator that reads both.
        bias: Shape of the bias.
        channels: Number of the weight's scales.
    """

    weight: str
    node: str
    bias: tuple[int, ...]
    channels: int

    @property
    def is_scalar(self) -> bool:
        """Whether all channels share the bias, and their scales are adjusted all the same."""
        return math.prod(self.bias) == 1

    def __str__(self) -> str:
        """Name it, with its shape and what becomes of the scales."""
        fate = "adjusted to it all the same" if self.is_scalar else "left alone"
        return (
            f"{self.weight!r} of node {self.node} ({self.channels} scales, bias "
            f"{list(self.bias)}; {fate})"
        )


ScaleNote = RaisedScale | UnmatchedBias


def adjust_weight_scales(
    engine: Engine,
    cascade: Cascade,
    encodings: Mapping[str, Encoding],
    notes: list[ScaleNote] | None = None,
) -> dict[str, Encoding]:
    """Return the encodings of the weights of every `WEIGHTED` operator with quantized input.

    1. The bias must fit the accumulator, in steps of input scale × weight scale.
    2. With a quantized output, that step is not below 2^−23.5 of the output's.
    3. Then the bias together with the output's offset must fit as well.
    4. A float16 bias keeps the step above float16's smallest normal number.

    Scales come back rounded to single precision, whether anything changed or not. Per channel,
    a bias that is neither one value nor one a channel leaves them alone.

    Args:
        engine: Knows the biases.
        cascade: The configuration.
        encodings: What was found so far.
        notes: Takes note of weights whose scales were raised notably, and of biases that AIMET
            does not match with them.
    """
    run = cascade.run
    if run is None:
        return {}
    topology = run.topology
    adjusted: dict[str, Encoding] = {}
    for op, params in zip(topology.ops, topology.params, strict=True):
        if op.op_type not in WEIGHTED or not op.inputs or len(op.node.outputs) != 1:
            continue
        by_type = {param.type: param.tensor for param in params}
        weight = by_type.get("weight", "")
        if weight not in op.node.inputs:
            continue  # AIMET does not look through a Transpose or an Identity here
        encoding = _integer(adjusted.get(weight) or encodings.get(weight))
        given = _integer(encodings.get(cascade.effective_quantizer(op.node.inputs[0]) or ""))
        if encoding is None or given is None:
            continue
        bias = None
        if "bias" in by_type:
            bias = engine.constant(by_type["bias"]).cpu().numpy()
        if bias is not None and not is_per_channel(bias.shape, len(encoding.scale)):
            unmatched = UnmatchedBias(weight, op.node.members[-1], bias.shape, len(encoding.scale))
            if notes is not None:
                notes.append(unmatched)
            if not unmatched.is_scalar:
                continue
        output = _integer(encodings.get(op.node.outputs[0]))
        steps = list(_steps_of(encoding, given, output, bias))
        adjusted[weight] = _rescaled(encoding, steps[-1][1])
        found = _raised(weight, op.node.members[-1], given.bitwidth, steps)
        if notes is not None and found.factor > NOTABLE:
            notes.append(found)
    return adjusted


def is_per_channel(bias: Sequence[int], channels: int) -> bool:
    """Tell whether a bias of a shape has one value for each scale of a weight, or serves one.

    >>> is_per_channel((4,), 4), is_per_channel((1, 4), 4), is_per_channel((3, 4), 1)
    (True, True, True)
    >>> is_per_channel((4, 1), 4), is_per_channel((3, 4), 4), is_per_channel((), 4)
    (False, False, False)
    """
    return channels == 1 or tuple(bias[-1:]) == (math.prod(bias),) == (channels,)


def _raised(
    weight: str, node: str, bitwidth: int, steps: Sequence[tuple[str, Singles]]
) -> RaisedScale:
    """Return by how much the scale that was raised most was raised, and by which step most."""
    scales = [scale.astype(np.float64) for _, scale in steps]
    factors = [(after / before).max() for before, after in pairwise(scales)]
    whole = (scales[-1] / scales[0]).max()
    return RaisedScale(weight, node, float(whole), steps[1 + int(np.argmax(factors))][0], bitwidth)


def scale_findings(notes: Sequence[ScaleNote]) -> Iterator[Diagnostic]:
    """Yield the warnings that name the weights of whose scales there is something to say."""
    raised = [note for note in notes if isinstance(note, RaisedScale)]
    if raised:
        yield _raised_finding(raised)
    unmatched = [note for note in notes if isinstance(note, UnmatchedBias)]
    if unmatched:
        yield Diagnostic(
            "weight-scale-unmatched",
            Severity.WARNING,
            f"{len(unmatched)} weight(s) quantized per channel meet a bias that is not one value "
            f"a channel: {_few(map(str, unmatched))}. AIMET raises an error there "
            "(weight_scale must be a scalar or have the shape of bias_float), or takes rows for "
            "channels where there are as many; quantize these weights per tensor, or give the "
            "bias one value a channel.",
            nodes=tuple(dict.fromkeys(each.node for each in unmatched)),
        )


def _raised_finding(raised: Sequence[RaisedScale]) -> Diagnostic:
    worst = sorted(raised, key=lambda each: -each.factor)
    named = _few(
        f"{each.weight!r} of node {each.node} {each.factor:.3g} times ({each.reason})"
        for each in worst
    )
    advice = (
        "Inputs of 32 bits have steps so fine that weights pay for them: use 16 bits."
        if any(each.input_bits > 16 for each in worst)
        else "A narrower range of the bias, or a wider one of the input, avoids it."
    )
    return Diagnostic(
        "weight-scale-raised",
        Severity.WARNING,
        f"{len(worst)} weight(s) have scales raised more than {NOTABLE:g} times so that a 32-bit "
        f"accumulator holds, which costs accuracy: {named}. {advice}",
        nodes=tuple(dict.fromkeys(each.node for each in worst)),
    )


def _few(texts: Iterable[str]) -> str:
    """Join the first three, and count the others."""
    every = list(texts)
    more = f", and {len(every) - 3} more" if len(every) > 3 else ""
    return "; ".join(every[:3]) + more


def _steps_of(
    weight: Encoding,
    given: Encoding,
    output: Encoding | None,
    bias: NDArray[Any] | None,
) -> Iterator[tuple[str, Singles]]:
    """Yield after each step what it is for and the scales, the rounded ones before any first.

    Args:
        weight: The weight's encoding.
        given: The encoding of the operator's input.
        output: The encoding of its output, None if that is not quantized.
        bias: Its bias, one value or one a scale, None without one; any where there is one scale.
    """
    single = np.float32
    scale, step = np.asarray(weight.scale, single), single(given.scale[0])
    yield "", scale
    value: NDArray[Any] = np.zeros(1, single) if bias is None else bias.reshape(-1)
    scale = _fit(value, step, scale)
    yield "its bias does not fit the accumulator in steps of input × weight scale", scale
    if output is not None:
        out_scale, out_offset = single(output.scale[0]), single(output.offset[0])
        scale = np.maximum(scale, single(single(LEAST_RATIO) * out_scale / step))
        yield "the accumulator's step is below 2^-23.5 of the output's", scale
        unit = step * scale
        held = np.round(value / unit) + np.round(out_offset * out_scale / unit)
        scale = _fit(held * unit, step, scale)
        yield "its bias and the output's offset together do not fit the accumulator", scale
    if bias is not None and bias.dtype == np.float16:
        least = float(np.finfo(np.float16).tiny)
        if step >= least:
            scale = np.maximum(scale, single(least / float(step)))
        yield "its float16 bias needs a larger step", scale


def _fit(value: NDArray[Any], step: np.float32, scale: Singles) -> Singles:
    """Raise scales until values fit the accumulator; a lone scale serves the largest value."""
    wide = np.abs(value.astype(np.float64))
    if wide.shape != scale.shape:
        wide = wide.max(keepdims=True) if wide.size else np.zeros(1)
    needed = wide / (ACCUMULATOR * float(step))
    return np.maximum(scale.astype(np.float64), needed).astype(np.float32)


def _integer(encoding: Encoding | None) -> Encoding | None:
    return encoding if encoding is not None and encoding.dtype == "int" else None


def _rescaled(encoding: Encoding, scale: Singles) -> Encoding:
    """Return an encoding with other scales and the same offsets and steps."""
    scales = scale.astype(np.float64)
    offsets = np.asarray(encoding.offset)
    return replace(
        encoding,
        scale=tuple(scales.tolist()),
        minimum=tuple((scales * offsets).tolist()),
        maximum=tuple((scales * (offsets + encoding.steps)).tolist()),
    )
