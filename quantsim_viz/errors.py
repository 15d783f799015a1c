"""What stops us: the exceptions every room may raise.

Findings about a user's input that do *not* stop us are values (`quantsim_viz.diagnostics`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quantsim_viz.diagnostics import Diagnostic


class QuantSimError(Exception):
    """Raised when the tool cannot go on; its subclasses say with what.

    Attributes:
        code: A stable, kebab-case identifier such as `not-json`.
        message: What is wrong, where, what was expected and found.
        hint: What to do about it.
        path: The file it concerns, when there is one.
        line: 1-based line in that file, when known.
        column: 1-based column in that file, when known.
        diagnostics: Every problem found, when there is more than the one in `message`.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        hint: str = "",
        path: str | None = None,
        line: int | None = None,
        column: int | None = None,
        diagnostics: Sequence[Diagnostic] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.path = path
        self.line = line
        self.column = column
        self.diagnostics = tuple(diagnostics)

    def __str__(self) -> str:
        return f"{self.message} — {self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[object, ...]:
        """Keep every field across a process boundary (simulation runs in a worker process)."""
        return (_rebuild, (type(self), self.message, self.__dict__.copy()))


def _rebuild(cls: type[QuantSimError], message: str, state: dict[str, object]) -> QuantSimError:
    error = cls.__new__(cls)
    Exception.__init__(error, message)
    error.__dict__.update(state)
    return error


class ModelError(QuantSimError):
    """Raised when a model cannot be read or is not a valid model."""


class ConfigError(QuantSimError):
    """Raised when a configuration cannot be read, or is not one."""


class DataError(QuantSimError):
    """Raised when data cannot be read or do not fit the model."""


class UnsupportedOperator(QuantSimError):  # noqa: N818 - reads as the finding it is
    """Raised when a model holds operators that the engine cannot execute."""


class Cancelled(QuantSimError):  # noqa: N818 - a request that was met, not a mistake
    """Raised inside a running simulation after its user asked it to stop.

    Attributes:
        reports: What had been measured by then, one partial `Report` a configuration; empty where
            nothing had, and for runs that make no report.
    """

    reports: tuple[Any, ...] = ()

    @property
    def report(self) -> Any:
        """The first configuration's partial report, None where nothing had been measured."""
        return self.reports[0] if self.reports else None
