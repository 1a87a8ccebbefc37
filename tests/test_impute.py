import numpy as np
import pytest

from equindex import impute
from equindex.errors import DomainError, MethodError

NAN = float("nan")
COINR = (
    "COINr 1.0, vignette 'Imputation'"  # rows 37 to 46 of its example data: Pat, CultServ, CultGood, Tourist
)
ROWS = [
    [23.7, 0.13405, NAN, 11.519],
    [583.5, 2.20754, 16.182, 24.040],
    [3.6, 0.05780, 0.985, 6.509],
    [249.8, 1.79800, NAN, 17.242],
    [NAN, NAN, NAN, 3.315],
    [64.2, 1.15292, 7.555, 26.757],
    [0.3, 0.00266, 0.046, 0.404],
    [NAN, 0.08905, NAN, 2.907],
    [46.5, 0.34615, 1.213, 3.370],
    [7.2, 0.03553, 1.256, 0.966],
]
GROUPS = [0] * 5 + [1] * 5
PANEL = [[[1, 3, NAN, 7]], [[2, NAN, 5, 8]], [[3, 5, 6, NAN]]]  # three years of one region


def rows(*filled):
    """Put the values that the vignette prints into the holes of its rows."""
    values = np.array(ROWS)
    values[np.isnan(values)] = filled
    return values.tolist()


CASES = [
    ("none", {}, [[1, NAN]], [[1, NAN]], "by hand: as it is", 0),
    ("mean", {}, ROWS, rows(4.5395, 4.5395, 122.35, 0.6470778, 4.5395, 122.35, 4.5395), COINR, 5.1e-8),
    ("median", {}, [[1], [9], [NAN], [2], [4]], [[1], [9], [3], [2], [4]], "by hand: 1, 2, 4, 9", 1e-12),
    (
        "group_mean",
        {"by": [0, 0, 0, 1]},
        [[1], [3], [NAN], [50]],
        [[1], [3], [2], [50]],
        "by hand: of 1 and 3",
        1e-12,
    ),
    (
        "group_median",
        {"by": GROUPS},
        ROWS,
        rows(8.5835, 8.5835, 136.75, 0.966025, 8.5835, 26.85, 1.2345),
        COINR,
        1e-12,
    ),
    (
        "row_mean",
        {},
        ROWS,
        rows(2.850908, 10.163326, 64.72133, 0.246215, 1.828412, 39.42134, 1.128411),
        COINR,
        5.1e-6,
    ),
    (
        "row_mean",
        {"direction": [1, -1, 1], "pillars": [0, 0, 1]},
        [[0, 10, 5], [4, 30, 7], [1, NAN, 6]],
        [[0, 10, 5], [4, 30, 7], [1, 25, 6]],
        "by hand: a quarter of the way from the worst, 30, to 10",
        1e-12,
    ),
    (
        "cold_deck",
        {"deck": [7, 8, 9]},
        [[1, NAN, 3], [NAN, 2, 3]],
        [[1, 8, 3], [7, 2, 3]],
        "by hand: from the deck",
        0,
    ),
    (
        "nearest",
        {"k": 1},
        [[1, 10], [2, 20], [9, 90], [1.4, NAN]],
        [[1, 10], [2, 20], [9, 90], [1.4, 10]],
        "by hand: 1.4 is nearest to 1",
        0,
    ),
    (
        "nearest",
        {"k": 2},
        [[1, 10], [2, 20], [3, 60], [9, 90], [2, NAN]],
        [[1, 10], [2, 20], [3, 60], [9, 90], [2, 30]],
        "by hand: 1 and 3 are as near, so three regions count",
        1e-12,
    ),
    (
        "regression",
        {},
        [[1, 1, 2], [2, 1, 4], [3, 5, 2], [4, 0, 9], [5, 3, NAN], [1, 0, 3]],
        [[1, 1, 2], [2, 1, 4], [3, 5, 2], [4, 0, 9], [5, 3, 8], [1, 0, 3]],
        "by hand: twice the first less the second, plus 1",
        1e-12,
    ),
    (
        "regression",
        {"predictors": [2]},
        [[1, 7, 2], [3, 1, 6], [5, 0, 10], [NAN, 3, 7]],
        [[1, 7, 2], [3, 1, 6], [5, 0, 10], [3.5, 3, 7]],
        "by hand: half of the third",
        1e-12,
    ),
    ("last", {}, PANEL, [[[1, 3, NAN, 7]], [[2, 3, 5, 8]], [[3, 5, 6, 8]]], "COINr, test-impute_panel.R", 0),
    (
        "last",
        {"max_age": 1},
        [[[3]], [[NAN]], [[NAN]]],
        [[[3]], [[3]], [[NAN]]],
        "by hand: one year, not two",
        0,
    ),
    (
        "last",
        {"max_age": 2, "years": [2018, 2021, 2022]},
        [[[3, 3]], [[NAN, 4]], [[NAN, NAN]]],
        [[[3, 3]], [[NAN, 4]], [[NAN, 4]]],
        "by hand: three years are too many",
        0,
    ),
    (
        "linear",
        {"ends": "flat"},
        PANEL,
        [[[1, 3, 5, 7]], [[2, 4, 5, 8]], [[3, 5, 6, 8]]],
        "COINr, test-impute_panel.R",
        1e-12,
    ),
    (
        "linear",
        {},
        PANEL,
        [[[1, 3, NAN, 7]], [[2, 4, 5, 8]], [[3, 5, 6, NAN]]],
        "by hand: ends stay missing",
        1e-12,
    ),
    (
        "linear",
        {"years": [2010, 2011, 2014]},
        [[[4]], [[NAN]], [[12]]],
        [[[4]], [[6]], [[12]]],
        "by hand: a quarter of the way",
        1e-12,
    ),
]


@pytest.mark.parametrize(("name", "options", "x", "expected", "_source", "tolerance"), CASES)
def test_cases(name, options, x, expected, _source, tolerance):
    function = impute.methods.get(name).function

    y = function(np.array(x, dtype=float), **options)

    np.testing.assert_allclose(y, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", [method.name for method in impute.methods if method.name != "none"])
def test_infinite_values_are_refused(name):
    options = {"group_mean": {"by": [0, 0]}, "group_median": {"by": [0, 0]}, "cold_deck": {"deck": 1}}.get(
        name, {}
    )
    x = np.array([[[1.0, np.inf], [np.nan, 2.0]]])

    with pytest.raises(DomainError, match="finite") as caught:
        impute.methods.get(name).function(x, **options)

    assert caught.value.positions == ((0, 0, 1),)


@pytest.mark.parametrize("name", [method.name for method in impute.methods])
def test_complete_values_come_back_as_they_are(name):
    options = {"group_mean": {"by": [0, 0]}, "group_median": {"by": [0, 0]}, "cold_deck": {"deck": 1}}.get(
        name, {}
    )
    x = np.array([[[1.0, 7.0], [1.0, 2.0]]])

    y = impute.methods.get(name).function(x, **options)

    np.testing.assert_array_equal(y, x)
    assert not np.shares_memory(y, x)


@pytest.mark.parametrize("name", ["mean", "median"])
def test_indicators_without_a_value_are_refused_by_position(name):
    with pytest.raises(DomainError, match="1 of 2 indicators") as caught:
        impute.methods.get(name).function([[1.0, np.nan], [2.0, np.nan]])

    assert caught.value.positions == ((None, 1),)


@pytest.mark.parametrize(
    ("name", "options", "x", "position"),
    [
        ("group_mean", {"by": [0, 0, 1]}, [[1.0], [2.0], [np.nan]], (2, 0)),
        ("group_median", {"by": [0, 0, -1]}, [[1.0], [2.0], [np.nan]], (2, 0)),
        ("row_mean", {"pillars": [0, 0, 1]}, [[1.0, 2, 3], [2, 3, 4], [np.nan, np.nan, 9]], (2, 0)),
        ("nearest", {"k": 3}, [[1.0, 1], [2, 2], [3, np.nan]], (2, 1)),
        ("nearest", {"k": 1}, [[1.0, 1], [2, 2], [np.nan, np.nan]], (2, 0)),
        ("nearest", {"k": 1}, [[5.0, 1], [5, 2], [5, np.nan]], (2, 1)),  # a constant tells no one apart
        ("regression", {}, [[1.0, 1], [2, 2], [3, 3], [np.nan, np.nan]], (3, 0)),
    ],
)
def test_cells_that_cannot_be_filled_are_refused_by_position(name, options, x, position):
    with pytest.raises(DomainError, match="missing cell") as caught:
        impute.methods.get(name).function(x, **options)

    assert caught.value.positions[0] == position


@pytest.mark.parametrize(
    ("x", "what"),
    [
        ([[1.0, 2, 5], [2, 4, 6], [3, 6, 7], [4, 8, 9], [5, 10, np.nan]], "collinear"),
        ([[1.0, 2, 5], [2, 2, 6], [3, 2, 7], [4, 2, 9], [5, 2, np.nan]], "constant"),
        ([[1.0, 2, 5], [2, 2, 6], [3, 6, 7], [5, 2, np.nan]], "3 regions cannot estimate 2"),
    ],
)
def test_regressions_without_a_unique_answer_are_refused_with_their_cells(x, what):
    with pytest.raises(DomainError, match=what) as caught:
        impute.regression(x)

    assert caught.value.positions == ((len(x) - 1, 2),)


def test_collinear_predictors_are_refused_in_any_unit():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(20, 3))
    x[:, 1] = x[:, 0] * 1e6 + 7e6
    x[0, 2] = np.nan

    with pytest.raises(DomainError, match="collinear"):
        impute.regression(x)


def test_constant_indicators_cannot_scale_a_row():
    with pytest.raises(DomainError, match="1 of 3 indicators") as caught:
        impute.row_mean([[1.0, 5, 2], [2, 5, 3], [np.nan, 5, 4]])

    assert caught.value.positions == ((None, 1),)


@pytest.mark.parametrize(
    ("name", "options", "error"),
    [
        ("group_mean", {"by": [0, 1]}, DomainError),
        ("group_mean", {"by": [0.5, 1.0, 2.0]}, DomainError),
        ("cold_deck", {"deck": [1, 2]}, DomainError),
        ("nearest", {"k": 0}, MethodError),
        ("nearest", {"k": 1.5}, MethodError),
        ("regression", {"predictors": [3]}, MethodError),
        ("row_mean", {"direction": 0}, DomainError),
        ("last", {"max_age": -1}, MethodError),
        ("last", {}, DomainError),  # no years
        ("linear", {"ends": "steep"}, MethodError),
    ],
)
def test_options_without_sense_are_refused(name, options, error):
    with pytest.raises(error):
        impute.methods.get(name).function([[1.0], [2.0], [np.nan]], **options)


@pytest.mark.parametrize("years", [[2020, 2019], [2020, 2020], [2020]])
def test_years_ascend(years):
    with pytest.raises(DomainError, match="ascending"):
        impute.last(np.ones((2, 1, 1)), years=years)


def test_imputed_cells_are_marked():
    x = np.array([[[3.0, 1.0]], [[np.nan, 1.0]], [[np.nan, np.nan]]])

    filled = impute.last(x, max_age=1)

    assert np.argwhere(impute.imputed(x, filled)).tolist() == [[1, 0, 0], [2, 0, 1]]


# --- Slow twins ----------------------------------------------------------------------------------------


def gappy(seed, shape, share=0.2, decimals=6):
    rng = np.random.default_rng(seed)
    x = (rng.normal(size=shape) + rng.normal(size=(*shape[:-1], 1))).round(decimals) * [1, 1e3, 1e-3, 50, 7][
        : shape[-1]
    ]
    x[..., :-1][rng.random((*shape[:-1], shape[-1] - 1)) < share] = np.nan
    return x


@pytest.mark.parametrize("decimals", [6, 0])
@pytest.mark.parametrize("k", [1, 4])
def test_neighbours_agree_with_a_slow_twin(k, decimals):
    x = gappy(1, (60, 5), decimals=decimals)

    y = impute.nearest(x, k=k)

    sd = np.nanstd(x, axis=0)
    for r, c in np.argwhere(np.isnan(x)):
        donors = np.flatnonzero(~np.isnan(x[:, c]))
        apart = np.array([np.nanmean(((x[r] - x[s]) / sd) ** 2) for s in donors])
        near = donors[apart <= np.sort(apart)[k - 1] + 1e-10]
        assert y[r, c] == pytest.approx(x[near, c].mean(), rel=1e-12, abs=1e-12)


def test_neighbours_are_the_same_in_any_unit_and_order():
    x = gappy(2, (80, 5), decimals=0)
    order = np.random.default_rng(3).permutation(80)

    y = impute.nearest(x, k=3)

    np.testing.assert_allclose(impute.nearest(x * 1000, k=3), y * 1000, rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(impute.nearest(x[order], k=3), y[order], rtol=1e-12, atol=1e-12)


def test_neighbours_are_the_same_in_any_blocks(monkeypatch):
    x = gappy(2, (80, 5))
    whole = impute.nearest(x)

    monkeypatch.setattr("equindex.impute.models._CELLS", 240)

    np.testing.assert_allclose(impute.nearest(x), whole, rtol=1e-13)


def test_predictions_agree_with_a_slow_twin():
    x = gappy(4, (50, 5))

    y = impute.regression(x)

    for r, c in np.argwhere(np.isnan(x)):
        use = np.flatnonzero(~np.isnan(x[r]))
        fit = ~np.isnan(x[:, [c, *use]]).any(axis=1)
        design = np.column_stack([np.ones(fit.sum()), x[np.ix_(fit, use)]])
        slope = np.linalg.lstsq(design, x[fit, c], rcond=None)[0]
        assert y[r, c] == pytest.approx(slope[0] + x[r, use] @ slope[1:], rel=1e-8)


@pytest.mark.parametrize("name", ["group_mean", "group_median"])
def test_groups_agree_with_numpy(name):
    x = gappy(5, (2, 40, 5))
    by = np.random.default_rng(6).integers(3, 6, 40)

    y = impute.methods.get(name).function(x, by=by)

    middle = np.nanmean if name == "group_mean" else np.nanmedian
    for t, r, c in np.argwhere(np.isnan(x)):
        assert y[t, r, c] == pytest.approx(middle(x[t, by == by[r], c]), rel=1e-13)
    both = impute.methods.get(name).function(x, by=np.stack([by, by[::-1]]))
    np.testing.assert_array_equal(both[0], y[0])
    np.testing.assert_array_equal(both[1], impute.methods.get(name).function(x[1], by=by[::-1]))


@pytest.mark.parametrize("ends", ["missing", "flat"])
def test_lines_agree_with_numpy(ends):
    x = gappy(7, (9, 6, 5), share=0.6)
    years = [2001, 2002, 2004, 2005, 2008, 2009, 2010, 2015, 2016]
    before = x.copy()

    y = impute.linear(x, ends=ends, years=years)

    np.testing.assert_array_equal(x, before)
    for r, c in np.ndindex(6, 5):
        known = np.flatnonzero(~np.isnan(x[:, r, c]))
        if known.size == 0:
            assert np.isnan(y[:, r, c]).all()
            continue
        beyond = {"left": np.nan, "right": np.nan} if ends == "missing" else {}
        line = np.interp(years, np.take(years, known), x[known, r, c], **beyond)
        np.testing.assert_allclose(y[:, r, c], line, rtol=1e-12)


def test_last_values_agree_with_a_slow_twin():
    x = gappy(8, (9, 6, 5), share=0.6)
    years = np.array([2001, 2002, 2004, 2005, 2008, 2009, 2010, 2015, 2016])

    y = impute.last(x, max_age=3, years=years)

    for t, r, c in np.argwhere(np.isnan(x)):
        found = [s for s in range(t) if not np.isnan(x[s, r, c]) and years[t] - years[s] <= 3]
        np.testing.assert_array_equal(y[t, r, c], x[found[-1], r, c] if found else np.nan)
