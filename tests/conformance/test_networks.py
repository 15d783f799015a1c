"""Whole networks against onnxruntime: outputs within 1e-4 of their range."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from support.light_models import NAMES, build
from support.network_referee import (
    TRAINED,
    VOICE_DETECTORS,
    difference,
    listened_to,
    worst,
)
from support.trained_networks import spoken_vowels, trained_network

from quantsim_viz.model import Model, load_model

pytestmark = pytest.mark.slow

TOLERANCE = 1e-4


@lru_cache(maxsize=1)
def light(name: str) -> Model:
    return load_model(build(name))


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


@pytest.mark.parametrize(
    ("name", "source", "data"), TRAINED, ids=[f"{n}-{d.shape}" for n, _, d in TRAINED]
)
def test_trained_networks_agree_on_realistic_inputs(name, source, data):
    model = load_model(trained_network(name))
    assert worst(model, {source: data}) < TOLERANCE


@pytest.mark.parametrize("voices", [1, 3])
@pytest.mark.parametrize(("name", "rate"), VOICE_DETECTORS)
def test_a_voice_detector_hears_the_same_over_a_second(name, rate, voices):
    model = load_model(trained_network(name))
    theirs, ours = listened_to(model, spoken_vowels(voices, rate, rate), rate)
    assert np.ptp(theirs[0]) > 0.2  # it hears speech in it, and pauses
    for expected, got in zip(theirs, ours, strict=True):
        assert difference(expected, got) < TOLERANCE
