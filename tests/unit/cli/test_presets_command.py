from __future__ import annotations

import json

import pytest

from quantsim_viz.cli import main
from quantsim_viz.config import list_presets


def test_without_a_name_every_preset_is_listed(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["presets"])
    lines = capsys.readouterr().out.splitlines()[2:]
    assert [line.split()[0] for line in lines] == [entry.name for entry in list_presets()]


def test_a_name_prints_the_file_as_it_is(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["presets", "default_config"])
    printed = capsys.readouterr().out
    assert json.loads(printed)["defaults"]["ops"] == {"is_output_quantized": "True"}
    assert printed == list_presets()[0].path.read_text(encoding="utf-8")


def test_an_unknown_name_is_answered_with_the_nearest_and_status_2(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["presets", "defalt_config"])
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "There is no preset 'defalt_config'. Did you mean 'default_config'?" in captured.err
