"""A view by its address, what may not be opened by one, and people who do not see each other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from support.app_server import CNN, MOBILENET, AppPage, AppServer

pytestmark = pytest.mark.e2e

if TYPE_CHECKING:
    from collections.abc import Callable


def address_of(app: AppPage) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(app.page.url).query).items()}


def test_an_address_shows_the_same_view_to_somebody_else(
    server: AppServer, visit: Callable[..., AppPage]
) -> None:
    mine = visit(server)
    mine.open(model=MOBILENET, config="aimet_default", mode="bits")
    mine.wait_for_mode("bits")
    mine.select("node_conv2d_5")
    mine.page.wait_for_url(re.compile("select=node_conv2d_5"))
    assert address_of(mine) == {
        "model": MOBILENET,
        "config": "aimet_default",
        "select": "node_conv2d_5",
        "mode": "bits",
    }
    yours = visit(server)
    yours.page.goto(mine.page.url)
    yours.wait_for_graph()
    yours.part("inspector").get_by_role("heading", name="node_conv2d_5", exact=True).wait_for()
    yours.wait_for_mode("bits")
    assert yours.statuses() == mine.statuses()

    # What one does, the other does not see, not even after a reload.
    mine.show_forms("Operator types")
    mine.set_value("Conv is_output_quantized False")
    mine.wait_for_status("node_conv2d_5", "input_weight")
    mine.wait_for_text('"Conv": {')
    yours.page.reload()
    yours.wait_for_graph()
    assert yours.statuses() != mine.statuses()
    assert yours.text() != mine.text()


def test_the_node_that_an_address_selects_stays_in_view(app: AppPage) -> None:
    app.open(model=MOBILENET, config="default_config", select="node_conv2d_5")
    stage = app.part("graph").locator(".qv-stage")
    for take_room_from_the_graph in (lambda: None, app.simulate):
        take_room_from_the_graph()
        app.wait_until_settled()
        app.wait_for_stillness()
        box = stage.bounding_box()
        assert box is not None
        x, y = app.place_of("node_conv2d_5")
        assert box["x"] < x < box["x"] + box["width"]
        assert box["y"] < y < box["y"] + box["height"]


def test_what_may_not_be_opened_is_refused_with_a_message(app: AppPage) -> None:
    told = app.part("summary")
    for model, reason in (
        ("/etc/passwd", "outside the folders"),
        ("no/such/file.onnx", "no/such/file.onnx"),
        ("sample_models.digits_cnn:build", "can execute code"),
    ):
        app.open(model=model, config="../../etc/hostname", select="nobody", mode="upside-down")
        told.get_by_text(re.compile(reason)).first.wait_for()
        told.get_by_text(re.compile("hostname")).first.wait_for()
        assert app.statuses(), "a sample stands in for what was refused"
    buttons = told.get_by_role("button", name="Dismiss")
    for left in reversed(range(buttons.count())):
        buttons.first.click()
        buttons.nth(left).wait_for(state="detached")

    # Typed into the box of models it is refused too, and what was open stays open.
    before = app.statuses()
    box = app.part("model").get_by_role("combobox")
    box.fill("/etc/shadow.onnx")
    box.press("Enter")
    told.get_by_text(re.compile("shadow.onnx")).first.wait_for()
    assert app.statuses() == before
    assert address_of(app)["model"].endswith(".onnx")
    assert "shadow" not in app.page.url
    app.part("model").get_by_role("combobox").fill(CNN)
    app.page.keyboard.press("Enter")
    app.wait_for_status("node_relu", "quantized")
    app.page.wait_for_url(re.compile("digits_cnn"))
