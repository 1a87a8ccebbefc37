"""A plan as the checks see it: every distinct target with its baseline, its years and its regions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from equindex import notation
from equindex.model import FrameworkFile, Indicator, Target
from equindex.schema import Finding, Panel
from equindex.scoring.goals import Goal, goals, read_cell

__all__ = ["Aim", "Drawn", "Start", "between", "in_words", "warning"]

_OTHER_PARTS: Final = ("sum", "share")  # what a part has is no value of the whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What is known of a value: the interval it lies in, of no width where it is exact; as printed; whose it is."""

    low: float
    high: float
    strict_low: bool = False
    strict_high: bool = False
    raw: str = ""
    region: str = ""

    @classmethod
    def of(cls, reading: notation.Reading) -> Start:
        """Return what a cell says of a value."""
        low, high, strict_low, strict_high = reading.bounds
        return cls(low=low, high=high, strict_low=strict_low, strict_high=strict_high, raw=reading.raw)

    def fits(self, other: Start, slack: float = 0.0) -> bool:
        """Return whether the same value may lie in both intervals, or no further apart than `slack`."""
        first, last = sorted((self, other), key=lambda start: start.low)
        touching = first.high == last.low and not (first.strict_high or last.strict_low)
        return first.high + slack > last.low or touching

    @property
    def said(self) -> str:
        """As printed, or the number in the data."""
        return repr(self.raw) if self.raw else f"{self.low:.6g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """One target, its printed baseline, the years it spans, the regions it is for (none: all of them)."""

    indicator: Indicator
    column: int
    goal: Goal
    baseline: Start | None
    begin: int | None
    year: int | None
    regions: list[str]

    @property
    def sign(self) -> int:
        """+1 where higher is better, -1 where lower is, 0 for an interval."""
        return {"positive": 1, "negative": -1}.get(self.indicator.direction, 0)

    @property
    def end(self) -> float:
        """The end by which the target is judged, NaN where it has two."""
        return self.goal.low if self.sign > 0 else self.goal.high if self.sign < 0 else math.nan

    @property
    def span(self) -> int:
        """Years from the baseline to the target, 0 where one of the two is unknown."""
        return self.year - self.begin if self.year and self.begin else 0

    @property
    def plain(self) -> bool:
        """Whether the target is a number on the indicator's own scale."""
        return not self.goal.problem and not self.goal.on

    @property
    def amount(self) -> bool:
        """Whether it makes sense to speak of its growth: no total, place, level, or yes and no."""
        odd = self.indicator.levels or notation.yes_or_no(self.indicator.unit) or self.goal.place
        return self.plain and not odd and not self.goal.cumulative and math.isfinite(self.end)

    @property
    def at(self) -> dict[str, Any]:
        """Where a finding about it is."""
        region = self.regions[0] if len(self.regions) == 1 else self.goal.where
        return {"indicator": self.indicator.id, "region": region, "value": self.goal.raw}

    def met_by(self, start: Start) -> bool:
        """Return whether all that a start may be lies inside the target."""
        goal = self.goal
        free_low = start.strict_low or not goal.strict_low or math.isinf(goal.low)
        free_high = start.strict_high or not goal.strict_high or math.isinf(goal.high)
        above = start.low > goal.low or (start.low == goal.low and free_low)
        return above and (start.high < goal.high or (start.high == goal.high and free_high))


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A framework, its data where they have no errors, and every distinct target."""

    model: FrameworkFile
    panel: Panel | None
    _rows: dict[int, dict[int, int]] = field(default_factory=dict)

    @cached_property
    def indicators(self) -> dict[str, Indicator]:
        """The indicators by id."""
        return {indicator.id: indicator for indicator in self.model.indicator}

    @cached_property
    def targets(self) -> dict[str, list[Target]]:
        """Rows of the targets table by indicator."""
        found: dict[str, list[Target]] = {}
        for row in self.model.target:
            found.setdefault(row.indicator, []).append(row)
        return found

    @cached_property
    def aims(self) -> list[Aim]:
        """The distinct targets, in the order of the indicators; equal rows of several regions are one."""
        found = []
        plan = self.model.attainment.plan
        for column, indicator in enumerate(self.model.indicator):
            same: dict[tuple[object, ...], list[Target]] = {}
            for row in self.targets.get(indicator.id, ()):
                key = row.target, row.year, row.baseline, row.baseline_year, row.where, row.effective_from
                same.setdefault((*key, row.region is None), []).append(row)
            own: list[list[Target]] = [] if indicator.target is None else [[]]
            read = goals(indicator, [rows[0] for rows in same.values()], self.model.indicator)
            for (_, goal), rows in zip(read, [*own, *same.values()], strict=True):
                found.append(
                    Aim(
                        indicator=indicator,
                        column=column,
                        goal=goal,
                        baseline=_printed(goal, indicator, rows[0].baseline if rows else None),
                        begin=goal.baseline_year or (plan[0] - 1 if plan else None),
                        year=goal.year or (plan[1] if plan else None),
                        regions=[row.region for row in rows if row.region],
                    )
                )
        return found

    def measured(self, aim: Aim) -> Iterator[Start]:
        """Yield what the data hold for each of its regions in the baseline year."""
        panel = self.panel
        if panel is None or aim.begin is None or aim.begin not in panel.rows_of:
            return
        if aim.begin not in self._rows:
            there = panel.rows_of[aim.begin]
            self._rows[aim.begin] = dict(zip(panel.region[there].tolist(), there.tolist(), strict=True))
        rows = self._rows[aim.begin]
        places = list(rows)
        if aim.regions:
            places = [panel.places.get(name, -1) for name in aim.regions]
        elif aim.goal.where:
            places = [place for place in places if panel.conditions[aim.goal.where][place]]
        elif len(places) > 1 and aim.indicator.roll_up in _OTHER_PARTS:
            return
        for place in filter(rows.__contains__, places):
            row, name = rows[place], panel.region_names[place] or panel.regions[place]
            value, bound = float(panel.x[row, aim.column]), panel.bounds.get((row, aim.column))
            if bound is not None:
                yield Start(
                    low=bound.low,
                    high=bound.high,
                    strict_low=bound.low_strict,
                    strict_high=bound.high_strict,
                    raw=bound.raw,
                    region=name,
                )
            elif math.isfinite(value):
                yield Start(low=value, high=value, region=name)

    def starts(self, aim: Aim) -> Iterable[Start]:
        """Return the printed baseline, or what the data hold for each region."""
        return self.measured(aim) if aim.baseline is None else [aim.baseline]

    def all_starts(self, aim: Aim, holds: Callable[[Aim, Start], bool]) -> list[Start]:
        """Return the starts if `holds` is true of each of them, else none."""
        return list(self.starts(aim)) if all(holds(aim, start) for start in self.starts(aim)) else []


def _printed(goal: Goal, indicator: Indicator, own: str | None) -> Start | None:
    """Return the printed baseline, the target row's own before the indicator's; None where there is none."""
    if math.isnan(goal.baseline):
        return None
    cells = [read_cell(indicator, text) for text in (own, indicator.baseline) if text is not None]
    return next(Start.of(cell) for cell in cells if not cell.missing)


def between(starts: Sequence[Start]) -> str:
    """Quote one start, or the ends of several."""
    if len(starts) == 1:
        return starts[0].said
    ends = min(start.low for start in starts), max(start.high for start in starts)
    return f"every one of {len(starts)} values ({ends[0]:.6g} to {ends[1]:.6g})"


def in_words(word: str, year: int | None) -> str:
    """Return ``" in 2020"``, nothing where the year is unknown."""
    return "" if year is None else f" {word} {year}"


def warning(kind: str, message: str, remedy: str, **where: Any) -> Finding:
    """Return a finding: what is wrong, what to do, where."""
    return Finding(severity="warning", kind=kind, message=message, remedy=remedy, **where)
