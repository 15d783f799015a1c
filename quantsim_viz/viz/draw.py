"""A drawing of the whole graph for print and reports: SVG, PNG or Graphviz' own language."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Literal

from quantsim_viz.errors import QuantSimError
from quantsim_viz.viz.figures import Figures, figures_of
from quantsim_viz.viz.layout import Layout, layout_model
from quantsim_viz.viz.marks import draw_mark, draw_strip
from quantsim_viz.viz.measure import (
    NAME_SIZE,
    PART_SIZE,
    TITLE_SIZE,
    chip_text,
    shorten,
    text_width,
)
from quantsim_viz.viz.palette import PALETTE, decode_statuses, mix, paint_of
from quantsim_viz.viz.surfaces import RasterSurface, SvgSurface

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quantsim_viz.model.graph import Model
    from quantsim_viz.resolve.settings import Status
    from quantsim_viz.viz.figures import Resolved
    from quantsim_viz.viz.layout import Rect
    from quantsim_viz.viz.surfaces import Surface

Format = Literal["svg", "png", "dot"]

PAPER = "#ffffff"
INK = "#1f2733"
DIM = "#5b6472"
FAINT = "#9aa3b2"
LINE = "#8d96a5"
SOFT = "#d5dae1"
FRAME = "#f7f8fa"
MARGIN = 32
LEGEND_ROW = 22


def draw_graph(model: Model, cascade: Resolved | None = None, format: Format = "svg") -> bytes:  # noqa: A002 - the word of the command line
    """Draw a model, coloured by what a configuration makes of it.

    Args:
        model: What to draw; its weights are not read.
        cascade: What it is resolved to; None draws the bare graph.
        format: `svg`, `png` (coarser where it would be very large), or `dot`: the source
            for Graphviz, not laid out.

    Returns:
        The file's content.

    Raises:
        QuantSimError: `unknown-format`.
    """
    layout = layout_model(model, frozenset())
    figures = figures_of(layout, cascade) if cascade is not None else Figures()
    if format == "dot":
        from quantsim_viz.viz.dot import dot_source

        return dot_source(layout, figures).encode()
    page = _Page(model.name, layout, figures)
    if format == "svg":
        return page.draw(SvgSurface(page.width, page.height, PAPER, f"Graph of {model.name}"))
    if format == "png":
        return page.draw(RasterSurface(page.width, page.height, PAPER))
    raise QuantSimError(
        f"Unknown drawing format {format!r}.",
        code="unknown-format",
        hint="Choose a file name that ends in .svg, .png or .dot.",
    )


class _Page:
    """Title and legend on top, the graph below."""

    def __init__(self, name: str, layout: Layout, figures: Figures) -> None:
        self.layout = layout
        self.figures = figures
        self.statuses: Sequence[Status | None] = (
            decode_statuses(figures.status) if figures.status else [None] * len(layout.names)
        )
        self.title = f"{name} · {len(layout.names)} nodes"
        self.entries = [
            (paint, count) for paint in PALETTE if (count := self.statuses.count(paint.status))
        ]
        self.width = max(layout.width, 420) + 2 * MARGIN
        self.columns = max(1, (self.width - 2 * MARGIN) // 210)
        rows = math.ceil(len(self.entries) / self.columns)
        self.top = MARGIN + 28 + rows * LEGEND_ROW + 12
        self.height = self.top + layout.height + MARGIN
        self.left = (self.width - layout.width) // 2

    def draw(self, surface: Surface) -> bytes:
        self._draw_heading(surface)
        self._draw_frames(surface)
        self._draw_wires(surface)
        self._draw_enclosures(surface)
        for number, rect in enumerate(self.layout.terminals):
            self._draw_terminal(surface, number, rect)
        parts = 0
        for number, node_rect in enumerate(self.layout.nodes):
            if node_rect is not None:
                self._draw_node(surface, number, node_rect, parts)
            parts += len(self.layout.skeleton.vertices[number].float_parts)
        return surface.to_bytes()

    def _draw_heading(self, surface: Surface) -> None:
        surface.text(MARGIN, MARGIN + 12, self.title, size=16, colour=INK, weight=600)
        for number, (paint, count) in enumerate(self.entries):
            row, column = divmod(number, self.columns)
            x, y = MARGIN + column * 210, MARGIN + 30 + row * LEGEND_ROW
            surface.begin(paint.status.value, "legend", paint.sense)
            surface.box(x, y, 26, 16, radius=4, fill=_body(paint.light), stroke=paint.light)
            draw_strip(surface, paint, x + 1, y + 1, 4, 14)
            draw_mark(surface, paint.status, x + 16, y + 8, 10, paint.light)
            text = f"{paint.word} · {count}"
            surface.text(x + 34, y + 12.5, text, size=12, colour=INK)
            surface.end()

    def _draw_frames(self, surface: Surface) -> None:
        for box in self.layout.groups:
            if box.rect is None or box.collapsed:
                continue
            x, y = box.rect.x + self.left, box.rect.y + self.top
            surface.begin(box.group.path, "group", f"{box.group.label}: {len(box.group)} nodes")
            surface.box(x, y, box.rect.width, box.rect.height, radius=10, fill=FRAME, stroke=SOFT)
            label = shorten(box.group.label, 40)
            surface.text(x + 12, y + 16, label, size=11, colour=DIM, weight=600)
            surface.end()

    def _draw_wires(self, surface: Surface) -> None:
        for curve, has_arrow in zip(self.layout.segments, self.layout.arrows, strict=True):
            points = tuple(v + (self.top if i % 2 else self.left) for i, v in enumerate(curve))
            surface.curve(points, stroke=LINE, line=1.1)
            if has_arrow:
                surface.polygon(_arrow_head(points), fill=LINE)
        readers = Counter(wire.target for wire in self.layout.wires if not wire.segments)
        for wire in self.layout.wires:
            if wire.segments or not readers.pop(wire.target, 0):
                continue
            rect = self._rect_of(wire.target)
            text = f"↘ {shorten(wire.tensors[0], 24)}"
            x, y = rect.x + self.left + 2, rect.y + self.top - 4
            surface.text(x, y, text, size=9, colour=DIM)

    def _rect_of(self, item: int) -> Rect:
        count = len(self.layout.nodes)
        rect = self.layout.nodes[item] if item < count else self.layout.terminals[item - count]
        assert rect is not None, "a drawing has no collapsed groups"
        return rect

    def _draw_enclosures(self, surface: Surface) -> None:
        fused = next(paint for paint in PALETTE if paint.status.value == "fused")
        for group in self.figures.supergroups:
            rects = [rect for node in group if (rect := self.layout.nodes[node]) is not None]
            if len(rects) < 2:
                continue
            x0, y0 = min(r.x for r in rects) - 7, min(r.y for r in rects) - 7
            x1 = max(r.x + r.width for r in rects) + 7
            y1 = max(r.y + r.height for r in rects) + 7
            place = (x0 + self.left, y0 + self.top, x1 - x0, y1 - y0)
            surface.box(*place, radius=11, stroke=fused.light, line=1.3, dashed=True)

    def _draw_terminal(self, surface: Surface, number: int, rect: Rect) -> None:
        terminal = self.layout.skeleton.terminals[number]
        x, y = rect.x + self.left, rect.y + self.top
        kind = "input" if terminal.is_input else "output"
        surface.begin(terminal.name, kind, f"{kind} {terminal.name}: {terminal.detail}")
        surface.box(x, y, rect.width, rect.height, radius=12, fill="#eceff3", stroke=FAINT)
        name = shorten(terminal.name, 32)
        surface.text(x + 14, y + 16, name, size=NAME_SIZE, colour=INK, weight=600)
        start = x + 22 + text_width(name, NAME_SIZE) * 1.05
        surface.text(start, y + 16, terminal.detail, size=10, colour=DIM)
        surface.end()

    def _draw_node(self, surface: Surface, number: int, rect: Rect, first_part: int) -> None:
        vertex = self.layout.skeleton.vertices[number]
        status = self.statuses[number]
        paint = paint_of(status) if status is not None else None
        x, y = rect.x + self.left, rect.y + self.top
        word = paint.word if paint else "no configuration"
        surface.begin(vertex.name, "node", f"{vertex.name} ({vertex.op_type}): {word}")
        colour = paint.light if paint else FAINT
        fill = _body(colour) if paint and paint.fill != "none" else PAPER
        line = 1.8 if word == "float" else 1.2
        surface.box(x, y, rect.width, rect.height, radius=7, fill=fill, stroke=colour, line=line)
        if paint:
            draw_strip(surface, paint, x + 1.2, y + 3, 5, rect.height - 6)
            draw_mark(surface, paint.status, x + 17.5, y + 20, 11, colour)
        op_type = shorten(vertex.op_type, 24)
        surface.text(x + 29, y + 17.5, op_type, size=TITLE_SIZE, colour=INK, weight=600)
        limit = max(int((rect.width - 36) / (0.56 * NAME_SIZE)), 8)
        surface.text(x + 29, y + 32, shorten(vertex.name, limit), size=NAME_SIZE, colour=DIM)
        bits = self.figures.bits[number : number + 1]
        if bits in ("4", "s", "w", "h", "m"):
            badge = {"4": "4", "s": "16", "w": "32", "h": "fp16", "m": "mixed"}[bits]
            right = x + rect.width - 9
            surface.text(right, y + 17, badge, size=9.5, colour=colour, weight=600, anchor="end")
        self._draw_parts(surface, number, x, y + 40, rect, first_part)
        surface.end()

    def _draw_parts(
        self, surface: Surface, number: int, x: float, y: float, rect: Rect, first_part: int
    ) -> None:
        parts = [part for part in self.layout.skeleton.vertices[number].parts if part.is_float]
        at = x + 14.0
        blue = PALETTE[0].light
        for shift, part in enumerate(parts):
            text = chip_text(part)
            room = x + rect.width - 8 - at
            if room < text_width(text, PART_SIZE) or shift >= 3:
                surface.text(at, y + 10.5, f"+{len(parts) - shift}", size=9.5, colour=FAINT)
                break
            state = self.figures.parts[first_part + shift : first_part + shift + 1]
            fill, stroke = (blue, blue) if state == "1" else (None, DIM)
            surface.box(at, y + 3.5, 7, 7, fill=fill, stroke=stroke, line=0.9)
            surface.text(at + 11, y + 10.5, text, size=9.5, colour=DIM)
            at += 21 + text_width(text, PART_SIZE)


def _body(colour: str) -> str:
    return mix(PAPER, colour, 0.09)


def _arrow_head(points: Sequence[float], size: float = 6.5) -> list[tuple[float, float]]:
    x, y = points[-2], points[-1]
    angle = math.atan2(y - points[-3], x - points[-4]) if (x, y) != tuple(points[-4:-2]) else 1.57
    return [
        (x, y),
        (x - size * math.cos(angle - 0.42), y - size * math.sin(angle - 0.42)),
        (x - size * math.cos(angle + 0.42), y - size * math.sin(angle + 0.42)),
    ]
