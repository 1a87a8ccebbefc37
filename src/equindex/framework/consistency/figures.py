"""Checks of one target against its baseline, and against what there can be."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from decimal import Decimal

from equindex.framework.consistency.aims import Aim, Drawn, Start, between, in_words, warning
from equindex.notation.words import FACTOR
from equindex.schema import Finding
from equindex.scoring.goals import read_cell

__all__ = [
    "already_met",
    "baselines",
    "implausible_rise",
    "impossible",
    "kept",
    "mixed_percent",
    "period_total",
]

_COUNTED = re.compile(rf"(?:{FACTOR}|萬|億)(?:户|戶|套|个|個|所|家|人次|件|场|場|项|項|处|處)")
_RATE = re.compile("[%‰/每]|人均|率|占比|佔比|比例")
_SHARE = re.compile(".*(?:率|占比|佔比|比例|比重|覆盖|覆蓋)")
_ABOVE_100 = re.compile("毛|增|完成|负债|負債|利用|使用")  # in names of shares and rates that may exceed 100


def _already(plan: Drawn, aim: Aim) -> list[Start]:
    """Return the starts where every one meets the target; a total of the plan starts from nothing."""
    return plan.all_starts(aim, Aim.met_by) if aim.plain and not aim.goal.cumulative else []


def _beyond(aim: Aim, found: list[Start]) -> bool:
    """Return whether any start is better than its target, not just as good."""
    return any(aim.end != (start.low if aim.sign > 0 else start.high) for start in found)


def kept(plan: Drawn, aim: Aim) -> bool:
    """Return whether a target only asks to keep what there is: 100 now, 100 then."""
    found = _already(plan, aim)
    return bool(found) and not (aim.sign and _beyond(aim, found))


def already_met(plan: Drawn) -> Iterator[Finding]:
    """Yield targets that every start is better than."""
    for aim in plan.aims:
        found = _already(plan, aim)
        if found and aim.sign and _beyond(aim, found):
            yield warning(
                "target already met",
                f"{between(found)}{in_words('in', aim.begin)} already meets {aim.goal.raw!r}"
                f"{in_words('for', aim.goal.year)}.",
                "Check both cells. If they are right, the target asks to keep what there is, and is scored so.",
                **aim.at,
            )


def _growth(aim: Aim, start: Start) -> float:
    """Return the yearly change, compounded, from the start's better end to the target; NaN where unknown."""
    near = start.high if aim.sign > 0 else start.low
    if aim.span <= 0 or not (0 < near < math.inf and aim.end > 0):  # nothing falls to 0 by a share a year
        return math.nan
    return float((aim.end / near) ** (1 / aim.span) - 1)


def implausible_rise(plan: Drawn) -> Iterator[Finding]:
    """Yield targets that ask for more change a year, in the better direction, than is plausible."""
    most = plan.model.monitoring.plausible_growth

    def steep(aim: Aim, start: Start) -> bool:
        return aim.sign * _growth(aim, start) > most

    for aim in plan.aims:
        found = plan.all_starts(aim, steep) if aim.amount and not _looks_total(plan, aim) else []
        if not found:
            continue
        least = min(found, key=lambda start: abs(_growth(aim, start)))
        whole = aim.end / (least.high if aim.sign > 0 else least.low) - 1
        many = "" if len(found) == 1 else f", the nearest of {len(found)} regions,"
        yield warning(
            f"implausible {'rise' if aim.sign > 0 else 'fall'}",
            f"from {least.said}{many}{in_words('in', aim.begin)} to {aim.goal.raw!r}{in_words('in', aim.year)} "
            f"is {whole:+.0%} in {aim.span} years, {_growth(aim, least):+.1%} a year; "
            f"more than {100 * most:.3g}% is hard to believe.",
            "Check both figures and their units, or raise [monitoring] plausible_growth.",
            **aim.at,
        )


def _looks_total(plan: Drawn, aim: Aim) -> list[Start]:
    """Return the starts of a plain count that is to double at least, though nothing says that it adds up."""
    own = aim.indicator
    counted = _COUNTED.fullmatch(own.unit) and not _RATE.search(own.name)
    if not (aim.amount and aim.sign > 0 and counted):
        return []
    return plan.all_starts(aim, lambda aim, start: 0 < 2 * start.high <= aim.end)


def period_total(plan: Drawn) -> Iterator[Finding]:
    """Yield amounts without brackets that look like totals of the period."""
    for aim in plan.aims:
        found = _looks_total(plan, aim)
        if found:
            times = aim.end / max(start.high for start in found)
            yield warning(
                "period total",
                f"{aim.goal.raw!r} {aim.indicator.unit}{in_words('for', aim.goal.year)} has no brackets, but is "
                f"{times:.3g} times the baseline {between(found)}: it looks like the total of the period.",
                'If it is, set cumulate = "sum"; cumulate = "latest" says that it is a level.',
                **aim.at,
            )


def baselines(plan: Drawn) -> Iterator[Finding]:
    """Yield printed baselines that are not what the data hold for the baseline year, one for each indicator."""
    told: set[str] = set()
    for aim in plan.aims:
        printed, own = aim.baseline, aim.indicator
        if printed is None or own.id in told:
            continue
        slack = _slack(aim, printed)
        found = list(plan.measured(aim))
        away = [start for start in found if not printed.fits(start, slack)]
        if not away:
            continue
        told.add(own.id)
        first, when = away[0], in_words("in", aim.begin)
        if len(found) == 1:
            held, remedy = f"{first.said}{when}", "Correct one of the two."
        else:
            held = f"a value for each of {len(found)} regions{when}, such as {first.said} in {first.region}"
            remedy = "Leave baseline blank: each region then starts from its own value."
        yield warning(
            "baseline",
            f"the printed baseline is {printed.said}, but the data hold {held}.",
            remedy,
            indicator=own.id,
            region=first.region if len(found) == 1 else "",
            value=printed.raw,
        )


def _slack(aim: Aim, printed: Start) -> float:
    """Return how far a value may lie off a printed number: half its last digit, or what "about" allows."""
    if printed.low != printed.high:
        return 0.0
    if read_cell(aim.indicator, printed.raw).operator == "~":
        return aim.indicator.tolerance * abs(printed.low)
    exponent = Decimal(repr(printed.low)).normalize().as_tuple().exponent
    return 0.5000001 * 10.0 ** min(int(exponent), 0)


def impossible(plan: Drawn) -> Iterator[Finding]:
    """Yield targets beyond `lower` and `upper`, or above 100 % where the name is that of a share."""
    for aim in plan.aims:
        own = aim.indicator
        if not aim.plain or own.levels or (aim.goal.cumulative and own.cumulate != "latest"):
            continue
        share = own.unit in ("%", "％") and _SHARE.fullmatch(own.name) and not _ABOVE_100.search(own.name)
        whole = own.upper is None and aim.sign > 0 and share
        upper = 100.0 if whole else own.upper
        for end in (aim.goal.low, aim.goal.high):
            said = ""
            if own.lower is not None and -math.inf < end < own.lower:
                said = f"below lower = {own.lower:g}"
            if upper is not None and upper < end < math.inf:
                said = "above 100 %, the whole of a share" if whole else f"above upper = {upper:g}"
            if said:
                yield warning(
                    "impossible target",
                    f"{aim.goal.raw!r}{in_words('for', aim.goal.year)} lies {said}.",
                    "Correct the target, or say by lower and upper which values there can be.",
                    **aim.at,
                )


def mixed_percent(plan: Drawn) -> Iterator[Finding]:
    """Yield percentages whose baseline is a share of 1, as Excel stores cells formatted as percent."""
    for aim in plan.aims:
        reading = read_cell(aim.indicator, aim.goal.baseline_raw)
        if aim.indicator.unit.startswith("%") and 0 < reading.value <= 1 < aim.end and not reading.percent:
            yield warning(
                "percent",
                f"the baseline is {aim.goal.baseline_raw!r}, the target {aim.goal.raw!r}, both in %.",
                "Excel stores a cell formatted as percent as a share of 1: write 90.79, not 0.9079.",
                **aim.at,
            )
