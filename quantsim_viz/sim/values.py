"""Structural keys: every tensor value of every scenario has one, and equal keys are one value.

A scenario is a mapping from tensors to the encodings that are applied to them. The float run, the
calibration run, configuration A, configuration B and "only this layer quantized" are different
keys over one graph; what they share is computed once. Keys live as long as their table, so values
kept from an earlier run are found again after an edit.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from quantsim_viz.sim.encodings import Encoding
    from quantsim_viz.sim.network import Network

Key = int
"""Number of a value in its table; a value's ingredients have smaller numbers."""

ABSENT: Key = 0
"""The key of an input that is left out."""


@dataclass(frozen=True, slots=True)
class Source:
    """A graph input, or a constant stored with the graph."""

    name: str


@dataclass(frozen=True, slots=True)
class Result:
    """Output number `port` of node number `node`, given these inputs."""

    node: int
    port: int
    inputs: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Quantized:
    """A value after its quantizer."""

    raw: Key
    encoding: Encoding


Definition = Source | Result | Quantized


@dataclass(frozen=True, slots=True)
class Trace:
    """The keys of one scenario.

    Attributes:
        raw: For each tensor its value as its producer makes it.
        seen: For each tensor its value as its consumers see it, after its own quantizer.
    """

    raw: Mapping[str, Key]
    seen: Mapping[str, Key]


class ValueTable:
    """Gives every distinct value of a network a key.

    Attributes:
        plain: The keys of the float run; made first, so that at every node the float value comes
            before those that are compared with it.
        definitions: What each key stands for.
        positions: Number of the node that each value belongs to, -1 for graph inputs.
        constants: Whether each value is the same in every batch.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._keys: dict[Definition, Key] = {Source(""): ABSENT}
        self.definitions: list[Definition] = [Source("")]
        self.positions: list[int] = [-1]
        self.constants: list[bool] = [True]
        self.plain = self.trace({})

    def source(self, name: str) -> Key:
        """Return the key of a graph input or stored constant."""
        return self._intern(Source(name), -1, self._network.is_constant(name))

    def result(self, node: int, port: int, inputs: tuple[Key, ...]) -> Key:
        """Return the key of a node's output; constant if all its inputs are.

        All outputs of one execution have consecutive keys.
        """
        known = self._keys.get(Result(node, port, inputs))
        if known is not None:
            return known
        constant = all(self.constants[key] for key in inputs)
        ports = range(len(self._network.nodes[node].outputs))
        return [self._intern(Result(node, each, inputs), node, constant) for each in ports][port]

    def quantized(self, raw: Key, encoding: Encoding) -> Key:
        """Return the key of a value after a quantizer."""
        return self._intern(Quantized(raw, encoding), self.positions[raw], self.constants[raw])

    def _intern(self, definition: Definition, position: int, constant: bool) -> Key:
        key = self._keys.get(definition)
        if key is None:
            key = self._keys[definition] = len(self.definitions)
            self.definitions.append(definition)
            self.positions.append(position)
            self.constants.append(constant)
        return key

    def trace(self, encodings: Mapping[str, Encoding]) -> Trace:
        """Return the keys of the scenario in which these encodings are applied.

        Args:
            encodings: By tensor; tensors that are not named pass through.
        """
        network = self._network
        raw: dict[str, Key] = {"": ABSENT}
        seen: dict[str, Key] = {"": ABSENT}

        def define(name: str, key: Key) -> None:
            raw[name] = key
            encoding = encodings.get(name)
            seen[name] = key if encoding is None else self.quantized(key, encoding)

        for name in (*network.inputs, *network.model.graph.initializers):
            define(name, self.source(name))
        for node in network.nodes:
            inputs = self._inputs(node.index, raw, seen)
            for port, name in enumerate(node.outputs):
                if name:
                    define(name, self.result(node.index, port, inputs))
        return Trace(raw, seen)

    def branch(
        self, base: Trace, encodings: Mapping[str, Encoding], last: int | None = None
    ) -> Trace:
        """Return the keys that change when these encodings are applied to a scenario.

        Args:
            base: The scenario to start from, in which these tensors are not quantized.
            encodings: By tensor.
            last: Number of the last node to look at, None for all.

        Returns:
            Only tensors whose key differs from the base's.
        """
        network = self._network
        limit = len(network.nodes) - 1 if last is None else last
        raw: dict[str, Key] = {}
        seen = {name: self.quantized(base.raw[name], e) for name, e in encodings.items()}
        queue = _Queue(limit)
        for name in encodings:
            queue.add(network.users.get(name, ()))
        while (number := queue.pop()) is not None:
            node = network.nodes[number]
            inputs = self._inputs(number, _Overlay(raw, base.raw), _Overlay(seen, base.seen))
            for port, name in enumerate(node.outputs):
                key = self.result(number, port, inputs)
                if not name or key == base.raw[name]:
                    continue
                encoding = encodings.get(name)
                raw[name] = key
                seen[name] = key if encoding is None else self.quantized(key, encoding)
                queue.add(network.users.get(name, ()))
        return Trace(raw, seen)

    def _inputs(
        self, node: int, raw: Mapping[str, Key] | _Overlay, seen: Mapping[str, Key] | _Overlay
    ) -> tuple[Key, ...]:
        network = self._network
        names = network.reads[node]
        own = len(network.nodes[node].inputs)
        if len(names) == own:
            return tuple([seen[name] for name in names])
        return tuple(
            (raw if network.sees_raw(node, position) else seen)[name]
            for position, name in enumerate(names)
        )


class _Overlay:
    """Reads from one mapping, and from another what it does not hold."""

    __slots__ = ("_base", "_changed")

    def __init__(self, changed: Mapping[str, Key], base: Mapping[str, Key]) -> None:
        self._changed = changed
        self._base = base

    def __getitem__(self, name: str) -> Key:
        key = self._changed.get(name)
        return self._base[name] if key is None else key


class _Queue:
    """Node numbers up to a limit, each once, smallest first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._heap: list[int] = []
        self._known: set[int] = set()

    def add(self, nodes: Iterable[int]) -> None:
        for node in nodes:
            if node <= self._limit and node not in self._known:
                self._known.add(node)
                heapq.heappush(self._heap, node)

    def pop(self) -> int | None:
        return heapq.heappop(self._heap) if self._heap else None
