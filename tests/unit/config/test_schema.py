from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

from quantsim_viz.config import schema
from quantsim_viz.config.explain_schema import _EXPLAINERS
from quantsim_viz.config.schema import inlined_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

ANNOTATIONS = {"$schema", "$id", "title", "description", "examples", "x-refused", "x-suggest"}
ANNOTATIONS |= {"x-unused"}
SHAPE = {"properties", "items", "additionalProperties", "propertyNames"}


def iter_schemas(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, node
    for name, child in node.get("properties", {}).items():
        yield from iter_schemas(child, f"{path}/{name}")
    for keyword in ("items", "additionalProperties"):
        if isinstance(node.get(keyword), dict):
            yield from iter_schemas(node[keyword], f"{path}/*")


def test_the_schema_is_one_of_its_draft() -> None:
    Draft202012Validator.check_schema(schema())
    assert schema()["$schema"].endswith("2020-12/schema")
    assert schema()["$id"]


def test_every_part_has_a_title_and_a_sense_for_forms() -> None:
    for path, node in iter_schemas(inlined_schema()):
        assert node.get("title"), path
        is_item = path.endswith("/*")
        assert is_item or node["description"].endswith("."), path


def test_every_keyword_that_can_fail_has_its_words() -> None:
    for path, node in iter_schemas(inlined_schema()):
        asserting = set(node) - ANNOTATIONS - SHAPE
        assert asserting <= set(_EXPLAINERS), path


def test_no_reference_is_left_when_they_are_inlined() -> None:
    assert "$ref" not in str(inlined_schema())
    conv = inlined_schema()["properties"]["op_type"]["additionalProperties"]["properties"]
    assert conv["is_symmetric"]["title"] == "Symmetric"
    assert conv["is_symmetric"]["enum"] == ["True", "False"]


def test_a_caller_may_change_its_copy() -> None:
    schema()["title"] = "mine"
    assert schema()["title"] != "mine"
