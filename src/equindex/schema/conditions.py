"""Targets for some of the regions: those whose column of the regions table has a value, ``area=new``."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from equindex import tables
from equindex._arrays import BoolArray
from equindex.errors import nearest
from equindex.model import FrameworkFile
from equindex.schema.findings import Findings
from equindex.schema.words import cell_text, folded, listed

__all__ = ["conditions"]


def conditions(
    model: FrameworkFile, regions: tables.Regions | None, findings: Findings
) -> dict[str, BoolArray]:
    """Find the regions that each `where` of the targets means, shape (regions,) each.

    A column or value that the regions table does not have is an error, and so are two targets of one
    indicator that hold for the same region.
    """
    wanted = dict.fromkeys(row.where for row in model.target if row.where)
    found = {where: _regions_of(where, regions, findings) for where in wanted}
    if regions is None:
        return {}
    pairs: dict[tuple[str, str], str] = {}
    for node in dict.fromkeys(row.indicator for row in model.target if row.where):
        own = dict.fromkeys(row.where for row in model.target if row.where and row.indicator == node)
        pairs |= {pair: node for pair in combinations(own, 2) if pair not in pairs}
    for (one, other), node in pairs.items():
        both = np.flatnonzero(found[one] & found[other])
        if both.size:
            findings.error(
                "target",
                f"where {one!r} and where {other!r} both hold: {listed(regions.names[k] for k in both)}.",
                "Let each region have one target: say it for the region, or change where.",
                indicator=node,
            )
    return found


def _regions_of(where: str, regions: tables.Regions | None, findings: Findings) -> BoolArray:
    """Return for each region whether its column has the value."""
    column, value = (part.strip() for part in where.split("="))
    if regions is None:
        findings.error(
            "target",
            f"where = {where!r} of the targets needs a regions table.",
            f'Give the framework regions = "…" with a column {column!r}.',
        )
        return np.zeros(0, dtype=bool)
    frame, holds = regions.frame, np.zeros(len(regions), dtype=bool)
    columns = [str(name) for name in frame.columns]
    if column not in columns:
        findings.error(
            "target",
            f"where = {where!r} of the targets: the regions table has no column {column!r}. "
            f"{nearest(column, columns)}",
            "Mend the targets table, or add the column.",
        )
        return holds
    codes = frame["region"].map({name: code for code, name in enumerate(regions.codes)}).to_numpy()
    cells = frame[column].astype(object).where(frame[column].notna(), "").map(cell_text)
    said = cells.map(folded).to_numpy(dtype=object)
    has = said == folded(cell_text(value))
    holds[codes[has]] = True
    if not has.any():
        known = sorted({text for text in cells if text})
        findings.error(
            "target",
            f"where = {where!r} of the targets: no region has {column} = {value!r}. {nearest(value, known)}",
            "Mend the targets table, or the column.",
        )
    other = np.unique(codes[~has & (said != "")])
    for code in other[holds[other]]:
        findings.error(
            "target",
            f"where = {where!r} of the targets: {column} changes over the years.",
            "Give the region one value, or a target of its own.",
            region=regions.names[code],
        )
    return holds
