"""All sheets become one panel: cells are placed, duplicates and exclusions settled, rates computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from equindex import notation, tables
from equindex._arrays import FloatArray
from equindex.model import FrameworkFile
from equindex.schema.changes import ended, follow, with_old
from equindex.schema.checks import inspect_panel, refuse_infinite, warn_of_widths
from equindex.schema.conditions import conditions
from equindex.schema.findings import Findings
from equindex.schema.hierarchy import inspect_tree, lowest_parts
from equindex.schema.panel import Bound, Panel
from equindex.schema.raw import Piece, Raw
from equindex.schema.reader import Reader
from equindex.schema.regions import attach, places, without_data
from equindex.schema.words import listed

__all__ = ["observe", "report_absent"]


def observe(
    model: FrameworkFile,
    regions: tables.Regions | None,
    sheets: Sequence[tables.Sheet],
    *,
    reference_known: bool = False,
    partial: bool = False,
) -> tuple[Panel | None, Findings]:
    """Match, read and check the data of a framework.

    Parameters
    ----------
    model : FrameworkFile
        The framework.
    regions : Regions, optional
        Its regions table; without one every region named in the data is taken as it stands.
    sheets : sequence of Sheet
        The data, long or wide.
    reference_known : bool
        Whether the reference region may be absent, because a fit has its values.
    partial : bool
        Whether some of the variables may be absent; not all.

    Returns
    -------
    panel : Panel or None
        None where errors leave nothing to score.
    findings : Findings
        Every error and warning.
    """
    reader = Reader(model, with_old(model, regions))
    for sheet in sheets:
        reader.read(sheet)
    raw = _assemble(reader, partial)
    if raw is None:
        if not reader.findings.errors:
            reader.findings.error(
                "no data", "no row of the data can be scored.", "Check [table].keep and the years."
            )
        return None, reader.findings
    refuse_infinite(raw, model, reader.findings)
    raw = follow(raw, model, regions, reader.findings)
    if not len(raw.region):
        return None, reader.findings
    if regions is None:
        warn_of_widths(reader.free, reader.findings)
    else:
        without_data(raw.region, model, regions, reader.findings, ended(model, regions))
    panel = attach(raw.panel(model), model, regions, raw, reader.findings, reference_known)
    found = places(model, regions, panel, reader.findings)
    panel = replace(panel, places=found, conditions=conditions(model, regions, reader.findings))
    inspect_tree(model, regions, panel, reader.findings)
    panel = replace(panel, lowest=lowest_parts(model, regions, panel))
    inspect_panel(panel, model, raw, reader.findings)
    return (None if reader.findings.errors else panel), reader.findings


def _assemble(reader: Reader, partial: bool) -> Raw | None:
    """Put all pieces into one matrix of variables; duplicates and absent columns are errors."""
    report_absent(reader, partial)
    pieces = [piece for piece in reader.pieces if len(piece.region)]
    if not pieces:
        return None
    reader.pieces = pieces
    ids, names = _labels(reader)
    keys = [piece.year * len(ids) + piece.region for piece in pieces]
    one = pieces[0]
    if len(pieces) == 1 and one.variable is None and _distinct(keys[0]):
        return _single(reader, one, ids, names)
    rows = np.unique(np.concatenate([key[_used(piece)] for key, piece in zip(keys, pieces, strict=True)]))
    if not rows.size:
        return None
    shape = (len(rows), len(reader.names))
    raw = Raw(
        names=reader.names,
        regions=ids,
        region_names=names,
        region=(rows % len(ids)).astype(np.intp),
        year=rows // len(ids),
        values=np.full(shape, np.nan),
        bounds={},
        reasons={},
        source_year=np.full(shape, np.nan) if reader.source_years else None,
        pieces=pieces,
        piece=np.full(shape, -1, dtype=np.int16),
        at=np.zeros(shape, dtype=np.int64),
        excluded=[],
    )
    for number, (piece, key) in enumerate(zip(pieces, keys, strict=True)):
        at = np.searchsorted(rows, key)
        if piece.variable is not None:
            used = _used(piece)
            _place(
                reader, raw, number, np.flatnonzero(used), at[used], piece.variable[used], piece.values[used]
            )
        else:
            for j, variable in enumerate(piece.columns):
                spot = np.full(len(at), variable, dtype=np.intp)
                _place(reader, raw, number, np.arange(len(at)), at, spot, piece.values[:, j])
        for (row, j), reading in piece.special.items():
            variable = int(piece.variable[row]) if piece.variable is not None else piece.columns[j]
            if variable >= 0:
                _special(reader, raw, int(at[row]), variable, reading)
    return _excluded(reader, raw)


def _distinct(keys: NDArray[np.int64]) -> bool:
    return bool((keys[1:] > keys[:-1]).all()) or len(np.unique(keys)) == len(keys)


def _used(piece: Piece) -> NDArray[np.bool_]:
    return np.ones(len(piece.region), dtype=bool) if piece.variable is None else piece.variable >= 0


def _single(reader: Reader, piece: Piece, ids: tuple[str, ...], names: tuple[str, ...]) -> Raw:
    values, source = piece.values, None
    if piece.columns != list(range(len(reader.names))):
        values = np.full((len(piece.region), len(reader.names)), np.nan)
        values[:, piece.columns] = piece.values
    if piece.source_year is not None:
        source = np.repeat(piece.source_year[:, None], len(reader.names), axis=1)
    raw = Raw(
        names=reader.names,
        regions=ids,
        region_names=names,
        region=piece.region,
        year=piece.year,
        values=values,
        bounds={},
        reasons={},
        source_year=source,
        pieces=[piece],
        piece=None,
        at=None,
        excluded=[],
    )
    for (row, j), reading in piece.special.items():
        _special(reader, raw, row, piece.columns[j], reading)
    return _excluded(reader, raw)


def _labels(reader: Reader) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if reader.table is None:
        return tuple(reader.free), tuple(reader.free)
    return tuple(reader.table.codes), tuple(reader.table.names)


def _place(
    reader: Reader,
    raw: Raw,
    number: int,
    lines: NDArray[np.intp],
    rows: NDArray[np.intp],
    variables: NDArray[np.intp],
    values: FloatArray,
) -> None:
    """Write cells into the matrix; a cell written twice is an error that names both rows."""
    assert raw.piece is not None
    assert raw.at is not None
    flat = rows * len(reader.names) + variables
    _, first = np.unique(flat, return_index=True)
    again = np.ones(len(flat), dtype=bool)
    again[first] = False
    again |= raw.piece.ravel()[flat] >= 0
    fresh = ~again
    raw.values[rows[fresh], variables[fresh]] = values[fresh]
    raw.piece[rows[fresh], variables[fresh]] = number
    raw.at[rows[fresh], variables[fresh]] = lines[fresh]
    source = reader.pieces[number].source_year
    if raw.source_year is not None and source is not None:
        raw.source_year[rows[fresh], variables[fresh]] = source[lines[fresh]]
    for k in np.flatnonzero(again):
        row, variable = int(rows[k]), int(variables[k])
        there = raw.where(row, variable)
        piece = reader.pieces[number]
        reader.findings.error(
            "duplicate",
            f"{reader.names[variable]!r} stands twice: {raw.values[row, variable]:g} in {there.get('file', '')} "
            f"row {there.get('row')}, {values[k]:g} here.",
            "Keep one of the two rows.",
            file=piece.sheet.name,
            row=int(piece.lines[lines[k]]),
            region=raw.region_names[raw.region[row]],
            year=int(raw.year[row]),
            indicator=reader.names[variable],
        )


def _special(reader: Reader, raw: Raw, row: int, variable: int, reading: notation.Reading) -> None:
    """Keep what a cell says beyond its number: a bound, a reason why it is missing."""
    raw.values[row, variable] = reading.value if reading.operator != "range" else np.nan
    if reading.missing:
        if reading.raw.strip():
            raw.reasons[row, variable] = f"printed as {reading.raw.strip()[:20]}"
    elif reading.operator == "range":
        raw.reasons[row, variable] = f"a range, not one value: {reading.raw.strip()[:40]}"
    elif reading.operator in ("<", "<=", ">", ">="):
        low, high, low_strict, high_strict = reading.bounds
        raw.bounds[row, variable] = Bound(low, high, low_strict, high_strict, reading.raw.strip())
    elif reading.operator == "~":
        reader.findings.warn(
            "approximate value",
            f"{reading.raw.strip()!r} is taken as its number.",
            **raw.where(row, variable),
        )
    if reading.percent and "%" not in (unit := reader.unit(variable)) and unit:
        reader.findings.warn(
            "unit",
            f"{reading.raw.strip()!r} has a % sign, but the unit is {unit}.",
            "Check the column's unit.",
            **raw.where(row, variable),
        )


def _excluded(reader: Reader, raw: Raw) -> Raw:
    if reader.model.exclude and raw.piece is None:
        raw.values = raw.values.copy()  # it may be a view of the caller's table
    for cell in reader.model.exclude:
        code = (
            reader.free.get(cell.region, -1)
            if reader.table is None
            else int(reader.table.match(np.array([cell.region], dtype=object))[0])
        )
        rows = np.flatnonzero((raw.region == code) & (raw.year == cell.year))
        told = f"{cell.region}, {cell.year}, {cell.indicator}: {cell.reason}"
        if code < 0:
            reader.findings.error(
                "exclude", f"no region {cell.region!r}.", "Mend [[exclude]].", region=cell.region
            )
        elif not rows.size:
            reader.findings.notes.append(f"nothing to exclude at {told}")
        else:
            at = int(rows[0]), reader.names.index(cell.indicator)
            raw.values[at] = np.nan
            raw.bounds.pop(at, None)
            raw.reasons[at] = raw.dropped[at[0], cell.indicator] = f"excluded: {cell.reason}"
            raw.excluded.append(told)
    return raw


def report_absent(reader: Reader, partial: bool = False) -> None:
    """Report every variable that no sheet has; where some may be absent, only if all are."""
    seen: set[int] = set()
    for piece in reader.pieces:
        seen |= set(piece.columns) if piece.variable is None else set(np.unique(piece.variable).tolist())
    absent = [
        name for number, name in enumerate(reader.names) if number not in seen and name not in reader.optional
    ]
    if absent and reader.pieces and not (partial and seen - {-1}):
        reader.findings.error(
            "missing columns",
            f"{len(absent)} of {len(reader.names)} variables have no data: {listed(absent)}.",
            "Add the columns, rename them, or drop the indicators.",
        )
