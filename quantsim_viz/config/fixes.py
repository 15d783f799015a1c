"""The changes that findings offer."""

from __future__ import annotations

from typing import Any

from quantsim_viz.config.pointer import join, last, parent
from quantsim_viz.config.wording import short, shown
from quantsim_viz.diagnostics import Fix


def replacement(pointer: str, value: Any) -> Fix:
    """Return the fix that writes another value."""
    return Fix(f"Write {shown(value)}", ({"op": "replace", "path": pointer, "value": value},))


def removal(pointer: str, title: str | None = None) -> Fix:
    """Return the fix that takes a member or an item out."""
    return Fix(title or f"Remove {short(last(pointer))}", ({"op": "remove", "path": pointer},))


def renaming(pointer: str, key: str) -> Fix:
    """Return the fix that gives a member another key."""
    step = {"op": "move", "from": pointer, "path": join(parent(pointer), key)}
    return Fix(f"Rename to {key}", (step,))


def addition(pointer: str, value: Any) -> Fix:
    """Return the fix that adds a member."""
    return Fix(f"Add {last(pointer)}", ({"op": "add", "path": pointer, "value": value},))
