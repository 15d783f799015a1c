"""What a difference is put down to: to the rules that changed, and to layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.report.metrics import is_share
from quantsim_viz.ui.compare.runs import attribution_seconds

CLOSE_DB = 0.1
"""Differences at the output below this many dB are called none."""

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quantsim_viz.ui.compare.measured import Measured
    from quantsim_viz.ui.session import Session


def attribution_of(session: Session) -> Mapping[str, Any] | None:
    """Return the attribution of the pair as it is now, None while there is none."""
    found = session.comparing.measured.get("attribute")
    return found.report if found is not None and found.is_of_pair(session) else None


def interacting_rows(session: Session, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the causes that decide nothing between the sides, and yet act without the others.

    Once each rule was tried: `defaults.params.is_quantized` taken out, say, where B's operator
    types say the same again.

    Args:
        session: The session.
        rows: Causes as shown (`causes.cause_rows`).
    """
    found = attribution_of(session)
    rules = {} if found is None else {rule["id"]: rule for rule in found["rules"]}
    silent = [row for row in rows if not row["quantizers"] and row["id"] in rules]
    return [
        row | {"nodes": rules[row["id"]]["nodes"], "text": _interacting_words(rules[row["id"]])}
        for row in silent
        if not rules[row["id"]]["idle"]
    ]


def _interacting_words(rule: Mapping[str, Any]) -> str:
    count = rule["quantizers"]
    if not count:
        return "decides nothing by itself, only among the others"
    return f"decides nothing here; alone it moves {count} quantizer{'' if count == 1 else 's'}"


def leading_rule(found: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the changed rule that explains most of a difference in noise, in its direction.

    By the mean of what it does alone and on top of the others, in dB; None where no rule by itself
    does what all together do, and where there is no difference that matters.

    Args:
        found: An attribution.
    """
    first, second = found["first"]["sqnr_db"], found["second"]["sqnr_db"]
    if first is None or second is None or abs(second - first) < CLOSE_DB:
        return None
    sign = 1 if second > first else -1

    def size(rule: Mapping[str, Any]) -> float:
        parts = [rule[side]["sqnr_delta_db"] for side in ("alone", "without")]
        known = [part for part in parts if part is not None]
        return sign * sum(known) / len(known) if known else 0.0

    most = max(found["rules"], key=size, default=None)
    return most if most is not None and size(most) > 0 else None


def interacting_nodes(session: Session, cause: str | None) -> list[str]:
    """Return the nodes that a changed rule reaches when it is made alone, once that was tried."""
    found = attribution_of(session)
    rules = [] if found is None or cause is None else found["rules"]
    return next((list(rule["nodes"]) for rule in rules if rule["id"] == cause), [])


def explanation_of(session: Session, measured: Measured) -> Mapping[str, Any] | None:
    """Return which layers explain the difference in noise.

    By sensitivity, noise at the model's outputs, once that was measured; until then by isolated
    noise, if the shown figures have it.
    """
    found = session.comparing.measured.get("explain")
    if found is not None and found.is_of_pair(session):
        return found.report
    column = measured.column(session.comparing.other)
    listed = measured.report.get("explaining")
    return None if column is None or not listed or measured.column("A") != 0 else listed[column]


def attributed_view(session: Session, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Add to each cause what its rule does, and return what the pane says of it.

    Args:
        session: The session.
        rows: Causes as shown (`causes.cause_rows`); each gets its `share`.
    """
    found = attribution_of(session)
    if found is None:
        return {"foot": _foot(session), "can_attribute": _can_attribute(session)}
    metric = found["metric"]
    shares = {rule["id"]: _share(rule) for rule in found["rules"]}
    for row in rows:
        row["share"] = shares.get(row["id"])
    known = [parts for parts in shares.values() if parts is not None]
    sizes = [abs(part["db"]) for parts in known for part in parts.values() if part["db"]]
    share = metric is not None and is_share(metric)
    return {
        "most_db": max(sizes, default=0.0),
        "scale": 100 if share else 1,
        "digits": 2 if share else 4,
        "metric": metric,
        "foot": _attribution_foot(found),
        "can_attribute": False,
    }


def _share(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: {
            "db": rule[side]["sqnr_delta_db"],
            "score": rule[side]["metric_delta"],
            "refused": rule[side]["refused"],
        }
        for key, side in (("alone", "alone"), ("rest", "without"))
    }


def _attribution_foot(found: Mapping[str, Any]) -> str:
    first, second = found["first"]["sqnr_db"], found["second"]["sqnr_db"]
    total = ""
    if first is not None and second is not None:
        total = f" All together {second - first:+.1f} dB.".replace("-", "\u2212")
    return (
        f"{found['simulations']} configurations simulated on {found['samples']:,} samples:"
        f" each rule made alone, and each left out.{total}"
    )


def _foot(session: Session) -> str:
    if session.is_running("attribute"):
        return "Trying each changed rule alone, and without it."
    if _can_attribute(session):
        seconds = attribution_seconds(session)
        return f"Each changed rule alone, and left out: about {max(1, round(seconds))} s."
    return ""


def _can_attribute(session: Session) -> bool:
    comparing = session.comparing
    acting = [cause for cause in comparing.causes if cause.change is not None]
    ready = all(letter in comparing.ready for letter in ("A", comparing.other))
    return bool(acting) and ready and not session.is_running("attribute")
