"""The page on operators is what its generator writes, and what it says is true."""

from __future__ import annotations

from pathlib import Path

import onnx.defs
import pytest

from quantsim_viz.model.graph import Node
from quantsim_viz.sim.operators import find, iter_entries
from quantsim_viz.sim.operators.__main__ import first_version, page
from quantsim_viz.sim.operators.conformance import BY_REFERENCE, REFUSED
from quantsim_viz.sim.operators.functions import has_schema_function
from quantsim_viz.sim.operators.reference import knows

PAGE = Path(__file__).parents[2] / "docs" / "operators.md"
NEWEST = onnx.defs.onnx_opset_version()
STANDARD = sorted({schema.name for schema in onnx.defs.get_all_schemas() if schema.domain == ""})


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "run `python -m quantsim_viz.sim.operators > docs/operators.md`"
    )


def test_every_kernel_is_on_the_page():
    text = page()
    for entry in iter_entries():
        name = f"{entry.domain}.{entry.op_type}" if entry.domain else entry.op_type
        assert f"| `{name}` | {first_version(entry)} |" in text


def test_every_standard_operator_is_executed_or_refused_by_name():
    missing = [
        name
        for name in STANDARD
        if find("", name, NEWEST) is None and name not in BY_REFERENCE and name not in REFUSED
    ]
    assert not missing


def test_no_operator_is_both_executed_and_refused():
    assert not [name for name in (*BY_REFERENCE, *REFUSED) if find("", name, NEWEST)]


@pytest.mark.parametrize("name", BY_REFERENCE)
def test_the_reference_executes_what_the_page_says(name):
    if name not in STANDARD:
        pytest.skip("newer than the installed onnx")
    node = Node(0, "n", name, "", ("x",), ("y",), {})
    assert knows(node, NEWEST) or has_schema_function(node, NEWEST)


def test_kernels_cover_every_version_since_7():
    gaps = [
        (schema.name, schema.since_version)
        for schema in onnx.defs.get_all_schemas_with_history()
        if schema.domain == "" and not schema.deprecated
        if find("", schema.name, NEWEST)
        if find("", schema.name, max(7, schema.since_version)) is None
    ]
    assert not gaps
