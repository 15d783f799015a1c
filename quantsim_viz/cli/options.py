"""Arguments and options that several commands share."""

from __future__ import annotations

import click

BIT_WIDTHS = ("4", "8", "16", "32", "float16")


def _to_bit_width(_ctx: click.Context, _param: click.Parameter, value: str) -> int | str:
    return value if value == "float16" else int(value)


model_argument = click.argument("model", metavar="MODEL")

config_option = click.option(
    "-c", "--config", required=True, metavar="CONFIG", help="A configuration file or preset."
)

fold_option = click.option(
    "--fold-batch-norms",
    is_flag=True,
    help="Fold BatchNormalization into the preceding convolution first, as AIMET's workflow does.",
)

param_bits_option = click.option(
    "--param-bits",
    type=click.Choice(BIT_WIDTHS),
    default="8",
    show_default=True,
    callback=_to_bit_width,
    help="Bit width of parameters.",
)

act_bits_option = click.option(
    "--act-bits",
    type=click.Choice(BIT_WIDTHS),
    default="8",
    show_default=True,
    callback=_to_bit_width,
    help="Bit width of activations.",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON.")

output_option = click.option(
    "-o", "--output", metavar="OUT", help="Write to this file instead of standard output."
)
