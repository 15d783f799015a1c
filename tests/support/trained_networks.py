"""Real trained networks that lie inside installed packages, and inputs like those they expect."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from scipy.signal import lfilter

FILES = {
    "basic_pitch": ("basic_pitch", "saved_models/icassp_2022/nmp.onnx"),
    "magika": ("magika", "models/*/model.onnx"),
    "ppocr_cls": ("rapidocr_onnxruntime", "models/*cls*.onnx"),
    "ppocr_det": ("rapidocr_onnxruntime", "models/*det*.onnx"),
    "ppocr_rec": ("rapidocr_onnxruntime", "models/*rec*.onnx"),
    "silero_vad": ("silero_vad", "data/silero_vad.onnx"),
    "silero_vad_16k": ("silero_vad", "data/silero_vad_16k_op15.onnx"),
    "silero_vad_ifless": ("silero_vad", "data/silero_vad_op18_ifless.onnx"),
}
"""Network → package, and where in it the model lies. Packages are looked up, never imported."""

LINES = ("Quantize 8 bit", "Scale 0.0125", "Offset -128", "Conv Relu 42")


def trained_network(name: str) -> Path:
    """Return a network's file; the test that asks is skipped where its package is missing."""
    package, pattern = FILES[name]
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        pytest.skip(f"the package {package}, which holds the network, is not installed")
    return sorted(Path(spec.origin).parent.glob(pattern))[-1]


def written_lines(count: int, height: int, width: int) -> np.ndarray:
    """Pictures of text, `[count, 3, height, width]`, scaled to [-1, 1] as PP-OCR expects."""
    font = ImageFont.load_default(min(height - 12, 28))
    pictures = []
    for index in range(count):
        picture = Image.new("RGB", (width, height), (245, 240, 230))
        draw = ImageDraw.Draw(picture)
        for line, top in enumerate(range(4, height - 20, 40)):
            text = LINES[(index + line) % len(LINES)]
            draw.text((6 + 3 * index, top), text, font=font, fill=(20, 20, 40))
        pictures.append(np.asarray(picture, np.float32).transpose(2, 0, 1) / 127.5 - 1)
    return np.stack(pictures).astype(np.float32)


def file_bytes(count: int) -> np.ndarray:
    """Contents of this file as magika reads them: `[count, 2048]`, padded with 256."""
    text = Path(__file__).read_bytes()
    rows = [list(text[start : start + 1024]) for start in range(0, 64 * count, 64)]
    return np.array([row + [256] * (2048 - len(row)) for row in rows], np.int32)


def played_notes(count: int, length: int, rate: int = 22050) -> np.ndarray:
    """Recordings of plucked strings, `[count, length]`, a fourth apart."""
    time = np.arange(length) / rate
    noise = np.random.default_rng(0).standard_normal((count, length))
    decay = np.exp(-3 * (time * 2 % 1))
    notes = [
        sum(np.sin(2 * np.pi * 110 * 2 ** (5 * k / 12) * h * time) / h for h in (1, 2, 3, 5))
        for k in range(count)
    ]
    return (0.2 * decay * np.array(notes) + 0.003 * noise).astype(np.float32)


def spoken_vowels(count: int, length: int, rate: int) -> np.ndarray:
    """Something like speech, `[count, length]`: pulses through formants, with pauses between."""
    time = np.arange(length) / rate
    rows = []
    for k in range(count):
        pitch = (110 + 25 * k) * (1 + 0.06 * np.sin(2 * np.pi * 2.3 * time))
        phase = np.cumsum(pitch) / rate
        voice = np.diff(np.floor(phase), prepend=0.0)
        for frequency, width in ((650 + 60 * k, 90), (1150 + 90 * k, 110), (2500, 170)):
            radius = np.exp(-np.pi * width / rate)
            angle = 2 * np.pi * frequency / rate
            voice = lfilter([1 - radius], [1, -2 * radius * np.cos(angle), radius**2], voice)
        syllables = np.clip(np.sin(2 * np.pi * 3.1 * time + k), 0, None)
        noise = np.random.default_rng(k).standard_normal(length)
        rows.append(0.5 * syllables * voice / np.abs(voice).max() + 0.002 * noise)
    return np.array(rows, np.float32)
