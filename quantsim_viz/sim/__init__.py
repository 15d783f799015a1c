"""The simulation room: executes models on torch, float and simulated, and measures the noise.

It may import `model`, `config`, `resolve`, `report`'s values, `errors`, torch and onnx; nothing of
the app or the command line. `run`, `simulate` and `compare` are its doors; an `Engine` kept between
calls remembers what it has measured.
"""

from quantsim_viz.sim.compare import compare
from quantsim_viz.sim.data import load_data
from quantsim_viz.sim.engine import Engine
from quantsim_viz.sim.run import run
from quantsim_viz.sim.simulate import simulate

__all__ = ["Engine", "compare", "load_data", "run", "simulate"]
