"""Edits made in the graph: selecting, the menu, and what the format cannot express."""

from __future__ import annotations

import re

import pytest
from support.app_server import CNN, MOBILENET, AppPage

pytestmark = pytest.mark.e2e


def test_an_offered_edit_is_previewed_made_and_undone(app: AppPage) -> None:
    app.open(model=CNN, config="default_config")
    app.select("node_relu")
    offer = app.part("inspector").get_by_role("button", name=re.compile("off: every Relu output"))
    place = offer.bounding_box()
    offer.hover()
    app.part("graph").get_by_text(re.compile("Preview")).wait_for()
    assert offer.bounding_box() == place, "what hovering shows must not push the page down"
    assert app.statuses()["node_relu"] == "quantized"
    offer.click()
    app.wait_for_status("node_relu", "float")
    app.wait_for_text('"Relu"')
    app.part("editor").locator(".cm-line", has_text='"Relu"').first.wait_for()
    # What stands under the resting pointer now is the way back: nobody has pointed at it.
    app.part("inspector").get_by_role("button", name=re.compile("on: every Relu output")).wait_for()
    app.part("strip").get_by_text("64 samples").wait_for()
    assert not app.part("graph").get_by_text(re.compile("Preview")).is_visible()
    app.part("undo").get_by_role("button").click()
    app.wait_for_status("node_relu", "quantized")


def test_nodes_are_made_a_supergroup_or_it_is_said_why_not(app: AppPage) -> None:
    app.open(model=CNN, config="default_config")
    groups = re.compile(r'"supergroups": \[.*?\]\s*\}\s*\]', re.DOTALL)
    app.put_text(groups.sub('"supergroups": []', app.text()))
    app.wait_for_status("node_conv2d", "quantized")
    before = app.text()

    # Two nodes with another one between them cannot match.
    app.click_nodes("node_conv2d", "node_max_pool2d")
    app.choose_from_menu("node_max_pool2d", "Treat as one supergroup")
    why = app.part("summary").get_by_text(
        re.compile("Conv → MaxPool was not made a supergroup: after Conv comes Relu, not MaxPool")
    )
    why.wait_for()
    assert app.text() == before
    app.part("summary").get_by_role("button", name="Dismiss").click()
    why.wait_for(state="detached")

    # Neither can one alone.
    app.click_nodes("node_conv2d")
    app.choose_from_menu("node_conv2d", "Treat as one supergroup")
    app.part("summary").get_by_text(re.compile("two nodes or more")).wait_for()

    # Two in sequence can: all such pairs of the model are fused with it.
    app.click_nodes("node_conv2d", "node_relu")
    app.choose_from_menu("node_relu", "Treat as one supergroup")
    app.wait_for_status("node_conv2d", "fused")
    app.wait_for_status("node_conv2d_1", "fused")
    app.wait_for_text('"Relu"')
    assert re.search(r'"op_list":\s*\[\s*"Conv",\s*"Relu"\s*\]', app.text())
    app.part("undo").get_by_role("button").click()
    app.wait_for_exactly(before)


def test_the_menu_quantizes_and_leaves_float_an_operator_type(app: AppPage) -> None:
    app.open(model=MOBILENET, config="default_config")
    before = app.statuses()
    convolutions = {n for n, s in before.items() if "conv2d" in n and s == "quantized"}
    name = sorted(convolutions)[0]
    app.page.evaluate("name => window.quantsimViz.graph.centerOn(name)", name)
    app.click_nodes(name)
    menu = app.part("graph").get_by_role("menu")
    app.page.mouse.click(*app.place_of(name), button="right")
    menu.get_by_role("menuitem", name=re.compile("float")).hover()
    told = app.part("graph").locator(".qv-message")
    counts = re.compile(r"^Preview: \d+ nodes would change, quantizers: \d+ off$")
    told.get_by_text(counts).wait_for()
    assert app.statuses() == before
    menu.get_by_role("menuitem", name=re.compile("supergroup")).hover()
    told.get_by_text(re.compile("^A supergroup needs two nodes or more")).wait_for()
    app.page.keyboard.press("Escape")
    told.wait_for(state="hidden")
    app.choose_from_menu(name, re.compile("float"))
    app.wait_for_status(name, "input_weight")
    after = app.statuses()
    assert {n for n in before if before[n] != after[n]} == convolutions
    assert '"is_output_quantized": "False"' in app.text()

    # The same by keys alone: the menu is a key away.
    app.part("graph").locator(".qv-stage").focus()
    app.page.keyboard.press("m")
    app.part("graph").get_by_role("menuitem", name=re.compile("^Quantize")).press("Enter")
    app.wait_for_status(name, "quantized")
