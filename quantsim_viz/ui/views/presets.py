"""The shipped configurations with what is known of them, and those of an AIMET installed here."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from quantsim_viz.config import list_presets

if TYPE_CHECKING:
    from quantsim_viz.config.presets import Preset

CHECKS = {
    "read": "the source itself was read",
    "excerpt": "an excerpt of the page was read",
    "headings": "no more than the headings were read",
}


@cache
def presets_bytes() -> bytes:
    """Return every preset as JSON, the one to start from first."""
    rows = [preset_row(entry) for entry in list_presets(include_aimet=True)]
    return json.dumps(rows, separators=(",", ":")).encode()


def preset_row(entry: Preset) -> dict[str, Any]:
    """Return what a preset's card shows."""
    return {
        "name": entry.name,
        "title": entry.title,
        "description": entry.description,
        "target": entry.target,
        "checked": entry.checked or "",
        "bits": entry.bit_widths,
        "sources": [
            {"title": source.title, "url": source.url, "how": CHECKS[source.how]}
            for source in entry.sources
        ],
        "rules": [statement.says for statement in entry.statements],
        "cannot": list(entry.cannot_express),
        "installed": entry.origin == "aimet",
    }
