"""The page's logic without a browser: Streamlit's own AppTest runs the script."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from streamlit.testing.v1 import AppTest

import quantsim_viz
from quantsim_viz.errors import DataError
from quantsim_viz.samples import list_samples
from quantsim_viz.ui.jobs import Job
from quantsim_viz.ui.sources import uploaded_model
from quantsim_viz.ui.state import AppState, is_wish

if TYPE_CHECKING:
    from quantsim_viz.ui.session import Session

SCRIPT = """
from quantsim_viz.ui.app import main
main()
"""


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr("sys.argv", ["app.py"])
    monkeypatch.setattr("quantsim_viz.ui.jobs.Worker.warm", lambda self, model=None: None)
    monkeypatch.setattr("quantsim_viz.ui.workbench.keep_live", lambda session, worker: None)
    return AppTest.from_string(SCRIPT, default_timeout=30)


def state_of(app: AppTest) -> AppState:
    state = app.session_state["quantsim-viz"]
    assert isinstance(state, AppState)
    return state


def session_of(app: AppTest) -> Session:
    return state_of(app).session


def data_of(app: AppTest, kind: str) -> dict[str, Any]:
    """What a component was sent."""
    for element in app.get("bidi_component"):
        proto = element.proto
        data: dict[str, Any] = json.loads(proto.json)
        if data.get("kind") == kind or proto.component_name == f"quantsim-viz.{kind}":
            return data
    raise LookupError(kind)


def test_the_page_opens_on_a_sample_with_the_default_configuration(app: AppTest) -> None:
    app.run()
    assert not app.exception
    assert session_of(app).workspace.source.name == "default_config"
    assert app.query_params["config"] == "default_config"
    assert set(data_of(app, "graph")["status"]) == {"q", "s", "p"}


def test_the_address_says_what_to_open(app: AppTest) -> None:
    sample = list_samples()[1]
    app.query_params["model"] = str(sample.model)
    app.query_params["config"] = "only_listed_ops"
    app.query_params["select"] = "node_conv2d_3"
    app.query_params["mode"] = "bits"
    app.run()
    assert not app.exception
    session = session_of(app)
    assert len(session.workspace.model.graph.nodes) == sample.nodes
    assert session.workspace.source.name == "only_listed_ops"
    assert session.mode == "bits"
    assert data_of(app, "inspector")["view"]["name"] == "node_conv2d_3"


@pytest.mark.parametrize("model", ["/etc/passwd", "os:system", "missing.onnx", "net.pt2"])
def test_what_may_not_or_cannot_be_opened_is_refused_with_a_message(
    app: AppTest, model: str
) -> None:
    app.query_params["model"] = model
    app.run()
    assert not app.exception
    ribbons = data_of(app, "summary")["ribbons"]
    assert any(row["tone"] == "error" and model in row["text"] for row in ribbons)
    assert data_of(app, "graph")["status"]


def test_a_configuration_outside_the_roots_is_refused(app: AppTest) -> None:
    app.query_params["config"] = "/etc/hostname"
    app.run()
    assert not app.exception
    assert session_of(app).workspace.source.name == "default_config"
    assert any("outside" in row["text"] for row in data_of(app, "summary")["ribbons"])


def test_an_edit_recolours_the_graph_and_undo_restores_it(app: AppTest) -> None:
    app.run()
    before = data_of(app, "graph")["status"]
    session_of(app).act(
        {"type": "set", "pointer": "/op_type/Relu/is_output_quantized", "value": "False"}
    )
    app.run()
    assert data_of(app, "graph")["status"] != before
    assert '"Relu"' in data_of(app, "editor")["text"]
    app.button(key="undo").click().run()
    assert data_of(app, "graph")["status"] == before
    app.button(key="redo").click().run()
    assert data_of(app, "graph")["status"] != before


def test_an_invalid_edit_keeps_the_picture_and_says_so(app: AppTest) -> None:
    app.run()
    before = data_of(app, "graph")["status"]
    session = session_of(app)
    version = session.workspace.history.version
    session.act({"type": "edit", "text": '{"defaults": tru', "ver": version})
    app.run()
    assert not app.exception
    assert data_of(app, "graph")["status"] == before
    assert data_of(app, "summary")["ribbons"][0]["text"].startswith("Stale")
    marks = data_of(app, "editor")["diagnostics"]
    assert marks[0]["severity"] == "error"
    assert marks[0]["line"] == 1


def test_the_choosers_open_what_is_chosen(app: AppTest) -> None:
    app.run()
    app.selectbox(key="config").set_value("aimet_default").run()
    assert session_of(app).workspace.source.name == "aimet_default"
    sample = list_samples()[2]
    app.selectbox(key="data").set_value("random").run()
    assert session_of(app).data.is_random
    reference = next(
        option for option in app.selectbox(key="model").options if option == sample.title
    )
    app.selectbox(key="model").select(reference).run()
    assert not app.exception


def test_a_chosen_comparison_shows_where_statuses_differ(app: AppTest) -> None:
    app.query_params["compare"] = "only_listed_ops"
    app.query_params["page"] = "workbench"
    app.run()
    assert not app.exception
    assert data_of(app, "graph")["base"]
    assert app.query_params["compare"] == "only_listed_ops"
    assert app.query_params["page"] == "workbench"


def test_an_edited_document_is_coloured_by_what_differs_from_what_it_was(app: AppTest) -> None:
    app.run()
    assert not data_of(app, "graph")["base"]
    session = session_of(app)
    before = data_of(app, "graph")["status"]
    session.workspace.set_value("/op_type/Relu/is_output_quantized", "False")
    session.mode = "diff"
    app.run()
    shown = data_of(app, "graph")
    assert shown["base"] == before != shown["status"]
    assert shown["mode"] == "diff"


def test_an_upload_is_never_in_the_address(app: AppTest) -> None:
    from quantsim_viz.ui import documents, sources

    app.run()
    session = session_of(app)
    content = list_samples()[0].model.read_bytes()
    session.open_model(sources.uploaded_model("secret.onnx", content))
    session.open_config(documents.uploaded_config("secret.json", b"{}"))
    app.run()
    assert "model" not in app.query_params
    assert "config" not in app.query_params


def test_saving_writes_the_file_back(app: AppTest, config_file: Path) -> None:
    from quantsim_viz.ui import documents, sources

    app.run()
    session = session_of(app)
    roots = sources.allowed_roots([str(config_file.parent)])
    session.open_config(documents.config_source(str(config_file), roots))
    session.act({"type": "set", "pointer": "/model_output/is_output_quantized", "value": "True"})
    app.run()
    app.button(key="save").click().run()
    saved = json.loads(config_file.read_text(encoding="utf-8"))
    assert saved["model_output"] == {"is_output_quantized": "True"}
    assert app.button(key="save").disabled


def test_two_sessions_never_see_each_others_documents(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = AppTest.from_string(SCRIPT, default_timeout=30)
    app.run()
    other.run()
    session_of(app).act({"type": "set", "pointer": "/op_type/Conv", "value": {}})
    other.run()
    assert session_of(other).workspace.history.is_pristine


def test_the_version_is_known() -> None:
    assert quantsim_viz.__version__


def test_measures_are_chosen_beside_the_other_options_of_a_run(app: AppTest) -> None:
    app.run()
    session = session_of(app)
    app.button_group(key="measures").set_value(["sensitivity", "isolated"]).run()
    assert not app.exception
    assert session.options.measures == ("isolated", "sensitivity")
    assert session.options.to_keywords()["measure"] == ("cumulative", "isolated", "sensitivity")


def test_the_changes_are_shown_beside_text_and_forms(app: AppTest) -> None:
    app.run()
    assert data_of(app, "changes")["hidden"]
    session_of(app).workspace.set_value("/op_type/Relu/is_output_quantized", "False")
    app.button_group(key="view").set_value("Changes").run()
    assert not app.exception
    rows = data_of(app, "changes")["rows"]
    assert any(row["kind"] == "new" and "Relu" in row["text"] for row in rows)


def test_a_run_that_ended_while_the_page_was_drawn_is_taken_over(app: AppTest) -> None:
    app.run()
    session = session_of(app)
    workspace = session.workspace
    job = Job(
        1,
        ((workspace.source.name, workspace.text),),
        "Simulating",
        "simulate",
        session.model_source.key,
        session.data,
        session.options,
    )

    def end_now(state: AppState) -> None:
        job.state, job.error = "failed", DataError("nothing fits", code="x", hint="y")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("quantsim_viz.ui.workbench._warm_up", lambda state: None)
        patch.setattr("quantsim_viz.ui.workbench.draw_strip", end_now)
        session.jobs["simulate"] = job
        app.run()
    assert job.taken
    assert "nothing fits" in session.notices["run"].text
    assert not app.exception


def test_what_a_box_held_before_is_no_choice_until_the_browser_can_know_better(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr("quantsim_viz.ui.state.time.monotonic", lambda: clock[0])
    app.run()
    session = session_of(app)
    sample = session.model_source
    box = app.selectbox(key="model")
    held, shown = box.value, box.options[0]
    session.open_model(uploaded_model("mine.onnx", Path(list_samples()[1].model).read_bytes()))
    app.run()
    for late in (held, shown):  # by its value, or by words that are in the box no more
        app.selectbox(key="model").set_value(late).run()
        assert session.model_source.is_upload, late
        assert app.selectbox(key="model").value == "mine.onnx"
    assert not session.notices.keys() & {"model"}
    clock[0] += 5
    app.selectbox(key="model").set_value(held).run()
    assert session.model_source == sample


@pytest.mark.parametrize("key", ["param_bits", "act_bits", "scheme", "calibration", "model"])
def test_a_box_that_comes_back_empty_has_chosen_nothing(app: AppTest, key: str) -> None:
    app.run()
    session = session_of(app)
    session.set_option("param_bits", 16)
    session.set_option("act_bits", 16)
    session.set_option("scheme", "tf_enhanced")
    app.run()
    before = (session.options, session.model_source, session.data)
    shown = app.selectbox(key=key).value
    app.selectbox(key=key).set_value(None).run()
    assert (session.options, session.model_source, session.data) == before
    assert app.selectbox(key=key).value == shown


def test_an_address_that_comes_late_is_no_wish_and_going_back_is(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr("quantsim_viz.ui.state.time.monotonic", lambda: clock[0])
    old, new = {"model": "a.onnx"}, {"config": "default_config"}
    state = AppState(session, address=new, written=[(100.0, old), (100.0, new)])
    clock[0] += 30  # opening a large model took so long; the browser has not seen ours yet
    assert not is_wish(state, old)
    assert not is_wish(state, new)
    clock[0] += 1
    assert not is_wish(state, old), "a message that was under way"
    clock[0] += 60
    assert is_wish(state, old), "the person went back"
    assert is_wish(state, {"model": "c.onnx"})
