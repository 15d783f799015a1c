"""Traces, the reverse view, explanations and JSON of a cascade."""

from __future__ import annotations

import json

import pytest
from support.cascades import OFF, ON, assert_folds, cascade_of, config, document
from support.text_models import text_model

from quantsim_viz.config import load_config
from quantsim_viz.errors import QuantSimError
from quantsim_viz.model import load_model
from quantsim_viz.resolve import Property, Stage, resolve, resolve_edit

CONV = {"w": (4, 4, 1, 1), "b": (4,)}
NET = "a = Conv(x, w, b)  y = Relu(a)"


@pytest.fixture(name="net")
def _net():
    return text_model(NET, weights=CONV)


# -- trace -----------------------------------------------------------------------------------------


def test_a_trace_begins_at_the_start_and_ends_at_the_winner(net) -> None:
    cascade = cascade_of(
        net, op_type={"Conv": {"is_output_quantized": ON}}, supergroups=[["Conv", "Relu"]]
    )
    states = [d for d in cascade.trace("a") if d.property is Property.ENABLED]
    assert [(d.stage, d.value) for d in states] == [
        (Stage.START, False),
        (Stage.DEFAULTS_OPS, True),
        (Stage.OP_TYPE, True),
        (Stage.SUPERGROUPS, False),
    ]
    trace = cascade.trace("a")
    followed = [d.overridden_by for d in states]
    assert [trace[i] for i in followed[:-1] if i is not None] == states[1:]
    assert followed[-1] is None
    assert_folds(cascade)


def test_declarations_know_their_line() -> None:
    text = json.dumps(document(), indent=1)
    model = load_model(text_model("y = Relu(x)"))
    cascade = resolve(model, load_config(text=text))
    [declared] = [d for d in cascade.trace("y") if d.rule == "/defaults/ops/is_output_quantized"]
    assert "is_output_quantized" in text.splitlines()[(declared.line or 0) - 1]


def test_a_tensor_without_quantizer_has_no_trace(net) -> None:
    with pytest.raises(KeyError):
        cascade_of(net).trace("nothing")


# -- reverse view ----------------------------------------------------------------------------------


def test_a_rule_matches_and_decides(net) -> None:
    cascade = cascade_of(net, supergroups=[["Conv", "Relu"]])
    pointer = "/defaults/ops/is_output_quantized"
    assert cascade.rule_nodes(pointer) == ("/a", "/y")
    assert cascade.rule_tensors(pointer) == (("y", "a"), ("y",))
    count = cascade.rules[pointer]
    assert (count.nodes, count.matched, count.decided) == (2, 2, 1)
    assert cascade.rules["/supergroups/0"].decided == 1


def test_a_rule_may_apply_to_nodes_and_match_no_quantizer() -> None:
    proto = text_model("a = Squeeze(x)  y = Relu(a)", inputs="float[1,4] x", outputs="float[4] y")
    cascade = cascade_of(proto, op_type={"Squeeze": {"is_output_quantized": OFF}})
    count = cascade.rules["/op_type/Squeeze/is_output_quantized"]
    assert (count.nodes, count.matched, count.decided) == (1, 0, 0)


def test_parameter_rules_count_the_nodes_that_have_such_a_parameter(net) -> None:
    cascade = cascade_of(
        net,
        param_types={"bias": {"is_quantized": OFF}},
        op_type={"Conv": {"params": {"weight": {"is_symmetric": ON}}}},
    )
    assert cascade.rule_nodes("/params/bias/is_quantized") == ("/a",)
    assert cascade.rule_tensors("/op_type/Conv/params/weight/is_symmetric") == (("w",), ("w",))
    assert cascade.rules["/defaults/params/is_quantized"].decided == 1


def test_every_rule_is_counted_with_its_line(net) -> None:
    cascade = cascade_of(
        net,
        defaults={"per_channel_quantization": ON, "strict_symmetric": ON, "hw_version": "V66"},
        passes=["MatmulAdd"],
        model_output={"is_output_quantized": ON},
    )
    assert cascade.config.rules is not None
    assert set(cascade.rules) == {rule.pointer for rule in cascade.config.rules}
    assert all(count.line for count in cascade.rules.values())


# -- text ------------------------------------------------------------------------------------------


def test_explaining_a_tensor_shows_winner_losers_and_lines(net) -> None:
    text = cascade_of(net, supergroups=[["Conv", "Relu"]]).explain("a")
    lines = text.splitlines()
    assert lines[0] == "a   activation, output of /a (Conv)   float"
    assert lines[1].split()[:4] == ["enabled", "False", "supergroups[0]", "Conv→Relu"]
    assert lines[2].split()[:2] == ["True", "defaults.ops.is_output_quantized"]
    assert lines[2].endswith("overridden")


def test_explaining_a_node_shows_its_tensors_and_its_group(net) -> None:
    text = cascade_of(net, supergroups=[["Conv", "Relu"]]).explain("/a")
    assert text.startswith("/a   Conv   fused\n  in group /a → /y\n")
    for tensor in ("a", "x", "w", "b"):
        assert f"\n{tensor}   " in text


def test_explaining_a_tensor_that_carries_anothers_grid() -> None:
    cascade = cascade_of(text_model("a = Neg(x)  b = Identity(a)  y = Relu(b)"))
    assert cascade.explain("b").endswith("no quantizer of its own, carries the grid of a")


def test_explaining_a_tie_names_its_source_and_reason() -> None:
    text = cascade_of(
        text_model("a = Neg(x)  y = Relu(a)"),
        op_type={"Relu": {"encoding_constraints": {"min": 0.0, "max": 6.0}}},
    ).explain("a")
    assert "from y" in text
    assert "shares their input's quantizer" in text


def test_explaining_where_aimet_refuses_says_why() -> None:
    proto = text_model("y = Mul(x, c)", weights={"c": (1,)})
    text = cascade_of(proto, model_input={}).explain("y")
    assert "AIMET refuses" in text
    assert "is_input_quantized" in text


def test_an_unknown_name_is_an_error_with_the_nearest_one(net) -> None:
    with pytest.raises(QuantSimError, match="did you mean 'y'") as caught:
        cascade_of(text_model("y = Relu(input_image)", inputs="float[1] input_image")).explain("yy")
    assert caught.value.code == "unknown-name"


# -- json ------------------------------------------------------------------------------------------


def test_the_document_is_plain_json(net) -> None:
    cascade = cascade_of(
        net,
        supergroups=[["Conv", "Relu"]],
        op_type={"Relu": {"encoding_constraints": {"min": 0.0, "max": 6.0}}},
    )
    found = json.loads(json.dumps(cascade.to_dict()))
    assert found["semantics"] == "aimet-onnx 2.42"
    assert found["error"] is None
    assert found["quantizers"]["y"]["fixed_range"] == [0.0, 6.0]
    assert found["quantizers"]["w"]["kind"] == "param"
    assert found["nodes"]["/a"]["status"] == "fused"
    assert found["supergroups"] == [["/a", "/y"]]
    first = found["trace"]["a"][0]
    assert set(first) == {
        "property",
        "value",
        "stage",
        "rule",
        "line",
        "builtin",
        "from",
        "effective",
        "overridden_by",
        "agrees",
    }
    assert found["rules"]["/supergroups/0"]["nodes"] == 2


def test_a_refusal_leaves_the_document_whole(net) -> None:
    found = cascade_of(net, model_input={}, op_type={"Conv": {"is_output_quantized": OFF}})
    assert found.error is None
    refused = cascade_of(
        net, op_type={"Conv": {"is_output_quantized": OFF}, "Relu": {"is_input_quantized": ON}}
    ).to_dict()
    assert refused["quantizers"] == {}
    assert refused["trace"] == {}
    assert refused["error"]["nodes"] == ["/a", "/y"]
    assert refused["diagnostics"][-1]["code"] == "conflicting-settings"
    assert refused["diagnostics"][-1]["line"] is not None


def test_an_invalid_configuration_is_refused_with_its_first_error(net) -> None:
    broken = document()
    broken["defaults"]["ops"]["is_output_quantized"] = OFF
    cascade = resolve(load_model(net), load_config(broken))
    assert cascade.error is not None
    assert cascade.error.rule == "/defaults/ops/is_output_quantized"
    assert {state.status.value for state in cascade.nodes.values()} == {"float"}
    assert cascade.rules == {}
    json.dumps(cascade.to_dict())


# -- edits -----------------------------------------------------------------------------------------


def test_an_edit_keeps_the_graph_and_the_stages_it_does_not_reach(net) -> None:
    before = cascade_of(net)
    after = resolve_edit(before, config(op_type={"Relu": {"is_output_quantized": OFF}}))
    assert before.run is not None
    assert after.run is not None
    assert after.run.topology is before.run.topology
    assert after.run.stages[Stage.PARAMS] is before.run.stages[Stage.PARAMS]
    assert not after["y"].enabled
    assert before["y"].enabled


def test_an_edit_through_an_invalid_document_goes_on_from_before(net) -> None:
    before = cascade_of(net)
    broken = document()
    broken["defaults"]["ops"]["is_output_quantized"] = OFF
    middle = resolve_edit(before, load_config(broken))
    after = resolve_edit(middle, config())
    assert middle.error is not None
    assert after.run is not None
    assert before.run is not None
    assert after.run.topology is before.run.topology
    assert dict(after.quantizers) == dict(before.quantizers)


def test_changing_the_pass_list_builds_the_graph_anew(net) -> None:
    before = cascade_of(net)
    after = resolve_edit(before, config(passes=["MatmulAdd"]))
    assert after.run is not None
    assert before.run is not None
    assert after.run.topology is not before.run.topology


def test_an_edit_moves_the_lines_of_rules_it_does_not_change(net) -> None:
    short = load_config(text=json.dumps(document(), indent=1))
    long = load_config(text="\n\n" + json.dumps(document(), indent=1))
    before = resolve(load_model(net), short)
    after = resolve_edit(before, long)
    lines = [
        next(d.line for d in cascade.trace("y") if d.stage is Stage.DEFAULTS_OPS)
        for cascade in (before, after)
    ]
    assert lines[0] is not None
    assert lines[1] == lines[0] + 2
