"""Files of experts' judgements: pairwise comparisons, square or as a list of pairs, and panels of points."""

from __future__ import annotations

import csv
import datetime
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from python_calamine import CalamineError, CalamineWorkbook

from equindex.errors import DataError
from equindex.tables.files import BOOKS
from equindex.tables.headers import plain
from equindex.tables.sheet import listed, must_exist
from equindex.tables.workbook import _faults as cell_faults

__all__ = ["Comparisons", "Points", "read_comparisons", "read_points"]

_PAIRS: Mapping[str, tuple[str, ...]] = {
    "a": ("a", "甲", "指标a", "指标1", "因素a", "因素1", "要素a", "要素1", "element a", "row", "indicator a"),
    "b": ("b", "乙", "指标b", "指标2", "因素b", "因素2", "要素b", "要素2", "element b", "column", "indicator b"),
    "value": ("value", "judgement", "judgment", "判断", "判断值", "标度", "比值", "重要性", "重要程度", "值", "数值"),
    "expert": ("expert", "judge", "专家", "專家", "评委", "評委", "专家姓名", "专家编号"),
    "parent": ("parent", "上级", "上級", "准则", "準則", "领域", "領域", "目标", "目標", "pillar"),
}  # fmt: skip
_ELEMENT = (
    "indicator", "node", "element", "pillar", "指标", "指標", "领域", "領域", "因素", "要素", "名称", "name",
)  # fmt: skip
_DATE = re.compile(
    r"\d{4}[-/年]\d{1,2}[-/月]\d{1,2}日?( 00:00:00)?|\d{1,2}月\d{1,2}日|\d{1,2}-[A-Za-z]{3}(-\d+)?|[A-Za-z]{3}-\d{1,2}"
)
_NUMBER = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(?:\s*/\s*(\d+(?:\.\d*)?))?", re.ASCII)
_DECIMAL = re.compile(r"0?\.(\d{2,})", re.ASCII)
_MISSING = frozenset({"", "-", "—", "–", "na", "n/a", "?"})

_Grid = list[tuple[int, list[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparisons:
    """What one expert says of the elements below one parent."""

    expert: str
    parent: str
    labels: tuple[str, ...]
    values: NDArray[np.float64]
    """Shape (elements, elements): how many times as important the row is; NaN where nothing is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """What each expert gives each element, shape (experts, elements)."""

    experts: tuple[str, ...]
    labels: tuple[str, ...]
    values: NDArray[np.float64]


def read_comparisons(paths: Iterable[str | Path]) -> tuple[Comparisons, ...]:
    """Read pairwise comparisons: each file, sheet, or name in an expert column is one expert.

    Parameters
    ----------
    paths : iterable of path
        CSV files or workbooks, each sheet either a square matrix, whose first column and header name the elements,
        or a list of pairs with the columns a, b, value (甲, 乙, 判断值), and perhaps expert and parent.

    Returns
    -------
    tuple of Comparisons
        1/3 is exact however it is written: 1/3, ⅓, 0.33, 0.333.

    Raises
    ------
    DataError
        With every cell that cannot be read, such as a 1/3 that Excel has turned into a date.
    """
    faults: list[str] = []
    found: list[Comparisons] = []
    for path in map(Path, paths):
        sheets = _grids(path)
        for sheet, grid in sheets:
            where = f"{path.name} [{sheet}]" if sheet else path.name
            who = sheet if len(sheets) > 1 else path.stem
            header = grid[0][1]
            known = {plain(word): key for key, words in _PAIRS.items() for word in words}
            columns = {known[plain(cell)]: c for c, cell in enumerate(header) if plain(cell) in known}
            if {"a", "b", "value"} <= set(columns) and not _square(grid):
                found += _from_pairs(grid, columns, where, who, faults)
            elif _square(grid):
                found.append(_from_square(grid, where, who, faults))
            else:
                faults.append(
                    f"{where}: this is neither a square matrix, with the same names down the first column and along "
                    "the header, nor a list with the columns a, b and value (甲, 乙, 判断值)"
                )
    _stop(faults)
    twice = [
        key
        for key in {(c.expert, c.parent) for c in found}
        if sum((c.expert, c.parent) == key for c in found) > 1
    ]
    if twice:
        raise DataError(
            f"{listed(sorted(repr(expert) for expert, _ in twice))} judges the same elements twice. Name experts apart."
        )
    return tuple(found)


def read_points(path: str | Path) -> Points:
    """Read a panel: a row per expert and a column per element, or the other way round.

    Parameters
    ----------
    path : path
        A CSV file or a workbook's first sheet. The head of the first column says what the rows are: expert (专家), or
        indicator (指标).

    Returns
    -------
    Points

    Raises
    ------
    DataError
        With every cell that is no number, or if rows or columns bear one name twice.
    """
    path = Path(path)
    _, grid = _grids(path)[0]
    head, rows = plain(grid[0][1][0]), grid[1:]
    by_expert = head in {plain(word) for word in _PAIRS["expert"]}
    if not by_expert and head not in {plain(word) for word in _ELEMENT}:
        raise DataError(
            f"{path.name}: the first column is headed {grid[0][1][0]!r}, so it is not known what the rows are. "
            "Head it expert (专家) or indicator (指标)."
        )
    across, down = [cell.strip() for cell in grid[0][1][1:]], [cells[0].strip() for _, cells in rows]
    faults: list[str] = []
    for names, what in ((across, "columns"), (down, "rows")):
        double = sorted({name for name in names if names.count(name) > 1})
        faults += [f"{path.name}: {what} called {listed(map(repr, double))} stand twice"] * bool(double)
    values = np.full((len(down), len(across)), np.nan)
    for r, (line, cells) in enumerate(rows):
        for c, cell in enumerate(cells[1:]):
            values[r, c] = _read(cell, f"{path.name} row {line}, {across[c]}", faults)
    lacking = [f"{down[r]} of {across[c]}" for r, c in np.argwhere(np.isnan(values)).tolist()]
    if not faults and lacking:
        faults.append(f"{path.name}: nothing is said by {listed(lacking)}; write 0 for nothing")
    _stop(faults)
    if not by_expert:
        values, across, down = values.T.copy(), down, across
    return Points(experts=tuple(down), labels=tuple(across), values=values)


def _square(grid: _Grid) -> bool:
    header = [cell.strip() for cell in grid[0][1]]
    down = [cells[0].strip() for _, cells in grid[1:]]
    return bool(down) and sorted(down) == sorted(header[1:]) and len(set(down)) == len(down)


def _from_square(grid: _Grid, where: str, expert: str, faults: list[str]) -> Comparisons:
    labels = [cell.strip() for cell in grid[0][1][1:]]
    values = np.full((len(labels), len(labels)), np.nan)
    for line, cells in grid[1:]:
        row = labels.index(cells[0].strip())
        for c, cell in enumerate(cells[1:]):
            values[row, c] = _ratio(cell, f"{where} row {line}, {labels[row]} against {labels[c]}", faults)
    return Comparisons(expert=expert, parent="", labels=tuple(labels), values=values)


def _from_pairs(
    grid: _Grid, columns: Mapping[str, int], where: str, who: str, faults: list[str]
) -> list[Comparisons]:
    """Return one set of comparisons for each expert and parent that the list names."""
    said: dict[tuple[str, str], dict[tuple[str, str], float]] = {}
    for line, cells in grid[1:]:
        row = {key: cells[c].strip() for key, c in columns.items()}
        if not row["a"] or not row["b"]:
            faults.append(f"{where} row {line}: both a and b must be named")
            continue
        pairs = said.setdefault((row.get("expert") or who, row.get("parent", "")), {})
        if (row["a"], row["b"]) in pairs:
            faults.append(f"{where} row {line}: {row['a']} against {row['b']} stands twice")
        value = _ratio(row["value"], f"{where} row {line}, {row['a']} against {row['b']}", faults)
        pairs[row["a"], row["b"]] = value
    found = []
    for (expert, parent), pairs in said.items():
        labels = list(dict.fromkeys(name for pair in pairs for name in pair))
        values = np.full((len(labels), len(labels)), np.nan)
        for (a, b), value in pairs.items():
            values[labels.index(a), labels.index(b)] = value
        found.append(Comparisons(expert=expert, parent=parent, labels=tuple(labels), values=values))
    return found


def _ratio(cell: str, where: str, faults: list[str]) -> float:
    """Read a judgement; a decimal that is 1/2 to 1/9 rounded or cut off is that fraction."""
    value = _read(cell, where, faults)
    match = _DECIMAL.fullmatch(cell.strip())
    if match:
        digits, size = int(match[1]), 10 ** len(match[1])
        for k in range(2, 10):
            if digits in (size // k, round(Fraction(size, k))) or digits == int(size / k + 0.5):
                return 1 / k
    return value


def _read(cell: str, where: str, faults: list[str]) -> float:
    """Read a number or a fraction; NaN where the cell is empty or a dash."""
    text = unicodedata.normalize("NFKC", cell).replace("\N{FRACTION SLASH}", "/").strip()
    if text.casefold() in _MISSING:
        return np.nan
    if _DATE.fullmatch(text):
        faults.append(
            f"{where}: {text!r} is a date, into which Excel turns 1/3; format the cells as text, or write =1/3"
        )
        return np.nan
    match = _NUMBER.fullmatch(text)
    if not match or (match[2] and not float(match[2])):
        faults.append(f"{where}: {text!r} is no number of at least 0; write 3 or 1/3")
        return np.nan
    return float(match[1]) / float(match[2]) if match[2] else float(match[1])


def _stop(faults: Sequence[str]) -> None:
    if faults:
        more = f"\n  … and {len(faults) - 50} more" if len(faults) > 50 else ""
        raise DataError(
            f"{faults[0]}."
            if len(faults) == 1
            else f"{len(faults)} faults:\n  " + "\n  ".join(faults[:50]) + more
        )


# --- Grids of text: the corner of a matrix is often empty, so that no header names its first column -------------


def _grids(path: Path) -> list[tuple[str, _Grid]]:
    """Return the cells of a file, or of each filled sheet, by row of the file, without what is empty."""
    must_exist(path)
    suffix = path.suffix.lower()
    sheets: list[tuple[str, Sequence[Sequence[object]]]]
    try:
        if suffix in BOOKS:
            with CalamineWorkbook.from_path(path) as book:
                cells = {
                    name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                    for name in book.sheet_names
                }
            for name, rows in cells.items():
                for row, column, fault in cell_faults(path, name):
                    rows[row][column] = fault
            sheets = list(cells.items())
        elif suffix in (".csv", ".tsv", ".txt"):
            sheets = [("", list(_delimited(path)))]
        else:
            raise DataError(f"{path.name} is no table of judgements. Give a .csv or .xlsx file.")
    except (CalamineError, ValueError) as error:
        raise DataError(
            f"{path.name} cannot be read ({error}). Save it again as .xlsx or UTF-8 .csv."
        ) from None
    found = [(name, _tidy(rows)) for name, rows in sheets]
    kept = [(name, grid) for name, grid in found if len(grid) > 1]
    if not kept:
        raise DataError(f"{path.name} holds no table: a header and at least one row. Fill it in.")
    return kept


def _delimited(path: Path) -> list[list[str]]:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030")
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(",\t;", key=first.count)
    return list(csv.reader(io.StringIO(text), delimiter=separator))


def _tidy(rows: Sequence[Sequence[object]]) -> _Grid:
    """Return rows of text of one width, without empty rows and columns and the headings above the table."""
    shown = [(line, [_shown(cell) for cell in row]) for line, row in enumerate(rows, start=1)]
    grid = [(line, cells) for line, cells in shown if any(cell.strip() for cell in cells)]
    while len(grid) > 1 and sum(bool(cell.strip()) for cell in grid[0][1]) < 2 and not _alone(grid):
        grid.pop(0)
    width = max((len(cells) for _, cells in grid), default=0)
    padded = [(line, cells + [""] * (width - len(cells))) for line, cells in grid]
    used = [c for c in range(width) if any(cells[c].strip() for _, cells in padded)]
    return [(line, [cells[c] for c in used]) for line, cells in padded]


def _alone(grid: _Grid) -> bool:
    """Whether what is left is a matrix of one element, whose header is as short as a heading."""
    return (
        len(grid) == 2
        and grid[0][1][0].strip() == ""
        and _square([(line, cells[:2]) for line, cells in grid])
    )


def _shown(cell: object) -> str:
    if isinstance(cell, datetime.date):
        return f"{cell:%Y-%m-%d}"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
