"""How each database is opened so that it cannot be written to, and read piece by piece."""

from __future__ import annotations

import re
import sqlite3
import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from equindex.errors import DataError, EngineError
from equindex.tables.arrow import as_text, floats

__all__ = ["Session", "opened", "said", "words"]

_CELLS = 1 << 18  # cells that are fetched at a time
_SECONDS = 10  # that a server has to answer
_NUMBERS = {int, float, Decimal}


class Session(Protocol):
    """An open database."""

    errors: tuple[type[Exception], ...]
    schema: str

    def tables(self) -> list[tuple[str, str]]:
        """Return the schema and the name of each table and view."""

    def header(self, sql: str) -> list[str]:
        """Return the columns of an answer."""

    def batches(self, sql: str, text: frozenset[str]) -> Iterator[Any]:
        """Yield an answer; the columns `text` are text."""


class _Postgres:
    """One read-only transaction, a snapshot, read by a cursor of the server."""

    def __init__(self, connection: Any, errors: tuple[type[Exception], ...]) -> None:
        self.connection, self.errors = connection, errors
        self.schema = connection.execute("SELECT current_schema()").fetchone()[0] or "public"

    def tables(self) -> list[tuple[str, str]]:
        return [
            (schema, name)
            for schema, name in self.connection.execute(
                "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
                "ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition "
                "AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_t' ORDER BY 1, 2"
            )
        ]

    def header(self, sql: str) -> list[str]:
        # binary: one statement alone, as the protocol then has it
        return [str(column.name) for column in self.connection.execute(sql, binary=True).description]

    def batches(self, sql: str, text: frozenset[str]) -> Iterator[Any]:
        with self.connection.cursor(name="equindex") as cursor:
            cursor.execute(sql)
            yield from _fetched(cursor, text)


class _SQLite:
    """A file opened for reading, in one transaction."""

    errors: tuple[type[Exception], ...] = (sqlite3.Error, sqlite3.Warning)
    schema = "main"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def tables(self) -> list[tuple[str, str]]:
        found = self.connection.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite!_%' ESCAPE '!' "
            "ORDER BY name"
        )
        return [("main", name) for (name,) in found]

    def header(self, sql: str) -> list[str]:
        return [str(column[0]) for column in self.connection.execute(sql).description]

    def batches(self, sql: str, text: frozenset[str]) -> Iterator[Any]:
        return _fetched(self.connection.execute(sql), text)


class _DuckDB:
    """A file opened for reading; what does not fit a thousand megabytes is sorted on the disk."""

    schema = "main"

    def __init__(self, connection: Any, duckdb: Any) -> None:
        self.connection, self.duckdb = connection, duckdb
        self.errors: tuple[type[Exception], ...] = (duckdb.Error,)

    def tables(self) -> list[tuple[str, str]]:
        return [
            (schema, name)
            for schema, name in self.connection.execute(
                "SELECT table_schema, table_name FROM information_schema.tables "
                "WHERE table_catalog = current_database() ORDER BY 1, 2"
            ).fetchall()
        ]

    def _asked(self, sql: str) -> Any:
        """Run one SELECT: a second statement could write elsewhere."""
        statements = self.connection.extract_statements(sql)
        if [one.type for one in statements] != [self.duckdb.StatementType.SELECT]:
            raise self.duckdb.ParserException("several statements, or one that is no SELECT")
        return self.connection.sql(statements[0].query)

    def header(self, sql: str) -> list[str]:
        return [str(name) for name in self._asked(sql).columns]

    def batches(self, sql: str, text: frozenset[str]) -> Iterator[Any]:
        import pyarrow as pa

        found = self._asked(sql)
        reader = getattr(found, "to_arrow_reader", None) or found.fetch_arrow_reader  # before DuckDB 1.4
        rows = max(2048, _CELLS // max(1, len(found.columns)))
        for batch in reader(rows):
            names = [str(name) for name in batch.schema.names]
            columns = []
            for name, column in zip(names, batch.columns, strict=True):
                number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
                if (number or pa.types.is_decimal(column.type)) and name not in text:
                    columns.append(pa.array(floats(column)))
                elif pa.types.is_string(column.type):
                    columns.append(column)
                else:
                    columns.append(words(column.to_pylist()))
            yield pa.RecordBatch.from_arrays(columns, names=names)


def opened(scheme: str, url: str, path: Path, shown: str) -> AbstractContextManager[Session]:
    """Open a database.

    Parameters
    ----------
    scheme : {"postgresql", "sqlite", "duckdb"}
        Which kind.
    url : str
        Where a server is.
    path : Path
        Where a file is.
    shown : str
        What messages call it.

    Raises
    ------
    DataError, EngineError
        If it cannot be opened, or a package is missing.
    """
    if scheme == "postgresql":
        return _postgres(url, shown)
    return (_sqlite if scheme == "sqlite" else _duckdb)(path, shown)


@contextmanager
def _postgres(url: str, shown: str) -> Generator[Session]:
    psycopg = _driver("psycopg", shown)
    try:
        told = psycopg.conninfo.conninfo_to_dict(url)
        if re.search("[@/?#]", url.partition("://")[2].rpartition("@")[0]):
            raise psycopg.ProgrammingError  # a part of the password would be taken for the host
    except psycopg.Error:  # what it says may hold the password
        raise DataError(
            f"{shown} cannot be read as an address. Write postgresql://user:password@host:5432/database, "
            "and @ : / ? # % in the password as %40 %3A %2F %3F %23 %25."
        ) from None
    options = {"connect_timeout": _SECONDS, "application_name": "equindex"} | told
    try:
        connection = psycopg.connect(**options)
    except psycopg.Error as error:
        found = said(error)
        for secret in filter(None, (told.get("password"), told.get("sslpassword"))):
            found = found.replace(str(secret), "***")
        raise EngineError(
            f"{shown} cannot be reached: {found}. Check host, port, user and password (PGPASSWORD or "
            "~/.pgpass give one that is not in the address)."
        ) from None
    with closing(connection):
        try:
            connection.execute("SET default_transaction_read_only = on")
            connection.commit()
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            connection.execute("SET LOCAL cursor_tuple_fraction = 1")  # all rows are wanted
            session = _Postgres(connection, (psycopg.Error,))
        except psycopg.Error as error:
            raise EngineError(
                f"{shown} cannot be read safely: {said(error)}. Connect to the server itself."
            ) from None
        yield session


@contextmanager
def _sqlite(path: Path, shown: str) -> Generator[Session]:
    place = f"{path.absolute().as_uri()}?mode=ro"
    with ExitStack() as held:
        try:
            connection = sqlite3.connect(place, uri=True, isolation_level=None)
            held.enter_context(closing(connection))
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as error:
            raise DataError(f"{shown} cannot be read: {said(error)}. Name an SQLite file.") from None
        yield _SQLite(connection)


@contextmanager
def _duckdb(path: Path, shown: str) -> Generator[Session]:
    duckdb = _driver("duckdb", shown)
    with tempfile.TemporaryDirectory(prefix="equindex-", ignore_cleanup_errors=True) as spill:
        config = {"memory_limit": "1GB", "temp_directory": spill, "autoinstall_known_extensions": False}
        try:
            connection = duckdb.connect(str(path), read_only=True, config=config)
        except duckdb.Error as error:
            raise DataError(
                f"{shown} cannot be read: {said(error)}. Name a DuckDB file that no program writes to."
            ) from None
        with closing(connection):
            yield _DuckDB(connection, duckdb)


def _fetched(cursor: Any, text: frozenset[str]) -> Iterator[Any]:
    """Yield what a cursor finds, some rows at a time."""
    import pyarrow as pa

    names = [str(column[0]) for column in cursor.description]
    rows = max(1000, _CELLS // max(1, len(names)))
    while found := cursor.fetchmany(rows):
        columns = [
            words(values) if name in text or not _numeric(values) else _numbers(values)
            for name, values in zip(names, zip(*found, strict=True), strict=True)
        ]
        yield pa.RecordBatch.from_arrays(columns, names=names)


def _numeric(values: Sequence[Any]) -> bool:
    return set(map(type, values)) - {type(None)} <= _NUMBERS


def _numbers(values: Sequence[Any]) -> Any:
    import pyarrow as pa

    return pa.array(np.array(values, dtype=np.float64))  # None is NaN


def words(values: Sequence[Any]) -> Any:
    """Return cells as an Arrow column of text."""
    import pyarrow as pa

    return pa.array([None if value is None else as_text(value) for value in values], type=pa.string())


def _driver(name: str, shown: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise EngineError(f'{shown} needs {name}. Run: pip install "equindex[database]".') from None


def said(error: Exception) -> str:
    """Return what a driver says, in one line."""
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
