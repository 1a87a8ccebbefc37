"""Changes of regions, 撤并: earlier rows become those of today's regions by hand-made sums, and nothing is guessed."""

import math

import numpy as np
import pandas as pd
import pytest

from equindex.errors import DataError
from small import framework, table

NAN = math.nan
TABLE = [{"region": "N", "name": "新区"}, {"region": "C", "name": "旁县"}]
MERGER = [{"year": 2015, "old": "A", "new": "N"}, {"year": 2015, "old": "B", "new": "N"}]
INDICATORS = [
    {"id": "rate", "numerator": "beds", "denominator": "people", "per": 10},
    {"id": "total", "roll_up": "sum"},
    {"id": "plain_mean", "roll_up": "mean"},
    {"id": "weighed", "roll_up": "weighted_mean", "population": "people"},
    {"id": "loose"},
]
# rates of 3 and 4.5 in 10; together 120 beds for 30 people
A = {"beds": 3.0, "people": 10.0, "total": 5.0, "plain_mean": 2.0, "weighed": 1.0, "loose": 7.0}
B = {"beds": 9.0, "people": 20.0, "total": 6.0, "plain_mean": 4.0, "weighed": 4.0, "loose": 7.0}
N = {"beds": 13.0, "people": 31.0, "total": 12.0, "plain_mean": 3.5, "weighed": 3.0, "loose": 8.0}


def plan(change, indicators=INDICATORS, regions=TABLE, **sections):
    return framework(indicators, regions=regions, change=change, methods=None, equalization={}, **sections)


def rows(*cells):
    """Build a wide table of (region, year, values)."""
    return pd.DataFrame([{"region": region, "year": year, **values} for region, year, values in cells])


def read(build, data):
    """Return {(region, year): {indicator: value}}, the reasons keyed alike, and the findings."""
    panel, findings, _ = build.read(data)
    assert panel is not None, findings.text("error")
    names = [indicator.id for indicator in build.model.indicator]
    keys = [(panel.regions[code], int(year)) for code, year in zip(panel.region, panel.year, strict=True)]
    values = {key: dict(zip(names, panel.x[row], strict=True)) for row, key in enumerate(keys)}
    reasons = {(*keys[row], names[column]): said for (row, column), said in panel.reasons.items()}
    return values, reasons, findings


def errors(build, data):
    with pytest.raises(DataError) as caught:
        build.check(data)
    return str(caught.value)


def test_a_merger_adds_counts_and_computes_rates_anew():
    data = rows(("A", 2010, A), ("B", 2010, B), ("N", 2015, N))

    values, reasons, findings = read(plan(MERGER), data)

    assert set(values) == {("N", 2010), ("N", 2015)}
    merged = values["N", 2010]
    assert merged["rate"] == 12 / 30 * 10  # 4; the mean of 3 and 4.5 is 3.75
    assert merged["total"] == 11
    assert merged["plain_mean"] == 3
    assert merged["weighed"] == 3  # (10 x 1 + 20 x 4) / 30
    assert np.isnan(merged["loose"])  # although both have 7
    assert reasons["N", 2010, "loose"] == "merged from A and B: no counts to combine"
    assert values["N", 2015] == {"rate": 13 / 31 * 10} | {k: N[k] for k in list(merged) if k != "rate"}
    assert "region change of 2015, A and B → 新区: 1 earlier row re-expressed, cells without a value: 1" in (
        findings.notes
    )


def test_merged_counts_are_in_the_panel_for_whatever_adds_up_further():
    panel, _, _ = plan(MERGER).read(rows(("A", 2010, A), ("B", 2010, B)))

    assert panel.counts["beds"].tolist() == [12]
    assert panel.counts["people"].tolist() == [30]


def test_a_rename_carries_values_bounds_reasons_and_the_place_in_the_file(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("region,year,a,b\n旧县,2010,<4,—\nN,2015,5,6\nC,2010,bad,7\n", encoding="utf-8")
    build = plan([{"year": 2015, "old": "旧县", "new": "新区"}], ["a", "b"])
    assert "row 4" in errors(build, path)

    path.write_text("region,year,a,b\n旧县,2010,<4,—\nN,2015,5,6\nC,2010,3,7\n", encoding="utf-8")
    panel, findings, _ = build.read(path)

    row = int(np.flatnonzero((panel.region == 0) & (panel.year == 2010))[0])
    assert panel.bounds[row, 0].raw == "<4"
    assert panel.reason(row, 1) == "printed as —"
    assert "region change of 2015, 旧县 → 新区: 1 earlier row re-expressed" in findings.notes


def test_a_faulty_cell_of_a_renamed_region_is_told_with_its_row():
    build = plan([{"year": 2015, "old": "旧县", "new": "新区"}], [{"id": "a", "upper": 10}])

    told = errors(build, table(region=["旧县", "C"], years=[2010, 2010], a=[50.0, 5.0]))

    assert "table, row 0, column 'a', 新区, 2010: 'a' = 50 is above upper = 10." in told


def test_a_split_shares_counts_and_leaves_the_rest_unknown():
    change = [
        {"year": 2015, "old": "A", "new": "N", "share": 0.75},
        {"year": 2015, "old": "A", "new": "C", "share": 0.25},
    ]

    values, reasons, _ = read(plan(change), rows(("A", 2010, A)))

    assert values["N", 2010]["total"] == 3.75
    assert values["C", 2010]["total"] == 1.25
    assert values["N", 2010]["rate"] == pytest.approx(3, rel=1e-15)
    assert {key[2] for key in reasons if key[0] == "C"} == {"plain_mean", "weighed", "loose"}
    assert reasons["C", 2010, "plain_mean"] == "split from A: no counts to combine"


def test_a_region_that_lives_on_keeps_what_the_others_leave():
    change = [
        {"year": 2015, "old": "C", "new": "C"},
        {"year": 2015, "old": "C", "new": "N", "share": 0.25},
    ]

    values, *_ = read(plan(change, INDICATORS[:2]), rows(("C", 2010, A), ("C", 2016, B), ("N", 2016, N)))

    assert values["C", 2010]["total"] == 3.75
    assert values["N", 2010]["total"] == 1.25
    assert values["C", 2016]["total"] == 6


def test_a_region_that_takes_in_another_is_one_of_the_parts():
    change = [{"year": 2015, "old": "N", "new": "N"}, {"year": 2015, "old": "B", "new": "N"}]

    values, *_ = read(plan(change), rows(("N", 2010, A), ("B", 2010, B), ("N", 2016, N)))

    assert values["N", 2010]["rate"] == 4
    assert values["N", 2016]["total"] == 12


def test_what_was_split_off_and_taken_in_again_is_whole_in_all_years():
    change = [
        {"year": 2005, "old": "N", "new": "N"},
        {"year": 2005, "old": "N", "new": "A", "share": 0.4},
        {"year": 2015, "old": "N", "new": "N"},
        {"year": 2015, "old": "A", "new": "N"},
    ]
    data = rows(("N", 2000, {"total": 10.0}), ("N", 2010, {"total": 7.0}), ("A", 2010, {"total": 5.0}))

    values, *_ = read(plan(change, [INDICATORS[1]]), data)

    assert values == {("N", 2000): {"total": 10}, ("N", 2010): {"total": 12}}


def test_chains_are_followed():
    change = [{"year": 2020, "old": "Z", "new": "N"}, {"year": 2020, "old": "B", "new": "N"}]
    change += [{"year": 2015, "old": "A", "new": "Z"}]
    data = rows(("A", 2010, A), ("B", 2010, B), ("Z", 2016, A), ("B", 2016, B), ("N", 2020, N))

    values, *_ = read(plan(change), data)

    assert set(values) == {("N", 2010), ("N", 2016), ("N", 2020)}
    assert values["N", 2010]["rate"] == values["N", 2016]["rate"] == 4


@pytest.mark.parametrize(
    ("left_out", "indicator", "reason"),
    [
        ("total", "total", "merged from A and B: no value of B"),
        ("beds", "rate", "beds: merged from A and B: no value of B"),
        ("people", "weighed", "merged from A and B: no population of B"),
        ("plain_mean", "plain_mean", "merged from A and B: no value of B"),
    ],
)
def test_a_missing_part_is_named_and_never_left_out_of_the_sum(left_out, indicator, reason):
    values, reasons, _ = read(plan(MERGER), rows(("A", 2010, A), ("B", 2010, B | {left_out: NAN})))

    assert np.isnan(values["N", 2010][indicator])
    assert reasons["N", 2010, indicator] == reason


def test_a_part_without_a_row_is_missing():
    values, reasons, _ = read(plan(MERGER), rows(("A", 2010, A), ("B", 2011, B)))

    assert np.isnan(values["N", 2010]["total"])
    assert reasons["N", 2011, "total"] == "merged from A and B: no value of A"


def test_printed_rates_without_counts_are_not_averaged():
    data = rows(("A", 2010, {"rate": 3.0, "beds": NAN, "people": NAN}), ("B", 2010, {"rate": 4.5}))

    _, reasons, _ = read(plan(MERGER, INDICATORS[:1]), data)

    assert reasons["N", 2010, "rate"] == "merged from A and B: no counts to combine"


def test_bounds_and_excluded_cells_do_not_add_up():
    data = pd.DataFrame(
        {"region": ["A", "B", "A", "B"], "year": [2010, 2010, 2011, 2011], "total": ["<5", "6", "5", "6"]}
    )
    exclude = [{"region": "A", "year": 2011, "indicator": "total", "reason": "misprint"}]

    values, reasons, _ = read(plan(MERGER, [INDICATORS[1]], exclude=exclude), data)

    assert all(np.isnan(cell["total"]) for cell in values.values())
    assert reasons["N", 2010, "total"] == "merged from A and B: no value of A"
    assert reasons["N", 2011, "total"] == "merged from A and B: excluded: misprint"


def test_a_weighted_mean_takes_the_people_of_old_regions_from_the_regions_table():
    people = [("N", 2010, 35), ("A", 2010, 10), ("B", 2010, 30)]
    regions = [{"region": r, "year": y, "population": p} for r, y, p in people]
    indicators = [{"id": "w", "roll_up": "weighted_mean"}]
    data = rows(("A", 2010, {"w": 1.0}), ("B", 2010, {"w": 5.0}))

    values, _, findings = read(plan(MERGER, indicators, regions), data)

    assert values["N", 2010]["w"] == 4
    assert not [item for item in findings if item.kind == "regions without data"]


def test_without_a_regions_table_regions_are_those_of_the_data():
    panel, _, _ = plan(MERGER, INDICATORS[:2], ()).read(rows(("A", 2010, A), ("B", 2010, B), ("N", 2015, N)))

    assert panel.regions == ("N",)
    assert panel.x[:, 1].tolist() == [12, 11]


def test_source_years_of_a_merger_are_the_oldest():
    data = rows(("A", 2010, A), ("B", 2010, B)).assign(source_year=[2010, 2008])

    panel, _, _ = plan(MERGER).read(data)

    assert panel.source_year[0, 1] == 2008


# --- Bad input -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ([{"year": 2015, "old": "A", "new": "Nn"}], "'Nn' of the change A → Nn is no known region."),
        ([{"year": 2015, "old": "A", "new": "N", "share": 0.5}], "the shares of A sum to 0.5, not 1."),
        (
            [{"year": 2015, "old": "A", "new": "N"}, {"year": 2015, "old": "A", "new": "C", "share": 0.5}],
            "the shares of A sum to 1.5, not 1.",
        ),
        (
            [{"year": 2015, "old": "A", "new": "N"}, {"year": 2020, "old": "N", "new": "A"}],
            "新区 cannot become A: A ended in 2015, and 新区 → A → 新区 is a circle.",
        ),
        (
            [{"year": 2015, "old": "A", "new": "N"}, {"year": 2020, "old": "A", "new": "C"}],
            "A cannot become 旁县: it ended in 2015.",
        ),
        ([MERGER[0], MERGER[0]], "A → 新区 stands twice."),
    ],
)
def test_changes_that_contradict_themselves_are_refused(change, told):
    assert told in errors(plan(change, ["a"]), table(region=["N", "C"], a=[1.0, 2.0]))


def test_three_regions_in_a_circle_are_named():
    change = [{"year": y, "old": o, "new": n} for y, o, n in [(1, "X", "Y"), (2, "Y", "N"), (3, "N", "X")]]

    told = errors(plan(change, ["a"]), table(region=["C", "N"], a=[1.0, 2.0]))

    assert "新区 → X → Y → 新区 is a circle" in told


def test_old_regions_in_or_after_the_year_of_the_change_are_refused_with_their_rows():
    build = plan(MERGER, [INDICATORS[1]])

    told = errors(build, table(region=["A", "B", "B"], years=[2014, 2015, 2016], total=[1.0, 2.0, 3.0]))

    assert "region change: 2" in told
    assert "table, row 1, B, 2015: 'B' has a row for 2015, but ended in 2015." in told


def test_a_new_region_beside_its_old_ones_is_refused():
    told = errors(plan(MERGER), rows(("A", 2010, A), ("B", 2010, B), ("N", 2010, N)))

    assert "新区 has a row of its own for 2010 beside A and B." in told
    assert "list 新区 among the old regions of 2015" in told


def test_a_new_region_may_have_the_years_that_its_old_ones_lack():
    values, *_ = read(plan(MERGER), rows(("N", 2009, N), ("A", 2010, A), ("B", 2010, B)))

    assert values["N", 2009]["total"] == 12
    assert values["N", 2010]["total"] == 11


def test_all_faults_come_at_once_with_those_of_the_cells():
    change = [{"year": 2015, "old": "A", "new": "Q"}, {"year": 2015, "old": "B", "new": "N", "share": 0.5}]

    told = errors(plan(change, ["a"]), table(region=["A", "N"], years=[2010, 2010], a=[1.0, math.inf]))

    assert told.startswith("3 errors in the data.")
    assert "'Q' of the change A → Q is no known region." in told
    assert "the shares of B sum to 0.5, not 1." in told
    assert "'a' = inf is infinite." in told


def test_an_old_region_that_may_be_several_is_refused():
    regions = [{"region": "1", "name": "吉林省"}, {"region": "2", "name": "吉林市"}]
    change = [{"year": 2015, "old": "吉林", "new": "1"}]

    told = errors(plan(change, ["a"], regions), table(region=["1", "2"], a=[1.0, 2.0]))

    assert "'吉林' of the change 吉林 → 1 may be several regions." in told


def test_an_old_name_that_is_an_alias_of_the_new_region_is_the_old_region():
    regions = [{"region": "320614", "name": "海门区", "alias": "海门市"}]
    change = [{"year": 2020, "old": "海门市", "new": "海门区"}, {"year": 2020, "old": "B", "new": "海门区"}]

    values, *_ = read(plan(change, [INDICATORS[1]], regions), rows(("海门市", 2010, A), ("B", 2010, B)))

    assert values == {("320614", 2010): {"total": 11}}


def test_an_old_region_of_the_table_needs_no_row_today():
    regions = [*TABLE, {"region": "A", "name": "甲县"}, {"region": "B"}]

    values, _, findings = read(
        plan(MERGER, [INDICATORS[1]], regions), rows(("甲县", 2010, A), ("B", 2010, B))
    )

    assert values == {("N", 2010): {"total": 11}}
    assert [item.message for item in findings if item.kind == "regions without data"] == [
        "1 of 4 regions of the regions table have no row: 旁县."
    ]


def test_without_a_table_an_unknown_new_region_is_refused():
    told = errors(plan(MERGER, ["a"], ()), table(region=["A", "B", "M"], years=2010, a=[1.0, 2.0, 3.0]))

    assert "'N' of the change A → N is no known region." in told


# --- On random histories, against plain Python ---------------------------------------------------------------


def test_sums_are_kept_whatever_the_history():
    rng = np.random.default_rng(11)
    for _ in range(20):
        years = sorted(rng.choice(np.arange(2001, 2010), 3, replace=False).tolist())
        alive, change, born = [f"r{k}" for k in range(6)], [], 6
        eras = {2000: list(alive)}
        for year in years:
            picked = rng.choice(alive, 3, replace=False).tolist()
            merged, first, second = f"r{born}", f"r{born + 1}", f"r{born + 2}"
            born += 3
            change += [{"year": year, "old": old, "new": merged} for old in picked[:2]]
            change += [{"year": year, "old": picked[2], "new": first, "share": 0.25}]
            change += [{"year": year, "old": picked[2], "new": second, "share": 0.75}]
            alive = [name for name in alive if name not in picked] + [merged, first, second]
            eras[year] = list(alive)
        cells = {(n, y): float(rng.integers(1, 9)) * 64 for y, names in eras.items() for n in names}
        data = rows(*((name, year, {"total": value}) for (name, year), value in cells.items()))

        values, *_ = read(plan(change, [INDICATORS[1]], [{"region": name} for name in alive]), data)

        expected = {}
        for (name, year), value in cells.items():
            parts = {name: value}
            for event in years:
                if event > year:
                    moved = {}
                    for part, amount in parts.items():
                        lines = [line for line in change if line["year"] == event and line["old"] == part]
                        for line in lines or [{"new": part}]:
                            moved[line["new"]] = moved.get(line["new"], 0) + amount * line.get("share", 1)
                    parts = moved
            for part, amount in parts.items():
                expected[part, year] = expected.get((part, year), 0) + amount
        assert {key: cell["total"] for key, cell in values.items()} == expected
