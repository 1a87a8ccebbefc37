from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy import stats

from equindex import normalise
from equindex._summary import summarise
from equindex.errors import DomainError, MethodError


class Case(NamedTuple):
    """One published or hand-made example: a column of values and their scores."""

    name: str
    options: dict[str, Any]
    x: list[float]
    expected: list[float]
    source: str
    direction: int = 1
    tolerance: float = 1e-12


NAN = float("nan")
CASES = [
    Case("minmax", {}, [20, 40, 25], [0, 100, 25], "by hand"),
    Case("minmax", {}, [20, 40, 25, NAN], [100, 0, 75, NAN], "by hand", direction=-1),
    Case("minmax", {"lower": 1, "upper": 100}, [0, 2, 1], [1, 100, 50.5], "by hand"),
    Case("zscore", {}, [1, 2, 3], [-1, 0, 1], "by hand"),
    Case("zscore", {"ddof": 0}, [1, 3], [1, -1], "by hand", direction=-1),
    Case("zscore", {"centre": 100, "scale": 10}, [1, 2, 3, NAN], [90, 100, 110, NAN], "by hand"),
    Case("goalposts", {"low": 20, "high": 85}, [20, 85, 52.5, 90, 10], [0, 100, 50, 100, 0], "by hand"),
    Case("goalposts", {"low": 0, "high": 10}, [0, 10, 2.5, 12], [100, 0, 75, 0], "by hand", direction=-1),
    Case("goalposts", {"low": 0, "high": 10, "clip": False}, [-1, 12], [-10, 120], "by hand"),
    Case("goalposts", {"low": 0, "high": 10, "clip": False}, [-1, 12], [110, -20], "by hand", direction=-1),
    Case("goalposts", {"low": 0, "high": 10, "lower": 60, "upper": 100}, [5, 11], [80, 100], "by hand"),
    Case(
        "goalposts",
        {"low": 20, "high": 85, "upper": 1},
        [62.879],
        [0.6596769],
        "UNDP 2024, AFG",
        tolerance=1e-7,
    ),
    Case("rank", {}, [3, 9, 3, 5], [1.5, 4, 1.5, 3], "by hand"),
    Case("rank", {}, [3, 9, NAN, 5], [3, 1, NAN, 2], "by hand", direction=-1),
    Case("percentile", {}, [3, 9, 3, 5], [25, 87.5, 25, 62.5], "by hand"),
    Case("percentile", {}, [3, 9, 3, 5], [75, 12.5, 75, 37.5], "by hand", direction=-1),
    Case("ratio", {}, [2, 4, 6], [50, 100, 150], "by hand"),
    Case("ratio", {"reference": "best", "factor": 1}, [2, 4, 8], [0.25, 0.5, 1], "by hand"),
    Case("ratio", {"reference": "best"}, [2, 4, 8, NAN], [100, 50, 25, NAN], "by hand", direction=-1),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}-{case.x}")
def test_cases(case):
    function = normalise.methods.get(case.name).function

    z = function(np.array(case.x)[:, None], case.direction, **case.options)

    np.testing.assert_allclose(z[:, 0], case.expected, rtol=0, atol=case.tolerance)


# --- Published indices ---------------------------------------------------------------------------------


def test_sdg_index_2019_scores_every_indicator_as_published(reference):
    codes = pd.read_csv(reference("sdg_index_2019/codebook.csv")).set_index("code")
    published = pd.read_csv(reference("sdg_index_2019/normalised.csv")).set_index("id")
    raw = (
        pd.read_csv(reference("sdg_index_2019/raw.csv"))
        .set_index("id")
        .loc[published.index, published.columns]
    )
    best, worst = (
        codes.loc[published.columns, "best"].to_numpy(),
        codes.loc[published.columns, "worst"].to_numpy(),
    )
    low, high = np.minimum(best, worst), np.maximum(best, worst)

    z = normalise.goalposts(raw.to_numpy(), np.where(best > worst, 1, -1), low=low, high=high)

    assert z.size > 12_788
    there = published.notna().to_numpy()
    assert there.sum() == 12_788
    np.testing.assert_allclose(z[there], published.to_numpy()[there], rtol=0, atol=2e-14)


# --- Exactness -----------------------------------------------------------------------------------------


@given(
    npst.arrays(np.float64, (5, 3), elements=st.floats(-1e9, 1e9, width=32)),
    st.floats(-1e3, 1e3),
    st.floats(1e-3, 1e3),
    st.sampled_from([1, -1]),
)
def test_minmax_reaches_its_bounds_to_the_last_bit(x, lower, length, direction):
    x[0], x[1] = -2e9, 2e9
    upper = lower + length

    z = normalise.minmax(x, direction, lower=lower, upper=upper)

    assert z[0 if direction > 0 else 1] == pytest.approx(lower, abs=0)
    np.testing.assert_array_max_ulp(z[1 if direction > 0 else 0], np.full(3, lower + (upper - lower)), 1)
    assert z.min() >= lower


def test_minmax_of_large_values_keeps_its_digits():
    x = np.array([[0.0], [1.0], [4.0]])

    np.testing.assert_array_equal(normalise.minmax(x + 2.0**50), normalise.minmax(x))


@given(npst.arrays(np.float64, (9, 2), elements=st.integers(-3, 3).map(float)), st.sampled_from([1, -1]))
def test_rank_and_percentile_equal_scipy(x, direction):
    x[0], x[1] = -4, 4

    expected = stats.rankdata(direction * x, axis=0)

    np.testing.assert_array_equal(normalise.rank(x, direction), expected)
    np.testing.assert_allclose(
        normalise.percentile(x, direction), 100 * (expected - 0.5) / 9, rtol=0, atol=1e-12
    )


@given(
    npst.arrays(np.float64, 6, elements=st.integers(0, 5).map(float)),
    npst.arrays(
        np.float64, (2, 4), elements=st.one_of(st.just(np.nan), st.integers(-2, 12).map(lambda v: v / 2))
    ),
)
def test_new_regions_score_against_the_published_sample(sample, x):
    sample[:2] = 0, 5
    summary = summarise(sample[:, None], ordered=True)

    rank = normalise.rank(x[..., None], summary=summary)[..., 0]
    share = normalise.percentile(x[..., None], summary=summary)[..., 0]

    for value, z, p in zip(x.ravel(), rank.ravel(), share.ravel(), strict=True):
        below, equal = sum(s < value for s in sample), sum(s == value for s in sample)
        assert np.isnan(z) if np.isnan(value) else z == below + (equal + 1) / 2
        assert np.isnan(p) if np.isnan(value) else p == pytest.approx(100 * (below + equal / 2) / 6)


def test_the_base_year_scores_another_year_without_clipping():
    base = summarise([[10.0, 5.0], [20.0, 9.0]])

    z = normalise.minmax([[25.0, 4.0]], [1, -1], summary=base)

    assert z.tolist() == [[150.0, 125.0]]


def test_each_year_may_have_its_own_summary():
    x = np.random.default_rng(4).normal(size=(3, 6, 2))
    x[0, 0, 0] = np.nan

    for method in normalise.methods:
        options = {"low": -9, "high": 9} if method.name == "goalposts" else {}
        values = np.exp(x) if method.name == "ratio" else x
        whole = method.function(values, [1, -1], **options)
        for year in range(3):
            np.testing.assert_array_equal(whole[year], method.function(values[year], [1, -1], **options))


def test_clip_may_differ_by_indicator():
    z = normalise.goalposts([[15.0, 15.0]], low=0, high=10, clip=[True, False])

    assert z.tolist() == [[100.0, 150.0]]


# --- Lines ---------------------------------------------------------------------------------------------


def test_a_line_is_refused_where_it_would_lose_digits():
    summary = summarise([[1e9], [1e9 + 1]])

    assert normalise.methods.get("minmax").traits["line"](1, summary) is None


@pytest.mark.parametrize(
    ("name", "direction", "options"),
    [("goalposts", 1, {"low": 0, "high": 9, "clip": [True, False]}), ("ratio", [1, -1], {})],
)
def test_scores_that_are_not_a_line_have_none(name, direction, options):
    line = normalise.methods.get(name).traits["line"]

    assert line(direction, summarise([[1.0, 2.0], [3.0, 5.0]]), **options) is None


def test_goalposts_have_a_line_without_a_summary():
    slope, intercept = normalise.methods.get("goalposts").traits["line"](-1, None, low=0, high=50, clip=False)

    assert (slope, intercept) == (-2, 100)


# --- Refusals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [[0.0, 5.0, -1.0], [-3.0, -2.0, 4.0]])
def test_ratio_refuses_negative_values_and_says_where(x):
    with pytest.raises(DomainError, match=f"{sum(v < 0 for v in x)} of 3") as caught:
        normalise.ratio(np.array(x)[:, None])

    assert caught.value.positions == tuple((i, 0) for i, v in enumerate(x) if v < 0)


def test_ratio_refuses_zero_only_where_lower_is_better():
    x = [[0.0], [2.0]]

    assert normalise.ratio(x).ravel().tolist() == [0.0, 200.0]
    with pytest.raises(DomainError, match=r"first: 0 at position \(0, 0\)"):
        normalise.ratio(x, -1)


def test_ratio_refuses_a_reference_of_zero():
    base = summarise([[0.0], [2.0]])

    with pytest.raises(DomainError, match="best above 0") as caught:
        normalise.ratio([[1.0]], -1, reference="best", summary=base)

    assert caught.value.positions == ((None, 0),)


def test_goalposts_refuse_low_above_high():
    with pytest.raises(DomainError, match="high - low is -5"):
        normalise.goalposts([[1.0]], low=10, high=5)


@pytest.mark.parametrize("direction", [0, np.nan, [1, 2]])
def test_directions_are_plus_or_minus_one(direction):
    with pytest.raises(DomainError, match=r"\+1 where higher is better"):
        normalise.minmax([[1.0, 2.0], [3.0, 5.0]], direction)


def test_options_outside_their_values_are_refused():
    x = [[1.0], [2.0]]

    with pytest.raises(MethodError, match="Did you mean 'mean'"):
        normalise.ratio(x, reference="mena")
    with pytest.raises(MethodError, match="ddof"):
        normalise.zscore(x, ddof=2)
    with pytest.raises(MethodError, match="ordered=True"):
        normalise.rank(x, summary=summarise(x))
