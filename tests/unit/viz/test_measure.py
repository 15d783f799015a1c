from support.graph_models import transformer

from quantsim_viz.model import load_model
from quantsim_viz.viz.measure import NODE_WIDTHS, shorten, text_width
from quantsim_viz.viz.skeleton import skeleton_of


def test_longer_texts_are_wider():
    assert text_width("Conv", 12) < text_width("ConvTranspose", 12) < text_width("W" * 20, 12)
    assert text_width("Conv", 24) == 2 * text_width("Conv", 12)


def test_a_long_text_keeps_both_ends():
    short = shorten("model.layers.17.attention.query", 16)
    assert len(short) == 16
    assert short.startswith("model")
    assert short.endswith("query")
    assert shorten("conv1", 16) == "conv1"


def test_cards_are_as_wide_as_their_text_and_step_so_that_equal_structures_repeat():
    vertices = skeleton_of(load_model(transformer(3, widths=True))).vertices
    widths = {vertex.size.width for vertex in vertices}
    low, high = NODE_WIDTHS
    assert len(widths) > 2
    assert all(low <= width <= high and width % 8 == 0 for width in widths)


def test_a_node_with_parameters_is_taller():
    vertices = skeleton_of(load_model(transformer(1))).vertices
    tall = {v.size.height for v in vertices if v.float_parts}
    flat = {v.size.height for v in vertices if not v.float_parts}
    assert min(tall) > max(flat)
