"""Many weightings up one tree at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equindex import aggregate
from equindex._arrays import BoolArray, FloatArray, blocks
from equindex.model import MethodCall, Missing
from equindex.scoring import PillarFilling, Tree

__all__ = ["drop", "leaf_shares", "roll", "within"]

_MEANS: Mapping[str, tuple[Any, Any]] = {  # means of means are one mean with the products of the weights
    "arithmetic": (None, None),
    "geometric": (np.log, np.exp),
    "harmonic": (np.reciprocal, np.reciprocal),
}
_LITTLE = 0.01  # share of weight left below which it is counted up instead
_CELLS = 1 << 17  # scores worked on at a time, which stay in the cache
_ROUNDING = 1e-9


def within(tree: Tree, weights: FloatArray) -> FloatArray:
    """Scale node weights of shape (draws, nodes) so that they sum to 1 within each parent; all zero becomes equal."""
    local = np.ones(weights.shape)
    for inside in tree.children:
        if inside.size:
            part = weights[:, inside]
            total = part.sum(axis=1, keepdims=True)
            local[:, inside] = np.divide(
                part, total, out=np.full(part.shape, 1 / inside.size), where=total > 0
            )
    return local


def drop(tree: Tree, local: FloatArray, gone: NDArray[np.intp]) -> FloatArray:
    """Return local weights without some nodes: siblings take over, and a parent without parts goes too.

    Parameters
    ----------
    tree : Tree
        The indicators and pillars.
    local : ndarray, shape (draws, nodes)
        Weights within each parent.
    gone : ndarray of int, shape (draws,)
        The node that each draw leaves out, -1 for none.

    Returns
    -------
    ndarray, shape (draws, nodes)
    """
    if (gone < 0).all():
        return local
    weights = local.copy()
    at = np.flatnonzero(gone >= 0)
    weights[at, gone[at]] = 0.0
    for node in range(len(tree.ids) - 1, 0, -1):
        inside = tree.children[node]
        if inside.size:
            weights[(weights[:, inside] == 0).all(axis=1), node] = 0.0
    return within(tree, weights)


def leaf_shares(tree: Tree, local: FloatArray) -> FloatArray:
    """Multiply local weights of shape (draws, nodes) down the tree: shares of the root, (draws, indicators)."""
    share = np.ones(local.shape)
    for node in range(1, len(tree.ids)):
        share[:, node] = share[:, tree.parent[node]] * local[:, node]
    return share[:, tree.nodes]


def roll(
    tree: Tree,
    calls: Sequence[MethodCall],
    missing: Missing,
    z: FloatArray,
    local: FloatArray,
    fill: PillarFilling | None = None,
    *,
    out: FloatArray | None = None,
    at: NDArray[np.intp] | None = None,
) -> FloatArray:
    """Score the root of every row under every weighting, as `Tree.roll_up` does under one.

    Parameters
    ----------
    tree : Tree
        The indicators and pillars.
    calls : sequence of MethodCall
        The aggregation of each node.
    missing : Missing
        The rule, and the least coverage at every parent.
    z : ndarray, shape (rows, indicators)
        Scores of the indicators in one year, NaN where missing.
    local : ndarray, shape (draws, nodes)
        Weights within each parent.
    fill : PillarFilling, optional
        Imputes missing scores of pillars.
    out : ndarray, shape (all draws, rows), optional
        Gets the scores, those of a draw in its row of `at`, shape (draws,); made here when left out.

    Returns
    -------
    ndarray, shape (draws, rows)
        `out` where it is given.

    Raises
    ------
    DomainError
        If a score does not suit the aggregation.
    """
    out = np.empty((len(local), len(z))) if out is None else out
    at = np.arange(len(local)) if at is None else at
    used = {calls[node].label for node, inside in enumerate(tree.children) if inside.size}
    mean = next(iter(used)) if len(used) == 1 else ""
    suits = mean in _MEANS and (mean == "arithmetic" or not (z <= 0).any())
    if suits and np.isfinite(z).all():
        to, back = _MEANS[mean]
        share, columns = leaf_shares(tree, local), np.ascontiguousarray((z if to is None else to(z)).T)
        some = _per_block(z)
        buffer = np.empty((some, len(z)))
        for draws in blocks(len(local), some):
            part = np.matmul(share[draws], columns, out=buffer[: draws.stop - draws.start])
            if back is not None:
                back(part, out=part)
            out[at[draws]] = part
    elif suits and fill is None and missing.rule == "reweight" and _apart(tree):
        _with_gaps(tree, missing, z, local, mean, out, at)
    elif suits and fill is None and missing.rule == "propagate":
        share, method = leaf_shares(tree, local)[:, None, :], aggregate.methods.get(mean).function
        for draws in blocks(len(local), _per_block(z)):
            out[at[draws]] = method(z, share[draws], missing="propagate")
    else:
        for draws in blocks(len(local), _per_block(z)):
            out[at[draws]] = _up(tree, calls, missing, z, local[draws], fill)
    return out


def _per_block(z: FloatArray) -> int:
    return max(1, _CELLS // max(1, len(z)))


def _apart(tree: Tree) -> bool:
    """Whether no parent has both indicators and pillars for children."""
    return all(len({bool(tree.leaf[child] >= 0) for child in inside}) < 2 for inside in tree.children)


def _with_gaps(
    tree: Tree,
    missing: Missing,
    z: FloatArray,
    local: FloatArray,
    mean: str,
    out: FloatArray,
    at: NDArray[np.intp],
) -> None:
    """Score rows with gaps by one mean all the way up, the weight of what is missing going to its siblings.

    The root is one product over all indicators, put right by what the gaps of each pillar change. Rows in which too
    little of a pillar is left in some draw go up node by node. Means are of `to` of the scores, and `back` from that at
    the end alone.
    """
    absent, to, back = np.isnan(z), *_MEANS[mean]
    y = np.where(absent, 0.0, z if to is None else to(z))
    share = np.ones(local.shape)
    for node in range(1, len(tree.ids)):
        share[:, node] = share[:, tree.parent[node]] * local[:, node]
    least = max(missing.min_coverage, _LITTLE)
    pillars = []
    for inside in tree.children:
        if inside.size and tree.leaf[inside[0]] >= 0:
            own = tree.leaf[inside]
            rows = np.flatnonzero(absent[:, own].any(axis=1))
            if rows.size:
                cells = np.ix_(rows, own)
                pillars.append((inside, rows, y[cells], absent[cells].astype(np.float64)))
    thin = np.zeros(len(z), dtype=bool)
    for draws in blocks(len(local), _per_block(z)):
        total = y @ share[draws, tree.nodes].T
        for inside, rows, there, holes in pillars:
            lost = holes @ local[draws, inside].T
            left = 1 - lost
            thin[rows] |= left.min(axis=1) < least
            with np.errstate(all="ignore"):
                lost /= left
                lost *= there @ share[draws, inside].T
                total[rows] += lost
        if back is not None:
            with np.errstate(all="ignore"):
                back(total, out=total)
        out[at[draws]] = total.T
    few = np.flatnonzero(thin)
    if few.size:
        for draws in blocks(len(local), _per_block(z[few])):
            found = _up_alike(tree, missing, y[few], absent[few], local[draws])
            if back is not None:
                back(found, out=found)
            out[np.ix_(at[draws], few)] = found


def _up_alike(
    tree: Tree, missing: Missing, y: FloatArray, absent: BoolArray, local: FloatArray
) -> FloatArray:
    """Go up node by node, by arithmetic means that leave out what is missing or too thin."""
    present = np.where(absent, 0.0, 1.0)
    score: dict[int, FloatArray] = {}
    cover: dict[int, FloatArray] = {}
    there: dict[int, FloatArray] = {}
    for node in range(len(tree.ids) - 1, -1, -1):
        inside = tree.children[node].tolist()
        if not inside:
            continue
        weights, own = local[:, inside], tree.leaf[inside]
        if own[0] >= 0:
            total, covered = weights @ y[:, own].T, weights @ present[:, own].T
            weight = covered
        else:
            total, covered, weight = (
                _weighted([part[child] for child in inside], weights) for part in (score, cover, there)
            )
        enough = (covered >= missing.min_coverage - _ROUNDING) & (weight > 0)
        with np.errstate(all="ignore"):
            score[node] = np.divide(total, weight, out=total)
        score[node][~enough] = np.nan if node == 0 else 0.0
        cover[node] = covered * enough
        there[node] = enough.astype(np.float64)
        for child in inside:
            for part in (score, cover, there):
                part.pop(child, None)
    return score[0]


def _up(
    tree: Tree,
    calls: Sequence[MethodCall],
    missing: Missing,
    z: FloatArray,
    local: FloatArray,
    fill: PillarFilling | None = None,
) -> FloatArray:
    """Go up node by node; a leaf's scores stand once for all draws."""
    complete = bool(np.isfinite(z).all())
    score: dict[int, FloatArray] = {int(node): z[:, leaf] for leaf, node in enumerate(tree.nodes)}
    cover: dict[int, FloatArray] = {node: np.isfinite(part).astype(float) for node, part in score.items()}
    for node in range(len(tree.ids) - 1, -1, -1):
        inside = tree.children[node].tolist()
        if not inside:
            continue
        call = calls[node]
        method = aggregate.methods.get(call.name)
        weights = local[:, inside]
        parts = [score[child] for child in inside]
        thin = None
        if not complete:
            seen = [_zeroed(cover[child], np.isnan(score[child])) for child in inside]
            cover[node] = np.minimum(_weighted(seen, weights), 1.0)
            if missing.rule == "reweight":
                thin = cover[node] < missing.min_coverage - _ROUNDING
                if method.traits.get("relative"):  # nobody is compared with a region that has no score
                    parts = [np.where(thin, np.nan, part) for part in parts]
        found = None
        if call.label in _MEANS and any(part.ndim > 1 for part in parts):
            found = _mean(call.label, parts, weights, missing)
        if found is None:
            shape = np.broadcast_shapes(*(part.shape for part in parts))
            part = np.stack([np.broadcast_to(part, shape) for part in parts], axis=-1)
            found = method.function(part, weights[:, None, :], missing=missing.rule, **call.options)
        if thin is not None and thin.any():
            found = np.where(thin, np.nan, found)
        score[node] = np.broadcast_to(found, (len(local), len(z)))
        if not complete and fill is not None and node:
            holes, score[node] = np.isnan(score[node]), fill(node, score[node])
            cover[node] = np.where(holes & ~np.isnan(score[node]), 1.0, cover[node])
    return score[0]


def _weighted(parts: Sequence[FloatArray | BoolArray], weights: FloatArray) -> FloatArray:
    """Add up parts, each of shape (rows,) or (draws, rows), by weights of shape (draws, parts)."""
    if all(part.ndim == 1 for part in parts):
        return weights @ np.stack(parts)
    total = weights[:, :1] * parts[0]
    one = np.empty_like(total)
    for place, part in enumerate(parts[1:], 1):
        total += np.multiply(weights[:, place : place + 1], part, out=one)
    return total


def _zeroed(part: FloatArray, gaps: BoolArray) -> FloatArray:
    return np.where(gaps, 0.0, part) if gaps.any() else part


def _mean(name: str, parts: Sequence[FloatArray], weights: FloatArray, missing: Missing) -> FloatArray | None:
    """Take the mean of parts that differ from draw to draw; None where some score does not suit it."""
    to, back = _MEANS[name]
    if to is not None and any((part <= 0).any() for part in parts):
        return None
    absent = [np.isnan(part) for part in parts]
    score = [
        _zeroed(part if to is None else to(part), gaps) for part, gaps in zip(parts, absent, strict=True)
    ]
    found = _weighted(score, weights)
    if any(gaps.any() for gaps in absent):
        with np.errstate(all="ignore"):
            if missing.rule == "reweight":
                found /= _weighted([~gaps for gaps in absent], weights)
            else:
                found[_weighted(absent, weights) > 0] = np.nan
    if back is not None:
        with np.errstate(all="ignore"):
            back(found, out=found)
    return found
