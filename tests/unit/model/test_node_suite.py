"""Every model of ONNX's own node suite opens, with the element types its results have."""

import warnings

import numpy as np
import pytest

from quantsim_viz.model import load_model


@pytest.fixture(scope="module")
def cases():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # generating the expected results divides by zero
        from onnx.backend.test.case.node import collect_testcases

        return collect_testcases(None)


def test_every_model_opens_with_the_types_of_its_results(cases):
    checked = 0
    for case in cases:
        loaded = load_model(case.model)
        results = case.data_sets[0][1]
        for name, result in zip(loaded.graph.outputs, results, strict=True):
            if isinstance(result, np.ndarray) and result.dtype != object:
                assert loaded.graph.tensors[name].dtype == str(result.dtype), (case.name, name)
                checked += 1
    assert checked > 1000
