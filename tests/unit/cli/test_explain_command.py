from __future__ import annotations

import json

from quantsim_viz import load_config, load_model, resolve


def test_the_text_is_what_python_gives(quantsim_viz, cnn):
    done = quantsim_viz("explain", cnn, "-c", "default_config", "conv2d")
    cascade = resolve(load_model(cnn), load_config("default_config"))
    assert done.status == 0
    assert done.out == cascade.explain("conv2d") + "\n"
    assert "supergroups[0] Conv→Relu" in done.out


def test_json_gives_the_same_facts_as_resolve(quantsim_viz, cnn):
    done = quantsim_viz("explain", cnn, "-c", "default_config", "node_conv2d", "--json")
    found = json.loads(done.out)
    whole = resolve(load_model(cnn), load_config("default_config")).to_dict()
    assert found["node"] == whole["nodes"]["node_conv2d"]
    expected = {"conv2d", "image", "features.0.weight", "features.0.bias"}
    assert set(found["quantizers"]) == expected
    assert found["quantizers"] == {name: whole["quantizers"][name] for name in expected}
    assert found["trace"] == {name: whole["trace"][name] for name in expected}


def test_json_says_whose_grid_a_tensor_without_quantizer_carries(quantsim_viz, cnn):
    done = quantsim_viz("explain", cnn, "-c", "documented_example", "squeeze", "--json")
    found = json.loads(done.out)
    assert found["node"] is None
    assert found["quantizers"] == {}
    assert found["carries"] == {"squeeze": "relu_2"}


def test_an_unknown_name_is_answered_with_the_nearest(quantsim_viz, cnn):
    for more in ((), ("--json",)):
        done = quantsim_viz("explain", cnn, "-c", "default_config", "node_convd", *more)
        assert (done.status, done.out) == (2, "")
        assert "did you mean 'node_conv2d'?" in done.err


def test_a_refusal_is_explained_and_exits_with_1(quantsim_viz, vit, refused):
    done = quantsim_viz("explain", vit, "-c", refused, "node_add_13")
    assert done.status == 1
    assert "AIMET refuses this configuration here" in done.out
