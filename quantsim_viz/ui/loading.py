"""Models that are open, shared by all sessions because nothing can change them."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import streamlit as st

from quantsim_viz.ui.probe import probe
from quantsim_viz.ui.views.table import table_bytes

if TYPE_CHECKING:
    from quantsim_viz.model import Model
    from quantsim_viz.ui.sources import ModelSource


def load_shared(source: ModelSource) -> Model:
    """Return a model, loaded once for everybody who opens the same content.

    Raises:
        ModelError: It cannot be loaded.
    """
    return _load(source.key, source)


@st.cache_resource(max_entries=8, show_spinner=False)
def _load(key: str, _source: ModelSource) -> Model:
    if _source.is_foreign:
        probe(_source)
    model = _source.load()
    # What was loaded lives long: keep the collector from walking it after every run.
    gc.collect()
    gc.freeze()
    return model


def table_of(model: Model) -> bytes:
    """Return the table of a model's nodes (`views.table.table_bytes`), made once."""
    return _table(model.sha256, model)


@st.cache_resource(max_entries=8, show_spinner=False)
def _table(key: str, _model: Model) -> bytes:
    return table_bytes(_model)
