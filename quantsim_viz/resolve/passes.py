"""Patterns of the pass list that are matched on the graph as it is after fusion.

They keep operators from heading a supergroup and switch off what lies inside them.

Source: `docs/semantics.md` §5.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantsim_viz.resolve.columns import (
    AXIS,
    BITWIDTH,
    ENABLED,
    PER_CHANNEL,
    SYMMETRIC,
    Columns,
    Row,
)
from quantsim_viz.resolve.pass_patterns import (
    MatmulAddFound,
    NormFound,
    PatternReader,
    find_layer_norm,
    find_matmul_add,
    find_rms_norm,
)
from quantsim_viz.resolve.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from quantsim_viz.config.rules import Rule
    from quantsim_viz.resolve.topology import Topology

_FINDERS = {
    "LayerNormalization": find_layer_norm,
    "RMSNormalization": find_rms_norm,
    "MatmulAdd": find_matmul_add,
}
"""Pass → pattern; `MaskedSoftmax` has none here."""

BUILTINS = {
    "LayerNormalization": "pass-layer-normalization",
    "RMSNormalization": "pass-rms-normalization",
    "MatmulAdd": "pass-matmul-add",
}


@dataclass(frozen=True, slots=True)
class PassMatch:
    """One place where a listed pass applies.

    Attributes:
        pointer: JSON pointer of the pass.
        name: Its name.
        ops: Numbers of the operators it takes, in order; the last one's output keeps its setting.
        found: What it does there.
    """

    pointer: str
    name: str
    ops: tuple[int, ...]
    found: NormFound | MatmulAddFound


def match_passes(topology: Topology, passes: Sequence[Rule]) -> tuple[PassMatch, ...]:
    """Find where the listed passes apply, pass by pass, operators in topological order.

    A bias that `MatmulAdd` has taken no longer counts as a constant for the passes after it.

    Raises:
        Refused: A pattern asks for the value of a constant that AIMET cannot read.
    """
    matches: list[PassMatch] = []
    reader = PatternReader(topology)
    for rule in passes:
        finder = _FINDERS.get(rule.value)
        if finder is None:
            continue
        for op in topology.ordered:
            found = finder(reader, op)
            if found is not None:
                matches.append(PassMatch(rule.pointer, rule.value, found.ops, found))
        reader = reader.without(
            m.found.bias for m in matches if isinstance(m.found, MatmulAddFound)
        )
    return tuple(matches)


def apply_passes(topology: Topology, matches: Iterable[PassMatch], columns: Columns) -> list[Row]:
    """Declare stage i: switch off what lies inside the matches (§3 i).

    Raises:
        Refused: A `MatmulAdd` match lacks a quantizer AIMET expects.
    """
    rows: list[Row] = []
    for match in matches:
        if isinstance(match.found, NormFound):
            rows.extend(_norm_rows(topology, match, match.found, columns))
        else:
            rows.extend(_matmul_add_rows(topology, match, match.found, columns))
    return rows


def _norm_rows(
    topology: Topology, match: PassMatch, found: NormFound, columns: Columns
) -> Iterable[Row]:
    builtin = BUILTINS[match.name]
    for tensor in dict.fromkeys(found.disabled):
        quantizer = topology.quantizer_of.get(tensor)
        if quantizer is not None:
            yield quantizer, ENABLED, False, match.pointer, builtin, -1, -1
    if found.scale is not None:
        quantizer = topology.quantizer_of.get(found.scale)
        if quantizer is not None and columns[BITWIDTH][quantizer] == 16:
            yield quantizer, SYMMETRIC, True, match.pointer, builtin, -1, -1


def _matmul_add_rows(
    topology: Topology, match: PassMatch, found: MatmulAddFound, columns: Columns
) -> Iterable[Row]:
    builtin, pointer = BUILTINS[match.name], match.pointer
    output, bias, weight = (
        _required(topology, match, tensor) for tensor in (found.output, found.bias, found.weight)
    )
    yield output, ENABLED, False, pointer, builtin, -1, -1
    yield bias, ENABLED, False, pointer, builtin, -1, -1
    yield bias, SYMMETRIC, True, pointer, builtin, -1, -1
    per_channel = bool(columns[PER_CHANNEL][weight])
    yield bias, PER_CHANNEL, per_channel, pointer, builtin, weight, -1
    if per_channel:
        yield bias, AXIS, topology.axis[weight], pointer, builtin, weight, -1


def _required(topology: Topology, match: PassMatch, tensor: str) -> int:
    quantizer = topology.quantizer_of.get(tensor)
    if quantizer is None:
        nodes = tuple(m for op in match.ops for m in topology.ops[op].node.members)
        raise Refused(
            "pass-without-quantizer",
            f"Pass MatmulAdd applies to {nodes[0]!r}, where {tensor!r} has no quantizer (it is not"
            " a 16- or 32-bit float tensor of the top graph); AIMET fails on it. Take MatmulAdd off"
            " supergroup_pass_list.",
            match.pointer,
            nodes,
        )
    return quantizer
