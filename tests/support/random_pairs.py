"""The parity runner's random models and configurations, for tests that need no referee."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "parity"))  # its scripts import one another

from random_configs import random_config
from random_models import random_model

__all__ = ["random_config", "random_model"]
