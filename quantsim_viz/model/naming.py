"""Names for nodes: the file's own, with missing and repeated ones filled.

The counter reproduces what AIMET gives such nodes (`docs/semantics.md` §1.2), so that a name here
is the name there. Only the top graph and the bodies of `Scan` nodes take part in it; nodes of `If`
and `Loop` bodies and of model-local functions are named afterwards, for display.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from onnx import GraphProto, ModelProto, NodeProto


def fill_node_names(proto: ModelProto) -> None:
    """Give every node of `proto`, in place, a name that no other node of the model has.

    1. A name's first bearer in file order keeps it; `Scan` bodies follow the top graph, depth
       first.
    2. A node without a name, or with one already taken, becomes `/OpType`, or `/OpType_k` when that
       is taken too. `k` counts on per operator type and skips one after each use: three unnamed
       `Relu` become `/Relu`, `/Relu_2`, `/Relu_4`.
    3. Nodes of other subgraphs keep names that are still free; others are called
       `<owner>/<attribute>/<name or OpType>`, with `_k` where that is taken.
    4. Nodes of model-local functions likewise, under `<domain>.<function>/`.
    """
    taken: set[str] = set()
    counters: dict[str, int] = {}
    named: list[GraphProto] = []
    for graph in _iter_scan_graphs(proto.graph):
        named.append(graph)
        for node in graph.node:
            if not node.name or node.name in taken:
                node.name = _next_name(node.op_type, taken, counters)
            taken.add(node.name)
    for graph in named:
        for node in graph.node:
            _name_bodies(node, taken, counters, skip_scan=True)
    for function in proto.functions:
        prefix = f"{function.domain}.{function.name}" if function.domain else function.name
        for node in function.node:
            _name_for_display(node, prefix, taken, counters)
            _name_bodies(node, taken, counters, skip_scan=False)


def _iter_scan_graphs(graph: GraphProto) -> Iterator[GraphProto]:
    yield graph
    for node in graph.node:
        if node.op_type == "Scan":
            for attribute in node.attribute:
                if attribute.name == "body":
                    yield from _iter_scan_graphs(attribute.g)


def _next_name(op_type: str, taken: set[str], counters: dict[str, int]) -> str:
    count = counters.get(op_type, 0)
    name = f"/{op_type}"
    while name in taken:
        count += 1
        name = f"/{op_type}_{count}"
    counters[op_type] = count + 1
    return name


def _name_bodies(
    node: NodeProto, taken: set[str], counters: dict[str, int], *, skip_scan: bool
) -> None:
    for attribute in node.attribute:
        if skip_scan and node.op_type == "Scan" and attribute.name == "body":
            continue
        bodies = [attribute.g] if attribute.HasField("g") else list(attribute.graphs)
        for body in bodies:
            for inner in body.node:
                _name_for_display(inner, f"{node.name}/{attribute.name}", taken, counters)
                _name_bodies(inner, taken, counters, skip_scan=False)


def _name_for_display(
    node: NodeProto, prefix: str, taken: set[str], counters: dict[str, int]
) -> None:
    if not node.name or node.name in taken:
        stem = name = f"{prefix}/{node.name.lstrip('/') or node.op_type}"
        count = counters.get(stem, 0)
        while name in taken:
            count += 1
            name = f"{stem}_{count}"
        counters[stem] = count
        node.name = name
    taken.add(node.name)
