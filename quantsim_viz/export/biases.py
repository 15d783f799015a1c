"""Encodings of 32 bits for biases that the configuration leaves float, as AIMET's export adds them.

An integer runtime adds the bias in the accumulator, whose step is input scale × weight scale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quantsim_viz.errors import QuantSimError
from quantsim_viz.sim.encodings import Encoding
from quantsim_viz.sim.weight_scale import WEIGHTED, is_per_channel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from quantsim_viz.resolve.topology import Op
    from quantsim_viz.sim import Calibration

    Doubles = NDArray[np.float64]

BITS = 32
LEAST_SCALE = 0.01 / (2**BITS - 1)

NORMALIZING = frozenset(
    {
        "BatchNormalization",
        "GRU",
        "GroupNormalization",
        "InstanceNormalization",
        "LSTM",
        "LayerNormalization",
        "RNN",
    }
)
"""Operators that add their bias elsewhere than to a product: its own range gives the scale."""


def bias_encodings(calibrated: Calibration) -> dict[str, Encoding]:
    """Return an encoding for every bias without one whose operator's input and weight have one.

    1. Products: scale = input scale × weight scale, per channel where the weight is.
    2. `NORMALIZING`: scale = largest |bias| / 2³¹, at least `LEAST_SCALE`.
    """
    run = calibrated.cascade.run
    assert run is not None  # a cascade without one is refused before
    found: dict[str, Encoding] = {}
    owners: dict[str, str] = {}
    for op, params in zip(run.topology.ops, run.topology.params, strict=True):
        by_type = {param.type: param.tensor for param in params}
        bias = by_type.get("bias")
        if bias is None or bias in calibrated.encodings:
            continue
        if op.op_type not in WEIGHTED | NORMALIZING:
            continue
        scale = _scale(calibrated, op, by_type)
        if scale is None:
            continue
        if bias in owners and op.op_type in WEIGHTED:
            raise QuantSimError(
                f"bias `{bias}` is shared by {owners[bias]} and {op.node.name}, whose accumulators"
                " have steps of their own",
                code="not-expressible",
                hint="give each its own copy of the bias, or export without 32-bit biases",
            )
        owners[bias] = op.node.name
        shape = tuple(calibrated.engine.constant(bias).shape)
        if op.op_type in WEIGHTED and not is_per_channel(shape, scale.size):
            raise QuantSimError(
                f"bias `{bias}` of {op.node.name} has the shape {list(shape)}, not one value for"
                f" each of the weight's {scale.size} scales",
                code="not-expressible",
                hint="give it one value a channel, or export without 32-bit biases",
            )
        symmetric = calibrated.cascade.quantizers[bias].symmetric
        found[bias] = _encoding(scale, symmetric=symmetric)
    return found


def _scale(calibrated: Calibration, op: Op, params: Mapping[str, str]) -> Doubles | None:
    """Return a bias's scales: `[]` per tensor, `[channels]` per channel; None without any."""
    weight = params.get("weight")
    if weight is None and op.op_type in WEIGHTED:
        weight = calibrated.cascade.effective_quantizer(op.node.inputs[1])
    given = calibrated.cascade.effective_quantizer(op.node.inputs[0])
    weights = _integer(calibrated, weight)
    inputs = _integer(calibrated, given)
    if weights is None or inputs is None:
        return None
    if op.op_type in WEIGHTED:
        scale: Doubles = np.asarray(weights.scale) * inputs.scale[0]
        return scale if weights.axis is not None else scale.reshape(())
    value = calibrated.engine.constant(params["bias"]).double().numpy()
    scale = np.maximum(np.abs(value) / 2 ** (BITS - 1), LEAST_SCALE).reshape(-1)
    return scale if weights.axis is not None else np.asarray(scale.max())


def _integer(calibrated: Calibration, tensor: str | None) -> Encoding | None:
    encoding = calibrated.encodings.get(tensor) if tensor is not None else None
    return encoding if encoding is not None and encoding.dtype == "int" else None


def _encoding(scale: Doubles, *, symmetric: bool) -> Encoding:
    scales = scale.reshape(-1)
    half = 2.0 ** (BITS - 1)
    return Encoding(
        tuple(scales.tolist()),
        (-half,) * scales.size,
        tuple((-half * scales).tolist()),
        tuple(((half - 1) * scales).tolist()),
        BITS,
        symmetric,
        axis=None if scale.ndim == 0 else 0,
    )
