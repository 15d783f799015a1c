"""Simulations of one browser session, in a worker process of its own.

A thread pumps the worker's messages into the jobs; the page polls the jobs. The worker stays for
the next run, is replaced when it dies, and ends when its page has not asked for a while.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantsim_viz.errors import QuantSimError
from quantsim_viz.ui.datasets import RANDOM_DATA
from quantsim_viz.ui.messages import Cancel, Message, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quantsim_viz.ui.datasets import DataSource
    from quantsim_viz.ui.results import RunOptions
    from quantsim_viz.ui.sources import ModelSource

FORGOTTEN_AFTER = 60.0
"""Seconds without a poll after which a running job is cancelled: its page is gone."""

IDLE_AFTER = 600.0
"""Seconds without a poll after which the worker itself ends."""

GRACE = 3.0
"""Seconds that a cancelled run has to stop by itself before its process is ended."""

LOG_TAIL = 2000


@dataclass
class Job:
    """One simulation, as its page sees it.

    Attributes:
        id: Its number.
        texts: The documents simulated, (name, text) each.
        title: What it is, for the progress line.
        purpose: `simulate`, `live`, `check`, or one of the Compare page's (`compare.runs`).
        model_key: `ModelSource.key` of the model.
        data: What is measured on.
        options: How.
        state: `running`, `done`, `failed` or `cancelled`.
        progress: Last progress: as `simulation.Progress` reports it, and all `layers` so far.
        result: The report when done, or what a cancelled run had found.
        error: Why it failed.
        taken: Whether its page has taken the result over.
        shown_layers: How many layers' figures its page has drawn while it runs.
        extra: Further arguments that the options do not hold.
        request: What the process was sent.
    """

    id: int
    texts: tuple[tuple[str, str], ...]
    title: str
    purpose: str
    model_key: str
    data: DataSource
    options: RunOptions
    state: str = "running"
    progress: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] | None = None
    error: QuantSimError | None = None
    taken: bool = False
    shown_layers: int = 0
    started: float = field(default_factory=time.monotonic)
    cancelled_at: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    request: Request | None = None

    def take_progress(self, progress: Mapping[str, Any]) -> None:
        """Take over how far it is; the rows of layers add to those that came before."""
        layers = {row["tensor"]: row for row in self.progress.get("layers", ())}
        layers |= {row["tensor"]: row for row in progress.get("rows", ())}
        self.progress = {**progress, "layers": list(layers.values())}

    @property
    def is_running(self) -> bool:
        """Whether its page should go on polling."""
        return self.state == "running"

    @property
    def is_cancelled(self) -> bool:
        """Whether it was asked to stop, whatever became of it."""
        return self.cancelled_at is not None or self.state == "cancelled"

    @property
    def fraction(self) -> float:
        """How far it is, 0 to 1."""
        return float(min(max(self.progress.get("fraction", 0.0), 0.0), 1.0))

    @property
    def problem(self) -> str:
        """Why it failed, in the person's own names: an upload is kept under another one."""
        text = str(self.error or "")
        return text.replace(self.data.path, self.data.reference) if self.data.path else text


class Worker:
    """The worker process of one session, started when first needed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._log: Any = None
        self._jobs: dict[int, Job] = {}
        self._lock = threading.RLock()
        self._count = 0
        self._polled = time.monotonic()

    def warm(self, model: ModelSource | None = None) -> None:
        """Start the process ahead of its first run, and have it load a model.

        Importing torch takes seconds, and so does loading a large model. What comes of it nobody
        is told: whatever is wrong is said when something is run.
        """
        with self._lock:
            self._ensure()
            if model is not None:
                self._count += 1
                self._write(Request(self._count, model, (), RANDOM_DATA))

    def submit(
        self,
        model: ModelSource,
        texts: tuple[tuple[str, str], ...],
        data: DataSource,
        options: RunOptions,
        *,
        title: str,
        purpose: str,
        samples: int | None = None,
        task: str = "",
        extra: Mapping[str, Any] | None = None,
    ) -> Job:
        """Start a simulation, or another task, and return its job at once."""
        with self._lock:
            self._ensure()
            self._count += 1
            self._polled = time.monotonic()
            job = Job(self._count, texts, title, purpose, model.key, data, options)
            job.extra = dict(extra or {})
            self._jobs = {number: j for number, j in self._jobs.items() if j.is_running}
            self._jobs[job.id] = job
            keywords = options.to_keywords() | job.extra
            job.request = Request(job.id, model, texts, data, keywords, samples, task)
            self._write(job.request)
        return job

    def cancel(self, job: Job, *, force: bool = True) -> None:
        """Ask a job to stop; what does not stop by itself is ended, unless told not to `force`."""
        with self._lock:
            if job.is_running and job.cancelled_at is None:
                job.cancelled_at = time.monotonic()
                self._write(Cancel(job.id))
                if force:
                    threading.Timer(GRACE, self._enforce, (job,)).start()

    def poll(self) -> None:
        """Note that the page is still there, and that a process may have died unnoticed."""
        self._polled = time.monotonic()
        process = self._process
        if process is not None and (code := process.poll()) is not None:
            self._bury(process, code, self._log)

    def close(self) -> None:
        """End the process."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def _enforce(self, job: Job) -> None:
        """End the process of a job that does not stop; what waits behind it starts in another."""
        with self._lock:
            if not job.is_running:
                return
            running = [other for other in self._jobs.values() if other.is_running]
            for other in running:
                if other.cancelled_at is not None:
                    other.state = "cancelled"
            self.close()
            waiting = [other for other in running if other.is_running]
            if waiting:
                self._ensure()
            for other in waiting:
                assert other.request is not None
                self._write(other.request)

    def _ensure(self) -> None:
        if self._process is not None:
            code = self._process.poll()
            if code is None:
                return
            self._bury(self._process, code, self._log)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "quantsim_viz.ui.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=os.environ | {"PYTHONPATH": _search_path()},
        )
        arguments = (self._process, self._log)
        threading.Thread(target=self._pump, args=arguments, daemon=True).start()
        threading.Thread(target=self._watch, args=(self._process,), daemon=True).start()

    def _write(self, item: Request | Cancel) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        with contextlib.suppress(OSError, ValueError):  # a dead process is the pump's to report
            pickle.dump(item, process.stdin)
            process.stdin.flush()

    def _pump(self, process: subprocess.Popen[bytes], log: Any) -> None:
        stream = process.stdout
        assert stream is not None
        while True:
            try:
                message = pickle.load(stream)  # both ends are this program
            except Exception:  # a broken message is a broken process, whatever broke it
                break
            self._take(message)
        process.kill()
        code = process.wait()
        for end in (process.stdin, stream):
            with contextlib.suppress(OSError):
                if end is not None:
                    end.close()
        self._bury(process, code, log)

    def _take(self, message: Message) -> None:
        job = self._jobs.get(message.id)
        if job is None or not job.is_running:
            return
        if message.kind == "progress":
            job.take_progress(message.value)
            return
        if message.kind in ("done", "cancelled"):
            job.result = message.value
        elif message.kind == "failed":
            job.error = message.value
        job.state = message.kind

    def _bury(self, process: subprocess.Popen[bytes], code: int, log: Any) -> None:
        """Say what became of the jobs of a process that is gone; doing it twice is harmless."""
        tail = _tail(log)
        log.close()
        with self._lock:
            if self._process is not None and self._process is not process:
                return
            for job in self._jobs.values():
                if not job.is_running:
                    continue
                job.state = "cancelled" if job.cancelled_at is not None else "failed"
                if job.state == "failed":
                    job.error = _crash(code, tail)

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        """Cancel what nobody asks for any more, and end the process when nobody asks at all."""
        while process.poll() is None:
            time.sleep(5.0)
            quiet = time.monotonic() - self._polled
            running = [job for job in list(self._jobs.values()) if job.is_running]
            if quiet > FORGOTTEN_AFTER:
                for job in running:
                    self.cancel(job)
            if quiet > IDLE_AFTER:
                with contextlib.suppress(OSError):
                    process.kill()


def _search_path() -> str:
    """Return where the process finds this package, also when it is not installed."""
    package = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))


def _tail(log: Any) -> str:
    try:
        log.seek(0)
        return str(log.read()[-LOG_TAIL:].decode("utf-8", "replace")).strip()
    except (OSError, ValueError):
        return ""


def _crash(code: int, tail: str) -> QuantSimError:
    if code == -9:
        return QuantSimError(
            "The simulation's process was killed, most likely for lack of memory",
            code="worker-killed",
            hint="choose a smaller batch size or fewer samples; the app itself is not affected",
        )
    last = tail.splitlines()[-1] if tail else f"exit status {code}"
    return QuantSimError(
        f"The simulation's process ended unexpectedly: {last}",
        code="worker-crashed",
        hint="the app itself is not affected; press Simulate to try again",
    )
