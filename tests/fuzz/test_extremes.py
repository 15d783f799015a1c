"""Inputs far larger or deeper than any real one still get their answer in a few seconds."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from onnx import ModelProto, helper

from quantsim_viz.config import load_config
from quantsim_viz.errors import ModelError
from quantsim_viz.lint import lint
from quantsim_viz.model import load_model
from quantsim_viz.resolve import resolve

pytestmark = pytest.mark.timeout(60)

BASE: dict[str, Any] = {
    "defaults": {"ops": {"is_output_quantized": "True"}, "params": {"is_quantized": "True"}},
    "params": {},
    "op_type": {},
    "supergroups": [],
    "model_input": {"is_input_quantized": "True"},
    "model_output": {},
}
OPSETS = [helper.make_opsetid("", 17), helper.make_opsetid("local", 1)]


def model(nodes: list[Any], output: str, functions: list[Any] | None = None) -> ModelProto:
    graph = helper.make_graph(
        nodes,
        "extreme",
        [helper.make_tensor_value_info("t0", 1, [1, 4])],
        [helper.make_tensor_value_info(output, 1, None)],
    )
    return helper.make_model(graph, opset_imports=OPSETS, functions=functions or [], ir_version=8)


def chain(op_type: str, length: int) -> ModelProto:
    nodes = [helper.make_node(op_type, [f"t{i}"], [f"t{i + 1}"]) for i in range(length)]
    return model(nodes, f"t{length}")


def fan(width: int) -> ModelProto:
    """Many operators that one Concat ties together."""
    nodes = [helper.make_node("Sigmoid", ["t0"], [f"s{i}"]) for i in range(width)]
    nodes.append(helper.make_node("Concat", [f"s{i}" for i in range(width)], ["y"], axis=1))
    return model(nodes, "y")


def nested(depth: int) -> ModelProto:
    """`If` inside `If`."""
    identity = helper.make_node("Identity", ["t0"], ["b"])
    body = helper.make_graph([identity], "b", [], [helper.make_empty_tensor_value_info("b")])
    leaf = body
    for _ in range(depth):
        inner = helper.make_node("If", ["c"], ["b"], then_branch=body, else_branch=leaf)
        body = helper.make_graph([inner], "b", [], [helper.make_empty_tensor_value_info("b")])
    proto = model([helper.make_node("If", ["c"], ["y"], then_branch=body, else_branch=leaf)], "y")
    proto.graph.input.append(helper.make_tensor_value_info("c", 9, []))
    return proto


@pytest.mark.parametrize(
    "proto",
    [chain("Relu", 4000), chain("Identity", 4000), fan(1500), nested(30)],
    ids=["one tie group", "one grid", "one concat", "bodies in bodies"],
)
def test_a_large_or_deep_model_is_resolved_and_linted(proto: ModelProto) -> None:
    cascade = resolve(load_model(proto.SerializeToString()), load_config(copy.deepcopy(BASE)))
    assert cascade.error is None
    assert cascade.to_dict()["quantizers"]
    assert isinstance(lint(cascade.config, cascade.model), tuple)


def test_functions_that_double_at_every_level_are_refused_before_they_are_written_out() -> None:
    functions = []
    for level in range(40):
        call = ("Relu", "") if level == 39 else (f"f{level + 1}", "local")
        nodes = [
            helper.make_node(call[0], [a], [b], domain=call[1]) for a, b in (("x", "y"), ("y", "z"))
        ]
        functions.append(helper.make_function("local", f"f{level}", ["x"], ["z"], nodes, OPSETS))
    start = [helper.make_node("f0", ["t0"], ["y"], domain="local")]
    with pytest.raises(ModelError) as caught:
        load_model(model(start, "y", functions).SerializeToString())
    assert caught.value.code == "invalid-model"


@pytest.mark.parametrize(
    "section",
    [
        {"op_type": {f"Conv{i}": {"is_symmetric": "True"} for i in range(800)}},
        {"op_type": {f"Conv{i}": {"is_symmetric": "true"} for i in range(800)}},
        {"params": {f"p{i}": {"is_quantized": "True"} for i in range(800)}},
        {"supergroups": [{"op_list": ["Conv", "Relu"]}] * 800},
        {"supergroups": [{"op_list": ["Relu"] * 5000}]},
        {"supergroup_pass_list": ["MatmulAdd"] * 800},
    ],
    ids=["misspelt types", "errors", "misspelt parameters", "groups", "a long group", "passes"],
)
def test_a_document_of_thousands_of_entries_is_linted(section: dict[str, Any]) -> None:
    config = load_config(text=json.dumps(copy.deepcopy(BASE) | section))
    assert lint(config, load_model(chain("Relu", 3)))
