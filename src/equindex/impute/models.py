"""Imputation from similar regions and from the other indicators of the same region."""

from __future__ import annotations

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, IntArray, blocks, map_blocks, positioned
from equindex.errors import DomainError, MethodError
from equindex.impute.base import filled, methods, start

__all__ = ["nearest", "regression"]

_TIE = 1e-10  # between squared distances: rounding errors break no ties
_CELLS = 1 << 21  # distances held at a time
_COLLINEAR = 1e-10  # smallest to largest singular value of the standardised predictors


@methods.add(across=True)
def nearest(x: ArrayLike, *, k: int = 5) -> FloatArray:
    r"""Fill missing values with the mean of the regions that are most alike on the other indicators.

    In Chinese: K近邻插补.

    .. math:: y_{ri} = \frac1{|N|} \sum_{s \in N} x_{si}, \qquad
       d_{rs}^2 = \frac1{|J|} \sum_{j \in J} \left( \frac{x_{rj} - x_{sj}}{\sigma_j} \right)^2

    with N the k regions with a value that are nearest to r and J the indicators that r and s both have.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    k : int
        Number of neighbours. All regions as near as the k-th count, so that ties do not depend on the order
        of the regions.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        Never NaN; the same in any unit. Constant indicators tell no regions apart. [unit of the indicator]

    Raises
    ------
    DomainError
        If a missing value has fewer than k regions to be filled from: with a value, and with an indicator in
        common; or if a value is infinite.

    References
    ----------
    .. [1] Troyanskaya et al., "Missing value estimation methods for DNA microarrays", Bioinformatics 17(6),
       2001, p. 520-525.

    Examples
    --------
    >>> nearest([[1.0, 10.0], [2.0, 20.0], [9.0, 90.0], [1.4, np.nan]], k=2)[3]
    array([ 1.4, 15. ])
    """
    if isinstance(k, bool) or k != int(k) or k < 1:
        raise MethodError(f"k is a number of neighbours, such as 5, not {k!r}.")
    x, _ = start(x)
    values = np.full(x.shape, np.nan)
    for index in np.ndindex(x.shape[:-2]):
        _fill_nearest(x[index], values[index], int(k))
    need = f"nearest needs {k} regions with a value and an indicator in common"
    return filled(x, values, need, "Use a smaller k, or mean or median.")


@methods.add(across=True)
def regression(x: ArrayLike, *, predictors: ArrayLike | None = None) -> FloatArray:
    r"""Fill missing values with their least-squares prediction from the other indicators.

    In Chinese: 回归插补.

    .. math:: y_{ri} = \hat\beta_0 + \sum_{j \in J} \hat\beta_j x_{rj}

    with J the predictors that the region has, fitted over the regions that have these and the indicator itself.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    predictors : array_like of int, optional
        Positions of the indicators to predict from; all without it. The one to be filled is never its own.

    Returns
    -------
    ndarray, shape (..., regions, indicators)
        Never NaN. Predictions may lie outside the measured range. [unit of the indicator]

    Raises
    ------
    DomainError
        If the region of a missing value has no predictor; if they are constant or collinear; if there are not
        at least two more regions to fit over than predictors; or if a value is infinite.

    References
    ----------
    .. [1] Buck, "A method of estimation of missing values in multivariate data suitable for use with an electronic
       computer", Journal of the Royal Statistical Society B 22(2), 1960, p. 302-306.

    Examples
    --------
    >>> regression([[1.0, 12.0], [2.0, 14.0], [5.0, 20.0], [4.0, np.nan]])[3].round(9)
    array([ 4., 18.])
    """
    x, _ = start(x)
    k = x.shape[-1]
    allowed = np.ones(k, dtype=bool)
    if predictors is not None:
        chosen = np.asarray(predictors)
        if chosen.dtype.kind not in "iu" or ((chosen < 0) | (chosen >= k)).any():
            raise MethodError(f"predictors are positions of indicators, 0 to {k - 1}, not {predictors!r}.")
        allowed = np.isin(np.arange(k), chosen)
    values = np.full(x.shape, np.nan)
    for index in np.ndindex(x.shape[:-2]):
        _fill_regressed(x[index], values[index], allowed, index)
    return filled(
        x, values, "regression needs a predictor of the same region", "Name others, or use the mean."
    )


def _fill_nearest(x: FloatArray, values: FloatArray, k: int) -> None:
    """Write the mean of the neighbours of every missing cell of one table."""
    has = ~np.isnan(x)
    rows = np.flatnonzero(~has.all(axis=1))
    if rows.size == 0:
        return
    z = _standardised(x)
    known = (has & (z != 0).any(axis=0)).astype(np.float64)
    squares = z**2

    def fill(block: slice, _: FloatArray) -> None:
        here = rows[block]
        with np.errstate(all="ignore"):
            apart = squares[here] @ known.T + known[here] @ squares.T - 2 * (z[here] @ z.T)
            apart = apart.clip(0.0) / (known[here] @ known.T)  # NaN where nothing is in common
        for column in np.flatnonzero(~has[here].all(axis=0)):
            donors = np.flatnonzero(has[:, column])
            if donors.size < k:
                continue
            cells = np.flatnonzero(~has[here, column])
            distance = apart[np.ix_(cells, donors)]
            last = np.partition(distance, k - 1, axis=1)[:, [k - 1]]
            near = distance <= last + _TIE
            with np.errstate(invalid="ignore"):
                values[here[cells], column] = (near @ x[donors, column]) / near.sum(axis=1)

    map_blocks(fill, blocks(rows.size, max(1, _CELLS // len(x))), numbers=rows.size * x.size)


def _standardised(x: FloatArray) -> FloatArray:
    """Return the columns in standard deviations from their mean, 0 where missing or constant."""
    with np.errstate(all="ignore"):
        n = (~np.isnan(x)).sum(axis=0)
        z = x - np.nansum(x, axis=0) / n
        z /= np.sqrt(np.nansum(z**2, axis=0) / n)
    flat = ~(np.fmax.reduce(x, axis=0) > np.fmin.reduce(x, axis=0))
    return np.where(np.isnan(x) | flat, 0.0, z)


def _fill_regressed(x: FloatArray, values: FloatArray, allowed: BoolArray, index: tuple[int, ...]) -> None:
    """Write the prediction of every missing cell of one table, pattern of measured predictors by pattern."""
    has = ~np.isnan(x)
    rows = np.flatnonzero(~has.all(axis=1))
    patterns, which = np.unique(has[rows] & allowed, axis=0, return_inverse=True)

    def fill(number: int, _: FloatArray) -> DomainError | None:
        alike, predictors = rows[which.ravel() == number], np.flatnonzero(patterns[number])
        complete = has[:, predictors].all(axis=1)
        for column in np.flatnonzero(~has[alike].all(axis=0)) if predictors.size else ():
            here = alike[~has[alike, column]]
            predicted = _predict(x, complete & has[:, column], predictors, column, here)
            if isinstance(predicted, str):
                bad = np.zeros((*(i + 1 for i in index), *x.shape), dtype=bool)
                bad[(*index, here, column)] = True
                return positioned(
                    f"regression {predicted}, for {here.size} missing cell{'s' if here.size > 1 else ''} of indicator "
                    f"position {column}. Name fewer predictors, or use the mean.",
                    bad,
                )
            values[here, column] = predicted
        return None

    for error in map_blocks(fill, range(len(patterns)), numbers=len(patterns) * x.size):
        if error is not None:
            raise error


def _predict(
    x: FloatArray, fit: BoolArray, predictors: IntArray, column: np.intp, here: IntArray
) -> FloatArray | str:
    """Return the predictions for the regions `here`, or what is wrong."""
    if fit.sum() < predictors.size + 2:
        return f"over {fit.sum()} regions cannot estimate {predictors.size} coefficients and a constant"
    sample = x[np.ix_(fit, predictors)]
    if (sample.max(axis=0) == sample.min(axis=0)).any():
        return "has a predictor that is constant"
    centre, spread = sample.mean(axis=0), sample.std(axis=0)
    target = x[fit, column]
    design = np.column_stack([(sample - centre) / spread, target - target.mean()])
    triangle = np.asarray(np.linalg.qr(design, mode="r"))[:-1]
    left, sizes, right = np.linalg.svd(triangle[:, :-1])
    if sizes[-1] < _COLLINEAR * sizes[0]:
        return "has collinear predictors"
    slope = right.T @ (left.T @ triangle[:, -1] / sizes)
    return np.asarray(target.mean() + (x[np.ix_(here, predictors)] - centre) / spread @ slope)
