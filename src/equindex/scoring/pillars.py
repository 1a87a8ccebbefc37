"""Imputation at a pillar: a region without a score of a pillar is given the mean or median of others' scores of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from equindex import impute
from equindex._arrays import FloatArray
from equindex.errors import DomainError
from equindex.schema import Panel
from equindex.scoring.before import pillar_imputation
from equindex.scoring.plan import Plan

__all__ = ["pillar_filling"]


def pillar_filling(
    plan: Plan, panel: Panel, rows: NDArray[np.intp], spans: Sequence[slice]
) -> Callable[[int, FloatArray], FloatArray] | None:
    """Return what fills a pillar's missing scores, for `Tree.roll_up`; None where the framework asks for none.

    Parameters
    ----------
    rows : ndarray of int
        The rows of the panel that are scored.
    spans : sequence of slice
        Those of each year: every year is filled from its own scores.

    Returns
    -------
    callable or None
        ``fill(node, score)`` returns the scores of a node, shape (rows,), without gaps. A pillar that no region has
        in a year stays missing in it; a region whose group has no score is refused with a DomainError.
    """
    call = pillar_imputation(plan.model)
    if call is None:
        return None
    method, tree = impute.methods.get(call.name).function, plan.tree

    def fill(node: int, score: FloatArray) -> FloatArray:
        whole = score.copy()
        for span in spans:
            part = score[span, None]
            if np.isnan(part).all() or not np.isnan(part).any():
                continue
            try:
                given = {"by": panel.peers[rows[span]]} if panel.peers is not None else {}
                whole[span] = method(part, **given)[:, 0]
            except DomainError as error:
                error.node = int(tree.parent[node])
                place = int(np.searchsorted(tree.children[error.node], node))
                error.positions = tuple(
                    (int(at[0] or 0) + (span.start or 0), place) for at in error.positions
                )
                error.add_note(f"while imputing pillar {tree.ids[node]!r} by {call.name!r}")
                raise
        return whole

    return fill
