"""Read a cell that names one of several ordered levels: 4级甲等, ≥4级甲等, 4级甲等以上."""

import math
import re
import unicodedata
from collections.abc import Sequence

from equindex.notation.reading import Reading, printed
from equindex.notation.words import AFTER, BEFORE, FOLD, MISSING, STRENGTHS, one_of

__all__ = ["read_level"]

_FRONT = re.compile(rf"(?:{one_of([*BEFORE, *(word for words in STRENGTHS.values() for word in words)])})+")
_WORD = re.compile(one_of(BEFORE))
_BACK = re.compile(rf"(.+?)({one_of(AFTER)})")
_NOTHING = re.compile(r"[-—]+|[.…]+|/")


def read_level(cell: object, levels: Sequence[str]) -> Reading:
    """Read one cell as a level; its value is the place of the level, the lowest first.

    Levels are compared by their text, whatever its width, script or case. A number that is no level's own
    text is none.

    Parameters
    ----------
    cell : object
        What the table holds; a word or sign may stand before or after the level, as before a number.
    levels : sequence of str
        The levels, the lowest first.

    Returns
    -------
    Reading
        `value` from 1 to the number of levels; `ordinal` is the level as it is listed. [place]

    Examples
    --------
    >>> levels = ["3级", "4级乙等", "4级甲等", "5级"]
    >>> [(found.operator, found.value) for found in (read_level(c, levels) for c in ("≥４級甲等", "5级", "4"))]
    [('>=', 3.0), ('', 4.0), ('', nan)]
    """
    raw = printed(cell)
    text = _plain(raw)
    if text in MISSING or _NOTHING.fullmatch(text):
        return Reading(raw=raw, missing=True)
    places = {_plain(level): place for place, level in enumerate(levels, start=1)}
    operators: set[str] = set()
    if text not in places and (back := _BACK.fullmatch(text)):
        text, operators = back[1], {AFTER[back[2]]}
    if text not in places and (front := _FRONT.match(text)):
        text = text[front.end() :]
        operators |= {BEFORE[word] for word in _WORD.findall(front[0])}
    operators.discard("")
    place = places.get(text, math.nan) if len(operators) < 2 else math.nan
    if math.isnan(place):
        return Reading(raw=raw, unread=raw.strip(), rest=raw.strip())
    return Reading(raw=raw, value=float(place), operator="".join(operators), ordinal=levels[int(place) - 1])


def _plain(text: object) -> str:
    """Fold width, script, case and spaces."""
    folded = unicodedata.normalize("NFKC", str(text).translate(FOLD)).casefold()
    return re.sub(r"\s+", "", folded)
