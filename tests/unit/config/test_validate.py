from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from quantsim_viz.config import Config, load_config
from quantsim_viz.config.edit import apply_patch
from quantsim_viz.config.load import load_document

VALID: dict[str, Any] = {
    "defaults": {"ops": {"is_output_quantized": "True"}, "params": {"is_quantized": "True"}},
    "params": {"bias": {"is_quantized": "False"}},
    "op_type": {
        "Conv": {
            "params": {"weight": {"is_symmetric": "True"}},
            "supported_kernels": [{"activation": {"bitwidth": 8, "dtype": "int"}}],
        },
        "Relu": {"encoding_constraints": {"min": 0.0}},
    },
    "supergroups": [{"op_list": ["Conv", "Relu"]}],
    "supergroup_pass_list": ["MatmulAdd"],
    "model_input": {"is_input_quantized": "True"},
    "model_output": {},
}
REMOVED = object()


def changed(path: str, value: Any) -> Config:
    """Return the valid configuration with another value at a slash-separated path."""
    data = copy.deepcopy(VALID)
    *parents, last = path.split("/")
    holder: Any = data
    for name in parents:
        holder = holder[int(name)] if isinstance(holder, list) else holder[name]
    key: Any = int(last) if isinstance(holder, list) else last
    if value is REMOVED:
        del holder[key]
    else:
        holder[key] = value
    return load_config(data)


def test_the_configuration_that_the_cases_change_is_valid() -> None:
    config = load_config(VALID)
    assert config.diagnostics == ()
    assert config.rules is not None


# path of the change, new value, code, rule, words of the message, fixed value
CASES: list[tuple[str, Any, str, str, str, Any]] = [
    ("defaults/ops/is_output_quantized", True, "wrong-type", "=", 'the text "True"', "True"),
    ("defaults/params/is_quantized", False, "wrong-type", "=", 'the text "False"', "False"),
    ("defaults/params/is_quantized", 0, "wrong-type", "=", "not the number 0", "False"),
    ("defaults/params/is_quantized", None, "wrong-type", "=", "not null", None),
    ("defaults/params/is_quantized", ["True"], "wrong-type", "=", "not a list", None),
    ("defaults/params/is_quantized", "true", "wrong-case", "=", 'Write "True"', "True"),
    ("defaults/params/is_quantized", " FALSE", "wrong-case", "=", 'Write "False"', "False"),
    ("defaults/params/is_quantized", "yes", "bad-value", "=", 'it must be "True" or', None),
    ("defaults/params/is_quantized", "Flase", "bad-value", "=", "Flase", "False"),
    ("defaults/hw_version", 73, "wrong-type", "=", "a text in quotes", "73"),
    ("defaults/is_symmetric", "True", "unknown-key", "=", 'Did you mean "strict_symm', ...),
    ("defaults", REMOVED, "missing-key", "", 'no "defaults"', ...),
    ("defaults/ops", REMOVED, "missing-key", "/defaults", 'no "ops"', ...),
    ("model_input", REMOVED, "missing-key", "", 'no "model_input"', ...),
    ("supergroups", REMOVED, "missing-key", "", "if only empty", ...),
    ("op_type", [], "wrong-type", "=", "an object", None),
    ("supergroups", {"op_list": ["Add", "Relu"]}, "wrong-type", "=", "a list", ...),
    ("supergroups/0", ["Conv", "Relu"], "wrong-type", "=", "Item 1 of supergroups", None),
    ("supergroups/0/op_list", ["Conv"], "short-supergroup", "=", "this op_list has 1", ...),
    ("supergroups/0/op_list", [], "short-supergroup", "=", "this op_list has none", ...),
    ("supergroups/0/op_list/0", 1, "wrong-type", "=", "Item 1 of op_list", "1"),
    ("supergroups/0/op_list", REMOVED, "missing-key", "/supergroups/0", 'no "op_list"', ...),
    ("supergroups/0/name", "x", "unknown-key", "=", "may hold op_list", ...),
    ("op_type/Conv/is_ouput_quantized", "True", "unknown-key", "=", '"is_output_quantized"?', ...),
    ("op_type/Conv/zebra", "True", "unknown-key", "=", "It may hold is_input", ...),
    ("op_type/Conv/supported_kernels", [], "empty-list", "=", "must not be empty", ...),
    ("op_type/Conv/supported_kernels/0/activation/bitwidth", 5, "bad-value", "=", "4, 8", None),
    ("op_type/Conv/supported_kernels/0/activation/bitwidth", "8", "wrong-type", "=", "whole", 8),
    ("op_type/Conv/supported_kernels/0/activation/bitwidth", 8.5, "wrong-type", "=", "8.5", None),
    ("op_type/Conv/supported_kernels/0/activation/bitwidth", True, "wrong-type", "=", "true", None),
    ("op_type/Conv/supported_kernels/0/activation/dtype", "Int", "bad-value", "=", "int", "int"),
    ("op_type/Relu/encoding_constraints/min", "0.5", "wrong-type", "=", "a number", 0.5),
    ("op_type/Relu/encoding_constraints/max", True, "wrong-type", "=", "a number", None),
    (
        "op_type/Relu/encoding_constraints/min",
        REMOVED,
        "missing-key",
        "/op_type/Relu/encoding_constraints",
        '"min"',
        ...,
    ),
    ("model_input/is_output_quantized", "True", "unknown-key", "=", "already: remove", ...),
    # what has the right shape and is refused all the same
    ("defaults/ops/is_input_quantized", "True", "default-input-quantized", "=", "whatever", ...),
    ("defaults/ops/is_input_quantized", "False", "default-input-quantized", "=", "whatever", ...),
    ("defaults/ops/is_output_quantized", "False", "default-output-false", "=", "Remove the", ...),
    ("op_type/Conv/is_input_quantized", "False", "op-input-false", "=", "(Conv)", ...),
    ("model_input/is_input_quantized", "False", "model-input-false", "=", "remove the line", ...),
    (
        "model_output/is_output_quantized",
        "False",
        "model-output-false",
        "=",
        "Remove the line",
        ...,
    ),
    (
        "op_type/Conv/supported_kernels/0/activation",
        {"bitwidth": 8, "dtype": "float"},
        "float-kernel-bitwidth",
        "=/bitwidth",
        "16 or 32",
        ...,
    ),
    (
        "op_type/Conv/supported_kernels/0/param",
        {"bitwidth": 4, "dtype": "float"},
        "float-kernel-bitwidth",
        "=/bitwidth",
        "4 bits",
        ...,
    ),
    (
        "supergroup_pass_list/0",
        "MatMulAdd",
        "unknown-pass",
        "=",
        "Did you mean MatmulAdd?",
        "MatmulAdd",
    ),
    ("supergroup_pass_list/0", "Zebra", "unknown-pass", "=", "knows no pass", ...),
]


@pytest.mark.parametrize(
    ("path", "value", "code", "rule", "words", "fixed"),
    CASES,
    ids=[f"{code}-{index}" for index, (_, _, code, *_) in enumerate(CASES)],
)
def test_each_error_is_named_explained_and_mended(
    path: str, value: Any, code: str, rule: str, words: str, fixed: Any
) -> None:
    config = changed(path, value)
    assert config.rules is None
    (finding,) = config.errors
    assert finding.code == code
    assert finding.rule == rule.replace("=", "/" + path)
    assert words in finding.message
    assert config.error_summary == finding.message
    if fixed is None:
        assert finding.fix is None
        return
    assert finding.fix is not None
    if fixed is not ...:
        assert finding.fix.patch[-1]["value"] == fixed
    mended = load_document(apply_patch(config.document, finding.fix.patch), name="mended")
    assert code not in [left.code for left in mended.diagnostics]


def test_every_error_is_told_at_once_and_in_the_order_of_the_lines() -> None:
    text = """{
  "defaults": {
    "ops": {"is_output_quantized": true},
    "params": {"is_quantised": "True"}
  },
  "params": {},
  "op_type": {"Conv": {"is_input_quantized": "False"}},
  "supergroups": [{"op_list": ["Conv"]}],
  "model_input": {"is_input_quantized": "False"},
  "model_output": {}
}"""
    config = load_config(text=text)
    assert [(error.line, error.column, error.code) for error in config.errors] == [
        (3, 36, "wrong-type"),
        (4, 16, "unknown-key"),
        (7, 46, "op-input-false"),
        (8, 31, "short-supergroup"),
        (9, 41, "model-input-false"),
    ]
    assert config.error_summary is not None
    assert config.error_summary.endswith("(4 more errors)")
    assert (config.errors[0].end_line, config.errors[0].end_column) == (3, 40)


def test_a_mistyped_section_is_not_told_to_be_missing_as_well() -> None:
    data = copy.deepcopy(VALID)
    data["supergroup"] = data.pop("supergroups")
    (error,) = load_config(data).errors
    assert error.code == "unknown-key"
    assert error.fix is not None
    assert error.fix.patch == ({"op": "move", "from": "/supergroup", "path": "/supergroups"},)


def test_what_is_wrong_below_a_misspelt_key_is_told_as_well() -> None:
    config = changed("op_type/Convv", {"is_output_quantised": "Flase", "params": {"w": 3}})
    assert [(error.code, error.rule) for error in config.errors] == [
        ("unknown-key", "/op_type/Convv/is_output_quantised"),
        ("bad-value", "/op_type/Convv/is_output_quantised"),
        ("wrong-type", "/op_type/Convv/params/w"),
    ]
    data = copy.deepcopy(VALID)
    data["op_types"] = data.pop("op_type") | {"Gemm": {"is_symmetric": True}}
    assert [error.rule for error in load_config(data).errors] == [
        "/op_types",
        "/op_types/Gemm/is_symmetric",
    ]


def test_two_typos_of_one_key_are_not_both_renamed_to_it() -> None:
    config = changed("params/bias", {"is_quantised": "True", "is_quantizd": "True"})
    fixes = [error.fix.patch[0]["op"] for error in config.errors if error.fix]
    assert fixes == ["move", "remove"]


@pytest.mark.parametrize("value", [[], None, 1, "text", True])
def test_a_document_that_is_no_object_is_no_configuration(value: Any) -> None:
    config = load_config(text=json.dumps(value))
    assert [error.code for error in config.errors] == ["not-a-configuration"]
    assert (config.errors[0].line, config.errors[0].column) == (1, 1)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1" + "0" * 350, "1" + "0" * 5000])
def test_a_number_that_no_double_holds_is_an_error(number: str) -> None:
    text = json.dumps(VALID).replace('"min": 0.0', f'"min": {number}')
    (error,) = load_config(text=text).errors
    assert error.code == "number-too-large"
    assert error.rule == "/op_type/Relu/encoding_constraints/min"


def test_what_aimet_ignores_is_a_warning() -> None:
    config = changed("op_type/Relu/encoding_constraints/maximum", 6)
    (warning,) = config.diagnostics
    assert (warning.code, warning.severity.value) == ("ignored-key", "warning")
    assert warning.fix is not None
    assert warning.fix.title == "Rename to max"
    assert config.rules is not None
    assert config.errors == ()


def test_a_range_the_wrong_way_round_is_a_warning_that_exchanges_its_ends() -> None:
    config = changed("op_type/Relu/encoding_constraints", {"min": 6, "max": 0})
    (warning,) = config.diagnostics
    assert (warning.code, warning.severity.value) == ("reversed-range", "warning")
    assert warning.fix is not None
    mended = apply_patch(config.document, warning.fix.patch)
    assert mended.data["op_type"]["Relu"]["encoding_constraints"] == {"min": 0, "max": 6}


def test_names_from_the_file_cannot_harm_a_terminal() -> None:
    config = changed("op_type/Conv/\x1b[31m\ud800", 1)
    assert config.errors[0].message.isprintable()
