from __future__ import annotations

import json

import pytest

from quantsim_viz.cli import main
from quantsim_viz.config import list_presets, preset
from quantsim_viz.samples import list_samples


def test_without_a_name_every_preset_is_listed(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["presets"])
    lines = capsys.readouterr().out.splitlines()[2:]
    names = [entry.name for entry in list_presets(include_aimet=True)]
    assert [line.split()[0] for line in lines] == names


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


def about(capsys, *arguments):
    with pytest.raises(SystemExit, match="0"):
        main(["presets", *arguments])
    return capsys.readouterr().out


def test_about_says_what_the_rules_stand_for_with_their_sources_and_limits(capsys):
    printed = about(capsys, "--about", "tflite_int8")
    entry = preset("tflite_int8")
    flat = " ".join(printed.split())
    assert flat.startswith(entry.title)
    assert " ".join(entry.description.split()) in flat
    for statement in entry.statements:
        assert statement.says in flat
        assert ", ".join(statement.at) in flat
    for sentence in entry.cannot_express:
        assert sentence in flat
    for source in entry.sources:
        assert source.title in flat
        assert source.url in flat
    assert "checked:  2026-11-23" in printed
    assert max(len(line) for line in printed.splitlines() if "https://" not in line) <= 100


def test_about_may_stand_behind_the_name(capsys):
    assert about(capsys, "qnn_htp", "--about") == about(capsys, "--about", "qnn_htp")


def test_about_a_preset_of_no_runtime_names_its_page_and_no_target(capsys):
    printed = about(capsys, "--about", "default_config")
    assert printed.startswith("Documented default\n\nThe default configuration")
    assert "quantization_configuration.html" in printed
    assert "target" not in printed.lower()
    assert "sources" not in about(capsys, "--about", "only_listed_ops").lower()


def test_about_without_a_name_is_status_2(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["presets", "--about"])
    assert "--about needs the NAME of a preset." in capsys.readouterr().err


def test_json_has_what_is_known_about_every_preset_and_what_it_does_to_the_samples(capsys):
    documents = json.loads(about(capsys, "--json"))
    shipped = [document for document in documents if document["origin"] == "shipped"]
    assert [document["name"] for document in shipped] == [e.name for e in list_presets()]
    (tflite,) = (document for document in shipped if document["name"] == "tflite_int8")
    entry = preset("tflite_int8")
    assert (tflite["target"], tflite["checked"]) == (entry.target, entry.checked)
    assert tflite["cannot_express"] == list(entry.cannot_express)
    assert [source["url"] for source in tflite["sources"]] == [s.url for s in entry.sources]
    assert {at for statement in tflite["statements"] for at in statement["at"]}
    assert list(tflite["samples"]) == [sample.name for sample in list_samples()]
    figures = tflite["samples"]["digits_vit"]
    assert sum(figures["statuses"].values()) == 123
    assert 0.9 < figures["top1"] <= figures["float"]


def test_json_of_one_preset_is_its_entry_of_the_list(capsys):
    entry = json.loads(about(capsys, "qnn_htp", "--json"))
    assert entry in json.loads(about(capsys, "--json"))
