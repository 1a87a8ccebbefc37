"""Transforms: fixed curves that bend an indicator's scale before it is normalised."""

from __future__ import annotations

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, as_float, refused_cells
from equindex._registry import Family
from equindex.errors import MethodError

__all__ = ["log", "logit", "sqrt", "transforms"]

transforms = Family("transform")


@transforms.add(monotone=True)
def log(x: ArrayLike) -> FloatArray:
    r"""Take natural logarithms, so that equal ratios count equally.

    In Chinese: 对数变换.

    .. math:: y = \ln x

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values above 0; NaN is missing. [unit of the indicator]

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        Strictly increasing in `x`; NaN where `x` is NaN. [log of the unit]

    Raises
    ------
    DomainError
        If a value is 0, negative or infinite.

    References
    ----------
    .. [1] UNDP, "Human Development Report: Technical notes", 2022, note 1 (income).

    Examples
    --------
    >>> log([[1.0], [100.0]]).ravel().round(4)
    array([0.    , 4.6052])
    """
    x = as_float(x)
    _refuse("log needs values above 0", x, x > 0)
    return np.log(x)


@transforms.add(monotone=True)
def sqrt(x: ArrayLike) -> FloatArray:
    r"""Take square roots: milder than logarithms, and 0 is allowed.

    In Chinese: 平方根变换.

    .. math:: y = \sqrt{x}

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values of at least 0; NaN is missing. [unit of the indicator]

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        Strictly increasing in `x`; NaN where `x` is NaN. [root of the unit]

    Raises
    ------
    DomainError
        If a value is negative or infinite.

    References
    ----------
    .. [1] Tukey, "Exploratory Data Analysis", 1977, chapter 3 (ladder of powers).

    Examples
    --------
    >>> sqrt([[0.0], [9.0]]).ravel()
    array([0., 3.])
    """
    x = as_float(x)
    _refuse("sqrt needs values of at least 0", x, x >= 0)
    return np.sqrt(x)


@transforms.add(monotone=True)
def logit(x: ArrayLike, *, top: float = 100.0) -> FloatArray:
    r"""Take log odds of a share, so that 98 to 99 % counts as more than 50 to 51 %.

    In Chinese: 对数几率变换.

    .. math:: y = \ln \frac{x}{t - x}

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Shares between 0 and `top`, both excluded; NaN is missing. [unit of the indicator]
    top : float
        The whole: 100 for percentages, 1 for proportions. [unit of the indicator]

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        0 at half of `top`, strictly increasing in `x`; NaN where `x` is NaN. [log odds]

    Raises
    ------
    DomainError
        If a value is not strictly between 0 and `top`.

    References
    ----------
    .. [1] Berkson, "Application of the logistic function to bio-assay", Journal of the American Statistical
       Association 39(227), 1944, p. 357-365.

    Examples
    --------
    >>> logit([[50.0], [75.0]]).ravel().round(4)
    array([0.    , 1.0986])
    """
    x = as_float(x)
    if not top > 0:
        raise MethodError(f"logit needs a top above 0, such as 100 for percentages, not {top!r}.")
    _refuse(f"logit needs values between 0 and {top:g}, both excluded", x, (x > 0) & (x < top))
    return np.log(x / (top - x))


def _refuse(need: str, x: FloatArray, good: BoolArray) -> None:
    bad = ~(good & np.isfinite(x) | np.isnan(x))
    if bad.any():
        raise refused_cells(need, x, bad, "Correct the values, or leave this indicator untransformed.")
