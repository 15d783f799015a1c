from __future__ import annotations

import pytest

from quantsim_viz.config.document import Document
from quantsim_viz.config.syntax import MOST_ERRORS

CASES = [
    ("", [("empty", 1, 1)]),
    (" \n ", [("empty", 1, 1)]),
    ('{"a": 1,}', [("trailing-comma", 1, 8)]),
    ("[1, 2, ]", [("trailing-comma", 1, 6)]),
    ("[1,, 2]", [("extra-comma", 1, 4)]),
    ("[,1]", [("extra-comma", 1, 2)]),
    ('{"a": 1 "b": 2}', [("missing-comma", 1, 7)]),
    ('{"a": "x"; "b": 2}', [("missing-comma", 1, 10)]),
    ('["Conv" "Relu"]', [("missing-comma", 1, 7)]),
    ('{"a" 1}', [("missing-colon", 1, 4)]),
    ('{"a" = 1}', [("missing-colon", 1, 6)]),
    ('{"a"}', [("missing-colon", 1, 4)]),
    ('{"a", "b": 1}', [("missing-colon", 1, 4)]),
    ('{"a": , "b": 1}', [("missing-value", 1, 5)]),
    ('{"a":}', [("missing-value", 1, 5)]),
    ('{"a: 1}', [("missing-quote", 1, 2)]),
    ('{\n "a": "True,\n "b": 1\n}', [("missing-quote", 2, 7)]),
    ('{"a": "x\\', [("missing-quote", 1, 7), ("unclosed-bracket", 1, 1)]),
    ("{'a': 'it\"s'}", [("single-quotes", 1, 2), ("single-quotes", 1, 7)]),
    ("{'a", [("missing-quote", 1, 2), ("missing-colon", 1, 4), ("unclosed-bracket", 1, 1)]),
    ("{“a”: 1}", [("wrong-quotes", 1, 2)]),
    ("{a: 1}", [("unquoted-key", 1, 2)]),
    ('{"a": True}', [("unquoted-word", 1, 7)]),
    ('{"a": undefined}', [("unquoted-word", 1, 7)]),
    ('{"a": NaN, "b": -Infinity}', [("not-a-number", 1, 7), ("not-a-number", 1, 17)]),
    ('{"a": 01, "b": +1}', [("bad-number", 1, 7), ("bad-number", 1, 16)]),
    ('{"a": .5, "b": 5., "c": 0x1F}', [("bad-number", 1, c) for c in (7, 16, 25)]),
    (
        '{"a": 1 // one\n, /* two */ "b": 2 # three\n}',
        [("comment", 1, 9), ("comment", 2, 3), ("comment", 2, 20)],
    ),
    ("/* all", [("comment", 1, 1), ("empty", 1, 1)]),
    ('["a\tb"]', [("control-character", 1, 4)]),
    (r'["a\qb", "\u12G4"]', [("bad-escape", 1, 4), ("bad-escape", 1, 11)]),
    ('{"a": [1, 2', [("unclosed-bracket", 1, 7), ("unclosed-bracket", 1, 1)]),
    ('{"a": [1, 2}}', [("wrong-bracket", 1, 12)]),
    ('{"a": 1}}', [("extra-bracket", 1, 9)]),
    ('{"a": 1}, "b": 2}', [("extra-text", 1, 9)]),
    ('{"a": "True, "b": "False"}', [("not-json", 1, 14)]),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text or "empty" for text, _ in CASES])
def test_each_mistake_is_named_at_its_place(
    text: str, expected: list[tuple[str, int, int]]
) -> None:
    found = Document(text).syntax
    assert [(finding.code, finding.line, finding.column) for finding in found] == expected


def test_all_mistakes_of_a_text_are_told_at_once() -> None:
    text = "{\n 'a': True,\n \"b\": [1 2,],\n c: NaN,\n}"
    assert [(finding.line, finding.code) for finding in Document(text).syntax] == [
        (2, "single-quotes"),
        (2, "unquoted-word"),
        (3, "missing-comma"),
        (3, "trailing-comma"),
        (4, "unquoted-key"),
        (4, "not-a-number"),
        (4, "trailing-comma"),
    ]


def test_truth_values_without_quotes_are_told_how_to_be_written() -> None:
    (finding,) = Document('{"a": False}').syntax
    assert 'Write "False", with the quotes' in finding.message


def test_the_place_covers_the_whole_mistake() -> None:
    (finding,) = Document("{\n  'ab': 1}").syntax
    assert (finding.line, finding.column, finding.end_line, finding.end_column) == (2, 3, 2, 7)


def test_a_text_that_is_no_json_at_all_has_a_limited_number_of_findings() -> None:
    assert len(Document("[" + "x " * 500).syntax) == MOST_ERRORS


def test_places_are_right_behind_characters_beyond_ascii() -> None:
    (finding,) = Document('{"é🙂": 1,}').syntax
    assert finding.column == 9
