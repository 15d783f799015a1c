from __future__ import annotations

import json

import pytest

from quantsim_viz import compare, load_config, load_model

CONFIGS = ("-c", "default_config", "-c", "aimet_default_per_channel")


def test_json_is_what_python_gives(quantsim_viz, cnn, digits):
    done = quantsim_viz(
        "compare", cnn, *CONFIGS, "--data", digits, "--samples", "16", "--param-bits", "4", "--json"
    )
    printed = json.loads(done.out)
    configs = [load_config(name) for name in CONFIGS[1::2]]
    found = compare(load_model(cnn), configs, str(digits), samples=16, param_bits=4)
    expected = json.loads(json.dumps(found.to_dict()))
    printed.pop("seconds", None)
    expected.pop("seconds", None)
    assert done.status == 0
    assert printed == expected
    assert len(printed["layers"]) == 13


def test_the_table_shows_both_their_difference_and_what_may_be_chance(quantsim_viz, cnn, digits):
    done = quantsim_viz("compare", cnn, *CONFIGS, "--data", digits, "--samples", "128")
    lines = done.out.splitlines()
    header = next(line for line in lines if line.startswith("node "))
    assert header.split() == ["node", "status", "A", "dB", "B", "dB", "B", "−", "A"]
    assert lines[1:3] == ["  A  default_config", "  B  aimet_default_per_channel"]
    assert "mcnemar-exact" in lines[-1]
    assert lines[-1].startswith("  B  9")


def test_a_configuration_against_itself_differs_in_nothing(quantsim_viz, cnn, digits):
    same = ("-c", "default_config", "-c", "default_config")
    done = quantsim_viz("compare", cnn, *same, "--data", digits, "--samples", "16", "--json")
    document = json.loads(done.out)
    assert {tuple(layer["delta_db"]) for layer in document["layers"]} == {(0.0, 0.0)}
    assert document["metric"]["disagreements"] == [None, [0, 0]]
    assert document["metric"]["p_value"] == [None, 1.0]


def test_one_configuration_is_not_enough(quantsim_viz, cnn):
    done = quantsim_viz("compare", cnn, "-c", "default_config", "--data", "random")
    assert done.status == 2
    assert "give at least two configurations" in done.err


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_refused_configuration_exits_with_1_and_its_document_comes(quantsim_viz, vit, order):
    names = ("default_config", "weights_only")
    given = [part for index in order for part in ("-c", names[index])]
    done = quantsim_viz("compare", vit, *given, "--data", "random", "--json")
    document = json.loads(done.out)
    assert done.status == 1
    assert document["error"] is not None
    assert document["config"].endswith("weights_only.json")
