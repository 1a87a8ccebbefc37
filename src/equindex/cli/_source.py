"""DATA of a command: a file or a folder, or a table of a database that --table or --query names."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.models import ArgumentInfo

from equindex.errors import DataError

if TYPE_CHECKING:
    from equindex.tables import Database

__all__ = ["from_databases"]

_READ = ("DATA", "SOURCE")
_OPTIONS = {
    "table": Annotated[
        str | None,
        typer.Option(
            "--table", metavar="NAME", help="Where the data are in a database: NAME or SCHEMA.NAME."
        ),
    ],
    "query": Annotated[
        str | None, typer.Option("--query", metavar="SQL", help="A SELECT in place of a table.")
    ],
}


def from_databases(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command that reads DATA the options --table and --query; others stay as they are."""
    signature = inspect.signature(function, eval_str=True)
    read = next((name for name, one in signature.parameters.items() if _is_read(one.annotation)), None)
    if read is None:
        return function

    def given(*args: Any, table: str | None = None, query: str | None = None, **kwargs: Any) -> None:
        function(*args, **kwargs | {read: _source(kwargs[read], table, query)})

    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in _OPTIONS.items()
    ]
    given.__dict__["__signature__"] = signature.replace(parameters=[*signature.parameters.values(), *more])
    given.__doc__, given.__name__, given.__module__ = function.__doc__, function.__name__, function.__module__
    given.__annotations__ = {}
    return given


def _is_read(annotation: Any) -> bool:
    found = getattr(annotation, "__metadata__", ())
    return any(isinstance(part, ArgumentInfo) and part.metavar in _READ for part in found)


def _source(place: str, table: str | None, query: str | None) -> str | Database:
    if "://" not in place and table is None and query is None:
        return place
    from equindex.tables import Database, is_database, masked

    if is_database(place):
        return Database(url=place, table=table, query=query)
    if table is not None or query is not None:
        raise DataError(
            f"--table and --query are for databases, and {masked(place)} is none. Leave them out, or write "
            "postgresql://…, sqlite:///file.db or duckdb:///file.duckdb."
        )
    return place
