"""Benefit of the doubt (BoD, 数据包络): each region is weighed as it suits it best, against the same frontier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equindex._arrays import (
    ArrayLike,
    BoolArray,
    FloatArray,
    as_float,
    map_blocks,
    one_of,
    positioned,
    refused_cells,
)
from equindex._programmes import undominated, vertices
from equindex.errors import DomainError

__all__ = ["Frontier", "frontier"]

_CHUNK = 256  # regions solved together: their slacks stay in the cache
_FREE = 1e-9  # what bounds must leave to choose from


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frontier:
    """Scores against the frontier and weights that give them; NaN for regions with a missing value.

    Parameters
    ----------
    score : ndarray, shape (..., regions)
        0 to 1, 1 on the frontier. Unique. [share of what the frontier reaches]
    weights : ndarray, shape (..., regions, indicators)
        With these the region itself gets its score and no region more than 1. NaN also where all values are 0, as
        then no weights are better than others. [1 / unit of the indicator]
    shares : ndarray, shape (..., regions, indicators)
        Part of each indicator in the score, ``weights * x / score``; NaN where the weights are. [share]
    unique : ndarray of bool, shape (..., regions)
        Whether the weights are the only ones that give the score; on the frontier they hardly ever are.
    """

    score: FloatArray
    weights: FloatArray
    shares: FloatArray
    unique: BoolArray


def frontier(x: ArrayLike, *, low: ArrayLike = 0.0, high: ArrayLike = 1.0, of: str = "weights") -> Frontier:
    r"""Score each region with the weights that suit it best, under which no region scores above 1.

    In Chinese: 数据包络分析前沿.

    .. math:: S_o = \max_{w \ge 0} \Big\{ \sum_i w_i x_{oi} : \sum_i w_i x_{ri} \le 1 \;\forall r, \;
       l_i \le \frac{w_i}{\sum_k w_k} \le h_i \Big\}
       \quad\text{or}\quad l_i \le \frac{w_i x_{oi}}{\sum_k w_k x_{ok}} \le h_i

    Scores do not depend on the units unless bounds are set on weights.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        At least 0, higher is better; NaN is missing.
    low, high : array_like, shape (indicators,) or scalar
        Bounds on each weight's, or each share's, part in their sum. [share]
    of : {"weights", "shares"}
        Bound ``weights / weights.sum()``, or the parts of the score ``weights * x / score``.

    Returns
    -------
    Frontier

    Raises
    ------
    DomainError
        If a value is negative or infinite, bounds contradict each other or leave nothing to choose, or a region
        cannot keep bounds on shares because of values of 0.

    Notes
    -----
    The programmes of all regions are solved together by the simplex method from ``w = 0``, over the regions that
    none exceeds in everything; each solution is certified by its dual (values equal within 1e-9), and a
    programme without certificate is given to HiGHS.

    References
    ----------
    .. [1] Cherchye, Moesen, Rogge, Van Puyenbroeck, "An introduction to 'benefit of the doubt' composite
       indicators", Social Indicators Research 82, 2007, p. 111-145.
    .. [2] OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, step 6 (benefit of the doubt).

    Examples
    --------
    >>> frontier([[4.0, 1.0], [1.0, 4.0], [2.0, 2.0]]).score
    array([1. , 1. , 0.8])
    """
    one_of("of", of, ("weights", "shares"))
    x = as_float(x)
    bad = (x < 0) | np.isinf(x)
    if bad.any():
        need, remedy = "finite values of at least 0", "Use the 0-1 min-max, or another method."
        raise refused_cells(f"benefit-of-the-doubt weights need {need}", x, bad, remedy)
    low, high = _bounds(low, high, x.shape[-1])
    if of == "shares":
        _check_shares(x, low, high)
    score, unique = np.full(x.shape[:-1], np.nan), np.zeros(x.shape[:-1], dtype=bool)
    weights = np.full(x.shape, np.nan)
    for at in np.ndindex(x.shape[:-2]):
        whole = ~np.isnan(x[at]).any(axis=1)
        score[at][whole], weights[at][whole], unique[at][whole] = _solve(x[at][whole], low, high, of)
    with np.errstate(all="ignore"):
        shares = weights * x / score[..., None]
    return Frontier(score=score, weights=weights, shares=shares, unique=unique)


def _bounds(low: ArrayLike, high: ArrayLike, k: int) -> tuple[FloatArray, FloatArray]:
    low, high = as_float(low), as_float(high)
    if {low.shape, high.shape} <= {(), (k,)}:
        low, high = np.broadcast_to(low, k), np.broadcast_to(high, k)
        within = (low >= 0).all() and (low <= high).all() and (high <= 1).all()
        if within and (k == 1 or (low.sum() < 1 - _FREE and high.sum() > 1 + _FREE)):
            return low, high
    raise DomainError(
        f"bounds low = {low.tolist()} and high = {high.tolist()} do not fit {k} indicators: give one number or one "
        "each, 0 <= low <= high <= 1, with low summing to less than 1 and high to more."
    )


def _check_shares(x: FloatArray, low: FloatArray, high: FloatArray) -> None:
    """Refuse values of 0 where bounds on shares ask for more."""
    zero, some = x == 0, (x > 0).any(axis=-1, keepdims=True)
    bad = zero & (low > 0) & some
    bad |= zero & some & (np.where(zero, 0.0, high).sum(axis=-1, keepdims=True) < 1)
    if bad.any():
        raise positioned(
            f"bounds on shares cannot be kept where values are 0, as {bad.sum()} of {bad.size} are: no weight gives "
            'a 0 its share. Bound the weights (of = "weights"), or use scores above 0.',
            bad,
        )


def _solve(
    x: FloatArray, low: FloatArray, high: FloatArray, of: str
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return score, weights and whether they are unique, for regions without missing values."""
    n, k = x.shape
    if n == 0:
        return np.empty(0), np.empty((0, k)), np.empty(0, dtype=bool)
    rows, inverse = np.unique(x, axis=0, return_inverse=True)  # equal regions alike, whatever their order
    top = rows.max(axis=0)
    scale = np.where(top > 0, top, 1.0)
    y = rows / scale
    peers = y[undominated(y)]

    def chunk(part: slice, _: FloatArray) -> tuple[FloatArray, BoolArray]:
        return vertices(y[part], peers, _cones(rows[part] if of == "shares" else None, low, high, scale))

    parts = [slice(start, min(start + _CHUNK, len(y))) for start in range(0, len(y), _CHUNK)]
    found = map_blocks(chunk, parts, numbers=len(y) * max(peers.size, 1))
    w, unique = (np.concatenate(part) for part in zip(*found, strict=True))
    score = np.minimum(np.einsum("ri,ri->r", w, y), 1.0)
    w = w / scale
    nothing = ~(rows > 0).any(axis=1)
    w[nothing], score[nothing], unique[nothing] = np.nan, 0.0, False
    back = inverse.ravel()
    return score[back], w[back], unique[back]


def _cones(own: FloatArray | None, low: FloatArray, high: FloatArray, scale: FloatArray) -> FloatArray:
    """Return what holds weights within their bounds: rows a with ``a @ w <= 0``, shape (regions or 1, rows, k).

    The first k rows are the lower bounds. For shares, `own` are the regions' values; a share of 0 is 0 whatever
    the weight, so that only ``w >= 0`` is asked there.
    """
    k = len(low)
    values = np.ones((1, k)) if own is None else own
    diagonal = np.where(values > 0, values, 1.0)[:, :, None] * np.eye(k)
    cones = low[:, None] * values[:, None, :] - diagonal
    upper = np.flatnonzero(high < 1)
    if upper.size:
        cones = np.concatenate([cones, (np.eye(k) - high[:, None])[None, upper] * values[:, None, :]], axis=1)
    cones = cones / scale
    largest = np.abs(cones).max(axis=2, keepdims=True)
    return as_float(cones / np.where(largest > 0, largest, 1.0))
