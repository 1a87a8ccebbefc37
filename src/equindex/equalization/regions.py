"""Each region against a reference."""

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, as_float
from equindex.errors import MethodError, nearest

__all__ = ["REFERENCES", "reference", "to_reference"]

REFERENCES = ("mean", "weighted_mean", "median", "best")


def reference(
    x: ArrayLike, kind: str, *, population: ArrayLike | None = None, direction: ArrayLike = 1
) -> FloatArray:
    """Measure what regions are held to: a mean, the median or the best of them.

    In Chinese: 参照水平.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values. [unit of the indicator]
    kind : {"mean", "weighted_mean", "median", "best"}
        What to measure. The median of an even number is the mean of the middle two.
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Weights of the weighted mean; regions without are left out of it. [persons]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better; used by "best".

    Returns
    -------
    ndarray, shape (..., 1, indicators)
        Ready for `to_reference`; NaN where no region has a value. [unit of the indicator]

    Raises
    ------
    MethodError
        If `kind` is not known, or the weighted mean has no population.

    Examples
    --------
    >>> reference([[1.0], [2.0], [6.0]], "median")
    array([[2.]])
    """
    x = as_float(x)
    if kind == "best":
        high, low = (f.reduce(x, axis=-2, keepdims=True) for f in (np.fmax, np.fmin))
        return np.where(as_float(direction) > 0, high, low)
    if kind == "median":
        n = np.count_nonzero(~np.isnan(x), axis=-2, keepdims=True)
        x = np.sort(x, axis=-2)  # missing values come last
        middle = [np.take_along_axis(x, np.maximum(i, 0), axis=-2) for i in ((n - 1) // 2, n // 2)]
        return np.where(middle[0] == middle[1], middle[0], (middle[0] + middle[1]) / 2)
    if kind not in REFERENCES:
        raise MethodError(f"there is no reference {kind!r}. {nearest(kind, REFERENCES)}")
    weights = as_float(1.0)
    if kind == "weighted_mean":
        if population is None:
            raise MethodError("the reference 'weighted_mean' needs a population. Give one, or use 'mean'.")
        weights = as_float(population)
        weights = weights[:, None] if weights.ndim == 1 else weights
    weights = np.where(np.isnan(x) | np.isnan(weights), 0.0, weights)
    total = weights.sum(axis=-2, keepdims=True)
    resource = (np.where(weights > 0, x, 0.0) * weights).sum(axis=-2, keepdims=True)
    return np.asarray(resource / np.where(total > 0, total, np.nan))


def to_reference(x: ArrayLike, reference: ArrayLike, direction: ArrayLike = 1) -> FloatArray:
    r"""Equalization of each region: how much of the reference it reaches, at most all of it.

    In Chinese: 区域均等化指数.

    .. math:: E_{ri} = 100 \min(1, x_{ri} / \rho_i), \qquad
              E_{ri} = 100 \min(1, \rho_i / x_{ri}) \text{ where lower is better}

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values. [unit of the indicator]
    reference : array_like, broadcastable to `x`
        What to hold regions to, such as `reference` returns. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        100 at the reference or better (where lower is better, also at 0); NaN where `x` is missing or
        negative and where the reference is missing, 0 or negative. [0-100]

    Notes
    -----
    With the mean as reference, the mean of E is 100 times 1 minus the Hoover index. E says nothing about
    adequacy: regions equally short of what they need all have 100.

    Examples
    --------
    >>> to_reference([[1.0], [4.0]], 2.0).ravel(), to_reference([[1.0], [4.0]], 2.0, -1).ravel()
    (array([ 50., 100.]), array([100.,  50.]))
    """
    x, bar = np.broadcast_arrays(as_float(x), as_float(reference))
    usable = (x >= 0) & (bar > 0)
    whole = np.where(as_float(direction) > 0, bar, x)
    share = np.divide(np.minimum(x, bar), whole, out=np.ones(x.shape), where=usable & (whole > 0))
    return np.where(usable, 100 * share, np.nan)
