"""The report of one simulation."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from quantsim_viz.diagnostics import Severity
from quantsim_viz.report.layers import add_powers

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd

    from quantsim_viz.diagnostics import Diagnostic
    from quantsim_viz.report.channels import ChannelPowers
    from quantsim_viz.report.layers import LayerRow, Power
    from quantsim_viz.report.metrics import MetricResult
    from quantsim_viz.report.quantizers import QuantizerNoise


@dataclass(frozen=True, slots=True)
class Partial:
    """Where a simulation was stopped.

    Attributes:
        stage: What was being done.
        samples: How many samples that was through with.
        of: How many there would have been, None for a stream.
    """

    stage: str
    samples: int
    of: int | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as in `simulate --json`."""
        return {"stage": self.stage, "samples": self.samples, "of": self.of}


@dataclass(frozen=True, eq=False)
class Report:
    """What a simulation found. Immutable, and safe to send between processes.

    Attributes:
        rows: The layer table, in graph order.
        output_powers: Noise at the model's floating-point outputs, by measure.
        params: Noise of the enabled parameters.
        encodings: By tensor, one object a channel (as in `simulate --json`); `[]` for float16.
        outputs: The simulated model's outputs.
        metric: Accuracy, where it was asked for or the data have labels.
        seconds: How long it took.
        samples: How many samples were measured.
        scheme: How ranges became encodings.
        data: What the model was fed; random data are called so.
        calibration: What the ranges were found on.
        warnings: Findings that did not stop the simulation.
        quantizers: By tensor what its own quantizer does to it; empty unless measured.
        channels: By tensor the cumulative noise of its channels; empty unless measured.
        partial: Where the simulation was stopped, None if it came to its end. A figure that is
            missing for that reason has no power; those that are there are over `samples` samples,
            sensitivity over as many as its stage was through with (or its first batch).
    """

    rows: tuple[LayerRow, ...]
    output_powers: Mapping[str, Mapping[str, Power]]
    params: Mapping[str, Power]
    encodings: Mapping[str, list[dict[str, Any]]]
    outputs: Mapping[str, np.ndarray[Any, Any]] = field(repr=False)
    metric: MetricResult | None
    seconds: float
    samples: int
    scheme: str
    data: str
    calibration: str
    warnings: tuple[Diagnostic, ...] = ()
    quantizers: Mapping[str, QuantizerNoise] = field(default_factory=dict)
    channels: Mapping[str, ChannelPowers] = field(default_factory=dict)
    partial: Partial | None = None

    @property
    def at_outputs(self) -> Power:
        """Cumulative noise at the model's floating-point outputs, powers added."""
        return add_powers(powers["cumulative"] for powers in self.output_powers.values())

    @property
    def error(self) -> dict[str, Any] | None:
        """What went wrong though there are figures, such as a metric that raised, as JSON."""
        failed = (found for found in self.warnings if found.severity is Severity.ERROR)
        found = next(failed, None)
        if found is None:
            return None
        each = found.to_dict()
        return {key: each[key] for key in ("code", "message", "rule", "nodes")}

    @cached_property
    def layers(self) -> pd.DataFrame:
        """The layer table; nested fields as `cumulative.sqnr_db`, `encoding.scale`."""
        import pandas as pd

        flat = []
        for row in self.rows:
            record = row.to_dict()
            for name in (*row.powers, "encoding"):
                value = record.pop(name)
                record.update({f"{name}.{key}": item for key, item in (value or {}).items()})
            flat.append(record)
        return whole_numbers(pd.DataFrame(flat))

    @cached_property
    def quantizer_table(self) -> pd.DataFrame:
        """One row a quantizer: what it does to its tensor, and its grid (the first channel's)."""
        import pandas as pd

        flat = []
        for name, noise in self.quantizers.items():
            grids = self.encodings.get(name) or [{}]
            grid = {f"encoding.{key}": value for key, value in grids[0].items()}
            flat.append({"tensor": name, **noise.to_dict(), "channels": len(grids), **grid})
        return whole_numbers(pd.DataFrame(flat))

    @cached_property
    def channel_table(self) -> pd.DataFrame:
        """One row a channel of a tensor: signal, cumulative noise and SQNR."""
        import pandas as pd

        flat = [
            {"tensor": name, "axis": powers.axis, "channel": k}
            | {"sqnr_db": sqnr_db, "signal": signal, "noise": noise}
            for name, powers in self.channels.items()
            for k, (sqnr_db, signal, noise) in enumerate(
                zip(powers.sqnr_db, powers.signal, powers.noise, strict=True)
            )
        ]
        return pd.DataFrame(flat)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as `simulate --json` writes it."""
        optional: dict[str, Mapping[str, QuantizerNoise | ChannelPowers]] = {
            "quantizers": dict(self.quantizers),
            "channels": dict(self.channels),
        }
        return {
            "layers": [row.to_dict() for row in self.rows],
            "outputs": {
                name: {measure: power.to_dict() for measure, power in powers.items()}
                for name, powers in self.output_powers.items()
            },
            "params": {name: power.to_dict() for name, power in self.params.items()},
            "encodings": {name: list(channels) for name, channels in self.encodings.items()},
            **{
                key: {name: value.to_dict() for name, value in found.items()}
                for key, found in optional.items()
                if found
            },
            "metric": None if self.metric is None else self.metric.to_dict(),
            "error": self.error,
            "partial": None if self.partial is None else self.partial.to_dict(),
            "seconds": self.seconds,
            "samples": self.samples,
            "scheme": self.scheme,
            "data": self.data,
            "calibration": self.calibration,
            "warnings": [warning.to_dict() for warning in self.warnings],
        }


def finite(value: float | None) -> float | None:
    """Return a power, or None for one that JSON cannot hold."""
    return value if value is not None and math.isfinite(value) else None


def whole_numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose bit widths and offsets are integers, also where some are missing."""
    for column in ("encoding.offset", "encoding.bitwidth"):
        if column in table:
            table[column] = table[column].astype("Int64")
    return table
