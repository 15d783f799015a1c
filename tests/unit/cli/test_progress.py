from __future__ import annotations

import io
import sys

from quantsim_viz.cli.simulation import progress_line


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_one_line_is_drawn_over_and_wiped(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_line() as progress:
        progress(0, 1000, "calibrate", None)
        progress(370, 1000, "simulate", None)
        progress(380, 1000, "simulate", {"node": "a row is not progress"})
    text = terminal.getvalue()
    assert "\n" not in text
    assert [part.split("%")[0] for part in text.split("\r")[1:3]] == [
        "calibrate   0 ",
        "simulate  37 ",
    ]
    assert "row" not in text
    last = text.split("\r")[-2]
    assert last.strip() == ""
    assert len(last) >= len("simulate  37 %")


def test_the_line_is_wiped_when_the_work_fails(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    try:
        with progress_line() as progress:
            progress(1, 2, "simulate", None)
            raise RuntimeError
    except RuntimeError:
        pass
    assert terminal.getvalue().endswith("\r")


def test_nothing_is_drawn_where_nobody_watches(monkeypatch):
    quiet = io.StringIO()
    monkeypatch.setattr(sys, "stderr", quiet)
    with progress_line() as progress:
        assert progress is None
    assert quiet.getvalue() == ""
