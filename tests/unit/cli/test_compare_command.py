from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.stats import binomtest

from quantsim_viz import compare, load_config, load_model

CONFIGS = ("-c", "default_config", "-c", "aimet_default_per_channel")


def test_json_is_what_python_gives(quantsim_viz, cnn, digits):
    done = quantsim_viz(
        "compare", cnn, *CONFIGS, "--data", digits, "--samples", "16", "--param-bits", "4", "--json"
    )
    printed = json.loads(done.out)
    configs = [load_config(name) for name in CONFIGS[1::2]]
    found = compare(load_model(cnn), configs, str(digits), samples=16, param_bits=4)
    expected = json.loads(json.dumps(found.to_dict()))
    printed.pop("seconds", None)
    expected.pop("seconds", None)
    assert done.status == 0
    assert printed == expected
    assert len(printed["layers"]) == 13


def test_the_table_shows_both_their_difference_and_what_may_be_chance(quantsim_viz, cnn, digits):
    done = quantsim_viz("compare", cnn, *CONFIGS, "--data", digits, "--samples", "128")
    lines = done.out.splitlines()
    header = next(line for line in lines if line.startswith("node "))
    assert header.split() == ["node", "status", "A", "dB", "B", "dB", "B", "−", "A"]
    assert lines[1:3] == ["  A  default_config", "  B  aimet_default_per_channel"]
    (accuracy,) = (line for line in lines if line.startswith("  B  9"))
    assert "mcnemar-exact" in accuracy
    assert "  B alone is right on 1, A alone on 0 of 128: not enough data to tell" in done.out
    assert "  B − A: +0.78 points, 95 % interval " in done.out
    assert next(line for line in lines if line.startswith("output ")).split() == [
        *("output", "A", "dB", "B", "dB"),
        *("cosine", "A", "cosine", "B"),
    ]


def test_a_configuration_against_itself_differs_in_nothing(quantsim_viz, cnn, digits):
    same = ("-c", "default_config", "-c", "default_config")
    done = quantsim_viz("compare", cnn, *same, "--data", digits, "--samples", "16", "--json")
    document = json.loads(done.out)
    assert {tuple(layer["delta_db"]) for layer in document["layers"]} == {(0.0, 0.0)}
    assert document["metric"]["disagreements"] == [None, [0, 0]]
    assert document["metric"]["p_value"] == [None, 1.0]


def test_one_configuration_is_not_enough(quantsim_viz, cnn):
    done = quantsim_viz("compare", cnn, "-c", "default_config", "--data", "random")
    assert done.status == 2
    assert "give at least two configurations" in done.err


def test_the_p_value_shown_is_scipys(quantsim_viz, cnn, digits):
    options = ("--data", digits, "--param-bits", "4")
    document = json.loads(quantsim_viz("compare", cnn, *CONFIGS, *options, "--json").out)
    gained, lost = document["metric"]["disagreements"][1]
    assert gained + lost > 4
    expected = binomtest(gained, gained + lost).pvalue
    assert document["metric"]["p_value"][1] == expected
    text = quantsim_viz("compare", cnn, *CONFIGS, *options).out
    assert f"p = {expected:.3g} (mcnemar-exact)" in text
    assert f"B alone is right on {gained}, A alone on {lost} of 540" in text


def test_attribution_says_what_each_rule_does(quantsim_viz, cnn, digits):
    given = ("-c", "weights_only", "-c", "tvm_relay", "--data", digits, "--samples", "16")
    options = ("--param-bits", "4", "--attribute", "--measure", "isolated")
    done = quantsim_viz("compare", cnn, *given, *options)
    assert done.status == 0
    lines = done.out.splitlines()
    start = next(i for i, x in enumerate(lines) if x.startswith("What the changed rules do"))
    assert lines[start + 1].split()[:2] == ["rule", "what"]
    rows = {line.split()[0]: line for line in lines[start + 3 :] if line.startswith("/")}
    assert "added: True" in rows["/op_type/Gemm/is_input_quantized"]
    assert "refused" in rows["/op_type/Conv/is_input_quantized"]
    assert "made alone is refused by AIMET: Tensor" in done.out
    assert "further changed rules move no quantizer of this model." in done.out
    assert "Layers that explain the noise of B against A (own noise relative" in done.out
    document = json.loads(quantsim_viz("compare", cnn, *given, *options, "--json").out)
    nothing, found = document["attribution"]
    assert nothing is None
    assert {rule["pointer"] for rule in found["rules"] if not rule["idle"]} == set(rows)


def test_a_refused_side_is_shown_and_the_others_are_compared(quantsim_viz, vit, refused, digits):
    names = (refused, "default_config", "tflite_int8")
    given = [part for name in names for part in ("-c", name)]
    done = quantsim_viz("compare", vit, *given, "--data", digits, "--samples", "8")
    assert done.status == 1
    assert "AIMET refuses it (model-input-missing-key)" in done.out
    assert "The others are set beside B." in done.out
    header = next(line for line in done.out.splitlines() if line.startswith("node "))
    assert header.split() == ["node", "status", "B", "dB", "C", "dB", "C", "−", "B"]


def test_a_metric_that_raises_leaves_the_rest_and_exits_with_1(
    quantsim_viz, cnn, digits, tmp_path, monkeypatch
):
    (tmp_path / "raising.py").write_text("def f(outputs, labels):\n    raise ValueError('no')\n")
    monkeypatch.chdir(tmp_path)
    given = ("--data", digits, "--samples", "8", "--metric", "raising:f")
    done = quantsim_viz("compare", cnn, *CONFIGS, *given, "--json")
    assert done.status == 1
    assert json.loads(done.out)["metric"] is None
    assert len(json.loads(done.out)["layers"]) == 13
    assert "error[metric-failed]: the metric 'raising:f' raised ValueError: no" in done.err
    alone = quantsim_viz("simulate", cnn, "-c", "default_config", *given, "--json")
    assert alone.status == 1
    assert json.loads(alone.out)["metric"] is None
    for document in (json.loads(done.out), json.loads(alone.out)):
        assert document["error"]["code"] == "metric-failed"
        assert "raised ValueError: no" in document["error"]["message"]


@pytest.mark.parametrize("value", ["float('nan')", "[float('inf')] * len(labels)"])
def test_a_metric_that_is_no_finite_number_is_said_to_be_none(
    quantsim_viz, cnn, digits, tmp_path, monkeypatch, value
):
    name = f"no_number_{len(value)}"
    (tmp_path / f"{name}.py").write_text(f"def f(outputs, labels):\n    return {value}\n")
    monkeypatch.chdir(tmp_path)
    given = ("--data", digits, "--samples", "8", "--metric", f"{name}:f")
    done = quantsim_viz("compare", cnn, *CONFIGS, *given)
    assert done.status == 0
    assert "  B  –  not a finite number" in done.out.splitlines()


@pytest.mark.parametrize("command", [("compare", *CONFIGS[:2]), ("simulate",)])
def test_labels_that_no_metric_takes_are_not_passed_over_in_silence(
    quantsim_viz, cnn, digits, tmp_path, command
):
    arrays = dict(np.load(digits))
    images, labels = arrays["image"][:8], arrays["labels"][:8]
    np.savez(tmp_path / "scores.npz", image=images, labels=np.eye(10)[labels])
    given = ("-c", "default_config", "--data", tmp_path / "scores.npz")
    done = quantsim_viz(command[0], cnn, *command[1:], *given)
    assert done.status == 0
    assert "warning[labels-unused]: No accuracy is measured: the labels have shape" in done.err
    assert "[10] a sample and are float64, not one class number" in done.err
    asked = quantsim_viz(command[0], cnn, *command[1:], *given, "--metric", "mse")
    assert "labels-unused" not in asked.err
    assert "mse" in asked.out


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_refused_configuration_exits_with_1_and_its_document_comes(
    quantsim_viz, vit, refused, order
):
    names = ("default_config", refused)
    given = [part for index in order for part in ("-c", names[index])]
    done = quantsim_viz("compare", vit, *given, "--data", "random", "--json")
    document = json.loads(done.out)
    assert done.status == 1
    assert document["error"] is not None
    assert document["config"] == str(refused)
    assert document["quantizers"] == {}
    assert document["errors"][order.index(1)]["code"] == document["error"]["code"]
    assert document["layers"][0]["sqnr_db"][order.index(1)] is None
