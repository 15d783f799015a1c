"""The room of the configuration: JSON text ↔ typed rules, each with its place.

Three types for three stages: `Document` (text with positions) → `Rules` (validated, ordered) →
settings, which `resolve` makes. It knows nothing of models, and imports `jsonschema`, `tree_sitter`
and `rapidfuzz` only when something is read.
"""

from __future__ import annotations

from quantsim_viz.config.document import Document
from quantsim_viz.config.edit import apply_patch, remove, set_value
from quantsim_viz.config.load import load_config, load_document
from quantsim_viz.config.place import Place
from quantsim_viz.config.presets import Preset, Source, Statement, list_presets, preset
from quantsim_viz.config.rules import Config, OpEntry, ParamEntry, Rule, Rules
from quantsim_viz.config.schema import KNOWN_PASSES, schema

__all__ = [
    "KNOWN_PASSES",
    "Config",
    "Document",
    "OpEntry",
    "ParamEntry",
    "Place",
    "Preset",
    "Rule",
    "Rules",
    "Source",
    "Statement",
    "apply_patch",
    "list_presets",
    "load_config",
    "load_document",
    "preset",
    "remove",
    "schema",
    "set_value",
]
