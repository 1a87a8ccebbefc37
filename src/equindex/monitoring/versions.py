"""Targets beside those of the year: of pillars and the index, of years that have passed, of other versions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from equindex import attainment
from equindex.model import ROOT
from equindex.monitoring.course import Course
from equindex.monitoring.status import Status, grades_of, warnings_of
from equindex.monitoring.words import number
from equindex.schema import Panel
from equindex.scoring import Plan
from equindex.scoring.attained import AttainedPanel, attain
from equindex.scoring.goals import Goal, goals, node_goals

__all__ = ["goal_table", "missed_table", "moved_table"]

_GOALS = [
    "region", "region_name", "year", "node", "node_name", "target", "target_year", "attainment", "met", "status",
    "status_zh", "reason",
]  # fmt: skip
_MOVED = [
    "region", "region_name", "year", "node", "node_name", "level", "target_before", "target_now",
    "attainment_before", "attainment_now", "difference", "met_before", "met_now",
]  # fmt: skip


def goal_table(plan: Plan, panel: Panel, found: AttainedPanel, course: Course) -> pd.DataFrame:
    """Hold the attainment of pillars and of the index (均等化实现度) against targets of their own."""
    tree, rows = plan.tree, []
    for node, listed in node_goals(plan.model).items():
        at = tree.ids.index(node)
        for k, code in enumerate(panel.region[panel.order[course.rows]].tolist()):
            usable = [
                goal
                for region, goal in listed
                if region is None or panel.places.get(region) == code
                if goal.effective_from is None or goal.effective_from <= course.as_of
            ]
            if not usable:
                continue
            ahead = [goal for goal in usable if goal.year is None or goal.year >= course.as_of]
            goal = min(ahead, key=lambda g: g.year or 0) if ahead else max(usable, key=lambda g: g.year or 0)
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
                    why,
                ]
            )
    return pd.DataFrame(rows, columns=_GOALS)


def _judged(goal: Goal, score: float, as_of: int) -> tuple[bool | None, Status, str]:
    """Say whether a score meets a target, with its status and why; before its year nobody is late, there is no path."""
    if goal.problem or np.isnan(score):
        return None, Status.UNSCORED, goal.problem or "no score"
    if goal.low <= score <= goal.high and not (goal.strict_low and score == goal.low):
        return True, Status.MET, ""
    short = f"{number(goal.low - score)} short"
    if goal.year is not None and as_of >= goal.year:
        return False, Status.OVERDUE, f"{short}; due by {goal.year}"
    return False, Status.UNSCORED, short if goal.year is None else f"{short}; due in {goal.year}"


def missed_table(
    plan: Plan,
    panel: Panel,
    course: Course,
    targets: pd.DataFrame,
    grades: list[str],
) -> pd.DataFrame:
    """Return the earlier targets of a plan whose year has passed and that the value does not meet."""
    model, rows = plan.model, []
    listed: dict[str, list[Any]] = {}
    for row in model.target:
        listed.setdefault(row.indicator, []).append(row)
    codes = panel.region[panel.order[course.rows]].tolist()
    shown = targets.set_index(["region", "node"]) if listed else targets
    for column, indicator in enumerate(model.indicator):
        if indicator.id not in listed:
            continue
        for region, goal in goals(indicator, listed[indicator.id]):
            passed = goal.year is not None and goal.year < course.as_of and not goal.problem
            if not passed or (goal.effective_from or 0) > course.as_of:
                continue
            for k, code in enumerate(codes):
                if region is not None and panel.places.get(region) != code:
                    continue
                value = course.value[k, column]
                if np.isnan(value) or course.end[k, column] <= (goal.year or 0):
                    continue
                judged = attainment.attain(
                    value,
                    attainment.Targets(
                        low=goal.low,
                        high=goal.high,
                        strict_low=goal.strict_low,
                        strict_high=goal.strict_high,
                        approximate=goal.approximate,
                        tolerance=indicator.tolerance,
                    ),
                    plan.direction[column],
                )
                if judged.met == 0:
                    gap = float(judged.attainment) - 100
                    grade = int(grades_of(np.array(gap), warnings_of(model)))
                    own = shown.loc[(panel.regions[code], indicator.id)]
                    english = f"due by {goal.year}: {number(value)} against {goal.raw}"
                    chinese = f"应于{goal.year}年达到{goal.raw}，现为{number(value)}"
                    rows.append(
                        {
                            **{
                                key: own[key]
                                for key in ("region_name", "department", "node_name", "binding", "value")
                            },
                            "region": panel.regions[code],
                            "year": course.as_of,
                            "node": indicator.id,
                            "status": str(Status.OVERDUE),
                            "status_zh": Status.OVERDUE.zh,
                            "grade": grades[grade] if grade >= 0 else "",
                            "gap": gap,
                            "target": goal.raw,
                            "target_year": goal.year,
                            "reason": english,
                            "reason_zh": chinese,
                        }
                    )
    return pd.DataFrame(rows)


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
    for node in np.flatnonzero(tree.sums((before.has | now.has).astype(float)) > 0).tolist():
        leaf = int(tree.leaf[node])
        for k, code in enumerate(codes):
            said = [_raw(a, int(course.rows[k]), leaf) for a in (before, now)] if leaf >= 0 else ["", ""]
            scores = old[k, node], new[k, node]
            if said[0] == said[1] and (scores[0] == scores[1] or np.isnan(scores).all()):
                continue
            met = [_met(a, int(course.rows[k]), leaf) if leaf >= 0 else None for a in (before, now)]
            label = tree.names[node] if tree.ids[node] != ROOT else ROOT
            rows.append(
                [
                    panel.regions[code],
                    panel.region_names[code],
                    course.as_of,
                    tree.ids[node],
                    label,
                    tree.levels[node],
                    *said,
                    *map(float, scores),
                    float(scores[1] - scores[0]),
                    *met,
                ]
            )
    return pd.DataFrame(rows, columns=_MOVED)


def _raw(found: AttainedPanel, row: int, leaf: int) -> str:
    number = int(found.goal[row, leaf])
    return found.goals[number].raw if number >= 0 else ""


def _met(found: AttainedPanel, row: int, leaf: int) -> bool | None:
    met = float(found.attained.met[row, leaf])
    return None if np.isnan(met) else bool(met)
