"""What is shown of a model once some of its groups are collapsed.

Items are numbered: nodes first, then terminals, then groups (as the boxes they collapse to).
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from quantsim_viz.viz.cache import Cache
from quantsim_viz.viz.frames import Frame
from quantsim_viz.viz.groups import FAN_OUT_LIMIT, Group
from quantsim_viz.viz.measure import group_box, terminal_box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quantsim_viz.viz.engines import Box
    from quantsim_viz.viz.skeleton import Skeleton

SPAN_LIMIT = 400
"""A wire that skips more nodes than this is drawn as stubs."""

NEIGHBOURHOOD = 24
"""Of a tensor with many readers, those this near its first reader still get a drawn wire."""

Wires = dict[tuple[int, int], list[str]]
"""Tensor names by source and target item."""


class Items:
    """The shown items of a model: their sizes, their wires, and the frames they stand in.

    Attributes:
        groups: Every group with the place of the group around it, outer before inner.
        sizes: Size of every shown item that is not an open group.
        wires: Wires to be routed.
        stubs: Wires that would cross the whole picture; drawn as two short ends.
    """

    def __init__(self, skeleton: Skeleton, root: Group, collapsed: frozenset[str]) -> None:
        self._skeleton = skeleton
        self._nodes = len(skeleton.vertices)
        self._first_group = self._nodes + len(skeleton.terminals)
        self._shown = list(range(self._first_group))
        self.sizes: dict[int, Box] = {
            self._nodes + i: terminal_box(t) for i, t in enumerate(skeleton.terminals)
        }
        self.groups: list[tuple[Group, int | None]] = []
        self.root_frame = Frame()
        self._fill(self.root_frame, root, None, collapsed)
        self._place_terminals()
        self.wires: Wires = {}
        self.stubs: Wires = {}
        self._connect()

    def _fill(
        self, frame: Frame, group: Group, number: int | None, collapsed: frozenset[str]
    ) -> None:
        for child in group.children:
            if isinstance(child, int):
                frame.children.append(child)
                self.sizes[child] = self._skeleton.vertices[child].size
                continue
            own = len(self.groups)
            self.groups.append((child, number))
            if child.path not in collapsed:
                inner = Frame(group=child)
                frame.children.append(inner)
                self._fill(inner, child, own, collapsed)
                continue
            item = self._first_group + own
            frame.children.append(item)
            self.sizes[item] = group_box(child)
            self._shown[child.first : child.last] = [item] * len(child)
            self._list_hidden(child, own)

    def _list_hidden(self, group: Group, number: int) -> None:
        for child in group.children:
            if isinstance(child, Group):
                self.groups.append((child, number))
                self._list_hidden(child, len(self.groups) - 1)

    def _place_terminals(self) -> None:
        """Put inputs before their first reader and outputs after their producer, at the root."""
        first_reader: dict[int, int] = {}
        made_by: dict[int, int] = {}
        for wire in self._skeleton.wires:
            known = first_reader.get(wire.source, wire.target)
            first_reader[wire.source] = min(known, wire.target)
            made_by[wire.target] = wire.source
        children = self.root_frame.children
        starts = [self._start_of(child) for child in children]
        keyed: list[tuple[float, int | Frame]] = [*zip(starts, children, strict=True)]
        for item, terminal in enumerate(self._skeleton.terminals, self._nodes):
            if terminal.is_input:
                key = _before(first_reader.get(item, 0), starts)
            else:
                key = made_by.get(item, self._nodes) + 0.5
            keyed.append((key, item))
        self.root_frame.children = [child for _, child in sorted(keyed, key=lambda pair: pair[0])]

    def _start_of(self, child: int | Frame) -> int:
        if isinstance(child, Frame):
            assert child.group is not None
            return child.group.first
        if child >= self._first_group:
            return self.groups[child - self._first_group][0].first
        return child

    def _connect(self) -> None:
        skeleton, shown = self._skeleton, self._shown
        are_stubs = _STUBS.get_or_make(skeleton.key, lambda: _judge_stubs(skeleton))
        for wire, is_stub in zip(skeleton.wires, are_stubs, strict=True):
            ends = shown[wire.source], shown[wire.target]
            if ends[0] != ends[1]:
                bundle = self.stubs if is_stub else self.wires
                tensors = bundle.setdefault(ends, [])
                if wire.tensor not in tensors:
                    tensors.append(wire.tensor)
        for ends in self.wires.keys() & self.stubs.keys():
            self.wires[ends] += self.stubs.pop(ends)


_STUBS: Cache[tuple[bool, ...]] = Cache(16)


def _judge_stubs(skeleton: Skeleton) -> tuple[bool, ...]:
    """Return for every wire whether it must be drawn as stubs, whatever groups are open."""
    nodes = len(skeleton.vertices)
    readers: dict[str, dict[int, int]] = {}
    for wire in skeleton.wires:
        known = readers.setdefault(wire.tensor, {})
        known.setdefault(wire.target, len(known))
    found = []
    for wire in skeleton.wires:
        known = readers[wire.tensor]
        first = next(iter(known))
        start = first if wire.source >= nodes else wire.source
        span = wire.target - start if wire.target < nodes else 0
        far = len(known) > FAN_OUT_LIMIT and (
            wire.target - first > NEIGHBOURHOOD or known[wire.target] >= FAN_OUT_LIMIT
        )
        found.append(far or span > SPAN_LIMIT)
    return tuple(found)


def _before(vertex: int, starts: Sequence[int]) -> float:
    """Return a key just below that of the child, among children by first vertex, with `vertex`."""
    place = max(bisect_right(starts, vertex) - 1, 0)
    return (starts[place] if starts else 0) - 0.5
