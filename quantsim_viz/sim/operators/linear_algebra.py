"""Matrix products and what is built on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from quantsim_viz.sim.operators import packing
from quantsim_viz.sim.operators.dtypes import narrow, widen
from quantsim_viz.sim.operators.elementwise import torchs_own
from quantsim_viz.sim.operators.registry import operator

if TYPE_CHECKING:
    from torch import Tensor

    from quantsim_viz.sim.operators.registry import Kernel, OperatorSpec


@operator("MatMul")
def matmul(spec: OperatorSpec) -> Kernel:
    """Multiply (stacks of) matrices as numpy does."""
    if not packing.packs_matrix(spec):
        return torchs_own(spec, torch.matmul)
    weight = spec.constant(1)
    assert weight is not None
    multiply = packing.multiplier(weight.T)
    return lambda a, _b: multiply(a, None)


@operator("Gemm")
def gemm(spec: OperatorSpec) -> Kernel:
    """`alpha·A·B + beta·C`, `A` and `B` possibly transposed, `C` broadcast."""
    alpha, beta = spec.number("alpha", 1.0), spec.number("beta", 1.0)
    flip_a, flip_b = spec.flag("transA"), spec.flag("transB")

    def general(a: Tensor, b: Tensor, c: Tensor | None = None) -> Tensor:
        a, b = a.T if flip_a else a, b.T if flip_b else b
        if not a.is_floating_point():
            whole = torch.matmul(widen(a), widen(b)) * alpha
            return narrow(whole if c is None else whole + beta * widen(c), a.dtype)
        if c is None:
            product = torch.mm(a, b)
            return product if alpha == 1.0 else product.mul_(alpha)
        return torch.addmm(c, a, b, beta=beta, alpha=alpha)

    if alpha != 1.0 or beta != 1.0 or flip_a:
        return general
    return _linear(spec, general, flip_b=flip_b)


def _linear(spec: OperatorSpec, general: Kernel, *, flip_b: bool) -> Kernel:
    """Return the kernel of a linear layer, its weight packed if that is possible."""
    if packing.packs_matrix(spec):
        weight = spec.constant(1)
        assert weight is not None
        multiply = packing.multiplier(weight if flip_b else weight.T)
        width = weight.shape[0 if flip_b else 1]

        def packed_kernel(a: Tensor, _b: Tensor, c: Tensor | None = None) -> Tensor:
            if c is None or c.shape == (width,):
                return multiply(a, c)
            return multiply(a, None).add_(c)

        return packed_kernel

    def kernel(a: Tensor, b: Tensor, c: Tensor | None = None) -> Tensor | tuple[Tensor | None, ...]:
        if not flip_b or (c is not None and c.ndim != 1):
            return general(a, b, c)
        return functional.linear(a, b, c)

    return kernel


@operator("Einsum", since=12, aliases=True)
def einsum(spec: OperatorSpec) -> Kernel:
    """Sum of products by the equation."""
    equation = spec.text("equation").replace(" ", "")
    return lambda *operands: torch.einsum(equation, *operands)


@operator("Det", since=11)
def determinant(spec: OperatorSpec) -> Kernel:
    """Determinants of square matrices."""
    return lambda x: torch.linalg.det(x.float() if x.dtype.itemsize < 4 else x).to(x.dtype)
