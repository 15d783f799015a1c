"""Which room may import which: the table of CONTRIBUTING.md, held to the code."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[3] / "quantsim_viz"

COMMON = {"errors", "diagnostics", "data_files", "importing", "samples", "__version__"}
"""Modules beside the rooms that every room may use."""

DOORS = {
    "config": set(),
    "model": set(),
    "resolve": {"model", "config"},
    "lint": {"model", "config", "resolve"},
    "report": {"model", "resolve"},
    "sim": {"model", "config", "resolve", "report"},
    "export": {"model", "config", "resolve", "sim"},
    "viz": {"model", "resolve"},
    "ui": {"model", "config", "resolve", "lint", "report", "sim", "export", "viz"},
}
"""Room → the rooms it may import; `cli` and the front door may import every one but `ui`."""

HEAVY = {
    "torch": {"sim", "export", "model/from_torch.py"},
    "streamlit": {"ui", "cli/app.py"},
}
"""Library → the only rooms, or modules, that may import it."""


def imported(path: Path) -> set[str]:
    """Every module that a file imports, wherever it does."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names if node.module == "quantsim_viz" else {node.module}
    return found


@pytest.mark.parametrize("room", DOORS)
def test_a_room_imports_only_what_its_doors_allow(room):
    allowed = DOORS[room] | COMMON | {room}
    files = sorted((PACKAGE / room).rglob("*.py"))
    assert files
    for path in files:
        rooms = {m.split(".")[1] for m in imported(path) if m.startswith("quantsim_viz.")}
        assert rooms <= allowed, f"{path.relative_to(PACKAGE)} imports {sorted(rooms - allowed)}"


def test_every_room_has_its_doors_written_down():
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert rooms == DOORS.keys() | {"cli"}


@pytest.mark.parametrize("library", HEAVY)
def test_a_heavy_library_stays_in_its_rooms(library):
    for path in PACKAGE.rglob("*.py"):
        place = path.relative_to(PACKAGE).as_posix()
        allowed = any(place == home or place.startswith(f"{home}/") for home in HEAVY[library])
        uses = any(m == library or m.startswith(f"{library}.") for m in imported(path))
        assert allowed or not uses, f"{place} imports {library}"
