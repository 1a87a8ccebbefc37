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

CASES = [
    ("gini", {"corrected": True}),
    ("ge", {}),
    ("ge", {"a": -1.0}),
    ("ge", {"a": 0.3}),
    ("ge", {"a": 0.9}),
    ("ge", {"a": 3.5}),
    ("atkinson", {}),
    ("atkinson", {"e": 0.995}),
    ("atkinson", {"e": 1.0}),
    ("atkinson", {"e": 2.5}),
    ("williamson", {}),
    ("variance_logs", {}),
    ("variance_logs", {"ddof": 1}),
    ("quantile_ratio", {"upper": 0.8, "lower": 0.5}),
    ("p90p10", {}),
    ("share_ratio", {}),
    ("share_ratio", {"top": 0.05, "bottom": 0.6}),
    ("palma", {}),
]
REAT = [10.0, 10.0, 10.0, 20.0, 50.0]
every_case = pytest.mark.parametrize(("name", "options"), CASES)


def measure(name, x, population=None, **options):
    return eq.measures.get(name).function(x, population=population, **options)


def weightings(name, options, given):
    """Return the populations that a measure takes: williamson needs one, the corrected Gini takes none."""
    if name == "williamson":
        return [np.ones(np.shape(given)), given]
    return [None] if options.get("corrected") else [None, given]


def read(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


# Published and worked values


@pytest.fixture(scope="module")
def doctors(reference):
    """Doctors per 1,000 people and population of 31 provinces in 1999, and the values worked out."""
    regions = read(reference("china/cn_regions.csv"))

    def column(name, key):
        rows = {r["province_en"]: r for r in read(reference(f"china/{name}.csv")) if r["year"] == "1999"}
        return np.array([float(rows[r["province_en"]][key]) for r in regions])

    people = column("cn_population_1998_1999", "population_10k")
    worked = json.loads(reference("china/cn_worked_values.json").read_text(encoding="utf-8"))
    return {
        "x": 1000 * column("cn_health_personnel_1999", "doctors_10k") / people,
        "population": people,
        "expected": worked["doctors_per_1000_1999"],
    }


def test_williamson_of_doctors_is_as_worked(doctors):
    found = eq.williamson(doctors["x"], population=doctors["population"])

    assert found == pytest.approx(doctors["expected"]["williamson_cv_popweighted"], abs=1e-12)


def test_ministry_of_education_example_is_williamson(reference):
    rows = read(reference("china/published_examples/moe_school_cv_example.csv"))[:5]
    books, pupils = (np.array([float(row[key]) for row in rows]) for key in ("books", "pupils"))

    coefficient = eq.williamson(books / pupils, population=pupils)

    assert coefficient == pytest.approx(0.5152566298844764, abs=1e-12)
    assert round(float(coefficient), 2) == 0.52  # as printed


def test_variance_of_logs_of_life_expectancy_is_as_worked(reference):
    expected = json.loads(reference("china/cn_worked_values.json").read_text(encoding="utf-8"))
    expected = expected["life_expectancy_1990_2000_30prov_excl_Chongqing"]
    rows = read(reference("china/cn_life_expectancy_1990_2000.csv"))
    years = {}
    for year in ("1990", "2000"):
        years[year] = [
            float(r["life_expectancy"])
            for r in rows
            if r["year"] == year
            and r["province_en"] not in ("Chongqing", "National")
            and r["life_expectancy"]
        ]

    for year, values in years.items():
        assert len(values) == 30
        found = math.sqrt(eq.variance_logs(values))
        assert found == pytest.approx(expected[f"sd_log_{year}"], abs=1e-12)


def test_theil_index_of_the_r_package_reat_is_generalised_entropy_0():
    assert eq.ge(REAT, a=1) == pytest.approx(0.2502012, abs=5e-8)
    assert eq.ge(REAT, a=0) == pytest.approx(0.2326302, abs=5e-8)


# Slow twins


def pairs_of(x, population):
    return [
        (float(v), 1.0 if population is None else float(population[i]))
        for i, v in enumerate(x)
        if not math.isnan(v) and (population is None or population[i] > 0)
    ]


def quantile_twin(pairs, q):
    """Every person in a row: integer weights only."""
    people = sorted(v for v, n in pairs for _ in range(int(n)))
    at = q * len(people)
    if abs(at - round(at)) < 1e-9:
        return (people[round(at) - 1] + people[min(round(at), len(people) - 1)]) / 2
    return people[math.ceil(at) - 1]


def held_twin(pairs, q):
    left, held = q * sum(n for _, n in pairs), 0.0
    for v, n in sorted(pairs):
        held += v * min(n, left)
        left -= min(n, left)
    return held / sum(v * n for v, n in pairs)


def twin(name, x, population=None, **options):
    """Textbook forms, one region at a time."""
    pairs = pairs_of(x, population)
    people, resource = sum(n for _, n in pairs), sum(n * v for v, n in pairs)
    sample = population is None and (options.get("corrected") or options.get("ddof"))
    if not pairs or resource == 0 or (len(pairs) == 1 and sample):
        return math.nan
    mean = resource / people
    r = [(v / mean, n / people) for v, n in pairs]
    if name == "gini":
        differences = sum(abs(v - u) for v, _ in pairs for u, _ in pairs)
        return differences / (2 * mean * len(pairs) * (len(pairs) - 1))
    if name == "ge":
        a = options.get("a", 2.0)
        return (sum(p * v**a for v, p in r) - 1) / (a * (a - 1))
    if name == "atkinson":
        e = options.get("e", 0.5)
        if e == 1:
            return 1 - math.exp(sum(p * math.log(v) for v, p in r))
        return 1 - sum(p * v ** (1 - e) for v, p in r) ** (1 / (1 - e))
    if name == "williamson":
        return math.sqrt(sum(p * (v - 1) ** 2 for v, p in r))
    if name == "variance_logs":
        centre = sum(p * math.log(v) for v, p in r)
        n = len(r) / (len(r) - options.get("ddof", 0)) if population is None else 1
        return n * sum(p * (math.log(v) - centre) ** 2 for v, p in r)
    if name in ("quantile_ratio", "p90p10"):
        upper, lower = (quantile_twin(pairs, options.get(k, d)) for k, d in (("upper", 0.9), ("lower", 0.1)))
        return upper / lower if lower else (math.inf if upper else math.nan)
    top, bottom = (0.1, 0.4) if name == "palma" else (options.get("top", 0.2), options.get("bottom", 0.2))
    low = held_twin(pairs, bottom)
    return (1 - held_twin(pairs, 1 - top)) / low if low > 1e-12 else math.inf


REGIONS = st.integers(1, 9)


def values(low, regions=REGIONS):
    present = st.integers(low, 5000).map(lambda i: i / 8)
    return arrays(float, st.tuples(st.integers(1, 3), regions), elements=present | st.just(math.nan))


def peoples(n):
    return arrays(float, n, elements=st.integers(0, 99).map(float) | st.just(math.nan))


def positive_only(name, options):
    return name == "variance_logs" or options.get("a", 1) <= 0 or options.get("e", 0) >= 1


@every_case
@settings(max_examples=40)
@given(data=st.data())
def test_fast_and_textbook_forms_agree(name, options, data):
    x = data.draw(values(1 if positive_only(name, options) else 0))

    for population in weightings(name, options, data.draw(peoples(x.shape[-1]))):
        found = measure(name, x, population, **options)

        expected = [twin(name, row, population, **options) for row in x]
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


@settings(max_examples=60)
@given(x=values(0, st.just(6)), data=st.data())
def test_concentration_index_is_that_of_the_rank_formula(x, data):
    by = data.draw(arrays(float, 6, elements=st.integers(-3, 3).map(float) | st.just(math.nan)))
    population = data.draw(st.none() | peoples(6))

    found = eq.concentration_index(x, by, population=population)

    for i, row in enumerate(x):
        n = np.ones(6) if population is None else np.nan_to_num(population)
        n = np.where(np.isnan(row) | np.isnan(by), 0.0, n)
        row = np.where(n > 0, row, 0.0)
        if not (row * n).sum():
            assert np.isnan(found[i])
            continue
        p = n / n.sum()
        rank = [sum(p[by < b]) + sum(p[by == b]) / 2 for b in by]
        expected = 2 / (row @ p) * sum(a * b * c for a, b, c in zip(row, p, rank, strict=True)) - 1
        assert found[i] == pytest.approx(expected, abs=1e-12)


@settings(max_examples=40)
@given(x=values(0), data=st.data())
def test_concentration_by_the_values_themselves_is_gini(x, data):
    population = data.draw(st.none() | peoples(x.shape[-1]))

    found = eq.concentration_index(x, x, population=population)

    np.testing.assert_allclose(found, eq.gini(x, population=population), atol=1e-13)


# Curves


def test_curves_by_hand():
    people, resource = eq.lorenz([[6.0, np.nan, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0]], population=[1, 9, 2, 1])

    np.testing.assert_allclose(people[0], [0, 0.5, 0.75, 1, 1])
    np.testing.assert_allclose(resource[0], [0, 2 / 9, 3 / 9, 1, 1])
    assert np.isnan(resource[1]).all()


def test_regions_of_the_same_income_lie_on_one_line():
    people, service = eq.concentration_curve([4.0, 0.0, 1.0, 5.0], [7.0, 7.0, 3.0, 9.0])

    np.testing.assert_allclose(people, [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(service, [0, 0.1, 0.3, 0.5, 1])


@settings(max_examples=40)
@given(x=values(1), data=st.data(), q=st.floats(0.01, 0.99))
def test_quantile_shares_lie_on_the_lorenz_curve(x, data, q):
    population = data.draw(st.none() | peoples(x.shape[-1]))

    found = eq.quantile_share(x, population=population, upper=q)
    rest = eq.quantile_share(x, population=population, lower=q)

    people, resource = eq.lorenz(x, population=population)
    for i in range(len(x)):
        if np.isnan(resource[i]).any():
            assert np.isnan(found[i])
        else:
            assert found[i] == pytest.approx(np.interp(q, people[i], resource[i]), abs=1e-12)
            assert found[i] + rest[i] == pytest.approx(1, abs=1e-12)


def test_shortfall_by_hand_and_its_refusal():
    np.testing.assert_allclose(eq.shortfall([[98.0, 100.0], [np.nan, 99.5]]), [[2, 0], [np.nan, 0.5]])
    with pytest.raises(DomainError, match="up to 100, but 1 of 2 is not") as caught:
        eq.shortfall([50.0, 100.5])
    assert caught.value.positions == ((1,),)
    assert eq.gini(eq.shortfall([98.0, 99.0])) == pytest.approx(1 / 6)


# Promises


@every_case
def test_order_unit_and_equal_copies_of_regions_do_not_matter(name, options):
    x, n = np.array([3.0, 1.0, 4.0, 1.5, 9.0]), np.array([2.0, 7.0, 1.0, 8.0, 1.0])

    for population in weightings(name, options, n):
        f = measure(name, x, population, **options)
        back = None if population is None else population[::-1]
        copies = None if population is None else np.tile(population, 3)

        assert measure(name, x[::-1], back, **options) == pytest.approx(f, rel=1e-13)
        assert measure(name, 1000 * x, population, **options) == pytest.approx(f, rel=1e-12)
        if not ({"corrected", "ddof"} & set(options) and population is None):
            assert measure(name, np.tile(x, 3), copies, **options) == pytest.approx(f, rel=1e-12)


@every_case
def test_equal_regions_have_no_inequality(name, options):
    none = {"quantile_ratio": 1.0, "p90p10": 1.0, "palma": 0.25}.get(name, 0.0)
    if name == "share_ratio":
        none = options.get("top", 0.2) / options.get("bottom", 0.2)

    for population in weightings(name, options, np.array([1.0, 2.0, 7.0])):
        found = measure(name, [0.1] * 3, population, **options)

        assert found == pytest.approx(none, abs=1e-15, rel=1e-14)


@every_case
def test_a_batch_equals_its_parts_and_input_stays(name, options):
    x = np.array([[[3.0, 1.0, np.nan], [2.0, 2.0, 5.0]], [[9.0, 1.0, 1.0], [np.nan, np.nan, np.nan]]])
    n = np.array([3.0, np.nan, 4.0])
    before = x.copy(), n.copy()

    for population in weightings(name, options, n):
        whole = measure(name, x, population, **options)

        assert whole.shape == (2, 2)
        parts = [[measure(name, r, population, **options) for r in b] for b in x]
        np.testing.assert_allclose(whole, parts, rtol=1e-13)
        assert np.isnan(whole[1, 1])
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(n, before[1])


@every_case
def test_missing_regions_and_missing_population_are_left_out_in_pairs(name, options):
    if options.get("corrected"):
        assert eq.gini([2.0, np.nan, 3.0], corrected=True) == eq.gini([2.0, 3.0], corrected=True)
        return
    found = measure(name, [2.0, np.nan, 7.0, 3.0, 9.0], [1.0, 2.0, np.nan, 3.0, 0.0], **options)

    assert found == pytest.approx(measure(name, [2.0, 3.0], [1.0, 3.0], **options), rel=1e-13)
    assert np.isnan(measure(name, [1.0, 2.0], [np.nan, 0.0], **options))


def test_one_region_is_the_documented_value():
    for name, options in CASES:
        population = [5.0] if name == "williamson" else None
        found = measure(name, [7.0], population, **options)
        if options.get("corrected") or options.get("ddof"):
            assert np.isnan(found)
        else:
            top, bottom = options.get("top", 0.2), options.get("bottom", 0.2)
            none = {"quantile_ratio": 1, "p90p10": 1, "palma": 0.25, "share_ratio": top / bottom}.get(name, 0)
            assert found == pytest.approx(none, abs=1e-15)


@pytest.mark.parametrize("n", [2, 5, 40])
def test_all_with_one_region_is_the_documented_bound(n):
    x = np.zeros(n)
    x[0] = 3.0

    assert eq.gini(x) == pytest.approx(1 - 1 / n)
    assert eq.gini(x, corrected=True) == pytest.approx(1)
    assert eq.hoover(x) == pytest.approx(1 - 1 / n)
    assert eq.cv(x) == pytest.approx(math.sqrt(n - 1))
    assert eq.cv(x, ddof=1) == pytest.approx(math.sqrt(n))
    assert eq.ge(x) == pytest.approx((n - 1) / 2)
    assert eq.ge(x, a=0.5) == pytest.approx((n**-0.5 - 1) / -0.25)
    assert eq.atkinson(x) == pytest.approx(1 - 1 / n)
    assert eq.atkinson(x, e=0.8) == pytest.approx(1 - n**-4.0)
    population = np.arange(1.0, n + 1)
    assert eq.williamson(x, population=population) == pytest.approx(math.sqrt(population.sum() - 1))


def test_ratios_over_nothing_are_infinite():
    x = [[0.0] * 8 + [1.0, 2.0], [0.0] * 10]

    for name in ("palma", "p90p10", "share_ratio"):
        np.testing.assert_array_equal(measure(name, x), [np.inf, np.nan])
        np.testing.assert_array_equal(measure(name, x, [0.1] * 10), [np.inf, np.nan])


def test_a_left_out_region_does_not_stand_between_a_quantile_and_the_next():
    assert eq.quantile_ratio([0.0, 1.0, 4.0], population=[0, 1, 1], upper=0.75, lower=0.5) == 4 / 2.5
    assert np.isinf(eq.quantile_ratio([0.0, np.nan, 5.0], upper=0.75, lower=0.25))


@pytest.mark.parametrize("a", [0.0, 1.0])
@pytest.mark.parametrize("step", [1e-6, 1e-9, -1e-9, 1e-13])
def test_generalised_entropy_is_smooth_at_its_limits(a, step):
    x, limit = np.array(REAT), eq.theil_t if a else eq.theil_l

    assert eq.ge(x, a=a) == limit(x)
    assert eq.ge(x, a=a + step) == pytest.approx(limit(x), abs=abs(step) + 1e-14)


def test_atkinson_is_smooth_at_one_and_reaches_the_least():
    x = np.array(REAT)

    assert eq.atkinson(x, e=1 + 1e-12) == pytest.approx(eq.atkinson(x, e=1), abs=1e-11)
    assert eq.atkinson(x, e=1.0100001) == pytest.approx(eq.atkinson(x, e=1.0099999), abs=1e-7)
    assert eq.atkinson(x * [1e-9, 1, 1, 1, 1], e=90) == pytest.approx(1, abs=1e-9)
    assert eq.atkinson(x, e=1e6) == pytest.approx(1 - 10 / 20, abs=1e-5)


def test_atkinson_and_entropy_rank_as_in_theory():
    """A(e) = 1 - (1 + a (a - 1) GE(a))^(1/a) with a = 1 - e (Cowell 2011, appendix)."""
    x, n = np.array(REAT), np.array([3.0, 1.0, 4.0, 1.0, 5.0])

    for e in (0.3, 0.5, 2.0, 3.0):
        a = 1 - e
        inner = 1 + a * (a - 1) * eq.ge(x, population=n, a=a)
        assert eq.atkinson(x, population=n, e=e) == pytest.approx(1 - inner ** (1 / a), rel=1e-12)
    assert eq.ge(x, population=n) == pytest.approx(eq.cv(x, population=n) ** 2 / 2, rel=1e-13)


@pytest.mark.parametrize(
    ("name", "options", "x", "position"),
    [
        ("ge", {}, [[1, 2], [3, -1]], (1, 1)),
        ("ge", {"a": 0.0}, [[1, 0], [3, 1]], (0, 1)),
        ("atkinson", {}, [[1, 2], [3, -1]], (1, 1)),
        ("atkinson", {"e": 1}, [[1, 0], [3, 1]], (0, 1)),
        ("variance_logs", {}, [[1, 0], [3, 1]], (0, 1)),
        ("palma", {}, [[1, 2], [3, -1]], (1, 1)),
        ("p90p10", {}, [[1, 2], [3, -1]], (1, 1)),
        ("share_ratio", {}, [[1, np.inf], [3, 1]], (0, 1)),
        ("quantile_ratio", {}, [[1, 2], [-3, 1]], (1, 0)),
        ("gini", {"corrected": True}, [[1, 2], [-3, 1]], (1, 0)),
    ],
)
def test_values_outside_the_domain_are_refused_with_their_position(name, options, x, position):
    with pytest.raises(DomainError, match=rf"{name} needs values.*{position[0]}, {position[1]}") as caught:
        measure(name, x, **options)

    assert caught.value.positions[0] == position
    row = [True, True]
    row[position[0]] = False
    np.testing.assert_array_equal(eq.defined(name, x, **options), row)


def test_zeros_are_in_the_domain_where_options_say_so():
    assert eq.defined("ge", [0.0, 1.0])
    assert eq.defined("atkinson", [0.0, 1.0], e=0.9)
    assert not eq.defined("atkinson", [0.0, 1.0], e=1.1)
    assert not eq.defined("ge", [0.0, 1.0], a=-1)


def test_the_population_a_measure_cannot_do_with_or_without():
    with pytest.raises(MethodError, match="williamson needs a population"):
        eq.williamson([1.0, 2.0], population=None)
    with pytest.raises(MethodError, match="no small-sample correction"):
        eq.gini([1.0, 2.0], population=[1, 2], corrected=True)
    assert not eq.defined("williamson", [1.0, 2.0])
    assert eq.defined("williamson", [1.0, 2.0], population=[1, 2])
    assert eq.defined("gini", [1.0, 2.0], corrected=True)
    assert not eq.defined("gini", [1.0, 2.0], population=[1, 2], corrected=True)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("atkinson", {"e": 0}, "e above 0"),
        ("atkinson", {"e": math.nan}, "e above 0"),
        ("quantile_ratio", {"upper": 0.2, "lower": 0.3}, "lower < upper"),
        ("quantile_ratio", {"upper": 1.0}, "upper is a share"),
        ("share_ratio", {"bottom": 0}, "bottom is a share"),
    ],
)
def test_options_that_make_no_sense_are_refused(name, options, message):
    with pytest.raises(MethodError, match=message):
        measure(name, [1.0, 2.0], **options)


def test_shares_of_the_population_are_in_order():
    with pytest.raises(MethodError, match="0 <= lower <= upper <= 1"):
        eq.quantile_share([1.0, 2.0], lower=0.5, upper=0.4)


def test_new_degrees_by_hand():
    assert eq.degree("atkinson", 0.25) == 75
    assert eq.degree("williamson", 0.25) == 80
    for name in ("ge", "variance_logs", "palma", "p90p10", "share_ratio", "quantile_ratio"):
        with pytest.raises(MethodError, match="no degree"):
            eq.degree(name, 0.1)


def test_long_sums_are_as_exact_as_short_ones():
    x = np.random.default_rng(1).lognormal(size=20_001)

    mean = math.fsum(x) / len(x)
    expected = math.fsum(v / mean * math.log(v / mean) for v in x) / len(x)
    assert eq.theil_t(x) == pytest.approx(expected, rel=1e-12)
