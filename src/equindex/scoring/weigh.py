"""Weights that the data decide: the values a weighting method looks at, and what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from equindex import normalise, weighting
from equindex._arrays import FloatArray
from equindex._summary import Summary, summarise
from equindex.errors import DataError, DomainError
from equindex.schema import Panel
from equindex.scoring.plan import Plan
from equindex.scoring.related import related
from equindex.scoring.steps import labelled, per_year, prepared, summary_for

__all__ = ["oriented", "own_scores", "unit_range", "weigh"]


def weigh(plan: Plan, panel: Panel, summaries: Mapping[str, Summary]) -> FloatArray:
    """Ask the data for the weight of every indicator.

    The method sees the rows of the base year, else all scored rows, also where each year is normalised alone: one
    set of weights serves all years. It is given the 0-1 min-max over these rows, higher is better and the same
    for all where an indicator is constant, unless it weighs values in their own units or the framework's own scores.

    Parameters
    ----------
    plan : Plan
        With a method in `derive`.
    panel : Panel
        The data, imputed.
    summaries : mapping of Summary
        What the normalisers measured.

    Returns
    -------
    ndarray, shape (indicators,)
        Shares of the root.

    Raises
    ------
    DataError
        If the base year has no scored row.
    DomainError
        If the method does not suit the values; regions and indicators are named.
    """
    assert plan.derive is not None
    assert plan.model.methods is not None
    method, rows = weighting.methods.get(plan.derive.name), _rows(panel, plan.model.methods.base)
    with labelled(plan, panel, rows):
        try:
            x = _fed(plan, panel, rows, method.traits["feed"], summaries)
            weights: FloatArray = method.function(x, **plan.derive.options)
        except DomainError as error:
            error.add_note(f"while weighing by {plan.derive.name!r} from the data")
            raise
    return weights


def _rows(panel: Panel, base: str | int) -> NDArray[np.intp]:
    if not isinstance(base, int):
        return panel.order
    if base not in panel.rows_of:
        years = ", ".join(map(str, panel.rows_of))
        raise DataError(f"the base year {base} is not in the data. Years: {years}. Mend methods.base.")
    return panel.rows_of[base]


def _fed(
    plan: Plan, panel: Panel, rows: NDArray[np.intp], feed: str, summaries: Mapping[str, Summary]
) -> FloatArray:
    x = prepared(plan, panel, rows)
    if feed == "values":
        return x
    if feed == "minmax":
        x = oriented(plan, x)
        return unit_range(plan, x, summarise(x))
    return own_scores(related(plan, panel), panel, rows, x, summaries)


def own_scores(
    plan: Plan, panel: Panel, rows: NDArray[np.intp], x: FloatArray, summaries: Mapping[str, Summary]
) -> FloatArray:
    """Return the framework's own scores of prepared values of these rows, higher is better."""
    if not per_year(plan):
        return plan.normalise(x, next(iter(summaries.values())), rows)
    z, years = np.empty_like(x), panel.year[rows]
    for year in panel.rows_of:
        here = years == year
        z[here] = plan.normalise(x[here], summary_for(summaries, year), rows[here])
    return z


def oriented(plan: Plan, x: FloatArray) -> FloatArray:
    """Return prepared values of which the 0-1 min-max is taken: scores stand for those of interval indicators."""
    x = x.copy()
    for group in plan.groups:
        if group.interval:  # nearer to it is better
            x[:, group.columns] = group.method.function(x[:, group.columns], **group.options)
    return x


def unit_range(plan: Plan, x: FloatArray, found: Summary) -> FloatArray:
    """Return the 0-1 min-max of oriented values, of which all that are weighed were measured; it changes `x`."""
    direction = plan.direction.copy()
    for group in plan.groups:
        if group.interval:
            direction[group.columns] = 1.0
    x[:, ~found.varies] *= 0.0  # constant, or measured fewer than twice: left to the method
    low, high = np.where(found.varies, [found.min, found.max], [[0.0], [1.0]])
    return normalise.minmax(x, direction, lower=0.0, upper=1.0, summary=replace(found, min=low, max=high))
