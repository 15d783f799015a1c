"""Operators of `com.microsoft` that onnxruntime's optimizers write into real files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from quantsim_viz.sim.operators.convolution import convolve
from quantsim_viz.sim.operators.registry import operator
from quantsim_viz.sim.operators.windows import Windows

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from quantsim_viz.sim.operators.registry import Kernel, OperatorSpec

MICROSOFT = "com.microsoft"


@operator("Gelu", domain=MICROSOFT)
def gelu(spec: OperatorSpec) -> Kernel:
    """Exact Gelu."""
    return functional.gelu


@operator("FastGelu", domain=MICROSOFT)
def fast_gelu(spec: OperatorSpec) -> Kernel:
    """Gelu by the hyperbolic tangent, of the input plus an optional bias."""

    def kernel(x: Tensor, bias: Tensor | None = None) -> Tensor:
        return functional.gelu(x if bias is None else x + bias, approximate="tanh")

    return kernel


@operator("BiasGelu", domain=MICROSOFT)
def bias_gelu(spec: OperatorSpec) -> Kernel:
    """Exact Gelu of the input plus a bias."""
    return lambda x, bias: functional.gelu(x + bias)


@operator("QuickGelu", domain=MICROSOFT)
def quick_gelu(spec: OperatorSpec) -> Kernel:
    """`x·sigmoid(alpha·x)`."""
    alpha = spec.number("alpha", 1.702)
    return lambda x: torch.sigmoid(x * alpha).mul_(x)


_ACTIVATIONS: dict[str, Callable[[Tensor, tuple[float, ...]], Tensor]] = {
    "": lambda y, _parameters: y,
    "Relu": lambda y, _parameters: y.relu_(),
    "Tanh": lambda y, _parameters: y.tanh_(),
    "Sigmoid": lambda y, _parameters: y.sigmoid_(),
    "LeakyRelu": lambda y, p: functional.leaky_relu(y, p[0], inplace=True),
    "Clip": lambda y, p: y.clamp_(p[0], p[1]),
    "HardSigmoid": lambda y, p: y.mul_(p[0]).add_(p[1]).clamp_(0, 1),
}


@operator("FusedConv", domain=MICROSOFT)
def fused_conv(spec: OperatorSpec) -> Kernel:
    """Convolve, add an optional tensor, apply an activation."""
    group = spec.integer("group", 1)
    activate = _ACTIVATIONS[spec.text("activation")]
    parameters = spec.numbers("activation_params") or ()

    def kernel(
        x: Tensor, weight: Tensor, bias: Tensor | None = None, addend: Tensor | None = None
    ) -> Tensor:
        y = convolve(x, weight, bias, Windows.of(spec, x.ndim - 2), group)
        return activate(y if addend is None else y.add_(addend), parameters)

    return kernel


@operator("SkipLayerNormalization", domain=MICROSOFT)
def skip_layer_normalization(spec: OperatorSpec) -> Kernel:
    """Normalize the sum of input, skip and bias over the last axis; return that sum too."""
    epsilon = spec.number("epsilon", 1e-12)
    wants_sum, outputs = spec.wants(3), len(spec.node.outputs)

    def kernel(
        x: Tensor,
        skip: Tensor,
        gamma: Tensor,
        beta: Tensor | None = None,
        bias: Tensor | None = None,
    ) -> Tensor | tuple[Tensor | None, ...]:
        total = x + skip if bias is None else (x + skip).add_(bias)
        y = functional.layer_norm(total, total.shape[-1:], gamma, beta, epsilon)
        if outputs == 1:
            return y
        var, mean = torch.var_mean(total.float(), -1, correction=0, keepdim=True)
        return y, mean, torch.rsqrt(var + epsilon), total if wants_sum else None

    return kernel


@operator("SimplifiedLayerNormalization", domain=MICROSOFT)
@operator("SimplifiedLayerNormalization")
def simplified_layer_normalization(spec: OperatorSpec) -> Kernel:
    """Divide the last axis by its root mean square."""
    epsilon = spec.number("epsilon", 1e-5)
    return lambda x, scale: functional.rms_norm(x, x.shape[-1:], scale, epsilon)


@operator("FusedMatMul", domain=MICROSOFT)
def fused_matmul(spec: OperatorSpec) -> Kernel:
    """`alpha` times the product of matrices, each possibly transposed."""
    alpha = spec.number("alpha", 1.0)
    flip_a, flip_b = spec.flag("transA"), spec.flag("transB")

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        product = torch.matmul(a.mT if flip_a else a, b.mT if flip_b else b)
        return product if alpha == 1.0 else product.mul_(alpha)

    return kernel
