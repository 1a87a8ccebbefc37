"""The steps before normalising, of rows in blocks: gaps filled by what their year measured, values held by fences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from equindex import impute, treat
from equindex._arrays import FloatArray
from equindex._summary import Summary
from equindex.batch.blocks import Block
from equindex.errors import DomainError
from equindex.scoring import Plan
from equindex.scoring.steps import labelled
from equindex.treat.fences import of_ordered

__all__ = ["filled", "fillings", "medians", "middle", "treatments"]


def middle(plan: Plan) -> str | None:
    """Return what gaps are filled with, "mean" or "median" of their year; None where the method is another."""
    if plan.imputation is None:
        return None
    found: str | None = impute.methods.get(plan.imputation.name).traits.get("middle")
    return found


def fillings(plan: Plan, summaries: Mapping[str, Summary]) -> dict[str, FloatArray]:
    """Return by year what fills the gaps of each indicator; NaN where the year has no value of it."""
    if middle(plan) == "mean":
        return {year: found.mean for year, found in summaries.items()}
    return {year: medians(found) for year, found in summaries.items()}


def medians(found: Summary) -> FloatArray:
    """Return the median of every indicator from its ordered values, NaN without any."""
    assert found.ordered is not None
    line = np.full(len(found.n), np.nan)
    for at, n in enumerate(found.n.tolist()):
        if n:
            low, high = found.ordered[(n - 1) // 2, at], found.ordered[n // 2, at]
            line[at] = low + (high - low) / 2
    return line


def filled(block: Block, fill: Mapping[str, FloatArray]) -> Block:
    """Return a block with its gaps filled, each year's by its own values; itself without any."""
    if not fill or not len(block.year):
        return block
    lines = np.array([fill[str(year)] for year in block.years])
    year = np.searchsorted(block.years, block.year)
    columns = [np.where(np.isnan(c), lines[year, at], c) for at, c in enumerate(block.columns)]
    return replace(block, columns=columns)


def treatments(plan: Plan, summaries: Mapping[str, Summary]) -> dict[str, treat.Treatment]:
    """Return by base what is done to every indicator, from its ordered values.

    Raises
    ------
    DomainError
        If a method does not suit the values; indicators are named.
    """
    found = {}
    for base, summary in summaries.items():
        columns, parts = [], []
        for group in plan.treats:
            for column in group.columns.tolist():
                with labelled(plan, None, np.empty(0, dtype=np.intp)):  # type: ignore[arg-type]
                    try:
                        measured = summary.take([column])
                        parts.append(of_ordered(group.method.name, measured, **group.options))
                    except DomainError as error:
                        error.columns = [column]
                        raise
                columns.append([column])
        found[base] = treat.assemble(columns, parts)
    return found
