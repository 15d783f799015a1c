import shutil
import subprocess
import sysconfig
from itertools import pairwise

import pytest

from quantsim_viz.viz import engines as module
from quantsim_viz.viz.engines import (
    Box,
    DotEngine,
    Edge,
    EngineFailed,
    GridEngine,
    Problem,
    SugiyamaEngine,
    engines,
)

WHEEL = shutil.which("graphviz-pure", path=sysconfig.get_path("scripts"))
EVERY = [DotEngine("graphviz-pure", WHEEL or "graphviz-pure"), SugiyamaEngine(), GridEngine()]

BRANCHES = Problem(
    boxes=(Box(120, 40), Box(96, 57), Box(200, 40), Box(112, 40), Box(80, 40)),
    edges=(Edge(0, 1), Edge(0, 2), Edge(1, 3), Edge(2, 3)),
)
PORTS = Problem(
    boxes=(Box(100, 40), Box(100, 40), Box(400, 200, (60, 350), (300,)), Box(100, 40), Box(8, 2)),
    edges=(Edge(0, 2, None, 0), Edge(1, 2, None, 1), Edge(2, 3, 0, None), Edge(3, 4)),
    sinks=(4,),
)
PINNED = Problem(
    boxes=(Box(100, 40), Box(100, 40), Box(8, 2), Box(8, 2)),
    edges=(Edge(2, 0), Edge(0, 1), Edge(2, 1), Edge(0, 3)),
    sources=(2,),
    sinks=(3,),
)


@pytest.fixture(params=EVERY, ids=lambda engine: engine.name)
def engine(request):
    return request.param


@pytest.mark.parametrize("problem", [BRANCHES, PORTS, PINNED])
def test_boxes_do_not_overlap_and_stand_inside(engine, problem):
    (solution,) = engine.solve([problem])
    sides = [
        (x - b.width / 2, y - b.height / 2, x + b.width / 2, y + b.height / 2)
        for b, (x, y) in zip(problem.boxes, solution.centres, strict=True)
    ]
    for number, (x0, y0, x1, y1) in enumerate(sides):
        assert x0 >= -1
        assert y0 >= -1
        assert x1 <= solution.width + 1
        assert y1 <= solution.height + 1
        for ox0, oy0, ox1, oy1 in sides[:number]:
            assert x1 <= ox0 or ox1 <= x0 or y1 <= oy0 or oy1 <= y0


@pytest.mark.parametrize("problem", [BRANCHES, PORTS, PINNED])
def test_curves_run_from_bottom_to_top_edge_and_through_their_ports(engine, problem):
    (solution,) = engine.solve([problem])
    for edge, curve in zip(problem.edges, solution.curves, strict=True):
        tail, head = problem.boxes[edge.tail], problem.boxes[edge.head]
        (tx, ty), (hx, hy) = solution.centres[edge.tail], solution.centres[edge.head]
        assert len(curve) % 6 == 2
        assert curve[1] == pytest.approx(ty + tail.height / 2, abs=2)
        assert curve[-1] == pytest.approx(hy - head.height / 2, abs=2)
        assert abs(curve[0] - tx) <= tail.width / 2 + 1
        assert abs(curve[-2] - hx) <= head.width / 2 + 1
        if edge.outlet is not None:
            assert curve[0] == pytest.approx(tx - tail.width / 2 + tail.outlets[edge.outlet], abs=6)
        if edge.inlet is not None:
            assert curve[-2] == pytest.approx(hx - head.width / 2 + head.inlets[edge.inlet], abs=6)


def test_edges_lead_downwards(engine):
    (solution,) = engine.solve([BRANCHES])
    for edge in BRANCHES.edges:
        assert solution.centres[edge.tail][1] < solution.centres[edge.head][1]


def test_pinned_boxes_stand_outermost(engine):
    (solution,) = engine.solve([PINNED])
    heights = [y for _, y in solution.centres]
    assert heights[2] == min(heights)
    assert heights[3] == max(heights)


def test_many_problems_are_answered_in_order(engine):
    problems = [
        Problem(
            tuple(Box(100, 40) for _ in range(n)), tuple(Edge(a, b) for a, b in pairwise(range(n)))
        )
        for n in (1, 4, 2, 7)
    ]
    assert [len(s.centres) for s in engine.solve(problems)] == [1, 4, 2, 7]


def test_parallel_curves_go_to_their_own_ports(engine):
    problem = Problem(
        (Box(400, 40, (), (50, 350)), Box(400, 40, (40, 360))), (Edge(0, 1, 0, 0), Edge(0, 1, 1, 1))
    )
    (solution,) = engine.solve([problem])
    left, right = solution.curves
    assert left[0] < right[0]
    assert left[-2] < right[-2]


@pytest.mark.parametrize("command", ["/nowhere/dot", "false"])
def test_a_missing_or_failing_dot_says_so(command):
    with pytest.raises(EngineFailed, match="dot"):
        DotEngine("dot", command).solve([BRANCHES])


def test_an_answer_that_is_no_layout_is_a_failure():
    with pytest.raises(EngineFailed):
        DotEngine("dot", "cat").solve([BRANCHES])


def test_a_dot_that_hangs_is_given_up(monkeypatch):
    def run(*_, **options):
        raise subprocess.TimeoutExpired("dot", options["timeout"])

    monkeypatch.setattr(module.subprocess, "run", run)
    with pytest.raises(EngineFailed, match="timed out"):
        DotEngine("dot", "dot").solve([BRANCHES])


@pytest.mark.parametrize(
    ("found", "names"),
    [
        ({"graphviz-pure", "dot"}, ["graphviz-pure", "dot", "fast-sugiyama", "grid"]),
        ({"dot"}, ["dot", "fast-sugiyama", "grid"]),
        (set(), ["fast-sugiyama", "grid"]),
    ],
)
def test_engines_are_tried_from_best_to_plainest(monkeypatch, found, names):
    def which(command, path=None):
        return f"/bin/{command}" if command in found else None

    monkeypatch.setattr(module.shutil, "which", which)
    engines.cache_clear()
    try:
        assert [engine.name for engine in engines()] == names
    finally:
        engines.cache_clear()


def test_sugiyama_says_when_its_wheel_is_missing(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "fast_sugiyama", None)
    with pytest.raises(EngineFailed, match="fast-sugiyama"):
        SugiyamaEngine().solve([BRANCHES])
