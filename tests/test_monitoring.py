"""Plans over time: status, gap, warning, pace, projection, stages, departments, opinion, versions."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from conftest import REPOSITORY
from equindex import monitoring
from equindex.cli import app
from equindex.errors import DataError, DomainError, FrameworkError
from equindex.framework import Framework
from equindex.monitoring import Status
from small import framework, table

PLAN = {"attainment": {"plan": [2021, 2025]}, "methods": {"weighting": "equal"}}
RUGAO = REPOSITORY / "data" / "rugao-2025"


def plan(*indicators, regions=(), **sections):
    """Build a plan of 2021-2025 whose indicators go from a baseline of 2020 to a target of 2025."""
    listed = [{"baseline_year": 2020, "target_year": 2025, **indicator} for indicator in indicators]
    return framework(listed, regions=regions, **PLAN | sections)


def watch(built, data, as_of=2023, **options):
    return monitoring.analyse(built, data, as_of=as_of, **options)


def cell(found, node, column, region="A"):
    rows = found.targets
    [value] = rows.loc[(rows["node"] == node) & (rows["region"] == region), column]
    return value


ONE = {"id": "one", "direction": "positive", "baseline": "0", "target": "100"}


@pytest.mark.parametrize(
    ("keys", "value", "status", "gap", "grade"),
    [  # three fifths of the time are over: 60 is expected on the way from 0 to 100; all by hand
        ({}, 60, "on_track", 0, ""),
        ({}, 64.9, "on_track", 4.9, ""),
        ({}, 65, "ahead", 5, ""),
        ({}, 59, "behind", -1, "蓝"),
        ({}, 50, "behind", -10, "蓝"),
        ({}, 49, "behind", -11, "黄"),
        ({}, 35, "behind", -25, "橙"),
        ({}, 25, "behind", -35, "红"),
        ({}, -10, "behind", -70, "红"),
        ({}, 100, "met", 40, ""),
        ({"direction": "negative", "baseline": "10", "target": "5"}, 7, "on_track", 0, ""),
        ({"direction": "negative", "baseline": "10", "target": "5"}, 8, "behind", -20, "黄"),
        ({"direction": "negative", "baseline": "10", "target": "5"}, 4, "met", 60, ""),
        ({"baseline": "90.79", "target": "＞90"}, 89, "behind", -100 / 90, "蓝"),
        ({"baseline": "90.79", "target": "＞90"}, 90, "at_limit", 0, ""),
        ({"baseline": "90.79", "target": "＞90"}, 91, "met", 0, ""),
        ({"baseline": "97", "target": "≥99"}, "≥98", "bound_only", 50 - 60, ""),
        ({"baseline": "80", "target": "90", "target_year": 2022}, 85, "overdue", -50, "红"),
        ({"target": "90", "target_year": 2022, "baseline": None}, 85.5, "overdue", -5, "蓝"),
        ({"target": "90", "target_year": 2023, "baseline": "80"}, 89, "overdue", -10, "蓝"),
        ({"baseline": None}, 50, "unscored", np.nan, ""),
        ({}, "—", "unscored", np.nan, ""),
        ({"target": "基本完成"}, 50, "unscored", np.nan, ""),
        ({"unit": "是/否", "target": "是", "baseline": "否"}, "否", "unscored", np.nan, ""),
        ({"unit": "是/否", "target": "是", "baseline": "否"}, "是", "met", np.nan, ""),
        ({"baseline": "90", "target": "＞90"}, 89, "behind", -100 / 90, "蓝"),
        ({"unit": "是/否", "target": "是", "baseline": "否", "target_year": 2022}, "否", "overdue", -100, "红"),
        ({"direction": "interval", "best": [30, 40], "baseline": "20", "target": "30～40"}, 26, "on_track", 0, ""),
        ({"direction": "interval", "best": [30, 40], "baseline": "20", "target": "30～40"}, 45, "behind", -12.5, "黄"),
        ({"target": "逐步提高", "baseline": "40"}, 40, "behind", 0, ""),
        ({"target": "逐步提高", "baseline": "40"}, 38, "behind", -5, "蓝"),
        ({"target": "逐步提高", "baseline": "40"}, 41, "met", 0, ""),
    ],
)  # fmt: skip
def test_status_gap_and_warning_of_one_value(keys, value, status, gap, grade):
    built = plan({key: cell for key, cell in {**ONE, **keys}.items() if cell is not None})

    found = watch(built, table(2023, one=[value]))

    assert cell(found, "one", "status") == status
    assert cell(found, "one", "gap") == pytest.approx(gap, nan_ok=True)
    assert cell(found, "one", "grade") == grade
    assert cell(found, "one", "status_zh") == Status(status).zh


def test_totals_of_the_plan_start_from_nothing():
    built = plan({"id": "one", "target": "[60]", "cumulate": "sum", "baseline": "1.5"})
    data = table([2020, 2021, 2022, 2023], region=["A"] * 4, one=[1.5, 10, 10, 10])

    found = watch(built, data)

    assert cell(found, "one", "value") == 30
    assert cell(found, "one", "expected") == pytest.approx(36)
    assert cell(found, "one", "gap") == pytest.approx(-10)
    assert cell(found, "one", "required_per_year") == pytest.approx(15)
    assert cell(watch(built, data, 2020), "one", "status") == "not_started"


def test_before_the_plan_nothing_is_late():
    found = watch(plan(ONE), table(2020, one=[0]), 2020)

    assert cell(found, "one", "status") == "not_started"
    assert cell(found, "one", "reason") == "begins in 2021"
    assert cell(found, "one", "reason_zh") == "2021年开始"


def test_gaps_may_be_told_as_a_share_of_expected_progress():
    built = plan(ONE, monitoring={"basis": "ratio"})

    found = watch(built, table(2023, one=[45]))

    assert cell(found, "one", "gap") == pytest.approx(-25)  # 45 of 60
    assert cell(found, "one", "grade") == "橙"


def test_milestones_bend_the_path():
    milestones = [{"indicator": "one", "year": 2022, "value": "10"}]
    data = table([2021, 2022, 2023], region=["A"] * 3, one=[5, 8, 45])

    bent = plan(ONE, milestone=milestones)
    straight = plan(ONE, milestone=milestones, monitoring={"path": "linear"})
    exact = plan(ONE, milestone=milestones, monitoring={"path": "table"})

    assert cell(watch(bent, data, 2021), "one", "expected") == pytest.approx(5)
    assert cell(watch(bent, data, 2022), "one", "status") == "behind"
    assert cell(watch(bent, data, 2023), "one", "expected") == pytest.approx(40)  # 10 + 90 / 3
    assert cell(watch(bent, data, 2023), "one", "status") == "ahead"
    assert cell(watch(straight, data, 2023), "one", "expected") == pytest.approx(60)
    assert cell(watch(exact, data, 2022), "one", "expected") == 10
    assert cell(watch(exact, data, 2023), "one", "status") == "unscored"
    assert cell(watch(exact, data, 2023), "one", "reason") == "no expectation for this year"


def test_a_milestone_dates_an_all_or_nothing_target():
    one = {"id": "one", "unit": "是/否", "target": "是", "baseline": "否"}
    built = plan(one, milestone=[{"indicator": "one", "year": 2023, "value": "是"}])

    found = watch(built, table(2023, one=["否"]))

    assert cell(found, "one", "status") == "behind"
    assert cell(found, "one", "gap") == -100


def test_pace_and_projection_of_a_straight_line():
    built = plan({**ONE, "target": "60"})
    data = table([2020, 2021, 2022, 2023], region=["A"] * 4, one=[0, 10, 20, 30])

    found = watch(built, data, stage="midterm")

    assert cell(found, "one", "achieved_per_year") == pytest.approx(10)
    assert cell(found, "one", "required_per_year") == pytest.approx(15)
    for column in ("projected", "projected_low", "projected_high"):
        assert cell(found, "one", column) == pytest.approx(50)
    assert cell(found, "one", "outlook") == "misses"
    assert "1 miss it" in " ".join(found.answer())


def test_the_printed_baseline_is_the_first_point_of_a_projection():
    found = watch(
        plan({**ONE, "target": "60"}), table([2021, 2022, 2023], region=["A"] * 3, one=[10, 20, 30])
    )

    assert cell(found, "one", "projected_low") == pytest.approx(50)


def test_two_years_give_a_line_without_interval():
    found = watch(plan(ONE), table(2023, one=[30]))

    assert cell(found, "one", "projected") == pytest.approx(50)
    assert np.isnan(cell(found, "one", "projected_low"))
    assert cell(found, "one", "outlook") == ""


def test_the_path_agrees_with_a_slow_twin():
    rng = np.random.default_rng(4)
    names, years = [f"i{k}" for k in range(6)], [2020, 2021, 2022, 2023]
    starts, ends = rng.uniform(10, 90, 6).round(2), rng.uniform(10, 90, 6).round(2)
    listed = [
        {
            "id": name,
            "direction": "positive" if last > first else "negative",
            "baseline": str(first),
            "target": str(last),
        }
        for name, first, last in zip(names, starts, ends, strict=True)
    ]
    values = rng.uniform(5, 95, (12, 6)).round(2)
    data = pd.DataFrame(values, columns=names)
    data.insert(0, "year", years * 3)
    data.insert(0, "region", np.repeat(["A", "B", "C"], 4))

    found = watch(plan(*listed), data).targets.set_index(["region", "node"])

    for region in "ABC":
        now = data[(data["region"] == region) & (data["year"] == 2023)].iloc[0]
        for name, first, last in zip(names, starts, ends, strict=True):
            row, value = found.loc[(region, name)], now[name]
            met = value >= last if last > first else value <= last
            gap = 100 * (value - first) / (last - first) - 60
            status = "met" if met else "ahead" if gap >= 5 else "on_track" if gap >= 0 else "behind"
            grades = [grade for grade, end in zip("红橙黄蓝", (-30, -20, -10, 0), strict=True) if gap < end]
            assert row["status"] == status
            assert row["gap"] == pytest.approx(gap)
            assert row["grade"] == (grades[0] if status == "behind" else "")
            assert row["achieved_per_year"] == pytest.approx((value - first) / 3)


def test_regions_are_counted_ranked_and_compared_with_the_year_before():
    built = plan(ONE, {**ONE, "id": "two", "binding": True}, classes={"良": 50, "优": 80})
    data = table(
        [2022, 2022, 2023, 2023], region=["A", "B", "A", "B"], one=[50, 20, 100, 30], two=[30, 20, 80, 100]
    )

    regions = watch(built, data).regions.set_index("region")

    assert regions["attainment"].tolist() == pytest.approx([90, 65])
    assert regions["rank"].tolist() == [1, 2]
    assert regions["class"].tolist() == ["优", "良"]
    assert regions["change"].tolist() == pytest.approx([50, 45])
    assert regions["gap_closed"].tolist() == pytest.approx([50 / 60 * 100, 45 / 80 * 100])
    assert regions.loc["A", ["targets", "met", "ahead", "behind"]].tolist() == [2, 1, 1, 0]
    assert regions.loc["B", ["met", "behind", "alerts_orange", "alerts_red"]].tolist() == [1, 1, 1, 0]
    assert regions.loc["A", ["binding_fail", "binding_rate"]].tolist() == [1, 0]


def test_a_veto_lowers_the_class_and_leaves_the_score():
    two = {**ONE, "id": "two", "binding": True, "target_year": 2023}
    data = table(2023, one=[100], two=[80])
    classes = {"良": 50, "优": 80}

    free = watch(plan(ONE, two, classes=classes), data).regions.iloc[0]
    veto = {"plan": [2021, 2025], "veto": True}
    bound = watch(plan(ONE, two, classes=classes, attainment=veto), data).regions.iloc[0]

    assert (free["class"], bound["class"]) == ("优", "良")
    assert free["attainment"] == bound["attainment"] == pytest.approx(90)
    assert bound["veto"]


def test_departments_are_scored_with_the_weights_of_the_index():
    indicators = [
        {**ONE, "id": "one", "department": "教育局", "weight": 1},
        {**ONE, "id": "two", "department": "教育局、财政局", "weight": 3},
        {**ONE, "id": "three", "department": "卫健委", "weight": 1},
    ]
    built = framework(
        [{"baseline_year": 2020, "target_year": 2025, **i} for i in indicators],
        methods=None,
        attainment={"plan": [2021, 2025]},
    )
    data = table([2022, 2023], region=["A"] * 2, one=[0, 20], two=[40, 60], three=[50, 100])

    found = watch(built, data).departments.set_index("department")

    assert found["attainment"].to_dict() == pytest.approx({"教育局": 50, "财政局": 60, "卫健委": 100})
    assert found["change"].to_dict() == pytest.approx({"教育局": 20, "财政局": 20, "卫健委": 50})
    assert found["rank"].to_dict() == {"教育局": 3, "财政局": 2, "卫健委": 1}
    assert found.loc["教育局", ["targets", "on_track", "behind", "alerts_red"]].tolist() == [2, 1, 1, 1]


def test_a_department_below_the_coverage_has_no_score():
    indicators = [{**ONE, "department": "教育局"}, {**ONE, "id": "two", "department": "教育局"}]

    found = watch(plan(*indicators), table(2023, one=[50], two=["—"])).departments.iloc[0]

    assert np.isnan(found["attainment"])
    assert found["coverage"] == pytest.approx(0.5)


def test_change_compares_both_years_with_the_same_target():
    rows = [(2022, "≥40", None), (2025, "≥100", None), (2025, "≥50", 2023)]
    built = plan(
        {"id": "one", "baseline": "0"},
        target=[
            {"indicator": "one", "year": year, "target": text, **({"effective_from": since} if since else {})}
            for year, text, since in rows
        ],
    )

    found = watch(built, table([2022, 2023], region=["A"] * 2, one=[30, 40]))

    assert found.regions["before"].tolist() == pytest.approx([60])  # 30 of 50
    assert found.regions["change"].tolist() == pytest.approx([20])


def test_change_compares_the_indicators_scored_in_both_years():
    built = plan(ONE, {**ONE, "id": "two"}, methods={"weighting": "equal", "missing": {"min_coverage": 0.5}})

    found = watch(built, table([2022, 2023], region=["A"] * 2, one=[50, 60], two=["—", 0]))

    row = found.regions.iloc[0]
    assert row["attainment"] == pytest.approx(30)
    assert row[["before", "change", "gap_closed"]].tolist() == pytest.approx([50, 10, 20])
    assert found.pillars["change"].tolist() == pytest.approx([10])


def test_no_region_is_ranked_among_its_own_parts():
    data = table(2023, region=["P", "A", "B"], number=[63, 20, 40], people=[18000, 2000, 16000])

    found = watch(plan(BEDS, regions=REGIONS), data).regions.set_index("region")

    assert found["rank"].to_dict() == {"P": 1, "A": 1, "B": 2}


def test_a_score_beside_that_of_its_parts_is_warned_of():
    data = table(2023, region=["P", "A", "B"], one=[1, 2, 3])
    built = framework(["one"], regions=REGIONS)

    [found] = [finding for finding in built.check(data) if finding.kind == "parent among its parts"]

    assert found.message.startswith("'甲市': scored beside its own parts")


def test_a_veto_waits_until_a_target_is_due():
    two = {**ONE, "id": "two", "binding": True}
    veto = {"plan": [2021, 2025], "veto": True}

    found = watch(
        plan(ONE, two, classes={"良": 50, "优": 80}, attainment=veto), table(2023, one=[100], two=[80])
    )

    assert found.binding["verdict"].tolist() == ["fail"]
    assert found.regions[["class", "veto"]].to_numpy().tolist() == [["优", False]]


def test_a_binding_level_that_is_lost_is_vetoed_at_once():
    kept = {"id": "kept", "baseline": "95", "target": "≥90", "binding": True}
    veto = {"plan": [2021, 2025], "veto": True}

    found = watch(
        plan(ONE, kept, classes={"良": 50, "优": 80}, attainment=veto), table(2023, one=[100], kept=[89])
    )

    assert found.regions["veto"].tolist() == [True]


def test_no_path_leads_from_a_bound():
    found = watch(plan({"id": "one", "baseline": "＞80", "target": "＞90"}), table(2023, one=[87]))

    assert cell(found, "one", "status") == "unscored"
    assert cell(found, "one", "reason") == "the baseline is only a bound, so no path to follow"
    assert np.isnan(cell(found, "one", "expected"))


def test_a_missing_attainment_says_why_beside_the_way():
    found = watch(plan(ONE, attainment={"plan": [2021, 2025], "rule": "efficacy60"}), table(2023, one=[50]))

    assert cell(found, "one", "reason").endswith("no attainment: no floor")
    assert cell(found, "one", "status") == "behind"


def test_an_opinion_keeps_its_interval_where_regions_have_parents():
    asked = {"id": "asked", "kind": "满意度", "unit": "%", "sample": "answers", "roll_up": "mean"}
    built = plan({**ONE, "roll_up": "mean"}, asked, opinion={"weight": 0.4}, regions=REGIONS)
    data = table(2023, region=["A", "B"], one=[90, 90], asked=[95, 95], answers=[400, 400])

    found = watch(built, data).opinion.set_index("region")

    for region in "AB":
        bounds = found.loc[region, ["subjective_low", "subjective_high"]].tolist()
        assert bounds == pytest.approx([92.40, 96.74], abs=0.005)


def test_huge_values_are_told_in_powers_of_ten():
    found = watch(
        plan({**ONE, "target": "1e300"}), table([2022, 2023], region=["A"] * 2, one=[-1e299, 1e299])
    )

    assert "needs 4.5e+299 a year" in cell(found, "one", "reason")


def test_warnings_have_a_word_in_both_languages():
    found = watch(plan(ONE), table(2023, one=[10]))

    assert cell(found, "one", "grade") == "红"
    assert found.alerts["grade_en"].tolist() == ["red"]


def test_a_veto_holds_in_every_table():
    veto = {"plan": [2021, 2025], "veto": True}
    built = plan(
        ONE,
        {**ONE, "id": "two", "binding": True, "target_year": 2023},
        classes={"良": 50, "优": 80},
        attainment=veto,
    )

    found = watch(built, table(2023, one=[100], two=[80]))

    assert found.pillars["class"].tolist() == found.regions["class"].tolist() == ["良"]


def test_an_exact_line_onto_the_target_reaches_it():
    built = plan({"id": "one", "baseline": "96.42", "target": "≥97"})
    values = [96.42 + 0.116 * step for step in range(4)]

    found = watch(built, table([2020, 2021, 2022, 2023], region=["A"] * 4, one=values))

    assert cell(found, "one", "outlook") == "reaches"


def test_a_setback_has_a_gap_of_its_own():
    built = plan({"id": "one", "target": "逐步提高", "baseline": "40"})

    found = watch(built, table([2021, 2022, 2023], region=["A"] * 3, one=[50, 45, 48]))

    assert cell(found, "one", "status") == "behind"
    assert cell(found, "one", "gap") == pytest.approx(-10)  # 45 after 50
    assert cell(found, "one", "reason") == "逐步提高, but 2022 was worse than the year before"


def test_numbers_that_stand_for_words_are_told_as_words():
    built = plan(
        {"id": "grade", "levels": "3级; 4级乙等; 4级甲等", "target": "4级甲等", "baseline": "3级"},
        {"id": "made", "unit": "是/否", "target": "是", "baseline": "否"},
        ONE,
    )

    found = watch(built, table(2023, grade=["4级乙等"], made=["否"], one=[3]))

    assert [cell(found, node, "value_word") for node in ("grade", "made", "one")] == ["4级乙等", "否", ""]
    assert cell(found, "grade", "baseline_word") == "3级"


def test_a_milestone_is_named_in_the_reason():
    built = plan(ONE, milestone=[{"indicator": "one", "year": 2023, "value": "30"}])

    found = watch(built, table(2023, region=["A", "B"], one=[36, 20]))

    assert cell(found, "one", "reason", "A") == "at 36.0 % of the way, milestone 30"
    assert cell(found, "one", "reason_zh", "B").startswith("完成20.0%，阶段目标30；落后10.0个百分点")


def test_a_final_result_before_the_end_says_so():
    found = watch(plan(ONE), table(2023, one=[50]), stage="final")

    assert "The plan runs to 2025: this is not its final result." in found.answer()
    assert "规划期至2025年，本结果非最终结果。" in found.answer(lang="zh")


def test_bounds_are_no_points_of_a_line():
    built = plan({"id": "one", "direction": "negative", "baseline": "<4", "target": "≤2"})

    found = watch(built, table([2020, 2021, 2022, 2023], region=["A"] * 4, one=["<4", 3.8, 3.6, 3.4]))

    assert np.isnan(cell(found, "one", "achieved_per_year"))
    assert cell(found, "one", "projected") == pytest.approx(3.0)  # through 3.8, 3.6 and 3.4 alone
    assert cell(found, "one", "baseline_bound") == "<4"


def test_what_has_no_value_now_is_not_projected():
    built = plan({"id": "one", "target": "[60]", "cumulate": "sum"})

    found = watch(built, table([2021, 2022, 2023], region=["A"] * 3, one=[10, "—", 10]))

    assert cell(found, "one", "status") == "unscored"
    assert np.isnan(cell(found, "one", "projected"))


def test_without_a_baseline_the_pace_needed_is_still_known():
    found = watch(plan({"id": "one", "target": "100"}), table(2023, one=[92]))

    assert cell(found, "one", "required_per_year") == pytest.approx(4)
    assert cell(found, "one", "status") == "unscored"


def test_alerts_come_worst_first_with_the_reason_in_words():
    built = plan({**ONE, "department": "民政局"}, {**ONE, "id": "two"}, {**ONE, "id": "three"})

    found = watch(built, table(2023, one=[55], two=[10], three=[100])).alerts

    assert found["node"].tolist() == ["two", "one"]
    assert found["grade"].tolist() == ["红", "蓝"]
    assert found["department"].tolist() == ["", "民政局"]
    assert found["reason"][1].startswith(
        "at 55.0 % of the way, 60 % of the time, towards 100; 5.0 points behind"
    )
    assert found["reason_zh"][1].startswith("完成55.0%，序时进度60%；落后5.0个百分点")


def test_an_earlier_target_that_was_missed_stays_in_the_alerts():
    built = plan(
        {"id": "one", "baseline": "0"},
        target=[
            {"indicator": "one", "year": 2022, "target": "≥50"},
            {"indicator": "one", "year": 2025, "target": "≥100"},
        ],
    )

    found = watch(built, table(2023, one=[45]))

    assert cell(found, "one", "target") == "≥100"
    late = found.alerts[found.alerts["status"] == "overdue"]
    assert late["target"].tolist() == ["≥50"]
    assert late["reason"].tolist() == ["due by 2022: 45 against ≥50"]
    assert late["gap"].tolist() == pytest.approx([-10])
    assert "overdue" not in watch(built, table(2023, one=[55])).alerts["status"].tolist()


def test_an_earlier_target_is_judged_as_it_stood_in_its_year():
    rows = [
        {"indicator": "one", "year": 2022, "target": "≥90"},
        {"indicator": "one", "year": 2022, "target": "≥70", "region": "B"},
        {"indicator": "one", "year": 2022, "target": "再增加20", "region": "C"},
        {"indicator": "one", "year": 2022, "target": "≥60", "effective_from": 2021, "region": "D"},
        {"indicator": "one", "year": 2025, "target": "≥100"},
        *({"indicator": "one", "year": 2025, "target": "≥100", "region": region} for region in "BC"),
        {"indicator": "one", "year": 2025, "target": "≥100", "effective_from": 2021, "region": "D"},
    ]
    built = plan({"id": "one", "baseline": "60", "binding": True, "department": "民政局"}, target=rows)

    found = watch(built, table(2023, region=["A", "B", "C", "D"], one=[84, 84, 76, 84]))

    late = found.alerts[found.alerts["status"] == "overdue"].set_index("region")
    assert late["target"].to_dict() == {"A": "≥90", "C": "再增加20"}  # of its own region, on the baseline
    assert late["gap"].to_dict() == pytest.approx({"A": -20, "C": -20})  # 24 of 30, 16 of 20
    counts = ["alerts_red", "alerts_orange", "alerts_yellow", "alerts_blue"]
    for frame in (found.regions, found.departments, found.pillars):
        assert frame[counts].to_numpy().sum() == len(found.alerts)
    assert found.regions.set_index("region").loc["A", "alerts_yellow"] == 1


def test_what_is_only_known_as_a_bound_does_not_miss_an_earlier_target():
    rows = [
        {"indicator": "one", "year": year, "target": text} for year, text in ((2022, "≥82"), (2025, "≥90"))
    ]

    found = watch(plan({"id": "one", "baseline": "80"}, target=rows), table(2023, one=["≥81"]))

    assert found.alerts.empty


def test_a_year_is_compared_with_the_target_of_now_wherever_that_stands():
    row = {"indicator": "one", "year": 2023, "target": "≥50"}
    built = plan({"id": "one", "baseline": "0", "target": "≥100"}, target=[row])

    found = watch(built, table([2023, 2024], region=["A"] * 2, one=[45, 60]), 2024)

    assert found.regions[["before", "change"]].iloc[0].tolist() == pytest.approx([45, 15])


def test_a_setback_in_the_first_year_is_one_from_the_baseline():
    built = plan({"id": "one", "target": "逐年提高", "baseline": "50"}, {**ONE, "id": "two"})

    found = watch(built, table([2021, 2022], region=["A"] * 2, one=[45, 55], two=[1, 2]), 2022)

    assert cell(found, "one", "gap") == pytest.approx(-10)  # 45 after 50


def test_a_setback_from_nothing_is_the_whole():
    built = plan({"id": "one", "target": "逐年提高", "baseline": "-1"})

    found = watch(built, table([2021, 2022, 2023], region=["A"] * 3, one=[0, -0.5, 3]))

    assert cell(found, "one", "gap") == -100


def test_what_has_no_half_way_is_expected_from_its_milestone_on():
    levels = {"id": "one", "levels": "3级; 4级乙等; 4级甲等", "target": "4级甲等", "baseline": "3级"}
    built = plan(levels, milestone=[{"indicator": "one", "year": 2022, "value": "4级乙等"}])
    data = table([2021, 2023], region=["A"] * 2, one=["3级", "4级乙等"])

    early, late = watch(built, data, 2021), watch(built, data, 2023)
    worse = watch(built, table(2023, one=["3级"]))

    assert cell(early, "one", "status") == "unscored"
    assert cell(early, "one", "reason") == "all or nothing: due in 2025"
    assert cell(late, "one", "status") == "on_track"
    assert cell(late, "one", "expected") == 2
    assert cell(worse, "one", "reason") == "expected by 2023: 4级乙等, is 3级"


def test_levels_and_places_lack_all_or_nothing():
    levels = {"levels": "3级; 4级乙等; 4级甲等", "target": "4级甲等", "baseline": "3级", "target_year": 2022}

    found = watch(plan({"id": "one", **levels}), table(2023, one=["4级乙等"]))

    assert cell(found, "one", "gap") == -100
    assert cell(found, "one", "reason") == "due by 2022: 4级乙等 against 4级甲等"


def test_a_regions_own_milestones_replace_those_of_all():
    milestones = [
        {"indicator": "one", "year": 2022, "value": "10"},
        {"indicator": "one", "year": 2024, "value": "80", "region": "A"},
    ]
    named = [{"indicator": "one", "region": "A", "year": 2025, "target": "100"}]
    built = plan(ONE, milestone=milestones, target=named, regions=REGIONS)
    only = plan(ONE, milestone=milestones[1:], target=named, regions=REGIONS)
    data = table(2023, region=["A", "B"], one=[50, 50])

    assert cell(watch(built, data), "one", "expected", "A") == pytest.approx(60)  # 80 / 4 * 3
    assert cell(watch(built, data), "one", "expected", "B") == pytest.approx(40)  # 10 + 90 / 3
    assert cell(watch(only, data), "one", "expected", "B") == pytest.approx(60)


@pytest.mark.parametrize("milestone", ["40", "50"])
def test_where_no_progress_is_expected_the_gap_stays_in_points(milestone):
    built = plan(
        {**ONE, "baseline": "50"},
        milestone=[{"indicator": "one", "year": 2022, "value": milestone}],
        monitoring={"basis": "ratio"},
    )
    above, below = float(milestone) + 5, float(milestone) - 5

    found = watch(built, table(2022, region=["A", "B"], one=[above, below]), 2022)

    assert [cell(found, "one", "gap", region) for region in "AB"] == pytest.approx([10, -10])  # 5 of 50
    assert [cell(found, "one", "status", region) for region in "AB"] == ["ahead", "behind"]


def test_totals_start_with_the_plan_whatever_the_year_of_the_baseline():
    one = {"id": "one", "target": "[60]", "cumulate": "sum", "baseline": "1.5", "baseline_year": 2019}

    found = watch(plan(one), table([2021, 2022, 2023], region=["A"] * 3, one=[12, 12, 12]))

    row = ["baseline_year", "elapsed", "expected", "gap", "achieved_per_year", "projected"]
    assert [cell(found, "one", column) for column in row] == pytest.approx([2020, 60, 36, 0, 12, 60])


def test_the_pace_needed_leads_to_the_nearest_end():
    one = {"direction": "interval", "best": [30, 40], "baseline": "20", "target": "30～40", "id": "one"}

    found = watch(plan(one), table(2023, one=[45]))

    assert cell(found, "one", "required_per_year") == pytest.approx(-2.5)  # back to 40


def test_an_approximate_target_is_reached_within_its_tolerance():
    built = plan({"id": "one", "baseline": "80", "target": "100左右"})

    found = watch(built, table([2020, 2021, 2022], region=["A"] * 3, one=[80, 83.5, 87]), 2022)

    assert cell(found, "one", "projected") == pytest.approx(97.5)
    assert cell(found, "one", "outlook") == "reaches"


def test_without_a_year_to_start_from_nothing_is_projected():
    listed = [{**ONE, "baseline_year": 2020, "target_year": 2025}, {**ONE, "id": "two", "target_year": 2025}]
    built = framework(listed, methods={"weighting": "equal"})

    found = watch(
        built, table([2020, 2021, 2022, 2023], region=["A"] * 4, one=[0, 1, 2, 3], two=[0, 1, 2, 3])
    )

    assert cell(found, "one", "projected") == pytest.approx(5)
    assert np.isnan(cell(found, "two", "projected"))


def test_a_bound_on_what_has_no_target_is_unscored_in_the_binding_list():
    built = plan({**ONE, "binding": True, "target": "基本完成"}, {**ONE, "id": "two"})

    found = watch(built, table(2023, one=["≥50"], two=[3])).binding.iloc[0]

    assert found[["verdict", "status"]].tolist() == ["unscored", "unscored"]


def test_of_several_targets_of_the_index_the_nearest_and_newest_counts():
    rows = [
        {"year": 2025, "target": "≥60"},
        {"year": 2025, "target": "≥90", "effective_from": 2022},
        {"year": 2025, "target": "≥30", "region": "B"},
    ]
    built = plan(ONE, target=[{"indicator": "index", **row} for row in rows])
    data = table(2023, region=["A", "B"], one=[50, 50])

    assert watch(built, data).goals["target"].tolist() == ["≥90", "≥30"]
    assert watch(built, data).goals["reason_zh"].tolist() == ["差40；2025年到期", ""]
    assert watch(built, data, targets_of=2021).goals["target"].tolist() == ["≥60", "≥30"]


@pytest.mark.parametrize(
    ("target", "value", "met", "status"),
    [
        ({"target": "95左右", "year": 2023}, 91, True, "met"),  # within 5 %
        ({"target": "≥95"}, 90, False, "unscored"),
        ({"target": "再增加5"}, 90, None, "unscored"),
        ({"target": "≥95", "year": 2022}, 90, False, "overdue"),
        ({"target": "≥95"}, "—", None, "unscored"),
    ],
)
def test_a_score_is_held_against_its_target(target, value, met, status):
    built = plan(ONE, {**ONE, "id": "two"}, target=[{"indicator": "index", **target}])

    found = watch(built, table(2023, one=[value], two=[value])).goals.iloc[0]

    assert (found["met"], found["status"]) == (met, status)
    assert bool(found["reason_zh"]) == (status != "met")


def test_a_target_of_the_index_may_come_into_force_later():
    rows = [{"indicator": "index", "year": 2025, "target": "≥60", "effective_from": 2024}]

    assert watch(plan(ONE, target=rows), table(2023, one=[50])).goals.empty


def test_reasons_stand_in_both_languages():
    found = watch(plan(ONE, {**ONE, "id": "two"}), table(2023, one=["—"], two=["—"]))

    assert "总体实现度无法计算：下属指标均未评。" in found.answer(lang="zh")
    assert "No overall attainment: nothing below has a score." in found.answer()
    assert found.pillars["reason_zh"].tolist() == ["下属指标均未评"]


def test_all_regions_are_told_in_sentences():
    data = table(2023, region=["A", "B", "C"], one=[25, 80, 55])
    own = plan(ONE, warning=[{"grade": "红灯", "below": 0}])

    assert watch(plan(ONE), data).answer()[1:] == [
        "3 regions, 3 with an overall attainment, 53.33 on average.",
        "2 alerts; 1 region has one graded red.",
    ]
    assert watch(own, data).answer(lang="zh")[1:] == [
        "3个地区，3个有总体实现度，均值53.33。",
        "预警共2条，2个地区有“红灯”级预警。",
    ]


def test_a_fall_in_attainment_widens_the_gap():
    found = watch(plan(ONE), table([2022, 2023], region=["A"] * 2, one=[60, 50]))

    assert "总体实现度50.00（覆盖100%），比上年-10.00，差距扩大25.0%。" in found.answer(lang="zh")


def test_nothing_open_is_not_projected():
    said = watch(plan(ONE), table(2023, one=[100]), stage="midterm").answer()
    few = watch(plan({**ONE, "baseline": "≥0"}), table(2023, one=[50]), stage="midterm").answer()

    assert not any("project" in line or "trends" in line for line in said)
    assert "Too few years to project any open target." in few


def test_another_version_of_the_targets_says_what_it_moves():
    built = plan(
        {"id": "one", "baseline": "0"},
        target=[
            {"indicator": "one", "year": 2025, "target": "≥50"},
            {"indicator": "one", "year": 2025, "target": "≥80", "effective_from": 2023},
        ],
    )
    data = table([2022, 2023, 2024], region=["A"] * 3, one=[20, 40, 40])

    fresh = watch(built, data, 2023)
    later = watch(built, data, 2024)
    old = watch(built, data, 2024, targets_of=2022)

    for found in (fresh, old):
        row = found.moved[found.moved["node"] == "one"].iloc[0]
        assert row[["target_before", "target_now"]].tolist() == ["≥50", "≥80"]
        assert row[["attainment_before", "attainment_now", "difference"]].tolist() == pytest.approx(
            [80, 50, -30]
        )
    assert later.moved.empty
    assert cell(fresh, "one", "target") == cell(later, "one", "target") == "≥80"
    assert cell(old, "one", "target") == "≥50"


def test_the_index_may_have_a_target_of_its_own():
    goals = [{"indicator": "index", "year": 2025, "target": "95%以上"}]
    built = plan(ONE, target=goals)

    early = watch(built, table(2023, one=[60])).goals.iloc[0]
    late = watch(built, table(2025, one=[94]), 2025).goals.iloc[0]
    good = watch(built, table(2025, one=[95]), 2025).goals.iloc[0]

    assert (early["met"], early["status"]) == (False, "unscored")
    assert early["reason"] == "35 short; due in 2025"
    assert (late["met"], late["status"], late["attainment"]) == (False, "overdue", 94)
    assert (good["met"], good["status"]) == (True, "met")


def test_opinion_is_blended_with_a_plain_weight():
    opinion = {"id": "asked", "kind": "满意度", "scale": [0, 10], "unit": "分", "target": "8"}
    built = plan(ONE, opinion, opinion={"weight": 0.4})
    data = table(2023, one=[90, 80, 40], asked=[7, 8.5, 3])

    found = watch(built, data).opinion.set_index("region")

    assert found["objective"].tolist() == pytest.approx([90, 80, 40])
    assert found["subjective"].tolist() == pytest.approx([70, 85, 30])
    assert found["blended"].tolist() == pytest.approx([82, 82, 36])
    assert found["rank"].tolist() == [1, 1, 3]
    assert found["rank_objective"].tolist() == [1, 2, 3]
    assert found["rank_changes_at"].tolist()[:2] == pytest.approx([0.4, 0.4])  # 90 - 20 w = 80 + 5 w
    assert found[["rank_best", "rank_worst"]].to_numpy().tolist() == [[1, 2], [1, 2], [3, 3]]


def test_an_opinion_without_its_scale_is_refused():
    built = plan(ONE, {"id": "asked", "kind": "subjective", "unit": "分"}, opinion={"weight": 0.4})

    with pytest.raises(Exception, match=r"'asked' is subjective, but its scale is not known"):
        watch(built, table(2023, one=[90], asked=[7]))


def test_the_sample_gives_an_opinion_its_interval():
    opinion = {"id": "asked", "kind": "满意度", "unit": "%", "sample": "answers"}
    built = plan(ONE, opinion, opinion={"weight": 0.4})

    found = watch(built, table(2023, one=[90], asked=[95], answers=[400])).opinion.iloc[0]

    assert found[["subjective_low", "subjective_high"]].tolist() == pytest.approx([92.40, 96.74], abs=0.005)


REGIONS = [
    {"region": "P", "name": "甲市", "parent": ""},
    {"region": "A", "name": "乙县", "parent": "P"},
    {"region": "B", "name": "丙县", "parent": "P"},
]
BEDS = {
    "id": "beds",
    "numerator": "number",
    "denominator": "people",
    "per": 1000,
    "baseline": "1",
    "target": "≥5",
    "unit": "张/千人",
}


def test_a_region_follows_from_the_counts_of_its_parts():
    built = plan(BEDS, regions=REGIONS)
    data = table(2023, region=["A", "B"], number=[20, 40], people=[2000, 16000])  # rates 10 and 2.5

    found = watch(built, data)

    assert cell(found, "beds", "value", "P") == pytest.approx(60 / 18)
    assert found.leading == "P"
    rows = found.hierarchy.set_index(["node", "what"])
    value = rows.loc[("beds", "value")]
    assert np.isnan(value["own"])
    assert value[["from_parts", "mean_of_parts", "difference"]].tolist() == pytest.approx(
        [60 / 18, 6.25, 60 / 18 - 6.25]
    )
    scores = rows.loc[("index", "attainment")]
    assert scores[["from_parts", "mean_of_parts"]].tolist() == pytest.approx([60 / 18 / 5 * 100, 75])


def test_an_own_figure_stands_beside_that_from_the_parts():
    data = table(2023, region=["P", "A", "B"], number=[63, 20, 40], people=[18000, 2000, 16000])

    found = watch(plan(BEDS, regions=REGIONS), data)

    assert cell(found, "beds", "value", "P") == pytest.approx(3.5)
    value = found.hierarchy.set_index(["node", "what"]).loc[("beds", "value")]
    assert value[["own", "discrepancy"]].tolist() == pytest.approx([3.5, 3.5 - 60 / 18])


def test_a_direction_without_a_number_is_held_against_the_start():
    found = watch(plan({"id": "one", "target": "逐步提高", "baseline": "40"}), table(2023, one=[38]))

    assert cell(found, "one", "reason") == "38 is no better than 40 at the start; 5.0 % behind"
    assert cell(found, "one", "reason_zh") == "现为38，未优于基期40；落后5.0%"


def test_a_level_that_was_lost_says_what_is_to_be_held():
    found = watch(plan({"id": "one", "target": "＞90", "baseline": "90"}), table(2023, one=[81]))

    assert cell(found, "one", "reason") == "90 at the start, to hold ＞90; now 81; 10.0 % behind"


def test_without_years_of_a_plan_nothing_is_said_of_its_time():
    built = framework([{**ONE, "baseline_year": 2020, "target_year": 2025}], methods={"weighting": "equal"})

    said = watch(built, table(2023, one=["—"]), stage="final").answer()

    assert said[0] == "small: final evaluation, as of the end of 2023."
    assert not any("Not met" in line or "decided" in line for line in said)


def test_answers_off_their_scale_name_the_indicator():
    built = plan(ONE, {"id": "asked", "kind": "满意度", "scale": [0, 10]}, opinion={"weight": 0.4})

    with pytest.raises(DomainError) as caught:
        watch(built, table(2023, one=[90], asked=[11]))

    assert caught.value.__notes__ == ["in the answers of indicator 'asked'"]


def test_what_comes_from_parts_was_measured_in_no_single_year():
    data = pd.DataFrame(
        {"region": ["P", "A", "B"], "year": 2023, "indicator": "one", "value": [5, 1, 2], "source_year": 2021}
    )
    one = {**ONE, "roll_up": "sum"}

    found = watch(plan(one, regions=REGIONS), data)

    assert cell(found, "one", "source_year", "A") == 2021


def test_parents_may_be_given_by_name():
    regions = [
        {"region": "S", "name": "某省", "parent": ""},
        {"region": "P", "name": "甲市", "parent": "某省"},
        {"region": "A", "name": "乙县", "parent": "甲市"},
    ]

    found = watch(plan(ONE, regions=regions), table(2023, region=["S", "P", "A"], one=[90, 80, 70]))

    assert found.leading == "S"
    assert found.regions["rank"].tolist() == [1, 1, 1]


def test_parts_that_fail_are_named():
    each = {"id": "each", "roll_up": "worst", "target": "至少一所", "unit": "所", "baseline": "0"}
    share = {
        "id": "share",
        "roll_up": "share",
        "part_target": "是",
        "target": "80%",
        "unit": "%",
        "baseline": "0",
    }

    found = watch(
        plan(each, share, regions=REGIONS), table(2023, region=["A", "B"], each=[2, 0], share=[1, 0])
    )

    assert cell(found, "each", "value", "P") == 0
    assert cell(found, "each", "failing", "P") == "丙县"
    assert cell(found, "share", "value", "P") == pytest.approx(50)
    assert cell(found, "share", "failing", "P") == "丙县"


@pytest.mark.parametrize("cells", [[1, 0], ["是", "否"]])
def test_a_part_has_no_share_but_counts_towards_one(cells):
    share = {
        "id": "share",
        "roll_up": "share",
        "part_target": "是",
        "target": "80%",
        "unit": "%",
        "baseline": "0",
    }
    built = plan(share, regions=REGIONS)

    found = watch(built, table(2023, region=["A", "B"], share=cells))
    scores = built.score(table(2023, region=["A", "B"], share=cells)).attainment

    assert cell(found, "share", "value", "P") == pytest.approx(50)
    assert cell(found, "share", "status", "A") == "unscored"
    assert cell(found, "share", "reason", "A") == "counts towards the share of the region above"
    assert scores["attainment"].isna().all()


def test_the_stages_have_their_own_words():
    built = plan(ONE, {**ONE, "id": "two"}, classes={"良": 50})
    data = table([2022, 2023, 2024, 2025], region=["A"] * 4, one=[30, 60, 80, 100], two=[20, 30, 50, 60])

    annual, midterm = watch(built, data), watch(built, data, stage="midterm")
    final = watch(built, data, 2025)

    assert final.stage == "final"
    assert "Of 2 that can be decided 1 are met (50%)." in final.answer()
    assert "Not met: two." in final.answer()
    assert "Most urgent: two" in annual.answer()[-1]
    assert any(line.startswith("If trends go on (80% interval)") for line in midterm.answer())
    for found, word in ((annual, "年度监测"), (midterm, "中期评估"), (final, "总结评估")):
        assert word in found.answer(lang="zh")[0]


@pytest.mark.parametrize(
    ("grades", "said"),
    [
        ([("红", None, -30), ("黄", -20, 0)], "from -30 to -20, between '红' and '黄', there is no grade"),
        ([("红", None, -10), ("黄", -20, 0)], "'红' and '黄' overlap from -20 to -10"),
        ([("红", -50, -30), ("黄", -30, 0)], "below -50 there is no grade"),
        ([("红", None, -30), ("黄", -30, None)], "'黄' has no below"),
        ([("红", None, -30), ("红", -30, 0)], "'红' stands twice"),
        ([("红", None, -30), ("黄", 0, -30)], "at_least = 0 is not under below = -30"),
        ([("红", None, None), ("黄", -30, 0)], "'红' and '黄' overlap"),
    ],
)
def test_warning_grades_with_holes_and_overlaps_are_refused(grades, said):
    listed = [
        {key: value for key, value in (("grade", g), ("at_least", a), ("below", b)) if value is not None}
        for g, a, b in grades
    ]

    with pytest.raises(FrameworkError, match=said):
        plan(ONE, warning=listed)


def test_own_grades_take_the_place_of_the_usual_ones():
    listed = [{"grade": "红灯", "below": -30}, {"grade": "黄灯", "at_least": -30, "below": -10}]

    found = watch(plan(ONE, warning=listed), table(2023, region=["A", "B", "C"], one=[25, 50, 55]))

    assert [cell(found, "one", "grade", region) for region in "ABC"] == ["红灯", "", ""]
    assert cell(found, "one", "status", "C") == "behind"


def test_what_cannot_be_monitored_is_one_message():
    with pytest.raises(FrameworkError, match="no indicator has a target"):
        watch(framework(["one"]), table(2023, one=[1, 2]))
    with pytest.raises(DataError, match=r"no data for 2024. Years: 2023"):
        watch(plan(ONE), table(2023, one=[1]), 2024)
    with pytest.raises(FrameworkError, match="there is no stage 'middle'"):
        watch(plan(ONE), table(2023, one=[1]), stage="middle")


# the plan of Rugao ------------------------------------------------------------------------------------------

RUGAO_2020 = {  # by hand from the printed table: 2020 against 2025
    "met": "T03 T04 T05 T06 T07 T09 T17 T23 T24 T25 T26 T28 T30 T31",
    "bound_only": "T14 T19",
    "unscored": "T16 T22",
    "not_started": "T01 T02 T08 T10 T11 T12 T13 T15 T18 T20 T21 T27 T29 T32 T33 T34 T35 T36",
}


@pytest.fixture(scope="module")
def rugao():
    return Framework.from_toml(RUGAO / "framework.toml")


def test_rugao_in_its_baseline_year(rugao):
    found = watch(rugao, RUGAO / "observations.csv", 2020)

    sources = [indicator.source for indicator in rugao.model.indicator]
    status = dict(zip(sources, found.targets["status"], strict=True))
    by_hand = {f"RG-{row}": word for word, rows in RUGAO_2020.items() for row in rows.split()}
    assert status == by_hand
    assert found.targets["node"].tolist() == [indicator.id for indicator in rugao.model.indicator]
    assert len(found.binding) == 14
    assert found.binding["verdict"].value_counts().to_dict() == {
        "pass": 5,
        "fail": 5,
        "unscored": 3,
        "unknown": 1,
    }
    assert found.regions["attainment"].tolist() == pytest.approx([88.69], abs=0.005)
    assert len(found.pillars) == 13
    assert found.alerts.empty


def test_the_command_prints_binding_targets_first_and_then_all_in_plan_order(rugao):
    run = CliRunner().invoke(
        app, ["monitor", str(RUGAO / "framework.toml"), str(RUGAO / "observations.csv"), "--as-of", "2020"]
    )

    assert run.exit_code == 0
    _, binding, rest = run.stdout.partition("Binding list")
    binding, _, rest = rest.partition("All targets, in plan order")
    names = [indicator.name for indicator in rugao.model.indicator]
    places = [rest.index(name) for name in names]
    assert places == sorted(places)
    assert sum(name in binding for name in names) == 14
    assert "By pillar (领域)" in rest
    assert "What remains" in rest


def test_json_says_the_same_as_the_tables(rugao):
    arguments = [
        "monitor",
        str(RUGAO / "framework.toml"),
        str(RUGAO / "observations.csv"),
        "--as-of",
        "2020",
        "--json",
    ]
    run = CliRunner().invoke(app, arguments)
    found = watch(rugao, RUGAO / "observations.csv", 2020)

    said = json.loads(run.stdout)

    assert set(said["tables"]) == set(found.tables())
    assert [row["status"] for row in said["tables"]["targets"]] == found.targets["status"].tolist()
    assert said["answer"] == found.answer()


def test_a_run_that_was_written_can_be_run_again(tmp_path):
    arguments = [
        "monitor",
        str(RUGAO / "framework.toml"),
        str(RUGAO / "observations.csv"),
        "--as-of",
        "2020",
        "-q",
    ]
    first, second = tmp_path / "first", tmp_path / "second"

    run = CliRunner().invoke(app, [*arguments, "-o", str(first)])
    again = CliRunner().invoke(app, ["rerun", str(first / "provenance.json"), "-o", str(second), "-q"])
    blocked = CliRunner().invoke(app, [*arguments, "-o", str(first)])

    assert run.exit_code == again.exit_code == 0, run.stderr + again.stderr
    assert {file.name for file in first.iterdir()} == {file.name for file in second.iterdir()}
    for file in first.iterdir():
        assert file.read_bytes() == (second / file.name).read_bytes(), file.name
    assert blocked.exit_code == 1
    assert "exist" in blocked.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--as-of", "2019"], "no data for 2019"),
        (["--region", "如东"], "no region '如东' in 2020"),
    ],
)
def test_a_wrong_year_or_region_is_one_message(arguments, said):
    run = CliRunner().invoke(
        app, ["monitor", str(RUGAO / "framework.toml"), str(RUGAO / "observations.csv"), *arguments]
    )

    assert run.exit_code == 1
    assert said in run.stderr
    assert not run.stdout


def test_chinese_output_has_chinese_words():
    run = CliRunner().invoke(
        app, ["monitor", str(RUGAO / "framework.toml"), str(RUGAO / "observations.csv"), "--lang", "zh"]
    )

    for word in ("年度监测", "约束性指标", "已达标", "未开始", "分领域", "尚需努力", "总体实现度88.69"):
        assert word in run.stdout


def test_the_regions_are_listed_beside_the_one_they_are_part_of(tmp_path):
    (tmp_path / "f.toml").write_text(
        'id = "f"\nregions = "r.csv"\n[attainment]\nplan = [2021, 2025]\n[[indicator]]\nid = "one"\n'
        'baseline = "0"\nbaseline_year = 2020\ntarget = "100"\ntarget_year = 2025\nroll_up = "sum"\n',
        encoding="utf-8",
    )
    (tmp_path / "r.csv").write_text("region,name,parent\nP,甲市,\nA,乙县,P\nB,丙县,P\n", encoding="utf-8")
    (tmp_path / "d.csv").write_text("region,year,one\nA,2023,20\nB,2023,30\n", encoding="utf-8")

    run = CliRunner().invoke(
        app, ["monitor", str(tmp_path / "f.toml"), str(tmp_path / "d.csv"), "--lang", "zh"]
    )

    assert run.exit_code == 0
    _, _, regions = run.stdout.partition("各地区")
    assert [name for name in ("甲市", "乙县", "丙县") if name in regions] == ["甲市", "乙县", "丙县"]
    assert "数值" in run.stdout.partition("下级均值")[2]


def test_a_schedule_says_what_is_expected_in_every_year():
    kept = {"id": "kept", "baseline": "95", "target": "≥90"}
    made = {"id": "made", "unit": "是/否", "target": "是", "baseline": "否"}
    built = plan(ONE, kept, made, milestone=[{"indicator": "one", "year": 2023, "value": "30"}])

    found = watch(built, table(2023, one=[10], kept=[95], made=["否"]), schedule=True).schedule

    by_hand = {"one": [10, 20, 30, 65, 100], "kept": [95] * 5, "made": [1]}
    for name, expected in by_hand.items():
        rows = found[found["node"] == name]
        assert rows["expected"].tolist() == pytest.approx(expected)
        assert rows["year"].tolist() == ([2025] if name == "made" else [2021, 2022, 2023, 2024, 2025])
    assert watch(built, table(2023, one=[10], kept=[95], made=["否"])).schedule.empty


def test_the_schedule_is_printed_a_column_for_each_year():
    data = [str(RUGAO / "framework.toml"), str(RUGAO / "observations.csv")]

    run = CliRunner().invoke(app, ["monitor", *data, "--as-of", "2020", "--schedule"])

    _, _, printed = run.stdout.partition("What is expected each year")
    [training] = [
        line.split() for line in printed.splitlines() if line.startswith("开展补贴性职业技能培训人次")
    ]
    assert training[1:] == ["[60]", "12.00", "24.00", "36.00", "48.00", "60.00"]


def test_ranks_tie_as_those_of_scores():
    built = plan(*({**ONE, "id": f"i{k}"} for k in range(3)))
    data = table(2023, i0=[10, 30, 5], i1=[20, 20, 5], i2=[30, 10, 5])  # both sum to 60, in another order

    found = watch(built, data).regions["rank"].tolist()

    assert found == built.score(data).rank[:, 0].tolist() == [1, 1, 3]
    loose = plan(ONE, methods={"weighting": "equal", "rank_decimals": 0})
    assert watch(loose, table(2023, one=[50.1, 50.2, 40])).regions["rank"].tolist() == [1, 1, 3]
