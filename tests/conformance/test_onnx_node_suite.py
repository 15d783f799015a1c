"""The operator table against the ONNX backend node suite."""

from __future__ import annotations

import string
import warnings
from typing import TYPE_CHECKING

import onnx
import pytest
import torch
from support.node_suite import array_of, difference, numeric_cases

from quantsim_viz.model import load_model
from quantsim_viz.sim.interpreter import run_graph
from quantsim_viz.sim.operators import compile_graph, to_numpy, to_tensor
from quantsim_viz.sim.operators.conformance import (
    CASES,
    KNOWN_FAILURES,
    MEASURED_WITH,
    ON_TORCH,
)

if TYPE_CHECKING:
    from onnx.backend.test.case.test_case import TestCase

    from quantsim_viz.model import Model

pytestmark = pytest.mark.slow

INITIALS = string.ascii_lowercase


def cases_of(initial: str) -> list[TestCase]:
    return [case for case in numeric_cases() if case.name.startswith(f"test_{initial}")]


def feeds(case: TestCase, model: Model):
    """Yield each data set: arrays by input name, and the expected outputs in order."""
    for inputs, outputs in case.data_sets:
        names = model.graph.inputs
        given = {name: array_of(datum) for name, datum in zip(names, inputs, strict=False)}
        yield given, [array_of(datum) for datum in outputs]


def failure_of(case: TestCase) -> str | None:
    """Return why a case fails, None if it passes."""
    model = load_model(case.model)
    for given, expected in feeds(case, model):
        try:
            results = run_graph(model, given)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        for name, right in zip(model.graph.outputs, expected, strict=True):
            got = to_numpy(results[name], model.graph.tensors[name].dtype)
            if (wrong := difference(got, right, case)) is not None:
                return f"{name}: {wrong}"
    return None


def test_every_case_belongs_to_an_initial():
    assert sum(len(cases_of(initial)) for initial in INITIALS) == len(numeric_cases())


@pytest.mark.parametrize("initial", INITIALS)
def test_exactly_the_known_cases_fail(initial):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the reference evaluator divides by zero too
        failures = {case.name: failure_of(case) for case in cases_of(initial)}
    failed = {name: reason for name, reason in failures.items() if reason}
    unexpected = {name: reason for name, reason in failed.items() if name not in KNOWN_FAILURES}
    repaired = {n for n in KNOWN_FAILURES if n in failures and n not in failed}
    assert not unexpected
    assert not repaired, "take these from the list of known failures"


@pytest.mark.parametrize("initial", INITIALS)
def test_only_operators_that_say_so_return_their_inputs_memory(initial):
    silent = set()
    for case in cases_of(initial):
        model = load_model(case.model)
        program = compile_graph(model.graph, opset=model.opset, functions=model.functions)
        given, _ = next(feeds(case, model))
        slots = list(program.initial)
        fed = [name for name in model.graph.inputs if name not in model.graph.initializers]
        for slot, name in zip(program.inputs, fed, strict=True):
            slots[slot] = to_tensor(given[name])
        for step in program.steps:
            inputs = [slots[slot] for slot in step.inputs]
            with warnings.catch_warnings(), torch.no_grad():
                warnings.simplefilter("ignore")
                results = step.bound.call(inputs)
            for slot, value in zip(step.outputs, results, strict=False):
                slots[slot] = value
            memory = {v.untyped_storage().data_ptr() for v in inputs if v is not None and v.numel()}
            if not step.bound.may_alias and any(
                value is not None and value.numel() and value.untyped_storage().data_ptr() in memory
                for value in results
            ):
                silent.add(step.bound.node.op_type)
    assert not silent


@pytest.mark.skipif(onnx.__version__ != MEASURED_WITH, reason="the suite of another onnx version")
def test_the_documented_figures_are_those_of_the_suite():
    executors = []
    for case in numeric_cases():
        model = load_model(case.model)
        program = compile_graph(model.graph, opset=model.opset, functions=model.functions)
        executors.append(program.executor)
    assert len(executors) == CASES
    assert executors.count("torch") == ON_TORCH
    assert len(KNOWN_FAILURES) <= CASES // 100
