from __future__ import annotations

import numpy as np
import torch

from quantsim_viz.sim.encodings import LIMIT
from quantsim_viz.sim.observers import (
    BINS,
    HistogramObserver,
    RangeObserver,
    TiedObserver,
    channel_rows,
)


def normal(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape).astype(np.float32))


def test_channels_become_rows_along_any_axis():
    tensor = normal(2, 3, 4)
    assert torch.equal(channel_rows(tensor, 1)[2], tensor[:, 2].reshape(-1))


def test_the_range_runs_over_batches_and_ignores_what_is_no_number():
    observer = RangeObserver()
    observer.observe(torch.tensor([1.0, float("nan"), -2.0]))
    observer.observe(torch.tensor([float("nan")]))
    observer.observe(torch.tensor([5.0]))
    low, high = observer.range()
    assert (low[0], high[0]) == (-2.0, 5.0)


def test_infinities_count_as_the_largest_magnitude():
    observer = RangeObserver()
    observer.observe(torch.tensor([float("inf"), -1.0]))
    low, high = observer.range()
    assert (low[0], high[0]) == (-1.0, LIMIT)


def test_an_observer_that_saw_nothing_has_no_range():
    observer = RangeObserver()
    observer.observe(torch.empty(0, 3))
    assert observer.range() is None
    assert HistogramObserver().histogram() is None


def test_every_channel_has_a_range_of_its_own():
    observer = RangeObserver(axis=0)
    observer.observe(torch.tensor([[1.0, 2.0], [-3.0, 0.0]]))
    low, high = observer.range()
    np.testing.assert_array_equal(low, [1.0, -3.0])
    np.testing.assert_array_equal(high, [2.0, 0.0])


def test_a_histogram_puts_the_first_range_in_the_middle_third():
    observer = HistogramObserver()
    observer.observe(torch.linspace(-1, 1, 1001))
    occupied = np.flatnonzero(observer.histogram().density[0])
    assert BINS // 3 - 1 <= occupied[0] <= BINS // 3 + 1
    assert 2 * BINS // 3 - 1 <= occupied[-1] <= 2 * BINS // 3 + 1


def test_batches_weigh_alike_whatever_their_size():
    observer = HistogramObserver()
    observer.observe(torch.tensor([-1.0, 1.0]))
    observer.observe(torch.full((100,), 1.0))
    density = observer.histogram().density[0]
    np.testing.assert_allclose(density[density > 0], [0.25, 0.75])


def test_values_outside_the_first_grid_are_dropped_but_counted():
    observer = HistogramObserver()
    observer.observe(torch.tensor([-1.0, 1.0]))
    observer.observe(torch.tensor([100.0, 0.5]))
    assert observer.histogram().density.sum() == 0.75


def test_channels_of_a_histogram_are_independent():
    whole, alone = HistogramObserver(axis=1), HistogramObserver()
    tensor = normal(4, 3, 5)
    whole.observe(tensor)
    alone.observe(tensor[:, 1])
    np.testing.assert_array_equal(whole.histogram().density[1], alone.histogram().density[0])


def test_zeros_before_anything_else_fix_no_grid():
    observer = HistogramObserver()
    observer.observe(torch.zeros(4))
    assert not observer.histogram().seen[0]
    observer.observe(torch.tensor([2.0, -2.0]))
    assert observer.histogram().density.sum() == 1.0


def test_the_first_tensor_in_order_fixes_the_grid_of_a_tied_histogram():
    small, large = torch.tensor([-1.0, 1.0]), torch.tensor([-8.0, 8.0])
    tied, alone = TiedObserver(2), HistogramObserver()
    tied.observe(large, turn=1)
    tied.observe(small, turn=0)
    for tensor in (small, large):
        alone.observe(tensor)
    np.testing.assert_array_equal(tied.histogram().density, alone.histogram().density)
    assert tied.histogram().width == alone.histogram().width
