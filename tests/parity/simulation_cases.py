"""Cases for the referee of simulations: model, configuration, precision, scheme and data."""

from __future__ import annotations

import base64
import io
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from random_configs import random_config
from random_models import random_model

from quantsim_viz.config import list_presets
from quantsim_viz.samples import list_samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Array = np.ndarray[Any, Any]
    Batch = dict[str, Array]

SCHEMES = ("min_max", "tf_enhanced", "percentile")
PERCENTILES = (100.0, 100.0, 99.99, 99.9, 99.0, 95.0)
PARAM_BITS = (4, 8, 8, 8, 16, 32, "float16")
ACT_BITS = (4, 8, 8, 8, 16, 16, 32, "float16")

KINDS: dict[str, Callable[[Array, int], Array]] = {
    "normal": lambda x, _: x,
    "positive": lambda x, _: np.abs(x),
    "negative": lambda x, _: -np.abs(x),
    "growing": lambda x, batch: x * 3.0**batch,
    "shrinking": lambda x, batch: x / 3.0**batch,
    "heavy": lambda x, _: x**3,
    "shifted": lambda x, _: x / 4 + 3,
    "sparse": lambda x, _: np.maximum(x, 0),
    "tiny": lambda x, _: x * 1e-6,
    "large": lambda x, _: x * 1e4,
    "zeros": lambda x, _: x * 0,
    "zeros first": lambda x, batch: x * (batch > 0),
    "constant": lambda x, _: x * 0 + 1.5,
    "grid": lambda x, _: np.round(x * 8) / 8,
}
"""What is done to normally distributed inputs, by the batch's number."""


@dataclass(frozen=True)
class Case:
    """Everything that a simulation needs, for either side.

    Attributes:
        name: What to call it.
        model: The network.
        config: The configuration's document.
        bits: Of parameters and of activations.
        scheme: How observed data become a range.
        percentile: What the scheme `percentile` keeps.
        batches: Inputs by name; all but the last calibrate, the last is simulated.
    """

    name: str
    model: onnx.ModelProto
    config: dict[str, Any]
    bits: tuple[Any, Any]
    scheme: str
    percentile: float
    batches: tuple[Batch, ...]

    @property
    def label(self) -> str:
        """Name, precision and scheme."""
        kept = f" {self.percentile:g}" if self.percentile != 100 else ""
        return f"{self.name} {self.bits[0]}/{self.bits[1]} {self.scheme}{kept}"

    def job(self, **more: Any) -> str:
        """Return the referee's line for this case."""
        arrays = {
            f"{number}/{name}": array
            for number, batch in enumerate(self.batches)
            for name, array in batch.items()
        }
        file = io.BytesIO()
        np.savez(file, **arrays)
        return json.dumps(
            {
                "id": self.name,
                "model": base64.b64encode(self.model.SerializeToString()).decode(),
                "config": self.config,
                "bits": self.bits,
                "scheme": self.scheme,
                "percentile": self.percentile,
                "batches": base64.b64encode(file.getvalue()).decode(),
                **more,
            }
        )


def random_case(seed: int, scheme: str | None = None) -> Case:
    """Build the case of a seed: a random network and configuration, 1 to 3 batches of data."""
    rng = random.Random(f"simulation {seed}")
    model = random_model(seed)
    drawn = rng.choice(SCHEMES)
    return Case(
        str(seed),
        model,
        random_config(seed, model),
        (rng.choice(PARAM_BITS), rng.choice(ACT_BITS)),
        scheme or drawn,
        rng.choice(PERCENTILES) if (scheme or drawn) == "percentile" else 100.0,
        tuple(random_batches(model, seed, rng.choice([1, 2, 2, 3]), rng.choice([*KINDS]))),
    )


def random_batches(
    model: onnx.ModelProto, seed: int, calibrating: int, kind: str
) -> Iterator[Batch]:
    """Draw so many batches to calibrate on and one to simulate."""
    stored = {each.name for each in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in stored]
    for number in range(calibrating + 1):
        rng = np.random.default_rng([seed, number])
        yield {
            value.name: np.asarray(
                KINDS[kind](rng.standard_normal(_shape(value)), number), np.float32
            )
            for value in inputs
        }


def _shape(value: onnx.ValueInfoProto) -> Sequence[int]:
    return [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]


def sample_cases(
    schemes: Sequence[str] = SCHEMES, models: Sequence[str] | None = None
) -> Iterator[Case]:
    """Yield every sample model × preset × scheme, with 8 and with 16 bits for activations.

    Args:
        schemes: Which schemes.
        models: Which sample models, None for all.
    """
    for sample in list_samples():
        if models is not None and sample.name not in models:
            continue
        model = onnx.load(sample.model)
        given = [value.name for value in model.graph.input]
        with np.load(sample.calibration) as arrays:
            calibration = {name: arrays[name][:64] for name in given}
        with np.load(sample.data) as arrays:
            evaluation = {name: arrays[name][:64] for name in given}
        halves = [
            {n: a[part] for n, a in calibration.items()} for part in np.split(np.arange(64), 2)
        ]
        for entry in list_presets():
            config = json.loads(Path(entry.path).read_text(encoding="utf-8"))
            for scheme in schemes:
                for bits in ((8, 8), (8, 16)):
                    yield Case(
                        f"{sample.name} {entry.name}",
                        model,
                        config,
                        bits,
                        scheme,
                        100.0,
                        (*halves, evaluation),
                    )
