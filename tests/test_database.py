"""Data in databases: the same bytes as from files, nothing written, and no password kept or printed."""

import datetime
import json
import sqlite3
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from equindex import Framework, batch, tables
from equindex._resources import path
from equindex.cli import app
from equindex.errors import DataError, EngineError
from equindex.tables import Database, database, drivers, masked
from small import framework, node, table
from test_batch import built, bytes_of, data, stopped

pytest.importorskip("pyarrow")
duckdb = pytest.importorskip("duckdb")

PROVINCES = path("data/china-services")
KINDS = ["sqlite", "duckdb"]
ODD = 'of "all", even'


def stored(kind: str, place: Path, frame: pd.DataFrame, name: str = "observations") -> Database:
    """Put a table into a new or present file, as numbers and text."""
    file = place / f"a.{kind}"
    if kind == "sqlite":
        with sqlite3.connect(file) as connection:
            frame.to_sql(name, connection, index=False)
        connection.close()
    else:
        with duckdb.connect(str(file)) as connection:
            connection.register("frame", frame)
            connection.execute(f"CREATE TABLE {database._quoted(name)} AS SELECT * FROM frame")
    return Database(url=f"{kind}:///{file.as_posix()}", table=name)


def provinces(seed: int | None = None) -> pd.DataFrame:
    frame = pd.read_csv(PROVINCES / "observations.csv", dtype={"region": str})
    return frame if seed is None else frame.sample(frac=1, random_state=seed)


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(a) for a in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done.exit_code, " ".join(done.output.split())


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_gives_the_bytes_of_its_file_in_whatever_order_its_rows_are(kind, tmp_path):
    source = stored(kind, tmp_path, provinces(seed=4), ODD)
    score = ("score", PROVINCES / "framework.toml")

    first = run(*score, PROVINCES / "observations.csv", "-o", tmp_path / "file")
    other = run(*score, source.url, "--table", ODD, "-o", tmp_path / "table")

    assert (first[0], other[0]) == (0, 0)
    assert bytes_of(tmp_path / "file") == bytes_of(tmp_path / "table")
    again = stored(kind, tmp_path, provinces(seed=5), "other")
    digests = [set(framework_of_provinces().sheets(one)[1].values()) for one in (source, again)]
    assert digests[0] == digests[1]


def framework_of_provinces() -> Framework:
    return Framework.from_toml(PROVINCES / "framework.toml")


@pytest.mark.parametrize("kind", KINDS)
def test_a_query_chooses_rows(kind, tmp_path):
    source = stored(kind, tmp_path, provinces().assign(kind="real"))
    query = "SELECT * FROM observations WHERE region IN ('110000', '310000') -- two of them\n; "

    code, _ = run("score", PROVINCES / "framework.toml", source.url, "--query", query, "-o", tmp_path / "out")

    assert code == 0
    found = pd.read_csv(tmp_path / "out" / "scores.csv", dtype=str)
    assert set(found["region"]) == {"110000", "310000"}
    assert json.loads((tmp_path / "out" / "provenance.json").read_text())["data"]["query"] == query


@pytest.mark.parametrize("kind", KINDS)
def test_cells_are_read_as_plans_print_them(kind, tmp_path):
    frame = table(a=["≥97", "90.5", None, "12"], b=[1.5, None, 3.0, 4.0])
    source = stored(kind, tmp_path, frame)

    scores = framework(["a", "b"]).score(source)

    assert node(scores.to_frame(), "a", "value") == pytest.approx([97, 90.5, np.nan, 12], nan_ok=True)
    assert node(scores.to_frame(), "b", "value") == pytest.approx([1.5, np.nan, 3, 4], nan_ok=True)


def test_numbers_are_the_nearest_there_are(tmp_path):
    exact = [Decimal("13436.4244"), Decimal("76379.7735"), Decimal("25506.6712"), None]
    with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
        connection.execute("CREATE TABLE t (region VARCHAR, year DATE, a DECIMAL(18, 4), b DOUBLE, c BLOB)")
        rows = [
            (f"r{at}", datetime.date(2020, 1, 1), value, float("nan") if at == 0 else at, b"x")
            for at, value in enumerate(exact)
        ]
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", rows)
    source = Database(url=f"duckdb:///{tmp_path}/a.duckdb", table="t")

    found = framework(["a", "b"]).score(source).to_frame()

    assert node(found, "a", "value")[:3] == [13436.4244, 76379.7735, 25506.6712]
    assert node(found, "b", "value")[1:] == [1, 2, 3]
    assert np.isnan(node(found, "b", "value")[0])


def test_numbers_and_text_of_one_column_are_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(drivers, "_CELLS", 1)
    rows = 2500
    cells = [*range(rows - 1), "<7"]
    source = stored("sqlite", tmp_path, table(region=[f"r{at}" for at in range(rows)], a=cells))

    found = framework(["a"]).score(source).to_frame()

    values = found[found["node"] == "a"].set_index("region")["value"]
    assert values.tolist() == [float(str(cells[int(name[1:])]).strip("<")) for name in values.index]


@pytest.mark.parametrize(
    ("cell", "year", "words"),
    [
        (float("inf"), 2020, ["a", "infinite"]),
        (1.0, "2020-05", ["2020-05", "year"]),
        (b"\x01", 2020, ["x01"]),
    ],
)
def test_cells_that_cannot_be_read_are_named(cell, year, words, tmp_path):
    frame = pd.DataFrame({"region": ["A", "B"], "year": [year, 2020], "a": [cell, 2.0]})
    source = stored("sqlite", tmp_path, frame)

    with pytest.raises(DataError) as refused:
        framework(["a"]).score(source)

    for word in ["observations", *words]:
        assert word in str(refused.value)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM observations RETURNING *",
        "SELECT 1 AS a) q; DELETE FROM observations; SELECT * FROM (SELECT 1",
        "DROP TABLE observations",
    ],
)
def test_nothing_can_be_written(kind, query, tmp_path):
    source = stored(kind, tmp_path, provinces())
    before = (tmp_path / f"a.{kind}").read_bytes()

    code, said = run("check", PROVINCES / "framework.toml", source.url, "--query", query)

    assert code == 1
    assert said.startswith("Error: ")
    assert "the query failed" in said
    assert "one SELECT" in said
    assert (tmp_path / f"a.{kind}").read_bytes() == before
    with Database(url=source.url, query="SELECT 1")._opened() as session, pytest.raises(session.errors):
        session.connection.execute("DELETE FROM observations")  # the connection itself cannot


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_missing_is_named(kind, tmp_path):
    source = stored(kind, tmp_path, provinces())
    stored(kind, tmp_path, provinces()[:0], "empty")

    def refused(*options):
        code, said = run("score", PROVINCES / "framework.toml", *options)
        assert code == 1
        assert said.startswith("Error: ")
        return said

    assert "name a table with --table" in refused(source.url)
    assert "Its tables: empty, observations" in refused(source.url)
    assert "Did you mean 'observations'?" in refused(source.url, "--table", "observation")
    assert "empty has no rows" in refused(source.url, "--table", "empty")
    assert "Give one of them" in refused(source.url, "--table", "empty", "--query", "SELECT 1")
    assert "the query failed" in refused(source.url, "--query", "SELECT nope FROM observations")
    assert "missing columns" in refused(source.url, "--query", "SELECT region, year FROM observations")
    assert "are for databases" in refused(PROVINCES / "observations.csv", "--table", "empty")
    assert "there is no file" in refused(f"{kind}:///{tmp_path}/b.{kind}", "--table", "empty")
    assert "three slashes" in refused(f"{kind}://a.{kind}", "--table", "empty")
    (tmp_path / "text").write_text("no database " * 100)
    assert "cannot be read" in refused(f"{kind}:///{tmp_path}/text", "--table", "empty")
    assert "mysql://me:***@host/db is no database" in refused("mysql://me:secret@host/db")


def test_a_package_that_is_missing_is_named(monkeypatch):
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(drivers, "import_module", absent)
    with pytest.raises(EngineError, match=r'psycopg.*pip install "equindex\[database\]"'):
        Database(url="postgresql://host/db", table="t").header()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:s3cret@host:5432/db",
        "postgresql://me:s3cret@in@host/db?sslmode=require",
        "postgresql://me:a/s3cret?b@host/db",
        "postgresql://host/db?user=me&password=s3cret@x&sslmode=require",
        "postgres://host/db?sslpassword=s3cret",
        "s3://s3cret@bucket/x",
        "https://key:s3cret@bucket/x?token=s3cret",
    ],
)
def test_passwords_are_masked_wherever_they_stand(url):
    assert "s3cret" not in masked(url)
    assert "***" in masked(url)
    if url.startswith("postgres"):
        source = Database(url=url, table="t")
        assert "s3cret" not in f"{source!r} {source.record} {Database.recorded(source.record).url}"
        with pytest.raises((DataError, EngineError)) as refused:
            Database(
                url=url.replace("host:5432", "127.0.0.1:1").replace("host", "127.0.0.1:1"), table="t"
            ).header()
        assert "s3cret" not in str(refused.value)
        assert refused.value.__suppress_context__


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_is_run_again_unless_rows_have_changed(kind, tmp_path):
    source = stored(kind, tmp_path, provinces())
    score = ("score", PROVINCES / "framework.toml", source.url, "--table", "observations")
    assert run(*score, "-o", tmp_path / "one", "--save", "--store", tmp_path)[0] == 0

    code, _ = run("rerun", tmp_path / "one" / "provenance.json", "-o", tmp_path / "two")

    assert code == 0
    for name in ("scores.csv", "provenance.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert run("runs", "verify", "1", "--store", tmp_path)[0] == 0
    connect = sqlite3.connect if kind == "sqlite" else duckdb.connect
    connection = connect(str(tmp_path / f"a.{kind}"))
    connection.execute("UPDATE observations SET value = value + 1 WHERE region = '110000'")
    connection.commit()
    connection.close()
    code, said = run("rerun", tmp_path / "one" / "provenance.json", "-o", tmp_path / "three")
    assert code == 1
    assert "observations changed since that run" in said
    assert run("runs", "verify", "1", "--store", tmp_path)[0] == 1


def test_no_output_replaces_a_database(tmp_path):
    source = stored("sqlite", tmp_path, provinces())
    (tmp_path / "a.sqlite").rename(tmp_path / "scores.csv")

    code, said = run(
        "score",
        PROVINCES / "framework.toml",
        source.url.replace("a.sqlite", "scores.csv"),
        "--table",
        "observations",
        "-o",
        tmp_path,
        "--force",
    )

    assert code == 1
    assert "would overwrite what was read" in said


def test_every_command_that_reads_data_takes_databases():
    named = {"score", "check", "explain", "equalize", "monitor", "compare", "change", "uncertainty", "batch"}
    import typer

    root = typer.main.get_command(app)
    for name in named | {"sensitivity", "diagnose"}:
        options = {option for one in root.commands[name].params for option in one.opts}
        assert {"--table", "--query"} <= options, name
    assert "--table" in {o for one in root.commands["weights"].commands["derive"].params for o in one.opts}
    assert "--table" not in {o for one in root.commands["rerun"].params for o in one.opts}
    assert tables.is_database("POSTGRES://h/d")


# --- batches -----------------------------------------------------------------------------------------------


def results(folder: Path) -> dict[str, bytes]:
    return {name: content for name, content in bytes_of(folder).items() if name != "fitted.json"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_writes_the_bytes_of_the_same_rows_in_parquet(kind, tmp_path):
    frame = data(rows=600)
    frame.sort_values(["year", "region"]).to_parquet(tmp_path / "a.parquet", index=False)
    shuffled = frame.sample(frac=1, random_state=1).assign(c=frame["c"].astype(str).where(frame["c"].notna()))
    source = stored(kind, tmp_path, shuffled)

    batch.run(built(), tmp_path / "a.parquet", tmp_path / "file")
    batch.run(built(), source, tmp_path / "table")

    assert results(tmp_path / "file") == results(tmp_path / "table")
    told = json.loads((tmp_path / "table" / "provenance.json").read_text())["data"]
    assert (told["path"], told["table"]) == (source.shown, "observations")
    [stamp] = told["files"].values()
    assert len(stamp[-1]) == 64


def test_a_stopped_batch_goes_on_where_the_rows_are_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr("equindex.batch.spool._GROUP", 100)
    monkeypatch.setattr("equindex.batch.sources._UNIT_ROWS", 100)
    source = stored("sqlite", tmp_path, data())
    batch.run(built(), source, tmp_path / "whole")
    for out in ("same", "other"):
        stopped(monkeypatch, built(), source, tmp_path / out, 8)

    batch.run(built(), source, tmp_path / "same", footer=False, resume=True)

    assert results(tmp_path / "same") == results(tmp_path / "whole")
    with sqlite3.connect(tmp_path / "a.sqlite") as connection:
        connection.execute("UPDATE observations SET a = a + 1e-9 WHERE region = 'r00003'")
    connection.close()
    with pytest.raises(DataError, match=r"observations.*has changed since the run began"):
        batch.run(built(), source, tmp_path / "other", footer=False, resume=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"a": "≥97"}, "'a' holds text.*≥97.*equindex score"),
        ({"a": float("inf")}, "'a' = inf"),
        ({"year": "20xx"}, "'20xx' is no year"),
        ({"region": None}, "1 rows have no region"),
    ],
)
def test_cells_that_a_batch_cannot_take_are_named(change, said, tmp_path):
    frame = data(rows=50).astype(object)
    for column, cell in change.items():
        frame.loc[7, column] = cell
    source = stored("sqlite", tmp_path, frame)

    with pytest.raises(DataError, match=f"observations.*{said}"):
        batch.run(built(), source, tmp_path / "out")


def test_the_command_takes_a_query(tmp_path):
    (tmp_path / "f.toml").write_text('id = "x"\n[methods]\nnormalise = "minmax"\n[[indicator]]\nid = "a"\n')
    source = stored("sqlite", tmp_path, data(rows=60))
    query = "SELECT region, year, a FROM observations WHERE year > 2019"

    code, said = run(
        "batch", tmp_path / "f.toml", source.url, "--query", query, "-o", tmp_path / "out", "--json"
    )

    assert code == 0
    assert '"years": [2020, 2021]' in said
    assert run("batch", tmp_path / "f.toml", source.url, "--table", "none", "-o", tmp_path / "no")[0] == 1


def test_weights_are_derived_from_a_table_as_from_a_file(tmp_path):
    source = stored("sqlite", tmp_path, provinces())
    found = []
    for name, given in {
        "file": [PROVINCES / "observations.csv"],
        "table": [source.url, "--table", "observations"],
    }.items():
        out = tmp_path / f"{name}.toml"
        code, said = run(
            *("weights", "derive", PROVINCES / "framework.toml", *given, "--method", "entropy", "-o", out)
        )
        assert code == 0, said
        found.append(out.read_text(encoding="utf-8").split("[weights]")[1])
    assert found[0] == found[1]
    assert "observations, SHA-256" in (tmp_path / "table.toml").read_text(encoding="utf-8")


def test_a_server_that_refuses_to_be_read_only_is_not_read(monkeypatch):
    psycopg = pytest.importorskip("psycopg")

    class Pooler:
        """A connection that takes no settings."""

        closed = False

        def execute(self, sql):
            raise psycopg.OperationalError(f"not here: {sql}")

        def close(self):
            self.closed = True

    pooler = Pooler()
    monkeypatch.setattr(psycopg, "connect", lambda **_: pooler)

    with pytest.raises(
        EngineError, match=r"postgresql://me:\*\*\*@host/db cannot be read safely: not here: SET"
    ):
        Database(url="postgresql://me:secret@host/db", table="t").header()
    assert pooler.closed
