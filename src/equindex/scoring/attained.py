"""A, how far each region has come towards the framework's targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equindex import attainment, notation, treat
from equindex._arrays import BoolArray, FloatArray, map_blocks, row_blocks
from equindex.errors import DomainError, FrameworkError
from equindex.model import Indicator, Target
from equindex.schema import Bound, Panel
from equindex.scoring.plan import Plan
from equindex.scoring.tree import Rolled

__all__ = ["AttainedPanel", "attain", "goals", "why_unattained"]

_NONE = np.empty(0, dtype=np.intp)
_NO_GOAL = "no target for this region and year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One target cell as it was read, ends on the indicator's original scale."""

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
    floor: float
    year: int | None
    effective_from: int | None
    baseline_year: int | None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttainedPanel:
    """A of every leaf, shape (rows, indicators), and of every node, shape (rows, nodes).

    `goal` holds positions in `goals`, -1 where a cell has no target; `why` says why sums are missing.
    """

    has: BoolArray
    local: FloatArray
    goals: tuple[Goal, ...]
    goal: NDArray[np.intp]
    value: FloatArray
    attained: attainment.Attained
    rolled: Rolled
    why: dict[tuple[int, int], str]


def goals(indicator: Indicator, rows: Sequence[Target]) -> list[tuple[str | None, Goal]]:
    """Read an indicator's own target and its rows of the targets table, with the region each is for."""
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
        found.append((None, _goal(indicator, own)))
    return found + [(row.region, _goal(indicator, row)) for row in rows if row.indicator == indicator.id]


def _goal(indicator: Indicator, row: Target) -> Goal:
    reading = notation.read(row.target, indicator.unit)
    operator, problem = reading.operator, ""
    low, high = reading.value, reading.value
    if reading.unread or not reading.numeric:
        problem = _unread(reading) if reading.unread else "no target"
        low = high = np.nan
    elif operator == "range":  # the far end binds an interval indicator alone, as it does for 左右
        low = -np.inf if indicator.direction == "negative" else low
        high = np.inf if indicator.direction == "positive" else reading.high
    elif operator in ("", "~"):
        bare = {"positive": ">=", "negative": "<="}.get(indicator.direction, "=")
        low, high = (low, np.inf) if bare == ">=" else (-np.inf, high) if bare == "<=" else (low, high)
        operator = operator or bare
    elif operator in (">=", ">"):
        high = np.inf
    elif operator in ("<=", "<"):
        low = -np.inf
    if not problem and indicator.direction == "positive" and low == -np.inf:
        problem = f"target {row.target!r} is an upper end, but higher is better"
    if not problem and indicator.direction == "negative" and high == np.inf:
        problem = f"target {row.target!r} is a lower end, but lower is better"
    blocked, problem = bool(problem), problem or _more(reading)
    base_text = row.baseline if row.baseline is not None else indicator.baseline
    base = notation.read(base_text or "", indicator.unit)
    base_low, base_high, *_ = base.bounds if base.numeric else (np.nan, np.nan)
    floor = row.floor if row.floor is not None else indicator.floor
    return Goal(
        raw=row.target,
        operator=operator,
        low=np.nan if blocked else low,
        high=np.nan if blocked else high,
        strict_low=operator == ">",
        strict_high=operator == "<",
        approximate=operator == "~",
        cumulative=reading.cumulative or indicator.cumulate is not None,
        baseline=base.value,
        baseline_low=base_low,
        baseline_high=base_high,
        floor=np.nan if floor is None else floor,
        year=row.year,
        effective_from=row.effective_from,
        baseline_year=row.baseline_year or indicator.baseline_year,
        problem=problem,
    )


def _unread(reading: notation.Reading) -> str:
    """Say why a target cell is no number."""
    if reading.parts:
        return f"target holds {len(reading.parts)} targets: give each its own indicator"
    return "target has no number"


def _more(reading: notation.Reading) -> str:
    """Say what a target cell holds beyond a number that it can be held against, empty where it is only that."""
    if reading.increment:
        return f"target {reading.raw!r} is an increment: write the level to reach, or cumulate"
    if reading.relative:
        return f"target {reading.raw!r} is relative to {reading.relative}: write the number"
    if reading.per:
        return (
            f"target {reading.raw!r} is for each {reading.per}, the unit is not: write the number in the unit"
        )
    if reading.also is not None:
        return f"target {reading.raw!r} has a second threshold: give it its own indicator"
    return ""


def _chosen(
    read: Sequence[Sequence[tuple[str | None, Goal]]], panel: Panel
) -> tuple[tuple[Goal, ...], NDArray[np.intp]]:
    """Return all goals, and which of them holds for each row and indicator, -1 where none does.

    A region's own target in force goes before that of all regions. One row stands for all where no target
    depends on region or year.
    """
    known: dict[Goal, int] = {}
    years, when = np.unique(panel.year[panel.order], return_inverse=True)
    rows_of = _rows_of_regions(panel)
    goal = np.full((1, len(read)), -1, dtype=np.intp)
    for column, found in enumerate(read):
        if len(found) == 1 and found[0][0] is None and found[0][1].effective_from is None:
            goal[:, column] = known.setdefault(found[0][1], len(known))
        elif found:
            goal = np.repeat(goal, len(panel.order), axis=0) if len(goal) == 1 else goal
            places: dict[int | None, list[Goal]] = {}
            for name, one in found:
                places.setdefault(panel.places[name] if name else None, []).append(one)
            for place in sorted(places, key=lambda place: place is not None):  # that of all comes first
                rows = slice(None) if place is None else rows_of.get(place, _NONE)
                own = places[place]
                lone = len(own) == 1 and own[0].effective_from is None
                picks = own if lone else [_pick(own, int(year)) for year in years]
                line = np.array(
                    [-1 if pick is None else known.setdefault(pick, len(known)) for pick in picks]
                )
                numbers = line[0] if lone else line[when[rows]]
                goal[rows, column] = np.where(numbers < 0, goal[rows, column], numbers)
    return tuple(known), goal


def _rows_of_regions(panel: Panel) -> dict[int, NDArray[np.intp]]:
    """Return where each region stands in the panel's order."""
    region = panel.region[panel.order]
    rows = np.argsort(region, kind="stable")
    codes, starts = np.unique(region[rows], return_index=True)
    return dict(zip(codes.tolist(), np.split(rows, starts[1:]), strict=True)) if len(codes) else {}


def _pick(found: Sequence[Goal], year: int) -> Goal | None:
    """Pick the newest version in force; of its target years the next, or the last once all have passed."""
    usable = [goal for goal in found if goal.effective_from is None or goal.effective_from <= year]
    if not usable:
        return None
    newest = max(goal.effective_from or 0 for goal in usable)
    usable = [goal for goal in usable if (goal.effective_from or 0) == newest]
    ahead = [goal for goal in usable if goal.year is None or goal.year >= year]
    if ahead:
        return min(ahead, key=lambda goal: goal.year or 0)
    return max(usable, key=lambda goal: goal.year or 0)


def attain(plan: Plan, panel: Panel) -> AttainedPanel | None:
    """Hold every scored row against its targets; None where the framework has no target.

    Raises
    ------
    FrameworkError
        If a cumulative target has no plan years.
    """
    model = plan.model
    rows: dict[str, list[Target]] = {}
    for row in model.target:
        rows.setdefault(row.indicator, []).append(row)
    read = [goals(indicator, rows.get(indicator.id, ())) for indicator in model.indicator]
    has = np.array([bool(found) for found in read])
    if not has.any():
        return None
    table, goal = _chosen(read, panel)
    held = _accumulated(plan, panel, table, goal)
    attained = _attained(plan, table, goal, held)
    local = plan.among(has)
    return AttainedPanel(
        has=has,
        local=local,
        goals=table,
        goal=np.broadcast_to(goal, held.x.shape),
        value=held.x,
        attained=attained,
        rolled=plan.tree.roll_up(np.where(has, attained.attainment, np.nan), local, plan.missing),
        why=held.why,
    )


def why_unattained(panel: Panel, found: AttainedPanel, rows: NDArray[np.intp], column: int) -> list[str]:
    """Say of each of these rows of the panel's order why an indicator has no attainment."""
    said = np.array(attainment.REASONS, dtype=object)[found.attained.reason[rows, column]]
    missing = np.isnan(found.value[rows, column])
    said[missing] = panel.reasons_of(panel.order[rows[missing]], column)
    if found.why:
        said[:] = [found.why.get((row, column), own) for row, own in zip(rows.tolist(), said, strict=True)]
    problems = np.array([*(goal.problem for goal in found.goals), _NO_GOAL], dtype=object)
    goal = found.goal[rows, column]
    return list(np.where(problems[goal] != "", problems[goal], said))


def _attained(
    plan: Plan, table: tuple[Goal, ...], goal: NDArray[np.intp], held: _Held
) -> attainment.Attained:
    """Apply the rule to all rows, block by block."""
    shape, wanted = held.x.shape, plan.model.attainment
    interval = np.array([indicator.direction == "interval" for indicator in plan.model.indicator])
    direction = np.where(interval, 0.0, plan.direction)
    ends = _intervals(plan, held)
    common = _targets(plan, table, goal) if len(goal) == 1 else None
    whole = attainment.Attained(
        attainment=np.empty(shape),
        uncapped=np.empty(shape),
        met=np.empty(shape),
        status=np.empty(shape, dtype=np.int8),
        reason=np.empty(shape, dtype=np.int8),
    )

    def work(rows: slice, _: FloatArray) -> None:
        part = attainment.attain(
            _transformed(plan, held.x[rows]),
            _targets(plan, table, goal[rows]) if common is None else common,
            direction,
            rule=wanted.rule,
            cap=wanted.cap,
            started=~held.early[rows],
            **{name: end[rows] for name, end in ends.items()},
        )
        for name in part.__slots__:
            getattr(whole, name)[rows] = getattr(part, name)

    map_blocks(work, row_blocks(*shape), numbers=held.x.size)
    return whole


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """The values to hold against targets, shape (rows, indicators): as they are, or accumulated.

    `bounds` are the cells known only as bounds, `early` those before the plan began, `why` says of cells of
    cumulative targets why they have no value.
    """

    x: FloatArray
    early: BoolArray
    bounds: dict[tuple[int, int], Bound]
    why: dict[tuple[int, int], str]


def _accumulated(plan: Plan, panel: Panel, table: tuple[Goal, ...], goal: NDArray[np.intp]) -> _Held:
    order = panel.order
    x, early = panel.x[order], np.zeros((len(order), panel.x.shape[1]), dtype=bool)
    place = {int(row): k for k, row in enumerate(order)} if panel.bounds else {}
    bounds = {(place[row], column): b for (row, column), b in panel.bounds.items() if row in place}
    held = _Held(x=x, early=early, bounds=bounds, why={})
    for column, indicator in enumerate(plan.model.indicator):
        spans: dict[tuple[int, int], list[int]] = {}
        for number in np.unique(goal[:, column]).tolist():
            if number >= 0 and table[number].cumulative:
                spans.setdefault(_plan_years(plan, indicator, table[number]), []).append(number)
        for (begin, end), numbers in spans.items():
            here = np.isin(np.broadcast_to(goal[:, column], len(order)), numbers)
            if indicator.cumulate != "latest":
                _add_up(panel, held, column, np.flatnonzero(here), begin, end)
            before = here & (panel.year[order] < begin)
            x[before, column], early[before, column] = np.nan, True
            said = f"the plan has not started: it runs from {begin}"
            held.why.update({(k, column): said for k in np.flatnonzero(before).tolist()})
    return held


def _add_up(panel: Panel, held: _Held, column: int, rows: NDArray[np.intp], begin: int, end: int) -> None:
    """Put into `rows` of a column the sums since the plan began; a sum with a gap or a bound is missing."""
    region, year = panel.region[panel.order], panel.year[panel.order]
    last = min(end, int(year.max(initial=begin)))
    inside = np.flatnonzero((year >= begin) & (year <= last))
    shape = (len(panel.regions), max(last - begin + 1, 1))
    cells, bounded = np.full(shape, np.nan), np.zeros(shape, dtype=bool)
    cells[region[inside], year[inside] - begin] = panel.x[panel.order[inside], column]
    for row in inside.tolist() if panel.bounds else ():
        bounded[region[row], year[row] - begin] = (int(panel.order[row]), column) in panel.bounds
    sums, unsure = cells.cumsum(axis=1), np.logical_or.accumulate(bounded, axis=1)
    for row in rows.tolist():
        held.bounds.pop((row, column), None)
    rows = rows[year[rows] >= begin]
    at = region[rows], np.minimum(year[rows], last) - begin
    held.x[rows, column] = np.where(unsure[at], np.nan, sums[at])
    for row in rows[np.isnan(sums[at])].tolist():
        absent = np.isnan(cells[region[row], : min(int(year[row]), last) - begin + 1])
        lacking = ", ".join(map(str, (np.flatnonzero(absent) + begin).tolist()))
        held.why[row, column] = f"the sum since {begin} lacks {lacking}"
    for row in rows[unsure[at] & ~np.isnan(sums[at])].tolist():
        held.why[row, column] = f"the sum since {begin} holds a bound in place of a value"


def _plan_years(plan: Plan, indicator: Indicator, goal: Goal) -> tuple[int, int]:
    if plan.model.attainment.plan:
        return plan.model.attainment.plan
    if goal.baseline_year and goal.year:
        return goal.baseline_year + 1, goal.year
    raise FrameworkError(
        f"indicator {indicator.id!r}: target {goal.raw!r} is cumulative, so the years of the plan are needed. "
        "Set [attainment] plan = [first, last], or baseline_year and target_year."
    )


def _targets(plan: Plan, table: tuple[Goal, ...], goal: NDArray[np.intp]) -> attainment.Targets:
    """Spread the goals over rows and indicators, transformed as the values are."""

    def spread(name: str, otherwise: float | bool) -> FloatArray:
        cells = [otherwise if g.problem and name in ("low", "high") else getattr(g, name) for g in table]
        column = np.array([*cells, otherwise])
        return np.asarray(column[goal])

    def moved(name: str) -> FloatArray:
        return _transformed(plan, spread(name, np.nan).astype(float))

    model = plan.model
    limits = np.array([i.limits or (np.nan, np.nan) for i in model.indicator])
    posts = np.array([i.goalposts or (np.nan, np.nan) for i in model.indicator])
    return attainment.Targets(
        low=moved("low"),
        high=moved("high"),
        strict_low=spread("strict_low", False),
        strict_high=spread("strict_high", False),
        approximate=spread("approximate", False),
        tolerance=np.array([i.tolerance for i in model.indicator]),
        cumulative=spread("cumulative", False),
        baseline=moved("baseline"),
        baseline_low=moved("baseline_low"),
        baseline_high=moved("baseline_high"),
        floor=moved("floor"),
        limit_low=_transformed(plan, limits[:, 0]),
        limit_high=_transformed(plan, limits[:, 1]),
        goalpost_low=_transformed(plan, posts[:, 0]),
        goalpost_high=_transformed(plan, posts[:, 1]),
    )


def _transformed(plan: Plan, x: FloatArray) -> FloatArray:
    """Apply each indicator's transform along the last axis; infinite ends stay."""
    changed = [column for column, indicator in enumerate(plan.model.indicator) if indicator.transform]
    result = x.copy() if changed else x
    for column in changed:
        indicator = plan.model.indicator[column]
        assert indicator.transform is not None
        function = treat.transforms.get(indicator.transform.name).function
        cells = np.atleast_1d(result[..., column])
        finite = np.isfinite(cells)
        try:
            cells[finite] = function(cells[finite][:, None], **indicator.transform.options)[:, 0]
        except DomainError as error:
            error.add_note(f"in the values, targets or goalposts of indicator {indicator.id!r}")
            raise
        result[..., column] = cells if result.ndim > 1 else cells[0]
    return result


def _intervals(plan: Plan, held: _Held) -> dict[str, FloatArray | BoolArray]:
    """Return the intervals of values known as bounds only, nothing where all are exact."""
    if not held.bounds:
        return {}
    low, high = held.x.copy(), held.x.copy()
    strict_low, strict_high = np.zeros_like(held.early), np.zeros_like(held.early)
    for at, bound in held.bounds.items():
        low[at], high[at] = bound.low, bound.high
        strict_low[at], strict_high[at] = bound.low_strict, bound.high_strict
    return {
        "x_low": _transformed(plan, low),
        "x_high": _transformed(plan, high),
        "x_low_strict": strict_low,
        "x_high_strict": strict_high,
    }
