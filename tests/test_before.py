"""Imputation and treatment inside a framework: the order of the steps, what is imputed, what a fit keeps."""

import math

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from equindex import impute, treat
from equindex.cli import app
from equindex.errors import DataError, DomainError, FrameworkError
from equindex.framework import Fitted, Framework
from small import framework, node, table

NAN = math.nan
TAILED = [1.0, 2, 3, 4, 50]  # quartiles 2 and 4: the upper fence is 7
ZONES = [{"region": name, "zone": zone} for name, zone in zip("ABCDE", "EEEWW", strict=True)]


def asked(*indicators, normalise="minmax", regions=(), **methods):
    return framework(indicators or ["a"], methods={"normalise": normalise, **methods}, regions=regions)


def random_panel(seed=3, regions=12, years=(2018, 2020, 2021), columns="abcd", holes=0.15):
    """Return a long-tailed table of all regions and years with holes, and a row in disorder."""
    rng = np.random.default_rng(seed)
    x = np.exp(rng.normal(size=(len(years) * regions, len(columns))))
    x[rng.random(x.shape) < holes] = NAN
    x[::regions] = np.exp(rng.normal(size=x[::regions].shape))
    names = [f"R{number:02}" for number in range(regions)] * len(years)
    frame = pd.DataFrame(
        {"region": names, "year": np.repeat(years, regions), **dict(zip(columns, x.T, strict=True))}
    )
    return frame.sample(frac=1, random_state=seed, ignore_index=True)


def cells(data, columns="abcd"):
    """Return a table's numbers by year and region, as the results go."""
    return data.sort_values(["year", "region"])[list(columns)].to_numpy()


def leaves(scores, column, columns="abcd"):
    frame = scores.to_frame().astype({"region": str}).sort_values(["year", "region"], kind="stable")
    return np.column_stack([node(frame, name, column) for name in columns]).astype(float)


# --- Imputation --------------------------------------------------------------------------------------------


def test_an_imputed_cell_is_printed_in_its_unit_and_scored():
    scores = asked("a", "b", impute="mean").score(table(a=[1.0, 3, NAN], b=[0.0, 1, 1])).to_frame()

    assert node(scores, "a", "value") == [1, 3, 2]
    assert node(scores, "a", "score") == [0, 100, 50]
    assert node(scores, "a", "imputed") == [0, 0, 1]
    assert node(scores, "index", "imputed") == [0, 0, 0.5]
    assert node(scores, "index", "coverage") == [1, 1, 1]
    assert node(scores, "index", "score") == [0, 100, 75]


def test_the_share_imputed_is_that_of_the_effective_weight():
    build = framework(
        [
            {"id": "a", "pillar": "p", "weight": 3},
            {"id": "b", "pillar": "p", "weight": 1},
            {"id": "c", "pillar": "q"},
        ],
        pillar=[{"id": "p", "weight": 60}, {"id": "q", "weight": 40}],
        methods={"normalise": "minmax", "impute": {"name": "last"}},
    )
    data = table(years=[2020, 2020, 2021, 2021], region=["A", "B"] * 2,
                 a=[1.0, 5, NAN, 3], b=[2.0, 4, 3, 1], c=[1.0, NAN, 2, NAN])  # fmt: skip

    scores = build.score(data).to_frame()

    cell = lambda name, region: node(scores, name, "imputed", region, 2021)  # noqa: E731
    assert cell("p", "A") == 0.75
    assert cell("index", "A") == pytest.approx(0.45, abs=1e-15)
    assert cell("c", "B") == cell("q", "B") == cell("index", "B") == 0
    assert node(scores, "c", "reason", "B", 2021) == "no value in the data"
    assert math.isnan(node(scores, "c", "value", "B", 2021))


@pytest.mark.parametrize(
    ("call", "options"),
    [
        ("mean", {}),
        ("median", {}),
        ({"name": "nearest", "k": 3}, {"k": 3}),
        ({"name": "regression", "predictors": ["a", "c"]}, {"predictors": [0, 2]}),
        ("row_mean", {"direction": [1, -1, 1, 1]}),
    ],
)
def test_each_year_is_imputed_from_its_own_rows(call, options):
    data = random_panel()
    data.loc[data["a"].isna() | data["c"].isna(), ["a", "c"]] = [0.4, 0.7]
    name = call if isinstance(call, str) else call["name"]
    by_year = [cells(part) for _, part in data.groupby("year")]
    expected = np.vstack([getattr(impute, name)(x, **options) for x in by_year])

    scores = asked("a", {"id": "b", "direction": "negative"}, "c", "d", impute=call).score(data)

    np.testing.assert_allclose(leaves(scores, "value"), expected, rtol=1e-12)  # sums run in another order
    np.testing.assert_array_equal(leaves(scores, "imputed"), np.isnan(cells(data)))


def test_a_reference_region_is_neither_imputed_from_nor_treated_by():
    build = framework(
        ["a", "b"],
        methods={"normalise": "minmax", "impute": "mean", "treat": {"name": "winsorise", "points": [0, 1]}},
        equalization={"reference": {"region": "N"}},
    )
    data = table(region=["N", *"ABCD"], a=[900.0, 1, 3, 8, NAN], b=[900.0, 1, 2, 3, 4])

    scores = build.score(data)

    assert node(scores.to_frame(), "a", "value") == [1, 3, 8, 4]
    assert scores.treatment["n"].tolist() == [4, 4]
    assert node(scores.to_frame(), "b", "score") == [0, 50, 100, 100]


def test_the_order_of_rows_changes_nothing():
    build, data = asked(*"abcd", impute={"name": "nearest", "k": 3}, treat="skew_kurtosis"), random_panel()

    one, two = (build.score(part) for part in (data, data.iloc[::-1]))

    np.testing.assert_allclose(leaves(one, "score"), leaves(two, "score"), rtol=1e-11, atol=1e-11)


def test_row_mean_stays_inside_the_pillar():
    build = framework(
        [{"id": "a", "pillar": "p"}, {"id": "b", "pillar": "p"}, {"id": "c", "pillar": "q"}],
        pillar=[{"id": "p"}, {"id": "q"}],
        methods={"normalise": "minmax", "impute": "row_mean"},
    )

    scores = build.score(table(a=[0.0, 10, 5], b=[100.0, 300, NAN], c=[0.0, 1, 1])).to_frame()

    assert node(scores, "b", "value") == [100, 300, 200]


@pytest.mark.parametrize(("method", "filled"), [("group_mean", 4.0), ("group_median", 3.0)])
def test_groups_come_from_the_regions_table(method, filled):
    regions = [*ZONES, {"region": "F", "zone": "E"}]
    build = asked(regions=regions, impute={"name": method, "by": "zone"})

    scores = build.score(table(a=[1.0, 3, 8, 90, 80, NAN])).to_frame()

    assert node(scores, "a", "value") == [1, 3, 8, 90, 80, filled]


def test_a_group_that_the_regions_table_lacks_is_an_error():
    build = asked(regions=ZONES, impute={"name": "group_mean", "by": "zonne"})

    with pytest.raises(DataError, match=r"no column 'zonne'. Did you mean 'zone'") as error:
        build.score(table(a=TAILED))
    assert "[methods].impute" in str(error.value)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("linear", [1, 3, 4, NAN]),
        ({"name": "linear", "ends": "flat"}, [1, 3, 4, 4]),
        ("last", [1, 1, 4, 4]),
        ({"name": "last", "max_age": 1}, [1, NAN, 4, NAN]),
    ],
)
def test_panel_methods_go_by_the_real_years(call, expected):
    data = table(years=np.repeat([2014, 2018, 2020, 2022], 2), region=["A", "B"] * 4,
                 a=[1.0, 0, NAN, 9, 4, 9, NAN, 9])  # fmt: skip

    scores = asked(impute=call).score(data).to_frame()

    found = scores[(scores["node"] == "a") & (scores["region"] == "A")]["value"]
    np.testing.assert_array_equal(found, expected)


def test_an_indicator_that_no_region_has_in_a_year_stays_missing_in_it():
    data = table(years=np.repeat([2020, 2021], 3), region=["A", "B", "C"] * 2,
                 a=[1.0, NAN, 3, NAN, NAN, NAN], b=[1.0, 2, 3, 4, 5, 6])  # fmt: skip

    scores = asked("a", "b", impute="median").score(data).to_frame()

    np.testing.assert_array_equal(node(scores, "a", "value"), [1, 2, 3, NAN, NAN, NAN])
    assert node(scores, "a", "imputed") == [0, 1, 0, 0, 0, 0]
    assert node(scores, "index", "imputed", year=2021) == [0, 0, 0]


def test_a_cell_that_cannot_be_filled_is_refused_with_its_region():
    build = asked("z", "a", "b", impute={"name": "nearest", "k": 3})

    with pytest.raises(DomainError) as error:
        build.score(table(z=[NAN] * 4, a=[1.0, 2, 3, 4], b=[1.0, NAN, NAN, 4]))

    assert "while imputing 2020 by 'nearest'" in error.value.__notes__
    assert "'b' (B, 2020), 'b' (C, 2020)" in error.value.__notes__


def test_values_are_imputed_before_they_are_transformed():
    build = asked({"id": "a", "transform": "log"}, impute="mean", normalise="zscore")

    scores = build.score(table(a=[1.0, 7, NAN])).to_frame()

    logs = np.log([1.0, 7, 4])
    np.testing.assert_allclose(
        node(scores, "a", "score"), (logs - logs.mean()) / logs.std(ddof=1), rtol=1e-12
    )


def test_attainment_and_equalization_are_about_what_was_measured():
    plain = framework([{"id": "a", "target": ">=4"}, "b"], equalization={"reference": "mean"})
    data = table(a=[1.0, 3, 50, NAN], b=[1.0, 2, 3, 4])

    before = plain.score(data).tables()
    after = plain.replace(impute="mean", treat={"name": "winsorise", "points": 1}).score(data).tables()

    assert not before["scores"]["score"].equals(after["scores"]["score"])
    for name in ("attainment", "equalization", "inequality"):
        pd.testing.assert_frame_equal(before[name], after[name])


def test_weights_from_the_data_see_imputed_and_treated_values():
    data = random_panel()
    full = data.sort_values(["year", "region"], ignore_index=True)
    full[list("abcd")] = np.vstack([impute.median(cells(part)) for _, part in data.groupby("year")])
    full[list("abcd")] = treat.iqr(full[list("abcd")])

    found = asked(*"abcd", weighting="critic", impute="median", treat="iqr").score(data)

    expected = asked(*"abcd", weighting="critic").score(full)
    np.testing.assert_allclose(found.weights["local"], expected.weights["local"], rtol=1e-12)
    np.testing.assert_allclose(found.index.sort_index(), expected.index.sort_index(), rtol=1e-12)


# --- Treatment ---------------------------------------------------------------------------------------------


def test_outliers_are_held_back_before_they_are_normalised():
    scores = asked(treat="iqr").score(table(a=TAILED))

    assert node(scores.to_frame(), "a", "value") == TAILED
    assert node(scores.to_frame(), "a", "score") == pytest.approx([0, 100 / 6, 200 / 6, 50, 100], abs=1e-12)
    [row] = scores.treatment.to_dict("records")
    assert (row["base"], row["indicator"], row["n"], row["below"], row["above"]) == ("panel", "a", 5, 0, 1)
    assert row["action"] == "fences"
    assert row["skewness"] == pytest.approx(treat.skewness(np.array(TAILED)[:, None])[0], rel=1e-15)
    # 1, 2, 3, 4, 7: m2 = 4.24, m3 = 6.048; G1 = sqrt(20)/3 · m3 / m2^1.5
    assert row["skewness_after"] == pytest.approx(math.sqrt(20) / 3 * 6.048 / 4.24**1.5, rel=1e-12)


def test_an_indicator_may_have_a_treatment_of_its_own_or_none():
    build = asked("a", {"id": "b", "treat": "none"}, {"id": "c", "treat": {"name": "winsorise", "points": [0, 2]}},
                  treat="iqr")  # fmt: skip

    scores = build.score(table(a=TAILED, b=TAILED, c=TAILED))

    assert scores.treatment["action"].tolist() == ["fences", "none", "fences"]
    assert scores.treatment["above"].tolist() == [1, 0, 2]
    assert node(scores.to_frame(), "b", "score")[3] == pytest.approx(300 / 49)
    assert node(scores.to_frame(), "c", "score") == [0, 50, 100, 100, 100]


def test_only_one_indicator_may_be_treated():
    scores = asked("a", {"id": "b", "treat": "iqr"}).score(table(a=TAILED, b=TAILED))

    assert scores.treatment["action"].tolist() == ["none", "fences"]
    assert node(scores.to_frame(), "a", "score")[3] == pytest.approx(300 / 49)


def test_values_are_treated_after_transform_and_interval_distance():
    logs = asked({"id": "a", "transform": "log"}, treat={"name": "winsorise", "points": [0, 1]})
    apart = asked(
        {"id": "a", "direction": "interval", "best": [4, 5]}, treat={"name": "winsorise", "points": [0, 1]}
    )
    data = table(a=[1.0, 4, 16, 64])

    assert node(logs.score(data).to_frame(), "a", "score") == pytest.approx([0, 50, 100, 100], abs=1e-12)
    # distances 3, 0, 11, 59: the largest is set to 11, and 0 is best
    assert node(apart.score(data).to_frame(), "a", "score") == pytest.approx([800 / 11, 100, 0, 0], abs=1e-12)


@pytest.mark.parametrize("base", ["panel", "year", 2020])
@pytest.mark.parametrize(
    "call", ["iqr", "skew_kurtosis", {"name": "winsorise", "quantiles": [0.1, 0.9]}, "shifted_log"]
)
def test_treatments_are_decided_over_the_rows_of_the_base(base, call):
    data = random_panel(holes=0.1)
    if call == "shifted_log":  # a logarithm ends where the base year does
        low, high = (data.loc[data["year"] == 2020, list("abcd")].agg(how) for how in ("min", "max"))
        data[list("abcd")] = data[list("abcd")].clip(low, high, axis=1)
    name, options = (call, {}) if isinstance(call, str) else (call["name"], {"quantiles": [0.1, 0.9]})
    x, years = cells(data), np.sort(data["year"].to_numpy())
    expected = np.full(x.shape, NAN)
    for year in np.unique(years):
        here = years == year
        sample = x if base == "panel" else x[years == (year if base == "year" else base)]
        y, own = (treat.measure(name, sample, **options).apply(part) for part in (x[here], sample))
        low, high = np.nanmin(own, axis=0), np.nanmax(own, axis=0)
        expected[here] = 100 * (y - low) / (high - low)

    scores = asked(*"abcd", base=base, treat=call).score(data)

    np.testing.assert_allclose(leaves(scores, "score"), expected, rtol=1e-11, atol=1e-11)
    assert scores.treatment["base"].unique().tolist() == (
        ["2018", "2020", "2021"] if base == "year" else [str(base)]
    )


@pytest.mark.parametrize("base", ["panel", "year"])
@pytest.mark.parametrize("aggregate", ["arithmetic", "topsis"])
@pytest.mark.parametrize(
    "methods", [{"treat": "iqr"}, {"impute": "median"}, {"impute": "last", "treat": "iqr"}]
)
def test_the_index_alone_is_the_same_as_with_every_step(methods, aggregate, base):
    build = asked(*"abcd", base=base, aggregate=aggregate, **methods)
    data = random_panel()

    whole, alone = (build.score(data, keep=keep).to_frame() for keep in ("all", "index"))

    for column in ("score", "coverage", "imputed"):
        np.testing.assert_allclose(node(alone, "index", column), node(whole, "index", column), rtol=1e-13)
    assert not build.prepared().plain
    assert ("impute" in methods) == (np.array(node(alone, "index", "imputed")) > 0).any()


@pytest.mark.parametrize("base", ["panel", "year"])
def test_a_fit_keeps_its_fences_for_other_rows(base, tmp_path):
    fitted = asked(treat="iqr", base=base).fit(table(a=TAILED))

    loaded = Fitted.load(fitted.save(tmp_path / "fitted.json"))
    scores = loaded.score(table(region=["X", "Y"], a=[400.0, 4]))

    assert node(scores.to_frame(), "a", "score") == [100, 50]
    assert scores.treatment["n"].tolist() == [5]


def test_a_fit_of_an_imputed_table_measures_what_it_scores():
    build, data = asked(*"abcd", impute="median", treat="iqr", weighting="critic"), random_panel()

    np.testing.assert_array_equal(build.fit(data).score(data).index, build.score(data).index)


def test_a_value_that_a_fitted_logarithm_does_not_reach_is_refused_with_its_region():
    fitted = asked(treat="shifted_log").fit(table(a=TAILED))

    with pytest.raises(DomainError) as error:
        fitted.score(table(region=["X", "Y"], a=[3.0, -40.0]))

    assert "'a' (Y, 2020)" in error.value.__notes__


# --- What is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("methods", "told"),
    [
        ({"impute": "medan"}, "Did you mean 'median'"),
        ({"treat": "iqrs"}, "Did you mean 'iqr'"),
        ({"impute": "group_mean"}, "group_mean needs by"),
        ({"impute": {"name": "group_mean", "by": 3}}, "by should be a column of the regions table"),
        ({"impute": {"name": "mean", "by": "zone"}}, "has no option 'by'"),
        ({"impute": "cold_deck"}, "cold_deck needs table"),
        ({"impute": {"name": "linear", "years": [1, 2]}}, "years comes from the framework"),
        ({"impute": {"name": "linear", "ends": "flatt"}}, "Did you mean 'flat'"),
        ({"impute": {"name": "nearest", "k": 0}}, "k is a number of neighbours"),
        ({"impute": {"name": "nearest", "k": "five"}}, "should be a finite number"),
        ({"impute": {"name": "regression", "predictors": ["aa"]}}, "no indicator 'aa' to predict from"),
        ({"impute": {"name": "regression", "predictors": 0}}, "should be ids of indicators"),
        ({"treat": "winsorise"}, "winsorise needs points"),
        ({"treat": {"name": "winsorise", "points": "all"}}, "option 'points' of winsorise"),
        ({"treat": {"name": "iqr", "factor": -1}}, "iqr needs a factor"),
        ({"treat": {"name": "box_cox", "power": [1, 2]}}, "power is one number"),
        ({"impute": "mean", "normalise": None}, "only a composite index"),
        ({"treat": "iqr", "normalise": None}, "only a composite index"),
    ],
)
def test_what_does_not_fit_is_found_before_scoring(methods, told):
    with pytest.raises(FrameworkError) as error:
        framework(["a", "b"], methods={"normalise": "minmax"} | methods)
    assert told in str(error.value)


@pytest.mark.parametrize("call", ["shifted_log", "box_cox", "skew_kurtosis"])
def test_a_treatment_that_bends_does_not_go_with_goalposts(call):
    leaf = {"id": "a", "goalposts": [0, 10], "normalise": "goalposts"}

    with pytest.raises(FrameworkError, match=f"indicator 'a': {call} bends values, but goalposts"):
        asked(leaf, treat=call)
    asked(leaf, treat="iqr")
    asked(leaf, treat={"name": "skew_kurtosis", "then": "none"})
    asked({**leaf, "treat": "none"}, treat=call)


def test_row_mean_needs_indicators_with_a_direction():
    with pytest.raises(FrameworkError, match="indicator 'a': row_mean needs direction"):
        asked({"id": "a", "direction": "interval", "best": [1, 2]}, "b", impute="row_mean")


# --- From files and the command line -----------------------------------------------------------------------


def test_the_command_line_treats_imputes_and_writes_what_was_done(tmp_path):
    (tmp_path / "framework.toml").write_text(
        'id = "x"\n[methods]\nnormalise = "minmax"\n[[indicator]]\nid = "a"\ntreat = "iqr"\n[[indicator]]\nid = "b"\n',
        encoding="utf-8",
    )
    table(a=TAILED, b=[1.0, NAN, 2, 3, 4]).to_csv(tmp_path / "data.csv", index=False)
    files = [str(tmp_path / "framework.toml"), str(tmp_path / "data.csv")]
    words = ["--set", "impute=median", "--set", "treat={ name = 'winsorise', points = [1, 0] }"]

    done = CliRunner().invoke(app, ["score", *files, *words, "-o", str(tmp_path / "out")])

    assert done.exit_code == 0, done.output
    treatment = pd.read_csv(tmp_path / "out" / "treatment.csv")
    assert treatment["below"].tolist() == [0, 1]
    assert treatment["above"].tolist() == [1, 0]
    scores = pd.read_csv(tmp_path / "out" / "scores.csv")
    assert node(scores, "index", "imputed") == [0, 0.5, 0, 0, 0]
    plain = Framework.from_toml(files[0]).replace(
        impute="median", treat={"name": "winsorise", "points": [1, 0]}
    )
    assert node(scores, "index", "score") == plain.score(files[1]).index.tolist()


def test_the_columns_of_the_treatment_table_are_documented():
    from conftest import REPOSITORY

    text = (REPOSITORY / "docs" / "numbers.md").read_text(encoding="utf-8")
    section = text[text.index("### `treatment` table") : text.index("The next six come from")]

    frame = asked(treat="iqr").score(table(a=TAILED)).treatment

    assert all(f"`{column}`" in section for column in frame)
