"""The value cache: activations of earlier runs, kept under a memory budget.

Not every value is worth its memory. At a node where few values are alive, keeping those few is
enough to go on from there; such values are kept first. Under pressure the others go first, the
earliest in the graph before the later, because what lies behind an edit must be executed again
in any case.
"""

from __future__ import annotations

import heapq
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from torch import Tensor

    from quantsim_viz.sim.plan import Plan
    from quantsim_viz.sim.values import Key, ValueTable

Place = tuple[str, int, int]
"""Which batch a value belongs to: data, batch size, number."""


class ValueCache:
    """Values by batch and key.

    Args:
        budget: Bytes that the values may take together; 0 keeps nothing.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.used = 0
        self._is_closed = False
        self._values: dict[tuple[Place, Key], Tensor] = {}
        self._worth: list[tuple[int, int, Place, Key]] = []

    def keys(self, place: Place | None) -> frozenset[Key]:
        """Return the keys of the values kept for a batch."""
        if place is None or not self._values:
            return frozenset()
        return frozenset(key for where, key in self._values if where == place)

    def values(self, place: Place | None, keys: Iterable[Key]) -> Mapping[Key, Tensor]:
        """Return kept values of a batch."""
        if place is None:
            return {}
        return {key: self._values[place, key] for key in keys}

    def keeper(
        self, place: Place | None, plan: Plan, table: ValueTable
    ) -> Callable[[int, Tensor], None] | None:
        """Return what takes the values that a plan is done with, by slot."""
        if place is None or not self.budget or self._is_closed:
            return None
        narrow = narrow_keys(plan)

        def keep(slot: int, value: Tensor) -> None:
            key = plan.keys[slot]
            self._keep(place, key, value, (int(key in narrow), table.positions[key]))

        return keep

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Keep nothing new for a while: what is there is used, and not pushed out."""
        self._is_closed = True
        try:
            yield
        finally:
            self._is_closed = False

    def clear(self) -> None:
        """Forget everything."""
        self._values.clear()
        self._worth.clear()
        self.used = 0

    def _keep(self, place: Place, key: Key, value: Tensor, worth: tuple[int, int]) -> None:
        size = _held_by(value)
        if (place, key) in self._values or size > self.budget:
            return
        while self.used + size > self.budget:
            if self._worth[0][:2] >= worth:
                return
            *_, old_place, old_key = heapq.heappop(self._worth)
            old = self._values.pop((old_place, old_key))
            self.used -= _held_by(old)
        self._values[place, key] = value
        self.used += size
        heapq.heappush(self._worth, (*worth, place, key))


def _held_by(value: Tensor) -> int:
    """Return how much memory a value keeps from being freed: a slice, all that it was cut from."""
    return value.untyped_storage().nbytes()


def narrow_keys(plan: Plan) -> frozenset[Key]:
    """Return the values alive where a plan is narrow: the checkpoints to go on from.

    A step is narrow when fewer values are alive after it than after most steps around it.
    """
    alive: set[int] = set(plan.inputs.values()) | set(plan.available.values())
    counts, snapshots = [], []
    made = {slot for slot, value in enumerate(plan.initial) if value is not None}
    for step in plan.steps:
        alive.update(step.writes)
        alive.difference_update(step.frees)
        counts.append(len(alive))
        snapshots.append(frozenset(alive - made))
    if not counts:
        return frozenset()
    usual = sorted(counts)[len(counts) // 4]
    chosen = [snapshot for snapshot, n in zip(snapshots, counts, strict=True) if n <= usual]
    return frozenset(plan.keys[slot] for snapshot in chosen for slot in snapshot)
