"""A table as it stands in its file, and what CSV files and workbooks have in common around it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equindex.errors import DataError, nearest

__all__ = [
    "Sheet",
    "check_names",
    "find_header",
    "find_notes",
    "listed",
    "must_exist",
    "preamble",
    "skipped",
    "unreadable",
]

_KEY = re.compile(r"([^:：,，]{1,20})[:：]\s*(.*)", re.DOTALL)
_WORD = re.compile(
    r"[单單]位|指[标標]|[数數][据據][库庫]|[时時][间間]|[来來]源|表\s*\S+|unit|indicator|source",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"\s*[(（\[【]?\s*(附?[注註]|[说說]明|[备備][注註]|([数數][据據]|[资資]料)?[来來]源|出[处處]|notes?|sources?)\s*[\d一二三]*\s*"
    r"([:：.．、)）\]】]|\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table as printed: number columns as float64, all else as text; an empty cell is NaN in both."""

    name: str
    """What messages call it: ``observations.csv`` or ``book.xlsx [data]``."""
    frame: pd.DataFrame
    """The cells under their printed headers. Region, year and indicator columns are always text."""
    lines: NDArray[np.int64]
    """The row of the file, from 1, in which each row of `frame` begins."""
    notes: tuple[str, ...] = ()
    """What was assumed or skipped: encoding, separator, lines above and below the table."""
    title: Mapping[str, str] = field(default_factory=dict)
    """What stands above the header, as ``{"指标": "地区生产总值(亿元)"}``; a bare heading is ``title``."""

    @property
    def indicator(self) -> str:
        """The one indicator that the lines above the header name, or empty."""
        for key in ("指标", "指標", "indicator", "Indicator", "title"):
            if key in self.title:
                return self.title[key]
        return ""


def listed(items: Iterable[object], most: int = 10) -> str:
    """Return the first items, comma separated, and how many more there are.

    Examples
    --------
    >>> listed([3, 5, 8], most=2)
    '3, 5 and 1 more'
    """
    words = [str(item) for item in items]
    more = len(words) - most
    return ", ".join(words[:most]) + (f" and {more} more" if more > 0 else "")


def find_header(rows: Sequence[Sequence[str]]) -> int:
    """Return the position of the header among the first rows: the first over half as full as the fullest.

    Examples
    --------
    >>> find_header([["指标：人口", ""], ["", ""], ["地区", "2020"], ["北京", "2189"]])
    2
    """
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    widest = max(filled, default=0)
    for position, (row, count) in enumerate(zip(rows, filled, strict=True)):
        if 2 * count > widest and not (count <= 2 < widest and _heading(row[0].strip())):
            return position
    return 0


def _heading(cell: str) -> bool:
    return bool(_KEY.fullmatch(cell) or _WORD.fullmatch(cell))


def find_notes(rows: Sequence[Sequence[str]], width: int) -> int:
    """Return how many of the last rows are notes below a table `width` wide: ``注：…`` and what follows.

    Examples
    --------
    >>> find_notes([["西藏", ""], ["注：1.见年鉴。"], ["　2.抽样。"], ["来源：统计局", ""]], 2)
    3
    """
    notes = 0
    for count, row in enumerate(reversed(rows), start=1):
        note = bool(row) and bool(_NOTE.match(row[0]))
        if width == 1 or not (note or len(row) < width or not any(cell.strip() for cell in row[1:])):
            break
        if note:
            notes = count
    return notes


def preamble(rows: Iterable[Sequence[str]]) -> dict[str, str]:
    """Return what the rows above a header say, by key.

    Examples
    --------
    >>> preamble([["指标：人口(人)"], ["单位", "万人"], ["表 1"]])
    {'指标': '人口(人)', '单位': '万人', 'title': '表 1'}
    """
    title: dict[str, str] = {}
    for row in rows:
        cells = [cell.strip() for cell in row if cell.strip()]
        match = _KEY.fullmatch(cells[0]) if cells else None
        if match and (match[2] or len(cells) > 1):
            title.setdefault(match[1].strip(), " ".join([match[2].strip(), *cells[1:]]).strip())
        elif len(cells) == 2:
            title.setdefault(*cells)
        elif cells:
            title.setdefault("title", " ".join(cells))
    return title


def check_names(
    name: str, header: Sequence[str], filled: NDArray[np.bool_], line: int
) -> tuple[list[int], tuple[str, ...]]:
    """Return which columns to keep and a note on those dropped; raise for missing or double headers.

    Parameters
    ----------
    name : str
        What messages call the table.
    header : sequence of str
        The stripped header.
    filled : ndarray of bool
        Whether each column has any cell below the header.
    line : int
        The row of the header.
    """
    keep = [i for i, text in enumerate(header) if text or filled[i]]
    nameless = [i + 1 for i in keep if not header[i]]
    if nameless:
        raise DataError(
            f"{name} row {line}: column {listed(nameless)} has cells but no header. Give every column a name."
        )
    double = sorted({text for text in header if text and header.count(text) > 1}, key=header.index)
    if double:
        where = ((text, [i + 1 for i, other in enumerate(header) if other == text]) for text in double)
        raise DataError(
            f"{name} row {line}: {listed(f'{text!r} heads columns {listed(at)}' for text, at in where)}. "
            "Give every column a name of its own."
        )
    dropped = len(header) - len(keep)
    return keep, (f"dropped {dropped} empty columns without a header",) if dropped else ()


def skipped(where: str, rows: Sequence[Sequence[str]], first: int, last: int) -> str:
    """Return the note on lines above or below a table."""
    text = "; ".join(" ".join(cell.strip() for cell in row if cell.strip()) for row in rows)
    return f"skipped rows {first}-{last} {where} the table: {text[:300]}{'…' if len(text) > 300 else ''}"


def must_exist(path: Path) -> None:
    """Raise DataError naming the nearest file beside a `path` that is not there."""
    if not path.exists():
        folder = path.parent
        beside = sorted(file.name for file in folder.iterdir()) if folder.is_dir() else []
        hint = nearest(path.name, beside) if folder.is_dir() else f"There is no folder {folder} either."
        raise DataError(f"there is no file or folder {path}. {hint}".rstrip())


def unreadable(error: OSError) -> str:
    """Return what to do about a file that cannot be read."""
    shut = (
        "Close it if Excel or another program has it open, or c"
        if isinstance(error, PermissionError)
        else "C"
    )
    return f"{shut}heck its permissions."
