"""The first minute with the app, by the stopwatch, and what one meets soon after."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

pytestmark = pytest.mark.e2e

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.app_server import AppPage, AppServer

A_MINUTE = 60.0


def test_the_five_steps_of_the_first_minute(
    serve: Callable[..., AppServer],
    visit: Callable[..., AppPage],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What a person can do who has read nothing; `pytest -s` shows how long each step took."""
    times: dict[str, float] = {}
    began = time.perf_counter()

    def lap(step: str) -> None:
        times[step] = time.perf_counter() - began - sum(times.values())

    # 1. The command ends, and something is already to be seen.
    server = serve()
    lap("the server answers")
    app = visit(server)
    app.open()
    before = app.statuses()
    assert "quantized" in before.values()
    lap("a trained network is drawn")

    # 2. A click on a node that is not blue: one line says why.
    app.wait_for_stillness()
    started = time.perf_counter()
    odd = next(name for name, status in before.items() if status == "passthrough")
    app.page.evaluate("name => window.quantsimViz.graph.centerOn(name)", odd)
    app.click_nodes(odd)
    why = app.part("inspector").locator(".why")
    why.get_by_text(re.compile("carries|grid")).wait_for()
    times["the inspector says why"] = time.perf_counter() - started

    # 3. An offered edit: the picture and the text change with it.
    started = time.perf_counter()
    relu = next(name for name, status in before.items() if "relu" in name and status == "quantized")
    app.select(relu)
    app.part("inspector").get_by_role("button", name=re.compile("off: every Relu output")).click()
    app.wait_for_status(relu, "float")
    app.part("editor").locator(".cm-line", has_text='"Relu"').first.wait_for()
    times["an edit is made and seen in the text"] = time.perf_counter() - started

    # 4. Simulate: every layer has its figure; the worst is a click away.
    started = time.perf_counter()
    app.show("Layers")
    app.simulate()
    times["every layer is measured"] = time.perf_counter() - started
    figure = app.part("layers").get_by_role("cell", name=re.compile(r"^\d+\.\d$")).first
    assert 0 < float(figure.inner_text()) < 100
    worst = app.part("summary").get_by_role("button", name=re.compile("worst layer"))
    worst.click()
    app.part("inspector").get_by_role("heading").first.wait_for()

    # 5. Compare: as opened and as edited, side by side, and whether the difference means anything.
    started = time.perf_counter()
    app.compare()
    times["both stand side by side"] = time.perf_counter() - started

    with capsys.disabled():
        print("\nfirst minute, seconds:", ", ".join(f"{k} {v:.1f}" for k, v in times.items()))
    assert sum(times.values()) < A_MINUTE
