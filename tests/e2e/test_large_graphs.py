"""Graphs that are hard to read, in the app: deep ones, long skips, a mask that everybody reads.

With `QUANTSIM_VIZ_SCREENSHOTS=FOLDER` a picture of each is kept there.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import onnx
import pytest
from support.graph_models import transformer, u_net

pytestmark = pytest.mark.e2e

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.app_server import AppPage, AppServer

GRAPH = "window.quantsimViz.graph"
LAYERS = 62


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    onnx.save(transformer(LAYERS), folder / "transformer.onnx")
    onnx.save(u_net(4), folder / "u_net.onnx")
    return folder


def keep(app: AppPage, name: str) -> None:
    folder = os.environ.get("QUANTSIM_VIZ_SCREENSHOTS")
    if folder:
        app.page.wait_for_timeout(800)  # for the picture only: let transitions end
        app.page.screenshot(path=Path(folder) / f"{name}.png")


def still(app: AppPage) -> None:
    app.page.wait_for_function(f"{GRAPH}.moving === false")


def test_a_thousand_nodes_open_as_layers_and_a_layer_opens_to_its_nodes(
    serve: Callable[..., AppServer], visit: Callable[..., AppPage], models: Path
) -> None:
    path = models / "transformer.onnx"
    app = visit(serve(str(path)))
    app.open()
    still(app)
    groups = app.page.evaluate(f"{GRAPH}.groups")
    layers = [group for group in groups if group["visible"] and group["collapsed"]]
    assert [group["label"] for group in layers] == [f"layers.{n}" for n in range(LAYERS)]
    keep(app, "graph-transformer")

    # What is built alike is shown when one of it is pointed at.
    first = app.page.evaluate(f"{GRAPH}.nodes()[3]")
    app.page.mouse.move(first["x"], first["y"])
    app.page.wait_for_function(f"{GRAPH}.alike.length === {LAYERS}")

    # A double click opens one, at the place where it is; its nodes read the mask.
    app.page.mouse.dblclick(first["x"], first["y"])
    app.page.wait_for_function(f"{GRAPH}.nodes().filter((node) => node.visible).length > 10")
    assert app.page.locator(".qv-tooltip").is_hidden(), "it was of what is no longer there"
    add = next(node for node in app.page.evaluate(f"{GRAPH}.nodes()") if "attn/Add" in node["name"])
    app.page.evaluate("name => window.quantsimViz.graph.select(name)", add["name"])
    app.part("inspector").get_by_role("heading", name=add["name"], exact=True).wait_for()
    still(app)
    keep(app, "graph-mask")

    # Search goes to a node inside a closed layer, and opens the layer.
    deep = f"/encoder/layers.{LAYERS - 2}/attn/Softmax"
    search = app.page.get_by_role("searchbox", name="Search nodes")
    search.fill(deep)
    search.press("Enter")
    app.page.wait_for_function(
        f"deep => {GRAPH}.nodes().find((node) => node.name.startsWith(deep)).visible", arg=deep
    )


def test_long_skips_run_beside_what_they_skip(
    serve: Callable[..., AppServer], visit: Callable[..., AppPage], models: Path
) -> None:
    app = visit(serve(str(models / "u_net.onnx")), color_scheme="dark")
    app.open()
    app.page.get_by_role("button", name="Fit").click()
    still(app)
    nodes = app.page.evaluate(f"{GRAPH}.nodes()")
    stage, tools = (app.page.locator(f".qv-{part}").bounding_box() for part in ("stage", "tools"))
    assert all(node["visible"] for node in nodes)
    top, bottom = tools["y"] + tools["height"], stage["y"] + stage["height"]
    assert all(top < node["y"] < bottom for node in nodes), "none behind the tools"
    rows = [node["y"] for node in sorted(nodes, key=lambda node: node["y"])]
    assert len({round(row) for row in rows}) == len(nodes), "one below the other, none beside"
    keep(app, "graph-u-net")
