"""Fixes are tried on the model before they are offered."""

from __future__ import annotations

import pytest
from support.text_models import text_model

from quantsim_viz.config import load_config
from quantsim_viz.config.edit import apply_patch
from quantsim_viz.lint import lint
from quantsim_viz.lint.context import removal
from quantsim_viz.lint.trial import Outcome, Trial
from quantsim_viz.model import load_model
from quantsim_viz.resolve import resolve

CONSTANT = "c = Constant<value = float {2.0}>() y = Mul(x, c)"


def test_the_usual_mend_of_false_is_replaced_where_the_model_makes_aimet_refuse_it(base, found):
    base["model_input"] = {"is_input_quantized": "False"}
    plain = found(base, "y = Relu(x)")["model-input-false"]
    assert plain.fix.patch[0]["op"] == "remove"
    finding = found(base, CONSTANT)["model-input-false"]
    assert finding.fix.patch[0]["value"] == "True"
    assert "refuses that too" in finding.message


def test_fixes_of_one_error_among_several_are_offered_untried(base, found):
    base["model_input"] = {"is_input_quantized": "False"}
    base["model_output"] = {"is_output_quantized": "False"}
    findings = found(base, CONSTANT)
    assert findings["model-input-false"].fix.patch[0]["op"] == "remove"
    assert findings["model-output-false"].fix is not None


def test_a_fix_that_leads_to_a_refusal_is_not_offered(base, found):
    """Renaming makes two operator types disagree about the tensor between them."""
    base["op_type"] = {
        "Relus": {"is_output_quantized": "False"},
        "Sigmoid": {"is_input_quantized": "True"},
    }
    finding = found(base, "r = Relu(x) y = Sigmoid(r)")["unknown-op-type"]
    assert '"Relu"' in finding.message
    assert finding.fix is None


def test_a_fix_that_leaves_its_finding_is_not_offered(base, found):
    """A bias that is a graph input as well is switched on again by `model_input` (§3)."""
    finding = found(
        base,
        "y = Conv<pads=[1,1,1,1]>(x, w, b)",
        inputs="float[1,4,6,6] x, float[4] b",
        weights={"w": (4, 4, 3, 3), "b": (4,)},
    )["bias-quantized"]
    assert finding.rule == "/model_input/is_input_quantized"
    assert finding.fix is None


def test_a_pass_that_finds_nothing_is_dead_and_can_go(base, found):
    base["supergroup_pass_list"] = ["MatmulAdd", "MaskedSoftmax"]
    findings = found(base, "y = Relu(x)")
    for index in range(2):
        finding = findings.codes_of(f"/supergroup_pass_list/{index}")["dead-rule"]
        assert finding.fix is not None


def test_of_two_rules_that_say_the_same_only_the_later_is_called_redundant(base, found):
    base["model_output"] = {"is_output_quantized": "True"}
    findings = found(base, "y = Relu(x)")
    assert not findings.codes_of("/defaults/ops/is_output_quantized")
    later = findings.codes_of("/model_output/is_output_quantized")["redundant-rule"]
    assert later.related == ("/defaults/ops/is_output_quantized",)


def test_a_way_out_may_take_two_steps(base):
    base["model_input"] = {}
    base["op_type"] = {
        "Relu": {"is_output_quantized": "False"},
        "Mul": {"is_input_quantized": "True"},
    }
    model = load_model(text_model("r = Relu(x) c = Constant<value = float {2.0}>() y = Mul(r, c)"))
    config = load_config(base)
    finding = lint(config, model)[0]
    assert finding.code == "refused-on-model"
    assert len(finding.fix.patch) == 2
    mended = load_config(text=apply_patch(config.document, finding.fix.patch).text)
    assert resolve(model, mended).error is None


@pytest.fixture
def trial(base):
    base["op_type"] = {"Gemm": {"is_symmetric": "True"}, "Relu": {"is_output_quantized": "False"}}
    base["supergroups"] = [{"op_list": ["Conv", "Relu"]}, {"op_list": ["Gemm", "Relu"]}]
    base["model_output"] = {}
    config = load_config(base)
    return Trial(resolve(load_model(text_model("a = Sigmoid(x) y = Relu(a)")), config))


def test_removals_without_reach_are_tried_together_as_they_would_be_alone(trial):
    paths = ("/op_type/Gemm", "/supergroups/0", "/supergroups/1")
    alone = [trial.outcome(removal(path)) for path in paths]
    trial.try_together([removal(path) for path in paths])
    assert [trial.outcome(removal(path)) for path in paths] == alone == [Outcome.UNCHANGED] * 3


def test_together_says_nothing_where_one_of_them_reaches_something(trial):
    trial.try_together([removal("/op_type/Gemm"), removal("/op_type/Relu")])
    assert trial.outcome(removal("/op_type/Relu")) is Outcome.CHANGED
    assert trial.outcome(removal("/op_type/Gemm")) is Outcome.UNCHANGED
    assert trial.outcome(removal("/op_type/Gone")) is Outcome.IMPOSSIBLE
