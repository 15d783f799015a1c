"""`compare`: several configurations on the same model and data, each distinct value once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from quantsim_viz.errors import ConfigError
from quantsim_viz.report.compare import Comparison
from quantsim_viz.resolve.difference import diff_cascades
from quantsim_viz.sim.calibrate import Scheme
from quantsim_viz.sim.execute import Watch
from quantsim_viz.sim.simulate import accepted, as_model, simulate_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch

    from quantsim_viz.sim.engine import Engine
    from quantsim_viz.sim.execute import Progress


def compare(
    model: Any,
    configs: Sequence[Any] | Mapping[str, Any],
    data: Any,
    *,
    scheme: str = "min_max",
    percentile: float = 100.0,
    calibration: Any = None,
    param_bits: Any = 8,
    act_bits: Any = 8,
    measure: Sequence[str] = ("cumulative",),
    metric: str | None = None,
    batch_size: int | None = None,
    samples: int | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    device: torch.device | str = "cpu",
    engine: Engine | None = None,
) -> Comparison:
    """Simulate configurations side by side, on the same samples.

    Args:
        model: From `load_model`, or anything that it takes.
        configs: Two or more, each from `load_config` or anything that it takes; as a mapping the
            keys are their names. The others are compared with the first.
        data: As for `simulate`, and so are all further arguments.
        scheme: How observed ranges become encodings.
        percentile: What the scheme `percentile` keeps.
        calibration: Data to find ranges on.
        param_bits: Precision of parameters.
        act_bits: Precision of activations.
        measure: What to measure.
        metric: Accuracy to compute.
        batch_size: Samples executed at once.
        samples: Use the first so many samples only.
        seed: Draw as many instead.
        progress: Told how far it is.
        cancelled: Asked whether to stop.
        device: Where to execute; tested on the CPU only.
        engine: An engine of this model to use again.

    Raises:
        ConfigError: Fewer than two configurations, or AIMET refuses one.
        DataError: The data do not fit the model.
    """
    named = configs if isinstance(configs, Mapping) else {}
    values = list(named.values()) if named else list(configs)
    if len(values) < 2:
        raise ConfigError(
            f"{len(values)} configuration(s) to compare",
            code="too-few-configs",
            hint="give two or more",
        )
    loaded = as_model(engine.model if engine is not None else model)
    bits = (param_bits, act_bits)
    cascades = [accepted(loaded, value, bits) for value in values]
    reports = simulate_all(
        loaded,
        cascades,
        data,
        scheme=Scheme(scheme, percentile),
        calibration=calibration,
        bits=bits,
        measure=measure,
        metric=metric,
        batch_size=batch_size,
        samples=samples,
        seed=seed,
        watch=Watch(progress, cancelled),
        device=device,
        engine=engine,
    )
    names = tuple(named) or unique_names([cascade.config.name for cascade in cascades])
    differences = tuple(diff_cascades(cascades[0], other).to_dict() for other in cascades[1:])
    return Comparison(names, tuple(reports), differences)


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return names with a number where one repeats.

    >>> unique_names(["a", "b", "a"])
    ('a', 'b', 'a (2)')
    """
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(unique)
