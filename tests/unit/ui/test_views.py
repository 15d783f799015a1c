from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from support.text_models import text_model

from quantsim_viz.config import preset
from quantsim_viz.ui.documents import uploaded_config
from quantsim_viz.ui.sources import uploaded_model
from quantsim_viz.ui.views.changes import change_rows, change_view
from quantsim_viz.ui.views.coverage import spot_nodes
from quantsim_viz.ui.views.figures import worst_layer
from quantsim_viz.ui.views.inspector import inspect_node
from quantsim_viz.ui.views.navigator import problem_rows, reach_rows, rule_rows
from quantsim_viz.ui.views.overview import model_overview
from quantsim_viz.ui.views.presets import presets_bytes
from quantsim_viz.ui.views.summary import coverage_facts, ribbons
from quantsim_viz.ui.views.table import (
    layer_figures,
    output_precisions,
    status_letters,
    table_bytes,
)
from quantsim_viz.ui.views.tables import layers_csv

if TYPE_CHECKING:
    from quantsim_viz.ui.session import Session


def inspected(session: Session, name: str) -> dict[str, Any]:
    view = inspect_node(session.workspace, name)
    assert view is not None
    return view


def test_the_table_and_the_letters_have_one_order(session: Session) -> None:
    workspace = session.workspace
    table = json.loads(table_bytes(workspace.model))
    letters = status_letters(workspace.model, workspace.picture().cascade)
    assert len(table["nodes"]) == len(letters)
    words = {row["code"]: row["status"] for row in table["palette"]["statuses"]}
    cascade = workspace.picture().cascade
    assert cascade is not None
    for node, letter in zip(table["nodes"], letters, strict=True):
        assert words[letter] == cascade.nodes[node["name"]].status.value


def test_the_cascade_is_shown_from_the_winner_down(session: Session) -> None:
    view = inspected(session, "node_conv2d")
    enabled = view["quantizers"][0]["properties"][0]
    assert enabled["value"] == "False"
    first, second, third = enabled["declarations"]
    assert (first["state"], first["pointer"]) == ("wins", "/supergroups/0")
    assert (second["state"], second["pointer"]) == (
        "overridden",
        "/defaults/ops/is_output_quantized",
    )
    assert second["beaten"] == "overridden by supergroup Conv → Relu"
    assert second["line"] == 4
    assert (third["state"], third["label"]) == ("overridden", "built-in start value")


def test_a_fused_node_says_into_what_and_by_which_rule(session: Session) -> None:
    why = inspected(session, "node_conv2d")["why"]
    assert "node_relu" in why
    assert "supergroup Conv → Relu" in why


def test_a_node_shows_its_outputs_parameters_and_own_inputs(session: Session) -> None:
    roles = [item["role"] for item in inspected(session, "node_conv2d")["quantizers"]]
    assert roles == ["output", "weight", "bias", "model input"]
    roles = [item["role"] for item in inspected(session, "node_conv2d_1")["quantizers"]]
    assert roles == ["output", "weight", "bias"]


def test_offers_say_what_they_would_do(session: Session) -> None:
    offers = inspected(session, "node_conv2d")["quantizers"][0]["properties"][0]["offers"]
    by_id = {offer["id"]: offer for offer in offers}
    assert by_id["remove:/supergroups/0"]["counts"].startswith("3 on")
    assert by_id["/op_type/Conv/is_output_quantized=True"]["counts"] == "changes nothing"


def test_an_offer_that_aimet_would_refuse_says_so(session: Session) -> None:
    (output,) = inspected(session, "node_max_pool2d")["quantizers"]
    offers = {offer["id"]: offer for offer in output["properties"][0]["offers"]}
    refused = offers["/op_type/Conv/is_input_quantized=True"]
    assert refused["refused"].startswith("AIMET would refuse: Tensor 'max_pool2d'")
    assert any(not offer["refused"] and offer["counts"] for offer in offers.values())


def test_what_the_format_cannot_express_is_said(session: Session) -> None:
    assert "no rule for single nodes" in inspected(session, "node_conv2d")["limits"]


def test_an_unknown_node_has_no_view(session: Session) -> None:
    assert inspect_node(session.workspace, "nothing") is None


def test_rules_come_with_their_two_counts(session: Session) -> None:
    rows = {row["pointer"]: row for row in rule_rows(session.workspace.picture())}
    assert rows["#supergroups"]["label"] == "Supergroups"
    row = rows["/supergroups/0"]
    assert (row["label"], row["matched"], row["decided"]) == ("Conv → Relu", 3, 3)
    assert rows["/supergroups/1"]["note"].startswith("Dead")


def test_a_shadowed_rule_says_that_it_is(session: Session) -> None:
    session.workspace.set_value("/op_type/Conv/is_output_quantized", "True")
    rows = {row["pointer"]: row for row in rule_rows(session.workspace.picture())}
    row = rows["/op_type/Conv/is_output_quantized"]
    assert row["decided"] == 0 < row["matched"]
    assert row["note"].startswith("Shadowed")


def test_the_margin_of_the_editor_counts_by_line(session: Session) -> None:
    lines = [row[0] for row in reach_rows(session.workspace.picture())]
    assert lines == sorted(lines)
    assert 4 in lines


def test_errors_come_before_warnings(session: Session) -> None:
    session.workspace.set_value("/defaults/ops/is_output_quantized", "False")
    rows = problem_rows(session.workspace.findings())
    assert rows[0]["severity"] == "error"


def test_of_very_many_problems_the_last_row_counts_those_not_listed(session: Session) -> None:
    session.workspace.set_value("/op_type", {f"Op{n}": {} for n in range(400)})
    findings = session.workspace.findings()
    rows = problem_rows(findings)
    assert len(rows) == 301
    assert sum(row.get("more", 1) for row in rows) == len(findings)


def test_a_refused_configuration_is_shown_with_the_reason(session: Session) -> None:
    session.workspace.picture()
    session.workspace.set_value("/op_type/Conv/is_input_quantized", "False")
    shown = ribbons(session)
    assert shown[0]["tone"] == "error"
    assert shown[0]["text"].startswith("Stale")


def test_a_document_that_never_was_valid_is_not_called_stale(session: Session) -> None:
    session.open_config(uploaded_config("mine.json", b'{"defaults": 3}'))
    shown = ribbons(session)
    assert shown[0]["text"].startswith("This configuration is not valid")


def test_hovering_an_offer_adds_no_ribbon(session: Session) -> None:
    session.act({"type": "select", "node": "node_relu"})
    before = ribbons(session)
    session.act({"type": "preview", "id": "/op_type/Relu/is_output_quantized=False"})
    assert session.preview is not None
    assert ribbons(session) == before


def test_what_carries_another_grid_is_not_called_float(session: Session) -> None:
    session.workspace.set_value("/op_type/MaxPool/is_output_quantized", "False")
    changed = session.workspace.picture().cascade
    precisions = output_precisions(changed)
    assert precisions is not None
    assert precisions["max_pool2d"] == "grid of relu"
    summaries = [item["summary"] for item in inspected(session, "node_max_pool2d")["quantizers"]]
    assert summaries[0] == "grid of relu"


def test_what_is_not_resolved_is_not_called_float(session: Session) -> None:
    assert output_precisions(None) is None
    session.workspace.set_value("/op_type/Conv/is_input_quantized", "True")
    refused = session.workspace.picture().cascade
    assert refused is not None
    assert refused.error is not None
    assert output_precisions(refused) is None


def test_the_coverage_line_names_the_semantics(session: Session) -> None:
    facts = coverage_facts(session)
    assert facts[-1]["label"] == "AIMET-ONNX 2.42 semantics"
    assert any(fact["label"] == "quantized" and fact["value"] == "5" for fact in facts)


def test_nothing_selected_shows_the_model_and_where_to_begin(session: Session) -> None:
    overview = model_overview(session.workspace)
    assert ["nodes", "13"] in overview["facts"]
    assert overview["starts"][0]["node"] == "node_conv2d"


LAYERS = [
    {
        "node": "a",
        "op_type": "Conv",
        "module": None,
        "tensor": "t",
        "status": "quantized",
        "shape": [1, 2],
        "cumulative": {"sqnr_db": 12.5, "signal": 2.0, "noise": 0.1},
        "encoding": {"min": -1.0, "max": 1.0, "scale": 0.1, "offset": 0, "bitwidth": 8},
    },
    {
        "node": "b",
        "op_type": "Relu",
        "module": None,
        "tensor": "u",
        "status": "float",
        "shape": [1, 2],
        "cumulative": {"sqnr_db": None, "signal": 2.0, "noise": 0.0},
        "encoding": None,
    },
]


def test_the_worst_layer_is_the_lowest_figure_and_silence_is_not_noise() -> None:
    assert worst_layer(layer_figures(LAYERS)) == ("t", 12.5)
    assert worst_layer({}) is None


def test_the_csv_has_a_row_a_layer() -> None:
    rows = list(csv.DictReader(io.StringIO(layers_csv({"layers": LAYERS}))))
    assert [row["node"] for row in rows] == ["a", "b"]
    assert rows[0]["shape"] == "1x2"
    assert rows[1]["sqnr_db"] == ""


def test_the_coverage_line_begins_with_what_is_integer(session: Session) -> None:
    share, islands, crossings = coverage_facts(session)[:3]
    assert (share["value"], share["label"]) == ("int8 100 %", "of MACs")
    assert "203,232 MACs" in share["hint"]
    assert (islands["value"], crossings["value"]) == ("0", "0")
    assert "act" not in islands


def test_islands_and_crossings_are_gone_to_one_after_the_other(session: Session) -> None:
    session.workspace.set_value("/op_type/Conv/params/weight/is_quantized", "False")
    share, islands, crossings = coverage_facts(session)[:3]
    assert share["value"] != "int8 100 %"
    assert (islands["act"], islands["id"]) == ("spot", "island")
    coverage = session.workspace.coverage()
    assert coverage is not None
    assert crossings["value"] == str(len(coverage.crossings))
    for nodes in (*coverage.islands, coverage.islands[0]):
        session.act({"type": "spot", "id": "island"})
        assert session.selected == nodes[0]
        assert spot_nodes(session) == nodes
    assert "Float island 1 of" in ribbons(session)[0]["text"]
    session.act({"type": "spot", "id": "crossing"})
    assert spot_nodes(session) == coverage.crossings[0].nodes
    session.act({"type": "select", "node": "node_relu"})
    assert spot_nodes(session) == ()
    session.act({"type": "spot", "id": "crossing"})
    session.act({"type": "dismiss", "id": "spot"})
    assert ribbons(session) == []


def test_other_measures_come_as_columns_of_table_and_csv() -> None:
    isolated = {"sqnr_db": 40.0, "signal": 2.0, "noise": 2e-4}
    layers = [LAYERS[0] | {"isolated": isolated, "clipping_share": 0.25}, LAYERS[1]]
    figures = layer_figures(layers)
    assert figures["measures"] == ["isolated"]
    assert figures["layers"]["t"]["m"] == {"isolated": [40.0, 2.0, 2e-4]}
    first, second = csv.DictReader(io.StringIO(layers_csv({"layers": layers})))
    assert (first["isolated_sqnr_db"], first["isolated_noise"]) == ("40.0", "0.0002")
    assert (first["clipping_share"], second["clipping_share"]) == ("0.25", "")
    assert "sensitivity_sqnr_db" not in first


def test_the_changes_are_the_lines_that_differ_with_their_neighbours(session: Session) -> None:
    assert change_view(session)["rows"] == []
    assert change_view(session)["caption"] == "Nothing is different."
    session.workspace.set_value("/defaults/ops/is_output_quantized", None)
    view = change_view(session)
    gone = [row for row in view["rows"] if row["kind"] == "gone"]
    assert any('"is_output_quantized": "True"' in row["text"] for row in gone)
    assert view["against"] == ""
    assert view["choices"][0] == ("", "default_config as it was opened")
    assert view["caption"].startswith("1 line added, 3 taken out; on this model: 5 off")
    old = session.workspace.history.opened.splitlines()
    new = session.workspace.text.splitlines()
    for row in view["rows"]:
        assert row["a"] is None or old[row["a"] - 1] == row["text"]
        assert row["b"] is None or new[row["b"] - 1] == row["text"]


def test_changes_are_shown_against_any_preset(session: Session) -> None:
    session.act({"type": "against", "reference": "qnn_htp", "show": True})
    assert (session.tab, session.view) == ("Configuration", "Changes")
    view = change_view(session)
    assert view["against"] == "qnn_htp"
    assert any('"hw_version"' in row["text"] for row in view["rows"] if row["kind"] == "gone")
    assert "on this model: " in view["caption"]
    session.act({"type": "against", "reference": "nothing of that name"})
    assert "edit" in session.notices
    session.act({"type": "against", "reference": ""})
    assert change_view(session)["rows"] == []


def test_presets_come_with_their_sources_and_what_the_format_cannot_say() -> None:
    rows = {row["name"]: row for row in json.loads(presets_bytes())}
    htp = rows["qnn_htp"]
    assert htp["target"]
    assert htp["checked"]
    assert htp["cannot"]
    assert all(source["url"] and source["how"] for source in htp["sources"])


def test_a_preset_is_opened_from_its_card(session: Session) -> None:
    session.act({"type": "open_config", "reference": "weights_only"})
    assert session.workspace.source.name == "weights_only"


def test_what_an_opened_preset_cannot_say_is_a_press_away(session: Session) -> None:
    def limits() -> list[dict[str, Any]]:
        return [fact for fact in coverage_facts(session) if fact.get("act") == "limits"]

    assert limits() == [], "the documented default states no runtime's rules"
    session.act({"type": "open_config", "reference": "tflite_int8"})
    entry = preset("tflite_int8")
    assert entry is not None
    (fact,) = limits()
    assert fact["value"] == str(len(entry.cannot_express))
    assert fact["label"] == f"limits of {entry.title}"
    assert entry.target in fact["hint"]
    session.workspace.set_value("/op_type/Relu/is_output_quantized", "False")
    assert limits() == [fact], "an edited preset has them too"
    session.act({"type": "limits"})
    assert (session.tab, session.view) == ("Configuration", "Presets")
    session.open_config(uploaded_config("tflite_int8", b"{}"))
    assert limits() == [], "an upload is no preset, whatever its name"
    session.act({"type": "open_config", "reference": "weights_only"})
    (fact,) = limits()
    assert (fact["value"], fact["label"]) == ("1", "limit of Weights only")


def test_changes_far_apart_are_told_apart() -> None:
    old = "\n".join(map(str, range(40)))
    new = old.replace("\n2\n", "\ntwo\n").replace("\n30\n", "\n")
    kinds = [row["kind"] for row in change_rows(old, new)]
    assert kinds.count("gap") == 1
    assert (kinds.count("gone"), kinds.count("new")) == (2, 1)
    assert kinds.count("same") == 2 + 3 + 3 + 3


def test_every_tensor_of_a_tie_names_the_others(session: Session) -> None:
    joined = text_model("a = Neg(x)  b = Exp(x)  y = Concat<axis=0>(a, b)")
    content = joined.SerializeToString()
    session.open_model(uploaded_model("joined.onnx", content))
    for node in session.workspace.model.graph.nodes:
        card = inspected(session, node.name)["quantizers"][0]
        others = ", ".join(sorted({"a", "b", "y"} - {card["tensor"]}))
        assert card["note"] == f"Shares one quantizer with {others}."
        (tie,) = (row for row in card["properties"] if row["name"] == "tied_to")
        assert tie["value"] == others
        assert [row["value"] for row in tie["declarations"] if row["state"] == "wins"] == [others]


def test_a_refusal_leads_to_its_line_its_node_and_a_fix(session: Session) -> None:
    session.workspace.set_value("/op_type/Conv/is_input_quantized", "True")
    (shown,) = ribbons(session)
    assert shown["text"].startswith("AIMET refuses")
    line = session.workspace.text.splitlines()[shown["line"] - 1]
    assert shown["rule"].split("/")[-1] in line
    assert shown["node"] in {node.name for node in session.workspace.model.graph.nodes}
    act, title, finding = shown["actions"][0]
    assert title
    session.act({"type": act, "id": finding})
    assert ribbons(session) == []
