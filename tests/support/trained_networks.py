"""Real trained networks that lie inside installed packages, and inputs like those they expect."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

FILES = {
    "magika": ("magika", "models/*/model.onnx"),
    "ppocr_cls": ("rapidocr_onnxruntime", "models/*cls*.onnx"),
    "ppocr_det": ("rapidocr_onnxruntime", "models/*det*.onnx"),
    "ppocr_rec": ("rapidocr_onnxruntime", "models/*rec*.onnx"),
}
"""Network → package, and where in it the model lies."""

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
