import csv
import io
import os
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from equindex import tables
from equindex.errors import DataError, EngineError, FrameworkError
from equindex.tables import AMBIGUOUS, UNKNOWN, Regions, layout, read, records, roles

NBS = (
    "数据库：分省年度数据\r\n指标：人口(万人)\r\n时间：最近3年\r\n"
    "地区,2022年,2021年\r\n北京市,2184,2189\r\n河北省,,7448\r\n"
)
NOTES = "注：1.抽样调查。\r\n　　　2.合计不等。\r\n数据来源：国家统计局\r\n"


@pytest.fixture
def put(tmp_path):
    def write(text, name="t.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return write


@pytest.fixture
def book(tmp_path):
    def write(sheets, name="b.xlsx"):
        path = tmp_path / name
        workbook = xlsxwriter.Workbook(path)
        for title, rows in sheets.items():
            sheet = workbook.add_worksheet(title)
            for i, row in enumerate(rows):
                for j, cell in enumerate(row):
                    if isinstance(cell, str) and cell.startswith("#"):
                        sheet.write_formula(i, j, "=1/0", None, cell)
                    elif cell is not None:
                        sheet.write(i, j, cell)
        workbook.close()
        return path

    return write


def one(path, **options):
    [sheet] = read(path, **options)
    return sheet


def cells(sheet):
    frame = sheet.frame.astype(object)
    return frame.where(frame.notna(), None).to_numpy().tolist()


@pytest.mark.parametrize(
    ("encoding", "noted"),
    [("utf-8", None), ("utf-8-sig", None), ("gb18030", "GB18030"), ("utf-16", "UTF-16")],
)
@pytest.mark.parametrize("separator", [",", "\t", ";"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_separators_and_line_ends_give_the_same_table(put, encoding, noted, separator, newline):
    rows = [["地区", "年份", "每千人口医生数"], ["北京", "1999", "4.21"], ["河北", "1999", ""]]

    sheet = one(put(newline.join(map(separator.join, rows)) + newline, encoding=encoding))

    assert cells(sheet) == [["北京", "1999", 4.21], ["河北", "1999", None]]
    assert sheet.lines.tolist() == [2, 3]
    assert any("read as" in note for note in sheet.notes) == bool(noted)
    assert any("separated" in note for note in sheet.notes) == (separator != ",")


def test_statistical_export_is_read_without_its_preamble_and_notes(put):
    sheet = one(put(NBS + NOTES, encoding="gb18030"))

    assert cells(sheet) == [["北京市", 2184, 2189], ["河北省", None, 7448]]
    assert sheet.lines.tolist() == [5, 6]
    assert sheet.title == {"数据库": "分省年度数据", "指标": "人口(万人)", "时间": "最近3年"}
    assert sheet.indicator == "人口(万人)"
    assert [note[:16] for note in sheet.notes] == ["read as GB18030", "skipped rows 1-3", "skipped rows 7-9"]
    assert layout(sheet, roles(sheet.frame.columns)) == "years"


def test_preamble_padded_with_separators_is_skipped_too(put):
    sheet = one(put("表1 人口,,\n单位,万人,\n地区,年份,人口\n北京,1999,1257\n注：年末数,,\n"))

    assert cells(sheet) == [["北京", "1999", 1257]]
    assert sheet.title == {"title": "表1 人口", "单位": "万人"}


def test_last_region_without_values_is_no_note(put):
    assert cells(one(put("地区,人口,床位\n北京,1,2\n西藏,,\n")))[-1] == ["西藏", None, None]


@pytest.mark.parametrize(
    ("name", "rows", "first", "gdp"),
    [
        ("nbs_export_gdp_2006_2024", 31, 5, 49670.2),
        ("nbs_export_urban_unit_employment_2006_2025", 31, 5, np.nan),
        ("nbs_export_survey_population_2006_2025", 31, 5, np.nan),
        ("nbs_export_survey_population65_2006_2025", 31, 5, np.nan),
    ],
)
def test_published_exports_are_31_provinces_of_numbers(reference, name, rows, first, gdp):
    sheet = one(reference(f"china/renjiyi163/{name}.gb18030.csv"))
    codes = Regions.from_records([(i, {"region": text}) for i, text in enumerate(sheet.frame["地区"])])

    assert len(sheet.frame) == rows == len(codes)
    assert sheet.lines.tolist() == list(range(first, first + rows))
    assert set(map(str, sheet.frame.dtypes[1:])) == {"float64"}
    np.testing.assert_equal(sheet.frame.iloc[0, 1], gdp)
    assert sheet.frame["地区"].iloc[[0, -1]].tolist() == ["北京市", "新疆维吾尔自治区"]


def test_cells_that_are_no_numbers_stay_as_printed(put):
    text = "region,a,b,c,d,e,f\n01,nan,TRUE,1.50,007,≥97,1_0\n02,1.0,False,—,8,97,2\n"

    sheet = one(put(text))

    assert cells(sheet) == [
        ["01", "nan", "TRUE", "1.50", "007", "≥97", "1_0"],
        ["02", "1.0", "False", "—", "8", "97", "2"],
    ]


@pytest.mark.parametrize(
    "word", ["nan", "NaN", "-nan", "NA", "null", "None", "N/A", "TRUE", "2024-01-05", " "]
)
def test_no_word_is_taken_for_a_missing_cell_however_late_it_comes(put, word):
    numbers = "\n".join(f"{i},{i}.50" for i in range(100))

    sheet = one(put(f"k,v\n{numbers}\n100,{word}\n101,\n"))

    assert cells(sheet)[-2:] == [[100, word], [101, None]]
    assert sheet.frame["v"].iloc[0] == "0.50"


def test_a_large_file_is_read_as_a_small_one(put):
    count = 200_000
    rows = [f"{i:06d},{i}.50,{i},{i}.25,True" for i in range(count)]
    rows[-1] = "x,—,nan,1e3,3"

    frame = one(
        put("\n".join(["region,a,b,c,d", *rows, ""]))
    ).frame  # above the size that pandas reads in parallel

    assert frame["region"].tolist() == [row.split(",")[0] for row in rows]
    assert frame["a"].tolist() == [row.split(",")[1] for row in rows]
    assert frame["b"].tolist() == [row.split(",")[2] for row in rows]
    assert frame["c"].tolist() == [float(row.split(",")[3]) for row in rows]
    assert frame["d"].tolist() == ["True"] * (count - 1) + ["3"]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_are_read_exactly(tmp_path_factory, numbers):
    path = tmp_path_factory.mktemp("exact") / "t.csv"
    path.write_text("k,v\n" + "".join(f"1,{number!r}\n" for number in numbers))

    assert one(path).frame["v"].tolist() == numbers


@given(
    st.lists(st.lists(st.text(alphabet='ab1.0"\n, ;\t—=', max_size=6), min_size=3, max_size=3), min_size=1),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.booleans(),
)
def test_any_text_reads_as_the_csv_module_reads_it(tmp_path_factory, rows, quoting, blank):
    out = io.StringIO()
    writer = csv.writer(out, quoting=quoting, lineterminator="\n\n" if blank else "\n")
    writer.writerow(["x,", "y", "z"])
    writer.writerows(rows)
    path = tmp_path_factory.mktemp("any") / "t.csv"
    path.write_text(out.getvalue(), newline="")

    expected = [row for row in rows if any(row)]
    if not expected:
        with pytest.raises(DataError, match="no rows"):
            read(path)
        return
    sheet = one(path, text=["x,", "y", "z"])

    assert [[cell or "" for cell in row] for row in cells(sheet)] == expected


def test_lines_count_blank_rows_and_newlines_in_cells(put):
    sheet = one(put('\nregion,x\n\n"a\nb",1\n,\nc,2\n'))

    assert cells(sheet) == [["a\nb", 1], ["c", 2]]
    assert sheet.lines.tolist() == [4, 7]


def test_quotes_inside_a_cell_are_text(put):
    assert cells(one(put('region,x\n5" pipe,1\n"a ""b""",2\n'))) == [['5" pipe', 1], ['a "b"', 2]]


def test_decimal_commas_are_read_where_nothing_else_fits(put):
    sure = one(put("region;x;n\n01;1,5;a\n02;2,25;b,c\n"))
    doubtful = one(put("region;x;n\n01;1,500;a\n02;2,250;b,c\n"))

    assert sure.frame["x"].tolist() == [1.5, 2.25]
    assert any("decimal commas" in note for note in sure.notes)
    assert doubtful.frame["x"].tolist() == ["1,500", "2,250"]


def test_empty_columns_and_rows_without_names_are_dropped_with_a_note(put):
    sheet = one(put("region,,x\na,,1\n,,\nb,,2\n"))

    assert list(sheet.frame) == ["region", "x"]
    assert sheet.lines.tolist() == [2, 4]
    assert sheet.notes == ("dropped 1 empty columns without a header",)


FAULTS = {
    "ragged": (b"a,b\n1,2\n1\n1,2,3\n", r"row 3 has 1, row 4 has 3.*double quotes"),
    "duplicate": (b"a,b,a\n1,2,3\n", r"row 1: 'a' heads columns 1, 3"),
    "nameless": (b"a,,c\n1,2,3\n", r"column 2 has cells but no header"),
    "empty": (b"\n \n", "is empty"),
    "header only": (b"a,b\n", r"header \(row 1\) but no rows"),
    "zero byte": (b"a,b\n1,\x00\n", r"zero byte at row 2, byte 7"),
    "workbook": (b"PK\x03\x04xx", "is a workbook"),
    "damaged UTF-8": ("地区,x\n北京,1\n".encode() + b"\xff,2\n", r"1 damaged places, the first at row 3"),
    "western": ("region,x\nSão Paulo,1\n".encode("cp1252"), r"row 2, byte 11 \(0xe3\).*Western"),
    "neither": ("地区,x\n北京,1\n".encode("gb18030") + b"\xff,2\n", r"nor GB18030 \(row 3"),
    "open quote": (b'a,b\n1,2\n"x,3\n', r"begins on row 3 cannot be split"),
}


@pytest.mark.parametrize(("data", "message"), FAULTS.values(), ids=FAULTS)
def test_faults_are_named_with_place_and_remedy(put, data, message):
    with pytest.raises(DataError, match=message):
        read(put(data))


def test_every_ragged_row_is_counted(put):
    with pytest.raises(DataError, match=r"row 2 has 3, .*row 11 has 3 and 990 more \(1000 rows in all\)"):
        read(put("a,b\n" + "1,2,3\n" * 1000 + "1,2\n"))


def test_missing_things_name_the_nearest(put, tmp_path):
    put("a,b\n1,2\n", "observations.csv")

    with pytest.raises(DataError, match=r"Did you mean 'observations.csv'\?"):
        read(tmp_path / "observation.csv")
    with pytest.raises(DataError, match="no folder"):
        read(tmp_path / "nowhere" / "x.csv")
    with pytest.raises(DataError, match="no table"):
        read(put("x", "a.pdf"))
    with pytest.raises(DataError, match="has no sheets"):
        read(tmp_path / "observations.csv", sheet="data")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_unreadable_files_are_named(put):
    path = put("a,b\n1,2\n")
    path.chmod(0)

    with pytest.raises(DataError, match="Permission"):
        read(path)


def test_operating_system_faults_are_data_errors(put, monkeypatch):
    path = put("a,b\n1,2\n")

    def refuse(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_bytes", refuse)

    with pytest.raises(DataError, match=r"t\.csv cannot be read: Permission denied"):
        read(path)


def test_folder_gives_every_table_in_order_but_what_is_skipped(put, tmp_path):
    for name in ("b.csv", "a.tsv", "regions.csv", ".hidden.csv", "~$x.csv", "SOURCE.md"):
        put("region,x\nq,1\n", name)

    assert [s.name for s in read(tmp_path, skip={tmp_path / "regions.csv"})] == ["a.tsv", "b.csv"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no table"):
        read(tmp_path / "empty")


def test_workbook_cells_keep_kind_and_precision(book):
    rows = [
        ["表1 人口"],
        [],
        ["region", "year", "x", "y", "z"],
        ["0012", 1999, 90.79, "#DIV/0!", True],
        [110000, 2000, None, 2.5, 7],
        ["注：年末数"],
    ]

    sheet = one(book({"s": rows}))

    assert sheet.name == "b.xlsx [s]"
    assert cells(sheet) == [["0012", "1999", 90.79, "#DIV/0!", "TRUE"], ["110000", "2000", None, "2.5", "7"]]
    assert sheet.lines.tolist() == [4, 5]
    assert sheet.title == {"title": "表1 人口"}
    assert len(sheet.notes) == 2


def test_an_error_in_the_last_cell_of_a_workbook_is_kept(book):
    sheet = one(book({"s": [["region", "x"], ["a", 1], [None, "#N/A"]]}))

    assert cells(sheet) == [["a", "1"], [None, "#N/A"]]


def test_dates_in_workbooks_are_text(tmp_path):
    path = tmp_path / "d.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["region", "x"])
        sheet.write_row(1, 0, ["a"])
        sheet.write_datetime(
            1,
            1,
            pd.Timestamp("2024-01-05").to_pydatetime(),
            workbook.add_format({"num_format": "yyyy-mm-dd"}),
        )

    assert cells(one(path)) == [["a", "2024-01-05"]]


def test_sheets_are_chosen_by_name_then_data_then_first_with_cells(book):
    table = [["region", "x"], ["a", 1]]
    path = book({"empty": [], "notes": table, "数据": [["region", "y"], ["b", 2]]})

    assert tables.sheet_names(path) == ["empty", "notes", "数据"]
    assert one(path).name == "b.xlsx [数据]"
    assert one(path, sheet="notes").name == "b.xlsx [notes]"
    assert one(book({"empty": [], "first": table}, "c.xlsx")).name == "c.xlsx [first]"
    with pytest.raises(DataError, match=r"no sheet 'note'. Did you mean 'notes'\? Known: empty, notes, 数据"):
        read(path, sheet="note")
    with pytest.raises(DataError, match="empty"):
        read(path, sheet="empty")
    with pytest.raises(DataError, match="no cells"):
        read(book({"empty": []}, "d.xlsx"))


def test_every_sheet_with_regions_is_read_where_none_is_called_data(book, tmp_path):
    table = [["region", "x"], ["a", 1]]
    path = book(
        {"封面": [["某县"], ["公共服务"]], "Regions": table, "2021": table, "empty": [], "2022": table}
    )
    book({"one": table, "two": table}, "c.xlsx")

    found = read(path)

    assert [sheet.name for sheet in found] == ["b.xlsx [2021]", "b.xlsx [2022]"]
    assert found[0].notes == ("no region column, so not read: '封面'",)
    names = ["b.xlsx [2021]", "b.xlsx [2022]", "c.xlsx [one]", "c.xlsx [two]"]
    assert [sheet.name for sheet in read(tmp_path)] == names


def test_a_sheet_called_data_is_read_alone_and_says_what_was_not(book):
    table = [["region", "x"], ["a", 1]]

    sheet = one(book({"old": table, "Data": table, "regions": table, "empty": []}))
    [first] = read(book({"p": [["k", "v"], ["a", 1]], "q": [["k", "v"], ["a", 1]]}, "none.xlsx"))

    assert sheet.name == "b.xlsx [Data]"
    assert sheet.notes == ("only this sheet was read, not 'old': [table] sheet chooses another",)
    assert first.name == "none.xlsx [p]"


@pytest.mark.parametrize("suffix", ["xlsx", "xls", "ods"])
def test_damaged_workbooks_are_named(put, suffix):
    path = put(b"nonsense", f"x.{suffix}")

    for function in (read, tables.sheet_names):
        with pytest.raises(DataError, match="cannot be read as a workbook"):
            function(path)


def test_workbook_and_csv_agree(book, put):
    rows = [["地区", "年份", "x", "y"], ["北京", 1999, 0.25, 3], ["河北", 2000, None, 4.5]]
    text = "\n".join(",".join("" if c is None else str(c) for c in row) for row in rows)

    pd.testing.assert_frame_equal(one(book({"s": rows})).frame, one(put(text)).frame)


def test_parquet_keeps_numbers_and_codes(tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    path = tmp_path / "t.parquet"
    pd.DataFrame(
        {
            "region": [110000, 120000],
            "zone": pd.Categorical(["东", None]),
            "x": [1, 2],
            "ok": [True, False],
            "y": [0.1, None],
        }
    ).to_parquet(path)

    assert cells(one(path)) == [["110000", "东", 1, "TRUE", 0.1], ["120000", None, 2, "FALSE", None]]
    path.write_bytes(b"nonsense")
    with pytest.raises(DataError, match="no Parquet file"):
        read(path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(EngineError, match=r"equindex\[parquet\]"):
        read(path)


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        (
            ["地區", "年度", "指標", "數值"],
            {"region": "地區", "year": "年度", "indicator": "指標", "value": "數值"},
        ),
        ([" Region ", "YEAR", "x"], {"region": " Region ", "year": "YEAR"}),
        (["地区", "地区代码", "x"], {"region": "地区代码", "region_name": "地区"}),
        (
            ["省份", "Source_Year", "资料来源："],
            {"region": "省份", "source_year": "Source_Year", "source": "资料来源："},
        ),
        (["常住人口", "population"], {"population": "population"}),
    ],
)
def test_headers_mean_roles_in_both_scripts_and_languages(columns, found):
    assert roles(columns) == found


def test_declared_columns_go_before_what_headers_suggest():
    columns = ["iso3", "region", "yr", "x"]

    assert roles(columns, {"region": "iso3", "year": "yr", "keep": {}}) == {"region": "iso3", "year": "yr"}
    assert roles(["region", "year", "x"], {"year": 2022}) == {"region": "region"}
    with pytest.raises(DataError, match=r"'iso3' and 'region' may each be the region column"):
        roles(columns)
    with pytest.raises(DataError, match=r"no column 'iso', .*Did you mean 'iso3'"):
        roles(columns, {"region": "iso"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("region,year,indicator,value\na,1999,x,1\n", "long"),
        ("region,year,x,y\na,1999,1,2\n", "wide"),
        ("region,indicator,2019,2020\na,x,1,2\n", "years"),
        ("指标：x\nregion,2019年,2020年\na,1,2\n", "years"),
    ],
)
def test_layouts_are_told_apart(put, text, expected):
    sheet = one(put(text))

    assert layout(sheet, roles(sheet.frame.columns)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("region,2019,2020\na,1,2\n", "of which indicator"),
        ("region,indicator,x\na,b,2\n", "no column of values"),
    ],
)
def test_layouts_that_lack_something_are_refused(put, text, message):
    sheet = one(put(text))

    with pytest.raises(DataError, match=message):
        layout(sheet, roles(sheet.frame.columns))


def test_records_are_text_by_key_with_their_lines(put, book):
    rows = [
        ["编号", "领域", "名稱", "目标值", "权重"],
        ["007", "病有良医", "床位", "≥97", 2],
        ["b", "", "医生", 3.5, None],
    ]
    expected = [
        (2, {"id": "007", "pillar": "病有良医", "name": "床位", "target": "≥97", "weight": "2"}),
        (3, {"id": "b", "name": "医生", "target": "3.5"}),
    ]
    text = "\n".join(",".join("" if c is None else str(c) for c in row) for row in rows)

    for path in (put(text), book({"indicators": [[c or None for c in row] for row in rows]})):
        assert (
            records(path, ["id", "pillar", "name", "target", "weight"], synonyms=tables.INDICATOR) == expected
        )


def test_unknown_and_double_columns_of_records_are_refused(put):
    path = put("id,wieght,zone\na,1,北\n")

    with pytest.raises(FrameworkError, match=r"'wieght' \(Did you mean 'weight'\?.*'zone'"):
        records(path, ["id", "weight"])
    assert records(path, ["id"], allow_extra=True) == [(2, {"id": "a", "wieght": "1", "zone": "北"})]
    with pytest.raises(FrameworkError, match=r"'id' and '编号' both mean 'id'"):
        records(put("id,编号\n1,2\n"), ["id"], synonyms=tables.INDICATOR)


def regions(*rows):
    keys = ["region", "name", "name_en", "alias"]
    return Regions.from_records([(i + 2, dict(zip(keys, row, strict=False))) for i, row in enumerate(rows)])


def match(found, *texts):
    return found.match(np.array(texts, dtype=object)).tolist()


def test_regions_are_found_by_code_name_alias_and_english():
    found = regions(
        ("110000", "北京市", "Beijing", "京|首都"),
        ("010000", "内蒙古自治区", "Inner Mongolia"),
        ("440000", "广东"),
    )

    assert (
        match(
            found, "110000", "110000.0", "北京", "北 京 市", "京", "首都", "BEIJING", "Beijing Municipality"
        )
        == [0] * 8
    )
    assert match(found, "010000", "内蒙古", "內蒙古自治區", "inner mongolia autonomous region") == [1] * 4
    assert match(found, "广东省", "廣東", "１１００００", "广东  ") == [2, 2, 0, 2]
    assert match(found, "10000", "河北", "", None, np.nan) == [UNKNOWN] * 5


def test_short_forms_count_only_where_one_region_fits():
    found = regions(("1", "吉林省"), ("2", "吉林市"), ("3", "海南"), ("4", "朝阳区"), ("5", "朝阳区"))

    assert match(found, "吉林", "吉林省", "吉林市") == [AMBIGUOUS, 0, 1]
    assert match(found, "海南省", "海南藏族自治州", "海南市") == [2, UNKNOWN, UNKNOWN]
    assert match(found, "朝阳区", "朝阳", "朝阳市") == [AMBIGUOUS, AMBIGUOUS, UNKNOWN]
    assert found.suggest("朝阳") == ("朝阳区 (4)", "朝阳区 (5)")


@pytest.mark.parametrize(
    ("full", "short"),
    [
        ("新疆维吾尔自治区", "新疆"),
        ("宁夏回族自治区", "宁夏"),
        ("广西壮族自治区", "广西"),
        ("西藏自治区", "西藏"),
        ("香港特别行政区", "香港"),
        ("黑龙江省", "黑龙江"),
        ("重庆市", "重庆"),
        ("延边朝鲜族自治州", "延边"),
        ("如东县", "如东"),
        ("崇川区", "崇川"),
    ],
)
def test_short_and_full_names_find_each_other(full, short):
    assert match(regions(("1", full), ("2", "别处")), short) == [0]
    assert match(regions(("1", short), ("2", "别处")), full) == [0]


def test_31_provinces_match_between_published_tables(reference):
    path = reference("china/cn_regions.csv")
    synonyms = {"name": ("province_zh",), "name_en": ("province_en",), "region": ("code",)}
    found = Regions.from_records(records(path, synonyms, synonyms=synonyms, allow_extra=True))
    export = one(reference("china/renjiyi163/nbs_export_gdp_2006_2024.gb18030.csv")).frame["地区"]
    panel = one(reference("china/renjiyi163/province_panel_ready_2005_2024.csv")).frame["province"]
    health = one(reference("china/cn_health_1998.csv")).frame["province_en"]

    assert sorted(found.match(export)) == list(range(31))
    assert set(found.match(panel)) == set(range(31))
    assert sorted(found.match(health)) == [UNKNOWN, *range(31)]
    assert (
        list(found.frame["region4_zh"].unique()) == ["东部", "东北", "中部", "西部"] or len(found.frame) == 31
    )


def test_yearly_rows_keep_population_by_year():
    rows = [("a", "甲", "1998", "10.5"), ("a", "甲", "1999", "11"), ("b", "乙", "1998", "")]
    keys = ["region", "name", "year", "population"]
    found = Regions.from_records(
        [(i, {k: v for k, v in zip(keys, row, strict=True) if v}) for i, row in enumerate(rows)]
    )

    assert found.codes == ("a", "b")
    assert found.names == ("甲", "乙")
    assert found.frame["year"].tolist() == [1998, 1999, 1998]
    np.testing.assert_equal(found.frame["population"].to_numpy(), [10.5, 11, np.nan])


def test_faults_of_a_region_table_are_all_named():
    rows = [
        (2, {"region": "a", "name": "甲"}),
        (3, {"region": "a", "name": "乙"}),
        (4, {"name": "丙"}),
        (5, {"region": "b", "year": "1999"}),
        (6, {"region": "b", "year": "1999"}),
    ]

    with pytest.raises(FrameworkError) as caught:
        Regions.from_records(rows, source="regions.csv")

    for part in (
        "regions.csv: rows 4 have no",
        "a (rows 2 and 3)",
        "b in 1999 (rows 5 and 6)",
        "'甲' in row 2",
    ):
        assert part in str(caught.value)


def test_each_distinct_text_is_looked_up_once(monkeypatch):
    found = regions(("1", "甲"))
    seen = []
    find = Regions._find
    monkeypatch.setattr(Regions, "_find", lambda self, text: seen.append(text) or find(self, text))

    codes = found.match(np.array(["甲", "乙"] * 1000, dtype=object))

    assert sorted(seen) == ["乙", "甲"]
    assert codes.tolist() == [0, UNKNOWN] * 1000


def test_a_strict_workbook_is_read(tmp_path):
    pd.DataFrame({"region": ["A"], "a": [1.0]}).to_excel(
        tmp_path / "x.xlsx", index=False, engine="xlsxwriter"
    )
    kinds = {
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": b"officeDocument/relationships",
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"spreadsheetml/main",
    }
    with zipfile.ZipFile(tmp_path / "x.xlsx") as plain, zipfile.ZipFile(tmp_path / "s.xlsx", "w") as strict:
        for name in plain.namelist():
            part = plain.read(name)
            for kind, short in kinds.items():
                part = part.replace(kind, b"http://purl.oclc.org/ooxml/" + short)
            strict.writestr(name, part)

    [sheet] = tables.read(tmp_path / "s.xlsx")

    assert sheet.frame["a"].tolist() == [1.0]


def test_a_code_without_its_leading_zeros_is_told_in_full():
    found = regions(("010000", "内蒙古"), ("110000", "北京"))

    assert found.suggest("10000") == found.suggest("10000.0") == ("010000",)


@pytest.mark.parametrize(
    ("header", "cell", "people"),
    [("常住人口（万人）", "48.8", 488000), ("人口(萬)", "48.8萬", 488000), ("population", "1.2亿", 12e7)],
)
def test_populations_are_counted_in_people_whatever_unit_is_printed(put, header, cell, people):
    rows = records(
        put(f"地区代码,名称,区域,{header}\n1,甲,东,{cell}\n"),
        ["region", "name", "population"],
        synonyms=tables.REGION,
        allow_extra=True,
    )

    frame = Regions.from_records(rows).frame

    assert frame[["region", "name", "区域"]].to_numpy().tolist() == [["1", "甲", "东"]]
    assert frame["population"].tolist() == [people]
