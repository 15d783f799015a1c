"""Comparisons: refusals, warnings, labels, metrics that raise."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from support.small_configs import REFUSED
from support.small_models import floats, model, node

from quantsim_viz import compare, load_config, load_model, run, simulate
from quantsim_viz.errors import ConfigError, DataError
from quantsim_viz.samples import list_samples

SAMPLES = {sample.name: sample for sample in list_samples()}
DATA = str(SAMPLES["digits_vit"].data)


@pytest.fixture(scope="module")
def vit():
    return load_model(SAMPLES["digits_vit"].model)


@pytest.fixture(scope="module")
def cnn():
    return load_model(SAMPLES["digits_cnn"].model)


def images(**changes):
    with np.load(DATA) as stored:
        arrays = {name: stored[name][:12] for name in stored.files}
    return arrays | changes


def test_a_refused_side_is_an_entry_and_the_others_are_compared(vit):
    names = [REFUSED, "default_config", "tflite_int8"]
    found = compare(vit, names, DATA, samples=16)
    assert [report is None for report in found.reports] == [True, False, False]
    assert found.refusals[0].code == "model-input-missing-key"
    assert found.refusals[0].nodes == ("node_add_13",)
    assert found.base == 1
    alone = compare(vit, names[1:], DATA, samples=16)
    assert [row["sqnr_db"][1:] for row in found.to_dict()["layers"]] == [
        row["sqnr_db"] for row in alone.to_dict()["layers"]
    ]
    assert found.differences[0]["errors"][0] is not None
    assert found.differences[1]["configs"] == ["default_config", "tflite_int8"]
    assert pickle.loads(pickle.dumps(found)).to_dict() == found.to_dict()


def test_one_accepted_side_is_still_shown(vit):
    found = compare(vit, ["default_config", REFUSED], DATA, samples=8)
    assert found.metric["values"][1] is None
    assert found.outputs["logits"]["sqnr_db"][1] is None
    assert found.outputs["logits"]["sqnr_db"][0] is not None


def test_nothing_is_left_when_every_side_is_refused(vit):
    with pytest.raises(ConfigError, match="AIMET refuses refused"):
        compare(vit, [REFUSED, REFUSED], "random")


def test_rules_for_another_model_are_said_to_match_nothing(cnn):
    document = load_config("default_config").document.data
    other = document | {
        "op_type": {"LSTM": {"is_output_quantized": "False"}},
        "supergroups": [{"op_list": ["LSTM", "Relu"]}],
    }
    found = compare(cnn, {"mine": "default_config", "other": other}, DATA, samples=4)
    assert found.warnings[0] == ()
    (finding,) = found.warnings[1]
    assert finding.code == "matches-nothing"
    assert "none of the 2 rules" in finding.message
    assert found.to_dict()["warnings"][1][0]["code"] == "matches-nothing"


def test_the_cosine_is_that_of_both_outputs(cnn):
    found = compare(cnn, ["default_config", "tflite_int8"], images(), param_bits=4)
    inputs = {name: value for name, value in images().items() if name != "labels"}
    exact = run(cnn, inputs)
    x, y = (each["logits"].astype(np.float64).ravel() for each in (exact, found.reports[0].outputs))
    expected = x @ y / np.sqrt((x @ x) * (y @ y))
    assert found.outputs["logits"]["cosine"][0] == pytest.approx(expected, abs=1e-6)
    assert found.outputs["logits"]["delta_db"][0] == 0.0


def test_disagreeing_samples_have_their_number_in_the_file(cnn):
    names = ["default_config", "aimet_default_per_channel"]
    options = {"param_bits": 4, "samples": 200, "seed": 5}
    found = compare(cnn, names, DATA, **options)
    with np.load(DATA) as stored:
        labels = stored["labels"]
    listed = found.metric["disagreeing"][1]
    assert listed
    assert all(labels[entry["sample"]] == entry["label"] for entry in listed)
    right = np.array([entry["right"] for entry in listed])
    gained, lost = found.metric["disagreements"][1]
    assert (right[:, 1] & ~right[:, 0]).sum() == gained
    assert (right[:, 0] & ~right[:, 1]).sum() == lost


@pytest.mark.parametrize(
    ("labels", "metric", "code"),
    [
        (np.arange(11), None, "label-count"),
        (np.full(12, 10), "top1", "labels-range"),
        (np.full(12, -1), "top5", "labels-range"),
        (np.zeros(12), "top1", "labels-shape"),
        (np.zeros((12, 3)), "mse", "labels-shape"),
        (None, "top1", "labels-missing"),
        (np.arange(12), "top2", "metric-unknown"),
        (np.arange(12), "no_such_module_at_all:f", "metric-unknown"),
    ],
)
def test_labels_that_do_not_fit_are_refused_before_anything_runs(cnn, labels, metric, code):
    told = []
    data = images()
    if labels is None:
        del data["labels"]
    else:
        data["labels"] = labels
    with pytest.raises(DataError) as caught:
        compare(
            cnn,
            ["default_config", "tflite_int8"],
            data,
            metric=metric,
            progress=lambda *entry: told.append(entry),
        )
    assert caught.value.code == code
    assert told == []


def test_a_metric_that_raises_costs_the_accuracy_and_nothing_else(cnn, tmp_path, monkeypatch):
    (tmp_path / "bad_metric.py").write_text("def f(outputs, labels):\n    return 1 / 0\n")
    monkeypatch.chdir(tmp_path)
    found = compare(cnn, ["default_config", "tflite_int8"], images(), metric="bad_metric:f")
    assert found.metric is None
    assert found.layers["sqnr_db.tflite_int8"].notna().any()
    for report in found.reports:
        assert report.warnings[0].code == "metric-failed"
        assert "ZeroDivisionError" in report.warnings[0].message


def test_layers_that_differ_are_the_ones_that_explain(cnn):
    found = compare(
        cnn, ["weights_only", "tflite_int8"], DATA, samples=16, measure=("sensitivity",)
    )
    explanation = found.explaining_layers()
    rows = {row.tensor: row for row in found.reports[0].rows}
    for layer in explanation.layers:
        assert layer.noise[0] == (rows[layer.tensor].powers["sensitivity"].noise or 0.0)
    assert explanation.total == pytest.approx(sum(x.difference for x in explanation.layers))


def test_configurations_that_settle_the_model_alike_are_simulated_once(cnn):
    names = ["default_config", "documented_example", "tflite_int8", "default_config"]
    found = compare(cnn, names, DATA, samples=8)
    first, alike, other, again = found.reports
    assert first is alike is again
    assert other is not first
    assert found.configs == (
        "default_config",
        "documented_example",
        "tflite_int8",
        names[0] + " (2)",
    )
    assert found.metric["values"][0] == found.metric["values"][3]


def test_shared_sensitivities_are_those_of_each_by_itself(cnn):
    names = ["default_config", "aimet_default_per_channel"]
    options = {"samples": 8, "measure": ("sensitivity",)}
    found = compare(cnn, names, DATA, **options)
    for name, report in zip(names, found.reports, strict=True):
        alone = simulate(cnn, name, DATA, **options)
        for row, other in zip(alone.rows, report.rows, strict=True):
            assert other.powers["sensitivity"].noise == pytest.approx(
                row.powers["sensitivity"].noise, rel=1e-6
            )


def test_a_metric_may_be_a_callable_and_the_error_names_the_file_of_the_data(cnn, tmp_path):
    def share_of_nine(outputs, labels):
        return (outputs["logits"].argmax(axis=1) == 9) & (labels == 9)

    names = ["default_config", "tflite_int8"]
    found = compare(cnn, names, images(), metric=share_of_nine)
    assert found.metric["name"].endswith("share_of_nine")
    assert found.metric["test"] == "mcnemar-exact"
    np.savez(tmp_path / "bad.npz", **images(labels=np.full(12, 10)))
    with pytest.raises(DataError) as caught:
        compare(cnn, names, str(tmp_path / "bad.npz"), metric="top1")
    assert caught.value.path == str(tmp_path / "bad.npz")


def test_labels_that_are_no_class_cost_the_accuracy_alone_when_none_was_asked_for(cnn):
    report = simulate(cnn, "default_config", images(labels=np.full(12, 10)))
    assert report.metric is None
    assert report.rows[0].powers["cumulative"].noise
    (finding,) = [found for found in report.warnings if found.code == "labels-unused"]
    assert "needs labels from 0 to 9" in finding.message
    assert "count classes from 0".capitalize() in finding.message


def detector(*scores):
    """A network of a box, `[N, 4]`, and class scores of so many classes each."""
    nodes = [node("Flatten", "x", "f", "flatten"), node("MatMul", "f wb", "box", "boxes")]
    constants = {"wb": floats(12, 4, seed=9)}
    for number, classes in enumerate(scores):
        nodes.append(node("MatMul", f"f w{number}", f"scores{number}", f"head{number}"))
        constants[f"w{number}"] = floats(12, classes, seed=number)
    outputs = ["box", *(f"scores{number}" for number in range(len(scores)))]
    proto = model(nodes, inputs={"x": ["N", 3, 4]}, outputs=outputs, constants=constants)
    return load_model(proto, name="detector")


@pytest.mark.parametrize(
    ("scores", "output", "words"),
    [
        ((30,), "scores0", None),
        ((5, 30), "scores1", None),
        ((30, 40), None, "several other outputs have as many classes (scores0, scores1)"),
        ((5,), None, "no other output has as many classes"),
    ],
)
def test_the_one_output_that_labels_are_classes_of_is_taken(scores, output, words):
    data = {"x": floats(16, 3, 4), "labels": np.arange(16) + 10}
    found = compare(detector(*scores), ["default_config", "tflite_int8"], data)
    metric = found.metric
    if output is None:
        assert metric is None
        assert any(words in each.message for each in found.accepted[0].warnings)
        return
    assert (metric["name"], metric["output"]) == ("top1", output)
    exact = run(detector(*scores), {"x": data["x"]})[output]
    assert metric["float"] == (exact.argmax(axis=1) == data["labels"]).mean()
    with pytest.raises(DataError, match="classes of the first output"):
        compare(detector(*scores), ["default_config"] * 2, data, metric="top1")
