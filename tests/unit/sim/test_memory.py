from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.small_models import model, node

from quantsim_viz import load_model, simulate
from quantsim_viz.sim import memory
from quantsim_viz.sim.memory import HeapGuard, resident_bytes

ROOT = Path(__file__).parents[3]

GROWING = """
import numpy as np
import torch
torch.set_num_threads(1)
from support.small_models import model, node
from quantsim_viz import load_model, simulate
from quantsim_viz.sim.memory import resident_bytes

net = load_model(model(
    [node("Mul", "x gain", "wide", "mul1"), node("Relu", "wide", "r", "relu1"),
     node("ReduceMean", "r", "y", "mean1", axes=[2, 3], keepdims=0)],
    inputs={"x": ["N", 1, 256, 256]},
    constants={"gain": np.ones((1, 64, 1, 1), np.float32)},
))
config = {"defaults": {"ops": {"is_output_quantized": "True"}, "params": {}}, "params": {},
          "op_type": {}, "supergroups": [], "model_input": {"is_input_quantized": "True"},
          "model_output": {}}
sizes = {}
def watch(status):
    if status.stage == "simulate":
        sizes[status.samples] = max(sizes.get(status.samples, 0), resident_bytes() >> 20)
batches = [{"x": np.ones((2, 1, 256, 256), np.float32)}] * 25
simulate(net, config, batches, calibration=batches[:1], progress=watch)
print(*(sizes[samples] for samples in sorted(sizes)))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux's figures of memory")
def test_the_process_does_not_grow_with_batches_of_tensors_of_the_same_size():
    done = subprocess.run(
        [sys.executable, "-c", GROWING],
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "OMP_NUM_THREADS": "1", "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    sizes = [int(size) for size in done.stdout.split()]
    bound = HeapGuard.GROWTH * sizes[1] + (HeapGuard.SLACK >> 20)
    # Within a batch a few tensors of 32 MiB; without care another one with every second batch.
    assert max(sizes) < bound + 4 * 32


def test_memory_is_given_back_once_the_process_has_grown(monkeypatch):
    sizes = iter([100 << 20, 150 << 20, 200 << 20, 110 << 20, 120 << 20])
    given_back = []
    monkeypatch.setattr(memory, "resident_bytes", lambda: next(sizes))
    monkeypatch.setattr(memory, "return_freed_memory", lambda: given_back.append(1))
    guard = HeapGuard()
    assert [guard.after_batch() for _ in range(4)] == [False, False, True, False]
    assert len(given_back) == 1


def test_what_is_in_use_is_not_asked_for_over_and_over(monkeypatch):
    sizes = iter([100 << 20, 300 << 20, 290 << 20, 310 << 20])
    monkeypatch.setattr(memory, "resident_bytes", lambda: next(sizes))
    monkeypatch.setattr(memory, "return_freed_memory", lambda: None)
    guard = HeapGuard()
    assert [guard.after_batch() for _ in range(3)] == [False, True, False]


def test_where_nobody_tells_the_size_nothing_is_done(monkeypatch):
    monkeypatch.setattr(memory, "resident_bytes", lambda: None)
    assert not HeapGuard().after_batch()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux's figures of memory")
def test_data_in_a_file_are_streamed(tmp_path):
    path = tmp_path / "large.npy"
    shape = (192, 1024, 1024)  # 768 MiB, of which the file system stores nothing
    array = np.lib.format.open_memmap(path, "w+", np.float32, shape)
    del array
    net = load_model(model([node("ReduceMax", "x", "y", "max1")], inputs={"x": ["N", 1024, 1024]}))
    anonymous = []

    def watch(_status):
        text = Path("/proc/self/status").read_text(encoding="ascii")
        anonymous.append(int(text.partition("RssAnon:")[2].split()[0]) >> 10)

    before = resident_bytes() >> 20
    off = {"ops": {}, "params": {}}
    config = {
        "defaults": off,
        "params": {},
        "op_type": {},
        "supergroups": [],
        "model_input": {},
        "model_output": {},
    }
    report = simulate(net, config, str(path), batch_size=16, progress=watch)
    assert report.samples == 192
    assert max(anonymous) - before < 320
