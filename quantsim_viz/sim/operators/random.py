"""Operators that draw at random: from the node's seed if it has one, else from a fixed one.

A seed that were left to chance would make every figure of a report one draw of many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from quantsim_viz.sim.operators.dtypes import storage_type
from quantsim_viz.sim.operators.registry import operator

if TYPE_CHECKING:
    from torch import Tensor

    from quantsim_viz.sim.operators.registry import Kernel, OperatorSpec


def _generator(spec: OperatorSpec) -> torch.Generator:
    return torch.Generator(spec.device).manual_seed(int(spec.number("seed", 0.0)))


def _dtype(spec: OperatorSpec, default: torch.dtype) -> torch.dtype:
    number = spec.integer("dtype")
    return storage_type(number) if number else default


def _drawing(spec: OperatorSpec) -> Kernel:
    """Return a kernel from a shape and a type to a fresh tensor."""
    normal = spec.node.op_type.startswith("RandomNormal")
    mean, scale = spec.number("mean", 0.0), spec.number("scale", 1.0)
    low, high = spec.number("low", 0.0), spec.number("high", 1.0)

    def draw(shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        y = torch.empty(shape, dtype=torch.float32, device=spec.device)
        generator = _generator(spec)
        if normal:
            y.normal_(mean, scale, generator=generator)
        else:
            y.uniform_(low, high, generator=generator)
        return y.to(dtype)

    return draw


@operator("RandomNormal", "RandomUniform")
def random_of_shape(spec: OperatorSpec) -> Kernel:
    """Draw a tensor of the attribute's shape."""
    draw, shape = _drawing(spec), spec.integers("shape") or ()
    dtype = _dtype(spec, torch.float32)
    return lambda: draw(shape, dtype)


@operator("RandomNormalLike", "RandomUniformLike")
def random_like(spec: OperatorSpec) -> Kernel:
    """Draw a tensor of the input's shape."""
    draw = _drawing(spec)
    return lambda x: draw(tuple(x.shape), _dtype(spec, x.dtype))


@operator("Bernoulli", since=15)
def bernoulli(spec: OperatorSpec) -> Kernel:
    """Draw 1 with the probability that the input gives, else 0."""

    def kernel(x: Tensor) -> Tensor:
        return torch.bernoulli(x, generator=_generator(spec)).to(_dtype(spec, x.dtype))

    return kernel


@operator("Multinomial", since=7)
def multinomial(spec: OperatorSpec) -> Kernel:
    """Draw classes by unnormalized log-probabilities, with replacement."""
    count, dtype = spec.integer("sample_size", 1), _dtype(spec, torch.int32)

    def kernel(x: Tensor) -> Tensor:
        chances = torch.softmax(x, 1)
        return torch.multinomial(chances, count, True, generator=_generator(spec)).to(dtype)

    return kernel
