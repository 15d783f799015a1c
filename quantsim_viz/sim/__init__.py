"""The simulation room: executes models on torch, float and simulated, and measures the noise.

It may import `model`, `config`, `resolve`, `report`'s values, `errors`, torch and onnx; nothing of
the app or the command line. `run`, `simulate` and `compare` are its doors; an `Engine` kept between
calls remembers what it has measured. `calibrated` finds encodings alone, `histogram` shows how one
tensor's values are distributed.
"""

from quantsim_viz.sim.attribution import attribute
from quantsim_viz.sim.calibration import Calibration, calibrated
from quantsim_viz.sim.compare import compare
from quantsim_viz.sim.data import load_data
from quantsim_viz.sim.engine import Engine
from quantsim_viz.sim.histogram import histogram
from quantsim_viz.sim.run import run
from quantsim_viz.sim.simulate import simulate

__all__ = [
    "Calibration",
    "Engine",
    "attribute",
    "calibrated",
    "compare",
    "histogram",
    "load_data",
    "run",
    "simulate",
]
