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
COUNT = 240


def main(path: str) -> None:
    rng = np.random.default_rng(7)
    arrays: dict[str, np.ndarray] = {}
    cases = [_case(rng, number, arrays) for number in range(COUNT)]
    np.savez_compressed(path, cases=np.array(json.dumps(cases)), **arrays)
    print(f"{len(cases)} cases in {path}")


def _case(rng: np.random.Generator, number: int, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    scheme = list(SCHEMES)[number % len(SCHEMES)]
    bitwidth = int(rng.choice([4, 8, 8, 16]))
    symmetric, strict, unsigned = (bool(rng.integers(2)) for _ in range(3))
    per_channel = bool(rng.integers(3) == 0)
    percentile = float(rng.choice([100, 99.99, 99.9, 99, 95])) if scheme == "percentile" else 100.0
    shape = tuple(int(length) for length in rng.integers(1, 5, 4))
    odd = ("missing", "infinite") if scheme == "tf_enhanced" else ()
    kinds = [str(rng.choice([k for k in KINDS if k not in odd])) for _ in range(rng.integers(1, 4))]
    quantizer = libpymo.BlockTensorQuantizer(
        (shape[0], 1, 1, 1) if per_channel else (), bitwidth, SCHEMES[scheme]
    )
    quantizer.setStrictSymmetric(strict)
    quantizer.setUnsignedSymmetric(unsigned)
    if scheme == "percentile":
        quantizer.setPercentileValue(percentile)
    for index, kind in enumerate(kinds):
        batch = _draw(rng, kind, shape)
        quantizer.updateStats(batch)
        arrays[f"{number}.batch{index}"] = batch
    encodings = quantizer.computeEncodings(symmetric)
    quantizer.setEncodings(encodings)
    quantizer.isEncodingValid = True
    given = _draw(rng, kinds[-1], shape) * np.float32(1.3)
    arrays[f"{number}.given"] = given
    arrays[f"{number}.made"] = quantizer.quantizeDequantize(np.ascontiguousarray(given))
    return {
        "scheme": scheme,
        "bitwidth": bitwidth,
        "symmetric": symmetric,
        "strict": strict,
        "unsigned": unsigned,
        "per_channel": per_channel,
        "percentile": percentile,
        "batches": len(kinds),
        "scale": [encoding.delta for encoding in encodings],
        "offset": [encoding.offset for encoding in encodings],
    }


def _draw(rng: np.random.Generator, kind: str, shape: tuple[int, ...]) -> np.ndarray:
    values = KINDS[kind](rng.standard_normal(shape).astype(np.float32))
    return np.ascontiguousarray(values, dtype=np.float32)


if __name__ == "__main__":
    main(sys.argv[1])
