"""Data to calibrate and to measure with: files, uploads, folders of images, random numbers."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from quantsim_viz.errors import DataError
from quantsim_viz.samples import list_samples
from quantsim_viz.ui import uploads
from quantsim_viz.ui.images import ImageFolder, list_images

if TYPE_CHECKING:
    from quantsim_viz.ui.sources import ModelSource, Roots


@dataclass(frozen=True, slots=True)
class DataSource:
    """Data to calibrate and to measure with.

    Attributes:
        reference: `random[:SEED]`, a path, or the file name of an upload.
        path: The file to read; None for random data.
        title: What to call it wherever its figures appear.
        calibration: Other data to find ranges with, None: the same.
        is_upload: Whether it is private to one page.
        images: A folder of images instead of a file.
    """

    reference: str
    path: str | None
    title: str
    calibration: DataSource | None = None
    is_upload: bool = False
    images: ImageFolder | None = None

    @property
    def is_random(self) -> bool:
        """Whether its figures say nothing about real inputs."""
        return self.path is None


RANDOM_DATA = DataSource("random", None, "random data")


def data_source(reference: str, roots: Roots) -> DataSource:
    """Return the data that a reference names.

    Raises:
        QuantSimError: They may not be opened, or there is no such file (`missing-file`).
    """
    if reference == "random" or reference.startswith("random:"):
        seed = reference.partition(":")[2]
        if seed and not seed.isdigit():
            raise DataError(
                f"{reference}: the seed must be a whole number",
                code="bad-seed",
                hint="write random or random:7",
            )
        return replace(
            RANDOM_DATA, reference=reference, title=f"random data{f', seed {seed}' if seed else ''}"
        )
    roots.check(reference)
    if not os.path.exists(reference):
        raise DataError(f"There is no file {reference}", code="missing-file", hint="check the path")
    if os.path.isdir(reference):
        return _folder_source(reference)
    return DataSource(reference, reference, Path(reference).name)


def _folder_source(path: str) -> DataSource:
    count = len(list_images(path))
    if count == 0:
        raise DataError(
            f"The folder {path} holds no images",
            code="no-images",
            hint="name a folder of images, a .npz or a .npy file",
        )
    title = f"{count} images of {Path(path).name}"
    return DataSource(path, path, title, images=ImageFolder(path))


def normalised(source: DataSource, mean: str, deviation: str) -> DataSource:
    """Return a folder of images with another normalisation, each written like `0.4, 0.5, 0.6`.

    Raises:
        DataError: It is not a list of numbers (`bad-normalisation`).
    """
    if source.images is None:
        return source
    images = ImageFolder(source.images.path, _numbers(mean), _numbers(deviation))
    return replace(source, images=images)


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(word) for word in text.replace(",", " ").split())
    except ValueError as error:
        raise DataError(
            f'"{text}" is not a list of numbers',
            code="bad-normalisation",
            hint="write one number, or one a channel, such as 0.485, 0.456, 0.406",
        ) from error


def uploaded_data(name: str, content: bytes) -> DataSource:
    """Return the source of uploaded data, kept in a file that ends with this process.

    Raises:
        DataError: It is neither `.npz` nor `.npy` (`unknown-data`).
    """
    suffix = Path(name).suffix
    if suffix not in (".npz", ".npy"):
        raise DataError(
            f"{name} is neither .npz nor .npy",
            code="unknown-data",
            hint="save the arrays with numpy.savez under the names of the model's inputs",
        )
    path = uploads.store(content, suffix)
    return DataSource(name, str(path), f"{name}, uploaded", is_upload=True)


def data_for(model: ModelSource) -> DataSource:
    """Return the data that belong to a model: a sample's own, else random."""
    real = os.path.realpath(model.reference)
    for sample in list_samples():
        if not model.is_upload and os.path.realpath(sample.model) == real:
            path = str(sample.calibration)
            calibration = DataSource(path, path, sample.calibration.name)
            path = str(sample.data)
            return DataSource(
                path, path, f"{sample.data.name}, held out, labelled", calibration=calibration
            )
    return RANDOM_DATA


def calibrated_with(source: DataSource, calibration: DataSource | None) -> DataSource:
    """Return data whose ranges are found on others; on themselves where these are the same."""
    if calibration is not None and calibration.reference == source.reference:
        calibration = None
    if calibration is not None:
        calibration = replace(calibration, calibration=None)
    return replace(source, calibration=calibration)
