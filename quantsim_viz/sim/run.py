"""`run`: the engine alone, float or simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapidfuzz import process

from quantsim_viz.errors import ModelError
from quantsim_viz.sim.calibrate import Scheme, calibrate
from quantsim_viz.sim.data import load_data, rows_at_once
from quantsim_viz.sim.engine import Engine
from quantsim_viz.sim.simulate import accepted, as_model
from quantsim_viz.sim.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    import torch

    from quantsim_viz.sim.watch import Progress


def run(
    model: Any,
    inputs: Any,
    *,
    config: Any = None,
    tensors: Sequence[str] | None = None,
    scheme: str = "min_max",
    percentile: float = 100.0,
    calibration: Any = None,
    param_bits: Any = 8,
    act_bits: Any = 8,
    batch_size: int | None = None,
    samples: int | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    device: torch.device | str = "cpu",
) -> dict[str, np.ndarray[Any, Any]]:
    """Execute a model, in float or, with a configuration, simulated.

    Args:
        model: From `load_model`, or anything that it takes.
        inputs: What to feed it: arrays by input name, or any other data.
        config: A configuration to simulate.
        tensors: Inner tensors to return beside the outputs. A simulated tensor is returned as its
            consumers see it, after its own quantizer.
        scheme: How observed ranges become encodings.
        percentile: What the scheme `percentile` keeps.
        calibration: Data to find ranges on; the inputs themselves unless given.
        param_bits: Precision of parameters.
        act_bits: Precision of activations.
        batch_size: Samples executed at once.
        samples: Use the first so many samples only.
        seed: Draw as many instead.
        progress: As for `simulate`.
        cancelled: As for `simulate`.
        device: Where to execute; tested on the CPU only.

    Returns:
        The outputs and the tensors asked for, by name, samples on the first axis.

    Raises:
        ConfigError: AIMET refuses the configuration.
        DataError: The inputs do not fit the model.
        ModelError: The model has no tensor of a name asked for.
    """
    loaded = as_model(model)
    cascade = None if config is None else accepted(loaded, config, (param_bits, act_bits))
    data = load_data(loaded, inputs, samples=samples, seed=seed)
    engine = Engine(loaded, device=device)
    names = tuple(dict.fromkeys((*engine.network.outputs, *(tensors or ()))))
    unknown = [name for name in names if name not in engine.table.plain.seen]
    if unknown:
        near = process.extractOne(unknown[0], list(engine.table.plain.seen), score_cutoff=50)
        raise ModelError(
            f"the model has no tensor {unknown[0]!r}",
            code="tensor-unknown",
            hint=f"did you mean {near[0]!r}?" if near else "",
            path=loaded.path,
        )
    watch = Watch(progress, cancelled)
    watch.expect({"run": 10} if cascade is None else {"calibrate": 12, "run": 10})
    size = rows_at_once(batch_size)
    trace = engine.table.plain
    if cascade is not None:
        ranges = data if calibration is None else load_data(loaded, calibration)
        rule = Scheme(scheme, percentile)
        found = calibrate(engine, [cascade], ranges, rule, batch_size=size, watch=watch)
        trace = engine.table.trace(found[0])
    keep = [trace.seen[name] for name in names]
    kept = tuple(dict.fromkeys(keep))
    totals = engine.measure([], data, batch_size=size, keep=kept, watch=watch, stage="run")
    return {name: totals.outputs[key] for name, key in zip(names, keep, strict=True)}
