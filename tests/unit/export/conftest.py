"""Small calibrated simulations to export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from support.small_configs import quantize_everything

from quantsim_viz import export
from quantsim_viz.config import load_config

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLES = Path(__file__).parents[3] / "sample_models"


@pytest.fixture
def exported() -> Callable[..., Any]:
    """Return a function that exports a small model on seeded data."""

    def run(proto: Any, target: str, *, shape: tuple[int, ...] = (6, 4), **options: Any) -> Any:
        names = [
            value.name
            for value in proto.graph.input
            if value.name not in {tensor.name for tensor in proto.graph.initializer}
        ]
        data = options.pop("data", None) or {
            name: np.random.default_rng(seed).normal(size=shape).astype(np.float32)
            for seed, name in enumerate(names)
        }
        chosen = load_config(quantize_everything(**options.pop("changes", {})))
        return export(proto, chosen, data, format=target, **options)

    return run


@pytest.fixture
def cnn() -> Path:
    """Return the path of the smallest sample model."""
    return SAMPLES / "digits_cnn.onnx"


@pytest.fixture
def digits() -> dict[str, np.ndarray]:
    """Return a few samples for it."""
    with np.load(SAMPLES / "digits_test.npz") as arrays:
        return {name: arrays[name][:16] for name in arrays.files if name != "labels"}
