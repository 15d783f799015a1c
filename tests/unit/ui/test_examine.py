from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from quantsim_viz.ui import datasets, runs, sources
from quantsim_viz.ui.examine import KEPT, PURPOSE, Examination, examined_tensor, keep_examined
from quantsim_viz.ui.jobs import Worker
from quantsim_viz.ui.views.histogram import histogram_lines, noise_lines, values_view

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quantsim_viz.ui.session import Session


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.close()


def examine(session: Session, worker: Worker, node: str, tensor: str) -> dict[str, Any]:
    session.act({"type": "select", "node": node})
    session.act({"type": "examine", "tensor": tensor})
    return measured(session, worker)


def measured(session: Session, worker: Worker) -> dict[str, Any]:
    """Poll as the page does until the values are there."""
    keep_examined(session, worker)
    ended, limit = threading.Event(), time.monotonic() + 120
    job = session.jobs[PURPOSE]
    while job.is_running and time.monotonic() < limit:
        worker.poll()
        ended.wait(0.02)
    runs.collect(session)
    view = values_view(session)
    assert view is not None
    return view


def test_values_are_measured_on_one_batch_beside_their_grid(
    session: Session, worker: Worker
) -> None:
    view = examine(session, worker, "node_relu", "relu")
    assert view["state"] == "ready"
    assert not view["stale"]
    assert sum(view["exact"]) == 64 * 24 * 8 * 8
    assert view["low"] == 0 < view["high"] <= view["grid"]["high"] * 1.5
    assert any(line.startswith("98,304 values of 64 samples") for line in view["lines"])
    assert any("Own noise" in line for line in view["lines"])


def test_after_an_edit_the_values_are_stale_until_measured_anew(
    session: Session, worker: Worker
) -> None:
    examine(session, worker, "node_relu", "relu")
    session.workspace.set_value("/op_type/Relu/encoding_constraints", {"min": 0, "max": 0.25})
    view = values_view(session)
    assert view is not None
    assert view["stale"]
    assert view["exact"]
    view = measured(session, worker)
    assert not view["stale"]
    assert view["grid"]["high"] == pytest.approx(0.25, rel=0.01)
    assert any("above" in line for line in view["lines"])
    assert any("a wider range would cure" in line for line in view["lines"])
    session.act({"type": "undo"})
    again = values_view(session)
    assert again is not None
    assert again["state"] == "ready", "what was measured before is kept"


def test_a_weight_with_a_grid_a_channel_shows_its_channels(
    session: Session, worker: Worker
) -> None:
    session.workspace.set_value("/defaults/per_channel_quantization", "True")
    view = examine(session, worker, "node_conv2d", "features.0.weight")
    assert len(view["channels"]) == 24
    for low, high, grid_low, grid_high in view["channels"]:
        assert grid_low <= low + 1e-2
        assert high <= grid_high + 1e-2


def test_the_next_node_shows_the_values_of_its_own_quantizer(session: Session) -> None:
    session.act({"type": "select", "node": "node_relu"})
    assert examined_tensor(session) is None
    session.act({"type": "examine", "tensor": "relu"})
    session.act({"type": "select", "node": "node_conv2d_1"})
    assert examined_tensor(session) == "features.3.weight"
    session.act({"type": "examine", "tensor": None})
    assert values_view(session) is None


def test_what_cannot_be_measured_says_why(session: Session, worker: Worker, tmp_path: Any) -> None:
    path = tmp_path / "bad.npz"
    path.write_bytes(b"no archive")
    session.open_data(datasets.data_source(str(path), sources.allowed_roots([str(tmp_path)])))
    view = examine(session, worker, "node_relu", "relu")
    assert view["state"] == "failed"
    assert "bad.npz" in view["problem"]


def test_only_the_newest_histograms_are_kept() -> None:
    examination = Examination()
    for number in range(KEPT + 5):
        examination.keep(("t", "m", number), {"n": number})
    assert len(examination.found) == KEPT
    newest = examination.latest("t", "m")
    assert newest is not None
    assert newest["n"] == KEPT + 4
    assert examination.latest("other", "m") is None


def test_noise_without_clipping_is_said_to_be_all_rounding() -> None:
    assert list(noise_lines({"rounding": 1.0, "clipping": 0.0, "sqnr_db": 30.0})) == [
        "Own noise 30.0 dB: all of it is rounding, which only more bits or a narrower range would"
        " cure."
    ]
    (line,) = noise_lines({"rounding": 0.0, "clipping": 0.0})
    assert line.startswith("It adds no noise")
    assert list(noise_lines(None)) == []


def test_a_tensor_without_finite_values_says_so() -> None:
    found = {"exact": {"minimum": None}, "encodings": []}
    assert list(histogram_lines(found)) == ["It holds no finite value."]
