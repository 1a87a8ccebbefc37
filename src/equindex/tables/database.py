"""Tables of databases, streamed from a connection that cannot write: PostgreSQL, SQLite, DuckDB."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from equindex.errors import DataError, EngineError, nearest
from equindex.tables.address import is_database, masked
from equindex.tables.arrow import digest_of, floats, sheet_of
from equindex.tables.drivers import Session, opened, said, words
from equindex.tables.headers import kept_as_text, roles
from equindex.tables.sheet import Sheet, listed

__all__ = ["Database", "database_sheet", "in_order"]

_TABLES = 30  # tables that a message names


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A table of a database, or the answer to a query, read by a connection that cannot write.

    Attributes
    ----------
    url : str
        ``postgresql://user:password@host/db``, ``sqlite:///file.db`` or ``duckdb:///file.duckdb``. The password is
        neither printed nor kept: better leave it out, and give it as ``PGPASSWORD`` or in ``~/.pgpass``.
    table : str, optional
        A table or view, ``schema.table`` too.
    query : str, optional
        A ``SELECT`` in its place.
    """

    url: str = field(repr=False)
    table: str | None = None
    query: str | None = None

    def __post_init__(self) -> None:
        """Refuse what is no address, and a table beside a query."""
        if not is_database(self.url):
            raise DataError(
                f"{masked(self.url)} is no database that can be read. Known: postgresql://…, sqlite:///file.db, "
                "duckdb:///file.duckdb."
            )
        if self.table is not None and self.query is not None:
            raise DataError("a table and a query are given. Give one of them.")

    @property
    def shown(self) -> str:
        """The address without its password."""
        return masked(self.url)

    @property
    def bare(self) -> str:
        """The address without a trace of its password."""
        return self.recorded(self.record).url

    @property
    def name(self) -> str:
        """What messages call it: the table, or ``query``."""
        return self.table if self.table is not None else "query"

    @property
    def record(self) -> dict[str, str]:
        """What a provenance says of it."""
        chosen = {"table": self.table, "query": self.query}
        return {"path": self.shown} | {key: text for key, text in chosen.items() if text is not None}

    @property
    def files(self) -> list[Path]:
        """The file that it is in, if it is one."""
        return [] if self._scheme == "postgresql" else [Path(self.url.partition(":///")[2])]

    @property
    def _scheme(self) -> str:
        scheme = self.url.partition("://")[0].lower()
        return "postgresql" if scheme == "postgres" else scheme

    @classmethod
    def recorded(cls, record: Any, url: str | None = None) -> Database:
        """Return what `record` told of, at another address if one is given; PostgreSQL finds the password itself."""
        place = str(record["path"]) if url is None else url
        place = re.sub(r"([?&])[^?&=]+=\*\*\*&?", r"\1", place.replace(":***@", "@")).rstrip("?&")
        return cls(url=place, table=record.get("table"), query=record.get("query"))

    def header(self) -> list[str]:
        """Return the columns.

        Raises
        ------
        DataError
            If there is no such table, or the query is refused.
        EngineError
            If the database cannot be opened, or a package is missing.
        """
        with self._opened() as session:
            return session.header(f"SELECT * FROM {self._from(session)} LIMIT 0")

    def batches(
        self, columns: Sequence[str] | None = None, by: Sequence[str] = (), text: Sequence[str] = ()
    ) -> Iterator[Any]:
        """Yield the rows as Arrow record batches, numbers as float64 and all else as text.

        Parameters
        ----------
        columns : sequence of str, optional
            Which ones, all when left out.
        by : sequence of str
            Columns that the database puts the rows in order by.
        text : sequence of str
            Columns that are text whatever they hold.

        Raises
        ------
        DataError, EngineError
            As `header`.
        """
        _need_pyarrow()
        wanted = "*" if columns is None else ", ".join(map(_quoted, columns))
        order = f" ORDER BY {', '.join(map(_quoted, by))}" if by else ""
        with self._opened() as session:
            sql = f"SELECT {wanted} FROM {self._from(session)}{order}"
            yield from session.batches(sql, frozenset(text))

    def _from(self, session: Session) -> str:
        """Return what is selected from: the name of the table as the database has it, or the query in brackets."""
        if self.query is not None:
            return f"(\n{self.query.strip().rstrip(';')}\n) AS given"
        there = session.tables()
        shown = [name if schema == session.schema else f"{schema}.{name}" for schema, name in there]
        if self.table is None:
            raise DataError(
                f"{self.shown} is a database: name a table with --table, or give a query with --query. "
                f"{_tables(shown)}"
            )
        found = [pair for pair in there if self.table in (pair[1], ".".join(pair))]
        at_home = [pair for pair in found if pair[0] == session.schema]
        if len(found) > 1 and len(at_home) != 1:
            raise DataError(
                f"{self.shown} has several tables {self.table!r}: {listed(map('.'.join, found))}. Name the schema too."
            )
        if not found:
            hint = nearest(self.table, shown).partition(" Known:")[0] if shown else ""
            hint = hint if hint.startswith("Did you mean") else ""
            raise DataError(
                " ".join(filter(None, [f"{self.shown} has no table {self.table!r}.", hint, _tables(shown)]))
            )
        return ".".join(map(_quoted, (at_home or found)[0]))

    @contextmanager
    def _opened(self) -> Generator[Session]:
        """Open the database; what its driver says becomes one message without the password."""
        for path in self.files:
            if not self.url.partition("://")[2].startswith("/") or not path.name:
                raise DataError(
                    f"{self.shown}: write {self._scheme}:///file with three slashes, or four before an absolute path."
                )
            if not path.is_file():
                near = sorted(one.name for one in path.parent.iterdir()) if path.parent.is_dir() else []
                raise DataError(f"there is no file {str(path)!r}. {nearest(path.name, near)}".rstrip())
        with opened(self._scheme, self.url, Path(*self.files), self.shown) as session:
            try:
                yield session
            except session.errors as error:
                what = f"{self.table!r} cannot be read" if self.query is None else "the query failed"
                hint = (
                    "" if self.query is None else " A query is one SELECT; nothing can be written from here."
                )
                raise DataError(f"{self.shown}: {what}: {said(error)}.{hint}") from None
            except UnicodeDecodeError:
                raise DataError(f"{self.shown} holds text that is not UTF-8. Convert it.") from None


def database_sheet(
    source: Database, declared: Mapping[str, object], text: Iterable[str]
) -> tuple[Sheet, str]:
    """Read a whole table; its rows are in the order of years, regions and the other columns that tell rows apart.

    Parameters
    ----------
    source : Database
        Where.
    declared : mapping
        The framework's ``[table]``.
    text : iterable of str
        Further columns that stay text, besides regions, years and indicators.

    Returns
    -------
    sheet, digest
        With the SHA-256 of the cells.

    Raises
    ------
    DataError, EngineError
        As `Database.header`; also for an empty table.
    """
    header = source.header()
    words = [name for name in header if kept_as_text(name) or name in {*text}]
    batches = list(source.batches(by=in_order(header, declared, text), text=words))
    if not batches:
        raise DataError(f"{source.shown}: {source.name} has no rows. Name another table, or mend the query.")
    import pyarrow as pa

    mixed = {
        at
        for at, kinds in enumerate(zip(*(b.schema.types for b in batches), strict=True))
        if len({*kinds}) > 1
    }
    if mixed:
        batches = [_aswords(batch, mixed) for batch in batches]
    table = pa.Table.from_batches(batches)
    return sheet_of(table, source.name, words), digest_of(table.to_batches())


def in_order(header: Sequence[str], declared: Mapping[str, object], text: Iterable[str]) -> list[str]:
    """Return the columns that put rows into one order: year, region, indicator, and those to `text`."""
    try:
        found = roles(header, declared)
    except DataError:  # reading says what is wrong
        return []
    first = [found[role] for role in ("year", "region", "region_name", "indicator") if role in found]
    return [name for name in dict.fromkeys([*first, *text]) if header.count(name) == 1]


def _aswords(batch: Any, which: Iterable[int]) -> Any:
    """Return some columns as text, which other batches hold there."""
    import pyarrow as pa

    for at in which:
        if pa.types.is_floating(batch.column(at).type):
            values = floats(batch.column(at)).tolist()
            column = words([None if value != value else value for value in values])
            batch = batch.set_column(at, batch.schema.names[at], column)
    return batch


def _need_pyarrow() -> None:
    with suppress(ImportError):
        import pyarrow  # noqa: F401

        return
    raise EngineError('databases need pyarrow. Run: pip install "equindex[database]".')


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _tables(names: Sequence[str]) -> str:
    return f"Its tables: {listed(names, _TABLES)}." if names else "It has no table that can be read."
