"""Normalisers that place values within what was measured: range, deviation, way to a target."""

from __future__ import annotations

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, as_float, positioned
from equindex._summary import Summary, measurable, summarise
from equindex.errors import MethodError
from equindex.normalise.base import (
    Line,
    bounded,
    line_of,
    methods,
    place,
    place_each,
    upward,
    worst_to_best,
)

__all__ = ["ampi", "minmax", "to_target", "zscore"]


def _minmax_line(direction: ArrayLike, summary: Summary, **options: float) -> Line | None:
    origin, span = worst_to_best(direction, summary)
    _, lower, upper = bounded(options)
    return line_of(origin, span, upper - lower, lower, summary)


@methods.add(monotone=True, data_driven=True, needs=(), scale=bounded, line=_minmax_line)
def minmax(
    x: ArrayLike,
    direction: ArrayLike = 1,
    *,
    lower: float = 0.0,
    upper: float = 100.0,
    summary: Summary | None = None,
) -> FloatArray:
    r"""Place each indicator between its worst and its best measured value.

    In Chinese: 极差标准化, 离差标准化.

    .. math:: z_{ri} = l + (u - l) \frac{x_{ri} - \min_i}{\max_i - \min_i}, \qquad
       z^-_{ri} = l + (u - l) \frac{\max_i - x_{ri}}{\max_i - \min_i}

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better.
    lower, upper : float
        Score of the worst and of the best measured value. [score]
    summary : Summary, optional
        What was measured, of a base year or a published sample; of `x` itself when absent.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        `lower` to `upper` on the measured sample. Nothing is clipped: values of another year or region beyond
        the measured range score beyond these bounds. NaN where `x` is NaN. [score]

    Raises
    ------
    DomainError
        If an indicator has fewer than two different measured values.

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, section 5.3.

    Examples
    --------
    >>> minmax([[20.0], [40.0], [25.0]]).ravel()
    array([  0., 100.,  25.])
    """
    x = as_float(x)
    origin, span = worst_to_best(direction, summary or summarise(x))
    return place(x, origin, span, upper - lower, lower)


def _zscore_line(
    direction: ArrayLike, summary: Summary, *, centre: float = 0.0, scale: float = 1.0, ddof: int = 1
) -> Line | None:
    return line_of(summary.mean, _deviation(direction, summary, ddof), scale, centre, summary)


@methods.add(
    monotone=True,
    data_driven=True,
    needs=(),
    scale=lambda options: ("zscore", float(options.get("centre", 0.0)), float(options.get("scale", 1.0))),
    line=_zscore_line,
)
def zscore(
    x: ArrayLike,
    direction: ArrayLike = 1,
    *,
    centre: float = 0.0,
    scale: float = 1.0,
    ddof: int = 1,
    summary: Summary | None = None,
) -> FloatArray:
    r"""Measure each indicator in standard deviations from its mean.

    In Chinese: 标准差标准化, Z 分数.

    .. math:: z_{ri} = c + d \, s_i \frac{x_{ri} - \bar x_i}{\sigma_i}

    with c the `centre`, d the `scale` and s the direction.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better.
    centre, scale : float
        Mean and standard deviation of the scores; 100 and 10 keep them positive in practice. [score]
    ddof : {1, 0}
        Divisor n - 1 (the Handbook's) or n of the variance.
    summary : Summary, optional
        What was measured, of a base year or a published sample; of `x` itself when absent.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        Unbounded; NaN where `x` is NaN. [score]

    Raises
    ------
    DomainError
        If an indicator has fewer than two different measured values.

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, section 5.2.

    Examples
    --------
    >>> zscore([[1.0], [2.0], [3.0]], centre=100, scale=10).ravel()
    array([ 90., 100., 110.])
    """
    x = as_float(x)
    summary = summary or summarise(x)
    return place(x, summary.mean, _deviation(direction, summary, ddof), scale, centre)


def _deviation(direction: ArrayLike, summary: Summary, ddof: int) -> FloatArray:
    if ddof not in (0, 1):
        raise MethodError(f"ddof is 1 (divisor n - 1) or 0 (divisor n), not {ddof!r}.")
    summary.span()
    return np.where(upward(direction), 1.0, -1.0) * measurable(summary.sd(ddof), "standard deviation")


def _ampi_line(direction: ArrayLike, summary: Summary, *, reference: ArrayLike | None = None) -> Line | None:
    origin, span = _around(direction, summary, reference)
    return line_of(origin, span, 60.0, 100.0, summary)


@methods.add(
    monotone=True,
    data_driven=True,
    needs=(),
    in_units=("reference",),
    sources=("reference",),
    scale=lambda _: ("ampi",),
    line=_ampi_line,
)
def ampi(
    x: ArrayLike,
    direction: ArrayLike = 1,
    *,
    reference: ArrayLike | None = None,
    summary: Summary | None = None,
) -> FloatArray:
    r"""Give the reference 100 and the measured range 60 points, as the adjusted Mazziotta-Pareto index does.

    In Chinese: 调整的马齐奥塔-帕雷托标准化.

    .. math:: z_{ri} = 70 + 60 \frac{x_{ri} - a_i}{b_i - a_i}, \qquad
       a_i, b_i = \mathrm{ref}_i \mp \frac{\max_i - \min_i}{2}

    For direction -1, :math:`200 - z`.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better.
    reference : array_like, shape (indicators,) or scalar, optional
        What scores 100, such as the mean of a base year; the measured mean when absent. [unit of the indicator]
    summary : Summary, optional
        What was measured, over all years that are to be compared; of `x` itself when absent.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        About 70 to 130, with 100 at the reference. A reference away from the middle of the range moves scores
        beyond these; nothing is clipped. NaN where `x` is NaN. [score]

    Raises
    ------
    DomainError
        If an indicator has fewer than two different measured values.

    References
    ----------
    .. [1] Mazziotta, Pareto, "On a generalized non-compensatory composite index for measuring socio-economic
       phenomena", Social Indicators Research 127(3), 2016, p. 983-1003.

    Examples
    --------
    >>> ampi([[10.0], [20.0], [40.0]], reference=20).ravel()
    array([ 80., 100., 140.])
    """
    x = as_float(x)
    origin, span = _around(direction, summary or summarise(x), reference)
    return place(x, origin, span, 60.0, 100.0)


def _around(
    direction: ArrayLike, summary: Summary, reference: ArrayLike | None
) -> tuple[FloatArray, FloatArray]:
    """Return the reference and the signed measured range."""
    _, span = worst_to_best(direction, summary)
    middle = summary.mean if reference is None else as_float(reference)
    if not np.isfinite(middle).all():
        raise MethodError("ampi needs a finite reference for every indicator.")
    return middle, span


def _to_target_line(
    direction: ArrayLike, summary: Summary, *, target: ArrayLike, clip: ArrayLike = True, **options: float
) -> Line | None:
    if np.any(clip):
        return None
    origin, way = _way(direction, summary, target)
    _, lower, upper = bounded(options)
    return line_of(origin, way, upper - lower, lower, summary)


@methods.add(
    monotone=True,
    data_driven=True,
    mirrors=False,
    needs=(),
    in_units=("target",),
    takes="target",
    sources=("target",),
    by_row=True,
    scale=bounded,
    line=_to_target_line,
)
def to_target(
    x: ArrayLike,
    direction: ArrayLike = 1,
    *,
    target: ArrayLike,
    lower: float = 0.0,
    upper: float = 100.0,
    clip: ArrayLike = True,
    summary: Summary | None = None,
) -> FloatArray:
    r"""Tell which part of the way from the worst measured value (w) to its target each region has gone.

    In Chinese: 目标距离法.

    .. math:: z_{ri} = l + (u - l) \min\left(1, \max\left(0, \frac{x_{ri} - w_i}{T_i - w_i}\right)\right)

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better.
    target : array_like, shape (indicators,), (..., regions, indicators) or scalar
        Better than the worst measured value; each region may have its own. [unit of the indicator]
    lower, upper : float
        Score of the worst measured value and of the target. [score]
    clip : array_like of bool, shape (indicators,) or scalar
        Whether scores stop at `lower` and `upper`; where False, values beyond the target score beyond.
    summary : Summary, optional
        What was measured, of a base year or a published sample; of `x` itself when absent.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        `upper` at or (with `clip`) beyond the target; NaN where `x` is NaN. [score]

    Raises
    ------
    DomainError
        If an indicator has fewer than two different measured values, or a target that its worst one meets.

    References
    ----------
    .. [1] Becker et al., "COINr: an R package for developing composite indicators", Journal of Open Source
       Software 7(78), 4567, 2022 (n_dist2targ).

    Examples
    --------
    >>> to_target([[20.0], [40.0], [70.0]], target=60).ravel()
    array([  0.,  50., 100.])
    """
    x, target = as_float(x), as_float(target)
    summary = summary or summarise(x)
    if target.ndim < 2:
        return place(x, *_way(direction, summary, target), upper - lower, lower, clip)
    best = np.where(upward(direction), summary.max, summary.min)[..., None, :]
    origin, way = _way(direction, summary, np.where(np.isnan(x), best, target))
    return place_each(x, origin[..., None, :], way, upper - lower, lower, clip)


def _way(direction: ArrayLike, summary: Summary, target: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return the worst measured value and the signed way from there to the target, of each region or of all."""
    origin, span = worst_to_best(direction, summary)
    target = as_float(target)
    each = target.ndim > 1
    way = target - (origin[..., None, :] if each else origin)
    bad = ~(np.isfinite(way) & (np.sign(way) == np.sign(span[..., None, :] if each else span)))
    if bad.any():
        raise positioned(
            f"to_target needs targets better than the worst measured value, but {bad.sum()} of {bad.size} are "
            "not: every region meets them. Drop the indicators, or set targets that tell regions apart.",
            bad,
            columns=not each,
        )
    return origin, way
