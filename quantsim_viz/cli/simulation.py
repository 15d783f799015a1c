"""What every command that executes a model has in common: its options and its progress line."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from quantsim_viz.cli.options import act_bits_option, fold_option, param_bits_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Progress = Callable[[int, int, str, Mapping[str, Any] | None], None]

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
def progress_line() -> Iterator[Progress | None]:
    """Show progress on one line of stderr, nothing where stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    start = time.monotonic()
    width = 0

    def show(done: int, total: int, stage: str, row: Mapping[str, Any] | None) -> None:
        nonlocal width
        if row is not None or not total:
            return
        text = f"{stage} {100 * done // total:3d} %  {time.monotonic() - start:.1f} s"
        sys.stderr.write(f"\r{text:<{width}}")
        sys.stderr.flush()
        width = max(width, len(text))

    try:
        yield show
    finally:
        sys.stderr.write(f"\r{'':<{width}}\r")
        sys.stderr.flush()
