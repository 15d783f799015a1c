from __future__ import annotations

import math

import pytest

from quantsim_viz.config.document import MAX_DEPTH, Document, parse_json


def place(text: str, pointer: str, of: str = "key") -> tuple[int, int, int, int]:
    found = Document(text).place(pointer, of="key" if of == "key" else "value")
    return found.line, found.column, found.end_line, found.end_column


def test_a_key_and_its_value_have_places() -> None:
    text = '{\n  "op_type": {"Conv": {"is_symmetric": "True"}}\n}'
    assert place(text, "/op_type/Conv/is_symmetric") == (2, 24, 2, 38)
    assert place(text, "/op_type/Conv/is_symmetric", "value") == (2, 40, 2, 46)
    assert place(text, "", "value") == (1, 1, 3, 2)


def test_an_item_of_an_array_has_the_place_of_its_value() -> None:
    text = '{"supergroups": [\n {"op_list": ["Conv", "Relu"]} ]}'
    assert place(text, "/supergroups/0") == (2, 2, 2, 31)
    assert place(text, "/supergroups/0/op_list/1") == (2, 23, 2, 29)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_line_end_counts_once(newline: str) -> None:
    assert place(newline.join(["{", ' "a": 1,', ' "b": 2', "}"]), "/b") == (3, 2, 3, 5)


def test_columns_count_characters_and_not_bytes() -> None:
    assert place('{"é🙂": 1, "b": 2}', "/b") == (1, 11, 1, 14)
    assert place('{"\ud800": 1, "b": 2}', "/b") == (1, 10, 1, 13)


def test_pointers_escape_slashes_and_tildes() -> None:
    assert place('{"a/b": {"~": 1}}', "/a~1b/~0") == (1, 10, 1, 13)


def test_an_escaped_key_is_found_by_its_meaning() -> None:
    assert place(r'{"\u0061": 1}', "/a") == (1, 2, 1, 10)


def test_an_unknown_place_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Document("{}").place("/a")


def test_of_a_repeated_key_the_last_counts_and_the_others_are_told() -> None:
    document = Document('{"a": {"b": 1},\n "a": {"c": 2},\n "a": {"d": 3}}')
    assert document.data == {"a": {"d": 3}}
    assert list(document.spots) == ["", "/a", "/a/d"]
    assert document.place("/a").line == 3
    warnings = list(document.iter_duplicate_keys())
    assert [(w.code, w.line, w.column, w.rule) for w in warnings] == [
        ("duplicate-key", 1, 2, "/a"),
        ("duplicate-key", 2, 2, "/a"),
    ]
    assert "line 3" in warnings[0].message


def test_a_number_beyond_every_double_is_read_as_infinity() -> None:
    assert parse_json("1e999") == math.inf
    assert parse_json("1" + "0" * 5000) == math.inf
    assert parse_json("-1" + "0" * 5000) == -math.inf
    assert parse_json("1" + "0" * 300) == 10**300


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_words_for_numbers_are_not_json(constant: str) -> None:
    with pytest.raises(ValueError, match=constant):
        parse_json(constant)
    assert [finding.code for finding in Document(f"[{constant}]").syntax] == ["not-a-number"]


def test_nesting_is_limited() -> None:
    assert Document("[" * MAX_DEPTH + "]" * MAX_DEPTH).is_json
    deep = Document("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))
    assert [(f.code, f.column) for f in deep.syntax] == [("too-deep", MAX_DEPTH + 1)]
    assert deep.data is None


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000])
def test_a_hundred_thousand_brackets_are_told_and_nothing_breaks(text: str) -> None:
    assert [finding.code for finding in Document(text).syntax] == ["too-deep"]


@pytest.mark.parametrize("text", ["[1, 2]", "null", '"text"', "1.5", "false", "{}", "[]", " {} "])
def test_any_json_value_is_a_document(text: str) -> None:
    document = Document(text)
    assert document.is_json
    assert document.place("", of="value").start == len(text) - len(text.lstrip())


def test_documents_of_one_text_are_equal() -> None:
    assert Document("{}") == Document("{}")
    assert Document("{}") != Document("{ }")
    assert len({Document("{}"), Document("{}")}) == 1


@pytest.mark.parametrize(
    "number", ["0", "-0", "-1.5", "1e5", "1E5", "1e+5", "-1.25E-007", "0e+0", "0.5e+12"]
)
def test_every_spelling_of_a_number_leaves_the_places_right(number: str) -> None:
    document = Document(f'{{"a": [{number}, "+"], "b": 1}}')
    assert document.place("/a/0", of="value").end == 7 + len(number)
    assert document.text[document.place("/b").start :] == '"b": 1}'
