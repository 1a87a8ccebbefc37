"""Inequality between groups of regions and within them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import ArrayLike, FloatArray, as_float
from equindex.equalization.base import excess, kept
from equindex.equalization.inequality import ge, theil_l, theil_t
from equindex.errors import DomainError, MethodError, nearest

__all__ = ["Decomposition", "Nested", "decompose", "grouped", "nested", "parameter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decomposition:
    """Inequality split between and within groups; ``total = between + within`` up to rounding.

    `groups` holds the codes, in order, along the last axis of the others: `value`, the inequality inside each
    group (NaN where it has no region, or nothing but 0), `share`, its weight within (T: its part of the resource;
    L: of the population; GE: p^(1-a) s^a of both, which do not sum to 1), and `contribution`, share times value,
    which sums to `within`.
    """

    total: FloatArray
    between: FloatArray
    within: FloatArray
    groups: NDArray[np.intp]
    value: FloatArray
    share: FloatArray
    contribution: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Nested:
    """Inequality split by levels of groups: ``total = between.sum(-1) + within`` up to rounding.

    `between` has a last axis over the levels, coarsest first: between groups of the first level, between those
    of the second inside the first, and so on; `within` is what is left inside the finest groups. Who adds how
    much is in `levels`: ``levels[i].contribution`` is the inequality that each group of level i adds between
    those of the next level inside it (finest level: between its regions). ``levels[i].groups`` numbers the
    groups of that level; column g of ``codes[i]`` holds the codes of group g, coarsest first.
    """

    total: FloatArray
    between: FloatArray
    within: FloatArray
    levels: tuple[Decomposition, ...]
    codes: tuple[NDArray[np.intp], ...]


def decompose(
    x: ArrayLike,
    groups: ArrayLike,
    *,
    measure: str = "theil_t",
    population: ArrayLike | None = None,
    a: float = 2.0,
) -> Decomposition:
    r"""Split Theil's T or L, or GE(a), into inequality between groups and within them.

    In Chinese: 组内组间分解.

    .. math:: T = \sum_g s_g \ln (s_g / p_g) + \sum_g s_g T_g, \qquad
              L = \sum_g p_g \ln (p_g / s_g) + \sum_g p_g L_g, \\
              GE_a = \frac{1}{a (a - 1)} \left( \sum_g p_g (s_g / p_g)^a - 1 \right)
              + \sum_g p_g^{1 - a} s_g^a GE_{a,g}

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values of 0 or more (L, and GE where a <= 0: above 0). [any unit]
    groups : array_like of int, shape (regions,)
        Code of each region's group, 0 or more.
    measure : {"theil_t", "theil_l", "ge"}
        What to split.
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Weights; p is a group's share of them, or of the number of regions, s its share of the resource. Regions
        where `x` or `population` is missing, or `population` is 0, are left out. [persons]
    a : float
        The parameter of "ge"; the others do not use it.

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
    a = parameter(measure, a)
    total = _total(x, population, measure, a)
    names, weight, resource, value = grouped(x, groups, population, a)
    share, between = _across(weight, resource, a)
    contribution = np.where(share == 0, 0.0, share * value)
    return Decomposition(
        total=total,
        between=between,
        within=contribution.sum(axis=-1),
        groups=names,
        value=value,
        share=share,
        contribution=contribution,
    )


def nested(
    x: ArrayLike,
    levels: Sequence[ArrayLike],
    *,
    measure: str = "theil_t",
    population: ArrayLike | None = None,
    a: float = 2.0,
) -> Nested:
    """Split Theil's T or L, or GE(a), by groups inside groups, such as cities in provinces.

    In Chinese: 嵌套分解.

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values of 0 or more (L, and GE where a <= 0: above 0). [any unit]
    levels : sequence of array_like of int, shape (regions,)
        Codes of each region's groups, coarsest first. A code counts within its group of the level above, so that
        two provinces may both have a city 1.
    measure, population, a
        As for `decompose`, by which each level is split: its units are the groups of the next level, with their
        means and their population.

    Returns
    -------
    Nested
        Arrays of shape (...) and (..., levels); NaN where no region is left or all are 0. [index]

    Raises
    ------
    DomainError
        If a region has no group at some level, or a value lies outside the measure's domain.
    MethodError
        If the measure cannot be split so, or there is no level.

    References
    ----------
    .. [1] Akita, T., "Decomposing regional income inequality in China and Indonesia using two-stage nested Theil
       decomposition method", Annals of Regional Science 37(1), 2003, 55-77.

    Examples
    --------
    >>> parts = nested([1.0, 1.0, 3.0, 3.0], [[0, 0, 0, 0], [0, 0, 1, 1]])
    >>> parts.between.round(6), parts.within
    (array([0.      , 0.130812]), np.float64(0.0))
    """
    if not len(levels):
        raise MethodError("nested needs the groups of at least one level. Give the coarsest first.")
    number = parameter(measure, a)
    units, weights = as_float(x), population
    codes = np.stack([_codes(level, units.shape[-1]) for level in levels])
    found: list[Decomposition] = []
    names: list[NDArray[np.intp]] = []
    for depth in range(len(levels), 0, -1):
        codes, group = np.unique(codes[:depth], axis=1, return_inverse=True)
        group = group.reshape(-1)
        found.append(decompose(units, group, measure=measure, population=weights, a=a))
        names.append(codes)
        _, weight, resource, _ = grouped(units, group, weights, number)
        units, weights = resource / np.where(weight > 0, weight, np.nan), weight
    return Nested(
        total=found[0].total,
        between=np.stack([found[-1].between, *(parts.within for parts in found[:0:-1])], axis=-1),
        within=found[0].within,
        levels=tuple(found[::-1]),
        codes=tuple(names[::-1]),
    )


def parameter(measure: str, a: float) -> float:
    """Return the a of a measure that splits into between and within."""
    known = {"theil_t": 1.0, "theil_l": 0.0, "ge": a}
    if measure not in known:
        raise MethodError(f"{measure!r} does not split into between and within. {nearest(measure, known)}")
    return known[measure]


def grouped(
    x: ArrayLike, groups: ArrayLike, population: ArrayLike | None, a: float
) -> tuple[NDArray[np.intp], FloatArray, FloatArray, FloatArray]:
    """Return the codes of the groups, and of each group the weight, the resource and GE(a) inside it.

    GE(a) is NaN where a group has no region, or nothing but 0.
    """
    x, weights = kept(x, population)
    codes = _codes(groups, x.shape[-1])
    order = np.argsort(codes, kind="stable")
    names, starts, sizes = np.unique(codes[order], return_index=True, return_counts=True)
    x, weights = x[..., order], np.broadcast_to(weights, x.shape)[..., order]
    weight, resource = (np.add.reduceat(v, starts, axis=-1) for v in (weights, weights * x))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(resource > 0, resource / weight, np.nan)
        inside = np.where(weights > 0, x / np.repeat(mean, sizes, axis=-1), 1.0)
        value = np.add.reduceat(weights * excess(a)(inside), starts, axis=-1) / weight
    return names, weight, resource, value


def _across(weight: FloatArray, resource: FloatArray, a: float) -> tuple[FloatArray, FloatArray]:
    """Return each group's weight within, p^(1-a) s^a, and GE(a) between the groups."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        p = weight / weight.sum(axis=-1, keepdims=True)
        r = np.where(p == 0, 1.0, resource / resource.sum(axis=-1, keepdims=True) / p)
        return p * r**a, (p * excess(a)(r)).sum(axis=-1)


def _total(x: ArrayLike, population: ArrayLike | None, measure: str, a: float) -> FloatArray:
    if measure == "ge":
        return ge(x, population=population, a=a)
    return (theil_t if measure == "theil_t" else theil_l)(x, population=population)


def _codes(groups: ArrayLike, regions: int) -> NDArray[np.intp]:
    codes = np.asarray(groups)
    if codes.shape != (regions,) or codes.dtype.kind not in "iu" or (codes < 0).any():
        raise DomainError(
            f"groups need one whole number of 0 or more for each of {regions} regions. "
            "Leave regions without a group out."
        )
    return codes.astype(np.intp)
