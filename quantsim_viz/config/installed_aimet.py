"""The configuration files of an AIMET that is installed in the same environment.

Nothing of AIMET is imported, which would take seconds and much memory: its package is only looked
up on the path.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FOLDERS: tuple[tuple[str, str], ...] = (
    ("aimet_onnx", "common/quantsim_config"),
    ("aimet_common", "quantsim_config"),
)
"""Package and folder in it, newest first: AIMET moved its files from the second to the first."""


def find_aimet_files() -> Mapping[str, Path]:
    """Return the files by name without `.json`; empty where no AIMET is installed."""
    found: dict[str, Path] = {}
    for folder in _iter_folders():
        for file in sorted(folder.glob("*.json")):
            found.setdefault(file.stem, file)
    return found


def _iter_folders() -> Iterator[Path]:
    for package, folder in _FOLDERS:
        for location in _locations(package):
            yield Path(location) / folder


def _locations(package: str) -> list[str]:
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):  # a module of that name without a specification
        return []
    return [] if spec is None else list(spec.submodule_search_locations or ())
