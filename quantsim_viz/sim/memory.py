"""How the C library hands out memory: activations come and go, and should not be paged in anew.

By default glibc maps every large block from the kernel and returns it when it is freed, so each
activation costs a page fault for every 4 KiB: on networks of cheap operators that is more than the
operators cost. Freed memory is kept for the next activation instead, and returned at the end.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
_LARGE = 1 << 30


@cache
def keep_freed_memory() -> bool:
    """Ask the C library to keep large freed blocks; return whether it does.

    It acts on the process, once. Other C libraries than glibc are left alone.
    """
    library = _glibc()
    if library is None:
        return False
    kept = library.mallopt(_M_MMAP_THRESHOLD, _LARGE) or library.mallopt(_M_MMAP_THRESHOLD, 1 << 25)
    return bool(kept and library.mallopt(_M_TRIM_THRESHOLD, _LARGE << 1))


def return_freed_memory() -> None:
    """Give what is free back to the operating system."""
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


@cache
def _glibc() -> Any:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") else None
