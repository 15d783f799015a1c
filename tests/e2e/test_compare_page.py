"""The Compare page: two presets in two presses, causes, figures, editing a side, a refused side."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

pytestmark = pytest.mark.e2e

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator
    from support.app_server import AppPage, AppServer

VIT = "sample_models/digits_vit.onnx"
CNN = "sample_models/digits_cnn.onnx"


def pane(app: AppPage, name: str) -> Locator:
    return app.part(f"compare_{name}")


def statuses(app: AppPage, letter: str) -> dict[str, str]:
    nodes = app.page.evaluate(
        "key => window.quantsimViz.graphs[key].nodes()", f"compare_graph_{letter}"
    )
    return {node["name"]: node["status"] for node in nodes}


def figures(app: AppPage, letter: str) -> str:
    """The row of a side in the table at the top."""
    return pane(app, "verdict").locator(f"tr.side-{letter}").inner_text()


def wait_for_all_the_data(app: AppPage) -> None:
    current = pane(app, "verdict").locator(".verdict:not(.stale)")
    current.filter(has_text="All 540 samples").wait_for()


def test_two_presses_compare_two_presets_and_say_which_is_better_and_why(app: AppPage) -> None:
    app.open(model=VIT, config="default_config")
    app.part("compare").get_by_role("button").click()
    sides = pane(app, "sides")
    sides.get_by_role("button", name="Documented default as A", exact=True).click()
    sides.get_by_role("button", name="AIMET-ONNX default as B", exact=True).click()
    verdict = pane(app, "verdict")
    wait_for_all_the_data(app)
    headline = verdict.get_by_role("heading").inner_text()
    assert re.search("better|matters|Not enough data", headline), headline
    for letter in "ab":
        assert re.search(r"\d\d\.\d\d%.*\d\d\.\d dB", figures(app, letter), re.DOTALL)
    assert verdict.locator("svg.forest").count() == 1
    assert "compare=default_config%2Caimet_default_per_channel" in app.page.url

    causes = pane(app, "causes")
    cause = causes.get_by_role("button", name=re.compile("pass MatmulAdd"))
    assert "48 quantizers off" in cause.inner_text()
    cause.click()
    app.part("compare-graph-bar").get_by_text("Lit: the 48 nodes").wait_for()
    selected = "window.quantsimViz.graphs.compare_graph_{}.selected[0] === 'node_MatMul_7'"
    for letter in "ab":
        app.page.wait_for_function(selected.format(letter))
    first, second = (statuses(app, letter)["node_MatMul_7"] for letter in "ab")
    assert (first, second) == ("quantized", "fused")

    evidence = pane(app, "evidence")
    rows = evidence.get_by_role("row", name=re.compile("MatMul"))
    rows.first.wait_for()
    scatter = evidence.get_by_role("application", name=re.compile("^Scatter of 123 layers"))
    assert scatter.locator("circle.dot").count() == 123
    evidence.get_by_role("application", name=re.compile("^SQNR along depth")).press("ArrowRight")
    app.page.wait_for_function(selected.format("a").replace("MatMul_7", "linear"))
    point = scatter.locator("circle.dot").nth(40).bounding_box()
    assert point is not None
    app.page.mouse.click(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2)
    app.page.wait_for_function(
        "window.quantsimViz.graphs.compare_graph_b.selected[0] !== 'node_linear'"
    )
    by_hand = causes.get_by_role("button", name="Try each rule")  # where the machine is busy
    share = causes.locator(".share").first
    share.or_(by_hand).first.wait_for()
    if by_hand.is_visible():
        by_hand.click()
    share.wait_for()

    evidence.get_by_role("tab", name=re.compile("Samples they disagree on")).click()
    picture = evidence.get_by_role("img", name=re.compile(r"Sample \d+, labelled \d")).first
    assert picture.evaluate("image => image.naturalWidth") == 8

    app.part("compare_layout").get_by_text("Difference").click()
    app.page.wait_for_function("window.quantsimViz.graphs.compare_graph_diff?.mode === 'diff'")


def test_editing_a_side_moves_its_figures_and_leaves_the_document_alone(app: AppPage) -> None:
    app.open(model=CNN, config="default_config", compare="default_config,aimet_default")
    wait_for_all_the_data(app)
    before = figures(app, "b")
    unmoved = figures(app, "a")
    places = pane(app, "causes").get_by_role("button", name=re.compile("line"))
    places.filter(has_text="B").first.click()
    app.part("compare_editor_b").wait_for()
    app.page.wait_for_function("window.quantsimViz.editor?.text().includes('is_output_quantized')")
    text = app.text()
    rule = '"op_type": {"Relu": {"is_output_quantized": "False"},'
    edited = text.replace('"op_type": {', rule, 1)
    assert edited != text
    app.page.evaluate("text => window.quantsimViz.editor.setText(text)", edited)
    pane(app, "sides").get_by_text("aimet_default, edited").first.wait_for()
    app.page.wait_for_function(
        "window.quantsimViz.graphs.compare_graph_b.nodes()"
        ".some((node) => node.name === 'node_relu' && node.status === 'float')"
    )
    wait_for_all_the_data(app)
    assert figures(app, "b") != before
    assert figures(app, "a") == unmoved
    app.part("compare_undo").get_by_role("button").click()
    pane(app, "sides").get_by_text("aimet_default", exact=True).first.wait_for()
    wait_for_all_the_data(app)
    assert figures(app, "b") == before
    app.part("back").get_by_role("button").click()
    app.wait_for_graph()
    assert app.part("undo").get_by_role("button").is_disabled(), "the document was not edited"


def test_a_refused_side_is_shown_as_refused_beside_the_other(app: AppPage) -> None:
    app.open(model=VIT, config="default_config", compare="tests/support/refused.json")
    verdict = pane(app, "verdict")
    verdict.get_by_role("heading", name="A cannot be simulated").wait_for()
    pane(app, "sides").get_by_role("alert").get_by_text("AIMET refuses it").wait_for()
    verdict.get_by_text("540 samples").wait_for()
    assert re.search(r"\d\d\.\d\d%", figures(app, "b"))
    assert "conflict" in statuses(app, "a").values()
    assert "conflict" not in statuses(app, "b").values()
    assert "status" not in app.part("compare-graph-bar").inner_text().split("\n")[-1]


def test_a_metric_that_does_not_fit_leaves_the_noise_and_says_why(app: AppPage) -> None:
    app.open(model=CNN, config="default_config", compare="aimet_default_per_channel")
    wait_for_all_the_data(app)
    verdict = pane(app, "verdict")
    verdict.get_by_label("accuracy").select_option("mse")
    verdict.get_by_text("No accuracy is measured: the labels have one int64 a sample").wait_for()
    wait_for_all_the_data(app)
    assert re.search("dB less noise", verdict.get_by_role("heading").inner_text())
    assert re.search(r"\d\d\.\d dB", figures(app, "b"))
    assert not app.part("compare-notices").count()


def test_all_sides_and_the_titles_of_graphs_have_room(
    visit: Callable[..., AppPage], server: AppServer
) -> None:
    app = visit(server, viewport={"width": 1440, "height": 900})
    names = "tflite_int8,tensorrt_explicit,qnn_htp,weights_only,pytorch_x86,default_config"
    app.open(model=VIT, config="default_config", compare=names)
    wait_for_all_the_data(app)
    verdict = pane(app, "verdict")
    head = app.part("compare-head").bounding_box()
    assert head is not None
    for part in (verdict.locator("tr.side-f"), verdict.get_by_label("accuracy")):
        box = part.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= head["y"] + head["height"]
    gap = app.page.evaluate(
        """key => {
          const graph = window.quantsimViz.graphs[key];
          const first = graph.nodes()[0];
          const host = document.querySelector(`.st-key-${key}`);
          const find = (root) => root.querySelector(".qv-title")
            ?? [...root.querySelectorAll("*")].reduce(
              (found, each) => found ?? (each.shadowRoot && find(each.shadowRoot)), null);
          const title = find(host);
          return [first.y - title.getBoundingClientRect().bottom,
            title.scrollWidth - title.clientWidth];
        }""",
        "compare_graph_b",
    )
    assert gap[0] > 40, "the input stands between the title and the first node"
    assert gap[1] <= 0, "the title is not cut"
