from collections import Counter
from importlib import import_module

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from support.qdq_agreement import compare_with_onnxruntime, execute
from support.small_configs import quantize_everything
from support.small_models import body, floats, model, node, value

from quantsim_viz import export, load_config, load_model, resolve, run
from quantsim_viz.errors import QuantSimError

OPSET = import_module("quantsim_viz.export.opset")  # the package's name is the function's too


def operators(proto):
    return [entry.op_type for entry in proto.graph.node]


def made_by(proto):
    return {name: entry for entry in proto.graph.node for name in entry.output}


def stored(proto):
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in proto.graph.initializer}


def product(**changes):
    return model([node("MatMul", "x w", "y", "product")], constants={"w": floats(4, 3)}, **changes)


def test_inputs_outputs_and_weights_are_quantized_and_nodes_keep_their_names(exported):
    proto = exported(product(), "qdq")
    assert Counter(operators(proto)) == {"QuantizeLinear": 2, "DequantizeLinear": 3, "MatMul": 1}
    assert [value.name for value in proto.graph.input] == ["x"]
    assert [value.name for value in proto.graph.output] == ["y"]
    made = made_by(proto)
    assert made["y"].op_type == "DequantizeLinear"
    assert made["y/float"].name == "product"
    assert list(made["y/float"].input) == ["x/dequantized", "w"]


def test_a_weight_is_stored_as_integers_only(exported):
    proto = exported(product(), "qdq")
    constants = stored(proto)
    assert "w" not in constants
    assert constants["w/quantized"].dtype == np.int8
    assert made_by(proto)["w"].op_type == "DequantizeLinear"


def test_a_quantizer_that_is_off_leaves_no_trace(exported):
    changes = {"op_type": {"MatMul": {"params": {"weight": {"is_quantized": "False"}}}}}
    proto = exported(product(), "qdq", changes=changes)
    assert set(stored(proto)) >= {"w"}
    assert Counter(operators(proto))["DequantizeLinear"] == 2


def test_channels_are_quantized_along_their_axis(exported):
    changes = {"defaults": {"per_channel_quantization": "True"}}
    proto = exported(product(), "qdq", changes=changes)
    weight = made_by(proto)["w"]
    assert [attribute.i for attribute in weight.attribute if attribute.name == "axis"] == [1]
    assert stored(proto)["w/scale"].shape == (3,)


def test_a_shared_weight_is_stored_once(exported):
    proto = model(
        [node("MatMul", "x w", "h", "first"), node("MatMul", "h w", "y", "second")],
        constants={"w": floats(4, 4)},
    )
    made = exported(proto, "qdq")
    assert Counter(operators(made))["DequantizeLinear"] == 4
    assert sum(name.startswith("w/quantized") for name in stored(made)) == 1


def test_a_constant_node_keeps_its_name_and_holds_the_integers(exported):
    weight = numpy_helper.from_array(floats(4, 3), "value")
    proto = model(
        [node("Constant", "", "w", "weights", value=weight), node("MatMul", "x w", "y", "product")]
    )
    proto.graph.node[0].ClearField("input")
    made = exported(proto, "qdq")
    constant = next(entry for entry in made.graph.node if entry.name == "weights")
    assert constant.op_type == "Constant"
    assert constant.attribute[0].t.data_type == TensorProto.INT8
    assert made_by(made)["w"].input[0] == constant.output[0]


def test_an_initializer_that_is_an_input_too_becomes_a_constant(exported):
    proto = product()
    proto.graph.input.append(value("w", [4, 3]))
    made = exported(proto, "qdq")
    assert [entry.name for entry in made.graph.input] == ["x"]


def test_an_inner_output_of_the_graph_keeps_its_name_and_its_quantized_value(exported):
    proto = model(
        [node("Sigmoid", "x", "h", "gate"), node("MatMul", "h w", "y", "product")],
        constants={"w": floats(4, 3)},
        outputs=("h", "y"),
    )
    made = exported(proto, "qdq")
    assert [entry.name for entry in made.graph.output] == ["h", "y"]
    assert made_by(made)["h"].op_type == "DequantizeLinear"


def test_names_that_are_taken_are_not_taken_again(exported):
    proto = model(
        [node("MatMul", "x w", "y/float", "y/DequantizeLinear"), node("Relu", "y/float", "y", "r")],
        constants={"w": floats(4, 3)},
    )
    made = exported(proto, "qdq")
    onnx.checker.check_model(shaped(made))
    names = [name for entry in made.graph.node for name in (entry.name, *entry.output)]
    assert len(names) == len(set(names))


def shaped(proto):
    """Declare the shapes of outputs, which the checker asks for."""
    for output in proto.graph.output:
        output.type.tensor_type.shape.SetInParent()
    return proto


def branching():
    """Both branches read `h` of the graph around them; so does the node behind."""
    then = body([node("Relu", "h", "t", "then")], outputs=[value("t", None)])
    other = body([node("Neg", "h", "e", "else")], outputs=[value("e", None)])
    return model(
        [
            node("Sigmoid", "x", "h", "gate"),
            node("ReduceSum", "x", "s", "sum", keepdims=0),
            node("Greater", "s zero", "c", "positive"),
            node("If", "c", "b", "if", then_branch=then, else_branch=other),
            node("Add", "b h", "y", "add"),
        ],
        constants={"zero": np.float32(0)},
    )


def test_branches_read_what_the_producer_made_and_everybody_else_the_quantized_value(exported):
    made = exported(branching(), "qdq")
    condition = next(entry for entry in made.graph.node if entry.op_type == "If")
    inner = [attribute.g.node[0].input[0] for attribute in condition.attribute]
    assert inner == ["h/float", "h/float"]
    assert "h" in next(entry for entry in made.graph.node if entry.name == "add").input


def test_a_weight_that_a_branch_reads_stays_float_beside_its_integers(exported):
    then = body([node("MatMul", "x w", "t", "then")], outputs=[value("t", None)])
    other = body([node("MatMul", "x w", "e", "else")], outputs=[value("e", None)])
    proto = model(
        [
            node("MatMul", "x w", "h", "product"),
            node("If", "c", "b", "if", then_branch=then, else_branch=other),
            node("Add", "b h", "y", "add"),
        ],
        constants={"w": floats(4, 3), "c": np.array(True)},
    )
    made = exported(proto, "qdq")
    np.testing.assert_array_equal(stored(made)["w/float"], floats(4, 3))
    assert stored(made)["w/quantized"].dtype == np.int8
    condition = next(entry for entry in made.graph.node if entry.op_type == "If")
    assert [a.g.node[0].input[1] for a in condition.attribute] == ["w/float"] * 2


def test_float16_is_a_cast_there_and_back(exported):
    proto = exported(product(), "qdq", param_bits="float16", act_bits="float16")
    assert Counter(operators(proto)) == {"Cast": 5, "MatMul": 1}
    assert stored(proto)["w/quantized"].dtype == np.float16


def test_a_strict_grid_clips_what_would_take_the_code_it_leaves_out(exported):
    changes = {"defaults": {"strict_symmetric": "True", "unsigned_symmetric": "False"}}
    changes["op_type"] = {"MatMul": {"is_symmetric": "True"}}
    proto = exported(product(), "qdq", changes=changes)
    assert Counter(operators(proto))["Clip"] == 2
    assert stored(proto)["w/quantized"].min() >= -127


def halves():
    proto = model([node("MatMul", "x w", "y", "product")])
    proto.graph.input[0].CopyFrom(value("x", ["N", 4], TensorProto.FLOAT16))
    proto.graph.output[0].CopyFrom(value("y", ["N", 3], TensorProto.FLOAT16))
    weight = numpy_helper.from_array(floats(4, 3).astype(np.float16), "w")
    proto.graph.initializer.append(weight)
    return proto


def test_a_model_of_float16_is_quantized_in_single_precision(exported):
    data = {"x": floats(6, 4).astype(np.float16)}
    made = exported(halves(), "qdq", data=data)
    kinds = Counter(operators(made))
    assert kinds == {"Cast": 5, "QuantizeLinear": 2, "DequantizeLinear": 3, "MatMul": 1}
    assert stored(made)["w/scale"].dtype == np.float32


def test_float16_quantizers_on_a_model_of_float16_change_nothing(exported):
    data = {"x": floats(6, 4).astype(np.float16)}
    made = exported(halves(), "qdq", data=data, param_bits="float16", act_bits="float16")
    assert operators(made) == ["MatMul"]


STRICT = {
    "defaults": {"strict_symmetric": "True"},
    "op_type": {"MatMul": {"is_symmetric": "True"}},
}
CASES = {
    "branches": (branching(), {}, {}),
    "8 bits": (product(), {}, {}),
    "4 bits": (product(), {"param_bits": 4, "act_bits": 4}, {}),
    "16 bits": (product(), {"param_bits": 16, "act_bits": 16}, {}),
    "32-bit weights": (product(), {"param_bits": 32}, {}),
    "float16": (product(), {"param_bits": "float16", "act_bits": "float16"}, {}),
    "per channel": (product(), {}, {"defaults": {"per_channel_quantization": "True"}}),
    "old operators": (product(opset={"": 9}), {}, {}),
    "16 bits in old operators": (product(opset={"": 11}), {"act_bits": 16}, {}),
    "strict": (product(), {}, STRICT),
    "strict in old operators": (product(opset={"": 9}), {"act_bits": 4}, STRICT),
    "percentile that clips": (product(), {"scheme": "percentile", "percentile": 80.0}, STRICT),
}


@pytest.mark.parametrize("case", CASES)
def test_onnxruntime_gives_our_values(case):
    proto, options, changes = CASES[case]
    data = {"x": floats(32, 4)}
    config = quantize_everything(**changes)
    found = compare_with_onnxruntime(proto, config, data, **options)
    assert found.steps <= 1.01
    assert found.worst.share <= 1e-3
    assert all(each.steps == 0 for each in found.stored)


def test_values_beyond_the_calibrated_range_are_clipped_alike():
    config = load_config(quantize_everything(**STRICT))
    proto, wide = product(), {"x": 9 * floats(64, 4, seed=5)}
    small = {"x": floats(16, 4)}
    made = export(proto, config, small, format="qdq")
    ours = run(proto, wide, config=config, calibration=small)
    np.testing.assert_allclose(execute(made, wide, ["y"])["y"], ours["y"], atol=1e-6)


# -- what cannot be said -------------------------------------------------------------------------


def test_activations_of_32_bits_are_refused_by_name(exported):
    with pytest.raises(QuantSimError, match=r"`x`, computed, at 32 bits.*`y`") as caught:
        exported(product(), "qdq", act_bits=32)
    assert caught.value.code == "not-expressible"


def test_asymmetric_weights_of_32_bits_are_refused_by_name(exported):
    changes = {
        "defaults": {"params": {"is_quantized": "True", "is_symmetric": "False"}},
        "op_type": {"MatMul": {"is_output_quantized": "False"}},
    }
    proto = model([node("MatMul", "x w", "y")], constants={"w": floats(4, 3) + np.float32(5)})
    with pytest.raises(QuantSimError, match="`w`, values that need 32 bits"):
        exported(proto, "qdq", param_bits=32, changes=changes)


def test_a_quantized_input_that_is_an_output_is_refused_by_name(exported):
    with pytest.raises(QuantSimError, match="`x`, an input that is quantized and an output"):
        exported(product(outputs=("y", "x")), "qdq")


def test_a_model_with_functions_is_not_raised_to_another_operator_set(exported):
    function = helper.make_function(
        "local", "Twice", ["a"], ["b"], [node("Add", "a a", "b")], [helper.make_opsetid("", 17)]
    )
    proto = model(
        [node("Twice", "x", "h", "twice", domain="local"), node("MatMul", "h w", "y", "product")],
        constants={"w": floats(4, 3)},
        opset={"": 17, "local": 1},
        functions=[function],
    )
    with pytest.raises(QuantSimError, match=r"needs operator set 21 \(`x` has 16 bits\)") as caught:
        exported(proto, "qdq", act_bits=16)
    assert caught.value.code == "not-expressible"
    assert "functions" in caught.value.message


def test_a_conversion_that_changes_the_outputs_is_refused(exported, monkeypatch):
    def wrong(proto, version):
        changed = onnx.version_converter.convert_version(proto, version)
        weight = changed.graph.initializer[0]
        weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight) * 2, weight.name))
        return changed

    monkeypatch.setattr(OPSET, "convert_version", wrong)
    with pytest.raises(QuantSimError, match="it changes output `y`"):
        exported(product(), "qdq", act_bits=16)


def test_a_conversion_that_loses_a_node_is_refused(exported, monkeypatch):
    def wrong(proto, version):
        changed = onnx.version_converter.convert_version(proto, version)
        changed.graph.node[0].name = "other"
        return changed

    monkeypatch.setattr(OPSET, "convert_version", wrong)
    with pytest.raises(QuantSimError, match=r"it loses nodes \(`product`\)"):
        exported(product(), "qdq", act_bits=16)


def test_the_users_model_is_left_as_it_was():
    loaded = load_model(product())
    before = loaded.proto.SerializeToString()
    export(loaded, quantize_everything(), {"x": floats(4, 4)}, format="qdq")
    assert loaded.proto.SerializeToString() == before


def test_exactly_the_enabled_quantizers_stand_in_the_file(cnn, digits, tmp_path):
    path = tmp_path / "net.onnx"
    export(cnn, "default_config", digits, format="qdq", path=path)
    written = onnx.load(path)
    onnx.checker.check_model(written, full_check=True)
    cascade = resolve(load_model(cnn), load_config("default_config"))
    enabled = {name for name, setting in cascade.quantizers.items() if setting.enabled}
    found = {
        entry.name.removesuffix("/DequantizeLinear")
        for entry in written.graph.node
        if entry.op_type == "DequantizeLinear"
    }
    assert found == enabled


def test_weights_beside_the_model_are_read_and_come_out_inside(tmp_path):
    source = product()
    shaped(source)
    onnx.save_model(
        source, tmp_path / "in.onnx", save_as_external_data=True, size_threshold=0, location="w.bin"
    )
    data = {"x": floats(8, 4)}
    made = export(tmp_path / "in.onnx", quantize_everything(), data, format="qdq")
    inside = export(product(), quantize_everything(), data, format="qdq")
    np.testing.assert_array_equal(stored(made)["w/quantized"], stored(inside)["w/quantized"])
    assert not any(tensor.external_data for tensor in made.graph.initializer)
