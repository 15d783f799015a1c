"""Refuse to write over what a command reads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantsim_viz.errors import ModelError, QuantSimError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OUTPUTS = ("output", "csv")
"""Options that name a file to write."""

INPUTS = ("model", "config", "configs", "data", "calibration")
"""Arguments and options that may name a file to read."""


def refuse_overwriting(arguments: Mapping[str, Any]) -> None:
    """Refuse arguments of which an output is an input too, under whichever name.

    Args:
        arguments: Values by the name of their argument or option.

    Raises:
        QuantSimError: A file would be written over that is read (`overwrites-input`).
    """
    for output in (arguments[name] for name in OUTPUTS if arguments.get(name)):
        if not os.path.isfile(output):
            continue  # nothing is there, or nothing that can be lost
        for given in _iter_read(arguments, Path(os.path.realpath(output))):
            if os.path.exists(given) and os.path.samefile(given, output):
                raise QuantSimError(
                    f"{output} would be written over, and this command reads it",
                    code="overwrites-input",
                    hint="name another file to write to",
                    path=output,
                )


def _iter_read(arguments: Mapping[str, Any], output: Path) -> Iterator[str | Path]:
    """Yield paths of files that are read; a model's weights only if `output` could be one."""
    for name in INPUTS:
        value = arguments.get(name) or ()
        yield from (value,) if isinstance(value, str) else value
    model = arguments.get("model")
    if model and os.path.isfile(model) and Path(os.path.realpath(model)).parent in output.parents:
        from quantsim_viz.model.external import weight_files

        try:
            yield from weight_files(model)
        except ModelError:
            return  # the command itself says what is wrong with the model
