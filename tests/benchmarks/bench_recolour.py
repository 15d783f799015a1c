"""How long an edit takes to become paint: `python tests/benchmarks/bench_recolour.py [LAYERS …]`.

The app on its real server with a transformer of so many layers (16 nodes each) in real Chromium. An
edit is put into the editor by script and sent at once, without the typing pause; the time ends when
the graph has been painted with other statuses. Every edit is a text that was never seen before. The
first one, which pays for what is loaded with it, is left out.

A keystroke is typed into the editor, so its figure has the typing pause in it. The frames are those
of dragging and zooming the whole picture. `--tree FOLDER` measures the app of another checkout: run
both by turns where the machine is busy.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import onnx
from playwright.sync_api import sync_playwright
from support import app_server
from support.app_server import BROWSER_FLAGS, AppPage, AppServer, find_browser
from support.graph_models import transformer

EDITS = 15
KEYSTROKES = "abcdefgh"
PAUSE = 1500
"""Milliseconds between two edits, in which live noise and advice come to rest."""

OP_TYPES = ("MatMul", "Add", "Softmax", "LayerNormalization", "Relu")

EDIT_TO_PAINT = """async (text) => {
    const { graph, editor } = window.quantsimViz;
    const before = graph.statuses;
    const start = performance.now();
    editor.setText(text);
    while (graph.statuses === before) {
        if (performance.now() - start > 10000) throw new Error("not painted within ten seconds");
        await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return performance.now() - start;
}"""
"""Statuses are taken over and painted in one go, so a look at them between tasks is enough."""

WATCH_KEY = """() => {
    const { graph } = window.quantsimViz;
    const before = graph.statuses;
    let start = 0;
    const note = () => { start = performance.now(); };
    addEventListener("keydown", note, { capture: true, once: true });
    window.keyToPaint = (async () => {
        while (graph.statuses === before) await new Promise((resolve) => setTimeout(resolve, 1));
        return performance.now() - start;
    })();
}"""

FRAMES = """async ([count, deltaX, deltaY]) => {
    const canvas = [...document.querySelectorAll("*")]
        .map((element) => element.shadowRoot?.querySelector("canvas.qv-canvas")).find(Boolean);
    const box = canvas.getBoundingClientRect();
    const at = { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 };
    const times = [];
    for (let frame = 0; frame < count; frame++) {
        times.push(await new Promise(requestAnimationFrame));
        const sign = frame % 30 < 15 ? 1 : -1;
        const wheel = { deltaX: sign * deltaX, deltaY: sign * deltaY, cancelable: true };
        canvas.dispatchEvent(new WheelEvent("wheel", { ...at, ...wheel }));
    }
    return times;
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
            print(
                f"{len(app.statuses())} nodes: edit sent to painted, median"
                f" {statistics.median(milliseconds):.0f} ms, most {max(milliseconds):.0f} ms,"
                f" {len(milliseconds)} edits; first paint {opened:.1f} s; {load()}"
            )
            typed = [keystroke(app, letter) for letter in KEYSTROKES]
            print(
                f"  keystroke to painted, median {statistics.median(typed):.0f} ms,"
                f" most {max(typed):.0f} ms, {len(typed)} keys; {load()}"
            )
            print(f"  {frames(app)}; {load()}")
            app.check()
            browser.close()
    finally:
        server.close()


def load() -> str:
    """Return what else the machine had to do."""
    return f"load {os.getloadavg()[0]:.1f}"


def entries(number: int) -> str:
    """Return the rules of edit `number`: one operator type more or less each time."""
    chosen = number ^ number >> 1  # Gray code
    off = '{"is_output_quantized": "False"}'
    listed = (f'"{name}": {off}' for bit, name in enumerate(OP_TYPES) if chosen >> bit & 1)
    return f'"op_type": {{{", ".join(listed)}}}'


def recolour(app: AppPage, number: int) -> float:
    """Switch the outputs of an operator type off or on, and return the milliseconds it took."""
    text = app.text()
    assert entries(number) in text
    edited = text.replace(entries(number), entries(number + 1))
    taken = float(app.page.evaluate(EDIT_TO_PAINT, edited))
    app.page.wait_for_timeout(PAUSE)
    return taken


def keystroke(app: AppPage, letter: str) -> float:
    """Misspell an operator type by a letter, so that its rule reaches nothing, and take it back."""
    name = next(name for name in OP_TYPES if f'"{name}": {{"is_output' in app.text())
    app.show_json()
    app.page.evaluate("part => window.quantsimViz.editor.putCaretAfter(part)", f'{{"{name}')
    app.page.wait_for_timeout(PAUSE)
    app.page.evaluate(WATCH_KEY)
    app.page.keyboard.press(letter)
    taken = float(app.page.evaluate("() => window.keyToPaint"))
    app.page.keyboard.press("Escape")
    app.page.keyboard.press("Backspace")
    app.page.wait_for_timeout(PAUSE)
    return taken


def frames(app: AppPage) -> str:
    """Return the frames a second of moving about with every group open and all to be seen."""
    app.page.locator(".qv-open-all").click()
    app.page.wait_for_function("window.quantsimViz.graph.nodes().every((node) => node.visible)")
    app.page.locator(".qv-fit").click()
    app.page.wait_for_timeout(PAUSE)
    found = []
    for word, step in (("panning", [4, 4]), ("zooming", [0, 12])):
        times = app.page.evaluate(FRAMES, [90, *step])
        spans = sorted(after - before for before, after in pairwise(times))
        found.append(f"{word} {1000 / statistics.median(spans):.0f} frames a second")
    paint = app.page.evaluate("window.quantsimViz.graph.repaint()")
    return f"{', '.join(found)}, {paint:.0f} ms a paint"


def main() -> None:
    """Measure 1,000, 5,000 and 10,000 nodes unless told otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("layers", nargs="*", type=int, default=[63, 313, 625])
    parser.add_argument("--tree", type=Path, help="measure the app of this checkout")
    options = parser.parse_args()
    if options.tree is not None:
        app_server.ROOT = options.tree.resolve()
    with tempfile.TemporaryDirectory() as folder:
        for count in options.layers:
            measure(count, Path(folder))


if __name__ == "__main__":
    main()
