from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from quantsim_viz.ui import sources
from quantsim_viz.ui.compare.figures import shown_measured
from quantsim_viz.ui.compare.verdict import verdict_view

from .conftest import SOFTMAX, metric_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from quantsim_viz.ui.compare.measured import Measured
    from quantsim_viz.ui.session import Session

    Measure = Callable[..., Measured]


def test_without_a_second_side_it_says_what_to_press(session: Session) -> None:
    view = verdict_view(session)
    assert view["headline"] == "Choose what to compare"
    assert "Press A" in view["lines"][0]


def test_the_same_text_and_the_same_effect_are_told_apart(session: Session) -> None:
    session.comparing.read_address("default_config")
    assert verdict_view(session)["headline"] == "A and B are the same text"
    session.workspace.set_value("/op_type/Softmax/is_output_quantized", "False")
    view = verdict_view(session)
    assert view["headline"] == "A and B settle every quantizer of this model alike"
    assert view["lines"] == ["1 rule differs in the text and changes nothing on this model."]


def test_a_difference_that_is_more_than_chance_names_the_better_one(
    softmax: Session, measure: Measure
) -> None:
    measure(softmax, metric_of())
    view = verdict_view(softmax)
    assert (view["headline"], view["tone"]) == ("B is better, by 2.00 points of top1", "better")
    lines = " ".join(view["lines"])
    assert "B alone is right on 14, A alone on 3 of 540 samples" in lines
    assert "1.2 % of cases" in lines
    assert "McNemar" in lines
    assert "3.0 dB less noise" in lines
    assert "op_type.Softmax.is_output_quantized" in lines
    exact, first, second = view["rows"]
    assert (exact["letter"], exact["value"]) == ("float", "99.00%")
    assert (first["value"], first["sqnr"]) == ("95.00%", "20.0 dB")
    assert second["interval"] == [0.005, 0.036]
    assert second["sqnr_delta"] == pytest.approx(3.01, abs=0.01)


def test_a_worse_b_is_called_worse(softmax: Session, measure: Measure) -> None:
    measure(softmax, metric_of(difference=[0.0, -0.02], values=[0.97, 0.95]))
    view = verdict_view(softmax)
    assert (view["headline"], view["tone"]) == ("A is better, by 2.00 points of top1", "worse")


def test_configurations_that_settle_the_model_alike_have_no_interval(
    softmax: Session, measure: Measure
) -> None:
    same = {"disagreements": [None, [0, 0]], "confidence_interval": [None, [0.0, 0.0]]}
    measure(softmax, metric_of(**same, p_value=[None, 1.0], verdict=[None, "alike"]))
    row = verdict_view(softmax)["rows"][2]
    assert row["same"] == "the same in every sample"
    assert "p" not in row
    assert "interval" not in row


def test_an_interval_without_ends_is_not_drawn(softmax: Session, measure: Measure) -> None:
    measure(softmax, metric_of(confidence_interval=[None, [None, None]], p_value=[None, 0.5]))
    row = verdict_view(softmax)["rows"][2]
    assert (row["interval"], row["p"]) == (None, "0.5")


def test_less_is_better_for_an_error(softmax: Session, measure: Measure) -> None:
    measure(
        softmax,
        metric_of(
            name="mse",
            difference=[0.0, -0.5],
            values=[1.5, 1.0],
            test="paired-bootstrap",
            disagreements=[None, None],
        ),
    )
    view = verdict_view(softmax)
    assert view["headline"] == "B is better, by 0.5 of mse"
    assert view["metric"]["good"] == -1
    assert "paired bootstrap" in view["lines"][0]


def test_not_enough_data_is_said_with_how_many_would_do(softmax: Session, measure: Measure) -> None:
    measure(
        softmax,
        metric_of(
            verdict=[None, "unclear"],
            needed_samples=[None, 1621],
            p_value=[None, 0.5],
            disagreements=[None, [2, 0]],
        ),
    )
    view = verdict_view(softmax)
    assert view["headline"].startswith("Not enough data to tell; B is ahead")
    assert "About 1,700 samples like these would tell" in view["lines"][0]


def test_no_difference_that_matters_is_said(softmax: Session, measure: Measure) -> None:
    measure(softmax, metric_of(verdict=[None, "alike"], disagreements=[None, [0, 0]]))
    view = verdict_view(softmax)
    assert view["headline"] == "No difference that matters between A and B"
    assert "the same of 540 samples" in view["lines"][0]


def test_without_labels_the_noise_at_the_output_decides(softmax: Session, measure: Measure) -> None:
    measure(softmax, None)
    view = verdict_view(softmax)
    assert view["headline"] == "B has 3.0 dB less noise at the output"
    assert "no labels" in view["lines"][0]
    assert view["metric"] is None


def test_no_noise_is_told_from_noise_that_is_unknown(softmax: Session, measure: Measure) -> None:
    measure(softmax, None, (0.0, 0.5))
    view = verdict_view(softmax)
    assert (view["headline"], view["tone"]) == ("A has no noise at the output", "worse")
    assert view["rows"][0]["sqnr"] == "no noise"
    measure(softmax, None, (None, 0.5))
    view = verdict_view(softmax)
    assert view["headline"] == "The noise at the output cannot be compared"
    assert view["rows"][0]["sqnr"] == "no figure"


def test_a_metric_that_raised_is_said_and_the_noise_stands(
    softmax: Session, measure: Measure
) -> None:
    measure(softmax, None, failures=("the metric 'm:f' raised ValueError: odd",))
    view = verdict_view(softmax)
    assert "raised ValueError" in view["lines"][0]
    assert view["rows"][0]["sqnr"] == "20.0 dB"


def test_one_figure_for_all_samples_has_no_test(softmax: Session, measure: Measure) -> None:
    measure(softmax, metric_of(name="m:f", test=None, verdict=[None, None]))
    assert "no paired test" in verdict_view(softmax)["lines"][0]


def test_a_refused_side_is_shown_as_refused_and_the_other_stands(
    softmax: Session, measure: Measure
) -> None:
    measure(softmax, metric_of())
    softmax.workspace.type_text("{")
    view = verdict_view(softmax)
    assert (view["headline"], view["tone"]) == ("B cannot be simulated", "refused")
    assert view["lines"][0].startswith("B: Not valid")
    rows = {row["letter"]: row for row in view["rows"]}
    assert rows["B"]["problem"]
    assert rows["A"]["value"] == "95.00%"
    assert not rows["A"]["stale"]


def test_figures_of_an_edited_side_are_stale_and_those_of_the_other_are_not(
    softmax: Session, measure: Measure
) -> None:
    measure(softmax, metric_of())
    assert not verdict_view(softmax)["stale"]
    softmax.workspace.set_value("/op_type/Add/is_output_quantized", "False")
    view = verdict_view(softmax)
    assert view["stale"]
    assert view["caption"].startswith("Of an earlier state.")
    assert {row["letter"]: row.get("stale") for row in view["rows"]} == {
        "float": None,
        "A": False,
        "B": True,
    }


def test_one_batch_is_shown_until_all_the_data_are_current(
    softmax: Session, measure: Measure
) -> None:
    full = measure(softmax, metric_of())
    softmax.workspace.set_value(SOFTMAX, "True")
    live = measure(softmax, metric_of(), purpose="compare-live", samples=64)
    assert shown_measured(softmax) is live
    assert verdict_view(softmax)["caption"].startswith("64 of 540 samples")
    softmax.workspace.history.undo()
    assert shown_measured(softmax) is full


def test_figures_of_another_model_are_not_shown(
    softmax: Session, measure: Measure, cnn: str
) -> None:
    measure(softmax, metric_of())
    softmax.open_model(sources.model_source(cnn, softmax.roots))
    softmax.comparing.follow()
    assert shown_measured(softmax) is None


def test_figures_of_other_options_or_another_metric_are_stale(
    softmax: Session, measure: Measure
) -> None:
    found: Any = measure(softmax, metric_of())
    assert found.is_current(softmax)
    softmax.comparing.act({"type": "metric", "name": "top5"})
    assert not found.is_current(softmax)
    softmax.comparing.act({"type": "metric", "name": ""})
    assert found.is_current(softmax)
    softmax.set_option("act_bits", 16)
    assert not found.is_current(softmax)
