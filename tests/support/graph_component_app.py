"""A page with the graph alone, driven by the end-to-end tests of the component.

Run with `streamlit run … -- MODEL.onnx`. What the component did is written below it. With `?pair=1`
there is a second graph beside it, linked with the first, of a configuration that quantizes nothing.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import streamlit as st

from quantsim_viz import load_config, load_model, resolve
from quantsim_viz.ui.components.channel import Channels
from quantsim_viz.ui.components.graph import GraphView, mount_graph
from quantsim_viz.viz import figures_of, layout_model

CONFIG = {
    "defaults": {
        "ops": {"is_output_quantized": "True"},
        "params": {"is_quantized": "True"},
        "per_channel_quantization": "True",
    },
    "params": {"bias": {"is_quantized": "False"}},
    "op_type": {},
    "supergroups": [{"op_list": ["Conv", "Relu"]}],
    "model_input": {"is_input_quantized": "True"},
    "model_output": {},
}

st.set_page_config(layout="wide")
state = st.session_state
state.setdefault("channels", Channels())
state.setdefault("acts", [])
state.setdefault("collapsed", None)
state.setdefault("selected", ())
state.setdefault("asked", "")


@st.cache_resource
def load(path: str):
    return load_model(path)


def do(act):
    if act["type"] == "preview":
        return
    state.acts.append({key: value for key, value in act.items() if key != "seq"})
    if act["type"] == "select":
        state.selected = tuple(act["nodes"])
    elif act["type"] == "collapse":
        state.collapsed = frozenset(act["paths"])
    elif act["type"] == "rules":
        state.asked = act["pointer"]


def mount(view, key):
    ack, on_act = state.channels.of(key).ack, state.channels.listen(key, do)
    mount_graph(view, key=key, ack=ack, on_act=on_act, height=620)


@st.fragment
def page():
    model = load(sys.argv[1])
    left, middle, right = st.columns(3)
    config = dict(CONFIG)
    if left.checkbox("Gemm float"):
        config["op_type"] = {"Gemm": {"is_output_quantized": "False"}}
    cascade = resolve(model, load_config(config))
    layout = layout_model(model, state.collapsed)
    figures = figures_of(layout, cascade)
    measured = middle.checkbox("Measured")
    if right.button("Select the last"):
        state.selected = (layout.names[-1],)
    view = GraphView(
        layout,
        figures,
        selected=state.selected,
        sqnr={name: 40.0 - i for i, name in enumerate(layout.names)} if measured else None,
        base="f" * len(layout.names) if measured else "",
        rules={
            pointer: cascade.rule_nodes(pointer)
            for pointer in cascade.rules
            if state.asked and pointer.startswith(state.asked)
        },
        menu=[("float", "Leave it float"), ("group", "Treat as one supergroup")],
    )
    if "pair" in st.query_params:
        first, second = st.columns(2)
        with first:
            mount(replace(view, link="compare", title="A: given"), "graph_a")
        with second:
            float_figures = figures_of(layout, resolve(model, load_config({"defaults": {}})))
            other = replace(view, figures=float_figures, link="compare", title="B: float")
            mount(other, "graph_b")
    else:
        mount(view, "graph")
    st.code(json.dumps(state.acts), language=None)


page()
