"""How steady ranks are against weights, exactly: no draws, but intervals, smallest changes and bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import FloatArray
from equindex.sensitivity import (
    Polytope,
    Stability,
    can_lead,
    dominance,
    polytope,
    rank_bounds,
    rivals,
    smallest_change,
    stability,
)
from equindex.uncertainty.rolling import leaf_shares
from equindex.uncertainty.study import Basis, Study

__all__ = ["Steady", "steady"]

_MOST_SEARCHED = 100  # regions whose best and worst ranks are searched for by programmes,
_MOST_RIVALS = 60  # each with so many others that can be ahead and behind
_MOST_ASKED = 300  # regions of which a programme says whether they can be first
_MOST_COMPARED = 3000  # regions that are compared with each other


@dataclass(frozen=True, kw_only=True)
class Steady:
    """Rows of the tables, each a dict; `reason` says why there are none, `left` which regions have gaps.

    `leaders` are the first of the regions without gaps, several where they tie; `weights` are those of the indicators,
    shares of the root.
    """

    reason: str = ""
    left: tuple[int, ...] = ()
    leaders: tuple[int, ...] = ()
    weights: FloatArray | None = None
    stability: tuple[dict[str, Any], ...] = ()
    swaps: tuple[dict[str, Any], ...] = ()
    bounds: tuple[dict[str, Any], ...] = ()
    dominated: NDArray[np.intp] | None = None
    dominating: NDArray[np.intp] | None = None


def steady(
    study: Study, basis: Basis, band: float, progress: Callable[[int, int], None] | None = None
) -> Steady:
    """Analyse the weights of the indicators, shares of the root, where the index is one mean all the way up.

    Parameters
    ----------
    study : Study
        Any of the framework.
    basis : Basis
        Of the framework as it stands.
    band : float
        Bounds of ranks are over shares of the root up or down by this part of each, and over all weights.
    progress : callable, optional
        Called with the parts that are finished and all of them.

    Returns
    -------
    Steady
    """
    output, tree = basis.outputs[study.outputs[0]], basis.tree
    names = {output.calls[node].label for node, inside in enumerate(tree.children) if inside.size}
    if names not in ({"arithmetic"}, {"geometric"}):
        return Steady(
            reason="weights are analysed exactly where the whole index is one arithmetic or one geometric mean, not "
            f"{', '.join(sorted(names))}."
        )
    z = np.log(output.leaves) if names == {"geometric"} else output.leaves
    weights = leaf_shares(tree, output.local[None])[0]
    complete = np.flatnonzero(np.isfinite(z).all(axis=1))
    left = tuple(np.flatnonzero(~np.isfinite(z).all(axis=1)).tolist())
    if len(complete) < 2 or len(weights) < 2:
        return Steady(
            reason="fewer than two regions with all values, or fewer than two indicators.", left=left
        )
    if len(complete) > _MOST_COMPARED:
        return Steady(
            reason=f"{len(complete):,} regions are more than the {_MOST_COMPARED:,} of which every two are compared.",
            left=left,
        )
    say = progress or (lambda *_: None)
    own = np.ascontiguousarray(z[complete])
    first = np.flatnonzero(stability(own, weights).rank == 1)
    rows = _stability(study, basis, own, weights, complete)
    say(1, 3)
    changes = _changes(own, weights, complete)
    say(2, 3)
    bounds = _bounds(own, weights, complete, band)
    ahead = dominance(own)
    say(3, 3)
    return Steady(
        weights=weights,
        left=left,
        leaders=tuple(complete[first].tolist()),
        stability=tuple(rows),
        swaps=tuple(changes),
        bounds=tuple(bounds),
        dominated=ahead.sum(axis=0),
        dominating=ahead.sum(axis=1),
    )


def _stability(
    study: Study, basis: Basis, z: FloatArray, weights: FloatArray, complete: NDArray[np.intp]
) -> list[dict[str, Any]]:
    """Intervals of each weight of an indicator, and of those of the pillars under the root."""
    tree = basis.tree
    output = basis.outputs[study.outputs[0]]
    parts = [(tree.nodes.tolist(), z, weights)]
    children = tree.children[0].tolist()
    if 1 < len(children) < len(tree.nodes):
        inside = output.local.copy()
        inside[children] = 1.0  # each indicator's share of its pillar, also where that has no weight
        below = tree.sums(np.eye(len(tree.nodes)))[:, children] * leaf_shares(tree, inside[None])[0][:, None]
        parts.append((children, z @ below, output.local[children]))
    rows = []
    for nodes, scores, own in parts:
        found = stability(scores, own)
        successor = found.successor if (found.rank == 1).sum() == 1 else _passing(scores, own, found)
        for place, node in enumerate(nodes):
            rows.append(
                {
                    "node": node,
                    "weight": own[place],
                    "leader_low": found.leader[place, 0],
                    "leader_high": found.leader[place, 1],
                    "next_low": _at(successor[place, 0], complete),
                    "next_high": _at(successor[place, 1], complete),
                    "ranking_low": found.ranking[place, 0],
                    "ranking_high": found.ranking[place, 1],
                }
            )
    return rows


def _passing(z: FloatArray, weights: FloatArray, found: Stability) -> NDArray[np.intp]:
    """Return who goes ahead at either end where several lead: one of these if the weight parts them, else the next.

    Shape (weights, 2); -1 where the end is 0 or 1, or the weight cannot move.
    """
    lead, score = found.rank == 1, z @ weights
    passing = np.full(found.leader.shape, -1)
    for place, weight in enumerate(weights.tolist()):
        for end, sign in enumerate((-1, 1)):
            limit = float(found.leader[place, end])
            if weight < 1 and (limit > 0 or sign > 0) and limit < 1:
                there = score + (limit - weight) / (1 - weight) * (z[:, place] - score)
                among = lead if limit == weight else ~lead
                worth = sign * z[:, place] if limit == weight else there
                passing[place, end] = int(np.where(among, worth, -np.inf).argmax())
    return passing


def _at(place: int, complete: NDArray[np.intp]) -> int:
    return -1 if place < 0 else int(complete[place])


def _changes(z: FloatArray, weights: FloatArray, complete: NDArray[np.intp]) -> list[dict[str, Any]]:
    """Smallest changes with which each region reaches the leader, and the next one ahead of it."""
    rows = []
    for of in ("leader", "neighbours"):
        ahead, behind = rivals(z, weights, of=of)
        least = smallest_change(z, weights, ahead, behind)
        relative = smallest_change(z, weights, ahead, behind, measure="relative")
        for place in range(len(ahead)):
            moved = least.weights[place] - weights
            known = bool(least.reachable[place])
            rows.append(
                {
                    "of": of,
                    "region": int(complete[behind[place]]),
                    "reaches": int(complete[ahead[place]]),
                    "sum": least.size[place],
                    "relative": relative.size[place],
                    "more": int(moved.argmax()) if known and moved.max() > 0 else -1,
                    "less": int(moved.argmin()) if known and moved.min() < 0 else -1,
                    "weights": least.weights[place],
                    "reason": "" if known else "worse or equal in every indicator with a weight",
                }
            )
    return rows


def _bounds(
    z: FloatArray, weights: FloatArray, complete: NDArray[np.intp], band: float
) -> list[dict[str, Any]]:
    """Best and worst ranks over a band around the weights, and over all weights."""
    near = polytope(
        z.shape[1], low=np.maximum(weights * (1 - band), 0.0), high=np.minimum(weights * (1 + band), 1.0)
    )
    found = {"_near": _bounded(z, near), "": _bounded(z, None)}
    return [
        {
            "region": int(region),
            **{
                f"{name}{over}": values[place]
                for over, part in found.items()
                for name, values in part.items()
            },
        }
        for place, region in enumerate(complete)
    ]


def _bounded(z: FloatArray, allowed: Polytope | None) -> dict[str, list[Any]]:
    """Return bounds of ranks, ranks that are really attained, and who can be first (None where not asked)."""
    bounds = rank_bounds(z, allowed, most=_MOST_RIVALS if len(z) <= _MOST_SEARCHED else 0)
    doubtful = (bounds.best == 1) & (bounds.best_found > 1)
    first: list[bool | None] = (bounds.best == 1).tolist()
    if doubtful.any():
        told = can_lead(z, allowed).possible.tolist() if len(z) <= _MOST_ASKED else [None] * len(z)
        first = [told[place] if doubtful[place] else known for place, known in enumerate(first)]
    return {
        "best": bounds.best.tolist(),
        "worst": bounds.worst.tolist(),
        "exact": bounds.exact.tolist(),
        "best_found": bounds.best_found.tolist(),
        "worst_found": bounds.worst_found.tolist(),
        "can_lead": first,
    }
