"""Gaps between two groups, whether they narrow, and the regions below a standard."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import ArrayLike, BoolArray, FloatArray, IntArray, as_float, one_of, refused_cells
from equindex.equalization._replicates import in_order, quantiles, spread
from equindex.errors import DomainError, MethodError

__all__ = ["GAPS", "VERDICTS", "Below", "Gap", "Narrowing", "below", "gap", "group_mean", "narrowing"]

GAPS = ("ratio", "difference", "relative", "evenness")
VERDICTS = {-1: "narrowed", 0: "not distinguishable", 1: "widened"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gap:
    """The gap between two groups in its four forms, each of shape (...)."""

    ratio: FloatArray
    difference: FloatArray
    relative: FloatArray
    evenness: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Narrowing:
    """How the size of a gap changed, each of shape (...).

    `verdict` is -1, 0 or 1 (`VERDICTS` has the words); `change` is below 0 where the gap narrowed.
    """

    change: FloatArray
    error: FloatArray
    low: FloatArray
    high: FloatArray
    verdict: NDArray[np.int8]
    level: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Below:
    """Regions below a standard: which (..., regions), by how much (..., regions), how many and what share (...)."""

    short: BoolArray
    shortfall: FloatArray
    count: IntArray
    share: FloatArray


def gap(a: ArrayLike, b: ArrayLike) -> Gap:
    r"""Gap between two groups, such as town (a) and country (b), as ratio, difference, relative gap and evenness.

    In Chinese: 差距, 城乡差距.

    .. math:: R = a / b, \qquad D = a - b, \qquad V = (a - b) / a, \qquad
              E = -\frac{p_a \ln p_a + p_b \ln p_b}{\ln 2}, \quad p_a = \frac{a}{a + b}

    Parameters
    ----------
    a, b : array_like, broadcastable to each other
        Values of 0 or more of the two groups, such as rows of years. [any unit]

    Returns
    -------
    Gap
        `ratio` is NaN where b is 0, `relative` where a is 0, `evenness` (1 where equal, 0 where one has all)
        where both are; all are NaN where a value is missing. [ratio, unit of a, share, 0-1]

    Raises
    ------
    DomainError
        If a value is negative or infinite.

    References
    ----------
    .. [1] Han Zenglin (韩增林) et al., Geographical Research (地理研究) 34(11), 2015, 2035 (urban-rural
       equalisation by information entropy).

    Examples
    --------
    >>> found = gap([580.0, 700.0], [420.0, 700.0])
    >>> found.ratio.round(6), found.difference, found.evenness.round(4)
    (array([1.380952, 1.      ]), array([160.,   0.]), array([0.9815, 1.    ]))
    """
    a, b = (np.asarray(part) for part in np.broadcast_arrays(_nonnegative(a), _nonnegative(b)))
    scale = np.maximum(np.where(np.maximum(a, b) > 0, np.maximum(a, b), np.nan), 0.0)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        ratio = a / np.where(b == 0, np.nan, b)
        relative = (a - b) / np.where(a == 0, np.nan, a)
        shares = np.stack([a / scale, b / scale])
        shares /= shares.sum(axis=0)
        logs = np.log2(np.where(shares == 0, 1.0, shares))
    return Gap(ratio=ratio, difference=a - b, relative=relative, evenness=-(shares * logs).sum(axis=0) + 0.0)


def group_mean(x: ArrayLike, members: ArrayLike, *, population: ArrayLike | None = None) -> FloatArray:
    r"""Mean of a group of regions, weighted by population.

    In Chinese: 组均值.

    .. math:: \bar x_g = \sum_{i \in g} n_i x_i / \sum_{i \in g} n_i

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values. [any unit]
    members : array_like of bool, broadcastable to `x`
        True for the regions of the group; it may differ from year to year.
    population : array_like, broadcastable to `x`, optional
        Weights of 0 or more; regions where `x` or `population` is missing are left out. Times the counts of
        `inference.resamples`, shape (draws, 1, regions), it gives replicates. [persons]

    Returns
    -------
    ndarray, shape (...)
        NaN where the group has no region with a value. [unit of `x`]

    Raises
    ------
    DomainError
        If a population is negative or infinite.
    MethodError
        If `members` are not true or false.

    Examples
    --------
    >>> group_mean([[1.0, 2.0, 4.0], [2.0, 2.0, 8.0]], [True, False, True], population=[3, 9, 1])
    array([1.75, 3.5 ])
    """
    members = np.asarray(members)
    if members.dtype != np.bool_:
        raise MethodError(f"members are true or false, not {members.dtype}. Compare codes with the group's.")
    weights = np.where(members, 1.0 if population is None else _nonnegative(population), 0.0)
    x, weights = np.broadcast_arrays(as_float(x), weights)
    keep = ~np.isnan(x) & (weights > 0)
    weights = np.where(keep, weights, 0.0)
    total = weights.sum(axis=-1)
    resource: FloatArray = np.vecdot(np.where(keep, x, 0.0), weights)
    return resource / np.where(total > 0, total, np.nan)


def narrowing(
    start: ArrayLike,
    end: ArrayLike,
    *,
    measure: Literal["ratio", "difference", "relative", "evenness"] = "ratio",
    errors: tuple[ArrayLike, ArrayLike] | None = None,
    correlation: ArrayLike = 0.0,
    replicates: tuple[ArrayLike, ArrayLike] | None = None,
    level: float = 0.95,
) -> Narrowing:
    r"""Judge the direction-only target "the gap must narrow" (进一步缩小), with its uncertainty.

    In Chinese: 差距缩小.

    .. math:: c = |h(g_1)| - |h(g_0)|, \qquad
              s^2 = h'(g_1)^2 s_1^2 + h'(g_0)^2 s_0^2 - 2 \sigma \rho \, |h'(g_0) h'(g_1)| s_0 s_1

    Parameters
    ----------
    start, end : array_like, shape (...)
        The gap in the earlier and in the later year, in the form named by `measure`.
    measure : {"ratio", "difference", "relative", "evenness"}
        Form of the gap; h measures how far it is from equality: ln R for the ratio (2 and 1/2 are as far),
        the gap itself for difference and relative gap, 1 - E for evenness.
    errors : tuple of array_like, optional
        Standard errors of `start` and of `end`. [unit of the gap]
    correlation : array_like
        Correlation of the two errors, from -1 to 1: above 0 where the same regions are measured twice.
    replicates : tuple of array_like, shape (draws, ...), optional
        Gaps of the same resamples in both years; those without a gap are left out. Go before `errors`.
    level : float
        Coverage of the interval of the change.

    Returns
    -------
    Narrowing
        narrowed or widened where the interval of the change (normal, or percentiles of the replicates) leaves
        out 0, else not distinguishable; without errors or replicates the gaps are taken as exact. NaN, and not
        distinguishable, where a gap is missing. [ln R, or unit of the gap]

    Raises
    ------
    DomainError
        If a ratio is not above 0, or an error or correlation is out of range.
    MethodError
        If `measure` or `level` is not known.

    Notes
    -----
    In the variance, sigma is the sign of h(g_0) h(g_1): a gap that turned round adds what it has passed.

    References
    ----------
    .. [1] Efron, B. and Tibshirani, R. J., "An Introduction to the Bootstrap", Chapman & Hall, 1993, ch. 13.

    Examples
    --------
    >>> found = narrowing([1.381, 1.381], [1.0, 1.3], errors=([0.05, 0.05], [0.05, 0.05]))
    >>> [VERDICTS[code] for code in found.verdict]
    ['narrowed', 'not distinguishable']
    """
    from scipy.special import ndtri

    one_of("measure", measure, GAPS)
    if not 0 < level < 1:
        raise MethodError(f"level is a share between 0 and 1, not {level:.6g}. Write 0.95 for 95 %.")
    g0, g1 = np.broadcast_arrays(as_float(start), as_float(end))
    h0, h1 = _from_equality(g0, measure), _from_equality(g1, measure)
    change = np.asarray(np.abs(h1) - np.abs(h0))
    if replicates is not None:
        r0, r1 = (np.abs(_from_equality(as_float(part), measure)) for part in replicates)
        ordered, count = in_order(r1 - r0)
        error, _ = spread(ordered, count)
        low, high = quantiles(
            ordered, np.reshape([(1 - level) / 2, (1 + level) / 2], (2, *[1] * change.ndim))
        )
    else:
        s0, s1 = (0.0, 0.0) if errors is None else (_nonnegative(part) for part in errors)
        rho = as_float(correlation)
        if (np.abs(rho) > 1).any():
            raise DomainError("a correlation lies from -1 to 1. Give the correlation of the two errors.")
        if measure == "ratio":
            s0, s1 = s0 / g0, s1 / g1
        turned = np.where(h0 * h1 < 0, -1.0, 1.0)
        error = np.sqrt(np.maximum(s0**2 + s1**2 - 2 * turned * rho * s0 * s1, 0.0)) + 0 * change
        half = ndtri((1 + level) / 2) * error
        low, high = change - half, change + half
    verdict = (low > 0).astype(np.int8) - (high < 0).astype(np.int8)
    return Narrowing(change=change, error=error, low=low, high=high, verdict=np.asarray(verdict), level=level)


def below(
    x: ArrayLike, standard: ArrayLike, direction: ArrayLike = 1, *, population: ArrayLike | None = None
) -> Below:
    r"""Regions below a standard, their shortfall, and the share of the population that lives there.

    In Chinese: 低于标准的地区与人口.

    .. math:: u_i = \max(0, s - x_i), \qquad \sum_i n_i [u_i > 0] / \sum_i n_i

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values. [any unit]
    standard : array_like, broadcastable to `x`
        What each region must have, such as the superior level's standard. [unit of `x`]
    direction : array_like, broadcastable to `x`
        +1 where more is better, -1 where less is: then regions above the standard are short by x - s.
    population : array_like, broadcastable to `x`, optional
        Weights of the share; without, every region counts as one. [persons]

    Returns
    -------
    Below
        Regions without a value (for the share: or population) are not counted: not short, shortfall NaN. The
        share is NaN where no region counts. [unit of `x`, regions, 0-1]

    Raises
    ------
    DomainError
        If a population is negative or infinite.

    Examples
    --------
    >>> found = below([2.0, 2.5, 1.5, np.nan], 2.3, population=[10, 20, 10, 9])
    >>> found.short, found.shortfall.round(1), found.share
    (array([ True, False,  True, False]), array([0.3, 0. , 0.8, nan]), np.float64(0.5))
    """
    x = as_float(x)
    apart = np.asarray((as_float(standard) - x) * np.where(as_float(direction) > 0, 1.0, -1.0))
    known, short = ~np.isnan(apart), apart > 0
    weights = np.ones(1) if population is None else np.nan_to_num(_nonnegative(population), nan=0.0)
    counted = np.where(known, weights, 0.0)
    total = counted.sum(axis=-1)
    return Below(
        short=short,
        shortfall=np.where(known, np.maximum(apart, 0.0), np.nan),
        count=np.asarray(short.sum(axis=-1)),
        share=np.where(short, counted, 0.0).sum(axis=-1) / np.where(total > 0, total, np.nan),
    )


def _nonnegative(x: ArrayLike) -> FloatArray:
    """Return `x`, or refuse values that are negative or infinite."""
    x = as_float(x)
    bad = (x < 0) | np.isinf(x)
    if bad.any():
        raise refused_cells("gaps need finite values of 0 or more", x, bad, "Mend them, or leave them out.")
    return x


def _from_equality(gap: FloatArray, measure: str) -> FloatArray:
    """Return how far a gap is from equality, with its sign."""
    if measure == "evenness":
        return 1 - gap
    if measure != "ratio":
        return gap
    if (gap <= 0).any():
        raise refused_cells("a ratio lies above 0", gap, gap <= 0, "Judge the difference instead.")
    return np.log(gap)
