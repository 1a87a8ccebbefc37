"""`equindex uncertainty` as people use it: printed, written, repeated, refused, interrupted."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from equindex import Framework
from equindex._resources import path
from equindex.cli import app

FRAMEWORK = str(path("data/china-services/framework.toml"))
DATA = str(path("data/china-services/observations.csv"))
TABLES = ["acceptability", "central_weights", "draws", "groups", "overall", "pairs", "uncertainty"]
VARIED = ["--vary", "weights=0.25", "--vary", "normalise=minmax,rank", "--vary", "exclude=pillar"]


def ran(*args, code=0):
    found = CliRunner().invoke(app, ["uncertainty", FRAMEWORK, DATA, *map(str, args)])
    assert found.exit_code == code, found.output
    assert "Traceback" not in found.output
    return found


def test_sentences_and_a_table_are_printed():
    found = ran("--draws", 200, "--seed", 7, *VARIED)

    assert found.stdout.startswith("200 draws, seed 7. Varied: weights up or down by up to 25%")
    assert "First: " in found.stdout
    assert "rank, 90%" in found.stdout
    assert len([line for line in found.stdout.splitlines() if "●" in line]) == 31


def test_a_folder_gets_all_tables_and_reruns_to_the_same_bytes(tmp_path):
    ran("--draws", 150, *VARIED, "-o", tmp_path / "out")

    names = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert names == sorted([f"{name}.csv" for name in TABLES] + ["draws.npz", "provenance.json"])
    again = CliRunner().invoke(
        app, ["rerun", str(tmp_path / "out" / "provenance.json"), "-o", str(tmp_path / "again")]
    )
    assert again.exit_code == 0, again.output
    for name in names:
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "out" / name).read_bytes(), name


def test_a_sensitivity_analysis_reruns_to_the_same_bytes(tmp_path):
    asked = ["sensitivity", FRAMEWORK, DATA, "--samples", "16", "--resamples", "5", "--vary", "weights=0.25"]
    asked += ["--vary", "aggregate=arithmetic,geometric", "-o", str(tmp_path / "out")]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    again = CliRunner().invoke(
        app, ["rerun", str(tmp_path / "out" / "provenance.json"), "-o", str(tmp_path / "again")]
    )
    assert again.exit_code == 0, again.output
    names = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert names == sorted(file.name for file in (tmp_path / "again").iterdir())
    for name in names:
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "out" / name).read_bytes(), name


def test_weight_sets_travel_with_the_record(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pillars = [pillar.id for pillar in Framework.from_toml(FRAMEWORK).model.pillar]
    for name, last in (("a", 1), ("b", 9)):
        weights = dict.fromkeys(pillars, 1) | {pillars[-1]: last}
        lines = "".join(f"{pillar} = {weight}\n" for pillar, weight in weights.items())
        (tmp_path / f"{name}.toml").write_text(f"[weights]\n{lines}", encoding="utf-8")
    ran("--draws", 40, "--vary", "weighting=a.toml,b.toml,entropy", "-o", tmp_path / "out")
    for name in "ab":
        (tmp_path / f"{name}.toml").unlink()

    again = CliRunner().invoke(app, ["rerun", "out/provenance.json", "-o", "again"])

    assert again.exit_code == 0, again.output
    for file in (tmp_path / "out").iterdir():
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes(), file.name
    draws = pd.read_csv(tmp_path / "out" / "draws.csv").groupby("weighting").first().filter(like="weight ")
    assert set(draws.index) == {"a.toml", "b.toml", "entropy"}
    assert draws.loc["b.toml"].max() > 2 * draws.loc["a.toml"].max()


def test_a_record_that_was_changed_by_hand_is_refused(tmp_path):
    ran("--draws", 20, "-o", tmp_path / "out")
    file = tmp_path / "out" / "provenance.json"
    record = json.loads(file.read_text(encoding="utf-8"))
    for kind in ("uncertainty", "sensitivity"):
        options = {key: value for key, value in record["options"].items() if key != "uncertainty"}
        file.write_text(json.dumps(record | {"options": options | {kind: {"factors": []}}}), encoding="utf-8")

        again = CliRunner().invoke(app, ["rerun", str(file)])

        assert again.exit_code == 1
        assert f"no record of a{'n' if kind == 'uncertainty' else ''} {kind} analysis" in again.stderr


@pytest.mark.parametrize("fmt", ["parquet", "xlsx", "json"])
def test_other_formats_hold_the_same_ranks(fmt, tmp_path):
    ran("--draws", 50, "-o", tmp_path / "csv")
    ran("--draws", 50, "-o", tmp_path / "out", "--format", fmt)

    expected = pd.read_csv(tmp_path / "csv" / "uncertainty.csv", dtype={"region": str})
    if fmt == "xlsx":
        [book] = (tmp_path / "out").glob("*.xlsx")
        found = pd.read_excel(book, sheet_name="uncertainty", engine="calamine", dtype={"region": str})
    elif fmt == "parquet":
        found = pd.read_parquet(tmp_path / "out" / "uncertainty.parquet")
    else:
        found = pd.DataFrame(json.loads((tmp_path / "out" / "uncertainty.json").read_text(encoding="utf-8")))
    assert found["region"].tolist() == expected["region"].tolist()
    for name in ("rank", "rank_low", "rank_high", "first", "score_mean"):
        assert found[name].astype(float).to_numpy() == pytest.approx(expected[name].to_numpy(), rel=1e-12)


def test_one_file_gets_the_regions(tmp_path):
    found = ran("--draws", 50, "-o", tmp_path / "x.csv")

    assert len(pd.read_csv(tmp_path / "x.csv")) == 31
    assert "without" in found.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["x.csv"]


def test_one_region_prints_its_score_and_no_rank():
    folder = path("data/rugao-2025")
    asked = ["uncertainty", str(folder / "framework.toml"), str(folder / "observations.csv"), "--draws", "20"]

    found = CliRunner().invoke(app, asked)

    assert found.exit_code == 0, found.output
    assert "Fewer than two regions have a rank" in found.stdout
    assert "%" not in found.stdout.split("如皋市")[-1]


def test_json_holds_sentences_tables_and_provenance():
    found = json.loads(ran("--draws", 50, "--json", "--quiet").stdout)

    assert found["answer"][0].startswith("50 draws")
    assert len(found["uncertainty"]) == 31
    assert found["provenance"]["options"]["uncertainty"]["draws"] == 50
    assert found["provenance"]["seed"] == 0


def test_a_run_is_extended_to_the_bytes_of_one_run(tmp_path):
    ran("--draws", 60, *VARIED, "-o", tmp_path / "a")
    ran("--draws", 150, "--extend", tmp_path / "a" / "draws.npz", "-o", tmp_path / "b")
    ran("--draws", 150, *VARIED, "-o", tmp_path / "whole")

    for name in TABLES:
        whole = (tmp_path / "whole" / f"{name}.csv").read_bytes()
        assert (tmp_path / "b" / f"{name}.csv").read_bytes() == whole, name


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--vary", "weights=0"], "Nothing would vary"),
        (["--vary", "wieghts=0.2"], "Did you mean 'weights'?"),
        (["--vary", "exclude=doctor"], "Did you mean 'doctors'?"),
        (
            ["--vary", "normalise=minmax,minmx"],
            "--vary normalise: minmx: there is no normalise method 'minmx'",
        ),
        (["--vary", "normalise=minmax,rank,minmx", "--skip-failing"], "Did you mean 'minmax'?"),
        (["--vary", "missing=propagate,reweigh", "--skip-failing"], "is 'reweigh'"),
        (
            ["--vary", 'normalise=zscore,rank,{ name = "minmax", lowr = 1 }', "--skip-failing"],
            "has no option 'lowr'. Did you mean 'lower'?",
        ),
        (
            ["--vary", "normalise=zscore,to_target"],
            "of 2 combinations cannot be scored: normalise=to_target: ",
        ),
        (["--vary", "weights=0.1", "--vary", "weights=0.2"], "weights is given twice"),
        (["--draws", "0", "--level", "1", "--seed", "-1"], "draws should be 1 or more"),
        (["--workers", "0"], "workers should be 1 or more"),
        (["--year", "1900"], "no data for 1900"),
        (["--draws", "999999999999"], "at most 100,000,000"),
        (["--vary", "weights=bounds:nowhere.csv"], "nowhere.csv"),
        (["--vary", "=1+1"], "write what varies and how"),
        (["--vary", "<script>='a','b'"], "nothing is called '<script>'"),
        (["--vary", "normalise={,x"], "one value is no choice"),
        (["--extend", "nowhere.npz"], "there is no file 'nowhere.npz'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_wrong_is_said_once_and_nothing_is_written(args, said, tmp_path):
    found = ran(*args, "-o", tmp_path / "out", code=1)

    assert found.stderr.startswith("Error: ")
    assert said in " ".join(found.stderr.split())
    assert found.stdout == ""
    assert not (tmp_path / "out").exists()


def test_all_that_is_wrong_is_said_at_once():
    found = ran("--vary", "weights=0", "--vary", "exclude=zz", "--vary", "values=x", code=1)

    assert all(word in found.stderr for word in ("weights=0", "exclude=zz", "values=x"))


def test_extending_varies_what_it_varied(tmp_path):
    ran("--draws", 30, *VARIED, "-o", tmp_path / "a")
    saved = ("--draws", 60, "--extend", tmp_path / "a" / "draws.npz")

    same = ran(*saved, *VARIED[2:], *VARIED[:2])
    other = ran(*saved, "--vary", "weights=0.1", code=1)

    assert same.stdout == ran(*saved).stdout
    said = " ".join(other.stderr.split())
    assert "varies weights up or down by up to 25%; normalise by minmax, rank;" in said
    assert "not weights up or down by up to 10%. Leave out --vary" in said


def test_extending_keeps_the_draws_and_takes_other_intervals(tmp_path):
    ran("--draws", 30, "--seed", 3, "-o", tmp_path / "a")
    saved = ("--draws", 60, "--extend", tmp_path / "a" / "draws.npz")

    whole = ran("--draws", 60, "--seed", 3, "--level", 0.5, "--top", 3)
    assert ran(*saved, "--level", 0.5, "--top", 3, "--seed", 3).stdout == whole.stdout
    for option, value in (("seed", 4), ("year", 1998)):
        said = " ".join(ran(*saved, f"--{option}", value, code=1).stderr.split())
        assert f"was drawn with {option} " in said
        assert f"not {value}. Leave out --{option}" in said


def test_options_that_are_never_drawn_are_not_said_to_vary():
    found = ran("--draws", 50, "--vary", "normalise=minmax,rank,to_target", "--skip-failing")

    said = " ".join(found.stdout.split())
    assert "Varied: normalise by minmax, rank. " in said
    assert "Combinations that cannot be scored are left out: normalise=to_target." in said


def test_an_existing_folder_is_kept(tmp_path):
    ran("--draws", 20, "-o", tmp_path / "out")
    before = {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}

    found = ran("--draws", 30, "-o", tmp_path / "out", code=1)

    assert "--force" in found.stderr
    assert before == {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}


HOSTILE = """id = "x"
title = "=1+1"
[methods]
normalise = "goalposts"
aggregate = { pillar = "arithmetic", index = "geometric" }
[[pillar]]
id = "p"
name = "<script>alert(1)</script>"
[[pillar]]
id = "q"
"""


@pytest.fixture
def hostile(tmp_path):
    leaves = "".join(
        f'[[indicator]]\nid = "{name}"\npillar = "{pillar}"\nname = \'"{name}" =2+2\'\ngoalposts = [0, 100]\n'
        "clip = false\n"
        for name, pillar in (("a", "p"), ("b", "p"), ("c", "q"))
    )
    (tmp_path / "f.toml").write_text(HOSTILE + leaves, encoding="utf-8")
    rows = [("=1+1", 20, 30, 40), ("<script>", 40, 20, 30), ('"quoted"', 60, 70, 20), ("@x", 50, 45, 80)]
    pd.DataFrame(rows, columns=["region", "a", "b", "c"]).assign(year=2020).to_csv(
        tmp_path / "d.csv", index=False
    )
    return tmp_path


def invoked(folder, *args):
    return CliRunner().invoke(
        app, ["uncertainty", str(folder / "f.toml"), str(folder / "d.csv"), *map(str, args)]
    )


def test_names_are_text_whatever_they_hold(hostile):
    found = invoked(hostile, "--draws", 30, "-o", hostile / "out")

    assert found.exit_code == 0, found.output
    text = (hostile / "out" / "uncertainty.csv").read_text(encoding="utf-8-sig")
    assert not any(line.startswith(("=", "@", "+", "-")) for line in text.splitlines())
    assert invoked(hostile, "--draws", 30).exit_code == 0


@pytest.mark.slow
def test_draws_that_cannot_be_scored_are_named_or_counted(hostile):
    """The index is a geometric mean, which a pillar below 0 has none of: under some weights only."""
    frame = pd.read_csv(hostile / "d.csv")
    frame.loc[1, ["a", "b"]] = [-20, 24]
    frame.to_csv(hostile / "d.csv", index=False)

    stopped = invoked(hostile, "--draws", 300, "--vary", "weights=0.5", "-o", hostile / "out")

    assert stopped.exit_code == 1
    number = int(stopped.stderr.split("such as draw ")[1].split(":")[0])
    many = int(stopped.stderr.split("Error: ")[1].split(" of draws 0 to 299 ")[0])
    assert "'p'" in stopped.stderr
    assert "<script>" in stopped.stderr
    assert "--skip-failing" in stopped.stderr
    assert not (hostile / "out").exists()

    found = invoked(hostile, "--draws", 300, "--vary", "weights=0.5", "--skip-failing", "-o", hostile / "out")

    assert found.exit_code == 0, found.output
    assert f"{many} draws cannot be scored and are left out" in found.stderr
    draws = pd.read_csv(hostile / "out" / "draws.csv")
    failed = draws["failed"].notna()
    assert failed.sum() == many
    assert failed[number]
    share = draws["weight a"] / (draws["weight a"] + draws["weight b"])
    assert (failed == (24 - 44 * share <= 0)).all()
    regions = pd.read_csv(hostile / "out" / "uncertainty.csv")
    assert regions["scored"].to_numpy() == pytest.approx(1 - many / 300)
    overall = pd.read_csv(hostile / "out" / "overall.csv")
    assert overall["draws"].item() == 300 - many


def started(folder, *args, draws=400_000):
    """Start drawing with the terminal of a pseudo-terminal on stderr; return the process and the terminal."""
    screen, end = pty.openpty()
    command = [sys.executable, "-m", "equindex", "uncertainty", FRAMEWORK, DATA, "--draws", str(draws)]
    command += ["--vary", "values=0.02", "--engine", "threads", "-o", str(folder / "out"), *args]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=end, env=os.environ | {"TERM": "xterm", "COLUMNS": "100"}
    )
    os.close(end)
    return process, screen


def shown(screen, until=None, seconds=60):
    """Read a terminal until some draws are done, or to its end."""
    text, stop = "", time.monotonic() + seconds
    while time.monotonic() < stop:
        try:
            text += os.read(screen, 4096).decode(errors="replace")
        except OSError:  # the other end is closed
            return text
        if until is not None and until(text):
            return text
    raise AssertionError(f"nothing came in {seconds} seconds but {text[-500:]!r}")


def some_done(text):
    return any(part.split("/")[0].split()[-1:] not in ([], ["0"]) for part in text.split("/400000")[:-1])


def test_an_interrupt_keeps_finished_draws_and_shows_the_time_left_before(tmp_path):
    process, screen = started(tmp_path)
    before = shown(screen, some_done)
    process.send_signal(signal.SIGINT)
    after = shown(screen)

    assert process.wait(60) == 130
    assert "Drawing" in before
    assert ":" in before.split("/400000")[-1]
    done = int(after.split("Interrupted: ")[-1].split(" of 400,000 draws")[0].replace(",", ""))
    assert 0 < done < 400_000
    assert "finished and kept" in after
    assert "Stopping: finished draws are kept" in after.split("Interrupted: ")[0]
    record = json.loads((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))
    assert record["options"]["uncertainty"]["draws"] == done
    assert len(pd.read_csv(tmp_path / "out" / "draws.csv")) == done
    with np.load(tmp_path / "out" / "draws.npz") as file:
        assert len(file["scores_index"]) == done


@pytest.mark.slow
def test_a_second_interrupt_stops_at_once(tmp_path):
    process, screen = started(tmp_path)
    shown(screen, some_done)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    after = shown(screen)

    assert process.wait(60) == 130
    assert "Traceback" not in after
    assert "Interrupted" in after
    assert time.monotonic() - begun < 20
    assert not [file for file in tmp_path.rglob("*") if file.name.startswith(".")]


def test_a_file_shows_no_bar():
    assert "Drawing" not in ran("--draws", 50).stderr
