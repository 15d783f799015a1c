"""A report's optional tables, for a terminal: quantizers one by one, and channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.cli.tables import RIGHT, format_table

if TYPE_CHECKING:
    from collections.abc import Mapping


def format_quantizers(quantizers: Mapping[str, Mapping[str, Any]]) -> str:
    """Lay out the `quantizers` of a report.

    Clipped is the share of a quantizer's noise from outside its range, outside the share of
    elements there; what follows is what a range that clips nothing, and one more bit, would gain.
    """
    header = ("quantizer", "kind", "own dB", "clipped", "outside", "wider +dB", "finer +dB")
    rows = [
        (
            tensor,
            noise["kind"],
            number(noise["sqnr_db"]),
            percent(noise["clipping_share"]),
            percent(noise["outside"]),
            number(noise["wider_db"]),
            number(noise["finer_db"]),
        )
        for tensor, noise in quantizers.items()
    ]
    return format_table(header, rows, ["<", "<", *[RIGHT] * 5])


def format_channels(channels: Mapping[str, Mapping[str, Any]]) -> str:
    """Lay out the `channels` of a report: of each tensor the median and the worst one."""
    header = ("channels of", "axis", "number", "median dB", "worst dB", "worst channel")
    rows = []
    for tensor, powers in channels.items():
        known = sorted((db, k) for k, db in enumerate(powers["sqnr_db"]) if db is not None)
        worst, place = known[0] if known else (None, None)
        middle = known[len(known) // 2][0] if known else None
        rows.append(
            (
                tensor,
                str(powers["axis"]),
                str(len(powers["sqnr_db"])),
                number(middle),
                number(worst),
                "–" if place is None else str(place),
            )
        )
    return format_table(header, rows, ["<", *[RIGHT] * 5])


def number(value: float | None) -> str:
    """Return a figure with one decimal, a dash where there is none.

    >>> number(3.14159), number(None)
    ('3.1', '–')
    """
    return "–" if value is None else f"{value:.1f}"


def percent(share: float | None) -> str:
    """Return a share in percent, small ones as such.

    >>> percent(0.1234), percent(0.00001), percent(0.0)
    ('12.3 %', '<0.1 %', '0 %')
    """
    if share is None:
        return "–"
    if not share:
        return "0 %"
    return f"{share:.1%}".replace("%", " %") if share >= 0.0005 else "<0.1 %"
