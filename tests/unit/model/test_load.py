import subprocess
import sys
import time

import numpy as np
import onnx
import pytest
from onnx import helper
from support.small_models import body, floats, model, node, value

from quantsim_viz import run
from quantsim_viz.errors import ModelError
from quantsim_viz.model import load_model


def refused(source, **options):
    with pytest.raises(ModelError) as caught:
        load_model(source, **options)
    assert caught.value.hint
    return caught.value


def small():
    return model(
        [node("MatMul", "x w", "m"), node("Relu", "m", "y")], constants={"w": floats(4, 5)}
    )


def test_a_path_bytes_and_a_proto_are_the_same_model(tmp_path):
    path = tmp_path / "net.onnx"
    path.write_bytes(small().SerializeToString(deterministic=True))
    loaded = [load_model(source) for source in (path, str(path), path.read_bytes(), small())]
    assert {m.sha256 for m in loaded} == {loaded[0].sha256}
    assert [m.name for m in loaded] == ["net.onnx", "net.onnx", "model", "graph"]
    assert [m.path for m in loaded] == [str(path), str(path), None, None]


def test_a_missing_file_names_its_nearest_neighbour(tmp_path):
    (tmp_path / "resnet.onnx").write_bytes(b"")
    error = refused(tmp_path / "resnett.onnx")
    assert error.code == "missing-file"
    assert "resnet.onnx" in error.hint
    assert refused(tmp_path / "nowhere" / "net.onnx").code == "missing-file"
    assert refused(tmp_path / "net.pt2").code == "missing-file"


def test_a_folder_is_no_model(tmp_path):
    assert refused(tmp_path).code == "unreadable-file"


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"", "ONNX"),
        (b"hello, world", "ONNX"),
        (b'{"defaults": {}}', "configuration"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
        (b"PK\x03\x04" + bytes(100), "pt2"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "ONNX"),
        (b"<!DOCTYPE html><html></html>", "download"),
        (bytes(1000), "ONNX"),
        (bytes(range(256)) * 4, "ONNX"),
        (b"\xff" * 400, "ONNX"),
    ],
)
def test_what_is_no_model_is_called_so(data, hint):
    error = refused(data)
    assert error.code == "not-onnx"
    assert hint in error.hint


def test_random_bytes_are_no_model():
    generator = np.random.default_rng(0)
    codes = [refused(generator.bytes(500)).code for _ in range(50)]
    assert codes.count("not-onnx") > 45


def test_a_torn_file_is_told_from_one_that_is_none():
    data = small().SerializeToString()
    codes = {refused(data[:end]).code for end in range(8, len(data) - 10)}
    assert codes == {"truncated-model"}


def test_a_file_damaged_inside_is_neither():
    data = bytearray(small().SerializeToString())
    position = data.index(b"MatMul")
    data[position - 1] = 200  # the length of that name
    assert refused(bytes(data)).code == "invalid-model"


def test_names_that_are_not_text_are_refused():
    data = small().SerializeToString().replace(b"Relu", b"\xff\xfe\xfd\xfc")
    assert refused(data).code == "invalid-model"


@pytest.mark.parametrize(
    ("nodes", "reason"),
    [
        ([node("Add", "x nope", "y", "add")], "node `add` reads tensor `nope`"),
        ([node("Reluu", "x", "y")], "Reluu"),
        ([node("Relu", "x", "z")], "'y'"),
        ([node("Relu", "x", "y"), node("Relu", "x", "y")], "SSA"),
        ([node("Relu", "b", "a", "one"), node("Relu", "a", "b"), node("Relu", "x", "y")], "circle"),
        ([node("Conv", "x", "y")], "Conv"),
        ([node("Relu", "x", "y", colour=1)], "colour"),
    ],
)
def test_an_invalid_model_is_refused_with_the_reason(nodes, reason):
    error = refused(model(nodes))
    assert error.code == "invalid-model"
    assert reason in error.message


def test_operator_set_versions_are_needed():
    proto = model([node("Relu", "x", "y")])
    del proto.opset_import[:]
    assert "opset_import" in refused(proto).message


def test_what_onnxruntime_accepts_is_not_refused():
    newer = model([node("Relu", "x", "y")], ir_version=99)
    old = model([node("Add", "x k", "y")], constants={"k": floats(4)}, opset={"": 9}, ir_version=3)
    foreign = model([node("Foo", "x", "y", domain="org.example")])
    untyped = model([node("Relu", "x", "y")])
    untyped.graph.output[0].ClearField("type")
    for proto in (newer, old, foreign, untyped):
        assert load_model(proto).graph.tensors["y"].dtype == "float32"


GROUPS = {"s": np.float32([2, 3]), "b": np.float32([0, 1])}


def grouped(opset):
    normal = node("GroupNormalization", "x s b", "y", num_groups=2)
    return model([normal], constants=GROUPS, opset={"": opset})


@pytest.mark.parametrize("opset", [18, 19, 20])
def test_an_operator_withdrawn_for_a_newer_version_of_itself_is_accepted(opset):
    assert load_model(grouped(opset)).graph.tensors["y"].dtype == "float32"
    x = floats(3, 4)
    halves = x.reshape(3, 2, 2)
    centred = halves - halves.mean(2, keepdims=True)
    normal = centred / np.sqrt(halves.var(2, keepdims=True) + 1e-5)
    scaled = normal * GROUPS["s"][:, None] + GROUPS["b"][:, None]
    result = run(grouped(opset), {"x": x})["y"]
    np.testing.assert_allclose(result, scaled.reshape(3, 4), atol=1e-6)


def test_a_withdrawn_operator_inside_functions_and_bodies_is_accepted_too():
    normal = node("GroupNormalization", "a s b", "c", num_groups=2)
    imports = [helper.make_opsetid("", 18)]
    function = helper.make_function("f", "F", ["a", "s", "b"], ["c"], [normal], imports)
    call = node("F", "x s b", "y", domain="f")
    called = model([call], constants=GROUPS, opset={"": 18, "f": 1}, functions=[function])
    inside = node("GroupNormalization", "x s b", "c", num_groups=2)
    branch = body([inside], outputs=[value("c", None)])
    choice = node("If", "yes", "y", then_branch=branch, else_branch=branch)
    chosen = model([choice], constants=GROUPS | {"yes": np.array(True)}, opset={"": 18})
    x = floats(3, 4)
    for proto in (called, chosen):
        np.testing.assert_array_equal(run(proto, {"x": x})["y"], run(grouped(18), {"x": x})["y"])


@pytest.mark.parametrize(
    ("proto", "reason"),
    [
        (grouped(17), "No Op registered for GroupNormalization"),
        (
            model([node("Upsample", "x k", "y")], constants={"k": floats(2)}, opset={"": 10}),
            "deprecated",
        ),
    ],
)
def test_an_operator_that_onnxruntime_refuses_at_its_version_is_refused(proto, reason):
    error = refused(proto)
    assert error.code == "invalid-model"
    assert reason in error.message


def test_nodes_out_of_order_are_kept_so_with_a_warning():
    proto = model([node("Relu", "z", "y", "late"), node("Neg", "x", "z", "early")])
    loaded = load_model(proto)
    assert [n.name for n in loaded.graph.nodes] == ["late", "early"]
    assert loaded.graph.tensors["y"].shape == ("N", 4)
    assert [(w.code, w.nodes) for w in loaded.warnings] == [("unsorted-nodes", ("late",))]


def functions(*bodies):
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("f", 1)]
    return [helper.make_function("f", name, ["a"], ["b"], body, imports) for name, body in bodies]


def test_a_split_that_miscounts_its_outputs_is_refused_before_it_ends_the_process():
    split = node("Split", "x", "y z", name="halve", axis=0, num_outputs=3)
    error = refused(model([split], opset={"": 18}))
    assert error.code == "invalid-model"
    assert "num_outputs 3 and 2 outputs" in error.message


def test_functions_that_never_end_are_refused_at_once():
    own = functions(("A", [node("A", "a", "b", domain="f")]))
    each_other = functions(
        ("A", [node("B", "a", "b", domain="f")]), ("B", [node("A", "a", "b", domain="f")])
    )
    doubling = functions(
        *(
            (
                f"{'A' * i}",
                [node("A" * (i + 1), "a", "c", domain="f")] * 1
                + [node("A" * (i + 1), "c", "b", domain="f")],
            )
            for i in range(1, 50)
        )
    )
    started = time.monotonic()
    for bodies in (own, each_other, doubling):
        call = model([node("A", "x", "y", domain="f")], opset={"": 17, "f": 1}, functions=bodies)
        assert refused(call).code == "invalid-model"
    assert time.monotonic() - started < 2


def test_a_body_of_many_nameless_nodes_opens_in_time():
    nodes = [node("Relu", "x", f"t{i}") for i in range(5000)]
    body = helper.make_graph(nodes, "body", [], [helper.make_tensor_value_info("t0", 1, None)])
    proto = model(
        [node("If", "cond", "y", then_branch=body, else_branch=body)],
        constants={"cond": np.array(True)},
    )
    started = time.monotonic()
    load_model(proto)
    assert time.monotonic() - started < 5


def test_code_is_not_executed_where_that_is_not_allowed():
    for source in ("os:getcwd", "evil.pt2"):
        error = refused(source, allow_code=False)
        assert error.code == "code-not-allowed"
        assert source in error.message


def test_what_is_nothing_at_all_is_refused():
    assert refused(7).code == "not-a-model"


def test_models_of_any_supported_operator_set_open():
    for version in range(1, onnx.defs.onnx_opset_version() + 1):
        loaded = load_model(model([node("Tanh", "x", "y")], opset={"": version}))
        assert loaded.opset == {"": version}


def test_importing_the_room_is_light():
    code = (
        "import sys, quantsim_viz.model\n"
        "heavy = {'torch', 'streamlit', 'onnx_ir', 'pandas', 'onnxscript'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
