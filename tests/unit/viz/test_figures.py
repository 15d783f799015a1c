from types import SimpleNamespace

from support.graph_models import chain, transformer

from quantsim_viz.config import load_config
from quantsim_viz.model import load_model
from quantsim_viz.resolve import resolve
from quantsim_viz.resolve.settings import Status
from quantsim_viz.viz.figures import figures_of
from quantsim_viz.viz.layout import layout_model

ON = (True, "int", 8)


def cascade(statuses=(), precisions=(), supergroups=(), nodes=100):
    numbers = [list(Status).index(status) for status in statuses] or [0] * nodes
    found = dict(precisions)
    return SimpleNamespace(
        status_numbers=bytes(numbers),
        precision_rows=lambda: (tuple(found), list(found.values())),
        supergroups=tuple(supergroups),
    )


def test_statuses_are_in_the_order_of_the_layout():
    loaded = load_model(chain(3))
    layout = layout_model(loaded)
    statuses = [Status.FLOAT, Status.QUANTIZED, Status.FUSED]
    expected = dict(zip((node.name for node in loaded.graph.nodes), "fqs", strict=True))
    shown = figures_of(layout, cascade(statuses)).status
    assert dict(zip(layout.names, shown, strict=True)) == expected


def test_bits_tell_the_precision_and_mixtures():
    layout = layout_model(load_model(chain(5)))
    outputs = [layout.skeleton.vertices[i].outputs[0] for i in range(5)]
    precisions = [ON, (True, "int", 16), (True, "float", 16), (False, "int", 8)]
    figures = figures_of(layout, cascade(precisions=zip(outputs, precisions, strict=False)))
    assert figures.bits == "8sh-?"


def test_what_is_float_without_a_quantizer_of_its_own_is_float_in_bits():
    layout = layout_model(load_model(chain(3)))
    statuses = [Status.FLOAT, Status.UNQUANTIZABLE, Status.QUANTIZED]
    quantized = layout.skeleton.vertices[2].outputs[0]
    assert figures_of(layout, cascade(statuses, {quantized: ON})).bits == "-?8"


def test_a_node_of_several_precisions_is_mixed():
    layout = layout_model(load_model(transformer(1)))
    matmul = next(v for v in layout.skeleton.vertices if v.parts and v.op_type == "MatMul")
    precisions = {matmul.outputs[0]: ON, matmul.parts[0].tensor: (True, "int", 4)}
    figures = figures_of(layout, cascade(precisions=precisions))
    assert figures.bits[matmul.index] == "m"


def test_what_carries_its_inputs_grid_has_the_precision_of_that_grid():
    loaded = load_model(chain(3))
    layout = layout_model(loaded)
    first, second, third = (vertex.outputs[0] for vertex in layout.skeleton.vertices)
    found = cascade(
        [Status.QUANTIZED, Status.PASSTHROUGH, Status.PASSTHROUGH],
        {first: ON, second: (False, "int", 8)},
    )
    found.effective_quantizer = {second: first, third: None}.get
    figures = figures_of(layout, found)
    assert figures.bits == "88-"
    shown = dict(zip(layout.tensors, figures.tensor_bits, strict=True))
    assert shown[second] == "8"


def test_parameters_say_whether_they_are_quantized():
    layout = layout_model(load_model(transformer(1)))
    name = layout.parts[1]
    figures = figures_of(layout, cascade(precisions={name: ON}))
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


def test_the_figures_of_a_real_cascade_agree_with_its_settings():
    loaded = load_model(transformer(2))
    layout = layout_model(loaded)
    rules = {
        "defaults": {"ops": {"is_output_quantized": "True"}, "params": {"is_quantized": "True"}},
        "params": {},
        "op_type": {"Softmax": {"is_output_quantized": "False"}},
        "supergroups": [],
        "model_input": {},
        "model_output": {},
    }
    resolved = resolve(loaded, load_config(rules), param_bits=4, act_bits=16)
    figures = figures_of(layout, resolved)
    for vertex, bits in zip(layout.skeleton.vertices, figures.bits, strict=True):
        carriers = (resolved.effective_quantizer(n) or n for n in vertex.carriers)
        settings = [resolved.quantizers[n] for n in carriers if n in resolved.quantizers]
        widths = {setting.bitwidth for setting in settings if setting.enabled}
        expected = {frozenset(): "-" if settings else "?", frozenset({16}): "s"}
        assert bits == expected.get(frozenset(widths), "m")
    assert {"s", "m", "-"} <= set(figures.bits)
