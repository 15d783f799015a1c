from dataclasses import replace
from types import SimpleNamespace

from support.graph_models import chain, transformer

from quantsim_viz.model import load_model
from quantsim_viz.resolve.settings import Kind, NodeState, QuantizerSetting, Status
from quantsim_viz.viz.figures import figures_of
from quantsim_viz.viz.layout import layout_model

ON = QuantizerSetting(Kind.ACTIVATION, enabled=True)


def cascade(states=(), quantizers=(), supergroups=()):
    return SimpleNamespace(
        nodes=dict(states), quantizers=dict(quantizers), supergroups=tuple(supergroups)
    )


def test_statuses_are_in_the_order_of_the_layout():
    layout = layout_model(load_model(chain(3)))
    states = {
        "relu2": NodeState("Relu", Status.FLOAT),
        "relu0": NodeState("Relu", Status.QUANTIZED),
    }
    assert figures_of(layout, cascade(states)).status == "q?f"


def test_bits_tell_the_precision_and_mixtures():
    layout = layout_model(load_model(chain(5)))
    outputs = [layout.skeleton.vertices[i].outputs[0] for i in range(5)]
    settings = [
        ON,
        replace(ON, bitwidth=16),
        replace(ON, bitwidth=16, dtype="float"),
        replace(ON, enabled=False),
    ]
    figures = figures_of(layout, cascade(quantizers=zip(outputs, settings, strict=False)))
    assert figures.bits == "8sh-?"


def test_a_node_of_several_precisions_is_mixed():
    layout = layout_model(load_model(transformer(1)))
    matmul = next(v for v in layout.skeleton.vertices if v.parts and v.op_type == "MatMul")
    settings = {matmul.outputs[0]: ON, matmul.parts[0].tensor: replace(ON, bitwidth=4)}
    figures = figures_of(layout, cascade(quantizers=settings))
    assert figures.bits[matmul.index] == "m"


def test_parameters_say_whether_they_are_quantized():
    layout = layout_model(load_model(transformer(1)))
    name = layout.parts[1]
    figures = figures_of(layout, cascade(quantizers={name: replace(ON, kind=Kind.PARAM)}))
    assert len(figures.parts) == len(layout.parts)
    assert [i for i, state in enumerate(figures.parts) if state == "1"] == [
        i for i, part in enumerate(layout.parts) if part == name
    ]


def test_supergroups_are_told_by_node_numbers():
    layout = layout_model(load_model(chain(4)))
    figures = figures_of(layout, cascade(supergroups=[("relu1", "relu2"), ("gone",)]))
    assert figures.supergroups == ((1, 2), ())


def test_an_edit_travels_as_a_character_a_node():
    layout = layout_model(load_model(chain(40)))
    figures = figures_of(layout, cascade())
    assert len(figures.status) == len(figures.bits) == 40
    assert len(figures.tensor_bits) == len(layout.tensors)
