"""Words of the interface: for properties, stages, pointers and built-in behaviour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.config.pointer import split
from quantsim_viz.resolve.settings import Property, Stage
from quantsim_viz.viz.palette import paint_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quantsim_viz.resolve.settings import QuantizerSetting, Status

SEMANTICS = "AIMET-ONNX 2.42 semantics"

PROPERTY_TITLES: Mapping[Property, str] = {
    Property.ENABLED: "quantized",
    Property.BITWIDTH: "bit width",
    Property.DTYPE: "type",
    Property.SYMMETRIC: "symmetric",
    Property.STRICT_SYMMETRIC: "strict symmetric",
    Property.UNSIGNED_SYMMETRIC: "unsigned symmetric",
    Property.PER_CHANNEL: "per channel",
    Property.CHANNEL_AXIS: "channel axis",
    Property.FIXED_RANGE: "fixed range",
    Property.TIED_TO: "tied to",
}

STAGE_TITLES: Mapping[Stage, str] = {
    Stage.START: "start value",
    Stage.DEFAULTS_OPS: "defaults, operators",
    Stage.DEFAULTS_PARAMS: "defaults, parameters",
    Stage.PARAMS: "parameter types",
    Stage.OP_TYPE: "operator types",
    Stage.SUPERGROUPS: "supergroups",
    Stage.MODEL_INPUT: "model input",
    Stage.MODEL_OUTPUT: "model output",
    Stage.PRECISION: "bit widths of the run",
    Stage.PER_CHANNEL: "per channel",
    Stage.PASSES: "supergroup passes",
    Stage.DYNAMIC_WEIGHTS: "weights that are computed",
    Stage.EXCEPTIONS: "exceptions of the runtime",
    Stage.TIES: "ties",
}


def status_look(status: Status) -> dict[str, str]:
    """Return mark, word and colours of a status, as the panes draw it."""
    paint = paint_of(status)
    return {"mark": paint.mark, "word": paint.word, "light": paint.light, "dark": paint.dark}


def rule_label(pointer: str, data: Any = None) -> str:
    """Return a rule as the document's reader would name it.

    >>> rule_label("/op_type/Conv/is_output_quantized")
    'op_type.Conv.is_output_quantized'
    >>> rule_label("/supergroups/0", {"supergroups": [{"op_list": ["Conv", "Relu"]}]})
    'supergroup Conv → Relu'
    """
    path = split(pointer)
    if path[:1] == ("supergroups",) and len(path) >= 2:
        chain = _supergroup(path[1], data)
        return f"supergroup {chain}" if chain else f"supergroups[{path[1]}]"
    if path[:1] == ("supergroup_pass_list",) and len(path) >= 2:
        return f"pass {_item(data, 'supergroup_pass_list', path[1]) or path[1]}"
    return ".".join(path)


def _supergroup(index: str, data: Any) -> str:
    group = _item(data, "supergroups", index)
    types = group.get("op_list") if isinstance(group, dict) else None
    return " → ".join(map(str, types)) if isinstance(types, list) else ""


def _item(data: Any, section: str, index: str) -> Any:
    items = data.get(section) if isinstance(data, dict) else None
    if isinstance(items, list) and index.isdigit() and int(index) < len(items):
        return items[int(index)]
    return None


def value_text(value: Any) -> str:
    """Return a setting's value for reading.

    >>> value_text(True), value_text((0.0, None)), value_text(None)
    ('True', '0 to observed', '–')
    """
    if value is None:
        return "–"
    if isinstance(value, list | tuple):
        if len(value) == 2 and all(v is None or isinstance(v, int | float) for v in value):
            low, high = value
            return f"{low:g} to {'observed' if high is None else f'{high:g}'}"
        return " → ".join(map(str, value))
    return str(value)


def setting_summary(setting: QuantizerSetting) -> str:
    """Return a quantizer in a few words: `int8 asymmetric`, `float`.

    >>> from quantsim_viz.resolve.settings import Kind, QuantizerSetting
    >>> setting_summary(QuantizerSetting(Kind.PARAM, enabled=True, symmetric=True))
    'int8 symmetric'
    """
    if not setting.enabled:
        return "float"
    words = [f"{setting.dtype}{setting.bitwidth}"]
    if setting.dtype == "int":
        words.append("symmetric" if setting.symmetric else "asymmetric")
        if setting.symmetric and setting.strict_symmetric:
            words.append("strict")
    if setting.per_channel:
        words.append("per channel")
    if setting.fixed_range is not None:
        words.append(f"range {value_text(setting.fixed_range)}")
    return " ".join(words)


def sqnr_words(decibels: float | None, noise: float | None) -> str:
    """Return an SQNR for reading, or why there is none.

    Args:
        decibels: The SQNR in dB.
        noise: Noise power; None where it was not finite, or not measured.

    >>> sqnr_words(38.06, 1.0), sqnr_words(None, 0.0), sqnr_words(None, 2.0), sqnr_words(None, None)
    ('38.1 dB', 'no noise', 'no signal', 'no figure')
    """
    if decibels is not None:
        return f"{decibels:.1f} dB"
    if noise is None:
        return "no figure"
    return "no signal" if noise else "no noise"
