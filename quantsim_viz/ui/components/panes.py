"""The panes beside graph and editor (sources in `frontend/src/panes`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from quantsim_viz.ui.components.assets import mount_component

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

COMPONENT = "quantsim-viz.panes"

Kind = Literal[
    "navigator",
    "inspector",
    "layers",
    "strip",
    "forms",
    "summary",
    "report",
    "changes",
    "presets",
]


def mount_pane(
    kind: Kind,
    data: Mapping[str, Any],
    *,
    key: str,
    ack: Sequence[Any],
    on_act: Callable[[], None],
    height: str | int = "stretch",
) -> None:
    """Draw one pane.

    `hidden` and `empty` in its data mark it on the page, where `workbench.css` lays it out: its
    place in the page's tree stays, so that nothing in it is lost.

    Panes act with `select {node}`, `rule {pointer, line}`, `set {pointer, value}`, `offer {id}`,
    `preview {id}` and `fix {id}`.
    """
    mount_component(
        COMPONENT,
        "panes.js",
        key=key,
        data={"kind": kind, "key": key, "ack": list(ack), **data},
        height=height,
        on_act_change=on_act,
    )
