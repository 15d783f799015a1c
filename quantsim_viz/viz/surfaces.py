"""What one draws on: vector (SVG) or pixels (PNG), with the same few strokes."""

from __future__ import annotations

import io
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quantsim_viz.viz.engines import Curve

FONT_FAMILY = "'Source Sans 3','Segoe UI',system-ui,-apple-system,Roboto,sans-serif"
RASTER_FONTS = {
    400: ("DejaVuSans.ttf", "LiberationSans-Regular.ttf", "Arial.ttf", "arial.ttf"),
    600: ("DejaVuSans-Bold.ttf", "LiberationSans-Bold.ttf", "Arial Bold.ttf", "arialbd.ttf"),
}
FINEST = 4
"""Pixels drawn to a unit; two are kept, each the mean of four, so that edges are smooth."""

RASTER_LIMIT = 48_000_000
"""How many pixels may be drawn; larger pictures are coarser."""

Point = tuple[float, float]


class Surface(Protocol):
    """Something to draw on, in pixels from the top left. Colours are `#rrggbb`."""

    def begin(self, name: str, kind: str, title: str) -> None:
        """Start an element that has a name, such as a node, and a description."""
        ...

    def end(self) -> None:
        """End the element begun last."""
        ...

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        radius: float = 0,
        fill: str | None = None,
        stroke: str | None = None,
        line: float = 1,
        dashed: bool = False,
    ) -> None:
        """Draw a rectangle, rounded by `radius`."""
        ...

    def polygon(self, points: Sequence[Point], *, fill: str) -> None:
        """Fill a polygon."""
        ...

    def lines(self, points: Sequence[Point], *, stroke: str, line: float) -> None:
        """Draw a chain of straight lines."""
        ...

    def curve(self, points: Curve, *, stroke: str, line: float) -> None:
        """Draw a chain of Bézier curves."""
        ...

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float,
        colour: str,
        weight: int = 400,
        anchor: str = "start",
    ) -> None:
        """Write one line, its baseline at `y`."""
        ...

    def to_bytes(self) -> bytes:
        """Return the finished file."""
        ...


class SvgSurface:
    """Scalable Vector Graphics; names and titles survive as attributes and tooltips."""

    def __init__(self, width: float, height: float, background: str, title: str) -> None:
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
            f'viewBox="0 0 {width:g} {height:g}" font-family="{FONT_FAMILY}" role="img">',
            f"<title>{_text(title)}</title>",
            f'<rect width="100%" height="100%" fill="{background}"/>',
        ]

    def begin(self, name: str, kind: str, title: str) -> None:
        """Open a group that carries the name and a tooltip."""
        self._parts.append(
            f'<g class="{_attribute(kind)}" data-name="{_attribute(name)}">'
            f"<title>{_text(title)}</title>"
        )

    def end(self) -> None:
        """Close the group."""
        self._parts.append("</g>")

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        radius: float = 0,
        fill: str | None = None,
        stroke: str | None = None,
        line: float = 1,
        dashed: bool = False,
    ) -> None:
        """Draw a rectangle."""
        paint = f'fill="{fill or "none"}"'
        if stroke:
            paint += f' stroke="{stroke}" stroke-width="{line:g}"'
        if dashed:
            paint += ' stroke-dasharray="6 4"'
        rounding = f' rx="{radius:g}"' if radius else ""
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"{rounding} {paint}/>'
        )

    def polygon(self, points: Sequence[Point], *, fill: str) -> None:
        """Fill a polygon."""
        self._parts.append(f'<polygon points="{_chain(points)}" fill="{fill}"/>')

    def lines(self, points: Sequence[Point], *, stroke: str, line: float) -> None:
        """Draw straight lines."""
        self._parts.append(
            f'<polyline points="{_chain(points)}" fill="none" stroke="{stroke}" '
            f'stroke-width="{line:g}" stroke-linecap="round" stroke-linejoin="round"/>'
        )

    def curve(self, points: Curve, *, stroke: str, line: float) -> None:
        """Draw curves."""
        rest = " ".join(f"{value:g}" for value in points[2:])
        self._parts.append(
            f'<path d="M{points[0]:g} {points[1]:g}C{rest}" fill="none" stroke="{stroke}" '
            f'stroke-width="{line:g}"/>'
        )

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float,
        colour: str,
        weight: int = 400,
        anchor: str = "start",
    ) -> None:
        """Write one line."""
        end = "" if anchor == "start" else f' text-anchor="{anchor}"'
        bold = "" if weight == 400 else f' font-weight="{weight}"'
        self._parts.append(
            f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{colour}"{bold}{end}>'
            f"{_text(text)}</text>"
        )

    def to_bytes(self) -> bytes:
        """Return the document, UTF-8."""
        return "\n".join([*self._parts, "</svg>", ""]).encode()


def _text(text: str) -> str:
    return escape("".join(c if c.isprintable() else " " for c in text), quote=False)


def _attribute(text: str) -> str:
    return escape("".join(c if c.isprintable() else " " for c in text), quote=True)


def _chain(points: Sequence[Point]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)


class RasterSurface:
    """A PNG of two pixels to the unit, drawn finer and scaled down so that edges are smooth."""

    def __init__(self, width: float, height: float, background: str) -> None:
        from PIL import Image, ImageDraw

        largest = (RASTER_LIMIT / max(width * height, 1)) ** 0.5
        self._scale = min(FINEST, largest)
        self._shrink = 2 if self._scale >= 2 else 1
        size = max(round(width * self._scale), 1), max(round(height * self._scale), 1)
        self._image = Image.new("RGB", size, background)
        self._draw: Any = ImageDraw.Draw(self._image)

    def begin(self, name: str, kind: str, title: str) -> None:
        """Do nothing: pixels have no names."""

    def end(self) -> None:
        """Do nothing."""

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        radius: float = 0,
        fill: str | None = None,
        stroke: str | None = None,
        line: float = 1,
        dashed: bool = False,
    ) -> None:
        """Draw a rectangle."""
        s = self._scale
        corners = (x * s, y * s, (x + width) * s, (y + height) * s)
        if dashed and stroke:
            self._dashes(x, y, width, height, stroke, line)
            return
        self._draw.rounded_rectangle(
            corners, radius * s, fill=fill, outline=stroke, width=max(round(line * s), 1)
        )

    def _dashes(self, x: float, y: float, w: float, h: float, stroke: str, line: float) -> None:
        for along, across, length in ((1, 0, w), (0, 1, h)):
            for side in (0, 1):
                ox, oy = x + side * w * across, y + side * h * along
                for start in range(0, int(length), 10):
                    end = min(start + 6, length)
                    points = [
                        (ox + start * along, oy + start * across),
                        (ox + end * along, oy + end * across),
                    ]
                    self.lines(points, stroke=stroke, line=line)

    def polygon(self, points: Sequence[Point], *, fill: str) -> None:
        """Fill a polygon."""
        self._draw.polygon([(x * self._scale, y * self._scale) for x, y in points], fill=fill)

    def lines(self, points: Sequence[Point], *, stroke: str, line: float) -> None:
        """Draw straight lines."""
        scaled = [(x * self._scale, y * self._scale) for x, y in points]
        self._draw.line(scaled, fill=stroke, width=max(round(line * self._scale), 1), joint="curve")

    def curve(self, points: Curve, *, stroke: str, line: float) -> None:
        """Draw curves as chains of short lines."""
        chain: list[Point] = [(points[0], points[1])]
        for at in range(0, len(points) - 7, 6):
            chain.extend(bezier_point(points, at, step / 10) for step in range(1, 11))
        self.lines(chain, stroke=stroke, line=line)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float,
        colour: str,
        weight: int = 400,
        anchor: str = "start",
    ) -> None:
        """Write one line."""
        font = _raster_font(600 if weight >= 600 else 400, max(size * self._scale * 0.92, 1))
        where = {"start": "ls", "middle": "ms", "end": "rs"}[anchor]
        place = (x * self._scale, y * self._scale)
        self._draw.text(place, text, fill=colour, font=font, anchor=where)

    def to_bytes(self) -> bytes:
        """Return the PNG file."""
        file = io.BytesIO()
        self._image.reduce(self._shrink).save(file, "PNG")
        return file.getvalue()


@lru_cache(maxsize=64)
def _raster_font(weight: int, size: float) -> Any:
    from PIL import ImageFont

    for name in RASTER_FONTS[weight]:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def bezier_point(points: Curve, at: int, t: float) -> Point:
    """Return the point at `t` (0 to 1) of the curve that starts at place `at` of a chain.

    >>> bezier_point((0, 0, 0, 1, 2, 1, 2, 2), 0, 0.5)
    (1.0, 1.0)
    """
    s = 1 - t
    weights = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
    x = sum(w * points[at + 2 * i] for i, w in enumerate(weights))
    y = sum(w * points[at + 2 * i + 1] for i, w in enumerate(weights))
    return x, y
