"""Figures of a comparison, and what they are of."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quantsim_viz.ui.compare.comparing import Comparing
    from quantsim_viz.ui.datasets import DataSource
    from quantsim_viz.ui.jobs import Job
    from quantsim_viz.ui.results import RunOptions
    from quantsim_viz.ui.session import Session


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of several configurations on the same samples.

    Attributes:
        letters: The sides that were measured; column k of every figure is side `letters[k]`.
        texts: Their documents.
        report: What the task returned (`compare.task`).
        content: The same as JSON, for the browser.
        model_key: The model.
        data: What they were measured on.
        options: How.
        metric: Which accuracy, None for what suits the labels.
        seconds: How long it took, without waiting and loading.
    """

    letters: tuple[str, ...]
    texts: tuple[str, ...]
    report: Mapping[str, Any]
    content: bytes = field(repr=False)
    model_key: str
    data: DataSource
    options: RunOptions
    metric: str | None
    seconds: float

    def column(self, letter: str) -> int | None:
        """Return which column a side's figures are in, None if it was not measured."""
        return self.letters.index(letter) if letter in self.letters else None

    def is_of(self, session: Session, letter: str) -> bool:
        """Whether its figures of a side are of what that side is now."""
        column, side = self.column(letter), session.comparing.sides.get(letter)
        if column is None or side is None:
            return False
        return self.texts[column] == side.text and self.is_of_now(session)

    def is_of_pair(self, session: Session) -> bool:
        """Whether it has current figures of A and the side beside it, and of no other."""
        letters = ("A", session.comparing.other)
        return self.letters == letters and all(self.is_of(session, one) for one in letters)

    def is_of_now(self, session: Session) -> bool:
        """Whether model, data, options and metric are those of now."""
        options = replace(session.options, measures=self.options.measures)
        now = (session.model_source.key, session.data, options, session.comparing.metric)
        return (self.model_key, self.data, self.options, self.metric) == now

    def is_current(self, session: Session) -> bool:
        """Whether it has current figures of every side that can be simulated."""
        return all(self.is_of(session, letter) for letter in session.comparing.ready)


def measured_of(job: Job) -> Measured:
    """Return what a finished job found."""
    assert job.result is not None
    return Measured(
        letters=tuple(letter for letter, _ in job.texts),
        texts=tuple(text for _, text in job.texts),
        report=job.result,
        content=json.dumps(job.result, separators=(",", ":")).encode(),
        model_key=job.model_key,
        data=job.data,
        options=job.options,
        metric=job.extra.get("metric"),
        seconds=job.result["took"],
    )


def is_asked(job: Job, session: Session, letters: tuple[str, ...]) -> bool:
    """Whether a job, running or over, is of these sides as they are now."""
    comparing: Comparing = session.comparing
    texts = tuple((letter, comparing.sides[letter].text) for letter in letters)
    options = replace(session.options, measures=job.options.measures)
    return (job.texts, job.model_key, job.data, job.options, job.extra.get("metric")) == (
        texts,
        session.model_source.key,
        session.data,
        options,
        comparing.metric,
    )
