"""Intervals of measures and degrees from one set of resamples, and the change between two years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from equindex import equalization
from equindex._arrays import FloatArray
from equindex.evenness.cube import Cube
from equindex.model import MethodCall
from equindex.scoring import Scores, called

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Interval", "Intervals", "change_table", "interval_rows", "quantiles"]

_NO_INTERVAL = "no interval: too few regions or no value"
_SPLIT = ("theil_t", "theil_l", "ge")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A measure of every year and indicator with its interval, and its degree up the tree.

    `value`, `low`, `high`, `error` have shape (years, indicators); `degree`, `degree_low`, `degree_high`
    (years, nodes), None without a degree; `replicates` and `degrees` have the draws in front.
    """

    call: MethodCall
    weighted: bool
    value: FloatArray
    low: FloatArray
    high: FloatArray
    error: FloatArray
    replicates: FloatArray | None
    degree: FloatArray | None = None
    degree_low: FloatArray | None = None
    degree_high: FloatArray | None = None
    degrees: FloatArray | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """All measures, unweighted and weighted, resampled together: years and indicators share the draws."""

    draws: int
    level: float
    found: list[Interval] = field(default_factory=list)

    @classmethod
    def of(
        cls, scores: Scores, cube: Cube, draws: int, seed: int, level: float, cluster: str | None = None
    ) -> Intervals:
        """Resample the regions of a cube, or whole groups of them; without draws the measures alone."""
        wanted = scores.plan.model.equalization
        assert wanted is not None
        result = cls(draws=draws, level=level)
        clusters = None if cluster is None else cube.members(cluster)
        for call in called(wanted):
            needs = equalization.measures.get(call.name).traits.get("population") == "needed"
            for weighted in (False, True):
                if (weighted and cube.population is None) or (needs and not weighted):
                    continue
                result.found.append(_interval(scores, cube, call, weighted, draws, seed, level, clusters))
        return result


def _interval(
    scores: Scores,
    cube: Cube,
    call: MethodCall,
    weighted: bool,
    draws: int,
    seed: int,
    level: float,
    clusters: NDArray[np.intp] | None,
) -> Interval:
    shape = cube.x.shape[:2]
    people = None
    if weighted:
        assert cube.population is not None
        people = np.broadcast_to(cube.population, cube.x.shape)
    method = equalization.measures.get(call.name)
    usable = equalization.defined(call.name, cube.x, population=people, **call.options)
    x, weights = cube.x[usable], None if people is None else people[usable]
    parts = {name: np.full(shape, np.nan) for name in ("value", "low", "high", "error")}
    replicates = None
    function = partial(method.function, **call.options) if call.options else call.name
    if usable.any() and draws > 0:
        found = equalization.bootstrap(
            function, x, population=weights, clusters=clusters, draws=draws, seed=seed, level=level
        )
        for name, part in parts.items():
            part[usable] = getattr(found, name)
        replicates = np.full((draws, *shape), np.nan)
        replicates[:, usable] = found.replicates
    elif usable.any():
        parts["value"][usable] = method.function(x, population=weights, **call.options)
    base = Interval(call=call, weighted=weighted, replicates=replicates, **parts)
    if not method.traits.get("degree"):
        return base
    return _with_degree(scores, cube, base, people, level)


def _with_degree(
    scores: Scores, cube: Cube, base: Interval, people: FloatArray | None, level: float
) -> Interval:
    """Turn a measure into its degree and roll it up the tree, in every replicate too."""
    present = np.isfinite(cube.x) if people is None else np.isfinite(cube.x) & (people > 0)
    held = None if people is None else np.where(present, people, np.nan)

    def nodes(values: FloatArray) -> FloatArray:
        turned = equalization.degree(base.call.name, values, n=present.sum(axis=-1), population=held)
        flat = scores.plan.tree.roll_up(
            turned.reshape(-1, turned.shape[-1]), scores.plan.local, scores.plan.missing
        )
        return flat.score.reshape(*turned.shape[:-1], -1)

    degree = nodes(base.value)
    low, high, degrees = np.full(degree.shape, np.nan), np.full(degree.shape, np.nan), None
    if base.replicates is not None:
        degrees = nodes(base.replicates)
        tails = [(1 - level) / 2, (1 + level) / 2]
        ends = quantiles(degrees, tails)
        low, high = (np.clip(2 * degree - end, 0.0, 100.0) for end in (ends[1], ends[0]))  # "basic" interval
        leaves = scores.plan.tree.nodes
        worse, better = nodes(base.high)[..., leaves], nodes(base.low)[..., leaves]
        low[..., leaves], high[..., leaves] = worse, better
    return Interval(
        **{
            name: getattr(base, name)
            for name in ("call", "weighted", "value", "low", "high", "error", "replicates")
        },
        degree=degree,
        degree_low=low,
        degree_high=high,
        degrees=degrees,
    )


def quantiles(replicates: FloatArray, q: Sequence[float]) -> FloatArray:
    """Quantiles over the draws, leaving out draws without a value; NaN where there are none."""
    found = np.isfinite(replicates)
    ends = np.full((len(q), *replicates.shape[1:]), np.nan)
    full = found.all(axis=0)
    ends[:, full] = np.quantile(replicates[:, full], q, axis=0)
    some = found.any(axis=0) & ~full
    ends[:, some] = np.nanquantile(np.where(found, replicates, np.nan)[:, some], q, axis=0)
    return ends


def interval_rows(scores: Scores, cube: Cube, intervals: Intervals) -> list[dict[str, Any]]:
    """Rows of the inequality table: ``low``, ``high``, ``error``, ``degree_low``, ``degree_high``."""
    if not intervals.draws:
        return []
    tree = scores.plan.tree
    rows: list[dict[str, Any]] = []
    for found in intervals.found:
        counted = np.isfinite(cube.x)
        if found.weighted and cube.population is not None:
            counted &= cube.population > 0
        n = counted.sum(axis=-1)
        for y, year in enumerate(cube.years):
            base = {"year": year, "measure": found.call.label, "basis": "values", "weighted": found.weighted}
            base |= {"by": "", "group": ""}
            for leaf, node in enumerate(tree.nodes):
                here = base | {"node": tree.ids[node], "level": "indicator"}
                here["n"] = int(n[y, leaf])
                for part in ("low", "high", "error"):
                    rows.append(here | _told(part, getattr(found, part)[y, leaf]))
            if found.degree is None or found.degree_low is None or found.degree_high is None:
                continue
            for node, name in enumerate(tree.ids):
                here = base | {"node": name, "level": tree.levels[node]}
                leaf = int(tree.leaf[node])
                below = np.isfinite(found.degree[y, tree.children[node]])
                here["n"] = int(n[y, leaf] if leaf >= 0 else below.sum())
                rows.append(here | _told("degree_low", found.degree_low[y, node]))
                rows.append(here | _told("degree_high", found.degree_high[y, node]))
    return rows


def _told(part: str, value: float) -> dict[str, Any]:
    return {
        "part": part,
        "value": value,
        "reason": _NO_INTERVAL if np.isnan(value) else "",
    }


def change_table(scores: Scores, cube: Cube, intervals: Intervals) -> pd.DataFrame:
    """Change of every measure and degree between two years, by the same regions and resamples in both."""
    import pandas as pd

    columns = [
        "node", "level", "measure", "weighted", "part", "by", "from", "to", "before", "after", "change",
        "low", "high", "p", "verdict", "reason",
    ]  # fmt: skip
    rows: list[dict[str, Any]] = []
    if cube.years[0] == cube.years[-1]:
        return pd.DataFrame(rows, columns=columns)
    tree = scores.plan.tree
    for found in intervals.found:
        base = {
            "measure": found.call.label,
            "weighted": found.weighted,
            "by": "",
            "from": cube.years[0],
            "to": cube.years[-1],
        }
        for leaf, node in enumerate(tree.nodes):
            here = base | {"node": tree.ids[node], "level": "indicator", "part": "total"}
            replicates = None if found.replicates is None else found.replicates[:, [0, -1], leaf]
            rows.append(
                here | _moved(found.value[0, leaf], found.value[-1, leaf], replicates, intervals.level, -1)
            )
        if found.degree is not None:
            for node, name in enumerate(tree.ids):
                here = base | {"node": name, "level": tree.levels[node], "part": "degree"}
                replicates = None if found.degrees is None else found.degrees[:, [0, -1], node]
                rows.append(
                    here
                    | _moved(found.degree[0, node], found.degree[-1, node], replicates, intervals.level, 1)
                )
        if found.call.name in _SPLIT:
            rows += _parts(scores, cube, found, base)
    return pd.DataFrame(rows, columns=columns)


def _moved(
    before: float, after: float, replicates: FloatArray | None, level: float, better: int
) -> dict[str, Any]:
    """Judge a change: more even or less even where its interval leaves out 0; `better` says which way is."""
    change = after - before
    row = {"before": before, "after": after, "change": change, "low": np.nan, "high": np.nan, "p": np.nan}
    if np.isnan(change):
        return row | {"verdict": "", "reason": "not measured in both years"}
    if replicates is None:
        return row | {"verdict": "", "reason": "no interval: no resamples"}
    moved = replicates[:, 1] - replicates[:, 0]
    moved = moved[np.isfinite(moved)]
    if not moved.size:
        return row | {"verdict": "", "reason": "no interval: too few regions"}
    low, high = np.quantile(moved, [(1 - level) / 2, (1 + level) / 2])
    tail = min((moved <= 0).sum(), (moved >= 0).sum()) + 1
    p = min(1.0, 2 * tail / (moved.size + 1))
    verdict = (
        "not distinguishable"
        if low <= 0 <= high
        else "more even"
        if (low > 0) == (better > 0)
        else "less even"
    )
    return row | {"low": low, "high": high, "p": p, "verdict": verdict, "reason": ""}


def _parts(scores: Scores, cube: Cube, found: Interval, base: dict[str, Any]) -> list[dict[str, Any]]:
    """Split a change by groups into within, between and shifts of population."""
    tree, rows = scores.plan.tree, []
    ends = cube.x[[0, -1]]
    usable = np.isfinite(found.value[[0, -1]]).all(axis=0)
    options = {"a": found.call.options.get("a", 2.0)} if found.call.name == "ge" else {}
    people = None
    if found.weighted:
        assert cube.population is not None
        people = np.broadcast_to(cube.population, cube.x.shape)[[0, -1]]
    for by, (codes, _) in cube.groups.items() if usable.any() else ():
        first, last = (np.where(codes[k] >= 0, ends[k][usable], np.nan) for k in (0, -1))
        split = equalization.change(
            first,
            last,
            np.where(codes[0] >= 0, codes[0], 0),
            groups1=np.where(codes[-1] >= 0, codes[-1], 0),
            population0=None if people is None else people[0][usable],
            population1=None if people is None else people[1][usable],
            measure=found.call.name,
            **options,
        )
        for k, leaf in enumerate(np.flatnonzero(usable).tolist()):
            here = base | {
                "node": tree.ids[int(tree.nodes[leaf])],
                "level": "indicator",
                "by": by,
                "verdict": "",
            }
            for part in ("within", "between", "population"):
                value = float(getattr(split, part)[k])
                reason = "all values are 0" if np.isnan(value) else ""
                rows.append(here | {"part": part, "change": value, "reason": reason})
    return rows
