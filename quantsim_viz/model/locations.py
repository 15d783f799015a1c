"""Where tensors lie that are stored outside the model file, and where they must not lie."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from onnx import TensorProto

from quantsim_viz.errors import ModelError


@dataclass(frozen=True, slots=True)
class ExternalData:
    """Where a tensor's bytes lie outside the model file.

    Attributes:
        location: Path relative to the model's folder, as the file says it.
        offset: First byte.
        length: Number of bytes, None for "to the end of the file".
    """

    location: str
    offset: int
    length: int | None


def external_data(tensor: TensorProto) -> ExternalData | None:
    """Return where `tensor` is stored, None when inside the model file.

    Raises:
        ModelError: The entry lacks a location or holds something that is not a number
            (`invalid-model`).
    """
    if tensor.data_location != TensorProto.EXTERNAL:
        return None
    entries = {entry.key: entry.value for entry in tensor.external_data}
    try:
        offset = int(entries.get("offset") or 0)
        length = int(entries["length"]) if entries.get("length") else None
    except ValueError:
        offset, length = -1, None
    if not entries.get("location") or offset < 0 or (length is not None and length < 0):
        raise ModelError(
            f"The external data entry of tensor `{tensor.name}` is broken: {entries}",
            code="invalid-model",
            hint="expected a location and, as decimal numbers, an offset and a length; "
            "save the model again",
        )
    return ExternalData(entries["location"], offset, length)


def resolve_location(location: str, folder: str, tensor: str) -> Path:
    """Return the absolute path of external data, which must lie in the model's folder.

    Args:
        location: What the file says.
        folder: The model's folder; it may be `""` for a model that came without one.
        tensor: Name of the tensor, for the message.

    Raises:
        ModelError: The path leaves the folder, by itself or through a symbolic link
            (`external-data-outside`).
    """
    base = Path(os.path.realpath(folder or "."))
    path = Path(os.path.realpath(base / location))
    windows = PureWindowsPath(location)
    foreign = bool(windows.drive) or "\0" in location or ".." in windows.parts
    if foreign or Path(location).is_absolute() or not path.is_relative_to(base) or path == base:
        raise ModelError(
            f"The external data of tensor `{tensor}` lie outside the model's folder: {location!r}",
            code="external-data-outside",
            hint="put the weight file beside the model and save the model with a plain file name",
        )
    return path


def missing_external_data(location: str, tensors: list[str]) -> ModelError:
    """Return the error for a weight file that is not there."""
    return ModelError(
        f"The weight file `{location}` is missing; it holds {describe_names(tensors)}",
        code="missing-external-data",
        hint="put it beside the model; without it the graph and the settings can be seen, "
        "but nothing simulated",
        path=location,
    )


def describe_names(names: list[str]) -> str:
    """Return up to three names and how many more there are.

    >>> describe_names(["a", "b", "c", "d", "e"])
    '`a`, `b`, `c` and 2 more'
    """
    shown = ", ".join(f"`{name}`" for name in names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown
