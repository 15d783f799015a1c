from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import quantsim_viz
from quantsim_viz.config import list_presets, load_config, preset
from quantsim_viz.data_files import configs_folder, sample_models_folder

NAMES = [entry.name for entry in list_presets()]


def read(name: str) -> Any:
    entry = preset(name)
    assert entry is not None
    return json.loads(entry.path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_is_valid_and_described(name: str) -> None:
    entry = preset(name)
    assert entry is not None
    assert entry.title
    assert entry.description.endswith(".")
    config = load_config(name)
    assert config.rules is not None
    assert config.diagnostics == ()
    assert config.path == str(entry.path)


def test_every_file_of_the_folder_is_listed() -> None:
    assert sorted(NAMES) == sorted(file.stem for file in configs_folder().glob("*.json"))
    assert sorted(NAMES) == sorted(file.stem for file in configs_folder().glob("*.toml"))
    assert len(set(NAMES)) == len(NAMES)


def test_the_first_preset_is_the_one_to_start_from() -> None:
    assert NAMES[0] == "default_config"
    assert preset("default_config.json") == preset("default_config")
    assert preset("nothing") is None


def test_the_documented_example_is_the_default_with_squeeze() -> None:
    example = read("documented_example")
    assert example["op_type"] == {"Squeeze": {"is_output_quantized": "False"}}
    assert example | {"op_type": {}} == read("default_config")


def test_the_documented_default_is_what_the_page_says() -> None:
    assert read("default_config") == {
        "defaults": {
            "ops": {"is_output_quantized": "True"},
            "params": {"is_quantized": "True"},
            "strict_symmetric": "False",
            "unsigned_symmetric": "True",
            "per_channel_quantization": "False",
        },
        "params": {"bias": {"is_quantized": "False"}},
        "op_type": {},
        "supergroups": [
            {"op_list": ["Conv", "Relu"]},
            {"op_list": ["Conv", "Clip"]},
            {"op_list": ["Add", "Relu"]},
            {"op_list": ["Gemm", "Relu"]},
        ],
        "model_input": {"is_input_quantized": "True"},
        "model_output": {},
    }


@pytest.mark.parametrize("name", ["only_listed_ops", "weights_only"])
def test_quantizing_nothing_by_default_is_said_by_leaving_the_key_out(name: str) -> None:
    assert read(name)["defaults"]["ops"] == {}


def test_weights_only_turns_nothing_else_on_but_what_aimet_asks_of_every_file() -> None:
    document = read("weights_only")
    assert document["op_type"] == document["model_output"] == {}
    assert document["model_input"] == {"is_input_quantized": "True"}


def test_only_listed_operators_are_turned_on() -> None:
    entries = read("only_listed_ops")["op_type"]
    assert {"Conv", "Gemm", "MatMul"} <= set(entries)
    assert all(entry["is_output_quantized"] == "True" for entry in entries.values())


def test_the_folders_of_a_checkout_are_found() -> None:
    assert (configs_folder() / "default_config.json").is_file()
    assert sample_models_folder().name == "sample_models"


def test_an_installed_package_finds_its_own_folder(tmp_path: Path) -> None:
    package = Path(quantsim_viz.__file__).parent
    for name in ("config", "__init__.py", "data_files.py", "diagnostics.py", "errors.py"):
        source, target = package / name, tmp_path / "quantsim_viz" / name
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            target.parent.mkdir(exist_ok=True)
            shutil.copy(source, target)
    shutil.copytree(configs_folder(), tmp_path / "quantsim_viz" / "_data" / "configs")
    code = "from quantsim_viz.config import load_config; print(load_config('weights_only').path)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    expected = tmp_path / "quantsim_viz" / "_data" / "configs" / "weights_only.json"
    assert Path(done.stdout.strip()) == expected.resolve()
