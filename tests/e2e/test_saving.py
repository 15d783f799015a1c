"""Nothing is lost: saving, drafts, files that change or go, a reload, a crash, a restart."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.app_server import CNN, AppPage, AppServer

from quantsim_viz.config import preset

pytestmark = pytest.mark.e2e

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a configuration of one's own."""
    default = preset("default_config")
    assert default is not None
    file = tmp_path / "mine.json"
    file.write_text(default.path.read_text(encoding="utf-8"), encoding="utf-8")
    return file


def test_a_file_is_saved_back_and_never_over_somebody_elses_work(
    file: Path, serve: Callable[..., AppServer], visit: Callable[..., AppPage]
) -> None:
    server = serve("-c", str(file))
    one, two = visit(server), visit(server)
    for app in (one, two):
        app.open()
        app.show_forms("Operator types")
    told = one.part("summary")

    one.set_value("Relu is_output_quantized False")
    one.wait_for_text('"Relu"')
    one.press("save")
    told.get_by_text(re.compile("Saved to")).wait_for()
    saved = file.read_text(encoding="utf-8")
    assert saved == one.text()

    # A second tab on the same file neither sees this edit nor overwrites it.
    assert two.statuses()["node_relu"] == "quantized"
    two.set_value("Gemm is_output_quantized False")
    two.wait_for_text('"Gemm"')
    two.press("save")
    two.part("summary").get_by_text(re.compile("changed on disk")).wait_for()
    assert file.read_text(encoding="utf-8") == saved
    assert '"Gemm"' in two.text()

    # What the two differ in is a press away, and so is writing over the file, on purpose.
    told_two = two.part("summary")
    told_two.get_by_role("button", name="Compare with the file").click()
    two.part("changes").get_by_role("combobox").get_by_text("mine.json as it is on disk")
    two.part("changes").get_by_role("row").filter(has_text='"Relu"').first.wait_for()
    told_two.get_by_role("button", name="Overwrite it").click()
    told_two.get_by_text(re.compile("Saved to")).wait_for()
    assert file.read_text(encoding="utf-8") == two.text()

    # The file is deleted between opening and saving: what was written stays, and can be downloaded.
    file.unlink()
    one.set_value("Relu is_output_quantized True")
    one.wait_for_status("node_relu", "quantized")
    one.press("save")
    told.get_by_text(re.compile("can no longer be read")).wait_for()
    with one.page.expect_download() as download:
        one.press("download")
    assert Path(download.value.path()).read_text(encoding="utf-8") == one.text()
    assert download.value.suggested_filename == "mine.json"
    assert not file.exists()
    told.get_by_role("button", name="Write it again").click()
    told.get_by_text(re.compile("Saved to")).wait_for()
    assert file.read_text(encoding="utf-8") == one.text()


def test_a_draft_outlives_a_reload_and_a_restart(
    file: Path, serve: Callable[..., AppServer], visit: Callable[..., AppPage]
) -> None:
    server = serve("-c", str(file))
    app = visit(server)
    app.open()
    app.show_forms("Operator types")
    app.set_value("Relu is_output_quantized False")
    app.wait_for_status("node_relu", "float")
    app.wait_for_text('"Relu": {')
    text = app.text()

    app.page.reload()
    app.wait_for_graph()
    app.wait_for_status("node_relu", "float")
    back = app.part("summary").get_by_text(re.compile("Brought back what you were writing"))
    back.wait_for()
    assert app.text() == text
    app.part("summary").get_by_role("button", name="Dismiss").click()
    back.wait_for(state="detached")
    app.press("undo")
    app.wait_for_status("node_relu", "quantized")
    app.press("redo")
    app.wait_for_status("node_relu", "float")
    app.wait_for_exactly(text)

    # The server dies without a word; another one takes its place; the page finds it by itself.
    server.crash()
    again = serve("-c", str(file), port=server.port)
    back.wait_for()
    app.wait_for_status("node_relu", "float")
    assert app.text() == text
    app.show_forms("Operator types")
    app.set_value("Relu is_output_quantized True")
    app.wait_for_status("node_relu", "quantized")
    app.set_value("Relu is_output_quantized False")
    app.wait_for_status("node_relu", "float")
    app.wait_for_exactly(text)

    # The file changes while nobody looks: the draft is not brought back unasked.
    again.close()
    file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    serve("-c", str(file), port=server.port)
    app.page.reload()
    app.wait_for_graph()
    asked = app.part("summary").get_by_text(re.compile("written on another version of this file"))
    asked.wait_for()
    assert app.statuses()["node_relu"] == "quantized"

    # Nor is it lost while the question stands, whatever is done meanwhile.
    app.select("node_relu")
    app.part("inspector").get_by_role("heading", name="node_relu", exact=True).wait_for()
    app.page.reload()
    app.wait_for_graph()
    asked.wait_for()
    app.show_forms("Operator types")
    app.set_value("Gemm is_output_quantized False")
    app.wait_for_status("node_linear_1", "input_weight")
    app.screenshot("asked")
    app.part("summary").get_by_role("button", name="Bring it back").click()
    app.wait_for_status("node_relu", "float")
    app.wait_for_exactly(text)
    app.press("undo")
    app.wait_for_status("node_linear_1", "input_weight")
    app.wait_until_settled()
    app.press("redo")
    app.wait_for_status("node_relu", "float")
    app.wait_for_exactly(text)
    app.page.reload()
    app.wait_for_graph()
    app.wait_for_status("node_relu", "float")
    back.wait_for()
    assert asked.count() == 0


def test_opening_the_same_configuration_again_starts_anew(app: AppPage) -> None:
    app.open(model=CNN, config="default_config")
    opened = app.text()
    app.show_forms("Operator types")
    app.set_value("Relu is_output_quantized False")
    app.wait_for_status("node_relu", "float")
    app.wait_for_text('"Relu": {')
    app.press("open")
    app.press("new")
    app.wait_for_status("node_relu", "quantized")
    app.wait_for_exactly(opened)
    app.page.reload()
    app.wait_for_graph()
    app.wait_for_status("node_relu", "quantized")
    assert '"Relu": {' not in app.text()


def test_an_edit_survives_a_visit_to_the_comparison(app: AppPage) -> None:
    app.open(model=CNN, config="default_config")
    app.show_forms("Operator types")
    for value, status in (("False", "float"), ("True", "quantized"), ("False", "float")):
        app.set_value(f"Relu is_output_quantized {value}")
        app.wait_for_status("node_relu", status)
        app.press("compare")
        app.press("back")
        app.show_forms("Operator types")
        app.part("forms").get_by_role("radio", name=f"Relu is_output_quantized {value}").wait_for()
        app.wait_for_status("node_relu", status)
        assert app.part("undo").get_by_role("button").is_enabled()


def test_a_preset_is_downloaded(app: AppPage) -> None:
    app.open(model=CNN, config="default_config")
    with app.page.expect_download() as download:
        app.press("save")
    assert Path(download.value.path()).read_text(encoding="utf-8") == app.text()
    assert download.value.suggested_filename.endswith(".json")
