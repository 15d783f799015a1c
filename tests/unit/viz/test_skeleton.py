import numpy as np
import pytest
from support.small_models import body, model, node, value

from quantsim_viz.model import load_model
from quantsim_viz.viz.skeleton import format_shape, skeleton_of


def skeleton(*nodes, **surroundings):
    return skeleton_of(load_model(model(nodes, **surroundings)))


def ends(drawn):
    names = [v.name for v in drawn.vertices] + [t.name for t in drawn.terminals]
    return {(names[w.source], names[w.target], w.tensor) for w in drawn.wires}


def test_constants_are_parts_of_their_readers():
    weight = np.zeros((4, 4), np.float32)
    constant = node("Constant", "-", "two", "two", value_float=2.0)
    constant.input.pop()
    drawn = skeleton(
        constant,
        node("MatMul", "x w", "h", "mul"),
        node("Add", "h two", "y", "add"),
        constants={"w": weight},
    )
    assert [v.name for v in drawn.vertices] == ["mul", "add"]
    assert [(p.label, p.detail) for p in drawn.vertices[0].parts] == [("W", "float32 4×4")]
    assert drawn.vertices[1].float_parts == ("two",)
    assert ends(drawn) == {("x", "mul", "x"), ("mul", "add", "h"), ("add", "y", "y")}


def test_integer_constants_are_listed_but_are_no_parameters():
    drawn = skeleton(
        node("Reshape", "x shape", "y", "reshape"), constants={"shape": np.array([-1, 2])}
    )
    (part,) = drawn.vertices[0].parts
    assert part.tensor == "shape"
    assert not part.is_float
    assert drawn.vertices[0].float_parts == ()


def test_an_initializer_that_is_listed_as_an_input_is_no_terminal():
    drawn = skeleton(
        node("MatMul", "x w", "y", "mul"),
        inputs={"x": [4, 4], "w": [4, 4]},
        constants={"w": np.zeros((4, 4), np.float32)},
        ir_version=3,
    )
    assert [t.name for t in drawn.terminals] == ["x", "y"]


def test_what_a_subgraph_reads_from_outside_is_wired_to_its_node():
    branch = body([node("Relu", "h", "r", "inner")], outputs=[value("r", None)])
    drawn = skeleton(
        node("Neg", "x", "h", "neg"),
        node("ReduceMax", "x", "c0", "max", keepdims=0),
        node("Cast", "c0", "c", "cast", to=9),
        node("If", "c", "y", "if", then_branch=branch, else_branch=branch),
    )
    assert ("neg", "if", "h") in ends(drawn)


def test_what_nothing_leads_to_stands_before_its_first_reader_and_in_its_scope():
    shape = np.array([4, 4])
    drawn = skeleton(
        node("ConstantOfShape", "s", "w1", "fill1"),
        node("ConstantOfShape", "s", "w0", "fill0"),
        node("MatMul", "x w0", "h", "/a/mul0"),
        node("MatMul", "h w1", "y", "/b/mul1"),
        constants={"s": shape},
    )
    names = [vertex.name for vertex in drawn.vertices]
    assert names == ["fill0", "/a/mul0", "fill1", "/b/mul1"]
    assert [vertex.node for vertex in drawn.vertices] == [1, 2, 0, 3]
    assert [vertex.scope for vertex in drawn.vertices] == [("a",), ("a",), ("b",), ("b",)]


def test_a_tensor_read_twice_by_a_node_is_one_wire():
    drawn = skeleton(node("Mul", "x x", "y", "square"))
    assert len(drawn.wires) == 2


def test_equal_models_have_equal_keys_and_names_matter():
    assert skeleton(node("Relu", "x", "y", "a")).key == skeleton(node("Relu", "x", "y", "a")).key
    assert skeleton(node("Relu", "x", "y", "a")).key != skeleton(node("Relu", "x", "y", "b")).key


@pytest.mark.parametrize(
    ("shape", "text"),
    [((), "scalar"), (None, "?"), ((2, "batch", None), "2×batch×?"), (("unk__7", 3), "?×3")],
)
def test_shapes_are_written_as_people_write_them(shape, text):
    assert format_shape(shape) == text
