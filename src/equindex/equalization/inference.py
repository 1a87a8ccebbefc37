"""How sure an inequality is: resampled regions, intervals, and tests of change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, IntArray, as_float, one_of
from equindex.equalization._replicates import (
    Measure,
    counts_of,
    in_order,
    left_out_of,
    quantiles,
    replicates_of,
    spread,
    swapped,
    units_of,
    units_used,
)
from equindex.equalization._resampling import PER_BLOCK, streams
from equindex.equalization.base import measures
from equindex.errors import DomainError, MethodError

__all__ = ["ChangeTest", "Estimate", "Measure", "bootstrap", "change_test", "jackknife", "resamples"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimate:
    """A measure with its standard error, estimated bias and interval, each of shape (...).

    `replicates` holds the measure of every resample, shape (draws, ...), or, for the jackknife, of the sample
    without each region or cluster in turn, shape (units, ...).
    """

    value: FloatArray
    error: FloatArray
    bias: FloatArray
    low: FloatArray
    high: FloatArray
    level: float
    method: str
    replicates: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChangeTest:
    """A measure before and after, the change, its error, interval and p-value, each of shape (...).

    `regions` counts the regions measured both times; `replicates` holds the resampled changes, shape
    (draws, ...).
    """

    before: FloatArray
    after: FloatArray
    change: FloatArray
    error: FloatArray
    low: FloatArray
    high: FloatArray
    p: FloatArray
    regions: IntArray
    level: float
    test: str
    replicates: FloatArray


def bootstrap(
    measure: str | Measure,
    x: ArrayLike,
    *,
    population: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    draws: int = 999,
    seed: int = 0,
    level: float = 0.95,
    method: Literal["percentile", "basic", "bca"] = "bca",
) -> Estimate:
    r"""Interval of a measure from regions (or whole clusters of them) drawn again with replacement.

    In Chinese: 自助法区间.

    .. math:: [\theta^*_{(\alpha/2)}, \theta^*_{(1-\alpha/2)}], \qquad
              [2 \hat\theta - \theta^*_{(1-\alpha/2)}, 2 \hat\theta - \theta^*_{(\alpha/2)}]

    Parameters
    ----------
    measure : str or callable
        Name in `measures`, or any ``f(x, population=...)`` that turns (..., regions) into (...) and leaves
        regions out whose `x` is NaN.
    x : array_like, shape (..., regions)
        Values; leading axes are years, indicators. All of them see the same resamples. [any unit]
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Weights, which go with their regions. [persons]
    clusters : array_like, shape (regions,), optional
        Code of the cluster of each region, such as its province: whole clusters are drawn, as many as there
        are, so that regions of one cluster may depend on each other.
    draws : int
        Number of resamples: 200 for a standard error, 1,000 or more for "bca".
    seed : int
        Same seed, same bits, on any number of threads; a longer run begins with the shorter one.
    level : float
        Coverage aimed at, between 0 and 1.
    method : {"bca", "percentile", "basic"}
        "bca" corrects bias and skewness from the replicates and a jackknife, and stays within the measure's
        bounds. "percentile" needs fewer draws and no jackknife, but keeps the downward bias that inequality
        has in small samples. "basic" mirrors it: less bias, but it may leave the bounds.

    Returns
    -------
    Estimate
        NaN where the measure is and, but for `value`, where fewer than two regions or clusters have values.
        Resamples without a measure (no region with a value was drawn) are left out.

    Raises
    ------
    DomainError
        If a value lies outside the measure's domain, or `clusters` do not fit the regions.
    MethodError
        If the measure or an option is not known.

    Notes
    -----
    "bca" is the default because it misses least: of 95 % intervals for the Gini of 31 lognormal regions
    (sigma 0.4; 1,500 samples of 999 draws) it covered the true value 89.5 % of the time, "basic" 88.7 %,
    "percentile" 83.9 %; with 100 regions 92.7, 92.5 and 91.5 %. The jackknife covered 90.2 and 93.8 %.

    Where the regions are all there are, the interval says how much the figure hangs on which regions exist,
    not on measurement. gini, theil_t, theil_l and cv, at their default options, are computed from how often
    each region was drawn, without a sort or logarithm per resample, and so is their jackknife; that of any other
    measure takes one evaluation per region, which "percentile" spares.

    References
    ----------
    .. [1] Efron, B. and Tibshirani, R. J., "An Introduction to the Bootstrap", Chapman & Hall, 1993,
       ch. 13 and 14.

    Examples
    --------
    >>> found = bootstrap("gini", [1.0, 2.0, 3.0, 6.0], draws=200, seed=1)
    >>> found.value, bool(found.low < found.value < found.high)
    (np.float64(0.3333333333333333), True)
    """
    one_of("method", method, ("percentile", "basic", "bca"))
    f, x, population = _asked(measure, x, population, level)
    value = f(x, population=population)
    replicates = replicates_of(f, x, population, clusters, draws, seed)
    ordered, count = in_order(replicates)
    tails = np.array([(1 - level) / 2, (1 + level) / 2]).reshape(2, *[1] * value.ndim)
    used = units_used(x, population, clusters)
    if method == "bca":
        left_out = left_out_of(f, x, population, clusters)
        tails = _bca_tails(tails, value, replicates, _skewness(left_out, used))
    low, high = quantiles(ordered, tails)
    if method == "basic":
        low, high = 2 * value - high, 2 * value - low
    error, mean = spread(ordered, count)
    return _estimate(value, error, mean - value, low, high, level, method, replicates, used)


def jackknife(
    measure: str | Measure,
    x: ArrayLike,
    *,
    population: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    r"""Interval of a measure from leaving out each region (or cluster) in turn.

    In Chinese: 刀切法标准误.

    .. math:: s^2 = \frac{m-1}{m} \sum_i (\hat\theta_{(i)} - \bar\theta)^2, \qquad
              \hat\theta \pm t_{m-1} s, \qquad \mathrm{bias} = (m-1)(\bar\theta - \hat\theta)

    Parameters
    ----------
    measure : str or callable
        As for `bootstrap`; it must be smooth (not a median or a quantile ratio).
    x : array_like, shape (..., regions)
        Values. [any unit]
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Weights. [persons]
    clusters : array_like, shape (regions,), optional
        Code of the cluster of each region: whole clusters are left out.
    level : float
        Coverage aimed at, between 0 and 1.

    Returns
    -------
    Estimate
        m counts the regions or clusters with a value (and a population); NaN, but for `value`, where fewer than
        two have one.

    Raises
    ------
    DomainError
        If a value lies outside the measure's domain, or `clusters` do not fit the regions.
    MethodError
        If the measure is not known.

    References
    ----------
    .. [1] Efron, B. and Tibshirani, R. J., "An Introduction to the Bootstrap", Chapman & Hall, 1993, ch. 11.

    Examples
    --------
    >>> found = jackknife("cv", [1.0, 2.0, 3.0, 6.0])
    >>> found.error.round(6)
    np.float64(0.213704)
    """
    from scipy.special import stdtrit

    f, x, population = _asked(measure, x, population, level)
    value = f(x, population=population)
    left_out, used = left_out_of(f, x, population, clusters), units_used(x, population, clusters)
    m = used.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(used, left_out, 0.0).sum(axis=0) / m
        squares = np.where(used, (left_out - mean) ** 2, 0.0).sum(axis=0)
        error = np.sqrt((m - 1) / m * squares)
        half = stdtrit(np.maximum(m - 1, 1), (1 + level) / 2) * error
        bias = (m - 1) * (mean - value)
    return _estimate(value, error, bias, value - half, value + half, level, "jackknife", left_out, used)


def change_test(
    measure: str | Measure,
    before: ArrayLike,
    after: ArrayLike,
    *,
    population: ArrayLike | None = None,
    population_after: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    draws: int = 999,
    seed: int = 0,
    level: float = 0.95,
    test: Literal["bootstrap", "permutation"] = "bootstrap",
) -> ChangeTest:
    r"""Test whether a measure changed between two years, on the same regions in both.

    .. math:: p_{boot} = 2 \min\left(\frac{1 + \#\{d^* \le 0\}}{B + 1}, \frac{1 + \#\{d^* \ge 0\}}{B + 1}\right),
              \qquad p_{perm} = \frac{1 + \#\{|d^*| \ge |d|\}}{B + 1}

    Parameters
    ----------
    measure : str or callable
        As for `bootstrap`. For "permutation" it must not depend on the unit, as no inequality here does.
    before, after : array_like, shape (..., regions)
        Values; regions without a value (or population) in one of them are left out of both. [any unit]
    population, population_after : array_like, shape (regions,) or broadcastable to the values, optional
        Weights; `population` serves both times where `population_after` is not given. [persons]
    clusters : array_like, shape (regions,), optional
        Code of the cluster of each region: whole clusters are drawn or swapped.
    draws : int
        Number of resamples.
    seed : int
        Same seed, same bits; a longer run begins with the shorter one.
    level : float
        Coverage of the percentile interval of the change.
    test : {"bootstrap", "permutation"}
        Where p comes from: how often the resampled change crosses 0, or how often a change as large comes out
        when each region's two values, each over the mean of its year, are swapped by the toss of a coin.

    Returns
    -------
    ChangeTest
        Resamples draw a region with both its values, so what years share cancels. p is at most 1 and at
        least 1 / (draws + 1), doubled for "bootstrap"; error, interval and p are NaN where the change is and
        where fewer than two regions or clusters are measured both times.

    Raises
    ------
    DomainError
        If a value lies outside the measure's domain, or `clusters` do not fit the regions.
    MethodError
        If the measure or an option is not known.

    References
    ----------
    .. [1] Davison, A. C. and Hinkley, D. V., "Bootstrap Methods and their Application", Cambridge University
       Press, 1997, ch. 4.
    .. [2] Mills, J. A. and Zandvakili, S., "Statistical inference via bootstrapping for measures of
       inequality", Journal of Applied Econometrics 12(2), 1997, 133-150.

    Examples
    --------
    >>> found = change_test("gini", [1.0, 2.0, 3.0, 9.0, 4.0, 1.5], [2.0, 2.0, 3.0, 3.5, 3.0, 2.5], draws=200)
    >>> found.change.round(6), bool(found.high < 0)
    (np.float64(-0.279726), True)
    """
    one_of("test", test, ("bootstrap", "permutation"))
    pair = np.stack(np.broadcast_arrays(as_float(before), as_float(after)))
    people = None
    if population is not None:
        later = population if population_after is None else population_after
        people = np.stack([np.broadcast_to(as_float(part), pair.shape[1:]) for part in (population, later)])
    elif population_after is not None:
        raise MethodError("population_after needs a population for the year before. Give both.")
    both = ~np.isnan(pair).any(axis=0)
    if people is not None:
        both &= (people > 0).all(axis=0)
    pair = np.where(both, pair, np.nan)
    f, pair, people = _asked(measure, pair, people, level)

    values = f(pair, population=people)
    replicates = np.subtract(*replicates_of(f, pair, people, clusters, draws, seed).swapaxes(0, 1)[::-1])
    change = values[1] - values[0]
    ordered, count = in_order(replicates)
    low, high = quantiles(ordered, np.reshape([(1 - level) / 2, (1 + level) / 2], (2, *[1] * change.ndim)))
    error, _ = spread(ordered, count)
    rounding = 1e-12 * np.abs(values).max(axis=0)
    if test == "bootstrap":
        crossed = np.minimum((replicates <= rounding).sum(axis=0), (replicates >= -rounding).sum(axis=0))
        p = np.minimum(1.0, 2 * (1 + crossed) / (count + 1))
    else:
        shuffled = swapped(f, pair, people, clusters, draws, seed)
        larger = (np.abs(shuffled) >= np.abs(change) - rounding).sum(axis=0)
        p = (1 + larger) / ((~np.isnan(shuffled)).sum(axis=0) + 1)
    known = ~np.isnan(change) & (units_used(pair[0], None, clusters).sum(axis=0) > 1)
    return ChangeTest(
        before=values[0],
        after=values[1],
        change=change,
        error=np.where(known, error, np.nan),
        low=np.where(known, low, np.nan),
        high=np.where(known, high, np.nan),
        p=np.where(known, p, np.nan),
        regions=both.sum(axis=-1),
        level=level,
        test=test,
        replicates=replicates,
    )


def resamples(
    regions: int, *, clusters: ArrayLike | None = None, draws: int = 999, seed: int = 0
) -> FloatArray:
    """Count how often `bootstrap` draws each region, for what it cannot compute, such as gaps between groups.

    Parameters
    ----------
    regions : int
        Number of regions.
    clusters : array_like, shape (regions,), optional
        Code of the cluster of each region.
    draws, seed : int
        As for `bootstrap`: the same draws.

    Returns
    -------
    ndarray, shape (draws, regions)
        Whole numbers, to weight the regions with.

    Raises
    ------
    DomainError
        If `clusters` do not fit the regions.

    Examples
    --------
    >>> resamples(5, draws=2).sum(axis=1)
    array([5., 5.])
    """
    codes = units_of(regions, clusters)
    units = int(codes.max()) + 1
    drawn = [
        counts_of(rng.integers(units, size=(PER_BLOCK, units)), codes, units).T
        for rng in streams(draws, seed)
    ]
    return np.concatenate(drawn)[:draws]


def _asked(
    measure: str | Measure, x: ArrayLike, population: ArrayLike | None, level: float
) -> tuple[Measure, FloatArray, FloatArray | None]:
    """Return the measure as a function, and arrays."""
    f = measures.get(measure).function if isinstance(measure, str) else measure
    x = as_float(x)
    if x.ndim == 0 or x.shape[-1] == 0:
        raise DomainError("inference needs at least one region. Give values of shape (..., regions).")
    if not 0 < level < 1:
        raise MethodError(f"level is a share between 0 and 1, not {level:.6g}. Write 0.95 for 95 %.")
    return f, x, None if population is None else as_float(population)


def _skewness(left_out: FloatArray, used: BoolArray) -> FloatArray:
    """Return the acceleration of BCa from the values without each unit."""
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(used, left_out, 0.0).sum(axis=0) / used.sum(axis=0)
        apart = np.where(used, mean - left_out, 0.0)
        squares = (apart**2).sum(axis=0)
        return np.where(squares > 0, (apart**3).sum(axis=0) / (6 * squares**1.5), 0.0)


def _bca_tails(
    tails: FloatArray, value: FloatArray, replicates: FloatArray, acceleration: FloatArray
) -> FloatArray:
    """Return the probabilities that BCa reads the replicates at; NaN where it has none."""
    from scipy.special import ndtr, ndtri

    count = (~np.isnan(replicates)).sum(axis=0)
    close = np.abs(replicates - value) <= 1e-12 * np.abs(value)
    lower = ((replicates < value) & ~close).sum(axis=0) + close.sum(axis=0) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        shift = ndtri(lower / count)
        moved = shift + ndtri(tails)
        found: FloatArray = ndtr(shift + moved / (1 - acceleration * moved))
    return np.where(np.isinf(shift), np.nan, found)


def _estimate(
    value: FloatArray,
    error: FloatArray,
    bias: FloatArray,
    low: FloatArray,
    high: FloatArray,
    level: float,
    method: str,
    replicates: FloatArray,
    used: BoolArray,
) -> Estimate:
    """Return the estimate, NaN but for the value where the measure is or fewer than two units have values."""
    known = ~np.isnan(value) & (used.sum(axis=0) > 1)
    error, bias, low, high = (np.where(known, part, np.nan) for part in (error, bias, low, high))
    return Estimate(
        value=value,
        error=error,
        bias=bias,
        low=low,
        high=high,
        level=level,
        method=method,
        replicates=replicates,
    )
