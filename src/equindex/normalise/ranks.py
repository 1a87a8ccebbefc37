"""Normalisers that know only the order of the regions: ranks, shares, bins."""

from __future__ import annotations

from typing import Any

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, as_float, positioned
from equindex._summary import Summary
from equindex.errors import MethodError
from equindex.normalise.base import (
    halves,
    methods,
    rising,
    upward,
)

__all__ = ["borda", "exponential_rank", "percentile", "quantile_bins", "rank"]

_MOST_BINS = 1000


@methods.add(monotone=True, data_driven=True, needs=("ordered",), scale=lambda _: ("rank",))
def rank(x: ArrayLike, direction: ArrayLike = 1, *, summary: Summary | None = None) -> FloatArray:
    r"""Count the regions that each region leaves behind: 1 is the worst, n the best, ties share their mean.

    In Chinese: 排序法, 秩次.

    .. math:: z_{ri} = \#\{s : x_{si} < x_{ri}\} + \frac{\#\{s : x_{si} = x_{ri}\} + 1}{2}

    For direction -1, :math:`n + 1 - z`.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better.
    summary : Summary, optional
        A published sample with its ordered values; `x` itself when absent.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        Measured regions have 1 to n. A value that is not in the sample lies midway between the ranks beside
        it, and at 0.5 or n + 0.5 outside them. NaN where `x` is NaN. [rank, higher is better]

    Raises
    ------
    DomainError
        If an indicator has fewer than two different measured values.

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, section 5.1.

    Examples
    --------
    >>> rank([[3.0], [9.0], [3.0], [5.0]]).ravel()
    array([1.5, 4. , 1.5, 3. ])
    """
    twice, n = halves(x, "rank", summary)
    return np.where(upward(direction), (twice + 1) / 2, n + 1 - (twice + 1) / 2)


@methods.add(monotone=True, data_driven=True, needs=("ordered",), scale=lambda _: ("bounded", 0.0, 100.0))
def percentile(x: ArrayLike, direction: ArrayLike = 1, *, summary: Summary | None = None) -> FloatArray:
    r"""Give the share of regions below each region, half of those that equal it included.

    In Chinese: 百分位秩.

    .. math:: z_{ri} = \frac{100}{n_i}
       \left( \#\{s : x_{si} < x_{ri}\} + \tfrac12 \#\{s : x_{si} = x_{ri}\} \right)

    For direction -1, :math:`100 - z`.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better.
    summary : Summary, optional
        A published sample with its ordered values; `x` itself when absent.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        Symmetric within 0 to 100: the worst of n has 50 / n. A value that is not in the sample has the share
        below it, so it lies midway between its neighbours. NaN where `x` is NaN. [score]

    Raises
    ------
    DomainError
        If an indicator has fewer than two different measured values.

    References
    ----------
    .. [1] Roscoe, "Fundamental Research Statistics for the Behavioral Sciences", 2nd ed., 1975.

    Examples
    --------
    >>> percentile([[3.0], [9.0], [3.0], [5.0]]).ravel()
    array([25. , 87.5, 25. , 62.5])
    """
    twice, n = halves(x, "percentile", summary)
    share = 50 * twice / n
    return np.where(upward(direction), share, 100 - share)


@methods.add(monotone=True, data_driven=True, needs=("ordered",), scale=lambda _: ("borda",))
def borda(x: ArrayLike, direction: ArrayLike = 1, *, summary: Summary | None = None) -> FloatArray:
    r"""Give a point for every region left behind and half a point for every tie: 0 is the worst, n - 1 the best.

    In Chinese: 波达计分.

    .. math:: z_{ri} = \#\{s : x_{si} < x_{ri}\} + \tfrac12 \#\{s \ne r : x_{si} = x_{ri}\}

    For direction -1, :math:`n - 1 - z`.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better.
    summary : Summary, optional
        A published sample with its ordered values; `x` itself when absent.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        `rank` less 1, so a value that is not in the sample lies midway between its neighbours, and at -0.5 or
        n - 0.5 outside them. NaN where `x` is NaN. [points]

    Raises
    ------
    DomainError
        If an indicator has fewer than two different measured values.

    References
    ----------
    .. [1] Borda, "Mémoire sur les élections au scrutin", Histoire de l'Académie royale des sciences, 1781;
       OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, eq. 32 (a tie is half a win).

    Examples
    --------
    >>> borda([[3.0], [9.0], [3.0], [5.0]]).ravel()
    array([0.5, 3. , 0.5, 2. ])
    """
    twice, n = halves(x, "borda", summary)
    return np.where(upward(direction), (twice - 1) / 2, n - 1 - (twice - 1) / 2)


def _bins(bins: int, cuts: ArrayLike | None, scores: ArrayLike | None) -> tuple[FloatArray, FloatArray]:
    """Return the shares at which bins begin and the scores of the bins."""
    if not (2 <= bins <= _MOST_BINS and bins == int(bins)):
        raise MethodError(f"quantile_bins needs 2 or more bins, at most {_MOST_BINS}, not {bins!r}.")
    edges = 100 * np.arange(1, int(bins)) / bins if cuts is None else np.atleast_1d(as_float(cuts))
    if not (edges.ndim == 1 and (np.diff(edges) > 0).all() and edges[0] > 0 and edges[-1] < 100):
        raise MethodError("quantile_bins needs cuts that rise, between 0 and 100 %, both excluded.")
    marks = np.arange(1.0, edges.size + 2) if scores is None else as_float(scores)
    if not (marks.shape == (edges.size + 1,) and rising(marks)):
        raise MethodError(
            f"quantile_bins needs {edges.size + 1} scores, from the worst bin up and not all alike: one more than "
            "cuts."
        )
    return edges, marks


def _bins_scale(options: dict[str, Any]) -> tuple[Any, ...]:
    _, marks = _bins(options.get("bins", 5), options.get("cuts"), options.get("scores"))
    return ("bounded", float(marks[0]), float(marks[-1]))


@methods.add(monotone=True, data_driven=True, mirrors=False, needs=("ordered",), scale=_bins_scale)
def quantile_bins(
    x: ArrayLike,
    direction: ArrayLike = 1,
    *,
    bins: int = 5,
    cuts: ArrayLike | None = None,
    scores: ArrayLike | None = None,
    summary: Summary | None = None,
) -> FloatArray:
    r"""Sort regions into bins of equal shares (quintiles, deciles), or of given ones: 1 is the worst.

    In Chinese: 分位数分组赋值.

    .. math:: z_{ri} = c_k, \qquad k = 1 + \#\{j : p_{ri} \ge q_j\}, \qquad
       p_{ri} = \frac{100}{n_i} \left( \#\{s : x_{si} < x_{ri}\} + \tfrac12 \#\{s : x_{si} = x_{ri}\} \right)

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better; shares are counted from the worst.
    bins : int
        Number of bins of equal shares, where no `cuts` are given; at most 1000, and no more than regions.
    cuts : array_like, shape (bins - 1,), optional
        Shares q at which bins begin, from the worst; the Handbook's are 15, 25, 65, 85, 95. [%]
    scores : array_like, shape (bins,), optional
        Of the bins, worst first; 1, 2, 3... when absent. [score]
    summary : Summary, optional
        A published sample with its ordered values; `x` itself when absent.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        One of `scores`. Ties share a bin, so bins may be uneven; a region midway over a cut is in the better
        bin. NaN where `x` is NaN. [score]

    Raises
    ------
    DomainError
        If an indicator has fewer than two different measured values, or is measured in fewer regions than `bins`.
    MethodError
        If cuts do not rise between 0 and 100, or scores are too few, fall or are all alike.

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, section 5.5.

    Examples
    --------
    >>> quantile_bins([[3.0], [9.0], [3.0], [5.0]], bins=2).ravel()
    array([1., 2., 1., 2.])
    """
    edges, marks = _bins(bins, cuts, scores)
    twice, n = halves(x, "quantile_bins", summary)
    few = n[..., 0, :] < bins
    if cuts is None and few.any():
        raise positioned(
            f"quantile_bins sorts into {bins} bins, but {few.sum()} of {few.size} indicators are measured in fewer "
            "regions. Set fewer bins.",
            few,
            columns=True,
        )
    share = 50 * np.where(upward(direction), twice, 2 * n - twice) / n
    return np.where(np.isnan(share), np.nan, marks[np.searchsorted(edges, share, side="right")])


@methods.add(
    monotone=True,
    data_driven=True,
    mirrors=False,
    needs=("ordered",),
    scale=lambda _: ("bounded", 0.0, 100.0),
)
def exponential_rank(
    x: ArrayLike, direction: ArrayLike = 1, *, constant: float = 23.0, summary: Summary | None = None
) -> FloatArray:
    r"""Spread the top ranks exponentially to 100, as the English indices of deprivation do with the most deprived.

    In Chinese: 秩次指数变换.

    .. math:: z_{ri} = -c \ln\left( 1 - R_{ri} (1 - e^{-100/c}) \right), \qquad R_{ri} = \mathrm{rank}_{ri} / n_i

    with 1 the worst rank: what is high stands out and is little offset by what is low elsewhere.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is to score higher: deprivation itself, in an index of deprivation; else -1.
    constant : float
        c, at least 1; 23 lets a tenth of the regions score above 50, a larger one more.
    summary : Summary, optional
        A published sample with its ordered values; `x` itself when absent.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        Above 0, up to 100 for a sole best region; ties share their mean rank. A value above the sample scores
        100. NaN where `x` is NaN. [score]

    Raises
    ------
    DomainError
        If an indicator has fewer than two different measured values.

    References
    ----------
    .. [1] Scottish Executive, "Scottish Indices of Deprivation 2003", appendix 5, with the transformation and
       the constant of the English indices since 2000.

    Examples
    --------
    >>> exponential_rank([[3.0], [9.0], [6.0], [5.0]]).ravel().round(3)
    array([  6.518, 100.   ,  31.009,  15.647])
    """
    if not 1 <= constant < np.inf:
        raise MethodError(f"exponential_rank needs a constant of at least 1, not {constant!r}.")
    twice, n = halves(x, "exponential_rank", summary)
    up = upward(direction)
    share = np.minimum(np.where(up, twice + 1, 2 * n + 1 - twice) / (2 * n), 1.0)
    z: FloatArray = -constant * np.log((1 - share) + share * np.exp(-100 / constant))
    return np.minimum(z, 100.0)
