"""Lorenz and concentration curves, and what is missing to the best."""

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, as_float, refused_cells
from equindex.equalization.base import checked, dot

__all__ = ["concentration_curve", "concentration_index", "lorenz", "shortfall"]


def lorenz(x: ArrayLike, *, population: ArrayLike | None = None) -> tuple[FloatArray, FloatArray]:
    r"""Lorenz curve: what share of the resource the poorest share of the population has.

    In Chinese: 洛伦兹曲线.

    .. math:: (P_k, L_k) = \left( \sum_{i \le k} p_i, \sum_{i \le k} p_i x_i / \mu \right), \qquad
              x_1 \le x_2 \le \dots

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values of 0 or more. [any unit]
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Weights, equal without. Regions where `x` or `population` is missing, or `population` is 0, are left out.
        [persons]

    Returns
    -------
    population, resource : ndarray, shape (..., regions + 1)
        Points from (0, 0) to (1, 1); a region left out repeats a point. The resource is NaN where all are 0,
        both are where no region is left. [share]

    Raises
    ------
    DomainError
        If a value is negative; its `positions` holds the indices of the first 1,000.

    References
    ----------
    .. [1] Lorenz, M. O., "Methods of measuring the concentration of wealth", Publications of the American
       Statistical Association 9(70), 1905, 209-219.

    Examples
    --------
    >>> lorenz([3.0, 1.0])
    (array([0. , 0.5, 1. ]), array([0.  , 0.25, 1.  ]))
    """
    return concentration_curve(x, x, population=population)


def concentration_curve(
    x: ArrayLike, by: ArrayLike, *, population: ArrayLike | None = None
) -> tuple[FloatArray, FloatArray]:
    """Concentration curve: what share of a service the part of the population lowest in `by` has.

    In Chinese: 集中曲线.

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values of 0 or more, such as doctors per head. [any unit]
    by : array_like, shape (regions,) or broadcastable to `x`
        What the regions are ranked by, such as income; where it is missing, a region is left out. [any unit]
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Weights, equal without. Regions where `x` or `population` is missing, or `population` is 0, are left out.
        [persons]

    Returns
    -------
    population, service : ndarray, shape (..., regions + 1)
        Points from (0, 0) to (1, 1); a region left out repeats a point. Regions equal in `by` lie on one
        straight line, whatever their order. The service is NaN where all are 0, both are where no region is
        left. [share]

    Raises
    ------
    DomainError
        If a value is negative; its `positions` holds the indices of the first 1,000.

    References
    ----------
    .. [1] Kakwani, N., Wagstaff, A. and van Doorslaer, E., "Socioeconomic inequalities in health", Journal of
       Econometrics 77(1), 1997, 87-103.

    Examples
    --------
    >>> concentration_curve([3.0, 1.0], [10, 20])
    (array([0. , 0.5, 1. ]), array([0.  , 0.75, 1.  ]))
    """
    x, by = np.broadcast_arrays(as_float(x), as_float(by))
    x, weights = checked(
        np.where(np.isnan(by), np.nan, x), population, "a concentration curve", "nonnegative"
    )
    by = np.broadcast_to(by, x.shape) if by.shape[-1] else x
    order = np.argsort(by)  # missing ones come last
    ranked, x, weights = (
        np.take_along_axis(np.broadcast_to(values, x.shape), order, -1) for values in (by, x, weights)
    )
    people, service = (
        np.concatenate([np.zeros((*x.shape[:-1], 1)), values.cumsum(axis=-1)], axis=-1)
        for values in (weights, weights * x)
    )
    people, service = (_to_one(values) for values in (people, service))
    same = ranked[..., 1:] == ranked[..., :-1]
    if same.any():
        service = _straightened(people, service, same)
    return people, service


def concentration_index(x: ArrayLike, by: ArrayLike, *, population: ArrayLike | None = None) -> FloatArray:
    r"""Concentration index of a service: how far it goes to the regions high, or low, in `by`.

    In Chinese: 集中指数.

    .. math:: C = \frac{2}{\mu} \sum_i p_i x_i R_i - 1

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values of 0 or more, such as doctors per head. [any unit]
    by : array_like, shape (regions,) or broadcastable to `x`
        What the regions are ranked by, such as income; where it is missing, a region is left out. R is the share
        of the population below a region and half its own; regions equal in `by` share theirs. [any unit]
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Weights, equal without. Regions where `x` or `population` is missing, or `population` is 0, are left out.
        [persons]

    Returns
    -------
    ndarray, shape (...)
        From -1 to 1: above 0 where regions high in `by` have more, 0 where all are equal; by the values
        themselves it is their Gini coefficient. NaN where no region is left or all are 0. [index]

    Raises
    ------
    DomainError
        If a value is negative; its `positions` holds the indices of the first 1,000.

    References
    ----------
    .. [1] Kakwani, N., Wagstaff, A. and van Doorslaer, E., "Socioeconomic inequalities in health", Journal of
       Econometrics 77(1), 1997, 87-103.

    Examples
    --------
    >>> concentration_index([3.0, 1.0], [10, 20]), concentration_index([1.0, 3.0], [10, 20])
    (np.float64(-0.25), np.float64(0.25))
    """
    people, service = concentration_curve(x, by, population=population)
    return dot(people[..., :-1], service[..., 1:]) - dot(people[..., 1:], service[..., :-1])


def shortfall(x: ArrayLike, *, best: float = 100.0) -> FloatArray:
    """Turn values with a best end into what is missing to it, for percentages near 100.

    In Chinese: 缺口.

    Parameters
    ----------
    x : array_like
        Values up to `best`. [any unit]
    best : float
        The best value there can be. [unit of `x`]

    Returns
    -------
    ndarray, shape of `x`
        `best` less `x`; NaN where `x` is missing. [unit of `x`]

    Raises
    ------
    DomainError
        If a value is above `best`; its `positions` holds the indices of the first 100.

    Notes
    -----
    Enrolment of 98 % and 99 % is almost equal (Gini 0.003), non-enrolment of 2 % and 1 % is not (0.167): say
    which is meant.

    Examples
    --------
    >>> shortfall([98.0, 99.0])
    array([2., 1.])
    """
    x = as_float(x)
    if (x > best).any():
        remedy = "Mend them, or give the best value there can be."
        raise refused_cells(f"a shortfall needs values up to {best:g}", x, x > best, remedy)
    return best - x


def _to_one(values: FloatArray) -> FloatArray:
    """Return sums as shares of the last one."""
    return values / np.where(values[..., -1:] > 0, values[..., -1:], np.nan)


def _straightened(people: FloatArray, service: FloatArray, same: BoolArray) -> FloatArray:
    """Return the curve with regions of the same rank on one line, from where they start to where they end."""
    n = people.shape[-1]
    inside = np.pad(same, [(0, 0)] * (same.ndim - 1) + [(1, 1)])  # points within a run of equal regions
    where = np.broadcast_to(np.arange(n), inside.shape)
    start = np.maximum.accumulate(np.where(inside, 0, where), axis=-1)
    end = np.minimum.accumulate(np.where(inside, n - 1, where)[..., ::-1], axis=-1)[..., ::-1]
    p0, p1, s0, s1 = (np.take_along_axis(c, i, -1) for c in (people, service) for i in (start, end))
    run = p1 - p0
    step = np.divide(people - p0, run, out=np.zeros_like(run), where=run > 0)
    return np.where(inside, s0 + (s1 - s0) * step, service)
