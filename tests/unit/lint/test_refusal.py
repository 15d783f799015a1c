"""Refusals come with a way out that works."""

from __future__ import annotations

import pytest
from support.text_models import text_model

from quantsim_viz.config import load_config
from quantsim_viz.config.edit import apply_patch
from quantsim_viz.lint import lint
from quantsim_viz.model import load_model
from quantsim_viz.resolve import resolve

REFUSED = {
    "empty model_input over a float constant": (
        {"model_input": {}},
        "c = Constant<value = float {2.0}>() y = Mul(x, c)",
    ),
    "Tanh and Relu with different ranges": (
        {
            "op_type": {
                "Tanh": {"encoding_constraints": {"min": -1.0, "max": 1.0}},
                "Relu": {"encoding_constraints": {"min": 0.0, "max": 6.0}},
            }
        },
        "t = Tanh(x) y = Relu(t)",
    ),
    "a Relu with a minimum alone on a symmetric quantizer": (
        {
            "defaults": {
                "ops": {"is_output_quantized": "True", "is_symmetric": "True"},
                "params": {},
            },
            "op_type": {"Relu": {"encoding_constraints": {"min": 0.0}}},
        },
        "t = Sigmoid(x) y = Relu(t)",
    ),
    "two operator types at odds over a shared input": (
        {
            "op_type": {
                "Relu": {"is_input_quantized": "True", "is_symmetric": "True"},
                "Sigmoid": {"is_symmetric": "False"},
            }
        },
        "a = Tanh(x) r = Relu(a) s = Sigmoid(a) y = Add(r, s)",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_offered_fix_leads_out_of_the_refusal(base, name):
    change, body = REFUSED[name]
    model = load_model(text_model(body))
    config = load_config(base | change)
    assert resolve(model, config).error is not None
    finding = lint(config, model)[0]
    assert finding.code == "refused-on-model"
    assert "Way out" in finding.message
    mended = load_config(text=apply_patch(config.document, finding.fix.patch).text)
    assert resolve(model, mended).error is None


def test_a_refusal_that_no_rule_causes_offers_no_fix(base):
    body = "a = MatMul(x, w) b = Conv<pads=[1,1,1,1]>(x, w) y = Add(a, b)"
    model = load_model(text_model(body, weights={"w": (4, 4, 3, 3)}, inputs="float[1,4,3,3] x"))
    finding = lint(load_config(base), model)[0]
    assert finding.code == "refused-on-model"
    assert finding.fix is None
