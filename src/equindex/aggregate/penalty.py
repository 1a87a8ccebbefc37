"""Means less a penalty for imbalance between a region's scores."""

from __future__ import annotations

from typing import cast

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, one_of
from equindex.aggregate.base import by_region, methods
from equindex.errors import MethodError

__all__ = ["ampi", "mean_min", "mpi"]


@methods.add
def mpi(
    x: ArrayLike,
    weights: ArrayLike,
    *,
    rewards: str = "balance",
    missing: str = "propagate",
    min_coverage: float = 0.0,
) -> FloatArray:
    r"""Take the Mazziotta-Pareto index: the mean less the imbalance between a region's scores.

    In Chinese: 马齐奥塔-帕雷托指数.

    .. math:: S_r = M_r \mp \sigma_r \, cv_r, \qquad cv_r = \frac{\sigma_r}{M_r}, \quad
       M_r = \sum_i w_i z_{ri}, \quad \sigma_r^2 = \sum_i w_i (z_{ri} - M_r)^2

    with weights that sum to 1. The index is defined on scores of mean 100 and standard deviation 10, ``zscore`` with
    ``centre = 100, scale = 10, ddof = 0``. That step compares regions; this one takes each by itself.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Scores above 0; NaN is missing. [score]
    weights : array_like, shape (indicators,), or any that broadcasts against `x`
        At least 0; scaled by their sum. Draws are ``(draws, 1, indicators)``.
    rewards : {"balance", "imbalance"}
        "balance" takes the penalty off, the minus, for scores of which more is better. "imbalance" adds it, the
        plus, for an index of which more is worse, such as deprivation: there it still counts against the region.
    missing : {"propagate", "reweight"}
        A missing score leaves the region unscored, or its weight goes to the others in proportion.
    min_coverage : float
        With "reweight": the share of the weight that must be present, 0 to 1.

    Returns
    -------
    ndarray, shape (..., regions)
        The mean where all scores are equal, else below it ("balance"), maybe below the worst score. NaN where a
        score of positive weight is missing, or with "reweight" where less than `min_coverage` or nothing is
        present. [score]

    Raises
    ------
    DomainError
        If a score of positive weight is not above 0 and finite, a weight is negative or missing, or all are 0.

    Notes
    -----
    The deviation has the divisor m, not m - 1. Where a score is above :math:`M (3 + cv^2) / 2`, the penalty grows
    faster than the mean, and a better score lowers the index; within 70 to 130 this hardly happens.

    References
    ----------
    .. [1] De Muro, Mazziotta, Pareto, "Composite indices of development and poverty: an application to MDGs",
       Social Indicators Research 104(1), 2011, p. 1-18.
    .. [2] Mazziotta, Pareto, "Weighting in composite indices construction: the case of the Mazziotta-Pareto
       index", Rivista Italiana di Economia, Demografia e Statistica, 2022.

    Examples
    --------
    >>> mpi([[110.0, 90.0], [100.0, 100.0]], [1, 1])
    array([ 99., 100.])
    """
    return _penalised(
        "mpi", "zscore(centre=100, scale=10, ddof=0)", x, weights, rewards, missing, min_coverage
    )


@methods.add
def ampi(
    x: ArrayLike,
    weights: ArrayLike,
    *,
    rewards: str = "balance",
    missing: str = "propagate",
    min_coverage: float = 0.0,
) -> FloatArray:
    r"""Take the adjusted Mazziotta-Pareto index, comparable over years: the mean less the imbalance.

    In Chinese: 调整的马齐奥塔-帕雷托指数.

    .. math:: S_r = M_r \mp \sigma_r \, cv_r, \qquad cv_r = \frac{\sigma_r}{M_r}, \quad
       M_r = \sum_i w_i z_{ri}, \quad \sigma_r^2 = \sum_i w_i (z_{ri} - M_r)^2

    with weights that sum to 1, on scores from 70 to 130 between goalposts that hold for all years. The formula is that
    of `mpi`; what is adjusted is the normalisation.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Scores above 0; NaN is missing. [score]
    weights : array_like, shape (indicators,), or any that broadcasts against `x`
        At least 0; scaled by their sum. Draws are ``(draws, 1, indicators)``.
    rewards : {"balance", "imbalance"}
        "balance" takes the penalty off, for scores of which more is better; "imbalance" adds it, for an index of
        which more is worse.
    missing : {"propagate", "reweight"}
        A missing score leaves the region unscored, or its weight goes to the others in proportion.
    min_coverage : float
        With "reweight": the share of the weight that must be present, 0 to 1.

    Returns
    -------
    ndarray, shape (..., regions)
        As `mpi`. [score]

    Raises
    ------
    DomainError
        If a score of positive weight is not above 0 and finite, a weight is negative or missing, or all are 0.

    References
    ----------
    .. [1] Mazziotta, Pareto, "On a generalized non-compensatory composite index for measuring socio-economic
       phenomena", Social Indicators Research 127(3), 2016, p. 983-1003.
    .. [2] Mazziotta, Pareto, "Measuring well-being over time: the adjusted Mazziotta-Pareto index versus other
       non-compensatory indices", Social Indicators Research 136(3), 2018, p. 967-976.

    Examples
    --------
    >>> ampi([[120.0, 80.0]], [1, 1], rewards="imbalance")
    array([104.])
    """
    return _penalised("ampi", "minmax(lower=70, upper=130)", x, weights, rewards, missing, min_coverage)


def _penalised(
    name: str,
    scores: str,
    x: ArrayLike,
    weights: ArrayLike,
    rewards: str,
    missing: str,
    min_coverage: float,
) -> FloatArray:
    one_of("rewards", rewards, ("balance", "imbalance"))
    sign = -1 if rewards == "balance" else 1

    def index(z: FloatArray, w: FloatArray) -> FloatArray:
        mean = np.einsum("ri,ri->r", z, w)
        apart = z - mean[:, None]
        apart *= apart
        return cast("FloatArray", mean + sign * np.einsum("ri,ri->r", apart, w) / mean)

    return by_region(
        index,
        x,
        weights,
        missing,
        min_coverage,
        fits=lambda z: (z > 0) & np.isfinite(z),
        need=f"{name} needs values above 0, as its coefficient of variation does",
        remedy=f"Normalise by {scores}.",
    )


@methods.add(mean_like=True, monotone=True)
def mean_min(
    x: ArrayLike,
    weights: ArrayLike,
    *,
    alpha: float,
    beta: float,
    missing: str = "propagate",
    min_coverage: float = 0.0,
) -> FloatArray:
    r"""Take the mean-min function: the weighted mean, drawn towards the worst score.

    In Chinese: 均值-最小值函数.

    .. math:: S_r = M_r - \alpha \Big( \sqrt{(M_r - \min_i z_{ri})^2 + \beta^2} - \beta \Big), \qquad
       M_r = \sum_i w_i z_{ri} \Big/ \sum_i w_i

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Scores, higher is better; NaN is missing. [score]
    weights : array_like, shape (indicators,), or any that broadcasts against `x`
        At least 0; scaled by their sum; an indicator without weight is no minimum. Draws are
        ``(draws, 1, indicators)``.
    alpha : float
        How much imbalance is penalised, 0 (the mean) to 1; with `beta` 0, 1 is the minimum.
    beta : float
        How far small imbalances are let off, at least 0: the penalty is square below it, straight above. [score]
    missing : {"propagate", "reweight"}
        A missing score leaves the region unscored, or its weight goes to the others in proportion.
    min_coverage : float
        With "reweight": the share of the weight that must be present, 0 to 1.

    Returns
    -------
    ndarray, shape (..., regions)
        Between the worst score and the mean. NaN where a score of positive weight is missing, or with
        "reweight" where less than `min_coverage` or nothing is present. [score]

    Raises
    ------
    DomainError
        If a weight is negative or missing, all are 0, or a score is infinite.
    MethodError
        If `alpha` is outside 0 to 1 or `beta` is below 0.

    References
    ----------
    .. [1] Casadio Tarabusi, Guarini, "An unbalance adjustment method for development indicators", Social
       Indicators Research 112(1), 2013, p. 19-45.

    Examples
    --------
    >>> mean_min([[60.0, 20.0, 70.0]], [1, 1, 1], alpha=0.5, beta=40)
    array([45.])
    """
    if not 0 <= alpha <= 1 or not 0 <= beta < np.inf:
        raise MethodError(
            f"mean_min needs alpha from 0 to 1 and beta of at least 0, not {alpha!r}, {beta!r}."
        )

    def drawn(z: FloatArray, w: FloatArray) -> FloatArray:
        mean = np.einsum("ri,ri->r", z, w)
        return cast("FloatArray", mean - alpha * (np.hypot(mean - z.min(axis=1), beta) - beta))

    return by_region(
        drawn,
        x,
        weights,
        missing,
        min_coverage,
        fits=np.isfinite,
        need="mean_min needs finite values",
        remedy="Remove them.",
    )
