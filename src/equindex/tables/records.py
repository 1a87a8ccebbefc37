"""Small tables of the framework (indicators, targets, regions, weights) as records of printed text."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

from equindex import notation
from equindex.errors import FrameworkError, nearest
from equindex.tables.files import read_file
from equindex.tables.headers import plain

__all__ = ["records"]

_UNIT = re.compile(r"(.+)\(([十百千万萬亿億]*[人口]?)\)")
_BARE = re.compile(r"[\d,]+(\.\d+)?", re.ASCII)


def records(
    path: str | Path,
    keys: Iterable[str],
    *,
    sheet: str | None = None,
    synonyms: Mapping[str, tuple[str, ...]] | None = None,
    allow_extra: bool = False,
) -> list[tuple[int, dict[str, object]]]:
    """Read a small table, one record per row.

    Parameters
    ----------
    path : path
        A CSV file, a workbook or Parquet.
    keys : iterable of str
        What the columns may be.
    sheet : str, optional
        Which sheet of a workbook.
    synonyms : mapping, optional
        Further headers for a key, such as :data:`INDICATOR`.
    allow_extra : bool
        Keep columns with other headers, under these.

    Returns
    -------
    list of (int, dict)
        The row of the file, from 1, and its cells by key, as printed and stripped: text always, from a
        workbook too, so that ``0012`` and ``≥97`` survive. Empty cells are left out. With `allow_extra`,
        区域 beside another region column is an extra one, and so is any beside ``region``; numbers below
        人口（万人） get the unit: ``48.8万人``.

    Raises
    ------
    FrameworkError
        If columns are unknown, all named at once, or two mean the same.
    DataError
        If the file cannot be read.
    """
    path, keys = Path(path), list(keys)
    table = read_file(path, sheet=sheet, every_text=True)
    meaning = {plain(word): key for key in keys for word in reversed((synonyms or {}).get(key, ()))}
    meaning |= {plain(key): key for key in keys}
    extra = _extra(table.frame.columns, meaning) if allow_extra else set()
    behind = _counted(table.frame.columns, meaning) if allow_extra else {}
    named: dict[str, str] = {}
    unknown: list[str] = []
    for column in map(str, table.frame.columns):
        key = "population" if column in behind else None if column in extra else meaning.get(plain(column))
        if key is None and allow_extra:
            key = column
        if key is None:
            unknown.append(column)
        elif key in named.values():
            other = next(c for c in named if named[c] == key)
            raise FrameworkError(
                f"{table.name}: the columns {other!r} and {column!r} both mean {key!r}. Drop one."
            )
        else:
            named[column] = key
    if unknown:
        faults = "; ".join(f"{column!r} ({nearest(column, keys)})" for column in unknown)
        raise FrameworkError(f"{table.name}: unknown columns: {faults}. Rename or drop them.")
    cells = [(named[column], table.frame[column].tolist(), behind.get(column, "")) for column in named]
    rows: list[tuple[int, dict[str, object]]] = []
    for i, line in enumerate(table.lines.tolist()):
        record = {
            key: _with_unit(values[i].strip(), unit)
            for key, values, unit in cells
            if isinstance(values[i], str)
        }
        rows.append((line, {key: text for key, text in record.items() if text}))
    return rows


def _extra(columns: Iterable[object], meaning: Mapping[str, str]) -> set[str]:
    """Return columns that group the regions of another one: 区域, and all beside one that is called region."""
    regions = [str(column) for column in columns if meaning.get(plain(column)) == "region"]
    if any(plain(column) == "region" for column in regions):
        return {column for column in regions if plain(column) != "region"}
    return {column for column in regions if plain(column) == "区域"} if len(regions) > 1 else set()


def _counted(columns: Iterable[object], meaning: Mapping[str, str]) -> dict[str, str]:
    """Return the one population column with 人 or a factor in brackets, and that unit: 人口（万人）."""
    names = [str(column) for column in columns]
    if any(meaning.get(plain(name)) == "population" for name in names):
        return {}
    found = {}
    for name in names:
        match = _UNIT.fullmatch(unicodedata.normalize("NFKC", name).strip())
        if match and meaning.get(plain(match[1])) == "population":
            unit = match[2].strip()
            if notation.read(f"1{unit}", "人").numeric:
                found[name] = unit
    return found if len(found) == 1 else {}


def _with_unit(cell: str, unit: str) -> str:
    """Write the unit of a column's header behind a bare number."""
    return f"{cell}{unit}" if unit and _BARE.fullmatch(cell) else cell
