"""Make the encoding cases of the unit tests with AIMET's own quantizer.

Run it with the python of an environment that holds aimet-onnx 2.42:

    python tests/parity/make_encoding_cases.py tests/unit/sim/aimet_encodings.npz
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
from aimet_onnx.common import libpymo

SCHEMES = {
    "min_max": libpymo.QuantizationMode.QUANTIZATION_TF,
    "tf_enhanced": libpymo.QuantizationMode.QUANTIZATION_TF_ENHANCED,
    "percentile": libpymo.QuantizationMode.QUANTIZATION_PERCENTILE,
}
KINDS = {
    "normal": lambda a: a,
    "positive": lambda a: np.maximum(a, 0),
    "negative": lambda a: -np.abs(a),
    "heavy": lambda a: a**3,
    "shifted": lambda a: a / 4 + 3,
    "tiny": lambda a: a * 1e-6,
    "large": lambda a: a * 1e5,
    "zeros": lambda a: a * 0,
    "constant": lambda a: a * 0 + 1.5,
    "grid": lambda a: np.round(a * 8) / 8,
    "missing": lambda a: np.where(a > 1, np.nan, a),
    "infinite": lambda a: np.where(a > 2, np.inf, a),
}
NARROW = {
    "constant": lambda a, c: a * 0 + c,
    "nearly constant": lambda a, c: c * (1 + a * 1e-5),
    "two values": lambda a, c: np.where(a > 0, c, 0),
}
"""Data of one or two values, where `tf_enhanced` chooses between grids of equal cost."""

COUNT = 240
NARROW_COUNT = 100
EDGE_SEEDS = (1922, 2865, 4828, 5857)
"""Of data where a candidate grid of 4 bits ends at the edge of a bin, to the last bit."""

FINE_SEEDS = (114, 676, 3220)
"""Of data where the middles of bins, to the last bit, decide between grids of 16 bits."""


def main(path: str) -> None:
    rng = np.random.default_rng(7)
    arrays: list[np.ndarray] = []
    cases = [_case(rng, number, arrays) for number in range(COUNT)]
    cases += [_narrow_case(rng, arrays) for _ in range(NARROW_COUNT)]
    cases += [_edge_case(seed, 4, arrays) for seed in EDGE_SEEDS]
    cases += [_edge_case(seed, 16, arrays) for seed in FINE_SEEDS]
    values = np.concatenate([array.reshape(-1) for array in arrays])
    table = np.frombuffer(json.dumps(cases).encode(), np.uint8)
    np.savez_compressed(path, cases=table, values=values)
    print(f"{len(cases)} cases in {path}")


def _case(rng: np.random.Generator, number: int, arrays: list[np.ndarray]) -> dict[str, Any]:
    scheme = list(SCHEMES)[number % len(SCHEMES)]
    bitwidth = int(rng.choice([4, 8, 8, 16]))
    symmetric, strict, unsigned = (bool(rng.integers(2)) for _ in range(3))
    per_channel = bool(rng.integers(3) == 0)
    percentile = float(rng.choice([100, 99.99, 99.9, 99, 95])) if scheme == "percentile" else 100.0
    shape = tuple(int(length) for length in rng.integers(1, 5, 4))
    odd = ("missing", "infinite") if scheme == "tf_enhanced" else ()
    kinds = [str(rng.choice([k for k in KINDS if k not in odd])) for _ in range(rng.integers(1, 4))]
    batches = [_draw(rng, kind, shape) for kind in kinds]
    given = _draw(rng, kinds[-1], shape) * np.float32(1.3)
    settings = {
        "scheme": scheme,
        "bitwidth": bitwidth,
        "symmetric": symmetric,
        "strict": strict,
        "unsigned": unsigned,
        "per_channel": per_channel,
        "percentile": percentile,
    }
    return _answer(settings, batches, given, arrays)


def _narrow_case(rng: np.random.Generator, arrays: list[np.ndarray]) -> dict[str, Any]:
    settings = {
        "scheme": "tf_enhanced",
        "bitwidth": int(rng.choice([4, 8, 16])),
        "symmetric": bool(rng.integers(2)),
        "strict": bool(rng.integers(2)),
        "unsigned": bool(rng.integers(2)),
        "per_channel": False,
        "percentile": 100.0,
    }
    shape = tuple(int(length) for length in rng.integers(1, 5, 2))
    batches = []
    for _ in range(rng.integers(1, 3)):
        value = rng.choice([-1, 1]) * 10.0 ** rng.uniform(-9, 4)
        kind = NARROW[str(rng.choice([*NARROW]))]
        noise = rng.standard_normal(shape).astype(np.float32)
        batches.append(np.ascontiguousarray(kind(noise, np.float32(value)), np.float32))
    return _answer(settings, batches, batches[-1] * np.float32(1.3), arrays)


def _edge_case(seed: int, bitwidth: int, arrays: list[np.ndarray]) -> dict[str, Any]:
    batch = np.random.default_rng(seed).standard_normal((6, 6)).astype(np.float32)
    settings = {
        "scheme": "tf_enhanced",
        "bitwidth": bitwidth,
        "symmetric": bitwidth == 16,
        "strict": False,
        "unsigned": False,
        "per_channel": False,
        "percentile": 100.0,
    }
    return _answer(settings, [batch], batch * np.float32(1.3), arrays)


def _answer(
    settings: dict[str, Any], batches: list[np.ndarray], given: np.ndarray, arrays: list[np.ndarray]
) -> dict[str, Any]:
    """Ask AIMET about one case; keep its batches, what it quantized and what it made."""
    per_channel, scheme = settings["per_channel"], settings["scheme"]
    shape = (given.shape[0], 1, 1, 1) if per_channel else ()
    quantizer = libpymo.BlockTensorQuantizer(shape, settings["bitwidth"], SCHEMES[scheme])
    quantizer.setStrictSymmetric(settings["strict"])
    quantizer.setUnsignedSymmetric(settings["unsigned"])
    if scheme == "percentile":
        quantizer.setPercentileValue(settings["percentile"])
    for batch in batches:
        quantizer.updateStats(batch)
    encodings = quantizer.computeEncodings(settings["symmetric"])
    quantizer.setEncodings(encodings)
    quantizer.isEncodingValid = True
    made = quantizer.quantizeDequantize(np.ascontiguousarray(given))
    arrays += [*batches, given, made]
    return {
        **settings,
        "shape": given.shape,
        "batches": len(batches),
        "scale": [encoding.delta for encoding in encodings],
        "offset": [encoding.offset for encoding in encodings],
    }


def _draw(rng: np.random.Generator, kind: str, shape: tuple[int, ...]) -> np.ndarray:
    values = KINDS[kind](rng.standard_normal(shape).astype(np.float32))
    return np.ascontiguousarray(values, dtype=np.float32)


if __name__ == "__main__":
    main(sys.argv[1])
