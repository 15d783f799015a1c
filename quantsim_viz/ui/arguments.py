"""What `quantsim-viz app` and `streamlit run app.py --` hand to the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_OPTIONS = {
    "-c": "config",
    "--config": "config",
    "--data": "data",
    "--root": "root",
    "--metric": "metric",
}


@dataclass(frozen=True, slots=True)
class Arguments:
    """What was named at start.

    Attributes:
        model: The model, None for a sample.
        config: The configuration, None for the default.
        data: The data, None for what belongs to the model.
        roots: Further folders that may be read.
        metric: What accuracy is measured when comparing, None for what suits the labels.
    """

    model: str | None = None
    config: str | None = None
    data: str | None = None
    roots: tuple[str, ...] = ()
    metric: str | None = None


def parse_arguments(arguments: Sequence[str]) -> Arguments:
    """Read `[MODEL] [-c CONFIG] [--data DATA] [--root FOLDER …] [--metric NAME]`.

    What is unknown is left alone.

    >>> parse_arguments(["net.onnx", "-c", "weights_only", "--root=/data"])
    Arguments(model='net.onnx', config='weights_only', data=None, roots=('/data',), metric=None)
    """
    model: str | None = None
    found: dict[str, list[str]] = {"config": [], "data": [], "root": [], "metric": []}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if name in _OPTIONS:
            taken = value if equals else (rest.pop(0) if rest else "")
            if taken:
                found[_OPTIONS[name]].append(taken)
        elif not word.startswith("-") and model is None:
            model = word
    last = {key: values[-1] if values else None for key, values in found.items()}
    roots = tuple(found["root"])
    return Arguments(model, last["config"], last["data"], roots, last["metric"])
