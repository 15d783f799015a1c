"""What every check looks at: one configuration resolved on one model."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from quantsim_viz.config.pointer import split
from quantsim_viz.diagnostics import Diagnostic, Fix
from quantsim_viz.lint.codes import CODES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from quantsim_viz.config.rules import Config, Rules
    from quantsim_viz.lint.trial import Trial
    from quantsim_viz.resolve import Cascade
    from quantsim_viz.resolve.columns import Row
    from quantsim_viz.resolve.pipeline import Run
    from quantsim_viz.resolve.topology import Op, Topology


class LintContext:
    """A resolved configuration and the questions that several checks ask of it.

    Attributes:
        cascade: The configuration on its model; AIMET does not refuse it.
        config: The configuration.
        rules: Its rules.
        run: What the stages of the cascade did.
        trial: Tries fixes.
    """

    def __init__(self, cascade: Cascade, rules: Rules, run: Run, trial: Trial) -> None:
        self.cascade = cascade
        self.config = cascade.config
        self.rules = rules
        self.run = run
        self.trial = trial

    @property
    def topology(self) -> Topology:
        """The graph as the cascade sees it."""
        return self.run.topology

    @cached_property
    def rows_of(self) -> Mapping[str, list[tuple[Row, Any]]]:
        """For every rule its declarations, each with the value its property had before."""
        found: dict[str, list[tuple[Row, Any]]] = {}
        for stage in self.run.stages.values():
            current: dict[tuple[int, int], Any] = {}
            for row in stage.rows:
                quantizer, prop, value, pointer, *_, agrees = row
                before = current.get((quantizer, prop), stage.before[prop][quantizer])
                if pointer is not None:
                    found.setdefault(pointer, []).append((row, before))
                if agrees < 0:
                    current[quantizer, prop] = value
        return found

    def op_names(self, ops: Iterable[int]) -> tuple[str, ...]:
        """Return the file's nodes behind operator numbers."""
        return tuple(n for op in ops for n in self.topology.ops[op].node.members)

    def op_label(self, op: Op) -> str:
        """Return an operator as a message names it: `'/conv1' (Conv)`."""
        return f"'{op.node.members[-1]}' ({op.op_type})"


def finding(
    config: Config,
    code: str,
    pointer: str,
    message: str,
    *,
    nodes: tuple[str, ...] = (),
    related: tuple[str, ...] = (),
    fix: Fix | None = None,
) -> Diagnostic:
    """Make a diagnostic of a code, placed at the rule it is about."""
    spot = pointer
    while spot and spot not in config.document.spots:
        spot = spot.rsplit("/", 1)[0]
    place = config.document.place(spot) if spot in config.document.spots else None
    return Diagnostic(
        code,
        CODES[code].severity,
        message,
        rule=pointer,
        line=place.line if place else None,
        column=place.column if place else None,
        end_line=place.end_line if place else None,
        end_column=place.end_column if place else None,
        related=related,
        nodes=nodes,
        fix=fix,
    )


def removal(pointer: str, title: str | None = None) -> Fix:
    """Return the fix that takes a rule out of the document."""
    return Fix(title or f"Remove {label(pointer)}", ({"op": "remove", "path": pointer},))


def label(pointer: str) -> str:
    """Write a rule as people say it.

    >>> label("/op_type/Conv/is_output_quantized"), label("/supergroups/0")
    ('op_type.Conv.is_output_quantized', 'supergroups[0]')
    """
    words = ""
    for token in split(pointer):
        words += f"[{token}]" if token.isdigit() else f".{token}"
    return words.lstrip(".") or "the document"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Write a number with its noun.

    >>> count(1, "node"), count(3, "entry", "entries")
    ('1 node', '3 entries')
    """
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def sample(names: Iterable[str], most: int = 3) -> str:
    """Write the first few names of many.

    >>> sample(["a", "b", "c", "d"])
    "'a', 'b', 'c' and 1 more"
    """
    found = list(dict.fromkeys(names))
    shown = ", ".join(f"'{name}'" for name in found[:most])
    more = len(found) - most
    return f"{shown} and {more} more" if more > 0 else shown
