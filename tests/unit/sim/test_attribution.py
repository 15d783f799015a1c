"""Attribution: every figure is that of a simulation from nothing."""

from __future__ import annotations

import json

import numpy as np
import pytest
from support.small_configs import REFUSED

from quantsim_viz import attribute, load_config, load_model, resolve, simulate
from quantsim_viz.errors import Cancelled, ConfigError
from quantsim_viz.resolve import RuleChanges, diff_cascades, find_causes
from quantsim_viz.samples import list_samples
from quantsim_viz.sim import Engine
from quantsim_viz.sim import attribution as attribution_module

SAMPLES = {sample.name: sample for sample in list_samples()}
VIT = SAMPLES["digits_vit"]


@pytest.fixture(scope="module")
def vit():
    return load_model(VIT.model)


@pytest.fixture(scope="module")
def cnn():
    return load_model(SAMPLES["digits_cnn"].model)


def from_nothing(model, document, **options):
    """Return noise, SQNR and accuracy of a configuration simulated by itself."""
    config = load_config(text=document.text)
    report = simulate(model, config, VIT.data, **options)
    (power,) = (powers["cumulative"] for powers in report.output_powers.values())
    return power.noise, power.sqnr_db, report.metric.simulated


def assert_from_nothing(model, first, second, found, **options):
    sides = [load_config(name).document for name in (first, second)]
    changes = RuleChanges(*sides)
    assert len(changes) == len(found.effects)
    assert all(effect.change in list(changes) for effect in found.effects)
    checks = [(found.first, sides[0]), (found.second, sides[1])]
    for effect in found.effects:
        checks.append((effect.alone, changes.alone(effect.change)))
        checks.append((effect.without, changes.all_but(effect.change)))
    known = {}
    for outcome, document in checks:
        config = load_config(text=document.text)
        bits = {key: options[key] for key in ("param_bits", "act_bits") if key in options}
        error = resolve(model, config, **bits).error
        assert (outcome.refused is None) == (error is None)
        if error is not None:
            assert outcome.refused == error.message
            continue
        if document.text not in known:
            known[document.text] = from_nothing(model, document, **options)
        noise, sqnr, metric = known[document.text]
        assert outcome.noise == pytest.approx(noise, rel=1e-6)
        assert outcome.sqnr_db == pytest.approx(sqnr, abs=1e-5)
        assert outcome.metric == metric


def test_per_channel_on_the_transformer_is_put_down_to_its_rules(vit):
    names = "aimet_default", "aimet_default_per_channel"
    options = {"samples": 48}
    found = attribute(vit, *names, VIT.data, **options)
    assert_from_nothing(vit, *names, found, **options)
    acting = [effect.change.pointer for effect in found.effects if not effect.is_idle]
    assert sorted(acting) == [
        "/op_type/Conv/per_channel_quantization",
        "/op_type/Gemm/per_channel_quantization",
    ]
    assert found.simulations == 4


def test_rules_that_act_are_those_that_the_difference_names():
    model = load_model(SAMPLES["digits_mobilenet"].model)
    names = "default_config", "tflite_int8"
    found = attribute(model, *names, VIT.data, samples=16)
    acting = {effect.change.id for effect in found.effects if not effect.is_idle}
    sides = [resolve(model, load_config(name)) for name in names]
    causes = find_causes(*sides, diff_cascades(*sides))
    assert acting == {cause.id for cause in causes if cause.groups}
    assert "/defaults/strict_symmetric" in acting
    (strict,) = [e for e in found.effects if e.change.pointer == "/defaults/strict_symmetric"]
    assert (strict.alone.noise, strict.tensors) == (found.first.noise, ())
    assert strict.without.noise != found.second.noise


@pytest.mark.parametrize("scheme", ["min_max", "tf_enhanced"])
def test_two_runtimes_with_refusals_in_between(cnn, scheme):
    names, options = ("weights_only", "tvm_relay"), {"samples": 8, "param_bits": 4}
    found = attribute(cnn, *names, VIT.data, scheme=scheme, **options)
    assert any(effect.alone.refused for effect in found.effects)
    assert_from_nothing(cnn, *names, found, scheme=scheme, **options)


def test_an_engine_that_has_seen_both_gives_the_same(cnn):
    names, data = ("default_config", "pytorch_qnnpack"), {"samples": 16}
    engine = Engine(cnn, cache_bytes=64 << 20)
    for name in names:
        simulate(cnn, name, VIT.data, engine=engine, **data)
    kept = attribute(cnn, *names, VIT.data, engine=engine, **data)
    assert_from_nothing(cnn, *names, kept, **data)


def test_few_at_once_give_the_same_as_all(cnn, monkeypatch):
    names, data = ("weights_only", "tflite_int8"), {"samples": 40}
    whole = attribute(cnn, *names, VIT.data, **data)
    monkeypatch.setattr(attribution_module, "AT_ONCE", 1)
    parts = attribute(cnn, *names, VIT.data, **data)
    assert whole.simulations == parts.simulations > attribution_module.FEW
    for one, other in zip(whole.effects, parts.effects, strict=True):
        assert other.change == one.change
        assert other.alone.noise == pytest.approx(one.alone.noise, rel=1e-6)


def test_a_configuration_differs_from_itself_by_nothing(cnn):
    found = attribute(cnn, "tflite_int8", "tflite_int8", VIT.data, samples=8)
    assert found.effects == ()
    assert found.simulations == 1
    assert found.noise_alone().interaction == 0.0


def test_without_labels_there_is_noise_alone(cnn):
    found = attribute(cnn, "default_config", "weights_only", "random", samples=4)
    assert found.metric is None
    assert found.metric_alone().total is None
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False)) == found.to_dict()


def test_a_metric_that_raises_costs_the_accuracy_and_is_told_once(cnn, monkeypatch):
    monkeypatch.setattr(attribution_module, "FEW", 1)
    monkeypatch.setattr(attribution_module, "AT_ONCE", 1)

    def raising(_outputs, _labels):
        raise ArithmeticError("odd")

    found = attribute(cnn, "default_config", "tflite_int8", VIT.data, samples=4, metric=raising)
    assert [(each.code, "odd" in each.message) for each in found.warnings] == [
        ("metric-failed", True)
    ]
    assert found.first.metric is None
    assert found.first.noise
    assert found.to_dict()["warnings"][0]["code"] == "metric-failed"


def test_progress_goes_forward_and_a_stop_is_obeyed(cnn):
    told = []
    options = {"samples": 8}
    attribute(
        cnn, "weights_only", "tflite_int8", VIT.data, progress=lambda *x: told.append(x), **options
    )
    done = [entry[0] for entry in told]
    assert done == sorted(done)
    assert 0 <= done[0] <= done[-1] <= 1000
    with pytest.raises(Cancelled):
        attribute(cnn, "weights_only", "tflite_int8", VIT.data, cancelled=lambda: True, **options)


def test_a_refused_side_cannot_be_put_down_to_rules(vit):
    with pytest.raises(ConfigError, match="AIMET refuses refused"):
        attribute(vit, REFUSED, "default_config", "random", samples=2)


def test_the_passes_of_the_pass_list_set_configurations_apart(vit):
    config = load_config("aimet_default")
    data = dict(config.document.data)
    del data["supergroup_pass_list"]
    cascades = [resolve(vit, config), resolve(vit, load_config(data))]
    assert len({attribution_module.settled(cascade) for cascade in cascades}) == 2


def test_memory_is_estimated_from_one_sample(cnn):
    from quantsim_viz.sim import load_data
    from quantsim_viz.sim.footprint import activation_peak

    engine = Engine(cnn)
    one, eight = (activation_peak(engine, load_data(cnn, str(VIT.data)), n) for n in (1, 8))
    images = np.load(VIT.data)["image"]
    assert one > 2 * images[:1].nbytes
    assert eight == 8 * one


def test_values_that_an_engine_keeps_stay_as_they_are(cnn):
    engine = Engine(cnn, cache_bytes=1 << 20)
    simulate(cnn, "weights_only", VIT.data, engine=engine, samples=16)
    used = engine.cache.used
    attribute(cnn, "weights_only", "tflite_int8", VIT.data, engine=engine, samples=16)
    assert engine.cache.used == used > 0
    simulate(cnn, "tflite_int8", VIT.data, engine=engine, samples=8)
    assert engine.cache.used > used
