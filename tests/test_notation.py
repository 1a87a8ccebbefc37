import csv
import dataclasses
import math
from decimal import Context, Decimal

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from equindex.notation import MISSING, Reading, read, read_level, read_many, show

NAN = math.nan
INF = math.inf

# text, unit, operator, value, high: forms as the five plans print them, and the same by hand.
CASES = [
    ("≥97", "%", ">=", 97, NAN),
    ("＞90", "%", ">", 90, NAN),
    ("<4", "%", "<", 4, NAN),
    ("100", "%", "", 100, NAN),
    ("≧97", "", ">=", 97, NAN),
    ("⩾97", "", ">=", 97, NAN),
    ("  >=  97 ", "", ">=", 97, NAN),
    ("＞＝９７．５", "", ">=", 97.5, NAN),
    ("≤ 3", "", "<=", 3, NAN),
    ("≦3", "", "<=", 3, NAN),
    ("⩽3", "", "<=", 3, NAN),
    ("＜3", "", "<", 3, NAN),
    ("＝3", "", "=", 3, NAN),
    ("≥-3.5", "", ">=", -3.5, NAN),
    ("4.5左右", "个", "~", 4.5, NAN),
    ("约3000个", "个", "~", 3000, NAN),
    ("約 3000", "", "~", 3000, NAN),
    ("大约3000", "", "~", 3000, NAN),
    ("～3000", "", "~", 3000, NAN),
    ("约为2.8%", "%", "~", 2.8, NAN),
    ("67%左右", "%", "~", 67, NAN),
    ("15所左右", "所", "~", 15, NAN),
    ("1万左右", "人", "~", 10000, NAN),
    ("1万左右居民", "人/个", "~", 10000, NAN),
    ("90.79%", "%", "", 90.79, NAN),
    ("23％", "%", "", 23, NAN),
    ("101.42%", "%", "", 101.42, NAN),
    ("5.2‰", "‰", "", 5.2, NAN),
    ("5.2‰", "", "", 5.2, NAN),
    ("30%～40%", "%", "range", 30, 40),
    ("30～40%", "%", "range", 30, 40),
    ("3000至5000人", "人/个", "range", 3000, 5000),
    ("每3至10万居民", "人/个", "range", 30000, 100000),
    ("3-10万人口", "万人", "range", 3, 10),
    ("3万人-5万人", "人", "range", 30000, 50000),
    ("9千至1万", "人", "range", 9000, 10000),
    ("1户至3万户", "户", "range", 1, 30000),
    ("1－2所", "所", "range", 1, 2),
    ("1-2個", "个", "range", 1, 2),
    ("10—15公里", "公里", "range", 10, 15),
    ("10公里——15公里", "公里", "range", 10, 15),
    ("7 to 18", "", "range", 7, 18),
    ("3-5", "", "range", 3, 5),
    ("-5--3", "", "range", -5, -3),
    ("-5~-3", "", "range", -5, -3),
    ("-3.5", "", "", -3.5, NAN),
    ("−3.5", "", "", -3.5, NAN),
    ("－3.5", "", "", -3.5, NAN),
    ("+3.5", "", "", 3.5, NAN),
    ("1.5e3", "", "", 1500, NAN),
    ("1.5E-3", "", "", 0.0015, NAN),
    (".5", "", "", 0.5, NAN),
    ("1,234.5", "", "", 1234.5, NAN),
    ("１，２３４", "", "", 1234, NAN),
    ("1\u00a0234\u202f567", "", "", 1234567, NAN),
    ("\ufeff12\u200e", "", "", 12, NAN),
    ("39.91万人", "万人", "", 39.91, NAN),
    ("39.91萬人", "万人", "", 39.91, NAN),
    ("60万人次", "万人次", "", 60, NAN),
    ("1900亿元", "亿元", "", 1900, NAN),
    ("1900億元", "亿元", "", 1900, NAN),
    ("1.9万亿元", "亿元", "", 19000, NAN),
    ("8000万元", "亿元", "", 0.8, NAN),
    ("3百万", "人", "", 3e6, NAN),
    ("0.89万套", "套", "", 8900, NAN),
    ("0.89万套", "万套", "", 0.89, NAN),
    ("5千人", "人", "", 5000, NAN),
    ("5千米", "公里", "", 5, NAN),
    ("5个百分点", "百分点", "", 5, NAN),
    ("3百分点", "百分点", "", 3, NAN),
    ("14.90次/万人", "次/万人", "", 14.9, NAN),
    ("40床/1,000人", "床/1,000人", "", 40, NAN),
    ("3.45m2", "m2", "", 3.45, NAN),
    ("3.45 m²", "", "", 3.45, NAN),
    ("不低于35%", "%", ">=", 35, NAN),
    ("不少於0.1平方米", "平方米/人", ">=", 0.1, NAN),
    ("至少2所", "所", ">=", 2, NAN),
    ("10家以上", "家", ">=", 10, NAN),
    ("至少6个以上", "个", ">=", 6, NAN),
    ("95% 以上", "%", ">=", 95, NAN),
    ("保持在90%以上", "%", ">=", 90, NAN),
    ("不超过70平方米", "平方米", "<=", 70, NAN),
    ("150% 以内", "%", "<=", 150, NAN),
    ("2%以下", "%", "<=", 2, NAN),
    ("超過5", "", ">", 5, NAN),
    ("不足5", "", "<", 5, NAN),
]

# Each could be taken for a number by a careless reader.
UNREADABLE = """
abc 12/5 2024-05-01 2024-05 12,5 0,500 1,23 1,234,56 1,2345 1.2.3 inf -inf Infinity 1e400 1_000 0x10
٣ 10² 5½ ① 5±1 —5 5— 3~ 10-5 约3-5 ≥3~5 ≥3≤5 3<x<5 至少5以下 不高于不低于5 (60) 60* 96.42[1] [60 [6][0]
5万多 50多家 30余 100元起 15公里内 3个亿 5万三千 3万5千 3分之二
4个半 30上下 全覆盖 15分钟服务圈 8成 八成以上 一 一以上 一次性 三五个 一百五 十几个 星期三 二〇二五
基本完成 基本全覆盖 前10% 目前5 倒数第一 年均5% :5 力争 力争确保5 人均增5 每户左右5 到2025年达到95% 4/5.5
5bn 每1万左右常住人口配备1所 #DIV/0! =1+1 True 5%万 1%~2‰ 3所至5家
"""
SPACED = ["1 234", "- 5", "5 or more", "5 million", "12\n5"]


def table(path):
    """Read a reference table as one dictionary for each row."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def same(one, two):
    """Tell whether two readings agree in all but what was printed."""
    fields = ["value", "high", "operator", "cumulative", "percent", "missing", "strength", "increment"]
    fields += ["per", "relative", "lag", "ordinal", "trend", "steps"]
    return all(
        getattr(one, field) == getattr(two, field) or getattr(one, field) != getattr(one, field)
        for field in fields
    ) and bool(one.unread) == bool(two.unread)


@pytest.mark.parametrize(("text", "unit", "operator", "value", "high"), CASES)
def test_a_printed_form_is_read(text, unit, operator, value, high):
    reading = read(text, unit)

    assert (reading.operator, reading.value, reading.unread, reading.missing) == (operator, value, "", False)
    assert reading.high == high or (math.isnan(reading.high) and math.isnan(high))
    assert reading.raw == text
    assert reading.percent == any(mark in text for mark in "%％")
    assert not reading.cumulative


@pytest.mark.parametrize("text", UNREADABLE.split() + SPACED)
def test_what_is_not_understood_as_a_whole_stays_unread(text):
    reading = read(text)

    assert (reading.unread, reading.raw) == (text, text)
    assert not reading.numeric
    assert not reading.missing


@pytest.mark.parametrize(
    ("text", "unit"),
    [("5‰", "%"), ("5%", "‰"), ("60人次", "万人次"), ("3人至5万人", "万人"), ("0.5万至9000", "万人")],
)
def test_a_unit_at_odds_with_the_given_one_stays_unread(text, unit):
    assert read(text, unit).unread == text


@pytest.mark.parametrize("brackets", ["[]", "［］", "﹝﹞", "〔〕", "【】"])
@pytest.mark.parametrize(
    ("inside", "operator", "value"), [("60", "", 60), ("＞15", ">", 15), (" ≥1.5 ", ">=", 1.5)]
)
def test_brackets_mean_a_total_of_the_period(brackets, inside, operator, value):
    reading = read(brackets[0] + inside + brackets[1])

    assert (reading.cumulative, reading.operator, reading.value) == (True, operator, value)


def test_brackets_leave_room_for_operator_and_unit_outside():
    reading = read("≥[60]万人次", "万人次")

    assert (reading.cumulative, reading.operator, reading.value, reading.suffix) == (True, ">=", 60, "人次")


NOTHING = "— – - － ― ─ … / —— ── -- .. …… NaN N/A ［—］"


@pytest.mark.parametrize("text", [*sorted(MISSING), *NOTHING.split(), " \u3000", None, NAN])
def test_a_cell_that_says_there_is_no_value_is_missing(text):
    reading = read(text)

    assert reading.missing
    assert reading.unread == ""
    assert not reading.numeric
    assert reading.cumulative == (text == "［—］")


@pytest.mark.parametrize(
    ("cell", "raw", "value"),
    [
        (97.0, "97", 97.0),
        (0.1, "0.1", 0.1),
        (12, "12", 12.0),
        (np.int64(7), "7", 7.0),
        (np.float64(1e22), "1e+22", 1e22),
    ],
)
def test_a_number_is_read_as_itself(cell, raw, value):
    assert (read(cell).raw, read(cell).value) == (raw, value)


@pytest.mark.parametrize("cell", [True, np.True_, math.inf, -math.inf, 10**400])
def test_what_only_looks_like_a_number_to_python_is_not_one(cell):
    assert read(cell).unread


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        ("60", ""),
        ("60万人次", "人次"),
        ("170元/月", "元/月"),
        ("10家以上", "家"),
        ("5‰", "‰"),
        ("5%", ""),
        ("3~5 m²", "m²"),
    ],
)
def test_the_printed_unit_is_kept(text, suffix):
    assert read(text).suffix == suffix


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("90", (90, 90, False, False)),
        ("=90", (90, 90, False, False)),
        ("约90", (90, 90, False, False)),
        ("≥90", (90, INF, False, False)),
        ("＞90", (90, INF, True, False)),
        ("≤4", (-INF, 4, False, False)),
        ("<4", (-INF, 4, False, True)),
        ("30～40", (30, 40, False, False)),
        ("—", (NAN, NAN, False, False)),
        ("abc", (NAN, NAN, False, False)),
    ],
)
def test_bounds_say_where_the_true_value_lies(text, bounds):
    np.testing.assert_equal(read(text).bounds, bounds)
    np.testing.assert_equal([array[1] for array in read_many(["1", text]).bounds], bounds)


def test_every_cell_of_the_rugao_table_is_read_as_it_was_keyed(reference):
    rows = table(reference("plans/rugao_2025.csv"))

    assert len(rows) == 36
    for row in rows:
        target, baseline = read(row["target_raw"], row["unit"]), read(row["baseline_raw"], row["unit"])
        assert (target.operator, target.value) == (row["operator"], float(row["target_value"])), row["id"]
        assert target.cumulative == (row["cumulative"] == "true"), row["id"]
        assert baseline.operator == row["baseline_operator"], row["id"]
        assert baseline.missing == (row["baseline_value"] == ""), row["id"]
        np.testing.assert_equal(baseline.value, float(row["baseline_value"] or "nan"), err_msg=row["id"])
        assert baseline.percent == ("%" in row["baseline_raw"]), row["id"]
        assert (target.unread, baseline.unread, baseline.cumulative) == ("", "", False), row["id"]


# The same 36 rows without the reference data: target, then baseline. 如皋市“十四五”公共服务规划, 表1.
RUGAO = """
≥97 96.42, 4.5左右 2.2, ＞90 90.79%, 100 100, 100 100, 100 100, 100 100, 15.5 10.41, <4 <4,
[60] 1.5, ≥3.9 2.7, ≥4.5 4.1, ≥83 82.19, ≥99 ≥98, 18 15, 100 —, 100 100, 75 63.36%,
＞90 ＞80, ≥28 23%, 1.62 0.27, 100 —, ≥10 14.90, ≥98 99.6, 100 100, 100 100, 100 80,
≥95 97.1%, 86 84.4, 100 100, 100 100, 7 6, 3.45 3.3, [＞15] 50, [＞15] 50, 99 98.7
"""
RUGAO_TARGETS = """
>=97 ~4.5 >90 100 100 100 100 15.5 <4 [60] >=3.9 >=4.5 >=83 >=99 18 100 100 75
>90 >=28 1.62 100 >=10 >=98 100 100 100 >=95 86 100 100 7 3.45 [>15] [>15] 99
"""
RUGAO_BASELINES = [
    *[
        96.42,
        2.2,
        90.79,
        100,
        100,
        100,
        100,
        10.41,
        4,
        1.5,
        2.7,
        4.1,
        82.19,
        98,
        15,
        NAN,
        100,
        63.36,
        80,
        23,
        0.27,
    ],
    *[NAN, 14.9, 99.6, 100, 100, 80, 97.1, 84.4, 100, 100, 6, 3.3, 50, 50, 98.7],
]


def test_the_rugao_table_is_read_without_reference_data():
    cells = [cell.split() for cell in RUGAO.replace("\n", " ").split(",")]
    targets = [read(target) for target, _ in cells]
    column = read_many([baseline for _, baseline in cells], "%")

    printed = [f"{target.operator}{target.value:g}" for target in targets]
    printed = [
        f"[{text}]" if target.cumulative else text for text, target in zip(printed, targets, strict=True)
    ]
    assert printed == RUGAO_TARGETS.split()
    np.testing.assert_equal(column.value, RUGAO_BASELINES)
    assert [column.operator[row] for row in (8, 13, 18)] == ["<", ">=", ">"]


PLANS = {
    "rugao_2025": 36,
    "rugao_text_targets": 104,
    "rugao_2020_achieved": 39,
    "wuzhong_2025": 21,
    "taizhou_2021": 5,
    "zhejiang_2020": 13,
}
# Cells of the plans that hold no number that can be used, each with the words that stand in the way.
NOT_NUMERIC = {
    "RG-B038": (
        "南通第一、全省领先",
        "全省领先",
    ),  # first in Nantong is a place, leading in the province is none
    "RG-B096": ("位居南通前列", "位居南通前列"),  # among the first, but not how many
    "WZ-017": ("基本完成", "基本"),  # how much "basically" is, nobody says
}
# Cells that say a direction only.
TRENDS = {"ZJ-003": ("rise", True), "ZJ-004": ("fall", False)}
# Recorded as at least, by what the sentence around the cell says; the cell is a bare level.
LEVELS = {"RG-B043", "RG-B044", "RG-B045"}
# 至少 stands before the first of two, and the cell is the second.
SHARED_WORD = {"RG-B055"}


@pytest.mark.parametrize(("plan", "count"), PLANS.items())
def test_the_targets_of_the_five_plans_are_read_as_they_were_recorded(plan, count, reference):
    rows = table(reference(f"plans/{plan}.csv"))

    assert len(rows) == count
    for row in rows:
        name, cell = row["id"], row["target_raw"]
        target = read(cell, row["unit"])
        assert same(target, read(show(target), row["unit"])), name
        if not cell:
            assert target.missing, name  # the plan reports what was reached, and sets no target
        elif name in NOT_NUMERIC:
            assert (cell, target.rest) == NOT_NUMERIC[name]
            assert not target.numeric
        elif name in TRENDS:
            assert (target.trend, target.steps, target.numeric, target.unread) == (*TRENDS[name], False, "")
        else:
            assert target.value == pytest.approx(float(row["target_value"]), abs=0.5e-4), name
            assert target.value == float(row["target_value"]) or "分之" in cell, name
            np.testing.assert_equal(target.high, float(row["target_value_high"] or "nan"), err_msg=name)
            assert target.operator == ("" if name in LEVELS | SHARED_WORD else row["operator"]), name
            # Prose says "in the plan's years" elsewhere: only brackets and words in the cell count.
            assert target.cumulative == (row["cumulative"] == "true" and "[" in cell), name


def test_cells_with_a_printed_operator_are_read_to_it(reference):
    rows = [row for plan in PLANS for row in table(reference(f"plans/{plan}.csv"))]
    seen = 0

    assert len(rows) == 218
    for row in rows:
        words = row["operator_printed"].split("|")
        cell = row["target_raw"].replace(" ", "")
        if row["operator"] and all(words) and all(word in cell for word in words):
            target = read(row["target_raw"], row["unit"])
            assert (target.operator, target.numeric) == (row["operator"], True), row["id"]
            seen += 1
    assert seen > 60


@pytest.mark.parametrize("plan", PLANS)
def test_the_values_that_plans_report_are_read_as_they_were_recorded(plan, reference):
    for row in table(reference(f"plans/{plan}.csv")):
        baseline = read(row["baseline_raw"], row["unit"])
        if row["baseline_value"]:
            assert baseline.value == float(row["baseline_value"]), row["id"]
        elif row["id"] == "RG-A036":
            assert (row["baseline_raw"], baseline.value) == ("全覆盖", 100)  # by the row's note
        else:
            assert baseline.missing, row["id"]


# text, unit, value, and the fields that differ from those of a bare number, by hand.
SENTENCES = [
    ("力争≥95%", "%", 95, {"operator": ">=", "strength": "aspirational", "percent": True}),
    ("爭取在50%", "%", 50, {"strength": "aspirational", "percent": True}),
    ("确保达到95以上", "", 95, {"operator": ">=", "strength": "binding"}),
    ("预期5", "", 5, {"strength": "expected"}),
    ("“十四五”期间，新建3000个", "个", 3000, {"cumulative": True}),
    ("十四五时期建设0.89万套", "万套", 0.89, {"cumulative": True}),
    ("5年累计60", "万人次", 60, {"cumulative": True}),
    ("60万人次（累计）", "万人次", 60, {"cumulative": True}),
    ("再完成居家适老化改造家庭800户", "户", 800, {"increment": True, "about": "居家适老化改造家庭"}),
    ("再增加5", "", 5, {"increment": True}),
    ("每百户不少于20平方米", "平方米", 20, {"operator": ">=", "per": "百户"}),
    ("每百户不少于20平方米", "平方米/百户", 20, {"operator": ">="}),
    ("不低于每千人口4.5个", "个/千人", 4.5, {"operator": ">="}),
    ("每千人口4.5张", "张/1,000人", 4.5, {}),
    ("人均用地不少于0.2平方米", "平方米/人", 0.2, {"operator": ">=", "about": "用地"}),
    ("一年2次", "", 2, {"per": "年"}),
    ("每1万左右常住人口配备1所", "人/所", 10000, {"operator": "~"}),
    ("不低于低保标准的1.3倍", "倍", 1.3, {"operator": ">=", "relative": "低保标准"}),
    ("低保标准的150%以内", "%", 150, {"operator": "<=", "relative": "低保标准", "percent": True}),
    ("低保标准的1.3倍", "万元", 1.3, {"relative": "低保标准"}),
    ("上年支出的30%", "元", 30, {"relative": "支出", "lag": 1, "percent": True}),
    (
        "按照上年度全体居民人均消费支出的30%～40%",
        "元/月",
        30,
        {"high": 40, "operator": "range", "relative": "全体居民人均消费支出", "lag": 1, "percent": True},
    ),
    ("逐步提高", "%", NAN, {"trend": "rise", "steps": True}),
    ("力争稳步提高", "%", NAN, {"trend": "rise", "steps": True, "strength": "aspirational"}),
    ("進一步縮小", "", NAN, {"trend": "fall"}),
    ("逐步降低", "", NAN, {"trend": "fall", "steps": True}),
    ("逐年下降", "", NAN, {"trend": "fall", "steps": True}),
    ("不斷提高", "", NAN, {"trend": "rise", "steps": True}),
    ("持续增长", "", NAN, {"trend": "rise", "steps": True}),
    ("持续改善", "", NAN, {"trend": "better", "steps": True}),
    ("有所提升", "", NAN, {"trend": "rise"}),
    ("三分之二以上", "比例", 2 / 3, {"operator": ">="}),
    ("三分之二", "%", 200 / 3, {}),
    ("百分之八十以上", "%", 80, {"operator": ">=", "percent": True}),
    ("千分之五", "‰", 5, {}),
    ("二十万人", "万人", 20, {}),
    ("三百五十张", "百张", 3.5, {}),
    ("两万三千零五人", "人", 23005, {}),
    ("三至五所", "所", 3, {"high": 5.0, "operator": "range"}),
    ("至少建成一所", "所/县", 1, {"operator": ">="}),
    ("常住人口全覆盖", "%", 100, {"about": "常住人口"}),
    ("应保尽保", "%", 100, {}),
    ("所有敬老院", "%", 100, {"about": "敬老院"}),
    ("力争全覆盖", "%", 100, {"strength": "aspirational"}),
    ("15分钟医保服务圈", "分钟", 15, {"operator": "<=", "about": "医保服务圈"}),
    ("内容无缺项", "项", 0, {"about": "内容"}),
    ("是", "是/否", 1, {}),
    ("否", "是/否", 0, {}),
    ("yes", "是／否", 1, {}),
    ("No", "yes/no", 0, {}),
    ("0", "是/否", 0, {}),
    ("True", "是/否", 1, {}),
    ("创成“全国县（市、区）”", "是/否", 1, {"about": "“全国县(市、区)”"}),
    ("4级甲等", "级", 4, {"ordinal": "甲等"}),
    ("全省第一", "位次", 1, {"ordinal": "第", "about": "全省"}),
    ("全省前三名", "位次", 3, {"operator": "<=", "ordinal": "第", "about": "全省"}),
]
UNWEIGHED = ("raw", "value", "suffix")


@pytest.mark.parametrize(("text", "unit", "value", "fields"), SENTENCES)
def test_a_target_in_words_is_read(text, unit, value, fields):
    reading = read(text, unit)

    bare = dataclasses.asdict(Reading(raw="", value=0.0)) | fields
    found = dataclasses.asdict(reading)
    np.testing.assert_equal(reading.value, value)
    np.testing.assert_equal(
        {key: found[key] for key in found if key not in UNWEIGHED},
        {key: bare[key] for key in bare if key not in UNWEIGHED},
    )
    assert same(reading, read(show(reading), unit))


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("全覆盖", "人"),
        ("基本全覆盖", "%"),
        ("未全覆盖", "%"),
        ("三分之二", "人"),
        ("15分钟服务圈", "公里"),
        ("每千人口4.5个", "个/万人"),
        ("每户0.1平方米", "平方米/人"),
        ("每1万左右常住人口配备2所", "人/所"),
        ("低保标准降低的1.3倍", "倍"),
        ("完成投资增长5亿元", "亿元"),
        ("第一", "所"),
        ("5每户6", "个"),
        ("建设中", "是/否"),
        ("基本建成中心", "是/否"),
    ],
)
def test_words_that_change_the_meaning_or_unit_keep_a_cell_unread(text, unit):
    reading = read(text, unit)

    assert (reading.unread, reading.numeric) == (text, False)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("5万多", "多"),
        ("基本完成", "基本"),
        ("<4/abc", "abc"),
        ("≥95%；逐步提高", "逐步提高"),
        ("逐步", "逐步"),
        ("由提高", "由提高"),
        ("约3-5", "约3-5"),
    ],
)
def test_the_part_that_cannot_be_read_is_named(text, rest):
    assert read(text).rest == rest


def test_two_targets_in_one_cell_are_told_apart_and_not_mixed():
    reading = read("<4/<5.5", "%")

    assert [(part.operator, part.value) for part in reading.parts] == [("<", 4), ("<", 5.5)]
    assert (reading.unread, reading.numeric) == ("<4/<5.5", False)
    assert read("12/5").parts == ()
    assert read("2024/≥5").parts == ()


def test_the_second_threshold_of_a_compound_target_is_kept():
    share = read("力争100%的基层医疗机构能够提供6类以上中医药技术方法", "%")
    circle = read("20分钟医疗服务圈全覆盖", "%")

    assert (share.value, share.strength, share.about) == (100, "aspirational", "基层医疗机构")
    assert (share.also.value, share.also.operator, share.also.suffix) == (6, ">=", "类")
    assert (circle.value, circle.also.value, circle.also.operator, circle.also.suffix) == (
        100,
        20,
        "<=",
        "分钟",
    )
    assert same(share, read(show(share), "%"))


LEVELS_OF_RECORDS = ("3级", "4级乙等", "4级甲等", "5级")


@pytest.mark.parametrize(
    ("text", "operator", "place"),
    [
        ("4级甲等", "", 3),
        ("４級甲等", "", 3),
        ("≥4级甲等", ">=", 3),
        ("达到4级甲等", "", 3),
        ("力争达到 4级甲等", "", 3),
        ("4级甲等以上", ">=", 3),
        ("4级甲等及以上", ">=", 3),
        ("不低于4级甲等", ">=", 3),
        ("不超过5级", "<=", 4),
        ("＜5级", "<", 4),
        ("3级", "", 1),
    ],
)
def test_a_level_is_its_place_in_the_list(text, operator, place):
    reading = read_level(text, LEVELS_OF_RECORDS)

    assert (reading.operator, reading.value, reading.unread) == (operator, place, "")
    assert (reading.raw, reading.ordinal) == (text, LEVELS_OF_RECORDS[place - 1])


@pytest.mark.parametrize("text", ["4", 4.0, "4级", "甲等", "至少5级以下", "4级甲等左右5级", "以上"])
def test_what_names_no_level_stays_unread(text):
    assert not read_level(text, LEVELS_OF_RECORDS).numeric
    assert read_level(text, LEVELS_OF_RECORDS).unread


def test_a_level_may_be_a_digit_or_an_operator_word_if_it_is_listed():
    levels = ["1", "2", "3级以上"]

    assert [read_level(cell, levels).value for cell in (2.0, "1", "3级以上")] == [2, 1, 3]
    assert read_level("3级以上", levels).operator == ""
    assert read_level("—", levels).missing


def spell(number):
    """Spell a number below 10,000, place by place."""
    digits, text = str(number), "" if number else "零"
    for place, digit in enumerate(digits):
        power = len(digits) - place - 1
        if digit != "0":
            text += "零一二三四五六七八九"[int(digit)] + ["", "十", "百", "千"][power]
        elif int(digits[place:]) and not text.endswith("零"):
            text += "零"
    return text[1:] if text.startswith("一十") else text


@given(st.integers(1, 9999))
@example(10)
@example(1010)
def test_numbers_in_characters_are_read_as_they_are_spelt(number):
    assert read(f"{spell(number)}所").value == number
    assert read(f"{spell(number)}万人", "万人").value == number
    assert read(f"{spell(number)}分之一").value == 1 / number or number == 1


@given(st.text(alphabet="零一二两三五十百千万亿", min_size=1, max_size=8))
def test_a_number_in_characters_is_its_own_spelling_or_unread(text):
    reading = read(f"{text}所")
    plain = text.replace("两", "二")

    if reading.numeric and reading.value < 10_000:
        assert plain.removeprefix("一") in (
            spell(int(reading.value)),
            spell(int(reading.value)).removeprefix("一"),
        )


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_comes_back_exactly(number):
    assert read(repr(number)).value == number
    assert read_many([repr(number)]).value[0] == number


@given(
    st.integers(0, 10**12), st.integers(0, 6), st.sampled_from([("百", 2), ("千", 3), ("万", 4), ("亿", 8)])
)
def test_factors_and_separators_multiply_exactly(number, decimals, factor):
    word, power = factor
    digits = f"{number:,}.{'7' * decimals}" if decimals else f"{number:,}"
    exact = Decimal(digits.replace(",", "")).scaleb(power, Context(prec=60))

    assert read(digits + word).value == float(exact)


@given(st.text(), st.text(max_size=4))
@example("9" * 400, "").via("overflow")
@example("\ud800≥3", "\ud800").via("a lone surrogate")
@example("3~5", "~").via("a unit that is an operator")
def test_any_text_is_a_number_or_missing_or_unread(text, unit):
    reading = read(text, unit)

    assert reading.raw == text
    kinds = [reading.numeric, reading.missing, reading.unread != "", reading.trend != ""]
    assert kinds.count(True) == 1


PIECES = [*"0123456789.,-—~～%‰万亿[]［］＞≥<=约e+ \u3000/人每至"]
PIECES += [
    "左右",
    "以上",
    "不低于",
    "公里",
    "m²",
    "nan",
    *"一二三十百再第前全市户的倍、是年级",
    "力争",
    "确保",
    "累计",
]
PIECES += [
    "全覆盖",
    "每百户",
    "人均",
    "低保标准的",
    "甲等",
    "完成",
    "分之",
    "分钟",
    "服务圈",
    "所有",
    "十四五期间",
    "上年度",
    "逐步",
    "提高",
]


@given(
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.sampled_from(["", "%", "人", "万人", "公里", "户/百户", "倍", "级", "位次", "分钟", "是/否"]),
)
@example("[", "")
@example("-0", "")
def test_what_is_shown_reads_the_same(text, unit):
    reading = read(text, unit)

    assert same(reading, read(show(reading), unit))


@given(
    st.lists(st.one_of(st.lists(st.sampled_from(PIECES), max_size=4).map("".join), st.floats(), st.none()))
)
def test_a_column_is_read_as_its_cells_are(cells):
    column = read_many(np.array(cells, dtype=object), "万人")
    singly = [read(cell, "万人") for cell in cells]

    np.testing.assert_array_equal(column.value, [reading.value for reading in singly])
    assert column.operator.tolist() == [reading.operator for reading in singly]
    assert column.missing.tolist() == [reading.missing for reading in singly]
    assert column.unread.tolist() == [reading.unread != "" for reading in singly]
    for place, reading in enumerate(singly):
        assert [bound[place] for bound in column.bounds] == pytest.approx(reading.bounds, abs=0, nan_ok=True)
        if column.code[place] >= 0:
            assert same(column.notes[column.code[place]], reading)


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int32, np.uint8])
def test_a_numeric_column_is_taken_over(kind):
    cells = np.array([3, 0, 7], dtype=kind)

    column = read_many(cells, "%")

    assert column.value.dtype == np.float64
    assert column.value.tolist() == [3, 0, 7]
    assert column.notes == ()
    assert not np.shares_memory(column.value, cells)


def test_a_numeric_column_has_missing_and_infinite_cells():
    column = read_many(np.array([1.5, NAN, INF, NAN]))

    np.testing.assert_array_equal(column.value, [1.5, NAN, NAN, NAN])
    assert column.missing.tolist() == [False, True, False, True]
    assert column.unread.tolist() == [False, False, True, False]
    assert column.code.tolist() == [-1, 0, 1, 0]


def test_each_distinct_text_is_noted_once():
    column = read_many(["≥98", "1", "≥98", "2", "—"] * 3)

    assert [note.raw for note in column.notes] == ["≥98", "—"]
    assert column.code.tolist() == [0, -1, 0, -1, 1] * 3


def test_an_empty_column_is_read():
    column = read_many([])

    assert column.value.shape == column.code.shape == column.operator.shape == column.bounds[0].shape == (0,)


def test_a_huge_cell_is_kept_but_not_searched():
    text = "1," * 5_000_000

    reading = read(text)

    assert reading.raw is text
    assert 0 < len(reading.unread) <= 200


@pytest.mark.parametrize(
    "piece",
    ["1", "1,111", "万", " ", "人", "以上", "[", "-", "—", "每", "1-", "一", "十", "再", "力争", "、", "的"],
)
def test_repeated_pieces_do_not_stall_the_reader(piece):
    text = (piece * 200)[:190]

    for cell in (text, f"1{text}", f"{text}1", f"1{text}2", f"1{text}!"):  # backtracking would take 20 s here
        assert read(cell, "万人").raw == cell
