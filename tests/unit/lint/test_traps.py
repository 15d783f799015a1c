"""Settings that hold and surprise."""

from __future__ import annotations

CONV = {"w": (4, 4, 3, 3), "b": (4,)}


def test_an_entry_that_switches_a_grid_preserving_output_on_by_its_presence(base, found):
    base["op_type"]["MaxPool"] = {"is_symmetric": "False"}
    finding = found(base, "p = MaxPool<kernel_shape=[1,1]>(x) y = Relu(p)")["presence-acts"]
    assert finding.rule == "/op_type/MaxPool"
    assert finding.fix.patch[0]["value"] == "False"


def test_no_alarm_where_that_entry_names_the_output(base, found):
    base["op_type"]["MaxPool"] = {"is_output_quantized": "True"}
    findings = found(base, "p = MaxPool<kernel_shape=[1,1]>(x) y = Relu(p)")
    assert "presence-acts" not in findings


def test_no_alarm_where_a_neighbour_asks_for_the_quantizer(base, found):
    base["op_type"]["MaxPool"] = {"is_symmetric": "False"}
    base["op_type"]["Relu"] = {"is_input_quantized": "True"}
    del base["defaults"]["ops"]["is_output_quantized"]
    findings = found(base, "p = MaxPool<kernel_shape=[1,1]>(x) y = Relu(p)")
    assert "presence-acts" not in findings


def test_an_empty_model_output_over_a_quantized_output_names_the_rule(base, found):
    base["model_output"] = {}
    finding = found(base, "y = Relu(x)")["output-still-quantized"]
    assert finding.related == ("/defaults/ops/is_output_quantized",)


def test_a_float_output_raises_no_such_finding(base, found):
    base["model_output"] = {}
    base["op_type"]["Relu"] = {"is_output_quantized": "False"}
    assert "output-still-quantized" not in found(base, "y = Relu(x)")


def test_switching_a_concat_off_takes_its_inputs_with_it(base, found):
    base["op_type"]["Concat"] = {"is_output_quantized": "False"}
    finding = found(
        base,
        "a = Sigmoid(x) b = Tanh(x) c = Concat<axis=1>(a, b) y = Relu(c)",
        outputs="float[1,8,6,6] y",
    )["switched-off-by-tie"]
    assert finding.rule == "/op_type/Concat/is_output_quantized"
    assert "'a'" in finding.message
    assert "'b'" in finding.message


def test_a_quantized_bias_is_reported_with_a_fix(base, found):
    base["params"] = {}
    body = "y = Conv<pads=[1,1,1,1]>(x, w, b)"
    finding = found(base, body, weights=CONV)["bias-quantized"]
    assert finding.fix.patch[0]["path"] == "/params/bias"
    assert "'b'" in finding.message
    assert "bias-quantized" not in found(base, body, weights=CONV, param_bits=32)


def test_strict_grids_over_asymmetric_weights_are_reported(base, found):
    base["defaults"]["strict_symmetric"] = "True"
    body = "y = Conv<pads=[1,1,1,1]>(x, w, b)"
    assert "strict-without-symmetry" in found(base, body, weights=CONV)
    base["defaults"]["params"]["is_symmetric"] = "True"
    assert "strict-without-symmetry" not in found(base, body, weights=CONV)


def test_bit_widths_without_a_kernel_are_reported_for_the_nodes_that_have_them(base, found):
    pair = {"bitwidth": 8, "dtype": "int"}
    base["defaults"]["supported_kernels"] = [{"activation": pair, "param": pair}]
    body = "y = Conv<pads=[1,1,1,1]>(x, w, b)"
    assert "no-kernel-for-bit-widths" not in found(base, body, weights=CONV)
    finding = found(base, body, weights=CONV, act_bits=16)["no-kernel-for-bit-widths"]
    assert "int16 activations and int8 weights" in finding.message
    assert finding.nodes == ("/y",)


def test_a_batch_normalization_behind_a_convolution_is_pointed_out(base, found):
    finding = found(
        base,
        "c = Conv<pads=[1,1,1,1]>(x, w) y = BatchNormalization(c, s, t, m, v)",
        weights={"w": (4, 4, 3, 3)} | dict.fromkeys("stmv", (4,)),
    )["unfolded-batch-norm"]
    assert finding.nodes == ("/y",)
