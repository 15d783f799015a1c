"""Whatever the text: a configuration, or a ConfigError with a place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.config_strategies import mutated_configs

from quantsim_viz.config import Config, load_config
from quantsim_viz.errors import ConfigError

if TYPE_CHECKING:
    import random

PIECES = ['"', "'", "{", "}", "[", "]", ",", ":", "\\", "\n", "\r", "\t", " ", "//", "/*", "\x00"]
PIECES += [
    "NaN",
    "True",
    "null",
    "1e999",
    "-",
    "01",
    "+1",
    '"a"',
    "“",
    "\ufeff",
    "\ud800",
    "é",
    "🙂",
]


def try_load(text: str) -> Config | ConfigError:
    try:
        return load_config(text=text)
    except ConfigError as error:
        return error


def load_or_refuse(text: str) -> Config | None:
    loaded = try_load(text)
    if isinstance(loaded, Config):
        return loaded
    assert loaded.code == "not-json"
    assert loaded.line is not None
    assert loaded.column is not None
    assert loaded.message.isprintable()
    assert loaded.diagnostics
    return None


def is_json(text: str) -> bool:
    """Whether Python reads it, which takes `NaN` and its like for numbers."""
    constants: list[str] = []
    try:
        json.loads(text, parse_constant=constants.append)
    except ValueError:
        return False
    return not constants


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_soup_of_json_pieces_is_read_or_refused(text: str) -> None:
    load_or_refuse(text)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    load_or_refuse(text)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(mutated_configs(), st.randoms(use_true_random=False), st.data())
def test_a_damaged_configuration_is_read_or_refused(
    value: Any, rng: random.Random, data: st.DataObject
) -> None:
    text = json.dumps(value, indent=data.draw(st.sampled_from([None, 2])))
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice([*PIECES, ""]) + text[at + rng.randint(0, 2) :]
    assert (load_or_refuse(text) is not None) == is_json(text.removeprefix("\ufeff"))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=15,
    )
)
def test_any_json_value_is_a_configuration_with_reasons_or_is_refused(value: Any) -> None:
    is_finite = "NaN" not in (text := json.dumps(value)) and "Infinity" not in text
    config = load_or_refuse(text)
    if is_finite:
        assert config is not None
        assert config.rules is None
        assert config.errors
