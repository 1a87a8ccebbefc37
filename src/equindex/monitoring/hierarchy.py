"""Regions with parts (省-市-县-镇): rolled up, and compared with the mean of their parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equindex import tables
from equindex._arrays import FloatArray
from equindex.model import FrameworkFile
from equindex.monitoring.course import Course
from equindex.schema import Bound, Panel, RolledUp, roll_up
from equindex.schema.hierarchy import parents_of
from equindex.scoring import Plan
from equindex.scoring.attained import AttainedPanel, attain

__all__ = ["compare", "depth_of", "joined", "parents_in"]

_COLUMNS = [
    "region", "region_name", "year", "node", "node_name", "level", "what", "own", "from_parts", "mean_of_parts",
    "difference", "discrepancy", "roll_up", "with_value", "parts", "failing", "reason",
]  # fmt: skip


def joined(
    model: FrameworkFile, regions: tables.Regions | None, panel: Panel
) -> tuple[Panel, RolledUp | None]:
    """Add to a panel the regions whose parts it holds, with values from their parts where they have none."""
    if regions is None or "parent" not in regions.frame.columns:
        return panel, None
    rolled = roll_up(model, regions, panel)
    if not len(rolled.panel.region):
        return panel, None
    above = {*zip(rolled.panel.region.tolist(), rolled.panel.year.tolist(), strict=True)}
    keys = zip(panel.region.tolist(), panel.year.tolist(), strict=True)
    kept = np.array([key not in above for key in keys], dtype=bool)
    first, second = panel, rolled.panel
    moved = np.cumsum(kept) - 1
    start = int(kept.sum())

    def cells(name: str) -> dict[tuple[int, int], Any]:
        own: Mapping[tuple[int, int], Any] = getattr(first, name)
        other: Mapping[tuple[int, int], Any] = getattr(second, name)
        found = {(int(moved[row]), column): cell for (row, column), cell in own.items() if kept[row]}
        return found | {(row + start, column): cell for (row, column), cell in other.items()}

    scored = None
    if first.scored is not None:
        scored = np.concatenate([first.scored[kept], np.ones(len(second.region), dtype=bool)])
    bounds: dict[tuple[int, int], Bound] = cells("bounds")
    reasons: dict[tuple[int, int], str] = cells("reasons")
    both = replace(
        first,
        region=np.concatenate([first.region[kept], second.region]),
        year=np.concatenate([first.year[kept], second.year]),
        x=np.concatenate([first.x[kept], second.x]),
        bounds=bounds,
        reasons=reasons,
        source_year=_sources(first, kept, second),
        population=None,
        populations={},
        groups={},
        scored=scored,
        counts={
            name: np.concatenate([counted[kept], np.full(len(second.region), np.nan)])
            for name, counted in first.counts.items()
        },
    )
    return both, rolled


def _sources(first: Panel, kept: NDArray[np.bool_], second: Panel) -> FloatArray | None:
    """Return when values were measured; those from parts were measured in several years."""
    if first.source_year is None:
        return None
    return np.concatenate([first.source_year[kept], np.full(second.x.shape, np.nan)])


def parents_in(model: FrameworkFile, regions: tables.Regions | None) -> dict[str, str]:
    """Return the region that each is part of."""
    if regions is None:
        return {}
    up = parents_of(model, regions)
    return {regions.codes[at]: regions.codes[up[at]] for at in np.flatnonzero(up >= 0).tolist()}


def depth_of(parents: Mapping[str, str], regions: Sequence[str]) -> NDArray[np.intp]:
    """Return how many regions each region is part of, one inside the other."""
    depth = []
    for region in regions:
        seen = {region}
        while (region := parents.get(region, "")) and region not in seen:
            seen.add(region)
        depth.append(len(seen) - 1)
    return np.array(depth, dtype=np.intp)


def compare(
    plan: Plan,
    regions: tables.Regions | None,
    panel: Panel,
    rolled: RolledUp | None,
    found: AttainedPanel,
    course: Course,
) -> tuple[pd.DataFrame, list[str]]:
    """Compare each region's own figures, those from its parts' counts, and the mean of its parts.

    Returns
    -------
    hierarchy : DataFrame
        Values of each indicator and attainment of each node; `difference` is the region's own figure, or that
        from its parts, less the mean of its parts; `discrepancy` is its own less that from its parts.
    failing : list of str
        For each region and target in turn, the parts that fail where each or a share of them has to reach it.
    """
    columns = np.flatnonzero(found.has)
    failed = np.full((len(course.rows), len(columns)), "", dtype=object)
    if rolled is None or regions is None:
        return pd.DataFrame(columns=_COLUMNS), failed.ravel().tolist()
    children = _children(plan.model, regions, panel, course)
    above = rolled.panel
    now = np.flatnonzero(above.year == course.as_of)
    codes = panel.region[panel.order[course.rows]]
    labels = np.array(panel.region_names, dtype=object)[codes]
    place = {int(region): k for k, region in enumerate(codes)}
    attained = {
        what: attain(plan, replace(above, x=x, bounds=above.bounds if what == "own" else {}))
        for what, x in (("own", rolled.own), ("from_parts", rolled.rolled))
    }
    at_order = {int(row): k for k, row in enumerate(above.order)}
    rows: list[list[Any]] = []
    for row in now.tolist():
        k = place[int(above.region[row])]
        inside = children.get(int(above.region[row]), np.empty(0, dtype=np.intp))
        head = [above.regions[above.region[row]], above.region_names[above.region[row]], course.as_of]
        for column, indicator in enumerate(plan.model.indicator):
            how = indicator.roll_up or ("ratio" if indicator.numerator else "none")
            failing = _failing(rolled, found, course, row, column, how, inside, labels)
            if found.has[column]:
                failed[k, int(np.searchsorted(columns, column))] = failing
            own, parts, mean = (float(a[row, column]) for a in (rolled.own, rolled.rolled, rolled.mean))
            counts = [int(rolled.n[row, column]), int(rolled.parts[row])]
            label = indicator.name or indicator.name_en or indicator.id
            reason = rolled.reason(row, column)
            rows.append(
                [
                    *head,
                    indicator.id,
                    label,
                    "indicator",
                    "value",
                    *_compared(own, parts, mean),
                    how,
                    *counts,
                    failing,
                    reason,
                ]
            )
        rows += _nodes(plan, found, course, attained, at_order[row], inside, head)
    return pd.DataFrame(rows, columns=_COLUMNS), failed.ravel().tolist()


def _compared(own: float, parts: float, mean: float) -> list[float]:
    """Return the three figures, the leading one less the mean, and own less that from the parts."""
    leading = parts if np.isnan(own) else own
    return [own, parts, mean, leading - mean, own - parts]


def _children(
    model: FrameworkFile, regions: tables.Regions, panel: Panel, course: Course
) -> dict[int, NDArray[np.intp]]:
    """Return the places, in the course, of each region's parts."""
    up = parents_of(model, regions)[panel.region[panel.order[course.rows]]]
    return {region: np.flatnonzero(up == region) for region in np.unique(up[up >= 0]).tolist()}


def _failing(
    rolled: RolledUp,
    found: AttainedPanel,
    course: Course,
    row: int,
    column: int,
    how: str,
    inside: NDArray[np.intp],
    names: NDArray[np.object_],
) -> str:
    """Name the parts that keep a region from a target which each of them, or a share, has to reach."""
    if how == "share":
        return "、".join(rolled.failing(row, column))
    if how != "worst" or not found.has[column]:
        return ""
    return "、".join(names[inside[found.attained.met[course.rows[inside], column] == 0]])


def _nodes(
    plan: Plan,
    found: AttainedPanel,
    course: Course,
    attained: Mapping[str, AttainedPanel | None],
    row: int,
    inside: NDArray[np.intp],
    head: list[Any],
) -> list[list[Any]]:
    """Compare the attainment of every node, indicators too."""
    tree = plan.tree
    rows = []
    score = found.rolled.score[course.rows[inside]]
    held = tree.sums(found.has.astype(float)) > 0
    for node in np.flatnonzero(held).tolist():
        own, parts = (
            float("nan") if a is None else float(a.rolled.score[row, node])
            for a in (attained["own"], attained["from_parts"])
        )
        seen = score[:, node]
        mean = float(seen.mean()) if len(seen) and np.isfinite(seen).all() else float("nan")
        counts = [int(np.isfinite(seen).sum()), len(seen)]
        rows.append(
            [
                *head,
                tree.ids[node],
                tree.names[node],
                tree.levels[node],
                "attainment",
                *_compared(own, parts, mean),
                "",
                *counts,
                "",
                "",
            ]
        )
    return rows
