"""The third stage: settings, complete and immutable, and the declarations they are derived from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a quantizer sits on (`docs/semantics.md` §2)."""

    INPUT = "input"
    ACTIVATION = "activation"
    CONSTANT = "constant"
    PARAM = "param"


class Stage(StrEnum):
    """The stages of the cascade, in order of precedence: later beats earlier."""

    START = "start"
    DEFAULTS_OPS = "defaults.ops"
    DEFAULTS_PARAMS = "defaults.params"
    PARAMS = "params"
    OP_TYPE = "op_type"
    SUPERGROUPS = "supergroups"
    MODEL_INPUT = "model_input"
    MODEL_OUTPUT = "model_output"
    PRECISION = "precision"
    PER_CHANNEL = "per_channel"
    PASSES = "passes"
    DYNAMIC_WEIGHTS = "dynamic_weights"
    EXCEPTIONS = "exceptions"
    TIES = "ties"


class Property(StrEnum):
    """What a declaration sets."""

    ENABLED = "enabled"
    BITWIDTH = "bitwidth"
    DTYPE = "dtype"
    SYMMETRIC = "symmetric"
    STRICT_SYMMETRIC = "strict_symmetric"
    UNSIGNED_SYMMETRIC = "unsigned_symmetric"
    PER_CHANNEL = "per_channel"
    CHANNEL_AXIS = "channel_axis"
    FIXED_RANGE = "fixed_range"
    TIED_TO = "tied_to"


class Status(StrEnum):
    """The effective quantization status of a node (`docs/semantics.md`, Status)."""

    CONFLICT = "conflict"
    UNQUANTIZABLE = "unquantizable"
    FUSED = "fused"
    PASSTHROUGH = "passthrough"
    QUANTIZED = "quantized"
    INPUT_WEIGHT = "input_weight"
    WEIGHT_ONLY = "weight_only"
    OUTPUT_ONLY = "output_only"
    FLOAT = "float"


@dataclass(frozen=True, slots=True)
class Declaration:
    """One row of a tensor's cascade: a rule sets a property of its quantizer to a value.

    Attributes:
        property: What it sets.
        value: To what.
        stage: Where in the cascade.
        rule: JSON pointer of the rule in the document, None for built-in behaviour.
        line: 1-based line of that rule.
        builtin: Name of the built-in behaviour, documented in `docs/builtins.md`; may stand beside
            a rule that triggers it.
        source: For a tie, the tensor whose setting was taken over (`from` in JSON).
        effective: Whether it was applied when its stage ran.
        overridden_by: Index in the same trace of the declaration that replaced it.
        agrees: Index in the same trace of the equal declaration that made this one void.
    """

    property: Property
    value: Any
    stage: Stage
    rule: str | None = None
    line: int | None = None
    builtin: str | None = None
    source: str | None = None
    effective: bool = True
    overridden_by: int | None = None
    agrees: int | None = None


@dataclass(frozen=True, slots=True)
class QuantizerSetting:
    """The effective setting of one quantizer.

    Attributes:
        kind: What it sits on.
        enabled: Whether the tensor is quantized.
        bitwidth: 4, 8, 16 or 32.
        dtype: `int` or `float`.
        symmetric: Symmetric encoding.
        strict_symmetric: Symmetric grid without its lowest code.
        unsigned_symmetric: Symmetric grids of non-negative data use unsigned codes.
        per_channel: One encoding a channel.
        channel_axis: Which axis the channels are on, None per tensor.
        fixed_range: `(min, max | None)` from `encoding_constraints`.
        tied_to: First name (sorted) of the group of tensors that share this quantizer.
    """

    kind: Kind
    enabled: bool = False
    bitwidth: int = 8
    dtype: str = "int"
    symmetric: bool = False
    strict_symmetric: bool = False
    unsigned_symmetric: bool = False
    per_channel: bool = False
    channel_axis: int | None = None
    fixed_range: tuple[float, float | None] | None = None
    tied_to: str | None = None


@dataclass(frozen=True, slots=True)
class NodeState:
    """What the cascade makes of one node."""

    op_type: str
    status: Status
    supergroup: int | None = None
    scope: tuple[str, ...] = ()
    module: str | None = None


@dataclass(frozen=True, slots=True)
class RuleCount:
    """The reverse view of a rule: how far it reaches and where it decides.

    Attributes:
        nodes: Nodes it applies to.
        matched: Quantizers on which it has any declaration.
        decided: Those where one of its declarations is effective in the end.
        line: 1-based line.
    """

    nodes: int
    matched: int
    decided: int
    line: int | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why AIMET would refuse this configuration (on this model)."""

    code: str
    message: str
    rule: str | None = None
    nodes: tuple[str, ...] = ()
