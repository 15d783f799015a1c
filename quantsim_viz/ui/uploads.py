"""Where uploads are kept: files named by their content, gone when the app ends.

A file can be handed to another process by its name, however large it is.
"""

from __future__ import annotations

import atexit
import hashlib
import tempfile
from functools import cache
from pathlib import Path


def store(content: bytes, suffix: str) -> Path:
    """Keep an upload and return its file; what is kept already is not written again."""
    path = _folder() / f"{hashlib.sha256(content).hexdigest()}{suffix}"
    if not path.exists():
        beside = path.with_suffix(".part")
        beside.write_bytes(content)
        beside.rename(path)
    return path


@cache
def _folder() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="quantsim-viz-")
    atexit.register(folder.cleanup)
    return Path(folder.name)
