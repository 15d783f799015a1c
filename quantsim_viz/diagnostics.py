"""Problems as values: what is wrong with an input, where, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Severity(StrEnum):
    """How much a finding matters; errors make `lint` answer "no" (exit status 1)."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that mends a finding: a title to offer and an RFC 6902 patch of the document."""

    title: str
    patch: tuple[Mapping[str, Any], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fix as it stands in `lint --json`."""
        return {"title": self.title, "patch": [dict(step) for step in self.patch]}


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    Attributes:
        code: A stable, kebab-case identifier, documented in `docs/lint.md`.
        severity: `error`, `warning` or `info`.
        message: What is wrong, where, what was expected and found, what to do.
        rule: JSON pointer of the rule concerned, `""` for the whole document.
        line: 1-based line of that rule, when the text is known.
        column: 1-based column.
        end_line: Line where the place ends, for underlining.
        end_column: Column after the last character of the place.
        related: Further JSON pointers that belong to the story (the other culprit).
        nodes: Names of the nodes concerned.
        fix: A machine-applicable mend.
    """

    code: str
    severity: Severity
    message: str
    rule: str = ""
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    related: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    fix: Fix | None = field(default=None)

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as JSON has it (`resolve --json`, `lint --json`)."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            "rule": self.rule,
            "line": self.line,
            "column": self.column,
            "related": list(self.related),
            "nodes": list(self.nodes),
            "fix": self.fix.to_dict() if self.fix else None,
        }


def format_diagnostic(diagnostic: Diagnostic, path: str) -> str:
    """Render a finding as one terminal line, `PATH:LINE:COL: severity[CODE]: message`.

    >>> finding = Diagnostic("x", Severity.ERROR, "Bad. Do good.", line=2, column=3)
    >>> format_diagnostic(finding, "c.json")
    'c.json:2:3: error[x]: Bad. Do good.'
    """
    place = (
        path if diagnostic.line is None else f"{path}:{diagnostic.line}:{diagnostic.column or 1}"
    )
    return f"{place}: {diagnostic.severity.value}[{diagnostic.code}]: {diagnostic.message}"
