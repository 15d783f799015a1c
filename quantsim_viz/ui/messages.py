"""What the app and its simulating process say to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quantsim_viz.ui.datasets import DataSource
    from quantsim_viz.ui.sources import ModelSource


@dataclass(frozen=True, slots=True)
class Request:
    """A simulation to run.

    Attributes:
        id: Number by which messages refer to it.
        model: The model.
        texts: The documents to simulate with, (name, text) each; two or more are compared, none
            asks only whether the data fit the model.
        data: What to measure on.
        options: Keyword arguments of `simulate` or `compare`.
        samples: How many samples to take, None for all.
        task: `compare`, `attribute` or `explain` for the Compare page (`compare.task`), `histogram`
            (`examine`), `""` for the rest.
    """

    id: int
    model: ModelSource
    texts: tuple[tuple[str, str], ...]
    data: DataSource
    options: Mapping[str, Any] = field(default_factory=dict)
    samples: int | None = None
    task: str = ""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Asks for the end of request number `id`."""

    id: int


@dataclass(frozen=True, slots=True)
class Message:
    """What the worker says about a request.

    Attributes:
        id: The request.
        kind: `progress`, `done`, `failed` or `cancelled`.
        value: Progress as a dictionary; the result, of a cancelled run what it had; the error.
    """

    id: int
    kind: str
    value: Any = None
