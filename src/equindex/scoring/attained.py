"""A, how far each region has come towards the framework's targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equindex import attainment, notation, treat
from equindex._arrays import BoolArray, FloatArray
from equindex.errors import DomainError, FrameworkError
from equindex.model import Indicator, Target
from equindex.schema import Panel
from equindex.scoring.plan import Plan
from equindex.scoring.tree import Rolled

__all__ = ["AttainedPanel", "attain", "goals"]


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
    """A of every leaf, shape (rows, indicators), and of every node, shape (rows, nodes)."""

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
        problem = "target has no number" if reading.unread else "no target"
        low = high = np.nan
    elif operator == "range":
        high = reading.high
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
    base_text = row.baseline if row.baseline is not None else indicator.baseline
    base = notation.read(base_text or "", indicator.unit)
    base_low, base_high, *_ = base.bounds if base.numeric else (np.nan, np.nan)
    floor = row.floor if row.floor is not None else indicator.floor
    return Goal(
        raw=row.target,
        operator=operator,
        low=np.nan if problem else low,
        high=np.nan if problem else high,
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


def _chosen(found: list[tuple[int | None, Goal]], region: int, year: int) -> Goal | None:
    """Pick the target of a region and year: its own before all regions', the newest version in force, and the
    next target year, or the last one once all have passed."""  # noqa: D205, D209
    own = [goal for place, goal in found if place == region]
    usable = own or [goal for place, goal in found if place is None]
    usable = [goal for goal in usable if goal.effective_from is None or goal.effective_from <= year]
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
    model, order = plan.model, panel.order
    read = [goals(indicator, model.target) for indicator in model.indicator]
    has = np.array([bool(found) for found in read])
    if not has.any():
        return None
    known: dict[Goal | None, int] = {}
    goal = np.full((len(order), len(read)), -1, dtype=np.intp)
    for column, found in enumerate(read):
        if len(found) == 1 and found[0][0] is None and found[0][1].effective_from is None:
            goal[:, column] = known.setdefault(found[0][1], len(known))
            continue
        placed = [(panel.places[name] if name else None, g) for name, g in found]
        for k, row in enumerate(order if found else ()):
            pick = _chosen(placed, int(panel.region[row]), int(panel.year[row]))
            if pick is not None:
                goal[k, column] = known.setdefault(pick, len(known))
    table = tuple(g for g in known if g is not None)
    x, cell_bounds, why = _accumulated(plan, panel, table, goal)
    early = np.zeros(x.shape, dtype=bool)
    for cell, reason in why.items():
        early[cell] = reason.startswith("the plan has not started")
    targets = _targets(plan, table, goal)
    interval = np.array([indicator.direction == "interval" for indicator in model.indicator])
    attained = attainment.attain(
        _transformed(plan, x),
        targets,
        np.where(interval, 0.0, plan.direction),
        rule=model.attainment.rule,
        cap=model.attainment.cap,
        started=~early,
        **_intervals(plan, x, cell_bounds),
    )
    for column in np.flatnonzero(has).tolist():
        for k in np.flatnonzero(np.isnan(attained.attainment[:, column])).tolist():
            at = (k, column)
            if goal[at] < 0:
                why[at] = "no target for this region and year"
            elif table[goal[at]].problem:
                why[at] = table[goal[at]].problem
            elif at not in why:
                own = panel.reason(int(order[k]), int(column)) if np.isnan(x[at]) else ""
                why[at] = own or attainment.REASONS[attained.reason[at]]
    local = plan.among(has)
    leaf = np.where(has, attained.attainment, np.nan)
    return AttainedPanel(
        has=has,
        local=local,
        goals=table,
        goal=goal,
        value=x,
        attained=attained,
        rolled=plan.tree.roll_up(leaf, local, plan.missing),
        why=why,
    )


def _accumulated(
    plan: Plan, panel: Panel, table: tuple[Goal, ...], goal: NDArray[np.intp]
) -> tuple[FloatArray, dict[tuple[int, int], tuple[float, float, bool, bool]], dict[tuple[int, int], str]]:
    """Return the values to hold against targets: themselves, or accumulated since the plan began."""
    order = panel.order
    x = panel.x[order]
    place = {int(row): k for k, row in enumerate(order)}
    bounds = {
        (place[row], column): (bound.low, bound.high, bound.low_strict, bound.high_strict)
        for (row, column), bound in panel.bounds.items()
        if row in place
    }
    why: dict[tuple[int, int], str] = {}
    at = {(int(panel.region[row]), int(panel.year[row])): place for place, row in enumerate(order)}
    cumulative = np.array([g.cumulative for g in table])
    for k, column in np.argwhere((goal >= 0) & cumulative[goal]).tolist() if len(table) else ():
        indicator, chosen = plan.model.indicator[column], table[goal[k, column]]
        begin, end = _plan_years(plan, indicator, chosen)
        year, code = int(panel.year[order[k]]), int(panel.region[order[k]])
        if year < begin:
            why[k, column] = f"the plan has not started: it runs from {begin}"
            x[k, column] = np.nan
        if year < begin or indicator.cumulate == "latest":
            continue
        bounds.pop((k, column), None)
        years = range(begin, min(year, end) + 1)
        rows = [order[at[code, y]] for y in years if (code, y) in at]
        cells = [panel.x[row, column] for row in rows]
        lacking = [
            str(y) for y in years if (code, y) not in at or np.isnan(panel.x[order[at[code, y]], column])
        ]
        if lacking:
            why[k, column] = f"the sum since {begin} lacks {', '.join(lacking)}"
        elif any((int(row), int(column)) in panel.bounds for row in rows):
            why[k, column] = f"the sum since {begin} holds a bound in place of a value"
            cells = [np.nan]
        x[k, column] = np.nan if lacking else float(np.sum(cells))
    return x, bounds, why


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
        column = np.array([*(getattr(g, name) for g in table), otherwise])
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
    result = x.copy()
    for column, indicator in enumerate(plan.model.indicator):
        if indicator.transform is None:
            continue
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


def _intervals(
    plan: Plan, x: FloatArray, bounds: dict[tuple[int, int], tuple[float, float, bool, bool]]
) -> dict[str, FloatArray | BoolArray]:
    """Return the intervals of values known as bounds only, nothing where all are exact."""
    if not bounds:
        return {}
    low, high = x.copy(), x.copy()
    strict_low, strict_high = np.zeros(x.shape, dtype=bool), np.zeros(x.shape, dtype=bool)
    for at, (least, most, above, below) in bounds.items():
        low[at], high[at], strict_low[at], strict_high[at] = least, most, above, below
    return {
        "x_low": _transformed(plan, low),
        "x_high": _transformed(plan, high),
        "x_low_strict": strict_low,
        "x_high_strict": strict_high,
    }
