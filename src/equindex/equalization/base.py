"""What the measures share: the registry, which regions count, what values a measure takes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, as_float
from equindex._registry import Family
from equindex.errors import DomainError, MethodError

__all__ = ["checked", "defined", "dot", "excess", "kept", "measures", "ordered", "ready", "relative"]

measures = Family("equalization")

_LARGEST = 1e75  # products of larger values overflow
_BLAS_SERIAL = 8192  # for longer sums OpenBLAS may use several threads, and round differently
_NEEDS = {
    "nonnegative": "values from 0 to 1e75",
    "positive": "values above 0, up to 1e75",
    "nonzero_mean": "values up to 1e75 whose mean is not 0",
}


def kept(x: ArrayLike, population: ArrayLike | None) -> tuple[FloatArray, FloatArray]:
    """Return values and weights, both 0 where a region is left out; weights have one axis where that will do."""
    x = as_float(x)
    if population is None:
        weights, keep = np.ones(x.shape[-1]), ~np.isnan(x)
    else:
        weights = as_float(population)
        if (weights < 0).any() or (weights > _LARGEST).any():
            raise DomainError("a population is negative or infinite. Mend it, or leave it empty.")
        keep = ~np.isnan(x) & (weights > 0)
        x = np.broadcast_to(x, keep.shape)
        weights = np.broadcast_to(weights, (*weights.shape[:-1], x.shape[-1]))
    if x.shape[-1] == 0:
        return np.zeros((*x.shape[:-1], 1)), np.zeros(1)
    if keep.all():
        return x, weights
    return np.where(keep, x, 0.0), np.where(keep, weights, 0.0)


def _trait(measure: str, key: str, options: dict[str, Any]) -> Any:
    """Return a trait of a measure, worked out from the options where it depends on them."""
    found = measures.get(measure).traits.get(key)
    return found(**options) if callable(found) else found


def _misfit(measure: str, population: ArrayLike | None, options: dict[str, Any]) -> str:
    """Say why a measure cannot go with the population, or without one."""
    rule = _trait(measure, "population", options)
    if rule == "needed" and population is None:
        return f"{measure} needs a population. Give one, or choose a measure without."
    if rule == "refused" and population is not None:
        return f"{measure} has no small-sample correction with a population. Leave one of them out."
    return ""


def _outside(x: FloatArray, weights: FloatArray, domain: str) -> BoolArray:
    """Return which kept values lie outside the domain."""
    if domain == "nonzero_mean":
        outside: BoolArray = np.abs(x) > _LARGEST
        x = np.where(outside, 0.0, x)
        size = dot(np.abs(x), weights)
        vanishes = (np.abs(dot(x, weights)) <= 1e-12 * size) & (size > 0)
        outside = outside | vanishes[..., None]
    else:
        outside = x <= 0 if domain == "positive" else x < 0
        outside |= x > _LARGEST
    outside &= weights > 0
    return outside


def _inside(low: float, high: float, domain: str) -> bool:
    """Say quickly that all values lie in the domain; False says nothing."""
    return high <= _LARGEST and (low > 0 or (low == 0 and domain == "nonnegative"))


def ready(
    x: ArrayLike, population: ArrayLike | None, measure: str, **options: Any
) -> tuple[FloatArray, FloatArray]:
    """Return values and weights that a registered measure takes with these options, or raise."""
    if misfit := _misfit(measure, population, options):
        raise MethodError(misfit)
    return checked(x, population, measure, _trait(measure, "domain", options))


def checked(
    x: ArrayLike, population: ArrayLike | None, what: str, domain: str
) -> tuple[FloatArray, FloatArray]:
    """Return values and weights, or raise DomainError with the `positions` of values outside the domain."""
    x, weights = kept(x, population)
    if x.size and _inside(x.min(), x.max(), domain):
        return x, weights
    outside = _outside(x, weights, domain)
    if outside.any():
        positions = tuple(tuple(int(i) for i in where) for where in np.argwhere(outside)[:1000])
        error = DomainError(
            f"{what} needs {_NEEDS[domain]}, but {outside.sum()} of {outside.size} are not "
            f"(first: {x[positions[0]]:.6g} at position {positions[0]}). "
            "Leave this column out, or choose another measure."
        )
        error.positions = positions
        raise error
    return x, weights


def relative(
    x: ArrayLike, population: ArrayLike | None, measure: str, **options: Any
) -> tuple[FloatArray, FloatArray]:
    """Return each value over the mean (1 where left out) and each region's share of the weights."""
    x, weights = ready(x, population, measure, **options)
    total = weights.sum(axis=-1, keepdims=True)
    shares = weights / np.where(total > 0, total, np.nan)
    mean = dot(x, shares)[..., None]
    r, keep = x / np.where(mean == 0, np.nan, mean), weights > 0
    return r if keep.all() else np.where(keep, r, 1.0), shares


def dot(x: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the sum of products over regions, the same bits whatever the number of threads."""
    if x.shape[-1] <= _BLAS_SERIAL:
        result: FloatArray = np.vecdot(x, weights)
        return result
    return np.asarray(np.einsum("...i,...i->...", x, weights))[()]


def ordered(x: FloatArray, weights: FloatArray, *, alike: bool) -> tuple[FloatArray, FloatArray]:
    """Return values of 0 or more in ascending order, with their weights.

    Where all weights are `alike` but for regions left out, which hold 0 in both and come first, no order is
    needed, which is faster.
    """
    if alike:
        return np.sort(x), np.sort(weights)
    order = np.argsort(x)
    one = weights.ndim == 1
    return np.take_along_axis(x, order, -1), (
        weights[order] if one else np.take_along_axis(np.broadcast_to(weights, x.shape), order, -1)
    )


def excess(a: float) -> Callable[[FloatArray], FloatArray]:
    r"""Return the function of r = x / mean whose mean is GE(a).

    It is (r^a - 1 - a (r - 1)) / (a (a - 1)): the last terms average to 0 and take the rounding of the mean with
    them, and the limits at a = 0 and a = 1 are smooth.
    """
    if a == 0:
        return lambda r: (r - 1) - np.log(r)
    if a == 1:
        return _excess_t
    if a == 2:
        return lambda r: (r - 1) ** 2 / 2

    def general(r: FloatArray) -> FloatArray:
        logs = np.log(r, out=np.full_like(r, -np.inf), where=r != 0)
        with np.errstate(over="ignore"):
            if a < 0.5:
                return (np.expm1(a * logs) - a * (r - 1)) / (a * (a - 1))
            growth = np.expm1((a - 1) * np.where(r > 0, logs, 0.0))
            return (r * growth - (a - 1) * (r - 1)) / (a * (a - 1))

    return general


def _excess_t(r: FloatArray) -> FloatArray:
    terms = np.log(r, out=np.zeros_like(r), where=r > 0)
    terms *= r
    terms -= r - 1
    return terms


def defined(measure: str, x: ArrayLike, *, population: ArrayLike | None = None, **options: Any) -> BoolArray:
    """Say where a measure is defined, so that a caller with many columns can leave the others out.

    Parameters
    ----------
    measure : str
        Name in `measures`.
    x : array_like, shape (..., regions)
        Values.
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        As for the measure.
    **options
        As for the measure: the domain of GE(a) and Atkinson's index depends on them.

    Returns
    -------
    ndarray of bool, shape (...)
        False where the measure would raise an error, also because it needs or refuses a population.

    Examples
    --------
    >>> defined("theil_l", [[1.0, 0.0], [1.0, 2.0]])
    array([False,  True])
    """
    misfit = _misfit(measure, population, options)
    x, weights = kept(x, population)
    outside = _outside(x, weights, _trait(measure, "domain", options))
    return np.asarray(~outside.any(axis=-1) & (not misfit))
