"""Bit widths as commands and callers name them."""

from __future__ import annotations

from dataclasses import dataclass

from quantsim_viz.errors import QuantSimError

BitWidth = int | str
"""4, 8, 16 or 32, or `"float16"`."""

INTEGER_WIDTHS = (4, 8, 16, 32)


@dataclass(frozen=True, slots=True)
class Precision:
    """A number format: `int` or `float`, and how many bits."""

    dtype: str
    bits: int


def parse_precision(value: BitWidth) -> Precision:
    """Return the number format a bit width stands for.

    Args:
        value: 4, 8, 16, 32 (as a number or as text) or `"float16"`.

    Raises:
        QuantSimError: It is none of these.

    >>> parse_precision("float16")
    Precision(dtype='float', bits=16)
    """
    text = str(value)
    if text == "float16":
        return Precision("float", 16)
    if text in map(str, INTEGER_WIDTHS) and not isinstance(value, bool):
        return Precision("int", int(text))
    raise QuantSimError(
        f"Bit width {value!r} is not supported: expected 4, 8, 16, 32 or float16.",
        code="bad-bit-width",
        hint="Choose one of these.",
    )
