"""Changes of regions, 撤并: rows of regions that were merged, renamed or split are re-expressed as today's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from equindex import tables
from equindex._arrays import FloatArray, IntArray
from equindex.errors import nearest
from equindex.model import Change, FrameworkFile
from equindex.schema.findings import Findings
from equindex.schema.raw import Raw
from equindex.schema.regions import yearly

__all__ = ["ended", "follow", "with_old"]

_WHOLE = 1e-6  # shares such as 0.333333, printed to six digits, still sum to 1
_NO_COUNTS = "no counts to combine"


def with_old(model: FrameworkFile, regions: tables.Regions | None) -> tables.Regions | None:
    """Return the regions table with the old regions that it lacks, behind the others.

    An old region is one of the table's where it bears its code or name, or is found there otherwise and is
    not what it became.
    """
    if regions is None or not model.change:
        return regions
    became: dict[str, set[int]] = {}
    for line in model.change:
        became.setdefault(line.old, set()).add(int(regions.match(np.array([line.new], dtype=object))[0]))
    absent = []
    for old, new in became.items():
        found = int(regions.match(np.array([old], dtype=object))[0])
        if regions.named(old) < 0 and (found == tables.UNKNOWN or found in new):
            absent.append(old)
    return regions.also(absent)


def ended(model: FrameworkFile, regions: tables.Regions) -> set[int]:
    """Return the positions in the regions table of those that are no more: old, and not among their new ones."""
    wide = with_old(model, regions)
    assert wide is not None
    return {old for old in _gone(_lines(model.change, _finder(wide), Findings(), ())) if old < len(regions)}


def follow(raw: Raw, model: FrameworkFile, regions: tables.Regions | None, findings: Findings) -> Raw:
    """Re-express the rows before each change, the earliest change first.

    Parameters
    ----------
    raw : Raw
        All rows, old regions among them.
    model : FrameworkFile
        The framework with its ``change`` rows.
    regions : Regions, optional
        Its regions table, as the file has it.
    findings : Findings
        Takes every fault of the changes and of old rows, and notes of what was re-expressed.

    Returns
    -------
    Raw
        Rows of today's regions alone.
    """
    if not model.change:
        return raw
    wide = with_old(model, regions)
    if wide is None:
        known = {name: code for code, name in enumerate(raw.regions)}
        present = list(known)
        for change in model.change:
            known.setdefault(change.old, len(known))
        raw = replace(raw, regions=tuple(known), region_names=tuple(known))
        found = _lines(model.change, lambda text: known.get(text, tables.UNKNOWN), findings, present)
    else:
        raw = replace(raw, regions=wide.codes, region_names=wide.names)
        found = _lines(model.change, _finder(wide), findings, wide.names)
    faults = len(findings.errors)
    shares = _shares(found, raw.region_names, findings)
    gone = _gone(found)
    _order(found, gone, raw.region_names, findings)
    if len(found) == len(model.change) and len(findings.errors) == faults:
        _late(raw, gone, findings)
        kinds = _Kinds.of(raw, model, wide)
        for year in sorted({line.year for line in found}):
            parts: dict[int, list[tuple[int, float]]] = {}
            for line in found:
                if line.year == year:
                    parts.setdefault(line.new, []).append((line.old, shares[year, line.old, line.new]))
            raw = _step(raw, year, parts, kinds, findings)
    return _today(raw, regions, set(gone))


# --- The changes themselves ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a change, regions as positions."""

    year: int
    old: int
    new: int
    share: float


def _finder(table: tables.Regions) -> Callable[[str], int]:
    return lambda text: int(table.match(np.array([text], dtype=object))[0])


def _lines(
    changes: Iterable[Change], find: Callable[[str], int], findings: Findings, known: Iterable[str]
) -> list[_Line]:
    """Find the regions of each line; one that is not known, or may be several, is an error."""
    lines, told = [], set()
    words = list(known)
    for change in changes:
        codes = find(change.old), find(change.new)
        for text, code in zip((change.old, change.new), codes, strict=True):
            if code < 0 and text not in told:
                told.add(text)
                what = "may be several regions" if code == tables.AMBIGUOUS else "is no known region"
                findings.error(
                    "region change",
                    f"{text!r} of the change {change.old} → {change.new} {what}. {nearest(text, words)}".strip(),
                    "Mend the change, or add the region to the regions table.",
                    year=change.year,
                )
        if min(codes) >= 0:
            lines.append(_Line(change.year, *codes, change.share))
    return lines


def _shares(
    lines: list[_Line], names: tuple[str, ...], findings: Findings
) -> dict[tuple[int, int, int], float]:
    """Return the share of each line; what a region that lives on keeps is what the others leave."""
    shares: dict[tuple[int, int, int], float] = {}
    groups: dict[tuple[int, int], list[_Line]] = {}
    for line in lines:
        if (line.year, line.old, line.new) in shares:
            findings.error(
                "region change",
                f"{names[line.old]} → {names[line.new]} stands twice.",
                "Keep one of the two lines.",
                year=line.year,
            )
        shares[line.year, line.old, line.new] = line.share
        groups.setdefault((line.year, line.old), []).append(line)
    for (year, old), group in groups.items():
        others = sum(line.share for line in group if line.new != old)
        itself = next((line.share for line in group if line.new == old), None)
        if itself == 1.0 and 0 < others < 1 - _WHOLE:
            shares[year, old, old] = 1.0 - others
        elif abs((itself or 0.0) + others - 1.0) > _WHOLE:
            findings.error(
                "region change",
                f"the shares of {names[old]} sum to {(itself or 0.0) + others:g}, not 1.",
                "Give every region that it became, itself too where it lives on, and their shares.",
                year=year,
            )
    return shares


def _gone(lines: list[_Line]) -> dict[int, int]:
    """Return the year in which each region ended: it became others, and is not among them."""
    kept = {(line.year, line.old) for line in lines if line.old == line.new}
    gone: dict[int, int] = {}
    for line in sorted(lines, key=lambda line: line.year):
        if (line.year, line.old) not in kept:
            gone.setdefault(line.old, line.year)
    return gone


def _order(lines: list[_Line], gone: Mapping[int, int], names: tuple[str, ...], findings: Findings) -> None:
    """Report what comes after the end of a region: that it becomes another, or another it, as in a circle."""
    for line in lines:
        said, why = f"{names[line.old]} cannot become {names[line.new]}", ""
        if line.old != line.new and gone.get(line.new, line.year + 1) <= line.year:
            path = _path(lines, line.new, line.old)
            circle = " → ".join(names[code] for code in (line.old, *path))
            why = (
                f"{names[line.new]} ended in {gone[line.new]}{f', and {circle} is a circle' if path else ''}"
            )
        elif gone.get(line.old, line.year) < line.year:
            why = f"it ended in {gone[line.old]}"
        if why:
            findings.error(
                "region change",
                f"{said}: {why}.",
                "Say of each old region what it became, and when.",
                year=line.year,
            )


def _path(lines: list[_Line], start: int, end: int) -> list[int]:
    """Return the regions that `start` became one after another until `end`, empty where it never did."""
    paths, seen = [[start]], {start}
    for path in paths:
        if path[-1] == end:
            return path
        for line in lines:
            if line.old == path[-1] and line.new not in seen:
                seen.add(line.new)
                paths.append([*path, line.new])
    return []


def _late(raw: Raw, gone: Mapping[int, int], findings: Findings) -> None:
    """Report rows of regions that had ended."""
    for old, year in gone.items():
        for row in np.flatnonzero((raw.region == old) & (raw.year >= year)).tolist():
            findings.error(
                "region change",
                f"{raw.region_names[old]!r} has a row for {raw.year[row]}, but ended in {year}.",
                "Enter the row under the region's new name, or mend the change.",
                **_place(raw, row),
            )


def _place(raw: Raw, row: int) -> dict[str, object]:
    """Tell where a row was printed, as far as its first cell says."""
    variable = 0 if raw.piece is None else int(np.argmax(raw.piece[row] >= 0))
    where = raw.where(row, variable)
    return {key: where[key] for key in ("file", "row", "region", "year") if key in where}


def _today(raw: Raw, regions: tables.Regions | None, gone: set[int]) -> Raw:
    """Drop the names of regions that are no more, and rows of those that the regions table never had."""
    used = set(np.unique(raw.region).tolist())
    known = range(len(raw.regions))
    keep = [c for c in known if c in used or c not in gone] if regions is None else list(range(len(regions)))
    code = np.full(len(raw.regions), -1, dtype=np.intp)
    code[keep] = np.arange(len(keep))
    found = code[raw.region]
    raw = raw if (found >= 0).all() else _rebuilt(raw, found >= 0, [])
    return replace(
        raw,
        region=code[raw.region],
        regions=tuple(raw.regions[c] for c in keep),
        region_names=tuple(raw.region_names[c] for c in keep),
    )


# --- One year's changes on the rows before it ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Kinds:
    """How each variable combines, by position: "sum", "mean", "weighted_mean", "rate" or "none".

    A "rate" is computed anew from its counts, whose positions `counts` holds; `weights` gives the people of a
    region and year for a weighted mean, or the position of the variable that does.
    """

    kind: list[str]
    counts: dict[int, tuple[int, int]]
    people: dict[int, int]
    table: tables.Regions | None
    column: dict[int, str]
    nearest: bool

    @classmethod
    def of(cls, raw: Raw, model: FrameworkFile, table: tables.Regions | None) -> _Kinds:
        place = {name: position for position, name in enumerate(raw.names)}
        kind = ["sum"] * len(raw.names)
        counted = {
            name for i in model.indicator for name in (i.numerator, i.denominator, i.population) if name
        }
        counts, people, column = {}, {}, {}
        for indicator in model.indicator:
            at = place[indicator.id]
            if indicator.numerator and indicator.denominator:
                kind[at] = "rate"
                counts[at] = place[indicator.numerator], place[indicator.denominator]
            elif indicator.roll_up in ("sum", "mean", "weighted_mean"):
                kind[at] = indicator.roll_up
            elif indicator.roll_up is not None or indicator.id not in counted:
                kind[at] = "none"
            if indicator.population in place:
                people[at] = place[indicator.population]
            else:
                column[at] = indicator.population or "population"
        fill = model.equalization.population_fill if model.equalization else "none"
        return cls(kind, counts, people, table, column, fill == "nearest")

    def of_kind(self, *wanted: str) -> list[int]:
        """Return the variables that combine in one of these ways."""
        return [variable for variable, kind in enumerate(self.kind) if kind in wanted]

    def weights(self, variable: int, cells: FloatArray, regions: IntArray, year: int) -> FloatArray:
        """Return the people of each region, NaN where they are not known."""
        if variable in self.people:
            found = cells[:, self.people[variable]]
            return np.where(found >= 0, found, np.nan)
        name = self.column[variable]
        if self.table is None or name not in self.table.frame.columns:
            return np.full(len(regions), np.nan)
        return yearly(self.table, name, regions, np.full(len(regions), year), nearest=self.nearest)


@dataclass(frozen=True, slots=True)
class _Merged:
    """A row that stands for those it was made from."""

    region: int
    year: int
    values: FloatArray
    source: FloatArray | None
    reasons: dict[int, str]
    dropped: dict[str, str]


def _step(
    raw: Raw,
    year: int,
    parts: Mapping[int, list[tuple[int, float]]],
    kinds: _Kinds,
    findings: Findings,
) -> Raw:
    """Re-express the rows before `year`; `parts` are the old regions and their shares of each new one."""
    olds = {old for group in parts.values() for old, _ in group}
    early = np.flatnonzero((raw.year < year) & np.isin(raw.region, [*olds, *parts]))
    row_of = {(int(raw.region[row]), int(raw.year[row])): row for row in early.tolist()}
    bounded: dict[int, list[int]] = {}
    for row, variable in raw.bounds:
        bounded.setdefault(row, []).append(variable)
    region, keep, merged = raw.region.copy(), np.ones(len(raw.region), dtype=bool), []
    keep[early[np.isin(raw.region[early], list(olds))]] = False
    for new, group in parts.items():
        years = sorted({y for code, y in row_of if code in {old for old, _ in group}})
        for y in years if new not in olds else ():
            if (new, y) in row_of:
                findings.error(
                    "region change",
                    f"{raw.region_names[new]} has a row of its own for {y} beside {_named(raw, group)}.",
                    f"Keep one of them, or list {raw.region_names[new]} among the old regions of {year}.",
                    **_place(raw, row_of[new, y]),
                )
        lost = 0
        if len(group) == 1 and group[0][1] == 1.0:
            rows = [row_of[group[0][0], y] for y in years]
            region[rows], keep[rows] = new, True
        else:
            fresh = [_merge(raw, new, y, group, row_of, bounded, kinds) for y in years]
            lost = sum(len(row.reasons) for row in fresh)
            merged += fresh
        said = f"{_named(raw, group)} → {raw.region_names[new]}"
        without = f", cells without a value: {lost}" if lost else ""
        rows_said = "1 earlier row" if len(years) == 1 else f"{len(years)} earlier rows"
        findings.notes.append(f"region change of {year}, {said}: {rows_said} re-expressed{without}")
    return _rebuilt(replace(raw, region=region), keep, merged)


def _merge(
    raw: Raw,
    new: int,
    year: int,
    group: list[tuple[int, float]],
    row_of: Mapping[tuple[int, int], int],
    bounded: Mapping[int, list[int]],
    kinds: _Kinds,
) -> _Merged:
    """Combine the rows of the old regions into one row of the new one."""
    old = np.array([code for code, _ in group], dtype=np.int64)
    share = np.array([part for _, part in group])
    rows = np.array([row_of.get((code, year), -1) for code, _ in group])
    cells = np.where((rows >= 0)[:, None], raw.values[rows], np.nan)
    for part, row in enumerate(rows.tolist()):
        cells[part, bounded.get(row, [])] = np.nan
    with np.errstate(invalid="ignore"):
        values = (share[:, None] * cells).sum(axis=0)
    whole = bool((share == 1.0).all())
    values[kinds.of_kind("rate", "none", *(() if whole else ("mean", "weighted_mean")))] = np.nan
    people: dict[int, FloatArray] = {}
    if whole:
        values[kinds.of_kind("mean")] /= len(group)
        for variable in kinds.of_kind("weighted_mean"):
            weights = people[variable] = kinds.weights(variable, cells, old, year)
            total = weights.sum()
            values[variable] = np.nan if total == 0 else (weights * cells[:, variable]).sum() / total

    said = f"{'merged' if len(group) > 1 else 'split'} from {_named(raw, group)}"
    reasons: dict[int, str] = {}
    for variable in np.flatnonzero(np.isnan(values)).tolist():
        kind = kinds.kind[variable]
        if kind == "rate":
            if np.isnan(cells[:, kinds.counts[variable]]).all(axis=0).any():
                reasons[variable] = f"{said}: {_NO_COUNTS}"
            continue
        lacking = [raw.region_names[code] for code in old[np.isnan(cells[:, variable])]]
        if kind == "none" or (kind != "sum" and not whole):
            why = _NO_COUNTS
        elif lacking:
            why = f"no value of {_and(lacking)}"
        else:
            why = f"no population of {_and([raw.region_names[c] for c in old[~(people[variable] > 0)]])}"
        reasons[variable] = f"{said}: {why}"
    source = None
    if raw.source_year is not None:
        there = raw.source_year[rows[rows >= 0]]
        source = np.where(np.isnan(values), np.nan, np.fmin.reduce(there, axis=0))
    at = set(rows.tolist())
    dropped = {name: f"{said}: {why}" for (row, name), why in raw.dropped.items() if row in at}
    return _Merged(new, year, values, source, reasons, dropped)


def _rebuilt(raw: Raw, keep: np.ndarray[tuple[int], np.dtype[np.bool_]], merged: list[_Merged]) -> Raw:
    """Return the rows to keep and, behind them, the merged ones."""
    if keep.all() and not merged:
        return raw
    place = np.cumsum(keep) - 1
    first, size, shape = int(keep.sum()), len(merged), raw.values.shape
    piece = np.zeros(shape, dtype=np.int16) if raw.piece is None else raw.piece
    at = np.repeat(np.arange(shape[0])[:, None], shape[1], axis=1) if raw.at is None else raw.at

    def still(row: int) -> bool:
        return bool(keep[row])

    reasons = {(int(place[row]), v): why for (row, v), why in raw.reasons.items() if still(row)}
    dropped = {(int(place[row]), v): why for (row, v), why in raw.dropped.items() if still(row)}
    for number, row in enumerate(merged, start=first):
        reasons |= {(number, variable): why for variable, why in row.reasons.items()}
        dropped |= {(number, name): why for name, why in row.dropped.items()}
    source = None
    if raw.source_year is not None:
        source = np.vstack([raw.source_year[keep], *(row.source for row in merged if row.source is not None)])
    return replace(
        raw,
        region=np.append(raw.region[keep], [row.region for row in merged]).astype(np.intp),
        year=np.append(raw.year[keep], [row.year for row in merged]).astype(np.int64),
        values=np.vstack([raw.values[keep], *(row.values for row in merged)]),
        bounds={(int(place[row]), v): bound for (row, v), bound in raw.bounds.items() if still(row)},
        reasons=reasons,
        dropped=dropped,
        source_year=source,
        piece=np.vstack([piece[keep], np.full((size, shape[1]), -1, dtype=np.int16)]),
        at=np.vstack([at[keep], np.zeros((size, shape[1]), dtype=np.int64)]),
    )


def _named(raw: Raw, group: list[tuple[int, float]]) -> str:
    return _and([raw.region_names[code] for code, _ in group])


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
