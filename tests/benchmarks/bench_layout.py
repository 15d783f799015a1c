"""How fast graphs are laid out: `python tests/benchmarks/bench_layout.py`, about half a minute.

Machines differ, so figures are told against the same machine: `dot` asked for the whole graph at
once, and the same graph at another size. Each is the best of three; nothing is remembered between
them but where a line says so.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from support.graph_models import transformer, u_net

from quantsim_viz.model import load_model
from quantsim_viz.viz import layout as layout_room
from quantsim_viz.viz.cache import Cache
from quantsim_viz.viz.engines import Edge, Problem, engines
from quantsim_viz.viz.groups import default_collapsed, group_nodes
from quantsim_viz.viz.layout import build_layout
from quantsim_viz.viz.skeleton import skeleton_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import onnx

EXPANDED: frozenset[str] = frozenset()


def best(work: Callable[[], object], times: int = 3) -> float:
    """Return the seconds of the quickest of several runs."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def forget() -> None:
    """Let no solution of an earlier run help the next one."""
    layout_room._SOLUTIONS = Cache(4096)


def unseen(proto: onnx.ModelProto, collapsed: frozenset[str] = EXPANDED) -> float:
    """Return the seconds from a loaded model to its layout, nothing remembered."""
    model = load_model(proto)

    def work() -> None:
        forget()
        skeleton = skeleton_of(model)
        build_layout(skeleton, group_nodes(skeleton), collapsed, engines())

    return best(work)


def whole_graph(proto: onnx.ModelProto) -> float:
    """Return the seconds that the same engine takes for the graph in one piece."""
    skeleton = skeleton_of(load_model(proto))
    count = len(skeleton.vertices)
    boxes = tuple(vertex.size for vertex in skeleton.vertices)
    ends = {(w.source, w.target) for w in skeleton.wires if max(w.source, w.target) < count}
    problem = Problem(boxes, tuple(Edge(*pair) for pair in sorted(ends)))
    return best(lambda: engines()[0].solve([problem]), times=1)


def expand_one(proto: onnx.ModelProto, collapsed: frozenset[str] | None) -> tuple[float, float]:
    """Return the seconds to open one more group, and to lay out what is open before.

    Args:
        proto: The model.
        collapsed: The closed groups; None for those that are closed when it is opened.
    """
    skeleton = skeleton_of(load_model(proto))
    root = group_nodes(skeleton)
    closed = default_collapsed(root) if collapsed is None else collapsed
    forget()
    before = best(lambda: build_layout(skeleton, root, closed, engines()), times=1)
    chosen = iter(sorted(closed)[7:])
    after = best(lambda: build_layout(skeleton, root, closed - {next(chosen)}, engines()))
    return after, before


def main() -> None:
    """Print one line a figure."""
    one, five, ten = (transformer(layers, widths=True) for layers in (62, 312, 625))
    seconds = unseen(one)
    whole = whole_graph(one)
    print(f"1,000 nodes, never seen: {seconds:.2f} s; in one piece: {whole / seconds:.1f}×")
    five_seconds = unseen(five)
    print(f"5,000 nodes, never seen: {five_seconds:.2f} s, {five_seconds / seconds:.1f}× of 1,000")
    flat = unseen(transformer(312, scopes=False, widths=True))
    print(f"5,000 nodes, no scopes:  {flat:.2f} s, {flat / five_seconds:.1f}× of that with scopes")
    ten_seconds = unseen(ten)
    print(
        f"10,000 nodes:            {ten_seconds:.2f} s, {ten_seconds / five_seconds:.1f}× of 5,000"
    )
    deep = unseen(u_net(60))
    print(f"U-Net of 60 levels:      {deep:.2f} s, {deep / seconds:.1f}× of the 1,000")
    large = transformer(312)
    after, before = expand_one(large, None)
    print(f"open one group of 5,000: {after:.3f} s, {after / before:.2f}× of the first layout")
    attention = frozenset(f"encoder/layers/{layer}/attn" for layer in range(312))
    after, before = expand_one(large, attention)
    print(f"one more, 2,800 shown:   {after:.3f} s, {after / before:.2f}× of the layout before")


if __name__ == "__main__":
    main()
