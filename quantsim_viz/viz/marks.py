"""The second cue of a status in a static drawing: its mark, drawn as a shape.

`ui/static/graph/marks.js` draws the same shapes in the browser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantsim_viz.resolve.settings import Status

if TYPE_CHECKING:
    from quantsim_viz.viz.palette import Paint
    from quantsim_viz.viz.surfaces import Surface


def draw_mark(surface: Surface, status: Status, x: float, y: float, size: float, ink: str) -> None:
    """Draw the mark of a status, centred on x and y, `size` pixels across."""
    h = size / 2
    side = h * 0.82
    left, top = x - side, y - side
    line = max(size / 8, 0.8)
    square = (left, top, 2 * side, 2 * side)
    match status:
        case Status.QUANTIZED:
            surface.box(*square, fill=ink)
        case Status.INPUT_WEIGHT:
            surface.box(*square, stroke=ink, line=line)
            surface.polygon([(left, top), (x + side, top), (left, y + side)], fill=ink)
        case Status.WEIGHT_ONLY:
            surface.box(*square, stroke=ink, line=line)
            surface.box(left, top, side, 2 * side, fill=ink)
        case Status.OUTPUT_ONLY:
            surface.box(*square, stroke=ink, line=line)
            surface.box(x, top, side, 2 * side, fill=ink)
        case Status.FUSED:
            for shift in (-0.35, 0.35):
                link = (x + shift * size - 0.3 * size, y - 0.2 * size, 0.6 * size, 0.4 * size)
                surface.box(*link, radius=0.2 * size, stroke=ink, line=line)
        case Status.PASSTHROUGH:
            surface.lines([(x - h * 0.9, y), (x + h * 0.9, y)], stroke=ink, line=line)
            head = [(x + h * 0.25, y - h * 0.6), (x + h * 0.9, y), (x + h * 0.25, y + h * 0.6)]
            surface.lines(head, stroke=ink, line=line)
        case Status.FLOAT:
            spine = (
                x + 0.75 * h,
                y - 0.75 * h,
                x + 0.1 * h,
                y - 1.25 * h,
                x + 0.1 * h,
                y - 0.4 * h,
            )
            tail = (x, y, x - 0.1 * h, y + 0.5 * h, x - 0.1 * h, y + 1.25 * h)
            surface.curve((*spine, *tail, x - 0.75 * h, y + 0.8 * h), stroke=ink, line=line)
            bar = [(x - 0.5 * h, y - 0.15 * h), (x + 0.5 * h, y - 0.15 * h)]
            surface.lines(bar, stroke=ink, line=line)
        case Status.UNQUANTIZABLE:
            surface.box(x - 0.3 * h, y - 0.3 * h, 0.6 * h, 0.6 * h, radius=0.3 * h, fill=ink)
        case Status.CONFLICT:
            surface.lines([(x, y - 0.9 * h), (x, y + 0.25 * h)], stroke=ink, line=1.3 * line)
            dot = 0.2 * h
            surface.box(x - dot, y + 0.65 * h, 2 * dot, 2 * dot, radius=dot, fill=ink)


def draw_strip(
    surface: Surface, paint: Paint, x: float, y: float, width: float, height: float
) -> None:
    """Fill a node's strip the way its status is filled: whole, a half of it, or not at all."""
    match paint.fill:
        case "solid":
            surface.box(x, y, width, height, radius=2, fill=paint.light)
        case "upper":
            surface.box(x, y, width, height / 2, radius=2, fill=paint.light)
        case "lower":
            surface.box(x, y + height / 2, width, height / 2, radius=2, fill=paint.light)
        case "left":
            surface.box(x, y, width * 0.6, height, radius=2, fill=paint.light)
        case _:
            surface.box(x, y, width, height, radius=2, stroke=paint.light, line=0.8)
