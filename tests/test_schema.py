"""Every finding of DESIGN section 5: what is wrong, where, what to do; and what is read without one."""

import math

import numpy as np
import pandas as pd
import pytest
import xlsxwriter

import twin
from equindex.errors import DataError, FrameworkError
from equindex.framework import Framework
from small import framework, node, table

NAN = math.nan
RATE = {"id": "rate", "numerator": "n", "denominator": "d", "per": 1000}
PROVINCES = [
    {"region": "110000", "name": "北京", "name_en": "Beijing"},
    {"region": "330000", "name": "浙江", "name_en": "Zhejiang"},
]


@pytest.fixture
def put(tmp_path):
    def write(text, name="data.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def findings(build, data):
    _, found, _ = build.read(data)
    return found


def only(build, data, severity="error"):
    """Return the one finding of a severity."""
    found = findings(build, data)
    [item] = found.errors if severity == "error" else found.warnings
    return item


def value(build, data, name="a"):
    return node(build.score(data).to_frame(), name, "value")


# --- Errors ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "where", "told"),
    [
        ("地,year,a\nA,2020,1\n", "no region column", {}, "'地'"),
        ("region,a\nA,1\n", "no year column", {}, "'region', 'a'"),
        ("region,year,a\nA,20xx,1\n", "year", {"row": 2, "column": "year", "value": "20xx"}, "'20xx'"),
        ("region,year,a\n,2020,1\n", "region", {"row": 2}, "is blank"),
        ("region,year,a\nA,2020,1\nB,2020,n.v.t.\n", "unreadable cell", {"row": 3, "column": "a"}, "'n.v.t.'"),
        ("region,year,aa\nA,2020,1\n", "unknown column", {"column": "aa"}, "close to 'a'"),
        ("region,year,b\nA,2020,1\n", "missing columns", {}, "'a'"),
        ("region,year,a\nA,2020,1\nB,2020,3\nA,2020,2\n", "duplicate", {"row": 4}, "1 in data.csv row 2"),
    ],
)  # fmt: skip
def test_faults_are_told_with_file_row_column_and_remedy(put, text, kind, where, told):
    found = findings(framework(["a"]), put(text))

    item = next(item for item in found.errors if item.kind == kind)
    assert told in item.message
    assert item.remedy
    assert {key: getattr(item, key) for key in where} == where
    assert item.file == "data.csv" or kind == "missing columns"
    with pytest.raises(DataError, match=kind):
        framework(["a"]).score(put(text))


def test_unknown_regions_are_told_once_with_the_nearest_and_the_number_of_rows(put):
    text = "region,year,a\n北京,2020,1\nZhejang,2020,1\nZhejang,2021,1\n"

    item = only(framework(["a"], regions=PROVINCES), put(text))

    assert (item.kind, item.row, item.region) == ("region", 3, "Zhejang")
    assert "(2 rows)" in item.message
    assert "浙江" in item.message
    assert "alias" in item.remedy


def test_duplicates_of_long_tables_name_both_rows(put):
    text = "region,year,indicator,value\nA,2020,a,1\nB,2020,a,2\nA,2020,a,3\n"

    item = only(framework(["a"]), put(text))

    assert (item.row, item.region, item.year, item.indicator) == (4, "A", 2020, "a")
    assert item.message == "'a' stands twice: 1 in data.csv row 2, 3 here."


def test_duplicates_across_files_name_both_files(put, tmp_path):
    put("region,year,a\nA,2020,1\n", "one.csv")
    put("region,year,a\nA,2020,2\n", "two.csv")

    item = only(framework(["a"]), tmp_path)

    assert item.file == "two.csv"
    assert "in one.csv row 2" in item.message


def test_two_columns_for_one_indicator_are_refused(put):
    build = framework([{"id": "beds", "name": "床位"}])

    item = only(build, put("region,year,beds,床位\nA,2020,1,2\n"))

    assert item.kind == "duplicate columns"
    assert "'beds' and '床位'" in item.message


def test_a_frame_with_one_header_twice_is_refused():
    data = pd.DataFrame([["A", 2020, 1.0, 2.0]], columns=["region", "year", "a", "a"])

    assert only(framework(["a"]), data).message == "'a' heads more than one column."


@pytest.mark.parametrize("cells", [[1.0, math.inf], [1.0, -math.inf], ["1", "inf"]])
def test_infinite_cells_are_refused(cells):
    item = only(framework(["a"]), table(a=cells))

    assert item.kind in ("infinite value", "unreadable cell")
    assert item.row == 1
    assert item.column == "a"


@pytest.mark.parametrize("column", ["n", "d"])
def test_infinite_numerators_and_denominators_are_refused(column):
    data = table(n=[1.0, 2.0], d=[1.0, 2.0])
    data.loc[1, column] = math.inf

    item = only(framework([RATE]), data)

    assert (item.kind, item.column, item.region) == ("infinite value", column, "B")


def test_values_outside_their_plausible_bounds_are_refused_unless_excluded():
    leaf = {"id": "a", "lower": 0, "upper": 15}
    data = table(a=[-1.0, 7.0, 42.6, 15.0, 0.0])
    wrong = [{"region": r, "year": 2020, "indicator": "a", "reason": "misprint"} for r in "AC"]

    found = findings(framework([leaf]), data)
    panel, rest, _ = framework([leaf], exclude=wrong).read(data)

    assert [(i.kind, i.row, i.region, i.value) for i in found.errors] == [
        ("implausible value", 0, "A", "-1"),
        ("implausible value", 2, "C", "42.6"),
    ]
    assert "below lower = 0" in found.errors[0].message
    assert "above upper = 15" in found.errors[1].message
    assert rest.errors == []
    assert panel.excluded == ("A, 2020, a: misprint", "C, 2020, a: misprint")


def test_the_impossible_hainan_value_is_found_where_it_was_printed():
    build = Framework.from_toml(twin.CHINA / "hospital_beds.toml")

    item = only(build, twin.CHINA / "raw_hospital_beds.csv")

    row = item.row
    line = (twin.CHINA / "raw_hospital_beds.csv").read_text(encoding="utf-8").splitlines()[row - 1]
    assert line.startswith("460000,1998,hospital_beds_10k,32.1,")
    assert (item.region, item.year) == ("海南", 1998)
    assert "42.6295" in item.message


def test_excluding_a_computed_rate_leaves_what_shares_its_numerator():
    leaves = [RATE, {"id": "other", "numerator": "n", "denominator": "e"}]
    cell = {"region": "B", "year": 2020, "indicator": "rate", "reason": "misprint"}
    data = table(n=[1.0, 2.0, 3.0], d=[1.0, 1.0, 2.0], e=[1.0, 4.0, 6.0], rate=[1000.0, 9.0, 1500.0])
    build = framework(leaves, exclude=[cell], methods={"normalise": "minmax", "missing": {"min_coverage": 0}})

    frame = build.score(data).to_frame()

    assert node(frame, "rate", "value") == pytest.approx([1000, NAN, 1500], nan_ok=True)
    assert node(frame, "rate", "reason")[1] == "excluded: misprint"
    assert node(frame, "other", "value") == [1, 0.5, 0.5]


def test_excluding_a_numerator_excludes_every_rate_of_it():
    leaves = [RATE, {"id": "other", "numerator": "n", "denominator": "e"}]
    cell = {"region": "B", "year": 2020, "indicator": "n", "reason": "misprint"}
    build = framework(leaves, exclude=[cell], methods={"normalise": "minmax", "missing": {"min_coverage": 0}})

    frame = build.score(table(n=[1.0, 2.0, 3.0], d=[1.0, 1.0, 2.0], e=[1.0, 4.0, 7.0])).to_frame()

    assert [node(frame, name, "reason")[1] for name in ("rate", "other")] == ["n: excluded: misprint"] * 2


def test_exclusions_of_unknown_regions_are_errors_and_of_absent_cells_notes():
    data = table(region=["北京", "浙江"], a=[1.0, 2.0])
    cell = {"region": "火星", "year": 2020, "indicator": "a", "reason": "x"}

    item = only(framework(["a"], regions=PROVINCES, exclude=[cell]), data)
    absent = findings(
        framework(["a"], regions=PROVINCES, exclude=[cell | {"region": "北京", "year": 1999}]), data
    )

    assert (item.kind, item.message) == ("exclude", "no region '火星'.")
    assert absent.notes == ["nothing to exclude at 北京, 1999, a: x"]


def test_a_given_rate_must_agree_to_its_last_digit():
    data = table(n=[1.234, 1.234, 1.234], d=[1.0, 1.0, 1.0], rate=[1234.0, 1233.6, 1235.0])

    item = only(framework([RATE | {"per": 1000}]), data.assign(rate=[1234, 1234.0, 1235.0]))

    assert (item.kind, item.row, item.region) == ("disagreement", 2, "C")
    assert "printed as 1235, but n / d x 1000 = 1234" in item.message


@pytest.mark.parametrize(("given", "agrees"), [(0.00001, True), (0.00002, False), (1.04e-5, False)])
def test_small_rates_are_held_to_their_digits_too(given, agrees):
    found = findings(framework([RATE | {"per": 1}]), table(n=[1.0], d=[100000.0], rate=[given]))

    assert (found.errors == []) is agrees


def test_rates_come_from_counts_and_zero_denominators_have_none():
    build = framework([RATE], methods={"normalise": {"name": "minmax"}, "missing": {"min_coverage": 0}})

    assert value(build, table(n=[5.0, 1.0, 0.0], d=[2000.0, 0.0, 10.0]), "rate") == pytest.approx(
        [2.5, NAN, 0], nan_ok=True
    )


def test_a_printed_rate_without_its_counts_is_told_as_missing_columns():
    item = only(framework([RATE]), table(rate=[1.0, 2, 3, 4, 5, 1000]))

    assert item.kind == "missing columns"
    assert "'n', 'd'" in item.message


def test_a_bound_in_a_numerator_bounds_the_rate():
    panel, _, _ = framework([RATE]).read(table(n=["<4", "8"], d=["2", "2"]))

    bound = panel.bounds[0, 0]
    assert (bound.high, bound.high_strict, bound.raw) == (2000, True, "<4")


def test_a_bound_in_a_denominator_leaves_no_rate():
    panel, _, _ = framework([RATE]).read(table(n=["4", "8"], d=["≥2", "2"]))

    assert panel.x[:, 0].tolist() == pytest.approx([NAN, 4000], nan_ok=True)
    assert panel.reason(0, 0) == "denominator 'd' is known only as ≥2"


def test_a_population_variable_must_be_complete():
    leaf = {"id": "a", "population": "people"}
    build = framework([leaf], equalization={"measures": ["gini"]})

    item = only(build, table(a=[1.0, 2.0, 3.0], people=[5.0, NAN, 6.0]))

    assert (item.kind, item.region, item.message) == ("population", "B", "'people' is missing.")


def test_one_source_year_may_stand_for_all():
    build = framework(["a"], table={"source_year": 2019})

    assert node(build.score(table(a=[1.0, 2.0])).to_frame(), "a", "source_year") == [2019, 2019]


def test_targets_of_unknown_regions_are_refused():
    target = [{"indicator": "a", "region": "Zhejang", "target": "5"}]
    data = table(region=["北京", "浙江"], a=[1.0, 2.0])

    known = only(framework(["a"], regions=PROVINCES, target=target), data)
    free = only(framework(["a"], target=target), data, "warning")

    assert known.kind == free.kind == "target"
    assert "'Zhejang'" in known.message


@pytest.mark.parametrize(
    ("equalization", "regions", "kind", "told"),
    [
        ({"reference": "weighted_mean"}, [], "population", "needs a population"),
        (
            {},
            [{"region": "A", "population": "many"}, {"region": "B", "population": 2}],
            "population",
            "'many'",
        ),
        (
            {},
            [{"region": "A", "population": 1}, {"region": "B"}],
            "population",
            "no population of this region",
        ),
        (
            {"groups": ["zon"]},
            [{"region": "A", "zone": "E"}, {"region": "B", "zone": "W"}],
            "groups",
            "'zone'",
        ),
        ({"groups": ["zone"]}, [{"region": "A", "zone": "E"}, {"region": "B"}], "groups", "no zone"),
        ({"reference": {"region": "C"}}, [], "reference region", "'C' has no data"),
    ],
)
def test_what_equalization_needs_is_asked_for(equalization, regions, kind, told):
    found = findings(framework(["a"], equalization=equalization, regions=regions), table(a=[1.0, 2.0]))

    assert {item.kind for item in found.errors} == {kind}
    assert any(told in item.message for item in found.errors)
    assert all(item.remedy for item in found.errors)


def test_a_reference_region_alone_leaves_nothing_to_score():
    item = only(framework(["a"], equalization={"reference": {"region": "A"}}), table(a=[1.0]))

    assert "only the reference region 'A' has data" in item.message


def test_conflicting_populations_of_a_region_are_refused():
    regions = [{"region": "A", "population": 1}, {"region": "A", "population": 2}]

    with pytest.raises(FrameworkError, match="A"):
        framework(["a"], regions=regions, equalization={}).check(table(a=[1.0]))


YEARLY = [{"region": "A", "year": y, "population": p} for y, p in ((2018, 10), (2020, 30))]


def test_population_of_the_scored_year_counts_and_a_missing_year_is_named():
    data = table(years=[2018, 2020], region=["A", "A"], a=[1.0, 2.0])
    build = framework(["a"], regions=YEARLY, equalization={})

    panel, _, _ = build.read(data)
    item = only(build, data.assign(year=[2018, 2021]))

    assert panel.population.tolist() == [10, 30]
    assert (item.kind, item.region, item.year) == ("population", "A", 2021)
    assert "population_fill" in item.remedy


def test_nearest_population_fills_where_it_is_asked_for_the_earlier_on_a_tie():
    build = framework(["a"], regions=YEARLY, equalization={"population_fill": "nearest"})

    panel, _, _ = build.read(table(years=[2010, 2019, 2025], region=["A"] * 3, a=[1.0, 2.0, 3.0]))

    assert panel.population.tolist() == [10, 10, 30]


def test_all_faults_are_told_at_once(put):
    text = "region,year,a,b\nA,2020,x,1\nA,20,2,y\n火星,2020,3,99\n"
    leaves = ["a", {"id": "b", "upper": 50}, "missing_one"]

    found = findings(framework(leaves, regions=[{"region": "A"}]), put(text))

    assert {item.kind for item in found.errors} == {"region", "year", "unreadable cell", "missing columns"}
    with pytest.raises(DataError) as error:
        found.stop_on_errors()
    assert str(error.value).startswith(f"{len(found.errors)} errors in the data.")
    assert all(f"\n{kind}" in str(error.value) for kind in ("region", "year", "unreadable cell"))


def test_faults_of_every_file_are_told_at_once(put, tmp_path):
    put("region,year,a,年份\nA,2020,1,2021\n", "one.csv")
    put("region,2020,2021\nA,1,2\n", "three.csv")
    put("region,year,a\nA,2020,x\n", "two.csv")

    found = findings(framework(["a"]), tmp_path)

    assert [item.file for item in found.errors] == ["one.csv", "three.csv", "two.csv"]
    assert all(item.message for item in found.errors)


def test_ten_thousand_faulty_cells_give_a_short_grouped_message():
    data = table(region=[f"R{n}" for n in range(10_000)], a=["wrong"] * 10_000, b=["-1"] * 10_000)
    build = framework(["a", {"id": "b", "lower": 0}])

    with pytest.raises(DataError) as error:
        build.score(data)

    message = str(error.value)
    assert "20000 errors in the data." in message
    assert "unreadable cell: 10000" in message
    assert "implausible value: 10000" in message
    assert message.count("… and 9995 more.") == 2
    assert len(message) < 2000


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("region,年度,a\nA,2021,1\n", "the column '年度' says the year too"),
        ("2021年床位\nregion,a,b\nA,1,2\nB,1,2\n", "name or title says 2021"),
        ("指标：a\nregion,2021,2022\nA,1,2\n", "the column '2021' says the year too"),
    ],
)
def test_a_constant_year_never_overrules_a_printed_one(put, text, told):
    [item] = [
        i for i in findings(framework(["a"], table={"year": 2022}), put(text)).errors if i.kind == "year"
    ]

    assert "[table] year = 2022" in item.message
    assert told in item.message
    assert item.remedy


def test_years_in_titles_are_offered_but_prices_ranges_and_dates_are_none(put):
    head = "region,a,b\nA,1,2\nB,1,2\n"
    offered = {
        title: "--set table.year=2021"
        in findings(framework(["a", "b"]), put(f"{title}\n{head}")).errors[0].remedy
        for title in ("2021年统计表", "表 2016—2021 年", "按2021年价计算", "发布于2021-05-01")
    }

    assert list(offered.values()) == [True, False, False, False]
    with pytest.raises(FrameworkError, match="1000"):
        framework(["a"], table={"year": 22})


def test_ambiguous_and_shortened_codes_are_told_with_what_to_write(put):
    listed = [{"region": "0101", "name": "朝阳区"}, {"region": "0202", "name": "朝阳区"}]
    found = findings(framework(["a"], regions=listed), put("region,year,a\n朝阳区,2020,1\n101,2020,1\n"))

    several, short = found.errors
    assert "It may be 朝阳区 (0101) or 朝阳区 (0202)" in several.message
    assert "code" in several.remedy
    assert "Did you mean '0101'?" in short.message


def test_blank_cells_of_a_workbook_may_be_merged_ones(tmp_path):
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("s")
        for line, row in enumerate([["region", "year", "a"], ["A", 2020, 1], ["", 2021, 1], ["B", "", 1]]):
            sheet.write_row(line, 0, row)

    found = findings(framework(["a"]), path)

    assert [item.kind for item in found.errors] == ["region", "year"]
    assert all("Merged cells" in item.remedy for item in found.errors)


# --- Warnings ----------------------------------------------------------------------------------------------

CLEAN = {"a": [1.0, 2.0, 3.0, 4.0, 5.0]}


@pytest.mark.parametrize(
    ("leaf", "cells", "kind", "told"),
    [
        ({"unit": "%"}, [0.1, 0.5, 0.9], "unit", "no value is above 0.9"),
        ({"unit": "%"}, [0.5], "unit", "no value is above 0.5"),
        ({}, [1.0, 2.0, 20000.0], "unit", "1e+04 times the median"),
        ({}, [1.0, 2.0, 3.0, 2.0, 20000.0], "unit", "1e+04 times the median"),
        ({"unit": "个"}, ["90%", "80"], "unit", "has a % sign"),
        ({}, [1.0, NAN, 3.0], "missing values", "33%"),
        ({"goalposts": [0, 9]}, [2.0, 2.0], "constant column", "every value is 2"),
        ({}, ["4.5左右", "3"], "approximate value", "'4.5左右'"),
        ({}, ["<4", "5"], "bound, not a value", "'<4'"),
    ],
)
def test_suspicions_are_warnings(leaf, cells, kind, told):
    item = only(framework([{"id": "a"} | leaf]), table(a=cells), "warning")

    assert item.kind == kind
    assert told in item.message


def test_clean_data_have_no_finding():
    found = findings(framework(["a"]), table(**CLEAN))

    assert len(found) == 0
    assert found.notes == []


def test_ragged_years_name_the_regions_without_a_row():
    item = only(
        framework(["a"]),
        table(years=[2020, 2020, 2021], region=["A", "B", "A"], a=[1.0, 2.0, 3.0]),
        "warning",
    )

    assert (item.kind, item.year) == ("ragged years", 2021)
    assert "1 of 2 regions have no row: B" in item.message


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (
            ["12", "１２", "A"],
            "'12' and '１２' differ in full and half width alone, and are scored as 2 regions",
        ),
        (["吴中（区）", "吴中(区)"], "'吴中(区)' and '吴中（区）' differ"),
        (["Ａ区（)", "A区（）"], "'Ａ区（)' and 'A区（）' differ"),
        (["１２", "１３", "12a"], None),
    ],
)
def test_regions_that_differ_in_width_alone_are_warned_of(names, words):
    listed = [{"region": name} for name in names]
    one = pd.DataFrame({"region": names, "year": 2020, "a": np.arange(len(names)) + 1.0})

    found = [item for item in framework(["a"]).check(one) if item.kind == "region"]

    assert [words in item.message for item in found] == ([True] if words else [])
    if words:
        with pytest.raises((DataError, FrameworkError)):  # a table takes them for one
            framework(["a"], regions=listed).score(one)


def test_old_sources_are_warned_of():
    data = table(a=[1.0, 2.0], source_year=[2020, 2015])

    item = only(framework(["a"]), data, "warning")

    assert item.kind == "source year"
    assert "up to 5 years" in item.message


def test_missing_words_keep_what_was_printed_as_the_reason():
    build = framework(["a"], methods={"normalise": "minmax", "missing": {"min_coverage": 0}})

    frame = build.score(table(a=["1", "—", "", "2"])).to_frame()

    assert node(frame, "a", "reason") == ["", "printed as —", "no value in the data", ""]


@pytest.mark.parametrize("name", ["全国", "合 计", "總計", "Total"])
def test_totals_are_warned_of_and_can_be_dropped(name):
    data = table(region=[name, "A", "B"], a=[9.0, 1.0, 2.0])

    item = only(framework(["a"]), data, "warning")
    dropped = findings(framework(["a"], table={"drop": {"region": [name]}}), data)

    assert (item.kind, item.region) == ("total", name)
    assert "drop" in item.remedy
    assert len(dropped) == 0
    assert dropped.notes == ["table: 1 rows left out by [table].drop"]
    assert len(findings(framework(["a"], equalization={"reference": {"region": name}}), data)) == 0
    assert only(framework(["a"], table={"drop": {"regoin": name}}), data).kind == "unknown column"


@pytest.mark.parametrize(
    ("header", "unit", "printed", "read"),
    [
        ("床位数(万张)", "张", [4.35, 0.07, 1.0], [43500, 700, 10000]),
        ("床位数（萬張）", "张", ["4.35", "—", "3万"], [43500, NAN, 30000]),
        ("床位数(万)", "张", [4.35, 0.07, 1.0], [43500, 700, 10000]),
        ("床位数(张)", "千张", [435.0, 7.0, 10.0], [0.435, 0.007, 0.01]),
        ("床位数(千张)", "张", ["<4.1", "2", "3"], [4100, 2000, 3000]),
    ],
)
def test_numbers_under_a_printed_factor_are_moved_exactly(header, unit, printed, read):
    build = framework([{"id": "beds", "name": "床位数", "unit": unit}])
    long = table(region=["A", "B", "C"], indicator=[header] * 3, value=printed)

    for data in (table(**{header: printed}), long):
        panel, found, _ = build.read(data)
        assert found.errors == []
        assert any("numbers times" in note for note in found.notes)
        np.testing.assert_array_equal(panel.x[:, 0], read)
        assert [bound.high for bound in panel.bounds.values()] == ([4100] if printed[0] == "<4.1" else [])


def test_another_unit_in_the_header_is_warned_of():
    build = framework([{"id": "beds", "name": "床位数", "unit": "张"}])

    item = only(build, table(**{"床位数(个)": [1.0, 2.0, 3.0]}), "warning")

    assert item.kind == "unit"
    assert "个" in item.message
    assert "张" in item.message


def test_regions_of_the_table_without_any_row_are_warned_of_once():
    rows = [{"region": name, "parent": "P"} for name in "ABCDEFGH"] + [{"region": "P"}]

    item = only(framework(["a"], regions=rows), table(a=[1.0, 2.0]), "warning")

    assert item.kind == "regions without data"
    assert "6 of 9 regions" in item.message
    assert "C, D, E, F, G and 1 more" in item.message


@pytest.mark.parametrize(
    "years",
    [
        ["2020年度", "2021 年"],
        ["2020-01-01 00:00:00", "2021/1/1"],
        pd.to_datetime(["2020-01-01", "2021-12-31"]),
        np.array([pd.Timestamp("2020-06-01"), pd.Timestamp("2021-06-01")], dtype=object),
    ],
    ids=["words", "dates as text", "datetime64", "timestamps"],
)
def test_dates_are_read_as_their_year(years):
    panel, found, _ = framework(["a"]).read(table(years=years, region=["A", "A"], a=[1.0, 2.0]))

    assert found.errors == []
    assert panel.year.tolist() == [2020, 2021]


# --- Reading without a finding -----------------------------------------------------------------------------

LEAVES = [
    {"id": "doctors", "name": "每千人口医生数", "name_en": "Doctors", "alias": "医师;physicians"},
    {"id": "beds", "name": "床位数", "unit": "张"},
]
EXPECTED = {("110000", 1999): [4.2, 5.0], ("330000", 1999): [1.6, 2.0]}


def cells(build, data):
    panel, found, _ = build.read(data)
    assert found.errors == [], found.text("error")
    return {
        (panel.regions[r], int(y)): x.tolist()
        for r, y, x in zip(panel.region, panel.year, panel.x, strict=True)
    }


@pytest.mark.parametrize(
    "text",
    [
        "region,year,doctors,beds\n110000,1999,4.2,5\n330000,1999,1.6,2\n",
        "地区,年份,每千人口医生数,床位数\n北京,1999,4.2,5\n浙江,1999,1.6,2\n",
        "地區,年份,每千人口医生数,床位数(张)\n北京市,1999年,4.2,5\n浙江省,1999年,1.6,2\n",
        "Region;Year;Physicians;床位数（张）\nBeijing;1999;4.2;5\nZhejiang;1999;1.6;2\n",
        "region\tyear\tDOCTORS\tBeds \n110000\t1999\t4.2\t5\n330000\t1999\t1.6\t2\n",
        "region,year,indicator,value\n110000,1999,doctors,4.2\n330000,1999,doctors,1.6\n"
        "110000,1999,beds,5\n330000,1999,beds,2\n",
        "地区,年份,指标,数值\n北京,1999,医师,4.2\n浙江,1999,每千人口医生数,1.6\n北京,1999,床位数,5\n浙江,1999,beds,2\n",
        "地区,指标,1998年,1999年\n北京,doctors,,4.2\n浙江,doctors,,1.6\n北京,beds,,5\n浙江,beds,,2\n",
    ],
    ids=["wide", "chinese", "traditional", "semicolons", "tabs", "long", "long-chinese", "years"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_layouts_languages_and_encodings_give_the_same_cells(put, text, encoding):
    found = cells(framework(LEAVES, regions=PROVINCES), put(text.encode(encoding)))

    assert {at: x for at, x in found.items() if at[1] == 1999} == EXPECTED
    assert all(np.isnan(x).all() for at, x in found.items() if at[1] == 1998)


def test_workbooks_are_read_below_their_title_rows_from_the_sheet_named(tmp_path):
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("notes").write(0, 0, "nothing here")
        sheet = book.add_worksheet("数据")
        rows = [
            ["表1 医生"],
            [],
            ["地区", "年份", "doctors", "beds"],
            ["北京", 1999, 4.2, 5],
            ["浙江", 1999, 1.6, 2],
        ]
        for line, row in enumerate(rows):
            sheet.write_row(line, 0, row)

    found = cells(framework(LEAVES, regions=PROVINCES, table={"sheet": "数据"}), path)

    assert found == EXPECTED


def test_the_table_section_names_columns_and_keeps_rows(put):
    rows = ["110000,1999,False,doctors,4.2", "330000,1999,False,doctors,1.6", "XX,1999,True,doctors,9"]
    rows += ["110000,1999,False,beds,5", "330000,1999,False,beds,2"]
    text = "\n".join(["iso3,yr,agg,what,amount", *rows])
    section = {"region": "iso3", "year": "yr", "indicator": "what", "value": "amount", "keep": {"agg": False}}
    build = framework(LEAVES, regions=PROVINCES, table=section)

    assert cells(build, put(text)) == EXPECTED
    assert "1 rows left out by [table].keep" in findings(build, put(text)).notes[-1]


def test_a_constant_year_and_lists_of_kept_values(put):
    text = "code,doctors,beds,kind\n110000,4.2,5,1\n330000,1.6,2,2.0\n330000,7,7,3\n"
    section = {"region": "code", "year": 1999, "keep": {"kind": [1, 2]}}

    assert cells(framework(LEAVES, regions=PROVINCES, table=section), put(text)) == EXPECTED


def test_a_kept_column_that_is_not_there_is_an_error(put):
    item = only(
        framework(["a"], table={"keep": {"agregate": 1}}), put("region,year,a,aggregate\nA,2020,1,1\n")
    )

    assert item.kind == "unknown column"
    assert "Did you mean 'aggregate'?" in item.message


def test_leading_zeros_of_codes_stay(put):
    found = cells(framework(["a"]), put("region,year,a\n0101,2020,1\n101,2020,2\n"))

    assert list(found) == [("0101", 2020), ("101", 2020)]


def test_columns_of_no_indicator_are_ignored_with_one_note(put):
    build = framework(["doctors"])

    _, found, _ = build.read(put("region,year,doctors,zzz,remark\nA,2020,1,x,y\n"))

    assert found.errors == []
    assert found.notes == ["data.csv: ignored, not in the framework: 'zzz', 'remark'"]


@pytest.mark.parametrize(
    "name",
    [
        "=1+1",
        "<script>alert(1)</script>",
        '"quoted", twice',
        "two\nlines",
        "\u202eright to left",
        "'",
        "it's a 'b'",
    ],
)
def test_hostile_names_survive_as_text(tmp_path, name):
    path = tmp_path / "data.csv"
    table(region=[name, "B"], a=[1.0, 2.0]).to_csv(path, index=False)

    scores = framework([{"id": "a", "name": name}]).score(path)

    frame = scores.to_frame()
    assert set(frame["region"]) == {name, "B"}
    assert name in set(frame["node_name"])
    assert scores.explain(name).region == name


def test_quotes_in_a_near_miss_do_not_confuse_the_message():
    found = findings(framework([{"id": "a'b'c"}, "zz"]), table(**{"a'b'cd": [1.0, 2], "zz": [1.0, 2]}))

    assert "is close to \"a'b'c\"" in found.errors[0].message


@pytest.mark.parametrize(
    "column",
    [
        pd.array([1, 2, None], dtype="Int64"),
        pd.array([1.0, 2.0, None], dtype="Float32"),
        pd.Categorical(["1", "2", ""]),
        np.array([1, 2, None], dtype=object),
        pd.array(["1", "2", None], dtype="string"),
    ],
    ids=["Int64", "Float32", "categorical", "object", "string"],
)
def test_columns_of_every_type_are_read(column):
    panel, found, _ = framework(["a"]).read(table(a=column))

    assert found.errors == []
    assert panel.x[:, 0].tolist() == pytest.approx([1, 2, NAN], nan_ok=True)


@pytest.mark.parametrize(
    "column", [[1 + 1j, 2], [True, False], pd.to_datetime(["2020-01-01", "2021-01-01"]), [{}, object]],
    ids=["complex", "truth", "dates", "objects"],
)  # fmt: skip
def test_columns_that_are_no_numbers_are_unreadable(column):
    found = findings(framework(["a"]), table(a=column))

    assert [item.kind for item in found.errors] == ["unreadable cell"] * 2


def test_scoring_never_changes_the_table():
    data = table(a=[1.0, 2.0, 3.0], b=[3.0, 1.0, 2.0])
    before = data.copy(deep=True)
    cell = {"region": "A", "year": 2020, "indicator": "a", "reason": "x"}

    framework(["a", "b"], exclude=[cell], equalization={}).score(data).tables()

    pd.testing.assert_frame_equal(data, before)


def test_the_schema_guards_a_wide_table():
    import pandera.errors

    schema = framework([{"id": "a", "lower": 0, "upper": 5}]).schema()

    schema.validate(table(a=[0.0, 5.0, NAN]))
    for wrong in (table(a=[6.0]), table(a=[math.inf]), table(region=["A", "A"], a=[1.0, 2.0])):
        with pytest.raises(pandera.errors.SchemaError):
            schema.validate(wrong)


def test_a_sample_without_values_does_not_stop_the_search_for_lost_units():
    values = np.full(20_000, np.nan)
    values[1::2] = np.linspace(1.0, 2.0, 10_000)
    values[7] = 1e6
    data = pd.DataFrame({"region": [f"r{k}" for k in range(20_000)], "year": 2020, "a": values})

    findings = framework(["a"]).check(data)

    assert [item.region for item in findings.warnings if item.kind == "unit"] == ["r7"]


def test_the_only_region_needs_no_column():
    built = framework(["a"], regions=[{"region": "320682", "name": "如皋市"}])

    panel, findings, _ = built.read(pd.DataFrame({"year": [2020, 2021], "a": [1.0, 2.0]}))

    assert [panel.label(row) for row in panel.order] == ["如皋市, 2020", "如皋市, 2021"]
    assert "table: no region column; all rows are 如皋市" in findings.notes


def test_a_name_that_two_indicators_share_is_said_so():
    built = framework([{"id": "a", "name": "甲"}, {"id": "b", "name": "甲"}])

    _, findings, _ = built.read(pd.DataFrame({"region": ["A"], "year": [2020], "甲": [1.0]}))

    assert "'甲' is the name of a and b." in [finding.message for finding in findings.errors]
