"""The order in which tensors reach their quantizers."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto
from support.small_models import body, model, node, value

from quantsim_viz import load_model
from quantsim_viz.sim.network import Network
from quantsim_viz.sim.run_order import quantizer_order


def looped(op_type):
    """`sum` is read by a view, then by a body; what both give is added."""
    step = body(
        [node("Add", "inner sum", "after")],
        inputs=[value("inner", [4])] if op_type == "Scan" else [],
        outputs=[value("after", [4])],
    )
    if op_type == "Loop":
        step = body(
            [node("Add", "inner sum", "after"), node("Identity", "on", "again")],
            inputs=[
                value("step", [], TensorProto.INT64),
                value("on", [], TensorProto.BOOL),
                value("inner", [1, 4]),
            ],
            outputs=[value("again", [], TensorProto.BOOL), value("after", [1, 4])],
        )
    attributes = {"num_scan_inputs": 1} if op_type == "Scan" else {}
    reads = {"Loop": "trips on x", "Scan": "x"}[op_type]
    return load_model(
        model(
            [
                node("Add", "x x", "sum"),
                node("Flatten", "sum", "view"),
                node(op_type, reads, "looped", body=step, **attributes),
                node("Add", "view looped", "y"),
            ],
            inputs={"x": [1, 4]},
            constants={"trips": np.int64(2), "on": np.array(True)},
        )
    )


@pytest.mark.parametrize(("op_type", "first"), [("Loop", "looped"), ("Scan", "sum")])
def test_only_bodies_that_read_past_a_quantizer_may_run_before_it(op_type, first):
    """The body is visited before the view; a `Loop` needs the sum itself, not its quantizer."""
    order = quantizer_order(Network(looped(op_type)), ["x", "sum", "looped", "y"])
    assert min("sum", "looped", key=order.__getitem__) == first
    assert order["x"] < min(order["sum"], order["looped"])
    assert order["y"] == max(order.values())
