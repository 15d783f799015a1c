from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

SVG = "{http://www.w3.org/2000/svg}"


def texts(path) -> str:
    return " ".join("".join(x.itertext()) for x in ET.parse(path).getroot().iter(f"{SVG}text"))


def test_an_svg_names_every_node_and_counts_the_statuses(quantsim_viz, cnn, tmp_path):
    target = tmp_path / "net.svg"
    done = quantsim_viz("graph", cnn, "-c", "default_config", "-o", target)
    assert (done.status, done.out, done.err) == (0, "", "")
    drawn = texts(target)
    for name in ("node_conv2d", "node_relu_3", "node_squeeze", "node_linear_1"):
        assert name in drawn
    assert "quantized · 5" in drawn


def test_without_a_configuration_the_bare_graph_is_drawn(quantsim_viz, cnn, tmp_path):
    target = tmp_path / "net.svg"
    assert quantsim_viz("graph", cnn, "-o", target).status == 0
    drawn = texts(target)
    assert "node_conv2d" in drawn
    assert "quantized" not in drawn


@pytest.mark.parametrize(
    ("name", "start"), [("net.png", b"\x89PNG\r\n"), ("net.dot", b"digraph"), ("NET.SVG", b"<svg")]
)
def test_the_file_name_says_the_format(quantsim_viz, cnn, tmp_path, name, start):
    target = tmp_path / name
    assert quantsim_viz("graph", cnn, "-c", "default_config", "-o", target).status == 0
    assert start in target.read_bytes()[:200]


def test_another_format_is_a_usage_error(quantsim_viz, cnn, tmp_path):
    done = quantsim_viz("graph", cnn, "-o", tmp_path / "net.pdf")
    assert done.status == 2
    assert "does not end in .svg, .png or .dot" in done.err


def test_a_refused_configuration_is_drawn_with_its_culprits_and_exits_with_1(
    quantsim_viz, vit, refused, tmp_path
):
    target = tmp_path / "net.svg"
    done = quantsim_viz("graph", vit, "-c", refused, "-o", target)
    assert done.status == 1
    assert "error[" in done.err
    assert "AIMET refuses" in texts(target)
