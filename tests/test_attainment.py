import csv
import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equindex import attainment
from equindex.attainment import REASONS, STATUSES, Targets, attain
from equindex.errors import DomainError, MethodError

INF, NAN = math.inf, math.nan
RULES = ["ratio", "progress", "met", "efficacy60", "goalposts"]


def at_least(target, **rest):
    return Targets(low=target, high=INF, **rest)


def at_most(target, **rest):
    return Targets(low=-INF, high=target, **rest)


def between(low, high, **rest):
    return Targets(low=low, high=high, **rest)


def words(result):
    """Return status and reason of a scalar result as text."""
    return STATUSES[int(result.status)], REASONS[int(result.reason)]


def read(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


# Published values


def test_zhejiang_2010_attainments_and_domain_scores(reference):
    rows = read(reference("china/published_examples/zhejiang_urban_rural_2010.csv"))
    weight, target, floor = (
        np.array([float(r[k]) for r in rows]) for k in ("weight", "target", "floor_inferred")
    )

    for year, domain in ((2009, 81.75), (2010, 89.02)):
        x, printed = (
            np.array([float(r[f"{k}_{year}{end}"]) for r in rows])
            for k, end in (("actual", ""), ("attain", "_printed"))
        )

        found = attainment.efficacy60(x, target, floor=floor)

        np.testing.assert_allclose(found, printed, atol=0.0101)
        assert found @ weight / weight.sum() == pytest.approx(domain, abs=0.01)


def test_changzhou_2012_ratios(reference):
    rows = read(reference("china/published_examples/changzhou_2012_targets_actuals.csv"))
    keys = ("actual_2010", "target_2015", "ratio_capped_100", "ratio_uncapped")
    x, target, capped, uncapped = (np.array([float(row[key]) for row in rows]) for key in keys)

    result = attain(x, at_least(target))

    np.testing.assert_allclose(result.attainment, capped, atol=0.00051)
    np.testing.assert_allclose(result.uncapped, uncapped, atol=0.00051)
    np.testing.assert_array_equal(result.met, uncapped >= 100)


# Each sentence of the design, by hand

E60, GP, NOT_MET = "efficacy60", "goalposts", "not_met"
OVER, ABOUT, SUM = {"strict_low": True}, {"approximate": True}, {"cumulative": True}
M10 = {"limit_high": 10}
TO_10, TO_60, TO_100 = ({"goalpost_low": 0, "goalpost_high": high} for high in (10, 60, 100))
FROM_70 = {"goalpost_low": 70, "goalpost_high": 95}

CASES = [
    # x, targets, rule, attainment, uncapped, met, status
    ("ratio", 60, at_least(80), "ratio", 75, 75, 0, NOT_MET),
    ("ratio above its target is clipped", 100, at_least(80), "ratio", 100, 125, 1, "met"),
    ("negative ratio", 5, at_most(4), "ratio", 80, 80, 0, NOT_MET),
    ("negative ratio at 0", 0, at_most(4), "ratio", 100, 100, 1, "met"),
    ("negative target of 0, reached", 0, at_most(0), "ratio", 100, 100, 1, "met"),
    ("negative target of 0, missed", 3, at_most(0), "ratio", 0, 0, 0, NOT_MET),
    ("positive target of 0", 3, at_least(0), "ratio", 100, 100, 1, "met"),
    ("trapezoid inside", 5, between(3, 6, limit_low=1, **M10), "ratio", 100, 100, 1, "met"),
    ("trapezoid below", 2, between(3, 6, limit_low=1, **M10), "ratio", 50, 50, 0, NOT_MET),
    ("trapezoid above", 9, between(3, 6, limit_low=1, **M10), "ratio", 25, 25, 0, NOT_MET),
    ("trapezoid beyond a limit", 12, between(3, 6, limit_low=1, **M10), "ratio", 0, -50, 0, NOT_MET),
    ("limit at its end", 2, between(3, 6, limit_low=3, **M10), "ratio", 0, 0, 0, NOT_MET),
    ("range below", 27, between(30, 40), "ratio", 90, 90, 0, NOT_MET),
    ("range above", 50, between(30, 40), "ratio", 80, 80, 0, NOT_MET),
    ("range inside", 40, between(30, 40), "ratio", 100, 100, 1, "met"),
    ("progress", 85, at_least(90, baseline=80), "progress", 50, 50, 0, NOT_MET),
    ("progress backwards", 79, at_least(90, baseline=80), "progress", 0, -10, 0, NOT_MET),
    ("progress beyond", 95, at_least(90, baseline=80), "progress", 100, 150, 1, "met"),
    ("negative progress", 5, at_most(4, baseline=8), "progress", 75, 75, 0, NOT_MET),
    ("interval progress", 52, between(30, 40, baseline=60), "progress", 40, 40, 0, NOT_MET),
    ("progress from the other side", 28, between(30, 40, baseline=60), "progress", 90, 90, 0, NOT_MET),
    ("met", 90, at_least(90), "met", 100, 100, 1, "met"),
    ("missed", 89.9, at_least(90), "met", 0, 0, 0, NOT_MET),
    ("efficacy below its floor", 55, at_least(90, floor=70), E60, 30, 30, 0, NOT_MET),
    ("efficacy far below", 10, at_least(90, floor=70), E60, 0, -60, 0, NOT_MET),
    ("efficacy by goalpost", 80, at_least(90, **FROM_70), E60, 80, 80, 0, NOT_MET),
    ("lower is better, by goalpost", 7, at_most(4, **TO_10), E60, 80, 80, 0, NOT_MET),
    ("lower is better, by floor", 6, at_most(4, floor=8, **TO_10), E60, 80, 80, 0, NOT_MET),
    ("efficacy not from the baseline", 80, at_least(90, floor=70, baseline=79), E60, 80, 80, 0, NOT_MET),
    ("interval efficacy below", 25, between(30, 40, floor=20, **TO_60), E60, 80, 80, 0, NOT_MET),
    ("interval efficacy above", 50, between(30, 40, floor=20, **TO_60), E60, 80, 80, 0, NOT_MET),
    ("interval efficacy inside", 35, between(30, 40), E60, 100, 100, 1, "met"),
    # maintain
    ("maintained", 92, at_least(90, baseline=90.79), "progress", 100, 9200 / 90, 1, "met"),
    (
        "progress of 226 is a breach",
        89,
        at_least(90, **OVER, baseline=90.79),
        "progress",
        8900 / 90,
        8900 / 90,
        0,
        "breach",
    ),
    ("breach of a ratio", 89, at_least(90, baseline=90), "ratio", 8900 / 90, 8900 / 90, 0, "breach"),
    ("breach of a negative target", 5, at_most(4, baseline=4), "progress", 80, 80, 0, "breach"),
    ("breach under met", 89, at_least(90, baseline=95), "met", 0, 0, 0, "breach"),
    ("breach under efficacy", 80, at_least(90, floor=70, baseline=95), E60, 80, 80, 0, "breach"),
    ("breach, goalposts", 80, at_least(90, **TO_100, baseline=95), GP, 80, 80, 0, "breach"),
    ("maintained, goalposts", 95, at_least(90, **TO_100, baseline=95), GP, 100, 95, 1, "met"),
    ("unchanged 100", 100, at_least(100, baseline=100), "progress", 100, 100, 1, "met"),
    ("maintained below 0", -2, at_least(-5, baseline=-5), "ratio", 100, 100, 1, "met"),
    ("maintained range", 50, between(30, 40, baseline=35), "progress", 80, 80, 0, "breach"),
    # strict
    ("＞90 at 90", 90, at_least(90, **OVER), "ratio", 100, 100, 0, "at_limit"),
    ("＞90 at 90 under met", 90, at_least(90, **OVER), "met", 0, 0, 0, "at_limit"),
    ("breach at 90", 90, at_least(90, **OVER, baseline=90.79), "ratio", 100, 100, 0, "at_limit"),
    ("<4 at 4", 4, at_most(4, strict_high=True), "ratio", 100, 100, 0, "at_limit"),
    ("29 by rounding", 0.29 * 100, at_least(29), "met", 100, 100, 1, "met"),
    # 左右
    ("4.5左右, within", 4.4, at_least(4.5, **ABOUT), "ratio", 440 / 4.5, 440 / 4.5, 1, "met"),
    ("4.5左右, at its edge", 4.275, at_least(4.5, **ABOUT), "ratio", 95, 95, 1, "met"),
    ("4.5左右, short", 4.2, at_least(4.5, **ABOUT), "ratio", 420 / 4.5, 420 / 4.5, 0, NOT_MET),
    ("own tolerance", 4.2, at_least(4.5, **ABOUT, tolerance=0.1), "met", 100, 100, 1, "met"),
    ("4.5左右, far above", 9, at_least(4.5, **ABOUT), "met", 100, 100, 1, "met"),
    ("about 4 at most, within", 4.1, at_most(4, **ABOUT), "met", 100, 100, 1, "met"),
    ("about 4 at most, above", 4.3, at_most(4, **ABOUT), "met", 0, 0, 0, NOT_MET),
    ("about 30 to 40", 41, between(30, 40, **ABOUT), "met", 100, 100, 1, "met"),
    ("about 30 to 40, beyond", 43, between(30, 40, **ABOUT), "met", 0, 0, 0, NOT_MET),
    ("about, tolerance 0", 4.5, at_least(4.5, **ABOUT, tolerance=0), "met", 100, 100, 1, "met"),
    # cumulative
    ("[60]", 30, at_least(60, **SUM, baseline=1.5), "ratio", 50, 50, 0, NOT_MET),
    ("[60] starts from 0", 30, at_least(60, **SUM, baseline=1.5), "progress", 50, 50, 0, NOT_MET),
    ("[＞15] after 50", 12, at_least(15, **SUM, **OVER, baseline=50), "ratio", 80, 80, 0, NOT_MET),
]


@pytest.mark.parametrize(
    ("x", "targets", "rule", "expected", "uncapped", "met", "status"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_cases_by_hand(x, targets, rule, expected, uncapped, met, status):
    result = attain(x, targets, rule=rule)

    assert result.attainment == pytest.approx(expected, abs=1e-12)
    assert result.uncapped == pytest.approx(uncapped, abs=1e-11)
    assert result.met == met
    assert words(result) == (status, "")


GOALPOSTS = {"goalpost_low": 20, "goalpost_high": 60}


@pytest.mark.parametrize(
    ("x", "targets", "direction", "expected"),
    [
        (30, at_least(50, **GOALPOSTS), 1, 25),
        (70, at_least(50, **GOALPOSTS), 1, 100),
        (30, at_most(50, **GOALPOSTS), -1, 75),
        (70, at_most(50, **GOALPOSTS), -1, 0),
        (25, between(30, 40, **GOALPOSTS), 0, 50),
        (35, between(30, 40, **GOALPOSTS), 0, 100),
        (55, between(30, 40, **GOALPOSTS), 0, 25),
        (70, between(30, 40, **GOALPOSTS), 0, 0),
    ],
)
def test_goalposts_are_mirrored_where_lower_is_better(x, targets, direction, expected):
    assert attain(x, targets, direction, rule="goalposts").attainment == pytest.approx(expected, abs=1e-12)


BOUNDS = [
    # value, target, met, attainment by ratio, by met, status
    (
        {"x": 4, "x_low": -INF, "x_high": 4, "x_high_strict": True},
        at_most(4, strict_high=True),
        1,
        100,
        100,
        "met",
    ),
    ({"x": 4, "x_low": -INF, "x_high": 4}, at_most(4, strict_high=True), NAN, 100, NAN, "bound_only"),
    ({"x": 98, "x_low": 98, "x_high": INF}, at_least(99), NAN, 9800 / 99, NAN, "bound_only"),
    ({"x": 98, "x_low": 98, "x_high": INF}, at_least(98), 1, 100, 100, "met"),
    ({"x": 98, "x_low": 98, "x_high": INF}, at_least(98, strict_low=True), NAN, 100, NAN, "bound_only"),
    (
        {"x": 80, "x_low": 80, "x_high": INF, "x_low_strict": True},
        at_least(80, strict_low=True),
        1,
        100,
        100,
        "met",
    ),
    ({"x": 4, "x_low": -INF, "x_high": 4, "x_high_strict": True}, at_least(4), 0, 100, 0, "not_met"),
    ({"x": 4, "x_low": -INF, "x_high": 4, "x_high_strict": True}, at_least(5), 0, 80, 0, "not_met"),
    ({"x": 80, "x_low": 80, "x_high": INF, "x_low_strict": True}, at_most(80), 0, 100, 0, "not_met"),
    ({"x": 4, "x_low": -INF, "x_high": 4}, between(3, 6), NAN, 100, NAN, "bound_only"),
    ({"x": 98, "x_low": 98, "x_high": INF}, at_least(99, baseline=99.5), NAN, 9800 / 99, NAN, "bound_only"),
    ({"x": 95, "x_low": 95, "x_high": INF}, at_least(98, approximate=True), 1, 9500 / 98, 100, "met"),
]


@pytest.mark.parametrize(("value", "targets", "met", "by_ratio", "by_met", "status"), BOUNDS)
def test_bounds_count_only_where_they_decide(value, targets, met, by_ratio, by_met, status):
    ratio, pass_or_fail = attain(**value, targets=targets), attain(**value, targets=targets, rule="met")

    np.testing.assert_equal([float(ratio.met), float(pass_or_fail.met)], [met, met])
    assert ratio.attainment == pytest.approx(by_ratio, abs=1e-12)
    np.testing.assert_equal(float(pass_or_fail.attainment), by_met)
    assert words(ratio) == (status, "")
    assert words(pass_or_fail) == (status, "the bound does not decide" if math.isnan(met) else "")


def test_rounding_keeps_no_value_off_its_target():
    x = 0.29 * 100  # 28.999999999999996

    result = attain(x, at_least(29, strict_low=[False, True], baseline=x), x_low=x, x_high=x)

    assert [STATUSES[i] for i in result.status] == ["met", "at_limit"]
    np.testing.assert_array_equal(result.attainment, 100)


def test_a_baseline_bound_counts_as_passed_only_where_it_decides():
    kept = at_most(4, strict_high=True, baseline=4, baseline_low=-INF, baseline_high=4)
    open_ = at_least(99, baseline=98, baseline_low=98, baseline_high=INF)
    opaque = at_least(99, baseline=100, baseline_low=-INF, baseline_high=100)

    assert words(attain(5, kept, rule="progress")) == ("breach", "")
    assert attain(98.5, open_, rule="progress").attainment == 50
    assert words(attain(98.5, opaque, rule="progress")) == ("not_met", "the bound does not decide")


BAD_FLOOR = "the floor is not on the worse side of the target"
NEGATIVE = "a ratio needs a value and a target of 0 or more"
UNSCORED = [
    # x, targets, rule, status, reason
    (NAN, at_least(5), "ratio", "unscored", "no value"),
    (3, at_least(NAN), "ratio", "unscored", "no target"),
    (3, between(-INF, INF), "ratio", "unscored", "no target"),
    (NAN, at_least(NAN), "ratio", "unscored", "no target"),
    (3, at_most(NAN), "goalposts", "unscored", "no target"),
    (3, at_least(5), "progress", "not_met", "no baseline"),
    (7, at_least(5), "progress", "met", "no baseline"),
    (3, at_least(5), "efficacy60", "not_met", "no floor"),
    (3, at_least(5, floor=5), "efficacy60", "not_met", BAD_FLOOR),
    (3, at_least(5, floor=6, goalpost_low=1, goalpost_high=9), "efficacy60", "not_met", BAD_FLOOR),
    (6, at_most(5, floor=4), "efficacy60", "not_met", BAD_FLOOR),
    (45, between(30, 40, floor=20), "efficacy60", "not_met", "no floor"),
    (3, at_least(5), "goalposts", "not_met", "no goalposts"),
    (3, at_least(5, goalpost_low=1), "goalposts", "not_met", "no goalposts"),
    (-3, at_least(5), "ratio", "not_met", NEGATIVE),
    (-3, at_least(-5), "ratio", "met", NEGATIVE),
    (-3, at_most(5), "ratio", "met", NEGATIVE),
    (-8, at_least(-5, baseline=-4), "progress", "breach", NEGATIVE),
]


@pytest.mark.parametrize(("x", "targets", "rule", "status", "reason"), UNSCORED)
def test_what_cannot_be_scored_has_a_reason(x, targets, rule, status, reason):
    result = attain(x, targets, rule=rule)

    assert np.isnan(result.attainment)
    assert np.isnan(result.uncapped)
    assert words(result) == (status, reason)
    assert np.isnan(result.met) == (status == "unscored")


@pytest.mark.parametrize("rule", RULES)
def test_cumulative_targets_wait_for_the_first_plan_year(rule):
    targets = Targets(
        low=[60, 60],
        high=INF,
        cumulative=[True, False],
        baseline=1.5,
        floor=1,
        goalpost_low=0,
        goalpost_high=99,
    )

    result = attain([30.0, 30.0], targets, rule=rule, started=False)

    assert [STATUSES[i] for i in result.status] == ["not_started", "not_met"]
    assert [REASONS[i] for i in result.reason] == ["the plan has not started", ""]
    np.testing.assert_array_equal(np.isnan(result.met), [True, False])


def test_a_higher_cap_keeps_the_lead_but_not_where_it_is_only_maintained():
    result = attain(99, Targets(low=90, high=INF, baseline=[80, 90]), cap=105)

    np.testing.assert_allclose(result.attainment, [105, 100])
    np.testing.assert_allclose(result.uncapped, [110, 110])


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        (between(6, 3), "low of 1 of 1 .* high"),
        (between(3, 6, limit_low=4), "limit_low .* low"),
        (between(3, 6, limit_high=[5, 7]), "high of 1 of 2 .* limit_high"),
        (at_least(3, goalpost_low=4, goalpost_high=4), "goalpost_low .* goalpost_high"),
    ],
)
def test_ends_out_of_order_are_refused(targets, words):
    with pytest.raises(DomainError, match=words):
        attain(5, targets)


def test_unknown_rules_are_refused():
    with pytest.raises(MethodError, match=r"'rato'. Did you mean 'ratio'"):
        attain(5, at_least(3), rule="rato")


# The simple functions


@pytest.mark.parametrize(
    ("rule", "options", "expected"),
    [
        ("ratio", {}, [75, 50, 60]),
        ("progress", {"baseline": [2, 12, 16]}, [50, 50, 60]),
        ("met", {}, [0, 0, 0]),
        ("efficacy60", {"floor": [2, 14, 16]}, [80, 84, 84]),
        ("goalposts", {"low": 0, "high": 12}, [25, 100 * 4 / 12, 100 * 2 / 6]),
    ],
)
def test_plain_targets_are_at_least_at_most_or_exactly_the_number(rule, options, expected):
    x, target, direction = [3.0, 8.0, 10.0], [4.0, 4.0, 6.0], [1, -1, 0]

    found = attainment.methods.get(rule).function(x, target, direction, **options)

    np.testing.assert_allclose(found, expected)


def test_simple_functions_keep_their_cap_and_their_input():
    x, target = np.array([[5.0, 9.0], [np.nan, 1.0]]), np.array([4.0, 3.0])
    before = x.copy()

    np.testing.assert_array_equal(attainment.ratio(x, target, cap=120), [[120, 120], [np.nan, 100 / 3]])
    np.testing.assert_array_equal(attainment.ratio(x, target), [[100, 100], [np.nan, 100 / 3]])
    np.testing.assert_array_equal(x, before)


# The slow twin


@dataclass(frozen=True)
class Cell:
    """One value and its target, for the twin."""

    x: float
    x_kind: str  # "=", "<", "<=", ">", ">="
    kind: str  # "positive", "negative", "interval"
    low: float
    high: float
    strict: bool
    approximate: bool
    cumulative: bool
    started: bool
    baseline: float
    baseline_kind: str
    floor: float
    limits: tuple
    goalposts: tuple


def bounds(x, kind):
    return (-INF if kind in ("<", "<=") else x), (INF if kind in (">", ">=") else x)


def twin(c, rule):
    """DESIGN §6 A, sentence by sentence; returns attainment, uncapped, met, status."""
    if c.cumulative and not c.started:
        return NAN, NAN, NAN, "not_started"
    if math.isnan(c.x):
        return NAN, NAN, NAN, "unscored"

    met = twin_met(c)
    maintain = False
    if not c.cumulative and not math.isnan(c.baseline):
        b_low, b_high = bounds(c.baseline, c.baseline_kind)
        maintain = {
            "positive": b_low >= c.low,
            "negative": b_high <= c.high,
            "interval": b_low >= c.low and b_high <= c.high,
        }[c.kind]

    if rule == "met":
        value = 100 * met
    elif rule == "ratio" or (rule == "progress" and (maintain or c.cumulative)):
        value = twin_ratio(c)
    elif rule == "progress":
        value = twin_progress(c)
    elif rule == "efficacy60":
        value = twin_efficacy60(c)
    else:
        value = twin_goalposts(c)

    capped = min(max(value, 0.0), 100.0) if not math.isnan(value) else NAN
    if maintain and met == 1:
        capped, value = 100.0, 100.0 if math.isnan(value) else value
    ends = [] if c.approximate or not c.strict or c.x_kind != "=" else [c.low, c.high]
    if met == 1:
        status = "met"
    elif c.x in ends:
        status = "at_limit"
    elif math.isnan(met):
        status = "bound_only"
    else:
        status = "breach" if maintain else "not_met"
    return capped, value, met, status


def twin_met(c):
    low = c.low - 0.05 * abs(c.low) if c.approximate and c.kind != "negative" else c.low
    high = c.high + 0.05 * abs(c.high) if c.approximate and c.kind != "positive" else c.high
    strict = c.strict and not c.approximate

    def reaches(v):
        over = c.kind == "negative" or (v > low if strict else v >= low)
        under = c.kind == "positive" or (v < high if strict else v <= high)
        return over and under

    if c.x_kind == "=":
        return float(reaches(c.x))
    # Try every kind of value that the bound allows: on it, close to each end, far away.
    ends = [c.x, *(e for e in (low, high) if math.isfinite(e))]
    tries = [e + step for e in ends for step in (-1e-6, 0.0, 1e-6)] + [-1e9, 1e9]
    if c.kind == "interval":
        tries.append((low + high) / 2)
    allowed = {
        "<": lambda v: v < c.x,
        "<=": lambda v: v <= c.x,
        ">": lambda v: v > c.x,
        ">=": lambda v: v >= c.x,
    }
    found = {reaches(v) for v in tries if allowed[c.x_kind](v)}
    return NAN if len(found) == 2 else float(found.pop())


def twin_ratio(c):
    if c.kind == "positive":
        if c.x < 0 or c.low < 0:
            return NAN
        return 100.0 if c.low == 0 else 100 * c.x / c.low
    if c.kind == "negative":
        if c.x < 0 or c.high < 0:
            return NAN
        return 100.0 if c.x == 0 else 100 * c.high / c.x
    if c.low <= c.x <= c.high:
        return 100.0
    if c.x < c.low:
        if not math.isnan(c.limits[0]):
            return 0.0 if c.limits[0] == c.low else 100 * (c.x - c.limits[0]) / (c.low - c.limits[0])
        return NAN if c.x < 0 else 100 * c.x / c.low
    if not math.isnan(c.limits[1]):
        return 0.0 if c.limits[1] == c.high else 100 * (c.limits[1] - c.x) / (c.limits[1] - c.high)
    return NAN if c.high < 0 else 100 * c.high / c.x


def twin_progress(c):
    if math.isnan(c.baseline):
        return NAN
    if c.kind == "interval":
        far, near = (max(c.low - v, v - c.high, 0) for v in (c.baseline, c.x))
        return 100 * (1 - near / far) if far > 0 else NAN
    target = c.low if c.kind == "positive" else c.high
    if (c.baseline >= target) if c.kind == "positive" else (c.baseline <= target):
        return NAN  # a bound that says no more
    return 100 * (c.x - c.baseline) / (target - c.baseline)


def twin_efficacy60(c):
    if c.kind == "positive":
        target, start = c.low, c.goalposts[0] if math.isnan(c.floor) else c.floor
    elif c.kind == "negative":
        target, start = c.high, c.goalposts[1] if math.isnan(c.floor) else c.floor
    elif c.low <= c.x <= c.high:
        return 100.0
    elif c.x < c.low:
        target, start = c.low, c.floor if c.floor < c.low else c.goalposts[0]
    else:
        target, start = c.high, c.floor if c.floor > c.high else c.goalposts[1]
    rising = c.kind == "positive" or (c.kind == "interval" and c.x < c.low)
    if math.isnan(start) or (start >= target if rising else start <= target):
        return NAN
    return 60 + 40 * (c.x - start) / (target - start)


def twin_goalposts(c):
    low, high = c.goalposts
    if math.isnan(low):
        return NAN
    if c.kind == "positive":
        return 100 * (c.x - low) / (high - low)
    if c.kind == "negative":
        return 100 * (high - c.x) / (high - low)
    if c.low <= c.x <= c.high:
        return 100.0
    if c.x < c.low:
        return 0.0 if low >= c.low else 100 * (c.x - low) / (c.low - low)
    return 0.0 if high <= c.high else 100 * (high - c.x) / (high - c.high)


numbers = st.integers(-4, 24).map(lambda i: i / 2)
maybe = numbers | st.just(NAN)


@st.composite
def cells(draw):
    kind = draw(st.sampled_from(["positive", "negative", "interval"]))
    low, high = sorted((draw(numbers), draw(numbers)))
    low, high = (-INF if kind == "negative" else low), (INF if kind == "positive" else high)
    step = st.integers(0, 6) | st.just(NAN)
    start = draw(maybe)
    strict = draw(st.booleans()) and low < high
    return Cell(
        x=draw(maybe),
        x_kind=draw(st.sampled_from(["=", "=", "=", "<", "<=", ">", ">="])),
        kind=kind,
        low=low,
        high=high,
        strict=strict,
        approximate=draw(st.booleans()) and kind != "interval",
        cumulative=draw(st.booleans()),
        started=draw(st.booleans()),
        baseline=draw(maybe),
        baseline_kind=draw(st.sampled_from(["=", "=", "<=", ">="])),
        floor=draw(maybe),
        limits=(low - draw(step), high + draw(step)) if kind == "interval" else (NAN, NAN),
        goalposts=(start, start + draw(st.integers(1, 9))),
    )


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=150)
@given(batch=st.lists(cells(), min_size=1, max_size=6))
def test_attain_agrees_with_the_design_read_sentence_by_sentence(rule, batch):
    def column(name):
        return np.array([getattr(c, name) for c in batch])

    x_ends, baseline_ends, limits, goalposts = (
        np.array(pairs, dtype=float).T
        for pairs in (
            [bounds(c.x, c.x_kind) for c in batch],
            [bounds(c.baseline, c.baseline_kind) for c in batch],
            [c.limits for c in batch],
            [c.goalposts for c in batch],
        )
    )
    targets = Targets(
        low=column("low"),
        high=column("high"),
        strict_low=column("strict") & np.isfinite(column("low")),
        strict_high=column("strict") & np.isfinite(column("high")),
        approximate=column("approximate"),
        cumulative=column("cumulative"),
        baseline=column("baseline"),
        baseline_low=baseline_ends[0],
        baseline_high=baseline_ends[1],
        floor=column("floor"),
        limit_low=limits[0],
        limit_high=limits[1],
        goalpost_low=goalposts[0],
        goalpost_high=goalposts[1],
    )
    direction = [{"positive": 1, "negative": -1, "interval": 0}[c.kind] for c in batch]

    result = attain(
        column("x"),
        targets,
        direction,
        rule=rule,
        x_low=x_ends[0],
        x_high=x_ends[1],
        x_low_strict=column("x_kind") == ">",
        x_high_strict=column("x_kind") == "<",
        started=column("started"),
    )

    for i, cell in enumerate(batch):
        expected = twin(cell, rule)
        found = [float(a[i]) for a in (result.attainment, result.uncapped, result.met)]
        np.testing.assert_allclose(found, expected[:3], rtol=1e-12, atol=1e-10, err_msg=str(cell))
        assert STATUSES[result.status[i]] == expected[3], cell
        assert bool(result.reason[i]) == math.isnan(expected[0]), cell
