"""Another table that missing values are filled from: read and checked as data are, laid beside the panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from equindex import impute, tables
from equindex.model import FrameworkFile
from equindex.schema.findings import Findings
from equindex.schema.observe import observe
from equindex.schema.panel import Panel

__all__ = ["with_deck"]

_EXPECTED = ("missing values", "ragged years", "regions without data", "constant column")  # of an older table
_UNIT_FACTOR = 90.0  # medians this many times apart smell of another unit


def with_deck(
    panel: Panel | None,
    model: FrameworkFile,
    regions: tables.Regions | None,
    sheets: Sequence[tables.Sheet],
    findings: Findings,
) -> Panel | None:
    """Add to a panel what another table has for its cells: of the same region, the same year or the last before.

    Parameters
    ----------
    panel : Panel or None
        The data; None where they have errors, and then the table is checked only.
    model : FrameworkFile
        Imputing by ``cold_deck``.
    regions : Regions, optional
        The regions table of both.
    sheets : sequence of Sheet
        The table; it need not have every indicator.
    findings : Findings
        Gets what is wrong with the table, and a note of how much it fills.

    Returns
    -------
    Panel or None
        With `deck` and `deck_year`.
    """
    assert model.methods is not None
    plain = model.model_copy(
        update={"methods": None, "equalization": None, "target": (), "milestone": (), "exclude": ()}
    )
    other, found = observe(plain, regions, sheets, partial=True)
    name = sheets[0].name
    findings.items += [
        replace(item, file=item.file or name)
        for item in found
        if item.severity == "error" or item.kind not in _EXPECTED
    ]
    findings.notes += found.notes
    if panel is None or other is None:
        return panel
    codes = {region: code for code, region in enumerate(panel.regions)}
    place = np.array([codes.get(region, -1) for region in other.regions], dtype=np.intp)[other.region]
    known = np.flatnonzero(place >= 0)
    years = np.unique(np.concatenate([panel.year, other.year]))
    cube = np.full((len(years), len(panel.regions), panel.x.shape[1]), np.nan)
    at, here = np.searchsorted(years, other.year[known]), np.searchsorted(years, panel.year)
    cube[at, place[known]] = other.x[known]
    when = np.where(np.isnan(cube), np.nan, years[:, None, None])
    age = model.methods.impute.options.get("max_age")
    deck, year = (impute.last(part, max_age=age, years=years)[here, panel.region] for part in (cube, when))
    holes = np.isnan(panel.x[panel.order])
    filled = int((holes & ~np.isnan(deck[panel.order])).sum())
    findings.notes.append(f"cold_deck: {name} has {filled:,} of {int(holes.sum()):,} missing values")
    _compare_units(panel, deck, model, name, findings)
    return replace(panel, deck=deck, deck_year=year)


def _compare_units(
    panel: Panel,
    deck: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    model: FrameworkFile,
    name: str,
    findings: Findings,
) -> None:
    """Warn of indicators whose two medians are far apart."""
    for column, indicator in enumerate(model.indicator):
        own, others = (part[~np.isnan(part)] for part in (panel.x[:, column], deck[:, column]))
        if not own.size or not others.size:
            continue
        middle, other = float(np.median(own)), float(np.median(others))
        if min(middle, other) > 0 and max(middle, other) > _UNIT_FACTOR * min(middle, other):
            findings.warn(
                "unit",
                f"the median is {other:g}, but {middle:g} in the data.",
                "Check the unit: 万, 千 or % may be lost.",
                file=name,
                indicator=indicator.id,
            )
