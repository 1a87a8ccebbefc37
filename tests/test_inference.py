import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from equindex.equalization import _resampling, inference
from equindex.equalization.inequality import cv, gini, hoover, theil_l, theil_t
from equindex.errors import DomainError, MethodError

FAST = [gini, theil_t, theil_l, cv]
RNG = np.random.default_rng(11)
X = RNG.lognormal(1, 0.7, (2, 3, 14))
PEOPLE = RNG.integers(1, 50, 14).astype(float)
PROVINCES = np.array([7, 7, 7, 3, 3, 9, 9, 9, 9, 1, 1, 7, 3, 9])
INTERVAL = ("value", "error", "bias", "low", "high")


def slow(measure):
    """Hide a measure from its fast form, so that it is computed from the resampled values themselves."""
    return lambda x, population=None: measure(x, population=population)


def drawn(regions, draws, seed):
    """Draw the regions of each resample from the stated streams."""
    rows = []
    for chunk in range(-(-draws // 1024)):
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(chunk,)))
        rows.append(rng.integers(regions, size=(1024, regions)))
    return np.concatenate(rows)[:draws]


# Replicates


@pytest.mark.parametrize("measure", [*FAST, hoover])
@pytest.mark.parametrize("population", [None, PEOPLE, PEOPLE * np.array([[[1.0]], [[2.0]]]) + X])
def test_replicates_are_the_measure_of_each_resample(measure, population):
    found = inference.bootstrap(measure, X, population=population, draws=1100, seed=4, method="percentile")

    people = None if population is None else np.broadcast_to(population, X.shape)
    index = drawn(14, 1100, 4)
    for draw in (0, 1, 700, 1023, 1024, 1099):
        own = None if people is None else people[..., index[draw]]
        np.testing.assert_allclose(
            found.replicates[draw], measure(X[..., index[draw]], population=own), rtol=1e-11
        )


@settings(max_examples=30, deadline=None)
@given(
    x=arrays(float, (2, 6), elements=st.sampled_from([0.5, 1.0, 1.0, 3.0, 40.0, np.nan])),
    people=st.none() | arrays(float, 6, elements=st.sampled_from([0.0, 1.0, 2.0, 70.0, np.nan])),
    codes=st.none() | arrays(np.int64, 6, elements=st.integers(0, 3)),
    which=st.integers(0, 3),
)
def test_fast_forms_equal_the_values_themselves(x, people, codes, which):
    measure = FAST[which]
    options = {"population": people, "clusters": codes}

    fast = inference.bootstrap(measure, x, draws=40, method="percentile", **options)
    plain = inference.bootstrap(slow(measure), x, draws=40, method="percentile", **options)
    left_out = inference.jackknife(measure, x, **options), inference.jackknife(slow(measure), x, **options)

    np.testing.assert_allclose(fast.replicates, plain.replicates, rtol=1e-9, atol=1e-7)
    for name in INTERVAL:
        np.testing.assert_allclose(getattr(fast, name), getattr(plain, name), rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(left_out[0].replicates, left_out[1].replicates, rtol=1e-9, atol=1e-7)


def test_every_fast_form_is_tested():
    assert set(_resampling.fast_blocks) == set(_resampling.fast_left_out) == set(FAST)


def test_nothing_to_share_has_no_replicate_and_zeros_are_values():
    x = np.array([[0.0, 0.0, 0.0, 5.0], [0.0, 1.0, 2.0, 3.0]])

    for measure in (gini, theil_t):
        fast, plain = (
            inference.bootstrap(f, x, draws=100, method="percentile") for f in (measure, slow(measure))
        )

        assert np.isnan(plain.replicates[:, 0]).any()
        np.testing.assert_allclose(fast.replicates, plain.replicates, rtol=1e-12, atol=1e-12)
        assert fast.low[0] == pytest.approx(np.nanquantile(plain.replicates[:, 0], 0.025), rel=1e-12)


def test_clusters_are_drawn_whole():
    codes = [7, 3, 9, 1]
    position = {code: i for i, code in enumerate(sorted(codes))}
    members = [np.flatnonzero(code == PROVINCES) for code in sorted(codes)]

    found = inference.bootstrap("hoover", X, clusters=PROVINCES, population=PEOPLE, draws=50, seed=2)

    assert len(position) == len(members)
    for draw, picked in enumerate(drawn(4, 50, 2)):
        index = np.concatenate([members[i] for i in picked])
        np.testing.assert_allclose(
            found.replicates[draw], hoover(X[..., index], population=PEOPLE[index]), rtol=1e-12, atol=1e-15
        )


def test_counts_are_those_of_the_bootstrap():
    counts = inference.resamples(14, clusters=PROVINCES, draws=70, seed=3)

    found = inference.bootstrap("gini", X, clusters=PROVINCES, draws=70, seed=3)

    assert counts.shape == (70, 14)
    np.testing.assert_allclose(gini(X, population=counts[:, None, None]), found.replicates, rtol=1e-12)


def test_same_seed_same_bits_and_a_longer_run_begins_with_the_shorter():
    for measure in ("gini", "theil_t", "hoover"):
        short = inference.bootstrap(measure, X, draws=70, seed=0).replicates
        long = inference.bootstrap(measure, X, draws=1030, seed=0).replicates
        other = inference.bootstrap(measure, X, draws=70, seed=1).replicates

        np.testing.assert_array_equal(short, long[:70])
        assert not np.array_equal(short, other)


def test_threads_do_not_change_a_bit(monkeypatch):
    x = RNG.lognormal(size=(40, 200))

    found = []
    for serial_below in (0, 1 << 60):
        monkeypatch.setattr("equindex._arrays._SERIAL_BELOW", serial_below)
        found.append([inference.bootstrap(m, x, draws=200).replicates for m in ("gini", "cv", "hoover")])

    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("measure", ["gini", "cv", "hoover"])
def test_a_batch_equals_its_parts(measure):
    whole = inference.bootstrap(measure, X, population=PEOPLE, draws=200)

    for where in np.ndindex(2, 3):
        part = inference.bootstrap(measure, X[where], population=PEOPLE, draws=200)
        for name in INTERVAL:
            assert getattr(part, name) == pytest.approx(getattr(whole, name)[where], rel=1e-9, abs=1e-12), (
                name
            )


# Intervals


@dataclass
class Given:
    """What scipy needs to form an interval from replicates it is given."""

    bootstrap_distribution: np.ndarray


@pytest.mark.parametrize("method", ["percentile", "basic", "bca"])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_intervals_agree_with_scipy_for_the_same_replicates(method, level):
    x = X[0, 0]

    found = inference.bootstrap("gini", x, draws=500, method=method, level=level)

    peer = stats.bootstrap(
        (x,),
        lambda sample, axis: gini(np.moveaxis(sample, axis, -1)),
        n_resamples=0,
        bootstrap_result=Given(found.replicates),
        confidence_level=level,
        method={"bca": "BCa"}.get(method, method),
    )
    assert (found.low, found.high) == pytest.approx(tuple(peer.confidence_interval), rel=1e-10)
    assert found.error == pytest.approx(peer.standard_error, rel=1e-12)
    assert found.bias == pytest.approx(found.replicates.mean() - found.value, rel=1e-9)


def test_jackknife_of_a_mean_is_the_textbook_interval():
    x = np.array([3.0, 1.0, 4.0, 1.0, 5.0, np.nan])

    found = inference.jackknife(lambda x, **_: np.nanmean(x, axis=-1), x)

    y = x[:-1]
    half = stats.t.ppf(0.975, 4) * y.std(ddof=1) / math.sqrt(5)
    assert (found.value, found.error) == pytest.approx((2.8, y.std(ddof=1) / math.sqrt(5)))
    assert found.bias == pytest.approx(0, abs=1e-12)
    assert (found.low, found.high) == pytest.approx((2.8 - half, 2.8 + half))


@pytest.mark.parametrize("clusters", [None, PROVINCES])
def test_jackknife_leaves_out_one_unit_at_a_time(clusters):
    found = inference.jackknife("gini", X, population=PEOPLE, clusters=clusters)

    codes = np.arange(14) if clusters is None else clusters
    units = sorted(set(codes))
    left = np.array([gini(X[..., codes != unit], population=PEOPLE[codes != unit]) for unit in units])
    m = len(units)
    np.testing.assert_allclose(found.replicates, left, rtol=1e-11)
    np.testing.assert_allclose(
        found.error, np.sqrt((m - 1) / m * ((left - left.mean(axis=0)) ** 2).sum(axis=0))
    )
    np.testing.assert_allclose(found.bias, (m - 1) * (left.mean(axis=0) - found.value), rtol=1e-8)


@pytest.mark.parametrize("method", ["percentile", "basic", "bca"])
def test_equal_regions_have_no_spread_and_one_region_no_interval(method):
    x = [[2.0, 2.0, 2.0], [2.0, np.nan, np.nan], [np.nan, np.nan, np.nan]]

    found = inference.bootstrap("gini", x, draws=50, method=method)

    np.testing.assert_array_equal(found.value, [0, 0, np.nan])
    for name in ("error", "low", "high"):
        np.testing.assert_array_equal(getattr(found, name), [0, np.nan, np.nan])
    np.testing.assert_array_equal(inference.jackknife("gini", x).error, [0, np.nan, np.nan])


@pytest.mark.slow
def test_intervals_cover_what_the_docstring_says():
    x = np.random.default_rng(5).lognormal(sigma=0.4, size=(1500, 31))

    covered = {}
    for method in ("bca", "basic", "percentile"):
        found = inference.bootstrap("gini", x, draws=999, method=method)
        truth = math.erf(0.2)
        covered[method] = 100 * np.mean((found.low <= truth) & (truth <= found.high))

    assert covered == pytest.approx({"bca": 89.5, "basic": 88.7, "percentile": 83.9}, abs=0.06)


# Change


def test_change_is_that_of_the_same_resamples():
    before, after = X[0], X[1]

    found = inference.change_test("gini", before, after, population=PEOPLE, draws=300, seed=6, level=0.9)

    years = [
        inference.bootstrap("gini", x, population=PEOPLE, draws=300, seed=6).replicates
        for x in (before, after)
    ]
    d = years[1] - years[0]
    np.testing.assert_allclose(found.replicates, d, atol=1e-14)
    np.testing.assert_allclose(found.change, gini(after, population=PEOPLE) - gini(before, population=PEOPLE))
    np.testing.assert_allclose([found.low, found.high], np.quantile(d, [0.05, 0.95], axis=0), atol=1e-14)
    np.testing.assert_allclose(found.error, d.std(axis=0, ddof=1), rtol=1e-10)
    tails = np.minimum((d <= 0).sum(axis=0), (d >= 0).sum(axis=0))
    np.testing.assert_allclose(found.p, np.minimum(1, 2 * (1 + tails) / 301))
    assert (found.regions == 14).all()


def test_permutation_p_nears_the_share_of_all_swaps():
    before, after = np.array([1.0, 2.0, 4.0, 9.0, 3.0]), np.array([2.0, 3.0, 4.0, 6.0, 3.5])
    people = np.array([1.0, 2.0, 3.0, 1.0, 2.0])
    a, b = (x / np.average(x, weights=people) for x in (before, after))
    every = []
    for code in range(32):
        swap = (code >> np.arange(5)) % 2 == 1
        every.append(
            gini(np.where(swap, a, b), population=people) - gini(np.where(swap, b, a), population=people)
        )
    exact = np.mean(np.abs(every) >= abs(every[0]) - 1e-12)

    found = inference.change_test(
        "gini", before, 1000 * after, population=people, draws=20_000, test="permutation"
    )

    assert found.p == pytest.approx(exact, abs=0.015)
    assert found.change == pytest.approx(every[0])


@pytest.mark.parametrize("test", ["bootstrap", "permutation"])
def test_years_alike_but_for_growth_have_not_changed(test):
    found = inference.change_test("gini", X, 3 * X, draws=99, test=test)

    assert found.change == pytest.approx(np.zeros((2, 3)), abs=1e-14)
    assert (found.p == 1).all()


def test_regions_missing_in_one_year_are_left_out_of_both():
    before, after = X[0, 0].copy(), X[1, 0].copy()
    before[2], after[5] = np.nan, np.nan
    people = PEOPLE.copy()
    people[8] = np.nan
    rest = np.setdiff1d(np.arange(14), [2, 5, 8])

    found = inference.change_test("cv", before, after, population=people, draws=20)

    assert found.regions == 11
    assert found.before == pytest.approx(cv(before[rest], population=people[rest]))
    assert found.after == pytest.approx(cv(after[rest], population=people[rest]))


def test_population_may_change_between_the_years():
    later = PEOPLE[::-1]

    found = inference.change_test("gini", X[0], X[1], population=PEOPLE, population_after=later, draws=20)

    np.testing.assert_allclose(found.after, gini(X[1], population=later))
    np.testing.assert_allclose(found.before, gini(X[0], population=PEOPLE))


@pytest.mark.parametrize("test", ["bootstrap", "permutation"])
def test_one_cluster_cannot_tell_a_change(test):
    found = inference.change_test("gini", X[0], X[1], clusters=np.zeros(14, int), draws=20, test=test)

    assert np.isnan([found.p, found.low, found.high, found.error]).all()
    assert not np.isnan(found.change).any()


# Bad input


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"measure": "ginni"}, MethodError, "Did you mean 'gini'"),
        ({"method": "bc"}, MethodError, "bca"),
        ({"draws": 0}, MethodError, "draws"),
        ({"seed": None}, MethodError, "seed"),
        ({"seed": -1}, MethodError, "seed"),
        ({"level": 95}, MethodError, r"0\.95"),
        ({"x": [-1.0, 2.0]}, DomainError, "gini needs"),
        ({"x": []}, DomainError, "at least one region"),
        ({"clusters": [0]}, DomainError, "clusters"),
        ({"clusters": [0.0, 1.0]}, DomainError, "clusters"),
        ({"measure": lambda x, **_: x}, MethodError, "Reduce the last axis"),
    ],
)
def test_wrong_requests_are_refused(options, error, match):
    given = {"measure": "gini", "x": [1.0, 2.0], **options}

    with pytest.raises(error, match=match):
        inference.bootstrap(given.pop("measure"), given.pop("x"), **given)


def test_a_population_of_one_year_only_is_refused():
    with pytest.raises(MethodError, match="both"):
        inference.change_test("gini", [1.0, 2.0], [1.0, 2.0], population_after=[1, 2])
    with pytest.raises(MethodError, match="test"):
        inference.change_test("gini", [1.0, 2.0], [1.0, 2.0], test="t")
