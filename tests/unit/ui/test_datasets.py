from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from quantsim_viz.errors import DataError
from quantsim_viz.model import load_model
from quantsim_viz.ui import datasets, sources
from quantsim_viz.ui.images import ImageFolder, read_images


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for number, level in enumerate((0, 255)):
        pixels = np.full((4, 4), level, dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    return tmp_path


def test_random_data_are_always_called_random() -> None:
    source = datasets.data_source("random:7", sources.allowed_roots())
    assert source.is_random
    assert source.title == "random data, seed 7"


def test_a_seed_must_be_a_number() -> None:
    with pytest.raises(DataError) as caught:
        datasets.data_source("random:x", sources.allowed_roots())
    assert caught.value.code == "bad-seed"


def test_missing_data_are_said_to_be_missing() -> None:
    with pytest.raises(DataError) as caught:
        datasets.data_source("no_such_file.npz", sources.allowed_roots())
    assert caught.value.code == "missing-file"


def test_a_sample_brings_its_own_data(cnn: str) -> None:
    source = datasets.data_for(sources.model_source(cnn, sources.allowed_roots()))
    assert source.path is not None
    assert source.calibration is not None
    assert datasets.data_for(sources.uploaded_model("x.onnx", b"")).is_random


def test_uploaded_data_are_kept_in_a_file(tmp_path: Path) -> None:
    source = datasets.uploaded_data("mine.npz", b"content")
    assert source.path is not None
    assert Path(source.path).read_bytes() == b"content"
    with pytest.raises(DataError):
        datasets.uploaded_data("mine.pkl", b"content")


def test_a_folder_of_images_becomes_the_models_input(pictures: Path, cnn: str) -> None:
    source = datasets.data_source(str(pictures), sources.allowed_roots([str(pictures)]))
    assert source.images is not None
    folder = datasets.normalised(source, "0.5", "0.5").images
    assert folder is not None
    arrays = read_images(folder, load_model(cnn))
    (images,) = arrays.values()
    assert images.shape == (2, 1, 8, 8)
    assert images.dtype == np.float32
    np.testing.assert_allclose(images[0], -1)
    np.testing.assert_allclose(images[1], 1)


def test_mean_and_deviation_must_fit_the_channels(pictures: Path, cnn: str) -> None:
    model = load_model(cnn)
    with pytest.raises(DataError, match="3 numbers as mean"):
        read_images(ImageFolder(str(pictures), (0.1, 0.2, 0.3)), model)
    with pytest.raises(DataError, match="above zero"):
        read_images(ImageFolder(str(pictures), (0.0,), (0.0,)), model)
    source = datasets.DataSource("x", "x", "x", images=ImageFolder(str(pictures)))
    with pytest.raises(DataError, match="list of numbers"):
        datasets.normalised(source, "a half", "1")


def test_a_file_that_is_no_image_is_named(pictures: Path, cnn: str) -> None:
    (pictures / "2.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"2\.png"):
        read_images(ImageFolder(str(pictures)), load_model(cnn))


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        datasets.data_source(str(tmp_path), sources.allowed_roots([str(tmp_path)]))
    assert caught.value.code == "no-images"
