"""Names that nothing has."""

from __future__ import annotations

from quantsim_viz.config import load_config
from quantsim_viz.config.edit import apply_patch
from quantsim_viz.lint import lint


def test_a_misspelt_operator_type_gets_the_nearest_name_and_is_not_called_dead_too(base, found):
    base["op_type"]["Relus"] = {"is_output_quantized": "False"}
    findings = found(base, "y = Relu(x)")
    finding = findings["unknown-op-type"]
    assert '"Relu"' in finding.message
    assert finding.fix.patch == ({"op": "move", "from": "/op_type/Relus", "path": "/op_type/Relu"},)
    assert "dead-rule" not in findings.codes_of("/op_type/Relus")


def test_vocabulary_is_checked_without_a_model_and_the_fix_mends_it(base):
    base["supergroups"] = [{"op_list": ["Cnov", "Relu"]}]
    config = load_config(base)
    (finding,) = lint(config)
    assert finding.code == "unknown-op-type"
    assert finding.rule == "/supergroups/0/op_list/0"
    mended = load_config(text=apply_patch(config.document, finding.fix.patch).text)
    assert mended.document.data["supergroups"][0]["op_list"] == ["Conv", "Relu"]
    assert lint(mended) == ()


def test_a_model_may_use_operators_that_onnx_does_not_know(base):
    base["op_type"]["FusedConv"] = {"is_symmetric": "True"}
    assert lint(load_config(base)) == ()


def test_unknown_parameter_types_are_reported(base):
    base["params"]["weigth"] = {"is_quantized": "False"}
    (finding,) = lint(load_config(base))
    assert finding.code == "unknown-param-type"
    assert '"weight"' in finding.message


def test_a_lower_case_hardware_version_is_a_trap(base):
    base["defaults"]["hw_version"] = "v69"
    (finding,) = lint(load_config(base))
    assert finding.code == "hardware-version-spelling"
    assert finding.fix.patch[0]["value"] == "V69"


def test_a_newer_hardware_version_is_not_reported(base):
    base["defaults"]["hw_version"] = "V79"
    assert lint(load_config(base)) == ()
