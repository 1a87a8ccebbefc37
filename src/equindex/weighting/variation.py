"""Weights by spread: standard deviation and coefficient of variation."""

from __future__ import annotations

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, as_float, positioned
from equindex._summary import Summary, summarise
from equindex.weighting._columns import enough, shares
from equindex.weighting.base import methods

__all__ = ["cv", "standard_deviation"]


@methods.add(data_driven=True, scale_free=False, feed="minmax", sample=Summary)
def standard_deviation(x: ArrayLike) -> FloatArray:
    r"""Weigh each indicator by its standard deviation.

    In Chinese: 标准差法.

    .. math:: w_i = \frac{s_i}{\sum_i s_i}, \qquad s_i^2 = \frac{1}{n_i - 1} \sum_r (x_{ri} - \bar x_i)^2

    Indicators must be on one scale, such as the 0-1 min-max: in their own units a unit ten times smaller would
    weigh ten times more.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Scores; NaN is missing: each indicator is measured over the regions that have it. [score]

    Returns
    -------
    ndarray, shape (..., indicators)
        At least 0, sums to 1; 0 for a constant indicator. Never NaN. [share]

    Raises
    ------
    DomainError
        If a value is infinite, an indicator has fewer than two values, or all are constant.

    References
    ----------
    .. [1] Diakoulaki, Mavrotas, Papayannakis, "Determining objective weights in multiple criteria problems: the
       CRITIC method", Computers & Operations Research 22(7), 1995, p. 763-770 (the SD method).

    Examples
    --------
    >>> standard_deviation([[0.0, 0.4], [0.5, 0.5], [1.0, 0.6]]).round(4)
    array([0.8333, 0.1667])
    """
    return shares("standard deviation", _sd("standard deviation", _summary(x)))


@methods.add(data_driven=True, scale_free=True, feed="values", sample=Summary)
def cv(x: ArrayLike) -> FloatArray:
    r"""Weigh each indicator by its coefficient of variation (变异系数法).

    In Chinese: 变异系数法.

    .. math:: w_i = \frac{s_i / |\bar x_i|}{\sum_i s_i / |\bar x_i|}, \qquad
       s_i^2 = \frac{1}{n_i - 1} \sum_r (x_{ri} - \bar x_i)^2

    Only for values with a natural zero: a framework gives it the prepared values in their own units, not the
    min-max, whose zero is the worst region. The unit does not matter.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Of one sign within each indicator; NaN is missing: each is measured over the regions that have it.
        [unit of the indicator]

    Returns
    -------
    ndarray, shape (..., indicators)
        At least 0, sums to 1; 0 for a constant indicator. Never NaN. [share]

    Raises
    ------
    DomainError
        If an indicator has values of both signs, a value is infinite, an indicator has fewer than two values, or
        all are constant.

    References
    ----------
    .. [1] Pearson, "Mathematical contributions to the theory of evolution III", Philosophical Transactions of the
       Royal Society A 187, 1896, p. 253-318 (the coefficient).
    .. [2] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, step 6 (weights from the data).

    Examples
    --------
    >>> cv([[1.0, 200.0], [2.0, 200.0], [3.0, 500.0]]).round(4)
    array([0.4641, 0.5359])
    """
    summary = _summary(x)
    spread = _sd("coefficient of variation", summary)
    mixed = (summary.min < 0) & (summary.max > 0)
    if mixed.any():
        raise positioned(
            f"a coefficient of variation needs a natural zero, but {mixed.sum()} of {mixed.size} indicators have "
            "values of both signs. Use standard_deviation.",
            mixed,
            columns=True,
        )
    with np.errstate(all="ignore"):
        return shares("coefficient of variation", np.where(spread > 0, spread / np.abs(summary.mean), 0.0))


def _summary(x: ArrayLike) -> Summary:
    """Measure values, unless their parts were measured already."""
    return x if isinstance(x, Summary) else summarise(as_float(x))


def _sd(method: str, summary: Summary) -> FloatArray:
    """Return standard deviations, exactly 0 where all values are the same."""
    enough(method, summary.n)
    return np.where(summary.max > summary.min, summary.sd(), 0.0)
