"""What is looked at: the regions of one year, with the scores of every node and the values of every indicator."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from equindex._arrays import BoolArray, FloatArray, IntArray
from equindex.diagnostics import Correlations, correlation
from equindex.scoring import Plan, Scores, Tree

__all__ = ["Group", "Sample"]

METHODS = ("pearson", "spearman", "kendall")


@dataclass(frozen=True, kw_only=True)
class Group:
    """Nodes that are looked at together, and the node they make up."""

    node: int
    basis: str
    items: tuple[int, ...]
    constant: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The regions of one year.

    Attributes
    ----------
    score : ndarray, shape (regions, nodes)
        Scores, higher is better; an indicator's is its normalised value.
    value : ndarray, shape (regions, indicators)
        Values as measured.
    effective : ndarray, shape (nodes,)
        Share of the index that each node has on average over the regions that have one.
    """

    plan: Plan
    year: int
    score: FloatArray
    value: FloatArray
    effective: FloatArray

    @classmethod
    def of(cls, scores: Scores, year: int) -> Sample:
        """Take the rows of one year."""
        assert scores.rolled is not None
        rows, plan = scores.rows(year), scores.plan
        rows = rows[~np.isin(rows, list(scores.screened.out))]
        score = scores.rolled.score[rows]
        used = scores.effective[rows][np.isfinite(score[:, 0])]
        effective = used.mean(axis=0) if len(used) else np.full(score.shape[1], np.nan)
        return cls(
            plan=plan,
            year=year,
            score=score,
            value=scores.panel.x[scores.panel.order[rows]],
            effective=effective,
        )

    @property
    def tree(self) -> Tree:
        """The tree of pillars and indicators."""
        return self.plan.tree

    @property
    def size(self) -> int:
        """Number of regions."""
        return len(self.score)

    @cached_property
    def weight(self) -> FloatArray:
        """Share of the index that each node has by its weight."""
        return self.tree.shares(self.plan.local)

    @cached_property
    def leaves(self) -> IntArray:
        """Node of each indicator, in the order of the tree."""
        return np.flatnonzero(self.tree.leaf >= 0)

    @cached_property
    def varied(self) -> BoolArray:
        """Whether a node has two different scores."""
        low, high = (part.reduce(self.score, axis=0, initial=np.nan) for part in (np.fmin, np.fmax))
        return np.asarray(low < high)

    @cached_property
    def correlations(self) -> dict[str, Correlations]:
        """Correlations of every two nodes, by method."""
        return {method: correlation(self.score, method=method) for method in METHODS}

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The children of every node that has two or more, and all indicators where there are pillars."""
        sets = [(node, "children", inside) for node, inside in enumerate(self.tree.children)]
        if (self.tree.leaf[self.tree.children[0]] < 0).any():
            sets.insert(1, (0, "indicators", self.leaves))
        return tuple(
            Group(
                node=node,
                basis=basis,
                items=tuple(inside[self.varied[inside]].tolist()),
                constant=tuple(inside[~self.varied[inside]].tolist()),
            )
            for node, basis, inside in sets
            if inside.size > 1
        )

    def complete(self, group: Group) -> FloatArray:
        """Return the scores of a group's items in the regions that have them all."""
        score = self.score[:, group.items]
        return score[~np.isnan(score).any(axis=1)]

    def above(self, node: int) -> list[int]:
        """Return the nodes above a node, the nearest first."""
        found = []
        while (node := int(self.tree.parent[node])) >= 0:
            found.append(node)
        return found

    def common(self, nodes: tuple[int, ...]) -> int:
        """Return the lowest node above all of these."""
        paths = [self.above(node) for node in nodes]
        return next(node for node in paths[0] if all(node in path for path in paths))
