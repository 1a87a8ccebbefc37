"""What is counted more than once, with the labels of the framework."""

from __future__ import annotations

from typing import Any

import numpy as np

from equindex import diagnostics
from equindex._arrays import BoolArray, FloatArray
from equindex.coherence.measure import Sample

__all__ = ["redundancy_rows"]

Row = dict[str, Any]


def redundancy_rows(sample: Sample, limit: float, fewest: int) -> list[Row]:
    """Find indicators that move as one, parts of others, and combinations of others.

    `correlation` is the one nearest to 0 of the indicators named; `low` and `high` are those of the group
    (together), or the share of the whole that its parts make up over the regions (part), or the share of variance
    that the others explain (combination). Correlations of fewer than `fewest` regions link nothing.
    """
    return [*_together(sample, limit, fewest), *_parts(sample, limit), *_combinations(sample)]


def _row(sample: Sample, kind: str, nodes: tuple[int, ...], *, whole: int | None = None, **more: Any) -> Row:
    tree = sample.tree
    node = sample.common(nodes if whole is None else (*nodes, whole))
    return {
        "kind": kind,
        "node": tree.ids[node],
        "node_name": tree.names[node],
        "items": ", ".join(tree.ids[item] for item in nodes),
        "whole": "" if whole is None else tree.ids[whole],
        "weight": float(sample.weight[list(nodes)].sum()),
        **more,
    }


def _together(sample: Sample, limit: float, fewest: int) -> list[Row]:
    leaves, found = sample.leaves, sample.correlations["pearson"]
    pairs = np.ix_(leaves, leaves)
    alike = np.where(found.n[pairs] >= fewest, np.maximum(found.r[pairs], 0.0), np.nan)
    rows = []
    for group in diagnostics.together(alike, limit=limit):
        nodes = tuple(leaves[list(group)].tolist())
        pairs = np.ix_(nodes, nodes)
        upper = np.triu_indices(len(nodes), 1)
        r, n = found.r[pairs][upper], found.n[pairs][upper]
        low, high = float(np.nanmin(r)), float(np.nanmax(r))
        rows.append(_row(sample, "together", nodes, correlation=low, low=low, high=high, n=int(n.min())))
    return rows


def _parts(sample: Sample, limit: float) -> list[Row]:
    leaves = sample.leaves
    columns = sample.tree.leaf[leaves]
    value = sample.value[:, columns]
    units = [sample.plan.model.indicator[column].unit or "" for column in columns]
    inside = diagnostics.contained(value, limit=limit)
    inside &= np.array([[bool(a) and a == b for b in units] for a in units], dtype=bool)
    top = ~inside.any(axis=1)  # parts of nothing larger
    rows = []
    for whole in np.flatnonzero(top & inside.any(axis=0)):
        parts = np.flatnonzero(inside[:, whole])
        r = diagnostics.correlation(value[:, [whole, *parts]]).r[0, 1:]
        for chosen in _added(value, parts, int(whole)):
            share, n = _share(value, chosen, int(whole))
            rows.append(
                _row(
                    sample,
                    "part",
                    tuple(leaves[chosen].tolist()),
                    whole=int(leaves[whole]),
                    correlation=float(r[np.isin(parts, chosen)].min()),
                    low=float(share.min()),
                    high=float(share.max()),
                    n=n,
                )
            )
    return rows


def _added(value: FloatArray, parts: Any, whole: int) -> list[Any]:
    """All parts at once where they fit into the whole beside each other, else each by itself."""
    share, _ = _share(value, parts, whole)
    if len(share) and share.max() <= 1 + 1e-12:
        return [parts]
    return [np.array([part]) for part in parts]


def _share(value: FloatArray, parts: Any, whole: int) -> tuple[FloatArray, int]:
    """Return what share of the whole the parts are, where it is above 0, and in how many regions all are known."""
    rows = value[:, [whole, *parts]]
    rows = rows[~np.isnan(rows).any(axis=1)]
    above = rows[rows[:, 0] > 0]
    return above[:, 1:].sum(axis=1) / above[:, 0], len(rows)


def _combinations(sample: Sample) -> list[Row]:
    leaves: Any = sample.leaves[sample.varied[sample.leaves]]
    score = sample.score[:, leaves]
    rows = score[~np.isnan(score).any(axis=1)]
    if not len(rows):
        return []
    varied: BoolArray = np.asarray((rows != rows[0]).any(axis=0))
    leaves, rows = leaves[varied], rows[:, varied]
    if len(leaves) < 2:
        return []
    found = diagnostics.dependence(rows)
    sets = [tuple(leaves[list(group)].tolist()) for group in found.sets]
    exact = {node for group in sets for node in group}
    said = [
        _row(sample, "combination", group, correlation=None, low=1.0, high=1.0, n=found.n) for group in sets
    ]
    for node, explained in zip(leaves.tolist(), found.explained.tolist(), strict=True):
        if node not in exact and np.isfinite(explained):
            more = {"correlation": None, "low": explained, "high": explained, "n": found.n}
            said.append(_row(sample, "explained", (node,), **more))
    return said
