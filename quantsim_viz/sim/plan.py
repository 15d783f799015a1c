"""The planner: wanted measurements in, an ordered plan with sharing and liveness out.

A measurement names values by their structural keys (`values`). The planner collects every value
that the wanted ones are made of, orders them by node, gives each a slot, fuses a quantizer with
the measurement of its noise, quantizes in place where nobody else reads the value, and empties
every slot after its last use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from quantsim_viz.sim import steps as build
from quantsim_viz.sim.measurements import Clipping, Gauge, Noise, Observed, Range, Signal
from quantsim_viz.sim.operators.interruption import asking
from quantsim_viz.sim.quantize import CHUNK, Quantizer
from quantsim_viz.sim.schedule import NO_SIGNAL, Schedule, SignalAt, Taken
from quantsim_viz.sim.values import ABSENT, Key, Quantized, Result, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from torch import Tensor

    from quantsim_viz.sim.constants import ConstantStore
    from quantsim_viz.sim.measurements import Measurement
    from quantsim_viz.sim.values import ValueTable


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step of a plan.

    Attributes:
        run: What it does.
        writes: Slots that it fills.
        frees: Slots that are empty after it.
        node: Number of the node it belongs to, -1 for graph inputs.
        results: Indices of the measurements it takes.
    """

    run: build.Step
    writes: tuple[int, ...]
    frees: tuple[int, ...]
    node: int
    results: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to execute for every batch.

    Attributes:
        steps: In order.
        initial: One entry a slot: the constants, None elsewhere.
        inputs: Slot of each graph input that is read.
        available: Slot of each value that was kept from an earlier run.
        keep: Slot of each value to hand out.
        measurements: What is measured, by result index.
        fixed: Results of measurements of constants, taken once.
        keys: The value that each slot holds.
    """

    steps: tuple[PlannedStep, ...]
    initial: tuple[Tensor | None, ...]
    inputs: Mapping[str, int]
    available: Mapping[Key, int]
    keep: Mapping[Key, int]
    measurements: tuple[Measurement, ...]
    fixed: Mapping[Measurement, Any]
    keys: tuple[Key, ...]


def make_plan(
    table: ValueTable,
    constants: ConstantStore,
    measurements: Iterable[Measurement],
    *,
    keep: Iterable[Key] = (),
    available: Iterable[Key] = (),
    check: Callable[[], None] | None = None,
) -> Plan:
    """Plan the execution of everything that the wanted measurements need.

    Args:
        table: Where the keys come from.
        constants: Evaluates and remembers the values that are the same in every batch.
        measurements: What is wanted; repeated ones are taken once.
        keep: Values to hand out after every batch.
        available: Values that will be given for every batch and need no execution.
        check: Called before every constant that has to be computed, and within operators that
            loop; stops the planning by raising.
    """
    planner = _Planner(table, constants, tuple(keep), frozenset(available), check or _go_on)
    with asking(check):
        plan = planner.plan(measurements)
    constants.settle()
    return plan


def _go_on() -> None:
    """Let the planning go on."""


@dataclass(slots=True)
class _Action:
    """A step before its slots' lifetimes are known."""

    node: int
    reads: tuple[Key, ...]
    writes: tuple[Key, ...]
    build: Callable[[bool], build.Step]
    results: tuple[int, ...] = ()
    may_alias: bool = True
    overwrites: bool = False


class _Planner:
    def __init__(
        self,
        table: ValueTable,
        constants: ConstantStore,
        keep: tuple[Key, ...],
        available: frozenset[Key],
        check: Callable[[], None],
    ) -> None:
        self.check = check
        self.table = table
        self.network = constants.network
        self.constants = constants
        self.keep = keep
        self.available = available
        self.slots: dict[Key, int] = {ABSENT: 0}
        self.scratch = torch.empty(CHUNK, device=self.network.device)
        self.spare = torch.empty(CHUNK, device=self.network.device)
        self.read: set[Key] = set(keep)

    def plan(self, measurements: Iterable[Measurement]) -> Plan:
        fixed, moving = self._split(dict.fromkeys(measurements))
        units = self._units([*self.keep, *(key for m in moving for key in self._operands(m))])
        actions = self._actions(units, moving)
        constants = self.table.constants
        steps = self._steps(actions)
        read = {*self.keep, *(key for action in actions for key in action.reads)}
        initial: list[Tensor | None] = [None] * len(self.slots)
        inputs = {}
        for key, slot in self.slots.items():
            if key in self.available or key == ABSENT:
                continue
            definition = self.table.definitions[key]
            if constants[key]:
                if key in read:
                    self.check()
                    initial[slot] = self.constants.value(key)
            elif isinstance(definition, Source):
                inputs[definition.name] = slot
        return Plan(
            steps=steps,
            initial=tuple(initial),
            inputs=inputs,
            available={key: self.slots[key] for key in self.available if key in self.slots},
            keep={key: self.slots[key] for key in self.keep},
            measurements=moving,
            fixed=fixed,
            keys=tuple(self.slots),
        )

    def _split(
        self, measurements: Iterable[Measurement]
    ) -> tuple[dict[Measurement, Any], tuple[Measurement, ...]]:
        """Take the measurements of constants now, and return the others beside them."""
        fixed: dict[Measurement, Any] = {}
        moving: list[Measurement] = []
        for measurement in measurements:
            if isinstance(measurement, Noise) and measurement.reference == measurement.value:
                fixed[measurement] = 0.0
            elif isinstance(measurement, Observed):
                moving.append(measurement)  # a constant too counts once a batch
            elif all(self.table.constants[key] for key in self._operands(measurement)):
                fixed[measurement] = self._measure_constant(measurement)
            else:
                moving.append(measurement)
        return fixed, tuple(moving)

    def _measure_constant(self, measurement: Measurement) -> Any:
        self.check()
        slots: list[Any] = [self.constants.value(key) for key in self._operands(measurement)]
        results: list[Any] = [None]
        self._measure_step(measurement, tuple(range(len(slots))), 0)(slots, results)
        return results[0]

    def _operands(self, measurement: Measurement) -> tuple[Key, ...]:
        """Return the values that a measurement reads."""
        if isinstance(measurement, Noise):
            return measurement.reference, measurement.value
        if isinstance(measurement, Clipping):
            return (self._quantized(measurement.value).raw,)
        if isinstance(measurement, Gauge):
            return measurement.operands
        return (measurement.value,)

    def _quantized(self, key: Key) -> Quantized:
        definition = self.table.definitions[key]
        assert isinstance(definition, Quantized)
        return definition

    def _units(self, roots: Iterable[Key]) -> list[Key]:
        """Return one key for each operator and quantizer to execute, in order.

        Everything read gets a slot. The order is by node, and at one node as the keys were made.
        """
        needed: set[Key] = set()
        stack = list(roots)
        while stack:
            key = stack.pop()
            if key in self.slots:
                continue
            self.slots[key] = len(self.slots)
            if key in self.available or self.table.constants[key]:
                continue
            definition = self.table.definitions[key]
            if isinstance(definition, Quantized):
                needed.add(key)
                stack.append(definition.raw)
                self.read.add(definition.raw)
            elif isinstance(definition, Result):
                needed.add(key - definition.port)
                stack.extend(definition.inputs)
                self.read.update(definition.inputs)
        return sorted(needed, key=self._order)

    def _order(self, key: Key) -> tuple[int, Key]:
        return self.table.positions[key], key

    def _actions(self, units: Sequence[Key], measurements: Sequence[Measurement]) -> list[_Action]:
        """Return every action in order; a measurement follows the last value that it reads."""
        schedule = Schedule(measurements, self._operands)
        schedule.made.update(key for key in self.slots if not self._is_made(key))
        actions = [self._measure(found) for found in schedule.ready(tuple(schedule.made))]
        for key in units:
            if isinstance(self.table.definitions[key], Quantized):
                actions += self._quantize(key, schedule)
            else:
                actions.append(self._operate(key))
            written = actions[-1].writes
            schedule.made.update(written)
            actions += [self._measure(found) for found in schedule.ready(written)]
        return actions + [self._measure(found) for found in schedule.left()]

    def _is_made(self, key: Key) -> bool:
        if key in self.available or self.table.constants[key]:
            return False
        return not isinstance(self.table.definitions[key], Source)

    def _operate(self, key: Key) -> _Action:
        definition = self.table.definitions[key]
        assert isinstance(definition, Result)
        node = self.network.nodes[definition.node]
        ports = range(key, key + len(node.outputs))
        bound = self.constants.bind(definition)
        inputs = [
            definition.inputs[position]
            for position in self.network.positions(definition.node, bound)
        ]
        reads = [ABSENT if position in bound.folded else key for position, key in enumerate(inputs)]
        writes = tuple(port for port in ports if port in self.slots)
        step = build.operator_step(
            bound, [self.slots[k] for k in reads], [self.slots.get(port, -1) for port in ports]
        )
        return _Action(
            definition.node, tuple(reads), writes, lambda _: step, may_alias=bound.may_alias
        )

    def _quantize(self, key: Key, schedule: Schedule) -> list[_Action]:
        """Return what makes a quantized value, or only measures it if nobody reads it."""
        definition = self._quantized(key)
        quantizer = Quantizer(definition.encoding, self.network.device)
        raw, read, node = definition.raw, self.slots[definition.raw], self.table.positions[key]
        noise = None if quantizer.per_channel else schedule.try_fuse(key)
        clipping = schedule.try_clipping(key)
        if noise is not None and key not in self.read and not schedule.is_wanted(key):
            return [self._probe(quantizer, raw, node, noise, clipping)]
        actions = [] if clipping is None else [self._measure(clipping)]
        if noise is None:
            step = build.quantizer_step(quantizer, read, self.slots[key])
            return [*actions, _Action(node, (raw,), (key,), lambda _: step)]
        reference = self._operands(noise.measurement)[0]
        slots = (read, self.slots[key], self.slots[reference])
        places = (noise.number, noise.signal)

        def make(in_place: bool) -> build.Step:
            return build.measured_quantizer_step(
                quantizer, slots, places, self.scratch, in_place=in_place
            )

        fused = _Action(node, (raw, reference), (key,), make, noise.results, overwrites=True)
        return [*actions, fused]

    def _probe(
        self, quantizer: Quantizer, raw: Key, node: int, noise: Taken, clipping: Taken | None
    ) -> _Action:
        reference = self._operands(noise.measurement)[0]
        clipping_at = None if clipping is None else clipping.number
        step = build.probe_step(
            quantizer,
            self.slots[raw],
            self.slots[reference],
            (noise.number, noise.signal, clipping_at),
            (self.scratch, self.spare),
        )
        results = noise.results if clipping is None else (clipping.number, *noise.results)
        return _Action(node, (raw, reference), (), lambda _: step, results)

    def _measure(self, taken: Taken) -> _Action:
        measurement = taken.measurement
        operands = self._operands(measurement)
        slots = tuple(self.slots[key] for key in operands)
        step = self._measure_step(measurement, slots, taken.number, taken.signal)
        node = self.table.positions[measurement.value]
        return _Action(node, operands, (), lambda _: step, taken.results)

    def _measure_step(
        self,
        measurement: Measurement,
        slots: tuple[int, ...],
        number: int,
        signal: SignalAt = NO_SIGNAL,
    ) -> build.Step:
        match measurement:
            case Signal():
                return build.signal_step(slots[0], signal._replace(number=number))
            case Noise():
                return build.noise_step(slots[0], slots[1], (number, signal), self.scratch)
            case Range():
                return build.range_step(slots[0], number)
            case Observed():
                return build.observer_step(measurement.observer, measurement.turn, slots[0])
            case Clipping():
                encoding = self._quantized(measurement.value).encoding
                quantizer = Quantizer(encoding, self.network.device)
                return build.clipping_step(quantizer, slots[0], number, self.scratch)
            case Gauge():
                return build.gauge_step(measurement, slots, number)

    def _steps(self, actions: Sequence[_Action]) -> tuple[PlannedStep, ...]:
        """Give every slot its lifetime, and quantize in place where a value ends in a quantizer."""
        last: dict[Key, int] = {}
        owners: dict[Key, _Action] = {}
        for index, action in enumerate(actions):
            for key in (*action.writes, *action.reads):
                last[key] = index
            owners.update(dict.fromkeys(action.writes, action))
        lasting = {ABSENT, *self.keep}
        frees: list[list[int]] = [[] for _ in actions]
        for key, index in last.items():
            held = self.table.constants[key] and key not in self.available
            if key not in lasting and not held:
                frees[index].append(self.slots[key])
        steps = []
        for index, action in enumerate(actions):
            raw = action.reads[0] if action.overwrites else ABSENT
            owner = owners.get(raw)
            in_place = (
                owner is not None
                and not owner.may_alias
                and last[raw] == index
                and raw not in lasting
                and raw not in action.reads[1:]
            )
            steps.append(
                PlannedStep(
                    action.build(in_place),
                    tuple(self.slots[key] for key in action.writes),
                    tuple(frees[index]),
                    action.node,
                    action.results,
                )
            )
        return tuple(steps)
