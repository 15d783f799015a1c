"""Quantizers as objects that several tensors may share, while ties are worked out (§9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.resolve.columns import (
    BITWIDTH,
    ENABLED,
    FIXED,
    PER_CHANNEL,
    SYMMETRIC,
    TIED,
    UNSIGNED,
    Columns,
    Row,
)
from quantsim_viz.resolve.grid import effective_quantizer
from quantsim_viz.resolve.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quantsim_viz.resolve.topology import Op, Topology


class SharedQuantizers:
    """A scratch copy of the settings in which tensors come to refer to one another's quantizer.

    An object is known by the number of the quantizer it began as, its *home*. The columns given in
    stay as they are; `rows` tells what changed, as declarations.
    """

    def __init__(self, topology: Topology, columns: Columns) -> None:
        self.topology = topology
        self.object_of = list(range(len(topology.names)))
        self._before = columns
        self._fields = list(columns)
        self._copied: set[int] = set()
        self._origin: dict[tuple[int, int], int] = {}
        self._reason: dict[int, str] = {}
        self._changed: set[int] = set()

    def enabled(self, quantizer: int) -> bool:
        """Whether the object a tensor refers to is enabled."""
        return bool(self._fields[ENABLED][self.object_of[quantizer]])

    def get(self, obj: int, prop: int) -> Any:
        """Return a field of an object."""
        return self._fields[prop][obj]

    def put(self, obj: int, prop: int, value: Any, origin: int, reason: str) -> None:
        """Set a field of an object to a value taken over from the object `origin`."""
        if self._fields[prop][obj] == value:
            return
        if prop not in self._copied:
            self._copied.add(prop)
            self._fields[prop] = self._fields[prop].copy()
        self._fields[prop][obj] = value
        self._origin[obj, prop] = origin
        self._changed.add(obj)
        self._reason.setdefault(obj, reason)

    def effective(self, tensor: str) -> int | None:
        """Return the tensor's effective quantizer by number (§3, look-up)."""
        topology = self.topology
        return effective_quantizer(tensor, topology.above, topology.quantizer_of, self.enabled)

    def refer(self, quantizer: int, obj: int, reason: str) -> None:
        """Let the tensor of a quantizer refer to another object."""
        if self.object_of[quantizer] != obj:
            self.object_of[quantizer] = obj
            self._reason[quantizer] = reason

    def merge(self, obj: int, other: int, op: Op, reason: str) -> None:
        """Fit an object's constraints to those of another that is to be merged into it (§9.2).

        Raises:
            Refused: The two cannot be merged.
        """
        self._check_mergeable(obj, other, op)
        self.put(
            obj, BITWIDTH, min(self.get(obj, BITWIDTH), self.get(other, BITWIDTH)), other, reason
        )
        for prop in (SYMMETRIC, UNSIGNED):
            self.put(obj, prop, bool(self.get(obj, prop) or self.get(other, prop)), other, reason)
        own = self.get(obj, FIXED)
        fixed, origin = (own, obj) if own else (self.get(other, FIXED), other)
        if fixed and self.get(obj, SYMMETRIC):
            low, high = fixed
            if high is None:
                raise self._refusal(
                    "range-without-max",
                    op,
                    f"a symmetric quantizer and the fixed range [{low}, none] meet at"
                    f" {op.node.name!r} ({op.op_type}); AIMET cannot make that range symmetric."
                    " Give the range a maximum or make the tensors asymmetric.",
                )
            largest = max(abs(low), abs(high))
            fixed = (-largest, largest)
        self.put(obj, FIXED, fixed, origin, reason)

    def rows(self) -> list[Row]:
        """Declare every field in which a tensor's setting differs from before, and the groups."""
        members: dict[int, list[int]] = {}
        for quantizer, obj in enumerate(self.object_of):
            if obj != quantizer:
                members.setdefault(obj, []).append(quantizer)
        for obj in members.keys() | self._changed:
            if self.object_of[obj] == obj:
                members.setdefault(obj, []).append(obj)
        rows: list[Row] = []
        for obj, group in sorted(members.items()):
            rows.extend(self._group_rows(obj, sorted(group)))
        return rows

    def _group_rows(self, obj: int, group: list[int]) -> Iterator[Row]:
        """Yield what changed on each tensor of a group, and the name that stands for the group."""
        named = [self._reason[q] for q in (obj, *group) if q in self._reason]
        first = min(self.topology.names[q] for q in group)
        source = self.topology.quantizer_of[first]
        for quantizer in group:
            reason = self._reason.get(quantizer) or next(iter(named), None)
            for prop in range(TIED):
                value = self._fields[prop][obj]
                if value != self._before[prop][quantizer]:
                    origin = self._origin.get((obj, prop), obj)
                    yield quantizer, prop, value, None, reason, origin, -1
            if len(group) > 1:
                yield quantizer, TIED, first, None, reason, source, -1

    def _check_mergeable(self, obj: int, other: int, op: Op) -> None:
        names = self.topology.names
        if self.get(obj, PER_CHANNEL) != self.get(other, PER_CHANNEL):
            raise self._refusal(
                "granularity-merge",
                op,
                f"{names[obj]!r} is quantized per channel and the output of {op.node.name!r}"
                f" ({op.op_type}) per tensor; AIMET cannot give both one quantizer.",
            )
        ranges = self.get(obj, FIXED), self.get(other, FIXED)
        if all(ranges) and ranges[0] != ranges[1]:
            raise self._refusal(
                "range-merge",
                op,
                f"{op.node.name!r} ({op.op_type}) shares one quantizer between its input, fixed to"
                f" {_range(ranges[0])} ({names[obj]!r}), and its output, fixed to"
                f" {_range(ranges[1])} ({names[other]!r}). AIMET refuses; remove one of the two"
                " encoding_constraints or switch one of the quantizers off.",
                obj,
            )

    def _refusal(self, code: str, op: Op, message: str, other: int | None = None) -> Refused:
        nodes = op.node.members
        if other is not None:
            producer = self.topology.producer.get(self.topology.names[other])
            if producer is not None:
                nodes = tuple(dict.fromkeys(self.topology.ops[producer].node.members + nodes))
        return Refused(code, message[0].upper() + message[1:], None, nodes)


def _range(limits: tuple[float, float | None]) -> str:
    low, high = limits
    return f"[{low}, {'none' if high is None else high}]"
