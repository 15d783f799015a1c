"""The page's logic without a browser: Streamlit's own AppTest runs the script."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from streamlit.testing.v1 import AppTest

from quantsim_viz.config import preset

from .conftest import metric_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from quantsim_viz.ui.compare.measured import Measured
    from quantsim_viz.ui.session import Session

SCRIPT = """
from quantsim_viz.ui.app import main
main()
"""


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr("sys.argv", ["app.py", "--metric", "mae"])
    monkeypatch.setattr("quantsim_viz.ui.jobs.Worker.warm", lambda self, *_: None)
    for name in ("keep_live", "keep_compared"):
        monkeypatch.setattr(f"quantsim_viz.ui.workbench.{name}", lambda session, worker: None)
    return AppTest.from_string(SCRIPT, default_timeout=30)


def session_of(app: AppTest) -> Session:
    session: Session = app.session_state["quantsim-viz"].session
    return session


def panes(app: AppTest) -> dict[str, dict[str, Any]]:
    """What each component was sent, by its key."""
    sent = (json.loads(element.proto.json) for element in app.get("bidi_component"))
    return {data.get("key", ""): data for data in sent}


def test_compare_opens_the_page_and_workbench_closes_it(app: AppTest) -> None:
    app.run()
    app.button(key="compare").click().run()
    assert not app.exception
    assert app.query_params["page"] == "compare"
    assert panes(app)["compare_verdict"]["headline"] == "Choose what to compare"
    app.button(key="back").click().run()
    assert "compare_verdict" not in panes(app)
    assert "page" not in app.query_params


def test_the_address_opens_two_presets_side_by_side(app: AppTest) -> None:
    app.query_params["compare"] = "aimet_default,only_listed_ops"
    app.run()
    assert not app.exception
    found = panes(app)
    assert [side["name"] for side in found["compare_sides"]["sides"]] == [
        "aimet_default",
        "only_listed_ops",
    ]
    first, second = found["compare_graph_a"], found["compare_graph_b"]
    assert first["link"] == second["link"] == "compare"
    assert first["hash"] == second["hash"]
    assert found["compare_causes"]["causes"]
    assert found["compare_verdict"]["asked"] == "mae", "as it was named at start"


def test_the_graphs_become_one_and_a_side_is_edited_in_place(app: AppTest) -> None:
    app.query_params["compare"] = "aimet_default"
    app.run()
    app.button_group(key="compare_layout").set_value("Difference").run()
    assert "compare_graph_diff" in panes(app)
    app.button_group(key="compare_panel").set_value("A").run()
    assert not app.exception
    side = session_of(app).comparing.sides["A"]
    assert panes(app)["compare_editor_a"]["text"] == side.text
    side.workspace.set_value("/op_type/Relu/is_output_quantized", "False")
    app.run()
    assert "aimet_default, edited" in str(panes(app)["compare_sides"]["sides"])
    app.button(key="compare_undo").click().run()
    assert side.workspace.history.is_pristine
    app.button(key="compare_adopt").click().run()
    assert session_of(app).workspace.source.name == "aimet_default"


def test_the_difference_shows_nodes_of_the_same_status_with_other_quantizers(app: AppTest) -> None:
    app.query_params["compare"] = "aimet_default,aimet_default_per_channel"
    app.run()
    app.button_group(key="compare_layout").set_value("Difference").run()
    comparing = session_of(app).comparing
    assert comparing.difference is not None
    assert not comparing.difference.statuses
    shown = panes(app)["compare_graph_diff"]
    assert shown["base"].count("~") == len(comparing.touched_nodes) > 0
    same = [
        before for before, now in zip(shown["base"], shown["status"], strict=True) if before == now
    ]
    assert len(same) == len(shown["status"]) - len(comparing.touched_nodes)
    words = f"No nodes of another status, {len(comparing.touched_nodes)} of the same with other"
    assert any(words in part.value for part in app.caption)


def test_figures_reach_the_table_and_what_was_told_lies_over_the_graphs(
    app: AppTest, measure: Callable[..., Measured]
) -> None:
    app.query_params["compare"] = "aimet_default"
    app.run()
    session = session_of(app)
    measure(session, metric_of())
    session.tell("compare", "nothing fits", "error")
    app.run()
    assert not app.exception
    found = panes(app)
    assert found["compare_evidence"]["columns"] == [0, 1]
    assert [row["letter"] for row in found["compare_verdict"]["rows"]] == ["float", "A", "B"]
    assert "nothing fits" in str(found["compare_notices"]["ribbons"])
    assert found["compare_graph_a"]["sqnr"]


def test_a_path_adds_a_file_for_the_side_that_is_free(app: AppTest) -> None:
    app.run()
    app.button(key="compare").click().run()
    path = str(preset("weights_only").path)
    app.text_input(key="compare_path").set_value(path).run()
    assert not app.exception
    comparing = session_of(app).comparing
    assert list(comparing.files) == [path]
    assert comparing.sides["A"].reference == path
    app.text_input(key="compare_path").set_value("/etc/passwd").run()
    assert "outside" in session_of(app).notices["compare-side"].text
    assert list(session_of(app).comparing.files) == [path]
