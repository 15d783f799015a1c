"""Short ways to write configurations in tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

REFUSED = Path(__file__).parent / "refused.json"
"""A valid configuration that AIMET refuses on every model with a float constant operand."""


def quantize_everything(**changes: Any) -> dict[str, Any]:
    """A configuration that quantizes everything, parameters symmetrically.

    Args:
        changes: Sections that replace its own; `defaults` is merged.
    """
    defaults = {
        "ops": {"is_output_quantized": "True"},
        "params": {"is_quantized": "True", "is_symmetric": "True"},
    }
    document = {
        "defaults": {**defaults, **changes.pop("defaults", {})},
        "params": {},
        "op_type": {},
        "supergroups": [],
        "model_input": {"is_input_quantized": "True"},
        "model_output": {},
    }
    return {**document, **changes}
