"""Encodings and quantized values against cases that AIMET's own quantizer made.

`tests/parity/make_encoding_cases.py` makes them again.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from quantsim_viz.sim.encodings import Grid, encode_range, make_encoding
from quantsim_viz.sim.observers import HistogramObserver, RangeObserver
from quantsim_viz.sim.percentile import encode_percentile
from quantsim_viz.sim.quantize import quantize
from quantsim_viz.sim.tf_enhanced import encode_tf_enhanced

FILE = Path(__file__).parent / "aimet_encodings.npz"


@cache
def cases():
    """Every case with its batches, and with what AIMET's quantizer was given and what it made."""
    with np.load(FILE) as file:
        table, values = json.loads(file["cases"].tobytes()), file["values"]
    found, start = [], 0
    for case in table:
        shape = (case["batches"] + 2, *case["shape"])
        *batches, given, made = values[start : start + np.prod(shape)].reshape(shape)
        found.append((case, batches, given, made))
        start += np.prod(shape)
    assert start == len(values)
    return found


def encode(case, batches):
    axis = 0 if case["per_channel"] else None
    grid = Grid(case["bitwidth"], case["symmetric"], case["strict"], case["unsigned"])
    observer = RangeObserver(axis) if case["scheme"] == "min_max" else HistogramObserver(axis)
    for batch in batches:
        observer.observe(torch.from_numpy(batch))
    if case["scheme"] == "min_max":
        return encode_range(*observer.range(), grid, axis)
    if case["scheme"] == "percentile":
        return encode_percentile(observer.histogram(), grid, case["percentile"], axis)
    return encode_tf_enhanced(observer.histogram(), grid, axis)


@pytest.mark.parametrize("scheme", ["min_max", "percentile", "tf_enhanced"])
def test_encodings_are_aimets(scheme):
    wrong = []
    chosen = [(n, case) for n, case in enumerate(cases()) if case[0]["scheme"] == scheme]
    for number, (case, batches, _, _) in chosen:
        encoding = encode(case, batches)
        near = np.allclose(encoding.scale, case["scale"], rtol=1e-5, atol=0)
        if not near or list(encoding.offset) != case["offset"]:
            wrong.append(number)
    assert len(chosen) == {"tf_enhanced": 187}.get(scheme, 80)
    # Of data with a value or two, tf_enhanced finds grids whose costs differ in the last bit alone.
    assert not wrong


def test_quantized_values_are_aimets_to_the_bit():
    for number, (case, _, given, expected) in enumerate(cases()):
        grid = Grid(case["bitwidth"], case["symmetric"], case["strict"], case["unsigned"])
        axis = 0 if case["per_channel"] else None
        encoding = make_encoding(
            np.array(case["scale"]), np.array(case["offset"], float), grid, axis
        )
        made = quantize(torch.from_numpy(given), encoding).numpy()
        np.testing.assert_array_equal(made, expected, err_msg=str(number))
