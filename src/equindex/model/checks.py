"""What does not fit together inside one framework."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from equindex.errors import nearest
from equindex.model.cells import ROOT
from equindex.model.file import FrameworkFile, Grade
from equindex.model.parts import Indicator, Pillar

__all__ = ["grade_faults", "inconsistencies"]

_CONDITION = re.compile(r"[^=]*[^=\s][^=]*=[^=]*[^=\s][^=]*")


def inconsistencies(model: FrameworkFile) -> list[str]:
    """Return what does not fit together inside one framework, one sentence each.

    Covers ids, parents, directions, goalposts, numerators, plans and the nodes that rows refer to.
    """
    faults: list[str] = []
    pillars = {pillar.id: pillar for pillar in model.pillar}
    leaves = {indicator.id for indicator in model.indicator}
    seen: set[str] = {ROOT}
    for node in [*(p.id for p in model.pillar), *(i.id for i in model.indicator)]:
        if node in seen:
            say = (
                f"{ROOT!r} is the root's own id"
                if node == ROOT
                else "ids are unique over indicators and pillars"
            )
            faults.append(f"id {node!r} is used twice: {say}.")
        seen.add(node)
    if not model.indicator:
        faults.append('there is no indicator. Add [[indicator]] tables, or indicators = "indicators.csv".')
    for pillar in model.pillar:
        path, parent = {pillar.id}, pillar.parent
        while parent != ROOT and parent in pillars and parent not in path:
            path.add(parent)
            parent = pillars[parent].parent
        if parent in path:
            faults.append(f"pillar {pillar.id!r} is its own ancestor through parent {pillar.parent!r}.")
        elif parent != ROOT:
            faults.append(f"pillar {pillar.id!r}: parent {parent!r} is no pillar. {nearest(parent, pillars)}")
    used = {indicator.pillar for indicator in model.indicator} | {pillar.parent for pillar in model.pillar}
    empty = [pillar.id for pillar in model.pillar if pillar.id not in used]
    faults += [f"pillar {name!r} holds nothing. Remove it, or give it indicators." for name in empty]
    words = _words(model)
    for indicator in model.indicator:
        found = [*_indicator_faults(indicator, pillars), *_plan_faults(indicator, words)]
        faults += [f"indicator {indicator.id!r}: {fault}" for fault in found]
    nodes = leaves | set(pillars) | {ROOT}
    for row in model.target:
        if row.indicator not in nodes:
            faults.append(f"target of {row.indicator!r}: no such indicator. {nearest(row.indicator, leaves)}")
        if row.where and not _CONDITION.fullmatch(row.where):
            faults.append(
                f"target of {row.indicator!r}: where = {row.where!r}. Write column=value: area=new."
            )
        if row.where and row.region:
            faults.append(f"target of {row.indicator!r}: region and where exclude each other. Keep one.")
    for part, rows in (("milestone", model.milestone), ("statement", model.statement)):
        for other in rows:
            if other.indicator not in leaves:
                near = nearest(other.indicator, leaves)
                faults.append(f"{part} of {other.indicator!r}: no such indicator. {near}")
    keys = [(row.indicator, row.region, row.where, row.year, row.effective_from) for row in model.target]
    faults += _twice("target", keys)
    faults += _twice("milestone", [(row.indicator, row.region, row.year) for row in model.milestone])
    faults += grade_faults(model.warning)
    faults += _circles(model)
    known = leaves | {v for i in model.indicator for v in (i.numerator, i.denominator) if v}
    for cell in model.exclude:
        if cell.indicator not in known:
            faults.append(f"exclude: no indicator {cell.indicator!r}. {nearest(cell.indicator, known)}")
    plan = model.attainment.plan
    if plan and plan[0] > plan[1]:
        faults.append(f"attainment.plan ends ({plan[1]}) before it begins ({plan[0]}).")
    return faults


def _circles(model: FrameworkFile) -> list[str]:
    """Return targets that are relative to one another in a circle, without a lag."""
    names = {word: i.id for i in model.indicator for word in (i.name_en, i.name, i.id) if word}
    other = {i.id: names.get(i.relative_to or "", "") for i in model.indicator if i.relative_to and not i.lag}
    faults = []
    for start in other:
        path, here = [start], other[start]
        while here in other and here not in path:
            path.append(here)
            here = other[here]
        if here == start and start == min(path):
            faults.append(f"targets are relative to one another in a circle: {' → '.join([*path, start])}.")
    return faults


def _twice(part: str, keys: Sequence[tuple[object, ...]]) -> list[str]:
    """Return a sentence for each key, the indicator first, that more than one row has."""
    faults = []
    for key in [key for key, count in Counter(keys).items() if count > 1]:
        said = ", ".join(str(piece) for piece in key[1:] if piece is not None)
        faults.append(f"{part} of {key[0]!r} stands twice{f' for {said}' if said else ''}. Keep one.")
    return faults


def grade_faults(grades: Sequence[Grade]) -> list[str]:
    """Return what is wrong with warning grades: holes, overlaps, ends out of order, no end, names twice.

    Sorted from the worst, each must begin where the one before ends. The worst has no `at_least`; the mildest
    has a `below`, from which on there is no warning.
    """
    if not grades:
        return []
    faults = [
        f"warning {g.grade!r}: at_least = {g.at_least:g} is not under below = {g.below:g}."
        for g in grades
        if g.at_least is not None and g.below is not None and g.at_least >= g.below
    ]
    names = Counter(g.grade for g in grades)
    faults += [f"warning {name!r} stands twice. Keep one." for name, count in names.items() if count > 1]
    if faults:
        return faults
    order = sorted(grades, key=lambda g: -math.inf if g.at_least is None else g.at_least)
    if order[0].at_least is not None:
        faults.append(
            f"warning: below {order[0].at_least:g} there is no grade. Leave at_least out of {order[0].grade!r}."
        )
    for worse, better in pairwise(order):
        end, start = worse.below, better.at_least
        if start is None or end is None or end > start:
            faults.append(f"warning: {worse.grade!r} and {better.grade!r} overlap{_between(start, end)}.")
        elif end < start:
            faults.append(
                f"warning: from {end:g} to {start:g}, between {worse.grade!r} and {better.grade!r}, "
                "there is no grade. Close the hole."
            )
    if order[-1].below is None:
        faults.append(f"warning {order[-1].grade!r} has no below: then everything is a warning. Give it one.")
    return faults


def _between(start: float | None, end: float | None) -> str:
    return f" from {start:g} to {end:g}" if start is not None and end is not None else ""


def _indicator_faults(indicator: Indicator, pillars: Mapping[str, Pillar]) -> list[str]:
    faults = []
    if indicator.pillar != ROOT and indicator.pillar not in pillars:
        hint = nearest(indicator.pillar, pillars) or "Add a pillar with this id."
        faults.append(f"pillar {indicator.pillar!r} does not exist. {hint}")
    for name in ("best", "goalposts", "limits"):
        pair = getattr(indicator, name)
        if pair and not (pair[0] < pair[1] or (name == "best" and pair[0] == pair[1])):
            faults.append(
                f"{name} = [{pair[0]:g}, {pair[1]:g}] must rise. Swap them; direction says which end is better."
            )
    if indicator.direction == "interval" and not indicator.best:
        faults.append("direction 'interval' needs best = [low, high].")
    if indicator.direction != "interval" and indicator.best:
        faults.append(f"best is for direction 'interval', but direction is {indicator.direction!r}.")
    if indicator.best and indicator.limits:
        (low, high), (worst_low, worst_high) = indicator.best, indicator.limits
        if worst_low > low or worst_high < high:
            faults.append("limits must enclose best.")
    if (indicator.numerator is None) != (indicator.denominator is None):
        faults.append("numerator and denominator come together; one is missing.")
    if indicator.lower is not None and indicator.upper is not None and indicator.lower > indicator.upper:
        faults.append(f"lower = {indicator.lower:g} is above upper = {indicator.upper:g}.")
    return faults


def _words(model: FrameworkFile) -> list[str]:
    """Return what another indicator may be called by `relative_to`."""
    return [word for i in model.indicator for word in (i.id, i.name, i.name_en) if word]


def _plan_faults(indicator: Indicator, words: Sequence[str]) -> list[str]:
    """Return what is wrong with the keys that say what kind of target an indicator has."""
    faults = []
    if indicator.relative_to is not None and indicator.relative_to not in words:
        faults.append(
            f"relative_to {indicator.relative_to!r} is no indicator. {nearest(indicator.relative_to, words)}"
        )
    if indicator.lag and indicator.relative_to is None:
        faults.append("lag is for relative_to, which is missing.")
    if len(set(indicator.levels)) != len(indicator.levels):
        faults.append("levels names a level twice.")
    if len(indicator.levels) == 1:
        faults.append("levels needs at least two, the lowest first.")
    if (indicator.roll_up == "share") != (indicator.part_target is not None):
        faults.append('roll_up = "share" and part_target, what each part must reach, come together.')
    if indicator.roll_up == "ratio" and indicator.numerator is None:
        faults.append('roll_up = "ratio" needs numerator and denominator.')
    if indicator.scale and indicator.scale[0] >= indicator.scale[1]:
        faults.append(f"scale = [{indicator.scale[0]:g}, {indicator.scale[1]:g}] must rise.")
    return faults
