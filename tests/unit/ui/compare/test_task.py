from __future__ import annotations

import base64
import io
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from quantsim_viz.config import load_config, preset
from quantsim_viz.errors import DataError
from quantsim_viz.model import load_model
from quantsim_viz.samples import list_samples
from quantsim_viz.ui.compare.samples import pictures_of
from quantsim_viz.ui.compare.task import run_task

if TYPE_CHECKING:
    from pathlib import Path

    from quantsim_viz.config import Config
    from quantsim_viz.model import Model


@pytest.fixture(scope="module")
def cnn_model() -> Model:
    return load_model(list_samples()[0].model)


def config(name: str, letter: str) -> Config:
    found = preset(name)
    assert found is not None
    return load_config(text=found.path.read_text(encoding="utf-8"), name=letter)


SIDES = [config("weights_only", "A"), config("tflite_int8", "B")]


def test_a_comparison_has_figures_of_both_and_pictures_of_what_they_disagree_on(
    cnn_model: Model,
) -> None:
    data = str(list_samples()[0].data)
    keywords: dict[str, Any] = {"param_bits": 4, "act_bits": 4}
    found = run_task("compare", cnn_model, SIDES, data, keywords)
    assert found["configs"] == ["A", "B"]
    assert (found["samples"], found["total"]) == (540, 540)
    listed = found["metric"]["disagreeing"][1]
    assert listed
    assert set(found["pictures"]) == {str(row["sample"]) for row in listed}
    uri = next(iter(found["pictures"].values()))
    picture = Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))
    assert picture.size == (8, 8)
    assert found["took"] > 0


def test_a_part_of_the_data_says_of_how_many(cnn_model: Model) -> None:
    found = run_task("compare", cnn_model, SIDES, str(list_samples()[0].data), {"samples": 16})
    assert (found["samples"], found["total"]) == (16, 540)


def test_one_side_alone_is_simulated(cnn_model: Model) -> None:
    found = run_task("compare", cnn_model, SIDES[:1], str(list_samples()[0].data), {"samples": 16})
    assert found["configs"] == ["A"]
    assert len(found["layers"][0]["sqnr_db"]) == 1


def test_rules_and_layers_are_told_apart(cnn_model: Model) -> None:
    keywords: dict[str, Any] = {"samples": 8}
    found = run_task("attribute", cnn_model, SIDES, "random", keywords)
    rules = {rule["pointer"] for rule in found["rules"]}
    assert "/defaults/ops/is_output_quantized" in rules
    found = run_task("explain", cnn_model, SIDES, "random", keywords)
    assert (found["measure"], found["samples"]) == ("sensitivity", 8)
    assert found["layers"][-1]["cumulative_share"] == pytest.approx(1.0)


def test_a_metric_that_raises_costs_the_accuracy_alone(
    cnn_model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(outputs: Any, labels: Any) -> Any:
        raise ValueError("odd")

    monkeypatch.setattr("quantsim_viz.ui.images.odd", odd, raising=False)
    found = run_task(
        "compare",
        cnn_model,
        SIDES,
        str(list_samples()[0].data),
        {"samples": 8, "metric": "quantsim_viz.ui.images:odd"},
    )
    assert found["metric"] is None
    assert "odd" in found["failures"][0]
    assert found["layers"]


@pytest.mark.parametrize(
    ("metric", "labels", "words"),
    [
        ("mse", np.zeros(540, int), "the labels have one int64 a sample, the first output has"),
        ("top1", np.full(540, 10), "needs labels from 0 to 9"),
        (None, np.full(540, 10), "needs labels from 0 to 9"),
        ("top1", None, "the data have none"),
        ("no_such_module:f", np.zeros(540, int), "cannot be imported"),
    ],
)
def test_an_accuracy_that_cannot_be_measured_costs_itself_alone(
    cnn_model: Model, tmp_path: Path, metric: str | None, labels: Any, words: str
) -> None:
    with np.load(list_samples()[0].data) as stored:
        arrays = {"image": stored["image"]}
    arrays |= {} if labels is None else {"labels": labels}
    np.savez(tmp_path / "data.npz", **arrays)
    keywords: dict[str, Any] = {"samples": 8} | ({} if metric is None else {"metric": metric})
    for task in ("compare", "attribute", "explain"):
        found = run_task(task, cnn_model, SIDES, str(tmp_path / "data.npz"), keywords)
        assert found.get("metric") is None
        assert found["layers" if task != "attribute" else "rules"]
        if task == "compare":
            assert words in found["failures"][0]
            assert (found["samples"], found["total"]) == (8, 540)


def test_data_that_do_not_fit_are_refused(cnn_model: Model) -> None:
    with pytest.raises(DataError, match="image"):
        run_task("compare", cnn_model, SIDES, {"picture": np.zeros((2, 1, 8, 8))}, {})


def data_of(array: Any) -> Any:
    return SimpleNamespace(arrays={"image": array}, order=np.arange(len(array)))


def test_pictures_are_made_of_channels_first_and_last_and_of_nothing_else(cnn_model: Model) -> None:
    rng = np.random.default_rng(0)
    for shape, mode in (((3, 1, 8, 8), "L"), ((3, 3, 200, 100), "RGB"), ((3, 8, 8, 3), "RGB")):
        (uri,) = pictures_of(cnn_model, data_of(rng.normal(size=shape)), [2])
        assert uri is not None
        picture = Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))
        assert picture.mode == mode
        assert max(picture.size) <= 96
    for shape in ((3, 10), (3, 5, 8, 8), (3, 1, 1, 8)):
        assert pictures_of(cnn_model, data_of(np.zeros(shape)), [0, 1]) == [None, None]
    assert pictures_of(cnn_model, data_of(np.zeros((3, 1, 8, 8))), []) == []
