"""What an edit would do to the quantizers, found out on a copy before it is made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from quantsim_viz.config.pointer import last
from quantsim_viz.errors import QuantSimError

if TYPE_CHECKING:
    from quantsim_viz.resolve import Cascade
    from quantsim_viz.ui.views.offers import Offer
    from quantsim_viz.ui.workspace import Picture, Workspace


@dataclass(frozen=True, slots=True)
class Effect:
    """What an edit would do.

    Attributes:
        picture: What the document would mean after it, None where it cannot be written at all.
        on: Quantizers that it switches on.
        off: Quantizers that it switches off.
        other: Quantizers that stay on and change otherwise.
        refused: Why it cannot be made, `""` if it can.
    """

    picture: Picture | None = None
    on: int = 0
    off: int = 0
    other: int = 0
    refused: str = ""

    @property
    def is_change(self) -> bool:
        """Whether any quantizer would differ."""
        return bool(self.on or self.off or self.other)

    @property
    def words(self) -> str:
        """Return the counts as the interface says them: `12 off, 2 on`."""
        parts = [
            f"{count} {word}"
            for count, word in ((self.off, "off"), (self.on, "on"), (self.other, "change"))
            if count
        ]
        return ", ".join(parts) or "changes nothing"

    @property
    def told(self) -> str:
        """Return what a preview says beside the nodes it paints, or why there is none."""
        if self.refused or self.picture is None:
            return self.refused
        return f"quantizers: {self.words}" if self.is_change else "no quantizer would change"


def effect_of(workspace: Workspace, offer: Offer) -> Effect:
    """Return what an offer would do to the workspace's document, or to its run."""
    if offer.option:
        bits = {
            "param_bits": workspace.param_bits,
            "act_bits": workspace.act_bits,
            offer.option: offer.value,
        }
        return _effect(
            workspace,
            workspace.picture_of(workspace.text, (bits["param_bits"], bits["act_bits"])),
        )
    return effect_of_value(workspace, offer.pointer, offer.value)


def counts_of(workspace: Workspace, offer: Offer) -> Effect:
    """Return the same without the picture, and remember it: a picture is large."""
    known = workspace.effects_of_now
    if offer.id not in known:
        known[offer.id] = replace(effect_of(workspace, offer), picture=None)
    effect: Effect = known[offer.id]
    return effect


def effect_of_value(workspace: Workspace, pointer: str, value: Any) -> Effect:
    """Return what setting a value of the document would do; None takes it out."""
    try:
        text = workspace.with_value(pointer, value)
    except QuantSimError as error:
        if value is None and _is_absent(workspace, pointer):
            return Effect(refused=f"{last(pointer)} is not there to take out")
        return Effect(refused=error.message)
    return effect_of_text(workspace, text)


def effect_of_text(workspace: Workspace, text: str) -> Effect:
    """Return what the document would do to the quantizers if it were this text."""
    return _effect(workspace, workspace.picture_of(text))


def _effect(workspace: Workspace, after: Picture) -> Effect:
    before = workspace.shown().cascade
    if after.cascade is None:
        reason = after.diagnostics[0].message if after.diagnostics else "it would not be valid"
        return Effect(after, refused=reason)
    if after.cascade.error is not None:
        return Effect(after, refused=f"AIMET would refuse: {after.cascade.error.message}")
    return count_changes(before, after)


def count_changes(before: Cascade | None, after: Picture) -> Effect:
    """Return how many quantizers differ between a cascade and a picture of the same model."""
    on = off = other = 0
    old = before.quantizers if before is not None else {}
    new = after.cascade.quantizers if after.cascade is not None else {}
    for name, setting in new.items():
        was: Any = old.get(name)
        if was == setting:
            continue
        was_on = was is not None and was.enabled
        if setting.enabled and not was_on:
            on += 1
        elif was_on and not setting.enabled:
            off += 1
        elif setting.enabled:
            other += 1
    return Effect(after, on, off, other)


def _is_absent(workspace: Workspace, pointer: str) -> bool:
    picture = workspace.picture()
    return picture.config is not None and pointer not in picture.config.document.spots
