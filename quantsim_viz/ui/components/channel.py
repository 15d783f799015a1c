"""The way from a component to Python: acts that are neither lost nor done twice.

`frontend/src/channel.js` is the other end: every message carries all acts not yet acknowledged.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Callable

Act = dict[str, Any]
"""One act of the user: its `type`, and what belongs to it."""


@dataclass
class Channel:
    """What one mounted component has sent and we have done.

    Attributes:
        client: Random name of the component instance in the browser; a reload makes a new one.
        seq: Number of the last act done.
        token: Random name of this end. A browser that finds a restarted server sends its last acts
            again, which the old one did; they are known by the name they were meant for.
    """

    client: str = ""
    seq: int = 0
    token: str = field(default_factory=lambda: secrets.token_hex(4))

    def receive(self, message: Mapping[str, Any] | None) -> list[Act]:
        """Return the acts of a message that are new, in order, and note them as done."""
        if not message:
            return []
        client = str(message.get("client", ""))
        if client != self.client:
            self.client, self.seq = client, 0
        fresh = [act for act in message.get("acts", ()) if act.get("seq", 0) > self.seq]
        if fresh:
            self.seq = fresh[-1]["seq"]
        ours = [act for act in fresh if act.get("to") in (None, self.token)]
        return [{name: value for name, value in act.items() if name != "to"} for act in ours]

    @property
    def ack(self) -> list[Any]:
        """What the component is told, so that it stops repeating."""
        return [self.client, self.seq, self.token]


@dataclass
class Channels:
    """The channels of one session, by widget key."""

    by_key: dict[str, Channel] = field(default_factory=dict)

    def of(self, key: str) -> Channel:
        """Return the channel of the component with this key."""
        return self.by_key.setdefault(key, Channel())

    def listen(self, key: str, do: Callable[[Act], None]) -> Callable[[], None]:
        """Return the callback for `on_act_change`: it does new acts before the page is drawn."""

        def on_act() -> None:
            state = st.session_state.get(key)
            message = state.get("act") if isinstance(state, Mapping) else None
            for act in self.of(key).receive(message):
                do(act)

        return on_act
