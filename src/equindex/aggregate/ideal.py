"""Regions placed between the best and the worst that any of them reaches: TOPSIS."""

from __future__ import annotations

import numpy as np

from equindex._arrays import ArrayLike, FloatArray, map_blocks, one_of, row_blocks
from equindex.aggregate.base import methods, together
from equindex.errors import DomainError

__all__ = ["topsis"]


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
    compares the regions of each year by themselves, whatever its `base`. Distances are direct differences: a region
    at the ideal scores exactly 1.

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
        scale = w if weights_in == "matrix" else np.sqrt(w)
        worst, best = _ends(z, np.minimum, np.maximum)
        holes = bool(np.isnan(worst).any())
        if holes:
            worst, best = _ends(z, np.fmin, np.fmax)  # slower
        if norm == "vector":
            scale = scale / _lengths(z, np.maximum(np.abs(worst), np.abs(best)), holes)
        if not (best > worst).any():
            raise DomainError("topsis needs regions that differ, and all are alike.")
        best, worst = best * scale, worst * scale
        score = np.empty(len(z))

        def block(rows: slice, buffer: FloatArray) -> None:
            size = z[rows].size
            part, apart = (buffer[at : at + size].reshape(z[rows].shape) for at in (0, size))
            np.multiply(z[rows], scale, out=part)
            squares = []
            for end in (best, worst):
                np.subtract(part, end, out=apart)
                if holes:
                    apart[np.isnan(apart)] = 0.0
                squares.append(np.einsum("ri,ri->r", apart, apart))
            above, below = np.sqrt(squares[0]), np.sqrt(squares[1])
            np.divide(below, above + below, out=score[rows])

        parts = row_blocks(*z.shape)
        map_blocks(block, parts, numbers=3 * z.size, buffer=2 * parts[0].stop * z.shape[1])
        return score

    return together(closeness, x, weights, missing, min_coverage, "topsis")


def _ends(z: FloatArray, least: np.ufunc, most: np.ufunc) -> tuple[FloatArray, FloatArray]:
    """Return the worst and the best of each column."""
    found = map_blocks(
        lambda rows, _: (least.reduce(z[rows], axis=0), most.reduce(z[rows], axis=0)),
        row_blocks(*z.shape),
        numbers=2 * z.size,
    )
    return least.reduce([low for low, _ in found]), most.reduce([high for _, high in found])


def _lengths(z: FloatArray, largest: FloatArray, holes: bool) -> FloatArray:
    """Return the Euclidean length of each column, relative to its largest value, which keeps squares in range."""
    if not (largest > 0).all():
        raise DomainError(
            'topsis cannot divide an indicator that is 0 everywhere by its length. Drop it, or use norm = "none".'
        )

    def block(rows: slice, _: FloatArray) -> FloatArray:
        part = z[rows] / largest
        if holes:
            np.copyto(part, 0.0, where=np.isnan(part))
        squares: FloatArray = np.einsum("ri,ri->i", part, part)
        return squares

    found = map_blocks(block, row_blocks(*z.shape), numbers=2 * z.size)
    return np.asarray(largest * np.sqrt(np.sum(found, axis=0)))
