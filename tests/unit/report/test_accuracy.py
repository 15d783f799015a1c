"""Accuracies beside each other: what is listed, and what is said of it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from quantsim_viz.report import compare_metric, evaluate
from quantsim_viz.report.accuracy import MOST_SCORES, explain_difference, list_disagreeing
from quantsim_viz.report.metrics import MetricResult, Scorer

LABELS = np.array([0, 1, 2, 0])
EXACT = np.eye(3)[[0, 1, 2, 1]]


def predicted(*classes):
    return evaluate("top1", {"y": EXACT}, {"y": np.eye(3)[list(classes)]}, LABELS)


def test_samples_with_other_predictions_are_listed_with_label_float_and_both():
    found = compare_metric([predicted(0, 1, 0, 2), predicted(0, 2, 2, 1)])
    assert found["disagreeing"][0] is None
    assert found["disagreeing"][1] == [
        {"sample": 1, "label": 1, "float": 1, "predictions": [1, 2], "right": [True, False]},
        {"sample": 2, "label": 2, "float": 2, "predictions": [0, 2], "right": [False, True]},
        {"sample": 3, "label": 0, "float": 1, "predictions": [2, 1], "right": [False, False]},
    ]
    assert found["disagreements"] == [None, [1, 1]]


def test_samples_have_their_number_in_the_data():
    numbers = np.array([10, 11, 12, 13])
    listed = list_disagreeing(predicted(0, 1, 2, 0), predicted(0, 1, 1, 0), numbers)
    assert [entry["sample"] for entry in listed] == [12]


def test_of_other_scores_those_that_differ_most_are_listed():
    exact = {"y": np.zeros((200, 2))}
    first = evaluate("mse", exact, {"y": np.zeros((200, 2))}, None)
    other = evaluate("mse", exact, {"y": np.arange(200.0)[:, None].repeat(2, 1)}, None)
    found = compare_metric([first, other])
    listed = found["disagreeing"][1]
    assert len(listed) == MOST_SCORES
    assert listed[0] == {"sample": 199, "float": 0.0, "scores": [0.0, 199.0**2]}
    assert found["test"] == "paired-bootstrap"
    assert found["seed"] == 0


def test_a_configuration_without_figures_stays_in_its_place():
    found = compare_metric([None, predicted(0, 1, 2, 0), predicted(0, 1, 2, 0)])
    assert found["values"] == [None, 1.0, 1.0]
    assert found["p_value"] == [None, None, 1.0]
    assert found["verdict"][:2] == [None, None]
    assert found["difference"] == [None, 0.0, 0.0]


def test_a_score_that_is_not_finite_can_be_written_as_json():
    exact = {"y": np.zeros((3, 1))}
    broken = evaluate("mse", exact, {"y": np.array([[1.0], [np.nan], [2.0]])}, None)
    found = compare_metric([evaluate("mse", exact, exact, None), broken])
    assert found["values"] == [0.0, None]
    assert found["verdict"] == found["p_value"] == [None, None]
    assert explain_difference(found, 1, "A", "B") is None
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert broken.to_dict()["simulated"] is None


@pytest.mark.parametrize(
    ("right", "sentence"),
    [
        ((100, 60, 5, 35), "B alone is right on 5, A alone on 60 of 200: more than chance."),
        (
            (190, 2, 0, 8),
            "B alone is right on 0, A alone on 2 of 200: not enough data to tell; about 600"
            " samples like these would.",
        ),
        (
            (20, 0, 0, 0),
            "B and A are right and wrong on the same samples of 20: not enough data to tell.",
        ),
    ],
)
def test_the_verdict_in_words(right, sentence):
    both, lost, gained, neither = right
    first = np.repeat([True, True, False, False], right)
    other = np.repeat([True, False, True, False], right)
    assert (both, lost, gained, neither) == right
    results = [MetricResult("m", 1.0, x.mean(), len(x), first, x) for x in (first, other)]
    assert explain_difference(compare_metric(results), 1, "A", "B") == sentence


def test_the_very_same_result_is_the_same_in_every_sample():
    one = predicted(0, 1, 2, 1)
    found = compare_metric([one, one, predicted(0, 1, 2, 1)])
    assert found["confidence_interval"][1] == [0.0, 0.0]
    assert found["verdict"][1:] == ["alike", "unclear"], "the third may differ in further samples"
    said = explain_difference(found, 1, "A", "B")
    assert said == "B and A are the same in every one of 4 samples."


def test_alike_is_said_where_the_interval_allows_no_more():
    first = np.repeat([True, True, False, False], (5000, 3, 4, 20))
    other = np.repeat([True, False, True, False], (5000, 3, 4, 20))
    results = [MetricResult("m", 1.0, x.mean(), len(x), first, x) for x in (first, other)]
    sentence = explain_difference(compare_metric(results), 1, "A", "B")
    assert sentence.endswith("alike, for what the interval allows.")


def test_one_figure_for_all_samples_says_nothing():
    found = compare_metric([MetricResult("m", 1.0, 0.5, 3), MetricResult("m", 1.0, 0.25, 3)])
    assert explain_difference(found, 1, "A", "B") is None


def test_one_figure_for_all_samples_is_resampled_in_pairs(tmp_path, monkeypatch):
    (tmp_path / "one_figure.py").write_text(
        "import numpy as np\n"
        "def rmse(outputs, labels):\n"
        "    return float(np.sqrt(((outputs['y'] - labels) ** 2).mean()))\n"
    )
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    labels = rng.normal(size=(60, 1))
    exact = {"y": labels}
    near, far, worse = ({"y": labels + rng.normal(0, s, (60, 1))} for s in (0.1, 0.1, 0.5))
    scorer = Scorer("one_figure:rmse", exact, labels)
    found = compare_metric([scorer.of(run, resamples=499) for run in (near, far, worse)])
    assert found["test"] == "paired-bootstrap"
    assert found["p_value"][1] > 0.05 > found["p_value"][2]
    assert found["verdict"][2] == "different"
    low, high = found["confidence_interval"][2]
    assert 0 < low < found["difference"][2] < high
    assert found["disagreeing"] == [None, None, None]
    assert compare_metric([scorer.of(near), scorer.of(worse)])["test"] is None


def test_a_figure_that_some_resample_lacks_has_no_test(tmp_path, monkeypatch):
    (tmp_path / "needs_all.py").write_text(
        "def f(outputs, labels):\n    return [1.0][0 if len(set(labels)) > 59 else 1]\n"
    )
    monkeypatch.chdir(tmp_path)
    exact = {"y": np.zeros((60, 1))}
    scorer = Scorer("needs_all:f", exact, np.arange(60))
    assert scorer.of(exact, resamples=9).resampled is None
