from __future__ import annotations

import json
import math

import numpy as np
import pytest

from quantsim_viz.report import Comparison, LayerRow, MetricResult, Power, Report
from quantsim_viz.report.plots import comparison_chart, sqnr_chart

ENCODING = {"min": 0.0, "max": 2.55, "scale": 0.01, "offset": 0, "bitwidth": 8, "symmetric": False}


def row(tensor, noise, status="quantized", **powers):
    return LayerRow(
        node=f"node_{tensor}",
        op_type="Relu",
        module=None,
        tensor=tensor,
        status=status,
        shape=("N", 4),
        powers={"cumulative": Power(100.0, noise), **powers},
        clipping_share=0.25,
        encoding=ENCODING,
    )


def report(*rows, simulated=0.5):
    hits = np.arange(10) < simulated * 10
    return Report(
        rows=rows,
        output_powers={"y": {"cumulative": Power(100.0, 1.0)}},
        params={"w": Power(4.0, 0.0)},
        encodings={"y": [ENCODING], "h": []},
        outputs={"y": np.zeros((10, 2))},
        metric=MetricResult("top1", 0.9, simulated, 10, hits, hits),
        seconds=0.5,
        samples=10,
        scheme="min_max",
        data="random data (seed 0)",
        calibration="random data (seed 0)",
    )


@pytest.fixture
def one():
    return report(row("a", 1.0, isolated=Power(100.0, 0.1)), row("b", 0.0))


def test_sqnr_is_the_ratio_of_the_powers_in_decibels():
    assert Power(100.0, 1.0).sqnr_db == pytest.approx(20.0)
    assert Power(1e-300, 1e300).sqnr_db == pytest.approx(-6000.0)


@pytest.mark.parametrize("power", [Power(0.0, 1.0), Power(1.0, 0.0), Power(1.0, None)])
def test_there_is_no_sqnr_without_signal_or_noise(power):
    assert power.sqnr_db is None


def test_the_document_has_the_fields_of_the_contract(one):
    document = one.to_dict()
    assert {"layers", "outputs", "params", "encodings", "metric"} < set(document)
    assert {"seconds", "samples", "scheme", "data"} < set(document)
    first, second = document["layers"]
    assert first["cumulative"] == {"sqnr_db": pytest.approx(20.0), "signal": 100.0, "noise": 1.0}
    assert first["encoding"]["scale"] == 0.01
    assert "isolated" not in second
    assert second["cumulative"]["sqnr_db"] is None
    assert document["metric"] == {"name": "top1", "float": 0.9, "simulated": 0.5, "samples": 10}
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_the_layer_table_has_a_column_for_every_figure(one):
    table = one.layers
    assert list(table["tensor"]) == ["a", "b"]
    assert table["cumulative.sqnr_db"][0] == pytest.approx(20.0)
    assert math.isnan(table["isolated.noise"][1])
    assert table["encoding.offset"][0] == 0


def test_a_comparison_sets_every_layer_beside_the_first(one):
    other = report(row("a", 10.0), row("b", 5.0, status="float"), simulated=0.2)
    comparison = Comparison(("A", "B"), (one, other))
    document = comparison.to_dict()
    assert set(document) >= {"configs", "layers", "differences", "metric"}
    first, second = document["layers"]
    assert first["sqnr_db"] == [pytest.approx(20.0), pytest.approx(10.0)]
    assert first["delta_db"] == [0.0, pytest.approx(-10.0)]
    assert second["delta_db"] == [0.0, None]
    assert second["status"] == ["quantized", "float"]
    assert document["metric"]["values"] == [0.5, 0.2]
    assert document["metric"]["disagreements"] == [None, [0, 3]]
    assert comparison.layers["delta_db.B"][0] == pytest.approx(-10.0)
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_charts_hold_every_layer_and_say_what_the_data_were(one):
    chart = sqnr_chart(one).to_dict()
    assert "random data" in chart["title"]
    (values,) = chart["datasets"].values()
    assert [(v["tensor"], v["measure"]) for v in values] == [
        ("a", "cumulative"),
        ("a", "isolated"),
        ("b", "cumulative"),
    ]
    both = comparison_chart(Comparison(("A", "B"), (one, one))).to_dict()
    assert [len(values) for values in both["datasets"].values()] == [4]
