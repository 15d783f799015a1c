"""What an edit changes in the picture, as short strings in the layout's orders.

Structure travels once, with the layout; this is all that travels afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from operator import add
from typing import TYPE_CHECKING, Protocol

from quantsim_viz.resolve.settings import Status
from quantsim_viz.viz.cache import Cache
from quantsim_viz.viz.palette import encode_numbers, encode_statuses

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from quantsim_viz.viz.layout import Layout
    from quantsim_viz.viz.skeleton import Skeleton, Vertex

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

_ROW_CODES = {(True, *precision): code for precision, code in BIT_CODES.items()} | {
    (False, *precision): FLOAT_CODE for precision in BIT_CODES
}
_ABSENT = "!"
_PASSTHROUGH = encode_statuses([Status.PASSTHROUGH])
_UNTOLD = UNKNOWN_CODE + encode_statuses([Status.FLOAT])
_SHOWN = str.maketrans(_ABSENT, UNKNOWN_CODE)
_PART_STATES = str.maketrans(
    dict.fromkeys((*BIT_CODES.values(), UNKNOWN_CODE), "1") | {FLOAT_CODE: "0", _ABSENT: "0"}
)


class Resolved(Protocol):
    """What the picture needs of a `resolve.Cascade`."""

    @property
    def status_numbers(self) -> bytes:
        """Return every node's status as its place among all, in file order."""
        ...

    def precision_rows(self) -> tuple[tuple[str, ...], Sequence[tuple[bool, str, int]]]:
        """Return the tensors with a quantizer; of each whether enabled, dtype and bit width."""
        ...

    def effective_quantizer(self, tensor: str, /) -> str | None:
        """Return the tensor whose enabled quantizer's grid a tensor carries."""
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
    skeleton = layout.skeleton
    names, rows = cascade.precision_rows()
    places = _PLACES.get_or_make((skeleton.key, names), lambda: _Places(skeleton, names))
    status = status_of(layout, cascade)
    codes = "".join([_ROW_CODES.get(row) or _bit_code(*row) for row in rows]) + _ABSENT
    number = places.number
    tensor_bits = [codes[place] for place in places.tensors]
    bits = [_joined(found) for found in places.carried(codes)]
    for vertex in places.carrying(status):
        found = [places.code(codes, cascade.effective_quantizer(name)) for name in vertex.outputs]
        bits[vertex.index] = _joined("".join(found))
        for name, code in zip(vertex.outputs, found, strict=True):
            if name in places.wired:
                tensor_bits[places.wired[name]] = code
    # What moves a float tensor's values has no quantizer of its own, and is float all the same.
    bits = [FLOAT_CODE if pair == _UNTOLD else pair[0] for pair in map(add, bits, status)]
    return Figures(
        status=status,
        parts="".join([codes[place] for place in places.parts]).translate(_PART_STATES),
        bits="".join(bits),
        tensor_bits="".join(tensor_bits).translate(_SHOWN),
        supergroups=tuple(
            tuple(number[name] for name in group if name in number) for group in cascade.supergroups
        ),
    )


def status_of(layout: Layout, cascade: Resolved) -> str:
    """Return the status codes of a cascade alone, in the layout's order."""
    letters = encode_numbers(cascade.status_numbers)
    return "".join([letters[vertex.node] for vertex in layout.skeleton.vertices])


def _bit_code(enabled: bool, dtype: str, bitwidth: int) -> str:
    return BIT_CODES.get((dtype, bitwidth), UNKNOWN_CODE) if enabled else FLOAT_CODE


@lru_cache(maxsize=1024)
def _joined(codes: str) -> str:
    """Return the code of a node from those of its outputs and parameters."""
    precise: set[str] = {*codes} - {FLOAT_CODE}
    if len(precise) > 1:
        return MIXED_CODE
    if precise:
        return precise.pop()
    return FLOAT_CODE if codes else UNKNOWN_CODE


class _Places:
    """Where what is drawn finds its quantizer's code; the last place of all is for none.

    Attributes:
        number: Number of each node by name.
        tensors: A place for each tensor on a wire.
        wired: Number of each tensor on a wire by name.
        parts: A place for each parameter.
    """

    def __init__(self, skeleton: Skeleton, names: Iterable[str]) -> None:
        place = {name: number for number, name in enumerate(names)}
        self.number = {vertex.name: vertex.index for vertex in skeleton.vertices}
        self.tensors = [place.get(name, -1) for name in skeleton.details]
        self.parts = [place.get(n, -1) for vertex in skeleton.vertices for n in vertex.float_parts]
        self.wired = {name: number for number, name in enumerate(skeleton.details)}
        self._vertices = skeleton.vertices
        self._place = place
        self._carriers = [
            tuple(place[name] for name in vertex.carriers if name in place)
            for vertex in skeleton.vertices
        ]

    def carrying(self, status: str) -> list[Vertex]:
        """Return the nodes whose outputs are on the grid of their input."""
        if _PASSTHROUGH not in status:
            return []
        return [v for v, code in zip(self._vertices, status, strict=True) if code == _PASSTHROUGH]

    def code(self, codes: str, name: str | None) -> str:
        """Return the code of a tensor's quantizer, that of none for no tensor."""
        return codes[self._place.get(name, -1)] if name is not None else FLOAT_CODE

    def carried(self, codes: str) -> list[str]:
        """Return the codes of the outputs and parameters of every node."""
        return ["".join([codes[place] for place in places]) for places in self._carriers]


_PLACES: Cache[_Places] = Cache(8)
