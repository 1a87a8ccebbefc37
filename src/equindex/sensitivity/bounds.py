"""The best and the worst rank a region can have, over all weights that are allowed."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, IntArray
from equindex.sensitivity.polytope import Polytope, lead, possible, spread

__all__ = ["Bounds", "rank_bounds"]

_AHEAD = 1e-5  # of the spread of `z`: what the programmes tell apart
_SLACK = 1e-6  # what rounding may add to a bound on a count


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bounds:
    """Ranks a region can have; each region is surely between `best` and `worst`.

    Parameters
    ----------
    best, worst : ndarray of int, shape (regions,)
        No weights give a better rank than `best` or a worse one than `worst`.
    best_found, worst_found : ndarray of int, shape (regions,)
        Best and worst rank that some weights really give.
    best_weights, worst_weights : ndarray, shape (regions, indicators)
        These weights. [share]
    exact : ndarray of bool, shape (regions,)
        Whether the bounds are attained: `best` is `best_found` and `worst` is `worst_found`.
    """

    best: IntArray
    worst: IntArray
    best_found: IntArray
    worst_found: IntArray
    best_weights: FloatArray
    worst_weights: FloatArray
    exact: BoolArray


def rank_bounds(
    z: ArrayLike, weights: Polytope | None = None, *, most: int = 60, nodes: int = 1000
) -> Bounds:
    r"""Find the best and the worst rank of every region over all weights that are allowed.

    .. math:: r_i^- = 1 + \min_{w \in P} \big| \{ j : w \cdot z_j > w \cdot z_i \} \big|, \qquad
       r_i^+ = 1 + \max_{w \in P} \big| \{ j : w \cdot z_j > w \cdot z_i \} \big|

    Dominance bounds both: who is always ahead, and who can be. Corners of the polytope and the weights that suit
    each region best give ranks that are really attained. Where the two differ, a mixed-integer programme closes the
    gap.

    Parameters
    ----------
    z : array_like, shape (regions, indicators)
        Scores of the indicators, complete; logs of them for the geometric mean. [score]
    weights : Polytope, optional
        Weights that are allowed; all when left out.
    most : int
        No programme is solved for a region with more than this number of others that can be both ahead of it and
        behind; its bounds are then those of dominance.
    nodes : int
        Nodes of its search tree at which a programme stops, leaving a bound.

    Returns
    -------
    Bounds
        Ties share the better rank.

    Raises
    ------
    DomainError
        If `z` has missing or infinite values, or the shapes do not fit.

    Notes
    -----
    A region counts as ahead from 1e-5 of the largest range of `z`: programmes cannot tell less apart.

    References
    ----------
    .. [1] Salo, Punkka, "Ranking intervals and dominance relations for ratio-based efficiency analysis", Management
       Science 57(1), 2011, p. 200-214 (the programmes).
    .. [2] Foster, McGillivray, Seth, "Composite indices: rank robustness, statistical association, and redundancy",
       Econometric Reviews 32(1), 2013, p. 35-56.

    Examples
    --------
    >>> found = rank_bounds([[4.0, 0.0], [0.0, 4.0], [1.0, 1.0]])
    >>> found.best, found.worst
    (array([1, 1, 2]), array([3, 3, 3]))
    """
    z, weights = spread(z, weights)
    n = len(z)
    others = ~np.eye(n, dtype=bool)
    can = possible(z, weights, _AHEAD / 2) & others
    must = ~possible(z, weights, -_AHEAD / 2).T & others
    ahead = must.sum(axis=0)
    bounds = [1 + ahead, 1 + can.sum(axis=0)]
    found, points = _known(z, weights)
    for i in range(n):
        rivals = np.flatnonzero(can[:, i] & ~must[:, i])
        for end, sign in enumerate((1, -1)):
            if found[end][i] == bounds[end][i] or rivals.size > most:
                continue
            count, w = _search(z, i, rivals, weights, nodes, sign)
            bounds[end][i] = sign * max(sign * bounds[end][i], sign * (1 + ahead[i] + count))
            if w is not None:
                rank = int(_ranks(z @ w)[i])
                if sign * rank < sign * found[end][i]:
                    found[end][i], points[end][i] = rank, w
    return Bounds(
        best=bounds[0],
        worst=bounds[1],
        best_found=found[0],
        worst_found=found[1],
        best_weights=points[0],
        worst_weights=points[1],
        exact=(bounds[0] == found[0]) & (bounds[1] == found[1]),
    )


def _ranks(score: FloatArray) -> IntArray:
    """Return ranks, 1 the best; those within half of what programmes tell apart tie."""
    return len(score) + 1 - np.searchsorted(np.sort(score), score + _AHEAD / 2, side="right")


def _known(z: FloatArray, weights: Polytope) -> tuple[list[IntArray], list[FloatArray]]:
    """Return best and worst ranks, and weights, at the corners or at those that suit an indicator or a region best."""
    n, k = z.shape
    points = weights.corners
    if points is None:
        points = np.unique(weights.largest(np.concatenate([np.eye(k), -np.eye(k), z, -z]))[1], axis=0)
    ranks = [np.full(n, n + 1), np.zeros(n, dtype=np.int64)]
    at = np.zeros((2, n), dtype=np.int64)
    for point, w in enumerate(points):
        rank = _ranks(z @ w)
        for end, better in enumerate((rank < ranks[0], rank > ranks[1])):
            ranks[end][better], at[end, better] = rank[better], point
    return ranks, [points[at[0]], points[at[1]]]


def _search(
    z: FloatArray, i: int, rivals: IntArray, weights: Polytope, nodes: int, sign: int
) -> tuple[int, FloatArray | None]:
    """Bound how few (sign 1) or how many (-1) rivals can be ahead of region i, and return weights for it, if any.

    A rival counts as 1 where it is ahead: ``w @ (z_j - z_i) <= top_j y_j`` if few, and if many
    ``w @ (z_i - z_j) <= top_j - (top_j + ahead) y_j``, `top` being the largest that the left side can be.
    """
    from scipy.optimize import Bounds as Box
    from scipy.optimize import LinearConstraint, milp

    k, m = z.shape[1], rivals.size
    difference = sign * (z[rivals] - z[i])
    top = weights.largest(difference)[0]
    least = np.diag(-top if sign > 0 else top + _AHEAD)
    constraints = [
        LinearConstraint(np.hstack([difference, least]), -np.inf, np.zeros(m) if sign > 0 else top),
        LinearConstraint(np.r_[np.ones(k), np.zeros(m)][None], 1.0, 1.0),
    ]
    if len(weights.b):
        side = np.hstack([weights.a, np.zeros((len(weights.b), m))])
        constraints.append(LinearConstraint(side, -np.inf, weights.b))
    counted = np.r_[np.zeros(k), np.ones(m)]
    with _stdout_kept():
        for presolve in (True, False):  # HiGHS may fail with the one and not with the other
            result = milp(
                sign * counted,
                constraints=constraints,
                integrality=counted,
                bounds=Box(np.r_[weights.low, np.zeros(m)], np.r_[weights.high, np.ones(m)]),
                options={"node_limit": nodes, "presolve": presolve},
            )
            if result.x is not None:
                break
    bound = result.mip_dual_bound
    count = 0 if sign > 0 else m
    if bound is not None and np.isfinite(bound):
        count = sign * int(np.ceil(bound - _SLACK))
    if result.x is None:
        return count, None
    asked = result.x[k:] < 0.5 if sign > 0 else result.x[k:] > 0.5
    return count, lead(sign * z, i, weights, rivals[asked])[1]


@contextmanager
def _stdout_kept() -> Iterator[None]:
    """Drop what HiGHS prints to stdout in passing (jump-dev/HiGHS.jl, issue 312), which is for results."""
    flush = ctypes.CDLL("ucrtbase" if os.name == "nt" else None).fflush
    try:
        kept = os.dup(1)
    except OSError:  # closed: nothing to keep clean
        yield
        return
    flush(None)
    try:
        with open(os.devnull, "wb") as nothing:  # noqa: PTH123
            os.dup2(nothing.fileno(), 1)
        yield
    finally:
        flush(None)
        os.dup2(kept, 1)
        os.close(kept)
