import numpy as np
from onnx import helper
from support.small_models import body, model, node, value

from quantsim_viz.model import iter_graphs, load_model


def names(proto):
    return [n.name for n in load_model(proto).graph.nodes]


def chain(*given):
    """A chain of Relu nodes with the given names."""
    tensors = ["x", *(f"t{i}" for i in range(len(given) - 1)), "y"]
    return model([node("Relu", tensors[i], tensors[i + 1], name) for i, name in enumerate(given)])


def test_nodes_without_a_name_count_on_in_steps_of_two():
    assert names(chain("", "", "", "")) == ["/Relu", "/Relu_2", "/Relu_4", "/Relu_6"]


def test_the_first_bearer_of_a_name_keeps_it():
    assert names(chain("a", "a", "b", "a")) == ["a", "/Relu", "b", "/Relu_2"]


def test_a_taken_number_is_passed_over():
    assert names(chain("/Relu", "", "/Relu_2", "")) == ["/Relu", "/Relu_1", "/Relu_2", "/Relu_3"]


def test_a_name_that_a_nameless_node_took_first_is_a_repeated_one():
    assert names(chain("", "/Relu", "/Relu_2")) == ["/Relu", "/Relu_2", "/Relu_4"]


def test_each_operator_type_counts_for_itself():
    proto = model([node("Relu", "x", "a"), node("Neg", "a", "b"), node("Relu", "b", "y")])
    assert names(proto) == ["/Relu", "/Neg", "/Relu_2"]


def scan(inner):
    state, item = value("s_in", [4]), value("i_in", [4])
    graph = body(
        [node("Add", "s_in i_in", "s_out", inner), node("Relu", "s_out", "o", inner)],
        inputs=[state, item],
        outputs=[value("s_out", [4]), value("o", [4])],
    )
    return node("Scan", "h x", "s y", body=graph, num_scan_inputs=1)


def test_scan_bodies_are_named_after_the_whole_top_graph():
    proto = model(
        [scan(""), node("Relu", "y", "z")],
        constants={"h": np.zeros(4, np.float32)},
        inputs={"x": [3, 4]},
        outputs=["z"],
    )
    loaded = load_model(proto)
    assert [n.name for n in loaded.graph.nodes] == ["/Scan", "/Relu"]
    inner = loaded.graph.nodes[0].attributes["body"]
    assert [n.name for n in inner.nodes] == ["/Add", "/Relu_2"]


def test_other_bodies_take_no_part_but_have_unique_names_too():
    branch = body([node("Relu", "x", "t", "twin")], outputs=[value("t", None)])
    other = body(
        [node("Relu", "x", "e1"), node("Relu", "e1", "e2"), node("Relu", "e2", "e", "own")],
        outputs=[value("e", None)],
    )
    proto = model(
        [
            node("If", "cond", "a", "if", then_branch=branch, else_branch=other),
            node("Relu", "a", "b", "twin"),
            node("Relu", "b", "y"),
        ],
        constants={"cond": np.array(True)},
    )
    loaded = load_model(proto)
    assert [n.name for n in loaded.graph.nodes] == ["if", "twin", "/Relu"]
    everywhere = [n.name for graph in iter_graphs(loaded) for n in graph.nodes]
    assert everywhere == [
        "if",
        "twin",
        "/Relu",
        "if/else_branch/Relu",
        "if/else_branch/Relu_1",
        "own",
        "if/then_branch/twin",
    ]


def test_nodes_of_functions_have_unique_names():
    function = helper.make_function(
        "org.example",
        "Twice",
        ["a"],
        ["c"],
        [node("Relu", "a", "b", "call"), node("Relu", "b", "c")],
        [helper.make_opsetid("", 17)],
    )
    proto = model(
        [node("Twice", "x", "y", "call", domain="org.example")],
        opset={"": 17, "org.example": 1},
        functions=[function],
    )
    everywhere = [n.name for graph in iter_graphs(load_model(proto)) for n in graph.nodes]
    assert everywhere == ["call", "org.example.Twice/call", "org.example.Twice/Relu"]
