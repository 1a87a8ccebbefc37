"""Who is ahead of whom over many draws, which regions cannot be told apart, and how sure a class is."""

from __future__ import annotations

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, IntArray, as_float, blocks, map_blocks
from equindex.errors import MethodError
from equindex.sensitivity._blocks import Blocks, share_of, whole_blocks

__all__ = ["class_shares", "not_told_apart", "winning_shares"]

_DRAWS = 1024  # draws compared at once
_CELLS = 1 << 20
_MOST = 5000  # regions all compared with each other


def winning_shares(scores: Blocks, pairs: ArrayLike | None = None) -> FloatArray:
    r"""How often one region is ahead of another; a tie counts half for each.

    .. math:: c_{rs} = \frac{1}{m} \left(\#\{d : S_{dr} > S_{ds}\} + \tfrac{1}{2} \#\{d : S_{dr} = S_{ds}\}\right)

    Parameters
    ----------
    scores : array_like, shape (draws, regions), or an iterator of such blocks
        Higher is better; NaN leaves the region out of that draw. [score]
    pairs : array_like of int, shape (pairs, 2), optional
        Positions (r, s) of the regions to compare; all with all, up to 5,000 regions, when left out.

    Returns
    -------
    ndarray, shape (pairs,), or (regions, regions) without `pairs`
        Share of the draws that score both; NaN where none does, and 1/2 of a region with itself. [share]

    Raises
    ------
    DomainError
        If a score is infinite.
    MethodError
        If there are too many regions to compare all, or a pair names no region.

    References
    ----------
    .. [1] Leskinen, P., Viitanen, J., Kangas, A. and Kangas, J., "Alternatives to incorporate uncertainty and risk
       attitude in multicriteria evaluation of forest plans", Forest Science 52(3), 2006, 304-312 (pairwise winning
       index).

    Examples
    --------
    >>> winning_shares([[3.0, 1.0], [2.0, 2.0], [5.0, 1.0], [0.0, 4.0]])
    array([[0.5  , 0.625],
           [0.375, 0.5  ]])
    """
    asked: IntArray | None = None if pairs is None else np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    shape: tuple[int, ...] | None = None
    for block in whole_blocks(scores, "scores", "regions"):
        n = block.shape[1]
        if asked is None and n > _MOST:
            raise MethodError(
                f"comparing all {n:,} regions takes too much memory. Name the pairs to compare."
            )
        if asked is not None and ((asked < 0) | (asked >= n)).any():
            raise MethodError(f"pairs name regions by position 0 to {n - 1}.")
        if shape is None:
            shape = (n, n) if asked is None else (len(asked),)
            won, met = np.zeros((2, *shape))
        for piece in blocks(len(block), _DRAWS):
            columns = np.ascontiguousarray(block[piece].T)
            if asked is None:
                _all(columns, won, met)
            else:
                _some(columns, asked, won, met)
    if shape is None:
        raise MethodError("there are no draws to compare.")
    return share_of(won, met)


def _all(columns: FloatArray, won: FloatArray, met: FloatArray) -> None:
    """Add the wins and meetings of every pair of regions; columns are (regions, draws)."""
    known = ~np.isnan(columns)
    whole = bool(known.all())

    def compare(region: int, _: FloatArray) -> None:
        ahead = np.count_nonzero(columns[region] > columns[region:], axis=1)
        level = np.count_nonzero(columns[region] == columns[region:], axis=1)
        both = columns.shape[1] if whole else np.count_nonzero(known[region] & known[region:], axis=1)
        won[region, region:] += ahead + level / 2
        met[region, region:] += both
        won[region + 1 :, region] += (both - ahead - level / 2)[1:]
        met[region + 1 :, region] += np.broadcast_to(both, ahead.shape)[1:]

    map_blocks(compare, range(len(columns)), numbers=len(columns) * columns.size // 2)


def _some(columns: FloatArray, pairs: IntArray, won: FloatArray, met: FloatArray) -> None:
    """Add the wins and meetings of chosen pairs."""

    def compare(piece: slice, _: FloatArray) -> None:
        first, second = columns[pairs[piece, 0]], columns[pairs[piece, 1]]
        won[piece] += np.count_nonzero(first > second, axis=1) + np.count_nonzero(first == second, axis=1) / 2
        met[piece] += np.count_nonzero(~np.isnan(first) & ~np.isnan(second), axis=1)

    step = max(1, _CELLS // columns.shape[1])
    map_blocks(compare, blocks(len(pairs), step), numbers=len(pairs) * columns.shape[1])


def not_told_apart(winning: ArrayLike, *, level: float = 0.95) -> list[IntArray]:
    """Group regions that the draws do not tell apart.

    Two regions are told apart where one is ahead of the other in at least `level` of the draws. A group is a longest
    run of regions, in the order of their mean winning share, of which no two are told apart. Groups overlap: not being
    told apart does not pass from one pair to the next.

    Parameters
    ----------
    winning : array_like, shape (regions, regions)
        `winning_shares` of all regions. [share]
    level : float
        Above 0.5, at most 1.

    Returns
    -------
    list of ndarray of int
        Positions of the regions of each group, best first; a region told apart from all others is a group of its own.
        Regions that never met another have no group.

    Raises
    ------
    MethodError
        If `level` or the shape does not fit.

    References
    ----------
    .. [1] Piepho, H.-P., "An algorithm for a letter-based representation of all-pairwise comparisons", Journal of
       Computational and Graphical Statistics 13(2), 2004, 456-466 (groups that share a letter).

    Examples
    --------
    >>> not_told_apart([[0.5, 0.8, 1.0], [0.2, 0.5, 0.9], [0.0, 0.1, 0.5]])
    [array([0, 1]), array([1, 2])]
    """
    c = as_float(winning)
    if c.ndim != 2 or c.shape[0] != c.shape[1]:
        raise MethodError(f"winning shares compare regions with each other, but their shape is {c.shape}.")
    if not 0.5 < level <= 1:
        raise MethodError(f"level must be above 0.5 and at most 1, not {level!r}.")
    others = ~np.isnan(c) & ~np.eye(len(c), dtype=bool)
    met = others.sum(axis=1)
    kept = np.flatnonzero(met > 0)
    mean = np.where(others, c, 0.0).sum(axis=1)[kept] / met[kept]
    order = kept[np.argsort(-mean, kind="stable")]
    apart: BoolArray = np.maximum(c, c.T)[np.ix_(order, order)] >= level
    np.fill_diagonal(apart, False)
    groups: list[IntArray] = []
    reached = start = 0
    for end in range(1, len(order) + 1):
        if end == len(order) or apart[start:end, end].any():
            if end > reached:
                groups.append(order[start:end])
            reached = end
            if end < len(order):
                start += int(np.flatnonzero(apart[start:end, end])[-1]) + 1
    return groups


def class_shares(scores: Blocks, bounds: ArrayLike) -> FloatArray:
    """How often each region is in each class.

    Parameters
    ----------
    scores : array_like, shape (draws, regions), or an iterator of such blocks
        Higher is better; NaN has no class. [score]
    bounds : array_like, shape (classes - 1,)
        Lower bounds of all classes but the last, falling: a score at or above the first is in the first class. [score]

    Returns
    -------
    ndarray, shape (classes, regions)
        Share of the draws that score the region; NaN where none does. [share]

    Raises
    ------
    DomainError
        If a score is infinite.
    MethodError
        If the bounds do not fall.

    Examples
    --------
    >>> class_shares([[95.0, 80.0], [90.0, 60.0]], [90, 75])
    array([[1. , 0. ],
           [0. , 0.5],
           [0. , 0.5]])
    """
    limits = np.atleast_1d(as_float(bounds))
    if limits.ndim != 1 or not (np.diff(limits) < 0).all() or np.isnan(limits).any():
        raise MethodError(
            f"lower bounds of classes fall from the best class down, but are {limits.tolist()}."
        )
    counts: FloatArray | None = None
    for block in whole_blocks(scores, "scores", "regions"):
        if counts is None:
            counts = np.zeros((len(limits) + 1, block.shape[1]))
        least = np.array([np.count_nonzero(block >= limit, axis=0) for limit in limits])
        counts += np.diff(np.vstack([least, np.count_nonzero(~np.isnan(block), axis=0)]), axis=0, prepend=0)
    if counts is None:
        raise MethodError("there are no draws to put into classes.")
    return share_of(counts, counts.sum(axis=0))
