"""`compare`: several configurations on the same model and data, each distinct value once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from quantsim_viz.config import load_config
from quantsim_viz.config.rules import Config
from quantsim_viz.diagnostics import Diagnostic, Severity
from quantsim_viz.errors import ConfigError
from quantsim_viz.report.compare import Comparison, Refused
from quantsim_viz.resolve import Cascade, resolve
from quantsim_viz.resolve.difference import diff_cascades
from quantsim_viz.sim.attribution import attribute, settled
from quantsim_viz.sim.calibrate import Scheme
from quantsim_viz.sim.data import ArrayData, load_data
from quantsim_viz.sim.engine import Engine
from quantsim_viz.sim.simulate import accepted, as_model, simulate_all
from quantsim_viz.sim.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    import torch

    from quantsim_viz.model import Model
    from quantsim_viz.report.attribution import Attribution
    from quantsim_viz.report.metrics import AnyMetric
    from quantsim_viz.report.report import Report
    from quantsim_viz.sim.data import Data
    from quantsim_viz.sim.watch import Progress

PARTICULAR = ("/op_type/", "/supergroups/", "/supergroup_pass_list/")
"""Where the rules stand that are about particular operators."""

CACHE_BYTES = 512 << 20
"""What an engine of our own may keep between a comparison and its attribution."""


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
    metric: AnyMetric | None = None,
    batch_size: int | None = None,
    samples: int | None = None,
    seed: int | None = None,
    attribution: bool = False,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    device: torch.device | str = "cpu",
    engine: Engine | None = None,
) -> Comparison:
    """Simulate configurations side by side, on the same samples.

    A configuration that AIMET refuses is shown as refused, and the others are compared all the
    same; the base is the first that is accepted.

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
        metric: Accuracy to compute, by name or a callable.
        batch_size: Samples executed at once.
        samples: Use the first so many samples only.
        seed: Draw as many instead.
        attribution: Put the difference of each from the base down to the rules that changed.
        progress: Told how far it is.
        cancelled: Asked whether to stop.
        device: Where to execute; tested on the CPU only.
        engine: An engine of this model to use again.

    Raises:
        ConfigError: Fewer than two configurations, or AIMET refuses them all.
        DataError: The data do not fit the model, or the labels not the metric.
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
    cascades = [_resolved(loaded, value, bits) for value in values]
    if all(cascade.error is not None for cascade in cascades):
        accepted(loaded, cascades[0], bits)
    names = tuple(named) or unique_names([cascade.config.name for cascade in cascades])
    evaluation = load_data(loaded, data, samples=samples, seed=seed)
    ranges = None if calibration is None else load_data(loaded, calibration)
    engine = engine or Engine(loaded, device=device, cache_bytes=CACHE_BYTES if attribution else 0)
    watch = Watch(progress, cancelled)
    common: dict[str, Any] = {
        "calibration": ranges,
        "metric": metric,
        "batch_size": batch_size,
        "engine": engine,
    }
    end = 1 / len(values) if attribution else 1.0
    reports = _simulated(
        loaded,
        cascades,
        evaluation,
        scheme=Scheme(scheme, percentile),
        bits=bits,
        measure=measure,
        watch=watch.part(0.0, end),
        **common,
    )
    base = next(index for index, report in enumerate(reports) if report is not None)
    attributions: list[Attribution | None] = [None] * len(values)
    for index, cascade in enumerate(cascades):
        if attribution and index != base and cascade.error is None:
            start, end = end, end + (1 - end) / (len(values) - index)
            attributions[index] = attribute(
                loaded,
                cascades[base],
                cascade,
                evaluation,
                names=(names[base], names[index]),
                scheme=scheme,
                percentile=percentile,
                progress=watch.part(start, end).progress,
                cancelled=cancelled,
                **common,
            )
    return Comparison(
        names,
        tuple(reports),
        tuple(_differences(cascades, base)),
        tuple(_refused(cascade) for cascade in cascades),
        tuple(tuple(iter_warnings(cascade)) for cascade in cascades),
        _numbers(evaluation),
        tuple(attributions),
    )


def iter_warnings(cascade: Cascade) -> Iterator[Diagnostic]:
    """Yield what is to be said of a configuration beside its figures.

    1. It has rules for operator types, and all of them, like every supergroup and every pass, are
       about operators that the model does not have: it was written for another one.
    """
    if cascade.error is not None or cascade.config.rules is None:
        return
    counts = cascade.rules
    particular = [pointer for pointer in counts if pointer.startswith(PARTICULAR)]
    has_types = any(pointer.startswith(PARTICULAR[0]) for pointer in particular)
    if has_types and not any(counts[pointer].nodes for pointer in particular):
        yield Diagnostic(
            "matches-nothing",
            Severity.WARNING,
            f"none of the {len(particular)} rules of {cascade.config.name} for operator types,"
            f" supergroups and passes applies to a node of {cascade.model.name}: its defaults alone"
            " act. Was it written for another model?",
        )


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


def _resolved(model: Model, config: Any, bits: tuple[Any, Any]) -> Cascade:
    if isinstance(config, Cascade):
        return config
    loaded = config if isinstance(config, Config) else load_config(config)
    return resolve(model, loaded, param_bits=bits[0], act_bits=bits[1])


def _simulated(
    model: Model, cascades: Sequence[Cascade], data: Data, **options: Any
) -> list[Report | None]:
    """Simulate those that AIMET accepts; those that settle the model alike share a report."""
    alike: dict[int, Hashable] = {}
    for cascade in cascades:
        if cascade.error is None and id(cascade) not in alike:
            statuses = tuple(state.status for state in cascade.nodes.values())
            alike[id(cascade)] = settled(cascade), statuses
    kept = {alike[id(cascade)]: cascade for cascade in cascades if id(cascade) in alike}
    simulated = simulate_all(model, list(kept.values()), data, samples=None, seed=None, **options)
    reports = dict(zip(kept, simulated, strict=True))
    return [None if cascade.error else reports[alike[id(cascade)]] for cascade in cascades]


def _refused(cascade: Cascade) -> Refused | None:
    error = cascade.error
    if error is None:
        return None
    line = cascade.rule_line(error.rule)
    return Refused(error.code, error.message, error.rule, line, tuple(error.nodes))


def _differences(cascades: Sequence[Cascade], base: int) -> Iterator[Mapping[str, Any]]:
    """Yield how each but the first differs from the base, the base itself from the first."""
    for index, cascade in enumerate(cascades[1:], 1):
        start = cascades[0 if index == base else base]
        yield diff_cascades(start, cascade).to_dict()


def _numbers(data: Data) -> Any:
    return data.order if isinstance(data, ArrayData) else None
