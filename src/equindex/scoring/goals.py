"""What each target cell of a framework asks for, before it meets any data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from equindex import notation
from equindex.model import ROOT, FrameworkFile, Indicator, Target
from equindex.notation.reading import printed
from equindex.notation.words import FOLD

__all__ = ["Goal", "all_goals", "goals", "node_goals", "read_cell"]

_BARE = {"positive": ">=", "negative": "<="}
_PLACES = ("rank", "位次")
_SCOPE = re.compile("^(?:全体|全[国省市区县])")
_read = lru_cache(maxsize=4096)(notation.read)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One target cell as it was read, ends on the indicator's original scale.

    `on` says what `low` and `high` are: the ends themselves (``""``), amounts on top of the baseline, or
    multiples of the indicator `relative_to`, `lag` years before. With a `trend` the amount is 0. `rule`
    is empty where the framework's holds. `printed` is False where no cell gives the baseline.
    """

    raw: str
    operator: str
    low: float
    high: float
    strict_low: bool
    strict_high: bool
    approximate: bool
    cumulative: bool
    baseline: float
    baseline_low: float
    baseline_high: float
    baseline_raw: str
    printed: bool
    floor: float
    year: int | None
    effective_from: int | None
    baseline_year: int | None
    where: str = ""
    on: Literal["", "baseline", "indicator"] = ""
    relative_to: str = ""
    lag: int = 0
    trend: str = ""
    steps: bool = False
    place: bool = False
    rule: str = ""
    problem: str = ""

    @property
    def bounded(self) -> bool:
        """Whether a baseline is printed, and only as a bound or a range."""
        return self.printed and self.baseline_low != self.baseline_high and not np.isnan(self.baseline)


def goals(
    indicator: Indicator, rows: Iterable[Target], others: Sequence[Indicator] = ()
) -> list[tuple[str | None, Goal]]:
    """Read an indicator's own target and its rows of the targets table, with the region each is for.

    Parameters
    ----------
    indicator : Indicator
        Whose targets are read.
    rows : iterable of Target
        Rows of the targets table; those of others are passed over.
    others : sequence of Indicator
        The indicators that a target may be relative to.
    """
    found: list[tuple[str | None, Goal]] = []
    if indicator.target is not None:
        own = Target(
            indicator=indicator.id,
            target=indicator.target,
            year=indicator.target_year,
            baseline=indicator.baseline,
            baseline_year=indicator.baseline_year,
            floor=indicator.floor,
        )
        found.append((None, _goal(indicator, own, others)))
    mine = (row for row in rows if row.indicator == indicator.id)
    return found + [(row.region, _goal(indicator, row, others)) for row in mine]


def all_goals(model: FrameworkFile) -> list[list[tuple[str | None, Goal]]]:
    """Read the targets of every indicator, in the framework's order."""
    rows = _by_node(model)
    return [goals(leaf, rows.get(leaf.id, ()), model.indicator) for leaf in model.indicator]


def node_goals(model: FrameworkFile) -> dict[str, list[tuple[str | None, Goal]]]:
    """Read the targets that pillars and the index have; their scores are better the higher they are."""
    rows = _by_node(model)
    names = {ROOT: "", **{pillar.id: pillar.name for pillar in model.pillar}}
    nodes = [Indicator(id=node, name=name, unit="%") for node, name in names.items() if node in rows]
    return {node.id: goals(node, rows[node.id]) for node in nodes}


def read_cell(indicator: Indicator, text: str) -> notation.Reading:
    """Read a target or baseline cell of an indicator: a level where it has levels, else a number."""
    if indicator.levels:
        return notation.read_level(text, indicator.levels)
    return _read(text, indicator.unit)


def _by_node(model: FrameworkFile) -> dict[str, list[Target]]:
    rows: dict[str, list[Target]] = {}
    for row in model.target:
        rows.setdefault(row.indicator, []).append(row)
    return rows


def _goal(indicator: Indicator, row: Target, others: Sequence[Indicator]) -> Goal:
    # A multiple of something else is in no unit.
    reading = _read(row.target, "") if indicator.relative_to else read_cell(indicator, row.target)
    cumulative = reading.cumulative or indicator.cumulate is not None
    increment = reading.increment and not cumulative
    place = not indicator.levels and (reading.ordinal == "第" or indicator.kind in _PLACES)
    operator, low, high = _ends(indicator, reading, increment=increment)
    fault = _fault(indicator, reading, (low, high), increment=increment, place=place)
    other, problem = ("", "") if fault else _relative(indicator, reading, others)
    if other:
        share = 100 if reading.percent else 1
        low, high = low / share, high / share
    base = _baseline(indicator, row)
    usable = base.numeric and not (base.increment or base.relative or base.also)
    base_low, base_high, *_ = base.bounds if usable else (np.nan, np.nan)
    floor = row.floor if row.floor is not None else indicator.floor
    return Goal(
        raw=row.target,
        operator=operator,
        low=np.nan if fault else low,
        high=np.nan if fault else high,
        strict_low=operator == ">",
        strict_high=operator == "<",
        approximate=operator == "~",
        cumulative=cumulative,
        baseline=base.value if usable else np.nan,
        baseline_low=base_low,
        baseline_high=base_high,
        baseline_raw=base.raw,
        printed=not base.missing,
        floor=np.nan if floor is None else floor,
        year=row.year,
        effective_from=row.effective_from,
        baseline_year=row.baseline_year or indicator.baseline_year,
        where=row.where or "",
        on="baseline" if increment or reading.trend else "indicator" if other else "",
        relative_to=other,
        lag=(indicator.lag or reading.lag) if other else 0,
        trend=reading.trend,
        steps=reading.steps,
        place=place,
        rule=_rule(indicator, reading, place=place),
        problem=fault or problem or _more(indicator, reading),
    )


def _rule(indicator: Indicator, reading: notation.Reading, *, place: bool) -> str:
    """Return the rule of a target; levels and directions, and places unless told, are met or not.

    There is no ratio of two levels or two places: the second is not half as good as the first.
    """
    if indicator.levels or reading.trend:
        return "met"
    return indicator.rule or ("met" if place else "")


def _baseline(indicator: Indicator, row: Target) -> notation.Reading:
    """Read the baseline of a target row, else the indicator's; a dash is none."""
    cells = [read_cell(indicator, text) for text in (row.baseline, indicator.baseline) if text is not None]
    cells.append(notation.Reading(raw="", missing=True))
    return next((cell for cell in cells if not cell.missing), cells[0])


def _ends(indicator: Indicator, reading: notation.Reading, *, increment: bool) -> tuple[str, float, float]:
    """Return the operator and the ends that a cell sets, in the direction of the indicator."""
    operator, low, high = reading.operator, reading.value, reading.value
    bare = _BARE.get(indicator.direction, "=")
    if reading.trend:
        return (">", 0.0, np.inf) if bare == ">=" else ("<", -np.inf, 0.0)
    if increment:  # so much better than the baseline, whichever way that is
        strict = {">=": ">", "<=": "<"}.get(bare, "") if operator == ">" else ""
        operator = strict or (operator if operator == "~" else bare)
        return (operator, low, np.inf) if bare == ">=" else (operator, -np.inf, -low)
    if operator == "range":  # the far end binds an interval indicator alone, as it does for 左右
        low = -np.inf if indicator.direction == "negative" else low
        high = np.inf if indicator.direction == "positive" else reading.high
    elif operator in ("", "~"):
        low, high = (low, np.inf) if bare == ">=" else (-np.inf, high) if bare == "<=" else (low, high)
        operator = operator or bare
    elif operator in (">=", ">"):
        high = np.inf
    elif operator in ("<=", "<"):
        low = -np.inf
    return operator, low, high


def _fault(
    indicator: Indicator,
    reading: notation.Reading,
    ends: tuple[float, float],
    *,
    increment: bool,
    place: bool,
) -> str:
    """Say why nothing can be held against a target, empty where something can."""
    raw, direction = repr(reading.raw), indicator.direction
    better = {"positive": "higher", "negative": "lower"}.get(direction, "")
    if reading.trend or increment:
        what = "a direction" if reading.trend else "an increment"
        if not better:
            return f"target {raw} is {what}, but for an interval neither higher nor lower is better"
        if reading.trend == {"positive": "fall", "negative": "rise"}[direction]:
            return f"target {raw} is to {reading.trend}, but {better} is better"
        if reading.operator in ("<", "<="):
            return f"target {raw} is at most an increment: write the level to reach"
        return ""
    if indicator.levels and reading.unread:
        return f"target {raw} is no level. Known: {', '.join(indicator.levels)}"
    if reading.unread or not reading.numeric:
        if reading.parts:
            return f"target holds {len(reading.parts)} targets: give each its own indicator"
        return "target has no number" if reading.unread else "no target"
    if place and direction != "negative":
        return f'target {raw} is a place, and the first is best: set direction = "negative"'
    if direction == "positive" and ends[0] == -np.inf:
        return f"target {raw} is an upper end, but higher is better"
    if direction == "negative" and ends[1] == np.inf:
        return f"target {raw} is a lower end, but lower is better"
    return ""


def _relative(
    indicator: Indicator, reading: notation.Reading, others: Sequence[Indicator]
) -> tuple[str, str]:
    """Return the id of the indicator that a target multiplies, or what is wrong with it."""
    words = indicator.relative_to or reading.relative
    if not words:
        return "", ""
    raw, found = repr(reading.raw), _called(words, others)
    own = _folded(indicator.unit)
    itself = own[:1] == "倍" or (own[:1] == "%" and reading.percent)  # a multiple or a share already
    spoken = _folded(_SCOPE.sub("", words)) in _folded(indicator.name + indicator.note)
    if itself and (spoken or found):
        if not (len(found) == 1 and own == _folded(found[0].unit)):
            return "", ""
    elif len(found) != 1:
        known = "several indicators are called" if found else "no indicator is called"
        return "", (
            f"target {raw} is relative to {words!r}, which {known}: name the indicator in relative_to, "
            "or write the number"
        )
    [other] = found
    unit = _folded(other.unit)
    if own and unit and own != unit:
        return (
            "",
            f"target {raw} is relative to {other.id!r}, in {other.unit}, not {indicator.unit}: use one unit",
        )
    if other.id == indicator.id and not (indicator.lag or reading.lag):
        return "", f"target {raw} is relative to the indicator itself: give lag, how many years before"
    return other.id, ""


def _called(words: str, others: Sequence[Indicator]) -> list[Indicator]:
    """Return the indicators that words name: in full, or without 全体, 全市."""
    for word in dict.fromkeys((_folded(words), _folded(_SCOPE.sub("", words)))):
        for names in (_ids, _names):
            found = [other for other in others if word in names(other)]
            if found:
                return found
    return []


def _ids(indicator: Indicator) -> list[str]:
    return [_folded(indicator.id)]


def _names(indicator: Indicator) -> list[str]:
    words = (indicator.name, indicator.name_en, *re.split(r"[;|；、]", indicator.alias))
    return [_folded(word) for word in words if word]


def _more(indicator: Indicator, reading: notation.Reading) -> str:
    """Say what a target cell holds beyond a number that it can be held against, empty where it is only that."""
    if reading.ordinal not in ("", "第") and not indicator.levels:
        return f"target {reading.raw!r} is a graded level: list them, levels = …, the lowest first"
    if reading.per:
        return (
            f"target {reading.raw!r} is for each {reading.per}, the unit is not: write the number in the unit"
        )
    return _second(indicator, reading) if reading.also is not None else ""


def _second(indicator: Indicator, reading: notation.Reading) -> str:
    """Say what is wrong with a second threshold; it must stand in part_target, the name or the note."""
    also = reading.also
    assert also is not None
    said = f"{notation.show(also)}{also.suffix}"
    if indicator.part_target is not None:
        part = _read(indicator.part_target, "")
        if part.value == also.value and part.operator in ("", also.operator):
            return ""
        return f"target {reading.raw!r} asks {said} of each part, part_target {indicator.part_target!r}"
    if _folded(f"{printed(also.value)}{also.suffix}") in _folded(indicator.name + indicator.note):
        return ""
    return (
        f"target {reading.raw!r} has a second threshold, {said}: put it into the name or the note, set "
        'roll_up = "share" and part_target, or give it its own indicator'
    )


def _folded(text: str) -> str:
    """Fold width, script, case and spaces."""
    return re.sub(r"\s+", "", text.translate(FOLD)).casefold()
