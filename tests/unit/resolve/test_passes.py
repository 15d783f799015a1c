"""Patterns of the pass list on the graph after fusion (`docs/semantics.md` §5.2)."""

from __future__ import annotations

import numpy as np
import pytest
from support.cascades import ON, cascade_of, enabled, refusal
from support.small_models import floats, model, node

from quantsim_viz.resolve import Status

RMS, LAYER, MATMUL = "RMSNormalization", "LayerNormalization", "MatmulAdd"


def layer_norm(*, scale=True, shift=True, outputs=("y",), extra=()):
    """A decomposed layer norm that fusion leaves alone: its axes are inputs."""
    nodes = [
        node("ReduceMean", "x axes", "m", "m"),
        node("Sub", "x m", "c", "c"),
        node("Pow", "c two", "q", "q"),
        node("ReduceMean", "q axes", "v", "v"),
        node("Add", "v e", "a", "a"),
        node("Sqrt", "a", "r", "r"),
        node("Div", "c r", "n", "n"),
    ]
    last = "n"
    if scale:
        nodes.append(node("Mul", f"{last} s", "g", "g"))
        last = "g"
    if shift:
        nodes.append(node("Add", f"{last} b", "h", "h"))
        last = "h"
    nodes += [node("Relu", last, "y", "y"), *extra]
    return model(
        nodes,
        inputs={"x": [2, 4]},
        outputs=outputs,
        constants={
            "two": np.float32(2),
            "e": np.float32(1e-5),
            "s": floats(4),
            "b": floats(4),
            "axes": np.array([-1]),
        },
        opset={"": 18},
    )


def test_layer_normalization_keeps_its_scale_and_its_last_output() -> None:
    cascade = cascade_of(layer_norm(), passes=[LAYER])
    assert enabled(cascade) == {"x", "s", "h", "y"}
    assert cascade.nodes["q"].status is Status.FUSED
    assert cascade.nodes["h"].status is Status.QUANTIZED


def test_layer_normalization_without_scale_keeps_the_quotient() -> None:
    cascade = cascade_of(layer_norm(scale=False, shift=False), passes=[LAYER])
    assert enabled(cascade) == {"x", "n", "y"}


def test_layer_normalization_without_shift_keeps_the_product() -> None:
    cascade = cascade_of(layer_norm(shift=False), passes=[LAYER])
    assert enabled(cascade) == {"x", "s", "g", "y"}


def test_a_scale_of_sixteen_bits_becomes_symmetric() -> None:
    assert cascade_of(layer_norm(), passes=[LAYER], bits=(8, 16))["s"].symmetric
    assert not cascade_of(layer_norm(), passes=[LAYER], bits=(8, 8))["s"].symmetric


def test_a_third_use_of_the_difference_prevents_the_match() -> None:
    proto = layer_norm(outputs=("y", "z"), extra=[node("Neg", "c", "z", "z")])
    assert "c" in enabled(cascade_of(proto, passes=[LAYER]))


def test_a_graph_output_inside_does_not() -> None:
    assert "a" not in enabled(cascade_of(layer_norm(outputs=("y", "a")), passes=[LAYER]))


def rms(scale: str = "s", **constants):
    """A decomposed RMS norm that fusion leaves alone: two axes."""
    return model(
        [
            node("Pow", "x two", "q", "q"),
            node("ReduceMean", "q", "v", "v", axes=[-1, -2]),
            node("Add", "v e", "a", "a"),
            node("Sqrt", "a", "r", "r"),
            node("Div", "x r", "n", "n"),
            node("Mul", f"n {scale}", "g", "g"),
            node("Relu", "g", "y", "y"),
        ],
        inputs={"x": [2, 4]},
        constants={"two": np.float32(2), "e": np.float32(1e-5), "s": floats(4), **constants},
        opset={"": 13},
    )


@pytest.mark.parametrize("scale", ["s", "x"])
def test_rms_normalization_swallows_any_following_product(scale: str) -> None:
    on = enabled(cascade_of(rms(scale), passes=[RMS]))
    assert on - {"s"} == {"x", "g", "y"}


def test_rms_normalization_keeps_a_constant_scale_and_drops_inner_constants() -> None:
    on = enabled(cascade_of(rms(), passes=[RMS]))
    assert "s" in on
    assert not {"two", "e"} & on


def test_a_constant_that_is_not_a_stored_tensor_is_refused() -> None:
    proto = model(
        [node("Constant", "", "two", "two", value_float=2.0), node("Pow", "x two", "y", "p")]
    )
    assert refusal(cascade_of(proto, passes=[RMS])) == "unreadable-constant"
    assert refusal(cascade_of(proto, passes=[LAYER])) is None


def matmul_add(dtype=np.float32):
    proto = model(
        [
            node("MatMul", "x w", "a", "a"),
            node("Add", "a b", "y", "y"),
        ],
        inputs={"x": [2, 2, 4]},
        constants={"w": floats(2, 4, 4).astype(dtype), "b": floats(4).astype(dtype)},
    )
    if dtype is np.float64:
        for entry in (*proto.graph.input, *proto.graph.output):
            entry.type.tensor_type.elem_type = 11
    return proto


def test_matmul_add_drops_the_product_and_the_bias() -> None:
    cascade = cascade_of(matmul_add(), passes=[MATMUL])
    assert enabled(cascade) == {"x", "w", "y"}
    assert cascade["b"].symmetric
    assert not cascade["b"].per_channel


def test_the_bias_follows_the_weights_granularity_and_axis() -> None:
    cascade = cascade_of(matmul_add(), passes=[MATMUL], defaults={"per_channel_quantization": ON})
    assert (cascade["b"].per_channel, cascade["b"].channel_axis) == (True, 2)


def test_matmul_add_on_float64_is_refused() -> None:
    assert refusal(cascade_of(matmul_add(np.float64), passes=[MATMUL])) == "pass-without-quantizer"
    assert refusal(cascade_of(matmul_add(np.float64))) is None


def test_a_fused_rms_normalization_is_matched_too() -> None:
    proto = rms()
    proto.graph.node[1].attribute[0].ints[:] = [-1]
    proto.graph.node.insert(6, node("Mul", "g x", "gate", "gate"))
    proto.graph.node[7].input[0] = "gate"
    cascade = cascade_of(proto, passes=[RMS])
    assert [group.nodes[-1] for group in cascade.fused_groups] == ["g"]
    assert not cascade["g"].enabled
    assert cascade["gate"].enabled
