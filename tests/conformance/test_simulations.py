"""Whole simulations of random networks against the real AIMET: encodings and outputs.

`tests/parity/make_simulation_cases.py` asked AIMET.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from quantsim_viz import load_config, load_model, resolve, simulate

FILE = Path(__file__).parent / "goldens" / "simulations.npz"
TOLERANCE = 1e-5
OFF = 1e-4
"""Share of the range by which an element may differ; beyond, it stands at a rounding tie."""


@cache
def cases():
    with np.load(FILE) as arrays:
        return json.loads(str(arrays["cases"])), {n: arrays[n] for n in arrays.files}


@cache
def ours(number):
    table, arrays = cases()
    case = table[number]
    batches = [
        {
            name.split("/", 3)[3]: value
            for name, value in arrays.items()
            if name.startswith(f"{number}/batch/{turn}/")
        }
        for turn in range(case["batches"])
    ]
    model = load_model(arrays[f"{number}/model"].tobytes())
    param_bits, act_bits = case["bits"]
    cascade = resolve(model, load_config(case["config"]), param_bits=param_bits, act_bits=act_bits)
    return simulate(
        model,
        cascade,
        batches[-1:],
        calibration=batches[:-1],
        scheme=case["scheme"],
        percentile=case["percentile"],
    )


def same(entries, expected):
    return len(entries) == len(expected or ()) and all(
        abs(entry["scale"] - scale) <= TOLERANCE * abs(scale) and entry["offset"] == offset
        for entry, (scale, offset) in zip(entries, expected or (), strict=True)
    )


@pytest.mark.parametrize("scheme", ["min_max", "tf_enhanced", "percentile"])
def test_encodings_of_random_networks_are_aimets(scheme):
    table, _ = cases()
    numbers = [n for n, case in enumerate(table) if case["scheme"] == scheme]
    wrong, total = [], 0
    for number in numbers:
        expected, found = table[number]["encodings"], ours(number).encodings
        assert found.keys() == expected.keys(), number
        wrong += [(number, name) for name in expected if not same(found[name], expected[name])]
        total += len(expected)
    assert len(numbers) > 10
    assert len(wrong) <= (0 if scheme == "min_max" else 0.01 * total), wrong


def test_simulated_outputs_of_random_networks_are_aimets():
    table, arrays = cases()
    apart, elements = 0, 0
    for number, case in enumerate(table):
        made = list(ours(number).outputs.values())
        assert len(made) == case["outputs"]
        for place, value in enumerate(made):
            expected = arrays[f"{number}/output/{place}"].astype(np.float64)
            assert value.shape == expected.shape
            finite = expected[np.isfinite(expected)]
            allowed = 0.0
            if finite.size:
                allowed = max(OFF * np.ptp(finite), TOLERANCE * np.abs(finite).max())
            near = np.isclose(value, expected, rtol=0, atol=allowed, equal_nan=True)
            apart, elements = apart + int((~near).sum()), elements + near.size
    assert apart <= 0.002 * elements, f"{apart} of {elements}"
