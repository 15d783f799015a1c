"""Bit widths in force against the ones that `supported_kernels` lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.config.pointer import join
from quantsim_viz.lint.context import LintContext, count, finding, sample
from quantsim_viz.resolve.columns import BITWIDTH, DTYPE, ENABLED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quantsim_viz.diagnostics import Diagnostic
    from quantsim_viz.resolve.topology import Op

Width = tuple[int, str]
"""Bit width and data type, such as `(8, "int")`."""


def check_kernels(context: LintContext) -> Iterator[Diagnostic]:
    """Yield a finding for every list of kernels that holds no entry for what is in force."""
    data = context.config.document.data
    defaults = data["defaults"].get("supported_kernels")
    clashes: dict[str, list[tuple[Op, Width, Width | None]]] = {}
    for op in context.topology.ops:
        entry = data["op_type"].get(op.op_type, {})
        kernels, pointer = defaults, "/defaults/supported_kernels"
        if "supported_kernels" in entry:
            kernels = entry["supported_kernels"]
            pointer = join("/op_type", op.op_type, "supported_kernels")
        widths = _widths(context, op)
        if kernels and widths is not None and not any(_fits(k, *widths) for k in kernels):
            clashes.setdefault(pointer, []).append((op, *widths))
    for pointer, found in clashes.items():
        pairs = sorted({_describe(act, param) for _, act, param in found})
        names = context.op_names(op.index for op, _, _ in found)
        yield finding(
            context.config,
            "no-kernel-for-bit-widths",
            pointer,
            f"{count(len(found), 'node')} ({sample(names)}) run with {'; '.join(pairs)}, for which"
            " this list has no kernel. AIMET ignores the list; the runtime it describes may not.",
            nodes=names,
        )


def _widths(context: LintContext, op: Op) -> tuple[Width, Width | None] | None:
    """Return the widths of an operator's quantized output and weight, None where it has neither."""
    columns = context.run.columns
    topology = context.topology

    def width(quantizer: int) -> Width:
        return columns[BITWIDTH][quantizer], columns[DTYPE][quantizer]

    outputs = [q for q in topology.output_quantizers[op.index] if columns[ENABLED][q]]
    if not outputs:
        return None
    weights = [
        q
        for q, kind in topology.param_quantizers(op.index)
        if kind == "weight" and columns[ENABLED][q]
    ]
    return width(outputs[0]), width(weights[0]) if weights else None


def _fits(kernel: dict[str, Any], activation: Width, param: Width | None) -> bool:
    if (kernel["activation"]["bitwidth"], kernel["activation"]["dtype"]) != activation:
        return False
    listed = kernel.get("param")
    return param is None or listed is None or (listed["bitwidth"], listed["dtype"]) == param


def _describe(activation: Width, param: Width | None) -> str:
    words = f"{activation[1]}{activation[0]} activations"
    return words if param is None else f"{words} and {param[1]}{param[0]} weights"
