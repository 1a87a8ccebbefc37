"""What the regions table adds to a panel: population, groups, the reference region."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equindex import tables
from equindex._arrays import BoolArray, FloatArray, IntArray
from equindex.errors import nearest
from equindex.model import Equalization, FrameworkFile, RegionReference
from equindex.schema.findings import Findings
from equindex.schema.panel import Panel

if TYPE_CHECKING:
    from equindex.schema.raw import Raw

__all__ = ["attach", "places", "regional", "without_data", "yearly"]


def attach(
    panel: Panel,
    model: FrameworkFile,
    regions: tables.Regions | None,
    raw: Raw,
    findings: Findings,
    reference_known: bool,
) -> Panel:
    """Add population, groups and the reference region to a panel; what is missing becomes a finding."""
    panel = _compared(panel, model, regions, raw, findings, reference_known)
    panel = replace(panel, forced=_forced(panel, model, regions, findings, strict=not reference_known))
    by = model.methods.impute.options.get("by") if model.methods else None
    if not isinstance(by, str):
        return panel
    scored = np.ones(len(panel.region), dtype=bool) if panel.scored is None else panel.scored
    found = _groups(panel, scored, (by,), regions, findings, "[methods].impute")
    return replace(panel, peers=found[by][0]) if found else panel


def _compared(
    panel: Panel,
    model: FrameworkFile,
    regions: tables.Regions | None,
    raw: Raw,
    findings: Findings,
    reference_known: bool,
) -> Panel:
    """Add what [equalization] needs."""
    wanted = model.equalization
    if wanted is None:
        return panel
    populations: dict[int, FloatArray] = {}
    population = None
    scored = np.ones(len(panel.region), dtype=bool)
    if isinstance(wanted.reference, RegionReference):
        scored = panel.region != _reference(
            panel, wanted.reference.region, regions, findings, reference_known
        )
        if not scored.any():
            findings.error(
                "reference region",
                f"only the reference region {wanted.reference.region!r} has data.",
                "Add the rows of the regions to be scored.",
            )
    for column, indicator in enumerate(model.indicator):
        name = indicator.population
        if name and name in raw.names:
            populations[column] = _counted(
                raw.values[:, raw.names.index(name)], panel, scored, column, name, findings
            )
        elif name and regions is not None:
            populations[column] = _yearly(panel, scored, regions, name, wanted, findings)
    if regions is not None and "population" in regions.frame.columns:
        population = _yearly(panel, scored, regions, "population", wanted, findings)
    elif wanted.reference == "weighted_mean" and len(populations) < len(model.indicator):
        findings.error(
            "population",
            'equalization.reference = "weighted_mean" needs a population.',
            "Add a population column to the regions table, or population = variable to each indicator.",
        )
    return replace(
        panel,
        population=population,
        populations=populations,
        groups=_groups(panel, scored, wanted.groups, regions, findings, "[equalization].groups"),
        scored=scored if isinstance(wanted.reference, RegionReference) else None,
    )


def places(
    model: FrameworkFile, regions: tables.Regions | None, panel: Panel, findings: Findings
) -> dict[str, int]:
    """Find the regions that targets and milestones name; one that is in no regions table is an error."""
    named = {row.region: "the targets" for row in model.target if row.region}
    named |= {
        row.region: "the milestones" for row in model.milestone if row.region and row.region not in named
    }
    return _find(named, "target", regions, panel, findings)


def _find(
    named: Mapping[str, str],
    kind: str,
    regions: tables.Regions | None,
    panel: Panel,
    findings: Findings,
    *,
    strict: bool = False,
) -> dict[str, int]:
    """Return the positions of regions, given what names them.

    An unknown one is an error; without a regions table a warning, as what is known then is what the data hold, except
    under `strict`.
    """
    names = list(named)
    if regions is None:
        known = {name: code for code, name in enumerate(panel.regions)}
        found = [known.get(name, -1) for name in names]
    else:
        found = regions.match(np.array(names, dtype=object)).tolist()
    for name, code in zip(names, found, strict=True):
        if code >= 0:
            continue
        near = nearest(name, panel.regions) if regions is None else nearest(name, regions.suggest(name))
        tell = findings.warn if regions is None and not strict else findings.error
        what = "is ambiguous" if code == tables.AMBIGUOUS else "is not known"
        tell(kind, f"region {name!r} of {named[name]} {what}. {near}".strip(), f"Mend {named[name]}.")
    return dict(zip(names, found, strict=True))


def _forced(
    panel: Panel,
    model: FrameworkFile,
    regions: tables.Regions | None,
    findings: Findings,
    *,
    strict: bool,
) -> NDArray[np.int8] | None:
    """Return which rows screening keeps or drops by name, None where it names none."""
    wanted = model.methods.screen if model.methods else None
    if wanted is None or not (wanted.keep or wanted.drop):
        return None
    named = dict.fromkeys((*wanted.keep, *wanted.drop), "[methods].screen")
    found = _find(named, "screening", regions, panel, findings, strict=strict)
    kept, dropped = ({found[name] for name in part} for part in (wanted.keep, wanted.drop))
    for code in sorted(kept & dropped - {-1, tables.AMBIGUOUS}):
        findings.error(
            "screening",
            "the region is to be both kept and dropped.",
            "Take it out of [methods].screen keep or drop.",
            region=(panel.region_names if regions is None else regions.names)[code],
        )
    here = [np.isin(panel.region, list(part)) for part in (kept, dropped)]
    return (here[0].astype(np.int8) - here[1]).astype(np.int8)


def without_data(
    found: np.ndarray[Any, Any],
    model: FrameworkFile,
    regions: tables.Regions,
    findings: Findings,
    ended: Collection[int] = (),
) -> None:
    """Warn of regions that no row names, save parents, the reference region and those that have `ended`."""
    columns = regions.frame.columns
    parents = regions.frame["parent"].dropna().to_list() if "parent" in columns else []
    wanted = model.equalization.reference if model.equalization else None
    others = [*parents, wanted.region] if isinstance(wanted, RegionReference) else parents
    seen = {*ended, *found.tolist(), *regions.match(np.array(others, dtype=object)).tolist()}
    absent = [name for code, name in enumerate(regions.names) if code not in seen]
    if absent:
        named = ", ".join(absent[:5]) + (f" and {len(absent) - 5} more" if len(absent) > 5 else "")
        findings.warn(
            "regions without data",
            f"{len(absent)} of {len(regions)} regions of the regions table have no row: {named}.",
            "Add their rows, or take them out of the regions table.",
        )


def _counted(
    values: FloatArray, panel: Panel, scored: BoolArray, column: int, name: str, findings: Findings
) -> FloatArray:
    """Return a population among the data; it must be there wherever a scored indicator has a value."""
    asked = scored & np.isfinite(panel.x[:, column])
    for row in np.flatnonzero(~(values >= 0) & (asked | np.isfinite(values))):
        findings.error(
            "population",
            f"{name!r} is {'missing' if np.isnan(values[row]) else f'{values[row]:g}'}.",
            "Give the population of every region and year.",
            region=panel.region_names[panel.region[row]],
            year=int(panel.year[row]),
        )
    return values


def _reference(
    panel: Panel, name: str, regions: tables.Regions | None, findings: Findings, known_already: bool
) -> int:
    code = (
        int(regions.match(np.array([name], dtype=object))[0])
        if regions is not None
        else (panel.regions.index(name) if name in panel.regions else -1)
    )
    if (code < 0 or not (panel.region == code).any()) and not known_already:
        known = panel.regions if regions is None else [*panel.regions, *panel.region_names]
        findings.error(
            "reference region",
            f"the reference region {name!r} has no data. {nearest(name, known)}",
            "Mend equalization.reference, or add its rows.",
            region=name,
        )
    return code


def _years(regions: tables.Regions) -> pd.Series[Any] | None:
    if "year" not in regions.frame.columns:
        return None
    return pd.to_numeric(regions.frame["year"], errors="coerce")


def _codes(regions: tables.Regions) -> dict[str, int]:
    return {name: code for code, name in enumerate(regions.codes)}


def _yearly(
    panel: Panel,
    scored: BoolArray,
    regions: tables.Regions,
    name: str,
    wanted: Equalization,
    findings: Findings,
) -> FloatArray:
    """Look up a column of the regions table for each row's region and year; scored rows must have it."""
    numbers = pd.to_numeric(regions.frame[name], errors="coerce").to_numpy(dtype=float)
    texts = regions.frame[name].astype(object)
    for at in np.flatnonzero(~(numbers >= 0)):
        if pd.notna(texts.iloc[at]) and str(texts.iloc[at]).strip():
            findings.error(
                "population",
                f"{texts.iloc[at]!r} is no {name}.",
                "Write a number, zero or above.",
                file="regions table",
                region=str(regions.frame["region"].iloc[at]),
            )
    nearest = wanted.population_fill == "nearest"
    found = yearly(regions, name, panel.region, panel.year, nearest=nearest)
    for row in np.flatnonzero(np.isnan(found) & scored).tolist():
        findings.error(
            "population",
            f"the regions table has no {name} of this region for this year.",
            'Add it, or set [equalization] population_fill = "nearest".',
            region=panel.region_names[panel.region[row]],
            year=int(panel.year[row]),
        )
    return found


def yearly(
    regions: tables.Regions, name: str, region: IntArray, year: IntArray, *, nearest: bool = False
) -> FloatArray:
    """Return a column of numbers of the regions table for regions, by position, and years; NaN where unknown.

    A table without years holds for all of them; `nearest` takes the nearest year that is known, of two the
    earlier.
    """
    numbers = pd.to_numeric(regions.frame[name], errors="coerce").to_numpy(dtype=float)
    codes = regions.frame["region"].map(_codes(regions)).to_numpy()
    years = _years(regions)
    if years is None:
        table = np.full(len(regions.codes), np.nan)
        table[codes] = numbers
        return table[region]
    known: dict[int, dict[int, float]] = {}
    for code, at, number in zip(codes, years, numbers, strict=True):
        if np.isfinite(number) and np.isfinite(at):
            known.setdefault(int(code), {})[int(at)] = float(number)
    found = np.full(len(region), np.nan)
    for row, (code, at) in enumerate(zip(region.tolist(), year.tolist(), strict=True)):
        by_year = known.get(code, {})
        if nearest and by_year:
            at = min(by_year, key=lambda have: (abs(have - at), have))
        found[row] = by_year.get(at, np.nan)
    return found


def regional(
    model: FrameworkFile, regions: tables.Regions | None, year: int, present: BoolArray
) -> tuple[FloatArray | None, dict[str, tuple[NDArray[np.intp], tuple[str, ...]]]]:
    """Return what [equalization] takes from the regions table for a year: population and groups, by region.

    Raises
    ------
    DataError
        If a region that is `present` has none.
    """
    wanted = model.equalization
    if regions is None or wanted is None:
        return None, {}
    findings, size = Findings(), len(regions.codes)
    everyone = Panel(
        regions=regions.codes,
        region_names=regions.names,
        region=np.arange(size, dtype=np.intp),
        year=np.full(size, year, dtype=np.int64),
        x=np.empty((size, 0)),
    )
    population = None
    if "population" in regions.frame.columns:
        population = _yearly(everyone, present, regions, "population", wanted, findings)
    groups = _groups(everyone, present, wanted.groups, regions, findings, "[equalization].groups")
    findings.stop_on_errors()
    return population, groups


def _groups(
    panel: Panel,
    scored: BoolArray,
    names: Sequence[str],
    regions: tables.Regions | None,
    findings: Findings,
    key: str,
) -> dict[str, tuple[np.ndarray[Any, Any], tuple[str, ...]]]:
    """Label each row with its group: codes, -1 for none, and the labels they stand for."""
    groups: dict[str, tuple[np.ndarray[Any, Any], tuple[str, ...]]] = {}
    for name in names:
        columns = [] if regions is None else [str(column) for column in regions.frame.columns]
        if regions is None or name not in columns:
            findings.error(
                "groups",
                f"the regions table has no column {name!r}. {nearest(name, columns)}",
                f"Add the column, or mend {key}.",
            )
            continue
        codes = regions.frame["region"].map(_codes(regions)).to_numpy()
        labels = regions.frame[name].fillna("").astype(str).str.strip().to_numpy(dtype=object)
        years = _years(regions)
        by_region: dict[int, str] = {}
        by_year: dict[tuple[int, int], str] = {}
        for at, code in enumerate(codes):
            by_region[int(code)] = labels[at] or by_region.get(int(code), "")
            if years is not None and np.isfinite(years.iloc[at]):
                by_year[int(code), int(years.iloc[at])] = labels[at]
        pairs = zip(panel.region.tolist(), panel.year.tolist(), strict=True)
        of_row = np.array(
            [by_year.get(pair) or by_region.get(pair[0]) or None for pair in pairs], dtype=object
        )
        numbers, words = pd.factorize(of_row)
        for code in np.unique(panel.region[(numbers < 0) & scored]):
            findings.error(
                "groups",
                f"no {name} in the regions table.",
                "Name the group of every region.",
                region=panel.region_names[code],
            )
        groups[name] = numbers.astype(np.intp), tuple(words)
    return groups
