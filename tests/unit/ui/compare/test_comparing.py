from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.small_configs import REFUSED

from quantsim_viz.config import preset
from quantsim_viz.config.installed_aimet import find_aimet_files
from quantsim_viz.samples import list_samples
from quantsim_viz.ui import documents, sources
from quantsim_viz.ui.compare.catalogue import catalogue
from quantsim_viz.ui.compare.pictures import graph_views

if TYPE_CHECKING:
    from pathlib import Path

    from quantsim_viz.ui.session import Session

FLOAT_RELU = ("/op_type/Relu/is_output_quantized", "False")


def press(session: Session, letter: str, reference: str) -> None:
    session.comparing.act({"type": "assign", "letter": letter, "reference": reference})


def test_any_two_presets_are_two_presses(session: Session) -> None:
    press(session, "A", "aimet_default")
    press(session, "B", "only_listed_ops")
    first, second = session.comparing.pair or ()
    assert (first.name, second.name) == ("aimet_default", "only_listed_ops")
    assert session.workspace.source.name == "default_config", "the document stays what it was"


def test_files_of_an_installed_aimet_are_offered_and_compared(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {row["reference"] for row in catalogue(session)["rows"]}
    assert ("#Installed AIMET" in found) == bool(find_aimet_files())
    folder = tmp_path / "aimet_onnx" / "common" / "quantsim_config"
    folder.mkdir(parents=True)
    (tmp_path / "aimet_onnx" / "__init__.py").touch()
    text = preset("only_listed_ops").path.read_text()  # type: ignore[union-attr]  # it is shipped
    (folder / "htp_of_theirs.json").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    rows = catalogue(session)["rows"]
    at = [row["reference"] for row in rows].index("#Installed AIMET")
    (offered,) = rows[at + 1 :]
    assert (offered["reference"], offered["title"]) == (
        "aimet:htp_of_theirs",
        "AIMET: htp of theirs",
    )
    press(session, "A", "aimet_default")
    press(session, "B", offered["reference"])
    _, second = session.comparing.pair or (None, None)
    assert second is not None
    assert (second.name, second.problem) == ("aimet:htp_of_theirs", "")
    assert second.text == text
    assert session.comparing.causes


def test_an_edited_document_stands_beside_what_it_was(session: Session) -> None:
    session.workspace.set_value(*FLOAT_RELU)
    session.comparing.open()
    assert session.comparing.pair is not None
    first, second = session.comparing.pair
    assert first.text == session.workspace.history.opened
    assert second.is_document
    assert second.name == "default_config, edited"
    assert [cause.id for cause in session.comparing.causes] == [FLOAT_RELU[0]]


def test_what_the_document_was_follows_what_is_opened(session: Session) -> None:
    press(session, "A", "as opened")
    roots = session.roots
    session.open_config(documents.config_source("weights_only", roots))
    session.comparing.follow()
    assert session.comparing.sides["A"].name == "weights_only, as opened"


def test_further_sides_take_the_next_letters_and_can_be_looked_at(session: Session) -> None:
    press(session, "A", "aimet_default")
    press(session, "+", "only_listed_ops")
    press(session, "+", "weights_only")
    comparing = session.comparing
    assert list(comparing.sides) == ["A", "B", "C", "D"]
    assert comparing.other == "D"
    comparing.act({"type": "beside", "letter": "C"})
    assert comparing.pair is not None
    assert comparing.pair[1].name == "only_listed_ops"
    comparing.act({"type": "drop", "letter": "C"})
    assert (list(comparing.sides), comparing.other) == (["A", "B", "D"], "B")
    for _ in range(6):
        press(session, "+", "weights_only")
    assert list(comparing.sides) == list("ABCDEF")


def test_sides_are_swapped(session: Session) -> None:
    press(session, "A", "aimet_default")
    session.comparing.act({"type": "swap"})
    assert session.comparing.sides["A"].is_document
    assert session.comparing.sides["B"].name == "aimet_default"
    assert session.compare_source is None, "the workbench's graph has nothing else to be set beside"


def test_editing_a_side_leaves_the_document_alone(session: Session) -> None:
    press(session, "A", "default_config")
    side = session.comparing.sides["A"]
    before = session.workspace.text
    side.workspace.set_value(*FLOAT_RELU)
    assert session.workspace.text == before
    assert side.name == "default_config, edited"
    assert [cause.id for cause in session.comparing.causes] == [FLOAT_RELU[0]]
    session.comparing.follow()
    assert session.compare_source is not None
    assert session.compare_source.text == side.text, "so is the workbench's difference"
    side.workspace.history.undo()
    assert session.comparing.causes == []


def test_an_edited_side_that_makes_room_is_offered_as_a_file(session: Session) -> None:
    press(session, "A", "default_config")
    session.comparing.sides["A"].workspace.set_value(*FLOAT_RELU)
    text = session.comparing.sides["A"].text
    press(session, "A", "weights_only")
    (kept,) = session.comparing.files
    assert session.comparing.source_of(kept).text == text
    press(session, "A", kept)
    assert session.comparing.sides["A"].text == text
    assert any(row["reference"] == kept for row in catalogue(session)["rows"])


def test_a_side_becomes_the_document_and_the_document_a_side(session: Session) -> None:
    session.workspace.set_value(*FLOAT_RELU)
    edited = session.workspace.text
    press(session, "A", "weights_only")
    session.comparing.adopt("A")
    assert session.workspace.source.name == "weights_only"
    assert session.comparing.sides["A"].is_document
    assert session.comparing.sides["B"].text == edited
    session.comparing.sides["B"].workspace.history.undo()
    assert session.comparing.sides["B"].workspace.history.is_pristine


def test_an_edited_document_that_is_no_side_is_kept_when_a_side_takes_its_place(
    session: Session,
) -> None:
    session.workspace.set_value(*FLOAT_RELU)
    edited = session.workspace.text
    press(session, "A", "weights_only")
    press(session, "B", "aimet_default")
    session.comparing.adopt("A")
    assert [source.text for source in session.comparing.files.values()] == [edited]


def test_what_cannot_be_opened_is_told_and_nothing_changes(session: Session) -> None:
    press(session, "A", "aimet_default")
    press(session, "A", "no_such_preset")
    assert session.comparing.sides["A"].name == "aimet_default"
    assert "no_such_preset" in session.notices["compare-side"].text


def test_the_address_brings_the_same_comparison_back(session: Session) -> None:
    comparing = session.comparing
    two, three = "aimet_default,only_listed_ops", "aimet_default,document,tvm_relay"
    for text in ("aimet_default", two, three):
        comparing.read_address(text)
        comparing.is_open = True
        assert comparing.address() == {"compare": text}
    comparing.close()
    assert comparing.address()["page"] == "workbench"
    comparing.read_address("weights_only")
    assert list(comparing.sides) == ["A", "B"]


def test_uploads_are_never_in_the_address(session: Session) -> None:
    found = preset("weights_only")
    assert found is not None
    session.comparing.add(documents.uploaded_config("secret.json", found.path.read_bytes()))
    assert session.comparing.sides["A"].name == "secret.json"
    session.comparing.is_open = True
    assert session.comparing.address() == {"page": "compare"}


def test_two_files_of_one_name_are_told_apart(session: Session) -> None:
    first, second = (documents.uploaded_config("mine.json", text) for text in (b"{}", b'{"a": 1}'))
    assert session.comparing.offer(first) == "mine.json"
    assert session.comparing.offer(second) == "mine.json (2)"
    assert session.comparing.offer(first) == "mine.json"


def test_sides_follow_the_model_and_the_bit_widths(session: Session) -> None:
    press(session, "A", "aimet_default")
    roots = session.roots
    session.open_model(sources.model_source(str(list_samples()[1].model), roots))
    session.set_option("param_bits", 4)
    session.comparing.follow()
    side = session.comparing.sides["A"]
    assert side.cascade is not None
    assert side.cascade.model is session.workspace.model
    assert side.cascade.param_bits == 4


def test_a_cause_lights_its_nodes_in_both_graphs_and_selects_the_first(softmax: Session) -> None:
    comparing = softmax.comparing
    cause = comparing.causes[0]
    comparing.act({"type": "cause", "id": cause.id})
    views = graph_views(softmax)
    assert [letter for letter, _ in views] == ["A", "B"]
    for _, view in views:
        assert view.highlight == list(cause.nodes)
        assert view.link == "compare"
    assert softmax.selected == cause.nodes[0]
    comparing.act({"type": "cause", "id": cause.id})
    assert all(view.highlight is None for _, view in graph_views(softmax))


def test_one_graph_is_coloured_by_the_difference(softmax: Session) -> None:
    softmax.comparing.layout = "Difference"
    ((_, view),) = graph_views(softmax)
    assert view.mode == "diff"
    assert view.base
    assert view.base != view.figures.status


def test_a_rule_is_gone_to_in_the_editor_of_its_side(softmax: Session) -> None:
    softmax.comparing.act({"type": "line", "letter": "B", "line": 17})
    assert softmax.comparing.panel == "B"
    assert softmax.comparing.sides["B"].jump == (17, 1)


def test_a_refused_side_says_so_and_the_other_is_ready(vit: Session) -> None:
    press(vit, "A", str(REFUSED))
    side = vit.comparing.sides["A"]
    assert side.problem.startswith("AIMET refuses it: ")
    assert list(vit.comparing.ready) == ["B"]
    press(vit, "A", "default_config")
    side = vit.comparing.sides["A"]
    assert side.problem == ""
    side.type_text("{")
    assert side.problem.startswith("Not valid")
    assert side.cascade is not None, "the last valid picture stands"


def test_a_configuration_for_another_model_is_said_to_be_one(vit: Session) -> None:
    press(vit, "A", "default_config")
    notes = {side["letter"]: side["note"] for side in catalogue(vit)["sides"]}
    assert "none of its operator types" in notes["A"]
    press(vit, "A", "onnxruntime_qdq")
    assert "none of its operator types" not in catalogue(vit)["sides"][0]["note"]


@pytest.mark.parametrize("name", ["aimet_default", "tflite_int8"])
def test_a_preset_is_offered_with_what_it_cannot_express(session: Session, name: str) -> None:
    row = next(row for row in catalogue(session)["rows"] if row["reference"] == name)
    found = preset(name)
    assert found is not None
    assert found.description in row["hint"]
    assert all(sentence in row["hint"] for sentence in found.cannot_express)
