"""Arrays from files, memory-mapped where the format allows, so that data may exceed memory."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quantsim_viz.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    Array = np.ndarray[Any, Any]

_LOCAL_HEADER = 30  # bytes of a zip member's local header before its name


def read_arrays(path: str | Path) -> Mapping[str, Array]:
    """Return the arrays of a `.npz` by name, or the one of a `.npy` under the name `""`.

    Uncompressed arrays are memory-mapped; compressed ones (`numpy.savez_compressed`) are read.

    Raises:
        DataError: The file is missing, is not of these formats, is damaged, or holds objects.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(
            f"there is no data file at {path}",
            code="data-not-found",
            hint="give a .npz, a .npy, or random[:SEED]",
            path=str(path),
        )
    try:
        if zipfile.is_zipfile(path):
            return _read_npz(path)
        if path.suffix != ".npz":
            return {"": np.load(path, mmap_mode="r", allow_pickle=False)}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise _unreadable(path, str(error)) from error
    except MemoryError as error:
        raise DataError(
            f"{path} is too large for memory once it is decompressed: {error}",
            code="out-of-memory",
            hint="write it with numpy.savez, not savez_compressed, or as .npy: it is streamed then",
            path=str(path),
        ) from error
    raise _unreadable(path, "it is not a zip archive")


def _unreadable(path: Path, reason: str) -> DataError:
    return DataError(
        f"{path} is not a readable .npz or .npy file: {reason}",
        code="data-unreadable",
        hint="write it with numpy.savez(path, **{input_name: array}) or numpy.save",
        path=str(path),
    )


def _read_npz(path: Path) -> dict[str, Array]:
    arrays: dict[str, Array] = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if not member.filename.endswith(".npy"):
                continue
            name = member.filename.removesuffix(".npy")
            if member.compress_type == zipfile.ZIP_STORED and member.file_size:
                arrays[name] = _map_member(path, member)
            else:
                with archive.open(member) as stream:
                    arrays[name] = np.lib.format.read_array(stream, allow_pickle=False)
    return arrays


def _map_member(path: Path, member: zipfile.ZipInfo) -> Array:
    """Map an array that lies uncompressed inside the archive."""
    with path.open("rb") as stream:
        stream.seek(member.header_offset)
        header = stream.read(_LOCAL_HEADER)
        lengths = int.from_bytes(header[26:28], "little"), int.from_bytes(header[28:30], "little")
        stream.seek(member.header_offset + _LOCAL_HEADER + sum(lengths))
        version = np.lib.format.read_magic(stream)
        read = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, fortran, dtype = read(stream)
        if dtype.hasobject:
            raise ValueError(f"array {member.filename} holds Python objects")
        if 0 in shape:
            return np.empty(shape, dtype)
        return np.memmap(
            path,
            dtype=dtype,
            mode="r",
            offset=stream.tell(),
            shape=shape,
            order="F" if fortran else "C",
        )
