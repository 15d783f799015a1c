"""Along which axis each tensor has its channels."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from quantsim_viz.resolve.settings import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from quantsim_viz.model.graph import Model, Node, Shape
    from quantsim_viz.resolve import Cascade

Axes = dict[str, "int | None"]

FEATURES_LAST = frozenset({"Gemm", "LayerNormalization", "MatMul", "SkipLayerNormalization"})
"""Operators whose output has its features on the last axis."""

CHANNELS_SECOND = frozenset(
    {
        "BatchNormalization",
        "Conv",
        "ConvTranspose",
        "FusedConv",
        "GroupNormalization",
        "InstanceNormalization",
    }
)
"""Operators whose output has its channels on axis 1."""


def channel_axes(model: Model, cascade: Cascade | None = None) -> Axes:
    """Return for every tensor of the top graph the axis of its channels, None where it has none.

    1. A parameter: the axis on which its quantizer has its channels, or would have them.
    2. A scalar, a vector and a tensor of unknown rank: none.
    3. Behind `FEATURES_LAST` the last axis, behind `CHANNELS_SECOND` axis 1.
    4. `Transpose`: where its input's axis has gone. `Reshape`: the last, if it was the last and
       is as long as before.
    5. Anything else: the axis of the first input that is computed and has as many axes; without
       one, and for graph inputs, axis 1.

    Args:
        model: The model.
        cascade: A configuration on it, without which no tensor counts as a parameter.
    """
    shapes = {name: tensor.shape for name, tensor in model.graph.tensors.items()}
    axes: Axes = {name: _second(shape) for name, shape in shapes.items()}
    for node in model.graph.nodes:
        for name in node.outputs:
            shape = shapes.get(name)
            if shape is not None and len(shape) > 1:
                axes[name] = _axis_of(node, shape, shapes, axes, model.graph.initializers)
    if cascade is not None and cascade.run is not None:
        topology = cascade.run.topology
        for name, setting in cascade.quantizers.items():
            if setting.kind is Kind.PARAM:
                axes[name] = topology.axis[topology.quantizer_of[name]]
    return axes


def _second(shape: Shape | None) -> int | None:
    return 1 if shape is not None and len(shape) > 1 else None


def _axis_of(
    node: Node,
    shape: Shape,
    shapes: Mapping[str, Shape | None],
    axes: Axes,
    constants: Mapping[str, object],
) -> int | None:
    if node.op_type in FEATURES_LAST:
        return len(shape) - 1
    if node.op_type in CHANNELS_SECOND:
        return 1
    moved = _MOVED.get(node.op_type, _inherited)
    for name in node.inputs:
        given = shapes.get(name)
        axis = axes.get(name)
        if given is None or axis is None or name in constants:
            continue
        found = moved(node, axis, given, shape)
        if found is not None:
            return found
    return 1


def _inherited(_node: Node, axis: int, given: Shape, shape: Shape) -> int | None:
    return axis if len(given) == len(shape) else None


def _transposed(node: Node, axis: int, given: Shape, _shape: Shape) -> int | None:
    order = node.attributes.get("perm") or tuple(reversed(range(len(given))))
    return order.index(axis) if axis in order else None


def _reshaped(_node: Node, axis: int, given: Shape, shape: Shape) -> int | None:
    last = given[-1]
    return len(shape) - 1 if axis == len(given) - 1 and last and last == shape[-1] else None


_MOVED: Mapping[str, Callable[[Node, int, Shape, Shape], int | None]] = MappingProxyType(
    {"Transpose": _transposed, "Reshape": _reshaped, "Flatten": _reshaped}
)
