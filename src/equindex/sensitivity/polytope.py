"""What holds for all weights that are allowed: who is ahead of whom, and who can come first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, IntArray, as_float, blocks
from equindex.errors import DomainError, EngineError
from equindex.sensitivity.weights import complete

__all__ = [
    "Leading",
    "Polytope",
    "can_lead",
    "dominance",
    "lead",
    "ordered",
    "polytope",
    "possible",
    "spread",
]

_EQUAL = 1e-9  # of the spread of `z`: closer scores tie
_FEW = 1 << 20  # numbers looked at together


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Polytope:
    """Weights that sum to 1 with ``low <= w <= high`` and ``a @ w <= b``; make it by `polytope` or `ordered`.

    Parameters
    ----------
    low, high : ndarray, shape (indicators,)
        Bounds of each weight. [share]
    a, b : ndarray, shapes (constraints, indicators) and (constraints,)
        Linear constraints.
    corners : ndarray, shape (corners, indicators), optional
        All corners, where they are known.
    """

    low: FloatArray
    high: FloatArray
    a: FloatArray
    b: FloatArray
    corners: FloatArray | None = None

    def largest(self, c: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the largest ``c @ w`` for each row of `c`, shape (n, indicators), and the weights it has it with."""
        if self.corners is not None:
            values = c @ self.corners.T
            best = values.argmax(axis=1)
            return np.take_along_axis(values, best[:, None], axis=1)[:, 0], self.corners[best]
        w = (
            self._filled(c)
            if not len(self.b)
            else np.array([self._solved(row) for row in c]).reshape(c.shape)
        )
        return np.einsum("ni,ni->n", c, w), w

    def _filled(self, c: FloatArray) -> FloatArray:
        """Give the weight that is free to the best first, each up to its bound."""
        order = np.argsort(-c, axis=1, kind="stable")
        room = (self.high - self.low)[order]
        before = np.cumsum(room, axis=1) - room
        w = np.empty_like(c)
        np.put_along_axis(w, order, self.low[order] + (1 - self.low.sum() - before).clip(0.0, room), axis=1)
        return w

    def _solved(self, c: FloatArray) -> FloatArray:
        from scipy.optimize import linprog

        found = linprog(
            -c,
            A_ub=self.a,
            b_ub=self.b,
            A_eq=np.ones((1, len(c))),
            b_eq=[1.0],
            bounds=list(zip(self.low, self.high, strict=True)),
            method="highs",
        )
        return _solution(found.x, found.message)


def _solution(x: FloatArray | None, message: str) -> FloatArray:
    if x is None:
        raise EngineError(f"HiGHS did not solve a programme over the weights: {message}")
    return as_float(x)


def polytope(
    indicators: int,
    *,
    low: ArrayLike = 0.0,
    high: ArrayLike = 1.0,
    a: ArrayLike | None = None,
    b: ArrayLike | None = None,
) -> Polytope:
    r"""Describe which weights are allowed: all, within bounds, under linear constraints such as orders.

    .. math:: P = \{ w : \textstyle\sum_i w_i = 1, \; l_i \le w_i \le h_i, \; A w \le b \}

    Parameters
    ----------
    indicators : int
        How many weights.
    low, high : array_like, shape (indicators,) or scalar
        Bounds of each weight; ``w * 0.8`` and ``w * 1.2`` for a band of 20 %. [share]
    a, b : array_like, shapes (constraints, indicators) and (constraints,) or scalar, optional
        ``[-1, 1, 0]`` and 0 say that the first weight is at least the second. [share]

    Returns
    -------
    Polytope

    Raises
    ------
    DomainError
        If shapes do not fit, or no weights meet all bounds and constraints.

    Examples
    --------
    >>> polytope(3, low=0.2).largest(np.array([[1.0, 0.0, 0.0]]))[1].round(12)
    array([[0.6, 0.2, 0.2]])
    """
    least, most = (np.atleast_1d(as_float(bound)) for bound in (low, high))
    rows = np.zeros((0, indicators)) if a is None else np.atleast_2d(as_float(a))
    right = np.atleast_1d(as_float(0.0 if b is None else b))
    faults = []
    if not {least.shape, most.shape} <= {(1,), (indicators,)}:
        faults.append(f"low and high need one number or one for each of {indicators} indicators")
    if rows.shape[1:] != (indicators,) or right.shape not in ((1,), rows.shape[:1]):
        faults.append(f"a needs {indicators} columns, and b one number for each row of a")
    if not all(np.isfinite(part).all() for part in (least, most, rows, right)):
        faults.append("bounds and constraints must be finite")
    if faults:
        raise DomainError("; ".join(faults) + ".")
    least, most = (
        np.broadcast_to(bound, indicators) for bound in (np.maximum(least, 0.0), np.minimum(most, 1.0))
    )
    crossed = np.flatnonzero(least > most)
    if crossed.size:
        faults.append(f"low is above high at positions {crossed.tolist()}")
    if least.sum() > 1 + _EQUAL:
        faults.append(f"low sums to {least.sum():.6g}, more than 1")
    if most.sum() < 1 - _EQUAL:
        faults.append(f"high sums to {most.sum():.6g}, less than 1")
    if faults:
        raise DomainError(f"no weights meet these bounds: {'; '.join(faults)}. Widen them.")
    whole = not len(rows) and not least.any() and (most == 1).all()
    found = Polytope(
        low=least,
        high=most,
        a=rows,
        b=np.broadcast_to(right, len(rows)),
        corners=np.eye(indicators) if whole else None,
    )
    if len(rows):
        _check(found)
    return found


def _check(weights: Polytope) -> None:
    """Refuse constraints that contradict each other, naming some that cannot hold with the others."""
    from scipy.optimize import linprog

    m, k = weights.a.shape
    found = linprog(
        np.r_[np.zeros(k), np.ones(m)],
        A_ub=np.hstack([weights.a, -np.eye(m)]),
        b_ub=weights.b,
        A_eq=np.r_[np.ones(k), np.zeros(m)][None],
        b_eq=[1.0],
        bounds=[*zip(weights.low, weights.high, strict=True), *[(0.0, None)] * m],
        method="highs",
    )
    missed = _solution(found.x, found.message)[k:]
    broken = np.flatnonzero(missed > _EQUAL)
    if broken.size:
        raise DomainError(
            f"no weights meet all constraints: {len(broken)} of {m} (positions {broken.tolist()[:20]}) cannot hold "
            f"together with the others and the bounds, by {missed.max():.6g} at least. Drop or loosen some."
        )


def ordered(order: Sequence[int], *, low: float = 0.0) -> Polytope:
    r"""Describe weights of which only the order of importance is known.

    .. math:: w_{o_1} \ge w_{o_2} \ge \dots \ge w_{o_k} \ge l

    Parameters
    ----------
    order : sequence of int
        Positions of all indicators, the most important first.
    low : float
        Least weight. [share]

    Returns
    -------
    Polytope
        With its k corners: equal weights of the first, the first two, ... all.

    Raises
    ------
    DomainError
        If `order` does not name every indicator once, or `low` leaves nothing to choose.

    References
    ----------
    .. [1] Kirkwood, Sarin, "Ranking with partial information: a method and an application", Operations Research
       33(1), 1985, p. 38-48 (the corners).

    Examples
    --------
    >>> ordered([1, 0]).corners
    array([[0. , 1. ], [0.5, 0.5]])
    """
    k = len(order)
    if sorted(order) != list(range(k)) or k == 0:
        raise DomainError(f"order must name each of the positions 0 to {k - 1} once, not {list(order)}.")
    if not 0 <= low * k <= 1:
        raise DomainError(f"low must be between 0 and 1/{k}, not {low:.6g}.")
    prefixes = np.tril(np.ones((k, k))) / np.arange(1, k + 1)[:, None]
    corners = np.empty((k, k))
    corners[:, list(order)] = low + (1 - k * low) * prefixes
    steps = np.zeros((k - 1, k))
    for step, (more, less) in enumerate(pairwise(order)):
        steps[step, [more, less]] = -1.0, 1.0
    return Polytope(low=np.full(k, low), high=np.ones(k), a=steps, b=np.zeros(k - 1), corners=corners)


# --- Pairs ---------------------------------------------------------------------------------------------


def dominance(z: ArrayLike, weights: Polytope | None = None) -> BoolArray:
    r"""Tell which region is ahead of which whatever the weights.

    .. math:: i \succ j \iff \min_{w \in P} w \cdot (z_i - z_j) \ge 0 < \max_{w \in P} w \cdot (z_i - z_j)

    Parameters
    ----------
    z : array_like, shape (regions, indicators)
        Scores of the indicators, complete; logs of them for the geometric mean. [score]
    weights : Polytope, optional
        Weights that are allowed; all when left out, so that dominance is being at least as good in everything.

    Returns
    -------
    ndarray of bool, shape (regions, regions)
        Whether the region of the row dominates the one of the column.

    Raises
    ------
    DomainError
        If `z` has missing or infinite values, or the shapes do not fit.

    Notes
    -----
    Closed forms for all weights, orders and bounds; a linear programme for each pair that other pairs and known
    corners do not settle where there are further constraints. Differences below 1e-9 of the spread count as none.

    References
    ----------
    .. [1] Salo, Punkka, "Ranking intervals and dominance relations for ratio-based efficiency analysis", Management
       Science 57(1), 2011, p. 200-214.
    .. [2] Foster, McGillivray, Seth, "Composite indices: rank robustness, statistical association, and redundancy",
       Econometric Reviews 32(1), 2013, p. 35-56 (full robustness).

    Examples
    --------
    >>> z = [[3.0, 1.0], [1.0, 2.0], [0.0, 1.0]]
    >>> dominance(z).astype(int)
    array([[0, 0, 1], [0, 0, 1], [0, 0, 0]])
    >>> dominance(z, ordered([0, 1])).astype(int)
    array([[0, 1, 1], [0, 0, 1], [0, 0, 0]])
    """
    z, weights = spread(z, weights)
    ahead = possible(z, weights, _EQUAL)
    return ahead & ~ahead.T


def spread(z: ArrayLike, weights: Polytope | None) -> tuple[FloatArray, Polytope]:
    """Return scores about their mean with a largest range of 1, and the polytope, which must fit."""
    z, _ = complete(z)
    weights = polytope(z.shape[1]) if weights is None else weights
    if weights.low.shape != z.shape[1:]:
        raise DomainError(f"the weights are for {weights.low.size} indicators, but there are {z.shape[1]}.")
    y = z - z.mean(axis=0)
    widest = np.ptp(y, axis=0).max()
    return y / widest if widest > 0 else y, weights


def possible(z: FloatArray, weights: Polytope, margin: float) -> BoolArray:
    """Tell for each pair whether some weights put the first ahead of the second by more than `margin`."""
    n, k = z.shape
    corners = weights.corners
    points = weights.largest(np.concatenate([np.eye(k), -np.eye(k)]))[1] if corners is None else corners
    found = np.zeros((n, n), dtype=bool)
    for score in (z @ np.unique(points, axis=0).T).T:
        found |= score[:, None] - score > margin
    if corners is not None:
        return found
    middle = z @ points.mean(axis=0)
    pairs = np.argwhere(~found & ~np.eye(n, dtype=bool))
    if not len(weights.b):
        for part in blocks(len(pairs), max(1, _FEW // k)):
            i, j = pairs[part].T
            found[i, j] = weights.largest(z[i] - z[j])[0] > margin
        return found
    never = np.eye(n, dtype=bool)
    order = np.argsort(np.abs(middle[pairs[:, 0]] - middle[pairs[:, 1]]), kind="stable")
    for i, j in pairs[order]:
        if found[i, j] or never[i, j]:
            continue
        value, w = weights.largest((z[i] - z[j])[None])
        score = z @ w[0]
        found |= score[:, None] - score > margin
        if value[0] <= margin:  # and nothing below i is ahead of anything above j
            never |= never[:, [i]] & never[[j]]
    return found


# --- The first place -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Leading:
    """Which regions come first under some weights.

    Parameters
    ----------
    possible : ndarray of bool, shape (regions,)
        Whether some weights put the region first, alone or with others.
    margin : ndarray, shape (regions,)
        By how much it can lead the second at most; negative: what it lacks at best. Infinite for a single region.
        [score]
    weights : ndarray, shape (regions, indicators)
        With which that happens. [share]
    """

    possible: BoolArray
    margin: FloatArray
    weights: FloatArray


def can_lead(z: ArrayLike, weights: Polytope | None = None) -> Leading:
    r"""Find which regions can come first, and by how much.

    .. math:: \max_{w \in P} \min_{j \ne i} w \cdot (z_i - z_j)

    Parameters
    ----------
    z : array_like, shape (regions, indicators)
        Scores of the indicators, complete; logs of them for the geometric mean. [score]
    weights : Polytope, optional
        Weights that are allowed; all when left out.

    Returns
    -------
    Leading

    Raises
    ------
    DomainError
        If `z` has missing or infinite values, or the shapes do not fit.

    Notes
    -----
    One linear programme for each region, with the rivals that matter added one by one.

    References
    ----------
    .. [1] Hazen, "Partial information, dominance, and potential optimality in multiattribute utility theory",
       Operations Research 34(2), 1986, p. 296-310.

    Examples
    --------
    >>> can_lead([[4.0, 0.0], [0.0, 4.0], [1.0, 1.0]]).possible
    array([ True,  True, False])
    """
    original = as_float(z)
    z, weights = spread(original, weights)
    n, k = z.shape
    margin, found = np.full(n, np.inf), np.empty((n, k))
    scale = float(np.ptp(original, axis=0).max())
    for i in range(n):
        margin[i], found[i] = lead(z, i, weights)
    return Leading(possible=margin >= -_EQUAL, margin=margin * (scale or 1.0), weights=found)


def lead(
    z: FloatArray, i: int, weights: Polytope, rivals: IntArray | None = None
) -> tuple[float, FloatArray]:
    """Return how far region i can lead the best of its rivals (all others), and the weights for that."""
    from scipy.optimize import linprog

    others = np.delete(np.arange(len(z)), i) if rivals is None else rivals
    w = weights.largest(z[[i]])[1][0]
    if not others.size:
        return np.inf, w
    m, k = weights.a.shape
    own = z[i] - z[others]
    used: list[int] = []
    reach = np.inf
    while True:
        short = own @ w
        worst = int(short.argmin())
        if short[worst] >= reach - _EQUAL or worst in used:
            return float(short[worst]), w
        used.append(worst)
        found = linprog(
            np.r_[np.zeros(k), -1.0],
            A_ub=np.block([[weights.a, np.zeros((m, 1))], [-own[used], np.ones((len(used), 1))]]),
            b_ub=np.r_[weights.b, np.zeros(len(used))],
            A_eq=np.r_[np.ones(k), 0.0][None],
            b_eq=[1.0],
            bounds=[*zip(weights.low, weights.high, strict=True), (None, None)],
            method="highs",
        )
        solution = _solution(found.x, found.message)
        w, reach = solution[:k], float(solution[k])
