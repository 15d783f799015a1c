"""Whom kernels that loop by themselves ask whether to go on, between their steps.

A kernel is bound once and serves many runs, each with a user of its own. So whom to ask is no
part of it: whoever executes kernels says so for as long as they execute.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INTERVAL = 0.02
"""Seconds between two questions: steps may be faster than their answers."""


def _go_on() -> None:
    pass


_ASK: ContextVar[Callable[[], None]] = ContextVar("ask", default=_go_on)


@contextmanager
def asking(check: Callable[[], None] | None) -> Iterator[None]:
    """Have kernels call `check` between their steps; it stops them by raising.

    Args:
        check: Called at most every `INTERVAL` seconds; None leaves all as it is.
    """
    if check is None:
        yield
        return
    due = monotonic() + INTERVAL

    def ask() -> None:
        nonlocal due
        if monotonic() >= due:
            check()
            due = monotonic() + INTERVAL

    before = _ASK.set(ask)
    try:
        yield
    finally:
        _ASK.reset(before)


def asker() -> Callable[[], None]:
    """Return what a kernel calls before each of its steps."""
    return _ASK.get()
