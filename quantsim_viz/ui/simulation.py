"""What the worker does with a request: the engine's `simulate`, or a task, with progress."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from quantsim_viz.config import load_config
from quantsim_viz.ui import examine
from quantsim_viz.ui.compare.task import run_task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from quantsim_viz.model import Model
    from quantsim_viz.sim.watch import Status
    from quantsim_viz.ui.datasets import DataSource
    from quantsim_viz.ui.messages import Request

    Report = Callable[[Mapping[str, Any]], bool]

CACHE_BYTES = 512 * 2**20
"""What values of earlier runs may take in the worker."""


class Bench:
    """The last model and its engine: a second run on the same model starts at once.

    The engine remembers values of earlier runs, so that after an edit it executes only what the
    edit reached.
    """

    def __init__(self) -> None:
        self._key = ""
        self._model: Model | None = None
        self._engine: Any = None

    def run(
        self, request: Request, report: Report, cancelled: Callable[[], bool]
    ) -> dict[str, Any]:
        """Simulate, and return what `simulate --json` would print; without documents, `{}`.

        A request that names a task gets what that returns (`compare.task`, `examine`).

        Raises:
            Cancelled: `cancelled` said so.
            QuantSimError: The data do not fit, an operator is not supported, ….
        """
        from quantsim_viz import sim

        model = self._open(request)
        configs = [load_config(text=text, name=name) for name, text in request.texts]
        data = load_data(request.data, model)
        if not configs:
            check_data(model, data)
            if request.data.calibration is not None:
                check_data(model, load_data(request.data.calibration, model))
            return {}
        keywords: dict[str, Any] = dict(request.options) | {
            "progress": Progress(report).tell,
            "cancelled": cancelled,
            "engine": self._engine,
        }
        if request.data.calibration is not None:
            keywords["calibration"] = load_data(request.data.calibration, model)
        if request.samples is not None:
            keywords["samples"] = request.samples
        result: dict[str, Any]
        if request.task == examine.PURPOSE:
            result = examine.run_examination(model, configs[0], data, keywords)
        elif request.task:
            result = run_task(request.task, model, configs, data, keywords)
        else:
            result = sim.simulate(model, configs[0], data, **keywords).to_dict()
        for source in (request.data, request.data.calibration):
            if source is not None and source.is_upload:
                _rename(result, source)
        return result

    def _open(self, request: Request) -> Model:
        if self._model is None or self._key != request.model.key:
            from quantsim_viz.sim.engine import Engine

            self._model = self._engine = None
            self._model = request.model.load()
            self._engine = Engine(self._model, cache_bytes=CACHE_BYTES)
            self._key = request.model.key
        return self._model


def _rename(result: dict[str, Any], source: DataSource) -> None:
    """Call an upload what the person calls it: it is kept under another name."""
    for key in ("data", "calibration"):
        if result.get(key) == source.path:
            result[key] = source.reference


def check_data(model: Model, data: Any) -> None:
    """Check data against a model as a simulation would, without running it.

    Raises:
        DataError: They cannot be read or do not fit.
    """
    from quantsim_viz.sim.data import load_data as load_checked

    load_checked(model, data)


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
    """Turns what the engine tells into what a progress line shows.

    Attributes:
        report: Takes `phase`, `fraction`, `seconds_left`, `node`, `op_type`, `samples`, `of` and
            the `rows` of layers that are new since it last took some; whether it took them.
    """

    report: Report
    _rows: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def tell(self, status: Status) -> None:
        """Take what the engine tells."""
        row = status.row
        if row is not None and "tensor" in row:
            self._rows[row["tensor"]] = row
        taken = self.report(
            {
                "phase": status.stage,
                "fraction": status.fraction,
                "seconds_left": status.seconds_left,
                "node": status.node,
                "op_type": status.op_type,
                "samples": status.samples,
                "of": status.of,
                "rows": list(self._rows.values()),
            }
        )
        if taken:
            self._rows = {}
