"""The order in which onnxruntime, and so AIMET, shows tensors to their quantizers.

It matters only where several tensors share a histogram: the first one shown fixes its grid.

Source: `docs/encodings.md` §1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from quantsim_viz.sim.network import Network


def quantizer_order(network: Network, quantized: Iterable[str]) -> Mapping[str, int]:
    """Return for every quantized tensor its place in the order of execution.

    1. In AIMET's graph the quantizers of stored constants and inputs are the first nodes; any
       other quantizer follows the node that computes its tensor.
    2. Nodes run in reverse depth-first order from those whose outputs nobody reads, the last of
       them first, visiting what a node reads from the highest number down; a node comes after all
       that it reads. Bodies of `If` and `Loop` read past quantizers.

    Args:
        network: The graph.
        quantized: Tensors that have a quantizer, enabled or not.
    """
    numbers, reads = _numbered(network, tuple(quantized))
    read_by_somebody = {above for above_all in reads for above in above_all}
    visited = [False] * len(reads)
    order: list[int] = []
    stack = [(n, False) for n in range(len(reads)) if n not in read_by_somebody]
    while stack:
        number, leaving = stack.pop()
        if leaving:
            order.append(number)
        elif not visited[number]:
            visited[number] = True
            stack.append((number, True))
            stack.extend((above, False) for above in reads[number] if not visited[above])
    place = {number: index for index, number in enumerate(order)}
    return {tensor: place[number] for tensor, number in numbers.items()}


def _numbered(
    network: Network, quantized: tuple[str, ...]
) -> tuple[dict[str, int], list[list[int]]]:
    """Return the number of each tensor's quantizer, and what every numbered node reads."""
    produced = {name for node in network.nodes for name in node.outputs}
    waiting = set(quantized)
    makers: dict[str, int] = {}  # the numbered node that computes a tensor
    source: dict[str, int] = {}  # the one that hands it to its readers
    numbers: dict[str, int] = {}
    reads: list[list[int]] = []
    for tensor in quantized:
        if tensor not in produced:
            numbers[tensor] = source[tensor] = len(reads)
            reads.append([])
    for node, names in zip(network.nodes, network.reads, strict=True):
        own = len(reads)
        above = {
            found[name]
            for position, name in enumerate(names)
            if name in (found := makers if network.sees_raw(node.index, position) else source)
        }
        reads.append(sorted(above))
        for name in node.outputs:
            makers[name] = source[name] = own
            if name in waiting:
                numbers[name] = source[name] = len(reads)
                reads.append([own])
    return numbers, reads
