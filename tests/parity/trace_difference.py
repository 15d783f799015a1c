"""Find out why an encoding or an output differs from AIMET's.

The causes, in the order in which they are tried:

- `AIMET defect`: its own encoding is no grid (a scale that is negative, zero or not a number, an
  offset outside the codes), or `tf_enhanced` searched a 32-bit grid, whose offsets it cuts to −2³¹;
- `AIMET fragile`: its own answer changes as much when inputs move in the last bit;
- `upstream`: from the very values that AIMET's quantizer was shown, and for a weight its encodings
  around it, we compute AIMET's encoding; the difference lies in what comes before;
- for outputs, `encodings`: other encodings of the same case differ; `ties`: where our tensors begin
  to differ from AIMET's, AIMET's value stands half-way between two codes; `operators`: every
  quantized tensor is AIMET's, and the two runtimes differ in what comes after, no quantizer behind;
- `unexplained`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from quantsim_viz import load_config, load_model, resolve, run, simulate
from quantsim_viz.resolve.settings import Kind
from quantsim_viz.sim.calibrate import Scheme, enabled_groups, encode_observed
from quantsim_viz.sim.encodings import FLOAT16, Grid, make_encoding
from quantsim_viz.sim.engine import Engine
from quantsim_viz.sim.observers import HistogramObserver, RangeObserver
from quantsim_viz.sim.run_order import quantizer_order
from quantsim_viz.sim.weight_scale import adjust_weight_scales

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulation_cases import Case

    from quantsim_viz.resolve import Cascade
    from quantsim_viz.resolve.settings import QuantizerSetting
    from quantsim_viz.sim.encodings import Encoding

    Array = np.ndarray[Any, Any]
    Encodings = Mapping[str, Any]

RELATIVE = 1e-5
"""How far scales may differ."""

OFF = 1e-4
"""An element of an output is off when it differs by more than this share of the range.

It may also differ as scales may, which is more where an output is all but constant.
"""

TIE = 1e-5
"""So near to half-way, as a share of a tensor's range, single precision cannot tell the sides."""

_CLEAN = 1e-6
_NOTE = 150


def encodings_differ(theirs: Encodings, mine: Encodings, tensor: str) -> bool:
    """Tell whether a tensor's encodings differ; a missing one differs, float16 has none to."""
    if tensor not in theirs or tensor not in mine:
        return True
    one, other = theirs[tensor] or [], mine[tensor] or []
    return len(one) != len(other) or not all(map(_same_grid, one, other))


def _same_grid(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    near = abs(one["scale"] - other["scale"]) <= RELATIVE * abs(one["scale"])
    return bool(near and one["offset"] == other["offset"])


def off_share(theirs: Array, mine: Array) -> float:
    """Return the share of an output's elements that are off."""
    if theirs.shape != mine.shape:
        return 1.0
    one, other = theirs.astype(np.float64), mine.astype(np.float64)
    finite = one[np.isfinite(one)]
    allowed = 0.0
    if finite.size:
        allowed = max(OFF * float(np.ptp(finite)), RELATIVE * float(np.abs(finite).max()))
    with np.errstate(invalid="ignore"):
        near = (np.abs(one - other) <= allowed) | (one == other)
    near |= np.isnan(one) & np.isnan(other)
    return float((~near).mean()) if near.size else 0.0


def trace_encoding(
    case: Case,
    tensor: str,
    theirs: Encodings,
    mine: Encodings,
    moved: Sequence[Encodings],
    values: Mapping[str, Array],
) -> tuple[str, str, bool]:
    """Return why a tensor's encodings differ, how, and whether they are alike given AIMET's values.

    Args:
        case: The simulation.
        tensor: Whose encodings differ.
        theirs: AIMET's encodings.
        mine: Ours.
        moved: AIMET's again, to inputs moved in the last bit.
        values: What its quantizers were shown.
    """
    note = f"AIMET {_brief(theirs.get(tensor))}, ours {_brief(mine.get(tensor))}"
    if tensor not in theirs or tensor not in mine:
        return "unexplained", note, False
    if any(not _is_grid(entry, case) for entry in theirs[tensor] or ()):
        return "AIMET defect", note, False
    if tensor in _weights_behind_defects(case, theirs):
        return "AIMET defect", f"{note}; scaled to another one", False
    if case.scheme == "tf_enhanced" and any(map(_is_cut, mine[tensor])):
        return "AIMET defect", note, False
    given = from_shown(case, tensor, theirs, values)
    alike = not encodings_differ(theirs, {tensor: given}, tensor)
    if not alike:
        note = f"{note}; given AIMET's values {_brief(given)}"
    if any(encodings_differ(theirs, again, tensor) for again in moved):
        return "AIMET fragile", note, alike
    return "upstream" if alike else "unexplained", note, alike


def _is_grid(entry: Mapping[str, float], case: Case) -> bool:
    most = 2.0 ** max(bits for bits in (*case.bits, 16) if bits != "float16")
    return bool(entry["scale"] > 0 and -most <= entry["offset"] <= 0)


def _weights_behind_defects(case: Case, theirs: Encodings) -> set[str]:
    """Return the parameters of a case in which AIMET made some activation's encoding no grid."""
    _, cascade = _cascade(case)
    params = {name for name in theirs if cascade[name].kind is Kind.PARAM}
    others = [entry for name in theirs if name not in params for entry in theirs[name] or ()]
    return set() if all(_is_grid(entry, case) for entry in others) else params


def _is_cut(entry: Mapping[str, Any]) -> bool:
    return bool(entry["bitwidth"] == 32)


def _brief(entries: Any) -> str:
    return str(entries and [(e["scale"], e["offset"]) for e in entries])[:_NOTE]


def _cascade(case: Case) -> tuple[Any, Cascade]:
    model = load_model(case.model.SerializeToString())
    config = load_config(case.config)
    return model, resolve(model, config, param_bits=case.bits[0], act_bits=case.bits[1])


def from_shown(
    case: Case, tensor: str, theirs: Encodings, values: Mapping[str, Array]
) -> list[dict[str, Any]]:
    """Return our encoding of what AIMET's quantizer was shown.

    A weight's scale also depends on the encodings around it, which are AIMET's too.
    """
    model, cascade = _cascade(case)
    engine, scheme = Engine(model), Scheme(case.scheme, case.percentile)
    group = next(g for g in enabled_groups(cascade) if tensor in g.tensors)
    axis = group.setting.channel_axis if group.is_param else None
    order = quantizer_order(engine.network, cascade.quantizers)
    observer = RangeObserver(axis) if case.scheme == "min_max" else HistogramObserver(axis)
    for number in range(1 if group.is_param else len(case.batches) - 1):
        for member in sorted(group.tensors, key=order.__getitem__):
            observer.observe(torch.from_numpy(np.array(values[f"shown/{number}/{member}"])))
    seen = observer.range() if isinstance(observer, RangeObserver) else observer.histogram()
    assert seen is not None
    encoding = encode_observed(group.setting, seen, scheme)
    if group.is_param:
        around = {name: _as_encoding(theirs[name], cascade[name]) for name in theirs}
        adjusted = adjust_weight_scales(engine, cascade, {**around, tensor: encoding})
        encoding = adjusted.get(tensor, encoding)
    return encoding.to_dicts()


def _as_encoding(entries: Any, setting: QuantizerSetting) -> Encoding:
    if not entries:
        return FLOAT16
    scale, offset = (np.array([entry[key] for entry in entries]) for key in ("scale", "offset"))
    return make_encoding(scale, offset, Grid.of(setting), setting.channel_axis)


def trace_output(
    case: Case,
    number: int,
    theirs: Sequence[Array],
    moved: Sequence[Sequence[Array]],
    values: Mapping[str, Array],
    encodings_are_apart: bool,
) -> tuple[str, str]:
    """Return why an output differs, and how.

    Args:
        case: The simulation.
        number: Which output.
        theirs: AIMET's outputs.
        moved: AIMET's again, to inputs moved in the last bit.
        values: What its quantizers took and gave.
        encodings_are_apart: Whether encodings differ in this case.
    """
    if encodings_are_apart:
        return "encodings", "other encodings differ"
    share = max((off_share(theirs[number], again[number]) for again in moved), default=0.0)
    if share > 0:
        return "AIMET fragile", f"{share:.1%} of its own elements move"
    return first_divergence(case, values)


def first_divergence(case: Case, values: Mapping[str, Array]) -> tuple[str, str]:
    """Look where our simulated tensors begin to differ from AIMET's.

    A tensor that differs behind one that differs already says nothing. Any other must differ in
    elements alone that AIMET's quantizer took in half-way between two codes.
    """
    model, cascade = _cascade(case)
    quantized = [n for n in cascade.quantizers if f"given/{n}" in values and not _stored(model, n)]
    report = _simulated(case, cascade, quantized)
    behind: set[str] = set()
    found: list[str] = []
    produced = {name for node in model.graph.nodes for name in node.outputs}
    sources = [name for name in quantized if name not in produced]
    for names, reads in ((sources, []), *((n.outputs, n.inputs) for n in model.graph.nodes)):
        for name in names:
            if any(read in behind for read in reads):
                behind.add(name)
            elif name in report.tensors:
                verdict = _compare(name, report, values)
                if verdict == "apart":
                    return "unexplained", f"{name} differs, and not at ties"
                if verdict == "ties":
                    behind.add(name)
                    found.append(name)
    if not found:
        return "operators", "no quantized tensor differs"
    return "ties", f"at {', '.join(found[:4])}"


def _stored(model: Any, name: str) -> bool:
    return model.constant(name) is not None


class _Simulated:
    """Our values of quantized tensors, and the steps of their grids."""

    def __init__(self, tensors: Mapping[str, Array], encodings: Encodings) -> None:
        self.tensors, self.encodings = tensors, encodings

    def step(self, name: str) -> float | None:
        """Return the step of a per-tensor grid, None for float16."""
        entries = self.encodings[name]
        return entries[0]["scale"] if entries else None


def _simulated(case: Case, cascade: Cascade, tensors: Sequence[str]) -> _Simulated:
    options = {
        "calibration": list(case.batches[:-1]),
        "scheme": case.scheme,
        "percentile": case.percentile,
    }
    made = run(cascade.model, [case.batches[-1]], config=cascade, tensors=tensors, **options)
    encodings = simulate(cascade.model, cascade, [case.batches[-1]], **options).encodings
    return _Simulated({name: made[name] for name in tensors}, encodings)


def _compare(name: str, ours: _Simulated, values: Mapping[str, Array]) -> str:
    """Return `equal`, `ties` or `apart`."""
    mine, given, taken = (
        array.astype(np.float64).reshape(-1)
        for array in (ours.tensors[name], values[f"given/{name}"], values[f"taken/{name}"])
    )
    width = float(np.ptp(given)) if given.size else 0.0
    allowed = max(_CLEAN * width, RELATIVE * float(np.abs(given).max(initial=0)))
    wrong = ~((np.abs(mine - given) <= allowed) | (mine == given) | np.isnan(given))
    if not wrong.any():
        return "equal"
    step = ours.step(name)
    if step is None:
        return "ties"  # float16 rounds where its codes are apart by more than operators' noise
    position = taken[wrong] / step
    distance = np.abs(position - np.floor(position) - 0.5)
    at_tie = distance <= max(TIE * max(float(np.ptp(taken)), width) / step, 1e-4)
    one_step = np.abs(mine - given)[wrong] <= 1.01 * step
    return "ties" if bool((at_tie & one_step).all()) else "apart"
