"""From whatever names a configuration to a `Config`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantsim_viz.config.build import build_rules
from quantsim_viz.config.document import Document
from quantsim_viz.config.presets import AIMET_PREFIX, list_presets, preset
from quantsim_viz.config.render import is_encodable
from quantsim_viz.config.rules import Config
from quantsim_viz.config.suggest import nearest
from quantsim_viz.config.validate import validate
from quantsim_viz.config.wording import short
from quantsim_viz.diagnostics import Diagnostic, Severity
from quantsim_viz.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGEST_FILE = 32 * 2**20
"""Bytes. The largest configurations that we know of have some 100 KB."""

_BYTE_ORDER_MARK = "\ufeff"


def load_config(
    source: str | os.PathLike[str] | Mapping[str, Any] | Sequence[Any] | None = None,
    *,
    text: str | None = None,
    name: str | None = None,
) -> Config:
    """Read a configuration and check it.

    A document that is JSON and breaks the format is returned all the same: without rules, and with
    every reason among its diagnostics (`Config.errors`).

    Args:
        source: Path of a file, name of a preset (`quantsim-viz presets` lists them; a file of that
            name beats the preset; `aimet:NAME` is a file of an installed AIMET), or the value
            itself, which gets a text with an indent of 2.
        text: The text itself, instead of a source.
        name: What to call it on screen; the file's or preset's name unless given.

    Returns:
        The configuration, with the place of every rule.

    Raises:
        ConfigError: There is no such file or preset (`config-not-found`), it cannot be read
            (`unreadable`, `not-utf8`, `too-large`), or the text is not JSON (`not-json`, with the
            place of the first problem and all of them in `diagnostics`).

    >>> config = load_config("default_config")
    >>> config.rules.model_input.is_input_quantized.value
    True
    """
    if (source is None) == (text is None):
        raise TypeError("load_config takes a source or a text, and not both")
    if text is not None:
        return _from_text(text, name or "configuration", None)
    if isinstance(source, str | os.PathLike):
        return _from_path(os.fspath(source), name)
    return _from_text(_dump(source), name or "configuration", None)


def load_document(document: Document, *, name: str, path: str | None = None) -> Config:
    """Check a document that is at hand, such as an edited one.

    Raises:
        ConfigError: Its text is not JSON.
    """
    if not document.is_json:
        raise _not_json(document, path)
    diagnostics = validate(document)
    is_valid = all(finding.severity is not Severity.ERROR for finding in diagnostics)
    rules = build_rules(document) if is_valid else None
    return Config(document, name, path, rules, diagnostics)


def _from_text(text: str, name: str, path: str | None) -> Config:
    if not text.startswith(_BYTE_ORDER_MARK):
        return load_document(Document(text), name=name, path=path)
    config = load_document(Document(text[1:]), name=name, path=path)
    warning = Diagnostic(
        "byte-order-mark",
        Severity.WARNING,
        "The file starts with a byte order mark, with which AIMET cannot read it. Save it as UTF-8"
        " without one; what is saved from here has none.",
        line=1,
        column=1,
        end_line=1,
        end_column=1,
    )
    return Config(
        config.document, config.name, config.path, config.rules, (warning, *config.diagnostics)
    )


def _from_path(path: str, name: str | None) -> Config:
    if os.path.lexists(path):
        return _from_text(_read_file(path), name or Path(path).name, path)
    found = preset(path)
    if found is not None:
        file = os.fspath(found.path)
        return _from_text(_read_file(file), name or found.name, file)
    raise ConfigError(
        f'There is no file and no preset named "{short(path)}".',
        code="config-not-found",
        hint=_hint_for(path),
        path=path,
    )


def _hint_for(path: str) -> str:
    """Say what to do about a name that is neither a file nor a preset."""
    if path.lstrip().startswith("{"):
        return "Give the text of a configuration as load_config(text=…)."
    aimet = path.startswith(AIMET_PREFIX)
    known = [entry.name for entry in list_presets(include_aimet=aimet)]
    if aimet and not any(name.startswith(AIMET_PREFIX) for name in known):
        return "Such names are files of an installed AIMET, and none is installed here."
    close = nearest(Path(path).name.removesuffix(".json"), known)
    return f'Did you mean the preset "{close}"?' if close else f"Presets: {', '.join(known)}."


def _read_file(path: str) -> str:
    try:
        size = os.stat(path).st_size
        if size > LARGEST_FILE:
            raise ConfigError(
                f"The file has {size / 2**20:.0f} MiB; a configuration has some kilobytes.",
                code="too-large",
                hint="Check that it is not a model.",
                path=path,
            )
        content = Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(
            f"The file cannot be read: {error.strerror or error}.",
            code="unreadable",
            hint="Name a readable file.",
            path=path,
        ) from error
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        line, column = Document(before).lines.position(len(before))
        raise ConfigError(
            f"The file is not a UTF-8 text: byte {content[error.start]:#04x} at offset"
            f" {error.start}.",
            code="not-utf8",
            hint="Save it as UTF-8, or check that it is a configuration.",
            path=path,
            line=line,
            column=column,
        ) from error


def _dump(value: Any) -> str:
    if isinstance(value, Mapping):
        value = dict(value)
    try:
        text = json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError(
            f"This Python value cannot be written as JSON: {error}.",
            code="not-json",
            hint="Give a dictionary of dictionaries, lists, texts and finite numbers.",
        ) from error
    return text if is_encodable(text) else json.dumps(value, indent=2)


def _not_json(document: Document, path: str | None) -> ConfigError:
    first = document.syntax[0]
    more = len(document.syntax) - 1
    return ConfigError(
        f"The configuration is not JSON: {first.message}",
        code="not-json",
        hint=(
            f"There {'is 1 more problem' if more == 1 else f'are {more} more problems'} like it."
            if more
            else "Nothing else keeps it from being read."
        ),
        path=path,
        line=first.line,
        column=first.column,
        diagnostics=document.syntax,
    )
