"""Operators that make tensors out of attributes and lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from quantsim_viz.sim.operators.dtypes import narrow, storage_type, widen
from quantsim_viz.sim.operators.registry import axis_of, operator

if TYPE_CHECKING:
    from torch import Tensor

    from quantsim_viz.sim.operators.registry import Kernel, OperatorSpec


@operator("Constant", aliases=True)
def constant(spec: OperatorSpec) -> Kernel:
    """Return the value in whichever attribute holds it."""
    attributes = spec.node.attributes
    value = spec.tensor("value")
    if value is None and "sparse_value" in attributes:
        value = spec.tensor("sparse_value")
    if value is None:
        name, number = next(iter(attributes.items()))
        if name.startswith("value_string"):
            storage_type("string")
        dtype = torch.float32 if name.startswith("value_float") else torch.int64
        value = torch.tensor(number, dtype=dtype, device=spec.device)
    fixed = value
    return lambda: fixed


@operator("ConstantOfShape", since=9)
def constant_of_shape(spec: OperatorSpec) -> Kernel:
    """Fill a shape with one value, by default 0."""
    value = spec.tensor("value")
    fill = torch.zeros((), device=spec.device) if value is None else value.reshape(())
    read = spec.reader(0)
    return lambda shape: fill.expand(read(shape) or ()).clone(memory_format=torch.contiguous_format)


@operator("Range", since=11)
def arithmetic_range(spec: OperatorSpec) -> Kernel:
    """Count from `start` to before `limit` in steps of `delta`."""

    def kernel(start: Tensor, limit: Tensor, delta: Tensor) -> Tensor:
        step = delta.item()
        count = max(0, -int(-(limit.double() - start.double()) // step))
        if not start.is_floating_point():
            count = max(0, -(-(int(limit.item()) - int(start.item())) // int(step)))
        steps = torch.arange(count, device=start.device)
        if start.is_floating_point():
            return (start.double() + steps * delta.double()).to(start.dtype)
        return (start.long() + steps * delta.long()).to(start.dtype)

    return kernel


@operator("EyeLike", since=9)
def eye_like(spec: OperatorSpec) -> Kernel:
    """Ones on the `k`-th diagonal of a matrix of the input's shape."""
    offset = spec.integer("k")
    number = spec.integer("dtype")

    def kernel(x: Tensor) -> Tensor:
        rows, columns = x.shape
        across = (
            torch.arange(columns, device=x.device) - torch.arange(rows, device=x.device)[:, None]
        )
        return (across == offset).to(storage_type(number) if number else x.dtype)

    return kernel


@operator("OneHot", since=9)
def one_hot(spec: OperatorSpec) -> Kernel:
    """`values[1]` where the new axis counts to the index, `values[0]` elsewhere."""
    axis = spec.integer("axis", -1)
    read = spec.reader(1)

    def kernel(indices: Tensor, depth: Tensor, values: Tensor) -> Tensor:
        count = int((read(depth) or (0,))[0])
        place = axis_of(axis, indices.ndim + 1)
        steps = torch.arange(count, device=indices.device)
        steps = steps.reshape((-1,) + (1,) * (indices.ndim - place))
        whole = widen(indices).long()
        hot = torch.where(whole < 0, whole + count, whole).unsqueeze(place) == steps
        return torch.where(hot, values[1], values[0])

    return kernel


@operator("Trilu", since=14)
def trilu(spec: OperatorSpec) -> Kernel:
    """Keep the upper or lower triangle from the `k`-th diagonal on."""
    read = spec.reader(1)
    function = torch.triu if spec.flag("upper", True) else torch.tril

    def kernel(x: Tensor, k: Tensor | None = None) -> Tensor:
        diagonal = (read(k) or (0,))[0]
        return narrow(function(widen(x), diagonal), x.dtype)

    return kernel
