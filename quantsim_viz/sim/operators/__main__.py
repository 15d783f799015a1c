"""Print `docs/operators.md`: `python -m quantsim_viz.sim.operators > docs/operators.md`."""

from __future__ import annotations

from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING

import onnx.defs

from quantsim_viz.sim.operators import FAMILIES, iter_entries
from quantsim_viz.sim.operators.conformance import (
    BY_REFERENCE,
    CASES,
    KNOWN_FAILURES,
    MEASURED_WITH,
    ON_TORCH,
    REFUSED,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quantsim_viz.sim.operators import OperatorEntry


def page() -> str:
    """Return the page's text."""
    return "\n".join((*_introduction(), *_tables(), *_others(), *_conformance())) + "\n"


def _introduction() -> Iterator[str]:
    yield """\
# Operators

<!-- Written by `python -m quantsim_viz.sim.operators`; a test keeps it up to date. -->

The engine executes ONNX operators in this order of preference:

1. a function that the model itself brings, expanded;
2. a torch kernel of the tables below;
3. the body that the standard gives for an operator, expanded;
4. `onnx.reference`, the library's own evaluator in numpy, a node at a time. Reports mark such
   nodes as executed without torch.

A kernel serves from the version of the operator set in its line up to the next line's. The engine
executes operator set 7 and later, and of older sets what means the same in set 7; a node that does
not is named (`opset-too-old`). Operators it cannot execute are named, with their nodes, before
anything runs."""


def _tables() -> Iterator[str]:
    entries = list(iter_entries())
    for family in FAMILIES:
        own = [entry for entry in entries if entry.factory.__module__ == family.__name__]
        yield ""
        yield f"## {family.__name__.rpartition('.')[2].replace('_', ' ').capitalize()}"
        yield ""
        yield (family.__doc__ or "").strip().partition("\n")[0]
        yield ""
        yield "| operator | since | executor | what it does |"
        yield "|---|---|---|---|"
        for (domain, op_type), versions in groupby(own, lambda e: (e.domain, e.op_type)):
            name = f"{domain}.{op_type}" if domain else op_type
            yield from (_line(name, entry) for entry in versions)


def _line(name: str, entry: OperatorEntry) -> str:
    summary = (entry.factory.__doc__ or "").strip().partition("\n")[0].replace("|", "\\|")
    executor = "its bodies'" if entry.op_type in ("If", "Loop", "Scan") else "torch"
    return f"| `{name}` | {first_version(entry)} | {executor} | {summary} |"


def first_version(entry: OperatorEntry) -> int:
    """Return the first version an entry serves: not before the standard has the operator."""
    return max(entry.since, _introduced().get((entry.domain, entry.op_type), 1))


@cache
def _introduced() -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for schema in onnx.defs.get_all_schemas_with_history():
        key = (schema.domain, schema.name)
        found[key] = min(schema.since_version, found.get(key, schema.since_version))
    return found


def _others() -> Iterator[str]:
    yield ""
    yield "## Without torch"
    yield ""
    few = ", ".join(f"`{name}`" for name in BY_REFERENCE)
    yield f"`onnx.reference` executes {few} and the operators of `ai.onnx.ml` on numbers."
    yield ""
    yield "Refused:"
    yield ""
    for reason, names in groupby(sorted(REFUSED, key=lambda n: (REFUSED[n], n)), REFUSED.get):
        yield f"- {', '.join(f'`{name}`' for name in names)}: {reason}."


def _conformance() -> Iterator[str]:
    passed = CASES - len(KNOWN_FAILURES)
    yield ""
    yield "## Conformance"
    yield ""
    yield f"""\
Of the ONNX backend node suite (onnx {MEASURED_WITH}), {CASES:,} cases have tensors of numbers for
inputs and outputs and one right answer. (Left out: sequences, optional values and strings,
operators that are not standard yet, values drawn at random, training modes.)
"""
    yield f"- passed: {passed:,} ({passed / CASES:.1%});"
    yield f"- every node on torch: {ON_TORCH:,} ({ON_TORCH / CASES:.1%});"
    yield f"- failed: {len(KNOWN_FAILURES)}, all listed here."
    yield ""
    yield "| case | why it fails |"
    yield "|---|---|"
    yield from (f"| `{name}` | {reason} |" for name, reason in KNOWN_FAILURES.items())
    yield ""
    yield "## Devices"
    yield ""
    yield "Kernels are written for any torch device. Everything above was measured on a CPU."


if __name__ == "__main__":
    print(page(), end="")
