"""Switches in their place, values with their grid, drafts of two tabs, files that are not right."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from support.app_server import AppPage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.app_server import AppServer

pytestmark = pytest.mark.e2e

CNN = "sample_models/digits_cnn.onnx"
VIT = "sample_models/digits_vit.onnx"


def test_a_switch_in_its_place_offers_where_to_set_a_value(app: AppPage) -> None:
    app.open(model=CNN, config="default_config")
    app.select("node_conv2d")
    inspector = app.part("inspector")
    inspector.get_by_text(
        re.compile("Only this one Conv: the configuration has no rule")
    ).wait_for()
    switch = inspector.get_by_role("group", name="symmetric, weight")
    switch.get_by_role("button", name="yes").click()
    offer = inspector.get_by_role("button", name=re.compile("symmetric: every weight of Conv"))
    offer.get_by_text("3 change").wait_for()
    offer.hover()
    app.part("graph").get_by_text(re.compile("Preview")).wait_for()
    assert '"Conv": {' not in app.text()
    app.screenshot("switch", pointer=None)
    offer.click()
    app.wait_for_text('"is_symmetric": "True"')
    inspector.get_by_text("int8 symmetric").first.wait_for()

    width = inspector.get_by_role("group", name="bit width, weight")
    width.get_by_role("button", name="4", exact=True).click()
    inspector.get_by_text(re.compile("No rule gives a width")).wait_for()
    inspector.get_by_role("button", name=re.compile("4: every parameter of the run")).click()
    inspector.get_by_text("int4 symmetric").first.wait_for()


def test_figures_of_an_earlier_state_are_marked_where_they_stand(app: AppPage) -> None:
    app.open(model=CNN, config="default_config")
    inspector = app.part("inspector")
    app.show("Run")
    app.page.get_by_text(re.compile("Live noise: measure")).click()
    app.simulate()
    inspector.get_by_role("heading", name="Lowest SQNR", exact=True).wait_for()
    app.show_forms("Operator types")
    app.set_value("Relu is_output_quantized False")
    inspector.get_by_role("heading", name="Lowest SQNR, of an earlier state").wait_for()
    app.select("node_relu")
    inspector.get_by_text(re.compile(r"dB, earlier")).first.wait_for()
    inspector.get_by_text(re.compile(r"earlier: .* step")).first.wait_for()
    app.screenshot("earlier")
    app.press("undo")
    inspector.get_by_text(re.compile(r"\d dB$")).first.wait_for()
    assert inspector.get_by_text("earlier").count() == 0


def test_values_stand_beside_their_grid_and_are_measured_anew_after_an_edit(app: AppPage) -> None:
    app.open(model=CNN, config="default_config")
    app.select("node_relu")
    inspector = app.part("inspector")
    inspector.get_by_role("button", name="values and grid").first.click()
    values = inspector.get_by_role("figure", name="Values of relu")
    values.get_by_text(re.compile("98,304 values of 64 samples")).wait_for()
    values.get_by_text(re.compile("all of it is rounding")).wait_for()
    app.screenshot("values")

    inspector.get_by_role("group", name="fixed range").get_by_role("button", name="fixed").click()
    inspector.get_by_label("Smallest value of the range").fill("0")
    inspector.get_by_label("Largest value of the range").fill("0.5")
    inspector.get_by_role("button", name="Set for every Relu output").click()
    app.wait_for_text('"encoding_constraints"')
    values.get_by_text(re.compile("a wider range would cure")).wait_for()
    values.get_by_text(re.compile("of the float values lie below it")).wait_for()


def test_undone_steps_come_back_after_a_reload_and_tabs_keep_their_own_drafts(
    app: AppPage,
) -> None:
    app.open(model=CNN, config="default_config")
    app.select("node_relu")
    off = app.part("inspector").get_by_role("button", name=re.compile("off: every Relu output"))
    off.click()
    app.wait_for_status("node_relu", "float")
    app.part("undo").get_by_role("button").click()
    app.wait_for_status("node_relu", "quantized")
    app.page.wait_for_function(
        "Object.entries(localStorage).some(([key, value]) => key.includes('draft')"
        " && JSON.parse(value).trail?.redo?.length === 1)"
    )
    app.page.reload()
    app.wait_for_graph()
    app.part("redo").get_by_role("button").click()
    app.wait_for_status("node_relu", "float")

    second = AppPage(app.page.context.new_page(), app.url)
    second.open(model=CNN, config="default_config")
    second.wait_for_status("node_relu", "float")
    second.part("undo").get_by_role("button").click()
    second.wait_for_status("node_relu", "quantized")
    app.page.reload()
    app.wait_for_graph()
    app.wait_for_status("node_relu", "float")
    second.check()


def test_what_is_brought_and_is_no_model_is_refused_where_it_was_brought(
    app: AppPage, tmp_path: Path
) -> None:
    app.open(model=VIT, config="default_config")
    app.part("inspector").get_by_text(re.compile("Nothing stands out")).wait_for()
    app.page.get_by_test_id("stPopoverButton").first.click()
    chooser = app.part("upload_model").locator("input[type=file]")
    pickled = tmp_path / "net.pt"
    pickled.write_bytes(b"\x80\x04.")
    chooser.set_input_files(pickled)
    opened = app.page.get_by_test_id("stPopoverBody")
    opened.get_by_text(re.compile("because loading them can execute code")).wait_for()
    named = tmp_path / "<img src=x onerror=window.hit=1>.onnx"
    named.write_bytes(b"<script>window.hit=1</script>")
    chooser.set_input_files(named)
    opened.get_by_text(re.compile("<img src=x onerror=window.hit=1>.onnx")).wait_for()
    assert app.page.evaluate("window.hit") is None
    assert len(app.statuses()) > 100, "the model that was open is still open"


def test_a_file_that_is_gone_is_not_written_and_nothing_is_lost(
    serve: Callable[..., AppServer], visit: Callable[..., AppPage], tmp_path: Path
) -> None:
    from quantsim_viz.config import preset

    default = preset("default_config")
    assert default is not None
    file = tmp_path / "mine.json"
    file.write_text(default.path.read_text(encoding="utf-8"), encoding="utf-8")
    app = visit(serve("-c", str(file)))
    app.open()
    app.select("node_relu")
    app.part("inspector").get_by_role("button", name=re.compile("off: every Relu")).click()
    app.wait_for_text('"Relu": {')
    file.unlink()
    app.part("save").get_by_role("button").click()
    app.part("summary").get_by_text(re.compile("can no longer be read")).wait_for()
    assert not file.exists()
    assert '"Relu": {' in app.text()
    app.part("view").get_by_text("Presets", exact=True).click()
    app.part("presets").get_by_role("button", name="Qualcomm HTP", exact=True).click()
    app.part("presets").get_by_text("What the format cannot express").wait_for()
    app.part("presets").get_by_role("button", name=re.compile("See what the document")).click()
    app.part("changes").get_by_text(re.compile("on this model: ")).wait_for()


def test_what_a_preset_cannot_say_is_one_press_from_the_coverage_line(app: AppPage) -> None:
    app.open(config="default_config")
    app.wait_until_settled()
    limits = app.part("summary").get_by_role("button", name=re.compile("limits? of"))
    assert limits.count() == 0, "the documented default states the rules of no runtime"
    app.open(config="tflite_int8")
    limits.click()
    card = app.part("presets").get_by_role("article")
    card.get_by_text("What the format cannot express").wait_for()
    assert card.get_by_role("heading", level=3).inner_text().startswith("TensorFlow Lite int8")
    app.part("presets").get_by_role("button", name="Qualcomm HTP", exact=True).click()
    card.get_by_role("heading", level=3).filter(has_text="Qualcomm HTP").wait_for()
    limits.click()
    card.get_by_role("heading", level=3).filter(has_text="TensorFlow Lite int8").wait_for()
