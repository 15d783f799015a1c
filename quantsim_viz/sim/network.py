"""A model made ready for execution: its constants as tensors and its nodes bound to kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from quantsim_viz.errors import DataError, ModelError
from quantsim_viz.model.graph import Graph
from quantsim_viz.sim.operators import Layout, bind, unsupported
from quantsim_viz.sim.operators.binding import outer_names
from quantsim_viz.sim.operators.dtypes import to_tensor
from quantsim_viz.sim.operators.outdated import OLDEST_OPSET, iter_outdated
from quantsim_viz.sim.operators.support import unsupported_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from torch import Tensor

    from quantsim_viz.model.graph import Model, Node
    from quantsim_viz.sim.operators import BoundOperator

FLOAT_TYPES = frozenset({"float16", "bfloat16", "float32", "float64"})


class Network:
    """The top graph of a model, ready to be traced and executed.

    Attributes:
        model: The model.
        device: Where tensors live.
        nodes: The graph's nodes in order.
        reads: For each node the names it reads: its inputs (`""` where left out), then what its
            subgraphs read of this graph.
        users: For each tensor the nodes that read it, in order.
        inputs: Names of the graph inputs that need data.
        outputs: Names of the graph's outputs.
    """

    def __init__(self, model: Model, device: torch.device | str = "cpu") -> None:
        _check_executable(model)
        graph = model.graph
        self.model = model
        self.device = _available(device)
        self.nodes = graph.nodes
        self.inputs = tuple(name for name in graph.inputs if name not in graph.initializers)
        self.outputs = graph.outputs
        self._types = {name: tensor.dtype for name, tensor in graph.tensors.items()}
        self._outer = {node.index: tuple(_outer_reads(node)) for node in graph.nodes}
        self.reads = tuple(node.inputs + self._outer[node.index] for node in graph.nodes)
        users: dict[str, list[int]] = {}
        for node, names in zip(graph.nodes, self.reads, strict=True):
            for name in dict.fromkeys(names):
                users.setdefault(name, []).append(node.index)
        self.users: Mapping[str, tuple[int, ...]] = {n: tuple(u) for n, u in users.items()}

    def is_constant(self, name: str) -> bool:
        """Tell whether a name is a constant stored with the graph."""
        return name in self.model.graph.initializers

    def constant(self, name: str) -> Tensor:
        """Return a stored constant as a tensor on the device."""
        return to_tensor(self.model.graph.initializers[name].numpy(), self.device)

    def is_float(self, name: str) -> bool:
        """Tell whether a tensor is declared to hold floating-point values."""
        return self._types.get(name) in FLOAT_TYPES

    def sees_raw(self, node: int, position: int) -> bool:
        """Tell whether a read bypasses the tensor's quantizer.

        The bodies of `If` and `Loop` are never looked into, so what they read of this graph stays
        as its producer made it; `Scan` bodies see quantized values (`docs/semantics.md` §1.4).
        """
        inputs = len(self.nodes[node].inputs)
        return position >= inputs and self.nodes[node].op_type in ("If", "Loop")

    def bind(self, node: int, constants: Mapping[int, Tensor]) -> BoundOperator:
        """Bind a node, given the values of its constant inputs by position."""
        return bind(
            self.nodes[node],
            opset=self.model.opset,
            functions=self.model.functions,
            constants=constants,
            device=self.device,
            types=self._types,
            layout=Layout.ANY,
        )

    def positions(self, node: int, bound: BoundOperator) -> tuple[int, ...]:
        """Return which entries of `reads[node]` a bound operator takes, in its order."""
        own = len(self.nodes[node].inputs)
        outer = {name: own + i for i, name in enumerate(self._outer[node])}
        return (*range(own), *(outer[name] for name in bound.captures))


def _outer_reads(node: Node) -> Iterator[str]:
    """Yield what a node's subgraphs read of the graph around it, each name once."""
    names: dict[str, None] = {}
    for value in node.attributes.values():
        for graph in value if isinstance(value, tuple) else (value,):
            if isinstance(graph, Graph):
                names.update(dict.fromkeys(outer_names(graph)))
    yield from names


def _available(device: torch.device | str) -> torch.device:
    """Return a device on which a tensor can be made.

    Raises:
        DataError: There is none of that name.
    """
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError, NotImplementedError, TypeError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise DataError(
            f"nothing can be executed on the device {str(device)!r}: {reason.rstrip('.')}",
            code="device-unavailable",
            hint="leave the device out to use the CPU",
        ) from error


def _check_executable(model: Model) -> None:
    """Raise if the engine cannot execute a model.

    Raises:
        ModelError: A node relies on an operator set older than the engine's operators.
        UnsupportedOperator: Nodes that nobody can execute; the message counts and names them.
    """
    node, version = next(iter_outdated(model), (None, 0))
    if node is not None:
        raise ModelError(
            f"the model uses operator set {version}, and node {node.name} ({node.op_type}) "
            f"relies on it; the engine executes {OLDEST_OPSET} and later",
            code="opset-too-old",
            hint="convert it with onnx.version_converter, or export it again",
            path=model.path,
        )
    missing = unsupported(model)
    if missing:
        error = unsupported_error(missing)
        error.path = model.path
        raise error
