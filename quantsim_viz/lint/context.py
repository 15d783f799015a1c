"""What every check looks at: one configuration resolved on one model."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from quantsim_viz.config.pointer import split
from quantsim_viz.diagnostics import Diagnostic, Fix
from quantsim_viz.lint.codes import CODES

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Mapping

    from quantsim_viz.config.rules import Config, Rules
    from quantsim_viz.lint.trial import Trial
    from quantsim_viz.resolve import Cascade
    from quantsim_viz.resolve.columns import Row
    from quantsim_viz.resolve.pipeline import Run
    from quantsim_viz.resolve.topology import Op, Topology


START = "built-in start"
"""Who set a property that nothing has set yet."""


class Written(NamedTuple):
    """A declaration of a rule and what it found.

    Attributes:
        row: The declaration.
        before: The property's value before it.
        source: Who had set that: a rule's pointer, or `built-in …`.
    """

    row: Row
    before: Any
    source: str


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
    def written_by(self) -> Mapping[str, list[Written]]:
        """For every rule its declarations, each with what its property was before, and why."""
        found: dict[str, list[Written]] = {}
        stages = list(self.run.stages.values())
        start = stages[0].before
        current: dict[tuple[int, int], tuple[Any, str]] = {}
        for row in (row for stage in stages for row in stage.rows):
            quantizer, prop, value, pointer, builtin, _, agrees = row
            if pointer is not None:
                before = current.get((quantizer, prop)) or (start[prop][quantizer], START)
                found.setdefault(pointer, []).append(Written(row, *before))
            if agrees < 0:
                current[quantizer, prop] = value, source_of(pointer, builtin)
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


def source_of(rule: str | None, builtin: str | None) -> str:
    """Name who made a declaration: a rule's pointer, or built-in behaviour."""
    return rule if rule is not None else f"built-in {builtin}"


def sources(counted: Counter[str]) -> str:
    """Write rules and built-in behaviour with how many quantizers each concerns.

    >>> from collections import Counter
    >>> sources(Counter({"/params/bias/is_quantized": 2, "built-in start": 1}))
    'params.bias.is_quantized (2), built-in start (1)'
    """
    names = [
        f"{label(name) if name.startswith('/') else name} ({number})"
        for name, number in counted.most_common(3)
    ]
    more = len(counted) - len(names)
    return ", ".join(names) + (f" and {more} more" if more > 0 else "")


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
