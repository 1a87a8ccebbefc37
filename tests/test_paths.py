import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from equindex.attainment import along, completion, elapsed, expected, pace, project
from equindex.errors import DomainError, MethodError

RNG = np.random.default_rng(5)
BASE, TARGET = RNG.uniform(20, 60, (2, 4, 3)), RNG.uniform(70, 90, (2, 4, 3))
X = RNG.uniform(20, 95, (2, 4, 3))
NUMBERS = st.floats(-1e3, 1e3)

# Age of the batch and shear strength: Montgomery, Peck & Vining 2012, table 2.1, in the order of age.
PROPELLANT = """2 2654.20, 2.5 2575.00, 3.75 2399.55, 5.5 2207.50, 6 2414.40, 7.5 2357.90, 8 2316.00, 9.75 2336.75,
11 2256.70, 12.5 2200.50, 13 2165.20, 15.5 2158.70, 17 2061.30, 18 2053.50, 19 1708.30, 21.5 1753.70, 22 1765.30,
23.75 1678.15, 24 1784.70, 25 1779.80"""


# Time elapsed


def test_the_share_of_time_runs_from_the_baseline_year_to_the_target_year():
    found = elapsed([[2019, 2020, 2021], [2023, 2025, 2027]], 2020, 2025)

    assert found == pytest.approx(np.array([[0, 0, 0.2], [0.6, 1, 1]]), abs=1e-15)


def test_every_indicator_may_have_years_of_its_own():
    found = elapsed(2022, [2020, 2018, np.nan, 2020], [2025, 2022, 2025, np.nan])

    np.testing.assert_allclose(found, [0.4, 1.0, np.nan, np.nan])
    assert np.isnan(elapsed(np.nan, 2020, 2025))


@pytest.mark.parametrize("call", [lambda a, b: elapsed(2020, a, b), lambda a, b: pace(1, 0, 2, 2021, a, b)])
@pytest.mark.parametrize(("start", "end"), [(2025, 2025), ([2020, 2026], 2025)])
def test_a_plan_that_ends_before_it_starts_is_refused(call, start, end):
    with pytest.raises(DomainError, match="start before it ends"):
        call(start, end)


# Expected paths


def test_the_straight_path_is_what_a_calculator_gives():
    found = expected([80.0, 6.0, 0.0, 55.0], [90.0, 4.0, 60.0, 55.0], 0.6)

    assert found == pytest.approx([86.0, 4.8, 36.0, 55.0], abs=1e-12)


@given(baseline=NUMBERS, target=NUMBERS)
def test_the_straight_path_starts_and_ends_on_its_ends(baseline, target):
    assert expected(baseline, target, 0.0) == baseline
    assert expected(baseline, target, 1.0) == target
    assert expected(target, target, 0.3) == target


@pytest.mark.parametrize("gap", range(3))
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_straight_path_needs_all_it_is_made_of(gap, share):
    given_ = [np.nan if place == gap else value for place, value in enumerate((80.0, 90.0, share))]

    assert np.isnan(expected(*given_))


def test_milestones_in_a_straight_line_are_the_straight_path():
    years = np.array([2020, 2021, 2023, 2025])
    points = BASE[..., None] + (TARGET - BASE)[..., None] * elapsed(years, 2020, 2025)

    for year in (2020, 2022, 2022.5, 2024, 2025):
        straight = expected(BASE, TARGET, elapsed(year, 2020, 2025))
        np.testing.assert_allclose(along(year, years, points), straight, rtol=1e-13)


@settings(max_examples=60)
@given(
    values=arrays(float, (3, 4), elements=st.one_of(NUMBERS, st.just(np.nan))),
    year=st.sampled_from([2019.0, 2020.0, 2021.0, 2022.5, 2023.0, 2024.0, 2026.0, 2027.0]),
)
def test_milestones_agree_with_numpy_row_by_row(values, year):
    years = np.array([2020.0, 2021.0, 2023.0, 2026.0])

    found, exact = along(year, years, values), along(year, years, values, exact=True)

    for row, value, at in zip(values, found, exact, strict=True):
        known = ~np.isnan(row)
        one = np.interp(year, years[known], row[known], np.nan, np.nan) if known.any() else np.nan
        np.testing.assert_allclose(value, one, rtol=1e-12, atol=1e-9)
        np.testing.assert_array_equal(at, dict(zip(years, row, strict=True)).get(year, np.nan))


def test_the_year_of_a_path_may_differ_between_cells():
    values = np.array([[10.0, 20.0], [30.0, np.nan]])

    found = along([[2020], [2021], [2022]], [2020, 2022], values)

    np.testing.assert_array_equal(found, [[10, 30], [15, np.nan], [20, np.nan]])
    assert np.isnan(along(np.nan, [2020, 2022], values)).all()


@pytest.mark.parametrize(
    ("years", "message"),
    [
        ([2020, 2020], "must rise"),
        ([2022, 2020], "must rise, but are 2022, 2020"),
        ([2020, np.nan], "must rise"),
        ([2020, 2021, 2022], "as many years"),
    ],
)
def test_years_that_do_not_rise_with_the_points_are_refused(years, message):
    with pytest.raises(DomainError, match=message):
        along(2021, years, [1.0, 2.0])
    with pytest.raises(DomainError, match=message):
        project(years, [1.0, 2.0], 2025)


def test_a_path_without_points_is_refused():
    with pytest.raises(DomainError, match="0 points"):
        along(2021, [], np.empty((3, 0)))


# Completion and pace


def test_completion_counts_the_way_made_in_either_direction():
    found = completion([85.0, 4.5, 79.0, 92.0], [80.0, 6.0, 80.0, 80.0], [90.0, 4.0, 90.0, 90.0])

    assert found == pytest.approx([50, 75, -10, 120], abs=1e-12)


def test_completion_of_a_plan_starts_at_0_and_ends_at_100_where_something_is_to_change(reference):
    with reference("plans/rugao_2025.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["baseline_value"] and row["target_value"]]
    start, end = (np.array([float(row[key]) for row in rows]) for key in ("baseline_value", "target_value"))
    kept = start == end

    found = completion([start, end], start, end)

    assert kept.sum() >= 9  # REQUIREMENTS C8: unchanged rows
    assert np.isnan(found[:, kept]).all()
    np.testing.assert_allclose(found[:, ~kept], np.repeat([[0.0], [100.0]], (~kept).sum(), axis=1))


@pytest.mark.parametrize("baseline", [0.3, 0.1 + 0.2, 0.0, -5.0])
def test_there_is_no_completion_where_nothing_was_to_change(baseline):
    target = 0.3 if baseline > 0 else baseline

    assert np.isnan(completion([0.2, 0.3, 7.0], baseline, target)).all()


@given(arrays(float, 3, elements=NUMBERS), st.floats(0.01, 100), NUMBERS)
def test_completion_depends_on_no_unit_and_mirrors(cell, factor, shift):
    x, baseline, target = cell
    if abs(target - baseline) < 1:
        return

    one = completion(x, baseline, target)

    for scale in (factor, -factor):
        other = completion(scale * x + shift, scale * baseline + shift, scale * target + shift)
        assert other == pytest.approx(one, rel=1e-7, abs=1e-6)


def test_completion_on_the_expected_path_is_the_time_elapsed():
    share = elapsed(2022, 2020, 2025)

    on_path = completion(expected(BASE, TARGET, share), BASE, TARGET)

    np.testing.assert_allclose(on_path, 100 * share, rtol=1e-12)


def test_pace_is_change_per_year_so_far_and_to_go():
    found = pace([86.0, 5.0], [80.0, 6.0], [90.0, 4.0], 2023, 2020, [2025, 2027])

    assert found.achieved == pytest.approx([2, -1 / 3], abs=1e-12)
    assert found.required == pytest.approx([2, -0.25], abs=1e-12)


def test_there_is_no_pace_before_a_year_has_passed_or_after_the_last():
    found = pace(86.0, 80.0, 90.0, [2019, 2020, 2021, 2025, 2026], 2020, 2025)

    np.testing.assert_allclose(found.achieved, [np.nan, np.nan, 6, 1.2, 1])
    np.testing.assert_allclose(found.required, [4 / 6, 0.8, 1, np.nan, np.nan])


def test_going_on_at_the_required_pace_reaches_the_target():
    found = pace(X, BASE, TARGET, 2022, 2020, 2025)

    np.testing.assert_allclose(X + 3 * found.required, TARGET, rtol=1e-12)
    np.testing.assert_allclose(BASE + 2 * found.achieved, X, rtol=1e-12)


def test_pace_needs_its_values():
    found = pace([np.nan, 1.0, 1.0], [0.0, np.nan, 0.0], [2.0, 2.0, np.nan], 2021, 2020, 2022)

    np.testing.assert_array_equal(found.achieved, [np.nan, np.nan, 1])
    np.testing.assert_array_equal(found.required, [np.nan, 1, np.nan])


# Projection


def slow(years, x, to, level):
    """Line and interval of one cell, from scipy and the textbook formula."""
    known = ~np.isnan(x)
    t, y = years[known], x[known]
    n = len(t)
    if n < 2:
        return np.nan, np.nan, np.nan, n
    line = stats.linregress(t, y)
    value = line.intercept + line.slope * to
    if n < 3:
        return value, np.nan, np.nan, n
    residual = y - line.intercept - line.slope * t
    s = np.sqrt((residual**2).sum() / (n - 2))
    away = 1 + 1 / n + (to - t.mean()) ** 2 / ((t - t.mean()) ** 2).sum()
    half = stats.t.ppf((1 + level) / 2, n - 2) * s * np.sqrt(away)
    return value, value - half, value + half, n


def test_the_prediction_interval_is_that_of_the_textbook():
    age, strength = np.array([point.split() for point in PROPELLANT.split(",")], dtype=float).T

    found = project(age, strength, 10, level=0.95)

    # Example 2.7. The book carries rounded figures: 2,627.82 - 37.15 x 10, residual mean square 9,244.59.
    assert found.value == pytest.approx(2256.32, abs=0.05)
    assert found.low == pytest.approx(2048.32, abs=0.15)
    assert found.high == pytest.approx(2464.32, abs=0.15)
    assert found.n == 20


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_a_projection_agrees_with_one_fit_per_cell(level):
    years = np.array([2015, 2016, 2018, 2019, 2020, 2021, 2022.0])
    x = RNG.normal(50, 10, (7, 6, 5))
    x[:, 1:][RNG.random((7, 5, 5)) < 0.3] = np.nan
    for years_known in range(5):
        x[years_known:, 0, years_known] = np.nan
    to = RNG.integers(2023, 2031, (6, 5)).astype(float)

    found = project(years, x, to, level=level)

    assert found.n[0].tolist() == [0, 1, 2, 3, 4]
    for cell in np.ndindex(6, 5):
        one = slow(years, x[:, *cell], to[cell], level)
        got = [part[cell] for part in (found.value, found.low, found.high, found.n)]
        np.testing.assert_allclose(got, one, rtol=1e-8)


def test_a_projection_agrees_with_polyfit_far_from_zero():
    years = np.arange(2016.0, 2024.0)
    x = 1e6 + RNG.normal(size=(8, 20))

    found = project(years, x, 2030).value

    slope, level = np.polyfit(years - 2020, x - 1e6, 1)
    np.testing.assert_allclose(found - 1e6, level + 10 * slope, rtol=1e-6, atol=1e-8)


def test_two_years_give_a_line_without_interval_and_one_gives_nothing():
    nan = np.nan
    x = np.array([[80.0, nan, nan, 80.0], [nan, 3.0, nan, 82.0], [84.0, nan, nan, 84.0]])

    found = project([2020, 2021, 2022], x, 2025)

    np.testing.assert_allclose(found.value, [90, nan, nan, 90], rtol=1e-14)
    np.testing.assert_allclose(found.low, [nan, nan, nan, 90], rtol=1e-12)
    np.testing.assert_allclose(found.high, [nan, nan, nan, 90], rtol=1e-12)
    assert found.n.tolist() == [2, 1, 0, 3]


def test_a_projection_follows_units_signs_and_the_calendar():
    years, x = np.arange(2018, 2023), RNG.normal(50, 5, (5, 4))
    one = project(years, x, 2025)

    other, mirrored, later = (
        project(years, 1000 * x + 7, 2025),
        project(years, -x, 2025),
        project(years + 100, x, 2125),
    )

    for name in ("value", "low", "high"):
        np.testing.assert_allclose(getattr(other, name), 1000 * getattr(one, name) + 7, rtol=1e-9)
        np.testing.assert_allclose(getattr(later, name), getattr(one, name), rtol=1e-9)
    np.testing.assert_allclose(mirrored.low, -one.high, rtol=1e-12)


def test_a_projection_of_a_batch_equals_its_parts_in_any_order():
    years, x = np.arange(2018, 2023), RNG.normal(50, 5, (5, 3, 8, 2))
    x[2, :, 3] = np.nan
    shuffled = RNG.permutation(8)

    whole = project(years, x, 2025)

    for name in ("value", "low", "high", "n"):
        parts = [getattr(project(years, x[:, batch], 2025), name) for batch in range(3)]
        np.testing.assert_allclose(getattr(whole, name), parts, rtol=1e-12)
        other = getattr(project(years, x[:, :, shuffled], 2025), name)
        np.testing.assert_allclose(other, getattr(whole, name)[:, shuffled], rtol=1e-12)


def test_the_interval_holds_as_often_as_it_says():
    rng = np.random.default_rng(17)
    years = np.arange(2018.0, 2025.0)
    truth = 50 + 0.7 * (years - 2018)
    noise = rng.normal(size=(7, 20_000))

    found = project(years[:6], truth[:6, None] + noise[:6], 2024, level=0.8)

    actual = truth[6] + noise[6]
    held = ((found.low <= actual) & (actual <= found.high)).mean()
    assert held == pytest.approx(0.8, abs=4 * np.sqrt(0.8 * 0.2 / 20_000))


def test_projections_of_what_is_not_finite_or_no_level_are_refused():
    with pytest.raises(DomainError, match="finite") as caught:
        project([2020, 2021], [[1.0, 2.0], [np.inf, 3.0]], 2025)
    assert caught.value.positions == ((1, 0),)
    with pytest.raises(MethodError, match="level is a share"):
        project([2020, 2021], [1.0, 2.0], 2025, level=80)


def test_the_input_stays_as_it_is():
    x, years = X[:, 0].copy(), np.array([2020.0, 2021.0])
    x[0, 1] = np.nan
    before = x.copy()
    for part in (x, years):
        part.flags.writeable = False

    project(years, x, 2025)
    along(2021, years, x.T)
    completion(x, 1.0, x)

    np.testing.assert_array_equal(x, before)
