"""The inspector's card of one quantizer: what is in effect, what had a say, what could be set."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from quantsim_viz.resolve.builtins import BUILTINS
from quantsim_viz.resolve.settings import Kind, Property, Stage
from quantsim_viz.ui.views.coverage import name_list
from quantsim_viz.ui.views.effects import counts_of
from quantsim_viz.ui.views.offers import WIDTHS, Target, iter_offers, range_place
from quantsim_viz.ui.views.table import grid_words
from quantsim_viz.ui.views.words import (
    PROPERTY_TITLES,
    STAGE_TITLES,
    rule_label,
    setting_summary,
    sqnr_words,
    value_text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set

    from quantsim_viz.resolve import Cascade
    from quantsim_viz.resolve.settings import Declaration, QuantizerSetting
    from quantsim_viz.ui.views.offers import Offer
    from quantsim_viz.ui.workspace import Workspace

PROPERTIES = (
    Property.ENABLED,
    Property.SYMMETRIC,
    Property.BITWIDTH,
    Property.PER_CHANNEL,
    Property.STRICT_SYMMETRIC,
    Property.UNSIGNED_SYMMETRIC,
    Property.FIXED_RANGE,
    Property.TIED_TO,
)
"""What is shown of a quantizer, in this order."""

SWITCHES: Mapping[Property, tuple[tuple[str, str], ...]] = {
    Property.ENABLED: (("True", "on"), ("False", "off")),
    Property.SYMMETRIC: (("True", "yes"), ("False", "no")),
    Property.PER_CHANNEL: (("True", "yes"), ("False", "no")),
    Property.STRICT_SYMMETRIC: (("True", "yes"), ("False", "no")),
    Property.UNSIGNED_SYMMETRIC: (("True", "yes"), ("False", "no")),
    Property.BITWIDTH: tuple(
        (str(width), "fp16" if width == "float16" else str(width)) for width in WIDTHS
    ),
    Property.FIXED_RANGE: (("observed", "observed"), ("fixed", "fixed")),
}
"""The values that a property can be switched between, and how the switch shows them."""

LIMITS: Mapping[Property, str] = {
    Property.BITWIDTH: "No rule gives a width: AIMET ignores supported_kernels. A run is asked for"
    " one width of all parameters and one of all activations.",
    Property.STRICT_SYMMETRIC: "One rule for all quantizers; there is none for types or tensors.",
    Property.UNSIGNED_SYMMETRIC: "One rule for all quantizers; there is none for types or tensors.",
    Property.FIXED_RANGE: "A range belongs to all outputs of an operator type; parameters and"
    " inputs have none.",
    Property.TIED_TO: "Ties follow from the graph: no rule makes or undoes one.",
}
"""What the format cannot say about a property."""

COUNTING_SECONDS = 0.05
PATIENT_SECONDS = 1.0
"""How long the offers of one node may take to be counted unasked: at once, and in a pause."""


class Card:
    """Makes the cards of one node's quantizers.

    Args:
        workspace: Model and document.
        cascade: What is in effect.
        considered: (tensor, property) pairs that somebody looks at: their offers are counted in any
            case.
        patient: Whether there is time to count; otherwise what takes long is left for later.
    """

    def __init__(
        self,
        workspace: Workspace,
        cascade: Cascade,
        considered: Set[tuple[str, str]],
        *,
        patient: bool,
    ) -> None:
        self.workspace = workspace
        self.cascade = cascade
        self.considered = considered
        picture = workspace.shown()
        self.data = picture.config.document.data if picture.config is not None else None
        self._patient = patient
        seconds = PATIENT_SECONDS if patient else COUNTING_SECONDS
        if picture.seconds > seconds:  # not even one in that time
            seconds = 0.0
        self._until = time.perf_counter() + seconds
        workspace.counts_due = False

    def of(self, target: Target, measured: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return what is shown of a quantizer, with its figures of the last run, if any."""
        cascade, setting = self.cascade, self.cascade.quantizers[target.tensor]
        trace = cascade.trace(target.tensor)
        offers = list(iter_offers(target, setting, cascade))
        return {
            "tensor": target.tensor,
            "role": target.param or _role(setting),
            "summary": grid_words(cascade, target.tensor) or setting_summary(setting),
            "enabled": setting.enabled,
            "measured": measured_text(measured),
            "grid": grid_text(measured),
            "note": tie_note(self._partners(target.tensor, setting)),
            "properties": [
                self._property(prop, target, setting, trace, offers, measured)
                for prop in PROPERTIES
                if prop is Property.ENABLED or is_worth_showing(prop, setting, trace)
            ],
        }

    def _property(
        self,
        prop: Property,
        target: Target,
        setting: QuantizerSetting,
        trace: Sequence[Declaration],
        offers: Sequence[Offer],
        measured: Mapping[str, Any] | None,
    ) -> dict[str, Any]:
        rows = [(index, d) for index, d in enumerate(trace) if d.property is prop]
        rows.reverse()
        above = [None, *(index for index, _ in rows)]
        value = _current(prop, setting)
        mine = [offer for offer in offers if offer.property is prop]
        offered = {offer.wanted for offer in mine} | {value}
        is_range = prop is Property.FIXED_RANGE
        row: dict[str, Any] = {
            "name": prop.value,
            "title": PROPERTY_TITLES[prop],
            "value": value_text(getattr(setting, prop.value)),
            "current": value,
            "switch": [
                [option, label]
                for option, label in SWITCHES.get(prop, ())
                if option in offered or is_range
            ],
            "limit": LIMITS.get(prop, ""),
            "declarations": [
                declaration_row(d, trace, self.data) | {"beaten_by_row_above": beaten}
                for place, (_, d) in enumerate(rows)
                for beaten in [d.overridden_by == above[place]]
            ],
            "offers": [self._offer(target, offer) for offer in mine],
        }
        if prop is Property.TIED_TO:
            row["value"] = name_list(self._partners(target.tensor, setting))
            for declared in row["declarations"]:
                if declared["state"] == "wins":
                    declared["value"] = row["value"]
        if is_range:
            row["range"] = _range_form(target, setting, measured)
        return row

    def _partners(self, tensor: str, setting: QuantizerSetting) -> list[str]:
        """Return the other tensors that share a quantizer."""
        if setting.tied_to is None:
            return []
        quantizers = self.cascade.quantizers
        return [n for n in quantizers if n != tensor and quantizers[n].tied_to == setting.tied_to]

    def _offer(self, target: Target, offer: Offer) -> dict[str, Any]:
        row: dict[str, Any] = {
            "id": offer.id,
            "title": offer.title,
            "wanted": offer.wanted,
            "detail": offer.detail,
            "counts": "",
            "refused": "",
        }
        if self._is_counted(target, offer):
            effect = counts_of(self.workspace, offer)
            row["counts"], row["refused"] = effect.words, effect.refused
        return row

    def _is_counted(self, target: Target, offer: Offer) -> bool:
        if offer.id in self.workspace.effects_of_now:
            return True
        if (target.tensor, offer.property.value) in self.considered:
            return True
        if offer.property is not Property.ENABLED:
            return False
        if time.perf_counter() < self._until:
            return True
        self.workspace.counts_due = not self._patient
        return False


def _current(prop: Property, setting: QuantizerSetting) -> str:
    """Return which position the switch of a property stands in."""
    if prop is Property.FIXED_RANGE:
        return "observed" if setting.fixed_range is None else "fixed"
    if prop is Property.BITWIDTH and setting.dtype == "float":
        return "float16"
    return str(getattr(setting, prop.value))


def _role(setting: QuantizerSetting) -> str:
    return {"activation": "output", "input": "model input", "constant": "constant"}.get(
        setting.kind.value, setting.kind.value
    )


def _range_form(
    target: Target, setting: QuantizerSetting, measured: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return where a range is written and what its form starts from: as it is, or as observed."""
    encoding = (measured or {}).get("e") or {}
    low, high = setting.fixed_range or (encoding.get("min"), encoding.get("max"))
    return {
        "pointer": range_place(target),
        "reach": f"every {target.op_type} output",
        "min": None if low is None else float(f"{low:.4g}"),
        "max": None if high is None else float(f"{high:.4g}"),
    }


def tie_note(partners: Sequence[str]) -> str:
    """Return with which other tensors a quantizer is shared, `""` with none.

    >>> tie_note(["conv2d_1", "relu"])
    'Shares one quantizer with conv2d_1, relu.'
    """
    return f"Shares one quantizer with {name_list(partners)}." if partners else ""


def measured_text(measured: Mapping[str, Any] | None) -> str:
    """Return the figures of the last run: `38.1 dB · isolated 40.2 dB`."""
    if not measured:
        return ""
    figures = {"": measured["f"]} if "f" in measured else {}
    figures |= measured.get("m", {})
    parts = [f"{name} {sqnr_words(f[0], f[2])}".lstrip() for name, f in figures.items()]
    own = measured.get("q")
    if own and own[0] is not None:
        parts.append(f"own quantizer {own[0]:.1f} dB")
    return " · ".join(parts)


def grid_text(measured: Mapping[str, Any] | None) -> str:
    """Return the calibrated grid: `−1.2 to 3.4, step 0.018, offset −67`; `""` without one."""
    encoding = (measured or {}).get("e")
    if not encoding or encoding.get("scale") is None:
        return ""
    low, high, scale = (f"{encoding[key]:.4g}" for key in ("min", "max", "scale"))
    channels = encoding.get("channels", 1)
    words = f"{low} to {high}, step {scale}, offset {encoding['offset']}"
    return f"{words}; {channels} channels" if channels > 1 else words


def is_worth_showing(
    prop: Property, setting: QuantizerSetting, trace: Sequence[Declaration]
) -> bool:
    """Whether a property says anything about a quantizer."""
    if not setting.enabled:
        return False
    if prop is Property.FIXED_RANGE:
        return setting.kind is Kind.ACTIVATION or setting.fixed_range is not None
    if prop is Property.TIED_TO:
        return setting.tied_to is not None
    if prop is Property.PER_CHANNEL:
        return setting.kind is Kind.PARAM
    if prop is Property.STRICT_SYMMETRIC or prop is Property.UNSIGNED_SYMMETRIC:
        return setting.symmetric
    return any(declaration.property is prop for declaration in trace)


def declaration_row(
    declaration: Declaration, trace: Sequence[Declaration], data: Any
) -> dict[str, Any]:
    """Return one row of a cascade: the value, who says so, and what became of it."""
    if declaration.agrees is not None:
        state, beaten = "agrees", "says the same as the first, and so has no effect"
    elif declaration.overridden_by is not None:
        winner = trace[declaration.overridden_by]
        state, beaten = "overridden", f"overridden by {source_label(winner, data)}"
    else:
        state, beaten = "wins", ""
    return {
        "value": value_text(declaration.value),
        "label": source_label(declaration, data),
        "pointer": declaration.rule,
        "line": declaration.line,
        "explain": BUILTINS.get(declaration.builtin or "", ""),
        "state": state,
        "beaten": beaten,
    }


def source_label(declaration: Declaration, data: Any) -> str:
    """Return who makes a declaration: a rule, a tie, or what is built in."""
    if declaration.rule is not None:
        return rule_label(declaration.rule, data)
    if declaration.source is not None:
        return f"tie with {declaration.source}"
    if declaration.stage is Stage.START:
        return "built-in start value"
    return f"built in: {STAGE_TITLES[declaration.stage]}"
