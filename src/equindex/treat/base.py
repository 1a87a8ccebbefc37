"""The family of treatments: measuring by name, putting columns together, leaving values alone.

Trait: ``measure(x, **options)`` returns the `Treatment` that the method applies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, as_float, refused_cells
from equindex._registry import Family
from equindex.errors import DomainError
from equindex.treat.fitted import Treatment

__all__ = ["assemble", "each", "finite", "measure", "measured", "methods", "none", "spread"]

methods = Family("treat")


def measure(name: str, x: ArrayLike, **options: Any) -> Treatment:
    """Return what a method of treatment measures, to be applied to these or other rows.

    Parameters
    ----------
    name : str
        A method of this family, such as ``"iqr"``.
    x : array_like, shape (..., regions, indicators)
        The values it is decided on, such as the rows of all years. [unit of the indicator]
    **options
        Those of the method.

    Returns
    -------
    Treatment
        Parameters of each column, with its shape before and after.

    Raises
    ------
    MethodError
        If there is no such method or option.

    Examples
    --------
    >>> treatment = measure("iqr", [[1.0], [2.0], [3.0], [4.0], [50.0]])
    >>> treatment.apply([[2.5], [99.0]]).ravel()
    array([2.5, 7. ])
    """
    method = methods.get(name)
    method.check(options)
    treatment: Treatment = method.traits["measure"](x, **options)
    return treatment


def assemble(columns: Sequence[ArrayLike], parts: Sequence[Treatment]) -> Treatment:
    """Put the treatments of groups of columns together, where indicators have methods of their own.

    Parameters
    ----------
    columns : sequence of array_like of int
        Positions of each part's columns; all together each position once.
    parts : sequence of Treatment
        One for each group.

    Returns
    -------
    Treatment
        Of all columns.

    Raises
    ------
    DomainError
        If a position is missing or given twice.

    Examples
    --------
    >>> x = np.array([[1.0, 1.0], [2.0, 10.0], [3.0, 100.0]])
    >>> both = assemble([[1], [0]], [measure("box_cox", x[:, [1]], power=0), measure("none", x[:, [0]])])
    >>> both.action.tolist()
    ['none', 'log']
    """
    order = np.concatenate([np.asarray(part, dtype=np.int64).ravel() for part in columns])
    if not np.array_equal(np.sort(order), np.arange(len(order))):
        raise DomainError(f"the columns of the parts are {order.tolist()}. Give every column once.")
    back = np.argsort(order)
    rows = [part.parts() for part in parts]
    joined = {name: np.concatenate([row[name] for row in rows], axis=-1)[..., back] for name in rows[0]}
    return Treatment(**joined)


def _measure_none(x: ArrayLike) -> Treatment:
    return Treatment.of(finite(x))


def _no_fences(ordered: FloatArray, _: Any) -> tuple[FloatArray, FloatArray]:
    nowhere = np.full(ordered.shape[-1], np.inf)
    return -nowhere, nowhere


@methods.add(monotone=True, measure=_measure_none, fences=_no_fences)
def none(x: ArrayLike) -> FloatArray:
    r"""Leave every value as it is.

    In Chinese: 不处理.

    .. math:: y = x

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        The values of `x`. [unit of the indicator]

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, step 3.

    Examples
    --------
    >>> none([[1.0], [99.0]]).ravel()
    array([ 1., 99.])
    """
    return as_float(x).copy()


# --- Shared by the methods -----------------------------------------------------------------------------


def finite(x: ArrayLike) -> FloatArray:
    """Return `x` as an array, or refuse infinite values."""
    x = as_float(x)
    bad = np.isinf(x)
    if bad.any():
        raise refused_cells("treatment needs finite values", x, bad, "Remove them.")
    return x


def spread(x: FloatArray) -> FloatArray:
    """Return the range of each column."""
    return np.asarray(np.fmax.reduce(x, axis=-2) - np.fmin.reduce(x, axis=-2))


def each(columns: BoolArray) -> list[tuple[int, ...]]:
    """Return the index tuples ``(..., indicator)`` of the columns that are true."""
    return [tuple(index) for index in np.argwhere(columns).tolist()]


def measured(x: FloatArray, index: tuple[Any, ...]) -> FloatArray:
    """Return the measured values of the column at ``index = (..., indicator)`` in ascending order."""
    column = x[(*index[:-1], slice(None), index[-1])]
    return np.sort(column[~np.isnan(column)])
