"""Why a text is not JSON: every reason at once, in plain words.

Python's own reader says where the first problem is. We name it from what stands there, mend it in a
copy, and read on, so that each finding is a real one and none is a consequence of another.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from quantsim_viz.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from quantsim_viz.config.place import LineIndex

MOST_ERRORS = 20
"""After so many the text is hardly meant to be JSON."""

_LONGEST_REPAIRED = 4_000_000
"""Characters; of a longer text only the first problem is told."""

_STRING = r'"(?:[^"\\\x00-\x1f]|\\.)*"'
_TOKENS = re.compile(rf"{_STRING}|[\[\]{{}}]")
_STRINGS_AND_BRACKETS = re.compile(rf'{_STRING}|[\[\]{{}}"]')
_SINGLE_QUOTED = re.compile(r"'(?:[^'\\\n\r]|\\.)*'")
_COMMENT = re.compile(r"//[^\n\r]*|#[^\n\r]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_WORD = re.compile(r"[^\s,:{}\[\]\"']+")
_LINE_REST = re.compile(r"[^\n\r]*")
_BLANK = re.compile(r"[ \t\n\r]*")
_CLOSER = {"{": "}", "[": "]"}
_CURLY_QUOTES = "“”„‟‘’‚‛«»"
_NUMBER_WORDS = frozenset({"nan", "inf", "infinity"})
_TRUTH_WORDS = {"true": "True", "false": "False"}


@dataclass(slots=True)
class _Patient:
    """The text under repair, and where each of its characters comes from."""

    text: str
    origin: list[int]
    found: list[tuple[str, str, int, int]] = field(default_factory=list)

    def replace(self, start: int, end: int, new: str) -> None:
        source = self.origin[start] if start < len(self.origin) else self.end_of_text
        self.text = self.text[:start] + new + self.text[end:]
        if len(new) != end - start:
            self.origin[start:end] = [source] * len(new)

    def blank(self, start: int, end: int) -> None:
        self.replace(start, end, " " * (end - start))

    def report(self, code: str, message: str, start: int, end: int) -> None:
        """Note a finding at the characters from `start` up to, not including, `end`."""
        begin = self.origin[start] if start < len(self.origin) else self.end_of_text
        last = self.origin[end - 1] + 1 if start < end <= len(self.origin) else begin
        self.found.append((code, message, begin, max(begin, last)))

    @property
    def end_of_text(self) -> int:
        return self.origin[-1] + 1 if self.origin else 0

    def skip_blank(self, offset: int) -> int:
        match = _BLANK.match(self.text, offset)
        return match.end() if match else offset

    def before(self, offset: int) -> int:
        """Return the offset of the last character before `offset` that is not blank, or -1."""
        while offset > 0 and self.text[offset - 1] in " \t\n\r":
            offset -= 1
        return offset - 1

    def char(self, offset: int) -> str:
        return self.text[offset] if 0 <= offset < len(self.text) else ""

    def open_brackets(self, until: int) -> list[int]:
        """Return the offsets of the brackets that are open at `until`, outermost first."""
        stack: list[int] = []
        for match in _TOKENS.finditer(self.text, 0, until):
            if match[0] in "[{":
                stack.append(match.start())
            elif match[0] in "]}" and stack:
                stack.pop()
        return stack

    def open_string(self, until: int) -> int:
        """Return where the string starts that is still open at `until`."""
        for match in _STRINGS_AND_BRACKETS.finditer(self.text, 0, until):
            if match[0] == '"':
                return match.start()
        return until


@dataclass(frozen=True, slots=True)
class _Trouble:
    """One complaint of the reader: its words, and the first character that is not blank there."""

    kind: str
    offset: int
    at: int
    char: str
    before: int


def find_syntax_errors(text: str, lines: LineIndex) -> tuple[Diagnostic, ...]:
    """Return what keeps a text from being JSON, at least one finding.

    Args:
        text: A text that Python's reader refuses (or accepts only for `NaN` and its like).
        lines: Its lines.
    """
    patient = _Patient(text, list(range(len(text))))
    while len(patient.found) < MOST_ERRORS:
        trouble = _next_trouble(patient)
        if trouble is None or not _mend(patient, trouble):
            break
        if len(text) > _LONGEST_REPAIRED:
            break
    if not patient.found:
        patient.report("not-json", "This text cannot be read as JSON.", 0, min(1, len(text)))
    return tuple(_to_diagnostic(lines, *finding) for finding in patient.found)


def find_too_deep(text: str, limit: int, lines: LineIndex) -> Diagnostic | None:
    """Return the finding at the first bracket nested deeper than `limit`, None without one."""
    depth = 0
    for match in _TOKENS.finditer(text):
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


def _next_trouble(patient: _Patient) -> _Trouble | None:
    constants: list[str] = []
    try:
        json.loads(patient.text, parse_constant=constants.append, parse_int=len)
    except json.JSONDecodeError as error:
        if not constants or _find_constant(patient.text, error.pos) is None:
            at = patient.skip_blank(error.pos)
            return _Trouble(error.msg, error.pos, at, patient.char(at), patient.before(at))
        at = _find_constant(patient.text, error.pos) or 0
    except RecursionError:
        patient.report("too-deep", "The brackets of this text are nested too deeply.", 0, 1)
        return None
    else:
        found = _find_constant(patient.text, len(patient.text)) if constants else None
        if found is None:
            return None
        at = found
    return _Trouble("Expecting value", at, at, patient.char(at), patient.before(at))


def _find_constant(text: str, until: int) -> int | None:
    for match in re.finditer(rf"{_STRING}|-?(?:NaN|Infinity)", text[:until]):
        if not match[0].startswith('"'):
            return match.start()
    return None


def _mend(patient: _Patient, trouble: _Trouble) -> bool:
    """Report one problem and mend it; False when reading on makes no sense."""
    return any(attempt(patient, trouble) for attempt in _ATTEMPTS) and not _gave_up(patient)


def _gave_up(patient: _Patient) -> bool:
    return patient.found[-1][0] in _LAST_CODES


_LAST_CODES = frozenset({"not-json", "extra-text", "empty"})


def _mend_empty(patient: _Patient, trouble: _Trouble) -> bool:
    if patient.text.strip():
        return False
    message = 'The text is empty: a configuration is a JSON object, "{ … }".'
    patient.report("empty", message, 0, 0)
    return True


def _mend_comment(patient: _Patient, trouble: _Trouble) -> bool:
    match = _COMMENT.match(patient.text, trouble.at)
    if match is None:
        return False
    message = "JSON has no comments. Remove this one."
    patient.report("comment", message, match.start(), match.end())
    patient.replace(match.start(), match.end(), re.sub(r"[^\n\r]", " ", match[0]))
    return True


def _mend_string(patient: _Patient, trouble: _Trouble) -> bool:
    """A string without its closing quote, or with characters that a string may not hold."""
    if trouble.kind.startswith("Invalid \\"):
        start = trouble.offset
        while start > 0 and patient.char(start) != "\\":
            start -= 1
        shown = patient.text[start : start + 2]
        message = f'"{shown}" means nothing in a JSON string; a backslash is written "\\\\".'
        patient.report("bad-escape", message, start, start + 2)
        patient.replace(start, start + 1, "/")
        return True
    if trouble.kind.startswith("Invalid control"):
        if patient.char(trouble.offset) not in "\n\r":
            message = (
                f"A string may not hold the control character U+{ord(patient.char(trouble.offset)):04X}"
                " as it is. Remove it, or write a tab as \\t."
            )
            patient.report("control-character", message, trouble.offset, trouble.offset + 1)
            patient.replace(trouble.offset, trouble.offset + 1, " ")
            return True
        start = patient.open_string(trouble.offset)
    elif trouble.kind.startswith("Unterminated"):
        start = trouble.offset
    else:
        return False
    return _close_string(patient, start)


def _close_string(patient: _Patient, start: int) -> bool:
    rest = _LINE_REST.match(patient.text, start + 1)
    line_end = rest.end() if rest else start + 1
    is_key = patient.char(patient.before(start)) in ("{", ",") and _in_object(patient, start)
    end = line_end
    colon = patient.text.find(":", start, line_end)
    if is_key and colon > 0:
        end = colon
    else:
        while end > start + 1 and patient.text[end - 1] in " \t,]}":
            end -= 1
    while end > start + 1 and patient.text[end - 1] in " \t":
        end -= 1
    if end > start + 1 and patient.text[end - 1] == "\\":
        patient.replace(end - 1, end, "/")
    shown = patient.text[start:end]
    message = f'The string {_short(shown)} has no closing quote. Add " at its end.'
    patient.report("missing-quote", message, start, end)
    patient.replace(end, end, '"')
    return True


def _in_object(patient: _Patient, offset: int) -> bool:
    stack = patient.open_brackets(offset)
    return bool(stack) and patient.text[stack[-1]] == "{"


def _mend_extra(patient: _Patient, trouble: _Trouble) -> bool:
    """Something stands after the end of the document."""
    if trouble.kind != "Extra data" or _is_number_rest(patient, trouble):
        return False
    if trouble.char in "]}":
        message = f"This {trouble.char} closes nothing. Remove it, or a bracket before it."
        patient.report("extra-bracket", message, trouble.at, trouble.at + 1)
        patient.blank(trouble.at, trouble.at + 1)
        return True
    message = (
        "The document is complete before this: its first bracket is closed already. Remove the rest,"
        " or the closing bracket that is one too many."
    )
    patient.report("extra-text", message, trouble.at, trouble.at + 1)
    return True


def _mend_end(patient: _Patient, trouble: _Trouble) -> bool:
    """The text ends too early."""
    if trouble.at < len(patient.text):
        return False
    end = len(patient.text)
    if patient.char(trouble.before) == ":":
        patient.report(
            "missing-value", "No value follows this colon.", trouble.before, trouble.before + 1
        )
        patient.replace(end, end, "0")
        return True
    stack = patient.open_brackets(end)
    if not stack:
        return False
    if patient.char(trouble.before) == ",":
        patient.blank(trouble.before, trouble.before + 1)
    elif trouble.kind.startswith("Expecting ':'"):
        patient.report(
            "missing-colon",
            "A colon and a value must follow this key.",
            trouble.before,
            trouble.before + 1,
        )
        patient.replace(end, end, ":0")
    for offset in reversed(stack):
        opener = patient.text[offset]
        message = (
            f"This {opener} is never closed. Add {_CLOSER[opener]} where its"
            f" {'object' if opener == '{' else 'array'} ends."
        )
        patient.report("unclosed-bracket", message, offset, offset + 1)
        patient.replace(len(patient.text), len(patient.text), _CLOSER[opener])
    return True


def _mend_comma(patient: _Patient, trouble: _Trouble) -> bool:
    """A comma too many, or a bracket after one."""
    at, before = trouble.at, trouble.before
    if trouble.char == ",":
        following = patient.char(patient.skip_blank(at + 1))
        if patient.char(before) == ":":
            return _insert_value(patient, trouble)
        if following in ("]", "}") and patient.char(before) not in ("[", "{", ","):
            message = f"No comma is allowed before {following}. Remove this one."
            patient.report("trailing-comma", message, at, at + 1)
        elif trouble.kind.startswith("Expecting ':'"):
            return _insert_colon(patient, trouble, ":0")
        else:
            message = "No value stands before this comma. Remove it, or add the value."
            patient.report("extra-comma", message, at, at + 1)
        patient.blank(at, at + 1)
        return True
    if trouble.char in ("]", "}") and patient.char(before) == ",":
        message = f"No comma is allowed before {trouble.char}. Remove this one."
        patient.report("trailing-comma", message, before, before + 1)
        patient.blank(before, before + 1)
        return True
    return False


def _mend_bracket(patient: _Patient, trouble: _Trouble) -> bool:
    """A closing bracket where none, or another one, is expected."""
    at = trouble.at
    if trouble.char not in ("]", "}"):
        return False
    if patient.char(trouble.before) == ":":
        return _insert_value(patient, trouble)
    if trouble.kind.startswith("Expecting ':'"):
        return _insert_colon(patient, trouble, ":0")
    stack = patient.open_brackets(at)
    opener = patient.text[stack[-1]] if stack else ""
    if opener and _CLOSER[opener] != trouble.char:
        message = f"This {trouble.char} cannot close {opener}. Write {_CLOSER[opener]}."
        patient.report("wrong-bracket", message, at, at + 1)
        patient.replace(at, at + 1, _CLOSER[opener])
        return True
    return False


def _insert_value(patient: _Patient, trouble: _Trouble) -> bool:
    message = "No value follows this colon. Add one, or remove the key."
    patient.report("missing-value", message, trouble.before, trouble.before + 1)
    patient.replace(trouble.at, trouble.at, "0")
    return True


def _insert_colon(patient: _Patient, trouble: _Trouble, mended: str) -> bool:
    message = "A colon and a value must follow this key."
    patient.report("missing-colon", message, trouble.before, trouble.before + 1)
    patient.replace(trouble.at, trouble.at, mended)
    return True


def _is_number_rest(patient: _Patient, trouble: _Trouble) -> bool:
    """Whether the trouble stands in the middle of what is meant as one number (01, 5., 0x10)."""
    touching = trouble.before == trouble.at - 1 == trouble.offset - 1
    return (
        touching
        and patient.char(trouble.before).isdigit()
        and _WORD.match(trouble.char) is not None
    )


def _mend_number(patient: _Patient, trouble: _Trouble) -> bool:
    start = trouble.at
    if _is_number_rest(patient, trouble):
        while start > 0 and _WORD.match(patient.text[start - 1]):
            start -= 1
    elif not re.match(r"[+-]?\.?\d", patient.text[start : start + 3]):
        return False
    elif not trouble.kind.startswith("Expecting value"):
        return False
    match = _WORD.match(patient.text, start)
    if match is None:
        return False
    message = f"{_short(match[0])} is not written as JSON writes numbers (-1, 0.5, 1e-3)."
    patient.report("bad-number", message, match.start(), match.end())
    patient.replace(match.start(), match.end(), "0".ljust(len(match[0])))
    return True


def _mend_separator(patient: _Patient, trouble: _Trouble) -> bool:
    """A comma or a colon is missing."""
    at = trouble.at
    if trouble.kind.startswith("Expecting ':'"):
        if trouble.char in "=;":
            message = "Between a key and its value stands a colon. Write : here."
            patient.report("missing-colon", message, at, at + 1)
            patient.replace(at, at + 1, ":")
            return True
        return _insert_colon(patient, trouble, ":")
    if not trouble.kind.startswith("Expecting ','"):
        return False
    if trouble.char in ";:=":
        message = f"A comma is expected here, not {trouble.char}"
        patient.report("missing-comma", message + ".", at, at + 1)
        patient.replace(at, at + 1, ",")
        return True
    if (
        at == trouble.before + 1
        and patient.char(trouble.before) == '"'
        and _WORD.match(trouble.char)
    ):
        message = "A quote before this is too many or too few: the string ends here already."
        patient.report("not-json", message, trouble.before, at)
        return True
    message = "A comma is missing after this."
    patient.report("missing-comma", message, trouble.before, trouble.before + 1)
    patient.replace(at, at, ",")
    return True


def _mend_quotes(patient: _Patient, trouble: _Trouble) -> bool:
    """Quotes that are not JSON's."""
    at = trouble.at
    if trouble.char == "'":
        match = _SINGLE_QUOTED.match(patient.text, at)
        if match is None:
            return _close_string(patient, at) and _requote(patient, at)
        message = f'JSON strings stand in double quotes. Write "{_short(match[0][1:-1])}".'
        patient.report("single-quotes", message, at, match.end())
        inner = re.sub(r"[\\\"\x00-\x1f]", "_", match[0][1:-1])
        patient.replace(at, match.end(), f'"{inner}"')
        return True
    if trouble.char and trouble.char in _CURLY_QUOTES:
        message = f'{trouble.char} is a typographic quote; JSON strings stand in plain ones: ".'
        closing = next(
            (
                i
                for i in range(at + 1, len(patient.text))
                if patient.text[i] in _CURLY_QUOTES + '"\n'
            ),
            at,
        )
        if patient.char(closing) in ("\n", '"') or closing == at:
            patient.report("not-json", message, at, at + 1)
            return True
        patient.report("wrong-quotes", message, at, closing + 1)
        inner = re.sub(r"[\\\"\x00-\x1f]", "_", patient.text[at + 1 : closing])
        patient.replace(at, closing + 1, f'"{inner}"')
        return True
    return False


def _requote(patient: _Patient, at: int) -> bool:
    patient.replace(at, at + 1, '"')
    return True


def _mend_word(patient: _Patient, trouble: _Trouble) -> bool:
    """A word without quotes."""
    match = _WORD.match(patient.text, trouble.at)
    if match is None:
        return False
    word = match[0]
    start, end = match.span()
    if patient.char(patient.skip_blank(end)) == ":" and not trouble.kind.startswith(
        "Expecting value"
    ):
        message = f'A key stands in double quotes. Write "{_short(word)}".'
        patient.report("unquoted-key", message, start, end)
    elif word.lstrip("+-").lower() in _NUMBER_WORDS:
        message = f"JSON has no {_short(word)}. Write a number, or leave the key out for no limit."
        patient.report("not-a-number", message, start, end)
    elif word.lower() in _TRUTH_WORDS:
        meant = _TRUTH_WORDS[word.lower()]
        message = f'{word} without quotes is no JSON value. Write "{meant}", with the quotes.'
        patient.report("unquoted-word", message, start, end)
    else:
        message = f"{_short(word)} is no JSON value. Put it in double quotes, or remove it."
        patient.report("unquoted-word", message, start, end)
    inner = re.sub(r"[\\\x00-\x1f]", "_", word)
    patient.replace(start, end, f'"{inner}"')
    return True


def _report_rest(patient: _Patient, trouble: _Trouble) -> bool:
    """What has no better name."""
    message = f"This is not JSON here: {trouble.kind[:1].lower()}{trouble.kind[1:]}."
    patient.report("not-json", message, trouble.at, trouble.at + 1)
    return True


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


_ATTEMPTS: tuple[Callable[[_Patient, _Trouble], bool], ...] = (
    _mend_empty,
    _mend_string,
    _mend_end,
    _mend_comment,
    _mend_comma,
    _mend_bracket,
    _mend_number,
    _mend_extra,
    _mend_separator,
    _mend_quotes,
    _mend_word,
    _report_rest,
)
