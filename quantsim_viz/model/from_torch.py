"""A torch module to ONNX, by torch's own exporter.

torch is imported when a function here is called, never with this module.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from quantsim_viz.errors import ModelError
from quantsim_viz.importing import importable_here
from quantsim_viz.model.scopes import CLASS_HIERARCHY, NAME_SCOPES
from quantsim_viz.model.stripped import iter_nodes

if TYPE_CHECKING:
    import onnx

BATCH = "batch"
"""Name of the symbolic first axis of exported models."""

Inputs = tuple[Any, ...] | Mapping[str, Any]


class _Attempt(NamedTuple):
    """What to export with: inputs, positional or by name, and which of their axes are symbolic."""

    inputs: tuple[Any, ...] | dict[str, Any]
    shapes: tuple[Any, ...] | dict[str, Any] | None


def export_module(module: Any, example_inputs: Inputs | None) -> onnx.ModelProto:
    """Export a module in evaluation mode; it is left in the mode it was in.

    1. The first axis of every input tensor is exported as symbolic where the module allows it, so
       that any number of samples can go through at once.
    2. Where it does not, shapes are those of the example inputs.

    Args:
        module: A `torch.nn.Module`.
        example_inputs: Its positional arguments, or its keyword arguments as a mapping. A single
            tensor stands for one positional argument.

    Raises:
        ModelError: `module` is no module (`not-a-model`), example inputs are missing
            (`no-example-inputs`) or the exporter fails (`export-failed`).
    """
    torch = _import_torch()
    if not isinstance(module, torch.nn.Module):
        raise ModelError(
            f"A {type(module).__name__} is not a model",
            code="not-a-model",
            hint="expected a path, bytes, an onnx.ModelProto or a torch.nn.Module",
        )
    if example_inputs is None:
        raise ModelError(
            f"{type(module).__name__} came without example inputs, which exporting it needs",
            code="no-example-inputs",
            hint="call load_model(module, example_inputs) with a tuple or a mapping of tensors",
        )
    if isinstance(example_inputs, torch.Tensor):
        example_inputs = (example_inputs,)
    inputs = dict(example_inputs) if isinstance(example_inputs, Mapping) else tuple(example_inputs)
    error: Exception | None = None
    with _evaluating(module):
        for attempt in _iter_attempts(torch, inputs):
            proto, error = _try_export(module, attempt)
            if proto is not None:
                _name_batch(proto, attempt)
                return proto
    raise _export_failed(type(module).__name__, error)


def export_program(path: str) -> onnx.ModelProto:
    """Export a program saved by `torch.export.save`.

    Raises:
        ModelError: torch cannot load it (`not-a-pt2`) or the exporter fails (`export-failed`).
    """
    torch = _import_torch()
    try:
        with _silence():
            program = torch.export.load(path)
    except Exception as error:  # torch raises whatever its readers raise
        raise ModelError(
            f"{path} is not a program that torch {torch.__version__} can load: {_first(error)}",
            code="not-a-pt2",
            hint="expected a file written by torch.export.save",
            path=path,
        ) from error
    proto, failure = _try_export(program, _Attempt((), None))
    if proto is None:
        raise _export_failed(path, failure)
    return proto


def call_factory(target: str) -> tuple[Any, Inputs]:
    """Import `package.module:factory`, call it and return its module and example inputs.

    The current folder is looked in as well, as `python -m` does.

    Raises:
        ModelError: There is no such module or factory, calling it fails, or it returns something
            else (`bad-factory`).
    """
    module_name, _, attribute = target.partition(":")
    try:
        with importable_here():
            made = _attribute(importlib.import_module(module_name), attribute)()
    except Exception as error:  # a user's code may raise anything
        raise _bad_factory(target, f"{type(error).__name__}: {_first(error)}") from error
    if not (isinstance(made, tuple) and len(made) == 2):
        raise _bad_factory(target, f"it returned a {type(made).__name__}")
    return made


def _attribute(module: Any, dotted: str) -> Callable[[], Any]:
    for part in dotted.split("."):
        module = getattr(module, part)
    factory: Callable[[], Any] = module
    return factory


def _iter_attempts(torch: Any, inputs: tuple[Any, ...] | dict[str, Any]) -> Iterator[_Attempt]:
    """Yield the inputs to export with: a symbolic first axis, then the example's own shapes.

    The batch is the first axis of the first tensor; other tensors of that length share it. A batch
    of one is doubled: torch takes an axis of length one for a constant, even where told otherwise.
    """
    values = list(inputs.values()) if isinstance(inputs, dict) else list(inputs)
    tensors = [value for value in values if isinstance(value, torch.Tensor) and value.dim()]
    if tensors:
        size = tensors[0].shape[0]
        axes = {0: torch.export.Dim.DYNAMIC}

        def is_batched(value: Any) -> bool:
            return any(value is tensor for tensor in tensors) and bool(value.shape[0] == size)

        def double(value: Any) -> Any:
            return torch.cat([value, value]) if size == 1 and is_batched(value) else value

        if isinstance(inputs, dict):
            yield _Attempt(
                {key: double(value) for key, value in inputs.items()},
                {key: axes if is_batched(value) else None for key, value in inputs.items()},
            )
        else:
            yield _Attempt(
                tuple(double(value) for value in inputs),
                tuple(axes if is_batched(value) else None for value in inputs),
            )
    yield _Attempt(inputs, None)


def _try_export(module: Any, attempt: _Attempt) -> tuple[onnx.ModelProto | None, Exception | None]:
    import torch

    inputs = attempt.inputs
    try:
        with _silence():
            program = torch.onnx.export(
                module,
                () if isinstance(inputs, dict) else inputs,
                kwargs=inputs if isinstance(inputs, dict) else None,
                dynamo=True,
                dynamic_shapes=attempt.shapes,
                verbose=False,
                external_data=False,
            )
            assert program is not None
            proto: onnx.ModelProto = program.model_proto
            _drop_traces(proto)
            return proto, None
    except Exception as error:  # the exporter raises what its many stages raise
        return None, error


def _drop_traces(proto: onnx.ModelProto) -> None:
    """Drop, in place, what the exporter notes of the tracing run: local paths and lines of code."""
    kept = (NAME_SCOPES, CLASS_HIERARCHY)
    for node in iter_nodes(proto.graph):
        entries = [entry for entry in node.metadata_props if entry.key in kept]
        del node.metadata_props[:]
        node.metadata_props.extend(entries)


def _name_batch(proto: onnx.ModelProto, attempt: _Attempt) -> None:
    """Write `batch` for the symbol torch made up for the first axis of the inputs, in place."""
    if attempt.shapes is None or not proto.graph.input:
        return
    shape = proto.graph.input[0].type.tensor_type.shape
    symbol = shape.dim[0].dim_param if shape.dim else ""
    if not symbol.isidentifier():
        return
    whole_word = re.compile(rf"\b{symbol}\b")
    for value in (*proto.graph.input, *proto.graph.output, *proto.graph.value_info):
        for dim in value.type.tensor_type.shape.dim:
            if symbol in dim.dim_param:
                dim.dim_param = whole_word.sub(BATCH, dim.dim_param)


def _import_torch() -> Any:
    try:
        import torch
        import torch.onnx
    except ImportError as error:
        raise ModelError(
            "torch is not installed, and a torch module cannot be exported without it",
            code="export-failed",
            hint="pip install torch",
        ) from error
    return torch


@contextlib.contextmanager
def _evaluating(module: Any) -> Iterator[None]:
    """Put a module and all below it into evaluation mode, and back."""
    modes = {part: part.training for part in module.modules()}
    module.eval()
    try:
        yield
    finally:
        for part, training in modes.items():
            part.training = training


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep what the exporter prints, logs and warns of to itself: results go to stdout."""
    chatty = ("torch", "onnxscript", "onnx_ir")
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in chatty]
    loggers = [logging.getLogger(name) for name in (*chatty, *names)]
    before = [(logger, logger.handlers, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.handlers, logger.propagate = [logging.NullHandler()], False
    try:
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, handlers, propagate in before:
            logger.handlers, logger.propagate = handlers, propagate


def _first(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__


def _export_failed(name: str, error: Exception | None) -> ModelError:
    cause: BaseException | None = error
    while cause is not None and cause.__cause__ is not None:
        cause = cause.__cause__
    reason = f"{type(cause).__name__}: {_first(cause)}" if cause is not None else "no reason given"
    failure = ModelError(
        f"torch could not export {name} to ONNX: {reason}",
        code="export-failed",
        hint="try torch.onnx.export(module, inputs, dynamo=True) by itself; it reports at length",
    )
    failure.__cause__ = error
    return failure


def _bad_factory(target: str, reason: str) -> ModelError:
    return ModelError(
        f"{target} is no factory of a model: {reason}",
        code="bad-factory",
        hint="expected a callable without arguments that returns (nn.Module, example_inputs)",
    )
