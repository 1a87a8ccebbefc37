"""The checked data: one row for each region and year, one column for each indicator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import FloatArray

__all__ = ["Bound", "Panel"]

NO_VALUE = "no value in the data"


@dataclass(frozen=True, slots=True)
class Bound:
    """A value known only as a bound: the interval it lies in and what was printed."""

    low: float
    high: float
    low_strict: bool
    high_strict: bool
    raw: str


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Indicator values of shape (rows, indicators), with what is known about each cell.

    `region` holds positions in `regions`; `bounds` and `reasons` are keyed by (row, column) and name only the
    cells that need it: a missing cell without a reason had no value in the data. `places` are the positions of
    the regions that targets name; `conditions` say of each region whether a target for some of them
    (``area=new``) is for it. `lowest` are the regions without parts of their own, whose cells of a ``share``
    indicator count towards the share of the region above. `peers` is the group of each row that imputation fills from,
    -1 for none; `forced` is 1 for rows that screening keeps by name, -1 for those it drops. `deck` has
    another table's values for the cells, and `deck_year` their years. `counts` holds
    numerators, denominators and other variables beside the indicators, each of shape (rows,), NaN where only a
    bound is known.
    """

    regions: tuple[str, ...]
    region_names: tuple[str, ...]
    region: NDArray[np.intp]
    year: NDArray[np.int64]
    x: FloatArray
    bounds: Mapping[tuple[int, int], Bound] = field(default_factory=dict)
    reasons: Mapping[tuple[int, int], str] = field(default_factory=dict)
    source_year: FloatArray | None = None
    population: FloatArray | None = None
    populations: Mapping[int, FloatArray] = field(default_factory=dict)
    groups: Mapping[str, tuple[NDArray[np.intp], tuple[str, ...]]] = field(default_factory=dict)
    peers: NDArray[np.intp] | None = None
    forced: NDArray[np.int8] | None = None
    deck: FloatArray | None = None
    deck_year: FloatArray | None = None
    scored: NDArray[np.bool_] | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    excluded: tuple[str, ...] = ()
    places: Mapping[str, int] = field(default_factory=dict)
    conditions: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    lowest: NDArray[np.bool_] | None = None
    counts: Mapping[str, FloatArray] = field(default_factory=dict)

    @cached_property
    def rows_of(self) -> dict[int, NDArray[np.intp]]:
        """Scored rows of each year, regions in their own order; years rise."""
        rows = np.lexsort((self.region, self.year))
        if self.scored is not None:
            rows = rows[self.scored[rows]]
        if not rows.size:
            return {}
        years, starts = np.unique(self.year[rows], return_index=True)
        return {int(y): part for y, part in zip(years, np.split(rows, starts[1:]), strict=True)}

    @cached_property
    def order(self) -> NDArray[np.intp]:
        """Scored rows by year, then region: the order of every result table."""
        parts = list(self.rows_of.values())
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.intp)

    def reason(self, row: int, column: int) -> str:
        """Why the value in a cell is missing."""
        return self.reasons.get((row, column), NO_VALUE)

    def reasons_of(self, rows: NDArray[np.intp], column: int) -> list[str]:
        """Why the values of a column are missing in these rows."""
        if not self.reasons:
            return [NO_VALUE] * len(rows)
        return [self.reason(row, column) for row in rows.tolist()]

    def label(self, row: int) -> str:
        """Name a row for messages: region and year."""
        return f"{self.region_names[self.region[row]] or self.regions[self.region[row]]}, {self.year[row]}"
