from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from quantsim_viz import load_config, load_model, resolve


def test_json_is_exactly_what_python_gives(quantsim_viz, cnn):
    done = quantsim_viz("resolve", cnn, "-c", "default_config", "--json")
    cascade = resolve(load_model(cnn), load_config("default_config"))
    assert done.status == 0
    assert done.err == ""
    assert json.loads(done.out) == cascade.to_dict()


def test_bit_widths_reach_the_quantizers(quantsim_viz, cnn):
    done = quantsim_viz(
        *("resolve", cnn, "-c", "default_config", "--json"),
        *("--param-bits", "4", "--act-bits", "16"),
    )
    document = json.loads(done.out)
    assert (document["param_bits"], document["act_bits"]) == (4, 16)
    assert document["quantizers"]["features.0.weight"]["bitwidth"] == 4
    assert document["quantizers"]["relu"]["bitwidth"] == 16


def test_a_bit_width_nobody_has_is_a_usage_error(quantsim_viz, cnn):
    done = quantsim_viz("resolve", cnn, "-c", "default_config", "--param-bits", "7")
    assert done.status == 2
    assert "error[usage]" in done.err
    assert "float16" in done.err


def test_the_table_says_of_every_node_what_became_of_it(quantsim_viz, cnn):
    lines = quantsim_viz("resolve", cnn, "-c", "default_config").out.splitlines()
    rows = {line.split()[0]: line for line in lines if line}
    assert "fused into node_relu " in rows["node_conv2d"]
    assert rows["node_conv2d"].endswith("weight int8, bias float")
    assert rows["node_relu"].split()[2:] == ["quantized", "int8"]
    assert "grid of relu" in rows["node_max_pool2d"]
    assert lines[1] == "input image: int8"
    assert lines[-1] == "13 nodes: 5 quantized, 4 fused, 4 passthrough"


def test_output_goes_to_the_file_that_was_named(quantsim_viz, cnn, tmp_path):
    target = tmp_path / "settings.json"
    done = quantsim_viz("resolve", cnn, "-c", "default_config", "--json", "-o", target)
    assert (done.status, done.out) == (0, "")
    assert json.loads(target.read_text(encoding="utf-8"))["error"] is None


def test_a_file_that_cannot_be_written_is_said_to_be_so(quantsim_viz, cnn, tmp_path):
    target = tmp_path / "missing" / "settings.json"
    done = quantsim_viz("resolve", cnn, "-c", "default_config", "--json", "-o", target)
    assert done.status == 2
    assert done.err.startswith(f"{target}: error[unwritable]: ")


def test_a_refused_configuration_exits_with_1_and_still_gives_the_document(
    quantsim_viz, vit, refused
):
    done = quantsim_viz("resolve", vit, "-c", refused, "--json")
    document = json.loads(done.out)
    assert done.status == 1
    assert document["error"]["code"] in done.err
    assert document["quantizers"] == {}
    culprits = set(document["error"]["nodes"])
    statuses = {name: node["status"] for name, node in document["nodes"].items()}
    assert culprits
    assert {name for name, status in statuses.items() if status == "conflict"} == culprits


def test_an_invalid_configuration_exits_with_1_and_names_every_error_with_its_place(
    quantsim_viz, cnn, tmp_path
):
    path = tmp_path / "config.json"
    path.write_text(
        '{"defaults": {"ops": {"is_output_quantized": true},\n "params": {},\n "opps": {}},\n'
        ' "params": {}, "op_type": {}, "supergroups": [], "model_input": {}, "model_output": {}}',
        encoding="utf-8",
    )
    done = quantsim_viz("resolve", cnn, "-c", path, "--json")
    document = json.loads(done.out)
    assert done.status == 1
    assert document["error"] is not None
    assert document["quantizers"] == {}
    assert len(document["nodes"]) == 13
    lines = done.err.splitlines()
    assert any(line.startswith(f"{path}:1:") and '"True"' in line for line in lines)
    assert any(line.startswith(f"{path}:3:") and "opps" in line for line in lines)


def test_a_configuration_that_is_not_json_exits_with_2_and_gives_line_and_column(
    quantsim_viz, cnn, tmp_path
):
    path = tmp_path / "config.json"
    path.write_text('{"defaults": {\n  "ops": }\n', encoding="utf-8")
    done = quantsim_viz("resolve", cnn, "-c", path, "--json")
    assert done.status == 2
    assert done.out == ""
    assert done.err.startswith(f"{path}:2:")
    assert "error[" in done.err


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"this is no model", "not-onnx"), (b"", "not-onnx")],
    ids=["text", "empty"],
)
def test_a_file_that_is_no_model_exits_with_2(quantsim_viz, tmp_path, content, code):
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    done = quantsim_viz("resolve", path, "-c", "default_config", "--json")
    assert (done.status, done.out) == (2, "")
    assert f"error[{code}]" in done.err
    assert str(path) in done.err


def test_a_truncated_model_exits_with_2(quantsim_viz, cnn, tmp_path):
    path = tmp_path / "half.onnx"
    content = cnn.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    done = quantsim_viz("resolve", path, "-c", "default_config")
    assert (done.status, done.out) == (2, "")
    assert "error[truncated-model]" in done.err


@pytest.mark.parametrize(
    ("model", "config", "word"),
    [
        ("missing.onnx", "default_config", "missing.onnx"),
        (None, "defalt_config", 'Did you mean the preset "default_config"?'),
        ("no_such_package.nets:build", "default_config", "no_such_package"),
    ],
)
def test_what_is_not_there_exits_with_2_and_a_hint(quantsim_viz, cnn, model, config, word):
    done = quantsim_viz("resolve", model or cnn, "-c", config)
    assert (done.status, done.out) == (2, "")
    assert word in done.err
    assert "error[" in done.err


def test_no_configuration_is_a_usage_error(quantsim_viz, cnn):
    done = quantsim_viz("resolve", cnn)
    assert done.status == 2
    assert "error[usage]: Missing option '-c' / '--config'" in done.err


def test_resolving_imports_neither_torch_nor_streamlit(cnn):
    code = (
        "import sys\n"
        "from quantsim_viz.cli import main\n"
        "try:\n"
        f"    main(['resolve', {str(cnn)!r}, '-c', 'default_config'])\n"
        "except SystemExit as stop:\n"
        "    assert stop.code == 0\n"
        "heavy = {'torch', 'streamlit', 'pandas', 'onnx_ir', 'scipy'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_configurations_to_be_told_apart_share_one_loaded_model(monkeypatch):
    from quantsim_viz import model as room
    from quantsim_viz.cli.resolve import load_cascades

    loaded = []
    load = room.load_model
    monkeypatch.setattr(
        room, "load_model", lambda *a, **k: loaded.append(load(*a, **k)) or loaded[-1]
    )
    sample = Path(__file__).parents[3] / "sample_models" / "digits_cnn.onnx"
    names = ["default_config", "documented_example"]
    cascades = load_cascades(str(sample), names, 8, 8, fold=False)
    assert len(loaded) == 1
    assert [cascade.config.name for cascade in cascades] == names
    assert all(cascade.model is loaded[0] for cascade in cascades)
