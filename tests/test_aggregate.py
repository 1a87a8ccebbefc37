import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from equindex import _arrays, aggregate, normalise
from equindex._summary import summarise
from equindex.errors import DomainError, MethodError

NAN = float("nan")
HALF = {"missing": "reweight", "min_coverage": 0.5}
CONDORCET = [[3, 1, 2, 2, 1], [2, 3, 3, 1, 2], [1, 2, 1, 3, 3]]  # a, b, c as 60 voters order them
CONDORCET_VOTERS = [23, 17, 2, 10, 8]
CASES = [
    ("arithmetic", {}, [80, 20], [3, 1], 65, "by hand: (240 + 20) / 4"),
    ("arithmetic", {}, [80, NAN], [3, 1], NAN, "by hand: a gap with weight"),
    ("arithmetic", {}, [80, NAN], [3, 0], 80, "by hand: no weight, no gap"),
    ("arithmetic", HALF, [80, 30, NAN], [1, 1, 2], 55, "by hand: exactly half is there"),
    ("arithmetic", HALF, [80, NAN, NAN], [1, 1, 2], NAN, "by hand: a quarter is there"),
    ("arithmetic", {"missing": "reweight"}, [NAN, NAN], [1, 1], NAN, "by hand: nothing is there"),
    ("geometric", {}, [90, 40], [1, 1], 60, "by hand: root of 3600"),
    ("geometric", {}, [8, 1], [1, 2], 2, "by hand: cube root of 8 x 1 x 1"),
    ("geometric", {"missing": "reweight"}, [90, NAN, 40], [1, 5, 1], 60, "by hand: root of 3600"),
    ("geometric", {}, [9, 0], [1, 0], 9, "by hand: no weight, no refusal"),
    ("harmonic", {}, [60, 30], [1, 1], 40, "by hand: 2 / (1/60 + 2/60)"),
    ("harmonic", {}, [60, 30, NAN], [1, 1, 1], NAN, "by hand: a gap with weight"),
    ("harmonic", {"missing": "reweight"}, [60, 30, NAN], [1, 1, 1], 40, "by hand: 2 / (1/60 + 2/60)"),
    ("harmonic", {}, [9, -1], [1, 0], 9, "by hand: no weight, no refusal"),
    ("power", {"exponent": 2}, [1, 7], [1, 1], 5, "by hand: root of (1 + 49) / 2"),
    ("power", {"exponent": 2}, [0, 4, 4], [1, 1, 2], math.sqrt(12), "by hand: 0 above exponent 0"),
    (
        "power",
        {"exponent": 0.5, "missing": "reweight"},
        [16, NAN, 4],
        [1, 3, 1],
        9,
        "by hand: ((4 + 2) / 2)²",
    ),
    ("power", {"exponent": 0}, [90, 40], [1, 1], 60, "by hand: the geometric mean"),
    ("power", {"exponent": -1}, [60, 30], [1, 1], 40, "by hand: the harmonic mean"),
    ("power", {"exponent": -math.inf}, [9, 3, 1], [1, 1, 0], 3, "by hand: the minimum"),
    ("median", {}, [90, 10, 40], [1, 1, 1], 40, "by hand: the second of three"),
    ("median", {}, [10, 40, 90, 20], [1, 1, 1, 1], 30, "by hand: half of the weight on either side"),
    ("median", {}, [10, 40, 90], [1, 1, 3], 90, "by hand: 3 of 5"),
    ("median", {}, [10, 40, 90], [0.1, 0.2, 0.3], 65, "by hand: 0.1 + 0.2 is half of 0.6"),
    ("median", HALF, [10, NAN, 90], [1, 2, 1], 50, "by hand: the middle of the two there"),
    ("minimum", {}, [80, 20, 50], [1, 0, 2], 50, "by hand: no weight, no minimum"),
    ("minimum", HALF, [80, NAN, 50], [1, 2, 1], 50, "by hand: the worst of what is there"),
    ("owa", {"positions": [0.2, 0.3, 0.5]}, [30, 90, 60], [1, 1, 1], 51, "by hand, Yager 1988: 18 + 18 + 15"),
    ("owa", {"positions": [1, 1, 1]}, [80, 20, 5], [3, 1, 0], 65, "by hand: the weighted mean"),
    (
        "owa",
        {"positions": [1, 1, 0]},
        [90, 60, 30],
        [1, 1, 2],
        63.75,
        "by hand, Torra 1997: Q(1/4) = 3/8, Q(1/2) = 3/4",
    ),
    ("owa", {"positions": [1, 1, 0], **HALF}, [90, NAN, 30], [1, 1, 1], 75, "by hand: Q(1/2) = 3/4"),
    ("mpi", {}, [110, 90], [1, 1], 99, "by hand: 100 - 10 x 0.1"),
    ("mpi", {"rewards": "imbalance"}, [110, 90], [1, 1], 101, "by hand: 100 + 10 x 0.1"),
    ("mpi", {}, [110, 90], [3, 1], 105 - 75 / 105, "by hand: weighted variance 75"),
    ("ampi", {}, [120, 80], [1, 1], 96, "by hand: 100 - 20 x 0.2"),
    ("ampi", HALF, [120, NAN, 80], [1, 1, 1], 96, "by hand: 100 - 20 x 0.2"),
    ("mean_min", {"alpha": 0.5, "beta": 40}, [60, 20, 70], [1, 1, 1], 45, "by hand: root of 30² + 40² is 50"),
    ("mean_min", {"alpha": 1, "beta": 0}, [60, 20, 70], [1, 1, 1], 20, "by hand: the minimum"),
    ("mean_min", {"alpha": 0, "beta": 0}, [60, 20, 70], [1, 1, 1], 50, "by hand: the mean"),
    ("coupling", {"upper": 100}, [25, 64], [1, 1], 10 * math.sqrt(40), "by hand: C = 0.8/0.89, T = 0.445"),
    ("coupling", {"upper": 100}, [0, 64, 5], [1, 1, 0], 0, "by hand: a product with 0"),
    ("coupling", {"upper": 100}, [0, 0], [1, 1], 0, "by hand: T = 0"),
    (
        "coupling",
        {"upper": 100, "form": "liao"},
        [25, 64],
        [1, 1],
        100 * 0.16 / 0.445**2 * math.sqrt(0.445),
        "by hand: K = 2",
    ),
    (
        "coupling",
        {"upper": 100, "form": "wang"},
        [64, 25],
        [3, 1],
        100 * math.sqrt(math.sqrt(0.61 * 0.25 / 0.64) * 0.5425),
        "by hand: 1 - (U2 - U1) = 0.61",
    ),
    ("copeland", {}, CONDORCET, CONDORCET_VOTERS, [0, 0, 0], "Condorcet 1785: a cycle"),
    ("copeland", {}, [[3, 3], [1, 5], [1, 1]], [1, 1], [1, 1, -2], "by hand: a and b tie, both beat c"),
    (
        "copeland",
        {"missing": "reweight"},
        [[3, NAN], [1, 5], [2, 1]],
        [1, 1],
        [2, -1, -1],
        "by hand: a beats both by the first; b and c tie",
    ),
    ("borda", {}, CONDORCET, CONDORCET_VOTERS, [58 / 60, 69 / 60, 53 / 60], "by hand: 58, 69, 53 points"),
    ("borda", {}, [[3, 5], [2, 5], [1, 9]], [1, 1], [1.25, 0.75, 1], "by hand: ties count half"),
    (
        "borda",
        {"missing": "reweight"},
        [[3, NAN], [2, 1], [1, 2]],
        [1, 1],
        [2, 0.5, 1],
        "by hand: b 1 and 0 of 2, c 0 and 2",
    ),
    ("kemeny", {}, CONDORCET, CONDORCET_VOTERS, [0, 2, 1], "Condorcet 1785: b, c, a has 104 of 180 votes"),
    ("kemeny", {}, [[1, 2], [2, 1], [0, 0]], [1, 1], [1.5, 1.5, 0], "by hand: the mean of both orders"),
    ("bod", {}, [[4, 1], [1, 4], [2, 2]], [1, 1], [1, 1, 0.8], "by hand: w = (1/5, 1/5)"),
    ("bod", {}, [[4, 1, 9], [1, 4, 0], [2, 2, 0]], [5, 1, 0], [1, 1, 0.8], "by hand: no weight, no part"),
    ("bod", {"low": 0.3}, [[4, 1], [1, 4], [3, 0]], [1, 1], [1, 1, 21 / 31], "by hand: w = (0.7, 0.3) / 3.1"),
    (
        "bod",
        {"low": 0.3, "of": "shares"},
        [[4, 1], [1, 4], [3, 1]],
        [1, 1],
        [8 / 11, 8 / 11, 30 / 43],
        "by hand: w = (7, 12) / 55 and (7, 9) / 43",
    ),
    (
        "bod",
        {"missing": "reweight"},
        [[4, NAN], [1, 4], [2, 2]],
        [1, 1],
        [1, 1, 0.875],
        "by hand: w = (3, 4) / 16",
    ),
    (
        "topsis",
        {},
        [[100, 50], [0, 0], [100, 100]],
        [1, 1],
        [math.sqrt(5) / (1 + math.sqrt(5)), 0, 1],
        "by hand: from the worst root of 100² + 50², from the best 50",
    ),
    (
        "topsis",
        {"weights_in": "matrix"},
        [[100, 50], [0, 0], [100, 100]],
        [1, 3],
        [math.hypot(25, 37.5) / (37.5 + math.hypot(25, 37.5)), 0, 1],
        "by hand: 100 x 1/4 and 50 x 3/4 from the worst, 37.5 from the best",
    ),
    (
        "topsis",
        {"weights_in": "distance", "missing": "reweight"},
        [[100, 50], [0, 0], [100, 100]],
        [1, 3],
        [math.sqrt(4375) / (math.sqrt(1875) + math.sqrt(4375)), 0, 1],
        "by hand: 0.25 x 100² + 0.75 x 50² = 4375",
    ),
]


@pytest.mark.parametrize(("name", "options", "x", "weights", "expected", "_source"), CASES)
def test_cases(name, options, x, weights, expected, _source):
    score = aggregate.methods.get(name).function(np.atleast_2d(x), weights, **options)

    np.testing.assert_allclose(score, np.atleast_1d(expected), rtol=1e-12, atol=1e-14)


# --- Published indices ---------------------------------------------------------------------------------


def test_human_development_index_2022_as_printed(reference):
    table = pd.read_csv(reference("undp_hdr/hdr2324_2022.csv"))
    table = table[~table["is_aggregate"] & table["hdi"].notna()]
    raw = table[["le", "eys", "mys", "gnipc"]].assign(gnipc=lambda t: np.log(t["gnipc"])).to_numpy()
    low, high = [20, 0, 0, math.log(100)], [85, 18, 15, math.log(75_000)]

    z = normalise.goalposts(raw, low=low, high=high, upper=1)
    education = aggregate.arithmetic(z[:, 1:3], [1, 1])
    hdi = aggregate.geometric(np.column_stack([z[:, 0], education, z[:, 3]]), [1, 1, 1])

    assert len(hdi) == 193
    np.testing.assert_allclose(hdi, table["hdi"], rtol=0, atol=0.0005000001)


def test_sdg_index_2019_goals_are_means_of_what_is_there(reference):
    codes = pd.read_csv(reference("sdg_index_2019/codebook.csv")).set_index("code")
    scores = pd.read_csv(reference("sdg_index_2019/normalised.csv")).set_index("id")
    goals = pd.read_csv(reference("sdg_index_2019/published.csv")).set_index("id").loc[scores.index]
    goal = codes.loc[scores.columns, "goal"].to_numpy()

    for number in range(1, 18):
        mean = aggregate.arithmetic(scores.to_numpy(), goal == number, missing="reweight")
        printed = goals[f"goal{number}"].to_numpy()
        np.testing.assert_allclose(mean[~np.isnan(printed)], printed[~np.isnan(printed)], rtol=1e-13)


# --- Twins ---------------------------------------------------------------------------------------------


def twin(name, row, weights, missing, min_coverage):
    """Aggregate one region in plain Python."""
    pairs = [(v, w) for v, w in zip(row, weights, strict=True) if w > 0]
    there = [(v, w) for v, w in pairs if not math.isnan(v)]
    whole, present = math.fsum(w for _, w in pairs), math.fsum(w for _, w in there)
    if missing == "propagate":
        min_coverage = 1.0
    if (
        not there
        or present / whole < min_coverage - 1e-12
        or (missing == "propagate" and len(there) < len(pairs))
    ):
        return math.nan
    if name == "arithmetic":
        return math.fsum(v * w for v, w in there) / present
    if name == "geometric":
        return math.exp(math.fsum(math.log(v) * w for v, w in there) / present)
    return present / math.fsum(w / v for v, w in there)


scores = st.one_of(st.just(NAN), st.floats(0.01, 100))
parts = st.integers(0, 4).map(float)


@given(
    st.sampled_from(["arithmetic", "geometric", "harmonic"]),
    npst.arrays(np.float64, (4, 3), elements=scores),
    npst.arrays(np.float64, (2, 3), elements=parts),
    st.sampled_from(["propagate", "reweight"]),
    st.sampled_from([0.0, 0.5, 2 / 3, 1.0]),
    st.sampled_from("CF"),
    st.booleans(),
)
def test_means_equal_plain_python(name, x, weights, missing, min_coverage, order, draws):
    weights[:, 0] += 1
    w = weights[:, None, :] if draws else weights[0]

    score = aggregate.methods.get(name).function(
        np.asarray(x, order=order), w, missing=missing, min_coverage=min_coverage
    )

    expected = [[twin(name, row, one, missing, min_coverage) for row in x] for one in weights]
    np.testing.assert_allclose(score, expected if draws else expected[0], rtol=1e-12)


@pytest.mark.parametrize("name", ["arithmetic", "geometric", "harmonic"])
@pytest.mark.parametrize(
    ("x_shape", "w_shape", "shape"),
    [
        ((5, 3), (3,), (5,)),
        ((2, 5, 3), (3,), (2, 5)),
        ((5, 3), (4, 1, 3), (4, 5)),
        ((2, 5, 3), (4, 1, 1, 3), (4, 2, 5)),
        ((2, 5, 3), (2, 1, 3), (2, 5)),
        ((5, 3), (5, 3), (5,)),
        ((2, 5, 3), (5, 3), (2, 5)),
        ((5, 3), (2, 5, 3), (2, 5)),
        ((2, 5, 3), (4, 2, 1, 3), (4, 2, 5)),
        ((0, 3), (3,), (0,)),
        ((3,), (3,), ()),
    ],
)
def test_weights_broadcast_against_the_scores(name, x_shape, w_shape, shape):
    rng = np.random.default_rng(5)
    x, w = rng.uniform(1, 100, x_shape), rng.uniform(0, 1, w_shape)
    x[rng.random(x_shape) < 0.2] = np.nan

    score = aggregate.methods.get(name).function(x, w, missing="reweight")

    assert score.shape == shape
    bx, bw = np.broadcast_arrays(x, w)
    expected = [
        twin(name, a, b, "reweight", 0.0) for a, b in zip(bx.reshape(-1, 3), bw.reshape(-1, 3), strict=True)
    ]
    np.testing.assert_allclose(score.ravel(), expected, rtol=1e-12)


@given(
    npst.arrays(np.float64, (6, 3), elements=st.one_of(st.just(NAN), st.floats(0, 100))),
    npst.arrays(np.float64, (2, 1, 3), elements=st.floats(0.01, 1)),
    st.sampled_from([1, -1]),
    st.sampled_from([{}, {"missing": "reweight"}, HALF]),
)
def test_lines_equal_the_mean_of_normalised_values(x, weights, direction, options):
    x[0], x[1] = 0, 100
    line = normalise.methods.get("minmax").traits["line"](direction, summarise(x))

    score = aggregate.arithmetic_of_lines(x, weights, *line, **options)

    expected = aggregate.arithmetic(normalise.minmax(x, direction), weights, **options)
    np.testing.assert_allclose(score, expected, rtol=1e-12, atol=1e-12)


# --- Promises ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["arithmetic", "geometric", "harmonic"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("draws", [1, 300])
def test_results_are_the_same_bits_for_any_number_of_threads(monkeypatch, name, order, draws):
    rng = np.random.default_rng(6)
    x = np.asarray(rng.uniform(1, 100, (9_000 if draws > 1 else 120_000, 10)), order=order)
    x[rng.random(x.shape) < 0.01] = np.nan
    w = rng.random((draws, 1, 10))
    results = []

    for cpus in (1, 2, 3):
        monkeypatch.setattr(_arrays, "cpus", lambda cpus=cpus: cpus)
        results.append(aggregate.methods.get(name).function(x, w, missing="reweight"))

    assert results[0].tobytes() == results[1].tobytes() == results[2].tobytes()


@pytest.mark.parametrize("name", ["arithmetic", "geometric", "harmonic", "lines"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_equal_regions_tie_wherever_they_stand(name, order):
    x = np.asarray(np.tile(np.random.default_rng(7).uniform(1, 100, (7, 13)), (2_000, 1)), order=order)
    x[5, 0] = np.nan
    w = np.arange(1, 14)

    if name == "lines":
        score = aggregate.arithmetic_of_lines(x, w, np.linspace(0.1, 7, 13), np.linspace(-3, 1, 13))
    else:
        score = aggregate.methods.get(name).function(x, w)

    assert np.isnan(score[5])
    score[5] = score[12]
    assert [len(set(score[i::7])) for i in range(7)] == [1] * 7


@pytest.mark.parametrize("name", ["geometric", "harmonic"])
def test_scores_without_a_mean_are_refused_with_count_and_place(name):
    x = [[0.0, 20.0], [NAN, -3.0], [5.0, 6.0]]

    with pytest.raises(
        DomainError, match=r"above 0, but 2 of 5 are not \(first: 0 at position \(0, 0\)\)"
    ) as caught:
        aggregate.methods.get(name).function(x, [1, 1])

    assert caught.value.positions == ((0, 0), (1, 1))


@pytest.mark.parametrize("name", ["arithmetic", "geometric", "harmonic"])
@pytest.mark.parametrize("w", [[1, 1], [[1, 1], [1, 2]], [[[1, 1]], [[1, 2]]]])
def test_infinite_scores_are_refused(name, w):
    with pytest.raises(DomainError, match=r"first: inf at position \((0, )?1, 0\)"):
        aggregate.methods.get(name).function([[1.0, 2.0], [np.inf, 3.0]], w)


@pytest.mark.parametrize("w", [[1, -1], [1, NAN], [0, 0], [np.inf, 1]])
def test_weights_that_are_no_weights_are_refused(w):
    with pytest.raises(DomainError, match="weights must"):
        aggregate.arithmetic([[1.0, 2.0]], w)


def test_options_outside_their_values_are_refused():
    with pytest.raises(MethodError, match="Did you mean 'reweight'"):
        aggregate.arithmetic([[1.0]], [1], missing="rewait")
    with pytest.raises(MethodError, match="not 66"):
        aggregate.arithmetic([[1.0]], [1], missing="reweight", min_coverage=66)


@pytest.mark.parametrize("min_coverage", [0.0, 0.9])
def test_few_missing_cells_under_many_weightings_agree_with_a_loop(min_coverage):
    rng = np.random.default_rng(5)
    x = rng.uniform(1, 100, (600, 7))
    x[rng.random(x.shape) < 0.1] = np.nan
    x[3] = np.nan  # nothing left
    x[4, 1:] = np.nan  # little left
    w = rng.dirichlet(np.ones(7), 300)
    w[:, 0] *= 1e-6
    w[5, 0] = 0.0  # nothing of weight left in row 4

    got = aggregate.arithmetic(x, w[:, None, :], missing="reweight", min_coverage=min_coverage)

    want = np.full((300, 600), np.nan)
    for draw, weights in enumerate(w):
        for row, values in enumerate(x):
            there = ~np.isnan(values)
            left = weights[there].sum()
            if left > 0 and left / weights.sum() >= min_coverage:
                want[draw, row] = (weights[there] * values[there]).sum() / left
    np.testing.assert_allclose(got, want, rtol=1e-12)


# --- Means beyond the three ----------------------------------------------------------------------------

OWN = [
    ("power", {"exponent": 3}),
    ("power", {"exponent": -0.5}),
    ("median", {}),
    ("minimum", {}),
    ("mpi", {}),
    ("ampi", {"rewards": "imbalance"}),
    ("mean_min", {"alpha": 0.7, "beta": 5}),
    ("coupling", {"upper": 100}),
    ("coupling", {"upper": 100, "form": "wang"}),
]
COMPARED = [
    ("copeland", {}),
    ("borda", {}),
    ("kemeny", {}),
    ("topsis", {}),
    ("topsis", {"norm": "vector", "weights_in": "distance"}),
]


def call(name, x, w, **options):
    return aggregate.methods.get(name).function(x, w, **options)


@pytest.mark.parametrize("missing", ["propagate", "reweight"])
@pytest.mark.parametrize(
    ("x_shape", "w_shape"),
    [
        ((5, 3), (3,)),
        ((5, 3), (4, 1, 3)),
        ((2, 5, 3), (4, 1, 1, 3)),
        ((5, 3), (5, 3)),
        ((5, 3), (2, 5, 3)),
        ((2, 5, 3), (4, 2, 1, 3)),
        ((0, 3), (3,)),
        ((3,), (3,)),
        ((3,), (4, 1, 3)),
    ],
)
def test_power_means_broadcast_as_harmonic_means_do(x_shape, w_shape, missing):
    rng = np.random.default_rng(5)
    x, w = rng.uniform(1, 100, x_shape), rng.uniform(0, 1, w_shape)
    x[rng.random(x_shape) < 0.2] = np.nan

    score = aggregate.power(x, w, exponent=-1, missing=missing, min_coverage=0.5)

    expected = aggregate.harmonic(x, w, missing=missing, min_coverage=0.5)
    assert score.shape == expected.shape
    np.testing.assert_allclose(score, expected, rtol=1e-13)


def test_power_means_rise_with_the_exponent_without_overflow_or_lost_digits():
    x = np.random.default_rng(2).uniform(1, 1000, (50, 4))
    exponents = [-math.inf, -5000, -50, -1, -1e-3, -1e-14, 0, 1e-14, 1e-3, 1, 50, 5000, math.inf]

    scores = np.array([aggregate.power(x, [1, 2, 3, 4], exponent=p) for p in exponents])

    assert (np.diff(scores, axis=0) >= -1e-12 * scores[1:]).all()
    np.testing.assert_allclose(scores[[5, 7]], [scores[6]] * 2, rtol=1e-12)
    np.testing.assert_array_equal(scores[[0, -1]], [x.min(axis=1), x.max(axis=1)])


def test_a_power_mean_with_a_rare_largest_score_keeps_its_digits():
    # w = 1e-9 on 100, the rest on 1: 100 (1e-9 + 100^-20)^(1/20).
    score = aggregate.power([[100.0, 1.0]], [1e-9, 1 - 1e-9], exponent=20)

    np.testing.assert_allclose(score, 100 * (1e-9 + 1e-40) ** (1 / 20), rtol=1e-13)


@pytest.mark.parametrize(("name", "options"), OWN)
def test_a_missing_score_is_as_if_the_indicator_were_not_there(name, options):
    x = np.random.default_rng(3).uniform(5, 95, (6, 4))
    w = np.array([1.0, 2, 3, 4])
    holed = x.copy()
    holed[:, 1] = np.nan

    score = call(name, holed, w, missing="reweight", **options)

    np.testing.assert_allclose(score, call(name, x[:, [0, 2, 3]], w[[0, 2, 3]], **options), rtol=1e-13)
    assert np.isnan(call(name, holed, w, missing="reweight", min_coverage=0.81, **options)).all()


@pytest.mark.parametrize(("name", "options"), [*OWN, ("owa", {"positions": [0.5, 0.3, 0.2]})])
def test_equal_regions_tie_wherever_they_stand_in_other_means_too(name, options):
    x = np.tile(np.random.default_rng(7).uniform(1, 99, (7, 3)), (3_000, 1))
    x[5, 0] = np.nan

    score = call(name, x, [1, 2, 4], **options)

    assert np.isnan(score[5])
    score[5] = score[12]
    assert [len(set(score[i::7])) for i in range(7)] == [1] * 7


def test_an_ordinary_median_where_weights_are_equal():
    x = np.random.default_rng(4).uniform(0, 100, (40, 6))

    np.testing.assert_allclose(aggregate.median(x, [0.1] * 6), np.median(x, axis=1), rtol=1e-14)


def test_ordered_weights_need_one_position_for_each_part():
    with pytest.raises(MethodError, match="one position weight for each of 3 parts, not 2"):
        aggregate.owa([[1.0, 2.0, 3.0]], [1, 1, 1], positions=[1, 2])
    for positions in ([1, -1], [0, 0], [NAN, 1]):
        with pytest.raises(MethodError, match="must be finite"):
            aggregate.owa([[1.0, 2.0]], [1, 1], positions=positions)


def test_imbalance_counts_against_a_region_on_a_scale_of_welfare_and_on_one_of_deprivation():
    even, uneven = [[100.0, 100.0]], [[120.0, 80.0]]

    assert aggregate.mpi(uneven, [1, 1]) < aggregate.mpi(even, [1, 1])
    assert aggregate.mpi(uneven, [1, 1], rewards="imbalance") > aggregate.mpi(even, [1, 1])


@pytest.mark.parametrize(
    ("name", "options", "x", "match"),
    [
        ("power", {"exponent": 2}, [[1.0, 2.0], [-1.0, NAN]], r"at least 0, but 1 of 3 is not .*\(1, 0\)"),
        ("power", {"exponent": 0}, [[1.0, 2.0], [0.0, NAN]], r"above 0, but 1 of 3 is not .*\(1, 0\)"),
        ("power", {"exponent": -2}, [[1.0, 2.0], [0.0, 1.0]], r"above 0, but 1 of 4"),
        ("power", {"exponent": 1}, [[1.0, 2.0], [np.inf, 1.0]], r"finite values, but 1 of 4"),
        ("median", {}, [[1.0, 2.0], [np.inf, 1.0]], "finite values"),
        ("minimum", {}, [[1.0, 2.0], [np.inf, 1.0]], "finite values"),
        ("owa", {"positions": [1, 1]}, [[1.0, 2.0], [np.inf, 1.0]], "finite values"),
        ("mean_min", {"alpha": 1, "beta": 1}, [[1.0, 2.0], [np.inf, 1.0]], "finite values"),
        ("mpi", {}, [[1.0, 2.0], [0.0, 1.0]], r"coefficient of variation does, but 1 of 4.*zscore"),
        ("ampi", {}, [[1.0, 2.0], [-3.0, 1.0]], r"above 0.*-3 at position \(1, 0\)"),
        ("coupling", {}, [[0.1, 0.2], [1.5, 0.1]], r'from 0 to 1, but 1 of 4.*set "upper"'),
        ("topsis", {}, [[1.0, 2.0], [np.inf, 1.0]], "finite values"),
        ("copeland", {}, [[1.0, 2.0], [np.inf, 1.0]], "finite values"),
    ],
)
def test_scores_that_do_not_suit_a_method_are_refused_by_position(name, options, x, match):
    with pytest.raises(DomainError, match=match) as caught:
        call(name, x, [1, 1], **options)

    assert caught.value.positions == ((1, 0),)


def test_scores_that_do_not_suit_are_found_under_many_weightings():
    w = np.array([[[1.0, 0.0]], [[0.5, 0.5]]])

    with pytest.raises(DomainError, match=r"1 of 4 is not \(first: 0 at position \(1, 1\)\)"):
        aggregate.power([[1.0, 2.0], [1.0, 0.0]], w, exponent=0)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("power", {"exponent": NAN}),
        ("mpi", {"rewards": "minus"}),
        ("mean_min", {"alpha": 2, "beta": 1}),
        ("mean_min", {"alpha": 1, "beta": -1}),
        ("coupling", {"form": "root"}),
        ("coupling", {"upper": 0}),
        ("topsis", {"norm": "max"}),
        ("topsis", {"weights_in": "both"}),
    ],
)
def test_other_options_outside_their_values_are_refused(name, options):
    with pytest.raises(MethodError):
        call(name, [[0.1, 0.2], [0.3, 0.4]], [1, 1], **options)


# --- Coupling ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["geometric", "liao", "wang"])
def test_equal_subsystems_are_fully_coupled_and_coordinated_as_high_as_they_stand(form):
    u = np.repeat([[0.04], [0.25], [1.0]], 4, axis=1)

    np.testing.assert_allclose(aggregate.coupling_degree(u, form=form), 1, rtol=1e-14)
    np.testing.assert_allclose(aggregate.coupling(u, [1, 2, 3, 4], form=form), [0.2, 0.5, 1], rtol=1e-14)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("geometric", 3 * 0.064 ** (1 / 3) / 1.4),
        ("liao", (0.064 / (1.4 / 3) ** 3) ** 2),
        ("wang", math.sqrt((1 - (0.2 + 0.6 + 0.4) / 3) * math.sqrt(0.25 * 0.5))),
    ],
)
def test_three_subsystems_are_coupled_as_the_literature_says(form, expected):
    found = aggregate.coupling_degree([[0.4, 0.2, 0.8], [NAN, 0.2, NAN]], form=form)

    np.testing.assert_allclose(found, [expected, NAN], rtol=1e-13)


def test_modified_and_original_coupling_fit_the_same_cities():
    # Wang et al. 2021, table 8: C of Shijiazhuang and Tangshan 2008, original and modified. From both follow the
    # levels, U1 = r U2 with C = 2 sqrt(r) / (1 + r) and C'^2 = (1 - U2 (1 - r)) r.
    for original, modified in [(0.8868, 0.5440), (0.9073, 0.5769)]:
        r = ((1 - math.sqrt(1 - original**2)) / original) ** 2
        high = (1 - modified**2 / r) / (1 - r)
        u = [[r * high, high]]

        assert 0 < high < 1
        assert aggregate.coupling_degree(u)[0] == pytest.approx(original, abs=1e-12)
        assert aggregate.coupling_degree(u, form="wang")[0] == pytest.approx(modified, abs=1e-12)


def test_coupling_needs_two_parts():
    with pytest.raises(DomainError, match="at least two parts with weight"):
        aggregate.coupling([[0.1, 0.2]], [1, 0])
    assert np.isnan(aggregate.coupling([[0.1, NAN]], [1, 1], missing="reweight")).all()


def test_grades_close_on_the_side_that_is_asked_for():
    # Tian et al. 2021, table 1: 0.50 < D <= 0.60 is 勉强协调; C: 0.3 < C <= 0.5 is 拮抗.
    d = [0, 0.1, 0.3, 0.5, 0.2 + 0.4, 0.95, 1, NAN]

    right, left = aggregate.grades(d), aggregate.grades(d, closed="left")

    assert right.tolist() == [
        *("极度失调", "极度失调", "中度失调", "濒临失调", "勉强协调", "优质协调", "优质协调", "")
    ]
    assert left.tolist() == [
        *("极度失调", "严重失调", "轻度失调", "勉强协调", "初级协调", "优质协调", "优质协调", "")
    ]
    assert aggregate.grades([30, 30.1, 80, 81], table="coupling", upper=100).tolist() == [
        *("低水平耦合", "拮抗", "磨合", "高水平耦合")
    ]
    with pytest.raises(DomainError, match=r"outside 0 to 1: 63\.2"):
        aggregate.grades([63.2])


# --- Regions compared ----------------------------------------------------------------------------------


def majority(x, w, a, b):
    """Weight of the indicators in which a is ahead of b, less where it is behind; both must have it."""
    return math.fsum(
        weight * (int(p > q) - int(p < q))
        for p, q, weight in zip(x[a], x[b], w, strict=True)
        if not (math.isnan(p) or math.isnan(q))
    )


def slow_copeland(x, w):
    n = range(len(x))
    leads = [[majority(x, w, a, b) for b in n] for a in n]
    return [sum((lead > 1e-9) - (lead < -1e-9) for lead in row) for row in leads]


def slow_borda(x, w):
    points = [
        [sum((row[i] > other[i]) + (row[i] == other[i]) / 2 for other in x) - 0.5 for i in range(len(w))]
        for row in x
    ]
    return [math.fsum(p * v for p, v in zip(row, w, strict=True)) / sum(w) for row in points]


def slow_kemeny(x, w):
    best, found = -math.inf, []
    for order in itertools.permutations(range(len(x))):
        worth = math.fsum(majority(x, w, a, b) for a, b in itertools.combinations(order, 2))
        if worth > best + 1e-9:
            best, found = worth, []
        if worth > best - 1e-9:
            found.append(order)
    return [sum(len(x) - 1 - order.index(a) for order in found) / len(found) for a in range(len(x))]


def slow_topsis(x, w, norm, weights_in):
    columns = list(zip(*x, strict=True))
    total, scores = sum(w), []
    if norm == "vector":
        columns = [[v / math.sqrt(math.fsum(u * u for u in c)) for v in c] for c in columns]
    for row in zip(*columns, strict=True):
        squares = []
        for end in (max, min):
            gaps = [v - end(c) for v, c in zip(row, columns, strict=True)]
            power = 2 if weights_in == "matrix" else 1
            squares.append(math.fsum((u / total) ** power * g * g for u, g in zip(w, gaps, strict=True)))
        scores.append(math.sqrt(squares[1]) / (math.sqrt(squares[0]) + math.sqrt(squares[1])))
    return scores


@given(
    npst.arrays(np.float64, (5, 4), elements=st.integers(0, 4).map(float)),
    npst.arrays(np.float64, (4,), elements=st.integers(1, 4).map(float)),
)
def test_comparisons_equal_plain_python(x, w):
    np.testing.assert_allclose(aggregate.copeland(x, w), slow_copeland(x, w))
    np.testing.assert_allclose(aggregate.borda(x, w), slow_borda(x, w), rtol=1e-12)
    np.testing.assert_allclose(aggregate.kemeny(x, w), slow_kemeny(x, w), rtol=1e-12, atol=1e-12)


@given(
    npst.arrays(np.float64, (5, 4), elements=st.one_of(st.just(NAN), st.integers(0, 4).map(float))),
    npst.arrays(np.float64, (4,), elements=st.integers(1, 4).map(float)),
)
def test_two_regions_are_compared_by_what_both_have(x, w):
    x[:, 0] = [1, 2, 2, 1, 3]

    np.testing.assert_allclose(aggregate.copeland(x, w, missing="reweight"), slow_copeland(x, w))
    np.testing.assert_allclose(
        aggregate.kemeny(x, w, missing="reweight"), slow_kemeny(x, w), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("norm", ["none", "vector"])
@pytest.mark.parametrize("weights_in", ["matrix", "distance"])
def test_topsis_equals_plain_python(norm, weights_in):
    x, w = np.random.default_rng(8).uniform(1, 100, (30, 5)), [1, 2, 3, 4, 5]

    score = aggregate.topsis(x, w, norm=norm, weights_in=weights_in)

    np.testing.assert_allclose(score, slow_topsis(x.tolist(), w, norm, weights_in), rtol=1e-12)


def test_topsis_near_the_worst_and_the_best_equals_plain_python():
    rng = np.random.default_rng(20)
    x, w = rng.uniform(0, 1, (40, 4)), [1, 2, 3, 4]
    x[0], x[1] = -1e-3, 2.0
    x[2:20] = x[0] + 10.0 ** rng.uniform(-12, 0, (18, 1)) * rng.uniform(0, 1, (18, 4))

    for offset in (0.0, 1e4):
        score = aggregate.topsis(x + offset, w)

        np.testing.assert_allclose(score, slow_topsis((x + offset).tolist(), w, "none", "matrix"), rtol=1e-12)
        assert score[:2].tolist() == [0, 1]


@pytest.mark.parametrize("norm", ["none", "vector"])
def test_topsis_takes_scores_of_any_size(norm):
    x = np.random.default_rng(21).uniform(1, 100, (30, 3))
    expected = aggregate.topsis(x, [1, 2, 3], norm=norm)

    for size in (1e-200, 1e200):
        np.testing.assert_allclose(aggregate.topsis(x * size, [1, 2, 3], norm=norm), expected, rtol=1e-12)


def test_topsis_is_the_same_bits_for_any_number_of_threads(monkeypatch):
    x, found = np.random.default_rng(22).random((90_000, 4)), []

    for cpus in (1, 2, 5):
        monkeypatch.setattr(_arrays, "cpus", lambda cpus=cpus: cpus)
        found.append(aggregate.topsis(x, [1, 2, 3, 4], norm="vector").tobytes())

    assert len(set(found)) == 1


def test_topsis_of_fighter_aircraft_as_printed():
    # Hwang & Yoon 1981, p. 128-140: speed, range, payload, cost (to be low), reliability, manoeuvrability.
    x = [
        [2.0, 1500, 20000, -5.5, 5, 9],
        [2.5, 2700, 18000, -6.5, 3, 5],
        [1.8, 2000, 21000, -4.5, 7, 7],
        [2.2, 1800, 20000, -5.0, 5, 5],
    ]

    score = aggregate.topsis(x, [0.2, 0.1, 0.1, 0.1, 0.2, 0.3], norm="vector")

    # Worked there by hand from four digits, which moves the third place by one.
    np.testing.assert_allclose(score, [0.643, 0.268, 0.613, 0.312], atol=0.001)


def test_kemeny_is_exact_for_ten_regions_and_refused_for_more():
    rng = np.random.default_rng(9)
    order = rng.permutation(10)

    np.testing.assert_array_equal(aggregate.kemeny(np.column_stack([order] * 3), [1, 1, 1]), order)
    with pytest.raises(
        DomainError, match=r"at most 10 regions, and 11 are to be compared\. Use copeland or borda"
    ):
        aggregate.kemeny(rng.random((11, 3)), [1, 1, 1])


@pytest.mark.parametrize(("name", "options"), COMPARED)
def test_a_region_without_a_score_is_compared_with_nobody(name, options):
    x = np.random.default_rng(10).uniform(1, 100, (6, 3))
    holed = np.vstack([x[:2], [[NAN, 1e6, 1e6]], x[2:]])

    score = call(name, holed, [1, 2, 3], **options)

    assert np.isnan(score[2])
    np.testing.assert_allclose(np.delete(score, 2), call(name, x, [1, 2, 3], **options), rtol=1e-13)
    covered = call(name, holed, [1, 2, 3], missing="reweight", min_coverage=0.9, **options)
    np.testing.assert_array_equal(covered, score)


@pytest.mark.parametrize(("name", "options"), COMPARED)
def test_one_region_alone_is_refused_and_none_is_unscored(name, options):
    with pytest.raises(DomainError, match="only one has a score") as caught:
        call(name, [[NAN, 1.0], [2.0, 3.0]], [1, 1], **options)
    assert caught.value.positions == ((1, 0),)
    assert np.isnan(call(name, [[NAN, 1.0], [2.0, NAN]], [1, 1], **options)).all()


@pytest.mark.parametrize(("name", "options"), COMPARED)
def test_regions_are_compared_under_the_same_weights_in_each_draw(name, options):
    x = np.random.default_rng(11).uniform(1, 100, (2, 5, 3))
    w = np.array([[1.0, 2, 3], [3, 0, 1]])

    score = call(name, x, w[:, None, None, :], **options)

    for draw in range(2):
        for year in range(2):
            np.testing.assert_array_equal(score[draw, year], call(name, x[year], w[draw], **options))
    with pytest.raises(MethodError, match="one row of weights"):
        call(name, x[0], np.ones((5, 3)), **options)


@pytest.mark.parametrize("name", ["copeland", "borda", "kemeny"])
def test_orders_do_not_ask_for_units_or_origins(name):
    x = np.random.default_rng(12).uniform(1, 100, (6, 3))

    np.testing.assert_array_equal(
        call(name, x * [1000, 1, 0.001] - [0, 50, 0], [1, 2, 3]), call(name, x, [1, 2, 3])
    )


def test_topsis_divided_by_lengths_does_not_ask_for_units():
    x = np.random.default_rng(12).uniform(1, 100, (6, 3))

    once, other = (aggregate.topsis(part, [1, 2, 3], norm="vector") for part in (x, x * [1000, 1, 1e-200]))

    np.testing.assert_allclose(other, once, rtol=1e-13)


def test_a_constant_indicator_changes_no_order_and_spoils_no_other():
    x = np.random.default_rng(13).uniform(1, 100, (6, 3))
    wide = np.column_stack([x, np.full(6, 7.0)])

    for name in ("copeland", "kemeny", "topsis"):
        np.testing.assert_allclose(call(name, wide, [1, 2, 3, 4]), call(name, x, [1, 2, 3]), rtol=1e-12)
    np.testing.assert_allclose(
        aggregate.borda(wide, [1, 2, 3, 4]) * 10, aggregate.borda(x, [1, 2, 3]) * 6 + 4 * 2.5, rtol=1e-12
    )


def test_topsis_without_anything_to_divide_by_is_refused():
    with pytest.raises(DomainError, match="all are alike"):
        aggregate.topsis([[1.0, 2.0], [1.0, 2.0]], [1, 1])
    with pytest.raises(DomainError, match="0 everywhere"):
        aggregate.topsis([[0.0, 2.0], [0.0, 3.0]], [1, 1], norm="vector")


def test_missing_scores_leave_distances_to_what_is_there():
    x = [[1.0, 9.0, NAN], [5.0, 2.0, 3.0], [3.0, 4.0, 8.0]]

    score = aggregate.topsis(x, [1, 2, 3], missing="reweight")

    up, down = math.hypot(4, 0), math.hypot(0, 2 * 7)
    assert score[0] == pytest.approx(down / (up + down), rel=1e-13)


@pytest.mark.parametrize("name", ["copeland", "borda", "kemeny"])
def test_scores_that_differ_by_rounding_only_beat_nobody(name):
    x = [[0.1 + 0.2, 1e-9], [0.3, 1e-9], [0.2, 0.0]]

    score = call(name, x, [1, 1])

    assert score[0] == score[1] > score[2]
