"""A graph made ready to run: bound operators over numbered slots, freed after their last use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from quantsim_viz.model.graph import Node
    from quantsim_viz.sim.operators.registry import Kernel

Executor = Literal["torch", "onnx.reference"]


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
        initial: One entry a slot: the constants, None elsewhere. Slot 0 stays None (inputs left
            out), slot 1 takes outputs nobody reads.
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
        """
        slots = list(self.initial)
        for slot, value in zip(self.inputs, inputs, strict=True):
            slots[slot] = value
        for slot, value in zip(self.capture_slots, captures, strict=True):
            slots[slot] = value
        for step in self.steps:
            results = step.bound.call([slots[slot] for slot in step.inputs])
            for slot, value in zip(step.outputs, results, strict=False):
                slots[slot] = value
            for slot in step.frees:
                slots[slot] = None
        return tuple(slots[slot] for slot in self.outputs)
