"""Regions placed between the best and the worst that any of them reaches: TOPSIS."""

from __future__ import annotations

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, ends, map_blocks, one_of, row_blocks
from equindex.aggregate.base import methods, together
from equindex.errors import DomainError

__all__ = ["topsis"]

_HUGE = 1e100  # scores whose squares, summed, stay in range
_NEAR = 1e-2  # square of a distance, against that of the best from the worst, that must be taken directly


@methods.add(relative=True, scale="own", whole="the score comes of comparing regions")
def topsis(
    x: ArrayLike,
    weights: ArrayLike,
    *,
    norm: str = "none",
    weights_in: str = "matrix",
    missing: str = "propagate",
    min_coverage: float = 0.0,
) -> FloatArray:
    r"""Place each region by its distance from the worst, as a share of its distances from worst and best.

    In Chinese: 逼近理想解排序法, 优劣解距离法.

    .. math:: S_r = \frac{D^-_r}{D^+_r + D^-_r}, \qquad
       D^{\pm}_r = \sqrt{\sum_i c_i \big( v_{ri} - v^{\pm}_i \big)^2}

    with :math:`v^+_i, v^-_i` the best and the worst of the regions, :math:`c_i = w_i^2` for weights in the matrix and
    :math:`c_i = w_i` for weights in the distance, v the scores or, with ``norm = "vector"``,
    :math:`z_{ri} / \sqrt{\sum_s z_{si}^2}`.

    Parameters
    ----------
    x : array_like, shape (..., regions, indicators)
        Scores, higher is better (a cost as its negative); NaN is missing. [score]
    weights : array_like, shape (indicators,) or (..., 1, indicators)
        At least 0; scaled by their sum.
    norm : {"none", "vector"}
        "none" takes scores as they are, all on one scale; "vector" divides each indicator by its length, as the
        authors do with raw values.
    weights_in : {"matrix", "distance"}
        Whether scores are weighted before distances are taken, as the authors do, or squared differences are.
    missing : {"propagate", "reweight"}
        A region with a missing score is left out, or its distances are taken over what it has.
    min_coverage : float
        With "reweight": the share of the weight that must be present, 0 to 1.

    Returns
    -------
    ndarray, shape (..., regions)
        0 for a region that is worst in everything, 1 for one that is best. NaN for regions left out, which are
        nobody's ideal. [share]

    Raises
    ------
    DomainError
        If only one region has a score, all are alike, an indicator without length is to be divided by it, a score is
        infinite, or weights are negative, missing or all 0.
    MethodError
        If there is no such option, or regions differ in weights.

    Notes
    -----
    The score depends on which regions take part, and the order of two may turn when a third joins. A framework
    compares the regions of each year by themselves, whatever its `base`.

    With :math:`u = v - v^+` and :math:`g = v^+ - v^-`, :math:`(D^-)^2 = (D^+)^2 + \sum_i c_i g_i (2 u_i + g_i)`; near
    the worst, where this would lose digits, it is taken directly. A region at the ideal scores exactly 1, one at the
    worst exactly 0.

    References
    ----------
    .. [1] Hwang, Yoon, "Multiple Attribute Decision Making", Springer, 1981, p. 128-140.

    Examples
    --------
    >>> topsis([[100.0, 50.0], [0.0, 0.0], [100.0, 100.0]], [1, 1]).round(4)
    array([0.691, 0.   , 1.   ])
    """
    one_of("norm", norm, ("none", "vector"))
    one_of("weights_in", weights_in, ("matrix", "distance"))

    def closeness(z: FloatArray, w: FloatArray) -> FloatArray:
        worst, best, squares = _columns(z)
        holes = bool(np.isnan(worst).any())
        if holes:
            worst, best, squares = _columns(z, holes=True)  # slower
        largest = np.maximum(np.abs(worst), np.abs(best))
        if norm == "vector" and not largest.all():
            raise DomainError(
                "topsis cannot divide an indicator that is 0 everywhere by its length. Drop it, or use norm = "
                '"none".'
            )
        if not (best > worst).any():
            raise DomainError("topsis needs regions that differ, and all are alike.")
        unit = largest if norm == "vector" else largest.max()
        if ((unit < 1 / _HUGE) | (unit > _HUGE)).any():  # squares may be out of range
            return closeness(z / unit, w)
        cost = w**2 if weights_in == "matrix" else w
        if norm == "vector":
            cost = cost / squares
        range_ = best - worst
        lead, most = 2 * cost * range_, cost @ range_**2
        score = np.empty(len(z))

        def block(rows: slice, buffer: FloatArray) -> None:
            part, out = z[rows], score[rows]
            apart = np.subtract(part, best, out=buffer[: part.size].reshape(part.shape))
            if holes:
                apart[np.isnan(apart)] = 0.0
            gain = apart @ lead + most
            above = np.square(apart, out=apart) @ cost
            np.add(above, gain, out=out)  # squares of the distances from the worst
            near = np.flatnonzero((out < _NEAR * most) | holes)
            if near.size:
                apart = part[near] - worst
                if holes:
                    apart[np.isnan(apart)] = 0.0
                out[near] = np.square(apart, out=apart) @ cost
            np.sqrt(above, out=above)
            np.sqrt(out, out=out)
            above += out
            out /= above

        parts = row_blocks(*z.shape)
        map_blocks(block, parts, numbers=3 * z.size, buffer=parts[0].stop * z.shape[1])
        return score

    return together(closeness, x, weights, missing, min_coverage, "topsis")


def _columns(z: FloatArray, *, holes: bool = False) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the worst, the best and the sum of squares of each column."""

    def block(rows: slice, _: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        part = z[rows]
        low, high = ends(part, np.fmin, np.fmax) if holes else ends(part)
        if holes:
            part = np.nan_to_num(part)
        squares: FloatArray = np.einsum("ri,ri->i", part, part)
        return low, high, squares

    found = map_blocks(block, row_blocks(*z.shape), numbers=3 * z.size)
    low, high, squares = (np.stack(part) for part in zip(*found, strict=True))
    least, most = (np.fmin, np.fmax) if holes else (np.minimum, np.maximum)
    return least.reduce(low), most.reduce(high), squares.sum(axis=0)
