"""Compare `resolve` with the real AIMET on random models and configurations.

    python tests/parity/compare_resolve.py --referee /path/to/aimet/bin/python --pairs 5000

`--referee` is a Python with aimet-onnx 2.42.0 installed (docs/parity.md says how to get one). The
last line gives the figure; every pair that differs is named by its seed and, with `--keep FOLDER`,
written there as a model and a configuration.
"""

from __future__ import annotations

import argparse
import base64
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from random_configs import random_config  # noqa: E402 - the path is set first
from random_models import random_model  # noqa: E402

from quantsim_viz.config import load_config  # noqa: E402
from quantsim_viz.model import load_model  # noqa: E402
from quantsim_viz.resolve import resolve  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BIT_WIDTHS = ((8, 8), (8, 8), (4, 8), (8, 16), (16, 16))
FIELDS = (
    "bitwidth",
    "dtype",
    "symmetric",
    "strict_symmetric",
    "unsigned_symmetric",
    "per_channel",
    "channel_axis",
    "fixed_range",
)
ONLY_IF = {
    "strict_symmetric": "symmetric",
    "unsigned_symmetric": "symmetric",
    "channel_axis": "per_channel",
}


def pair(seed: int) -> dict[str, Any]:
    """Return the model, configuration and bit widths of a seed."""
    model = random_model(seed)
    param_bits, act_bits = BIT_WIDTHS[seed % len(BIT_WIDTHS)]
    config = random_config(seed, model)
    return {"seed": seed, "model": model, "config": config, "bits": (param_bits, act_bits)}


def ours(case: Mapping[str, Any]) -> dict[str, Any]:
    """Resolve one pair; any exception but the project's own is a failure and passes through."""
    model = load_model(case["model"].SerializeToString())
    param_bits, act_bits = case["bits"]
    config = load_config(case["config"])
    return resolve(model, config, param_bits=param_bits, act_bits=act_bits).to_dict()


def differences(theirs: Mapping[str, Any], mine: Mapping[str, Any]) -> list[str]:
    """List what differs: the refusal, or fields and ties of quantizers that are enabled."""
    if bool(theirs["error"]) != bool(mine["error"]):
        return [f"refusal: AIMET {theirs['error']}, ours {mine['error']}"]
    if theirs["error"]:
        return []
    left, right = _enabled(theirs["quantizers"]), _enabled(mine["quantizers"])
    found = [f"{t}: enabled by AIMET only" for t in sorted(left.keys() - right.keys())]
    found += [f"{t}: enabled by us only" for t in sorted(right.keys() - left.keys())]
    groups = _groups(left), _groups(right)
    for tensor in sorted(left.keys() & right.keys()):
        a, b = left[tensor], right[tensor]
        for name in FIELDS:
            if name in ONLY_IF and not a[ONLY_IF[name]]:
                continue
            if _plain(a[name]) != _plain(b[name]):
                found.append(f"{tensor}.{name}: AIMET {a[name]}, ours {b[name]}")
        if groups[0][tensor] != groups[1][tensor]:
            found.append(
                f"{tensor}: tied with {sorted(groups[0][tensor])} by AIMET, "
                f"with {sorted(groups[1][tensor])} by us"
            )
    return found


def _enabled(quantizers: Mapping[str, Any]) -> dict[str, Any]:
    return {name: q for name, q in quantizers.items() if q["enabled"]}


def _groups(quantizers: Mapping[str, Any]) -> dict[str, set[str]]:
    members: dict[str, set[str]] = {}
    for name, q in quantizers.items():
        members.setdefault(q["tied_to"] or name, set()).add(name)
    return {name: group for group in members.values() for name in group}


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [None if v is None else round(float(v), 6) for v in value]
    return value


def ask(referee: str, cases: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Stream the referee's answers, in order."""
    process = subprocess.Popen(
        [referee, str(HERE / "referee.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def feed() -> None:
        assert process.stdin is not None
        with process.stdin as pipe:
            for case in cases:
                model = base64.b64encode(case["model"].SerializeToString()).decode()
                job = {"id": case["seed"], "model": model, "config": case["config"]}
                job |= {"param_bits": case["bits"][0], "act_bits": case["bits"][1]}
                print(json.dumps(job), file=pipe)

    threading.Thread(target=feed, daemon=True).start()
    for line in process.stdout:
        yield json.loads(line)
    if process.wait():
        raise SystemExit(f"the referee ended with status {process.returncode}")


def keep(folder: Path, case: Mapping[str, Any]) -> None:
    """Write a pair that differs, to become a golden file."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(case["model"], folder / f"{case['seed']}.onnx")
    (folder / f"{case['seed']}.json").write_text(json.dumps(case["config"], indent=2))


def main() -> int:
    """Run the comparison; exit 0 when every pair agrees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--referee", required=True)
    parser.add_argument("--pairs", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    agree = tensors = refused = 0
    for start in range(arguments.seed, arguments.seed + arguments.pairs, 500):
        seeds = range(start, min(start + 500, arguments.seed + arguments.pairs))
        cases = [pair(seed) for seed in seeds]
        for case, theirs in zip(cases, ask(arguments.referee, cases), strict=True):
            found = differences(theirs, ours(case))
            agree += not found
            refused += bool(theirs["error"])
            tensors += len(theirs["quantizers"])
            if found:
                print(f"seed {case['seed']}: {'; '.join(found[:4])}")
                if arguments.keep:
                    keep(arguments.keep, case)
        print(f"… {seeds.stop - arguments.seed} pairs, {agree} agree", file=sys.stderr)
    print(
        f"{agree} of {arguments.pairs} pairs agree "
        f"({tensors} quantizers compared, {refused} refusals by AIMET)"
    )
    return int(agree != arguments.pairs)


if __name__ == "__main__":
    sys.exit(main())
