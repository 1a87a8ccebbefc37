"""What regions are related to when the data say it: targets of the year, a base year, another region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import FloatArray
from equindex._summary import summarise
from equindex.errors import DataError, nearest
from equindex.schema import Panel
from equindex.scoring.attained import in_force
from equindex.scoring.given import Group, bent
from equindex.scoring.goals import all_goals
from equindex.scoring.plan import Plan
from equindex.scoring.reach import Spread
from equindex.scoring.steps import prepared

__all__ = ["related"]

_SHOWN = 5  # cells without a target that a refusal names


def related(plan: Plan, panel: Panel) -> Plan:
    """Return the plan with what its normalisers ask the data for, on the scale of prepared values.

    Raises
    ------
    DataError
        If a value to be scored has no target, or a year or region that is asked for is not there.
    """
    if not any(group.asked for group in plan.groups):
        return plan
    groups = []
    for group in plan.groups:
        found = {option: _answer(plan, panel, group, source) for option, source in group.asked.items()}
        by_row = {option: numbers for option, numbers in found.items() if numbers.ndim > 1}
        for_all = {option: numbers for option, numbers in found.items() if numbers.ndim == 1}
        groups.append(replace(group, options=group.options | for_all, asked={}, rows=by_row))
    return replace(plan, groups=tuple(groups))


def _answer(plan: Plan, panel: Panel, group: Group, source: str | Mapping[str, Any]) -> FloatArray:
    """Return numbers of shape (columns,), or (rows of the panel, columns)."""
    if isinstance(source, str):
        return _targets(plan, panel, group)
    name = group.method.name
    if "mean" in source:
        rows = _rows(panel, name, source["mean"])
        return summarise(prepared(plan, panel, rows)[:, group.columns]).mean
    if "own" in source:
        own = np.full((len(panel.regions), len(group.columns)), np.nan)
        rows = _rows(panel, name, source["own"])
        own[panel.region[rows]] = prepared(plan, panel, rows)[:, group.columns]
        return own[panel.region]
    rows = np.flatnonzero(panel.region == _code(panel, name, source["region"]))
    years, values = panel.year[rows], prepared(plan, panel, rows)[:, group.columns]
    if "year" in source:
        _rows(panel, name, source["year"])
        here = values[years == source["year"]]
        return here[0] if len(here) else np.full(len(group.columns), np.nan)
    by_year = np.full((int(panel.year.max()) + 1, len(group.columns)), np.nan)
    by_year[years] = values
    return by_year[panel.year]


def _rows(panel: Panel, name: str, year: int) -> NDArray[np.intp]:
    if year not in panel.rows_of:
        years = ", ".join(map(str, panel.rows_of))
        raise DataError(
            f"normalise {name!r} relates to {year}, which is not in the data. Years: {years}. Add its rows, or "
            "name another year."
        )
    return panel.rows_of[year]


def _code(panel: Panel, name: str, region: str) -> int:
    for words in (panel.regions, panel.region_names):
        found = [code for code, own in enumerate(words) if own == region]
        if len(found) == 1:
            return found[0]
    known = [*panel.region_names, *panel.regions]
    raise DataError(
        f"normalise {name!r} relates to region {region!r}, which is not in the data. {nearest(region, known)}"
    )


def _targets(plan: Plan, panel: Panel, group: Group) -> FloatArray:
    """Return the target in force of every row: the least to reach, or the most where lower is better."""
    columns = group.columns.tolist()
    read = [found if column in columns else [] for column, found in enumerate(all_goals(plan.model))]
    goals, goal = in_force(read, panel, None, None)
    spread = Spread(model=plan.model, panel=panel, goals=goals, goal=goal)
    low, high = (end[:, columns] for end in spread.ends(slice(None)))
    target = bent(
        [plan.model.indicator[c] for c in columns], np.where(plan.direction[columns] > 0, low, high)
    )
    if len(target) == 1 and np.isfinite(target).all():
        every: FloatArray = target[0]
        return every
    x = panel.x[panel.order][:, columns]
    bare = ~np.isnan(x) & ~np.isfinite(np.broadcast_to(target, x.shape))
    if bare.any():
        cells = [
            f"{plan.leaves[columns[column]]!r} ({panel.label(int(panel.order[row]))})"
            for row, column in np.argwhere(bare)[:_SHOWN].tolist()
        ]
        more = f" and {bare.sum() - _SHOWN} more" if bare.sum() > _SHOWN else ""
        raise DataError(
            f"normalise {group.method.name!r} needs a target for every value, but {bare.sum()} of "
            f"{(~np.isnan(x)).sum()} have none: {', '.join(cells)}{more}. "
            "Add them to the targets; one without a region is for all."
        )
    rows = np.full((len(panel.x), len(columns)), np.nan)
    rows[panel.order] = target
    return rows
