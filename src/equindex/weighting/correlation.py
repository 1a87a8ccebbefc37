"""Weights from how indicators move together: CRITIC, and weights that give each its wanted importance."""

from __future__ import annotations

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, as_float, positioned
from equindex.errors import DomainError
from equindex.weighting._columns import Moments, Products, each, moments, shares
from equindex.weighting.base import methods

__all__ = ["critic", "optimised"]

_ALIKE = 1e-12  # 1 - r that is rounding
_SINGULAR = 1e-10  # least eigenvalue of a correlation matrix that can be solved


@methods.add(data_driven=True, scale_free=True, feed="minmax", sample=Products)
def critic(x: ArrayLike, direction: ArrayLike = 1) -> FloatArray:
    r"""Weigh by contrast and conflict: indicators that vary and say what the others do not (CRITIC).

    In Chinese: CRITIC 法.

    .. math:: C_i = s_i \sum_k (1 - r_{ik}), \qquad w_i = \frac{C_i}{\sum_i C_i}

    with the standard deviation :math:`s_i` and the correlations :math:`r_{ik}` of the min-max scores, oriented so
    that higher is better. A constant indicator has :math:`s_i = 0` and so no weight; its correlations, which are
    not defined, are taken as 0, so that it adds 1 to the conflict of every other indicator.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values in any unit; regions with a missing value are left out. [unit of the indicator]
    direction : array_like, shape (indicators,) or scalar
        +1 where higher is better, -1 where lower is better.

    Returns
    -------
    ndarray, shape (..., indicators)
        At least 0, sums to 1; 0 for a constant indicator. Never NaN. [share]

    Raises
    ------
    DomainError
        If fewer than two regions are complete, a value is infinite, all indicators are constant, or all move
        together exactly, so that none is in conflict with another.

    References
    ----------
    .. [1] Diakoulaki, Mavrotas, Papayannakis, "Determining objective weights in multiple criteria problems: the
       CRITIC method", Computers & Operations Research 22(7), 1995, p. 763-770.

    Examples
    --------
    >>> critic([[0.0, 0.0, 9.0], [1.0, 2.0, 9.0], [2.0, 1.0, 9.0]]).round(4)
    array([0.5, 0.5, 0. ])
    """
    sign = np.sign(as_float(direction))
    return each(lambda part: _critic(moments("CRITIC", part), np.broadcast_to(sign, part.shape[-1:])), x)


def _critic(found: Moments, sign: FloatArray) -> FloatArray:
    if found.varies.sum() == 1:
        return found.varies.astype(np.float64)
    conflict = (1 - found.correlation * np.outer(sign, sign)).sum(axis=1)
    information = np.where(found.varies, found.sd * conflict, 0.0)
    if (conflict[found.varies] < _ALIKE * len(conflict)).all():
        raise positioned(
            "CRITIC weights need indicators that differ, but all move together exactly. Use standard_deviation.",
            found.varies,
            columns=True,
        )
    return shares("CRITIC", information)


@methods.add(data_driven=True, scale_free=False, feed="scores", sample=Products)
def optimised(x: ArrayLike, *, wanted: ArrayLike) -> FloatArray:
    r"""Find the weights at which each indicator has the importance that is wanted of it.

    In Chinese: 按目标重要性优化的权重.

    .. math:: \min_{w \ge 0} \sum_i \Big( \lambda \operatorname{cor}(x_i, y) - \sqrt{t_i} \Big)^2, \qquad
       y = \sum_k w_k x_k

    Importance is the share of the index's variance that one indicator explains, :math:`\operatorname{cor}^2(x_i,
    y)`; the weights make it proportional to `wanted` (:math:`t_i`), exactly where weights of at least 0 can, else
    as nearly as they can by least squares of the correlations, the scale :math:`\lambda` being free. For the
    weighted arithmetic mean.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        The scores that will be averaged, higher is better; regions with a missing value are left out. [score]
    wanted : array_like, shape (indicators,) or scalar
        Importance wanted of each indicator, at least 0, in proportion; one number: all alike.

    Returns
    -------
    ndarray, shape (..., indicators)
        At least 0, sums to 1; 0 where any weight would give an indicator too much. Never NaN. [share]

    Raises
    ------
    DomainError
        If fewer than two regions are complete, an indicator is constant or follows from the others exactly
        (always so with fewer complete regions than indicators + 1), or `wanted` does not fit.

    Notes
    -----
    With :math:`u_i = w_i s_i` the problem is non-negative least squares, :math:`\min_{u \ge 0} |R u - \sqrt t|`, R the
    correlation matrix: it has one solution.

    References
    ----------
    .. [1] Becker, Saisana, Paruolo, Vandecasteele, "Weights and importance in composite indicators: closing the
       gap", Ecological Indicators 80, 2017, p. 12-22.
    .. [2] Paruolo, Saisana, Saltelli, "Ratings and rankings: voodoo or science?", Journal of the Royal Statistical
       Society A 176(3), 2013, p. 609-634.

    Examples
    --------
    >>> optimised([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], wanted=[4, 1]).round(4)
    array([0.6667, 0.3333])
    """
    x = x if isinstance(x, Products) else as_float(x)
    k = x.shape[-1]
    target = as_float(wanted)
    if target.shape not in ((), (k,)) or not (np.isfinite(target) & (target >= 0)).all() or not target.any():
        raise DomainError(
            f"wanted importance {np.ravel(target).tolist()} does not fit {k} indicators: give each a number of at "
            "least 0, not all 0."
        )
    root = np.sqrt(np.broadcast_to(target, k) / target.max())
    return each(lambda part: _optimised(moments("optimised", part), root), x)


def _optimised(found: Moments, root: FloatArray) -> FloatArray:
    from scipy.optimize import nnls

    r = found.correlation
    least, vector = (part[..., 0] for part in np.linalg.eigh(r))
    if not found.varies.all() or least < _SINGULAR:
        bad = ~found.varies if not found.varies.all() else np.abs(vector) > np.abs(vector).max() / 100
        raise positioned(
            "optimised weights need indicators that vary and do not follow from one another. Drop one of those "
            "named, or give more regions.",
            bad,
            columns=True,
        )
    effect, _ = nnls(r, root)
    return shares("optimised", effect / (found.sd * found.span))
