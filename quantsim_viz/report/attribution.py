"""What each changed rule does to the noise at the outputs and to the accuracy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quantsim_viz.report.metrics import finite_score

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from quantsim_viz.diagnostics import Diagnostic
    from quantsim_viz.report.layers import Power
    from quantsim_viz.resolve.rule_changes import RuleChange


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one configuration gave, or why it gave nothing.

    Attributes:
        power: Signal and noise at the model's floating-point outputs, powers added; None where the
            configuration is refused.
        metric: Its accuracy, None where none was asked for.
        refused: Why AIMET refuses it, None where it does not.
    """

    power: Power | None
    metric: float | None = None
    refused: str | None = None

    @property
    def noise(self) -> float | None:
        """Its noise power at the outputs."""
        return None if self.power is None else self.power.noise

    @property
    def sqnr_db(self) -> float | None:
        """Its SQNR at the outputs."""
        return None if self.power is None else self.power.sqnr_db

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as JSON."""
        return {
            "noise": self.noise,
            "sqnr_db": self.sqnr_db,
            "metric": None if self.metric is None else finite_score(self.metric),
            "refused": self.refused,
        }


@dataclass(frozen=True, slots=True)
class Effect:
    """What one changed rule does.

    Attributes:
        change: The rule, and what happened to it.
        tensors: Tensors whose quantizers differ when this change alone is made.
        nodes: The nodes that those belong to.
        patch: RFC 6902 patch of the first document that makes this change alone.
        alone: The first configuration with this change.
        without: The second configuration without it.
        is_idle: Whether the change moves no quantizer, neither alone nor among the others.
    """

    change: RuleChange
    tensors: tuple[str, ...]
    nodes: tuple[str, ...]
    patch: tuple[Mapping[str, Any], ...]
    alone: Outcome
    without: Outcome
    is_idle: bool = False


@dataclass(frozen=True, slots=True)
class Parts:
    """A difference, and what it is put down to.

    Attributes:
        total: The second configuration's figure minus the first's.
        effects: One each for the effects, in their order; None where one is refused.
        interaction: What the sum of the effects leaves of the total; None where one is refused.
    """

    total: float | None
    effects: tuple[float | None, ...]
    interaction: float | None


@dataclass(frozen=True, slots=True)
class Attribution:
    """The difference between two configurations, put down to the rules that changed.

    Attributes:
        configs: Names of both.
        first: What the first gave.
        second: What the second gave.
        effects: One for each changed rule, the largest effect on noise first.
        metric: Name of the accuracy, None where none was asked for.
        float_metric: The float model's.
        simulations: How many different configurations were simulated, both included.
        seconds: How long it took.
        samples: On how many samples.
        scheme: How ranges became encodings.
        data: What the model was fed.
        calibration: What the ranges were found on.
        warnings: Findings that did not stop it, such as a metric that raised.
    """

    configs: tuple[str, str]
    first: Outcome
    second: Outcome
    effects: tuple[Effect, ...]
    metric: str | None
    float_metric: float | None
    simulations: int
    seconds: float
    samples: int
    scheme: str
    data: str
    calibration: str
    warnings: tuple[Diagnostic, ...] = ()

    def noise_alone(self) -> Parts:
        """Return what each change alone adds to the first configuration's noise power."""
        return _parts(
            _gap(self.first.noise, self.second.noise),
            (_gap(self.first.noise, effect.alone.noise) for effect in self.effects),
        )

    def noise_without(self) -> Parts:
        """Return what each change adds when all the others are made."""
        return _parts(
            _gap(self.first.noise, self.second.noise),
            (_gap(effect.without.noise, self.second.noise) for effect in self.effects),
        )

    def metric_alone(self) -> Parts:
        """Return what each change alone adds to the first configuration's accuracy."""
        return _parts(
            _gap(self.first.metric, self.second.metric),
            (_gap(self.first.metric, effect.alone.metric) for effect in self.effects),
        )

    def metric_without(self) -> Parts:
        """Return what each change adds to accuracy when all the others are made."""
        return _parts(
            _gap(self.first.metric, self.second.metric),
            (_gap(effect.without.metric, self.second.metric) for effect in self.effects),
        )

    @property
    def table(self) -> pd.DataFrame:
        """One line a changed rule; powers, dB, accuracies and their differences."""
        import pandas as pd

        flat = []
        for row in self._rows():
            record = {key: row[key] for key in ("pointer", "kind", "old", "new", "quantizers")}
            for side in ("alone", "without"):
                record.update({f"{side}.{key}": value for key, value in row[side].items()})
            flat.append(record)
        return pd.DataFrame(flat)

    def to_dict(self) -> dict[str, Any]:
        """Return the attribution as in `compare --attribute --json`."""
        noise, metric = self.noise_alone(), self.metric_alone()
        return {
            "configs": list(self.configs),
            "first": self.first.to_dict(),
            "second": self.second.to_dict(),
            "metric": self.metric,
            "float_metric": self.float_metric,
            "rules": self._rows(),
            "total": {"noise": noise.total, "metric": metric.total},
            "interaction": {
                "noise_alone": noise.interaction,
                "noise_without": self.noise_without().interaction,
                "metric_alone": metric.interaction,
                "metric_without": self.metric_without().interaction,
            },
            "simulations": self.simulations,
            "seconds": self.seconds,
            "samples": self.samples,
            "scheme": self.scheme,
            "data": self.data,
            "calibration": self.calibration,
            "warnings": [finding.to_dict() for finding in self.warnings],
        }

    def _rows(self) -> list[dict[str, Any]]:
        noise = self.noise_alone().effects, self.noise_without().effects
        metric = self.metric_alone().effects, self.metric_without().effects
        rows = []
        for number, effect in enumerate(self.effects):
            alone, without = effect.alone, effect.without
            change = effect.change.to_dict()
            old, new = change.pop("values")
            rows.append(
                {
                    **change,
                    "old": old,
                    "new": new,
                    "quantizers": len(effect.tensors),
                    "tensors": list(effect.tensors),
                    "nodes": list(effect.nodes),
                    "idle": effect.is_idle,
                    "patch": [dict(step) for step in effect.patch],
                    "alone": {
                        **alone.to_dict(),
                        "noise_delta": noise[0][number],
                        "sqnr_delta_db": _gap(self.first.sqnr_db, alone.sqnr_db),
                        "metric_delta": metric[0][number],
                    },
                    "without": {
                        **without.to_dict(),
                        "noise_delta": noise[1][number],
                        "sqnr_delta_db": _gap(without.sqnr_db, self.second.sqnr_db),
                        "metric_delta": metric[1][number],
                    },
                }
            )
        return rows


def _gap(old: float | None, new: float | None) -> float | None:
    return None if old is None or new is None else finite_score(new - old)


def _parts(total: float | None, effects: Iterable[float | None]) -> Parts:
    found = tuple(effects)
    known = [effect for effect in found if effect is not None]
    is_complete = total is not None and len(known) == len(found)
    return Parts(total, found, total - sum(known) if is_complete and total is not None else None)
