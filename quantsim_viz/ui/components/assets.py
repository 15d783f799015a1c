"""Where Streamlit finds our components' files, and where the browser finds large values.

Streamlit's private interfaces are touched in this module and nowhere else.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGE = Path(__file__).resolve().parents[2]
ASSETS = "ui/static"


def mount_component(name: str, script: str, **arguments: Any) -> Any:
    """Mount one of our components; its script is served as a file, not sent with every message.

    Streamlit finds component folders in the manifests of installed distributions. In a plain
    checkout there is none, so the folder is made known here; doing it twice changes nothing.

    Args:
        name: Full name of the component, `quantsim-viz.editor`.
        script: File name below `ui/static`.
        arguments: `key`, `data`, `height` and `on_…_change` of the mounting call.
    """
    _announce_folder(name)
    return _renderer(name, script)(**arguments)


def _renderer(name: str, script: str) -> Callable[..., Any]:
    from streamlit.components.v2 import component

    manager = _manager()
    known = manager.get(name)
    if known is not None and known.js_url:
        return _mount_known(name)
    return component(name, js=script)


def _mount_known(name: str) -> Callable[..., Any]:
    def mount(**arguments: Any) -> Any:
        return st._bidi_component(name, **arguments)

    return mount


def _manager() -> Any:
    from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager

    return get_bidi_component_manager()


def _announce_folder(name: str) -> None:
    manager = _manager()
    if manager.get_component_asset_root(name) is not None:
        return
    from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

    package, _, component = name.rpartition(".")
    manifest = ComponentManifest(
        name=package,
        version="0",
        components=[ComponentConfig(name=component, asset_dir=ASSETS)],
    )
    manager.register_from_manifest(manifest, PACKAGE)


def publish(content: bytes, label: str) -> str:
    """Offer `content` to this browser session at a URL named by its hash, and return the URL.

    Streamlit forgets media that a run did not mention, so every run publishes again; the browser
    fetches each URL once.

    Args:
        content: UTF-8 JSON.
        label: What it is, unique among what one run publishes.
    """
    from streamlit.runtime import get_instance
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    if get_script_run_ctx(suppress_warning=True) is None:
        return ""
    manager = get_instance().media_file_mgr
    return str(manager.add(content, "application/json", f"quantsim-viz:{label}"))
