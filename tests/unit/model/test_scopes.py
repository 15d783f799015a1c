import pytest
from support.small_models import model, node

from quantsim_viz.model import load_model
from quantsim_viz.model.scopes import CLASS_HIERARCHY, NAME_SCOPES


def located(name, **metadata):
    relu = node("Relu", "x", "y", name)
    for key, text in metadata.items():
        relu.metadata_props.add(
            key={"scopes": NAME_SCOPES, "classes": CLASS_HIERARCHY}[key]
        ).value = text
    found = load_model(model([relu])).graph.nodes[0]
    return found.scope, found.module


@pytest.mark.parametrize(
    ("name", "scope", "module"),
    [
        ("/layers.0/attn/MatMul", ("layers", "0", "attn"), "layers.0.attn"),
        ("/features/features.0/features.0.1/Conv", ("features", "0", "1"), "features.0.1"),
        ("/Relu", (), None),
        ("relu", (), None),
        ("", (), None),
        ("model/conv2d/Conv2D", ("model", "conv2d"), None),
        ("//", (), None),
    ],
)
def test_slashes_in_a_name_are_scopes(name, scope, module):
    assert located(name) == (scope, module)


def test_metadata_of_the_exporter_come_first():
    scopes = "['', 'features', 'features.0', 'features.0.act', 'relu']"
    classes = "['Net', 'Sequential', 'Block', 'ReLU', 'aten.relu.default']"
    expected = (("features", "0", "act"), "features.0.act")
    assert located("/a/Relu", scopes=scopes, classes=classes) == expected
    assert located("/a/Relu", scopes=scopes) == expected


def test_the_root_module_is_no_scope():
    assert located("relu", scopes="['', 'relu']") == ((), None)


@pytest.mark.parametrize("text", ["[", "7", "", "['']", "__import__('os')"])
def test_broken_metadata_are_no_scope(text):
    assert located("relu", scopes=text) == ((), None)
