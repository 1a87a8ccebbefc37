"""Open a file or a folder, whatever its format, or say clearly why not."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from equindex.errors import DataError, EngineError
from equindex.tables.arrow import sheet_of
from equindex.tables.delimited import read_delimited
from equindex.tables.sheet import Sheet, must_exist, unreadable
from equindex.tables.workbook import read_sheets, read_workbook

__all__ = ["BOOKS", "SUFFIXES", "files_of", "read", "read_file"]

_TEXT = (".csv", ".tsv", ".tab", ".txt")
BOOKS: Final = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
"""The files that are workbooks."""
_PARQUET = (".parquet", ".pq")
SUFFIXES: Final = _TEXT + BOOKS + _PARQUET
"""The files that hold tables."""


def read(
    path: str | Path, *, sheet: str | None = None, skip: Collection[Path] = (), text: Iterable[str] = ()
) -> list[Sheet]:
    """Read a file, or every table of a folder.

    Parameters
    ----------
    path : path
        A file with one of the :data:`SUFFIXES`, or a folder of them.
    sheet : str, optional
        Which sheet of a workbook; else ``data``, ``数据`` or ``observations``, else all that hold regions.
    skip : collection of paths, optional
        Files of the folder that are no data, such as the framework's own tables.
    text : iterable of str, optional
        Further columns that stay text, besides regions, years and indicators.

    Returns
    -------
    list of Sheet
        One for a file, or for each sheet that was read; of a folder's files by name, without hidden and lock files.

    Raises
    ------
    DataError
        If nothing can be read, or not without guessing: the message says where and what to do.
    EngineError
        For Parquet without pyarrow.
    """
    path, text = Path(path), {*text}
    must_exist(path)
    if not path.is_dir():
        return _tables(path, sheet, text)
    try:
        files = files_of(path, skip)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}. {unreadable(error)}") from None
    if not files:
        raise DataError(f"the folder {path} holds no table. Put {', '.join(SUFFIXES)} files there.")
    return [
        table
        for file in files
        for table in _tables(file, sheet if file.suffix.lower() in BOOKS else None, text)
    ]


def _tables(path: Path, sheet: str | None, text: set[str]) -> list[Sheet]:
    """Read one file: the sheet that was named, or all data of a workbook."""
    if sheet is not None or path.suffix.lower() not in BOOKS:
        return [read_file(path, sheet=sheet, text=text)]
    with _readable(path):
        return read_sheets(path, text=text)


def files_of(folder: Path, skip: Collection[Path] = ()) -> list[Path]:
    """Return the tables of a folder by name, without hidden and lock files and those to `skip`."""
    skipped = {Path(other).resolve() for other in skip}
    return sorted(
        file
        for file in folder.iterdir()
        if file.suffix.lower() in SUFFIXES
        and not file.name.startswith((".", "~$"))
        and file.is_file()
        and file.resolve() not in skipped
    )


def read_file(
    path: Path, *, sheet: str | None = None, text: Iterable[str] = (), every_text: bool = False
) -> Sheet:
    """Read one file; `every_text` keeps numbers as printed too."""
    must_exist(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise DataError(f"{path.name} is no table that can be read. Known: {', '.join(SUFFIXES)}.")
    if sheet is not None and suffix not in BOOKS:
        raise DataError(
            f"{path.name} has no sheets, so sheet {sheet!r} cannot be chosen. Leave the sheet out."
        )
    with _readable(path):
        if suffix in _TEXT:
            return read_delimited(path, path.name, text=text, every_text=every_text)
        if suffix in BOOKS:
            return read_workbook(path, sheet=sheet, text=text, every_text=every_text)
        return _read_parquet(path, {*text}, every_text)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}. {unreadable(error)}") from None


def _read_parquet(path: Path, text: set[str], every_text: bool) -> Sheet:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise EngineError(
            f"{path.name} needs pyarrow. Run: pip install 'equindex[parquet]', or save the table as CSV."
        ) from None
    try:
        table = parquet.read_table(path)
    except pyarrow.ArrowException as error:
        raise DataError(
            f"{path.name} is no Parquet file that can be read ({error}). Export it again."
        ) from None
    return sheet_of(table, path.name, text, every_text)
