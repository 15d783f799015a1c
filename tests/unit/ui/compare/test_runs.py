from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from quantsim_viz.errors import DataError
from quantsim_viz.ui import runs
from quantsim_viz.ui.compare.attributed import (
    attributed_view,
    attribution_of,
    interacting_rows,
    leading_rule,
)
from quantsim_viz.ui.compare.causes import cause_rows
from quantsim_viz.ui.compare.runs import (
    keep_compared,
    start_attribution,
    start_comparison,
    stop_comparing,
)
from quantsim_viz.ui.compare.verdict import verdict_view
from quantsim_viz.ui.jobs import Job

from .conftest import SOFTMAX, metric_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from quantsim_viz.ui.compare.measured import Measured
    from quantsim_viz.ui.session import Session


class Worker:
    """Remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.cancelled: list[Job] = []

    def submit(self, model: Any, texts: Any, data: Any, options: Any, **more: Any) -> Job:
        self.asked.append({"texts": texts, "options": options, **more})
        job = Job(len(self.asked), texts, more["title"], more["purpose"], model.key, data, options)
        job.extra = more.get("extra") or {}
        return job

    def cancel(self, job: Job, *, force: bool = True) -> None:
        job.state = "cancelled"
        self.cancelled.append(job)

    @property
    def purposes(self) -> list[str]:
        return [asked["purpose"] for asked in self.asked]


REPORT = {"metric": None, "layers": [], "outputs": {}, "failures": [], "took": 0.2, "total": 540}


def finish(session: Session, purpose: str, **result: Any) -> None:
    job = session.jobs[purpose]
    job.state, job.result = "done", REPORT | {"samples": 64} | result
    runs.collect(session)


def test_one_batch_comes_first_then_all_the_data_then_the_rules(softmax: Session) -> None:
    worker: Any = Worker()
    for _ in range(2):
        keep_compared(softmax, worker)
    assert worker.purposes == ["compare-live"]
    assert worker.asked[0]["samples"] == 64
    assert [letter for letter, _ in worker.asked[0]["texts"]] == ["A", "B"]
    finish(softmax, "compare-live")
    keep_compared(softmax, worker)
    assert worker.purposes[-1] == "compare"
    assert worker.asked[-1]["samples"] is None
    finish(softmax, "compare", samples=540)
    keep_compared(softmax, worker)
    assert worker.purposes == ["compare-live", "compare", "attribute"]
    finish(softmax, "attribute", rules=[])
    keep_compared(softmax, worker)
    assert worker.purposes[-1] == "explain"
    assert (worker.asked[-1]["task"], worker.asked[-1]["samples"]) == ("explain", 64)
    finish(softmax, "explain", measure="sensitivity")
    keep_compared(softmax, worker)
    assert len(worker.asked) == 4, "everything is known"


def test_an_edit_is_measured_on_one_batch_at_once(
    softmax: Session, measure: Callable[..., Measured]
) -> None:
    worker: Any = Worker()
    measure(softmax, metric_of())
    softmax.comparing.sides["A"].workspace.set_value(SOFTMAX, "True")
    keep_compared(softmax, worker)
    assert worker.purposes == ["compare-live"]
    softmax.comparing.sides["A"].workspace.set_value(SOFTMAX, "False")
    keep_compared(softmax, worker)
    assert worker.purposes == ["compare-live", "compare-live"]
    assert len(worker.cancelled) == 1, "what is out of date makes room"


def test_what_takes_long_waits_to_be_asked_for(softmax: Session) -> None:
    worker: Any = Worker()
    keep_compared(softmax, worker)
    finish(softmax, "compare-live", took=40.0, total=100_000)
    keep_compared(softmax, worker)
    assert worker.purposes == ["compare-live"]
    start_comparison(softmax, worker)
    assert worker.purposes[-1] == "compare"
    finish(softmax, "compare", took=60.0, samples=100_000)
    keep_compared(softmax, worker)
    assert worker.purposes[-1] == "compare"
    start_attribution(softmax, worker)
    assert worker.purposes[-1] == "attribute"


def test_nothing_runs_while_the_page_is_closed_or_live_figures_are_off(softmax: Session) -> None:
    worker: Any = Worker()
    softmax.comparing.close()
    keep_compared(softmax, worker)
    assert worker.purposes == []
    softmax.comparing.open()
    softmax.live = False
    keep_compared(softmax, worker)
    assert worker.purposes == []


def test_what_failed_is_told_and_not_tried_again_unasked(softmax: Session) -> None:
    worker: Any = Worker()
    keep_compared(softmax, worker)
    assert verdict_view(softmax)["headline"] == "Measuring"
    job = softmax.jobs["compare-live"]
    job.state, job.error = "failed", DataError("no labels", code="labels-missing", hint="add them")
    runs.collect(softmax)
    assert "no labels" in softmax.notices["compare"].text
    view = verdict_view(softmax)
    assert (view["headline"], view["tone"]) == ("Nothing could be measured", "refused")
    assert "no labels" in view["lines"][0]
    keep_compared(softmax, worker)
    assert len(worker.asked) == 1
    start_comparison(softmax, worker)
    assert verdict_view(softmax)["headline"] == "Measuring"
    assert len(worker.asked) == 2, "it is tried again when somebody asks"


def test_what_failed_is_said_beside_figures_of_an_earlier_state(
    softmax: Session, measure: Callable[..., Measured]
) -> None:
    worker: Any = Worker()
    measure(softmax, metric_of())
    softmax.workspace.set_value("/op_type/Add/is_output_quantized", "False")
    keep_compared(softmax, worker)
    job = softmax.jobs["compare-live"]
    job.state, job.error = "failed", DataError("too many labels", code="label-count")
    runs.collect(softmax)
    softmax.notices.pop("compare")
    view = verdict_view(softmax)
    assert (view["headline"], view["tone"]) == ("Nothing could be measured", "refused")
    assert view["lines"] == ["too many labels", "The figures are of an earlier state."]
    softmax.workspace.history.undo()
    assert verdict_view(softmax)["headline"] == "B is better, by 2.00 points of top1"


def test_a_side_that_is_refused_is_left_out_and_the_other_measured(softmax: Session) -> None:
    worker: Any = Worker()
    softmax.comparing.sides["A"].type_text("{")
    keep_compared(softmax, worker)
    assert [letter for letter, _ in worker.asked[0]["texts"]] == ["B"]
    start_attribution(softmax, worker)
    assert worker.purposes == ["compare-live"]


def test_a_chosen_metric_goes_with_the_request(softmax: Session) -> None:
    worker: Any = Worker()
    softmax.comparing.act({"type": "metric", "name": "mse"})
    keep_compared(softmax, worker)
    assert worker.asked[0]["extra"] == {"metric": "mse"}
    finish(softmax, "compare-live")
    assert softmax.comparing.measured["compare-live"].is_current(softmax)


def test_a_cancelled_comparison_leaves_earlier_figures(
    softmax: Session, measure: Callable[..., Measured]
) -> None:
    worker: Any = Worker()
    found = measure(softmax, metric_of())
    softmax.workspace.set_value(SOFTMAX, "True")
    start_comparison(softmax, worker)
    stop_comparing(softmax, worker)
    runs.collect(softmax)
    assert softmax.comparing.measured["compare"] is found
    assert "cancelled" in softmax.notices["compare"].text


def test_each_cause_shows_what_its_rule_does_alone_and_on_top(softmax: Session) -> None:
    worker: Any = Worker()
    start_attribution(softmax, worker)
    part = {"sqnr_delta_db": 1.5, "metric_delta": 0.01, "refused": None}
    rule = {"id": SOFTMAX, "alone": part, "without": part | {"sqnr_delta_db": None}}
    attribution = {
        "rules": [rule],
        "metric": "top1",
        "simulations": 3,
        "samples": 540,
        "first": {"sqnr_db": 20.0},
        "second": {"sqnr_db": 18.5},
    }
    finish(softmax, "attribute", **attribution)
    assert attribution_of(softmax) is not None
    rows: list[dict[str, Any]] = [{"id": SOFTMAX}]
    view = attributed_view(softmax, rows)
    assert rows[0]["share"]["alone"] == {"db": 1.5, "score": 0.01, "refused": None}
    assert rows[0]["share"]["rest"]["db"] is None
    assert (view["most_db"], view["scale"]) == (1.5, 100)
    assert "\u22121.5 dB" in view["foot"]
    softmax.workspace.set_value(SOFTMAX, "True")
    assert attribution_of(softmax) is None, "it is of another document"


def test_a_rule_that_decides_nothing_between_the_sides_shows_what_it_does_alone(
    softmax: Session, measure: Callable[..., Measured]
) -> None:
    worker: Any = Worker()
    lstm, gru = (f"/op_type/{name}/is_output_quantized" for name in ("LSTM", "GRU"))
    add = "/op_type/Add/is_output_quantized"
    for pointer in (lstm, gru, add):
        softmax.workspace.set_value(pointer, "False")
    rows = cause_rows(softmax.comparing.causes, softmax.comparing.pair, ("A", "B"))
    assert [row["id"] for row in rows if not row["quantizers"]] == [lstm, gru]
    assert interacting_rows(softmax, rows) == [], "before each rule was tried"
    start_attribution(softmax, worker)

    def rule(name: str, decibels: float, nodes: list[str], *, idle: bool = False) -> dict[str, Any]:
        part = {"sqnr_delta_db": decibels, "metric_delta": None, "refused": None}
        effect = {"idle": idle, "quantizers": len(nodes), "nodes": nodes}
        return {"id": name, "alone": part, "without": part} | effect

    nodes = ["node_softmax", "node_softmax_1"]
    tried = [rule(SOFTMAX, -1.5, nodes[:1]), rule(lstm, 4.0, nodes), rule(gru, 0.0, [], idle=True)]
    tried.append(rule(add, 0.5, ["node_add_13"]))
    ends = {"first": {"sqnr_db": 20.0}, "second": {"sqnr_db": 18.5}}
    finish(softmax, "attribute", rules=tried, metric=None, simulations=5, samples=540, **ends)
    (found,) = interacting_rows(softmax, rows)
    assert (found["id"], found["nodes"]) == (lstm, nodes)
    assert found["text"] == "decides nothing here; alone it moves 2 quantizers"
    softmax.comparing.act({"type": "cause", "id": lstm})
    assert softmax.comparing.marked_nodes == nodes
    measure(softmax, metric_of())
    rule = "op_type.Softmax.is_output_quantized"
    said = (
        f"Of 3 changed rules {rule} does most: 1.5 dB more noise alone, 1.5 dB more noise on top."
    )
    assert said in verdict_view(softmax)["lines"][1]


@pytest.mark.parametrize(
    ("gap", "parts", "leading"),
    [
        (0.6, {"a": (-0.4, -0.2), "b": (0.3, 0.5), "c": (0.1, 0.0)}, "b"),
        (-0.6, {"a": (-0.4, -0.2), "b": (0.3, 0.5), "c": (0.1, 0.0)}, "a"),
        (1.0, {"a": (0.9, -0.2), "b": (0.0, 1.2)}, "b"),
        (1.0, {"a": (None, 0.5), "b": (0.2, 0.2)}, "a"),
        (1.0, {"a": (-0.5, -0.2), "b": (0.0, 0.0)}, None),
        (0.05, {"a": (0.4, 0.5)}, None),
        (0.6, {}, None),
    ],
)
def test_the_leading_rule_explains_the_difference_in_its_direction(
    gap: float, parts: dict[str, tuple[float | None, float]], leading: str | None
) -> None:
    rules = [
        {"id": name, "alone": {"sqnr_delta_db": alone}, "without": {"sqnr_delta_db": rest}}
        for name, (alone, rest) in parts.items()
    ]
    ends = {"first": {"sqnr_db": 20.0}, "second": {"sqnr_db": 20.0 + gap}}
    found = leading_rule({"rules": rules, **ends})
    assert (found and found["id"]) == leading


def test_a_run_does_not_hide_why_a_side_could_not_be_opened(softmax: Session) -> None:
    worker: Any = Worker()
    softmax.comparing.act({"type": "assign", "letter": "B", "reference": "gone.json"})
    start_comparison(softmax, worker)
    finish(softmax, "compare")
    assert "gone.json" in softmax.notices["compare-side"].text
    softmax.comparing.act({"type": "assign", "letter": "B", "reference": "aimet_default"})
    assert "compare-side" not in softmax.notices
