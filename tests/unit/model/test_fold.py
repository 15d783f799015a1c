import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper
from support.light_models import build
from support.small_models import body, floats, model, node, value

from quantsim_viz.errors import ModelError
from quantsim_viz.model import load_model


def norm_constants(channels, prefix="n"):
    generator = np.random.default_rng(7)
    return {
        f"{prefix}_scale": generator.uniform(0.5, 2, channels).astype(np.float32),
        f"{prefix}_bias": generator.normal(size=channels).astype(np.float32),
        f"{prefix}_mean": generator.normal(size=channels).astype(np.float32),
        f"{prefix}_var": generator.uniform(0.5, 2, channels).astype(np.float32),
    }


def norm(source, target, name="bn", prefix="n", **attributes):
    names = " ".join(f"{prefix}_{part}" for part in ("scale", "bias", "mean", "var"))
    return node("BatchNormalization", f"{source} {names}", target, name, **attributes)


def run(proto, feed):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(proto.SerializeToString(), options)
    return session.run(None, feed)[0]


def assert_folds(proto, feed):
    plain, folded = load_model(proto), load_model(proto, fold_batch_norms=True)
    assert "BatchNormalization" not in {n.op_type for n in folded.graph.nodes}
    expected = run(plain.proto, feed)
    error = np.abs(run(folded.proto, feed) - expected).max() / np.abs(expected).max()
    assert error < 1e-5
    return folded


IMAGE = {"x": ["N", 4, 9, 9]}


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("group", [1, 2])
@pytest.mark.parametrize("op_type", ["Conv", "ConvTranspose"])
def test_a_normalisation_folds_into_a_convolution(op_type, group, bias):
    shape = (6, 4 // group, 3, 3) if op_type == "Conv" else (4, 6 // group, 3, 3)
    constants = {"w": floats(*shape), **norm_constants(6)}
    if bias:
        constants["b"] = floats(6, seed=1)
    proto = model(
        [
            node(op_type, "x w b" if bias else "x w", "c", "conv", group=group),
            norm("c", "n", epsilon=1e-3),
            node("Relu", "n", "y"),
        ],
        inputs=IMAGE,
        constants=constants,
    )
    folded = assert_folds(proto, {"x": floats(2, 4, 9, 9, seed=3)})
    assert folded.graph.nodes[0].outputs == ("n",)
    assert list(folded.graph.initializers) == ["w", "b" if bias else "w_bias"]


@pytest.mark.parametrize(
    "attributes",
    [{}, {"transB": 1}, {"alpha": 0.5, "beta": 2.0}, {"beta": 0.0}, {"transB": 1, "beta": 0.5}],
)
@pytest.mark.parametrize("bias_shape", [None, (6,), (1, 6), (1,)])
def test_a_normalisation_folds_into_a_gemm(attributes, bias_shape):
    constants = {
        "w": floats(*((6, 4) if "transB" in attributes else (4, 6))),
        **norm_constants(6),
    }
    if bias_shape:
        constants["b"] = floats(*bias_shape, seed=1)
    proto = model(
        [node("Gemm", "x w b" if bias_shape else "x w", "g", **attributes), norm("g", "y")],
        constants=constants,
    )
    assert_folds(proto, {"x": floats(3, 4, seed=3)})


def test_weights_in_constant_nodes_fold_as_well():
    constants = norm_constants(6)
    proto = model(
        [
            node("Constant", "", "w", value=numpy_helper.from_array(floats(6, 4, 3, 3))),
            *(
                node("Constant", "", name, value=numpy_helper.from_array(array))
                for name, array in constants.items()
            ),
            node("Conv", "x w", "c"),
            norm("c", "y"),
        ],
        inputs=IMAGE,
    )
    folded = assert_folds(proto, {"x": floats(2, 4, 9, 9)})
    assert [n.op_type for n in folded.graph.nodes] == ["Constant", "Conv"]


def test_external_weights_fold(tmp_path):
    proto = model(
        [node("Conv", "x w", "c"), norm("c", "y")],
        inputs=IMAGE,
        constants={"w": floats(6, 4, 3, 3), **norm_constants(6)},
    )
    feed = {"x": floats(2, 4, 9, 9)}
    expected = run(proto, feed)
    path = tmp_path / "net.onnx"
    onnx.save(proto, path, save_as_external_data=True, location="w.bin", size_threshold=0)
    folded = load_model(path, fold_batch_norms=True)
    np.testing.assert_allclose(run(folded.proto, feed), expected, rtol=1e-5, atol=1e-5)
    (tmp_path / "w.bin").unlink()
    with pytest.raises(ModelError) as caught:
        load_model(path, fold_batch_norms=True)
    assert caught.value.code == "missing-external-data"


def used_twice():
    return [node("Conv", "x w", "c"), norm("c", "n"), node("Add", "n c", "y")], {}


def graph_output():
    return [node("Conv", "x w", "c"), norm("c", "y")], {"outputs": ["y", "c"]}


def shared_weight():
    nodes = [node("Conv", "x w", "c"), norm("c", "n"), node("Conv", "x w", "d")]
    return [*nodes, node("Add", "n d", "y")], {}


def behind_relu():
    return [node("Conv", "x w", "c"), node("Relu", "c", "r"), norm("r", "y")], {}


def training():
    return [node("Conv", "x w", "c"), norm("c", "y", training_mode=1)], {"outputs": ["y"]}


def computed_weight():
    return [node("Neg", "w", "v"), node("Conv", "x v", "c"), norm("c", "y")], {}


def read_by_a_body():
    branch = body([node("Neg", "c", "t")], outputs=[value("t", None)])
    chosen = node("If", "cond", "i", then_branch=branch, else_branch=branch)
    return [node("Conv", "x w", "c"), norm("c", "n"), chosen, node("Add", "n i", "y")], {}


@pytest.mark.parametrize(
    "case",
    [
        used_twice,
        graph_output,
        shared_weight,
        behind_relu,
        training,
        computed_weight,
        read_by_a_body,
    ],
)
def test_a_normalisation_that_cannot_be_folded_stays(case):
    nodes, options = case()
    constants = {"w": floats(6, 4, 3, 3), "cond": np.array(True), **norm_constants(6)}
    proto = model(nodes, inputs=IMAGE, constants=constants, **options)
    if case is training:
        norm_node = proto.graph.node[1]
        norm_node.output.extend(["mean_out", "var_out"])
    folded = load_model(proto, fold_batch_norms=True)
    assert [n.op_type for n in folded.graph.nodes] == [n.op_type for n in nodes]
    for name in ("w", "n_scale"):
        np.testing.assert_array_equal(folded.constant(name).numpy(), constants[name])


def test_constants_shared_by_two_normalisations_serve_both():
    proto = model(
        [
            node("Conv", "x w", "c"),
            norm("c", "n", "bn1"),
            node("Conv", "n v", "d"),
            norm("d", "y", "bn2"),
        ],
        inputs=IMAGE,
        constants={"w": floats(6, 4, 3, 3), "v": floats(6, 6, 1, 1), **norm_constants(6)},
    )
    folded = assert_folds(proto, {"x": floats(2, 4, 9, 9)})
    assert list(folded.graph.initializers) == ["w", "v", "w_bias", "v_bias"]


def test_node_names_are_the_same_with_and_without_folding():
    proto = model(
        [node("Conv", "x w", "c"), norm("c", "n", ""), node("Conv", "n v", "y")],
        inputs=IMAGE,
        constants={"w": floats(6, 4, 3, 3), "v": floats(6, 6, 1, 1), **norm_constants(6)},
    )
    names = [n.name for n in load_model(proto, fold_batch_norms=True).graph.nodes]
    assert names == ["/Conv", "/Conv_2"]


def test_a_whole_network_computes_the_same_folded():
    folded = assert_folds(build("shufflenet"), {"gpu_0/data_0": floats(1, 3, 224, 224)})
    assert len(folded.graph.nodes) == 154
