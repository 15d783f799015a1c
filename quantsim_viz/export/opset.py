"""Operator sets: raise a model's where a quantizer needs it, and only if that changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import helper
from onnx.version_converter import convert_version

from quantsim_viz.errors import QuantSimError
from quantsim_viz.export.refusals import listed
from quantsim_viz.model import load_model
from quantsim_viz.sim import run
from quantsim_viz.sim.operators import to_numpy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from quantsim_viz.sim import Calibration

CLOSE = 1e-5
"""Largest difference between the outputs of both versions, as a share of the output's range."""


def raised(
    model: onnx.ModelProto, opset: int, calibrated: Calibration, reason: str
) -> onnx.ModelProto:
    """Return a model in a later operator set, as onnx's converter gives it, if that is safe.

    1. Every tensor with a quantizer is still there, and every node of the file under its name.
    2. On the first batch of the data its float outputs are those of the file.

    Args:
        model: The model, all weights inside; not changed.
        opset: Operator set that is needed.
        calibrated: What is exported, with the data to compare on.
        reason: Who needs it, for the message.

    Raises:
        QuantSimError: It cannot be converted, or not safely (`not-expressible`).
    """
    current = calibrated.cascade.model.opset.get("", 0)
    try:
        if model.functions:
            raise _Unsafe("the converter does not handle models with functions of their own")
        converted = _converted(model, opset)
        _check_names(model, converted, calibrated.encodings)
        _check_outputs(converted, calibrated)
    except _Unsafe as unsafe:
        raise QuantSimError(
            f"qdq needs operator set {opset} ({reason}); the model uses {current}, and raising it"
            f" is not safe: {unsafe}",
            code="not-expressible",
            hint=f"export the model again with operator set {opset} or later",
            path=calibrated.cascade.model.path,
        ) from unsafe
    return converted


class _Unsafe(Exception):  # noqa: N818 - a finding, turned into an error by `raised`
    """A reason not to convert."""


def _converted(model: onnx.ModelProto, opset: int) -> onnx.ModelProto:
    try:
        converted = convert_version(model, opset)
    except Exception as error:  # whatever the converter stumbles over is its answer
        raise _Unsafe(f"the converter fails: {' '.join(str(error).split())[:200]}") from error
    least = helper.find_min_ir_version_for(converted.opset_import, ignore_unknown=True)
    converted.ir_version = max(model.ir_version, least)
    return converted


def _check_names(
    model: onnx.ModelProto, converted: onnx.ModelProto, tensors: Iterable[str]
) -> None:
    lost = [node for node, op_type in _nodes(model) - _nodes(converted) if op_type != "Constant"]
    if lost:
        raise _Unsafe(f"it loses nodes ({listed(sorted(lost))})")
    gone = set(tensors) - _tensors(converted)
    if gone:
        raise _Unsafe(f"it loses quantized tensors ({listed(sorted(gone))})")


def _nodes(model: onnx.ModelProto) -> set[tuple[str, str]]:
    return {(node.name, node.op_type) for node in model.graph.node}


def _tensors(model: onnx.ModelProto) -> set[str]:
    names = {value.name for value in model.graph.input}
    names.update(tensor.name for tensor in model.graph.initializer)
    names.update(name for node in model.graph.node for name in node.output)
    return names


def _check_outputs(converted: onnx.ModelProto, calibrated: Calibration) -> None:
    """Compare the float outputs of both versions on the first batch."""
    device = calibrated.engine.network.device
    batches = calibrated.data.batches(calibrated.batch_size, device)
    batch = {name: to_numpy(value) for name, value in next(iter(batches)).items()}
    expected = run(calibrated.cascade.model, [batch], device=device)
    try:
        found = run(load_model(converted), [batch], device=device)
    except QuantSimError as error:
        raise _Unsafe(f"the converted model does not run: {error}") from error
    for name, value in expected.items():
        if not _agree(value, found[name]):
            raise _Unsafe(f"it changes output `{name}`")


def _agree(expected: np.ndarray[Any, Any], found: np.ndarray[Any, Any]) -> bool:
    if expected.shape != found.shape or expected.dtype != found.dtype:
        return False
    if expected.dtype.kind != "f":
        return bool(np.array_equal(expected, found))
    finite = expected[np.isfinite(expected)]
    width = float(np.ptp(finite)) if finite.size else 0.0
    return bool(np.allclose(found, expected, rtol=CLOSE, atol=CLOSE * width, equal_nan=True))
