"""Diagnostics against the Handbook's Technology Achievement Index, psych's examples, and slow textbook twins."""

import math
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest

from equindex import diagnostics
from equindex.errors import DomainError, MethodError

# OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, table A.2: the first 23 countries.
PATENTS = (
    "187 289 271 994 779 189 82 31 75 8 235 103 106 72 103 165 205 74 42 13 28 26 105",
    "125.6 130 156.6 64.6 9.8 151.2 134 38.6 18.2 25.5 36.8 20.2 110.3 73.9 13 14.8 33.6 43.6 8.6 9.8 4.2 6.2 4",
)
DIFFUSION = (
    "200.2 179.1 125.8 49 4.8 136 57.4 108 125.9 72.3 41.2 193.6 48.6 58.9 146.7 84.2 36.4 43.2 21 30.4 25 21.6 20.3",
    "50.7 66.2 59.7 80.8 66.7 50.9 61.9 48.7 16.2 74.9 64.2 19 53.6 47.6 15.4 50.3 58.9 45 53.4 51 51.7 63.5 49.5",
    "3.08 3.00 3.10 3.00 2.97 3.02 3.02 2.94 2.94 2.95 2.94 3.12 2.97 2.91 2.86 2.99 2.97 2.96 2.86 3.00 2.75 2.73 "
    "2.84",
    "4.15 4.07 4.14 3.86 3.65 3.77 3.73 4.18 3.94 3.83 3.75 4.39 3.68 3.86 3.91 3.79 3.80 3.74 3.62 3.65 3.68 3.46 "
    "3.71",
)
SKILLS = (
    "10 12 11.4 9.5 10.8 9.4 9.4 11.6 10.9 7.1 10.2 11.9 9.4 9.3 11.7 8.4 7.9 9.6 7.3 7.2 9.5 9.1 7.1",
    "27.4 13.9 15.3 10 23.2 9.5 14.9 14.2 25.3 24.2 14.4 11.2 12.3 13.6 13.1 13.6 12.6 11 15.6 13 8.2 7.7 10.6",
)
TAI = np.array([[float(cell) for cell in row.split()] for row in (*PATENTS, *DIFFUSION, *SKILLS)]).T
TELEPHONES = 4  # printed as rounded logarithms: the Handbook's own correlations of it are off by up to 0.02


def mirrored(rows):
    """Return the symmetric matrix with these rows below the diagonal."""
    r = np.eye(len(rows) + 1)
    for i, row in enumerate(rows, start=1):
        r[i, :i] = r[:i, i] = row
    return r


TABLE_6 = mirrored(
    [
        [0.13],
        [-0.09, 0.46],
        [0.45, 0.25, -0.45],
        [0.28, 0.56, 0.56, 0.00],
        [0.03, 0.32, 0.84, -0.36, 0.64],
        [0.22, 0.30, 0.63, -0.35, 0.30, 0.65],
        [0.08, 0.06, 0.27, -0.03, 0.33, 0.26, 0.08],
    ]
)
# Harman, "Modern Factor Analysis", 1967, table 8.17, in the R package psych as Harman.political.
POLITICAL = mirrored(
    [
        [0.84],
        [0.62, 0.84],
        [-0.53, -0.68, -0.76],
        [0.03, -0.05, 0.08, -0.25],
        [0.57, 0.76, 0.81, -0.80, 0.25],
        [-0.33, -0.35, -0.51, 0.62, -0.72, -0.58],
        [-0.63, -0.73, -0.81, 0.88, -0.36, -0.84, 0.68],
    ]
)
RNG = np.random.default_rng(5)
X = RNG.normal(size=(30, 4)) @ RNG.normal(size=(4, 4)) + 50
GAPS = X.copy()
GAPS[[2, 7, 7, 20], [0, 0, 1, 3]] = np.nan


# --- published -----------------------------------------------------------------------------------------


def test_correlations_of_the_handbook():
    r = diagnostics.correlation(TAI).r

    others = [i for i in range(8) if i != TELEPHONES]
    np.testing.assert_allclose(r[np.ix_(others, others)], TABLE_6[np.ix_(others, others)], atol=0.0085)
    np.testing.assert_allclose(r, TABLE_6, atol=0.02)


def test_components_of_the_handbook():
    found = diagnostics.pca(diagnostics.correlation(TAI).r)

    shares = [41.9, 21.8, 12.3, 11.1, 6.0, 3.7, 2.2, 0.9]  # table 7
    first = [0.11, 0.56, 0.92, -0.35, 0.76, 0.91, 0.74, 0.36]  # table 8, its sign turned
    np.testing.assert_allclose(found.eigenvalues, [3.3, 1.7, 1.0, 0.9, 0.5, 0.3, 0.2, 0.1], atol=0.055)
    np.testing.assert_allclose(100 * found.shares, shares, atol=0.12)
    np.testing.assert_allclose(found.loadings[:, 0], first, atol=0.0065)
    assert found.eigenvalues.sum() == pytest.approx(8, abs=1e-12)


def test_alpha_of_the_handbook():
    found = diagnostics.alpha(TAI, standardised=True)

    deleted = [0.704, 0.645, 0.636, 0.774, 0.603, 0.624, 0.662, 0.706]  # table 11
    rest = [0.261, 0.527, 0.566, -0.108, 0.701, 0.614, 0.451, 0.249]
    assert found.alpha == pytest.approx(0.70, abs=0.005)
    np.testing.assert_allclose(found.deleted, deleted, atol=0.0015)
    np.testing.assert_allclose(found.rest, rest, atol=0.0065)


def test_adequacy_as_documented_by_psych():
    found = diagnostics.kmo(POLITICAL)

    assert found.overall.round(2) == 0.81
    assert found.items.round(2).tolist() == [
        0.73,
        0.76,
        0.84,
        0.87,
        0.53,
        0.93,
        0.78,
        0.86,
    ]


# --- correlations --------------------------------------------------------------------------------------


def tau_b(a, b):
    """Count pairs of regions, by the definition."""
    agree = ties_a = ties_b = pairs = 0
    for i in range(len(a)):
        for j in range(i):
            da, db = np.sign(a[i] - a[j]), np.sign(b[i] - b[j])
            agree, ties_a, ties_b, pairs = agree + da * db, ties_a + (da == 0), ties_b + (db == 0), pairs + 1
    return agree / math.sqrt((pairs - ties_a) * (pairs - ties_b))


def mean_ranks(a):
    return [
        1 + sum(other < value for other in a) + (sum(other == value for other in a) - 1) / 2 for value in a
    ]


def pearson(a, b):
    mean_a, mean_b = math.fsum(a) / len(a), math.fsum(b) / len(b)
    top = math.fsum((p - mean_a) * (q - mean_b) for p, q in zip(a, b, strict=True))
    return top / math.sqrt(math.fsum((p - mean_a) ** 2 for p in a) * math.fsum((q - mean_b) ** 2 for q in b))


TWINS = {
    "pearson": pearson,
    "spearman": lambda a, b: pearson(mean_ranks(a), mean_ranks(b)),
    "kendall": tau_b,
}


@pytest.mark.parametrize("method", TWINS)
@pytest.mark.parametrize("x", [X, GAPS, np.round(GAPS / 2)], ids=["whole", "gaps", "ties"])
def test_correlations_equal_the_slow_twin(method, x):
    found = diagnostics.correlation(x, method=method)

    for i in range(4):
        for j in range(4):
            both = ~np.isnan(x[:, [i, j]]).any(axis=1)
            twin = TWINS[method](x[both, i].tolist(), x[both, j].tolist())
            assert found.r[i, j] == pytest.approx(twin, abs=1e-12)
            assert found.n[i, j] == both.sum()


@pytest.mark.parametrize("method", TWINS)
def test_a_constant_column_has_no_correlation_and_spoils_no_other(method):
    x = GAPS.copy()
    x[:, 2] = 0.1

    found = diagnostics.correlation(x, method=method).r

    rest = [0, 1, 3]
    assert np.isnan(found[2]).all()
    assert np.isnan(found[:, 2]).all()
    alone = diagnostics.correlation(GAPS[:, rest], method=method).r
    np.testing.assert_allclose(found[np.ix_(rest, rest)], alone, atol=1e-14)


@pytest.mark.parametrize("method", TWINS)
def test_a_column_that_is_constant_where_both_are_known_has_no_correlation(method):
    x = np.array([[1.0, 5.0], [1.0, 6.0], [1.0, 9.0], [2.0, np.nan]])

    assert np.isnan(diagnostics.correlation(x, method=method).r[0, 1])


@pytest.mark.parametrize("method", TWINS)
def test_two_regions_correlate_fully_and_one_not_at_all(method):
    assert diagnostics.correlation([[1.0, 5.0], [2.0, 4.0]], method=method).r[0, 1] == pytest.approx(-1)
    assert np.isnan(diagnostics.correlation([[1.0, 5.0], [2.0, np.nan]], method=method).r[0, 1])


@pytest.mark.parametrize("method", TWINS)
def test_unit_order_and_offset_change_no_correlation(method):
    shuffled = RNG.permutation(30)
    base = diagnostics.correlation(GAPS, method=method).r

    moved = diagnostics.correlation((GAPS * [1000, 1e-180, 1e160, 3])[shuffled], method=method).r

    np.testing.assert_allclose(moved, base, atol=1e-12)


def test_infinite_values_and_unknown_methods_are_refused():
    with pytest.raises(
        DomainError, match=r"finite values, but 1 of 4 is not \(first: inf at position \(1, 0\)\)"
    ):
        diagnostics.correlation([[1.0, 2.0], [np.inf, 3.0]])
    with pytest.raises(MethodError, match="Did you mean 'kendall'"):
        diagnostics.correlation(X, method="kendal")
    with pytest.raises(DomainError, match="a table of regions and indicators"):
        diagnostics.correlation([1.0, 2.0])


# --- alpha ---------------------------------------------------------------------------------------------


def cronbach(rows):
    """Compute alpha from variances of items and of their sum, exactly."""
    rows = [[Fraction(value) for value in row] for row in rows]

    def variance(values):
        mean = sum(values) / len(values)
        return sum((value - mean) ** 2 for value in values)

    k = len(rows[0])
    items = sum(variance([row[i] for row in rows]) for i in range(k))
    return float(Fraction(k, k - 1) * (1 - items / variance([sum(row) for row in rows])))


def test_alpha_equals_the_exact_twin_and_leaves_out_regions_with_gaps():
    found = diagnostics.alpha(GAPS)

    rows = GAPS[~np.isnan(GAPS).any(axis=1)]
    assert found.n == 27
    assert found.alpha == pytest.approx(cronbach(rows.tolist()), rel=1e-12)
    for i in range(4):
        assert found.deleted[i] == pytest.approx(cronbach(np.delete(rows, i, axis=1).tolist()), rel=1e-11)
        assert found.rest[i] == pytest.approx(
            pearson(rows[:, i], np.delete(rows, i, axis=1).sum(axis=1)), abs=1e-12
        )


def test_alpha_of_copies_is_1_and_the_unit_is_irrelevant_when_standardised():
    copies = np.column_stack([X[:, 0], X[:, 0], X[:, 0]])

    assert diagnostics.alpha(copies).alpha == pytest.approx(1, abs=1e-12)
    moved = diagnostics.alpha(X * [1, 1000, 1e-160, 7], standardised=True)
    assert moved.alpha == pytest.approx(diagnostics.alpha(X, standardised=True).alpha, abs=1e-12)


@pytest.mark.parametrize(
    ("x", "match"),
    [
        (X[:, :1], "2 indicators and 3 regions"),
        (X[:2], "but there are 4 and 2"),
        (np.column_stack([X[:, 0], np.full(30, 0.3)]), r"constant \(indicator positions \[1\]\)"),
        (np.column_stack([X[:, 0], 100 - X[:, 0]]), "they cancel"),
    ],
)
def test_alpha_refuses_what_it_cannot_measure(x, match):
    with pytest.raises(DomainError, match=match):
        diagnostics.alpha(x)


# --- factors -------------------------------------------------------------------------------------------


def determinant(r):
    """Sum over permutations, exactly."""
    k, total = len(r), Fraction(0)
    for order in permutations(range(k)):
        sign = (-1) ** sum(order[i] > order[j] for i in range(k) for j in range(i + 1, k))
        total += sign * math.prod(Fraction(r[i][order[i]]) for i in range(k))
    return total


def partial(r, i, j):
    """Correlate two indicators given the others, from minors of the matrix."""

    def minor(a, b):
        rows = [row for n, row in enumerate(r) if n != a]
        return determinant([[cell for m, cell in enumerate(row) if m != b] for row in rows])

    return (-1) ** (i + j + 1) * float(minor(i, j)) / math.sqrt(float(minor(i, i)) * float(minor(j, j)))


def test_adequacy_and_sphericity_equal_the_exact_twin():
    r = TABLE_6[:5, :5]
    exact = [[Fraction(str(cell)) for cell in row] for row in r.tolist()]

    adequacy, test = diagnostics.kmo(r), diagnostics.bartlett(r, 23)

    pairs = [[0 if i == j else partial(exact, i, j) ** 2 for j in range(5)] for i in range(5)]
    plain = [[0 if i == j else r[i, j] ** 2 for j in range(5)] for i in range(5)]
    for i in range(5):
        assert adequacy.items[i] == pytest.approx(sum(plain[i]) / (sum(plain[i]) + sum(pairs[i])), rel=1e-11)
    total = sum(map(sum, plain))
    assert adequacy.overall == pytest.approx(total / (total + sum(map(sum, pairs))), rel=1e-11)
    assert test.df == 10
    chi2 = -(22 - 15 / 6) * math.log(determinant(exact))
    assert test.chi2 == pytest.approx(chi2, rel=1e-11)
    half = chi2 / 2  # of an even number of degrees of freedom the tail is a finite sum
    tail = math.exp(-half) * sum(half**i / math.factorial(i) for i in range(5))
    assert test.p == pytest.approx(tail, rel=1e-10)


def test_without_correlations_there_is_no_adequacy_and_nothing_to_test():
    found = diagnostics.kmo(np.eye(3))

    assert np.isnan(found.overall)
    assert diagnostics.bartlett(np.eye(3), 30).p == 1


@pytest.mark.parametrize("function", [diagnostics.kmo, lambda r: diagnostics.bartlett(r, 30)])
def test_singular_correlations_are_refused(function):
    copied = diagnostics.correlation(np.column_stack([X, X[:, 0]])).r
    summed = diagnostics.correlation(np.column_stack([X, X.sum(axis=1)])).r
    few = diagnostics.correlation(X[:4]).r

    for r in (copied, summed, few):
        with pytest.raises(DomainError, match="these are singular"):
            function(r)


def test_a_constant_indicator_is_refused_by_position():
    r = diagnostics.correlation(np.column_stack([X, np.ones(30)])).r

    for function in (diagnostics.kmo, diagnostics.pca):
        with pytest.raises(DomainError, match=r"indicator positions \[4\]") as caught:
            function(r)
        assert caught.value.positions == ((None, 4),)


def test_too_few_regions_for_bartlett_and_no_matrix_are_refused():
    with pytest.raises(DomainError, match=r"needs more than 3\.167 regions, but has 3"):
        diagnostics.bartlett(np.eye(4), 3)
    with pytest.raises(DomainError, match="not the shape"):
        diagnostics.kmo(X)


def test_components_rebuild_the_correlations_even_of_fewer_regions_than_indicators():
    r = diagnostics.correlation(X[:4]).r

    found = diagnostics.pca(r)

    np.testing.assert_allclose(found.loadings @ found.loadings.T, r, atol=1e-12)
    np.testing.assert_allclose((found.loadings**2).sum(axis=0), found.eigenvalues, atol=1e-12)
    assert (found.loadings.sum(axis=0) >= -1e-12).all()
    assert found.eigenvalues[-1] < 1e-12
    assert found.shares.sum() == pytest.approx(1)


def test_correlations_of_different_regions_that_fit_no_data_are_refused():
    with pytest.raises(DomainError, match=r"an eigenvalue is -0\.8"):
        diagnostics.pca(mirrored([[0.9], [0.9, -0.9]]))


def test_a_batch_of_matrices_equals_its_parts():
    batch = np.stack([TABLE_6, POLITICAL])

    adequacy, found, test = diagnostics.kmo(batch), diagnostics.pca(batch), diagnostics.bartlett(batch, 40)

    for number, part in enumerate(batch):
        np.testing.assert_allclose(adequacy.items[number], diagnostics.kmo(part).items, rtol=1e-12)
        np.testing.assert_allclose(found.loadings[number], diagnostics.pca(part).loadings, atol=1e-12)
        np.testing.assert_allclose(test.chi2[number], diagnostics.bartlett(part, 40).chi2, rtol=1e-12)


# --- importance ----------------------------------------------------------------------------------------


def spline_effect(x, y):
    """Fit the penalised spline by its normal equations, trying every penalty; return its share of variance."""
    x = (x - x.min()) / (x.max() - x.min())
    values = np.unique(x)
    count = max(1, min(len(values) // 4, 35))
    knots = np.quantile(values, np.arange(1, count + 1) / (count + 1))
    line = np.column_stack([np.ones_like(x), x])
    bends = np.maximum(x[:, None] - knots, 0)
    free = bends - line @ np.linalg.lstsq(line, bends, rcond=None)[0]
    unit = np.trace(free.T @ free) / count
    basis, penalty = np.column_stack([line, bends]), np.diag([0.0, 0.0, *np.ones(count)])
    best = (np.inf, 0.0)
    for step in range(49):
        hat = basis @ np.linalg.solve(basis.T @ basis + 10 ** (-6 + step / 4) * unit * penalty, basis.T)
        fit = hat @ y
        loss = ((y - fit) ** 2).sum() / (len(y) - 1.4 * np.trace(hat)) ** 2
        best = min(best, (loss, ((fit - y.mean()) ** 2).sum() / ((y - y.mean()) ** 2).sum()))
    fit = line @ np.linalg.lstsq(line, y, rcond=None)[0]
    loss = ((y - fit) ** 2).sum() / (len(y) - 2.8) ** 2
    return min(best, (loss, ((fit - y.mean()) ** 2).sum() / ((y - y.mean()) ** 2).sum()))[1]


def test_main_effects_equal_the_slow_twin():
    x = RNG.uniform(-1, 1, (60, 3))
    y = np.column_stack([np.sin(3 * x[:, 0]), x[:, 1] ** 2, x[:, 2]]).sum(axis=1) + RNG.normal(0, 0.1, 60)

    found = diagnostics.main_effects(x, y)

    for i in range(3):
        assert found.linear[i] == pytest.approx(pearson(x[:, i], y) ** 2, abs=1e-12)
        assert found.smooth[i] == pytest.approx(spline_effect(x[:, i], y), abs=1e-7)
    assert found.smooth[1] > found.linear[1] + 0.05


def test_what_an_index_bends_around_is_important_though_uncorrelated():
    x = np.linspace(-1, 1, 41)

    found = diagnostics.main_effects(x[:, None], np.abs(x))

    assert found.linear[0] == pytest.approx(0, abs=1e-12)
    assert found.smooth[0] > 0.99


def test_two_groups_explain_their_correlation_ratio_exactly():
    group = np.array([0.0, 1.0] * 10)
    y = np.arange(20.0) + 5 * group

    found = diagnostics.main_effects(group[:, None], y)

    means = [y[group == side].mean() for side in (0, 1)]
    ratio = sum(10 * (mean - y.mean()) ** 2 for mean in means) / ((y - y.mean()) ** 2).sum()
    assert found.linear[0] == pytest.approx(ratio, rel=1e-12)
    assert found.smooth[0] == pytest.approx(ratio, rel=1e-12)


def test_a_line_explains_all_and_its_unit_and_order_are_irrelevant():
    shuffled = RNG.permutation(30)
    y = X @ [1.0, 2.0, 3.0, 4.0]
    base = diagnostics.main_effects(GAPS, y)

    moved = diagnostics.main_effects((GAPS * [1000, -1, 1e-6, 1])[shuffled], (1e6 * y)[shuffled])

    np.testing.assert_allclose(moved.linear, base.linear, atol=1e-12)
    np.testing.assert_allclose(moved.smooth, base.smooth, atol=1e-9)
    assert (base.smooth >= base.linear).all()
    assert base.n.tolist() == [28, 29, 30, 29]
    assert diagnostics.main_effects(y[:, None], y).smooth[0] == pytest.approx(1, abs=1e-12)


def test_constant_or_few_regions_have_no_main_effect():
    found = diagnostics.main_effects(np.column_stack([np.ones(30), X[:, 0]]), X[:, 1])
    few = diagnostics.main_effects(X[:9], X[:9, 0])

    assert np.isnan([found.linear[0], found.smooth[0]]).all()
    assert np.isfinite(found.smooth[1])
    assert np.isfinite(few.linear).all()
    assert np.isnan(few.smooth).all()
    assert np.isnan(diagnostics.main_effects(X, np.ones(30)).linear).all()
    with pytest.raises(DomainError, match="one value for each of the 30 regions"):
        diagnostics.main_effects(X, X[:4, 0])


# --- redundancy ----------------------------------------------------------------------------------------


def test_groups_chain_mirror_and_ignore_what_is_unknown():
    r = mirrored([[0.95], [0.5, 0.92], [0.1, 0.2, -0.1], [0.0, 0.0, 0.0, -0.97], [np.nan] * 5])

    assert diagnostics.together(r) == ((0, 1, 2), (3, 4))
    assert diagnostics.together(r, limit=0.93) == ((0, 1), (3, 4))
    assert diagnostics.together(np.eye(3)) == ()


def test_a_part_is_nowhere_larger_and_goes_with_the_whole():
    whole = np.array([4.0, 6.0, 9.0, 200.0, 7.0])
    part = whole * [0.5, 0.45, 0.5, 0.55, 0.5]
    beyond = np.where(whole == 7, 7.5, part)
    apart = np.array([3.0, 1.0, 2.0, 1.0, 3.0])

    found = diagnostics.contained(np.column_stack([whole, part, beyond, apart, whole, -part]))

    assert np.argwhere(found).tolist() == [[1, 0], [1, 2], [1, 4]]  # copies hold no part of each other


def test_a_gap_hides_no_part_and_two_regions_prove_none():
    x = np.array([[2.0, 1.0], [4.0, 2.0], [6.0, 3.2], [np.nan, 9.0]])

    assert np.argwhere(diagnostics.contained(x)).tolist() == [[1, 0]]
    assert not diagnostics.contained(x[:2]).any()


def test_exact_combinations_are_found_as_sets_whatever_the_unit_or_order():
    a, b, c, d = RNG.normal(size=(4, 30)) + 10
    x = np.column_stack([a, b, a + b, c, 1000 * d, 3 - d, c * d])

    found = diagnostics.dependence(x)
    turned = diagnostics.dependence(x[:, ::-1])

    assert found.sets == ((0, 1, 2), (4, 5))
    assert turned.sets == ((1, 2), (4, 5, 6))
    assert found.condition == np.inf
    np.testing.assert_allclose(turned.explained, found.explained[::-1], atol=1e-9)


def test_what_others_explain_equals_a_regression():
    x = np.column_stack([GAPS, GAPS[:, 0] + 2 * GAPS[:, 2]])

    found = diagnostics.dependence(x)

    rows = x[~np.isnan(x).any(axis=1)]
    for i in range(5):
        others = np.column_stack([np.ones(len(rows)), np.delete(rows, i, axis=1)])
        rest = rows[:, i] - others @ np.linalg.lstsq(others, rows[:, i], rcond=None)[0]
        twin = 1 - rest @ rest / ((rows[:, i] - rows[:, i].mean()) ** 2).sum()
        assert found.explained[i] == pytest.approx(twin, abs=1e-9)
    plain = diagnostics.dependence(X)
    values = np.linalg.eigvalsh(np.corrcoef(X.T))
    assert plain.sets == ()
    assert plain.condition == pytest.approx(math.sqrt(values[-1] / values[0]), rel=1e-9)


def test_with_no_more_regions_than_indicators_nothing_is_said():
    found = diagnostics.dependence(X[:4])

    assert found.sets == ()
    assert np.isnan(found.explained).all()


def test_dependence_refuses_constant_columns():
    with pytest.raises(
        DomainError, match=r"1 of 5 are constant over the 30 regions that have all \(indicator pos"
    ):
        diagnostics.dependence(np.column_stack([X, np.ones(30)]))
