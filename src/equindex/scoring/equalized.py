"""E, each region against a reference, and D, how even the whole is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equindex import equalization
from equindex._arrays import FloatArray
from equindex.errors import FrameworkError
from equindex.model import Equalization, MethodCall, RegionReference
from equindex.schema import Panel
from equindex.scoring.plan import Plan
from equindex.scoring.tidy import unscored
from equindex.scoring.tree import Rolled

__all__ = [
    "Equalized",
    "check_scores",
    "degrees",
    "equalize",
    "inequality",
    "inequality_of",
    "percent_columns",
    "rolled_degrees",
]

_PERCENT = ("%", "％", "百分比", "percent")  # units whose shortfall to 100 means something
_SPLIT = ("gini", "theil_t", "theil_l", "ge")


@dataclass(frozen=True, slots=True, kw_only=True)
class Equalized:
    """E of every node, shape (rows, nodes), and the reference of every leaf, shape (rows, indicators)."""

    kind: str
    rolled: Rolled
    reference: FloatArray


def called(wanted: Equalization) -> list[MethodCall]:
    """Return the measures that are asked for, that of the degree among them."""
    calls = [*wanted.measures, MethodCall(name=wanted.degree)]
    return list({call.label: call for call in calls}.values())


def references(plan: Plan, panel: Panel) -> dict[str, FloatArray]:
    """Measure the reference of every indicator in every year, shape (indicators,) under the year."""
    wanted = plan.model.equalization
    assert wanted is not None
    kind, found = _kind(wanted, panel), {}
    if kind == "weighted_mean" and not _weighted(panel):
        raise FrameworkError(
            'equalization.reference = "weighted_mean" needs a population. Add the column to the regions table.'
        )
    for year, rows in panel.rows_of.items():
        x = panel.x[rows]
        if isinstance(wanted.reference, RegionReference):
            assert panel.scored is not None
            at = np.flatnonzero(~panel.scored & (panel.year == year))
            line = panel.x[at[0]].copy() if at.size else np.full(x.shape[1], np.nan)
        elif kind == "standard":
            line = np.array([np.nan if i.standard is None else i.standard for i in plan.model.indicator])
        elif kind == "weighted_mean":
            weights = np.column_stack([_population(panel, column)[rows] for column in range(x.shape[1])])
            line = equalization.reference(x, kind, population=weights, direction=plan.direction)[0]
        else:
            line = equalization.reference(x, kind, direction=plan.direction)[0]
        found[str(year)] = line
    return found


def equalize(plan: Plan, panel: Panel, known: Mapping[str, FloatArray]) -> Equalized:
    """Hold every scored row against the reference of its year and roll the result up the tree."""
    wanted = plan.model.equalization
    assert wanted is not None
    order = panel.order
    lines = np.empty((len(order), panel.x.shape[1]))
    start = 0
    for year, rows in panel.rows_of.items():
        lines[start : start + len(rows)] = known[str(year)]
        start += len(rows)
    e = equalization.to_reference(panel.x[order], lines, plan.direction)
    e[:, [i.direction == "interval" for i in plan.model.indicator]] = np.nan
    return Equalized(
        kind=_kind(wanted, panel), rolled=plan.tree.roll_up(e, plan.local, plan.missing), reference=lines
    )


def why_unequalized(
    plan: Plan, panel: Panel, found: Equalized, rows: NDArray[np.intp], column: int
) -> list[str]:
    """Say of each of these rows of the panel's order why an indicator has no E."""
    at, line = panel.order[rows], found.reference[rows, column]
    said = np.where(line <= 0, "reference is not above 0", "negative value").astype(object)
    said[np.isnan(line)] = "no reference value"
    if plan.model.indicator[column].direction == "interval":
        said[:] = "an interval indicator has no best end to compare with"
    missing = np.isnan(panel.x[at, column])
    said[missing] = panel.reasons_of(at[missing], column)
    return list(said)


def _kind(wanted: Equalization, panel: Panel) -> str:
    if isinstance(wanted.reference, RegionReference):
        return f"region {wanted.reference.region}"
    return wanted.reference or ("weighted_mean" if _weighted(panel) else "mean")


def _weighted(panel: Panel) -> bool:
    return panel.population is not None or len(panel.populations) == panel.x.shape[1]


def _population(panel: Panel, column: int) -> FloatArray:
    found = panel.populations.get(column, panel.population)
    return np.ones(len(panel.region)) if found is None else found


def inequality(plan: Plan, panel: Panel, rolled: Rolled | None) -> list[dict[str, Any]]:
    """Measure the evenness of every indicator in every year, its degree up the tree, and the groups' part.

    Returns
    -------
    list of dict
        Rows of the `inequality` table: an undefined measure is NaN with a reason.
    """
    wanted = plan.model.equalization
    assert wanted is not None
    rows: list[dict[str, Any]] = []
    calls = called(wanted)
    start = 0
    for year, at in panel.rows_of.items():
        leaves = plan.tree.nodes
        weights = [panel.populations.get(column, panel.population) for column in range(panel.x.shape[1])]
        population = [None if w is None else w[at] for w in weights]
        _measures(plan, rows, year, calls, panel.x[at], leaves, population, "values", _codes(panel, at))
        if "shortfall" in wanted.basis:
            percent = percent_columns(plan)
            short = equalization.shortfall(panel.x[at][:, percent])
            held = [population[k] for k in percent]
            _measures(plan, rows, year, calls, short, leaves[percent], held, "shortfall", _codes(panel, at))
        if "scores" in wanted.basis:
            check_scores(plan)
            assert rolled is not None
            inner = np.arange(rolled.score.shape[1])
            score = rolled.score[start : start + len(at)]
            shared = None if panel.population is None else panel.population[at]
            _measures(
                plan, rows, year, calls, score, inner, [shared] * len(inner), "scores", _codes(panel, at)
            )
        start += len(at)
    return rows


def percent_columns(plan: Plan) -> list[int]:
    """Return the indicators whose shortfall to 100 means something."""
    return [k for k, i in enumerate(plan.model.indicator) if i.unit.strip() in _PERCENT]


def check_scores(plan: Plan) -> None:
    """Refuse the inequality of scores that can be 0 or below."""
    if not plan.composite or not plan.bounds or plan.bounds[0] <= 0:
        raise FrameworkError(
            'equalization.basis = "scores" needs scores above 0, such as minmax with lower = 1; '
            "inequality of scores that can be 0 or below means nothing."
        )


def inequality_of(
    plan: Plan,
    year: int,
    x: FloatArray,
    nodes: Any,
    population: list[FloatArray | None],
    basis: str,
    groups: Mapping[str, tuple[Any, tuple[str, ...]]],
) -> list[dict[str, Any]]:
    """Measure the evenness of some columns of one year, which stand at `nodes`, as `inequality` does of all."""
    assert plan.model.equalization is not None
    rows: list[dict[str, Any]] = []
    _measures(plan, rows, year, called(plan.model.equalization), x, nodes, population, basis, groups)
    return rows


def rolled_degrees(plan: Plan, year: int, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the degrees of pillars and index from those of all indicators, measured in parts."""
    found: dict[tuple[str, bool], dict[str, float]] = {}
    for row in rows:
        if row["part"] == "degree" and row["basis"] == "values" and row["level"] == "indicator":
            found.setdefault((row["measure"], row["weighted"]), {})[row["node"]] = row["value"]
    return [
        row
        for (name, weighted), by_leaf in found.items()
        for row in _degrees(plan, year, name, weighted, np.array([by_leaf[leaf] for leaf in plan.leaves]))
    ]


def _codes(panel: Panel, at: Any) -> dict[str, tuple[Any, tuple[str, ...]]]:
    return {name: (codes[at], labels) for name, (codes, labels) in panel.groups.items()}


def _measures(
    plan: Plan,
    rows: list[dict[str, Any]],
    year: int,
    calls: Sequence[MethodCall],
    x: FloatArray,
    nodes: Any,
    population: list[FloatArray | None],
    basis: str,
    groups: Mapping[str, tuple[Any, tuple[str, ...]]],
) -> None:
    """Measure columns of `x`, which stand at `nodes`, unweighted and weighted."""
    columns = np.ascontiguousarray(x.T)
    for weighted in (False, True):
        if weighted and any(p is None for p in population):
            continue
        weights = np.array(population) if weighted else None
        present = np.isfinite(columns) if weights is None else np.isfinite(columns) & (weights > 0)
        for call in calls:
            if weighted or not _needs_population(call):
                rows += _measured(plan, year, call, columns, nodes, weights, present, basis)
            if call.name in _SPLIT and not call.options.get("corrected"):
                for by, (codes, labels) in groups.items():
                    rows += _split(plan, year, call, basis, columns, nodes, weights, by, codes, labels)


def _measured(
    plan: Plan,
    year: int,
    call: MethodCall,
    columns: FloatArray,
    nodes: Any,
    weights: FloatArray | None,
    present: Any,
    basis: str,
) -> list[dict[str, Any]]:
    """Apply one measure to every column; its degree goes up the tree."""
    value, degree, defined = _valued(call, columns, weights, present)
    rows: list[dict[str, Any]] = []
    for k, node in enumerate(nodes):
        reason = "" if np.isfinite(value[k]) else _undefined(call.name, present[k], defined[k])
        base = _row(
            plan, year, int(node), call.label, basis, weights is not None, int(present[k].sum()), reason
        )
        rows.append(base | {"part": "total", "value": value[k]})
        if degree is not None:
            rows.append(base | {"part": "degree", "value": degree[k]})
    if degree is not None and basis == "values" and len(nodes) == len(plan.leaves):
        rows += _degrees(plan, year, call.label, weights is not None, degree)
    return rows


def _valued(
    call: MethodCall, columns: FloatArray, weights: FloatArray | None, present: Any
) -> tuple[FloatArray, FloatArray | None, Any]:
    """Return a measure of every row of `columns`, its degree if it has one, and where it is defined."""
    method = equalization.measures.get(call.name)
    defined = equalization.defined(call.name, columns, population=weights, **call.options)
    value = np.full(len(columns), np.nan)
    chosen = None if weights is None else weights[defined]
    if defined.any():
        value[defined] = method.function(columns[defined], population=chosen, **call.options)
    if not method.traits.get("degree"):
        return value, None, defined
    held = None if weights is None else np.where(present, weights, np.nan)
    return value, equalization.degree(call.name, value, n=present.sum(axis=1), population=held), defined


def degrees(plan: Plan, panel: Panel, year: int) -> FloatArray:
    """Return the degree of equalization of every indicator in a year, each region counting the same.

    Returns
    -------
    ndarray, shape (indicators,)
        NaN where the measure is not defined. [0-100]
    """
    assert plan.model.equalization is not None
    columns = np.ascontiguousarray(panel.x[panel.rows_of[year]].T)
    call = MethodCall(name=plan.model.equalization.degree)
    _, found, _ = _valued(call, columns, None, np.isfinite(columns))
    assert found is not None
    return found


def _needs_population(call: MethodCall) -> bool:
    return equalization.measures.get(call.name).traits.get("population") == "needed"


def _undefined(name: str, present: Any, defined: bool) -> str:
    if not present.any():
        return "no value in the data"
    return f"{name} is not defined for these values" if not defined else "all values are 0"


def _row(
    plan: Plan, year: int, node: int, measure: str, basis: str, weighted: bool, n: int, reason: str
) -> dict[str, Any]:
    return {
        "year": year,
        "node": plan.tree.ids[node],
        "level": plan.tree.levels[node],
        "measure": measure,
        "basis": basis,
        "weighted": weighted,
        "by": "",
        "group": "",
        "n": n,
        "reason": reason,
    }


def _degrees(plan: Plan, year: int, name: str, weighted: bool, degree: FloatArray) -> list[dict[str, Any]]:
    """Roll the degrees of indicators up to pillars and the index."""
    rolled = plan.tree.roll_up(degree[None, :], plan.local, plan.missing)
    rows = []
    for node, level in enumerate(plan.tree.levels):
        if level == "indicator":
            continue
        value = rolled.score[0, node]
        reason = "" if np.isfinite(value) else unscored(plan.tree, rolled, plan.missing, 0, node)
        below = int(np.isfinite(rolled.score[0, plan.tree.children[node]]).sum())
        rows.append(
            _row(plan, year, node, name, "values", weighted, below, reason)
            | {"part": "degree", "value": value}
        )
    return rows


def _split(
    plan: Plan,
    year: int,
    call: MethodCall,
    basis: str,
    columns: FloatArray,
    nodes: Any,
    weights: FloatArray | None,
    by: str,
    codes: Any,
    labels: tuple[str, ...],
) -> list[dict[str, Any]]:
    """Split a measure by groups: Theil's and GE between and within, the Gini after Dagum; where it is defined."""
    rows: list[dict[str, Any]] = []
    defined = equalization.defined(call.name, columns, population=weights, **call.options)
    if not defined.any():
        return rows
    chosen = None if weights is None else weights[defined]
    if call.name == "gini":
        split = equalization.dagum(columns[defined], codes, population=chosen)
        whole = {"between": split.between, "within": split.within, "transvariation": split.transvariation}
        own = np.diagonal(split.matrix, axis1=-2, axis2=-1)
        share, names = split.resource_share, split.groups
        each = {"total": own, "share": share, "contribution": own * split.population_share * share}
        total = split.total
    else:
        options = {} if call.name != "ge" else {"a": call.options.get("a", 2.0)}
        parts = equalization.decompose(
            columns[defined], codes, measure=call.name, population=chosen, **options
        )
        whole = {"between": parts.between, "within": parts.within}
        each = {"total": parts.value, "share": parts.share, "contribution": parts.contribution}
        total, names = parts.total, parts.groups
    for k, at in enumerate(np.flatnonzero(defined)):
        here = np.isfinite(columns[at]) if weights is None else np.isfinite(columns[at]) & (weights[at] > 0)
        count = int(here.sum())
        base = _row(plan, year, int(nodes[at]), call.label, basis, weights is not None, count, "") | {
            "by": by
        }
        if np.isnan(total[k]):
            base["reason"] = "all values are 0"
        rows += [base | {"part": part, "value": value[k]} for part, value in whole.items()]
        for g, code in enumerate(names):
            inside = base | {"group": labels[code], "n": int(here[codes == code].sum())}
            for part, value in each.items():
                number = value[k, g]
                lacking = "no value in the data" if not inside["n"] else "all values are 0"
                rows.append(
                    inside | {"part": part, "value": number, "reason": lacking if np.isnan(number) else ""}
                )
        if call.name == "gini":
            for g, code in enumerate(names):
                for h in range(g):
                    pair = base | {"group": f"{labels[names[h]]} × {labels[code]}", "part": "pair"}
                    value = split.matrix[k, g, h]
                    rows.append(
                        pair | {"value": value, "reason": "no value in the data" if np.isnan(value) else ""}
                    )
    return rows
