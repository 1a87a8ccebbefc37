"""Degrees of equalization made of inequalities."""

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, as_float
from equindex.equalization.base import measures
from equindex.errors import MethodError, nearest

__all__ = ["degree"]


def degree(
    measure: str, value: ArrayLike, *, n: ArrayLike | None = None, population: ArrayLike | None = None
) -> FloatArray:
    r"""Turn an inequality into a degree of equalization (均等度) from 0 to 100, by the measure's own formula.

    In Chinese: 均等度.

    .. math:: 100 (1 - G), \quad 100 (1 - H), \quad 100 / (1 + CV), \quad 100 (1 - T / T_{max})

    Parameters
    ----------
    measure : str
        Name in `measures` of one with a degree: gini, hoover, cv or theil_t.
    value : array_like, shape (...)
        What the measure returned. [index]
    n : array_like, shape (...), optional
        Number of regions measured: the largest unweighted T is ln n.
    population : array_like, shape (..., regions), optional
        Population of the regions measured, missing or 0 for others: the largest weighted T is -ln of the
        smallest share. Goes before `n`.

    Returns
    -------
    ndarray, shape (...)
        100 where all are equal, and for one region; NaN where `value` is NaN. [0-100]

    Raises
    ------
    MethodError
        If the measure has no degree, or T has neither `n` nor `population`.

    Notes
    -----
    No official convention was found; these are the forms in use. Degrees of different measures do not
    compare.

    Examples
    --------
    >>> degree("gini", 0.25)
    np.float64(75.0)
    >>> degree("theil_t", 0.0391459932, n=31).round(2)
    np.float64(98.86)
    """
    value, form = as_float(value), measures.get(measure).traits["degree"]
    if form == "1 - I":
        return np.multiply(100, 1 - value)
    if form == "1 / (1 + CV)":
        return np.divide(100, 1 + value)
    if form is None:
        known = [method.name for method in measures if method.traits["degree"]]
        raise MethodError(f"{measure} has no degree of equalization. {nearest(measure, known)}")
    if population is not None:
        weights = np.where(as_float(population) > 0, population, np.nan)
        share = np.fmin.reduce(weights, axis=-1) / np.nansum(weights, axis=-1)
        largest = -np.log(share)
    elif n is not None:
        largest = np.log(np.maximum(as_float(n), 1))
    else:
        raise MethodError("the degree of theil_t needs n, or the population for the weighted form.")
    return np.multiply(100, 1 - value / np.where(largest > 0, largest, np.inf))
