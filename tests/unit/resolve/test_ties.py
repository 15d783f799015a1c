"""Tensors that share one quantizer (`docs/semantics.md` §9)."""

from __future__ import annotations

from support.cascades import OFF, ON, cascade_of, refusal
from support.small_models import floats, model, node
from support.text_models import text_model

from quantsim_viz.resolve import Property

UNIT = {"encoding_constraints": {"min": 0.0, "max": 1.0}}
SIX = {"encoding_constraints": {"min": 0.0, "max": 6.0}}


def group(cascade, tensor: str) -> set[str]:
    first = cascade[tensor].tied_to
    return {t for t, s in cascade.quantizers.items() if first and s.tied_to == first}


# -- backward --------------------------------------------------------------------------------------


def test_sources_of_a_concat_share_its_quantizer() -> None:
    cascade = cascade_of(text_model("a = Neg(x)  b = Exp(x)  y = Concat<axis=0>(a, b)"))
    assert group(cascade, "y") == {"a", "b", "y"}
    assert cascade["y"].tied_to == "a"
    declared = [d for d in cascade.trace("b") if d.property is Property.TIED_TO]
    assert [d.builtin for d in declared] == ["tie-backward"]


def test_a_source_that_something_else_uses_is_left_out() -> None:
    cascade = cascade_of(text_model("a = Neg(x)  b = Exp(a)  y = Concat<axis=0>(a, b)"))
    assert group(cascade, "y") == {"b", "y"}


def test_a_tensor_joined_twice_has_one_user() -> None:
    assert group(cascade_of(text_model("a = Neg(x)  y = Concat<axis=0>(a, a)")), "y") == {"a", "y"}


def test_sources_are_found_through_operators_that_keep_the_grid() -> None:
    cascade = cascade_of(
        text_model(
            "a = Neg(x)  b = Transpose<perm=[0,1,3,2]>(a)  c = Exp(x)  y = Concat<axis=0>(b, c)"
        )
    )
    assert group(cascade, "y") == {"a", "c", "y"}


def test_another_user_on_the_way_leaves_a_source_out() -> None:
    cascade = cascade_of(
        text_model(
            "a = Neg(x)  b = Transpose<perm=[0,1,3,2]>(a)  d = Exp(b)"
            "  c = Exp(x)  y = Concat<axis=0>(b, c)",
        )
    )
    assert group(cascade, "y") == {"c", "y"}


def test_concats_of_concats_are_one_group() -> None:
    cascade = cascade_of(
        text_model(
            "a = Neg(x)  b = Exp(x)  c = Concat<axis=0>(a, b)  d = Abs(x)  y = Concat<axis=0>(c, d)"
        )
    )
    assert group(cascade, "y") == {"a", "b", "c", "d", "y"}


def test_one_common_range_is_taken_over() -> None:
    proto = text_model("a = Sigmoid(x)  b = Sigmoid(x)  y = Concat<axis=0>(a, b)")
    cascade = cascade_of(proto, op_type={"Sigmoid": UNIT})
    assert cascade["y"].fixed_range == (0.0, 1.0)
    source = next(d for d in cascade.trace("y") if d.property is Property.FIXED_RANGE and d.source)
    assert source.source in {"a", "b"}


def test_of_different_ranges_only_sources_without_one_are_tied() -> None:
    proto = text_model("a = Sigmoid(x)  b = Neg(x)  y = Concat<axis=0>(a, b)")
    cascade = cascade_of(proto, op_type={"Sigmoid": UNIT})
    assert group(cascade, "y") == {"b", "y"}
    assert cascade["a"].fixed_range == (0.0, 1.0)


def test_scatter_operators_are_tied_alike() -> None:
    proto = text_model(
        "a = Neg(x)  b = Exp(x)  y = ScatterElements(a, i, b)",
        inputs="float[4] x, int64[4] i",
        outputs="float[4] y",
    )
    assert group(cascade_of(proto), "y") == {"a", "b", "y"}


def test_sources_take_over_every_field() -> None:
    proto = text_model("a = Neg(x)  b = Exp(x)  y = Concat<axis=0>(a, b)")
    cascade = cascade_of(proto, op_type={"Concat": {"is_symmetric": OFF}, "Neg": {}})
    assert cascade["a"].bitwidth == cascade["y"].bitwidth
    off = cascade_of(proto, op_type={"Concat": {"is_output_quantized": OFF}})
    assert not off["a"].enabled


def test_more_than_one_output_is_refused() -> None:
    proto = model(
        [node("Concat", "x", "y z", "join", domain="example")],
        inputs={"x": [2]},
        outputs=("y", "z"),
        opset={"": 17, "example": 1},
    )
    for output in proto.graph.output:
        output.type.tensor_type.shape.dim.add(dim_value=2)
    assert refusal(cascade_of(proto)) == "tie-needs-one-output"


# -- forward ---------------------------------------------------------------------------------------


def test_relu_shares_its_inputs_quantizer() -> None:
    assert group(cascade_of(text_model("a = Neg(x)  y = Relu(a)")), "y") == {"a", "y"}


def test_pooling_and_resizing_share_theirs() -> None:
    proto = text_model("a = Neg(x)  b = AveragePool<kernel_shape=[1,1]>(a)  y = Relu(b)")
    assert group(cascade_of(proto), "y") == {"a", "b", "y"}


def test_an_output_that_is_off_is_left_alone() -> None:
    cascade = cascade_of(
        text_model("a = Neg(x)  y = Relu(a)"), op_type={"Relu": {"is_output_quantized": OFF}}
    )
    assert cascade["y"].tied_to is None


def test_an_input_without_quantizer_leaves_the_output_alone() -> None:
    cascade = cascade_of(
        text_model("a = Neg(x)  y = Relu(a)"), op_type={"Neg": {"is_output_quantized": OFF}}
    )
    assert cascade["y"].enabled
    assert cascade["y"].tied_to is None


def test_a_range_reaches_the_input() -> None:
    cascade = cascade_of(text_model("a = Neg(x)  y = Relu(a)"), op_type={"Relu": SIX})
    assert cascade["a"].fixed_range == (0.0, 6.0)


def test_a_range_does_not_reach_an_input_that_branches() -> None:
    cascade = cascade_of(
        text_model("a = Neg(x)  b = Relu(a)  y = Add(a, b)"), op_type={"Relu": SIX}
    )
    assert cascade["a"].fixed_range is None
    assert cascade["b"].tied_to is None


def test_without_a_range_a_branch_does_not_matter() -> None:
    cascade = cascade_of(text_model("a = Neg(x)  b = Relu(a)  y = Add(a, b)"))
    assert group(cascade, "b") == {"a", "b"}


def test_a_branch_behind_a_switched_off_quantizer_is_not_seen() -> None:
    proto = text_model("a = Neg(x)  p = MaxPool<kernel_shape=[1,1]>(a)  b = Relu(p)  y = Add(p, b)")
    cascade = cascade_of(proto, op_type={"Relu": SIX})
    assert cascade["a"].fixed_range == (0.0, 6.0)


def test_a_branch_behind_a_tensor_without_quantizer_is_seen() -> None:
    proto = text_model("a = Neg(x)  p = Identity(a)  b = Relu(p)  y = Add(p, b)")
    cascade = cascade_of(proto, op_type={"Relu": SIX})
    assert cascade["a"].fixed_range is None


def test_merging_takes_symmetry_from_either_side_and_the_smaller_width() -> None:
    proto = text_model("a = Neg(x)  y = Relu(a)")
    cascade = cascade_of(
        proto,
        op_type={
            "Neg": {"is_symmetric": ON},
            "Relu": {"encoding_constraints": {"min": 0.0, "max": 6.0}},
        },
    )
    assert cascade["y"].symmetric
    assert cascade["a"].fixed_range == (-6.0, 6.0)


def test_different_ranges_are_refused_with_both_nodes() -> None:
    cascade = cascade_of(
        text_model("a = Sigmoid(x)  y = Relu(a)"), op_type={"Sigmoid": UNIT, "Relu": SIX}
    )
    assert cascade.error is not None
    assert (cascade.error.code, cascade.error.nodes) == ("range-merge", ("/a", "/y"))


def test_a_range_without_maximum_and_symmetry_are_refused() -> None:
    cascade = cascade_of(
        text_model("a = Neg(x)  y = Relu(a)"),
        op_type={"Neg": {"is_symmetric": ON}, "Relu": {"encoding_constraints": {"min": 0.0}}},
    )
    assert refusal(cascade) == "range-without-max"


def test_a_per_channel_parameter_in_front_is_refused() -> None:
    proto = model(
        [node("LayerNormalization", "x w", "a", "a"), node("Relu", "w", "y", "y")],
        inputs={"x": [2, 4]},
        outputs=("a", "y"),
        constants={"w": floats(4)},
    )
    assert refusal(cascade_of(proto)) is None
    per_channel = cascade_of(proto, defaults={"per_channel_quantization": ON})
    assert refusal(per_channel) == "granularity-merge"


# -- recurrent -------------------------------------------------------------------------------------


def recurrent(op: str, inputs: str, outputs: str, gates: int, **sections):
    proto = model(
        [
            node("Sigmoid", "s", "x", "front"),
            node(op, f"x w r {inputs}", outputs, "cell", hidden_size=3),
        ],
        inputs={"s": [2, 1, 4], "h": [1, 1, 3], "c": [1, 1, 3]},
        outputs=tuple(name for name in outputs.split() if name != "-"),
        constants={"w": floats(1, 3 * gates, 4), "r": floats(1, 3 * gates, 3)},
    )
    return cascade_of(proto, **sections)


def test_input_and_hidden_states_share_the_outputs_quantizer() -> None:
    cascade = recurrent("GRU", "- - h", "y yh", 3)
    assert group(cascade, "y") == {"x", "h", "y", "yh"}


def test_cell_states_share_the_cell_outputs() -> None:
    cascade = recurrent("LSTM", "- - h c", "y yh yc", 4)
    assert group(cascade, "yc") == {"c", "yc"}


def test_a_cell_state_alone_is_not_tied() -> None:
    assert recurrent("LSTM", "", "y yh yc", 4)["yc"].tied_to is None


def test_the_input_loses_its_own_range_and_state() -> None:
    cascade = recurrent("RNN", "", "y", 1, op_type={"Sigmoid": UNIT})
    assert cascade["x"].fixed_range is None
    off = recurrent("RNN", "", "y", 1, op_type={"RNN": {"is_output_quantized": OFF}})
    assert not off["x"].enabled


def test_an_output_that_is_left_out_is_refused() -> None:
    assert refusal(recurrent("GRU", "", "- yh", 3)) == "recurrent-output-missing"
