"""What a person names, and what may be opened: roots, and models by reference.

A reference is what one would type on the command line. From a link or a text field only files below
the allowed roots are opened, and nothing that could execute code.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from quantsim_viz.data_files import configs_folder, sample_models_folder
from quantsim_viz.errors import ModelError, QuantSimError
from quantsim_viz.model import load_model
from quantsim_viz.samples import list_samples
from quantsim_viz.ui import uploads

if TYPE_CHECKING:
    from collections.abc import Iterable

    from quantsim_viz.model import Model

_FACTORY = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


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
        stored: Where an upload is kept, under a name that tells its content from any other; `""`
            for a reference.
        fold: Whether to fold BatchNormalization into the preceding convolution.
        mtime: Modification time of the file, so that a changed file is opened anew.
    """

    reference: str
    stored: str = ""
    fold: bool = False
    mtime: int = 0

    @property
    def is_upload(self) -> bool:
        """Whether it is private to one page, and so never in the URL."""
        return bool(self.stored)

    @property
    def key(self) -> str:
        """What tells this model from every other, for caches."""
        if self.stored:
            return f"upload:{self.stored}:{self.fold}"
        return f"{os.path.realpath(self.reference)}:{self.mtime}:{self.fold}"

    @property
    def is_foreign(self) -> bool:
        """Whether it is an ONNX file that somebody brought, not one of ours nor code."""
        if self.stored:
            return True
        return not _is_code(self.reference) and not Path(
            os.path.realpath(self.reference)
        ).is_relative_to(os.path.realpath(sample_models_folder()))

    def load(self) -> Model:
        """Return the model.

        Raises:
            ModelError: It cannot be loaded; an upload never executes code.
        """
        if self.stored:
            return load_model(
                Path(self.stored).read_bytes(),  # bytes name no folder where other files may lie
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
    return ModelSource(name, stored=str(uploads.store(content, ".onnx")))


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
