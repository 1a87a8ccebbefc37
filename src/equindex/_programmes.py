"""Many small linear programmes with one set of constraints, solved together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import BoolArray, FloatArray, blocks
from equindex.errors import EngineError

__all__ = ["undominated", "vertices"]

_OPTIMAL = 1e-11  # multiplier that is 0
_PIVOT = 1e-9  # rate, relative to the largest, that is 0
_CERTAIN = 1e-9  # gap and violation that a certificate allows
_COMPARED = 512  # rows looked at together


def undominated(y: FloatArray) -> NDArray[np.intp]:
    """Return the rows, all different, that no other row equals or exceeds in every column."""
    order = np.argsort(-y.sum(axis=1), kind="stable")
    kept = np.empty(0, dtype=np.intp)
    for block in blocks(len(y), _COMPARED):
        here = order[block]
        here = here[~_below(y[here], y[kept])]
        kept = np.concatenate([kept, here[~_below(y[here], y[here], itself=True)]])
    return kept


def _below(rows: FloatArray, others: FloatArray, *, itself: bool = False) -> BoolArray:
    """Return which rows some other row equals or exceeds in every column."""
    under = np.ones((len(rows), len(others)), dtype=bool)
    for column in range(rows.shape[1]):
        under &= rows[:, [column]] <= others[:, column]
    if itself:
        np.fill_diagonal(under, False)
    return np.asarray(under.any(axis=1))


def vertices(c: FloatArray, peers: FloatArray, cones: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Maximise ``c @ w`` with ``peers @ w <= 1`` and ``cones @ w <= 0``, for every row of `c` at once.

    A vertex is k constraints that hold as equations; a step leaves the one with the most negative multiplier
    along the edge of the others. ``w = 0``, on the first k rows of the cone, is where all start.

    Parameters
    ----------
    c : ndarray, shape (n, k)
        Objectives, at least 0.
    peers : ndarray, shape (h, k)
        Rows that all share, at least 0.
    cones : ndarray, shape (n or 1, m, k)
        Rows through 0 of each programme, the first k independent.

    Returns
    -------
    w : ndarray, shape (n, k)
        Optimal, certified by the dual.
    unique : ndarray of bool, shape (n,)
        Whether the multipliers show that there is no other optimum.
    """
    (n, k), h, m = c.shape, len(peers), cones.shape[1]
    cones = np.broadcast_to(cones, (n, m, k))
    w, unique, certain = np.zeros((n, k)), np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    alive = np.arange(n)
    basis = np.tile(np.arange(h, h + k), (n, 1))
    inverse = np.linalg.inv(cones[:, :k])
    slack = np.concatenate([np.ones((n, h)), np.zeros((n, m))], axis=1)
    for _ in range(20 * (k + 10)):
        objective, cone = c[alive], cones[alive]
        multipliers = np.einsum("nk,nkj->nj", objective, inverse)
        leaving = multipliers.argmin(axis=1)
        each = np.arange(len(alive))
        done = multipliers[each, leaving] >= -_OPTIMAL
        if done.any():
            at = alive[done]
            w[at], unique[at], certain[at] = _certified(
                c[at], peers, cones[at], basis[done], inverse[done], multipliers[done]
            )
            alive, basis, inverse, slack = (part[~done] for part in (alive, basis, inverse, slack))
            leaving, each, cone = leaving[~done], np.arange(len(alive)), cone[~done]
            if not alive.size:
                break
        direction = -inverse[each, :, leaving]
        rate = np.empty_like(slack)
        np.matmul(direction, peers.T, out=rate[:, :h])
        np.einsum("nmk,nk->nm", cone, direction, out=rate[:, h:])
        np.put_along_axis(rate, basis, 0.0, axis=1)
        away = rate > _PIVOT * np.abs(rate).max(axis=1, keepdims=True)
        reach = np.full_like(slack, np.inf)
        np.divide(slack, rate, out=reach, where=away)
        entering = reach.argmin(axis=1)
        step = reach[each, entering]
        lost = ~np.isfinite(step)  # no end in sight: rounding only, as the weights are bounded
        step[lost] = 0.0
        slack -= step[:, None] * rate
        np.maximum(slack, 0.0, out=slack)
        np.put_along_axis(slack, basis, 0.0, axis=1)
        slack[each, basis[each, leaving]] = step
        slack[each, entering] = 0.0
        row = np.where(
            (entering < h)[:, None],
            peers[np.minimum(entering, h - 1)],
            cone[each, np.maximum(entering - h, 0)],
        )
        across = np.einsum("nk,nkj->nj", row, inverse)
        with np.errstate(all="ignore"):
            column = inverse[each, :, leaving] / across[each, leaving][:, None]
            inverse -= column[:, :, None] * across[:, None, :]
        inverse[each, :, leaving] = column
        basis[each, leaving] = entering
        if lost.any():
            alive, basis, inverse, slack = (part[~lost] for part in (alive, basis, inverse, slack))
            if not alive.size:
                break
    for at in np.flatnonzero(~certain):
        w[at], unique[at] = _by_highs(c[at], peers, cones[at]), False
    return np.maximum(w, 0.0), unique


def _certified(
    c: FloatArray,
    peers: FloatArray,
    cones: FloatArray,
    basis: NDArray[np.intp],
    inverse: FloatArray,
    multipliers: FloatArray,
) -> tuple[FloatArray, BoolArray, BoolArray]:
    """Return the vertices of these bases, whether they are the only optima, and whether the dual proves them."""
    h = len(peers)
    shared = basis < h
    rows = np.where(
        shared[:, :, None],
        peers[np.minimum(basis, h - 1)],
        np.take_along_axis(cones, np.maximum(basis - h, 0)[:, :, None], axis=1),
    )
    right = shared.astype(np.float64)
    w = np.einsum("nij,nj->ni", inverse, right)
    w += np.einsum("nij,nj->ni", inverse, right - np.einsum("nij,nj->ni", rows, w))
    priced = np.abs(np.einsum("ni,nij->nj", multipliers, rows) - c).max(axis=1)
    gap = np.abs(np.einsum("ni,ni->n", c, w) - (multipliers * right).sum(axis=1))
    over = np.maximum((w @ peers.T).max(axis=1) - 1, np.einsum("nmk,nk->nm", cones, w).max(axis=1))
    with np.errstate(invalid="ignore"):
        certain = np.maximum(np.maximum(priced, gap), over) <= _CERTAIN
    return w, multipliers.min(axis=1) > _CERTAIN, certain


def _by_highs(c: FloatArray, peers: FloatArray, cone: FloatArray) -> FloatArray:
    """Solve one programme with HiGHS."""
    from scipy.optimize import linprog

    right = np.r_[np.ones(len(peers)), np.zeros(len(cone))]
    found = linprog(-c, A_ub=np.vstack([peers, cone]), b_ub=right, bounds=(0, None), method="highs")
    if found.status != 0:
        raise EngineError(f"a benefit-of-the-doubt programme was not solved: {found.message}")
    return np.asarray(found.x, dtype=np.float64)
