"""Published indices, scored by a framework file alone: what a user gets who has the publisher's data."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import twin
from equindex.cli import app
from equindex.framework import Framework

PUBLISHED = twin.ROOT / "data" / "published"
FILES = sorted(PUBLISHED.glob("**/*.toml"))
HALF = 0.0005 + 1e-9  # of the third decimal, where an index is printed to three


def score(name, path):
    file = PUBLISHED / name
    return Framework.from_toml(file if file.suffix else file / "framework.toml").score(path)


def plain(found):
    """Return a series or frame without the year, which is one."""
    return found.droplevel("year")


def by_year(path, region, year):
    frame = pd.read_parquet(path)
    return frame.assign(region=frame[region].astype(str), year=frame[year]).set_index(["region", "year"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-2:]))
def test_files_are_frameworks_with_their_source_beside_them(path):
    built = Framework.from_toml(path)

    assert built.model.id.startswith(path.parent.name)
    assert built.model.source
    assert (path.parent / "SOURCE.md").exists()


def test_the_page_names_every_framework():
    text = (twin.ROOT / "docs" / "published.md").read_text(encoding="utf-8")

    assert [path.name for path in FILES if f"`{path.relative_to(PUBLISHED).as_posix()}`" not in text] == []


def test_sdg_index_2019_has_every_cell_goal_index_and_rank(reference):
    printed = pd.read_csv(reference("sdg_index_2019/published.csv")).set_index("id")
    printed = printed[printed["score"].notna()]
    cells = pd.read_csv(reference("sdg_index_2019/normalised.csv")).set_index("id").loc[printed.index]

    found = score("sdg-2019", reference("sdg_index_2019/raw.csv"))

    normalised, goals = (plain(part).loc[printed.index] for part in (found.normalised, found.pillars))
    assert (len(found.index), normalised.notna().sum().sum()) == (162, 12_788)
    np.testing.assert_allclose(normalised, cells[normalised.columns], rtol=0, atol=1e-13)
    frame = found.to_frame().astype({"region": str, "node": str})
    filled = frame[frame["level"] == "pillar"].pivot(index="region", columns="node", values="imputed")
    measured = filled.loc[printed.index, goals.columns] == 0
    assert measured.sum().sum() == 2_693
    assert (~measured).any(axis=1).sum() == 52
    np.testing.assert_allclose(goals.where(measured), printed[goals.columns], rtol=0, atol=1e-13)
    np.testing.assert_allclose(plain(found.index)[printed.index], printed["score"], rtol=0, atol=1e-13)
    assert (plain(found.ranks["index"])[printed.index] == printed["rank"]).all()


def test_us_cities_sdg_index_2018_has_every_goal_score_and_rank(reference):
    printed = pd.read_csv(reference("us_cities_sdg2018/published.csv"), dtype={"fips": str}).set_index("fips")

    found = score("us-cities-sdg-2018", reference("us_cities_sdg2018/normalised.csv"))

    goals = plain(found.pillars).loc[printed.index]
    assert goals.shape == (100, 15)
    np.testing.assert_allclose(goals, printed[goals.columns], rtol=0, atol=1e-13)
    np.testing.assert_allclose(plain(found.index)[printed.index], printed["score"], rtol=0, atol=1e-13)
    assert (plain(found.ranks["index"])[printed.index] == printed["rank"]).all()


def test_a_published_index_is_scored_at_the_command_line(reference, tmp_path):
    path = reference("us_cities_sdg2018/normalised.csv")
    printed = pd.read_csv(reference("us_cities_sdg2018/published.csv"), dtype={"fips": str}).set_index("fips")
    words = ["score", str(PUBLISHED / "us-cities-sdg-2018" / "framework.toml"), str(path)]

    done = CliRunner().invoke(app, [*words, "-o", str(tmp_path / "scores.csv")])

    assert done.exit_code == 0, done.output
    scores = pd.read_csv(tmp_path / "scores.csv", dtype={"region": str})
    rank = scores[scores["node"] == "index"].set_index("region")["rank"]
    assert rank[printed.index].tolist() == printed["rank"].tolist()


DIMENSIONS = {
    "education": "Education",
    "income": "Income",
    "environment": "Environment",
    "civic_engagement": "Civic_engagement",
    "accessibility": "Accessiblity_to_services",
    "community": "Community",
    "life_satisfaction": "Life_satisfaction",
    "jobs": "Jobs",
    "health": "Health",
}


def test_oecd_regional_well_being_2016_has_nine_dimensions(reference):
    path = reference("oecd_rwb2016/rwb2016_regions.csv")
    printed = pd.read_csv(path, na_values="..").set_index("Code")

    found = plain(score("oecd-rwb-2016", path).pillars)

    off = np.abs(found[list(DIMENSIONS)] - printed.loc[found.index, list(DIMENSIONS.values())].to_numpy())
    assert found.shape == (395, 9)
    assert off.notna().sum().sum() == 3_544
    # Scores are printed to 0.1, and so are the indicators.
    assert off.max().max() < 0.052


def test_oecd_goalposts_are_the_outer_percentiles_of_the_regions(reference):
    frame = pd.read_csv(reference("oecd_rwb2016/rwb2016_regions.csv"), na_values="..")
    frame = frame[frame["region_type"] == "country_part"]

    for row in twin.rows(PUBLISHED / "oecd-rwb-2016" / "indicators.csv"):
        posts = [float(part) for part in row["goalposts"].split(";")]
        assert posts == pytest.approx(np.nanpercentile(frame[row["id"]], [4, 96]), rel=1e-11), row["id"]


def test_idhm_has_the_sub_indices_and_the_index_within_their_rounding(reference):
    path = reference("brazil_idhm/idhm_municipios_1991_2000_2010.parquet")
    found = score("idhm", path)
    printed = by_year(path, "codmun7", "ano").loc[found.index.index]

    for name, column in {"longevity": "idhm_l", "education": "idhm_e", "income": "idhm_r"}.items():
        assert np.abs(found.pillars[name] - printed[column]).max() <= HALF, name
    assert len(found.index) == 16_695
    assert np.abs(found.index.round(3) - printed["idhm"]).max() < 0.002 + 1e-9


def test_idhm_of_printed_sub_indices_has_every_index(reference):
    path = reference("brazil_idhm/idhm_municipios_1991_2000_2010.parquet")

    found = score("idhm/sub-indices.toml", path).index

    printed = by_year(path, "codmun7", "ano")["idhm"][found.index]
    assert len(found) == 16_695
    assert np.abs(found - printed).max() <= HALF


def test_idhm_of_states_by_another_region_column(reference):
    path = reference("brazil_idhm/idhm_states.csv")
    frame = pd.read_csv(path).astype({"uf": int, "ano": int})
    file = PUBLISHED / "idhm" / "framework.toml"

    found = Framework.from_toml(file, settings=['table.region="uf"']).score(frame).index

    printed = frame.assign(region=frame["uf"].astype(str), year=frame["ano"]).set_index(["region", "year"])
    assert len(found) == 81
    assert np.abs(found.round(3) - printed["idhm"][found.index]).max() < 0.001 + 1e-9


@pytest.mark.parametrize(
    ("file", "data", "region", "rows", "equal"),
    [
        ("framework.toml", "shdi_national", "iso_code", 5_062, 5_062),
        ("regions.toml", "shdi_regions_1990_2019", "subnat", 49_606, 49_394),
    ],
)
def test_subnational_hdi_has_every_country_and_nearly_every_region(
    file, data, region, rows, equal, reference
):
    path = reference(f"subnational_hdi/{data}.parquet")

    found = score(f"subnational-hdi/{file}", path).index

    off = np.abs(found - by_year(path, region, "year")["shdi"][found.index])
    assert len(off) == rows
    assert (off <= HALF).sum() == equal
    assert off.max() < 0.00052  # components are printed rounded


def test_english_imd_2019_has_the_ranks_within_one_place(reference):
    path = reference("english_imd/imd2019_lsoa11_ranks.parquet")
    printed = pd.read_parquet(path).set_index("lsoa11_code")["IMD_rank"]

    found = score("english-imd-2019", path)

    rank, scores = plain(found.ranks["index"])[printed.index], plain(found.index)[printed.index]
    off = np.abs(rank - printed)
    assert len(off) == 32_844
    assert (off == 0).sum() == 32_814
    assert off.max() == 1
    # Printed ranks do not tell apart, or confuse, scores that are the same to five decimals.
    near = scores.sort_values()
    gap = np.fmin(near.diff().abs(), near.diff(-1).abs())
    assert gap[off[off > 0].index].max() < 4e-6


def test_english_imd_2025_has_every_score_and_rank(reference):
    path = reference("english_imd/iod2025_lsoa21.parquet")
    printed = pd.read_parquet(path).set_index("lsoa21_code")

    found = score("english-imd-2025", path)

    # The published weights sum to 99.9, and the publisher divides by 100.
    scores = 0.999 * plain(found.index)[printed.index]
    assert len(scores) == 33_755
    assert np.abs(scores - printed["IMD_score"]).max() <= HALF
    assert (plain(found.ranks["index"])[printed.index] == printed["IMD_rank"]).all()
