"""Feed damaged configurations and models to the package and look for anything but an answer.

    python tests/fuzz/fuzz.py --configs 20000 --models 1000 --seed 0 --jobs 1

Every case must end in a result or in a `QuantSimError` with code, message and hint (and a place,
where there is a text). An uncaught exception, a case beyond its time, a crash of the interpreter
and memory beyond the limit are findings: they are printed with the way to run them again, and kept
in `--keep` when that is given. Exit status 1 means that there are some.

    python tests/fuzz/fuzz.py --case model 0 17      one case again, with its traceback
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import json
import os
import queue
import random
import resource
import signal
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]

from support.fuzz_cases import KINDS, make_config, make_model, run_case  # noqa: E402 - path first

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 20
"""Time of one case; a case of ordinary size takes some hundredths."""

GRACE = 20
"""Seconds after which a worker that cannot be interrupted is killed."""

MEMORY = 6 * 2**30
"""Bytes of address space of a worker."""

CHUNK = 250
"""Cases that one worker runs before a new one takes over."""


Outcome = tuple[int, str, float, str | None]
"""Number of a case, how it ended in a word, its seconds, and the traceback of a finding."""


class TooLong(BaseException):
    """Raised in a case that has used up its time; no handler of the package may swallow it."""


def work(kind: str, seed: int, numbers: range) -> None:
    """Run cases and print how each ended, one JSON line a case."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

    def stop(*_: object) -> None:
        raise TooLong

    signal.signal(signal.SIGALRM, stop)
    for number in numbers:
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        start = time.perf_counter()
        trace = None
        try:
            outcome = run_case(kind, seed, number)
        except TooLong:
            outcome, trace = "too long", traceback.format_exc()
        except BaseException as error:
            outcome, trace = f"{type(error).__name__}", traceback.format_exc()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        seconds = round(time.perf_counter() - start, 3)
        print(json.dumps([number, outcome, seconds, trace]), flush=True)


def iter_chunk(
    kind: str, seed: int, numbers: range
) -> Iterator[tuple[int, str, float, str | None]]:
    """Run a chunk of cases in a process of its own and yield how each ended."""
    command = [sys.executable, str(Path(__file__).resolve()), "--work", kind, str(seed)]
    process = subprocess.Popen(
        [*command, str(numbers.start), str(numbers.stop)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"PYTHONHASHSEED": "0"},
    )
    lines: queue.Queue[str | None] = queue.Queue()
    assert process.stdout is not None

    def read(stream: Any = process.stdout) -> None:
        for line in stream:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    following = numbers.start
    while following < numbers.stop:
        try:
            line = lines.get(timeout=SECONDS + GRACE)
        except queue.Empty:
            process.kill()
            yield following, "hang", float(SECONDS + GRACE), "killed: it could not be interrupted"
            break
        if line is None:
            yield following, "crash", 0.0, f"the process ended with status {process.wait()}"
            break
        number, outcome, seconds, trace = json.loads(line)
        yield number, outcome, seconds, trace
        following = number + 1
    process.kill()
    process.wait()
    if (after := range(following + 1, numbers.stop)) and following < numbers.stop:
        yield from iter_chunk(kind, seed, after)


class Tally:
    """What became of the cases, and every finding."""

    def __init__(self, keep: Path | None) -> None:
        self.outcomes: dict[str, collections.Counter[str]] = collections.defaultdict(
            collections.Counter
        )
        self.slowest: dict[str, tuple[float, int]] = {}
        self.findings = 0
        self._keep = keep
        self._lock = threading.Lock()

    def add(
        self, kind: str, seed: int, number: int, outcome: str, seconds: float, trace: str | None
    ) -> None:
        """Count a case and report it when it is a finding."""
        with self._lock:
            self.outcomes[kind][outcome] += 1
            self.slowest[kind] = max(self.slowest.get(kind, (0.0, 0)), (seconds, number))
            if trace is None:
                return
            self.findings += 1
            last = trace.strip().splitlines()[-1][:300]
            print(f"FINDING {kind} {seed} {number}: {outcome}: {last}", flush=True)
            if self._keep is not None:
                _save(self._keep, kind, seed, number, trace)

    def report(self) -> None:
        """Print the figures."""
        for kind, outcomes in self.outcomes.items():
            total = sum(outcomes.values())
            words = ", ".join(f"{word} {number}" for word, number in outcomes.most_common())
            seconds, number = self.slowest[kind]
            print(f"{total} {kind} cases: {words}; slowest {seconds:.2f} s (case {number})")
        print(f"{self.findings} findings")


def _save(folder: Path, kind: str, seed: int, number: int, trace: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / f"{kind}-{seed}-{number}"
    stem.with_suffix(".txt").write_text(trace)
    rng = random.Random(f"{seed}/{kind}/{number}")
    if kind == "model":
        stem.with_suffix(".onnx").write_bytes(make_model(rng))
        return
    source = make_config(rng)
    content = source if isinstance(source, str | bytes) else repr(source)
    with contextlib.suppress(UnicodeEncodeError):
        stem.with_suffix(".json").write_bytes(
            content.encode() if isinstance(content, str) else content
        )


def main() -> int:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--configs", type=int, default=20000)
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="write findings here")
    parser.add_argument("--case", nargs=3, metavar=("KIND", "SEED", "NUMBER"), help="one case")
    parser.add_argument("--work", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        kind, seed, start, stop = arguments.work
        work(kind, int(seed), range(int(start), int(stop)))
        return 0
    if arguments.case:
        kind, seed, number = arguments.case
        print(run_case(kind, int(seed), int(number)))
        return 0
    tally = Tally(arguments.keep)
    chunks: queue.Queue[tuple[str, range]] = queue.Queue()
    for kind, total in zip(KINDS, (arguments.configs, arguments.models), strict=True):
        for start in range(0, total, CHUNK):
            chunks.put((kind, range(start, min(start + CHUNK, total))))

    def drain() -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                kind, numbers = chunks.get_nowait()
                for case in iter_chunk(kind, arguments.seed, numbers):
                    tally.add(kind, arguments.seed, *case)

    threads = [threading.Thread(target=drain) for _ in range(arguments.jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tally.report()
    return int(tally.findings > 0)


if __name__ == "__main__":
    sys.exit(main())
