from __future__ import annotations

import json
from typing import TYPE_CHECKING

from quantsim_viz.ui import documents, sources
from quantsim_viz.ui.panels.drawing import graph_view
from quantsim_viz.ui.views.changes import change_view
from quantsim_viz.ui.views.summary import ribbons

if TYPE_CHECKING:
    from pathlib import Path

    from quantsim_viz.ui.session import Session


def test_an_edit_typed_on_an_older_document_is_dropped(session: Session) -> None:
    version = session.workspace.history.version
    session.act({"type": "set", "pointer": "/model_output/is_output_quantized", "value": "True"})
    text = session.workspace.text
    session.act({"type": "edit", "text": "late", "ver": version})
    assert session.workspace.text == text
    session.act({"type": "edit", "text": "now", "ver": session.workspace.history.version})
    assert session.workspace.text == "now"


def test_acts_on_what_is_no_longer_there_do_nothing(session: Session) -> None:
    text = session.workspace.text
    for act in (
        {"type": "select", "node": "no such node"},
        {"type": "fix", "id": 999},
        {"type": "offer", "id": "no such offer"},
        {"type": "preview", "id": "no such offer"},
        {"type": "unheard of"},
    ):
        session.act(act)
    assert session.workspace.text == text
    assert session.selected is None


def test_a_hovered_offer_is_previewed_and_leaving_restores(session: Session) -> None:
    session.act({"type": "select", "node": "node_relu"})
    offer = "/op_type/Relu/is_output_quantized=False"
    session.act({"type": "preview", "id": offer})
    view = graph_view(session)
    assert view.preview
    assert view.preview != view.figures.status
    session.act({"type": "preview", "id": None})
    assert graph_view(session).preview == ""
    assert session.workspace.history.is_pristine


def test_a_clicked_offer_is_an_edit(session: Session) -> None:
    session.act({"type": "select", "node": "node_relu"})
    session.act({"type": "offer", "id": "/op_type/Relu/is_output_quantized=False"})
    assert '"Relu"' in session.workspace.text
    session.act({"type": "undo"})
    assert session.workspace.history.is_pristine


def test_a_clicked_rule_lights_its_nodes_and_its_line(session: Session) -> None:
    session.act({"type": "rule", "pointer": "/supergroups/0", "line": 20})
    assert session.tab == "Configuration"
    assert session.jump[0] == 20
    highlight = graph_view(session).highlight
    assert highlight is not None
    assert {"node_conv2d", "node_relu"} <= set(highlight)


def test_a_restored_draft_can_be_undone(session: Session) -> None:
    opened = session.workspace.text
    version = session.workspace.history.version
    session.act({"type": "restore", "text": "{}", "ver": version, "time": 0})
    assert session.workspace.text == "{}"
    assert "draft" in session.notices
    session.act({"type": "undo"})
    assert session.workspace.text == opened


def test_the_model_may_change_under_a_document(session: Session) -> None:
    from quantsim_viz.samples import list_samples

    session.act({"type": "set", "pointer": "/model_output/is_output_quantized", "value": "True"})
    text = session.workspace.text
    other = str(list_samples()[1].model)
    session.open_model(sources.model_source(other, session.roots))
    assert session.workspace.text == text
    session.act({"type": "undo"})
    assert session.workspace.history.is_pristine


def test_what_cannot_be_opened_is_told_and_changes_nothing(session: Session) -> None:
    model = session.workspace.model
    opened = session.attempt(
        "model",
        lambda: session.open_model(sources.model_source("/etc/passwd", session.roots)),
    )
    assert not opened
    assert session.workspace.model is model
    assert "outside" in session.notices["model"].text


def test_comparing_with_the_document_as_opened(session: Session) -> None:
    session.act({"type": "set", "pointer": "/op_type/Relu/is_output_quantized", "value": "False"})
    session.comparing.assign("A", "as opened")
    assert session.compare_source is not None
    assert session.compare_source.text == session.workspace.history.opened
    view = graph_view(session)
    assert view.base
    assert view.base != view.figures.status


def test_drafts_are_kept_by_model_and_configuration(session: Session, config_file: Path) -> None:
    before = session.document_key
    roots = sources.allowed_roots([str(config_file.parent)])
    session.open_config(documents.config_source(str(config_file), roots))
    assert session.document_key != before


def test_nodes_chosen_in_the_graph_become_a_supergroup(session: Session) -> None:
    session.act({"type": "menu", "id": "supergroup", "nodes": ["node_max_pool2d", "node_relu"]})
    groups = json.loads(session.workspace.text)["supergroups"]
    assert {"op_list": ["Relu", "MaxPool"]} not in groups, "Relu belongs to Conv → Relu already"
    assert "belongs to a group Conv → Relu already" in session.notices["edit"].text
    session.act({"type": "set", "pointer": "/supergroups", "value": []})
    session.act({"type": "menu", "id": "supergroup", "nodes": ["node_max_pool2d", "node_relu"]})
    assert json.loads(session.workspace.text)["supergroups"] == [{"op_list": ["Relu", "MaxPool"]}]
    session.act({"type": "undo"})
    assert json.loads(session.workspace.text)["supergroups"] == []


def test_operator_types_are_left_float_from_the_graph(session: Session) -> None:
    session.act({"type": "menu", "id": "float", "nodes": ["node_relu", "node_linear_1"]})
    assert "edit" not in session.notices
    assert json.loads(session.workspace.text)["op_type"] == {
        "Relu": {"is_output_quantized": "False"},
        "Gemm": {"is_output_quantized": "False"},
    }
    session.act({"type": "undo"})
    assert session.workspace.history.is_pristine


def test_a_document_opened_again_on_purpose_wants_no_draft(session: Session) -> None:
    assert not session.fresh
    roots = session.roots
    session.open_config(documents.config_source("default_config", roots))
    assert session.fresh
    assert session.openings == 1
    session.open_config(documents.config_source("aimet_default", roots))
    assert not session.fresh


def test_a_made_offer_shows_the_line_it_wrote(session: Session) -> None:
    session.act({"type": "select", "node": "node_relu"})
    session.act({"type": "offer", "id": "/op_type/Relu/is_output_quantized=False"})
    line, times = session.jump
    assert '"is_output_quantized": "False"' in session.workspace.text.splitlines()[line - 1]
    assert (times, session.tab, session.view, session.jump_focuses) == (
        1,
        "Configuration",
        "JSON",
        False,
    )
    session.act({"type": "menu", "id": "supergroup", "nodes": ["node_max_pool2d"]})
    assert session.jump[1] == 1, "what was refused goes nowhere"


def test_an_edited_document_is_compared_with_what_it_was_unless_told_otherwise(
    session: Session,
) -> None:
    session.comparing.open()
    assert session.compare_source is None
    session.workspace.set_value("/op_type/Relu/is_output_quantized", "False")
    session.comparing.open()
    assert session.compare_source is not None
    assert session.compare_source.text == session.workspace.history.opened
    assert session.document_name == "default_config, edited"
    session.comparing.assign("A", "only_listed_ops")
    assert session.compare_source.reference == "only_listed_ops"


def test_a_gesture_that_changes_nothing_is_not_written_and_says_so(session: Session) -> None:
    session.act({"type": "menu", "id": "float", "nodes": ["node_conv2d"]})
    assert session.workspace.history.is_pristine
    session.act({"type": "preview"})
    assert "would change nothing on this model" in session.notices["edit"].text
    session.act({"type": "select", "node": "node_relu"})
    assert "edit" not in session.notices


def test_a_gesture_writes_no_rule_that_the_others_do_without(session: Session) -> None:
    session.act({"type": "menu", "id": "float", "nodes": ["node_conv2d", "node_linear_1"]})
    assert json.loads(session.workspace.text)["op_type"] == {
        "Gemm": {"is_output_quantized": "False"}
    }
    assert not [found for found in session.workspace.findings() if "Gemm" in found.message]


def test_a_gesture_is_previewed_with_its_counts_or_the_reason_against_it(session: Session) -> None:
    nodes = ["node_relu", "node_linear_1"]
    session.act({"type": "preview", "gesture": "float", "nodes": nodes})
    view = graph_view(session)
    assert view.preview
    assert view.preview != view.figures.status
    assert view.preview_words == "quantizers: 5 off"
    session.act({"type": "preview", "gesture": "supergroup", "nodes": ["node_relu"]})
    view = graph_view(session)
    assert view.preview == ""
    assert view.preview_words.startswith("A supergroup needs two nodes or more")
    session.act({"type": "preview"})
    assert graph_view(session).preview_words == ""
    assert session.workspace.history.is_pristine


def test_what_is_not_made_a_supergroup_says_what_stands_in_the_way(session: Session) -> None:
    text = session.workspace.text
    for nodes, reason in (
        (["node_relu", "node_max_pool2d"], "node_relu belongs to a group Conv → Relu already"),
        (["node_conv2d", "node_max_pool2d"], "after Conv comes Relu, not MaxPool"),
        (["node_conv2d", "node_relu_1"], "node_relu comes first, where node_relu_1 was selected"),
        (["node_linear_1", "node_relu"], "after Relu comes MaxPool, not Gemm"),
    ):
        session.act({"type": "menu", "id": "supergroup", "nodes": nodes})
        assert reason in session.notices["edit"].text
        assert session.workspace.text == text


def test_a_draft_of_another_version_is_asked_about_and_loses_no_later_edit(
    session: Session,
) -> None:
    session.act({"type": "ask_draft", "draft": "17", "when": "yesterday"})
    (shown,) = ribbons(session)
    assert "yesterday was written on another version" in shown["text"]
    assert [title for _, title, _ in shown["actions"]] == ["Bring it back", "Discard it"]
    session.act({"type": "set", "pointer": "/op_type/Relu/is_output_quantized", "value": "False"})
    edited = session.workspace.text
    assert "draft" in session.notices, "until it is answered"
    session.act({"type": "bring_draft", "id": "17"})
    assert session.draft_answer == ("17", "bring")
    assert "draft" not in session.notices
    session.act({"type": "restore", "text": "{}", "of": "{}", "time": 0})
    assert session.workspace.text == "{}"
    session.act({"type": "undo"})
    assert session.workspace.text == edited


def open_edited(session: Session, config_file: Path) -> None:
    roots = sources.allowed_roots([str(config_file.parent)])
    session.open_config(documents.config_source(str(config_file), roots))
    session.act({"type": "set", "pointer": "/op_type/Relu/is_output_quantized", "value": "False"})


def titles(session: Session) -> list[str]:
    return [title for _, title, _ in session.notices["save"].actions]


def test_a_file_that_changed_is_compared_with_or_overwritten_on_purpose(
    session: Session, config_file: Path
) -> None:
    open_edited(session, config_file)
    config_file.write_text("{}", encoding="utf-8")
    session.act({"type": "save"})
    assert titles(session) == ["Compare with the file", "Overwrite it", "Dismiss"]
    assert config_file.read_text(encoding="utf-8") == "{}"

    session.act({"type": "against_file", "id": ""})
    assert (session.tab, session.view) == ("Configuration", "Changes")
    view = change_view(session)
    assert [row["text"] for row in view["rows"] if row["kind"] == "gone"] == ["{}"]
    assert dict(view["choices"])[view["against"]] == "mine.json as it is on disk"

    session.act({"type": "overwrite", "id": ""})
    assert config_file.read_text(encoding="utf-8") == session.workspace.text
    assert session.workspace.history.is_pristine
    assert change_view(session)["rows"] == []


def test_a_file_that_is_gone_is_written_again_on_purpose(
    session: Session, config_file: Path
) -> None:
    open_edited(session, config_file)
    config_file.unlink()
    session.act({"type": "save"})
    assert titles(session) == ["Write it again", "Dismiss"]
    session.act({"type": "against_file", "id": ""})
    assert "can no longer be read" in session.notices["save"].text
    session.act({"type": "overwrite", "id": ""})
    assert config_file.read_text(encoding="utf-8") == session.workspace.text
