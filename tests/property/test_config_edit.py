"""Edits of the text mean what jsonpatch says, and leave the rest of the text alone."""

from __future__ import annotations

import json

import jsonpatch
import jsonpointer
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantsim_viz.config.document import Document, parse_json
from quantsim_viz.config.edit import apply_patch, remove, set_value
from quantsim_viz.config.pointer import parent
from quantsim_viz.errors import ConfigError

KEYS = st.sampled_from(["a", "b", "a/b", "~", "", "ключ", "🙂", '"q"', "0", "-", "\ud800"])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.sampled_from(["True", "é", "x\ny", 1.5, -0.0, 1e300, -2e-9, "+"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@st.composite
def blanks(draw: st.DrawFn) -> str:
    return draw(st.sampled_from(["", "", " ", "\n", "\r\n", "\n    ", "\t", "  \n\t"]))


@st.composite
def texts(draw: st.DrawFn) -> str:
    """JSON texts as people and programs write them, and as nobody does; keys may repeat."""
    value = draw(VALUES)
    style = draw(st.sampled_from(["dump", "dump", "compact", "wild"]))
    if style == "dump":
        indent = draw(st.sampled_from([2, 4, "\t", None]))
        text = json.dumps(value, indent=indent, ensure_ascii=draw(st.booleans()))
        return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))
    if style == "compact":
        return json.dumps(value, separators=(",", ":"))
    return write_wildly(draw, value)


def write_wildly(draw: st.DrawFn, value: object) -> str:
    def blank() -> str:
        return draw(blanks())

    if isinstance(value, dict):
        members = [
            f"{blank()}{json.dumps(key)}{blank()}:{blank()}{write_wildly(draw, item)}{blank()}"
            for key, item in value.items()
            for _ in range(draw(st.sampled_from([1, 1, 1, 2])))
        ]
        return "{" + (",".join(members) or blank()) + "}"
    if isinstance(value, list):
        items = [f"{blank()}{write_wildly(draw, item)}{blank()}" for item in value]
        return "[" + (",".join(items) or blank()) + "]"
    return json.dumps(value, ensure_ascii=draw(st.booleans()))


@st.composite
def steps(draw: st.DrawFn, document: Document) -> dict[str, object]:
    """One step; most of them can be carried out."""
    pointers = list(document.spots)
    existing = st.sampled_from(pointers)
    key = draw(KEYS).replace("~", "~0").replace("/", "~1")
    anywhere = st.one_of(
        existing,
        st.just(draw(existing) + "/" + key),
        st.just(parent(draw(existing)) + "/" + draw(st.sampled_from([key, "-", "0", "1", "2"]))),
    )
    operation = draw(st.sampled_from(["add", "replace", "remove", "move", "copy", "test"]))
    step: dict[str, object] = {"op": operation, "path": draw(anywhere)}
    if operation in ("add", "replace", "test"):
        step["value"] = draw(VALUES)
    if operation in ("move", "copy"):
        step["from"] = draw(existing)
    return step


def try_jsonpatch(data: object, step: dict[str, object]) -> tuple[bool, object]:
    try:
        return True, jsonpatch.apply_patch(data, [step])
    except (
        jsonpatch.JsonPatchException,
        jsonpointer.JsonPointerException,
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
    ):
        return False, None


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.data())
def test_an_edited_text_reads_as_the_patched_value(data: st.DataObject) -> None:
    document = Document(data.draw(texts(), label="text"))
    for _ in range(data.draw(st.integers(1, 4))):
        step = data.draw(steps(document), label="step")
        is_allowed, expected = try_jsonpatch(document.data, step)
        if not is_allowed:
            with pytest.raises(ConfigError):
                apply_patch(document, [step])
            continue
        document = apply_patch(document, [step])
        assert document.is_json, document.text
        assert document.data == expected


def raw_values(document: Document) -> dict[str, str]:
    return {
        pointer: document.text[spot.key_start : spot.value_end]
        for pointer, spot in document.spots.items()
    }


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.data())
def test_untouched_members_keep_every_character(data: st.DataObject) -> None:
    document = Document(data.draw(texts(), label="text"))
    step = data.draw(steps(document), label="step")
    if step["op"] in ("move", "copy") or not try_jsonpatch(document.data, step)[0]:
        return
    path = str(step["path"])
    changed = apply_patch(document, [step])
    in_array = isinstance(jsonpointer.resolve_pointer(document.data, parent(path), None), list)
    shifted = parent(path) + "/" if in_array and step["op"] != "replace" else path + "/"
    after = raw_values(changed)
    for pointer, raw in raw_values(document).items():
        touched = (path + "/").startswith(pointer + "/") or pointer.startswith(shifted)
        if not touched and pointer != path:
            assert after[pointer] == raw


@settings(max_examples=150, deadline=None, derandomize=True)
@given(texts(), VALUES, st.data())
def test_adding_a_member_and_removing_it_gives_the_text_back(
    text: str, value: object, data: st.DataObject
) -> None:
    document = Document(text)
    pointer = data.draw(st.sampled_from(list(document.spots)), label="holder")
    holder = jsonpointer.resolve_pointer(document.data, pointer)
    if not isinstance(holder, dict) or not holder:
        return
    added = set_value(document, pointer + "/new", value)
    assert added.data != document.data
    assert remove(added, pointer + "/new").text == text


@settings(max_examples=150, deadline=None, derandomize=True)
@given(texts())
def test_every_place_holds_the_value_it_should(text: str) -> None:
    document = Document(text)
    for pointer in document.spots:
        place = document.place(pointer, of="value")
        value = jsonpointer.resolve_pointer(document.data, pointer)
        assert parse_json(text[place.start : place.end]) == value
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        assert lines[place.line - 1][place.column - 1] == text[place.start]
