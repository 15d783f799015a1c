"""The configurations that come with the software, and those of an AIMET installed beside it.

Each is a pair of files in `configs/`: `NAME.json`, the configuration, and `NAME.toml`, what to know
about it. `docs/presets.md` is written from both.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from quantsim_viz.config.installed_aimet import find_aimet_files
from quantsim_viz.data_files import configs_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

AIMET_PREFIX = "aimet:"
"""What the names of an installed AIMET's files begin with."""

Checked = Literal["read", "excerpt", "headings"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where rules of a runtime are written down.

    Attributes:
        key: What its preset's rules call it.
        title: Document, or package with version and file.
        url: Where it is.
        how: How it was checked: the file itself was `read`, an `excerpt` of the page, or no more
            than the `headings` of it.
    """

    key: str
    title: str
    url: str
    how: Checked

    def to_dict(self) -> dict[str, str]:
        """Return the source as JSON."""
        return {"key": self.key, "title": self.title, "url": self.url, "how": self.how}


@dataclass(frozen=True, slots=True)
class Statement:
    """What one or more rules of a preset stand for.

    Attributes:
        at: JSON pointers of the rules, or of entries that hold them.
        says: The runtime's rule, in our words.
        sources: Keys of the sources that say so; none where the format alone needs the rule.
    """

    at: tuple[str, ...]
    says: str
    sources: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the statement as JSON."""
        return {"at": list(self.at), "says": self.says, "sources": list(self.sources)}


@dataclass(frozen=True, slots=True)
class Preset:
    """One of them.

    Attributes:
        name: What names it on the command line: its file's name without `.json`.
        title: A few words for a menu.
        description: What it says, and what it is good for.
        path: Its file.
        target: The runtime and version whose rules it states; empty for those of no runtime.
        checked: The day its sources were looked at, such as `2026-11-23`.
        bit_widths: The integers that the runtime computes with.
        sources: Where the runtime's rules are written down.
        statements: What each rule of the file stands for.
        cannot_express: What the runtime does and the format, or AIMET, cannot say; one sentence
            each.
        origin: `shipped` with the software, or a file of an installed `aimet`.
    """

    name: str
    title: str
    description: str
    path: Path
    target: str = ""
    checked: str | None = None
    bit_widths: str = ""
    sources: tuple[Source, ...] = ()
    statements: tuple[Statement, ...] = ()
    cannot_express: tuple[str, ...] = ()
    origin: Literal["shipped", "aimet"] = "shipped"

    def to_dict(self) -> dict[str, Any]:
        """Return what is known about it as JSON (`presets --json`)."""
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "path": str(self.path),
            "origin": self.origin,
            "target": self.target or None,
            "checked": self.checked,
            "bit_widths": self.bit_widths or None,
            "statements": [statement.to_dict() for statement in self.statements],
            "cannot_express": list(self.cannot_express),
            "sources": [source.to_dict() for source in self.sources],
        }


_NAMES: tuple[str, ...] = (
    "default_config",
    "documented_example",
    "aimet_default",
    "aimet_default_per_channel",
    "only_listed_ops",
    "weights_only",
    "tflite_int8",
    "cmsis_ethos_u",
    "onnxruntime_qdq",
    "onnxruntime_qnn",
    "qnn_htp",
    "tensorrt_explicit",
    "openvino_nncf_cpu",
    "pytorch_x86",
    "pytorch_qnnpack",
    "coreml_a8w8",
    "tvm_relay",
)


def list_presets(*, include_aimet: bool = False) -> tuple[Preset, ...]:
    """Return every preset, the one to start from first.

    Args:
        include_aimet: Add the files of an installed AIMET, by name.
    """
    shipped = tuple(map(_shipped, _NAMES))
    return (*shipped, *map(_installed, sorted(find_aimet_files()))) if include_aimet else shipped


def preset(name: str) -> Preset | None:
    """Return the preset of that name (`.json` may follow it), None when there is none.

    `aimet:NAME` is a file of an installed AIMET.
    """
    wanted = name.removesuffix(".json")
    if wanted.startswith(AIMET_PREFIX):
        stem = wanted.removeprefix(AIMET_PREFIX)
        return _installed(stem) if stem in find_aimet_files() else None
    return _shipped(wanted) if wanted in _NAMES else None


@cache
def _shipped(name: str) -> Preset:
    folder = configs_folder()
    about = tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
    return Preset(
        name,
        about["title"],
        about["description"],
        folder / f"{name}.json",
        about.get("target", ""),
        about.get("checked"),
        about.get("bit_widths", ""),
        tuple(Source(key, **source) for key, source in about.get("source", {}).items()),
        tuple(map(_statement, about.get("rule", ()))),
        tuple(about.get("cannot_express", ())),
    )


def _statement(entry: Mapping[str, Any]) -> Statement:
    return Statement(tuple(entry["at"]), entry["says"], tuple(entry["source"]))


def _installed(stem: str) -> Preset:
    path = find_aimet_files()[stem]
    return Preset(
        AIMET_PREFIX + stem,
        f"AIMET: {stem.replace('_', ' ')}",
        "A file of the AIMET that is installed here, read only.",
        path,
        origin="aimet",
    )
