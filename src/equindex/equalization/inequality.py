"""Inequality measures over regions, and the degrees of equalization made of them."""

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, as_float
from equindex._registry import Family
from equindex.errors import DomainError, MethodError, nearest

__all__ = ["cv", "defined", "degree", "gini", "hoover", "max_min", "measures", "theil_l", "theil_t"]

measures = Family("equalization")

_LARGEST = 1e75  # products of larger values overflow
_NEEDS = {
    "nonnegative": "values from 0 to 1e75",
    "positive": "values above 0, up to 1e75",
    "nonzero_mean": "values up to 1e75 whose mean is not 0",
}


def kept(x: ArrayLike, population: ArrayLike | None) -> tuple[FloatArray, FloatArray]:
    """Return values and weights, both 0 where a region is left out."""
    x = as_float(x)
    if population is None:
        weights, keep = np.ones(x.shape[-1]), ~np.isnan(x)
    else:
        x, weights = np.broadcast_arrays(x, as_float(population))
        if (weights < 0).any() or (weights > _LARGEST).any():
            raise DomainError("a population is negative or infinite. Mend it, or leave it empty.")
        keep = ~np.isnan(x) & (weights > 0)
    if x.shape[-1] == 0:
        return np.zeros((*x.shape[:-1], 1)), np.zeros(1)
    if keep.all():
        return x, weights
    return np.where(keep, x, 0.0), np.where(keep, weights, 0.0)


def _outside(x: FloatArray, weights: FloatArray, domain: str) -> BoolArray:
    """Return which kept values lie outside the domain."""
    if domain == "nonzero_mean":
        outside: BoolArray = np.abs(x) > _LARGEST
        x = np.where(outside, 0.0, x)
        size = _dot(np.abs(x), weights)
        vanishes = (np.abs(_dot(x, weights)) <= 1e-12 * size) & (size > 0)
        outside = outside | vanishes[..., None]
    else:
        outside = x <= 0 if domain == "positive" else x < 0
        outside |= x > _LARGEST
    outside &= weights > 0
    return outside


def _ready(x: ArrayLike, population: ArrayLike | None, measure: str) -> tuple[FloatArray, FloatArray]:
    """Return values and weights, or raise DomainError with the `positions` of values outside the domain."""
    x, weights = kept(x, population)
    domain = measures.get(measure).traits["domain"]
    outside = _outside(x, weights, domain)
    if outside.any():
        positions = tuple(tuple(int(i) for i in where) for where in np.argwhere(outside)[:1000])
        error = DomainError(
            f"{measure} needs {_NEEDS[domain]}, but {outside.sum()} of {outside.size} are not "
            f"(first: {x[positions[0]]:.6g} at position {positions[0]}). "
            "Leave this column out, or choose another measure."
        )
        error.positions = positions
        raise error
    return x, weights


def _relative(x: ArrayLike, population: ArrayLike | None, measure: str) -> tuple[FloatArray, FloatArray]:
    """Return each value over the mean (1 where left out) and each region's share of the weights."""
    x, weights = _ready(x, population, measure)
    total = weights.sum(axis=-1, keepdims=True)
    shares = weights / np.where(total > 0, total, np.nan)
    mean = _dot(x, shares)[..., None]
    r, keep = x / np.where(mean == 0, np.nan, mean), weights > 0
    return r if keep.all() else np.where(keep, r, 1.0), shares


def _dot(x: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the sum of products over regions."""
    result: FloatArray = np.vecdot(x, weights)
    return result


def excess_t(r: FloatArray) -> FloatArray:
    """Return r ln r - r + 1: the last two terms average to 0 and take the rounding of the mean with them."""
    terms = np.log(r, out=np.zeros_like(r), where=r > 0)
    terms *= r
    terms -= r - 1
    return terms


def excess_l(r: FloatArray) -> FloatArray:
    """Return -ln r + r - 1."""
    return (r - 1) - np.log(r)


@measures.add(domain="nonnegative", degree="1 - I")
def gini(x: ArrayLike, *, population: ArrayLike | None = None) -> FloatArray:
    r"""Gini coefficient: half the mean absolute difference of all pairs, over the mean.

    .. math:: G = \frac{1}{2 \mu} \sum_i \sum_j p_i p_j |x_i - x_j|

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values of 0 or more. [any unit]
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Weights; p is a region's share of them, 1/n without. Regions where `x` or `population` is missing, or
        `population` is 0, are left out. [persons]

    Returns
    -------
    ndarray, shape (...)
        0 where all are equal, below 1; NaN where no region is left or all are 0. [index]

    Raises
    ------
    DomainError
        If a value is negative; its `positions` holds the indices of the first 1,000.

    References
    ----------
    .. [1] Cowell, F. A., "Measuring Inequality", 3rd ed., Oxford University Press, 2011, ch. 2.

    Examples
    --------
    >>> gini([1.0, 3.0])
    np.float64(0.25)
    >>> gini([1.0, 3.0], population=[3, 1])
    np.float64(0.25)
    """
    x, weights = _ready(x, population, "gini")
    if population is None:
        x, weights = np.sort(x), np.sort(weights)  # regions left out hold 0 in both and come first
    else:
        order = np.argsort(x)
        x, weights = np.take_along_axis(x, order, -1), np.take_along_axis(weights, order, -1)
    below = weights.cumsum(axis=-1)
    total = below[..., -1:]
    pairs = _dot(np.diff(x), below[..., :-1] * (total - below[..., :-1]))
    whole = total[..., 0] * _dot(x, weights)
    return pairs / np.where(whole > 0, whole, np.nan)


@measures.add(domain="nonnegative", degree="1 - T / ln n")
def theil_t(x: ArrayLike, *, population: ArrayLike | None = None) -> FloatArray:
    r"""Theil's T, GE(1): shares of the resource against shares of the population.

    .. math:: T = \sum_i s_i \ln (s_i / p_i), \qquad s_i = p_i x_i / \mu

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values of 0 or more; a value of 0 adds 0 (0 ln 0 = 0). [any unit]
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Weights; p is a region's share of them, 1/n without. Regions where `x` or `population` is missing, or
        `population` is 0, are left out. [persons]

    Returns
    -------
    ndarray, shape (...)
        0 where all are equal, at most ln n (weighted: -ln of the smallest share); NaN where no region is left
        or all are 0. [index]

    Raises
    ------
    DomainError
        If a value is negative; its `positions` holds the indices of the first 1,000.

    Notes
    -----
    Some software and papers print L as "the" Theil index: for 10, 10, 10, 20, 50 T is 0.2502, L is 0.2326.

    References
    ----------
    .. [1] Theil, H., "Economics and Information Theory", North-Holland, 1967, ch. 4.

    Examples
    --------
    >>> theil_t([10, 10, 10, 20, 50]).round(7)
    np.float64(0.2502012)
    """
    r, shares = _relative(x, population, "theil_t")
    return _dot(excess_t(r), shares)


@measures.add(domain="positive", degree=None)
def theil_l(x: ArrayLike, *, population: ArrayLike | None = None) -> FloatArray:
    r"""Theil's L, GE(0), the mean log deviation: shares of the population against shares of the resource.

    .. math:: L = \sum_i p_i \ln (p_i / s_i), \qquad s_i = p_i x_i / \mu

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values above 0. [any unit]
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Weights; p is a region's share of them, 1/n without. Regions where `x` or `population` is missing, or
        `population` is 0, are left out. [persons]

    Returns
    -------
    ndarray, shape (...)
        0 where all are equal, without upper bound; NaN where no region is left. [index]

    Raises
    ------
    DomainError
        If a value is 0 or negative; its `positions` holds the indices of the first 1,000.

    References
    ----------
    .. [1] Theil, H., "Economics and Information Theory", North-Holland, 1967, ch. 4.

    Examples
    --------
    >>> theil_l([10, 10, 10, 20, 50]).round(7)
    np.float64(0.2326302)
    """
    r, shares = _relative(x, population, "theil_l")
    return _dot(excess_l(r), shares)


@measures.add(domain="nonzero_mean", degree="1 / (1 + CV)")
def cv(x: ArrayLike, *, population: ArrayLike | None = None, ddof: int = 0) -> FloatArray:
    r"""Coefficient of variation; with population Williamson's weighted coefficient.

    .. math:: CV = \frac{1}{|\mu|} \sqrt{\sum_i p_i (x_i - \mu)^2}

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values whose mean is not 0. [any unit]
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Weights; p is a region's share of them, 1/n without. Regions where `x` or `population` is missing, or
        `population` is 0, are left out. [persons]
    ddof : int
        Without population the variance divides by n - `ddof`: 0 for all regions of a whole, 1 for a sample of
        them. The weighted form has no such choice and does not use it.

    Returns
    -------
    ndarray, shape (...)
        0 where all are equal; NaN where no more than `ddof` regions are left or all are 0. [ratio]

    Raises
    ------
    DomainError
        If the values cancel to a mean of 0; its `positions` holds the indices of the first 1,000.

    References
    ----------
    .. [1] Williamson, J. G., "Regional inequality and the process of national development", Economic
       Development and Cultural Change 13(4, part 2), 1965, 1-84.

    Examples
    --------
    >>> cv([1.0, 3.0]), cv([1.0, 3.0], ddof=1).round(6)
    (np.float64(0.5), np.float64(0.707107))
    """
    r, shares = _relative(x, population, "cv")
    variance = _dot((r - 1) ** 2, shares)
    if population is None and ddof:
        n = np.count_nonzero(shares > 0, axis=-1)
        variance = variance * n / np.where(n > ddof, n - ddof, np.nan)
    return np.sqrt(variance)


@measures.add(domain="nonnegative", degree="1 - I")
def hoover(x: ArrayLike, *, population: ArrayLike | None = None) -> FloatArray:
    r"""Hoover index: the share of the resource that would have to move for all to be equal.

    .. math:: H = \frac{1}{2} \sum_i |s_i - p_i|, \qquad s_i = p_i x_i / \mu

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values of 0 or more. [any unit]
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Weights; p is a region's share of them, 1/n without. Regions where `x` or `population` is missing, or
        `population` is 0, are left out. [persons]

    Returns
    -------
    ndarray, shape (...)
        0 where all are equal, below 1; NaN where no region is left or all are 0. [share]

    Raises
    ------
    DomainError
        If a value is negative; its `positions` holds the indices of the first 1,000.

    References
    ----------
    .. [1] Hoover, E. M., "The measurement of industrial localization", Review of Economics and
       Statistics 18(4), 1936, 162-171.

    Examples
    --------
    >>> hoover([1.0, 3.0])
    np.float64(0.25)
    """
    r, shares = _relative(x, population, "hoover")
    return _dot(np.abs(r - 1), shares) / 2


@measures.add(domain="positive", degree=None)
def max_min(x: ArrayLike, *, population: ArrayLike | None = None) -> FloatArray:
    r"""Ratio of the largest to the smallest value.

    .. math:: R = \max_i x_i / \min_i x_i

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values above 0. [any unit]
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Does not weight; regions where it is missing or 0 are left out. [persons]

    Returns
    -------
    ndarray, shape (...)
        1 where all are equal, without upper bound; NaN where no region is left. [ratio]

    Raises
    ------
    DomainError
        If a value is 0 or negative; its `positions` holds the indices of the first 1,000.

    References
    ----------
    .. [1] Shankar, R. and Shah, A., "Bridging the economic divide within countries", World Development 31(8),
       2003, 1421-1441.

    Examples
    --------
    >>> max_min([1.0, 3.0, 2.0])
    array(3.)
    """
    x, weights = _ready(x, population, "max_min")
    keep = np.broadcast_to(weights > 0, x.shape)
    low = np.min(x, axis=-1, where=keep, initial=np.inf)
    high = np.max(x, axis=-1, where=keep, initial=0.0)
    with np.errstate(over="ignore"):
        return np.asarray(high / np.where(np.isinf(low), np.nan, low))


def defined(measure: str, x: ArrayLike, *, population: ArrayLike | None = None) -> BoolArray:
    """Say where a measure is defined, so that a caller with many columns can leave the others out.

    Parameters
    ----------
    measure : str
        Name in `measures`.
    x : array_like, shape (..., regions)
        Values.
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        As for the measure.

    Returns
    -------
    ndarray of bool, shape (...)
        False where the measure would raise DomainError.

    Examples
    --------
    >>> defined("theil_l", [[1.0, 0.0], [1.0, 2.0]])
    array([False,  True])
    """
    x, weights = kept(x, population)
    outside = _outside(x, weights, measures.get(measure).traits["domain"])
    return np.asarray(~outside.any(axis=-1))


def degree(
    measure: str, value: ArrayLike, *, n: ArrayLike | None = None, population: ArrayLike | None = None
) -> FloatArray:
    r"""Turn an inequality into a degree of equalization (均等度) from 0 to 100, by the measure's own formula.

    .. math:: 100 (1 - G), \quad 100 (1 - H), \quad 100 / (1 + CV), \quad 100 (1 - T / T_{max})

    Parameters
    ----------
    measure : str
        Name in `measures` of one with a degree: gini, hoover, cv or theil_t.
    value : array_like, shape (...)
        What the measure returned. [index]
    n : array_like, shape (...), optional
        Number of regions measured: the largest unweighted T is ln n.
    population : array_like, shape (..., regions), optional
        Population of the regions measured, missing or 0 for others: the largest weighted T is -ln of the
        smallest share. Goes before `n`.

    Returns
    -------
    ndarray, shape (...)
        100 where all are equal, and for one region; NaN where `value` is NaN. [0-100]

    Raises
    ------
    MethodError
        If the measure has no degree, or T has neither `n` nor `population`.

    Notes
    -----
    No official convention was found; these are the forms in use. Degrees of different measures do not
    compare.

    Examples
    --------
    >>> degree("gini", 0.25)
    np.float64(75.0)
    >>> degree("theil_t", 0.0391459932, n=31).round(2)
    np.float64(98.86)
    """
    value, form = as_float(value), measures.get(measure).traits["degree"]
    if form == "1 - I":
        return np.multiply(100, 1 - value)
    if form == "1 / (1 + CV)":
        return np.divide(100, 1 + value)
    if form is None:
        known = [method.name for method in measures if method.traits["degree"]]
        raise MethodError(f"{measure} has no degree of equalization. {nearest(measure, known)}")
    if population is not None:
        weights = np.where(as_float(population) > 0, population, np.nan)
        share = np.fmin.reduce(weights, axis=-1) / np.nansum(weights, axis=-1)
        largest = -np.log(share)
    elif n is not None:
        largest = np.log(np.maximum(as_float(n), 1))
    else:
        raise MethodError("the degree of theil_t needs n, or the population for the weighted form.")
    return np.multiply(100, 1 - value / np.where(largest > 0, largest, np.inf))
