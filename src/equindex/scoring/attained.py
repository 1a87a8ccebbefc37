"""A, how far each region has come towards the framework's targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from equindex import attainment
from equindex._arrays import BoolArray, FloatArray, map_blocks, row_blocks
from equindex.errors import FrameworkError
from equindex.model import Indicator
from equindex.schema import Bound, Panel
from equindex.scoring.given import bent
from equindex.scoring.goals import Goal, all_goals, goals
from equindex.scoring.plan import Plan
from equindex.scoring.reach import Reach, Spread
from equindex.scoring.tree import Rolled

__all__ = ["AttainedPanel", "Goal", "attain", "goals", "in_force", "pick", "why_unattained"]

_NONE = np.empty(0, dtype=np.intp)
_NO_GOAL = "no target for this region and year"
_PART = "counts towards the share of the region above"
_NOT_MET = np.int8(attainment.STATUSES.index("not_met"))


@dataclass(frozen=True, kw_only=True)
class AttainedPanel:
    """A of every leaf, shape (rows, indicators), and of every node, shape (rows, nodes).

    `goal` holds positions in `goals`, -1 where a cell has no target; `why` says why sums are missing.
    `setbacks` are the years in which values fell back that were to get better step by step, by row and column.
    """

    has: BoolArray
    local: FloatArray
    goals: tuple[Goal, ...]
    goal: NDArray[np.intp]
    value: FloatArray
    attained: attainment.Attained
    rolled: Rolled
    why: dict[tuple[int, int], str]
    spread: Spread
    setbacks: dict[tuple[int, int], int]

    def reach(self, rows: slice | NDArray[np.intp]) -> Reach:
        """Return ends of targets, baselines and their years in some rows, on the original scales."""
        return self.spread.reach(rows)

    @cached_property
    def _reach(self) -> Reach:
        return self.reach(slice(None))

    @property
    def low(self) -> FloatArray:
        """Lower ends of the targets, -inf where open, shape (rows, indicators)."""
        return self._reach.low

    @property
    def high(self) -> FloatArray:
        """Upper ends of the targets, inf where open, shape (rows, indicators)."""
        return self._reach.high

    @property
    def baseline(self) -> FloatArray:
        """Baselines: printed, else the region's own value in the baseline year, shape (rows, indicators)."""
        return self._reach.baseline

    @property
    def start(self) -> FloatArray:
        """Years of the baselines, shape (rows, indicators)."""
        return self._reach.start

    @property
    def end(self) -> FloatArray:
        """Years of the targets, shape (rows, indicators)."""
        return self._reach.end


def in_force(
    read: Sequence[Sequence[tuple[str | None, Goal]]],
    panel: Panel,
    targets_of: int | None,
    aimed: int | None,
) -> tuple[tuple[Goal, ...], NDArray[np.intp]]:
    """Return all goals, and which of them holds for each row and indicator, -1 where none does.

    A region's own target in force goes before that of some regions (`where`), and this before that of all. One
    row stands for all where no target depends on region or year.
    """
    known: dict[Goal, int] = {}
    years, when = np.unique(panel.year[panel.order], return_inverse=True)
    rows_of = _rows_of_regions(panel)
    goal = np.full((1, len(read)), -1, dtype=np.intp)
    for column, found in enumerate(read):
        if len(found) == 1 and found[0][0] is None and _always(found[0][1]):
            goal[:, column] = known.setdefault(found[0][1], len(known))
        elif found:
            goal = np.repeat(goal, len(panel.order), axis=0) if len(goal) == 1 else goal
            places: dict[int | str, list[Goal]] = {}
            for name, one in found:
                places.setdefault(panel.places[name] if name else one.where, []).append(one)
            for place in sorted(places, key=lambda place: (isinstance(place, int), place != "")):
                own, rows = places[place], _rows_at(panel, place, rows_of)
                lone = len(own) == 1 and own[0].effective_from is None
                picks = own if lone else [pick(own, aimed or int(year), targets_of) for year in years]
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


def _always(goal: Goal) -> bool:
    return goal.effective_from is None and not goal.where


def _rows_at(
    panel: Panel, place: int | str, rows_of: dict[int, NDArray[np.intp]]
) -> slice | NDArray[np.intp]:
    """Return the rows of a region, of those that a condition names, or all."""
    if isinstance(place, int):
        return rows_of.get(place, _NONE)
    return np.flatnonzero(panel.conditions[place][panel.region[panel.order]]) if place else slice(None)


def pick(found: Sequence[Goal], year: int, targets_of: int | None) -> Goal | None:
    """Pick the next target year, or the last once all have passed; of its versions the newest in force.

    In force is what was so in the year `targets_of`, or in the row's own. A version takes the place of the one
    for the same target year; those of other years stay.
    """
    version = year if targets_of is None else targets_of
    usable = [goal for goal in found if goal.effective_from is None or goal.effective_from <= version]
    if not usable:
        return None
    newest = {goal.year: goal for goal in sorted(usable, key=lambda goal: goal.effective_from or 0)}
    ahead = [due for due in newest if due is None or due >= year]
    return newest[min(ahead, key=lambda due: due or 0) if ahead else max(newest, key=lambda due: due or 0)]


def attain(
    plan: Plan, panel: Panel, targets_of: int | None = None, aimed: int | None = None
) -> AttainedPanel | None:
    """Hold every scored row against its targets; None where the framework has no target.

    Parameters
    ----------
    plan : Plan
        The framework, made ready.
    panel : Panel
        The data.
    targets_of : int, optional
        Hold every row against the targets that were in force in this year, not in its own.
    aimed : int, optional
        Of several target years, the one that counts in this year, not in the row's own.

    Raises
    ------
    FrameworkError
        If a cumulative target has no plan years.
    """
    read = all_goals(plan.model)
    has = np.array([bool(found) for found in read])
    if not has.any():
        return None
    table, goal = in_force(read, panel, targets_of, aimed)
    counted = np.flatnonzero([indicator.roll_up == "share" for indicator in plan.model.indicator])
    if panel.lowest is not None and counted.size:  # a part has no share, it counts towards one
        goal = np.array(np.broadcast_to(goal, (len(panel.order), len(read))))
        goal[np.ix_(panel.lowest[panel.region[panel.order]], counted)] = -1
    spread = Spread(model=plan.model, panel=panel, goals=table, goal=goal)
    held = _accumulated(plan, panel, table, goal)
    _wait(spread, held)
    attained = _attained(plan, spread, held)
    setbacks = _fall_back(spread, attained)
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
        spread=spread,
        setbacks=setbacks,
    )


def why_unattained(panel: Panel, found: AttainedPanel, rows: NDArray[np.intp], column: int) -> list[str]:
    """Say of each of these rows of the panel's order why an indicator has no attainment."""
    said = np.array(attainment.REASONS, dtype=object)[found.attained.reason[rows, column]]
    missing = np.isnan(found.value[rows, column])
    said[missing] = panel.reasons_of(panel.order[rows[missing]], column)
    unknown = np.array(found.spread.why(rows, column), dtype=object)
    said = np.where(unknown != "", unknown, said)
    if found.why:
        said[:] = [found.why.get((row, column), own) for row, own in zip(rows.tolist(), said, strict=True)]
    problems = np.array([*(goal.problem for goal in found.goals), _NO_GOAL], dtype=object)
    goal = found.goal[rows, column]
    said = np.where(problems[goal] != "", problems[goal], said)
    if panel.lowest is not None and found.spread.model.indicator[column].roll_up == "share":
        said = np.where(panel.lowest[panel.region[panel.order[rows]]], _PART, said)
    return list(said)


def _attained(plan: Plan, spread: Spread, held: _Held) -> attainment.Attained:
    """Apply the rules to all rows, block by block."""
    shape, wanted = held.x.shape, plan.model.attainment
    interval = np.array([indicator.direction == "interval" for indicator in plan.model.indicator])
    direction = np.where(interval, 0.0, plan.direction)
    ends = _intervals(plan, held)
    common = _targets(plan, spread, slice(None)) if spread.fixed else None
    ruled = np.array([*(g.rule or wanted.rule for g in spread.goals), wanted.rule], dtype=object)
    rules = {rule: (ruled == rule)[spread.goal].any(axis=0) for rule in dict.fromkeys(ruled)}
    whole = attainment.Attained(
        attainment=np.empty(shape),
        uncapped=np.empty(shape),
        met=np.empty(shape),
        status=np.empty(shape, dtype=np.int8),
        reason=np.empty(shape, dtype=np.int8),
    )

    def work(rows: slice, _: FloatArray) -> None:
        targets = _targets(plan, spread, rows) if common is None else common
        x = bent(plan.model.indicator, held.x[rows])
        for rule, columns in rules.items():
            chosen = slice(None) if columns.all() else np.flatnonzero(columns)
            part = attainment.attain(
                x[:, chosen],
                _only(targets, chosen),
                direction[chosen],
                rule=rule,
                cap=wanted.cap,
                started=~held.early[rows, chosen],
                **{name: end[rows, chosen] for name, end in ends.items()},
            )
            own = None if len(rules) == 1 else ruled[_of(spread.goal, rows)[:, chosen]] == rule
            for name in part.__slots__:
                cells, new = getattr(whole, name), getattr(part, name)
                cells[rows, chosen] = new if own is None else np.where(own, new, cells[rows, chosen])

    map_blocks(work, row_blocks(*shape), numbers=held.x.size)
    return whole


def _of(goal: NDArray[np.intp], rows: slice) -> NDArray[np.intp]:
    return goal if len(goal) == 1 else goal[rows]


def _only(targets: attainment.Targets, columns: slice | NDArray[np.intp]) -> attainment.Targets:
    """Return the targets of some columns."""
    parts = {name: getattr(targets, name) for name in targets.__slots__}
    return replace(targets, **{name: part[..., columns] for name, part in parts.items() if part is not None})


def _wait(spread: Spread, held: _Held) -> None:
    """Mark the cells before a direction-only target counts: up to the year of its baseline."""
    trend = spread.holds("trend", slice(None))
    if not trend.any():
        return
    start = spread.start(slice(None))
    early = trend & (spread.panel.year[spread.panel.order][:, None] <= start)
    held.early[:] |= early
    start = np.broadcast_to(start, early.shape)
    for k, column in np.argwhere(early).tolist():
        held.why[k, column] = f"the target counts from {start[k, column] + 1:.0f}"


def _fall_back(spread: Spread, attained: attainment.Attained) -> dict[tuple[int, int], int]:
    """Fail what was to get better step by step and did not, from the first year on that was worse; return these.

    The steps run from the baseline over the plan's years that have a value.
    """
    found: dict[tuple[int, int], int] = {}
    shape, every = attained.met.shape, slice(None)
    stepped = np.broadcast_to(spread.holds("steps", every), shape)
    columns = np.flatnonzero((stepped & (attained.met == 1)).any(axis=0)).tolist()
    if not columns:
        return found
    panel = spread.panel
    region, year = panel.region[panel.order], panel.year[panel.order]
    baseline, start, end = (
        np.broadcast_to(part, shape)
        for part in (spread.baseline(every), spread.start(every), spread.end(every))
    )
    for column in columns:
        better = 1 if spread.model.indicator[column].direction == "positive" else -1
        last: dict[int, float] = {}
        worse: dict[int, int] = {}
        counts = stepped[:, column] & ~(year <= start[:, column])
        for k in np.flatnonzero(counts).tolist():  # by year, then region
            row, code = int(panel.order[k]), int(region[k])
            value, before = panel.x[row, column], last.get(code, baseline[k, column])
            exact = np.isfinite(value) and (row, column) not in panel.bounds
            if exact and not year[k] > end[k, column]:
                if (value - before) * better < 0:
                    worse.setdefault(code, int(year[k]))
                last[code] = value
            if code in worse and attained.met[k, column] == 1:
                found[k, column] = worse[code]
                attained.met[k, column] = attained.attainment[k, column] = attained.uncapped[k, column] = 0
                attained.status[k, column] = _NOT_MET
    return found


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


def _targets(plan: Plan, spread: Spread, rows: slice) -> attainment.Targets:
    """Return the targets of some rows, transformed as the values are."""
    model = plan.model
    limits = np.array([i.limits or (np.nan, np.nan) for i in model.indicator])
    posts = np.array([i.goalposts or (np.nan, np.nan) for i in model.indicator])
    low, high = (bent(plan.model.indicator, end) for end in spread.ends(rows))
    baseline = spread.baseline(rows)
    bounds = spread.baseline_bounds(rows, baseline)
    base_low, base_high = (
        (None, None) if bounds is None else (bent(plan.model.indicator, end) for end in bounds)
    )
    return attainment.Targets(
        low=low,
        high=high,
        strict_low=spread.holds("strict_low", rows),
        strict_high=spread.holds("strict_high", rows),
        approximate=spread.holds("approximate", rows),
        tolerance=np.array([i.tolerance for i in model.indicator]),
        # A direction without a number is held against its baseline, which is not to be maintained.
        cumulative=spread.holds("cumulative", rows) | spread.holds("trend", rows),
        baseline=bent(plan.model.indicator, baseline),
        baseline_low=base_low,
        baseline_high=base_high,
        floor=bent(plan.model.indicator, spread.number("floor", rows)),
        limit_low=bent(plan.model.indicator, limits[:, 0]),
        limit_high=bent(plan.model.indicator, limits[:, 1]),
        goalpost_low=bent(plan.model.indicator, posts[:, 0]),
        goalpost_high=bent(plan.model.indicator, posts[:, 1]),
    )


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
        "x_low": bent(plan.model.indicator, low),
        "x_high": bent(plan.model.indicator, high),
        "x_low_strict": strict_low,
        "x_high_strict": strict_high,
    }
