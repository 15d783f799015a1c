from __future__ import annotations

import io
import signal
import sys
import threading

import pytest

from quantsim_viz.cli.simulation import format_seconds, format_status, progress_line, stoppable
from quantsim_viz.sim.watch import Status


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def status(done=0, stage="simulate", **changes):
    plain = {
        "done": done,
        "total": 1000,
        "stage": stage,
        "node": "",
        "op_type": "",
        "samples": 0,
        "of": None,
        "seconds": 0.0,
        "seconds_left": None,
        "row": None,
    }
    return Status(**plain | changes)


def test_on_a_terminal_one_line_is_drawn_over_and_wiped(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_line() as progress:
        progress(status(stage="calibrate"))
        progress(status(370, samples=64, of=360, node="conv1", op_type="Conv"))
        progress(status(380, row={"node": "a row is not progress"}))
    text = terminal.getvalue()
    assert "\n" not in text
    assert [part.strip() for part in text.split("\r")[1:3]] == [
        "calibrate   0 %",
        "simulate  37 %, 64 of 360 samples: conv1 (Conv)",
    ]
    assert "row" not in text
    last = text.split("\r")[-2]
    assert last.strip() == ""
    assert len(last) >= len("simulate  37 %, 64 of 360 samples: conv1 (Conv)")


def test_the_time_left_is_told_once_it_is_known():
    text = format_status(status(500, samples=3, of=None, seconds_left=61.2))
    assert text == "simulate  50 %, 3 samples, 1 min 2 s left"


def test_a_line_too_long_for_the_terminal_is_cut_off(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    assert len(format_status(status(node="n" * 90))) == 39


def test_times_to_wait_are_no_finer_than_anybody_cares():
    assert [format_seconds(s) for s in (0.2, 59.5, 3600)] == ["1 s", "1 min 0 s", "1 h 0 min"]


def test_the_line_is_wiped_when_the_work_fails(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    try:
        with progress_line() as progress:
            progress(status(500))
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


def test_the_first_interrupt_asks_and_the_second_interrupts():
    with stoppable() as cancelled:
        assert not cancelled()
        signal.raise_signal(signal.SIGINT)
        assert cancelled()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_outside_the_main_thread_nothing_is_asked():
    answers = []

    def work():
        with stoppable() as cancelled:
            answers.append(cancelled())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert answers == [False]
