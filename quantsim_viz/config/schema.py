"""The format as a JSON Schema (draft 2020-12), which also drives forms, tooltips and completion."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

KNOWN_PASSES = ("LayerNormalization", "RMSNormalization", "MatmulAdd", "MaskedSoftmax")
"""What `supergroup_pass_list` may name (`docs/semantics.md` §5)."""


def schema() -> dict[str, Any]:
    """Return the schema of a configuration; a new copy at each call.

    Beyond the standard's keywords it holds, for forms and completion, `x-refused` (values that the
    format has and AIMET refuses at this place), `x-suggest` (what to offer: `op_types`) and
    `x-unused` (read by AIMET and without effect).
    """
    document: dict[str, Any] = json.loads(_schema_text())
    return document


@cache
def inlined_schema() -> dict[str, Any]:
    """Return the schema with every reference replaced by what it refers to; read it only.

    Keywords beside a reference stay and beat those of its target. It validates several times faster
    than the original, and whoever walks it need not follow references.
    """
    document = schema()
    definitions = document.pop("$defs")
    inlined: dict[str, Any] = _inline(document, definitions)
    return inlined


@cache
def validator() -> Draft202012Validator:
    """Return the compiled validator."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator(inlined_schema())


@cache
def _schema_text() -> str:
    return (files("quantsim_viz.config") / "schema.json").read_text(encoding="utf-8")


def _inline(value: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_inline(item, definitions) for item in value]
    if not isinstance(value, dict):
        return value
    inlined = {key: _inline(item, definitions) for key, item in value.items() if key != "$ref"}
    reference = value.get("$ref")
    if isinstance(reference, str):
        target = definitions[reference.removeprefix("#/$defs/")]
        inlined = {**_inline(target, definitions), **inlined}
    return inlined
