"""Which side is better, whether the difference is real, and how much it is, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from quantsim_viz.ui.compare.attributed import attribution_of
from quantsim_viz.ui.compare.causes import NO_RULE
from quantsim_viz.ui.views.figures import SCHEMES, precision_words
from quantsim_viz.ui.views.words import rule_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from quantsim_viz.ui.compare.measured import Measured
    from quantsim_viz.ui.session import Session

SHARES = ("top1", "top5")
"""Metrics that are a share of the samples, told in percent and points."""

LOWER_IS_BETTER = ("mse", "mae")

CLOSE_DB = 0.1
"""Differences at the output below this many dB are called none."""

TEST_WORDS = {
    "mcnemar-exact": "exact McNemar test",
    "paired-bootstrap": "paired bootstrap",
}


def shown_measured(session: Session) -> Measured | None:
    """Return the figures to show: of all the data if they are current, else of one batch.

    While neither is current, the last ones of all the data stand, and are stale.
    """
    measured = session.comparing.measured
    full, live = measured.get("compare"), measured.get("compare-live")
    for found in (full, live):
        if found is not None and found.is_current(session):
            return found
    return full or live


def verdict_view(session: Session) -> dict[str, Any]:
    """Return what the head of the page shows."""
    comparing = session.comparing
    measured = shown_measured(session)
    headline, tone, lines = _answer(session, measured)
    stale = measured is not None and not measured.is_current(session)
    return {
        "headline": headline,
        "tone": tone,
        "lines": lines,
        "rows": list(_rows(session, measured)),
        "metric": _metric_words(measured),
        "caption": "" if measured is None else _caption(session, measured, stale=stale),
        "busy": _busy(session),
        "stale": stale,
        "other": comparing.other,
        "metrics": list(comparing.metrics),
        "asked": comparing.metric or "",
    }


def _answer(session: Session, measured: Measured | None) -> tuple[str, str, list[str]]:
    comparing = session.comparing
    if comparing.pair is None:
        missing = "A" if "A" not in comparing.sides else "B"
        line = f"Press {missing} beside a configuration at the left; two presses compare any two."
        return "Choose what to compare", "none", [line]
    sides = {"A": comparing.pair[0], comparing.other: comparing.pair[1]}
    refused = {letter: side.problem for letter, side in sides.items() if side.problem}
    if refused:
        letters = " and ".join(refused)
        rest = [letter for letter in sides if letter not in refused]
        lines = [f"{letter}: {problem}" for letter, problem in refused.items()]
        if rest:
            lines.append(f"The figures of {rest[0]} stand by themselves.")
        return f"{letters} cannot be simulated", "refused", lines
    lead = _no_difference(session)
    if lead:
        return lead, "alike", [_rules_line(session)]
    if measured is None:
        return "Measuring" if session.live else "Nothing was measured yet", "none", []
    columns = measured.column("A"), measured.column(comparing.other)
    if None in columns:
        return "Measuring", "none", []
    return _judged(session, measured, columns)  # type: ignore[arg-type]  # none of them is None


def _no_difference(session: Session) -> str:
    comparing = session.comparing
    assert comparing.pair is not None
    first, second = comparing.pair
    if first.text == second.text:
        return f"A and {comparing.other} are the same text"
    difference = comparing.difference
    if difference is not None and difference.is_empty:
        return f"A and {comparing.other} settle every quantizer of this model alike"
    return ""


def _rules_line(session: Session) -> str:
    count = len(session.comparing.causes)
    if not count:
        return "No rule differs."
    if count == 1:
        return "1 rule differs in the text and changes nothing on this model."
    return f"{count} rules differ in the text and change nothing on this model."


def _judged(
    session: Session, measured: Measured, columns: tuple[int, int]
) -> tuple[str, str, list[str]]:
    other = session.comparing.other
    test = _test(measured, columns)
    noise = _noise_line(measured, columns, other)
    if test is None:
        decibels = _output_difference(measured, columns)
        reason = _no_accuracy(measured)
        if decibels is None or abs(decibels) < CLOSE_DB:
            return "No difference at the output that matters", "alike", [reason, noise]
        better = other if decibels > 0 else "A"
        tone = "better" if decibels > 0 else "worse"
        headline = f"{better} has {abs(decibels):.1f} dB less noise at the output"
        return headline, tone, [reason, *_cause_lines(session)]
    headline, tone = _headline(measured, test, other)
    lines = [_test_line(measured, test, other), noise, *_cause_lines(session)]
    return headline, tone, [line for line in lines if line]


def _headline(measured: Measured, test: Mapping[str, Any], other: str) -> tuple[str, str]:
    name = measured.report["metric"]["name"]
    if test["verdict"] == "alike":
        return f"No difference that matters between A and {other}", "alike"
    size = amount(name, abs(test["difference"]))
    gain = test["difference"] * (-1 if name in LOWER_IS_BETTER else 1)
    if test["verdict"] == "unclear":
        if not test["difference"]:
            return f"Not enough data to tell A and {other} apart", "unclear"
        lead = other if gain > 0 else "A"
        return f"Not enough data to tell; {lead} is ahead by {size}", "unclear"
    better, tone = (other, "better") if gain > 0 else ("A", "worse")
    return f"{better} is better, by {size}", tone


def _test_line(measured: Measured, test: Mapping[str, Any], other: str) -> str:
    samples = measured.report["samples"]
    chance = chance_words(test["p_value"])
    how = TEST_WORDS.get(test["name"], test["name"])
    pair = test.get("disagreements")
    if pair is not None:
        gained, lost = pair
        if gained == lost == 0:
            return f"Both are right and wrong on the same of {samples:,} samples."
        line = f"{other} alone is right on {gained}, A alone on {lost} of {samples:,} samples"
        if gained == lost:
            return f"{line}."
        line += f"; chance does as much {chance} ({how})."
    else:
        line = f"Over {samples:,} samples chance does as much {chance} ({how})."
    if test["verdict"] == "unclear" and test.get("needed"):
        line += f" About {_rounded(test['needed']):,} samples like these would tell."
    return line


def _noise_line(measured: Measured, columns: tuple[int, int], other: str) -> str:
    decibels = _output_difference(measured, columns)
    if decibels is None:
        return ""
    if abs(decibels) < CLOSE_DB:
        return "The noise at the output is alike."
    word = "less" if decibels > 0 else "more"
    return f"{other} has {abs(decibels):.1f} dB {word} noise at the output."


def _cause_lines(session: Session) -> Iterator[str]:
    """Yield what caused it: the rule that does most, else the one that reaches farthest."""
    comparing = session.comparing
    causes = [cause for cause in comparing.causes if cause.groups]
    if not causes or comparing.pair is None:
        return
    if len(causes) == 1:
        yield f"The cause is {_label(session, causes[0].id)}."
        return
    found = attribution_of(session)
    if found is None:
        reach = _counted(len(causes[0].tensors), "quantizer")
        yield (
            f"{_counted(len(causes), 'changed rule')} cause it; {_label(session, causes[0].id)}"
            f" reaches farthest ({reach})."
        )
        return
    rules = [rule for rule in found["rules"] if rule["alone"]["sqnr_delta_db"] is not None]
    if rules:
        most = max(rules, key=lambda rule: abs(rule["alone"]["sqnr_delta_db"]))
        alone = most["alone"]["sqnr_delta_db"]
        sign = "+" if alone > 0 else "\u2212"
        yield (
            f"Of {_counted(len(causes), 'changed rule')} {_label(session, most['id'])} does"
            f" most: {sign}{abs(alone):.1f} dB alone."
        )


def _label(session: Session, pointer: str) -> str:
    pair = session.comparing.pair
    if pointer == NO_RULE or pair is None:
        return "built-in behaviour"
    config = pair[0 if pointer.startswith("removed:") else 1].picture.config
    document = None if config is None else config.document.data
    return rule_label(pointer.removeprefix("removed:"), document)


def _no_accuracy(measured: Measured) -> str:
    metric = measured.report.get("metric")
    if metric:
        return f"{metric['name']} gives one figure for all samples, so there is no paired test."
    failures = measured.report["failures"]
    if failures:
        return str(failures[0])
    return "The data have no labels, so no accuracy is compared."


def _test(measured: Measured, columns: tuple[int, int]) -> Mapping[str, Any] | None:
    """Return the paired test of the other side against A, None without scores a sample."""
    return None if columns[0] != 0 else paired_test(measured.report, columns[1])


def paired_test(report: Mapping[str, Any], column: int) -> dict[str, Any] | None:
    """Return what the paired test says of a column against the first, None without one."""
    metric = report.get("metric")
    if metric is None or metric["verdict"][column] is None:
        return None
    return {
        "name": metric["test"],
        "verdict": metric["verdict"][column],
        "difference": metric["difference"][column],
        "p_value": metric["p_value"][column],
        "interval": metric["confidence_interval"][column],
        "disagreements": metric["disagreements"][column],
        "needed": metric["needed_samples"][column],
    }


# Figures


def _rows(session: Session, measured: Measured | None) -> Iterator[dict[str, Any]]:
    comparing = session.comparing
    metric = None if measured is None else measured.report.get("metric")
    if metric is not None:
        yield {"letter": "float", "name": "float model", "value": score(metric, metric["float"])}
    for letter, side in comparing.sides.items():
        row: dict[str, Any] = {
            "letter": letter,
            "name": side.name,
            "problem": side.problem,
            "beside": len(comparing.sides) > 2 and letter == comparing.other,
        }
        column = None if measured is None else measured.column(letter)
        if measured is not None and column is not None:
            row |= _figures_of(measured, column)
            row["stale"] = not measured.is_of(session, letter)
        yield row


def _figures_of(measured: Measured, column: int) -> dict[str, Any]:
    report = measured.report
    decibels = output_sqnr(report, column)
    row: dict[str, Any] = {"sqnr": "no noise" if decibels is None else f"{decibels:.1f} dB"}
    first = output_sqnr(report, 0)
    if column and decibels is not None and first is not None and measured.letters[0] == "A":
        row["sqnr_delta"] = decibels - first
    metric = report.get("metric")
    if metric is None:
        return row
    row["value"] = score(metric, metric["values"][column])
    if column and measured.letters[0] == "A":
        row["difference"] = metric["difference"][column]
        test = paired_test(report, column)
        if test is not None:
            row |= {"interval": test["interval"], "p": p_text(test["p_value"])}
    return row


def _metric_words(measured: Measured | None) -> dict[str, Any] | None:
    metric = None if measured is None else measured.report.get("metric")
    if metric is None:
        return None
    name = metric["name"]
    share = name in SHARES
    how = TEST_WORDS.get(metric["test"], "no test, as it is one figure for all samples")
    return {
        "name": name,
        "title": name,
        "hint": f"On {metric['samples']} labelled samples",
        "difference_hint": "Of the same samples, paired",
        "interval_title": "95 % interval",
        "interval_hint": "The differences to A that fit the data, at 95 % confidence",
        "test_hint": f"How often chance alone makes a difference as large: {how}",
        "scale": 100 if share else 1,
        "unit": "",
        "digits": 2 if share else 4,
        "good": -1 if name in LOWER_IS_BETTER else 1,
    }


def output_sqnr(report: Mapping[str, Any], column: int) -> float | None:
    """Return the SQNR at the outputs together in dB, None without noise or signal."""
    outputs = report["outputs"].values()
    signal = sum(output["signal"] or 0.0 for output in outputs)
    noise = sum(output["noise"][column] or 0.0 for output in outputs)
    return 10 * math.log10(signal / noise) if signal > 0 and noise > 0 else None


def _output_difference(measured: Measured, columns: tuple[int, int]) -> float | None:
    first, second = (output_sqnr(measured.report, column) for column in columns)
    return None if first is None or second is None else second - first


def score(metric: Mapping[str, Any], value: float | None) -> str:
    """Return a score for reading."""
    if value is None:
        return "not finite"
    return f"{value:.2%}" if metric["name"] in SHARES else f"{value:.4g}"


def amount(name: str, difference: float) -> str:
    """Return how large a difference is: `1.30 points of top1`.

    >>> amount("top1", 0.013), amount("mse", 0.002)
    ('1.30 points of top1', '0.002 of mse')
    """
    if name in SHARES:
        return f"{difference * 100:.2f} points of {name}"
    return f"{difference:.3g} of {name}"


def p_text(p_value: float) -> str:
    """Return a p-value for reading.

    >>> p_text(0.0312), p_text(0.00004), p_text(1.0)
    ('0.031', '< 0.001', '1')
    """
    return "< 0.001" if p_value < 0.001 else f"{p_value:.2g}"


def chance_words(p_value: float) -> str:
    """Return how often chance does as much.

    >>> chance_words(0.25), chance_words(0.0004), chance_words(1.0)
    ('in 25 % of cases', 'in fewer than 0.1 % of cases', 'always')
    """
    if p_value >= 0.995:
        return "always"
    if p_value < 0.001:
        return "in fewer than 0.1 % of cases"
    return f"in {p_value * 100:.2g} % of cases"


def _caption(session: Session, measured: Measured, *, stale: bool) -> str:
    report, options = measured.report, measured.options
    total = report.get("total") or report["samples"]
    count = report["samples"]
    size = f"All {count:,} samples" if count == total else f"{count:,} of {total:,} samples"
    bits = [precision_words(bits) for bits in (options.param_bits, options.act_bits)]
    words = [
        f"{size} of {measured.data.title}",
        SCHEMES.get(options.scheme, options.scheme),
        bits[0] if bits[0] == bits[1] else f"parameters {bits[0]}, activations {bits[1]}",
    ]
    lead = "Of an earlier state. " if stale else ""
    return f"{lead}{', '.join(words)}"


def _busy(session: Session) -> str:
    if session.is_running("compare"):
        return "measuring all the data"
    if session.is_running("compare-live"):
        return "measuring one batch"
    if session.is_running("attribute"):
        return "trying each rule alone"
    if session.is_running("explain"):
        return "trying each layer alone"
    return ""


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _rounded(number: int) -> int:
    """Return a number to two digits, upwards.

    >>> _rounded(1621), _rounded(48)
    (1700, 48)
    """
    step = int(10 ** max(len(str(number)) - 2, 0))
    return math.ceil(number / step) * step
