"""What is counted more than once: indicators that move as one, that contain each other, that add up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, as_float, positioned
from equindex.diagnostics.correlation import complete, correlation, matrix_of, table_of

__all__ = ["Dependence", "contained", "dependence", "together"]

_NOTHING = 1e-10  # eigenvalue, per unit of the largest, of a combination that does not vary


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dependence:
    """How far each indicator is a linear combination of the others.

    Attributes
    ----------
    explained : ndarray, shape (indicators,)
        R² of each indicator on all others, 1 - 1/VIF; NaN where there are too few regions to say.
    condition : float
        Square root of the largest over the smallest eigenvalue of the correlations; infinite where singular.
    sets : tuple of tuple of int
        Positions of indicators that are exact combinations of each other; empty where there are too few regions.
    n : int
        Regions that have every indicator.
    """

    explained: FloatArray
    condition: float
    sets: tuple[tuple[int, ...], ...]
    n: int


def together(r: ArrayLike, *, limit: float = 0.9) -> tuple[tuple[int, ...], ...]:
    """Group indicators that move as one: each correlates with another of its group beyond the limit.

    In Chinese: 同变指标组.

    Parameters
    ----------
    r : array_like, shape (indicators, indicators)
        Correlations; NaN is no link.
    limit : float
        Of the absolute correlation: mirrored indicators say the same as well.

    Returns
    -------
    tuple of tuple of int
        Positions, each group in order; groups of one are left out.

    Examples
    --------
    >>> together([[1.0, 0.95, 0.2], [0.95, 1.0, 0.3], [0.2, 0.3, 1.0]])
    ((0, 1),)
    """
    with np.errstate(invalid="ignore"):
        return _linked(np.abs(as_float(r)) > limit)


def contained(x: ArrayLike, *, limit: float = 0.9) -> BoolArray:
    r"""Find indicators that may be part of another: nowhere larger, and correlated with it.

    In Chinese: 包含关系.

    .. math:: P_{ij} = [\, 0 \le x_{ri} \le x_{rj} \text{ for all } r \,] \wedge [\, x_i \ne x_j \,] \wedge
       [\, r_{ij} > \mathrm{limit} \,]

    Parameters
    ----------
    x : array_like, shape (regions, indicators)
        Values as measured, not scores: only those of one unit are worth comparing. [unit of the indicators]
    limit : float
        Of the correlation, over the regions that have both.

    Returns
    -------
    ndarray of bool, shape (indicators, indicators)
        True at (i, j) where i may be part of j. With fewer than three shared regions nothing is.

    Raises
    ------
    DomainError
        If a value is infinite.

    Notes
    -----
    A larger unit makes numbers smaller: two indicators of unlike units always pass or fail by accident. And what
    never exceeds another need not be part of it; the definition decides, this finds what to look at.

    Examples
    --------
    >>> contained([[1.0, 2.0], [2.0, 4.1], [3.0, 5.9]])
    array([[False,  True],
           [False, False]])
    """
    x = table_of(x)
    found = correlation(x)
    with np.errstate(invalid="ignore"):
        likely = (found.r > limit) & (found.n >= 3)
    for i, j in np.argwhere(likely).tolist():
        pair = complete(x[:, [i, j]])
        part, whole = pair.T
        likely[i, j] = i != j and bool((part >= 0).all() and (part <= whole).all() and (part < whole).any())
    return likely


def dependence(x: ArrayLike) -> Dependence:
    r"""Find indicators that are, exactly or nearly, linear combinations of others.

    In Chinese: 冗余检验.

    .. math:: R^2_i = 1 - \frac{1}{(R^{-1})_{ii}}, \qquad
       \kappa = \sqrt{\lambda_{\max} / \lambda_{\min}}

    A combination is exact where it leaves less than 1e-10 of the largest eigenvalue; then indicators i and j are
    in one set where the projection onto all such combinations joins them, so that no order of columns counts.

    Parameters
    ----------
    x : array_like, shape (regions, indicators)
        Values or scores; regions with a gap (NaN) are left out. [any unit]

    Returns
    -------
    Dependence
        With no more regions than indicators everything fits everything: `explained` is NaN, `sets` are empty.

    Raises
    ------
    DomainError
        If an indicator is constant over those regions, or a value infinite.

    References
    ----------
    .. [1] Belsley, D. A., Kuh, E., Welsch, R. E., "Regression Diagnostics", Wiley, 1980, ch. 3.
    .. [2] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, box 5 (variance inflation).

    Examples
    --------
    >>> x = np.array([[1.0, 5.0, 6.0, 1.0], [2.0, 1.0, 3.0, 0.0], [4.0, 2.0, 6.0, 5.0], [3.0, 3.0, 6.0, 2.0],
    ...               [7.0, 0.0, 7.0, 1.0], [5.0, 5.0, 10.0, 3.0]])
    >>> found = dependence(x)
    >>> found.sets, found.condition
    (((0, 1, 2),), inf)
    """
    rows = complete(table_of(x))
    n, k = rows.shape
    constant = (rows == rows[:1]).all(axis=0) if n else np.ones(k, dtype=bool)
    if constant.any():
        raise positioned(
            f"dependence is measured between indicators that vary, but {constant.sum()} of {k} are constant over "
            f"the {n} regions that have all (indicator positions {np.flatnonzero(constant).tolist()[:20]}). "
            "Drop them.",
            constant,
            columns=True,
        )
    values, vectors = np.linalg.eigh(matrix_of(rows))
    none = values <= _NOTHING * values[-1]
    condition = np.inf if none.any() else float(np.sqrt(values[-1] / values[0]))
    if n <= k:
        return Dependence(explained=np.full(k, np.nan), condition=condition, sets=(), n=n)
    projection = vectors[:, none] @ vectors[:, none].T
    inside = np.diag(projection) > 1e-6
    inverse = (vectors[:, ~none] ** 2 / values[~none]).sum(axis=1)
    return Dependence(
        explained=np.where(inside, 1.0, 1 - 1 / inverse),
        condition=condition,
        sets=_linked((np.abs(projection) > 1e-6) & inside & inside[:, None]),
        n=n,
    )


def _linked(joined: BoolArray) -> tuple[tuple[int, ...], ...]:
    """Return the groups of two and more that links join, each in order."""
    reach = joined | np.eye(len(joined), dtype=bool)
    while True:
        further = (reach.astype(np.float64) @ reach) > 0
        if (further == reach).all():
            break
        reach = further
    groups = {tuple(np.flatnonzero(row).tolist()) for row in reach}
    return tuple(sorted(group for group in groups if len(group) > 1))
