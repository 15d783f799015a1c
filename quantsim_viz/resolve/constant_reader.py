"""Values of a model's constants, as the patterns of the pass list read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from quantsim_viz.errors import ModelError
from quantsim_viz.resolve.view import constant_value, iter_views

if TYPE_CHECKING:
    from quantsim_viz.model.graph import Constant
    from quantsim_viz.resolve.view import GraphView, ViewNode

_NUMBERS = {
    "value_float": np.float32,
    "value_floats": np.float32,
    "value_int": np.int64,
    "value_ints": np.int64,
}


class ConstantReader:
    """Stored constants and `Constant` nodes of a model by tensor name.

    A `Constant` node inside a body is constant to the rules, but its value is not marked for the
    patterns to compare, as in AIMET.
    """

    def __init__(self, top: GraphView) -> None:
        self._found: dict[str, Constant | np.ndarray[Any, Any]] = {}
        self._unmarked: set[str] = set()
        for view in iter_views(top):
            self._found.update(view.initializers)
            for node in view.nodes:
                if node.op_type == "Constant" and not node.domain and node.outputs:
                    self._enter(node)
                    if view is not top:
                        self._unmarked.add(node.outputs[0])

    def rank(self, tensor: str) -> int | None:
        """Return the rank of a constant, None if the tensor is not one."""
        found = self._found.get(tensor)
        return None if found is None else len(found.shape)

    def singleton(self, tensor: str) -> int | float | None:
        """Return the only element of a constant, None if there is not exactly one number."""
        value = self._small(tensor)
        if value is None:
            return None
        number = value.reshape(-1)[0].item()
        return number if isinstance(number, int | float) else None

    def marked(self, tensor: str) -> np.ndarray[Any, Any] | None:
        """Return the value of a constant of one element that patterns may compare."""
        return None if tensor in self._unmarked else self._small(tensor)

    def _small(self, tensor: str) -> np.ndarray[Any, Any] | None:
        found = self._found.get(tensor)
        if found is None or any(length != 1 for length in found.shape):
            return None
        if isinstance(found, np.ndarray):
            return found
        try:
            return found.numpy()
        except ModelError:
            return None

    def _enter(self, node: ViewNode) -> None:
        value = constant_value(node)
        if value is not None:
            self._found[node.outputs[0]] = value
            return
        for name, dtype in _NUMBERS.items():
            if name in node.attributes:
                self._found[node.outputs[0]] = np.asarray(node.attributes[name], dtype=dtype)
