"""Tidy tables of monitoring: every target, regions, pillars, departments, alerts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equindex import notation
from equindex._arrays import BoolArray, FloatArray
from equindex.monitoring.course import OUTLOOKS, Course, follow
from equindex.monitoring.status import STATUSES, Status, warnings_of
from equindex.monitoring.words import chinese_of, number, say
from equindex.scoring.attained import AttainedPanel, why_unattained
from equindex.scoring.steps import ranks
from equindex.scoring.tidy import categorical, reasons, truth, whole, worded

if TYPE_CHECKING:
    from equindex.model import FrameworkFile, Indicator
    from equindex.schema import Panel
    from equindex.scoring import Plan

__all__ = [
    "VERDICTS",
    "Twice",
    "alert_table",
    "binding_table",
    "department_table",
    "node_table",
    "ranks_within",
    "region_table",
    "schedule_table",
    "target_table",
    "vetoes",
]

_ROUNDING = 1e-9  # a coverage this far below the limit is still at the limit
_DEPARTMENTS = re.compile(r"[;；、,，](?![^(（]*[)）])")  # not inside 各县（市、区）
_LISTED = [
    "region", "region_name", "year", "department", "node", "node_name", "value", "value_word", "bound", "target",
    "target_year", "due", "status", "status_zh", "grade", "grade_en", "gap", "reason", "reason_zh",
]  # fmt: skip
VERDICTS = ("pass", "fail", "unknown", "unscored")
_CODES = {status: number for number, status in enumerate(STATUSES)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Twice:
    """Attainment in the year before and now, of the indicators scored in both, against the targets of now.

    Nodes are of shape (regions, nodes), leaves of shape (regions, indicators).
    """

    before: FloatArray
    now: FloatArray
    leaf_before: FloatArray
    leaf_now: FloatArray

    @classmethod
    def of(
        cls,
        plan: Plan,
        found: AttainedPanel,
        earlier: AttainedPanel,
        course: Course,
        before: NDArray[np.intp],
    ) -> Twice:
        """Compare like with like: `earlier` holds all years against this year's targets.

        `before` is each region's row of the year before in the panel's order, -1 where there is none.
        """
        now = found.attained.attainment[course.rows]
        last = np.where(before[:, None] >= 0, earlier.attained.attainment[before], np.nan)
        both = np.isfinite(now) & np.isfinite(last)
        leaves = [np.where(both, part, np.nan) for part in (last, now)]
        nodes = [plan.tree.roll_up(part, found.local, plan.missing).score for part in leaves]
        return cls(before=nodes[0], now=nodes[1], leaf_before=leaves[0], leaf_now=leaves[1])


def target_table(plan: Plan, panel: Panel, found: AttainedPanel, course: Course) -> pd.DataFrame:
    """Return one row for each region and indicator with a target, in the framework's order."""
    model = plan.model
    columns = np.flatnonzero(found.has)
    indicators = [model.indicator[column] for column in columns]
    size, wide = len(course.rows), len(columns)
    at = np.ix_(np.arange(size), columns)
    goal = found.goal[course.rows][:, columns].ravel()

    def cells(values: NDArray[Any]) -> NDArray[Any]:
        return values[at].ravel()

    def per_indicator(words: Sequence[str]) -> Any:
        return np.tile(np.array(words, dtype=object), size)

    def open_end(values: FloatArray) -> FloatArray:
        ends = cells(values)
        return np.where(np.isinf(ends), np.nan, ends)

    rows = panel.order[course.rows]
    regions = np.array(panel.regions, dtype=object)[panel.region[rows]]
    names = np.array(panel.region_names, dtype=object)[panel.region[rows]]
    status = cells(course.status)
    english, chinese = _reasons(panel, found, course, columns, indicators)
    grades = warnings_of(model)
    pillars = {pillar.id: pillar.name or pillar.name_en or pillar.id for pillar in model.pillar}
    printed = np.array([*(g.raw for g in found.goals), ""], dtype=object)[goal]
    first = np.array([*(g.baseline_raw for g in found.goals), ""], dtype=object)[goal]
    only = np.array([*(one.bounded for one in found.goals), False])[goal]
    bounds = np.full((size, wide), "", dtype=object)
    if panel.bounds:
        place = {int(row): k for k, row in enumerate(rows)}
        column_of = {int(column): k for k, column in enumerate(columns)}
        for (row, column), bound in panel.bounds.items():
            if row in place and column in column_of:
                bounds[place[row], column_of[column]] = bound.raw
    return pd.DataFrame(
        {
            "region": np.repeat(regions, wide),
            "region_name": np.repeat(names, wide),
            "year": course.as_of,
            "node": per_indicator([i.id for i in indicators]),
            "node_name": per_indicator([i.name or i.name_en or i.id for i in indicators]),
            "pillar": per_indicator([pillars.get(i.pillar, "") for i in indicators]),
            "department": per_indicator([i.department for i in indicators]),
            "binding": np.tile(np.array([i.binding for i in indicators]), size),
            "unit": per_indicator([i.unit for i in indicators]),
            "measured_at": per_indicator([i.measured_at for i in indicators]),
            "baseline": cells(course.baseline),
            "baseline_bound": np.where(only, first, ""),
            "baseline_word": _in_words(indicators, course.baseline[:, columns]),
            "baseline_year": whole(cells(course.start)),
            "target": printed,
            "target_low": open_end(course.low),
            "target_high": open_end(course.high),
            "target_year": whole(cells(course.end)),
            "value": cells(course.value),
            "value_word": _in_words(indicators, course.value[:, columns]),
            "bound": bounds.ravel(),
            "source_year": whole(_source_years(panel, course)[at].ravel()),
            "attainment": cells(found.attained.attainment[course.rows]),
            "met": truth(cells(found.attained.met[course.rows])),
            "due": cells(course.due),
            "status": worded(status, STATUSES),
            "status_zh": worded(status, [one.zh for one in STATUSES]),
            "elapsed": 100 * cells(course.elapsed),
            "expected": cells(course.expected),
            "completion": cells(course.completion),
            "gap": cells(course.gap),
            "grade": worded(cells(course.grade), [grade.grade for grade in grades]),
            "grade_en": worded(cells(course.grade), [grade.name_en for grade in grades]),
            "achieved_per_year": cells(course.achieved),
            "required_per_year": cells(course.required),
            "projected": cells(course.projected),
            "projected_low": cells(course.projected_low),
            "projected_high": cells(course.projected_high),
            "outlook": worded(cells(course.outlook), OUTLOOKS),
            "reason": english,
            "reason_zh": chinese,
        }
    )


def _words_of(indicator: Indicator) -> dict[float, str]:
    """Return the words that numbers stand for: levels, yes and no."""
    if indicator.levels:
        return dict(enumerate(indicator.levels, start=1))
    return {0: "否", 1: "是"} if notation.yes_or_no(indicator.unit) else {}


def _in_words(indicators: Sequence[Indicator], values: FloatArray) -> list[str]:
    """Return the words that numbers stand for, rows by region and indicator."""
    said = np.full(values.shape, "", dtype=object)
    for column, indicator in enumerate(indicators):
        if words := _words_of(indicator):
            said[:, column] = [words.get(value, "") for value in values[:, column].tolist()]
    return said.ravel().tolist()


def _shown(indicator: Indicator) -> Callable[[float], str]:
    """Return what prints the values of an indicator."""
    words = _words_of(indicator)
    return (lambda value: words.get(value) or number(value)) if words else number


def _source_years(panel: Panel, course: Course) -> FloatArray:
    if panel.source_year is None:
        return np.full(course.value.shape, np.nan)
    return panel.source_year[panel.order[course.rows]]


def _reasons(
    panel: Panel,
    found: AttainedPanel,
    course: Course,
    columns: NDArray[np.intp],
    indicators: Sequence[Indicator],
) -> tuple[list[str], list[str]]:
    """Say why each cell has its status, in both languages, rows by region and indicator."""
    points = found.spread.model.monitoring.basis == "points"
    said = np.full((2, len(course.rows), len(columns)), "", dtype=object)
    printed = [*(goal.raw for goal in found.goals), ""]
    for k, (column, indicator) in enumerate(zip(columns.tolist(), indicators, strict=True)):
        show = _shown(indicator)
        told = np.flatnonzero(course.status[:, column] != _CODES[Status.MET])
        rows = course.rows[told]
        unknown = np.full(len(told), "", dtype=object)
        lacking = np.isnan(found.attained.attainment[rows, column])
        if lacking.any():
            unknown[lacking] = why_unattained(panel, found, rows[lacking], column)
        goals = found.goal[rows, column].tolist()
        setbacks = [found.setbacks.get((row, column)) for row in rows.tolist()]
        cells = zip(course.cells(told, column), goals, unknown, setbacks, strict=True)
        pairs = [
            say(cell, course.as_of, printed[goal], unknown=why, setback=setback, show=show, points=points)
            for cell, goal, why, setback in cells
        ]
        said[:, told, k] = np.array(pairs, dtype=object).reshape(-1, 2).T
    return said[0].ravel().tolist(), said[1].ravel().tolist()


def _counts(course: Course, inside: BoolArray) -> dict[str, NDArray[np.intp]]:
    """Count targets, and each status, by group, flat over (regions, groups); `inside` is (indicators, groups)."""
    every = {"targets": np.tile(inside.sum(axis=0), len(course.rows))}
    counts = {str(one): _inside(course.status == number, inside) for number, one in enumerate(STATUSES)}
    return every | counts


def _inside(cells: BoolArray, inside: BoolArray) -> NDArray[np.intp]:
    """Count the cells of each group, flat over (regions, groups)."""
    counts: FloatArray = cells.astype(float) @ inside.astype(float)
    return counts.astype(np.intp).ravel()


def _year_on_year(before: FloatArray, now: FloatArray) -> dict[str, FloatArray]:
    """Return the change on the year before, and its share of what was lacking then."""
    with np.errstate(divide="ignore", invalid="ignore"):
        closed = np.where(before < 100, 100 * (now - before) / (100 - before), np.nan)
    return {"before": before.ravel(), "change": (now - before).ravel(), "gap_closed": closed.ravel()}


def _why(plan: Plan, found: AttainedPanel, course: Course, nodes: Sequence[int]) -> dict[str, Any]:
    """Say why pillars or the index have no score, in both languages."""
    why = reasons(plan.tree, found.rolled, plan.missing, course.rows, nodes, lambda *_: [])
    return {"reason": why, "reason_zh": worded(why.codes, [chinese_of(one) for one in why.categories])}


def region_table(
    plan: Plan,
    panel: Panel,
    found: AttainedPanel,
    course: Course,
    twice: Twice,
    level: NDArray[np.intp],
    binding: pd.DataFrame,
    late: Sequence[NDArray[np.intp]],
) -> pd.DataFrame:
    """Return one row for each region: overall attainment, change, class, counts of statuses, binding list.

    Regions are ranked among those of their `level` in the tree, so that none competes with its own parts. `late`
    are the grades of the alerts, those of earlier targets too.
    """
    model = plan.model
    score = found.rolled.score[course.rows, 0]
    codes = panel.region[panel.order[course.rows]]
    regions = [panel.regions[code] for code in codes]
    verdicts = pd.crosstab(binding["region"], binding["verdict"])
    counts = verdicts.reindex(index=regions, columns=list(VERDICTS), fill_value=0).astype(int)
    passed = counts["pass"].to_numpy()
    decided = passed + counts["fail"].to_numpy()
    vetoed = vetoes(model, binding, regions)
    inside = found.has[:, None]
    return pd.DataFrame(
        {
            "region": regions,
            "region_name": [panel.region_names[code] for code in codes],
            "year": course.as_of,
            "attainment": score,
            "coverage": found.rolled.coverage[course.rows, 0],
            "rank": whole(ranks_within(score, level, plan.rank_decimals), np.isnan(score)),
            "class": _classes(model, score, vetoed),
            **_year_on_year(twice.before[:, 0], twice.now[:, 0]),
            **_counts(course, inside),
            **_alerts_by(model, late, inside),
            **{f"binding_{verdict}": counts[verdict].to_numpy() for verdict in VERDICTS},
            "binding_rate": np.where(decided > 0, 100 * passed / np.maximum(decided, 1), np.nan),
            "veto": vetoed,
            **_why(plan, found, course, [0]),
        }
    )


def vetoes(model: FrameworkFile, binding: pd.DataFrame, regions: Sequence[str]) -> BoolArray:
    """Return which regions a binding target that fails puts into the lowest class."""
    lost = (binding["verdict"] == "fail") & binding["due"]
    failing = set(binding.loc[lost, "region"]) if model.attainment.veto else set()
    return np.array([region in failing for region in regions], dtype=bool)


def ranks_within(score: FloatArray, level: NDArray[np.intp], decimals: int | None) -> NDArray[np.int32]:
    """Return ranks among the scores of each level, with the ties of the `scores` table; 0 is unranked."""
    found = np.zeros(score.shape, dtype=np.int32)
    for one in np.unique(level):
        here = level == one
        found[here] = ranks(score[here][:, None], [slice(None)], decimals)[:, 0]
    return found


def _classes(model: FrameworkFile, score: FloatArray, vetoed: BoolArray) -> Any:
    """Return the class (等级) of each score; a veto gives the lowest, below the lowest bound there is none."""
    bounds = sorted(model.classes.items(), key=lambda item: item[1])
    names = [name for name, _ in bounds]
    codes = np.searchsorted([low for _, low in bounds], score, side="right") - 1
    codes = np.where(vetoed & (codes > 0), 0, codes) if bounds else np.full(score.shape, -1)
    return categorical(np.where(np.isnan(score), -1, codes), names)


def _alerts_by(
    model: FrameworkFile, late: Sequence[NDArray[np.intp]], inside: BoolArray
) -> dict[str, NDArray[np.intp]]:
    """Count the alerts of each warning grade by group, flat over (regions, groups)."""
    return {
        f"alerts_{one.name_en or one.grade}": np.sum(
            [_inside(grade == number, inside) for grade in late], axis=0
        )
        for number, one in enumerate(warnings_of(model))
    }


def node_table(
    plan: Plan,
    panel: Panel,
    found: AttainedPanel,
    course: Course,
    twice: Twice,
    vetoed: BoolArray,
    late: Sequence[NDArray[np.intp]],
) -> pd.DataFrame:
    """Return attainment of each pillar (领域) and of the index, with counts of statuses."""
    tree = plan.tree
    leaves = np.array([tree.sums(_one(len(found.has), leaf)) > 0 for leaf in range(len(found.has))])
    leaves &= found.has[:, None]
    nodes = [n for n, level in enumerate(tree.levels) if level != "indicator" and leaves[:, n].any()]
    wide, size = len(nodes), len(course.rows)
    score = found.rolled.score[course.rows][:, nodes]
    rows = panel.order[course.rows]
    inside = leaves[:, nodes]
    return pd.DataFrame(
        {
            "region": np.repeat(np.array(panel.regions, dtype=object)[panel.region[rows]], wide),
            "region_name": np.repeat(np.array(panel.region_names, dtype=object)[panel.region[rows]], wide),
            "year": course.as_of,
            "node": np.tile(np.array([tree.ids[n] for n in nodes], dtype=object), size),
            "node_name": np.tile(np.array([tree.names[n] for n in nodes], dtype=object), size),
            "level": np.tile(np.array([tree.levels[n] for n in nodes], dtype=object), size),
            "attainment": score.ravel(),
            **_year_on_year(twice.before[:, nodes], twice.now[:, nodes]),
            "coverage": found.rolled.coverage[course.rows][:, nodes].ravel(),
            "class": _classes(plan.model, score.ravel(), (vetoed[:, None] & (np.array(nodes) == 0)).ravel()),
            **_counts(course, inside),
            **_alerts_by(plan.model, late, inside),
            **_why(plan, found, course, nodes),
        }
    )


def _one(size: int, at: int) -> FloatArray:
    only = np.zeros(size)
    only[at] = 1.0
    return only


def department_table(
    plan: Plan,
    panel: Panel,
    found: AttainedPanel,
    course: Course,
    twice: Twice,
    late: Sequence[NDArray[np.intp]],
) -> pd.DataFrame:
    """Return the score of each responsible department: its indicators' attainment, weighted as in the index.

    An indicator of several departments counts for each of them. Below the framework's coverage there is none.
    """
    owners: dict[str, list[int]] = {}
    for column in np.flatnonzero(found.has).tolist():
        for name in _DEPARTMENTS.split(plan.model.indicator[column].department):
            if name.strip():
                owners.setdefault(name.strip(), []).append(column)
    if not owners:
        return pd.DataFrame()
    names, wide, size = list(owners), len(owners), len(course.rows)
    inside = np.zeros((len(found.has), wide), dtype=bool)
    for k, columns in enumerate(owners.values()):
        inside[columns, k] = True
    shares = plan.tree.shares(found.local)[plan.tree.nodes]

    def mean(score: FloatArray) -> tuple[FloatArray, FloatArray]:
        weight = inside * shares[:, None]
        seen = np.isfinite(score)
        total = seen.astype(float) @ weight
        with np.errstate(divide="ignore", invalid="ignore"):
            means, coverage = np.where(seen, score, 0.0) @ weight / total, total / weight.sum(axis=0)
        enough = coverage >= (plan.missing.min_coverage if plan.missing.rule == "reweight" else 1) - _ROUNDING
        return np.where(enough, means, np.nan), coverage

    now, coverage = mean(found.attained.attainment[course.rows])
    rows = panel.order[course.rows]
    return pd.DataFrame(
        {
            "region": np.repeat(np.array(panel.regions, dtype=object)[panel.region[rows]], wide),
            "region_name": np.repeat(np.array(panel.region_names, dtype=object)[panel.region[rows]], wide),
            "year": course.as_of,
            "department": np.tile(np.array(names, dtype=object), size),
            "attainment": now.ravel(),
            **_year_on_year(mean(twice.leaf_before)[0], mean(twice.leaf_now)[0]),
            "coverage": coverage.ravel(),
            "rank": whole(ranks(now.T, [slice(None)], plan.rank_decimals).T.ravel(), np.isnan(now).ravel()),
            "class": _classes(plan.model, now.ravel(), np.zeros(now.size, dtype=bool)),
            **_counts(course, inside),
            **_alerts_by(plan.model, late, inside),
        }
    )


def binding_table(targets: pd.DataFrame) -> pd.DataFrame:
    """Return the binding list (约束性) with a verdict on each."""
    listed = targets[targets["binding"]]
    met, bounded = listed["met"], listed["status"] == Status.BOUND_ONLY
    verdict = np.select([bounded, met.isna(), met.fillna(False)], ["unknown", "unscored", "pass"], "fail")
    return listed[_LISTED].assign(verdict=verdict).reset_index(drop=True)


def schedule_table(plan: Plan, panel: Panel, found: AttainedPanel, course: Course) -> pd.DataFrame:
    """Return what is expected of each target at the end of each year of its way; a level to be held stays."""
    columns = np.flatnonzero(found.has)
    ends = course.end[np.isfinite(course.start + course.end)]
    first = course.start[np.isfinite(course.start + course.end)].min(initial=np.inf)
    codes = panel.region[panel.order[course.rows]]
    raw = np.array([*(goal.raw for goal in found.goals), ""], dtype=object)[found.goal[course.rows]]
    parts = []
    for year in range(int(first) + 1, int(ends.max()) + 1) if ends.size else ():
        then = follow(plan, panel, found, course.rows, year)
        expected = np.where(then.held | (year >= then.end), then.target, then.expected)
        asked = (year > then.start) & (year <= then.end) & np.isfinite(expected)
        for column in columns.tolist():
            indicator = plan.model.indicator[column]
            at = np.flatnonzero(asked[:, column])
            parts.append(
                pd.DataFrame(
                    {
                        "region": [panel.regions[code] for code in codes[at]],
                        "region_name": [panel.region_names[code] for code in codes[at]],
                        "year": year,
                        "node": indicator.id,
                        "node_name": indicator.name or indicator.name_en or indicator.id,
                        "unit": indicator.unit,
                        "target": raw[at, column],
                        "expected": expected[at, column],
                    }
                )
            )
    return (
        pd.concat([part for part in parts if len(part)], ignore_index=True)
        if any(map(len, parts))
        else pd.DataFrame()
    )


def alert_table(targets: pd.DataFrame, missed: Iterable[pd.DataFrame], grades: Sequence[str]) -> pd.DataFrame:
    """Return what is behind its path or overdue, earlier targets too, the worst grade first."""
    late = [
        frame.loc[frame["status"].isin([Status.BEHIND, Status.OVERDUE]), [*_LISTED, "binding"]]
        for frame in (targets, *missed)
    ]
    if len(late) > 1:  # their categories may differ
        words = dict.fromkeys(("status", "status_zh", "grade", "grade_en"), object)
        late = [frame.astype(words) for frame in late]
    found = pd.concat(late)
    place = {grade: number for number, grade in enumerate(grades)}
    order = found["grade"].astype(object).map(lambda grade: place.get(grade, len(place))).astype(int)
    return found.iloc[np.lexsort((found["gap"], order))].reset_index(drop=True)
