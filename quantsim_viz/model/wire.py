"""Bytes to `onnx.ModelProto`, and what is wrong with bytes that are none.

Protocol buffers carry no checksum and no length: a file torn in the middle fails to parse just like
a photograph does. The difference shows in the outermost layer alone, which is walked here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # ships none
from onnx import ModelProto

from quantsim_viz.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

_FIELDS: Mapping[int, int] = {
    field.number: _VARINT
    if field.cpp_type != field.CPPTYPE_MESSAGE
    and field.name.endswith("version")
    and field.name != "producer_version"
    else _BYTES
    for field in ModelProto.DESCRIPTOR.fields
}
"""Wire type of each field of a model."""

_KNOWN_STARTS: Mapping[bytes, str] = {
    b"version https://git-lfs": "a Git LFS pointer; fetch the file itself with `git lfs pull`",
    b"PK\x03\x04": "a zip archive; a PyTorch `.pt2` file is one, and is opened by its path",
    b"\x89HDF": "an HDF5 file (Keras); convert it to ONNX first",
    b"\x1f\x8b": "compressed with gzip; unpack it first",
    b"{": "JSON text; was the configuration meant?",
    b"<": "a web page or XML; the download probably failed",
    b"\x89PNG": "a PNG image",
    b"ORTM": "onnxruntime's own format; take the ONNX file it was made from",
}


def parse_model(data: bytes, *, name: str, path: str | None) -> ModelProto:
    """Return the model that `data` hold.

    Args:
        data: A serialized `ModelProto`.
        name: What to call it in messages.
        path: The file it came from, for the error.

    Raises:
        ModelError: `data` are no model (`not-onnx`), end before it does (`truncated-model`) or are
            damaged inside (`invalid-model`).
    """
    if not data:
        raise ModelError(
            f"{name} is empty", code="not-onnx", hint="expected an ONNX model", path=path
        )
    proto = ModelProto()
    try:
        proto.ParseFromString(data)
    except DecodeError:
        raise _explain(data, name, path) from None
    if proto.ir_version and not proto.HasField("graph"):
        raise _truncated(f"{name} ends before its graph begins", path)
    if not proto.HasField("graph"):
        raise _not_onnx(data, name, path)
    return proto


def _explain(data: bytes, name: str, path: str | None) -> ModelError:
    position, fields = 0, 0
    while position < len(data):
        key, position = _read_varint(data, position)
        if position < 0:
            break
        number, wire_type = key >> 3, key & 7
        if _FIELDS.get(number) != wire_type:
            if fields and number > 0 and wire_type in (_VARINT, _FIXED64, _BYTES, _FIXED32):
                return _damaged(name, path)
            return _not_onnx(data, name, path)
        length, position = _read_varint(data, position)
        if position < 0:
            break
        if wire_type == _BYTES:
            if position + length > len(data):
                missing = position + length - len(data)
                return (
                    _truncated(f"{name} is torn: at least {missing} bytes are missing", path)
                    if fields or number == ModelProto.GRAPH_FIELD_NUMBER
                    else _not_onnx(data, name, path)
                )
            position += length
        fields += 1
    if position < 0 and fields:
        return _truncated(f"{name} is torn: it ends inside a field", path)
    return _damaged(name, path) if fields else _not_onnx(data, name, path)


def _read_varint(data: bytes, position: int) -> tuple[int, int]:
    """Return the number at `position` and the place behind it, or -1 where the data end first."""
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            return value, -1
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
    return value, position


def _not_onnx(data: bytes, name: str, path: str | None) -> ModelError:
    kind = next((text for start, text in _KNOWN_STARTS.items() if data.startswith(start)), "")
    return ModelError(
        f"{name} is not an ONNX model" + (f" but {kind.split(';')[0]}" if kind else ""),
        code="not-onnx",
        hint=kind.partition("; ")[2] or "expected a file written by an ONNX exporter",
        path=path,
    )


def _truncated(message: str, path: str | None) -> ModelError:
    return ModelError(
        message, code="truncated-model", hint="copy or download the file again, whole", path=path
    )


def _damaged(name: str, path: str | None) -> ModelError:
    return ModelError(
        f"{name} is damaged: it begins as an ONNX model and cannot be read to its end",
        code="invalid-model",
        hint="copy or download the file again, or export the model again",
        path=path,
    )
