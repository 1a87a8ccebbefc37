import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from equindex import _arrays
from equindex.errors import DomainError, MethodError
from equindex.sensitivity import (
    _places,
    acceptability,
    acceptability_of,
    ahead,
    class_shares,
    confidence,
    not_told_apart,
    ranks,
    winning_shares,
)

RNG = np.random.default_rng(5)


def slow(scores):
    """Count ranks from above and below with scipy, draw by draw."""
    n = scores.shape[1]
    counts, below = np.zeros((2, n, n), dtype=int)
    for row in scores:
        kept = np.flatnonzero(~np.isnan(row))
        for region, rank in zip(kept, stats.rankdata(-row[kept], method="min"), strict=True):
            counts[int(rank) - 1, region] += 1
        for region, rank in zip(kept, stats.rankdata(row[kept], method="min"), strict=True):
            below[int(rank) - 1, region] += 1
    return counts, below


def added(z, weights):
    """Weighted sums, indicator by indicator."""
    return np.array([[(row * w).sum() for row in z] for w in weights])


# Ranks of scores


@settings(max_examples=150, deadline=None)
@given(
    arrays(
        float,
        st.tuples(st.integers(1, 7), st.integers(1, 6)),
        elements=st.sampled_from(
            [-2.0, -1e-300, -0.0, 0.0, 1.0, 1.0 + 2**-52, 1.0 + 2**-30, 3.0, 1e300, np.nan]
        ),
    )
)
def test_ranks_of_scores_are_those_of_scipy(scores):
    counts, below = slow(scores)
    kept = scores[~np.isnan(scores).all(axis=1)]
    flat = [np.unique(row[~np.isnan(row)]).size == 1 and (~np.isnan(row)).sum() > 1 for row in kept]
    if not len(kept) or (len(flat) == len(scores) and all(flat)):
        with pytest.raises(DomainError):
            acceptability_of(scores)
        return

    found = acceptability_of(scores)

    np.testing.assert_array_equal(found.counts, counts)
    np.testing.assert_array_equal(found.below, below)
    np.testing.assert_array_equal(found.sums, np.arange(1, len(counts) + 1) @ counts)
    np.testing.assert_array_equal(found.ranked, (~np.isnan(scores)).sum(axis=0))
    assert found.level == sum(flat)
    assert found.tied == sum(np.unique(row[~np.isnan(row)]).size < (~np.isnan(row)).sum() for row in scores)


def test_ranks_from_below_allow_for_ties_and_regions_without_a_score():
    found = acceptability_of([[5.0, 5.0, 1.0, np.nan], [5.0, 1.0, 1.0, 9.0]])

    assert found.top(1).tolist() == [0.5, 0.5, 0.0, 1.0]
    assert found.bottom(1).tolist() == [0.0, 0.5, 1.0, 0.0]
    assert found.bottom(2).tolist() == [0.5, 1.0, 1.0, 0.0]
    assert found.mean.tolist() == [1.5, 2.0, 3.0, 1.0]


# Ranks of weighted means


@pytest.mark.parametrize("low", [0.0, -4.0])
def test_ranks_over_weights_are_those_of_scipy(low):
    z = RNG.uniform(low, 1, (40, 6))
    weights = RNG.dirichlet(np.ones(6), 700)

    found = acceptability(z, weights)

    counts, below = slow(added(z, weights))
    np.testing.assert_array_equal(found.counts, counts)
    np.testing.assert_array_equal(found.below, below)
    assert found.tied == found.level == 0
    leads = added(z, weights).argmax(axis=1)
    for region in range(40):
        own = weights[leads == region]
        expected = own.mean(axis=0) if len(own) else np.full(6, np.nan)
        np.testing.assert_allclose(found.central_weights[region], expected, rtol=1e-12)


def test_equal_regions_tie_wherever_they_stand():
    z = np.repeat(RNG.integers(0, 3, (30, 5)) / 3, 5, axis=0)
    weights = RNG.dirichlet(np.ones(5), 300)
    order = RNG.permutation(150)

    found, turned = acceptability(z, weights), acceptability(z[order], weights)

    np.testing.assert_array_equal(found.counts, slow(added(z, weights))[0])
    np.testing.assert_array_equal(turned.counts, found.counts[:, order])
    np.testing.assert_array_equal(turned.below, found.below[:, order])
    np.testing.assert_allclose(turned.led, found.led[order], rtol=1e-12)
    assert found.tied == 300
    assert found.led[:, 0].sum() == pytest.approx(
        (found.counts[0].sum() / 300) * weights[:, 0].sum(), rel=0.2
    )


def test_scores_that_only_rounding_parts_are_ranked_by_one_sum():
    z = RNG.random((200, 7))
    z[1::2] = z[::2] * (1 + np.linspace(-1e-15, 1e-15, 100)[:, None])
    weights = RNG.dirichlet(np.ones(7), 50)

    found = acceptability(z, weights)

    np.testing.assert_array_equal(found.counts, slow(added(z, weights))[0])


def test_any_number_of_threads_and_any_blocks_give_the_same(monkeypatch):
    z = np.round(RNG.random((120, 8)), 1)
    weights = np.round(RNG.dirichlet(np.ones(8), 2500), 2) + 0.01
    monkeypatch.setattr(_arrays, "_SERIAL_BELOW", 1)
    monkeypatch.setattr(_arrays, "cpus", lambda: 3)
    threads = acceptability(z, weights)
    monkeypatch.setattr(_arrays, "cpus", lambda: 1)

    single = acceptability(z, weights)
    parts = acceptability(z, iter([weights[:1000], weights[1000:1000], weights[1000:]]))
    merged = acceptability(z, weights[:700]).merge(acceptability(z, weights[700:]))
    monkeypatch.setattr(_places, "_ORDER_BYTES", 1)
    monkeypatch.setattr(_places, "_SORT_BYTES", 1)
    small = acceptability(z, weights)

    assert threads.tied > 0
    for other in (single, parts, merged, small):
        np.testing.assert_array_equal(threads.counts, other.counts)
        np.testing.assert_array_equal(threads.below, other.below)
        np.testing.assert_array_equal(threads.sums, other.sums)
        assert (threads.tied, threads.level, threads.draws) == (other.tied, other.level, other.draws)
        np.testing.assert_allclose(threads.led, other.led, rtol=1e-12)
    assert threads.led.tobytes() == single.led.tobytes()


def test_a_region_with_a_missing_value_has_no_rank():
    z = RNG.random((6, 3))
    gone = z.copy()
    gone[[1, 4], [0, 2]] = np.nan
    weights = RNG.dirichlet(np.ones(3), 60)

    found, rest = acceptability(gone, weights), acceptability(z[[0, 2, 3, 5]], weights)

    np.testing.assert_array_equal(found.counts[:, [0, 2, 3, 5]], rest.counts)
    assert np.isnan(found.mean[[1, 4]]).all()
    assert np.isnan(found.median[[1, 4]]).all()
    assert np.isnan(found.central_weights[[1, 4]]).all()
    np.testing.assert_array_equal(found.bottom(1)[[0, 2, 3, 5]], rest.bottom(1))


def test_quantiles_are_the_least_rank_kept_often_enough():
    scores = RNG.integers(0, 4, (41, 5)).astype(float)
    ranked = np.array([stats.rankdata(-row, method="min") for row in scores])

    found = acceptability_of(scores)

    asked = np.array([0.0, 0.05, 0.5, 0.975, 1.0])
    np.testing.assert_array_equal(
        found.quantile(asked), np.quantile(ranked, asked, axis=0, method="inverted_cdf")
    )
    np.testing.assert_array_equal(found.median, np.quantile(ranked, 0.5, axis=0, method="inverted_cdf"))


def test_many_regions_are_counted_in_ranges_of_ranks(monkeypatch):
    scores = RNG.integers(0, 60, (30, 50)).astype(float)
    whole = acceptability_of(scores)
    monkeypatch.setattr(_places, "_EVERY_RANK", 10)
    monkeypatch.setattr(_places, "_CELLS", 50 * 12)

    found = acceptability_of(scores)

    assert len(found.first) < 50
    np.testing.assert_array_equal(found.counts, np.add.reduceat(whole.counts, found.first - 1, axis=0))
    np.testing.assert_array_equal(found.below, np.add.reduceat(whole.below, found.first - 1, axis=0))
    np.testing.assert_array_equal(found.sums, whole.sums)
    end = int(found.last[0])
    np.testing.assert_array_equal(found.top(end), whole.top(end))
    np.testing.assert_array_equal(found.bottom(end), whole.bottom(end))
    with pytest.raises(MethodError, match=f"inside one. Ask for {end} or"):
        found.top(end + 1)


def test_more_regions_than_two_bytes_count_are_ranked(monkeypatch):
    monkeypatch.setattr(_places, "_CELLS", 70_000 * 20)
    scores = RNG.permutation(70_000).astype(float)[None]
    scores[0, scores[0] == 69_999] = 69_998

    found = acceptability_of(scores)

    np.testing.assert_array_equal(found.sums, stats.rankdata(-scores[0], method="min"))


# Closed forms and the literature


def test_two_indicators_follow_their_closed_form():
    # With w and 1 - w, the lines of (1, 0), (0.6, 0.7) and (0, 1) cross at w = 7/11 (first and second), 1/2 (first and
    # third) and 1/3 (second and third); the share of a rank is the length of the intervals of w where it is held.
    z = np.array([[1.0, 0.0], [0.6, 0.7], [0.0, 1.0]])
    w = (np.arange(66_000) + 0.5) / 66_000

    found = acceptability(z, np.column_stack([w, 1 - w]))

    expected = [
        [4 / 11, 7 / 11 - 1 / 3, 1 / 3],
        [7 / 11 - 1 / 2, 4 / 11 + 1 / 3, 1 / 2 - 1 / 3],
        [1 / 2, 0, 1 / 2],
    ]
    np.testing.assert_allclose(found.shares, expected, atol=1e-9)
    middle = [(7 / 11 + 1) / 2, (7 / 11 + 1 / 3) / 2, 1 / 6]
    np.testing.assert_allclose(found.central_weights[:, 0], middle, atol=1e-9)
    np.testing.assert_allclose(found.top(2), [1 / 2, 1, 1 / 2], atol=1e-9)
    assert found.tied == 0


def test_central_weights_of_regions_best_in_one_thing_are_rank_order_centroids():
    # Barron and Barrett 1996: the mean of uniform weights, given which is greatest, is (1 + 1/2 + ... + 1/k) / k.
    weights = np.random.default_rng(1).dirichlet(np.ones(3), 200_000)

    found = acceptability(np.eye(3), weights)

    np.testing.assert_allclose(found.shares, 1 / 3, atol=0.005)
    np.testing.assert_allclose(
        found.central_weights, np.full((3, 3), 7 / 36) + np.eye(3) * (15 / 36), atol=0.003
    )


# Confidence, errors, intervals


def test_confidence_is_how_often_a_region_leads_under_its_own_weights():
    draws = RNG.normal(size=(200, 9, 4)).round(1)
    draws[:, 3] = draws[:, 2]
    draws[5:8, 1, 0] = np.nan
    central = RNG.dirichlet(np.ones(4), 9)
    central[6] = np.nan

    found = confidence(iter(draws), central)

    for region in (0, 1, 2, 3, 4, 5, 7, 8):
        scores = added(np.moveaxis(draws, 1, 0).reshape(-1, 4), central[[region]])[0].reshape(9, 200)
        leads = scores[region] >= np.where(np.isnan(scores), -np.inf, scores).max(axis=0)
        assert found[region] == leads[~np.isnan(scores[region])].mean()
    assert np.isnan(found[6])
    assert found[2] == confidence(iter(draws), np.where(np.arange(9)[:, None] == 3, central[2], central))[3]


@settings(max_examples=30, deadline=None)
@given(draws=st.integers(1, 400), data=st.data())
def test_intervals_of_shares_are_those_of_the_binomial(draws, data):
    count = data.draw(st.integers(0, draws))

    low, high = ranks.share_interval(count, draws, level=0.9)

    expected = stats.binomtest(count, draws).proportion_ci(0.9, method="exact")
    np.testing.assert_allclose([low, high], expected, rtol=1e-9, atol=1e-12)


def test_the_error_of_a_share_is_at_most_one_in_twice_the_root():
    assert ranks.share_error(0.5, 10_000) == 1 / (2 * 100)
    assert (ranks.share_error(np.linspace(0, 1, 21), 400) <= 1 / 40).all()


# Who is ahead of whom


def test_winning_shares_count_ties_half_and_only_draws_with_both(monkeypatch):
    scores = RNG.integers(0, 4, (90, 7)).astype(float)
    scores[RNG.random((90, 7)) < 0.2] = np.nan
    scores[:, 6] = np.nan

    found = winning_shares(scores)
    monkeypatch.setattr(ahead, "_DRAWS", 8)
    monkeypatch.setattr(ahead, "_CELLS", 20)
    pairs = [(0, 1), (5, 2), (3, 3), (6, 0)]
    chosen = winning_shares(iter([scores[:30], scores[30:]]), pairs)

    for r in range(7):
        for s in range(7):
            a, b = scores[:, r], scores[:, s]
            both = ~np.isnan(a) & ~np.isnan(b)
            expected = (np.sign(a - b)[both] + 1).mean() / 2 if both.any() else np.nan
            assert found[r, s] == pytest.approx(expected, nan_ok=True)
    np.testing.assert_array_equal(chosen, [found[pair] for pair in pairs])


def test_groups_are_the_longest_runs_without_a_sure_difference():
    scores = RNG.normal(np.linspace(3, 0, 14), 0.5, (400, 14))[:, RNG.permutation(14)]
    winning = winning_shares(scores)

    groups = not_told_apart(winning, level=0.9)

    order = np.argsort(-(winning.sum(axis=1)), kind="stable")
    runs = [order[a:b] for a in range(14) for b in range(a + 1, 15)]
    level = [set(run) for run in runs if all(winning[i, j] < 0.9 for i in run for j in run)]
    longest = [run for run in level if not any(run < other for other in level)]
    assert [set(group) for group in groups] == longest
    assert 1 < len(groups) < 14


def test_regions_sure_of_their_place_are_alone_and_the_unscored_in_no_group():
    scores = np.array([[3.0, np.nan, 1.0, 2.0]] * 3)

    assert [group.tolist() for group in not_told_apart(winning_shares(scores))] == [[0], [3], [2]]


def test_class_shares_count_lower_bounds_in():
    scores = RNG.integers(0, 6, (50, 4)).astype(float)
    scores[:10, 1] = scores[:, 3] = np.nan

    found = class_shares(iter([scores[:20], scores[20:]]), [4, 2])

    np.testing.assert_allclose(found[0, 0], (scores[:, 0] >= 4).mean())
    np.testing.assert_allclose(found[1, 1], ((scores[10:, 1] >= 2) & (scores[10:, 1] < 4)).mean())
    np.testing.assert_allclose(found[2, 2], (scores[:, 2] < 2).mean())
    assert np.isnan(found[:, 3]).all()


# Refusals


@pytest.mark.parametrize(
    ("z", "weights", "words"),
    [
        ([[1.0, np.inf]], [[0.5, 0.5]], "z must be finite, but 1 of 2 is not"),
        ([[1.0, np.nan], [np.nan, 2.0]], [[0.5, 0.5]], "no region has all its values"),
        ([[1.0, 2.0], [2.0, 1.0]], [[0.5, -0.5]], "weights must be at least 0, but 1 of 2 is not"),
        ([[1.0, 2.0], [2.0, 1.0]], [[0.5, np.nan]], "weights must be at least 0"),
        ([[1.0, 2.0], [2.0, 1.0]], [[1.0, 1.0], [0.0, 0.0]], r"1 of 2 draws are all 0 \(first: draw 1\)"),
        ([[1.0, 1.0], [1.0, 1.0]], [[0.5, 0.5], [0.2, 0.8]], "all 2 draws make every score equal"),
        ([[-1e308, 1e308], [1.0, 1.0]], [[0.5, 0.5]], "differ by more than numbers can hold"),
    ],
)
def test_what_cannot_be_ranked_is_refused(z, weights, words):
    with pytest.raises(DomainError, match=words):
        acceptability(z, weights)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(MethodError, match="weights have 3 indicators, the values 2"):
        acceptability([[1.0, 2.0], [2.0, 1.0]], [[1.0, 1.0, 1.0]])
    with pytest.raises(MethodError, match="has 3 regions, an earlier one 2"):
        acceptability_of(iter([np.ones((1, 2)), np.ones((1, 3))]))
    with pytest.raises(MethodError, match="from 1 to 2, not 3"):
        acceptability([[1.0, 2.0], [2.0, 0.0]], [[1.0, 1.0]]).top(3)
    with pytest.raises(MethodError, match="these ranks come from scores"):
        _ = acceptability_of([[1.0, 2.0]]).central_weights
    with pytest.raises(MethodError, match="cannot be merged"):
        acceptability_of([[1.0, 2.0]]).merge(acceptability_of([[1.0, 2.0, 3.0]]))
    with pytest.raises(MethodError, match="fall from the best class down"):
        class_shares([[1.0]], [1, 2])
    with pytest.raises(MethodError, match="position 0 to 1"):
        winning_shares([[1.0, 2.0]], [(0, 2)])
    with pytest.raises(MethodError, match="Name the pairs"):
        winning_shares(np.zeros((1, 5001)))
    with pytest.raises(MethodError, match=r"above 0\.5"):
        not_told_apart(np.eye(2), level=0.5)
    with pytest.raises(MethodError, match="compare regions with each other"):
        not_told_apart(np.ones((2, 3)))
    with pytest.raises(MethodError, match="a quantile is a share"):
        acceptability_of([[1.0, 2.0]]).quantile(1.5)
    with pytest.raises(MethodError, match="between 0 and the number of draws"):
        ranks.share_interval(3, 2)
