from __future__ import annotations

from typing import Any

import pytest

from quantsim_viz.config import load_config
from quantsim_viz.config.document import Document
from quantsim_viz.config.edit import apply_patch, remove, set_value
from quantsim_viz.errors import ConfigError

TALL = """{
    "op_type": {
        "Conv": {
            "is_symmetric": "True"
        },
        "Relu": {}
    },
    "supergroups": [
        {
            "op_list": ["Conv", "Relu"]
        }
    ],
    "model_output": {}
}
"""


def patched(text: str, *steps: dict[str, Any]) -> str:
    return apply_patch(Document(text), steps).text


def test_a_replaced_value_leaves_the_rest_alone() -> None:
    text = '{ "a" :"True"  ,\t"b":[1 ,2] }'
    step = {"op": "replace", "path": "/a", "value": "False"}
    assert patched(text, step) == '{ "a" :"False"  ,\t"b":[1 ,2] }'


def test_a_member_is_added_as_its_neighbours_are_written() -> None:
    step = {"op": "add", "path": "/op_type/Conv/is_output_quantized", "value": "False"}
    expected = '            "is_symmetric": "True",\n            "is_output_quantized": "False"\n'
    assert expected in patched(TALL, step)


def test_a_member_is_added_to_an_object_in_one_line() -> None:
    step = {"op": "add", "path": "/a/y", "value": {"z": [1, "é"]}}
    text = '{\n  "a": {"x": 1}\n}'
    assert patched(text, step) == '{\n  "a": {"x": 1, "y": {"z": [1, "é"]}}\n}'


def test_an_empty_object_opens_up() -> None:
    step = {"op": "add", "path": "/model_output/is_output_quantized", "value": "True"}
    expected = '    "model_output": {\n        "is_output_quantized": "True"\n    }\n}\n'
    assert patched(TALL, step).endswith(expected)


def test_an_empty_object_in_one_line_stays_there() -> None:
    step = {"op": "add", "path": "/a/b", "value": 1}
    assert patched('{"a": {}}', step) == '{"a": {"b": 1}}'
    assert patched('{"a":{},"c":2}', step) == '{"a":{"b":1},"c":2}'


def test_a_new_supergroup_looks_like_the_others() -> None:
    step = {"op": "add", "path": "/supergroups/-", "value": {"op_list": ["Add", "Relu"]}}
    expected = '        },\n        {\n            "op_list": ["Add", "Relu"]\n        }\n    ],\n'
    assert expected in patched(TALL, step)
    short = '{\n\t"supergroups": [\n\t\t{"op_list": ["Conv", "Relu"]}\n\t]\n}'
    assert patched(short, step) == (
        '{\n\t"supergroups": [\n\t\t{"op_list": ["Conv", "Relu"]},\n'
        '\t\t{"op_list": ["Add", "Relu"]}\n\t]\n}'
    )


def test_an_item_is_inserted_before_another() -> None:
    step = {"op": "add", "path": "/0", "value": 0}
    assert patched("[1, 2]", step) == "[0, 1, 2]"
    assert patched("[\n  1\n]", step) == "[\n  0,\n  1\n]"


def test_the_indentation_of_the_document_is_used() -> None:
    step = {"op": "add", "path": "/b", "value": {"c": {"d": 1}}}
    expected = '{\n\t"a": 1,\n\t"b": {\n\t\t"c": {\n\t\t\t"d": 1\n\t\t}\n\t}\n}'
    assert patched('{\n\t"a": 1\n}', step) == expected


def test_braces_on_their_own_line_stay_so() -> None:
    text = '{\n  "a":\n  {\n    "x": 1\n  }\n}'
    step = {"op": "add", "path": "/b", "value": {"y": 2}}
    assert (
        patched(text, step) == '{\n  "a":\n  {\n    "x": 1\n  },\n  "b":\n  {\n    "y": 2\n  }\n}'
    )


def test_line_ends_are_kept() -> None:
    step = {"op": "add", "path": "/b", "value": {"c": 1}}
    assert patched('{\r\n  "a": 1\r\n}\r\n', step) == (
        '{\r\n  "a": 1,\r\n  "b": {\r\n    "c": 1\r\n  }\r\n}\r\n'
    )


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ("/a", '{\n  "b": 2,\n  "c": 3\n}'),
        ("/b", '{\n  "a": 1,\n  "c": 3\n}'),
        ("/c", '{\n  "a": 1,\n  "b": 2\n}'),
    ],
)
def test_a_removed_member_takes_its_comma_along(pointer: str, expected: str) -> None:
    assert remove(Document('{\n  "a": 1,\n  "b": 2,\n  "c": 3\n}'), pointer).text == expected


def test_the_only_member_leaves_an_empty_object() -> None:
    assert remove(Document('{ "a": {\n  "b": 1\n} }'), "/a/b").text == '{ "a": {} }'


def test_removing_a_repeated_key_removes_all_of_them() -> None:
    assert remove(Document('{"a": 1, "b": 2, "a": 3}'), "/a").text == '{"b": 2}'


def test_a_rename_keeps_the_members_place() -> None:
    step = {"op": "move", "from": "/aa", "path": "/a"}
    assert patched('{"aa" : [1,2], "b": 2}', step) == '{"a" : [1,2], "b": 2}'


def test_a_moved_value_keeps_its_hand_and_gets_a_new_indentation() -> None:
    text = '{\n  "a": {\n    "x":1\n  },\n  "b": {\n    "c": 0\n  }\n}'
    step = {"op": "move", "from": "/a", "path": "/b/a"}
    assert patched(text, step) == (
        '{\n  "b": {\n    "c": 0,\n    "a": {\n      "x":1\n    }\n  }\n}'
    )


def test_a_copied_number_keeps_its_spelling() -> None:
    assert patched("[1.50, 1e999]", {"op": "copy", "from": "/1", "path": "/-"}) == (
        "[1.50, 1e999, 1e999]"
    )


def test_the_whole_document_can_be_replaced() -> None:
    step = {"op": "replace", "path": "", "value": {"a": 1}}
    assert patched(" [] \n", step) == ' {\n     "a": 1\n } \n'


def test_missing_parents_are_made() -> None:
    document = set_value(Document("{}"), "/op_type/Conv/is_symmetric", "True")
    assert document.data == {"op_type": {"Conv": {"is_symmetric": "True"}}}
    document = set_value(document, "/supergroups/-", {"op_list": ["Conv", "Relu"]})
    document = set_value(document, "/supergroups/-", {"op_list": ["Add", "Relu"]})
    assert [group["op_list"][0] for group in document.data["supergroups"]] == ["Conv", "Add"]
    document = set_value(document, "/op_type/Conv/is_symmetric", "False")
    assert document.data["op_type"]["Conv"] == {"is_symmetric": "False"}


def test_half_a_surrogate_pair_is_escaped() -> None:
    document = set_value(Document("{}"), "/a", "\ud800")
    assert "\\ud800" in document.text
    assert document.data == {"a": "\ud800"}


@pytest.mark.parametrize(
    "step",
    [
        {"op": "remove", "path": "/nothing"},
        {"op": "replace", "path": "/nothing", "value": 1},
        {"op": "add", "path": "/no/where", "value": 1},
        {"op": "add", "path": "/a/x", "value": 1},
        {"op": "test", "path": "/a", "value": 2},
        {"op": "test", "path": "/nothing", "value": 2},
        {"op": "invent", "path": "/a"},
        {"path": "/a"},
        {"op": "add", "path": "/b"},
        {"op": "add", "path": "b", "value": 1},
        {"op": "add", "path": "/b", "value": {1, 2}},
        {"op": "add", "path": "/b", "value": float("nan")},
        {"op": "add", "path": "/b", "value": {1: 2}},
        {"op": "move", "from": "/nothing", "path": "/b"},
        {"op": "remove", "path": ""},
    ],
)
def test_a_step_that_cannot_be_made_is_refused(step: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        patched('{"a": 1}', step)
    assert caught.value.code == "patch-failed"
    assert caught.value.hint


def test_a_passed_test_changes_nothing() -> None:
    assert patched('{"a":  1}', {"op": "test", "path": "/a", "value": 1}) == '{"a":  1}'


def test_a_broken_text_cannot_be_edited_by_rule() -> None:
    with pytest.raises(ConfigError) as caught:
        patched("{", {"op": "add", "path": "/a", "value": 1})
    assert caught.value.code == "not-json"
    assert caught.value.diagnostics


def test_nesting_too_deeply_is_refused() -> None:
    value: Any = 1
    for _ in range(100):
        value = [value]
    with pytest.raises(ConfigError) as caught:
        patched("{}", {"op": "add", "path": "/a", "value": value})
    assert caught.value.code == "too-deep"


def test_a_preset_edited_forth_and_back_is_what_it_was() -> None:
    document = load_config("default_config").document
    there = set_value(document, "/op_type/Conv/is_output_quantized", "False")
    assert "Conv" in there.data["op_type"]
    back = remove(there, "/op_type/Conv")
    assert back.text == document.text


def test_a_colon_at_the_start_of_a_line_is_no_indentation() -> None:
    text = '{"a"\n:[\n1 ]}'
    assert patched(text, {"op": "copy", "from": "/a", "path": "/b"}) == (
        '{"a"\n:[\n1 ], "b"\n:[\n1 ]}'
    )
