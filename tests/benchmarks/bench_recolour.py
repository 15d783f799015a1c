"""How long an edit takes to become paint: `python tests/benchmarks/bench_recolour.py [LAYERS …]`.

The app on its real server with a transformer of so many layers (16 nodes each) in real Chromium. An
edit is put into the editor by script and sent at once, without the typing pause; the time ends when
the graph has been painted with other statuses. The first edit, which pays for what is loaded with
it, is left out.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import onnx
from e2e.conftest import find_browser
from playwright.sync_api import sync_playwright
from support.app_server import BROWSER_FLAGS, AppPage, AppServer
from support.graph_models import transformer

EDITS = 15
PAUSE = 1500
"""Milliseconds between two edits, in which live noise and advice come to rest."""

EDIT_TO_PAINT = """async (text) => {
    const { graph, editor } = window.quantsimViz;
    const statuses = () => graph.nodes().map((node) => node.status).join();
    const before = statuses();
    let painted = graph.painted;
    const start = performance.now();
    editor.setText(text);
    while (performance.now() - start < 10000) {
        if (graph.painted !== painted) {
            painted = graph.painted;
            if (statuses() !== before) return performance.now() - start;
        }
        await new Promise((resolve) => setTimeout(resolve, 2));
    }
    throw new Error("not painted within ten seconds");
}"""


def measure(layers: int, folder: Path) -> None:
    """Print the figures of one model."""
    model = folder / f"transformer_{layers}.onnx"
    onnx.save(transformer(layers), model)
    server = AppServer(folder / "server.log", (str(model),))
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_browser(), args=BROWSER_FLAGS)
            app = AppPage(browser.new_page(viewport={"width": 1500, "height": 950}), server.url)
            start = time.perf_counter()
            app.open()
            opened = time.perf_counter() - start
            app.page.wait_for_timeout(2 * PAUSE)
            milliseconds = [recolour(app, number) for number in range(EDITS)][1:]
            app.check()
            print(
                f"{len(app.statuses())} nodes: edit sent to painted, median"
                f" {statistics.median(milliseconds):.0f} ms, most {max(milliseconds):.0f} ms,"
                f" {len(milliseconds)} edits; first paint {opened:.1f} s"
            )
            browser.close()
    finally:
        server.close()


def recolour(app: AppPage, number: int) -> float:
    """Switch the outputs of every `MatMul` off or on again, and return the milliseconds it took."""
    rule = '"op_type": {"MatMul": {"is_output_quantized": "%s"}}'
    known = ['"op_type": {}'] if number == 0 else [rule % "False", rule % "True"]
    wanted = rule % ("True" if number % 2 else "False")
    old = next(part for part in known if part in app.text())
    text = app.text().replace(old, wanted)
    taken = float(app.page.evaluate(EDIT_TO_PAINT, text))
    app.page.wait_for_timeout(PAUSE)
    return taken


def main() -> None:
    """Measure 1,000, 5,000 and 10,000 nodes unless told otherwise."""
    layers = [int(word) for word in sys.argv[1:]] or [63, 313, 625]
    with tempfile.TemporaryDirectory() as folder:
        for count in layers:
            measure(count, Path(folder))


if __name__ == "__main__":
    main()
