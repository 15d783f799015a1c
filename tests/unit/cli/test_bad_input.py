"""What a person may hand over by mistake: each is said in a line, nothing is a traceback."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

COMMANDS = {
    "resolve": ("resolve", "{model}", "-c", "{config}"),
    "explain": ("explain", "{model}", "-c", "{config}", "y"),
    "lint": ("lint", "{config}", "{model}"),
    "run": ("run", "{model}", "--data", "random", "-o", "{out}.npz"),
    "simulate": ("simulate", "{model}", "-c", "{config}", "--data", "random"),
    "compare": ("compare", "{model}", "-c", "{config}", "-c", "{config}", "--data", "random"),
    "diff": ("diff", "{model}", "-c", "{config}", "-c", "{config}"),
    "graph": ("graph", "{model}", "-c", "{config}", "-o", "{out}.svg"),
    "app": ("app", "{model}", "-c", "{config}"),
}

every_command = pytest.mark.parametrize("command", COMMANDS)


@pytest.fixture
def say(quantsim_viz, tmp_path):
    """Return a function that runs a command on a model and a configuration."""

    def run(command: str, model: object, config: object = "default_config"):
        names = {"model": model, "config": config, "out": tmp_path / "out"}
        return quantsim_viz(*(part.format(**names) for part in COMMANDS[command]))

    return run


def linear_model(op_type: str = "MatMul", domain: str = "") -> onnx.ModelProto:
    """Return `y = x · w` with the product computed by an operator of that name."""
    graph = helper.make_graph(
        [helper.make_node(op_type, ["x", "w"], ["y"], name="product", domain=domain)],
        "linear",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3])],
        [numpy_helper.from_array(np.ones((4, 3), np.float32), "w")],
    )
    domains = {"": 20} | ({domain: 1} if domain else {})
    opsets = [helper.make_opsetid(name, version) for name, version in domains.items()]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def with_external_weight(location: str) -> onnx.ModelProto:
    proto = linear_model()
    (weight,) = proto.graph.initializer
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value=location)
    return proto


@every_command
def test_a_text_is_no_model(say, tmp_path, command):
    path = tmp_path / "net.onnx"
    path.write_text("{}", encoding="utf-8")
    done = say(command, path)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"{path}: error[")


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "run"])
def test_a_configuration_that_ends_too_early_is_said_with_its_place(say, cnn, tmp_path, command):
    path = tmp_path / "config.json"
    path.write_text('{\n  "defaults": {', encoding="utf-8")
    done = say(command, cnn, path)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"{path}:2:")


@every_command
def test_a_weight_file_outside_the_models_folder_is_not_followed(say, tmp_path, command):
    path = tmp_path / "net.onnx"
    onnx.save(with_external_weight("../secret.bin"), path)
    done = say(command, path)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"{path}: error[external-data-outside]")


@pytest.mark.parametrize("command", ["resolve", "lint", "graph", "diff"])
def test_what_needs_no_weights_works_without_their_file_and_warns(say, tmp_path, command):
    path = tmp_path / "net.onnx"
    onnx.save(with_external_weight("weights.bin"), path)
    done = say(command, path)
    assert done.status == 0
    assert "warning[" in done.err + done.out
    assert "weights.bin" in done.err + done.out


@pytest.mark.parametrize("command", ["run", "simulate", "compare"])
def test_what_needs_weights_says_that_their_file_is_missing(say, tmp_path, command):
    path = tmp_path / "net.onnx"
    onnx.save(with_external_weight("weights.bin"), path)
    done = say(command, path)
    assert (done.status, done.out) == (2, "")
    assert "weights.bin" in done.err
    assert "error[" in done.err


@pytest.mark.parametrize("command", ["run", "simulate", "compare"])
def test_an_operator_that_cannot_be_executed_is_named_with_its_nodes(say, tmp_path, command):
    path = tmp_path / "net.onnx"
    onnx.save(linear_model("Blend", "my.domain"), path)
    done = say(command, path)
    assert (done.status, done.out) == (2, "")
    assert "Blend" in done.err
    assert "product" in done.err


def test_a_boolean_where_a_text_belongs_says_what_to_write(say, cnn, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(
        '{"defaults": {"ops": {"is_output_quantized": true}, "params": {}},\n'
        ' "params": {}, "op_type": {}, "supergroups": [], "model_input": {}, "model_output": {}}',
        encoding="utf-8",
    )
    done = say("resolve", cnn, path)
    assert done.status == 1
    assert '"True"' in done.err
    assert done.err.startswith(f"{path}:1:")


def test_an_unknown_key_is_answered_with_the_nearest(say, cnn, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(
        '{"defaults": {"ops": {"is_output_quantised": "True"}, "params": {}},\n'
        ' "params": {}, "op_type": {}, "supergroups": [], "model_input": {}, "model_output": {}}',
        encoding="utf-8",
    )
    done = say("resolve", cnn, path)
    assert done.status == 1
    assert "is_output_quantized" in done.err
