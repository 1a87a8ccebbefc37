import csv
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from equindex import convergence
from equindex.errors import DomainError, MethodError

RNG = np.random.default_rng(3)
START = RNG.lognormal(3, 0.5, (2, 3, 12))
END = START**0.8 * RNG.lognormal(1, 0.1, START.shape)


@pytest.fixture(scope="module")
def life(reference):
    """Read life expectancy of the 30 provinces that both censuses list."""
    with reference("china/cn_life_expectancy_1990_2000.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["province_en"] != "National"]
    years = [
        {
            row["province_en"]: float(row["life_expectancy"])
            for row in rows
            if row["year"] == year and row["life_expectancy"]
        }
        for year in ("1990", "2000")
    ]
    names = [name for name in years[0] if name in years[1]]
    assert len(names) == 30
    expected = json.loads(reference("china/cn_worked_values.json").read_text(encoding="utf-8"))
    return (
        np.array([[year[name] for name in names] for year in years]),
        expected["life_expectancy_1990_2000_30prov_excl_Chongqing"],
    )


# Worked values


def test_life_expectancy_of_provinces_came_closer_as_worked_out(life):
    x, expected = life

    found, line = convergence.sigma(x), convergence.beta(x[0], x[1], 10)

    assert found.cv == pytest.approx([expected["cv1990"], expected["cv2000"]], abs=1e-12)
    worked = [expected["sd_log_1990"], expected["sd_log_2000"]]
    assert found.sd_log == pytest.approx(worked, abs=1e-12)
    assert line.intercept == pytest.approx(expected["beta_conv_intercept"], abs=1e-12)
    assert line.slope == pytest.approx(expected["beta_conv_slope"], abs=1e-12)
    assert line.speed == pytest.approx(expected["lambda_speed"], abs=1e-12)
    assert line.half_life == pytest.approx(math.log(2) / expected["lambda_speed"], rel=1e-12)


def test_simple_regression_agrees_with_scipy(life):
    x, _ = life

    found = convergence.beta(x[0], x[1], 10)

    line = stats.linregress(np.log(x[0]), np.log(x[1] / x[0]) / 10)
    for name, value in {
        "slope": line.slope,
        "error": line.stderr,
        "p": line.pvalue,
        "r2": line.rvalue**2,
    }.items():
        assert getattr(found, name) == pytest.approx(value, rel=1e-9), name
    assert found.intercept == pytest.approx(line.intercept, rel=1e-12)


# Sigma


@settings(max_examples=60)
@given(
    x=arrays(float, (3, 5), elements=st.floats(0.01, 1e4)),
    gone=arrays(bool, (3, 5)),
    population=st.none() | arrays(float, 5, elements=st.integers(0, 9).map(float)),
)
def test_sigma_agrees_with_one_year_at_a_time(x, gone, population):
    x = np.where(gone, np.nan, x)

    found = convergence.sigma(x, population=population)

    for year, row in enumerate(x):
        weights = np.ones(5) if population is None else population
        keep = ~np.isnan(row) & (weights > 0)
        assert found.n[year] == keep.sum()
        if not keep.any():
            assert np.isnan(found.cv[year])
            assert np.isnan(found.sd_log[year])
            continue
        y, w = row[keep], weights[keep]
        mean, middle = np.average(y, weights=w), np.average(np.log(y), weights=w)
        cv = math.sqrt(np.average((y - mean) ** 2, weights=w)) / mean
        sd = math.sqrt(np.average((np.log(y) - middle) ** 2, weights=w))
        np.testing.assert_allclose([found.cv[year], found.sd_log[year]], [cv, sd], rtol=1e-10, atol=1e-13)


def test_divisors_and_single_regions():
    found = convergence.sigma([[1.0, 3.0, np.nan], [2.0, np.nan, np.nan]], ddof=1)

    np.testing.assert_allclose(found.cv, [math.sqrt(2) / 2, np.nan])
    np.testing.assert_allclose(found.sd_log, [math.log(3) / math.sqrt(2), np.nan])


def test_balanced_years_measure_the_same_regions():
    x = [[1.0, 2.0, np.nan], [1.0, 2.0, 50.0]]

    found = convergence.sigma(x, balanced=True)

    assert found.n.tolist() == [2, 2]
    assert found.cv[0] == found.cv[1] == pytest.approx(1 / 3)
    assert convergence.sigma(x).cv[1] > 1


def test_values_without_a_logarithm_are_refused_with_their_position():
    with pytest.raises(DomainError, match="above 0") as caught:
        convergence.sigma([[1.0, 2.0], [0.0, 1.0]])

    assert caught.value.positions == ((1, 0),)
    with pytest.raises(DomainError, match="population"):
        convergence.sigma([[1.0, 2.0]], population=[1, -1])


# Beta


def twin(start, end, years, controls, errors):
    """Ordinary least squares of one column from its textbook formulas."""
    keep = ~np.isnan(start) & ~np.isnan(end)
    z = np.empty((len(start), 0)) if controls is None else controls
    x = np.column_stack([np.ones(len(start)), z, np.log(start)])[keep]
    y = (np.log(end / start) / years)[keep]
    b = np.linalg.lstsq(x, y, rcond=None)[0]
    e, bread, (n, k) = y - x @ b, np.linalg.inv(x.T @ x), x.shape
    h = np.diag(x @ bread @ x.T)
    squares = {"classic": np.full(n, e @ e / (n - k)), "hc1": e**2 * n / (n - k), "hc3": e**2 / (1 - h) ** 2}
    covariance = bread @ (x.T * squares[errors]) @ x @ bread
    t = b[-1] / math.sqrt(covariance[-1, -1])
    return (
        b,
        np.sqrt(np.diag(covariance)),
        2 * stats.t.sf(abs(t), n - k),
        1 - e @ e / ((y - y.mean()) ** 2).sum(),
        n,
    )


@pytest.mark.parametrize("errors", ["classic", "hc1", "hc3"])
@pytest.mark.parametrize("conditional", [False, True])
def test_a_batch_agrees_with_least_squares_of_each_column(errors, conditional):
    start = START.copy()
    start[0, 1, :3] = np.nan
    controls = RNG.normal(size=(12, 2)) + 5 if conditional else None

    found = convergence.beta(start, END, 8, controls=controls, errors=errors)

    for where in np.ndindex(2, 3):
        b, se, p, r2, n = twin(start[where], END[where], 8, controls, errors)
        assert found.intercept[where] == pytest.approx(b[0], rel=1e-9)
        assert found.slope[where] == pytest.approx(b[-1], rel=1e-10)
        assert found.error[where] == pytest.approx(se[-1], rel=1e-9)
        assert found.controls[where] == pytest.approx(b[1:-1], rel=1e-8)
        assert found.control_errors[where] == pytest.approx(se[1:-1], rel=1e-9)
        assert found.p[where] == pytest.approx(p, rel=1e-8)
        assert found.r2[where] == pytest.approx(r2, rel=1e-9)
        assert found.n[where] == n
        assert found.speed_error[where] == pytest.approx(se[-1] / (1 + 8 * b[-1]), rel=1e-9)


@pytest.mark.parametrize("errors", ["classic", "hc1", "hc3"])
def test_errors_agree_with_statsmodels(errors):
    sm = pytest.importorskip("statsmodels.api", reason="statsmodels is not installed")
    x = sm.add_constant(np.log(START[0, 0]))

    found = convergence.beta(START[0, 0], END[0, 0], 8, errors=errors)

    fit = sm.OLS(np.log(END[0, 0] / START[0, 0]) / 8, x).fit()
    kind = {"classic": "nonrobust", "hc1": "HC1", "hc3": "HC3"}[errors]
    assert found.error == pytest.approx(fit.get_robustcov_results(kind).bse[1], rel=1e-9)


def test_speed_of_exact_convergence_by_hand():
    start = np.array([1.0, 2.0, 4.0, 8.0])

    found = convergence.beta(np.stack([start] * 3), [8 * (start / 8) ** 0.5, start**1.5, 1 / start], 4)

    assert found.slope == pytest.approx([-0.125, 0.125, -0.5], rel=1e-12)
    np.testing.assert_allclose(found.speed, [math.log(2) / 4, -math.log(1.5) / 4, np.nan], rtol=1e-12)
    np.testing.assert_allclose(found.half_life, [4, np.inf, np.nan], rtol=1e-12)
    assert found.r2 == pytest.approx([1, 1, 1])


def test_regions_that_start_alike_or_are_too_few_have_no_slope():
    start = [[70.1, 70.1, 70.1, 70.1], [1.0, 2.0, np.nan, np.nan], [1.0, np.nan, np.nan, np.nan]]

    found = convergence.beta(start, [72.0, 73.0, 74.0, 75.0], 5)

    assert np.isnan(found.slope).tolist() == [True, False, True]
    assert np.isnan(found.error).all()
    assert np.isnan(found.p).all()
    assert found.slope[1] == pytest.approx((math.log(73 / 2) - math.log(72)) / 5 / math.log(2))
    assert found.n.tolist() == [4, 2, 1]


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"years": 0}, DomainError, "above 0"),
        ({"errors": "hc2"}, MethodError, "hc2"),
        ({"controls": np.ones((12, 1))}, DomainError, "collinear"),
        ({"controls": np.ones(12)}, DomainError, "one column each"),
        ({"controls": np.ones((5, 1))}, DomainError, "do not fit"),
        ({"start": np.r_[0.0, START[0, 0, 1:]]}, DomainError, "above 0"),
    ],
)
def test_wrong_regressions_are_refused(options, error, match):
    given = {"start": START[0, 0], "end": END[0, 0], "years": 5, **options}

    with pytest.raises(error, match=match):
        convergence.beta(**given)


# Panel


def panel_twin(x, controls, time_effects):
    """Least squares with a dummy for each region and each span, the sandwich summed region by region."""
    rows = []
    spans, regions = x.shape[0] - 1, x.shape[1]
    for s in range(spans):
        for r in range(regions):
            z = [] if controls is None else list(controls[s, r])
            row = [r, math.log(x[s + 1, r] / x[s, r]) / 2, *z, math.log(x[s, r]), s]
            if not np.isnan(row).any():
                rows.append(row)
    rows = np.array(rows)
    own, y, z = rows[:, 0], rows[:, 1], rows[:, 2:-1]
    dummies = [own == r for r in sorted(set(own))]
    seen = sorted(set(rows[:, -1]))
    dummies += [rows[:, -1] == s for s in seen[1:]] if time_effects else []
    d = np.column_stack(dummies).astype(float)
    b = np.linalg.lstsq(np.column_stack([z, d]), y, rcond=None)[0]
    e = y - np.column_stack([z, d]) @ b
    z = z - d @ np.linalg.lstsq(d, z, rcond=None)[0]
    bread, groups, n = np.linalg.inv(z.T @ z), sorted(set(own)), len(y)
    meat = sum(np.outer(z[own == g].T @ e[own == g], z[own == g].T @ e[own == g]) for g in groups)
    k = z.shape[1] + (len(seen) - 1 if time_effects else 0) + 1
    factor = len(groups) / (len(groups) - 1) * (n - 1) / (n - k)
    return b[: z.shape[1]], np.sqrt(np.diag(bread @ meat @ bread) * factor), n, len(groups)


@pytest.mark.parametrize("time_effects", [True, False])
@pytest.mark.parametrize("conditional", [False, True])
def test_panels_agree_with_dummies(time_effects, conditional):
    x = np.random.default_rng(8).lognormal(1, 0.3, (2, 6, 9))
    x[0, 2, 3] = x[0, 4, :4] = x[0, 0, 5] = np.nan
    x[0, :, 7] = np.nan
    controls = np.random.default_rng(9).normal(size=(6, 9, 1)) if conditional else None

    found = convergence.panel_beta(x, np.arange(2000, 2012, 2), controls=controls, time_effects=time_effects)

    for i in range(2):
        b, se, n, groups = panel_twin(x[i], controls, time_effects)
        assert found.slope[i] == pytest.approx(b[-1], rel=1e-9)
        assert found.error[i] == pytest.approx(se[-1], rel=1e-9)
        assert found.controls[i] == pytest.approx(b[:-1], rel=1e-8)
        assert found.p[i] == pytest.approx(2 * stats.t.sf(abs(b[-1] / se[-1]), groups - 1), rel=1e-7)
        assert (found.n[i], found.clusters[i]) == (n, groups)


def test_panels_need_even_years_and_variation():
    x = START[0]

    with pytest.raises(DomainError, match="even steps"):
        convergence.panel_beta(x, [2000, 2001, 2003])
    with pytest.raises(DomainError, match="even steps"):
        convergence.panel_beta(x, [2000, 2001])
    with pytest.raises(DomainError, match="collinear"):
        convergence.panel_beta(x, [0, 1, 2], controls=np.broadcast_to(RNG.normal(size=(12, 1)), (3, 12, 1)))
    assert np.isnan(convergence.panel_beta(np.full((3, 4), 70.1), [0, 1, 2]).slope)
    with pytest.raises(DomainError) as caught:
        convergence.panel_beta([[1.0, 2.0], [3.0, 4.0], [-1.0, 2.0]], [0, 1, 2])
    assert caught.value.positions == ((2, 0),)


# Mobility


@settings(max_examples=60)
@given(pair=arrays(float, (2, 8), elements=st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0, np.nan])))
def test_rank_correlations_agree_with_textbook_counts(pair):
    found = convergence.mobility(*pair, classes=3)

    x, y = pair[:, ~np.isnan(pair).any(axis=0)]
    n = len(x)
    ranks = [[sum(v < u for v in z) + (sum(v == u for v in z) + 1) / 2 for u in z] for z in (x, y)]
    assert found.n == n
    if n == 0:
        assert np.isnan(found.rank_change)
        return
    assert found.rank_change == pytest.approx(sum(abs(a - b) for a, b in zip(*ranks, strict=True)) / n)
    counts = np.zeros((3, 3))
    for a, b in zip(*ranks, strict=True):
        counts[math.floor(3 * (a - 0.5) / n), math.floor(3 * (b - 0.5) / n)] += 1
    np.testing.assert_array_equal(found.counts, counts)
    if len(set(x)) == 1 or len(set(y)) == 1:
        assert np.isnan([found.spearman, found.kendall]).all()
        return
    assert found.spearman == pytest.approx(np.corrcoef(ranks)[0, 1], abs=1e-12)
    pairs = [(i, j) for i in range(n) for j in range(i)]
    signs = np.array([[np.sign(z[i] - z[j]) for i, j in pairs] for z in (x, y)])
    tau = (signs[0] * signs[1]).sum() / math.sqrt((signs[0] ** 2).sum() * (signs[1] ** 2).sum())
    assert found.kendall == pytest.approx(tau, abs=1e-12)


def test_reversed_regions_and_a_batch():
    x = np.arange(1.0, 5)

    found = convergence.mobility([x, x], [x, x[::-1]], classes=2)

    assert found.spearman.tolist() == [1, -1]
    assert found.kendall == pytest.approx([1, -1])
    assert found.rank_change.tolist() == [0, 2]
    assert found.shares.tolist() == [[[1, 0], [0, 1]], [[0, 1], [1, 0]]]


def test_empty_classes_have_no_shares_and_wrong_ones_are_refused():
    assert np.isnan(convergence.mobility([1.0, 2.0], [1.0, 2.0], classes=3).shares[1]).all()
    with pytest.raises(MethodError, match="1 or more"):
        convergence.mobility([1.0], [1.0], classes=0)
    with pytest.raises(DomainError, match="finite"):
        convergence.mobility([1.0, np.inf], [1.0, 2.0])
