"""The page about the presets is what their files say and what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.small_configs import REFUSED

from quantsim_viz import load_config, load_model, resolve
from quantsim_viz.cli.presets_figures import count_statuses, measure
from quantsim_viz.cli.presets_page import as_fraction, render_page
from quantsim_viz.config import Preset, list_presets, preset
from quantsim_viz.samples import list_samples, preset_figures

DOCS = Path(__file__).parents[2] / "docs"
FIGURES = preset_figures()


def test_the_page_is_written_from_the_files() -> None:
    assert (DOCS / "presets.md").read_text(encoding="utf-8") == render_page(FIGURES), (
        "run: python -m quantsim_viz.cli.presets_page sample_models/presets_measured.json"
        " > docs/presets.md"
    )


def test_every_preset_was_measured_on_every_sample() -> None:
    assert list(FIGURES) == [sample.name for sample in list_samples()]
    for found in FIGURES.values():
        assert list(found["presets"]) == [entry.name for entry in list_presets()], (
            "run: python -m quantsim_viz.cli.presets_figures > sample_models/presets_measured.json"
        )


@pytest.mark.parametrize("sample", list_samples(), ids=lambda sample: sample.name)
def test_the_statuses_are_those_of_today(sample) -> None:
    model = load_model(sample.model)
    found = FIGURES[sample.name]
    assert found["float"] == pytest.approx(sample.float_accuracy)
    for name, row in found["presets"].items():
        cascade = resolve(model, load_config(name))
        assert (row["top1"] is None) == (cascade.error is not None)
        if cascade.error is None:
            assert count_statuses(cascade) == row["statuses"]


@pytest.mark.parametrize("name", ["tflite_int8", "tensorrt_explicit"])
def test_accuracy_and_sqnr_are_those_of_today(name) -> None:
    sample = list_samples()[0]
    again = measure(load_model(sample.model), sample, preset(name))
    row = FIGURES[sample.name]["presets"][name]
    assert again["top1"] == pytest.approx(row["top1"], abs=1 / 540)
    assert again["output_sqnr_db"] == pytest.approx(row["output_sqnr_db"], abs=0.05)


def test_a_refused_configuration_is_measured_as_refused() -> None:
    sample = list_samples()[1]
    entry = Preset("refused", "Refused", "Refused on this sample.", REFUSED)
    row = measure(load_model(sample.model), sample, entry)
    assert row == {"statuses": {}, "top1": None, "output_sqnr_db": None}


def test_every_preset_and_each_of_its_sources_has_its_place_on_the_page() -> None:
    page = (DOCS / "presets.md").read_text(encoding="utf-8")
    for entry in list_presets():
        section = page.partition(f"\n## `{entry.name}`: ")[2].partition("\n## ")[0]
        assert entry.description in section
        for source in entry.sources:
            assert source.url in section
        for sentence in entry.cannot_express:
            assert f"- {sentence}\n" in section


def test_a_scale_is_written_as_a_fraction_only_where_it_is_one() -> None:
    assert as_fraction(1 / 255) == "1/255"
    assert as_fraction(0.3) == "0.3"
