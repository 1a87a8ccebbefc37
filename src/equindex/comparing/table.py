"""Scores and ranks of variants as arrays, and the rows of the tables made of them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from equindex import diagnostics
from equindex._arrays import FloatArray
from equindex.comparing.scored import Scored
from equindex.comparing.swaps import count_swapped, ranks_among, swapped
from equindex.comparing.variants import Variant
from equindex.errors import DomainError
from equindex.scoring.tidy import categorical, tiled, whole

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Table"]

Row = dict[str, Any]

_EVERY_PAIR = 30  # variants of which every two are held against each other


@dataclass(frozen=True, kw_only=True)
class Table:
    """Scores and ranks of shape (regions, variants), NaN where there are none."""

    found: Sequence[tuple[Variant, Scored | str]]
    year: int
    reference: int
    regions_of: tuple[str, ...]
    names: Mapping[str, str]
    rows: Mapping[int, NDArray[np.intp]]
    score: FloatArray
    rank: FloatArray
    coverage: FloatArray

    @classmethod
    def of(cls, found: Sequence[tuple[Variant, Scored | str]], year: int) -> Table:
        """Put the scores of every variant beside each other, regions by id."""
        parts = {number: one for number, (_, one) in enumerate(found) if isinstance(one, Scored)}
        names: dict[str, str] = {}
        for one in parts.values():
            names |= dict(zip(one.regions, one.names, strict=True))
        place = {region: row for row, region in enumerate(names)}
        shape = (len(names), len(found))
        score, rank, coverage = (np.full(shape, np.nan) for _ in range(3))
        rows = {}
        for number, one in parts.items():
            at = np.array([place[region] for region in one.regions])
            score[at, number] = one.score
            rank[at, number] = np.where(one.rank > 0, one.rank, np.nan)
            coverage[at, number] = one.coverage
            rows[number] = np.full(len(names), -1)
            rows[number][at] = np.arange(len(at))
        return cls(
            found=found,
            year=year,
            reference=min(parts),
            regions_of=tuple(names),
            names=names,
            rows=rows,
            score=score,
            rank=rank,
            coverage=coverage,
        )

    @property
    def first(self) -> Scored:
        """The scores of the reference."""
        return self.part(self.reference)

    def part(self, number: int) -> Scored:
        """Return the scores of a variant that has some."""
        one = self.found[number][1]
        assert isinstance(one, Scored)
        return one

    @property
    def others(self) -> list[int]:
        """The variants that are held against the reference."""
        return [number for number in self.rows if number != self.reference]

    def label(self, number: int) -> str:
        """Return what a variant is called."""
        return self.found[number][0].label

    def _named(self, number: int) -> Row:
        return {"variant": number + 1, "label": self.label(number)}

    def _both(self, a: int, b: int) -> tuple[Any, FloatArray, FloatArray]:
        """Return the regions that two variants score, and their ranks among them."""
        both = np.flatnonzero(np.isfinite(self.rank[:, a]) & np.isfinite(self.rank[:, b]))
        return both, ranks_among(self.rank[both, a]), ranks_among(self.rank[both, b])

    def _agreed(self, a: int, b: int) -> Row:
        both, before, after = self._both(a, b)
        shift = np.abs(after - before)
        ranked = np.column_stack([before, after])
        n = len(both)
        found: Row = {
            "n": n,
            "mean_shift": np.nan,
            "largest_shift": None,
            "spearman": np.nan,
            "kendall": np.nan,
        }
        if n:
            found |= {"mean_shift": float(shift.mean()), "largest_shift": int(shift.max())}
            for method in ("spearman", "kendall"):
                found[method] = float(diagnostics.correlation(ranked, method=method).r[0, 1])
        return found | {"swaps": count_swapped(before, after, found["kendall"])}

    def variants(self) -> list[Row]:
        """One row for each variant."""
        rows = []
        for number, (variant, one) in enumerate(self.found):
            row: Row = {
                **self._named(number),
                **variant.choices,
                "reason": one if isinstance(one, str) else "",
            }
            row["regions"] = int(np.isfinite(self.score[:, number]).sum())
            if number in self.rows and number != self.reference:
                agreed = self._agreed(self.reference, number)
                n = agreed.pop("n")
                row |= agreed | {"pairs": n * (n - 1) // 2}
            rows.append(row)
        return rows

    def agreement(self) -> list[Row]:
        """One row for each two variants."""
        numbers = list(self.rows)
        few = len(numbers) <= _EVERY_PAIR
        pairs = [
            (a, b) for k, a in enumerate(numbers) for b in numbers[k + 1 :] if few or a == self.reference
        ]
        return [
            {**self._named(a), "other": b + 1, "other_label": self.label(b), **self._agreed(a, b)}
            for a, b in pairs
        ]

    def shift(self, number: int) -> FloatArray:
        """Ranks that each region gains on the reference, among those that both score; NaN for others."""
        both, before, after = self._both(self.reference, number)
        found = np.full(len(self.regions_of), np.nan)
        found[both] = before - after
        return found

    def scores(self) -> pd.DataFrame:
        """One row for each variant and region."""
        import pandas as pd

        numbers, size = list(self.rows), len(self.regions_of)
        labels = [self.label(number) for number in numbers]
        rank = self.rank[:, numbers].T.ravel()
        shift = np.concatenate([self.shift(number) for number in numbers])
        reasons = [[""] * size for _ in numbers]
        for said, number in zip(reasons, numbers, strict=True):
            for place in np.flatnonzero(np.isnan(self.score[:, number])).tolist():
                said[place] = _unscored(self.part(number), int(self.rows[number][place]))
        return pd.DataFrame(
            {
                "variant": np.repeat(np.array(numbers) + 1, size),
                "label": categorical(np.repeat(np.arange(len(numbers)), size), labels),
                "region": tiled(self.regions_of, len(numbers)),
                "region_name": tiled(list(self.names.values()), len(numbers)),
                "year": self.year,
                "score": self.score[:, numbers].T.ravel(),
                "rank": whole(rank),
                "shift": whole(shift),
                "coverage": self.coverage[:, numbers].T.ravel(),
                "reason": list(itertools.chain.from_iterable(reasons)),
            }
        )

    def regions(self) -> list[Row]:
        """One row for each region."""
        rows = []
        for place, region in enumerate(self.regions_of):
            rank = self.rank[place]
            row: Row = {
                "region": region,
                "region_name": self.names[region],
                "score": self.score[place, self.reference],
                "rank": _whole(rank[self.reference]),
                "scored_in": int(np.isfinite(rank).sum()),
            }
            if row["scored_in"]:
                best, worst = int(np.nanargmin(rank)), int(np.nanargmax(rank))
                row |= {
                    "best": int(rank[best]),
                    "worst": int(rank[worst]),
                    "range": int(rank[worst] - rank[best]),
                }
                row |= {"best_in": best + 1, "worst_in": worst + 1}
            rows.append(row)
        return rows

    def turned(self, number: int, most: int, rows: dict[str, list[Row]]) -> None:
        """Add the pairs that a variant turns round, and what turns them."""
        both, before, after = self._both(self.reference, number)
        pairs = swapped(before, after, most)
        if not len(pairs):
            return
        one, first = self.part(number), self.first
        same = one.scale == first.scale
        unit = "points" if same else "standard deviations"
        sizes = [1.0, 1.0] if same else [float(np.std(self.score[both, v])) for v in (self.reference, number)]
        effect, refused = None, ""
        named = both[np.unique(pairs)]
        at = np.full(len(self.regions_of), -1)
        at[named] = np.arange(len(named))
        try:
            effect = one.contributions(self.rows[number][named]) / sizes[1]
            effect = effect - first.contributions(self.rows[self.reference][named]) / sizes[0]
        except DomainError as error:
            refused = str(error)
        tree = one.scores.plan.tree
        for ahead, behind in both[pairs].tolist():
            score = [
                self.score[[ahead, behind], v] / size
                for v, size in zip((self.reference, number), sizes, strict=True)
            ]
            pair = {
                **self._named(number),
                "ahead": self.regions_of[ahead],
                "ahead_name": self.names[self.regions_of[ahead]],
                "behind": self.regions_of[behind],
                "behind_name": self.names[self.regions_of[behind]],
                "unit": unit,
            }
            rows["swaps"].append(
                {
                    **pair,
                    "rank_ahead_before": int(self.rank[ahead, self.reference]),
                    "rank_behind_before": int(self.rank[behind, self.reference]),
                    "rank_ahead": int(self.rank[ahead, number]),
                    "rank_behind": int(self.rank[behind, number]),
                    "lead_before": score[0][0] - score[0][1],
                    "lead": score[1][0] - score[1][1],
                    "reason": refused,
                }
            )
            if effect is None:
                continue
            moved = effect[at[ahead]] - effect[at[behind]]
            shown = np.flatnonzero((tree.leaf >= 0) | (moved != 0))
            for place, node in enumerate(shown[np.argsort(moved[shown], kind="stable")].tolist()):
                rows["causes"].append(
                    {
                        **pair,
                        "place": place + 1,
                        "node": tree.ids[node],
                        "node_name": tree.names[node],
                        "parent": tree.ids[tree.parent[node]],
                        "effect": float(moved[node]),
                    }
                )


def _whole(value: float) -> int | None:
    return None if np.isnan(value) else int(value)


def _unscored(part: Scored, row: int) -> str:
    """Say why a region has no score in a variant."""
    if row < 0:
        return "not scored here: it is the reference region"
    return "" if np.isfinite(part.score[row]) else part.why_unscored(row)
