"""Offered edits: what could be changed about a quantizer, at each level that the format knows.

An offer is found, carried out on a copy and resolved before it is shown, so that what it would do
is known, and one that AIMET would refuse is said to be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quantsim_viz.config.pointer import join, last, split
from quantsim_viz.errors import QuantSimError
from quantsim_viz.resolve.settings import Kind, Property
from quantsim_viz.ui.views.words import rule_label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quantsim_viz.resolve import Cascade
    from quantsim_viz.resolve.settings import QuantizerSetting
    from quantsim_viz.ui.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Target:
    """A quantizer as seen from a node.

    Attributes:
        tensor: Its tensor.
        node: The node it is looked at from.
        op_type: That node's type.
        param: Type of parameter, None for activations.
    """

    tensor: str
    node: str
    op_type: str
    param: str | None


@dataclass(frozen=True, slots=True)
class Offer:
    """An edit to offer.

    Attributes:
        id: Unique within one document and selection.
        property: Which property it is about.
        title: What it acts on: `every Conv output`.
        detail: What is written into the document, for a tooltip.
        pointer: Where.
        value: What, None to take it out.
    """

    id: str
    property: Property
    title: str
    detail: str
    pointer: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What an edit would do.

    Attributes:
        text: The document after it.
        on: Quantizers that it switches on.
        off: Quantizers that it switches off.
        other: Quantizers that stay on and change otherwise.
        refused: Why it cannot be made, `""` if it can.
    """

    text: str
    on: int = 0
    off: int = 0
    other: int = 0
    refused: str = ""

    @property
    def words(self) -> str:
        """Return the counts as the interface says them: `12 off, 2 on`."""
        parts = [
            f"{count} {word}"
            for count, word in ((self.off, "off"), (self.on, "on"), (self.other, "change"))
            if count
        ]
        return ", ".join(parts) or "changes nothing"


def iter_offers(target: Target, setting: QuantizerSetting, cascade: Cascade) -> Iterator[Offer]:
    """Yield what could be changed about a quantizer, the narrowest first."""
    if target.param is not None:
        yield from _param_offers(target, setting)
    elif setting.kind is Kind.ACTIVATION:
        yield from _output_offers(target, setting, cascade)
    else:
        yield from _input_offers(setting)


def _output_offers(target: Target, setting: QuantizerSetting, cascade: Cascade) -> Iterator[Offer]:
    wanted = not setting.enabled
    switch = "on" if wanted else "off"
    decider = deciding_rule(cascade, target.tensor)
    if decider and split(decider)[0] == "supergroups":
        yield Offer(
            f"remove:{decider}",
            Property.ENABLED,
            f"{switch}: take this supergroup out",
            f"take {rule_label(decider)} out",
            decider,
            None,
        )
    yield _offer(
        Property.ENABLED,
        f"{switch}: every {target.op_type} output",
        join("/op_type", target.op_type, "is_output_quantized"),
        str(wanted),
    )
    default = "/defaults/ops/is_output_quantized"
    yield _offer(
        Property.ENABLED, f"{switch}: outputs by default", default, "True" if wanted else None
    )
    if decider == "/model_output/is_output_quantized":
        yield _offer(Property.ENABLED, f"{switch}: model outputs", decider, None)
    if setting.enabled:
        flipped = str(not setting.symmetric)
        word = "asymmetric" if setting.symmetric else "symmetric"
        place = join("/op_type", target.op_type, "is_symmetric")
        yield _offer(Property.SYMMETRIC, f"{word}: every {target.op_type}", place, flipped)


def _param_offers(target: Target, setting: QuantizerSetting) -> Iterator[Offer]:
    param = target.param or ""
    scopes = (
        (f"every {param} of {target.op_type}", join("/op_type", target.op_type, "params", param)),
        (f"every {param}", join("/params", param)),
        ("every parameter by default", "/defaults/params"),
    )
    switch = "off" if setting.enabled else "on"
    for title, place in scopes:
        yield _offer(
            Property.ENABLED,
            f"{switch}: {title}",
            join(place, "is_quantized"),
            str(not setting.enabled),
        )
    if not setting.enabled:
        return
    word = "asymmetric" if setting.symmetric else "symmetric"
    for title, place in scopes:
        pointer = join(place, "is_symmetric")
        yield _offer(Property.SYMMETRIC, f"{word}: {title}", pointer, str(not setting.symmetric))
    spread = "per tensor" if setting.per_channel else "per channel"
    flipped = str(not setting.per_channel)
    key = "per_channel_quantization"
    own = join("/op_type", target.op_type, key)
    yield _offer(Property.PER_CHANNEL, f"{spread}: {target.op_type}", own, flipped)
    yield _offer(Property.PER_CHANNEL, f"{spread}: by default", join("/defaults", key), flipped)


def _input_offers(setting: QuantizerSetting) -> Iterator[Offer]:
    switch = "off" if setting.enabled else "on"
    yield _offer(
        Property.ENABLED,
        f"{switch}: model inputs and constants",
        "/model_input/is_input_quantized",
        None if setting.enabled else "True",
    )


def _offer(prop: Property, title: str, pointer: str, value: str | None) -> Offer:
    label = rule_label(pointer)
    detail = f"take {label} out" if value is None else f'set {label} to "{value}"'
    return Offer(f"{pointer}={value}", prop, title, detail, pointer, value)


def deciding_rule(cascade: Cascade, tensor: str, prop: Property = Property.ENABLED) -> str | None:
    """Return the pointer of the rule that has the last word on a property, None for built-ins."""
    pointer = None
    for declaration in cascade.trace(tensor):
        if declaration.property is prop and declaration.effective:
            pointer = declaration.rule
    return pointer


def effect_of(workspace: Workspace, offer: Offer) -> Effect:
    """Return what an offer would do to the workspace's document."""
    try:
        text = workspace.with_value(offer.pointer, offer.value)
    except QuantSimError as error:
        if offer.value is None and _is_absent(workspace, offer.pointer):
            return Effect(workspace.text, refused=f"{last(offer.pointer)} is not there to take out")
        return Effect(workspace.text, refused=error.message)
    return effect_of_text(workspace, text)


def effect_of_text(workspace: Workspace, text: str) -> Effect:
    """Return what replacing the document by `text` would do."""
    before, after = workspace.shown().cascade, workspace.picture_of(text)
    if after.cascade is None:
        reason = after.diagnostics[0].message if after.diagnostics else "it would not be valid"
        return Effect(text, refused=reason)
    if after.cascade.error is not None:
        return Effect(text, refused=f"AIMET would refuse: {after.cascade.error.message}")
    return count_changes(before, after.cascade, text)


def count_changes(before: Cascade | None, after: Cascade, text: str = "") -> Effect:
    """Return how many quantizers differ between two cascades of one model."""
    on = off = other = 0
    old = before.quantizers if before is not None else {}
    for name, setting in after.quantizers.items():
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
    return Effect(text, on, off, other)


def _is_absent(workspace: Workspace, pointer: str) -> bool:
    picture = workspace.picture()
    return picture.config is not None and pointer not in picture.config.document.spots
