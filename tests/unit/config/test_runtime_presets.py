"""The presets of runtimes say what the runtimes document, on a network and in numbers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from quantsim_viz import lint, load_config, load_model, resolve
from quantsim_viz.cli.presets_page import iter_fixed_grids, zero_point
from quantsim_viz.config import list_presets, preset
from quantsim_viz.diagnostics import Severity
from quantsim_viz.samples import list_samples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quantsim_viz.model import Model

NAMES = [entry.name for entry in list_presets()]
RUNTIMES = [entry.name for entry in list_presets() if entry.target]


# -- what is known about each ----------------------------------------------------------------------


def iter_leaves(value: Any, pointer: str = "") -> Iterator[str]:
    """Yield the pointer of everything that a document says; an empty entry says something too."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from iter_leaves(inner, f"{pointer}/{key}")
    else:
        yield pointer


def is_below(pointer: str, entry: str) -> bool:
    return pointer == entry or pointer.startswith(entry + "/")


def test_there_is_a_preset_for_each_runtime() -> None:
    assert set(RUNTIMES) == {
        "tflite_int8",
        "cmsis_ethos_u",
        "onnxruntime_qdq",
        "onnxruntime_qnn",
        "qnn_htp",
        "tensorrt_explicit",
        "openvino_nncf_cpu",
        "pytorch_x86",
        "pytorch_qnnpack",
        "coreml_a8w8",
        "tvm_relay",
    }


@pytest.mark.parametrize("name", RUNTIMES)
def test_every_rule_stands_for_one_statement_and_every_statement_for_a_rule(name: str) -> None:
    entry = preset(name)
    assert entry is not None
    document = json.loads(entry.path.read_text(encoding="utf-8"))
    if not document["model_output"]:
        del document["model_output"]
    leaves = list(iter_leaves(document))
    entries = [pointer for statement in entry.statements for pointer in statement.at]
    for leaf in leaves:
        assert sum(is_below(leaf, pointer) for pointer in entries) == 1, leaf
    for pointer in entries:
        assert any(is_below(leaf, pointer) for leaf in leaves), pointer


@pytest.mark.parametrize("name", RUNTIMES)
def test_every_statement_has_a_source_or_says_that_the_format_needs_it(name: str) -> None:
    entry = preset(name)
    assert entry is not None
    known = {source.key for source in entry.sources}
    for statement in entry.statements:
        assert statement.says.endswith(".")
        assert set(statement.sources) <= known
        assert bool(statement.sources) != statement.says.startswith("Not a rule of the runtime:")
    for source in entry.sources:
        assert source.url.startswith("https://")
        assert source.title
        assert source.how in {"read", "excerpt", "headings"}
    assert len(entry.checked or "") == len("2026-11-23")
    assert entry.bit_widths
    assert entry.cannot_express
    assert all(sentence.endswith((".", ".)")) for sentence in entry.cannot_express)


# -- fixed grids -----------------------------------------------------------------------------------

UNIT, HALF_STEP, LOG = (1 / 256, -128), (1 / 128, 0), (16 / 256, 127)
TFLITE = {
    "Softmax": UNIT,
    "Sigmoid": UNIT,
    "Tanh": HALF_STEP,
    "LpNormalization": HALF_STEP,
    "LogSoftmax": LOG,
}
TORCH = {"Sigmoid": UNIT, "HardSigmoid": UNIT, "Softmax": UNIT, "Tanh": HALF_STEP}
GRIDS: dict[str, dict[str, tuple[float, int]]] = {
    "tflite_int8": TFLITE,
    "cmsis_ethos_u": TFLITE,
    "pytorch_x86": TORCH,
    "pytorch_qnnpack": TORCH,
    "onnxruntime_qdq": {"Softmax": (1 / 255, -128)},
    "onnxruntime_qnn": {"Softmax": (1 / 255, -128)},
    "qnn_htp": {
        **dict.fromkeys(("Softmax", "Sigmoid"), (1 / 255, -128)),
        **dict.fromkeys(("Tanh", "Sin", "Cos"), (1 / 127, 0)),
    },
}


@pytest.mark.parametrize("name", NAMES)
def test_fixed_ranges_give_exactly_the_documented_scale_and_zero_point(name: str) -> None:
    entry = preset(name)
    assert entry is not None
    found = {
        op_type: (encoding.scale[0], zero_point(encoding))
        for op_type, _, encoding in iter_fixed_grids(entry)
    }
    assert found == GRIDS.get(name, {})


def test_tvm_leaves_the_lowest_code_out_of_weights_and_activations_alike() -> None:
    from quantsim_viz import simulate

    data = {"x": np.linspace(-3, 2, 12, dtype=np.float32).reshape(1, 3, 4)}
    encodings = simulate(linear_layer(), "tvm_relay", data).encodings
    assert encodings["x"][0]["scale"] == pytest.approx(3 / 127)
    assert encodings["w"][0]["scale"] == pytest.approx(encodings["w"][0]["max"] / 127)
    for tensor in ("x", "w"):
        assert encodings[tensor][0]["min"] == -encodings[tensor][0]["max"]


def test_the_documented_scale_comes_out_of_a_simulation() -> None:
    from quantsim_viz import simulate

    model = chain("Tanh", "Softmax")
    data = {"x": np.linspace(-3, 3, 12, dtype=np.float32).reshape(3, 4)}
    encodings = simulate(model, "tflite_int8", data).encodings
    assert encodings["t0"][0]["scale"] == 1 / 128
    assert encodings["t0"][0]["offset"] == -128
    assert encodings["t1"][0]["scale"] == 1 / 256
    assert encodings["t1"][0]["offset"] == 0


@pytest.mark.parametrize("op_type", ["Softmax", "Sigmoid", "Tanh", "HardSigmoid", "Sin", "Cos"])
@pytest.mark.parametrize("name", RUNTIMES)
def test_an_operator_with_a_fixed_range_may_stand_before_a_relu(name: str, op_type: str) -> None:
    assert resolve(chain(op_type, "Relu"), load_config(name)).error is None


# -- what they do to a network ---------------------------------------------------------------------


def enabled(model: Model, name: str) -> set[str]:
    """Return the tensors that a preset quantizes."""
    quantizers = resolve(model, load_config(name)).to_dict()["quantizers"]
    return {tensor for tensor, setting in quantizers.items() if setting["enabled"]}


OUTPUTS = {"x", "r1", "c2", "r2", "g", "y", "s"}
"""Quantized outputs: Conv+Relu and Add+Relu joined, MaxPool and Flatten on their input's grid."""
INPUTS = {"x", "p", "r2", "g"}
"""Quantized inputs of Conv, Add (the residual one), GlobalAveragePool and Gemm."""

# preset: quantized tensors; weights symmetric, strict, per channel in Conv and in Gemm; activations
# symmetric; unsigned where never negative
EXPECTED: dict[str, tuple[set[str], tuple[bool, bool, bool, bool], tuple[bool, bool]]] = {
    "tflite_int8": (OUTPUTS, (True, True, True, False), (False, False)),
    "cmsis_ethos_u": (OUTPUTS, (True, True, True, True), (False, False)),
    "onnxruntime_qdq": (OUTPUTS, (True, True, True, True), (False, False)),
    "onnxruntime_qnn": (OUTPUTS, (False, False, True, False), (False, False)),
    "qnn_htp": (OUTPUTS, (True, False, True, True), (False, False)),
    "pytorch_x86": (OUTPUTS, (True, False, True, True), (False, False)),
    "pytorch_qnnpack": (OUTPUTS, (True, False, False, False), (False, False)),
    "tensorrt_explicit": (INPUTS, (True, True, True, True), (True, False)),
    "openvino_nncf_cpu": (INPUTS, (True, True, True, True), (True, True)),
    "coreml_a8w8": (
        {"x", "r1", "p", "c2", "r2", "g", "y"},
        (True, True, True, True),
        (True, False),
    ),
    "tvm_relay": ({"x", "r1", "p", "g"}, (True, True, False, False), (True, False)),
}


@pytest.mark.parametrize("name", RUNTIMES)
def test_a_small_residual_network_is_quantized_as_the_runtime_does(name: str) -> None:
    quantizers = resolve(residual_network(), load_config(name)).to_dict()["quantizers"]
    tensors, (symmetric, strict, conv_channels, gemm_channels), grids = EXPECTED[name]
    weights = {"w1", "w2", "w3"}
    assert enabled(residual_network(), name) == tensors | weights  # and no bias
    for weight in weights:
        setting = quantizers[weight]
        assert setting["symmetric"] == symmetric
        assert setting["strict_symmetric"] == strict
        assert setting["per_channel"] == (gemm_channels if weight == "w3" else conv_channels)
    for tensor in ("x", "g"):
        setting = quantizers[tensor]
        assert (setting["symmetric"], setting["unsigned_symmetric"]) == grids


@pytest.mark.parametrize("name", RUNTIMES)
def test_a_product_with_its_bias_has_one_output(name: str) -> None:
    """Linear layers on three axes are exported as MatMul and Add."""
    quantizers = resolve(linear_layer(), load_config(name)).to_dict()["quantizers"]
    separate = {"onnxruntime_qdq", "onnxruntime_qnn"}  # these tools know MatMul and Add alone
    assert ("m" in quantizers and quantizers["m"]["enabled"]) == (name in separate)
    assert quantizers["x"]["enabled"]
    assert quantizers["w"]["enabled"]


BATCH_NORM = sorted(set(RUNTIMES) - {"onnxruntime_qdq", "onnxruntime_qnn", "tvm_relay"})
"""Those whose runtime makes a batch normalization part of the convolution before it."""


@pytest.mark.parametrize("name", BATCH_NORM)
def test_a_convolution_and_its_batch_normalization_are_one(name: str) -> None:
    output = set() if name in {"tensorrt_explicit", "openvino_nncf_cpu"} else {"y"}
    scale = {"gamma"} if name == "qnn_htp" else set()  # AIMET's file has it so
    assert enabled(batch_norm_chain("Conv", "Relu"), name) == {"x", "w"} | output | scale


@pytest.mark.parametrize("act", ["Relu", "Clip"])
@pytest.mark.parametrize("name", ["tflite_int8", "cmsis_ethos_u"])
def test_a_transposed_convolution_and_its_batch_normalization_are_one(name: str, act: str) -> None:
    assert enabled(batch_norm_chain("ConvTranspose", act), name) == {"x", "w", "y"}


@pytest.mark.parametrize("act", ["Relu", "Clip"])
@pytest.mark.parametrize("name", ["tflite_int8", "cmsis_ethos_u"])
def test_a_transposed_convolution_carries_its_activation_and_has_channels(
    name: str, act: str
) -> None:
    nodes = [
        helper.make_node("ConvTranspose", ["x", "w"], ["c"]),
        helper.make_node(act, ["c"], ["y"]),
    ]
    model = make_model(nodes, "y", [1, 3, 4, 4], w=[3, 3, 2, 2])
    assert enabled(model, name) == {"x", "w", "y"}
    assert resolve(model, load_config(name)).to_dict()["quantizers"]["w"]["per_channel"]


@pytest.mark.parametrize(("name", "channels"), [("tflite_int8", False), ("cmsis_ethos_u", True)])
def test_a_product_without_bias_is_fully_connected_too(name: str, channels: bool) -> None:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["m"]),
        helper.make_node("Relu", ["m"], ["y"]),
    ]
    model = make_model(nodes, "y", [1, 4], w=[4, 5])
    assert enabled(model, name) == {"x", "w", "y"}
    assert resolve(model, load_config(name)).to_dict()["quantizers"]["w"]["per_channel"] is channels


@pytest.mark.parametrize("pair", ["Mul Add", "Mul Sub", "Add Mul", "Add Div", "Sub Mul", "Sub Div"])
def test_nncf_fuses_a_convolution_with_scale_and_shift(pair: str) -> None:
    first, second = pair.split()
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"]),
        helper.make_node(first, ["c", "scale"], ["a"]),
        helper.make_node(second, ["a", "shift"], ["y"]),
    ]
    model = make_model(nodes, "y", [1, 3, 4, 4], w=[3, 3, 2, 2], scale=[1], shift=[1])
    assert not enabled(model, "openvino_nncf_cpu") & {"c", "a", "y"}


@pytest.mark.parametrize("act", ["Relu", "PRelu", "LeakyRelu"])
def test_qualcomm_joins_a_convolution_with_its_activation_across_a_transpose(act: str) -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"]),
        helper.make_node("Transpose", ["c"], ["t"]),
        helper.make_node(act, ["t", "slope"] if act == "PRelu" else ["t"], ["y"]),
    ]
    slope = {"slope": [1]} if act == "PRelu" else {}
    model = make_model(nodes, "y", [1, 3, 4, 4], w=[3, 3, 2, 2], **slope)
    assert enabled(model, "qnn_htp") == {"x", "w", "y", *slope}


def test_qualcomm_quantizes_the_bias_of_group_normalization_alone() -> None:
    nodes = [
        helper.make_node("GroupNormalization", ["x", "gamma", "beta"], ["g"], num_groups=1),
        helper.make_node("Conv", ["g", "w", "b"], ["y"]),
    ]
    shapes = {"gamma": [3], "beta": [3], "w": [3, 3, 2, 2], "b": [3]}
    model = make_model(nodes, "y", [1, 3, 4, 4], opset=21, **shapes)
    assert enabled(model, "qnn_htp") == {"x", "gamma", "beta", "g", "w", "y"}


# -- on the sample models --------------------------------------------------------------------------

_BEFORE_RELU = "asked for where no Relu follows; here one always does"
_RESIDUAL = "asked for on residual additions; here one side is joined and the other asked for twice"
WARNINGS = {
    ("coreml_a8w8", "shadowed-rule", "/op_type/Conv/is_output_quantized"): _BEFORE_RELU,
    ("coreml_a8w8", "shadowed-rule", "/op_type/Add/is_output_quantized"): _BEFORE_RELU,
    ("only_listed_ops", "shadowed-rule", "/op_type/Conv/is_output_quantized"): _BEFORE_RELU,
    ("only_listed_ops", "shadowed-rule", "/op_type/Add/is_output_quantized"): _BEFORE_RELU,
    ("openvino_nncf_cpu", "shadowed-rule", "/op_type/Add/is_input_quantized"): _RESIDUAL,
    ("openvino_nncf_cpu", "shadowed-rule", "/op_type/Mul/is_input_quantized"): _RESIDUAL,
    ("tensorrt_explicit", "shadowed-rule", "/op_type/Add/is_input_quantized"): _RESIDUAL,
    ("tvm_relay", "shadowed-rule", "/op_type/Add/is_input_quantized"): _RESIDUAL,
}


@pytest.fixture(scope="module")
def samples() -> dict[str, Model]:
    return {sample.name: load_model(sample.model) for sample in list_samples()}


@pytest.mark.parametrize("name", NAMES)
def test_no_preset_has_a_finding_without_a_model(name: str) -> None:
    findings = lint(load_config(name))
    assert [found.code for found in findings if found.severity is not Severity.INFO] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_sample_resolves_and_lints_with_known_warnings(
    name: str, samples: dict[str, Model]
) -> None:
    config = load_config(name)
    for sample, model in samples.items():
        assert resolve(model, config).error is None
        for found in lint(config, model):
            if found.severity is not Severity.INFO:
                assert (name, found.code, found.rule) in WARNINGS, (sample, found.message)


def test_no_warning_is_excused_in_vain(samples: dict[str, Model]) -> None:
    given = {
        (name, found.code, found.rule)
        for name in {name for name, _, _ in WARNINGS}
        for model in samples.values()
        for found in lint(load_config(name), model)
    }
    assert given >= WARNINGS.keys()


# -- models ----------------------------------------------------------------------------------------


def make_model(
    nodes: list[Any], output: str, shape: list[int], *, opset: int = 20, **weights: list[int]
) -> Model:
    random = np.random.default_rng(0)
    constants = [
        numpy_helper.from_array(random.normal(size=size).astype(np.float32), name)
        for name, size in weights.items()
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
        constants,
    )
    opsets = [helper.make_opsetid("", opset)]
    return load_model(helper.make_model(graph, opset_imports=opsets, ir_version=9))


def chain(*op_types: str) -> Model:
    nodes = [
        helper.make_node(op_type, [f"t{i - 1}" if i else "x"], [f"t{i}"])
        for i, op_type in enumerate(op_types)
    ]
    return make_model(nodes, nodes[-1].output[0], [1, 4])


def residual_network() -> Model:
    node = helper.make_node
    nodes = [
        node("Conv", ["x", "w1", "b1"], ["c1"], pads=[1, 1, 1, 1]),
        node("Relu", ["c1"], ["r1"]),
        node("MaxPool", ["r1"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", ["p", "w2", "b2"], ["c2"], pads=[1, 1, 1, 1]),
        node("Add", ["c2", "p"], ["a"]),
        node("Relu", ["a"], ["r2"]),
        node("GlobalAveragePool", ["r2"], ["g"]),
        node("Flatten", ["g"], ["f"]),
        node("Gemm", ["f", "w3", "b3"], ["y"], transB=1),
        node("Softmax", ["y"], ["s"]),
    ]
    weights = {
        "w1": [4, 3, 3, 3],
        "b1": [4],
        "w2": [4, 4, 3, 3],
        "b2": [4],
        "w3": [5, 4],
        "b3": [5],
    }
    return make_model(nodes, "s", [1, 3, 8, 8], **weights)


def linear_layer() -> Model:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["m"]),
        helper.make_node("Add", ["m", "b"], ["a"]),
        helper.make_node("Relu", ["a"], ["y"]),
    ]
    return make_model(nodes, "y", [1, 3, 4], w=[4, 5], b=[5])


def batch_norm_chain(head: str, act: str) -> Model:
    statistics = ["gamma", "beta", "mean", "variance"]
    nodes = [
        helper.make_node(head, ["x", "w"], ["c"]),
        helper.make_node("BatchNormalization", ["c", *statistics], ["n"]),
        helper.make_node(act, ["n"], ["y"]),
    ]
    vectors = {name: [3] for name in statistics}
    return make_model(nodes, "y", [1, 3, 4, 4], w=[3, 3, 2, 2], **vectors)
