"""Loops over tensors in machine code: quantize, and sum up signal and noise, in one pass.

Torch needs a pass over the values for each step of quantizing and for each sum. Here LLVM makes one
loop of them, for the processor at hand, when they are first wanted. The arithmetic is that of
`quantize`, operation by operation in single precision, none of them fused or reordered: the values
are the same to the bit. Powers are summed up in double precision.

Where LLVM or its memory for code is not to be had, `compiled` says so, and torch does the work.
"""

from __future__ import annotations

import ctypes
import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from functools import cache
from string import Template
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from quantsim_viz.sim.operators.layout import is_dense

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor

WIDTH = 16
"""Elements in one step of a loop; LLVM splits them up as the processor's registers ask."""

SPREAD = 1 << 18
"""From so many elements on, torch's number of threads share the work."""

_PARAMETERS = ("low", "high", "scale", "offset", "missing", "half")

_READ_SOURCE = """
  %source.at = getelementptr float, ptr %source, i64 %i
  %x = load <$W x float>, ptr %source.at, align 4"""

_READ_REFERENCE = """
  %reference.at = getelementptr float, ptr %reference, i64 %i
  %exact = load <$W x float>, ptr %reference.at, align 4"""

_READ_TARGET = """
  %target.at = getelementptr float, ptr %target, i64 %i
  %value = load <$W x float>, ptr %target.at, align 4"""

_QUANTIZE = """
  %is.above = fcmp ogt <$W x float> %x, %low
  %raised = select <$W x i1> %is.above, <$W x float> %x, <$W x float> %low
  %is.below = fcmp olt <$W x float> %raised, %high
  %clamped = select <$W x i1> %is.below, <$W x float> %raised, <$W x float> %high
  %divided = fdiv <$W x float> %clamped, %scale
  %shifted = fsub <$W x float> %divided, %offset
  %halved = fadd <$W x float> %shifted, %half
  %code = call <$W x float> @llvm.floor.v${W}f32(<$W x float> %halved)
  %moved = fadd <$W x float> %code, %offset
  %real = fmul <$W x float> %moved, %scale
  %is.missing = fcmp uno <$W x float> %x, %x
  %value = select <$W x i1> %is.missing, <$W x float> %missing, <$W x float> %real"""

_WRITE_TARGET = """
  %target.at = getelementptr float, ptr %target, i64 %i
  store <$W x float> %value, ptr %target.at, align 4"""

_NOISE = "\n  %noise = fsub <$W x float> %exact, %value"
_PARTS = """
  %clipping = fsub <$W x float> %x, %clamped
  %rounding = fsub <$W x float> %clamped, %value"""


class Loop(Enum):
    """What a loop reads and does, and which of its values are squared and summed up."""

    QUANTIZE = (_READ_SOURCE + _QUANTIZE + _WRITE_TARGET, ())
    MEASURE = (
        _READ_SOURCE + _READ_REFERENCE + _QUANTIZE + _WRITE_TARGET + _NOISE,
        ("noise", "exact"),
    )
    PROBE = (
        _READ_SOURCE + _READ_REFERENCE + _QUANTIZE + _NOISE + _PARTS,
        ("noise", "exact", "clipping", "rounding"),
    )
    NOISE = (_READ_REFERENCE + _READ_TARGET + _NOISE, ("noise", "exact"))
    SIGNAL = (_READ_REFERENCE, ("exact",))

    def assembly(self) -> str:
        """Return the loop in LLVM's language: by `WIDTH` elements, and one by one."""
        outer = _fill(_OUTER, name=self.name)
        return self._function(WIDTH) + self._function(1) + outer

    def _function(self, width: int) -> str:
        body, summed = self.value
        starts, parts, ends = [], [], []
        for number, value in enumerate(summed):
            starts.append(_fill(_SUM_START, W=width, K=number))
            parts.append(_fill(_SUM_PART, W=width, K=number, value=value))
            ends.append(_fill(_SUM_END, W=width, K=number))
        return _fill(
            _INNER,
            W=width,
            name=self.name,
            parameters=_parameters(width) if _QUANTIZE in body else "",
            starts="".join(starts),
            body=_fill(body, W=width) + "".join(parts),
            ends="".join(ends),
        )


def _fill(text: str, **values: Any) -> str:
    return Template(text).substitute(values)


_SUM_START = """
  %sum$K = phi <$W x double> [ zeroinitializer, %entry ], [ %sum$K.next, %body ]"""

_SUM_PART = """
  %sum$K.wide = fpext <$W x float> %$value to <$W x double>
  %sum$K.square = fmul contract <$W x double> %sum$K.wide, %sum$K.wide
  %sum$K.next = fadd contract <$W x double> %sum$K, %sum$K.square"""

_SUM_END = """
  %sum$K.all = call reassoc double
    @llvm.vector.reduce.fadd.v${W}f64(double 0.0, <$W x double> %sum$K)
  %sum$K.at = getelementptr double, ptr %sums, i64 $K
  %sum$K.before = load double, ptr %sum$K.at
  %sum$K.after = fadd double %sum$K.before, %sum$K.all
  store double %sum$K.after, ptr %sum$K.at"""

_INNER = """
define internal void @$name.$W(ptr %source, ptr %target, ptr %reference, ptr %grid, ptr %sums,
                             i64 %start, i64 %stop) {
entry:$parameters
  br label %head
head:
  %i = phi i64 [ %start, %entry ], [ %next, %body ]$starts
  %more = icmp ult i64 %i, %stop
  br i1 %more, label %body, label %done
body:$body
  %next = add i64 %i, $W
  br label %head
done:$ends
  ret void
}
"""

_OUTER = f"""
define void @$name(ptr %source, ptr %target, ptr %reference, ptr %grid, ptr %sums, i64 %count) {{
  %wide = and i64 %count, -{WIDTH}
  call void @$name.{WIDTH}(ptr %source, ptr %target, ptr %reference, ptr %grid, ptr %sums,
                          i64 0, i64 %wide)
  call void @$name.1(ptr %source, ptr %target, ptr %reference, ptr %grid, ptr %sums,
                    i64 %wide, i64 %count)
  ret void
}}
"""

_DECLARATIONS = "".join(
    f"declare <{width} x float> @llvm.floor.v{width}f32(<{width} x float>)\n"
    f"declare double @llvm.vector.reduce.fadd.v{width}f64(double, <{width} x double>)\n"
    for width in (WIDTH, 1)
)


def _parameters(width: int) -> str:
    """Return what reads a grid, each of whose parameters is stored `WIDTH` times."""
    return "".join(
        f"\n  %{name}.at = getelementptr float, ptr %grid, i64 {WIDTH * index}"
        f"\n  %{name} = load <{width} x float>, ptr %{name}.at, align 4"
        for index, name in enumerate(_PARAMETERS)
    )


class GridMemory:
    """The parameters of a per-tensor grid as the loops read them.

    Args:
        low: Lowest value.
        high: Highest value.
        scale: Distance between neighbouring values.
        offset: Code of the lowest value.
        missing: What stands for values that are not numbers.
        half: What is added before rounding down.
    """

    __slots__ = ("_values", "address")

    def __init__(
        self, low: float, high: float, scale: float, offset: float, missing: float, half: float
    ) -> None:
        values = np.array([low, high, scale, offset, missing, half], np.float32)
        self._values = np.repeat(values, WIDTH)
        self.address = int(self._values.ctypes.data)


def fits(first: Tensor, *others: Tensor) -> bool:
    """Tell whether the loops can walk over tensors of one shape side by side.

    They can if all of them are dense `float32` in the processor's memory, and their elements lie
    in the same order.
    """
    float32 = torch.float32
    contiguous = first.is_contiguous()
    if first.dtype is not float32 or not first.is_cpu or not (contiguous or is_dense(first)):
        return False
    for other in others:
        if other.dtype is not float32 or not other.is_cpu:
            return False
        if not (other.is_contiguous() if contiguous else other.stride() == first.stride()):
            return False
    return True


@dataclass(frozen=True, slots=True)
class _Machine:
    """Compiled loops; the engine owns their code."""

    engine: Any
    functions: Mapping[Loop, Callable[..., None]]


@cache
def _machine() -> _Machine | None:
    """Return all loops compiled for this processor, None if that is not possible here."""
    try:
        import llvmlite.binding as llvm

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        module = llvm.parse_assembly(_DECLARATIONS + "".join(loop.assembly() for loop in Loop))
        module.verify()
        machine = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=2
        )
        engine = llvm.create_mcjit_compiler(module, machine)
        engine.finalize_object()
    except (ImportError, OSError, RuntimeError):
        return None
    kind = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 5, ctypes.c_int64)
    functions = {loop: kind(engine.get_function_address(loop.name)) for loop in Loop}
    return _Machine(engine, functions)


@cache
def compiled(loop: Loop) -> Callable[..., Sequence[float]] | None:
    """Return a loop to call, None if torch must do the work.

    Args:
        loop: Which.

    Returns:
        A function of source, target and reference (each a tensor or None), a grid and the number
        of elements. The tensors fulfil `fits`. It returns the loop's sums.
    """
    machine = _machine()
    if machine is None:
        return None
    function = machine.functions[loop]
    sums = ctypes.c_double * max(1, len(loop.value[1]))

    def run(
        source: Tensor | None,
        target: Tensor | None,
        reference: Tensor | None,
        grid: GridMemory | None,
        count: int,
    ) -> Sequence[float]:
        places = (
            None if source is None else source.data_ptr(),
            None if target is None else target.data_ptr(),
            None if reference is None else reference.data_ptr(),
        )
        address = None if grid is None else grid.address
        if count >= SPREAD and (threads := torch.get_num_threads()) > 1:
            return _spread(function, sums, places, address, count, threads)
        found: Any = sums()
        function(*places, address, found, count)
        return found  # type: ignore[no-any-return]  # an array of doubles, sliced and unpacked

    return run


def _spread(
    function: Callable[..., None],
    sums: Any,
    places: Sequence[int | None],
    grid: int | None,
    count: int,
    threads: int,
) -> Sequence[float]:
    """Run a loop in equal parts, one a thread; the sums of the parts are added in their order."""
    size = -(-count // (threads * WIDTH)) * WIDTH

    def part(start: int) -> Any:
        found = sums()
        moved = [place and place + 4 * start for place in places]
        function(*moved, grid, found, min(size, count - start))
        return found

    founds = list(_pool(threads).map(part, range(0, count, size)))
    return [math.fsum(each) for each in zip(*founds, strict=True)]


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="quantsim-viz-loop")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # threads do not survive a fork
