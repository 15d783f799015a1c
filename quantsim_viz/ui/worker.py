"""The process that simulates: it takes requests on its input and sends messages on its output.

Run as `python -m quantsim_viz.ui.worker` by `jobs.Worker`, which is the only one to talk to it. A
crash or a lack of memory in here takes nothing else down. Both ends exchange pickles through pipes
that belong to them alone.
"""

from __future__ import annotations

import os
import pickle
import queue
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any, BinaryIO

from quantsim_viz.errors import Cancelled, QuantSimError
from quantsim_viz.ui.messages import Cancel, Message, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from quantsim_viz.ui.simulation import Bench

MESSAGES_A_SECOND = 15


def main() -> None:
    """Serve requests until the input ends, behind whatever the person is doing."""
    if hasattr(os, "nice"):
        os.nice(5)
    messages = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever prints must not reach the channel
    serve(sys.stdin.buffer, messages)


def serve(requests: BinaryIO, messages: BinaryIO) -> None:
    """Read requests from one stream and write messages to the other, until the first one ends."""
    waiting: queue.Queue[Request | None] = queue.Queue()
    stops: dict[int, threading.Event] = {}
    lock = threading.Lock()

    def send(message: Message) -> None:
        with lock:
            pickle.dump(message, messages)
            messages.flush()

    def read() -> None:
        while True:
            try:
                item = pickle.load(requests)  # both ends are this program
            except (EOFError, OSError):
                waiting.put(None)
                return
            if isinstance(item, Cancel):
                stops.setdefault(item.id, threading.Event()).set()
            else:
                stops.setdefault(item.id, threading.Event())
                waiting.put(item)

    threading.Thread(target=read, daemon=True).start()
    from quantsim_viz.ui.simulation import Bench

    bench = Bench()
    while (request := waiting.get()) is not None:
        _answer(request, bench, stops[request.id], send)
        stops.pop(request.id, None)


def _answer(
    request: Request, bench: Bench, stop: threading.Event, send: Callable[[Message], None]
) -> None:
    try:
        result = _run(request, bench, stop, send)
    except Cancelled as stopped:
        found = [report.to_dict() for report in stopped.reports]
        send(Message(request.id, "cancelled", found[0] if found else None))
    except QuantSimError as error:
        send(Message(request.id, "failed", error))
    except MemoryError:
        send(Message(request.id, "failed", _out_of_memory()))
    except Exception as error:  # the person must hear of it, whatever it is
        traceback.print_exc()
        send(Message(request.id, "failed", _unexpected(error)))
    else:
        send(Message(request.id, "done", result))


def _run(
    request: Request, bench: Bench, stop: threading.Event, send: Callable[[Message], None]
) -> dict[str, Any]:
    last = 0.0

    def report(progress: Mapping[str, Any]) -> bool:
        nonlocal last
        now = time.monotonic()
        if now - last < 1 / MESSAGES_A_SECOND:
            return False
        last = now
        send(Message(request.id, "progress", dict(progress)))
        return True

    send(Message(request.id, "progress", {"phase": "loading"}))
    return bench.run(request, report, stop.is_set)


def _out_of_memory() -> QuantSimError:
    return QuantSimError(
        "The simulation ran out of memory",
        code="out-of-memory",
        hint="choose a smaller batch size or fewer samples",
    )


def _unexpected(error: Exception) -> QuantSimError:
    return QuantSimError(
        f"The simulation failed: {type(error).__name__}: {error}",
        code="internal-error",
        hint="this is a fault of the app; the server's log has the details",
    )


if __name__ == "__main__":
    main()
