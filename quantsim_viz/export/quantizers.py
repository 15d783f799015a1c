"""What of a simulation can be said with QuantizeLinear and DequantizeLinear, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from quantsim_viz.export.integers import CLIP_OPSET, constant_codes, integer_grid
from quantsim_viz.export.refusals import not_expressible

if TYPE_CHECKING:
    from quantsim_viz.export.integers import IntegerGrid, Integers
    from quantsim_viz.sim import Calibration
    from quantsim_viz.sim.encodings import Encoding

HALF = "float16"


@dataclass(frozen=True, slots=True)
class OnnxQuantizer:
    """One quantizer as it will stand in the graph.

    Attributes:
        tensor: What it sits on.
        dtype: The tensor's element type.
        grid: Its grid, None for float16.
        codes: A stored constant's codes.
        half: A stored constant's value in float16.
    """

    tensor: str
    dtype: str
    grid: IntegerGrid | None
    codes: Integers | None = None
    half: Any = None

    @property
    def is_stored(self) -> bool:
        """Whether it sits on a stored constant, whose quantized value is stored instead."""
        return self.codes is not None or self.half is not None

    @property
    def clips(self) -> bool:
        """Whether its grid leaves a code of the type out that values could be given."""
        return self.grid is not None and self.grid.limits is not None and not self.is_stored

    @property
    def opset(self) -> int:
        """First operator set that can say this."""
        if self.grid is None:
            return 1
        return max(self.grid.opset, CLIP_OPSET) if self.clips else self.grid.opset

    def __str__(self) -> str:
        """Say in a message what it needs an operator set for."""
        if self.grid is None:
            return f"`{self.tensor}` is float16"
        how = "" if self.grid.axis is None else " per channel"
        how += " on a strict grid" if self.clips else ""
        return f"`{self.tensor}` has {self.grid.bits} bits{how}"


def onnx_quantizers(calibrated: Calibration) -> list[OnnxQuantizer]:
    """Return every quantizer that changes anything, in the order of the cascade.

    Raises:
        QuantSimError: Some cannot be said in this format; it names them (`not-expressible`).
    """
    found: list[OnnxQuantizer] = []
    reasons: list[str] = []
    for tensor, encoding in calibrated.encodings.items():
        made = _quantizer(calibrated, tensor, encoding)
        if isinstance(made, str):
            reasons.append(f"`{tensor}`, {made}")
        elif made is not None:
            found.append(made)
    if reasons:
        raise not_expressible("qdq", reasons, "choose other bit widths, or an aimet format")
    return found


def _quantizer(
    calibrated: Calibration, tensor: str, encoding: Encoding
) -> OnnxQuantizer | str | None:
    """Return a quantizer, None if it changes nothing, or why it cannot be said."""
    model = calibrated.cascade.model
    seen = model.graph.tensors[tensor]
    constant = model.constant(tensor)
    dtype = constant.dtype if constant is not None else seen.dtype
    if dtype is None:
        return "whose element type is not known"
    if constant is None and seen.is_input and seen.is_output:
        return "an input that is quantized and an output as well"
    if encoding.dtype == "float":
        if dtype == HALF:
            return None
        half = None
        if constant is not None:
            half = calibrated.engine.constant(tensor).to(torch.float16).cpu().numpy()
        return OnnxQuantizer(tensor, dtype, None, half=half)
    if constant is not None:
        values = calibrated.engine.constant(tensor).to(torch.float32).cpu().numpy()
        coded = constant_codes(values, encoding)
        return coded if isinstance(coded, str) else OnnxQuantizer(tensor, dtype, *coded)
    if encoding.bitwidth == 32:
        return "computed, at 32 bits, which QuantizeLinear does not have"
    grid = integer_grid(encoding)
    return grid if isinstance(grid, str) else OnnxQuantizer(tensor, dtype, grid)
