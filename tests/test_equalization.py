import csv
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from equindex import equalization as eq
from equindex.errors import DomainError, MethodError

REAT = [10.0, 10.0, 10.0, 20.0, 50.0]
MEASURES = ["gini", "theil_t", "theil_l", "cv", "hoover", "max_min"]


def read(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def worked(reference):
    """Read counts and population of 31 provinces from the yearbook tables, and the values worked out."""
    regions = read(reference("china/cn_regions.csv"))
    names = [row["province_en"] for row in regions]
    zones = [row["region4_en"] for row in regions]

    def column(name, key, year):
        rows = read(reference(f"china/{name}.csv"))
        by_name = {row["province_en"]: row[key] for row in rows if row["year"] == year}
        return np.array([float(by_name[n]) for n in names])

    return {
        "expected": json.loads(reference("china/cn_worked_values.json").read_text(encoding="utf-8")),
        "doctors": column("cn_health_personnel_1999", "doctors_10k", "1999"),
        "libraries": column("cn_culture_1998", "public_libraries", "1998"),
        1998: column("cn_population_1998_1999", "population_10k", "1998"),
        1999: column("cn_population_1998_1999", "population_10k", "1999"),
        "zones": zones,
    }


# Published and worked values


def test_doctors_1999_give_the_worked_inequalities(worked):
    population, expected = worked[1999], worked["expected"]["doctors_per_1000_1999"]
    x = 1000 * worked["doctors"] / population

    found = {
        "gini_unweighted": eq.gini(x),
        "theil_T_popweighted": eq.theil_t(x, population=population),
        "theil_L_popweighted": eq.theil_l(x, population=population),
        "cv_population_sd": eq.cv(x),
        "cv_sample_sd": eq.cv(x, ddof=1),
        "williamson_cv_popweighted": eq.cv(x, population=population),
        "max_min_ratio": eq.max_min(x),
    }

    assert found == pytest.approx({name: expected[name] for name in found}, abs=1e-12)


def test_doctors_1999_split_between_and_within_zones(worked):
    population, expected = worked[1999], worked["expected"]["doctors_per_1000_1999"]
    labels = sorted(set(worked["zones"]))
    codes = [labels.index(zone) for zone in worked["zones"]]

    parts = eq.decompose(worked["doctors"] / population, codes, population=population)

    assert parts.between == pytest.approx(expected["theil_between"], abs=1e-12)
    assert parts.within == pytest.approx(expected["theil_within"], abs=1e-12)
    for i, label in enumerate(labels):
        zone = expected["theil_within_by_region"][label]
        assert parts.value[i] == pytest.approx(zone["T"], abs=1e-12)
        assert parts.share[i] == pytest.approx(zone["share"], abs=1e-12)


def test_libraries_1998_give_the_worked_inequalities(worked):
    population, expected = worked[1998], worked["expected"]["libraries_1998"]
    x = worked["libraries"] / population

    assert eq.theil_t(x, population=population) == pytest.approx(expected["theil_T"], abs=1e-12)
    assert eq.cv(x, population=population) == pytest.approx(expected["williamson"], abs=1e-12)


def test_mean_degree_of_doctors_is_that_of_one_minus_gini(worked):
    gini = eq.gini(worked["doctors"] / worked[1999])

    assert eq.degree("gini", gini) == pytest.approx(100 - 18.51113114, abs=1e-8)


def test_ministry_of_education_example_of_books_per_pupil(reference):
    rows = read(reference("china/published_examples/moe_school_cv_example.csv"))[:5]
    books, pupils = (np.array([float(row[key]) for row in rows]) for key in ("books", "pupils"))

    coefficient = eq.cv(books / pupils, population=pupils)

    assert coefficient == pytest.approx(0.5152566298844764, abs=1e-12)
    assert round(float(coefficient), 2) == 0.52  # as printed


def test_theil_index_of_the_r_package_reat_is_l_not_t():
    assert eq.theil_t(REAT) == pytest.approx(0.2502012, abs=5e-8)
    assert eq.theil_l(REAT) == pytest.approx(0.2326302, abs=5e-8)


# Slow twins


def twin(measure, x, population=None):
    """Textbook forms, one region at a time."""
    pairs = [
        (float(v), 1.0 if population is None else float(population[i]))
        for i, v in enumerate(x)
        if not math.isnan(v) and (population is None or population[i] > 0)
    ]
    if not pairs:
        return math.nan
    if measure == "max_min":
        return max(v for v, _ in pairs) / min(v for v, _ in pairs)
    people = sum(n for _, n in pairs)
    resource = sum(v * n for v, n in pairs)
    if resource == 0:
        return math.nan
    mean = resource / people
    if measure == "gini":
        return sum(n * m * abs(v - u) for v, n in pairs for u, m in pairs) / (2 * people**2 * mean)
    if measure == "cv":
        return math.sqrt(sum(n / people * (v - mean) ** 2 for v, n in pairs)) / abs(mean)
    shares = [(v * n / resource, n / people) for v, n in pairs]
    if measure == "theil_t":
        return sum(s * math.log(s / p) for s, p in shares if s > 0)
    if measure == "theil_l":
        return sum(p * math.log(p / s) for s, p in shares)
    return sum(abs(s - p) for s, p in shares) / 2


def values(low):
    present = st.integers(low, 5000).map(lambda i: i / 8)
    return arrays(
        float, st.tuples(st.integers(1, 3), st.integers(1, 7)), elements=present | st.just(math.nan)
    )


@pytest.mark.parametrize("measure", MEASURES)
@settings(max_examples=60)
@given(data=st.data())
def test_fast_and_textbook_forms_agree(measure, data):
    x = data.draw(values(1 if measure in ("theil_l", "max_min") else 0))
    people = arrays(float, x.shape[-1], elements=st.integers(0, 99).map(float) | st.just(math.nan))
    population = data.draw(st.none() | people)

    found = eq.measures.get(measure).function(x, population=population)

    expected = [twin(measure, row, population) for row in x]
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-13)


@settings(max_examples=60)
@given(x=values(1), data=st.data())
def test_parts_of_theil_add_up_and_are_the_theil_of_each_group(x, data):
    codes = np.array(data.draw(st.lists(st.integers(0, 9), min_size=x.shape[-1], max_size=x.shape[-1])))
    population = np.arange(1.0, x.shape[-1] + 1)

    for measure in ("theil_t", "theil_l"):
        parts = eq.decompose(x, codes, measure=measure, population=population)

        np.testing.assert_allclose(parts.total, parts.between + parts.within, rtol=1e-12, atol=1e-15)
        np.testing.assert_array_equal(parts.groups, sorted(set(codes)))
        for row in range(len(x)):
            for i, code in enumerate(parts.groups):
                own = twin(measure, x[row, codes == code], population[codes == code])
                np.testing.assert_allclose(parts.value[row, i], own, rtol=1e-11, atol=1e-13)
        if not np.isnan(x).any():
            resource = x * population if measure == "theil_t" else np.broadcast_to(population, x.shape)
            owned = np.stack([resource[:, codes == code].sum(axis=1) for code in parts.groups], axis=1)
            np.testing.assert_allclose(parts.share, owned / resource.sum(axis=1, keepdims=True), rtol=1e-12)
        whole = ~np.isnan(parts.total)
        np.testing.assert_allclose(parts.share[whole].sum(axis=-1), 1.0, rtol=1e-12)


@settings(max_examples=60)
@given(x=values(0), data=st.data())
def test_mean_of_region_equalization_is_one_minus_hoover(x, data):
    x = np.where(np.nansum(x, axis=-1, keepdims=True) > 0, x, 1.0)
    population = data.draw(st.none() | arrays(float, x.shape[-1], elements=st.integers(1, 99).map(float)))
    kind = "mean" if population is None else "weighted_mean"
    cells = x[..., None]

    region = eq.to_reference(cells, eq.reference(cells, kind, population=population))[..., 0]

    weights = np.where(np.isnan(x), 0.0, 1.0 if population is None else population)
    mean = np.nansum(region * weights, axis=-1) / weights.sum(axis=-1)
    np.testing.assert_allclose(mean, 100 * (1 - eq.hoover(x, population=population)), rtol=1e-12, atol=1e-11)


# Promises


@pytest.mark.parametrize("measure", MEASURES)
def test_order_unit_and_equal_copies_of_regions_do_not_matter(measure):
    f, x, n = (
        eq.measures.get(measure).function,
        np.array([3.0, 1.0, 4.0, 1.5]),
        np.array([2.0, 7.0, 1.0, 8.0]),
    )

    assert f(x[::-1], population=n[::-1]) == pytest.approx(f(x, population=n), rel=1e-14)
    assert f(1000 * x) == pytest.approx(f(x), rel=1e-14)
    assert f(np.tile(x, 3)) == pytest.approx(f(x), rel=1e-14)
    assert f(x, population=[5, 5, 5, 5]) == pytest.approx(f(x), rel=1e-14)


@pytest.mark.parametrize("measure", MEASURES)
def test_equal_regions_have_no_inequality(measure):
    f = eq.measures.get(measure).function
    none = 1.0 if measure == "max_min" else 0.0

    assert f([0.1] * 3) == pytest.approx(none, abs=1e-15)
    assert f([0.1] * 3, population=[1, 2, 7]) == pytest.approx(none, abs=1e-15)
    assert f([7.0]) == none


@pytest.mark.parametrize("measure", MEASURES)
def test_a_batch_equals_its_parts_and_input_stays(measure):
    f = eq.measures.get(measure).function
    x = np.array([[[3.0, 1.0, np.nan], [2.0, 2.0, 5.0]], [[9.0, 1.0, 1.0], [np.nan, np.nan, np.nan]]])
    n = np.array([3.0, np.nan, 4.0])
    before = x.copy(), n.copy()

    for population in (None, n):
        whole = f(x, population=population)

        assert whole.shape == (2, 2)
        np.testing.assert_allclose(whole, [[f(r, population=population) for r in b] for b in x], rtol=1e-14)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(n, before[1])


@pytest.mark.parametrize("measure", MEASURES)
def test_missing_regions_and_missing_population_are_left_out_in_pairs(measure):
    f = eq.measures.get(measure).function

    found = f([2.0, np.nan, 7.0, 3.0, 9.0], population=[1.0, 2.0, np.nan, 3.0, 0.0])

    assert found == pytest.approx(f([2.0, 3.0], population=[1.0, 3.0]), rel=1e-14)


@pytest.mark.parametrize("measure", MEASURES)
def test_no_regions_are_not_a_number(measure):
    f = eq.measures.get(measure).function

    assert np.isnan(f([np.nan, np.nan]))
    assert np.isnan(f([1.0, 2.0], population=[np.nan, 0.0]))
    np.testing.assert_array_equal(f(np.empty((2, 0))), [np.nan, np.nan])


@pytest.mark.parametrize("measure", ["gini", "theil_t", "cv", "hoover"])
def test_nothing_to_share_is_not_a_number(measure):
    assert np.isnan(eq.measures.get(measure).function([0.0, 0.0]))


def test_population_may_differ_by_year():
    x, n = [[1.0, 3.0], [1.0, 3.0]], [[1.0, 1.0], [3.0, 1.0]]

    np.testing.assert_allclose(eq.gini(x, population=n), [0.25, 0.25])
    np.testing.assert_allclose(eq.gini([1.0, 3.0], population=n), [0.25, 0.25])
    np.testing.assert_allclose(eq.hoover(x, population=n), [0.25, 0.25])
    np.testing.assert_allclose(eq.cv(x, population=n), [0.5, math.sqrt(0.75) / 1.5])


def test_a_single_region_has_no_sample_variation():
    assert np.isnan(eq.cv([4.0, np.nan], ddof=1))
    assert eq.cv([4.0, np.nan]) == 0


def test_cv_of_negative_values_is_that_of_their_size():
    assert eq.cv([-1.0, -3.0]) == 0.5


@pytest.mark.parametrize(
    ("measure", "x", "position"),
    [
        ("gini", [[1, 2], [3, -1]], (1, 1)),
        ("theil_t", [[1, 2], [3, -1]], (1, 1)),
        ("hoover", [[1, 2], [3, -1]], (1, 1)),
        ("theil_l", [[1, 0], [3, 1]], (0, 1)),
        ("max_min", [[1, 0], [3, 1]], (0, 1)),
        ("cv", [[1, 2], [1, -1]], (1, 0)),
        ("gini", [[1, np.inf], [3, 1]], (0, 1)),
        ("cv", [[1, -np.inf], [3, 1]], (0, 1)),
    ],
)
def test_values_outside_the_domain_are_refused_with_their_position(measure, x, position):
    with pytest.raises(DomainError, match=rf"{measure} needs values.*{position[0]}, {position[1]}") as caught:
        eq.measures.get(measure).function(x)

    assert caught.value.positions[0] == position
    row = [True, True]
    row[position[0]] = False
    np.testing.assert_array_equal(eq.defined(measure, x), row)


def test_regions_left_out_are_not_held_to_the_domain():
    assert eq.theil_l([1.0, 1.0, 0.0], population=[1, 1, 0]) == 0
    assert eq.defined("gini", [1.0, -1.0], population=[1, np.nan])


def test_negative_population_is_refused():
    with pytest.raises(DomainError, match="population is negative"):
        eq.gini([1.0, 2.0], population=[1, -1])


# Degrees


def test_degrees_by_hand():
    assert eq.degree("gini", 0.25) == 75
    assert eq.degree("hoover", 0.25) == 75
    assert eq.degree("cv", 0.25) == 80
    assert eq.degree("theil_t", math.log(2), n=4) == pytest.approx(50)
    assert eq.degree("theil_t", math.log(2), population=[1, 3, np.nan, 0]) == pytest.approx(50)
    np.testing.assert_allclose(eq.degree("theil_t", [0.0, math.log(2)], n=[1, 2]), [100, 0], atol=1e-12)
    assert eq.degree("theil_t", 0.0, population=[5.0]) == 100
    assert np.isnan(eq.degree("theil_t", np.nan, n=0))


def test_all_with_one_region_is_the_lowest_degree_of_theil():
    x, n = [0.0, 0.0, 9.0], [5.0, 4.0, 1.0]

    assert eq.degree("theil_t", eq.theil_t(x), n=3) == pytest.approx(0, abs=1e-12)
    assert eq.degree("theil_t", eq.theil_t(x, population=n), population=n) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("measure", ["theil_l", "max_min"])
def test_measures_without_a_bound_have_no_degree(measure):
    with pytest.raises(MethodError, match="no degree"):
        eq.degree(measure, 0.1)


def test_the_degree_of_theil_needs_the_number_of_regions():
    with pytest.raises(MethodError, match="needs n"):
        eq.degree("theil_t", 0.1)


# Decomposition


def test_groups_without_regions_or_resource_take_no_part():
    parts = eq.decompose([[0.0, 0.0, 1.0, 3.0], [1.0, 2.0, np.nan, np.nan]], [4, 4, 7, 7])

    np.testing.assert_array_equal(parts.groups, [4, 7])
    np.testing.assert_array_equal(np.isnan(parts.value), [[True, False], [False, True]])
    np.testing.assert_allclose(parts.share, [[0, 1], [1, 0]])
    np.testing.assert_allclose(parts.contribution, [[0, parts.value[0, 1]], [parts.value[1, 0], 0]])
    np.testing.assert_allclose(parts.between, [math.log(2), 0], atol=1e-15)
    np.testing.assert_allclose(parts.total, parts.between + parts.within)


def test_nothing_to_split_is_not_a_number():
    parts = eq.decompose([[np.nan, np.nan], [0.0, 0.0]], [0, 1])

    for array in (parts.total, parts.between, parts.within):
        assert np.isnan(array).all()


@pytest.mark.parametrize("groups", [[0, -1], [0], [0.0, 1.0]])
def test_regions_without_a_group_are_refused(groups):
    with pytest.raises(DomainError, match="groups need"):
        eq.decompose([1.0, 2.0], groups)


def test_other_measures_do_not_split():
    with pytest.raises(MethodError, match=r"'gini' does not split.*theil_t"):
        eq.decompose([1.0, 2.0], [0, 1], measure="gini")


# Regions against a reference


@pytest.mark.parametrize(
    ("kind", "direction", "expected"),
    [
        ("mean", 1, [3.0, 5.0]),
        ("weighted_mean", 1, [2.0, 3.2]),
        ("median", 1, [2.0, 5.0]),
        ("best", 1, [6.0, 8.0]),
        ("best", [1, -1], [6.0, 2.0]),
    ],
)
def test_references_by_hand(kind, direction, expected):
    x = [[1.0, 2.0], [2.0, np.nan], [6.0, 8.0]]

    found = eq.reference(x, kind, population=[6, 3, 1.5], direction=direction)

    np.testing.assert_allclose(found, [expected], rtol=1e-15)


@pytest.mark.parametrize("kind", eq.REFERENCES)
def test_no_region_is_no_reference(kind):
    found = eq.reference([[np.nan, 1.0], [np.nan, 3.0]], kind, population=[1, 1])

    np.testing.assert_array_equal(np.isnan(found), [[True, False]])


def test_each_indicator_may_have_its_own_population():
    x, pupils = [[1.0, 1.0], [3.0, 3.0]], [[1.0, 3.0], [1.0, 1.0]]

    np.testing.assert_allclose(eq.reference(x, "weighted_mean", population=pupils), [[2.0, 1.5]])


def test_unknown_references_are_refused():
    with pytest.raises(MethodError, match=r"'medain'.*'median'"):
        eq.reference([[1.0]], "medain")
    with pytest.raises(MethodError, match="needs a population"):
        eq.reference([[1.0]], "weighted_mean")


def test_equalization_of_regions_by_hand():
    x = [[1.0, 0.0], [4.0, 8.0], [-1.0, np.nan], [2.0, 2.0]]

    found = eq.to_reference(x, 2.0, [1, -1])

    np.testing.assert_array_equal(found, [[50, 100], [100, 25], [np.nan, np.nan], [100, 100]])


def test_references_of_0_or_less_score_nothing():
    found = eq.to_reference([[1.0, 1.0, 1.0, 0.0]], [0.0, -2.0, np.nan, 1.0])

    np.testing.assert_array_equal(found, [[np.nan, np.nan, np.nan, 0]])
