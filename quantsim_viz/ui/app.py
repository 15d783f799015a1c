"""The page that `streamlit run app.py` shows."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from quantsim_viz.ui.workbench import draw_workbench

STYLE = Path(__file__).parent / "static" / "workbench.css"


def main() -> None:
    """Draw the page."""
    st.set_page_config(
        page_title="quantsim-viz", layout="wide", initial_sidebar_state="collapsed", menu_items={}
    )
    st.html(STYLE)
    draw_workbench()
