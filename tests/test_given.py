"""Normalisers whose numbers come from the indicators, their targets, a base year or another region."""

import math

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from equindex import normalise
from equindex.cli import app
from equindex.errors import DataError, DomainError, FrameworkError
from small import framework, node, table

NAN = math.nan
INTERVAL = {"direction": "interval", "best": [25, 35], "limits": [10, 60]}


def column(build, data, name="a", **options):
    frame = build.score(data, **options).to_frame().astype({"region": str})
    frame = frame.sort_values(["year", "region"], kind="stable")
    return node(frame, name, "score")


def asked(normaliser, *indicators, **sections):
    return framework(indicators or ["a"], methods={"normalise": normaliser}, **sections)


# --- Intervals -------------------------------------------------------------------------------------------------


def test_an_interval_indicator_scores_its_trapezoid_beside_min_max():
    build = framework(["a", {"id": "b", "normalise": "trapezoid", **INTERVAL}])

    scores = build.score(table(a=[1.0, 2, 3, 5, 4], b=[10.0, 17.5, 30, 47.5, 70])).to_frame()

    assert node(scores, "a", "score") == [0, 25, 50, 100, 75]
    assert node(scores, "b", "score") == [0, 50, 100, 50, 0]
    assert node(scores, "b", "value") == [10, 17.5, 30, 47.5, 70]
    assert node(scores, "index", "score") == [0, 37.5, 75, 75, 37.5]


def test_both_intervals_may_be_the_methods_own_where_an_indicator_has_none():
    call = {"name": "trapezoid", "best": [4, 6], "limits": [0, 10]}

    build = asked(call, "a", {"id": "b", **INTERVAL})

    data = table(a=[2.0, 5, 8], b=[17.5, 30, 47.5])
    assert column(build, data) == [50, 100, 50]
    assert column(build, data, "b") == [50, 100, 50]


def test_an_interval_is_bent_as_its_values_are():
    build = asked(
        "trapezoid", {"id": "a", "transform": "log", **INTERVAL, "best": [100, 100], "limits": [1, 1e4]}
    )

    assert column(build, table(a=[1.0, 10, 100, 1000])) == pytest.approx([0, 50, 100, 50], abs=1e-12)


def test_weights_from_the_data_see_nearness_to_the_interval():
    build = framework(
        ["a", {"id": "b", "normalise": "trapezoid", **INTERVAL}],
        methods={"normalise": "minmax", "weighting": "entropy"},
    )
    data = table(a=[1.0, 2, 3, 5], b=[10.0, 17.5, 30, 70])
    scores = build.score(data)
    z = np.array([[0, 0.25, 0.5, 1], [0, 0.5, 1, 0]]).T  # b scores 0, 50, 100, 0
    p = z / z.sum(axis=0)
    information = 1 + np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0).sum(axis=0) / np.log(4)

    found = scores.weights.set_index("node")["global"]

    assert found[["a", "b"]].tolist() == pytest.approx((information / information.sum()).tolist(), rel=1e-12)


@pytest.mark.parametrize(
    ("leaf", "said"),
    [
        ({"id": "a"}, "'a': trapezoid needs direction interval"),
        ({"id": "a", **INTERVAL, "limits": None}, r"'a' has no limits = \[low, high\]"),
        (
            {"id": "a", **INTERVAL, "limits": [25, 60]},
            r"limits = \[25, 60\] must lie outside best = \[25, 35\]",
        ),
        (
            {"id": "a", "transform": "log", **INTERVAL, "limits": [0, 60]},
            "'a': limits: log needs values above 0",
        ),
    ],
)
def test_a_trapezoid_without_what_it_needs_is_refused_before_scoring(leaf, said):
    with pytest.raises(FrameworkError, match=said):
        asked("trapezoid", {key: value for key, value in leaf.items() if value is not None})


def test_numbers_are_never_held_against_distances():
    for call in ("goalposts", "exponential_efficacy", {"name": "to_reference", "value": 3}, "to_target"):
        with pytest.raises(
            FrameworkError, match=r"'a'.*(has no goalposts|needs direction positive or negative|no target)"
        ):
            asked(call, {"id": "a", **INTERVAL})


# --- Goalposts -------------------------------------------------------------------------------------------------


def test_exponential_efficacy_lies_between_the_indicators_goalposts():
    build = asked(
        "exponential_efficacy",
        {"id": "a", "goalposts": [20, 40]},
        {"id": "b", "goalposts": [1, 100], "direction": "negative", "transform": "log"},
    )
    data = table(a=[20.0, 30, 50], b=[10.0, 1, 1000])

    assert column(build, data) == pytest.approx([60, math.sqrt(6000), 100])  # sqrt(60 * 100)
    assert column(build, data, "b") == pytest.approx([math.sqrt(6000), 100, 60])


def test_an_indicators_own_goalposts_go_before_those_of_the_method():
    build = asked({"name": "goalposts", "low": 0, "high": 10}, "a", {"id": "b", "goalposts": [0, 100]})

    data = table(a=[5.0, 10], b=[5.0, 10])
    assert (column(build, data), column(build, data, "b")) == ([50, 100], [5, 10])


def test_numbers_of_a_method_are_bent_by_each_indicators_transform():
    call = {"name": "to_reference", "value": 100, "factor": 1}

    build = asked(call, "a", {"id": "b", "transform": "log"})

    data = table(a=[50.0, 100], b=[10.0, 1e4])
    assert column(build, data) == [0.5, 1]
    assert column(build, data, "b") == pytest.approx([0.5, 2])


def test_a_list_for_other_indicators_is_refused():
    with pytest.raises(FrameworkError, match="value has 3 numbers for 2 indicators"):
        asked({"name": "to_reference", "value": [1, 2, 3]}, "a", "b")


# --- Targets ---------------------------------------------------------------------------------------------------

TWO_YEARS = table(years=[2020, 2020, 2021, 2021], region=["A", "B", "A", "B"], a=[20.0, 40.0, 30.0, 60.0])


def test_to_target_goes_from_the_worst_value_to_the_indicators_target():
    build = asked(
        "to_target", {"id": "a", "target": "≥60"}, {"id": "b", "target": "<2", "direction": "negative"}
    )

    data = table(a=[20.0, 40, 70], b=[10.0, 4, 1])
    assert column(build, data) == [0, 50, 100]
    assert column(build, data, "b") == [0, 75, 100]


@pytest.mark.parametrize("keep", ["all", "index"])
@pytest.mark.parametrize("clip", [True, False])
def test_every_row_goes_to_the_target_of_its_region_and_year(keep, clip):
    rows = [
        {"indicator": "a", "year": 2020, "target": "40"},
        {"indicator": "a", "year": 2021, "target": "≥50"},
        {"indicator": "a", "region": "B", "target": "120"},
    ]
    build = asked({"name": "to_target", "clip": clip}, "a", target=rows)

    scores = build.score(TWO_YEARS, keep=keep).index

    # worst 20; A: (20 - 20) / (40 - 20), (30 - 20) / (50 - 20); B: (40 - 20) / 100, (60 - 20) / 100
    assert scores.tolist() == pytest.approx([0, 20, 100 / 3, 40])


def test_a_target_is_bent_as_its_values_are():
    build = asked("to_target", {"id": "a", "transform": "log", "target": "1000"})

    assert column(build, table(a=[1.0, 10, 1000])) == pytest.approx([0, 100 / 3, 100])


@pytest.mark.parametrize("keep", ["all", "index"])
def test_the_fraction_of_the_target_of_the_year(keep):
    rows = [
        {"indicator": "a", "year": 2020, "target": "80"},
        {"indicator": "a", "year": 2021, "target": "120"},
    ]
    build = asked(
        {"name": "to_reference", "value": "target"},
        "a",
        {"id": "b", "direction": "negative", "target": "≤4"},
        target=rows,
    )

    data = TWO_YEARS.assign(b=[8.0, 4, 2, 5])
    assert build.score(data, keep=keep).index.tolist() == pytest.approx(
        [37.5, 75, 112.5, 65]
    )  # 20/80 and 4/8, …


@pytest.mark.parametrize(
    ("leaf", "rows", "said"),
    [
        ({"id": "a"}, [], "'a' has no target, which to_target needs"),
        ({"id": "a", "target": "[60]"}, [], r"target '\[60\]' is no level"),
        ({"id": "a", "target": "持续提高"}, [], "is no level"),
        ({"id": "a", "kind": "rank", "target": "前三名", "direction": "negative"}, [], "is no level"),
        ({"id": "a", "levels": ["低", "高"], "target": "高"}, [], "is no level"),
        (
            {"id": "a", "direction": "interval", "best": [1, 2], "target": "30-40"},
            [],
            "For an interval use trapezoid",
        ),
    ],
)
def test_targets_that_are_no_number_are_refused_before_scoring(leaf, rows, said):
    with pytest.raises(FrameworkError, match=said):
        asked("to_target", leaf, target=rows)


def test_values_without_a_target_are_named():
    build = asked("to_target", "a", "b", target=[
        {"indicator": "a", "target": "99"}, {"indicator": "b", "region": "A", "target": "99"},
    ])  # fmt: skip
    with pytest.raises(DataError, match=r"a target for every value, but 1 of 5 have none: 'b' \(C, 2020\)"):
        build.score(table(a=[1.0, 2, 3], b=[1.0, NAN, 3]))


def test_a_target_that_the_worst_region_meets_is_refused_with_its_region():
    rows = [{"indicator": "a", "target": "99"}, {"indicator": "a", "region": "B", "target": "20"}]

    with pytest.raises(DomainError, match=r"better than the worst[\s\S]*'a' \(B, 2020\)"):
        asked("to_target", "a", target=rows).score(TWO_YEARS)


# --- A base year, another region -------------------------------------------------------------------------------


@pytest.mark.parametrize("keep", ["all", "index"])
def test_every_region_is_indexed_to_its_own_value_in_the_base_year(keep):
    build = asked({"name": "to_reference", "value": {"own": 2020}}, "a", {"id": "b", "direction": "negative"})

    found = build.score(TWO_YEARS.assign(b=[8.0, 6.0, 4.0, 5.0]), keep=keep).index

    assert found.tolist() == pytest.approx([100, 100, (150 + 200) / 2, (150 + 120) / 2])


def test_the_mean_of_a_base_year_is_another_index():
    build = framework(["a"], methods={"normalise": "base_index", "base": 2020})

    assert column(build, TWO_YEARS) == pytest.approx([200 / 3, 400 / 3, 100, 200])
    same = asked({"name": "to_reference", "value": {"mean": 2020}})
    assert column(same, TWO_YEARS) == pytest.approx([200 / 3, 400 / 3, 100, 200])


@pytest.mark.parametrize("base", ["panel", "year"])
def test_a_base_index_needs_a_base_year(base):
    with pytest.raises(FrameworkError, match=rf"'base_index'.*methods.base = '{base}' is none.*base = 2020"):
        framework(["a"], methods={"normalise": "base_index", "base": base})


@pytest.mark.parametrize(
    ("source", "expected"),
    [({"region": "B"}, [50, 100, 50, 100]), ({"region": "B", "year": 2020}, [50, 100, 75, 150])],
)
def test_every_region_is_related_to_another_one(source, expected):
    assert column(asked({"name": "to_reference", "value": source}), TWO_YEARS) == expected


def test_the_region_that_is_compared_with_need_not_be_scored():
    build = framework(
        ["a"],
        methods={"normalise": {"name": "to_reference", "value": {"region": "N"}}},
        equalization={"reference": {"region": "N"}},
    )

    assert column(build, table(region=["N", "A", "B"], a=[40.0, 20, 30])) == [50, 75]


@pytest.mark.parametrize("keep", ["all", "index"])
@pytest.mark.parametrize("source", [{"mean": 2020}, {"region": "C", "year": 2020}, 30])
def test_ampi_gives_the_reference_year_100_and_the_range_of_all_years_60_points(source, keep):
    data = table(years=[2020] * 3 + [2021] * 3, region=["A", "B", "C"] * 2, a=[20.0, 40, 30, 35, 70, 30])

    found = asked({"name": "ampi", "reference": source}).score(data, keep=keep).index

    # 100 + 60 (x - 30) / (70 - 20)
    assert found.tolist() == pytest.approx([88, 112, 100, 106, 148, 100])


def test_bases_are_taken_after_transforms_and_treatments():
    build = framework(
        [{"id": "a", "transform": "log"}],
        methods={
            "normalise": {"name": "to_reference", "value": {"own": 2020}, "factor": 1},
            "treat": {"name": "winsorise", "points": [0, 1]},
        },
    )
    data = TWO_YEARS.assign(a=[10.0, 100, 1000, 1e9])  # 1e9 is held at 1000

    assert column(build, data) == pytest.approx([1, 1, 3, 1.5])


def test_order_of_rows_changes_no_related_score():
    build = asked({"name": "to_reference", "value": {"own": 2020}})
    rng = np.random.default_rng(3)
    data = pd.concat(
        [table(years=year, a=rng.uniform(1, 9, 20)) for year in (2020, 2021, 2023)], ignore_index=True
    )

    one, two = (column(build, part) for part in (data, data.sample(frac=1, random_state=1)))

    base = data["a"].to_numpy()[:20]
    np.testing.assert_allclose(one, (data["a"].to_numpy().reshape(3, 20) / base * 100).ravel(), rtol=1e-14)
    assert one == two


def test_a_region_without_a_value_in_the_base_year_is_named():
    data = TWO_YEARS.iloc[1:]

    with pytest.raises(DomainError, match=r"finite values above 0 to relate to[\s\S]*'a' \(A, 2021\)"):
        asked({"name": "to_reference", "value": {"own": 2020}}).score(data)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"own": 1999}, r"relates to 1999, which is not in the data. Years: 2020, 2021"),
        ({"mean": 1999}, "relates to 1999"),
        ({"region": "B", "year": 1999}, "relates to 1999"),
        ({"region": "Bb"}, "relates to region 'Bb', which is not in the data"),
    ],
)
def test_a_base_that_is_not_in_the_data_is_named(source, said):
    with pytest.raises(DataError, match=said):
        asked({"name": "to_reference", "value": source}).score(TWO_YEARS)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ({"name": "to_reference", "value": "goal"}, r"value is 'goal'. Write numbers, \"target\""),
        ({"name": "to_reference", "value": {"year": 2020}}, "value is {'year': 2020}"),
        ({"name": "to_reference", "value": {"own": "then"}}, "'then' is no year"),
        ({"name": "to_reference", "value": {"region": 11}}, "in quotation marks"),
        ({"name": "ampi", "reference": {"own": 2020}}, "reference is one number for all regions and years"),
        ({"name": "ampi", "reference": {"region": "A"}}, "reference is one number for all regions and years"),
        (
            {"name": "goalposts", "low": {"own": 2020}, "high": 3},
            "option 'low' of goalposts should be a finite number",
        ),
    ],
)
def test_a_source_that_there_is_not_is_refused_before_scoring(call, said):
    with pytest.raises(FrameworkError, match=said):
        asked(call)


def test_a_fit_relates_new_years_to_the_base_year_among_their_data():
    build = asked({"name": "to_reference", "value": {"own": 2020}})
    fitted = build.fit(TWO_YEARS)

    later = pd.concat([TWO_YEARS, table(years=2022, a=[10.0, 10])])
    assert fitted.score(later, years=2022).index.tolist() == pytest.approx([50, 25])
    with pytest.raises(DataError, match="relates to 2020, which is not in the data"):
        fitted.score(table(years=2022, a=[10.0, 10]))


# --- From files ------------------------------------------------------------------------------------------------


def test_a_framework_file_of_all_of_them(tmp_path):
    (tmp_path / "f.toml").write_text(
        """
id = "three"
targets = "targets.csv"
[methods]
normalise = { name = "to_reference", value = "target" }
[[indicator]]
id = "doctors"
[[indicator]]
id = "income"
normalise = { name = "to_reference", value = { own = 2020 } }
[[indicator]]
id = "cost"
direction = "negative"
normalise = { name = "to_reference", value = { region = "B" } }
""",
        encoding="utf-8",
    )
    (tmp_path / "targets.csv").write_text(
        "indicator,region,year,target\ndoctors,,2025,≥4\ndoctors,B,2025,≥5\n", encoding="utf-8"
    )
    (tmp_path / "data.csv").write_text(
        "region,year,doctors,income,cost\nA,2020,2,10,4\nB,2020,3,20,8\nA,2021,3,15,5\nB,2021,4,25,6\n",
        encoding="utf-8",
    )

    done = CliRunner().invoke(
        app, ["score", str(tmp_path / "f.toml"), str(tmp_path / "data.csv"), "-o", str(tmp_path / "out.csv")]
    )

    assert done.exit_code == 0, done.output
    frame = pd.read_csv(tmp_path / "out.csv")
    found = {n: frame.loc[frame["node"] == n, "score"].tolist() for n in ("doctors", "income", "cost")}
    assert found == {
        "doctors": pytest.approx([50, 60, 75, 80]),
        "income": pytest.approx([100, 100, 150, 125]),
        "cost": pytest.approx([200, 100, 120, 100]),
    }


# --- The fast way ----------------------------------------------------------------------------------------------

AFFINE = [
    pytest.param(method, options, id=f"{method.name}-{number}")
    for method in normalise.methods
    if method.traits.get("line")
    for number, options in enumerate(
        {
            "goalposts": [{"low": -9, "high": 9, "clip": False}],
            "to_target": [{"target": 30, "clip": False}],
            "ratio": [{}, {"reference": "best"}],
            "distance": [{}, {"reference": "mean"}],
            "ampi": [{}, {"reference": 3}],
        }.get(method.name, [{}])
    )
]
POSITIVE = np.random.default_rng(2).uniform(1, 9, (2, 6, 2))


def said(build, data, keep):
    """Return the scores, or what they are refused with."""
    try:
        return build.score(data, keep=keep).index.tolist()
    except DomainError as error:
        return [str(error).split(" (first")[0].split(" of ")[0], *error.__notes__]


@pytest.mark.parametrize(("method", "options"), AFFINE)
@pytest.mark.parametrize("base", ["panel", "year", 2020])
@pytest.mark.parametrize("cell", [None, 0.0, -1.0, "constant"])
@pytest.mark.parametrize("direction", ["positive", "negative"])
def test_the_index_alone_is_scored_and_refused_as_the_whole_is(method, options, base, cell, direction):
    x = POSITIVE.copy()
    if cell == "constant":
        x[0, :, 1] = 5.0
    elif cell is not None:
        x[1, 3, 1] = cell  # not in 2020
    data = pd.concat([table(years=2020 + year, a=part[:, 0], b=part[:, 1]) for year, part in enumerate(x)])
    call = {"name": method.name, **options}
    build = framework(["a", {"id": "b", "direction": direction}], methods={"normalise": call, "base": base})

    whole, alone = (said(build, data, keep) for keep in ("all", "index"))

    if isinstance(whole[0], str):
        assert alone == whole
    else:
        assert alone == pytest.approx(whole, rel=1e-13)


def test_a_negative_value_of_another_year_is_refused_by_ratio_either_way():
    build = framework(["a"], methods={"normalise": "ratio", "base": 2020})
    data = TWO_YEARS.assign(a=[20.0, 40, -30, 60])

    for keep in ("all", "index"):
        with pytest.raises(DomainError, match=r"ratio needs values of at least 0[\s\S]*'a' \(A, 2021\)"):
            build.score(data, keep=keep)
