"""Read folded text that is one number, or a range of two, with operators, factors and a unit around it."""

import math
import re

from equindex.notation.reading import Reading
from equindex.notation.words import AFTER, BEFORE, DOUBT, FACTOR, NUMBER, one_of, power_of

__all__ = ["factor_of", "figures"]

_LETTERS = "A-Za-zµÀ-ÖØ-öø-ɏ㐀-鿿㎡㎥㎞℃°"
_UNIT = f"[{_LETTERS}][{_LETTERS}²³·/]{{0,11}}?"
_SIMPLE = re.compile(f"{FACTOR}{_UNIT}")
_PREFIX = re.compile(one_of(BEFORE))
_FIGURE_END = rf"\s*+(?:([%‰])|({FACTOR}))\s*+"
_BETWEEN = re.compile(rf"{_FIGURE_END}((?:{_UNIT})??)\s*+(?:~|——?|-|至|到|to)\s*+([+-]?)")
_BEHIND = re.compile(rf"{_FIGURE_END}((?:{one_of(AFTER)})?)\s*+((?:{_UNIT})??)\s*+((?:{one_of(AFTER)})?)\s*+")
_GRADE = re.compile("级([甲乙丙丁]等)")


def figures(text: str, unit: str, raw: str = "", cumulative: bool = False) -> Reading | None:
    """Read folded text that holds one number, or two that are a range; None where it is neither."""
    # The digits of a unit such as 床/1,000人 or m2 are no figures.
    own = unit if unit[:1].isalpha() and not _SIMPLE.fullmatch(unit) else ""
    body = re.sub(rf"(?<![A-Za-z]){re.escape(own)}$", "", text)
    numbers = list(NUMBER.finditer(body))
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
    operators = {BEFORE[word] for word in before} | {AFTER[word] for word in (early, late) if word}
    marks = {mark}
    found = [(sign + numbers[0].group(), factor, suffix)]
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
        found = [
            (sign + numbers[0].group(), first_factor, first_suffix),
            (second_sign + numbers[1].group(), factor, suffix),
        ]
        operators.add("range")
        marks.add(first_mark)
    operators.discard("")
    marks.discard("")

    scale = power_of(factor_of(unit))
    if (
        len(operators) > 1
        or len(marks) > 1
        or ("‰" in marks and unit and "‰" not in unit)
        or ("%" in marks and "‰" in unit)
        or (suffix and suffix not in unit and DOUBT.search(suffix.partition("/")[0]))
        or (scale and any(word and not power for _, power, word in found))
        or (scale and len({power == "" for _, power, _ in found}) > 1)
    ):
        return None
    values = [_value(digits, power_of(power) - scale if power else 0) for digits, power, _ in found]
    if not all(map(math.isfinite, values)) or values[0] > values[-1]:
        return None
    grade = _GRADE.fullmatch(suffix)
    return Reading(
        raw=raw or text,
        value=values[0],
        high=values[1] if len(values) == 2 else math.nan,
        operator="".join(operators),
        cumulative=cumulative,
        percent="%" in marks,
        suffix=unit if body != text else suffix or "".join(marks - {"%"}),
        ordinal=grade[1] if grade else "",
    )


def factor_of(unit: str) -> str:
    """Return the factor that a unit begins with: 万 of 万人次."""
    return "".join(re.findall(f"^{FACTOR}", unit))


def _value(digits: str, power: int) -> float:
    """Return the float nearest to digits x 10^power, however the digits are grouped."""
    mantissa, _, exponent = digits.replace(",", "").replace("\xa0", "").lower().partition("e")
    return float(f"{mantissa}e{int(exponent or 0) + power}")
