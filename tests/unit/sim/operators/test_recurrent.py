"""Recurrent layers against onnxruntime."""

from __future__ import annotations

import numpy as np
import pytest
from support.one_node import assert_as_onnxruntime

STEPS, BATCH, WIDTH, HIDDEN = 5, 3, 4, 6
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
OUTPUTS = {"RNN": ("y", "h"), "GRU": ("y", "h"), "LSTM": ("y", "h", "c")}


def layer(op_type: str, directions: int, *, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    gates = GATES[op_type] * HIDDEN

    def noise(*shape: int) -> np.ndarray:
        return (0.5 * rng.standard_normal(shape)).astype(np.float32)

    return [
        noise(STEPS, BATCH, WIDTH),
        noise(directions, gates, WIDTH),
        noise(directions, gates, HIDDEN),
        noise(directions, 2 * gates),
        np.array([5, 2, 4], np.int32),
        noise(directions, BATCH, HIDDEN),
        *([noise(directions, BATCH, HIDDEN)] if op_type == "LSTM" else []),
        *([noise(directions, 3 * HIDDEN)] if op_type == "LSTM" else []),
    ]


DIRECTIONS = [("forward", 1), ("reverse", 1), ("bidirectional", 2)]


@pytest.mark.parametrize("op_type", GATES)
@pytest.mark.parametrize(("direction", "count"), DIRECTIONS)
@pytest.mark.parametrize("given", [3, 4, 6, 7, 8])
def test_layers_agree_with_any_number_of_inputs(op_type, direction, count, given):
    inputs = layer(op_type, count)[:given]
    if given > 4:
        inputs[4] = None
    assert_as_onnxruntime(
        op_type,
        inputs,
        opset=14,
        outputs=OUTPUTS[op_type],
        direction=direction,
        hidden_size=HIDDEN,
    )


@pytest.mark.parametrize("op_type", GATES)
@pytest.mark.parametrize(("direction", "count"), DIRECTIONS)
def test_layers_stop_at_each_sequence_s_length(op_type, direction, count):
    assert_as_onnxruntime(
        op_type,
        layer(op_type, count),
        opset=14,
        outputs=OUTPUTS[op_type],
        direction=direction,
        hidden_size=HIDDEN,
    )


@pytest.mark.parametrize("op_type", GATES)
@pytest.mark.parametrize(("direction", "count"), DIRECTIONS)
def test_layers_take_the_batch_first(op_type, direction, count):
    inputs = layer(op_type, count)[:7]
    inputs[0] = inputs[0].transpose(1, 0, 2)
    inputs[4] = None
    for index in range(5, len(inputs)):
        inputs[index] = inputs[index].transpose(1, 0, 2)
    model_options = {"direction": direction, "hidden_size": HIDDEN, "layout": 1}
    # onnxruntime refuses layout 1, so the reference is its own answer to layout 0.
    from support.one_node import by_onnxruntime, by_us, one_node

    ours = by_us(*one_node(op_type, inputs, opset=14, outputs=OUTPUTS[op_type], **model_options))
    inputs[0] = inputs[0].transpose(1, 0, 2)
    for index in range(5, len(inputs)):
        inputs[index] = inputs[index].transpose(1, 0, 2)
    model_options["layout"] = 0
    theirs = by_onnxruntime(
        *one_node(op_type, inputs, opset=14, outputs=OUTPUTS[op_type], **model_options)
    )
    np.testing.assert_allclose(ours[0], theirs[0].transpose(2, 0, 1, 3), atol=1e-5)
    for mine, other in zip(ours[1:], theirs[1:], strict=True):
        np.testing.assert_allclose(mine, other.transpose(1, 0, 2), atol=1e-5)


@pytest.mark.parametrize("linear_before_reset", [0, 1])
@pytest.mark.parametrize(("direction", "count"), DIRECTIONS)
def test_gru_resets_before_or_after_the_linear_part(linear_before_reset, direction, count):
    inputs = layer("GRU", count)
    inputs[4] = None
    assert_as_onnxruntime(
        "GRU",
        inputs,
        opset=14,
        outputs=("y", "h"),
        direction=direction,
        hidden_size=HIDDEN,
        linear_before_reset=linear_before_reset,
    )


def test_lstm_couples_its_input_and_forget_gates():
    inputs = layer("LSTM", 1)[:3]
    assert_as_onnxruntime(
        "LSTM", inputs, opset=14, outputs=("y", "h", "c"), hidden_size=HIDDEN, input_forget=1
    )


@pytest.mark.parametrize(
    ("names", "alphas", "betas"),
    [
        (["Relu"], None, None),
        (["Sigmoid"], None, None),
        (["HardSigmoid"], [0.3], [0.4]),
        (["LeakyRelu"], [0.2], None),
        (["ScaledTanh"], [1.5], [0.7]),
        (["Elu"], [0.8], None),
        (["Softsign"], None, None),
        (["Softplus"], None, None),
        (["Affine"], [0.5], [0.1]),
        (["ThresholdedRelu"], [0.3], None),
    ],
)
def test_rnn_takes_every_activation(names, alphas, betas):
    attributes = {"activations": names}
    if alphas:
        attributes["activation_alpha"] = alphas
    if betas:
        attributes["activation_beta"] = betas
    assert_as_onnxruntime(
        "RNN",
        layer("RNN", 1)[:4],
        opset=14,
        outputs=("y", "h"),
        hidden_size=HIDDEN,
        **attributes,
    )


@pytest.mark.parametrize("op_type", GATES)
def test_layers_clip_what_goes_into_activations(op_type):
    assert_as_onnxruntime(
        op_type,
        layer(op_type, 1)[:4],
        opset=14,
        outputs=OUTPUTS[op_type],
        hidden_size=HIDDEN,
        clip=0.3,
    )


@pytest.mark.parametrize("op_type", GATES)
def test_a_layer_may_return_its_last_state_alone(op_type):
    assert_as_onnxruntime(
        op_type, layer(op_type, 1)[:3], opset=14, outputs=("", "h"), hidden_size=HIDDEN
    )
