from __future__ import annotations

import json

import pytest

from quantsim_viz import diff, load_config, load_model

TWO = ("-c", "default_config", "-c", "aimet_default_per_channel")


def test_json_is_what_python_gives(quantsim_viz, cnn):
    done = quantsim_viz("diff", cnn, *TWO, "--json", "--param-bits", "4")
    first, second = (load_config(name) for name in TWO[1::2])
    expected = diff(load_model(cnn), first, second, param_bits=4).to_dict()
    assert done.status == 0
    document = json.loads(done.out)
    causes = document.pop("causes")
    assert document == json.loads(json.dumps(expected))
    assert expected["groups"]
    assert [cause["change"]["pointer"] for cause in causes if cause["groups"]] == [
        "/defaults/params/is_symmetric",
        "/defaults/unsigned_symmetric",
        "/op_type/Conv/per_channel_quantization",
        "/op_type/Gemm/per_channel_quantization",
    ]
    assert all(set(group["nodes"]) <= set(c["nodes"]) for c in causes for group in c["groups"])


def test_the_text_groups_what_differs_for_one_reason(quantsim_viz, cnn):
    done = quantsim_viz("diff", cnn, *TWO)
    assert done.status == 0
    rule = "/op_type/Conv/per_channel_quantization in aimet_default_per_channel"
    assert f"{rule}: 3 quantizers per channel" in done.out
    assert "features.0.weight" in done.out
    assert len(done.out.splitlines()) < 25


def test_a_configuration_differs_in_nothing_from_itself(quantsim_viz, cnn):
    done = quantsim_viz("diff", cnn, "-c", "default_config", "-c", "default_config", "--json")
    assert done.status == 0
    assert json.loads(done.out)["changes"] == []


def test_a_refused_side_is_said_to_be_so_and_exits_with_1(quantsim_viz, vit, refused):
    done = quantsim_viz("diff", vit, "-c", "default_config", "-c", refused)
    assert done.status == 1
    assert "AIMET refuses refused" in done.out


@pytest.mark.parametrize("names", [("default_config",), ("default_config",) * 3])
def test_it_takes_exactly_two(quantsim_viz, cnn, names):
    done = quantsim_viz("diff", cnn, *(part for name in names for part in ("-c", name)))
    assert done.status == 2
    assert "give exactly two configurations" in done.err
