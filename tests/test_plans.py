"""The plans as data: every transcribed target stands in a framework to the letter, and nothing is invented."""

from collections import Counter

import pandas as pd
import pytest

import twin
from equindex import Framework
from equindex.schema import roll_up

DATA = twin.ROOT / "data"
PLANS = {  # transcription: framework, data
    "rugao_2025": ("rugao-2025/framework.toml", "rugao-2025/observations.csv"),
    "rugao_text_targets": ("rugao-2025/text/framework.toml", "rugao-2025/text/observations.csv"),
    "wuzhong_2025": ("wuzhong-2025/framework.toml", "wuzhong-2025/observations.csv"),
    "taizhou_2021": ("taizhou-2021/framework.toml", "taizhou-2021/observations.csv"),
    "zhejiang_2020": ("zhejiang-2020/framework.toml", "zhejiang-2020/observations.csv"),
}
PROSE = [plan for plan in PLANS if plan != "rugao_2025"]

BACKGROUND = "forecast of the economy or population"
STATED = "said again in statements.csv"
AS_IN_TABLE = "what table 1 prints for 2020"
LEFT_OUT = {
    **dict.fromkeys([f"RG-B{row:03}" for row in range(1, 7)], BACKGROUND),
    **dict.fromkeys(["RG-B008", "RG-B019", "RG-B039"], STATED),
    **dict.fromkeys(["ZJ-008", "ZJ-009"], "whom a service is for"),
    "ZJ-001": "the index itself",
    **dict.fromkeys(["RG-A001", "RG-A006"], AS_IN_TABLE),
    **dict.fromkeys(["RG-A003", "RG-A023", "RG-A025", "RG-A032"], STATED),
    **dict.fromkeys(["RG-A034", "RG-A035"], "standard of the plan before"),
    **dict.fromkeys(["RG-A038", "RG-A039"], BACKGROUND),
}
OTHERWISE = {  # where a cell is not the transcription's, and why
    ("RG-B038", "target"): "第一",  # 南通第一、全省领先 holds a place and a word
    ("RG-B080", "unit"): "元/月",  # the value is an amount; 倍 is the factor's
    ("RG-B080", "name"): "特困人员供养基本生活标准",
    ("RG-B096", "direction"): "negative",  # place 1 is best
    ("WZ-019", "direction"): "positive",  # fewer items or fields are worse
    ("TZ-002", "direction"): "positive",
    ("ZJ-005", "name"): "人均预期寿命",  # 十二五期末 is the year 2015
}


def framework(plan, **changes):
    built = Framework.from_toml(DATA / PLANS[plan][0])
    return built.replace(**changes) if changes else built


def template(plan):
    return twin.rows(DATA / PLANS[plan][1])


def filled(plan, *cells):
    """Score (source id or variable, year, value) cells, all others blank in 2021: rows by (source id, year), all."""
    built = framework(plan)
    ids = {i.source: i.id for i in built.model.indicator}
    given = [(ids.get(source, source), year, value) for source, year, value in cells]
    others = {row["indicator"] for row in template(plan)} - {name for name, _, _ in given}
    rows = [*given, *((name, 2021, "—") for name in others)]
    table = pd.DataFrame(rows, columns=["indicator", "year", "value"]).astype(str)
    found = built.score(table.assign(region=template(plan)[0]["region"])).attainment
    leaves = found[found["level"] == "indicator"].to_dict("records")
    sources = {name: source for source, name in ids.items()}
    return {(sources[row["node"]], row["year"]): row for row in leaves}, found


def statuses(plan, *cells):
    """Return the status of each cell that is a target's."""
    leaves, _ = filled(plan, *cells)
    return [leaves[cell[:2]]["status"] for cell in cells if cell[:2] in leaves]


# --- to the letter -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plan", PLANS)
def test_every_target_stands_in_its_framework_to_the_letter(plan, reference):
    printed = [row for row in twin.rows(reference(f"plans/{plan}.csv")) if row["id"] not in LEFT_OUT]
    model = framework(plan).model
    pillars = {pillar.id: pillar.name for pillar in model.pillar}
    found = {indicator.source: indicator for indicator in model.indicator}

    assert {source for source in found if not source.startswith("RG-A")} == {row["id"] for row in printed}
    for row in printed:
        indicator = found[row["id"]]
        cells = {
            "target": row["target_raw"].strip(),
            "target_year": row["target_year"] if row["target_raw"] else "",
            "unit": row["unit"],
            "name": row["indicator_zh"],
            "direction": row["direction_inferred"],
        }
        for key, cell in cells.items():
            value = getattr(indicator, key)
            expected = OTHERWISE.get((row["id"], key), cell)
            assert ("" if value is None else str(value)) == expected, (row["id"], key)
        domain = "基本健康服务" if row["id"] == "ZJ-005" else row["domain"]
        assert pillars[indicator.pillar] == domain, row["id"]
        assert plan not in PROSE or indicator.note == row["source_quote"], row["id"]


@pytest.mark.parametrize("plan", PROSE)
def test_totals_of_a_plan_add_up_and_nothing_else_does(plan, reference):
    printed = {row["id"]: row for row in twin.rows(reference(f"plans/{plan}.csv"))}

    for indicator in framework(plan).model.indicator:
        total = printed.get(indicator.source, {}).get("cumulative") == "true"
        assert indicator.cumulate == ("sum" if total else None), indicator.source


def test_zhejiang_holds_its_composite_itself_against_a_target(reference):
    [row] = [row for row in twin.rows(reference("plans/zhejiang_2020.csv")) if row["id"] == "ZJ-001"]

    [target] = framework("zhejiang_2020").model.target

    assert (target.indicator, target.target, target.year) == ("index", row["target_raw"], 2020)
    assert target.source == "ZJ-001"


def test_rows_said_again_stand_among_the_statements():
    stated = {row["source"] for row in twin.rows(DATA / "rugao-2025" / "statements.csv")}

    assert {source for source, reason in LEFT_OUT.items() if reason == STATED} <= stated


def test_values_the_plans_report_are_there_to_the_letter_and_no_others(reference):
    reported = [
        *twin.rows(reference("plans/rugao_2020_achieved.csv")),
        *(row for row in twin.rows(reference("plans/zhejiang_2020.csv")) if row["kind"] == "achieved"),
    ]
    given = {row["source"]: row for plan in PROSE for row in template(plan) if row["value"] != "—"}

    assert set(given) == {row["id"] for row in reported} - set(LEFT_OUT)
    for row in reported:
        if row["id"] in given:
            cell = given[row["id"]]
            assert (cell["value"], cell["year"]) == (row["baseline_raw"], row["baseline_year"]), row["id"]


def test_reported_values_are_read_as_the_numbers_they_print(reference):
    values = {
        row["id"]: row["baseline_value"] for row in twin.rows(reference("plans/rugao_2020_achieved.csv"))
    }
    values["RG-A036"] = "100"  # 全覆盖
    panel, findings, _ = framework("rugao_text_targets").read(DATA / PLANS["rugao_text_targets"][1])

    assert findings.errors == []
    ids = [indicator.id for indicator in framework("rugao_text_targets").model.indicator]
    for row in template("rugao_text_targets"):
        if row["source"]:
            [at] = [k for k, year in enumerate(panel.year) if str(year) == row["year"]]
            assert panel.x[at, ids.index(row["indicator"])] == float(values[row["source"]]), row["source"]


# --- nothing invented ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("plan", PROSE)
def test_each_target_has_a_cell_to_fill_in_and_no_cell_lacks_a_source(plan):
    model = framework(plan).model
    blank = [row for row in template(plan) if not row["source"]]
    asked = Counter(row["indicator"] for row in blank)
    several = {"county_nursery": 5, "preschool_counties": 5}  # one for each county
    several |= {"budget_share": 2, "spending_gap": 2}  # directions start from 2015
    counted = {name for i in model.indicator for name in (i.numerator, i.denominator) if name}

    assert {row["value"] for row in blank} == {"—"}
    targets = {i.id: several.get(i.id, 1) for i in model.indicator if i.target and not i.numerator}
    assert asked == targets | dict.fromkeys(counted, 1)


@pytest.mark.parametrize("plan", PROSE)
def test_nothing_is_scored_that_the_plan_gives_no_value_for(plan):
    built, data = framework(plan), DATA / PLANS[plan][1]

    assert built.check(data).errors == []
    found = built.score(data).attainment
    assert found["attainment"].isna().all()
    assert set(found.loc[found["level"] == "indicator", "status"]) <= {"unscored", "not_started"}
    assert (found["reason"] != "").all()


def test_wuzhong_has_its_five_counties_and_says_how_they_make_the_city():
    regions = twin.rows(DATA / "wuzhong-2025" / "regions.csv")
    indicators = {i.source: i for i in framework("wuzhong_2025").model.indicator}
    asked = {
        row["region"]
        for row in template("wuzhong_2025")
        if row["indicator"] in (indicators["WZ-005"].id, indicators["WZ-010"].id)
    }

    assert [row["region"] for row in regions] == ["640300", "640302", "640303", "640323", "640324", "640381"]
    assert {row["region"] for row in regions if row["parent"] == "640300"} == asked
    assert (indicators["WZ-005"].roll_up, indicators["WZ-010"].roll_up) == ("worst", "share")
    assert indicators["WZ-010"].part_target == "是"


def test_departments_are_named_where_the_plan_names_them():
    wuzhong = {i.source for i in framework("wuzhong_2025").model.indicator if not i.department}
    taizhou = {i.source for i in framework("taizhou_2021").model.indicator if i.department}

    assert wuzhong == {"WZ-019", "WZ-020", "WZ-021"}
    assert taizhou == {"TZ-003"}


@pytest.mark.parametrize("plan", ["wuzhong_2025", "taizhou_2021"])
def test_a_department_has_one_name_in_all_tasks(plan):
    named = [i.department.split("; ") for i in framework(plan).model.indicator if i.department]

    assert all(name == "各縣(市、區)" or name[0] == "市" for names in named for name in names)


# --- filled in, worked by hand -------------------------------------------------------------------------------


def test_taizhou_filled_in_scores_what_hand_calculation_gives():
    _, found = filled(
        "taizhou_2021",
        *[("TZ-003", 2020, 4), ("TZ-004", 2020, 30), ("TZ-003", 2021, 7), ("TZ-004", 2021, 9)],
        *[("TZ-001", 2021, "82%"), ("TZ-002", 2021, 13), ("TZ-005", 2021, 84)],
    )
    rows = found[found["year"] == 2021].set_index("node")

    # 4 + 7 pilots of 10; 30 + 9 standards of 40; 84 of 85 %.
    leaves = ["standard_coverage", "standard_fields", "standard_pilots", "standards_issued", "satisfaction"]
    assert rows.loc[leaves, "attainment"].tolist() == pytest.approx([100, 100, 100, 97.5, 8400 / 85])
    assert rows.loc[leaves, "status"].tolist() == ["met", "met", "met", "not_met", "not_met"]
    assert rows.loc["index", "attainment"] == pytest.approx((100 + 98.75 + 8400 / 85) / 3)
    assert rows.loc["index", "coverage"] == 1


@pytest.mark.parametrize(
    ("plan", "source", "value", "status"),
    [
        ("wuzhong_2025", "WZ-001", "0.1", "met"),  # 不少於 includes the number
        ("wuzhong_2025", "WZ-003", "12", "not_met"),
        ("wuzhong_2025", "WZ-011", "2", "met"),
        ("wuzhong_2025", "WZ-011", "3", "not_met"),
        ("wuzhong_2025", "WZ-013", "是", "met"),
        ("wuzhong_2025", "WZ-013", "否", "not_met"),
        ("wuzhong_2025", "WZ-017", "95", "unscored"),  # 基本完成
        ("wuzhong_2025", "WZ-019", "80", "met"),
        ("rugao_text_targets", "RG-B018", "2850", "met"),  # 约3000, within 5 %
        ("rugao_text_targets", "RG-B018", "2849", "not_met"),
        ("rugao_text_targets", "RG-B022", "否", "not_met"),
        ("rugao_text_targets", "RG-B038", "1", "met"),
        ("rugao_text_targets", "RG-B038", "2", "not_met"),
        ("rugao_text_targets", "RG-B043", "4级", "met"),
        ("rugao_text_targets", "RG-B044", "4级", "not_met"),
        ("rugao_text_targets", "RG-B045", "4级乙等", "not_met"),
        ("rugao_text_targets", "RG-B045", "4级甲等", "met"),
        ("rugao_text_targets", "RG-B045", "5级乙等", "met"),
        ("rugao_text_targets", "RG-B047", "9", "not_met"),
        ("rugao_text_targets", "RG-B052", "3万", "met"),
        ("rugao_text_targets", "RG-B077", "70", "met"),
        ("rugao_text_targets", "RG-B077", "70.5", "not_met"),
        ("rugao_text_targets", "RG-B096", "3", "unscored"),  # 前列
        ("rugao_text_targets", "RG-B101", "0", "met"),
        ("rugao_text_targets", "RG-B101", "1", "not_met"),
        ("zhejiang_2020", "ZJ-006", "99.5", "not_met"),
        ("zhejiang_2020", "ZJ-006", "100", "met"),
        ("zhejiang_2020", "ZJ-012", "4", "met"),
        ("zhejiang_2020", "ZJ-013", "0.66", "not_met"),  # 三分之二
        ("zhejiang_2020", "ZJ-013", "0.67", "met"),
    ],
)
def test_one_cell_filled_in_has_the_status_it_has_by_hand(plan, source, value, status):
    assert statuses(plan, (source, 2021, value)) == [status]


def test_wuzhong_expects_its_elderly_facilities_two_years_before_the_rest():
    years = Counter(i.target_year for i in framework("wuzhong_2025").model.indicator)

    assert years == {2025: 14, 2023: 1, None: 6}
    assert statuses("wuzhong_2025", ("WZ-002", 2023, "99"), ("WZ-002", 2024, "100")) == ["not_met", "met"]


def test_wuzhong_gets_the_share_of_its_counties_that_pass_and_the_worst_of_them():
    counties = ["利通区", "红寺堡区", "盐池县", "同心县", "青铜峡市"]
    table = pd.DataFrame(
        [(name, "preschool_counties", cell) for name, cell in zip(counties, "11101", strict=True)]
        + [(name, "county_nursery", cell) for name, cell in zip(counties, "12101", strict=True)]
        + [
            ("吴忠市", row["indicator"], "—") for row in template("wuzhong_2025") if row["region"] == "640300"
        ],
        columns=["region", "indicator", "value"],
    )
    built = framework("wuzhong_2025")
    panel, _, _ = built.read(table.assign(year=2025))
    ids = [indicator.id for indicator in built.model.indicator]
    share, worst = ids.index("preschool_counties"), ids.index("county_nursery")

    rolled = roll_up(built.model, built.regions, panel)

    assert rolled.rolled[0, [share, worst]].tolist() == [80, 0]
    assert rolled.failing(0, share) == ("同心县",)


def test_rental_housing_adds_up_over_the_years_of_the_plan():
    cells = [("WZ-018", 2021, 100), ("WZ-018", 2022, 200), ("WZ-018", 2023, 75)]

    assert statuses("wuzhong_2025", *cells) == ["not_met", "not_met", "met"]


def test_places_and_levels_are_met_or_not_and_never_in_part():
    leaves, _ = filled("rugao_text_targets", ("RG-B038", 2021, 2), ("RG-B045", 2021, "3级"))

    assert [leaves[source, 2021]["attainment"] for source in ("RG-B038", "RG-B045")] == [0, 0]


def test_zhejiang_directions_start_from_2015_and_steps_allow_no_setback():
    budget = [("ZJ-003", year, value) for year, value in ((2015, 30), (2016, 31), (2017, 30.5), (2018, 32))]
    gap = [("ZJ-004", year, value) for year, value in ((2015, 1.9), (2016, 1.9), (2017, 1.95), (2018, 1.8))]

    assert statuses("zhejiang_2020", *budget)[1:] == ["met", "not_met", "not_met"]
    assert statuses("zhejiang_2020", *gap)[1:] == ["at_limit", "not_met", "met"]
    assert statuses("zhejiang_2020", ("ZJ-003", 2016, 31)) == ["unscored"]


def test_support_for_destitute_persons_is_held_against_the_dibao_standard():
    cells = [("dibao_standard", 2021, 780), ("RG-B080", 2021, 1013)]
    cells += [("dibao_standard", 2022, 800), ("RG-B080", 2022, 1040)]

    leaves, _ = filled("rugao_text_targets", *cells)

    rows = [leaves["RG-B080", year] for year in (2021, 2022)]
    assert [row["target_low"] for row in rows] == pytest.approx([1.3 * 780, 1.3 * 800])
    assert [row["status"] for row in rows] == ["not_met", "met"]


def test_adapted_homes_are_counted_from_the_start_of_the_plan():
    cells = [("RG-B066", 2021, 500), ("RG-B066", 2022, 300)]

    assert statuses("rugao_text_targets", *cells) == ["not_met", "met"]


@pytest.mark.parametrize(("dibao", "status"), [(640, "not_met"), (780, "met"), (880, "not_met")])
def test_dibao_standard_is_held_against_last_years_consumption(dibao, status):
    cells = [("dibao_standard", 2021, dibao), ("consumption_last_year", 2021, 26_000)]

    row = filled("rugao_text_targets", *cells)[0]["RG-B079", 2021]

    # 12 x 640 = 29.5 %, 12 x 780 = 36 %, 12 x 880 = 40.6 % of 26,000.
    assert row["value"] == pytest.approx(12 * dibao / 260)
    assert row["status"] == status
