"""Exact effects of discrete factors against brute force over all combinations, and swings one at a time."""

from itertools import combinations, product
from math import prod

import numpy as np
import pytest

from equindex.errors import DomainError
from equindex.sensitivity import discrete, enumerate_indices, indices, one_at_a_time, sample


def brute_force(y, factors, p):
    """Variance of the conditional mean of every set of factors, by going through all combinations."""
    levels = [range(n) for n in y.shape[:factors]]

    def mean(fixed):
        cells = [c for c in product(*levels) if all(c[i] == level for i, level in fixed.items())]
        weights = [prod(p[i][c[i]] for i in range(factors) if i not in fixed) for c in cells]
        return sum(w * y[c] for w, c in zip(weights, cells, strict=True)) / sum(weights)

    whole, explained = mean({}), {}
    for size in range(factors + 1):
        for subset in combinations(range(factors), size):
            explained[subset] = sum(
                prod(p[i][level] for i, level in zip(subset, at, strict=True))
                * (mean(dict(zip(subset, at, strict=True))) - whole) ** 2
                for at in product(*(levels[i] for i in subset))
            )
    return explained


@pytest.mark.parametrize("weighted", [False, True])
def test_enumeration_equals_brute_force_for_the_g_function_on_a_grid(weighted):
    grids = [np.array([0.05, 0.3, 0.9]), np.array([0.2, 0.6]), np.array([0.1, 0.4, 0.7, 0.99])]
    a = [0.0, 1.0, 4.5]
    one = [(np.abs(4 * u - 2) + own) / (1 + own) for u, own in zip(grids, a, strict=True)]
    g = np.einsum("i,j,k->ijk", *one)
    y = np.stack([g, one[0][:, None, None] + one[1][:, None] * one[2]], axis=-1)
    p = [np.array([0.5, 0.2, 0.3]), None, np.array([1, 2, 3, 4])] if weighted else None

    found = enumerate_indices(y, 3, probabilities=p)

    shares = [np.ones(n) / n for n in y.shape[:3]]
    if weighted:
        shares[0], shares[2] = p[0], p[2] / 10
    explained = brute_force(y, 3, shares)
    variance = explained[0, 1, 2]
    np.testing.assert_allclose(found.variance, variance, rtol=1e-12)
    for i in range(3):
        others = tuple(j for j in range(3) if j != i)
        np.testing.assert_allclose(found.first[:, i], explained[i,] / variance, atol=1e-12)
        np.testing.assert_allclose(found.total[:, i], 1 - explained[others] / variance, atol=1e-12)
    for place, subset in enumerate(found.subsets):
        inside = [s for size in range(1, len(subset) + 1) for s in combinations(subset, size)]
        own = found.shares[:, [found.subsets.index(s) for s in inside]].sum(axis=1)
        np.testing.assert_allclose(own, explained[subset] / variance, atol=1e-12)
        assert place or subset == (0,)
    np.testing.assert_allclose(found.shares.sum(axis=1), 1, atol=1e-12)
    # product of independent factors: V = prod(V_i + m_i²) - prod(m_i²)
    m = [(s * f).sum() for s, f in zip(shares, one, strict=True)]
    v = [(s * (f - mid) ** 2).sum() for s, f, mid in zip(shares, one, m, strict=True)]
    product_v = prod(vi + mi**2 for vi, mi in zip(v, m, strict=True)) - prod(mi**2 for mi in m)
    assert found.variance[0] == pytest.approx(product_v, rel=1e-12)
    assert (abs(found.shares[1, [found.subsets.index(s) for s in ((0, 1), (0, 2), (0, 1, 2))]]) < 1e-20).all()


def test_sampling_levels_agrees_with_enumerating_them():
    y = np.random.default_rng(0).normal(size=(3, 2, 4))
    p = [[0.5, 0.25, 0.25], None, [4, 3, 2, 1]]
    design = sample(1 << 13, 3)

    exact = enumerate_indices(y, 3, probabilities=p)
    levels = [4, 3, 2, 1]
    u = design.points()
    drawn = y[discrete(u[..., 0], p[0]), discrete(u[..., 1], 2), discrete(u[..., 2], levels)]
    found = indices(drawn[:, 0], drawn[:, -1], drawn[:, 1:-1], resamples=100, level=0.999)

    assert ((found.first_low <= exact.first) & (exact.first <= found.first_high)).all()
    assert ((found.total_low <= exact.total) & (exact.total <= found.total_high)).all()
    np.testing.assert_allclose(found.first, exact.first, atol=0.02)


def test_a_choice_that_changes_nothing_has_no_effect_at_all():
    rng = np.random.default_rng(0)
    for axis in range(3):
        y = np.repeat(rng.normal(50, 9, (3, 1, 7, 200)), 5, axis=1)
        p = [rng.random(3), rng.random(5), rng.random(7)]
        order = np.roll([0, 1, 2], axis)

        found = enumerate_indices(y.transpose(*order, 3), 3, probabilities=[p[i] for i in order])

        inert = list(order).index(1)
        assert (found.total[:, inert] == 0).all()
        assert (found.first[:, inert] == 0).all()


def test_enumerated_outputs_keep_their_shape_and_their_flags():
    y = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    y[:, :, 2, 3] = 0.1

    found = enumerate_indices(y, 2)

    assert found.first.shape == found.total.shape == (4, 5, 2)
    assert found.shares.shape == (4, 5, 3)
    assert np.argwhere(found.constant).tolist() == [[2, 3]]
    assert (np.isnan(found.shares).all(axis=-1) == found.constant).all()
    alone = enumerate_indices(y[..., 1, 1], 2)
    np.testing.assert_allclose(found.total[1, 1], alone.total, atol=1e-14)


def test_enumeration_refuses_what_does_not_fit():
    y = np.ones((2, 3, 4))
    y[1, 2, 3] = np.nan

    with pytest.raises(
        DomainError, match=r"1 of 24 are missing or infinite \(first: levels \(1, 2\), output \(3,\)\)"
    ):
        enumerate_indices(y, 2)
    for factors in (0, 4):
        with pytest.raises(DomainError, match="a level or more along each"):
            enumerate_indices(y, factors)
    with pytest.raises(DomainError, match="factor 1 has 3 levels, but 2 probabilities"):
        enumerate_indices(np.ones((2, 3)), 2, probabilities=[None, [1, 1]])
    with pytest.raises(DomainError, match="2 factors need as many rows"):
        enumerate_indices(np.ones((2, 3)), 2, probabilities=[None])


def test_swings_are_ordered_and_count_the_base():
    base = np.array([10.0, 20.0])
    low = np.array([[9.0, 20.0], [12.0, 20.0], [10.0, np.nan]])
    high = np.array([[11.0, 20.0], [14.0, 21.0], [10.0, 20.0]])

    found = one_at_a_time(base, low, high)

    np.testing.assert_array_equal(found.low, [[-1, 2, 0], [0, 0, np.nan]])
    np.testing.assert_array_equal(found.high, [[1, 4, 0], [0, 1, 0]])
    np.testing.assert_array_equal(found.swing, [[2, 4, 0], [0, 1, np.nan]])
    assert found.order.tolist() == [[1, 0, 2], [1, 0, 2]]
    with pytest.raises(DomainError, match="outputs need the shapes"):
        one_at_a_time(base, low[0], high[0])
