"""The way of every value from its baseline to its target: expected, achieved, required, projected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equindex import attainment, notation
from equindex._arrays import BoolArray, FloatArray
from equindex.monitoring.status import STATUSES, Status, grades_of, warnings_of
from equindex.schema import Panel
from equindex.scoring import Plan
from equindex.scoring.attained import AttainedPanel
from equindex.scoring.goals import read_cell

__all__ = ["OUTLOOKS", "Cell", "Course", "follow"]

_AT = {name: number for number, name in enumerate(attainment.STATUSES)}
_IS = {status: np.int8(number) for number, status in enumerate(STATUSES)}
_NEAR = 1e-9  # points of rounding that make nobody late

OUTLOOKS = ("", "reaches", "open", "misses")
"""Whether the projection's interval lies inside the target, across its end, or outside."""


class Cell(NamedTuple):
    """What a course holds about one value."""

    status: int
    value: float
    baseline: float
    start: float
    end: float
    elapsed: float
    expected: float
    completion: float
    gap: float
    achieved: float
    required: float
    held: bool
    whole: bool
    milestone: bool
    bounded: bool
    due: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Every target of one year, arrays of shape (regions, indicators), on the indicators' own scales.

    `rows` are the places of the regions in the panel's order. `target` is the point of the target nearest to the
    baseline, where the way ends; `held` marks levels that the baseline had reached, to be maintained; `bounded`
    baselines that are known only as bounds, from which no way leads; `due` targets that must be met by now. `gap`
    is how far a value stands from its path: below 0 is behind. `milestone` marks expectations that a person set.
    `status` holds positions in `STATUSES`, `grade` in the warning grades, -1 for none, `outlook` in `OUTLOOKS`.
    """

    as_of: int
    rows: NDArray[np.intp]
    value: FloatArray
    baseline: FloatArray
    low: FloatArray
    high: FloatArray
    start: FloatArray
    end: FloatArray
    target: FloatArray
    held: BoolArray
    whole: BoolArray
    milestone: BoolArray
    bounded: BoolArray
    due: BoolArray
    elapsed: FloatArray
    expected: FloatArray
    completion: FloatArray
    gap: FloatArray
    achieved: FloatArray
    required: FloatArray
    projected: FloatArray
    projected_low: FloatArray
    projected_high: FloatArray
    outlook: NDArray[np.int8]
    status: NDArray[np.int8]
    grade: NDArray[np.intp]

    def cells(self, rows: NDArray[np.intp], column: int) -> Iterator[Cell]:
        """Return what is known about some values of a column."""
        parts = (getattr(self, name)[rows, column].tolist() for name in Cell._fields)
        return map(Cell._make, zip(*parts, strict=True))


def follow(plan: Plan, panel: Panel, found: AttainedPanel, rows: NDArray[np.intp], as_of: int) -> Course:
    """Say how every value of one year stands on its way.

    Parameters
    ----------
    plan, panel, found
        The framework, the data, and the data held against the targets.
    rows : ndarray of int, shape (regions,)
        Places in the panel's order of the regions' rows of that year.
    as_of : int
        The year, looked at from its end.

    Returns
    -------
    Course

    Notes
    -----
    The path is linear unless the framework sets milestones: expected = x0 + (T - x0)·(t - t0)/(t1 - t0), where
    T is the point of the target nearest to the baseline x0. Completion is the share of that way that is behind
    a region, and the gap is completion less what is expected (in points), or achieved over expected progress
    less 100 (basis ``ratio``, where progress is expected). Accumulated values start from 0 when the plan begins.
    For a level to be held, a direction without a number, and an overdue target without a baseline, the gap is
    what the value lacks, in percent of the target; -100 where there is no half way.
    """
    wanted = plan.model.monitoring
    reach = found.reach(rows)
    value, goal = found.value[rows], found.goal[rows]
    summed = _of_goals(found, "cumulative", goal)
    baseline = np.where(summed & ~np.isnan(reach.low + reach.high), 0.0, reach.baseline)
    low, high, start, end = reach.low, reach.high, reach.start, reach.end
    if plan.model.attainment.plan:
        start = np.where(summed, plan.model.attainment.plan[0] - 1, start)
    target = np.clip(baseline, low, high)
    trend = _of_goals(found, "trend", goal)
    held = ~(summed | trend) & (baseline >= low) & (baseline <= high)
    whole = _all_or_nothing(plan, found, goal)

    bounded = _of_goals(found, "bounded", goal) & ~(summed | trend)
    first = np.where(bounded, np.nan, baseline)  # a way that starts somewhere beyond a bound is none
    valid = start < end
    begin, close = np.where(valid, start, np.nan), np.where(valid, end, np.nan)
    elapsed = attainment.elapsed(as_of, begin, close)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        expected = np.where(
            whole | held | trend,
            np.nan,
            attainment.expected(first, target, elapsed),
        )
        set_by_hand = np.zeros_like(held)
        if (plan.model.milestone and wanted.path == "milestones") or wanted.path == "table":
            ends = ((start, first), (end, target))
            expected, set_by_hand = _by_milestones(plan, panel, rows, as_of, expected, ends, whole)
        completion = attainment.completion(value, first, target)
        completion = np.where(held | trend | whole, np.nan, completion)
        due = as_of >= end
        aim = np.where(due, target, expected)
        progress = attainment.completion(aim, first, target)
        gap = completion - progress
        if wanted.basis == "ratio":
            gap = np.where(progress > 0, 100 * gap / progress, gap)
        nearest = np.clip(value, low, high)
        lacks = np.where(
            whole | (nearest == 0), -100.0 * (value != nearest), -100 * abs((value - nearest) / nearest)
        )
        beyond = (found.attained.met[rows] == 0) & (completion >= 100)  # past the far end of an interval
        gap = np.where(held | trend | beyond | (due & (np.isnan(gap) | whole)), lacks, gap)
        gap = np.where(whole & set_by_hand & ~due, _short(value, expected, plan.direction), gap)
        exact = _exact(panel, found)
        so_far = np.where(summed & (as_of <= start), 0.0, exact[rows])
        pace = attainment.pace(so_far, first, np.clip(so_far, low, high), as_of, begin, close)
    gap = np.where(np.abs(gap) < _NEAR, 0.0, gap)

    for k, column, fall in _falls(panel, found, exact, rows, baseline, start):
        gap[k, column] = fall
    known = found.attained.status[rows]
    lost = trend & np.isin(known, [_AT["at_limit"], _AT["not_met"]])  # no better than before
    known = np.where(lost, np.int8(_AT["breach"]), known)
    status = _statuses(known, elapsed, gap, due, wanted.ahead)
    late = (status == _IS[Status.BEHIND]) | (status == _IS[Status.OVERDUE])
    gap = np.where(np.isin(status, [_IS[Status.UNSCORED], _IS[Status.NOT_STARTED]]), np.nan, gap)
    moving = ~(whole | trend) & ~np.isnan(low) & ~np.isnan(high)
    ahead = moving & ~held & ((found.attained.met[rows] == 0) | (status == _IS[Status.NOT_STARTED]))
    projected = moving & np.isfinite(exact[rows])
    tolerance = np.array([indicator.tolerance for indicator in plan.model.indicator])
    tolerance = np.where(_of_goals(found, "approximate", goal), tolerance, 0.0)
    seen = _projection(plan, panel, found, exact, rows, as_of, first, start, end, projected)
    return Course(
        as_of=as_of,
        rows=rows,
        value=value,
        baseline=baseline,
        low=low,
        high=high,
        start=start,
        end=end,
        target=target,
        held=held,
        whole=whole,
        milestone=set_by_hand,
        bounded=bounded,
        due=(as_of >= end) | held,
        elapsed=elapsed,
        expected=expected,
        completion=completion,
        gap=gap,
        achieved=np.where(moving, pace.achieved, np.nan),
        required=np.where(ahead, pace.required, np.nan),
        projected=seen[0],
        projected_low=seen[1],
        projected_high=seen[2],
        outlook=_outlook(seen, low, high, tolerance),
        status=status,
        grade=np.where(late, grades_of(gap, warnings_of(plan.model)), -1),
    )


def _of_goals(found: AttainedPanel, name: str, goal: NDArray[np.intp]) -> BoolArray:
    """Return whether each cell's goal has something."""
    return np.array([*(bool(getattr(one, name)) for one in found.goals), False])[goal]


def _exact(panel: Panel, found: AttainedPanel) -> FloatArray:
    """Return the values that are known exactly, in the panel's order; a bound is none."""
    if not panel.bounds:
        return found.value
    place = np.full(len(panel.region), -1)
    place[panel.order] = np.arange(len(panel.order))
    exact = found.value.copy()
    for row, column in panel.bounds:
        if place[row] >= 0:
            exact[place[row], column] = np.nan
    return exact


def _falls(
    panel: Panel,
    found: AttainedPanel,
    exact: FloatArray,
    rows: NDArray[np.intp],
    baseline: FloatArray,
    start: FloatArray,
) -> Iterator[tuple[int, int, float]]:
    """Yield where values fell back that were to get better step by step, and how far, in percent; below 0."""
    if not found.setbacks:
        return
    place = {row: k for k, row in enumerate(rows.tolist())}
    region, year = panel.region[panel.order], panel.year[panel.order]
    by = np.argsort(region, kind="stable")  # by region, then year
    first, last = (np.searchsorted(region[by], region[rows], side) for side in ("left", "right"))
    for (row, column), when in found.setbacks.items():
        k = place.get(row)
        if k is None:
            continue
        own = by[first[k] : last[k]]
        steps = (year[own] > start[k, column]) & (year[own] <= when) & np.isfinite(exact[own, column])
        before, after = [baseline[k, column], *exact[own[steps], column]][-2:]
        yield k, column, float(-100 * abs((after - before) / before)) if before else -100.0


def _all_or_nothing(plan: Plan, found: AttainedPanel, goal: NDArray[np.intp]) -> BoolArray:
    """Return where there is no way half done: yes or no, places, levels."""
    columns = np.array([bool(i.levels) or notation.yes_or_no(i.unit) for i in plan.model.indicator])
    return columns | _of_goals(found, "place", goal)


def _short(value: FloatArray, expected: FloatArray, direction: FloatArray) -> FloatArray:
    """Return 0 where a milestone of an all-or-nothing target is reached, -100 where it is not."""
    return np.where(
        np.isnan(value) | np.isnan(expected),
        np.nan,
        np.where((value - expected) * direction >= 0, 0.0, -100.0),
    )


def _statuses(
    known: NDArray[np.int8], elapsed: FloatArray, gap: FloatArray, due: BoolArray, ahead: float
) -> NDArray[np.int8]:
    """Return the status of every cell from how it stands to the target and to the path."""
    cases = [
        (known == _AT["unscored"], Status.UNSCORED),
        (known == _AT["met"], Status.MET),
        (known == _AT["at_limit"], Status.AT_LIMIT),
        (known == _AT["bound_only"], Status.BOUND_ONLY),
        (known == _AT["not_started"], Status.NOT_STARTED),
        (due, Status.OVERDUE),
        (elapsed == 0, Status.NOT_STARTED),
        (np.isnan(gap), Status.UNSCORED),
        (gap < 0, Status.BEHIND),
        (known == _AT["breach"], Status.BEHIND),
        (gap >= ahead, Status.AHEAD),
    ]
    found = np.select([where for where, _ in cases], [_IS[s] for _, s in cases], _IS[Status.ON_TRACK])
    return found.astype(np.int8)


def _by_milestones(
    plan: Plan,
    panel: Panel,
    rows: NDArray[np.intp],
    as_of: int,
    expected: FloatArray,
    ends: tuple[tuple[FloatArray, FloatArray], ...],
    whole: BoolArray,
) -> tuple[FloatArray, BoolArray]:
    """Put what milestones expect in place of the straight line; say where they did.

    `ends` are years and values of both ends of the way. What has no half way is expected from its milestone on.
    """
    exact = plan.model.monitoring.path == "table"
    expected = np.full_like(expected, np.nan) if exact else expected
    placed = np.zeros(expected.shape, dtype=bool)
    codes = panel.region[panel.order[rows]]
    place = np.full(len(panel.regions), -1)
    place[codes] = np.arange(len(codes))
    for column, known in milestones_of(plan, panel).items():
        way = ~whole[:, column] & (not exact)
        sides = [(np.where(way, when[:, column], np.nan), value[:, column]) for when, value in ends]
        stops = np.concatenate(
            [[year for own in known.values() for year in own], *(when for when, _ in sides)]
        )
        years = np.unique(stops[np.isfinite(stops)])
        points = np.full((len(codes), len(years)), np.nan)
        for when, value in sides:
            here = np.flatnonzero(np.isfinite(when))
            points[here, np.searchsorted(years, when[here])] = value[here]
        named = {region: line for region, line in known.items() if region is not None and region >= 0}
        own = {int(place[region]): line for region, line in named.items() if place[region] >= 0}
        lines = [(np.array([k]), line) for k, line in own.items()]
        if None in known:
            lines.append((np.setdiff1d(np.arange(len(codes)), list(own)), known[None]))
        asked = np.zeros(len(codes), dtype=bool)
        for some, line in lines:
            points[np.ix_(some, np.searchsorted(years, list(line)))] = list(line.values())
            asked[some] = True
        # What has no half way stays where its last milestone put it.
        now = as_of if exact else np.where(way, as_of, _last(points, years, as_of))
        expected[asked, column] = attainment.along(now, years, points, exact=exact)[asked]
        placed[asked, column] = np.isfinite(expected[asked, column])
    return expected, placed


def _last(points: FloatArray, years: FloatArray, as_of: int) -> FloatArray:
    """Return the year of each row's last point up to a year, -inf where there is none."""
    last: FloatArray = np.where(np.isfinite(points) & (years <= as_of), years, -np.inf).max(axis=1)
    return last


def milestones_of(plan: Plan, panel: Panel) -> Mapping[int, Mapping[int | None, Mapping[int, float]]]:
    """Return the years and values that milestones set, by indicator and by region (None: all)."""
    columns = {indicator.id: column for column, indicator in enumerate(plan.model.indicator)}
    known: dict[int, dict[int | None, dict[int, float]]] = {}
    for row in plan.model.milestone:
        column = columns[row.indicator]
        place = panel.places[row.region] if row.region else None
        number = read_cell(plan.model.indicator[column], row.value).value
        known.setdefault(column, {}).setdefault(place, {})[row.year] = number
    return known


def _projection(
    plan: Plan,
    panel: Panel,
    found: AttainedPanel,
    exact: FloatArray,
    rows: NDArray[np.intp],
    as_of: int,
    baseline: FloatArray,
    start: FloatArray,
    end: FloatArray,
    wanted: BoolArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Continue each cell's line from its start to the target year, with an interval."""
    nothing = np.full(start.shape, np.nan)
    begins = np.unique(start[wanted & np.isfinite(start)])
    if not begins.size or begins[0] >= as_of:
        return nothing, nothing, nothing
    years = np.arange(int(begins[0]), as_of + 1)
    when, region = panel.year[panel.order], panel.region[panel.order]
    place = np.full(len(panel.regions), -1)
    place[region[rows]] = np.arange(len(rows))
    inside = np.flatnonzero((when >= years[0]) & (when <= as_of) & (place[region] >= 0))
    cube = np.full((len(years), *start.shape), np.nan)
    cube[when[inside] - years[0], place[region[inside]]] = exact[inside]
    for year in begins[begins <= as_of]:
        first = cube[int(year) - years[0]]
        at = (start == year) & (np.isnan(first) | _of_goals(found, "cumulative", found.goal[rows]))
        np.copyto(first, baseline, where=at)
    cube[:, ~wanted] = np.nan
    cube[~(years[:, None, None] >= start)] = np.nan
    line = attainment.project(
        years, cube, np.where(end > as_of, end, np.nan), level=plan.model.monitoring.level
    )
    return line.value, line.low, line.high


def _outlook(
    seen: tuple[FloatArray, FloatArray, FloatArray], low: FloatArray, high: FloatArray, tolerance: FloatArray
) -> NDArray[np.int8]:
    """Say where the interval lies; a target of 左右 is as wide as its tolerance."""
    _, least, most = seen
    sizes = (np.where(np.isinf(end), 0.0, np.abs(end)) for end in (low, high))
    slack_low, slack_high = (_NEAR * np.maximum(size, 1) + tolerance * size for size in sizes)
    low, high = low - slack_low, high + slack_high
    inside = (least >= low) & (most <= high)
    outside = (most < low) | (least > high)
    return np.select([np.isnan(least), inside, outside], [0, 1, 3], 2).astype(np.int8)
