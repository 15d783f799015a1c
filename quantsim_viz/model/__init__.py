"""The model room: a file or module to an immutable view of its graph.

It may import `onnx`, protobuf and numpy; torch only inside `from_torch`, `onnx_ir` only inside
`Model.ir`, both when first used. It knows nothing of configurations.
"""

from quantsim_viz.model.graph import (
    AttributeReference,
    AttributeValue,
    Constant,
    Dimension,
    Function,
    Graph,
    Model,
    Node,
    Shape,
    Tensor,
    Use,
    iter_bodies,
    iter_graphs,
)
from quantsim_viz.model.load import load_model

__all__ = [
    "AttributeReference",
    "AttributeValue",
    "Constant",
    "Dimension",
    "Function",
    "Graph",
    "Model",
    "Node",
    "Shape",
    "Tensor",
    "Use",
    "iter_bodies",
    "iter_graphs",
    "load_model",
]
