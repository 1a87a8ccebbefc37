"""One variant's scores of one year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import FloatArray
from equindex.scoring import Scores
from equindex.scoring.steps import ranks
from equindex.scoring.why import contributions

__all__ = ["Scored"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What the regions of one year are ranked by: composite, else attainment, else equalization.

    `rows` are those of the year in the panel's order; all else is in their order.
    """

    scores: Scores
    rows: NDArray[np.intp]

    @property
    def basis(self) -> Literal["index", "attainment", "equalization"]:
        """What the scores are."""
        if self.scores.rolled is not None:
            return "index"
        return "equalization" if self.scores.attained is None else "attainment"

    @property
    def regions(self) -> list[str]:
        """Ids."""
        panel = self.scores.panel
        return [panel.regions[code] for code in panel.region[panel.order[self.rows]]]

    @property
    def names(self) -> list[str]:
        """Names, the id where there is none."""
        panel = self.scores.panel
        codes = panel.region[panel.order[self.rows]]
        return [panel.region_names[code] or panel.regions[code] for code in codes]

    @property
    def score(self) -> FloatArray:
        """Scores of the root."""
        score: FloatArray = self.scores.leading.score[self.rows, 0]
        return score

    @property
    def rank(self) -> NDArray[np.int32]:
        """Ranks, 1 is best, 0 is unranked."""
        return ranks(self.score[:, None], [slice(0, len(self.rows))], self.scores.plan.rank_decimals)[:, 0]

    @property
    def coverage(self) -> FloatArray:
        """Coverage of the root."""
        coverage: FloatArray = self.scores.leading.coverage[self.rows, 0]
        return coverage

    @property
    def scale(self) -> tuple[object, ...]:
        """What makes points of two variants the same points."""
        plan = self.scores.plan
        return (self.basis, plan.scale, plan.total) if self.basis == "index" else (self.basis,)

    def why_unscored(self, row: int) -> str:
        """Say why the region of a row has no score."""
        at = int(self.rows[row])
        return self.scores.screened.out.get(at) or self.scores.why_unscored(at)

    def contributions(self, rows: NDArray[np.intp]) -> FloatArray:
        """Return what indicators, and pillars with imputed scores, contribute to the root, shape (rows, nodes).

        Raises
        ------
        DomainError
            If a method has no contributions.
        """
        plan, leading, at = self.scores.plan, self.scores.leading, self.rows[rows]
        end = np.broadcast_to(plan.tree.leaf >= 0, (len(at), len(plan.tree.ids)))
        filled = None if leading.filled is None else leading.filled[at]
        end = end if filled is None else end | filled
        if self.basis == "index" and not plan.arithmetic:
            lines = [contributions(self.scores, row)[0] for row in at.tolist()]
            return np.where(end, np.array(lines).reshape(end.shape), 0.0)
        attained = self.scores.attained
        local = attained.local if self.basis == "attainment" and attained is not None else plan.local
        share = plan.tree.effective(leading.score[at], local, None, filled)
        total = plan.total if self.basis == "index" else 1.0
        return np.where(end, share * np.nan_to_num(leading.score[at]), 0.0) * total
