"""The five rules for plain targets; `attain` applies them to every kind."""

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, as_float
from equindex.attainment.targets import Targets, attain, methods

__all__ = ["efficacy60", "goalposts", "met", "progress", "ratio"]


def _plain(target: ArrayLike, direction: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return the ends of plain targets: at least, at most, or exactly the number."""
    sign, target = as_float(direction), as_float(target)
    return np.where(sign < 0, -np.inf, target), np.where(sign > 0, np.inf, target)


@methods.add
def ratio(x: ArrayLike, target: ArrayLike, direction: ArrayLike = 1, *, cap: float = 100.0) -> FloatArray:
    r"""Value over target, or target over value where lower is better.

    In Chinese: 比值法, 实现程度.

    .. math:: A = 100\, x / T, \qquad A = 100\, T / x \text{ where lower is better}

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Values of 0 or more. [unit of the indicator]
    target : array_like, broadcastable to `x`
        Targets of 0 or more. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better, 0 where the target is to be hit exactly.
    cap : float
        Largest attainment. [0-100 scale]

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        From 0 to `cap`; where lower is better 100 at a value of 0, and 0 above a target of 0; where higher is
        better 100 for a target of 0. NaN where value or target is missing or negative. [0-100]

    Notes
    -----
    Intervals (`attain`): 100 inside, falling to 0 at the limits, :math:`100 (x - m)/(T_1 - m)` below and
    :math:`100 (M - x)/(M - T_2)` above; without limits :math:`100\, x/T_1` below, :math:`100\, T_2/x` above.

    References
    ----------
    .. [1] National Bureau of Statistics of China, 全面建设小康社会统计监测方案, June 2008, part 3: positive,
       negative and interval indicators.

    Examples
    --------
    >>> ratio([67327, 96.33], [100000, 96])
    array([ 67.327, 100.   ])
    """
    low, high = _plain(target, direction)
    return attain(x, Targets(low=low, high=high), direction, rule="ratio", cap=cap).attainment


@methods.add
def progress(
    x: ArrayLike, target: ArrayLike, direction: ArrayLike = 1, *, baseline: ArrayLike, cap: float = 100.0
) -> FloatArray:
    r"""Share of the way from the baseline to the target.

    In Chinese: 完成进度.

    .. math:: A = 100\, (x - x_0) / (T - x_0)

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Values. [unit of the indicator]
    target : array_like, broadcastable to `x`
        Targets. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better, 0 where the target is to be hit exactly.
    baseline : array_like, broadcastable to `x`
        Values at the start. [unit of the indicator]
    cap : float
        Largest attainment. [0-100 scale]

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        From 0 to `cap`. Where the baseline already meets the target, 100 while it is met, else the ratio. NaN
        where value, target or baseline is missing. [0-100]

    Notes
    -----
    Intervals (`attain`) count the distance outside the interval.

    References
    ----------
    .. [1] USAID, "Performance Monitoring & Evaluation TIPS 8: Baselines and Targets", 2nd ed., 2010: progress
       is read from the baseline towards the target.

    Examples
    --------
    >>> progress([90.0, 3.0], [100.0, 2.0], [1, -1], baseline=[80.0, 6.0])
    array([50., 75.])
    """
    low, high = _plain(target, direction)
    return attain(
        x, Targets(low=low, high=high, baseline=baseline), direction, rule="progress", cap=cap
    ).attainment


@methods.add
def met(x: ArrayLike, target: ArrayLike, direction: ArrayLike = 1, *, cap: float = 100.0) -> FloatArray:
    r"""Whether the target is met: all or nothing.

    In Chinese: 达标判定.

    .. math:: A = 100 \text{ if } x \ge T \text{ (lower is better: } x \le T\text{), else } 0

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Values. [unit of the indicator]
    target : array_like, broadcastable to `x`
        Targets. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better, 0 where the target is to be hit exactly.
    cap : float
        Largest attainment. [0-100 scale]

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        0 or 100; NaN where value or target is missing. [0-100]

    References
    ----------
    .. [1] 如皋市“十四五”公共服务规划, 表1: binding indicators (约束性) are met or not.

    Examples
    --------
    >>> met([96.9, 97.0], 97)
    array([  0., 100.])
    """
    low, high = _plain(target, direction)
    return attain(x, Targets(low=low, high=high), direction, rule="met", cap=cap).attainment


@methods.add
def efficacy60(
    x: ArrayLike, target: ArrayLike, direction: ArrayLike = 1, *, floor: ArrayLike, cap: float = 100.0
) -> FloatArray:
    r"""Efficacy coefficient: 60 at the floor, 100 at the target.

    In Chinese: 功效系数法.

    .. math:: A = 60 + 40\, (x - x_f) / (T - x_f)

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Values. [unit of the indicator]
    target : array_like, broadcastable to `x`
        Targets. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better, 0 where the target is to be hit exactly.
    floor : array_like, broadcastable to `x`
        Values with 60 points, worse than the target. [unit of the indicator]
    cap : float
        Largest attainment. [0-100 scale]

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        From 0 to `cap`; NaN where anything is missing or the floor is not worse than the target. [0-100]

    Notes
    -----
    With `attain` the worse goalpost stands in for a missing floor; the baseline never does. Intervals may
    have one on each side.

    References
    ----------
    .. [1] 浙江省发展和改革委员会, 浙江省统计局, 浙江省2010年城乡统筹发展水平综合评价报告: the form that
       reproduces its printed table; the floors are inferred.

    Examples
    --------
    >>> efficacy60([84.62], [90], floor=70)
    array([89.24])
    """
    low, high = _plain(target, direction)
    return attain(
        x, Targets(low=low, high=high, floor=floor), direction, rule="efficacy60", cap=cap
    ).attainment


@methods.add
def goalposts(
    x: ArrayLike,
    target: ArrayLike,
    direction: ArrayLike = 1,
    *,
    low: ArrayLike,
    high: ArrayLike,
    cap: float = 100.0,
) -> FloatArray:
    r"""Place between two fixed goalposts, 100 at the better one, whatever the target.

    In Chinese: 阈值法.

    .. math:: A = 100\, (x - a) / (b - a), \qquad A = 100\, (b - x) / (b - a) \text{ where lower is better}

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Values. [unit of the indicator]
    target : array_like, broadcastable to `x`
        Targets; they decide only whether there is anything to attain. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better, 0 where the target is to be hit exactly: 100
        there, falling to 0 at either goalpost.
    low, high : array_like, broadcastable to `x`
        Goalposts a and b, ``low < high`` whatever the direction. [unit of the indicator]
    cap : float
        Largest attainment. [0-100 scale]

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        From 0 to `cap`; NaN where value, target or a goalpost is missing. [0-100]

    Raises
    ------
    DomainError
        If a `low` is not below its `high`.

    References
    ----------
    .. [1] UNDP, "Human Development Report: Technical notes", 2022, note 1.

    Examples
    --------
    >>> goalposts([52.5, 30.0], 80, [1, -1], low=20, high=85).round(2)
    array([50.  , 84.62])
    """
    ends = _plain(target, direction)
    targets = Targets(low=ends[0], high=ends[1], goalpost_low=low, goalpost_high=high)
    return attain(x, targets, direction, rule="goalposts", cap=cap).attainment
