"""The pictures in `docs/images`, taken of the real app: `python tests/e2e/pictures.py [FOLDER]`."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import onnx

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from playwright.sync_api import sync_playwright  # noqa: E402  # after the path to what follows
from support.app_server import (  # noqa: E402  # as above
    BROWSER_FLAGS,
    CNN,
    MOBILENET,
    AppPage,
    AppServer,
    find_browser,
)
from support.graph_models import transformer  # noqa: E402  # as above

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LAYERS = 62
"""Of the transformer: 16 nodes each, about a thousand in all."""


class Studio:
    """A browser, the app, and a folder for the pictures."""

    def __init__(self, browser: Browser, server: AppServer, folder: Path) -> None:
        self.browser = browser
        self.server = server
        self.folder = folder

    def page(self, *, dark: bool = False, **address: str) -> AppPage:
        """Open a view."""
        context = self.browser.new_context(
            viewport={"width": 1500, "height": 950}, color_scheme="dark" if dark else "light"
        )
        app = AppPage(context.new_page(), self.server.url)
        app.open(**address)
        app.wait_for_stillness()
        return app

    def take(self, app: AppPage, name: str, *, pointer: tuple[int, int] | None = (2, 2)) -> None:
        """Take a picture.

        Args:
            app: The page.
            name: Of the file, without suffix.
            pointer: Where the mouse goes before, None to leave it.
        """
        if pointer is not None:
            app.page.mouse.move(*pointer)
        app.page.wait_for_timeout(800)  # for the picture only: let transitions end
        app.page.screenshot(path=self.folder / f"{name}.png")
        print(name)


def main(folder: Path) -> None:
    """Take every picture."""
    with tempfile.TemporaryDirectory() as rest, sync_playwright() as playwright:
        large = Path(rest) / "transformer_1000.onnx"
        onnx.save(transformer(LAYERS), large)
        server = AppServer(Path(rest) / "log.txt", ("--root", rest))
        browser = playwright.chromium.launch(executable_path=find_browser(), args=BROWSER_FLAGS)
        try:
            studio = Studio(browser, server, folder)
            take_reading(studio)
            take_editing(studio)
            take_measuring(studio)
            take_comparing(studio)
            studio.take(studio.page(model=str(large), config="default_config"), "transformer")
        finally:
            browser.close()
            server.close()


def take_reading(studio: Studio) -> None:
    """The view that opens, the cascade at a node, and a rule with all that it touches."""
    app = studio.page(model=MOBILENET, config="default_config")
    studio.take(app, "workbench")
    app.open(model=CNN, config="default_config")
    app.select("node_conv2d")
    app.part("navigator").get_by_role("tab", name="Rules").click()
    studio.take(app, "inspector")
    overridden = app.part("inspector").locator("li.overridden", has_text="defaults.ops").first
    overridden.get_by_role("button", name="line 4").click()
    app.part("editor").locator(".cm-rule-line", has_text="is_output_quantized").wait_for()
    studio.take(app, "rule")


def take_editing(studio: Studio) -> None:
    """A diagnostic with its fix, the forms, the changes."""
    app = studio.page(model=CNN, config="default_config")
    app.show_json()
    good = app.text()
    app.put_text(good.replace('"is_input_quantized": "True"', '"is_input_quantized": "False"'))
    app.part("editor").locator(".cm-lintRange-error").first.hover()
    app.part("editor").locator(".cm-diagnosticAction").first.wait_for()
    studio.take(app, "diagnostic", pointer=None)
    app.put_text(good)
    app.show_forms("Operator types")
    app.set_value("Relu is_output_quantized False")
    app.wait_for_status("node_relu", "float")
    app.select("node_relu")
    studio.take(app, "forms")
    app.part("view").get_by_text("Changes", exact=True).click()
    app.part("changes").locator("tr.new").first.wait_for()
    studio.take(app, "changes")


def take_measuring(studio: Studio) -> None:
    """Figures by layer, the graph in their colours, the dark theme."""
    app = studio.page(model=MOBILENET, config="default_config", select="node_conv2d_5")
    app.simulate()
    studio.take(app, "simulated")
    app.part("graph").get_by_role("button", name="SQNR").click()
    app.wait_for_mode("sqnr")
    studio.take(app, "sqnr")
    app = studio.page(dark=True, model=MOBILENET, config="default_config", select="node_conv2d_5")
    app.simulate()
    app.part("graph").get_by_role("button", name="SQNR").click()
    app.wait_for_mode("sqnr")
    studio.take(app, "dark")


def take_comparing(studio: Studio) -> None:
    """One scale a tensor against one a channel, with weights of 4 bits."""
    both = "default_config,aimet_default_per_channel"
    app = studio.page(model=MOBILENET, compare=both, page="workbench")
    app.show("Run")
    app.part("param_bits").get_by_role("combobox").click()
    app.page.get_by_role("option", name="4 bit").click()
    app.press("compare")
    app.page.get_by_text(re.compile("each layer alone on 64 samples")).first.wait_for()
    studio.take(app, "compare")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images")
