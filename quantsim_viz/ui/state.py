"""What Streamlit keeps for a browser session; the only module that touches `st.session_state`.

The widgets' own values live there too, under their keys; nothing is derived from them that a
`Session` does not know.
"""

from __future__ import annotations

import sys
import time
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st

from quantsim_viz.errors import QuantSimError
from quantsim_viz.ui import datasets, documents, sources
from quantsim_viz.ui.arguments import parse_arguments
from quantsim_viz.ui.components.channel import Channels
from quantsim_viz.ui.jobs import Worker
from quantsim_viz.ui.loading import load_shared
from quantsim_viz.ui.session import MODES, Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from quantsim_viz.ui.sources import Roots

_KEY = "quantsim-viz"

ECHO_SECONDS = 5.0
"""How long after a query string of ours came back earlier ones may still come."""

_PUTS = "quantsim-viz-puts"

LATE_SECONDS = 2.0
"""How long after we changed a widget its former value may still come."""

UNCHOSEN: Any = {"index": None, "required": True}
"""For `st.selectbox`: no first choice, which a box that comes back to the page sends as chosen."""


@dataclass
class _Put:
    """What we made a widget show.

    Attributes:
        words: In the widget's words, where these are others than the value.
        former: What it held before, and its words.
        time: When that was changed.
    """

    words: str | None = None
    former: tuple[object, ...] = ()
    time: float = 0.0

    def is_echo(self, value: object) -> bool:
        return value in self.former and time.monotonic() - self.time < LATE_SECONDS


@dataclass
class AppState:
    """One browser session.

    Attributes:
        session: What is open.
        channels: What the components have sent.
        worker: The process that simulates.
        address: The query string as we wrote it last.
        written: When each recent query string was written, so that an echo is not taken for a wish.
        confirmed: When the browser last showed the query string that we wrote last.
        warmed: The model that the worker was last told to load ahead of its first run.
        settling: Whether this run is there to finish what an edit did not wait for.
        drawn: When the page was last drawn.
        refreshed: When the page was last drawn again for figures that came in.
    """

    session: Session
    channels: Channels = field(default_factory=Channels)
    worker: Worker = field(default_factory=Worker)
    address: dict[str, str] = field(default_factory=dict)
    written: list[tuple[float, dict[str, str]]] = field(default_factory=list)
    confirmed: float = 0.0
    warmed: str = ""
    refreshed: float = 0.0
    settling: bool = False
    drawn: float = 0.0


def app_state() -> AppState:
    """Return this browser session's state, opened as its address asks when it is new."""
    state = st.session_state.get(_KEY)
    if state is None:
        state = _begin()
        st.session_state[_KEY] = state
    elif is_wish(state, address := st.query_params.to_dict()):
        _follow(state.session, address)
        state.address = address
    return state


def is_wish(state: AppState, address: dict[str, str]) -> bool:
    """Whether the person changed the address, rather than the browser not yet having ours."""
    now = time.monotonic()
    if address == state.address:
        state.confirmed = now
        return False
    came_back = not state.written or state.confirmed >= state.written[-1][0]
    if came_back and now - state.confirmed >= ECHO_SECONDS:
        state.written = []
    return all(address != known for _, known in state.written)


def _begin() -> AppState:
    arguments = parse_arguments(sys.argv[1:])
    named = (arguments.model, arguments.config, arguments.data)
    roots = sources.allowed_roots(arguments.roots, named)
    session = Session(roots, load_shared)
    wanted = {
        "model": arguments.model or sources.sample_references()[0][0],
        "config": arguments.config or documents.DEFAULT_CONFIG,
    }
    _open_first(session, wanted, st.query_params.to_dict())
    data = arguments.data
    if data is not None:
        session.attempt("data", lambda: session.open_data(datasets.data_source(data, roots)))
    if arguments.metric is not None:
        session.comparing.offer_metric(arguments.metric)
    state = AppState(session)
    weakref.finalize(state, state.worker.close)
    return state


def _open_first(session: Session, wanted: dict[str, str], address: dict[str, str]) -> None:
    """Open what the address asks for; what cannot be opened is told, and the default stands in."""
    asked = wanted | {key: address[key] for key in ("model", "config") if address.get(key)}
    failure = _try_model(session, asked["model"], session.roots)
    if failure is not None:
        fallback = sources.sample_references()[0][0]
        session.open_model(sources.model_source(fallback, session.roots))
        session.tell("model", f"{failure} The sample stands in for it.", "error")
    _follow(session, address | {"model": session.model_source.reference, "config": asked["config"]})


def _try_model(session: Session, reference: str, roots: Roots) -> str | None:
    try:
        session.open_model(sources.model_source(reference, roots))
    except QuantSimError as error:
        return f"{reference} was not opened: {error}."
    return None


def _follow(session: Session, address: dict[str, str]) -> None:
    """Show what a query string asks for."""
    roots = session.roots
    model, config = address.get("model"), address.get("config")
    if model and (session.model_source.is_upload or model != session.model_source.reference):
        session.attempt("model", lambda: session.open_model(sources.model_source(model, roots)))
    if config and config != session.workspace.source.reference:
        session.attempt(
            "config", lambda: session.open_config(documents.config_source(config, roots))
        )
    compare = address.get("compare")
    if compare:
        session.attempt("compare-side", lambda: session.comparing.read_address(compare))
    if "page" in address or compare:
        session.comparing.is_open = address.get("page", "compare") == "compare"
    if address.get("mode") in MODES:
        session.mode = address["mode"]
    if address.get("select"):
        session.act({"type": "select", "node": address["select"]})


def write_address(state: AppState) -> None:
    """Put the view into the query string, so that a link shows it again; uploads never appear."""
    session = state.session
    source = session.workspace.source
    address: dict[str, str] = {}
    if not session.model_source.is_upload:
        address["model"] = session.model_source.reference
    if not source.is_upload:
        address["config"] = source.reference
    address |= session.comparing.address()
    if session.selected is not None:
        address["select"] = session.selected
    if session.mode != "status":
        address["mode"] = session.mode
    if address != state.address or st.query_params.to_dict() != address:
        state.written.append((time.monotonic(), state.address or st.query_params.to_dict()))
        state.written.append((time.monotonic(), address))
        st.query_params.from_dict(address)
        state.address = address


def put_widget(key: str, value: object, words: str | None = None) -> None:
    """Make a widget show a value; call it before the widget is drawn.

    Args:
        key: The widget's.
        value: What it is to hold.
        words: What it shows for that, where these are other words.
    """
    puts: dict[str, _Put] = st.session_state.setdefault(_PUTS, {})
    put, held = puts.setdefault(key, _Put()), st.session_state.get(key)
    if held != value:
        st.session_state[key] = value
        put.former = (held,) if put.words is None else (held, put.words)
        put.time = time.monotonic()
    put.words = words


def on_widget(key: str, do: Callable[[object], None]) -> Callable[[], None]:
    """Return a callback that hands over the value that somebody gave a widget.

    With every message the browser sends what all widgets hold. One that it has not yet seen changed
    by us comes with its former value: nobody chose that.
    """

    def changed() -> None:
        value = st.session_state.get(key)
        put = st.session_state.get(_PUTS, {}).get(key)
        if put is None or not put.is_echo(value):
            do(value)

    return changed


def on_choice(key: str, do: Callable[[object], None]) -> Callable[[], None]:
    """Return the callback of a box of choices (`UNCHOSEN`): an empty one has chosen nothing."""
    return on_widget(key, lambda value: None if value is None else do(value))
