"""Where a model's graph stands and how it looks: layout, palette, static drawings.

May import `model` and the value types of `resolve`; knows neither torch nor Streamlit.
"""

from __future__ import annotations

from quantsim_viz.viz.draw import draw_graph
from quantsim_viz.viz.figures import Figures, figures_of
from quantsim_viz.viz.layout import Layout, layout_model
from quantsim_viz.viz.palette import PALETTE, Paint, encode_statuses, paint_of

__all__ = [
    "PALETTE",
    "Figures",
    "Layout",
    "Paint",
    "draw_graph",
    "encode_statuses",
    "figures_of",
    "layout_model",
    "paint_of",
]
