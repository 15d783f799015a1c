"""Values that are the same in every batch: evaluated once, remembered as long as somebody needs.

A weight is needed to quantize it, to measure that noise, and to be laid out for its operator; then
only the operator's own copy is. So large values are held by those who use them and not by the
store, unless it lives through many runs. Whoever asks for one again has it evaluated again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import torch

from quantsim_viz.sim.memory import return_freed_memory
from quantsim_viz.sim.quantize import quantize
from quantsim_viz.sim.values import ABSENT, Key, Quantized, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from torch import Tensor

    from quantsim_viz.sim.network import Network
    from quantsim_viz.sim.operators import BoundOperator
    from quantsim_viz.sim.values import ValueTable


LARGE = 1 << 18
"""Bytes from which a value is held only by those who use it."""


class ConstantStore:
    """Evaluates constants by key: stored tensors, quantized ones, and what is computed of them.

    Args:
        network: What they belong to.
        table: What the keys mean.
        is_lasting: Remember large values too.
    """

    def __init__(self, network: Network, table: ValueTable, *, is_lasting: bool = False) -> None:
        self.network = network
        self._table = table
        self._is_lasting = is_lasting
        self._values: dict[Key, Tensor | None] = {ABSENT: None}
        self._large: WeakValueDictionary[Key, Tensor] = WeakValueDictionary()
        self._has_made_large = False
        self._bound: dict[tuple[int, tuple[Key, ...]], BoundOperator] = {}
        self._executors: dict[int, str] = {}

    def value(self, key: Key) -> Tensor | None:
        """Return a constant's value."""
        value = self._recall(key)
        return self._evaluate(key) if value is None and key not in self._values else value

    def bind(self, definition: Result) -> BoundOperator:
        """Bind a node, handing it those of its inputs that are constants."""
        fixed = tuple(key if self._table.constants[key] else -1 for key in definition.inputs)
        bound = self._bound.get((definition.node, fixed))
        if bound is None:
            constants = {
                position: value
                for position, key in enumerate(fixed)
                if key > ABSENT and (value := self.value(key)) is not None
            }
            bound = self.network.bind(definition.node, constants)
            self._bound[definition.node, fixed] = bound
            self._executors[definition.node] = bound.executor
        return bound

    def executor(self, node: int) -> str:
        """Return who executes a node, `torch` if it was never bound."""
        return self._executors.get(node, "torch")

    def prune(self, keep: Iterable[Key]) -> None:
        """Forget every value and binding that is not made of these constants alone."""
        kept = {ABSENT, *keep}
        self._values = {key: value for key, value in self._values.items() if key in kept}
        self._bound = {
            place: bound
            for place, bound in self._bound.items()
            if all(key < 0 or key in kept for key in place[1])
        }

    def _recall(self, key: Key) -> Tensor | None:
        """Return a value, None if it is not remembered (or absent)."""
        return self._values[key] if key in self._values else self._large.get(key)

    def _remember(self, key: Key, value: Tensor | None) -> None:
        if value is None or self._is_lasting or value.numel() * value.element_size() < LARGE:
            self._values[key] = value
        else:
            self._large[key] = value
            self._has_made_large = True

    def settle(self) -> None:
        """Return the memory of large values that nobody holds any more."""
        if self._has_made_large:
            self._has_made_large = False
            return_freed_memory()

    def _evaluate(self, key: Key) -> Tensor | None:
        """Make a value and all that it is made of."""
        held: dict[Key, Tensor | None] = {ABSENT: None}  # or what was just made might be forgotten
        stack = [key]
        while stack:
            missing = []
            for ingredient in self._ingredients(stack[-1]):
                if ingredient not in held:
                    value = self._recall(ingredient)
                    if value is None:
                        missing.append(ingredient)
                    else:
                        held[ingredient] = value
            if missing:
                stack += missing
                continue
            made = stack.pop()
            if made not in held:
                with torch.inference_mode():
                    held.update(self._make(made, held))
        return held[key]

    def _ingredients(self, key: Key) -> tuple[Key, ...]:
        definition = self._table.definitions[key]
        if isinstance(definition, Result):
            return definition.inputs
        return (definition.raw,) if isinstance(definition, Quantized) else ()

    def _make(self, key: Key, held: Mapping[Key, Tensor | None]) -> dict[Key, Tensor | None]:
        """Make a value of its ingredients, and its node's other outputs with it."""
        definition = self._table.definitions[key]
        if isinstance(definition, Result):
            bound = self.bind(definition)
            positions = self.network.positions(definition.node, bound)
            outputs = bound.call([held[definition.inputs[position]] for position in positions])
            first = self._table.result(definition.node, 0, definition.inputs)
            made = dict(enumerate(outputs, first))
        elif isinstance(definition, Quantized):
            raw = held[definition.raw]
            assert raw is not None
            made = {key: quantize(raw, definition.encoding)}
        else:
            made = {key: self.network.constant(definition.name)}
        for each, value in made.items():
            self._remember(each, value)
        return made
