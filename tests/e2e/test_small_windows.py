"""The workbench in a window of 1280 × 720: nothing lies over what one needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from support.app_server import CNN, MOBILENET, AppPage

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator
    from support.app_server import AppServer

pytestmark = pytest.mark.e2e

HITS_ITSELF = """element => {
  const box = element.getBoundingClientRect();
  const at = [box.x + box.width / 2, box.y + box.height / 2];
  let hit = document.elementFromPoint(...at);
  while (hit?.shadowRoot?.elementFromPoint(...at)) hit = hit.shadowRoot.elementFromPoint(...at);
  return element.contains(hit);
}"""


@pytest.fixture
def app(visit: Callable[..., AppPage], server: AppServer) -> AppPage:
    """Return a page of the app in a small window."""
    app = visit(server, viewport={"width": 1280, "height": 720}).open(model=CNN)
    app.wait_until_settled()
    return app


def is_on_top(part: Locator) -> bool:
    """Whether nothing lies over the middle of a part of the page."""
    return bool(part.evaluate(HITS_ITSELF))


def edges(part: Locator) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a part of the page, in pixels."""
    box = part.bounding_box()
    assert box is not None
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]


@pytest.mark.parametrize(("query", "told"), [("Conv", "3"), ("nowhere", "none")])
def test_what_the_search_finds_is_not_covered(app: AppPage, query: str, told: str) -> None:
    graph = app.part("graph")
    find = graph.locator(".qv-find").element_handle()
    graph.locator(".qv-search").fill(query)
    count = graph.locator(".qv-count")
    assert count.inner_text() == told
    app.page.wait_for_function("box => !box.getAnimations({ subtree: true }).length", arg=find)
    assert is_on_top(count)
    assert edges(graph.locator(".qv-find"))[2] < edges(graph.locator(".qv-modes"))[0]


def test_the_list_of_keys_ends_within_the_graph_and_scrolls(app: AppPage) -> None:
    graph = app.part("graph")
    graph.get_by_role("button", name="Keys").click()
    keys = graph.locator(".qv-help")
    assert edges(keys)[3] < edges(graph.locator(".qv-stage"))[3]
    keys.get_by_text(re.compile("^Search: a name")).scroll_into_view_if_needed()
    assert is_on_top(keys.get_by_text(re.compile("^Search: a name")))
    keys.press("Escape")
    keys.wait_for(state="hidden")


def test_the_tabs_stay_while_a_panel_is_scrolled(app: AppPage) -> None:
    app.show("Run")
    tab = app.part("bottom").get_by_role("tab", name="Run", exact=True)
    before = edges(tab)
    app.page.get_by_text("Live noise: measure one batch").scroll_into_view_if_needed()
    assert edges(tab) == before
    assert is_on_top(tab)


def test_progress_covers_no_figure(app: AppPage) -> None:
    app.part("simulate").get_by_role("button").click()
    progress = app.part("progress")
    progress.wait_for()
    _, top, _, bottom = edges(progress)
    strip = edges(app.part("strip-box"))
    assert strip[1] <= top
    assert bottom <= strip[1] + 27, "it stays on the line of the strip's caption"
    assert edges(app.part("layers"))[1] > bottom


def test_a_deep_model_is_fitted_whole_and_by_turns_by_its_width(app: AppPage) -> None:
    app.open(model=MOBILENET)
    top, bottom = edges(app.part("graph-box"))[1::2]
    assert bottom - top > 400
    app.part("graph").locator(".qv-stage").focus()
    for key, scale in (("f", "< 0.1"), ("f", "> 0.5"), ("f", "< 0.1")):
        app.page.keyboard.press(key)
        app.page.wait_for_function(f"window.quantsimViz.graph.scale {scale}")
        app.wait_for_stillness()
    app.select("node_conv2d_7")
    app.wait_for_stillness()
    app.part("graph").get_by_role("button", name="Fit", exact=True).click()
    app.page.wait_for_function("window.quantsimViz.graph.scale < 0.1")
    app.wait_for_stillness()
    app.part("graph").get_by_role("button", name="Fit", exact=True).click()
    app.page.wait_for_function("window.quantsimViz.graph.scale > 0.5")
    app.wait_for_stillness()
    left, top, right, bottom = edges(app.part("graph-box"))
    x, y = app.place_of("node_conv2d_7")
    assert left < x < right
    assert top < y < bottom


def test_the_strip_of_the_depth_makes_way_for_nodes_and_for_the_whole(app: AppPage) -> None:
    app.open(model=MOBILENET)
    app.wait_for_stillness()
    strip = app.part("graph").locator("canvas.qv-strip")
    aside = re.compile("qv-aside")
    assert not aside.search(strip.get_attribute("class") or "")
    left, top = edges(app.part("graph").locator(".qv-stage"))[:2]
    node_x = app.place_of("node_conv2d")[0]
    app.page.mouse.move(left + 250, top + 150)
    app.page.mouse.down()
    app.page.mouse.move(left + 250 + edges(strip)[0] - node_x, top + 150, steps=4)
    app.page.mouse.up()
    app.part("graph").locator("canvas.qv-strip.qv-aside").wait_for()
    app.part("graph").locator(".qv-stage").press("f")
    strip.wait_for(state="hidden")
