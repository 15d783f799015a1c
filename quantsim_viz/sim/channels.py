"""Along which axis a tensor has its channels, and its elements channel by channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantsim_viz.resolve.settings import Kind

if TYPE_CHECKING:
    from quantsim_viz.model.graph import Model
    from quantsim_viz.resolve import Cascade


def channel_axis_of(model: Model, cascade: Cascade | None, tensor: str) -> int | None:
    """Return the axis along which a tensor has its channels, None where it has none.

    1. A parameter: the axis on which its quantizer has its channels, or would have them.
    2. Anything else with two axes or more: axis 1.
    3. A scalar or a vector that is no parameter: none.

    Args:
        model: The model.
        cascade: A configuration on it, without which every tensor counts as no parameter.
        tensor: Name of one of its tensors.
    """
    if cascade is not None and cascade.run is not None and tensor in cascade.quantizers:
        topology = cascade.run.topology
        if cascade.quantizers[tensor].kind is Kind.PARAM:
            return topology.axis[topology.quantizer_of[tensor]]
    known = model.graph.tensors.get(tensor)
    shape = None if known is None else known.shape
    return 1 if shape is not None and len(shape) > 1 else None
