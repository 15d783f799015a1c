"""The operator table: ONNX operators on torch, everything else through the reference evaluator.

One small function an operator, one module a family, registered by name and version. A node is
bound once, ahead of execution; the kernel that comes out is what the inner loop calls.

May import `model`, `errors`, torch and onnx; knows nothing of quantizers.
"""

from quantsim_viz.sim.operators import (
    arithmetic,
    attention,
    casting,
    contrib,
    control_flow,
    convolution,
    creation,
    elementwise,
    indexing,
    linear_algebra,
    losses,
    normalization,
    padding,
    pooling,
    quantization,
    random,
    recurrent,
    reductions,
    resizing,
    sampling,
    shape,
    signal,
)
from quantsim_viz.sim.operators.binding import bind, compile_graph, outer_names
from quantsim_viz.sim.operators.dtypes import storage_type, to_numpy, to_tensor
from quantsim_viz.sim.operators.program import BoundOperator, Executor, Program, Step
from quantsim_viz.sim.operators.registry import (
    Kernel,
    Layout,
    OperatorEntry,
    OperatorSpec,
    find,
    iter_entries,
    operator,
)
from quantsim_viz.sim.operators.support import unsupported

FAMILIES = (
    elementwise,
    arithmetic,
    reductions,
    linear_algebra,
    convolution,
    pooling,
    normalization,
    attention,
    recurrent,
    shape,
    padding,
    indexing,
    resizing,
    sampling,
    signal,
    creation,
    random,
    casting,
    quantization,
    losses,
    control_flow,
    contrib,
)
"""The modules that fill the table, in the order in which the documentation lists them."""

__all__ = [
    "FAMILIES",
    "BoundOperator",
    "Executor",
    "Kernel",
    "Layout",
    "OperatorEntry",
    "OperatorSpec",
    "Program",
    "Step",
    "bind",
    "compile_graph",
    "find",
    "iter_entries",
    "operator",
    "outer_names",
    "storage_type",
    "to_numpy",
    "to_tensor",
    "unsupported",
]
