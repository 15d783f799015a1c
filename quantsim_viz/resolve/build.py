"""Build a `Topology` from a view: operators, their order, parameters and quantizers.

Source: `docs/semantics.md` §1, §2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantsim_viz.resolve.find_params import ParamFinder, refuse_conflicting_weights
from quantsim_viz.resolve.graph_index import GraphIndex
from quantsim_viz.resolve.grid import CONSTANT_SOURCES, QUANTIZABLE_DTYPES, is_grid_preserving
from quantsim_viz.resolve.ordering import ordered_ops
from quantsim_viz.resolve.params import channel_axis
from quantsim_viz.resolve.quantizers import Places, find_places, input_quantizers
from quantsim_viz.resolve.topology import Op, Param, Topology

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from quantsim_viz.resolve.view import GraphView

_CAST_TARGETS = frozenset({1, 10, 16})
"""ONNX element type numbers of float32, float16 and bfloat16, as `Cast` names them."""


def build_topology(top: GraphView, passes: tuple[str, ...], dtypes: dict[str, str]) -> Topology:
    """Number operators and quantizers and link them.

    Args:
        top: The top graph's view, after fusion.
        passes: The pass list it was fused with.
        dtypes: Element type of every tensor of the top graph that has a known one.

    Raises:
        Refused: AIMET refuses the graph itself (§1.4, §1.7).
    """
    index = GraphIndex(top)
    finder = ParamFinder(index)
    found = [tuple(finder.find(op).items()) for op in index.ops]
    refuse_conflicting_weights(index, found)
    param_names = {name for of_op in found for name, _ in of_op}
    own = (name for of_op in found for name, _ in of_op if name not in index.body_names)
    places = find_places(top, own, dtypes)
    params = [
        tuple(
            Param(name, kind, None if name in index.body_names else places.number.get(name))
            for name, kind in of_op
        )
        for of_op in found
    ]
    uses = [index.uses(op) for op in index.ops]
    return Topology(
        view=top,
        passes=passes,
        ops=tuple(index.ops),
        ordered=ordered_ops(index.ops, index.consumers, index.producer),
        by_type=index.by_type,
        producer=index.producer,
        consumers=index.consumers,
        following=[u[0] if len(u) == 1 else -1 for u in uses],
        output_uses=[len(u) for u in uses],
        names=places.names,
        kinds=places.kinds,
        quantizer_of=places.number,
        param_count=places.param_count,
        input_quantizers=input_quantizers(index.ops, places),
        output_quantizers=[_output_quantizers(op, places) for op in index.ops],
        params=params,
        axis=_axes(index, finder, params, len(places.names)),
        above=_above(index.ops, places, dtypes),
        input_uses=tuple(_input_uses(index, places)),
        free_inputs=places.free_inputs,
        constant_outputs=tuple(_constant_outputs(index, places)),
        constants=frozenset(index.constants - param_names),
        shapes=index.shapes,
        scalars=index.top_values,
        dtypes=dtypes,
        ends=tuple(op.index for op, used in zip(index.ops, uses, strict=True) if not used),
    )


def _output_quantizers(op: Op, places: Places) -> tuple[int, ...]:
    found = (places.number.get(name, -1) for name in op.node.outputs)
    return tuple(number for number in found if number >= places.param_count)


def _input_uses(index: GraphIndex, places: Places) -> Iterator[tuple[int, int]]:
    for op in index.ops:
        for name in op.inputs:
            if name in index.model_inputs and name not in index.producer:
                number = places.number.get(name)
                if number is not None:
                    yield op.index, number


def _constant_outputs(index: GraphIndex, places: Places) -> Iterator[int]:
    for view, _ in index.graphs:
        for node in view.nodes:
            if node.op_type in CONSTANT_SOURCES:
                yield from (places.number[name] for name in node.outputs if name in places.number)


def _axes(
    index: GraphIndex, finder: ParamFinder, params: Sequence[tuple[Param, ...]], count: int
) -> list[int | None]:
    """Return each parameter's channel axis, by the first operator that has it (§6)."""
    axes: list[int | None] = [None] * count
    done: set[int] = set()
    for op, of_op in zip(index.ops, params, strict=True):
        for param in of_op:
            if param.quantizer is None or param.quantizer in done:
                continue
            done.add(param.quantizer)
            rank = len(index.values[param.tensor].shape)
            transposed = finder.is_transposed(op)
            axes[param.quantizer] = channel_axis(op.op_type, rank, transposed=transposed)
    return axes


def _above(ops: Sequence[Op], places: Places, dtypes: Mapping[str, str]) -> dict[str, str]:
    """Link outputs of grid-keeping operators and float casts to their first input (§3)."""
    above: dict[str, str] = {}
    for op in ops:
        node = op.node
        if op.in_body or not node.inputs or not node.inputs[0]:
            continue
        first = node.inputs[0]
        if is_grid_preserving(node.op_type, node.domain) or (
            node.op_type == "Cast"
            and (first in places.number or dtypes.get(first) in QUANTIZABLE_DTYPES)
            and node.attributes.get("to", 0) in _CAST_TARGETS
        ):
            above.update((name, first) for name in node.outputs if name)
    return above
