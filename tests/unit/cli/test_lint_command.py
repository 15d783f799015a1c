from __future__ import annotations

import json

from quantsim_viz import lint, load_config, load_model

VALID = (
    '{"defaults": {"ops": {"is_output_quantized": "True"}, "params": {"is_quantized": "True"}},\n'
    ' "params": {}, "op_type": {%s}, "supergroups": [], "model_input": {"is_input_quantized": %s},'
    ' "model_output": {}}'
)


def test_json_holds_every_finding_that_python_gives(quantsim_viz, cnn, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(VALID % ('"LSTM": {"is_output_quantized": "True"}', '"True"'), encoding="utf-8")
    done = quantsim_viz("lint", path, cnn, "--json")
    findings = lint(load_config(path), load_model(cnn))
    document = json.loads(done.out)
    assert findings
    assert document["diagnostics"] == [finding.to_dict() for finding in findings]
    assert done.status == 0


def test_an_error_answers_no_and_offers_its_fix(quantsim_viz, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(VALID % ("", '"False"'), encoding="utf-8")
    done = quantsim_viz("lint", path)
    first, fix, *_, counts = done.out.splitlines()
    assert done.status == 1
    assert first.startswith(f"{path}:2:")
    assert " error[" in first
    assert fix.startswith("    fix: ")
    assert counts.startswith("1 error")


def test_a_model_can_turn_a_valid_configuration_into_an_error(quantsim_viz, vit, refused):
    assert quantsim_viz("lint", refused).status == 0
    done = quantsim_viz("lint", refused, vit)
    assert done.status == 1
    assert "error[" in done.out


def test_a_clean_configuration_is_said_to_be_clean(quantsim_viz):
    done = quantsim_viz("lint", "default_config")
    assert done.status == 0
    assert done.out.endswith("default_config.json: nothing found\n")


def test_a_file_that_is_not_json_could_not_be_linted(quantsim_viz, tmp_path):
    path = tmp_path / "config.json"
    path.write_text("{", encoding="utf-8")
    done = quantsim_viz("lint", path, "--json")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"{path}:1:")
