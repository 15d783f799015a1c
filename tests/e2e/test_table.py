"""The table of layers: what its filter takes."""

from __future__ import annotations

import pytest
from support.app_server import CNN, AppPage

pytestmark = pytest.mark.e2e


def test_the_filter_takes_the_words_of_the_graph_search(app: AppPage) -> None:
    app.open(model=CNN, config="default_config")
    app.wait_until_settled()
    layers = app.part("layers")
    rows = layers.get_by_text("13 rows")
    search, count = app.part("graph").locator(".qv-search"), app.part("graph").locator(".qv-count")
    rows.wait_for()
    for query in (
        "status:fused",
        "status:carries",
        "-status:quantized",
        "op:conv",
        "relu -name:relu_1",
        "bits>4 status:quantized",
        "module:features",
        "/max.*1$/",
        "param:weight",
        "sqnr<20",
    ):
        search.fill(query)
        found = count.inner_text()
        layers.get_by_label("Filter: Layers").fill(query)
        told = "No row is found by that." if found == "none" else f"{found} of 13 rows"
        layers.get_by_text(told).wait_for()
    layers.get_by_label("Filter: Layers").fill("bits:float")
    layers.get_by_text("4 of 13 rows").wait_for()  # a row is an output: those of fused nodes
    layers.get_by_label("Filter: Layers").fill("rule:/op_type")
    layers.get_by_text("What a rule touches is found by the graph's search.").wait_for()
