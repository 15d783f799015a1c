from __future__ import annotations

import subprocess
import sys

import pytest

import quantsim_viz


def run_python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_importing_the_package_imports_nothing_heavy():
    code = (
        "import sys, quantsim_viz\n"
        "heavy = {'torch', 'streamlit', 'pandas', 'onnx', 'onnx_ir', 'numpy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert run_python(code) == "[]"


@pytest.mark.parametrize(
    "first", ["import quantsim_viz.resolve", "from quantsim_viz.resolve import settings", "pass"]
)
def test_a_public_function_wins_over_the_package_of_its_name(first):
    code = f"{first}\nimport quantsim_viz\nprint(type(quantsim_viz.resolve).__name__)"
    assert run_python(code) == "function"


def test_every_listed_name_is_there():
    for name in quantsim_viz.__all__:
        assert getattr(quantsim_viz, name) is not None
        assert name in dir(quantsim_viz)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'resolv'"):
        quantsim_viz.resolv  # noqa: B018 - reading it is the point
