"""Points of a study, and what weights do not change of the scores at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import FloatArray
from equindex.model import MethodCall, Missing
from equindex.scoring import PillarFilling, Tree

__all__ = ["Basis", "Output", "Points"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """What each draw or design point takes: shape (points,), and `u` of (points, nodes) where weights vary.

    `world` numbers the errors and the resample that a factor gives to a point, shape (points, factors).
    """

    number: NDArray[np.int64]
    combination: NDArray[np.intp]
    gone: NDArray[np.intp]
    u: FloatArray | None
    world: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.number)

    def take(self, at: Any) -> Points:
        """Return some of the points."""
        return Points(
            number=self.number[at],
            combination=self.combination[at],
            gone=self.gone[at],
            u=None if self.u is None else self.u[at],
            world=self.world[at],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What goes up the tree for one result: scores of the indicators, and the weights and methods on the way."""

    leaves: FloatArray
    calls: tuple[MethodCall, ...]
    local: FloatArray
    fill: PillarFilling | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """All that weights do not change, of one combination of choices; `nodes` are positions in the whole tree."""

    tree: Tree
    nodes: NDArray[np.intp]
    missing: Missing
    total: float
    outputs: Mapping[str, Output]
