import math
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy import stats

from equindex import Framework, normalise
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
    Case("minmax", {}, [20, 40, 25], [0, 100, 25], "by hand: 25 is 5 of the 20 from 20 to 40"),
    Case("minmax", {}, [20, 40, 25, NAN], [100, 0, 75, NAN], "by hand: 15 of 20 from the top", direction=-1),
    Case("minmax", {"lower": 1, "upper": 100}, [0, 2, 1], [1, 100, 50.5], "by hand: 1 + 99 / 2"),
    Case("zscore", {}, [1, 2, 3], [-1, 0, 1], "by hand: mean 2, s = root of 2 / 2"),
    Case("zscore", {"ddof": 0}, [1, 3], [1, -1], "by hand: mean 2, s = root of 2 / 2", direction=-1),
    Case(
        "zscore",
        {"centre": 100, "scale": 10},
        [1, 2, 3, NAN],
        [90, 100, 110, NAN],
        "by hand: 100 + 10 x (-1, 0, 1)",
    ),
    Case(
        "goalposts",
        {"low": 20, "high": 85},
        [20, 85, 52.5, 90, 10],
        [0, 100, 50, 100, 0],
        "by hand: 52.5 is the middle",
    ),
    Case(
        "goalposts",
        {"low": 0, "high": 10},
        [0, 10, 2.5, 12],
        [100, 0, 75, 0],
        "by hand: 7.5 of 10 from the top",
        direction=-1,
    ),
    Case(
        "goalposts", {"low": 0, "high": 10, "clip": False}, [-1, 12], [-10, 120], "by hand: -1 / 10, 12 / 10"
    ),
    Case(
        "goalposts",
        {"low": 0, "high": 10, "clip": False},
        [-1, 12],
        [110, -20],
        "by hand: 11 / 10, -2 / 10",
        direction=-1,
    ),
    Case(
        "goalposts",
        {"low": 0, "high": 10, "lower": 60, "upper": 100},
        [5, 11],
        [80, 100],
        "by hand: 60 + 40 / 2",
    ),
    Case(
        "goalposts",
        {"low": 20, "high": 85, "upper": 1},
        [62.879],
        [0.6596769],
        "UNDP 2024, AFG",
        tolerance=1e-7,
    ),
    Case("rank", {}, [3, 9, 3, 5], [1.5, 4, 1.5, 3], "by hand: the two threes share places 1 and 2"),
    Case("rank", {}, [3, 9, NAN, 5], [3, 1, NAN, 2], "by hand: 9 is the worst of three", direction=-1),
    Case("percentile", {}, [3, 9, 3, 5], [25, 87.5, 25, 62.5], "by hand: (0 + 1, 3 + 0.5, 2 + 0.5) / 4"),
    Case(
        "percentile",
        {},
        [3, 9, 3, 5],
        [75, 12.5, 75, 37.5],
        "by hand: (2 + 1, 0 + 0.5, 1 + 0.5) / 4",
        direction=-1,
    ),
    Case("ratio", {}, [2, 4, 6], [50, 100, 150], "by hand: over the mean 4"),
    Case("ratio", {"reference": "best", "factor": 1}, [2, 4, 8], [0.25, 0.5, 1], "by hand: over the best 8"),
    Case(
        "ratio",
        {"reference": "best"},
        [2, 4, 8, NAN],
        [100, 50, 25, NAN],
        "by hand: the best, 2, over each",
        direction=-1,
    ),
    Case(
        "goalposts",
        {"low": 6, "high": 12, "lower": 60, "upper": 100, "clip": False},
        [5.81],
        [58.73],
        "a statistics examination: return on industrial assets, 满意值 12 %, 不允许值 6 %",
        tolerance=0.005,
    ),
    Case("scaled", {}, [0, 25, 100, NAN], [0, 25, 100, NAN], "by hand: the scale 0 to 100 is kept"),
    Case(
        "scaled",
        {"low": -100, "high": 100, "lower": 1},
        [-100, 0, 100],
        [100, 50.5, 1],
        "by hand: 1 + 99 / 2",
        -1,
    ),
    Case(
        "exponential_efficacy",
        {"low": 20, "high": 40},
        [10, 20, 40, 50],
        [60, 60, 100, 100],
        "by hand: 60 (5/3)^0, 60 (5/3)^1",
    ),
    Case(
        "exponential_efficacy",
        {"low": 20, "high": 40, "clip": False},
        [30, 60, 40, 0, NAN],
        [math.sqrt(6000), 36, 60, 500 / 3, NAN],
        "by hand: 60 (5/3)^share, shares 0.5, -1, 0, 2",
        direction=-1,
    ),
    Case(
        "categorical",
        {"thresholds": [60, 75], "scores": [0, 50, 100]},
        [59.9, 60, 74.9, 75, 99, NAN],
        [0, 50, 50, 100, 100, NAN],
        "by hand: at a threshold, the better class",
    ),
    Case(
        "categorical",
        {"thresholds": [60, 75], "scores": [0, 10, 100]},
        [60, 60.1, 75, 75.1],
        [100, 10, 10, 0],
        "by hand: at a threshold, the better class",
        direction=-1,
    ),
    Case(
        "trapezoid",
        {"best": [30, 40], "limits": [20, 60]},
        [10, 20, 25, 30, 35, 40, 55, 60, 70, NAN],
        [0, 0, 50, 100, 100, 100, 25, 0, 0, NAN],
        "by hand: 25 is 5 of 10 up, 55 is 5 of 20 from the end",
    ),
    Case("ampi", {"reference": 20}, [10, 20, 40], [80, 100, 140], "by hand: goalposts 5 and 35"),
    Case(
        "ampi", {"reference": 20}, [10, 20, 40], [120, 100, 60], "by hand: 200 less those above", direction=-1
    ),
    Case("ampi", {}, [0, 30, 60, NAN], [70, 100, 130, NAN], "by hand: the mean is the middle"),
    Case("to_target", {"target": [95, 2, 95]}, [0, 19, 95, 100], [0, 20, 100, 100], "by hand: 19 / 95"),
    Case(
        "to_target",
        {"target": [80, 2, 80], "lower": 1, "upper": 11, "clip": False},
        [0, 90, 80, 100, NAN],
        [51, 6, 11, 1, NAN],
        "by hand: the worst is 100; 1 + 10 x (100 - x) / 20",
        direction=-1,
    ),
    Case("borda", {}, [3, 9, 3, 5, NAN], [0.5, 3, 0.5, 2, NAN], "by hand: half a point for the tie"),
    Case("borda", {}, [3, 9, 4, 5], [3, 0, 2, 1], "by hand: three are above 3", direction=-1),
    Case("quantile_bins", {}, [5, 1, 4, 2, 3], [5, 1, 4, 2, 3], "by hand: a fifth each"),
    Case("quantile_bins", {"bins": 2}, [1, 2, 3, NAN], [2, 2, 1, NAN], "by hand: 2 is half", direction=-1),
    Case(
        "quantile_bins",
        {"cuts": [15, 25, 65, 85, 95], "scores": [0, 20, 40, 60, 80, 100]},
        list(range(20)),
        [0] * 3 + [20] * 2 + [40] * 8 + [60] * 4 + [80] * 2 + [100],
        "Handbook 5.5: the top 5 % get 100, the next 10 % 80, then 20 % 60, 40 % 40, 10 % 20",
    ),
    Case(
        "exponential_rank",
        {},
        [1, 2, 3, 4, 5, 6, 7, 8, 10, 9, NAN],
        [-23 * math.log(1 - r / 10 * (1 - math.exp(-100 / 23))) for r in (1, 2, 3, 4, 5, 6, 7, 8, 10, 9)]
        + [NAN],
        "Scottish Indices of Deprivation 2003, appendix 5",
    ),
    Case("exponential_rank", {"constant": 1e9}, [7, 5, 3, 1], [25, 50, 75, 100], "limit: the rank", -1, 1e-4),
    Case("distance", {}, [20, 40, 50], [-60, -20, 0], "by hand: -30 / 50, -10 / 50"),
    Case(
        "distance", {}, [20, 40, 50, NAN], [0, -100, -150, NAN], "by hand: -20 / 20, -30 / 20", direction=-1
    ),
    Case(
        "distance", {"reference": "mean", "factor": 1}, [2, 4, 6], [-0.5, 0, 0.5], "by hand: 2 of the mean 4"
    ),
    Case("to_reference", {"value": 40}, [30, 40, 0, NAN], [75, 100, 0, NAN], "by hand: 30 / 40"),
    Case(
        "to_reference",
        {"value": 40, "factor": 1},
        [30, 40, 80],
        [4 / 3, 1, 0.5],
        "by hand: 40 / 30, 40 / 80",
        direction=-1,
    ),
    Case("base_index", {}, [20, 40, 60, NAN], [50, 100, 150, NAN], "by hand: over the mean 40"),
    Case(
        "base_index",
        {"factor": 1},
        [20, 40, 60],
        [2, 1, 2 / 3],
        "by hand: the mean 40 over each",
        direction=-1,
    ),
    Case("above_below", {}, [7, 8, 12, 13, NAN], [-1, 0, 0, 1, NAN], "by hand: mean 10"),
    Case("above_below", {"threshold": 0.5}, [4, 8, 12, 16], [1, 0, 0, -1], "by hand: mean 10", direction=-1),
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


IMD_2025 = {
    "Income": 22.5,
    "Employment": 22.5,
    "Education": 13.5,
    "Health": 13.5,
    "Crime": 9.3,
    "Housing_and_Services": 9.3,
    "Environment": 9.3,
}


def test_english_deprivation_2025_scores_every_area_as_published(reference):
    areas = pd.read_parquet(reference("english_imd/iod2025_lsoa21.parquet"))
    ranks = areas[[f"{domain}_rank" for domain in IMD_2025]].to_numpy(float)  # 1: most deprived

    z = normalise.exponential_rank(ranks, -1)

    score = z @ list(IMD_2025.values()) / 100
    assert len(score) == 33_755
    np.testing.assert_allclose(score, areas["IMD_score"], rtol=0, atol=0.0005 + 1e-9)


@pytest.mark.parametrize(
    ("column", "direction", "close"),
    [("rank_of_{}_domain", -1, 8_414), ("{}_domain_score", 1, 8_412)],  # scores of two wards print alike
)
def test_english_deprivation_2000_scores_every_ward_as_published(reference, column, direction, close):
    weights = {"income": 25, "employment": 25, "health": 15, "education": 15, "housing": 10, "access": 10}
    wards = pd.read_parquet(reference("english_imd/imd2000_ward98.parquet"))

    z = normalise.exponential_rank(wards[[column.format(domain) for domain in weights]].to_numpy(), direction)

    off = np.abs(z @ list(weights.values()) / 100 - wards["imd_score"])
    assert (off < 1e-12).sum() == close
    assert off.max() < 0.0005


def test_english_deprivation_2025_deciles_are_as_published(reference):
    areas = pd.read_parquet(reference("english_imd/iod2025_lsoa21.parquet"))

    z = normalise.quantile_bins(areas[["IMD_rank"]].to_numpy(), bins=10)

    np.testing.assert_array_equal(z[:, 0], areas["IMD_decile"])


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


OPTIONS = {
    "categorical": {"thresholds": [1, 2], "scores": [0, 1, 2]},
    "exponential_efficacy": {"low": -9, "high": 9},
    "goalposts": {"low": -9, "high": 9},
    "to_reference": {"value": 2},
    "to_target": {"target": [50, 0.001]},
    "trapezoid": {"best": [1, 2], "limits": [0.5, 9]},
}


@pytest.mark.parametrize("method", list(normalise.methods), ids=lambda method: method.name)
def test_each_year_may_have_its_own_summary(method):
    x = np.exp(np.random.default_rng(4).normal(size=(3, 6, 2)))
    x[0, 0, 0] = np.nan
    direction = [1, 1] if method.name == "trapezoid" else [1, -1]
    options = OPTIONS.get(method.name, {})

    whole = method.function(x, direction, **options)

    for year in range(3):
        np.testing.assert_array_equal(whole[year], method.function(x[year], direction, **options))


def test_clip_may_differ_by_indicator():
    z = normalise.goalposts([[15.0, 15.0]], low=0, high=10, clip=[True, False])

    assert z.tolist() == [[100.0, 150.0]]


@given(
    npst.arrays(np.float64, 9, elements=st.integers(0, 6).map(float)),
    st.integers(2, 9),
    st.sampled_from([1, -1]),
)
def test_borda_and_bins_equal_pairwise_counts(x, bins, direction):
    x[:2] = 0, 5

    points = normalise.borda(x[:, None], direction)[:, 0]
    found = normalise.quantile_bins(x[:, None], direction, bins=bins)[:, 0]

    assert points.sum() == 36
    for i, value in enumerate(x * direction):
        below = sum(other < value for other in x * direction)
        ties = sum(other == value for other in x * direction) - 1
        assert points[i] == below + ties / 2
        share = (Fraction(below) + Fraction(ties + 1, 2)) / 9
        assert found[i] == 1 + sum(share >= Fraction(cut, bins) for cut in range(1, bins))


@given(
    npst.arrays(np.float64, (2, 5), elements=st.floats(-1e3, 1e3)),
    st.floats(-1e3, 1e3),
    st.sampled_from([1, -1]),
)
def test_ampi_has_one_pair_of_goalposts_for_all_years(years, reference, direction):
    years[0, 0], years[1, 0] = -2e3, 2e3
    low, high = reference - 2e3, reference + 2e3

    pooled = summarise(years[0][:, None]).merge(summarise(years[1][:, None]))
    z = normalise.ampi(years[..., None], direction, reference=reference, summary=pooled)[..., 0]

    positive = (years - low) / (high - low) * 60 + 70
    np.testing.assert_allclose(z, positive if direction > 0 else 200 - positive, rtol=0, atol=1e-10)


def test_a_tenth_of_the_exponential_ranks_is_above_50():
    z = normalise.exponential_rank(np.arange(1000.0)[:, None])

    assert (z > 50).mean() == pytest.approx(0.1, abs=0.005)


def test_regions_beyond_the_published_sample_keep_to_the_scale():
    sample = summarise([[1.0], [2.0]], ordered=True)

    ranked = normalise.exponential_rank([[0.0], [9.0]], summary=sample).ravel()
    binned = normalise.quantile_bins([[0.0], [1.5], [9.0]], cuts=[25, 50, 75], summary=sample).ravel()

    assert ranked[0] == pytest.approx(-23 * math.log(1 - 0.25 * (1 - math.exp(-100 / 23))))
    assert ranked[1] == 100
    assert binned.tolist() == [1, 3, 4]


def test_thresholds_and_intervals_may_differ_by_indicator():
    x = [[5.0, 5.0]]

    classes = normalise.categorical(x, thresholds=[[2, 4], [4, 6]], scores=[0, 1, 2])
    inside = normalise.trapezoid(x, best=[[4, 6], [6, 7]], limits=[[0, 9], [2, 9]])

    assert classes.tolist() == [[2, 1]]
    assert inside.tolist() == [[100, 75]]


def test_every_region_may_have_its_own_base():
    base = np.array([[10.0, 4.0], [20.0, 5.0]])
    years = np.stack([base, [[15.0, 2.0], [10.0, np.nan]]])

    z = normalise.to_reference(years, [1, -1], value=base)

    np.testing.assert_array_equal(z, [[[100, 100], [100, 100]], [[150, 200], [50, np.nan]]])


def test_one_region_is_indexed_to_its_base_year():
    z = normalise.base_index([[52.5, 4.0]], [1, -1], summary=summarise([[50.0, 5.0]]))

    assert z.tolist() == [[105, 125]]


@pytest.mark.parametrize(
    "call",
    [
        {"name": "scaled", "low": 0, "high": 1e9},
        {"name": "exponential_efficacy", "low": 0, "high": 1000},
        {"name": "categorical", "thresholds": [1, 10], "scores": [0, 50, 100]},
        {"name": "trapezoid", "best": [1, 10], "limits": [-1, 100]},
        {"name": "ampi", "reference": 5},
        {"name": "to_target", "target": 1e6, "clip": False},
        {"name": "quantile_bins", "cuts": [25, 75], "scores": [0, 50, 100]},
        {"name": "exponential_rank", "constant": 10},
        {"name": "to_reference", "value": 5},
        *({"name": name} for name in ("borda", "distance", "above_below")),
    ],
    ids=lambda call: call["name"],
)
def test_a_framework_names_them(call):
    data = Path(__file__).resolve().parents[1] / "data" / "china-services"
    framework = Framework.from_toml(data / "framework.toml").replace(normalise=call)

    scores = framework.score(data / "observations.csv")

    assert scores.index.notna().sum() > 30


# --- Lines ---------------------------------------------------------------------------------------------


def test_a_line_is_refused_where_it_would_lose_digits():
    summary = summarise([[1e9], [1e9 + 1]])

    assert normalise.methods.get("minmax").traits["line"](1, summary) is None


@pytest.mark.parametrize(
    ("name", "direction", "options"),
    [
        ("goalposts", 1, {"low": 0, "high": 9, "clip": [True, False]}),
        ("to_target", 1, {"target": 9}),
        ("ratio", [1, -1], {}),
    ],
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


def test_scaled_refuses_what_is_off_its_scale():
    with pytest.raises(DomainError, match="values from low to high, but 2 of 3 are not") as caught:
        normalise.scaled([[0.5], [7.0], [8.0]], low=1, high=7)

    assert caught.value.positions == ((0, 0), (2, 0))


@pytest.mark.parametrize("target", [10, 8, np.nan])
def test_a_target_that_the_worst_region_meets_is_refused(target):
    x = [[10.0, 10.0], [30.0, 30.0]]

    with pytest.raises(DomainError, match="1 of 2 are not") as caught:
        normalise.to_target(x, target=[20, target])

    assert caught.value.positions == ((None, 1),)
    assert normalise.to_target(x, -1, target=[20, 8])[0, 0] == 100


def test_trapezoid_refuses_distances():
    with pytest.raises(DomainError, match="1 of 2 indicators have direction -1") as caught:
        normalise.trapezoid([[1.0, 2.0]], [1, -1], best=[1, 2], limits=[0, 3])

    assert caught.value.positions == ((None, 1),)


def test_distance_refuses_a_reference_of_zero():
    with pytest.raises(DomainError, match="distance needs a best above 0") as caught:
        normalise.distance([[1.0, 0.0], [2.0, 3.0]], -1)

    assert caught.value.positions == ((None, 1),)


def test_to_reference_refuses_a_missing_or_zero_reference_of_a_measured_cell():
    value = [[1.0, np.nan], [0.0, np.nan]]

    with pytest.raises(DomainError, match="2 of 4 cells") as caught:
        normalise.to_reference([[1.0, 2.0], [3.0, np.nan]], value=value)

    assert caught.value.positions == ((0, 1), (1, 0))


@pytest.mark.parametrize("name", ["to_reference", "base_index"])
@pytest.mark.parametrize(("x", "direction"), [(-1.0, 1), (0.0, -1)])
def test_relating_refuses_negative_values_and_zero_where_lower_is_better(name, x, direction):
    options = {"value": 2} if name == "to_reference" else {"summary": summarise([[2.0]])}

    with pytest.raises(DomainError, match=f"{name} needs values") as caught:
        normalise.methods.get(name).function([[2.0], [x]], direction, **options)

    assert caught.value.positions == ((1, 0),)


@pytest.mark.parametrize("column", [0.0, np.nan])
def test_base_index_refuses_a_base_that_is_zero_or_missing(column):
    with pytest.raises(DomainError, match="1 of 2 indicators have none") as caught:
        normalise.base_index([[1.0, 1.0]], summary=summarise([[2.0, column]]))

    assert caught.value.positions == ((None, 1),)


@pytest.mark.parametrize(
    ("name", "column", "message"),
    [
        (
            "zscore",
            [1e200, 5e200, 9e200],
            "standard deviation of each indicator, but that of 1 of 2 overflows",
        ),
        ("zscore", [1e-310, 2e-310, 9e-310], "range of each indicator, but that of 1 of 2 underflows:"),
        (
            "zscore",
            [1e-200, 2e-200, 9e-200],
            "standard deviation of each indicator, but that of 1 of 2 underflows",
        ),
        ("ratio", [7e307, 8e307, 9e307], "mean of each indicator, but that of 1 of 2 overflows:"),
        ("above_below", [7e307, 8e307, 9e307], "mean of each indicator, but that of 1 of 2 overflows:"),
        ("minmax", [-1e308, 0.0, 1e308], "range of each indicator, but that of 1 of 2 overflows:"),
    ],
)
def test_spreads_out_of_range_are_not_called_constant(name, column, message):
    with pytest.raises(DomainError, match=message) as caught:
        normalise.methods.get(name).function(np.column_stack([[1.0, 2, 3], column]))

    assert caught.value.positions == ((None, 1),)


@pytest.mark.parametrize("column", [[1e200, 9e200, 5e200], [1e-310, 9e-310, 2e-310], [-1e308, 1e308, 0.0]])
@pytest.mark.parametrize("name", ["rank", "percentile", "borda", "quantile_bins", "exponential_rank"])
def test_order_is_all_that_order_methods_need(name, column):
    method = normalise.methods.get(name).function
    options = {"bins": 3} if name == "quantile_bins" else {}

    found = method(np.array(column)[:, None], **options)

    assert found.tolist() == method([[1.0], [3.0], [2.0]], **options).tolist()


def test_more_bins_than_measured_regions_are_refused_by_indicator():
    x = [[1.0, 1.0], [2.0, 2.0], [3.0, np.nan]]

    with pytest.raises(
        DomainError, match="into 3 bins, but 1 of 2 indicators are measured in fewer"
    ) as caught:
        normalise.quantile_bins(x, bins=3)

    assert caught.value.positions == ((None, 1),)
    assert normalise.quantile_bins(x, bins=2).tolist()[:2] == [[1, 1], [2, 2]]


def test_above_below_refuses_a_mean_that_is_not_positive():
    with pytest.raises(DomainError, match="above_below needs a mean above 0"):
        normalise.above_below([[-1.0], [1.0]], -1)


@pytest.mark.parametrize(
    ("name", "options", "match"),
    [
        ("exponential_efficacy", {"low": 0, "high": 1, "lower": 0}, "0 < lower < upper"),
        ("exponential_rank", {"constant": 0.5}, "at least 1"),
        ("quantile_bins", {"bins": 1}, "2 or more bins"),
        ("quantile_bins", {"bins": 1001}, "at most 1000, not 1001"),
        ("quantile_bins", {"bins": 10**9}, "at most 1000"),
        ("quantile_bins", {"cuts": [50], "scores": [1, 1]}, "not all alike"),
        ("quantile_bins", {"cuts": [50, 20]}, "cuts that rise"),
        ("quantile_bins", {"cuts": [50, 100]}, "between 0 and 100"),
        ("quantile_bins", {"cuts": [50], "scores": [1, 2, 3]}, "needs 2 scores"),
        ("quantile_bins", {"cuts": [50], "scores": [2, 1]}, "from the worst bin up"),
        ("categorical", {"thresholds": [1, 2], "scores": [0, 1]}, "2 for 2"),
        ("categorical", {"thresholds": [2, 1], "scores": [0, 1, 2]}, "thresholds that rise"),
        ("categorical", {"thresholds": [1, 2], "scores": [0, 2, 1]}, "from the worst class up"),
        ("categorical", {"thresholds": [1, 2], "scores": [3, 3, 3]}, "not all alike"),
        ("trapezoid", {"best": [1, 2], "limits": [1, 3]}, "enclose"),
        ("trapezoid", {"best": 1, "limits": [0, 3]}, "low, high"),
        ("above_below", {"threshold": -0.1}, "at least 0"),
        ("ampi", {"reference": np.nan}, "finite reference"),
    ],
)
def test_options_that_make_no_sense_are_refused(name, options, match):
    with pytest.raises(MethodError, match=match):
        normalise.methods.get(name).function([[1.0], [2.0]], **options)
