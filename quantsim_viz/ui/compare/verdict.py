"""Which side is better, whether the difference is real, and how much it is, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from quantsim_viz.report.metrics import is_error, is_share
from quantsim_viz.resolve.causes import NO_RULE
from quantsim_viz.ui.compare.attributed import CLOSE_DB, attribution_of, leading_rule
from quantsim_viz.ui.compare.figures import (
    TEST_WORDS,
    figure_rows,
    metric_words,
    output_difference,
    paired_test,
    shown_measured,
)
from quantsim_viz.ui.compare.measured import is_asked
from quantsim_viz.ui.views.figures import SCHEMES, precision_words
from quantsim_viz.ui.views.words import rule_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from quantsim_viz.ui.compare.measured import Measured
    from quantsim_viz.ui.session import Session


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
        "rows": list(figure_rows(session, measured)),
        "metric": metric_words(measured),
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
    failure = _failure(session)
    if failure and (measured is None or not measured.is_current(session)):
        rest = [] if measured is None else ["The figures are of an earlier state."]
        return "Nothing could be measured", "refused", [failure, *rest]
    if measured is None:
        return "Measuring" if session.live else "Nothing was measured yet", "none", []
    columns = measured.column("A"), measured.column(comparing.other)
    if None in columns:
        return "Measuring", "none", []
    return _judged(session, measured, columns)  # type: ignore[arg-type]  # none of them is None


def _failure(session: Session) -> str:
    """Return why the sides as they are now could not be measured, `""` where they could or may."""
    jobs = [session.jobs.get(purpose) for purpose in ("compare-live", "compare")]
    asked = tuple(session.comparing.ready)
    known = [job for job in jobs if job is not None and is_asked(job, session, asked)]
    if any(job.is_running for job in known):
        return ""
    return next((job.problem for job in reversed(known) if job.state == "failed"), "")


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
        decibels = output_difference(measured, columns)
        reason = _no_accuracy(measured)
        if decibels is None:
            return "The noise at the output cannot be compared", "unclear", [reason]
        if abs(decibels) < CLOSE_DB:
            return "No difference at the output that matters", "alike", [reason, noise]
        better = other if decibels > 0 else "A"
        tone = "better" if decibels > 0 else "worse"
        size = "no noise" if math.isinf(decibels) else f"{abs(decibels):.1f} dB less noise"
        headline = f"{better} has {size} at the output"
        return headline, tone, [reason, *_cause_lines(session)]
    headline, tone = _headline(measured, test, other)
    about = " ".join(filter(None, (noise, *_cause_lines(session))))
    return headline, tone, [_test_line(measured, test, other), about]


def _headline(measured: Measured, test: Mapping[str, Any], other: str) -> tuple[str, str]:
    name = measured.report["metric"]["name"]
    if test["verdict"] == "alike":
        return f"No difference that matters between A and {other}", "alike"
    size = amount(name, abs(test["difference"]))
    gain = test["difference"] * (-1 if is_error(name) else 1)
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
    decibels = output_difference(measured, columns)
    if decibels is None:
        return ""
    if abs(decibels) < CLOSE_DB:
        return "The noise at the output is alike."
    if math.isinf(decibels):
        return f"{other if decibels > 0 else 'A'} has no noise at the output."
    return f"{other} has {noise_words(decibels)} at the output."


def _cause_lines(session: Session) -> Iterator[str]:
    """Yield what caused it: the rule that does most of it, else the one that reaches farthest."""
    comparing = session.comparing
    causes = [cause for cause in comparing.causes if cause.groups]
    if not causes or comparing.pair is None:
        return
    found = attribution_of(session)
    if len(causes) == 1 and (found is None or sum(not rule["idle"] for rule in found["rules"]) < 2):
        yield f"The cause is {_label(session, causes[0].id)}."
        return
    if found is None:
        reach = _counted(len(causes[0].tensors), "quantizer")
        yield (
            f"{_counted(len(causes), 'changed rule')} cause it; {_label(session, causes[0].id)}"
            f" reaches farthest ({reach})."
        )
        return
    acting = {cause.id for cause in causes}
    acting |= {rule["id"] for rule in found["rules"] if not rule["idle"]}
    most = leading_rule(found)
    if most is None:
        yield f"{_counted(len(acting), 'changed rule')} act together; none of them stands out."
        return
    parts = (("alone", "alone"), ("without", "on top"))
    told = [
        f"{noise_words(most[side]['sqnr_delta_db'])} {words}"
        for side, words in parts
        if most[side]["sqnr_delta_db"] is not None
    ]
    yield (
        f"Of {_counted(len(acting), 'changed rule')} {_label(session, most['id'])} does most:"
        f" {', '.join(told)}."
    )


def noise_words(decibels: float) -> str:
    """Return what a gain of SQNR is in words.

    >>> noise_words(1.32), noise_words(-0.5), noise_words(0.0)
    ('1.3 dB less noise', '0.5 dB more noise', 'as much noise')
    """
    if abs(decibels) < CLOSE_DB / 2:
        return "as much noise"
    return f"{abs(decibels):.1f} dB {'less' if decibels > 0 else 'more'} noise"


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
        own = measured.data
        return str(failures[0]).replace(own.path or own.reference, own.reference)
    return "The data have no labels, so no accuracy is compared."


def _test(measured: Measured, columns: tuple[int, int]) -> Mapping[str, Any] | None:
    """Return the paired test of the other side against A, None without scores a sample."""
    return None if columns[0] != 0 else paired_test(measured.report, columns[1])


def amount(name: str, difference: float) -> str:
    """Return how large a difference is: `1.30 points of top1`.

    >>> amount("top1", 0.013), amount("mse", 0.002)
    ('1.30 points of top1', '0.002 of mse')
    """
    if is_share(name):
        return f"{difference * 100:.2f} points of {name}"
    return f"{difference:.3g} of {name}"


def chance_words(p_value: float) -> str:
    """Return how often chance does as much.

    >>> chance_words(0.25), chance_words(0.0004), chance_words(1.0)
    ('in 25 % of cases', 'in fewer than 0.1 % of cases', 'every time')
    """
    if p_value >= 0.995:
        return "every time"
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
