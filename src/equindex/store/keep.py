"""Runs kept in one SQLite file: what was scored with what, and every table that came out."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from equindex.errors import DataError, EngineError, FrameworkError
from equindex.tables import masked

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NAME", "Run", "Store"]

NAME = "equindex-runs.sqlite"
"""The store's file, beside the framework unless another is named."""

_WAIT = 60.0  # seconds that a writer waits for another
_FORMAT = 1  # of the file
_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
  run INTEGER PRIMARY KEY AUTOINCREMENT,
  time TEXT NOT NULL,
  command TEXT NOT NULL,
  framework TEXT NOT NULL,
  title TEXT NOT NULL,
  framework_digest TEXT NOT NULL,
  weights TEXT NOT NULL,
  data TEXT,
  data_digests TEXT NOT NULL,
  version TEXT NOT NULL,
  seed INTEGER,
  note TEXT NOT NULL,
  provenance TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS result_columns (
  run INTEGER NOT NULL REFERENCES runs (run),
  result TEXT NOT NULL,
  place INTEGER NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  PRIMARY KEY (run, result, place)
);
"""
_KINDS = {"number": "REAL", "whole": "INTEGER", "truth": "INTEGER", "text": "TEXT"}
_OPTIONS = ("batch", "equalize", "monitor", "diagnose", "compare", "change", "uncertainty", "sensitivity")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A row of the list of runs; `record` is its whole provenance."""

    run: int
    time: str
    command: str
    framework: str
    title: str
    framework_digest: str
    weights: str
    data: str | None
    data_digests: Mapping[str, str]
    version: str
    seed: int | None
    note: str
    record: Mapping[str, Any]


class Store:
    """A file of runs. Several programs may use it at once: readers never wait, writers wait for each other."""

    def __init__(self, path: str | Path, *, create: bool = False) -> None:
        """Name the file.

        Parameters
        ----------
        path : path
            The SQLite file, or a folder in which it is called ``equindex-runs.sqlite``.
        create : bool
            Whether it is made where there is none.

        Raises
        ------
        FrameworkError
            If there is no such file, or it is no store.
        """
        self.path = Path(path) / NAME if Path(path).is_dir() else Path(path)
        if not create and not self.path.exists():
            raise FrameworkError(
                f"there is no store {str(self.path)!r}. Keep a run first: equindex score … --save."
            )
        with self._open() as connection:
            if create and not self._known(connection):
                connection.execute("PRAGMA journal_mode = WAL")
                with _transaction(connection):
                    if not self._known(connection):  # nobody else has made it meanwhile
                        for statement in _SCHEMA.split(";"):
                            connection.execute(statement)
                        connection.execute(f"PRAGMA user_version = {_FORMAT}")
            elif create:
                connection.execute(f"PRAGMA user_version = {_FORMAT}")  # as it is, if it can be written
            elif not self._known(connection):
                raise FrameworkError(
                    f"{str(self.path)!r} is empty. Keep a run first: equindex score … --save."
                )

    def _known(self, connection: sqlite3.Connection) -> bool:
        """Return whether the file is a store, False where it is empty.

        Raises
        ------
        FrameworkError
            If it is something else.
        """
        found, tables = connection.execute(
            "SELECT user_version, (SELECT COUNT(*) FROM sqlite_master) FROM pragma_user_version"
        ).fetchone()
        if found > _FORMAT:
            raise FrameworkError(f"{str(self.path)!r} was written by a newer equindex. Use that one.")
        if found == 0 and tables:
            raise FrameworkError(f"{str(self.path)!r} is an SQLite file, but no store of equindex.")
        return bool(found)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open the file; what SQLite says becomes one message.

        Where nothing can be written beside it, as on a medium that is read-only, it is read as it lies: SQLite would
        begin a log there even to read.
        """
        log = self.path.with_name(f"{self.path.name}-wal")
        lies = self.path.exists() and not os.access(self.path.parent, os.W_OK) and not log.exists()
        place = f"{self.path.absolute().as_uri()}?immutable=1" if lies else str(self.path)
        try:
            connection = sqlite3.connect(place, timeout=_WAIT, isolation_level=None, uri=lies)
        except sqlite3.Error as error:
            raise EngineError(
                f"{str(self.path)!r} cannot be opened: {error}. Name a file in a folder that can be written (--store)."
            ) from None
        try:
            connection.execute("PRAGMA synchronous = FULL")
            yield connection
        except sqlite3.DatabaseError as error:
            if "locked" in str(error):
                raise EngineError(
                    f"{str(self.path)!r} is being written by another program. Try again."
                ) from None
            if "not a database" in str(error) or "malformed" in str(error):
                raise FrameworkError(
                    f"{str(self.path)!r} is no store of equindex, or damaged: {error}."
                ) from None
            raise EngineError(
                f"{str(self.path)!r} could not be used: {error}. Nothing was changed. Mend that, or name another "
                "file with --store."
            ) from None
        finally:
            connection.close()

    # writing -------------------------------------------------------------------------------------------------

    def save(
        self, tables: Mapping[str, pd.DataFrame], provenance: Mapping[str, Any], *, note: str = ""
    ) -> int:
        """Keep a run in one transaction: all of it or nothing.

        Parameters
        ----------
        tables : mapping of str to DataFrame
            Its results by name.
        provenance : mapping
            Its record.
        note : str
            Anything to be remembered.

        Returns
        -------
        int
            The number of the run.

        Raises
        ------
        EngineError
            If the file cannot be written; nothing has changed then.
        """
        record = json.loads(json.dumps(provenance, ensure_ascii=False, allow_nan=False))
        place = record["data"].get("path")
        record["data"]["path"] = None if place is None else masked(place)
        files = record["data"].get("files", {})  # of a batch, with size and time of change
        digests = record["data"].get("digests", {name: stamp[-1] for name, stamp in files.items()})
        model = record["framework"]["framework"]
        with self._open() as connection, _transaction(connection):
            cursor = connection.execute(
                "INSERT INTO runs (time, command, framework, title, framework_digest, weights, data, data_digests, "
                "version, seed, note, provenance) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    record["time"],
                    next((name for name in _OPTIONS if record["options"].get(name)), "score"),
                    model["id"],
                    model.get("title") or model.get("title_en") or "",
                    record["framework_digest"],
                    record["weights"],
                    record["data"]["path"],
                    json.dumps(digests, ensure_ascii=False, sort_keys=True),
                    record["equindex"],
                    record["seed"],
                    note,
                    json.dumps(record, ensure_ascii=False),
                ),
            )
            run = cursor.lastrowid
            assert run is not None
            for name, frame in tables.items():
                _insert(connection, run, name, frame)
        return run

    # reading -------------------------------------------------------------------------------------------------

    def runs(self, framework: str | None = None) -> list[Run]:
        """Return all runs, the oldest first; of one framework if its id is given."""
        with self._open() as connection:
            rows = connection.execute(
                "SELECT run, time, command, framework, title, framework_digest, weights, data, data_digests, version, "
                "seed, note, provenance FROM runs WHERE ? IS NULL OR framework = ? ORDER BY run",
                (framework, framework),
            ).fetchall()
        return [
            Run(
                run=row[0],
                time=row[1],
                command=row[2],
                framework=row[3],
                title=row[4],
                framework_digest=row[5],
                weights=row[6],
                data=row[7],
                data_digests=json.loads(row[8]),
                version=row[9],
                seed=row[10],
                note=row[11],
                record=json.loads(row[12]),
            )
            for row in rows
        ]

    def run(self, number: int) -> Run:
        """Return one run.

        Raises
        ------
        DataError
            If there is none with this number.
        """
        runs = {run.run: run for run in self.runs()}
        if number not in runs:
            have = f"Runs: {', '.join(map(str, list(runs)[-20:]))}." if runs else "There are none yet."
            raise DataError(f"there is no run {number}. {have}")
        return runs[number]

    def tables(self, number: int) -> dict[str, pd.DataFrame]:
        """Return the results of a run as they were kept, by name.

        Raises
        ------
        DataError
            If there is no such run.
        """
        self.run(number)
        with self._open() as connection:
            names = [
                row[0]
                for row in connection.execute(
                    "SELECT result FROM result_columns WHERE run = ? GROUP BY result ORDER BY MIN(rowid)",
                    (number,),
                )
            ]
            return {name: _select(connection, number, name) for name in names}


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _table(result: str) -> str:
    """Return the SQL name of a result's table, which is that of the result."""
    return _quoted(result if result not in ("runs", "result_columns") else f"result_{result}")


def _insert(connection: sqlite3.Connection, run: int, result: str, frame: pd.DataFrame) -> None:
    """Add the rows of a result to its table, which gets the columns that it lacks."""
    table = _table(result)
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {table} (run INTEGER, row INTEGER, PRIMARY KEY (run, row))"
    )
    known = {row[1].lower() for row in connection.execute(f"PRAGMA table_info({table})")}
    columns, kinds = [], []
    for place, name in enumerate(map(str, frame.columns)):
        kind = _kind(frame.iloc[:, place])
        held = f"{name}_" if name.lower() in ("run", "row") else name
        if held.lower() not in known:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {_quoted(held)} {_KINDS[kind]}")
            known.add(held.lower())
        connection.execute(
            "INSERT INTO result_columns (run, result, place, name, kind) VALUES (?, ?, ?, ?, ?)",
            (run, result, place, name, kind),
        )
        columns.append(_quoted(held))
        kinds.append(kind)
    marks = ", ".join("?" * (len(columns) + 2))
    values = [_values(frame.iloc[:, place], kind) for place, kind in enumerate(kinds)]
    rows = zip([run] * len(frame), range(len(frame)), *values, strict=True)
    connection.executemany(
        f"INSERT INTO {table} (run, row{''.join(f', {c}' for c in columns)}) VALUES ({marks})", rows
    )


def _kind(column: pd.Series[Any]) -> str:
    import pandas as pd

    kinds = pd.api.types
    if kinds.is_bool_dtype(column.dtype):
        return "truth"
    if kinds.is_integer_dtype(column.dtype):
        return "whole"
    return "number" if kinds.is_float_dtype(column.dtype) else "text"


def _values(column: pd.Series[Any], kind: str) -> list[Any]:
    """Return what SQLite holds: numbers to the last bit, NULL for what is missing."""
    if kind == "number":
        plain = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return [None if value != value else value for value in plain.tolist()]
    missing = column.isna().to_numpy()
    turn = {"whole": int, "truth": int, "text": str}[kind]
    return [None if gone else turn(value) for value, gone in zip(column.tolist(), missing, strict=True)]


def _select(connection: sqlite3.Connection, run: int, result: str) -> pd.DataFrame:
    import pandas as pd

    kept: Sequence[tuple[str, str]] = connection.execute(
        "SELECT name, kind FROM result_columns WHERE run = ? AND result = ? ORDER BY place", (run, result)
    ).fetchall()
    held = [_quoted(f"{name}_" if name.lower() in ("run", "row") else name) for name, _ in kept]
    rows = connection.execute(
        f"SELECT {', '.join(held)} FROM {_table(result)} WHERE run = ? ORDER BY row", (run,)
    ).fetchall()
    columns: list[Any] = list(zip(*rows, strict=True)) if rows else [()] * len(kept)
    turn: dict[str, Any] = {
        "number": lambda values: np.array([np.nan if v is None else v for v in values], dtype=np.float64),
        "whole": lambda values: pd.array(list(values), dtype="Int64"),
        "truth": lambda values: pd.array(list(values), dtype="boolean"),
        "text": lambda values: np.array(values, dtype=object),
    }
    frame = {name: turn[kind](columns[place]) for place, (name, kind) in enumerate(kept)}
    return pd.DataFrame(frame)
