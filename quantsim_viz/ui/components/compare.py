"""The panes of the Compare page (sources in `frontend/src/compare`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.ui.components.assets import mount_component

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

COMPONENT = "quantsim-viz.compare"


def mount_compare(
    kind: str,
    data: Mapping[str, Any],
    *,
    key: str,
    ack: Sequence[Any],
    on_act: Callable[[], None],
) -> None:
    """Draw one pane: `sides`, `verdict`, `causes` or `evidence`.

    They act with `assign {letter, reference}`, `drop {letter}`, `swap`, `beside {letter}`,
    `edit_side {letter}`, `cause {id}`, `line {letter, line}`, `attribute` and `select {node}`.
    """
    mount_component(
        COMPONENT,
        "compare.js",
        key=key,
        data={"kind": kind, "key": key, "ack": list(ack), **data},
        height="stretch",
        on_act_change=on_act,
    )
