"""What axe-core says of every view, and a walk through the page by the Tab key alone.

`axe/axe.min.js` comes from npm (`npm run axe` in the frontend's folder), its licence beside it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.app_server import CNN, MOBILENET, AppPage, AppServer

pytestmark = pytest.mark.e2e

if TYPE_CHECKING:
    from collections.abc import Callable

AXE = Path(__file__).parent / "axe" / "axe.min.js"
GRAVE = ("serious", "critical")


def grave_violations(app: AppPage) -> list[str]:
    """Return what axe-core finds serious or critical: rule, element, reason."""
    if not app.page.evaluate("() => Boolean(window.axe)"):
        app.page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = app.page.evaluate(
        "async () => (await axe.run(document, { resultTypes: ['violations'] })).violations"
    )
    return [
        f"{rule['id']}: {node['html'][:160]}: {node['failureSummary']}"
        for rule in found
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


def test_no_view_of_the_workbench_has_a_grave_violation(app: AppPage) -> None:
    app.open(model=CNN, config="default_config")
    app.wait_for_stillness()
    app.page.keyboard.press("c")  # a key of Streamlit's for developers: a dialog over the page
    found = {"default": grave_violations(app)}
    assert not app.page.get_by_role("dialog").count()
    app.select("node_conv2d")
    found["inspector"] = grave_violations(app)
    for tab in ("Rules", "Problems"):
        app.part("navigator").get_by_role("tab", name=re.compile(tab)).click()
        found[tab] = grave_violations(app)

    app.show_json()
    good = app.text()
    app.put_text(good.replace('"is_input_quantized": "True"', '"is_input_quantized": "False"'))
    app.part("editor").locator(".cm-lintRange-error").first.hover()
    app.part("editor").locator(".cm-diagnosticAction").first.wait_for()
    found["diagnostic"] = grave_violations(app)
    app.press("undo")
    app.wait_for_exactly(good)
    app.put_text(
        good.replace('"op_type": {}', '"op_type": {"Relu": {"is_output_quantized": "False"}}')
    )
    app.wait_for_status("node_relu", "float")

    app.show_forms("Operator types")
    app.part("forms").get_by_role("button", name="▸ more").first.click()
    found["forms"] = grave_violations(app)
    app.part("forms").get_by_role("button", name="Supergroups").click()
    found["supergroups"] = grave_violations(app)
    app.part("view").get_by_text("Changes", exact=True).click()
    app.part("changes").locator("tr.new").first.wait_for()
    app.page.mouse.move(700, 300)
    found["changes"] = grave_violations(app)

    app.simulate()
    app.show("Run")
    app.part("report").get_by_text(re.compile("samples")).first.wait_for()
    found["run"] = grave_violations(app)
    app.show("Layers")
    found["layers"] = grave_violations(app)
    app.part("undo").get_by_role("button").click()
    app.wait_for_status("node_relu", "quantized")
    found["stale"] = grave_violations(app)
    app.press("open")
    found["open"] = grave_violations(app)
    assert {view: rules for view, rules in found.items() if rules} == {}


def test_neither_comparing_nor_the_dark_theme_has_a_grave_violation(
    server: AppServer, visit: Callable[..., AppPage]
) -> None:
    app = visit(server, color_scheme="dark")
    app.open(model=CNN, config="default_config", select="node_conv2d")
    app.wait_for_stillness()
    found = {"default": grave_violations(app)}
    app.show_json()
    found["json"] = grave_violations(app)
    app.show_forms("Operator types")
    app.set_value("Relu is_output_quantized False")
    app.wait_for_status("node_relu", "float")
    found["forms"] = grave_violations(app)
    app.show("Layers")
    app.simulate()
    found["layers"] = grave_violations(app)
    app.compare()
    found["comparison, dark"] = grave_violations(app)
    app.page.emulate_media(color_scheme="light")
    app.wait_for_background(range(200, 256))
    found["comparison, light"] = grave_violations(app)
    assert {view: rules for view, rules in found.items() if rules} == {}


def test_every_control_is_reached_by_tab_and_has_a_name(app: AppPage) -> None:
    app.open(model=MOBILENET, config="default_config", select="node_conv2d_5")
    app.wait_for_stillness()
    app.show("Layers")
    app.part("layers").get_by_role("row").nth(2).wait_for()
    app.page.mouse.click(60, 18)  # the name of the app
    stops = app.walk_by_tab(most=150)
    assert [stop for stop in stops if not stop["name"]] == []
    assert [stop for stop in stops if not stop["visible"]] == []
    reached = {stop["key"] for stop in stops}
    assert reached >= {
        *("model", "config", "data", "open", "save", "compare", "simulate"),
        *("navigator", "graph", "inspector", "strip", "tab", "layers"),
    }
    names = " | ".join(stop["name"] for stop in stops)
    for expected in (
        *("Model", "Configuration", "Data", "Simulate", "Outline", "Filter the outline"),
        *("Model graph", "Search nodes", "Status", "Fit", "Height of the panel below", "Layers"),
    ):
        assert expected in names
    # A list is one stop: it is walked with the arrow keys, and Enter selects.
    rows = [stop for stop in stops if stop["key"] == "layers" and "node_" in stop["name"]]
    assert len(rows) == 1

    app.part("layers").get_by_role("button", name="node_conv2d_5", exact=True).focus()
    app.page.keyboard.press("ArrowDown")
    app.page.keyboard.press("ArrowDown")
    app.page.keyboard.press("Enter")
    app.part("inspector").get_by_role("heading", name="node_conv2d_6", exact=True).wait_for()

    grip = app.part("strip").get_by_role("separator")
    grip.focus()
    before = int(grip.get_attribute("aria-valuenow") or 0)
    app.page.keyboard.press("ArrowUp")
    assert int(grip.get_attribute("aria-valuenow") or 0) > before
