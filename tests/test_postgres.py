"""A real PostgreSQL on loopback: a million rows, streamed and read-only, and no password left anywhere."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from equindex import Framework, batch
from equindex._resources import path
from equindex.errors import DataError, EngineError
from equindex.tables import Database, drivers
from small import framework, node
from test_batch import stopped
from test_database import provinces, results, run

pq = pytest.importorskip("pyarrow.parquet")
psycopg = pytest.importorskip("psycopg")

pytestmark = pytest.mark.postgres
PROVINCES = path("data/china-services")
PASSWORD = "g3h:e@i/m"
ROWS = 1_000_000
LEAVES = [f"i{at}" for at in range(8)]


def programs() -> Path | None:
    """Return the folder of initdb and postgres, the newest."""
    beside = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: int(one.parts[4]))
    return Path(beside).parent if beside else found[-1].parent if found else None


@pytest.fixture(scope="module")
def server():
    """Start a server in a temporary folder, as another user where this one is root, and return its address."""
    bin_ = programs()
    if bin_ is None:
        pytest.skip("no PostgreSQL here: install the package postgresql")
    root = os.name == "posix" and os.getuid() == 0
    if root and shutil.which("runuser") is None:
        pytest.skip("PostgreSQL does not run as root, and there is no runuser")
    folder = Path("/tmp") / f"equindex-postgres-{os.getpid()}"  # no folder above may be closed to its user
    folder.mkdir(mode=0o700)
    (folder / "password").write_text(PASSWORD)
    if root:
        shutil.chown(folder, "nobody")
        shutil.chown(folder / "password", "nobody")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def do(*words, **more):
        words = ["runuser", "-u", "nobody", "--", *map(str, words)] if root else [str(word) for word in words]
        return subprocess.run(words, check=True, cwd=folder, capture_output=True, timeout=120, **more)

    settings = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c fsync=off"
    try:
        do(
            bin_ / "initdb",
            *("-D", folder / "data", "-U", "chief", f"--pwfile={folder / 'password'}", "-A", "scram-sha-256"),
            *("-E", "UTF8", "--locale=C", "--no-sync"),
        )
        do(bin_ / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log", "-o", settings, "start")
        try:
            quoted = PASSWORD.replace(":", "%3A").replace("@", "%40").replace("/", "%2F")
            yield f"postgresql://chief:{quoted}@127.0.0.1:{port}/postgres"
        finally:
            do(bin_ / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def loaded(server, name, frame, columns):
    """Load a table by COPY."""
    with psycopg.connect(server) as connection:
        connection.execute(f"DROP TABLE IF EXISTS {name}")
        connection.execute(f"CREATE TABLE {name} ({columns})")
        with connection.cursor().copy(f"COPY {name} FROM STDIN (FORMAT csv)") as copy:
            for at in range(0, len(frame), 100_000):
                copy.write(frame[at : at + 100_000].to_csv(index=False, header=False))
    return Database(url=server, table=name)


@pytest.fixture(scope="module")
def million(server, tmp_path_factory):
    """Return a million rows, shuffled in the server and sorted in a Parquet file."""
    folder = tmp_path_factory.mktemp("million")
    rng = np.random.default_rng(5)
    regions = ROWS // 4
    frame = pd.DataFrame(rng.gamma(4.0, 3.0, (ROWS, len(LEAVES))).round(4), columns=LEAVES)
    frame["i7"] = frame["i7"].mask(rng.random(ROWS) < 0.05)
    frame.insert(0, "year", np.repeat(range(2020, 2024), regions))
    frame.insert(0, "region", np.tile([f"{at:012d}" for at in range(regions)], 4))
    frame.to_parquet(folder / "rows.parquet", index=False, row_group_size=1 << 18)
    columns = "region char(12), year smallint, " + ", ".join(
        f"{leaf} {'numeric(12, 4)' if at % 2 else 'double precision'}" for at, leaf in enumerate(LEAVES)
    )
    shuffled = frame.iloc[rng.permutation(ROWS)]
    return loaded(server, "villages", shuffled, columns), folder


FRAMEWORK = 'id = "x"\n[methods]\nnormalise = "zscore"\n' + "".join(
    f'[[indicator]]\nid = "{leaf}"\n' for leaf in LEAVES
)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is told in other ways")
def test_a_million_rows_are_streamed_to_the_bytes_of_parquet_in_bounded_memory(million, tmp_path):
    source, folder = million
    (tmp_path / "framework.toml").write_text(FRAMEWORK)
    code = (
        "import sys; from equindex.cli import app; app(sys.argv[1:], standalone_mode=False); "
        "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
    )
    peaks = {}
    for name, words in {
        "file": [folder / "rows.parquet"],
        "table": [source.url, "--table", "villages"],
        "half": [source.url, "--query", "SELECT * FROM villages WHERE year < 2022"],
    }.items():
        out = tmp_path / name
        told = subprocess.run(
            [
                sys.executable,
                "-c",
                code,
                *map(str, ["batch", tmp_path / "framework.toml", *words, "-o", out]),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        peaks[name] = int(told.stdout) // 1024
        assert "g3h" not in told.stdout + told.stderr

    assert results(tmp_path / "table") == results(tmp_path / "file")
    print(peaks)  # in MB
    assert peaks["table"] < 600
    assert peaks["table"] < peaks["half"] * 1.25
    for one in tmp_path.rglob("*"):
        if one.is_file():
            assert b"g3h" not in one.read_bytes(), one


@pytest.mark.slow
def test_a_stopped_batch_goes_on_where_the_rows_are_the_same(million, tmp_path, monkeypatch, server):
    source, _ = million
    small = Database(
        url=source.url, query="SELECT * FROM villages WHERE year = 2020 AND region < '000000050000'"
    )
    plan = framework(LEAVES, methods={"normalise": "zscore"})
    batch.run(plan, small, tmp_path / "whole")

    stopped(monkeypatch, plan, small, tmp_path / "one", 2)
    left = [one.read_bytes() for one in (tmp_path / "one").rglob("*") if one.is_file()]
    with psycopg.connect(server) as connection:  # the same rows elsewhere on the disk
        connection.execute("UPDATE villages SET i0 = i0 WHERE year = 2020 AND region < '000000001000'")
    batch.run(plan, small, tmp_path / "one", footer=False, resume=True)

    assert results(tmp_path / "one") == results(tmp_path / "whole")
    assert not any(b"g3h" in content for content in left)
    stopped(monkeypatch, plan, small, tmp_path / "two", 2)
    with psycopg.connect(server) as connection:
        connection.execute("UPDATE villages SET i0 = i0 + 1 WHERE year = 2020 AND region = '000000000999'")
    with pytest.raises(DataError, match="has changed since the run began"):
        batch.run(plan, small, tmp_path / "two", footer=False, resume=True)


def test_a_table_gives_the_bytes_of_its_file(server, tmp_path, monkeypatch):
    frame = provinces(seed=2)
    columns = (
        "region char(8), year int, indicator text, value numeric, source_year int, source text, map bytea"
    )
    with psycopg.connect(server) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS \"of 'all'\"")
    loaded(server, "\"of 'all'\".observations", frame.assign(map=r"\x00"), columns)
    given = ("score", PROVINCES / "framework.toml")
    name = "of 'all'.observations"
    assert run(*given, PROVINCES / "observations.csv", "-o", tmp_path / "file")[0] == 0

    code, said = run(*given, server, "--table", name, "-o", tmp_path / "table", "--save", "--store", tmp_path)

    assert code == 0
    assert "g3h" not in said
    assert results(tmp_path / "table") == results(tmp_path / "file")
    assert not any(b"g3h" in one.read_bytes() for one in tmp_path.rglob("*") if one.is_file())
    rerun = ("rerun", tmp_path / "table" / "provenance.json", "-o")
    assert "no password supplied" in run(*rerun, tmp_path / "no")[1]
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert run(*rerun, tmp_path / "again")[0] == 0
    assert (tmp_path / "again" / "provenance.json").read_bytes() == (
        tmp_path / "table" / "provenance.json"
    ).read_bytes()
    assert run("runs", "verify", "1", "--store", tmp_path)[0] == 0


def test_types_of_the_server_are_read_as_files_are(server):
    with psycopg.connect(server) as connection:
        connection.execute("DROP TYPE IF EXISTS kind CASCADE")
        connection.execute("CREATE TYPE kind AS ENUM ('A', 'B', 'C')")
        connection.execute("DROP TABLE IF EXISTS types")
        connection.execute(
            "CREATE TABLE types (region kind, year date, a numeric, b real, c text, d jsonb, e bigint)"
        )
        connection.execute(
            "INSERT INTO types VALUES ('C', '2020-01-01', 13436.4244, 0.1, '≥97', '{}', 9007199254740993), "
            "('A', '2020-01-01', 'NaN', 'NaN', NULL, NULL, 1), ('B', '2020-01-01', 7, 2, '5', '[1]', 2)"
        )

    found = framework(["a", "b", "c", "e"]).score(Database(url=server, table="types")).to_frame()

    a, b, c, e = (node(found, name, "value") for name in "abce")
    assert a[1:] == [7, 13436.4244]
    assert np.isnan(a[0])
    assert b[1:] == [2, 0.1]
    assert c[1:] == [5, 97]
    assert e == [1, 2, 9007199254740992]


def test_infinite_numbers_are_refused(server):
    query = "SELECT 'A' AS region, 2020 AS year, 'Infinity'::float8 AS a UNION SELECT 'B', 2020, 1"

    with pytest.raises(DataError, match="infinite"):
        framework(["a"]).score(Database(url=server, query=query))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("DELETE FROM kept RETURNING *", "syntax error"),
        ("WITH gone AS (DELETE FROM kept RETURNING *) SELECT * FROM gone", "data-modifying"),
        ("SELECT * FROM kept WHERE delete_all()", "read-only transaction"),
        ("SELECT 1 AS a) q; COMMIT; DELETE FROM kept; SELECT * FROM (SELECT 1", "multiple commands"),
        ("SELECT set_config('transaction_read_only', 'off', false), delete_all()", "read-write mode"),
    ],
)
def test_nothing_can_be_written(server, query, said):
    with psycopg.connect(server) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (region text, year int, a float)")
        connection.execute("DELETE FROM kept")
        connection.execute("INSERT INTO kept VALUES ('A', 2020, 1), ('B', 2020, 2)")
        connection.execute(
            "CREATE OR REPLACE FUNCTION delete_all() RETURNS boolean LANGUAGE plpgsql AS "
            "'BEGIN DELETE FROM kept; RETURN true; END'"
        )

    with pytest.raises(DataError, match=f"the query failed.*{said}.*one SELECT"):
        framework(["a"]).score(Database(url=server, query=query))

    with psycopg.connect(server) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (2,)


def test_what_is_wrong_is_one_message_without_the_password(server):
    built = Framework.from_toml(PROVINCES / "framework.toml")
    with psycopg.connect(server) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS empty (region text, year int)")
    refusals = {
        (server, "nothing"): (DataError, r"has no table 'nothing'.*Its tables: .*empty"),
        (server, "empty"): (DataError, "empty has no rows"),
        (server, None): (DataError, "name a table with --table"),
        (server.replace("g3h", "bad"), "empty"): (EngineError, "password authentication failed"),
        (server.replace("/postgres", "/nowhere"), "empty"): (EngineError, '"nowhere" does not exist'),
        ("postgresql://chief:g3h@127.0.0.1:1/db", "empty"): (EngineError, "refused"),
        ("postgresql://chief:g3h/x@127.0.0.1/db", "empty"): (DataError, "%2F"),
        (server.replace("%40", "@"), "empty"): (DataError, "%40"),
    }
    for (url, name), (kind, said) in refusals.items():
        with pytest.raises(kind, match=said) as refused:
            built.score(Database(url=url, table=name))
        assert "g3h" not in str(refused.value)
        assert "e@i" not in str(refused.value)
        assert ":***@" in str(refused.value)


def test_a_connection_that_is_lost_is_told_and_leaves_nothing_finished(
    million, tmp_path, server, monkeypatch
):
    source, _ = million
    fetched = drivers._fetched

    def cut(cursor, text):
        for batch_ in fetched(cursor, text):
            yield batch_
            with psycopg.connect(server, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", [cursor.connection.info.backend_pid])

    monkeypatch.setattr(drivers, "_fetched", cut)
    with pytest.raises(DataError, match=r"'villages' cannot be read.*terminat"):
        batch.run(framework(LEAVES), source, tmp_path / "out")
    assert not (tmp_path / "out" / "provenance.json").exists()
    monkeypatch.undo()
    monkeypatch.setattr(drivers, "_CELLS", 1 << 16)
    small = Database(url=server, query="SELECT * FROM villages WHERE region < '000000000100'")
    assert batch.run(framework(LEAVES), small, tmp_path / "other").rows == 400
