"""What the aggregates share: the registry, weights, and the two ways over the regions: one by one, or together.

Traits: a ``mean_like`` score lies between the worst and the best child; a ``monotone`` one never falls when a
child rises; a ``relative`` one compares the regions with each other and is taken year by year; ``scale`` says
when scores leave the scale of the children ("own"), and an ``ordinal`` method takes children on any scales;
``whole`` says why a score has no contributions; ``most`` is
the greatest number of regions; with ``own_weights`` each region has weights of its own; options ``by_child`` may be a
table, a number for each child.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

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
    row_blocks,
)
from equindex._registry import Family
from equindex.errors import DomainError, MethodError

__all__ = ["SLACK", "by_region", "checked", "methods", "scaled", "together"]

methods = Family("aggregate")

SLACK = 1e-12  # of sums of weights: a third and two thirds make a whole


def scaled(w: FloatArray, k: int) -> FloatArray:
    """Return the weights divided by their sums."""
    w = np.atleast_1d(w)
    w = np.broadcast_to(w, (*w.shape[:-1], k))
    bad = ~(np.isfinite(w) & (w >= 0))
    if bad.any():
        raise refused_cells(
            "weights must be finite and at least 0", w, bad, "Mend the weight set.", of=w.size
        )
    total = w.sum(axis=-1, keepdims=True)
    if not ((total > 0) & np.isfinite(total)).all():
        raise DomainError(f"weights must have a sum above 0, not {total.min():g}. Mend the weight set.")
    return as_float(w / total)


def checked(missing: str, min_coverage: float) -> None:
    """Refuse a rule for missing scores that there is not."""
    one_of("missing", missing, ("propagate", "reweight"))
    if not 0 <= min_coverage <= 1:
        raise MethodError(f"min_coverage is a share between 0 and 1, not {min_coverage!r}.")


def by_region(
    function: Callable[[FloatArray, FloatArray], FloatArray],
    x: ArrayLike,
    weights: ArrayLike,
    missing: str,
    min_coverage: float,
    *,
    fits: Callable[[FloatArray], BoolArray],
    need: str,
    remedy: str,
) -> FloatArray:
    """Aggregate each region by itself, block by block.

    Parameters
    ----------
    function : callable
        ``function(z, w)`` returns a score for each row; both have the shape (rows, indicators), each row of w sums
        to 1, and where w is 0, z holds some other score of the row.
    x, weights, missing, min_coverage
        As every aggregate takes them.
    fits : callable
        ``fits(x)`` says which scores the method takes.
    need, remedy : str
        What to say where one does not.

    Returns
    -------
    ndarray, shape (..., regions)
    """
    checked(missing, min_coverage)
    x = as_float(x)
    w = scaled(as_float(weights), x.shape[-1])
    shape = np.broadcast_shapes(x.shape, w.shape, (1, x.shape[-1]))
    z_all, w_all = np.broadcast_to(x, shape), np.broadcast_to(w, shape)
    score = np.full(shape[:-1], np.nan)
    weighted = bool((w > 0).all())

    def block(task: tuple[tuple[int, ...], slice], _: FloatArray) -> bool:
        """Score one block; return whether it holds scores that do not fit."""
        at, rows = task
        z, weight, out = np.ascontiguousarray(z_all[at][rows]), w_all[at][rows], score[at][rows]
        if weighted and fits(z).all():
            with np.errstate(all="ignore"):
                out[:] = function(z, weight)
            return False
        absent = np.isnan(z)
        if (~absent & (weight > 0) & ~fits(z)).any():
            return True
        used = np.where(absent, 0.0, weight)
        if missing == "propagate":
            there = ~(absent & (weight > 0)).any(axis=1)
        else:
            share = used.sum(axis=1)
            there = (share > 0) & (share >= min_coverage - SLACK)
            np.divide(used, share[:, None], out=used, where=(absent.any(axis=1) & there)[:, None])
        z, used = z[there], used[there]
        stand_in = np.take_along_axis(z, used.argmax(axis=1)[:, None], axis=1)
        with np.errstate(all="ignore"):
            out[there] = function(np.where(used > 0, z, stand_in), used)
        return False

    tasks = list(product(np.ndindex(shape[:-2]), row_blocks(*shape[-2:])))
    if any(map_blocks(block, tasks, numbers=z_all.size)):
        raise _unfit(x, w > 0, fits, need, remedy)
    return score.reshape(np.broadcast_shapes(x.shape, w.shape)[:-1])


def together(
    function: Callable[[FloatArray, FloatArray], FloatArray],
    x: ArrayLike,
    weights: ArrayLike,
    missing: str,
    min_coverage: float,
    name: str,
) -> FloatArray:
    """Aggregate regions that are compared with each other; each leading index is a comparison of its own.

    Parameters
    ----------
    function : callable
        ``function(z, w)`` returns a score for each row of z, shape (rows, indicators); w has shape (indicators,), is
        above 0 and sums to 1; z is NaN where a score is missing, never in a whole row.
    x, weights, missing, min_coverage
        As every aggregate takes them.
    name : str
        How the method is called.

    Returns
    -------
    ndarray, shape (..., regions)
        NaN for regions without a score, which nobody is compared with.
    """
    checked(missing, min_coverage)
    x = as_float(x)
    w = np.atleast_2d(scaled(as_float(weights), x.shape[-1]))
    if w.shape[-2] != 1:
        raise MethodError(f"{name} compares regions, so it needs one row of weights for all of them.")
    complete = bool(np.isfinite(x.sum()))
    if not complete and np.isinf(x).any():
        raise refused_cells(f"{name} needs finite values", x, np.isinf(x), "Remove them.")
    shape = np.broadcast_shapes(x.shape, w.shape)
    z_all, w = np.broadcast_to(x, shape), np.broadcast_to(w, (*shape[:-2], 1, shape[-1]))
    score = np.full(shape[:-1], np.nan)
    for at in np.ndindex(shape[:-2]):
        used = w[at][0] > 0
        z, weight = z_all[at], w[at][0]
        if not used.all():
            z, weight = z[:, used], weight[used]
        scored: BoolArray = np.ones(len(z), dtype=np.bool_)
        if not complete:
            there = ~np.isnan(z)
            share = there @ weight
            scored = np.asarray(there.all(axis=1))
            if missing == "reweight":
                scored |= (share > 0) & (share >= min_coverage - SLACK)
        if scored.sum() == 1:
            alone = np.zeros(x.shape, dtype=np.bool_)
            alone[(*at[len(at) - x.ndim + 2 :], np.flatnonzero(scored)[0], np.flatnonzero(used)[0])] = True
            raise positioned(
                f"{name} compares regions, and only one has a score. Use a method that scores each region by "
                "itself, such as arithmetic.",
                alone,
            )
        if scored.any():
            with np.errstate(all="ignore"):
                score[at][scored] = function(z if scored.all() else z[scored], weight)
    return score


def _unfit(
    x: FloatArray, used: BoolArray, fits: Callable[[FloatArray], BoolArray], need: str, remedy: str
) -> DomainError:
    used = np.asarray(used.any(axis=tuple(range(max(0, used.ndim - x.ndim)))))
    x = np.broadcast_to(x, np.broadcast_shapes(x.shape, used.shape))
    measured = ~np.isnan(x) & used
    return refused_cells(need, x, measured & ~fits(x), remedy, of=int(measured.sum()))
