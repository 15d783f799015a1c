"""What an edit changes in the picture, as short strings in the layout's orders.

Structure travels once, with the layout; this is all that travels afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from quantsim_viz.viz.palette import encode_statuses

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quantsim_viz.resolve.settings import NodeState
    from quantsim_viz.viz.layout import Layout

FLOAT_CODE = "-"
UNKNOWN_CODE = "?"
MIXED_CODE = "m"
BIT_CODES: Mapping[tuple[str, int], str] = {
    ("int", 4): "4",
    ("int", 8): "8",
    ("int", 16): "s",
    ("int", 32): "w",
    ("float", 16): "h",
}
"""One character for the precision of an enabled quantizer."""


class Resolved(Protocol):
    """What the picture needs of a `resolve.Cascade`."""

    @property
    def nodes(self) -> Mapping[str, NodeState]:
        """Return every node's state by name."""
        ...

    def precisions(self) -> Mapping[str, tuple[bool, str, int]]:
        """Return by tensor name whether its quantizer is enabled, its dtype and bit width."""
        ...

    @property
    def supergroups(self) -> tuple[tuple[str, ...], ...]:
        """Return the names of each match's nodes."""
        ...


@dataclass(frozen=True, slots=True)
class Figures:
    """One character for each node, parameter and tensor of a layout.

    Attributes:
        status: A status code a node (`palette.encode_statuses`).
        parts: `1` for a quantized parameter, `0` for a float one.
        bits: Precision a node: `4 8 s w h`, `m` for several, `-` for float, `?` for none known.
        tensor_bits: The same for each tensor on a wire.
        supergroups: Node indices of every supergroup match.
    """

    status: str = ""
    parts: str = ""
    bits: str = ""
    tensor_bits: str = ""
    supergroups: tuple[tuple[int, ...], ...] = ()


def figures_of(layout: Layout, cascade: Resolved) -> Figures:
    """Return what a cascade looks like on a layout."""
    states = cascade.nodes
    codes = {name: _bit_code(*found) for name, found in cascade.precisions().items()}
    vertices = layout.skeleton.vertices
    number = {vertex.name: vertex.index for vertex in vertices}
    return Figures(
        status=encode_statuses(
            state.status if (state := states.get(vertex.name)) else None for vertex in vertices
        ),
        parts="".join(
            "0" if codes.get(name, FLOAT_CODE) == FLOAT_CODE else "1" for name in layout.parts
        ),
        bits="".join(
            _joined([codes[name] for name in vertex.carriers if name in codes])
            for vertex in vertices
        ),
        tensor_bits="".join(codes.get(name, UNKNOWN_CODE) for name in layout.tensors),
        supergroups=tuple(
            tuple(number[name] for name in group if name in number) for group in cascade.supergroups
        ),
    )


def _bit_code(enabled: bool, dtype: str, bitwidth: int) -> str:
    return BIT_CODES.get((dtype, bitwidth), UNKNOWN_CODE) if enabled else FLOAT_CODE


def _joined(codes: Sequence[str]) -> str:
    """Return the code of a node from those of its outputs and parameters."""
    if len(codes) == 1:
        return codes[0]
    precise = {*codes} - {FLOAT_CODE}
    if len(precise) > 1:
        return MIXED_CODE
    if precise:
        return precise.pop()
    return FLOAT_CODE if codes else UNKNOWN_CODE
