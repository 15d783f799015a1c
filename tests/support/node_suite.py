"""The cases of the ONNX backend node suite that are about tensors of numbers."""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import GraphProto, TensorProto, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from onnx import NodeProto, ValueInfoProto
    from onnx.backend.test.case.test_case import TestCase

DRAWN_AT_RANDOM = ("Bernoulli", "Multinomial", "Random")
NOT_ABOUT_TENSORS = (
    *("Sequence", "SplitToSequence", "ConcatFromSequence"),
    *("Optional", "String", "RegexFullMatch", "TfIdfVectorizer"),
)


@cache
def numeric_cases() -> tuple[TestCase, ...]:
    """Return the cases with tensors of numbers for inputs and outputs and one right answer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the suite divides by zero on purpose
        from onnx.backend.test.case.node import collect_testcases

        return tuple(case for case in collect_testcases(None) if not why_left_out(case))


def why_left_out(case: TestCase) -> str:
    """Return why a case is not about the operator table, `""` if it is."""
    graph = case.model.graph
    if not all(is_numeric(value) for value in (*graph.input, *graph.output)):
        return "an input or output is not a tensor of numbers"
    if not all(is_array(datum) for pair in case.data_sets for side in pair for datum in side):
        return "a datum is not an array of numbers"
    bodies = (case.model.graph.node, *(function.node for function in case.model.functions))
    for node in (found for body in bodies for found in iter_nodes(body)):
        if node.domain.startswith("ai.onnx.preview"):
            return "an operator that is not standard yet"
        if node.op_type.startswith(NOT_ABOUT_TENSORS):
            return "an operator on sequences, optional values or strings"
        if node.op_type.startswith(DRAWN_AT_RANDOM):
            return "the expected values were drawn at random"
    if "bernoulli" in case.name:
        return "the expected values were drawn at random"
    return "training" if "training" in case.name else ""


def iter_nodes(nodes: Iterable[NodeProto]) -> Iterator[NodeProto]:
    """Yield nodes and those of their subgraphs."""
    for node in nodes:
        yield node
        for attribute in node.attribute:
            for graph in (attribute.g, *attribute.graphs):
                if isinstance(graph, GraphProto):
                    yield from iter_nodes(graph.node)


def is_numeric(value: ValueInfoProto) -> bool:
    """Tell whether a graph's input or output is a tensor of numbers."""
    is_tensor = value.type.WhichOneof("value") == "tensor_type"
    return is_tensor and value.type.tensor_type.elem_type != TensorProto.STRING


def is_array(datum: Any) -> bool:
    """Tell whether a datum is one array (or scalar) of numbers."""
    if datum is None or isinstance(datum, list | tuple | dict):
        return False
    return not isinstance(datum, np.ndarray) or datum.dtype.kind not in "OSU"


def array_of(datum: Any) -> np.ndarray[Any, Any]:
    """Return a datum as an array."""
    return numpy_helper.to_array(datum) if isinstance(datum, TensorProto) else np.asarray(datum)


def difference(
    got: np.ndarray[Any, Any], expected: np.ndarray[Any, Any], case: TestCase
) -> str | None:
    """Return how an output differs from what a case expects, None if it does not."""
    if got.dtype != expected.dtype:
        return f"type {got.dtype} instead of {expected.dtype}"
    if got.shape != expected.shape:
        return f"shape {got.shape} instead of {expected.shape}"
    if got.dtype.kind not in "biufc":  # types that numpy's comparison does not know
        got, expected = got.astype(np.float32), expected.astype(np.float32)
    try:
        np.testing.assert_allclose(got, expected, rtol=case.rtol, atol=case.atol, equal_nan=True)
    except AssertionError as error:
        return " ".join(str(error).split())[:160]
    return None
