import csv
import json
import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from equindex import equalization as eq
from equindex.errors import DomainError, MethodError


def measure(name, x, population=None, **options):
    return eq.measures.get(name).function(x, population=population, **options)


def read(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


# Worked values


@pytest.fixture(scope="module")
def doctors(reference):
    """Doctors per 1,000 people, population and zone of 31 provinces in 1999, and the values worked out."""
    regions = read(reference("china/cn_regions.csv"))

    def column(name, key):
        rows = {r["province_en"]: r for r in read(reference(f"china/{name}.csv")) if r["year"] == "1999"}
        return np.array([float(rows[r["province_en"]][key]) for r in regions])

    people = column("cn_population_1998_1999", "population_10k")
    worked = json.loads(reference("china/cn_worked_values.json").read_text(encoding="utf-8"))
    return {
        "x": 1000 * column("cn_health_personnel_1999", "doctors_10k") / people,
        "population": people,
        "zones": [r["region4_en"] for r in regions],
        "expected": worked["doctors_per_1000_1999"],
    }


def test_dagum_of_doctors_by_zone_is_as_worked(doctors):
    labels, expected = sorted(set(doctors["zones"])), doctors["expected"]["dagum4"]
    codes = [labels.index(zone) for zone in doctors["zones"]]

    parts = eq.dagum(doctors["x"], codes)

    assert parts.total == pytest.approx(expected["G"], abs=1e-12)
    assert parts.within == pytest.approx(expected["Gw"], abs=1e-12)
    assert parts.between == pytest.approx(expected["Gnb"], abs=1e-12)
    assert parts.transvariation == pytest.approx(expected["Gt"], abs=1e-12)
    for label, value in expected["Gjj"].items():
        assert parts.matrix[labels.index(label), labels.index(label)] == pytest.approx(value, abs=5.1e-7)
    for pair, value in expected["Gjh"].items():
        j, h = (labels.index(label) for label in pair.split("-"))
        assert parts.matrix[j, h] == parts.matrix[h, j] == pytest.approx(value, abs=5.1e-7)


def test_theil_of_doctors_as_generalised_entropy_is_as_worked(doctors):
    labels, expected = sorted(set(doctors["zones"])), doctors["expected"]
    codes = [labels.index(zone) for zone in doctors["zones"]]

    parts = eq.decompose(doctors["x"], codes, measure="ge", population=doctors["population"], a=1)

    assert parts.between == pytest.approx(expected["theil_between"], abs=1e-12)
    assert parts.within == pytest.approx(expected["theil_within"], abs=1e-12)
    assert eq.ge(doctors["x"], population=doctors["population"], a=0) == pytest.approx(
        expected["theil_L_popweighted"], abs=1e-12
    )


# Slow twins


REGIONS = st.integers(1, 9)


def values(low, regions=REGIONS):
    present = st.integers(low, 5000).map(lambda i: i / 8)
    return arrays(float, st.tuples(st.integers(1, 3), regions), elements=present | st.just(math.nan))


def peoples(n):
    return arrays(float, n, elements=st.integers(0, 99).map(float) | st.just(math.nan))


def dagum_twin(x, groups, population):
    """All pairs, as in Dagum (1997); groups without regions hold None."""
    n = np.ones(len(x)) if population is None else population
    keep = ~np.isnan(x) & (np.nan_to_num(n) > 0)
    x, n, groups = x[keep], n[keep], groups[keep]
    members = {g: [(v, m) for v, m, own in zip(x, n, groups, strict=True) if own == g] for g in set(groups)}
    people = {g: sum(m for _, m in rows) for g, rows in members.items()}
    mean = {g: sum(v * m for v, m in rows) / people[g] for g, rows in members.items()}
    whole = sum(mean[g] * people[g] for g in members)
    p = {g: people[g] / sum(people.values()) for g in members}
    s = {g: mean[g] * people[g] / whole for g in members}
    gini, affluence, within, between, overlap = {}, {}, 0.0, 0.0, 0.0
    for j in members:
        for h in members:
            pairs = [(u - v, m * k) for u, m in members[j] for v, k in members[h]]
            d = sum(max(u, 0) * m for u, m in pairs) / (people[j] * people[h])
            e = sum(max(-u, 0) * m for u, m in pairs) / (people[j] * people[h])
            gini[j, h] = (d + e) / (mean[j] + mean[h]) if mean[j] + mean[h] else math.nan
            affluence[j, h] = abs(d - e) / (d + e) if d + e and j != h else 0.0
            if j == h:
                within += p[j] * s[j] * (gini[j, j] if s[j] else 0)
            elif j < h and mean[j] + mean[h]:
                both = gini[j, h] * (p[j] * s[h] + p[h] * s[j])
                between += both * affluence[j, h]
                overlap += both * (1 - affluence[j, h])
    return gini, affluence, within, between, overlap, p, s


@settings(max_examples=60)
@given(x=values(0), data=st.data())
def test_dagum_equals_its_form_by_pairs(x, data):
    n = x.shape[-1]
    groups = np.array(data.draw(st.lists(st.integers(0, 4), min_size=n, max_size=n)))
    population = data.draw(st.none() | peoples(n))

    parts = eq.dagum(x, groups, population=population)

    np.testing.assert_allclose(
        parts.total, parts.within + parts.between + parts.transvariation, rtol=1e-12, atol=1e-15
    )
    np.testing.assert_array_equal(parts.groups, sorted(set(groups)))
    for i, row in enumerate(x):
        if np.isnan(parts.total[i]):
            assert np.isnan([parts.within[i], parts.between[i], parts.transvariation[i]]).all()
            continue
        gini, affluence, within, between, overlap, p, s = dagum_twin(row, groups, population)
        sums = [parts.within[i], parts.between[i], parts.transvariation[i]]
        np.testing.assert_allclose(sums, [within, between, overlap], rtol=1e-11, atol=1e-13)
        for j, first in enumerate(parts.groups):
            assert parts.population_share[i, j] == pytest.approx(p.get(first, 0), rel=1e-12)
            assert parts.resource_share[i, j] == pytest.approx(s.get(first, 0), rel=1e-12)
            for h, second in enumerate(parts.groups):
                at = (first, second)
                for own, expected in ((parts.matrix, gini), (parts.affluence, affluence)):
                    np.testing.assert_allclose(own[i, j, h], expected.get(at, np.nan), rtol=1e-10, atol=1e-12)


def test_dagum_keeps_small_groups_beside_huge_values():
    x = np.array([1.0, 1.0 + 1e-9, 1.0 + 3e-9, 1.0 + 2e-9, 1e15, 3e15])

    parts = eq.dagum(x, [0, 0, 1, 1, 2, 2])

    np.testing.assert_allclose(parts.matrix[0, 0], 1e-9 / 4, rtol=1e-6)
    np.testing.assert_allclose(parts.matrix[0, 1], 2e-9 / 2, rtol=1e-6)
    assert parts.affluence[0, 1] == pytest.approx(1)


def test_a_batch_over_blocks_equals_its_rows():
    rng = np.random.default_rng(5)
    x, population = rng.lognormal(size=(3, 40, 300)), rng.integers(1, 9, (3, 40, 300))
    groups = rng.integers(0, 5, 300)

    parts = eq.dagum(x, groups, population=population)

    one = eq.dagum(x[2, 7], groups, population=population[2, 7])
    for name in ("total", "within", "between", "transvariation", "matrix", "affluence", "resource_share"):
        np.testing.assert_allclose(getattr(parts, name)[2, 7], getattr(one, name), rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize(
    ("kind", "a"), [("theil_t", 1), ("theil_l", 0), ("ge", -0.7), ("ge", 0.4), ("ge", 2)]
)
@settings(max_examples=30)
@given(x=values(1), data=st.data())
def test_parts_by_levels_add_up_and_are_those_of_the_textbook(kind, a, x, data):
    n = x.shape[-1]
    province, city = (
        np.array(data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))) for _ in range(2)
    )
    population = data.draw(st.none() | arrays(float, n, elements=st.integers(0, 99).map(float)))

    parts = eq.nested(x, [province, city], measure=kind, population=population, a=a)

    np.testing.assert_allclose(parts.total, parts.between.sum(-1) + parts.within, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(parts.levels[0].contribution.sum(-1), parts.between[:, 1], atol=1e-15)
    np.testing.assert_allclose(parts.levels[1].contribution.sum(-1), parts.within, atol=1e-15)
    found = [tuple(pair) for pair in parts.codes[1].T.tolist()]
    assert found == sorted(set(zip(province.tolist(), city.tolist(), strict=True)))
    for i, row in enumerate(x):
        own = np.ones(n) if population is None else population
        own = np.where(np.isnan(row), 0.0, own)
        if own.sum() == 0:
            assert np.isnan(parts.between[i]).all()
            continue
        plain = "ge" if kind == "ge" else kind
        options = {"a": a} if kind == "ge" else {}
        step = []
        for codes in (province, 10 * province + city):  # everyone has the mean of the group
            smooth = row.copy()
            for code in set(codes):
                inside = (codes == code) & (own > 0)
                if inside.any():
                    smooth[inside] = (row[inside] * own[inside]).sum() / own[inside].sum()
            step.append(measure(plain, smooth, own, **options))
        np.testing.assert_allclose(parts.between[i], [step[0], step[1] - step[0]], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("a", [-1.0, 0.5, 2.0, 3.0])
@settings(max_examples=30)
@given(x=values(1), data=st.data())
def test_parts_of_generalised_entropy_add_up_and_weigh_as_in_shorrocks(a, x, data):
    n = x.shape[-1]
    groups = np.array(data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)))
    population = np.arange(1.0, n + 1)

    parts = eq.decompose(x, groups, measure="ge", population=population, a=a)

    np.testing.assert_allclose(parts.total, parts.between + parts.within, rtol=1e-11, atol=1e-14)
    for i, row in enumerate(x):
        own = np.where(np.isnan(row), 0.0, population)
        if own.sum() == 0:
            continue
        held = np.where(own > 0, row, 0.0) * own
        for g, code in enumerate(parts.groups):
            p, s = own[groups == code].sum() / own.sum(), held[groups == code].sum() / held.sum()
            expected = p ** (1 - a) * s**a if p else 0.0
            assert parts.share[i, g] == pytest.approx(expected, rel=1e-11)
            if p:
                m = s / p * held.sum() / own.sum()
                inside = sum(
                    n * ((v / m) ** a - 1)
                    for v, n, c in zip(row, own, groups, strict=True)
                    if n and c == code
                )
                inside /= own[groups == code].sum() * a * (a - 1)
                np.testing.assert_allclose(parts.value[i, g], inside, rtol=1e-9, atol=1e-12)


def split_by_orders(years, a):
    """Take the mean over the six orders, step by step, with the textbook's sums."""

    def total(at):
        v, m, p = years[at[0]][0], years[at[1]][1], years[at[2]][2]
        mean = sum(p * m)
        if a == 1:
            return sum(p * m / mean * v) + sum(p * m / mean * np.log(m / mean))
        if a == 0:
            return sum(p * v) - sum(p * np.log(m / mean))
        return sum(p * (m / mean) ** a * v) + (sum(p * (m / mean) ** a) - 1) / (a * (a - 1))

    parts = np.zeros(3)
    for order in permutations(range(3)):
        at = [0, 0, 0]
        for factor in order:
            before = total(at)
            at[factor] = 1
            parts[factor] += (total(at) - before) / 6
    return parts


@pytest.mark.parametrize(("kind", "a"), [("theil_t", 1), ("theil_l", 0), ("ge", 2.5)])
def test_change_is_the_mean_over_all_orders(kind, a):
    rng = np.random.default_rng(3)
    x0, x1 = rng.lognormal(size=(2, 30))
    n0, n1 = rng.integers(1, 50, (2, 30)).astype(float)
    groups = np.repeat([0, 1, 2], 10)

    found = eq.change(x0, x1, groups, population0=n0, population1=n1, measure=kind, a=a)

    years = []
    for x, n in ((x0, n0), (x1, n1)):
        rows = [groups == g for g in range(3)]
        v = [
            measure("ge" if kind == "ge" else kind, x[r], n[r], **({"a": a} if kind == "ge" else {}))
            for r in rows
        ]
        m = [(x[r] * n[r]).sum() / n[r].sum() for r in rows]
        years.append([np.array(v), np.array(m), np.array([n[r].sum() / n.sum() for r in rows])])
    expected = split_by_orders(years, a)
    np.testing.assert_allclose([found.within, found.between, found.population], expected, rtol=1e-11)


@settings(max_examples=60)
@given(x=values(1, st.just(6)), data=st.data())
def test_parts_of_a_change_add_up_also_where_groups_come_and_go(x, data):
    codes = st.lists(st.integers(0, 3), min_size=6, max_size=6).map(np.array)
    population = arrays(float, 6, elements=st.integers(0, 9).map(float))
    first, second = data.draw(codes), data.draw(codes)
    kind = data.draw(st.sampled_from(["theil_t", "theil_l", "ge"]))
    n0, n1 = data.draw(st.none() | population), data.draw(st.none() | population)

    parts = eq.change(x, x[::-1], first, groups1=second, population0=n0, population1=n1, measure=kind)

    np.testing.assert_allclose(
        parts.total, parts.within + parts.between + parts.population, rtol=1e-12, atol=1e-14
    )


def test_each_part_of_a_change_is_alone_where_nothing_else_moves():
    groups, x = [0, 0, 1, 1], np.array([1.0, 3.0, 4.0, 12.0])

    inside = eq.change(x, [1.5, 2.5, 6.0, 10.0], groups)
    means = eq.change(x, [2.0, 6.0, 4.0, 12.0], groups)
    people = eq.change(x, x, groups, population0=[1, 1, 1, 1], population1=[1, 1, 5, 5])
    new = eq.change(x[:2], x, groups[:2], groups1=groups)

    for parts, name in ((inside, "within"), (means, "between"), (people, "population")):
        assert getattr(parts, name) == pytest.approx(parts.total, rel=1e-12)
        assert abs(parts.total) > 0.01
        for other in {"within", "between", "population"} - {name}:
            assert getattr(parts, other) == pytest.approx(0, abs=1e-15)
    assert new.population == pytest.approx(new.total, rel=1e-12)


def test_a_change_from_nothing_is_not_a_number():
    parts = eq.change([[0.0, 0.0], [np.nan, np.nan], [1.0, 2.0]], [[1.0, 2.0]] * 3, [0, 1])

    for part in (parts.total, parts.within, parts.between, parts.population):
        np.testing.assert_array_equal(np.isnan(part), [True, True, False])


@settings(max_examples=60)
@given(
    y=arrays(float, (2, 5, 3), elements=st.integers(0, 500).map(lambda i: i / 8) | st.just(math.nan)),
    population=st.none() | arrays(float, 5, elements=st.integers(0, 9).map(float)),
)
def test_contributions_of_parts_add_up_to_the_gini_of_the_sum(y, population):
    parts = eq.lerman_yitzhaki(y, population=population)

    whole = eq.gini(y.sum(axis=-1), population=population)
    np.testing.assert_allclose(parts.total, whole)
    np.testing.assert_allclose(parts.contribution.sum(axis=-1), whole, rtol=1e-12, atol=1e-14)
    solid = np.where(np.isnan(parts.correlation), 0.0, parts.share * parts.gini * parts.correlation)
    known = ~np.isnan(whole)
    np.testing.assert_allclose(solid[known], parts.contribution[known], rtol=1e-12, atol=1e-14)
    assert np.nanmax(np.abs(parts.correlation), initial=0) <= 1 + 1e-12


def test_parts_of_a_sum_are_those_of_the_covariance_formulas():
    rng = np.random.default_rng(2)
    y = rng.lognormal(size=(50, 4))
    rank = y.sum(axis=1).argsort().argsort()

    parts = eq.lerman_yitzhaki(y)

    for k in range(4):
        own = y[:, k].argsort().argsort()
        toward, itself = (np.cov(y[:, k], r / 50, ddof=0)[0, 1] for r in (rank, own))
        assert parts.share[k] == pytest.approx(y[:, k].sum() / y.sum(), rel=1e-12)
        assert parts.gini[k] == pytest.approx(2 * itself / y[:, k].mean(), rel=1e-11)
        assert parts.correlation[k] == pytest.approx(toward / itself, rel=1e-11)


# Bad input


@pytest.mark.parametrize("groups", [[0, -1], [0], [0.0, 1.0]])
def test_regions_without_a_group_are_refused(groups):
    for split in (eq.dagum, lambda x, g: eq.nested(x, [g]), lambda x, g: eq.change(x, x, g)):
        with pytest.raises(DomainError, match="groups need"):
            split([1.0, 2.0], groups)


def test_splits_of_other_measures_or_nothing_are_refused():
    with pytest.raises(MethodError, match=r"'gini' does not split.*theil_t"):
        eq.nested([1.0, 2.0], [[0, 1]], measure="gini")
    with pytest.raises(MethodError, match=r"'atkinson' does not split"):
        eq.change([1.0, 2.0], [1.0, 2.0], [0, 1], measure="atkinson")
    with pytest.raises(MethodError, match="at least one level"):
        eq.nested([1.0, 2.0], [])


def test_zeros_negatives_and_empty_groups_in_splits():
    with pytest.raises(DomainError, match="gini needs values"):
        eq.dagum([1.0, -2.0], [0, 1])
    with pytest.raises(DomainError, match="gini needs values") as caught:
        eq.lerman_yitzhaki([[1.0, 2.0], [3.0, -1.0]])
    assert caught.value.positions == ((1, 1),)

    parts = eq.dagum([0.0, 0.0, 1.0, np.nan], [0, 0, 1, 2])

    assert parts.between == pytest.approx(2 / 3)
    assert parts.within == parts.transvariation == 0
    np.testing.assert_array_equal(np.isnan(parts.matrix), [[1, 0, 1], [0, 0, 1], [1, 1, 1]])
