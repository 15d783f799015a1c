"""What makes AIMET reject a configuration whatever the model, all of it at once.

Two rounds: the shape of the document against the schema (`schema.json`), then the values that have
the right shape and are refused all the same (`docs/semantics.md` §0). A check is a generator of
findings without a place; `validate` adds where each stands.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeGuard

from quantsim_viz.config.explain_schema import iter_schema_findings
from quantsim_viz.config.fixes import removal, replacement
from quantsim_viz.config.pointer import from_path, join, parent
from quantsim_viz.config.schema import KNOWN_PASSES
from quantsim_viz.config.suggest import nearest
from quantsim_viz.config.wording import short, shown
from quantsim_viz.diagnostics import Diagnostic, Fix, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from quantsim_viz.config.document import Document


def validate(document: Document) -> tuple[Diagnostic, ...]:
    """Return every finding about a JSON document, in the order of its lines.

    Errors are what AIMET rejects, whatever the model; warnings are what it accepts and the author
    can hardly have meant.
    """
    findings = [*document.iter_duplicate_keys()]
    findings += (_place(document, finding) for finding in iter_findings(document.data))
    return tuple(sorted(findings, key=lambda finding: (finding.line or 0, finding.column or 0)))


def iter_findings(data: Any) -> Iterator[Diagnostic]:
    """Yield the findings about a JSON value; they have no place yet."""
    for check in _CHECKS:
        yield from check(data)


def _place(document: Document, finding: Diagnostic) -> Diagnostic:
    """Return the finding with the place of its rule: the wrong value, or the key that is wrong."""
    pointer = finding.rule
    while pointer and pointer not in document.spots:
        pointer = parent(pointer)
    place = document.place(pointer, of="key" if finding.code in _ABOUT_KEYS else "value")
    if not pointer:  # the first character, lest the whole text be underlined
        place = document.lines.place(place.start, place.start + 1)
    return replace(
        finding,
        line=place.line,
        column=place.column,
        end_line=place.end_line,
        end_column=place.end_column,
    )


_ABOUT_KEYS = frozenset(
    {"default-input-quantized", "ignored-key", "missing-key", "reversed-range", "unknown-key"}
)
"""Findings that concern a key rather than its value."""


def _check_numbers(data: Any) -> Iterator[Diagnostic]:
    """Numbers beyond the range of a double."""
    stack: list[tuple[tuple[str | int, ...], Any]] = [((), data)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, dict):
            stack.extend(((*path, key), item) for key, item in value.items())
        elif isinstance(value, list):
            stack.extend(((*path, index), item) for index, item in enumerate(value))
        elif isinstance(value, int | float) and not _is_finite(value):
            yield Diagnostic(
                "number-too-large",
                Severity.ERROR,
                "This number is beyond the range of a double (about ±1.8e308). Write a smaller one,"
                " or leave the key out for no limit.",
                rule=from_path(path),
            )


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _check_default_ops(data: Any) -> Iterator[Diagnostic]:
    ops = _object(_object(data).get("defaults")).get("ops")
    pointer = "/defaults/ops/is_input_quantized"
    if _object(ops).get("is_input_quantized") in ("True", "False"):
        yield _refused(
            "default-input-quantized",
            "AIMET refuses is_input_quantized in defaults.ops, whatever its value. Remove it; say"
            " it for single operator types under op_type.",
            pointer,
        )
    if _object(ops).get("is_output_quantized") == "False":
        yield _refused(
            "default-output-false",
            'AIMET refuses is_output_quantized "False" in defaults.ops. Remove the key: without it'
            " no output is quantized by default.",
            "/defaults/ops/is_output_quantized",
        )


def _check_op_type_inputs(data: Any) -> Iterator[Diagnostic]:
    for name, entry in _object(_object(data).get("op_type")).items():
        if _object(entry).get("is_input_quantized") == "False":
            yield _refused(
                "op-input-false",
                f'AIMET refuses is_input_quantized "False" for an operator type ({short(name)}).'
                " Remove the key: without it the inputs are left as the other rules make them.",
                join("/op_type", name, "is_input_quantized"),
            )


def _check_model_ends(data: Any) -> Iterator[Diagnostic]:
    if _object(_object(data).get("model_input")).get("is_input_quantized") == "False":
        yield _refused(
            "model-input-false",
            'AIMET refuses is_input_quantized "False" under model_input. To leave the model\'s'
            " inputs unquantized, remove the line.",
            "/model_input/is_input_quantized",
        )
    if _object(_object(data).get("model_output")).get("is_output_quantized") == "False":
        yield _refused(
            "model-output-false",
            'AIMET refuses is_output_quantized "False" under model_output. Remove the line: without'
            " it the outputs are left as the other rules make them.",
            "/model_output/is_output_quantized",
        )


def _check_kernels(data: Any) -> Iterator[Diagnostic]:
    owners = {"/defaults": _object(data).get("defaults")}
    for name, entry in _object(_object(data).get("op_type")).items():
        owners[join("/op_type", name)] = entry
    for owner, entry in owners.items():
        kernels = _object(entry).get("supported_kernels")
        for index, kernel in enumerate(kernels if isinstance(kernels, list) else []):
            for slot in ("activation", "param"):
                precision = _object(_object(kernel).get(slot))
                if precision.get("dtype") == "float" and precision.get("bitwidth") in (4, 8):
                    pointer = join(owner, "supported_kernels", index, slot, "bitwidth")
                    bits = precision["bitwidth"]
                    yield Diagnostic(
                        "float-kernel-bitwidth",
                        Severity.ERROR,
                        f"AIMET has no float kernels of {bits} bits. Write 16 or 32, or dtype"
                        ' "int".',
                        rule=pointer,
                        fix=replacement(pointer, 16),
                    )


def _check_passes(data: Any) -> Iterator[Diagnostic]:
    passes = _object(data).get("supergroup_pass_list")
    for index, name in enumerate(passes if isinstance(passes, list) else []):
        if not isinstance(name, str) or name in KNOWN_PASSES:
            continue
        pointer = join("/supergroup_pass_list", index)
        close = nearest(name, KNOWN_PASSES)
        known = ", ".join(KNOWN_PASSES)
        advice = f"Did you mean {close}?" if close else "Remove it."
        fix = replacement(pointer, close) if close else removal(pointer, f"Remove {short(name)}")
        yield Diagnostic(
            "unknown-pass",
            Severity.ERROR,
            f'AIMET knows no pass named "{short(name)}", only {known}. {advice}',
            rule=pointer,
            fix=fix,
        )


def _check_ranges(data: Any) -> Iterator[Diagnostic]:
    """Fixed ranges whose ends are the wrong way round: AIMET takes them all the same."""
    for name, entry in _object(_object(data).get("op_type")).items():
        constraints = _object(_object(entry).get("encoding_constraints"))
        low, high = constraints.get("min"), constraints.get("max")
        if not (_is_number(low) and _is_number(high) and low > high):
            continue
        pointer = join("/op_type", name, "encoding_constraints")
        swap = (
            {"op": "replace", "path": f"{pointer}/min", "value": high},
            {"op": "replace", "path": f"{pointer}/max", "value": low},
        )
        yield Diagnostic(
            "reversed-range",
            Severity.WARNING,
            f"The fixed range of {short(name)} has its min above its max ({shown(low)} and"
            f" {shown(high)}). AIMET takes it as it is. Exchange them.",
            rule=pointer,
            fix=Fix("Exchange min and max", swap),
        )


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and _is_finite(value)


def _object(value: Any) -> dict[str, Any]:
    """Return the value if it is an object, else an empty one: the schema tells what is wrong."""
    return value if isinstance(value, dict) else {}


def _refused(code: str, message: str, pointer: str) -> Diagnostic:
    return Diagnostic(code, Severity.ERROR, message, rule=pointer, fix=removal(pointer))


_CHECKS: tuple[Callable[[Any], Iterator[Diagnostic]], ...] = (
    iter_schema_findings,
    _check_numbers,
    _check_default_ops,
    _check_op_type_inputs,
    _check_model_ends,
    _check_kernels,
    _check_passes,
    _check_ranges,
)
