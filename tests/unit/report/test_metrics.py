from __future__ import annotations

import numpy as np
import pytest

from quantsim_viz.errors import DataError
from quantsim_viz.report import compare_metric, evaluate
from quantsim_viz.report.metrics import MetricResult, check_metric

LOGITS = np.array([[1.0, 2.0, 0.0], [3.0, 1.0, 0.0], [0.0, 1.0, 5.0], [2.0, 1.0, 0.0]])
LABELS = np.array([1, 0, 2, 1])


def scores(values):
    return MetricResult("m", 0.0, float(np.mean(values)), len(values), None, np.asarray(values))


def test_top1_is_the_share_of_samples_whose_label_is_best():
    result = evaluate("top1", {"y": LOGITS}, {"y": -LOGITS}, LABELS)
    assert (result.float_value, result.simulated, result.samples) == (0.75, 0.0, 4)
    assert result.float_scores.tolist() == [True, True, True, False]


def test_top5_looks_at_the_five_best():
    logits = np.tile(np.arange(8.0), (2, 1))
    result = evaluate("top5", {"y": logits}, {"y": logits}, np.array([3, 2]))
    assert result.float_value == 0.5


def test_labels_that_are_no_class_of_the_model_are_refused_with_both_ranges():
    with pytest.raises(DataError, match=r"labels from 0 to 2, .* found 1 to 3"):
        evaluate("top1", {"y": LOGITS}, {"y": LOGITS}, LABELS + 1)


def test_mse_and_mae_compare_with_the_labels():
    targets = LOGITS + 0.5
    assert evaluate("mse", {"y": LOGITS}, {"y": targets}, targets).float_value == 0.25
    assert evaluate("mae", {"y": LOGITS}, {"y": targets}, targets).to_dict()["simulated"] == 0.0


@pytest.mark.parametrize("shape", [(4,), (4, 1), (4, 1, 1)])
def test_one_value_a_sample_may_have_axes_of_length_1_or_none(shape):
    values = LOGITS[:, :1]
    labels = (values + 0.5).reshape(shape)
    check_metric("mse", labels, (1,), 4)
    assert evaluate("mse", {"y": values}, {"y": values + 0.5}, labels).simulated == 0.0
    assert evaluate("mse", {"y": values}, {"y": values}, labels).float_value == 0.25


def test_a_figure_that_is_all_of_the_output_can_be_compared():
    result = evaluate("mse", {"y": np.array(3.0)}, {"y": np.array(5.0)}, None)
    assert (result.simulated, result.samples) == (4.0, 1)


def test_without_labels_mse_compares_with_the_float_outputs():
    result = evaluate("mse", {"y": LOGITS}, {"y": LOGITS + 2}, None)
    assert (result.float_value, result.simulated) == (0.0, 4.0)


def test_a_metric_of_ones_own_is_imported(tmp_path, monkeypatch):
    (tmp_path / "own_metric.py").write_text(
        "def first(outputs, labels):\n    return outputs['y'][:, 0].mean()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    result = evaluate("own_metric:first", {"y": LOGITS}, {"y": LOGITS * 2}, LABELS)
    assert (result.float_value, result.simulated) == (1.5, 3.0)


@pytest.mark.parametrize(
    ("name", "labels", "code"),
    [
        ("top2", LABELS, "metric-unknown"),
        ("json:nothing", LABELS, "metric-unknown"),
        ("no_such_module_anywhere:f", LABELS, "metric-unknown"),
        ("top1", None, "labels-missing"),
        ("top1", LABELS.astype(float), "labels-shape"),
        ("top1", LABELS + 1, "labels-range"),
        ("top5", LABELS - 1, "labels-range"),
        ("mse", LABELS, "labels-shape"),
    ],
)
def test_a_metric_that_cannot_be_computed_is_refused(name, labels, code):
    with pytest.raises(DataError) as caught:
        evaluate(name, {"y": LOGITS}, {"y": LOGITS}, labels)
    assert caught.value.code == code


def test_right_and_wrong_are_compared_by_mcnemars_exact_test():
    first = scores(np.array([True] * 10 + [False] * 10))
    other = scores(np.array([True] * 2 + [False] * 8 + [True] + [False] * 9))
    result = compare_metric([first, other])
    assert result["test"] == "mcnemar-exact"
    assert result["disagreements"] == [None, [1, 8]]
    # two-sided binomial: 2 · (1 + 9) / 2⁹
    assert result["p_value"] == [None, pytest.approx(20 / 512)]
    assert result["difference"] == [0.0, pytest.approx(-0.35)]


@pytest.mark.parametrize("kind", [np.int64, np.float32])
def test_right_and_wrong_may_be_0_and_1(kind):
    right = [np.arange(60) % 7 < 5, np.arange(60) % 8 < 7]
    counted = compare_metric([scores(each.astype(kind)) for each in right])
    told = compare_metric([scores(each) for each in right])
    compared = ("test", "p_value", "disagreements", "confidence_interval", "verdict")
    assert [counted[key] for key in compared] == [told[key] for key in compared]
    assert counted["test"] == "mcnemar-exact"


def test_scores_of_0_and_1_beside_others_and_errors_are_numbers():
    ones = scores(np.array([0.0, 1.0] * 5))
    assert compare_metric([ones, ones, scores(np.full(10, 0.5))])["test"] == "paired-bootstrap"
    errors = evaluate("mse", {"y": np.ones((4, 1))}, {"y": np.zeros((4, 1))}, None)
    assert compare_metric([errors, errors])["test"] == "paired-bootstrap"
    exact = scores(np.zeros(10))
    assert compare_metric([exact, exact])["test"] == "paired-bootstrap"


def test_without_disagreement_nothing_is_significant():
    same = scores(np.array([True, False]))
    assert compare_metric([same, same])["p_value"] == [None, 1.0]


def test_other_scores_are_compared_by_a_paired_bootstrap():
    rng = np.random.default_rng(0)
    base = rng.normal(size=60)
    near = compare_metric([scores(base), scores(base + rng.normal(size=60) * 0.1)])
    far = compare_metric([scores(base), scores(base + 1 + rng.normal(size=60) * 0.1)])
    assert near["test"] == far["test"] == "paired-bootstrap"
    assert far["p_value"][1] < 0.001 < 0.01 < near["p_value"][1]


def test_one_figure_for_all_samples_has_no_test():
    result = compare_metric([MetricResult("m", 1.0, 0.5, 3), MetricResult("m", 1.0, 0.25, 3)])
    assert (result["test"], result["p_value"]) == (None, [None, None])


def test_a_metric_that_raises_is_named_with_its_line(tmp_path, monkeypatch):
    (tmp_path / "failing_metric.py").write_text(
        "def broken(outputs, labels):\n    return outputs['missing']\n"
    )
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        DataError, match=r"raised KeyError: 'missing' \(.*failing_metric.py:2\)"
    ) as e:
        evaluate("failing_metric:broken", {"y": LOGITS}, {"y": LOGITS}, LABELS)
    assert e.value.code == "metric-failed"
    assert "y [4, 3]" in e.value.hint


def test_a_metric_that_returns_no_numbers_has_failed(tmp_path, monkeypatch):
    (tmp_path / "texts_metric.py").write_text("def words(outputs, labels):\n    return 'good'\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="returned str instead of numbers"):
        evaluate("texts_metric:words", {"y": LOGITS}, {"y": LOGITS}, LABELS)


def test_a_metric_that_calls_exit_has_failed(tmp_path, monkeypatch):
    (tmp_path / "leaving.py").write_text(
        "import sys\n\n\ndef f(outputs, labels):\n    sys.exit(0)\n"
    )
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"raised SystemExit: 0 \(.*leaving.py:5\)"):
        evaluate("leaving:f", {"y": LOGITS}, {"y": LOGITS}, LABELS)


@pytest.mark.parametrize("shape", [(2,), (4, 3), (1, 4)])
def test_scores_that_are_neither_one_a_sample_nor_one_for_all_have_failed(shape):
    with pytest.raises(DataError, match=r"returned numbers of shape .* for 4 samples") as caught:
        evaluate(lambda outputs, labels: np.ones(shape), {"y": LOGITS}, {"y": LOGITS}, LABELS)
    assert caught.value.code == "metric-failed"


def test_scores_in_a_column_are_one_a_sample():
    def hits(outputs, labels):
        return (outputs["y"].argmax(1) == labels)[:, None]

    result = evaluate(hits, {"y": LOGITS}, {"y": -LOGITS}, LABELS)
    assert result.float_scores.tolist() == [True, True, True, False]
    assert compare_metric([result, result])["test"] == "mcnemar-exact"


@pytest.mark.parametrize(
    ("name", "labels", "row", "samples", "code"),
    [
        ("top1", LABELS * 0, (1,), 4, "labels-range"),
        ("top1", LABELS, (3,), 5, "label-count"),
        ("top1", LABELS, (2,), 4, "labels-range"),
        ("top1", LABELS - 1, (3,), 4, "labels-range"),
        ("top1", np.ones((4, 2), int), (3,), 4, "labels-shape"),
        ("mse", LABELS, (3,), 4, "labels-shape"),
        ("top1", None, (3,), 4, "labels-missing"),
        ("mse", None, (3,), 4, None),
        ("top1", LABELS, (3,), 4, None),
        ("top5", LABELS.reshape(-1, 1), None, None, None),
    ],
)
def test_labels_are_checked_without_any_outputs(name, labels, row, samples, code):
    if code is None:
        check_metric(name, labels, row, samples)
        return
    with pytest.raises(DataError) as caught:
        check_metric(name, labels, row, samples)
    assert caught.value.code == code
