"""The tables of the index: overall and by group from the scores as written, inequality from the values themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equindex import equalization
from equindex._arrays import BoolArray, FloatArray, IntArray
from equindex._summary import summarise
from equindex.batch.blocks import Intake
from equindex.batch.finish import Year
from equindex.batch.passes import merged
from equindex.batch.sources import Unit
from equindex.errors import FrameworkError
from equindex.model import Equalization
from equindex.schema import regional
from equindex.scoring import Plan
from equindex.scoring.equalized import inequality_of, percent_columns, rolled_degrees

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Tables"]

_COPIES = 12  # arrays of a column's size that measuring it takes
_NAMES = ("year", "by", "group", "rows", "scored", "mean", "sd", "min", "max", "population", "weighted_mean")


@dataclass(frozen=True, kw_only=True)
class Tables:
    """Makes the tables of what was scored; `memory` bounds how many columns are measured at a time."""

    intake: Intake
    plan: Plan
    units: Sequence[Unit]
    years: Sequence[Year]
    memory: int

    def index(self) -> pd.DataFrame:
        """Return rows, mean, spread and extremes of the index: of all regions of a year, then of each group."""
        import pandas as pd

        rows = [row for year in self.years for row in self._index_of(year)]
        return pd.DataFrame(rows, columns=list(_NAMES))

    def inequality(self) -> pd.DataFrame | None:
        """Return the `inequality` table over all rows of each year; None without [equalization].

        Raises
        ------
        FrameworkError
            If one column of a year does not fit the memory.
        """
        import pandas as pd

        wanted = self.plan.model.equalization
        if wanted is None:
            return None
        return pd.DataFrame([row for year in self.years for row in self._inequality_of(year, wanted)])

    def _codes(self, year: Year) -> IntArray | None:
        """Return the place in the regions table of each row of a year."""
        if self.intake.framework.regions is None:
            return None
        place = {code: at for at, code in enumerate(self.intake.framework.regions.codes)}
        parts = []
        for _, table in year.columns("region"):
            column = table.column("region").combine_chunks().dictionary_encode()
            if hasattr(column, "combine_chunks"):
                column = column.combine_chunks()
            known = np.array([place[word] for word in column.dictionary.to_pylist()], dtype=np.int64)
            parts.append(known[column.indices.to_numpy()])
        return np.concatenate(parts)

    def _beside(self, year: Year, codes: IntArray | None) -> tuple[FloatArray | None, dict[str, Any]]:
        """Return the population of every row and its groups."""
        if codes is None:
            return None, {}
        regions = self.intake.framework.regions
        assert regions is not None
        present: BoolArray = np.zeros(len(regions.codes), dtype=bool)
        present[codes] = True
        population, groups = regional(self.plan.model, regions, year.year, present)
        held = None if population is None else population[codes]
        return held, {name: (numbers[codes], labels) for name, (numbers, labels) in groups.items()}

    def _index_of(self, year: Year) -> Iterator[dict[str, Any]]:
        population, groups = self._beside(year, self._codes(year))
        score = np.concatenate(list(year.scores()))
        yield {"year": year.year, "by": "", "group": ""} | _about(score, population)
        for by, (numbers, labels) in groups.items():
            order = np.argsort(numbers, kind="stable")
            ends = np.searchsorted(numbers[order], np.arange(len(labels) + 1))
            for group in np.argsort(np.array(labels, dtype=object)).tolist():
                here = order[ends[group] : ends[group + 1]]
                if len(here):
                    held = None if population is None else population[here]
                    yield {"year": year.year, "by": by, "group": labels[group]} | _about(score[here], held)

    def _inequality_of(self, year: Year, wanted: Equalization) -> list[dict[str, Any]]:
        shared, groups = self._beside(year, self._codes(year))
        most = self.memory // (_COPIES * 8 * max(1, year.rows))
        if most < 1:
            need = _COPIES * 8 * year.rows / 1e9
            raise FrameworkError(
                f"the inequality of {year.year} over {year.rows:,} rows takes about {need:.1f} GB. What is scored is "
                f"kept: go on with --resume --memory {need + 0.1:.1f}GB, or begin again without [equalization]."
            )
        leaves = self.plan.tree.nodes
        rows: list[dict[str, Any]] = []
        for first in range(0, len(leaves), most):
            columns = list(range(first, min(first + most, len(leaves))))
            x, counts = self._values(year, columns)
            named = [self.plan.model.indicator[column].population for column in columns]
            held = [counts.get(name or "", shared) for name in named]
            rows += inequality_of(self.plan, year.year, x, leaves[columns], held, "values", groups)
            percent = [k for k, column in enumerate(columns) if column in percent_columns(self.plan)]
            if "shortfall" in wanted.basis and percent:
                short, nodes = equalization.shortfall(x[:, percent]), leaves[columns][percent]
                some = [held[k] for k in percent]
                rows += inequality_of(self.plan, year.year, short, nodes, some, "shortfall", groups)
        if most < len(leaves):
            rows += rolled_degrees(self.plan, year.year, rows)
        if "scores" in wanted.basis:
            score = np.concatenate(list(year.scores()))[:, None]
            rows += inequality_of(self.plan, year.year, score, [0], [shared], "scores", groups)
        return rows

    def _values(self, year: Year, columns: Sequence[int]) -> tuple[FloatArray, dict[str, FloatArray]]:
        """Read some columns of a year again."""
        parts = {number for number, *_ in year.parts}
        x: list[FloatArray] = []
        counts: dict[str, list[FloatArray]] = {name: [] for name in self.intake.variables}
        for unit in self.units:
            if unit.number not in parts:
                continue
            for block in self.intake.blocks(unit, [], columns):
                rows = block.of(year.year) if year.year in block.years else None
                if rows is not None:
                    x.append(np.column_stack([rows.columns[at] for at in columns]))
                    for name, values in rows.counts.items():
                        counts[name].append(values)
        return np.concatenate(x), {name: np.concatenate(part) for name, part in counts.items() if part}


def _about(score: FloatArray, population: FloatArray | None) -> dict[str, Any]:
    found = merged([summarise(part[:, None]) for part in np.array_split(score, 1 + len(score) // (1 << 20))])
    scored = ~np.isnan(score)
    people = None if population is None else float(population[scored].sum())
    weighted = None
    if population is not None and people:
        weighted = float((population[scored] * score[scored]).sum() / people)
    return {
        "rows": len(score),
        "scored": int(found.n[0]),
        "mean": float(found.mean[0]),
        "sd": float(found.sd()[0]),
        "min": float(found.min[0]),
        "max": float(found.max[0]),
        "population": people,
        "weighted_mean": weighted,
    }
