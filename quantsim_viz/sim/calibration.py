"""`calibrated`: the encodings of a configuration, without an evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quantsim_viz.sim.calibrate import Scheme, calibrate
from quantsim_viz.sim.data import load_data, rows_at_once
from quantsim_viz.sim.engine import Engine
from quantsim_viz.sim.simulate import accepted, as_model
from quantsim_viz.sim.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import torch

    from quantsim_viz.resolve import Cascade
    from quantsim_viz.sim.data import Data
    from quantsim_viz.sim.encodings import Encoding
    from quantsim_viz.sim.watch import Progress


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """A configuration with the encoding of every quantizer that it enables.

    Attributes:
        engine: Executes the model and knows its constants.
        cascade: The configuration, resolved on the model.
        encodings: By tensor, in the order of the cascade; a quantizer that was shown no data has
            none.
        scheme: How they were found.
        data: What they were found on.
        batch_size: How many samples at once.
    """

    engine: Engine
    cascade: Cascade
    encodings: Mapping[str, Encoding]
    scheme: Scheme
    data: Data
    batch_size: int


def calibrated(
    model: Any,
    config: Any,
    data: Any,
    *,
    scheme: str = "min_max",
    percentile: float = 100.0,
    param_bits: Any = 8,
    act_bits: Any = 8,
    batch_size: int | None = None,
    samples: int | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    device: torch.device | str = "cpu",
    engine: Engine | None = None,
) -> Calibration:
    """Find the encodings of a configuration exactly as `simulate` finds them.

    Args:
        model: From `load_model`, or anything that it takes.
        config: From `load_config`, or anything that it takes, or a cascade.
        data: What to find ranges on.
        scheme: How observed ranges become encodings.
        percentile: What the scheme `percentile` keeps.
        param_bits: Precision of parameters.
        act_bits: Precision of activations.
        batch_size: Samples executed at once.
        samples: Use the first so many samples only.
        seed: Draw as many instead.
        progress: As for `simulate`.
        cancelled: As for `simulate`.
        device: Where to execute; tested on the CPU only.
        engine: An engine of this model to use again, with what it remembers.

    Raises:
        ConfigError: AIMET refuses the configuration.
        DataError: The data do not fit the model, or a node makes NaN or infinity of them.
        Cancelled: The user asked to stop.
    """
    loaded = engine.model if engine is not None else as_model(model)
    cascade = accepted(loaded, config, (param_bits, act_bits))
    rule = Scheme(scheme, percentile)
    ranges = load_data(loaded, data, samples=samples, seed=seed)
    engine = engine or Engine(loaded, device=device)
    watch = Watch(progress, cancelled)
    watch.expect({"calibrate": 10})
    return find_encodings(engine, cascade, ranges, rule, rows_at_once(batch_size), watch)


def find_encodings(
    engine: Engine, cascade: Cascade, ranges: Data, scheme: Scheme, batch_size: int, watch: Watch
) -> Calibration:
    """Calibrate one configuration on an engine."""
    found = calibrate(engine, [cascade], ranges, scheme, batch_size=batch_size, watch=watch)[0]
    encodings = {name: found[name] for name in cascade.quantizers if name in found}
    return Calibration(engine, cascade, encodings, scheme, ranges, batch_size)
