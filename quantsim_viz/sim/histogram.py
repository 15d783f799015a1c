"""`histogram`: how one tensor's values are distributed, in float and simulated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from rapidfuzz import process

from quantsim_viz.errors import DataError, ModelError
from quantsim_viz.report.histogram import Distribution, TensorHistogram
from quantsim_viz.sim.calibrate import Scheme
from quantsim_viz.sim.calibration import find_encodings
from quantsim_viz.sim.channels import channel_axes
from quantsim_viz.sim.data import load_data, rows_at_once
from quantsim_viz.sim.engine import Engine
from quantsim_viz.sim.simulate import accepted, as_model
from quantsim_viz.sim.tallies import Extent, Tally, bin_edges
from quantsim_viz.sim.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch

    from quantsim_viz.resolve import Cascade
    from quantsim_viz.sim.calibration import Calibration
    from quantsim_viz.sim.data import Data
    from quantsim_viz.sim.encodings import Encoding
    from quantsim_viz.sim.tallies import Binned, Reach
    from quantsim_viz.sim.values import Key
    from quantsim_viz.sim.watch import Progress

MOST_BINS = 65536


def histogram(
    model: Any,
    config: Any,
    data: Any,
    tensor: str,
    *,
    bins: int = 128,
    by_channel: bool = False,
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
    engine: Engine | None = None,
) -> TensorHistogram:
    """Count a tensor's values between equal edges, over any number of batches.

    Memory does not grow with the data: one pass finds how far the values reach, a second counts
    them. NaN and infinities are left out, and counted. An engine with a memory answers for the data
    of its last simulation without executing what it remembers.

    Args:
        model: From `load_model`, or anything that it takes.
        config: From `load_config`, or anything that it takes, or a cascade; None for the float
            values alone.
        data: As for `simulate`.
        tensor: An activation, an input, a constant or a parameter of the top graph.
        bins: How many.
        by_channel: Count each channel too: a parameter's along its quantizer's axis, another
            tensor's where `channel_axes` finds them. The ranges of channels that have encodings of
            their own are measured anyhow.
        scheme: How observed ranges become encodings.
        percentile: What the scheme `percentile` keeps.
        calibration: Data to find ranges on; the data themselves unless given.
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
        DataError: The data do not fit the model, or the number of bins makes no sense.
        ModelError: The model has no such tensor.
        Cancelled: The user asked to stop.
    """
    if not 1 <= bins <= MOST_BINS:
        raise DataError(
            f"a histogram of {bins} bins was asked for",
            code="bins-range",
            hint=f"ask for 1 to {MOST_BINS}",
        )
    loaded = engine.model if engine is not None else as_model(model)
    cascade = None if config is None else accepted(loaded, config, (param_bits, act_bits))
    rule = Scheme(scheme, percentile)
    evaluation = load_data(loaded, data, samples=samples, seed=seed)
    engine = engine or Engine(loaded, device=device)
    known_tensor(engine, tensor)
    size = rows_at_once(batch_size)
    watch = Watch(progress, cancelled)
    watch.expect({"reach": 10, "count": 10} | ({} if cascade is None else {"calibrate": 12}))
    found = None
    if cascade is not None:
        ranges = evaluation if calibration is None else load_data(loaded, calibration)
        found = find_encodings(engine, cascade, ranges, rule, size, watch)
    counter = _Counter(engine, _Subject.of(engine, cascade, found, tensor, by_channel), bins)
    return counter.count(evaluation, size, watch, found)


def known_tensor(engine: Engine, tensor: str) -> None:
    """Refuse a name that no tensor of the top graph has.

    Raises:
        ModelError: There is none.
    """
    names = [name for name in engine.table.plain.seen if name]
    if tensor in names:
        return
    near = process.extractOne(tensor, names, score_cutoff=50)
    raise ModelError(
        f"the model has no tensor {tensor!r}",
        code="tensor-unknown",
        hint=f"did you mean {near[0]!r}?" if near else "",
        path=engine.model.path,
    )


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is looked at.

    Attributes:
        tensor: Its name.
        kind: What its quantizer sits on.
        values: Its value in each run: float, before its quantizer, after it; the first alone
            without a configuration.
        quantizer: Whose grid it carries.
        encoding: That grid.
        axis: Axis along which it is measured.
        by_channel: Whether the counts of channels were asked for.
    """

    tensor: str
    kind: str | None
    values: tuple[Key, ...]
    quantizer: str | None
    encoding: Encoding | None
    axis: int | None
    by_channel: bool

    @classmethod
    def of(
        cls,
        engine: Engine,
        cascade: Cascade | None,
        found: Calibration | None,
        tensor: str,
        by_channel: bool,
    ) -> _Subject:
        exact = engine.table.plain.seen[tensor]
        axis = channel_axes(engine.model, cascade).get(tensor) if by_channel else None
        if cascade is None or found is None:
            return cls(tensor, None, (exact,), None, None, axis, by_channel)
        trace = engine.table.trace(found.encodings)
        setting = cascade.quantizers.get(tensor)
        quantizer = cascade.effective_quantizer(tensor)
        encoding = None if quantizer is None else found.encodings.get(quantizer)
        if encoding is not None and quantizer == tensor and encoding.axis is not None:
            axis = encoding.axis
        return cls(
            tensor,
            None if setting is None else str(setting.kind.value),
            (exact, trace.raw[tensor], trace.seen[tensor]),
            quantizer if encoding is not None else None,
            encoding,
            axis,
            by_channel,
        )

    @property
    def grid(self) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        """The lowest and highest values of the grid that the tensor's own channels have."""
        encoding = self.encoding
        if encoding is None or encoding.dtype != "int":
            return None
        if encoding.axis is not None and self.quantizer != self.tensor:
            return None  # the channels of another tensor, which may lie along another axis
        return encoding.minimum, encoding.maximum


class _Counter:
    """Takes the two passes."""

    def __init__(self, engine: Engine, subject: _Subject, bins: int) -> None:
        self.engine = engine
        self.subject = subject
        self.bins = bins

    def count(
        self, data: Data, batch_size: int, watch: Watch, found: Calibration | None
    ) -> TensorHistogram:
        subject, engine = self.subject, self.engine
        extents = [Extent(key, subject.axis) for key in subject.values]
        first = engine.measure(extents, data, batch_size=batch_size, watch=watch, stage="reach")
        reaches: list[Reach] = [first.results[extent] for extent in extents]
        low, high = _edges(reaches)
        tallies = [
            Tally(key, low, high, self.bins, subject.axis, subject.grid) for key in subject.values
        ]
        second = engine.measure(tallies, data, batch_size=batch_size, watch=watch, stage="count")
        binned: list[Binned] = [second.results[tally] for tally in tallies]
        runs = [self._whole(r, b) for r, b in zip(reaches, binned, strict=True)]
        return TensorHistogram(
            tensor=subject.tensor,
            kind=subject.kind,
            edges=bin_edges(low, high, self.bins),
            exact=runs[0],
            given=runs[1] if len(runs) > 1 else None,
            simulated=runs[2] if len(runs) > 1 else None,
            channels=() if subject.axis is None else self._channels(reaches[0], binned[0]),
            axis=subject.axis,
            quantizer=subject.quantizer,
            encodings=() if subject.encoding is None else tuple(subject.encoding.to_dicts()),
            samples=second.samples,
            scheme=None if found is None else found.scheme.label,
            data=data.description,
            calibration=None if found is None else found.data.description,
        )

    def _whole(self, reach: Reach, binned: Binned) -> Distribution:
        """Return all channels as one distribution."""
        return self._distribution(reach, binned, slice(None), binned.counts.sum(0))

    def _channels(self, reach: Reach, binned: Binned) -> tuple[Distribution, ...]:
        counts = binned.counts if self.subject.by_channel else [None] * len(reach.low)
        return tuple(
            self._distribution(reach, binned, slice(k, k + 1), own) for k, own in enumerate(counts)
        )

    def _distribution(
        self, reach: Reach, binned: Binned, channels: slice, counts: Any
    ) -> Distribution:
        finite = int(binned.counts[channels].sum())
        low = float(reach.low[channels].min(initial=np.inf))
        high = float(reach.high[channels].max(initial=-np.inf))

        def share(outside: Any) -> float | None:
            if self.subject.grid is None:
                return None
            return int(outside[channels].sum()) / finite if finite else 0.0

        return Distribution(
            counts=counts,
            minimum=low if finite else None,
            maximum=high if finite else None,
            elements=int(reach.elements[channels].sum()),
            nan=int(reach.nan[channels].sum()),
            infinite=int(reach.infinite[channels].sum()),
            below=share(binned.below),
            above=share(binned.above),
        )


def _edges(reaches: Sequence[Reach]) -> tuple[float, float]:
    """Return the outer edges of bins that hold every finite value, never of width zero."""
    low = min(float(reach.low.min(initial=np.inf)) for reach in reaches)
    high = max(float(reach.high.max(initial=-np.inf)) for reach in reaches)
    if low > high:
        return -0.5, 0.5
    if low == high:
        margin = max(abs(low) / 2, 0.5)
        return low - margin, high + margin
    return low, high
