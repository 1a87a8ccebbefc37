"""Kinds of targets: levels, places, yes and no, increments, multiples, directions, conditions, versions."""

import re

import numpy as np
import pandas as pd
import pytest

from equindex.errors import DataError, FrameworkError
from equindex.model import FrameworkFile, Indicator
from equindex.scoring.attained import attain
from equindex.scoring.goals import goals, node_goals
from small import framework, node, table

NAN = np.nan
PLAN = {"plan": [2021, 2025]}


def held(leaves, data, *, attainment=PLAN, targets_of=None, **sections):
    """Hold data against targets, arrays of shape (rows, indicators)."""
    built = framework(leaves, methods=None, attainment=attainment, **sections)
    panel, findings, _ = built.read(data)
    findings.stop_on_errors()
    return attain(built.prepared(), panel, targets_of)


def tidy(leaves, data, *, attainment=PLAN, **sections):
    """Return the attainment table."""
    return framework(leaves, methods=None, attainment=attainment, **sections).score(data).attainment


def problem(indicator, **others):
    """Return what is wrong with an indicator's own target."""
    rest = [Indicator(id=name, **keys) for name, keys in others.items()]
    ((_, goal),) = goals(indicator, [], [indicator, *rest])
    return goal.problem


# rules -------------------------------------------------------------------------------------------------------


def test_an_indicators_own_rule_goes_before_that_of_the_framework():
    leaves = [
        {"id": "a", "target": "20", "baseline": "10"},
        {"id": "b", "target": "20", "baseline": "10", "rule": "progress"},
        {"id": "c", "target": "20", "rule": "met"},
        {"id": "d", "target": "20", "floor": 10, "rule": "efficacy60"},
    ]

    found = held(leaves, table(a=[15.0, 20], b=[15.0, 20], c=[15.0, 20], d=[15.0, 20]))

    np.testing.assert_allclose(found.attained.attainment, [[75, 50, 0, 80], [100, 100, 100, 100]])


def test_goals_of_one_indicator_may_have_different_rules():
    rows = [
        {"indicator": "a", "target": "20"},
        {"indicator": "a", "region": "B", "target": "逐步提高", "baseline": "12"},
    ]

    found = held(["a", {"id": "b", "target": "10"}], table(2021, a=[15.0, 15], b=[5.0, 5]), target=rows)

    np.testing.assert_allclose(found.attained.attainment, [[75, 50], [100, 50]])


# levels ------------------------------------------------------------------------------------------------------

GRADED = {"id": "a", "levels": "3级; 4级乙等; 4级甲等; 5级", "unit": "级"}


@pytest.mark.parametrize("rule", ["ratio", "progress", None])
def test_levels_are_reached_or_not_whatever_the_rule(rule):
    data = table(a=["4级乙等", "４級甲等", "5级", "—"])

    frame = tidy([GRADED | {"target": "≥4级甲等", "rule": rule}], data)

    np.testing.assert_array_equal(node(frame, "a", "attainment"), [0, 100, 100, NAN])
    np.testing.assert_array_equal(node(frame, "a", "value"), [2, 3, 4, NAN])
    assert node(frame, "a", "target_low") == [3] * 4
    assert node(frame, "a", "reason")[3] == "printed as —"


def test_levels_are_read_in_a_long_table_too():
    data = pd.DataFrame(
        {
            "region": ["A", "B", "A", "B"],
            "year": 2020,
            "indicator": ["a", "a", "b", "b"],
            "value": ["5级", "3级", "7", "8"],
        }
    )

    found = held([GRADED | {"target": "4级甲等以上"}, {"id": "b", "target": "8"}], data)

    np.testing.assert_array_equal(found.value, [[4, 7], [1, 8]])
    np.testing.assert_array_equal(found.attained.met, [[1, 0], [0, 1]])


@pytest.mark.parametrize("cells", [["4级甲等", "4"], [3.0, 4.0], ["4级甲等", "甲等"]])
def test_a_cell_that_is_no_level_is_an_error_that_names_the_levels(cells):
    with pytest.raises(DataError, match=r"no level(.|\n)*3级, 4级乙等, 4级甲等, 5级"):
        held([GRADED | {"target": "5级"}], table(a=cells))


def test_levels_that_are_listed_as_digits_are_read_from_numbers():
    leaf = {"id": "a", "levels": "1; 2; 3", "target": "不低于2"}

    found = held([leaf], table(a=[1.0, 2.0, 3.0]))

    np.testing.assert_array_equal(found.attained.met[:, 0], [0, 1, 1])


def test_a_level_above_which_nothing_is_known_is_a_bound():
    found = held([GRADED | {"target": "4级甲等"}], table(a=["4级乙等以上", "4级甲等以上"]))

    np.testing.assert_array_equal(found.attained.met[:, 0], [NAN, 1])


def test_a_target_that_is_no_level_says_which_there_are():
    indicator = Indicator(**GRADED, target="6级")

    assert problem(indicator) == "target '6级' is no level. Known: 3级, 4级乙等, 4级甲等, 5级"


# places, yes and no ------------------------------------------------------------------------------------------


def test_a_place_is_reached_or_not():
    leaves = [
        {"id": "a", "unit": "位次", "direction": "negative", "target": "全省前三名"},
        {"id": "b", "kind": "位次", "direction": "negative", "target": "3"},
        {"id": "c", "kind": "rank", "direction": "negative", "target": "3", "rule": "ratio"},
    ]

    found = held(leaves, table(a=["第4", "第3", "第一"], b=[4, 3, 1], c=[4, 3, 1]))

    np.testing.assert_allclose(found.attained.attainment, [[0, 0, 75], [100] * 3, [100] * 3])


@pytest.mark.parametrize("direction", ["positive", "interval"])
@pytest.mark.parametrize("keys", [{"unit": "位次", "target": "第一"}, {"kind": "rank", "target": "3"}])
def test_a_place_needs_the_direction_in_which_the_first_is_best(keys, direction):
    best = {"best": (1, 3)} if direction == "interval" else {}

    assert 'set direction = "negative"' in problem(Indicator(id="a", direction=direction, **keys, **best))


@pytest.mark.parametrize("cells", [["是", "否", "—"], ["yes", "No", ""], ["1", "0", ""], [1, 0, None]])
@pytest.mark.parametrize("target", ["是", "yes", "1", "创成“全国义务教育优质均衡发展县”"])
def test_yes_and_no_work_from_cell_to_score(cells, target):
    frame = tidy([{"id": "a", "unit": "是/否", "target": target}], table(a=cells))

    np.testing.assert_array_equal(node(frame, "a", "attainment"), [100, 0, NAN])
    assert node(frame, "a", "status") == ["met", "not_met", "unscored"]


# baselines ---------------------------------------------------------------------------------------------------


def test_the_printed_baseline_goes_before_the_regions_own_value():
    leaves = [
        {"id": "a", "target": "20", "rule": "progress"},
        {"id": "b", "target": "20", "rule": "progress", "baseline": "10"},
        {"id": "c", "target": "20", "rule": "progress", "baseline": "—"},
        {"id": "d", "target": "20", "rule": "progress", "baseline_year": 2021},
        {"id": "e", "target": "20", "rule": "progress", "baseline": "基本"},
    ]
    values = [0.0, 10, 5, 15, 15, 15]
    data = table(
        years=[2020, 2020, 2021, 2021, 2022, 2022], region=[*"ABABAB"], **dict.fromkeys("abcde", values)
    )

    found = held(leaves, data)

    np.testing.assert_array_equal(found.baseline[4], [0, 10, 0, 5, NAN])
    np.testing.assert_array_equal(found.baseline[5], [10, 10, 10, 15, NAN])
    np.testing.assert_allclose(found.attained.attainment[4], [75, 50, 75, 100 * 10 / 15, NAN])
    np.testing.assert_allclose(found.attained.attainment[5], [50, 50, 50, 0, NAN])
    np.testing.assert_array_equal(found.start[0], [2020, 2020, 2020, 2021, 2020])


def test_a_rows_baseline_goes_before_the_indicators():
    rows = [
        {"indicator": "a", "target": "20", "baseline": "16"},
        {"indicator": "a", "region": "B", "target": "20", "baseline": "—"},
    ]
    data = table(a=[18.0, 18.0])

    found = held([{"id": "a", "baseline": "14", "rule": "progress"}], data, target=rows)

    np.testing.assert_array_equal(found.baseline[:, 0], [16, 14])


def test_what_the_region_had_reached_at_the_start_is_to_be_maintained():
    data = table(years=[2020, 2021], region=["A", "A"], a=[92.0, 88])

    frame = tidy([{"id": "a", "target": "≥90"}], data)

    assert node(frame, "a", "status") == ["met", "breach"]


def test_a_bound_is_no_value_to_start_from():
    data = table(years=[2020, 2021], region=["A", "A"], a=["≥10", "15"])

    found = held([{"id": "a", "target": "20", "rule": "progress"}], data)

    assert np.isnan(found.baseline[1, 0])


# increments --------------------------------------------------------------------------------------------------


def test_an_increment_is_on_top_of_each_regions_baseline():
    leaves = [
        {"id": "a", "unit": "户", "target": "再完成改造家庭800户"},
        {"id": "b", "unit": "件", "target": "再增加10件", "direction": "negative", "baseline": "50"},
    ]
    data = table(
        years=[2020, 2020, 2021, 2021],
        region=[*"ABAB"],
        a=[200.0, NAN, 500, 500],
        b=[50.0, 50, 80, 40],
    )

    found = held(leaves, data)
    frame = tidy(leaves, data)

    np.testing.assert_array_equal(found.low[2:], [[1000, -np.inf], [NAN, -np.inf]])
    np.testing.assert_array_equal(found.high[2:], [[np.inf, 40], [NAN, 40]])
    np.testing.assert_allclose(found.attained.attainment[2:], [[50, 50], [NAN, 100]])
    assert node(frame, "a", "target_low", year=2021)[0] == 1000
    assert node(frame, "b", "target_high", region="A", year=2021) == 40
    said = "no baseline and no value in 2020: the target starts from it"
    assert node(frame, "a", "reason", region="B", year=2021) == said


def test_an_increment_that_is_cumulated_is_the_total_of_the_plan():
    leaf = {"id": "a", "unit": "户", "target": "再完成改造家庭800户", "cumulate": "sum", "baseline": "200"}
    data = table(years=[2021, 2022], region=["A", "A"], a=[100.0, 300])

    found = held([leaf], data)

    assert found.low[1, 0] == 800
    np.testing.assert_allclose(found.attained.attainment[:, 0], [12.5, 50])


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"target": "再≤5"}, "upper end|at most"),
        ({"target": "再≤5", "direction": "negative"}, "at most an increment"),
        ({"target": "再5", "direction": "interval", "best": (1, 2)}, "neither higher nor lower"),
    ],
)
def test_an_increment_must_be_one_for_the_better(keys, words):
    assert re.search(words, problem(Indicator(id="a", **keys)))


def test_an_increment_on_a_bound_is_unknown():
    frame = tidy([{"id": "a", "target": "再5", "baseline": "≥98"}], table(2021, a=[120.0]))

    assert node(frame, "a", "reason") == [
        "no baseline: the target starts from it, and it is known only as a bound"
    ]


# multiples of another indicator ------------------------------------------------------------------------------

DIBAO = {"id": "dibao", "name": "低保标准", "unit": "元/月"}


@pytest.mark.parametrize(
    "keys",
    [
        {"target": "不低于低保标准的1.3倍"},
        {"target": "1.3倍", "relative_to": "低保标准"},
        {"target": "≥1.3", "relative_to": "dibao"},
        {"target": "低保标准的130%"},
    ],
)
def test_a_multiple_is_of_the_same_region_and_year(keys):
    data = table(
        years=[2020, 2020, 2021], region=["A", "B", "A"], dibao=[700.0, 500, 800], a=[910.0, 520, 1040]
    )

    found = held([DIBAO, {"id": "a", "unit": "元/月", **keys}], data)

    np.testing.assert_allclose(found.low[:, 1], [910, 650, 1040])
    np.testing.assert_allclose(found.attained.attainment[:, 1], [100, 80, 100])


def test_a_share_of_last_years_value_is_a_range_that_moves():
    leaves = [
        {
            "id": "a",
            "unit": "元",
            "direction": "interval",
            "best": [0, 1],
            "target": "按照上年度全体居民人均消费支出的30%～40%",
        },
        {"id": "b", "name": "居民人均消费支出", "unit": "元"},
    ]
    data = table(
        years=[2019, 2020, 2020, 2022], region=["A", "A", "B", "A"], a=[1.0, 350, 1, 1], b=[1000.0, 9, 9, 9]
    )

    found = held(leaves, data)
    frame = tidy(leaves, data)

    np.testing.assert_array_equal(found.low[:, 0], [NAN, 300, NAN, NAN])
    np.testing.assert_array_equal(found.high[:, 0], [NAN, 400, NAN, NAN])
    assert node(frame, "a", "attainment", region="A", year=2020) == 100
    said = "no value of 居民人均消费支出 in 2019, which the target is relative to"
    assert node(frame, "a", "reason", region="B", year=2020) == said
    assert node(frame, "a", "target_high", region="A", year=2020) == 400


def test_the_lag_of_the_indicator_counts_in_years():
    leaves = [{"id": "a", "target": "1.1", "relative_to": "a", "lag": 2}]
    data = table(years=[2019, 2020, 2021], region=["A"] * 3, a=[100.0, 50, 110])

    found = held(leaves, data)

    np.testing.assert_allclose(found.low[:, 0], [NAN, NAN, 110])
    assert found.attained.met[2, 0] == 1


def test_a_bound_or_a_negative_number_has_no_multiple():
    data = table(dibao=["≥700", "-5", "0"], a=[910.0, 520, 0])

    found = held([DIBAO, {"id": "a", "target": "低保标准的1.3倍"}], data)

    np.testing.assert_array_equal(found.low[:, 1], [NAN, NAN, 0])


@pytest.mark.parametrize(
    ("unit", "target", "low"), [("倍", "不低于低保标准的1.3倍", 1.3), ("%", "低保标准的130%", 130)]
)
def test_a_value_that_is_itself_a_multiple_is_held_against_the_number(unit, target, low):
    named = Indicator(id="a", name="供养标准与低保标准之比", unit=unit, target=target)
    beside = Indicator(id="a", unit=unit, target=target)

    ((_, alone),) = goals(named, [], [named])
    ((_, known),) = goals(beside, [], [beside, Indicator(**DIBAO)])

    assert [(g.on, g.low, g.problem) for g in (alone, known)] == [("", low, "")] * 2


@pytest.mark.parametrize(
    ("keys", "others", "words"),
    [
        ({}, {}, "'低保标准', which no indicator is called"),
        ({}, {"b": {"name": "低保标准"}, "c": {"alias": "低保标准"}}, "several indicators are called"),
        ({}, {"b": {"name": "低保标准", "unit": "元/年"}}, "'b', in 元/年, not 元/月: use one unit"),
        ({"name": "低保标准"}, {}, "to the indicator itself: give lag"),
    ],
)
def test_a_multiple_of_nothing_known_is_a_problem_that_names_it(keys, others, words):
    indicator = Indicator(id="a", unit="元/月", target="不低于低保标准的1.3倍", **keys)

    assert words in problem(indicator, **others)


# second thresholds -------------------------------------------------------------------------------------------

CIRCLE = {"id": "a", "unit": "%", "target": "20分钟医疗服务圈全覆盖"}
SIX = {"id": "a", "unit": "%", "target": "力争100%的基层医疗机构能够提供6类以上中医药技术方法"}


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (CIRCLE, "has a second threshold, ≤20分钟"),
        (CIRCLE | {"name": "20分钟医疗服务圈覆盖率"}, ""),
        (CIRCLE | {"name": "15分钟医疗服务圈覆盖率"}, "second threshold"),
        (CIRCLE | {"note": "指２０ 分钟内可到达"}, ""),
        (CIRCLE | {"roll_up": "share", "part_target": "≤20"}, ""),
        (CIRCLE | {"roll_up": "share", "part_target": "20"}, ""),
        (CIRCLE | {"roll_up": "share", "part_target": "≤15"}, "asks ≤20分钟 of each part, part_target '≤15'"),
        (SIX, "has a second threshold, ≥6类"),
        (SIX | {"roll_up": "share", "part_target": "≥6"}, ""),
        (SIX | {"roll_up": "share", "part_target": "≤6"}, "asks ≥6类 of each part"),
    ],
)
def test_a_second_threshold_must_be_answered(keys, words):
    found = problem(Indicator(**keys))

    assert words in found
    assert bool(found) == bool(words)


# directions --------------------------------------------------------------------------------------------------


def test_a_direction_is_held_against_the_baseline():
    leaves = [
        {"id": "a", "target": "有所提高"},
        {"id": "b", "target": "进一步缩小", "direction": "negative"},
        {"id": "c", "target": "明显改善", "direction": "negative", "rule": "ratio"},
    ]
    data = table(
        years=[2020, 2020, 2021, 2021],
        region=[*"ABAB"],
        a=[10.0, NAN, 11, 11],
        b=[3.0, 3, 3, 2.9],
        c=[3.0, 3, 3.1, 2.9],
    )

    frame = tidy(leaves, data)

    assert [node(frame, name, "status", region="A", year=2020) for name in "abc"] == ["not_started"] * 3
    assert node(frame, "a", "reason", year=2020)[0] == "the target counts from 2021"
    np.testing.assert_array_equal(node(frame, "a", "attainment", year=2021), [100, NAN])
    np.testing.assert_array_equal(node(frame, "b", "attainment", year=2021), [0, 100])
    np.testing.assert_array_equal(node(frame, "c", "attainment", year=2021), [0, 100])
    assert node(frame, "b", "status", year=2021) == ["at_limit", "met"]
    assert node(frame, "a", "target_low", region="A", year=2021) == 10
    assert node(frame, "a", "reason", region="B", year=2021).startswith("no baseline and no value in 2020")


def test_step_by_step_allows_no_year_that_falls_back():
    leaf = {"id": "a", "target": "逐步提高"}
    years = [2020, 2021, 2022, 2023, 2024, 2026]
    data = table(
        years=[year for year in years for _ in "ABCD"],
        region=[*"ABCD"] * 6,
        a=[10.0, 10, 10, 10, 12, 12, 9, 11, 11, NAN, 12, 12, 13, 13, 13, 12, 14, 14, 14, 9, 15, 13, 15, 15],
    )

    found = held([leaf], data)
    steady = held([{"id": "a", "target": "提高"}], data)

    met = found.attained.met[:, 0].reshape(6, 4)
    np.testing.assert_array_equal(met[1:, 0], [1, 0, 0, 0, 0])  # 12 fell to 11
    np.testing.assert_array_equal(
        met[1:, 1], [1, NAN, 1, 1, 1]
    )  # a gap is no setback, nor is one after the plan
    np.testing.assert_array_equal(met[1:, 2], [0, 0, 0, 0, 0])  # 10 fell to 9
    np.testing.assert_array_equal(met[1:, 3], [1, 1, 1, 0, 0])  # 12 stayed, then fell to 9
    np.testing.assert_array_equal(
        steady.attained.met[:, 0].reshape(6, 4)[1:],
        [[1, 1, 0, 1], [1, NAN, 1, 1], [1] * 4, [1, 1, 1, 0], [1] * 4],
    )
    assert found.setbacks[8, 0] == 2022
    np.testing.assert_array_equal(found.attained.attainment, 100 * found.attained.met)


@pytest.mark.parametrize(
    ("target", "keys", "words"),
    [
        ("逐步提高", {"direction": "negative"}, "is to rise, but lower is better"),
        ("逐年下降", {}, "is to fall, but higher is better"),
        ("持续改善", {"direction": "interval", "best": (1, 2)}, "neither higher nor lower is better"),
    ],
)
def test_a_direction_that_is_for_the_worse_is_a_problem(target, keys, words):
    assert words in problem(Indicator(id="a", target=target, **keys))


# conditions --------------------------------------------------------------------------------------------------

AREAS = [
    {"region": "A", "area": "New ", "code": 1},
    {"region": "B", "area": "new", "code": 2},
    {"region": "C", "area": "old", "code": 2},
]
TERMS = [
    {"indicator": "a", "target": "10"},
    {"indicator": "a", "where": "area = new", "target": "20"},
    {"indicator": "a", "region": "B", "target": "40"},
]


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_a_target_for_some_regions_goes_between_that_of_one_and_that_of_all(order):
    found = held(["a"], table(a=[10.0, 10, 10]), regions=AREAS, target=[TERMS[k] for k in order])

    np.testing.assert_array_equal(found.low[:, 0], [20, 40, 10])
    np.testing.assert_allclose(found.attained.attainment[:, 0], [50, 25, 100])


def test_a_condition_may_be_a_number_and_leaves_the_others_without_a_target():
    rows = [{"indicator": "a", "where": "code=2", "target": "20"}]

    frame = tidy(["a"], table(a=[10.0, 10, 10]), regions=AREAS, target=rows)

    np.testing.assert_array_equal(node(frame, "a", "attainment"), [NAN, 50, 50])
    assert node(frame, "a", "reason")[0] == "no target for this region and year"


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("aera=new", "no column 'aera'. Did you mean 'area'"),
        ("area=nw", "no region has area = 'nw'. Did you mean 'new'"),
        (("area=new", "code=2"), "'area=new' and where 'code=2' both hold: 'B'"),
    ],
)
def test_a_condition_that_names_nothing_or_too_much_is_one_error(where, words):
    wheres = [where] if isinstance(where, str) else where
    rows = [{"indicator": "a", "where": one, "target": "20"} for one in wheres]

    with pytest.raises(DataError, match="1 error") as error:
        held(["a"], table(a=[10.0, 10, 10]), regions=AREAS, target=rows)

    assert words in str(error.value)


def test_a_condition_needs_a_regions_table_with_one_value_for_each_region():
    rows = [{"indicator": "a", "where": "area=new", "target": "20"}]
    yearly = [{"region": "A", "year": year, "area": area} for year, area in ((2020, "old"), (2021, "new"))]

    with pytest.raises(DataError, match="needs a regions table"):
        held(["a"], table(a=[10.0]), target=rows)
    with pytest.raises(DataError, match="area changes over the years"):
        held(["a"], table(a=[10.0]), target=rows, regions=yearly)


# versions, nodes, the way ------------------------------------------------------------------------------------


def test_every_row_can_be_held_against_one_version():
    rows = [
        {"indicator": "a", "target": "50", "year": 2021},
        {"indicator": "a", "target": "60", "year": 2025},
        {"indicator": "a", "target": "80", "year": 2025, "effective_from": 2023},
    ]
    data = table(years=[2020, 2022, 2024], region=["A"] * 3, a=[40.0] * 3)

    lows = [held(["a"], data, target=rows, targets_of=year).low[:, 0] for year in (None, 2022, 2023)]

    np.testing.assert_array_equal(lows, [[50, 60, 80], [50, 60, 60], [50, 80, 80]])


def test_targets_of_pillars_and_the_index_are_read_apart():
    rows = [
        {"indicator": "p", "target": "≥90"},
        {"indicator": "index", "region": "A", "target": "95% 以上", "year": 2025},
        {"indicator": "index", "target": "≤5"},
    ]
    leaf = {"id": "a", "pillar": "p", "target": "10"}

    build = framework([leaf], methods=None, pillar=[{"id": "p"}], target=rows)
    found = node_goals(build.model)
    warned = [item.value for item in build.check(table(a=[5.0])) if item.kind == "target"]

    (region, own), (everywhere, wrong) = found["index"]
    assert (region, own.low, own.year, own.problem) == ("A", 95, 2025, "")
    assert (everywhere, wrong.problem) == (None, "target '≤5' is an upper end, but higher is better")
    assert found["p"][0][1].operator == ">="
    assert warned == ["≤5"]
    assert build.score(table(a=[5.0])).attainment.set_index("node").loc["p", "attainment"] == 50
    assert node_goals(FrameworkFile(id="x", indicator=[{"id": "a"}])) == {}


def test_the_way_to_each_target_has_its_ends_and_years():
    leaves = [
        {"id": "a", "target": "20", "target_year": 2023, "baseline": "10", "baseline_year": 2018},
        {"id": "b", "target": "约5", "direction": "negative"},
        {"id": "c"},
        {"id": "d", "target": "<4/<5.5", "direction": "negative"},
    ]
    data = table(years=[2020, 2021], region=["A", "A"], a=[1.0, 2], b=[9.0, 8], c=[1.0, 1], d=[1.0, 1])

    found = held(leaves, data)
    bare = held(leaves, data, attainment=None)
    part = found.reach(np.array([1]))

    np.testing.assert_array_equal(found.low, [[20, -np.inf, NAN, NAN]] * 2)
    np.testing.assert_array_equal(found.high, [[np.inf, 5, NAN, NAN]] * 2)
    np.testing.assert_array_equal(found.baseline, [[10, 9, NAN, 1]] * 2)
    np.testing.assert_array_equal(found.start, [[2018, 2020, NAN, 2020]] * 2)
    np.testing.assert_array_equal(found.end, [[2023, 2025, NAN, 2025]] * 2)
    np.testing.assert_array_equal(bare.end, [[2023, NAN, NAN, NAN]] * 2)
    np.testing.assert_array_equal(bare.baseline, [[10, NAN, NAN, NAN]] * 2)
    assert (part.low.shape, part.end[0, 0]) == ((1, 4), 2023)


def test_one_row_stands_for_all_where_nothing_depends_on_the_region():
    data = table(a=[1.0, 2, 3])

    found = held([{"id": "a", "target": "20", "baseline": "10"}], data)

    assert found.spread.fixed
    assert {part.strides[0] for part in (found.low, found.high, found.baseline, found.start)} == {0}


def test_transforms_hold_for_ends_that_are_reckoned():
    leaves = [
        {"id": "a", "target": "再900", "baseline": "100", "transform": "log", "rule": "progress"},
        {
            "id": "b",
            "target": "10倍",
            "relative_to": "b0",
            "transform": "log",
            "goalposts": [1, 1000],
            "rule": "goalposts",
        },
        {"id": "b0", "name": "b零"},
    ]

    found = held(leaves, table(2021, a=[10.0**2.5], b=[100.0], b0=[100.0]))

    np.testing.assert_allclose(found.attained.attainment[0, :2], [50, 100 * 2 / 3])
    np.testing.assert_allclose(found.low[0, :2], [1000, 1000])


def test_only_real_problems_warn():
    leaves = [
        {"id": "a", "target": "逐步提高"},
        {"id": "b", "target": "再5", "baseline": "3"},
        {"id": "c", "unit": "元", "target": "a的1.3倍"},
        {"id": "d", "target": "逐步降低"},
        {"id": "e", "target": "1.3倍", "relative_to": "a"},
    ]
    build = framework(leaves, methods=None)

    found = build.check(table(a=[1.0], b=[1.0], c=[1.0], d=[1.0], e=[1.0]))

    assert [item.indicator for item in found if item.kind == "target"] == ["c", "d"]


def test_the_baseline_of_a_level_is_a_level():
    leaf = GRADED | {"target": "4级甲等", "baseline": "5级"}

    frame = tidy([leaf], table(2021, a=["4级甲等", "4级乙等"]))

    assert node(frame, "a", "status") == ["met", "breach"]


def test_a_share_of_another_share_is_multiplied():
    leaves = [
        {"id": "women", "unit": "%", "target": "男性参保率的80%"},
        {"id": "men", "name": "男性参保率", "unit": "%"},
    ]

    found = held(leaves, table(women=[70.0], men=[90.0]))

    np.testing.assert_allclose([found.low[0, 0], found.attained.attainment[0, 0]], [72, 100 * 70 / 72])


def test_a_version_takes_the_place_of_its_own_target_year_only():
    rows = [(2023, "80", None), (2025, "100", None), (2023, "70", 2022)]
    built = framework(
        [{"id": "a", "baseline": "50", "baseline_year": 2020}],
        attainment={"plan": [2021, 2025]},
        methods=None,
        target=[
            {"indicator": "a", "year": year, "target": text, **({"effective_from": since} if since else {})}
            for year, text, since in rows
        ],
    )
    data = table([2021, 2023, 2024], region=["A"] * 3, a=[55, 65, 70])

    found = built.score(data).attainment

    assert node(found, "a", "target") == ["80", "70", "100"]


def test_targets_in_a_circle_are_refused():
    leaves = [
        {"id": "a", "target": "1.3", "unit": "倍", "relative_to": "b"},
        {"id": "b", "target": "1.3", "unit": "倍", "relative_to": "a"},
        {"id": "c", "target": "1.3", "unit": "倍", "relative_to": "c"},
        {"id": "d", "target": "1.1", "unit": "倍", "relative_to": "d", "lag": 1},
    ]

    with pytest.raises(FrameworkError) as caught:
        framework(leaves)

    assert "circle: a → b → a" in str(caught.value)
    assert "circle: c → c" in str(caught.value)
    assert "d → d" not in str(caught.value)
