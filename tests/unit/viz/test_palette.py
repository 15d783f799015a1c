import pytest

from quantsim_viz.resolve.settings import Status
from quantsim_viz.viz.palette import (
    BITWIDTH_COLOURS,
    PALETTE,
    decode_statuses,
    encode_statuses,
    mix,
    paint_of,
    palette_data,
)


def test_every_status_has_a_look():
    assert {paint.status for paint in PALETTE} == set(Status)


@pytest.mark.parametrize("cue", ["code", "word", "mark", "sense"])
def test_no_two_statuses_share_a_cue_other_than_colour(cue):
    cues = [getattr(paint, cue) for paint in PALETTE]
    assert len(set(cues)) == len(cues)


def test_a_status_string_says_what_was_written():
    statuses = (*Status, None)
    codes = encode_statuses(statuses)
    assert len(codes) == len(statuses)
    assert decode_statuses(codes) == statuses


def test_a_look_is_found_by_its_status():
    assert all(paint_of(status).status is status for status in Status)


def test_mixing_keeps_the_ends():
    assert mix("#102030", "#ffffff", 0) == "#102030"
    assert mix("#102030", "#ffffff", 1) == "#ffffff"


def test_the_browser_gets_every_table():
    data = palette_data()
    assert [entry["status"] for entry in data["statuses"]] == [p.status.value for p in PALETTE]
    assert set(data["bits"]) == set(BITWIDTH_COLOURS)
    assert data["sqnr"] == [0.0, 60.0]
