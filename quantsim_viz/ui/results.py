"""How a simulation was run, and what came out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantsim_viz.resolve.precision import BitWidth
    from quantsim_viz.ui.datasets import DataSource


LIVE_SAMPLES = 64
"""One batch: what live noise and the values of a tensor are measured on."""

LIVE_SECONDS = 20.0
"""A model on which live noise takes longer than this is measured on request only."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to simulate.

    Attributes:
        param_bits: Precision of parameters.
        act_bits: Precision of activations.
        scheme: How ranges are found.
        percentile: What the scheme `percentile` keeps.
        samples: How many samples, None for all.
        batch_size: Samples executed at once.
        measures: What is measured of every layer besides `cumulative`, which always is.
    """

    param_bits: BitWidth = 8
    act_bits: BitWidth = 8
    scheme: str = "min_max"
    percentile: float = 100.0
    samples: int | None = None
    batch_size: int = 64
    measures: tuple[str, ...] = ()

    def batch_of(self, data: DataSource) -> int | None:
        """Return how many samples to take for figures at once: no more than a whole run takes.

        Of random data all are taken, None: they are few, and another number is other data.
        """
        if data.is_random and self.samples is None:
            return None
        return LIVE_SAMPLES if self.samples is None else min(self.samples, LIVE_SAMPLES)

    def to_keywords(self) -> dict[str, Any]:
        """Return the keyword arguments of `simulate` and `compare`."""
        keywords: dict[str, Any] = {
            "param_bits": self.param_bits,
            "act_bits": self.act_bits,
            "scheme": self.scheme,
            "batch_size": self.batch_size,
        }
        if self.scheme == "percentile":
            keywords["percentile"] = self.percentile
        if self.measures:
            keywords["measure"] = ("cumulative", *self.measures)
        return keywords


@dataclass
class Result:
    """Figures, and what they are of.

    Attributes:
        report: `simulate --json`.
        texts: The documents that were simulated.
        model_key: The model.
        data: The data.
        options: How.
        figures: `views.table.layer_figures`.
    """

    report: dict[str, Any]
    texts: tuple[str, ...]
    model_key: str
    data: DataSource
    options: RunOptions
    figures: dict[str, Any] = field(default_factory=dict)
    is_partial: bool = False
