import csv
import math
import time
from decimal import Context, Decimal

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from equindex.notation import MISSING, read, read_many, show

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
4个半 30上下 三分之二以上 全覆盖 15分钟服务圈 一年2次
5bn 每1万左右常住人口配备1所 #DIV/0! =1+1 True 5%万 1%~2‰ 3所至5家
"""
SPACED = ["1 234", "- 5", "5 or more", "5 million", "12\n5"]


def table(path):
    """Read a reference table as one dictionary for each row."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def same(one, two):
    """Tell whether two readings agree in all but what was printed."""
    fields = ["value", "high", "operator", "cumulative", "percent", "missing"]
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


PLANS = [
    "rugao_2025",
    "rugao_text_targets",
    "rugao_2020_achieved",
    "wuzhong_2025",
    "taizhou_2021",
    "zhejiang_2020",
]
SYMBOLS = {
    "≥",
    "＞",
    "<",
    "～",
    "－",
    "—",
    "-",
    "至",
    "左右",
    "约",
    "以上",
    "以内",
    "不低于",
    "不少于",
    "不超过",
}


@pytest.mark.parametrize("plan", PLANS)
def test_no_target_of_the_five_plans_is_misread(plan, reference):
    for row in table(reference(f"plans/{plan}.csv")):
        target, baseline = read(row["target_raw"], row["unit"]), read(row["baseline_raw"], row["unit"])
        if target.numeric:
            assert target.value == float(row["target_value"]), row["id"]
            np.testing.assert_equal(target.high, float(row["target_value_high"] or "nan"), err_msg=row["id"])
        if target.numeric and row["operator_printed"] in row["target_raw"].replace(" ", ""):
            assert target.operator == row["operator"], row["id"]
        if baseline.numeric:
            assert baseline.value == float(row["baseline_value"]), row["id"]


@pytest.mark.parametrize("plan", PLANS)
def test_every_target_printed_with_a_symbol_is_read(plan, reference):
    rows = table(reference(f"plans/{plan}.csv"))
    later = {
        "RG-B008",
        "RG-B011",
        "RG-B015",
        "RG-B016",
        "RG-B067",
        "RG-B080",
        "RG-B102",
        "ZJ-013",
    }  # words in between

    unread = [
        row["id"]
        for row in rows
        if row["operator_printed"] in SYMBOLS and not read(row["target_raw"], row["unit"]).numeric
    ]

    assert set(unread) <= later


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
    assert [reading.numeric, reading.missing, reading.unread != ""].count(True) == 1


PIECES = [*"0123456789.,-—~～%‰万亿[]［］＞≥<=约e+ \u3000/人每至"]
PIECES += ["左右", "以上", "不低于", "公里", "m²", "nan"]


@given(
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.sampled_from(["", "%", "人", "万人", "公里"]),
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


@pytest.mark.parametrize("piece", ["1", "1,111", "万", " ", "人", "以上", "[", "-", "—", "每", "1-"])
def test_repeated_pieces_do_not_stall_the_reader(piece):
    text = (piece * 200)[:190]
    started = time.process_time()

    for cell in (text, f"1{text}", f"{text}1", f"1{text}2", f"1{text}!"):
        read(cell, "万人")

    assert time.process_time() - started < 1.0  # backtracking took 20 s, reading takes 1 ms
