"""One tensor's values beside its quantizer's grid, as the inspector draws and says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.ui.examine import PURPOSE, examined_tensor, key_of, key_of_job

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from quantsim_viz.ui.session import Session

MOST_LEVELS = 64
"""Levels of a grid that are drawn one by one."""

MOST_CHANNELS = 256
"""Channels whose ranges are drawn."""


def values_view(session: Session) -> dict[str, Any] | None:
    """Return what is known of the values of the tensor that is looked at, None if none is.

    `state` is `ready`, `measuring`, `waiting` (for the run under way) or `failed`; `stale` says
    that the values are of an earlier state.
    """
    tensor = examined_tensor(session)
    if tensor is None:
        return None
    examination, key = session.examination, key_of(session, tensor)
    found = examination.found.get(key)
    if found is not None:
        return {"tensor": tensor, "state": "ready", "stale": False, **histogram_data(found)}
    view: dict[str, Any] = {"tensor": tensor, "state": _state(session, key), "stale": True}
    view["problem"] = examination.failed.get(key, "")
    older = examination.latest(tensor, session.model_source.key)
    return view | (histogram_data(older) if older is not None else {})


def _state(session: Session, key: tuple[Any, ...]) -> str:
    if key in session.examination.failed:
        return "failed"
    if session.is_running("simulate"):
        return "waiting"
    job = session.jobs.get(PURPOSE)
    on_its_way = job is not None and job.is_running and key_of_job(job) == key
    return "measuring" if on_its_way else "waiting"


def histogram_data(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is drawn: counts between `low` and `high`, the grid, and lines to read."""
    encodings = found["encodings"]
    edges, exact, simulated = found["edges"], found["exact"], found["simulated"]
    data: dict[str, Any] = {
        "low": edges[0],
        "high": edges[-1],
        "exact": exact["counts"],
        "simulated": simulated["counts"] if simulated else None,
        "grid": _grid(encodings),
        "lines": list(histogram_lines(found)),
        "noise": found.get("noise"),
    }
    own = found["quantizer"] == found["tensor"]
    if own and len(encodings) > 1 and len(encodings) == len(found["channels"]):
        data["channels"] = [
            [channel["minimum"], channel["maximum"], encoding["min"], encoding["max"]]
            for channel, encoding in zip(found["channels"], encodings, strict=True)
        ][:MOST_CHANNELS]
    return data


def _grid(encodings: list[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the outermost values that the grid can hold, and its levels where they are few."""
    if not encodings or encodings[0].get("scale") is None:
        return None
    low = min(encoding["min"] for encoding in encodings)
    high = max(encoding["max"] for encoding in encodings)
    grid: dict[str, Any] = {"low": low, "high": high}
    if len(encodings) == 1 and (high - low) / encodings[0]["scale"] < MOST_LEVELS:
        step = encodings[0]["scale"]
        grid["levels"] = [low + k * step for k in range(round((high - low) / step) + 1)]
    return grid


def histogram_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield in words what the values are, what grid they meet, and what that costs."""
    exact = found["exact"]
    if exact["minimum"] is None:
        yield "It holds no finite value."
        return
    of = f"{exact['elements']:,} values of {_samples(found)}"
    if found["kind"] == "param":
        of = f"{exact['elements']:,} values"
    yield f"{of}: {exact['minimum']:.4g} to {exact['maximum']:.4g} in float."
    if exact["nan"] or exact["infinite"]:
        yield f"{exact['nan']} of them are NaN, {exact['infinite']} infinite."
    yield from _grid_lines(found)
    yield from _clipping_lines(exact)
    yield from noise_lines(found.get("noise"))


def _samples(found: Mapping[str, Any]) -> str:
    return "1 sample" if found["samples"] == 1 else f"{found['samples']} samples"


def _grid_lines(found: Mapping[str, Any]) -> Iterator[str]:
    encodings = found["encodings"]
    if not encodings:
        yield "No grid: it is left float." if found["quantizer"] is None else "Cast to float16."
        return
    first, count = encodings[0], len(encodings)
    whose = "" if found["quantizer"] == found["tensor"] else f" of {found['quantizer']}"
    if count > 1:
        steps = [encoding["scale"] for encoding in encodings]
        low, high = min(e["min"] for e in encodings), max(e["max"] for e in encodings)
        yield (
            f"Grid{whose}: {count} channels, together {low:.4g} to {high:.4g}, steps"
            f" {min(steps):.4g} to {max(steps):.4g}, {first['bitwidth']} bit."
        )
        return
    yield (
        f"Grid{whose}: {first['min']:.4g} to {first['max']:.4g}, step {first['scale']:.4g}, offset"
        f" {first['offset']}, {first['bitwidth']} bit."
    )


def _clipping_lines(exact: Mapping[str, Any]) -> Iterator[str]:
    below, above = exact["below"], exact["above"]
    if below is None or above is None:
        return
    if below == above == 0:
        yield "No float value lies outside it."
    else:
        yield f"{_share(below)} of the float values lie below it, {_share(above)} above."


def noise_lines(noise: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield what a wider range and what more bits would cure of the quantizer's own noise.

    >>> list(noise_lines({"rounding": 3.0, "clipping": 1.0, "sqnr_db": 20.0, "wider_db": 1.2}))
    ['Own noise 20.0 dB: a wider range would cure 25 % of it, more bits 75 %.']
    """
    if not noise or noise.get("rounding") is None or noise.get("clipping") is None:
        return
    whole = noise["rounding"] + noise["clipping"]
    if whole == 0:
        yield "It adds no noise of its own: every value lies on the grid."
        return
    lead = "Own noise" if noise.get("sqnr_db") is None else f"Own noise {noise['sqnr_db']:.1f} dB"
    wider, finer = _share(noise["clipping"] / whole), _share(noise["rounding"] / whole)
    if noise["clipping"] == 0:
        yield f"{lead}: all of it is rounding, which only more bits or a narrower range would cure."
    else:
        yield f"{lead}: a wider range would cure {wider} of it, more bits {finer}."


def _share(ratio: float) -> str:
    """Return a share for reading.

    >>> _share(0.0), _share(0.0004), _share(0.034), _share(0.5)
    ('0 %', '<0.1 %', '3.4 %', '50 %')
    """
    if ratio == 0:
        return "0 %"
    if ratio < 0.001:
        return "<0.1 %"
    return f"{ratio:.1%}".replace(".0%", " %").replace("%", " %").replace("  ", " ")
