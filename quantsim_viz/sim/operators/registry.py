"""The operator table: which function implements which operator since which version.

An entry is a *factory*. It sees the node once, ahead of execution, decides everything that does
not depend on the tensors' values, and returns the *kernel* that the inner loop calls.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, cast

from quantsim_viz.sim.operators.dtypes import to_tensor

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from quantsim_viz.model.graph import Graph, Node
    from quantsim_viz.sim.operators.program import Program

Kernel = Callable[..., "Tensor | tuple[Tensor | None, ...]"]
"""Takes the node's inputs as tensors (None where left out), returns its output or outputs."""

IntegerReader = Callable[["Tensor | None"], "tuple[int, ...] | None"]
"""Turns the tensor given for a shape, axes or bounds input into Python integers."""


class Layout(Enum):
    """Which orders of memory the caller of kernels can live with."""

    ROW_MAJOR = "row-major"
    """Images come as they would from torch given contiguous tensors."""

    ANY = "any"
    """Images may come channels-last; kernels with packed weights, twice as fast, return them so."""


@dataclass(slots=True)
class OperatorSpec:
    """What a factory may know about its node.

    Attributes:
        node: The node, attribute references resolved.
        version: Version of the node's operator set.
        constants: Inputs whose value is the same at every call, by index.
        types: Element types of the inputs as the graph declares them, None where it does not.
        output_types: The same of the outputs.
        device: Where tensors live.
        layout: Which orders of memory outputs may have.
        build: Prepares a subgraph attribute for execution.
        folded: Indices of inputs whose value a factory has read; their kernels ignore the tensor.
        captures: Names of outer tensors that the kernel takes after the node's own inputs.
        executor: Who computes it; set by a factory that leaves work to the reference evaluator.
    """

    node: Node
    version: int
    constants: Mapping[int, Tensor]
    types: tuple[str | None, ...]
    output_types: tuple[str | None, ...]
    device: torch.device
    layout: Layout
    build: Callable[[Graph], Program]
    folded: set[int] = field(default_factory=set)
    captures: tuple[str, ...] = ()
    executor: str = "torch"

    def has(self, name: str) -> bool:
        """Tell whether the node carries an attribute."""
        return name in self.node.attributes

    def integer(self, name: str, default: int = 0) -> int:
        """Return an integer attribute."""
        return cast("int", self.node.attributes.get(name, default))

    def number(self, name: str, default: float = 0.0) -> float:
        """Return a float attribute."""
        return cast("float", self.node.attributes.get(name, default))

    def flag(self, name: str, default: bool = False) -> bool:
        """Return an integer attribute that means yes or no."""
        return bool(self.node.attributes.get(name, default))

    def text(self, name: str, default: str = "") -> str:
        """Return a string attribute."""
        value = self.node.attributes.get(name, default)
        return value.decode() if isinstance(value, bytes) else cast("str", value)

    def integers(self, name: str) -> tuple[int, ...] | None:
        """Return a list-of-integers attribute, None if the node does not carry it."""
        value = self.node.attributes.get(name)
        return None if value is None else tuple(value)

    def numbers(self, name: str) -> tuple[float, ...] | None:
        """Return a list-of-floats attribute, None if the node does not carry it."""
        return cast("tuple[float, ...] | None", self.node.attributes.get(name))

    def texts(self, name: str) -> tuple[str, ...] | None:
        """Return a list-of-strings attribute, None if the node does not carry it."""
        value = self.node.attributes.get(name)
        if value is None:
            return None
        return tuple(item.decode() if isinstance(item, bytes) else item for item in value)

    def tensor(self, name: str) -> Tensor | None:
        """Return a tensor attribute on the spec's device."""
        value = self.node.attributes.get(name)
        return None if value is None else to_tensor(value.numpy(), self.device)

    def program(self, name: str) -> Program:
        """Return a subgraph attribute, ready to run."""
        return self.build(self.node.attributes[name])

    def has_input(self, index: int) -> bool:
        """Tell whether an input is given."""
        return index < len(self.node.inputs) and self.node.inputs[index] != ""

    def wants(self, index: int) -> bool:
        """Tell whether an output is asked for."""
        return index < len(self.node.outputs) and self.node.outputs[index] != ""

    def input_type(self, index: int) -> str | None:
        """Return the declared element type of an input."""
        return self.types[index] if index < len(self.types) else None

    def constant(self, index: int) -> Tensor | None:
        """Return the value of a constant input and note that the kernel will not read it again."""
        value = self.constants.get(index)
        if value is not None:
            self.folded.add(index)
        return value

    def scalar(self, index: int) -> float | None:
        """Return the value of a constant input of one element as a Python number."""
        value = self.constants.get(index)
        if value is None or value.numel() != 1:
            return None
        self.folded.add(index)
        return cast("float", value.item())

    def reader(self, index: int, attribute: str | None = None) -> IntegerReader:
        """Return what turns input `index`, or the attribute of older versions, into integers.

        The reader of an attribute, of a constant and of an absent input ignores its argument.
        """
        if attribute is not None and self.has(attribute):
            return _always(self.integers(attribute))
        if not self.has_input(index):
            return _always(None)
        value = self.constant(index)
        return read_integers if value is None else _always(read_integers(value))


def read_integers(value: Tensor | None) -> tuple[int, ...] | None:
    """Return the elements of an integer tensor of rank 0 or 1."""
    return None if value is None else tuple(value.reshape(-1).tolist())


def _always(value: Any) -> IntegerReader:
    return lambda _tensor: cast("tuple[int, ...] | None", value)


Factory = Callable[[OperatorSpec], Kernel]


@dataclass(frozen=True, slots=True)
class OperatorEntry:
    """One line of the table.

    Attributes:
        domain: Operator domain, `""` the standard one.
        op_type: Operator name.
        since: First version of the operator set that the factory implements.
        factory: Binds a node.
        aliases: Its kernel may return a view of an input, or the input itself.
    """

    domain: str
    op_type: str
    since: int
    factory: Factory
    aliases: bool


_TABLE: dict[tuple[str, str], list[OperatorEntry]] = {}


def operator(
    *op_types: str, since: int = 1, domain: str = "", aliases: bool = False
) -> Callable[[Factory], Factory]:
    """Enter the decorated factory into the table.

    Args:
        op_types: Operator names that it implements.
        since: First version it implements; it serves until the next entry's `since`.
        domain: Their domain.
        aliases: An output may share memory with an input.
    """

    def register(factory: Factory) -> Factory:
        for op_type in op_types:
            entries = _TABLE.setdefault((domain, op_type), [])
            entries.append(OperatorEntry(domain, op_type, since, factory, aliases))
            entries.sort(key=lambda entry: entry.since)
        return factory

    return register


def find(domain: str, op_type: str, version: int) -> OperatorEntry | None:
    """Return the table's entry for an operator at a version, None if there is none."""
    entries: Sequence[OperatorEntry] = _TABLE.get((domain, op_type), ())
    place = bisect_right([entry.since for entry in entries], version)
    return entries[place - 1] if place else None


def iter_entries() -> Iterator[OperatorEntry]:
    """Yield every entry, by domain, operator and version."""
    for key in sorted(_TABLE):
        yield from _TABLE[key]


def axis_of(axis: int, rank: int) -> int:
    """Return a possibly negative axis as a non-negative one."""
    return axis + rank if axis < 0 else axis
