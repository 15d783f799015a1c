"""Plans that execute again only what some quantizers reach, on top of kept float activations.

`plan.make_plan` could make them, from keys of every value that changes; for each layer of a network
that costs more than executing them. Here the float run's operators are bound once, over slots
numbered by the float run's keys. A changed value takes the slot of its float value, so the same
steps compute it, and a plan is a selection of them:

1. The quantizers of values that are there already: graph inputs and what is not executed again.
2. Every node that a changed value reaches and that an output needs, in order, each followed by the
   quantizers of its outputs. Nodes that read a changed constant are bound anew.
3. The noise of every output that has changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from quantsim_viz.sim import steps as build
from quantsim_viz.sim.measurements import Noise
from quantsim_viz.sim.plan import Plan, PlannedStep, make_plan
from quantsim_viz.sim.quantize import CHUNK, Quantizer
from quantsim_viz.sim.schedule import NO_SIGNAL
from quantsim_viz.sim.values import ABSENT, Key, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from torch import Tensor

    from quantsim_viz.sim.constants import ConstantStore
    from quantsim_viz.sim.encodings import Encoding
    from quantsim_viz.sim.values import ValueTable


class SuffixPlanner:
    """Plans what a few quantizers change at some outputs of the float run.

    Args:
        table: The network's values.
        constants: Evaluates those that are the same in every batch.
        outputs: Names of the outputs.

    Attributes:
        kept: The float values that the plans need for every batch.
    """

    def __init__(self, table: ValueTable, constants: ConstantStore, outputs: Sequence[str]) -> None:
        self.table = table
        self.constants = constants
        self.network = constants.network
        self.outputs = tuple(dict.fromkeys(outputs))
        seen = table.plain.seen
        self._size = max(seen.values()) + 1
        self._scratch = torch.empty(CHUNK, device=self.network.device)
        self._producers = {
            name: node.index for node in self.network.nodes for name in node.outputs if name
        }
        self._bypassing = self._read_past_quantizers()
        needed = self._needed()
        read = {name for number in needed for name in self.network.reads[number]}
        self.kept = frozenset(
            seen[name] for name in (*read, *self.outputs) if not table.constants[seen[name]]
        )
        self._available = {key: key for key in self.kept}
        self._folding = [number for number in needed if self._is_constant(number)]
        self._reach = self._reached_from(n for n in needed if not self._is_constant(n))
        self._frees = self._last_reads()
        self._initial: list[Tensor | None] = [None] * (self._size + len(self.outputs))
        self._steps = {number: self._step(number, {}, self._initial) for number in self._reach}

    def plan(self, encodings: Mapping[str, Encoding]) -> Plan | None:
        """Return the plan that measures the noise of some quantizers; None if there can be none.

        Its results and its `fixed` are the noise of each output that has changed. Measurements name
        only the output: changed values have no keys.

        Args:
            encodings: By tensor.
        """
        seen, constant = self.table.plain.seen, self.table.constants
        if self._bypassing.intersection(encodings) or any(constant[seen[x]] for x in self.outputs):
            return self._general(encodings)
        moving = {name: e for name, e in encodings.items() if seen[name] in self.kept}
        changed = self._changed_constants(encodings)
        bits = self._reached(*moving, *changed)
        remade = {name for name in moving if bits >> self._made_by(name) & 1}
        different = [n for n in self.outputs if n in moving or bits >> self._made_by(n) & 1]
        if not different:
            return None
        initial = list(self._initial)
        for name, key in changed.items():
            initial[seen[name]] = self.constants.value(key)
        bound = {n: self._step(n, changed, initial) for n in self._readers(changed)}
        followed = {self._producers[name] for name in remade}
        steps = [self._reference(name) for name in different]
        steps += [self._quantizer(name, e) for name, e in moving.items() if name not in remade]
        for number in _numbers(bits):
            steps.append(bound.get(number) or self._steps[number])
            if number in followed:
                own = [name for name in self._outputs(number) if name in remade]
                steps += [self._quantizer(name, moving[name]) for name in own]
        noises = []
        for index, name in enumerate(different):
            steps.append(self._noise(name, index))
            noises.append(Noise(seen[name], seen[name]))
        return Plan(
            steps=tuple(steps),
            initial=tuple(initial),
            inputs={},
            available=self._available,
            keep={},
            measurements=tuple(noises),
            fixed={},
            keys=tuple(range(len(initial))),
        )

    def _general(self, encodings: Mapping[str, Encoding]) -> Plan | None:
        """Plan by the keys of all that changes."""
        plain = self.table.plain
        branch = self.table.branch(plain, encodings)
        noises = [
            Noise(plain.seen[name], branch.seen[name])
            for name in self.outputs
            if name in branch.seen
        ]
        if not noises:
            return None
        return make_plan(self.table, self.constants, noises, available=self.kept)

    def _read_past_quantizers(self) -> frozenset[str]:
        """Return the tensors that somebody reads as they are before their quantizer."""
        network = self.network
        return frozenset(
            name
            for node, names in zip(network.nodes, network.reads, strict=True)
            for position, name in enumerate(names)
            if network.sees_raw(node.index, position)
        )

    def _needed(self) -> list[int]:
        """Return the nodes that the outputs depend on, in order."""
        wanted, needed = set(self.outputs), []
        for node in reversed(self.network.nodes):
            if wanted.intersection(name for name in node.outputs if name):
                needed.append(node.index)
                wanted.update(self.network.reads[node.index])
        return needed[::-1]

    def _is_constant(self, number: int) -> bool:
        seen = self.table.plain.seen
        return any(name and self.table.constants[seen[name]] for name in self._outputs(number))

    def _outputs(self, number: int) -> tuple[str, ...]:
        return self.network.nodes[number].outputs

    def _reached_from(self, numbers: Iterable[int]) -> dict[int, int]:
        """Return for each node, in order, the nodes that its outputs reach and itself, as bits."""
        reach: dict[int, int] = {}
        for number in reversed(list(numbers)):
            bits = 1 << number
            for name in self._outputs(number):
                for user in self.network.users.get(name, ()) if name else ():
                    bits |= reach.get(user, 0)
            reach[number] = bits
        return dict(reversed(reach.items()))

    def _last_reads(self) -> dict[int, tuple[int, ...]]:
        """Return for each node the slots that nobody reads after it."""
        seen, held = self.table.plain.seen, set(self.outputs)
        last = {
            name: n for n in self._reach for name in (*self._outputs(n), *self.network.reads[n])
        }
        frees: dict[int, list[int]] = {number: [] for number in self._reach}
        for name, number in last.items():
            if name and name not in held and not self.table.constants[seen[name]]:
                frees[number].append(seen[name])
        return {number: tuple(slots) for number, slots in frees.items()}

    def _step(
        self, number: int, changed: Mapping[str, Key], initial: list[Tensor | None]
    ) -> PlannedStep:
        """Bind a node to the float run's slots, and fill in the constants that it reads.

        Args:
            number: The node.
            changed: Keys of constants that are not those of the float run.
            initial: The values of slots before the first step.
        """
        seen, names = self.table.plain.seen, self.network.reads[number]
        keys = tuple(changed.get(name, seen[name]) for name in names)
        bound = self.constants.bind(Result(number, 0, keys))
        reads = []
        for index, position in enumerate(self.network.positions(number, bound)):
            slot = ABSENT if index in bound.folded else seen[names[position]]
            if slot != ABSENT and self.table.constants[slot]:
                initial[slot] = self.constants.value(keys[position])
            reads.append(slot)
        writes = tuple(seen[name] if name else -1 for name in self._outputs(number))
        step = build.operator_step(bound, reads, writes)
        kept = tuple(slot for slot in writes if slot >= 0)
        return PlannedStep(step, kept, self._frees[number], number, ())

    def _changed_constants(self, encodings: Mapping[str, Encoding]) -> dict[str, Key]:
        """Return the key of every constant that quantizers of constants change."""
        plain, table = self.table.plain, self.table
        changed = {
            name: table.quantized(plain.raw[name], encoding)
            for name, encoding in encodings.items()
            if table.constants[plain.seen[name]]
        }
        for number in self._folding if changed else ():
            names = self.network.reads[number]
            if not any(name in changed for name in names):
                continue
            keys = tuple(changed.get(name, plain.seen[name]) for name in names)
            for port, name in enumerate(self._outputs(number)):
                key = table.result(number, port, keys)
                if name:
                    encoding = encodings.get(name)
                    changed[name] = key if encoding is None else table.quantized(key, encoding)
        return changed

    def _made_by(self, name: str) -> int:
        """Return the number of the node that makes a tensor, a number beyond all for inputs."""
        return self._producers.get(name, len(self.network.nodes))

    def _readers(self, changed: Iterable[str]) -> set[int]:
        """Return the nodes that read any of some tensors and are executed for every batch."""
        users = self.network.users
        return {user for name in changed for user in users.get(name, ()) if user in self._reach}

    def _reached(self, *changed: str) -> int:
        """Return the nodes that changed values reach, as bits."""
        bits = 0
        for number in self._readers(changed):
            bits |= self._reach[number]
        return bits

    def _quantizer(self, name: str, encoding: Encoding) -> PlannedStep:
        slot = self.table.plain.seen[name]
        quantizer = Quantizer(encoding, self.network.device)
        step = build.quantizer_step(quantizer, slot, slot)
        return PlannedStep(step, (slot,), (), self._producers.get(name, -1), ())

    def _reference(self, name: str) -> PlannedStep:
        """Put the float value of an output aside."""
        slot, aside = self.table.plain.seen[name], self._aside(name)

        def step(slots: build.Slots, _results: build.Slots) -> None:
            slots[aside] = slots[slot]

        return PlannedStep(step, (aside,), (), -1, ())

    def _noise(self, name: str, result: int) -> PlannedStep:
        slot = self.table.plain.seen[name]
        step = build.noise_step(self._aside(name), slot, (result, NO_SIGNAL), self._scratch)
        return PlannedStep(step, (), (), self._producers.get(name, -1), (result,))

    def _aside(self, name: str) -> int:
        return self._size + self.outputs.index(name)


def _numbers(bits: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set, smallest first.

    >>> list(_numbers(0b10110))
    [1, 2, 4]
    """
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
