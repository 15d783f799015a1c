"""The coverage line's first facts: how much is integer, where it is not, where it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from quantsim_viz.report.coverage import Coverage, Share
    from quantsim_viz.ui.session import Session

ISLAND = "island"
CROSSING = "crossing"

MOST_NAMES = 4


def share_facts(coverage: Coverage, *, stale: bool = False) -> Iterator[dict[str, Any]]:
    """Yield the share of operations that is integer, then islands and crossings to go to."""
    tone = {"tone": "stale"} if stale else {}
    name, share = "MACs", coverage.macs
    if share.ratio is None:
        name, share = "activation bytes", coverage.activations
    yield {
        "value": f"{integer_word(coverage.bit_widths)} {percent(share)}",
        "label": f"of {name}",
        "hint": shares_hint(coverage),
        **tone,
    }
    for spot, count, sense in (
        (
            ISLAND,
            len(coverage.islands),
            "Maximal connected regions of nodes that compute in float: something that enters them"
            " lies on no integer grid.",
        ),
        (
            CROSSING,
            len(coverage.crossings),
            "Tensors that are converted between an integer and a float node; the model's own inputs"
            " and outputs are not counted.",
        ),
    ):
        noun = f"float {spot}" if spot == ISLAND else spot
        fact = {"value": str(count), "label": noun if count == 1 else f"{noun}s", "hint": sense}
        if count:
            fact |= {"act": "spot", "id": spot, "hint": f"{sense} Go to the first, then the next."}
        yield fact | tone


def shares_hint(coverage: Coverage) -> str:
    """Return the three shares, and what they count."""
    unknown = (
        f" Not counted for want of a shape: {name_list(coverage.unknown)}."
        if coverage.unknown
        else ""
    )
    return (
        f"Integer: {percent(coverage.macs)} of {coverage.macs.whole:,} MACs, "
        f"{percent(coverage.parameters)} of {coverage.parameters.whole:,} parameters, "
        f"{percent(coverage.activations)} of {coverage.activations.whole:,} activation bytes. "
        "MACs of Conv, ConvTranspose, Gemm and MatMul whose inputs and weights all lie on integer"
        " grids; elements of constants whose own quantizer is on, biases among the whole; bytes, as"
        " float, of activations on an integer grid, what is inside a supergroup left out. A free"
        f" batch counts as 1.{unknown}"
    )


def percent(share: Share) -> str:
    """Return a share for reading; all and nothing are said only where they are exact.

    >>> from quantsim_viz.report.coverage import Share
    >>> percent(Share(43, 50)), percent(Share(999, 1000)), percent(Share(1, 1000))
    ('86 %', '>99 %', '<1 %')
    """
    ratio = share.ratio
    if ratio is None:
        return "–"
    if 0.99 < ratio < 1:
        return ">99 %"
    if 0 < ratio < 0.01:
        return "<1 %"
    return f"{ratio * 100:.0f} %"


def integer_word(bit_widths: Sequence[int]) -> str:
    """Return what kind of integers these are.

    >>> integer_word((8,)), integer_word((4, 8)), integer_word(())
    ('int8', 'int4/8', 'integer')
    """
    return f"int{'/'.join(map(str, bit_widths))}" if bit_widths else "integer"


def name_list(names: Sequence[str]) -> str:
    """Return a few names and how many more there are."""
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def spots(coverage: Coverage | None, kind: str) -> tuple[tuple[str, ...], ...]:
    """Return the nodes of every island or crossing."""
    if coverage is None:
        return ()
    if kind == ISLAND:
        return coverage.islands
    return tuple(crossing.nodes for crossing in coverage.crossings)


def spot_nodes(session: Session) -> tuple[str, ...]:
    """Return the nodes of the island or crossing that is looked at, `()` without one."""
    if session.spot is None:
        return ()
    kind, number = session.spot
    found = spots(session.workspace.coverage(), kind)
    return found[number] if number < len(found) else ()


def spot_ribbon(session: Session) -> dict[str, Any] | None:
    """Return what tells of the island or crossing that is looked at."""
    nodes = spot_nodes(session)
    coverage = session.workspace.coverage() if nodes else None
    if session.spot is None or coverage is None:
        return None
    kind, number = session.spot
    count = len(spots(coverage, kind))
    if kind == ISLAND:
        text = f"Float island {number + 1} of {count}: {name_list(nodes)}."
    else:
        crossing = coverage.crossings[number]
        way = "float to integer" if crossing.to_integer else "integer to float"
        text = (
            f"Crossing {number + 1} of {count}, {way}: {crossing.tensor}, from {crossing.source} to"
            f" {name_list(crossing.targets)}."
        )
    actions = [["dismiss", "Dismiss", "spot"]]
    if count > 1:
        actions.insert(0, ["spot", "Next", kind])
    return {"id": "spot", "tone": "info", "text": text, "actions": actions}
