"""Why a text is not JSON: every reason at once, in plain words.

Python's own reader says where the first problem is. We name it from what stands there, mend it in a
copy (`syntax_repairs`), and read on, so that each finding is a real one and none is a consequence
of another.
"""

from __future__ import annotations

import json
import re
from array import array
from typing import TYPE_CHECKING

from quantsim_viz.config.patient import STRING, TOKENS, Patient, Trouble
from quantsim_viz.config.syntax_repairs import mend
from quantsim_viz.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from quantsim_viz.config.place import LineIndex

MOST_ERRORS = 20
"""After so many the text is hardly meant to be JSON."""

_LONGEST_REPAIRED = 4_000_000
"""Characters; of a longer text only the first problem is told."""

_CONSTANT = re.compile(rf"{STRING}|-?(?:NaN|Infinity)")


def find_syntax_errors(text: str, lines: LineIndex) -> tuple[Diagnostic, ...]:
    """Return what keeps a text from being JSON, at least one finding.

    Args:
        text: A text that Python's reader refuses (or accepts only for `NaN` and its like).
        lines: Its lines.
    """
    patient = Patient(text, array("I", range(len(text))))
    while len(patient.found) < MOST_ERRORS:
        trouble = _next_trouble(patient)
        if trouble is None or not mend(patient, trouble):
            break
        if len(text) > _LONGEST_REPAIRED:
            break
    if not patient.found:
        patient.report("not-json", "This text cannot be read as JSON.", 0, min(1, len(text)))
    return tuple(_to_diagnostic(lines, *finding) for finding in patient.found)


def find_too_deep(text: str, limit: int, lines: LineIndex) -> Diagnostic | None:
    """Return the finding at the first bracket nested deeper than `limit`, None without one."""
    depth = 0
    for match in TOKENS.finditer(text):
        if match[0] in "[{":
            depth += 1
            if depth > limit:
                message = (
                    f"This is the {depth}th bracket inside another; a configuration needs 6"
                    " levels. Check that this file is a configuration."
                )
                return _to_diagnostic(lines, "too-deep", message, match.start(), match.end())
        elif match[0] in "]}":
            depth -= 1
    return None


def _to_diagnostic(lines: LineIndex, code: str, message: str, start: int, end: int) -> Diagnostic:
    place = lines.place(start, end)
    return Diagnostic(
        code,
        Severity.ERROR,
        message,
        line=place.line,
        column=place.column,
        end_line=place.end_line,
        end_column=place.end_column,
    )


def _next_trouble(patient: Patient) -> Trouble | None:
    constants: list[str] = []
    try:
        json.loads(patient.text, parse_constant=constants.append, parse_int=len)
    except json.JSONDecodeError as error:
        if not constants or _find_constant(patient.text, error.pos) is None:
            at = patient.skip_blank(error.pos)
            return Trouble(error.msg, error.pos, at, patient.char(at), patient.before(at))
        at = _find_constant(patient.text, error.pos) or 0
    except RecursionError:
        patient.report("too-deep", "The brackets of this text are nested too deeply.", 0, 1)
        return None
    else:
        found = _find_constant(patient.text, len(patient.text)) if constants else None
        if found is None:
            return None
        at = found
    return Trouble("Expecting value", at, at, patient.char(at), patient.before(at))


def _find_constant(text: str, until: int) -> int | None:
    for match in _CONSTANT.finditer(text, 0, until):
        if not match[0].startswith('"'):
            return match.start()
    return None
