"""What the pass list fuses (`docs/semantics.md` §5.1)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto
from support.cascades import cascade_of, refusal
from support.small_models import body, floats, model, node, value

from quantsim_viz.resolve import Status

RMS, LAYER, MATMUL, MASKED = (
    "RMSNormalization",
    "LayerNormalization",
    "MatmulAdd",
    "MaskedSoftmax",
)


def fused(proto, *passes: str) -> list[tuple[str, tuple[str, ...]]]:
    cascade = cascade_of(proto, passes=passes)
    assert cascade.error is None, cascade.error
    return [(group.op_type, group.nodes) for group in cascade.fused_groups]


def linear(weight=(4, 4), bias=(4,), *, extra=(), outputs=("y",), operands="a b"):
    return model(
        [node("MatMul", "x w", "a", "a"), *extra, node("Add", operands, "y", "y")],
        inputs={"x": [2, 4]},
        outputs=outputs,
        constants={"w": floats(*weight), "b": floats(*bias)},
    )


@pytest.mark.parametrize("operands", ["a b", "b a"])
def test_matmul_and_add_become_gemm(operands: str) -> None:
    assert fused(linear(operands=operands), MATMUL) == [("Gemm", ("a", "y"))]


@pytest.mark.parametrize(("weight", "bias"), [((1, 4, 4), (4,)), ((4, 4), (1, 4)), ((4, 4), ())])
def test_matmul_add_asks_for_a_matrix_and_a_vector(weight, bias) -> None:
    assert fused(linear(weight, bias), MATMUL) == []


def test_nothing_is_fused_without_the_pass() -> None:
    assert fused(linear(), RMS) == []


def test_a_second_use_inside_prevents_fusion() -> None:
    assert fused(linear(extra=[node("Relu", "a", "r", "r")], outputs=("y", "r")), MATMUL) == []


def test_a_graph_output_inside_prevents_fusion() -> None:
    assert fused(linear(outputs=("y", "a")), MATMUL) == []


def test_a_use_in_a_branch_prevents_fusion() -> None:
    branch = body([node("Relu", "a", "o", "inner")], outputs=[value("o", None)])
    proto = linear(
        extra=[node("If", "c", "i", "if", then_branch=branch, else_branch=branch)],
        outputs=("y", "i"),
    )
    proto.graph.input.append(value("c", [], TensorProto.BOOL))
    assert fused(proto, MATMUL) == []


@pytest.mark.parametrize(
    ("attributes", "count"), [({}, 1), ({"perm": [1, 0]}, 1), ({"perm": [0, 1]}, 0)]
)
def test_a_transposed_weight_makes_a_transposed_gemm(attributes: Any, count: int) -> None:
    proto = linear(operands="a b")
    proto.graph.node.insert(0, node("Transpose", "w", "t", "t", **attributes))
    proto.graph.node[1].input[1] = "t"
    assert len(fused(proto, MATMUL)) == count
    if count:
        cascade = cascade_of(proto, passes=[MATMUL], defaults={"per_channel_quantization": "True"})
        assert cascade["w"].channel_axis == 0


def test_interior_tensors_have_no_quantizer_and_inner_nodes_are_fused() -> None:
    cascade = cascade_of(linear(), passes=[MATMUL])
    assert "a" not in cascade.quantizers
    assert cascade["b"].kind.value == "param"
    assert cascade.nodes["a"].status is Status.FUSED
    assert cascade.nodes["y"].status is Status.QUANTIZED


# -- norms -----------------------------------------------------------------------------------------


def norm(
    *,
    centre: str = "none",
    square: str = "pow",
    divide: str = "div",
    scale: str | None = "s",
    shift: str | None = None,
    axes_input: bool = False,
    second_axes: Any = -1,
    epsilon: Any = 1e-5,
    swap: bool = False,
    cast: bool = False,
) -> Any:
    """A decomposed norm: RMS, or layer norm with `centre` given as the form of its axes."""
    nodes, x = [], "x"
    constants: dict[str, Any] = {
        "two": np.float32(2),
        "half": np.float32(-0.5),
        "one": np.float32(1),
        "s": floats(4),
        "b": floats(4),
        "axes": np.array([-1]),
    }
    inputs: dict[str, Any] = {"x": [2, 4]}

    def mean(source: str, name: str, axes: Any) -> Any:
        if axes_input:
            return node("ReduceMean", f"{source} axes", name, name)
        return node("ReduceMean", source, name, name, **({} if axes is None else {"axes": [axes]}))

    if centre != "none":
        nodes += [mean("x", "m", -1), node("Sub", "x m", "c", "c")]
        x = "c"
    nodes.append(
        node("Pow", f"{x} two", "q", "q") if square == "pow" else node("Mul", f"{x} {x}", "q", "q")
    )
    nodes.append(mean("q", "v", second_axes))
    if epsilon is None:
        inputs["e"] = [1]
    else:
        constants["e"] = np.asarray(epsilon, np.float32)
    nodes.append(node("Add", "e v" if swap else "v e", "a", "a"))
    if divide == "rsqrt":
        nodes += [node("Pow", "a half", "r", "r"), node("Mul", f"r {x}", "n", "n")]
    else:
        nodes.append(node("Sqrt", "a", "r", "r"))
        inverse = {"reciprocal": ("Reciprocal", "r"), "one": ("Div", "one r")}.get(divide)
        if inverse is None:
            nodes.append(node("Div", f"{x} r", "n", "n"))
        else:
            nodes += [node(*inverse, "i", "i"), node("Mul", f"{x} i", "n", "n")]
    last = "n"
    if cast:
        nodes.append(node("Cast", "n", "k", "k", to=TensorProto.FLOAT))
        last = "k"
    for operand, op, out in ((scale, "Mul", "g"), (shift, "Add", "h")):
        if operand is not None:
            nodes.append(node(op, f"{operand} {last}" if swap else f"{last} {operand}", out, out))
            last = out
    nodes.append(node("Relu", last, "y", "y"))
    opset = 18 if axes_input else 13
    return model(nodes, inputs=inputs, constants=constants, opset={"": opset})


@pytest.mark.parametrize("square", ["pow", "mul"])
@pytest.mark.parametrize("divide", ["div", "reciprocal", "one", "rsqrt"])
@pytest.mark.parametrize("swap", [False, True])
def test_every_form_of_rms_normalization_is_fused(square: str, divide: str, swap: bool) -> None:
    [(op_type, nodes)] = fused(norm(square=square, divide=divide, swap=swap), RMS)
    assert op_type == RMS
    assert nodes[0] == "q"
    assert nodes[-1] == "g"


def test_rms_normalization_needs_no_scale() -> None:
    [(op_type, nodes)] = fused(norm(scale=None), RMS)
    assert (op_type, nodes[-1]) == (RMS, "n")


@pytest.mark.parametrize(("axes_input", "second_axes"), [(True, -1), (False, None)])
def test_rms_normalization_takes_its_axis_in_every_form(axes_input: bool, second_axes) -> None:
    assert len(fused(norm(axes_input=axes_input, second_axes=second_axes), RMS)) == 1


def test_a_negative_epsilon_prevents_fusion() -> None:
    assert fused(norm(epsilon=-1.0), RMS) == []


@pytest.mark.parametrize("epsilon", [None, [1e-5, 1e-5, 1e-5, 1e-5]], ids=["tensor", "vector"])
def test_a_scaled_rms_normalization_without_constant_epsilon_is_refused(epsilon: Any) -> None:
    cascade = cascade_of(norm(epsilon=epsilon), passes=[RMS])
    assert refusal(cascade) == "fusion-epsilon"
    assert cascade.error is not None
    assert cascade.error.nodes[-1] == "g"


def test_an_unscaled_one_is_left_alone() -> None:
    assert fused(norm(epsilon=None, scale=None), RMS) == []


def test_a_cast_is_taken_along_only_behind_a_cast() -> None:
    [(_, nodes)] = fused(norm(cast=True), RMS)
    assert nodes[-1] == "n"
    proto = norm(cast=True)
    proto.graph.node.insert(0, node("Cast", "x", "x0", "x0", to=TensorProto.FLOAT))
    for entry in proto.graph.node[1:]:
        entry.input[:] = ["x0" if name == "x" else name for name in entry.input]
    [(_, nodes)] = fused(proto, RMS)
    assert nodes[-2:] == ("k", "g")


def test_layer_normalization_takes_its_scale_and_any_shift() -> None:
    assert fused(norm(centre="attribute"), LAYER)[0] == (
        LAYER,
        ("m", "c", "q", "v", "a", "r", "n", "g"),
    )
    assert fused(norm(centre="attribute", shift="b"), LAYER)[0][1][-1] == "h"
    assert fused(norm(centre="attribute", shift="x"), LAYER)[0][1][-1] == "h"


def test_layer_normalization_without_scale_is_not_fused() -> None:
    assert fused(norm(centre="attribute", scale=None), LAYER) == []


def test_layer_normalization_with_axes_as_input_is_an_rms_normalization_at_most() -> None:
    proto = norm(centre="input", axes_input=True)
    assert fused(proto, LAYER) == []
    assert [op_type for op_type, _ in fused(proto, LAYER, RMS)] == [RMS]


def test_layer_normalization_asks_for_the_same_axis_literally() -> None:
    assert fused(norm(centre="attribute", second_axes=1), LAYER) == []


def test_layer_normalization_with_any_epsilon_takes_no_shift() -> None:
    [(_, nodes)] = fused(norm(centre="attribute", shift="b", epsilon=None), LAYER)
    assert nodes[-1] == "g"


@pytest.mark.parametrize("passes", [(LAYER, RMS), (RMS, LAYER)])
def test_either_order_of_norm_passes_gives_a_layer_normalization(passes) -> None:
    [(op_type, nodes)] = fused(norm(centre="attribute", shift="b"), *passes)
    assert (op_type, nodes[0], nodes[-1]) == (LAYER, "m", "h")


# -- masked softmax --------------------------------------------------------------------------------


def masked_softmax(
    *, rank: int = 4, axis: int = -1, low: Any = -100.0, declared: bool = True
) -> Any:
    shape = [1] * (rank - 2) + [4, 4]
    first = [] if declared else [node("Neg", "x0", "x", "neg")]
    proto = model(
        [
            *first,
            node("ReduceMin", "x axes", "m", "m"),
            node("Add", "m v", "a", "a"),
            node("Where", "mask x a", "w", "w"),
            node("Softmax", "w", "y", "y", axis=axis),
        ],
        inputs={"x" if declared else "x0": shape},
        constants={"v": np.asarray(low, np.float32), "axes": np.array([-1])},
        opset={"": 18},
    )
    proto.graph.input.append(value("mask", shape, TensorProto.BOOL))
    return proto


def test_masked_softmax_is_fused_and_its_value_has_no_quantizer() -> None:
    cascade = cascade_of(masked_softmax(), passes=[MASKED])
    assert [g.op_type for g in cascade.fused_groups] == [MASKED]
    assert "v" not in cascade.quantizers


@pytest.mark.parametrize(
    "changes",
    [{"rank": 3}, {"axis": 1}, {"low": -5.0}, {"low": [-100.0, -100.0]}, {"declared": False}],
    ids=["rank", "axis", "value", "vector", "undeclared"],
)
def test_masked_softmax_asks_for_its_conditions(changes: Any) -> None:
    assert fused(masked_softmax(**changes), MASKED) == []


# -- afterwards ------------------------------------------------------------------------------------


def test_nodes_that_nothing_uses_are_dropped_once_anything_was_fused() -> None:
    proto = linear(extra=[node("Relu", "x", "dead", "dead")])
    assert "dead" in cascade_of(proto, passes=[RMS]).quantizers
    assert "dead" not in cascade_of(proto, passes=[MATMUL]).quantizers


def test_a_recurrent_output_that_is_dropped_is_a_refusal() -> None:
    proto = model(
        [
            node("MatMul", "x w", "a", "a"),
            node("Add", "a b", "c", "c"),
            node("GRU", "c u r", "h hh", "gru", hidden_size=3),
            node("Relu", "hh", "y", "y"),
        ],
        inputs={"x": [2, 1, 4]},
        constants={"w": floats(4, 4), "b": floats(4), "u": floats(1, 9, 4), "r": floats(1, 9, 3)},
    )
    assert refusal(cascade_of(proto, passes=[])) is None
    assert refusal(cascade_of(proto, passes=[MATMUL])) == "recurrent-output-missing"


def test_a_match_inside_a_body_is_refused() -> None:
    inner = body(
        [node("MatMul", "s w", "a", "a"), node("Add", "a b", "o", "o")],
        inputs=[value("s", [2, 4])],
        outputs=[value("o", None)],
    )
    proto = model(
        [node("Scan", "x", "y", "scan", body=inner, num_scan_inputs=1)],
        inputs={"x": [5, 2, 4]},
        constants={"w": floats(4, 4), "b": floats(4)},
    )
    cascade = cascade_of(proto, passes=[MATMUL])
    assert cascade.error is not None
    assert (cascade.error.code, cascade.error.nodes) == ("fusion-in-body", ("a", "o"))
