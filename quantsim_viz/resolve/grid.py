"""Which operators keep values on their input's grid, and the look-up that follows them.

Source: `docs/semantics.md` §2, §3 (look-up), §4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

QUANTIZABLE_DTYPES = frozenset({"float32", "float16", "bfloat16"})
"""Element types that can carry a quantizer (§2)."""

GRID_PRESERVING = frozenset(
    {
        ("", "Col2Im"),
        ("", "Compress"),
        ("", "DepthToSpace"),
        ("", "Dropout"),
        ("", "Expand"),
        ("", "Flatten"),
        ("", "Gather"),
        ("", "GatherElements"),
        ("", "GatherND"),
        ("", "Identity"),
        ("", "MaxPool"),
        ("", "MaxRoiPool"),
        ("", "NonZero"),
        ("", "Pad"),
        ("", "ReduceMax"),
        ("", "ReduceMin"),
        ("", "Reshape"),
        ("", "Slice"),
        ("", "SpaceToDepth"),
        ("", "Split"),
        ("", "SplitToSequence"),
        ("", "Squeeze"),
        ("", "Tile"),
        ("", "TopK"),
        ("", "Transpose"),
        ("", "Unsqueeze"),
        ("qti_aisw", "BatchToSpace"),
        ("qti_aisw", "SpaceToBatch"),
    }
)
"""(domain, operator type) whose outputs lie on the grid of their first input (§4)."""

WITHOUT_OUTPUT_QUANTIZER = frozenset(
    {
        "branch",
        "Flatten",
        "Gather",
        "Reshape",
        "Shape",
        "Unsqueeze",
        "Squeeze",
        "Split",
        "Compress",
        "Tile",
        "Transpose",
        "Identity",
    }
)
"""Operator types, of any domain, whose outputs never get a quantizer of their own (§2)."""

CONSTANT_SOURCES = frozenset({"Constant", "ConstantOfShape"})
"""Operator types whose outputs count as constant operands (§2)."""


def is_grid_preserving(op_type: str, domain: str) -> bool:
    """Tell whether an operator's outputs lie on its first input's grid (§4).

    >>> is_grid_preserving("MaxPool", ""), is_grid_preserving("MaxPool", "com.example")
    (True, False)
    """
    return (domain, op_type) in GRID_PRESERVING


def effective_quantizer(
    tensor: str,
    above: Mapping[str, str],
    quantizer_of: Mapping[str, int],
    is_enabled: Callable[[int], bool],
) -> int | None:
    """Find the enabled quantizer whose grid a tensor carries (§3, look-up).

    1. The tensor's own quantizer, if enabled.
    2. Otherwise that of the first input of its producer, while the producer keeps the grid or is a
       cast between quantizable types; the first enabled one met.
    3. None when the walk ends without one.

    Args:
        tensor: Where to start.
        above: For each tensor that a grid-keeping operator computes, that operator's first input.
        quantizer_of: Number of the quantizer on each tensor that has one.
        is_enabled: Whether a quantizer is enabled.
    """
    current: str | None = tensor
    while current is not None:
        quantizer = quantizer_of.get(current)
        if quantizer is not None and is_enabled(quantizer):
            return quantizer
        current = above.get(current)
    return None
