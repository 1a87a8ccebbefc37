"""Correlations of every two columns, over the regions that have both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, IntArray, as_float, one_of, refused_cells
from equindex.errors import DomainError

__all__ = ["Correlations", "complete", "correlation", "matrix_of", "table_of"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Correlations:
    """Correlations `r` and the number of regions `n` behind each, both (indicators, indicators)."""

    r: FloatArray
    n: IntArray


def correlation(x: ArrayLike, *, method: str = "pearson") -> Correlations:
    r"""Correlate every two indicators over the regions that have both.

    In Chinese: 相关分析.

    .. math:: r_{ij} = \frac{\sum_r (x_{ri} - \bar x_i)(x_{rj} - \bar x_j)}
       {\sqrt{\sum_r (x_{ri} - \bar x_i)^2 \sum_r (x_{rj} - \bar x_j)^2}}, \qquad
       \tau_b = \frac{C - D}{\sqrt{(P - T_i)(P - T_j)}}

    Spearman's is Pearson's of the ranks, equals sharing their mean rank. Of Kendall's P pairs of regions, C are
    ordered alike, D contrariwise, T are equal in one indicator.

    Parameters
    ----------
    x : array_like, shape (regions, indicators)
        Values or scores; NaN is missing. [any unit]
    method : {"pearson", "spearman", "kendall"}
        Of values, of ranks, or of pairs of regions.

    Returns
    -------
    Correlations
        Symmetric, 1 on the diagonal. NaN, also on the diagonal, where an indicator has no two different values
        among the regions that have both. A matrix with missing values need not be positive definite. [-1 to 1]

    Raises
    ------
    DomainError
        If a value is infinite.
    MethodError
        For an unknown method.

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, box 7 and table 6.
    .. [2] Kendall, M. G., "Rank Correlation Methods", 4th ed., Griffin, 1970, ch. 3.

    Examples
    --------
    >>> x = [[1.0, 2.0], [2.0, 1.0], [3.0, 9.0], [4.0, np.nan]]
    >>> correlation(x, method="kendall").r.round(4)
    array([[1.    , 0.3333],
           [0.3333, 1.    ]])
    """
    one_of("method", method, ("pearson", "spearman", "kendall"))
    x = table_of(x)
    matrix = {"pearson": matrix_of, "spearman": _spearman, "kendall": _kendall}[method]
    known: BoolArray = np.asarray(~np.isnan(x))
    n = known.T.astype(np.int64) @ known
    return Correlations(r=_pairwise(x, known, matrix), n=n)


def _pairwise(x: FloatArray, known: BoolArray, matrix: Callable[[FloatArray], FloatArray]) -> FloatArray:
    """Apply `matrix` to the columns without gaps at once, and to every other two over the rows they share."""
    k = x.shape[1]
    r = np.full((k, k), np.nan)
    whole: BoolArray = np.asarray(known.all(axis=0))
    block = np.flatnonzero(whole)
    if block.size:
        r[block[:, None], block] = matrix(x[:, block])
    for i in np.flatnonzero(~whole).tolist():
        for j in range(k):
            if j <= i or whole[j]:
                both = known[:, i] & known[:, j]
                pair = matrix(x[both][:, [i, j]])
                r[i, j] = r[j, i] = pair[0, 1]
    return r


def table_of(x: ArrayLike) -> FloatArray:
    """Return `x` as a table of finite or missing numbers, or refuse it."""
    x = as_float(x)
    if x.ndim != 2:
        raise DomainError(f"diagnostics take a table of regions and indicators, not the shape {x.shape}.")
    if np.isinf(x).any():
        raise refused_cells("correlating needs finite values", x, np.isinf(x), "Remove them.")
    return x


def complete(x: FloatArray) -> FloatArray:
    """Return the rows without gaps."""
    return x[~np.isnan(x).any(axis=1)]


def matrix_of(x: FloatArray) -> FloatArray:
    """Pearson's correlations of columns without gaps; NaN for constant ones."""
    if len(x) < 2:
        return np.full((x.shape[1], x.shape[1]), np.nan)
    largest = np.abs(x).max(axis=0)
    deviation = x / np.where(largest > 0, largest, 1.0)  # so that no square overflows or vanishes
    deviation = deviation - deviation.mean(axis=0)
    length = np.sqrt((deviation**2).sum(axis=0))
    constant = (x == x[0]).all(axis=0) | (length == 0)
    z = deviation / np.where(constant, np.nan, length)
    r: FloatArray = np.clip(z.T @ z, -1.0, 1.0)
    r[np.diag_indices(len(r))] = np.where(constant, np.nan, 1.0)
    return r


def _spearman(x: FloatArray) -> FloatArray:
    return matrix_of(np.column_stack([_ranks(column) for column in x.T]))


def _ranks(x: FloatArray) -> FloatArray:
    """Rank values from the lowest, 1; equals share their mean rank."""
    _, place, count = np.unique(x, return_inverse=True, return_counts=True)
    ranks: FloatArray = (np.cumsum(count) - (count - 1) / 2)[place]
    return ranks


def _kendall(x: FloatArray) -> FloatArray:
    from scipy.stats import kendalltau

    k = x.shape[1]
    varied = (x != x[:1]).any(axis=0)
    r = np.diag(np.where(varied, 1.0, np.nan))
    way: Literal["asymptotic", "exact"] = (
        "asymptotic" if len(x) > 2 else "exact"
    )  # of a p-value that is not used
    for i in range(k):
        for j in range(i):
            both = varied[i] and varied[j]
            tau = kendalltau(x[:, i], x[:, j], method=way).statistic if both else np.nan
            r[i, j] = r[j, i] = tau
    return r
