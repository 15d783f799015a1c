"""Whom a simulation tells how far it is, and whom it asks whether to go on."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from quantsim_viz.errors import Cancelled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quantsim_viz.model.graph import Node

WHOLE = 1000
"""What the parts done are counted in."""

INTERVAL = 0.05
"""Seconds between two calls of a callback, unless there is a row to show."""

SETTLED = 0.02
"""Share of the work after which the time left is worth telling."""


@dataclass(frozen=True, slots=True)
class Status:
    """How far a simulation is.

    Attributes:
        done: Thousandths of the whole.
        total: 1000.
        stage: What is being done: `calibrate`, `simulate`, `sensitivity`, ….
        node: The node being executed, empty before the first and for the model's inputs.
        op_type: Its operator.
        samples: How many samples this stage is through with.
        of: How many there will be, None for a stream, whose length nobody knows.
        seconds: Since the beginning.
        seconds_left: Until the end, if all goes on as before; None as long as it is anybody's
            guess.
        row: A row of the layer table as far as it is known, None between rows.
    """

    done: int
    total: int
    stage: str
    node: str
    op_type: str
    samples: int
    of: int | None
    seconds: float
    seconds_left: float | None
    row: Mapping[str, Any] | None

    @property
    def fraction(self) -> float:
        """How much of the whole is done, from 0 to 1."""
        return self.done / self.total


Progress = Callable[[Status], None] | Callable[[int, int, str, "Mapping[str, Any] | None"], None]
"""Called with a `Status`; a callable that takes four arguments is called as
`progress(done, total, stage, row)` instead."""


@dataclass(slots=True)
class Watch:
    """Whom to tell how far a simulation is, and whom to ask whether it shall go on.

    Attributes:
        progress: Told at most every `interval` seconds, and with every row.
        cancelled: Asked before every step; true stops the run.
        interval: Seconds between two calls of `progress`.
    """

    progress: Progress | None = None
    cancelled: Callable[[], bool] | None = None
    interval: float = field(default_factory=lambda: INTERVAL)
    _stages: dict[str, int] = field(default_factory=dict)
    _stage: str = ""
    _before: int = 0
    _steps: int = 1
    _done: int = 0
    _told: float = 0.0
    _node: int = -1
    _nodes: Sequence[Node] = ()
    _samples: int = 0
    _of: int | None = None
    _started: float = field(default_factory=time.monotonic)
    _tell_status: Callable[[Status], None] | None = None

    def __post_init__(self) -> None:
        """Find out how the callback wants to be called."""
        self._tell_status = None if self.progress is None else _as_told(self.progress)

    @property
    def is_attended(self) -> bool:
        """Whether anybody wants to be told or to be asked."""
        return self.progress is not None or self.cancelled is not None

    @property
    def stage(self) -> str:
        """What is being done."""
        return self._stage

    @property
    def samples(self) -> int:
        """How many samples the stage is through with."""
        return self._samples

    def expect(self, stages: Mapping[str, int]) -> None:
        """Announce every stage with its weight, in order."""
        self._stages = dict(stages)

    def begin(
        self, stage: str, steps: int, nodes: Sequence[Node] = (), samples: int | None = None
    ) -> None:
        """Start a stage.

        Args:
            stage: What to call it.
            steps: How many steps it takes.
            nodes: The nodes that steps are numbered by.
            samples: How many samples it has to go through, where that is known.
        """
        if stage != self._stage:
            self._before += self._stages.get(self._stage, 0)
        self._stage, self._steps, self._done = stage, max(1, steps), 0
        self._nodes, self._node = nodes, -1
        self._samples, self._of = 0, samples
        self._tell(None)

    def advance(self, node: int = -1) -> None:
        """Count one step.

        Args:
            node: Number of the node that it belongs to, -1 for none.

        Raises:
            Cancelled: The user asked to stop.
        """
        self.check()
        self._done += 1
        self._node = node
        if self.progress is not None and time.monotonic() - self._told >= self.interval:
            self._tell(None)

    def check(self) -> None:
        """Stop if the user asked for it.

        Raises:
            Cancelled: The user did.
        """
        if self.cancelled is not None and self.cancelled():
            raise Cancelled(
                f"the simulation was stopped at {self._share() / 10:.0f} % ({self._stage})",
                code="cancelled",
            )

    def count(self, samples: int) -> None:
        """Note that so many more samples have been gone through."""
        self._samples += samples

    def part(self, start: float, end: float) -> Watch:
        """Return what a part of the whole is told to; it tells how much of the whole is done.

        Args:
            start: Share of the whole that is done before the part.
            end: Share that is done after it.
        """
        tell = self._tell_status
        if tell is None:
            return Watch(None, self.cancelled, self.interval)

        def scaled(status: Status) -> None:
            done = int(WHOLE * (start + (end - start) * status.fraction))
            seconds = time.monotonic() - self._started
            tell(
                replace(
                    status, done=done, seconds=seconds, seconds_left=_seconds_left(done, seconds)
                )
            )

        return Watch(scaled, self.cancelled, self.interval)

    def show(self, row: Mapping[str, Any]) -> None:
        """Hand on a row of the layer table as far as it is known."""
        self._tell(row)

    def status(self, row: Mapping[str, Any] | None = None) -> Status:
        """Return how far it is."""
        node = self._nodes[self._node] if 0 <= self._node < len(self._nodes) else None
        done, seconds = self._share(), time.monotonic() - self._started
        return Status(
            done=done,
            total=WHOLE,
            stage=self._stage,
            node=node.name if node is not None else "",
            op_type=node.op_type if node is not None else "",
            samples=self._samples,
            of=self._of,
            seconds=seconds,
            seconds_left=_seconds_left(done, seconds),
            row=row,
        )

    def _share(self) -> int:
        """Return how much of the whole is done, in thousandths."""
        weight = self._stages.get(self._stage, 1)
        whole = sum(self._stages.values()) or weight
        done = self._before + weight * min(1.0, self._done / self._steps)
        return min(WHOLE, int(WHOLE * done / whole))

    def _tell(self, row: Mapping[str, Any] | None) -> None:
        if self._tell_status is not None:
            self._told = time.monotonic()
            self._tell_status(self.status(row))


def _seconds_left(done: int, seconds: float) -> float | None:
    return seconds * (WHOLE - done) / done if done >= SETTLED * WHOLE else None


def _as_told(progress: Progress) -> Callable[[Status], None]:
    """Return a callback as one that takes a status."""
    try:
        inspect.signature(progress).bind(0, WHOLE, "", None)
    except TypeError:
        return cast("Callable[[Status], None]", progress)
    except ValueError:  # a callable without a signature is called as it always was
        pass
    apart = cast("Callable[[int, int, str, Mapping[str, Any] | None], None]", progress)
    return lambda status: apart(status.done, status.total, status.stage, status.row)
