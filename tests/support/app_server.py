"""The app on its real server, and a page of it, as the end-to-end tests use them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable
    from re import Pattern

    from playwright.sync_api import Locator, Page

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
]
CNN = "sample_models/digits_cnn.onnx"
MOBILENET = "sample_models/digits_mobilenet.onnx"
PATIENCE = 60_000
"""Milliseconds. Far more than anything takes on a quiet machine."""

TRIES = 6


def _until_seen(do: Callable[[], None], see: Callable[[float], None]) -> None:
    """Do something until what it should bring about is seen; `see` takes its patience."""
    for left in reversed(range(TRIES)):
        do()
        try:
            see(PATIENCE / TRIES)
        except PlaywrightTimeoutError:
            if not left:
                raise
        else:
            return


DEEPEST = """
const deepest = () => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element;
};
const placeOf = (element) => {
  if (!element || element === document.body) return null;
  let key = "";
  for (let at = element; at && !key; at = at.parentNode ?? at.host) {
    key = [...(at.classList ?? [])].find((name) => name.startsWith("st-key-"))?.slice(7) ?? "";
  }
  const { x, y, width, height } = element.getBoundingClientRect();
  const visible = width > 0 && height > 0 && x + width > 0 && y + height > 0
    && x < innerWidth && y < innerHeight;
  return { key, visible, tag: element.tagName };
};
"""


class AppServer:
    """`streamlit run app.py` on a free port.

    Args:
        log: Where its output goes.
        arguments: What follows `--`.
        port: Where it listens; a free port unless given.
        page: What is shown in place of the app.
    """

    def __init__(
        self,
        log: Path,
        arguments: tuple[str, ...] = (),
        *,
        port: int | None = None,
        page: Path = ROOT / "app.py",
    ) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log.open("wb")
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "streamlit", "run", str(page)),
                *("--server.headless=true", f"--server.port={self.port}"),
                *("--server.address=127.0.0.1", "--server.fileWatcherType=none"),
                *("--runner.postScriptGC=false", "--browser.gatherUsageStats=false"),
                *("--", *arguments),
            ],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1):
                    return
            except OSError:
                time.sleep(0.05)  # the server is starting; it has no other way to say so
        self.close()
        raise TimeoutError(f"the app did not start: {Path(self._log.name).read_text()}")

    def close(self) -> None:
        """End the server."""
        self._process.terminate()
        self._process.wait(timeout=20)
        self._log.close()

    def crash(self) -> None:
        """End the server as a lack of memory does: at once, and with no chance to tidy up."""
        self._process.kill()
        self._process.wait(timeout=20)

    def worker(self) -> int:
        """Return the process that simulates for the page opened last."""
        return max(descendants(self._process.pid), key=started)


def find_browser() -> str | None:
    """Return the path of an installed Chromium, of `CHROMIUM` when that is set."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def descendants(parent: int) -> list[int]:
    """Return the processes that a process started, and those that these started."""
    threads = Path(f"/proc/{parent}/task").iterdir()
    found = [int(pid) for thread in threads for pid in (thread / "children").read_text().split()]
    return found + [pid for child in found for pid in descendants(child)]


def started(process: int) -> int:
    """Return when a process was started, in the kernel's ticks."""
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19])


class AppPage:
    """The workbench in one browser tab."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.errors: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, **address: str) -> AppPage:
        """Open a view by its address and wait for the graph."""
        self.page.goto(f"{self.url}/?{urlencode(address)}")
        return self.wait_for_graph()

    def wait_for_graph(self) -> AppPage:
        """Wait until the graph is painted."""
        self.page.wait_for_function("window.quantsimViz?.graph?.painted > 0")
        return self

    def part(self, key: str) -> Locator:
        """Return what stands under a widget key."""
        return self.page.locator(f".st-key-{key}")

    def statuses(self) -> dict[str, str]:
        """Return every drawn node's status."""
        nodes: list[dict[str, Any]] = self.page.evaluate("window.quantsimViz.graph.nodes()")
        return {node["name"]: node["status"] for node in nodes}

    def select(self, node: str) -> None:
        """Select a node in the graph, as a click does, and wait for the inspector."""
        self.page.evaluate("name => window.quantsimViz.graph.select(name)", node)
        self.part("inspector").get_by_role("heading", name=node, exact=True).wait_for()

    def click_nodes(self, *names: str) -> None:
        """Click nodes in the graph one after the other, the shift key held from the second on.

        A message that comes or goes above the graph can push it from under the pointer; who clicks
        beside a node for that looks and clicks again.
        """

        def click() -> None:
            self.wait_for_stillness()
            for number, name in enumerate(names):
                if number == 1:
                    self.page.keyboard.down("Shift")
                self.page.mouse.click(*self.place_of(name))
            self.page.keyboard.up("Shift")

        def see(patience: float) -> None:
            self.page.wait_for_function(
                "names => JSON.stringify(window.quantsimViz.graph.selected)"
                " === JSON.stringify(names)",
                arg=list(names),
                timeout=patience,
            )

        _until_seen(click, see)

    def choose_from_menu(self, node: str, item: str | Pattern[str]) -> None:
        """Click a node with the right button and choose from the menu that opens."""
        items = self.part("graph").get_by_role("menuitem", name=item)

        def click() -> None:
            self.wait_for_stillness()
            self.page.mouse.click(*self.place_of(node), button="right")

        _until_seen(click, lambda patience: items.wait_for(timeout=patience))
        items.click()

    def place_of(self, node: str) -> tuple[float, float]:
        """Return where a node is drawn in the window."""
        found = self.page.evaluate(
            "name => window.quantsimViz.graph.nodes().find((node) => node.name === name)", node
        )
        return found["x"], found["y"]

    def wait_for_stillness(self) -> None:
        """Wait until the graph neither moves nor waits to be painted."""
        self.page.wait_for_function("window.quantsimViz?.graph?.moving === false")

    def press(self, key: str) -> None:
        """Press the button with a widget key; `open` is the box of uploads."""
        if key == "open":
            self.page.get_by_test_id("stPopoverButton").first.click()
            self.page.get_by_test_id("stPopoverBody").wait_for()
        else:
            self.part(key).get_by_role("button").first.click()

    def upload(self, kind: str, name: str, content: bytes) -> None:
        """Upload a file as `model`, `config` or `data`."""
        if not self.page.get_by_test_id("stPopoverBody").count():
            self.press("open")
        payload = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        self.part(f"upload_{kind}").locator("input[type=file]").set_input_files([payload])

    def wait_for_mode(self, mode: str) -> None:
        """Wait until the graph is coloured so."""
        self.page.wait_for_function("mode => window.quantsimViz?.graph?.mode === mode", arg=mode)

    def show(self, tab: str) -> None:
        """Show one of the tabs at the bottom."""
        self.part("bottom").get_by_role("tab", name=tab, exact=True).first.click()

    def show_forms(self, section: str) -> None:
        """Show the form of a section of the configuration."""
        self.show("Configuration")
        self.part("view").get_by_text("Forms", exact=True).click()
        self.part("forms").get_by_role("button", name=section).click()

    def show_json(self) -> None:
        """Show the configuration as text."""
        self.show("Configuration")
        self.part("view").get_by_text("JSON", exact=True).click()

    def set_value(self, label: str) -> None:
        """Choose a value in a form by its label: `Relu is_output_quantized False`."""
        self.part("forms").get_by_label(label, exact=True).click(force=True)

    def wait_for_status(self, node: str, status: str) -> None:
        """Wait until a node has a status."""
        self.page.wait_for_function(
            "([name, status]) => window.quantsimViz?.graph?.nodes()"
            ".some((node) => node.name === name && node.status === status)",
            arg=[node, status],
        )

    def wait_for_node(self, node: str) -> None:
        """Wait until a node is drawn."""
        self.page.wait_for_function(
            "name => window.quantsimViz?.graph?.nodes().some((node) => node.name === name)",
            arg=node,
        )

    def wait_until_settled(self) -> None:
        """Wait until all panes are drawn: the graph comes first and the others after it."""
        self.page.wait_for_function(
            "window.quantsimViz?.editor && document.querySelector"
            "('[data-testid=stApp][data-test-script-state=notRunning]')"
        )

    def text(self) -> str:
        """Return what stands in the editor, once all that was sent has arrived there."""
        self.wait_until_settled()
        return str(self.page.evaluate("window.quantsimViz.editor.text()"))

    def wait_for_text(self, part: str) -> None:
        """Wait until the editor holds a text."""
        self.page.wait_for_function(
            "part => window.quantsimViz?.editor?.text().includes(part)", arg=part
        )

    def wait_for_exactly(self, text: str) -> None:
        """Wait until the editor holds this text and nothing else."""
        self.page.wait_for_function("text => window.quantsimViz?.editor?.text() === text", arg=text)

    def put_text(self, text: str) -> None:
        """Put a text into the editor, as pasting it over everything does."""
        self.page.evaluate("text => window.quantsimViz.editor.setText(text)", text)

    def put_caret_after(self, part: str) -> None:
        """Click into the editor and put its caret after the first place that holds a text."""
        self.part("editor").locator(".cm-content").click()
        self.page.evaluate("part => window.quantsimViz.editor.putCaretAfter(part)", part)

    def wait_without(self, part: str) -> None:
        """Wait until the document no longer holds a text."""
        self.page.wait_for_function(
            "part => window.quantsimViz?.editor?.text().includes(part) === false", arg=part
        )

    def simulate(self, samples: int = 540) -> None:
        """Press Simulate and wait until figures of so many samples are there."""
        self.part("simulate").get_by_role("button").click()
        self.part("strip").get_by_text(f"{samples} samples").wait_for()
        self.part("progress").wait_for(state="detached")

    def wait_for_background(self, shades: range) -> None:
        """Wait until every channel of the page's background colour is one of these shades."""
        self.page.wait_for_function(
            "([low, high]) => getComputedStyle(document.querySelector('.stApp')).backgroundColor"
            ".match(/\\d+/g).slice(0, 3).every((shade) => shade >= low && shade < high)",
            arg=[shades.start, shades.stop],
        )

    def walk_by_tab(self, most: int) -> list[dict[str, Any]]:
        """Press Tab until focus has gone round the page, and return its stops.

        Args:
            most: How many stops there may be at most.

        Returns:
            Of each stop its accessible `name` and `role` as the browser computes them, the widget
            `key` it stands under, and whether it is `visible` in the window.
        """
        session = self.page.context.new_cdp_session(self.page)
        session.send("Accessibility.enable")
        stops: list[dict[str, Any]] = []
        for _ in range(most):
            self.page.keyboard.press("Tab")
            place = self.page.evaluate(f"() => {{ {DEEPEST} return placeOf(deepest()); }}")
            if place is None:
                return stops
            focused = session.send(
                "Runtime.evaluate", {"expression": f"(() => {{ {DEEPEST} return deepest(); }})()"}
            )
            tree = session.send(
                "Accessibility.getPartialAXTree",
                {"objectId": focused["result"]["objectId"], "fetchRelatives": False},
            )
            node = tree["nodes"][0]
            words = {key: node.get(key, {}).get("value", "") for key in ("name", "role")}
            stops.append(place | words)
        raise AssertionError(f"focus did not go round in {most} stops: {stops[-5:]}")

    def compare(self, samples: int = 540) -> None:
        """Open the Compare page and wait until both sides are measured on all the data."""
        self.press("compare")
        self.part("back").wait_for()
        self.press("compare")
        self.part("compare-head").get_by_text(f"All {samples} samples").first.wait_for()

    def screenshot(self, name: str, *, pointer: tuple[int, int] | None = (2, 2)) -> None:
        """Keep a picture, where `QUANTSIM_VIZ_SCREENSHOTS` names a folder to keep it in.

        Args:
            name: Of the file, without suffix.
            pointer: Where the mouse goes before, None to leave it.
        """
        folder = os.environ.get("QUANTSIM_VIZ_SCREENSHOTS")
        if not folder:
            return
        if pointer is not None:
            self.page.mouse.move(*pointer)
        self.page.wait_for_timeout(600)  # for the picture only: let transitions end
        self.page.screenshot(path=Path(folder) / f"{name}.png")

    def keep_evidence(self, name: str) -> None:
        """Keep a picture of the page as it is, where `QUANTSIM_VIZ_EVIDENCE` names a folder."""
        folder = os.environ.get("QUANTSIM_VIZ_EVIDENCE")
        if folder:
            self.page.screenshot(path=Path(folder) / f"{name}.png")

    def check(self) -> None:
        """Assert that nothing went wrong on the page."""
        assert not self.errors, self.errors
        assert self.page.locator('[data-testid="stException"]').count() == 0
