"""Dagum's decomposition of the Gini coefficient by groups."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import ArrayLike, FloatArray, blocks, map_blocks
from equindex.equalization.base import kept
from equindex.equalization.decomposition import grouped
from equindex.equalization.inequality import gini

__all__ = ["Dagum", "dagum"]

_PER_BLOCK = 1 << 17  # numbers per array, so that a block stays in the cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Dagum:
    """The Gini coefficient split by groups: ``total = within + between + transvariation`` up to rounding.

    `groups` holds the codes, in order, along the last axes of the others: `matrix`, Gini coefficients between
    groups and, on the diagonal, inside them; `affluence`, the relative economic affluence D from 0 (the groups
    overlap) to 1 (they do not), 0 on the diagonal; `population_share` and `resource_share` of each group. What a
    group without regions, or groups with nothing but 0, would have is NaN.
    """

    total: FloatArray
    within: FloatArray
    between: FloatArray
    transvariation: FloatArray
    groups: NDArray[np.intp]
    matrix: FloatArray
    affluence: FloatArray
    population_share: FloatArray
    resource_share: FloatArray


def dagum(x: ArrayLike, groups: ArrayLike, *, population: ArrayLike | None = None) -> Dagum:
    r"""Split the Gini coefficient into inequality within groups, net between them, and of their overlap.

    In Chinese: 达古姆基尼系数分解.

    .. math:: G_{jh} = \frac{E|x_j - x_h|}{\mu_j + \mu_h}, \qquad
              D_{jh} = \frac{|\mu_j - \mu_h|}{E|x_j - x_h|}, \qquad
              G_w = \sum_j G_{jj} p_j s_j, \\
              G_{nb} = \sum_{j > h} G_{jh} (p_j s_h + p_h s_j) D_{jh}, \qquad
              G_t = \sum_{j > h} G_{jh} (p_j s_h + p_h s_j) (1 - D_{jh})

    Parameters
    ----------
    x : array_like, shape (..., regions)
        Values of 0 or more. [any unit]
    groups : array_like of int, shape (regions,)
        Code of each region's group, 0 or more; any number of groups.
    population : array_like, shape (regions,) or broadcastable to `x`, optional
        Weights; p is a group's share of them, or of the number of regions, s its share of the resource. Regions
        where `x` or `population` is missing, or `population` is 0, are left out. [persons]

    Returns
    -------
    Dagum
        Arrays of shape (...), (..., groups) and (..., groups, groups); NaN where no region is left or all are 0.
        [index]

    Raises
    ------
    DomainError
        If a region has no group, or a value is negative.

    Notes
    -----
    G_nb is not the Gini coefficient of the groups' means, which leaves out the overlap otherwise. Values are sorted
    once: E max(x_j - x_h, 0) is the integral of F_h (1 - F_j), with the groups' distributions F, so that no pair
    of regions is formed and nothing cancels.

    References
    ----------
    .. [1] Dagum, C., "A new approach to the decomposition of the Gini income inequality ratio", Empirical
       Economics 22(4), 1997, 515-531.

    Examples
    --------
    >>> parts = dagum([1.0, 3.0, 2.0, 6.0], [0, 0, 1, 1])
    >>> parts.total.round(6), parts.matrix.round(6)
    (np.float64(0.333333), array([[0.25    , 0.416667],
           [0.416667, 0.25    ]]))
    >>> parts.within.round(6), parts.between.round(6), parts.transvariation.round(6)
    (np.float64(0.125), np.float64(0.166667), np.float64(0.041667))
    """
    total = gini(x, population=population)
    names, weight, resource, _ = grouped(x, groups, population, 2.0)
    x, weights = kept(x, population)
    codes = np.searchsorted(names, np.asarray(groups))
    over = _mean_lead(x, weights, codes, names.size)
    gap = over + over.swapaxes(-1, -2)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean, present = resource / weight, weight > 0
        both = present[..., :, None] & present[..., None, :]
        matrix = np.where(both, gap / (mean[..., :, None] + mean[..., None, :]), np.nan)
        apart = np.abs(mean[..., :, None] - mean[..., None, :])
        affluence = np.where(gap > 0, np.minimum(apart / gap, 1.0), 0.0)
        p = weight / weight.sum(axis=-1, keepdims=True)
        s = resource / resource.sum(axis=-1, keepdims=True)
    part = np.where(np.isnan(matrix), 0.0, matrix * p[..., :, None] * s[..., None, :])
    within, cross = np.trace(part, axis1=-1, axis2=-2), part * (1 - np.eye(names.size))
    net, rest = ((cross * share).sum(axis=(-1, -2)) for share in (affluence, 1 - affluence))
    within, net, rest = (np.where(np.isnan(total), np.nan, value)[()] for value in (within, net, rest))
    return Dagum(
        total=total,
        within=within,
        between=net,
        transvariation=rest,
        groups=names,
        matrix=matrix,
        affluence=np.where(both, affluence, np.nan),
        population_share=p,
        resource_share=s,
    )


def _mean_lead(x: FloatArray, weights: FloatArray, codes: NDArray[np.intp], k: int) -> FloatArray:
    """Return E max(x_j - x_h, 0) for a region of group j and one of group h, shape (..., k, k) as [h, j]."""
    n = x.shape[-1]
    rows = x.reshape(-1, n)
    shared = weights.ndim == 1
    weights = weights if shared else np.broadcast_to(weights, x.shape).reshape(-1, n)
    result = np.empty((len(rows), k, k))

    def work(block: slice, _: FloatArray) -> None:
        order = np.argsort(rows[block])
        values = np.take_along_axis(rows[block], order, -1)
        own = weights[order] if shared else np.take_along_axis(weights[block], order, -1)
        member = codes[order]
        below = np.empty((len(values), k, n))
        for j in range(k):
            np.cumsum(np.where(member == j, own, 0.0), axis=-1, out=below[:, j])
        whole = below[..., -1:]
        below = below[..., :-1] / np.where(whole > 0, whole, np.nan)
        above = 1 - below
        below *= np.diff(values)[:, None, :]
        np.matmul(below, above.swapaxes(-1, -2), out=result[block])

    tasks = blocks(len(rows), max(1, _PER_BLOCK // (k * n)))
    map_blocks(work, tasks, numbers=rows.size * k)
    return result.reshape(*x.shape[:-1], k, k)
