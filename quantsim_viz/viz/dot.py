"""The graph in Graphviz' language, for those who want to lay it out or restyle it themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import graphviz

from quantsim_viz.viz.palette import decode_statuses, mix, paint_of

if TYPE_CHECKING:
    from quantsim_viz.viz.figures import Figures
    from quantsim_viz.viz.groups import Group
    from quantsim_viz.viz.layout import Layout

LABELS_ON_WIRES = 400
"""A graph with more wires than this is written without tensor names on them."""


def dot_source(layout: Layout, figures: Figures) -> str:
    """Return the whole graph as DOT: groups as clusters, statuses as colour, mark and word."""
    graph = graphviz.Digraph("model", graph_attr={"rankdir": "TB", "fontname": "sans-serif"})
    graph.attr("node", shape="box", style="rounded,filled", fontname="sans-serif", fontsize="11")
    graph.attr("edge", color="#8d96a5", fontname="sans-serif", fontsize="9")
    _add_group(graph, layout, figures, layout.root)
    skeleton = layout.skeleton
    count = len(skeleton.vertices)
    for number, terminal in enumerate(skeleton.terminals):
        label = _label(terminal.name, terminal.detail)
        graph.node(f"t{number}", label, shape="oval", fillcolor="#eceff3", color="#9aa3b2")
    named = len(skeleton.wires) <= LABELS_ON_WIRES
    for wire in skeleton.wires:
        ends = (f"n{i}" if i < count else f"t{i - count}" for i in (wire.source, wire.target))
        graph.edge(*ends, label=graphviz.escape(wire.tensor) if named else None)
    return str(graph.source)


def _add_group(graph: graphviz.Digraph, layout: Layout, figures: Figures, group: Group) -> None:
    statuses = decode_statuses(figures.status)
    for child in group.children:
        if not isinstance(child, int):
            with graph.subgraph(name=f"cluster_{child.path}") as cluster:
                cluster.attr(label=graphviz.escape(child.label), color="#d5dae1", style="rounded")
                _add_group(cluster, layout, figures, child)
            continue
        vertex = layout.skeleton.vertices[child]
        status = statuses[child] if statuses else None
        lines = [vertex.op_type, vertex.name]
        colour, fill = "#9aa3b2", "#ffffff"
        if status is not None:
            paint = paint_of(status)
            lines.append(f"{paint.mark} {paint.word}")
            colour = paint.light
            fill = mix("#ffffff", colour, 0.0 if paint.fill == "none" else 0.18)
        graph.node(f"n{child}", _label(*lines), color=colour, fillcolor=fill)


def _label(*lines: str) -> str:
    return r"\n".join(graphviz.escape(line) for line in lines)
