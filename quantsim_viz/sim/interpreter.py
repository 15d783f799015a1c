"""Plain float execution of a whole model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from quantsim_viz.errors import DataError
from quantsim_viz.sim.operators import compile_graph, to_tensor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from torch import Tensor

    from quantsim_viz.model.graph import Model


def run_graph(
    model: Model,
    inputs: Mapping[str, Tensor | np.ndarray[Any, Any]],
    wanted: Sequence[str] | None = None,
    device: torch.device | str = "cpu",
) -> dict[str, Tensor]:
    """Execute a model once, nothing quantized; tensors are freed after their last use.

    Args:
        model: The model.
        inputs: A value for every graph input that is not an initializer; those may be overridden.
        wanted: Names of tensors of the top graph to return; the graph's outputs by default.
        device: Where to execute.

    Returns:
        The wanted tensors by name. Types that torch lacks come in their storage type
        (`quantsim_viz.sim.operators.dtypes`).

    Raises:
        DataError: An input is missing.
        UnsupportedOperator: A node cannot be executed.
    """
    graph = model.graph
    names = tuple(graph.outputs if wanted is None else wanted)
    overridden = [name for name in inputs if name in graph.initializers and name in graph.inputs]
    program = compile_graph(
        graph,
        opset=model.opset,
        functions=model.functions,
        device=device,
        overridden=overridden,
        wanted=names,
    )
    needed = [n for n in graph.inputs if n not in graph.initializers or n in inputs]
    missing = [name for name in needed if name not in inputs]
    if missing:
        raise DataError(
            f"no data for input {', '.join(missing)}; the data name {', '.join(inputs) or 'none'}",
            code="missing-input",
            hint=f"give one array for each of {', '.join(needed)}",
        )
    with torch.no_grad():
        results = program.run([_tensor(inputs[name], device) for name in needed])
    return {name: value for name, value in zip(names, results, strict=True) if value is not None}


def _tensor(value: Tensor | np.ndarray[Any, Any], device: torch.device | str) -> Tensor:
    return value.to(device) if isinstance(value, torch.Tensor) else to_tensor(value, device)
