"""Entropy weights (熵权法): the more unevenly an indicator is spread, the more it counts."""

from __future__ import annotations

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, map_blocks, row_blocks
from equindex.errors import DomainError
from equindex.weighting._columns import each, enough, positive, shares
from equindex.weighting.base import methods

__all__ = ["entropy"]

_NEAR = 1e-3  # information so small that x / mean must be taken as 1 + difference
_SMALL = 1e-4  # difference at which four terms of its series are exact to the last digit
_TINY = np.finfo(np.float64).tiny


@methods.add(data_driven=True, scale_free=True, feed="minmax")
def entropy(x: ArrayLike) -> FloatArray:
    r"""Weigh by what an indicator's entropy lacks to that of an even distribution.

    In Chinese: 熵值法, 熵权法.

    .. math:: p_{ri} = \frac{x_{ri}}{\sum_r x_{ri}}, \quad e_i = -\frac{1}{\ln n_i} \sum_r p_{ri} \ln p_{ri},
       \quad w_i = \frac{1 - e_i}{\sum_i (1 - e_i)}

    Values are taken as given: no shift, no epsilon, :math:`0 \ln 0 = 0`. Direction and unit do not matter, a shift
    does. For one set of weights over a panel pass all years as rows, ``x.reshape(-1, k)``; years kept apart, along
    a leading axis, get weights of their own, and scores that do not compare over time.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        At least 0; NaN is missing: each indicator is measured over the :math:`n_i` regions that have it. [any
        unit with a true 0]

    Returns
    -------
    ndarray, shape (..., indicators)
        At least 0, sums to 1; 0 for a constant indicator, all zeros included. Never NaN. [share]

    Raises
    ------
    DomainError
        If a value is negative or infinite, an indicator has fewer than two values, or all are constant.

    Notes
    -----
    :math:`1 - e_i` is computed as :math:`\frac{1}{n_i \ln n_i} \sum_r q \ln q` with :math:`q = x_{ri} / \bar x_i`, and
    where an indicator hardly varies as that of :math:`q \ln q - q + 1`, which loses no digits.

    References
    ----------
    .. [1] Zou, Yun, Sun, "Entropy method for determination of weight of evaluating indicators in fuzzy synthetic
       evaluation", Journal of Environmental Sciences 18(5), 2006, p. 1020-1023.
    .. [2] Shannon, "A mathematical theory of communication", Bell System Technical Journal 27, 1948, p. 379-423.

    Examples
    --------
    >>> entropy([[1.0, 1.0, 5.0], [0.0, 1.0, 5.0], [0.0, 2.0, 5.0]]).round(4)
    array([0.9491, 0.0509, 0.    ])
    """
    return each(_entropy, x)


def _entropy(x: FloatArray) -> FloatArray:
    n, k = x.shape
    parts = row_blocks(n, k)

    def look(rows: slice, _: FloatArray) -> tuple[FloatArray, FloatArray]:
        part = x[rows]
        return np.ones(len(part)) @ part, part.min(axis=0)  # twice as fast as a sum down the columns

    enough("entropy", np.full(k, n))
    seen = map_blocks(look, parts, numbers=x.size)
    total, low = np.sum([t for t, _ in seen], axis=0), np.min([m for _, m in seen], axis=0)
    count: FloatArray = np.full(k, float(n))
    holes = None
    if np.isnan(total).any():
        positive("entropy", x)
        holes = np.isnan(x)
        count -= holes.sum(axis=0)
        enough("entropy", count)
        total, low = np.nansum(x, axis=0), np.fmin.reduce(x, axis=0)
    if (low < 0).any() or np.isinf(total).any():
        positive("entropy", x)
        raise DomainError("entropy weights cannot add values this large. Divide them by a common unit.")
    with np.errstate(all="ignore"):
        mean = np.where(total > 0, total / count, 1.0)

    def information(rows: slice, buffer: FloatArray) -> FloatArray:
        part = x[rows]
        ratio, log = (side.reshape(part.shape) for side in np.split(buffer[: 2 * part.size], 2))
        np.divide(part, mean, out=ratio)
        if holes is not None:
            ratio[holes[rows]] = 1.0  # adds 0
        np.log(np.maximum(ratio, _TINY, out=log), out=log)  # 0 ln 0 = 0, as no ratio lies below but 0 itself
        found: FloatArray = np.einsum("ri,ri->i", ratio, log)
        return found

    size = 2 * k * max((part.stop - part.start for part in parts), default=0)
    told = np.sum(map_blocks(information, parts, numbers=4 * x.size, buffer=size), axis=0) / count
    for column in np.flatnonzero((told < _NEAR) | (total == 0)):
        told[column] = _little(x[:, column], mean[column])
    return shares("entropy", told.clip(0.0) / np.log(count))


def _little(values: FloatArray, mean: float) -> float:
    """Return the information of a column that hardly varies; exactly 0 if it does not vary at all."""
    values = values[~np.isnan(values)]
    if (values == values[0]).all():
        return 0.0
    off = (values - mean) / mean
    with np.errstate(all="ignore"):
        direct = np.where(off > -1, (1 + off) * np.log1p(off) - off, 1.0)
    series = off**2 * (1 / 2 - off / 6 + off**2 / 12 - off**3 / 20)
    return float(np.where(np.abs(off) < _SMALL, series, direct).mean())
