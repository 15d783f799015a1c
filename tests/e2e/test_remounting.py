"""Streamlit may take everything off the page and put it back: nobody must notice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from support.app_server import MOBILENET, ROOT, AppPage, AppServer

pytestmark = pytest.mark.e2e

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = ROOT / "tests" / "support" / "remounting_app.py"


def test_caret_scroll_focus_and_open_sections_survive_a_new_mounting(
    serve: Callable[..., AppServer], visit: Callable[..., AppPage]
) -> None:
    app = visit(serve(page=PAGE))
    app.open(model=MOBILENET, config="default_config", select="node_conv2d_5")
    app.part("navigator").get_by_role("tab", name="Rules").click()
    app.show_forms("Operator types")
    forms = app.part("forms")
    forms.get_by_role("button", name="▸ more").first.click()
    opened = forms.get_by_role("button", name=re.compile("▾")).first
    opened.wait_for()
    app.show_json()
    app.put_caret_after('"model_output": {')
    scroller = app.part("editor").locator(".cm-scroller")
    app.page.wait_for_function("element => element.scrollTop > 50", arg=scroller.element_handle())
    scrolled = scroller.evaluate("element => element.scrollTop")
    app.wait_for_stillness()
    scale = app.page.evaluate("window.quantsimViz.graph.scale")
    was = scroller.element_handle()

    for _ in range(2):
        hosts = app.page.locator('[data-testid="stBidiComponentIsolated"]').element_handles()
        app.part("anew").get_by_role("button").dispatch_event("click")
        for host in hosts:
            app.page.wait_for_function("host => !host.isConnected", arg=host)
        app.page.wait_for_function("scroller => scroller.isConnected", arg=was)
        assert scroller.evaluate("element => element.scrollTop") == scrolled
        app.wait_for_graph()
        app.page.keyboard.type(" ")
    app.wait_for_text('"model_output": {  }')
    assert (
        app.part("navigator").get_by_role("tab", name="Rules").get_attribute("aria-selected")
        == "true"
    )
    app.part("view").get_by_text("Forms", exact=True).click()
    opened.wait_for()
    app.press("undo")
    app.wait_for_text('"model_output": {}')
    assert app.page.evaluate("window.quantsimViz.graph.scale") == scale
    app.set_value("Conv is_output_quantized False")
    app.wait_for_status("node_conv2d_5", "input_weight")
