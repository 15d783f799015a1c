"""Three presets are said to equal files of aimet-onnx; here an installed one is asked."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from quantsim_viz.config import preset


def find_folder() -> Path:
    """Return the folder of aimet-onnx's configurations; nothing of it is imported."""
    spec = find_spec("aimet_onnx")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("aimet-onnx is not installed in this environment")
    try:
        found = version("aimet-onnx")
    except PackageNotFoundError:
        pytest.skip("aimet-onnx is there, but not installed as a package: its version is unknown")
    if not found.startswith("2.42"):
        pytest.skip(f"the presets follow aimet-onnx 2.42, this environment has {found}")
    return Path(spec.submodule_search_locations[0]) / "common" / "quantsim_config"


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("aimet_default", "default_config.json"),
        ("aimet_default_per_channel", "default_config_per_channel.json"),
    ],
)
def test_the_preset_equals_the_shipped_file(name: str, file: str) -> None:
    entry = preset(name)
    assert entry is not None
    assert read(entry.path) == read(find_folder() / file)


def test_the_preset_for_qualcomm_equals_the_file_for_v73_but_for_the_range_of_relu() -> None:
    entry = preset("qnn_htp")
    assert entry is not None
    ours, theirs = read(entry.path), read(find_folder() / "htp_quantsim_config_v73.json")
    assert theirs["op_type"].pop("Relu") == {"encoding_constraints": {"min": 0.0}}
    for document in (ours, theirs):
        document["supergroups"].sort(key=lambda entry: entry["op_list"])  # none overlaps another
    assert ours == theirs


def test_the_per_channel_file_is_what_aimet_loads_when_none_is_given() -> None:
    find_folder()
    module = pytest.importorskip(
        "aimet_onnx.common.quantsim_config.quantsim_config",
        reason="aimet-onnx does not import here",
        exc_type=ImportError,
    )
    entry = preset("aimet_default_per_channel")
    assert entry is not None
    assert read(entry.path) == read(Path(module._get_config_file(None)))
