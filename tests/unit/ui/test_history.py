from __future__ import annotations

import json
from typing import Any

import pytest

from quantsim_viz.ui.history import LONGEST, TYPING_PAUSE, History
from quantsim_viz.ui.trail import MOST_CHARACTERS


def test_undo_and_redo_walk_over_every_surface_alike() -> None:
    history = History("a")
    history.push("b", "form", "form", time=1)
    history.push("c", "fix", "fix", time=2)
    assert history.undo()
    assert history.text == "b"
    assert history.undo()
    assert history.text == "a"
    assert not history.undo()
    assert history.redo()
    assert history.text == "b"


def test_typing_without_a_pause_is_one_step() -> None:
    history = History("")
    for second, text in enumerate(["t", "ty", "typ"]):
        history.push(text, "typing", "editor", time=second * TYPING_PAUSE / 2)
    history.undo()
    assert history.text == ""


def test_typing_after_a_pause_is_a_step_of_its_own() -> None:
    history = History("")
    history.push("one", "typing", "editor", time=0)
    history.push("one two", "typing", "editor", time=2 * TYPING_PAUSE)
    history.undo()
    assert history.text == "one"


def test_the_editor_has_to_take_over_everything_but_its_own_typing() -> None:
    history = History("a")
    before = history.version
    history.push("ab", "typing", "editor", time=0)
    assert history.version == before
    history.push("abc", "form", "form", time=0)
    assert history.version == before + 1
    history.undo()
    assert history.version == before + 2


def test_a_new_edit_forgets_what_was_undone() -> None:
    history = History("a")
    history.push("b", "b", "form", time=0)
    history.undo()
    history.push("c", "c", "form", time=0)
    assert history.redo_title is None
    assert history.undo_title == "c"


def test_saving_makes_the_present_text_the_pristine_one() -> None:
    history = History("a")
    history.push("b", "b", "form", time=0)
    assert not history.is_pristine
    history.note_saved()
    assert history.is_pristine
    history.undo()
    assert not history.is_pristine


def test_the_history_has_an_end() -> None:
    history = History("0")
    for number in range(1, 2 * LONGEST):
        history.push(str(number), "n", "form", time=0)
    undone = 0
    while history.undo():
        undone += 1
    assert undone == LONGEST - 1


def edited() -> History:
    history = History("one")
    for number, text in enumerate(["one two", "one two three", "one three"]):
        history.push(text, f"step {number}", "form", time=number)
    return history


def test_a_trail_brings_undo_and_redo_back() -> None:
    history = edited()
    history.undo()
    trail = json.loads(json.dumps(history.trail()))
    revived = History("one")
    revived.revive(history.text, trail, time=9)
    assert revived.text == "one two three"
    assert revived.redo()
    assert revived.text == "one three"
    assert not revived.redo()
    for text in ("one two three", "one two", "one"):
        assert revived.undo()
        assert revived.text == text
    assert not revived.undo()
    assert revived.is_pristine


def test_what_was_undone_altogether_can_be_done_again_after_a_reload() -> None:
    history = edited()
    while history.undo():
        pass
    revived = History("one")
    revived.revive(history.text, history.trail(), time=9)
    assert revived.is_pristine
    assert revived.redo_title == "step 0"


@pytest.mark.parametrize(
    "trail",
    [
        {},
        {"undo": 3},
        {"undo": [["t", "o", [5, 500, "x"]]]},
        {"redo": ["?"]},
        {"undo": [[1, 2, 3]]},
    ],
)
def test_a_damaged_trail_costs_steps_and_never_the_text(trail: dict[str, Any]) -> None:
    history = History("one")
    history.revive("one two", trail, time=0)
    assert history.text == "one two"
    assert history.undo()
    assert history.text == "one"


def test_a_file_that_changed_meanwhile_is_where_undo_ends() -> None:
    revived = History("something else")
    revived.revive("one three", edited().trail(), time=0)
    while revived.undo():
        pass
    assert revived.text == "something else"


def test_a_trail_stays_small() -> None:
    history = History("")
    for number in range(300):
        history.push("x" * number * 90, "typing", "form", time=number)
    assert len(json.dumps(history.trail())) < 3 * MOST_CHARACTERS
