"""Where the files that come with the software are: presets and sample models."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def configs_folder() -> Path:
    """Return the folder of the presets."""
    return _folder("configs")


def sample_models_folder() -> Path:
    """Return the folder of the sample models and their data."""
    return _folder("sample_models")


@cache
def _folder(name: str) -> Path:
    """Return the folder inside an installed package, or the one beside it in a checkout."""
    packaged = _PACKAGE / "_data" / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / name
