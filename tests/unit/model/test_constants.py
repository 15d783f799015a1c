import ml_dtypes
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from support.small_models import floats, model, node

from quantsim_viz.errors import ModelError
from quantsim_viz.model import load_model
from quantsim_viz.model.constants import read_tensor


def saved(folder, values, **model_options):
    """Save a model whose constants lie in `w.bin` beside it."""
    proto = model([node("MatMul", "x w", "y")], constants=values, **model_options)
    path = folder / "net.onnx"
    onnx.save(proto, path, save_as_external_data=True, location="w.bin", size_threshold=0)
    return path


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        (np.float32, [1.5, -2]),
        (np.float64, [1.5, -2]),
        (np.float16, [1.5, -2]),
        (np.int64, [2**40, -2]),
        (np.int8, [1, -2]),
        (np.uint16, [1, 65535]),
        (np.bool_, [True, False]),
        (np.complex64, [1 + 2j, 0]),
        (ml_dtypes.bfloat16, [1.5, -2]),
        (ml_dtypes.float8_e4m3fn, [1.5, -2]),
        (ml_dtypes.int4, [7, -8]),
    ],
)
def test_inline_values_of_every_type_come_back(dtype, values):
    array = np.array(values, dtype)
    constant = read_tensor(numpy_helper.from_array(array, "w"), "w", None)
    assert constant.shape == (2,)
    assert constant.numpy().dtype == array.dtype
    np.testing.assert_array_equal(constant.numpy(), array)


@pytest.mark.parametrize(
    ("number", "values"),
    [
        (TensorProto.FLOAT, [1.5, 2.5]),
        (TensorProto.INT64, [3, 4]),
        (TensorProto.BOOL, [True, False]),
        (TensorProto.STRING, ["a", "b"]),
    ],
)
def test_values_in_typed_fields_come_back(number, values):
    constant = read_tensor(helper.make_tensor("w", number, [2, 1], values), "w", None)
    assert constant.numpy().tolist() in ([[v] for v in values], [[v.encode()] for v in "ab"])


def test_scalars_and_empty_tensors_come_back():
    for array in (np.float32(3), np.zeros((0, 4), np.int64)):
        constant = read_tensor(numpy_helper.from_array(np.asarray(array), "w"), "w", None)
        assert constant.numpy().shape == np.shape(array)


def test_external_values_are_memory_mapped(tmp_path):
    loaded = load_model(saved(tmp_path, {"w": floats(4, 5)}))
    value = loaded.constant("w").numpy()
    assert isinstance(value, np.memmap)
    assert not value.flags.writeable
    np.testing.assert_array_equal(value, floats(4, 5))
    assert loaded.warnings == ()


def test_external_values_are_found_from_any_working_directory(tmp_path, monkeypatch):
    saved(tmp_path, {"w": floats(4, 5)})
    monkeypatch.chdir(tmp_path)
    loaded = load_model("net.onnx")
    np.testing.assert_array_equal(loaded.constant("w").numpy(), floats(4, 5))
    np.testing.assert_array_equal(
        loaded.ir.graph.initializers["w"].const_value.numpy(), floats(4, 5)
    )


def test_a_model_without_its_weight_file_still_has_its_shapes(tmp_path):
    path = saved(tmp_path, {"w": floats(4, 5)})
    (tmp_path / "w.bin").unlink()
    loaded = load_model(path)
    assert loaded.graph.tensors["w"].shape == (4, 5)
    assert loaded.graph.tensors["y"].shape == ("N", 5)
    (warning,) = loaded.warnings
    assert warning.code == "missing-external-data"
    assert "`w.bin`" in warning.message
    assert "`w`" in warning.message
    with pytest.raises(ModelError, match=r"w\.bin") as caught:
        loaded.constant("w").numpy()
    assert caught.value.code == "missing-external-data"


def test_loading_does_not_read_the_weight_file(tmp_path):
    path = saved(tmp_path, {"w": floats(40, 50)}, inputs={"x": ["N", 40]})
    size = (tmp_path / "w.bin").stat().st_size
    (tmp_path / "w.bin").unlink()
    (tmp_path / "w.bin").mkdir()  # cannot be opened, let alone read
    loaded = load_model(path)
    assert size == 8000
    assert loaded.graph.tensors["y"].shape == ("N", 50)


def test_bytes_with_external_data_have_no_folder_to_look_in(tmp_path, monkeypatch):
    path = saved(tmp_path, {"w": floats(4, 5)})
    monkeypatch.chdir(tmp_path)
    loaded = load_model(path.read_bytes())
    assert [w.code for w in loaded.warnings] == ["missing-external-data"]
    with pytest.raises(ModelError) as caught:
        loaded.constant("w").numpy()
    assert caught.value.code == "missing-external-data"


def test_a_short_weight_file_is_told_at_once_and_refused_on_reading(tmp_path):
    path = saved(tmp_path, {"w": floats(4, 5)})
    (tmp_path / "w.bin").write_bytes(b"1234")
    loaded = load_model(path)
    assert [w.code for w in loaded.warnings] == ["truncated-external-data"]
    with pytest.raises(ModelError, match="80 bytes") as caught:
        loaded.constant("w").numpy()
    assert caught.value.code == "truncated-external-data"


def test_a_changed_weight_file_is_another_model(tmp_path):
    path = saved(tmp_path, {"w": floats(4, 5)})
    before = load_model(path).sha256
    assert load_model(path).sha256 == before
    (tmp_path / "w.bin").write_bytes(bytes(120))
    assert load_model(path).sha256 != before


@pytest.mark.parametrize(
    "location", ["../w.bin", "/etc/hostname", "a/../../w.bin", "C:\\w.bin", "..\\w.bin", "."]
)
def test_external_data_must_lie_in_the_folder(tmp_path, location):
    folder = tmp_path / "inner"
    folder.mkdir()
    (tmp_path / "w.bin").write_bytes(bytes(80))
    proto = onnx.load(saved(folder, {"w": floats(4, 5)}), load_external_data=False)
    proto.graph.initializer[0].external_data[0].value = location
    path = folder / "escaping.onnx"
    path.write_bytes(proto.SerializeToString())
    for source in (path, path.read_bytes()):
        with pytest.raises(ModelError) as caught:
            load_model(source)
        assert caught.value.code == "external-data-outside"
        assert "`w`" in caught.value.message


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    folder = tmp_path / "inner"
    folder.mkdir()
    path = saved(folder, {"w": floats(4, 5)})
    (folder / "w.bin").rename(tmp_path / "w.bin")
    (folder / "w.bin").symlink_to(tmp_path / "w.bin")
    with pytest.raises(ModelError) as caught:
        load_model(path)
    assert caught.value.code == "external-data-outside"


@pytest.mark.parametrize(("key", "text"), [("offset", "x"), ("length", "-1"), ("location", "")])
def test_broken_external_entries_are_refused(tmp_path, key, text):
    proto = onnx.load(saved(tmp_path, {"w": floats(4, 5)}), load_external_data=False)
    entries = {entry.key: entry for entry in proto.graph.initializer[0].external_data}
    entries[key].value = text
    with pytest.raises(ModelError, match="broken") as caught:
        load_model(proto)
    assert caught.value.code == "invalid-model"


@pytest.mark.parametrize(
    "tensor",
    [
        TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4, 5], raw_data=b"1234"),
        TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4, 5]),
        TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4, -5], raw_data=b"1234"),
        TensorProto(name="w", data_type=99, dims=[4, 5], raw_data=bytes(80)),
    ],
)
def test_constants_that_do_not_fill_their_shape_are_refused(tensor):
    proto = model([node("MatMul", "x w", "y")])
    proto.graph.initializer.append(tensor)
    with pytest.raises(ModelError, match=r"\bw\b") as caught:
        load_model(proto)
    assert caught.value.code == "invalid-model"
    with pytest.raises(ModelError, match="`w`"):
        read_tensor(tensor, "w", None)


@pytest.mark.parametrize("length", [2**31, 2**62])
def test_gigantic_shapes_are_refused_without_allocating_them(length):
    tensor = TensorProto(name="w", data_type=1, dims=[length, length], raw_data=b"1234")
    with pytest.raises(ModelError):
        read_tensor(tensor, "w", None).numpy()
    tensor = TensorProto(name="w", data_type=1, dims=[length, length], float_data=[1.0])
    with pytest.raises(ModelError):
        read_tensor(tensor, "w", None).numpy()
