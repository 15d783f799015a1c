"""Several configurations side by side: noise layer by layer, accuracy, and what is chance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from quantsim_viz.report.accuracy import compare_metric
from quantsim_viz.report.explaining import Explanation, explain_noise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from quantsim_viz.diagnostics import Diagnostic
    from quantsim_viz.report.attribution import Attribution
    from quantsim_viz.report.layers import LayerRow, Power
    from quantsim_viz.report.report import Report


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a configuration has no figures.

    Attributes:
        code: Which refusal, such as `invalid-config`.
        message: Why AIMET refuses it.
        rule: JSON pointer of the rule concerned, None where there is no single one.
        line: Its line.
        nodes: The nodes concerned.
    """

    code: str
    message: str
    rule: str | None = None
    line: int | None = None
    nodes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the refusal as JSON, as in `resolve --json`, with the line."""
        return {
            "code": self.code,
            "message": self.message,
            "rule": self.rule,
            "line": self.line,
            "nodes": list(self.nodes),
        }


@dataclass(frozen=True, eq=False)
class Comparison:
    """Reports of several configurations on the same model and data.

    Attributes:
        configs: Names of the configurations.
        reports: One each, None for a configuration that AIMET refuses; one at least is there.
        differences: What resolves differently, each but the first against the base, as in
            `diff --json`.
        refusals: Why AIMET refuses each, None for those that it accepts.
        warnings: Findings about each configuration, such as rules that match nothing.
        numbers: For each sample its number in the data, None where they are not a part of those.
        attributions: For each configuration what each changed rule does, None where not asked.
    """

    configs: tuple[str, ...]
    reports: tuple[Report | None, ...]
    differences: tuple[Mapping[str, Any], ...] = ()
    refusals: tuple[Refused | None, ...] = ()
    warnings: tuple[tuple[Diagnostic, ...], ...] = ()
    numbers: np.ndarray[Any, Any] | None = None
    attributions: tuple[Attribution | None, ...] = ()

    @property
    def base(self) -> int:
        """Number of the configuration that the others are set beside: the first accepted one."""
        return next(index for index, report in enumerate(self.reports) if report is not None)

    @property
    def accepted(self) -> tuple[Report, ...]:
        """The reports that are there, the base's first."""
        return tuple(report for report in self.reports if report is not None)

    @cached_property
    def layers(self) -> pd.DataFrame:
        """The table of `to_dict()["layers"]`, one column a configuration and figure."""
        import pandas as pd

        table = []
        for row in self._rows:
            record = {"node": row["node"], "tensor": row["tensor"]}
            for field in ("sqnr_db", "delta_db", "status"):
                values = zip(self.configs, row[field], strict=True)
                record.update({f"{field}.{config}": value for config, value in values})
            table.append(record)
        return pd.DataFrame(table)

    @cached_property
    def metric(self) -> dict[str, Any] | None:
        """Accuracy of all, with a paired test of each against the base."""
        if any(report.metric is None for report in self.accepted):
            return None
        results = [None if report is None else report.metric for report in self.reports]
        return compare_metric(results, numbers=self.numbers)

    def explaining_layers(self, index: int = -1) -> Explanation:
        """Return which layers explain the difference in noise between a configuration and the base.

        By sensitivity where it was measured: the noise that each layer's own quantizers make at
        the model's outputs. Else by isolated noise, relative to each layer's own signal: where
        noise is made, not what reaches the outputs; it costs no pass of its own.

        Args:
            index: Which configuration; the last unless given.

        Raises:
            DataError: Neither was measured (`measure-missing`), or AIMET refuses that
                configuration (`refused`).
        """
        return explain_noise(self.accepted[0], self.reports[index], self.configs[index])

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as `compare --json` writes it."""
        first = self.accepted[0]
        return {
            "configs": list(self.configs),
            "base": self.base,
            "error": first.error,
            "errors": [None if x is None else x.to_dict() for x in self._refusals],
            "layers": self._rows,
            "outputs": self.outputs,
            "all_outputs": self.all_outputs,
            "differences": [dict(difference) for difference in self.differences],
            "metric": self.metric,
            "explaining": self._explaining(),
            "attribution": [None if x is None else x.to_dict() for x in self._attributions],
            "warnings": [[finding.to_dict() for finding in found] for found in self.warnings],
            "seconds": max(report.seconds for report in self.accepted),
            "samples": first.samples,
            "scheme": first.scheme,
            "data": first.data,
            "calibration": first.calibration,
        }

    @property
    def _refusals(self) -> tuple[Refused | None, ...]:
        return self.refusals or (None,) * len(self.configs)

    @property
    def _attributions(self) -> tuple[Attribution | None, ...]:
        return self.attributions or (None,) * len(self.configs)

    def _explaining(self) -> list[dict[str, Any] | None]:
        measured = all(
            {"sensitivity", "isolated"} & set(report.rows[0].powers)
            for report in self.accepted
            if report.rows
        )
        return [
            self.explaining_layers(index).to_dict()
            if measured and report is not None and index != self.base
            else None
            for index, report in enumerate(self.reports)
        ]

    @cached_property
    def outputs(self) -> dict[str, dict[str, Any]]:
        """By floating-point output: signal, and for each configuration noise, SQNR and cosine.

        The cosine is that of the angle between the float and the simulated output over all samples,
        1 where they point the same way.
        """
        found = {}
        for name, powers in self.accepted[0].output_powers.items():
            each = [
                None if report is None else report.output_powers[name]["cumulative"]
                for report in self.reports
            ]
            sqnr = [None if power is None else power.sqnr_db for power in each]
            found[name] = {
                "signal": powers["cumulative"].signal,
                "noise": [None if power is None else power.noise for power in each],
                "sqnr_db": sqnr,
                "delta_db": self._deltas(sqnr),
                "cosine": [
                    None
                    if report is None or power is None
                    else _cosine(power, report.outputs[name])
                    for report, power in zip(self.reports, each, strict=True)
                ],
            }
        return found

    @cached_property
    def all_outputs(self) -> dict[str, Any]:
        """The same for all floating-point outputs together, powers added; without a cosine."""
        each = [None if report is None else report.at_outputs for report in self.reports]
        sqnr = [None if power is None else power.sqnr_db for power in each]
        return {
            "signal": self.accepted[0].at_outputs.signal,
            "noise": [None if power is None else power.noise for power in each],
            "sqnr_db": sqnr,
            "delta_db": self._deltas(sqnr),
        }

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        rows = []
        for number, row in enumerate(self.accepted[0].rows):
            sqnr = self._each(number, lambda row: row.powers["cumulative"].sqnr_db)
            rows.append(
                {
                    "node": row.node,
                    "tensor": row.tensor,
                    "op_type": row.op_type,
                    "sqnr_db": sqnr,
                    "delta_db": self._deltas(sqnr),
                    "status": self._each(number, lambda row: row.status),
                }
            )
        return rows

    def _each(self, number: int, figure: Callable[[LayerRow], Any]) -> list[Any]:
        return [None if report is None else figure(report.rows[number]) for report in self.reports]

    def _deltas(self, values: Sequence[float | None]) -> list[float | None]:
        base = self.base
        return [
            0.0 if index == base else _difference(value, values[base])
            for index, value in enumerate(values)
        ]


def _difference(value: float | None, first: float | None) -> float | None:
    return None if value is None or first is None else value - first


def _cosine(power: Power, output: np.ndarray[Any, Any]) -> float | None:
    """Return the cosine from Σx², Σ(x − x̂)² and x̂: Σx·x̂ follows from them."""
    if not power.signal or power.noise is None or output.dtype == object:
        return None
    other = float(np.square(output, dtype=np.float64).sum())
    if not other or not np.isfinite(other):
        return None
    cosine = (power.signal + other - power.noise) / (2 * (power.signal * other) ** 0.5)
    return float(np.clip(cosine, -1.0, 1.0))
