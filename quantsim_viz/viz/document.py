"""A layout as the JSON that the browser fetches (`docs/graph-view.md` lists its fields)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from quantsim_viz.viz.cache import Cache
from quantsim_viz.viz.palette import palette_data

if TYPE_CHECKING:
    from quantsim_viz.viz.layout import GroupBox, Layout, Rect
    from quantsim_viz.viz.skeleton import Skeleton

_WHAT_IS_DRAWN: Cache[str] = Cache(16)


def document_of(layout: Layout) -> bytes:
    """Return what is drawn and where, as compact UTF-8 JSON."""
    skeleton = layout.skeleton
    drawn = _WHAT_IS_DRAWN.get_or_make(skeleton.key, lambda: _members(_drawn(skeleton)))
    return f"{{{drawn},{_members(_placed(layout))}}}".encode()


def _members(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))[1:-1]


def _drawn(skeleton: Skeleton) -> dict[str, Any]:
    """Return what does not change when groups open and close."""
    return {
        "names": [v.name for v in skeleton.vertices],
        "order": [v.node for v in skeleton.vertices],
        "ops": [v.op_type for v in skeleton.vertices],
        "modules": [v.module or "" for v in skeleton.vertices],
        "parts": [
            [[p.label, p.tensor, p.detail, int(p.is_float)] for p in v.parts]
            for v in skeleton.vertices
        ],
        "tensors": list(skeleton.details.items()),
        "palette": palette_data(),
    }


def _placed(layout: Layout) -> dict[str, Any]:
    tensor_number = {name: number for number, name in enumerate(layout.tensors)}
    home = [-1] * len(layout.names)
    for number, box in enumerate(layout.groups):
        for child in box.group.children:
            if isinstance(child, int):
                home[child] = number
    kinds = {k: n for n, k in enumerate(dict.fromkeys(b.group.signature for b in layout.groups))}
    return {
        "size": [layout.width, layout.height],
        "rects": [_corners(rect) for rect in layout.nodes],
        "home": home,
        "terminals": [
            [t.name, int(t.is_input), t.detail, r.x, r.y, r.width, r.height]
            for t, r in zip(layout.skeleton.terminals, layout.terminals, strict=True)
        ],
        "groups": [_group(box, kinds[box.group.signature]) for box in layout.groups],
        "wires": [
            [w.source, w.target, [tensor_number[t] for t in w.tensors], w.segments]
            for w in layout.wires
        ],
        "segments": layout.segments,
        "arrows": "".join("1" if arrow else "0" for arrow in layout.arrows),
    }


def _corners(rect: Rect | None) -> list[int] | int:
    return [rect.x, rect.y, rect.width, rect.height] if rect else 0


def _group(box: GroupBox, kind: int) -> dict[str, Any]:
    return {
        "path": box.group.path,
        "label": box.group.label,
        "parent": -1 if box.parent is None else box.parent,
        "first": box.group.first,
        "last": box.group.last,
        "like": kind,
        "collapsed": int(box.collapsed),
        "rect": _corners(box.rect),
    }
