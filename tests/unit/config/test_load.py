from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from quantsim_viz.config import Document, load_config
from quantsim_viz.config import load as load_module
from quantsim_viz.errors import ConfigError

TEXT = """{
\t"defaults": {
\t\t"ops": {"is_symmetric": "False"},
\t\t"params": {},
\t\t"strict_symmetric": "True",
\t\t"hw_version": "V73",
\t\t"supported_kernels": [
\t\t\t{"activation": {"bitwidth": 16, "dtype": "int"}, "param": {"bitwidth": 8, "dtype": "int"}}
\t\t]
\t},
\t"params": {"bias": {"is_quantized": "False"}},
\t"op_type": {
\t\t"Relu": {"encoding_constraints": {"min": 0}},
\t\t"Tanh": {"encoding_constraints": {"max": 1.0, "min": -1}},
\t\t"Conv": {"per_channel_quantization": "True", "params": {"weight": {"is_symmetric": "True"}}},
\t\t"Reshape": {}
\t},
\t"supergroup_pass_list": ["MatmulAdd", "RMSNormalization"],
\t"supergroups": [{"op_list": ["Conv", "Relu"]}],
\t"model_input": {},
\t"model_output": {"is_output_quantized": "True"}
}
"""


def refuse(source: Any = None, **keywords: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_config(source, **keywords)
    assert caught.value.hint
    return caught.value


def test_rules_are_typed_and_placed() -> None:
    rules = load_config(text=TEXT).rules
    assert rules is not None
    assert [(rule.pointer, rule.value, rule.line) for rule in rules] == [
        ("/defaults/ops/is_symmetric", False, 3),
        ("/defaults/strict_symmetric", True, 5),
        ("/defaults/hw_version", "V73", 6),
        ("/defaults/supported_kernels", (((16, "int"), (8, "int")),), 7),
        ("/params/bias/is_quantized", False, 11),
        ("/op_type/Relu/encoding_constraints", (0.0, None), 13),
        ("/op_type/Tanh/encoding_constraints", (-1.0, 1.0), 14),
        ("/op_type/Conv/per_channel_quantization", True, 15),
        ("/op_type/Conv/params/weight/is_symmetric", True, 15),
        ("/supergroup_pass_list/0", "MatmulAdd", 18),
        ("/supergroup_pass_list/1", "RMSNormalization", 18),
        ("/supergroups/0", ("Conv", "Relu"), 19),
        ("/model_output/is_output_quantized", True, 21),
    ]
    assert rules.strict_symmetric is not None
    assert rules.strict_symmetric.column == 3
    assert type(rules.op_type["Relu"].encoding_constraints.value[0]) is float  # type: ignore[union-attr]  # it is there


def test_entries_keep_their_order_and_say_what_they_lack() -> None:
    rules = load_config(text=TEXT).rules
    assert rules is not None
    assert list(rules.op_type) == ["Relu", "Tanh", "Conv", "Reshape"]
    assert rules.op_type["Reshape"].pointer == "/op_type/Reshape"
    assert list(rules.op_type["Reshape"]) == []
    assert rules.default_ops.is_output_quantized is None
    assert rules.unsigned_symmetric is None
    assert [rule.pointer for rule in rules.unused] == ["/defaults/supported_kernels"]


def test_of_a_repeated_key_the_last_rules_and_the_first_is_warned_about() -> None:
    text = TEXT.replace(
        '"model_input": {}', '"model_input": {"is_input_quantized": "no"},\n"model_input": {}'
    )
    config = load_config(text=text)
    assert config.rules is not None
    assert [(found.code, found.line) for found in config.diagnostics] == [("duplicate-key", 20)]


def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "über.json"
    file.write_bytes(TEXT.replace("\n", "\r\n").encode())
    config = load_config(file)
    assert config.document.text == TEXT.replace("\n", "\r\n")
    assert (config.name, config.path) == ("über.json", str(file))
    assert config.rules is not None


def test_a_byte_order_mark_is_left_out_and_warned_about(tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    file.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    config = load_config(str(file))
    assert config.document.text == TEXT
    assert [found.code for found in config.diagnostics] == ["byte-order-mark"]
    assert config.rules is not None


def test_a_value_gets_a_text() -> None:
    data = json.loads(TEXT)
    config = load_config(data, name="mine")
    assert config.document.text == json.dumps(data, indent=2)
    assert (config.name, config.path) == ("mine", None)
    assert config.rules is not None
    assert config.rules.model_output.is_output_quantized is not None
    assert (
        config.rules.model_output.is_output_quantized.line
        == len(config.document.text.splitlines()) - 2
    )


def test_a_python_true_is_an_error_of_the_document() -> None:
    data = json.loads(TEXT)
    data["defaults"]["ops"]["is_symmetric"] = True
    assert [error.code for error in load_config(data).errors] == ["wrong-type"]


def test_a_preset_is_found_by_its_name_and_a_file_beats_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_config("default_config").name == "default_config"
    assert load_config("default_config.json").rules is not None
    Path("default_config.json").write_text(TEXT)
    assert load_config("default_config.json").document.text == TEXT


def test_a_name_that_is_nothing_is_refused_with_the_nearest_preset() -> None:
    error = refuse("defualt_config")
    assert error.code == "config-not-found"
    assert '"default_config"' in error.hint
    assert "weights_only" in refuse("zzz").hint


def test_a_text_given_as_a_name_is_told_so() -> None:
    assert "text=" in refuse(TEXT).hint


def test_a_folder_is_refused(tmp_path: Path) -> None:
    error = refuse(tmp_path)
    assert error.code == "unreadable"
    assert error.path == str(tmp_path)


def test_a_dangling_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to(tmp_path / "nowhere.json")
    assert refuse(tmp_path / "link.json").code == "unreadable"


def test_a_file_that_is_no_text_is_refused_with_the_place(tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    file.write_bytes(b'{\n"a\xff": 1}')
    error = refuse(file)
    assert (error.code, error.line, error.column) == ("not-utf8", 2, 3)


def test_a_file_of_the_size_of_a_model_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load_module, "LARGEST_FILE", 10)
    (tmp_path / "c.json").write_text(TEXT)
    assert refuse(tmp_path / "c.json").code == "too-large"


def test_a_text_that_is_no_json_is_refused_with_every_place(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text('{\n  "a": True,\n}')
    error = refuse(tmp_path / "c.json")
    assert (error.code, error.line, error.column) == ("not-json", 2, 8)
    assert [(found.line, found.code) for found in error.diagnostics] == [
        (2, "unquoted-word"),
        (2, "trailing-comma"),
    ]
    assert "1 more problem" in error.hint


@pytest.mark.parametrize("value", [{"a": {1, 2}}, {"a": float("nan")}, {"a": b"x"}, {(1, 2): 3}, 7])
def test_a_value_that_json_cannot_say_is_refused_or_no_configuration(value: Any) -> None:
    if value == 7:
        assert load_config(value).rules is None
    else:
        assert refuse(value).code == "not-json"


def test_a_value_that_holds_itself_is_refused() -> None:
    value: dict[str, Any] = {}
    value["a"] = value
    assert refuse(value).code == "not-json"


def test_a_value_nested_too_deeply_is_refused() -> None:
    value: Any = {}
    for _ in range(100_000):
        value = {"a": value}
    assert refuse(value).code == "not-json"
    while value:  # a plain `del` would recurse
        value = value["a"]


def test_a_source_and_a_text_are_one_too_many() -> None:
    with pytest.raises(TypeError, match="a source or a text"):
        load_config("default_config", text=TEXT)
    with pytest.raises(TypeError, match="a source or a text"):
        load_config()


def test_importing_the_room_is_light() -> None:
    heavy = [
        "torch",
        "streamlit",
        "pandas",
        "onnx",
        "jsonschema",
        "tree_sitter",
        "jsonpatch",
        "rapidfuzz",
    ]
    code = f"import sys, quantsim_viz.config; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_document_of_a_configuration_is_its_canonical_form() -> None:
    config = load_config(text=TEXT)
    assert config.document == Document(TEXT)
