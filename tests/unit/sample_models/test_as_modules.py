"""A sample opened as a PyTorch module is the same model as its file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from quantsim_viz import load_config, load_model, resolve, run
from quantsim_viz.samples import list_samples

FOLDER = Path(__file__).parents[3] / "sample_models"
FACTORIES = {
    entry["name"]: entry["module"]
    for entry in json.loads((FOLDER / "samples.json").read_text(encoding="utf-8"))["samples"]
}

each_sample = pytest.mark.parametrize("sample", list_samples(), ids=lambda sample: sample.name)


@each_sample
@pytest.mark.parametrize("preset", ["default_config", "aimet_default_per_channel"])
def test_every_node_has_the_same_status_and_module_path(sample, preset):
    config = load_config(preset)
    from_file = resolve(load_model(sample.model), config)
    from_module = resolve(load_model(FACTORIES[sample.name]), config)
    assert from_file.error is None
    assert list(from_module.nodes.values()) == list(from_file.nodes.values())
    with_module = [node for node in from_module.nodes.values() if node.module is not None]
    assert len(with_module) >= len(from_module.nodes) // 2


@each_sample
def test_outputs_are_the_same(sample):
    with np.load(sample.data) as archive:
        images = archive["image"][:16]
    (from_file,) = run(load_model(sample.model), {"image": images}).values()
    (from_module,) = run(load_model(FACTORIES[sample.name]), {"image": images}).values()
    assert from_file.shape == (16, 10)
    np.testing.assert_allclose(from_module, from_file, rtol=0, atol=1e-5 * np.ptp(from_file))
