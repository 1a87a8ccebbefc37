import csv
import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from equindex.equalization import space
from equindex.errors import DomainError, MethodError

RING = space.contiguity([[i, (i + 1) % 7] for i in range(7)], 7)
X = np.array([3.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0])


def read(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def doctors(reference):
    """Read doctors per 1,000 of 31 provinces, the neighbour matrix and the worked I."""
    names = [row["province_en"] for row in read(reference("china/cn_regions.csv"))]
    people = {
        r["province_en"]: r
        for r in read(reference("china/cn_population_1998_1999.csv"))
        if r["year"] == "1999"
    }
    staff = {
        r["province_en"]: r
        for r in read(reference("china/cn_health_personnel_1999.csv"))
        if r["year"] == "1999"
    }
    x = [1000 * float(staff[n]["doctors_10k"]) / float(people[n]["population_10k"]) for n in names]
    rows = read(reference("china/renjiyi163/W_adj_31_provinces_rowstd.csv"))
    w = [[float(row[f"v{i + 1}"]) for i in range(31)] for row in rows]
    worked = json.loads(reference("china/cn_worked_values.json").read_text(encoding="utf-8"))
    key = "moran_I_rowstd_W_adj(Hainan island row zero)"
    return np.array(x), np.array(w), worked["doctors_per_1000_1999"][key], names.index("Hainan")


def textbook(x, w):
    """Moran's I and its variance under normality, sums over all pairs."""
    n, z = len(x), x - x.mean()
    s0 = sum(w[i, j] for i in range(n) for j in range(n))
    value = n / s0 * sum(w[i, j] * z[i] * z[j] for i in range(n) for j in range(n)) / sum(v * v for v in z)
    s1 = sum((w[i, j] + w[j, i]) ** 2 for i in range(n) for j in range(n)) / 2
    s2 = sum((w[i].sum() + w[:, i].sum()) ** 2 for i in range(n))
    variance = (n * n * s1 - n * s2 + 3 * s0 * s0) / ((n * n - 1) * s0 * s0) - 1 / (n - 1) ** 2
    return value, variance


# Worked value


def test_doctors_of_provinces_have_the_worked_i_with_hainan_an_island(doctors):
    x, w, expected, hainan = doctors

    found = space.moran(x, w)

    assert found.value == pytest.approx(expected, abs=1e-12)
    assert found.s0 == pytest.approx(30, abs=1e-9)
    assert (found.n, found.islands) == (31, 1)
    assert found.expected == -1 / 30
    assert found.p < 0.05
    local = space.moran_local(x, w)
    assert np.nansum(local.value) / 30 == pytest.approx(expected, abs=1e-12)
    assert np.isnan(local.value[hainan])
    assert local.quadrant[hainan] == 0


def test_dropped_islands_are_as_if_never_there(doctors):
    x, w, _, hainan = doctors
    rest = np.arange(31) != hainan

    found = space.moran(x, w, islands="drop", permutations=0)

    alone = space.moran(x[rest], w[np.ix_(rest, rest)], permutations=0)
    assert (found.value, found.n, found.islands) == (alone.value, 30, 0)


def test_dropping_goes_on_until_no_island_is_left():
    chain = np.zeros((5, 5))
    chain[0, 1] = chain[1, 2] = chain[3, 4] = chain[4, 3] = 1  # 2 has no row; without it 1 has none, then 0

    assert space.moran(X[:5], chain, islands="drop", permutations=0).n == 2


# Slow twins


@settings(max_examples=40)
@given(
    x=arrays(float, 6, elements=st.integers(-20, 20).map(float)),
    w=arrays(float, (6, 6), elements=st.sampled_from([0.0, 0.0, 1.0, 2.5])),
    standardise=st.booleans(),
)
def test_i_agrees_with_sums_over_pairs(x, w, standardise):
    own = w * (1 - np.eye(6))
    if standardise:
        own = own / np.where(own.sum(axis=1) > 0, own.sum(axis=1), 1)[:, None]

    found = space.moran(x, w, permutations=0, standardise=standardise)
    local = space.moran_local(x, w, permutations=0, standardise=standardise)

    if len(set(x)) == 1 or not own.any():
        assert np.isnan(found.value)
        return
    value, variance = textbook(x, own)
    assert found.value == pytest.approx(value, abs=1e-12)
    if variance > 1e-12:
        assert found.variance == pytest.approx(variance, abs=1e-12)
        assert found.z == pytest.approx((value + 1 / 5) / math.sqrt(variance), abs=1e-6)
    assert np.nansum(local.value) / own.sum() == pytest.approx(value, abs=1e-12)
    z = x - x.mean()
    for i in range(6):
        lag = own[i] @ z
        if own[i].any():
            assert local.value[i] == pytest.approx(z[i] * lag / (z @ z / 6), abs=1e-12)
            if abs(z[i]) > 1e-9 and abs(lag) > 1e-9:
                assert space.QUADRANTS[local.quadrant[i]] == "-".join(
                    "high" if v > 0 else "low" for v in (z[i], lag)
                )
        else:
            assert np.isnan(local.value[i])


def test_missing_regions_leave_with_their_links():
    x = np.stack([X, X])
    x[0, 2] = np.nan
    rest = np.arange(7) != 2
    w = RING.toarray()

    found, local = space.moran(x, w, permutations=99), space.moran_local(x, w, permutations=99)

    alone = space.moran(X[rest], w[np.ix_(rest, rest)], permutations=99)
    assert (found.value[0], found.p[0], found.n[0]) == (alone.value, alone.p, 6)
    assert found.value[1] == space.moran(X, w, permutations=0).value
    np.testing.assert_array_equal(np.isnan(local.value), np.isnan(x))
    np.testing.assert_array_equal(np.isnan(local.p), np.isnan(x))


# Permutations


def exact_tails(x, w):
    """Return the share of all orders of the values with an I as high, and as low."""
    z = x - x.mean()
    own = w @ z @ z
    every = [z[list(order)] @ w @ z[list(order)] for order in itertools.permutations(range(len(x)))]
    return np.mean(np.array(every) >= own - 1e-9), np.mean(np.array(every) <= own + 1e-9)


def test_p_nears_the_share_among_all_orders():
    x = np.array([1.0, 2.0, 2.5, 4.0, 4.5, 9.0])
    w = space.contiguity([[i, i + 1] for i in range(5)], 6)
    rows = w.toarray() / w.toarray().sum(axis=1, keepdims=True)
    high, low = exact_tails(x, rows)

    found = {
        side: space.moran(x, w, permutations=20_000, alternative=side).p
        for side in ("greater", "less", "two-sided")
    }

    assert found["greater"] == pytest.approx(high, abs=0.01)  # standard error at most 0.0035
    assert found["less"] == pytest.approx(low, abs=0.01)
    assert found["two-sided"] == pytest.approx(2 * min(high, low), abs=0.02)


def test_local_p_nears_the_share_among_all_choices_of_neighbours():
    found = space.moran_local(X, RING, permutations=20_000)

    z = X - X.mean()
    for i in range(7):
        others = np.delete(z, i)
        lags = np.array([others[a] + others[b] for a, b in itertools.combinations(range(6), 2)])
        own = z[(i - 1) % 7] + z[(i + 1) % 7]
        tails = np.mean(lags >= own - 1e-9), np.mean(lags <= own + 1e-9)
        assert found.p[i] == pytest.approx(min(1, 2 * min(tails)), abs=0.02)


def test_mean_of_permuted_i_is_the_expected_one():
    found = space.moran(X, RING, permutations=20_000)

    assert found.mean == pytest.approx(found.expected, abs=5 * found.sd / math.sqrt(20_000))


def test_same_seed_same_numbers_and_a_longer_run_begins_with_the_shorter():
    x = np.random.default_rng(1).normal(size=(3, 7))
    z = x - x.mean(axis=1, keepdims=True)

    short, long = (space._permuted(z, RING, count, 0) for count in (70, 1100))

    np.testing.assert_array_equal(short, long[:70])
    np.testing.assert_array_equal(long[:, 1], space._permuted(z[1:2], RING, 1100, 0)[:, 0])
    assert not np.array_equal(short, space._permuted(z, RING, 70, 1))
    again = [space.moran_local(x, RING, permutations=50, seed=0).p for _ in range(2)]
    np.testing.assert_array_equal(*again)


# Weights


def test_neighbours_may_be_listed_once_or_twice():
    once, twice = space.contiguity([[0, 1], [2, 1]], 4), space.contiguity([[0, 1], [1, 0], [1, 2], [2, 1]], 4)

    assert once.toarray().tolist() == twice.toarray().tolist()
    assert once.toarray().tolist() == [[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    assert space.contiguity([[0, 1]], 2, values=[7.0]).toarray().tolist() == [[0, 7], [7, 0]]
    assert space.contiguity([], 2).nnz == 0


@pytest.mark.parametrize(
    ("pairs", "values", "match"),
    [
        ([[0, 3]], 1, "pair 0"),
        ([[0, 1], [1, 1]], 1, "pair 1"),
        ([[0, -1]], 1, "pair 0"),
        ([[0, 1], [1, 0]], [1, 2], "two different weights"),
        ([[0, 1]], -1, "0 or more"),
        ([[0.5, 1]], 1, "whole numbers"),
        ([0, 1], 1, "whole numbers"),
    ],
)
def test_wrong_neighbours_are_refused(pairs, values, match):
    with pytest.raises(DomainError, match=match):
        space.contiguity(pairs, 3, values=values)


def test_rules_of_distance_by_hand():
    d = [[0, 1, 2, np.nan], [1, 0, 4, 9], [2, 4, 0, 2], [np.nan, 9, 2, 0]]

    nearest, band, inverse = (
        space.near(d, k=1).toarray(),
        space.near(d, rule="band", limit=2).toarray(),
        space.near(d, rule="inverse", power=2, limit=4).toarray(),
    )

    assert nearest.tolist() == [[0, 1, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0]]
    assert band.tolist() == [[0, 1, 1, 0], [1, 0, 0, 0], [1, 0, 0, 1], [0, 0, 1, 0]]
    assert inverse.tolist() == [[0, 1, 0.25, 0], [1, 0, 0.0625, 0], [0.25, 0.0625, 0, 0.25], [0, 0, 0.25, 0]]
    assert space.near(d, k=3, limit=1).toarray()[3].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("d", "options", "error", "match"),
    [
        ([[0, 1]], {}, DomainError, "square"),
        ([[0, -1], [1, 0]], {}, DomainError, "0 or more"),
        ([[0, 0], [0, 0]], {"rule": "inverse"}, DomainError, "no inverse"),
        ([[0, 1], [1, 0]], {"rule": "nearst"}, MethodError, "nearest"),
        ([[0, 1], [1, 0]], {"k": 0}, MethodError, "1 or more"),
    ],
)
def test_wrong_distances_are_refused(d, options, error, match):
    with pytest.raises(error, match=match):
        space.near(d, **options)


def test_weights_may_be_dense_or_sparse_and_the_diagonal_is_not_used():
    dense = RING.toarray()

    forms = [dense, sparse.csr_array(dense), sparse.coo_matrix(dense), dense + 5 * np.eye(7)]

    assert len({float(space.moran(X, w, permutations=0).value) for w in forms}) == 1
    assert (dense == RING.toarray()).all()


# Bad input


def test_equal_regions_and_regions_without_neighbours_have_no_i():
    for x, w in [(np.full(7, 0.1), RING), (X, np.zeros((7, 7))), (np.full(7, np.nan), RING)]:
        found, local = space.moran(x, w, permutations=9), space.moran_local(x, w, permutations=9)

        assert np.isnan([found.value, found.expected, found.variance, found.z, found.p, found.mean]).all()
        assert np.isnan(local.value).all()
        assert np.isnan(local.p).all()
        assert not local.quadrant.any()


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"x": [1.0, np.inf, 2, 3, 4, 5, 6]}, DomainError, "finite"),
        ({"w": np.ones((6, 6))}, DomainError, "do not fit"),
        ({"w": -np.ones((7, 7))}, DomainError, "0 or more"),
        ({"islands": "remove"}, MethodError, "islands"),
        ({"permutations": -1}, MethodError, "0 or more"),
        ({"seed": -1}, MethodError, "seed"),
        ({"alternative": "both"}, MethodError, "alternative"),
    ],
)
def test_wrong_options_are_refused(options, error, match):
    with pytest.raises(error, match=match):
        space.moran(**{"x": X, "w": RING, **options})
