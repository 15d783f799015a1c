from __future__ import annotations

import importlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from quantsim_viz.samples import list_samples

FOLDER = Path(__file__).parents[3] / "sample_models"
SAMPLES = json.loads((FOLDER / "samples.json").read_text(encoding="utf-8"))["samples"]
MEBIBYTE = 1 << 20

each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["name"])


def read_split(name: str) -> dict[str, np.ndarray]:
    with np.load(FOLDER / name, allow_pickle=False) as archive:
        return dict(archive)


def run_onnxruntime(sample: dict, images: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(
        FOLDER / sample["model"], providers=["CPUExecutionProvider"]
    )
    (logits,) = session.run(None, {"image": images})
    return logits


def test_there_are_a_cnn_a_mobilenet_and_a_transformer():
    assert [s["name"] for s in SAMPLES] == ["digits_cnn", "digits_mobilenet", "digits_vit"]
    operators = {s["name"]: s["operators"] for s in SAMPLES}
    assert {"Conv", "Relu", "MaxPool", "Squeeze", "Gemm"} <= operators["digits_cnn"].keys()
    assert {"Conv", "Clip", "Add", "Relu"} <= operators["digits_mobilenet"].keys()
    vit = operators["digits_vit"].keys()
    assert {"LayerNormalization", "MatMul", "Softmax", "Gelu"} <= vit


@each_sample
def test_recorded_accuracy_is_what_onnxruntime_measures_on_the_held_out_images(sample):
    data = read_split(sample["data"])
    accuracy = (run_onnxruntime(sample, data["image"]).argmax(1) == data["labels"]).mean()
    assert accuracy >= 0.96
    # One image in 540 may fall on the other side with another version's rounding.
    assert accuracy == pytest.approx(sample["float_accuracy"], abs=1.5 / sample["samples"])
    assert sample["samples"] == len(data["labels"])


@each_sample
def test_file_is_small_valid_and_counted_rightly(sample):
    path = FOLDER / sample["model"]
    proto = onnx.load(path)
    onnx.checker.check_model(proto, full_check=True)
    assert path.stat().st_size <= MEBIBYTE
    assert (FOLDER / "weights" / f"{sample['name']}.npz").stat().st_size <= MEBIBYTE
    assert len(proto.graph.node) == sample["nodes"] == sum(sample["operators"].values())
    minimum = {"digits_cnn": 10, "digits_mobilenet": 50, "digits_vit": 100}
    assert sample["nodes"] >= minimum[sample["name"]]
    assert proto.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"


@each_sample
def test_every_node_keeps_its_module_scope_and_nothing_of_the_machine(sample):
    proto = onnx.load(FOLDER / sample["model"])
    for node in proto.graph.node:
        keys = {item.key for item in node.metadata_props}
        assert "pkg.torch.onnx.name_scopes" in keys, node.name
        assert "pkg.torch.onnx.stack_trace" not in keys, node.name
    content = proto.SerializeToString()
    for trace in (b"/root", b"/home", b"site-packages", b"build.py", b"__main__"):
        assert trace not in content


@each_sample
def test_module_computes_what_its_file_computes(sample):
    module_name, _, factory = sample["module"].partition(":")
    module, inputs = getattr(importlib.import_module(module_name), factory)()
    images = read_split(sample["data"])["image"][:32]
    with torch.no_grad():
        ours = module(torch.from_numpy(images)).numpy()
        assert module(*inputs).shape == (2, 10)
    theirs = run_onnxruntime(sample, images)
    assert not module.training
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4)


def test_calibration_images_are_not_among_the_held_out_ones():
    test, calibration = read_split("digits_test.npz"), read_split("digits_calibration.npz")
    held_out = {image.tobytes() for image in test["image"]}
    assert len(calibration["labels"]) == 256
    assert not [image for image in calibration["image"] if image.tobytes() in held_out]


@pytest.mark.parametrize("name", ["digits_test.npz", "digits_calibration.npz"])
def test_data_have_the_input_name_type_and_shape_and_all_ten_digits(name):
    data = read_split(name)
    assert set(data) == {"image", "labels"}
    assert data["image"].dtype == np.float32
    assert data["image"].shape == (len(data["labels"]), 1, 8, 8)
    assert data["image"].min() == 0
    assert data["image"].max() == 1
    assert data["labels"].dtype == np.int64
    counts = np.bincount(data["labels"], minlength=10)
    assert counts.min() >= 0.8 * counts.mean()


def test_the_package_lists_every_sample_with_its_files():
    listed = list_samples()
    assert [sample.name for sample in listed] == [sample["name"] for sample in SAMPLES]
    for sample in listed:
        assert sample.model.is_file()
        assert sample.data.is_file()
        assert sample.calibration.is_file()
