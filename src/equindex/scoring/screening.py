"""The first step of a composite: regions of which too little is measured are left out, year by year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from equindex import screen
from equindex._arrays import BoolArray, FloatArray
from equindex.errors import DataError
from equindex.schema import Findings, Panel
from equindex.scoring.plan import Plan
from equindex.scoring.tidy import worded
from equindex.scoring.tree import Tree

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Screened",
    "availability_table",
    "inspect_screening",
    "kept_rows",
    "screening",
    "spread",
    "without",
]

_REMEDY = "Lower the limits of [methods].screen, or mend the data."
_SHOWN = 5  # regions that the note of a run names


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """Rows of the panel's order that the composite does without, and those kept by name alone, with the reason."""

    out: Mapping[int, str] = field(default_factory=dict)
    kept: Mapping[int, str] = field(default_factory=dict)

    def told(self, panel: Panel) -> dict[str, list[str]]:
        """Return what a provenance says of them."""
        return {name: _named(panel, rows) for name, rows in (("out", self.out), ("kept", self.kept))}


def screening(plan: Plan, panel: Panel) -> Screened:
    """Hold what is measured in each scored row, before anything is imputed, against ``[methods] screen``.

    Returns
    -------
    Screened
        Nobody, where the framework does not screen.
    """
    wanted = plan.model.methods.screen if plan.model.methods else None
    if wanted is None or not plan.composite:
        return Screened()
    x, forced = panel.x[panel.order], None if panel.forced is None else panel.forced[panel.order]
    result = screen.screen(
        x,
        pillars=plan.tree.paths if len(plan.tree.paths) else None,
        keep=None if forced is None else forced > 0,
        drop=None if forced is None else forced < 0,
        **wanted.model_dump(exclude={"keep", "drop"}),
    )
    rows = np.unique([reason.position[0] for reason in result.reasons]).astype(np.intp)
    has, place = ~np.isnan(x[rows]), {row: at for at, row in enumerate(rows.tolist())}
    counts = [plan.tree.sums(part.astype(float)).astype(int) for part in (has, has & (x[rows] != 0))]
    size = plan.tree.sums(np.ones(len(plan.leaves))).astype(int).tolist()
    said: dict[int, list[str]] = {}
    for reason in result.reasons:
        [row] = reason.position
        measured, nonzero = (int(part[place[row], reason.pillar or 0]) for part in counts)
        part, of = (nonzero, measured) if reason.rule == "zero" else (measured, size[reason.pillar or 0])
        said.setdefault(row, []).append(_said(plan.tree, reason, part, of))
    return Screened(
        out={row: f"screened out: {'; '.join(words)}" for row, words in said.items() if not result.keep[row]},
        kept={row: "; ".join(words) for row, words in said.items() if result.keep[row]},
    )


def without(panel: Panel, screened: Screened) -> Panel:
    """Return the panel with these rows not scored; `panel` itself where there are none.

    Raises
    ------
    DataError
        If nobody is left.
    """
    if not screened.out:
        return panel
    if len(screened.out) == len(panel.order):
        raise DataError(f"[methods].screen leaves nobody: {_listed(panel, screened.out)}. {_REMEDY}")
    scored = np.zeros(len(panel.region), dtype=bool)
    scored[panel.order[kept_rows(panel, screened)]] = True
    return replace(panel, scored=scored)


def kept_rows(panel: Panel, screened: Screened) -> BoolArray:
    """Return which rows of the panel's order stay."""
    kept = np.ones(len(panel.order), dtype=bool)
    kept[list(screened.out)] = False
    return kept


def spread(part: FloatArray | BoolArray, kept: BoolArray, nothing: float = np.nan) -> FloatArray:
    """Return the rows of `part` where they are among all rows; the others hold `nothing`."""
    whole = np.full((len(kept), part.shape[1]), nothing)
    whole[kept] = part
    return whole


def inspect_screening(plan: Plan, panel: Panel, findings: Findings, *, fitted: bool = False) -> None:
    """Note whom screening leaves out; it is an error if nobody is left, overall or in the year all are held to.

    Parameters
    ----------
    fitted : bool
        Whether the year all are held to was measured by a fit.
    """
    found = screening(plan, panel)
    if not found.out and not found.kept:
        return
    assert plan.model.methods is not None
    base, left = plan.model.methods.base, set(panel.year[panel.order[kept_rows(panel, found)]].tolist())
    if not left:
        findings.error("screening", f"nobody is left: {_listed(panel, found.out)}.", _REMEDY)
    elif base in panel.rows_of and base not in left and not fitted:
        findings.error("screening", f"nobody is left in {base}, the year of methods.base.", _REMEDY)
    if found.out:
        rows = f"{len(found.out):,} of {len(panel.order):,} rows are"
        findings.notes.append(f"screening: {rows} left without an index: {_listed(panel, found.out)}")
    if found.kept:
        findings.notes.append(f"screening: {_listed(panel, found.kept)}")


def availability_table(plan: Plan, panel: Panel) -> pd.DataFrame:
    """Return how much is measured, before imputation: of each region, pillar and indicator, in each year.

    Returns
    -------
    DataFrame
        A row for each year and node over all regions, without a region, and for each region, pillar and index: how
        many cells there are, how many are measured, how many of those are not 0, and these shares.
    """
    import pandas as pd

    tree = plan.tree
    above, size = np.flatnonzero(tree.leaf < 0), tree.sums(np.ones(len(plan.leaves)))
    blocks: list[tuple[NDArray[Any], ...]] = []
    for year, rows in panel.rows_of.items():
        has = ~np.isnan(panel.x[rows])
        counts = [tree.sums(part.astype(float)) for part in (has, has & (panel.x[rows] != 0))]
        everyone = [part.sum(axis=0) for part in (np.broadcast_to(size, counts[0].shape), *counts)]
        each = [part[:, above].ravel() for part in (np.broadcast_to(size, counts[0].shape), *counts)]
        regions = [np.full(len(size), -1), np.repeat(panel.region[rows], len(above))]
        nodes = [np.arange(len(size)), np.tile(above, len(rows))]
        for at, numbers in enumerate((everyone, each)):
            blocks.append((np.full(len(nodes[at]), year), regions[at], nodes[at], *numbers))
    years, region, node, cells, measured, nonzero = (
        np.concatenate(part) for part in zip(*blocks, strict=True)
    )
    return pd.DataFrame(
        {
            "region": worded(region, panel.regions),
            "region_name": worded(region, panel.region_names),
            "year": years,
            "node": worded(node, tree.ids),
            "node_name": worded(node, tree.names),
            "level": worded(node, tree.levels),
            "cells": cells.astype(np.int64),
            "measured": measured.astype(np.int64),
            "nonzero": nonzero.astype(np.int64),
            "share_measured": _share(measured, cells),
            "share_nonzero": _share(nonzero, measured),
        },
        copy=False,
    )


def _said(tree: Tree, reason: screen.Reason, part: int, of: int) -> str:
    if reason.rule in ("kept", "dropped"):
        return f"{reason.rule} by name"
    inside = "" if reason.pillar is None else f" of {tree.ids[reason.pillar]!r}"
    what = f"values{inside} not 0" if reason.rule == "zero" else f"indicators{inside} measured"
    return f"{part} of {of} {what}, below {reason.limit:.3g}"


def _named(panel: Panel, rows: Mapping[int, str]) -> list[str]:
    return [f"{panel.label(int(panel.order[row]))}: {words}" for row, words in sorted(rows.items())]


def _listed(panel: Panel, rows: Mapping[int, str]) -> str:
    names = _named(panel, dict(sorted(rows.items())[:_SHOWN]))
    more = f"; {len(rows) - _SHOWN:,} more are in provenance.json" if len(rows) > _SHOWN else ""
    return "; ".join(name.replace("screened out: ", "") for name in names) + more


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.asarray(np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0))
