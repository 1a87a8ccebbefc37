"""Imputation by means and medians: of the column, of the region's group, of its other indicators; another table."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, as_float, positioned
from equindex.errors import DomainError
from equindex.impute.base import filled, methods, start

__all__ = ["cold_deck", "group_mean", "group_median", "mean", "median", "row_mean"]

_AT = {"at": "cell"}  # or "pillar": a framework fills scores of pillars by the same method
_DROP = "Drop these indicators, or impute them from another table."


@methods.add(keys=_AT, middle="mean")
def mean(x: ArrayLike) -> FloatArray:
    r"""Fill missing values with the mean of their indicator.

    In Chinese: 均值插补.

    .. math:: y_{ri} = \bar x_i = \frac1{n_i} \sum_s x_{si}

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        Never NaN. [unit of the indicator]

    Raises
    ------
    DomainError
        If an indicator has missing values and no measured one, or a value is infinite.

    References
    ----------
    .. [1] Little, Rubin, "Statistical Analysis with Missing Data", 2nd ed., 2002, section 4.2.1.

    Examples
    --------
    >>> mean([[1.0], [2.0], [3.0], [4.0], [np.nan]]).ravel()
    array([1. , 2. , 3. , 4. , 2.5])
    """
    return _by_column(x, _means)


@methods.add(keys=_AT, middle="median")
def median(x: ArrayLike) -> FloatArray:
    r"""Fill missing values with the median of their indicator.

    In Chinese: 中位数插补.

    .. math:: y_{ri} = \mathrm{median}_s \, x_{si}

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        Never NaN. [unit of the indicator]

    Raises
    ------
    DomainError
        If an indicator has missing values and no measured one, or a value is infinite.

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, section 3.1 (implicit modelling).

    Examples
    --------
    >>> median([[1.0], [2.0], [9.0], [np.nan]]).ravel()
    array([1., 2., 9., 2.])
    """
    return _by_column(x, _medians)


@methods.add(keys=_AT)
def group_mean(x: ArrayLike, *, by: ArrayLike) -> FloatArray:
    r"""Fill missing values with the mean of their indicator over the regions of the same group.

    In Chinese: 分组均值插补.

    .. math:: y_{ri} = \frac1{n_{gi}} \sum_{s \in g(r)} x_{si}

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    by : array_like of int, shape (regions,) or (..., regions)
        Group of each region as a code; below 0 for regions of no group, which are not filled from.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        Never NaN. [unit of the indicator]

    Raises
    ------
    DomainError
        If a missing value has no measured one in its group, or a value is infinite.

    References
    ----------
    .. [1] Little, Rubin, "Statistical Analysis with Missing Data", 2nd ed., 2002, section 4.2.1 (conditional
       means within cells).

    Examples
    --------
    >>> group_mean([[1.0], [3.0], [np.nan], [50.0]], by=[0, 0, 0, 1]).ravel()
    array([ 1.,  3.,  2., 50.])
    """
    return _by_group(x, by, _means)


@methods.add(keys=_AT)
def group_median(x: ArrayLike, *, by: ArrayLike) -> FloatArray:
    r"""Fill missing values with the median of their indicator over the regions of the same group.

    In Chinese: 分组中位数插补.

    .. math:: y_{ri} = \mathrm{median}_{s \in g(r)} \, x_{si}

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    by : array_like of int, shape (regions,) or (..., regions)
        Group of each region as a code; below 0 for regions of no group, which are not filled from.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        Never NaN. [unit of the indicator]

    Raises
    ------
    DomainError
        If a missing value has no measured one in its group, or a value is infinite.

    References
    ----------
    .. [1] Becker, Caperna, Del Sorbo, Norlén, Papadimitriou, Saisana, "COINr: An R package for developing
       composite indicators", Journal of Open Source Software 7(78), 2022, 4567 (i_median_grp).

    Examples
    --------
    >>> group_median([[1.0], [3.0], [8.0], [np.nan], [50.0]], by=[0, 0, 0, 0, 1]).ravel()
    array([ 1.,  3.,  8.,  3., 50.])
    """
    return _by_group(x, by, _medians)


@methods.add(across=True)
def row_mean(x: ArrayLike, *, direction: ArrayLike = 1, pillars: ArrayLike | None = None) -> FloatArray:
    r"""Fill missing values with the region's mean position on the other indicators of the pillar.

    In Chinese: 同领域指标均值插补.

    .. math:: y_{ri} = \min_i + u_{ri} R_i, \qquad
       u_{ri} = \frac1{m} \sum_{j \in p(i)} \frac{x_{rj} - \min_j}{R_j}, \qquad R_i = \max_i - \min_i

    over the m indicators of the pillar that the region has. Positions run from the worst measured value to the
    best, so for direction -1 from the maximum down.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better.
    pillars : array_like of int, shape (indicators,) or (levels, indicators), optional
        Pillar code of each indicator; of several levels, all codes of a column make its pillar. Without it
        all indicators are of one pillar.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        Never NaN. [unit of the indicator]

    Raises
    ------
    DomainError
        If a region has no measured indicator in the pillar of a missing one, an indicator of such a pillar has
        fewer than two different values, or a value is infinite.

    References
    ----------
    .. [1] Becker, Caperna, Del Sorbo, Norlén, Papadimitriou, Saisana, "COINr: An R package for developing
       composite indicators", Journal of Open Source Software 7(78), 2022, 4567 (by row, normalised first).

    Examples
    --------
    >>> row_mean([[0.0, 10.0], [4.0, 30.0], [1.0, np.nan]])
    array([[ 0., 10.],
           [ 4., 30.],
           [ 1., 15.]])
    """
    x, holes = start(x)
    upward = as_float(direction)
    if (np.abs(upward) != 1).any():
        raise DomainError(
            "direction is +1 where higher is better and -1 where lower is better, nothing else."
        )
    codes = np.atleast_2d(np.zeros(x.shape[-1]) if pillars is None else np.asarray(pillars))
    inside = (codes[:, :, None] == codes[:, None, :]).all(axis=0).astype(np.float64)
    low, high = np.fmin.reduce(x, axis=-2), np.fmax.reduce(x, axis=-2)
    flat = ~(high > low) & (holes.any(axis=-2) @ inside > 0)
    if flat.any():
        raise positioned(
            f"row_mean needs two different values to scale by, but {flat.sum()} of {flat.size} indicators have "
            f"fewer. {_DROP}",
            flat,
            columns=True,
        )
    first, final = np.asarray(low)[..., None, :], np.asarray(high)[..., None, :]
    worst, best = np.where(upward > 0, first, final), np.where(upward > 0, final, first)
    way = best - worst
    with np.errstate(all="ignore"):
        share = np.where(holes | (way == 0), 0.0, (x - worst) / way)
        place = (share @ inside) / ((~holes).astype(np.float64) @ inside)
    need = "row_mean needs a measured indicator of the region in the same pillar"
    return filled(x, worst + place * way, need, "Impute by group, or leave these cells missing.")


@methods.add(keys={"table": inspect.Parameter.empty, "max_age": None})
def cold_deck(x: ArrayLike, *, deck: ArrayLike) -> FloatArray:
    r"""Fill missing values from another table, such as an earlier survey.

    In Chinese: 冷平台插补.

    .. math:: y_{ri} = d_{ri}

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    deck : array_like, any shape that broadcasts to that of `x`
        Values of the other table; NaN where it has none. [unit of the indicator]

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        NaN where both tables have none. [unit of the indicator]

    Raises
    ------
    DomainError
        If a value is infinite, or `deck` does not fit `x`.

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, section 3.1 (cold deck imputation).

    Examples
    --------
    >>> cold_deck([[1.0, np.nan], [np.nan, 4.0]], deck=[[7.0, 8.0], [9.0, np.nan]])
    array([[1., 8.],
           [9., 4.]])
    """
    x, holes = start(x)
    other, _ = start(deck)
    try:
        other = np.broadcast_to(other, x.shape)
    except ValueError:
        raise DomainError(
            f"a deck of shape {other.shape} does not fit values of shape {x.shape}. Give a cell for each."
        ) from None
    return np.where(holes, other, x)


def _by_column(x: ArrayLike, middle: Callable[[FloatArray], FloatArray]) -> FloatArray:
    x, holes = start(x)
    bare = np.asarray(holes.all(axis=-2))
    if bare.any():
        raise positioned(
            f"imputation needs a measured value, but {bare.sum()} of {bare.size} indicators have none. {_DROP}",
            bare,
            columns=True,
        )
    return np.where(holes, middle(x)[..., None, :], x) if holes.any() else x.copy()


def _by_group(x: ArrayLike, by: ArrayLike, middle: Callable[[FloatArray], FloatArray]) -> FloatArray:
    x, _ = start(x)
    codes = np.asarray(by)
    if codes.ndim == 0 or codes.shape[-1] != x.shape[-2] or codes.dtype.kind not in "iub":
        raise DomainError(
            f"by has shape {codes.shape} of {codes.dtype}, but there are {x.shape[-2]} regions. "
            "Give each region the code of its group as a whole number."
        )
    values = np.full(x.shape, np.nan)
    for index in np.ndindex(codes.shape[:-1]):
        cells = values[index] if codes.ndim > 1 else values
        order = np.argsort(codes[index], kind="stable")
        starts = np.flatnonzero(np.diff(codes[index][order], prepend=codes[index].min() - 1))
        for rows in np.split(order, starts[1:]):
            if codes[index][rows[0]] >= 0:
                cells[..., rows, :] = middle((x[index] if codes.ndim > 1 else x)[..., rows, :])[..., None, :]
    need = "imputation by group needs a measured value in the region's group"
    return filled(x, values, need, "Use larger groups, or mean or median over all regions.")


def _means(x: FloatArray) -> FloatArray:
    """Return the mean of each column, NaN for a column without values."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.nansum(x, axis=-2) / (~np.isnan(x)).sum(axis=-2))


def _medians(x: FloatArray) -> FloatArray:
    """Return the median of each column, NaN for a column without values."""
    ordered = np.sort(x, axis=-2)  # NaN last
    n = (~np.isnan(x)).sum(axis=-2)[..., None, :]
    low, high = (
        np.take_along_axis(ordered, np.maximum(place, 0), axis=-2) for place in ((n - 1) // 2, n // 2)
    )
    high = np.where(n > 0, high, np.nan)
    return np.asarray((low + (high - low) / 2)[..., 0, :])
