"""Weights from judgements and from other weights: published examples, slow twins, and what is refused."""

import math
from fractions import Fraction

import numpy as np
import pytest

from equindex.errors import DomainError, MethodError
from equindex.weighting import combine
from equindex.weighting.experts import RANDOM_INDEX, ahp, revisions
from equindex.weighting.panels import budget, concordance, rank_order, swing


def matrix(*rows):
    return np.array(
        [[float(Fraction(cell)) if cell != "." else np.nan for cell in row.split()] for row in rows]
    )


# T. L. Saaty, "A scaling method for priorities in hierarchical structures", J. Math. Psychology 15, 1977: wealth of
# seven nations; printed weights, eigenvalue 7.61.
NATIONS = matrix(
    "1 4 9 6 6 5 5",
    "1/4 1 7 5 5 3 4",
    "1/9 1/7 1 1/5 1/5 1/7 1/5",
    "1/6 1/5 5 1 1 1/3 1/3",
    "1/6 1/5 5 1 1 1/3 1/3",
    "1/5 1/3 7 3 3 1 2",
    "1/5 1/4 5 3 3 1/2 1",
)
# T. L. Saaty, "How to make a decision: the analytic hierarchy process", EJOR 48, 1990: buying a house; printed
# weights, eigenvalue 9.669, CR 0.169; with 1/2 for the 6 in row 3, column 7: 8.811, 0.083.
HOUSE = matrix(
    "1 5 3 7 6 6 1/3 1/4",
    "1/5 1 1/3 5 3 3 1/5 1/7",
    "1/3 3 1 6 3 4 6 1/5",
    "1/7 1/5 1/6 1 1/3 1/4 1/7 1/8",
    "1/6 1/3 1/3 3 1 1/2 1/5 1/6",
    "1/6 1/3 1/4 4 2 1 1/5 1/6",
    "3 5 1/6 7 5 5 1 1/2",
    "4 7 5 8 6 6 2 1",
)


def random_matrix(rng, n, missing=0):
    """Return reciprocal judgements on Saaty's scale, with some pairs missing, the first row never."""
    values = np.array([*range(1, 10), *(1 / k for k in range(2, 10))])
    a = np.ones((n, n))
    for i in range(n):
        for j in range(i):
            a[j, i] = rng.choice(values)
            a[i, j] = 1 / a[j, i]
    pairs = [(i, j) for i in range(1, n) for j in range(i + 1, n)]
    for k in rng.permutation(len(pairs))[:missing]:
        i, j = pairs[k]
        a[i, j] = a[j, i] = np.nan
    return a


def power_twin(a, steps=20_000):
    """Weights of Harker's method by filling in the ratio of weights until nothing moves."""
    w = np.full(len(a), 1 / len(a))
    for _ in range(steps):
        filled = np.where(np.isnan(a), w[:, None] / w, a)
        new = filled @ w
        new /= new.sum()
        if np.abs(new - w).max() < 1e-15:
            break
        w = new
    filled = np.where(np.isnan(a), w[:, None] / w, a)
    return w, float((filled @ w / w).mean())


# AHP ---------------------------------------------------------------------------------------------------------


def test_saatys_nations():
    found = ahp(NATIONS)

    np.testing.assert_allclose(found.weights, [0.427, 0.230, 0.021, 0.052, 0.052, 0.123, 0.094], atol=5.1e-4)
    assert found.eigenvalue == pytest.approx(7.61, abs=5e-3)
    assert found.ratio == pytest.approx(found.index / 1.32)


def test_saatys_house_and_the_judgement_that_hurts_most():
    found = ahp(HOUSE, accept=0.2)
    first = revisions(HOUSE)[0]
    mended = HOUSE.copy()
    mended[2, 6], mended[6, 2] = 1 / 2, 2
    after = ahp(mended)

    np.testing.assert_allclose(
        found.weights, [0.173, 0.054, 0.188, 0.018, 0.031, 0.036, 0.167, 0.333], atol=5.1e-4
    )
    assert found.eigenvalue == pytest.approx(9.669, abs=5e-4)
    assert found.ratio == pytest.approx(0.169, abs=5e-4)
    assert (first.row, first.column, first.given) == (2, 6, 6)
    assert first.consistent == pytest.approx(1 / 2, abs=0.05)
    assert after.eigenvalue == pytest.approx(8.811, abs=1e-3)
    assert after.ratio == pytest.approx(0.083, abs=1e-3)


def test_a_ratio_above_a_tenth_is_refused_unless_accepted():
    with pytest.raises(DomainError, match=r"consistency ratio 0\.169, above 0\.1"):
        ahp(HOUSE)

    assert ahp(HOUSE, accept=math.inf).ratio > 0.1
    assert ahp(NATIONS).ratio < 0.1


@pytest.mark.parametrize("method", ["eigenvector", "geometric"])
@pytest.mark.parametrize("missing", [0, 2, 4])
def test_consistent_judgements_give_back_the_weights_behind_them(method, missing):
    w = np.array([0.4, 0.25, 0.2, 0.1, 0.05])
    a = w[:, None] / w
    for i, j in [(1, 2), (3, 4), (1, 4), (2, 3)][:missing]:
        a[i, j] = a[j, i] = np.nan

    found = ahp(a, method=method)

    np.testing.assert_allclose(found.weights, w, rtol=1e-12)
    assert found.missing == missing
    assert found.ratio == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("missing", [0, 1, 3, 6])
def test_eigenvector_equals_its_slow_twin(missing):
    a = random_matrix(np.random.default_rng(missing), 6, missing)

    found = ahp(a, accept=math.inf)
    weights, eigenvalue = power_twin(a)

    np.testing.assert_allclose(found.weights, weights, rtol=1e-9)
    assert found.eigenvalue == pytest.approx(eigenvalue, rel=1e-9)


@pytest.mark.parametrize("missing", [0, 1, 3, 6])
def test_geometric_mean_is_logarithmic_least_squares(missing):
    a = random_matrix(np.random.default_rng(missing), 6, missing)
    pairs = [(i, j) for i in range(6) for j in range(6) if i < j and not np.isnan(a[i, j])]
    design = np.zeros((len(pairs) + 1, 6))
    for row, (i, j) in enumerate(pairs):
        design[row, i], design[row, j] = 1, -1
    design[-1] = 1
    logs, *_ = np.linalg.lstsq(design, np.log([*(a[i, j] for i, j in pairs), 1]), rcond=None)

    found = ahp(a, method="geometric", accept=math.inf)

    np.testing.assert_allclose(found.weights, np.exp(logs) / np.exp(logs).sum(), rtol=1e-10)


def test_one_and_two_elements_are_always_consistent():
    one, two = ahp([[1.0]]), ahp([[1, 3], [1 / 3, 1]])

    assert (one.weights.tolist(), one.ratio) == ([1.0], 0.0)
    np.testing.assert_allclose(two.weights, [0.75, 0.25], rtol=1e-15)
    assert (two.ratio, two.random) == (0.0, 0.0)
    assert revisions([[1, 3], [1 / 3, 1]]) == ()


def test_judgements_that_only_connect_cannot_contradict():
    found = ahp(matrix("1 2 . .", "1/2 1 3 .", ". 1/3 1 4", ". . 1/4 1"))

    np.testing.assert_allclose(found.weights, np.array([24, 12, 4, 1]) / 41, rtol=1e-12)
    assert (found.ratio, found.random, found.missing) == (0.0, 0.0, 3)


def test_random_index_shrinks_with_missing_pairs():
    # Ágoston and Csató (2022) simulate 0.583 and 0.306 for four elements with 1 and 2 pairs missing.
    one, two = (ahp(random_matrix(np.random.default_rng(1), 4, m), accept=math.inf).random for m in (1, 2))

    assert one == pytest.approx(0.583, abs=0.02)
    assert two == pytest.approx(0.306, abs=0.02)


@pytest.mark.parametrize("n", [3, 4, 5, 7, 9])
def test_random_indices_are_those_of_random_matrices(n):
    rng = np.random.default_rng(n)
    values = np.array([*range(1, 10), *(1 / k for k in range(2, 10))])
    a = np.ones((20_000, n, n))
    up = np.triu_indices(n, 1)
    drawn = rng.choice(values, size=(len(a), len(up[0])))
    a[:, up[0], up[1]], a[:, up[1], up[0]] = drawn, 1 / drawn

    index = (np.linalg.eigvals(a).real.max(axis=1) - n).mean() / (n - 1)

    assert RANDOM_INDEX["alonso_lamata"][n - 1] == pytest.approx(index, abs=0.02)
    assert RANDOM_INDEX["saaty"][n - 1] == pytest.approx(index, abs=0.07)  # from 500 matrices


def test_the_table_changes_the_ratio_alone():
    saaty, other = ahp(NATIONS), ahp(NATIONS, table="alonso_lamata")

    assert saaty.weights.tolist() == other.weights.tolist()
    assert other.ratio == pytest.approx(saaty.ratio * 1.32 / 1.3417)


def test_order_of_elements_is_irrelevant():
    order = [3, 0, 6, 2, 7, 1, 5, 4]

    moved = ahp(HOUSE[np.ix_(order, order)], accept=1)

    np.testing.assert_allclose(moved.weights, ahp(HOUSE, accept=1).weights[order], rtol=1e-10)


def test_half_a_matrix_and_printed_decimals_are_enough():
    upper = np.where(np.triu(np.ones((7, 7))) > 0, NATIONS, np.nan)
    lower = np.where(np.tril(np.ones((7, 7))) > 0, NATIONS, np.nan)
    printed = NATIONS.round(2)

    np.testing.assert_allclose(ahp(upper).weights, ahp(NATIONS).weights, rtol=1e-12)
    np.testing.assert_allclose(ahp(lower).weights, ahp(NATIONS).weights, rtol=1e-12)
    np.testing.assert_allclose(ahp(printed).weights, ahp(NATIONS).weights, rtol=1e-12)


def test_all_judgements_that_do_not_fit_are_listed_at_once():
    a = matrix("1 3 11 .", "1/2 1 2 1", ". 1/2 1 1/10", ". 1 . 1")

    with pytest.raises(DomainError, match="3 judgements do not fit") as caught:
        ahp(a)

    assert caught.value.positions == ((0, 1), (0, 2), (2, 3))
    assert "(0, 1) is 3 and (1, 0) is 0.5, not reciprocal; (0, 2) is 11, beyond 1/9 to 9; " in str(
        caught.value
    )
    assert ahp(matrix("1 11", "1/11 1"), scale=math.inf).weights[0] == pytest.approx(11 / 12)


@pytest.mark.parametrize(
    ("a", "words"),
    [
        ([[1, 0], [0, 1]], "above 0"),
        ([[1, -3], [-1 / 3, 1]], "above 0"),
        ([[1, 2, 3], [1, 1, 1]], "square"),
        ([[2, 1], [1, 1]], r"\(0, 0\) is 2, but an element compared with itself is 1"),
        (np.ones((16, 16)), "end at 15"),
        (matrix("1 2 . .", "1/2 1 . .", ". . 1 2", ". . 1/2 1"), "connect all elements"),
    ],
)
def test_what_is_no_comparison_is_refused(a, words):
    with pytest.raises(DomainError, match=words):
        ahp(a)


def test_groups_by_judgements_and_by_priorities():
    # By hand: experts say 4 and 1: together 2. Priorities 0.8, 0.2 and 0.5, 0.5: geometric means 2 to 1.
    pair = np.array([matrix("1 4", "1/4 1"), matrix("1 1", "1 1")])
    three = np.array([NATIONS, NATIONS.T])

    for group in ("judgements", "priorities"):
        np.testing.assert_allclose(ahp(pair, group=group).weights, [2 / 3, 1 / 3], rtol=1e-12)
    np.testing.assert_allclose(ahp(three).weights, np.full(7, 1 / 7), rtol=1e-9)
    found = ahp(three, group="priorities")
    np.testing.assert_allclose(found.expert_ratio, ahp(NATIONS).ratio, rtol=1e-9)
    expected = np.sqrt(found.expert_weights.prod(axis=0))
    np.testing.assert_allclose(found.weights, expected / expected.sum(), rtol=1e-12)


def test_geometric_means_of_judgements_and_of_priorities_agree():
    rng = np.random.default_rng(5)
    experts = np.array([random_matrix(rng, 5) for _ in range(4)])

    by = [
        ahp(experts, method="geometric", group=g, accept=math.inf).weights
        for g in ("judgements", "priorities")
    ]

    np.testing.assert_allclose(by[0], by[1], rtol=1e-12)


def test_a_pair_that_one_expert_leaves_out_is_the_others():
    half = matrix("1 2 .", "1/2 1 3", ". 1/3 1")
    whole = matrix("1 2 6", "1/2 1 3", "1/6 1/3 1")

    found = ahp([half, whole])

    np.testing.assert_allclose(found.weights, [0.6, 0.3, 0.1], rtol=1e-12)
    assert found.missing == 0


def test_an_expert_who_contradicts_himself_is_not_averaged_away():
    good = ahp(HOUSE, accept=1).weights
    consistent = good[:, None] / good
    panel = [HOUSE, *[consistent] * 4]

    with pytest.raises(DomainError, match=r"expert 0: 0\.169") as caught:
        ahp(panel, scale=math.inf)

    assert caught.value.positions == ((0,),)
    assert ahp(panel, scale=math.inf, accept=0.17).ratio < 0.02


def test_a_revision_is_what_the_others_imply():
    found = revisions(matrix("1 2 9", "1/2 1 3", "1/9 1/3 1"))

    assert len(found) == 3
    values = {(r.row, r.column): r.consistent for r in found}
    assert values == pytest.approx({(0, 1): 3, (0, 2): 6, (1, 2): 4.5})
    assert [r.ratio for r in found] == pytest.approx([0, 0, 0], abs=1e-12)


# Panels ------------------------------------------------------------------------------------------------------


def test_budget_takes_the_mean_the_median_or_the_trimmed_mean():
    points = [[50, 30, 20], [40, 40, 20], [60, 20, 20], [10, 10, 80], [40, 40, 20]]

    mean, median = budget(points), budget(points, centre="median")
    trimmed = budget(points, centre="trimmed", trim=0.2)

    np.testing.assert_allclose(mean.weights, [0.40, 0.28, 0.32], rtol=1e-14)
    np.testing.assert_allclose(median.weights, np.array([40, 30, 20]) / 90, rtol=1e-14)
    middle = np.array([130 / 3, 30, 20])  # without the lowest and highest of each
    np.testing.assert_allclose(trimmed.weights, middle / middle.sum(), rtol=1e-14)
    np.testing.assert_allclose(mean.sd[2], np.std([20, 20, 20, 80, 20], ddof=1) / 100, rtol=1e-14)
    assert (mean.low[0], mean.high[0]) == (0.1, 0.6)


@pytest.mark.parametrize("accept", [-0.1, math.nan])
def test_accept_is_a_ratio(accept):
    with pytest.raises(MethodError):
        ahp(HOUSE, accept=accept)


def test_units_and_order_of_points_are_irrelevant():
    points = np.array([[50, 30, 20], [40, 40, 20], [60, 25, 15]])

    for centre in ("mean", "median", "trimmed"):
        base = budget(points, centre=centre, trim=0.34).weights
        np.testing.assert_allclose(budget(1000 * points, centre=centre, trim=0.34).weights, base, rtol=1e-14)
        moved = budget(points[[2, 0, 1]][:, [2, 0, 1]], centre=centre, trim=0.34).weights
        np.testing.assert_allclose(moved, base[[2, 0, 1]], rtol=1e-14)


def test_one_expert_has_no_dispersion():
    found = budget([[1, 3]])

    assert found.weights.tolist() == [0.25, 0.75]
    assert np.isnan(found.sd).all()


def test_sums_that_differ_are_refused_but_for_rounding():
    thirds = budget([[33.3, 33.3, 33.3], [40, 30, 30]])
    odd = [[50, 50], [50, 40], [50, 50]]

    np.testing.assert_allclose(thirds.shares[0], 1 / 3, rtol=1e-15)
    with pytest.raises(DomainError, match="expert 1: 90") as caught:
        budget(odd)
    assert caught.value.positions == ((1, 0),)
    np.testing.assert_allclose(budget(odd, rescale=True).shares[1], [5 / 9, 4 / 9], rtol=1e-15)
    for total in (10, math.nan):
        with pytest.raises(DomainError, match=f"here {total}, but not expert 0: 100; expert 1: 100"):
            budget([[50, 50], [50, 50]], total=total)


@pytest.mark.parametrize(
    ("points", "options", "words"),
    [
        ([[50, np.nan]], {}, "something of every element"),
        ([[50, -1]], {}, "at least 0"),
        ([[0, 0], [1, 1]], {"rescale": True}, "all points are 0 of expert 0. Ask again, or leave them out"),
        ([[1, 1], [0, 0]], {}, "all points are 0 of expert 1"),
        (
            [[100, 0], [0, 100], [100, 0]],
            {"centre": "trimmed"},
            "of 3 experts leaves nobody out. Trim at least 0.34",
        ),
        ([[1, 0], [0, 1]], {"centre": "trimmed"}, "of 2 experts leaves nobody out. Take the mean"),
        ([[1, 0]], {"centre": "trimmed"}, "of 1 expert leaves nobody out. Take the mean"),
        ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], {"centre": "median"}, "is 0"),
        ([1, 2], {}, "one row per expert"),
    ],
)
def test_a_panel_that_says_nothing_clear_is_refused(points, options, words):
    with pytest.raises(DomainError, match=words):
        budget(points, **options)


@pytest.mark.parametrize("n", [3, 6, 7, 9, 11, 13, 30])
def test_the_advised_trim_works(n):
    points = np.eye(n, 3) + 1

    with pytest.raises(DomainError) as caught:
        budget(points, centre="trimmed", trim=0.01, rescale=True)
    advised = float(str(caught.value).partition("at least ")[2].split(",")[0])

    assert np.isfinite(budget(points, centre="trimmed", trim=advised, rescale=True).weights).all()
    assert 1 / n <= advised < 1 / n + 0.01


def test_options_of_a_panel_are_checked():
    for options in ({"trim": 0.5}, {"centre": "mode"}):
        with pytest.raises(MethodError):
            budget([[1, 1]], **options)


def test_kendalls_w_without_ties():
    # A textbook's 10 projects and 4 judges (S = 1048): W = 12 x 1048 / (16 x 990).
    judges = [
        [1, 3, 4, 5, 2, 8, 6, 7, 10, 9],
        [2, 1, 4, 5, 6, 3, 8, 7, 10, 9],
        [3, 2, 1, 5, 7, 4, 6, 8, 9, 10],
        [4, 2, 3, 1, 6, 7, 5, 9, 8, 10],
    ]

    found = concordance(judges)

    assert found.w == pytest.approx(12 * 1048 / (16 * 990), rel=1e-12)
    assert (found.chi2, found.df) == (pytest.approx(4 * 9 * found.w), 9)
    assert 0.0005 < found.p < 0.001  # chi-square table, 9 degrees of freedom: 29.67 and 27.88


def test_kendalls_w_with_ties():
    # J. H. Zar, "Biostatistical Analysis", 2010, example 20.5: wing, tail and bill of 12 birds; rank sums as printed
    # there; corrected W = 12 x 1175.5 / (9 x 1716 - 3 x 60).
    ranks = [
        [4, 8.5, 10, 1.5, 3, 1.5, 7, 5, 8.5, 11, 6, 12],
        [5, 7, 11, 2.5, 5, 1, 5, 2.5, 9.5, 8, 9.5, 12],
        [5.5, 5.5, 9.5, 2, 3, 1, 8, 4, 11, 9.5, 7, 12],
    ]
    sums = [14.5, 21, 30.5, 6, 11, 3.5, 20, 11.5, 29, 28.5, 22.5, 36]

    found = concordance(ranks)

    assert np.sum(ranks, axis=0).tolist() == sums
    assert found.w == pytest.approx(12 * 1175.5 / (9 * 1716 - 3 * 60), rel=1e-12)
    assert found.w == pytest.approx(0.924, abs=5e-4)


def test_kendalls_w_knows_points_and_ranks_alike():
    assert concordance([[10, 30, 60], [20, 30, 50]]).w == 1
    assert concordance([[1, 2], [2, 1]]).w == 0
    for points in ([[1, 2, 3]], [[1], [2]], [[5, 5], [3, 3]]):
        with pytest.raises(DomainError):
            concordance(points)


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ("centroid", [25 / 48, 13 / 48, 7 / 48, 3 / 48]),  # Barron and Barrett 1996: .5208 .2708 .1458 .0625
        ("sum", [0.4, 0.3, 0.2, 0.1]),
        ("reciprocal", [12 / 25, 6 / 25, 4 / 25, 3 / 25]),
    ],
)
def test_rank_order_weights(scheme, expected):
    np.testing.assert_allclose(rank_order([1, 2, 3, 4], scheme=scheme), expected, rtol=1e-14)
    np.testing.assert_allclose(
        rank_order([4, 10, 1, 7], scheme=scheme), np.take(expected, [1, 3, 0, 2]), rtol=1e-14
    )


@pytest.mark.parametrize("scheme", ["centroid", "sum", "reciprocal"])
def test_ties_share_whatever_ranks_they_are_given(scheme):
    first, second, third, fourth = rank_order([1, 2, 3, 4], scheme=scheme)

    for ranks in ([1, 2, 2, 4], [1, 2.5, 2.5, 4], [1, 3, 3, 4], [1, 2, 2, 3]):
        shared = (second + third) / 2
        np.testing.assert_allclose(
            rank_order(ranks, scheme=scheme), [first, shared, shared, fourth], rtol=1e-14
        )
    np.testing.assert_allclose(rank_order([7, 7, 7], scheme=scheme), 1 / 3, rtol=1e-14)
    with pytest.raises(DomainError):
        rank_order([1, np.nan], scheme=scheme)


def test_swing_is_against_a_hundred():
    np.testing.assert_allclose(swing([[100, 50, 50], [0, 100, 100]]), [[0.5, 0.25, 0.25], [0, 0.5, 0.5]])
    for points in ([90, 50], [100, 120], [100, -1], [100, np.nan]):
        with pytest.raises(DomainError):
            swing(points)


# Combination -------------------------------------------------------------------------------------------------


def test_game_theory_solves_its_equations():
    # By hand: products .38, .44 and .28, so a1 : a2 = .44 (.38 - .28) : .38 (.44 - .28).
    first, second = [0.5, 0.3, 0.2], [0.2, 0.2, 0.6]

    found = combine.game([first, second])

    share = np.array([0.44 * 0.10, 0.38 * 0.16])
    share /= share.sum()
    np.testing.assert_allclose(found.coefficients, share, rtol=1e-10)
    np.testing.assert_allclose(found.weights, share @ np.array([first, second]), rtol=1e-12)


def test_game_theory_of_equal_sets_and_of_equal_weights():
    same = combine.game([[0.5, 0.3, 0.2]] * 2)
    equal = combine.game([[1, 1, 1, 1], [4, 3, 2, 1]])

    np.testing.assert_allclose(same.weights, [0.5, 0.3, 0.2], rtol=1e-12)
    np.testing.assert_allclose(equal.weights, [0.4, 0.3, 0.2, 0.1], rtol=1e-9)
    assert equal.coefficients[0] == 0


def test_a_negative_coefficient_is_refused():
    first, second = [0.5, 0.5, 0], [0.9, 0.1, 0]

    with pytest.raises(DomainError, match="negative"):
        combine.game([[0.4, 0.3, 0.3], second])
    np.testing.assert_allclose(combine.linear([first, second]).weights, [0.7, 0.3, 0], rtol=1e-14)


def test_sets_that_depend_on_each_other_are_refused():
    with pytest.raises(DomainError, match="depend on each other"):
        combine.game([[0.6, 0.3, 0.1], [0.2, 0.2, 0.6], [0.4, 0.25, 0.35]])


def test_products_are_scaled_and_powers_make_a_geometric_mean():
    first, second = [0.5, 0.3, 0.2], [0.2, 0.2, 0.6]

    plain = combine.multiplicative([first, second])
    mean = combine.multiplicative([first, second], [0.5, 0.5])

    np.testing.assert_allclose(plain.weights, np.array([0.10, 0.06, 0.12]) / 0.28, rtol=1e-14)
    root = np.sqrt([0.10, 0.06, 0.12])
    np.testing.assert_allclose(mean.weights, root / root.sum(), rtol=1e-14)
    assert combine.multiplicative([[0, 1, 1], [1, 1, 2]]).weights.tolist() == pytest.approx([0, 1 / 3, 2 / 3])
    np.testing.assert_allclose(
        combine.multiplicative([[0, 1, 1], [1, 1, 2]], [0, 1]).weights, [0.25, 0.25, 0.5]
    )
    with pytest.raises(DomainError, match="every element is 0"):
        combine.multiplicative([[0, 1], [1, 0]])


@pytest.mark.parametrize("function", [combine.linear, combine.multiplicative, combine.game])
def test_what_is_no_set_of_weights_is_refused(function):
    for sets in ([[0, 0], [1, 1]], [[-1, 2], [1, 1]], [[np.nan, 1], [1, 1]], [1, 2]):
        with pytest.raises(DomainError):
            function(sets)


def test_scale_of_a_set_changes_nothing():
    a, b = np.array([[0.5, 0.3, 0.2], [0.2, 0.2, 0.6]])

    for function in (combine.linear, combine.multiplicative, combine.game):
        np.testing.assert_allclose(function([100 * a, b]).weights, function([a, b]).weights, rtol=1e-12)


@pytest.mark.parametrize("coefficients", [[1], [-1, 2], [0, 0], [np.nan, 1]])
def test_coefficients_fit_the_sets(coefficients):
    with pytest.raises(DomainError, match="as many coefficients"):
        combine.linear([[1, 1], [1, 2]], coefficients)
