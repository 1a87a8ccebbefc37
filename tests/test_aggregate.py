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
CASES = [
    ("arithmetic", {}, [80, 20], [3, 1], 65, "by hand"),
    ("arithmetic", {}, [80, NAN], [3, 1], NAN, "by hand"),
    ("arithmetic", {}, [80, NAN], [3, 0], 80, "by hand: no weight, no gap"),
    ("arithmetic", HALF, [80, 30, NAN], [1, 1, 2], 55, "by hand: exactly half is there"),
    ("arithmetic", HALF, [80, NAN, NAN], [1, 1, 2], NAN, "by hand"),
    ("arithmetic", {"missing": "reweight"}, [NAN, NAN], [1, 1], NAN, "by hand"),
    ("geometric", {}, [90, 40], [1, 1], 60, "by hand"),
    ("geometric", {}, [8, 1], [1, 2], 2, "by hand"),
    ("geometric", {"missing": "reweight"}, [90, NAN, 40], [1, 5, 1], 60, "by hand"),
    ("geometric", {}, [9, 0], [1, 0], 9, "by hand: no weight, no refusal"),
    ("harmonic", {}, [60, 30], [1, 1], 40, "by hand"),
    ("harmonic", {}, [60, 30, NAN], [1, 1, 1], NAN, "by hand"),
    ("harmonic", {"missing": "reweight"}, [60, 30, NAN], [1, 1, 1], 40, "by hand"),
    ("harmonic", {}, [9, -1], [1, 0], 9, "by hand: no weight, no refusal"),
]


@pytest.mark.parametrize(("name", "options", "x", "weights", "expected", "_source"), CASES)
def test_cases(name, options, x, weights, expected, _source):
    score = aggregate.methods.get(name).function([x], weights, **options)

    np.testing.assert_allclose(score, [expected], rtol=1e-12)


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
        monkeypatch.setattr(_arrays, "_cpus", lambda cpus=cpus: cpus)
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
