from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from equindex.attainment import blend, margin, rank_range, rescale
from equindex.errors import DomainError, MethodError

NAN = np.nan
RNG = np.random.default_rng(7)


# Blend and scale


def test_a_blend_is_the_weighted_mean():
    found = blend([90.0, 80.0, 83.72], [70.0, 85.0, 79.09], [0.4, 0.4, 0.25])

    assert found == pytest.approx([82, 82, 82.5625], abs=1e-12)


def test_a_score_without_weight_may_be_missing():
    objective, subjective = [90.0, NAN, NAN, 90.0], [NAN, 70.0, NAN, 70.0]

    np.testing.assert_array_equal(blend(objective, subjective, 0), [90, NAN, NAN, 90])
    np.testing.assert_array_equal(blend(objective, subjective, 1), [NAN, 70, NAN, 70])
    np.testing.assert_array_equal(blend(objective, subjective, 0.5), [NAN, NAN, NAN, 80])


@given(arrays(float, (2, 4), elements=st.floats(0, 100)), st.floats(0, 1))
def test_a_blend_lies_between_its_scores_and_mirrors(scores, weight):
    found = blend(*scores, weight)

    assert (found >= scores.min(axis=0) - 1e-12).all()
    assert (found <= scores.max(axis=0) + 1e-12).all()
    np.testing.assert_allclose(found, blend(scores[1], scores[0], 1 - weight), atol=1e-12)
    np.testing.assert_array_equal(blend(scores[0], scores[0], weight), scores[0])


def test_blends_of_a_batch_take_a_weight_each():
    objective, subjective = RNG.uniform(50, 90, (2, 3, 5))

    found = blend(objective, subjective, [[0.0], [0.2], [1.0]])

    for row, weight in enumerate((0.0, 0.2, 1.0)):
        np.testing.assert_array_equal(found[row], blend(objective[row], subjective[row], weight))


@pytest.mark.parametrize("weight", [-0.1, 1.01, 30, [0.2, np.inf]])
def test_weights_that_are_no_share_are_refused(weight):
    with pytest.raises(DomainError, match="between 0 and 1"):
        blend([1.0, 2.0], [1.0, 2.0], weight)


@pytest.mark.parametrize(
    ("x", "scale", "score"),
    [
        (5.38, (0, 10), 53.8),
        (5.38, (1, 10), 438 / 9),
        (4.0, (1, 5), 75.0),
        (1.0, (1, 5), 0.0),
        (85, (0, 100), 85),
    ],
)
def test_a_scale_is_stretched_from_its_lowest_to_its_highest_answer(x, scale, score):
    assert rescale(x, scale) == pytest.approx(score, abs=1e-12)


def test_every_indicator_may_have_a_scale_of_its_own():
    found = rescale([[5.0, 3.0, 7.0], [NAN, 5.0, 7.0]], ([0, 1, NAN], [10, 5, NAN]))

    np.testing.assert_array_equal(found, [[50, 50, NAN], [NAN, 100, NAN]])


def test_scores_off_their_scale_are_refused_and_found():
    with pytest.raises(
        DomainError, match=r"such as 0 to 10, but 1 of 3 is not \(first: 85 at position"
    ) as caught:
        rescale([[5.0, NAN], [85.0, 9.0]], (0, 10))
    assert caught.value.positions == ((1, 0),)


@pytest.mark.parametrize("scale", [(10, 0), (5, 5)])
def test_a_scale_that_does_not_rise_is_refused(scale):
    with pytest.raises(DomainError, match="must rise"):
        rescale(5, scale)


# Sampling error


@pytest.mark.parametrize(
    ("yes", "n", "low", "high"),
    # Newcombe 1998, table I, method 3
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_margins_are_those_printed_by_newcombe(yes, n, low, high):
    found = margin(100 * yes / n, n)

    assert found == pytest.approx((100 * low, 100 * high), abs=0.005)


@settings(max_examples=60)
@given(n=st.integers(1, 5000), share=st.floats(0, 100), level=st.floats(0.5, 0.999))
def test_margins_agree_with_the_formula_as_wilson_wrote_it(n, share, level):
    z, p = stats.norm.ppf((1 + level) / 2), share / 100
    middle, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))

    low, high = margin(share, n, level=level)

    assert low == pytest.approx(100 * (middle - half) / (1 + z**2 / n), abs=1e-9)
    assert high == pytest.approx(100 * (middle + half) / (1 + z**2 / n), abs=1e-9)


@pytest.mark.parametrize(("yes", "n"), [(0, 20), (19, 20), (37, 60), (380, 400), (400, 400)])
def test_margins_agree_with_scipy(yes, n):
    interval = stats.binomtest(yes, n).proportion_ci(0.9, method="wilson")

    assert margin(100 * yes / n, n, level=0.9) == pytest.approx(
        (100 * interval.low, 100 * interval.high), abs=1e-10
    )


def test_margins_touch_the_ends_of_the_scale_and_never_leave_it():
    low, high = margin([0.0, 100.0], [7, 7])

    assert (low[0], high[1]) == (0.0, 100.0)
    assert high[0] > 0
    assert low[1] < 100


@given(st.floats(0, 100), st.integers(1, 1000))
def test_margins_of_yes_and_no_mirror(share, n):
    low, high = margin(share, n)

    other = margin(100 - share, n)

    assert other == pytest.approx((100 - high, 100 - low), abs=1e-9)


def test_there_is_no_margin_without_answers():
    low, high = margin([50.0, 50.0, NAN, 50.0], [0, NAN, 100, 100])

    assert np.isnan(low).tolist() == np.isnan(high).tolist() == [True, True, True, False]


@pytest.mark.parametrize(
    ("share", "n", "level", "error", "message"),
    [
        ([50.0, 101.0], 20, 0.95, DomainError, "between 0 and 100, but 1 of 2"),
        (-1.0, 20, 0.95, DomainError, "between 0 and 100"),
        (50.0, -1, 0.95, DomainError, "0 or more"),
        (50.0, 20, 95, MethodError, "Write 0.95 for 95 %"),
    ],
)
def test_margins_of_what_cannot_be_are_refused(share, n, level, error, message):
    with pytest.raises(error, match=message):
        margin(share, n, level=level)


# Ranks over the weight


def ranks_at(objective, subjective, weight):
    """Competition ranks at an exact weight, from whole numbers: nothing is rounded."""
    parts = [
        (weight.denominator - weight.numerator) * o + weight.numerator * s
        for o, s in zip(objective, subjective, strict=True)
    ]
    return stats.rankdata(-np.array(parts), method="min").astype(int).tolist()


def slow(objective, subjective, lower, upper):
    """Best and worst rank and first change, from every crossing and a point between each two."""
    crossings = {lower, upper}
    for i, j in np.ndindex(len(objective), len(objective)):
        gap = objective[j] - objective[i], subjective[j] - subjective[i]
        if gap[0] != gap[1]:
            weight = Fraction(gap[0], gap[0] - gap[1])
            crossings |= {weight} if lower <= weight <= upper else set()
    points = sorted(crossings)
    middles = [(a + b) / 2 for a, b in pairwise(points)]
    grid = sorted(points + middles)
    table = [ranks_at(objective, subjective, weight) for weight in grid]
    best, worst, changes = [], [], []
    for region, first in enumerate(table[0]):
        column = [row[region] for row in table]
        best.append(min(column))
        worst.append(max(column))
        place = next((k for k, rank in enumerate(column) if rank != first), None)
        # Between two crossings nothing changes: what differs there did so just after the one before.
        start = None if place is None else grid[place] if grid[place] in crossings else grid[place - 1]
        changes.append(NAN if start is None else float(start))
    return best, worst, changes


@settings(max_examples=150)
@given(
    scores=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=9),
    span=st.sampled_from([(0, 2), (0, 4), (1, 3), (1, 1), (2, 4), (0, 1), (0, 0)]),
)
def test_rank_ranges_agree_with_exact_ranks_at_every_crossing(scores, span):
    objective, subjective = (list(part) for part in zip(*scores, strict=True))
    lower, upper = (Fraction(end, 4) for end in span)

    found = rank_range(objective, subjective, lower=float(lower), upper=float(upper))

    best, worst, changes = slow(objective, subjective, lower, upper)
    assert found.best.tolist() == best
    assert found.worst.tolist() == worst
    np.testing.assert_allclose(found.changes_at, changes, atol=1e-14)


def test_rank_ranges_agree_with_a_dense_grid_of_weights():
    objective, subjective = RNG.uniform(60, 95, (2, 40))

    found = rank_range(objective, subjective)

    grid = np.linspace(0, 0.5, 20_001)
    ranks = stats.rankdata(-blend(objective, subjective, grid[:, None]), method="min", axis=1)
    np.testing.assert_array_equal(found.best, ranks.min(axis=0))
    np.testing.assert_array_equal(found.worst, ranks.max(axis=0))
    moved = ranks != ranks[0]
    first = np.where(moved.any(axis=0), grid[moved.argmax(axis=0)], NAN)
    late = first - found.changes_at
    np.testing.assert_array_equal(np.isnan(first), np.isnan(found.changes_at))
    assert (late[~np.isnan(late)] >= 0).all()
    assert (late[~np.isnan(late)] <= grid[1]).all()


def test_a_tie_at_the_last_weight_is_the_better_rank():
    found = rank_range([10.0, 8.0], [6.0, 8.0])

    assert found.best.tolist() == [1, 1]
    assert found.worst.tolist() == [1, 2]
    np.testing.assert_array_equal(found.changes_at, [NAN, 0.5])


def test_three_lines_through_one_point_of_decimals_tie_there():
    objective, subjective = [88.2, 87.0, 78.8], [74.2, 76.0, 88.3]

    found = rank_range(objective, subjective)

    # All have 82.6 at 0.4, where the first falls from best to worst and the last rises; in binary the three
    # crossings lie 10⁻¹⁶ apart, and the second would seem to be overtaken before it overtakes.
    assert found.best.tolist() == [1, 1, 1]
    assert found.worst.tolist() == [3, 2, 3]
    np.testing.assert_allclose(found.changes_at, 0.4, rtol=1e-14)


def test_ties_at_the_first_weight_part_just_after_it():
    found = rank_range([80.0, 80.0, 70.0], [70.0, 75.0, 70.0])

    assert found.best.tolist() == [1, 1, 3]
    assert found.worst.tolist() == [2, 1, 3]
    np.testing.assert_array_equal(found.changes_at, [0, NAN, NAN])


def test_ranks_at_the_ends_are_those_of_the_blend_to_the_bit():
    objective = np.array([0.3, 0.1 + 0.2, 0.3])
    subjective = np.array([0.3, 0.3, 0.3])

    found = rank_range(objective, subjective, lower=0, upper=0)

    assert found.best.tolist() == found.worst.tolist() == [2, 1, 2]
    assert np.isnan(found.changes_at).all()


def test_regions_without_both_scores_have_no_rank_and_count_for_nobody():
    objective, subjective = [95.0, 90.0, NAN, 88.0, 80.0], [NAN, 70.0, 99.0, 80.0, 75.0]

    found = rank_range(objective, subjective)

    alone = rank_range([90.0, 88.0, 80.0], [70.0, 80.0, 75.0])
    for name in ("best", "worst", "changes_at"):
        part = getattr(found, name)
        np.testing.assert_array_equal(part[[1, 3, 4]], getattr(alone, name))
        assert np.isnan(part[[0, 2]]).all()
    assert np.isnan(rank_range(objective, subjective, upper=0).best[0])


def test_rank_ranges_depend_on_no_order_no_unit_and_no_blocks(monkeypatch):
    objective, subjective = RNG.uniform(60, 95, (2, 50))
    one, shuffled = rank_range(objective, subjective), RNG.permutation(50)

    other = rank_range(objective[shuffled], subjective[shuffled])
    scaled = rank_range(10 * objective + 3, 10 * subjective + 3)
    monkeypatch.setattr("equindex.attainment.opinion._BLOCK", 120)
    blocked = rank_range(objective, subjective)

    for name in ("best", "worst", "changes_at"):
        np.testing.assert_array_equal(getattr(other, name), getattr(one, name)[shuffled])
        np.testing.assert_allclose(getattr(scaled, name), getattr(one, name), rtol=1e-9)
        np.testing.assert_array_equal(getattr(blocked, name), getattr(one, name))


def test_worse_scores_mirror_the_ranks():
    objective, subjective = RNG.uniform(60, 95, (2, 30))

    one, mirrored = rank_range(objective, subjective), rank_range(-objective, -subjective)

    np.testing.assert_array_equal(mirrored.worst, 31 - one.best)
    np.testing.assert_array_equal(mirrored.changes_at, one.changes_at)


def test_rank_ranges_of_a_batch_equal_its_parts():
    objective, subjective = RNG.uniform(60, 95, (2, 2, 3, 12))
    objective[1, 2, 5] = NAN

    whole = rank_range(objective, subjective)

    for cell in np.ndindex(2, 3):
        part = rank_range(objective[cell], subjective[cell])
        for name in ("best", "worst", "changes_at"):
            np.testing.assert_array_equal(getattr(whole, name)[cell], getattr(part, name))


def test_nobody_to_rank_is_no_error():
    assert rank_range([], []).best.shape == (0,)


@pytest.mark.parametrize("span", [(0.5, 0.4), (-0.1, 0.5), (0, 1.1), (0, NAN)])
def test_ranges_of_weights_out_of_order_are_refused(span):
    with pytest.raises(DomainError, match="not in order within 0 to 1"):
        rank_range([1.0], [1.0], lower=span[0], upper=span[1])


def test_infinite_scores_are_refused():
    with pytest.raises(DomainError, match="finite"):
        rank_range([1.0, np.inf], [1.0, 2.0])
