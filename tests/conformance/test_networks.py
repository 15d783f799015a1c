"""Whole networks against onnxruntime: outputs within 1e-4 of their range."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from support.light_models import NAMES, build
from support.trained_networks import file_bytes, trained_network, written_lines

from quantsim_viz.model import Model, load_model
from quantsim_viz.sim.operators import compile_graph, to_numpy, to_tensor

pytestmark = pytest.mark.slow

TOLERANCE = 1e-4


def session_of(model: Model, *, optimized: bool) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    if not optimized:
        level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.graph_optimization_level = level
    return onnxruntime.InferenceSession(model.proto.SerializeToString(), options)


@lru_cache(maxsize=1)
def light(name: str) -> Model:
    return load_model(build(name))


def worst(model: Model, feed: dict[str, np.ndarray], *, optimized: bool = True) -> float:
    """Return the largest difference to onnxruntime over all outputs, as a share of their range."""
    session = session_of(model, optimized=optimized)
    expected = session.run(None, feed)
    program = compile_graph(model.graph, opset=model.opset, functions=model.functions)
    names = [name for name in model.graph.inputs if name in feed]
    with torch.no_grad():
        results = program.run([to_tensor(feed[name]) for name in names])
    shares = []
    for theirs, ours in zip(expected, results, strict=True):
        assert ours is not None
        got = to_numpy(ours)
        assert (got.dtype, got.shape) == (theirs.dtype, theirs.shape)
        shares.append(float(np.abs(got - theirs).max() / np.ptp(theirs)))
    return max(shares)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("name", NAMES)
def test_well_known_networks_agree(name, batch):
    model = light(name)
    (source,) = (n for n in model.graph.inputs if n not in model.graph.initializers)
    rng = np.random.default_rng(batch)
    feed = {source: rng.standard_normal((batch, 3, 224, 224)).astype(np.float32)}
    assert worst(model, feed) < TOLERANCE


SAMPLES = Path(__file__).parents[2] / "sample_models"


@pytest.mark.parametrize("samples", [1, 64])
@pytest.mark.parametrize("name", ["digits_cnn", "digits_mobilenet", "digits_vit"])
@pytest.mark.parametrize("optimized", [False, True])
def test_sample_models_agree_on_their_data(name, samples, optimized):
    model = load_model(SAMPLES / f"{name}.onnx")
    with np.load(SAMPLES / "digits_test.npz") as data:
        feed = {n: data[n][:samples] for n in model.graph.inputs if n in data}
    assert worst(model, feed, optimized=optimized) < TOLERANCE


TRAINED = [
    ("ppocr_cls", "x", written_lines(1, 48, 192)),
    ("ppocr_cls", "x", written_lines(3, 48, 128)),
    ("ppocr_det", "x", written_lines(1, 160, 224)),
    ("ppocr_det", "x", written_lines(2, 96, 128)),
    ("ppocr_rec", "x", written_lines(1, 48, 160)),
    ("ppocr_rec", "x", written_lines(2, 48, 320)),
    ("magika", "bytes", file_bytes(1)),
    ("magika", "bytes", file_bytes(3)),
]
"""Network, its input, and data: two batch sizes each, and two picture sizes."""


@pytest.mark.parametrize(
    ("name", "source", "data"), TRAINED, ids=[f"{n}-{d.shape}" for n, _, d in TRAINED]
)
def test_trained_networks_agree_on_realistic_inputs(name, source, data):
    model = load_model(trained_network(name))
    assert worst(model, {source: data}) < TOLERANCE
