"""Normalisers between fixed values: goalposts, a natural scale, efficacy, steps, an interval."""

from __future__ import annotations

from typing import Any

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, as_float, positioned, refused_cells
from equindex._summary import Summary
from equindex.errors import MethodError
from equindex.normalise.base import (
    Line,
    bounded,
    line_of,
    methods,
    place,
    posts,
    rising,
    upward,
)

__all__ = ["categorical", "exponential_efficacy", "goalposts", "scaled", "trapezoid"]


def _goalposts_line(direction: ArrayLike, summary: Summary | None, **options: Any) -> Line | None:
    if np.any(options.get("clip", True)):
        return None
    origin, span = posts(direction, options["low"], options["high"])
    _, lower, upper = bounded(options)
    return line_of(origin, span, upper - lower, lower, summary)


@methods.add(
    monotone=True,
    data_driven=False,
    needs=(),
    in_units=("low", "high"),
    takes="goalposts",
    scale=bounded,
    line=_goalposts_line,
)
def goalposts(
    x: ArrayLike,
    direction: ArrayLike = 1,
    *,
    low: ArrayLike,
    high: ArrayLike,
    lower: float = 0.0,
    upper: float = 100.0,
    clip: ArrayLike = True,
    summary: Summary | None = None,  # noqa: ARG001  every normaliser takes it
) -> FloatArray:
    r"""Place each indicator between its worse (a) and better (b) goalpost.

    In Chinese: 阈值法, 固定上下限.

    .. math:: z_{ri} = l + (u - l) \min(1, \max(0, (x_{ri} - a_i) / (b_i - a_i)))

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better.
    low, high : array_like, shape (indicators,) or scalar
        Goalposts, ``low < high`` whatever the direction. [unit of the indicator]
    lower, upper : float
        Score at the worse and at the better goalpost. [score]
    clip : array_like of bool, shape (indicators,) or scalar
        Whether scores stop at `lower` and `upper`; where False, values beyond a goalpost score beyond.
    summary : Summary, optional
        Not used: goalposts are fixed, nothing is measured.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        `upper` at or (with `clip`) beyond the better goalpost; NaN where `x` is NaN. [score]

    Raises
    ------
    DomainError
        If a `low` is not below its `high`.

    References
    ----------
    .. [1] UNDP, "Human Development Report: Technical notes", 2022, note 1.

    Examples
    --------
    >>> goalposts([[20.0], [85.0], [52.5]], low=20, high=85).ravel()
    array([  0., 100.,  50.])
    """
    x = as_float(x)
    origin, span = posts(direction, low, high)
    return place(x, origin, span, upper - lower, lower, clip)


@methods.add(
    monotone=True,
    data_driven=False,
    needs=(),
    in_units=("low", "high"),
    scale=bounded,
)
def scaled(
    x: ArrayLike,
    direction: ArrayLike = 1,
    *,
    low: ArrayLike = 0.0,
    high: ArrayLike = 100.0,
    lower: float = 0.0,
    upper: float = 100.0,
    summary: Summary | None = None,  # noqa: ARG001  every normaliser takes it
) -> FloatArray:
    r"""Carry values of a scale with known ends, such as answers from 1 to 7, to the scale of the scores.

    In Chinese: 量表换算.

    .. math:: z_{ri} = l + (u - l) \frac{x_{ri} - a_i}{b_i - a_i}, \qquad
       z^-_{ri} = l + (u - l) \frac{b_i - x_{ri}}{b_i - a_i}

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values from `low` (a) to `high` (b); NaN is missing. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better.
    low, high : array_like, shape (indicators,) or scalar
        Ends of the scale, ``low < high`` whatever the direction. [unit of the indicator]
    lower, upper : float
        Score at the worse and at the better end. [score]
    summary : Summary, optional
        Not used: the ends are known, nothing is measured.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        `lower` to `upper`; NaN where `x` is NaN. [score]

    Raises
    ------
    DomainError
        If a value is outside its scale, or a `low` is not below its `high`.

    References
    ----------
    .. [1] Cornell University, INSEAD, WIPO, "Global Innovation Index 2020", 2020; COINr 1.1.14 (n_scaled).

    Examples
    --------
    >>> scaled([[1.0], [7.0], [2.5]], low=1, high=7).ravel()
    array([  0., 100.,  25.])
    """
    x = as_float(x)
    origin, span = posts(direction, low, high)
    bad = (x < as_float(low)) | (x > as_float(high))
    if bad.any():
        raise refused_cells(
            "scaled needs values from low to high", x, bad, "Correct them, or use goalposts, which clip."
        )
    return place(x, origin, span, upper - lower, lower)


@methods.add(
    monotone=True,
    data_driven=False,
    mirrors=False,
    needs=(),
    in_units=("low", "high"),
    takes="goalposts",
    scale=lambda options: bounded({"lower": 60.0, **options}),
)
def exponential_efficacy(
    x: ArrayLike,
    direction: ArrayLike = 1,
    *,
    low: ArrayLike,
    high: ArrayLike,
    lower: float = 60.0,
    upper: float = 100.0,
    clip: ArrayLike = True,
    summary: Summary | None = None,  # noqa: ARG001  every normaliser takes it
) -> FloatArray:
    r"""Raise scores by equal ratios from the worse (a) to the better (b) goalpost.

    In Chinese: 指数型功效系数法.

    .. math:: z_{ri} = l \exp\left( \ln\frac{u}{l} \cdot \frac{x_{ri} - a_i}{b_i - a_i} \right)

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better.
    low, high : array_like, shape (indicators,) or scalar
        Goalposts (不允许值 and 满意值), ``low < high`` whatever the direction. [unit of the indicator]
    lower, upper : float
        Score at the worse and at the better goalpost, ``0 < lower < upper``. [score]
    clip : array_like of bool, shape (indicators,) or scalar
        Whether scores stop at `lower` and `upper`; where False, values beyond a goalpost score beyond.
    summary : Summary, optional
        Not used: goalposts are fixed, nothing is measured.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        Convex: a step near the better goalpost counts for more; always above 0. NaN where `x` is NaN. [score]

    Raises
    ------
    DomainError
        If a `low` is not below its `high`.

    References
    ----------
    .. [1] 彭非, 袁卫, 惠争勤, "对综合评价方法中指数功效函数的一种改进探讨", 统计研究 24(12), 2007, p. 29-34.

    Examples
    --------
    >>> exponential_efficacy([[20.0], [30.0], [40.0]], low=20, high=40).ravel().round(4)
    array([ 60.    ,  77.4597, 100.    ])
    """
    if not 0 < lower < upper:
        raise MethodError(f"exponential_efficacy needs 0 < lower < upper, not {lower:g} and {upper:g}.")
    share = place(as_float(x), *posts(direction, low, high), 1.0, 0.0, clip)
    return lower ** (1 - share) * upper**share


def _classes(thresholds: ArrayLike, scores: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return thresholds and scores as arrays, or refuse those that do not fit together."""
    edges, marks = np.atleast_1d(as_float(thresholds)), np.atleast_1d(as_float(scores))
    if marks.shape != (edges.shape[-1] + 1,):
        raise MethodError(
            f"categorical needs one score more than thresholds, but has {marks.size} for {edges.shape[-1]}: "
            "the score below the first threshold comes first."
        )
    if not (np.isfinite(edges).all() and (np.diff(edges) > 0).all() and rising(marks)):
        raise MethodError(
            "categorical needs finite thresholds that rise, and scores from the worst class up, not all alike."
        )
    return edges, marks


def _class_scale(options: dict[str, Any]) -> tuple[Any, ...]:
    _, marks = _classes(options["thresholds"], options["scores"])
    return ("bounded", float(marks[0]), float(marks[-1]))


@methods.add(
    monotone=True,
    data_driven=False,
    mirrors=False,
    needs=(),
    in_units=("thresholds",),
    scale=_class_scale,
)
def categorical(
    x: ArrayLike,
    direction: ArrayLike = 1,
    *,
    thresholds: ArrayLike,
    scores: ArrayLike,
    summary: Summary | None = None,  # noqa: ARG001  every normaliser takes it
) -> FloatArray:
    r"""Give every value the score of its class, cut at given thresholds.

    In Chinese: 分级赋值.

    .. math:: z_{ri} = c_k, \qquad k = \#\{j : x_{ri} \ge t_{ij}\}, \qquad k^- = \#\{j : x_{ri} \le t_{ij}\}

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better.
    thresholds : array_like, shape (thresholds,) or (indicators, thresholds)
        In ascending order; a value at a threshold is in the better class. [unit of the indicator]
    scores : array_like, shape (thresholds + 1,)
        Of the classes, worst first, whatever the direction. [score]
    summary : Summary, optional
        Not used: thresholds are fixed, nothing is measured.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        One of `scores`; NaN where `x` is NaN. [score]

    Raises
    ------
    MethodError
        If thresholds do not rise, scores fall, or there is not one score more than thresholds.

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, section 5.5.

    Examples
    --------
    >>> categorical([[59.0], [60.0], [80.0]], thresholds=[60, 75], scores=[0, 50, 100]).ravel()
    array([  0.,  50., 100.])
    """
    x = as_float(x)
    edges, marks = _classes(thresholds, scores)
    up = upward(direction)
    reached = np.zeros(x.shape, dtype=np.intp)
    for edge in np.moveaxis(edges, -1, 0):
        reached += np.where(up, x >= edge, x <= edge)
    return np.where(np.isnan(x), np.nan, marks[reached])


@methods.add(
    monotone=False,
    data_driven=False,
    mirrors=False,
    interval=True,
    needs=(),
    in_units=("best", "limits"),
    takes="interval",
    scale=bounded,
)
def trapezoid(
    x: ArrayLike,
    direction: ArrayLike = 1,
    *,
    best: ArrayLike,
    limits: ArrayLike,
    lower: float = 0.0,
    upper: float = 100.0,
    summary: Summary | None = None,  # noqa: ARG001  every normaliser takes it
) -> FloatArray:
    r"""Score an interval indicator: best inside the interval (a, b), falling in lines to the limits (m, M).

    In Chinese: 区间型指标, 适度指标.

    .. math:: z_{ri} = l + (u - l) \min\left(1, \max\left(0,
       \min\left( \frac{x_{ri} - m_i}{a_i - m_i}, \frac{M_i - x_{ri}}{M_i - b_i} \right)\right)\right)

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values themselves, not distances; NaN is missing. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1: the interval says what is better.
    best : array_like, shape (2,) or (indicators, 2)
        Ends of the best interval, ``a <= b``. [unit of the indicator]
    limits : array_like, shape (2,) or (indicators, 2)
        Where the score has fallen to `lower`, ``m < a`` and ``M > b``. [unit of the indicator]
    lower, upper : float
        Score at and beyond the limits, and inside the interval. [score]
    summary : Summary, optional
        Not used: the interval is fixed, nothing is measured.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        `lower` to `upper`; NaN where `x` is NaN. [score]

    Raises
    ------
    DomainError
        If a direction is -1, as it is for distances outside an interval.
    MethodError
        If the limits do not enclose the interval.

    References
    ----------
    .. [1] 国家统计局, "全面建设小康社会统计监测方案", 2008 (区间指标).

    Examples
    --------
    >>> trapezoid([[3.0], [6.0], [9.0], [1.5]], best=[3, 6], limits=[0, 12]).ravel()
    array([100., 100.,  50.,  50.])
    """
    x, best, limits = as_float(x), as_float(best), as_float(limits)
    falls = ~np.broadcast_to(upward(direction), x.shape[-1:])
    if falls.any():
        raise positioned(
            "trapezoid needs values, direction +1: its interval says what is better, but "
            f"{falls.sum()} of {falls.size} indicators have direction -1. Make them positive.",
            falls,
            columns=True,
        )
    if best.shape[-1:] != (2,) or limits.shape[-1:] != (2,):
        raise MethodError("trapezoid needs best = [low, high] and limits = [low, high].")
    (a, b), (m, top) = np.moveaxis(best, -1, 0), np.moveaxis(limits, -1, 0)
    if not (np.isfinite(limits).all() and np.all((m < a) & (a <= b) & (b < top))):
        raise MethodError(
            "trapezoid needs finite limits that enclose best: limits low < best low <= best high."
        )
    share = np.minimum((x - m) / (a - m), (top - x) / (top - b)).clip(0.0, 1.0)
    z: FloatArray = lower + (upper - lower) * share
    return z
