"""How the C library hands out memory: activations come and go, and should not be paged in anew.

By default glibc maps every large block from the kernel and returns it when it is freed, so each
activation costs a page fault for every 4 KiB: on networks of cheap operators that is more than the
operators cost. Freed memory is kept for the next activation instead, and returned at the end.
"""

from __future__ import annotations

import ctypes
import mmap
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


class HeapGuard:
    """Gives memory back when gaps in the heap let the process grow from batch to batch.

    glibc before 2.38 cannot put an aligned block into a gap of just its size, and torch aligns all
    of its blocks: where every batch makes tensors of the same sizes, the heap grows by a few of
    them each time. What is freed is then returned once the process is larger by a quarter than it
    was after the first batch, at the price of paging it in again.
    """

    GROWTH = 1.25
    SLACK = 64 << 20

    def __init__(self) -> None:
        self._usual: int | None = None

    def after_batch(self) -> bool:
        """Look how large the process is; return whether memory was given back."""
        resident = resident_bytes()
        if resident is None:
            return False
        if self._usual is None:
            self._usual = resident
        if resident <= self.GROWTH * self._usual + self.SLACK:
            return False
        return_freed_memory()
        # What is still there is in use: outputs that are kept, for example.
        self._usual = max(self._usual, resident_bytes() or 0)
        return True


def resident_bytes() -> int | None:
    """Return how much memory the process takes, None where nobody tells."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * mmap.PAGESIZE
    except OSError:
        return None


@cache
def _glibc() -> Any:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") else None
