"""What every command that executes a model has in common: its options and its progress line."""

from __future__ import annotations

import math
import shutil
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from quantsim_viz.cli.options import act_bits_option, fold_option, param_bits_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from quantsim_viz.sim.watch import Status

SCHEMES = ("min_max", "tf_enhanced", "percentile", "mse")
LAYER_MEASURES = ("cumulative", "isolated", "sensitivity")
MEASURES = (*LAYER_MEASURES, "quantizers", "channels")

data_option = click.option(
    "--data",
    required=True,
    metavar="DATA",
    help="What to feed the model: .npz, .npy or random[:SEED].",
)


def _split_measures(ctx: click.Context, param: click.Parameter, value: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in value.split(",") if name.strip())
    for name in names:
        if name not in MEASURES:
            raise click.BadParameter(f"{name!r} is none of {', '.join(MEASURES)}.", ctx, param)
    if not names:
        raise click.BadParameter("name at least one measure.", ctx, param)
    return names


_OPTIONS = (
    param_bits_option,
    act_bits_option,
    click.option(
        "--scheme",
        type=click.Choice(SCHEMES),
        default="min_max",
        show_default=True,
        help="How ranges are found from the calibration data.",
    ),
    click.option(
        "--percentile",
        type=click.FloatRange(50, 100, min_open=True),
        default=100.0,
        show_default=True,
        help="Share of values kept in range, for --scheme percentile.",
    ),
    click.option(
        "--calibration", metavar="DATA", help="Data to find ranges with. [default: the data]"
    ),
    click.option(
        "--batch-size",
        type=click.IntRange(min=1),
        metavar="N",
        help="Samples executed at once.",
    ),
    click.option(
        "--samples", type=click.IntRange(min=1), metavar="N", help="Use the first N samples only."
    ),
    click.option(
        "--seed", type=int, metavar="N", help="With --samples: draw them, with this seed."
    ),
    click.option(
        "--device",
        default="cpu",
        show_default=True,
        metavar="DEVICE",
        help="Where to execute: cpu, or a device of torch's such as cuda, which is untested.",
    ),
    fold_option,
)

_MEASURE_OPTIONS = (
    click.option(
        "--measure",
        default="cumulative",
        show_default=True,
        callback=_split_measures,
        metavar="LIST",
        help="Which noise: cumulative, isolated, sensitivity of layers; quantizers for the rounding"
        " and clipping of each; channels for every channel's. Separated by commas.",
    ),
    click.option(
        "--metric", metavar="NAME", help="Accuracy on labelled data. [default: top1 with labels]"
    ),
)


def calibration_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the bit-width, scheme and calibration options to a command."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def simulation_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add what is measured as well."""
    for option in reversed(_MEASURE_OPTIONS):
        function = option(function)
    return calibration_options(function)


@contextmanager
def progress_line() -> Iterator[Callable[[Status], None] | None]:
    """Show progress on one line of stderr, nothing where stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    width = 0

    def show(status: Status) -> None:
        nonlocal width
        if status.row is not None:
            return
        text = format_status(status)
        sys.stderr.write(f"\r{text:<{width}}")
        sys.stderr.flush()
        width = max(width, len(text))

    try:
        yield show
    finally:
        sys.stderr.write(f"\r{'':<{width}}\r")
        sys.stderr.flush()


def format_status(status: Status) -> str:
    """Return how far a simulation is: `simulate  37 %, 64 of 360 samples, 12 s left: conv1 (Conv)`.

    It is cut off rather than wrapped, because a line that wraps cannot be drawn over.
    """
    parts = [f"{status.stage} {100 * status.done // status.total:3d} %"]
    if status.of:
        parts.append(f"{status.samples} of {status.of} samples")
    elif status.samples:
        parts.append(f"{status.samples} samples")
    if status.seconds_left is not None:
        parts.append(f"{format_seconds(status.seconds_left)} left")
    text = ", ".join(parts)
    if status.node:
        text = f"{text}: {status.node} ({status.op_type})"
    return text[: max(20, shutil.get_terminal_size().columns - 1)]


def format_seconds(seconds: float) -> str:
    """Return a time to wait, no finer than anybody cares.

    >>> format_seconds(4.2), format_seconds(95), format_seconds(7300)
    ('5 s', '1 min 35 s', '2 h 2 min')
    """
    whole = math.ceil(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


@contextmanager
def stoppable() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C into a request to stop, which is answered yes; the second interrupts.

    Outside the main thread, where Python takes no signals, the answer is always no.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    asked = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def ask(_number: int, _frame: object) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, ask)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)
