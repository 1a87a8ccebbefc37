"""Pairs of regions that two rankings order differently."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import FloatArray, blocks

__all__ = ["count_swapped", "ranks_among", "swapped"]

_CELLS = 1 << 20  # pairs looked at in one go
_FIRST = 128  # regions that gain and that lose most, looked at first


def ranks_among(rank: FloatArray) -> FloatArray:
    """Rank again what is left of a ranking: 1 is best, equals share the better rank.

    Examples
    --------
    >>> ranks_among(np.array([7.0, 2.0, 7.0, 9.0]))
    array([2., 1., 2., 4.])
    """
    return 1.0 + np.searchsorted(np.sort(rank), rank, side="left").astype(np.float64)


def count_swapped(before: FloatArray, after: FloatArray, tau: float) -> int:
    r"""Count the pairs of which one is ahead in one ranking and behind in the other.

    Of all P pairs, C are ordered alike, D contrariwise, and the others are equal in one ranking. Kendall's
    :math:`\tau_b = (C - D) / \sqrt{(P - T_1)(P - T_2)}`, not a number where a ranking ties all, gives D without looking
    at every pair.
    """
    n = len(before)
    if np.isnan(tau):
        return 0
    pairs = n * (n - 1) / 2
    first, second, both = (_equal_pairs(one) for one in (before, after, before * (n + 1) + after))
    ordered = pairs - first - second + both
    return round((ordered - tau * math.sqrt((pairs - first) * (pairs - second))) / 2)


def _equal_pairs(numbers: FloatArray) -> float:
    _, size = np.unique(numbers, return_counts=True)
    return float((size * (size - 1) / 2).sum())


def swapped(before: FloatArray, after: FloatArray, most: int) -> NDArray[np.intp]:
    """List the pairs of which one is ahead in one ranking and behind in the other.

    Parameters
    ----------
    before, after : ndarray, shape (regions,)
        Ranks.
    most : int
        How many pairs to list.

    Returns
    -------
    ndarray, shape (pairs, 2)
        Who is ahead in `before`, and who in `after`: those that lie farthest apart in both rankings together come
        first, then those that rank best.

    Notes
    -----
    How far a pair lies apart in both is the difference of the ranks that its two regions gain. So the first pairs
    are among the regions that gain and lose most; more of them are looked at until no other pair can be wider.
    """
    gain, n = before - after, len(before)
    order, size = np.argsort(gain, kind="stable"), _FIRST
    while True:
        losers, winners = order[:size], order[-size:]
        least = 0.0
        if size < n:
            least = float(max(gain[order[-size - 1]] - gain[order[0]], gain[order[-1]] - gain[order[size]]))
        found = _wider(before, after, losers, winners, least)
        if len(found) >= most or size >= n:
            break
        size *= 2
    ahead, behind = found.T
    return found[np.lexsort((before[behind], before[ahead], gain[ahead] - gain[behind]))[:most]]


def _wider(
    before: FloatArray, after: FloatArray, losers: NDArray[np.intp], winners: NDArray[np.intp], least: float
) -> NDArray[np.intp]:
    """Return the pairs of a loser and a winner that change places and lie farther apart than `least`."""
    gain, found = before - after, []
    for part in blocks(len(losers), max(1, _CELLS // max(1, len(winners)))):
        own = losers[part]
        turned = (before[own, None] < before[winners]) & (after[own, None] > after[winners])
        turned &= gain[winners] - gain[own, None] > least
        line, column = np.nonzero(turned)
        found.append(np.column_stack([own[line], winners[column]]))
    return np.concatenate(found) if found else np.empty((0, 2), dtype=np.intp)
