from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from quantsim_viz.errors import ConfigError
from quantsim_viz.resolve import Status
from quantsim_viz.ui.documents import uploaded_config
from quantsim_viz.ui.views.changes import MOST_ROWS, change_view
from quantsim_viz.ui.views.navigator import (
    MOST_PROBLEMS,
    finding_id,
    problem_rows,
    reach_rows,
    rule_rows,
)

if TYPE_CHECKING:
    from quantsim_viz.ui.session import Session


def test_an_edit_by_form_changes_the_picture_and_undo_takes_it_back(session: Session) -> None:
    workspace = session.workspace
    before = workspace.text
    workspace.set_value("/op_type/Relu/is_output_quantized", "False")
    cascade = workspace.picture().cascade
    assert cascade is not None
    assert cascade.nodes["node_relu"].status is Status.FLOAT
    assert json.loads(workspace.text)["op_type"] == {"Relu": {"is_output_quantized": "False"}}
    workspace.history.undo()
    assert workspace.text == before


def test_taking_the_last_key_of_an_entry_out_takes_the_entry_out(session: Session) -> None:
    workspace = session.workspace
    before = json.loads(workspace.text)
    workspace.set_value("/op_type/MaxPool/is_output_quantized", "True")
    workspace.set_value("/op_type/MaxPool/is_output_quantized", None)
    assert json.loads(workspace.text) == before


def test_sections_stay_when_they_become_empty(session: Session) -> None:
    session.workspace.set_value("/params/bias", None)
    session.workspace.set_value("/model_input/is_input_quantized", None)
    document = json.loads(session.workspace.text)
    assert document["params"] == {}
    assert document["model_input"] == {}


def test_an_invalid_text_keeps_the_last_valid_picture(session: Session) -> None:
    workspace = session.workspace
    good = workspace.picture()
    workspace.type_text('{"defaults": ')
    assert workspace.picture().cascade is None
    assert workspace.shown() is good
    assert workspace.findings()[0].line is not None


def test_a_form_cannot_write_into_a_text_that_is_not_json(session: Session) -> None:
    session.workspace.type_text("{")
    with pytest.raises(ConfigError) as caught:
        session.workspace.set_value("/op_type/Conv/is_symmetric", "True")
    assert caught.value.code == "not-json"
    assert session.workspace.text == "{"


def test_edit_then_resolve_equals_resolve_from_nothing(session: Session) -> None:
    from quantsim_viz import load_config, resolve

    workspace = session.workspace
    for pointer, value in [
        ("/op_type/Conv/is_output_quantized", "True"),
        ("/supergroups/0", None),
        ("/defaults/per_channel_quantization", "True"),
        ("/op_type/Conv/is_output_quantized", None),
    ]:
        workspace.set_value(pointer, value)
        edited = workspace.picture().cascade
        assert edited is not None
        fresh = resolve(workspace.model, load_config(text=workspace.text))
        assert dict(edited.quantizers) == dict(fresh.quantizers)


def test_the_bit_width_of_the_run_is_part_of_the_picture(session: Session) -> None:
    session.set_option("act_bits", 16)
    cascade = session.workspace.picture().cascade
    assert cascade is not None
    widths = {s.bitwidth for s in cascade.quantizers.values() if s.kind.value == "activation"}
    assert widths == {16}


def test_a_quick_fix_is_applied_by_its_number(session: Session) -> None:
    session.workspace.set_value("/model_input/is_input_quantized", "False")
    findings = session.workspace.findings()
    error = next(d for d in findings if d.severity == "error" and d.fix)
    session.act({"type": "fix", "id": finding_id(error)})
    assert not any(d.severity == "error" for d in session.workspace.findings())


def test_advice_that_takes_long_follows_a_moment_later(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = session.workspace
    monkeypatch.setattr("quantsim_viz.ui.workspace.LONGEST_WAIT", 0.0)
    full = workspace.findings()
    workspace.set_value("/op_type/Relu/is_symmetric", "True")
    assert workspace.findings(patient=False) == workspace.picture().diagnostics
    assert workspace.advice_due
    assert len(workspace.findings()) >= len(full)
    assert not workspace.advice_due


def test_coverage_that_takes_long_is_measured_when_there_is_time(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quantsim_viz.ui.workspace.SHORT_WAIT", -1.0)
    workspace = session.workspace
    before = workspace.coverage(patient=False)
    workspace.set_value("/op_type/Conv/params/weight/is_quantized", "False")
    assert workspace.coverage(patient=False) is before
    assert workspace.is_unsettled
    after = workspace.coverage()
    assert after != before
    assert not workspace.coverage_due


def test_ten_thousand_operator_types_are_listed_edited_and_held_against_others(
    session: Session,
) -> None:
    document = json.loads(session.workspace.text)
    entry = {"is_output_quantized": "True"}
    document["op_type"] |= {f"Op{number}": entry for number in range(10_000)}
    text = json.dumps(document, indent=2)
    session.open_config(uploaded_config("large.json", text.encode()))
    rows = rule_rows(session.workspace.picture())
    assert len(rows) < 40
    assert rows[-1]["label"] == "10,002 more match nothing here"
    assert len(reach_rows(session.workspace.picture())) < 40
    problems = problem_rows(session.workspace.findings())
    assert len(problems) == MOST_PROBLEMS + 1
    assert problems[-1]["message"].startswith("And 9,7")
    session.act({"type": "set", "pointer": "/op_type/Op77", "value": None})
    assert [row["text"].strip() for row in change_view(session)["rows"] if row["kind"] == "gone"]
    session.act({"type": "against", "reference": "default_config"})
    shown = change_view(session)
    assert len(shown["rows"]) == MOST_ROWS
    assert "the first 2,000 lines shown" in shown["caption"]
