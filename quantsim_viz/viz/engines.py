"""Engines that place boxes: several small problems in, their solutions out.

The first that works is taken: `graphviz-pure` (a wheel, so nobody needs a system package), the
system's `dot`, `fast-sugiyama`, and at last a plain grid by longest path, which always works.
"""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

NODE_GAP = 22
RANK_GAP = 30
"""Pixels between neighbours in a rank, and between ranks."""

STRAIGHT = 30
"""How much what stands in line is kept so, against the pull of wires that leave to one side."""

POINTS_PER_INCH = 72
SECONDS_ALLOWED = 20


@dataclass(frozen=True, slots=True)
class Box:
    """Something to place.

    Attributes:
        width: Pixels.
        height: Pixels.
        inlets: Where on its top edge wires must arrive, pixels from the left; `()` is anywhere.
        outlets: The same for its bottom edge.
    """

    width: int
    height: int
    inlets: tuple[int, ...] = ()
    outlets: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """A wire from box to box; `outlet` and `inlet` are places in the boxes' lists, or None."""

    tail: int
    head: int
    outlet: int | None = None
    inlet: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Boxes to place in ranks from top to bottom.

    Attributes:
        boxes: What to place.
        edges: What connects them.
        sources: Boxes that stand on top of all others.
        sinks: Boxes that stand below all others.
        order: Pairs of which the first stands above the second, without a wire.
    """

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    sources: tuple[int, ...] = ()
    sinks: tuple[int, ...] = ()
    order: tuple[tuple[int, int], ...] = ()

    def descents(self) -> list[tuple[int, int]]:
        """Return every pair of boxes of which the first stands above the second, once each."""
        return sorted({*((edge.tail, edge.head) for edge in self.edges), *self.order})


Curve = tuple[float, ...]
"""A chain of cubic Bézier curves: x, y of its start, then of three points for each curve."""


@dataclass(frozen=True, slots=True)
class Solution:
    """Where everything stands; y grows downwards.

    Attributes:
        width: Of the whole, pixels.
        height: Of the whole.
        centres: x and y of each box's centre.
        curves: One for each edge, from the tail's bottom to the head's top.
    """

    width: float
    height: float
    centres: tuple[tuple[float, float], ...]
    curves: tuple[Curve, ...]


class EngineFailed(Exception):  # noqa: N818 - caught within this package: the next engine is tried
    """Raised when an engine is absent, crashes, takes too long or answers nonsense."""


class Engine(Protocol):
    """A way to solve placing problems."""

    @property
    def name(self) -> str:
        """Return what it is called."""
        ...

    def solve(self, problems: Sequence[Problem]) -> list[Solution]:
        """Return a solution for each problem.

        Raises:
            EngineFailed: It cannot; another engine may.
        """
        ...


@dataclass(frozen=True, slots=True)
class DotEngine:
    """Graphviz' `dot`, one process for all problems at once."""

    name: str
    command: str

    def solve(self, problems: Sequence[Problem]) -> list[Solution]:
        """Solve by piping every problem into one `dot -Tplain`."""
        source = "\n".join(_dot_source(problem) for problem in problems)
        try:
            answer = subprocess.run(
                [self.command, "-q", "-Tplain"],
                input=source,
                capture_output=True,
                encoding="utf-8",
                timeout=SECONDS_ALLOWED,
                check=True,
            ).stdout
            parts = answer.split("\nstop")[:-1]
            return [_read_plain(p, part) for p, part in zip(problems, parts, strict=True)]
        except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
            raise EngineFailed(f"{self.name}: {error}") from error


def _dot_source(problem: Problem) -> str:
    lines = [
        "digraph{",
        f"graph[nodesep={NODE_GAP / POINTS_PER_INCH:.3f},ranksep={RANK_GAP / POINTS_PER_INCH:.3f}]",
        'node[shape=box,fixedsize=true,label=""];edge[arrowhead=none]',
    ]
    for number, box in enumerate(problem.boxes):
        size = f"width={box.width / POINTS_PER_INCH:.4f},height={box.height / POINTS_PER_INCH:.4f}"
        table = _port_table(box) if box.inlets or box.outlets else ""
        lines.append(f"{number}[{size}{table}]")
    for name, members in (("source", problem.sources), ("sink", problem.sinks)):
        if members:
            lines.append(f"{{rank={name};{';'.join(map(str, members))}}}")
    for edge, weight in zip(problem.edges, _weights(problem), strict=True):
        tail = f"{edge.tail}:o{edge.outlet}:s" if edge.outlet is not None else str(edge.tail)
        head = f"{edge.head}:i{edge.inlet}:n" if edge.inlet is not None else str(edge.head)
        lines.append(f"{tail}->{head}[weight={weight}]")
    lines.extend(
        f"{above}->{below}[style=invis,weight={STRAIGHT}]" for above, below in problem.order
    )
    return "\n".join([*lines, "}"])


def _weights(problem: Problem) -> Iterator[int]:
    """Yield how much each edge is to be kept straight and short.

    A pair that has only each other stands in line; what nothing leads to stands aside, otherwise
    side inputs push a whole network into a slope.
    """
    leaving = Counter(edge.tail for edge in problem.edges)
    entering = Counter(edge.head for edge in problem.edges)
    for edge in problem.edges:
        if leaving[edge.tail] == entering[edge.head] == 1:
            yield 8
        elif entering[edge.tail] or edge.tail in problem.sources:
            yield 4
        else:
            yield 1


def _port_table(box: Box) -> str:
    """Return a label: inlets in its upper half, outlets in its lower, each centred in its cell."""
    half = box.height // 2
    sides = (("i", box.inlets, half), ("o", box.outlets, box.height - half))
    rows = "".join(
        f"<TR><TD><TABLE {_PLAIN}><TR>{''.join(_port_cells(side, places, box.width, tall))}"
        "</TR></TABLE></TD></TR>"
        for side, places, tall in sides
    )
    return f",shape=none,margin=0,label=<<TABLE {_PLAIN}>{rows}</TABLE>>"


_PLAIN = 'BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"'


def _port_cells(side: str, places: Sequence[int], width: int, height: int) -> Iterator[str]:
    order = sorted(range(len(places)), key=lambda number: places[number])
    at = 0
    for rank, number in enumerate(order):
        place = places[number]
        after = places[order[rank + 1]] if rank + 1 < len(order) else width
        half = max(1, min(place - at, (after - place) // 2, 4))
        if place - half > at:
            yield f'<TD WIDTH="{place - half - at}" HEIGHT="{height}"></TD>'
        yield f'<TD PORT="{side}{number}" WIDTH="{2 * half}" HEIGHT="{height}"></TD>'
        at = place + half
    if width > at:
        yield f'<TD WIDTH="{width - at}" HEIGHT="{height}"></TD>'


def _read_plain(problem: Problem, answer: str) -> Solution:
    centres = [(0.0, 0.0)] * len(problem.boxes)
    found: dict[tuple[int, int], list[Curve]] = {}
    width = height = 0.0
    for line in answer.split("\n"):
        words = line.split()
        if not words:
            continue
        if words[0] == "graph":
            width, height = (float(w) * POINTS_PER_INCH for w in words[2:4])
        elif words[0] == "node":
            x, y = (float(w) * POINTS_PER_INCH for w in words[2:4])
            centres[int(words[1])] = (x, height - y)
        elif words[0] == "edge":
            numbers = [float(w) * POINTS_PER_INCH for w in words[4 : 4 + 2 * int(words[3])]]
            numbers[1::2] = [height - y for y in numbers[1::2]]
            key = int(words[1].split(":")[0]), int(words[2].split(":")[0])
            found.setdefault(key, []).append(tuple(numbers))
    return Solution(width, height, tuple(centres), tuple(_in_order(problem, centres, found)))


def _in_order(
    problem: Problem,
    centres: Sequence[tuple[float, float]],
    found: dict[tuple[int, int], list[Curve]],
) -> Iterator[Curve]:
    """Yield each edge's curve; of parallel ones between two boxes, the one nearest its ports."""
    for edge in problem.edges:
        curves = found.get((edge.tail, edge.head))
        if not curves:
            raise ValueError(f"no curve for the edge {edge.tail} → {edge.head}")
        start, end = attachments(problem, edge, centres)
        best = min(curves, key=lambda c: abs(c[0] - start[0]) + abs(c[-2] - end[0]))
        curves.remove(best)
        yield best


def attachments(
    problem: Problem, edge: Edge, centres: Sequence[tuple[float, float]]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return where an edge leaves its tail's bottom and meets its head's top."""
    tail, head = problem.boxes[edge.tail], problem.boxes[edge.head]
    (tx, ty), (hx, hy) = centres[edge.tail], centres[edge.head]
    if edge.outlet is not None:
        tx += tail.outlets[edge.outlet] - tail.width / 2
    if edge.inlet is not None:
        hx += head.inlets[edge.inlet] - head.width / 2
    return (tx, ty + tail.height / 2), (hx, hy - head.height / 2)


@dataclass(frozen=True, slots=True)
class SugiyamaEngine:
    """The `fast-sugiyama` wheel: positions only, wires drawn as plain curves."""

    name: str = "fast-sugiyama"

    def solve(self, problems: Sequence[Problem]) -> list[Solution]:
        """Solve each problem's ranks with it, then spread the ranks by their boxes' sizes."""
        try:
            from fast_sugiyama import from_edges
        except ImportError as error:
            raise EngineFailed(f"{self.name}: {error}") from error
        return [place_ranks(p, _sugiyama_ranks(p, from_edges)) for p in problems]


def _sugiyama_ranks(problem: Problem, from_edges: Callable[..., Any]) -> list[list[int]]:
    """Return the rows that `fast_sugiyama` finds, first rank first, each from left to right."""
    pinned = {*problem.sources, *problem.sinks}
    edges = problem.descents()
    # Named by text, boxes can be told from the bends of long edges, which it numbers.
    drawings = from_edges([(str(tail), str(head)) for tail, head in edges]) if edges else ()
    ranked: dict[int, list[tuple[float, int]]] = {}
    loose = set(range(len(problem.boxes))) - pinned
    offset = 0.0
    for positions, width, _, _ in drawings:
        at = {int(name): place for name, place in positions if isinstance(name, str)}
        downwards = sum(at[head][1] - at[tail][1] for tail, head in edges if tail in at) > 0
        levels = sorted({y for _, y in at.values()}, reverse=not downwards)
        rank_of = {level: rank for rank, level in enumerate(levels, start=1)}
        for number in at.keys() - pinned:
            x, y = at[number]
            ranked.setdefault(rank_of[y], []).append((offset + x, number))
        loose -= at.keys()
        offset += width + 1
    ranked.setdefault(1, []).extend((offset, number) for number in sorted(loose))
    rows = [[number for _, number in sorted(ranked[rank])] for rank in sorted(ranked)]
    return [row for row in (list(problem.sources), *rows, list(problem.sinks)) if row]


@dataclass(frozen=True, slots=True)
class GridEngine:
    """Ranks by longest path, boxes side by side in file order: crude, quick, always there."""

    name: str = "grid"

    def solve(self, problems: Sequence[Problem]) -> list[Solution]:
        """Solve each problem by itself."""
        return [place_ranks(problem, _longest_path_ranks(problem)) for problem in problems]


def _longest_path_ranks(problem: Problem) -> list[list[int]]:
    rank = [1] * len(problem.boxes)
    for number in problem.sources:
        rank[number] = 0
    for tail, head in problem.descents():
        if head > tail:
            rank[head] = max(rank[head], rank[tail] + 1)
    lowest = max(rank, default=0) + 1
    for number in problem.sinks:
        rank[number] = lowest
    rows: list[list[int]] = [[] for _ in range(lowest + 1)]
    for number, row in enumerate(rank):
        rows[row].append(number)
    return [row for row in rows if row]


def place_ranks(problem: Problem, rows: Sequence[Sequence[int]]) -> Solution:
    """Place each row's boxes side by side, rows centred under one another."""
    centres = [(0.0, 0.0)] * len(problem.boxes)
    widths = [sum(problem.boxes[n].width for n in row) + NODE_GAP * (len(row) - 1) for row in rows]
    width = max(widths, default=0)
    y = 0.0
    for row, row_width in zip(rows, widths, strict=True):
        tall = max(problem.boxes[n].height for n in row)
        x = (width - row_width) / 2
        for number in row:
            box = problem.boxes[number]
            centres[number] = (x + box.width / 2, y + tall / 2)
            x += box.width + NODE_GAP
        y += tall + RANK_GAP
    curves = tuple(plain_curve(*attachments(problem, edge, centres)) for edge in problem.edges)
    return Solution(float(width), max(y - RANK_GAP, 0.0), tuple(centres), curves)


def plain_curve(start: tuple[float, float], end: tuple[float, float]) -> Curve:
    """Return one curve that leaves downwards and arrives from above."""
    (x0, y0), (x1, y1) = start, end
    bend = max((y1 - y0) / 2, RANK_GAP / 2)
    return (x0, y0, x0, y0 + bend, x1, y1 - bend, x1, y1)


@lru_cache(maxsize=1)
def engines() -> tuple[Engine, ...]:
    """Return the engines of this machine, best first."""
    found: list[Engine] = []
    wheel = shutil.which("graphviz-pure", path=sysconfig.get_path("scripts"))
    wheel = wheel or shutil.which("graphviz-pure")
    if wheel:
        found.append(DotEngine("graphviz-pure", wheel))
    system = shutil.which("dot")
    if system:
        found.append(DotEngine("dot", system))
    return (*found, SugiyamaEngine(), GridEngine())
