"""The framework as it stands: regions, scores and ranks that everything else is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import FloatArray
from equindex.scoring import Scores, places, ties
from equindex.uncertainty.study import Study

__all__ = ["Standing"]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Scores of a framework as it stands, and a study of it; arrays are in the order of the study's regions."""

    scores: Scores
    study: Study

    @cached_property
    def rows(self) -> NDArray[np.intp]:
        """Rows of the year in the panel's order."""
        return self.scores.rows(self.study.year)

    @cached_property
    def codes(self) -> list[str]:
        """Ids of the regions, in the order of all arrays."""
        return [self.scores.panel.regions[region] for region in self.study.regions]

    @cached_property
    def names(self) -> list[str]:
        """Names of the regions."""
        return [self.scores.panel.region_names[region] for region in self.study.regions]

    @cached_property
    def rank(self) -> NDArray[np.int32]:
        """Ranks of the framework as it stands, 0 where unscored."""
        return np.asarray(places(self.worth(self.score[None, :]))[0], dtype=np.int32)

    @cached_property
    def order(self) -> NDArray[np.intp]:
        """Positions of the regions that have a rank, best first; those that share one as they stand in the data."""
        found = np.argsort(self.rank, kind="stable")
        return np.asarray(found[self.rank[found] > 0])

    def worth(self, scores: FloatArray) -> FloatArray:
        """Return scores of shape (draws, regions) as they are ranked: what is called equal is equal."""
        return ties(scores, self.study.framework.prepared().rank_decimals)

    @cached_property
    def score(self) -> FloatArray:
        """Scores of the framework as it stands."""
        part = {
            "index": self.scores.rolled,
            "attainment": None if self.scores.attained is None else self.scores.attained.rolled,
            "equalization": None if self.scores.equalized is None else self.scores.equalized.rolled,
        }[self.study.outputs[0]]
        assert part is not None
        found: FloatArray = part.score[self.rows, 0]
        return found

    @cached_property
    def comparable(self) -> bool:
        """Whether scores of all draws are on one scale, so that they have intervals."""
        scales = {
            self.study.variants[place, -1][0].prepared().scale
            for place in range(len(self.study.combinations))
        }
        return self.study.outputs[0] != "index" or len(scales) == 1

    def name(self, region: int) -> str:
        """Return what a region is called, empty for -1."""
        return "" if region < 0 else self.names[region] or self.codes[region]

    def region(self, region: int) -> dict[str, str]:
        """Return the label columns of a region, empty for -1."""
        return {"region": "" if region < 0 else self.codes[region], "region_name": self.name(region)}
