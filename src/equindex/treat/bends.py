"""Treatments that bend a column: logarithms for either tail, powers by greatest likelihood."""

from __future__ import annotations

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, as_float, one_of, positioned, refused_cells
from equindex.errors import MethodError
from equindex.treat.base import each, finite, measured, methods, spread
from equindex.treat.fitted import Treatment, skewness

__all__ = ["SHARE", "box_cox", "box_cox_powers", "log_shift", "shifted_log", "tail_sign"]

SHARE = 0.01  # of the range: how far from 0 COINr starts its logarithm
_POWERS = (-5.0, 5.0)
_LEAVE = "Leave this indicator untreated, or drop it."


def _measure_shifted_log(x: ArrayLike, *, share: float = SHARE, tail: str = "auto") -> Treatment:
    one_of("tail", tail, ("auto", "right", "left"))
    if not share > 0:
        raise MethodError(f"shifted_log needs a share above 0, such as 0.01, not {share!r}.")
    x = finite(x)
    sign, shift = log_shift(x, share, tail_sign(x) if tail == "auto" else 1.0 if tail == "right" else -1.0)
    flat = ~(spread(x) > 0)
    if flat.any():
        raise positioned(
            f"shifted_log needs two different values, but {flat.sum()} of {flat.size} indicators have not. {_LEAVE}",
            flat,
            columns=True,
        )
    return Treatment.of(x, sign=sign, shift=shift, power=0.0)


@methods.add(monotone=True, measure=_measure_shifted_log)
def shifted_log(x: ArrayLike, *, share: float = SHARE, tail: str = "auto") -> FloatArray:
    r"""Take logarithms of the distance from the end of the column that lies away from its tail.

    In Chinese: 平移对数变换.

    .. math:: y = \ln(x - \min + s R), \qquad y^{\text{left}} = -\ln(\max - x + s R), \qquad R = \max - \min

    Zeros and negative values are allowed, and the order of the values stays.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    share : float
        s: the nearest value lies this share of the range R away from 0; the smaller, the stronger the bend.
    tail : {"auto", "right", "left"}
        Where the long tail is; "auto" follows the sign of the skewness.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        Strictly increasing in `x`; NaN where `x` is NaN. [log of the unit]

    Raises
    ------
    DomainError
        If a value is infinite, or a column has fewer than two different values.

    References
    ----------
    .. [1] Becker, Caperna, Del Sorbo, Norlén, Papadimitriou, Saisana, "COINr: An R package for developing
       composite indicators", Journal of Open Source Software 7(78), 2022, 4567 (log_CT, right tails only).
    .. [2] Tukey, "Exploratory Data Analysis", 1977, chapter 3 (reflection).

    Examples
    --------
    >>> shifted_log([[0.0], [100.0], [9.0]]).ravel().round(4)
    array([0.    , 4.6151, 2.3026])
    """
    return _measure_shifted_log(x, share=share, tail=tail).apply(x)


def _measure_box_cox(x: ArrayLike, *, power: ArrayLike | None = None) -> Treatment:
    x = finite(x)
    if power is None:
        return Treatment.of(x, power=box_cox_powers(x, np.ones((*x.shape[:-2], x.shape[-1]), dtype=bool)))
    _positive(x, np.ones(x.shape[-1], dtype=bool))
    return Treatment.of(x, power=power)


@methods.add(monotone=True, measure=_measure_box_cox)
def box_cox(x: ArrayLike, *, power: ArrayLike | None = None) -> FloatArray:
    r"""Raise each column to the power that makes it most nearly normal.

    In Chinese: Box-Cox 变换.

    .. math:: y = \frac{x^\lambda - 1}{\lambda}, \quad \lambda = 0: \; y = \ln x, \qquad
       \hat\lambda = \arg\max_\lambda \left( (\lambda - 1) \sum \ln x - \frac n2 \ln \hat\sigma^2(y) \right)

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values above 0; NaN is missing. [unit of the indicator]
    power : array_like, shape (indicators,) or scalar, optional
        :math:`\lambda`; without it, the one of greatest profile likelihood between -5 and 5.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        Strictly increasing in `x`; NaN where `x` is NaN. [power of the unit]

    Raises
    ------
    DomainError
        If a value is 0, negative or infinite; or, where the power is estimated, if a column has fewer than
        three different values or its best power is not between -5 and 5.

    References
    ----------
    .. [1] Box, Cox, "An analysis of transformations", Journal of the Royal Statistical Society B 26(2), 1964,
       p. 211-252, equations 1 and 8.
    .. [2] Kouider, Chen, "Concavity of Box-Cox log-likelihood function", Statistics & Probability Letters 25(2),
       1995, p. 171-175.

    Examples
    --------
    >>> box_cox([[1.0], [4.0], [9.0]], power=0.5).ravel()
    array([0., 2., 4.])
    """
    return _measure_box_cox(x, power=power).apply(x)


# --- Bending -------------------------------------------------------------------------------------------


def tail_sign(x: FloatArray) -> FloatArray:
    """Return 1 where the long tail is on the right or nowhere, -1 where it is on the left."""
    return np.where(skewness(x) < 0, -1.0, 1.0)


def log_shift(x: FloatArray, share: float, tail: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return sign and shift such that ``sign * x + shift`` starts at a share of the range."""
    sign = as_float(tail)
    end = np.where(sign > 0, -np.fmin.reduce(x, axis=-2), np.fmax.reduce(x, axis=-2))
    return sign, end + share * spread(x)


def _positive(x: FloatArray, columns: BoolArray) -> None:
    bad = (x <= 0) & columns[..., None, :]
    if bad.any():
        raise refused_cells(
            "box_cox needs values above 0", x, bad, "Use shifted_log, which allows any value."
        )


def box_cox_powers(x: FloatArray, columns: BoolArray) -> FloatArray:
    """Estimate the power of the chosen columns; NaN for the others."""
    _positive(x, columns)
    power = np.full(columns.shape, np.nan)
    for index in each(columns):
        power[index] = _best_power(measured(x, index))
    lost = columns & np.isnan(power)
    if lost.any():
        raise positioned(
            "box_cox needs three different values and a best power between -5 and 5, but "
            f"{lost.sum()} of {lost.size} indicators have not. {_LEAVE}",
            lost,
            columns=True,
        )
    return power


def _best_power(ordered: FloatArray) -> float:
    """Return the power of greatest profile likelihood, NaN where it is not inside the bounds."""
    from scipy.optimize import brentq

    if len(np.unique(ordered)) < 3:
        return np.nan
    logs = np.log(ordered)
    logs -= logs.mean()  # values over their geometric mean: the likelihood is that of the variance alone
    worse, better = (_slope(power, logs) for power in _POWERS)
    if not worse < 0 < better:  # it is concave (Kouider, Chen 1995): one root, or none inside
        return np.nan
    return float(brentq(_slope, *_POWERS, args=(logs,), xtol=1e-15, rtol=1e-14))


def _slope(power: float, logs: FloatArray) -> float:
    """Return the covariance of the bent values with their derivative by the power; 0 at the best power."""
    t = power * logs
    with np.errstate(all="ignore"):
        curve = np.where(
            np.abs(t) < 0.02,
            1 / 2 + t * (1 / 3 + t * (1 / 8 + t * (1 / 30 + t * (1 / 144 + t / 840)))),
            (t * np.exp(t) - np.expm1(t)) / t**2,
        )
        bent = logs if power == 0 else np.expm1(t) / power
    derivative = logs**2 * curve
    return float((bent - bent.mean()) @ (derivative - derivative.mean()))
