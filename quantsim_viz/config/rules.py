"""The second of a configuration's three stages: validated rules in order, each with its place.

document (text with positions) → **rules** → settings (`resolve`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from quantsim_viz.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from quantsim_viz.config.document import Document
    from quantsim_viz.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Rule:
    """A leaf of the document, or one supergroup or pass.

    Attributes:
        pointer: JSON pointer (RFC 6901), such as `/op_type/Conv/is_output_quantized`,
            `/op_type/Relu/encoding_constraints`, `/supergroups/0`.
        value: Its typed value: a bool for "True" and "False", `(min, max | None)` for encoding
            constraints, a tuple of op types for a supergroup, a string for the others.
        line: 1-based line of the key (of the item, in a list).
        column: 1-based column.
    """

    pointer: str
    value: Any
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class ParamEntry:
    """What `defaults.params`, `params.X` or `op_type.Y.params.X` says of parameters."""

    pointer: str
    is_quantized: Rule | None = None
    is_symmetric: Rule | None = None

    def __iter__(self) -> Iterator[Rule]:
        """Yield its rules."""
        yield from (rule for rule in (self.is_quantized, self.is_symmetric) if rule is not None)


@dataclass(frozen=True, slots=True)
class OpEntry:
    """What the document says of operators.

    One shape for `defaults.ops`, `op_type.X`, `model_input` and `model_output`; a key that its
    section does not allow, or that is left out, is None.
    """

    pointer: str
    is_input_quantized: Rule | None = None
    is_output_quantized: Rule | None = None
    is_symmetric: Rule | None = None
    per_channel_quantization: Rule | None = None
    encoding_constraints: Rule | None = None
    params: Mapping[str, ParamEntry] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Rule]:
        """Yield its rules, those of its parameters too."""
        own = (
            self.is_input_quantized,
            self.is_output_quantized,
            self.is_symmetric,
            self.per_channel_quantization,
            self.encoding_constraints,
        )
        yield from (rule for rule in own if rule is not None)
        for entry in self.params.values():
            yield from entry


@dataclass(frozen=True, slots=True)
class Rules:
    """Every rule of a valid configuration, section by section, in document order.

    Attributes:
        default_ops: `/defaults/ops`.
        default_params: `/defaults/params`.
        strict_symmetric: `/defaults/strict_symmetric`.
        unsigned_symmetric: `/defaults/unsigned_symmetric`.
        per_channel_quantization: `/defaults/per_channel_quantization`.
        hw_version: `/defaults/hw_version`.
        params: `/params`, by parameter type.
        op_type: `/op_type`, by operator type.
        supergroups: One rule a group; its value is the tuple of op types.
        supergroup_passes: One rule a name in `/supergroup_pass_list`.
        model_input: `/model_input`.
        model_output: `/model_output`.
        unused: Leaves that AIMET accepts and ignores (`supported_kernels`).
    """

    default_ops: OpEntry
    default_params: ParamEntry
    strict_symmetric: Rule | None
    unsigned_symmetric: Rule | None
    per_channel_quantization: Rule | None
    hw_version: Rule | None
    params: Mapping[str, ParamEntry]
    op_type: Mapping[str, OpEntry]
    supergroups: tuple[Rule, ...]
    supergroup_passes: tuple[Rule, ...]
    model_input: OpEntry
    model_output: OpEntry
    unused: tuple[Rule, ...] = ()

    def __iter__(self) -> Iterator[Rule]:
        """Yield every rule in document order."""
        return iter(sorted(self._unordered(), key=lambda rule: (rule.line, rule.column)))

    def _unordered(self) -> Iterator[Rule]:
        single = (
            self.strict_symmetric,
            self.unsigned_symmetric,
            self.per_channel_quantization,
            self.hw_version,
        )
        yield from (rule for rule in single if rule is not None)
        for op_entry in (self.default_ops, *self.op_type.values(), self.model_input):
            yield from op_entry
        yield from self.model_output
        for param_entry in (self.default_params, *self.params.values()):
            yield from param_entry
        yield from self.supergroups
        yield from self.supergroup_passes
        yield from self.unused


@dataclass(frozen=True, slots=True, eq=False)
class Config:
    """A configuration: the user's text and what it means.

    Attributes:
        document: The text with positions; the canonical form.
        name: What to call it on screen: file name or preset name.
        path: The file it came from, when it came from one.
        rules: Its rules, or None when it is not valid (then `diagnostics` holds every reason).
        diagnostics: What validation found: errors that make AIMET reject the document whatever the
            model, and warnings such as duplicate keys. Their places are filled in.
    """

    document: Document
    name: str
    path: str | None
    rules: Rules | None
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The findings for which AIMET rejects it; empty exactly when it has rules."""
        return tuple(finding for finding in self.diagnostics if finding.severity is Severity.ERROR)

    @property
    def error_summary(self) -> str | None:
        """The first error in words and how many there are besides, None without one."""
        errors = self.errors
        if not errors:
            return None
        more = len(errors) - 1
        if not more:
            return errors[0].message
        return f"{errors[0].message} ({more} more error{'s' if more > 1 else ''})"
