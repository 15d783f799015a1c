"""Rules that do nothing on a model."""

from __future__ import annotations


def test_an_entry_for_a_missing_operator_type_is_dead_and_named_once(base, found):
    base["op_type"]["Gemm"] = {"is_output_quantized": "False", "is_symmetric": "True"}
    findings = found(base, "y = Relu(x)")
    assert not findings.codes_of("/op_type/Gemm/is_symmetric")
    finding = findings.codes_of("/op_type/Gemm")["dead-rule"]
    assert finding.fix.patch == ({"op": "remove", "path": "/op_type/Gemm"},)
    assert "no Gemm" in finding.message


def test_a_parameter_type_that_the_model_lacks_is_dead(base, found):
    base["params"] = {"weight_r": {"is_quantized": "False"}}
    rule = "/params/weight_r/is_quantized"
    finding = found(base, "y = Relu(x)").codes_of(rule)["dead-rule"]
    assert "'weight_r'" in finding.message


def test_the_documented_squeeze_rule_is_told_apart_from_a_dead_one(base, found):
    base["op_type"]["Squeeze"] = {"is_output_quantized": "False"}
    findings = found(
        base,
        "axes = Constant<value_ints = [0]>() s = Squeeze(x, axes) y = Relu(s)",
        outputs="float[4,6,6] y",
    )
    assert not findings.codes_of("/op_type/Squeeze")
    finding = findings.codes_of("/op_type/Squeeze/is_output_quantized")["no-quantizer-to-set"]
    assert "carries the input's grid" in finding.message
    assert finding.nodes == ("/s",)


def test_a_rule_that_later_sections_replace_everywhere_is_shadowed_and_says_by_which(base, found):
    base["op_type"]["Conv"] = {"is_output_quantized": "True"}
    base["op_type"]["Relu"] = {"is_symmetric": "True"}
    base["supergroups"] = [{"op_list": ["Conv", "Relu"]}]
    finding = found(
        base,
        "c = Conv<pads=[1,1,1,1]>(x, w) y = Relu(c)",
        weights={"w": (4, 4, 3, 3)},
    ).codes_of("/op_type/Conv/is_output_quantized")["shadowed-rule"]
    assert finding.related == ("/supergroups/0",)
    assert "supergroups[0]" in finding.message


def test_a_rule_that_repeats_the_default_is_redundant_and_can_be_removed(base, found):
    base["op_type"]["Relu"] = {"is_output_quantized": "True"}
    base["model_output"] = {}
    findings = found(base, "y = Relu(x)").codes_of("/op_type/Relu/is_output_quantized")
    assert findings["redundant-rule"].fix is not None


def test_an_entry_of_a_grid_preserving_type_is_not_called_redundant(base, found):
    """Without it the output would be switched off (§4)."""
    base["op_type"]["MaxPool"] = {"is_output_quantized": "True"}
    findings = found(base, "p = MaxPool<kernel_shape=[1,1]>(x) y = Relu(p)")
    assert not findings.codes_of("/op_type/MaxPool/is_output_quantized")


def test_per_channel_false_is_redundant_only_where_no_default_asks_for_channels(base, found):
    body, weights = "y = Conv<pads=[1,1,1,1]>(x, w)", {"w": (4, 4, 3, 3)}
    base["op_type"]["Conv"] = {"per_channel_quantization": "False"}
    rule = "/op_type/Conv/per_channel_quantization"
    assert "redundant-rule" in found(base, body, weights=weights).codes_of(rule)
    base["defaults"]["per_channel_quantization"] = "True"
    assert not found(base, body, weights=weights).codes_of(rule)


def test_symmetry_of_a_disabled_quantizer_is_ineffective(base, found):
    base["op_type"]["Relu"] = {"is_output_quantized": "False", "is_symmetric": "True"}
    base["model_input"] = {}
    base["model_output"] = {}
    findings = found(base, "a = Relu(x) y = Relu(a)").codes_of("/op_type/Relu/is_symmetric")
    assert "ineffective-setting" in findings
