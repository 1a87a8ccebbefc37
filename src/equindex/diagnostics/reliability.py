"""Whether indicators measure one thing: Cronbach's alpha."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, positioned
from equindex.diagnostics.correlation import complete, table_of
from equindex.errors import DomainError

__all__ = ["Alpha", "alpha"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alpha:
    """Cronbach's alpha, of all and without each indicator.

    Attributes
    ----------
    alpha : float
        Of all indicators.
    deleted : ndarray, shape (indicators,)
        Without each indicator; NaN where fewer than two are left.
    rest : ndarray, shape (indicators,)
        Correlation of each indicator with the sum of the others; NaN where that sum is constant.
    n : int
        Regions that have every indicator.
    """

    alpha: float
    deleted: FloatArray
    rest: FloatArray
    n: int


def alpha(x: ArrayLike, *, standardised: bool = False) -> Alpha:
    r"""Cronbach's alpha: how much of the variance of a sum its indicators share.

    In Chinese: 克隆巴赫 α 系数, 信度.

    .. math:: \alpha = \frac{k}{k - 1} \left(1 - \frac{\sum_i s_{ii}}{\sum_{ij} s_{ij}}\right)

    with s the covariances, or the correlations where `standardised`.

    Parameters
    ----------
    x : array_like, shape (regions, indicators)
        Scores, higher is better; regions with a gap (NaN) are left out. [score]
    standardised : bool
        Whether every indicator is scaled to a standard deviation of 1 first.

    Returns
    -------
    Alpha
        1 where all are the same, 0 where none are related, below 0 where they move against each other; it rises
        with the number of indicators, so a high one does not mean a single dimension.

    Raises
    ------
    DomainError
        With fewer than two indicators, fewer than three complete regions, a constant indicator or sum, or an
        infinite value.

    References
    ----------
    .. [1] Cronbach, L. J., "Coefficient alpha and the internal structure of tests", Psychometrika 16(3), 1951,
       297-334.
    .. [2] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, section 4.3, eq. 18 and table 11.

    Examples
    --------
    >>> found = alpha([[1.0, 2.0, 1.0], [2.0, 1.0, 2.0], [3.0, 3.0, 3.0]])
    >>> found.alpha, found.deleted
    (0.8571428571428571, array([0.66666667, 1.        , 0.66666667]))
    """
    rows = complete(table_of(x))
    n, k = rows.shape
    if k < 2 or n < 3:
        raise DomainError(
            f"alpha needs 2 indicators and 3 regions that have them all, but there are {k} and {n}."
        )
    constant = (rows == rows[0]).all(axis=0)
    if constant.any():
        raise positioned(
            f"alpha needs indicators that vary, but {constant.sum()} of {k} are constant "
            f"(indicator positions {np.flatnonzero(constant).tolist()[:20]}). Drop them.",
            constant,
            columns=True,
        )
    largest = np.abs(rows).max() if not standardised else np.abs(rows).max(axis=0)
    deviation = rows / largest
    deviation = deviation - deviation.mean(axis=0)
    if standardised:
        deviation /= np.sqrt((deviation**2).mean(axis=0))
    s = deviation.T @ deviation
    own, whole = np.diag(s), s.sum()
    if not whole > 1e-12 * own.sum():
        raise DomainError("alpha needs a sum of indicators that varies, but they cancel. Turn one around.")
    towards = s.sum(axis=1) - own
    left = whole - own - 2 * towards  # variance of the sum of the others
    with np.errstate(divide="ignore", invalid="ignore"):
        usable = left > 1e-12 * own.sum()
        deleted = (k - 1) / np.float64(k - 2) * (1 - (own.sum() - own) / np.where(usable, left, np.nan))
        rest = towards / np.sqrt(own * np.where(usable, left, np.nan))
    return Alpha(
        alpha=float(k / (k - 1) * (1 - own.sum() / whole)),
        deleted=deleted if k > 2 else np.full(k, np.nan),
        rest=rest,
        n=n,
    )
