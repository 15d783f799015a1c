"""A graph made ready to run: bound operators over numbered slots, freed after their last use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from quantsim_viz.sim.operators.interruption import asker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from quantsim_viz.model.graph import Node
    from quantsim_viz.sim.operators.registry import Kernel

Executor = Literal["torch", "onnx.reference"]

ABSENT, UNREAD = 0, 1
"""The slot of inputs left out, always None, and the one of outputs that nobody reads."""


@dataclass(frozen=True, slots=True)
class BoundOperator:
    """A node with everything decided that can be decided ahead of execution.

    Attributes:
        node: The node.
        kernel: Computes it; `call` wraps its result.
        executor: Whether torch computes it or the reference evaluator (also in part).
        captures: Tensors of outer graphs that a subgraph reads. Their values are appended to the
            node's own inputs at every call.
        may_alias: An output may be an input, or a view of one: copy before writing into it.
        folded: Inputs whose constant value is part of the kernel. What is passed for them at a
            call is ignored.
    """

    node: Node
    kernel: Kernel
    executor: Executor
    captures: tuple[str, ...]
    may_alias: bool
    folded: tuple[int, ...]

    def call(self, inputs: Sequence[Tensor | None]) -> tuple[Tensor | None, ...]:
        """Compute the outputs.

        Args:
            inputs: One tensor for each of the node's inputs, None where it is left out, then one
                for each of `captures`.

        Returns:
            One tensor for each of the node's outputs, None for one that is not asked for.
        """
        result = self.kernel(*inputs)
        return result if type(result) is tuple else (result,)  # type: ignore[return-value]  # a tuple subclass never comes


@dataclass(frozen=True, slots=True)
class Step:
    """One operator of a program and the slots it reads, fills and empties."""

    bound: BoundOperator
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    frees: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """A graph's steps in order.

    Attributes:
        steps: What to execute.
        initial: One entry a slot: the constants, None elsewhere.
        inputs: Slots of the graph's inputs.
        captures: Names of the outer tensors it reads.
        capture_slots: Where they go.
        outputs: Slots of the wanted values.
    """

    steps: tuple[Step, ...]
    initial: tuple[Tensor | None, ...]
    inputs: tuple[int, ...]
    captures: tuple[str, ...]
    capture_slots: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def executor(self) -> Executor:
        """Return `torch` if torch computes every step."""
        every = all(step.bound.executor == "torch" for step in self.steps)
        return "torch" if every else "onnx.reference"

    def run(
        self, inputs: Sequence[Tensor | None], captures: Sequence[Tensor | None] = ()
    ) -> tuple[Tensor | None, ...]:
        """Execute the steps.

        Args:
            inputs: Values of the graph's inputs, in order.
            captures: Values of `self.captures`, in order.

        Returns:
            The wanted values, in order.

        Raises:
            Cancelled: The user asked to stop.
        """
        slots = list(self.initial)
        for slot, value in zip(self.inputs, inputs, strict=True):
            slots[slot] = value
        for slot, value in zip(self.capture_slots, captures, strict=True):
            slots[slot] = value
        ask = asker()
        for step in self.steps:
            ask()
            results = step.bound.call([slots[slot] for slot in step.inputs])
            for slot, value in zip(step.outputs, results, strict=False):
                slots[slot] = value
            for slot in step.frees:
                slots[slot] = None
        return tuple(slots[slot] for slot in self.outputs)


class Wiring:
    """Gives every tensor name a slot while a program is put together."""

    def __init__(self, inputs: Sequence[str]) -> None:
        self._slots: dict[str, int] = {"": ABSENT}
        self._count = 2
        self._inputs = tuple(self._define(name) for name in inputs)
        self._captures: dict[str, int] = {}

    def _define(self, name: str) -> int:
        if not name:
            return UNREAD
        self._slots[name] = self._count
        self._count += 1
        return self._slots[name]

    def _look_up(self, name: str) -> int:
        if name not in self._slots:
            self._captures[name] = self._define(name)
        return self._slots[name]

    def program(
        self, bounds: Sequence[BoundOperator], known: Mapping[str, Tensor], wanted: Sequence[str]
    ) -> Program:
        """Return the program of bound operators in order.

        Args:
            bounds: The operators.
            known: Constants by name; those that no operator reads at a call are not kept.
            wanted: What the program returns.
        """
        constants = {self._look_up_constant(name): value for name, value in known.items()}
        wired = [(bound, self._reads(bound), self._writes(bound)) for bound in bounds]
        outputs = tuple(self._look_up(name) for name in wanted)
        last_use = {
            slot: index
            for index, (_, reads, writes) in enumerate(wired)
            for slot in (*writes, *reads)
        }
        keep = {ABSENT, UNREAD, *outputs, *constants}
        frees: list[list[int]] = [[] for _ in wired]
        for slot, index in last_use.items():
            if slot not in keep:
                frees[index].append(slot)
        steps = tuple(
            Step(bound, reads, writes, tuple(frees[index]))
            for index, (bound, reads, writes) in enumerate(wired)
        )
        used = {*last_use, *outputs}
        return Program(
            steps=steps,
            initial=tuple(constants.get(s) if s in used else None for s in range(self._count)),
            inputs=self._inputs,
            captures=tuple(self._captures),
            capture_slots=tuple(self._captures.values()),
            outputs=outputs,
        )

    def _reads(self, bound: BoundOperator) -> tuple[int, ...]:
        names = (*bound.node.inputs, *bound.captures)
        return tuple(
            ABSENT if index in bound.folded else self._look_up(name)
            for index, name in enumerate(names)
        )

    def _writes(self, bound: BoundOperator) -> tuple[int, ...]:
        return tuple(self._define(name) for name in bound.node.outputs)

    def _look_up_constant(self, name: str) -> int:
        return self._slots[name] if name in self._slots else self._define(name)
