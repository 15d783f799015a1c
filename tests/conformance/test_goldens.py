"""Every golden case: the settings are AIMET's, and folding the trace gives the settings."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.cascades import assert_folds

from quantsim_viz.config import load_config
from quantsim_viz.model import Model, load_model
from quantsim_viz.resolve import Cascade, resolve, resolve_edit

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).parent / "goldens"
SAMPLES = Path(__file__).parents[2] / "sample_models"
ONLY_IF = {
    "strict_symmetric": "symmetric",
    "unsigned_symmetric": "symmetric",
    "channel_axis": "per_channel",
}


def read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(gzip.decompress((FOLDER / name).read_bytes()))
    return document


DOCUMENTS = {name: read(name) for name in ("public.json.gz", "corners.json.gz", "samples.json.gz")}
MODELS = [(name, i) for name, doc in DOCUMENTS.items() for i in range(len(doc["models"]))]


def model_of(entry: Mapping[str, Any]) -> Model:
    """Return the model of an entry: its own bytes, or the sample of its name."""
    if "onnx" in entry:
        return load_model(base64.b64decode(entry["onnx"]))
    return load_model(SAMPLES / f"{entry['name']}.onnx")


def settings(cascade: Cascade, fields: list[str]) -> dict[str, dict[str, Any]] | None:
    if cascade.error is not None:
        return None
    result = {}
    for tensor, setting in cascade.quantizers.items():
        if setting.enabled:
            values = {field: getattr(setting, field) for field in fields}
            values["fixed_range"] = setting.fixed_range and list(setting.fixed_range)
            result[tensor] = comparable(values)
    return with_groups(result)


def expected(outcome: Mapping[str, Any] | None, fields: list[str]) -> dict[str, Any] | None:
    if outcome is None:
        return None
    return with_groups(
        {t: comparable(dict(zip(fields, row, strict=True))) for t, row in outcome.items()}
    )


def comparable(values: dict[str, Any]) -> dict[str, Any]:
    return {
        field: None if field in ONLY_IF and not values[ONLY_IF[field]] else value
        for field, value in values.items()
    }


def with_groups(settings: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Replace the name of a tie group by its enabled members."""
    groups: dict[str, set[str]] = {}
    for tensor, values in settings.items():
        groups.setdefault(values["tied_to"] or tensor, set()).add(tensor)
    for tensor, values in settings.items():
        values["tied_to"] = sorted(groups[values["tied_to"] or tensor])
    return settings


@pytest.mark.parametrize(
    ("document", "position"),
    MODELS,
    ids=[DOCUMENTS[name]["models"][i]["name"] for name, i in MODELS],
)
def test_settings_are_those_of_aimet_and_what_the_trace_folds_to(
    document: str, position: int
) -> None:
    data = DOCUMENTS[document]
    entry, fields = data["models"][position], data["fields"]
    model = model_of(entry)
    for config, param_bits, act_bits, outcome in entry["cases"]:
        name, text = data["configs"][config]
        cascade = resolve(model, load_config(text), param_bits=param_bits, act_bits=act_bits)
        found = settings(cascade, fields)
        wanted = expected(entry["outcomes"][outcome], fields)
        assert found == wanted, f"{entry['name']} | {name} | p{param_bits}a{act_bits}"
        assert_folds(cascade)


@pytest.mark.parametrize("position", range(0, len(DOCUMENTS["public.json.gz"]["models"]), 4))
def test_going_from_one_configuration_to_the_next_equals_starting_anew(position: int) -> None:
    data = DOCUMENTS["public.json.gz"]
    entry = data["models"][position]
    model = load_model(base64.b64decode(entry["onnx"]))
    configs = [load_config(data["configs"][case[0]][1]) for case in entry["cases"][::13]]
    cascade = resolve(model, configs[0])
    for config in configs[1:]:
        cascade = resolve_edit(cascade, config)
        anew = resolve(model, config)
        assert cascade.error == anew.error
        assert dict(cascade.quantizers) == dict(anew.quantizers)
        assert cascade.nodes == anew.nodes
        assert cascade.supergroups == anew.supergroups
        assert {t: cascade.trace(t) for t in cascade.quantizers} == {
            t: anew.trace(t) for t in anew.quantizers
        }


@pytest.mark.parametrize(
    ("sample", "statuses"),
    [
        (
            "digits_cnn",
            {
                "fused": ["Conv", "Conv", "Conv", "Gemm"],
                "quantized": ["Gemm", "Relu", "Relu", "Relu", "Relu"],
                "passthrough": ["MaxPool", "MaxPool", "Squeeze", "Squeeze"],
            },
        ),
        (
            "digits_mobilenet",
            {
                "fused": ["Add"] * 7 + ["Conv"] * 9,
                "quantized": ["Clip"] * 17 + ["Conv"] * 15 + ["Gemm", "ReduceMean"] + ["Relu"] * 7,
                "passthrough": ["Reshape"],
            },
        ),
    ],
)
def test_samples_have_the_documented_statuses_under_the_default(
    sample: str, statuses: dict[str, list[str]]
) -> None:
    nodes = resolve(load_model(SAMPLES / f"{sample}.onnx"), load_config("default_config")).nodes
    found: dict[str, list[str]] = {}
    for node in nodes.values():
        found.setdefault(str(node.status), []).append(node.op_type)
    assert {status: sorted(types) for status, types in found.items()} == statuses
