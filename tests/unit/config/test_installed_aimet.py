"""The files of an AIMET on the path are offered, and AIMET itself is never imported."""

from __future__ import annotations

import shutil
import sys
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING

import pytest

from quantsim_viz.config import list_presets, load_config, preset
from quantsim_viz.data_files import configs_folder
from quantsim_viz.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = ("aimet_onnx", "aimet_common")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path, ahead of an AIMET that may really be installed."""
    original = PathFinder.find_spec

    def find_spec(name: str, path: object = None, target: object = None) -> object:
        if name in PACKAGES:
            return original(name, [str(tmp_path)])
        return original(name, path, target)  # type: ignore[arg-type]  # passed on as given

    monkeypatch.setattr(PathFinder, "find_spec", find_spec)
    for package in PACKAGES:
        monkeypatch.delitem(sys.modules, package, raising=False)
    return tmp_path


def install(site: Path, package: str, folder: str, **files: str) -> None:
    """Write a package that must not be imported, with copies of presets in a folder."""
    target = site / package / folder
    target.mkdir(parents=True)
    (site / package / "__init__.py").write_text("raise RuntimeError('imported')\n")
    for name, source in files.items():
        shutil.copy(configs_folder() / f"{source}.json", target / f"{name}.json")


def install_onnx(site: Path, **files: str) -> None:
    install(site, "aimet_onnx", "common/quantsim_config", **files)


def test_without_an_aimet_the_list_is_that_of_the_shipped_presets(site: Path) -> None:
    assert list(site.iterdir()) == []
    assert list_presets(include_aimet=True) == list_presets()
    assert preset("aimet:default_config") is None


def test_its_files_are_listed_after_the_shipped_ones_when_asked_for(site: Path) -> None:
    install_onnx(site, htp_quantsim_config_v79="qnn_htp", default_config="aimet_default")
    added = list_presets(include_aimet=True)[len(list_presets()) :]
    assert [entry.name for entry in added] == [
        "aimet:default_config",
        "aimet:htp_quantsim_config_v79",
    ]
    assert {entry.origin for entry in added} == {"aimet"}
    assert all(entry.origin == "shipped" for entry in list_presets())
    assert all(entry.title and entry.description.endswith(".") for entry in added)


def test_one_is_loaded_by_its_name(site: Path) -> None:
    install_onnx(site, htp_quantsim_config_v79="qnn_htp")
    config = load_config("aimet:htp_quantsim_config_v79")
    assert config.name == "aimet:htp_quantsim_config_v79"
    assert config.rules is not None
    assert config.document.text == load_config("qnn_htp").document.text
    entry = preset("aimet:htp_quantsim_config_v79.json")
    assert entry is not None
    assert config.path == str(entry.path)


def test_nothing_of_it_is_imported(site: Path) -> None:
    install_onnx(site, default_config="aimet_default")
    list_presets(include_aimet=True)
    load_config("aimet:default_config")
    assert "aimet_onnx" not in sys.modules


def test_the_older_place_is_looked_at_too_and_the_newer_wins(site: Path) -> None:
    install(site, "aimet_common", "quantsim_config", old="aimet_default", both="aimet_default")
    install_onnx(site, both="qnn_htp")
    names = [entry.name for entry in list_presets(include_aimet=True) if entry.origin == "aimet"]
    assert names == ["aimet:both", "aimet:old"]
    assert load_config("aimet:both").document.text == load_config("qnn_htp").document.text


def test_a_module_of_that_name_without_a_specification_is_no_aimet(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(site.iterdir()) == []
    module = type(sys)("aimet_onnx")
    module.__spec__ = None
    monkeypatch.setitem(sys.modules, "aimet_onnx", module)
    assert list_presets(include_aimet=True) == list_presets()


def test_a_wrong_name_is_answered_with_the_nearest_file(site: Path) -> None:
    install_onnx(site, htp_quantsim_config_v79="qnn_htp")
    with pytest.raises(ConfigError) as caught:
        load_config("aimet:htp_quantsim_config_v78")
    assert caught.value.code == "config-not-found"
    assert caught.value.hint == 'Did you mean the preset "aimet:htp_quantsim_config_v79"?'


def test_a_name_does_not_lead_out_of_the_folder(site: Path) -> None:
    install_onnx(site, default_config="aimet_default")
    (site / "aimet_onnx" / "secret.json").write_text("{}")
    assert preset("aimet:../../secret") is None


def test_without_an_aimet_the_answer_says_that_none_is_installed(site: Path) -> None:
    assert list(site.iterdir()) == []
    with pytest.raises(ConfigError) as caught:
        load_config("aimet:htp_quantsim_config_v79")
    assert "none is installed here" in caught.value.hint
