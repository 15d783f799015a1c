"""The top bar: what is open, undo and redo, save, simulate.

The buttons have no `help`: Streamlit would draw each of them twice, once for narrow windows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from quantsim_viz.ui import datasets, documents, saving, sources
from quantsim_viz.ui.compare.runs import start_comparison
from quantsim_viz.ui.panels.history import draw_history
from quantsim_viz.ui.runs import start_simulation, stop
from quantsim_viz.ui.session import UPLOAD
from quantsim_viz.ui.state import UNCHOSEN, on_widget, put_widget

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from streamlit.delta_generator import DeltaGenerator

    from quantsim_viz.ui.session import Session
    from quantsim_viz.ui.sources import ModelSource
    from quantsim_viz.ui.state import AppState

DATA_TYPES = ["npz", "npy"]

UPLOAD_WIDTH = 320
"""Pixels."""


def draw_topbar(state: AppState) -> None:
    """Draw the top bar."""
    fill_topbar(state, place_topbar())


def place_topbar() -> DeltaGenerator:
    """Make room for the top bar."""
    return st.container(key="topbar", horizontal=True, vertical_alignment="center", gap="small")


def fill_topbar(state: AppState, bar: DeltaGenerator) -> None:
    """Draw the top bar where room was made for it."""
    session = state.session
    with bar:
        st.html('<span class="qv-brand">quantsim-viz</span>')
        _draw_choosers(session)
        _draw_open(session)
        st.space("stretch")
        if session.comparing.is_open:
            _draw_compare(state)
            return
        draw_history(session.workspace.history, lambda step: session.act({"type": step}))
        _draw_save(session)
        _draw_simulate(state)


def _draw_choosers(session: Session) -> None:
    model = session.model_source
    _chooser(
        "model",
        "Model",
        [*sources.sample_references()],
        (model.reference, _model_title(model)),
        lambda value: _choose_model(session, value),
        "A sample, or the path of an .onnx file below the folder the app was started in",
    )
    if not session.comparing.is_open:
        config = session.workspace.source
        _chooser(
            "config",
            "Configuration",
            [(key, title) for key, title in documents.preset_references()],
            (config.reference, config.name),
            lambda value: _choose_config(session, value),
            "A preset, or the path of a configuration file",
        )
    data = session.data
    own = datasets.data_for(model)
    offered = [(own.reference, own.title)] if not own.is_random else []
    _chooser(
        "data",
        "Data",
        [*offered, ("random", "random data")],
        (data.reference, data.title),
        lambda value: _choose_data(session, value),
        "A .npz or .npy file, a folder of images, or random data",
    )


def _model_title(model: ModelSource) -> str:
    """Return the name first: the box is narrower than most paths."""
    if model.is_upload:
        return f"{model.reference} (uploaded)"
    folder, _, name = model.reference.rpartition("/")
    return f"{name} in {folder}" if folder else name


def _chooser(
    key: str,
    label: str,
    known: Sequence[tuple[str, str]],
    current: tuple[str, str],
    choose: Callable[[str], None],
    hint: str,
) -> None:
    """Draw a box of known references that also takes a typed one."""
    titles = dict(known)
    titles.setdefault(*current)
    references = {title: reference for reference, title in titles.items()}
    put_widget(key, current[0], titles[current[0]])

    def take(value: object) -> None:
        reference = references.get(str(value), str(value))
        # A box that comes back to the page sends its value again: nobody chose anything.
        if value and reference != current[0]:
            choose(reference)

    st.selectbox(
        label,
        list(titles),
        **UNCHOSEN,
        key=key,
        format_func=lambda reference: titles.get(reference, reference),
        on_change=on_widget(key, take),
        accept_new_options=True,
        filter_mode="contains",
        label_visibility="collapsed",
        placeholder=hint,
    )


def _choose_model(session: Session, reference: str) -> None:
    def do() -> None:
        fold = session.model_source.fold
        session.open_model(sources.model_source(reference, session.roots, fold=fold))

    session.attempt("model", do)


def _choose_config(session: Session, reference: str) -> None:
    session.attempt(
        "config", lambda: session.open_config(documents.config_source(reference, session.roots))
    )


def _choose_data(session: Session, reference: str) -> None:
    def do() -> None:
        own = datasets.data_for(session.model_source)
        chosen = own if reference == own.reference else None
        session.open_data(chosen or datasets.data_source(reference, session.roots))

    session.attempt("data", do)


def _draw_open(session: Session) -> None:
    with st.popover("Open", key="open", on_change="rerun"):
        st.caption("Uploads stay private to this page and never appear in its address.")
        _uploader(session, "model", "Model (.onnx)", None, _open_model)
        _uploader(session, "config", "Configuration (.json)", ["json"], _open_config)
        _uploader(session, "data", "Data (.npz, .npy)", DATA_TYPES, _open_data)
        _uploader(session, "calibration", "Data to find ranges on", DATA_TYPES, _open_calibration)
        if session.data.images is not None:
            _draw_normalisation(session)
        st.button(
            "New configuration",
            key="new",
            help="Start from the documented default",
            on_click=lambda: _choose_config(session, documents.DEFAULT_CONFIG),
        )
        put_widget("fold", session.model_source.fold)
        st.toggle(
            "Fold BatchNormalization",
            key="fold",
            help="Into the convolution before it, as the AIMET workflow does",
            on_change=on_widget("fold", lambda value: _fold(session, bool(value))),
        )


def _uploader(
    session: Session,
    kind: str,
    label: str,
    types: Sequence[str] | None,
    take: Callable[[Session, str, bytes], None],
) -> None:
    """Draw a place to upload to; what cannot be taken is said right below it.

    Any file is accepted as a model, so that the reason can be told why it is none.
    """
    key = f"{UPLOAD}{kind}"

    def taken(upload: Any) -> None:
        if upload is None:
            session.notices.pop(key, None)
        elif session.attempt(key, lambda: take(session, upload.name, upload.getvalue())):
            session.notices.pop(kind, None)
            put_widget("open", False)

    st.file_uploader(label, type=types, key=key, on_change=on_widget(key, taken))
    notice = session.notices.get(key)
    if notice is not None:
        st.text(notice.text, width=UPLOAD_WIDTH)


def _open_model(session: Session, name: str, content: bytes) -> None:
    session.open_model(sources.uploaded_model(name, content))


def _open_config(session: Session, name: str, content: bytes) -> None:
    session.open_config(documents.uploaded_config(name, content))


def _open_data(session: Session, name: str, content: bytes) -> None:
    session.open_data(datasets.uploaded_data(name, content))


def _open_calibration(session: Session, name: str, content: bytes) -> None:
    session.calibrate_with(datasets.uploaded_data(name, content))


def _draw_normalisation(session: Session) -> None:
    """Draw mean and deviation of a folder of images."""
    images = session.data.images
    assert images is not None
    mean, deviation = st.columns(2)
    with mean:
        mean_text = st.text_input("Mean", ", ".join(map(str, images.mean)), key="mean")
    with deviation:
        deviation_text = st.text_input(
            "Deviation", ", ".join(map(str, images.deviation)), key="deviation"
        )

    def apply() -> None:
        def normalise() -> None:
            session.open_data(datasets.normalised(session.data, mean_text, deviation_text))

        session.attempt("data", normalise)

    st.button(
        "Normalise",
        key="normalise",
        help="(pixel / 255 − mean) / deviation; one number, or one a channel",
        on_click=apply,
    )


def _fold(session: Session, fold: bool) -> None:
    session.attempt("model", lambda: session.open_model(session.model_source.folded(fold)))


def _draw_save(session: Session) -> None:
    source = session.workspace.source
    if source.path is not None:
        st.button(
            "Save",
            key="save",
            disabled=session.workspace.history.is_pristine,
            on_click=lambda: saving.save(session),
        )
    name = source.name if source.name.endswith(".json") else f"{source.name}.json"
    st.download_button(
        "Save" if source.path is None else "Download",
        session.workspace.text,
        file_name=name,
        mime="application/json",
        key="save" if source.path is None else "download",
        on_click="ignore",
    )


def _draw_compare(state: AppState) -> None:
    """Draw what the Compare page has in place of undo, Save and Simulate."""
    session, worker = state.session, state.worker
    st.button("Workbench", key="back", on_click=session.comparing.close)
    st.button(
        "Compare on all data",
        key="compare",
        type="primary",
        shortcut="Ctrl+Enter",
        on_click=lambda: start_comparison(session, worker),
    )


def _draw_simulate(state: AppState) -> None:
    session, worker = state.session, state.worker
    st.button("Compare", key="compare", on_click=session.comparing.open)
    if session.is_running("simulate"):
        st.button("Cancel", key="cancel", on_click=lambda: stop(session, worker))
        return
    st.button(
        "Simulate",
        key="simulate",
        type="primary",
        shortcut="Ctrl+Enter",
        on_click=lambda: start_simulation(session, worker),
    )
