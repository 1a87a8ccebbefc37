"""Small tables of the framework (indicators, targets, regions, weights) as records of printed text."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from equindex.errors import FrameworkError, nearest
from equindex.tables.files import read_file
from equindex.tables.headers import plain

__all__ = ["records"]


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
        workbook too, so that ``0012`` and ``≥97`` survive. Empty cells are left out.

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
    named: dict[str, str] = {}
    unknown: list[str] = []
    for column in map(str, table.frame.columns):
        key = meaning.get(plain(column))
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
    cells = [(named[column], table.frame[column].tolist()) for column in named]
    rows = []
    for i, line in enumerate(table.lines.tolist()):
        record = {key: values[i].strip() for key, values in cells if isinstance(values[i], str)}
        rows.append((line, {key: text for key, text in record.items() if text}))
    return rows
