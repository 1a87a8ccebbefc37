"""Many weightings up one tree at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from equindex import aggregate
from equindex._arrays import FloatArray
from equindex.model import MethodCall, Missing
from equindex.scoring import PillarFilling, Tree

__all__ = ["drop", "leaf_shares", "roll", "within"]

_MEANS = (
    "arithmetic",
    "geometric",
    "harmonic",
)  # a mean of means is one mean with the products of the weights
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

    Returns
    -------
    ndarray, shape (draws, rows)

    Raises
    ------
    DomainError
        If a score does not suit the aggregation.
    """
    used = {calls[node].label for node, inside in enumerate(tree.children) if inside.size}
    whole = np.isfinite(z).all(axis=1)
    means = used <= {next(iter(used))} and used <= set(_MEANS)
    if means and whole.any() and (fill is None or whole.all()):
        mean = aggregate.methods.get(next(iter(used))).function
        weights = leaf_shares(tree, local)[:, None, :]
        if whole.all():
            found: FloatArray = mean(z, weights)
            return found
        score = np.empty((len(local), len(z)))
        score[:, whole] = mean(np.ascontiguousarray(z[whole]), weights)
        score[:, ~whole] = _up(tree, calls, missing, np.ascontiguousarray(z[~whole]), local)
        return score
    return _up(tree, calls, missing, z, local, fill)


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
        weights = np.ascontiguousarray(local[:, None, inside])
        shape = np.broadcast_shapes(*(score[child].shape for child in inside))
        part = np.stack([np.broadcast_to(score[child], shape) for child in inside], axis=-1)
        thin = None
        if not complete:
            seen = np.stack([np.broadcast_to(cover[child], shape) for child in inside], axis=-1)
            seen = np.where(np.isnan(part), 0.0, seen)
            cover[node] = np.minimum((seen @ np.swapaxes(weights, -1, -2))[..., 0], 1.0)
            if missing.rule == "reweight":
                thin = cover[node] < missing.min_coverage - _ROUNDING
                if method.traits.get("relative"):
                    part = np.broadcast_to(part, (*thin.shape, part.shape[-1])).copy()
                    part[thin] = np.nan  # nobody is compared with a region that has no score
        found: FloatArray = method.function(part, weights, missing=missing.rule, **call.options)
        if thin is not None:
            found = np.where(thin, np.nan, found)
        score[node] = np.broadcast_to(found, (len(local), len(z)))
        if not complete:
            cover[node] = np.broadcast_to(cover[node], (len(local), len(z)))
            if fill is not None and node:
                holes, score[node] = np.isnan(score[node]), fill(node, score[node])
                cover[node] = np.where(holes & ~np.isnan(score[node]), 1.0, cover[node])
    return score[0]
