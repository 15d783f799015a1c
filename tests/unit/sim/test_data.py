from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto
from support.small_models import floats, model, node, value

from quantsim_viz import load_model
from quantsim_viz.errors import DataError
from quantsim_viz.sim import calibrated, histogram, load_data, run, simulate


def default_configuration():
    """A configuration that quantizes every output."""
    return {
        "defaults": {"ops": {"is_output_quantized": "True"}, "params": {}},
        "params": {},
        "op_type": {},
        "supergroups": [],
        "model_input": {},
        "model_output": {},
    }


def network(**inputs):
    """A network whose inputs have these shapes."""
    names = list(inputs)
    nodes = [node("Relu", name, f"y{index}") for index, name in enumerate(names)]
    outputs = [f"y{index}" for index in range(len(names))]
    return load_model(model(nodes, inputs=inputs, outputs=outputs))


@pytest.fixture(scope="module")
def single():
    return network(image=["N", 4])


@pytest.fixture(scope="module")
def pair():
    return network(left=["N", 4], right=["N", 2])


def refusal(loaded, data, **options):
    with pytest.raises(DataError) as caught:
        list(load_data(loaded, data, **options).batches(2))
    return caught.value


def lengths(data, batch_size):
    return [len(next(iter(batch.values()))) for batch in data.batches(batch_size)]


def test_arrays_are_cut_into_batches_with_a_short_tail(single):
    data = load_data(single, {"image": floats(7, 4)})
    assert lengths(data, 3) == [3, 3, 1]
    assert (data.samples, data.count(3)) == (7, 3)


def test_an_npz_brings_its_labels(single, tmp_path):
    np.savez(tmp_path / "d.npz", image=floats(5, 4), labels=np.arange(5))
    data = load_data(single, tmp_path / "d.npz")
    assert data.labels.tolist() == [0, 1, 2, 3, 4]
    assert data.description == str(tmp_path / "d.npz")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_compressed_and_mapped_arrays_are_the_same(single, tmp_path, save):
    values = floats(5, 4)
    save(tmp_path / "d.npz", image=values)
    data = load_data(single, str(tmp_path / "d.npz"))
    np.testing.assert_array_equal(next(data.batches(9))["image"].numpy(), values)
    assert isinstance(data.arrays["image"], np.memmap) == (save is np.savez)


def test_a_fortran_ordered_array_is_read_as_it_was_written(single, tmp_path):
    values = np.asfortranarray(floats(5, 4))
    np.savez(tmp_path / "d.npz", image=values)
    batch = next(load_data(single, tmp_path / "d.npz").batches(9))
    np.testing.assert_array_equal(batch["image"].numpy(), values)


def test_an_npy_serves_a_model_of_one_input(single, pair, tmp_path):
    np.save(tmp_path / "d.npy", floats(5, 4))
    assert load_data(single, tmp_path / "d.npy").samples == 5
    assert "2 inputs" in refusal(pair, tmp_path / "d.npy").message


def test_one_rank_more_means_one_entry_a_run():
    fixed = network(image=[2, 4])
    data = load_data(fixed, {"image": floats(3, 2, 4)})
    assert [batch["image"].shape for batch in data.batches(32)] == [(2, 4)] * 3
    assert data.samples == 3


def test_a_fixed_batch_is_kept_whatever_batch_size_is_asked_for():
    data = load_data(network(image=[2, 4]), {"image": floats(6, 4)})
    assert lengths(data, 32) == [2, 2, 2]


def test_samples_that_do_not_fill_a_fixed_batch_are_refused():
    error = refusal(network(image=[2, 4]), {"image": floats(5, 4)})
    assert error.code == "batch-size-fixed"
    assert "4 samples" in error.hint


def test_inputs_of_unlike_fixed_shapes_are_one_run():
    loaded = network(sequence=[3, 5, 4], state=[1, 5, 2])
    data = load_data(loaded, {"sequence": floats(3, 5, 4), "state": floats(1, 5, 2)})
    assert [batch["state"].shape for batch in data.batches(1)] == [(1, 5, 2)]


def test_the_first_samples_or_a_seeded_draw_of_them(single):
    values = floats(20, 4)
    given = {"image": values, "labels": np.arange(20)}
    first = load_data(single, given, samples=6)
    drawn = load_data(single, given, samples=6, seed=1)
    assert first.labels.tolist() == [0, 1, 2, 3, 4, 5]
    assert sorted(set(drawn.labels)) == drawn.labels.tolist() != first.labels.tolist()
    np.testing.assert_array_equal(next(drawn.batches(6))["image"].numpy(), values[drawn.labels])
    again = load_data(single, given, samples=6, seed=1)
    assert again.fingerprint == drawn.fingerprint != first.fingerprint


def test_a_stream_of_batches_is_taken_as_it_comes(single):
    batches = [{"image": floats(3, 4)}, {"image": floats(2, 4)}]
    assert lengths(load_data(single, batches), 32) == [3, 2]
    assert lengths(load_data(single, iter(batches)), 32) == [3, 2]
    assert lengths(load_data(single, batches, samples=4), 32) == [3, 1]


def test_random_data_fill_free_dimensions_and_repeat_with_their_seed():
    loaded = network(image=["N", 3, "H", "W"], text=["N", "T"])
    one, other = load_data(loaded, "random:7", samples=2), load_data(loaded, "random:7", samples=2)
    assert one.description == "random data (seed 7)"
    assert one.is_random
    assert one.arrays["image"].shape == (2, 3, 64, 64)
    assert one.arrays["text"].shape == (2, 16)
    assert one.fingerprint == other.fingerprint != load_data(loaded, "random:8").fingerprint


@pytest.mark.parametrize(
    ("inputs", "shapes"),
    [
        ({"x": ["N", 3], "rate": []}, {"x": (5, 1, 3), "rate": (5,)}),
        (
            {"state": [2, "N", 4], "x": ["N", 3], "rate": []},
            {"state": (5, 2, 1, 4), "x": (5, 1, 3), "rate": (5,)},
        ),
        ({"state": [2, 4], "x": [1, 3]}, {"state": (2, 4), "x": (1, 3)}),
    ],
    ids=["a number beside samples", "samples on the second axis", "fixed: one run"],
)
def test_random_data_fit_inputs_without_a_common_axis_of_samples(inputs, shapes):
    data = load_data(network(**inputs), "random", samples=5)
    assert {name: array.shape for name, array in data.arrays.items()} == shapes
    assert {name: len(v.shape) for name, v in next(data.batches(4)).items()} == {
        name: len(shape) for name, shape in inputs.items()
    }


def test_random_indices_are_valid_ones():
    proto = model([node("Gather", "table index", "y")], constants={"table": floats(3, 2)})
    proto.graph.input.pop()
    proto.graph.input.append(value("index", ["N"], TensorProto.INT64))
    data = load_data(load_model(proto), "random")
    assert set(np.unique(data.arrays["index"])) == {0, 1}


def test_a_missing_input_is_named_with_the_nearest_array(single):
    error = refusal(single, {"imgae": floats(2, 4)})
    assert error.code == "input-missing"
    assert "'image'" in error.message
    assert "'imgae'" in error.hint


def test_an_unknown_array_is_named_with_the_nearest_input(single):
    error = refusal(single, {"image": floats(2, 4), "imag": floats(2, 4)})
    assert error.code == "input-unknown"
    assert "'image'" in error.hint


@pytest.mark.parametrize(
    ("values", "code", "words"),
    [
        (floats(3, 5), "shape-mismatch", "axis 1 is 5, not 4"),
        (floats(3, 4, 4, 4), "rank-mismatch", "rank 4"),
        (floats(3, 4).astype(np.float64), "dtype-mismatch", "float64"),
        (np.zeros((3, 4), np.int64), "dtype-mismatch", "int64"),
        (np.full((3, 4), "a"), "dtype-mismatch", "its data are strings"),
        (np.full((3, 4), b"a"), "dtype-mismatch", "its data are strings"),
        (floats(0, 4), "data-empty", "empty"),
        (np.full((3, 4), np.nan, np.float32), "data-not-finite", "NaN or infinite"),
    ],
)
def test_data_that_do_not_fit_are_refused(single, values, code, words):
    error = refusal(single, {"image": values})
    assert error.code == code
    assert words in error.message
    assert "image" in error.message
    assert error.hint


def test_different_numbers_of_samples_are_refused(pair):
    error = refusal(pair, {"left": floats(3, 4), "right": floats(2, 2)})
    assert error.code == "sample-counts-differ"


def test_labels_are_one_a_sample(single):
    error = refusal(single, {"image": floats(3, 4), "labels": np.arange(2)})
    assert error.code == "label-count"


def test_a_batch_of_a_stream_is_checked_too(single):
    error = refusal(single, [{"image": floats(2, 4)}, {"image": floats(2, 5)}])
    assert "batch 1" in error.message


def test_an_empty_stream_is_refused(single):
    assert refusal(single, []).code == "data-empty"


def test_a_draw_from_a_stream_is_refused(single):
    assert refusal(single, [{"image": floats(2, 4)}], samples=1, seed=0).code == "draw-from-stream"


@pytest.mark.parametrize("samples", [0, -3])
def test_a_number_of_samples_below_one_is_refused(single, samples):
    assert refusal(single, {"image": floats(2, 4)}, samples=samples).code == "no-samples"


def test_files_that_are_no_arrays_are_refused(single, tmp_path):
    (tmp_path / "text.npz").write_text("no archive")
    (tmp_path / "text.npy").write_text("no array")
    np.save(tmp_path / "objects.npy", np.array([{}, 1], object))
    for name in ("text.npz", "text.npy", "objects.npy"):
        assert refusal(single, tmp_path / name).code == "data-unreadable"
    assert refusal(single, tmp_path / "absent.npz").code == "data-not-found"
    assert refusal(single, "random:x").code == "random-seed"
    assert refusal(single, 7).code == "data-type"


def test_a_truncated_archive_is_refused(single, tmp_path):
    np.savez(tmp_path / "d.npz", image=floats(50, 4))
    content = (tmp_path / "d.npz").read_bytes()
    (tmp_path / "d.npz").write_bytes(content[: len(content) // 2])
    assert refusal(single, tmp_path / "d.npz").code == "data-unreadable"


@pytest.mark.parametrize(
    ("arrays", "code"),
    [
        ({"wrong": floats(2, 4)}, "input-missing"),
        ({"image": floats(2, 5)}, "shape-mismatch"),
        ({"image": floats(2, 4), "labels": np.zeros(3, int)}, "label-count"),
        ({"image": np.full((2, 4), np.nan, np.float32)}, "data-not-finite"),
    ],
)
def test_what_does_not_fit_is_said_of_its_file(single, tmp_path, arrays, code):
    path = tmp_path / "data.npz"
    np.savez(path, **arrays)
    error = refusal(single, str(path))
    assert (error.code, error.path) == (code, str(path))


@pytest.mark.parametrize("batch", [3, floats(2, 4), [floats(2, 4)]])
def test_a_batch_that_is_no_dict_is_named(single, batch):
    data = load_data(single, [{"image": floats(2, 4)}, batch])
    with pytest.raises(DataError, match="batch 1 is of type") as caught:
        list(data.batches())
    assert caught.value.code == "batch-type"


@pytest.mark.parametrize("size", [0, -3, 2.5, "8"])
def test_a_batch_size_is_a_positive_whole_number(single, size):
    config = default_configuration()
    images = {"image": floats(2, 4)}
    calls = (
        lambda: simulate(single, config, images, batch_size=size),
        lambda: run(single, images, batch_size=size),
        lambda: calibrated(single, config, images, batch_size=size),
        lambda: histogram(single, None, images, "image", batch_size=size),
    )
    for call in calls:
        with pytest.raises(DataError, match="batch size") as caught:
            call()
        assert caught.value.code == "batch-size"


@pytest.mark.parametrize("device", ["nowhere", "cuda:9999"])
def test_a_device_that_is_not_there_is_named(single, device):
    with pytest.raises(DataError, match=device) as caught:
        run(single, {"image": floats(2, 4)}, device=device)
    assert caught.value.code == "device-unavailable"
