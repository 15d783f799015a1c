import json

import numpy as np
import pytest
from support.small_models import floats, model, node

import quantsim_viz
from quantsim_viz.errors import QuantSimError
from quantsim_viz.export import export

VERSIONS = ("0.6.1", "1.0.0", "2.0.0")


def convolution():
    """Input, weight with channels on axis 0, bias, output."""
    return model(
        [node("Conv", "x w b", "y", "conv")],
        inputs={"x": ["N", 3, 6, 6]},
        constants={"w": floats(5, 3, 3, 3), "b": floats(5)},
    )


def by_name(document, section):
    found = document[section]
    return found if isinstance(found, dict) else {entry["name"]: entry for entry in found}


SHAPE = (4, 3, 6, 6)
PER_CHANNEL = {"defaults": {"per_channel_quantization": "True"}}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_document_says_its_version_and_who_made_it(exported, version):
    document = exported(convolution(), f"aimet-{version}", shape=SHAPE)
    assert document["version"] == version
    made_by = {"package": "quantsim-viz", "version": quantsim_viz.__version__}
    assert document["producer"] == made_by


@pytest.mark.parametrize("version", VERSIONS[:2])
def test_parameters_and_everything_else_stand_apart(exported, version):
    document = exported(convolution(), f"aimet-{version}", shape=SHAPE)
    assert set(by_name(document, "param_encodings")) == {"w", "b"}
    assert set(by_name(document, "activation_encodings")) == {"x", "y"}


def test_0_6_1_lists_a_grid_for_each_channel(exported):
    document = exported(convolution(), "aimet-0.6.1", shape=SHAPE, changes=PER_CHANNEL)
    grids = document["param_encodings"]["w"]
    assert len(grids) == 5
    assert grids[0].keys() == {
        "bitwidth",
        "dtype",
        "is_symmetric",
        "max",
        "min",
        "offset",
        "scale",
    }
    assert (grids[0]["bitwidth"], grids[0]["dtype"], grids[0]["is_symmetric"]) == (8, "int", "True")
    for grid in (*grids, *document["activation_encodings"]["x"]):
        assert grid["min"] == grid["offset"] * grid["scale"]
        assert grid["max"] == (grid["offset"] + 255) * grid["scale"]
    assert document["activation_encodings"]["x"][0]["is_symmetric"] == "False"


def test_1_0_0_holds_lists_of_scales_and_offsets(exported):
    document = exported(convolution(), "aimet-1.0.0", shape=SHAPE, changes=PER_CHANNEL)
    weight = by_name(document, "param_encodings")["w"]
    assert weight["enc_type"] == "PER_CHANNEL"
    assert (weight["bw"], weight["dtype"], weight["is_sym"]) == (8, "INT", True)
    assert len(weight["scale"]) == 5
    assert weight["offset"] == [-128.0] * 5
    given = by_name(document, "activation_encodings")["x"]
    assert (given["enc_type"], given["is_sym"], len(given["scale"])) == ("PER_TENSOR", False, 1)
    assert given["offset"][0] <= 0


def test_2_0_0_names_types_axes_and_zero_points_that_are_not_zero(exported):
    document = exported(convolution(), "aimet-2.0.0", shape=SHAPE, changes=PER_CHANNEL)
    entries = by_name(document, "encodings")
    weight, given = entries["w"], entries["x"]
    assert (weight["output_dtype"], weight["axis"], len(weight["y_scale"])) == ("int8", 0, 5)
    assert "y_zero_point" not in weight
    assert given["output_dtype"] == "uint8"
    assert 0 < given["y_zero_point"] < 255
    assert "axis" not in given


def test_the_three_formats_say_the_same_grids(exported):
    documents = [exported(convolution(), f"aimet-{v}", shape=SHAPE) for v in VERSIONS]
    oldest = {**documents[0]["param_encodings"], **documents[0]["activation_encodings"]}
    middle = {
        **by_name(documents[1], "param_encodings"),
        **by_name(documents[1], "activation_encodings"),
    }
    newest = by_name(documents[2], "encodings")
    assert oldest.keys() == middle.keys() == newest.keys()
    for name, entry in newest.items():
        signed = entry["output_dtype"].startswith("int")
        offset = -entry.get("y_zero_point", 0) - (128 if signed else 0)
        scale = entry["y_scale"]
        assert (middle[name]["offset"], middle[name]["scale"]) == ([offset], [scale])
        assert (oldest[name][0]["offset"], oldest[name][0]["scale"]) == (offset, scale)


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("0.6.1", [{"bitwidth": 16, "dtype": "float"}]),
        ("1.0.0", {"bw": 16, "dtype": "FLOAT", "enc_type": "PER_TENSOR", "name": "w"}),
    ],
)
def test_float16_is_a_type_without_a_grid(exported, version, expected):
    document = exported(convolution(), f"aimet-{version}", shape=SHAPE, param_bits="float16")
    assert by_name(document, "param_encodings")["w"] == expected


def test_2_0_0_leaves_float16_out(exported):
    document = exported(convolution(), "aimet-2.0.0", shape=SHAPE, param_bits="float16")
    assert set(by_name(document, "encodings")) == {"x", "y"}


@pytest.mark.parametrize("biases", [False, True])
def test_2_0_0_is_refused_where_all_is_float16(exported, biases):
    halves = {"param_bits": "float16", "act_bits": "float16", "int32_biases": biases}
    with pytest.raises(QuantSimError, match=r"float16 quantizer of `x`.*aimet-1.0.0") as caught:
        exported(convolution(), "aimet-2.0.0", shape=SHAPE, **halves)
    assert caught.value.code == "not-expressible"


def test_a_strict_grid_starts_one_code_later(exported):
    strict = {"defaults": {"strict_symmetric": "True"}}
    entry = exported(convolution(), "aimet-1.0.0", shape=SHAPE, changes=strict)
    assert by_name(entry, "param_encodings")["w"]["offset"] == [-127.0]
    entry = exported(convolution(), "aimet-2.0.0", shape=SHAPE, changes=strict)
    assert by_name(entry, "encodings")["w"]["y_zero_point"] == -1


@pytest.mark.parametrize(
    ("chosen", "types", "points"),
    [
        ("configured", ("int8", "uint8"), (None, 128)),
        ("unsigned", ("uint8", "uint8"), (128, 128)),
        ("signed", ("int8", "int8"), (None, 0)),
    ],
)
def test_2_0_0_writes_activations_in_the_type_asked_for(exported, chosen, types, points):
    """A product of two activations makes the second symmetric (`docs/semantics.md` §7)."""
    proto = model([node("MatMul", "a b", "y", "product")], inputs={"a": ["N", 4], "b": [4, 4]})
    data = {"a": np.linspace(-1, 1, 256).reshape(64, 4).astype("f4"), "b": floats(4, 4)}
    document = exported(proto, "aimet-2.0.0", data=[data], activations_as=chosen)
    entries = by_name(document, "encodings")
    assert (entries["b"]["output_dtype"], entries["a"]["output_dtype"]) == types
    assert entries["b"].get("y_zero_point") == points[0]
    assert entries["a"].get("y_zero_point", 0) == pytest.approx(points[1], abs=1)


FLOAT_BIAS = {"params": {"bias": {"is_quantized": "False"}}}


def test_2_0_0_adds_biases_with_the_accumulators_scale_on_request(exported):
    plain = exported(convolution(), "aimet-2.0.0", shape=SHAPE, changes=FLOAT_BIAS | PER_CHANNEL)
    assert "b" not in by_name(plain, "encodings")
    document = exported(
        convolution(),
        "aimet-2.0.0",
        shape=SHAPE,
        changes=FLOAT_BIAS | PER_CHANNEL,
        int32_biases=True,
    )
    entries = by_name(document, "encodings")
    assert entries["b"]["output_dtype"] == "int32"
    assert entries["b"]["axis"] == 0
    expected = np.array(entries["w"]["y_scale"]) * entries["x"]["y_scale"]
    np.testing.assert_array_equal(entries["b"]["y_scale"], expected)


def test_a_normalisations_bias_has_a_scale_of_its_own(exported):
    proto = model(
        [node("LayerNormalization", "x scale shift", "y", "norm")],
        constants={"scale": floats(4), "shift": floats(4, seed=1)},
    )
    document = exported(proto, "aimet-2.0.0", changes=FLOAT_BIAS, int32_biases=True)
    bias = by_name(document, "encodings")["shift"]
    assert bias["y_scale"] == pytest.approx(np.abs(floats(4, seed=1)).max() / 2**31)


def test_biases_behind_float_weights_are_left_float(exported):
    changes = {"params": {"weight": {"is_quantized": "False"}, "bias": {"is_quantized": "False"}}}
    document = exported(
        convolution(), "aimet-2.0.0", shape=SHAPE, changes=changes, int32_biases=True
    )
    assert set(by_name(document, "encodings")) == {"x", "y"}


def test_a_bias_of_two_accumulators_is_refused(exported):
    proto = model(
        [node("Gemm", "x v b", "h", "first"), node("Gemm", "h w b", "y", "second")],
        constants={"v": floats(4, 4), "w": floats(4, 4, seed=1), "b": floats(4)},
    )
    with pytest.raises(QuantSimError, match="`b` is shared by first and second") as caught:
        exported(proto, "aimet-2.0.0", changes=FLOAT_BIAS, int32_biases=True)
    assert caught.value.code == "not-expressible"


def test_the_arguments_of_the_whole_are_told(exported):
    document = exported(
        convolution(), "aimet-1.0.0", shape=SHAPE, scheme="tf_enhanced", act_bits=16
    )
    assert document["quantizer_args"] == {
        "activation_bitwidth": 16,
        "dtype": "int",
        "is_symmetric": True,
        "param_bitwidth": 8,
        "per_channel_quantization": False,
        "quant_scheme": "tf_enhanced",
    }


def test_what_only_2_0_0_has_is_refused_elsewhere(exported):
    for options in ({"int32_biases": True}, {"activations_as": "signed"}):
        with pytest.raises(QuantSimError, match=r"only aimet-2\.0\.0") as caught:
            exported(convolution(), "aimet-1.0.0", shape=SHAPE, **options)
        assert caught.value.code == "not-expressible"


def test_a_mistyped_format_is_answered_with_the_nearest(exported):
    with pytest.raises(QuantSimError, match=r"did you mean aimet-1\.0\.0") as caught:
        exported(convolution(), "aimet-1.0", shape=SHAPE)
    assert caught.value.code == "format-unknown"


def test_a_quantizer_that_was_shown_nothing_is_named(exported):
    proto = model(
        [node("Slice", "x zero zero", "none", "slice"), node("Sigmoid", "none", "y", "sigmoid")],
        constants={"zero": np.array([0])},
    )
    with pytest.raises(QuantSimError, match="`y`") as caught:
        exported(proto, "aimet-1.0.0")
    assert caught.value.code == "quantizer-without-data"


def test_encodings_are_those_of_simulate_and_the_file_holds_them(cnn, digits, tmp_path):
    path = tmp_path / "net.encodings"
    document = export(cnn, "default_config", digits, format="aimet-0.6.1", path=path)
    assert json.loads(path.read_text()) == document
    report = quantsim_viz.simulate(cnn, "default_config", digits)
    written = {**document["param_encodings"], **document["activation_encodings"]}
    assert written.keys() == report.encodings.keys()
    for name, grids in report.encodings.items():
        assert [g["scale"] for g in written[name]] == [g["scale"] for g in grids]
        assert [g["offset"] for g in written[name]] == [g["offset"] for g in grids]
