"""Weights from pairwise comparisons: the analytic hierarchy process (AHP, 层次分析法)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from equindex._arrays import ArrayLike, BoolArray, FloatArray, as_float, one_of, positioned, refused_cells
from equindex.errors import DomainError, MethodError

__all__ = ["RANDOM_INDEX", "Ahp", "Revision", "ahp", "revisions"]

RANDOM_INDEX: Final[Mapping[str, tuple[float, ...]]] = {
    "saaty": (0, 0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59),
    "alonso_lamata": (
        0, 0, 0.5245, 0.8815, 1.1086, 1.2479, 1.3417, 1.4056, 1.4499, 1.4854, 1.5141, 1.5365, 1.5551, 1.5713, 1.5838,
    ),
}  # fmt: skip
"""Mean consistency index of random matrices of 1, 2, … 15 elements: Saaty (1980), Alonso and Lamata (2006)."""

_PRINTED = 0.005  # how far 0.33 may stand from 1/3: two decimals
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahp:
    """Priorities of one or several experts, and how consistent they are."""

    weights: FloatArray
    """Shape (elements,); above 0, sums to 1. [share]"""
    eigenvalue: float
    """Principal eigenvalue of the judgements, of a group that of their geometric means; at least n."""
    index: float
    """Consistency index CI = (eigenvalue - n) / (n - 1)."""
    random: float
    """Random index RI of that size and that many missing judgements."""
    ratio: float
    """Consistency ratio CR = CI / RI; 0 where nothing can contradict."""
    missing: int
    """Pairs that nobody judged."""
    expert_weights: FloatArray
    """Priorities of each expert, shape (experts, elements); NaN where the judgements do not connect all elements."""
    expert_ratio: FloatArray
    """Consistency ratio of each expert, shape (experts,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One judgement, and what the others make of it."""

    row: int
    column: int
    given: float
    """The judgement: how many times as important the row is."""
    consistent: float
    """What follows from all other judgements."""
    ratio: float
    """Consistency ratio with that value in its place."""


def ahp(
    judgements: ArrayLike,
    *,
    method: str = "eigenvector",
    group: str = "judgements",
    table: str = "saaty",
    scale: float = 9.0,
    accept: float = 0.10,
) -> Ahp:
    r"""Derive priorities from pairwise comparisons (analytic hierarchy process, 层次分析法).

    In Chinese: 层次分析法.

    .. math:: A w = \lambda_{\max} w,\quad CI = \frac{\lambda_{\max} - n}{n - 1},\quad CR = \frac{CI}{RI}

    For judgements that are missing, A has 0, and its diagonal 1 plus the number missing in the row [2]_: as if
    each were the ratio of the resulting weights. "geometric" takes the logarithmic least squares, which for
    complete judgements are the geometric means of the rows [3]_. CR is the same with both, as it belongs to the
    judgements. RI shrinks in proportion to the judgements that could contradict, by 2m / ((n - 1)(n - 2)) for m
    missing pairs [4]_.

    Parameters
    ----------
    judgements : array_like, shape (elements, elements) or (experts, elements, elements)
        How many times as important the row is as the column; NaN is missing. One of a pair is enough. Where both
        are given, they must be reciprocal to two decimals, and the one of at least 1 counts. [ratio]
    method : {"eigenvector", "geometric"}
        The principal eigenvector, or the geometric mean.
    group : {"judgements", "priorities"}
        What the geometric mean over experts is taken of: each judgement, over those who gave it, or the priorities.
    table : {"saaty", "alonso_lamata"}
        The random index.
    scale : float
        Judgements lie between 1/scale and scale; infinity allows all.
    accept : float
        Largest CR that is accepted, of the group and of each expert; infinity accepts all.

    Returns
    -------
    Ahp
        One element has weight 1 and CR 0; two are always consistent.

    Raises
    ------
    DomainError
        If judgements are not reciprocal, out of scale or not above 0, all at once in `positions`; if they do not
        connect all elements; if there are more than 15 elements; or if a CR is above `accept`.

    References
    ----------
    .. [1] T. L. Saaty, "A scaling method for priorities in hierarchical structures", J. Math. Psychology 15, 1977;
       "The Analytic Hierarchy Process", 1980 (random index); groups: J. Aczél, T. L. Saaty, same journal 27, 1983.
    .. [2] P. T. Harker, "Alternative modes of questioning in the analytic hierarchy process", Mathematical
       Modelling 9, 1987.
    .. [3] G. Crawford, C. Williams, "A note on the analysis of subjective judgment matrices", J. Math. Psychology
       29, 1985.
    .. [4] K. C. Ágoston, L. Csató, "Inconsistency thresholds for incomplete pairwise comparison matrices", Omega
       108, 2022.

    Examples
    --------
    >>> found = ahp([[1, 2, 6], [1 / 2, 1, 3], [1 / 6, 1 / 3, 1]])
    >>> found.weights.round(9), round(found.ratio, 9)
    (array([0.6, 0.3, 0.1]), 0.0)
    """
    one_of("method", method, ("eigenvector", "geometric"))
    one_of("group", group, ("judgements", "priorities"))
    one_of("table", table, RANDOM_INDEX)
    given = as_float(judgements)
    each = _reciprocal(given, scale)
    each = each[np.newaxis] if each.ndim == 2 else each
    known = ~np.isnan(each)
    count = known.sum(axis=0)
    logs = np.where(known, np.log(each), 0.0).sum(axis=0)
    mean = np.exp(np.divide(logs, count, out=np.full(logs.shape, np.nan), where=count > 0))
    linked = _connected(each if group == "priorities" else mean[np.newaxis])
    if not linked.all():
        who = "judgements of every expert" if group == "priorities" and len(each) > 1 else "judgements"
        raise DomainError(
            f"the {who} must connect all elements, directly or through others; these fall apart into groups that "
            "are never compared. Add a judgement between the groups."
        )
    whole, own = _measure(mean[np.newaxis], method, table), _measure(each, method, table)
    weights = whole.weights[0]
    if group == "priorities":
        product = np.exp(np.log(own.weights).mean(axis=0))
        weights = product / product.sum()
    found = Ahp(
        weights=weights,
        eigenvalue=float(whole.eigenvalue[0]),
        index=float(whole.index[0]),
        random=float(whole.random[0]),
        ratio=float(whole.ratio[0]),
        missing=int(whole.missing[0]),
        expert_weights=own.weights,
        expert_ratio=own.ratio,
    )
    _refuse_inconsistent(found, accept)
    return found


def revisions(judgements: ArrayLike, *, table: str = "saaty", scale: float = 9.0) -> tuple[Revision, ...]:
    r"""Say which judgements hurt consistency most, and what value the others imply.

    In Chinese: 判断矩阵修正.

    Each judgement in turn is taken for missing; the ratio of the weights then is its consistent value.

    .. math:: \hat a_{ij} = w_i / w_j, \quad w \text{ from all judgements but } a_{ij}

    Parameters
    ----------
    judgements : array_like, shape (elements, elements)
        As for `ahp`. [ratio]
    table : {"saaty", "alonso_lamata"}
        The random index.
    scale : float
        Judgements lie between 1/scale and scale.

    Returns
    -------
    tuple of Revision
        The one after whose revision the consistency ratio is lowest comes first. Judgements that nothing else
        speaks to are left out, so two elements have none.

    Raises
    ------
    DomainError
        As for `ahp`.

    References
    ----------
    .. [1] P. T. Harker, "Alternative modes of questioning in the analytic hierarchy process", Mathematical
       Modelling 9, 1987 (the value); T. L. Saaty, "How to make a decision", EJOR 48, 1990 (its use).

    Examples
    --------
    >>> first, *rest = revisions([[1, 2, 6], [1 / 2, 1, 9], [1 / 6, 1 / 9, 1]])
    >>> first.row, first.column, first.given, round(first.consistent, 9)
    (0, 1, 2.0, 0.666666667)
    """
    one_of("table", table, RANDOM_INDEX)
    a = _reciprocal(as_float(judgements), scale)
    if a.ndim != 2:
        raise DomainError(
            f"revisions take the judgements of one expert, not shape {a.shape}. Pass one matrix."
        )
    pairs = np.argwhere(np.triu(~np.isnan(a), 1))
    without = np.repeat(a[np.newaxis], len(pairs), axis=0)
    at = np.arange(len(pairs))
    without[at, pairs[:, 0], pairs[:, 1]] = without[at, pairs[:, 1], pairs[:, 0]] = np.nan
    if not len(pairs):
        return ()
    found = _measure(without, "eigenvector", table)
    random = _random_index(a[np.newaxis], table)
    with np.errstate(invalid="ignore"):
        ratio = np.divide(found.index, random, out=np.zeros(len(pairs)), where=random > 0)
    rows = []
    for k, (i, j) in enumerate(pairs.tolist()):
        w = found.weights[k]
        if np.isfinite(w).all():
            value = float(w[i] / w[j])
            rows.append(
                Revision(row=i, column=j, given=float(a[i, j]), consistent=value, ratio=float(ratio[k]))
            )
    return tuple(sorted(rows, key=lambda r: (round(r.ratio, 12), -abs(np.log(r.given / r.consistent)))))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """Weights and consistency of many matrices, shape (matrices, …)."""

    weights: FloatArray
    eigenvalue: FloatArray
    index: FloatArray
    random: FloatArray
    ratio: FloatArray
    missing: FloatArray


def _measure(a: FloatArray, method: str, table: str) -> _Measured:
    """Measure matrices of shape (matrices, n, n) with NaN where missing; NaN where they are not connected."""
    n = a.shape[-1]
    known = ~np.isnan(a)
    linked = _connected(a)
    filled = np.where(known, a, 0.0)
    lacking = n - known.sum(axis=-1)
    harker = filled + lacking[..., np.newaxis] * np.eye(n)
    values, vectors = np.linalg.eig(harker)
    best = values.real.argmax(axis=-1)
    eigenvalue = np.take_along_axis(values.real, best[:, np.newaxis], axis=-1)[:, 0]
    weights = np.abs(np.take_along_axis(vectors.real, best[:, np.newaxis, np.newaxis], axis=-1)[..., 0])
    if method == "geometric":
        degree = known.sum(axis=-1)[..., np.newaxis] * np.eye(n)
        sums = np.log(np.where(known, a, 1.0)).sum(axis=-1)
        laplacian = np.where(linked[:, np.newaxis, np.newaxis], degree - known + 1 / n, np.eye(n))
        weights = np.exp(np.linalg.solve(laplacian, sums[..., np.newaxis])[..., 0])
    weights /= weights.sum(axis=-1, keepdims=True)
    weights[~linked], eigenvalue[~linked] = np.nan, np.nan
    index = np.maximum(eigenvalue - n, 0.0) / max(n - 1, 1)
    random = _random_index(a, table)
    ratio = np.divide(index, random, out=np.zeros(len(a)), where=random > 0)
    ratio[~linked] = np.nan
    missing = lacking.sum(axis=-1) / 2
    return _Measured(
        weights=weights, eigenvalue=eigenvalue, index=index, random=random, ratio=ratio, missing=missing
    )


def _random_index(a: FloatArray, table: str) -> FloatArray:
    """Return the random index of each matrix: less for each pair that is missing, 0 for a tree."""
    n = a.shape[-1]
    missing = np.isnan(a).sum(axis=(-2, -1)) / 2
    free = max((n - 1) * (n - 2) / 2, 1.0)
    return as_float(RANDOM_INDEX[table][n - 1] * np.maximum(1 - missing / free, 0.0))


def _connected(a: FloatArray) -> BoolArray:
    """Return whether the judgements of each matrix connect all its elements."""
    reach = ~np.isnan(a)
    for _ in range(a.shape[-1].bit_length()):
        reach = (reach.astype(np.float64) @ reach) > 0
    return np.asarray(reach.all(axis=(-2, -1)))


def _reciprocal(x: FloatArray, scale: float) -> FloatArray:
    """Return reciprocal matrices of what was given, or refuse all that does not fit."""
    if x.ndim not in (2, 3) or x.shape[-1] != x.shape[-2] or not x.size:
        raise DomainError(
            f"judgements are square, one row and column per element, not of shape {x.shape}. Mend the matrix."
        )
    n, most = x.shape[-1], len(RANDOM_INDEX["saaty"])
    if n > most:
        raise DomainError(
            f"{n} elements are compared, but random indices end at {most}. Group them into pillars of fewer."
        )
    bad = ~np.isnan(x) & ~(np.isfinite(x) & (x > 0))
    if bad.any():
        raise refused_cells("judgements must be above 0", x, bad, "Write how many times as important.")
    other = np.swapaxes(x, -1, -2)
    larger, smaller = np.fmax(x, other), np.fmin(x, other)
    both = ~np.isnan(x) & ~np.isnan(other)
    apart = both & ~(np.abs(smaller - 1 / larger) <= _PRINTED)
    above = np.where(both, larger, np.fmax(x, 1 / other))  # of one alone: itself, or its reciprocal
    size = np.where(both, larger, np.fmax(above, 1 / above))
    far = ~(size <= scale * (1 + _ROUNDING)) & ~np.isnan(size) & ~apart
    wrong = apart | far
    if wrong.any():
        first = np.triu(wrong) if n else wrong
        cells = [tuple(index) for index in np.argwhere(first).tolist()]
        said = [
            _misfit(i, x[i], other[i], f"beyond 1/{scale:g} to {scale:g}" if far[i] else "") for i in cells
        ]
        verb = "judgement does" if len(cells) == 1 else "judgements do"
        raise positioned(
            f"{len(cells)} {verb} not fit: {'; '.join(said)}. Give each pair once, as 3 or 1/3.", first
        )
    upper = np.isnan(x) | (both & (x < other))
    result = np.where(upper, 1 / other, x)
    np.copyto(result, 1.0, where=np.eye(n, dtype=bool))
    return as_float(result)


def _misfit(at: tuple[int, ...], value: float, other: float, beyond: str) -> str:
    """Say why a judgement does not fit the one of the other way round, or the scale."""
    *k, i, j = at
    if i == j:
        return f"{at} is {value:.6g}, but an element compared with itself is 1"
    both = [(at, value), ((*k, j, i), other)]
    given = " and ".join(f"{where} is {one:.6g}" for where, one in both if not np.isnan(one))
    return f"{given}, {beyond or 'not reciprocal'}"


def _refuse_inconsistent(found: Ahp, accept: float) -> None:
    """Raise DomainError where a consistency ratio is above what is accepted."""
    if not accept >= 0:
        raise MethodError(f"accept is a consistency ratio of at least 0, not {accept!r}.")
    above = found.expert_ratio > accept
    if not (found.ratio > accept or above.any()):
        return
    worst = f"{found.ratio:.3f}"
    if above.any() and len(above) > 1:
        listed = ", ".join(f"expert {k}: {found.expert_ratio[k]:.3f}" for k in np.flatnonzero(above)[:20])
        worst = f"{found.ratio:.3f} together, {listed}"
    error = DomainError(
        f"the judgements contradict each other: consistency ratio {worst}, above {accept:g}. Revise the judgements "
        "that hurt most, or accept a larger ratio."
    )
    error.positions = tuple((int(k),) for k in np.flatnonzero(above)) if len(above) > 1 else ()
    raise error
