import json
import math
import os
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from threadpoolctl import threadpool_info, threadpool_limits

from equindex import _arrays
from equindex._arrays import ends, map_blocks, row_blocks
from equindex._summary import Summary, measurable, summarise
from equindex.errors import DomainError

values = st.one_of(st.just(math.nan), st.floats(-1e6, 1e6), st.integers(-3, 3).map(float))
tables = npst.arrays(np.float64, st.tuples(st.integers(0, 12), st.integers(1, 4)), elements=values)


def twin(column):
    """Measure a column in plain Python."""
    seen = [float(v) for v in column if not math.isnan(v)]
    if not seen:
        return 0, math.nan, math.nan, math.nan, 0.0
    mean = statistics.fmean(seen)
    return len(seen), min(seen), max(seen), mean, math.fsum((v - mean) ** 2 for v in seen)


def check(summary, x, rel=1e-12):
    for j, column in enumerate(x.T):
        n, low, high, mean, m2 = twin(column)
        scale = max((abs(v) for v in column if not math.isnan(v)), default=0.0)
        assert summary.n[j] == n
        assert summary.min[j] == low or (n == 0 and math.isnan(summary.min[j]))
        assert summary.max[j] == high or (n == 0 and math.isnan(summary.max[j]))
        assert summary.mean[j] == pytest.approx(mean, abs=rel * scale, nan_ok=True)
        assert summary.m2[j] == pytest.approx(m2, rel=1e-9, abs=rel * scale**2)


@given(tables)
def test_summary_equals_plain_python(x):
    check(summarise(x), x)


@given(tables, tables)
def test_merged_parts_equal_the_whole(a, b):
    k = min(a.shape[1], b.shape[1])
    a, b = a[:, :k], b[:, :k]

    merged = summarise(a, ordered=True).merge(summarise(b, ordered=True))

    whole = np.concatenate([a, b])
    check(merged, whole)
    np.testing.assert_array_equal(merged.ordered, np.sort(whole, axis=0))


def test_merging_keeps_the_order_only_where_both_have_it():
    x = [[1.0], [2.0]]

    assert summarise(x, ordered=True).merge(summarise(x)).ordered is None


def test_blocks_merge_to_the_whole(monkeypatch):
    x = np.random.default_rng(1).normal(50, 10, (4_000, 3))
    x[::7, 1] = np.nan
    monkeypatch.setattr(_arrays, "_BLOCK_BYTES", 1)  # the smallest blocks: 512 rows

    check(summarise(x), x)


def test_a_large_offset_costs_no_digits():
    small = np.random.default_rng(2).integers(0, 1000, (5_000, 2)) / 8.0

    far = summarise(small + 2.0**40)

    np.testing.assert_allclose(far.sd(), small.std(axis=0, ddof=1), rtol=1e-13)


@pytest.mark.parametrize(("ddof", "expected"), [(0, math.sqrt(8 / 3)), (1, 2.0)])
def test_standard_deviation_by_hand(ddof, expected):
    assert summarise([[1.0], [3.0], [5.0]]).sd(ddof) == pytest.approx([expected], rel=1e-15)


def test_standard_deviation_of_one_value_is_missing():
    assert np.isnan(summarise([[1.0], [np.nan]]).sd(1)).all()


def test_column_without_values_has_no_range_and_no_warning():
    summary = summarise([[np.nan, 1.0], [np.nan, 2.0]])

    assert summary.n.tolist() == [0, 2]
    assert np.isnan([summary.min[0], summary.max[0], summary.mean[0]]).all()


def test_leading_axes_are_measured_one_by_one():
    x = np.random.default_rng(3).normal(size=(3, 8, 2))
    x[1, 2, 0] = np.nan

    summary = summarise(x, ordered=True)

    for year in range(3):
        part = summarise(x[year], ordered=True)
        for name in ("n", "min", "max", "mean", "m2", "ordered"):
            np.testing.assert_array_equal(getattr(summary, name)[year], getattr(part, name))


@given(tables, st.booleans())
def test_json_keeps_every_bit(x, ordered):
    summary = summarise(x, ordered=ordered)

    back = Summary.from_dict(json.loads(json.dumps(summary.to_dict(), allow_nan=False)))

    for name in ("n", "min", "max", "mean", "m2"):
        np.testing.assert_array_equal(getattr(back, name), getattr(summary, name))
    assert (back.ordered is None) == (not ordered)
    if ordered and x.size:
        np.testing.assert_array_equal(back.ordered, summary.ordered)


def test_take_selects_and_orders_the_indicators():
    summary = summarise([[1.0, 5.0, 9.0], [2.0, 7.0, 3.0]], ordered=True)

    taken = summary.take([2, 0])

    assert taken.max.tolist() == [9.0, 2.0]
    assert taken.ordered.tolist() == [[3.0, 1.0], [9.0, 2.0]]


def test_infinite_values_are_refused_with_their_place():
    with pytest.raises(DomainError, match=r"1 of 3 is not \(first: inf at position \(1, 0\)\)") as caught:
        summarise([[1.0, 2.0], [np.inf, np.nan]])

    assert caught.value.positions == ((1, 0),)


@pytest.mark.parametrize(
    ("spread", "says"),
    [(0.0, "underflows"), (1e-320, "underflows"), (np.inf, "overflows"), (np.nan, "overflows")],
)
def test_spreads_that_cannot_divide_are_refused(spread, says):
    with pytest.raises(
        DomainError, match=f"by the range of each indicator, but that of 1 of 2 {says}:"
    ) as caught:
        measurable(np.array([1.0, spread]), "range")

    assert caught.value.positions == ((None, 1),)


@pytest.mark.parametrize("column", [[5.0, 5.0], [5.0, np.nan], [np.nan, np.nan]])
def test_columns_that_do_not_differ_are_refused(column):
    with pytest.raises(DomainError, match=r"1 of 2 indicators are constant or have fewer") as caught:
        summarise(np.column_stack([[1.0, 2.0], column])).span()

    assert caught.value.positions == ((None, 1),)


@pytest.mark.parametrize(("rows", "columns"), [(0, 5), (1, 1), (511, 400), (8193, 1), (100_000, 50)])
def test_row_blocks_cover_every_row_once(rows, columns):
    blocks = row_blocks(rows, columns)

    assert [row for block in blocks for row in range(rows)[block]] == list(range(rows))
    assert all(block.stop - block.start <= 8192 for block in blocks)


@pytest.mark.parametrize("rows", [1, 63, 64, 130])
def test_ends_are_those_of_each_column(rows):
    x = np.random.default_rng(rows).normal(size=(rows, 3))
    x[rows // 2, 1] = np.nan

    for least, most in ((np.minimum, np.maximum), (np.fmin, np.fmax)):
        low, high = ends(x, least, most)
        np.testing.assert_array_equal(low, least.reduce(x))
        np.testing.assert_array_equal(high, most.reduce(x))


@pytest.mark.parametrize("cpus", [1, 3])
def test_tasks_keep_their_order_over_threads(monkeypatch, cpus):
    monkeypatch.setattr(_arrays, "cpus", lambda: cpus)

    results = map_blocks(lambda task, buffer: task * len(buffer), range(50), numbers=1 << 21, buffer=2)

    assert results == [2 * task for task in range(50)]


def test_callers_that_overlap_leave_blas_as_it_was():
    def threads():
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    with threadpool_limits(2, "blas"):
        before = threads()

        with _arrays.one_blas_thread():
            with _arrays.one_blas_thread():
                inside = threads()
            after_one = threads()

        assert set(inside) | set(after_one) <= {1}
        assert threads() == before


def test_a_processor_is_there():
    assert 1 <= _arrays.cpus() <= (os.cpu_count() or 1)


def test_a_failing_task_fails_the_whole(monkeypatch):
    monkeypatch.setattr(_arrays, "cpus", lambda: 2)

    with pytest.raises(ZeroDivisionError):
        map_blocks(lambda task, _: 1 // task, [3, 2, 1, 0], numbers=1 << 21)
