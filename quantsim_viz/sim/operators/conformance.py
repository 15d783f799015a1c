"""What the ONNX backend node suite says about the operator table, and why it is not more."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MEASURED_WITH = "1.23.2"
"""Version of `onnx` whose suite the figures are of."""

CASES = 1785
"""Cases whose inputs and outputs are tensors of numbers and have one right answer."""

ON_TORCH = 1772
"""Cases of which torch executes every node."""

_BFLOAT16 = (
    "the expected values come from a softmax that numpy sums up in bfloat16; ours is summed in "
    "float32 and rounded once"
)
_CORNERS = (
    "the expected values take scale × length, not rounded, for the length after resizing; the "
    "standard's text, torch and onnxruntime take the length that the result has"
)
_NOISE = (
    "the expected values hold the rounding noise of a single-precision transform (2e-7 where the "
    "exact result is 0), below which the case's tolerance of 1e-7 reaches"
)

KNOWN_FAILURES: Mapping[str, str] = MappingProxyType(
    {
        "test_attention_3d_causal_bf16": _BFLOAT16,
        "test_attention_3d_causal_bf16_expanded": _BFLOAT16,
        "test_attention_4d_causal_bf16": _BFLOAT16,
        "test_attention_4d_causal_bf16_expanded": _BFLOAT16,
        "test_attention_4d_causal_padded_kv_bf16": _BFLOAT16,
        "test_attention_4d_causal_padded_kv_bf16_expanded": _BFLOAT16,
        "test_attention_4d_padded_kv_bf16": _BFLOAT16,
        "test_attention_4d_padded_kv_bf16_expanded": _BFLOAT16,
        "test_dft_inverse": _NOISE,
        "test_dft_inverse_opset19": _NOISE,
        "test_resize_downsample_scales_cubic_align_corners": _CORNERS,
        "test_resize_downsample_scales_linear_align_corners": _CORNERS,
    }
)
"""Cases that fail, each with its reason."""

BY_REFERENCE = ("ImageDecoder",)
"""Standard operators that the reference evaluator executes. (So it does all of `ai.onnx.ml` whose
inputs and outputs are tensors of numbers.)"""

REFUSED: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                *("ConcatFromSequence", "Optional", "OptionalGetElement", "OptionalHasElement"),
                *("SequenceAt", "SequenceConstruct", "SequenceEmpty", "SequenceErase"),
                *("SequenceInsert", "SequenceLength", "SequenceMap", "SplitToSequence"),
            ),
            "its values are sequences or optional values, not tensors",
        ),
        **dict.fromkeys(
            ("RegexFullMatch", "StringConcat", "StringNormalizer", "StringSplit"),
            "its values are strings",
        ),
        "TfIdfVectorizer": "its vocabulary may be strings",
    }
)
"""Standard operators that nobody executes, with the reason."""
