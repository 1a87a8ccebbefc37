"""The numbers in standards: read, told apart by what they count, and held against each other, never on a guess."""

import math
import re
from dataclasses import replace
from fractions import Fraction

from equindex import notation
from equindex.notation import Reading
from equindex.notation.words import FOLD

__all__ = ["ABOVE", "AT_LEAST", "BELOW", "UNKNOWN", "WITHIN", "against", "ceiling", "exact", "read_standard"]

AT_LEAST, BELOW, UNKNOWN = "at least", "below", "cannot be compared"
"""What a standard is against that of a superior list."""
WITHIN, ABOVE = "within", "above"
"""What a standard is against a ceiling."""

_ABOUT = Fraction(1, 20)  # how far 左右 reaches, as the tolerance of targets
_BASIS = re.compile("每(人|生|床|户|例)?每?(月|季|年|学年|学期|天|日|次)|每(人|生)")
_SAME = {"m2": "平方米", "㎡": "平方米", "m²": "平方米", "平米": "平方米", "km": "公里"}
_DIRECTIONS = {">=": 1, ">": 1, "<=": -1, "<": -1}


def exact(value: float) -> Fraction:
    """Return the decimal number that a float prints as: 0.1 is a tenth."""
    return Fraction(repr(float(value)))


def read_standard(cell: str, unit: str) -> Reading:
    """Read the standard of an item; 每人每月 before or after the operator becomes what each number is for.

    Parameters
    ----------
    cell : str
        What the list prints.
    unit : str
        Unit of the item, or empty.

    Returns
    -------
    Reading
        As `notation.read`. [unit of the item]

    Examples
    --------
    >>> found = read_standard("不低于每人每月710元", "")
    >>> found.operator, found.value, found.suffix, found.per
    ('>=', 710.0, '元', '人月')
    """
    found = notation.read(cell, unit)
    folded = cell.translate(FOLD)
    basis = _BASIS.search(folded)
    if not found.unread or found.parts or basis is None:
        return found
    rest = notation.read(folded[: basis.start()] + folded[basis.end() :], unit)
    if not rest.numeric or rest.per:
        return found
    each = "".join(filter(None, basis.groups()))
    own = _parts(unit)[1]
    if own and not set(each) <= set(own):
        return found
    return replace(rest, raw=found.raw, per="" if own else each)


def against(
    local: Reading, unit: str, way: int, other: Reading, other_unit: str, other_way: int
) -> tuple[str, str]:
    """Hold a local standard against a superior one.

    Parameters
    ----------
    local, other : Reading
        The local and the superior standard.
    unit, other_unit : str
        Their units.
    way, other_way : int
        Direction: +1, -1, or 0 where the list does not say; then the operator does, else the other side.

    Returns
    -------
    verdict : str
        `AT_LEAST` (for negative ones: at most), `BELOW` or `UNKNOWN`.
    reason : str
        Why it is unknown.

    Notes
    -----
    What counts is what a standard promises: its lower end, its upper end where lower is better. "＞90" promises
    more than "≥90". 左右 reaches 5 %: what is about the same as a firm superior standard is unknown.
    """
    for reading, of_unit, where in ((local, unit, "here"), (other, other_unit, "there")):
        if reason := _no_number(reading):
            return UNKNOWN, f"{reason} {where}"
        if reading.suffix and _odd(reading, of_unit):
            return UNKNOWN, f"{reading.suffix} is printed {where}, and the unit is {of_unit}"
    if reason := _different(local, unit, other, other_unit):
        return UNKNOWN, reason
    ways = {given for given in (_way(local, way), _way(other, other_way)) if given}
    if len(ways) > 1:
        return UNKNOWN, "higher is better in one list, lower in the other"
    sign = ways.pop() if ways else 1
    (promise, strict), (floor, strictly) = _promise(local, sign), _promise(other, sign)
    if not (math.isfinite(promise) and math.isfinite(floor)):
        end = "lower" if sign > 0 else "upper"
        return UNKNOWN, f"{(local if not math.isfinite(promise) else other).raw} sets no {end} end"
    own, wanted = sign * exact(promise), sign * exact(floor)
    if (local.operator == "~") == (other.operator == "~"):
        return (AT_LEAST if own > wanted or (own == wanted and strict >= strictly) else BELOW), ""
    if other.operator == "~":
        return (AT_LEAST if own >= wanted - abs(wanted) * _ABOUT else BELOW), ""
    slack = abs(own) * _ABOUT
    if wanted - slack < own < wanted + slack or own == wanted:
        return UNKNOWN, f"{local.raw} is about the same as {other.raw}"
    return (AT_LEAST if own > wanted else BELOW), ""


def ceiling(
    local: Reading, unit: str, way: int, top: Reading, top_unit: str, top_way: int
) -> tuple[str, str]:
    """Hold a standard against a ceiling, which may be the upper end of a superior range.

    Returns
    -------
    verdict : str
        `WITHIN`, `ABOVE` (for negative ones: stricter than the ceiling) or `UNKNOWN`.
    reason : str
        Why it is unknown.
    """
    for reading in (local, top):
        if reason := _no_number(reading):
            return UNKNOWN, reason
    if reason := _different(local, unit, top, top_unit):
        return UNKNOWN, reason
    sign = _way(local, way) or top_way or 1
    own = max(sign * exact(end) for end in local.bounds[:2] if math.isfinite(end))
    most = max(sign * exact(end) for end in top.bounds[:2] if math.isfinite(end))
    more, less = (">", "<") if sign > 0 else ("<", ">")
    beyond = local.operator == more or top.operator == less  # neither may reach the ceiling then
    return (ABOVE if own > most or (own == most and beyond) else WITHIN), ""


def _no_number(reading: Reading) -> str:
    """Say why a reading is no number to compare."""
    if not reading.raw.strip() or reading.missing:
        return "no standard"
    if reading.parts or reading.also:
        return "two standards in one cell"
    return "" if reading.numeric else "words"


def _different(local: Reading, unit: str, other: Reading, other_unit: str) -> str:
    """Say in what two numbers differ that makes them no numbers of the same thing."""
    mine, theirs = measure(local, unit), measure(other, other_unit)
    if mine != theirs:
        return f"different units: {mine or 'none'} and {theirs or 'none'}"
    if local.relative and other.relative and local.relative != other.relative:
        return f"multiples of different things: {local.relative} and {other.relative}"
    if (local.cumulative, local.increment) != (other.cumulative, other.increment):
        return "only one is the total of a period, or on top of a baseline"
    if (local.ordinal == "") != (other.ordinal == ""):
        return "only one is a place or a level"
    return ""


def measure(reading: Reading, unit: str) -> str:
    """Return what a number counts, for each of what: the unit that is given, else the one that is printed.

    Examples
    --------
    >>> measure(read_standard("每百户不少于20平方米", ""), ""), measure(read_standard("≥20", "㎡/百户"), "㎡/百户")
    ('平方米/百户', '平方米/百户')
    >>> measure(read_standard("710元", "元/月·人"), "元/月·人") == measure(read_standard("每人每月710元", ""), "")
    True
    """
    printed = "%" if reading.percent else "倍" if reading.relative else reading.suffix
    top, below = _parts("%" if reading.percent and "%" not in unit else unit or printed)
    below = below or reading.per.removeprefix("个")
    return f"{top}/{''.join(sorted(below, key=_order))}" if below else top


def _order(character: str) -> tuple[bool, str]:
    """Sort factors before nouns: 百户."""
    return character not in "十百千万亿0123456789", character


def _parts(unit: str) -> tuple[str, str]:
    """Split a unit into what is counted and for each of what: 元/人·月, 元/(人·月) and 元/人/月 are one."""
    top, *below = (part.strip(" ()") for part in re.split("[/·*]|每", unit.translate(FOLD).strip(" ()")))
    return _SAME.get(top, top), "".join(below)


def _odd(reading: Reading, unit: str) -> bool:
    """Tell whether the unit printed behind a number has nothing to do with the unit of the item."""
    top, below = _parts(unit)
    suffix = _parts(reading.suffix)[0]
    return (
        bool(top) and suffix not in top + below and not any(part and part in suffix for part in (top, below))
    )


def _way(reading: Reading, way: int) -> int:
    return way or _DIRECTIONS.get(reading.operator, 0)


def _promise(reading: Reading, sign: int) -> tuple[float, bool]:
    """Return the end that a standard promises, and whether more than that is promised."""
    low, high, above, below = reading.bounds
    return (low, above) if sign > 0 else (high, below)
