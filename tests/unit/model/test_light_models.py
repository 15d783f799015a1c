import numpy as np
import onnxruntime
import pytest
from support.light_models import build
from support.small_models import floats

from quantsim_viz.model import load_model


@pytest.mark.parametrize(
    "name",
    [
        "squeezenet",
        "shufflenet",
        pytest.param("resnet50", marks=pytest.mark.slow),
        pytest.param("densenet121", marks=pytest.mark.slow),
        pytest.param("inception_v2", marks=pytest.mark.slow),
    ],
)
def test_light_models_have_outputs_with_a_range_at_any_batch(name):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(build(name).SerializeToString(), options)
    images = floats(3, 3, 224, 224)
    (given,) = session.get_inputs()
    three = session.run(None, {given.name: images})[0]
    one = session.run(None, {given.name: images[:1]})[0]
    np.testing.assert_allclose(three[:1], one, rtol=1e-4, atol=1e-6)
    assert np.isfinite(three).all()
    assert three.std(axis=1).min() > 1e-3
    assert np.abs(three[0] - three[1]).max() > 1e-2 * three.std()


def test_light_models_are_the_same_for_the_same_seed():
    build.cache_clear()
    first = load_model(build("squeezenet")).sha256
    build.cache_clear()
    assert load_model(build("squeezenet")).sha256 == first
    assert load_model(build("squeezenet", seed=1)).sha256 != first


def test_light_models_store_every_weight():
    loaded = load_model(build("squeezenet"))
    assert {n.op_type for n in loaded.graph.nodes}.isdisjoint({"ConstantOfShape", "Constant"})
    assert loaded.graph.inputs == ("data_0",)
    assert loaded.graph.tensors["data_0"].shape == ("N", 3, 224, 224)
    activations = [t for t in loaded.graph.tensors.values() if not t.is_initializer]
    assert {t.shape[0] for t in activations if t.shape is not None} == {"N"}
