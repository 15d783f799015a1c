"""The door: whatever a user calls a model, to a `Model`."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx
from google.protobuf.message import EncodeError  # type: ignore[import-untyped]  # ships none

from quantsim_viz.errors import ModelError
from quantsim_viz.model.external import check_external_data, fingerprint
from quantsim_viz.model.graph import Model
from quantsim_viz.model.inference import infer_types
from quantsim_viz.model.naming import fill_node_names
from quantsim_viz.model.read import Reader, opset_of
from quantsim_viz.model.stripped import strip_weights
from quantsim_viz.model.validity import check
from quantsim_viz.model.wire import parse_model

if TYPE_CHECKING:
    from collections.abc import Mapping

_FACTORY = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")

_LARGEST = 2**31 - 1
"""What fits into one protocol buffer."""


def load_model(
    source: Any,
    example_inputs: tuple[Any, ...] | Mapping[str, Any] | None = None,
    *,
    fold_batch_norms: bool = False,
    name: str | None = None,
    allow_code: bool = True,
) -> Model:
    """Load a model into the immutable view.

    Args:
        source: One of
            1. a path to an ONNX file (external data beside it);
            2. the bytes of one;
            3. an `onnx.ModelProto`, which is copied and left as it is;
            4. a `torch.nn.Module`, with `example_inputs`, or a tuple of the two;
            5. a path to a `.pt2` file (`torch.export.save`);
            6. `"package.module:factory"`, a callable that returns `(nn.Module, example_inputs)`.
        example_inputs: For a module: positional inputs, or keyword inputs as a mapping.
        fold_batch_norms: Fold BatchNormalization into the preceding Conv, ConvTranspose or Gemm, as
            the AIMET workflow does; without it the graph is the file's own.
        name: What to call the model on screen; the file's, module's or graph's name unless given.
        allow_code: Whether 5 and 6, which can execute code, are accepted.

    Raises:
        ModelError: There is no such file (`missing-file`), it is no model (`not-onnx`), ends too
            early (`truncated-model`), is not valid (`invalid-model`), is too large for one file
            (`model-too-large`), names external data outside its folder (`external-data-outside`),
            would execute code though that is not allowed (`code-not-allowed`), or torch cannot
            load or export it (`export-failed`, `bad-factory`).
    """
    if isinstance(source, tuple) and len(source) == 2 and example_inputs is None:
        source, example_inputs = source
    if isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
        proto = parse_model(data, name=name or "the uploaded model", path=None)
        return _finish(proto, _sha256(data), name or "model", None, fold_batch_norms)
    if isinstance(source, onnx.ModelProto):
        return _load_proto(source, name, fold_batch_norms)
    if isinstance(source, str | os.PathLike):
        text = os.fspath(source)
        if text.endswith(".pt2") or (_FACTORY.fullmatch(text) and not os.path.exists(text)):
            return _load_code(text, name, fold_batch_norms, allow_code)
        return _load_file(text, name, fold_batch_norms)
    return _load_module(source, example_inputs, name, fold_batch_norms)


def _load_file(path: str, name: str | None, fold: bool) -> Model:
    shown = name or Path(path).name
    try:
        size = os.path.getsize(path)
        if size > _LARGEST:
            raise _too_large(shown, path)
        data = Path(path).read_bytes()
    except FileNotFoundError:
        raise _missing(path) from None
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read: {error.strerror}",
            code="unreadable-file",
            hint="expected a file that you may read",
            path=path,
        ) from None
    proto = parse_model(data, name=shown, path=path)
    return _finish(proto, _sha256(data), shown, path, fold)


def _load_proto(source: onnx.ModelProto, name: str | None, fold: bool) -> Model:
    shown = name or source.graph.name or "model"
    try:
        data = source.SerializeToString(deterministic=True)
    except (EncodeError, ValueError):
        raise _too_large(shown, None) from None
    return _finish(parse_model(data, name=shown, path=None), _sha256(data), shown, None, fold)


def _load_module(
    module: Any,
    example_inputs: tuple[Any, ...] | Mapping[str, Any] | None,
    name: str | None,
    fold: bool,
) -> Model:
    from quantsim_viz.model.from_torch import export_module

    proto = export_module(module, example_inputs)
    return _load_proto(proto, name or type(module).__name__, fold)


def _load_code(text: str, name: str | None, fold: bool, allowed: bool) -> Model:
    if not allowed:
        raise ModelError(
            f"{text} is not opened here: loading it can execute code",
            code="code-not-allowed",
            hint="open it from the command line or from Python, or export it to `.onnx` first",
            path=text,
        )
    from quantsim_viz.model.from_torch import call_factory, export_module, export_program

    if text.endswith(".pt2"):
        if not os.path.exists(text):
            raise _missing(text)
        return _load_proto(export_program(text), name or Path(text).name, fold)
    module, example_inputs = call_factory(text)
    return _load_proto(export_module(module, example_inputs), name or text, fold)


def restore(data: bytes, name: str, path: str | None, sha256: str) -> Model:
    """Return the model that was pickled: the view is read again, the hash is kept."""
    return _view(parse_model(data, name=name, path=path), sha256, name, path)


def _finish(proto: onnx.ModelProto, digest: str, name: str, path: str | None, fold: bool) -> Model:
    try:
        digest = fingerprint(digest, proto, _folder_of(path))
        if not fold:
            return _view(proto, digest, name, path)
        return _view_folded(proto, digest, name, path)
    except ModelError as error:
        error.path = error.path or path  # who reads a part does not know of which file it is
        raise
    except (UnicodeError, TypeError) as error:
        # Text that is not UTF-8 comes out of protobuf as bytes, and no name can be that.
        raise ModelError(
            f"{name} is damaged: it holds names that are not text",
            code="invalid-model",
            hint="copy or download the file again, or export the model again",
            path=path,
        ) from error


def _view_folded(proto: onnx.ModelProto, digest: str, name: str, path: str | None) -> Model:
    from quantsim_viz.model.fold import fold_batch_norms

    fill_node_names(proto)  # first, so that a node is called the same with and without folding
    check(strip_weights(proto), name=name, path=path)
    folded = fold_batch_norms(proto, _folder_of(path))
    return _view(folded, _sha256(f"batch norms folded {digest}".encode()), name, path)


def _view(proto: onnx.ModelProto, digest: str, name: str, path: str | None) -> Model:
    folder = _folder_of(path)
    findings = check_external_data(proto, folder)
    fill_node_names(proto)
    stripped = strip_weights(proto)
    findings += check(stripped, name=name, path=path)
    types = infer_types(stripped)
    reader = Reader(types, folder)
    functions = [reader.read_function(function) for function in proto.functions]
    return Model(
        graph=reader.read_graph(proto.graph),
        opset=opset_of(proto),
        ir_version=proto.ir_version,
        functions={(function.domain, function.name): function for function in functions},
        name=name,
        path=path,
        sha256=digest,
        proto=proto,
        warnings=findings,
        strict_types=types.strict,
    )


def _folder_of(path: str | None) -> str | None:
    return os.path.dirname(os.path.abspath(path)) if path is not None else None


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _missing(path: str) -> ModelError:
    folder = Path(path).parent
    siblings = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    near = difflib.get_close_matches(Path(path).name, siblings, n=1)
    return ModelError(
        f"There is no file {path}",
        code="missing-file",
        hint=f"did you mean {folder / near[0]}?" if near else "check the path",
        path=path,
    )


def _too_large(name: str, path: str | None) -> ModelError:
    return ModelError(
        f"{name} is larger than the 2 GiB that one ONNX file can hold",
        code="model-too-large",
        hint="save it with external data: onnx.save(model, path, save_as_external_data=True)",
        path=path,
    )
