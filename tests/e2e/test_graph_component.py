"""The graph component in a real browser on a real server, with nothing else on the page."""

from __future__ import annotations

import json
from pathlib import Path

import onnx
import pytest
from PIL import Image
from support.app_server import AppServer
from support.graph_models import transformer
from support.small_models import model, node

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "tests" / "support" / "graph_component_app.py"
CNN = ROOT / "sample_models" / "digits_cnn.onnx"
STATUSES = {"fused", "quantized", "passthrough"}


class Graph:
    """What a test may ask of the page and do to it."""

    def __init__(self, page):
        self.page = page
        self.stage = page.locator(".qv-stage")

    def js(self, expression, argument=None):
        return self.page.evaluate(
            f"() => window.quantsimViz.graph.{expression}" if argument is None else expression,
            argument,
        )

    def until(self, condition):
        self.page.wait_for_function(
            f"() => {{ const graph = window.quantsimViz?.graph; return graph && ({condition}); }}"
        )

    def nodes(self):
        return {n["name"]: n for n in self.js("nodes()")}

    def hover(self, name):
        """Rest the pointer on a node once the picture stands still."""
        self.until("!graph.moving")
        target = self.nodes()[name]
        self.page.mouse.move(target["x"] - 4, target["y"])
        self.page.mouse.move(target["x"], target["y"], steps=4)

    def acts(self, count):
        """What the component did, once it is at least `count` acts."""
        shown = self.page.locator("[data-testid=stCode] code")
        self.page.wait_for_function(
            "([text, count]) =>"
            " JSON.parse(document.querySelector(text).textContent).length >= count",
            arg=["[data-testid=stCode] code", count],
        )
        return json.loads(shown.inner_text())

    def tick(self, label):
        self.page.locator("label", has_text=label).first.click()


@pytest.fixture(scope="module")
def browser(chromium_executable):
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_executable, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(chromium_executable, tmp_path_factory):
    log = tmp_path_factory.mktemp("server") / "log.txt"
    server = AppServer(log, (str(CNN),), page=PAGE)
    yield server
    server.close()


def open_graph(browser, url, **options):
    page = browser.new_page(viewport={"width": 1280, "height": 900}, **options)
    page.failures = []
    page.on("pageerror", lambda error: page.failures.append(str(error)))
    page.fetched = []
    page.on("request", lambda request: page.fetched.append(request.url))
    page.goto(url)
    graph = Graph(page)
    graph.until("graph.layoutHash && graph.painted > 0 && !graph.moving")
    return graph


@pytest.fixture
def graph(browser, server):
    graph = open_graph(browser, server.url)
    yield graph
    failures = graph.page.failures
    graph.page.close()
    assert failures == []


def test_every_node_of_the_file_is_there_with_its_status(graph):
    names = [n.name for n in onnx.load(CNN).graph.node if n.op_type != "Constant"]
    nodes = graph.nodes()
    assert list(nodes) == names
    assert {n["status"] for n in nodes.values()} == STATUSES
    assert all(n["visible"] for n in nodes.values())


def test_a_supergroup_is_enclosed_by_one_shape_while_its_nodes_are_shown(graph):
    pairs = [[f"node_conv2d{end}", f"node_relu{end}"] for end in ("", "_1", "_2")]
    assert graph.js("enclosures") == pairs
    graph.page.get_by_role("button", name="Close all groups").click()
    graph.until("graph.enclosures.length === 0")
    graph.page.get_by_role("button", name="Open all groups").click()
    graph.until("graph.enclosures.length === 3")


def test_the_hidden_tree_tells_the_same_in_words(graph):
    items = graph.page.get_by_role("treeitem")
    graph.page.wait_for_function("() => true")
    sync_api.expect(items.filter(has_text="node_conv2d, Conv, fused")).to_have_count(1)
    sync_api.expect(items.filter(has_text=", MaxPool, carries its input's grid")).to_have_count(2)


def test_a_click_selects_and_tells_python_once(graph):
    graph.js("centerOn('node_relu_1')")
    target = graph.nodes()["node_relu_1"]
    graph.page.mouse.click(target["x"], target["y"])
    assert graph.acts(1) == [
        {"type": "select", "node": "node_relu_1", "nodes": ["node_relu_1"], "tensor": None}
    ]
    assert graph.js("selected") == ["node_relu_1"]


def test_an_edit_recolours_without_fetching_the_layout_again(graph):
    before, layout = graph.js("painted"), graph.js("layoutHash")
    assert graph.nodes()["node_linear_1"]["status"] == "quantized"
    assert len(layouts_fetched(graph)) == 1
    graph.tick("Gemm float")
    graph.until("graph.nodes().some(n => n.op_type === 'Gemm' && n.status !== 'quantized')")
    assert graph.nodes()["node_linear_1"]["status"] == "input_weight"
    assert graph.js("painted") > before
    assert graph.js("layoutHash") == layout
    assert len(layouts_fetched(graph)) == 1


def layouts_fetched(graph):
    return [url for url in graph.page.fetched if url.endswith(".json") and "/media/" in url]


def test_a_selection_made_elsewhere_is_followed(graph):
    graph.page.get_by_role("button", name="Select the last").click()
    graph.until("graph.selected.length === 1")
    last = list(graph.nodes().values())[-1]
    assert graph.js("selected") == [last["name"]]
    graph.until(f"graph.nodes().at(-1).y < {graph.stage.bounding_box()['y'] + 620}")


def test_search_finds_by_name_operator_status_and_rule(graph):
    search = graph.page.get_by_role("searchbox")
    count = graph.page.locator(".qv-count")
    graph.tick("Gemm float")
    graph.until("graph.nodes().some(n => n.status === 'input_weight')")
    graph.stage.focus()
    graph.page.keyboard.press("/")
    sync_api.expect(search).to_be_focused()
    for query, found in {
        "node_relu": "4",
        "op:gemm": "2",
        "status:pass": "4",
        "status:fused conv": "3",
        "-op:Relu -op:Conv": "6",
        "rule:/op_type/Gemm": "2",
        "/^node_conv2d$/": "1",
        "nothing-like-it": "none",
    }.items():
        search.fill(query)
        sync_api.expect(count).to_have_text(found)
    search.fill("op:gemm")
    search.press("Enter")
    search.press("Enter")
    sync_api.expect(count).to_have_text("2 of 2")
    assert graph.js("selected") == ["node_linear_1"]
    search.press("Escape")
    sync_api.expect(count).to_have_text("")


def test_keys_zoom_fit_and_walk_along_wires(graph):
    graph.js("select('node_conv2d')")
    graph.js("centerOn('node_conv2d')")
    graph.stage.focus()
    scale = graph.js("scale")
    graph.page.keyboard.press("+")
    graph.until(f"graph.scale > {scale}")
    graph.page.keyboard.press("ArrowDown")
    graph.page.keyboard.press("ArrowDown")
    graph.until("graph.selected[0] === 'node_max_pool2d'")
    graph.page.keyboard.press("ArrowUp")
    graph.until("graph.selected[0] === 'node_relu'")
    graph.page.keyboard.press("f")
    graph.until(f"graph.scale < {scale}")
    graph.page.keyboard.press("Escape")
    graph.until("graph.selected.length === 0")


def test_zooming_by_keys_keeps_the_selected_node_where_it_is(graph):
    graph.js("select('node_linear_1')")
    graph.js("centerOn('node_linear_1')")
    graph.stage.focus()
    box = graph.stage.bounding_box()
    graph.page.mouse.move(box["x"] + 60, box["y"] + box["height"] / 2)
    graph.page.mouse.down()
    graph.page.mouse.move(box["x"] + 220, box["y"] + box["height"] / 2 + 150, steps=3)
    graph.page.mouse.up()
    before, scale = graph.nodes()["node_linear_1"], graph.js("scale")
    for _ in range(6):
        graph.page.keyboard.press("+")
    graph.until(f"graph.scale > 3 * {scale} && !graph.moving")
    after = graph.nodes()["node_linear_1"]
    assert (after["x"], after["y"]) == pytest.approx((before["x"], before["y"]), abs=1)


def test_the_wheel_zooms_and_a_drag_pans(graph):
    box = graph.stage.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    scale = graph.js("scale")
    graph.page.mouse.move(*middle)
    graph.page.mouse.wheel(0, -300)
    graph.until(f"graph.scale > {scale * 1.2}")
    before = graph.nodes()["node_conv2d"]
    graph.page.mouse.move(box["x"] + 60, middle[1])
    graph.page.mouse.down()
    graph.page.mouse.move(box["x"] + 160, middle[1] + 50, steps=3)
    graph.page.mouse.up()
    graph.until(f"Math.abs(graph.nodes()[0].x - {before['x']} - 100) < 2")
    assert graph.nodes()["node_conv2d"]["y"] == pytest.approx(before["y"] + 50, abs=2)
    assert graph.js("selected") == []


def test_a_group_collapses_and_opens_again(graph):
    opened = graph.js("layoutHash")
    graph.js("select('node_conv2d')")
    graph.stage.focus()
    graph.page.keyboard.press("e")
    graph.until(f"graph.layoutHash !== '{opened}'")
    nodes = graph.nodes()
    assert len(nodes) == 13
    assert not nodes["node_conv2d"]["visible"]
    assert nodes["node_linear"]["visible"]
    assert nodes["node_conv2d"]["status"] == "fused"
    assert graph.acts(2)[-1] == {"type": "collapse", "paths": ["features"]}
    graph.js("centerOn('node_conv2d')")
    graph.until(f"graph.layoutHash === '{opened}'")
    assert graph.nodes()["node_conv2d"]["visible"]


def test_the_legend_counts_and_filters(graph):
    fused = graph.page.locator(".qv-row", has_text="fused")
    sync_api.expect(fused.locator(".qv-number")).to_have_text("3")
    before = graph.js("painted")
    fused.click()
    sync_api.expect(graph.page.locator(".qv-row", has_text="fused")).to_have_attribute(
        "aria-pressed", "true"
    )
    assert graph.js("painted") > before
    graph.page.locator(".qv-row", has_text="fused").click()
    sync_api.expect(graph.page.locator(".qv-row", has_text="fused")).to_have_attribute(
        "aria-pressed", "false"
    )


def test_colour_modes_are_offered_when_there_is_something_to_show(graph):
    modes = graph.page.get_by_role("group", name="Colour by")
    sync_api.expect(modes.get_by_role("button", name="SQNR")).to_be_disabled()
    graph.tick("Measured")
    sync_api.expect(modes.get_by_role("button", name="SQNR")).to_be_enabled()
    graph.stage.focus()
    for key, mode in {"2": "bits", "3": "sqnr", "4": "diff", "1": "status"}.items():
        graph.page.keyboard.press(key)
        graph.until(f"graph.mode === '{mode}'")
    graph.page.keyboard.press("3")
    sync_api.expect(graph.page.locator(".qv-row", has_text=" dB")).not_to_have_count(0)
    search = graph.page.get_by_role("searchbox")
    search.fill("sqnr<30")
    sync_api.expect(graph.page.locator(".qv-count")).to_have_text("2")


def test_several_nodes_are_selected_with_shift_and_the_menu_acts_on_them(graph):
    graph.stage.focus()
    graph.page.keyboard.press("f")
    graph.until("!graph.moving && graph.nodes().every(n => n.y > 0 && n.y < 900)")
    nodes = graph.nodes()
    first, second = nodes["node_conv2d"], nodes["node_relu"]
    graph.page.mouse.click(first["x"], first["y"])
    graph.page.keyboard.down("Shift")
    graph.page.mouse.click(second["x"], second["y"])
    graph.page.keyboard.up("Shift")
    assert graph.js("selected") == ["node_conv2d", "node_relu"]
    graph.page.mouse.click(second["x"], second["y"], button="right")
    graph.page.get_by_role("menuitem", name="Treat as one supergroup").click()
    assert graph.acts(3)[-1] == {
        "type": "menu",
        "id": "group",
        "nodes": ["node_conv2d", "node_relu"],
    }


def test_the_menu_opens_from_the_keyboard(graph):
    graph.js("select('node_linear')")
    graph.stage.focus()
    graph.page.keyboard.press("m")
    first, second = graph.page.get_by_role("menuitem").all()
    sync_api.expect(first).to_be_focused()
    graph.page.keyboard.press("ArrowDown")
    sync_api.expect(second).to_be_focused()
    graph.page.keyboard.press("ArrowDown")
    graph.page.keyboard.press("Enter")
    assert graph.acts(2)[-1] == {"type": "menu", "id": "float", "nodes": ["node_linear"]}
    sync_api.expect(graph.stage).to_be_focused()


def test_a_preview_is_painted_and_taken_back(graph):
    message = graph.page.locator(".qv-message")
    before = graph.nodes()
    graph.js("preview('f'.repeat(13))")
    sync_api.expect(message).to_have_text("Preview: 13 nodes would change")
    graph.js("preview('')")
    sync_api.expect(message).to_be_hidden()
    assert {k: n["status"] for k, n in graph.nodes().items()} == {
        k: n["status"] for k, n in before.items()
    }


def test_hovering_explains_a_node(graph):
    graph.js("centerOn('node_conv2d')")
    graph.hover("node_conv2d")
    tooltip = graph.page.get_by_role("tooltip")
    sync_api.expect(tooltip).to_contain_text("node_conv2d")
    sync_api.expect(tooltip).to_contain_text("fused into node_relu")
    sync_api.expect(tooltip).to_contain_text("quantized")


def test_the_tree_is_walked_by_keys(graph):
    item = graph.page.get_by_role("treeitem", name="node_conv2d, Conv, fused", exact=True)
    item.focus()
    graph.page.keyboard.press("ArrowDown")
    graph.page.keyboard.press("Enter")
    assert graph.acts(1)[-1]["nodes"] == ["node_relu"]


def test_the_dark_theme_is_followed(browser, server):
    graph = open_graph(browser, server.url, color_scheme="dark")
    shade = graph.page.evaluate(
        """() => {
            const canvas = [...document.querySelectorAll("*")]
                .map((element) => element.shadowRoot?.querySelector("canvas.qv-canvas"))
                .find(Boolean);
            return [...canvas.getContext("2d").getImageData(4, 4, 1, 1).data].slice(0, 3);
        }"""
    )
    graph.page.close()
    assert max(shade) < 90


@pytest.fixture
def serve(chromium_executable, tmp_path):
    servers = []

    def start(proto):
        path = tmp_path / "model.onnx"
        onnx.save(proto, path)
        servers.append(AppServer(tmp_path / "log.txt", (str(path),), page=PAGE))
        return servers[-1].url

    yield start
    for server in servers:
        server.close()


def test_markup_in_names_is_shown_and_never_run(browser, serve):
    name = "<img src=x onerror=window.hacked=1>"
    url = serve(model([node("Relu", "x", "h", name), node("Neg", "h", "y", f"<b>{name}")]))
    graph = open_graph(browser, url)
    graph.hover(name)
    sync_api.expect(graph.page.get_by_role("tooltip")).to_contain_text(name)
    sync_api.expect(graph.page.get_by_role("treeitem").filter(has_text="onerror")).to_have_count(2)
    graph.page.get_by_role("searchbox").fill(name)
    assert graph.page.evaluate("() => window.hacked") is None
    graph.page.close()


def test_a_large_model_opens_collapsed_and_a_hidden_node_is_found(browser, serve):
    graph = open_graph(browser, serve(transformer(40)))
    nodes = graph.nodes()
    assert len(nodes) == 40 * 16 + 1
    shown = [n for n in nodes.values() if n["visible"]]
    assert 0 < len(shown) < 321
    hidden = next(n["name"] for n in nodes.values() if not n["visible"])
    graph.page.get_by_role("searchbox").fill(hidden)
    graph.page.get_by_role("searchbox").press("Enter")
    graph.until(f"graph.nodes().find(n => n.name === {json.dumps(hidden)}).visible")
    graph.page.close()


PAIR = "['graph_a', 'graph_b'].map((key) => window.quantsimViz.graphs[key])"


@pytest.fixture
def pair(browser, server):
    graph = open_graph(browser, f"{server.url}/?pair=1")
    graph.page.wait_for_function(f"() => {PAIR}.every((one) => one?.layoutHash && !one.moving)")
    yield graph
    failures = graph.page.failures
    graph.page.close()
    assert failures == []


def test_linked_graphs_pan_zoom_and_select_together_but_keep_their_colours(pair):
    def places():
        first, second = pair.page.evaluate(f"() => {PAIR}.map((one) => one.nodes())")
        beside = second[0]["x"] - first[0]["x"]
        assert beside > 300
        for one, other in zip(first, second, strict=True):
            assert other["name"] == one["name"]
            assert other["x"] - one["x"] == pytest.approx(beside, abs=0.5)
            assert other["y"] == pytest.approx(one["y"], abs=0.5)
        return first, second

    both = f"() => {PAIR}"
    first, second = places()
    assert {n["status"] for n in first} == STATUSES
    assert {n["status"] for n in second} == {"float"}
    stages = [stage.bounding_box() for stage in pair.stage.all()]
    middle = stages[1]["x"] + stages[1]["width"] / 2, stages[1]["y"] + 300
    scale = pair.page.evaluate(f"{both}[0].scale")
    pair.page.mouse.move(*middle)
    pair.page.mouse.wheel(0, -300)
    pair.page.wait_for_function(f"{both}.every((one) => one.scale > {scale * 1.2})")
    places()
    pair.page.mouse.move(stages[0]["x"] + 40, stages[0]["y"] + 300)
    pair.page.mouse.down()
    pair.page.mouse.move(stages[0]["x"] + 90, stages[0]["y"] + 340, steps=3)
    pair.page.mouse.up()
    pair.page.wait_for_function(f"{both}.every((one) => !one.moving)")
    moved, _ = places()
    assert moved[0]["y"] != pytest.approx(first[0]["y"], abs=5)

    pair.page.evaluate(f"{both}[1].select('node_relu_1')")
    selected = f"{both}.every((one) => one.selected.join() === %r)"
    pair.page.wait_for_function(selected % "node_relu_1")
    assert [act["node"] for act in pair.acts(1)] == ["node_relu_1"]
    before = pair.page.evaluate(f"{both}.map((one) => one.scale)")
    pair.page.evaluate(f"{both}[0].select('node_conv2d')")
    assert [act["node"] for act in pair.acts(2)] == ["node_relu_1", "node_conv2d"]
    pair.page.wait_for_function(selected % "node_conv2d")
    assert pair.page.evaluate(f"{both}.map((one) => one.scale)") == before
    places()


def test_the_main_graph_is_found_among_several_and_each_by_its_key(pair):
    assert pair.page.evaluate(
        """() => {
            const { graph, graphs } = window.quantsimViz;
            return [Object.keys(graphs).sort(), graph === graphs.graph_a];
        }"""
    ) == [["graph_a", "graph_b"], True]
    titles = pair.page.locator(".qv-title")
    assert titles.all_inner_texts() == ["A: given", "B: float"]
    pair.page.evaluate(f"() => {PAIR}[1].select('node_conv2d')")
    pair.stage.nth(1).focus()
    pair.page.keyboard.press("e")
    pair.page.wait_for_function(
        f"() => {PAIR}.every((one) => one.groups.some((g) => g.collapsed && g.path === 'features'))"
    )


def test_the_picture_is_saved_as_png_without_the_network(graph, tmp_path):
    graph.page.context.set_offline(True)
    with graph.page.expect_download() as saved:
        graph.page.get_by_role("button", name="Save the picture as PNG").click()
    assert saved.value.suggested_filename == "graph-status.png"
    path = tmp_path / "graph.png"
    saved.value.save_as(path)
    with graph.page.expect_download():
        graph.stage.focus()
        graph.page.keyboard.press("p")
    with Image.open(path) as picture:
        width, height = picture.size
        colours = {colour for _, colour in picture.convert("RGB").getcolors(width * height)}
    assert height > 1500
    assert height > width
    assert (0, 114, 178) in colours, "the blue of what is quantized"


def test_the_legend_filter_lights_its_nodes_alone(graph):
    assert graph.js("lit") is None
    graph.page.locator(".qv-row", has_text="fused").click()
    fused = [name for name, node in graph.nodes().items() if node["status"] == "fused"]
    assert sorted(graph.js("lit")) == sorted(fused)
    graph.page.locator(".qv-row", has_text="carries").click()
    assert len(graph.js("lit")) == 3 + 4
    graph.stage.focus()
    graph.page.keyboard.press("Escape")
    assert graph.js("lit") is None


def test_wires_tell_type_shape_precision_and_figure_close_up(graph):
    graph.tick("Measured")
    graph.page.wait_for_function("() => !document.querySelector('.qv-modes button[disabled]')")
    graph.js("centerOn('node_relu')")
    assert graph.js("labels") == []
    graph.stage.focus()
    for _ in range(4):
        graph.page.keyboard.press("+")
    graph.until("graph.scale > 1.25 && !graph.moving && graph.labels.length > 0")
    graph.until("graph.labels.some((label) => label.includes(' dB'))")
    labels = graph.js("labels")
    assert any(label.startswith("float32 batch×24×8×8 · float") for label in labels)
    assert any(label.startswith("float32 batch×24×8×8 · int8 · ") for label in labels)


def test_what_a_card_says_can_be_read_on_every_colour_of_the_sqnr_scale(graph):
    lowest = graph.page.evaluate(
        """async () => {
          const entries = performance.getEntriesByType("resource");
          const load = (name) => import(entries.find((e) => e.name.endsWith(name)).name);
          const { contrast } = await load("graph/theme.js");
          const { Looks } = await load("graph/looks.js");
          const cividis = ["#00224e", "#3b496c", "#707173", "#a59c74", "#fee838"];
          const palette = { statuses: [], sqnr: [0, 60], cividis, bits: {} };
          const sqnr = Array.from({ length: 61 }, (_, decibels) => decibels);
          const light = { card: "#ffffff", text: "#31333f", dark: false };
          const dark = { card: "#282725", text: "#fafafa", dark: true };
          const looks = [light, dark].flatMap(
            (theme) => new Looks(palette, theme, { status: "", sqnr }, "sqnr", 61).ofNode);
          return Math.min(...looks.flatMap(
            ({ text, dim, body }) => [contrast(text, body), contrast(dim, body)]));
        }"""
    )
    assert lowest >= 4.5
