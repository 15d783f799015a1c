"""Sensitivities of several configurations: a layer that they quantize alike is measured once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantsim_viz.sim.data import said_of
from quantsim_viz.sim.sensitivity import measure_sensitivity

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from quantsim_viz.report.layers import Power
    from quantsim_viz.sim.data import Data
    from quantsim_viz.sim.encodings import Encoding
    from quantsim_viz.sim.engine import Engine
    from quantsim_viz.sim.layers import Layer
    from quantsim_viz.sim.scenario import Scenario
    from quantsim_viz.sim.watch import Watch


def measure_sensitivities(
    engine: Engine, runs: Sequence[Scenario], data: Data, batch_size: int, watch: Watch
) -> None:
    """Measure the sensitivity of every layer of every configuration, into `Scenario.sensitivity`.

    Args:
        engine: Executes the model.
        runs: The configurations.
        data: What to feed the model.
        batch_size: Samples executed at once, at most.
        watch: Whom to tell and to ask.
    """
    known: dict[Hashable, Power] = {}
    for run in runs:
        keys = {layer: _key(layer, encodings) for layer, encodings in run.owned.items()}
        run.sensitivity.update({x: known[key] for x, key in keys.items() if key in known})
        rest = {x: e for x, e in run.owned.items() if keys[x] not in known}
        if rest:
            with said_of(data):
                measure_sensitivity(engine, rest, data, batch_size, watch, run.sensitivity)
        known.update({key: run.sensitivity[x] for x, key in keys.items() if x in run.sensitivity})


def _key(layer: Layer, encodings: Mapping[str, Encoding]) -> Hashable:
    return layer.node.index, layer.tensor, frozenset(encodings.items())
