"""The order in which onnxruntime, and so AIMET, executes a graph's nodes.

It matters only where several tensors share a histogram: the first one executed fixes its grid.

Source: `docs/encodings.md` §1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quantsim_viz.sim.network import Network


def execution_order(network: Network) -> list[int]:
    """Return for each node its place in the order of execution.

    Reverse depth-first from the nodes whose outputs nobody reads, the last of them first, visiting
    what a node reads from the highest node number down; a node comes after all it reads.
    """
    producers = {name: node.index for node in network.nodes for name in node.outputs if name}
    read = [
        sorted({producers[name] for name in names if name in producers}) for names in network.reads
    ]
    leaves = [
        node.index
        for node in network.nodes
        if not any(network.users.get(name) for name in node.outputs if name)
    ]
    rank = [0] * len(network.nodes)
    visited = [False] * len(network.nodes)
    placed = 0
    stack = [(leaf, False) for leaf in leaves]
    while stack:
        node, leaving = stack.pop()
        if leaving:
            rank[node] = placed
            placed += 1
        elif not visited[node]:
            visited[node] = True
            stack.append((node, True))
            stack.extend((above, False) for above in read[node] if not visited[above])
    return rank
