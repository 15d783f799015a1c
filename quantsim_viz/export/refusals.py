"""What an export refuses: quantizers without an encoding, and what a format cannot express."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantsim_viz.errors import QuantSimError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quantsim_viz.resolve import Cascade
    from quantsim_viz.sim.encodings import Encoding


def refuse_uncalibrated(cascade: Cascade, encodings: Mapping[str, Encoding]) -> None:
    """Refuse a calibration that has left an enabled quantizer without an encoding.

    Raises:
        QuantSimError: There is one (`quantizer-without-data`).
    """
    missing = [
        tensor
        for tensor, setting in cascade.quantizers.items()
        if setting.enabled and tensor not in encodings
    ]
    if missing:
        raise QuantSimError(
            f"{len(missing)} enabled quantizer(s) were shown no data and have no encoding to "
            f"export: {listed(missing)}",
            code="quantizer-without-data",
            hint="calibrate with data that reach these tensors, or switch their quantizers off",
            path=cascade.model.path,
        )


def not_expressible(target: str, reasons: Sequence[str], hint: str) -> QuantSimError:
    """Return the error for what a format cannot say, each reason naming its tensor or node."""
    more = f" (and {len(reasons) - 5} more)" if len(reasons) > 5 else ""
    return QuantSimError(
        f"{target} cannot express {'; '.join(reasons[:5])}{more}",
        code="not-expressible",
        hint=hint,
    )


def listed(names: Sequence[str]) -> str:
    """Return up to five names for a message.

    >>> listed(["a", "b"])
    '`a`, `b`'
    """
    shown = ", ".join(f"`{name}`" for name in names[:5])
    return f"{shown}, …" if len(names) > 5 else shown
