"""Imputation from another table beside the framework: what it fills, how it is checked, how a run finds it again."""

import json
import math
import shutil

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from equindex.cli import app
from equindex.errors import DataError, FrameworkError
from equindex.framework import Fitted, Framework, Source, with_settings
from small import node, table

NAN = math.nan
HEAD = """id = "x"
[methods]
normalise = "minmax"
impute = {{ name = "cold_deck", table = "other.csv"{more} }}
[[indicator]]
id = "a"
name = "床位数"
unit = "张"
[[indicator]]
id = "b"
lower = 0
[[indicator]]
id = "c"
numerator = "n"
denominator = "d"
"""
DATA = table(years=np.repeat([2019, 2021], 3), region=["A", "B", "C"] * 2, a=[1.0, 2, NAN, 4, NAN, NAN],
             b=[1.0, 2, 3, NAN, NAN, 6], n=[1.0, 1, 1, NAN, 1, 1], d=[1.0, 2, 4, 1, 2, 4])  # fmt: skip
OTHER = table(
    years=[2017, 2018, 2021, 2022], region=["B", "C", "A", "B"], a=[20.0, 30, 90, 70], b=[NAN, 5, 8, 9]
)


def placed(folder, other=OTHER, more="", data=DATA, head=HEAD):
    """Write a framework, its other table and data; return the paths of the framework and the data."""
    folder.mkdir(exist_ok=True)
    (folder / "framework.toml").write_text(head.format(more=more), encoding="utf-8")
    if other is not None:
        other.to_csv(folder / "other.csv", index=False)
    data.to_csv(folder / "data.csv", index=False)
    return folder / "framework.toml", folder / "data.csv"


def scored(*files):
    return Framework.from_toml(files[0]).score(files[1])


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


# --- What it fills -----------------------------------------------------------------------------------------


def test_a_cell_takes_the_same_year_or_the_last_before_never_a_later_one(tmp_path):
    frame = scored(*placed(tmp_path)).to_frame()

    assert node(frame, "a", "value", year=2019) == [1, 2, 30]
    assert node(frame, "a", "value", year=2021) == [4, 20, 30]
    assert node(frame, "b", "value", year=2021) == [8, pytest.approx(NAN, nan_ok=True), 6]
    assert node(frame, "a", "imputed", year=2021) == [0, 1, 1]
    assert node(frame, "b", "imputed", year=2021) == [1, 0, 0]
    assert frame[frame["node"] == "a"]["source_year"].fillna(0).tolist() == [0, 0, 2018, 0, 2017, 2018]
    assert node(frame, "b", "reason", "B", 2021) == "no value in the data"


def test_the_share_imputed_stands_beside_the_index(tmp_path):
    frame = scored(*placed(tmp_path)).to_frame()

    assert node(frame, "index", "imputed", year=2019) == [0, 0, pytest.approx(1 / 3)]
    assert node(frame, "index", "imputed", year=2021) == [0.5, 0.5, pytest.approx(1 / 3)]


def test_values_that_are_too_old_are_left(tmp_path):
    frame = scored(*placed(tmp_path, more=", max_age = 3")).to_frame()

    assert node(frame, "a", "value", year=2019) == [1, 2, 30]
    np.testing.assert_array_equal(node(frame, "a", "value", year=2021), [4, NAN, 30])


def test_rates_and_units_of_the_table_are_read_as_those_of_data(tmp_path):
    other = pd.DataFrame(
        {"地区": ["A", "C"], "年份": [2021, 2019], "床位数（万张）": [2, 3], "n": ["3", "—"], "d": [4, 4]}
    )

    frame = scored(*placed(tmp_path, other)).to_frame()

    assert node(frame, "a", "value", "C", 2019) == 30_000
    assert node(frame, "c", "value", "A", 2021) == 0.75


def test_a_whole_column_may_come_from_the_table_as_a_twin_by_hand_shows(tmp_path):
    rng = np.random.default_rng(4)
    regions, years = [f"R{k:02}" for k in range(9)], [2018, 2019, 2021, 2022]
    x, y = rng.random((2, 4, 9, 2))
    x[rng.random(x.shape) < 0.5] = NAN
    y[rng.random(y.shape) < 0.5] = NAN
    x[2, :, 0] = NAN

    def as_table(cube, when):
        flat = cube.reshape(-1, 2)
        return table(years=np.repeat(when, 9), region=regions * len(when), a=flat[:, 0], b=flat[:, 1])

    head = HEAD[: HEAD.index('[[indicator]]\nid = "c"')]
    data, other = as_table(x, years), as_table(y, [2017, 2019, 2020, 2022])
    expected = x.copy()
    for t, r, i in np.argwhere(np.isnan(x)):
        before = [y[s, r, i] for s, year in enumerate([2017, 2019, 2020, 2022]) if year <= years[t]]
        before = [value for value in before if not math.isnan(value)]
        expected[t, r, i] = before[-1] if before else NAN

    frame = scored(*placed(tmp_path, other.sample(frac=1, random_state=1), data=data, head=head)).to_frame()

    for column, name in enumerate("ab"):
        np.testing.assert_array_equal(np.reshape(node(frame, name, "value"), (4, 9)), expected[:, :, column])


def test_regions_are_found_by_the_regions_table_and_the_reference_is_not_filled(tmp_path):
    head = HEAD.replace('id = "x"\n', 'id = "x"\nregions = "regions.csv"\n') + (
        '[equalization]\nreference = {{ region = "09" }}\n'
    )
    other, data = OTHER.replace({"B": "Bee", "A": "09"}), DATA.replace({"A": "09", "B": "02", "C": "03"})
    files = placed(tmp_path, other, data=data, head=head)
    (tmp_path / "regions.csv").write_text("region,name\n09,All\n02,Bee\n03,C\n", encoding="utf-8")

    found = scored(*files)

    assert node(found.to_frame(), "a", "value", "02", 2021) == 20
    assert found.equalization.query("node == 'b' and year == 2021")["reference"].isna().all()


# --- How it is checked -------------------------------------------------------------------------------------


def test_faults_of_the_table_are_told_with_those_of_the_data(tmp_path):
    other = OTHER.assign(b=[NAN, -5, 8, 9])
    files = placed(tmp_path, other, data=DATA.assign(b=[1.0, 2, -3, NAN, NAN, 6]))

    done = run("check", *files)

    assert done.exit_code == 1
    text = " ".join(done.stdout.split())
    assert "2 errors" in text
    assert "data.csv, row 4, column 'b', C, 2019: 'b' = -3 is below lower = 0." in text
    assert "other.csv, row 3, column 'b', C, 2018: 'b' = -5 is below lower = 0." in text


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (
            OTHER[["region", "year"]].assign(z=1),
            "other.csv: 4 of 5 variables have no data: 'a', 'b', 'n', 'd'",
        ),
        (OTHER.drop(columns="year"), "other.csv: none of the columns says which year a row is"),
        (OTHER.assign(region="A", year=2017), "'a' stands twice"),
        (OTHER.assign(a="many"), "other.csv, row 2"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(tmp_path, other, told):
    with pytest.raises(DataError) as error:
        scored(*placed(tmp_path, other))
    assert told in str(error.value)


def test_another_unit_is_suspected_by_the_medians(tmp_path):
    notes = scored(*placed(tmp_path, OTHER.assign(a=OTHER["a"] * 1000))).notes

    assert "unit: other.csv, a: the median is 30000, but 2 in the data." in notes


def test_check_says_how_much_the_table_has(tmp_path):
    done = run("check", *placed(tmp_path))

    assert "Note: cold_deck: other.csv has 4 of 6 missing values" in done.stdout
    assert not [
        line for line in done.stdout.splitlines() if "other.csv" in line and "cells are missing" in line
    ]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (', max_age = "old"', "max_age should be a number of years"),
        (", max_age = -1", "max_age should be a number of years"),
        (", deck = 3", "deck comes from the framework"),
        (', at = "pillar"', "'cold_deck' has no option 'at'"),
    ],
)
def test_options_that_do_not_fit_are_refused(tmp_path, more, told):
    with pytest.raises(FrameworkError) as error:
        Framework.from_toml(placed(tmp_path, more=more)[0])
    assert told in str(error.value)


def test_a_table_that_is_not_there_is_named_with_its_key(tmp_path):
    done = run("score", *placed(tmp_path, other=None))

    assert done.exit_code == 1
    assert "other.csv" in done.output
    assert "named by [methods] impute, table = 'other.csv'" in done.output
    assert "Traceback" not in done.output
    (tmp_path / "other.csv").mkdir()
    assert (
        "is a folder. Name a file." in run("score", tmp_path / "framework.toml", tmp_path / "data.csv").output
    )


# --- How it is found again ---------------------------------------------------------------------------------


def test_the_table_is_no_data_of_the_folder_and_no_output_may_replace_it(tmp_path):
    files = placed(tmp_path / "in")

    alone, folder = (Framework.from_toml(files[0]).score(where) for where in (files[1], tmp_path / "in"))

    pd.testing.assert_frame_equal(alone.to_frame(), folder.to_frame())
    done = run("score", *files, "-o", tmp_path / "in" / "other.csv", "--force")
    assert done.exit_code == 1
    assert "other.csv" in done.output


def test_a_rerun_finds_the_table_by_its_digest_and_gives_the_same_bytes(tmp_path, monkeypatch):
    placed(tmp_path / "in")
    monkeypatch.chdir(tmp_path)
    words = ["score", "in/framework.toml", "in/data.csv"]

    first, again = run(*words, "-o", "one"), run("rerun", "one/provenance.json", "-o", "two")

    assert first.exit_code == again.exit_code == 0, again.output
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()
    record = json.loads((tmp_path / "one" / "provenance.json").read_text(encoding="utf-8"))
    assert record["framework"]["deck"]["path"] == "in/other.csv"
    monkeypatch.chdir(tmp_path / "in")
    assert run("rerun", "../one/provenance.json", "-o", "../three").exit_code == 0

    OTHER.assign(a=1.0).to_csv(tmp_path / "in" / "other.csv", index=False)
    changed = run("rerun", "../one/provenance.json")
    assert changed.exit_code == 1
    assert "'in/other.csv', which cold_deck imputes from, changed since" in " ".join(changed.output.split())
    (tmp_path / "in" / "other.csv").unlink()
    assert "is not there any more" in " ".join(run("rerun", "../one/provenance.json").output.split())


def test_the_digest_is_of_what_the_table_says_not_of_where_it_lies(tmp_path):
    one, two, three = (placed(tmp_path / name)[0] for name in ("one", "two", "three"))
    OTHER.assign(a=1.0).to_csv(tmp_path / "three" / "other.csv", index=False)

    digests = [Framework.from_toml(path).digest for path in (one, two, three)]

    assert digests[0] == digests[1] != digests[2]


def test_a_fit_takes_the_table_with_it(tmp_path):
    files = placed(tmp_path)
    fitted = Framework.from_toml(files[0]).fit(files[1])
    new = table(years=2021, region=["A", "C"], a=[3.0, NAN], b=[1.0, 2], n=[1.0, 1], d=[2.0, 2])

    loaded = Fitted.load(fitted.save(tmp_path / "fitted.json"))

    assert node(loaded.score(new).to_frame(), "a", "value") == [3, 30]
    OTHER.assign(a=1.0).to_csv(tmp_path / "other.csv", index=False)
    assert node(loaded.score(new).to_frame(), "a", "value") == [3, 30]
    with pytest.raises(FrameworkError, match="changed since"):
        Fitted.load(tmp_path / "fitted.json")


def test_variants_read_the_table_that_they_name(tmp_path):
    files = placed(tmp_path)
    OTHER.assign(a=[21.0, 31, 91, 71]).to_csv(tmp_path / "third.csv", index=False)
    built = Framework.from_toml(files[0])
    source = Source(built, files[1])

    other = with_settings(built, ["impute.table=third.csv"])
    young = with_settings(built, ["impute.max_age=3"])
    none = built.replace(impute="none")

    cells = [source.panel(variant).deck for variant in (built, other, young)]
    assert [None if math.isnan(deck[4, 0]) else deck[4, 0] for deck in cells] == [20, 21, None]
    assert source.panel(none).deck is None
    assert "deck" not in none.to_dict()
    assert node(other.score(files[1]).to_frame(), "a", "value", "B", 2021) == 21
    shutil.rmtree(tmp_path)
    assert built.replace(aggregate="geometric").deck == built.deck
