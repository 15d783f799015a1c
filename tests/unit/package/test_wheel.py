"""What a person gets who installs without a checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
IN_THE_WHEEL = (
    ("configs", "_data/configs"),
    ("sample_models", "_data/sample_models"),
    ("quantsim_viz/ui/static", "ui/static"),
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a wheel and unpack it, as an installer would, into a folder for modules."""
    built = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    site = tmp_path_factory.mktemp("site-packages")
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def run_installed(site: Path, code: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=site.parent,
        env={**os.environ, "PYTHONPATH": str(site), "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize(("source", "target"), IN_THE_WHEEL)
def test_every_file_the_program_reads_is_in_the_wheel(site, source, target):
    here = {path.name for path in (ROOT / source).glob("*.*")}
    there = {path.name for path in (site / "quantsim_viz" / target).glob("*.*")}
    assert here
    assert here <= there


def test_sources_of_the_components_and_caches_stay_out(site):
    names = [path.relative_to(site).as_posix() for path in site.rglob("*")]
    assert not [x for x in names if "node_modules" in x or "ui/frontend" in x or "/tests" in x]
    assert not [x for x in names if "__pycache__" in x]


def test_presets_and_samples_are_read_from_the_installed_package(site):
    code = (
        "import json\n"
        "from quantsim_viz.config import list_presets, load_config\n"
        "from quantsim_viz.samples import list_samples\n"
        "assert load_config('default_config').rules is not None\n"
        "paths = [p.path for p in list_presets()] + [s.model for s in list_samples()]\n"
        "print(json.dumps([[str(p), p.is_file()] for p in paths]))"
    )
    paths = run_installed(site, code)
    assert len(paths) >= 9
    for path, exists in paths:
        assert exists
        assert Path(path).is_relative_to(site)


def test_the_app_starts_from_a_script_in_the_installed_package(site):
    code = (
        "import json, streamlit.web.cli\n"
        "streamlit.web.cli.main = lambda args, **_: print(json.dumps(args))\n"
        "from quantsim_viz.cli import main\n"
        "main(['app'])"
    )
    arguments = run_installed(site, code)
    script = Path(arguments[1])
    assert script.is_file()
    assert script.is_relative_to(site)


def test_a_sample_opens_as_a_module_from_the_installed_package(site):
    code = (
        "import json\n"
        "from quantsim_viz._data.sample_models.digits_cnn import build\n"
        "module, inputs = build()\n"
        "print(json.dumps(list(module(*inputs).shape)))"
    )
    assert run_installed(site, code) == [2, 10]


def test_streamlit_finds_the_components_of_the_installed_package(site):
    code = (
        "import json\n"
        "from streamlit.components.v2.component_manager import BidiComponentManager\n"
        "manager = BidiComponentManager()\n"
        "manager.discover_and_register_components(start_file_watching=False)\n"
        "names = ['quantsim-viz.graph', 'quantsim-viz.editor', 'quantsim-viz.panes']\n"
        "print(json.dumps([str(manager.get_component_asset_root(name)) for name in names]))"
    )
    assert run_installed(site, code) == [str(site / "quantsim_viz/ui/static")] * 3
