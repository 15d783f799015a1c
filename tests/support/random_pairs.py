"""The random models and configurations of `tests/parity`, for other tests.

The scripts there run by themselves and import one another by bare names; this puts their folder on
the path once.
"""

from __future__ import annotations

import sys
from pathlib import Path

_PARITY = str(Path(__file__).resolve().parents[1] / "parity")
if _PARITY not in sys.path:
    sys.path.append(_PARITY)

from random_configs import random_config  # noqa: E402 - the path is set first
from random_models import random_model  # noqa: E402 - the path is set first

__all__ = ["random_config", "random_model"]
