"""What people say (满意度) beside what is counted: a blend whose weight is plain, and the ranks over all weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equindex import attainment
from equindex._arrays import BoolArray, FloatArray
from equindex.errors import DomainError
from equindex.model import Indicator
from equindex.monitoring.course import Course
from equindex.monitoring.tables import ranks_within
from equindex.schema import Panel
from equindex.scoring import Plan
from equindex.scoring.attained import AttainedPanel
from equindex.scoring.tidy import whole

__all__ = ["is_subjective", "opinion_table"]

_SUBJECTIVE = ("subjective", "主观", "主觀", "满意度", "滿意度")
_MOST = 0.5  # the largest weight over which ranks are followed


def is_subjective(indicator: Indicator) -> bool:
    """Whether an indicator is what people say."""
    return indicator.kind.strip().lower() in _SUBJECTIVE


def opinion_table(
    plan: Plan, panel: Panel, found: AttainedPanel, course: Course, level: NDArray[np.intp]
) -> pd.DataFrame:
    """Blend attainment with satisfaction; empty where the framework has no [opinion] or nothing subjective.

    Returns
    -------
    DataFrame
        For each region: `objective`, the attainment without subjective indicators; `subjective`, their mean on
        0-100, weighted as in the index, with its sampling interval where one indicator says its sample; `blended`
        with the framework's weight; ranks, the best and worst rank for any weight from 0 to 0.5, and the first
        weight that changes the rank.
    """
    model = plan.model
    asked = np.array([is_subjective(indicator) for indicator in model.indicator])
    if model.opinion is None or not asked.any():
        return pd.DataFrame()
    counted = found.has & ~asked
    objective = plan.tree.roll_up(
        np.where(counted, found.attained.attainment[course.rows], np.nan), plan.among(counted), plan.missing
    ).score[:, 0]
    rows = panel.order[course.rows]
    shares = plan.tree.shares(plan.attained)[plan.tree.nodes][asked]
    answers = np.column_stack(
        [_on_hundred(model.indicator[column], panel.x[rows, column]) for column in np.flatnonzero(asked)]
    )
    subjective = answers @ shares / shares.sum() if shares.sum() > 0 else answers.mean(axis=1)
    low, high = _margin(plan, panel, asked, rows, subjective)
    blended = attainment.blend(objective, subjective, model.opinion.weight)
    best, worst, changes = (np.full(len(rows), np.nan) for _ in range(3))
    for one in np.unique(level):  # no region competes with its own parts
        here = level == one
        ranges = attainment.rank_range(objective[here], subjective[here], upper=_MOST)
        best[here], worst[here], changes[here] = ranges.best, ranges.worst, ranges.changes_at
    codes = panel.region[rows]
    return pd.DataFrame(
        {
            "region": [panel.regions[code] for code in codes],
            "region_name": [panel.region_names[code] for code in codes],
            "year": course.as_of,
            "objective": objective,
            "subjective": subjective,
            "subjective_low": low,
            "subjective_high": high,
            "weight": model.opinion.weight,
            "blended": blended,
            "rank": whole(ranks_within(blended, level, plan.rank_decimals), np.isnan(blended)),
            "rank_objective": whole(ranks_within(objective, level, plan.rank_decimals), np.isnan(objective)),
            "rank_best": whole(best),
            "rank_worst": whole(worst),
            "rank_changes_at": changes,
            "reason": np.where(
                np.isnan(objective), "no objective score", np.where(np.isnan(subjective), "no answer", "")
            ),
        }
    )


def _on_hundred(indicator: Indicator, answers: FloatArray) -> FloatArray:
    """Put answers on 0-100: percentages are, others need their scale."""
    scale = indicator.scale or ((0.0, 100.0) if indicator.unit.startswith("%") else None)
    if scale is None:
        raise DomainError(
            f"indicator {indicator.id!r} is subjective, but its scale is not known. Declare it: scale = [0, 10]."
        )
    try:
        return attainment.rescale(answers, scale)
    except DomainError as error:
        error.add_note(f"in the answers of indicator {indicator.id!r}")
        raise


def _margin(
    plan: Plan, panel: Panel, asked: BoolArray, rows: NDArray[np.intp], subjective: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the sampling interval of a single percentage whose sample is known, NaN otherwise."""
    [*columns] = np.flatnonzero(asked)
    indicator = plan.model.indicator[columns[0]]
    size = panel.counts.get(indicator.sample or "")
    if len(columns) > 1 or size is None or not indicator.unit.startswith("%"):
        nothing = np.full(len(subjective), np.nan)
        return nothing, nothing
    low, high = attainment.margin(subjective, size[rows])
    return low, high
