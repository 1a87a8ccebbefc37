"""A scored panel as years x nodes x regions: the shape that equalization kernels batch over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import FloatArray
from equindex.errors import DataError, nearest
from equindex.scoring import Scores

__all__ = ["Cube"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cube:
    """Values of shape (years, indicators, regions), scores of shape (years, nodes, regions), NaN where none.

    `population` broadcasts to the values, `people` to the scores; `groups` holds, by name, the codes of shape
    (years, regions), -1 where a region has no row, and the labels.
    """

    years: tuple[int, ...]
    regions: NDArray[np.intp]
    names: tuple[str, ...]
    x: FloatArray
    population: FloatArray | None
    scores: FloatArray | None
    people: FloatArray | None
    groups: Mapping[str, tuple[NDArray[np.intp], tuple[str, ...]]]

    def members(self, group: str) -> NDArray[np.intp]:
        """Return each region's group in the last year that has it, shape (regions,).

        Raises
        ------
        DataError
            If there is no such group.
        """
        if group not in self.groups:
            raise DataError(f"no group {group!r} to draw whole. {nearest(group, self.groups)}")
        codes = self.groups[group][0]
        last = codes.shape[0] - 1 - np.argmax((codes >= 0)[::-1], axis=0)
        found: NDArray[np.intp] = np.take_along_axis(codes, last[None], axis=0)[0]
        return found

    def ends(self) -> Cube:
        """Return the first and the last year alone, with only those regions that both have, node by node."""
        pick = [0, -1]

        def both(values: FloatArray) -> FloatArray:
            return np.where(np.isfinite(values[pick]).all(axis=0), values[pick], np.nan)

        return replace(
            self,
            years=(self.years[0], self.years[-1]),
            x=both(self.x),
            population=None if self.population is None else self.population[pick],
            scores=None if self.scores is None else both(self.scores),
            people=None if self.people is None else self.people[pick],
            groups={name: (codes[pick], labels) for name, (codes, labels) in self.groups.items()},
        )

    @classmethod
    def of(cls, scores: Scores, years: Iterable[int] | None = None) -> Cube:
        """Arrange a scored panel.

        Raises
        ------
        DataError
            If a year has no data, or fewer than two regions have any.
        """
        panel = scores.panel
        wanted = tuple(panel.rows_of) if years is None else tuple(sorted(set(years)))
        absent = [year for year in wanted if year not in panel.rows_of]
        if absent:
            raise DataError(
                f"no data for {', '.join(map(str, absent))}. Years: {', '.join(map(str, panel.rows_of))}."
            )
        regions = np.unique(panel.region[np.concatenate([panel.rows_of[year] for year in wanted])])
        if len(regions) < 2:
            alone = panel.region_names[regions[0]] if len(regions) else "none"
            raise DataError(
                f"evenness needs two regions or more, but the data have one ({alone}). For how far a single region "
                "has come, use equindex score."
            )
        place = np.full(len(panel.regions), -1, dtype=np.intp)
        place[regions] = np.arange(len(regions))

        def spread(values: Any, fill: Any, dtype: Any = float) -> Any:
            shape = (len(wanted), len(regions), *np.shape(values)[1:])
            out = np.full(shape, fill, dtype=dtype)
            for k, year in enumerate(wanted):
                rows = panel.rows_of[year]
                out[k, place[panel.region[rows]]] = values[rows]
            return out

        weights = [panel.populations.get(k, panel.population) for k in range(panel.x.shape[1])]
        population = None
        if all(w is not None for w in weights):
            same = all(w is weights[0] for w in weights)
            columns = [w for w in weights[: 1 if same else None] if w is not None]
            population = np.moveaxis(spread(np.column_stack(columns), np.nan), -1, 1)
        rolled, nodes = scores.rolled, None
        if rolled is not None and rolled.score.shape[1] > 1:
            flat = np.full((len(panel.x), rolled.score.shape[1]), np.nan)
            flat[panel.order] = rolled.score
            nodes = np.moveaxis(spread(flat, np.nan), -1, 1)
        return cls(
            years=wanted,
            regions=regions,
            names=tuple(panel.region_names[code] for code in regions),
            x=np.ascontiguousarray(np.moveaxis(spread(panel.x, np.nan), -1, 1)),
            population=population,
            scores=nodes,
            people=None
            if panel.population is None
            else spread(panel.population[:, None], np.nan).swapaxes(1, 2),
            groups={
                name: (spread(codes, -1, np.intp), labels) for name, (codes, labels) in panel.groups.items()
            },
        )
