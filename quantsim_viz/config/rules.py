"""The second of a configuration's three stages: validated rules in order, each with its place.

document (text with positions) → **rules** → settings (`resolve`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    """What the document says of parameters: in `defaults.params`, `params.X`, `op_type.Y.params.X`."""

    pointer: str
    is_quantized: Rule | None = None
    is_symmetric: Rule | None = None


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

    def __iter__(self) -> Any:
        """Yield every rule in document order."""
        raise NotImplementedError


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
