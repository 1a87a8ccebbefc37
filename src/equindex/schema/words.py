"""What headers and cells of data say in words: years, units, totals, values to keep."""

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import numpy as np

from equindex import tables
from equindex._arrays import FloatArray
from equindex.notation.words import FACTOR, FOLD, power_of

__all__ = [
    "cell_text",
    "code_text",
    "folded",
    "listed",
    "power_between",
    "printed_year",
    "scaled",
    "total",
    "unit_behind",
    "year_of",
]

_YEAR = re.compile(r"(\d{4})(?:\.0+)?\s*(?:年度?)?|(\d{4})([-/.])\d{1,2}\3\d{1,2}(?:[ T].*)?", re.ASCII)
_IN_TEXT = re.compile(r"(?<![\d.])(?:1[89]|2[01])\d\d(?![\d.]|[-/]\d|年?不?[可变]?变?价)", re.ASCII)
_UNIT = re.compile(r"(.+)\(([^()]+)\)")
_FACTOR = re.compile(f"({FACTOR})(.*)")
_TOTALS = frozenset({"total", "national", *(f"全{level}" for level in "国省市区县"), "合计", "总计", "小计"})
_TITLES = ("title", "时间", "時間", "年份", "年度", "time", "year")


def folded(word: Any) -> str:
    """Fold a header for comparison: width, case and spaces do not count."""
    return re.sub(r"[\s_]+", "", unicodedata.normalize("NFKC", str(word))).casefold()


def cell_text(value: Any) -> str:
    """Text of a cell for comparing with keep and drop: 1.0 is 1, True is true."""
    return re.sub(r"^(-?\d+)\.0+$", r"\1", str(value).strip()).casefold()


def code_text(value: Any) -> str:
    """Text of a region's cell: 110000.0 is 110000."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def year_of(value: Any) -> int:
    """Read a cell as a year; -1 where it is none.

    Examples
    --------
    >>> [year_of(cell) for cell in (1999.0, "1999年度", "2020-01-01 00:00:00", "20xx")]
    [1999, 1999, 2020, -1]
    """
    match = _YEAR.fullmatch(unicodedata.normalize("NFKC", code_text(value)).strip())
    return int(match[1] or match[2]) or -1 if match else -1


def printed_year(sheet: tables.Sheet) -> int | None:
    """Return the one year that the name of a workbook's sheet or its title says.

    Examples
    --------
    >>> import numpy, pandas
    >>> printed_year(tables.Sheet(name="b.xlsx [2022年床位]", frame=pandas.DataFrame(), lines=numpy.empty(0)))
    2022
    """
    name = sheet.name.partition(" [")[2]
    texts = [name, *(sheet.title[word] for word in _TITLES if word in sheet.title)]
    found = {int(said) for text in texts for said in _IN_TEXT.findall(unicodedata.normalize("NFKC", text))}
    return found.pop() if len(found) == 1 else None


def total(word: str) -> bool:
    """Return whether a region's name is what totals are called: 全国, 合 计, Total."""
    return folded(word).translate(FOLD).translate(str.maketrans("國總計", "国总计")) in _TOTALS


def unit_behind(header: Any) -> tuple[str, str]:
    """Split a header into its name, folded, and the unit in brackets behind it, empty where there is none.

    Examples
    --------
    >>> unit_behind("床位数（万张）"), unit_behind("beds")
    (('床位数', '万张'), ('beds', ''))
    """
    match = _UNIT.fullmatch(folded(header))
    return (match[1], match[2]) if match else (folded(header), "")


def power_between(printed: str, own: str) -> int | None:
    """Return the power of ten that turns numbers in one unit into another; None where they do not compare.

    Examples
    --------
    >>> power_between("万张", "张"), power_between("萬", "人"), power_between("人", "万人"), power_between("张", "%")
    (4, 4, -4, None)
    """
    (above, what), (below, known) = (_split(unit) for unit in (printed, own))
    return above - below if what == known or (above and not what) else None


def _split(unit: str) -> tuple[int, str]:
    match = _FACTOR.fullmatch(folded(unit).translate(FOLD))
    return (power_of(match[1]), match[2]) if match else (0, unit)


def scaled(values: FloatArray, power: int) -> FloatArray:
    """Multiply numbers by a power of ten as if their decimals were moved: 4.35 and 4 give exactly 43,500."""
    distinct, places = np.unique(values, return_inverse=True)
    moved = [float(Decimal(repr(number)).scaleb(power)) for number in distinct.tolist()]
    return np.array(moved, dtype=float)[places.reshape(values.shape)]


def listed(words: Iterable[Any], most: int = 8) -> str:
    """Return the first words, quoted, and how many more there are."""
    words = [repr(str(word)) for word in words]
    return ", ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")
