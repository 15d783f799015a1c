"""Calibration: from data to the encoding of every enabled quantizer.

Parameters come first, from their values alone. Activations are then observed in a run where
parameters are quantized and activations are not. Last, weight scales are adjusted to the
activations around them (`weight_scale`).

Source: `docs/encodings.md` §1, §5, §6.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from quantsim_viz.errors import DataError
from quantsim_viz.resolve.settings import Kind
from quantsim_viz.sim.encodings import FLOAT16, Grid, constrain, encode_range
from quantsim_viz.sim.finiteness import check_finite, spans_infinity
from quantsim_viz.sim.measurements import Observed, Range
from quantsim_viz.sim.mse import encode_mse
from quantsim_viz.sim.observers import HistogramObserver, RangeObserver, TiedObserver
from quantsim_viz.sim.percentile import encode_percentile
from quantsim_viz.sim.run_order import quantizer_order
from quantsim_viz.sim.tf_enhanced import encode_tf_enhanced
from quantsim_viz.sim.watch import Watch
from quantsim_viz.sim.weight_scale import adjust_weight_scales

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quantsim_viz.resolve import Cascade
    from quantsim_viz.resolve.settings import QuantizerSetting
    from quantsim_viz.sim.data import Data
    from quantsim_viz.sim.encodings import Encoding
    from quantsim_viz.sim.engine import Engine
    from quantsim_viz.sim.measurements import Measurement
    from quantsim_viz.sim.observers import Histogram
    from quantsim_viz.sim.values import Key, Trace
    from quantsim_viz.sim.weight_scale import ScaleNote

SCHEMES = ("min_max", "tf_enhanced", "percentile", "mse")


@dataclass(frozen=True, slots=True)
class Scheme:
    """How observed data become a range.

    Attributes:
        name: One of `SCHEMES`.
        percentile: What `percentile` keeps.
    """

    name: str = "min_max"
    percentile: float = 100.0

    def __post_init__(self) -> None:
        if self.name not in SCHEMES:
            raise DataError(
                f"there is no scheme {self.name!r}",
                code="scheme-unknown",
                hint=f"use one of {', '.join(SCHEMES)}",
            )
        if not 50.0 < self.percentile <= 100.0:
            raise DataError(
                f"the percentile must be above 50 and at most 100, not {self.percentile}",
                code="percentile-range",
            )

    @property
    def label(self) -> str:
        """The scheme as reports name it."""
        if self.name == "percentile" and self.percentile != 100.0:
            return f"percentile {self.percentile:g}"
        return self.name


@dataclass(frozen=True, slots=True)
class Group:
    """Tensors that share one quantizer, most often one alone.

    Attributes:
        tensors: In the order in which the quantizer is shown them.
        setting: Their common setting.
    """

    tensors: tuple[str, ...]
    setting: QuantizerSetting

    @property
    def is_param(self) -> bool:
        """Whether it sits on parameters alone, and can be encoded without data."""
        return self.setting.kind is Kind.PARAM


def enabled_groups(cascade: Cascade) -> tuple[Group, ...]:
    """Return every enabled quantizer with the tensors that share it."""
    members: dict[str, list[str]] = {}
    for tensor, setting in cascade.quantizers.items():
        if setting.enabled:
            members.setdefault(setting.tied_to or tensor, []).append(tensor)
    groups = []
    for tensors in members.values():
        settings = [cascade.quantizers[tensor] for tensor in tensors]
        setting = next((s for s in settings if s.kind is not Kind.PARAM), settings[0])
        groups.append(Group(tuple(tensors), setting))
    return tuple(groups)


def calibrate(
    engine: Engine,
    cascades: Sequence[Cascade],
    data: Data,
    scheme: Scheme,
    *,
    batch_size: int,
    watch: Watch | None = None,
    notes: list[list[ScaleNote]] | None = None,
) -> list[dict[str, Encoding]]:
    """Return for each configuration the encodings of its enabled quantizers.

    All configurations are calibrated in one pass, and what they share is executed once. A
    quantizer that was shown no data (its tensor is empty in every batch) has no encoding.

    Args:
        engine: Executes the model.
        cascades: The configurations.
        data: What to observe.
        scheme: How observed data become a range.
        batch_size: Samples executed at once; histograms weigh batches alike.
        watch: Whom to tell and to ask.
        notes: Filled with what there is to say of each configuration's weight scales.

    Raises:
        DataError: A range holds what is no finite number, and a node of the float run made it.
    """
    watch = watch or Watch()
    calibrations = [_Calibration(engine, cascade, scheme, watch) for cascade in cascades]
    wanted: dict[Measurement, None] = {}
    observers: dict[tuple[Key, ...], TiedObserver] = {}
    for calibration in calibrations:
        for group in calibration.waiting:
            wanted.update(dict.fromkeys(calibration.measurements(group, observers)))
    totals = engine.measure(wanted, data, batch_size=batch_size, watch=watch, stage="calibrate")
    if any(observer.is_stained for observer in observers.values()):
        check_finite(engine, data, batch_size)
    for calibration in calibrations:
        for group in calibration.waiting:
            calibration.finish(group, totals.results, observers)
    if any(spans_infinity(calibration.encodings.values()) for calibration in calibrations):
        check_finite(engine, data, batch_size)
    taken: list[list[ScaleNote]] = [[] for _ in cascades]
    if notes is not None:
        notes[:] = taken
    return [
        {**c.encodings, **adjust_weight_scales(engine, cascade, c.encodings, note)}
        for c, cascade, note in zip(calibrations, cascades, taken, strict=True)
    ]


def encode_observed(
    setting: QuantizerSetting, seen: Histogram | tuple[np.ndarray, np.ndarray], scheme: Scheme
) -> Encoding:
    """Turn what a quantizer observed into its encoding.

    Args:
        setting: What the configuration says of the quantizer.
        seen: `[channels]` minima and maxima for `min_max`, a histogram for any other scheme.
        scheme: How observed data become a range.
    """
    axis = setting.channel_axis if setting.kind is Kind.PARAM else None
    grid = Grid.of(setting)
    if isinstance(seen, tuple):
        encoding = encode_range(*seen, grid, axis)
    elif scheme.name == "percentile":
        encoding = encode_percentile(seen, grid, scheme.percentile, axis)
    elif scheme.name == "mse":
        encoding = encode_mse(seen, grid, axis)
    else:
        # Beside infinities a candidate's codes may overflow; it costs too much to be chosen.
        with np.errstate(over="ignore", invalid="ignore"):
            encoding = encode_tf_enhanced(seen, grid, axis)
    if setting.fixed_range is not None:
        encoding = constrain(encoding, setting.fixed_range, grid)
    return encoding


class _Calibration:
    """One configuration on its way to encodings."""

    def __init__(self, engine: Engine, cascade: Cascade, scheme: Scheme, watch: Watch) -> None:
        self.engine = engine
        self.scheme = scheme
        self.encodings: dict[str, Encoding] = {}
        groups = enabled_groups(cascade)
        if scheme.name != "min_max" and any(len(group.tensors) > 1 for group in groups):
            order = quantizer_order(engine.network, cascade.quantizers)
            groups = tuple(
                replace(g, tensors=tuple(sorted(g.tensors, key=order.__getitem__))) for g in groups
            )
        self.waiting = []
        for group in groups:
            if group.setting.dtype == "float":
                self.encodings.update(dict.fromkeys(group.tensors, FLOAT16))
            elif group.is_param:
                self._finish_params(group, watch)
            else:
                self.waiting.append(group)
        self.trace: Trace = engine.table.trace(self.encodings)

    def keys(self, group: Group) -> tuple[Key, ...]:
        """Return the values that a group's quantizer is shown."""
        return tuple(self.trace.raw[tensor] for tensor in group.tensors)

    def measurements(
        self,
        group: Group,
        observers: dict[tuple[Key, ...], TiedObserver],
    ) -> list[Measurement]:
        """Return what to measure for a group."""
        keys = self.keys(group)
        if self.scheme.name == "min_max":
            return [Range(key) for key in keys]
        observer = observers.setdefault(keys, TiedObserver(len(keys)))
        return [Observed(key, observer, turn) for turn, key in enumerate(keys)]

    def finish(
        self,
        group: Group,
        results: Mapping[Measurement, object],
        observers: Mapping[tuple[Key, ...], TiedObserver],
    ) -> None:
        """Turn what was observed into the group's encoding."""
        if self.scheme.name == "min_max":
            seen = RangeObserver()
            for key in self.keys(group):
                bounds = results[Range(key)]
                if bounds is not None:
                    seen.merge(*bounds)  # type: ignore[misc]  # ranges are pairs
            self._encode(group, seen.range())
        else:
            self._encode(group, observers[self.keys(group)].histogram())

    def _finish_params(self, group: Group, watch: Watch) -> None:
        axis = group.setting.channel_axis
        memo = (group.tensors, Grid.of(group.setting), axis, group.setting.fixed_range, self.scheme)
        known = self.engine.param_encodings
        if memo not in known:
            watch.check()
            kind = RangeObserver if self.scheme.name == "min_max" else HistogramObserver
            observer = kind(axis)
            for tensor in group.tensors:
                observer.observe(self.engine.constant(tensor))
            seen = observer.range() if isinstance(observer, RangeObserver) else observer.histogram()
            self._encode(group, seen)
            known[memo] = self.encodings.get(group.tensors[0])
        encoding = known[memo]
        if encoding is not None:
            self.encodings.update(dict.fromkeys(group.tensors, encoding))

    def _encode(
        self,
        group: Group,
        seen: Histogram | tuple[np.ndarray, np.ndarray] | None,
    ) -> None:
        if seen is not None:
            encoding = encode_observed(group.setting, seen, self.scheme)
            self.encodings.update(dict.fromkeys(group.tensors, encoding))
