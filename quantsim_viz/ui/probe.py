"""Trying a model in a process of its own before the server opens it.

ONNX's checker and shape inference are native code, and a malformed file can bring the process down
that asks them. What the app is handed is therefore opened by a child first: if that dies, the file
is refused, and nobody's session is lost. Run as `python -m quantsim_viz.ui.probe NAME [FOLD]`, the
path on its input.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from quantsim_viz.errors import ModelError, QuantSimError
from quantsim_viz.model import load_model

if TYPE_CHECKING:
    from quantsim_viz.ui.sources import ModelSource

COMMAND = (sys.executable, "-m", "quantsim_viz.ui.probe")

PATIENCE = 300.0
"""Seconds that opening a model may take."""

REFUSED = 3
"""Exit status of a child that found the model wanting, in words that the server finds again."""

BYTES, PATH = b"b", b"p"
"""Whether the bytes of the file are opened, as of an upload, or the file where it lies."""


def probe(source: ModelSource) -> None:
    """Open a model in a child process.

    A model that is refused in the ordinary way passes: opening it here gives the same message.

    Raises:
        ModelError: The child died of it (`crashes-onnx`) or did not come back (`too-slow`).
    """
    kind, path = (BYTES, source.stored) if source.is_upload else (PATH, source.reference)
    message = kind + os.fsencode(os.path.abspath(path))
    command = [*COMMAND, source.reference, *(["fold"] if source.fold else [])]
    try:
        child = subprocess.run(
            command,
            input=message,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(
            f"{source.reference} was not opened within {PATIENCE:.0f} s, so it was given up",
            code="too-slow",
            hint="check the file, or open a smaller one",
        ) from error
    if child.returncode in (0, REFUSED):
        return
    if child.returncode == -9:
        reason = "the process that tried it was killed, most likely for lack of memory"
    else:
        last = child.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        reason = f"it brings ONNX's own reader down ({(last or ['no message'])[0][:200]})"
    raise ModelError(
        f"{source.reference} was not opened: {reason}",
        code="crashes-onnx",
        hint="the file is malformed: export the model again; nothing else is affected",
    )


def main() -> int:
    """Open what the input names, and say by the exit status how that went."""
    message = sys.stdin.buffer.read()
    name, fold = sys.argv[1], "fold" in sys.argv[2:]
    try:
        path = os.fsdecode(message[1:])
        if message[:1] == BYTES:
            content = Path(path).read_bytes()
            load_model(content, fold_batch_norms=fold, name=name, allow_code=False)
        else:
            load_model(path, fold_batch_norms=fold)
    except QuantSimError:
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
