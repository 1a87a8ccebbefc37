"""Workbooks: XLSX, XLSM, XLSB, XLS and ODS through calamine."""

import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook

from equindex.errors import DataError, nearest
from equindex.tables.headers import kept_as_text, names_region
from equindex.tables.sheet import (
    Sheet,
    check_names,
    find_header,
    find_notes,
    listed,
    must_exist,
    preamble,
    skipped,
    unreadable,
)

__all__ = ["read_sheets", "read_workbook", "sheet_names"]

Cell = str | float | bool | date | time | timedelta

_PREFERRED = ("data", "数据", "數據", "observations")
_FRAMEWORK = frozenset({"framework", "indicators", "pillars", "regions", "targets", "weights"})
_FAULT = re.compile(rb'<c r="([A-Z]+)(\d+)"[^>]*?\bt="e"[^>]*>(?:(?!</c>).)*?<v>(#[^<]*)</v>', re.DOTALL)


def read_workbook(
    path: Path, *, sheet: str | None = None, text: Iterable[str] = (), every_text: bool = False
) -> Sheet:
    """Read one sheet: that named, else ``data``, ``数据`` or ``observations``, else the first not empty."""
    with _opened(path) as book:
        return _read(book, path, _choose(book, path.name, sheet), {*text}, every_text)


def read_sheets(path: Path, *, text: Iterable[str] = ()) -> list[Sheet]:
    """Read the data of a workbook: ``data``, ``数据`` or ``observations`` alone, else every sheet with regions.

    The sheets of a framework and, among several, those without a region column are not data. What was not read
    stands in the notes of the first sheet.
    """
    text = {*text}
    with _opened(path) as book:
        chosen = _choose(book, path.name, None)
        names = [
            name
            for name in book.sheet_names
            if name == chosen
            or (name.strip().casefold() not in _FRAMEWORK and book.get_sheet_by_name(name).total_height)
        ]
        if len(names) > 1 and chosen.strip().casefold() in _FRAMEWORK:
            names.remove(chosen)
        if chosen.strip().casefold() in _PREFERRED:
            others = [name for name in names if name != chosen]
            note = f"only this sheet was read, not {listed(map(repr, others))}: [table] sheet chooses another"
            sheet = _read(book, path, chosen, text, False)
            return [replace(sheet, notes=(note, *sheet.notes)) if others else sheet]
        regional = [name for name in names if _regional(book, name, text)] or names[:1]
        sheets = [_read(book, path, name, text, False) for name in regional]
    others = [name for name in names if name not in regional]
    if others:
        note = f"no region column, so not read: {listed(map(repr, others))}"
        sheets[0] = replace(sheets[0], notes=(note, *sheets[0].notes))
    return sheets


def _regional(book: CalamineWorkbook, name: str, text: set[str]) -> bool:
    """Return whether the header of a sheet has a region column, by its usual names or one in `text`."""
    rows = book.get_sheet_by_name(name).to_python(nrows=200)
    filled = [[_shown(cell).strip() for cell in row] for row in rows if any(cell != "" for cell in row)]
    header = filled[find_header(filled[:60])] if filled else []
    return any(cell in text or names_region(cell) for cell in header)


def _read(book: CalamineWorkbook, path: Path, chosen: str, text: set[str], every_text: bool) -> Sheet:
    """Read the sheet called `chosen`."""
    rows: list[list[Cell]] = book.get_sheet_by_name(chosen).to_python(skip_empty_area=False)
    name = f"{path.name} [{chosen}]"
    for row, column, fault in _faults(path, chosen):
        rows[row][column] = fault
    filled = [i for i, row in enumerate(rows) if any(cell != "" for cell in row)]
    if not filled:
        raise DataError(f"{name} is empty. Choose another sheet, or export the table again.")
    grid = [rows[i] for i in filled]
    lines = np.array(filled, dtype=np.int64) + 1
    left = min(next(j for j, cell in enumerate(row) if cell != "") for row in grid)
    grid = [row[left:] for row in grid] if left else grid

    first = find_header([[_shown(cell) for cell in row] for row in grid[:60]])
    header = [_shown(cell).strip() for cell in grid[first]]
    above = [[_shown(cell) for cell in row] for row in grid[:first]]
    tail = [[_shown(cell) for cell in row] for row in grid[max(first + 1, len(grid) - 200) :]]
    below = find_notes(tail, sum(map(bool, header)))
    last = len(grid) - below
    notes = [skipped("above", above, lines[0], lines[first - 1])] if above else []
    notes += [skipped("below", tail[-below:], lines[last], lines[-1])] if below else []
    if last == first + 1:
        raise DataError(f"{name} has a header (row {lines[first]}) but no rows under it. Fill it in.")

    columns = list(zip(*grid[first + 1 : last], strict=True))
    held = np.array([any(cell != "" for cell in column) for column in columns])
    keep, dropped = check_names(name, header, held, int(lines[first]))
    frame = pd.DataFrame(
        {
            header[i]: _column(columns[i], every_text or header[i] in text or kept_as_text(header[i]))
            for i in keep
        }
    )
    return Sheet(
        name=name, frame=frame, lines=lines[first + 1 : last], notes=(*notes, *dropped), title=preamble(above)
    )


def sheet_names(path: str | Path) -> list[str]:
    """Return the names of a workbook's sheets in their order; DataError if it cannot be read."""
    path = Path(path)
    must_exist(path)
    try:
        with _opened(path) as book:
            return list(book.sheet_names)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}. {unreadable(error)}") from None


@contextmanager
def _opened(path: Path) -> Iterator[CalamineWorkbook]:
    try:
        with CalamineWorkbook.from_path(path) as book:
            yield book
    except (CalamineError, ValueError) as error:
        raise DataError(
            f"{path.name} cannot be read as a workbook ({error}). "
            "Open it, remove any password, and save it as .xlsx."
        ) from None


def _choose(book: CalamineWorkbook, file: str, sheet: str | None) -> str:
    """Return the name of the sheet to read."""
    names: list[str] = book.sheet_names
    if sheet is not None:
        if sheet not in names:
            raise DataError(f"{file} has no sheet {sheet!r}. {nearest(sheet, names)}")
        return sheet
    for wanted in _PREFERRED:
        for name in names:
            if name.strip().casefold() == wanted:
                return name
    for name in names:
        if book.get_sheet_by_name(name).total_height:
            return name
    raise DataError(f"{file} has no cells in any of its {len(names)} sheets. Export the table again.")


def _faults(path: Path, sheet: str) -> list[tuple[int, int, str]]:
    """Return the XLSX cells that hold an error such as ``#DIV/0!``, which calamine gives as empty."""
    if not zipfile.is_zipfile(path):
        return []
    with zipfile.ZipFile(path) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            return []
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        targets = {link.get("Id"): link.get("Target", "") for link in links}
        part = next(
            targets[next(value for key, value in node.items() if key.endswith("}id"))]
            for node in book.iter()
            if node.tag.endswith("}sheet") and node.get("name") == sheet
        )
        xml = archive.read(posixpath.normpath(posixpath.join("/xl", part)).lstrip("/"))
    if b't="e"' not in xml:
        return []
    return [
        (int(match[2]) - 1, _position(match[1].decode()), match[3].decode()) for match in _FAULT.finditer(xml)
    ]


def _position(letters: str) -> int:
    """Return the position of a column from 0: ``A`` is 0, ``AA`` is 26."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number - 1


def _shown(cell: Cell) -> str:
    """Return a cell as text: whole numbers without decimals, dates as ISO, truth as Excel prints it."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float | int):
        return str(int(cell)) if float(cell).is_integer() and abs(cell) < 1e16 else repr(cell)
    return cell.isoformat(" ") if isinstance(cell, datetime) else str(cell)


def _column(cells: Sequence[Cell], text: bool) -> pd.Series:
    """Return float64 where every cell is a number or empty, else text."""
    if not text and all(type(cell) in (float, int) or cell == "" for cell in cells):
        return pd.Series([np.nan if cell == "" else cell for cell in cells], dtype=np.float64)
    return pd.Series([np.nan if cell == "" else _shown(cell) for cell in cells], dtype=object)
