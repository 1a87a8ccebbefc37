"""Targets beside those of the year: of pillars and the index, of years that have passed, of other versions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equindex import attainment
from equindex.model import ROOT
from equindex.monitoring.course import Course, follow
from equindex.monitoring.status import STATUSES, Status
from equindex.monitoring.words import chinese_of, number
from equindex.schema import Panel
from equindex.scoring import Plan
from equindex.scoring.attained import AttainedPanel, attain, pick
from equindex.scoring.goals import Goal, all_goals, node_goals

__all__ = ["goal_table", "missed", "moved_table"]

_OVERDUE, _MET = (np.int8(STATUSES.index(one)) for one in (Status.OVERDUE, Status.MET))

_GOALS = [
    "region", "region_name", "year", "node", "node_name", "target", "target_year", "attainment", "met", "status",
    "status_zh", "reason", "reason_zh",
]  # fmt: skip
_MOVED = [
    "region", "region_name", "year", "node", "node_name", "level", "target_before", "target_now",
    "attainment_before", "attainment_now", "difference", "met_before", "met_now",
]  # fmt: skip


def goal_table(
    plan: Plan, panel: Panel, found: AttainedPanel, course: Course, targets_of: int | None
) -> pd.DataFrame:
    """Hold the attainment of pillars and of the index (均等化实现度) against targets of their own."""
    tree, rows = plan.tree, []
    version = course.as_of if targets_of is None else targets_of
    for node, listed in node_goals(plan.model).items():
        at = tree.ids.index(node)
        places: dict[int | str, list[Goal]] = {}
        for region, one in listed:
            places.setdefault(panel.places[region] if region else one.where, []).append(one)
        chosen = {place: pick(own, course.as_of, version) for place, own in places.items()}
        some = [place for place in places if isinstance(place, str) and place]
        for k, code in enumerate(panel.region[panel.order[course.rows]].tolist()):
            held = [code, *(where for where in some if panel.conditions[where][code]), ""]
            goal = next((chosen[place] for place in held if chosen.get(place)), None)
            if goal is None:
                continue
            score = float(found.rolled.score[course.rows[k], at])
            met, status, why = _judged(goal, score, course.as_of)
            rows.append(
                [
                    panel.regions[code],
                    panel.region_names[code],
                    course.as_of,
                    node,
                    tree.names[at],
                    goal.raw,
                    goal.year,
                    score,
                    met,
                    str(status),
                    status.zh,
                    *why,
                ]
            )
    return pd.DataFrame(rows, columns=_GOALS)


def _judged(goal: Goal, score: float, as_of: int) -> tuple[bool | None, Status, tuple[str, str]]:
    """Say whether a score meets a target, with its status and why; before its year there is no path to be behind."""
    problem = goal.problem or ("a target of a score is a number to reach" if goal.on else "")
    if problem or np.isnan(score):
        why = problem or "no score"
        return None, Status.UNSCORED, (why, chinese_of(why))
    ends = attainment.Targets(
        low=goal.low,
        high=goal.high,
        strict_low=goal.strict_low,
        strict_high=goal.strict_high,
        approximate=goal.approximate,
    )
    if attainment.attain(score, ends).met == 1:
        return True, Status.MET, ("", "")
    english, chinese = f"{number(goal.low - score)} short", f"差{number(goal.low - score)}"
    if goal.year is None:
        return False, Status.UNSCORED, (english, chinese)
    if as_of >= goal.year:
        return False, Status.OVERDUE, (f"{english}; due by {goal.year}", f"{chinese}；应于{goal.year}年达到")
    return False, Status.UNSCORED, (f"{english}; due in {goal.year}", f"{chinese}；{goal.year}年到期")


def missed(
    plan: Plan, panel: Panel, course: Course, targets_of: int | None
) -> Iterator[tuple[AttainedPanel, Course]]:
    """Yield what the year's values lack of targets of earlier years, those in force then; the rest counts as met."""
    several = [goal for found in all_goals(plan.model) if len(found) > 1 for _, goal in found]
    passed = {goal.year for goal in several if goal.year is not None and goal.year < course.as_of}
    for year in sorted(passed):
        found = attain(plan, panel, targets_of, year)
        assert found is not None
        own = follow(plan, panel, found, course.rows, course.as_of)
        late = (own.end == year) & (course.end != year) & (own.status == _OVERDUE)
        if late.any():
            status, grade = np.where(late, own.status, _MET), np.where(late, own.grade, -1)
            yield replace(found, has=late.any(axis=0)), replace(own, status=status, grade=grade)


def moved_table(
    plan: Plan, panel: Panel, found: AttainedPanel, course: Course, targets_of: int | None
) -> pd.DataFrame:
    """Return every target and node that another version of the targets scores differently.

    Compared are the version in force in the year looked at (now) and that of `targets_of` (before); without
    one, and where a version came into force in this very year, that of the year before.
    """
    model = plan.model
    fresh = any(row.effective_from == course.as_of for row in model.target)
    if targets_of is None and not fresh:
        return pd.DataFrame(columns=_MOVED)
    before = found if targets_of is not None else attain(plan, panel, course.as_of - 1)
    now = attain(plan, panel, course.as_of) if targets_of is not None else found
    assert before is not None
    assert now is not None
    tree, rows = plan.tree, []
    codes = panel.region[panel.order[course.rows]].tolist()
    old, new = before.rolled.score[course.rows], now.rolled.score[course.rows]
    differs = (old != new) & ~(np.isnan(old) & np.isnan(new))
    differs &= tree.sums((before.has | now.has).astype(float)) > 0
    printed = [_printed(one)[course.rows] for one in (before, now)]
    for leaf, node in enumerate(tree.nodes.tolist()):
        differs[:, node] |= printed[0][:, leaf] != printed[1][:, leaf]
    for node, k in np.argwhere(differs.T).tolist():
        leaf, row = int(tree.leaf[node]), int(course.rows[k])
        targets: list[str] = ["", ""]
        met: list[bool | None] = [None, None]
        if leaf >= 0:
            targets = [one[k, leaf] for one in printed]
            met = [_met(one, row, leaf) for one in (before, now)]
        scores = float(old[k, node]), float(new[k, node])
        rows.append(
            [
                panel.regions[codes[k]],
                panel.region_names[codes[k]],
                course.as_of,
                tree.ids[node],
                tree.names[node] if tree.ids[node] != ROOT else ROOT,
                tree.levels[node],
                *targets,
                *scores,
                scores[1] - scores[0],
                *met,
            ]
        )
    return pd.DataFrame(rows, columns=_MOVED)


def _printed(found: AttainedPanel) -> NDArray[np.object_]:
    return np.array([*(goal.raw for goal in found.goals), ""], dtype=object)[found.goal]


def _met(found: AttainedPanel, row: int, leaf: int) -> bool | None:
    met = float(found.attained.met[row, leaf])
    return None if np.isnan(met) else bool(met)
