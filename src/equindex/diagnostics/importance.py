"""What an index really listens to: the share of its variance that each indicator alone explains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, IntArray, as_float, map_blocks
from equindex.diagnostics.correlation import matrix_of, table_of
from equindex.errors import DomainError

__all__ = ["MainEffects", "main_effects"]

_KNOTS = 35
_PENALTIES = 10.0 ** np.arange(-6, 6.25, 0.25)  # per unit of the mean eigenvalue of the roughness
_CAUTION = 1.4  # each degree of freedom costs so much in cross-validation
_FEWEST = 10  # regions for the smooth estimate


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MainEffects:
    """Shares of variance explained by a straight line, `linear`, and a curve, `smooth`, each (indicators,)."""

    linear: FloatArray
    smooth: FloatArray
    n: IntArray


def main_effects(x: ArrayLike, y: ArrayLike) -> MainEffects:
    r"""Measure importance as main effect: the share of the index's variance that one indicator explains alone.

    In Chinese: 主效应, 实际重要性.

    .. math:: S_i = \frac{\operatorname{Var}(\operatorname{E}[y \mid x_i])}{\operatorname{Var}(y)}
       = \frac{\sum_r (\hat m_i(x_{ri}) - \bar y)^2}{\sum_r (y_r - \bar y)^2}

    Pearson's correlation ratio. `linear` takes a least-squares line for m, so S is the squared correlation.
    `smooth` takes a penalised spline: lines that may bend at knots c,

    .. math:: \hat m(x) = a + b x + \sum_{c=1}^{K} u_c (x - \kappa_c)_+, \qquad
       \min \sum_r (y_r - \hat m(x_r))^2 + \lambda \sum_c u_c^2

    with x scaled to 0-1, K = max(1, min(u/4, 35)) for u different values, knots at their (c/(K+1))-quantiles,
    and λ, of a fixed grid of 49 that spans 12 powers of ten and infinity, the one with the least generalised
    cross-validation n RSS / (n - 1.4 trace)², 1.4 against fitting chance. The line is the case λ = ∞: `smooth` is
    never below `linear`.

    Parameters
    ----------
    x : array_like, shape (regions, indicators)
        Scores or values; NaN is missing. [any unit]
    y : array_like, shape (regions,)
        The index, or a pillar. [score]

    Returns
    -------
    MainEffects
        0 to 1, over the regions that have both. NaN where either is constant there; `smooth` also with fewer
        than 10 regions. Indicators that are correlated share what they explain: effects need not sum to 1. [share]

    Raises
    ------
    DomainError
        If a value is infinite, or `y` has not one value for each region.

    References
    ----------
    .. [1] Paruolo, P., Saisana, M., Saltelli, A., "Ratings and rankings: voodoo or science?", Journal of the
       Royal Statistical Society A 176(3), 2013, 609-634 (main effect as importance, sections 3 and 4).
    .. [2] Becker, W., Saisana, M., Paruolo, P., Vandecasteele, I., "Weights and importance in composite
       indicators: closing the gap", Ecological Indicators 80, 2017, 12-22 (by penalised splines).
    .. [3] Ruppert, D., Wand, M. P., Carroll, R. J., "Semiparametric Regression", Cambridge University Press,
       2003, ch. 3 and 5 (the spline, its knots, generalised cross-validation).
    .. [4] Kim, Y.-J., Gu, C., "Smoothing spline Gaussian regression: more scalable computation via efficient
       approximation", Journal of the Royal Statistical Society B 66(2), 2004, 337-356 (the factor 1.4).

    Examples
    --------
    >>> x = np.linspace(-1, 1, 41)
    >>> found = main_effects(np.column_stack([x, x**2]), x**2)
    >>> found.linear.round(3) + 0.0, found.smooth.round(2)
    (array([0., 1.]), array([1., 1.]))
    """
    x, y = table_of(x), as_float(y)
    if y.shape != x.shape[:1]:
        raise DomainError(f"y needs one value for each of the {len(x)} regions, but has the shape {y.shape}.")
    both = table_of(np.column_stack([x, y]))
    linear, smooth = np.full(x.shape[1], np.nan), np.full(x.shape[1], np.nan)
    n = np.zeros(x.shape[1], dtype=np.int64)

    def measure(i: int, _: FloatArray) -> None:
        pair = both[:, [i, -1]]
        pair = pair[~np.isnan(pair).any(axis=1)]
        n[i] = len(pair)
        linear[i] = matrix_of(pair)[0, 1] ** 2
        if n[i] >= _FEWEST and np.isfinite(linear[i]):
            smooth[i] = max(linear[i], _smooth(pair[:, 0], pair[:, 1]))

    map_blocks(measure, range(x.shape[1]), numbers=_KNOTS * x.size)
    return MainEffects(linear=linear, smooth=smooth, n=n)


def _smooth(x: FloatArray, y: FloatArray) -> float:
    """Share of the variance of `y` that the penalised spline of `x` explains."""
    x = (x - x.min()) / (x.max() - x.min())
    values = np.unique(x)
    if len(values) < 3:
        return 0.0
    count = max(1, min(len(values) // 4, _KNOTS))
    knots = np.unique(np.quantile(values, np.arange(1, count + 1) / (count + 1)))
    y = y - y.mean()
    y = y / np.abs(y).max()
    straight = np.linalg.qr(np.column_stack([np.ones_like(x), x]))[0]
    bends = np.maximum(x[:, None] - knots, 0.0)
    bends -= straight @ (straight.T @ bends)
    left, size, _ = np.linalg.svd(bends, full_matrices=False)
    straight_part, bent_part = straight.T @ y, left.T @ y
    penalties = np.append(_PENALTIES * (size**2).mean(), np.inf)[:, None]
    kept = size**2 / (size**2 + penalties)
    total = y @ y
    residual = total - (straight_part**2).sum() - ((2 * kept - kept**2) * bent_part**2).sum(axis=1)
    residual = np.where(residual > 1e-12 * total, residual, 1e-12 * total)  # the rest is rounding
    free = len(x) - _CAUTION * (2 + kept.sum(axis=1))
    score = np.where(free > 0.5, residual / np.maximum(free, 0.5) ** 2, np.inf)
    best = len(score) - 1 - int(np.argmin(score[::-1]))  # of equals the straightest
    return float(((straight_part**2).sum() + ((kept[best] * bent_part) ** 2).sum()) / total)
