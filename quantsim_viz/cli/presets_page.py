"""The page about the presets, written from their files and from what was measured.

`python -m quantsim_viz.cli.presets_page sample_models/presets_measured.json > docs/presets.md`; a
test says when that is due. `quantsim_viz.cli.presets_figures` measures.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quantsim_viz.config import list_presets, load_config
from quantsim_viz.resolve.settings import Status
from quantsim_viz.samples import list_samples
from quantsim_viz.sim.encodings import Encoding, Grid, constrain, encode_range

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from quantsim_viz.config import Preset

INTRODUCTION = """\
# Presets

<!-- Written by `python -m quantsim_viz.cli.presets_page sample_models/presets_measured.json >
docs/presets.md`; do not edit by hand. The text about a preset is in `configs/NAME.toml`. -->

A preset is a configuration that comes with the software: a file in `configs/`, used by its name.

    quantsim-viz presets                       # list them
    quantsim-viz presets tflite_int8           # print one
    quantsim-viz presets --about tflite_int8   # its runtime, the source of every rule, its limits
    quantsim-viz compare model.onnx -c tflite_int8 -c qnn_htp --data data.npz

Where AIMET is installed in the same environment, its own files are listed beside them, as
`aimet:NAME`, read only. They are found without importing AIMET.

The first six presets are of no particular runtime. The others state the rules of one, as far as the
format can say them. None claims to be bit-exact: what a runtime does and the format, or AIMET,
cannot express is listed with each.

## How to read the sections

Each rule of a file stands in a table with the runtime's rule behind it, in our words, and its
source. *Read* means that the named file was read at the named version; *excerpt* that an excerpt of
the page was; *headings* that only its table of contents could be seen. A rule that no source
supports was left out. A rule whose source is *the format* is no rule of the runtime: the format
needs it.

Some rules of runtimes need no key, because AIMET does them by itself ([builtins.md](builtins.md)):
operators that only move data keep their input's grid; Relu, AveragePool, Resize and Upsample share
their input's quantizer; the inputs of Concat share its output's; normalization parameters are
asymmetric at 8 bits.
"""


def render_page(figures: Mapping[str, Any]) -> str:
    """Return the page as Markdown.

    Args:
        figures: As `presets_figures.measure_all` returns them.
    """
    presets = list_presets()
    parts = [
        INTRODUCTION,
        _paragraphs(_iter_grids(presets)),
        _paragraphs(_iter_measurements(presets, figures)),
        *(_paragraphs(_iter_section(entry)) for entry in presets),
    ]
    return "\n".join(parts)


def _paragraphs(lines: Iterator[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"


# -- fixed grids -----------------------------------------------------------------------------------


def _iter_grids(presets: Sequence[Preset]) -> Iterator[str]:
    yield "## Fixed grids\n"
    yield (
        "AIMET divides maximum - minimum by 255, so that a range one step short of a power of two"
        " has a\npower of two as its scale. What the presets' fixed ranges become at 8 bits, with"
        " the zero point in\nint8:\n"
    )
    yield "| preset | operators | range | scale | zero point |\n|---|---|---|---:|---:|"
    for entry in presets:
        grids: dict[tuple[str, str, int], list[str]] = {}
        for op_type, fixed_range, encoding in iter_fixed_grids(entry):
            low, high = fixed_range
            row = (
                f"{_plain(low)} to {_plain(high)}",
                as_fraction(encoding.scale[0]),
                zero_point(encoding),
            )
            grids.setdefault(row, []).append(op_type)
        for (limits, scale, zero), types in grids.items():
            yield f"| `{entry.name}` | {', '.join(types)} | {limits} | {scale} | {zero} |"


def iter_fixed_grids(entry: Preset) -> Iterator[tuple[str, tuple[float, float], Encoding]]:
    """Yield the operator types with a fixed range, that range, and its grid at 8 bits.

    A range with opposite ends makes its quantizer symmetric (`docs/semantics.md`, §3).
    """
    rules = load_config(entry.path).rules
    for op_type, op in rules.op_type.items() if rules is not None else ():
        if op.encoding_constraints is not None:
            low, high = op.encoding_constraints.value
            grid = Grid(8, symmetric=low == -high)
            data = encode_range(np.array([low]), np.array([high]), grid)
            yield op_type, (low, high), constrain(data, (low, high), grid)


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else repr(number)


def zero_point(encoding: Encoding) -> int:
    """Return the int8 code of zero."""
    return -128 - int(encoding.offset[0])


def as_fraction(scale: float) -> str:
    """Write a scale as 1/N where it is exactly that, as a number elsewhere."""
    inverse = round(1 / scale)
    return f"1/{inverse}" if 1 / inverse == scale else repr(scale)


# -- measurements ----------------------------------------------------------------------------------


def _iter_measurements(presets: Sequence[Preset], figures: Mapping[str, Any]) -> Iterator[str]:
    yield "## What each does to the sample models\n"
    yield (
        "Nodes by status, accuracy on the 540 images of `digits_test.npz`, and the SQNR of the"
        " output.\nParameters and activations of 8 bits, scheme min_max, ranges from"
        " `digits_calibration.npz`, as by\n`quantsim-viz simulate`. One image is 0.19 percentage"
        " points; `quantsim-viz compare` says whether a\ndifference in accuracy is more than"
        " chance.\n"
    )
    for sample in list_samples():
        found = figures[sample.name]
        yield f"### {sample.title}\n"
        yield f"In float: {found['float']:.2%} top 1.\n"
        rows = found["presets"]
        seen = {status for row in rows.values() for status in row["statuses"]}
        columns = [status.value for status in Status if status.value in seen]
        yield f"| preset | {' | '.join(columns)} | top 1 | output SQNR |"
        yield f"|---|{'---:|' * len(columns)}---:|---:|"
        for entry in presets:
            yield _row(entry, rows[entry.name], columns)
        yield ""


def _row(entry: Preset, row: Mapping[str, Any], columns: Sequence[str]) -> str:
    if row["top1"] is None:
        return f"| `{entry.name}` |{' |' * len(columns)} AIMET refuses it | |"
    cells = [str(row["statuses"].get(status, "")) for status in columns]
    figures = [f"{row['top1']:.2%}", f"{row['output_sqnr_db']:.2f} dB"]
    return f"| `{entry.name}` | {' | '.join([*cells, *figures])} |"


# -- one preset ------------------------------------------------------------------------------------


def _iter_section(entry: Preset) -> Iterator[str]:
    yield f"## `{entry.name}`: {entry.title}\n"
    yield f"{entry.description}\n"
    if entry.target:
        yield f"Runtime: {entry.target}. Integers: {entry.bit_widths}.\n"
        yield from _iter_statements(entry)
    if entry.cannot_express:
        yield "What it cannot express:\n"
        yield from (f"- {sentence}" for sentence in entry.cannot_express)
        yield ""
    yield f"Checked {entry.checked}.\n"
    if entry.sources:
        yield "Sources:\n"
    for source in entry.sources:
        yield f"- {source.key}: [{source.title}]({source.url}) ({source.how})"
    yield ""


def _iter_statements(entry: Preset) -> Iterator[str]:
    yield "| rules | what the runtime says | source |\n|---|---|---|"
    for statement in entry.statements:
        rules = ", ".join(f"`{pointer}`" for pointer in statement.at)
        yield f"| {rules} | {statement.says} | {', '.join(statement.sources) or 'the format'} |"
    yield ""


if __name__ == "__main__":
    figures_file = Path(sys.argv[1])
    sys.stdout.write(render_page(json.loads(figures_file.read_text(encoding="utf-8"))))
