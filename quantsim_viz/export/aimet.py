"""AIMET's encodings formats: 0.6.1, 1.0.0 and 2.0.0.

In the first two, `real = scale · (code + offset)` with codes from 0, so offsets are at most 0. In
2.0.0, `real = y_scale · (code − y_zero_point)`, with codes of the type that `output_dtype` names.

Source: `docs/export.md`; the fields are those that aimet-onnx 2.42 writes and reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import quantsim_viz
from quantsim_viz.export.biases import bias_encodings
from quantsim_viz.export.refusals import not_expressible
from quantsim_viz.resolve.settings import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quantsim_viz.config.rules import Rules
    from quantsim_viz.resolve import Cascade
    from quantsim_viz.sim import Calibration
    from quantsim_viz.sim.encodings import Encoding

Document = dict[str, Any]

VERSIONS = ("0.6.1", "1.0.0", "2.0.0")

AS_CONFIGURED = "configured"
ACTIVATION_TYPES = (AS_CONFIGURED, "unsigned", "signed")
"""How 2.0.0 writes activations: symmetric ones signed, or all of them in one kind of type."""


def encodings_document(
    calibrated: Calibration,
    version: str,
    *,
    activations_as: str = AS_CONFIGURED,
    int32_biases: bool = False,
) -> Document:
    """Return the encodings in one of AIMET's formats.

    1. 0.6.1 and 1.0.0 have a section for parameters and one for everything else.
    2. 2.0.0 is one list without them. float16 quantizers are left out there, as AIMET does;
       where all are float16 it is refused.

    Args:
        calibrated: What to write.
        version: One of `VERSIONS`.
        activations_as: 2.0.0 only, one of `ACTIVATION_TYPES`. AIMET's own export writes
            `unsigned`, and then refuses to load that strictly where an activation is symmetric.
        int32_biases: 2.0.0 only: add an encoding for every bias that has none, with the
            accumulator's scale, as AIMET's own export does; a strict load refuses that.

    Raises:
        QuantSimError: A scale is not a positive number, or all quantizers are float16 and the
            format has no word for that (`not-expressible`).
    """
    _refuse_broken_scales(calibrated.encodings, f"aimet-{version}")
    document: Document = {
        "version": version,
        "producer": {"package": "quantsim-viz", "version": quantsim_viz.__version__},
    }
    if version == "2.0.0":
        entries = _entries_2(calibrated, activations_as, int32_biases=int32_biases)
        halves = float16_quantizers(calibrated.cascade)
        if halves and not entries:
            raise not_expressible(
                "aimet-2.0.0",
                [f"the float16 quantizer of `{name}`" for name in halves],
                "and there are no others; aimet-1.0.0, aimet-0.6.1 and qdq can",
            )
        return document | {"encodings": entries}
    quantizers = calibrated.cascade.quantizers
    params: dict[str, Encoding] = {}
    activations: dict[str, Encoding] = {}
    for name, encoding in calibrated.encodings.items():
        section = params if quantizers[name].kind is Kind.PARAM else activations
        section[name] = encoding
    write = _section_0 if version == "0.6.1" else _section_1
    return document | {
        "activation_encodings": write(activations),
        "param_encodings": write(params),
        "quantizer_args": _quantizer_args(calibrated),
    }


def float16_quantizers(cascade: Cascade) -> tuple[str, ...]:
    """Return the tensors with a float16 quantizer, of which 2.0.0 says nothing."""
    return tuple(
        tensor
        for tensor, setting in cascade.quantizers.items()
        if setting.enabled and setting.dtype == "float"
    )


def _section_0(encodings: Mapping[str, Encoding]) -> dict[str, list[Document]]:
    return {name: _entry_0(encoding) for name, encoding in encodings.items()}


def _entry_0(encoding: Encoding) -> list[Document]:
    if encoding.dtype == "float":
        return [{"bitwidth": 16, "dtype": "float"}]
    codes = 2**encoding.bitwidth - 1
    return [
        {
            "bitwidth": encoding.bitwidth,
            "dtype": "int",
            "is_symmetric": str(encoding.symmetric),
            # AIMET writes the range of all codes, also where a strict grid leaves one out.
            "max": (offset + codes) * scale,
            "min": offset * scale,
            "offset": offset,
            "scale": scale,
        }
        for scale, offset in zip(encoding.scale, encoding.offset, strict=True)
    ]


def _section_1(encodings: Mapping[str, Encoding]) -> list[Document]:
    return [_entry_1(encoding) | {"name": name} for name, encoding in encodings.items()]


def _entry_1(encoding: Encoding) -> Document:
    if encoding.dtype == "float":
        return {"bw": 16, "dtype": "FLOAT", "enc_type": "PER_TENSOR"}
    return {
        "bw": encoding.bitwidth,
        "dtype": "INT",
        "enc_type": "PER_TENSOR" if encoding.axis is None else "PER_CHANNEL",
        "is_sym": encoding.symmetric,
        "offset": list(encoding.offset),
        "scale": list(encoding.scale),
    }


def _entries_2(
    calibrated: Calibration, activations_as: str, *, int32_biases: bool
) -> list[Document]:
    quantizers = calibrated.cascade.quantizers
    encodings = dict(calibrated.encodings)
    if int32_biases:
        encodings |= bias_encodings(calibrated)
    entries = []
    for name, encoding in encodings.items():
        if encoding.dtype == "float":
            continue
        signed = encoding.symmetric
        if quantizers[name].kind is not Kind.PARAM and activations_as != AS_CONFIGURED:
            signed = activations_as == "signed"
        entries.append(_entry_2(encoding, signed=signed) | {"name": name})
    return entries


def _entry_2(encoding: Encoding, *, signed: bool) -> Document:
    """Return an encoding by zero points; those that are all 0 are left out."""
    middle = 2 ** (encoding.bitwidth - 1) if signed else 0
    points = [-middle - int(offset) for offset in encoding.offset]
    entry: Document = {
        "output_dtype": f"{'int' if signed else 'uint'}{encoding.bitwidth}",
        "y_scale": list(encoding.scale),
    }
    if any(points):
        entry["y_zero_point"] = points
    if encoding.axis is None:
        for key in entry.keys() - {"output_dtype"}:
            entry[key] = entry[key][0]
    else:
        entry["axis"] = encoding.axis
    return entry


def _quantizer_args(calibrated: Calibration) -> Document:
    """Return what AIMET says of the whole simulation; nothing reads it back."""
    cascade = calibrated.cascade
    rules = cascade.config.rules
    assert rules is not None  # a configuration without rules is refused before
    per_channel = _is_per_channel(rules)
    symmetric = rules.default_params.is_symmetric
    param_bits = cascade.param_bits
    return {
        "activation_bitwidth": _bits(cascade.act_bits),
        "dtype": "float" if isinstance(param_bits, str) else "int",
        "is_symmetric": per_channel if symmetric is None else symmetric.value,
        "param_bitwidth": _bits(param_bits),
        "per_channel_quantization": per_channel,
        "quant_scheme": calibrated.scheme.name,
    }


def _is_per_channel(rules: Rules) -> bool:
    entries = (entry.per_channel_quantization for entry in rules.op_type.values())
    found = (rules.per_channel_quantization, *entries)
    return any(rule.value for rule in found if rule is not None)


def _bits(bits: int | str) -> int:
    return 16 if isinstance(bits, str) else bits


def _refuse_broken_scales(encodings: Mapping[str, Encoding], target: str) -> None:
    """Refuse grids that no format can hold.

    Raises:
        QuantSimError: A scale is not a positive number (`not-expressible`).
    """
    reasons: Sequence[str] = [
        f"the grid of `{name}`, whose scale is {scale}"
        for name, encoding in encodings.items()
        for scale in encoding.scale
        if not (np.isfinite(scale) and scale > 0)
    ]
    if reasons:
        raise not_expressible(
            target, reasons, "calibrate with other data or another scheme; min_max always works"
        )
