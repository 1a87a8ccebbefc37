"""What templates show: sections of sentences, tables and pictures, with every number as text already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Block",
    "Cell",
    "Code",
    "Column",
    "Details",
    "Picture",
    "Row",
    "Section",
    "Table",
    "Text",
    "ends",
    "lines",
    "number",
    "plain",
    "share",
]

_T = TypeVar("_T")
_NONE = "–"


@dataclass(frozen=True, slots=True)
class Cell:
    """Text of a cell, and what it stands for in full.

    Attributes
    ----------
    text : str
        As shown.
    value : float, int, str or None
        With every digit, where the text has not: for sorting and CSV.
    kind : str
        A class of the page: ``met``, ``h3`` (shade).
    bar : tuple of float or None
        Start, length and mark of an interval, in percent of the cell.
    """

    text: str
    value: float | int | str | None = None
    kind: str = ""
    bar: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """Header of a column; numbers stand right."""

    text: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Cells of a row; `region` is the id of the region that it tells of."""

    cells: Sequence[Cell]
    region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with its caption; `name` is that of the CSV file, `header` the column of names, `note` stands below."""

    name: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    header: int = 0
    note: str = ""
    kind: str = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An SVG element, or the shapes of a map, and what it shows."""

    svg: str
    caption: str
    shapes: Mapping[str, Any] | None = None
    kind: str = "picture"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Sentences; as a list where `listed`, an explanation of what is not there where `absent`."""

    sentences: Sequence[str]
    listed: bool = False
    absent: bool = False
    kind: str = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Text to copy."""

    caption: str
    text: str
    kind: str = "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What opens on request."""

    title: str
    blocks: Sequence[Block]
    region: str = ""
    kind: str = "details"


Block = Table | Picture | Text | Code | Details


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the page with its heading; `short` is that of the contents."""

    id: str
    title: str
    blocks: Sequence[Block]
    lead: Sequence[str] = ()
    tiles: Sequence[tuple[str, str, str]] = field(default=())


def number(value: float | None, digits: int = 2, *, sign: bool = False) -> Cell:
    """Return a number with so many decimals, and all of it beside."""
    if value is None or not np.isfinite(value):
        return Cell(_NONE, "")
    rounded = round(float(value), digits) + 0.0
    return Cell(f"{rounded:{'+' if sign else ''},.{digits}f}", float(value))


def share(value: float | None) -> Cell:
    """Return a share as percent; what is not quite all or nothing does not round to it."""
    if value is None or not np.isfinite(value):
        return Cell(_NONE, "")
    said = "<1%" if 0 < value < 0.005 else ">99%" if 0.995 <= value < 1 else f"{100 * value:.0f}%"
    return Cell(said, float(value))


def ends(items: Sequence[_T], most: int) -> tuple[list[_T], int]:
    """Return all items, or of too many the first and the last; and how many are left out."""
    if len(items) <= most:
        return list(items), 0
    half = most // 2
    return [*items[:half], *items[-half:]], len(items) - 2 * half


def plain(value: float | None) -> Cell:
    """Return a value with at most four digits after the point, as it was measured."""
    if value is None or not np.isfinite(value):
        return Cell(_NONE, "")
    digits = 0 if abs(value) >= 1000 else 2 if abs(value) >= 1 else 4
    text = f"{value:,.{digits}f}"
    return Cell(text.rstrip("0").rstrip(".") if "." in text else text, float(value))


def lines(frame: pd.DataFrame) -> Iterator[Any]:
    """Return the rows of a table, each with its cells by name."""
    return iter(frame.itertuples())
