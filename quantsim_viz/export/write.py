"""Files that are whole or not there: written beside, then renamed."""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx
from onnx import external_data_helper

from quantsim_viz.errors import QuantSimError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LARGEST_FILE = 2**31 - 2**20
"""Bytes of weights beyond which they go to a file beside the model: one protocol buffer holds less
than 2 GiB."""


def write_document(document: Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """Write a JSON document, whole or not at all.

    Raises:
        QuantSimError: The file cannot be written (`unwritable`).
    """
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    _write_bytes(f"{text}\n".encode(), path)


def write_model(
    model: onnx.ModelProto, path: str | os.PathLike[str], *, largest: int = LARGEST_FILE
) -> None:
    """Write an ONNX model, whole or not at all.

    Weights that do not fit go to `PATH.data` beside it, which is in place before the model is.

    Args:
        model: The model, all weights inside; not changed.
        path: Where to.
        largest: Bytes of weights that one file may hold.

    Raises:
        QuantSimError: A file cannot be written (`unwritable`).
    """
    weights = sum(len(tensor.raw_data) for tensor in model.graph.initializer)
    if weights <= largest:
        _write_bytes(model.SerializeToString(), path)
        return
    target = Path(os.path.realpath(path))
    external = onnx.ModelProto()
    external.CopyFrom(model)
    external_data_helper.convert_model_to_external_data(external, location=f"{target.name}.data")
    with _unwritable(path), _beside(target) as folder:
        onnx.save_model(external, folder / target.name)
        os.replace(folder / f"{target.name}.data", f"{target}.data")
        os.replace(folder / target.name, target)


def _write_bytes(content: bytes, path: str | os.PathLike[str]) -> None:
    target = Path(os.path.realpath(path))
    with _unwritable(path):
        if target.exists() and not stat.S_ISREG(target.stat().st_mode):
            target.write_bytes(content)  # a pipe or a terminal has nothing beside it
            return
        with _beside(target) as folder:
            (folder / target.name).write_bytes(content)
            os.replace(folder / target.name, target)


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Give a new folder on the target's own file system, and take it away again."""
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name[:64]}-", dir=target.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _unwritable(path: str | os.PathLike[str]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise QuantSimError(
            f"Cannot write to {os.fspath(path)}: {error.strerror or error}",
            code="unwritable",
            hint="choose a file in a folder that exists and that you may write to",
            path=os.fspath(path),
        ) from error
