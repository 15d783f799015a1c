"""The shipped configurations with what is known of them, and those of an AIMET installed here."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from quantsim_viz.config import list_presets, preset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quantsim_viz.config.presets import Preset
    from quantsim_viz.ui.documents import ConfigSource

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


def limit_facts(source: ConfigSource) -> Iterator[dict[str, Any]]:
    """Yield the coverage line's link to what an opened preset cannot express, if there is that."""
    is_file = source.is_upload or source.path is not None
    entry = None if is_file else preset(source.reference)
    if entry is not None and entry.cannot_express:
        count = len(entry.cannot_express)
        runtime = f"What {entry.target} does and a configuration cannot say."
        yield {
            "value": str(count),
            "label": f"limit{'' if count == 1 else 's'} of {entry.title}",
            "hint": f"{runtime if entry.target else 'What this preset cannot say.'} Show it.",
            "act": "limits",
        }
