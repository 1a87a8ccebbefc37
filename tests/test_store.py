"""Runs kept in SQLite: what goes in comes out to the last bit, all of it or nothing."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import sqlite3
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from equindex import Framework, store
from equindex._resources import path
from equindex.cli import app
from equindex.errors import DataError, EngineError, FrameworkError
from equindex.store import Store, keep

PROVINCES = path("data/china-services")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(PROVINCES, tmp_path / "plan")
    return tmp_path / "plan"


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(a) for a in arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def scored(folder: Path, *settings: str):
    framework = Framework.from_toml(folder / "framework.toml", settings=settings)
    return framework.score(str(folder / "observations.csv"))


def kept(folder: Path, *settings: str, note: str = "") -> int:
    scores = scored(folder, *settings)
    return Store(folder, create=True).save(scores.tables(), scores.provenance, note=note)


def test_every_cell_comes_back_to_the_last_bit(folder):
    scores = scored(folder)
    number = Store(folder, create=True).save(scores.tables(), scores.provenance, note="first")
    back = Store(folder).tables(number)
    assert list(back) == list(scores.tables())
    for name, frame in scores.tables().items():
        assert list(back[name].columns) == list(frame.columns)
        for column in frame.columns:
            gone = frame[column].isna().to_numpy()
            assert (back[name][column].isna().to_numpy() == gone).all()
            for was, now, missing in zip(frame[column], back[name][column], gone, strict=True):
                assert missing or was == now
    found = Store(folder).run(number)
    assert (found.note, found.framework, found.command) == ("first", "china-services-1999", "score")
    assert dict(found.record) == json.loads(json.dumps(scores.provenance))


def test_plain_sqlite_reads_the_file(folder):
    number = kept(folder)
    with sqlite3.connect(folder / store.NAME) as connection:
        name, score = connection.execute(
            "SELECT region_name, score FROM scores WHERE run = ? AND node = 'index' ORDER BY score DESC",
            (number,),
        ).fetchone()
        mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    assert (name, mode) == ("北京", "wal")
    assert score == scored(folder).index.max()


def test_values_that_sqlite_could_bend(tmp_path):
    frame = pd.DataFrame(
        {
            "run": ["=1+1", "<script>alert(1)</script>", "'; DROP TABLE runs; --", ""],
            'a "quoted" name': [0.1 + 0.2, -1 / 3, 5e-324, np.nan],
            "whole": pd.array([1, None, 2**53 + 1, -7], dtype="Int64"),
            "truth": pd.array([True, None, False, True], dtype="boolean"),
        }
    )
    record = json.loads(json.dumps(Framework.from_toml(PROVINCES / "framework.toml").to_dict()))
    provenance = {
        "equindex": "0",
        "time": "2026-01-01T00:00:00+00:00",
        "framework": record,
        "framework_digest": "x",
        "weights": "equal",
        "data": {"path": "postgresql://me:secret@host/db", "digests": {}},
        "options": {"years": None, "keep": "all"},
        "seed": None,
    }
    place = Store(tmp_path / "s.sqlite", create=True)
    back = place.tables(place.save({"runs": frame, "odd": frame.iloc[:0]}, provenance))
    assert back["runs"]["run"].tolist() == frame["run"].tolist()
    assert [value.hex() for value in back["runs"]['a "quoted" name'][:3]] == [
        value.hex() for value in frame['a "quoted" name'][:3]
    ]
    assert back["runs"]["whole"].tolist()[2] == 2**53 + 1
    assert back["runs"]["truth"].isna().tolist() == [False, True, False, False]
    assert len(back["odd"]) == 0
    assert b"secret" not in (tmp_path / "s.sqlite").read_bytes()
    assert place.run(1).data == "postgresql://me:***@host/db"


def test_a_run_that_fails_half_way_leaves_nothing(folder, monkeypatch):
    scores = scored(folder)
    kept(folder)
    insert = keep._insert

    def half(connection, number, name, frame):
        insert(connection, number, name, frame)
        raise KeyboardInterrupt

    monkeypatch.setattr(keep, "_insert", half)
    with pytest.raises(KeyboardInterrupt):
        Store(folder).save(scores.tables(), scores.provenance)
    assert [one.run for one in Store(folder).runs()] == [1]
    with sqlite3.connect(folder / store.NAME) as connection:
        assert {row[0] for row in connection.execute("SELECT DISTINCT run FROM scores")} == {1}


def _write(folder: str, times: int) -> None:
    for _ in range(times):
        kept(Path(folder))


def test_a_store_that_another_makes_meanwhile_is_taken(tmp_path, monkeypatch):
    opened = Store._open
    place = tmp_path / "s.sqlite"

    class Rows(list):
        def fetchone(self):
            return self[0]

    class Slow:
        """After its first answer, another program makes the store."""

        def __init__(self, connection):
            self.connection, self.asked = connection, False

        def execute(self, *words):
            rows = self.connection.execute(*words).fetchall()
            if not self.asked:
                self.asked = True
                with monkeypatch.context() as patch:
                    patch.setattr(Store, "_open", opened)
                    Store(place, create=True)
            return Rows(rows)

    @contextmanager
    def slowly(self):
        with opened(self) as connection:
            yield Slow(connection)

    monkeypatch.setattr(Store, "_open", slowly)
    Store(place, create=True)
    monkeypatch.undo()
    assert Store(place).runs() == []


@pytest.mark.slow
def test_writers_wait_for_each_other(folder):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(str(folder), 3)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    place = Store(folder)
    assert [one.run for one in place.runs()] == list(range(1, 10))
    first = place.tables(1)["scores"]
    assert all(place.tables(number)["scores"].equals(first) for number in range(2, 10))


def test_verify_finds_the_same_bits_and_what_differs(folder):
    number = kept(folder)
    found = store.verify(Store(folder), number)
    assert found.different == 0
    assert found.cells > 10_000
    with sqlite3.connect(folder / store.NAME) as connection:
        connection.execute("UPDATE scores SET score = score + 1e-13 WHERE row = 0 AND run = ?", (number,))
    found = store.verify(Store(folder), number)
    assert found.different == 1
    assert "北京" in found.listed[0]
    (folder / "observations.csv").write_text("changed", encoding="utf-8")
    with pytest.raises(DataError, match=r"observations\.csv changed"):
        store.verify(Store(folder), number)


@pytest.mark.parametrize(
    ("settings", "causes"),
    [
        (["weighting=entropy"], {"weights"}),
        (["normalise=zscore"], {"methods"}),
        (["weighting=entropy", "normalise.lower=0", "aggregate=median"], {"weights", "methods"}),
        ([], set()),
    ],
)
def test_changes_are_owed_to_their_causes(folder, settings, causes):
    old, new = kept(folder), kept(folder, *settings)
    found = store.compare(Store(folder), old, new)
    assert set(found.differs) == causes
    frame = found.regions
    parts = [column for column in (*store.CAUSES, "version") if column in frame]
    assert set(parts) == causes | {"version"}
    np.testing.assert_allclose(frame[parts].sum(axis=1), frame["change"], atol=1e-11)
    np.testing.assert_allclose(frame["version"], 0, atol=1e-11)
    if len(causes) == 1:
        np.testing.assert_allclose(frame[causes.pop()], frame["change"], atol=1e-11)


def test_data_are_a_cause_and_other_indicators_are_none(folder):
    old = kept(folder)
    moved = folder / "observations-2.csv"
    text = (folder / "observations.csv").read_text(encoding="utf-8")
    lines = text.split("\n")
    cells = lines[1].split(",")
    value = lines[0].lstrip("\ufeff").split(",").index("value")
    cells[value] = str(float(cells[value]) * 2)
    moved.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]), encoding="utf-8")
    framework = Framework.from_toml(folder / "framework.toml")
    scores = framework.score(str(moved))
    new = Store(folder).save(scores.tables(), scores.provenance)
    found = store.compare(Store(folder), old, new)
    assert found.differs == ("data",)
    np.testing.assert_allclose(found.regions["data"], found.regions["change"], atol=1e-11)
    from equindex.framework import without

    fewer = without(framework, framework.model.indicator[0].id).score(str(folder / "observations.csv"))
    other = Store(folder).save(fewer.tables(), fewer.provenance)
    told = store.compare(Store(folder), old, other)
    assert "others" in told.differs
    assert "differ in indicators" in told.reason
    assert told.regions["change"].notna().all()


def test_what_is_no_store_is_said(folder, tmp_path):
    with pytest.raises(FrameworkError, match="no store"):
        Store(tmp_path / "none.sqlite")
    with pytest.raises(FrameworkError, match="no store of equindex, or damaged"):
        Store(folder / "framework.toml")
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE mine (x)")
    with pytest.raises(FrameworkError, match="but no store of equindex"):
        Store(other, create=True)
    with pytest.raises(EngineError, match="cannot be opened"):
        Store(tmp_path / "no folder" / "s.sqlite", create=True)
    kept(folder)
    with pytest.raises(DataError, match=r"there is no run 7\. Runs: 1"):
        Store(folder).run(7)


def test_a_store_where_nothing_can_be_written_is_read_as_it_lies(folder, monkeypatch):
    kept(folder)
    monkeypatch.setattr("os.access", lambda *_: False)

    assert [run.run for run in Store(folder).runs()] == [1]
    assert list(Store(folder).tables(1)["scores"]["rank"])
    with pytest.raises(EngineError, match=r"readonly database.*--store"):
        Store(folder, create=True)


def test_a_batch_whose_store_cannot_be_written_does_not_begin(tmp_path):
    pytest.importorskip("pyarrow")
    (tmp_path / "f.toml").write_text('id = "x"\n[methods]\nnormalise = "minmax"\n[[indicator]]\nid = "a"\n')
    (tmp_path / "d.csv").write_text("region,year,a\nA,2020,1\nB,2020,3\n")
    words = [
        "batch",
        tmp_path / "f.toml",
        tmp_path / "d.csv",
        "-o",
        tmp_path / "o",
        "--store",
        tmp_path / "no" / "s",
    ]

    done = CliRunner().invoke(app, [str(word) for word in words])

    assert done.exit_code == 1
    assert "cannot be opened" in done.stderr
    assert not (tmp_path / "o").exists()


def test_the_commands(folder, tmp_path):
    files = folder / "framework.toml", folder / "observations.csv"
    run("score", *files, "--save", "--note", "=1+1", "--quiet")
    run("score", *files, "--set", "weighting=entropy", "--store", folder, "--quiet")
    at = ("--store", folder)
    assert [one["run"] for one in json.loads(run("runs", "list", *at, "--json"))] == [2, 1]
    assert "=1+1" in run("runs", "list", *at)
    assert "北京" in run("runs", "show", 1, *at)
    assert "bit for bit" in run("runs", "verify", 2, *at)
    assert "differ in: weights" in run("runs", "compare", 1, 2, *at)
    run("runs", "export", 1, *at, "-o", tmp_path / "out")
    run("rerun", tmp_path / "out" / "provenance.json", "-o", tmp_path / "again", "--quiet")
    for file in (tmp_path / "again").glob("*.csv"):
        assert file.read_bytes() == (tmp_path / "out" / file.name).read_bytes()
    refused = CliRunner().invoke(app, ["runs", "verify", "9", "--store", str(folder)])
    assert refused.exit_code == 1
    assert "there is no run 9" in refused.stderr


def test_runs_of_other_commands_are_kept_and_read_with_sqlite_alone(folder, tmp_path):
    pytest.importorskip("pyarrow")
    files = folder / "framework.toml", folder / "observations.csv"
    plan = path("data/rugao-2025")
    (tmp_path / "f.toml").write_text('id = "x"\n[methods]\nnormalise = "minmax"\n[[indicator]]\nid = "a"\n')
    (tmp_path / "d.csv").write_text("region,year,a\nA,2020,1\nB,2020,3\nC,2020,2\n")
    at = ("--store", folder, "--quiet")
    run("score", *files, *at, "--json")
    run("equalize", *files, "-o", tmp_path / "even", *at)
    run("monitor", plan / "framework.toml", plan / "observations.csv", "-o", tmp_path / "paths", *at)
    run("batch", tmp_path / "f.toml", tmp_path / "d.csv", "-o", tmp_path / "blocks", *at, "--note", "all")

    with sqlite3.connect(folder / store.NAME) as connection:
        kept_ = connection.execute("SELECT run, command, note FROM runs ORDER BY run").fetchall()
        first = connection.execute(
            "SELECT region_name FROM scores WHERE run = 1 AND node = 'index' AND rank = 1"
        ).fetchall()
        [mean] = connection.execute('SELECT mean FROM "index" WHERE run = 4').fetchone()
        mode = connection.execute("PRAGMA journal_mode").fetchone()
    assert kept_ == [(1, "score", ""), (2, "equalize", ""), (3, "monitor", ""), (4, "batch", "all")]
    assert first == [("北京",)]
    assert mean == pytest.approx(50)
    assert mode == ("wal",)
    for number in (2, 3, 4):
        run("runs", "show", number, "--store", folder)
        run("runs", "export", number, "-o", tmp_path / f"out-{number}", "--store", folder, "--quiet")
    for file in (tmp_path / "even").glob("*.csv"):
        assert file.read_bytes() == (tmp_path / "out-2" / file.name).read_bytes()
    refused = CliRunner().invoke(app, ["runs", "verify", "4", "--store", str(folder)])
    assert "only runs of score can be scored again" in refused.stderr
