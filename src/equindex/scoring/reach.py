"""Where the way to a target begins and ends, region by region: baselines, increments, multiples of others."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import BoolArray, FloatArray
from equindex.model import FrameworkFile
from equindex.schema import Panel
from equindex.scoring.goals import Goal

__all__ = ["Reach", "Spread"]

_Rows = slice | NDArray[np.intp]
_YEARS = 10_000  # more than the last year that a table may name


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where targets begin and end, each of shape (rows, indicators), on the original scales.

    `low` and `high` are the ends of the target, infinite where open. `start` is the year of the `baseline`,
    else the one before the plan; `end` the target's year, else the plan's last. NaN where unknown.
    """

    low: FloatArray
    high: FloatArray
    baseline: FloatArray
    start: FloatArray
    end: FloatArray


@dataclass(frozen=True, kw_only=True)
class Spread:
    """The goals of a framework, spread over the rows of a panel in its order.

    `goal` holds positions in `goals`, -1 for none, of shape (rows, indicators), or one row that stands for all.
    Arrays that are returned have one row too where nothing in them depends on region or year.
    """

    model: FrameworkFile
    panel: Panel
    goals: tuple[Goal, ...]
    goal: NDArray[np.intp]
    _fields: dict[str, NDArray[Any]] = field(default_factory=dict, repr=False)

    def number(self, name: str, rows: _Rows) -> FloatArray:
        """Return a number of every cell's goal, NaN without a goal."""
        if name not in self._fields:
            self._fields[name] = np.array([*(getattr(g, name) for g in self.goals), np.nan])
        return self._by_goal(self._fields[name], rows)

    def holds(self, name: str, rows: _Rows) -> BoolArray:
        """Return whether every cell's goal says something: is strict, has a trend."""
        if name not in self._fields:
            self._fields[name] = np.array([*(bool(getattr(g, name)) for g in self.goals), False])
        return self._by_goal(self._fields[name], rows)

    def reach(self, rows: _Rows) -> Reach:
        """Return where the ways of some rows begin and end, in full."""
        low, high = self.ends(rows)
        shape = (len(self.panel.order[rows]), len(self.model.indicator))
        parts = {"low": low, "high": high, "baseline": self.baseline(rows)}
        parts |= {"start": self.start(rows), "end": self.end(rows)}
        return Reach(**{name: np.broadcast_to(part, shape) for name, part in parts.items()})

    def start(self, rows: _Rows) -> FloatArray:
        """Return the year of every cell's baseline."""
        return self._by_goal(self._starts, rows)

    def end(self, rows: _Rows) -> FloatArray:
        """Return the year of every cell's target."""
        return self._by_goal(self._ends, rows)

    # baselines -----------------------------------------------------------------------------------------------

    @cached_property
    def _starts(self) -> FloatArray:
        plan = self.model.attainment.plan
        begin = plan[0] - 1 if plan else np.nan
        return np.array([*(g.baseline_year or begin for g in self.goals), np.nan], dtype=float)

    @cached_property
    def _ends(self) -> FloatArray:
        plan = self.model.attainment.plan
        last = plan[1] if plan else np.nan
        return np.array([*(g.year or last for g in self.goals), np.nan], dtype=float)

    @cached_property
    def _own(self) -> tuple[NDArray[np.intp], FloatArray] | None:
        """The values of baseline years that stand in for baselines: which of them each goal takes, and all.

        Shape (years, regions, indicators), the last NaN for goals whose baseline is printed; None without any.
        """
        asked = [
            None if g.printed or np.isnan(start) else int(start)
            for g, start in zip(self.goals, self._starts[:-1], strict=True)
        ]
        years = sorted({year for year in asked if year is not None} & set(self.panel.year.tolist()))
        if not years:
            return None
        panel = self.panel
        values = np.full((len(years) + 1, len(panel.regions), panel.x.shape[1]), np.nan)
        for place, year in enumerate(years):
            rows = np.flatnonzero(panel.year == year)
            values[place, panel.region[rows]] = panel.x[rows]
        place_of = {year: place for place, year in enumerate(years)}
        for row, column in panel.bounds:  # a bound is no value to start from
            if (year := int(panel.year[row])) in place_of:
                values[place_of[year], panel.region[row], column] = np.nan
        which = [-1 if year is None else place_of.get(year, -1) for year in asked]
        return np.array([*which, -1], dtype=np.intp), values

    @cached_property
    def _own_of_all(self) -> FloatArray:
        """Those values by region, shape (regions, indicators), where one row of goals stands for all."""
        assert self._own is not None
        which, values = self._own
        return values[which[self.goal[0]], :, np.arange(values.shape[2])].T.copy()

    def baseline(self, rows: _Rows) -> FloatArray:
        """Return the printed baseline, else the region's own value in the baseline year."""
        printed = self.number("baseline", rows)
        if self._own is None:
            return printed
        region = self.panel.region[self.panel.order[rows]]
        if len(self.goal) == 1:
            own = self._own_of_all[region]
        else:
            which, values = self._own
            own = values[which[self.goal[rows]], region[:, None], np.arange(values.shape[2])]
        return np.where(np.isnan(printed), own, printed)

    def baseline_bounds(self, rows: _Rows, baseline: FloatArray) -> tuple[FloatArray, FloatArray] | None:
        """Return between what the baselines lie; None where all of them are exact."""
        if not any(g.bounded for g in self.goals):
            return None
        low, high = (self.number(f"baseline_{end}", rows) for end in ("low", "high"))
        return np.where(np.isnan(low), baseline, low), np.where(np.isnan(high), baseline, high)

    # targets -------------------------------------------------------------------------------------------------

    @cached_property
    def _moving(self) -> dict[int, list[int]]:
        """Columns with goals that a baseline or another indicator moves, and these goals."""
        moved = np.array([*(bool(g.on) and not g.problem for g in self.goals), False])
        columns = np.flatnonzero(moved[self.goal].any(axis=0)).tolist()
        return {c: [n for n in np.unique(self.goal[:, c]).tolist() if moved[n]] for c in columns}

    @cached_property
    def fixed(self) -> bool:
        """Whether one row of targets and baselines stands for all."""
        return len(self.goal) == 1 and not self._moving and self._own is None

    def ends(self, rows: _Rows) -> tuple[FloatArray, FloatArray]:
        """Return the ends of all targets; NaN where there is none, or nothing to reckon it from."""
        blank = np.array([*(bool(g.problem) for g in self.goals), False])
        low, high = (
            self._by_goal(np.where(blank, np.nan, [*(getattr(g, end) for g in self.goals), np.nan]), rows)
            for end in ("low", "high")
        )
        if not self._moving:
            return low, high
        shape = (len(self.panel.order[rows]), low.shape[1])
        low, high = (np.broadcast_to(end, shape).copy() for end in (low, high))
        baseline = np.broadcast_to(self.baseline(rows), shape)
        goal = np.broadcast_to(self.goal if len(self.goal) == 1 else self.goal[rows], shape)
        for column, numbers in self._moving.items():
            for number in numbers:
                here, one = goal[:, column] == number, self.goals[number]
                base = self._base(one, rows, baseline[:, column])
                for end, amount in ((low, one.low), (high, one.high)):
                    if np.isinf(amount):
                        moved = np.where(np.isnan(base), np.nan, amount)
                    else:
                        moved = base + amount if one.on == "baseline" else base * amount
                    end[:, column] = np.where(here, moved, end[:, column])
        return low, high

    def _base(self, goal: Goal, rows: _Rows, baseline: FloatArray) -> FloatArray:
        """Return what a goal's amounts are added to, or its multiples are of; NaN where there is no such value."""
        if goal.on == "baseline":
            return np.full_like(baseline, np.nan) if goal.bounded else baseline
        column = self._columns[goal.relative_to]
        at = self._before(rows, goal.lag)
        found = np.where(at < 0, np.nan, self.panel.x[at, column])
        if self.panel.bounds:
            bounded = [row for row, known in self.panel.bounds if known == column]
            found[np.isin(at, bounded)] = np.nan
        return np.where(found >= 0, found, np.nan)

    def why(self, rows: NDArray[np.intp], column: int) -> list[str]:
        """Say why targets of a column cannot be reckoned in these rows, empty where they can."""
        said = [""] * len(rows)
        if column not in self._moving:
            return said
        low, high = self.ends(rows)
        goal = np.broadcast_to(self.goal[:, column], len(self.panel.order))[rows]
        years = self.panel.year[self.panel.order[rows]]
        for k in np.flatnonzero(np.isnan(low[:, column]) | np.isnan(high[:, column])).tolist():
            one = self.goals[goal[k]]
            if goal[k] < 0 or one.problem or not one.on:
                continue
            if one.on == "indicator":
                other = self.model.indicator[self._columns[one.relative_to]]
                said[k] = (
                    f"no value of {other.name or other.id} in {years[k] - one.lag}, which the target is relative to"
                )
            elif one.bounded:
                said[k] = "no baseline: the target starts from it, and it is known only as a bound"
            else:
                year = self._starts[goal[k]]
                lacking = f" and no value in {year:.0f}" if np.isfinite(year) and not one.printed else ""
                said[k] = f"no baseline{lacking}: the target starts from it"
        return said

    # rows ----------------------------------------------------------------------------------------------------

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {indicator.id: column for column, indicator in enumerate(self.model.indicator)}

    @cached_property
    def _keys(self) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
        keys = self.panel.region * _YEARS + self.panel.year
        by = np.argsort(keys, kind="stable")
        return keys[by], by

    def _before(self, rows: _Rows, lag: int) -> NDArray[np.intp]:
        """Return where the panel holds the same regions `lag` years before, -1 where it does not."""
        at = self.panel.order[rows]
        if lag == 0:
            return at
        keys, by = self._keys
        wanted = self.panel.region[at] * _YEARS + self.panel.year[at] - lag
        place = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
        return np.where(keys[place] == wanted, by[place], -1)

    def _by_goal(self, values: NDArray[Any], rows: _Rows) -> NDArray[Any]:
        return values[self.goal if len(self.goal) == 1 else self.goal[rows]]
