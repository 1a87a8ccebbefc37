"""Regions scored with the weights that suit each of them best: benefit of the doubt."""

from __future__ import annotations

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, as_float, refused_cells
from equindex._frontier import frontier
from equindex.aggregate.base import methods, together
from equindex.errors import MethodError

__all__ = ["bod"]


@methods.add(relative=True, scale="own", own_weights=True, by_child=("low", "high"))
def bod(
    x: ArrayLike,
    weights: ArrayLike,
    *,
    low: ArrayLike = 0.0,
    high: ArrayLike = 1.0,
    of: str = "weights",
    missing: str = "propagate",
    min_coverage: float = 0.0,
) -> FloatArray:
    r"""Score each region with the weights that suit it best, with which no region scores above 1.

    In Chinese: 数据包络分析法, 疑点利益法.

    .. math:: S_o = \max_{w \ge 0} \Big\{ \sum_i w_i x_{oi} : \sum_i w_i x_{ri} \le 1 \;\forall r, \;
       l_i \le \frac{w_i}{\sum_k w_k} \le h_i \Big\}
       \quad\text{or}\quad l_i \le \frac{w_i x_{oi}}{\sum_k w_k x_{ok}} \le h_i

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Scores of at least 0, higher is better; NaN is missing. [score]
    weights : array_like, shape (indicators,) or (..., 1, indicators)
        At least 0. Only whether they are above 0 counts: an indicator of weight 0 takes no part.
    low, high : array_like, shape (indicators,) or scalar
        Bounds on each weight's, or each share's, part in their sum. [share]
    of : {"weights", "shares"}
        Bound ``weights / weights.sum()``, or the parts of the score ``weights * x / score``.
    missing : {"propagate", "reweight"}
        A region with a missing score is left out, or judged by what it has: what it lacks counts as 0, which only
        weights free to be 0 allow.
    min_coverage : float
        With "reweight": the share of the weight that must be present, 0 to 1.

    Returns
    -------
    ndarray, shape (..., regions)
        0 to 1, 1 on the frontier. Unique, though the weights are not. NaN for regions left out. [share]

    Raises
    ------
    DomainError
        If only one region has a score, a score is negative or infinite, bounds contradict each other or leave
        nothing to choose, or a region cannot keep them because of scores of 0 or missing ones.
    MethodError
        If there is no such option, or regions differ in weights.

    Notes
    -----
    The score depends on which regions take part; a framework compares those of each year by themselves. Many
    regions may score 1: bounds tell them apart.

    References
    ----------
    .. [1] Cherchye, Moesen, Rogge, Van Puyenbroeck, "An introduction to 'benefit of the doubt' composite
       indicators", Social Indicators Research 82, 2007, p. 111-145.
    .. [2] Kuosmanen, "Data envelopment analysis with missing data", Journal of the Operational Research Society
       60(12), 2009, p. 1767-1774 (missing scores as 0).

    Examples
    --------
    >>> bod([[4.0, 1.0], [1.0, 4.0], [2.0, 2.0]], [1, 1])
    array([1. , 1. , 0.8])
    """
    bounds = _bounds(low, high, np.atleast_1d(as_float(weights)))

    def best(z: FloatArray, _: FloatArray) -> FloatArray:
        holes = np.isnan(z)
        if holes.any() and np.any(bounds[0]):
            need = "bod with lower bounds needs complete regions"
            raise refused_cells(need, z, holes, "Impute, or set no lower bounds.", of=z.size)
        return frontier(np.where(holes, 0.0, z), low=bounds[0], high=bounds[1], of=of).score

    return together(best, x, weights, missing, min_coverage, "bod")


def _bounds(low: ArrayLike, high: ArrayLike, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return bounds of the indicators that take part."""
    used = (weights > 0).reshape(-1, weights.shape[-1])
    ends = as_float(low), as_float(high)
    if not ends[0].ndim and not ends[1].ndim:
        return ends
    if (used != used[0]).any():
        raise MethodError("bod with bounds for each indicator needs the same indicators in every draw.")
    low, high = (end if end.shape != used[0].shape else end[used[0]] for end in ends)
    return low, high
