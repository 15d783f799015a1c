from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from support.text_models import text_model

from quantsim_viz.config import load_config
from quantsim_viz.lint import lint
from quantsim_viz.model import load_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from quantsim_viz.diagnostics import Diagnostic

BASE: dict[str, Any] = {
    "defaults": {"ops": {"is_output_quantized": "True"}, "params": {"is_quantized": "True"}},
    "params": {"bias": {"is_quantized": "False"}},
    "op_type": {},
    "supergroups": [],
    "model_input": {"is_input_quantized": "True"},
    "model_output": {"is_output_quantized": "True"},
}


@pytest.fixture
def base() -> dict[str, Any]:
    """A plain configuration to change."""
    return copy.deepcopy(BASE)


class Findings:
    """What lint found, to ask for by code and rule."""

    def __init__(self, findings: tuple[Diagnostic, ...]) -> None:
        self._findings = findings

    def __getitem__(self, code: str) -> Diagnostic:
        return next(f for f in self._findings if f.code == code)

    def __contains__(self, code: object) -> bool:
        return any(f.code == code for f in self._findings)

    def codes_of(self, rule: str) -> dict[str, Diagnostic]:
        """The findings about one rule, by code."""
        return {f.code: f for f in self._findings if f.rule == rule}


@pytest.fixture
def found() -> Callable[..., Findings]:
    """Lint a configuration on a model given as text."""

    def run(config: dict[str, Any], body: str, **model: Any) -> Findings:
        bits = {key: model.pop(key) for key in ("param_bits", "act_bits") if key in model}
        proto = text_model(body, **model)
        return Findings(lint(load_config(config), load_model(proto), **bits))

    return run
