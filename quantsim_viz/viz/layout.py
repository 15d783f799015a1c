"""Where everything stands: computed once for a model and the set of its collapsed groups."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from quantsim_viz.viz.cache import Cache
from quantsim_viz.viz.document import document_of
from quantsim_viz.viz.engines import EngineFailed, engines
from quantsim_viz.viz.frames import (
    accept,
    by_height,
    curves_of,
    cut_into_pieces,
    iter_frames,
    place,
    problem_of,
    route,
    set_parents,
)
from quantsim_viz.viz.groups import default_collapsed, group_nodes
from quantsim_viz.viz.items import Items
from quantsim_viz.viz.measure import title_width
from quantsim_viz.viz.skeleton import skeleton_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quantsim_viz.model.graph import Model
    from quantsim_viz.viz.engines import Engine, Problem, Solution
    from quantsim_viz.viz.frames import End, Frame
    from quantsim_viz.viz.groups import Group
    from quantsim_viz.viz.skeleton import Skeleton


@dataclass(frozen=True, slots=True)
class Rect:
    """A box in the picture: left, top, width and height, whole pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class GroupBox:
    """A group in the picture.

    Attributes:
        group: Which one.
        parent: Place of the group around it in `Layout.groups`, or None.
        collapsed: Drawn as one box, its nodes hidden.
        rect: Where it is; None inside a collapsed group.
    """

    group: Group
    parent: int | None
    collapsed: bool
    rect: Rect | None


@dataclass(frozen=True, slots=True)
class DrawnWire:
    """All tensors from one shown item to another.

    Attributes:
        source: Item number: nodes first, then terminals, then groups.
        target: Item number.
        tensors: Names of what runs there.
        segments: Places in `Layout.segments`, source first; `()` for a wire drawn as stubs.
    """

    source: int
    target: int
    tensors: tuple[str, ...]
    segments: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where everything stands; immutable, equal models and groups give the same `key`.

    Attributes:
        skeleton: What is drawn.
        names: Names of the nodes, in the order of every per-node string and list.
        parts: Tensor names of the parameters, in the order of per-parameter strings.
        tensors: Names of the tensors on wires, in the order of per-tensor strings.
        root: The tree of groups.
        width: Of the picture, pixels.
        height: Of the picture.
        nodes: Each node's place, None inside a collapsed group.
        terminals: Each input's and output's place.
        groups: Every group, outer before inner.
        wires: What connects the shown items.
        segments: Bézier chains: x, y, then three points for each curve, whole pixels.
        arrows: Whether a segment ends at an item, so in an arrow head.
        engine: Names of what placed it.
        data: All this as compact JSON, what the browser fetches.
        key: Hash of `data`, by which browsers may keep it.
    """

    skeleton: Skeleton
    names: tuple[str, ...]
    parts: tuple[str, ...]
    tensors: tuple[str, ...]
    root: Group
    width: int
    height: int
    nodes: tuple[Rect | None, ...]
    terminals: tuple[Rect, ...]
    groups: tuple[GroupBox, ...]
    wires: tuple[DrawnWire, ...]
    segments: tuple[tuple[int, ...], ...]
    arrows: tuple[bool, ...]
    engine: str
    data: bytes = field(default=b"", repr=False)
    key: str = ""

    @property
    def collapsed(self) -> frozenset[str]:
        """Paths of the groups drawn as one box."""
        return frozenset(box.group.path for box in self.groups if box.collapsed)


_STRUCTURES: Cache[tuple[Skeleton, Group]] = Cache(16)
_LAYOUTS: Cache[Layout] = Cache(32)
_SOLUTIONS: Cache[Solution] = Cache(4096)


def layout_model(model: Model, collapsed: frozenset[str] | None = None) -> Layout:
    """Return the layout of a model; the second call with equal arguments costs nothing.

    Args:
        model: What to draw.
        collapsed: Paths of the groups to draw as one box; None for a useful beginning.
    """
    skeleton, root = _STRUCTURES.get_or_make(model.sha256, lambda: _structure_of(model))
    chosen = default_collapsed(root) if collapsed is None else collapsed
    return _LAYOUTS.get_or_make(
        (skeleton.key, chosen), lambda: build_layout(skeleton, root, chosen, engines())
    )


def _structure_of(model: Model) -> tuple[Skeleton, Group]:
    skeleton = skeleton_of(model)
    return skeleton, group_nodes(skeleton)


def build_layout(
    skeleton: Skeleton, root: Group, collapsed: frozenset[str], candidates: Sequence[Engine]
) -> Layout:
    """Compute a layout, each level by the first of `candidates` that can place it.

    Raises:
        EngineFailed: None of `candidates` could.
    """
    items = Items(skeleton, root, collapsed)
    frame = items.root_frame
    cut_into_pieces(frame, list(items.wires))
    home = set_parents(frame)
    routes = {ends: route(*ends, home) for ends in items.wires}
    used: dict[str, None] = {}
    for batch in by_height(frame):
        solutions, engine = _solve(candidates, [problem_of(f, items.sizes) for f in batch])
        used[engine] = None
        for inner, solution in zip(batch, solutions, strict=True):
            accept(inner, solution, title_width(inner.group) if inner.group else 0)
    rects = {
        item: Rect(
            round(x - items.sizes[item].width / 2),
            round(y - items.sizes[item].height / 2),
            items.sizes[item].width,
            items.sizes[item].height,
        )
        for item, (x, y) in place(frame).items()
    }
    drawing = _Segments(frame)
    wires = [
        DrawnWire(*ends, tuple(tensors), tuple(drawing.number(*step) for step in routes[ends]))
        for ends, tensors in items.wires.items()
    ]
    wires += [DrawnWire(*ends, tuple(tensors), ()) for ends, tensors in items.stubs.items()]
    nodes, first_group = len(skeleton.vertices), len(skeleton.vertices) + len(skeleton.terminals)
    return _sealed(
        Layout(
            skeleton=skeleton,
            names=tuple(vertex.name for vertex in skeleton.vertices),
            parts=tuple(name for vertex in skeleton.vertices for name in vertex.float_parts),
            tensors=tuple(skeleton.details),
            root=root,
            width=round(frame.width),
            height=round(frame.height),
            nodes=tuple(rects.get(item) for item in range(nodes)),
            terminals=tuple(rects[item] for item in range(nodes, first_group)),
            groups=_group_boxes(items, frame, rects, first_group),
            wires=tuple(wires),
            segments=tuple(drawing.curves),
            arrows=tuple(drawing.arrows),
            engine="+".join(used),
        )
    )


def _solve(candidates: Sequence[Engine], problems: Sequence[Problem]) -> tuple[list[Solution], str]:
    """Return the problems' solutions, equal problems solved once, and the name of their engine."""
    failures = []
    for engine in candidates:
        distinct = list(dict.fromkeys(problems))
        known = {p: s for p in distinct if (s := _SOLUTIONS.get((engine.name, p))) is not None}
        try:
            missing = [p for p in distinct if p not in known]
            solved = engine.solve(missing) if missing else []
            for problem, solution in zip(missing, solved, strict=True):
                known[problem] = solution
                _SOLUTIONS.put((engine.name, problem), solution)
        except EngineFailed as error:
            failures.append(str(error))
            continue
        return [known[p] for p in problems], engine.name
    raise EngineFailed("; ".join(failures))


class _Segments:
    """Every frame's wires in one list, with the place of each."""

    def __init__(self, root: Frame) -> None:
        self.curves: list[tuple[int, ...]] = []
        self.arrows: list[bool] = []
        self._first: dict[int, int] = {}
        for frame in iter_frames(root):
            self._first[id(frame)] = len(self.curves)
            self.curves.extend(curves_of(frame))
            self.arrows.extend(head.side == "item" for _, head in frame.edges)

    def number(self, frame: Frame, tail: End, head: End) -> int:
        return self._first[id(frame)] + frame.edges[tail, head]


def _group_boxes(
    items: Items, root: Frame, rects: Mapping[int, Rect], first_group: int
) -> tuple[GroupBox, ...]:
    frames = {
        id(f.group): Rect(round(f.x), round(f.y), round(f.width), round(f.height))
        for f in iter_frames(root)
        if f.group
    }
    boxes = []
    for number, (group, parent) in enumerate(items.groups):
        own = rects.get(first_group + number)
        boxes.append(GroupBox(group, parent, own is not None, own or frames.get(id(group))))
    return tuple(boxes)


def _sealed(layout: Layout) -> Layout:
    """Return the layout with its JSON and the hash of that."""
    data = document_of(layout)
    return replace(layout, data=data, key=hashlib.sha256(data).hexdigest()[:32])
