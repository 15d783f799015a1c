"""Which layers explain the difference in noise between two configurations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from quantsim_viz.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from quantsim_viz.report.layers import LayerRow
    from quantsim_viz.report.report import Report

Measure = Literal["sensitivity", "isolated"]


@dataclass(frozen=True, slots=True)
class ExplainingLayer:
    """One layer's part in a difference in noise.

    Attributes:
        node: The layer's node.
        op_type: Its operator.
        tensor: Its output.
        statuses: The node's status under the base and under the other configuration.
        noise: Its noise under either.
        difference: The second minus the first.
        share: Its part of all layers' differences, signs left aside.
        cumulative_share: That of this layer and those before it.
    """

    node: str
    op_type: str
    tensor: str
    statuses: tuple[str, str]
    noise: tuple[float, float]
    difference: float
    share: float
    cumulative_share: float

    def to_dict(self) -> dict[str, Any]:
        """Return the layer as JSON."""
        return {
            "node": self.node,
            "op_type": self.op_type,
            "tensor": self.tensor,
            "status": list(self.statuses),
            "noise": list(self.noise),
            "difference": self.difference,
            "share": self.share,
            "cumulative_share": self.cumulative_share,
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """The layers whose own quantizers make different noise, the largest difference first.

    Attributes:
        measure: `sensitivity`: noise power at the model's outputs, with one layer's own quantizers
            on. `isolated`: noise at the layer itself, relative to its signal: an indication only.
        layers: Layers with a difference.
        total: Sum of their differences.
        outputs: Difference of the noise power at the model's outputs with all quantizers on; what
            the sum of layers leaves of it is their interaction. None where it was not finite.
    """

    measure: Measure
    layers: tuple[ExplainingLayer, ...]
    total: float
    outputs: float | None

    @property
    def table(self) -> pd.DataFrame:
        """The layers as a table."""
        import pandas as pd

        return pd.DataFrame([layer.to_dict() for layer in self.layers])

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as in `compare --json`."""
        return {
            "measure": self.measure,
            "total": self.total,
            "outputs": self.outputs,
            "layers": [layer.to_dict() for layer in self.layers],
        }


@dataclass(frozen=True, slots=True)
class _Pair:
    """A layer's row on either side and its noise."""

    first: LayerRow
    second: LayerRow
    old: float
    new: float

    @property
    def difference(self) -> float:
        return self.new - self.old


def explain_noise(base: Report, other: Report | None, name: str) -> Explanation:
    """Return which layers explain the difference in noise between two reports.

    Args:
        base: The report to start from.
        other: The one to set beside it.
        name: What to call that one.

    Raises:
        DataError: There is no other report (`refused`), or neither sensitivity nor isolated noise
            was measured (`measure-missing`).
    """
    if other is None:
        raise DataError(
            f"AIMET refuses {name}: there is no noise to explain", code="refused", hint="mend it"
        )
    measure = _measure_of(base, other)
    found = []
    for first, second in zip(base.rows, other.rows, strict=True):
        old, new = _noise(first, measure), _noise(second, measure)
        if old is not None and new is not None and old != new:
            found.append(_Pair(first, second, old, new))
    found.sort(key=lambda pair: -abs(pair.difference))
    layers = tuple(_iter_layers(found))
    return Explanation(
        measure, layers, sum(layer.difference for layer in layers), _at_outputs(base, other)
    )


def _measure_of(*reports: Report) -> Measure:
    measured = [set(report.rows[0].powers) for report in reports if report.rows]
    if all("sensitivity" in names for names in measured):
        return "sensitivity"
    if all("isolated" in names for names in measured):
        return "isolated"
    raise DataError(
        "neither sensitivity nor isolated noise was measured",
        code="measure-missing",
        hint="compare with measure=('sensitivity',), or ('isolated',), which is cheaper",
    )


def _iter_layers(pairs: list[_Pair]) -> Iterator[ExplainingLayer]:
    whole = sum(abs(pair.difference) for pair in pairs)
    so_far = 0.0
    for pair in pairs:
        so_far += abs(pair.difference)
        yield ExplainingLayer(
            pair.first.node,
            pair.first.op_type,
            pair.first.tensor,
            (pair.first.status, pair.second.status),
            (pair.old, pair.new),
            pair.difference,
            abs(pair.difference) / whole,
            so_far / whole,
        )


def _noise(row: LayerRow, measure: Measure) -> float | None:
    power = row.powers.get(measure)
    if power is None:  # sensitivity is absent where a layer has no quantizers of its own
        return 0.0
    if measure == "sensitivity" or power.noise is None:
        return power.noise
    return power.noise / power.signal if power.signal else None


def _at_outputs(base: Report, other: Report) -> float | None:
    old, new = base.at_outputs.noise, other.at_outputs.noise
    return None if old is None or new is None else new - old
