"""Every key of the format is documented in `docs/configuration.md`, and no other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from quantsim_viz.config import KNOWN_PASSES
from quantsim_viz.config.schema import inlined_schema
from quantsim_viz.resolve.params import PARAM_INPUTS

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text("utf-8")
ROWS = {
    name: line
    for line in PAGE.splitlines()
    if line.startswith("| `")
    for name in re.findall(r"`([^`]+)`", line.split(" | ")[0])
}


def iter_keys(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every key as the page writes it; kernels have a section of their own there."""
    for key, value in schema.get("properties", {}).items():
        below = f"{path}.{key}" if path else key
        yield below, value
        yield from iter_keys(value, "supported_kernels" if key == "supported_kernels" else below)
    free = schema.get("additionalProperties")
    if isinstance(free, dict):
        yield from iter_keys(free, f"{path}.<type>")
    if "items" in schema:
        yield from iter_keys(schema["items"], f"{path}[]")


KEYS = dict(iter_keys(inlined_schema()))


@pytest.mark.parametrize("key", KEYS)
def test_a_key_has_a_row(key: str) -> None:
    assert key in ROWS


def test_rows_are_about_keys_of_the_format() -> None:
    entries = {"params.<type>", "op_type.<type>"}
    keys = {row for row in ROWS if "." in row or row in inlined_schema()["properties"]}
    assert keys - entries <= KEYS.keys()


@pytest.mark.parametrize("key", [key for key, schema in KEYS.items() if "x-refused" in schema])
def test_the_row_of_a_key_says_which_values_are_refused(key: str) -> None:
    refused = KEYS[key]["x-refused"]
    assert "refused" in ROWS[key].lower()
    assert len(refused) == 2 or '"False"` is refused' in ROWS[key]


@pytest.mark.parametrize(
    "name", sorted({*KNOWN_PASSES, *(name for i in PARAM_INPUTS.values() for _, name in i)})
)
def test_every_pass_and_parameter_type_is_named(name: str) -> None:
    assert f"`{name}`" in PAGE


def test_the_sections_stand_in_the_order_of_precedence() -> None:
    order = re.findall(r"^\| \d+ \| `([a-z_.]+)`", PAGE, re.MULTILINE)
    assert [name for name in order if name in inlined_schema()["required"]] == [
        "params", "op_type", "supergroups", "model_input", "model_output",
    ]  # fmt: skip
    assert order[:2] == ["defaults.ops", "defaults.params"]
