from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from quantsim_viz.resolve.settings import Property
from quantsim_viz.samples import list_samples
from quantsim_viz.ui import sources
from quantsim_viz.ui.panels.drawing import graph_view
from quantsim_viz.ui.views.effects import effect_of
from quantsim_viz.ui.views.inspector import find_offer, inspect_node, iter_targets, node_named
from quantsim_viz.ui.views.offers import iter_offers

if TYPE_CHECKING:
    from quantsim_viz.ui.session import Session


def card(session: Session, node: str, role: str) -> dict[str, Any]:
    view = inspect_node(session.workspace, node, considered=session.considered)
    assert view is not None
    return next(item for item in view["quantizers"] if item["role"] == role)


def row(session: Session, node: str, role: str, prop: str) -> dict[str, Any]:
    properties = card(session, node, role)["properties"]
    return next(item for item in properties if item["name"] == prop)


def offered(session: Session, node: str) -> set[Property]:
    cascade = session.workspace.shown().cascade
    found = node_named(session.workspace.model, node)
    assert cascade is not None
    assert found is not None
    return {
        offer.property
        for target in iter_targets(session.workspace.model, cascade, found)
        for offer in iter_offers(target, cascade.quantizers[target.tensor], cascade)
    }


def test_every_property_that_can_be_set_has_an_offer(session: Session) -> None:
    session.workspace.set_value("/defaults/params/is_symmetric", "True")
    properties = offered(session, "node_conv2d") | offered(session, "node_relu")
    assert properties == set(Property) - {
        Property.DTYPE,
        Property.CHANNEL_AXIS,
        Property.TIED_TO,
    }


def test_a_parameter_is_offered_at_its_three_levels_the_narrowest_first(session: Session) -> None:
    offers = row(session, "node_conv2d", "weight", "enabled")["offers"]
    assert [offer["title"] for offer in offers] == [
        "off: every weight of Conv",
        "off: every weight",
        "off: every parameter by default",
    ]
    assert [offer["counts"] for offer in offers] == ["3 off", "5 off", "5 off"]


def test_offers_that_nobody_looks_at_are_not_counted(session: Session) -> None:
    session.act({"type": "select", "node": "node_conv2d"})
    before = row(session, "node_conv2d", "weight", "symmetric")["offers"]
    assert {offer["counts"] for offer in before} == {""}
    session.act({"type": "consider", "tensor": "features.0.weight", "property": "symmetric"})
    after = row(session, "node_conv2d", "weight", "symmetric")["offers"]
    assert [offer["counts"] for offer in after] == ["3 change", "5 change", "5 change"]
    session.act({"type": "select", "node": "node_relu"})
    assert not session.considered


def test_every_offer_does_to_its_quantizer_what_it_says(session: Session) -> None:
    workspace = session.workspace
    workspace.set_value("/defaults/params/is_symmetric", "True")
    made = 0
    for node in workspace.model.graph.nodes:
        cascade = workspace.shown().cascade
        assert cascade is not None
        for target in iter_targets(workspace.model, cascade, node):
            for offer in iter_offers(target, cascade.quantizers[target.tensor], cascade):
                effect = effect_of(workspace, offer)
                if effect.refused or effect.words == "changes nothing":
                    continue
                assert effect.picture is not None
                assert effect.picture.cascade is not None
                after = effect.picture.cascade.quantizers[target.tensor]
                if offer.property in (Property.FIXED_RANGE, Property.BITWIDTH):
                    continue
                changed = effect.on + effect.off + effect.other
                value = str(getattr(after, offer.property.value))
                narrow = offer.pointer.startswith("/op_type")
                assert value == offer.wanted or not narrow, offer
                assert changed > 0
                made += 1
    assert made > 20


def test_a_width_is_an_option_of_the_run_and_says_so(session: Session) -> None:
    widths = row(session, "node_conv2d", "weight", "bitwidth")
    assert [option for option, _ in widths["switch"]] == ["4", "8", "16", "32", "float16"]
    assert widths["current"] == "8"
    assert "supported_kernels" in widths["limit"]
    session.act({"type": "select", "node": "node_conv2d"})
    text = session.workspace.text
    session.act({"type": "offer", "id": "param_bits=4"})
    assert session.options.param_bits == 4
    assert session.workspace.text == text
    assert card(session, "node_conv2d", "weight")["summary"].startswith("int4")


def test_a_width_is_previewed_without_being_set(session: Session) -> None:
    session.act({"type": "select", "node": "node_conv2d"})
    session.act({"type": "preview", "id": "param_bits=float16"})
    assert session.preview is not None
    assert session.preview.cascade is not None
    assert session.preview.cascade.quantizers["features.0.weight"].dtype == "float"
    assert session.options.param_bits == 8


def test_a_fixed_range_is_offered_previewed_set_and_taken_out(session: Session) -> None:
    session.act({"type": "select", "node": "node_relu"})
    session.act({"type": "consider", "tensor": "relu", "property": "fixed_range"})
    offers = row(session, "node_relu", "output", "fixed_range")["offers"]
    assert [offer["title"] for offer in offers] == [
        "0 to observed: every Relu output",
        "0 to 6: every Relu output",
    ]
    assert offers[1]["counts"] == "4 change"
    session.act({"type": "offer", "id": offers[1]["id"]})
    found = row(session, "node_relu", "output", "fixed_range")
    assert (found["value"], found["current"]) == ("0 to 6", "fixed")
    taken = next(offer for offer in found["offers"] if offer["wanted"] == "observed")
    session.act({"type": "offer", "id": taken["id"]})
    assert "encoding_constraints" not in session.workspace.text


def test_a_typed_range_is_previewed_and_the_measured_one_stands_in_the_form(
    session: Session,
) -> None:
    figures = {"layers": {"relu": {"e": {"min": 0.0, "max": 3.14159, "scale": 1, "offset": 0}}}}
    view = inspect_node(session.workspace, "node_relu", figures)
    assert view is not None
    properties = view["quantizers"][0]["properties"]
    form = next(item for item in properties if item["name"] == "fixed_range")["range"]
    assert (form["min"], form["max"]) == (0.0, 3.142)
    session.act(
        {"type": "preview", "pointer": form["pointer"], "value": {"min": 0, "max": form["max"]}}
    )
    assert session.preview is not None
    assert session.preview.cascade is not None
    assert session.preview.cascade.quantizers["relu"].fixed_range == (0, 3.142)
    assert session.workspace.history.is_pristine


def test_a_float_output_is_offered_to_be_quantized_by_what_reads_it(session: Session) -> None:
    offers = row(session, "node_conv2d", "output", "enabled")["offers"]
    assert any(offer["title"] == "on: every input of Relu" for offer in offers)
    assert find_offer(session.workspace, "node_conv2d", "/op_type/Relu/is_input_quantized=True")


@pytest.mark.parametrize("number", range(len(list_samples())))
def test_every_node_of_every_sample_can_be_inspected(session: Session, number: int) -> None:
    model = str(list_samples()[number].model)
    session.open_model(sources.model_source(model, session.roots))
    names = [node.name for node in session.workspace.model.graph.nodes][:60]
    for name in names:
        session.act({"type": "select", "node": name})
        view = inspect_node(session.workspace, name)
        assert view is not None
        assert view["tensors"]
        for row in view["tensors"]:
            for other in row["nodes"]:
                assert any(n.name == other for n in session.workspace.model.graph.nodes)
    assert graph_view(session).selected == [names[-1]]


def test_tensors_bear_the_names_of_the_specification_and_all_their_consumers(
    session: Session,
) -> None:
    view = inspect_node(session.workspace, "node_conv2d")
    assert view is not None
    assert [row["formal"] for row in view["tensors"]] == ["X", "W", "B", "Y"]
    assert view["tensors"][1]["kind"] == "constant"
    assert view["tensors"][3]["nodes"] == ["node_relu"]
    assert ("kernel_shape", "ints", "3, 3") in view["attributes"]


def test_what_takes_long_to_count_is_left_for_a_pause(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quantsim_viz.ui.views.quantizer.COUNTING_SECONDS", -1.0)
    workspace = session.workspace

    def counts(*, patient: bool) -> list[str]:
        view = inspect_node(workspace, "node_conv2d", patient=patient)
        assert view is not None
        return [offer["counts"] for offer in view["quantizers"][1]["properties"][0]["offers"]]

    assert counts(patient=False) == ["", "", ""]
    assert workspace.is_unsettled
    assert counts(patient=True) == ["3 off", "5 off", "5 off"]
    assert not workspace.is_unsettled
    assert counts(patient=False) == ["3 off", "5 off", "5 off"], "they are remembered"
    workspace.set_value("/op_type/Relu/is_output_quantized", "False")
    assert counts(patient=False) == ["", "", ""]
