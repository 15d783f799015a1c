"""Values that are the same in every batch: evaluated once, remembered as long as somebody needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from quantsim_viz.sim.quantize import quantize
from quantsim_viz.sim.values import ABSENT, Key, Quantized, Result

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor

    from quantsim_viz.sim.network import Network
    from quantsim_viz.sim.operators import BoundOperator
    from quantsim_viz.sim.values import ValueTable


class ConstantStore:
    """Evaluates constants by key: stored tensors, quantized ones, and what is computed of them."""

    def __init__(self, network: Network, table: ValueTable) -> None:
        self.network = network
        self._table = table
        self._values: dict[Key, Tensor | None] = {ABSENT: None}
        self._bound: dict[tuple[int, tuple[Key, ...]], BoundOperator] = {}
        self._executors: dict[int, str] = {}

    def value(self, key: Key) -> Tensor | None:
        """Return a constant's value."""
        if key not in self._values:
            self._evaluate(key)
        return self._values[key]

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

    def _evaluate(self, key: Key) -> None:
        stack = [key]
        while stack:
            current = stack[-1]
            definition = self._table.definitions[current]
            if isinstance(definition, Result):
                missing = [k for k in definition.inputs if k not in self._values]
            elif isinstance(definition, Quantized):
                missing = [k for k in (definition.raw,) if k not in self._values]
            else:
                missing = []
            if missing:
                stack.extend(missing)
                continue
            stack.pop()
            if current in self._values:
                continue
            with torch.inference_mode():
                if isinstance(definition, Result):
                    self._operate(definition)
                elif isinstance(definition, Quantized):
                    raw = self._values[definition.raw]
                    assert raw is not None
                    self._values[current] = quantize(raw, definition.encoding)
                else:
                    self._values[current] = self.network.constant(definition.name)

    def _operate(self, definition: Result) -> None:
        bound = self.bind(definition)
        inputs = [
            self._values[definition.inputs[position]]
            for position in self.network.positions(definition.node, bound)
        ]
        first = self._table.result(definition.node, 0, definition.inputs)
        for port, value in enumerate(bound.call(inputs)):
            self._values[first + port] = value
