"""The first minute with the app, and what must not be lost after it: real server, real Chromium."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from support.app_server import BROWSER_FLAGS, AppPage, AppServer

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.e2e

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

MOBILENET = "sample_models/digits_mobilenet.onnx"
CNN = "sample_models/digits_cnn.onnx"


@pytest.fixture(scope="module")
def browser(chromium_executable: str) -> Iterator[Browser]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_executable, args=BROWSER_FLAGS
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    server = AppServer(tmp_path_factory.mktemp("server") / "log.txt")
    yield server
    server.close()


def new_page(browser: Browser, server: AppServer, **options: object) -> AppPage:
    size: dict[str, object] = {"viewport": {"width": 1500, "height": 950}}
    context = browser.new_context(**(size | options))
    return AppPage(context.new_page(), server.url)


@pytest.fixture
def app(browser: Browser, server: AppServer) -> Iterator[AppPage]:
    app = new_page(browser, server)
    yield app
    app.check()
    app.page.context.close()


def test_from_opening_to_a_reload_nothing_is_lost(app: AppPage) -> None:
    app.open(model=MOBILENET, config="default_config")
    before = app.statuses()
    convolutions = [name for name, status in before.items() if "conv2d" in name]
    changing = [name for name in convolutions if before[name] == "quantized"]
    assert changing
    app.screenshot("workbench")

    app.show_forms("Operator types")
    app.set_value("Conv is_output_quantized False")
    app.wait_for_status(changing[0], "input_weight")
    after = app.statuses()
    assert {after[name] for name in changing} == {"input_weight"}
    assert {name for name in before if before[name] != after[name]} == set(changing)
    app.screenshot("forms")

    app.show("Layers")
    app.simulate()
    figure = app.part("layers").get_by_role("cell", name=re.compile(r"^\d+\.\d$")).first
    assert 0 < float(figure.inner_text()) < 100
    app.select(changing[0])
    app.screenshot("simulated")

    app.page.reload()
    app.wait_for_graph()
    app.wait_for_status(changing[0], "input_weight")
    assert app.statuses() == after
    assert '"Conv"' in app.text()
    app.part("undo").get_by_role("button").click()
    app.wait_for_status(changing[0], "quantized")


def test_the_inspector_says_why_and_a_click_on_a_line_goes_there(app: AppPage) -> None:
    app.open(model=CNN, config="default_config")
    app.select("node_conv2d")
    inspector = app.part("inspector")
    inspector.get_by_text(re.compile("Fused into node_relu by supergroup Conv → Relu")).wait_for()
    overridden = inspector.locator("li.overridden", has_text="defaults.ops.is_output_quantized")
    assert overridden.locator("s").first.inner_text() == "True"
    app.screenshot("inspector")
    overridden.first.get_by_role("button", name="line 4").click()
    app.part("editor").locator(".cm-rule-line", has_text="is_output_quantized").wait_for()
    app.screenshot("rule")


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
    app.part("undo").get_by_role("button").click()
    app.wait_for_status("node_relu", "quantized")


def test_a_diagnostic_stands_where_the_mistake_is_and_its_fix_mends_it(app: AppPage) -> None:
    app.open(model=CNN, config="default_config")
    app.show_json()
    good = app.text()
    bad = good.replace('"is_input_quantized": "True"', '"is_input_quantized": "False"')
    assert bad != good
    app.page.evaluate("text => window.quantsimViz.editor.setText(text)", bad)
    mark = app.part("editor").locator(".cm-lintRange-error").first
    mark.wait_for()
    app.part("summary").get_by_text(re.compile("Stale: the last valid state")).wait_for()
    assert app.statuses()["node_relu"] == "quantized"
    mark.hover()
    fix = app.part("editor").locator(".cm-diagnosticAction").first
    fix.wait_for()
    app.screenshot("diagnostic", pointer=None)
    fix.click()
    app.wait_without("is_input_quantized")
    app.part("summary").get_by_text(re.compile("Stale")).wait_for(state="detached")


def test_typing_is_never_overwritten(app: AppPage) -> None:
    app.open(model=CNN, config="default_config")
    app.show_json()
    app.part("editor").locator(".cm-content").click()
    app.page.keyboard.press("Control+End")
    words = "the quick brown fox jumps over the lazy dog and does it again"
    app.page.keyboard.type(words, delay=25)
    app.wait_for_text(words)
    app.part("summary").get_by_text(re.compile("Stale")).wait_for()
    assert app.text().rstrip().endswith(words)
    app.page.keyboard.press("Control+z")
    app.wait_without("lazy")


def test_the_editor_completes_from_the_schema_and_the_model(app: AppPage) -> None:
    app.open(model=CNN, config="default_config")
    app.show_json()
    text = app.text().replace('"op_type": {}', '"op_type": {\n"Sq"\n}')
    app.page.evaluate("text => window.quantsimViz.editor.setText(text)", text)
    app.part("editor").locator(".cm-line", has_text='"Sq"').click()
    app.page.keyboard.press("End")
    app.page.keyboard.press("ArrowLeft")
    app.page.keyboard.press("Control+Space")
    option = app.part("editor").locator(".cm-tooltip-autocomplete li", has_text="Squeeze")
    option.filter(has_text="2 in this model").click()
    app.wait_for_text('"Squeeze": ')


def test_the_dark_theme_follows_the_system(browser: Browser, server: AppServer) -> None:
    app = new_page(browser, server, color_scheme="dark")
    app.open(model=MOBILENET, config="default_config", select="node_conv2d_5", mode="sqnr")
    app.simulate()
    app.page.wait_for_function("window.quantsimViz?.graph?.mode === 'sqnr'")
    background = app.part("navigator").evaluate(
        "element => getComputedStyle(element.closest('.stApp')).backgroundColor"
    )
    assert max(map(int, re.findall(r"\d+", background)[:3])) < 60
    app.screenshot("dark")
    app.check()
    app.page.context.close()


def test_two_configurations_stand_side_by_side(app: AppPage) -> None:
    app.open(model=CNN, config="default_config", compare="only_listed_ops")
    app.show("Compare")
    app.part("run_compare").get_by_role("button").click()
    app.part("compare_report").get_by_text("McNemar p").wait_for()
    app.part("comparison").get_by_role("columnheader", name=re.compile("B − A")).wait_for()
    app.screenshot("compare")


def test_a_run_can_be_cancelled(app: AppPage) -> None:
    app.open(model=MOBILENET, config="default_config")
    app.part("simulate").get_by_role("button").click()
    app.part("cancel").get_by_role("button").click()
    app.part("simulate").get_by_role("button").wait_for()
    app.part("summary").get_by_text(re.compile("cancelled|quantizers on")).first.wait_for()
    app.simulate()
    app.part("layers").get_by_role("cell", name=re.compile(r"^\d+\.\d$")).first.wait_for()


def test_noise_is_measured_after_an_edit_unasked(app: AppPage) -> None:
    app.open(model=CNN, config="default_config")
    app.show_forms("Operator types")
    app.set_value("MaxPool is_output_quantized True")
    app.part("strip").get_by_text(re.compile("64 samples")).wait_for()


def test_what_may_not_be_opened_is_refused_with_a_message(app: AppPage) -> None:
    app.open(model="/etc/passwd")
    message = app.part("summary").get_by_text(re.compile("outside the folders"))
    message.wait_for()
    assert app.statuses()
    app.part("summary").get_by_role("button", name="Dismiss").click()
    message.wait_for(state="detached")


def test_a_torch_module_named_at_start_is_opened_and_simulated(
    browser: Browser, tmp_path: Path
) -> None:
    factory = "sample_models.digits_cnn:build"
    server = AppServer(tmp_path / "log.txt", (factory, "--data", "sample_models/digits_test.npz"))
    try:
        app = new_page(browser, server)
        app.open()
        assert "quantized" in app.statuses().values()
        app.simulate()
        app.check()
        app.page.context.close()
    finally:
        server.close()


def test_two_people_never_see_each_others_documents(browser: Browser, server: AppServer) -> None:
    mine, yours = new_page(browser, server), new_page(browser, server)
    for app in (mine, yours):
        app.open(model=CNN, config="default_config")
    mine.show_forms("Operator types")
    mine.set_value("Relu is_output_quantized False")
    mine.wait_for_status("node_relu", "float")
    yours.page.reload()
    yours.wait_for_graph()
    assert yours.statuses()["node_relu"] == "quantized"
    for app in (mine, yours):
        app.check()
        app.page.context.close()


def test_a_file_is_saved_back_and_one_changed_on_disk_is_not_overwritten(
    browser: Browser, tmp_path: Path
) -> None:
    from quantsim_viz.config import preset

    default = preset("default_config")
    assert default is not None
    file = tmp_path / "mine.json"
    file.write_text(default.path.read_text(encoding="utf-8"), encoding="utf-8")
    server = AppServer(tmp_path / "log.txt", ("-c", str(file)))
    try:
        app = new_page(browser, server)
        app.open()
        app.show_forms("Operator types")
        app.set_value("Relu is_output_quantized False")
        app.wait_for_text('"Relu"')
        app.part("save").get_by_role("button").click()
        app.part("summary").get_by_text(re.compile("Saved to")).wait_for()
        assert '"Relu"' in file.read_text(encoding="utf-8")
        file.write_text("{}", encoding="utf-8")
        app.set_value("Relu is_output_quantized True")
        app.wait_for_status("node_relu", "quantized")
        app.part("save").get_by_role("button").click()
        app.part("summary").get_by_text(re.compile("changed on disk")).wait_for()
        assert file.read_text(encoding="utf-8") == "{}"
        app.check()
        app.page.context.close()
    finally:
        server.close()


def test_an_edit_outlives_a_restart_of_the_server(browser: Browser, tmp_path: Path) -> None:
    server = AppServer(tmp_path / "first.txt")
    app = new_page(browser, server)
    try:
        app.open(model=CNN, config="default_config")
        app.show_forms("Operator types")
        app.set_value("Relu is_output_quantized False")
        app.wait_for_status("node_relu", "float")
    finally:
        server.close()
    server = AppServer(tmp_path / "second.txt", port=server.port)
    try:
        app.page.get_by_text("edited", exact=True).wait_for()
        app.wait_for_status("node_relu", "float")
        app.show_forms("Operator types")
        app.set_value("Relu is_output_quantized True")
        app.wait_for_status("node_relu", "quantized")
        app.page.context.close()
    finally:
        server.close()


def test_opening_the_same_configuration_again_starts_anew(app: AppPage) -> None:
    app.open(model=CNN, config="default_config")
    app.show_forms("Operator types")
    app.set_value("Relu is_output_quantized False")
    app.wait_for_status("node_relu", "float")
    app.page.get_by_test_id("stPopoverButton").first.click()
    app.part("new").get_by_role("button").first.click()
    app.wait_for_status("node_relu", "quantized")
    app.page.reload()
    app.wait_for_graph()
    app.wait_for_status("node_relu", "quantized")
    assert '"Relu": {' not in app.text()


def test_changes_and_what_is_float_are_a_click_away(app: AppPage) -> None:
    app.open(model=CNN, config="default_config")
    app.part("summary").get_by_text("int8 100 %").wait_for()
    app.select("node_conv2d")
    weights = app.part("inspector").get_by_role("button", name="off: every weight of Conv")
    weights.click()
    islands = app.part("summary").get_by_role("button", name=re.compile("float island"))
    islands.click()
    app.part("summary").get_by_text(re.compile("Float island 1 of")).wait_for()
    app.part("view").get_by_text("Changes", exact=True).click()
    added = app.part("changes").locator("tr.new", has_text='"weight"').first
    added.wait_for()
    app.screenshot("changes")
    added.get_by_role("button").click()
    app.part("editor").locator(".cm-line", has_text='"weight"').first.wait_for()
