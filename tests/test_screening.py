"""Screening inside a framework: who is left out and why, and that nothing of them is measured."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from equindex import screen
from equindex.cli import app
from equindex.coherence import analyse
from equindex.errors import DataError, FrameworkError
from equindex.framework import Fitted
from small import framework, node, table

NAN = math.nan
HALF = {"min_measured": 0.5}
NESTED = {
    "pillar": [{"id": "p"}, {"id": "q", "parent": "p"}, {"id": "s"}],
    "indicator": [{"id": "a", "pillar": "p"}, {"id": "b", "pillar": "q"}, {"id": "c", "pillar": "q"},
                  {"id": "d", "pillar": "s"}],
}  # fmt: skip


def asked(*indicators, regions=(), methods=(), **wanted):
    return framework(
        indicators or ["a", "b"],
        regions=regions,
        methods={"normalise": "minmax", "screen": wanted, **dict(methods)},
    )


def random_panel(seed=5, regions=14, years=(2018, 2020, 2021), columns="abcd", holes=0.3):
    rng = np.random.default_rng(seed)
    x = rng.lognormal(size=(len(years) * regions, len(columns)))
    x[rng.random(x.shape) < holes] = NAN
    x[rng.random(x.shape) < 0.1] = 0
    names = [f"R{number:02}" for number in range(regions)] * len(years)
    frame = pd.DataFrame(
        {"region": names, "year": np.repeat(years, regions), **dict(zip(columns, x.T, strict=True))}
    )
    return frame.sample(frac=1, random_state=seed, ignore_index=True)


def passes(row, limit):
    """Say in plain Python whether enough is measured of a row, and something of its pillars p, q and s."""
    a, b, c, d = (not math.isnan(value) for value in row)
    return a + b + c + d >= 4 * limit and (a or b or c) and (b or c) and d


# --- Who is left out ---------------------------------------------------------------------------------------


def test_a_region_with_too_little_is_unscored_with_its_reason_and_measured_by_nothing():
    scores = asked(min_measured=0.6).score(table(a=[1.0, 3, 900], b=[0.0, 1, NAN])).to_frame()

    assert node(scores, "a", "score") == [0, 100, pytest.approx(NAN, nan_ok=True)]
    assert node(scores, "a", "value") == [1, 3, 900]
    assert node(scores, "index", "rank")[:2] == [2, 1]
    assert scores[scores["region"] == "C"][["rank", "score", "normalised"]].isna().all().all()
    assert scores[scores["region"] == "C"][["coverage", "effective", "imputed"]].eq(0).all().all()
    assert set(scores[scores["region"] == "C"]["reason"]) == {
        "screened out: 1 of 2 indicators measured, below 0.6"
    }
    assert set(scores[scores["region"] != "C"]["reason"]) == {""}


@pytest.mark.parametrize(
    ("wanted", "row", "reason"),
    [
        ({"min_measured": 0.75}, [1, 1, NAN, NAN], "2 of 4 indicators measured, below 0.75"),
        ({"min_measured": 0.5}, [1, 1, NAN, NAN], ""),
        ({"min_nonzero": 0.5}, [0, 0, 1, NAN], "1 of 3 values not 0, below 0.5"),
        ({"min_measured_pillar": 0.5}, [1, NAN, NAN, 1],
         "1 of 3 indicators of 'p' measured, below 0.5; 0 of 2 indicators of 'q' measured, below 0.5"),
        ({"min_measured_pillar": 0.3}, [1, NAN, NAN, 1], "0 of 2 indicators of 'q' measured, below 0.3"),
        ({"min_nonzero_pillar": 0.4}, [1, 0, NAN, 1], "0 of 1 values of 'q' not 0, below 0.4"),
        ({"drop": ["C"]}, [1, 1, 1, 1], "dropped by name"),
        ({"min_measured": 0.75, "keep": ["C"]}, [1, NAN, NAN, NAN], ""),
        ({"min_measured": 0.75, "drop": ["C"]}, [1, NAN, NAN, NAN],
         "1 of 4 indicators measured, below 0.75; dropped by name"),
    ],
)  # fmt: skip
def test_each_rule_says_what_it_found_at_any_depth_of_pillars(wanted, row, reason):
    build = framework(
        NESTED["indicator"], pillar=NESTED["pillar"],
        methods={"normalise": "minmax", "missing": {"rule": "reweight", "min_coverage": 0}, "screen": wanted},
    )  # fmt: skip
    data = pd.DataFrame([[1.0, 2, 3, 4], [4, 3, 2, 1], row], columns=list("abcd"))

    scores = build.score(data.assign(region=list("ABC"), year=2020)).to_frame()

    assert node(scores, "index", "reason", "C") == (f"screened out: {reason}" if reason else "")
    assert math.isnan(node(scores, "index", "score", "C")) == bool(reason)


@pytest.mark.parametrize("keep", ["all", "index"])
@pytest.mark.parametrize("base", ["panel", "year", 2020])
@pytest.mark.parametrize(
    "methods",
    [
        {},
        {"impute": "median", "treat": "iqr"},
        {"impute": {"name": "last"}, "weighting": "critic"},
        {"impute": "mean", "aggregate": {"index": "copeland"}},
        {"normalise": "borda"},
    ],
    ids=lambda methods: "-".join(map(str, methods)) or "plain",
)
def test_scores_are_those_of_a_table_without_the_rows_left_out(methods, base, keep):
    data = random_panel()
    stays = np.array([passes(row, 0.6) for row in data[list("abcd")].to_numpy()])
    wanted = {
        "normalise": "minmax",
        "base": base,
        "missing": {"rule": "reweight", "min_coverage": 0},
    } | methods
    built = framework(NESTED["indicator"], pillar=NESTED["pillar"], methods=wanted)

    found = built.replace(screen={"min_measured": 0.6, "min_measured_pillar": 0.1}).score(data, keep=keep)

    keys = ["region", "year", "node"]
    frame = found.to_frame().astype(dict.fromkeys(keys, str)).set_index(keys)
    other = built.score(data[stays], keep=keep).to_frame().astype(dict.fromkeys(keys, str)).set_index(keys)
    assert 5 < stays.sum() < len(data) - 5
    left = frame.loc[other.index]
    columns = ["normalised", "score", "coverage", "imputed", "effective"]
    np.testing.assert_allclose(
        left[columns].astype(float), other[columns].astype(float), rtol=1e-12, atol=1e-12
    )
    assert left["rank"].equals(other["rank"])
    assert left["reason"].astype(str).equals(other["reason"].astype(str))
    gone = frame.drop(other.index)
    assert len(gone) == (~stays).sum() * len(frame.index.unique("node"))
    assert gone[["score", "rank", "normalised"]].isna().all().all()
    assert gone["reason"].astype(str).str.startswith("screened out: ").all()


def test_attainment_and_equalization_are_not_screened():
    plain = framework([{"id": "a", "target": ">=4"}, "b"], equalization={"reference": "mean"})
    data = table(a=[1.0, 3, 50, 2], b=[1.0, 2, 3, NAN])

    before, after = (part.score(data).tables() for part in (plain, plain.replace(screen={"min_measured": 1})))

    assert math.isnan(node(after["scores"], "index", "score", "D"))
    for name in ("attainment", "equalization", "inequality"):
        pd.testing.assert_frame_equal(before[name], after[name])


def test_the_reference_region_is_not_screened():
    build = framework(
        ["a", "b"],
        methods={"normalise": "minmax", "screen": {"min_measured": 1}},
        equalization={"reference": {"region": "N"}},
    )

    found = build.score(table(region=["N", "A", "B"], a=[9.0, 1, 2], b=[NAN, 1, 2]))

    assert not found.screened.out
    assert found.index.tolist() == [0, 100]


def test_scores_measured_for_evenness_leave_the_screened_out():
    build = framework(
        ["a"],
        methods={"normalise": {"name": "minmax", "lower": 1}, "screen": {"drop": ["C"]}},
        equalization={"basis": ["scores"], "measures": ["cv"], "degree": "cv"},
    )

    frame = build.score(table(a=[1.0, 3, 900])).inequality

    rows = frame[(frame["node"] == "index") & (frame["basis"] == "scores") & (frame["part"] == "total")]
    assert rows["n"].tolist() == [2]


# --- Regions by name ---------------------------------------------------------------------------------------


def test_regions_are_kept_and_dropped_by_code_name_or_alias():
    regions = [
        {"region": "01", "name": "北京市"},
        {"region": "02", "name": "上海市", "alias": "沪"},
        {"region": "03"},
        {"region": "04"},
    ]
    build = asked("a", "b", regions=regions, min_measured=1, keep=["沪"], drop=["北京"])

    found = build.score(table(region=["01", "02", "03", "04"], a=[1.0, 2, 3, 5], b=[1.0, NAN, 4, 5]))

    assert found.screened.out == {0: "screened out: dropped by name"}
    assert list(found.screened.kept) == [1]
    assert found.provenance["screened"] == {
        "out": ["北京市, 2020: screened out: dropped by name"],
        "kept": ["上海市, 2020: 1 of 2 indicators measured, below 1; kept by name"],
    }


@pytest.mark.parametrize("regions", [(), [{"region": "East"}, {"region": "West"}]])
@pytest.mark.parametrize("asks", [{"drop": ["Eas"]}, {"keep": ["Eas"], "min_measured": 0.5}])
def test_an_unknown_region_is_an_error(regions, asks):
    data = table(region=["East", "West"], a=[1.0, 2], b=[1.0, 2])

    with pytest.raises(
        DataError, match=r"region 'Eas' of \[methods\].screen is not known. Did you mean 'East'"
    ):
        asked(regions=regions, **asks).score(data)


def test_new_rows_may_lack_a_region_that_screening_names():
    fitted = asked(drop=["West"]).fit(table(region=["East", "Mid", "West"], a=[1.0, 2, 3], b=[1.0, 2, 3]))

    found = fitted.score(table(region=["East", "Mid"], a=[1.0, 2], b=[1.0, 2]))

    assert any("'West' of [methods].screen is not known" in note for note in found.notes)


def test_a_region_forced_both_ways_is_refused_by_any_name():
    with pytest.raises(FrameworkError, match="'A' is to be both kept and dropped"):
        asked(min_measured=0.5, keep=["A"], drop=["A"])
    regions = [{"region": "01", "name": "East"}, {"region": "02"}]
    with pytest.raises(DataError, match="East: the region is to be both kept and dropped"):
        asked(regions=regions, keep=["East"], drop=["01"]).score(
            table(region=["01", "02"], a=[1.0, 2], b=[1.0, 2])
        )


# --- What is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({}, "asks for nothing"),
        ({"keep": ["A"]}, "asks for nothing"),
        ({"min_measured": 0}, "asks for nothing"),
        ({"min_measured": 1.5}, "screen → min_measured: should be less than or equal to 1, is 1.5"),
        ({"min_mesured": 0.5}, "Did you mean 'min_measured'"),
        ({"min_measured_pillar": 0.5}, "there are no pillars"),
    ],
)
def test_what_does_not_fit_is_found_before_scoring(wanted, told):
    with pytest.raises(FrameworkError) as error:
        asked(**wanted)
    assert told in str(error.value)


def test_only_a_composite_is_screened():
    with pytest.raises(FrameworkError, match="only a composite index is screened"):
        framework(["a"], methods={"screen": HALF}, equalization={"reference": "mean"})


def test_nobody_left_is_refused_and_so_is_an_empty_base_year():
    with pytest.raises(
        DataError, match=r"nobody is left: A, 2020: 1 of 2 indicators measured, below 1; B, 2020"
    ):
        asked(min_measured=1).score(table(a=[1.0, 2], b=[NAN, NAN]))

    data = table(years=[2019, 2019, 2020, 2020], region=["A", "B"] * 2, a=[1.0, 2, 3, 4], b=[NAN, NAN, 1, 2])
    with pytest.raises(DataError, match=r"nobody is left in 2019, the year of methods\.base"):
        asked(min_measured=1, methods={"base": 2019}).score(data)
    for base in ("panel", "year"):
        scores = asked(min_measured=1, methods={"base": base}).score(data).to_frame()
        assert node(scores, "index", "score", year=2020) == [0, 100]
        assert np.isnan(node(scores, "index", "score", year=2019)).all()


# --- Fits, diagnosis, explanation --------------------------------------------------------------------------


@pytest.mark.parametrize("weighting", ["equal", "entropy"])
def test_a_fit_measures_those_that_stay_and_screens_new_rows_by_the_same_rule(weighting, tmp_path):
    build = asked(min_measured=1, methods={"weighting": weighting, "base": 2020})
    fitted = build.fit(table(a=[1.0, 2, 5, 900], b=[1.0, 5, 2, NAN]))

    loaded = Fitted.load(fitted.save(tmp_path / "fitted.json"))
    found = loaded.score(table(years=2021, region=["X", "Y"], a=[3.0, 3], b=[3.0, NAN]))

    assert node(found.to_frame(), "a", "score", "X") == 50
    assert found.screened.out == {1: "screened out: 1 of 2 indicators measured, below 1"}
    whole = framework(["a", "b"], methods={"normalise": "minmax", "weighting": weighting, "base": 2020})
    assert fitted.weights == whole.fit(table(a=[1.0, 2, 5], b=[1.0, 5, 2])).weights


def test_a_diagnosis_leaves_out_who_is_left_out():
    rng = np.random.default_rng(1)
    data = table(region=[f"R{k:02}" for k in range(20)], a=rng.random(20), b=rng.random(20), c=rng.random(20))
    data.loc[3:5, ["a"]] = NAN
    data.loc[3:5, ["b"]] = 1e6

    found = analyse(asked("a", "b", "c", min_measured=1), data)

    other = analyse(framework(["a", "b", "c"]), data.drop(index=[3, 4, 5]))
    for name, frame in other.tables().items():
        if name != "availability":
            pd.testing.assert_frame_equal(found.tables()[name], frame)
    assert len(found.tables()["availability"]["region"].unique()) == 21


def test_an_explanation_says_that_the_region_was_left_out():
    scores = asked(min_measured=1).score(table(a=[1.0, 3, 2], b=[0.0, 1, NAN]))

    with pytest.raises(DataError, match="C, 2020 has no score to explain: screened out: 1 of 2 indicators"):
        scores.explain("C")


# --- Availability ------------------------------------------------------------------------------------------


def test_availability_is_that_of_the_kernel_by_region_pillar_indicator_and_year():
    build, data = (
        framework(NESTED["indicator"], pillar=NESTED["pillar"]),
        random_panel().sort_values("region"),
    )

    frame = build.score(data).availability

    for year, part in data.groupby("year"):
        kernel = screen.availability(part[list("abcd")], pillars=[[0, 0, 0, 1], [-1, 2, 2, -1]])
        here = frame[frame["year"] == year]
        each, whole = here[here["region"] != ""], here[here["region"] == ""]
        for column, name in (("share_measured", ""), ("share_nonzero", "_nonzero")):
            np.testing.assert_allclose(
                node(each, "index", column), getattr(kernel, f"region{name}"), rtol=1e-15
            )
            for code, pillar in enumerate("psq"):
                np.testing.assert_allclose(
                    node(each, pillar, column), getattr(kernel, f"pillar{name}")[:, code], rtol=1e-15
                )
            found = [node(whole, leaf, column)[0] for leaf in "abcd"]
            np.testing.assert_allclose(found, getattr(kernel, f"indicator{name}"), rtol=1e-15)
        assert node(whole, "index", "share_measured") == [pytest.approx(float(kernel.whole), rel=1e-15)]
        assert node(whole, "q", "cells") == [2 * len(part)]


def test_the_columns_of_the_availability_table_are_documented():
    from conftest import REPOSITORY

    text = (REPOSITORY / "docs" / "numbers.md").read_text(encoding="utf-8")
    section = text[text.index("### `availability` table") :].split("###")[1]

    frame = asked(min_measured=0.5).score(table(a=[1.0, 2], b=[1.0, 2])).tables()["availability"]

    assert all(f"`{column}`" in section for column in frame)


# --- From files and the command line -----------------------------------------------------------------------


@pytest.fixture
def files(tmp_path):
    (tmp_path / "framework.toml").write_text(
        'id = "x"\n[methods]\nnormalise = "minmax"\nscreen = { min_measured = 0.6 }\n'
        '[[indicator]]\nid = "a"\n[[indicator]]\nid = "b"\n',
        encoding="utf-8",
    )
    data = table(
        years=[2020] * 3 + [2021] * 3, region=list("ABC") * 2, a=[1.0, 2, 3] * 2, b=[1.0, NAN, 2, 5, 6, NAN]
    )
    data.to_csv(tmp_path / "data.csv", index=False)
    return [str(tmp_path / "framework.toml"), str(tmp_path / "data.csv")]


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


NOTE = (
    "Note: screening: 2 of 6 rows are left without an index: B, 2020: 1 of 2 indicators measured, below 0.6; "
    "C, 2021: 1 of 2 indicators measured, below 0.6"
)


def test_check_and_score_say_once_who_is_left_out(files):
    checked, scored = run("check", *files), run("score", *files, "--year", 2020)

    assert checked.exit_code == scored.exit_code == 0
    assert " ".join(checked.stdout.split()).count(NOTE) == 1
    assert scored.stderr.count(NOTE) == 1
    assert "unscored: B, 2020: screened out: 1 of 2 indicators measured, below 0.6" in scored.stdout


def test_check_and_score_refuse_where_nobody_is_left(files):
    for command in ("check", "score"):
        done = run(command, *files, "--set", "screen.min_nonzero=1", "--set", "screen.drop=['A', 'B', 'C']")

        assert done.exit_code == 1
        assert "nobody is left: A, 2020: dropped by name" in " ".join(done.output.split())
        assert "Traceback" not in done.output


def test_a_setting_turns_screening_off(files):
    done = run("score", *files, "--set", "screen=none", "--json")

    assert "screened" not in json.loads(done.stdout)["provenance"]
    assert "availability" not in json.loads(done.stdout)


def test_a_rerun_gives_the_same_bytes_and_says_the_same(files, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"

    first = run("score", *files, "-o", one)
    again = run("rerun", one / "provenance.json", "-o", two)

    assert first.exit_code == again.exit_code == 0, again.output
    names = sorted(path.name for path in one.iterdir())
    assert names == ["availability.csv", "provenance.json", "scores.csv"]
    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in names)
    told = json.loads((two / "provenance.json").read_text(encoding="utf-8"))
    assert told["screened"]["out"] == [
        "B, 2020: screened out: 1 of 2 indicators measured, below 0.6",
        "C, 2021: screened out: 1 of 2 indicators measured, below 0.6",
    ]
    assert told["screened"]["kept"] == []
