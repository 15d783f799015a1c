"""Every code that a configuration or a model can get is documented, and nothing that is gone."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from quantsim_viz.lint import CODES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "lint.md").read_text("utf-8")
ROOMS = ("config", "model", "resolve", "lint")
MAKERS = {"Diagnostic": 0, "Refused": 0, "Refusal": 0, "report": 0, "_refused": 0, "_refusal": 0}
"""Calls that make a finding or a refusal, and which argument is the code."""


def codes_in(tree: ast.AST) -> set[str]:
    """Return the codes that a module makes: by keyword, by position, or held as `code` first."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            name = node.func.attr if isinstance(node.func, ast.Attribute) else name
            values = [k.value for k in node.keywords if k.arg == "code"]
            position = 1 if name == "finding" else MAKERS.get(name)
            if position is not None:
                values += node.args[position : position + 1]
            for value in values:
                found |= texts(value)
        elif isinstance(node, ast.Assign) and "code" in names(node.targets):
            found |= texts(node.value)
    return found


def names(targets: list[ast.expr]) -> set[str]:
    return {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}


def texts(value: ast.expr) -> set[str]:
    """The texts that an expression may stand for, of a tuple only the first."""
    first = value.elts[0] if isinstance(value, ast.Tuple) else value
    if isinstance(first, ast.IfExp):
        return texts(first.body) | texts(first.orelse)
    is_text = isinstance(first, ast.Constant) and isinstance(first.value, str)
    return {first.value} if is_text else set()


def codes_of_rooms() -> set[str]:
    found = set(CODES)
    for room in ROOMS:
        for file in sorted((ROOT / "quantsim_viz" / room).rglob("*.py")):
            found |= codes_in(ast.parse(file.read_text("utf-8")))
    return found


def documented() -> list[str]:
    return re.findall(r"^\| `([a-z0-9-]+)` \|", PAGE, re.MULTILINE)


def test_every_code_of_the_source_is_documented_and_no_other() -> None:
    assert set(documented()) == codes_of_rooms()


def test_no_code_has_two_rows() -> None:
    assert len(documented()) == len(set(documented()))


def test_collecting_finds_codes_however_they_are_made() -> None:
    source = """
raise ConfigError("…", code="one", hint="…")
Diagnostic("two", Severity.ERROR, "…")
code, meant = "three", None
finding(config, "four", pointer, "…")
Refused("five" if x else "six", "…")
"""
    assert codes_in(ast.parse(source)) == {"one", "two", "three", "four", "five", "six"}


@pytest.mark.parametrize("code", CODES)
def test_lint_codes_have_their_sentence_and_a_paragraph_with_an_example(code: str) -> None:
    meaning = CODES[code]
    assert f"| `{code}` | {meaning.severity.value} | {meaning.sentence} |" in PAGE
    section = PAGE.partition(f"\n### `{code}`\n")[2].partition("\n### ")[0]
    assert re.search(r"^    \S", section, re.MULTILINE), "an example, indented"


def test_no_paragraph_is_about_a_code_that_is_gone() -> None:
    assert set(re.findall(r"^### `(.+)`$", PAGE, re.MULTILINE)) == set(CODES)
