import csv
import json
import math

import numpy as np
import pytest
from scipy import stats

from equindex import treat
from equindex.errors import DomainError, MethodError

TAIL = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
FIVE = [1, 2, 3, 4, 50]
CASES = [
    ("log", {}, [1, math.e, 100], [0, 1, 4.605170185988092], "logarithm tables: ln 100"),
    ("sqrt", {}, [0, 2.25, 9], [0, 1.5, 3], "by hand: 1.5² = 2.25"),
    ("logit", {}, [50, 80, 20], [0, math.log(4), -math.log(4)], "by hand: 80 / 20 = 4"),
    ("logit", {"top": 1}, [0.5, 0.8], [0, math.log(4)], "by hand: 0.8 / 0.2 = 4"),
    ("none", {}, [1, 99], [1, 99], "by hand: as it is"),
    ("skew_kurtosis", {}, [*TAIL, 30, 100], [*TAIL, 30, 30], "COINr 1.0, vignette 'Outlier treatment'"),
    ("skew_kurtosis", {}, [*TAIL, 100], [*TAIL, 10], "COINr 1.1.14, test-treat.R"),
    ("skew_kurtosis", {}, [-100, *TAIL], [1, *TAIL], "by hand, the mirror image"),
    ("skew_kurtosis", {}, [1, 2, 100], [1, 2, 100], "by hand: three values have no kurtosis"),
    ("skew_kurtosis", {"points": 0, "then": "none"}, [*TAIL, 100], [*TAIL, 100], "by hand: nothing may move"),
    ("winsorise", {"points": 1}, [9, 1, 2, 3], [3, 2, 2, 3], "by hand: 9 to 3, 1 to 2"),
    ("winsorise", {"points": [0, 2]}, [1, 2, 3, 7, 9, 8], [1, 2, 3, 7, 7, 7], "by hand: 9 and 8 to 7"),
    ("winsorise", {"points": [0, 1]}, [1, 2, 9, 9], [1, 2, 9, 9], "by hand: equals stay together"),
    ("winsorise", {"quantiles": [0.1, 0.9]}, [0, 10, 5, 2, 8], [0.8, 9.2, 5, 2, 8], "by hand, type 7"),
    ("iqr", {}, FIVE, [1, 2, 3, 4, 7], "by hand: quartiles 2 and 4"),
    ("iqr", {"factor": 3}, FIVE, [1, 2, 3, 4, 10], "by hand: 4 + 3 x 2"),
    (
        "shifted_log",
        {"share": 0.25},
        [0, 4, 8, 0, 0],
        np.log([2, 6, 10, 2, 2]),
        "by hand: 0.25 x 8 = 2 is added",
    ),
    ("shifted_log", {"share": 0.25}, [8, 4, 0, 8, 8], -np.log([2, 6, 10, 2, 2]), "by hand, left tail"),
    ("shifted_log", {"tail": "right"}, [0, 100], np.log([1, 101]), "by hand, log_CT of COINr"),
    ("box_cox", {"power": 0.5}, [1, 4, 9], [0, 2, 4], "by hand: (root - 1) / 0.5"),
    ("box_cox", {"power": 0}, [1, math.e], [0, 1], "by hand: logarithms"),
    ("box_cox", {}, [1, 10, 100], [0, math.log(10), math.log(100)], "by hand: symmetric logarithms"),
]


def column(values):
    return np.array(values, dtype=float)[:, None]


@pytest.mark.parametrize(("name", "options", "x", "expected", "_source"), CASES)
def test_cases(name, options, x, expected, _source):
    family = treat.methods if name in treat.methods else treat.transforms

    y = family.get(name).function(column(x), **options)

    np.testing.assert_allclose(y[:, 0], expected, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize(
    ("name", "bad", "shown"),
    [
        ("log", 0.0, "0"),
        ("log", -1.0, "-1"),
        ("log", np.inf, "inf"),
        ("sqrt", -0.25, "-0.25"),
        ("logit", 0.0, "0"),
        ("logit", 100.0, "100"),
        ("logit", 101.0, "101"),
    ],
)
def test_values_outside_the_domain_are_refused_with_their_place(name, bad, shown):
    x = np.array([[50.0, np.nan], [50.0, bad]])

    with pytest.raises(
        DomainError, match=rf"1 of 3 is not \(first: {shown} at position \(1, 1\)\)"
    ) as caught:
        treat.transforms.get(name).function(x)

    assert caught.value.positions == ((1, 1),)


def test_logit_needs_a_positive_whole():
    with pytest.raises(MethodError, match="top above 0"):
        treat.logit([[0.5]], top=0)


# --- Skewness and kurtosis -----------------------------------------------------------------------------


def test_moments_are_those_of_spreadsheets():
    x = column([3, 4, 5, 2, 3, 4, 5, 6, 4, 7])  # the example of Excel's SKEW and KURT

    assert round(treat.skewness(x)[0], 9) == 0.359543071
    assert round(treat.kurtosis(x)[0], 9) == -0.151799637


def test_moments_agree_with_scipy():
    rng = np.random.default_rng(3)
    x = rng.lognormal(size=(50, 4)) * [1, 1e6, 1e-9, 1] + [0, 0, 0, 1e5]
    x[rng.random(x.shape) < 0.2] = np.nan

    skewness, kurtosis = treat.skewness(x), treat.kurtosis(x)

    known = [values[~np.isnan(values)] for values in x.T]
    np.testing.assert_allclose(skewness, [stats.skew(v, bias=False) for v in known], rtol=1e-9)
    np.testing.assert_allclose(kurtosis, [stats.kurtosis(v, bias=False) for v in known], rtol=1e-9)


@pytest.mark.parametrize("values", [[0.1] * 7, [1.0, 2.0], [np.nan] * 4])
def test_columns_without_a_shape_have_no_moments(values):
    assert np.isnan(treat.skewness(column(values)))[0]
    assert np.isnan(treat.kurtosis(column(values)))[0]


def asem(path, *names):
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return np.array([[float(row[name].replace("NA", "nan")) for name in names] for row in rows])


SHAPES = {  # COINr 1.0, vignette "Outlier treatment": skewness, kurtosis, points moved, both after winsorising
    "LPI": (-0.3042681, -0.6567514, 0, -0.3042681, -0.6567514),
    "Flights": (2.1032872, 4.5088794, 1, 1.900658, 3.336065),
    "Ship": (-0.5756680, -0.6814795, 0, -0.5756680, -0.6814795),
    "Bord": (2.1482360, 5.7914905, 1, 1.899211, 4.346298),
    "Elec": (2.2252736, 5.7910268, 1, 1.717744, 2.586062),
    "Gas": (2.8294486, 10.3346494, 1, 1.602518, 1.525576),
    "ConSpeed": (0.4622037, 0.1873214, 0, 0.4622037, 0.1873214),
    "Cov4G": (-1.3725191, 0.5419314, 0, -1.3725191, 0.5419314),
    "Goods": (2.6499733, 8.2666095, 2, 1.140608, 0.1572047),
    "Services": (1.7010849, 2.3756557, 0, 1.7010849, 2.3756557),
}


def test_the_rule_treats_the_asem_indicators_as_published(reference):
    x = asem(reference("asem/asem_idata.csv"), *SHAPES)

    treatment = treat.measure("skew_kurtosis", x)

    found = np.column_stack(
        [
            treatment.skewness,
            treatment.kurtosis,
            treatment.above,
            treatment.skewness_after,
            treatment.kurtosis_after,
        ]
    )
    np.testing.assert_allclose(found, list(SHAPES.values()), rtol=0, atol=5.1e-7)
    moved = np.argwhere(treatment.apply(x)[:, [1, 8]] != x[:, [1, 8]]).tolist()
    assert sorted(moved) == [[10, 1], [29, 0], [34, 1]]  # rows 11, 30 and 35 of the vignette


@pytest.mark.parametrize(
    ("indicator", "points", "skewness", "kurtosis"),
    [("Goods", 1, 0.03104001, -0.8888965), ("Flights", 0, -0.09502644, -0.8305217)],
)
def test_logarithms_follow_where_winsorising_is_not_enough_as_published(
    reference, indicator, points, skewness, kurtosis
):
    x = asem(reference("asem/asem_idata.csv"), indicator)

    treatment = treat.measure("skew_kurtosis", x, points=points)

    assert treatment.action.tolist() == ["log"]
    assert round(treatment.skewness_after[0], 8) == skewness
    assert round(treatment.kurtosis_after[0], 7) == kurtosis


def test_values_that_are_equal_never_move_beyond_the_number_of_points():
    x = column([*range(1, 21), 200, 200])  # COINr moves both although one is allowed

    treatment = treat.measure("skew_kurtosis", x, points=1)

    assert treatment.above.tolist() == [0]
    assert treatment.action.tolist() == ["log"]
    assert treat.measure("skew_kurtosis", x, points=2).above.tolist() == [2]


def test_a_left_tail_is_bent_towards_the_right():
    right = np.random.default_rng(8).lognormal(sigma=2, size=(60, 1))

    treated = treat.measure("skew_kurtosis", -right, points=0)

    one_sided = np.log(right.max() - right + 0.01 * np.ptp(right))[:, 0]  # log_CT of COINr makes it worse
    assert treated.skewness_after[0] > 0.5 * treated.skewness[0] > 0.5 * stats.skew(one_sided)
    np.testing.assert_allclose(treated.apply(-right), -treat.skew_kurtosis(right, points=0), rtol=1e-12)


def test_powers_may_follow_instead_of_logarithms():
    x = np.random.default_rng(8).lognormal(sigma=2, size=(60, 2))
    x[:, 1] = np.arange(60)  # even, and with a 0 that has no power

    treated = treat.measure("skew_kurtosis", x, points=0, then="box_cox")

    assert treated.action.tolist() == ["power", "none"]
    np.testing.assert_array_equal(treated.apply(x), np.column_stack([treat.box_cox(x[:, [0]]), x[:, 1]]))


def test_winsorised_values_agree_with_a_slow_twin():
    rng = np.random.default_rng(5)
    x = rng.standard_t(2, size=(40, 30)).round(1)

    y = treat.skew_kurtosis(x, points=6, then="none")

    for values, treated in zip(x.T, y.T, strict=True):
        np.testing.assert_array_equal(treated, twin(values.copy(), 6))


def twin(values, points):
    moved = np.zeros(len(values), dtype=bool)
    while abs(stats.skew(values, bias=False)) >= 2 and stats.kurtosis(values, bias=False) >= 3.5:
        extreme = values.max() if stats.skew(values, bias=False) >= 0 else values.min()
        here = values == extreme
        if (moved | here).sum() > points:
            break
        moved |= here
        rest = values[~here]
        values[here] = rest.max() if extreme > rest.max() else rest.min()
    return values


# --- Powers and fences ---------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_power_is_the_most_likely_one(scale):
    x = np.random.default_rng(2).gamma(2.0, size=(200, 1)) * scale

    treatment = treat.measure("box_cox", x)

    assert treatment.power[0] == pytest.approx(stats.boxcox(x[:, 0] / scale)[1], abs=1e-6)


def test_normal_scores_of_a_power_do_not_depend_on_the_unit():
    x = np.random.default_rng(2).gamma(2.0, size=(60, 1))

    scores = [stats.zscore(treat.box_cox(x * factor), axis=0) for factor in (1, 1000)]

    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-10)


@pytest.mark.parametrize("name", ["skew_kurtosis", "winsorise", "iqr"])
def test_fences_move_with_the_unit(name):
    x = np.random.default_rng(2).lognormal(sigma=1.2, size=(60, 3))
    options = {"points": 2} if name == "winsorise" else {"points": 9} if name == "skew_kurtosis" else {}

    one, thousand = (treat.measure(name, x * factor, **options) for factor in (1, 1000))

    assert one.action.tolist() == ["fences"] * 3
    np.testing.assert_allclose(thousand.apply(x * 1000), one.apply(x) * 1000, rtol=1e-12)


def test_quantiles_are_those_of_numpy_and_leave_missing_values_out():
    rng = np.random.default_rng(9)
    x = rng.normal(size=(33, 5))
    x[rng.random(x.shape) < 0.3] = np.nan

    treatment = treat.measure("winsorise", x, quantiles=[0.07, 0.88])

    np.testing.assert_allclose(treatment.low, np.nanquantile(x, 0.07, axis=0), rtol=1e-13)
    np.testing.assert_allclose(treatment.high, np.nanquantile(x, 0.88, axis=0), rtol=1e-13)


@pytest.mark.parametrize(
    ("power", "values"), [(-400, [2.0, 3, 4]), (400, [2.0, 30, 40]), (-5, [1e4, 2e4, 4e4])]
)
def test_powers_after_which_nothing_can_be_told_apart_are_refused(power, values):
    x = np.column_stack([[5.0, 5, 5], values])

    with pytest.raises(
        DomainError, match=f"power of {power} overflows or underflows: .* of 1 of 2"
    ) as caught:
        treat.box_cox(x, power=power)

    assert caught.value.positions == ((None, 1),)


@pytest.mark.parametrize(
    ("name", "options", "values"),
    [
        ("iqr", {}, [0.0, 0.0, 0.0, 0.0, 5.0]),  # half are equal: nothing would be left
        ("winsorise", {"points": 1}, [1.0, 2.0]),
        ("winsorise", {"points": 3}, [1.0, 2.0, 3.0]),
        ("shifted_log", {}, [7.0, 7.0, 7.0]),
        ("shifted_log", {}, [7.0, np.nan]),
        ("box_cox", {}, [7.0, 7.0, 7.0]),
        ("box_cox", {}, [1.0, 2.0, np.nan]),
        ("box_cox", {}, [100.0, 99.0, 99.5, 98.0, 40.0]),
    ],
)
def test_columns_that_cannot_be_treated_are_refused_by_position(name, options, values):
    x = np.column_stack([np.arange(1.0, len(values) + 1) ** 3, values])
    if len(values) < 5:
        x = np.vstack([x, np.column_stack([[70.0, 80.0, 90.0, 200.0, 300.0], [np.nan] * 5])])

    with pytest.raises(DomainError, match="1 of 2 indicators") as caught:
        treat.measure(name, x, **options)

    assert caught.value.positions == ((None, 1),)


@pytest.mark.parametrize("name", ["skew_kurtosis", "winsorise", "iqr"])
@pytest.mark.parametrize("values", [[7.0] * 6, [np.nan] * 6])
def test_fences_leave_constant_and_empty_columns_alone(name, values):
    options = {"points": 1} if name == "winsorise" else {}

    y = treat.methods.get(name).function(column(values), **options)

    np.testing.assert_array_equal(y[:, 0], values)


@pytest.mark.parametrize("name", [method.name for method in treat.methods if method.name != "none"])
def test_infinite_values_are_refused(name):
    options = {"points": 1} if name == "winsorise" else {}

    with pytest.raises(DomainError, match="finite") as caught:
        treat.methods.get(name).function([[1.0], [np.inf], [3.0]], **options)

    assert caught.value.positions == ((1, 0),)


@pytest.mark.parametrize("value", [0.0, -2.0])
def test_powers_need_values_above_0(value):
    with pytest.raises(DomainError, match="shifted_log") as caught:
        treat.box_cox([[1.0], [value], [3.0], [4.0]])

    assert caught.value.positions == ((1, 0),)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("winsorise", {}),
        ("winsorise", {"points": 1, "quantiles": [0.1, 0.9]}),
        ("winsorise", {"points": -1}),
        ("winsorise", {"points": 1.5}),
        ("winsorise", {"quantiles": [0.9, 0.1]}),
        ("iqr", {"factor": -1}),
        ("shifted_log", {"share": 0}),
        ("shifted_log", {"tail": "up"}),
        ("skew_kurtosis", {"points": -1}),
        ("skew_kurtosis", {"then": "sqrt"}),
        ("iqr", {"fator": 2}),
    ],
)
def test_options_without_sense_are_refused(name, options):
    with pytest.raises(MethodError):
        treat.measure(name, [[1.0], [2.0], [3.0]], **options)


# --- Treatments kept -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [method.name for method in treat.methods])
def test_new_rows_are_treated_as_the_measured_ones(name):
    x = np.random.default_rng(4).lognormal(sigma=1.5, size=(80, 3))
    options = {"points": 2} if name == "winsorise" else {}

    treatment = treat.measure(name, x, **options)

    whole = treat.methods.get(name).function(x, **options)
    np.testing.assert_array_equal(treatment.apply(x[:7]), whole[:7])
    np.testing.assert_array_equal(treatment.apply(np.stack([x, x[::-1]]))[1], whole[::-1])


@pytest.mark.parametrize("name", [method.name for method in treat.methods])
def test_a_treatment_survives_being_saved(name):
    x = np.random.default_rng(4).lognormal(sigma=1.5, size=(80, 3))
    x[:, 2] = -x[:, 2] if name != "box_cox" else x[:, 2]
    options = {"points": 2} if name == "winsorise" else {}
    treatment = treat.measure(name, x, **options)

    loaded = treat.Treatment.from_dict(json.loads(json.dumps(treatment.to_dict(), allow_nan=False)))

    np.testing.assert_array_equal(loaded.apply(x), treatment.apply(x))
    for part, again in zip(treatment.parts().values(), loaded.parts().values(), strict=True):
        np.testing.assert_array_equal(again, part)
        assert again.dtype == part.dtype


def test_years_are_treated_alike_when_measured_together():
    years = np.random.default_rng(6).lognormal(sigma=2, size=(3, 30, 2))

    pooled = treat.measure("iqr", years.reshape(-1, 2))

    assert len(np.unique(pooled.apply(years).max(axis=(0, 1)))) == 2
    np.testing.assert_array_equal(pooled.apply(years)[1], pooled.apply(years[1]))


def test_indicators_have_treatments_of_their_own():
    x = np.random.default_rng(6).lognormal(sigma=2, size=(30, 3))

    both = treat.assemble(
        [[2, 0], [1]], [treat.measure("iqr", x[:, [2, 0]]), treat.measure("none", x[:, [1]])]
    )

    assert both.action.tolist() == ["fences", "none", "fences"]
    np.testing.assert_array_equal(both.apply(x), np.where([True, False, True], treat.iqr(x), x))
    np.testing.assert_array_equal(both.take([2, 1]).apply(x[:, [2, 1]]), both.apply(x)[:, [2, 1]])


def test_every_column_is_given_once():
    one = treat.measure("none", [[1.0], [2.0]])

    with pytest.raises(DomainError, match="once"):
        treat.assemble([[0], [0]], [one, one])


def test_new_values_below_the_bend_are_refused_with_their_place():
    treatment = treat.measure("shifted_log", [[10.0], [20.0], [110.0]])

    assert treatment.apply([[9.5]])[0, 0] == pytest.approx(math.log(0.5))
    with pytest.raises(DomainError, match=r"first: 8 at position \(1, 0\)") as caught:
        treatment.apply([[50.0], [8.0]])
    assert caught.value.positions == ((1, 0),)
