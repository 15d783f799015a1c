"""Declarations of one tensor, made from the rows when somebody looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantsim_viz.resolve.columns import PROPERTIES, TIED
from quantsim_viz.resolve.settings import Declaration, Property, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from quantsim_viz.resolve.pipeline import Run

START = "start"

_Place = tuple[Stage, int, int]
"""A row: its stage, the part of that stage's rows, and the position in that part."""


class TraceIndex:
    """Finds the rows about a quantizer; made once a run, when the first trace is asked for."""

    def __init__(self, run: Run) -> None:
        self._run = run
        places: list[list[_Place]] = [[] for _ in run.topology.names]
        for stage, stage_run in run.stages.items():
            for number, part in enumerate(stage_run.parts):
                for position, row in enumerate(part):
                    places[row[0]].append((stage, number, position))
        self._places = places

    def trace(
        self, tensor: str, line_of: Callable[[str | None], int | None]
    ) -> tuple[Declaration, ...]:
        """Return a tensor's declarations, lowest precedence first.

        Args:
            tensor: Name of a tensor with a quantizer.
            line_of: Line of a rule by its pointer.
        """
        run = self._run
        number = run.topology.quantizer_of[tensor]
        names = run.topology.names
        found = self._start(number)
        index_of: dict[_Place, int] = {}
        for stage, part, position in self._places[number]:
            row = run.stages[stage].parts[part][position]
            _, prop, value, pointer, builtin, source, agrees = row
            index_of[stage, part, position] = len(found)
            found.append(
                Declaration(
                    PROPERTIES[prop],
                    value,
                    stage,
                    pointer,
                    line_of(pointer),
                    builtin,
                    names[source] if source >= 0 else None,
                    effective=agrees < 0,
                    agrees=None if agrees < 0 else index_of[stage, part, agrees],
                )
            )
        return _with_overrides(found)

    def _start(self, number: int) -> list[Declaration]:
        before = next(iter(self._run.stages.values())).before
        return [
            Declaration(prop, before[i][number], Stage.START, builtin=START)
            for i, prop in enumerate(PROPERTIES)
            if i != TIED
        ]


def _with_overrides(found: list[Declaration]) -> tuple[Declaration, ...]:
    """Fill in which declaration overrides which: the next effective one of the same property."""
    later: dict[Property, int] = {}
    result: list[Declaration] = []
    for index in range(len(found) - 1, -1, -1):
        declaration = found[index]
        if not declaration.effective:
            result.append(declaration)
            continue
        over = later.get(declaration.property)
        later[declaration.property] = index
        result.append(declaration if over is None else _overridden(declaration, over))
    return tuple(reversed(result))


def _overridden(d: Declaration, by: int) -> Declaration:
    return Declaration(
        d.property, d.value, d.stage, d.rule, d.line, d.builtin, d.source, d.effective, by
    )
