"""How little the weights must change for one region to reach another, exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, IntArray, as_float, one_of, positioned
from equindex.errors import DomainError

__all__ = ["Change", "complete", "rivals", "smallest_change", "standing", "tied"]

_SUM = 1e-9  # what rounding may make of a sum of 1
_TIE = 1e-12  # of the spread of the scores of indicators: closer scores are equal


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Change:
    """The smallest change of weights that makes one region reach another, for each pair.

    Parameters
    ----------
    size : ndarray, shape (pairs,)
        Sum, or largest relative size, of the changes; 0 where it is there already, NaN where no weights do it.
        [share]
    weights : ndarray, shape (pairs, indicators)
        The changed weights, with which both score the same; NaN where no weights do it. [share]
    reachable : ndarray of bool, shape (pairs,)
        False where the region ahead is better in every indicator (or, for relative changes, in every one with a
        weight above 0), so that no weights help.
    """

    size: FloatArray
    weights: FloatArray
    reachable: BoolArray


def smallest_change(
    z: ArrayLike, w: ArrayLike, ahead: ArrayLike, behind: ArrayLike, *, measure: str = "sum"
) -> Change:
    r"""Find the smallest change of weights with which the region behind reaches the one ahead.

    .. math:: \min_v \sum_i |v_i - w_i| \quad\text{or}\quad \min_v \max_i |v_i - w_i| / w_i
       \qquad\text{where } v \ge 0, \; \textstyle\sum_i v_i = 1, \; v \cdot (z_b - z_a) \ge 0

    Both linear programmes are solved in closed form. The sum is least when weight goes to the indicator in which the
    region behind is best compared, from those in which it is worst. For relative changes, with c the
    differences and up to :math:`t = 1`, weights grow by the factor 1 + t above the weighted median of c and
    shrink by 1 - t below; beyond, only the best share of the weight is kept.

    Parameters
    ----------
    z : array_like, shape (regions, indicators)
        Scores of the indicators, complete; logs of them for the geometric mean. [score]
    w : array_like, shape (indicators,)
        Weights, at least 0, summing to 1. [share]
    ahead, behind : array_like of int, shape (pairs,) or scalar
        Positions of the regions, such as `rivals` gives.
    measure : {"sum", "relative"}
        Sum of the absolute changes (twice the weight that moves), or the largest change relative to its weight,
        which leaves weights of 0 at 0.

    Returns
    -------
    Change
        Where several changes are equally small, one of them.

    Raises
    ------
    DomainError
        If `z` has missing or infinite values, or `w` are no weights.
    MethodError
        If `measure` is unknown.

    References
    ----------
    .. [1] Triantaphyllou, Sánchez, "A sensitivity analysis approach for some deterministic multi-criteria
       decision-making methods", Decision Sciences 28(1), 1997, p. 151-194 (the smallest change that swaps two).
    .. [2] Wolters, Mareschal, "Novel types of sensitivity analysis for additive MCDM methods", European Journal
       of Operational Research 81(2), 1995, p. 281-290 (the same for all weights at once, by linear programmes).

    Examples
    --------
    >>> found = smallest_change([[80.0, 40.0], [50.0, 60.0]], [0.5, 0.5], 0, 1)
    >>> found.size.round(12), found.weights.round(12)
    (array([0.2]), array([[0.4, 0.6]]))
    """
    one_of("measure", measure, ("sum", "relative"))
    z, w = complete(z, w)
    first, second = np.broadcast_arrays(np.atleast_1d(np.asarray(ahead)), np.asarray(behind))
    raw = z[second] - z[first]
    none = _TIE * np.abs(raw).max(axis=1, keepdims=True, initial=0.0)
    order = np.argsort(-raw, axis=1, kind="stable")
    c, v = np.take_along_axis(raw, order, axis=1), w[order]
    gap = -np.einsum("pi,pi->p", c, v)[:, None]
    gap[gap <= none] = 0.0
    size, moved, reachable = (_sum if measure == "sum" else _relative)(c, v, gap, none)
    reachable |= gap[:, 0] == 0
    weights = np.empty_like(moved)
    np.put_along_axis(weights, order, moved, axis=1)
    size[~reachable], weights[~reachable] = np.nan, np.nan
    return Change(size=size, weights=weights, reachable=reachable)


def _sum(
    c: FloatArray, v: FloatArray, gap: FloatArray, none: FloatArray
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Move weight from the last, where c is least, to the first, until the gap is closed."""
    gain = c[:, :1] - c
    after = np.zeros_like(c)
    after[:, :-1] = np.cumsum((v * gain)[:, :0:-1], axis=1)[:, ::-1]
    taken = np.divide(gap - after, gain, out=np.zeros_like(c), where=gain > 0).clip(0.0, v)
    moved = v - taken
    moved[:, 0] += taken.sum(axis=1)
    return 2 * taken.sum(axis=1), moved, c[:, 0] >= -none[:, 0]


def _relative(
    c: FloatArray, v: FloatArray, gap: FloatArray, none: FloatArray
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Let the weights of the best half grow and the others shrink; beyond -100 %, keep fewer than half."""
    start = np.cumsum(v, axis=1) - v
    half = np.clip(0.5 - start, 0.0, v)
    gain = 2 * np.einsum("pi,pi->p", c, half)[:, None] + gap
    surplus = np.cumsum(c * v, axis=1) - c * v
    kept = np.divide(surplus, -c, out=v.copy(), where=c < -none).clip(0.0, v)
    share = kept.sum(axis=1, keepdims=True)
    within = (gain >= gap) & (gap > 0)
    t = np.divide(gap, gain, out=np.zeros_like(gap), where=within)
    beyond = (gap > 0) & ~within & (share > 0)
    t = np.divide(1.0, share, out=1 + t, where=beyond) - 1
    least = np.maximum(0.0, 1 - t)
    return t[:, 0], least * v + (1 + t - least) * np.where(beyond, kept, half), share[:, 0] > 0


def rivals(z: ArrayLike, w: ArrayLike, *, of: str = "leader") -> tuple[IntArray, IntArray]:
    """Return the pairs to compare: all others with the leader, or every region with the next one.

    Parameters
    ----------
    z : array_like, shape (regions, indicators)
        Scores of the indicators, complete. [score]
    w : array_like, shape (indicators,)
        Weights, at least 0, summing to 1. [share]
    of : {"leader", "neighbours"}
        Which pairs.

    Returns
    -------
    ahead, behind : ndarray of int, shape (regions - 1,)
        Positions, from the best down; of regions that tie, the first stands ahead.

    Raises
    ------
    DomainError
        If `z` has missing or infinite values, or `w` are no weights.
    MethodError
        If `of` is unknown.

    Examples
    --------
    >>> rivals([[1.0], [3.0], [2.0]], [1.0])
    (array([1, 1]), array([2, 0]))
    """
    one_of("of", of, ("leader", "neighbours"))
    z, w = complete(z, w)
    order, _, _ = standing(z, w)
    return (np.full(len(z) - 1, order[0]) if of == "leader" else order[:-1]), order[1:]


def standing(z: FloatArray, w: FloatArray) -> tuple[IntArray, FloatArray, IntArray]:
    """Return the regions from the best down, and in that order their scores about the mean and groups that tie.

    A region within 1e-12 of the spread of `z` of the one before ties with it.
    """
    y = z - z.mean(axis=0)
    score = np.einsum("ri,i->r", y, w)
    order = np.argsort(-score, kind="stable")
    score = score[order]
    return order, score, np.cumsum(np.diff(score, prepend=score[:1]) < -tied(z))


def tied(z: FloatArray) -> float:
    """Return the difference of scores up to which they are equal."""
    return float(_TIE * np.ptp(z, axis=0).max(initial=0.0))


def complete(z: ArrayLike, w: ArrayLike | None = None) -> tuple[FloatArray, FloatArray]:
    """Return scores and weights (equal ones when left out), or refuse what has gaps or is no weights."""
    z = as_float(z)
    if z.ndim != 2 or 0 in z.shape:
        raise DomainError(
            f"exact weight analysis needs a table of regions by indicators, not shape {z.shape}."
        )
    w = np.full(z.shape[1], 1 / z.shape[1]) if w is None else as_float(w)
    bad = ~np.isfinite(z)
    if bad.any():
        rows = np.flatnonzero(bad.any(axis=1))
        raise positioned(
            f"exact weight analysis needs complete scores, but {len(rows)} of {len(z)} regions have missing or "
            f"infinite ones (region positions {rows.tolist()[:20]}). Impute them, or leave these regions out.",
            bad,
        )
    if w.shape != z.shape[1:] or not (w >= 0).all() or abs(w.sum() - 1) > _SUM:
        raise DomainError(
            f"weights must be at least 0 and sum to 1, one for each of {z.shape[1]} indicators, not {w.tolist()}."
        )
    return z, w / w.sum()
