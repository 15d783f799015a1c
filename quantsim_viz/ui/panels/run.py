"""The Run tab: how to simulate, and what came out at the outputs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import streamlit as st

from quantsim_viz.ui import datasets
from quantsim_viz.ui.panels.middle import draw_pane
from quantsim_viz.ui.state import UNCHOSEN, on_choice, on_widget, put_widget
from quantsim_viz.ui.views.figures import SCHEMES, precision_words, result_caption, result_note
from quantsim_viz.ui.views.offers import WIDTHS
from quantsim_viz.ui.views.table import MEASURES, QUANTIZERS
from quantsim_viz.ui.views.tables import layers_csv, outcome_figures

if TYPE_CHECKING:
    from quantsim_viz.ui.session import Session
    from quantsim_viz.ui.state import AppState

SAME_DATA = "same"


def draw_run(state: AppState) -> None:
    """Draw the options of a run beside the result of the last one."""
    session = state.session
    with st.container(key="run-box", horizontal=True, gap="large"):
        with st.container(key="run-options", width=420):
            _draw_options(session)
        with st.container(key="run-result"):
            _draw_result(state)


def _draw_options(session: Session) -> None:
    first, second = st.columns(2)
    with first:
        _draw_bits(session, "param_bits", "Parameters")
        _draw_scheme(session)
        _draw_samples(session)
    with second:
        _draw_bits(session, "act_bits", "Activations")
        _draw_calibration(session)
        _draw_batch_size(session)
    _draw_measures(session)
    put_widget("live", session.live)
    st.toggle(
        "Live noise: measure one batch after every valid edit",
        key="live",
        on_change=on_widget("live", lambda value: session.switch_live(bool(value))),
    )
    if session.data.is_random:
        st.caption("Random data: the figures say little about real inputs.")


def _draw_samples(session: Session) -> None:
    put_widget("samples", session.options.samples)
    st.number_input(
        "Samples",
        min_value=1,
        value=None,
        step=1,
        key="samples",
        placeholder="all",
        help="How many are measured on, the first of the data; left empty, all of them",
        on_change=on_widget("samples", lambda value: _set(session, "samples", value)),
    )


def _draw_batch_size(session: Session) -> None:
    put_widget("batch_size", session.options.batch_size)
    st.number_input(
        "Batch size",
        min_value=1,
        step=1,
        key="batch_size",
        help="Samples executed at once: a smaller number takes less memory",
        on_change=on_widget(
            "batch_size",
            lambda value: _set(session, "batch_size", value),
        ),
    )


def _draw_calibration(session: Session) -> None:
    """Draw the choice of the data that ranges are found on."""
    current = session.data.calibration
    own = datasets.data_for(session.model_source).calibration
    titles = {SAME_DATA: "the data themselves", "random": "random data"}
    for source in (own, current):
        if source is not None:
            titles.setdefault(source.reference, source.title)
    reference = SAME_DATA if current is None else current.reference
    put_widget("calibration", reference, titles[reference])
    st.selectbox(
        "Ranges found on",
        list(titles),
        **UNCHOSEN,
        key="calibration",
        format_func=lambda reference: titles.get(reference, reference),
        accept_new_options=True,
        help="Data to calibrate with: a choice, or the path of a .npz or .npy file or of a folder"
        " of images. What is measured on is chosen at the top.",
        on_change=on_choice("calibration", lambda value: _calibrate(session, str(value))),
    )


def _calibrate(session: Session, reference: str) -> None:
    own = datasets.data_for(session.model_source).calibration

    def do() -> None:
        if reference == SAME_DATA:
            session.calibrate_with(None)
        elif own is not None and reference == own.reference:
            session.calibrate_with(own)
        else:
            session.calibrate_with(datasets.data_source(reference, session.roots))

    session.attempt("calibration", do)


def _draw_measures(session: Session) -> None:
    put_widget("measures", list(session.options.measures))
    st.pills(
        "Measure also",
        (*MEASURES, QUANTIZERS),
        selection_mode="multi",
        key="measures",
        help="Cumulative noise, of all quantizers up to a layer, is always measured. *Isolated*: at"
        " each layer the noise of its own quantizers alone, its inputs being float. *Sensitivity*:"
        " the noise at the model's outputs with one layer's quantizers on; it takes about as many"
        " runs as there are layers. *Quantizers*: what each quantizer does to its tensor by"
        " itself, split into rounding and clipping.",
        on_change=on_widget("measures", lambda value: _set_measures(session, value)),
    )


def _set_measures(session: Session, value: object) -> None:
    chosen = value if isinstance(value, list) else []
    session.set_option(
        "measures", tuple(name for name in (*MEASURES, QUANTIZERS) if name in chosen)
    )


def _draw_bits(session: Session, name: str, label: str) -> None:
    width = getattr(session.options, name)
    put_widget(name, width, precision_words(width))
    st.selectbox(
        label,
        WIDTHS,
        **UNCHOSEN,
        key=name,
        format_func=precision_words,
        on_change=on_choice(name, lambda value: _set(session, name, value)),
    )


def _draw_scheme(session: Session) -> None:
    put_widget("scheme", session.options.scheme, SCHEMES[session.options.scheme])
    st.selectbox(
        "Ranges found by",
        list(SCHEMES),
        **UNCHOSEN,
        key="scheme",
        format_func=SCHEMES.__getitem__,
        help="How ranges are found from what is observed",
        on_change=on_choice("scheme", lambda value: _set(session, "scheme", value)),
    )
    if session.options.scheme == "percentile":
        put_widget("percentile", session.options.percentile)
        st.number_input(
            "Percentile",
            min_value=50.0,
            max_value=100.0,
            step=0.1,
            key="percentile",
            on_change=on_widget("percentile", lambda value: _set(session, "percentile", value)),
        )


def _set(session: Session, name: str, value: object) -> None:
    session.set_option(name, value)


def _draw_result(state: AppState) -> None:
    result = state.session.result
    if result is None:
        line = "Nothing was simulated yet. Simulate runs the document on all the data."
        draw_pane(state, "report", "report", {"lines": [line]}, height="content")
        return
    note = result_note(state.session, result)
    data = {
        "figures": list(outcome_figures(result.report)),
        "caption": f"{result_caption(result)}; {result.report['seconds']:.1f} s. {note}".rstrip(),
    }
    draw_pane(state, "report", "report", data, height="content")
    part = "-partial" if result.is_partial else ""
    with st.container(horizontal=True, key="run-downloads"):
        st.download_button(
            "Layers, CSV",
            layers_csv(result.report),
            f"layers{part}.csv",
            "text/csv",
            on_click="ignore",
        )
        st.download_button(
            "Report, JSON",
            json.dumps(result.report, indent=1),
            f"report{part}.json",
            "application/json",
            on_click="ignore",
        )
