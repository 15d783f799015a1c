"""The derived view: the file's nodes, with the pass list's matches standing as one node each.

The file's graph is never rewritten. A node of the view names the file's nodes it stands for, so
whatever is found out about it can be told in the file's terms (`docs/semantics.md` §5.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from quantsim_viz.model.graph import iter_bodies

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from quantsim_viz.model.graph import Constant, Graph, Tensor

SUPERGROUP_DOMAIN = "aimet.supergroup"
"""Domain of fused nodes; no other operator has it, so no table keyed by domain meets them."""


class ViewNode(NamedTuple):
    """One node of the view: a node of the file, or several fused into one.

    Attributes:
        name: The file's name; of a fused node the name of its last member.
        op_type: Operator type, of a fused node the type it is treated as.
        domain: Operator domain; `SUPERGROUP_DOMAIN` for fused nodes.
        inputs: Tensor names, `""` for inputs left out.
        outputs: Tensor names, `""` for outputs left out.
        attributes: Attribute values by name.
        members: Names of the file's nodes it stands for, in graph order.
        bodies: Views of the graphs among its attributes.
        fused_by: Name of the pass that fused it last, `""` for a node of the file.
    """

    name: str
    op_type: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    members: tuple[str, ...]
    bodies: tuple[GraphView, ...] = ()
    fused_by: str = ""

    @property
    def is_fused(self) -> bool:
        """Whether the pass list made it out of several nodes."""
        return self.domain == SUPERGROUP_DOMAIN


@dataclass(frozen=True, slots=True)
class GraphView:
    """One graph as the view's nodes in execution order.

    Attributes:
        nodes: Every node, `Constant` ones too.
        inputs: Graph inputs.
        outputs: Graph outputs.
        initializers: Constants stored with the graph.
        tensors: The file's tensors by name (types and shapes; the uses may be out of date here).
    """

    nodes: tuple[ViewNode, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    initializers: Mapping[str, Constant]
    tensors: Mapping[str, Tensor]


def view_of(graph: Graph) -> GraphView:
    """Return the view of a graph and of all graphs inside it before any fusion."""
    return GraphView(
        tuple(
            ViewNode(
                node.name,
                node.op_type,
                node.domain,
                node.inputs,
                node.outputs,
                node.attributes,
                (node.name,),
                tuple(view_of(body) for _, body in iter_bodies(node)),
            )
            for node in graph.nodes
        ),
        graph.inputs,
        graph.outputs,
        graph.initializers,
        graph.tensors,
    )


def iter_views(view: GraphView) -> Iterator[GraphView]:
    """Yield a view and the views of all graphs inside it."""
    yield view
    for node in view.nodes:
        for body in node.bodies:
            yield from iter_views(body)


def constant_value(node: ViewNode) -> Constant | None:
    """Return the tensor a `Constant` node holds as its `value`, None for other spellings."""
    value = node.attributes.get("value")
    return value if value is not None and hasattr(value, "numpy") else None
