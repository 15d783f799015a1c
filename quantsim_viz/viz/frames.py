"""From groups to placing problems, and from their solutions back to one picture.

A frame is a box that holds items: the root, an open group, or a *piece*, a stretch cut out of a
long level so that no problem grows beyond what an engine places quickly. Wires that cross a
frame's border do so at a port: a tiny box pinned to its first or last rank, whose place becomes a
place on the border of the frame's own box one level up. So every level is a small problem of its
own, equal ones are solved once, and wires still run through without a break.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from quantsim_viz.viz.engines import Box, Edge, Problem

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from quantsim_viz.viz.engines import Solution
    from quantsim_viz.viz.groups import Group

PIECE_SIZE = 110
"""How many items a piece has about."""

UNCUT_LIMIT = 190
"""A level with no more items than this is placed in one piece."""

PAD = 14
HEADER = 24
PORT = Box(8, 2)
"""Pixels around a group's content, of its title line, and the box that stands for a port."""


class End(NamedTuple):
    """An end of a wire inside a frame.

    Attributes:
        side: `item`, or the side a port is on, `inlet` or `outlet`.
        key: The item's number, or the number of the item whose wires use the port.
        frame: `id` of the child frame whose port it is; 0 for the frame's own.
    """

    side: str
    key: int
    frame: int = 0


@dataclass(slots=True)
class Frame:
    """A box with content, while the layout is being built.

    Attributes:
        group: The group it shows; None for the root and for pieces.
        children: Item numbers and frames, in file order.
        parent: The frame around it.
        edges: Its wires as pairs of ends, each with its place in `order`.
        inlets: Sources of wires that come in from outside, in order of appearance.
        outlets: Sources of wires that go out.
        solution: Where its children stand, once solved.
        x: Left edge in the picture, once placed.
        y: Top edge in the picture.
        width: Pixels, title and padding included.
        height: Pixels.
    """

    group: Group | None = None
    children: list[int | Frame] = field(default_factory=list)
    parent: Frame | None = None
    edges: dict[tuple[End, End], int] = field(default_factory=dict)
    inlets: dict[int, None] = field(default_factory=dict)
    outlets: dict[int, None] = field(default_factory=dict)
    solution: Solution | None = None
    x: float = 0
    y: float = 0
    width: float = 0
    height: float = 0

    @property
    def margin(self) -> tuple[int, int]:
        """Pixels beside and above the content."""
        return (PAD, HEADER) if self.group else (0, 0)


def cut_into_pieces(frame: Frame, wires: Sequence[tuple[int, int]]) -> None:
    """Replace a long list of children by pieces, cut where the fewest wires run.

    Args:
        frame: A frame whose children have no parent set yet.
        wires: Source and target item of every wire of the picture.
    """
    for child in frame.children:
        if isinstance(child, Frame):
            cut_into_pieces(child, wires)
    if len(frame.children) <= UNCUT_LIMIT:
        return
    live = _live_counts(frame, wires)
    pieces: list[int | Frame] = []
    start = 0
    while len(frame.children) - start > UNCUT_LIMIT:
        candidates = range(start + PIECE_SIZE * 2 // 3, start + PIECE_SIZE * 3 // 2)
        stop = min(candidates, key=lambda at: (live[at], abs(at - start - PIECE_SIZE)))
        pieces.append(Frame(children=frame.children[start:stop]))
        start = stop
    pieces.append(Frame(children=frame.children[start:]))
    frame.children = pieces


def _live_counts(frame: Frame, wires: Sequence[tuple[int, int]]) -> list[int]:
    """Return how many sources are alive just before each child."""
    place: dict[int, int] = {}
    for number, child in enumerate(frame.children):
        for item in iter_items(child):
            place[item] = number
    last: dict[int, int] = {}
    for source, target in wires:
        if source in place and target in place:
            last[source] = max(last.get(source, 0), place[target])
    steps = [0] * (len(frame.children) + 2)
    for source, end in last.items():
        if end > place[source]:
            steps[place[source] + 1] += 1
            steps[end + 1] -= 1
    counts, now = [], 0
    for step in steps:
        now += step
        counts.append(now)
    return counts


def iter_items(child: int | Frame) -> Iterator[int]:
    """Yield the numbers of the items in a child, however deep."""
    if isinstance(child, int):
        yield child
        return
    for inner in child.children:
        yield from iter_items(inner)


def iter_frames(frame: Frame) -> Iterator[Frame]:
    """Yield a frame and all frames in it, outer before inner."""
    yield frame
    for child in frame.children:
        if isinstance(child, Frame):
            yield from iter_frames(child)


def set_parents(root: Frame) -> dict[int, Frame]:
    """Tell every frame its parent; return the innermost frame of every item."""
    home: dict[int, Frame] = {}
    for frame in iter_frames(root):
        for child in frame.children:
            if isinstance(child, Frame):
                child.parent = frame
            else:
                home[child] = frame
    return home


def route(source: int, target: int, home: Mapping[int, Frame]) -> list[tuple[Frame, End, End]]:
    """Enter a wire into every frame it runs through; return its segments, source first.

    A segment is named by its frame and its two ends there.
    """
    up, down = _chain(home[source]), _chain(home[target])
    shared = 0
    while shared < min(len(up), len(down)) and up[shared] is down[shared]:
        shared += 1
    segments: list[tuple[Frame, End, End]] = []
    tail = End("item", source)
    for frame in reversed(up[shared:]):
        frame.outlets[source] = None
        segments.append((frame, tail, End("outlet", source)))
        tail = End("outlet", source, id(frame))
    for frame, inner in zip(down[shared - 1 :], [*down[shared:], None], strict=True):
        if inner is None:
            segments.append((frame, tail, End("item", target)))
        else:
            inner.inlets[source] = None
            segments.append((frame, tail, End("inlet", source, id(inner))))
            tail = End("inlet", source)
    for frame, start, end in segments:
        frame.edges.setdefault((start, end), len(frame.edges))
    return segments


def _chain(frame: Frame) -> list[Frame]:
    chain = [frame]
    while chain[-1].parent is not None:
        chain.append(chain[-1].parent)
    return chain[::-1]


def problem_of(frame: Frame, sizes: Mapping[int, Box]) -> Problem:
    """Return the placing problem of a frame whose child frames are solved."""
    boxes: list[Box] = []
    at: dict[End, tuple[int, int | None]] = {}
    for child in frame.children:
        number = len(boxes)
        if isinstance(child, int):
            at[End("item", child)] = number, None
            boxes.append(sizes[child])
            continue
        inlets, outlets = port_places(child)
        for side, keys in (("inlet", child.inlets), ("outlet", child.outlets)):
            at.update({End(side, key, id(child)): (number, i) for i, key in enumerate(keys)})
        boxes.append(Box(round(child.width), round(child.height), inlets, outlets))
    sources = range(len(boxes), len(boxes) + len(frame.inlets))
    sinks = range(sources.stop, sources.stop + len(frame.outlets))
    boxes.extend([PORT] * (len(sources) + len(sinks)))
    for side, keys, numbers in (("inlet", frame.inlets, sources), ("outlet", frame.outlets, sinks)):
        at.update({End(side, key): (n, None) for key, n in zip(keys, numbers, strict=True)})
    edges = []
    for tail, head in frame.edges:
        (start, outlet), (stop, inlet) = at[tail], at[head]
        edges.append(Edge(start, stop, outlet, inlet))
    order = _in_line(frame, {(edge.tail, edge.head) for edge in edges})
    return Problem(tuple(boxes), tuple(edges), tuple(sources), tuple(sinks), order)


def _in_line(frame: Frame, wired: Container[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return the pairs of neighbours of which one is to stand right below the other.

    These are pieces, wires between them or none, and frames with a wire from one to the next: their
    wires come in and go out at places of their own, so that without this a deep network would
    wander off to one side.
    """
    found = []
    for number, (above, below) in enumerate(pairwise(frame.children)):
        if isinstance(above, Frame) and isinstance(below, Frame):
            pieces = above.group is None and below.group is None
            if pieces or (number, number + 1) in wired:
                found.append((number, number + 1))
    return tuple(found)


def port_places(frame: Frame) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return where a solved frame's inlets and outlets are, pixels from its left edge."""
    assert frame.solution is not None
    first = len(frame.children)
    shift = _content_shift(frame)
    places = [round(x + shift) for x, _ in frame.solution.centres[first:]]
    return tuple(places[: len(frame.inlets)]), tuple(places[len(frame.inlets) :])


def _content_shift(frame: Frame) -> float:
    assert frame.solution is not None
    return (frame.width - frame.solution.width) / 2


def accept(frame: Frame, solution: Solution, title_width: float) -> None:
    """Give a frame its solution, and with it its size."""
    side, top = frame.margin
    frame.solution = solution
    frame.width = max(solution.width + 2 * side, title_width if frame.group else 0)
    frame.height = solution.height + top + (PAD if frame.group else 0)


def place(root: Frame) -> dict[int, tuple[float, float]]:
    """Place every frame in the picture, from the root inwards; return the items' centres."""
    centres: dict[int, tuple[float, float]] = {}
    for frame in iter_frames(root):
        assert frame.solution is not None
        left, top = frame.x + _content_shift(frame), frame.y + frame.margin[1]
        for child, (x, y) in zip(frame.children, frame.solution.centres, strict=False):
            if isinstance(child, int):
                centres[child] = (left + x, top + y)
            else:
                child.x = left + x - child.width / 2
                child.y = top + y - child.height / 2
    return centres


def curves_of(frame: Frame) -> Iterator[tuple[int, ...]]:
    """Yield a placed frame's wires in whole pixels of the picture, ends drawn to its border."""
    assert frame.solution is not None
    left, top = frame.x + _content_shift(frame), frame.y + frame.margin[1]
    for (tail, head), curve in zip(frame.edges, frame.solution.curves, strict=True):
        points = [0] * len(curve)
        points[::2] = [round(x + left) for x in curve[::2]]
        points[1::2] = [round(y + top) for y in curve[1::2]]
        if tail.side == "inlet" and not tail.frame:
            points[1] = round(frame.y)
        if head.side == "outlet" and not head.frame:
            points[-1] = round(frame.y + frame.height)
        yield tuple(points)


def by_height(root: Frame) -> list[list[Frame]]:
    """Return all frames so that each comes after those inside it, as few batches as possible."""
    batches: defaultdict[int, list[Frame]] = defaultdict(list)

    def height(frame: Frame) -> int:
        own = max((height(c) + 1 for c in frame.children if isinstance(c, Frame)), default=0)
        batches[own].append(frame)
        return own

    height(root)
    return [batches[level] for level in sorted(batches)]
