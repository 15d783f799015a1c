"""Layers: what a report has a row for, and which quantizers are a layer's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantsim_viz.resolve.settings import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from quantsim_viz.model.graph import Node
    from quantsim_viz.resolve import Cascade
    from quantsim_viz.sim.encodings import Encoding
    from quantsim_viz.sim.network import Network


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One floating-point output of one node that is not `Constant`.

    Attributes:
        node: The node.
        tensor: The output.
    """

    node: Node
    tensor: str


def layers_of(network: Network) -> tuple[Layer, ...]:
    """Return every layer in graph order."""
    return tuple(
        Layer(node, name)
        for node in network.nodes
        if node.op_type != "Constant" or node.domain
        for name in node.outputs
        if name and network.is_float(name)
    )


class Ownership:
    """Which enabled quantizers are a layer's own.

    A parameter's belongs to every operator that uses it, a constant operand's to its first
    consumer, an output's to that output. A model input's is nobody's.

    Args:
        network: The graph.
        cascade: The configuration on it.
    """

    def __init__(self, network: Network, cascade: Cascade) -> None:
        self._owned: dict[int, set[str]] = {}
        for node, tensor in _parameters(network, cascade):
            self._owned.setdefault(node, set()).add(tensor)
        for tensor, setting in cascade.quantizers.items():
            users = network.users.get(tensor)
            if setting.kind is Kind.CONSTANT and users:
                self._owned.setdefault(users[0], set()).add(tensor)

    def encodings(self, layer: Layer, encodings: Mapping[str, Encoding]) -> dict[str, Encoding]:
        """Return the encodings of a layer's own quantizers, out of those of all."""
        own = self._owned.get(layer.node.index, set()) | {layer.tensor}
        return {tensor: encodings[tensor] for tensor in sorted(own) if tensor in encodings}


def _parameters(network: Network, cascade: Cascade) -> Iterator[tuple[int, str]]:
    """Yield the number of a node and a parameter of it, for every parameter.

    An operator that stands for several nodes of the file gives a parameter to the one of them
    that reads it, or to the last.
    """
    if cascade.run is None:
        return
    numbers = {node.name: node.index for node in network.nodes}
    topology = cascade.run.topology
    for op, params in zip(topology.ops, topology.params, strict=True):
        members = [numbers[name] for name in op.node.members if name in numbers]
        if op.in_body or not members:
            continue
        for param in params:
            readers = [n for n in members if param.tensor in network.reads[n]]
            yield (readers or members)[-1], param.tensor
