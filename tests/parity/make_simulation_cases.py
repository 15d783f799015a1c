"""Write what the real AIMET makes of random simulations: `goldens/simulations.npz`.

    python tests/parity/make_simulation_cases.py --referee /path/to/aimet/bin/python

`--referee` is a Python with aimet-onnx 2.42.0 installed (docs/parity.md says how to get one). The
first small networks that AIMET simulates are taken as they come, whether we agree or not; left out
are those that make NaN or infinity of their data, which we refuse to simulate.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from compare_simulation import NOT_FINITE, Referee, ours, read_answer  # noqa: E402 - the path is set first
from simulation_cases import Case, random_case  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET = HERE.parents[1] / "tests" / "conformance" / "goldens" / "simulations.npz"
FIRST_SEED = 50_000
CASES = 52
LARGEST = 3_600
"""Bytes of a network: models beyond would make a heavy file."""


def small_cases() -> Iterator[Case]:
    """Yield cases of small networks; 32 bits, where the last bit decides, are left out."""
    for seed in range(FIRST_SEED, FIRST_SEED + 50 * CASES):
        case = random_case(seed)
        if 32 not in case.bits and case.model.ByteSize() <= LARGEST:
            yield case


def main() -> None:
    """Ask about cases until there are enough; write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--referee", required=True)
    referee = Referee(parser.parse_args().referee)
    table: list[dict[str, Any]] = []
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    for case in small_cases():
        answer = read_answer(next(referee.ask_all([case])))
        if answer.error or str(ours(case).error).startswith(NOT_FINITE):
            continue
        number = len(table)
        arrays[f"{number}/model"] = np.frombuffer(case.model.SerializeToString(), np.uint8)
        for turn, batch in enumerate(case.batches):
            arrays |= {f"{number}/batch/{turn}/{name}": value for name, value in batch.items()}
        arrays |= {f"{number}/output/{place}": v for place, v in enumerate(answer.outputs)}
        table.append(
            {
                "config": case.config,
                "bits": case.bits,
                "scheme": case.scheme,
                "percentile": case.percentile,
                "batches": len(case.batches),
                "outputs": len(answer.outputs),
                "encodings": {
                    name: entries and [[e["scale"], e["offset"]] for e in entries]
                    for name, entries in answer.encodings.items()
                },
            }
        )
        if len(table) == CASES:
            break
    np.savez_compressed(TARGET, cases=np.array(json.dumps(table)), **arrays)
    print(f"{len(table)} cases, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
