"""Whole published indices, scored from their published inputs.

Those that a framework file alone gives, the English indices of deprivation among them, are in
`test_published_frameworks.py`; what does not come out, and why, is in `docs/published.md`. Not tried: the gender
indices of UNDP (a harmonic mean of women and men inside a geometric one), ASEM (no published scores in the fixture).
"""

import csv
import json
import math
import shutil

import numpy as np
import pandas as pd
import pytest

import twin
from equindex.errors import DomainError
from equindex.framework import Framework
from equindex.notation import read as read_cell
from small import framework, node

POSTS = {"name": "goalposts", "lower": 0, "upper": 100}
ANY = {"rule": "reweight", "min_coverage": 0}


def wide(frame, region, year):
    return frame.rename(columns={region: "region"}).assign(year=year)


# --- China 1999 --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def china():
    return Framework.from_toml(twin.CHINA / "framework.toml").score(twin.CHINA / "observations.csv")


def test_china_scores_equal_the_slow_twin_at_every_node(china):
    frame = china.to_frame()
    expected = twin.china_scores()

    found = {(n, r): s for n, r, s in zip(frame["node"], frame["region"], frame["score"], strict=True)}
    for name, column in expected.items():
        for region, score in column.items():
            assert found.pop((name, region)) == pytest.approx(score, rel=1e-12), (name, region)
    assert all(math.isnan(score) for score in found.values())
    assert list(found) == [("beds", "650000")]


def test_china_ranks_put_beijing_first_and_guizhou_last(china):
    rank = china.ranks.xs(1999, level="year")["index"]

    assert rank[["110000", "310000", "120000", "520000"]].tolist() == [1, 2, 3, 31]
    assert rank.to_dict() == twin.ranks(twin.china_scores()["index"])


def test_china_prints_the_source_year_beside_every_value(china):
    frame = china.to_frame()

    years = frame.dropna(subset=["source_year"]).groupby("node", observed=True)["source_year"].unique()
    assert {name: list(found) for name, found in years.items()} == {
        **{name: [1999] for name in ("doctors", "nurses", "medical_personnel")},
        **{name: [1998] for name in ("beds", *twin.china_tree()["culture"])},
        "life_expectancy": [2000],
    }


def ask(frame, name, measure, *, weighted, part="total", by="", group=""):
    rows = frame[(frame["node"] == name) & (frame["measure"] == measure) & (frame["basis"] == "values")]
    rows = rows[(rows["weighted"] == weighted) & (rows["part"] == part) & (rows["by"] == by)]
    [value] = rows.loc[rows["group"] == group, "value"]
    return value


def test_china_inequality_equals_the_values_worked_apart(china, reference):
    worked = json.loads(reference("china/cn_worked_values.json").read_text(encoding="utf-8"))
    doctors, libraries = worked["doctors_per_1000_1999"], worked["libraries_1998"]
    zones = {"East": "东部", "Central": "中部", "West": "西部", "Northeast": "东北"}
    d = china.inequality
    split = {"weighted": True, "by": "zone"}

    found = {
        "gini_unweighted": ask(d, "doctors", "gini", weighted=False),
        "cv_population_sd": ask(d, "doctors", "cv", weighted=False),
        "williamson_cv_popweighted": ask(d, "doctors", "cv", weighted=True),
        "theil_T_popweighted": ask(d, "doctors", "theil_t", weighted=True),
        "theil_L_popweighted": ask(d, "doctors", "theil_l", weighted=True),
        "theil_between": ask(d, "doctors", "theil_t", part="between", **split),
        "theil_within": ask(d, "doctors", "theil_t", part="within", **split),
        "max_min_ratio": ask(d, "doctors", "max_min", weighted=False),
    }
    assert found == pytest.approx({key: doctors[key] for key in found}, abs=1e-12)
    assert found["gini_unweighted"] == pytest.approx(0.1851113114, abs=1e-9)
    assert found["theil_T_popweighted"] == pytest.approx(0.0391459932, abs=1e-9)
    assert found["theil_between"] == pytest.approx(0.0089073145, abs=1e-9)
    for zone, inside in doctors["theil_within_by_region"].items():
        here = split | {"group": zones[zone]}
        assert ask(d, "doctors", "theil_t", part="total", **here) == pytest.approx(inside["T"], abs=1e-12)
        assert ask(d, "doctors", "theil_t", part="share", **here) == pytest.approx(inside["share"], abs=1e-12)
    # The population of 1998 belongs to the libraries of 1998.
    assert ask(d, "libraries", "theil_t", weighted=True) == pytest.approx(libraries["theil_T"], abs=1e-12)
    assert ask(d, "libraries", "cv", weighted=True) == pytest.approx(libraries["williamson"], abs=1e-12)


def test_china_values_are_rates_computed_from_counts(china, reference):
    worked = json.loads(reference("china/cn_worked_values.json").read_text(encoding="utf-8"))
    names = {row["region"]: row["name_en"] for row in twin.rows(twin.CHINA / "regions.csv")}
    frame = china.to_frame()

    for name, values in (
        ("doctors", worked["doctors_per_1000_1999"]["values"]),
        ("libraries", worked["libraries_1998"]["per_million"]),
    ):
        rows = frame[frame["node"] == name]
        found = dict(zip(rows["region"].map(names), rows["value"], strict=True))
        assert found == pytest.approx(values, abs=5e-7)


def test_china_degrees_equal_the_slow_twin(china):
    d = china.inequality

    for name, degree in twin.china_degrees().items():
        found = ask(d, name, "gini", weighted=False, part="degree")
        assert found == pytest.approx(degree, rel=1e-12), name


# --- Rugao 2020 --------------------------------------------------------------------------------------------


def rugao(**changes):
    built = Framework.from_toml(twin.RUGAO / "framework.toml")
    return (built.replace(**changes) if changes else built).score(twin.RUGAO / "observations.csv")


@pytest.mark.parametrize("min_coverage", [0.0, 0.66])
@pytest.mark.parametrize("rule", ["ratio", "met"])
def test_rugao_attainment_equals_the_slow_twin(rule, min_coverage):
    a = rugao(
        attainment={"rule": rule}, missing={"rule": "reweight", "min_coverage": min_coverage}
    ).attainment

    expected = twin.rugao_leaves(rule) | twin.rugao_attainment(rule, min_coverage)
    found = dict(zip(a["node"], a["attainment"], strict=True))
    assert {name: score for name, score in found.items() if not math.isnan(score)} == pytest.approx(
        {name: score for name, score in expected.items() if score is not None}, rel=1e-12
    )
    assert a["node"].iloc[0] == "index"


def test_rugao_attainment_is_the_figure_worked_by_hand():
    covered = rugao().attainment
    anyhow = rugao(missing=ANY).attainment

    assert node(covered, "index", "attainment") == [pytest.approx(88.69, abs=0.005)]
    assert node(anyhow, "index", "attainment") == [pytest.approx(90.55, abs=0.005)]
    assert anyhow.loc[anyhow["level"] == "pillar", "attainment"].tolist() == pytest.approx(
        [89.7, 89.1, 100, 89.6, 89.2, 49.4, 100, 90, 99.4, 100, 90.7, 99.7], abs=0.05
    )


def test_rugao_binding_list_names_pass_fail_unknown_and_unscored():
    listed = rugao().binding

    assert dict(zip(listed["node"], listed["verdict"], strict=True)) == twin.rugao_binding()


def test_rugao_cumulative_targets_have_not_started_and_say_so():
    a = rugao().attainment
    rows = a[a["node"].isin(["skills_training", "accident_reduction", "accident_death_reduction"])]

    assert rows["status"].tolist() == ["not_started"] * 3
    assert all("not started" in reason for reason in rows["reason"])


# --- Published attainment tables ---------------------------------------------------------------------------


def test_changzhou_ratios_of_2010_against_2015(reference):
    rows = twin.rows(reference("china/published_examples/changzhou_2012_targets_actuals.csv"))
    leaves = [{"id": f"i{n}", "name": r["indicator"], "target": r["target_2015"]} for n, r in enumerate(rows)]
    table = pd.DataFrame({r["indicator"]: [r["actual_2010"]] for r in rows}).assign(region="常州", year=2010)

    a = framework(leaves, methods=None).score(table).attainment

    leaf = a[a["level"] == "indicator"]
    assert leaf["attainment"].tolist() == pytest.approx(
        [float(r["ratio_capped_100"]) for r in rows], abs=5e-4
    )
    assert leaf["uncapped"].tolist() == pytest.approx([float(r["ratio_uncapped"]) for r in rows], abs=5e-4)
    assert node(a, "index", "attainment") == pytest.approx(
        [twin.mean(float(r["ratio_capped_100"]) for r in rows)], abs=5e-4
    )


def test_zhejiang_domain_of_2009_and_2010_with_its_weights(reference):
    rows = twin.rows(reference("china/published_examples/zhejiang_urban_rural_2010.csv"))
    totals = twin.rows(reference("china/published_examples/zhejiang_urban_rural_totals.csv"))
    leaves = [
        {"id": f"i{n}", "name": r["indicator"], "weight": float(r["weight"]), "target": r["target"]}
        | {"floor": float(r["floor_inferred"]), "pillar": "economy"}
        for n, r in enumerate(rows)
    ]
    build = framework(
        leaves, methods=None, attainment={"rule": "efficacy60"}, pillar=[{"id": "economy", "weight": 24}]
    )
    columns = {r["indicator"]: [r["actual_2009"], r["actual_2010"]] for r in rows}

    a = build.score(pd.DataFrame({"region": "浙江", "year": [2009, 2010], **columns})).attainment

    for year in (2009, 2010):
        here = a[(a["year"] == year) & (a["level"] == "indicator")]
        printed = [float(r[f"attain_{year}_printed"]) for r in rows]
        assert here["attainment"].tolist() == pytest.approx(printed, abs=0.011)
        [domain] = [float(t["economy"]) for t in totals if t["year"] == str(year)]
        assert node(a, "economy", "attainment", year=year) == pytest.approx([domain], abs=0.006)


def test_ministry_of_education_example_of_uneven_schools(reference):
    rows = twin.rows(reference("china/published_examples/moe_school_cv_example.csv"))[:-1]
    leaf = {"id": "books", "numerator": "books_n", "denominator": "pupils", "population": "pupils"}
    table = pd.DataFrame(
        {
            "region": [r["school"] for r in rows],
            "year": 2012,
            "books_n": [r["books"] for r in rows],
            "pupils": [r["pupils"] for r in rows],
        }
    )

    scores = framework([leaf], methods=None, equalization={"measures": ["cv"], "degree": "cv"}).score(table)

    assert node(scores.equalization, "books", "value") == pytest.approx(
        [float(r["books_per_pupil_printed"]) for r in rows], abs=0.006
    )
    assert ask(scores.inequality, "books", "cv", weighted=True) == pytest.approx(
        0.5152566298844764, rel=1e-12
    )


# --- HDI ---------------------------------------------------------------------------------------------------


def test_hdi_2022_prints_every_index_and_rank(reference):
    path = reference("undp_hdr/hdr2324_2022.csv")
    printed = {row["iso3"]: row for row in twin.rows(path) if row["hdi"] and row["is_aggregate"] == "False"}

    scores = Framework.from_toml(twin.HDI / "framework.toml").score(path)

    index = scores.index.droplevel("year").dropna()
    rank = scores.ranks["index"].droplevel("year").dropna()
    assert len(index) == 193
    assert index.round(3).to_dict() == {iso: float(row["hdi"]) for iso, row in printed.items()}
    assert rank.to_dict() == {iso: int(float(row["hdi_rank"])) for iso, row in printed.items()}
    frame = scores.to_frame()
    unscored = frame[(frame["level"] == "index") & frame["score"].isna()]
    assert unscored["reason"].str.startswith("missing: ").all()


def test_hdi_panel_prints_every_index_of_33_years(reference):
    path = reference("undp_hdr/hdr2324_panel.parquet")
    printed = pd.read_parquet(path).set_index(["iso3", "year"])["hdi"].dropna()
    everyone = ['table.year="year"', "table.keep={}"]  # with the 11 aggregates
    build = Framework.from_toml(twin.HDI / "framework.toml", settings=everyone)

    with pytest.raises(DomainError, match=r"(?s)2 of .*'health' \(RWA, 1994\), 'health' \(SSD, 1998\)"):
        build.score(path)

    # A life expectancy below 20 years is a health index of 0, which no geometric mean takes; no HDI is printed.
    short = [("RWA", 1994), ("SSD", 1998)]
    cells = [{"region": r, "year": y, "indicator": "le", "reason": "below 20 years"} for r, y in short]
    index = build.replace(exclude=cells).score(path).index
    assert len(printed) == 6171
    assert (np.abs(index.reindex(printed.index) - printed) <= 0.0005 + 1e-9).all()
    assert index.notna().sum() == 6171 + 4  # Rwanda 1990-1993 has all components, but no printed index


def test_subnational_hdi_prints_every_national_index(reference):
    frame = pd.read_parquet(reference("subnational_hdi/shdi_national.parquet"))
    posts = {"lifexp": [20, 85], "esch": [0, 18], "msch": [0, 15], "gnic": [100, 75000]}
    pillars = {"lifexp": "health", "esch": "school", "msch": "school", "gnic": "income"}
    leaves = [{"id": name, "goalposts": ends, "pillar": pillars[name]} for name, ends in posts.items()]
    leaves[-1]["transform"] = "log"
    build = framework(
        leaves,
        pillar=[{"id": name} for name in ("health", "school", "income")],
        methods={
            "normalise": POSTS | {"upper": 1},
            "aggregate": {"pillar": "arithmetic", "index": "geometric"},
            "missing": "propagate",
        },
    )

    index = build.score(wide(frame[["iso_code", "year", *posts]], "iso_code", frame["year"])).index

    printed = frame.set_index(["iso_code", "year"])["shdi"]
    found = index.reindex(printed.index)
    assert len(printed) == 5062
    assert (np.abs(found - printed) <= 0.0005 + 1e-9).all()


# --- Others ------------------------------------------------------------------------------------------------


def goals_of(codes):
    return [{"id": goal} for goal in dict.fromkeys(codes)]


def test_us_cities_sdg_index_prints_every_goal_score_and_rank(reference):
    scores = pd.read_csv(reference("us_cities_sdg2018/normalised.csv"), dtype={"fips": str})
    published = pd.read_csv(reference("us_cities_sdg2018/published.csv"), dtype={"fips": str}).set_index(
        "fips"
    )
    codes = [name for name in scores.columns if name.startswith("sdg")]
    pillar = {code: "goal" + code[3:].split("_")[0] for code in codes}
    leaves = [{"id": code, "pillar": pillar[code], "goalposts": [0, 100]} for code in codes]
    build = framework(leaves, pillar=goals_of(pillar.values()), methods={"normalise": POSTS, "missing": ANY})

    found = build.score(wide(scores[["fips", *codes]], "fips", 2018))

    goals = found.pillars.droplevel("year").loc[published.index]
    assert goals.shape == (100, 15)
    np.testing.assert_allclose(goals, published[goals.columns], rtol=1e-12, atol=1e-10)
    np.testing.assert_allclose(found.index.droplevel("year")[published.index], published["score"], rtol=1e-12)
    assert (found.ranks["index"].droplevel("year")[published.index] == published["rank"]).all()


def test_sdg_index_2019_prints_every_cell_goal_and_complete_country(reference):
    raw = pd.read_csv(reference("sdg_index_2019/raw.csv"))
    codebook = [r for r in twin.rows(reference("sdg_index_2019/codebook.csv")) if r["global"] == "yes"]
    normalised = pd.read_csv(reference("sdg_index_2019/normalised.csv")).set_index("id")
    published = pd.read_csv(reference("sdg_index_2019/published.csv")).set_index("id")
    published = published[published["score"].notna()]
    leaves = []
    for row in codebook:
        best, worst = float(row["best"]), float(row["worst"])
        leaves.append(
            {"id": row["code"], "pillar": f"goal{row['goal']}", "goalposts": sorted([best, worst])}
            | {"direction": "positive" if best > worst else "negative"}
        )
    build = framework(
        leaves,
        pillar=goals_of(leaf["pillar"] for leaf in leaves),
        methods={"normalise": POSTS, "missing": ANY},
    )

    ranked = raw[raw["id"].isin(published.index)]
    found = build.score(wide(ranked[["id", *(leaf["id"] for leaf in leaves)]], "id", 2019))

    cells = found.normalised.droplevel("year").loc[published.index]
    np.testing.assert_allclose(cells, normalised.loc[published.index, cells.columns], rtol=1e-12, atol=1e-10)
    assert cells.notna().sum().sum() == 12788
    goals = found.pillars.droplevel("year").loc[published.index]
    np.testing.assert_allclose(goals, published[goals.columns], rtol=1e-12, atol=1e-10)
    whole = goals.notna().all(axis=1)
    assert whole.sum() == 110
    index = found.index.droplevel("year")
    np.testing.assert_allclose(index[whole[whole].index], published.loc[whole, "score"], rtol=1e-12)


def test_brazilian_municipal_hdi_prints_its_sub_indices(reference):
    frame = pd.read_csv(reference("brazil_idhm/idhm_states.csv")).astype({"ano": int, "uf": int})
    leaves = [
        {"id": "espvida", "pillar": "idhm_l", "goalposts": [25, 85]},
        {"id": "i_escolaridade", "pillar": "idhm_e", "goalposts": [0, 1], "weight": 1},
        {"id": "i_freq_prop", "pillar": "idhm_e", "goalposts": [0, 1], "weight": 2},
        {"id": "rdpc", "pillar": "idhm_r", "goalposts": [8, 4033], "transform": "log"},
    ]
    build = framework(
        leaves,
        pillar=[{"id": name} for name in ("idhm_l", "idhm_e", "idhm_r")],
        methods={"normalise": POSTS | {"upper": 1}, "aggregate": "geometric", "missing": "propagate"},
    )

    found = build.score(wide(frame[["uf", "ano", *(leaf["id"] for leaf in leaves)]], "uf", frame["ano"]))

    printed = frame.assign(region=frame["uf"].astype(str), year=frame["ano"]).set_index(["region", "year"])
    for name in ("idhm_l", "idhm_e", "idhm_r"):
        assert (np.abs(found.pillars[name] - printed[name].reindex(found.pillars.index)) < 0.0016).all(), name
    assert (np.abs(found.index - printed["idhm"].reindex(found.index.index)) < 0.0021).all()


def test_oecd_regional_well_being_2016_prints_nine_dimensions(reference):
    frame = pd.read_csv(reference("oecd_rwb2016/rwb2016_regions.csv"), na_values="..")
    frame = frame[frame["region_type"] == "country_part"]
    dimension = {
        "Labour": "Education",
        "income_capita": "Income",
        "PM25": "Environment",
        "Voter": "Civic_engagement",
        "Broadband": "Accessiblity_to_services",
        "Support": "Community",
        "Satisfaction": "Life_satisfaction",
        "Employment": "Jobs",
        "Unemployment": "Jobs",
        "Mortality": "Health",
        "Life_expectancy": "Health",
    }
    worse = ("PM25", "Unemployment", "Mortality")
    leaves = [
        {
            "id": f"x_{name}",
            "pillar": f"d_{pillar}",
            "goalposts": np.nanpercentile(frame[name], [4, 96]).tolist(),
        }
        | {"direction": "negative" if name in worse else "positive", "name": name}
        for name, pillar in dimension.items()
    ]
    build = framework(
        leaves,
        pillar=goals_of(leaf["pillar"] for leaf in leaves),
        methods={"normalise": POSTS | {"upper": 10}, "missing": "propagate"},
    )

    found = build.score(wide(frame[["Code", *dimension]], "Code", 2016)).pillars.droplevel("year")

    printed = frame.set_index("Code").loc[found.index]
    for name in dict.fromkeys(dimension.values()):
        both = found[f"d_{name}"].notna() & printed[name].notna()
        assert both.sum() > 380
        # Scores are printed to 0.1, and indicators to 0.1 too.
        assert np.abs(found[f"d_{name}"] - printed[name])[both].max() < 0.053, name


def test_environmental_performance_index_2020_respreads_weights(reference):
    frame = pd.read_csv(reference("epi2020/epi2020_scores.csv"))
    inside = {
        "AIR": {"PMD": 55, "HAD": 40, "OZD": 5},
        "H2O": {"USD": 40, "UWD": 60},
        "HMT": {"PBD": 1},
        "WMG": {"MSW": 1},
        "BDH": {"TBN": 20, "TBG": 20, "MPA": 20, "PAR": 10, "SHI": 10, "SPI": 10, "BHV": 10},
        "ECS": {"TCL": 90, "GRL": 5, "WTL": 5},
        "FSH": {"FSS": 35, "RMS": 35, "FGT": 30},
        "CCH": {"CDA": 55, "CHA": 15, "FGA": 10, "NDA": 5, "BCA": 5, "LCB": 2.5, "GIB": 5, "GHP": 2.5},
        "APE": {"SDA": 50, "NXA": 50},
        "AGR": {"SNM": 1},
        "WRS": {"WWT": 1},
        "HLT": {"AIR": 20, "H2O": 16, "HMT": 2, "WMG": 2},
        "ECO": {"BDH": 15, "ECS": 6, "FSH": 6, "CCH": 24, "APE": 3, "AGR": 3, "WRS": 3},
        "index": {"HLT": 40, "ECO": 60},
    }
    weights = {child: weight for children in inside.values() for child, weight in children.items()}
    parent = {child: name for name, children in inside.items() for child in children}
    leaves = [
        {"id": name, "pillar": parent[name], "goalposts": [0, 100]} for name in weights if name not in inside
    ]
    pillars = [{"id": name, "parent": parent[name]} for name in inside if name != "index"]
    build = framework(
        leaves, pillar=pillars, methods={"normalise": POSTS, "missing": ANY}, weights={"weights": weights}
    )

    found = build.score(wide(frame[["iso", *(leaf["id"] for leaf in leaves)]], "iso", 2020))

    printed = frame.set_index("iso").loc[found.pillars.droplevel("year").index]
    for name in ("HLT", "ECO"):
        assert np.abs(found.pillars[name].droplevel("year") - printed[name]).max() < 0.1, name
    off = np.abs(found.index.droplevel("year") - printed["EPI"])
    assert off.max() < 0.06
    assert (found.index.droplevel("year").round(1) == printed["EPI"]).sum() == 178


# --- Statistical exports -----------------------------------------------------------------------------------


def export(path):
    """Read an export by hand: indicator as printed, then (province, year) -> number."""
    lines = path.read_text(encoding="gb18030").splitlines()
    header = next(n for n, line in enumerate(lines) if line.startswith("地区,"))
    [title] = [line.split("：")[1] for line in lines[:header] if line.startswith("指标")]
    table = [row for row in csv.reader(lines[header:]) if len(row) > 1]
    years = [int(cell.removesuffix("年")) for cell in table[0][1:]]
    cells = {(row[0], year): cell for row in table[1:] for year, cell in zip(years, row[1:], strict=True)}
    return title, {at: float(cell) for at, cell in cells.items() if cell}


def test_gb18030_exports_are_scored_end_to_end(reference, tmp_path):
    names = ("nbs_export_gdp_2006_2024", "nbs_export_urban_unit_employment_2006_2025")
    paths = [reference(f"china/renjiyi163/{name}.gb18030.csv") for name in names]
    titles, cells = zip(*(export(path) for path in paths), strict=True)
    for path in paths:
        shutil.copy(path, tmp_path)
    leaves = [{"id": f"x{n}", "name": title} for n, title in enumerate(titles)]
    regions = {
        row["region"]: {"region": row["region"], "name": row["name"]}
        for row in twin.rows(twin.CHINA / "regions.csv")
    }
    build = framework(
        leaves, regions=regions.values(), methods={"normalise": "minmax", "missing": "propagate"}
    )

    index = build.score(tmp_path).index

    short = {row["alias"]: row["region"] for row in twin.rows(twin.CHINA / "regions.csv")}
    both = sorted(set(cells[0]) & set(cells[1]))
    ends = [(min(part.values()), max(part.values())) for part in cells]
    expected = {
        (short[province], year): twin.mean(
            100 * (part[province, year] - low) / (high - low)
            for part, (low, high) in zip(cells, ends, strict=True)
        )
        for province, year in both
    }
    assert len(expected) == 31 * 17
    assert index.dropna().to_dict() == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_every_cell_of_the_plan_is_read_as_the_twin_reads_it():
    for row in twin.rugao_rows():
        for text in (row["value"], row["target"]):
            operator, number, _ = twin.cell(text)
            found = read_cell(text, row["unit"])
            assert (number is None) == (not found.numeric)
            assert number is None or found.value == number
            assert number is None or found.operator == {"≥": ">="}.get(operator, operator)


def test_rugao_attainment_is_explained_by_its_indicators():
    found = rugao().explain("如皋市", 2020)

    assert (found.basis, found.rank, found.of) == ("attainment", 1, 1)
    assert found.score == pytest.approx(88.69, abs=0.005)
    assert found.parts["contribution"].sum() == pytest.approx(found.score, rel=1e-12)
    gap = found.parts["effective"] * (100 - found.parts["score"].fillna(100))
    expected = gap / gap.sum()
    assert found.obstacles["node"].iloc[0] == found.parts["node"][expected.idxmax()]
    assert found.parts["obstacle"].tolist() == pytest.approx(expected.tolist())
