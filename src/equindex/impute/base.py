"""The family of imputation methods, which cells were imputed, and what the methods share."""

from __future__ import annotations

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, as_float, positioned, refused_cells
from equindex._registry import Family

__all__ = ["filled", "imputed", "methods", "none", "start"]

methods = Family("impute")


@methods.add
def none(x: ArrayLike) -> FloatArray:
    r"""Leave missing values missing.

    In Chinese: 不插补.

    .. math:: y_{ri} = x_{ri}

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        The values of `x`; NaN where `x` is NaN. [unit of the indicator]

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, step 3.

    Examples
    --------
    >>> none([[1.0], [np.nan]]).ravel()
    array([ 1., nan])
    """
    return as_float(x).copy()


def imputed(before: ArrayLike, after: ArrayLike) -> BoolArray:
    """Say which cells were filled.

    Parameters
    ----------
    before, after : array_like, shape (..., regions, indicators)
        Values before and after imputation. [unit of the indicator]

    Returns
    -------
    ndarray of bool, shape (..., regions, indicators)
        True where `before` is missing and `after` is not.

    Examples
    --------
    >>> imputed([[1.0, np.nan, np.nan]], [[1.0, 7.0, np.nan]])
    array([[False,  True, False]])
    """
    return np.isnan(as_float(before)) & ~np.isnan(as_float(after))


def start(x: ArrayLike) -> tuple[FloatArray, BoolArray]:
    """Return `x` as an array and where it is missing, or refuse infinite values."""
    x = as_float(x)
    bad = np.isinf(x)
    if bad.any():
        raise refused_cells("imputation needs finite values", x, bad, "Remove them.")
    return x, np.isnan(x)


def filled(x: FloatArray, values: FloatArray, need: str, remedy: str) -> FloatArray:
    """Fill the missing cells of `x`, or refuse those for which `values` has nothing either."""
    y = np.where(np.isnan(x), values, x)
    bad = np.isnan(y)
    if bad.any():
        count, first = int(bad.sum()), tuple(np.argwhere(bad)[0].tolist())
        found = f"{count} of {int(np.isnan(x).sum())} missing cells {'has' if count == 1 else 'have'} none"
        raise positioned(f"{need}, but {found} (first: position {first}). {remedy}", bad)
    return y
