"""Configurations as documents: opened from a preset, a path or an upload, and saved back."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from quantsim_viz.config import list_presets, load_config, preset
from quantsim_viz.errors import ConfigError

if TYPE_CHECKING:
    from quantsim_viz.ui.sources import Roots

DEFAULT_CONFIG = "default_config"


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


def preset_references() -> tuple[tuple[str, str], ...]:
    """Return (reference, title) of the shipped configurations and of an installed AIMET's."""
    return tuple((entry.name, entry.title) for entry in list_presets(include_aimet=True))


def on_disk(source: ConfigSource) -> str | None:
    """Return what the file of a configuration holds now, None where it cannot be read."""
    assert source.path is not None
    try:
        return Path(source.path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None


def save_back(source: ConfigSource, text: str) -> ConfigSource:
    """Write a document back to the file it was opened from, and return it as opened now.

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
    found = on_disk(source)
    if found is None:
        raise ConfigError(
            f"{source.path} can no longer be read",
            code="gone",
            hint="nothing of the document is lost",
            path=source.path,
        )
    if found != source.text:
        raise ConfigError(
            f"{source.path} was changed on disk after it was opened here; it has not been"
            " overwritten",
            code="changed-on-disk",
            hint="compare before you decide which of the two stays",
            path=source.path,
        )
    return overwrite(source, text)


def overwrite(source: ConfigSource, text: str) -> ConfigSource:
    """Write a document to its file whatever that holds, and return it as opened now.

    The text is written beside the file and renamed, so that no half file is ever seen.

    Raises:
        ConfigError: The file cannot be written (`unwritable`).
    """
    assert source.path is not None
    path = Path(source.path)
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
