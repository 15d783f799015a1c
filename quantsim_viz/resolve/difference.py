"""The effective difference of two configurations on one model, grouped by cause.

Not the difference of two texts: two documents that read differently may settle every quantizer
alike, and one changed word may reach a thousand of them. Every changed field of every quantizer is
found, with the declaration that decided it on each side; equal changes of equal cause form a group.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quantsim_viz.resolve.columns import PROPERTIES
from quantsim_viz.resolve.engine import resolve
from quantsim_viz.resolve.settings import Property

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quantsim_viz.config.rules import Config
    from quantsim_viz.model.graph import Model
    from quantsim_viz.resolve.cascade import Cascade
    from quantsim_viz.resolve.precision import BitWidth
    from quantsim_viz.resolve.settings import QuantizerSetting

_ONLY_IF = {
    Property.STRICT_SYMMETRIC: ("symmetric", any),
    Property.UNSIGNED_SYMMETRIC: ("symmetric", any),
    Property.CHANNEL_AXIS: ("per_channel", all),
}
"""Properties that act only where another one is set, on any side or on all: elsewhere a difference
is none. A quantizer that becomes symmetric becomes a strict one or not; the axis that comes with
quantization per channel goes without saying."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What decided a property on one side: a rule, a built-in behaviour, or both.

    Attributes:
        rule: JSON pointer, None for built-in behaviour alone.
        line: Its line in that side's document.
        builtin: Name of the built-in behaviour, None for a rule alone.
        fused_into: Where that side has no quantizer because the tensor is inside nodes that a pass
            of the pass list fuses: the operator type that it makes of them (the rule is the pass).
    """

    rule: str | None
    line: int | None
    builtin: str | None
    fused_into: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the cause as JSON."""
        return {
            "rule": self.rule,
            "line": self.line,
            "builtin": self.builtin,
            "fused_into": self.fused_into,
        }

    def __str__(self) -> str:
        if self.rule is None:
            return f"built-in {self.builtin}"
        place = self.rule if self.line is None else f"{self.rule} (line {self.line})"
        if self.fused_into is not None:
            return f"{place}, inside the {self.fused_into} that this pass fuses: no quantizer"
        return place if self.builtin is None else f"{place}, built-in {self.builtin}"


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one quantizer that differs.

    Attributes:
        tensor: Whose quantizer.
        property: Which field.
        values: Its value on either side, None where that side has no such quantizer.
        causes: What decided it on either side, None where that side has no quantizer there and
            no pass is the reason.
    """

    tensor: str
    property: Property
    values: tuple[Any, Any]
    causes: tuple[Cause | None, Cause | None]


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """Changes of the same property, from and to the same values, for the same reasons.

    Attributes:
        property: Which field.
        values: Its values; None for ties, where each tensor has its own.
        causes: What decided it on either side.
        tensors: The tensors concerned, in graph order.
        nodes: The nodes that compute them or have them as parameters.
    """

    property: Property
    values: tuple[Any, Any]
    causes: tuple[Cause | None, Cause | None]
    tensors: tuple[str, ...]
    nodes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the group as JSON."""
        return {
            "property": self.property.value,
            "values": [_plain(value) for value in self.values],
            "causes": [None if cause is None else cause.to_dict() for cause in self.causes],
            "tensors": list(self.tensors),
            "nodes": list(self.nodes),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """How the effective settings of two resolved configurations differ.

    Attributes:
        names: What the two are called.
        errors: Why AIMET refuses either side, None where it does not.
        changes: Every field that differs; empty where a side is refused.
        groups: The same, grouped by cause, the largest group first.
        statuses: Nodes whose status differs, with both.
    """

    names: tuple[str, str]
    errors: tuple[str | None, str | None]
    changes: tuple[Change, ...]
    groups: tuple[ChangeGroup, ...]
    statuses: dict[str, tuple[str, str]]

    @property
    def is_empty(self) -> bool:
        """Whether both are accepted and settle every quantizer alike."""
        return self.errors == (None, None) and not self.changes

    def to_dict(self) -> dict[str, Any]:
        """Return the difference as `diff --json` prints it."""
        return {
            "configs": list(self.names),
            "errors": list(self.errors),
            "quantizers": len({change.tensor for change in self.changes}),
            "groups": [group.to_dict() for group in self.groups],
            "changes": [
                {
                    "tensor": change.tensor,
                    "property": change.property.value,
                    "values": [_plain(value) for value in change.values],
                    "rules": [None if c is None else c.rule for c in change.causes],
                }
                for change in self.changes
            ],
            "nodes": {name: list(pair) for name, pair in self.statuses.items()},
        }


def diff(
    model: Model,
    first: Config,
    second: Config,
    *,
    param_bits: BitWidth = 8,
    act_bits: BitWidth = 8,
) -> Difference:
    """Find how two configurations differ in effect on a model.

    Args:
        model: From `load_model`.
        first: The configuration to start from.
        second: The one to compare with it.
        param_bits: Precision of parameters on both sides.
        act_bits: Precision of activations on both sides.

    Raises:
        QuantSimError: A bit width is none of 4, 8, 16, 32 and `"float16"`.
    """
    sides = [resolve(model, c, param_bits=param_bits, act_bits=act_bits) for c in (first, second)]
    return diff_cascades(sides[0], sides[1])


def diff_cascades(first: Cascade, second: Cascade) -> Difference:
    """Find how two configurations differ that are resolved already, on one model."""
    sides = first, second
    errors = tuple(None if side.error is None else side.error.message for side in sides)
    names = (first.config.name, second.config.name)
    statuses = {
        name: (state.status.value, second.nodes[name].status.value)
        for name, state in first.nodes.items()
        if state.status is not second.nodes[name].status
    }
    if errors != (None, None):
        return Difference(names, (errors[0], errors[1]), (), (), statuses)
    changes = tuple(_iter_changes(first, second))
    return Difference(names, (None, None), changes, _grouped(first.model, changes), statuses)


def _iter_changes(first: Cascade, second: Cascade) -> Iterator[Change]:
    fused = _fused_tensors(first), _fused_tensors(second)
    for tensor in dict.fromkeys((*first.quantizers, *second.quantizers)):
        old, new = first.quantizers.get(tensor), second.quantizers.get(tensor)
        if old == new:
            continue
        for prop in _changed(old, new):
            values = _value(old, prop), _value(new, prop)
            causes = (
                fused[0].get(tensor) or _cause(first, tensor, prop),
                fused[1].get(tensor) or _cause(second, tensor, prop),
            )
            yield Change(tensor, prop, values, causes)


def _fused_tensors(side: Cascade) -> dict[str, Cause]:
    """Return the tensors that have no quantizer because a pass fused the nodes around them."""
    run, rules, graph = side.run, side.config.rules, side.model.graph
    if run is None or rules is None:
        return {}
    found: dict[str, Cause] = {}
    passes = {rule.value: rule for rule in reversed(rules.supergroup_passes)}
    for op in run.topology.ops:
        if not op.node.is_fused:
            continue
        rule = passes[op.node.fused_by]
        cause = Cause(rule.pointer, rule.line, None, op.op_type)
        for name in op.node.members:
            node = side.model.node(name)
            for tensor in (*node.inputs, *node.outputs):
                if tensor in graph.tensors and tensor not in side.quantizers:
                    found[tensor] = cause
    return found


def _changed(old: QuantizerSetting | None, new: QuantizerSetting | None) -> list[Property]:
    """Return what differs *in effect*: what a switched-off quantizer would do is nothing."""
    is_on = bool(old and old.enabled), bool(new and new.enabled)
    if is_on != (True, True):
        return [Property.ENABLED] if is_on[0] != is_on[1] else []
    found = []
    for prop in PROPERTIES:
        needs, enough = _ONLY_IF.get(prop, ("enabled", any))
        if not enough(getattr(side, needs) for side in (old, new)):
            continue
        if getattr(old, prop.value) != getattr(new, prop.value):
            found.append(prop)
    return found


def _value(setting: QuantizerSetting | None, prop: Property) -> Any:
    if setting is None:
        return False if prop is Property.ENABLED else None
    return getattr(setting, prop.value)


def _cause(side: Cascade, tensor: str, prop: Property) -> Cause | None:
    if tensor not in side.quantizers:
        return None
    for declaration in reversed(side.trace(tensor)):
        if declaration.property is prop and declaration.effective:
            return Cause(declaration.rule, declaration.line, declaration.builtin)
    return None


def _grouped(model: Model, changes: tuple[Change, ...]) -> tuple[ChangeGroup, ...]:
    members: dict[tuple[Any, ...], list[str]] = {}
    for change in changes:
        values = (None, None) if change.property is Property.TIED_TO else change.values
        members.setdefault((change.property, values, change.causes), []).append(change.tensor)
    groups = [
        ChangeGroup(prop, values, causes, tuple(tensors), _nodes_of(model, tensors))
        for (prop, values, causes), tensors in members.items()
    ]
    return tuple(sorted(groups, key=lambda group: len(group.tensors), reverse=True))


def _nodes_of(model: Model, tensors: list[str]) -> tuple[str, ...]:
    graph = model.graph
    found: dict[int, None] = {}
    for name in tensors:
        tensor = graph.tensors[name]
        if tensor.producer is not None and graph.nodes[tensor.producer].op_type != "Constant":
            found[tensor.producer] = None
        elif not tensor.is_input:
            found.update((use.node, None) for use in tensor.uses)
    return tuple(graph.nodes[index].name for index in sorted(found))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
