"""How far one weight can move before ranks change, exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, IntArray, blocks, map_blocks
from equindex.sensitivity.weights import complete, standing, tied

__all__ = ["Stability", "stability"]

_PAIRS = 1 << 15  # pairs of regions compared together: they stay in the cache


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stability:
    """Within which bounds each weight can move, the others rescaled, before ranks change.

    Intervals are ``[..., 0]`` to ``[..., 1]``, within 0 to 1. At an end that is neither 0 nor 1 two regions score
    the same, and beyond it one has passed the other.

    Parameters
    ----------
    rank : ndarray of int, shape (regions,)
        Rank by the weights given; regions that tie share the best.
    tied : ndarray of bool, shape (regions,)
        Whether another region has the same score. A tie of regions that differ in an indicator breaks as soon as
        its weight moves: that end of the interval is the weight itself.
    regions : ndarray, shape (regions, indicators, 2)
        Interval of each weight within which the region keeps its rank. [share]
    leader : ndarray, shape (indicators, 2)
        Within which the first, all of them where several tie, stay first. [share]
    ranking : ndarray, shape (indicators, 2)
        Within which all regions keep their ranks. [share]
    successor : ndarray of int, shape (indicators, 2)
        Position of the region that passes the leader at either end; -1 where none does or several lead.
    """

    rank: IntArray
    tied: BoolArray
    regions: FloatArray
    leader: FloatArray
    ranking: FloatArray
    successor: IntArray


def stability(z: ArrayLike, w: ArrayLike) -> Stability:
    r"""Find the interval within which each weight can move without any rank changing, without sampling.

    With weight m at t and the others rescaled in proportion, every score is a straight line in t,

    .. math:: S_i(t) = S_i + \frac{t - w_m}{1 - w_m} (z_{im} - S_i)

    so that regions i and j meet where, with :math:`q = (z_{im} - z_{jm}) / (S_i - S_j)`,

    .. math:: t = w_m + \frac{1 - w_m}{1 - q}

    The least q over all others gives the upper end (1 if q is not negative), the greatest the lower end.

    Parameters
    ----------
    z : array_like, shape (regions, indicators)
        Scores of the indicators, or of the parts of any node, complete; logs of them for the geometric mean.
        [score]
    w : array_like, shape (indicators,)
        Weights, at least 0, summing to 1. [share]

    Returns
    -------
    Stability
        A weight of 1 cannot move, as nothing says how the others would share: its intervals are [1, 1].

    Raises
    ------
    DomainError
        If `z` has missing or infinite values, or `w` are no weights.

    Notes
    -----
    Scores within 1e-12 of the largest range of `z` tie. All pairs are compared, in blocks: the cost grows with the
    square of the regions.

    References
    ----------
    .. [1] Mareschal, "Weight stability intervals in multicriteria decision aid", European Journal of Operational
       Research 33(1), 1988, p. 54-64.

    Examples
    --------
    >>> found = stability([[80.0, 40.0], [50.0, 60.0], [40.0, 50.0]], [0.5, 0.5])
    >>> found.leader.round(3).tolist(), found.successor.tolist()
    ([[0.4, 1.0], [0.0, 0.6]], [[1, -1], [-1, 1]])
    """
    z, w = complete(z, w)
    order, score, group = standing(z, w)
    y, none = z[order] - z.mean(axis=0), tied(z)
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    least, most = _quotients(y, score, group)
    interval = np.stack([_low(most, w), _high(least, w)], axis=-1)
    top, bottom = (extreme.reduceat(y, starts, axis=0)[group] for extreme in (np.maximum, np.minimum))
    fixed = np.broadcast_to(w, y.shape)
    np.copyto(interval[..., 0], fixed, where=(y - bottom > none) | (w == 1))
    np.copyto(interval[..., 1], fixed, where=top - y > none)

    leaders = int((group == 0).sum())
    leader = np.stack([interval[:leaders, :, 0].max(axis=0), interval[:leaders, :, 1].min(axis=0)], axis=-1)
    successor = np.full(leader.shape, -1)
    if leaders == 1 < len(z):
        quotient = (y[0] - y[1:]) / (score[0] - score[1:, None])
        successor = order[1:][np.stack([quotient.argmax(axis=0), quotient.argmin(axis=0)], axis=-1)]
        successor[~((leader > 0) & (leader < 1)) | (w[:, None] == 1)] = -1
    back = np.argsort(order)
    return Stability(
        rank=starts[group][back] + 1,
        tied=(np.bincount(group)[group] > 1)[back],
        regions=interval[back],
        leader=leader,
        ranking=np.stack([interval[..., 0].max(axis=0), interval[..., 1].min(axis=0)], axis=-1),
        successor=successor,
    )


def _high(least: FloatArray, w: FloatArray) -> FloatArray:
    return np.asarray(np.where(least < 0, w + (1 - w) / (1 - np.minimum(least, 0.0)), 1.0))


def _low(most: FloatArray, w: FloatArray) -> FloatArray:
    above = np.where(most > 1, most - 1, np.inf)
    return np.asarray(np.where(most > 1, np.maximum(w - (1 - w) / above, 0.0), 0.0))


def _quotients(y: FloatArray, score: FloatArray, group: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return the least and the greatest quotient of each region, shape (regions, indicators); 0 within a tie."""
    n, k = y.shape
    columns = np.ascontiguousarray(y.T)
    least, most = np.empty((k, n)), np.empty((k, n))
    size = max(1, _PAIRS // n)

    def block(rows: slice, buffer: FloatArray) -> None:
        inverse, quotient = buffer[: 2 * (rows.stop - rows.start) * n].reshape(2, -1, n)
        np.subtract(score[rows, None], score, out=inverse)
        np.divide(1.0, inverse, out=inverse, where=group[rows, None] != group)
        inverse[group[rows, None] == group] = 0.0
        for column, low, high in zip(columns, least, most, strict=True):
            np.subtract(column[rows, None], column, out=quotient)
            quotient *= inverse
            quotient.min(axis=1, out=low[rows])
            quotient.max(axis=1, out=high[rows])

    map_blocks(block, blocks(n, size), numbers=n * n * k, buffer=2 * size * n)
    return least.T, most.T
