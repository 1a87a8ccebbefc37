"""Which regions change places when something is left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, IntArray, as_float, blocks
from equindex.errors import DomainError

__all__ = ["Swaps", "swaps"]

_TIE = 1e-12  # of the range of the scores: closer ones are equal
_NUMBERS = 1 << 20  # looked at together


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Swaps:
    """Pairs of regions that change places.

    Parameters
    ----------
    count : ndarray of int, shape (variants,)
        Number of pairs that swap in each.
    variant, ahead, behind : ndarray of int, shape (pairs,)
        The pairs: in this variant, the region that was `ahead` falls behind the one that was `behind`.
    """

    count: IntArray
    variant: IntArray
    ahead: IntArray
    behind: IntArray


def swaps(score: ArrayLike, variants: ArrayLike, *, most: int = 1_000_000) -> Swaps:
    """Find which pairs of regions change places: the test of rank reversal when something is left out.

    Parameters
    ----------
    score : array_like, shape (regions,)
        Scores with everything; NaN is unscored. [score]
    variants : array_like, shape (variants, regions)
        Scores without something, such as `scores_without_region` or the transpose of `without` give; a region
        unscored here is in no pair. [score]
    most : int
        Pairs to list; further ones are only counted.

    Returns
    -------
    Swaps
        A pair swaps if one was ahead before and is behind after; a tie that breaks, or comes about, is no swap.

    Raises
    ------
    DomainError
        If shapes do not fit.

    Notes
    -----
    Scores within 1e-12 of the range of all tie. Only regions as near in rank as the widest move allows are compared,
    so that the cost grows with the regions times that move.

    References
    ----------
    .. [1] Belton, Gear, "On a short-coming of Saaty's method of analytic hierarchies", Omega 11(3), 1983,
       p. 228-230 (rank reversal).

    Examples
    --------
    >>> found = swaps([3.0, 2.0, 1.0], [[1.0, 2.0, np.nan], [3.0, 2.0, 1.0]])
    >>> found.count, found.ahead, found.behind
    (array([1, 0]), array([0]), array([1]))
    """
    score, variants = as_float(score), as_float(variants)
    if score.ndim != 1 or variants.ndim != 2 or variants.shape[1:] != score.shape:
        raise DomainError(f"variants {variants.shape} need a column for each of {score.shape} scores.")
    order = np.argsort(-score, kind="stable")[: int((~np.isnan(score)).sum())]
    before = score[order]
    none = _TIE * np.ptp(before) if before.size else 0.0
    count = np.zeros(len(variants), dtype=np.int64)
    pairs: list[tuple[IntArray, IntArray, IntArray]] = []
    room = most
    for part in blocks(len(variants), max(1, _NUMBERS // max(1, len(order)))):
        for variant, first, second in _reversed(before, variants[part][:, order], none):
            count += np.bincount(variant + part.start, minlength=len(variants))
            if room > 0:
                pairs.append((variant[:room] + part.start, order[first[:room]], order[second[:room]]))
                room -= len(variant)
    listed = [np.concatenate([np.empty(0, dtype=np.int64), *each]) for each in zip(*pairs, strict=True)] or [
        np.empty(0, dtype=np.int64)
    ] * 3
    sorting = np.lexsort((listed[2], listed[1], listed[0]))
    variant, ahead, behind = (each[sorting] for each in listed)
    return Swaps(count=count, variant=variant, ahead=ahead, behind=behind)


def _reversed(
    before: FloatArray, after: FloatArray, none: float
) -> Iterator[tuple[IntArray, IntArray, IntArray]]:
    """Yield variants and pairs of places, first before second, whose order is reversed; by distance of the places.

    A pair that is reversed stands no farther apart than the widest moves down and up together.
    """
    n = len(before)
    absent = np.isnan(after)
    place = np.cumsum(~absent, axis=1) - 1
    new = np.empty_like(place)
    np.put_along_axis(new, np.argsort(-after, axis=1, kind="stable"), np.arange(n)[None], axis=1)
    move = np.where(absent, 0, new - place)
    reach = move.max(axis=1, initial=0) - move.min(axis=1, initial=0)
    reach = np.where(reach > 0, reach + absent.sum(axis=1), 0)
    same = _TIE * (np.nanmax(after, axis=1, initial=-np.inf) - np.nanmin(after, axis=1, initial=np.inf))
    for distance in range(1, min(n, int(reach.max(initial=0)) + 1)):
        rows = np.flatnonzero(reach >= distance)
        apart = before[:-distance] - before[distance:] > none
        rises = after[rows, distance:] - after[rows, :-distance] > same[rows, None]
        variant, first = np.nonzero(rises & apart)
        if variant.size:
            yield rows[variant], first, first + distance
