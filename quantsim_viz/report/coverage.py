"""How much of a model is integer in effect, where it is not, and where it changes.

One definition carries all of it: a *unit* (a node, or the nodes of one supergroup or fused pass) is
integer when every floating-point tensor that enters it lies on the grid of an enabled integer
quantizer, its weights included; biases and running statistics are not asked for. Otherwise it
computes in float.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quantsim_viz.report.workload import measure_workload

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from quantsim_viz.report.workload import Workload
    from quantsim_viz.resolve import Cascade


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole.

    Attributes:
        part: How much of it is integer.
        whole: How much there is.
    """

    part: int
    whole: int

    @property
    def ratio(self) -> float | None:
        """The part as a fraction, None of nothing.

        >>> Share(3, 4).ratio, Share(0, 0).ratio
        (0.75, None)
        """
        return self.part / self.whole if self.whole else None

    def to_dict(self) -> dict[str, Any]:
        """Return the share for JSON."""
        return {"integer": self.part, "total": self.whole, "share": self.ratio}


@dataclass(frozen=True, slots=True)
class Crossing:
    """A tensor that has to be converted between two nodes.

    Attributes:
        tensor: Which.
        to_integer: From float to integer (quantize); the other way otherwise (dequantize).
        source: The node that computes it.
        targets: The nodes that read it on the other side.
    """

    tensor: str
    to_integer: bool
    source: str
    targets: tuple[str, ...]

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes on both sides."""
        return (self.source, *self.targets)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What of a model is integer in effect.

    Attributes:
        macs: Multiply-accumulates of `Conv`, `ConvTranspose`, `Gemm` and `MatMul` in integer units.
        parameters: Elements of floating-point constants whose own quantizer is on.
        activations: Bytes of activations, as large as they are in float, that lie on an integer
            grid; tensors inside a unit are never stored and not counted.
        bit_widths: Bit widths of the operands of integer MACs, ascending.
        islands: Maximal connected regions of nodes that compute in float, each in graph order.
        crossings: Tensors between an integer and a float node; the model's own inputs and outputs
            are not among them.
        unknown: Nodes and tensors left out because the file's shapes do not tell their size.
    """

    macs: Share
    parameters: Share
    activations: Share
    bit_widths: tuple[int, ...]
    islands: tuple[tuple[str, ...], ...]
    crossings: tuple[Crossing, ...]
    unknown: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the coverage for JSON."""
        return {
            "macs": self.macs.to_dict(),
            "parameters": self.parameters.to_dict(),
            "activation_bytes": self.activations.to_dict(),
            "bit_widths": list(self.bit_widths),
            "float_islands": [list(island) for island in self.islands],
            "crossings": [
                {
                    "tensor": crossing.tensor,
                    "to": "integer" if crossing.to_integer else "float",
                    "source": crossing.source,
                    "targets": list(crossing.targets),
                }
                for crossing in self.crossings
            ],
            "unknown": list(self.unknown),
        }


def measure_coverage(cascade: Cascade, workload: Workload | None = None) -> Coverage:
    """Measure how much of a model is integer in effect.

    Args:
        cascade: The configuration resolved on the model. Where AIMET refuses it nothing is
            quantized, so everything is float.
        workload: Of the same model, when it is known already.
    """
    work = workload or measure_workload(cascade.model)
    grids = _Grids(cascade)
    unit_of = _units(cascade, work)
    floating = _float_units(work, grids, unit_of)
    integer_macs = [name for name in work.macs if unit_of[name] not in floating]
    stored = [name for name in work.activations if not _is_inside(name, work, unit_of, cascade)]
    return Coverage(
        macs=_share(work.macs, integer_macs, work.macs),
        parameters=_share(work.parameters, filter(grids.own, work.parameters), work.parameters),
        activations=_share(work.activations, filter(grids.bits, stored), stored),
        bit_widths=tuple(
            sorted({grids.bits(o) for n in integer_macs for o in work.operands[n]} - {0})
        ),
        islands=_islands(work, unit_of, floating),
        crossings=_crossings(work, unit_of, floating),
        unknown=work.unknown,
    )


class _Grids:
    """Which tensors lie on an integer grid, and how wide it is."""

    def __init__(self, cascade: Cascade) -> None:
        self._cascade = cascade
        self._precisions = cascade.precisions()
        self._known: dict[str, int] = {}

    def __contains__(self, tensor: object) -> bool:
        return tensor in self._precisions

    def own(self, tensor: str) -> int:
        """Return the bit width of a tensor's own enabled integer quantizer, else 0."""
        enabled, dtype, bits = self._precisions.get(tensor, (False, "", 0))
        return bits if enabled and dtype == "int" else 0

    def bits(self, tensor: str) -> int:
        """Return the bit width of the integer grid that a tensor carries, else 0."""
        found = self._known.get(tensor)
        if found is None:
            carrier = self._cascade.effective_quantizer(tensor)
            found = self._known[tensor] = 0 if carrier is None else self.own(carrier)
        return found


def _share(amounts: Mapping[str, int], part: Iterable[str], whole: Iterable[str]) -> Share:
    return Share(sum(amounts[name] for name in part), sum(amounts[name] for name in whole))


def _units(cascade: Cascade, work: Workload) -> dict[str, str]:
    """Return for each node the node that stands for its unit."""
    unit_of = {name: name for name in work.operands}
    groups = [group.nodes for group in cascade.fused_groups]
    for members in (*groups, *cascade.supergroups):
        known = [name for name in members if name in unit_of]
        for name in known[1:]:
            _join(unit_of, known[0], name)
    return {name: _find(unit_of, name) for name in unit_of}


def _find(parents: dict[str, str], name: str) -> str:
    while parents[name] != name:
        parents[name] = parents[parents[name]]
        name = parents[name]
    return name


def _join(parents: dict[str, str], one: str, other: str) -> None:
    parents[_find(parents, other)] = _find(parents, one)


def _float_units(work: Workload, grids: _Grids, unit_of: Mapping[str, str]) -> set[str]:
    """Return the units that compute in float.

    1. A tensor enters it that lies on no integer grid. Constants that can have no quantizer (the
       bounds of a `Clip`) do not count.
    2. Nothing enters it, and what it gives lies on no integer grid (a cast from integers).
    """
    floating = set()
    fed = set()
    for name, operands in work.operands.items():
        unit = unit_of[name]
        for operand in operands:
            if unit_of.get(work.producers.get(operand, "")) == unit:
                continue
            if grids.bits(operand):
                fed.add(unit)
            elif operand not in work.constants or operand in grids:
                floating.add(unit)
    for name, outputs in work.results.items():
        if unit_of[name] not in fed and not all(map(grids.bits, outputs)):
            floating.add(unit_of[name])
    return floating


def _is_inside(tensor: str, work: Workload, unit_of: Mapping[str, str], cascade: Cascade) -> bool:
    """Whether a tensor never leaves the unit that computes it."""
    producer = work.producers.get(tensor)
    facts = cascade.model.graph.tensors[tensor]
    if producer is None or facts.is_output or not facts.uses:
        return False
    nodes = cascade.model.graph.nodes
    unit = unit_of[producer]
    return all(unit_of.get(nodes[use.node].name) == unit for use in facts.uses)


def _islands(
    work: Workload, unit_of: Mapping[str, str], floating: set[str]
) -> tuple[tuple[str, ...], ...]:
    parents = {unit: unit for unit in floating}
    for name, operands in work.operands.items():
        for operand in operands:
            producer = work.producers.get(operand)
            if producer is None:
                continue
            ends = (unit_of[producer], unit_of[name])
            if floating.issuperset(ends):
                _join(parents, *ends)
    islands: dict[str, list[str]] = {}
    for name in work.operands:
        if unit_of[name] in floating:
            islands.setdefault(_find(parents, unit_of[name]), []).append(name)
    return tuple(map(tuple, islands.values()))


def _crossings(
    work: Workload, unit_of: Mapping[str, str], floating: set[str]
) -> tuple[Crossing, ...]:
    targets: dict[str, dict[str, None]] = {}
    for name, operands in work.operands.items():
        for operand in operands:
            source = work.producers.get(operand)
            if source is None or unit_of[source] == unit_of[name]:
                continue
            if (unit_of[source] in floating) != (unit_of[name] in floating):
                targets.setdefault(operand, {})[name] = None
    return tuple(
        Crossing(tensor, unit_of[work.producers[tensor]] in floating, work.producers[tensor], *ends)
        for tensor, ends in ((tensor, (tuple(names),)) for tensor, names in targets.items())
    )
