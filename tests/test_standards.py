"""Service lists against each other, and facility norms: verdicts by hand, and the plans' own worked numbers."""

import csv
import hashlib
import json
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from conftest import REPOSITORY
from equindex.cli import app
from equindex.errors import DataError, FrameworkError
from equindex.standards import check, facilities, read_list
from equindex.standards.amounts import against, ceiling, measure, read_standard

EXAMPLE = REPOSITORY / "data" / "standards"


@pytest.fixture
def write(tmp_path):
    """Write a table from its lines; return its path."""

    def table(name, *lines, encoding="utf-8"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding=encoding)
        return path

    return table


def run(*words, code=0):
    """Run the command; return stdout and stderr."""
    result = CliRunner().invoke(app, ["standards", *map(str, words)], env={"COLUMNS": "200"})
    assert result.exit_code == code, (result.output, result.exception)
    return result.stdout, result.stderr


def verdict(local, other, unit="", other_unit=None, way=0, other_way=0):
    """Hold one printed standard against another."""
    other_unit = unit if other_unit is None else other_unit
    return against(
        read_standard(local, unit), unit, way, read_standard(other, other_unit), other_unit, other_way
    )


def column(frame, name, **wanted):
    """Return one column of the rows that have these values."""
    for key, value in wanted.items():
        frame = frame[frame[key] == value]
    return frame[name].tolist()


# one standard against another --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("local", "other", "unit", "said"),
    [
        ("人均用地不少于0.2平方米", "人均不少於0.1平方米", "平方米/人", "at least"),  # RG-B102, WZ-001
        ("人均不少於0.1平方米", "人均用地不少于0.2平方米", "平方米/人", "below"),
        ("每人每月710元", "不低于每人每月580元", "", "at least"),  # RG-A019, RG-A017
        ("不低于每人每月420元", "710元", "元/人·月", "below"),
        ("≥1.3倍", "不低于低保标准的1.3倍", "倍", "at least"),  # RG-B080
        ("≥90", ">90", "%", "below"),
        (">90", "≥90", "%", "at least"),
        (">90", ">90", "%", "at least"),
        ("70平方米以内", "不超过75平方米", "", "at least"),  # negative by its operator
        ("不超过80平方米", "70平方米以内", "", "below"),
        ("<70", "≤70", "天", "at least"),
        ("≤70", "<70", "天", "below"),
        ("60天", "不超过60天", "天", "at least"),  # a bare number takes the direction of the other side
        ("61天", "不超过60天", "天", "below"),
        ("35%", "30%～40%", "%", "at least"),  # RG-B079: the lower end is what is promised
        ("25%～40%", "30%～40%", "%", "below"),
        ("48张", "50张左右", "张", "at least"),  # 左右 reaches 5 %
        ("47张", "50张左右", "张", "below"),
        ("50张左右", "47张", "张", "at least"),
        ("50张左右", "60张", "张", "below"),
        ("50张左右", "50张左右", "张", "at least"),
        ("0.30000000000000004", "0.3", "", "at least"),
    ],
)
def test_verdicts_by_hand(local, other, unit, said):
    assert verdict(local, other, unit) == (said, "")


@pytest.mark.parametrize(
    ("local", "other", "unit", "other_unit", "reason"),
    [
        ("按国家规定执行", "≥3", "", "", "words here"),
        ("≥3", "按国家规定执行", "", "", "words there"),
        ("", "≥3", "", "", "no standard here"),
        ("≥3", "—", "", "", "no standard there"),
        ("20平方米", "20", "", "", "different units: 平方米 and none"),
        ("710元", "每人每月710元", "", "", "different units: 元 and 元/人月"),
        ("20", "20", "平方米/百户", "平方米/千户", "different units: 平方米/百户 and 平方米/千户"),
        ("20平方米", "20", "元", "元", "平方米 is printed here, and the unit is 元"),
        ("<4/<5.5", "<4", "", "", "two standards in one cell here"),
        ("50张左右", "50张", "张", "张", "50张左右 is about the same as 50张"),
        (
            "低保标准的1.3倍",
            "最低工资的1.3倍",
            "",
            "",
            "multiples of different things: 低保标准 and 最低工资",
        ),
        ("≤4", "≥4", "天", "天", "higher is better in one list, lower in the other"),
        ("十四五期间60", "60", "", "", "only one is the total of a period, or on top of a baseline"),
    ],
)
def test_what_cannot_be_compared_says_why(local, other, unit, other_unit, reason):
    assert verdict(local, other, unit, other_unit) == ("cannot be compared", reason)


def test_a_bound_on_the_wrong_side_promises_nothing():
    assert verdict("≤4", "4", "天", way=1, other_way=1) == ("cannot be compared", "≤4 sets no lower end")


@given(st.decimals(-999, 999, places=2), st.decimals(-999, 999, places=2), st.sampled_from([1, -1]))
def test_plain_numbers_compare_as_their_decimals_do(local, other, way):
    said, reason = verdict(str(local), str(other), "元", way=way, other_way=way)

    assert (said, reason) == ("at least" if way * local >= way * other else "below", "")


@given(st.integers(1, 99), st.integers(1, 99), *[st.sampled_from(["≥", ">", "", "≤", "<"])] * 2)
def test_no_standard_is_below_itself_and_of_two_one_is_at_least_the_other(a, b, first, second):
    local, other = f"{first}{a}", f"{second}{b}"
    there, back = verdict(local, other, "天")[0], verdict(other, local, "天")[0]

    assert verdict(local, local, "天")[0] == "at least"
    assert (there == "cannot be compared") == (back == "cannot be compared")
    assert (there, back) != ("below", "below")


def test_one_unit_has_many_spellings():
    spellings = [("710", "元/人·月"), ("710", "元/月·人"), ("710", "元/(人·月)"), ("每人每月710元", "")]

    assert {measure(read_standard(cell, unit), unit) for cell, unit in spellings} == {"元/人月"}


@pytest.mark.parametrize(
    ("local", "top", "unit", "way", "said"),
    [
        ("≥700", "800", "元", 0, "within"),
        ("≥850", "800", "元", 0, "above"),
        ("800", "800", "元", 0, "within"),
        ("800", "<800", "元", 0, "above"),
        (">800", "不超过800", "元", 0, "above"),
        ("700～900", "800", "元", 0, "above"),
        ("45%", "30%～40%", "%", 0, "above"),
        ("≤60", "70", "平方米", 0, "above"),  # stricter than the strictest
        ("≤70", "70", "平方米", 0, "within"),
    ],
)
def test_ceilings_by_hand(local, top, unit, way, said):
    found = ceiling(read_standard(local, unit), unit, way, read_standard(top, unit), unit, way)

    assert found == (said, "")


# lists -------------------------------------------------------------------------------------------------------

COUNTY = (
    "编号,领域,服务项目,服务对象,服务内容,服务标准,单位,支出责任,上级项目,上限,覆盖,达标,保障",
    "1,教育,助学金,贫困学生,补助,每人每年1000元,,县,,1200元/人·年,是,是,是",
    "2,教育,营养餐,农村学生,供餐,5元,元/天,县,P2,,是,否,",
    "3,养老,高龄津贴,80岁以上老人,津贴,按省定标准,,,,,是,是,否",
    "4,养老,助餐,老人,,,,县,,,否,是,",
)
PROVINCE = (
    "編號,領域,服務項目,服務標準,單位,上級項目",
    "1,教育,助学金,每人每年900元,,N1",
    "P2,教育,學生營養餐,6元,元/天,",
    "P3,養老,高齡津貼,每人每月50元,,",
    "P9,醫療,體檢,一年1次,次/年,",
)
NATION = (
    "id,domain,name,standard,unit,ceiling",
    "N1,教育,学生资助,每人每年950元,,",
    "P9,医疗,体检,1,次/年,2",
)


@pytest.fixture
def lists(write):
    return write("county.csv", *COUNTY), [write("province.csv", *PROVINCE), write("nation.csv", *NATION)]


@pytest.fixture
def found(lists):
    return check(lists[0], lists[1], target="80%以上")


def test_coverage_is_items_with_a_standard_by_domain_and_in_total(found):
    own = found.coverage[found.coverage["level"] == "county"]

    assert own["domain"].tolist() == ["total", "教育", "养老"]
    assert own["with_standard"].tolist() == [3, 2, 1]
    assert own["rate"].tolist() == [75.0, 100.0, 50.0]
    assert own["met"].tolist() == [False, None, None]


@pytest.mark.parametrize(
    ("target", "met"), [("75%以上", True), ("＞75", False), ("75", True), ("75.1%", False)]
)
def test_the_target_for_coverage_is_read_as_printed(lists, target, met):
    assert column(check(lists[0], target=target).coverage, "met", domain="total") == [met]


def test_items_lack_parts_by_name(found):
    rows = found.completeness[found.completeness["level"] == "county"]

    assert rows["complete"].tolist() == [True, True, False, False]
    assert rows["lacks"].tolist() == ["", "", "responsibility", "content, standard"]


def test_missing_and_own_items_against_every_list_above(found):
    missing = {(r.level, r.superior, r.id) for r in found.missing.itertuples()}
    extra = {(r.level, r.superior, r.id) for r in found.extra.itertuples()}

    assert missing == {("county", "province", "P9"), ("county", "nation", "P9")}
    assert extra == {
        ("county", "province", "4"),
        *(("county", "nation", key) for key in "234"),
        *(("province", "nation", key) for key in ("P2", "P3")),
    }


def test_standards_are_held_against_each_list_above_and_those_against_each_other(found):
    said = {(r.level, r.superior, r.id): r.verdict for r in found.comparison.itertuples()}
    by = {(r.level, r.superior, r.id): r.matched_by for r in found.comparison.itertuples()}

    assert said == {
        ("county", "province", "1"): "at least",
        ("county", "province", "2"): "below",
        ("county", "province", "3"): "cannot be compared",
        ("county", "nation", "1"): "at least",
        ("province", "nation", "1"): "below",
        ("province", "nation", "P9"): "at least",
    }
    assert by["county", "province", "1"] == "id"
    assert by["county", "province", "2"] == "superior item"
    assert by["county", "province", "3"] == "name"  # in the other script
    assert by["county", "nation", "1"] == "superior item"  # through the province's row
    assert column(found.comparison, "difference", level="county", superior="province")[:2] == [100.0, -1.0]


def test_ceilings_of_the_row_and_of_the_lists_above(found):
    rows = [(r.level, r.id, r.of, r.verdict) for r in found.ceilings.itertuples()]

    assert rows == [
        ("county", "1", "county", "within"),
        ("province", "P9", "nation", "within"),
        ("nation", "P9", "nation", "within"),
    ]


def test_three_parts_count_yes_no_and_not_said(found):
    rows = found.three_parts[found.three_parts["domain"] == "total"].set_index("part")

    assert rows["share"].tolist() == pytest.approx([75, 200 / 3, 50])
    assert rows["unknown"].tolist() == [0, 0, 2]
    assert rows.loc["met", "without_standard"] == 1  # 助餐 claims to meet what it does not have


def test_the_answer_says_it_in_words(found):
    text = "\n".join(found.answer())

    for words in (
        "75.0 % (3 of 4 items); target 80%以上: not met",
        "Complete (对象、内容、标准、支出责任): 2 of 4 items; lacking 服务内容 in 1, 服务标准 in 1, 支出责任 in 1",
        "Attainment degree (服务全达标): 66.7 % (2 of 3 items, 1 without a standard left out)",
        "county against province (内容无缺项): 1 of 4 items are missing: 體檢; 1 of its own",
        "county against province (不低于上级标准): 1 at least, 1 below (营养餐), 1 cannot be compared (高龄津贴)",
        "province against nation (内容无缺项): no item is missing; 2 of its own",
        "none of 3 is exceeded",
    ):
        assert words in text


def test_lists_called_alike_are_told_apart(write):
    paths = [write(f"{folder}/list.csv", "name,standard", "a,1") for folder in ("city", "province")]

    assert check(paths[0], paths[1:]).levels == ("city/list", "province/list")


def test_what_is_above_a_ceiling_is_named(write):
    county = write(
        "county.csv", "id,name,standard", "1,低保,每人每月900元", "2,救助,每人每月500元", "3,供养,若干"
    )
    province = write(
        "province.csv", "id,name,standard,ceiling", "1,a,,每人每月800元", "2,b,,每年800元", "3,c,,800"
    )
    found = check(county, [province])

    assert column(found.ceilings, "verdict") == ["above", "cannot be compared", "cannot be compared"]
    text = "1 of 3 exceeded: 低保 每人每月900元 > 每人每月800元 of province; 2 cannot be compared."
    assert found.answer()[-1].endswith(text)


EDITIONS = (
    "id,name,standard,unit,effective_from,edition",
    "a,低保,580,元/人·月,2015,2015年版",
    "a,低保,710,元/人·月,2020年,2020年版",
    "b,体检,每年1次,,,",
    "c,托育,100,元,2020,2020年版",
    "d,康复,900,元,2015,",
    "d,康复,800,元,2026,",
)


@pytest.mark.parametrize(
    ("year", "standards", "moved"),
    [
        (None, ["710", "每年1次", "100", "800"], [("a", "raised"), ("c", "added"), ("d", "lowered")]),
        (2020, ["710", "每年1次", "100", "900"], [("a", "raised"), ("c", "added")]),
        (2019, ["580", "每年1次", "900"], []),
        (2000, ["每年1次"], []),
    ],
)
def test_the_edition_in_force_counts_and_what_moved_is_told(write, year, standards, moved):
    found = check(write("list.csv", *EDITIONS), as_of=year)

    assert found.items["standard"].tolist() == standards
    assert [(r.id, r.moved) for r in found.changes.itertuples()] == moved


def test_items_not_in_force_yet_are_noted(write):
    path = write("list.csv", *EDITIONS)

    assert check(path, as_of=2000).notes == ("list: 3 items are not in force yet in 2000",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_lists_are_read_in_every_encoding(write, encoding):
    found = read_list(write("list.csv", *PROVINCE, encoding=encoding))

    assert [item.id for item in found.items] == ["1", "P2", "P3", "P9"]
    assert found.items[1].superior_item == ""
    assert found.items[0].superior_item == "N1"


def test_a_workbook_gives_what_the_text_gives(write, tmp_path):
    text = write("list.csv", *COUNTY)
    pd.read_csv(text, dtype=str).to_excel(tmp_path / "list.xlsx", index=False, engine="xlsxwriter")

    assert read_list(tmp_path / "list.xlsx").items == read_list(text).items


def test_all_faults_of_all_files_are_told_at_once(write):
    first = write(
        "county.csv",
        "编号,服务项目,服务标准,单位,方向,上限,生效年份,达标",
        "1,a,按规定,元,,,,",
        "1,b,1,,,,,",
        "2,,1,,向上,,,",
        "3,c,1,,,很高,去年,大概",
    )
    second = write("province.csv", "name,standart", "a,1")
    third = write("nation.csv", "id,standard", "a,1")

    with pytest.raises(DataError) as error:
        check(first, [second, third])

    for words in (
        "9 faults:",
        "county.csv row 2: the standard '按规定' cannot be read as a number in 元",
        "county.csv row 3: item '1' is on row 2 already",
        "county.csv row 4: an item without a name",
        "county.csv row 4: direction '向上'",
        "county.csv row 5: the ceiling '很高' is no number",
        "county.csv row 5: '去年' is no year",
        "county.csv row 5: met is '大概'",
        "province.csv: unknown columns: 'standart' (Did you mean 'standard'?",
        "nation.csv: no column of names",
    ):
        assert words in str(error.value)


def test_an_item_that_could_be_two_superior_ones_is_a_fault(write):
    county = write("county.csv", "id,name", "1,甲", "9,丙")
    province = write("province.csv", "id,name", "1,乙", "2,甲", "3,丙", "4,丙")

    with pytest.raises(DataError) as error:
        check(county, [province])

    assert "item '1' has the id of '乙' but the name of item '2' in province.csv" in str(error.value)
    assert "'丙' is the name of several items (3, 4) in province.csv" in str(error.value)


def test_a_superior_item_that_no_list_has_is_noted_not_guessed(write):
    county = write("county.csv", "id,name,superior_item", "1,甲,X")
    province = write("province.csv", "id,name", "2,乙")
    found = check(county, [province])

    assert column(found.missing, "id") == ["2"]
    assert "county.csv row 2: no superior list has an item 'X'" in found.notes[0]


def test_options_that_cannot_work_are_refused(lists):
    with pytest.raises(FrameworkError, match="belong together"):
        check(lists[0], norms=lists[0])
    with pytest.raises(FrameworkError, match="cannot be read"):
        check(lists[0], target="很高")
    with pytest.raises(DataError, match=r"no item is in force in 1999"):
        check(write_old(lists[0]), as_of=1999)


def write_old(path):
    """Write a list that begins in 2020 beside another."""
    later = path.with_name("later.csv")
    later.write_text("name,effective_from\na,2020\n", encoding="utf-8")
    return later


# facility norms ----------------------------------------------------------------------------------------------

NORMS = (
    "编号,设施,条件,标准,每,基数,任选组",
    "B015,托育设施,类型=新建小区,每百户不少于20平方米,,户数,",  # RG-B015
    "B016,托育设施,类型=老城区,每百户不低于15平方米,,,",  # RG-B016
    "B067,养老用房,户数=3000-4000,30,100,户数,",  # RG-B067
    "B068,养老用房,户数=3000-4000,不少于1200平方米,,,",  # RG-B068
    "B049a,村卫生室,,1,,行政村,clinic",  # RG-B049
    "B049b,村卫生室,,1,3000至5000,服务人口,clinic",
)
AREAS = "地区,类型,户数,行政村,服务人口,托育设施,养老用房,村卫生室"


def held(write, *areas, norms=NORMS, header=AREAS):
    return facilities(write("norms.csv", *norms), write("areas.csv", header, *areas))


def rows_of(found, facility):
    return found.facilities[found.facilities["facility"] == facility].to_dict("records")


def test_the_plans_worked_example_comes_out(write):
    [per_hundred, whole] = rows_of(held(write, "甲,,4000,,,,1200,"), "养老用房")

    assert per_hundred["required"] == 1200  # «30 m² × 40 (hundreds of households) = 1200 m²»
    assert whole["required"] == 1200
    assert per_hundred["met"] is True


@pytest.mark.parametrize(
    ("kind", "actual", "required", "rule", "attainment", "met"),
    [
        ("新建小区", "600", 800, "B015", 75.0, False),
        ("老城区", "600", 600, "B016", 100.0, True),
        ("老城区", "900", 600, "B016", 100.0, True),
    ],
)
def test_the_norm_depends_on_the_kind_of_area(write, kind, actual, required, rule, attainment, met):
    [row] = rows_of(held(write, f"甲,{kind},4000,,,{actual},,"), "托育设施")

    assert (row["required"], row["rule"], row["attainment"]) == (required, rule, attainment)
    assert row["met"] is met
    assert row["uncapped"] == 100 * float(actual) / required


@pytest.mark.parametrize(
    ("villages", "people", "clinics", "rule", "met"),
    [
        ("4", "15000", "4", "B049a", True),
        ("4", "15000", "3", "B049b", True),  # one for 5000 people is enough
        ("4", "15000", "2", "B049b", False),  # nearer to 3 than to 4
        ("2", "15000", "2", "B049a", True),
        ("4", "", "4", "B049a", True),
        ("4", "", "3", "B049b", None),  # one for each village is not there; how many people is not known
    ],
)
def test_one_of_several_rules_is_enough(write, villages, people, clinics, rule, met):
    [row] = rows_of(held(write, f"甲,,,{villages},{people},,,{clinics}"), "村卫生室")

    assert row["rule"] == rule
    assert row["met"] is met or (met is None and pd.isna(row["met"]))
    if people and rule == "B049b":
        assert (row["required"], row["required_high"]) == (3, 5)


@pytest.mark.parametrize(
    ("area", "reason"),
    [
        ("甲,新建小区,,,,600,,", "no 户数"),
        ("甲,新建小区,4000,,,—,,", "no 托育设施"),
        ("甲,,4000,,,600,,", "no 类型, so it is not known whether the norm applies"),
    ],
)
def test_what_cannot_be_judged_says_why(write, area, reason):
    found = held(write, area)
    row = rows_of(found, "托育设施")[0]

    assert pd.isna(row["met"])
    assert row["reason"] == reason
    assert column(found.summary, "unscored", facility="托育设施") == [1]


def test_decimal_norms_are_exact_at_the_limit(write):
    norms = ("facility,amount,of", "shelter,人均不少于0.1平方米,population")
    found = held(write, "甲,3,0.3", norms=norms, header="area,人口,shelter")

    assert 0.1 * 3 > 0.3  # in floats
    assert rows_of(found, "shelter")[0]["met"] is True


@pytest.mark.parametrize(
    ("amount", "actual", "met", "attainment"),
    [
        ("不超过70平方米", "70", True, 100.0),
        ("不超过70平方米", "80", False, 87.5),
        ("<70", "70", False, 100.0),
        (">70", "70", False, 100.0),
        ("50张左右", "47.5", True, 95.0),
        ("50张左右", "47", False, 94.0),
    ],
)
def test_operators_of_norms(write, amount, actual, met, attainment):
    found = held(write, f"甲,{actual}", norms=("facility,amount", f"x,{amount}"), header="area,x")
    [row] = rows_of(found, "x")

    assert row["met"] is met
    assert row["attainment"] == attainment


def test_a_norm_that_does_not_apply_leaves_no_row(write):
    assert rows_of(held(write, "甲,新建小区,2000,,,400,,"), "养老用房") == []


def test_all_faults_of_norms_and_areas_are_told_at_once(write):
    norms = (
        "设施,条件,标准,每,基数",
        "托育设施,类型,每百户不少于20平方米,,户数",
        "托育设施,类别=新,20,百户,",
        "托育设施,,很多,,",
        "托育设施,,每百户20平方米,50,户数",
        "托育设施,,20,百户,床位",
        "公园,,1,,",
    )

    with pytest.raises(DataError) as error:
        held(write, "甲,,约4000,,,x,,", "甲,,,,,,,", norms=(*norms, "托育设施,,1,百户,"))

    for words in (
        "norms.csv row 2: the condition '类型' should be column=value",
        "norms.csv row 3: the condition names '类别', which the areas do not have",
        "norms.csv row 4: the amount '很多' cannot be read",
        "norms.csv row 5: 'per' is '50', but the amount says per 百户",
        "norms.csv row 6: the areas have no one column for '床位'",
        "areas.csv row 3: area '甲' is on row 2 already",
        "areas.csv: the areas need a column '公园'",
        "areas.csv row 2: 户数 is '约4000'",
        "areas.csv row 2: 托育设施 is 'x'",
    ):
        assert words in str(error.value)


def test_tables_of_areas_that_cannot_be_used_are_faults(write):
    with pytest.raises(DataError, match="no column of areas"):
        held(write, "1", norms=("facility,amount", "x,1"), header="x")
    with pytest.raises(DataError, match="row 3: an area without a name"):
        held(write, "甲,1", ",1", norms=("facility,amount", "x,1"), header="area,x")
    with pytest.raises(DataError) as error:
        facilities(write("norms.csv", "facility,amount", ",1"), "nowhere.csv")
    assert "nowhere.csv" in str(error.value)
    assert "norms.csv row 2: a norm without a facility" in str(error.value)


# the example, and the command --------------------------------------------------------------------------------


def test_the_bundled_lists_print_what_the_plans_print(reference):
    plans = {}
    for name in ("rugao_text_targets", "rugao_2020_achieved", "wuzhong_2025"):
        with reference(f"plans/{name}.csv").open(encoding="utf-8", newline="") as lines:
            plans |= {row["id"]: row["source_quote"] for row in csv.DictReader(lines)}

    for name in ("rugao.csv", "wuzhong.csv", "norms.csv"):
        with (EXAMPLE / name).open(encoding="utf-8", newline="") as lines:
            header, *rows = csv.reader(lines)
        places = [header.index(word) for word in ("服务标准", "服務標準", "标准", "每") if word in header]
        for row in rows:
            quote = plans.get(row[-1])
            assert (quote is None) == (row[0] in ("照料护理", "康复训练")), row
            for cell in (row[place] for place in places if quote):
                for piece in re.findall(r"[0-9.]+\D?", cell) or [cell]:
                    assert piece in quote, row


def test_the_example_runs_from_the_command_line_and_writes_every_table(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    options = ["--norms", EXAMPLE / "norms.csv", "--areas", EXAMPLE / "areas.csv", "-o", tmp_path / "out"]
    words = [EXAMPLE / "rugao.csv", "--superior", EXAMPLE / "wuzhong.csv", *options]

    out, err = run(*words)

    assert out == ""
    assert "2 at least, 0 below, 0 cannot be compared" in err
    tables = "coverage completeness missing extra comparison changes items facilities facility_summary"
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        *(f"{name}.csv" for name in tables.split()),
        "provenance.json",
    }
    assert (tmp_path / "out" / "coverage.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    told = json.loads((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))
    digests = {
        path: hashlib.sha256((EXAMPLE / path).read_bytes()).hexdigest() for path in ("rugao.csv", "norms.csv")
    }
    assert told["time"] == "1970-01-01T00:00:00+00:00"
    assert told["digests"][(EXAMPLE / "rugao.csv").as_posix()] == digests["rugao.csv"]
    assert told["digests"][(EXAMPLE / "norms.csv").as_posix()] == digests["norms.csv"]
    assert told["options"]["superior"] == [(EXAMPLE / "wuzhong.csv").as_posix()]

    assert "--force" in run(*words, code=1)[1]
    run(*words, "--force", "-q")


def test_no_input_is_ever_overwritten(lists):
    before = lists[0].read_bytes()

    _, err = run(lists[0], "-o", lists[0], "--force", code=1)

    assert "would overwrite what was read" in err
    assert lists[0].read_bytes() == before


def test_json_has_what_the_tables_have(lists, found):
    out, _ = run(
        lists[0], "--superior", lists[1][0], "--superior", lists[1][1], "--target", "80%以上", "--json"
    )
    told = json.loads(out)

    assert told["answer"] == found.answer()
    assert set(told) == {"answer", "provenance", *found.tables()}
    assert [row["verdict"] for row in told["comparison"]] == found.comparison["verdict"].tolist()


def test_printed_tables_have_the_domains_and_verdicts(lists):
    out, _ = run(lists[0], "--superior", lists[1][0])

    assert "Standard coverage by domain (领域): county" in out
    assert "cannot be compared" in out
    assert "below" in out


def test_faults_are_a_message_and_exit_1(write):
    out, err = run(write("list.csv", "name,standart", "a,1"), code=1)

    assert out == ""
    assert err.startswith("Error: list.csv: unknown columns: 'standart'")


def test_a_check_that_was_written_can_be_run_again(write, tmp_path):
    own = write("own.csv", "编号,服务项目,服务标准,单位", "1,低保,≥710,元")
    above = write("above.csv", "编号,服务项目,服务标准,单位", "1,低保,≥580,元")
    run(own, "--superior", above, "-o", tmp_path / "one", "-q")
    rerun = ["rerun", str(tmp_path / "one" / "provenance.json"), "-q", "-o"]

    again = CliRunner().invoke(app, [*rerun, str(tmp_path / "two")])
    own.write_text(own.read_text(encoding="utf-8").replace("710", "700"), encoding="utf-8")
    changed = CliRunner().invoke(app, [*rerun, str(tmp_path / "three")])

    assert again.exit_code == 0, again.output
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name
    assert changed.exit_code == 1
    assert "own.csv changed since that run" in changed.stderr


def test_a_list_is_not_its_own_superior(write):
    own = write("own.csv", "编号,服务项目,服务标准,单位", "1,低保,≥710,元")

    with pytest.raises(FrameworkError, match="a list is given twice"):
        check(own, [own])


def test_a_condition_that_is_half_a_number_is_refused(write):
    norms = write(
        "n.csv",
        "设施,条件,标准,单位",
        "厕所,人口=100-,2,个",
        "厕所,人口=100-200,1,个",
        "厕所,类型=3类区,1,个",
    )
    areas = write("a.csv", "地区,人口,类型,厕所", "甲,150,3类区,3")

    with pytest.raises(DataError) as caught:
        facilities(norms, areas)

    assert "row 2: the condition '人口=100-' cannot be read" in str(caught.value)
    assert "row 3" not in str(caught.value)
    assert "row 4" not in str(caught.value)
