"""Normalisation: indicators in their own units become scores on one scale, higher is better.

Traits: ``scale(options)`` names the scale a method scores on; a ``data_driven`` one measures what it places;
``needs`` lists what its summary must hold beyond the moments; ``line(direction, summary, **options)`` gives
slope and intercept per indicator, or None where scores are no line or digits would be lost by taking them so.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import (
    ArrayLike,
    BoolArray,
    FloatArray,
    as_float,
    map_blocks,
    one_of,
    positioned,
    refused_cells,
    row_blocks,
)
from equindex._registry import Family
from equindex._summary import Summary, measurable, summarise
from equindex.errors import DomainError, MethodError

__all__ = ["goalposts", "methods", "minmax", "percentile", "rank", "ratio", "zscore"]

methods = Family("normalise")

_Line = tuple[FloatArray, FloatArray]
_NO_ZERO = "Use minmax or goalposts, which need no natural zero."
_LINE_LIMIT = 1e3  # slope * x + intercept loses log10 of this many digits; beyond it, place directly


def _bounded(options: dict[str, Any]) -> tuple[Any, ...]:
    return ("bounded", float(options.get("lower", 0.0)), float(options.get("upper", 100.0)))


def _minmax_line(direction: ArrayLike, summary: Summary, **options: float) -> _Line | None:
    origin, span = _range(direction, summary)
    _, lower, upper = _bounded(options)
    return _line(origin, span, upper - lower, lower, summary)


@methods.add(monotone=True, data_driven=True, needs=(), scale=_bounded, line=_minmax_line)
def minmax(
    x: ArrayLike,
    direction: ArrayLike = 1,
    *,
    lower: float = 0.0,
    upper: float = 100.0,
    summary: Summary | None = None,
) -> FloatArray:
    r"""Place each indicator between its worst and its best measured value.

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
    origin, span = _range(direction, summary or summarise(x))
    return _place(x, origin, span, upper - lower, lower)


def _zscore_line(
    direction: ArrayLike, summary: Summary, *, centre: float = 0.0, scale: float = 1.0, ddof: int = 1
) -> _Line | None:
    return _line(summary.mean, _deviation(direction, summary, ddof), scale, centre, summary)


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
    return _place(x, summary.mean, _deviation(direction, summary, ddof), scale, centre)


def _goalposts_line(direction: ArrayLike, summary: Summary | None, **options: Any) -> _Line | None:
    if np.any(options.get("clip", True)):
        return None
    origin, span = _posts(direction, options["low"], options["high"])
    _, lower, upper = _bounded(options)
    return _line(origin, span, upper - lower, lower, summary)


@methods.add(monotone=True, data_driven=False, needs=(), scale=_bounded, line=_goalposts_line)
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
    origin, span = _posts(direction, low, high)
    return _place(x, origin, span, upper - lower, lower, clip)


@methods.add(monotone=True, data_driven=True, needs=("ordered",), scale=lambda _: ("rank",))
def rank(x: ArrayLike, direction: ArrayLike = 1, *, summary: Summary | None = None) -> FloatArray:
    r"""Count the regions that each region leaves behind: 1 is the worst, n the best, ties share their mean.

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
    halves, n = _halves(x, "rank", summary)
    return np.where(_upward(direction), (halves + 1) / 2, n + 1 - (halves + 1) / 2)


@methods.add(monotone=True, data_driven=True, needs=("ordered",), scale=lambda _: ("bounded", 0.0, 100.0))
def percentile(x: ArrayLike, direction: ArrayLike = 1, *, summary: Summary | None = None) -> FloatArray:
    r"""Give the share of regions below each region, half of those that equal it included.

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
    halves, n = _halves(x, "percentile", summary)
    share = 50 * halves / n
    return np.where(_upward(direction), share, 100 - share)


def _ratio_line(
    direction: ArrayLike, summary: Summary, *, reference: str = "mean", factor: float = 100.0
) -> _Line | None:
    if not np.all(_upward(direction)) or np.any(summary.min < 0):
        return None
    slope = factor / _reference(direction, summary, reference)
    return slope, np.zeros_like(slope)


@methods.add(
    monotone=True,
    data_driven=True,
    needs=(),
    scale=lambda options: ("ratio", float(options.get("factor", 100.0))),
    line=_ratio_line,
)
def ratio(
    x: ArrayLike,
    direction: ArrayLike = 1,
    *,
    reference: str = "mean",
    factor: float = 100.0,
    summary: Summary | None = None,
) -> FloatArray:
    r"""Relate each indicator to its mean or its best measured value.

    .. math:: z_{ri} = f \, x_{ri} / \mathrm{ref}_i, \qquad z^-_{ri} = f \, \mathrm{ref}_i / x_{ri}

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values, at least 0, and above 0 where lower is better. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better.
    reference : {"mean", "best"}
        Unweighted mean, or the best value in the indicator's direction.
    factor : float
        Score at the reference. [score]
    summary : Summary, optional
        What was measured, of a base year or a published sample; of `x` itself when absent.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        `factor` at the reference; NaN where `x` is NaN. [score]

    Raises
    ------
    DomainError
        If an indicator has fewer than two different measured values or a reference that is not above 0, or if
        a value is negative, or 0 where lower is better.

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, section 5.4.

    Examples
    --------
    >>> ratio([[20.0, 5.0], [40.0, 10.0]], [1, -1], reference="best")
    array([[ 50., 100.],
           [100.,  50.]])
    """
    x = as_float(x)
    upward = np.broadcast_to(_upward(direction), x.shape[-1:])
    bad = (x < 0) | (~upward & (x == 0))
    if bad.any():
        need = "ratio needs values of at least 0, and above 0 where lower is better"
        raise refused_cells(need, x, bad, _NO_ZERO)
    base = _reference(direction, summary or summarise(x), reference)[..., None, :]
    with np.errstate(all="ignore"):
        return np.where(upward, x / base, base / x) * factor


# --- Measuring -----------------------------------------------------------------------------------------


def _upward(direction: ArrayLike) -> BoolArray:
    direction = as_float(direction)
    if (np.abs(direction) != 1).any():
        raise DomainError(
            "direction is +1 where higher is better and -1 where lower is better, nothing else."
        )
    return direction > 0


def _range(direction: ArrayLike, summary: Summary) -> tuple[FloatArray, FloatArray]:
    """Return the worst measured value and the signed way from there to the best."""
    upward, span = _upward(direction), summary.span()
    return np.where(upward, summary.min, summary.max), np.where(upward, span, -span)


def _deviation(direction: ArrayLike, summary: Summary, ddof: int) -> FloatArray:
    if ddof not in (0, 1):
        raise MethodError(f"ddof is 1 (divisor n - 1) or 0 (divisor n), not {ddof!r}.")
    summary.span()
    return np.where(_upward(direction), 1.0, -1.0) * measurable(summary.sd(ddof))


def _posts(direction: ArrayLike, low: ArrayLike, high: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return the worse goalpost and the signed way from there to the better one."""
    low, high = as_float(low), as_float(high)
    span = high - low
    if not (span > 0).all():
        raise DomainError(
            f"goalposts need low < high, but high - low is {np.min(span):.6g}. "
            "Swap them, and let direction=-1 say that lower is better."
        )
    upward = _upward(direction)
    return np.where(upward, low, high), np.where(upward, span, -span)


def _reference(direction: ArrayLike, summary: Summary, reference: str) -> FloatArray:
    one_of("reference", reference, ("mean", "best"))
    summary.span()
    best = np.where(_upward(direction), summary.max, summary.min)
    base = summary.mean if reference == "mean" else best
    bad = base <= 0
    if bad.any():
        found = f"{bad.sum()} of {base.size} indicators have none (first: {base[bad][0]:.6g})"
        raise positioned(f"ratio needs a {reference} above 0, but {found}. {_NO_ZERO}", bad, columns=True)
    return base


def _halves(x: ArrayLike, name: str, summary: Summary | None) -> tuple[FloatArray, FloatArray]:
    """Return twice the values below plus the equal ones, per cell, and the size of the sample."""
    x = as_float(x)
    summary = summary or summarise(x, ordered=True)
    if summary.ordered is None:
        raise MethodError(f"{name} needs the ordered values: summarise(x, ordered=True).")
    summary.span()
    halves = np.full(x.shape, np.nan)
    for index in np.ndindex(summary.n.shape):
        sample = summary.ordered[index[:-1]][: summary.n[index], index[-1]]
        cells = (*index[:-1], ..., index[-1])
        values = x[cells]
        order = np.argsort(values, axis=None)  # sorted keys keep the search in the cache
        keys = values.ravel()[order][: values.size - np.isnan(values).sum()]
        counts = np.full(values.size, np.nan)
        counts[order[: keys.size]] = _below_and_up_to(sample, keys)
        halves[cells] = counts.reshape(values.shape)
    return halves, summary.n[..., None, :].astype(np.float64)


def _below_and_up_to(sample: FloatArray, keys: FloatArray) -> NDArray[np.integer[Any]]:
    """Count, for each of the ordered keys, the values of the ordered sample below it plus those up to it."""
    if np.array_equal(sample, keys):  # the measured regions themselves: runs of equal values
        first = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
        last = np.r_[first[1:], keys.size]
        return np.repeat(first + last, last - first)
    return np.searchsorted(sample, keys) + np.searchsorted(sample, keys, side="right")


# --- Placing -------------------------------------------------------------------------------------------


def _place(
    x: FloatArray, origin: FloatArray, span: FloatArray, length: float, start: float, clip: ArrayLike = False
) -> FloatArray:
    """Return ``start + length * (x - origin) / span``, the share within 0 and 1 where `clip` says so."""
    origin, span = np.atleast_1d(origin)[..., None, :], np.atleast_1d(span)[..., None, :]
    shape = np.broadcast_shapes(x.shape, origin.shape, span.shape)
    z = np.empty(shape)
    x = np.broadcast_to(x, shape)

    def place(rows: slice, _: FloatArray) -> None:
        part = z[..., rows, :]
        with np.errstate(over="ignore"):
            np.subtract(x[..., rows, :], origin, out=part)
            part /= span
            if np.any(clip):
                np.clip(part, np.where(clip, 0.0, -np.inf), np.where(clip, 1.0, np.inf), out=part)
            part *= length
            part += start

    map_blocks(place, row_blocks(*shape[-2:]), numbers=z.size)
    return z


def _line(
    origin: FloatArray, span: FloatArray, length: float, start: float, summary: Summary | None
) -> _Line | None:
    """Return slope and intercept of `_place`, or None where values dwarf their span, which costs digits."""
    size = np.abs(origin)
    if summary is not None:
        size = np.fmax(size, np.fmax(np.abs(summary.min), np.abs(summary.max)))
    if (size > _LINE_LIMIT * np.abs(span)).any():
        return None
    slope = length / span
    return slope, start - slope * origin
