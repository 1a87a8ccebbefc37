"""What a cell said, one or a column of them, and how it is printed again."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equindex.notation.words import STRENGTHS

__all__ = ["Reading", "Readings", "printed", "show"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one cell says; a cell is a number, missing, a direction without a number, or unread.

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
        The total of a period: in brackets, or so called (累计, “十四五”期间).
    percent : bool
        A % was printed behind the number. It never divides.
    suffix : str
        Unit of measurement printed behind the number, without 万 or another factor; or ``"‰"``.
    missing : bool
        The cell says that there is no value.
    unread : str
        The text, when it could not be read as a whole.
    rest : str
        Of an unread cell, the words that stand in the way; all of it where each is known.
    strength : str
        ``"binding"`` (确保), ``"expected"`` (预期), ``"aspirational"`` (力争), or ``""``.
    increment : bool
        On top of the baseline (再).
    per : str
        What each number is for (每百户: ``"百户"``), where the unit does not say so itself.
    relative : str
        What the number multiplies (低保标准的1.3倍: ``"低保标准"``).
    lag : int
        Years before the row's own in which `relative` is meant (上年度: 1).
    ordinal : str
        ``"第"`` where the number is a place, ``"甲等"`` where it is a level so graded.
    about : str
        Words that name what is counted, and change no number.
    trend : str
        Where there is a direction only: ``"rise"`` (提高), ``"fall"`` (缩小), or ``"better"`` (改善).
    steps : bool
        That direction holds year by year (逐步, 逐年, 稳步, 持续, 不断).
    also : Reading or None
        A second threshold that the same cell sets (20分钟服务圈全覆盖: at most 20 minutes).
    parts : tuple of Reading
        Of an unread cell, the targets that it lists ("<4/<5.5").
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
    rest: str = ""
    strength: str = ""
    increment: bool = False
    per: str = ""
    relative: str = ""
    lag: int = 0
    ordinal: str = ""
    about: str = ""
    trend: str = ""
    steps: bool = False
    also: "Reading | None" = None
    parts: "tuple[Reading, ...]" = ()

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


def show(reading: Reading) -> str:
    """Print a reading in one canonical way.

    Parameters
    ----------
    reading : Reading
        What a cell said.

    Returns
    -------
    str
        Text that reads as the same under the same unit, save `raw`, `suffix` and `about`; an unread or compound
        cell, or a direction without a number, as it was.

    Examples
    --------
    >>> from equindex.notation import read
    >>> show(read("[＞15]")), show(read("30%～40%")), show(read("4.5左右")), show(read("力争不低于35%"))
    ('[>15]', '30~40%', '~4.5', '力争≥35%')
    """
    if reading.unread or reading.also or reading.trend:
        return reading.raw
    mark = {"range": "", ">=": "≥", "<=": "≤"}.get(reading.operator, reading.operator)
    number = "—" if reading.missing else printed(reading.value)
    words = (
        STRENGTHS[reading.strength][0] if reading.strength else "",
        "再" if reading.increment else "",
        mark,
        f"每{reading.per}" if reading.per else "",
        f"{'上年度' * reading.lag}{reading.relative}的" if reading.relative else "",
        "第" if reading.ordinal == "第" else "",
        number,
        f"~{printed(reading.high)}" if reading.operator == "range" else "",
        "%" if reading.percent else "倍" if reading.relative else "",
        f"级{reading.ordinal}" if reading.ordinal not in ("", "第") else "",
    )
    return f"[{''.join(words)}]" if reading.cumulative else "".join(words)


def printed(cell: object) -> str:
    """Print a cell: floats shortest and exact, without a needless ".0"."""
    if cell is None:
        return ""
    return repr(float(cell)).removesuffix(".0") if isinstance(cell, float) else str(cell)
