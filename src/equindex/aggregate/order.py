"""Power means, and what goes by the order of a region's scores: median, minimum, ordered weights."""

from __future__ import annotations

from typing import cast

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, as_float
from equindex.aggregate.base import SLACK, by_region, methods
from equindex.errors import MethodError

__all__ = ["median", "minimum", "owa", "power"]

_REMOVE = "Remove them."
_NEAR_0 = 0.1  # exponents nearer to 0 are taken by logarithms, lest digits go


@methods.add(mean_like=True, monotone=True)
def power(
    x: ArrayLike,
    weights: ArrayLike,
    *,
    exponent: float,
    missing: str = "propagate",
    min_coverage: float = 0.0,
) -> FloatArray:
    r"""Take the weighted power mean: the lower the exponent, the less a surplus makes up for a shortfall.

    In Chinese: 加权幂平均.

    .. math:: S_r = \Big( \sum_i w_i z_{ri}^p \Big/ \sum_i w_i \Big)^{1/p}

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Scores, higher is better: above 0 for an exponent up to 0, at least 0 above that (any for 1); NaN is
        missing. [score]
    weights : array_like, shape (indicators,), or any that broadcasts against `x`
        At least 0; scaled by their sum. Draws are ``(draws, 1, indicators)``.
    exponent : float
        p. 1 is the arithmetic mean, -1 the harmonic one; 0 is read as the limit, the geometric mean, and
        -inf and inf as the smallest and largest score.
    missing : {"propagate", "reweight"}
        A missing score leaves the region unscored, or its weight goes to the others in proportion.
    min_coverage : float
        With "reweight": the share of the weight that must be present, 0 to 1.

    Returns
    -------
    ndarray, shape (..., regions)
        Between the worst and the best score. NaN where a score of positive weight is missing, or with
        "reweight" where less than `min_coverage` or nothing is present. [score]

    Raises
    ------
    DomainError
        If a score of positive weight does not suit the exponent, a weight is negative or missing, or all are 0.
    MethodError
        If the exponent is NaN.

    Notes
    -----
    Scores are taken relative to the largest (or smallest), so that no exponent overflows, and exponents near 0 keep
    their digits.

    References
    ----------
    .. [1] Hardy, Littlewood, Pólya, "Inequalities", 1934, chapter 2.
    .. [2] Decancq, Lugo, "Weights in multidimensional indices of wellbeing", Econometric Reviews 32(1), 2013,
       p. 7-34.

    Examples
    --------
    >>> power([[1.0, 7.0]], [1, 1], exponent=2)
    array([5.])
    """
    if np.isnan(exponent):
        raise MethodError("the exponent of a power mean is a number, not NaN.")

    def mean(z: FloatArray, w: FloatArray) -> FloatArray:
        if exponent == 1:
            return _sum(z, w)
        base = z.max(axis=1) if exponent > 0 else z.min(axis=1)
        if np.isinf(exponent):
            return cast("FloatArray", base)
        ratio = z / np.where(base > 0, base, 1.0)[:, None]
        if exponent == 0:
            return cast("FloatArray", base * np.exp(_sum(np.log(ratio), w)))
        if abs(exponent) > _NEAR_0:
            return cast("FloatArray", base * _sum(ratio**exponent, w) ** (1 / exponent))
        excess = _sum(np.expm1(exponent * np.log(ratio)), w)  # the sum of w ratio^p, less 1
        return cast("FloatArray", base * np.exp(np.log1p(excess) / exponent))

    def fits(z: FloatArray) -> BoolArray:
        enough = np.isfinite(z) if exponent == 1 else z >= 0 if exponent > 0 else z > 0
        return enough & np.isfinite(z)

    bound = "finite values" if exponent == 1 else "values of at least 0" if exponent > 0 else "values above 0"
    return by_region(
        mean,
        x,
        weights,
        missing,
        min_coverage,
        fits=fits,
        need=f"a power mean with exponent {exponent:g} needs {bound}",
        remedy="Normalise onto a positive range, such as minmax(lower=1, upper=100).",
    )


@methods.add(mean_like=True, monotone=True)
def median(
    x: ArrayLike, weights: ArrayLike, *, missing: str = "propagate", min_coverage: float = 0.0
) -> FloatArray:
    r"""Take the weighted median: the score with at most half of the weight below it and half above.

    In Chinese: 加权中位数.

    .. math:: S_r = \tfrac12 (m^- + m^+), \qquad
       m^- = \min \Big\{ z : \sum_{i : z_{ri} \le z} w_i \ge \tfrac12 \Big\}, \quad
       m^+ = \max \Big\{ z : \sum_{i : z_{ri} \ge z} w_i \ge \tfrac12 \Big\}

    with weights that sum to 1. With equal weights this is the ordinary median.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Scores, higher is better; NaN is missing. [score]
    weights : array_like, shape (indicators,), or any that broadcasts against `x`
        At least 0; scaled by their sum. Draws are ``(draws, 1, indicators)``.
    missing : {"propagate", "reweight"}
        A missing score leaves the region unscored, or its weight goes to the others in proportion.
    min_coverage : float
        With "reweight": the share of the weight that must be present, 0 to 1.

    Returns
    -------
    ndarray, shape (..., regions)
        Between the worst and the best score. NaN where a score of positive weight is missing, or with
        "reweight" where less than `min_coverage` or nothing is present. [score]

    Raises
    ------
    DomainError
        If a weight is negative or missing, all are 0, or a score is infinite.

    References
    ----------
    .. [1] Edgeworth, "On a new method of reducing observations relating to several quantities", Philosophical
       Magazine 25(154), 1888, p. 184-191.

    Examples
    --------
    >>> median([[10.0, 40.0, 90.0]], [1, 1, 3])
    array([90.])
    """

    def middle(z: FloatArray, w: FloatArray) -> FloatArray:
        order = np.argsort(z, axis=1)
        z = np.take_along_axis(z, order, axis=1)
        below = np.cumsum(np.take_along_axis(w, order, axis=1), axis=1)
        rows = np.arange(len(z))
        low = z[rows, (below >= 0.5 - SLACK).argmax(axis=1)]
        high = z[rows, (below > 0.5 + SLACK).argmax(axis=1)]
        return cast("FloatArray", low + (high - low) / 2)

    return by_region(
        middle,
        x,
        weights,
        missing,
        min_coverage,
        fits=np.isfinite,
        need="a median needs finite values",
        remedy=_REMOVE,
    )


@methods.add(mean_like=True, monotone=True)
def minimum(
    x: ArrayLike, weights: ArrayLike, *, missing: str = "propagate", min_coverage: float = 0.0
) -> FloatArray:
    r"""Take the worst score: nothing makes up for a shortfall.

    In Chinese: 最小值法, 短板法.

    .. math:: S_r = \min_{i : w_i > 0} z_{ri}

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Scores, higher is better; NaN is missing. [score]
    weights : array_like, shape (indicators,), or any that broadcasts against `x`
        Only whether they are above 0 counts, and what share is present.
    missing : {"propagate", "reweight"}
        A missing score leaves the region unscored, or the worst of the others counts.
    min_coverage : float
        With "reweight": the share of the weight that must be present, 0 to 1.

    Returns
    -------
    ndarray, shape (..., regions)
        NaN where a score of positive weight is missing, or with "reweight" where less than `min_coverage` or
        nothing is present. [score]

    Raises
    ------
    DomainError
        If a weight is negative or missing, all are 0, or a score is infinite.

    References
    ----------
    .. [1] Casadio Tarabusi, Guarini, "An unbalance adjustment method for development indicators", Social
       Indicators Research 112(1), 2013, p. 19-45.

    Examples
    --------
    >>> minimum([[80.0, 20.0, 50.0]], [1, 1, 1])
    array([20.])
    """
    return by_region(
        lambda z, _: cast("FloatArray", z.min(axis=1)),
        x,
        weights,
        missing,
        min_coverage,
        fits=np.isfinite,
        need="a minimum needs finite values",
        remedy=_REMOVE,
    )


@methods.add(mean_like=True, monotone=True, counts_parts=True)
def owa(
    x: ArrayLike,
    weights: ArrayLike,
    *,
    positions: ArrayLike,
    missing: str = "propagate",
    min_coverage: float = 0.0,
) -> FloatArray:
    r"""Weigh a region's scores by their order, the best first, together with the weights of the indicators.

    In Chinese: 有序加权平均.

    .. math:: S_r = \sum_j \big( Q(s_j) - Q(s_{j-1}) \big) z_{r(j)}, \qquad s_j = \sum_{l \le j} w_{(l)}

    with (j) the indicator that is j-th best in the region and weights w that sum to 1. Q runs straight from 0 at 0
    through the cumulated position weights :math:`\sum_{l \le j} v_l` at :math:`j/k`. With equal indicator weights
    this is Yager's average, :math:`\sum_j v_j z_{r(j)}`; with equal position weights it is the weighted mean.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Scores, higher is better; NaN is missing. [score]
    weights : array_like, shape (indicators,), or any that broadcasts against `x`
        Of the indicators, at least 0; scaled by their sum. Draws are ``(draws, 1, indicators)``.
    positions : array_like, shape (indicators,)
        Of the positions, v, from the best score to the worst, at least 0; scaled by their sum.
    missing : {"propagate", "reweight"}
        A missing score leaves the region unscored, or its weight goes to the others in proportion.
    min_coverage : float
        With "reweight": the share of the weight that must be present, 0 to 1.

    Returns
    -------
    ndarray, shape (..., regions)
        Between the worst and the best score. NaN where a score of positive weight is missing, or with
        "reweight" where less than `min_coverage` or nothing is present. [score]

    Raises
    ------
    DomainError
        If a weight is negative or missing, all are 0, or a score is infinite.
    MethodError
        If there is not one position for each indicator, one is negative, or all are 0.

    References
    ----------
    .. [1] Yager, "On ordered weighted averaging aggregation operators in multicriteria decisionmaking", IEEE
       Transactions on Systems, Man, and Cybernetics 18(1), 1988, p. 183-190.
    .. [2] Torra, "The weighted OWA operator", International Journal of Intelligent Systems 12(2), 1997,
       p. 153-166.

    Examples
    --------
    >>> owa([[30.0, 90.0, 60.0]], [1, 1, 1], positions=[0.2, 0.3, 0.5])
    array([51.])
    """
    place = as_float(positions)
    k = as_float(x).shape[-1]
    if place.shape != (k,):
        raise MethodError(f"owa needs one position weight for each of {k} parts, not {place.size}.")
    if not (np.isfinite(place) & (place >= 0)).all() or not place.sum() > 0:
        raise MethodError("the position weights of owa must be finite, at least 0, and not all 0.")
    known = np.concatenate([[0.0], np.cumsum(place / place.sum())])
    known[-1] = 1.0

    def ordered(z: FloatArray, w: FloatArray) -> FloatArray:
        order = np.argsort(-z, axis=1)
        reached = np.cumsum(np.take_along_axis(w, order, axis=1), axis=1)
        reached[:, -1] = 1.0
        level = np.interp(reached, np.linspace(0, 1, k + 1), known)
        return _sum(np.take_along_axis(z, order, axis=1), np.diff(level, axis=1, prepend=0.0))

    return by_region(
        ordered,
        x,
        weights,
        missing,
        min_coverage,
        fits=np.isfinite,
        need="owa needs finite values",
        remedy=_REMOVE,
    )


def _sum(z: FloatArray, w: FloatArray) -> FloatArray:
    return cast("FloatArray", np.einsum("ri,ri->r", z, w))
