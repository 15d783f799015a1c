"""The report room: what a simulation found, as tables, JSON and charts.

Values in, values out: it knows no torch and no Streamlit, and everything it holds can travel
between processes. `sim` fills it; `ui`, `cli` and `export` read it.
"""

from quantsim_viz.report.compare import Comparison, compare_metric
from quantsim_viz.report.histogram import Distribution, TensorHistogram
from quantsim_viz.report.layers import LayerRow, Power
from quantsim_viz.report.metrics import METRICS, MetricResult, evaluate
from quantsim_viz.report.report import Report

__all__ = [
    "METRICS",
    "Comparison",
    "Distribution",
    "LayerRow",
    "MetricResult",
    "Power",
    "Report",
    "TensorHistogram",
    "compare_metric",
    "evaluate",
]
