"""Tidy rows of what the kernels measure."""

from __future__ import annotations

from typing import Any

import numpy as np

from equindex import diagnostics
from equindex.coherence.measure import METHODS, Group, Sample
from equindex.errors import DomainError

__all__ = [
    "adequacy_rows",
    "component_rows",
    "correlation_rows",
    "importance_rows",
    "loading_rows",
    "parent_rows",
    "reliability_rows",
]

Row = dict[str, Any]


def correlation_rows(sample: Sample) -> list[Row]:
    """Correlate every two indicators."""
    tree, rows = sample.tree, []
    for place, a in enumerate(sample.leaves.tolist()):
        for b in sample.leaves[place + 1 :].tolist():
            same = tree.parent[a] == tree.parent[b]
            rows.append(
                {
                    "node": tree.ids[a],
                    "node_name": tree.names[a],
                    "other": tree.ids[b],
                    "other_name": tree.names[b],
                    "relation": "siblings" if same else "apart",
                    **_correlated(sample, a, b),
                }
            )
    return rows


def parent_rows(sample: Sample) -> list[Row]:
    """Correlate every node with those above it."""
    tree = sample.tree
    return [
        {
            "node": tree.ids[node],
            "node_name": tree.names[node],
            "level": tree.levels[node],
            "ancestor": tree.ids[up],
            "ancestor_name": tree.names[up],
            **_correlated(sample, node, up),
        }
        for node in range(1, len(tree.ids))
        for up in sample.above(node)
    ]


def _correlated(sample: Sample, a: int, b: int) -> Row:
    found = {method: sample.correlations[method].r[a, b] for method in METHODS}
    return {**found, "n": int(sample.correlations["pearson"].n[a, b])}


def _named(sample: Sample, group: Group) -> Row:
    return {
        "node": sample.tree.ids[group.node],
        "node_name": sample.tree.names[group.node],
        "basis": group.basis,
    }


def _item(sample: Sample, item: int | None) -> Row:
    return {
        "item": "" if item is None else sample.tree.ids[item],
        "item_name": "" if item is None else sample.tree.names[item],
    }


def _constant(sample: Sample, group: Group, blank: Row) -> list[Row]:
    """Rows of the items that nothing can be said about."""
    return [
        {**_named(sample, group), **_item(sample, item), **blank, "reason": "constant, or not measured"}
        for item in group.constant
    ]


def reliability_rows(sample: Sample) -> list[Row]:
    """Cronbach's alpha of every group, and without each of its items."""
    rows: list[Row] = []
    for group in sample.groups:
        head, scores = _named(sample, group), sample.complete(group)
        try:
            raw = diagnostics.alpha(scores)
            standardised = diagnostics.alpha(scores, standardised=True)
        except DomainError as error:
            blank = {"n": len(scores), "reason": str(error)}
            rows.append({**head, **_item(sample, None), **blank})
        else:
            whole = {"alpha": raw.alpha, "standardised": standardised.alpha, "n": raw.n, "reason": ""}
            rows.append({**head, **_item(sample, None), **whole})
            rows += [
                {
                    **head,
                    **_item(sample, item),
                    "alpha": raw.deleted[place],
                    "standardised": standardised.deleted[place],
                    "rest": raw.rest[place],
                    "n": raw.n,
                    "reason": "" if len(group.items) > 2 else "one is left without it",
                }
                for place, item in enumerate(group.items)
            ]
        rows += _constant(sample, group, {"n": len(scores)})
    return rows


def adequacy_rows(sample: Sample) -> list[Row]:
    """KMO and Bartlett's test of every group."""
    rows: list[Row] = []
    for group in sample.groups:
        head, scores = _named(sample, group), sample.complete(group)
        whole: Row = {**head, **_item(sample, None), "n": len(scores), "reason": ""}
        try:
            r = diagnostics.correlation(scores).r
            found = diagnostics.kmo(r)
        except DomainError as error:
            rows.append({**whole, "reason": str(error)})
        else:
            try:
                test = diagnostics.bartlett(r, len(scores))
                whole |= {"chi2": float(test.chi2), "df": test.df, "p": float(test.p)}
            except DomainError as error:
                whole["reason"] = str(error)
            rows.append({**whole, "kmo": float(found.overall)})
            rows += [
                {**head, **_item(sample, item), "kmo": value, "n": len(scores), "reason": ""}
                for item, value in zip(group.items, found.items.tolist(), strict=True)
            ]
        rows += _constant(sample, group, {"n": len(scores)})
    return rows


def component_rows(sample: Sample) -> list[Row]:
    """Eigenvalues of every group."""
    rows: list[Row] = []
    for group in sample.groups:
        head: Row = {**_named(sample, group), "n": len(sample.complete(group))}
        try:
            found = _components(sample, group)
        except DomainError as error:
            rows.append({**head, "reason": str(error)})
            continue
        rows += [
            {
                **head,
                "component": place + 1,
                "eigenvalue": found.eigenvalues[place],
                "share": found.shares[place],
                "cumulative": found.shares[: place + 1].sum(),
                "reason": "",
            }
            for place in range(len(group.items))
        ]
    return rows


def loading_rows(sample: Sample) -> list[Row]:
    """Correlations of every item with every component."""
    rows: list[Row] = []
    for group in sample.groups:
        try:
            loadings = _components(sample, group).loadings
        except DomainError:
            continue  # the table of components says why
        rows += [
            {
                **_named(sample, group),
                "component": place + 1,
                **_item(sample, item),
                "loading": loadings[line, place],
            }
            for place in range(len(group.items))
            for line, item in enumerate(group.items)
        ]
    return rows


def _components(sample: Sample, group: Group) -> diagnostics.Components:
    return diagnostics.pca(diagnostics.correlation(sample.complete(group)).r)


def importance_rows(sample: Sample) -> list[Row]:
    """Weight and main effect of every node, and their shares among all indicators, or among the top pillars."""
    tree = sample.tree
    found = diagnostics.main_effects(sample.score, sample.score[:, 0])
    effect = found.smooth if np.isfinite(found.smooth[sample.varied]).all() else found.linear
    rows: list[Row] = []
    for node in range(1, len(tree.ids)):
        peers = sample.leaves if tree.leaf[node] >= 0 else tree.children[0]
        among = bool((peers == node).any())
        weight = sample.weight[node] / sample.weight[peers].sum() if among else np.nan
        total = np.nansum(effect[peers])
        share = effect[node] / total if among and total > 0 else np.nan
        rows.append(
            {
                "node": tree.ids[node],
                "node_name": tree.names[node],
                "level": tree.levels[node],
                "parent": tree.ids[tree.parent[node]],
                "weight": sample.weight[node],
                "effective": sample.effective[node],
                "linear": found.linear[node],
                "smooth": found.smooth[node],
                "n": int(found.n[node]),
                "weight_share": weight,
                "importance_share": share,
                "ratio": share / weight if weight > 0 else np.nan,
            }
        )
    return rows
