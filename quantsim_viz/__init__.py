"""See, explain and edit quantization-simulation configurations on the model's graph.

The public names are found when they are first asked for, so that `import quantsim_viz` stays light:
neither torch nor Streamlit is imported before something that needs them runs.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantsim_viz.config import load_config
    from quantsim_viz.errors import (
        ConfigError,
        DataError,
        ModelError,
        QuantSimError,
        UnsupportedOperator,
    )
    from quantsim_viz.export.export import export
    from quantsim_viz.lint import lint
    from quantsim_viz.model import load_model
    from quantsim_viz.resolve import diff, resolve
    from quantsim_viz.sim.attribution import attribute
    from quantsim_viz.sim.compare import compare
    from quantsim_viz.sim.run import run
    from quantsim_viz.sim.simulate import simulate

__version__ = "0.1.0"

__all__ = [
    "ConfigError",
    "DataError",
    "ModelError",
    "QuantSimError",
    "UnsupportedOperator",
    "__version__",
    "attribute",
    "compare",
    "diff",
    "export",
    "lint",
    "load_config",
    "load_model",
    "resolve",
    "run",
    "simulate",
]

_ROOMS = {
    "ConfigError": "quantsim_viz.errors",
    "DataError": "quantsim_viz.errors",
    "ModelError": "quantsim_viz.errors",
    "QuantSimError": "quantsim_viz.errors",
    "UnsupportedOperator": "quantsim_viz.errors",
    "attribute": "quantsim_viz.sim",
    "compare": "quantsim_viz.sim",
    "diff": "quantsim_viz.resolve",
    "export": "quantsim_viz.export",
    "lint": "quantsim_viz.lint",
    "load_config": "quantsim_viz.config",
    "load_model": "quantsim_viz.model",
    "resolve": "quantsim_viz.resolve",
    "run": "quantsim_viz.sim",
    "simulate": "quantsim_viz.sim",
}


def __getattr__(name: str) -> Any:
    """Import the room of a public name when the name is first used (PEP 562)."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_ROOMS[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, also those not imported yet."""
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """This package, where a public function wins over the subpackage of the same name.

    The import system binds each subpackage to its parent under its name. `resolve` is a function in
    the public interface and a package inside, so that binding would make `quantsim_viz.resolve`
    mean one or the other depending on what was imported before.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _ROOMS and isinstance(value, ModuleType):
            return
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
