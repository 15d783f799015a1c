"""The rules by which the pass list fuses nodes: a pattern, and what the fused node becomes.

Source: `docs/semantics.md` §5.1. Rules are listed in the order in which they are tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from quantsim_viz.resolve.patterns import Apply, Attribute, Const, OneOf, Pattern, Var
from quantsim_viz.resolve.refusals import Refused
from quantsim_viz.resolve.view import SUPERGROUP_DOMAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Number = int | float


class Values(Protocol):
    """What a rule asks of the tensors it has bound."""

    def rank(self, tensor: str) -> int | None:
        """Return the rank of a constant tensor, None if it is not constant."""

    def singleton(self, tensor: str) -> Number | None:
        """Return the only element of a constant tensor, None if there is not exactly one."""

    def declared_rank(self, tensor: str) -> int | None:
        """Return the rank the file itself declares for a tensor, None where it does not."""

    def cast_target(self, tensor: str) -> int | None:
        """Return the element type a tensor is cast to, None if it does not come from a `Cast`."""


@dataclass(frozen=True, slots=True)
class Fused:
    """What a match becomes."""

    op_type: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FusionRule:
    """A pattern and the function that accepts a match or turns it down."""

    pattern: Apply
    build: Callable[[Mapping[str, Any], Values], Fused | None]


_FLOAT_TYPES = (1, 10, 16)
"""ONNX element type numbers of float32, float16 and bfloat16."""

_X, _SCALE, _BIAS, _WEIGHT = Var("x"), Var("scale"), Var("bias"), Var("weight")


# -- RMSNormalization ----------------------------------------------------------------------------


def _mean_square_root(x: Pattern) -> tuple[Pattern, Pattern]:
    """Return the patterns of √(E[x²] + ε) and of its inverse."""
    two = OneOf((Const(2.0), Const(2.0, as_vector=True)))
    square = OneOf((Apply("Mul", (x, x)), Apply("Pow", (x, two))))
    mean = OneOf(
        (
            Apply("ReduceMean", (square, Var("axis"))),
            Apply("ReduceMean", (square,), (Attribute("axes", "axis", optional=True),)),
        )
    )
    epsilon = Var("epsilon")
    shifted = OneOf((Apply("Add", (mean, epsilon)), Apply("Add", (epsilon, mean))))
    root = Apply("Sqrt", (shifted,))
    inner_root = Apply("Sqrt", (shifted,))
    reciprocal = OneOf((Apply("Reciprocal", (inner_root,)), Apply("Div", (Const(1.0), inner_root))))
    minus_half = OneOf((Const(-0.5), Const(-0.5, as_vector=True)))
    inverse = OneOf((reciprocal, Apply("Pow", (shifted, minus_half))))
    return root, inverse


def _normalized(x: Pattern) -> tuple[Apply, ...]:
    """Return the patterns of x / √(E[x²] + ε): a division, and a product either way round."""
    root, inverse = _mean_square_root(x)
    return Apply("Div", (x, root)), Apply("Mul", (x, inverse)), Apply("Mul", (inverse, x))


def _scaled(x: Pattern) -> tuple[Apply, ...]:
    """Return the patterns of a normalized x times a scale, perhaps with a cast between."""
    fused = Apply(
        "RMSNormalization",
        (x,),
        (Attribute("epsilon", "epsilon"), Attribute("axis", "axis", optional=True)),
        SUPERGROUP_DOMAIN,
    )
    plain = OneOf((OneOf(_normalized(x)), fused))
    either = OneOf((plain, Apply("Cast", (plain,), (Attribute("to", "output_type"),))))
    return Apply("Mul", (either, _SCALE)), Apply("Mul", (_SCALE, either))


def _number(bound: Any, values: Values) -> Number | None:
    """Return the number behind a binding: a constant tensor's or an attribute's only element."""
    if bound is None:
        return None
    if isinstance(bound, str):
        return values.singleton(bound)
    if isinstance(bound, tuple):
        return bound[0] if len(bound) == 1 else None
    return bound if isinstance(bound, int | float) else None


def _build_plain_rms(bound: Mapping[str, Any], values: Values) -> Fused | None:
    axis, epsilon = _number(bound.get("axis"), values), _number(bound.get("epsilon"), values)
    if bound.get("axis") is not None and axis is None:
        return None
    if epsilon is None or epsilon < 0:
        return None
    attributes = {"axis": -1 if axis is None else axis, "epsilon": epsilon}
    return Fused("RMSNormalization", (bound["x"],), attributes)


def _build_scaled_rms(bound: Mapping[str, Any], values: Values) -> Fused | None:
    axis, epsilon = _number(bound.get("axis"), values), _number(bound.get("epsilon"), values)
    if bound.get("axis") is not None and axis is None:
        return None
    if epsilon is None:
        raise Refused(
            "fusion-epsilon",
            f"Pass RMSNormalization meets a normalization of {bound['x']!r} whose epsilon"
            f" ({bound.get('epsilon')!r}) is not one constant number; AIMET fails on it. Make it a"
            " constant or take RMSNormalization off supergroup_pass_list.",
            "/supergroup_pass_list",
        )
    if epsilon < 0:
        return None
    source, target = values.cast_target(bound["x"]), bound.get("output_type")
    if source is not None and source not in _FLOAT_TYPES:
        return None
    if target is not None and (target not in _FLOAT_TYPES or source is None):
        return None
    attributes = {"axis": -1 if axis is None else axis, "epsilon": epsilon}
    return Fused("RMSNormalization", (bound["x"], bound["scale"]), attributes)


_PLAIN = _normalized(_X)
_SCALED = _scaled(_X)

_RMS_NORMALIZATION = (
    FusionRule(_PLAIN[2], _build_plain_rms),
    FusionRule(_PLAIN[1], _build_plain_rms),
    FusionRule(_PLAIN[0], _build_plain_rms),
    FusionRule(_SCALED[1], _build_scaled_rms),
    FusionRule(_SCALED[0], _build_scaled_rms),
)


# -- LayerNormalization --------------------------------------------------------------------------


def _layer_norm_patterns() -> tuple[Apply, ...]:
    mean = Apply("ReduceMean", (_X,), (Attribute("axes", "axes"),))
    centered = Apply("Sub", (_X, mean))
    fused = Apply(
        "RMSNormalization",
        (centered, _SCALE),
        (Attribute("epsilon", "epsilon"), Attribute("axis", "axis")),
        SUPERGROUP_DOMAIN,
    )
    return *_scaled(centered), fused


def _build_layer_norm(bound: Mapping[str, Any], values: Values) -> Fused | None:
    axes, second = bound["axes"], bound.get("axis")
    if not isinstance(axes, tuple):
        return None
    if second is not None:
        axis = _number(second, values)
        if not axis or axis != _number(axes, values):
            return None
    if len(axes) != 1:
        return None
    epsilon = _number(bound.get("epsilon"), values)
    if epsilon is not None and epsilon < 0:
        return None
    attributes: dict[str, Any] = {"axis": axes[0]}
    if epsilon is not None:
        attributes["epsilon"] = epsilon
    return Fused("LayerNormalization", (bound["x"], bound["scale"]), attributes)


def _build_shifted_layer_norm(bound: Mapping[str, Any], values: Values) -> Fused | None:
    attributes = {"axis": bound["axis"], "epsilon": bound["epsilon"]}
    return Fused("LayerNormalization", (bound["x"], bound["scale"], bound["bias"]), attributes)


def _shifted_layer_norm_patterns() -> tuple[Apply, ...]:
    fused = Apply(
        "LayerNormalization",
        (_X, _SCALE),
        (Attribute("epsilon", "epsilon"), Attribute("axis", "axis")),
        SUPERGROUP_DOMAIN,
    )
    return Apply("Add", (_BIAS, fused)), Apply("Add", (fused, _BIAS))


_LAYER = _layer_norm_patterns()
_SHIFTED = _shifted_layer_norm_patterns()

_LAYER_NORMALIZATION = (
    FusionRule(_LAYER[2], _build_layer_norm),
    FusionRule(_LAYER[1], _build_layer_norm),
    FusionRule(_LAYER[0], _build_layer_norm),
    FusionRule(_SHIFTED[1], _build_shifted_layer_norm),
    FusionRule(_SHIFTED[0], _build_shifted_layer_norm),
)


# -- MatmulAdd and MaskedSoftmax -----------------------------------------------------------------


def _matmul_add_rule(*, transposed: bool, bias_first: bool) -> FusionRule:
    weight: Pattern = _WEIGHT
    if transposed:
        weight = Apply("Transpose", (_WEIGHT,), (Attribute("perm", "perm", optional=True),))
    product = Apply("MatMul", (_X, weight))

    def build(bound: Mapping[str, Any], values: Values) -> Fused | None:
        if values.rank(bound["weight"]) != 2 or values.rank(bound["bias"]) != 1:
            return None
        perm = bound.get("perm")
        if perm is not None and tuple(perm) != (1, 0):
            return None
        inputs = (bound["x"], bound["weight"], bound["bias"])
        return Fused("Gemm", inputs, {"transB": int(transposed)})

    operands = (_BIAS, product) if bias_first else (product, _BIAS)
    return FusionRule(Apply("Add", operands), build)


_MATMUL_ADD = (
    _matmul_add_rule(transposed=True, bias_first=True),
    _matmul_add_rule(transposed=False, bias_first=True),
    _matmul_add_rule(transposed=True, bias_first=False),
    _matmul_add_rule(transposed=False, bias_first=False),
)


def _masked_softmax_pattern() -> Apply:
    lowest = Apply("ReduceMin", (_X, Var("axes")))
    masked = Apply("Where", (Var("mask"), _X, Apply("Add", (lowest, Var("value")))))
    return Apply("Softmax", (masked,), (Attribute("axis", "axis"),))


def _build_masked_softmax(bound: Mapping[str, Any], values: Values) -> Fused | None:
    if values.declared_rank(bound["x"]) != 4:
        return None
    if bound["axis"] not in (-1, 3) or values.singleton(bound["axes"]) not in (-1, 3):
        return None
    value = values.singleton(bound["value"])
    if value is None or value > -20:
        return None
    return Fused("MaskedSoftmax", (bound["x"], bound["mask"], bound["value"]), {"axis": -1})


_MASKED_SOFTMAX = (FusionRule(_masked_softmax_pattern(), _build_masked_softmax),)

FUSION_RULES: Mapping[str, Sequence[FusionRule]] = MappingProxyType(
    {
        "LayerNormalization": _LAYER_NORMALIZATION,
        "RMSNormalization": _RMS_NORMALIZATION,
        "MatmulAdd": _MATMUL_ADD,
        "MaskedSoftmax": _MASKED_SOFTMAX,
    }
)
"""Pass → its rules; the only names `supergroup_pass_list` knows."""
