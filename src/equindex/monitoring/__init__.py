"""Plans over time: where every target stands, what is late, what remains, in the three stages of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from equindex.errors import DataError, FrameworkError
from equindex.framework import Framework
from equindex.monitoring.course import Course, follow
from equindex.monitoring.hierarchy import compare, depth_of, joined, parents_in
from equindex.monitoring.opinion import opinion_table
from equindex.monitoring.status import STATUSES, Status, warnings_of
from equindex.monitoring.tables import (
    Twice,
    alert_table,
    binding_table,
    department_table,
    node_table,
    region_table,
    schedule_table,
    target_table,
    vetoes,
)
from equindex.monitoring.versions import goal_table, missed, moved_table
from equindex.monitoring.words import answer
from equindex.scoring.attained import AttainedPanel, attain

if TYPE_CHECKING:
    from equindex.scoring import Scores

__all__ = ["STAGES", "STATUSES", "Monitoring", "Status", "again", "analyse", "of_scores"]

STAGES = ("annual", "midterm", "final")
"""年度监测, 中期评估, 总结评估."""


@dataclass(frozen=True, kw_only=True)
class Monitoring:
    """How every region stands on its way to its targets; `tables` are tidy, ids with names.

    Attributes
    ----------
    scores : Scores
        The run that it belongs to.
    as_of : int
        The year, looked at from its end.
    stage : str
        One of `STAGES`.
    attained : AttainedPanel
        The data held against the targets.
    course : Course
        The way of every value, as arrays.
    targets : DataFrame
        Every region and target in plan order: baseline, target, value, status, path, pace, projection, reason.
    regions, pillars, departments : DataFrame
        Attainment, change on the year before, counts of statuses and of alerts.
    binding : DataFrame
        The binding list (约束性): pass, fail, unknown or unscored.
    alerts : DataFrame
        What is behind or overdue, the worst grade first, with the reason in words.
    goals : DataFrame
        Targets of pillars and of the index itself.
    opinion : DataFrame
        Subjective and objective parts, blended, with the ranks over all weights.
    hierarchy : DataFrame
        Regions with parts: their own figure, the one from their parts' counts, the mean of their parts.
    moved : DataFrame
        What another version of the targets changes.
    schedule : DataFrame
        What is expected in each year, where it was asked for.
    parents : mapping
        The region that each is part of.
    provenance : mapping
        As of the scores, with the options of monitoring.
    """

    scores: Scores
    as_of: int
    stage: str
    attained: AttainedPanel
    course: Course
    targets: pd.DataFrame
    regions: pd.DataFrame
    pillars: pd.DataFrame
    departments: pd.DataFrame
    binding: pd.DataFrame
    alerts: pd.DataFrame
    goals: pd.DataFrame
    opinion: pd.DataFrame
    hierarchy: pd.DataFrame
    moved: pd.DataFrame
    schedule: pd.DataFrame
    parents: Mapping[str, str]
    provenance: Mapping[str, Any]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables that have rows, by name."""
        first = ("targets", "regions", "pillars", "departments", "binding", "alerts")
        names = (*first, "goals", "opinion", "hierarchy", "moved", "schedule")
        return {name: getattr(self, name) for name in names if len(getattr(self, name))}

    @cached_property
    def leading(self) -> str | None:
        """The region whose targets are told one by one: the only one, or the only one that is part of none."""
        found = set(self.regions["region"])
        tops = [region for region in self.regions["region"] if self.parents.get(region) not in found]
        return str(tops[0]) if len(tops) == 1 else None

    def answer(self, region: str | None = None, lang: Literal["en", "zh"] = "en") -> list[str]:
        """Say in sentences how a region stands, or all of them; English or Chinese."""
        return answer(self, region, lang)


def analyse(
    framework: Framework,
    data: Any,
    *,
    as_of: int | None = None,
    stage: str | None = None,
    targets_of: int | None = None,
    schedule: bool = False,
) -> Monitoring:
    """Monitor a plan: hold the data against its targets, as of the end of a year.

    Parameters
    ----------
    framework : Framework
        With targets.
    data : path or DataFrame
        As for `Framework.score`; years after `as_of` are not looked at.
    as_of : int, optional
        The year; the last of the data when left out.
    stage : str, optional
        ``annual`` (年度监测), ``midterm`` (中期评估) or ``final`` (总结评估); when left out, final from the last
        year of the plan on, else annual.
    targets_of : int, optional
        Use the versions of the targets that were in force in this year, and say what they move.
    schedule : bool
        Also say what is expected of every target in every year of its way (年度分解).

    Returns
    -------
    Monitoring

    Raises
    ------
    DataError, FrameworkError
        As `Framework.score`; also where no indicator has a target, or no row is of the year.
    """
    return of_scores(
        framework,
        framework.score(data),
        as_of=as_of,
        stage=stage,
        targets_of=targets_of,
        schedule=schedule,
    )


def of_scores(
    framework: Framework,
    scores: Scores,
    *,
    as_of: int | None = None,
    stage: str | None = None,
    targets_of: int | None = None,
    schedule: bool = False,
) -> Monitoring:
    """Monitor what a framework with targets has scored; arguments as `analyse`."""
    plan, model = scores.plan, scores.plan.model
    if scores.attained is None:
        raise FrameworkError(
            'no indicator has a target. Give one to each that the plan sets: target = "≥97".'
        )
    if stage is not None and stage not in STAGES:
        raise FrameworkError(f"there is no stage {stage!r}. Stages: {', '.join(STAGES)}.")
    panel, rolled = joined(model, framework.regions, scores.panel)
    years = list(panel.rows_of)
    as_of = years[-1] if as_of is None else as_of
    if as_of not in years:
        raise DataError(f"no data for {as_of}. Years: {', '.join(map(str, years))}.")
    stage = stage or ("final" if model.attainment.plan and as_of >= model.attainment.plan[1] else "annual")
    same = panel is scores.panel and targets_of is None
    found = scores.attained if same else attain(plan, panel, targets_of)
    assert found is not None
    when, region = panel.year[panel.order], panel.region[panel.order]
    rows = np.flatnonzero(when == as_of)
    place = np.full(len(panel.regions), -1)
    place[region[when == as_of - 1]] = np.flatnonzero(when == as_of - 1)
    before = place[region[rows]]

    earlier = found  # like is compared with like: last year's values with this year's targets
    if ((before >= 0)[:, None] & (found.goal[before] != found.goal[rows])).any():
        aimed = attain(plan, panel, targets_of or as_of, as_of)
        assert aimed is not None
        earlier = aimed

    course = follow(plan, panel, found, rows, as_of)
    targets = target_table(plan, panel, found, course)
    grades = [grade.grade for grade in warnings_of(model)]
    earlier_targets = list(missed(plan, panel, course, targets_of))
    late = [course.grade, *(one.grade for _, one in earlier_targets)]
    hierarchy, failing = compare(plan, framework.regions, panel, rolled, found, course)
    targets["failing"] = failing
    binding = binding_table(targets)
    parents = parents_in(model, framework.regions)
    shown = [panel.regions[code] for code in panel.region[panel.order[rows]]]
    level = depth_of(parents, shown)
    twice = Twice.of(plan, found, earlier, course, before)
    options = {"as_of": as_of, "stage": stage, "targets_of": targets_of, "schedule": schedule}
    told = dict(scores.provenance)
    told["options"] = {**told.get("options", {}), "monitor": options}
    return Monitoring(
        scores=replace(scores, provenance=told),
        as_of=as_of,
        stage=stage,
        attained=found,
        course=course,
        targets=targets,
        regions=region_table(plan, panel, found, course, twice, level, binding, late),
        pillars=node_table(plan, panel, found, course, twice, vetoes(model, binding, shown), late),
        departments=department_table(plan, panel, found, course, twice, late),
        binding=binding,
        alerts=alert_table(targets, (target_table(plan, panel, *one) for one in earlier_targets), grades),
        goals=goal_table(plan, panel, found, course, targets_of),
        opinion=opinion_table(plan, panel, found, course, level),
        hierarchy=hierarchy,
        moved=moved_table(plan, panel, found, course, targets_of),
        schedule=schedule_table(plan, panel, found, course) if schedule else pd.DataFrame(),
        parents=parents,
        provenance=told,
    )


def again(scores: Scores) -> Monitoring:
    """Repeat the monitoring that the provenance of re-run scores records."""
    return of_scores(
        Framework.from_dict(scores.provenance["framework"]), scores, **scores.provenance["options"]["monitor"]
    )
