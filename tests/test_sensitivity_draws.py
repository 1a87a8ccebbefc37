from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from equindex import _arrays
from equindex.errors import DomainError, MethodError
from equindex.sensitivity import _orders, band, chunk, constrained, dirichlet, draw, panel, uniform

MANY = 40_960
PANEL = [[50, 30, 20], [40, 40, 20], [60, 20, 20], [20, 20, 60]]
SAMPLERS = {
    "uniform": uniform(4),
    "dirichlet": dirichlet([3, 2, 0, 1], 20),
    "band": band([3, 2, 0, 1], 0.4),
    "bounds": constrained([0.1, 0.0, 0.2, 0.05], [0.5, 0.3, 0.4, 0.3]),
    "order": constrained([0] * 4, [1] * 4, [(0, 1), (0, 2), (1, 3)]),
    "both": constrained([0.1, 0.0, 0.2, 0.05], [0.5, 0.3, 0.4, 0.3], [(2, 0)]),
    "panel": panel(PANEL),
}


def of(sampler, draws=MANY, seed=3):
    return draw([sampler], draws, seed=seed)[0]


def close(found, expected, sd):
    """Within five standard errors of a mean of MANY draws."""
    np.testing.assert_allclose(found, expected, atol=5 * np.max(sd) / np.sqrt(MANY))


def same_law(a, b):
    """Two samples of weights that Kolmogorov and Smirnov cannot tell apart, weight by weight and in their products."""
    for x, y in zip([*a.T, a[:, 0] * a[:, -1]], [*b.T, b[:, 0] * b[:, -1]], strict=True):
        if np.ptp(x) > 1e-9:
            assert stats.ks_2samp(x, y).pvalue > 1e-4


# Streams


@pytest.mark.parametrize("name", SAMPLERS)
def test_draws_are_weights_and_a_longer_run_begins_with_the_shorter_one(name, monkeypatch):
    monkeypatch.setattr(_arrays, "_SERIAL_BELOW", 1)
    monkeypatch.setattr(_arrays, "cpus", lambda: 3)
    found = of(SAMPLERS[name], 3000)
    monkeypatch.setattr(_arrays, "cpus", lambda: 1)

    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-13)
    assert of(SAMPLERS[name], 1500).tobytes() == found[:1500].tobytes()
    assert chunk([SAMPLERS[name]], 2, seed=3)[0][100].tobytes() == found[2148].tobytes()
    assert (of(SAMPLERS[name], 10, seed=0) != found[:10]).any()


def test_chunks_have_the_stated_streams():
    found = of(uniform(3), 2048, seed=0)

    for number in (0, 1):
        rng = np.random.default_rng(np.random.SeedSequence(0, spawn_key=(number,)))
        e = rng.standard_exponential((1024, 3))
        np.testing.assert_array_equal(
            found[1024 * number : 1024 * (number + 1)], e / e.sum(axis=1, keepdims=True)
        )


def test_groups_of_one_draw_are_independent():
    first, second = draw([uniform(3), uniform(3)], MANY, seed=1)

    assert abs(np.corrcoef(first[:, 0], second[:, 0])[0, 1]) < 5 / np.sqrt(MANY)


# Moments


def test_uniform_and_dirichlet_have_their_moments():
    mean = np.array([3, 2, 0, 1]) / 6

    even, around = of(uniform(4)), of(SAMPLERS["dirichlet"])

    close(even.mean(axis=0), 1 / 4, 0.2)
    close((even**2).mean(axis=0), 2 / 20, 0.2)
    close(around.mean(axis=0), mean, around.std(axis=0))
    variance = mean * (1 - mean) / 21
    close(((around - mean) ** 2).mean(axis=0), variance, ((around - mean) ** 2).std(axis=0))
    assert (around[:, 2] == 0).all()


def test_a_band_is_drawn_before_it_is_scaled():
    # Of two equal weights in a band b the first is u / (u + v), u and v uniform on 1 - b to 1 + b: for b = 1,
    # P(w < t) = t / (2 (1 - t)) up to t = 1/2.
    found = of(band([1, 1], 1.0))[:, 0]

    for t in (0.1, 0.25, 0.4):
        close((found < t).mean(), t / (2 * (1 - t)), 0.5)
    held = of(band([2, 1, 1], [0.0, 0.5, 0.5]))
    assert held[:, 0].min() >= 2 / 5 - 1e-12
    assert held[:, 0].max() <= 2 / 3 + 1e-12
    np.testing.assert_array_less(held[:, 1] / held[:, 2], 3 + 1e-9)


@pytest.mark.parametrize("size", [2, 5])
def test_a_full_order_has_rank_order_centroids_for_means(size):
    order = RNG_ORDER[:size].argsort().argsort()
    pairs = [(order[i], order[i + 1]) for i in range(size - 1)]

    found = of(constrained([0] * size, [1] * size, pairs))

    expected = [sum(1 / i for i in range(j + 1, size + 1)) / size for j in range(size)]
    close(found[:, order].mean(axis=0), expected, found.std(axis=0))


RNG_ORDER = np.random.default_rng(8).random(5)


def test_a_panel_drawn_again_has_the_moments_of_its_mean():
    shares = np.array(PANEL) / 100

    found = of(panel(PANEL))

    close(found.mean(axis=0), shares.mean(axis=0), found.std(axis=0))
    close(found.var(axis=0), shares.var(axis=0) / 4, (found - shares.mean(axis=0)).std(axis=0) ** 2 * 2)


# Bounds and orders against rejection


def rejected(size, fits, draws=8000, seed=9):
    """Uniform weights, drawn until enough of them fit."""
    rng = np.random.default_rng(seed)
    found = np.empty((0, size))
    while len(found) < draws:
        w = rng.dirichlet(np.ones(size), 100_000)
        found = np.concatenate([found, w[fits(w)]])
    return found[:draws]


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ([0.0, 0.0, 0.0], [1.0, 1.0, 1.0]),
        ([0.1, 0.2, 0.0, 0.05], [0.5, 0.3, 0.4, 0.3]),
        ([0.0, 0.0, 0.0, 0.0], [0.35, 0.3, 0.28, 0.3]),
        ([0.0, 0.0, 0.3], [0.1, 1.0, 0.9]),
        ([0.2, 0.2, 0.2], [1.0, 1.0, 1.0]),
        ([0.1] * 5, [0.25] * 5),
        ([0.0, 0.0], [0.7, 0.6]),
    ],
)
def test_weights_between_bounds_are_uniform(low, high):
    found = of(constrained(low, high), 8000)

    assert (found >= np.array(low) - 1e-12).all()
    assert (found <= np.array(high) + 1e-12).all()
    same_law(found, rejected(len(low), lambda w: ((w >= low) & (w <= high)).all(axis=1)))


def test_a_bound_on_one_weight_keeps_the_others_as_they_were():
    found = of(constrained([0.2, 0, 0], [0.2, 1, 1]))

    np.testing.assert_allclose(found[:, 0], 0.2, rtol=1e-12)
    assert stats.kstest(found[:, 1] / 0.8, "uniform").pvalue > 1e-4


def test_many_weights_in_narrow_bounds_are_drawn_exactly():
    # By symmetry each mean is 1/50, and the correlation of two weights of a fixed sum is -1/49.
    found = of(constrained([0.015] * 50, [0.026] * 50))

    close(found.mean(axis=0), 1 / 50, found.std(axis=0))
    correlation = np.corrcoef(found.T)[np.triu_indices(50, 1)]
    assert correlation.mean() == pytest.approx(-1 / 49, abs=1e-4)
    assert np.abs(correlation + 1 / 49).max() < 6 / np.sqrt(MANY)


N = [(0, 2), (1, 2), (1, 3)]  # an order that is neither parallel nor stacked


@pytest.mark.parametrize(
    ("low", "high", "order"),
    [
        ([0] * 4, [1] * 4, N),
        ([0] * 5, [1] * 5, [(0, 1), (0, 2), (0, 3), (0, 4)]),
        ([0] * 5, [1] * 5, [(0, 1), (2, 3)]),
        ([0] * 6, [1] * 6, [*N, (3, 5), (4, 5)]),
        ([0.05] * 4, [0.6] * 4, [(3, 1), (1, 0)]),
        ([0.1, 0.0, 0.2, 0.05], [0.5, 0.3, 0.4, 0.3], [(2, 0), (0, 1)]),
    ],
)
def test_ordered_weights_are_uniform(low, high, order):
    a, b = np.array(order).T

    def fits(w):
        return ((w >= low) & (w <= high)).all(axis=1) & (w[:, a] >= w[:, b]).all(axis=1)

    found = of(constrained(low, high, order), 8000)

    assert fits(np.round(found, 12)).mean() > 0.99
    assert (found[:, a] >= found[:, b]).all()
    same_law(found, rejected(len(low), fits))


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 5), st.data())
def test_every_order_that_keeps_the_pairs_is_equally_likely(size, data):
    pairs = data.draw(st.lists(st.tuples(st.integers(0, size - 2), st.integers(1, size - 1)), max_size=5))
    pairs = np.array([(i, j) for i, j in pairs if i < j], dtype=int).reshape(-1, 2)
    kept = [p for p in permutations(range(size)) if all(p.index(i) < p.index(j) for i, j in pairs)]

    above = _orders.reach(size, pairs)
    drawn = _orders.extensions(above)(np.random.default_rng(0), 200 * len(kept))

    counts = dict.fromkeys(kept, 0)
    for row in drawn.tolist():
        counts[tuple(row)] += 1
    assert stats.chisquare(list(counts.values())).pvalue > 1e-5 if len(kept) > 1 else True


# Refusals


@pytest.mark.parametrize(
    ("low", "high", "order", "words"),
    [
        (
            [0.4, 0.4, 0.3],
            [1, 1, 1],
            [],
            r"lower bounds add up to 1.1: 0.4 \(beds\) \+ 0.4 \(roads\) \+ 0.3 \(pay\)",
        ),
        ([0, 0, 0], [0.3, 0.3, 0.2], [], "upper bounds add up to 0.8"),
        ([0.3, 0, 0], [0.2, 1, 1.5], [], "beds has bounds 0.3 to 0.2; pay has bounds 0 to 1.5"),
        (
            [0, 0, 0],
            [1, 1, 1],
            [(0, 1), (1, 0), (1, 2)],
            "beds, roads are each at least as great as the others",
        ),
        (
            [0, 0.1, 0.4],
            [0.3, 1, 1],
            [(0, 1), (1, 2)],
            "beds must be at least pay, but is at most 0.3, which is less than 0.4",
        ),
        ([0, 0.35, 0], [1, 1, 1], [(0, 1), (2, 1)], "lower bounds add up to 1.05"),
        ([0.2, 0.3, 0.5], [1, 1, 1], [], "one set of weights only"),
        ([0.2, 0.3, 0.2], [0.2, 0.3, 0.9], [], "one set of weights only"),
    ],
)
def test_conditions_that_contradict_each_other_are_named(low, high, order, words):
    with pytest.raises(DomainError, match=words):
        constrained(low, high, order, names=["beds", "roads", "pay"])


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: band([0, 0], 0.2), DomainError, "all weights are 0"),
        (lambda: band([1, 2], 0), DomainError, "the band has width 0"),
        (lambda: band([1, 0], [0, 0.5]), DomainError, "the band has width 0"),
        (lambda: band([1, 2], 1.5), MethodError, "from 0 to 1, not 1.5"),
        (lambda: band([1, 2], [0.1, 0.1, 0.1]), MethodError, "3 widths for 2 weights"),
        (lambda: band([1, -2], 0.1), DomainError, "weights must be at least 0 and finite, but 1 of 2 is not"),
        (lambda: dirichlet([1, np.nan], 5), DomainError, "weights must be at least 0 and finite"),
        (lambda: dirichlet([1, 2], 0), MethodError, "concentration must be above 0"),
        (lambda: panel([[1, 2], [2, 4]]), DomainError, "all experts agree"),
        (lambda: panel([[1, 2], [0, 0]]), DomainError, "expert 1 gave none"),
        (lambda: panel([[1, -2], [3, 4]]), DomainError, "points must be at least 0"),
        (lambda: uniform(0), MethodError, "1 weight or more"),
        (lambda: constrained([0, 0], [1], []), MethodError, "one value per weight"),
        (lambda: constrained([0, 0], [1, 1], [(0, 2)]), MethodError, "by position 0 to 1"),
        (lambda: draw([uniform(2)], 0), MethodError, "draws must be 1 or more"),
        (lambda: draw([uniform(2)], 5, seed=-1), MethodError, "seed must be a whole number"),
        (lambda: draw([uniform(2)], 5, seed=True), MethodError, "seed must be a whole number"),
        (
            lambda: constrained(
                [0] * 40, [1] * 40, [(i, j) for i in range(20) for j in (20 + i, 20 + (i + 1) % 20)]
            ),
            MethodError,
            "too many ways to count",
        ),
        (
            lambda: constrained([0.5] + [0] * 19, [1] * 20, [(i, i + 1) for i in range(19)]),
            DomainError,
            "fewer than 1 in 500",
        ),
    ],
)
def test_what_cannot_vary_is_refused(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_one_weight_alone_is_always_1():
    for sampler in (uniform(1), band([3], 0.2), constrained([0], [1]), dirichlet([2], 5), panel([[1], [4]])):
        np.testing.assert_allclose(of(sampler, 5), 1)
