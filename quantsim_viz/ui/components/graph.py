"""The graph view (`ui/static/graph.js`): a canvas that is sent a layout once and then colours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from quantsim_viz.ui.components.assets import mount_component, publish
from quantsim_viz.viz.figures import Figures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from quantsim_viz.viz.layout import Layout

COMPONENT = "quantsim-viz.graph"


@dataclass(frozen=True, slots=True)
class GraphView:
    """What the graph shows. Only `layout` is large, and it is fetched once for its key.

    Attributes:
        layout: Where everything stands (`viz.layout_model`).
        figures: What a configuration makes of it (`viz.figures_of`).
        selected: Names of the selected nodes.
        mode: `status`, `bits`, `sqnr` or `diff`; keys 1 to 4 change it in the browser.
        sqnr: SQNR in dB by node name, where there is one; offers the mode `sqnr`.
        stale: Why the SQNR figures are not of what is shown, `""` when they are.
        base: Status string of the configuration to compare with; offers the mode `diff`. A `~`
            stands for the node's own status with other quantizers.
        preview: Status string that an offered edit would give; painted as a ghost.
        preview_words: What it would do besides, or, without `preview`, why it cannot be made.
        highlight: Names of nodes to show while the others are dimmed (those a rule touches).
        rules: Node names by rule pointer, for the search `rule:/op_type/Conv`: those that the act
            `rules` asked for. All rules of a large model would be a large part of every edit.
        menu: Identity and label of what can be done to the selected nodes by a right click.
        usual_bits: The bit width that needs no badge.
        link: Graphs of one page with the same name here pan, zoom and select together, in the
            browser alone: two configurations of one model side by side. Give them one layout.
        title: What it is of, where there are several: shown above the picture.
    """

    layout: Layout
    figures: Figures = field(default_factory=Figures)
    selected: Sequence[str] = ()
    mode: str = "status"
    sqnr: Mapping[str, float | None] | None = None
    stale: str = ""
    base: str = ""
    preview: str = ""
    preview_words: str = ""
    highlight: Sequence[str] | None = None
    rules: Mapping[str, Sequence[str]] = field(default_factory=dict)
    menu: Sequence[tuple[str, str]] = ()
    usual_bits: int = 8
    link: str = ""
    title: str = ""

    def to_data(self) -> dict[str, Any]:
        """Return what is sent to the browser: a few characters a node."""
        number = {name: i for i, name in enumerate(self.layout.names)}
        data: dict[str, Any] = {
            "hash": self.layout.key,
            "model": self.layout.skeleton.key,
            "status": self.figures.status,
            "parts": self.figures.parts,
            "bits": self.figures.bits,
            "tensor_bits": self.figures.tensor_bits,
            "supergroups": [list(group) for group in self.figures.supergroups],
            "selected": list(self.selected),
            "mode": self.mode,
            "stale": self.stale,
            "base": self.base,
            "preview": self.preview,
            "preview_words": self.preview_words,
            "menu": [list(entry) for entry in self.menu],
            "usual_bits": self.usual_bits,
            "link": self.link,
            "title": self.title,
            "rules": {
                pointer: [number[name] for name in names if name in number]
                for pointer, names in self.rules.items()
            },
        }
        if self.sqnr is not None:
            figures = (self.sqnr.get(name) for name in self.layout.names)
            data["sqnr"] = [None if f is None else round(f, 1) for f in figures]
        if self.highlight is not None:
            data["highlight"] = [number[name] for name in self.highlight if name in number]
        return data


def mount_graph(
    view: GraphView,
    *,
    key: str,
    ack: Sequence[Any],
    on_act: Callable[[], None],
    height: int | str = "stretch",
) -> None:
    """Draw the graph.

    It acts with `select {node, nodes, tensor}` (node: the one clicked last, or None; nodes: all,
    in the order they were selected), `collapse {paths}` (the groups to be drawn as one box from
    now on), `mode {mode}`, `menu {id, nodes}`, `preview {gesture, nodes}` (an entry of the menu is
    looked at, or with neither none is any more) and `rules {pointer}` (somebody searches for the
    nodes of the rules at and below this pointer; give them in `GraphView.rules`).

    Args:
        view: What to show.
        key: Widget key, hence the CSS class `.st-key-<key>` and the hooks
            `window.quantsimViz.graphs[key]`.
        ack: The acts that were done (`Channel.ack`).
        on_act: Callback that does new acts (`Channels.listen`).
        height: Pixels, or `stretch`.
    """
    data = view.to_data() | publish_layout(view.layout, key)
    data["key"] = key
    data["height"] = height
    data["ack"] = list(ack)
    mount_component(COMPONENT, "graph.js", key=key, data=data, height=height, on_act_change=on_act)


def publish_layout(layout: Layout, label: str) -> dict[str, str]:
    """Offer a layout to the browser by a URL that its content names; inline where that fails."""
    try:
        url = publish(layout.data, f"layout:{label}")
    except (AttributeError, ImportError, RuntimeError):
        url = ""
    return {"url": url} if url else {"inline": layout.data.decode()}
