"""What the schema's errors mean, in plain words, each with the change that mends it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from quantsim_viz.config.pointer import from_path, join
from quantsim_viz.config.suggest import nearest
from quantsim_viz.diagnostics import Diagnostic, Fix, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jsonschema import ValidationError

_TYPE_NAMES = {
    "object": "an object { … }",
    "array": "a list [ … ]",
    "string": "a text in quotes",
    "number": "a number",
    "integer": "a whole number",
}

_STARTERS: dict[str, Any] = {
    "/defaults": {"ops": {"is_output_quantized": "True"}, "params": {"is_quantized": "True"}},
    "/model_input": {"is_input_quantized": "True"},
}
"""What to put where a required key is missing and an empty value would say something else."""


def explain_schema_error(error: ValidationError) -> Iterator[Diagnostic]:
    """Yield what one error of the validator means."""
    explain = _EXPLAINERS[error.validator]
    yield from explain(error, from_path(error.absolute_path))


def iter_ignored_keys(data: Any) -> Iterator[Diagnostic]:
    """Yield a warning at each key of `encoding_constraints` that AIMET accepts and never reads."""
    op_types = data.get("op_type") if isinstance(data, dict) else None
    for name, entry in op_types.items() if isinstance(op_types, dict) else ():
        constraints = entry.get("encoding_constraints") if isinstance(entry, dict) else None
        for key in constraints if isinstance(constraints, dict) else ():
            if key in ("min", "max"):
                continue
            pointer = join("/op_type", name, "encoding_constraints", key)
            free = [known for known in ("min", "max") if known not in constraints]
            close = nearest(key[:3], free)
            yield Diagnostic(
                "ignored-key",
                Severity.WARNING,
                f'encoding_constraints has no "{_short(key)}"; AIMET ignores it.'
                + (f' Did you mean "{close}"?' if close else " Remove it."),
                rule=pointer,
                fix=_rename_fix(pointer, close) if close else _remove_fix(pointer, key),
            )


def _explain_type(error: ValidationError, pointer: str) -> Iterator[Diagnostic]:
    wanted = _TYPE_NAMES[error.validator_value]
    if not pointer:
        yield Diagnostic(
            "not-a-configuration",
            Severity.ERROR,
            f"A configuration is an object {{ … }} with the sections {_listed(error)}; this is"
            f" {_kind(error.instance)}.",
        )
        return
    fix = None
    if error.validator_value == "string" and isinstance(error.instance, int | float):
        fix = _replace_fix(pointer, json.dumps(error.instance))
    elif error.validator_value in ("number", "integer"):
        fix = _number_fix(error, pointer)
    elif error.validator_value == "array" and isinstance(error.instance, dict):
        fix = _replace_fix(pointer, [error.instance] if error.instance else [])
    yield Diagnostic(
        "wrong-type",
        Severity.ERROR,
        f"{_name(error)} must be {wanted}, not {_kind(error.instance)}.",
        rule=pointer,
        fix=fix,
    )


def _number_fix(error: ValidationError, pointer: str) -> Fix | None:
    """Return the fix for a number in quotes."""
    try:
        number = float(error.instance) if isinstance(error.instance, str) else None
    except ValueError:
        return None
    if number is None or abs(number) > 1e300 or number != number:
        return None
    if number == int(number):
        number = int(number)
    allowed = error.schema.get("enum") if isinstance(error.schema, dict) else None
    if allowed is not None and number not in allowed:
        return None
    return _replace_fix(pointer, number)


def _explain_enum(error: ValidationError, pointer: str) -> Iterator[Diagnostic]:
    allowed = error.validator_value
    if allowed == ["True", "False"]:
        yield _explain_boolean(error, pointer)
        return
    if allowed == [4, 8, 16, 32] and not _is_integer(error.instance):
        return  # the schema asks for an integer as well, and that error says so
    choices = ", ".join(json.dumps(choice) for choice in allowed)
    value = error.instance
    close = nearest(value, allowed) if isinstance(value, str) else None
    yield Diagnostic(
        "bad-value",
        Severity.ERROR,
        f"{_name(error)} must be one of {choices}, not {_shown(value)}.",
        rule=pointer,
        fix=_replace_fix(pointer, close) if close else None,
    )


def _is_integer(value: Any) -> bool:
    is_whole = isinstance(value, float) and value.is_integer()
    return is_whole or (isinstance(value, int) and not isinstance(value, bool))


def _explain_boolean(error: ValidationError, pointer: str) -> Diagnostic:
    value = error.instance
    name = _name(error)
    if isinstance(value, bool):
        meant = str(value)
        return Diagnostic(
            "wrong-type",
            Severity.ERROR,
            f'{name} is the JSON value {json.dumps(value)}; the format wants the text "{meant}", in'
            " quotes and with a capital letter.",
            rule=pointer,
            fix=_replace_fix(pointer, meant),
        )
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        meant = value.strip().capitalize()
        return Diagnostic(
            "wrong-case",
            Severity.ERROR,
            f'{name} is {_shown(value)}; it must be exactly "True" or "False". Write "{meant}".',
            rule=pointer,
            fix=_replace_fix(pointer, meant),
        )
    if isinstance(value, str):
        meant = nearest(value, ("True", "False")) or ""
        return Diagnostic(
            "bad-value",
            Severity.ERROR,
            f'{name} is {_shown(value)}; it must be "True" or "False".',
            rule=pointer,
            fix=_replace_fix(pointer, meant) if meant else None,
        )
    is_number = isinstance(value, int | float) and value in (0, 1)
    return Diagnostic(
        "wrong-type",
        Severity.ERROR,
        f'{name} must be the text "True" or "False", not {_kind(value)}.',
        rule=pointer,
        fix=_replace_fix(pointer, str(bool(value))) if is_number else None,
    )


def _explain_required(error: ValidationError, pointer: str) -> Iterator[Diagnostic]:
    """One error lists one missing key, in jsonschema's message; the first missing ones come first."""
    missing = _missing_key(error)
    target = join(pointer, missing)
    fix = None
    if missing in _ADDABLE:
        value = _STARTERS.get(target, _ADDABLE[missing])
        fix = Fix(
            f"Add {missing}",
            ({"op": "add", "path": target, "value": value},),
        )
    place = f'"{error.absolute_path[-1]}"' if pointer else "The configuration"
    yield Diagnostic(
        "missing-key",
        Severity.ERROR,
        f'{place} has no "{missing}", which AIMET requires. Add it'
        + (", if only empty." if missing in _MAY_BE_EMPTY else "."),
        rule=pointer,
        fix=fix,
    )


_ADDABLE: dict[str, Any] = {
    "defaults": {},
    "params": {},
    "op_type": {},
    "supergroups": [],
    "model_input": {},
    "model_output": {},
    "ops": {},
    "activation": {"bitwidth": 8, "dtype": "int"},
    "param": {"bitwidth": 8, "dtype": "int"},
    "bitwidth": 8,
    "dtype": "int",
}
_MAY_BE_EMPTY = frozenset({"params", "op_type", "supergroups", "model_output", "ops"})


def _missing_key(error: ValidationError) -> str:
    """Return which required key the error is about: the validator yields one error a key, in order."""
    return next(key for key in error.validator_value if error.message.startswith(repr(key)))


def _explain_unknown_keys(error: ValidationError, pointer: str) -> Iterator[Diagnostic]:
    known: list[str] = list(error.schema["properties"])
    free = [key for key in known if key not in error.instance]
    for key in error.instance:
        if key in known:
            continue
        close = nearest(key, free)
        target = join(pointer, key)
        if close is not None:
            free.remove(close)
            advice = f' Did you mean "{close}"?'
        else:
            duplicate = nearest(key, known)
            advice = (
                f' "{duplicate}" is there already: remove this one.'
                if duplicate
                else f" It may hold {', '.join(known)}."
            )
        place = f'"{error.absolute_path[-1]}"' if pointer else "A configuration"
        yield Diagnostic(
            "unknown-key",
            Severity.ERROR,
            f'{place} has no key "{_short(key)}".{advice}',
            rule=target,
            fix=_rename_fix(target, close) if close else _remove_fix(target, key),
        )


def _explain_min_items(error: ValidationError, pointer: str) -> Iterator[Diagnostic]:
    if error.validator_value == 1:
        yield Diagnostic(
            "empty-list",
            Severity.ERROR,
            f"{_name(error)} must not be empty. Remove the key, or list a kernel.",
            rule=pointer,
            fix=_remove_fix(pointer, str(error.absolute_path[-1])),
        )
        return
    group = from_path(list(error.absolute_path)[:-1])
    yield Diagnostic(
        "short-supergroup",
        Severity.ERROR,
        f"A supergroup needs at least two operator types; this op_list has {len(error.instance)}.",
        rule=pointer,
        fix=Fix("Remove the supergroup", ({"op": "remove", "path": group},)),
    )


_EXPLAINERS: dict[Any, Callable[[ValidationError, str], Iterator[Diagnostic]]] = {
    "type": _explain_type,
    "enum": _explain_enum,
    "required": _explain_required,
    "additionalProperties": _explain_unknown_keys,
    "minItems": _explain_min_items,
}
"""Every keyword that the schema asserts with."""


def _listed(error: ValidationError) -> str:
    return ", ".join(error.schema["required"])


def _name(error: ValidationError) -> str:
    key = error.absolute_path[-1] if error.absolute_path else ""
    if isinstance(key, int):
        return f"Item {key + 1} of {error.absolute_path[-2]}"
    return _short(key) if key else '""'


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"the JSON value {json.dumps(value)}"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return f"the text {_shown(value)}"
    return f"the number {_shown(value)}"


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return _kind(value)
    try:
        return _short(json.dumps(value, ensure_ascii=False))
    except ValueError:
        return "a number with very many digits"


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def _replace_fix(pointer: str, value: Any) -> Fix:
    shown = _shown(value) if not isinstance(value, dict | list) else "a list"
    return Fix(f"Write {shown}", ({"op": "replace", "path": pointer, "value": value},))


def _remove_fix(pointer: str, key: str) -> Fix:
    return Fix(f"Remove {_short(key)}", ({"op": "remove", "path": pointer},))


def _rename_fix(pointer: str, key: str) -> Fix:
    target = join(pointer.rpartition("/")[0], key)
    return Fix(f"Rename to {key}", ({"op": "move", "from": pointer, "path": target},))
