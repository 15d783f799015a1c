"""Charts of a report and of a comparison as altair specifications, for notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair as alt

    from quantsim_viz.report.compare import Comparison
    from quantsim_viz.report.report import Report

_MEASURES = ("cumulative", "isolated", "sensitivity")


def sqnr_chart(report: Report) -> alt.Chart:
    """Draw every layer's SQNR in graph order, one line a measure that was taken.

    Layers without noise or without signal have no SQNR and leave a gap.

    Args:
        report: Of one configuration.
    """
    records = [
        {
            "layer": number,
            "tensor": row.tensor,
            "node": row.node,
            "operator": row.op_type,
            "status": row.status,
            "measure": measure,
            "sqnr": row.powers[measure].sqnr_db,
        }
        for number, row in enumerate(report.rows)
        for measure in _MEASURES
        if measure in row.powers
    ]
    return _lines(records, "measure", f"{report.scheme}, {report.samples} samples of {report.data}")


def comparison_chart(comparison: Comparison) -> alt.Chart:
    """Draw every layer's cumulative SQNR in graph order, one line a configuration.

    Args:
        comparison: Of any number of configurations.
    """
    records = [
        {
            "layer": number,
            "tensor": row.tensor,
            "node": row.node,
            "operator": row.op_type,
            "status": row.status,
            "configuration": name,
            "sqnr": row.powers["cumulative"].sqnr_db,
        }
        for name, report in zip(comparison.configs, comparison.reports, strict=True)
        if report is not None
        for number, row in enumerate(report.rows)
    ]
    first = comparison.accepted[0]
    return _lines(
        records, "configuration", f"{first.scheme}, {first.samples} samples of {first.data}"
    )


def _lines(records: list[dict[str, Any]], series: str, title: str) -> alt.Chart:
    import altair as alt

    pick = alt.selection_point(name="layer", fields=["tensor"], on="click")
    shown = ["node", "operator", "tensor", "status", series]
    chart: alt.Chart = (
        alt.Chart({"values": records}, title=title)
        .mark_line(point=True)
        .encode(
            x=alt.X("layer:Q", title="layer, in graph order"),
            y=alt.Y("sqnr:Q", title="SQNR (dB)", scale=alt.Scale(zero=False)),
            color=alt.Color(f"{series}:N", title=series),
            strokeDash=alt.StrokeDash(f"{series}:N", title=series),
            opacity=alt.condition(pick, alt.value(1.0), alt.value(0.35)),
            tooltip=[
                *(alt.Tooltip(f"{name}:N") for name in shown),
                alt.Tooltip("sqnr:Q", format=".1f"),
            ],
        )
        .add_params(pick)
    )
    return chart
