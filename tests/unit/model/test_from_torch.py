import sys

import numpy as np
import onnxruntime
import pytest
import torch
from support.small_models import floats

from quantsim_viz.errors import ModelError
from quantsim_viz.model import load_model


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 3)
        self.bn = torch.nn.BatchNorm2d(4)
        self.act = torch.nn.ReLU()

    def forward(self, x):
        return self.act(self.bn(self.conv(x)))


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.features = torch.nn.Sequential(Block())
        self.head = torch.nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.features(x).mean((2, 3)))


class TwoInputs(torch.nn.Module):
    def forward(self, left, right):
        return left * 2 + right


class FixedBatch(torch.nn.Module):
    def forward(self, x):
        return x.reshape(2, 12) * 2


class DependsOnData(torch.nn.Module):
    def forward(self, x):
        return x * 2 if x.sum() > 0 else x.reshape(-1)


def make():
    torch.manual_seed(0)
    return Net(), (torch.zeros(1, 3, 8, 8),)


def run(loaded, **feed):
    session = onnxruntime.InferenceSession(loaded.proto.SerializeToString())
    return session.run(None, feed)[0]


@pytest.fixture(scope="module")
def exported():
    net, inputs = make()
    return net.eval(), load_model(net, inputs)


def test_an_exported_module_computes_what_the_module_does_at_any_batch(exported):
    net, loaded = exported
    for batch in (1, 3):
        x = floats(batch, 3, 8, 8)
        expected = net(torch.from_numpy(x)).detach().numpy()
        np.testing.assert_allclose(run(loaded, x=x), expected, rtol=1e-4, atol=1e-5)
    assert loaded.graph.tensors["x"].shape == ("batch", 3, 8, 8)
    assert loaded.graph.tensors[loaded.graph.outputs[0]].shape == ("batch", 2)
    assert loaded.name == "Net"
    assert loaded.path is None


def test_layers_carry_their_module_path(exported):
    _, loaded = exported
    modules = {n.op_type: (n.module, n.scope) for n in loaded.graph.nodes}
    assert modules["Conv"] == ("features.0.conv", ("features", "0", "conv"))
    assert modules["Relu"] == ("features.0.act", ("features", "0", "act"))
    assert modules["Gemm"] == ("head", ("head",))
    assert modules["ReduceMean"] == (None, ())


def test_an_exported_module_keeps_no_trace_of_where_it_was_traced(exported):
    _, loaded = exported
    assert b"test_from_torch.py" not in loaded.proto.SerializeToString()


def test_a_module_is_left_in_the_mode_it_was_in():
    net, inputs = make()
    net.train()
    net.head.eval()
    load_model((net, inputs))
    assert net.training
    assert net.features[0].bn.training
    assert not net.head.training


def test_inputs_may_come_by_name():
    inputs = {"right": torch.ones(2, 4), "left": torch.ones(2, 4)}
    loaded = load_model(TwoInputs(), inputs)
    assert set(loaded.graph.inputs) == {"left", "right"}
    left, right = floats(5, 4), floats(5, 4, seed=1)
    np.testing.assert_allclose(run(loaded, left=left, right=right), left * 2 + right, rtol=1e-6)


def test_one_tensor_stands_for_one_input():
    loaded = load_model(torch.nn.ReLU(), torch.zeros(2, 4))
    assert [n.op_type for n in loaded.graph.nodes] == ["Relu"]


def test_a_module_that_fixes_its_batch_keeps_it():
    loaded = load_model(FixedBatch(), (torch.ones(2, 3, 4),))
    assert loaded.graph.tensors[loaded.graph.inputs[0]].shape == (2, 3, 4)


def test_a_module_that_cannot_be_exported_says_why(capfd):
    with pytest.raises(ModelError, match="DependsOnData") as caught:
        load_model(DependsOnData(), (torch.ones(2, 3),))
    assert caught.value.code == "export-failed"
    assert "data-dependent" in caught.value.message
    assert capfd.readouterr().out == ""


def test_a_module_needs_example_inputs():
    with pytest.raises(ModelError) as caught:
        load_model(torch.nn.ReLU())
    assert caught.value.code == "no-example-inputs"


def test_a_saved_program_is_a_model(tmp_path):
    net, _ = make()
    path = tmp_path / "net.pt2"
    example = torch.zeros(2, 3, 8, 8)
    torch.export.save(torch.export.export(net.eval(), (example,)), path)
    loaded = load_model(path)
    x = floats(2, 3, 8, 8)
    expected = net(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(run(loaded, x=x), expected, rtol=1e-4, atol=1e-5)
    assert loaded.name == "net.pt2"
    assert "features.0.conv" in {n.module for n in loaded.graph.nodes}


def test_a_file_that_is_no_program_is_called_so(tmp_path):
    path = tmp_path / "net.pt2"
    path.write_bytes(b"nothing")
    with pytest.raises(ModelError) as caught:
        load_model(path)
    assert caught.value.code == "not-a-pt2"


def test_a_factory_of_the_current_folder_is_called(tmp_path, monkeypatch):
    (tmp_path / "some_factory_module.py").write_text(
        "import torch\n"
        "class Makers:\n"
        "    @staticmethod\n"
        "    def relu():\n"
        "        return torch.nn.ReLU(), (torch.zeros(2, 4),)\n"
        "def nothing():\n"
        "    return None\n"
        "def broken():\n"
        "    raise ZeroDivisionError('oh')\n"
    )
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    loaded = load_model("some_factory_module:Makers.relu")
    assert [n.op_type for n in loaded.graph.nodes] == ["Relu"]
    assert loaded.name == "some_factory_module:Makers.relu"
    for target, reason in (
        ("some_factory_module:nothing", "NoneType"),
        ("some_factory_module:broken", "oh"),
        ("some_factory_module:absent", "absent"),
        ("no_such_module_anywhere:make", "no_such_module_anywhere"),
    ):
        with pytest.raises(ModelError, match=reason) as caught:
            load_model(target)
        assert caught.value.code == "bad-factory"
    assert sys.path == before
