"""Models written as text: the body of a graph, with weights of given shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnx.parser
from onnx import numpy_helper

if TYPE_CHECKING:
    from collections.abc import Mapping


def text_model(
    body: str,
    *,
    inputs: str = "float[1,4,6,6] x",
    outputs: str = "float[1,4,6,6] y",
    weights: Mapping[str, tuple[int, ...]] | None = None,
    opset: int = 20,
) -> onnx.ModelProto:
    """Parse a graph in ONNX's text form; node names are the names of their first outputs.

    Args:
        body: The nodes, one a line: `y = Relu(x)`.
        inputs: Typed graph inputs.
        outputs: Typed graph outputs.
        weights: Initializers by name, filled with 0.01, 0.02, ….
        opset: Version of the standard operator set.
    """
    header = f'<ir_version: 9, opset_import: ["" : {opset}]>'
    model = onnx.parser.parse_model(f"{header} g ({inputs}) => ({outputs}) {{ {body} }}")
    for name, shape in (weights or {}).items():
        values = np.arange(1, int(np.prod(shape)) + 1, dtype=np.float32).reshape(shape) / 100
        model.graph.initializer.append(numpy_helper.from_array(values, name))
    for node in model.graph.node:
        node.name = f"/{node.output[0]}"
    onnx.checker.check_model(model)
    return model
