"""Numbers in a page: exact columns of bytes, and normalised values as what they are computed from."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np

from equindex._arrays import FloatArray

__all__ = ["column", "derived", "floats", "integers"]

_EXACT = 1e-13  # of the largest value: what a page computes again may differ by rounding only
_DECIMALS = 6
_MOST = 2**31 - 1


def floats(x: FloatArray) -> str:
    """Return float64 numbers as base64 of their little-endian bytes."""
    return base64.b64encode(np.ascontiguousarray(x, dtype="<f8").tobytes()).decode()


def integers(x: Any) -> str:
    """Return int32 numbers as base64 of their little-endian bytes."""
    return base64.b64encode(np.ascontiguousarray(x, dtype="<i4").tobytes()).decode()


def column(x: FloatArray, *, exact: bool = True) -> dict[str, Any]:
    """Pack one column: short decimals as integers, others as float64, or as float32 where they are only shown.

    Examples
    --------
    >>> column(np.array([1.5, 2.25]))["p"], list(column(np.array([1 / 3])))
    (2, ['f8'])
    """
    there = np.isfinite(x)
    with np.errstate(all="ignore"):
        for power in range(_DECIMALS + 1):
            whole = np.rint(x * 10.0**power)
            fits = (np.abs(whole) <= _MOST) & (whole / 10.0**power == x)
            if fits[there].all():
                return {"i4": integers(np.where(there, whole, -_MOST - 1)), "p": power}
    if exact:
        return {"f8": floats(x)}
    return {"f4": base64.b64encode(x.astype("<f4").tobytes()).decode()}


def _midranks(x: FloatArray) -> FloatArray:
    """Rank one column, 1 for the lowest, equals sharing their mean; NaN stays.

    Examples
    --------
    >>> _midranks(np.array([3.0, 9.0, np.nan, 3.0]))
    array([1.5, 3. , nan, 1.5])
    """
    found = np.full(x.shape, np.nan)
    there = np.isfinite(x)
    ordered = np.sort(x[there])
    below, upto = (np.searchsorted(ordered, x[there], side=side) for side in ("left", "right"))
    found[there] = (below + upto + 1) / 2
    return found


def derived(x: FloatArray, z: FloatArray, years: Sequence[slice]) -> dict[str, Any] | None:
    """Return how a normalised column follows from its values, tried out on every cell; None where it does not.

    It may be a line between two ends, held within the least and the greatest score, of the values or of their
    ranks, over all rows or within each year.

    Parameters
    ----------
    x, z : ndarray, shape (rows,)
        Values and what the normaliser made of them.
    years : sequence of slice
        Rows of each year.

    Returns
    -------
    dict or None
        ``of`` ("values", "ranks", "ranks_of_year") and ``lines``, one for all rows or one for each year, each
        origin, span, length, start, least, greatest.

    Examples
    --------
    >>> derived(np.array([2.0, 4.0, 3.0]), np.array([0.0, 100.0, 50.0]), [slice(0, 3)])
    {'of': 'values', 'lines': [[2.0, 2.0, 100.0, 0.0, 0.0, 100.0]]}
    """
    if not np.array_equal(np.isnan(x), np.isnan(z)):
        return None
    for of in ("values", "ranks", "ranks_of_year"):
        if of == "values":
            basis = x
        elif of == "ranks":
            basis = _midranks(x)
        else:
            basis = np.concatenate([_midranks(x[rows]) for rows in years])
        for parts in ([slice(None)], years):
            lines = [_line(basis[rows], z[rows]) for rows in parts]
            if all(line is not None for line in lines):
                return {"of": of, "lines": lines}
            if len(years) == 1:
                break
    return None


def _line(x: FloatArray, z: FloatArray) -> list[float] | None:
    """Return origin, span, length, start, least and greatest of the line through the points, None if they have none."""
    there = np.isfinite(x)
    x, z = x[there], z[there]
    if not x.size:
        return [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    least, greatest = float(z.min()), float(z.max())
    if least == greatest:
        return [0.0, 1.0, 0.0, least, least, greatest]
    inside = (z > least) & (z < greatest)
    for chosen in (np.ones(z.size, dtype=bool), inside):
        if np.ptp(x[chosen]) > 0 if chosen.any() else False:
            low, high = x[chosen].argmin(), x[chosen].argmax()
            origin, start = float(x[chosen][low]), float(z[chosen][low])
            span, length = float(x[chosen][high]) - origin, float(z[chosen][high]) - start
            with np.errstate(all="ignore"):
                again = np.clip(start + length * ((x - origin) / span), least, greatest)
            if np.abs(again - z).max() <= _EXACT * max(abs(least), abs(greatest)):
                return [origin, span, length, start, least, greatest]
    return None
