"""Which nodes belong together: by module scope, or by repetition where the file keeps no scopes.

A group is a run of nodes that are neighbours in file order. File order is topological, so a run is
convex: no path leaves it and comes back, and collapsing it to one box never makes a cycle. A scope
whose nodes are scattered gives one group a run.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from quantsim_viz.viz.skeleton import Skeleton, Vertex

SMALLEST_GROUP = 3
"""Fewer nodes than this gain nothing from a frame around them."""

FLAT_LIMIT = 36
"""A level with more single nodes than this is searched for repeated blocks."""

FAN_OUT_LIMIT = 8
"""A tensor with more readers than this (a mask, a rotary table) is drawn as stubs."""

VISIBLE_LIMIT = 320
"""How many boxes a view opens with at most; beyond it, inner groups open collapsed."""

SMALLEST_BLOCK = 5
"""The same for blocks found by repetition, which have no name to tell."""

LARGEST_BLOCK_SHARE = 0.6
"""A block that holds more than this of its level would only put a second frame around it."""

LONGEST_PERIOD = 24
"""How many neighbouring segments a repeated block may be made of."""


@dataclass(frozen=True, slots=True)
class Group:
    """A run of nodes, some of them in groups of their own.

    Attributes:
        path: Stable name of the group in its model, unique; the root's is `""`.
        label: What its frame says.
        first: Index of its first vertex.
        last: Index after its last vertex.
        children: Vertex indices and inner groups, in file order.
        signature: Equal for groups of equal structure.
    """

    path: str
    label: str
    first: int
    last: int
    children: tuple[int | Group, ...]
    signature: int

    def groups(self) -> Iterator[Group]:
        """Yield every group inside this one, outer before inner, in file order."""
        for child in self.children:
            if isinstance(child, Group):
                yield child
                yield from child.groups()

    def __len__(self) -> int:
        return self.last - self.first


def group_nodes(skeleton: Skeleton) -> Group:
    """Return the tree of groups of a model; a small or unstructured one is a root alone."""
    return _Grouping(skeleton).root()


def default_collapsed(root: Group, limit: int = VISIBLE_LIMIT) -> frozenset[str]:
    """Return the paths to collapse at first, so that no more than about `limit` boxes show.

    Levels open one after another while they fit; the outermost groups may be collapsed, the root
    never is, so that a view never opens as a single box.
    """
    if len(root) <= limit:
        return frozenset()
    level = [g for g in root.children if isinstance(g, Group)]
    shown = len(root.children)
    while level:
        inner = [g for group in level for g in group.children if isinstance(g, Group)]
        opened = shown + sum(len(group.children) for group in level)
        if opened > limit:
            break
        shown, level = opened, inner
    return frozenset(group.path for group in level)


class _Grouping:
    def __init__(self, skeleton: Skeleton) -> None:
        self.vertices = skeleton.vertices
        self.readers: list[list[int]] = [[] for _ in skeleton.vertices]
        self.sources: list[list[int]] = [[] for _ in skeleton.vertices]
        count = len(skeleton.vertices)
        fan_out = Counter(wire.tensor for wire in skeleton.wires)
        for wire in skeleton.wires:
            if wire.target < count and wire.source < count:
                self.sources[wire.target].append(wire.source)
                if fan_out[wire.tensor] <= FAN_OUT_LIMIT:
                    self.readers[wire.source].append(wire.target)
        self.paths: Counter[str] = Counter()
        self.blocks: Counter[str] = Counter()

    def root(self) -> Group:
        return self._close("", "", 0, len(self.vertices), self._by_scope(0, len(self.vertices), 0))

    def _by_scope(self, first: int, last: int, depth: int) -> list[int | Group]:
        """Group the vertices `first…last` by their scope at `depth` and deeper."""
        children: list[int | Group] = []
        for start, stop in self._runs(first, last, depth):
            scope = self.vertices[start].scope
            if stop - start < SMALLEST_GROUP or len(scope) <= depth:
                children.extend(range(start, stop))
            elif (start, stop) == (first, last):
                return self._by_scope(first, last, depth + 1)
            else:
                path = self._unique("/".join(scope[: depth + 1]))
                inner = self._by_scope(start, stop, depth + 1)
                label = _common_scope(self.vertices[start:stop], depth)
                children.append(self._close(path, label, start, stop, inner))
        return children

    def _runs(self, first: int, last: int, depth: int) -> Iterator[tuple[int, int]]:
        start = first
        for index in range(first + 1, last + 1):
            if index == last or self._scope_at(index, depth) != self._scope_at(start, depth):
                yield start, index
                start = index

    def _scope_at(self, index: int, depth: int) -> str | None:
        scope = self.vertices[index].scope
        return scope[depth] if len(scope) > depth else None

    def _unique(self, path: str) -> str:
        self.paths[path] += 1
        return path if self.paths[path] == 1 else f"{path}#{self.paths[path]}"

    def _close(
        self, path: str, label: str, first: int, last: int, children: list[int | Group]
    ) -> Group:
        if sum(1 for child in children if isinstance(child, int)) > FLAT_LIMIT:
            children = self._with_blocks(path, children)
        return Group(path, label, first, last, tuple(children), self._signature(children, first))

    def _signature(self, children: Sequence[int | Group], first: int) -> int:
        marks = []
        for child in children:
            if isinstance(child, Group):
                marks.append(child.signature)
            else:
                inside = tuple(child - s for s in self.sources[child] if s >= first)
                marks.append(hash((self.vertices[child].op_type, inside)))
        return hash(tuple(marks))

    def _with_blocks(self, path: str, children: list[int | Group]) -> list[int | Group]:
        """Wrap blocks: what only one tensor enters and leaves, and short runs that repeat."""
        segments = self._segments(children)
        marks = [
            self._signature(children[start:stop], _first(children[start]))
            for start, stop in segments
        ]
        grouped: list[int | Group] = []
        at = 0
        while at < len(segments):
            period, times = _repetition(marks, segments, at)
            for turn in range(times):
                start = segments[at + turn * period][0]
                stop = segments[at + (turn + 1) * period - 1][1]
                inner = children[start:stop]
                if SMALLEST_BLOCK <= len(inner) <= len(children) * LARGEST_BLOCK_SHARE:
                    grouped.append(self._block(path, inner))
                else:
                    grouped.extend(inner)
            at += period * times
        return grouped

    def _block(self, path: str, children: list[int | Group]) -> Group:
        first, last = _first(children[0]), _last(children[-1])
        self.blocks[path] += 1
        number = self.blocks[path]
        name = self._unique(f"{path}/block{number}" if path else f"block{number}")
        ops = Counter(vertex.op_type for vertex in self.vertices[first:last])
        kinds = ", ".join(op_type for op_type, _ in ops.most_common(3))
        signature = self._signature(children, first)
        return Group(name, f"block {number}: {kinds}", first, last, tuple(children), signature)

    def _segments(self, children: list[int | Group]) -> list[tuple[int, int]]:
        """Split children where at most one tensor is alive between them.

        What operators make of nothing (weights filled in by `ConstantOfShape`) does not count.
        """
        ends = [_last(child) for child in children]
        last_use: dict[int, int] = {}
        live: set[int] = set()
        segments = []
        start = 0
        for place, child in enumerate(children):
            for vertex in range(_first(child), ends[place]):
                if self.readers[vertex] and self.sources[vertex]:
                    last_use[vertex] = max(self.readers[vertex])
                    live.add(vertex)
            live = {v for v in live if last_use[v] >= ends[place]}
            if len(live) <= 1:
                segments.append((start, place + 1))
                start = place + 1
        if start < len(children):
            segments.append((start, len(children)))
        return segments


def _first(child: int | Group) -> int:
    return child if isinstance(child, int) else child.first


def _last(child: int | Group) -> int:
    return child + 1 if isinstance(child, int) else child.last


def _repetition(
    marks: Sequence[int], segments: Sequence[tuple[int, int]], at: int
) -> tuple[int, int]:
    """Return `(period, times)` of the repetition from segment `at` that covers most children.

    A segment that is a block in itself is not joined with others: its repetitions are plain to see.
    """
    best = (1, 1)
    covered = 0
    for period in range(1, min(LONGEST_PERIOD, (len(marks) - at) // 2) + 1):
        start, stop = segments[at + period - 1]
        if stop - start >= SMALLEST_BLOCK:
            break
        size = stop - segments[at][0]
        if size < SMALLEST_BLOCK:
            continue
        if _has_period(marks[at : at + period]):
            continue
        times = 1
        while marks[at : at + period] == marks[at + times * period : at + (times + 1) * period]:
            times += 1
        if times > 1 and times * size > covered:
            best, covered = (period, times), times * size
    return best


def _has_period(marks: Sequence[int]) -> bool:
    """Tell whether a run is itself a shorter run repeated, as a row of equal operators is."""
    length = len(marks)
    return any(
        length % period == 0 and marks[period:] == marks[: length - period]
        for period in range(1, length // 2 + 1)
    )


def _common_scope(vertices: Sequence[Vertex], depth: int) -> str:
    """Return the scope names from `depth` on that all `vertices` share, joined."""
    shared = list(vertices[0].scope[depth:])
    for vertex in vertices[1:]:
        own = vertex.scope[depth:]
        agreeing = next(
            (i for i, (a, b) in enumerate(zip(shared, own, strict=False)) if a != b), None
        )
        shared = shared[: agreeing if agreeing is not None else min(len(shared), len(own))]
    names = shared or [vertices[0].scope[depth]]
    if names[0].isdecimal() and depth:
        names.insert(0, vertices[0].scope[depth - 1])
    return ".".join(names)
