"""Whole networks executed by us and by onnxruntime on the same inputs.

Run by itself it prints the table of `docs/testing.md`:

    python tests/support/network_referee.py
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

import numpy as np
import onnxruntime
import torch
from support.trained_networks import (
    file_bytes,
    played_notes,
    spoken_vowels,
    trained_network,
    written_lines,
)

from quantsim_viz.model import Model, load_model
from quantsim_viz.sim.operators import compile_graph, to_numpy, to_tensor

TRAINED = [
    ("ppocr_cls", "x", written_lines(1, 48, 192)),
    ("ppocr_cls", "x", written_lines(3, 48, 128)),
    ("ppocr_det", "x", written_lines(1, 160, 224)),
    ("ppocr_det", "x", written_lines(2, 96, 128)),
    ("ppocr_rec", "x", written_lines(1, 48, 160)),
    ("ppocr_rec", "x", written_lines(2, 48, 320)),
    ("magika", "bytes", file_bytes(1)),
    ("magika", "bytes", file_bytes(3)),
    ("basic_pitch", "serving_default_input_2:0", played_notes(1, 43844)[..., None]),
    ("basic_pitch", "serving_default_input_2:0", played_notes(2, 43844)[..., None]),
]
"""Network, its input, and data: two batch sizes each, and two picture sizes."""


VOICE_DETECTORS = [
    ("silero_vad", 16000),
    ("silero_vad", 8000),
    ("silero_vad_16k", 16000),
    ("silero_vad_ifless", 16000),
    ("silero_vad_ifless", 8000),
]
"""Network and sampling rate, which decides how long a piece is."""


def session_of(model: Model, *, optimized: bool) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    if not optimized:
        level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.graph_optimization_level = level
    return onnxruntime.InferenceSession(model.proto.SerializeToString(), options)


def difference(expected: np.ndarray, got: np.ndarray) -> float:
    """Return the largest difference of two arrays of one kind, as a share of the first's range."""
    assert (got.dtype, got.shape) == (expected.dtype, expected.shape)
    return float(np.abs(got - expected).max() / np.ptp(expected))


def worst(model: Model, feed: dict[str, np.ndarray], *, optimized: bool = True) -> float:
    """Return the largest difference to onnxruntime over all outputs, as a share of their range."""
    session = session_of(model, optimized=optimized)
    expected = session.run(None, feed)
    program = compile_graph(model.graph, opset=model.opset, functions=model.functions)
    names = [name for name in model.graph.inputs if name in feed]
    with torch.no_grad():
        results = program.run([to_tensor(feed[name]) for name in names])
    ours = [to_numpy(value) for value in results if value is not None]
    return max(difference(*pair) for pair in zip(expected, ours, strict=True))


def listened_to(model: Model, sound: np.ndarray, rate: int) -> list[list[np.ndarray]]:
    """Feed a sound to a voice detector piece by piece, each runtime carrying on its own state.

    Returns:
        For onnxruntime and for us: the probabilities of speech of all pieces, and the last state.
    """
    session = session_of(model, optimized=True)
    program = compile_graph(model.graph, opset=model.opset, functions=model.functions)
    piece, context = (512, 64) if rate == 16000 else (256, 32)
    states = [np.zeros((2, len(sound), 128), np.float32)] * 2
    heard: list[list[np.ndarray]] = [[], []]
    for start in range(0, sound.shape[1] - piece - context + 1, piece):
        part = sound[:, start : start + piece + context]
        feeds = [
            {"input": part, "state": state, "sr": np.array(rate, np.int64)} for state in states
        ]
        theirs = session.run(None, feeds[0])
        names = [name for name in model.graph.inputs if name in feeds[1]]
        with torch.no_grad():
            results = program.run([to_tensor(feeds[1][name]) for name in names])
        ours = [to_numpy(value) for value in results if value is not None]
        for runtime, (output, state) in enumerate((theirs, ours)):
            heard[runtime].append(output)
            states[runtime] = state
    return [[np.concatenate(outputs), state] for outputs, state in zip(heard, states, strict=True)]


def main() -> None:
    """Print the table."""
    print("| network | input | largest difference, share of the output's range |")
    print("|---|---|---:|")
    for name, source, data in TRAINED:
        found = worst(load_model(trained_network(name)), {source: data})
        print(f"| {name} | {list(data.shape)} | {found:.1e} |")
    for name, rate in VOICE_DETECTORS:
        for voices in (1, 3):
            model = load_model(trained_network(name))
            theirs, ours = listened_to(model, spoken_vowels(voices, rate, rate), rate)
            found = max(difference(a, b) for a, b in zip(theirs, ours, strict=True))
            print(f"| {name} | {voices} voice(s), a second at {rate} Hz | {found:.1e} |")


if __name__ == "__main__":
    main()
