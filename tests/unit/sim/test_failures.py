from __future__ import annotations

import gc
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from support.small_models import floats, model, node

from quantsim_viz import load_model, run, simulate
from quantsim_viz.errors import DataError, ModelError
from quantsim_viz.sim.failures import bytes_asked, free_bytes, ran_out
from quantsim_viz.sim.network import Network

ROOT = Path(__file__).parents[3]

LIMITED = """
import resource, sys
import numpy as np
import torch
torch.set_num_threads(1)
from support.small_models import model, node
from quantsim_viz import load_model, simulate
from quantsim_viz.errors import DataError
from unit_conftest import document

net = load_model(model(
    [
        node("Mul", "x gain", "wide", "mul1"),
        node("Relu", "wide", "r", "relu1"),
        node("ReduceMean", "r", "y", "mean1", axes=[2, 3], keepdims=0),
    ],
    inputs={"x": ["N", 1, 256, 256]},
    constants={"gain": np.ones((1, 64, 1, 1), np.float32)},
))
data = {"x": np.ones((96, 1, 256, 256), np.float32)}
small = {"x": data["x"][:1]}
simulate(net, document(), small)  # whatever is loaded and compiled at first
pages = int(open("/proc/self/statm").read().split()[0])
most = pages * resource.getpagesize() + (700 << 20)
resource.setrlimit(resource.RLIMIT_AS, (most, most))
try:
    size = int(sys.argv[1])
    few = {"x": data["x"][: 2 * size]}
    report = simulate(net, document(), few, calibration=small, batch_size=size)
    print("measured", report.samples)
except DataError as error:
    print(error.code)
    print(error.message)
    print(error.hint)
"""


def test_what_ran_out_of_memory_is_named_with_a_batch_size_that_fits(tmp_path):
    script = tmp_path / "limited.py"
    script.write_text(LIMITED, encoding="utf-8")
    own = (Path(__file__).parent / "conftest.py").read_text(encoding="utf-8")
    (tmp_path / "unit_conftest.py").write_text(own, encoding="utf-8")
    paths = [str(tmp_path), str(ROOT), str(ROOT / "tests")]

    def limited(batch_size):
        done = subprocess.run(
            [sys.executable, str(script), str(batch_size)],
            env={
                "PYTHONPATH": ":".join(paths),
                "OMP_NUM_THREADS": "1",
                "MALLOC_ARENA_MAX": "1",  # an arena takes address space
                "PATH": "",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    code, message, hint = limited(96)
    assert code == "out-of-memory"
    assert "node mul1 (Mul) for its output 'wide' with 96 samples at once" in message
    assert "1,536 MiB more were needed" in message
    assert "MiB are free" in message
    size = int(re.search(r"--batch-size (\d+)", hint)[1])
    assert 2 <= size < 44  # 16 MiB a sample and value in 700 MiB
    assert limited(size) == [f"measured {2 * size}"]


@pytest.mark.parametrize(
    ("error", "asked"),
    [
        (RuntimeError("can't allocate memory: you tried to allocate 4096 bytes. Error"), 4096),
        (MemoryError("Unable to allocate 2.50 KiB for an array with shape (5,)"), 2560),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3.00 MiB. GPU"), 3 << 20),
        (MemoryError(), None),
        (RuntimeError("std::bad_alloc"), None),
    ],
)
def test_what_was_asked_for_is_read_off_the_message(error, asked):
    assert ran_out(error)
    assert bytes_asked(error) == asked


def test_other_failures_are_not_taken_for_a_lack_of_memory():
    assert not ran_out(RuntimeError("The size of tensor a (3) must match"))
    assert not ran_out(ValueError("cannot allocate memory"))


def test_free_memory_is_told():
    free = free_bytes(torch.device("cpu"))
    assert free is None or free > 1 << 20


def failing(monkeypatch, error):
    """A network whose `MatMul` raises an error when it is executed."""
    bind = Network.bind

    def bound(network, number, *args):
        operator = bind(network, number, *args)
        if network.nodes[number].op_type != "MatMul":
            return operator

        def kernel(*_values):
            raise error

        object.__setattr__(operator, "kernel", kernel)
        return operator

    monkeypatch.setattr(Network, "bind", bound)
    return load_model(
        model(
            [node("Relu", "x", "r", "relu1"), node("MatMul", "r w", "y", "matmul1")],
            inputs={"x": ["N", 3]},
            constants={"w": floats(3, 2)},
        )
    )


def test_without_figures_half_the_batch_is_advised(monkeypatch):
    monkeypatch.setattr("quantsim_viz.sim.failures.free_bytes", lambda _device: None)
    net = failing(monkeypatch, RuntimeError("std::bad_alloc"))
    with pytest.raises(DataError, match="node matmul1") as caught:
        run(net, {"x": floats(8, 3)})
    assert "--batch-size 4" in caught.value.hint


def test_where_one_sample_is_too_much_no_batch_size_is_advised(monkeypatch):
    net = failing(monkeypatch, MemoryError())
    with pytest.raises(DataError) as caught:
        run(net, {"x": floats(1, 3)})
    assert caught.value.code == "out-of-memory"
    assert "one sample alone" in caught.value.hint


def test_a_lack_of_memory_is_said_of_the_file_of_data(monkeypatch, tmp_path):
    net = failing(monkeypatch, MemoryError())
    path = str(tmp_path / "data.npz")
    np.savez(path, x=floats(8, 3))
    with pytest.raises(DataError) as caught:
        run(net, path)
    assert (caught.value.code, caught.value.path) == ("out-of-memory", path)


def test_a_node_that_fails_is_named_with_what_it_was_fed(monkeypatch, everything):
    net = failing(monkeypatch, RuntimeError("no such thing\nwith details"))
    with pytest.raises(ModelError) as caught:
        simulate(net, everything, {"x": floats(8, 3)})
    assert caught.value.code == "node-failed"
    assert "node matmul1 (MatMul) cannot be executed on these data: no such thing (" in str(
        caught.value
    )
    assert "x [8, 3]" in caught.value.message


def test_constants_too_large_for_memory_are_said_to_be_so(monkeypatch, everything):
    def full(*_args, **_options):
        raise MemoryError("Unable to allocate 3.00 GiB for an array")

    monkeypatch.setattr("quantsim_viz.sim.passes.make_plan", full)
    net = load_model(model([node("Relu", "x", "y", "relu1")], inputs={"x": ["N", 4]}))
    with pytest.raises(DataError, match=r"constants.*3,072 MiB more") as caught:
        simulate(net, everything, {"x": floats(2, 4)})
    assert caught.value.code == "out-of-memory"


def test_data_too_large_for_memory_at_once_are_said_to_be_so(monkeypatch, everything):
    def full(*_args):
        raise MemoryError

    monkeypatch.setattr("quantsim_viz.sim.data._to_tensors", full)
    net = load_model(model([node("Relu", "x", "y", "relu1")], inputs={"x": ["N", 256, 1024]}))
    with pytest.raises(DataError, match="8 samples of 'x' take 8 MiB") as caught:
        simulate(net, everything, {"x": np.zeros((8, 256, 1024), np.float32)})
    assert (caught.value.code, caught.value.hint) == ("out-of-memory", "try --batch-size 4")


def test_an_error_that_is_kept_keeps_no_activations():
    net = load_model(
        model(
            [
                node("Concat", "x x", "wide", "concat1", axis=1),
                node("Reshape", "x shape", "r", "reshape1"),
                node("MatMul", "wide r", "y", "matmul1"),
            ],
            constants={"shape": np.array([3, -1])},
        )
    )
    with pytest.raises(ModelError, match="reshape1") as caught:
        run(net, {"x": floats(5, 4)})
    alive = [value for value in gc.get_objects() if type(value) is torch.Tensor]
    assert caught.value.code == "node-failed"
    assert not [value for value in alive if value.shape == (5, 8)]
