"""What stands beside the scores of a row: A, how far it is towards targets; E, against the reference of its year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from equindex._arrays import BoolArray, FloatArray
from equindex._summary import Summary
from equindex.batch.before import medians
from equindex.batch.blocks import Block, Intake, panel_of
from equindex.batch.sources import Unit
from equindex.model import RegionReference
from equindex.schema import regional
from equindex.scoring import Plan
from equindex.scoring.attained import attain
from equindex.scoring.equalized import equalize
from equindex.scoring.goals import Goal, all_goals
from equindex.scoring.tree import Rolled

__all__ = [
    "Beside",
    "Weighted",
    "attained_by_row",
    "reference_kind",
    "references_of",
    "weighted_references",
]


def attained_by_row(plan: Plan) -> tuple[bool, str]:
    """Return whether A can be told of each row alone, and a note where there are targets and it cannot."""
    found = all_goals(plan.model)
    begin = plan.model.attainment.plan
    for indicator, own in zip(plan.model.indicator, found, strict=True):
        for region, goal in own:
            said = _beyond(goal, region, begin)
            if said or indicator.roll_up == "share":
                return False, (
                    f"attainment is not written: the target of {indicator.id!r} {said or 'is of shares of parts'}. "
                    "Score a part in memory for it (equindex score)."
                )
    return any(found), ""


def _beyond(goal: Goal, region: str | None, plan: Sequence[int] | None) -> str:
    """Say which other rows a target needs."""
    if region is not None or goal.where:
        return "is for some regions"
    if goal.cumulative or goal.trend or goal.steps:
        return "counts over years"
    if goal.on or goal.relative_to or goal.place:
        return "depends on other values"
    if not goal.printed and (goal.baseline_year or plan):
        return "starts from the region's own value of another year"
    return ""


def reference_kind(plan: Plan, regions: Any) -> str:
    """Return what E compares with; empty without E, "region" where blocks do not hold it."""
    wanted = plan.model.equalization
    if wanted is None:
        return ""
    if isinstance(wanted.reference, RegionReference):
        return "region"
    peopled = regions is not None and "population" in regions.frame.columns
    every = all(indicator.population for indicator in plan.model.indicator)
    return wanted.reference or ("weighted_mean" if peopled or every else "mean")


@dataclass(frozen=True, kw_only=True)
class Weighted:
    """Adds up one unit for the weighted means of its years."""

    intake: Intake

    @cached_property
    def _known(self) -> dict[int, FloatArray | None]:
        """The population of each region of the regions table, by the years looked up so far."""
        return {}

    def __call__(self, unit: Unit) -> dict[str, Any]:
        """Return by year the sums of values times population, and of population, of each indicator."""
        sums: dict[str, FloatArray] = {}
        for block in self.intake.blocks(unit, []):
            for year in block.years:
                part = self._sums(block.of(year))
                sums[str(year)] = sums[str(year)] + part if str(year) in sums else part
        return {"sums": {year: part.tolist() for year, part in sums.items()}}

    def _sums(self, rows: Block) -> FloatArray:
        shared, columns = self._people(rows), []
        for indicator, x in zip(self.intake.framework.model.indicator, rows.columns, strict=True):
            held = rows.counts.get(indicator.population or "", shared)
            held = np.ones(len(x)) if held is None else held
            weights = np.where(np.isnan(x) | np.isnan(held), 0.0, held)
            columns.append([float((np.where(weights > 0, x, 0.0) * weights).sum()), float(weights.sum())])
        return np.array(columns).T

    def _people(self, rows: Block) -> FloatArray | None:
        """Return the population of the rows of one year, None without a regions table that has it."""
        framework, [year] = self.intake.framework, rows.years
        regions = framework.regions
        if regions is None or rows.code is None:
            return None
        present: BoolArray = np.zeros(len(regions.codes), dtype=bool)
        if year not in self._known:
            self._known[year] = regional(framework.model, regions, year, present)[0]
        found = self._known[year]
        if found is None:
            return None
        held = found[rows.code]
        if np.isnan(held).any():
            present[rows.code] = True
            regional(framework.model, regions, year, present)  # refuses, by name
        return held


def weighted_references(records: Sequence[Mapping[str, Any]]) -> dict[str, FloatArray]:
    """Return the weighted mean of every indicator, by year, from the sums of all units."""
    years: dict[str, list[FloatArray]] = {}
    for record in records:
        for year, part in record["sums"].items():
            years.setdefault(year, []).append(np.array(part))
    found = {}
    for year in sorted(years):
        resource, total = np.stack(years[year]).sum(axis=0)
        found[year] = np.asarray(resource / np.where(total > 0, total, np.nan))
    return found


def references_of(plan: Plan, kind: str, summaries: Mapping[str, Summary]) -> dict[str, FloatArray]:
    """Return the reference of every indicator, by year, from what the years measured."""
    found = {}
    for year, summary in summaries.items():
        if kind == "median":
            found[year] = medians(summary)
        elif kind == "best":
            found[year] = np.where(plan.direction > 0, summary.max, summary.min)
        elif kind == "standard":
            found[year] = np.array(
                [np.nan if i.standard is None else i.standard for i in plan.model.indicator]
            )
        else:
            found[year] = summary.mean
    return found


@dataclass(frozen=True, kw_only=True)
class Beside:
    """Holds rows against targets and references: `attained` says whether A is told, `references` are E's by year."""

    attained: bool
    references: Mapping[str, FloatArray]

    @property
    def kinds(self) -> list[str]:
        """The tables that are written."""
        return (["attainment"] if self.attained else []) + (["equalization"] if self.references else [])

    def rolled(self, plan: Plan, block: Block) -> Iterator[tuple[str, Rolled]]:
        """Yield A and E of every node, of a block of one year, values as they were read."""
        panel = panel_of(block)
        if self.attained:
            found = attain(plan, panel)
            assert found is not None
            yield "attainment", found.rolled
        if self.references:
            yield "equalization", equalize(plan, panel, self.references).rolled
