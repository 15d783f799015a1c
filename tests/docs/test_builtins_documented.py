"""Every built-in behaviour is documented, with the sentence the product shows."""

from __future__ import annotations

from pathlib import Path

from quantsim_viz.resolve import BUILTINS
from quantsim_viz.resolve.passes import BUILTINS as PASS_BUILTINS
from quantsim_viz.resolve.stages import (
    dynamic_weights,
    exceptions,
    precision,
    sections,
    ties,
)

PAGE = Path(__file__).parents[2] / "docs" / "builtins.md"


def test_the_page_holds_every_behaviour_and_no_other() -> None:
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    assert rows == [f"| `{name}` | {text} |" for name, text in BUILTINS.items()]


def test_every_name_a_stage_declares_is_explained() -> None:
    declared = {
        value
        for module in (dynamic_weights, exceptions, precision, sections, ties)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str)
    }
    assert declared | set(PASS_BUILTINS.values()) <= set(BUILTINS)


def test_each_explanation_is_one_sentence() -> None:
    for text in BUILTINS.values():
        assert text.endswith(".")
        assert ". " not in text
