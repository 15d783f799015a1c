"""How windows of convolutions and poolings lie over their input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from quantsim_viz.sim.operators.registry import OperatorSpec


@dataclass(frozen=True, slots=True)
class Windows:
    """Strides, dilations and padding of one node, for spatial axes only.

    Attributes:
        strides: Steps between windows.
        dilations: Steps between a window's elements.
        pads: All lengths before each axis, then all behind, as ONNX lists them.
        auto_pad: `NOTSET` (use `pads`), `VALID`, `SAME_UPPER` or `SAME_LOWER`.
    """

    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    pads: tuple[int, ...]
    auto_pad: str

    @classmethod
    def of(cls, spec: OperatorSpec, rank: int) -> Windows:
        """Read a node's attributes for so many spatial axes."""
        auto_pad = spec.text("auto_pad", "NOTSET")
        given = spec.integers("pads") if auto_pad == "NOTSET" else None
        return cls(
            strides=spec.integers("strides") or (1,) * rank,
            dilations=spec.integers("dilations") or (1,) * rank,
            pads=given or (0,) * (2 * rank),
            auto_pad=auto_pad,
        )

    @property
    def rank(self) -> int:
        """Return the number of spatial axes."""
        return len(self.strides)

    def extents(self, kernel: Sequence[int]) -> list[int]:
        """Return how far a window reaches along each axis."""
        return [(k - 1) * d + 1 for k, d in zip(kernel, self.dilations, strict=True)]

    def padding(self, lengths: Sequence[int], kernel: Sequence[int]) -> tuple[int, ...]:
        """Return the pads for an input of given spatial lengths."""
        if not self.auto_pad.startswith("SAME"):
            return self.pads
        before, behind = [], []
        for length, extent, stride in zip(lengths, self.extents(kernel), self.strides, strict=True):
            total = max(0, (-(-length // stride) - 1) * stride + extent - length)
            small, large = total // 2, total - total // 2
            before.append(small if self.auto_pad == "SAME_UPPER" else large)
            behind.append(large if self.auto_pad == "SAME_UPPER" else small)
        return (*before, *behind)


def is_symmetric(pads: Sequence[int]) -> bool:
    """Tell whether as much is padded before as behind, and nothing is cut off."""
    rank = len(pads) // 2
    return tuple(pads[:rank]) == tuple(pads[rank:]) and min(pads, default=0) >= 0


def pad_spatial(x: Tensor, pads: Sequence[int], value: float = 0.0) -> Tensor:
    """Pad (or, where negative, crop) the last axes with a constant."""
    if not any(pads):
        return x
    rank = len(pads) // 2
    pairs = [length for axis in reversed(range(rank)) for length in (pads[axis], pads[rank + axis])]
    return functional.pad(x, pairs, value=value)
