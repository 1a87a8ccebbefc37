"""How ranks move between two years."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, IntArray, as_float, refused_cells
from equindex.errors import MethodError

__all__ = ["Mobility", "mobility"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mobility:
    """How ranks moved between two years: each (...), `counts` and `shares` (..., classes before, classes after)."""

    spearman: FloatArray
    kendall: FloatArray
    rank_change: FloatArray
    counts: IntArray
    shares: FloatArray
    n: IntArray


def mobility(start: ArrayLike, end: ArrayLike, *, classes: int = 5) -> Mobility:
    r"""Rank mobility: do the same regions stay ahead.

    In Chinese: 位次流动.

    .. math:: \rho = \mathrm{cor}(r_0, r_1), \qquad
              \tau_b = \frac{C - D}{\sqrt{(P - T_0)(P - T_1)}}, \qquad m = \frac{1}{n} \sum_i |r_{i1} - r_{i0}|

    Parameters
    ----------
    start, end : array_like, shape (..., regions)
        Values in two years; regions without both are left out. [any unit]
    classes : int
        Number of quantile classes of the transition matrix, lowest first; a region is in class
        ``floor(classes (r - 1/2) / n)``, r its rank from below, ties sharing their mean rank and class.

    Returns
    -------
    Mobility
        Correlations are NaN where a year has no two different values; `shares` are those of each row of
        `counts`, NaN in a row without regions. [correlation, ranks, regions, share]

    Raises
    ------
    DomainError
        If a value is infinite.
    MethodError
        If `classes` is below 1.

    References
    ----------
    .. [1] Kendall, M. G., "Rank Correlation Methods", 4th ed., Griffin, 1970, ch. 1 and 3.
    .. [2] Quah, D., "Empirical cross-section dynamics in economic growth", European Economic Review 37(2-3),
       1993, 426-434 (transition matrices).

    Examples
    --------
    >>> found = mobility([1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 3.0, 4.0], classes=2)
    >>> found.spearman, found.rank_change, found.counts.tolist()
    (np.float64(0.8), np.float64(0.5), [[2, 0], [0, 2]])
    """
    if classes < 1:
        raise MethodError(f"classes must be 1 or more, not {classes}.")
    pair = np.stack(np.broadcast_arrays(as_float(start), as_float(end)))
    if np.isinf(pair).any():
        raise refused_cells("ranks need finite values", pair, np.isinf(pair), "Mend them.")
    keep = ~np.isnan(pair).any(axis=0)
    n = keep.sum(axis=-1)
    ranks = _ranks(np.where(keep, pair, np.nan))
    known = np.where(keep, ranks, 0.0)
    apart = np.where(keep, known - (n[..., None] + 1) / 2, 0.0)
    together, spread = np.vecdot(apart[0], apart[1]), np.vecdot(apart, apart)
    size = np.sqrt(spread[0] * spread[1])
    place = np.floor(classes * (np.where(keep, ranks, 1.0) - 0.5) / np.maximum(n, 1)[..., None]).astype(
        np.int64
    )
    counts = _tally(place[0] * classes + place[1], keep, classes**2).reshape(*n.shape, classes, classes)
    rows = counts.sum(axis=-1, keepdims=True)
    return Mobility(
        spearman=_ratio(together, size),
        kendall=_kendall(ranks),
        rank_change=_ratio(np.abs(known[1] - known[0]).sum(axis=-1), n.astype(np.float64)),
        counts=counts,
        shares=counts / np.where(rows > 0, rows, np.nan),
        n=n,
    )


def _ratio(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return a / b, NaN where b is 0."""
    return np.asarray(a / np.where(b > 0, b, np.nan))[()]


def _ranks(x: FloatArray) -> FloatArray:
    """Return mean ranks from below along the last axis; NaN stays."""
    order = np.argsort(x, axis=-1)
    y = np.take_along_axis(x, order, axis=-1)
    new = np.ones(y.shape, dtype=bool)
    new[..., 1:] = y[..., 1:] != y[..., :-1]
    place = np.broadcast_to(np.arange(y.shape[-1]), y.shape)
    first = np.maximum.accumulate(np.where(new, place, 0), axis=-1)
    ends = np.ones(y.shape, dtype=bool)
    ends[..., :-1] = new[..., 1:]
    last = np.minimum.accumulate(np.where(ends, place, y.shape[-1])[..., ::-1], axis=-1)[..., ::-1]
    ranks = np.empty(y.shape)
    np.put_along_axis(ranks, order, (first + last) / 2 + 1, axis=-1)
    return np.where(np.isnan(x), np.nan, ranks)


def _tally(codes: IntArray, keep: BoolArray, size: int) -> IntArray:
    """Count the codes along the last axis."""
    rows = np.arange(codes[..., 0].size if codes.shape[-1] else 0).reshape(*codes.shape[:-1], 1)
    flat = (rows * size + codes)[keep]
    return np.bincount(flat, minlength=int(np.prod(codes.shape[:-1])) * size)


def _kendall(ranks: FloatArray) -> FloatArray:
    """Return Kendall's tau-b, column by column in n log n."""
    from scipy.stats import kendalltau

    found = np.full(ranks.shape[1:-1], np.nan)
    for where in np.ndindex(found.shape):
        before, after = (part[where][~np.isnan(part[where])] for part in ranks)
        if len(before) > 1 and np.ptp(before) > 0 and np.ptp(after) > 0:
            found[where] = kendalltau(before, after).statistic
    return found[()]
