"""What a person names, and what may be opened: models, configurations and data by reference.

A reference is what one would type on the command line. From a link or a text field only files below
the allowed roots are opened, and nothing that could execute code.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import re
import tempfile
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantsim_viz.config import list_presets, load_config, preset
from quantsim_viz.data_files import configs_folder, sample_models_folder
from quantsim_viz.errors import ConfigError, DataError, ModelError, QuantSimError
from quantsim_viz.model import load_model
from quantsim_viz.samples import list_samples

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from quantsim_viz.model import Model

_FACTORY = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")

DEFAULT_CONFIG = "default_config"


@dataclass(frozen=True, slots=True)
class Roots:
    """Which files may be opened from a link, a text field or a draft.

    Attributes:
        folders: Real paths; everything below them may be opened.
        trusted: References named at start, allowed whatever they are.
    """

    folders: tuple[Path, ...]
    trusted: frozenset[str] = frozenset()

    def check(self, reference: str) -> str:
        """Return the reference if it may be opened.

        Raises:
            QuantSimError: It may not (`outside-roots`, `code-not-allowed`).
        """
        if reference in self.trusted:
            return reference
        if _is_code(reference):
            raise ModelError(
                f"{reference} can execute code when it is loaded",
                code="code-not-allowed",
                hint=f"name it when you start the app: quantsim-viz app {reference}",
            )
        real = Path(os.path.realpath(reference))
        if any(real.is_relative_to(folder) for folder in self.folders):
            return reference
        shown = ", ".join(str(folder) for folder in self.folders)
        raise QuantSimError(
            f"{reference} is outside the folders that this app may read ({shown})",
            code="outside-roots",
            hint="start the app in the file's folder, or name the folder with --root",
        )


def allowed_roots(extra: Iterable[str] = (), named: Iterable[str | None] = ()) -> Roots:
    """Return the roots of an app started here.

    Args:
        extra: Folders named with `--root`.
        named: Model, configuration and data named at start; their folders are allowed with them.
    """
    references = [name for name in named if name]
    folders = [Path.cwd(), sample_models_folder(), configs_folder()]
    folders += [Path(folder) for folder in extra]
    folders += [Path(name).parent for name in references if os.path.exists(name)]
    real = dict.fromkeys(Path(os.path.realpath(folder)) for folder in folders)
    return Roots(tuple(real), frozenset(references))


def _is_code(reference: str) -> bool:
    is_factory = _FACTORY.fullmatch(reference) is not None and not os.path.exists(reference)
    return is_factory or reference.endswith((".pt2", ".pt", ".pth"))


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A model as it can be opened again, here or in a worker process.

    Attributes:
        reference: What names it; of an upload, its file name.
        content: The bytes of an upload, None for a reference.
        fold: Whether to fold BatchNormalization into the preceding convolution.
        mtime: Modification time of the file, so that a changed file is opened anew.
    """

    reference: str
    content: bytes | None = field(default=None, repr=False)
    fold: bool = False
    mtime: int = 0

    @property
    def is_upload(self) -> bool:
        """Whether it is private to one page, and so never in the URL."""
        return self.content is not None

    @property
    def key(self) -> str:
        """What tells this model from every other, for caches."""
        if self.content is not None:
            return f"upload:{hashlib.sha256(self.content).hexdigest()}:{self.fold}"
        return f"{os.path.realpath(self.reference)}:{self.mtime}:{self.fold}"

    def load(self) -> Model:
        """Return the model.

        Raises:
            ModelError: It cannot be loaded; an upload never executes code.
        """
        if self.content is not None:
            return load_model(
                self.content,
                fold_batch_norms=self.fold,
                name=self.reference,
                allow_code=False,
            )
        return load_model(self.reference, fold_batch_norms=self.fold)

    def folded(self, fold: bool) -> ModelSource:
        """Return the same model with the switch in that position."""
        return replace(self, fold=fold)


def model_source(reference: str, roots: Roots, *, fold: bool = False) -> ModelSource:
    """Return the source that a reference names.

    Raises:
        QuantSimError: It may not be opened.
    """
    roots.check(reference)
    mtime = os.stat(reference).st_mtime_ns if os.path.exists(reference) else 0
    return ModelSource(reference, fold=fold, mtime=mtime)


def uploaded_model(name: str, content: bytes) -> ModelSource:
    """Return the source of an uploaded model.

    Raises:
        ModelError: It is of a kind that could execute code (`code-not-allowed`).
    """
    if not name.endswith(".onnx"):
        raise ModelError(
            f"{name} is not an ONNX file; uploads of other kinds are not opened, because loading"
            " them can execute code",
            code="code-not-allowed",
            hint="export the model to ONNX, or name it when you start the app",
        )
    return ModelSource(name, content)


@dataclass(frozen=True, slots=True)
class ConfigSource:
    """A configuration as it was opened.

    Attributes:
        reference: Preset name or path; of an upload, its file name.
        text: The text as opened.
        path: The file that Save may write back to, None for presets and uploads.
        is_upload: Whether it is private to one page.
        name: What to call it on screen.
    """

    reference: str
    text: str
    path: str | None
    is_upload: bool
    name: str

    @property
    def base(self) -> str:
        """Hash of the text as opened."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


def config_source(reference: str, roots: Roots) -> ConfigSource:
    """Return the configuration that a preset name or a path names; its text need not be valid.

    Raises:
        QuantSimError: There is none, it may not be opened, or it is not a text.
    """
    found = None if os.path.exists(reference) else preset(reference)
    if found is not None:
        text = found.path.read_text(encoding="utf-8")
        return ConfigSource(found.name, text, None, False, found.name)
    roots.check(reference)
    text = _config_text(reference)
    return ConfigSource(reference, text, reference, False, Path(reference).name)


def uploaded_config(name: str, content: bytes) -> ConfigSource:
    """Return the source of an uploaded configuration.

    Raises:
        ConfigError: It is not a UTF-8 text (`not-utf8`).
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{name} is not a UTF-8 text",
            code="not-utf8",
            hint="check that it is a configuration",
        ) from error
    return ConfigSource(name, text, None, True, name)


def _config_text(path: str) -> str:
    try:
        return load_config(path).document.text
    except ConfigError as error:
        if error.code != "not-json":
            raise
    return Path(path).read_text(encoding="utf-8-sig")


@dataclass(frozen=True, slots=True)
class DataSource:
    """Data to calibrate and to measure with.

    Attributes:
        reference: `random[:SEED]`, a path, or the file name of an upload.
        path: The file to read; None for random data.
        title: What to call it wherever its figures appear.
        calibration: Path of other data to find ranges with, None: the same.
        is_upload: Whether it is private to one page.
    """

    reference: str
    path: str | None
    title: str
    calibration: str | None = None
    is_upload: bool = False

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
        raise DataError(
            f"There is no file {reference}", code="missing-file", hint="check the path"
        )
    return DataSource(reference, reference, Path(reference).name)


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
    folder = _upload_folder()
    path = folder / f"{hashlib.sha256(content).hexdigest()}{suffix}"
    if not path.exists():
        path.write_bytes(content)
    return DataSource(name, str(path), f"{name}, uploaded", is_upload=True)


@cache
def _upload_folder() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="quantsim-viz-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


def data_for(model: ModelSource) -> DataSource:
    """Return the data that belong to a model: a sample's own, else random."""
    real = os.path.realpath(model.reference)
    for sample in list_samples():
        if model.content is None and os.path.realpath(sample.model) == real:
            return DataSource(
                str(sample.data),
                str(sample.data),
                f"{sample.data.name}, held out, labelled",
                calibration=str(sample.calibration),
            )
    return RANDOM_DATA


def short_reference(path: str | Path) -> str:
    """Return a path as one would type it here: relative where that is shorter.

    >>> short_reference(Path.cwd() / "net.onnx")
    'net.onnx'
    """
    absolute = os.path.abspath(path)
    relative = os.path.relpath(absolute)
    return relative if not relative.startswith("..") else absolute


def sample_references() -> tuple[tuple[str, str], ...]:
    """Return (reference, title) of the shipped models."""
    return tuple((short_reference(sample.model), sample.title) for sample in list_samples())


def preset_references() -> tuple[tuple[str, str], ...]:
    """Return (reference, title) of the shipped configurations."""
    return tuple((entry.name, entry.title) for entry in list_presets())


def save_back(source: ConfigSource, text: str) -> ConfigSource:
    """Write a document back to the file it was opened from, and return it as opened now.

    The text is written beside the file and renamed, so that no half file is ever seen.

    Raises:
        ConfigError: The file was changed (`changed-on-disk`) or removed (`gone`) since it was
            opened, cannot be written (`unwritable`), or there is none (`no-file`).
    """
    if source.path is None:
        raise ConfigError(
            f"{source.name} was not opened from a file that may be written",
            code="no-file",
            hint="download it instead",
        )
    path = Path(source.path)
    try:
        on_disk = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} can no longer be read",
            code="gone",
            hint="download the document instead; nothing of it is lost",
            path=str(path),
        ) from error
    if on_disk != source.text:
        raise ConfigError(
            f"{path} was changed on disk after it was opened here; it has not been overwritten",
            code="changed-on-disk",
            hint="download this document, or open the file again and compare",
            path=str(path),
        )
    beside = path.with_name(f".{path.name}.quantsim-viz")
    try:
        beside.write_text(text, encoding="utf-8", newline="")
        os.replace(beside, path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise ConfigError(
            f"{path} cannot be written: {error.strerror or error}",
            code="unwritable",
            hint="download the document instead",
            path=str(path),
        ) from error
    return replace(source, text=text)


def parse_arguments(arguments: Sequence[str]) -> dict[str, Any]:
    """Return what follows `--` in `streamlit run app.py -- [MODEL] [-c CONFIG] [--data D] [--root F]`.

    Unknown arguments are left alone: they may be another tool's.
    """
    found: dict[str, Any] = {"model": None, "config": None, "data": None, "roots": []}
    names = {"-c": "config", "--config": "config", "--data": "data", "--root": "roots"}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if name in names:
            taken = value if equals else (rest.pop(0) if rest else "")
            if names[name] == "roots":
                found["roots"].append(taken)
            else:
                found[names[name]] = taken or None
        elif not word.startswith("-") and found["model"] is None:
            found["model"] = word
    return found


__all__ = [
    "DEFAULT_CONFIG",
    "RANDOM_DATA",
    "ConfigSource",
    "DataSource",
    "ModelSource",
    "Roots",
    "allowed_roots",
    "config_source",
    "data_for",
    "data_source",
    "model_source",
    "parse_arguments",
    "preset_references",
    "sample_references",
    "save_back",
    "short_reference",
    "uploaded_config",
    "uploaded_data",
    "uploaded_model",
]
