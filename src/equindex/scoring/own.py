"""Weights that each region has of its own, where a node is aggregated by benefit of the doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from equindex import aggregate
from equindex._arrays import BoolArray, FloatArray
from equindex._frontier import frontier
from equindex.scoring.plan import Plan
from equindex.scoring.tree import Rolled

if TYPE_CHECKING:
    import pandas as pd

    from equindex.scoring.results import Scores

__all__ = ["OwnWeights", "own_table", "own_weights"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWeights:
    """Weights of a node's children in each row, and their parts in its score; NaN where unscored.

    Where `unique` is False, other weights give the same score. A region with nothing but 0 has the framework's.
    """

    weights: FloatArray
    shares: FloatArray
    unique: BoolArray


def own_weights(plan: Plan, rolled: Rolled, spans: Sequence[slice]) -> dict[int, OwnWeights]:
    """Find the weights behind scores that were not imputed, by node; those of a year together."""
    inner = rolled.score
    score = inner if rolled.filled is None else np.where(rolled.filled, np.nan, inner)
    found: dict[int, OwnWeights] = {}
    for node, inside in enumerate(plan.tree.children):
        call = plan.calls[node]
        if not inside.size or not aggregate.methods.get(call.name).traits.get("own_weights"):
            continue
        local, used = plan.local[inside], plan.local[inside] > 0
        options = dict(call.options)
        for name in {"low", "high"} & set(options):
            if np.ndim(options[name]):
                options[name] = np.asarray(options[name])[used]
        weights, shares = (
            np.full((len(score), len(inside)), np.nan),
            np.full((len(score), len(inside)), np.nan),
        )
        unique = np.zeros(len(score), dtype=bool)
        for span in spans:
            at = span.start + np.flatnonzero(np.isfinite(score[span, node]))
            part = frontier(np.nan_to_num(inner[np.ix_(at, inside[used])]), **options)
            nothing = np.isnan(part.weights).any(axis=1, keepdims=True)
            sums = part.weights.sum(axis=1, keepdims=True)
            weights[at], shares[at], unique[at] = 0.0, 0.0, part.unique
            weights[np.ix_(at, used)] = np.where(nothing, local[used], part.weights / sums)
            shares[np.ix_(at, used)] = np.where(nothing, local[used], part.shares)
        found[node] = OwnWeights(weights=weights, shares=shares, unique=unique)
    return found


def own_table(scores: Scores) -> pd.DataFrame:
    """Return the tidy `region_weights` table: a row for each region, year, node and child."""
    import pandas as pd

    panel, tree, parts = scores.panel, scores.plan.tree, []
    shown = [
        row
        for year in panel.rows_of
        if scores.years is None or year in scores.years
        for row in scores.rows(year)
    ]
    rows = panel.order[shown]
    for node, own in scores.own.items():
        inside = tree.children[node]
        columns = {
            "region": [panel.regions[code] for code in panel.region[rows]],
            "region_name": [panel.region_names[code] for code in panel.region[rows]],
            "year": panel.year[rows],
            "parent": tree.ids[node],
        }
        for place, child in enumerate(inside):
            found = {
                "weight": own.weights[shown, place],
                "share": own.shares[shown, place],
                "unique": own.unique[shown],
            }
            named = {"node": tree.ids[child], "node_name": tree.names[child]}
            parts.append(pd.DataFrame(columns | named | found).assign(at=np.arange(len(shown))))
    if not parts:
        return pd.DataFrame()
    frame = pd.concat(parts, ignore_index=True)
    frame = frame[frame["weight"].notna()].sort_values(["at"], kind="stable")
    return frame.drop(columns="at").reset_index(drop=True)
