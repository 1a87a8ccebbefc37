"""How even, between whom, closing or widening: labelled results and the command, against figures from elsewhere."""

import csv
import json
import math
import re
import zipfile

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import small
from conftest import REPOSITORY
from equindex import equalization, evenness
from equindex.cli import app
from equindex.errors import DataError, FrameworkError, MethodError
from equindex.evenness.cube import Cube
from equindex.evenness.inference import Intervals
from equindex.framework import Framework

CHINA = REPOSITORY / "data" / "china-services"
ZONES = {"East": "东部", "Central": "中部", "West": "西部", "Northeast": "东北"}
THREE = {"doctors": [1.0, 2.0, 4.0, 5.0], "beds": [3.0, 3.0, 6.0, 4.0]}
URBAN = [("A", "农村"), ("B", "农村"), ("C", "城镇"), ("D", "城镇")]


def run(*args, code=0):
    """Run a command in this process; return stdout and stderr."""
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    assert result.exit_code == code, (result.output, result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.stdout, result.stderr


def pick(frame, **wanted):
    for column, value in wanted.items():
        frame = frame[frame[column] == value]
    return frame


def cell(frame, column="value", **wanted):
    [found] = pick(frame, **wanted)[column]
    return found


def people(names, population=(), **columns):
    """Make rows of a regions table."""
    columns = {key: list(values) for key, values in columns.items()}
    if len(population):
        columns["population"] = list(population)
    return [{"region": name} | {k: v[row] for k, v in columns.items()} for row, name in enumerate(names)]


def framework(indicators, regions=(), methods=small.MINMAX, **equalization):
    sections = {"methods": methods, "equalization": {"measures": ["gini", "theil_t"]} | equalization}
    return small.framework(indicators, regions=regions, **sections)


def theil(x, people, groups):
    """Return Theil's T and its part between groups, by the textbook, in plain Python."""
    total, everyone = (math.fsum(v) for v in ((a * b for a, b in zip(x, people, strict=True)), people))
    whole = math.fsum(
        a * b / total * math.log(a / total * everyone) for a, b in zip(x, people, strict=True) if a > 0
    )
    sums = {}
    for a, b, group in zip(x, people, groups, strict=True):
        have, heads = sums.get(group, (0.0, 0.0))
        sums[group] = have + a * b, heads + b
    between = math.fsum(y / total * math.log(y / total / (n / everyone)) for y, n in sums.values() if y > 0)
    return whole, between


@pytest.fixture(scope="module")
def worked(reference):
    return json.loads(reference("china/cn_worked_values.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def neighbours(reference):
    """Pairs of neighbouring provinces from the published table of weights, by their English names."""
    weights = pd.read_csv(reference("china/renjiyi163/W_adj_31_provinces_rowstd.csv"), index_col="id")
    names = pd.read_csv(reference("china/cn_regions.csv"))["province_en"].to_numpy()
    return pd.DataFrame([(names[a], names[b]) for a, b in np.argwhere(weights.to_numpy() > 0)])


@pytest.fixture(scope="module")
def china():
    """Give the bundled provinces of 1999."""
    built = Framework.from_toml(CHINA / "framework.toml")
    measures = ["williamson", "cv(ddof=1)"]
    return evenness.analyse(built, CHINA / "observations.csv", measures=measures, draws=200)


@pytest.fixture(scope="module")
def near(neighbours):
    """Give the likeness of neighbouring provinces in their doctors of 1999."""
    built = Framework.from_toml(CHINA / "framework.toml")
    found = evenness.analyse(built, CHINA / "observations.csv", draws=0, neighbours=neighbours)
    return pick(found.space, node="doctors")


@pytest.fixture(scope="module")
def panel():
    """Give the bundled provinces of 1990 and 2000, which have life expectancy alone."""
    built = Framework.from_toml(CHINA / "framework.toml", settings=["missing.min_coverage=0"])
    return evenness.analyse(built, CHINA / "panel.csv", years=[1990, 2000], draws=200)


@pytest.fixture(scope="module")
def made():
    """Give six regions in three years: groups inside groups, a region without its first year, a standard."""
    names = list("ABCDEF")
    indicators = [
        {"id": "doctors", "pillar": "health", "standard": 2.0},
        {"id": "beds", "pillar": "health"},
        {"id": "class_size", "pillar": "school", "direction": "negative", "standard": 40.0},
    ]
    regions = people(
        names, [10, 20, 30, 40, 50, 60], zone=list("NNNSSS"), city=["n1", "n1", "n2", "s1", "s1", "s2"]
    )
    built = small.framework(
        indicators,
        regions=regions,
        pillar=[{"id": "health"}, {"id": "school"}],
        methods={"normalise": {"name": "minmax", "lower": 1, "upper": 100}, "missing": {"min_coverage": 0}},
        equalization={
            "measures": ["gini", "theil_t", "theil_l", {"name": "ge", "a": 2}, "cv"],
            "groups": ["zone", "city"],
        },
    )
    rng = np.random.default_rng(5)
    x = rng.lognormal(1, 0.4, (18, 3)).round(2) * [1, 1, 12]
    x[0] = np.nan
    data = pd.DataFrame(x, columns=["doctors", "beds", "class_size"])
    data.insert(0, "region", names * 3)
    data.insert(1, "year", np.repeat([2018, 2019, 2021], 6))
    return built, data, evenness.analyse(built, data, draws=99)


# published figures -------------------------------------------------------------------------------------------


def test_doctors_of_1999_have_the_worked_inequality(china, worked):
    told, table = worked["doctors_per_1000_1999"], china.inequality
    plain = {"node": "doctors", "by": "", "part": "total", "basis": "values", "weighted": False}
    people = plain | {"weighted": True}

    assert cell(table, measure="gini", **plain) == pytest.approx(told["gini_unweighted"], rel=1e-12)
    assert cell(table, measure="cv", **plain) == pytest.approx(told["cv_population_sd"], rel=1e-12)
    assert cell(table, measure="max_min", **plain) == pytest.approx(told["max_min_ratio"], rel=1e-12)
    assert cell(table, measure="theil_t", **people) == pytest.approx(told["theil_T_popweighted"], rel=1e-12)
    assert cell(table, measure="theil_l", **people) == pytest.approx(told["theil_L_popweighted"], rel=1e-12)
    assert cell(table, measure="cv", **people) == pytest.approx(told["williamson_cv_popweighted"], rel=1e-12)
    [sample] = {m for m in table["measure"] if m.startswith("cv") and m != "cv"}
    assert cell(table, measure=sample, **plain) == pytest.approx(told["cv_sample_sd"], rel=1e-12)


def test_williamson_is_asked_for_by_name_and_needs_no_unweighted_form(china, worked):
    rows = pick(china.inequality, measure="williamson", part="total", by="")

    doctors = cell(rows, node="doctors")
    libraries = cell(rows, node="libraries")

    assert rows["weighted"].all()
    assert doctors == pytest.approx(worked["doctors_per_1000_1999"]["williamson_cv_popweighted"], rel=1e-12)
    assert libraries == pytest.approx(worked["libraries_1998"]["williamson"], rel=1e-12)


def test_theil_by_zone_has_the_worked_parts(china, worked):
    told = worked["doctors_per_1000_1999"]
    table = pick(china.inequality, node="doctors", measure="theil_t", weighted=True, by="zone")

    assert cell(table, part="between", group="") == pytest.approx(told["theil_between"], rel=1e-12)
    assert cell(table, part="within", group="") == pytest.approx(told["theil_within"], rel=1e-12)
    for zone, parts in told["theil_within_by_region"].items():
        assert cell(table, part="total", group=ZONES[zone]) == pytest.approx(parts["T"], rel=1e-12)
        assert cell(table, part="share", group=ZONES[zone]) == pytest.approx(parts["share"], rel=1e-12)
    libraries = pick(china.inequality, node="libraries", measure="theil_t", weighted=True, by="")
    assert cell(libraries, part="total") == pytest.approx(worked["libraries_1998"]["theil_T"], rel=1e-12)


def test_dagum_by_zone_has_the_worked_parts_and_pairs(china, worked):
    told = worked["doctors_per_1000_1999"]["dagum4"]
    table = pick(china.inequality, node="doctors", measure="gini", weighted=False, by="zone")
    pairs = pick(table, part="pair")

    for part, name in (("within", "Gw"), ("between", "Gnb"), ("transvariation", "Gt")):
        assert cell(table, part=part, group="") == pytest.approx(told[name], rel=1e-12)
    for zone, value in told["Gjj"].items():
        assert cell(table, part="total", group=ZONES[zone]) == pytest.approx(value, abs=5e-7)
    assert len(pairs) == len(told["Gjh"]) == 6
    for names, value in told["Gjh"].items():
        both = {ZONES[name] for name in names.split("-")}
        [found] = pairs[[set(group.split(" × ")) == both for group in pairs["group"]]]["value"]
        assert found == pytest.approx(value, abs=5e-7)


def test_morans_i_has_the_worked_value_with_hainan_an_island(near, worked):
    row = pick(near, year=1999, measure="moran")

    told = worked["doctors_per_1000_1999"]["moran_I_rowstd_W_adj(Hainan island row zero)"]

    assert cell(row) == pytest.approx(told, rel=1e-12)
    assert cell(row, "islands") == 1
    assert cell(row, "expected") == pytest.approx(-1 / 30, rel=1e-12)


def test_life_expectancy_converges_as_worked_over_30_provinces(panel, worked):
    told = worked["life_expectancy_1990_2000_30prov_excl_Chongqing"]
    table = pick(panel.convergence, node="life_expectancy")

    for year in (1990, 2000):
        sigma = pick(table, method="sigma", **{"from": year})
        assert cell(sigma, part="cv") == pytest.approx(told[f"cv{year}"], rel=1e-12)
        assert cell(sigma, part="sd_log") == pytest.approx(told[f"sd_log_{year}"], rel=1e-12)
        assert set(sigma["n"]) == {30}
    beta = pick(table, method="beta")
    assert cell(beta, part="slope") == pytest.approx(told["beta_conv_slope"], rel=1e-9)
    assert cell(beta, part="speed") == pytest.approx(told["lambda_speed"], rel=1e-9)
    assert cell(beta, part="half_life") == pytest.approx(math.log(2) / told["lambda_speed"], rel=1e-9)
    assert set(beta["n"]) == {30}


def test_change_is_measured_over_regions_that_both_years_have(panel, worked):
    told = worked["life_expectancy_1990_2000_30prov_excl_Chongqing"]

    row = pick(panel.change, node="life_expectancy", measure="cv", weighted=False, part="total", by="")

    assert cell(row, "before") == pytest.approx(told["cv1990"], rel=1e-12)
    assert cell(row, "after") == pytest.approx(told["cv2000"], rel=1e-12)


def test_the_official_county_school_example_gives_its_coefficient(reference):
    schools = pd.read_csv(reference("china/published_examples/moe_school_cv_example.csv"))
    schools = schools[schools["school"].str.startswith("小学")]
    data = small.table(
        2012, region=schools["school"].tolist(), books=schools["books"], pupils=schools["pupils"]
    )
    leaf = {
        "id": "per_pupil",
        "numerator": "books",
        "denominator": "pupils",
        "per": 1,
        "population": "pupils",
    }
    built = framework([leaf], measures=["cv"], degree="cv")

    found = evenness.analyse(built, data, draws=0)

    value = cell(found.inequality, node="per_pupil", weighted=True, part="total")
    assert value == pytest.approx(0.515257, abs=5e-7)  # printed 0.52
    assert cell(found.inequality, node="per_pupil", weighted=True, part="degree") == pytest.approx(
        100 / 1.5152566298844764, rel=1e-12
    )


def rugao():
    """Return the standard of minimum living allowances (低保), plan text: 580 and 420 in 2015, 710 for all in 2020."""
    regions = people(["如皋农村", "如皋城镇"], urban=["农村", "城镇"])
    data = small.table(
        [2015, 2015, 2020, 2020], region=["如皋农村", "如皋城镇"] * 2, dibao=[420, 580, 710, 710]
    )
    return framework([{"id": "dibao", "name": "低保标准"}], regions, methods=None, groups=["urban"]), data


def test_the_gap_of_rugao_closes_as_its_plan_says():
    found = evenness.analyse(*rugao(), draws=0)

    first, last = pick(found.gaps, year=2015), pick(found.gaps, year=2020)
    assert (cell(first, "group_a"), cell(first, "group_b")) == ("城镇", "农村")  # town over country
    assert round(cell(first, "ratio"), 3) == 1.381
    assert cell(first, "difference") == 160
    assert cell(first, "relative") == pytest.approx(160 / 580, rel=1e-12)
    assert cell(last, "ratio") == 1.0
    assert cell(last, "evenness") == 1.0
    moved = found.narrowing
    assert (cell(moved, "from"), cell(moved, "to"), cell(moved, "verdict")) == (2015, 2020, "narrowed")
    assert cell(moved, "change") == pytest.approx(-math.log(580 / 420), rel=1e-12)


@pytest.fixture(scope="module")
def world(reference):
    """Give sub-national HDI of the regions that have it, with population, in all 30 years."""
    table = pd.read_parquet(reference("subnational_hdi/shdi_regions_1990_2019.parquet"))
    table = table[["subnat", "iso_code", "year", "pop", "shdi"]].dropna()
    table = table[table.groupby("subnat")["year"].transform("size") == 30].reset_index(drop=True)
    rows = table.rename(columns={"subnat": "region", "iso_code": "country", "pop": "population"})
    content = page_framework() | {"regions": None}
    regions = [[line, row] for line, row in enumerate(rows.drop(columns="shdi").to_dict("records"), start=2)]
    content.pop("regions")
    built = Framework.from_dict({"framework": content, "regions": regions, "weights": None})
    built.prepared()
    found = evenness.analyse(built, rows[["region", "year", "shdi"]], draws=999, cluster="country")
    return rows, found


def page_framework():
    import tomllib

    page = (REPOSITORY / "docs" / "equalization.md").read_text(encoding="utf-8")
    [block] = re.findall(r"^```toml\n(id = \"world\".*?)^```", page, re.M | re.S)
    return tomllib.loads(block)


@pytest.mark.slow
def test_the_world_agrees_with_a_slow_twin_over_30_years(world):
    rows, found = world
    table = pick(found.inequality, node="shdi", measure="theil_t", weighted=True, group="")
    table = table.set_index(["year", "by", "part"])["value"]

    for year, own in rows.groupby("year"):
        whole, between = theil(own["shdi"].tolist(), own["population"].tolist(), own["country"].tolist())
        assert table[year, "", "total"] == pytest.approx(whole, rel=1e-9)
        assert table[year, "country", "between"] == pytest.approx(between, rel=1e-9)
        assert table[year, "country", "within"] == pytest.approx(whole - between, abs=1e-12)

    assert len(rows["year"].unique()) == 30
    change = pick(found.change, measure="theil_t", weighted=True)
    total = cell(change, "change", part="total")
    parts = pick(change, by="country")["change"]
    assert total == pytest.approx(table[2019, "", "total"] - table[1990, "", "total"], rel=1e-9)
    assert len(parts) == 3
    assert parts.sum() == pytest.approx(total, abs=1e-12)


@pytest.mark.slow
def test_the_page_prints_the_world_as_it_is(world):
    rows, found = world
    page = (REPOSITORY / "docs" / "equalization.md").read_text(encoding="utf-8")
    table = pick(found.inequality, node="shdi", measure="theil_t", weighted=True, group="")
    table = table.set_index(["year", "by", "part"])["value"]
    printed = re.findall(r"^\| (\d{4}) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| (\d+) % \|$", page, re.M)

    assert [int(year) for year, *_ in printed] == [1990, 2000, 2010, 2019]
    for year, *numbers in printed:
        own = [table[int(year), by, part] for by, part in (("", "total"), ("country", "between"))]
        assert numbers == [*(f"{v:.4f}" for v in (*own, own[0] - own[1])), f"{100 * own[1] / own[0]:.0f}"]
    regions, countries = rows["region"].nunique(), rows["country"].nunique()
    page = " ".join(page.split())
    assert f"{regions:,} regions of {countries} countries" in page
    change = pick(found.change, measure="theil_t", weighted=True, by="country").set_index("part")["change"]
    for part in ("within", "between", "population"):
        assert f"{change[part]:+.4f}".replace("-", "−") in page
    assert cell(found.change, "verdict", measure="theil_t", weighted=True, part="total", by="") == "more even"
    row = pick(found.change, measure="theil_t", weighted=True, part="total", by="")
    low, whole, high = (f"{cell(row, name):+.4f}".replace("-", "−") for name in ("low", "change", "high"))
    assert f"{whole}, and surely" in page
    assert f"is {low} to {high}" in page
    for method, words in (
        ("beta", "half-life of {:.0f} years"),
        ("panel_beta", "region effects it is {:.0f},"),
    ):
        years = cell(found.convergence, method=method, part="half_life")
        assert words.format(years) in page
    ends = [own for _, own in rows[rows["year"].isin([1990, 2019])].groupby("year")]
    missing = [
        theil((1 - o["shdi"]).tolist(), o["population"].tolist(), o["country"].tolist())[0] for o in ends
    ]
    assert "from {:.4f} to {:.4f}".format(*missing) in page
    heads = [o["population"].sum() / 1e6 for o in ends]
    assert "{:.1f} billion people in 1990, {:.1f} in 2019".format(*heads) in page
    big = [o[o["country"].isin(["CHN", "IND"])]["population"].sum() / o["population"].sum() for o in ends]
    assert [round(share, 1) for share in big] == [0.4, 0.4]
    assert "China and India are two fifths of the people" in page


# tables ------------------------------------------------------------------------------------------------------

REASONED = {
    "inequality": ["value"],
    "gaps": ["ratio", "difference", "relative", "evenness", "low", "high"],
    "narrowing": ["change", "low", "high"],
    "change": ["change"],
    "convergence": ["value"],
    "space": ["value"],
}


def reasons(found):
    for name, columns in REASONED.items():
        table = getattr(found, name)
        lacking = table[table[columns].isna().any(axis=1)]
        assert (lacking["reason"] != "").all(), (name, lacking)
        assert table["reason"].notna().all(), name
        keys = [
            c for c in table.columns if c in ("year", "node", "measure", "basis", "weighted", "by", "group")
        ]
        keys += [c for c in ("part", "method", "from", "group_a", "group_b", "region") if c in table.columns]
        assert not table.duplicated(keys).any(), name
    told = pick(found.change, by="")
    told = told[told[["before", "after", "low", "high", "p"]].isna().any(axis=1)]
    assert (told["reason"] != "").all()


@pytest.mark.parametrize("draws", [0, 20])
def test_every_missing_number_has_a_reason_and_no_row_stands_twice(draws):
    names = list("ABCDE")
    regions = people(names, [1, 2, 3, 4, 0], zone=["N", "N", "S", "S", "S"])
    data = small.table(
        [2019] * 5 + [2020] * 5,
        region=names * 2,
        fine=[1, 2, 3, 4, 5, 2, 2, 3, 3, 4],
        zero=[0, 0, 0, 0, 0, 1, 0, 0, 0, 0],
        minus=[-1, 2, 3, -4, 5, 1, 1, 2, 3, 5],
        gone=[np.nan] * 5 + [1, 2, 3, 4, 5],
        lone=[7] + [np.nan] * 8 + [7],
        south=[np.nan, np.nan, 1, 2, 3] * 2,
        same=[4] * 10,
    )
    leaves = ["fine", "zero", "minus", "gone", "lone", "south", "same"]
    built = small.framework(
        leaves,
        regions=regions,
        methods=None,
        equalization={"measures": ["gini", "theil_t", "theil_l", "max_min", "cv"], "groups": ["zone"]},
    )

    found = evenness.analyse(built, data, draws=draws, neighbours=pd.DataFrame([("A", "B"), ("B", "C")]))

    reasons(found)
    same = pick(found.inequality, node="same", weighted=False, by="", part="total").set_index("measure")
    assert same["value"].to_dict() == pytest.approx(
        {"gini": 0, "theil_t": 0, "theil_l": 0, "max_min": 1, "cv": 0}, abs=1e-15
    )
    low = pick(found.inequality, node="minus", year=2019, measure="gini", weighted=False, part="total", by="")
    assert np.isnan(cell(low))
    assert "not defined" in cell(low, "reason")
    assert found.answer()
    assert found.summary()


def test_an_interval_counts_the_regions_of_its_measure(made):
    regions = people(list("ABC"), [1, 2, 0])
    small_one = evenness.analyse(
        framework(["doctors"], regions), small.table(doctors=[1.0, 2.0, 9.0]), draws=20
    )

    for found in (small_one, made[2]):
        table = pick(found.inequality, by="", basis="values")
        each = table.groupby(["year", "node", "measure", "weighted"])["n"]
        assert (each.nunique() == 1).all()


def test_real_results_have_reasons_too(china, panel, made):
    for found in (china, panel, made[2]):
        reasons(found)


def test_parts_equal_the_whole(china, panel, made):
    checked = 0
    for found in (china, panel, made[2]):
        table = found.inequality[found.inequality["value"].notna() & (found.inequality["group"] == "")]
        keys = ["year", "node", "measure", "weighted", "basis"]
        wholes = pick(table, part="total", by="").set_index(keys)["value"]
        split = table[
            table["part"].isin(["between", "within", "transvariation"]) & ~table["by"].str.contains(">")
        ]
        sums = split.groupby([*keys, "by"])["value"].sum()
        for key, value in sums.items():
            assert value == pytest.approx(wholes[key[:-1]], abs=1e-12), key
            checked += 1
        groups = found.inequality[
            (found.inequality["group"] != "") & ~found.inequality["by"].str.contains(">")
        ]
        groups = groups[groups["value"].notna()]
        inside = pick(groups, part="contribution", basis="values").groupby([*keys, "by"])["value"].sum()
        within = pick(table, part="within").set_index([*keys, "by"])["value"]
        for key, value in inside.items():
            assert value == pytest.approx(within[key], abs=1e-12), key
    assert checked > 200


def test_levels_equal_the_whole_and_their_own_splits(made):
    table = pick(made[2].inequality, basis="values")
    levels = pick(table, by="zone > city")

    assert set(table["by"]) >= {"zone", "city", "zone > city"}
    assert "city > zone" not in set(table["by"])
    keys = ["year", "node", "measure", "weighted"]
    for key, rows in levels.groupby(keys):
        own = pick(table, **dict(zip(keys, key, strict=True)))
        parts = rows.set_index(["part", "group"])["value"]
        assert set(parts.index) == {("between", "zone"), ("between", "city"), ("within", "")}
        assert parts.sum() == pytest.approx(cell(own, by="", part="total"), abs=1e-12)
        assert parts["between", "zone"] == pytest.approx(
            cell(own, by="zone", part="between", group=""), abs=1e-12
        )
        assert parts["within", ""] == pytest.approx(cell(own, by="city", part="within", group=""), abs=1e-12)
    assert set(levels["measure"]) == {"theil_t", "theil_l"} | {m for m in table["measure"] if "ge" in m}
    assert len(levels) == 3 * 3 * 3 * 3 * 2  # parts, years, indicators, measures, weights


def test_groups_that_cross_have_no_levels():
    regions = people(list("ABCD"), zone=list("NNSS"), coast=list("xyxy"))
    built = framework(["doctors"], regions, groups=["zone", "coast"])

    found = evenness.analyse(built, small.table(doctors=THREE["doctors"]), draws=0)

    assert set(pick(found.inequality, basis="values")["by"]) == {"", "zone", "coast"}


def test_parts_of_a_change_equal_the_change(made):
    change = made[2].change
    checked = 0
    for (node, measure, weighted), rows in pick(change, level="indicator").groupby(
        ["node", "measure", "weighted"]
    ):
        for by in ("zone", "city"):
            parts = pick(rows, by=by)["change"]
            if len(parts):
                whole = cell(rows, "change", by="", part="total")
                assert parts.sum() == pytest.approx(whole, abs=1e-12), (node, measure, weighted)
                checked += 1
    assert checked == 3 * 3 * 2 * 2


def test_contributions_of_indicators_and_pillars_equal_the_gini_of_the_scores(china):
    index = pick(china.scores.to_frame(), node="index")["score"].tolist()
    gaps = math.fsum(abs(a - b) for a in index for b in index)
    gini = gaps / (2 * len(index) * math.fsum(index))
    parts = pick(china.inequality, basis="scores", part="contribution")

    assert pick(parts, by="pillar")["value"].sum() == pytest.approx(gini, rel=1e-12)
    assert pick(parts, by="pillar")["group"].tolist() == ["health", "culture", "outcome"]


def test_degrees_of_pillars_are_the_mean_of_their_indicators(made):
    table = pick(made[2].inequality, measure="gini", weighted=False, by="", part="degree", year=2019)
    value = table.set_index("node")["value"]

    assert value["doctors"] == pytest.approx(
        100
        * (
            1
            - cell(
                made[2].inequality,
                measure="gini",
                weighted=False,
                by="",
                part="total",
                year=2019,
                node="doctors",
            )
        ),
        rel=1e-12,
    )
    assert value["health"] == pytest.approx((value["doctors"] + value["beds"]) / 2, rel=1e-12)
    assert value["index"] == pytest.approx((value["health"] + value["school"]) / 2, rel=1e-12)


def test_intervals_of_indicators_are_those_of_the_bootstrap(made):
    _, data, found = made
    x = data[data["year"] == 2019]["beds"].to_numpy()
    heads = np.array([10.0, 20, 30, 40, 50, 60])

    for weights in (None, heads):
        told = equalization.bootstrap("theil_t", x, population=weights, draws=99, seed=0)
        rows = pick(found.inequality, year=2019, node="beds", measure="theil_t", by="")
        rows = pick(rows, weighted=weights is not None).set_index("part")["value"]
        assert rows["low"] == pytest.approx(float(told.low), rel=1e-12)
        assert rows["high"] == pytest.approx(float(told.high), rel=1e-12)
        assert rows["error"] == pytest.approx(float(told.error), rel=1e-12)
        largest = math.log(6) if weights is None else -math.log(10 / 210)
        assert rows["degree_low"] == pytest.approx(100 * (1 - rows["high"] / largest), rel=1e-12)
        assert rows["degree_high"] == pytest.approx(100 * (1 - rows["low"] / largest), rel=1e-12)


def test_intervals_of_the_index_are_basic_ones_over_shared_resamples(made):
    _, data, found = made
    now = data[data["year"] == 2021]
    counts = equalization.resamples(6, draws=99, seed=0)

    def degree(x):
        return 100 * (1 - float(equalization.gini(x)))

    def index(rows):
        doctors, beds, size = (
            degree(now[name].to_numpy()[rows]) for name in ("doctors", "beds", "class_size")
        )
        return ((doctors + beds) / 2 + size) / 2

    own = index(np.arange(6))
    drawn = [index(np.repeat(np.arange(6), row.astype(int))) for row in counts]
    low, high = (2 * own - np.quantile(drawn, q) for q in (0.975, 0.025))

    rows = pick(found.inequality, year=2021, node="index", measure="gini", weighted=False, basis="values")
    rows = rows.set_index("part")["value"]
    assert rows["degree"] == pytest.approx(own, rel=1e-12)
    assert rows["degree_low"] == pytest.approx(max(low, 0), rel=1e-9)
    assert rows["degree_high"] == pytest.approx(min(high, 100), rel=1e-9)


def test_clusters_are_drawn_whole(made):
    built, data, _ = made
    x = data[data["year"] == 2019]["beds"].to_numpy()

    found = evenness.analyse(built, data, years=[2019], draws=99, cluster="city")

    told = equalization.bootstrap("gini", x, clusters=[0, 0, 1, 2, 2, 3], draws=99, seed=0)
    rows = pick(found.inequality, node="beds", measure="gini", weighted=False, by="").set_index("part")[
        "value"
    ]
    assert rows["low"] == pytest.approx(float(told.low), rel=1e-12)
    assert rows["high"] == pytest.approx(float(told.high), rel=1e-12)


def test_gaps_draw_the_same_clusters():
    regions = people(list("ABCDEF"), urban=["城", "城", "乡", "乡", "城", "乡"], city=list("xyxyzz"))
    built = framework(["doctors"], regions, methods=None, groups=["urban"])
    x = np.array([4.0, 5.0, 1.0, 3.0, 7.0, 2.0])

    found = evenness.analyse(built, small.table(doctors=x), draws=99, cluster="city")

    counts = equalization.resamples(6, clusters=[0, 1, 0, 1, 2, 2], draws=99, seed=0)
    town = np.array([1, 1, 0, 0, 1, 0])
    ratios = (counts * x) @ town / (counts @ town) / ((counts * x) @ (1 - town) / (counts @ (1 - town)))
    row = pick(found.gaps, by="urban")
    assert cell(row, "low") == pytest.approx(np.quantile(ratios, 0.025), rel=1e-12)
    assert cell(row, "high") == pytest.approx(np.quantile(ratios, 0.975), rel=1e-12)


def test_a_longer_bootstrap_begins_with_the_shorter(made):
    scores = made[2].scores
    cube = Cube.of(scores)

    short, long = (Intervals.of(scores, cube, draws, 3, 0.95).found for draws in (70, 150))

    for one, other in zip(short, long, strict=True):
        np.testing.assert_array_equal(other.replicates[:70], one.replicates)


def test_without_resamples_there_are_no_intervals(made):
    built, data, _ = made

    found = evenness.analyse(built, data, draws=0)

    assert not set(found.inequality["part"]) & {"low", "high", "error", "degree_low", "degree_high"}
    assert found.gaps["low"].isna().all()
    assert found.change["low"].isna().all()
    assert set(pick(found.change, by="")["reason"]) == {"no interval: no resamples"}
    assert not any("interval" in sentence for sentence in found.answer())
    same = made[2].inequality
    same = same[~same["part"].isin(["low", "high", "error", "degree_low", "degree_high"])]
    pd.testing.assert_frame_equal(found.inequality, same.reset_index(drop=True))


def test_years_are_a_choice_and_do_not_move_a_value(made):
    built, data, found = made

    some = evenness.analyse(built, data, years=[2021, 2019], draws=99)

    assert some.years == (2019, 2021)
    assert set(some.inequality["year"]) == {2019, 2021}
    kept = found.inequality[found.inequality["year"] > 2018].reset_index(drop=True)
    pd.testing.assert_frame_equal(some.inequality, kept)
    assert set(some.change["from"]) == {2019}
    with pytest.raises(DataError, match=r"no data for 2020\. Years: 2018, 2019, 2021"):
        evenness.analyse(built, data, years=[2020, 2021], draws=0)


def test_one_year_has_no_change(made):
    built, data, _ = made

    found = evenness.analyse(built, data, years=[2019], draws=20)

    assert not {"change", "narrowing", "convergence"} & set(found.tables())
    assert any("one year" in sentence for sentence in found.answer())


def test_same_seed_same_bits_and_another_seed_other_intervals(made):
    built, data, found = made

    again = evenness.analyse(built, data, draws=99)
    other = evenness.analyse(built, data, draws=99, seed=1)

    for name, table in found.tables().items():
        pd.testing.assert_frame_equal(table, again.tables()[name], check_exact=True)
    assert not found.gaps["low"].equals(other.gaps["low"])
    assert found.gaps["ratio"].equals(other.gaps["ratio"])


def test_every_region_has_its_own_part_of_morans_i(near):
    local = pick(near, measure="moran_local")

    whole = cell(near, measure="moran")

    assert local["value"].sum() == pytest.approx(whole * 30, rel=1e-12)  # S0 is 30: Hainan's row is empty
    assert cell(local, "quadrant", region_name="北京").startswith("high")
    assert cell(local, "quadrant", region_name="贵州") == "low-low"


def test_below_lists_regions_that_lack_the_standard_the_furthest_first(made):
    _, data, found = made
    short = {}
    for year, rows in data.groupby("year"):
        short[year, "doctors"] = {
            r: 2 - x for r, x in zip(rows["region"], rows["doctors"], strict=True) if x < 2
        }
        short[year, "class_size"] = {
            r: x - 40 for r, x in zip(rows["region"], rows["class_size"], strict=True) if x > 40
        }

    for (year, node), told in short.items():
        rows = pick(found.below, year=year, node=node)
        assert dict(zip(rows["region"], rows["shortfall"], strict=True)) == pytest.approx(told)
        assert rows["shortfall"].is_monotonic_decreasing
    assert len(found.below) == sum(map(len, short.values())) > 5


# groups ------------------------------------------------------------------------------------------------------


def test_town_comes_before_country_whatever_the_order_of_rows():
    names, kinds = zip(*URBAN, strict=True)
    found = evenness.analyse(
        framework(["doctors"], people(names, [1, 3, 1, 1], urban=kinds), methods=None, groups=["urban"]),
        small.table(doctors=THREE["doctors"]),
        draws=0,
    )

    assert cell(found.gaps, "group_a") == "城镇"
    assert cell(found.gaps, "ratio") == pytest.approx(
        4.5 / 1.75, rel=1e-12
    )  # (4 + 5) / 2 over (1 + 3 x 2) / 4


def test_all_pairs_of_a_few_groups_are_compared_and_none_of_many():
    def gaps(groups):
        names = [f"R{k}" for k in range(groups)]
        regions = people(names, zone=[f"z{k}" for k in range(groups)])
        built = framework(["doctors"], regions, groups=["zone"])
        return evenness.analyse(built, small.table(region=names, doctors=range(1, groups + 1)), draws=0).gaps

    assert len(pick(gaps(6), basis="values")) == 15
    assert len(gaps(7)) == 0


def test_a_gap_with_a_mean_of_zero_is_missing_and_says_why():
    names, kinds = zip(*URBAN, strict=True)
    built = framework(["doctors"], people(names, urban=kinds), groups=["urban"])

    found = evenness.analyse(built, small.table(doctors=[0.0, 0.0, 1.0, 3.0]), draws=20)

    row = pick(found.gaps, node="doctors")
    assert np.isnan(cell(row, "ratio"))
    assert cell(row, "difference") == 2
    assert "mean is not above 0" in cell(row, "reason")
    other = evenness.analyse(built, small.table(doctors=[1.0, 3.0, 0.0, 0.0]), draws=20)
    assert cell(pick(other.gaps, node="doctors"), "ratio") == 0
    assert other.answer()


def test_groups_may_change_between_years():
    rows = []
    for year, zones in ((2019, "NNSS"), (2020, "NSSS")):
        rows += [{"region": r, "year": year, "zone": z} for r, z in zip("ABCD", zones, strict=True)]
    built = framework(["doctors"], rows, groups=["zone"])
    x = [[1.0, 2.0, 4.0, 5.0], [1.0, 3.0, 4.0, 6.0]]
    data = small.table([2019] * 4 + [2020] * 4, region=list("ABCD") * 2, doctors=x[0] + x[1])

    found = evenness.analyse(built, data, draws=0)

    for year, values, zones in ((2019, x[0], "NNSS"), (2020, x[1], "NSSS")):
        whole, between = theil(values, [1] * 4, zones)
        own = pick(found.inequality, year=year, measure="theil_t", node="doctors")
        assert cell(own, by="", part="total") == pytest.approx(whole, rel=1e-12)
        assert cell(own, by="zone", part="between", group="") == pytest.approx(between, rel=1e-12)
    parts = pick(found.change, measure="theil_t", by="zone").set_index("part")["change"]
    assert parts.sum() == pytest.approx(
        theil(x[1], [1] * 4, "NSSS")[0] - theil(x[0], [1] * 4, "NNSS")[0], abs=1e-12
    )
    assert abs(parts["population"]) > 1e-4


def test_a_group_without_a_value_is_named_with_its_reason():
    regions = people(list("ABCD"), zone=list("NNSS"))
    built = framework(["doctors", "beds"], regions, groups=["zone"])
    data = small.table(doctors=[1.0, 2.0, np.nan, np.nan], beds=THREE["beds"])

    found = evenness.analyse(built, data, draws=20)

    inside = pick(found.inequality, node="doctors", measure="theil_t", by="zone", group="S", part="total")
    assert np.isnan(cell(inside))
    assert cell(inside, "reason") == "no value in the data"
    assert cell(inside, "n") == 0
    assert "no value" in cell(found.gaps, "reason", node="doctors")


def test_one_region_alone_is_refused_by_name():
    built = small.framework(["doctors"], methods=None, equalization={"measures": ["gini"]})

    with pytest.raises(DataError, match=r"two regions or more.*\(A\)"):
        evenness.analyse(built, small.table([2019, 2020], region=["A", "A"], doctors=[2.0, 3.0]), draws=20)


def test_one_value_alone_is_equal_and_has_no_interval():
    built = framework(["doctors"], methods=None)

    found = evenness.analyse(built, small.table([2019, 2020], doctors=[2.0, 3.0]), draws=20)

    reasons(found)
    table = pick(found.inequality, node="doctors", year=2020, by="")
    assert pick(table, part="total")["value"].tolist() == [0, 0]
    assert pick(table, part="degree")["value"].tolist() == [100, 100]
    assert pick(table, part="low")["value"].isna().all()


def test_a_group_asked_for_twice_counts_once(made):
    built, data, found = made

    twice = evenness.analyse(built, data, by=["zone", "zone"], draws=99)

    assert twice.by == found.by == ("zone", "city")
    pd.testing.assert_frame_equal(twice.inequality, found.inequality)


def test_by_adds_a_group_to_a_framework_that_says_nothing_of_evenness():
    regions = people(list("ABCD"), zone=list("NNSS"))
    built = small.framework(["doctors"], regions=regions)

    found = evenness.analyse(built, small.table(doctors=THREE["doctors"]), by=["zone"], draws=0)

    assert set(found.inequality["measure"]) == {"gini", "theil_t", "cv"}
    _, between = theil(THREE["doctors"], [1] * 4, "NNSS")
    row = pick(found.inequality, node="doctors", measure="theil_t", by="zone", part="between", basis="values")
    assert cell(row) == pytest.approx(between, rel=1e-12)


# bad input ---------------------------------------------------------------------------------------------------


def test_a_missing_population_is_named_with_region_and_year():
    regions = people(list("ABC"), [1, 2, None])
    built = framework(["doctors"], regions)

    with pytest.raises(DataError, match="population") as error:
        evenness.analyse(built, small.table(doctors=[1.0, 2.0, 3.0]), draws=0)

    assert "C" in str(error.value)
    assert "2020" in str(error.value)


def test_a_population_of_zero_leaves_the_region_out_of_weighted_measures_only():
    regions = people(list("ABC"), [1, 2, 0])

    found = evenness.analyse(framework(["doctors"], regions), small.table(doctors=[1.0, 2.0, 9.0]), draws=0)

    table = pick(found.inequality, node="doctors", measure="theil_t", part="total", by="")
    assert cell(table, weighted=True) == pytest.approx(theil([1, 2], [1, 2], "ab")[0], rel=1e-12)
    assert cell(table, weighted=False) == pytest.approx(theil([1, 2, 9], [1, 1, 1], "abc")[0], rel=1e-12)
    assert (cell(table, "n", weighted=True), cell(table, "n", weighted=False)) == (2, 3)


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"by": ["zon"]}, DataError, "no column 'zon'. Did you mean 'zone'"),
        ({"measures": ["ginni"]}, FrameworkError, "'ginni'. Did you mean 'gini'"),
        ({"measures": ["ge(b=2)"]}, FrameworkError, "no option 'b'"),
        ({"measures": ["ge(a=two)"]}, MethodError, "option = number"),
        ({"measures": ["ge(2)"]}, MethodError, "option = number"),
        ({"measures": ["ge[2]"]}, MethodError, "is no measure"),
        ({"measures": ["dagum"]}, FrameworkError, "dagum"),
        ({"neighbours": pd.DataFrame([("A", "Bb")])}, DataError, "no region 'Bb'"),
        ({"neighbours": pd.DataFrame(["A"])}, DataError, "two columns"),
    ],
)
def test_what_is_not_known_is_refused_with_the_nearest_name(options, error, told):
    regions = people(list("ABCD"), zone=list("NNSS"))
    built = framework(["doctors"], regions)

    with pytest.raises(error) as caught:
        evenness.analyse(built, small.table(doctors=THREE["doctors"]), draws=0, **options)

    assert told in str(caught.value)


# the command -------------------------------------------------------------------------------------------------

ARGUMENTS = ("equalize", CHINA / "framework.toml", CHINA / "observations.csv", "--bootstrap", 50)


def test_the_command_writes_every_table_and_rerun_the_same_bytes(tmp_path, neighbours):
    neighbours.to_csv(tmp_path / "near.csv", index=False, header=["region", "neighbour"])
    first, second = tmp_path / "first", tmp_path / "second"

    run(*ARGUMENTS, "-m", "palma", "--neighbours", tmp_path / "near.csv", "--seed", 7, "-o", first)
    run("rerun", first / "provenance.json", "-o", second)

    written = {path.name: path.read_bytes() for path in first.iterdir()}
    assert {"inequality.csv", "gaps.csv", "space.csv", "provenance.json"} <= set(written)
    assert written == {path.name: path.read_bytes() for path in second.iterdir()}
    with (first / "inequality.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["node"] == "doctors" and row["part"] == "total"]
    [gini] = [row for row in rows if (row["measure"], row["weighted"], row["by"]) == ("gini", "False", "")]
    assert float(gini["value"]) == pytest.approx(0.1851113113868656, rel=1e-12)


def test_rerun_refuses_neighbours_that_changed(tmp_path):
    near = tmp_path / "near.csv"
    near.write_text("region,neighbour\n北京,天津\n天津,河北\n", encoding="utf-8")
    run(*ARGUMENTS, "--neighbours", near, "-o", tmp_path / "first")
    near.write_text("region,neighbour\n北京,天津\n", encoding="utf-8")

    _, err = run("rerun", tmp_path / "first" / "provenance.json", code=1)

    assert "near.csv changed since that run" in err


def test_the_answer_is_printed_first_then_one_table():
    out, _ = run(*ARGUMENTS)

    assert (
        out.index("How even") < out.index("Least even") < out.index("Driven by") < out.index("By indicator")
    )
    assert "50 bootstrap resamples" in out


def test_json_is_valid_and_holds_every_table():
    out, _ = run(*ARGUMENTS, "--json")

    found = json.loads(out, parse_constant=lambda text: pytest.fail(f"{text} is no JSON"))
    assert {"answer", "inequality", "gaps", "provenance"} <= set(found)
    assert found["answer"][0].startswith("How even")


@pytest.mark.parametrize("name", ["all.xlsx", "only.csv"])
def test_the_command_writes_one_file(tmp_path, name):
    path = tmp_path / name

    run(*ARGUMENTS, "-o", path)

    if path.suffix == ".xlsx":
        sheets = pd.read_excel(path, sheet_name=None, engine="calamine")
        assert {"inequality", "gaps"} <= set(sheets)
        found = sheets["inequality"]
    else:
        found = pd.read_csv(path)
    row = pick(found, node="doctors", measure="theil_t", by="zone", part="between", weighted=True)
    assert cell(row) == pytest.approx(0.008907314501096697, rel=1e-9)


def test_years_are_ranges_or_lists():
    data = CHINA / "framework.toml", CHINA / "panel.csv"

    listed, _ = run("equalize", *data, "--years", "1990,2000", "--bootstrap", 0)
    single, _ = run("equalize", *data, "--years", "1990", "--years", "2000", "--bootstrap", 0)
    _, refused = run("equalize", *data, "--years", "19x0", code=2)
    _, absent = run("equalize", *data, "--years", "1990-2000", "--bootstrap", 0, code=1)

    assert listed == single
    assert "is no year" in refused
    assert "no data for 1991" in absent


HOSTILE = ["=1+1", "<script>alert(1)</script>"]


def test_hostile_group_names_stay_text(tmp_path):
    (tmp_path / "f.toml").write_text(
        'id = "h"\nregions = "r.csv"\n[equalization]\ngroups = ["zone"]\n[[indicator]]\nid = "x"\n',
        encoding="utf-8",
    )
    (tmp_path / "r.csv").write_text(
        f"region,zone\nA,{HOSTILE[0]}\nB,{HOSTILE[0]}\nC,{HOSTILE[1]}\n", encoding="utf-8"
    )
    (tmp_path / "d.csv").write_text("region,year,x\nA,2020,1\nB,2020,2\nC,2020,3\n", encoding="utf-8")
    arguments = ("equalize", tmp_path / "f.toml", tmp_path / "d.csv", "--bootstrap", 9)

    out, _ = run(*arguments)
    run(*arguments, "-o", tmp_path / "out")
    run(*arguments, "-o", tmp_path / "x.xlsx")

    assert "=1+1" in out
    text = (tmp_path / "out" / "gaps.csv").read_text(encoding="utf-8-sig")
    assert not re.search(r'(^|[,\n])"?=1', text)
    with zipfile.ZipFile(tmp_path / "x.xlsx") as book:
        sheets = [book.read(name).decode() for name in book.namelist() if "worksheets/sheet" in name]
    assert sheets
    assert not [sheet for sheet in sheets if "<f>" in sheet or "<f " in sheet]


# words -------------------------------------------------------------------------------------------------------


def numbers(sentence):
    return [float(text.replace("−", "-")) for text in re.findall(r"(?<![\w.])[+-]?\d+(?:\.\d+)?", sentence)]


def starting(found, words):
    [sentence] = [text for text in found.answer() if text.startswith(words)]
    return sentence


def test_the_words_say_how_even_and_name_the_ends(china):
    table = pick(china.inequality, by="", basis="values", measure="gini")
    told = []
    for weighted in (False, True):
        rows = pick(table, node="index", weighted=weighted).set_index("part")["value"]
        told += [rows["degree"], 95, rows["degree_low"], rows["degree_high"]]

    said = numbers(starting(china, "How even"))

    assert said[:2] == [1999, 100]
    assert said[2:] == pytest.approx(told, abs=0.0501)
    leaves = pick(table, level="indicator", weighted=False, part="total").set_index("node")["value"]
    least = starting(china, "Least even")
    assert numbers(least) == pytest.approx([leaves.max(), leaves.min()], abs=0.000501)
    assert least.index("文化馆") < least.index("预期寿命")
    assert (leaves.idxmax(), leaves.idxmin()) == ("cultural_centres", "life_expectancy")


def test_the_words_say_who_is_behind_and_what_lies_between_groups(china):
    table = pick(china.scores.equalization, node="index").sort_values("equalization")

    said = starting(china, "Furthest behind")

    for row in table.head(5).itertuples():
        assert f"{row.region_name} {row.equalization:.1f}" in said
    assert len(re.findall(r"\d\.\d", said)) == 5
    theil = pick(china.inequality, measure="theil_t", weighted=True, group="", level="indicator")
    share = pick(theil, by="zone", part="between").set_index("node")["value"]
    share /= pick(theil, by="", part="total").set_index("node")["value"]
    assert f"{share.min():.0%} (每百万人口博物馆数)" in starting(china, "By zone")
    assert f"{share.max():.0%} (平均预期寿命)" in starting(china, "By zone")
    assert (share.idxmin(), share.idxmax()) == ("museums", "life_expectancy")


def test_the_words_say_what_drives_the_index(china):
    parts = pick(china.inequality, basis="scores", part="contribution", by="pillar").set_index("group")[
        "value"
    ]

    said = starting(china, "Driven by")

    assert f"Gini {parts.sum():.3f}" in said
    for pillar, name in (("health", "医疗卫生"), ("culture", "公共文化"), ("outcome", "健康结果")):
        assert f"{name} {parts[pillar] / parts.sum():.0%}" in said


def test_the_words_say_what_changed(panel):
    row = pick(panel.change, node="index", measure="gini", weighted=False, part="degree")

    said = starting(panel, "Closing or widening")

    for column, form in (
        ("before", ".1f"),
        ("after", ".1f"),
        ("change", "+.2f"),
        ("low", "+.2f"),
        ("high", "+.2f"),
    ):
        assert format(cell(row, column), form) in said, column
    assert cell(row, "verdict") in said
    counts = panel.narrowing["verdict"].value_counts()
    gaps = starting(panel, "Gaps by zone")
    for verdict in counts.index[counts.index != ""]:
        assert f"{counts[verdict]} {verdict}" in gaps


def test_the_words_say_the_gap_of_two_groups():
    found = evenness.analyse(*rugao(), years=[2015], draws=0)

    assert "Widest gap, 城镇 to 农村: 低保标准, ratio 1.381." in found.answer()


def test_the_words_name_regions_below_the_standard(made):
    _, _, found = made
    rows = pick(found.below, year=2021, node="doctors")

    said = starting(found, "Below the standard for doctors")

    assert f"{len(rows)} region" in said
    assert ", ".join(rows["region_name"]) in said


# the page ----------------------------------------------------------------------------------------------------


def test_the_page_has_every_measure_and_table_column(made, china):
    page = (REPOSITORY / "docs" / "equalization.md").read_text(encoding="utf-8")
    listed = {
        name: [part.strip() for part in rest.split("|")]
        for name, rest in re.findall(r"^\| `(\w+)` \|(.+)\|$", page, re.M)
        if name in equalization.measures
    }

    assert set(listed) == {method.name for method in equalization.measures}
    for method in equalization.measures:
        has = listed[method.name][-1] != "none"
        assert has == bool(method.traits["degree"]), method.name
    text = (REPOSITORY / "docs" / "numbers.md").read_text(encoding="utf-8")
    tables = made[2].tables() | {"space": china.space}
    assert len(tables) == 7
    for name, table in tables.items():
        section = re.search(rf"^### `{name}` table$(.*?)^### ", text, re.M | re.S)
        assert section, name
        assert set(table.columns) <= set(re.findall(r"`(\w+)`", section[1])), name
    [section] = re.findall(r"^### `inequality` table$(.*?)^### ", text, re.M | re.S)
    assert set(made[2].inequality["part"]) <= set(re.findall(r"`(\w+)`", section))


def test_the_page_reads_life_expectancy_as_it_is(panel):
    page = " ".join((REPOSITORY / "docs" / "equalization.md").read_text(encoding="utf-8").split())
    table = pick(panel.convergence, node="life_expectancy")
    beta = pick(table, method="beta").set_index("part")["value"]
    spread = pick(table, part="sd_log").set_index("from")["value"]

    assert f"from {spread[1990]:.4f} to {spread[2000]:.4f} (sigma)" in page
    assert f"slope {beta['slope']:.4f} with a standard error of {beta['error']:.4f}".replace("-", "−") in page
    assert f"a speed of {beta['speed']:.1%}".replace("%", " %") in page
    assert f"a half-life of {beta['half_life']:.0f} years" in page


@pytest.mark.parametrize("n", [2, 3, 31])
def test_the_bounds_the_page_gives_hold_for_one_region_that_has_all(n):
    page = (REPOSITORY / "docs" / "equalization.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \| \$0\$ to \$([^$]+)\$", page, re.M)
    formulas = {
        r"1 - 1/n": 1 - 1 / n,
        r"\ln n": math.log(n),
        r"(n - 1)/2": (n - 1) / 2,
        r"1 - n^{-1}": 1 - 1 / n,
        r"\sqrt{n - 1}": math.sqrt(n - 1),
    }
    x = np.zeros(n)
    x[0] = 5.0

    for name, formula in rows:
        value = equalization.measures.get(name).function(
            x, population=np.ones(n) if name == "williamson" else None
        )
        assert float(value) == pytest.approx(formulas[formula], rel=1e-9), name
    assert {"gini", "theil_t", "ge", "atkinson", "cv", "hoover"} <= {name for name, _ in rows}
