"""Plans over time: the expected path, how far and how fast values came, and where they are heading."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, IntArray, as_float, refused_cells
from equindex.errors import DomainError, MethodError

__all__ = ["Pace", "Projection", "along", "completion", "elapsed", "expected", "pace", "project"]

_ROUNDING = 1e-12  # ends of a path that differ by less, relative to their size, are the same


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pace:
    """Change per year since the start, and for the rest of the plan; above 0 where values rise."""

    achieved: FloatArray
    required: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Projection:
    """A line carried on: its value, the prediction interval, and the number of years behind it."""

    value: FloatArray
    low: FloatArray
    high: FloatArray
    n: IntArray
    level: float


def elapsed(year: ArrayLike, start: ArrayLike, end: ArrayLike) -> FloatArray:
    r"""Share of the plan's time that is over at the end of a year (序时进度, 时间进度).

    In Chinese: 时序进度.

    .. math:: s = \min(1, \max(0, (t - t_0) / (t_1 - t_0)))

    Parameters
    ----------
    year : array_like
        The year that has just ended. [year]
    start, end : array_like, broadcastable to `year`
        Baseline year and target year: a plan for 2021-2025 starts at the end of 2020. [year]

    Returns
    -------
    ndarray
        From 0 up to `start` to 1 from `end` on; NaN where a year is missing. [share]

    Raises
    ------
    DomainError
        If a `start` is not before its `end`.

    References
    ----------
    .. [1] 银川市发展和改革委员会, 重点项目“红黄绿灯”推进机制, March 2025: progress is held against 序时进度, and
       10 or 30 percentage points behind it are flagged.

    Examples
    --------
    >>> elapsed([2020, 2023, 2026], 2020, 2025)
    array([0. , 0.6, 1. ])
    """
    start, end = _span(start, end)
    return np.asarray(((as_float(year) - start) / (end - start)).clip(0.0, 1.0))[()]


def expected(baseline: ArrayLike, target: ArrayLike, share: ArrayLike) -> FloatArray:
    r"""Value expected on the straight path from the baseline to the target (预期值).

    In Chinese: 序时目标.

    .. math:: e = x_0 + s\,(T - x_0)

    Parameters
    ----------
    baseline, target : array_like, shape (..., regions, indicators)
        Values at the start and to be reached. [unit of the indicator]
    share : array_like, broadcastable to them
        Share of the time that is over: `elapsed`. [share]

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        `baseline` at 0 and `target` at 1, to the bit; NaN where anything is missing. [unit of the indicator]

    References
    ----------
    .. [1] USAID, "Performance Monitoring & Evaluation TIPS 8: Baselines and Targets", 2nd ed., 2010: interim
       targets on the way from the baseline.

    Examples
    --------
    >>> expected([80.0, 6.0], [90.0, 4.0], 0.6)
    array([86. ,  4.8])
    """
    baseline, target, share = as_float(baseline), as_float(target), as_float(share)
    on_the_way = baseline + (target - baseline) * share
    return np.where((share == 1) & ~np.isnan(baseline), target, on_the_way)[()]


def along(year: ArrayLike, years: ArrayLike, values: ArrayLike, *, exact: bool = False) -> FloatArray:
    r"""Value expected on a path of straight pieces through milestones (里程碑, 年度目标).

    In Chinese: 阶段目标路径.

    .. math:: e = v_a + (v_b - v_a)\,(t - t_a) / (t_b - t_a)

    with a and b the last known point up to the year and the first one from it on.

    Parameters
    ----------
    year : array_like, broadcastable to `values` without its last axis
        When the path is read. [year]
    years : array_like, shape (points,)
        Years of the points, rising. [year]
    values : array_like, shape (..., points)
        Values of the path, NaN where a cell has no point in that year. [unit of the indicator]
    exact : bool
        Read the points as a table of yearly values: nothing between them.

    Returns
    -------
    ndarray, shape (...)
        NaN before the first and after the last known point, and, if `exact`, between points.
        [unit of the indicator]

    Raises
    ------
    DomainError
        If `years` do not rise, or there is not one for every point.

    References
    ----------
    .. [1] USAID, "Performance Monitoring & Evaluation TIPS 8: Baselines and Targets", 2nd ed., 2010: interim
       targets on the way from the baseline.

    Examples
    --------
    >>> along([2021, 2023, 2026], [2020, 2022, 2025], [80.0, 86.0, 92.0])
    array([83., 88., nan])
    """
    years, values, year = as_float(years), as_float(values), as_float(year)
    _rising(years, values.shape[-1])
    known, now = ~np.isnan(values), year[..., None]
    place = np.arange(years.size)
    before = np.where(known & (years <= now), place, -1).max(axis=-1)
    after = np.where(known & (years >= now), place, years.size).min(axis=-1)
    inside = (before == after) if exact else (before >= 0) & (after < years.size)
    a, b = np.where(inside, before, 0), np.where(inside, after, 0)
    values = np.broadcast_to(values, (*a.shape, years.size))
    start, stop = (np.take_along_axis(values, at[..., None], axis=-1)[..., 0] for at in (a, b))
    share = (year - years[a]) / np.where(a == b, 1.0, years[b] - years[a])
    return np.where(inside, start + (stop - start) * np.where(a == b, 0.0, share), np.nan)[()]


def completion(x: ArrayLike, baseline: ArrayLike, target: ArrayLike) -> FloatArray:
    r"""Share of the change from baseline to target that has been made (完成进度, 目标完成率).

    In Chinese: 完成进度.

    .. math:: C = 100\,(x - x_0) / (T - x_0)

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Values. [unit of the indicator]
    baseline, target : array_like, broadcastable to `x`
        Values at the start and to be reached; they say by themselves which direction is better.
        [unit of the indicator]

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        Below 0 where values moved away, above 100 where they passed the target; NaN where anything is missing
        or the target is the baseline (to one part in 10¹²). [0-100 scale, not clipped]

    References
    ----------
    .. [1] USAID, "Performance Monitoring & Evaluation TIPS 8: Baselines and Targets", 2nd ed., 2010: progress
       is read from the baseline towards the target.

    Examples
    --------
    >>> completion([85.0, 4.5, 79.0], [80.0, 6.0, 80.0], [90.0, 4.0, 90.0])
    array([ 50.,  75., -10.])
    """
    baseline, target = as_float(baseline), as_float(target)
    way = target - baseline
    none = np.abs(way) <= _ROUNDING * np.maximum(np.abs(target), np.abs(baseline))
    return np.asarray(100 * (as_float(x) - baseline) / np.where(none, np.nan, way))[()]


def pace(
    x: ArrayLike, baseline: ArrayLike, target: ArrayLike, year: ArrayLike, start: ArrayLike, end: ArrayLike
) -> Pace:
    r"""Change per year so far, and the change per year that still leads to the target (年均增速).

    In Chinese: 所需年均变化.

    .. math:: p = (x - x_0) / (t - t_0), \qquad q = (T - x) / (t_1 - t)

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Values at the end of `year`. [unit of the indicator]
    baseline, target : array_like, broadcastable to `x`
        Values at the start and to be reached. [unit of the indicator]
    year : array_like, broadcastable to `x`
        The year that has just ended. [year]
    start, end : array_like, broadcastable to `x`
        Baseline year and target year. [year]

    Returns
    -------
    Pace
        `achieved`, NaN up to `start`, and `required`, NaN from `end` on; a required change against the direction
        of the plan means that the target is passed. NaN where anything is missing. [unit of the indicator per
        year]

    Raises
    ------
    DomainError
        If a `start` is not before its `end`.

    References
    ----------
    .. [1] United Nations Statistics Division, "Sustainable Development Goals Progress Chart 2022: Technical
       Note": the actual rate of change is held against the rate that reaches the target (compound rates there,
       changes per year here).

    Examples
    --------
    >>> found = pace([84.0], [80.0], [90.0], 2022, 2020, 2025)
    >>> found.achieved, found.required
    (array([2.]), array([2.]))
    """
    x, year = as_float(x), as_float(year)
    start, end = _span(start, end)
    passed, left = year - start, end - year
    return Pace(
        achieved=np.asarray((x - as_float(baseline)) / np.where(passed > 0, passed, np.nan))[()],
        required=np.asarray((as_float(target) - x) / np.where(left > 0, left, np.nan))[()],
    )


def project(years: ArrayLike, x: ArrayLike, to: ArrayLike, *, level: float = 0.8) -> Projection:
    r"""Carry the least-squares line of each cell on to a year, with a prediction interval (趋势外推).

    In Chinese: 趋势预测.

    .. math:: \hat x = \bar x + b\,(t^* - \bar t), \qquad b = \frac{\sum (t - \bar t)(x - \bar x)}{\sum (t - \bar t)^2},
              \qquad \hat x \pm t_{n-2} \, s \sqrt{1 + \frac{1}{n} + \frac{(t^* - \bar t)^2}{\sum (t - \bar t)^2}}

    with s² the residual sum of squares over n - 2.

    Parameters
    ----------
    years : array_like, shape (years,)
        Years of the values, rising. [year]
    x : array_like, shape (years, ..., regions, indicators)
        Values; every cell is fitted over the years it has. [unit of the indicator]
    to : array_like, broadcastable to (..., regions, indicators)
        Year to predict. [year]
    level : float
        Chance that the interval holds the value of that year, if the line goes on and the values scatter
        normally around it. [share]

    Returns
    -------
    Projection
        NaN value for fewer than two years, NaN interval for fewer than three; not clipped to possible values.
        [unit of the indicator, number of years]

    Raises
    ------
    DomainError
        If `years` do not rise, there is not one for every row of `x`, or a value is infinite.
    MethodError
        If `level` is not a share between 0 and 1.

    References
    ----------
    .. [1] Montgomery, D. C., Peck, E. A. & Vining, G. G., "Introduction to Linear Regression Analysis", 5th ed.,
       Wiley, 2012, eq. 2.45.

    Examples
    --------
    >>> found = project([2020, 2021, 2022], [80.0, 83.0, 84.0], 2025)
    >>> found.value.round(2), found.low.round(2), found.high.round(2), found.n
    (np.float64(90.33), np.float64(82.66), np.float64(98.01), np.int64(3))
    """
    from scipy.special import stdtrit

    years, x = as_float(years), as_float(x)
    _rising(years, len(x))
    _share(level)
    if np.isinf(x).any():
        raise refused_cells("a line needs finite values", x, np.isinf(x), "Mend them.")
    known = ~np.isnan(x)
    n = known.sum(axis=0)
    count = np.where(n > 0, n, np.nan)
    middle = np.tensordot(years, known, 1) / count
    mean = np.where(known, x, 0.0).sum(axis=0) / count
    away = np.where(known, years.reshape(-1, *[1] * (x.ndim - 1)) - middle, 0.0)
    apart = np.where(known, x - mean, 0.0)
    spread = np.where(n > 1, _dot(away, away), np.nan)
    slope = _dot(away, apart) / spread
    apart -= slope * away
    free = np.where(n > 2, n - 2, np.nan)
    ahead = as_float(to) - middle
    value = mean + slope * ahead
    error = np.sqrt(_dot(apart, apart) / free * (1 + 1 / count + ahead**2 / spread))
    half = stdtrit(free, (1 + level) / 2) * error
    return Projection(value=value, low=value - half, high=value + half, n=n, level=level)


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the sum over years of the products."""
    found: FloatArray = np.einsum("t...,t...->...", a, b)
    return found


def _span(start: ArrayLike, end: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return the years a plan starts and ends with; refuse one that ends before it has begun."""
    start, end = np.broadcast_arrays(as_float(start), as_float(end))
    if (start >= end).any():
        first = np.argmax(start >= end)
        raise DomainError(
            f"a plan must start before it ends, but goes from {start.flat[first]:.6g} to {end.flat[first]:.6g}. "
            "Give the baseline year first, then the target year."
        )
    return start, end


def _rising(years: FloatArray, points: int) -> None:
    """Refuse years that are not one for every point, or do not rise."""
    if years.shape != (points,) or not points:
        raise DomainError(f"{points} points need as many years, but there are {years.size}. Name every year.")
    if not (np.isfinite(years).all() and (np.diff(years) > 0).all()):
        raise DomainError(
            f"years must rise, but are {', '.join(f'{year:.6g}' for year in years[:10])}. "
            "Sort them, each year once."
        )


def _share(level: float) -> None:
    if not 0 < level < 1:
        raise MethodError(f"level is a share between 0 and 1, not {level:.6g}. Write 0.8 for 80 %.")
