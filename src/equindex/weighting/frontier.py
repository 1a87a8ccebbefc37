"""Weights of benefit of the doubt: each region is weighed as it suits it best."""

from __future__ import annotations

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, as_float
from equindex._frontier import Frontier, frontier
from equindex.weighting.base import methods

__all__ = ["Frontier", "bod", "frontier"]


@methods.add(data_driven=True, scale_free=False, feed="minmax", weights_per_region=True)
def bod(x: ArrayLike, *, low: ArrayLike = 0.0, high: ArrayLike = 1.0, of: str = "weights") -> FloatArray:
    r"""Weigh each region as it suits it best (benefit of the doubt): weights of its own for every region.

    In Chinese: 数据包络分析法, 疑点利益法.

    .. math:: S_o = \max_{w \ge 0} \Big\{ \sum_i w_i x_{oi} : \sum_i w_i x_{ri} \le 1 \;\forall r \Big\}

    The weights are those of `frontier`, which also gives the scores, scaled to a sum of 1. They are not unique for
    most regions on the frontier; which are chosen does not depend on the order of the regions.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        At least 0, higher is better, in comparable units, such as scores; regions with a missing value get no
        weights and do not shape the frontier. [score]
    low, high : array_like, shape (indicators,) or scalar
        Bounds on each weight's, or each share's, part in their sum. [share]
    of : {"weights", "shares"}
        Bound ``weights / weights.sum()``, or the parts of the score ``weights * x / score``.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        At least 0, sums to 1. NaN for regions with a missing value, and where all values are 0. Without bounds a
        constant indicator above 0 lets every region score 1, as all are level on it: drop it. [share]

    Raises
    ------
    DomainError
        As `frontier`.

    References
    ----------
    .. [1] Melyn, Moesen, "Towards a synthetic indicator of macroeconomic performance: unequal weighting when
       limited information is available", Public Economics Research Paper 17, KU Leuven, 1991.
    .. [2] Cherchye, Moesen, Rogge, Van Puyenbroeck, "An introduction to 'benefit of the doubt' composite
       indicators", Social Indicators Research 82, 2007, p. 111-145.
    .. [3] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, step 6 (benefit of the doubt).

    Examples
    --------
    >>> bod([[4.0, 1.0], [1.0, 4.0], [2.0, 2.0]])[2]
    array([0.5, 0.5])
    """
    weights = frontier(x, low=low, high=high, of=of).weights
    with np.errstate(invalid="ignore"):
        return as_float(weights / weights.sum(axis=-1, keepdims=True))
