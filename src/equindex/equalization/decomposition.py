"""Inequality between groups of regions and within them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import ArrayLike, FloatArray
from equindex.equalization.inequality import excess_l, excess_t, kept, theil_l, theil_t
from equindex.errors import DomainError, MethodError, nearest

__all__ = ["Decomposition", "decompose"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decomposition:
    """Inequality split between and within groups; ``total = between + within`` up to rounding.

    `groups` holds the codes, in order, along the last axis of the others: `value`, the inequality inside each
    group (NaN where it has no region, or nothing but 0), `share`, its part of the resource (T) or of the
    population (L), and `contribution`, share times value, which sums to `within`.
    """

    total: FloatArray
    between: FloatArray
    within: FloatArray
    groups: NDArray[np.intp]
    value: FloatArray
    share: FloatArray
    contribution: FloatArray


def decompose(
    x: ArrayLike, groups: ArrayLike, *, measure: str = "theil_t", population: ArrayLike | None = None
) -> Decomposition:
    r"""Split Theil's T or L into inequality between groups and within them.

    .. math:: T = \sum_g S_g \ln (S_g / P_g) + \sum_g S_g T_g, \qquad
              L = \sum_g P_g \ln (P_g / S_g) + \sum_g P_g L_g

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values of 0 or more (L: above 0). [any unit]
    groups : array_like of int, shape (regions,)
        Code of each region's group, 0 or more.
    measure : {"theil_t", "theil_l"}
        What to split.
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Weights; P is a group's share of them, or of the number of regions. [persons]

    Returns
    -------
    Decomposition
        Arrays of shape (...) and (..., groups); NaN where no region is left or all are 0. [index]

    Raises
    ------
    DomainError
        If a region has no group, or a value lies outside the measure's domain.
    MethodError
        If the measure cannot be split so.

    References
    ----------
    .. [1] Shorrocks, A. F., "The class of additively decomposable inequality measures", Econometrica 48(3),
       1980, 613-625.

    Examples
    --------
    >>> parts = decompose([1.0, 1.0, 3.0, 3.0], [0, 0, 1, 1])
    >>> bool(parts.between == parts.total), parts.within
    (True, np.float64(0.0))
    """
    splits: dict[str, tuple[Callable[..., FloatArray], Callable[[FloatArray], FloatArray]]] = {
        "theil_t": (theil_t, excess_t),
        "theil_l": (theil_l, excess_l),
    }
    if measure not in splits:
        raise MethodError(f"{measure!r} does not split into between and within. {nearest(measure, splits)}")
    total, excess = splits[measure][0](x, population=population), splits[measure][1]
    x, weights = kept(x, population)
    codes = np.asarray(groups)
    if codes.shape != x.shape[-1:] or codes.dtype.kind not in "iu" or codes.min() < 0:
        raise DomainError(
            f"groups need one whole number of 0 or more for each of {x.shape[-1]} regions. "
            "Leave regions without a group out."
        )
    order = np.argsort(codes, kind="stable")
    names, starts, sizes = np.unique(codes[order], return_index=True, return_counts=True)
    x, weights = x[..., order], np.broadcast_to(weights, x.shape)[..., order]

    def add_up(values: FloatArray) -> FloatArray:
        return np.add.reduceat(values, starts, axis=-1)

    weight, resource = add_up(weights), add_up(weights * x)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(resource > 0, resource / weight, np.nan)
        inside = np.where(weights > 0, x / np.repeat(mean, sizes, axis=-1), 1.0)
        value = add_up(weights * excess(inside)) / weight
        part = weight / weight.sum(axis=-1, keepdims=True)
        owned = resource / resource.sum(axis=-1, keepdims=True)
        between = np.where(part == 0, 0.0, part * excess(owned / part)).sum(axis=-1)
    share = owned if measure == "theil_t" else part
    contribution = np.where(share == 0, 0.0, share * value)
    return Decomposition(
        total=total,
        between=between,
        within=contribution.sum(axis=-1),
        groups=names.astype(np.intp),
        value=value,
        share=share,
        contribution=contribution,
    )
