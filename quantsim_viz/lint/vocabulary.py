"""Names that nothing in ONNX has: operator types, parameter types, hardware versions."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from quantsim_viz.config.pointer import join
from quantsim_viz.config.suggest import nearest
from quantsim_viz.diagnostics import Fix
from quantsim_viz.lint.context import finding
from quantsim_viz.resolve.params import PARAM_INPUTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quantsim_viz.config.rules import Config, Rules
    from quantsim_viz.diagnostics import Diagnostic
    from quantsim_viz.model.graph import Model

FUSED_TYPES = frozenset({"LayerNormalization", "RMSNormalization", "MaskedSoftmax", "Gemm"})
"""Types that fusion by the pass list gives to nodes (`docs/semantics.md` §5.1)."""

CONTRIBUTED_TYPES = frozenset(
    {
        "Attention", "BiasGelu", "BatchToSpace", "ChannelShuffle", "EmbedLayerNormalization",
        "FastGelu", "FusedConv", "FusedGemm", "FusedMatMul", "GroupQueryAttention",
        "MatMulNBits", "MultiHeadAttention", "QuickGelu", "RotaryEmbedding",
        "SimplifiedLayerNormalization", "SkipLayerNormalization",
        "SkipSimplifiedLayerNormalization", "SpaceToBatch",
    }
)  # fmt: skip
"""Common operators of `com.microsoft` and `qti_aisw`, which are no typing errors."""

PARAM_TYPES = frozenset({name for inputs in PARAM_INPUTS.values() for _, name in inputs})
"""Every parameter type there is (`docs/semantics.md` §2)."""

KNOWN_HARDWARE = ("V66", "V68", "V69")
"""The values that AIMET's exception rules compare with (`docs/semantics.md` §8)."""


@lru_cache(maxsize=1)
def onnx_op_types() -> frozenset[str]:
    """Return the type of every operator in every version of every domain that `onnx` knows."""
    import onnx.defs

    return frozenset(schema.name for schema in onnx.defs.get_all_schemas_with_history())


def check_vocabulary(config: Config, rules: Rules, model: Model | None) -> Iterator[Diagnostic]:
    """Yield a finding for every name that does not exist; a model's own types always do."""
    own = frozenset() if model is None else frozenset(n.op_type for n in model.graph.nodes)
    known = onnx_op_types() | FUSED_TYPES | CONTRIBUTED_TYPES | own
    for op_type in rules.op_type:
        if op_type not in known:
            yield _unknown_type(config, op_type, join("/op_type", op_type), known, own)
    for rule in rules.supergroups:
        for position, op_type in enumerate(rule.value):
            if op_type not in known:
                pointer = join(rule.pointer, "op_list", position)
                yield _unknown_type(config, op_type, pointer, known, own)
    yield from _unknown_params(config, rules)
    yield from _hardware(config, rules)


def _unknown_type(
    config: Config, op_type: str, pointer: str, known: frozenset[str], own: frozenset[str]
) -> Diagnostic:
    close = nearest(op_type, own) or nearest(op_type, known)
    fix = _rename(config, pointer, close) if close else None
    hint = f' Did you mean "{close}"?' if close else " Check its spelling."
    message = f'"{op_type}" is no ONNX operator, and no node of the model has this type.{hint}'
    return finding(config, "unknown-op-type", pointer, message, fix=fix)


def _rename(config: Config, pointer: str, name: str) -> Fix | None:
    title = f'Write "{name}"'
    if pointer.startswith("/supergroups/"):
        return Fix(title, ({"op": "replace", "path": pointer, "value": name},))
    target = join(pointer.rsplit("/", 1)[0], name)
    if target in config.document.spots:
        return None
    return Fix(title, ({"op": "move", "from": pointer, "path": target},))


def _unknown_params(config: Config, rules: Rules) -> Iterator[Diagnostic]:
    places = [(name, join("/params", name)) for name in rules.params]
    for entry in rules.op_type.values():
        places += [(name, join(entry.pointer, "params", name)) for name in entry.params]
    for name, pointer in places:
        if name in PARAM_TYPES:
            continue
        close = nearest(name, PARAM_TYPES)
        hint = f'Did you mean "{close}"?' if close else f"There are {_listed(PARAM_TYPES)}."
        yield finding(
            config,
            "unknown-param-type",
            pointer,
            f'No operator has a parameter of type "{name}". {hint}',
            fix=_rename(config, pointer, close) if close else None,
        )


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))


def _hardware(config: Config, rules: Rules) -> Iterator[Diagnostic]:
    rule = rules.hw_version
    if rule is None or rule.value in KNOWN_HARDWARE:
        return
    upper = str(rule.value).strip().upper()
    if upper in KNOWN_HARDWARE:
        yield finding(
            config,
            "hardware-version-spelling",
            rule.pointer,
            f'hw_version "{rule.value}" is not "{upper}": AIMET compares letter by letter and takes'
            " this for a newer chip than V69.",
            fix=Fix(f'Write "{upper}"', ({"op": "replace", "path": rule.pointer, "value": upper},)),
        )
