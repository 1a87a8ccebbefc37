"""Inequality measures over regions, from all their values."""

import numpy as np

from equindex._arrays import ArrayLike, FloatArray
from equindex.equalization.base import dot, excess, measures, ordered, ready, relative
from equindex.errors import MethodError

__all__ = ["atkinson", "cv", "ge", "gini", "hoover", "theil_l", "theil_t", "variance_logs", "williamson"]


@measures.add(
    domain="nonnegative",
    degree="1 - I",
    population=lambda corrected=False: "refused" if corrected else "optional",
)
def gini(x: ArrayLike, *, population: ArrayLike | None = None, corrected: bool = False) -> FloatArray:
    r"""Gini coefficient: half the mean absolute difference of all pairs, over the mean.

    In Chinese: 基尼系数.

    .. math:: G = \frac{1}{2 \mu} \sum_i \sum_j p_i p_j |x_i - x_j|

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values of 0 or more. [any unit]
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Weights; p is a region's share of them, 1/n without. Regions where `x` or `population` is missing, or
        `population` is 0, are left out. [persons]
    corrected : bool
        Multiply by n / (n - 1), for regions that are a sample: a region is not paired with itself. With
        `population` there is no such form that stays within 1, and it is refused.

    Returns
    -------
    ndarray, shape (...)
        0 where all are equal, at most 1 - 1/n (weighted: 1 less the smallest share; corrected: 1); NaN where
        no region is left (corrected: fewer than two) or all are 0. [index]

    Raises
    ------
    DomainError
        If a value is negative; its `positions` holds the indices of the first 1,000.
    MethodError
        If `corrected` comes with a population.

    References
    ----------
    .. [1] Cowell, F. A., "Measuring Inequality", 3rd ed., Oxford University Press, 2011, ch. 2.
    .. [2] Deltas, G., "The small-sample bias of the Gini coefficient", Review of Economics and Statistics
       85(1), 2003, 226-234 (the correction).

    Examples
    --------
    >>> gini([1.0, 3.0])
    np.float64(0.25)
    >>> gini([1.0, 3.0], population=[3, 1]), gini([1.0, 3.0], corrected=True)
    (np.float64(0.25), np.float64(0.5))
    """
    x, weights = ready(x, population, "gini", corrected=corrected)
    x, weights = ordered(x, weights, alike=population is None)
    below = weights.cumsum(axis=-1)
    total = below[..., -1:]
    pairs = dot(np.diff(x), below[..., :-1] * (total - below[..., :-1]))
    n = total[..., 0]
    whole = (n - 1 if corrected else n) * dot(x, weights)
    return pairs / np.where(whole > 0, whole, np.nan)


@measures.add(domain="nonnegative", degree="1 - T / ln n")
def theil_t(x: ArrayLike, *, population: ArrayLike | None = None) -> FloatArray:
    r"""Theil's T, GE(1): shares of the resource against shares of the population.

    In Chinese: 泰尔指数 T.

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
    r, shares = relative(x, population, "theil_t")
    return dot(excess(1)(r), shares)


@measures.add(domain="positive", degree=None)
def theil_l(x: ArrayLike, *, population: ArrayLike | None = None) -> FloatArray:
    r"""Theil's L, GE(0), the mean log deviation: shares of the population against shares of the resource.

    In Chinese: 泰尔指数 L, 平均对数离差.

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
    r, shares = relative(x, population, "theil_l")
    return dot(excess(0)(r), shares)


@measures.add(domain=lambda a=2.0: "nonnegative" if a > 0 else "positive", degree=None)
def ge(x: ArrayLike, *, population: ArrayLike | None = None, a: float = 2.0) -> FloatArray:
    r"""Generalised entropy GE(a): Theil's L at a = 0, Theil's T at a = 1, half the squared CV at a = 2.

    In Chinese: 广义熵指数.

    .. math:: GE_a = \frac{1}{a (a - 1)} \left( \sum_i p_i (x_i / \mu)^a - 1 \right)

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values of 0 or more (where a <= 0: above 0). [any unit]
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Weights; p is a region's share of them, 1/n without. Regions where `x` or `population` is missing, or
        `population` is 0, are left out. [persons]
    a : float
        The larger, the more the top counts; the smaller, the more the bottom does.

    Returns
    -------
    ndarray, shape (...)
        0 where all are equal; at most (n^(a-1) - 1) / (a (a - 1)) where a > 0, else without upper bound; NaN
        where no region is left or all are 0. [index]

    Raises
    ------
    DomainError
        If a value is negative, or 0 where a <= 0; its `positions` holds the indices of the first 1,000.

    Notes
    -----
    Some software (R's ineq) swaps the names of 0 and 1.

    References
    ----------
    .. [1] Shorrocks, A. F., "The class of additively decomposable inequality measures", Econometrica 48(3),
       1980, 613-625.

    Examples
    --------
    >>> ge([1.0, 3.0])
    np.float64(0.125)
    >>> ge([10, 10, 10, 20, 50], a=1).round(7)
    np.float64(0.2502012)
    """
    r, shares = relative(x, population, "ge", a=a)
    return dot(excess(a)(r), shares)


@measures.add(domain=lambda e=0.5: "nonnegative" if e < 1 else "positive", degree="1 - I")
def atkinson(x: ArrayLike, *, population: ArrayLike | None = None, e: float = 0.5) -> FloatArray:
    r"""Atkinson index: the share of the resource that could be given up for all to be equal, and no one worse.

    In Chinese: 阿特金森指数.

    .. math:: A_e = 1 - \left( \sum_i p_i (x_i / \mu)^{1 - e} \right)^{1 / (1 - e)}, \qquad
              A_1 = 1 - \prod_i (x_i / \mu)^{p_i}

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values of 0 or more (where e >= 1: above 0). [any unit]
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Weights; p is a region's share of them, 1/n without. Regions where `x` or `population` is missing, or
        `population` is 0, are left out. [persons]
    e : float
        Aversion to inequality, above 0: the larger, the more the bottom counts.

    Returns
    -------
    ndarray, shape (...)
        0 where all are equal, at most 1 - n^(-e / (1 - e)) where e < 1, else below 1; NaN where no region is
        left or all are 0. [index]

    Raises
    ------
    DomainError
        If a value is negative, or 0 where e >= 1; its `positions` holds the indices of the first 1,000.
    MethodError
        If `e` is not above 0.

    References
    ----------
    .. [1] Atkinson, A. B., "On the measurement of inequality", Journal of Economic Theory 2(3), 1970, 244-263.

    Examples
    --------
    >>> atkinson([1.0, 9.0]).round(12), atkinson([1.0, 9.0], e=1).round(12)
    (np.float64(0.2), np.float64(0.4))
    """
    if not e > 0:
        raise MethodError(f"atkinson needs e above 0, but it is {e}. Common values are 0.5, 1 and 2.")
    power = 1 - e
    if power >= 0.01:
        x, weights = ready(x, population, "atkinson", e=e)
        total, whole = weights.sum(axis=-1), dot(x, weights)
        equal: FloatArray = total * (dot(x**power, weights) / np.where(total > 0, total, np.nan)) ** (
            1 / power
        )
        return 1 - equal / np.where(whole > 0, whole, np.nan)
    r, shares = relative(x, population, "atkinson", e=e)
    if power < -0.01:
        least = r.min(axis=-1, keepdims=True)  # powers of r itself could overflow
        return np.asarray(1 - least[..., 0] * dot((r / least) ** power, shares) ** (1 / power))[()]
    logs = np.log(r, out=np.full_like(r, -np.inf), where=r != 0)  # near e = 1 powers would lose digits
    if power == 0:
        return -np.expm1(dot(logs, shares))
    return -np.expm1(np.log1p(dot(np.expm1(power * logs), shares)) / power)


@measures.add(domain="nonzero_mean", degree="1 / (1 + CV)")
def cv(x: ArrayLike, *, population: ArrayLike | None = None, ddof: int = 0) -> FloatArray:
    r"""Coefficient of variation; with population Williamson's weighted coefficient.

    In Chinese: 变异系数, 差异系数.

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
        0 where all are equal, at most the root of n - 1 for values of 0 or more (with `ddof` of 1: of n);
        NaN where no more than `ddof` regions are left or all are 0. [ratio]

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
    r, shares = relative(x, population, "cv")
    return np.sqrt(_variance(r - 1, shares, 0 if population is not None else ddof))


@measures.add(domain="nonzero_mean", degree="1 / (1 + CV)", population="needed")
def williamson(x: ArrayLike, *, population: ArrayLike | None) -> FloatArray:
    r"""Williamson's coefficient: the coefficient of variation weighted by population.

    In Chinese: 威廉森系数.

    .. math:: CV_w = \frac{1}{|\mu|} \sqrt{\sum_i p_i (x_i - \mu)^2}, \qquad \mu = \sum_i p_i x_i

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values whose mean is not 0. [any unit]
    population : array_like, shape (regions,) or broadcastable to `x`
        Weights; p is a region's share of them. Regions where `x` or `population` is missing, or `population`
        is 0, are left out. [persons]

    Returns
    -------
    ndarray, shape (...)
        0 where all are equal, for values of 0 or more at most the root of 1/p - 1 with the smallest share p;
        NaN where no region is left or all are 0. [ratio]

    Raises
    ------
    DomainError
        If the values cancel to a mean of 0; its `positions` holds the indices of the first 1,000.
    MethodError
        If there is no population.

    Notes
    -----
    The Ministry of Education's 差异系数 of schools in a county is this, weighted by pupils.

    References
    ----------
    .. [1] Williamson, J. G., "Regional inequality and the process of national development", Economic
       Development and Cultural Change 13(4, part 2), 1965, 1-84.

    Examples
    --------
    >>> williamson([1.0, 3.0], population=[3, 1]).round(6)
    np.float64(0.57735)
    """
    r, shares = relative(x, population, "williamson")
    return np.sqrt(_variance(r - 1, shares, 0))


@measures.add(domain="nonnegative", degree="1 - I")
def hoover(x: ArrayLike, *, population: ArrayLike | None = None) -> FloatArray:
    r"""Hoover index: the share of the resource that would have to move for all to be equal.

    In Chinese: 胡佛指数.

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
        0 where all are equal, at most 1 - 1/n (weighted: 1 less the smallest share); NaN where no region is
        left or all are 0. [share]

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
    r, shares = relative(x, population, "hoover")
    return dot(np.abs(r - 1), shares) / 2


@measures.add(domain="positive", degree=None)
def variance_logs(x: ArrayLike, *, population: ArrayLike | None = None, ddof: int = 0) -> FloatArray:
    r"""Variance of logarithms.

    In Chinese: 对数方差.

    .. math:: V = \sum_i p_i \left( \ln x_i - \sum_j p_j \ln x_j \right)^2

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values above 0. [any unit]
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Weights; p is a region's share of them, 1/n without. Regions where `x` or `population` is missing, or
        `population` is 0, are left out. [persons]
    ddof : int
        As for `cv`.

    Returns
    -------
    ndarray, shape (...)
        0 where all are equal, without upper bound; NaN where no more than `ddof` regions are left. [log squared]

    Raises
    ------
    DomainError
        If a value is 0 or negative; its `positions` holds the indices of the first 1,000.

    Notes
    -----
    A transfer from a richer to a poorer region can raise it where both lie far above the mean.

    References
    ----------
    .. [1] Foster, J. E. and Ok, E. A., "Lorenz dominance and the variance of logarithms", Econometrica 67(4),
       1999, 901-907.

    Examples
    --------
    >>> variance_logs([1.0, 1.0, 4.0, 4.0]).round(6)
    np.float64(0.480453)
    """
    r, shares = relative(x, population, "variance_logs")
    logs = np.log(r)
    centre = dot(logs, shares)[..., None]
    return _variance(logs - centre, shares, 0 if population is not None else ddof)


def _variance(deviation: FloatArray, shares: FloatArray, ddof: int) -> FloatArray:
    """Return the mean square, divided by n - `ddof` in place of n."""
    variance = dot(deviation**2, shares)
    if ddof:
        n = np.count_nonzero(shares > 0, axis=-1)
        variance = variance * n / np.where(n > ddof, n - ddof, np.nan)
    return variance
