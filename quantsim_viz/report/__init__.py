"""The report room: what a simulation found, as tables, JSON and charts.

Values in, values out: it knows no torch and no Streamlit, and everything it holds can travel
between processes. `sim` fills it; `ui`, `cli` and `export` read it.
"""

from quantsim_viz.report.accuracy import compare_metric
from quantsim_viz.report.attribution import Attribution, Effect, Outcome, Parts
from quantsim_viz.report.compare import Comparison, Refused
from quantsim_viz.report.explaining import ExplainingLayer, Explanation
from quantsim_viz.report.histogram import Distribution, TensorHistogram
from quantsim_viz.report.layers import LayerRow, Power
from quantsim_viz.report.metrics import METRICS, MetricResult, evaluate
from quantsim_viz.report.report import Partial, Report

__all__ = [
    "METRICS",
    "Attribution",
    "Comparison",
    "Distribution",
    "Effect",
    "ExplainingLayer",
    "Explanation",
    "LayerRow",
    "MetricResult",
    "Outcome",
    "Partial",
    "Parts",
    "Power",
    "Refused",
    "Report",
    "TensorHistogram",
    "compare_metric",
    "evaluate",
]
