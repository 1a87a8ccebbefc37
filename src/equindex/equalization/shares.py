"""Inequality measures from the order of the regions: ratios of extremes, quantiles and shares."""

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, IntArray
from equindex.equalization.base import checked, measures, ordered, ready
from equindex.errors import MethodError

__all__ = [
    "max_min",
    "p90p10",
    "palma",
    "quantile_ratio",
    "quantile_share",
    "share_ratio",
]


@measures.add(domain="positive", degree=None)
def max_min(x: ArrayLike, *, population: ArrayLike | None = None) -> FloatArray:
    r"""Ratio of the largest to the smallest value.

    In Chinese: 极值比, 极差率.

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
    x, weights = ready(x, population, "max_min")
    keep = np.broadcast_to(weights > 0, x.shape)
    low = np.min(x, axis=-1, where=keep, initial=np.inf)
    high = np.max(x, axis=-1, where=keep, initial=0.0)
    with np.errstate(over="ignore"):
        return np.asarray(high / np.where(np.isinf(low), np.nan, low))


@measures.add(domain="nonnegative", degree=None)
def quantile_ratio(
    x: ArrayLike, *, population: ArrayLike | None = None, upper: float = 0.9, lower: float = 0.1
) -> FloatArray:
    r"""Ratio of two quantiles.

    In Chinese: 分位数比.

    .. math:: R = Q_u / Q_l

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values of 0 or more. [any unit]
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Weights, equal without. Regions where `x` or `population` is missing, or `population` is 0, are left out.
        [persons]
    upper, lower : float
        Shares of the population below the quantiles, 0 < `lower` < `upper` < 1.

    Returns
    -------
    ndarray, shape (...)
        1 where all are equal, without upper bound: infinite where only the lower quantile is 0; NaN where no
        region is left or both are 0. [ratio]

    Raises
    ------
    DomainError
        If a value is negative; its `positions` holds the indices of the first 1,000.
    MethodError
        If `lower` and `upper` are not so.

    Notes
    -----
    A quantile is the least value below or at which lies the wanted share of the population; where the share is
    met exactly, the mean of that value and the next (type 2 of [1]_, "averaged inverted CDF"). Unlike
    interpolation it does not change when every region is counted twice, and takes weights. Shares are compared
    to within 1e-12.

    References
    ----------
    .. [1] Hyndman, R. J. and Fan, Y., "Sample quantiles in statistical packages", American Statistician 50(4),
       1996, 361-365, definition 2.

    Examples
    --------
    >>> quantile_ratio([1.0, 2.0, 3.0, 4.0], upper=0.75, lower=0.25)
    np.float64(2.3333333333333335)
    """
    _within(lower=lower, upper=upper)
    if not lower < upper:
        raise MethodError(f"quantile_ratio needs lower < upper, but they are {lower} and {upper}. Swap them.")
    return _quantile_ratio(x, population, "quantile_ratio", upper, lower)


@measures.add(domain="nonnegative", degree=None)
def p90p10(x: ArrayLike, *, population: ArrayLike | None = None) -> FloatArray:
    r"""Ratio of the ninth to the first decile, P90/P10.

    In Chinese: 十分位比.

    .. math:: R = Q_{0.9} / Q_{0.1}

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values of 0 or more. [any unit]
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Weights, equal without. Regions where `x` or `population` is missing, or `population` is 0, are left out.
        [persons]

    Returns
    -------
    ndarray, shape (...)
        1 where all are equal, without upper bound: infinite where only the first decile is 0; NaN where no
        region is left or both are 0. [ratio]

    Raises
    ------
    DomainError
        If a value is negative; its `positions` holds the indices of the first 1,000.

    Notes
    -----
    Quantiles are those of `quantile_ratio`.

    References
    ----------
    .. [1] Hyndman, R. J. and Fan, Y., "Sample quantiles in statistical packages", American Statistician 50(4),
       1996, 361-365, definition 2.

    Examples
    --------
    >>> p90p10(range(1, 21))
    np.float64(7.4)
    """
    return _quantile_ratio(x, population, "p90p10", 0.9, 0.1)


@measures.add(domain="nonnegative", degree=None)
def share_ratio(
    x: ArrayLike, *, population: ArrayLike | None = None, top: float = 0.2, bottom: float = 0.2
) -> FloatArray:
    r"""Ratio of what the top has to what the bottom has, such as S80/S20.

    In Chinese: 份额比.

    .. math:: R = (1 - L(1 - t)) / L(b)

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values of 0 or more. [any unit]
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Weights, equal without. Regions where `x` or `population` is missing, or `population` is 0, are left out.
        [persons]
    top, bottom : float
        Shares of the population, above 0 and below 1.

    Returns
    -------
    ndarray, shape (...)
        `top` / `bottom` where all are equal, without upper bound: infinite where the bottom has nothing; NaN
        where no region is left or all are 0. [ratio]

    Raises
    ------
    DomainError
        If a value is negative; its `positions` holds the indices of the first 1,000.
    MethodError
        If a share is not between 0 and 1.

    Notes
    -----
    L is the Lorenz curve, straight between its points: a region across the border counts in proportion.

    References
    ----------
    .. [1] Cowell, F. A., "Measuring Inequality", 3rd ed., Oxford University Press, 2011, ch. 2.

    Examples
    --------
    >>> share_ratio([1.0, 2.0, 3.0, 4.0, 10.0]), share_ratio([1.0, 3.0], top=0.5, bottom=0.25)
    (np.float64(10.0), np.float64(6.0))
    """
    _within(top=top, bottom=bottom)
    return _share_ratio(x, population, "share_ratio", top, bottom)


@measures.add(domain="nonnegative", degree=None)
def palma(x: ArrayLike, *, population: ArrayLike | None = None) -> FloatArray:
    r"""Palma ratio: what the top 10 % have over what the bottom 40 % have.

    In Chinese: 帕尔马比值.

    .. math:: R = (1 - L(0.9)) / L(0.4)

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values of 0 or more. [any unit]
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Weights, equal without. Regions where `x` or `population` is missing, or `population` is 0, are left out.
        [persons]

    Returns
    -------
    ndarray, shape (...)
        0.25 where all are equal, without upper bound: infinite where the bottom has nothing; NaN where no region
        is left or all are 0. [ratio]

    Raises
    ------
    DomainError
        If a value is negative; its `positions` holds the indices of the first 1,000.

    Notes
    -----
    L is the Lorenz curve, straight between its points: a region across the border counts in proportion.

    References
    ----------
    .. [1] Palma, J. G., "Homogeneous middles vs. heterogeneous tails, and the end of the 'inverted-U'",
       Development and Change 42(1), 2011, 87-153.

    Examples
    --------
    >>> palma([1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 8.0])
    np.float64(2.0)
    """
    return _share_ratio(x, population, "palma", 0.1, 0.4)


def quantile_share(
    x: ArrayLike, *, population: ArrayLike | None = None, lower: float = 0.0, upper: float = 1.0
) -> FloatArray:
    r"""Share of the resource that a part of the population has, from the poorest up.

    In Chinese: 分位份额.

    .. math:: S = L(u) - L(l)

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values of 0 or more. [any unit]
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Weights, equal without. Regions where `x` or `population` is missing, or `population` is 0, are left out.
        [persons]
    lower, upper : float
        Where the part begins and ends, 0 <= `lower` <= `upper` <= 1.

    Returns
    -------
    ndarray, shape (...)
        `upper` - `lower` where all are equal; NaN where no region is left or all are 0. [share]

    Raises
    ------
    DomainError
        If a value is negative; its `positions` holds the indices of the first 1,000.
    MethodError
        If `lower` and `upper` are not so.

    Notes
    -----
    L is the Lorenz curve, straight between its points: a region across the border counts in proportion.

    Examples
    --------
    >>> quantile_share([1.0, 2.0, 3.0, 4.0, 10.0], upper=0.4)
    np.float64(0.15)
    """
    if not 0 <= lower <= upper <= 1:
        raise MethodError(f"shares need 0 <= lower <= upper <= 1, but they are {lower} and {upper}.")
    low, high = _held(
        *checked(x, population, "quantile_share", "nonnegative"), population is None, lower, upper
    )
    return high - low


def _within(**shares: float) -> None:
    for name, share in shares.items():
        if not 0 < share < 1:
            raise MethodError(f"{name} is a share between 0 and 1, but it is {share}.")


def _reach(below: FloatArray, share: float) -> tuple[FloatArray, IntArray, IntArray]:
    """Return a share of all weights, and the first regions whose sum of weights `below` reaches and passes it."""
    total = below[..., -1:]
    goal, slack = share * total, 1e-12 * total
    at = np.count_nonzero(below < goal - slack, axis=-1, keepdims=True)
    past = np.count_nonzero(below <= goal + slack, axis=-1, keepdims=True)
    last = below.shape[-1] - 1
    return goal, np.minimum(at, last), np.minimum(past, last)


def _quantile_ratio(
    x: ArrayLike, population: ArrayLike | None, measure: str, upper: float, lower: float
) -> FloatArray:
    x, weights = ordered(*ready(x, population, measure), alike=population is None)
    below = weights.cumsum(axis=-1)
    some = below[..., -1] > 0

    def quantile(share: float) -> FloatArray:
        _, at, past = _reach(below, share)
        at, past = (np.broadcast_to(i, (*x.shape[:-1], 1)) for i in (at, past))
        pair = np.take_along_axis(x, at, -1) + np.take_along_axis(x, past, -1)
        return np.where(some, pair[..., 0] / 2, np.nan)

    high, low = quantile(upper), quantile(lower)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.asarray(high / low)[()]


def _share_ratio(
    x: ArrayLike, population: ArrayLike | None, measure: str, top: float, bottom: float
) -> FloatArray:
    low, high = _held(*ready(x, population, measure), population is None, bottom, 1 - top)
    with np.errstate(divide="ignore", over="ignore"):
        return np.asarray((1 - high) / low)[()]


def _held(x: FloatArray, weights: FloatArray, alike: bool, *shares: float) -> list[FloatArray]:
    """Return the Lorenz curve, straight between its points, at each of the shares of the population."""
    x, weights = ordered(x, weights, alike=alike)
    below, resource = weights.cumsum(axis=-1), (weights * x).cumsum(axis=-1)
    whole = np.where(resource[..., -1] > 0, resource[..., -1], np.nan)
    held = []
    for share in shares:
        goal, at, _ = _reach(below, share)
        over = np.take_along_axis(below, at, -1) - goal
        at = np.broadcast_to(at, (*x.shape[:-1], 1))
        part = np.take_along_axis(resource, at, -1) - over * np.take_along_axis(x, at, -1)
        held.append(part[..., 0] / whole)
    return held
