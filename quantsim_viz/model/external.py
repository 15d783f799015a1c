"""Weight files beside a model: are they there, are they the same as before?"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from onnx import TensorProto

from quantsim_viz.diagnostics import Diagnostic, Severity
from quantsim_viz.model.constants import byte_size
from quantsim_viz.model.locations import (
    describe_names,
    external_data,
    missing_external_data,
    resolve_location,
)
from quantsim_viz.model.wire import parse_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from onnx import GraphProto, ModelProto, NodeProto


def check_external_data(proto: ModelProto, folder: str | None) -> tuple[Diagnostic, ...]:
    """Return a warning for each weight file that is missing or too short.

    Args:
        proto: The model.
        folder: Where it lies; None for a model that came without a folder, whose external data are
            all missing.

    Raises:
        ModelError: A location leaves the folder (`external-data-outside`).
    """
    tensors: dict[str, list[str]] = {}
    needed: dict[str, int] = {}
    for tensor in _iter_external(proto):
        data = external_data(tensor)
        if data is None:
            continue
        resolve_location(data.location, folder or "", tensor.name)
        tensors.setdefault(data.location, []).append(tensor.name)
        size = byte_size(tensor.data_type, tuple(tensor.dims)) or 0
        needed[data.location] = max(needed.get(data.location, 0), data.offset + size)
    return tuple(_check_files(tensors, needed, folder))


def _check_files(
    tensors: dict[str, list[str]], needed: dict[str, int], folder: str | None
) -> Iterator[Diagnostic]:
    for location, names in tensors.items():
        path = resolve_location(location, folder or "", names[0])
        if folder is None or not path.is_file():
            text = str(missing_external_data(location, names))
            yield Diagnostic("missing-external-data", Severity.WARNING, text)
        elif path.stat().st_size < needed[location]:
            yield Diagnostic(
                "truncated-external-data",
                Severity.WARNING,
                f"The weight file `{location}` has {path.stat().st_size} bytes, and "
                f"{needed[location]} are needed by {describe_names(names)} — copy it again, whole",
            )


def weight_files(path: str) -> tuple[Path, ...]:
    """Return the weight files that a model file names, there or not.

    Raises:
        ModelError: It is no ONNX file, or a location leaves its folder.
    """
    proto = parse_model(Path(path).read_bytes(), name=path, path=path)
    folder = os.path.dirname(os.path.abspath(path))
    found = ((tensor.name, external_data(tensor)) for tensor in _iter_external(proto))
    return tuple(
        dict.fromkeys(
            resolve_location(data.location, folder, name)
            for name, data in found
            if data is not None
        )
    )


def fingerprint(digest: str, proto: ModelProto, folder: str | None) -> str:
    """Return `digest` of the model file, extended by the state of its weight files.

    Their content is not read: size and time of change stand for it.
    """
    owners: dict[str, str] = {}
    for tensor in _iter_external(proto):
        data = external_data(tensor)
        if data is not None:
            owners.setdefault(data.location, tensor.name)
    if not owners or folder is None:
        return digest
    state = hashlib.sha256(digest.encode())
    for location, tensor_name in sorted(owners.items()):
        path = resolve_location(location, folder, tensor_name)
        if path.is_file():
            status = path.stat()
            state.update(f"\n{location} {status.st_size} {status.st_mtime_ns}".encode())
    return state.hexdigest()


def _iter_external(proto: ModelProto) -> Iterator[TensorProto]:
    graphs = _iter_tensors(proto.graph)
    bodies = (tensor for function in proto.functions for tensor in _of_nodes(function.node))
    for tensors in (graphs, bodies):
        for tensor in tensors:
            if tensor.data_location == TensorProto.EXTERNAL:
                yield tensor


def _iter_tensors(graph: GraphProto) -> Iterator[TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    yield from _of_nodes(graph.node)


def _of_nodes(nodes: Iterable[NodeProto]) -> Iterator[TensorProto]:
    for node in nodes:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            if attribute.HasField("g"):
                yield from _iter_tensors(attribute.g)
            for body in attribute.graphs:
                yield from _iter_tensors(body)
