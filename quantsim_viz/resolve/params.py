"""Which inputs of which operators are parameters, and the axis of their channels.

Source: `docs/semantics.md` §2 (parameters) and §6 (axes).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_WEIGHT_BIAS = ((1, "weight"), (2, "bias"))
_RECURRENT = ((1, "weight"), (2, "weight_r"), (3, "bias"))

PARAM_INPUTS: Mapping[str, tuple[tuple[int, str], ...]] = MappingProxyType(
    {
        "Conv": _WEIGHT_BIAS,
        "ConvTranspose": _WEIGHT_BIAS,
        "Gemm": _WEIGHT_BIAS,
        "InstanceNormalization": _WEIGHT_BIAS,
        "LayerNormalization": _WEIGHT_BIAS,
        "GroupNormalization": _WEIGHT_BIAS,
        "RMSNormalization": ((1, "weight"),),
        "BatchNormalization": (
            (1, "weight"),
            (2, "bias"),
            (3, "running_mean"),
            (4, "running_var"),
        ),
        "LSTM": _RECURRENT,
        "GRU": _RECURRENT,
        "RNN": _RECURRENT,
    }
)
"""Operator type (of any domain) → (input index, parameter type). `MatMul` has rules of its own."""

WEIGHTED_PRODUCTS = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})
"""Operator types whose input 1 is treated as a weight even where it is not constant (§7)."""

MINOR_PARAMS = frozenset({"bias", "running_mean", "running_var"})
"""Parameter types that a node's status does not ask for."""


def channel_axis(op_type: str, rank: int, *, transposed: bool) -> int | None:
    """Return the axis along which a parameter has its channels, None where it has none (§6).

    1. A vector: 0.
    2. `Conv`: 0. 3. `ConvTranspose`: 1. 4. `Gemm`: 1, transposed 0.
    5. `MatMul`: the last, transposed the last but one.
    6. Anything else: none.

    Args:
        op_type: Type of the first operator that has the parameter.
        rank: Number of dimensions of the parameter.
        transposed: `Gemm` with `transB`, or a `MatMul` reading it through a `Transpose`.

    >>> channel_axis("MatMul", 2, transposed=False), channel_axis("LSTM", 3, transposed=False)
    (1, None)
    """
    if rank == 1:
        return 0
    if op_type == "Conv":
        return 0
    if op_type == "ConvTranspose":
        return 1
    if op_type == "Gemm":
        return 0 if transposed else 1
    if op_type == "MatMul":
        return rank - (2 if transposed else 1)
    return None
