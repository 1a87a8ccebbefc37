"""Entropy weights (熵权法): the more unevenly an indicator is spread, the more it counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, map_blocks, row_blocks
from equindex._summary import Summary
from equindex.errors import DomainError
from equindex.weighting._columns import each, enough, positive, shares
from equindex.weighting.base import methods

__all__ = ["entropy"]

_NEAR = 1e-3  # information so small, against 1 + |ln mean|, that x / mean must be taken as 1 + difference
_SMALL = 1e-4  # difference at which four terms of its series are exact to the last digit
_COARSE = 1e-290  # means at which the smallest numbers count


@dataclass(frozen=True, slots=True, kw_only=True)
class Information:
    """Sums over regions that the entropy is told from, shape (indicators,): those of parts add up.

    `near` is a number near the mean, the same for all parts, and `told` the sum of q ln q - q + 1, q = x / near.
    """

    n: FloatArray
    total: FloatArray
    told: FloatArray
    near: FloatArray

    @classmethod
    def of(cls, x: FloatArray, summary: Summary) -> Information:
        """Measure values of at least 0, whose means are near those of `summary`."""
        near = np.where(summary.mean > 0, summary.mean, 1.0)
        has = ~np.isnan(x)
        told = np.where(has, _surplus((x - near) / near), 0.0)
        return cls(
            n=has.sum(axis=0).astype(np.float64),
            total=np.nansum(x, axis=0),
            told=told.sum(axis=0),
            near=near,
        )

    def merge(self, other: Information) -> Information:
        """Return those of both samples together."""
        return Information(
            n=self.n + other.n,
            total=self.total + other.total,
            told=self.told + other.told,
            near=self.near,
        )


@methods.add(data_driven=True, scale_free=True, feed="minmax", sample=Information)
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
    In one reading of the data, :math:`1 - e_i = (\sum_r x \ln x / \sum_r x - \ln \bar x_i) / \ln n_i`. Where this would
    lose digits, as an indicator hardly varies, it is :math:`\sum_r (q \ln q - q + 1) / (n_i \ln n_i)` with
    :math:`q = x_{ri} / \bar x_i`.

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


def _entropy(x: FloatArray | Information) -> FloatArray:
    if isinstance(x, Information):
        return _of_parts(x)
    n, k = x.shape
    enough("entropy", np.full(k, n))
    parts = row_blocks(n, k)

    def add(rows: slice, buffer: FloatArray) -> FloatArray:
        """Return the sums of x and of x ln x and how many there are; NaN where a value does not fit."""
        part = x[rows]
        terms, ones = buffer[: part.size].reshape(part.shape), np.ones(len(part))
        with np.errstate(all="ignore"):
            np.log(part, out=terms)
            terms *= part
            found = np.stack([ones @ part, ones @ terms, np.full(k, float(len(part)))])
            for column in np.flatnonzero(~np.isfinite(found[1])):  # has zeros, or values missing or unfit
                values = part[:, column]
                values = values[~np.isnan(values)]
                if (values < 0).any():
                    found[:, column] = np.nan
                else:
                    terms = values * np.log(values, out=np.zeros_like(values), where=values > 0)  # 0 ln 0 = 0
                    found[:, column] = values.sum(), terms.sum(), values.size
        return found

    size = k * max(part.stop - part.start for part in parts)
    total, logs, count = np.sum(map_blocks(add, parts, numbers=4 * x.size, buffer=size), axis=0)
    if not (np.isfinite(total) & np.isfinite(logs)).all():
        positive("entropy", x)
        raise DomainError("entropy weights cannot add values this large. Divide them by a common unit.")
    enough("entropy", count)
    with np.errstate(all="ignore"):
        mean = total / count
        size_of = np.log(mean)
        told = logs / total - size_of
        careful = ~(told > _NEAR * (1 + np.abs(size_of))) | (mean < _COARSE)
    for column in np.flatnonzero(careful):
        told[column] = _little(x[:, column], mean[column])
    return shares("entropy", told.clip(0.0) / np.log(count))


def _of_parts(found: Information) -> FloatArray:
    enough("entropy", found.n)
    with np.errstate(all="ignore"):
        off = found.total / found.n / found.near - 1
        told = (found.told / found.n + off) / (1 + off) - np.log1p(off)
        return shares("entropy", np.where(found.total > 0, told, 0.0).clip(0.0) / np.log(found.n))


def _little(values: FloatArray, mean: float) -> float:
    """Return the information of a column that hardly varies; exactly 0 if it does not vary at all."""
    values = values[~np.isnan(values)]
    if (values == values[0]).all():
        return 0.0
    return float(_surplus((values - mean) / mean).mean())


def _surplus(off: FloatArray) -> FloatArray:
    """Return q ln q - q + 1 for q = 1 + off, without loss where q is near 1."""
    with np.errstate(all="ignore"):
        direct = np.where(off > -1, (1 + off) * np.log1p(off) - off, 1.0)
    series = off**2 * (1 / 2 - off / 6 + off**2 / 12 - off**3 / 20)
    return np.where(np.abs(off) < _SMALL, series, direct)
