"""What one cell of a plan or a data table prints: "≥97", "＞90", "[60]", "4.5左右", "90.79%", "—"."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MISSING", "Reading", "Readings", "read", "read_many", "show"]

_NO_VALUE = "na n/a #n/a <na> nan nat null none 无 無 缺 缺失 无数据 無數據 暂无 暫無"
#: Words that say "no value", compared in lower case; so do lone dashes, dots, an ellipsis and "/".
MISSING = frozenset(["", *_NO_VALUE.split()])

# Words before and after the number, by the operator they mean; "" changes nothing. Further words go here.
# 以上, 以下, 以内 include the number itself, 超过 and 不满 do not: Civil Code of the PRC (2020), art. 1259.
_WORDS_BEFORE = {
    ">=": ">= => ≮ 不低于 不低於 不少于 不少於 不小于 不小於 至少",
    "<=": "<= =< ≯ 不高于 不高於 不多于 不多於 不大于 不大於 不超过 不超過 至多",
    ">": "> 超过 超過 高于 高於 大于 大於 多于 多於",
    "<": "< 不满 不滿 不足 低于 低於 小于 小於 少于 少於",
    "~": "~ ≈ 约 約 大约 大約",
    "=": "=",
    "": "每 为 為 达 達 达到 達到 保持 保持在",
}
_WORDS_AFTER = {"~": "左右", ">=": "以上 及以上", "<=": "以下 及以下 以内 以內"}
_BEFORE = {word: operator for operator, words in _WORDS_BEFORE.items() for word in words.split()}
_AFTER = {word: operator for operator, words in _WORDS_AFTER.items() for word in words.split()}
_POWERS = {"十": 1, "百": 2, "千": 3, "万": 4, "萬": 4, "亿": 8, "億": 8}

_LONGEST = 200  # characters; a longer cell is prose and stays unread

_FOLD: dict[int, str] = {
    **{wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)},
    **dict.fromkeys(map(ord, "≥≧⩾"), ">="),
    **dict.fromkeys(map(ord, "≤≦⩽"), "<="),
    **dict(zip(map(ord, "﹤﹥﹦﹢﹪〔﹝【〕﹞】〜∼˜"), "<>=+%[[[]]]~~~", strict=True)),
    **dict.fromkeys(map(ord, "−﹣‐‑‒–"), "-"),
    **dict.fromkeys(map(ord, "―─"), "—"),
    **dict.fromkeys([0x2007, 0x2009, 0x202F], "\xa0"),  # spaces that do not break group digits
    **dict.fromkeys([0xFEFF, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)], ""),
}


def _any(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


_EXPONENT = r"(?:[eE][+-]?[0-9]++)?"
_GROUPED = r"[1-9][0-9]{0,2}(?:(?:,[0-9]{3})++|(?:\xa0[0-9]{3})++)(?![0-9])"
_PLAIN = re.compile(rf"[+-]?[0-9]++(?:\.[0-9]++)?{_EXPONENT}")
_NUMBER = re.compile(rf"(?:(?:{_GROUPED}|[0-9]++)(?:\.[0-9]*+)?|\.[0-9]++){_EXPONENT}")
_NOTHING = re.compile(r"[-—]+|[.…]+|/")
_BRACKETS = re.compile(r"([^0-9\[\]]*)\[([^\[\]]*)\]([^0-9\[\]]*)")
_POWER = "百(?!分)|千(?![米克瓦卡赫伏])|[十万萬亿億]"  # 百分点, 千米 and 千克 are units, not factors
_FACTOR = f"(?:{_POWER})*"
_LETTERS = "A-Za-zµÀ-ÖØ-öø-ɏ㐀-鿿㎡㎥㎞℃°"
_UNIT = f"[{_LETTERS}][{_LETTERS}²³·/]{{0,11}}?"
_SIMPLE = re.compile(f"{_FACTOR}{_UNIT}")
_PREFIX = re.compile(_any(_BEFORE))
_FIGURE_END = rf"\s*+(?:([%‰])|({_FACTOR}))\s*+"
_BETWEEN = re.compile(rf"{_FIGURE_END}((?:{_UNIT})??)\s*+(?:~|——?|-|至|到|to)\s*+([+-]?)")
_BEHIND = re.compile(rf"{_FIGURE_END}((?:{_any(_AFTER)})?)\s*+((?:{_UNIT})??)\s*+((?:{_any(_AFTER)})?)\s*+")
# What no unit of measurement holds: numerals (三千, 个亿), vague amounts (多), bounds (不到), claims (全).
_DOUBT = re.compile(
    f"{_POWER}|分之|[一二三四五六七八九兆零两兩几幾半多余餘约約强弱起不未无無非以超近足上下内內外前后後全圈]"
    "|^(?:k|mn|bn|hundred|thousand|million|billion|trillion|or|and|to)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one cell says; a cell is a number, missing, or unread.

    Attributes
    ----------
    raw : str
        The cell as printed.
    value : float
        The number, the lower end of a range; NaN when there is none. [unit of the indicator]
    high : float
        Upper end of a range, NaN otherwise. [unit of the indicator]
    operator : str
        ``""``, ``">="``, ``">"``, ``"<="``, ``"<"``, ``"="``, ``"~"`` (about) or ``"range"``.
    cumulative : bool
        Printed in brackets: the total of a period.
    percent : bool
        A % was printed behind the number. It never divides.
    suffix : str
        Unit of measurement printed behind the number, without 万 or another factor; or ``"‰"``.
    missing : bool
        The cell says that there is no value.
    unread : str
        The text, when it could not be read as a whole.
    """

    raw: str
    value: float = math.nan
    high: float = math.nan
    operator: str = ""
    cumulative: bool = False
    percent: bool = False
    suffix: str = ""
    missing: bool = False
    unread: str = ""

    @property
    def numeric(self) -> bool:
        """Whether the cell holds a number."""
        return not math.isnan(self.value)

    @property
    def bounds(self) -> tuple[float, float, bool, bool]:
        """Between what the true value lies: low, high, and whether each end is itself excluded.

        About 4.5 gives 4.5 twice: how far "about" reaches is for the caller to say.
        """
        low = high = self.value
        if self.operator in ("<", "<="):
            low = -math.inf
        elif self.operator in (">", ">="):
            high = math.inf
        elif self.operator == "range":
            high = self.high
        return low, high, self.operator == ">", self.operator == "<"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Readings:
    """What the cells of one column say: numbers as an array, and a `Reading` for each distinct other text.

    Attributes
    ----------
    value : ndarray, shape (cells,)
        As `Reading.value`. [unit of the indicator]
    code : ndarray of int, shape (cells,)
        Place in `notes` of the cell's reading; -1 for a plain number.
    notes : tuple of Reading
        The distinct readings that are more, or less, than a plain number.
    """

    value: NDArray[np.float64]
    code: NDArray[np.intp]
    notes: tuple[Reading, ...]

    @property
    def operator(self) -> NDArray[np.object_]:
        """As `Reading.operator`, shape (cells,)."""
        return np.array([*(note.operator for note in self.notes), ""], dtype=object)[self.code]

    @property
    def missing(self) -> NDArray[np.bool_]:
        """As `Reading.missing`, shape (cells,)."""
        return np.array([*(note.missing for note in self.notes), False])[self.code]

    @property
    def unread(self) -> NDArray[np.bool_]:
        """Whether the cell could not be read, shape (cells,)."""
        return np.array([*(note.unread != "" for note in self.notes), False])[self.code]

    @property
    def bounds(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
        """As `Reading.bounds`, each of shape (cells,)."""
        lows, highs, above, below = zip(
            *(note.bounds for note in self.notes), (math.nan, math.nan, False, False), strict=True
        )
        plain = self.code < 0
        low = np.where(plain, self.value, np.array(lows)[self.code])
        high = np.where(plain, self.value, np.array(highs)[self.code])
        return low, high, np.array(above)[self.code], np.array(below)[self.code]


def read(cell: object, unit: str = "") -> Reading:
    """Read one cell of a plan table or a data table.

    Known are operators in either width and as words (不低于, 以上, 以内, 左右), brackets, ranges, %, 万, 亿,
    thousands separators. A cell is read as a whole or stays unread; nothing is guessed and nothing raises.

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
    factor that the given one has (60人次 in 万人次); text above 200 characters.

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
    """
    raw = _text(cell)
    text = raw.strip()
    if len(text) > _LONGEST:
        return Reading(raw=raw, unread=text[:_LONGEST])
    folded = text.translate(_FOLD).strip()
    brackets = _BRACKETS.fullmatch(folded)
    if brackets:
        folded = "".join(brackets.groups()).strip()
    if folded.lower() in MISSING or _NOTHING.fullmatch(folded):
        return Reading(raw=raw, cumulative=brackets is not None, missing=True)
    reading = _figures(raw, folded, unit.translate(_FOLD).strip(" ()"), brackets is not None)
    return reading or Reading(raw=raw, unread=text)


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
        items = [item if type(item) in (str, float) else _text(item) for item in listed]
        plain = _PLAIN.fullmatch
        numbers = [
            item if type(item) is float else float(item) if plain(item) else math.nan for item in items
        ]
        value = np.array(numbers, dtype=np.float64)

    odd = np.flatnonzero(~np.isfinite(value))
    places: dict[str, int] = {}
    code = np.full(value.shape, -1, dtype=np.intp)
    code[odd] = [places.setdefault(_text(items[cell]), len(places)) for cell in odd.tolist()]
    notes = tuple(read(text, unit) for text in places)
    value[odd] = np.array([note.value for note in notes], dtype=np.float64)[code[odd]]
    return Readings(value=value, code=code, notes=notes)


def show(reading: Reading) -> str:
    """Print a reading in one canonical way.

    Parameters
    ----------
    reading : Reading
        What a cell said.

    Returns
    -------
    str
        Text that reads as the same, save `raw` and `suffix`, under the same unit; an unread cell as it was.

    Examples
    --------
    >>> show(read("[＞15]")), show(read("30%～40%")), show(read("4.5左右")), show(read("不低于35%"))
    ('[>15]', '30~40%', '~4.5', '≥35%')
    """
    if reading.unread:
        return reading.raw
    mark = {"range": "", ">=": "≥", "<=": "≤"}.get(reading.operator, reading.operator)
    high = f"~{_text(reading.high)}" if reading.operator == "range" else ""
    text = "—" if reading.missing else f"{mark}{_text(reading.value)}{high}{'%' if reading.percent else ''}"
    return f"[{text}]" if reading.cumulative else text


def _text(cell: object) -> str:
    """Print a cell: floats shortest and exact, without a needless ".0"."""
    if cell is None:
        return ""
    return repr(float(cell)).removesuffix(".0") if isinstance(cell, float) else str(cell)


def _figures(raw: str, text: str, unit: str, cumulative: bool) -> Reading | None:
    """Read folded text that holds one number, or two that are a range; None where it is neither."""
    # The digits of a unit such as 床/1,000人 or m2 are no figures.
    own = unit if unit[:1].isalpha() and not _SIMPLE.fullmatch(unit) else ""
    body = re.sub(rf"(?<![A-Za-z]){re.escape(own)}$", "", text)
    numbers = list(_NUMBER.finditer(body))
    if len(numbers) not in (1, 2):
        return None
    front = body[: numbers[0].start()]
    sign = front[-1] if front.endswith(("+", "-")) else ""
    front = "".join(front.removesuffix(sign).split())
    before = _PREFIX.findall(front)
    behind = _BEHIND.fullmatch(body, numbers[-1].end())
    if "".join(before) != front or not behind:
        return None
    mark, factor, early, suffix, late = behind.groups("")
    operators = {_BEFORE[word] for word in before} | {_AFTER[word] for word in (early, late) if word}
    marks = {mark}
    figures = [(sign + numbers[0].group(), factor, suffix)]
    if len(numbers) == 2:
        between = _BETWEEN.fullmatch(body, numbers[0].end(), numbers[1].start())
        if not between:
            return None
        first_mark, first_factor, first_suffix, second_sign = between.groups("")
        if first_suffix not in ("", suffix):
            return None
        # 3至10万居民: a factor after the second number applies to both, unless the first has its own words.
        if not first_factor and not first_suffix:
            first_factor, first_suffix = factor, suffix
        figures = [
            (sign + numbers[0].group(), first_factor, first_suffix),
            (second_sign + numbers[1].group(), factor, suffix),
        ]
        operators.add("range")
        marks.add(first_mark)
    operators.discard("")
    marks.discard("")

    scale = _power("".join(re.findall(f"^{_FACTOR}", unit)))
    if (
        len(operators) > 1
        or len(marks) > 1
        or ("‰" in marks and unit and "‰" not in unit)
        or ("%" in marks and "‰" in unit)
        or (suffix and suffix not in unit and _DOUBT.search(suffix.partition("/")[0]))
        or (scale and any(word and not power for _, power, word in figures))
        or (scale and len({power == "" for _, power, _ in figures}) > 1)
    ):
        return None
    values = [_value(digits, _power(power) - scale if power else 0) for digits, power, _ in figures]
    if not all(map(math.isfinite, values)) or values[0] > values[-1]:
        return None
    return Reading(
        raw=raw,
        value=values[0],
        high=values[1] if len(values) == 2 else math.nan,
        operator="".join(operators),
        cumulative=cumulative,
        percent="%" in marks,
        suffix=unit if body != text else suffix or "".join(marks - {"%"}),
    )


def _power(factor: str) -> int:
    """Return the power of ten of a factor: 4 for 万."""
    return sum(_POWERS[character] for character in factor)


def _value(digits: str, power: int) -> float:
    """Return the float nearest to digits x 10^power, however the digits are grouped."""
    mantissa, _, exponent = digits.replace(",", "").replace("\xa0", "").lower().partition("e")
    return float(f"{mantissa}e{int(exponent or 0) + power}")
