"""The known ways of not being JSON: each is recognised, named and mended by one function.

A repair looks at the text where Python's reader stopped. It returns False when the trouble is none
of its kind; else it reports one finding, changes the text so that reading can go on, and returns
True.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from quantsim_viz.config.patient import CLOSER, Patient, Trouble
from quantsim_viz.config.wording import short

if TYPE_CHECKING:
    from collections.abc import Callable

_SINGLE_QUOTED = re.compile(r"'(?:[^'\\\n\r]|\\.)*'")
_COMMENT = re.compile(r"//[^\n\r]*|#[^\n\r]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_WORD = re.compile(r"[^\s,:{}\[\]\"']+")
_LINE_REST = re.compile(r"[^\n\r]*")
_CURLY_QUOTES = "“”„‟‘’‚‛«»"
_NUMBER_WORDS = frozenset({"nan", "inf", "infinity"})
_TRUTH_WORDS = {"true": "True", "false": "False"}
_LAST_CODES = frozenset({"not-json", "extra-text", "empty"})
"""Findings after which reading on makes no sense."""


def mend(patient: Patient, trouble: Trouble) -> bool:
    """Report one problem and mend it; return False when reading on makes no sense."""
    for repair in _REPAIRS:
        if repair(patient, trouble):
            break
    return patient.found[-1][0] not in _LAST_CODES


def _mend_empty(patient: Patient, trouble: Trouble) -> bool:
    if patient.text.strip():
        return False
    message = 'The text is empty: a configuration is a JSON object, "{ … }".'
    patient.report("empty", message, 0, 0)
    return True


def _mend_comment(patient: Patient, trouble: Trouble) -> bool:
    match = _COMMENT.match(patient.text, trouble.at)
    if match is None:
        return False
    message = "JSON has no comments. Remove this one."
    patient.report("comment", message, match.start(), match.end())
    patient.replace(match.start(), match.end(), re.sub(r"[^\n\r]", " ", match[0]))
    return True


def _mend_string(patient: Patient, trouble: Trouble) -> bool:
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
            number = ord(patient.char(trouble.offset))
            message = (
                f"A string may not hold the control character U+{number:04X} as it is. Remove it,"
                " or write a tab as \\t."
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


def _close_string(patient: Patient, start: int) -> bool:
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
    shown = patient.text[start:end]
    if end > start + 1 and patient.text[end - 1] == "\\":
        patient.replace(end - 1, end, "/")
    message = f'The string {short(shown)} has no closing quote. Add " at its end.'
    patient.report("missing-quote", message, start, end)
    patient.replace(end, end, '"')
    return True


def _in_object(patient: Patient, offset: int) -> bool:
    stack = patient.open_brackets(offset)
    return bool(stack) and patient.text[stack[-1]] == "{"


def _mend_extra(patient: Patient, trouble: Trouble) -> bool:
    """Something stands after the end of the document."""
    if trouble.kind != "Extra data" or _is_number_rest(patient, trouble):
        return False
    if trouble.char in "]}":
        message = f"This {trouble.char} closes nothing. Remove it, or a bracket before it."
        patient.report("extra-bracket", message, trouble.at, trouble.at + 1)
        patient.blank(trouble.at, trouble.at + 1)
        return True
    message = (
        "The document is complete before this: its first bracket is closed already. Remove the"
        " rest, or the closing bracket that is one too many."
    )
    patient.report("extra-text", message, trouble.at, trouble.at + 1)
    return True


def _mend_end(patient: Patient, trouble: Trouble) -> bool:
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
            f"This {opener} is never closed. Add {CLOSER[opener]} where its"
            f" {'object' if opener == '{' else 'array'} ends."
        )
        patient.report("unclosed-bracket", message, offset, offset + 1)
        patient.replace(len(patient.text), len(patient.text), CLOSER[opener])
    return True


def _mend_comma(patient: Patient, trouble: Trouble) -> bool:
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


def _mend_bracket(patient: Patient, trouble: Trouble) -> bool:
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
    if opener and CLOSER[opener] != trouble.char:
        message = f"This {trouble.char} cannot close {opener}. Write {CLOSER[opener]}."
        patient.report("wrong-bracket", message, at, at + 1)
        patient.replace(at, at + 1, CLOSER[opener])
        return True
    return False


def _insert_value(patient: Patient, trouble: Trouble) -> bool:
    message = "No value follows this colon. Add one, or remove the key."
    patient.report("missing-value", message, trouble.before, trouble.before + 1)
    patient.replace(trouble.at, trouble.at, "0")
    return True


def _insert_colon(patient: Patient, trouble: Trouble, mended: str) -> bool:
    message = "A colon and a value must follow this key."
    patient.report("missing-colon", message, trouble.before, trouble.before + 1)
    patient.replace(trouble.at, trouble.at, mended)
    return True


def _is_number_rest(patient: Patient, trouble: Trouble) -> bool:
    """Whether the trouble stands in the middle of what is meant as one number (01, 5., 0x10)."""
    touching = trouble.before == trouble.at - 1 == trouble.offset - 1
    return (
        touching
        and patient.char(trouble.before).isdigit()
        and _WORD.match(trouble.char) is not None
    )


def _mend_number(patient: Patient, trouble: Trouble) -> bool:
    start = trouble.at
    if _is_number_rest(patient, trouble):
        while start > 0 and _WORD.match(patient.text[start - 1]):
            start -= 1
    elif not re.match(
        r"[+-]?\.?\d", patient.text[start : start + 3]
    ) or not trouble.kind.startswith("Expecting value"):
        return False
    match = _WORD.match(patient.text, start)
    if match is None:
        return False
    message = f"{short(match[0])} is not written as JSON writes numbers (-1, 0.5, 1e-3)."
    patient.report("bad-number", message, match.start(), match.end())
    patient.replace(match.start(), match.end(), "0".ljust(len(match[0])))
    return True


def _mend_separator(patient: Patient, trouble: Trouble) -> bool:
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


def _mend_quotes(patient: Patient, trouble: Trouble) -> bool:
    """Quotes that are not JSON's."""
    at = trouble.at
    if trouble.char == "'":
        match = _SINGLE_QUOTED.match(patient.text, at)
        if match is None:
            return _close_string(patient, at) and _requote(patient, at)
        message = f'JSON strings stand in double quotes. Write "{short(match[0][1:-1])}".'
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


def _requote(patient: Patient, at: int) -> bool:
    patient.replace(at, at + 1, '"')
    return True


def _mend_word(patient: Patient, trouble: Trouble) -> bool:
    """A word without quotes."""
    match = _WORD.match(patient.text, trouble.at)
    if match is None:
        return False
    word = match[0]
    start, end = match.span()
    if patient.char(patient.skip_blank(end)) == ":" and not trouble.kind.startswith(
        "Expecting value"
    ):
        message = f'A key stands in double quotes. Write "{short(word)}".'
        patient.report("unquoted-key", message, start, end)
    elif word.lstrip("+-").lower() in _NUMBER_WORDS:
        message = f"JSON has no {short(word)}. Write a number, or leave the key out for no limit."
        patient.report("not-a-number", message, start, end)
    elif word.lower() in _TRUTH_WORDS:
        meant = _TRUTH_WORDS[word.lower()]
        message = f'{word} without quotes is no JSON value. Write "{meant}", with the quotes.'
        patient.report("unquoted-word", message, start, end)
    else:
        message = f"{short(word)} is no JSON value. Put it in double quotes, or remove it."
        patient.report("unquoted-word", message, start, end)
    inner = re.sub(r"[\\\x00-\x1f]", "_", word)
    patient.replace(start, end, f'"{inner}"')
    return True


def _report_rest(patient: Patient, trouble: Trouble) -> bool:
    """What has no better name."""
    message = f"This is not JSON here: {trouble.kind[:1].lower()}{trouble.kind[1:]}."
    patient.report("not-json", message, trouble.at, trouble.at + 1)
    return True


_REPAIRS: tuple[Callable[[Patient, Trouble], bool], ...] = (
    _mend_empty,
    _mend_string,
    _mend_end,
    _mend_comment,
    _mend_extra,
    _mend_comma,
    _mend_bracket,
    _mend_number,
    _mend_separator,
    _mend_quotes,
    _mend_word,
    _report_rest,
)
