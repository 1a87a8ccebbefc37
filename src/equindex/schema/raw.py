"""Variables as they were printed, before indicators are computed from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equindex import notation, tables
from equindex._arrays import FloatArray
from equindex.model import FrameworkFile, Indicator
from equindex.schema.panel import NO_VALUE, Bound, Panel

__all__ = ["Piece", "Raw"]


@dataclass(slots=True)
class Piece:
    """One sheet with its regions, years and variables matched; `variable` is per row in a long sheet."""

    sheet: tables.Sheet
    region: NDArray[np.intp]
    year: NDArray[np.int64]
    lines: NDArray[Any]
    values: FloatArray
    columns: list[int]
    headers: list[str]
    variable: NDArray[np.intp] | None = None
    source_year: FloatArray | None = None
    special: dict[tuple[int, int], notation.Reading] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Raw:
    """Variables of shape (rows, variables) and where each cell was printed."""

    names: list[str]
    regions: tuple[str, ...]
    region_names: tuple[str, ...]
    region: NDArray[np.intp]
    year: NDArray[np.int64]
    values: FloatArray
    bounds: dict[tuple[int, int], Bound]
    reasons: dict[tuple[int, int], str]
    source_year: FloatArray | None
    pieces: list[Piece]
    piece: NDArray[np.int16] | None
    at: NDArray[np.int64] | None
    excluded: list[str]
    dropped: dict[tuple[int, str], str] = field(default_factory=dict)

    def where(self, row: int, variable: int) -> dict[str, Any]:
        """Tell the file, row and column in which a cell was printed, and its region and year."""
        known = {"region": self.region_names[self.region[row]], "year": int(self.year[row])}
        number, line = 0, row
        if self.piece is not None and self.at is not None:
            number, line = int(self.piece[row, variable]), int(self.at[row, variable])
        piece = self.pieces[number]
        if number < 0 or (piece.variable is None and variable not in piece.columns):
            return {**known, "indicator": self.names[variable]}
        header = (
            piece.headers[piece.columns.index(variable)] if piece.variable is None else self.names[variable]
        )
        place = "column" if piece.variable is None else "indicator"
        return {**known, "file": piece.sheet.name, "row": int(piece.lines[line]), place: header}

    def panel(self, model: FrameworkFile) -> Panel:
        """Compute each indicator from its variables."""
        position = {name: number for number, name in enumerate(self.names)}
        plain = [i.id for i in model.indicator] == self.names[: len(model.indicator)]
        plain = plain and not any(i.numerator for i in model.indicator)
        bounds, reasons = dict(self.bounds), dict(self.reasons)
        source = self.source_year
        if plain:
            x = (
                self.values
                if len(self.names) == len(model.indicator)
                else self.values[:, : len(model.indicator)]
            )
        else:
            x = np.full((len(self.region), len(model.indicator)), np.nan)
            source = None if source is None else np.full(x.shape, np.nan)
            bounds, reasons = {}, {}
            for column, indicator in enumerate(model.indicator):
                self._fill(x, column, indicator, position, bounds, reasons, source)
        columns = {indicator.id: column for column, indicator in enumerate(model.indicator)}
        for (row, name), reason in self.dropped.items():
            if name in columns:
                at = row, columns[name]
                x[at], reasons[at] = np.nan, reason
                bounds.pop(at, None)
        return Panel(
            regions=self.regions,
            region_names=self.region_names,
            region=self.region,
            year=self.year,
            x=x,
            bounds=bounds,
            reasons=reasons,
            source_year=source,
            excluded=tuple(self.excluded),
            counts={name: self._counts(at) for name, at in position.items() if name not in columns},
        )

    def _counts(self, variable: int) -> FloatArray:
        """Return a variable, NaN where it is known only as a bound."""
        unsure = [row for row, at in self.bounds if at == variable]
        if not unsure:
            return self.values[:, variable]
        values = self.values[:, variable].copy()
        values[unsure] = np.nan
        return values

    def _fill(
        self,
        x: FloatArray,
        column: int,
        indicator: Indicator,
        position: dict[str, int],
        bounds: dict[tuple[int, int], Bound],
        reasons: dict[tuple[int, int], str],
        source: FloatArray | None,
    ) -> None:
        own = position.get(indicator.id)
        if own is not None:
            x[:, column] = self.values[:, own]
            bounds |= {(row, column): bound for (row, at), bound in self.bounds.items() if at == own}
            reasons |= {(row, column): reason for (row, at), reason in self.reasons.items() if at == own}
            if source is not None and self.source_year is not None:
                source[:, column] = self.source_year[:, own]
        if indicator.numerator is None or indicator.denominator is None:
            return
        above, below = position[indicator.numerator], position[indicator.denominator]
        top, bottom = self.values[:, above], self.values[:, below]
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = np.where(bottom == 0, np.nan, top / bottom * indicator.per)
        fresh = np.isnan(x[:, column])
        x[fresh, column] = rate[fresh]
        for row in np.flatnonzero(fresh & np.isnan(rate)).tolist():
            if bottom[row] == 0:
                reasons[row, column] = f"denominator {indicator.denominator!r} is zero"
            else:
                lacking = above if np.isnan(top[row]) else below
                why = self.reasons.get((row, lacking), NO_VALUE)
                reasons.setdefault((row, column), f"{self.names[lacking]}: {why}")
        for (row, at), bound in self.bounds.items():
            if at == above and fresh[row] and np.isfinite(rate[row]):
                by = indicator.per / bottom[row]
                bounds[row, column] = Bound(
                    bound.low * by, bound.high * by, bound.low_strict, bound.high_strict, bound.raw
                )
            if at == below and fresh[row]:
                x[row, column] = np.nan
                reasons[row, column] = f"denominator {indicator.denominator!r} is known only as {bound.raw}"
        if source is not None and self.source_year is not None:
            pair = np.fmin(self.source_year[:, above], self.source_year[:, below])
            source[:, column] = np.where(fresh, pair, source[:, column])
