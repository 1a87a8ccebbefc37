"""Checks of years: targets out of order, milestones off the way."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from equindex.framework.consistency.aims import Aim, Drawn, Start, between, in_words, warning
from equindex.model import Milestone
from equindex.schema import Finding
from equindex.scoring.goals import read_cell

__all__ = ["backwards", "milestones", "target_years", "turning"]


def target_years(plan: Drawn) -> Iterator[Finding]:
    """Yield target years outside the plan, or not after the baseline year."""
    span = plan.model.attainment.plan
    for aim in plan.aims:
        year = aim.goal.year
        if year is None:
            continue
        if span and not span[0] <= year <= span[1]:
            yield warning(
                "target year",
                f"{aim.goal.raw!r} is for {year}, outside the plan of {span[0]}-{span[1]}.",
                "Mend the year, or [attainment] plan.",
                **aim.at,
            )
        if aim.begin is not None and aim.begin >= year:
            yield warning(
                "target year",
                f"the baseline is of {aim.begin}, which is not before {year}, the year of {aim.goal.raw!r}.",
                "Mend one of the two years.",
                **aim.at,
            )


def backwards(plan: Drawn) -> Iterator[Finding]:
    """Yield targets that ask for less than those of an earlier year."""
    lines: dict[tuple[object, ...], list[Aim]] = {}
    for aim in plan.aims:
        if aim.plain and aim.sign and aim.goal.year is not None:
            for region in aim.regions or [""]:
                key = aim.indicator.id, region, aim.goal.where, aim.goal.effective_from
                lines.setdefault(key, []).append(aim)
    told = set()
    for line in lines.values():
        for early, late in pairwise(sorted(line, key=_year)):
            pair = id(early), id(late)
            if early.sign * (late.end - early.end) < 0 and pair not in told:
                told.add(pair)
                yield warning(
                    "target year",
                    f"{late.goal.raw!r} for {late.year} asks for less than {early.goal.raw!r} for {early.year}.",
                    "Check both rows.",
                    **late.at,
                )


def milestones(plan: Drawn) -> Iterator[Finding]:
    """Yield milestones that are no number, or do not lie between baseline and target, in time or in value."""
    of: dict[str, list[Aim]] = {}
    for aim in plan.aims:
        of.setdefault(aim.indicator.id, []).append(aim)
    for row in plan.model.milestone:
        where = {"indicator": row.indicator, "region": row.region or "", "value": row.value}
        reading = read_cell(plan.indicators[row.indicator], row.value)
        if not reading.numeric or reading.operator not in ("", "="):
            yield warning(
                "milestone",
                f"{row.value!r} for {row.year} is no plain number, so that nothing is expected in that year.",
                "Write the number that is due.",
                **where,
            )
            continue
        goal = _goal(of.get(row.indicator, []), row)
        if goal is None:
            continue
        begin, year, target = goal.begin, goal.year, repr(goal.goal.raw)
        late = year is not None and (row.year > year or (row.year == year and reading.value != goal.end))
        if late or (begin is not None and row.year <= begin):
            yield warning(
                "milestone",
                f"{row.value!r} is for {row.year}, but the way to {target} leads from {begin} to {year}.",
                "Mend the year of the milestone.",
                **where,
            )
        value = reading.value
        starts = [Start(low=0.0, high=0.0)] if goal.goal.cumulative else list(plan.starts(goal))
        if not starts or not math.isfinite(goal.end):
            continue
        low = min([goal.end, *(start.low for start in starts)])
        high = max([goal.end, *(start.high for start in starts)])
        if value < low or value > high:
            yield warning(
                "milestone",
                f"{row.value!r} for {row.year} is not on the way from {between(starts)}{in_words('in', begin)} "
                f"to {target}{in_words('in', year)}.",
                "Check the milestone, the baseline and the target.",
                **where,
            )


def _goal(aims: list[Aim], row: Milestone) -> Aim | None:
    """Return the target a milestone leads to: the region's own or that of all, the next one in time."""
    own = [aim for aim in aims if row.region in aim.regions]
    usable = own or [aim for aim in aims if not aim.regions and not aim.goal.where]
    later = [aim for aim in usable if aim.year is None or aim.year >= row.year]
    found = min(later, key=_year) if later else max(usable, key=_year, default=None)
    return found if found is not None and found.plain else None


def _year(aim: Aim) -> int:
    return aim.year or 0


def turning(plan: Drawn) -> Iterator[Finding]:
    """Yield milestones that lie behind an earlier one."""
    known: dict[tuple[str, str | None], list[tuple[int, float, str]]] = {}
    for row in plan.model.milestone:
        value = read_cell(plan.indicators[row.indicator], row.value).value
        if math.isfinite(value):
            known.setdefault((row.indicator, row.region), []).append((row.year, value, row.value))
    for (name, region), points in known.items():
        sign = {"positive": 1, "negative": -1}.get(plan.indicators[name].direction, 0)
        for before, after in pairwise(sorted(points)):
            if sign * (after[1] - before[1]) < 0:
                yield warning(
                    "milestone",
                    f"{after[2]!r} for {after[0]} lies behind {before[2]!r} for {before[0]}.",
                    "Check both.",
                    indicator=name,
                    region=region or "",
                    value=after[2],
                )
