"""Attributions and explanations as values: sums, remainders, tables."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

from quantsim_viz.errors import DataError
from quantsim_viz.report import (
    Attribution,
    Comparison,
    Effect,
    LayerRow,
    Outcome,
    Power,
    Refused,
    Report,
)
from quantsim_viz.resolve import RuleChange


def outcome(noise, metric=None):
    return Outcome(Power(100.0, noise), metric)


def effect(name, alone, without, idle=False):
    pointer = f"/op_type/{name}/is_symmetric"
    change = RuleChange(pointer, "added", (None, pointer), (None, 3), (None, "True"))
    patch = ({"op": "add", "path": pointer, "value": "True"},)
    return Effect(change, (name,), (f"node_{name}",), patch, alone, without, idle)


def attribution(*effects):
    return Attribution(
        ("A", "B"),
        outcome(1.0, 0.9),
        outcome(4.0, 0.8),
        effects,
        metric="top1",
        float_metric=0.95,
        simulations=4,
        seconds=0.1,
        samples=10,
        scheme="min_max",
        data="arrays",
        calibration="arrays",
    )


def test_effects_are_differences_and_what_they_leave_is_interaction():
    found = attribution(
        effect("Conv", outcome(3.0, 0.85), outcome(2.0, 0.85)),
        effect("Gemm", outcome(1.5, 0.9), outcome(3.0, 0.9)),
    )
    assert found.noise_alone().effects == (2.0, 0.5)
    assert found.noise_alone().interaction == pytest.approx(0.5)
    assert found.noise_without().effects == (2.0, 1.0)
    assert found.noise_without().interaction == pytest.approx(0.0)
    assert found.metric_alone().effects == pytest.approx((-0.05, 0.0))
    assert found.metric_without().interaction == pytest.approx(0.05)


def test_a_refused_configuration_leaves_its_effect_and_the_remainder_open():
    refused = Outcome(None, refused="two values for one tensor")
    found = attribution(effect("Conv", refused, outcome(2.0, 0.8)))
    assert found.noise_alone().effects == (None,)
    assert found.noise_alone().interaction is None
    document = found.to_dict()
    assert document["rules"][0]["alone"]["refused"] == "two values for one tensor"
    assert document["rules"][0]["alone"]["sqnr_delta_db"] is None


def test_the_document_and_the_table_have_a_line_for_each_rule():
    found = attribution(effect("Conv", outcome(3.0, 0.85), outcome(2.0, 0.85)))
    document = found.to_dict()
    (rule,) = document["rules"]
    assert rule["pointer"] == "/op_type/Conv/is_symmetric"
    assert (rule["kind"], rule["old"], rule["new"], rule["quantizers"]) == (
        "added",
        None,
        "True",
        1,
    )
    assert rule["alone"]["sqnr_delta_db"] == pytest.approx(-4.771, abs=1e-3)
    assert rule["without"]["noise_delta"] == 2.0
    assert document["total"] == {"noise": 3.0, "metric": pytest.approx(-0.1)}
    assert found.table["alone.noise"].tolist() == [3.0]
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert pickle.loads(pickle.dumps(found)) == found


# -- which layers ----------------------------------------------------------------------------------


def row(name, status, **noises):
    powers = {measure: Power(50.0, noise) for measure, noise in noises.items()}
    return LayerRow(f"node_{name}", "Conv", None, name, status, None, powers)


def report(*rows, output=1.0):
    return Report(
        rows=rows,
        output_powers={"y": {"cumulative": Power(100.0, output)}},
        params={},
        encodings={},
        outputs={"y": np.ones((4, 25))},
        metric=None,
        seconds=0.0,
        samples=4,
        scheme="min_max",
        data="arrays",
        calibration="arrays",
    )


def test_layers_explain_by_sensitivity_the_largest_difference_first():
    first = report(
        row("a", "quantized", cumulative=1.0, sensitivity=1.0),
        row("b", "quantized", cumulative=1.0, sensitivity=4.0),
        row("c", "quantized", cumulative=1.0, sensitivity=2.0),
    )
    other = report(
        row("a", "float", cumulative=1.0, sensitivity=0.0),
        row("b", "quantized", cumulative=1.0, sensitivity=7.0),
        row("c", "quantized", cumulative=1.0, sensitivity=2.0),
        output=4.5,
    )
    found = Comparison(("A", "B"), (first, other)).explaining_layers()
    assert found.measure == "sensitivity"
    assert [(x.tensor, x.difference, x.share) for x in found.layers] == [
        ("b", 3.0, 0.75),
        ("a", -1.0, 0.25),
    ]
    assert [x.cumulative_share for x in found.layers] == [0.75, 1.0]
    assert found.layers[1].statuses == ("quantized", "float")
    assert (found.total, found.outputs) == (2.0, 3.5)
    assert found.table["node"].tolist() == ["node_b", "node_a"]


def test_isolated_noise_is_taken_relative_to_its_signal():
    first = report(row("a", "quantized", cumulative=1.0, isolated=1.0))
    other = report(row("a", "quantized", cumulative=1.0, isolated=3.0))
    found = Comparison(("A", "B"), (first, other)).explaining_layers(1)
    assert found.measure == "isolated"
    assert found.layers[0].difference == pytest.approx(2.0 / 50.0)


def test_without_either_measure_it_says_what_to_measure():
    one = report(row("a", "quantized", cumulative=1.0))
    comparison = Comparison(("A", "B"), (one, one))
    with pytest.raises(DataError, match="isolated") as caught:
        comparison.explaining_layers()
    assert caught.value.code == "measure-missing"
    assert comparison.to_dict()["explaining"] == [None, None]


def test_a_refused_side_keeps_its_place_and_the_first_accepted_one_is_the_base():
    one = report(row("a", "quantized", cumulative=1.0), output=1.0)
    two = report(row("a", "float", cumulative=10.0), output=10.0)
    refusal = Refused("some-code", "why", "/op_type/Conv", 3, ("n",))
    comparison = Comparison(("A", "B", "C"), (None, one, two), refusals=(refusal, None, None))
    document = comparison.to_dict()
    assert document["base"] == 1
    assert document["errors"] == [refusal.to_dict(), None, None]
    (layer,) = document["layers"]
    assert layer["status"] == [None, "quantized", "float"]
    assert layer["delta_db"] == [None, 0.0, pytest.approx(-10.0)]
    with pytest.raises(DataError, match="AIMET refuses A"):
        comparison.explaining_layers(0)
