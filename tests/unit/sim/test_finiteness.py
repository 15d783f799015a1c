from __future__ import annotations

import numpy as np
import onnx
import pytest
from support.small_models import floats, model, node

from quantsim_viz import load_model, simulate
from quantsim_viz.errors import DataError

from .conftest import document

SCHEMES = ("min_max", "tf_enhanced", "percentile", "mse")
LARGE = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 300.0]], np.float32)


def graph(*nodes, **constants):
    return load_model(model(list(nodes), inputs={"x": ["N", 3]}, constants=constants))


@pytest.mark.parametrize("batch_size", [1, 2])
def test_the_node_that_overflows_is_named(everything, batch_size):
    network = graph(
        node("Relu", "x", "r", "relu1"),
        node("Exp", "r", "e", "exp1"),
        node("Relu", "e", "y", "last"),
    )
    with pytest.raises(DataError, match="infinity at 'e', output of node exp1 \\(Exp\\)") as caught:
        simulate(network, everything, {"x": LARGE}, batch_size=batch_size)
    assert caught.value.code == "infinity-in-float-run"


def test_nan_is_traced_to_the_node_that_overflowed(everything):
    network = graph(node("Exp", "x", "e", "exp1"), node("Sub", "e e", "y", "sub1"))
    with pytest.raises(DataError, match="node exp1"):
        simulate(network, everything, {"x": LARGE})


def test_nan_made_of_constant_infinities_is_named_where_it_arises(everything):
    network = graph(
        node("Add", "x mask", "a", "add1"),
        node("Sub", "a a", "y", "sub1"),
        mask=np.array([0, 0, -np.inf], np.float32),
    )
    with pytest.raises(DataError, match="NaN at 'y', output of node sub1"):
        simulate(network, everything, {"x": LARGE})


@pytest.mark.parametrize("scheme", SCHEMES)
def test_infinities_handed_on_from_a_constant_are_nobodys_fault(everything, scheme):
    network = graph(
        node("Add", "x mask", "a", "add1"),
        node("Softmax", "a", "s", "softmax1", axis=-1),
        node("MatMul", "s w", "y", "matmul1"),
        mask=np.array([0, 0, -np.inf], np.float32),
        w=floats(3, 2, seed=1),
    )
    report = simulate(network, everything, {"x": LARGE}, scheme=scheme)
    assert [row.tensor for row in report.rows] == ["a", "s", "y"]


def test_large_values_that_are_finite_are_let_through(everything):
    network = graph(node("Relu", "x", "y", "relu1"))
    report = simulate(network, everything, {"x": LARGE * np.float32(1e35)})
    assert report.rows[0].powers["cumulative"].sqnr_db > 30


def overflowing():
    return graph(
        node("Relu", "x", "r", "relu1"),
        node("Exp", "r", "e", "exp1"),
        node("Reciprocal", "e", "i", "reciprocal1"),
        node("Relu", "i", "y", "last"),
    )


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_node_is_named_whatever_the_scheme(everything, scheme):
    with pytest.raises(DataError, match="infinity at 'e', output of node exp1") as caught:
        simulate(overflowing(), everything, {"x": LARGE}, scheme=scheme)
    assert caught.value.code == "infinity-in-float-run"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_node_is_named_where_only_the_calibration_data_overflow(everything, scheme):
    fine = {"x": LARGE[:1]}
    with pytest.raises(DataError, match="output of node exp1"):
        simulate(overflowing(), everything, fine, calibration={"x": LARGE}, scheme=scheme)


@pytest.mark.parametrize("batch_size", [1, 2])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_infinity_that_harms_nobody_is_named_in_a_warning(scheme, batch_size):
    config = document(op_type={"Exp": {"is_output_quantized": "False"}})
    report = simulate(overflowing(), config, {"x": LARGE}, scheme=scheme, batch_size=batch_size)
    (warning,) = [w for w in report.warnings if w.code == "infinity-in-float-run"]
    assert "infinity at 'e', output of node exp1 (Exp)" in warning.message
    assert warning.nodes == ("exp1",)
    assert report.rows[1].powers["cumulative"].signal == pytest.approx(
        (np.exp(LARGE.ravel()[:5].astype(np.float64)) ** 2).sum()
    )


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_infinity_at_an_output_is_refused_without_a_quantizer_too(scheme):
    network = graph(node("Relu", "x", "r", "relu1"), node("Exp", "r", "y", "exp1"))
    config = document(op_type={"Exp": {"is_output_quantized": "False"}})
    with pytest.raises(DataError, match="output of node exp1"):
        simulate(network, config, {"x": LARGE}, scheme=scheme)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_nan_is_refused_wherever_it_is_made(scheme):
    network = graph(
        node("Relu", "x", "r", "relu1"),
        node("Div", "r r", "d", "div1"),
        node("Where", "condition d r", "y", "where1"),
        condition=np.array([False, False, False]),
    )
    config = document(op_type={"Div": {"is_output_quantized": "False"}})
    with pytest.raises(DataError, match="NaN at 'd', output of node div1") as caught:
        simulate(network, config, {"x": LARGE * 0}, scheme=scheme)
    assert caught.value.code == "nan-in-float-run"


def test_the_first_of_several_nodes_is_named(everything):
    network = graph(
        node("Exp", "x", "e", "exp1"),
        node("Exp", "x", "f", "exp2"),
        node("Sub", "e f", "y", "sub1"),
    )
    with pytest.raises(DataError, match="node exp1"):
        simulate(network, everything, {"x": LARGE})


def test_nan_among_the_weights_is_said_of_the_constant():
    weight = floats(3, 2, seed=1)
    weight[0, 0] = np.nan
    network = graph(node("MatMul", "x w", "y", "matmul1"), w=weight)
    off = document(defaults={"ops": {}, "params": {"is_quantized": "False"}}, model_input={})
    with pytest.raises(DataError, match="constant 'w', which node matmul1 \\(MatMul\\) reads"):
        simulate(network, off, {"x": LARGE})


@pytest.mark.parametrize("scheme", ["min_max", "tf_enhanced"])
@pytest.mark.parametrize("harmful", ["data", "calibration"])
def test_what_values_of_a_file_do_is_said_of_that_file(scheme, harmful, tmp_path):
    network = graph(node("Exp", "x", "y", "exp1"))
    files = {name: tmp_path / f"{name}.npz" for name in ("data", "calibration")}
    for name, path in files.items():
        np.savez(path, x=LARGE if name == harmful else LARGE[:1])
    options = {"calibration": files["calibration"], "scheme": scheme}
    with pytest.raises(DataError) as caught:
        simulate(network, document(), files["data"], **options)
    assert caught.value.code == "infinity-in-float-run"
    assert caught.value.path == str(files[harmful])


def test_nan_among_the_weights_is_said_of_the_model(tmp_path):
    path, data = str(tmp_path / "net.onnx"), str(tmp_path / "data.npz")
    weights = {"w": np.array([[np.nan], [1], [2]], np.float32)}
    proto = model([node("MatMul", "x w", "y")], inputs={"x": ["N", 3]}, constants=weights)
    onnx.save(proto, path)
    np.savez(data, x=floats(2, 3))
    with pytest.raises(DataError) as caught:
        simulate(path, document(), data)
    assert (caught.value.code, caught.value.path) == ("nan-in-float-run", path)


def test_an_infinity_that_a_node_was_told_to_write_is_nobodys_fault():
    import onnx

    fill = onnx.numpy_helper.from_array(np.array([-np.inf], np.float32))
    network = graph(
        node("Shape", "x", "shape", "shape1"),
        node("ConstantOfShape", "shape", "mask", "fill1", value=fill),
        node("Where", "keep x mask", "m", "where1"),
        node("Softmax", "m", "y", "softmax1", axis=-1),
        keep=np.array([True, True, False]),
    )
    kinds = ("Where", "ConstantOfShape")
    config = document(op_type={kind: {"is_output_quantized": "False"} for kind in kinds})
    report = simulate(network, config, {"x": LARGE})
    assert [w.code for w in report.warnings] == []
    assert report.rows[-1].powers["cumulative"].noise is not None


def test_infinities_behind_a_reshape_are_put_down_to_who_made_them():
    network = graph(
        node("Exp", "x", "e", "exp1"),
        node("Reshape", "e shape", "r", "view"),
        node("Reciprocal", "r", "i", "reciprocal1"),
        node("Relu", "i", "y", "last"),
        shape=np.array([-1]),
    )
    config = document(op_type={"Exp": {"is_output_quantized": "False"}})
    report = simulate(network, config, {"x": LARGE})
    assert [w.nodes for w in report.warnings] == [("exp1",)]
