"""The JSON editor: it helps while one types, keeps what one wrote, and shares one history."""

from __future__ import annotations

import re

import pytest
from support.app_server import CNN, AppPage

pytestmark = pytest.mark.e2e


def test_it_completes_underlines_and_mends(app: AppPage) -> None:
    app.open(model=CNN, config="default_config")
    app.show_json()
    editor, keyboard = app.part("editor"), app.page.keyboard

    # Completion: an operator type of the model, then a key, then a value, all from the keyboard.
    app.put_caret_after('"op_type": {')
    keyboard.type('"Max')
    option = editor.locator(".cm-tooltip-autocomplete li", has_text="MaxPool")
    option.filter(has_text="2 in this model").wait_for()
    keyboard.press("Enter")
    app.wait_for_text('"MaxPool": {}')
    keyboard.type('"is_out')
    editor.locator(".cm-tooltip-autocomplete li", has_text="is_output_quantized").wait_for()
    keyboard.press("Enter")
    keyboard.press("Control+Space")
    editor.locator(".cm-tooltip-autocomplete li", has_text="True").wait_for()
    editor.locator(".cm-tooltip-autocomplete li", has_text="False").click()
    app.wait_for_text('"MaxPool": {"is_output_quantized": "False"}')

    # What follows is not separated by a comma: no JSON, so the last valid picture stands.
    stale = app.part("summary").get_by_text(re.compile("Stale: the last valid state"))
    keyboard.press("End")
    keyboard.type("!")
    stale.wait_for()
    editor.locator(".cm-lintRange-error").first.wait_for()
    assert app.statuses()["node_relu"] == "quantized"
    keyboard.press("Backspace")
    stale.wait_for(state="detached")

    # A comma too many is taken out by the fix that its message offers.
    app.put_caret_after('"is_output_quantized": "False"')
    keyboard.type(",")
    stale.wait_for()
    editor.locator(".cm-lintRange-error").first.hover()
    editor.locator(".cm-diagnosticAction", has_text="Remove the comma").click()
    app.wait_for_text('"MaxPool": {"is_output_quantized": "False"}')
    stale.wait_for(state="detached")

    # A value that AIMET refuses is underlined as it is typed; the fix offered takes it out.
    app.put_caret_after('"is_input_quantized": "True')
    for _ in "True":
        keyboard.press("Backspace")
    keyboard.type("False")
    mark = editor.locator(".cm-lintRange-error").first
    mark.wait_for()
    stale.wait_for()
    assert app.statuses()["node_relu"] == "quantized"
    mark.hover()
    fix = editor.locator(".cm-diagnosticAction").first
    fix.wait_for()
    fix.click()
    app.wait_without("is_input_quantized")
    stale.wait_for(state="detached")
    app.part("undo").get_by_role("button").click()
    app.wait_for_text('"is_input_quantized": "False"')


def test_one_history_for_editor_forms_and_graph_and_nothing_is_reformatted(app: AppPage) -> None:
    app.open(model=CNN, config="default_config")
    app.show_json()
    odd = (
        '{ "supergroups":[ ],\n\n   "model_output" : {},\t'
        '"params":{"bias":{"is_quantized":"False"}},\n'
        '  "op_type": { },\n"defaults": {"params": {"is_quantized":"True"},   '
        '"ops": {"is_output_quantized": "True"}},\n  "model_input":{"is_input_quantized": "True"}}'
    )
    app.put_text(odd)
    app.wait_for_status("node_conv2d", "quantized")

    app.show_forms("Operator types")
    app.set_value("Relu is_output_quantized False")
    app.wait_for_status("node_relu", "input_weight")
    app.select("node_linear")
    offer = app.part("inspector").get_by_role("button", name=re.compile("off: every Gemm output"))
    offer.first.click()
    app.wait_for_status("node_linear", "weight_only")
    edited = app.text()
    for line in odd.splitlines():
        kept = line if "op_type" not in line else '"defaults"'
        assert kept in edited, "an edit must leave the rest of the text as it was written"
    assert edited.index('"supergroups"') < edited.index('"op_type"') < edited.index('"defaults"')

    app.show_json()
    app.put_caret_after('"supergroups":[')
    app.page.keyboard.type(" ")
    app.wait_for_text('"supergroups":[  ]')
    app.page.keyboard.press("Control+z")
    app.wait_for_text('"supergroups":[ ]')
    app.page.keyboard.press("Control+z")
    app.wait_for_status("node_linear", "quantized")
    app.part("undo").get_by_role("button").click()
    app.wait_for_status("node_relu", "quantized")
    app.wait_for_exactly(odd)
    app.part("redo").get_by_role("button").click()
    app.wait_for_status("node_relu", "input_weight")
    app.page.keyboard.press("Control+Shift+z")
    app.wait_for_exactly(edited)


def test_typing_is_never_overwritten(app: AppPage) -> None:
    app.open(model=CNN, config="default_config")
    app.show_json()
    app.part("editor").locator(".cm-content").click()
    app.page.keyboard.press("Control+End")
    words = "the quick brown fox jumps over the lazy dog and does it again"
    app.page.keyboard.type(words, delay=15)
    app.wait_for_text(words)
    app.part("summary").get_by_text(re.compile("Stale")).wait_for()
    assert app.text().rstrip().endswith(words)
    app.page.keyboard.press("Control+z")
    app.wait_without("lazy")
