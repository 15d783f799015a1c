"""Offered edits: where a property of a quantizer could be set, at each level the format knows.

What an offer would do is found out by `effects`; here is only which edits there are. The format has
no rule for single nodes, so every offer says how far it reaches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quantsim_viz.config.pointer import join, split
from quantsim_viz.resolve.settings import Kind, Property
from quantsim_viz.ui.views.words import rule_label, value_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from quantsim_viz.resolve import Cascade
    from quantsim_viz.resolve.settings import QuantizerSetting

    Place = tuple[str, str]
    """How far a rule reaches, in words, and its pointer."""

WIDTHS = (4, 8, 16, 32, "float16")
"""Precisions that a run can be asked for."""

USUAL_RANGES: Mapping[str, Sequence[tuple[float, float | None]]] = {
    "Sigmoid": ((0.0, 1.0),),
    "HardSigmoid": ((0.0, 1.0),),
    "Softmax": ((0.0, 1.0),),
    "Tanh": ((-1.0, 1.0),),
    "Softsign": ((-1.0, 1.0),),
    "Sin": ((-1.0, 1.0),),
    "Cos": ((-1.0, 1.0),),
    "Erf": ((-1.0, 1.0),),
    "Relu": ((0.0, None), (0.0, 6.0)),
    "Clip": ((0.0, 6.0),),
}
"""What the outputs of an operator can be, or are often held to: worth offering as a fixed range."""

MOST_USERS = 2
"""Operator types whose inputs are offered to be quantized."""


@dataclass(frozen=True, slots=True)
class Target:
    """A quantizer as seen from a node.

    Attributes:
        tensor: Its tensor.
        node: The node it is looked at from.
        op_type: That node's type.
        param: Type of parameter, None for activations.
        users: Operator types that read it.
        is_last: Whether nothing reads what its node computes (`model_output` speaks of those).
    """

    tensor: str
    node: str
    op_type: str
    param: str | None
    users: tuple[str, ...] = ()
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """An edit to offer.

    Attributes:
        id: Unique within one document and selection.
        property: Which property it is about.
        wanted: The value that the property is to have, for reading.
        title: What it acts on: `every Conv output`.
        detail: What is written into the document, for a tooltip.
        pointer: Where; `""` where it is an option of the run.
        value: What, None to take it out.
        option: The option of the run that it sets, `""` for an edit of the document.
    """

    id: str
    property: Property
    wanted: str
    title: str
    detail: str
    pointer: str
    value: Any
    option: str = ""


def iter_offers(target: Target, setting: QuantizerSetting, cascade: Cascade) -> Iterator[Offer]:
    """Yield what could be changed about a quantizer, the narrowest first."""
    if target.param is not None:
        yield from _param_offers(target, setting)
    elif setting.kind is Kind.ACTIVATION:
        yield from _output_offers(target, setting, cascade)
    else:
        yield from _input_offers(target, setting)
    if setting.enabled:
        yield from _grid_offers(setting)
        yield from _width_offers(setting)


def _output_offers(target: Target, setting: QuantizerSetting, cascade: Cascade) -> Iterator[Offer]:
    switch = "off" if setting.enabled else "on"
    wanted = str(not setting.enabled)
    key = "is_output_quantized"
    decider = deciding_rule(cascade, target.tensor)
    if decider and split(decider)[0] == "supergroups":
        yield _removal(Property.ENABLED, wanted, f"{switch}: take this supergroup out", decider)
    own = join("/op_type", target.op_type, key)
    yield _offer(Property.ENABLED, wanted, f"{switch}: every {target.op_type} output", own, wanted)
    yield _offer(
        Property.ENABLED,
        wanted,
        f"{switch}: outputs by default",
        join("/defaults/ops", key),
        None if setting.enabled else "True",
    )
    model_output = join("/model_output", key)
    if decider == model_output:
        yield _removal(Property.ENABLED, wanted, f"{switch}: model outputs", model_output)
    elif target.is_last and not setting.enabled:
        yield _offer(Property.ENABLED, wanted, "on: model outputs", model_output, "True")
    if setting.enabled:
        yield from _activation_symmetry(target, setting)
        yield from _range_offers(target, setting)
    else:
        yield from _reader_offers(target.users)


def _input_offers(target: Target, setting: QuantizerSetting) -> Iterator[Offer]:
    switch = "off" if setting.enabled else "on"
    yield _offer(
        Property.ENABLED,
        str(not setting.enabled),
        f"{switch}: model inputs and constants",
        "/model_input/is_input_quantized",
        None if setting.enabled else "True",
    )
    if setting.enabled:
        yield from _activation_symmetry(target, setting)
    else:
        yield from _reader_offers(target.users or (target.op_type,))


def _reader_offers(op_types: Sequence[str]) -> Iterator[Offer]:
    """Inputs can be asked for by what reads them, and only be switched on."""
    for op_type in op_types[:MOST_USERS]:
        place = join("/op_type", op_type, "is_input_quantized")
        yield _offer(Property.ENABLED, "True", f"on: every input of {op_type}", place, "True")


def _activation_symmetry(target: Target, setting: QuantizerSetting) -> Iterator[Offer]:
    places = (
        (f"inputs and outputs of {target.op_type}", join("/op_type", target.op_type)),
        ("activations by default", "/defaults/ops"),
    )
    yield from _symmetry_offers(setting, places)


def _symmetry_offers(setting: QuantizerSetting, places: Sequence[Place]) -> Iterator[Offer]:
    word, wanted = "asymmetric" if setting.symmetric else "symmetric", str(not setting.symmetric)
    for reach, above in places:
        pointer = join(above, "is_symmetric")
        yield _offer(Property.SYMMETRIC, wanted, f"{word}: {reach}", pointer, wanted)


def _range_offers(target: Target, setting: QuantizerSetting) -> Iterator[Offer]:
    place = range_place(target)
    reach = f"every {target.op_type} output"
    for low, high in USUAL_RANGES.get(target.op_type, ()):
        if (low, high) != setting.fixed_range:
            words = value_text((low, high))
            value = {"min": low} | ({} if high is None else {"max": high})
            yield _offer(Property.FIXED_RANGE, "fixed", f"{words}: {reach}", place, value)
    if setting.fixed_range is not None:
        yield _offer(Property.FIXED_RANGE, "observed", f"observed: {reach}", place, None)


def range_place(target: Target) -> str:
    """Return where the fixed range of an operator type's outputs is written."""
    return join("/op_type", target.op_type, "encoding_constraints")


def _param_offers(target: Target, setting: QuantizerSetting) -> Iterator[Offer]:
    param = target.param or ""
    places = (
        (f"every {param} of {target.op_type}", join("/op_type", target.op_type, "params", param)),
        (f"every {param}", join("/params", param)),
        ("every parameter by default", "/defaults/params"),
    )
    switch, wanted = "off" if setting.enabled else "on", str(not setting.enabled)
    for reach, above in places:
        pointer = join(above, "is_quantized")
        yield _offer(Property.ENABLED, wanted, f"{switch}: {reach}", pointer, wanted)
    if not setting.enabled:
        return
    yield from _symmetry_offers(setting, places)
    word = "per tensor" if setting.per_channel else "per channel"
    wanted = str(not setting.per_channel)
    for reach, above in (
        (f"parameters of {target.op_type}", join("/op_type", target.op_type)),
        ("every parameter by default", "/defaults"),
    ):
        pointer = join(above, "per_channel_quantization")
        yield _offer(Property.PER_CHANNEL, wanted, f"{word}: {reach}", pointer, wanted)


def _grid_offers(setting: QuantizerSetting) -> Iterator[Offer]:
    """The two kinds of symmetric grid have one rule each, for all quantizers."""
    if not setting.symmetric:
        return
    for prop, current in (
        (Property.STRICT_SYMMETRIC, setting.strict_symmetric),
        (Property.UNSIGNED_SYMMETRIC, setting.unsigned_symmetric),
    ):
        wanted = str(not current)
        pointer = join("/defaults", prop.value)
        yield _offer(prop, wanted, f"{wanted}: every quantizer", pointer, wanted)


def _width_offers(setting: QuantizerSetting) -> Iterator[Offer]:
    """No rule gives a width that AIMET obeys; a run is asked for one of each kind."""
    is_param = setting.kind is Kind.PARAM
    option, reach = (
        ("param_bits", "every parameter") if is_param else ("act_bits", "every activation")
    )
    current = "float16" if setting.dtype == "float" else setting.bitwidth
    for width in WIDTHS:
        if width != current:
            yield Offer(
                f"{option}={width}",
                Property.BITWIDTH,
                str(width),
                f"{width}: {reach} of the run",
                "An option of the run: the document stays as it is",
                "",
                width,
                option,
            )


def _offer(prop: Property, wanted: str, title: str, pointer: str, value: Any) -> Offer:
    if value is None:
        return _removal(prop, wanted, title, pointer)
    shown = (
        value_text((value["min"], value.get("max"))) if isinstance(value, dict) else f'"{value}"'
    )
    detail = f"set {rule_label(pointer)} to {shown}"
    return Offer(f"{pointer}={_plain(value)}", prop, wanted, title, detail, pointer, value)


def _removal(prop: Property, wanted: str, title: str, pointer: str) -> Offer:
    detail = f"take {rule_label(pointer)} out"
    return Offer(f"remove:{pointer}", prop, wanted, title, detail, pointer, None)


def _plain(value: Any) -> str:
    return ",".join(map(str, value.values())) if isinstance(value, dict) else str(value)


def deciding_rule(cascade: Cascade, tensor: str, prop: Property = Property.ENABLED) -> str | None:
    """Return the pointer of the rule that has the last word on a property, None for built-ins."""
    pointer = None
    for declaration in cascade.trace(tensor):
        if declaration.property is prop and declaration.effective:
            pointer = declaration.rule
    return pointer
