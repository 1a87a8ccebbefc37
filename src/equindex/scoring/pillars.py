"""Imputation at a pillar: a region without a score of a pillar is given the mean or median of others' scores of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equindex import impute
from equindex._arrays import FloatArray
from equindex.errors import DomainError
from equindex.schema import Panel
from equindex.scoring.before import pillar_imputation
from equindex.scoring.plan import Plan
from equindex.scoring.tree import Tree

__all__ = ["PillarFilling", "pillar_filling"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PillarFilling:
    """What fills missing scores of pillars: the method, where the rows of each year stand, the group of each row."""

    tree: Tree
    name: str
    years: tuple[slice | NDArray[np.intp], ...]
    groups: NDArray[np.intp] | None

    def __call__(self, node: int, score: FloatArray) -> FloatArray:
        """Return the scores of a node, shape (..., rows), with what is imputed.

        A pillar that no region has in a year stays missing in it.

        Raises
        ------
        DomainError
            If no region of a group has a score; the pillar and the region are named.
        """
        whole = score.copy()
        for rows in self.years:
            part = score[..., rows, None].copy()
            holes = np.isnan(part)
            some = ~holes.all(axis=(-2, -1))
            if not holes[some].any():
                continue
            given = {} if self.groups is None else {"by": self.groups[rows]}
            try:
                part[some] = impute.methods.get(self.name).function(part[some], **given)
            except DomainError as error:
                above = int(self.tree.parent[node])
                error.node, place = above, int(np.searchsorted(self.tree.children[above], node))
                at = np.arange(score.shape[-1])[rows]
                error.positions = tuple((int(at[where[-2] or 0]), place) for where in error.positions)
                error.add_note(f"while imputing pillar {self.tree.ids[node]!r} by {self.name!r}")
                raise
            whole[..., rows] = part[..., 0]
        return whole


def pillar_filling(
    plan: Plan, panel: Panel, rows: NDArray[np.intp], years: Sequence[slice | NDArray[np.intp]]
) -> PillarFilling | None:
    """Return what fills missing scores of pillars, None where the framework asks for none.

    Parameters
    ----------
    rows : ndarray of int
        The rows of the panel that are scored.
    years : sequence of slice or ndarray of int
        Those of each year, which is filled from its own scores; rows in none are left alone.
    """
    call = pillar_imputation(plan.model)
    if call is None:
        return None
    groups = None if panel.peers is None else panel.peers[rows]
    return PillarFilling(tree=plan.tree, name=call.name, years=tuple(years), groups=groups)
