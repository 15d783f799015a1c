import io
import re
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import pytest
from PIL import Image
from support.graph_models import chain, transformer
from support.small_models import model, node

from quantsim_viz.errors import QuantSimError
from quantsim_viz.model import load_model
from quantsim_viz.resolve.settings import Status
from quantsim_viz.viz.draw import draw_graph
from quantsim_viz.viz.engines import engines
from quantsim_viz.viz.palette import PALETTE

SVG = "{http://www.w3.org/2000/svg}"
NODES = len(Status)


@pytest.fixture(scope="module")
def loaded():
    return load_model(chain(NODES))


@pytest.fixture(scope="module")
def every_status(loaded):
    names = [node.name for node in loaded.graph.nodes]
    return SimpleNamespace(
        status_numbers=bytes(range(NODES)),
        precision_rows=lambda: ((), []),
        supergroups=((names[0], names[1]),),
        effective_quantizer=lambda tensor: None,
    )


def groups(svg, kind):
    root = ET.fromstring(svg)
    return {g.get("data-name"): g for g in root.iter(f"{SVG}g") if g.get("class") == kind}


def test_the_svg_holds_every_node_with_its_status_in_words(loaded, every_status):
    drawn = groups(draw_graph(loaded, every_status), "node")
    assert list(drawn) == [node.name for node in loaded.graph.nodes]
    for (name, group), paint_status in zip(drawn.items(), Status, strict=True):
        word = next(p.word for p in PALETTE if p.status is paint_status)
        assert group.find(f"{SVG}title").text == f"{name} (Relu): {word}"


def test_the_legend_names_every_status_with_its_count(loaded, every_status):
    legend = groups(draw_graph(loaded, every_status), "legend")
    assert set(legend) == {status.value for status in Status}
    texts = {g.find(f"{SVG}text").text for g in legend.values()}
    assert texts == {f"{paint.word} · 1" for paint in PALETTE}


def test_statuses_differ_in_more_than_colour(loaded, every_status):
    drawn = groups(draw_graph(loaded, every_status), "node")
    shapes = {
        re.sub(r"#[0-9a-fA-F]{6}|relu\d+", "", "".join(_shapes(group))) for group in drawn.values()
    }
    assert len(shapes) == NODES


def _shapes(group):
    """What is drawn in a group, apart from where it stands and what is written."""
    left, top = (float(group.find(f"{SVG}rect").get(axis)) for axis in "xy")
    for element in group:
        if element.tag.endswith(("title", "text")):
            continue
        numbers = {
            key: f"{float(value) - (left if key == 'x' else top if key == 'y' else 0):.1f}"
            for key, value in element.items()
            if key in ("x", "y", "width", "height")
        }
        yield f"{element.tag} {numbers} {element.get('fill') == 'none'}"


def test_a_supergroup_is_one_dashed_enclosure(loaded, every_status):
    assert draw_graph(loaded, every_status).count(b"stroke-dasharray") == 1


def test_a_bare_graph_is_drawn_without_a_legend(loaded):
    svg = draw_graph(loaded)
    assert groups(svg, "legend") == {}
    assert len(groups(svg, "node")) == NODES


def test_groups_and_terminals_are_drawn():
    svg = draw_graph(load_model(transformer(2)))
    assert list(groups(svg, "input")) == ["x", "mask"]
    assert list(groups(svg, "output")) == ["y"]
    assert any(path.endswith("attn") for path in groups(svg, "group"))


def test_markup_in_a_name_is_never_markup():
    name = '<script>alert(1)</script>"\x07&'
    svg = draw_graph(load_model(model([node("Relu", "x", "y", name)])))
    (drawn,) = groups(svg, "node")
    assert drawn == name.replace("\x07", " ")
    assert b"<script" not in svg


def test_the_png_is_a_picture_of_the_same_proportions(loaded, every_status):
    svg = ET.fromstring(draw_graph(loaded, every_status))
    image = Image.open(io.BytesIO(draw_graph(loaded, every_status, "png")))
    width, height = (float(svg.get(side)) for side in ("width", "height"))
    assert image.format == "PNG"
    assert image.width / image.height == pytest.approx(width / height, rel=0.01)
    assert len(image.getcolors(maxcolors=1 << 20)) > 20


def test_a_very_large_png_is_coarser_but_comes(monkeypatch, loaded):
    monkeypatch.setattr("quantsim_viz.viz.surfaces.RASTER_LIMIT", 50_000)
    image = Image.open(io.BytesIO(draw_graph(loaded, None, "png")))
    assert image.width * image.height <= 51_000


def test_the_dot_source_can_be_laid_out_by_graphviz(loaded, every_status):
    from subprocess import run

    source = draw_graph(loaded, every_status, "dot")
    answer = run(
        [engines()[0].command, "-q", "-Tplain"], input=source, capture_output=True, check=True
    )
    assert answer.stdout.count(b"\nnode ") == NODES + 2
    for paint in PALETTE:
        assert f"{paint.mark} {paint.word}".encode() in source


def test_an_unknown_format_is_refused_with_the_known_ones(loaded):
    with pytest.raises(QuantSimError, match="svg") as caught:
        draw_graph(loaded, None, "gif")
    assert caught.value.code == "unknown-format"
