"""Short ways to write small ONNX models in tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def node(op_type: str, inputs: str, outputs: str, name: str = "", **attributes: Any) -> Any:
    """A node; inputs and outputs are names separated by blanks, `-` leaves one out."""
    names = [["" if part == "-" else part for part in text.split()] for text in (inputs, outputs)]
    return helper.make_node(op_type, *names, name=name, **attributes)


def value(name: str, shape: Sequence[int | str] | None, dtype: int = TensorProto.FLOAT) -> Any:
    """A declared input or output; no shape means an unknown rank."""
    return helper.make_tensor_value_info(name, dtype, shape)


def model(
    nodes: Sequence[Any],
    *,
    inputs: Mapping[str, Sequence[int | str] | None] | None = None,
    outputs: Sequence[str] = ("y",),
    constants: Mapping[str, Any] | None = None,
    opset: Mapping[str, int] | None = None,
    functions: Sequence[Any] = (),
    ir_version: int = 9,
) -> onnx.ModelProto:
    """A model with float inputs (`x: [N, 4]` unless said) and float outputs of unknown shape."""
    graph = helper.make_graph(
        list(nodes),
        "graph",
        [value(name, shape) for name, shape in (inputs or {"x": ["N", 4]}).items()],
        [value(name, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(v), name) for name, v in (constants or {}).items()],
    )
    imports = [helper.make_opsetid(*entry) for entry in (opset or {"": 17}).items()]
    return helper.make_model(
        graph, opset_imports=imports, functions=list(functions), ir_version=ir_version
    )


def body(nodes: Sequence[Any], *, inputs: Sequence[Any] = (), outputs: Sequence[Any] = ()) -> Any:
    """A graph for an attribute; inputs and outputs as `value` makes them."""
    return helper.make_graph(list(nodes), "body", list(inputs), list(outputs))


def floats(*shape: int, seed: int = 0) -> np.ndarray:
    """Normally distributed single-precision numbers."""
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)
