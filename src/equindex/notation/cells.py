"""Read one cell, or a column of them."""

import math
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equindex.notation.figures import figures
from equindex.notation.phrases import listed, phrase
from equindex.notation.reading import Reading, Readings, printed
from equindex.notation.words import FOLD, MISSING, strange

__all__ = ["read", "read_many"]

_LONGEST = 200  # characters; a longer cell is prose and stays unread
_PLAIN = re.compile(r"[+-]?[0-9]++(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?")
_NOTHING = re.compile(r"[-—]+|[.…]+|/")
_BRACKETS = re.compile(r"([^0-9\[\]]*)\[([^\[\]]*)\]([^0-9\[\]]*)")


def read(cell: object, unit: str = "") -> Reading:
    """Read one cell of a plan table or a data table.

    Known are operators in either width and as words (不低于, 以上, 以内, 左右), brackets, ranges, %, 万, 亿,
    thousands separators; numbers in characters (三分之二, 二十所), how firm a target is (力争), what it is for
    each (每百户), of (低保标准的1.3倍, 上年度支出的30%) or on top of (再), places (全省第一), full coverage (全覆盖)
    under %, yes and no under 是/否, directions without a number (逐步提高).
    A cell is read as a whole or stays unread; nothing is guessed and nothing raises.

    Parameters
    ----------
    cell : object
        What the table holds: text, a number, None. Anything else is read as its text.
    unit : str
        Unit of the indicator. Bare numbers are in it; 万 or 亿 behind a number counts against its own.

    Returns
    -------
    Reading
        `value` NaN, and `missing` or `unread` set, where there is no number. [unit of the indicator]

    Notes
    -----
    Unread on purpose: "12/5", "2024-05-01", "12,5"; ranges that fall, or have an operator; operators that
    contradict each other; infinite numbers; ‰ under another unit, and % under ‰; a printed unit without the
    factor that the given one has (60人次 in 万人次); a denominator other than the given one's (每千人口 under
    个/万人); a lone 一, which may be a dash; numbers spelt loosely (三五个, 一百五); text above 200 characters.

    Examples
    --------
    >>> read("≥97").operator, read("≥97").value
    ('>=', 97.0)
    >>> read("1万左右").value, read("39.91万人", unit="万人").value
    (10000.0, 39.91)
    >>> read("每3至10万居民").bounds
    (30000.0, 100000.0, False, False)
    >>> read("[＞15]").cumulative, read("—").missing, read("5万多").unread
    (True, True, '5万多')
    >>> read("力争三分之二以上", unit="%").strength, read("每百户不少于20平方米").per, read("基本完成").rest
    ('aspirational', '百户', '基本')
    """
    raw = printed(cell)
    text = raw.strip()
    if len(text) > _LONGEST:
        return Reading(raw=raw, unread=text[:_LONGEST], rest=text[:_LONGEST])
    folded = text.translate(FOLD).strip()
    brackets = _BRACKETS.fullmatch(folded)
    if brackets:
        folded = "".join(brackets.groups()).strip()
    if folded.lower() in MISSING or _NOTHING.fullmatch(folded):
        return Reading(raw=raw, cumulative=brackets is not None, missing=True)
    own = unit.translate(FOLD).strip(" ()")
    found = figures(folded, own, raw, brackets is not None)
    if found:
        return found
    if found := phrase(folded, own):
        return replace(found, raw=raw, cumulative=found.cumulative or brackets is not None)
    parts, rest = listed(folded, own)
    return Reading(raw=raw, unread=text, rest=rest or strange(folded, own), parts=parts)


def read_many(cells: NDArray[Any] | Iterable[object], unit: str = "") -> Readings:
    """Read a column, each distinct text once.

    Parameters
    ----------
    cells : ndarray, shape (cells,), or iterable
        Numbers, or objects as `read` takes them.
    unit : str
        Unit of the indicator, as for `read`.

    Returns
    -------
    Readings
        `value` is NaN where there is no number. [unit of the indicator]

    Examples
    --------
    >>> column = read_many(["96.4", "≥98", "—", "abc", "96.4"])
    >>> column.value
    array([96.4, 98. ,  nan,  nan, 96.4])
    >>> [note.raw for note in column.notes], column.code
    (['≥98', '—', 'abc'], array([-1,  0,  1,  2, -1]))
    """
    if isinstance(cells, np.ndarray) and cells.dtype.kind in "fiu":
        items: Any = cells
        value = cells.astype(np.float64)
    else:
        listed = cells.tolist() if isinstance(cells, np.ndarray) else cells
        items = [item if type(item) in (str, float) else printed(item) for item in listed]
        plain = _PLAIN.fullmatch
        numbers = [
            item if type(item) is float else float(item) if plain(item) else math.nan for item in items
        ]
        value = np.array(numbers, dtype=np.float64)

    odd = np.flatnonzero(~np.isfinite(value))
    places: dict[str, int] = {}
    code = np.full(value.shape, -1, dtype=np.intp)
    code[odd] = [places.setdefault(printed(items[cell]), len(places)) for cell in odd.tolist()]
    notes = tuple(read(text, unit) for text in places)
    value[odd] = np.array([note.value for note in notes], dtype=np.float64)[code[odd]]
    return Readings(value=value, code=code, notes=notes)
