from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from quantsim_viz import load_config, load_model, run


def read(path) -> dict[str, np.ndarray]:
    with np.load(path) as archive:
        return dict(archive)


def test_float_outputs_are_those_of_onnxruntime(quantsim_viz, cnn, digits, tmp_path):
    target = tmp_path / "out.npz"
    done = quantsim_viz("run", cnn, "--data", digits, "-o", target)
    session = onnxruntime.InferenceSession(cnn, providers=["CPUExecutionProvider"])
    (expected,) = session.run(None, {"image": read(digits)["image"]})
    outputs = read(target)
    assert (done.status, done.out, done.err) == (0, "", "")
    assert list(outputs) == ["logits"]
    np.testing.assert_allclose(outputs["logits"], expected, rtol=0, atol=1e-4 * np.ptp(expected))


def test_a_simulated_inner_tensor_is_what_python_gives(quantsim_viz, cnn, tmp_path):
    target = tmp_path / "out.npz"
    done = quantsim_viz(
        *("run", cnn, "-c", "default_config", "--data", "random:5", "--samples", "4"),
        *("--param-bits", "4", "--tensors", "relu,squeeze", "-o", target),
    )
    expected = run(
        load_model(cnn),
        "random:5",
        config=load_config("default_config"),
        tensors=["relu", "squeeze"],
        param_bits=4,
        samples=4,
    )
    outputs = read(target)
    assert done.status == 0
    assert set(outputs) == {"logits", "relu", "squeeze"}
    for name, value in expected.items():
        np.testing.assert_array_equal(outputs[name], value)
    assert len(np.unique(outputs["relu"])) <= 256


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--tensors", "max_pol2d"), "did you mean 'max_pool2d'?"),
        (("--data", "missing.npy"), "missing.npy"),
    ],
)
def test_bad_input_could_not_run(quantsim_viz, cnn, tmp_path, arguments, word):
    done = quantsim_viz("run", cnn, "--data", "random", *arguments, "-o", tmp_path / "out.npz")
    assert done.status == 2
    assert word in done.err
    assert not (tmp_path / "out.npz").exists()


def test_a_refused_configuration_exits_with_1(quantsim_viz, vit, refused, tmp_path):
    target = tmp_path / "out.npz"
    done = quantsim_viz("run", vit, "-c", refused, "--data", "random", "-o", target)
    assert done.status == 1
    assert not target.exists()
