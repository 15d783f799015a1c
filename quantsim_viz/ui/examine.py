"""Looking at one tensor's values: measured by the worker when asked for, kept by configuration.

The values are those of one batch, as for live noise, so that they come at once and are of the same
samples as the figures beside them.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from quantsim_viz.ui.views.inspector import iter_targets, node_named

if TYPE_CHECKING:
    from quantsim_viz.ui.jobs import Job, Worker
    from quantsim_viz.ui.session import Session

    Key = tuple[Any, ...]

PURPOSE = "histogram"

BINS = 96

KEPT = 48
"""Histograms that are kept, each a few kilobytes."""


@dataclass
class Examination:
    """What is looked at, and what was found.

    Attributes:
        is_open: Whether values are looked at, of whatever node is selected.
        wanted: The tensor that was asked for; another one where it is not of the selected node.
        found: Histograms by what they are of.
        failed: Why one could not be made, by the same.
    """

    is_open: bool = False
    wanted: str | None = None
    found: OrderedDict[Key, dict[str, Any]] = field(default_factory=OrderedDict)
    failed: dict[Key, str] = field(default_factory=dict)

    def look_at(self, tensor: str | None) -> None:
        """Look at a tensor's values, or, None, no longer at any."""
        self.is_open, self.wanted = tensor is not None, tensor

    def keep(self, key: Key, histogram: dict[str, Any]) -> None:
        """Keep what was found."""
        self.found[key] = histogram
        while len(self.found) > KEPT:
            self.found.popitem(last=False)

    def latest(self, tensor: str, model_key: str) -> dict[str, Any] | None:
        """Return the newest histogram of a tensor, whatever configuration it is of."""
        for key in reversed(self.found):
            if key[:2] == (tensor, model_key):
                return self.found[key]
        return None


def examined_tensor(session: Session) -> str | None:
    """Return the tensor that is looked at: the one asked for, else the node's first quantizer's."""
    examination, workspace = session.examination, session.workspace
    node = node_named(workspace.model, session.selected)
    cascade = workspace.shown().cascade
    if not examination.is_open or node is None or cascade is None:
        return None
    targets = list(iter_targets(workspace.model, cascade, node))
    tensors = [target.tensor for target in targets]
    if examination.wanted in tensors:
        return examination.wanted
    enabled = [name for name in tensors if cascade.quantizers[name].enabled]
    return next(iter(enabled or tensors), None)


def key_of(session: Session, tensor: str) -> Key:
    """Return what tells a tensor's values from those under any other circumstances."""
    options = replace(session.options, samples=None, measures=())
    return (tensor, session.model_source.key, session.workspace.text, session.data, options)


def key_of_job(job: Job) -> Key:
    """Return the same of a job that measures them."""
    options = replace(job.options, samples=None, measures=())
    return (job.extra["tensor"], job.model_key, job.texts[-1][1], job.data, options)


def keep_examined(session: Session, worker: Worker) -> None:
    """Measure what is looked at, unless it is known, on its way, or cannot be measured."""
    tensor = examined_tensor(session)
    if tensor is None or session.is_running("simulate") or session.comparing.is_open:
        return
    cascade = session.workspace.picture().cascade
    if cascade is None or cascade.error is not None:
        return
    key, examination = key_of(session, tensor), session.examination
    job = session.jobs.get(PURPOSE)
    if job is not None and job.is_running:
        if key_of_job(job) == key:
            return
        worker.cancel(job, force=False)
    if key in examination.found or key in examination.failed:
        return
    session.jobs[PURPOSE] = worker.submit(
        session.model_source,
        ((session.workspace.source.name, session.workspace.text),),
        session.data,
        replace(session.options, measures=()),
        title=f"Values of {tensor}",
        purpose=PURPOSE,
        samples=session.options.batch_of(session.data),
        task=PURPOSE,
        extra={"tensor": tensor, "bins": BINS},
    )


def take_examined(session: Session, job: Job) -> None:
    """Take over what a job found."""
    if job.state == "done" and job.result is not None:
        session.examination.keep(key_of_job(job), job.result)
    elif job.state == "failed" and job.error is not None:
        session.examination.failed[key_of_job(job)] = str(job.error)


def run_examination(model: Any, config: Any, data: Any, keywords: dict[str, Any]) -> dict[str, Any]:
    """Measure a tensor's values, and what its own quantizer's noise is made of, in the worker.

    The noise of all quantizers is measured at once and remembered by the engine.

    Raises:
        QuantSimError: The data do not fit, an operator is not supported, ….
    """
    from quantsim_viz import sim

    found = sim.histogram(model, config, data, **keywords).to_dict()
    if found["quantizer"] == found["tensor"]:
        shared = {key: value for key, value in keywords.items() if key not in ("tensor", "bins")}
        report = sim.simulate(model, config, data, measure=("quantizers",), **shared).to_dict()
        found["noise"] = report["quantizers"].get(found["tensor"])
    return found
