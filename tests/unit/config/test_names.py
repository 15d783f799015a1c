from __future__ import annotations

import pytest

from quantsim_viz.config.pointer import from_path, join, last, parent, split
from quantsim_viz.config.suggest import nearest
from quantsim_viz.config.wording import kind, short, shown

KEYS = ["is_input_quantized", "is_output_quantized", "is_symmetric", "params"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("is_ouput_quantized", "is_output_quantized"),
        ("is-symmetric", "is_symmetric"),
        ("IS_SYMMETRIC", "is_symmetric"),
        ("param", "params"),
        ("symmetric", "is_symmetric"),
        ("zebra", None),
        ("", None),
        ("x" * 10_000, None),
    ],
)
def test_the_nearest_name_is_found_and_a_far_one_is_not(written: str, meant: str | None) -> None:
    assert nearest(written, KEYS) == meant


def test_the_nearest_of_equally_near_names_does_not_depend_on_their_order() -> None:
    assert nearest("is_put_quantized", KEYS) == nearest("is_put_quantized", KEYS[::-1])


def test_pointers_are_taken_apart_and_put_together() -> None:
    path = ("op_type", "a/b", "~", "", "0")
    pointer = from_path(path)
    assert pointer == "/op_type/a~1b/~0//0"
    assert split(pointer) == path
    assert last(pointer) == "0"
    assert last(parent(parent(pointer))) == "~"
    assert join("/a", "b/c", 0) == "/a/b~1c/0"
    assert split("") == ()
    assert parent("") == ""


def test_a_pointer_without_a_slash_is_none() -> None:
    with pytest.raises(ValueError, match="'a'"):
        split("a")


def test_values_are_shown_short_and_printable() -> None:
    assert shown("x" * 100) == '"' + "x" * 39 + '…"'
    assert short("\x1b[0m\ud800") == "\\x1b[0m\\ud800"
    assert shown(None) == "null"
    assert shown({}) == "an object"
    assert kind(1.5) == "the number 1.5"
    assert len(shown(10**300)) <= 40
