"""Coverage of graphs small enough to count by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from support.small_models import floats, model, node

from quantsim_viz import load_model
from quantsim_viz.config import load_config
from quantsim_viz.report.coverage import Crossing, Share, measure_coverage
from quantsim_viz.report.workload import measure_workload
from quantsim_viz.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quantsim_viz.report.coverage import Coverage

ON: Mapping[str, Any] = {
    "defaults": {
        "ops": {"is_output_quantized": "True"},
        "params": {"is_quantized": "True", "is_symmetric": "True"},
    },
    "params": {"bias": {"is_quantized": "False"}},
    "op_type": {},
    "supergroups": [],
    "model_input": {"is_input_quantized": "True"},
    "model_output": {},
}


def cover(proto: Any, bits: Any = (8, 8), **changes: Any) -> Coverage:
    config = load_config(text=json.dumps({**ON, **changes}), name="test")
    cascade = resolve(load_model(proto), config, param_bits=bits[0], act_bits=bits[1])
    return measure_coverage(cascade)


def convolution_and_gemm() -> Any:
    """216 + 60 MACs: 1·3·2·2 × 2·3·3 and 5 × 12; 54 + 60 + 5 parameters."""
    return model(
        [
            node("Conv", "x w", "c", "conv"),
            node("Relu", "c", "r", "relu"),
            node("Flatten", "r", "f", "flatten"),
            node("Gemm", "f v b", "y", "gemm"),
        ],
        inputs={"x": [1, 2, 4, 4]},
        constants={"w": floats(3, 2, 3, 3), "v": floats(12, 5), "b": floats(5)},
    )


def chain(*types: str) -> Any:
    names = ["x", *(f"t{i}" for i in range(len(types) - 1)), "y"]
    nodes = [node(kind, names[i], names[i + 1], f"n{i}") for i, kind in enumerate(types)]
    return model(nodes, inputs={"x": [1, 4]})


def test_a_quantized_model_is_integer_but_for_its_bias() -> None:
    found = cover(convolution_and_gemm())
    assert found.macs == Share(276, 276)
    assert found.parameters == Share(114, 119)
    assert found.activations == Share(4 * (32 + 12 + 12 + 12 + 5), 4 * (32 + 12 + 12 + 12 + 5))
    assert found.bit_widths == (8,)
    assert found.islands == found.crossings == found.unknown == ()


def test_a_float_weight_makes_its_product_a_float_island() -> None:
    found = cover(
        convolution_and_gemm(), op_type={"Gemm": {"params": {"weight": {"is_quantized": "False"}}}}
    )
    assert found.macs == Share(216, 276)
    assert found.parameters == Share(54, 119)
    assert found.islands == (("gemm",),)
    assert found.crossings == (
        Crossing("f", to_integer=False, source="flatten", targets=("gemm",)),
    )
    assert found.crossings[0].nodes == ("flatten", "gemm")


def test_what_is_inside_a_supergroup_is_neither_stored_nor_float() -> None:
    found = cover(convolution_and_gemm(), supergroups=[{"op_list": ["Conv", "Relu"]}])
    assert found.macs == Share(276, 276)
    assert found.activations == Share(4 * (32 + 12 + 12 + 5), 4 * (32 + 12 + 12 + 5))
    assert found.islands == ()


def test_a_float_output_is_read_by_an_island_and_comes_back_at_the_next_quantizer() -> None:
    found = cover(
        chain("Relu", "Sigmoid", "Relu", "Tanh"),
        op_type={"Sigmoid": {"is_output_quantized": "False"}},
    )
    assert found.islands == (("n2",),)
    assert found.crossings == (
        Crossing("t1", to_integer=False, source="n1", targets=("n2",)),
        Crossing("t2", to_integer=True, source="n2", targets=("n3",)),
    )
    assert found.activations == Share(4 * 4 * 4, 4 * 4 * 5)


def test_two_islands_apart_stay_two_and_neighbours_are_one() -> None:
    off = {"Sigmoid": {"is_output_quantized": "False"}}
    apart = cover(chain("Sigmoid", "Relu", "Tanh", "Sigmoid", "Relu"), op_type=off)
    assert apart.islands == (("n1",), ("n4",))
    joined = cover(chain("Sigmoid", "Sigmoid", "Sigmoid", "Relu"), op_type=off)
    assert joined.islands == (("n1", "n2", "n3"),)


def test_nothing_quantized_is_one_island_without_crossings() -> None:
    found = cover(
        convolution_and_gemm(), defaults={"ops": {}, "params": {}}, model_input={}, params={}
    )
    assert (found.macs.part, found.parameters.part, found.activations.part) == (0, 0, 0)
    assert found.islands == (("conv", "relu", "flatten", "gemm"),)
    assert found.crossings == ()
    assert found.bit_widths == ()


def test_float16_is_not_integer() -> None:
    found = cover(convolution_and_gemm(), bits=("float16", "float16"))
    assert found.macs == Share(0, 276)
    assert cover(convolution_and_gemm(), bits=(4, 8)).bit_widths == (4, 8)


def test_one_tensor_read_by_two_float_nodes_is_one_crossing() -> None:
    proto = model(
        [
            node("Sigmoid", "x", "s", "s"),
            node("Relu", "s", "a", "first"),
            node("Tanh", "s", "b", "second"),
            node("Add", "a b", "y", "sum"),
        ],
        inputs={"x": [1, 4]},
    )
    found = cover(proto, op_type={"Sigmoid": {"is_output_quantized": "False"}})
    assert found.islands == (("first",), ("second",))
    assert [c.nodes for c in found.crossings] == [
        ("s", "first", "second"),
        ("first", "sum"),
        ("second", "sum"),
    ]


@pytest.mark.parametrize(
    ("proto", "macs"),
    [
        pytest.param(
            model(
                [node("ConvTranspose", "x w", "y", "n", strides=[2, 2])],
                inputs={"x": [1, 2, 3, 3]},
                constants={"w": floats(2, 5, 2, 2)},
            ),
            18 * 20,
            id="transposed convolution",
        ),
        pytest.param(
            model(
                [node("Conv", "x w", "y", "n", group=4)],
                inputs={"x": ["N", 4, 3, 3]},
                constants={"w": floats(4, 1, 3, 3)},
            ),
            4 * 9,
            id="depthwise, symbolic batch",
        ),
        pytest.param(
            model(
                [node("Gemm", "x w", "y", "n", transA=1)],
                inputs={"x": [7, 3]},
                constants={"w": floats(7, 2)},
            ),
            3 * 2 * 7,
            id="transposed gemm",
        ),
        pytest.param(
            model([node("MatMul", "x z", "y", "n")], inputs={"x": [2, 3, 4], "z": [2, 4, 5]}),
            2 * 3 * 5 * 4,
            id="product of activations",
        ),
    ],
)
def test_macs_follow_the_operator(proto: Any, macs: int) -> None:
    assert measure_workload(load_model(proto)).macs == {"n": macs}


def test_what_has_no_known_shape_is_named_and_left_out() -> None:
    proto = model([node("MatMul", "x z", "y", "n")], inputs={"x": None, "z": [4, 5]})
    work = measure_workload(load_model(proto))
    assert "n" in work.unknown
    assert work.macs == {}


def test_the_json_has_every_share_and_place() -> None:
    found = cover(
        chain("Relu", "Sigmoid", "Relu"), op_type={"Sigmoid": {"is_output_quantized": "False"}}
    ).to_dict()
    assert json.loads(json.dumps(found)) == found
    assert found["macs"] == {"integer": 0, "total": 0, "share": None}
    assert found["float_islands"] == [["n2"]]
    assert found["crossings"] == [
        {"tensor": "t1", "to": "float", "source": "n1", "targets": ["n2"]}
    ]


def test_the_bias_that_an_add_gives_a_product_is_not_asked_for() -> None:
    proto = model(
        [node("MatMul", "x w", "m"), node("Add", "m b", "a"), node("Relu", "a", "y")],
        inputs={"x": [2, 4]},
        constants={"w": floats(4, 4), "b": floats(4)},
    )
    coverage = cover(proto, supergroup_pass_list=["MatmulAdd"])
    assert coverage.macs == Share(32, 32)
    assert coverage.islands == ()
