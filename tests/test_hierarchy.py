"""The tree of regions: parents from their parts by hand-made numbers and a slow twin, and what is wrong with a tree."""

import math

import numpy as np
import pandas as pd
import pytest

from equindex.errors import DataError, FrameworkError
from equindex.schema import roll_up
from small import framework, table

NAN = math.nan
TREE = [
    {"region": "P", "name": "省"},
    {"region": "X", "name": "西市", "parent": "P"},
    {"region": "Y", "name": "东市", "parent": "省"},
    *({"region": county, "parent": "X"} for county in "abc"),
    *({"region": county, "parent": "东市"} for county in "de"),
]
BEDS = [1.0, 2.0, 9.0, 8.0, 4.0]
PEOPLE = [10.0, 10.0, 30.0, 20.0, 5.0]
RATE = {"id": "rate", "numerator": "beds", "denominator": "people", "per": 100}


def plan(indicators, regions=TREE, **evenness):
    return framework(indicators, regions=regions, methods=None, equalization={"measures": []} | evenness)


def rolled(build, data):
    panel, findings, _ = build.read(data)
    assert panel is not None, findings.text("error")
    return roll_up(build.model, build.regions, panel)


def counties(**columns):
    return table(region=list("abcde"), **columns)


def cells(found, values, column=0):
    """Return {(region, year): value} of one of the arrays of a RolledUp."""
    panel = found.panel
    keys = zip(panel.region, panel.year, strict=True)
    array = values if values.ndim == 1 else values[:, column]
    return {(panel.regions[code], int(year)): array[row].item() for row, (code, year) in enumerate(keys)}


def of(found, values, column=0):
    """Return the values of the province and the two cities in a table of one year."""
    by = cells(found, values, column)
    return [by[region, 2020] for region in "PXY"]


def only(indicator, values):
    """Roll up one indicator of the five counties; return province, west, east."""
    found = rolled(plan([{"id": "v", **indicator}]), counties(v=values))
    return of(found, found.rolled)


def why(found, region, column=0, year=2020):
    rows = (found.panel.region == found.panel.regions.index(region)) & (found.panel.year == year)
    return found.reason(int(np.flatnonzero(rows)[0]), column)


# --- What parents get ----------------------------------------------------------------------------------------


def test_a_rate_of_a_parent_is_that_of_its_counts_not_the_mean_of_its_parts():
    found = rolled(plan([RATE]), counties(beds=BEDS, people=PEOPLE))

    # counties 10, 20, 30 and 40, 80; cities 12/50 and 12/25; province 24/75
    assert of(found, found.rolled) == [32, 24, 48]
    assert of(found, found.mean) == [36, 20, 60]
    assert of(found, found.panel.x) == [32, 24, 48]
    assert np.isnan(found.own).all()
    assert of(found, found.n) == [2, 3, 2]
    assert of(found, found.parts) == [2, 3, 2]
    assert cells(found, found.panel.counts["beds"]) == {("P", 2020): 24, ("X", 2020): 12, ("Y", 2020): 12}


@pytest.mark.parametrize(
    ("indicator", "expected"),
    [
        ({"roll_up": "sum"}, [21, 6, 15]),
        ({"roll_up": "mean"}, [4.75, 2, 7.5]),
        ({"roll_up": "worst"}, [1, 1, 7]),
        ({"roll_up": "best"}, [8, 3, 8]),
        ({"roll_up": "worst", "direction": "negative"}, [8, 3, 8]),
        ({"roll_up": "best", "direction": "negative"}, [1, 1, 7]),
        ({"roll_up": "share", "part_target": "≥3"}, [60, 100 / 3, 100]),
        ({"roll_up": "share", "part_target": "＞3"}, [40, 0, 100]),
        ({"roll_up": "share", "part_target": "≤2"}, [40, 200 / 3, 0]),
        ({"roll_up": "share", "part_target": "3"}, [60, 100 / 3, 100]),
        ({"roll_up": "share", "part_target": "3", "direction": "negative"}, [60, 100, 0]),
        ({"roll_up": "share", "part_target": "2-7"}, [60, 200 / 3, 50]),
        ({"roll_up": "share", "part_target": "8左右", "tolerance": 0.2}, [40, 0, 100]),
        ({"roll_up": "none"}, [NAN, NAN, NAN]),
        ({}, [NAN, NAN, NAN]),
    ],
)
def test_each_indicator_says_how_it_rolls_up(indicator, expected):
    assert only(indicator, [1.0, 2.0, 3.0, 7.0, 8.0]) == pytest.approx(expected, rel=1e-15, nan_ok=True)


def test_a_share_counts_the_lowest_parts_and_names_those_that_fail():
    found = rolled(
        plan([{"id": "v", "roll_up": "share", "part_target": "是"}]), counties(v=[1.0, 0.0, 0.0, 1.0, 0.0])
    )

    assert of(found, found.rolled) == [40, 100 / 3, 50]
    row = int(np.flatnonzero(found.panel.region == 0)[0])
    assert found.failing(row, 0) == ("b", "c", "e")
    assert np.isnan(found.mean).all()


def test_a_printed_share_of_a_parent_is_no_value_of_a_part():
    data = table(region=[*"abcde", "X"], v=[1.0, 0.0, 1.0, 1.0, 1.0, 70.0])

    found = rolled(plan([{"id": "v", "unit": "%", "roll_up": "share", "part_target": "≥1"}]), data)

    assert of(found, found.panel.x) == pytest.approx([80, 70, 100])  # four of five, not 70 and 100
    assert of(found, found.rolled)[1] == pytest.approx(200 / 3)


@pytest.mark.parametrize("source", ["variable", "indicator", "table", "years"])
def test_a_weighted_mean_weighs_by_the_people(source):
    build, data = {"id": "v", "roll_up": "weighted_mean"}, counties(v=[10.0, 20.0, 30.0, 40.0, 80.0])
    leaves, regions = [build], TREE
    if source in ("variable", "indicator"):
        build["population"], data["people"] = "people", PEOPLE
        leaves += [{"id": "people"}] if source == "indicator" else []
    else:
        people = dict(zip("abcde", PEOPLE, strict=True))
        year = {"year": 2020} if source == "years" else {}
        regions = [row | year | {"population": people.get(row["region"], 0)} for row in TREE]
        regions = [row | ({"population": ""} if row["region"] in "PXY" else {}) for row in regions]
    build = framework(leaves, regions=regions, methods=None, attainment={})

    found = rolled(build, data)

    # (10·10 + 10·20 + 30·30)/50, (20·40 + 5·80)/25, and of these with 50 and 25 people
    assert of(found, found.rolled) == [32, 24, 48]


def test_own_values_go_before_rolled_ones_and_both_are_kept():
    data = table(region=[*"abcde", "X"], v=[1.0, 2.0, 3.0, 7.0, 8.0, 6.5])

    found = rolled(plan([{"id": "v", "roll_up": "sum"}]), data)

    assert of(found, found.own) == pytest.approx([NAN, 6.5, NAN], nan_ok=True)
    assert of(found, found.rolled) == [21.5, 6, 15]
    assert of(found, found.panel.x) == [21.5, 6.5, 15]


def test_own_counts_go_before_those_of_the_parts_in_pairs():
    data = table(region=[*"abcde", "X"], beds=[*BEDS, 20.0], people=[*PEOPLE, NAN])
    assert of(found := rolled(plan([RATE]), data), found.rolled)[0] == 32  # beds alone are no pair

    data.loc[5, "people"] = 60.0
    found = rolled(plan([RATE]), data)

    assert of(found, found.rolled) == pytest.approx([3200 / 85, 24, 48])
    assert of(found, found.panel.x)[1] == pytest.approx(100 / 3)


def test_rows_of_parts_can_be_followed_down():
    found = rolled(plan([RATE]), counties(beds=BEDS, people=PEOPLE))
    row = {found.panel.regions[code]: k for k, code in enumerate(found.panel.region)}

    assert found.children[row["X"]].tolist() == [0, 1, 2]
    assert found.below[row["P"]].tolist() == [row["X"], row["Y"]]
    assert not found.children[row["P"]].size
    assert not found.below[row["Y"]].size


def test_every_year_of_a_parent_has_a_row():
    data = table(region=["a", "b", "c", "X", "d"], years=[2020, 2020, 2020, 2021, 2022], v=1.0)

    found = rolled(plan([{"id": "v", "roll_up": "sum"}]), data)

    assert list(cells(found, found.own)) == [
        *(("P", 2020), ("X", 2020), ("P", 2021), ("X", 2021), ("P", 2022), ("Y", 2022))
    ]
    assert cells(found, found.panel.x)["X", 2021] == 1
    assert why(found, "X", year=2021) == "no value of a, b, c"


def test_the_panel_of_parents_can_be_scored():
    from equindex import scoring

    build = framework([RATE | {"target": "≥40"}], regions=TREE, methods=None)

    scores = scoring.score(build.prepared(), rolled(build, counties(beds=BEDS, people=PEOPLE)).panel)

    frame = scores.tables()["attainment"].query("node == 'rate'").set_index("region")
    assert frame["attainment"].to_dict() == {"P": 80, "X": 60, "Y": 100}


@pytest.mark.parametrize("regions", [[{"region": name} for name in "abcde"], ()])
def test_without_a_tree_nothing_is_rolled_up(regions):
    found = rolled(plan([RATE], regions), counties(beds=BEDS, people=PEOPLE))

    assert found.panel.x.shape == (0, 1)
    assert not found.children
    assert not found.panel.reasons


def test_regions_that_became_others_are_no_parts_any_more():
    regions = [*TREE, {"region": "old", "parent": "X"}]
    build = framework(
        [RATE], regions=regions, methods=None, change=[{"year": 2020, "old": "old", "new": "a"}]
    )
    data = table(
        region=["old", *"bcde", *"abcde"], years=[2010] * 5 + [2020] * 5, beds=BEDS * 2, people=PEOPLE * 2
    )

    found = rolled(build, data)

    assert set(cells(found, found.rolled).values()) == {32, 24, 48}


# --- Missing parts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["sum", "mean", "weighted_mean", "worst", "best", "share"])
def test_a_missing_part_leaves_its_parents_unknown_and_is_named(how):
    more = {"part_target": "1"} if how == "share" else {"population": "people"}
    data = counties(v=[1.0, NAN, 3.0, 7.0, 8.0], people=PEOPLE)

    found = rolled(plan([{"id": "v", "roll_up": how, **more}]), data)

    assert np.isnan(of(found, found.rolled)).tolist() == [True, True, False]
    assert np.isnan(of(found, found.mean)[:2]).all()
    assert of(found, found.n) == [1, 2, 2]
    assert why(found, "X") == "no value of b"
    assert why(found, "P") == "no value of 西市"
    assert why(found, "Y") == ""
    row = int(np.flatnonzero(found.panel.region == 1)[0])
    assert found.panel.reason(row, 0) == "no value of b"


@pytest.mark.parametrize(
    ("indicator", "columns", "reason"),
    [
        (RATE, {"beds": [NAN, *BEDS[1:]], "people": PEOPLE}, "no value of a"),
        (
            RATE,
            {"beds": [NAN, *BEDS[1:]], "people": PEOPLE, "rate": [10, NAN, NAN, NAN, NAN]},
            "no counts of a",
        ),
        (RATE, {"beds": ["<2", "2", "9", "8", "4"], "people": PEOPLE}, "only a bound of a"),
        (RATE, {"beds": 0.0, "people": 0.0}, "the denominators of the parts add up to 0"),
        (
            {"id": "v", "roll_up": "weighted_mean", "population": "people"},
            {"v": BEDS, "people": [NAN, 1, NAN, 1, 1]},
            "no population of a, c",
        ),
        (
            {"id": "v", "roll_up": "weighted_mean", "population": "people"},
            {"v": BEDS, "people": 0.0},
            "the populations of the parts add up to 0",
        ),
        ({"id": "v", "roll_up": "weighted_mean"}, {"v": BEDS}, "no population of a, b, c"),
        (
            {"id": "v", "roll_up": "sum"},
            {"v": ["≥1", "2", "—", "4", "5"]},
            "only a bound of a; no value of c",
        ),
        ({"id": "v"}, {"v": BEDS}, "not rolled up: give roll_up"),
        ({"id": "v", "roll_up": "none"}, {"v": BEDS}, "not rolled up: roll_up is none"),
        (
            {"id": "v", "roll_up": "worst", "direction": "interval", "best": [1, 2]},
            {"v": BEDS},
            "not rolled up: an interval indicator has no worst end",
        ),
    ],
)
def test_reasons_say_what_is_lacking(indicator, columns, reason):
    build = framework([indicator], regions=TREE, methods=None)

    found = rolled(build, counties(**columns))

    assert why(found, "X") == reason


def test_a_region_without_people_adds_nothing_to_a_rate():
    found = rolled(plan([RATE]), counties(beds=[*BEDS[:4], 0.0], people=[*PEOPLE[:4], 0.0]))

    assert of(found, found.rolled) == pytest.approx([2000 / 70, 24, 40])


def test_excluded_cells_are_missing_parts_although_their_counts_are_there():
    exclude = [{"region": "a", "year": 2020, "indicator": "rate", "reason": "misprint"}]
    build = framework([RATE], regions=TREE, methods=None, exclude=exclude)

    found = rolled(build, counties(beds=BEDS, people=PEOPLE))

    assert why(found, "X") == "no value of a"


def test_own_bounds_stay_bounds():
    data = table(region=[*"abcde", "X"], v=["1", "2", "3", "7", "8", "≥5"])

    found = rolled(plan([{"id": "v", "roll_up": "sum"}]), data)

    row = int(np.flatnonzero(found.panel.region == 1)[0])
    assert found.panel.bounds[row, 0].raw == "≥5"
    assert found.panel.x[row, 0] == 5
    assert why(found, "P") == "no value of 西市"


def test_a_printed_gap_is_filled_from_the_parts_or_told_with_theirs():
    data = table(region=[*"abcde", "X", "Y"], v=["1", "2", "", "7", "8", "—", "—"])

    found = rolled(plan([{"id": "v", "roll_up": "sum"}]), data)

    row = {found.panel.regions[code]: k for k, code in enumerate(found.panel.region)}
    assert found.panel.x[row["Y"], 0] == 15
    assert found.panel.reason(row["X"], 0) == "printed as —; of its parts: no value of c"
    assert (row["Y"], 0) not in found.panel.reasons
    assert dict(found.panel.reasons) == {
        (row["P"], 0): "no value of 西市",
        (row["X"], 0): "printed as —; of its parts: no value of c",
    }


def test_parts_without_a_row_are_named():
    found = rolled(plan([RATE]), table(region=["a", "d", "e"], beds=[1.0, 2.0, 3.0], people=10.0))

    row = {found.panel.regions[code]: k for k, code in enumerate(found.panel.region)}
    assert found.lacking(row["X"]) == ("b", "c")
    assert found.lacking(row["Y"]) == ()


def test_people_of_parents_are_their_own_or_those_of_their_parts():
    people = dict(zip("abcdeY", [*PEOPLE, 26], strict=True))
    regions = [row | {"population": people.get(row["region"], 0), "zone": "z"} for row in TREE]
    build = plan([RATE], regions, groups=["zone"], reference={"region": "e"})
    data = table(region=[*"abcde", "Y"], beds=[*BEDS, 12.0], people=[*PEOPLE, 26.0])

    found = rolled(build, data)

    assert of(found, found.panel.population) == [76, 50, 26]
    assert of(found, found.panel.groups["zone"][0]) == [-1, -1, 0]
    assert found.panel.scored.all()


def test_the_oldest_source_year_of_the_parts_is_that_of_the_whole():
    found = rolled(
        plan([RATE]), counties(beds=BEDS, people=PEOPLE, source_year=[2018, 2019, 2020, 2020, 2020])
    )

    assert of(found, found.panel.source_year) == [2018, 2018, 2020]


# --- A slow twin -----------------------------------------------------------------------------------------------


def twin(parent, values, counts, kind):
    """Roll up by recursion, one region at a time: {region: value or None}, and the counts with it."""
    parts = {}
    for name in parent:
        if parent[name]:
            parts.setdefault(parent[name], []).append(name)

    def result(name):
        own, pair = values.get(name), counts.get(name)
        if name not in parts:
            return own, pair
        found = [result(part) for part in parts[name]]
        numbers = [value for value, _ in found]
        pairs = [pair for _, pair in found]
        added = None if None in pairs else tuple(map(math.fsum, zip(*pairs, strict=True)))
        whole = None
        if kind == "ratio":
            whole = None if added is None else added[0] / added[1]
        elif kind == "weighted_mean":
            if None not in numbers and None not in pairs:
                total = math.fsum(people for _, people in pairs)
                whole = math.fsum(n * p[1] for n, p in zip(numbers, pairs, strict=True)) / total
        elif None not in numbers:
            whole = {"sum": math.fsum(numbers), "mean": math.fsum(numbers) / len(numbers)} | {
                "worst": min(numbers), "best": max(numbers)
            }  # fmt: skip
            whole = whole[kind]
        return (whole if own is None else own), (added if pair is None else pair)

    return {name: result(name)[0] for name in parts}


@pytest.mark.parametrize("seed", range(6))
def test_random_trees_agree_with_a_slow_twin(seed):
    rng = np.random.default_rng(seed)
    names = [f"r{k}" for k in range(40)]
    parent = {name: "" if k < 2 else names[rng.integers(0, max(2, k // 2))] for k, name in enumerate(names)}
    kinds = ["ratio", "sum", "mean", "weighted_mean", "worst", "best"]
    leaves = [{"id": kind, "roll_up": kind} for kind in kinds]
    leaves[0] |= {"numerator": "top", "denominator": "bottom"}
    leaves[3]["population"] = "bottom"
    inner = {name for name in parent.values() if name}
    data = []
    for year in (2020, 2021):
        for name in rng.permutation(names):
            if rng.random() < (0.8 if name in inner else 0.02):
                continue
            row = {"region": name, "year": year, "top": rng.random(), "bottom": rng.random() + 0.1}
            row |= {kind: rng.random() for kind in kinds[1:]}
            data.append(
                {k: NAN if k not in ("region", "year") and rng.random() < 0.01 else v for k, v in row.items()}
            )
    frame = pd.DataFrame(data)
    build = framework(leaves, regions=[{"region": n, "parent": p} for n, p in parent.items()], methods=None)

    found = rolled(build, frame)

    known = 0
    for column, kind in enumerate(kinds):
        by = cells(found, found.panel.x, column)
        for year in (2020, 2021):
            here = frame[frame["year"] == year].set_index("region")
            pairs = here[["top", "bottom"]]
            if kind == "ratio":
                pairs = pairs.dropna()
                values = dict(pairs["top"] / pairs["bottom"])
            else:
                values = dict(here[kind].dropna())
                pairs = here[["bottom", "bottom"]].dropna()
            counts = dict(zip(pairs.index, map(tuple, pairs.to_numpy()), strict=True))
            for name, expected in twin(parent, values, counts, kind).items():
                value = by.get((name, year), NAN)
                assert value == pytest.approx(NAN if expected is None else expected, rel=1e-12, nan_ok=True)
                known += expected is not None
    assert known > 40


# --- Bad trees ---------------------------------------------------------------------------------------------------


def test_circles_and_two_parents_come_at_once():
    regions = [
        {"region": name, "year": year, "parent": parent}
        for name, *parents in ["ABB", "BCC", "CAA", "DAB", "EEE"]
        for year, parent in enumerate(parents)
    ]

    with pytest.raises(DataError) as caught:
        plan(["a"], regions).check(table(region=["A"], a=[1.0]))

    told = str(caught.value)
    assert "region tree: 3" in told
    assert "A → B → C → A is a circle." in told
    assert "E → E is a circle." in told
    assert "D has 2 parents: 'A', 'B'." in told
    assert told.count("circle") == 2


def test_a_region_listed_twice_under_two_parents_is_refused_with_both():
    regions = [
        {"region": "A"},
        {"region": "B"},
        {"region": "c", "parent": "A"},
        {"region": "c", "parent": "B"},
    ]

    with pytest.raises(FrameworkError, match=r"c \(rows 4 and 5, under A and B\)"):
        plan(["a"], regions).check(table(region=["A"], a=[1.0]))


def test_yearly_rows_with_one_parent_are_fine():
    regions = [
        {"region": "A"},
        *({"region": "c", "year": y, "parent": p} for y, p in [(1, "A"), (2, ""), (3, "A")]),
    ]
    regions = [{"year": 1} | row for row in regions]

    findings = plan([{"id": "a", "roll_up": "sum"}], regions).check(table(region=["c"], a=[1.0]))

    assert not [item for item in findings if item.kind == "region tree"]


def test_an_ambiguous_parent_is_refused():
    regions = [
        {"region": "1", "name": "吉林省"},
        {"region": "2", "name": "吉林市"},
        {"region": "3", "parent": "吉林"},
    ]

    with pytest.raises(
        DataError, match=r"'吉林', the parent of '3', is ambiguous. It may be 吉林省 \(1\) or"
    ):
        plan(["a"], regions).check(table(region=["3"], a=[1.0]))


def test_a_parent_that_is_not_in_the_table_is_a_warning_only_where_it_matters():
    def told(regions):
        found = plan([{"id": "a", "roll_up": "sum"}], regions).check(table(region=["3"], a=[1.0]))
        return [item.message for item in found if item.kind == "region tree"]

    assert not told([{"region": "3", "parent": "320600"}])
    twice = told([{"region": "3", "parent": "320600"}, {"region": "4", "parent": "320600"}])
    assert len(twice) == 1
    assert twice[0].startswith("'320600', the parent of '3', '4', is not in the regions table.")
    tree = [{"region": "3", "parent": "5"}, {"region": "4", "parent": "x5"}, {"region": "5"}]
    assert told(tree) == ["'x5', the parent of '4', is not in the regions table. Did you mean '5'? Known: 5."]


def test_a_county_missing_from_its_city_is_named_with_the_year():
    data = table(region=[*"abcde", "a", "c", "d", "e"], years=[2020] * 5 + [2021] * 4, v=1.0)

    found = plan([{"id": "v", "roll_up": "sum"}]).check(data)

    [item] = [item for item in found if item.kind == "region tree"]
    assert (item.region, item.year) == ("b", 2021)
    assert "other parts of 西市" in item.message


def test_a_city_whose_counties_have_rows_is_not_missing_from_its_province():
    found = plan([{"id": "v", "roll_up": "sum"}]).check(table(region=[*"abcde", "Y"], v=1.0))

    assert not [item for item in found if item.kind == "region tree"]


def test_trees_that_nothing_goes_up_are_left_alone():
    found = plan(["v"]).check(table(region=["a", "d", "e"], v=[1.0, 2.0, 3.0]))

    assert not [item for item in found if item.kind == "region tree"]


@pytest.mark.parametrize("target", ["成效明显", "[60]", "再增加3", "≥3（省定标准的1.3倍）"])
def test_part_targets_that_are_no_number_are_told_and_not_used(target):
    build = plan([{"id": "v", "roll_up": "share", "part_target": target}])

    found = build.check(counties(v=[1.0, 2.0, 3.0, 4.0, 5.0]))

    [item] = [item for item in found if item.kind == "target"]
    assert repr(target) in item.message
    assert why(rolled(build, counties(v=1.0)), "X").startswith("not rolled up: part_target")


def test_a_hand_made_circle_is_refused_by_roll_up():
    build = plan(["v"], [{"region": "A"}, {"region": "B"}])
    panel, *_ = build.read(table(region=["A", "B"], v=[1.0, 2.0]))
    circle = plan(["v"], [{"region": "A", "parent": "B"}, {"region": "B", "parent": "A"}])

    with pytest.raises(DataError, match="circle"):
        roll_up(build.model, circle.regions, panel)
