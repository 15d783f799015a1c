"""A comparison and an attribution as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.cli.simulate import format_output, format_score
from quantsim_viz.cli.tables import RIGHT, format_table
from quantsim_viz.report.accuracy import explain_difference
from quantsim_viz.report.metrics import is_share

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SHOWN_LAYERS = 8
"""Layers named as those that explain the difference in noise."""

SHOWN_SAMPLES = 10
"""Samples named on which two configurations disagree; --json has them all."""

NOTHING = "–"


def format_comparison(document: Mapping[str, Any], model: str) -> str:
    """Lay out a comparison: layers, outputs, what explains the noise, accuracies, attributions."""
    letters = name_letters(len(document["configs"]))
    lines = [f"{model}: {document['samples']} samples of {document['data']}, {document['scheme']}"]
    lines += _iter_configs(document, letters)
    lines += ["", _layer_table(document, letters)]
    lines += ["", _output_table(document, letters)]
    for index, explanation in enumerate(document["explaining"]):
        if explanation is not None:
            names = letters[document["base"]], letters[index]
            lines += ["", *_iter_explaining(explanation, names)]
    if document["metric"] is not None:
        lines += ["", *_iter_metric(document, letters)]
    for index, attribution in enumerate(document["attribution"]):
        if attribution is not None:
            names = letters[document["base"]], letters[index]
            lines += ["", *_iter_attribution(attribution, names)]
    return "\n".join(lines)


def name_letters(count: int) -> list[str]:
    """Return what to call so many configurations: letters, numbers where those do not reach.

    >>> name_letters(3)
    ['A', 'B', 'C']
    """
    return [chr(ord("A") + index) if count <= 26 else str(index + 1) for index in range(count)]


def _iter_configs(document: Mapping[str, Any], letters: Sequence[str]) -> Iterator[str]:
    for index, (letter, name) in enumerate(zip(letters, document["configs"], strict=True)):
        error = document["errors"][index]
        yield f"  {letter}  {name}"
        if error is not None:
            yield f"     AIMET refuses it ({error['code']}): {error['message']}"
        for finding in document["warnings"][index] if document["warnings"] else ():
            yield f"     {finding['message']}"
    if document["base"] != 0:
        yield f"  The others are set beside {letters[document['base']]}."


def _layer_table(document: Mapping[str, Any], letters: Sequence[str]) -> str:
    base, shown = document["base"], _shown(document)
    others = [index for index in shown if index != base]
    header = [
        "node",
        "status",
        *(f"{letters[i]} dB" for i in shown),
        *(f"{letters[i]} − {letters[base]}" for i in others),
    ]
    rows = []
    for layer in document["layers"]:
        statuses = [layer["status"][index] for index in shown]
        rows.append(
            (
                layer["node"],
                statuses[0] if len(set(statuses)) == 1 else " | ".join(statuses),
                *(_number(layer["sqnr_db"][index], ".1f") for index in shown),
                *(_number(layer["delta_db"][index], "+.1f") for index in others),
            )
        )
    return format_table(header, rows, ["<", "<", *[RIGHT] * (len(header) - 2)])


def _output_table(document: Mapping[str, Any], letters: Sequence[str]) -> str:
    shown = _shown(document)
    header = [
        "output",
        *(f"{letters[i]} dB" for i in shown),
        *(f"cosine {letters[i]}" for i in shown),
    ]
    rows = [
        (
            name,
            *(_number(output["sqnr_db"][index], ".2f") for index in shown),
            *(_number(output["cosine"][index], ".6f") for index in shown),
        )
        for name, output in document["outputs"].items()
    ]
    return format_table(header, rows, ["<", *[RIGHT] * (len(header) - 1)])


def _shown(document: Mapping[str, Any]) -> list[int]:
    """Return the configurations that have figures."""
    return [index for index, error in enumerate(document["errors"]) if error is None]


def _number(value: float | None, form: str) -> str:
    return NOTHING if value is None else format(value, form)


# -- which layers ----------------------------------------------------------------------------------


def _iter_explaining(explanation: Mapping[str, Any], names: tuple[str, str]) -> Iterator[str]:
    first, other = names
    what = {
        "sensitivity": "own noise at the outputs",
        "isolated": "own noise relative to their signal; --measure sensitivity tells what reaches"
        " the outputs",
    }[explanation["measure"]]
    layers = explanation["layers"]
    if not layers:
        yield f"No layer's own noise differs between {first} and {other}."
        return
    yield f"Layers that explain the noise of {other} against {first} ({what}):"
    rows = [
        (
            layer["node"],
            layer["op_type"],
            f"{layer['noise'][0]:.3g}",
            f"{layer['noise'][1]:.3g}",
            f"{layer['difference']:+.3g}",
            f"{layer['cumulative_share']:.0%}".replace("%", " %"),
        )
        for layer in layers[:SHOWN_LAYERS]
    ]
    header = ("node", "operator", first, other, f"{other} − {first}", "share so far")
    yield format_table(header, rows, ["<", "<", *[RIGHT] * 4])
    if len(layers) > SHOWN_LAYERS:
        yield f"and {len(layers) - SHOWN_LAYERS} more."
    if explanation["measure"] == "sensitivity" and explanation["outputs"] is not None:
        yield (
            f"One by one they add {explanation['total']:+.3g} at the outputs; all together the"
            f" difference is {explanation['outputs']:+.3g}."
        )


# -- accuracy --------------------------------------------------------------------------------------


def _iter_metric(document: Mapping[str, Any], letters: Sequence[str]) -> Iterator[str]:
    """Yield the accuracy of every configuration, and whether a difference may be chance."""
    metric, base = document["metric"], document["base"]
    name = metric["name"]
    exact = _score(name, metric["float"])
    yield f"{name}{format_output(metric)} on {metric['samples']} samples: float {exact}"
    for index, letter in enumerate(letters):
        if document["errors"][index] is not None:
            continue
        line = f"  {letter}  {_score(name, metric['values'][index])}"
        if metric["values"][index] is None:
            line += "  not a finite number"
        pair, p_value = metric["disagreements"][index], metric["p_value"][index]
        if pair is not None:
            against = letters[base]
            line += f"   against {against}: {pair[0]} right that were wrong, {pair[1]} the reverse"
        if p_value is not None:
            line += f"   p = {p_value:.3g} ({metric['test']})"
        yield line
    for index in range(len(letters)):
        yield from _iter_verdict(metric, index, letters, base)


def _iter_verdict(
    metric: Mapping[str, Any], index: int, letters: Sequence[str], base: int
) -> Iterator[str]:
    first, other = letters[base], letters[index]
    sentence = explain_difference(metric, index, first, other)
    if sentence is None:
        return
    low, high = metric["confidence_interval"][index]
    ends = (_signed(metric["name"], low), _signed(metric["name"], high))
    reach = f"{ends[0]} to {ends[1]}" if None not in (low, high) else "without ends"
    gap = _signed(metric["name"], metric["difference"][index])
    level = f"{metric['confidence_level']:.0%}".replace("%", " %")
    yield f"  {other} − {first}: {gap}, {level} interval {reach}"
    yield f"  {sentence}"
    listed = metric["disagreeing"][index] or []
    if listed and "predictions" in listed[0]:
        rows = [
            (
                str(each["sample"]),
                str(each["label"]),
                str(each["float"]),
                *map(str, each["predictions"]),
            )
            for each in listed[:SHOWN_SAMPLES]
        ]
        table = format_table(("sample", "label", "float", first, other), rows, [RIGHT] * 5)
        yield from (f"    {line}" for line in table.splitlines())
        if len(listed) > SHOWN_SAMPLES:
            yield f"    and {len(listed) - SHOWN_SAMPLES} more; --json lists them all."


def _score(name: str, value: float | None) -> str:
    return NOTHING if value is None else format_score(name, value)


def _signed(name: str, value: float | None) -> str:
    """Return a difference of scores, those of shares in points.

    >>> _signed("top1", -0.0125), _signed("mse", 0.25)
    ('-1.25 points', '+0.25')
    """
    if value is None:
        return NOTHING
    return f"{100 * value:+.2f} points" if is_share(name) else f"{value:+.4g}"


# -- attribution -----------------------------------------------------------------------------------


def _iter_attribution(found: Mapping[str, Any], names: tuple[str, str]) -> Iterator[str]:
    first, second = names
    yield (
        f"What the changed rules do from {first} to {second}: noise at the outputs"
        f" {_number(found['first']['noise'], '.4g')} → {_number(found['second']['noise'], '.4g')}"
        f" ({_number(found['first']['sqnr_db'], '.2f')} →"
        f" {_number(found['second']['sqnr_db'], '.2f')} dB)"
    )
    acting = [rule for rule in found["rules"] if not rule["idle"]]
    idle = len(found["rules"]) - len(acting)
    metric = found["metric"]
    header = ["rule", "what changed", "quantizers", "alone", "dB", "on top", "dB"]
    if metric is not None:
        header += [f"{metric} alone", f"{metric} on top"]
    rows = [tuple(_rule_cells(rule, metric)) for rule in acting]
    if rows:
        rows += _sum_rows(found, metric)
        yield format_table(header, rows, ["<", "<", *[RIGHT] * (len(header) - 2)])
        yield f"alone: what this change by itself adds to {first}."
        yield "on top: what it adds when all the others are made."
    for rule in acting:
        for side, words in (("alone", "made alone"), ("without", "left out alone")):
            if rule[side]["refused"] is not None:
                yield f"{rule['pointer']} {words} is refused by AIMET: {rule[side]['refused']}"
    if idle:
        rules = "rule moves" if idle == 1 else "rules move"
        yield f"{idle} further changed {rules} no quantizer of this model."
    if not found["rules"]:
        yield f"No rule differs between {first} and {second}."


def _rule_cells(rule: Mapping[str, Any], metric: str | None) -> Iterator[str]:
    yield rule["pointer"]
    yield describe_change(rule)
    yield str(rule["quantizers"])
    for side in ("alone", "without"):
        is_refused = rule[side]["refused"] is not None
        yield "refused" if is_refused else _number(rule[side]["noise_delta"], "+.3g")
        yield _number(rule[side]["sqnr_delta_db"], "+.2f")
    if metric is not None:
        for side in ("alone", "without"):
            yield _signed(metric, rule[side]["metric_delta"])


def _sum_rows(found: Mapping[str, Any], metric: str | None) -> list[tuple[str, ...]]:
    """Return the lines below the rules: what they leave unexplained, and the whole."""
    total, interaction = found["total"], found["interaction"]
    gap = _gap(found["first"]["sqnr_db"], found["second"]["sqnr_db"])
    rest: list[str] = ["interaction of the above", "", ""]
    rest += [_number(interaction["noise_alone"], "+.3g"), ""]
    rest += [_number(interaction["noise_without"], "+.3g"), ""]
    whole: list[str] = ["all of them", "", ""]
    whole += [_number(total["noise"], "+.3g"), _number(gap, "+.2f")] * 2
    if metric is not None:
        rest += [_signed(metric, interaction[f"metric_{side}"]) for side in ("alone", "without")]
        whole += [_signed(metric, total["metric"])] * 2
    return [tuple(rest), tuple(whole)]


def _gap(old: float | None, new: float | None) -> float | None:
    return None if old is None or new is None else new - old


def describe_change(rule: Mapping[str, Any]) -> str:
    """Return what happened to a rule in a few words.

    >>> describe_change({"kind": "changed", "old": "True", "new": "False"})
    'True → False'
    >>> describe_change({"kind": "removed", "old": {"op_list": ["Conv", "Relu"]}, "new": None})
    'removed: Conv + Relu'
    """
    old, new = _value(rule["old"]), _value(rule["new"])
    if rule["kind"] == "changed":
        return f"{old} → {new}"
    return f"{rule['kind']}: {old if rule['kind'] == 'removed' else new}"


def _value(value: Any) -> str:
    if isinstance(value, dict) and "op_list" in value:
        return " + ".join(map(str, value["op_list"]))
    if isinstance(value, dict) and "min" in value:
        high = value.get("max")
        return f"[{value['min']:g}, {'…' if high is None else format(high, 'g')}]"
    return "{}" if value == {} else str(value)
