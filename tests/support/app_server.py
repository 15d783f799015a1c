"""The app on its real server, and a page of it, as the end-to-end tests use them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

ROOT = Path(__file__).resolve().parents[2]
BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
]
PATIENCE = 60_000
"""Milliseconds. Far more than anything takes on a quiet machine."""


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


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


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
        self.part("forms").get_by_label(label, exact=True).check(force=True)

    def wait_for_status(self, node: str, status: str) -> None:
        """Wait until a node has a status."""
        self.page.wait_for_function(
            "([name, status]) => window.quantsimViz?.graph?.nodes()"
            ".some((node) => node.name === name && node.status === status)",
            arg=[node, status],
        )

    def text(self) -> str:
        """Return what stands in the editor."""
        return str(self.page.evaluate("window.quantsimViz.editor.text()"))

    def wait_for_text(self, part: str) -> None:
        """Wait until the editor holds a text."""
        self.page.wait_for_function(
            "part => window.quantsimViz?.editor?.text().includes(part)", arg=part
        )

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

    def check(self) -> None:
        """Assert that nothing went wrong on the page."""
        assert not self.errors, self.errors
        assert self.page.locator('[data-testid="stException"]').count() == 0
