"""Imputation from other years of the same region."""

from __future__ import annotations

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, IntArray, as_float, one_of
from equindex.errors import DomainError, MethodError
from equindex.impute.base import methods, start

__all__ = ["last", "linear"]


@methods.add(panel=True)
def last(x: ArrayLike, *, max_age: float | None = None, years: ArrayLike | None = None) -> FloatArray:
    r"""Fill missing values with the region's last earlier one, as long as it is not too old.

    In Chinese: 末次观测值结转.

    .. math:: y_{tri} = x_{sri}, \qquad s = \max \{ s < t : x_{sri} \text{ measured}, \; t - s \le a \}

    Parameters
    ----------
    x : array_like, shape (..., years, regions, indicators)
        Indicator values, years ascending; NaN is missing. [unit of the indicator]
    max_age : float, optional
        a, the most years that a value is carried forward; any number without it. [years]
    years : array_like, shape (years,), optional
        The year of each slice; consecutive without it.

    Returns
    -------
    ndarray, shape (..., years, regions, indicators)
        NaN where no earlier value is recent enough. [unit of the indicator]

    Raises
    ------
    DomainError
        If `x` has no axis of years, `years` do not fit it or do not ascend, or a value is infinite.

    References
    ----------
    .. [1] Little, Rubin, "Statistical Analysis with Missing Data", 2nd ed., 2002, section 4.3 (last observation
       carried forward).

    Examples
    --------
    >>> panel = np.array([3.0, np.nan, np.nan]).reshape(3, 1, 1)
    >>> last(panel, max_age=1).ravel()
    array([ 3.,  3., nan])
    """
    if max_age is not None and not max_age >= 0:
        raise MethodError(f"max_age is a number of years, not {max_age!r}.")
    x, holes = start(x)
    when = _years(x, years)
    source = _before(holes)
    found = np.take_along_axis(x, np.maximum(source, 0), axis=-3)
    age = when[:, None, None] - when[source]
    good = (source >= 0) & (age <= (np.inf if max_age is None else max_age))
    return np.where(holes, np.where(good, found, np.nan), x)


@methods.add(panel=True)
def linear(x: ArrayLike, *, ends: str = "missing", years: ArrayLike | None = None) -> FloatArray:
    r"""Fill missing values on the straight line between the region's values before and after.

    In Chinese: 线性插值.

    .. math:: y_{tri} = x_{sri} + \frac{t - s}{u - s} (x_{uri} - x_{sri}), \qquad s < t < u

    Parameters
    ----------
    x : array_like, shape (..., years, regions, indicators)
        Indicator values, years ascending; NaN is missing. [unit of the indicator]
    ends : {"missing", "flat"}
        Years before the first value and after the last one stay missing, or take that value.
    years : array_like, shape (years,), optional
        The year of each slice; consecutive without it.

    Returns
    -------
    ndarray, shape (..., years, regions, indicators)
        NaN in years beyond the measured ones unless `ends` are flat, and where nothing is measured. [unit of
        the indicator]

    Raises
    ------
    DomainError
        If `x` has no axis of years, `years` do not fit it or do not ascend, or a value is infinite.

    References
    ----------
    .. [1] Becker, Caperna, Del Sorbo, Norlén, Papadimitriou, Saisana, "COINr: An R package for developing
       composite indicators", Journal of Open Source Software 7(78), 2022, 4567 (impute_panel).

    Examples
    --------
    >>> panel = np.array([3.0, np.nan, np.nan, 6.0]).reshape(4, 1, 1)
    >>> linear(panel).ravel()
    array([3., 4., 5., 6.])
    """
    one_of("ends", ends, ("missing", "flat"))
    x, holes = start(x)
    when = _years(x, years)
    count = x.shape[-3]
    before = _before(holes)
    after = count - 1 - np.flip(_before(np.flip(holes, axis=-3)), axis=-3)
    earlier = np.take_along_axis(x, np.maximum(before, 0), axis=-3)
    later = np.take_along_axis(x, np.minimum(after, count - 1), axis=-3)
    starts, stops = before >= 0, after < count
    gap = np.where(starts & stops & (after > before), when[np.minimum(after, count - 1)] - when[before], 1.0)
    inner = earlier + (when[:, None, None] - when[before]) / gap * (later - earlier)
    outer = np.where(starts, earlier, later) if ends == "flat" else np.nan
    return np.where(holes, np.where(starts & stops, inner, outer), x)


def _years(x: FloatArray, years: ArrayLike | None) -> FloatArray:
    if x.ndim < 3:
        raise DomainError(
            f"values of shape {x.shape} have no axis of years. Give (..., years, regions, indicators)."
        )
    when = np.arange(x.shape[-3], dtype=np.float64) if years is None else as_float(years)
    if when.shape != (x.shape[-3],) or not (np.diff(when) > 0).all():
        raise DomainError(
            f"years {when.tolist()} do not fit {x.shape[-3]} slices. Give each its year, in ascending order."
        )
    return when


def _before(holes: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> IntArray:
    """Return, for each cell, the place of the last measured year up to it, -1 where there is none."""
    places = np.arange(holes.shape[-3], dtype=np.int64)[:, None, None]
    latest: IntArray = np.maximum.accumulate(np.where(holes, -1, places), axis=-3)
    return latest
