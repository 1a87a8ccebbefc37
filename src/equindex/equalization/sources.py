"""Which parts of a sum, such as the indicators of an index, its Gini coefficient comes from."""

from dataclasses import dataclass

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, as_float
from equindex.equalization.base import dot, kept
from equindex.equalization.curves import concentration_index
from equindex.equalization.inequality import gini

__all__ = ["Sources", "lerman_yitzhaki"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The Gini coefficient of a sum by its parts: ``total = contribution.sum(-1)`` up to rounding.

    Along the last axis, for each part: `share` of the sum (S), `gini` of its own (G), its `correlation` with the
    rank of the sum (R; NaN where all regions have the same), and `contribution`, S G R.
    """

    total: FloatArray
    share: FloatArray
    gini: FloatArray
    correlation: FloatArray
    contribution: FloatArray


def lerman_yitzhaki(parts: ArrayLike, *, population: ArrayLike | None = None) -> Sources:
    r"""Split the Gini coefficient of a sum by its parts: an index by indicators, spending by purpose.

    In Chinese: 基尼系数来源分解.

    .. math:: G = \sum_k S_k G_k R_k, \qquad R_k = \frac{cov(y_k, F(y))}{cov(y_k, F(y_k))}, \qquad y = \sum_k y_k

    Parameters
    ----------
    parts : array_like, shape (..., regions, parts)
        What each part adds to the sum, of 0 or more: for an arithmetic index its effective weight times its
        score. [unit of the sum]
    population : array_like, shape (regions,) or broadcastable to (..., regions), optional
        Weights, equal without. Regions where a part or `population` is missing, or `population` is 0, are left
        out. [persons]

    Returns
    -------
    Sources
        Arrays of shape (...) and (..., parts). A contribution above a part's share says that the part makes the
        sum less even, below it more even; the difference, relative to the total, is the elasticity of the Gini
        coefficient. NaN where no region is left or all are 0; a part that is 0 everywhere contributes 0. [index]

    Raises
    ------
    DomainError
        If a part is negative; its `positions` holds indices (..., part, region) of the first 1,000.

    Notes
    -----
    Regions with the same sum share their rank F. S G R is S times the concentration index of the part by the sum.

    References
    ----------
    .. [1] Lerman, R. I. and Yitzhaki, S., "Income inequality effects by income source: a new approach and
       applications to the United States", Review of Economics and Statistics 67(1), 1985, 151-156.

    Examples
    --------
    >>> parts = lerman_yitzhaki([[1.0, 2.0], [5.0, 0.0]])
    >>> parts.contribution, parts.correlation, parts.total
    (array([ 0.25 , -0.125]), array([ 1., -1.]), np.float64(0.125))
    """
    y = np.moveaxis(as_float(parts), -1, -2)
    y = np.where(np.isnan(y).any(axis=-2, keepdims=True), np.nan, y)
    whole = y.sum(axis=-2)
    weights = None if population is None else as_float(population)
    each = weights if weights is None or weights.ndim < 2 else weights[..., None, :]
    own = gini(y, population=each)
    toward = concentration_index(y, whole[..., None, :], population=each)
    sums = dot(*kept(y, each))
    total = sums.sum(axis=-1, keepdims=True)
    share = sums / np.where(total > 0, total, np.nan)
    return Sources(
        total=gini(whole, population=weights),
        share=share,
        gini=own,
        correlation=toward / np.where(own > 0, own, np.nan),
        contribution=np.where(share == 0, 0.0, share * toward),
    )
