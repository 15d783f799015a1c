"""Models of one node, run by us and by onnxruntime."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
from onnx import ValueInfoProto, helper, numpy_helper

from quantsim_viz.model import load_model
from quantsim_viz.sim.interpreter import run_graph
from quantsim_viz.sim.operators import to_numpy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from onnx import ModelProto


def one_node(
    op_type: str,
    inputs: Sequence[np.ndarray[Any, Any] | None],
    *,
    opset: int,
    outputs: Sequence[str] = ("y",),
    constant: Sequence[int] = (),
    domain: str = "",
    **attributes: Any,
) -> tuple[ModelProto, dict[str, np.ndarray[Any, Any]]]:
    """Return a model of one node, and what to feed it.

    Args:
        op_type: The node's operator.
        inputs: Its inputs; None leaves one out.
        opset: Version of the standard operator set.
        outputs: Names of its outputs, `""` for one that is not wanted.
        constant: Indices of inputs stored as initializers.
        domain: The operator's domain.
        attributes: The node's attributes.
    """
    names = [f"x{i}" if value is not None else "" for i, value in enumerate(inputs)]
    node = helper.make_node(op_type, names, outputs, domain=domain, **attributes)
    stored, fed = [], {}
    declared: list[ValueInfoProto] = []
    for index, given in enumerate(inputs):
        if given is None:
            continue
        value = np.asarray(given)
        if index in constant:
            stored.append(numpy_helper.from_array(value, names[index]))
            continue
        kind = helper.np_dtype_to_tensor_dtype(value.dtype)
        declared.append(helper.make_tensor_value_info(names[index], kind, value.shape))
        fed[names[index]] = value
    graph = helper.make_graph(
        [node], "one_node", declared, [ValueInfoProto(name=n) for n in outputs if n], stored
    )
    imports = [helper.make_opsetid("", opset)]
    if domain:
        imports.append(helper.make_opsetid(domain, 1))
    return helper.make_model(graph, opset_imports=imports, ir_version=8), fed


def by_onnxruntime(model: ModelProto, feed: Mapping[str, Any]) -> list[np.ndarray[Any, Any]]:
    """Return onnxruntime's outputs, its graph optimizations off."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return list(session.run(None, dict(feed)))


def by_us(model: ModelProto, feed: Mapping[str, Any]) -> list[np.ndarray[Any, Any]]:
    """Return our outputs."""
    loaded = load_model(model)
    results = run_graph(loaded, feed)
    return [to_numpy(results[name]) for name in loaded.graph.outputs]


def assert_as_onnxruntime(
    op_type: str,
    inputs: Sequence[np.ndarray[Any, Any] | None],
    *,
    tolerance: float = 1e-5,
    **options: Any,
) -> None:
    """Assert that we agree with onnxruntime on one node.

    Floats may differ by `tolerance` of the output's range; integers and booleans not at all.
    """
    model, feed = one_node(op_type, inputs, **options)
    expected, got = by_onnxruntime(model, feed), by_us(model, feed)
    assert len(got) == len(expected)
    for ours, theirs in zip(got, expected, strict=True):
        assert_close(ours, theirs, tolerance)


def assert_close(
    ours: np.ndarray[Any, Any], theirs: np.ndarray[Any, Any], tolerance: float
) -> None:
    """Assert equal type and shape, equal integers, and floats within a share of their range."""
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
    if theirs.dtype.kind not in "fc":
        np.testing.assert_array_equal(ours, theirs)
        return
    finite = theirs[np.isfinite(theirs)]
    scale = max(float(np.ptp(finite)), float(np.abs(finite).max()), 1e-6) if finite.size else 1.0
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * scale, equal_nan=True)
