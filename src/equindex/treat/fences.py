"""Treatments by fences: winsorising by points or quantiles, interquartile ranges, the skewness and kurtosis rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, IntArray, as_float, one_of, positioned
from equindex._summary import Summary
from equindex.errors import MethodError
from equindex.treat.base import each, finite, measured, methods
from equindex.treat.bends import SHARE, box_cox_powers, log_shift, tail_sign
from equindex.treat.fitted import Treatment, shape

__all__ = ["iqr", "of_ordered", "skew_kurtosis", "winsorise"]


def _measure_skew_kurtosis(
    x: ArrayLike, *, points: int = 5, skewness: float = 2.0, kurtosis: float = 3.5, then: str = "log"
) -> Treatment:
    one_of("then", then, ("log", "box_cox", "none"))
    _whole("points", [points])
    x = finite(x)
    skew, kurt = shape(x)
    odd = (np.abs(skew) >= skewness) & (kurt >= kurtosis)
    low, high = np.full(odd.shape, -np.inf), np.full(odd.shape, np.inf)
    bend = np.zeros(odd.shape, dtype=bool)
    for index in each(odd):
        low[index], high[index], passed = _winsorised(measured(x, index), points, (skewness, kurtosis))
        bend[index] = not passed and then != "none"
    if not bend.any():
        return Treatment.of(x, low=low, high=high)
    low[bend], high[bend] = -np.inf, np.inf
    if then == "log":
        sign, shift = log_shift(x, SHARE, tail_sign(x))
        bent = {"sign": np.where(bend, sign, 1.0), "shift": np.where(bend, shift, 0.0)}
        return Treatment.of(x, low=low, high=high, **bent, power=np.where(bend, 0.0, np.nan))
    return Treatment.of(x, low=low, high=high, power=box_cox_powers(x, bend))


@methods.add(monotone=True, measure=_measure_skew_kurtosis)
def skew_kurtosis(
    x: ArrayLike, *, points: int = 5, skewness: float = 2.0, kurtosis: float = 3.5, then: str = "log"
) -> FloatArray:
    r"""Winsorise the columns that are both skewed and heavy-tailed, and take logarithms where that is not enough.

    In Chinese: 偏度峰度准则.

    .. math:: |G_1| \ge 2 \;\text{and}\; G_2 \ge 3.5

    with the sample skewness and excess kurtosis of type 2. While both hold, the extreme value on the side of the
    tail is set to the next one; values that are equal move together. If more than `points` would have to
    move, the column is not winsorised but bent, as `shifted_log` does, towards the side of its own tail.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    points : int
        The most values that may be moved in a column.
    skewness, kurtosis : float
        A column with a smaller absolute skewness or a smaller excess kurtosis is left alone. [no unit]
    then : {"log", "box_cox", "none"}
        What is done instead when winsorising is not enough: `shifted_log`, `box_cox` with its estimated power
        (values above 0), or no more, which keeps the column winsorised.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        NaN where `x` is NaN. Constant columns and those of fewer than four values have no kurtosis and are
        left alone. [unit of the indicator, or its log or power]

    Raises
    ------
    DomainError
        If a value is infinite, or a column has no power with ``then="box_cox"``.

    References
    ----------
    .. [1] Becker, Caperna, Del Sorbo, Norlén, Papadimitriou, Saisana, "COINr: An R package for developing
       composite indicators", Journal of Open Source Software 7(78), 2022, 4567.
    .. [2] Joanes, Gill, "Comparing measures of sample skewness and kurtosis", The Statistician 47(1), 1998,
       p. 183-189 (type 2).

    Examples
    --------
    >>> x = np.array([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 30, 100.0]]).T
    >>> skew_kurtosis(x).ravel()
    array([ 1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 30., 30.])
    """
    return _measure_skew_kurtosis(x, points=points, skewness=skewness, kurtosis=kurtosis, then=then).apply(x)


def _winsorise_fences(
    ordered: FloatArray, n: IntArray, *, points: ArrayLike | None = None, quantiles: ArrayLike | None = None
) -> tuple[FloatArray, FloatArray]:
    if (points is None) == (quantiles is None):
        raise MethodError("winsorise needs points, such as [0, 2], or quantiles, such as [0.05, 0.95].")
    if quantiles is not None:
        pair = as_float(quantiles)
        if pair.shape != (2,) or not 0 <= pair[0] < pair[1] <= 1:
            raise MethodError(f"quantiles are two shares such as [0.05, 0.95], not {quantiles!r}.")
        low, high = (_quantile(ordered, n, share) for share in pair.tolist())
        return low, high
    _whole("points", points)
    down, up = np.broadcast_to(np.asarray(points, dtype=np.int64), 2)
    return _place(ordered, np.minimum(down, n - 1)), _place(ordered, np.maximum(n - 1 - up, 0))


def _measure_winsorise(
    x: ArrayLike, *, points: ArrayLike | None = None, quantiles: ArrayLike | None = None
) -> Treatment:
    x = finite(x)
    low, high = _winsorise_fences(
        np.sort(x, axis=-2), (~np.isnan(x)).sum(axis=-2), points=points, quantiles=quantiles
    )
    return _fenced(x, low, high, "winsorise")


@methods.add(monotone=True, measure=_measure_winsorise, fences=_winsorise_fences)
def winsorise(
    x: ArrayLike, *, points: ArrayLike | None = None, quantiles: ArrayLike | None = None
) -> FloatArray:
    r"""Set the extreme values of each column to the nearest one that is kept.

    In Chinese: 缩尾处理.

    .. math:: y = \min(x_{(n - u)}, \max(x_{(d + 1)}, x)) \quad\text{or}\quad y = \min(q_h, \max(q_l, x))

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    points : int or two of them
        How many values are moved at each end, or at the lower (d) and the upper end (u). Values equal to the
        nearest one kept stay where they are, so that ties do not depend on the order of the regions.
    quantiles : array_like, shape (2,)
        The shares that lie below the lower and the upper fence, such as 0.05 and 0.95; interpolated linearly
        between values (type 7). Give these or `points`.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        NaN where `x` is NaN. [unit of the indicator]

    Raises
    ------
    DomainError
        If a value is infinite, or a column that varies would become constant.

    References
    ----------
    .. [1] Dixon, "Simplified estimation from censored normal samples", Annals of Mathematical Statistics
       31(2), 1960, p. 385-391.
    .. [2] Hyndman, Fan, "Sample quantiles in statistical packages", The American Statistician 50(4), 1996,
       p. 361-365 (type 7).

    Examples
    --------
    >>> winsorise([[1.0], [2.0], [3.0], [9.0]], points=[0, 1]).ravel()
    array([1., 2., 3., 3.])
    """
    return _measure_winsorise(x, points=points, quantiles=quantiles).apply(x)


def _iqr_fences(ordered: FloatArray, n: IntArray, *, factor: float = 1.5) -> tuple[FloatArray, FloatArray]:
    if not factor >= 0:
        raise MethodError(f"iqr needs a factor of at least 0, such as 1.5, not {factor!r}.")
    first, third = (_quantile(ordered, n, share) for share in (0.25, 0.75))
    reach = factor * (third - first)
    return first - reach, third + reach


def _measure_iqr(x: ArrayLike, *, factor: float = 1.5) -> Treatment:
    x = finite(x)
    low, high = _iqr_fences(np.sort(x, axis=-2), (~np.isnan(x)).sum(axis=-2), factor=factor)
    return _fenced(x, low, high, "iqr")


@methods.add(monotone=True, measure=_measure_iqr, fences=_iqr_fences)
def iqr(x: ArrayLike, *, factor: float = 1.5) -> FloatArray:
    r"""Hold each column within fences some interquartile ranges from its quartiles.

    In Chinese: 四分位距法.

    .. math:: y = \min(Q_3 + f (Q_3 - Q_1), \max(Q_1 - f (Q_3 - Q_1), x))

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    factor : float
        f: 1.5 for Tukey's inner fences, 3 for the outer ones.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        Values outside are set to the fence; quartiles are interpolated linearly between values (type 7). NaN
        where `x` is NaN. [unit of the indicator]

    Raises
    ------
    DomainError
        If a value is infinite, or a column that varies would become constant, because half of its values are
        equal.

    References
    ----------
    .. [1] Tukey, "Exploratory Data Analysis", 1977, chapter 2 (fences).
    .. [2] Hyndman, Fan, "Sample quantiles in statistical packages", The American Statistician 50(4), 1996,
       p. 361-365 (type 7).

    Examples
    --------
    >>> iqr([[1.0], [2.0], [3.0], [4.0], [50.0]]).ravel()
    array([1., 2., 3., 4., 7.])
    """
    return _measure_iqr(x, factor=factor).apply(x)


# --- The skewness and kurtosis rule --------------------------------------------------------------------


def _winsorised(ordered: FloatArray, points: int, limits: tuple[float, float]) -> tuple[float, float, bool]:
    """Return the fences of one ordered column, infinite where nothing is moved, and whether it passes."""
    first, last = 0, len(ordered) - 1  # lowest and highest place left alone
    while True:
        skew, kurt = (part[0] for part in shape(ordered.clip(ordered[first], ordered[last])[:, None]))
        failing = abs(skew) >= limits[0] and kurt >= limits[1]
        if failing and skew >= 0:
            following = first, int(np.searchsorted(ordered, ordered[last])) - 1
        else:
            following = int(np.searchsorted(ordered, ordered[first], side="right")), last
        moved = following[0] + len(ordered) - 1 - following[1]
        if not failing or moved > points or not ordered[following[0]] < ordered[following[1]]:
            low = ordered[first] if first > 0 else -np.inf
            high = ordered[last] if last < len(ordered) - 1 else np.inf
            return float(low), float(high), not failing
        first, last = following


# --- Fences --------------------------------------------------------------------------------------------


def _whole(option: str, value: Any) -> None:
    numbers = as_float(value)
    if numbers.size not in (1, 2) or not (numbers >= 0).all() or (numbers % 1).any():
        raise MethodError(f"{option} are counts of values, such as 5 or [0, 2], not {value!r}.")


def _place(ordered: FloatArray, place: Any) -> FloatArray:
    """Return the value at a place of each ordered column; NaN for a column without values."""
    where = np.maximum(place, 0)[..., None, :]
    found: FloatArray = np.take_along_axis(ordered, where, axis=-2)[..., 0, :]
    return found


def _quantile(ordered: FloatArray, n: Any, share: float) -> FloatArray:
    """Return the quantile of each ordered column, interpolated linearly between values."""
    place = share * (n - 1).clip(0)
    below = np.floor(place).astype(np.int64)
    low = _place(ordered, below)
    high = _place(ordered, np.minimum(below + 1, n - 1))
    return np.asarray(low + (place - below) * (high - low))


def _fenced(x: FloatArray, low: FloatArray, high: FloatArray, name: str) -> Treatment:
    """Return a treatment by fences, or refuse the columns that they would make constant."""
    _refuse_flat(np.fmin.reduce(x, axis=-2), np.fmax.reduce(x, axis=-2), low, high, name)
    empty = np.isnan(low)
    return Treatment.of(x, low=np.where(empty, -np.inf, low), high=np.where(empty, np.inf, high))


def of_ordered(name: str, summary: Summary, **options: Any) -> Treatment:
    """Return a treatment by fences from ordered values, which may lie on a disk.

    Parameters
    ----------
    name : str
        A method with the trait ``fences``.
    summary : Summary
        With `ordered`.
    **options
        Those of the method.

    Returns
    -------
    Treatment
        As `equindex.treat.measure` of the values, but that their skewness and kurtosis are NaN: not told.

    Raises
    ------
    DomainError
        If a column that varies would become constant.
    """
    assert summary.ordered is not None
    low, high = methods.get(name).traits["fences"](summary.ordered, summary.n, **options)
    _refuse_flat(summary.min, summary.max, low, high, name)
    empty = np.isnan(low)
    low, high = np.where(empty, -np.inf, low), np.where(empty, np.inf, high)
    columns = [column[:n] for column, n in zip(summary.ordered.T, summary.n.tolist(), strict=True)]
    below = [int(np.searchsorted(column, end)) for column, end in zip(columns, low, strict=True)]
    kept = [int(np.searchsorted(column, end, "right")) for column, end in zip(columns, high, strict=True)]
    nothing = np.full(low.shape, np.nan)
    return Treatment(
        low=low,
        high=high,
        sign=np.ones(low.shape),
        shift=np.zeros(low.shape),
        power=nothing,
        n=summary.n,
        below=np.array(below),
        above=summary.n - np.array(kept),
        skewness=nothing,
        kurtosis=nothing,
        skewness_after=nothing,
        kurtosis_after=nothing,
    )


def _refuse_flat(least: FloatArray, most: FloatArray, low: FloatArray, high: FloatArray, name: str) -> None:
    flat = (most > least) & ~(np.fmax(least, low) < np.fmin(most, high))
    if flat.any():
        raise positioned(
            f"{name} would leave no two different values in {flat.sum()} of {flat.size} indicators. Move fewer "
            "values, or leave this indicator untreated.",
            flat,
            columns=True,
        )
