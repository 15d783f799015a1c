"""What the schema's errors mean, in plain words, each with the change that mends it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quantsim_viz.config.fixes import addition, removal, renaming, replacement
from quantsim_viz.config.pointer import from_path, join
from quantsim_viz.config.schema import validator
from quantsim_viz.config.suggest import nearest
from quantsim_viz.config.wording import kind, short, shown
from quantsim_viz.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jsonschema import ValidationError

    from quantsim_viz.diagnostics import Fix

BOOLEANS = ("True", "False")

_TYPE_NAMES = {
    "object": "an object { … }",
    "array": "a list [ … ]",
    "string": "a text in quotes",
    "number": "a number",
    "integer": "a whole number",
}


@dataclass(frozen=True, slots=True)
class SchemaError:
    """One error of the validator.

    Attributes:
        keyword: The schema's keyword that the value breaks.
        expected: That keyword's value.
        path: Keys and indices that lead to the value.
        value: The value.
        schema: The schema that holds the keyword.
        message: The validator's own words.
    """

    keyword: str
    expected: Any
    path: tuple[str | int, ...]
    value: Any
    schema: Mapping[str, Any]
    message: str

    @classmethod
    def of(cls, error: ValidationError, above: tuple[str | int, ...] = ()) -> SchemaError:
        """Take over what `jsonschema` found in the value that the path `above` leads to."""
        schema: Any = error.schema
        path = (*above, *error.absolute_path)
        return cls(
            str(error.validator), error.validator_value, path, error.instance, schema, error.message
        )

    @property
    def pointer(self) -> str:
        """JSON pointer of the value."""
        return from_path(self.path)

    @property
    def name(self) -> str:
        """What to call the value in a sentence."""
        if not self.path:
            return "The configuration"
        key = self.path[-1]
        if isinstance(key, int):
            return f"Item {key + 1} of {self.path[-2]}"
        return short(key) if key else 'The value of ""'

    @property
    def holder(self) -> str:
        """What to call the value when its keys are the matter."""
        if not self.path:
            return "The configuration"
        key = self.path[-1]
        return self.name if isinstance(key, int) else f'"{short(key)}"'


def iter_schema_findings(data: Any) -> Iterator[Diagnostic]:
    """Yield what of a JSON value breaks the schema; the findings have no place yet."""
    findings = [
        finding
        for error in map(SchemaError.of, validator().iter_errors(data))
        for finding in _explain(error)
    ]
    renamed = {
        step["path"]
        for finding in findings
        if finding.fix is not None
        for step in finding.fix.patch
        if step["op"] == "move"
    }
    for finding in findings:
        if finding.code == "missing-key" and _is_among(finding.fix, renamed):
            continue  # the key is there, mistyped, and that finding says so
        yield finding
    yield from _iter_ignored_keys(data)


def _is_among(fix: Fix | None, pointers: set[Any]) -> bool:
    return fix is not None and fix.patch[0]["path"] in pointers


def _explain(error: SchemaError) -> Iterator[Diagnostic]:
    return _EXPLAINERS[error.keyword](error)


def _explain_type(error: SchemaError) -> Iterator[Diagnostic]:
    if not error.path:
        sections = ", ".join(error.schema["required"])
        yield Diagnostic(
            "not-a-configuration",
            Severity.ERROR,
            f"A configuration is an object {{ … }} with the sections {sections}; this is"
            f" {kind(error.value)}.",
        )
        return
    yield Diagnostic(
        "wrong-type",
        Severity.ERROR,
        f"{error.name} must be {_TYPE_NAMES[error.expected]}, not {kind(error.value)}.",
        rule=error.pointer,
        fix=_type_fix(error),
    )


def _type_fix(error: SchemaError) -> Fix | None:
    value = error.value
    if error.expected == "string" and isinstance(value, int | float):
        return replacement(error.pointer, json.dumps(value))
    if error.expected in ("number", "integer"):
        number = _quoted_number(value)
        allowed = error.schema.get("enum", [number])
        return (
            replacement(error.pointer, number) if number in allowed and number is not None else None
        )
    if error.path == ("supergroups",) and isinstance(value, dict) and "op_list" in value:
        return replacement(error.pointer, [value])
    return None


def _quoted_number(value: Any) -> float | None:
    """Return the number that a text holds."""
    try:
        number = float(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if number is None or not abs(number) < 1e300:
        return None
    return int(number) if number == int(number) else number


def _explain_enum(error: SchemaError) -> Iterator[Diagnostic]:
    if error.expected == list(BOOLEANS):
        yield _explain_boolean(error)
        return
    if "type" in error.schema and not _is_whole(error.value):
        return  # the schema asks for a whole number as well, and that error says so
    choices = ", ".join(json.dumps(choice) for choice in error.expected)
    close = nearest(error.value, error.expected) if isinstance(error.value, str) else None
    yield Diagnostic(
        "bad-value",
        Severity.ERROR,
        f"{error.name} must be one of {choices}, not {shown(error.value)}.",
        rule=error.pointer,
        fix=replacement(error.pointer, close) if close else None,
    )


def _is_whole(value: Any) -> bool:
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def _explain_boolean(error: SchemaError) -> Diagnostic:
    value, name = error.value, error.name
    code, meant = "wrong-type", None
    if isinstance(value, bool):
        meant = str(value)
        message = (
            f'{name} is the JSON value {shown(value)}; the format wants the text "{meant}", in'
            " quotes and with a capital letter."
        )
    elif not isinstance(value, str):
        meant = str(bool(value)) if isinstance(value, int | float) and value in (0, 1) else None
        message = f'{name} must be the text "True" or "False", not {kind(value)}.'
    elif value.strip().lower() in ("true", "false"):
        code, meant = "wrong-case", value.strip().capitalize()
        message = (
            f'{name} is {shown(value)}; it must be exactly "True" or "False". Write "{meant}".'
        )
    else:
        code, meant = "bad-value", nearest(value, BOOLEANS)
        message = f'{name} is {shown(value)}; it must be "True" or "False".'
    fix = replacement(error.pointer, meant) if meant else None
    return Diagnostic(code, Severity.ERROR, message, rule=error.pointer, fix=fix)


_ADDABLE: dict[str, Any] = {
    "/defaults": {"ops": {"is_output_quantized": "True"}, "params": {"is_quantized": "True"}},
    "/defaults/ops": {},
    "/defaults/params": {},
    "/params": {},
    "/op_type": {},
    "/supergroups": [],
    "/model_input": {"is_input_quantized": "True"},
    "/model_output": {},
    "activation": {"bitwidth": 8, "dtype": "int"},
    "param": {"bitwidth": 8, "dtype": "int"},
    "bitwidth": 8,
    "dtype": "int",
}
"""What to put where a required key is missing, by pointer or else by key."""


def _explain_required(error: SchemaError) -> Iterator[Diagnostic]:
    """Explain one missing key; the validator yields an error for each, named in its message."""
    missing = next(key for key in error.expected if error.message.startswith(repr(key)))
    target = join(error.pointer, missing)
    value = _ADDABLE.get(target, _ADDABLE.get(missing))
    may_be_empty = ", if only empty" if value in ({}, []) else ""
    fix = (
        removal(error.pointer, f"Remove {error.name}") if value is None else addition(target, value)
    )
    yield Diagnostic(
        "missing-key",
        Severity.ERROR,
        f'{error.holder} has no "{missing}", which AIMET requires. Add it{may_be_empty}.',
        rule=error.pointer,
        fix=fix,
    )


def _explain_unknown_keys(error: SchemaError) -> Iterator[Diagnostic]:
    known: list[str] = list(error.schema["properties"])
    free = [key for key in known if key not in error.value]
    for key in error.value:
        if key in known:
            continue
        target = join(error.pointer, key)
        close = nearest(key, free)
        if close is not None:
            free.remove(close)
            advice = f'Did you mean "{close}"?'
        elif (taken := nearest(key, known)) is not None:
            advice = f'"{taken}" is there already: remove this one.'
        else:
            advice = f"It may hold {', '.join(known)}."
        yield Diagnostic(
            "unknown-key",
            Severity.ERROR,
            f'{error.holder} has no key "{short(key)}". {advice}',
            rule=target,
            fix=renaming(target, close) if close else removal(target),
        )
        if close is not None:
            yield from _explain_misnamed(error, key, close)


def _explain_misnamed(error: SchemaError, key: str, meant: str) -> Iterator[Diagnostic]:
    """Yield what is wrong below a misspelt key, which will still be once it is renamed."""
    path = (*error.path, key)
    for inner in validator().descend(error.value[key], error.schema["properties"][meant]):
        yield from _explain(SchemaError.of(inner, path))


def _explain_min_items(error: SchemaError) -> Iterator[Diagnostic]:
    if error.expected == 1:
        yield Diagnostic(
            "empty-list",
            Severity.ERROR,
            f"{error.name} must not be empty. Remove the key, or list a kernel.",
            rule=error.pointer,
            fix=removal(error.pointer),
        )
        return
    count = len(error.value)
    yield Diagnostic(
        "short-supergroup",
        Severity.ERROR,
        f"A supergroup needs at least two operator types; this op_list has {count or 'none'}.",
        rule=error.pointer,
        fix=removal(from_path(error.path[:-1]), "Remove the supergroup"),
    )


_EXPLAINERS: dict[str, Callable[[SchemaError], Iterator[Diagnostic]]] = {
    "type": _explain_type,
    "enum": _explain_enum,
    "required": _explain_required,
    "additionalProperties": _explain_unknown_keys,
    "minItems": _explain_min_items,
}
"""Every keyword that the schema asserts with."""


def _iter_ignored_keys(data: Any) -> Iterator[Diagnostic]:
    """Yield a warning at each key of `encoding_constraints` that AIMET accepts and never reads."""
    op_types = data.get("op_type") if isinstance(data, dict) else None
    for name, entry in op_types.items() if isinstance(op_types, dict) else ():
        constraints = entry.get("encoding_constraints") if isinstance(entry, dict) else None
        if isinstance(constraints, dict):
            for key in constraints:
                if key not in ("min", "max"):
                    yield _explain_ignored_key(name, key, constraints)


def _explain_ignored_key(op_type: str, key: str, constraints: Mapping[str, Any]) -> Diagnostic:
    pointer = join("/op_type", op_type, "encoding_constraints", key)
    meant = next((known for known in ("min", "max") if key.lower().startswith(known)), None)
    is_free = meant is not None and meant not in constraints
    return Diagnostic(
        "ignored-key",
        Severity.WARNING,
        f'AIMET ignores "{short(key)}" in encoding_constraints, which holds min and max.'
        + (f' Did you mean "{meant}"?' if is_free else " Remove it."),
        rule=pointer,
        fix=renaming(pointer, meant) if is_free and meant else removal(pointer),
    )
