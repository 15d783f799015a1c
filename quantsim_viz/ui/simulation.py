"""What the worker does with a request: the engine's `simulate` or `compare`, with progress."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from quantsim_viz.config import load_config

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from quantsim_viz.model import Model
    from quantsim_viz.ui.datasets import DataSource
    from quantsim_viz.ui.worker import Request

    Report = Callable[[Mapping[str, Any]], None]

SETTLED = 0.05
"""Share of the work after which the time left is worth telling."""


def run_request(
    request: Request, model: Model, report: Report, cancelled: Callable[[], bool]
) -> dict[str, Any]:
    """Simulate or compare, and return what `--json` would print.

    Raises:
        Cancelled: `cancelled` said so.
        QuantSimError: The data do not fit, an operator is not supported, ….
    """
    from quantsim_viz import sim

    configs = [load_config(text=text, name=name) for name, text in request.texts]
    data = load_data(request.data, model)
    keywords: dict[str, Any] = dict(request.options) | {
        "progress": Progress(report).tell,
        "cancelled": cancelled,
    }
    if request.data.calibration is not None:
        keywords["calibration"] = request.data.calibration
    if request.samples is not None:
        keywords["samples"] = request.samples
    if len(configs) == 1:
        return sim.simulate(model, configs[0], data, **keywords).to_dict()
    return sim.compare(model, configs, data, **keywords).to_dict()


def load_data(source: DataSource, model: Model) -> Any:
    """Return data as the engine takes them: a reference, or arrays made of a folder's images.

    Raises:
        DataError: The images do not fit the model.
    """
    if source.images is None:
        return source.path or source.reference
    from quantsim_viz.ui.images import read_images

    return read_images(source.images, model)


@dataclass
class Progress:
    """Turns the engine's calls into what a progress line shows.

    Attributes:
        report: Takes `phase`, `fraction`, `seconds_left`, `layer` and the `layers` so far.
    """

    report: Report
    _started: float = field(default_factory=time.monotonic)
    _layers: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _layer: str = ""

    def tell(self, done: int, total: int, stage: str, row: Mapping[str, Any] | None) -> None:
        """Take a call of the engine: steps done and to do, the stage, perhaps a layer's row."""
        if row is not None and "tensor" in row:
            self._layers[row["tensor"]] = row
            self._layer = str(row.get("node", ""))
        fraction = done / total if total else 0.0
        self.report(
            {
                "phase": stage,
                "fraction": fraction,
                "seconds_left": self._seconds_left(fraction),
                "layer": self._layer,
                "layers": list(self._layers.values()),
            }
        )

    def _seconds_left(self, fraction: float) -> float | None:
        if fraction < SETTLED:
            return None
        return (time.monotonic() - self._started) * (1 - fraction) / fraction
