"""Built-in behaviour that declares settings, with one sentence each (`docs/builtins.md`)."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

BUILTINS: Mapping[str, str] = MappingProxyType(
    {
        "start": "Every quantizer begins switched off, asymmetric, per tensor and without a fixed"
        " range, at the requested bit width.",
        "inputs-wait-for-model-input": "Model inputs and constant operands are switched off after"
        " defaults.ops and wait for model_input.",
        "grid-preserving-default": "The output of an operator that keeps its input's grid is not"
        " quantized unless op_type has an entry for that operator type.",
        "symmetric-range": "A fixed range whose minimum is the negative of its maximum makes the"
        " quantizer symmetric.",
        "requested-precision": "Parameters and activations take the requested bit widths, whatever"
        " supported_kernels lists.",
        "channel-axis": "The axis of the channels follows from the type of the first operator that"
        " uses the parameter; a vector has one channel an element.",
        "pass-layer-normalization": "Inside a decomposed LayerNormalization only the last output is"
        " quantized, and a scale operand of 16 bits is symmetric.",
        "pass-rms-normalization": "Inside an RMSNormalization, with the product that follows it,"
        " only the last output is quantized.",
        "pass-matmul-add": "Between a MatMul with a constant weight and the Add of its bias nothing"
        " is quantized, nor is the bias, which follows the weight's granularity.",
        "dynamic-weight-symmetry": "The tensor that a product uses as its weight without being"
        " constant takes the symmetry asked of weights.",
        "norm-param-precision": "Parameters of normalizations have at least 8 bits; those of Batch-"
        " and LayerNormalization are symmetric only from 16 bits on, and have 8 bits on V66 to"
        " V69.",
        "norm-param-follows-output": "Parameters of Group-, Instance- and RMSNormalization follow"
        " the symmetry and the bit width of the operator's quantized output.",
        "dynamic-matmul-precision": "Both operands of a product of activations are fitted to what"
        " the named hardware multiplies: 8-bit symmetric on V66 to V69, else 16-bit symmetric with"
        " a 16-bit partner.",
        "grouped-convtranspose-per-tensor": "The weight of a grouped ConvTranspose has one encoding"
        " for all channels.",
        "tie-backward": "The inputs of Concat and Scatter operators share the quantizer of their"
        " output, where nothing else uses them.",
        "tie-forward": "The output of Relu, AveragePool, Resize and Upsample shares their input's"
        " quantizer, the constraints of both merged.",
        "tie-recurrent": "The input and the hidden states of LSTM, GRU and RNN share the quantizer"
        " of their output, the cell states that of the cell output.",
    }
)
"""Name → explanation; every name a declaration can carry is here."""


def explain_builtin(name: str) -> str:
    """Return the one-sentence explanation of a built-in behaviour.

    >>> explain_builtin("channel-axis").startswith("The axis")
    True
    """
    return BUILTINS[name]
