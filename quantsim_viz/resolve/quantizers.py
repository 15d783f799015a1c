"""Which tensors have a quantizer, and what it sits on (`docs/semantics.md` §2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantsim_viz.resolve.grid import (
    CONSTANT_SOURCES,
    QUANTIZABLE_DTYPES,
    WITHOUT_OUTPUT_QUANTIZER,
)
from quantsim_viz.resolve.settings import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from quantsim_viz.resolve.topology import Op
    from quantsim_viz.resolve.view import GraphView, ViewNode


@dataclass(frozen=True, slots=True)
class Places:
    """The tensors with a quantizer, parameters first.

    Attributes:
        names: Tensor of each quantizer.
        kinds: What each sits on.
        param_count: How many are parameters'.
        free_inputs: Numbers of those on stored constants that are not parameters, and on tensors
            that a node reads before another computes them.
        number: Number by tensor name.
    """

    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    param_count: int
    free_inputs: tuple[int, ...]
    number: Mapping[str, int]


def find_places(top: GraphView, params: Iterable[str], dtypes: Mapping[str, str]) -> Places:
    """Find the tensors of the top graph that get a quantizer.

    1. Every parameter.
    2. Every other graph input, node input and node output of a quantizable type, except what
       `_excluded_tensors` names.

    Args:
        top: The top graph's view, after fusion.
        params: Names of parameters that belong to the top graph.
        dtypes: Element types known.
    """
    names = list(dict.fromkeys(params))
    param_count = len(names)
    kinds = [Kind.PARAM] * param_count
    seen = {*names, *_excluded_tensors(top)}
    free: list[int] = []

    def add(name: str, kind: Kind) -> bool:
        if name in seen or dtypes.get(name) not in QUANTIZABLE_DTYPES:
            return False
        seen.add(name)
        names.append(name)
        kinds.append(kind)
        return True

    for name in top.inputs:
        add(name, Kind.INPUT)
    for node in top.nodes:
        for name in node.inputs:
            if add(name, Kind.CONSTANT if name in top.initializers else Kind.ACTIVATION):
                free.append(len(names) - 1)  # noqa: PERF401 - `add` has effects of its own
        kind = Kind.CONSTANT if node.op_type in CONSTANT_SOURCES else Kind.ACTIVATION
        for name in node.outputs:
            add(name, kind)
    number = {name: i for i, name in enumerate(names)}
    return Places(tuple(names), tuple(kinds), param_count, tuple(free), number)


def _excluded_tensors(top: GraphView) -> set[str]:
    """Name the tensors that get no quantizer whatever their type.

    1. What a `Resize` reads beside its first input.
    2. Outputs of operators that only rearrange (`WITHOUT_OUTPUT_QUANTIZER`).
    3. What only fused MaskedSoftmax operators read, as the value they mask with.
    """
    excluded = {""}
    masked: list[ViewNode] = []
    for node in top.nodes:
        if node.op_type == "Resize":
            excluded.update(name for name in node.inputs if name != node.inputs[0])
        elif node.op_type in WITHOUT_OUTPUT_QUANTIZER:
            excluded.update(node.outputs)
        elif node.op_type == "MaskedSoftmax" and node.is_fused:
            masked.append(node)
    if masked:
        excluded |= _used_only_as_mask_value(top, masked)
    return excluded


def _used_only_as_mask_value(top: GraphView, masked: Sequence[ViewNode]) -> set[str]:
    values = {node.inputs[2] for node in masked}
    for node in top.nodes:
        fused = node.op_type == "MaskedSoftmax" and node.is_fused
        for name in values.intersection(node.inputs):
            if not fused or node.inputs[2] != name:
                values.discard(name)
    return values


def input_quantizers(ops: Iterable[Op], places: Places) -> list[tuple[int, ...]]:
    """Return the activation quantizers of each operator's inputs, one a use (§3, §10.15).

    AIMET finds them by the name it gave the quantized tensor, cut at the first `_updated` or
    `_qdq`: a tensor whose own name holds one of these is taken for another.

    Args:
        ops: All operators, in order.
        places: The quantizers.
    """
    found: dict[str, int | None] = {}
    result: list[tuple[int, ...]] = []
    for op in ops:
        of_op: list[int] = []
        for name in op.inputs:
            if name not in found:
                found[name] = _named_quantizer(name, places)
            quantizer = found[name]
            if quantizer is not None:
                of_op.append(quantizer)
        result.append(tuple(of_op))
    return result


def _named_quantizer(name: str, places: Places) -> int | None:
    own = places.number.get(name)
    if own is not None and "_updated" not in name and "_qdq" not in name:
        return own if own >= places.param_count else None
    inserted = name if own is None else name + ("_qdq" if own < places.param_count else "_updated")
    for mark in ("_updated", "_qdq"):
        if mark in inserted:
            found = places.number.get(inserted[: inserted.index(mark)])
            return found if found is not None and found >= places.param_count else None
    return None
