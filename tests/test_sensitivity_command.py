"""`equindex sensitivity`: what it prints, writes and refuses, its sentences, and that its page names every column."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from conftest import REPOSITORY
from equindex import uncertainty
from equindex.cli import app
from equindex.errors import EquindexError
from equindex.framework import Framework
from equindex.uncertainty import sensitivity
from equindex.uncertainty.factors import parse
from equindex.uncertainty.words import varied
from small import framework, table

CHINA = [
    str(REPOSITORY / "data" / "china-services" / name) for name in ("framework.toml", "observations.csv")
]
FEW = ["--samples", "16", "--resamples", "10"]


def ran(*words, code=0):
    result = CliRunner().invoke(app, ["sensitivity", *CHINA, *words])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(scope="module")
def china():
    return sensitivity(
        Framework.from_toml(CHINA[0]),
        CHINA[1],
        vary=["weights=0.25", "normalise=minmax,rank", "exclude=pillar"],
        samples=16,
        resamples=10,
    )


def test_it_fits_80_columns_and_has_names_in_place_of_ids(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")

    printed = ran(*FEW, "--vary", "weights=0.25", "--vary", "normalise=minmax,rank").stdout

    wide = [line for line in printed.splitlines() if sum(1 + (ord(c) > 0x2E80) for c in line) > 80]
    assert not wide
    assert "moves most" in printed
    assert "西藏" in printed
    assert not re.search(r"\bnan\b|None|540000|life_expectancy", printed)
    for title in ("Share of the variance", "One change at a time", "Left out", "How far a weight can move"):
        assert title in printed


def test_exact_effects_have_no_intervals():
    printed = ran("--vary", "normalise=minmax,rank", "--vary", "exclude=pillar").stdout

    assert re.search(r"^of +factor +first +total$", printed, re.M)
    assert "all 8 combinations were run, so the effects are exact" in " ".join(printed.split())


def test_one_factor_has_all_the_variance_and_no_table():
    printed = ran(*FEW).stdout

    assert (
        "Varied: weights up or down by up to 25%; nothing else, so all the variance is owed to that."
        in printed
    )
    assert "Share of the variance" not in printed


def test_json_has_every_table_and_no_nan(china):
    told = json.loads(ran(*FEW, "--vary", "weights=0.25", "--vary", "normalise=minmax,rank", "--json").stdout)

    assert set(china.tables()) <= {*told, "interactions"}
    assert told["provenance"]["options"]["sensitivity"]["samples"] == 16
    assert len(told["rank_bounds"]) == 30
    assert all(row["total"] is not None for row in told["effects"] if not row["reason"])


@pytest.mark.slow
def test_a_folder_a_workbook_and_a_rerun_hold_the_same(tmp_path):
    words = [*FEW, "--vary", "weights=0.25", "--vary", "normalise=minmax,rank", "--seed", "3", "-q"]

    ran(*words, "-o", str(tmp_path / "out"))
    ran(*words, "-o", str(tmp_path / "all.xlsx"))
    again = CliRunner().invoke(
        app, ["rerun", str(tmp_path / "out" / "provenance.json"), "-o", str(tmp_path / "again"), "-q"]
    )

    assert again.exit_code == 0, again.output
    files = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert {"effects.csv", "left_out.csv", "rank_bounds.csv", "swap_weights.csv", "provenance.json"} <= set(
        files
    )
    for name in files:
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name
    book = pd.read_excel(tmp_path / "all.xlsx", sheet_name="left_out", engine="calamine")
    told = pd.read_csv(tmp_path / "out" / "left_out.csv", encoding="utf-8-sig")
    assert book["node_name"].tolist() == told["node_name"].tolist()
    np.testing.assert_allclose(book["rank_shift"], told["rank_shift"])


@pytest.mark.parametrize("spoilt", [{"seed": 1}, [], "weights=0.25"], ids=str)
def test_a_provenance_that_was_spoilt_is_refused(spoilt, tmp_path):
    ran(*FEW, "-q", "-o", str(tmp_path))
    file = tmp_path / "provenance.json"
    record = json.loads(file.read_text(encoding="utf-8"))
    record["options"]["sensitivity"] = spoilt
    file.write_text(json.dumps(record), encoding="utf-8")

    result = CliRunner().invoke(app, ["rerun", str(file), "--data", CHINA[1]])

    assert result.exit_code == 1
    assert "Error: this is no record of a sensitivity analysis." in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--samples", "100"], "Nearest: 64 or 128"),
        (["--samples", "16", "--resamples", "1"], "resamples should be 0 (no intervals) or at least 2, is 1"),
        (["--band", "0"], "band should be above 0 and at most 1, is 0"),
        (["--level", "2"], "level should be a share between 0 and 1, is 2"),
        (["--vary", "weights=0"], "Nothing would vary."),
        (["--vary", "normalise=minmax"], "one value is no choice"),
        (["--vary", "exclude=doctor"], "doctors"),
        (["--year", "1990"], "no data for 1990"),
        (["--vary", "normalise=minmax,zscore", "--vary", "aggregate=arithmetic,geometric"], "1 of 4 combinations"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)  # fmt: skip
def test_a_refusal_is_one_message_without_a_traceback(words, said):
    result = ran(*words, code=1)

    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_every_stage_is_told_how_far_it_is():
    told = []
    built = framework([*"abc"])
    values = table(a=[3.0, 1.0, 2.0, 9.0], b=[4.0, 1.0, 5.0, 2.0], c=[1.0, 2.0, 5.0, 3.0])

    sensitivity(
        built, values, vary=["weights=0.2"], samples=8, resamples=0, progress=lambda *w: told.append(w)
    )

    stages = {stage: (done, total) for stage, done, total in told}
    assert list(stages) == ["Effects", "Leaving out", "One at a time", "Weights"]
    assert stages["Effects"] == (24, 24)
    assert stages["Leaving out"] == (4, 4)
    assert stages["Weights"] == (3, 3)


def test_counts_of_one_are_in_the_singular():
    """Only E makes min-max turn A and B: without it, A's small lead in b counts for more."""
    built = framework(["a", "b"])
    values = table(a=[10.0, 8.0, 0.0, 1.0, 2.0], b=[4.8, 5.4, 5.0, 5.1, 0.0])

    found = sensitivity(built, values, vary=["weights=0.2"], samples=8, resamples=0)

    part = found.left_out[found.left_out["level"] == "region"]
    swapping = part[part["reversals"] > 0]
    sentence = next(s for s in found.answer() if "would swap others" in s)
    assert len(swapping) == 1
    assert (
        sentence
        == f"1 region of 5 would swap others if left out, {swapping['node_name'].iloc[0]} most: "
        + ("1 pair." if swapping["reversals"].iloc[0] == 1 else f"{swapping['reversals'].iloc[0]} pairs.")
    )
    assert not re.search(r"\b1 (regions|pairs|parts)\b", " ".join(found.answer()))


def test_leaders_that_tie_share_the_first_place_and_the_weight_parts_them():
    """A and B tie; more weight on a puts A ahead, less puts B ahead; on c they are equal, so C passes both."""
    built = framework(["a", "b", "c"])
    values = table(a=[9.0, 6.0, 1.0, 0.0], b=[6.0, 9.0, 1.0, 0.0], c=[6.0, 6.0, 9.0, 0.0])

    found = sensitivity(built, values, vary=["weights=0.2"], samples=8, resamples=0)

    rows = found.stability.set_index("node")
    passing = rows[["passed_below_by", "passed_above_by"]]
    names = found.names
    assert passing.loc["a"].tolist() == [names[1], names[0]]
    assert passing.loc["b"].tolist() == [names[0], names[1]]
    assert passing.loc["c"].tolist() == ["", names[2]]
    said = " ".join(found.answer())
    share = "share the first place: the least change of any of 2 of 3 weights parts them."
    assert f"{names[0]} and {names[1]} {share}" in said
    assert "stays first" not in said


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("a,0.2,0.5\nb,0.1,0.4\n", "weights within bounds (a from 0.2 to 0.5, b from 0.1 to 0.4), "),
        ("a,0.3,0.3\n", "weight within bounds (a fixed at 0.3), "),
    ],
)
def test_bounds_name_what_they_hold_and_who_is_free(rows, said, tmp_path):
    (tmp_path / "bounds.csv").write_text("node,low,high\n" + rows, encoding="utf-8")

    [factor] = parse(["weights=bounds:bounds.csv"], framework([*"abc"]), tmp_path)

    assert varied([factor]) == said + "siblings not named free"


def test_an_order_is_no_bounds_and_bounds_that_leave_nothing_free_are_refused(tmp_path):
    [factor] = parse(["weights=order:a>b"], framework([*"abc"]), None)
    (tmp_path / "fixed.csv").write_text("node,low,high\na,0.3,0.3\n", encoding="utf-8")

    assert varied([factor]) == "weights in order (a ≥ b), siblings not named free"
    with pytest.raises(EquindexError, match="nothing varies"):
        parse(["weights=bounds:fixed.csv"], framework([*"ab"]), tmp_path)


@pytest.mark.parametrize(("samples", "rough"), [(4, True), pytest.param(4096, False, marks=pytest.mark.slow)])
def test_estimates_have_intervals_and_say_where_samples_are_too_few(samples, rough):
    values = table(a=[9.0, 6.0, 1.0, 0.0], b=[1.0, 9.0, 6.0, 0.0], c=[5.0, 2.0, 9.0, 0.0])
    vary = ["weights=0.9", "values=0.01"]

    found = sensitivity(framework([*"abc"]), values, vary=vary, samples=samples, resamples=20, seed=3)

    sentence = next(s for s in found.answer() if s.startswith("Of the variance of how far"))
    assert sentence.endswith("take a larger --samples.") == rough
    row = found.shares[found.shares["output"] == "rank shift"].nlargest(1, "total").iloc[0]
    assert f"[{100 * row['total_low']:.0f} to {100 * row['total_high']:.0f}%]" in sentence


def test_the_region_that_swaps_most_pairs_is_the_one_named(china):
    part = china.left_out[china.left_out["level"] == "region"]

    most = part.loc[part["reversals"].astype(int).idxmax()]

    sentence = next(s for s in china.answer() if "would swap others" in s)
    assert f"{most['node_name']} most: {most['reversals']} pairs" in sentence


def test_what_the_answer_says_of_bounds_is_in_the_table(china):
    bounds = china.bounds
    width = bounds["worst_found"] - bounds["best_found"]
    row = bounds.loc[width.idxmax()]
    can, near = (bounds[name].tolist().count(True) for name in ("can_lead", "can_lead_near"))

    sentence = next(s for s in china.answer() if s.startswith("With all possible weights"))

    assert (
        f"{row['region_name']} is as high as {row['best_found']} and as low as {row['worst_found']}"
        in sentence
    )
    assert f"{can} region{'s' * (can != 1)} can be first" in sentence
    assert "with each indicator's share of the total up or down" in sentence
    assert sentence.endswith(f"up to 25% {near} region{'s' * (near != 1)}.")


def test_above_the_limits_bounds_are_bounds_and_leaders_at_least(monkeypatch):
    from equindex.uncertainty import steady

    rng = np.random.default_rng(5)
    values = table(**{leaf: rng.normal(50, 10, 12).round(2) for leaf in "abcd"})
    built = framework([*"abcd"])
    exact = sensitivity(built, values, vary=["weights=0.2"], samples=8, resamples=0)
    for name in ("_MOST_SEARCHED", "_MOST_ASKED"):
        monkeypatch.setattr(steady, name, 0)

    loose = sensitivity(built, values, vary=["weights=0.2"], samples=8, resamples=0)

    assert (loose.bounds["best"] <= exact.bounds["best"]).all()
    assert (loose.bounds["worst"] >= exact.bounds["worst"]).all()
    assert not loose.bounds["exact"].all()
    known = loose.bounds["can_lead"].notna()
    assert (loose.bounds.loc[known, "can_lead"] == exact.bounds.loc[known, "can_lead"]).all()
    if not known.all():
        assert "; at least " in next(s for s in loose.answer() if s.startswith("With all possible"))


def test_more_regions_than_can_be_compared_have_a_reason(monkeypatch):
    from equindex.uncertainty import steady

    monkeypatch.setattr(steady, "_MOST_COMPARED", 3)
    values = table(a=[1.0, 2.0, 3.0, 9.0], b=[4.0, 1.0, 2.0, 3.0])

    found = sensitivity(framework(["a", "b"]), values, vary=["weights=0.2"], samples=8, resamples=0)

    assert "4 regions are more than the 3 of which every two are compared" in found.answer()[-1]
    assert found.stability.empty


def test_the_page_has_every_column_of_every_table(china):
    page = (REPOSITORY / "docs" / "sensitivity.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`([^`]+)`", page[page.index("## Tables") : page.index("## What a figure")]))
    told |= {"region", "region_name", "year", "node", "node_name", "level", "reason", "setting"}
    drawn = uncertainty.analyse(
        Framework.from_toml(CHINA[0]),
        CHINA[1],
        vary=["weights=0.25", "normalise=minmax,rank", "exclude=pillar"],
        draws=20,
    )
    enumerated = sensitivity(
        Framework.from_toml(CHINA[0]), CHINA[1], vary=["normalise=minmax,rank", "exclude=pillar"]
    )

    tables = {**drawn.tables(), **china.tables(), "interactions": enumerated.interactions}

    assert set(tables) - {"classes"} <= told
    for name, frame in tables.items():
        columns = {c.removesuffix("_near") for c in frame if not c.startswith("weight ")} - {"normalise"}
        assert columns <= told, name
