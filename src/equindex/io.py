"""Write results: all files or none, the same bytes each time, and no text that becomes a formula."""

import datetime
import json
import os
import re
import shutil
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from equindex.errors import EngineError, FrameworkError, nearest

__all__ = ["FORMATS", "neutral", "write", "write_files"]

FORMATS: Final = ("csv", "parquet", "xlsx", "json")
"""What results can be written as."""

_ROWS = 1 << 16
_BOOK_ROWS = 1_048_576
_BOOK_TEXT = 32_767
_FORMULA = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_HARMLESS = re.compile(r"[+\-－＋]?[\d.,]+([eE][+-]?\d+)?[%％‰]?|[-－—]+")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])(\..*)?", re.IGNORECASE)
_QUOTED = re.compile(r'[",\r\n]')

Writer = Callable[[Path], None]


def write(
    tables: Mapping[str, pd.DataFrame],
    out: str | Path,
    *,
    format: str = "csv",  # noqa: A002
    documents: Mapping[str, bytes] | None = None,
    force: bool = False,
    inputs: Iterable[Path] = (),
) -> list[Path]:
    """Write tables into a folder, or into one file whose suffix says the format.

    Everything is written beside its destination first and moved there when complete, so a full disk or
    Ctrl-C leaves neither halves nor temporaries, and what was there before stays. The same tables give the
    same bytes.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The tables by name; the index is not written.
    out : path
        A folder, which gets ``<table>.<format>`` each (XLSX: one ``results.xlsx`` with a sheet each), or a
        file ending in ``.csv``, ``.parquet``, ``.json`` (one table) or ``.xlsx``.
    format : str
        One of :data:`FORMATS`, for a folder.
    documents : mapping of str to bytes, optional
        Further files by name, for a folder; passed over when `out` is a file.
    force : bool
        Overwrite the files that will be written. Others in the folder are never touched.
    inputs : iterable of Path
        What the tables came from; never overwritten, even by `force`.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    FrameworkError
        If a file exists and `force` is off, is one of the `inputs`, or the format does not fit.
    EngineError
        If the machine cannot write; nothing has changed then.

    Notes
    -----
    CSV is UTF-8 with BOM, so that Excel reads it, and ends lines with one newline. Numbers have the fewest
    digits that read back to the same float (a workbook keeps 16 digits); missing is an empty cell, in JSON
    null, and so is infinity there. In CSV, text that begins like a formula gets an
    apostrophe in front (:func:`neutral`); in workbooks it is a text cell as it is.
    """
    out = Path(out)
    _refuse_reserved(out)
    return _place(_plan(tables, out, format, documents or {}), out, force, inputs)


def write_files(files: Mapping[Path, bytes], *, force: bool = False, inputs: Iterable[Path] = ()) -> None:
    """Write files, in one folder or several, all of them or none.

    Parameters
    ----------
    files : mapping of Path to bytes
        What they hold.
    force, inputs
        As in :func:`write`.

    Raises
    ------
    FrameworkError, EngineError
        As in :func:`write`.
    """
    for path in files:
        _refuse_reserved(path)
    plan = {path: _put(content) for path, content in files.items()}
    _place(plan, " and ".join(map(str, files)), force, inputs)


def _refuse_reserved(path: Path) -> None:
    if sys.platform == "win32" and any(_RESERVED.fullmatch(part) for part in path.parts):
        raise FrameworkError(
            f"{path} holds a name that Windows keeps for itself, such as CON. Choose another."
        )


def _place(plan: Mapping[Path, Writer], told: object, force: bool, inputs: Iterable[Path]) -> list[Path]:
    """Write the files of a plan, or say of what is told why not."""
    existing = [path for path in plan if path.exists()]
    sources = [source for source in inputs if source.exists()]
    taken = [path for path in existing if any(path.samefile(source) for source in sources)]
    if taken:
        raise FrameworkError(
            f"{', '.join(map(str, taken))} would overwrite what was read for these results. Write elsewhere."
        )
    if existing and not force:
        verb = "exists" if len(existing) == 1 else "exist"
        raise FrameworkError(
            f"{', '.join(map(str, existing))} {verb}. Write elsewhere, or overwrite with --force."
        )
    try:
        with ExitStack() as stack:
            folders = dict.fromkeys(path.parent for path in plan)
            _produce(plan, {folder: stack.enter_context(_staging(folder)) for folder in folders})
    except PermissionError as error:
        raise EngineError(
            f"{told} could not be written: {error.strerror or error}. Nothing was changed. "
            "Close it if Excel or another program has it open, or choose another place."
        ) from None
    except OSError as error:
        raise EngineError(
            f"{told} could not be written: {error.strerror or error}. Nothing was changed. "
            "Free space, or choose another place."
        ) from None
    return list(plan)


def neutral(text: str) -> str:
    """Return `text` with an apostrophe in front if a spreadsheet would take it for a formula.

    That is text beginning with ``=``, ``+``, ``-``, ``@``, tab, a line break, or the full-width forms [1]_,
    unless it is a plain number such as ``-3.5`` or ``+2%``, or nothing but dashes.

    References
    ----------
    .. [1] OWASP, "CSV Injection", https://owasp.org/www-community/attacks/CSV_Injection

    Examples
    --------
    >>> neutral("=1+1"), neutral("-3.5"), neutral("—"), neutral("@x")
    ("'=1+1", '-3.5', '—', "'@x")
    """
    return f"'{text}" if _FORMULA.match(text) and not _HARMLESS.fullmatch(text) else text


def _plan(
    tables: Mapping[str, pd.DataFrame], out: Path, style: str, documents: Mapping[str, bytes]
) -> dict[Path, Writer]:
    """Return the files to write, and how."""
    suffix = out.suffix.lower()
    single = suffix.removeprefix(".") in FORMATS and not out.is_dir()
    if suffix and tables and not single and not out.is_dir():
        raise FrameworkError(
            f"cannot write {suffix} files: {out}. Known: {', '.join(FORMATS)}. "
            "For a folder of that name, make it first."
        )
    if single and suffix != ".xlsx" and len(tables) != 1:
        raise FrameworkError(
            f"{out} holds one table, but there are {len(tables)}. Name a folder or an .xlsx file."
        )
    style = suffix.removeprefix(".") if single else style
    if style not in FORMATS:
        raise FrameworkError(f"there is no format {style!r}. {nearest(style, FORMATS)}")
    if not single and out.exists() and not out.is_dir():
        raise FrameworkError(f"{out} is a file, and a folder is needed. Choose another name.")
    out = out.resolve() if single and out.is_symlink() else out
    files = _bytes(documents, single)
    if style == "xlsx":
        return _files({"results.xlsx": lambda path: _write_xlsx(tables, path)} | files, out, single)
    writer = {"csv": _write_csv, "json": _write_json, "parquet": _write_parquet}[style]

    def bind(frame: pd.DataFrame) -> Writer:
        return lambda path: writer(frame, path)

    return _files({f"{name}.{style}": bind(frame) for name, frame in tables.items()} | files, out, single)


def _bytes(documents: Mapping[str, bytes], single: bool) -> dict[str, Writer]:
    return {} if single else {name: _put(content) for name, content in documents.items()}


def _put(content: bytes) -> Writer:
    def put(path: Path) -> None:
        path.write_bytes(content)

    return put


def _files(writers: dict[str, Writer], out: Path, single: bool) -> dict[Path, Writer]:
    if single:
        return {out: next(iter(writers.values()))}
    for name in writers:
        if Path(name).name != name or name.startswith("."):
            raise FrameworkError(f"{name!r} cannot be a file name. Rename the table or document.")
    return {out / name: writer for name, writer in writers.items()}


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """Make a hidden folder inside `folder`; remove it afterwards, with what was made for it on failure."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    staging = None
    done = False
    try:
        staging = Path(tempfile.mkdtemp(prefix=".equindex-", dir=folder))
        yield staging
        done = True
    finally:
        if staging:
            shutil.rmtree(staging, ignore_errors=True)
        if not done:
            for path in missing:
                with suppress(OSError):
                    path.rmdir()


def _produce(plan: Mapping[Path, Writer], staging: Mapping[Path, Path]) -> None:
    """Write every file into its folder's `staging`, then move all to their places, or back if one cannot be moved."""
    ready = [(staging[path.parent] / f"new-{i}{path.suffix}", path) for i, path in enumerate(plan)]
    for fresh, path in ready:
        plan[path](fresh)
        with fresh.open("rb+") as file:
            os.fsync(file.fileno())
    moved: list[tuple[Path, Path]] = []
    try:
        for i, (fresh, path) in enumerate(ready):
            before = fresh.with_name(f"old-{i}")
            if path.exists():
                _keep(path, before)
            moved.append((before, path))
            fresh.replace(path)
    except BaseException:
        for before, path in reversed(moved):
            if before.exists():
                before.replace(path)
            else:
                path.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        for folder in {path.parent for path in plan}:
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _keep(path: Path, before: Path) -> None:
    """Give a file a second name, or copy it where the file system has no links."""
    try:
        before.hardlink_to(path)
    except OSError:
        shutil.copy2(path, before)


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    def text(cell: str) -> str:
        safe = neutral(cell)
        return '"' + safe.replace('"', '""') + '"' if _QUOTED.search(safe) else safe

    columns = [_Column(frame.iloc[:, i], text, "", str) for i in range(frame.shape[1])]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        file.write(",".join(text(str(name)) for name in frame.columns) + "\n")
        for start in range(0, len(frame), _ROWS):
            cells = [column.cells(start, start + _ROWS) for column in columns]
            rows = (
                map(",".join, zip(*cells, strict=True))
                if len(cells) > 1
                else (cell or '""' for cell in cells[0])
            )
            file.write("\n".join(rows) + "\n")


def _write_json(frame: pd.DataFrame, path: Path) -> None:
    def text(cell: str) -> str:
        return json.dumps(cell, ensure_ascii=False)

    columns = [
        _Column(frame.iloc[:, i], text, "null", lambda truth: str(truth).lower())
        for i in range(frame.shape[1])
    ]
    keys = [text(str(name)).replace("%", "%%") for name in frame.columns]
    row = "{" + ", ".join(f"{key}: %s" for key in keys) + "}"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("[\n")
        for start in range(0, len(frame), _ROWS):
            cells = [column.cells(start, start + _ROWS) for column in columns]
            file.write(",\n" if start else "")
            file.write(",\n".join(map(row.__mod__, zip(*cells, strict=True))))
        file.write("\n]\n" if len(frame) else "]\n")


class _Column:
    """A column that gives its cells as written, each distinct text and category prepared once."""

    def __init__(
        self, column: "pd.Series[Any]", text: Callable[[str], str], missing: str, truth: Callable[[bool], str]
    ) -> None:
        self._missing, self._truth, self._text = missing, truth, text
        self._known: dict[str, str] = {}
        self._categories: list[str] | None = None
        self._values: Any
        if isinstance(column.dtype, pd.CategoricalDtype):
            self._categories = [*map(self._cell, column.cat.categories.tolist()), missing]
            self._values = column.cat.codes.to_numpy()
        elif column.dtype.kind in "iufb" and isinstance(column.dtype, np.dtype):
            self._values = column.to_numpy()
        else:
            self._values = column.astype(object).to_numpy()

    def cells(self, start: int, stop: int) -> list[str]:
        """Return the cells of some rows."""
        values = self._values[start:stop]
        if self._categories is not None:
            return list(map(self._categories.__getitem__, values.tolist()))
        kind = values.dtype.kind
        if kind == "f":
            if np.isfinite(values).all():
                return list(map(repr, values.tolist()))
            return list(map(self._number, values.tolist()))
        if kind in "iu":
            return list(map(str, values.tolist()))
        return list(map(self._cell, values.tolist()))

    def _number(self, number: float) -> str:
        if number - number == 0:
            return repr(number)
        return self._missing if number != number or self._missing else repr(number)

    def _cell(self, cell: object) -> str:
        if isinstance(cell, str):
            written = self._known.get(cell)
            if written is None:
                written = self._known[cell] = self._text(cell)
            return written
        if isinstance(cell, bool | np.bool_):
            return self._truth(bool(cell))
        if isinstance(cell, int | np.integer):
            return str(int(cell))
        if isinstance(cell, float | np.floating):
            return self._number(float(cell))
        if cell is None or cell is pd.NA or cell is pd.NaT:
            return self._missing
        return self._text(str(cell))


def _write_parquet(frame: pd.DataFrame, path: Path) -> None:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise EngineError(
            "writing Parquet needs pyarrow. Run: pip install 'equindex[parquet]', or write CSV."
        ) from None
    frame = frame.copy(deep=False)
    for i in range(frame.shape[1]):
        column = frame.iloc[:, i]
        if column.dtype == object and pd.api.types.infer_dtype(column).startswith("mixed"):
            frame.isetitem(i, [None if pd.isna(cell) else str(cell) for cell in column])
    parquet.write_table(pyarrow.Table.from_pandas(frame, preserve_index=False), path, compression="zstd")


def _write_xlsx(tables: Mapping[str, pd.DataFrame], path: Path) -> None:
    import xlsxwriter
    from xlsxwriter.exceptions import XlsxWriterException

    for name, frame in tables.items():
        if len(frame) >= _BOOK_ROWS:
            raise FrameworkError(
                f"{name} has {len(frame):,} rows and a sheet holds {_BOOK_ROWS - 1:,}. "
                "Write csv or parquet instead."
            )
        for column in frame.select_dtypes(exclude=["number", "bool"]):
            longest = max((len(str(cell)) for cell in frame[column].unique()), default=0)
            if longest > _BOOK_TEXT:
                raise FrameworkError(
                    f"{name}: a text under {column!r} has {longest:,} characters, and a cell holds "
                    f"{_BOOK_TEXT:,}. Write csv or parquet instead."
                )
    options = {
        "constant_memory": True,
        "tmpdir": str(path.parent),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(str(path), options)
    try:
        book.set_properties({"created": datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)})
        bold = book.add_format({"bold": True, "bottom": 1})
        for name, frame in tables.items():
            _fill(book.add_worksheet(name), frame, bold, book)
        book.close()
    except XlsxWriterException as error:
        cause = error.args[0] if error.args and isinstance(error.args[0], OSError) else None
        raise cause or FrameworkError(
            f"the tables do not fit a workbook: {error}. Write csv instead."
        ) from None


def _fill(sheet: Any, frame: pd.DataFrame, bold: Any, book: Any) -> None:
    """Write one table into a sheet, rows in order."""
    columns = [frame.iloc[:, i] for i in range(frame.shape[1])]
    formats = []
    for i, column in enumerate(columns):
        number = column.dtype.kind == "f" and isinstance(column.dtype, np.dtype)
        formats.append(book.add_format({"num_format": _shown(column.to_numpy())}) if number else None)
        sheet.set_column(i, i, _width(str(frame.columns[i]), column.iloc[:1000], number))
    sheet.freeze_panes(1, 0)
    if len(frame) and columns:
        sheet.autofilter(0, 0, len(frame), len(columns) - 1)
    for i, header in enumerate(frame.columns):
        sheet.write_string(0, i, str(header), bold)
    for start in range(0, len(frame), _ROWS):
        values = [column.iloc[start : start + _ROWS].astype(object).tolist() for column in columns]
        for row, cells in enumerate(zip(*values, strict=True), start=start + 1):
            for i, cell in enumerate(cells):
                if isinstance(cell, str):
                    sheet.write_string(row, i, cell)
                elif isinstance(cell, bool | np.bool_):
                    sheet.write_boolean(row, i, bool(cell))
                elif isinstance(cell, int | float | np.number):
                    if np.isfinite(cell):
                        sheet.write_number(row, i, cell, formats[i])
                    elif not np.isnan(cell):
                        sheet.write_string(row, i, str(cell))
                elif not (cell is None or cell is pd.NA or cell is pd.NaT):
                    sheet.write_string(row, i, str(cell))


def _shown(values: Any) -> str:
    """Return the number format of a column by its size."""
    finite = values[np.isfinite(values)]
    if finite.size and (finite == np.round(finite)).all():
        return "0"
    largest = np.abs(finite).max(initial=0)
    return "#,##0.0" if largest >= 10_000 else "0.00" if largest >= 10 else "0.0000"


def _width(header: str, column: "pd.Series[Any]", number: bool) -> int:
    """Return the width of a column in characters; Chinese ones count two."""
    texts = [header] if number else [header, *map(str, column.dropna().unique().tolist())]
    return min(60, 4 + max(10 if number else 4, *map(_cells_wide, texts)))


def _cells_wide(text: str) -> int:
    lines = text.split("\n")
    return max(len(line) + sum(unicodedata.east_asian_width(c) in "WF" for c in line) for line in lines)
