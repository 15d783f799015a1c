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
    arrays = np.load(FILE)
    return json.loads(str(arrays["cases"])), {name: arrays[name] for name in arrays.files}


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
    table, arrays = cases()
    wrong = []
    chosen = [(n, case) for n, case in enumerate(table) if case["scheme"] == scheme]
    for number, case in chosen:
        encoding = encode(case, [arrays[f"{number}.batch{i}"] for i in range(case["batches"])])
        near = np.allclose(encoding.scale, case["scale"], rtol=1e-5, atol=0)
        if not near or list(encoding.offset) != case["offset"]:
            wrong.append(number)
    assert len(chosen) == {"tf_enhanced": 184}.get(scheme, 80)
    # Of data with a value or two, tf_enhanced finds grids whose costs differ in the last bit alone.
    assert len(wrong) <= {"tf_enhanced": 1}.get(scheme, 0), wrong


def test_quantized_values_are_aimets_to_the_bit():
    table, arrays = cases()
    for number, case in enumerate(table):
        grid = Grid(case["bitwidth"], case["symmetric"], case["strict"], case["unsigned"])
        axis = 0 if case["per_channel"] else None
        encoding = make_encoding(
            np.array(case["scale"]), np.array(case["offset"], float), grid, axis
        )
        made = quantize(torch.from_numpy(arrays[f"{number}.given"]), encoding).numpy()
        np.testing.assert_array_equal(made, arrays[f"{number}.made"], err_msg=str(number))
