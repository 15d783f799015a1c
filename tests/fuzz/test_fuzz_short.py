"""A short, always equal part of the fuzzer's run (`tests/fuzz/fuzz.py`, `docs/testing.md`)."""

from __future__ import annotations

from collections import Counter

import pytest
from support.fuzz_cases import run_case

SEED = 2024


@pytest.mark.timeout(60)
@pytest.mark.parametrize("start", range(0, 200, 50))
def test_damaged_configurations_end_in_a_result_or_an_error_with_a_place(start: int) -> None:
    outcomes = Counter(run_case("config", SEED, number) for number in range(start, start + 50))
    assert outcomes["resolved"] > 0
    assert outcomes["not-json"] > 0
    assert outcomes["invalid"] > 0


@pytest.mark.timeout(60)
@pytest.mark.parametrize("start", range(0, 120, 40))
def test_damaged_models_end_in_a_result_or_an_error_with_a_hint(start: int) -> None:
    outcomes = Counter(run_case("model", SEED, number) for number in range(start, start + 40))
    assert outcomes["resolved"] > 0
    assert outcomes["invalid-model"] > 0
