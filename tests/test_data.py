"""The bundled data hold what their sources print, and fit together."""

import hashlib
import json
import math
import tomllib
from collections import Counter

import pytest

import twin

FRAMEWORKS = sorted((twin.ROOT / "data").glob("**/*.toml"))
TABLES = sorted((twin.ROOT / "data").glob("**/*.csv"))
WEIGHTS = sorted((twin.ROOT / "weights").glob("*/*.toml"))
CHINA_TABLES = [twin.CHINA / name for name in ("observations.csv", "panel.csv", "raw_hospital_beds.csv")]

PRINTED = {  # variable: (fixture, printed column)
    "doctors_10k": ("cn_health", "doctors_10k"),
    "nurses_10k": ("cn_health", "nurses_10k"),
    "medical_technical_10k": ("cn_health", "medical_technical_10k"),
    "beds_10k": ("cn_health", "beds_10k"),
    "hospital_beds_10k": ("cn_health", "hospital_beds_10k"),
    "public_libraries": ("cn_culture_1998.csv", "public_libraries"),
    "cultural_centres_count": ("cn_culture_1998.csv", "cultural_centres"),
    "museums_count": ("cn_culture_1998.csv", "museums"),
    "performance_places_count": ("cn_culture_1998.csv", "performance_places"),
    "population_10k": ("cn_population_1998_1999.csv", "population_10k"),
    "population_1998_10k": ("cn_population_1998_1999.csv", "population_10k"),
    "life_expectancy": ("cn_life_expectancy_1990_2000.csv", "life_expectancy"),
}
HEALTH = {"1998": "cn_health_1998.csv", "1999": "cn_health_personnel_1999.csv"}
YEARBOOK = {  # fixture: (yearbook, table)
    "cn_health_1998.csv": (1999, "21-16"),
    "cn_health_personnel_1999.csv": (2000, "21-17"),
    "cn_culture_1998.csv": (1999, "20-64"),
    "cn_life_expectancy_1990_2000.csv": (2009, "3-6"),
}


def label(path):
    return "/".join(path.parts[-2:])


def leaves(folder):
    table = folder / "indicators.csv"
    return twin.rows(table) if table.exists() else twin.toml(folder / "framework.toml")["indicator"]


@pytest.mark.parametrize("path", [*FRAMEWORKS, *TABLES, *WEIGHTS], ids=label)
def test_files_are_plain_utf8_with_unix_line_ends(path):
    raw = path.read_bytes()

    assert raw.decode("utf-8")[0] != "\ufeff"
    assert raw.endswith(b"\n")
    assert b"\r" not in raw


@pytest.mark.parametrize("path", FRAMEWORKS, ids=label)
def test_frameworks_name_files_pillars_and_nodes_that_exist(path):
    framework = tomllib.loads(path.read_text(encoding="utf-8"))
    indicators = framework.get("indicator") or twin.rows(path.parent / framework["indicators"])
    pillars = [pillar["id"] for pillar in framework.get("pillar", [])]
    nodes = [*pillars, *(indicator["id"] for indicator in indicators)]

    assert len(set(nodes)) == len(nodes)
    assert {indicator.get("pillar", "index") for indicator in indicators} == set(pillars or ["index"])
    assert all(
        (path.parent / framework[key]).exists() for key in ("regions", "indicators") if key in framework
    )


@pytest.mark.parametrize("path", WEIGHTS, ids=label)
def test_weight_sets_cover_every_node_of_their_framework(path):
    weights = twin.toml(path)
    folder = twin.ROOT / "data" / path.parent.name
    pillars = [pillar["id"] for pillar in twin.toml(folder / "framework.toml")["pillar"]]
    nodes = [indicator["id"] for indicator in leaves(folder)] + pillars * (weights["scope"] == "local")

    assert weights["id"] == path.stem
    assert sorted(weights["weights"]) == sorted(nodes)
    assert min(weights["weights"].values()) > 0
    assert ("示例" in weights["title"] and "未发布" in weights["title"]) == (path.stem == "illustrative")
    assert (set(weights["weights"].values()) == {1}) == (path.stem not in ("illustrative", "B"))


@pytest.mark.parametrize("folder", ["china-services", "rugao-2025"])
def test_every_framework_has_the_three_weight_sets(folder):
    names = [path.stem for path in WEIGHTS if path.parent.name == folder]

    assert names[-3:] == ["equal-by-indicator", "equal-by-pillar", "illustrative"]


def test_b_is_the_entropy_of_the_observations_that_it_names():
    weights = twin.toml(twin.ROOT / "weights" / "china-services" / "B.toml")
    cells = {
        (row["region"], row["indicator"]): row["value"] for row in twin.rows(twin.CHINA / "observations.csv")
    }
    regions = sorted({region for region, _ in cells})
    divergence = {}
    for leaf in leaves(twin.CHINA):
        top, bottom = leaf.get("numerator", leaf["id"]), leaf.get("denominator")
        parts = [(cells.get((r, top), ""), cells.get((r, bottom), "") if bottom else "1") for r in regions]
        values = [float(a) / float(b) for a, b in parts if a and b]
        share = [(value - min(values)) / (max(values) - min(values)) for value in values]
        p = [s / sum(share) for s in share if s > 0]
        divergence[leaf["id"]] = 1 + sum(q * math.log(q) for q in p) / math.log(len(values))
    expected = {leaf: d / sum(divergence.values()) for leaf, d in divergence.items()}

    digest = hashlib.sha256((twin.CHINA / "observations.csv").read_bytes()).hexdigest()

    assert weights["weights"] == pytest.approx(expected, rel=1e-12)
    assert digest in weights["source"]


@pytest.mark.parametrize("path", [*CHINA_TABLES, twin.RUGAO / "observations.csv"], ids=label)
def test_no_cell_is_given_twice(path):
    keys = Counter((row["region"], row["year"], row["indicator"]) for row in twin.rows(path))

    assert max(keys.values()) == 1


@pytest.mark.parametrize("path", CHINA_TABLES, ids=label)
def test_china_cells_equal_the_yearbook_cells_to_the_letter(path, reference):
    names = {row["region"]: row["name_en"] for row in twin.rows(twin.CHINA / "regions.csv")}
    fixtures = {}
    found = twin.rows(path)

    for row in found:
        file, column = PRINTED[row["indicator"]]
        file = HEALTH[row["source_year"]] if file == "cn_health" else file
        if file not in fixtures:
            cells = twin.rows(reference(f"china/{file}"))
            fixtures[file] = {(cell["province_en"], cell["year"]): cell for cell in cells}
        assert row["value"] == fixtures[file][names[row["region"]], row["source_year"]][column], row
        # The population of a year is in the next yearbook, table 4-3.
        book, table = YEARBOOK.get(file, (int(row["source_year"]) + 1, "4-3"))
        assert row["source"] == f"China Statistical Yearbook {book}, table {table}"

    blocks = Counter((row["year"], row["indicator"]) for row in found)
    assert set(blocks.values()) == {31}


def test_scored_year_is_1999_with_the_nearest_source_years():
    rows = twin.rows(twin.CHINA / "observations.csv")
    years = {row["indicator"]: row["source_year"] for row in rows}

    assert {row["year"] for row in rows} == {"1999"}
    assert {v for v, year in years.items() if year == "1999"} == {
        "doctors_10k",
        "nurses_10k",
        "medical_technical_10k",
        "population_10k",
    }
    assert [v for v, year in years.items() if year == "2000"] == ["life_expectancy"]
    assert len([v for v, year in years.items() if year == "1998"]) == 6


def test_panel_keeps_every_variable_in_its_own_year():
    rows = twin.rows(twin.CHINA / "panel.csv")
    years = {}
    for row in rows:
        years.setdefault(row["indicator"], set()).add(row["year"])

    assert all(row["year"] == row["source_year"] for row in rows)
    assert years["life_expectancy"] == {"1990", "2000"}
    assert years["doctors_10k"] == years["population_10k"] == {"1998", "1999"}
    assert years["nurses_10k"] == {"1999"}
    assert years["beds_10k"] == years["museums_count"] == years["population_1998_10k"] == {"1998"}


def test_only_the_cells_that_the_sources_lack_are_empty():
    empty = {
        path.name: sorted((r["region"], r["year"], r["indicator"]) for r in twin.rows(path) if not r["value"])
        for path in CHINA_TABLES
    }

    assert empty == {
        "observations.csv": [("650000", "1999", "beds_10k")],
        "panel.csv": [
            ("500000", "1990", "life_expectancy"),
            ("650000", "1998", "beds_10k"),
            ("650000", "1998", "doctors_10k"),
            ("650000", "1998", "medical_technical_10k"),
        ],
        "raw_hospital_beds.csv": [("650000", "1998", "beds_10k"), ("650000", "1998", "hospital_beds_10k")],
    }


def test_the_impossible_hainan_value_is_kept_and_outside_its_plausible_bounds():
    printed = {
        r["indicator"]: float(r["value"]) for r in twin.rows(CHINA_TABLES[2]) if r["region"] == "460000"
    }
    framework = twin.toml(twin.CHINA / "hospital_beds.toml")
    upper = {indicator["id"]: indicator["upper"] for indicator in framework["indicator"]}

    assert printed == {"hospital_beds_10k": 32.1, "beds_10k": 2.1, "population_10k": 753}
    assert 1000 * printed["hospital_beds_10k"] / printed["population_10k"] > upper["hospital_beds"]
    assert 1000 * printed["beds_10k"] / printed["population_10k"] < upper["beds"]


@pytest.mark.parametrize(
    ("framework", "table"),
    [("framework.toml", "observations.csv"), ("hospital_beds.toml", "raw_hospital_beds.csv")],
)
def test_every_variable_of_the_framework_is_in_its_table(framework, table):
    needed = set()
    for indicator in twin.toml(twin.CHINA / framework)["indicator"]:
        needed |= {indicator.get(key) for key in ("numerator", "denominator", "population")} - {None}
        needed |= set() if "numerator" in indicator else {indicator["id"]}

    assert {row["indicator"] for row in twin.rows(twin.CHINA / table)} == needed


def test_provinces_have_codes_names_zones_and_yearly_population(reference):
    rows = twin.rows(twin.CHINA / "regions.csv")
    expected = {row["code"]: row for row in twin.rows(reference("china/cn_regions.csv"))}
    population = {
        (row["province_en"], row["year"]): 10_000 * int(row["population_10k"])
        for row in twin.rows(reference("china/cn_population_1998_1999.csv"))
    }

    assert [(row["region"], row["year"]) for row in rows] == [
        (c, y) for c in expected for y in ("1998", "1999")
    ]
    for row in rows:
        of = expected[row["region"]]
        assert (row["name"], row["name_en"]) == (of["province_zh"], of["province_en"])
        assert (row["zone"], row["zone_en"]) == (of["region4_zh"], of["region4_en"])
        assert row["alias"].startswith(row["name"])
        assert row["alias"].endswith(("省", "市", "自治区"))
        assert int(row["population"]) == population[row["name_en"], row["year"]]
    assert Counter(row["alias"][-1] for row in rows) == {"省": 2 * 22, "市": 2 * 4, "区": 2 * 5}


def test_rugao_rows_equal_table_1_of_the_plan_to_the_letter(reference):
    plan = twin.rows(reference("plans/rugao_2025.csv"))
    pillars = {p["id"]: p["name"] for p in twin.toml(twin.RUGAO / "framework.toml")["pillar"]}
    observed = {row["indicator"]: row["value"] for row in twin.rows(twin.RUGAO / "observations.csv")}
    rows = leaves(twin.RUGAO)

    assert list(pillars.values()) == list(dict.fromkeys(row["domain"] for row in plan))
    assert len(rows) == len(plan) == len(observed) == 36
    for row, printed in zip(rows, plan, strict=True):
        assert row["source"] == printed["id"]
        assert pillars[row["pillar"]] == printed["domain"]
        assert (row["name"], row["unit"]) == (printed["indicator_zh"], printed["unit"])
        assert row["direction"] == printed["direction_inferred"]
        assert (row["baseline"], row["baseline_year"]) == (printed["baseline_raw"], printed["baseline_year"])
        assert (row["target"], row["target_year"]) == (printed["target_raw"], printed["target_year"])
        assert observed[row["id"]] == printed["baseline_raw"]
        assert {"true": "约束性", "false": "预期性"}[row["binding"]] == printed["attribute"]
        assert bool(row["cumulate"]) == (printed["cumulative"] == "true")
        assert row["note"].split("：")[0] == ("注" + printed["footnote"] if printed["footnote"] else "")


def test_rugao_cumulates_amounts_but_never_rates():
    cumulate = {row["id"]: (row["unit"], row["cumulate"]) for row in leaves(twin.RUGAO) if row["cumulate"]}

    assert cumulate == {
        "skills_training": ("万人次", "sum"),
        "accident_reduction": ("%", "latest"),
        "accident_death_reduction": ("%", "latest"),
    }


def test_rugao_2020_attainment_is_the_figure_worked_by_hand():
    ratio, covered = twin.rugao_attainment("ratio", 0), twin.rugao_attainment("ratio", 0.66)

    expected = [89.7, 89.1, 100, 89.6, 89.2, 49.4, 100, 90, 99.4, 100, 90.7, 99.7]
    assert list(ratio.values())[:-1] == pytest.approx(expected, abs=0.05)
    assert ratio["index"] == pytest.approx(90.55, abs=0.005)
    assert covered["index"] == pytest.approx(88.69, abs=0.005)
    assert [pillar for pillar, score in covered.items() if score is None] == ["employment", "safety"]


def test_rugao_2020_targets_met_are_counted_with_bounds_left_open():
    index = {c: twin.rugao_attainment("met", c)["index"] for c in (0, 0.66)}
    leaf = twin.rugao_leaves("met")

    # By hand: 60, 200/3, 100, 0, 100/3, 0, 100, 50, 200/3, 100, 0, 0.
    # Thinly covered: employment (100), elderly (100/3), safety (0).
    assert index == pytest.approx({0: 1730 / 36, 0.66: 1330 / 27})
    assert Counter(leaf.values()) == {100.0: 14, 0.0: 15, None: 7}
    assert leaf["unemployment_rate"] == 100
    assert leaf["medical_insurance"] is None
    assert leaf["pension_insurance"] is None
    assert Counter(twin.rugao_binding().values()) == {"pass": 5, "fail": 5, "unknown": 1, "unscored": 3}


def test_rates_are_per_thousand_persons_or_per_million():
    tibet = {indicator: column["540000"] for indicator, column in twin.china_values().items()}

    assert tibet == pytest.approx(
        {
            "doctors": 5_000 / 2_560,
            "nurses": 2_000 / 2_560,
            "medical_personnel": 9_000 / 2_560,
            "beds": 7_000 / 2_520,
            "libraries": 1 / 2.52,
            "cultural_centres": 48 / 2.52,
            "museums": 2 / 2.52,
            "performance_places": 18 / 2.52,
            "life_expectancy": 64.37,
        }
    )


def test_china_1999_scores_are_the_figures_worked_by_hand():
    names = {row["region"]: row["name"] for row in twin.rows(twin.CHINA / "regions.csv")}
    scores = {names[region]: score for region, score in twin.china_scores()["index"].items()}
    rank = twin.ranks(scores)

    assert [scores[name] for name in ("北京", "上海", "天津", "贵州")] == pytest.approx(
        [72.566, 66.888, 59.669, 7.870], abs=5e-4
    )
    assert [rank[name] for name in ("北京", "上海", "天津", "贵州")] == [1, 2, 3, 31]
    assert len(set(rank.values())) == 31


def test_china_1999_evenness_is_the_figure_worked_apart(reference):
    worked = json.loads(reference("china/cn_worked_values.json").read_text(encoding="utf-8"))
    ginis, degrees = twin.china_ginis(), twin.china_degrees()

    assert ginis["doctors"] == pytest.approx(worked["doctors_per_1000_1999"]["gini_unweighted"], abs=1e-12)
    assert degrees["index"] == pytest.approx(82.54, abs=5e-3)
    assert max(ginis, key=ginis.get) == "cultural_centres"
    assert min(ginis, key=ginis.get) == "life_expectancy"
    assert [ginis["cultural_centres"], ginis["life_expectancy"]] == pytest.approx([0.341, 0.024], abs=5e-4)


def test_hdi_framework_reproduces_the_printed_index_and_ranks(reference):
    keep = twin.toml(twin.HDI / "framework.toml")["table"]["keep"]
    table = [
        row
        for row in twin.rows(reference("undp_hdr/hdr2324_2022.csv"))
        if all(row[column] == value for column, value in keep.items())
    ]
    scores = {country: round(score, 3) for country, score in twin.hdi_scores(table).items()}

    assert scores == {row["iso3"]: float(row["hdi"]) for row in table if row["hdi"]}
    assert twin.ranks(scores) == {row["iso3"]: float(row["hdi_rank"]) for row in table if row["hdi"]}
    assert len(scores) == 193
