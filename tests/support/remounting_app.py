"""The workbench in a box that a button exchanges: everything on the page is mounted anew."""

import streamlit as st

from quantsim_viz.ui.app import STYLE
from quantsim_viz.ui.workbench import draw_workbench

st.set_page_config(layout="wide")
st.html(STYLE)
rounds = st.session_state.setdefault("rounds", 0)
with st.container(key=f"round-{rounds}"):
    draw_workbench()
if st.button("Mount anew", key="anew"):
    st.session_state["rounds"] += 1
    st.rerun()
