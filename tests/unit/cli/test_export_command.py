from __future__ import annotations

import json
from pathlib import Path

import onnx
import pytest

from quantsim_viz.cli.export import ACTIVATION_TYPES, FORMATS
from quantsim_viz.export.aimet import ACTIVATION_TYPES as KNOWN_TYPES
from quantsim_viz.export.export import FORMATS as KNOWN_FORMATS

DATA = Path(__file__).parents[3] / "sample_models" / "digits_calibration.npz"


def test_the_command_offers_what_the_room_knows():
    assert FORMATS == KNOWN_FORMATS
    assert ACTIVATION_TYPES == KNOWN_TYPES


@pytest.mark.parametrize("target", FORMATS[:3])
def test_encodings_go_to_the_file_named(quantsim_viz, cnn, tmp_path, target):
    path = tmp_path / "net.encodings"
    done = quantsim_viz(
        *("export", cnn, "-c", "default_config", "--data", DATA, "--samples", 16),
        *("--format", target, "-o", path),
    )
    assert (done.status, done.out) == (0, "")
    assert json.loads(path.read_text())["version"] == target.removeprefix("aimet-")


def test_encodings_go_to_standard_output_without_a_file(quantsim_viz, cnn):
    done = quantsim_viz(
        *("export", cnn, "-c", "aimet_default_per_channel", "--data", "random:3"),
        *("--format", "aimet-2.0.0", "--int32-biases", "--activations-as", "unsigned"),
    )
    assert done.status == 0
    types = {entry["output_dtype"] for entry in json.loads(done.out)["encodings"]}
    assert types == {"int8", "uint8", "int32"}


def test_a_model_goes_to_a_file_and_replaces_what_was_there(quantsim_viz, cnn, tmp_path):
    path = tmp_path / "net.onnx"
    path.write_text("old")
    done = quantsim_viz(
        *("export", cnn, "-c", "default_config", "--data", "random", "--samples", 4),
        *("--format", "qdq", "--param-bits", 4, "--measure", "isolated", "-o", path),
    )
    assert (done.status, done.out) == (0, "")
    assert any(node.op_type == "QuantizeLinear" for node in onnx.load(path).graph.node)


@pytest.mark.parametrize("target", FORMATS[:3])
def test_float16_quantizers_that_a_format_leaves_out_are_named(quantsim_viz, cnn, target):
    done = quantsim_viz(
        *("export", cnn, "-c", "default_config", "--data", "random", "--samples", 4),
        *("--format", target, "--param-bits", "float16"),
    )
    assert done.status == 0
    warned = "warning[float16-left-out]: aimet-2.0.0 says nothing of 5 float16 quantizer(s): `"
    assert (warned in done.err) == (target == "aimet-2.0.0")


def test_a_model_without_a_file_is_a_usage_error(quantsim_viz, cnn):
    done = quantsim_viz(
        "export", cnn, "-c", "default_config", "--data", "random", "--format", "qdq"
    )
    assert done.status == 2
    assert "error[usage]" in done.err
    assert "-o" in done.err


def test_what_the_format_cannot_express_is_refused_by_name_and_nothing_is_written(
    quantsim_viz, cnn, tmp_path
):
    path = tmp_path / "net.onnx"
    done = quantsim_viz(
        *("export", cnn, "-c", "default_config", "--data", "random", "--samples", 4),
        *("--format", "qdq", "--act-bits", 32, "-o", path),
    )
    assert done.status == 2
    assert "error[not-expressible]" in done.err
    assert "`image`" in done.err
    assert not path.exists()


def test_a_configuration_that_is_refused_exits_with_1(quantsim_viz, vit, refused):
    done = quantsim_viz("export", vit, "-c", refused, "--data", "random", "--format", "aimet-1.0.0")
    assert done.status == 1
    assert done.out == ""
    assert "error[" in done.err
