"""The tree of pillars and indicators: its weights, and how leaf values roll up it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from inspect import Parameter

import numpy as np
from numpy.typing import NDArray

from equindex import aggregate
from equindex._arrays import BoolArray, FloatArray
from equindex.errors import DomainError, FrameworkError, MethodError, nearest
from equindex.model import ROOT, FrameworkFile, MethodCall, Missing, WeightSet

__all__ = ["Rolled", "Tree", "scale_within", "weights_from_leaves", "weights_from_set"]

_ROUNDING = 1e-9  # a coverage this far below the limit is still at the limit


@dataclass(frozen=True)
class Tree:
    """Nodes depth first, the root first; `leaf` is the indicator's position in the framework, else -1."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    parent: NDArray[np.intp]
    leaf: NDArray[np.intp]

    @classmethod
    def of(cls, model: FrameworkFile) -> Tree:
        """Build the tree of a framework; children stand in file order, pillars before indicators."""
        pillars = {pillar.id: pillar for pillar in model.pillar}
        ids: list[str] = []
        names: list[str] = []
        parents: list[int] = []
        leaves: list[int] = []

        def add(node: str, name: str, parent: int, leaf: int) -> int:
            ids.append(node)
            names.append(name or node)
            parents.append(parent)
            leaves.append(leaf)
            return len(ids) - 1

        def descend(node: str, position: int) -> None:
            for child in pillars.values():
                if child.parent == node:
                    descend(child.id, add(child.id, child.name or child.name_en, position, -1))
            for leaf, indicator in enumerate(model.indicator):
                if indicator.pillar == node:
                    add(indicator.id, indicator.name or indicator.name_en, position, leaf)

        descend(ROOT, add(ROOT, model.title or model.title_en, -1, -1))
        return cls(tuple(ids), tuple(names), np.array(parents), np.array(leaves))

    @cached_property
    def children(self) -> tuple[NDArray[np.intp], ...]:
        """Positions of each node's children."""
        return tuple(np.flatnonzero(self.parent == node) for node in range(len(self.ids)))

    @cached_property
    def nodes(self) -> NDArray[np.intp]:
        """Node of each indicator, in the framework's order."""
        return np.argsort(np.where(self.leaf < 0, len(self.ids), self.leaf), kind="stable")[
            : (self.leaf >= 0).sum()
        ]

    @cached_property
    def depth(self) -> NDArray[np.intp]:
        """Distance from the root, which is 0."""
        depth = np.zeros(len(self.ids), dtype=np.intp)
        for node in range(1, len(self.ids)):
            depth[node] = depth[self.parent[node]] + 1
        return depth

    @cached_property
    def levels(self) -> tuple[str, ...]:
        """``index``, ``pillar`` or ``indicator`` for each node."""
        return tuple(
            "indicator" if leaf >= 0 else "index" if node == 0 else "pillar"
            for node, leaf in enumerate(self.leaf)
        )

    @cached_property
    def paths(self) -> NDArray[np.intp]:
        """Pillars above each indicator from the top down, shape (levels, indicators), -1 below the last."""
        above: list[list[int]] = []
        for node in self.nodes:
            path: list[int] = []
            at = int(self.parent[node])
            while at > 0:
                path.insert(0, at)
                at = int(self.parent[at])
            above.append(path)
        levels = max((len(path) for path in above), default=0)
        padded = [[*path, *[-1] * (levels - len(path))] for path in above]
        return np.array(padded, dtype=np.intp).reshape(len(above), levels).T

    def sums(self, leaves: FloatArray) -> FloatArray:
        """Sum leaf numbers of shape (..., indicators) up the tree, giving (..., nodes)."""
        total = np.zeros((*leaves.shape[:-1], len(self.ids)))
        total[..., self.nodes] = leaves
        for node in range(len(self.ids) - 1, 0, -1):
            total[..., self.parent[node]] += total[..., node]
        return total

    def shares(self, local: FloatArray) -> FloatArray:
        """Multiply local weights down the tree: each node's share of the root."""
        share = np.ones(len(self.ids))
        for node in range(1, len(self.ids)):
            share[node] = share[self.parent[node]] * local[node]
        return share

    def roll_up(
        self,
        leaves: FloatArray,
        local: FloatArray,
        missing: Missing,
        calls: Sequence[MethodCall] | None = None,
        spans: Sequence[slice] | None = None,
        fill: Callable[[int, FloatArray], FloatArray] | None = None,
    ) -> Rolled:
        """Aggregate leaf values of shape (rows, indicators) to every node.

        Parameters
        ----------
        leaves : ndarray, shape (rows, indicators)
            Scores of the indicators, NaN where missing.
        local : ndarray, shape (nodes,)
            Weights within the parent, summing to 1 over siblings.
        missing : Missing
            The rule, and the least coverage at every parent.
        calls : sequence of MethodCall, optional
            The aggregation of each node; arithmetic when left out.
        spans : sequence of slice, optional
            The rows of each year: methods that compare regions compare those of one year. All rows when left out.
        fill : callable, optional
            ``fill(node, score)`` returns the scores of a pillar with what it imputes.

        Returns
        -------
        Rolled
            Scores and coverage of shape (rows, nodes). Coverage is the share of the weight of a node's
            indicators that its score really uses; an imputed score is covered.

        Raises
        ------
        DomainError
            If a score does not suit the aggregation, with the node in a note.
        """
        score = np.full((leaves.shape[0], len(self.ids)), np.nan)
        score[:, self.nodes] = leaves
        complete = not np.isnan(leaves.sum())
        coverage = np.ones(score.shape) if complete else np.isfinite(score).astype(float)
        filled = None if fill is None else np.zeros(score.shape, dtype=bool)
        for node in range(len(self.ids) - 1, -1, -1):
            inside = self.children[node]
            if not inside.size:
                continue
            weight = local[inside]
            call = calls[node] if calls else MethodCall(name="arithmetic")
            method = aggregate.methods.get(call.name)
            relative = method.traits.get("relative", False)
            part = np.ascontiguousarray(score[:, inside])
            thin = None
            if not complete:
                used = np.where(np.isnan(part), 0.0, coverage[:, inside])
                coverage[:, node] = np.minimum(used @ weight, 1.0)
                if missing.rule == "reweight":
                    thin = coverage[:, node] < missing.min_coverage - _ROUNDING
                    if relative:
                        part[thin] = np.nan  # nobody is compared with a region that has no score
            for rows in spans if relative and spans is not None else [slice(None)]:
                try:
                    score[rows, node] = method.function(
                        part[rows], weight, missing=missing.rule, **call.options
                    )
                except DomainError as error:
                    error.node = node
                    error.positions = tuple(
                        (*index, None if row is None else row + (rows.start or 0), column)
                        for *index, row, column in error.positions
                    )
                    raise
            if thin is not None:
                score[thin, node] = np.nan
            if fill is not None and filled is not None and node:
                whole = fill(node, score[:, node])
                filled[:, node] = np.isnan(score[:, node]) & ~np.isnan(whole)
                score[:, node], coverage[filled[:, node], node] = whole, 1.0
        return Rolled(score, coverage, filled)

    def check(self, calls: Sequence[MethodCall]) -> None:
        """Refuse calls without the options they need, and parents of children on different scales.

        Raises
        ------
        FrameworkError
            Naming the node.
        """
        for node, inside in enumerate(self.children):
            if not inside.size:
                continue
            method = aggregate.methods.get(calls[node].name)
            for option, default in method.options.items():
                if default is Parameter.empty and option not in calls[node].options:
                    raise MethodError(
                        f"in {self.ids[node]!r}: {calls[node].name} needs the option {option!r}, as in "
                        f'aggregate = {{ name = "{calls[node].name}", {option} = ... }}.'
                    )
            own = [
                child
                for child in inside
                if self.leaf[child] < 0 and aggregate.methods.get(calls[child].name).traits.get("scale")
            ]
            mixed = len({calls[child].name for child in own}) > 1 or 0 < len(own) < len(inside)
            if mixed and not method.traits.get("ordinal"):
                kinds = ", ".join(f"{self.ids[child]!r} by {calls[child].name}" for child in own)
                raise FrameworkError(
                    f"the parts of {self.ids[node]!r} are on different scales: {kinds}, beside others. Aggregate "
                    f"all of them alike, or {self.ids[node]!r} by copeland or borda, which only ask who is ahead."
                )

    def effective(
        self,
        score: FloatArray,
        local: FloatArray,
        own: Mapping[int, FloatArray] | None = None,
        filled: BoolArray | None = None,
    ) -> FloatArray:
        """Share of the root that each node really has in each row, after reweighting; 0 where unused.

        `own` are weights that each row has of its own for a node's children, of shape (rows, children). What stands
        below a pillar whose score was imputed, as `filled` says, is not used.
        """
        share = np.zeros(score.shape)
        share[:, 0] = np.isfinite(score[:, 0])
        for node, inside in enumerate(self.children):
            if inside.size:
                weight = (own or {}).get(node, local[inside])
                present = np.where(np.isfinite(score[:, inside]), weight, 0.0)
                total = present.sum(axis=1, keepdims=True)
                above = share[:, [node]]
                if filled is not None:
                    above = np.where(filled[:, [node]], 0.0, above)
                share[:, inside] = above * np.divide(
                    present, total, out=np.zeros_like(present), where=total > 0
                )
        return share

    def imputed(self, cells: BoolArray | None, rolled: Rolled, local: FloatArray) -> FloatArray | None:
        """Share of what each node's score rests on that was imputed: weights as after reweighting, 0 if unscored.

        Parameters
        ----------
        cells : ndarray of bool, shape (rows, indicators), or None
            Where a value was imputed.
        rolled : Rolled
            Scores, NaN where missing, and which of pillars were imputed.
        local : ndarray, shape (nodes,)
            Weights within the parent.

        Returns
        -------
        ndarray, shape (rows, nodes), or None
            None where neither values nor scores are imputed.
        """
        if cells is None and rolled.filled is None:
            return None
        score, share = rolled.score, np.zeros(rolled.score.shape)
        if cells is not None:
            share[:, self.nodes] = cells
        for node in range(len(self.ids) - 1, -1, -1):
            inside = self.children[node]
            if inside.size:
                present = np.where(np.isfinite(score[:, inside]), local[inside], 0.0)
                total = np.where(np.isfinite(score[:, node]), present.sum(axis=1), 0.0)
                part = (present * share[:, inside]).sum(axis=1)
                share[:, node] = np.divide(part, total, out=np.zeros_like(part), where=total > 0)
            if rolled.filled is not None:
                share[rolled.filled[:, node], node] = 1.0
        return share


@dataclass(frozen=True, slots=True)
class Rolled:
    """Scores and coverage of every node, shape (rows, nodes), and where a score was imputed, if any can be."""

    score: FloatArray
    coverage: FloatArray
    filled: BoolArray | None = None


def scale_within(tree: Tree, weights: FloatArray) -> FloatArray:
    """Scale node weights so that they sum to 1 within each parent; all zero becomes equal."""
    local = np.ones(len(tree.ids))
    for inside in tree.children:
        if inside.size:
            total = weights[inside].sum()
            local[inside] = weights[inside] / total if total > 0 else 1 / inside.size
    return local


def weights_from_leaves(tree: Tree, leaves: FloatArray) -> FloatArray:
    """Turn shares of the root, shape (indicators,), into local weights of every node."""
    return scale_within(tree, tree.sums(leaves))


def weights_from_set(tree: Tree, weights: WeightSet) -> tuple[FloatArray, float]:
    """Read a weight set.

    Returns
    -------
    local : ndarray, shape (nodes,)
        Weights within each parent.
    total : float
        What the root's weights sum to: 1, unless a global set is kept as printed (``scale = false``).

    Raises
    ------
    FrameworkError
        For unknown nodes, nodes left out where siblings are named, and sums that are neither 1 nor 100.
    """
    position = {name: node for node, name in enumerate(tree.ids)}
    faults = [
        f"no node {name!r}. {nearest(name, tree.ids)}" for name in weights.weights if name not in position
    ]
    given = np.full(len(tree.ids), np.nan)
    for name, value in weights.weights.items():
        if name in position:
            given[position[name]] = value
    if weights.scope == "global":
        is_leaf = tree.leaf >= 0
        named = [tree.ids[node] for node in np.flatnonzero(np.isfinite(given) & ~is_leaf)]
        absent = [tree.ids[node] for node in np.flatnonzero(np.isnan(given) & is_leaf)]
        faults += [f"{name!r} is a pillar; a global set gives leaves only." for name in named]
        faults += [f"indicator {name!r} has no weight." for name in absent]
    else:
        for inside in tree.children:
            named_here = np.isfinite(given[inside])
            if named_here.any():
                left_out = [tree.ids[node] for node in inside[~named_here]]
                faults += [f"{name!r} is left out although its siblings are named." for name in left_out]
    if not faults and weights.scope == "global" and not np.nansum(given) > 0:
        faults.append("all weights are zero. Give one a weight above 0.")
    if not faults and weights.scope == "local":
        zero = [
            node for node, inside in enumerate(tree.children) if inside.size and np.nansum(given[inside]) == 0
        ]
        zero = [node for node in zero if np.isfinite(given[tree.children[node]]).any()]
        faults += [
            f"the weights inside {tree.ids[node]!r} are all zero. Give one a weight above 0." for node in zero
        ]
    if faults:
        raise FrameworkError(f"weight set {weights.id!r}: " + "\n  ".join(faults))
    if weights.scope == "local":
        return scale_within(tree, np.nan_to_num(given)), 1.0
    leaves = given[tree.nodes]
    return weights_from_leaves(tree, leaves), 1.0 if weights.scale else _printed_total(
        weights, float(leaves.sum())
    )


def _printed_total(weights: WeightSet, total: float) -> float:
    for whole in (1.0, 100.0):
        if abs(total / whole - 1) <= 0.02:
            return total / whole
    raise FrameworkError(
        f"weight set {weights.id!r}: scale = false keeps weights as printed, so they must sum to 1 or to 100 "
        f"but for rounding; they sum to {total:.6g}. Mend them, or remove scale."
    )
