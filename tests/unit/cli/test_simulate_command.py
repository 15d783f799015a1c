from __future__ import annotations

import csv
import json
import signal

import numpy as np
import pytest

from quantsim_viz import load_config, load_model, simulate
from quantsim_viz.cli.figures import format_channels, format_quantizers
from quantsim_viz.cli.simulate import decibels, format_score
from quantsim_viz.sim import data as data_module

QUICK = ("--samples", "32")


def test_json_is_what_python_gives(quantsim_viz, cnn, digits):
    done = quantsim_viz("simulate", cnn, "-c", "default_config", "--data", digits, "--json", *QUICK)
    printed = json.loads(done.out)
    report = simulate(load_model(cnn), load_config("default_config"), str(digits), samples=32)
    expected = json.loads(json.dumps(report.to_dict()))
    printed.pop("seconds")
    expected.pop("seconds")
    assert done.status == 0
    assert printed == expected
    assert printed["metric"]["name"] == "top1"


def test_every_option_reaches_the_simulation(quantsim_viz, cnn, digits):
    done = quantsim_viz(
        *("simulate", cnn, "-c", "default_config", "--data", "random:3", "--json"),
        *("--param-bits", "4", "--act-bits", "16", "--scheme", "percentile", "--percentile", "99"),
        *("--measure", "isolated,sensitivity", "--calibration", digits, "--metric", "mse"),
        *("--batch-size", "4", "--samples", "8", "--device", "cpu"),
    )
    report = json.loads(done.out)
    assert done.status == 0, done.err
    assert "random" in report["data"]
    assert report["calibration"] == str(digits)
    assert report["samples"] == 8
    assert report["scheme"].startswith("percentile")
    assert report["metric"]["name"] == "mse"
    assert report["encodings"]["features.0.weight"][0]["bitwidth"] == 4
    assert report["encodings"]["relu"][0]["bitwidth"] == 16
    assert {"cumulative", "isolated", "sensitivity"} <= report["layers"][0].keys()


def test_the_table_names_every_layer_the_outputs_and_the_accuracy(quantsim_viz, cnn, digits):
    done = quantsim_viz("simulate", cnn, "-c", "default_config", "--data", digits)
    *_, output, metric = done.out.splitlines()
    for name in ("node_conv2d", "node_squeeze", "node_linear_1"):
        assert f"\n{name} " in done.out
    assert output.startswith("output logits: ")
    assert metric.startswith("top1: float 98.89 %, simulated 9")


def test_the_layer_table_is_written_as_csv_too(quantsim_viz, cnn, tmp_path):
    target = tmp_path / "layers.csv"
    done = quantsim_viz(
        *("simulate", cnn, "-c", "default_config", "--data", "random", "--samples", "4"),
        *("--csv", target, "-o", tmp_path / "report.txt"),
    )
    with target.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert (done.status, done.out) == (0, "")
    assert [row["node"] for row in rows][:2] == ["node_conv2d", "node_relu"]
    assert float(rows[0]["cumulative.sqnr_db"]) > 0


def test_quantizers_and_channels_are_shown_and_written_beside_the_layers(
    quantsim_viz, cnn, tmp_path
):
    target = tmp_path / "out.csv"
    done = quantsim_viz(
        *("simulate", cnn, "-c", "default_config", "--data", "random", "--samples", "4"),
        *("--measure", "quantizers,channels", "--csv", target),
    )
    assert done.status == 0, done.err
    assert "own dB" in done.out
    assert "worst channel" in done.out
    tables = {}
    for name in ("out.csv", "out.quantizers.csv", "out.channels.csv"):
        with (tmp_path / name).open(encoding="utf-8") as file:
            tables[name] = list(csv.DictReader(file))
    quantizers = {row["tensor"]: row for row in tables["out.quantizers.csv"]}
    weight = quantizers["features.0.weight"]
    assert (weight["kind"], weight["encoding.bitwidth"]) == ("param", "8")
    assert float(weight["rounding"]) > 0
    assert int(weight["encoding.offset"]) <= 0
    channels = [row for row in tables["out.channels.csv"] if row["tensor"] == "features.0.weight"]
    assert [row["channel"] for row in channels] == [str(k) for k in range(len(channels))]
    layers = tables["out.csv"]
    offsets = {row["encoding.offset"] for row in layers} - {""}
    assert offsets
    assert all(str(int(offset)) == offset for offset in offsets)


def interrupt_at(monkeypatch, batch):
    """Send the process an interrupt while it prepares a batch, counted over all passes."""
    batches = iter(range(1000))
    to_tensors = data_module._to_tensors

    def interrupted(*args, **kwargs):
        if next(batches) == batch:
            signal.raise_signal(signal.SIGINT)
        return to_tensors(*args, **kwargs)

    monkeypatch.setattr(data_module, "_to_tensors", interrupted)


def test_after_an_interrupt_what_was_measured_is_written(
    quantsim_viz, cnn, digits, tmp_path, monkeypatch
):
    interrupt_at(monkeypatch, batch=8 + 3)  # eight to calibrate with, and the fourth to measure
    arguments = ("simulate", cnn, "-c", "default_config", "--data", digits, "--samples", "256")
    done = quantsim_viz(*arguments, "--json", "--csv", tmp_path / "layers.csv")
    report = json.loads(done.out)
    assert done.status == 130
    assert report["partial"] == {"stage": "simulate", "samples": 96, "of": 256}
    assert (report["samples"], report["metric"]["samples"]) == (96, 96)
    assert report["layers"][0]["cumulative"]["sqnr_db"] > 0
    assert (tmp_path / "layers.csv").exists()
    assert "interrupted: stopped after 96 of 256 samples of stage simulate" in done.err


def test_after_an_interrupt_the_table_says_that_it_is_partial(
    quantsim_viz, cnn, digits, monkeypatch
):
    interrupt_at(monkeypatch, batch=2 + 1)
    arguments = ("simulate", cnn, "-c", "default_config", "--data", digits, "--samples", "64")
    done = quantsim_viz(*arguments)
    assert done.status == 130
    assert "PARTIAL: stopped after 32 of 64 samples" in done.out
    assert "output logits: " in done.out


def test_an_interrupt_while_calibrating_leaves_nothing(quantsim_viz, cnn, digits, monkeypatch):
    interrupt_at(monkeypatch, batch=0)
    done = quantsim_viz("simulate", cnn, "-c", "default_config", "--data", digits, *QUICK)
    assert (done.status, done.out) == (130, "")
    assert done.err.strip() == "quantsim-viz: interrupted"


def test_a_refused_configuration_gives_the_document_of_resolve_and_exits_with_1(
    quantsim_viz, vit, refused
):
    done = quantsim_viz("simulate", vit, "-c", refused, "--data", "random", "--json")
    document = json.loads(done.out)
    assert done.status == 1
    assert document["error"]["code"] in done.err
    assert document["quantizers"] == {}
    assert len(document["nodes"]) == 123


def write_npz(path, **arrays):
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(
    ("arrays", "word"),
    [
        ({"picture": np.zeros((2, 1, 8, 8), np.float32)}, "image"),
        ({"image": np.zeros((2, 1, 9, 8), np.float32)}, "8"),
        ({"image": np.zeros((2, 1, 8, 8), np.int64)}, "float32"),
        ({"image": np.full((2, 1, 8, 8), np.nan, np.float32)}, "NaN"),
    ],
    ids=["input missing", "wrong shape", "wrong dtype", "not finite"],
)
def test_data_that_do_not_fit_are_said_to_be_so(quantsim_viz, cnn, tmp_path, arrays, word):
    data = write_npz(tmp_path / "data.npz", **arrays)
    done = quantsim_viz("simulate", cnn, "-c", "default_config", "--data", data, "--json")
    assert (done.status, done.out) == (2, "")
    assert "error[" in done.err
    assert word in done.err


@pytest.mark.parametrize(
    "options",
    [
        ("--data", "missing.npz"),
        ("--data", "random:x"),
        ("--data", "random", "--measure", "everything"),
        ("--data", "random", "--scheme", "best"),
        ("--data", "random", "--metric", "top1"),
        ("--data", "random", "--metric", "beauty"),
        ("--data", "random", "--percentile", "20"),
        ("--data", "random", "--samples", "0"),
        ("--data", "random", "--device", "abacus"),
        (),
    ],
    ids=" ".join,
)
def test_bad_options_could_not_run(quantsim_viz, cnn, options):
    done = quantsim_viz("simulate", cnn, "-c", "default_config", *options)
    assert (done.status, done.out) == (2, "")
    assert "error[" in done.err


def test_quantizers_without_noise_and_tiny_shares_are_told_apart():
    exact = {"kind": "param", "sqnr_db": None, "wider_db": 0.0, "finer_db": 0.0}
    clipped = {"kind": "input", "sqnr_db": 20.04, "wider_db": None, "finer_db": 0.0}
    table = format_quantizers(
        {
            "w": exact | {"clipping_share": 0.0, "outside": 0.0},
            "x": clipped | {"clipping_share": 0.5, "outside": 1e-6},
        }
    )
    first, second = (" ".join(line.split()) for line in table.splitlines()[2:])
    assert first == "w param – 0 % 0 % 0.0 0.0"
    assert second == "x input 20.0 50.0 % <0.1 % – 0.0"


def test_the_worst_channel_is_named():
    channels = {"c": {"axis": 1, "sqnr_db": [30.0, None, 10.0, 20.0]}}
    table = format_channels({**channels, "zero": {"axis": 0, "sqnr_db": [None]}})
    lines = [line.split() for line in table.splitlines()[2:]]
    assert lines == [["c", "1", "4", "20.0", "10.0", "2"], ["zero", "0", "1", "–", "–", "–"]]


def test_decibels_tell_no_noise_from_no_signal():
    assert decibels({"sqnr_db": 12.34, "signal": 1.0, "noise": 0.1}) == "12.3"
    assert decibels({"sqnr_db": None, "signal": 1.0, "noise": 0.0}) == "exact"
    assert decibels({"sqnr_db": None, "signal": 0.0, "noise": 1.0}) == "–"
    assert decibels(None) == "–"


def test_shares_are_shown_in_percent_and_errors_as_numbers():
    assert format_score("top5", 1.0) == "100.00 %"
    assert format_score("mae", 0.5) == "0.5"
