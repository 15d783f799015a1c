"""Results as text: lines for reading, CSV for other tools."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from quantsim_viz.ui.views.table import MEASURES
from quantsim_viz.ui.views.words import sqnr_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def outcome_figures(report: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Yield the figures of a simulation as a whole: accuracy, then SQNR at each output."""
    metric = report.get("metric")
    if metric:
        hint = f"On {metric['samples']} labelled samples"
        yield {
            "label": f"{metric['name']} simulated",
            "value": f"{metric['simulated']:.2%}",
            "hint": hint,
        }
        yield {"label": f"{metric['name']} float", "value": f"{metric['float']:.2%}", "hint": hint}
    for tensor, row in report.get("outputs", {}).items():
        yield {
            "label": f"SQNR at output {tensor}",
            "value": sqnr_words(row["cumulative"]["sqnr_db"], row["cumulative"]["noise"]),
            "hint": "Signal to quantization noise, all quantizers on",
        }


LAYER_COLUMNS = ("node", "op_type", "module", "tensor", "status")


OWN_COLUMNS = ("sqnr_db", "rounding", "clipping", "wider_db", "finer_db")
"""What the measure `quantizers` tells of a layer's own quantizer."""


def layers_csv(report: Mapping[str, Any]) -> str:
    """Return the layers of a report as CSV, one row a layer."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    measures = [name for name in MEASURES if any(name in layer for layer in report["layers"])]
    quantizers = report.get("quantizers") or {}
    own = OWN_COLUMNS if quantizers else ()
    figures = [(name, key) for name in measures for key in ("sqnr_db", "noise")]
    writer.writerow(
        [
            *(*LAYER_COLUMNS, "shape", "sqnr_db", "signal", "noise"),
            *(f"{name}_{key}" for name, key in figures),
            *(["clipping_share"] if "isolated" in measures else []),
            *(f"own_{key}" for key in own),
            *("min", "max", "scale"),
        ]
    )
    for layer in report["layers"]:
        figure, encoding = layer.get("cumulative") or {}, layer.get("encoding") or {}
        writer.writerow(
            [
                *(layer.get(name) for name in LAYER_COLUMNS),
                "x".join(map(str, layer.get("shape") or ())),
                *(figure.get(name) for name in ("sqnr_db", "signal", "noise")),
                *((layer.get(name) or {}).get(key) for name, key in figures),
                *([layer.get("clipping_share")] if "isolated" in measures else []),
                *(quantizers.get(layer["tensor"], {}).get(key) for key in own),
                *(encoding.get(name) for name in ("min", "max", "scale")),
            ]
        )
    return text.getvalue()
