"""Settings that hold and are probably not what was meant."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from quantsim_viz.config.pointer import join
from quantsim_viz.diagnostics import Fix
from quantsim_viz.lint.context import LintContext, count, finding, label, sample
from quantsim_viz.resolve.columns import BITWIDTH, ENABLED, SYMMETRIC
from quantsim_viz.resolve.grid import GRID_PRESERVING
from quantsim_viz.resolve.settings import Property, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quantsim_viz.diagnostics import Diagnostic
    from quantsim_viz.model.graph import Model, Node

_BIAS_BITS = 32
_LAYERS = ("Conv", "ConvTranspose", "Gemm")
_TIE_BACKWARD = "tie-backward"


def check_traps(context: LintContext) -> Iterator[Diagnostic]:
    """Yield every finding of this module, section by section."""
    yield from presence_acts(context)
    yield from output_still_quantized(context)
    yield from switched_off_by_tie(context)
    yield from bias_quantized(context)
    yield from strict_without_symmetry(context)
    yield from unfolded_batch_norm(context)


def presence_acts(context: LintContext) -> Iterator[Diagnostic]:
    """Find entries of grid-preserving types that leave outputs on by being there (§10.10).

    An output that another rule switches on, such as a neighbour's for its inputs, is meant to be.
    """
    for op_type, entry in context.rules.op_type.items():
        if ("", op_type) not in GRID_PRESERVING or entry.is_output_quantized is not None:
            continue
        ops = [op for op in context.topology.by_type.get(op_type, ()) if _is_on(context, op)]
        if not ops:
            continue
        path = join(entry.pointer, "is_output_quantized")
        yield finding(
            context.config,
            "presence-acts",
            entry.pointer,
            f"{op_type} keeps its input's grid and has no output quantizer by default; this entry,"
            f" which does not name is_output_quantized, leaves it on, as defaults.ops asks, for"
            f" {count(len(ops), 'node')} ({sample(context.op_names(ops))}).",
            nodes=context.op_names(ops),
            fix=Fix("Keep them off", ({"op": "add", "path": path, "value": "False"},)),
        )


def _is_on(context: LintContext, op: int) -> bool:
    """Tell whether an operator's output is on by nothing but the defaults."""
    enabled, names = context.run.columns[ENABLED], context.topology.names
    return context.topology.ops[op].node.domain == "" and any(
        enabled[q] and _deciding_rule(context, names[q]) == "/defaults/ops/is_output_quantized"
        for q in context.topology.output_quantizers[op]
    )


def output_still_quantized(context: LintContext) -> Iterator[Diagnostic]:
    """Say which rule quantizes the model's output although `model_output` is empty."""
    if context.rules.model_output.is_output_quantized is not None:
        return
    cascade = context.cascade
    causes: Counter[str] = Counter()
    names = []
    for output in cascade.model.graph.outputs:
        if output not in cascade.quantizers or not cascade[output].enabled:
            continue
        names.append(output)
        winner = [
            d
            for d in cascade.trace(output)
            if d.property is Property.ENABLED and d.effective and d.overridden_by is None
        ][-1]
        causes[winner.rule or f"built-in {winner.builtin}"] += 1
    if names:
        reasons = ", ".join(label(c) if c.startswith("/") else c for c in causes)
        plural = len(names) > 1
        yield finding(
            context.config,
            "output-still-quantized",
            "/model_output",
            f"An empty model_output leaves the model's outputs as the other sections set them:"
            f" {sample(names)} {'are' if plural else 'is'} quantized by {reasons}. Only the entry"
            f" of an operator type can leave {'them' if plural else 'it'} float, and that reaches"
            " every node of the type.",
            related=tuple(c for c in causes if c.startswith("/")),
        )


def switched_off_by_tie(context: LintContext) -> Iterator[Diagnostic]:
    """Find quantizers that a switched-off Concat or Scatter takes with it (§9.1, §10.5)."""
    ties = context.run.stages.get(Stage.TIES)
    if ties is None:
        return
    lost: dict[int, list[int]] = {}
    for quantizer, prop, value, _, builtin, source, agrees in ties.rows:
        if prop == ENABLED and value is False and builtin == _TIE_BACKWARD and agrees < 0:
            lost.setdefault(source, []).append(quantizer)
    names = context.topology.names
    for source, members in lost.items():
        cause = _deciding_rule(context, names[source])
        op = context.topology.producer.get(names[source])
        nodes = context.op_names([op]) if op is not None else ()
        yield finding(
            context.config,
            "switched-off-by-tie",
            cause or "",
            f"The output '{names[source]}' is switched off, and"
            f" {sample(names[q] for q in members)} with it: they share its quantizer.",
            nodes=nodes,
        )


def _deciding_rule(context: LintContext, tensor: str) -> str | None:
    found = [
        d.rule
        for d in context.cascade.trace(tensor)
        if d.property is Property.ENABLED and d.effective and d.stage is not Stage.TIES
    ]
    return found[-1] if found else None


def bias_quantized(context: LintContext) -> Iterator[Diagnostic]:
    """Find biases quantized below the 32 bits of integer kernels, one finding a deciding rule."""
    columns = context.run.columns
    users: dict[int, list[int]] = {}
    for op in context.topology.ops:
        for quantizer, kind in context.topology.param_quantizers(op.index):
            narrow = columns[BITWIDTH][quantizer] < _BIAS_BITS
            if kind == "bias" and columns[ENABLED][quantizer] and narrow:
                users.setdefault(quantizer, []).append(op.index)
    by_rule: dict[str, list[int]] = {}
    for quantizer in users:
        rule = _deciding_rule(context, context.topology.names[quantizer])
        by_rule.setdefault(rule or "/params", []).append(quantizer)
    for pointer, quantizers in by_rule.items():
        bits = sorted({columns[BITWIDTH][q] for q in quantizers})
        names = sample(context.topology.names[q] for q in quantizers)
        yield finding(
            context.config,
            "bias-quantized",
            pointer,
            f"{count(len(quantizers), 'bias', 'biases')} ({names})"
            f" {'is' if len(quantizers) == 1 else 'are'} quantized to"
            f" {', '.join(map(str, bits))} bits by {label(pointer)}{_why_input(pointer)}; integer"
            " kernels add a 32-bit bias.",
            nodes=context.op_names(op for q in quantizers for op in users[q]),
            fix=Fix("Leave biases unquantized", (_without_bias(context, pointer),)),
        )


def _why_input(pointer: str) -> str:
    """Explain a parameter that `model_input` switches on (`docs/semantics.md` §3)."""
    if not pointer.startswith("/model_input"):
        return ""
    return ", as the file lists them among the graph's inputs"


def _without_bias(context: LintContext, pointer: str) -> dict[str, object]:
    """Return the change that leaves biases out: at their own rule, or in the section of biases."""
    own = pointer.startswith("/op_type/") and pointer.endswith("/is_quantized")
    if own or pointer == "/params/bias/is_quantized":
        return {"op": "replace", "path": pointer, "value": "False"}
    if "bias" in context.rules.params:
        return {"op": "add", "path": "/params/bias/is_quantized", "value": "False"}
    return {"op": "add", "path": "/params/bias", "value": {"is_quantized": "False"}}


def strict_without_symmetry(context: LintContext) -> Iterator[Diagnostic]:
    """Find asymmetric weights under strict symmetric grids, which act on symmetric ones only."""
    rule = context.rules.strict_symmetric
    if rule is None or rule.value is not True:
        return
    columns, topology = context.run.columns, context.topology
    asymmetric = {
        quantizer: op.index
        for op in topology.ops
        for quantizer, kind in topology.param_quantizers(op.index)
        if kind == "weight" and columns[ENABLED][quantizer] and not columns[SYMMETRIC][quantizer]
        and op.op_type not in ("BatchNormalization", "LayerNormalization")
    }  # fmt: skip
    if not asymmetric:
        return
    yield finding(
        context.config,
        "strict-without-symmetry",
        rule.pointer,
        "strict_symmetric acts on symmetric quantizers only, and"
        f" {count(len(asymmetric), 'weight')} ({sample(topology.names[q] for q in asymmetric)})"
        " are asymmetric.",
        nodes=context.op_names(asymmetric.values()),
        fix=Fix(
            "Make parameters symmetric",
            ({"op": "add", "path": "/defaults/params/is_symmetric", "value": "True"},),
        ),
    )


def unfolded_batch_norm(context: LintContext) -> Iterator[Diagnostic]:
    """Find BatchNormalization nodes that AIMET's usual workflow folds first."""
    model = context.cascade.model
    names = tuple(node.name for node in model.graph.nodes if _is_foldable(model, node))
    if names:
        one = len(names) == 1
        yield finding(
            context.config,
            "unfolded-batch-norm",
            "",
            f"{count(len(names), 'BatchNormalization')} ({sample(names)}) could be folded into the"
            f" operator before {'it' if one else 'them'}, as runtimes and AIMET's own workflow do;"
            f" as {'it is, its' if one else 'they are, their'} output and parameters are quantized"
            " by rules of their own. Load the model with --fold-batch-norms to see it folded.",
            nodes=names,
        )


def _is_foldable(model: Model, node: Node) -> bool:
    """Tell whether `load_model(…, fold_batch_norms=True)` would fold a node."""
    if node.op_type != "BatchNormalization" or node.domain or node.attributes.get("training_mode"):
        return False
    graph = model.graph
    above = graph.tensors[node.inputs[0]]
    if above.producer is None or len(above.uses) != 1 or above.is_output:
        return False
    layer = graph.nodes[above.producer]
    stored = [name for name in layer.inputs[1:3] if name]
    return (
        layer.op_type in _LAYERS
        and not layer.domain
        and all(model.constant(name) is not None for name in (*stored, *node.inputs[1:5]))
        and all(len(graph.tensors[name].uses) == 1 for name in stored)
    )
