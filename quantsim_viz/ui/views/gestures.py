"""What can be done to nodes selected in the graph, as edits of the document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quantsim_viz.config.pointer import join, split
from quantsim_viz.errors import ConfigError, QuantSimError
from quantsim_viz.lint.supergroups import why_not_grouped
from quantsim_viz.ui.views.effects import Effect, count_changes, effect_of_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quantsim_viz.model import Node
    from quantsim_viz.resolve import Cascade
    from quantsim_viz.ui.workspace import Workspace

MENU: tuple[tuple[str, str], ...] = (
    ("quantize", "Quantize the outputs of these operator types"),
    ("float", "Leave the outputs of these operator types float"),
    ("supergroup", "Treat as one supergroup"),
)
"""Identity and label of every gesture."""


@dataclass(frozen=True, slots=True)
class Gesture:
    """A gesture as edits.

    Attributes:
        title: What it does, for the Undo button.
        edits: (pointer, value) each.
    """

    title: str
    edits: tuple[tuple[str, Any], ...]


def gesture(workspace: Workspace, name: str, nodes: Sequence[str]) -> Gesture | None:
    """Return a gesture on nodes, None where there is none of that name or no such node.

    Raises:
        ConfigError: It would not do what it says (`no-effect`), with the reason.
    """
    found = _ordered(workspace, nodes)
    if not found:
        return None
    if name == "supergroup":
        return _supergroup(workspace, found)
    value = {"quantize": "True", "float": "False"}.get(name)
    if value is None:
        return None
    return _outputs(workspace, list(dict.fromkeys(node.op_type for node in found)), value)


def effect_of_gesture(workspace: Workspace, name: str, nodes: Sequence[str]) -> Effect:
    """Return what a gesture on nodes would do to the quantizers, or why it would not be made."""
    try:
        found = gesture(workspace, name, nodes)
        text = workspace.text if found is None else workspace.with_values(found.edits)
    except QuantSimError as error:
        return Effect(refused=str(error))
    return Effect() if found is None else effect_of_text(workspace, text)


def _outputs(workspace: Workspace, types: list[str], value: str) -> Gesture:
    """Return the rules that quantize the outputs of operator types, or leave them float.

    Of several types only those get a rule that need one. What AIMET would refuse is written as it
    was asked for, so that the refusal can be seen.
    """
    word = "quantized" if value == "True" else "float"
    edits = [(join("/op_type", kind, "is_output_quantized"), value) for kind in types]
    effect = effect_of_text(workspace, workspace.with_values(edits))
    if not effect.refused:
        if not effect.is_change:
            raise ConfigError(
                f"A rule for the outputs of {', '.join(types)}, {word}, would change nothing on"
                " this model",
                code="no-effect",
                hint="the inspector shows which rules decide",
            )
        edits = _needed(workspace, edits)
    named = ", ".join(split(pointer)[1] for pointer, _ in edits)
    return Gesture(f"outputs of {named} {word}", tuple(edits))


def _needed(workspace: Workspace, edits: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the edits without those whose absence changes no quantizer."""
    wanted = workspace.picture_of(workspace.with_values(edits)).cascade
    for edit in edits:
        fewer = [other for other in edits if other != edit]
        without = workspace.picture_of(workspace.with_values(fewer))
        if not count_changes(wanted, without).is_change:
            return _needed(workspace, fewer)
    return edits


def _ordered(workspace: Workspace, names: Sequence[str]) -> list[Node]:
    by_name = {node.name: node for node in workspace.model.graph.nodes}
    known = [by_name[name] for name in names if name in by_name]
    return sorted(known, key=lambda node: node.index)


def _supergroup(workspace: Workspace, nodes: list[Node]) -> Gesture:
    types = [node.op_type for node in nodes]
    chain = " → ".join(types)
    if len(nodes) < 2:
        raise ConfigError(
            "A supergroup needs two nodes or more",
            code="no-effect",
            hint="select them one after the other, with the shift key held",
        )
    edit = ("/supergroups/-", {"op_list": types})
    after = workspace.picture_of(workspace.with_value(*edit)).cascade
    wanted = {node.name for node in nodes}
    matches = after.supergroups if after is not None and after.error is None else ()
    if not any(set(match) == wanted for match in matches):
        raise ConfigError(
            f"{chain} was not made a supergroup: {_why_not(after, [node.name for node in nodes])}",
            code="no-effect",
            hint="each but the last must be used once, by the next; a group that holds one of them"
            " has to be taken out first",
        )
    return Gesture(f"supergroup {chain}", (edit,))


def _why_not(after: Cascade | None, nodes: list[str]) -> str:
    if after is None:
        return "the document is not valid"
    if after.error is not None:
        return f"AIMET would refuse, {after.error.message}"
    return why_not_grouped(after, nodes)
