"""The weighted means that official indices use most, and the product that folds normalising into them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Literal

import numpy as np

from equindex._arrays import (
    ArrayLike,
    BoolArray,
    FloatArray,
    as_float,
    blocks,
    map_blocks,
    refused_cells,
    row_blocks,
)
from equindex.aggregate.base import SLACK, checked, methods, scaled
from equindex.errors import DomainError

__all__ = ["arithmetic", "arithmetic_of_lines", "geometric", "harmonic"]

_DRAWS = 256  # rows of weights per block
_ROWS = 256  # rows of scores per block, where few are missing
_MANY = 64  # rows of weights from which a sparse product of the missing cells pays
_FEW = 0.2  # share of cells missing up to which it pays
_LITTLE = 0.01  # share of weight left below which it is counted up instead


@methods.add(mean_like=True, monotone=True)
def arithmetic(
    x: ArrayLike, weights: ArrayLike, *, missing: str = "propagate", min_coverage: float = 0.0
) -> FloatArray:
    r"""Take the weighted arithmetic mean: a shortfall is fully made up by a surplus elsewhere.

    In Chinese: 加权算术平均, 线性加权法.

    .. math:: S_r = \sum_i w_i z_{ri} \Big/ \sum_i w_i

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Scores, higher is better; NaN is missing. [score]
    weights : array_like, shape (indicators,), or any that broadcasts against `x`
        At least 0; scaled by their sum. Draws are ``(draws, 1, indicators)``.
    missing : {"propagate", "reweight"}
        A missing score leaves the region unscored, or its weight goes to the others in proportion.
    min_coverage : float
        With "reweight": the share of the weight that must be present, 0 to 1.

    Returns
    -------
    ndarray, shape (..., regions)
        Between the worst and the best score. NaN where a score of positive weight is missing, or with
        "reweight" where less than `min_coverage` or nothing is present. [score]

    Raises
    ------
    DomainError
        If a weight is negative or missing, all are 0, or a score is infinite.

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, step 6 (additive aggregation).

    Examples
    --------
    >>> arithmetic([[80.0, 20.0], [50.0, np.nan]], [3, 1], missing="reweight")
    array([65., 50.])
    """
    return _mean(_ARITHMETIC, x, weights, missing, min_coverage)


@methods.add(mean_like=True, monotone=True)
def geometric(
    x: ArrayLike, weights: ArrayLike, *, missing: str = "propagate", min_coverage: float = 0.0
) -> FloatArray:
    r"""Take the weighted geometric mean: a shortfall is made up only in part.

    In Chinese: 加权几何平均, 乘法合成.

    .. math:: S_r = \prod_i z_{ri}^{w_i / \sum w}

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Scores above 0, higher is better; NaN is missing. [score]
    weights : array_like, shape (indicators,), or any that broadcasts against `x`
        At least 0; scaled by their sum. Draws are ``(draws, 1, indicators)``.
    missing : {"propagate", "reweight"}
        A missing score leaves the region unscored, or its weight goes to the others in proportion.
    min_coverage : float
        With "reweight": the share of the weight that must be present, 0 to 1.

    Returns
    -------
    ndarray, shape (..., regions)
        Between the worst and the best score. NaN where a score of positive weight is missing, or with
        "reweight" where less than `min_coverage` or nothing is present. [score]

    Raises
    ------
    DomainError
        If a score of positive weight is not above 0 and finite, a weight is negative or missing, or all are
        0.

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, step 6 (geometric aggregation).

    Examples
    --------
    >>> geometric([[90.0, 40.0]], [1, 1]).round(9)
    array([60.])
    """
    return _mean(_GEOMETRIC, x, weights, missing, min_coverage)


@methods.add(mean_like=True, monotone=True)
def harmonic(
    x: ArrayLike, weights: ArrayLike, *, missing: str = "propagate", min_coverage: float = 0.0
) -> FloatArray:
    r"""Take the weighted harmonic mean: a shortfall is made up even less than in the geometric mean.

    In Chinese: 加权调和平均.

    .. math:: S_r = \sum_i w_i \Big/ \sum_i \frac{w_i}{z_{ri}}

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Scores above 0, higher is better; NaN is missing. [score]
    weights : array_like, shape (indicators,), or any that broadcasts against `x`
        At least 0; scaled by their sum. Draws are ``(draws, 1, indicators)``.
    missing : {"propagate", "reweight"}
        A missing score leaves the region unscored, or its weight goes to the others in proportion.
    min_coverage : float
        With "reweight": the share of the weight that must be present, 0 to 1.

    Returns
    -------
    ndarray, shape (..., regions)
        Between the worst and the best score. NaN where a score of positive weight is missing, or with
        "reweight" where less than `min_coverage` or nothing is present. [score]

    Raises
    ------
    DomainError
        If a score of positive weight is not above 0 and finite, a weight is negative or missing, or all are
        0.

    References
    ----------
    .. [1] UNDP, "Human Development Report: Technical notes", 2022, note 4 (Gender Inequality Index).

    Examples
    --------
    >>> harmonic([[60.0, 30.0]], [1, 1])
    array([40.])
    """
    return _mean(_HARMONIC, x, weights, missing, min_coverage)


def arithmetic_of_lines(
    x: ArrayLike,
    weights: ArrayLike,
    slope: ArrayLike,
    intercept: ArrayLike,
    *,
    missing: str = "propagate",
    min_coverage: float = 0.0,
) -> FloatArray:
    r"""Take the weighted arithmetic mean of ``slope * x + intercept`` in one product, without that matrix.

    .. math:: S_r = \Big( \sum_i (w_i a_i) x_{ri} + \sum_i w_i b_i \Big) \Big/ \sum_i w_i

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Indicator values; NaN is missing. [unit of the indicator]
    weights : array_like, shape (indicators,), or any that broadcasts against `x`
        At least 0; scaled by their sum. Draws are ``(draws, 1, indicators)``.
    slope, intercept : array_like, shape (indicators,)
        The line of an affine normaliser, as its trait ``line`` gives it. [score per unit; score]
    missing : {"propagate", "reweight"}
        A missing value leaves the region unscored, or its weight goes to the others in proportion.
    min_coverage : float
        With "reweight": the share of the weight that must be present, 0 to 1.

    Returns
    -------
    ndarray, shape (..., regions)
        As `arithmetic` of the normalised values, within rounding. [score]

    Raises
    ------
    DomainError
        If a weight is negative or missing, all are 0, or a value is infinite.

    References
    ----------
    .. [1] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, steps 5 and 6.

    Examples
    --------
    >>> arithmetic_of_lines([[20.0, 1.0], [85.0, 5.0]], [1, 1], slope=[2, -10], intercept=[-40, 50])
    array([20., 65.])
    """
    return _mean(_ARITHMETIC, x, weights, missing, min_coverage, as_float(slope), as_float(intercept))


# --- One engine: the mean of transformed scores, transformed back --------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """A mean of transformed scores: `to` makes what does not fit NaN or infinite, `back` works in place."""

    need: str
    remedy: str
    to: Callable[[FloatArray, FloatArray], object] | None = None
    back: Callable[[FloatArray], object] | None = None


def _reciprocal(x: FloatArray, out: FloatArray) -> None:
    np.reciprocal(x, out=out)
    np.copyto(out, np.nan, where=out <= 0)


_POSITIVE = "Normalise onto a positive range, such as minmax(lower=1, upper=100)."
_ARITHMETIC = _Form(need="arithmetic aggregation needs finite values", remedy="Remove them.")
_GEOMETRIC = _Form(
    need="geometric aggregation needs values above 0",
    remedy=_POSITIVE,
    to=lambda x, out: np.log(x, out=out),
    back=lambda score: np.exp(score, out=score),
)
_HARMONIC = _Form(
    need="harmonic aggregation needs values above 0",
    remedy=_POSITIVE,
    to=_reciprocal,
    back=lambda score: np.reciprocal(score, out=score),
)


def _mean(
    form: _Form,
    x: ArrayLike,
    weights: ArrayLike,
    missing: str,
    min_coverage: float,
    slope: FloatArray | None = None,
    intercept: FloatArray | None = None,
) -> FloatArray:
    """Aggregate by blocks: rows of weights times rows of scores, or one row of weights per row of scores."""
    checked(missing, min_coverage)
    x = as_float(x)
    k = x.shape[-1]
    w = scaled(as_float(weights), k)
    above = w.shape[: max(0, w.ndim - x.ndim)]
    shared = prod(w.shape[len(above) : -1]) == 1
    if not shared:
        shape = np.broadcast_shapes(w.shape, x.shape)
        x, w = np.broadcast_to(x, shape), np.broadcast_to(w, shape)
        above = ()
    rows, w = x.reshape(-1, k), w.reshape(-1, k)
    if shared and len(w) >= _MANY and form.to is None and slope is None and missing == "reweight":
        absent = np.isnan(rows)
        if 0 < absent.mean() < _FEW and not np.isinf(rows).any():
            return _few_missing(rows, absent, w, min_coverage).reshape(above + x.shape[:-1])
    score = np.empty((len(w) if shared else 1, len(rows)))
    coefficient = w if slope is None else w * slope
    constant = w * (0.0 if intercept is None else intercept)
    start = constant.sum(axis=1, keepdims=shared)
    order: Literal["F", "C"] = "F" if rows.strides[0] < rows.strides[1] else "C"
    alone = len(score) == 1  # one score per row: it shows what does not fit, without a look at every cell

    def block(task: tuple[slice, slice], buffer: FloatArray) -> bool:
        """Score one block of rows; return whether it holds scores that do not fit."""
        draws, part = task
        z, out, own = rows[part], score[draws, part], draws if shared else part
        with np.errstate(all="ignore"):
            if form.to is not None:
                z = buffer[: z.size].reshape(z.shape, order=order)
                form.to(rows[part], z)
            fits = alone or np.isfinite(z).all()
            if fits:
                _sums(z, coefficient[own], out)
                out += start[own]
            if not fits or (alone and not np.isfinite(out).all()):
                present, weight = np.isfinite(z), w[own]
                used = weight.max(axis=0) > 0 if shared else weight > 0
                if (~present & ~np.isnan(rows[part]) & used).any():
                    return True
                ok, complete = present.astype(np.float64), np.flatnonzero((present | ~used).all(axis=1))
                _sums(np.where(present, z, 0.0), coefficient[own], out)
                share = buffer[largest * k :][: out.size].reshape(out.shape)
                if intercept is not None:
                    _sums(ok, constant[own], share)
                    share[:, complete] = np.broadcast_to(start[own], out.shape)[:, complete]
                    out += share
                if missing == "propagate":
                    np.copyto(out, np.nan, where=_sums(1 - ok, weight, share) > 0)
                else:
                    _sums(ok, weight, share)
                    share[:, complete] = 1.0  # to the last bit, so that complete regions tie across blocks
                    if min_coverage > 0:
                        np.copyto(share, np.nan, where=share < min_coverage - SLACK)
                    out /= share  # NaN where nothing is present
            if form.back is not None:
                form.back(out)
        return False

    parts = row_blocks(len(rows), 1 if alone and form.to is None else k)  # read once: larger blocks
    largest = parts[0].stop if parts else 0
    unfit = map_blocks(
        block,
        list(product(blocks(len(score), _DRAWS), parts)),
        numbers=rows.size * len(score),
        buffer=largest * (k + min(len(score), _DRAWS)),
    )
    if any(unfit):
        raise _refusal(form, x, w.max(axis=0) > 0 if shared else w.reshape(x.shape) > 0)
    return score.reshape(above + x.shape[:-1])


def _few_missing(rows: FloatArray, absent: BoolArray, w: FloatArray, min_coverage: float) -> FloatArray:
    """Arithmetic means of few-holed rows under many weightings, shape (rows of weights, rows).

    The share of weight that is present is 1 less what is missing, a sparse product, which takes a fraction of the
    time of counting up what is present. Where little is left, so that digits would go, it is counted up after all.
    """
    from scipy.sparse import csr_array

    filled, holes = np.where(absent, 0.0, rows), csr_array(absent.astype(np.float64))
    across = np.ascontiguousarray(w.T)
    score = np.empty((len(rows), len(w)))

    def block(task: tuple[slice, slice], _: FloatArray) -> None:
        part, draws = task
        weights, out = np.ascontiguousarray(across[:, draws]), score[part, draws]
        np.matmul(filled[part], weights, out=out)
        share = np.asarray(holes[part] @ weights)
        np.subtract(1.0, share, out=share)
        if share.min() < max(_LITTLE, min_coverage):
            small = np.flatnonzero((share < _LITTLE).any(axis=1))
            share[small] = (~absent[part][small]).astype(np.float64) @ weights
            np.copyto(share, np.nan, where=(share <= 0) | (share < min_coverage - SLACK))
        out /= share

    tasks = list(product(blocks(len(rows), _ROWS), blocks(len(w), 4 * _DRAWS)))
    map_blocks(block, tasks, numbers=rows.size * len(w))
    return score.T


def _sums(z: FloatArray, weight: FloatArray, out: FloatArray) -> FloatArray:
    """Fill `out`, (rows of weights, rows of z), or (1, rows) where each row of z has its own weights.

    One mean per region comes from einsum: as fast as BLAS here, and equal rows get equal bits wherever they
    stand, so that equal regions tie. BLAS, whose last bit depends on the place, serves the many draws.
    """
    if len(out) > 1:
        return np.matmul(weight, z.T, out=out)
    if len(weight) == 1:
        np.einsum("ri,i->r", z, weight[0], out=out[0])
    else:
        np.einsum("ri,ri->r", z, weight, out=out[0])
    return out


def _refusal(form: _Form, x: FloatArray, used: BoolArray) -> DomainError:
    z = x
    if form.to is not None:
        z = np.empty(x.shape)
        with np.errstate(all="ignore"):
            form.to(x, z)
    measured = ~np.isnan(x) & used
    return refused_cells(form.need, x, measured & ~np.isfinite(z), form.remedy, of=int(measured.sum()))
