"""Gaps between groups, whether they narrow, and the regions below the superior level's standard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from equindex import equalization
from equindex._arrays import FloatArray
from equindex.evenness.cube import Cube
from equindex.evenness.inference import quantiles
from equindex.scoring import Scores

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["below_table", "gap_table", "narrowing_table"]

_FIRST = (
    "城镇",
    "城市",
    "城区",
    "市区",
    "城",
    "urban",
    "town",
    "city",
)  # the usual numerator of an urban-rural gap
_MOST = 6  # groups of which all pairs are compared; of more, none
_NO_GAP = "a group has no value, or its mean is not above 0"
_NO_INTERVAL = "no interval: too few regions"
_NO_DRAWS = "no interval: no resamples"


@dataclass(frozen=True, slots=True)
class _Pair:
    """Means of two groups in every year, shape (years, nodes), and their replicates (draws, years, nodes)."""

    nodes: list[int]
    basis: str
    by: str
    names: tuple[str, str]
    means: tuple[FloatArray, FloatArray]
    drawn: tuple[FloatArray, FloatArray] | None


def _sources(scores: Scores, cube: Cube) -> Iterator[tuple[str, list[int], FloatArray, FloatArray | None]]:
    """Yield what gaps are measured of: values of indicators; scores of pillars and the index where none is below 0."""
    tree = scores.plan.tree
    yield "values", tree.nodes.tolist(), cube.x, cube.population
    inner = [node for node, level in enumerate(tree.levels) if level != "indicator"]
    bounds = scores.plan.bounds
    if cube.scores is not None and bounds and bounds[0] >= 0:
        yield "scores", inner, cube.scores[:, inner], cube.people


def _pairs(scores: Scores, cube: Cube, draws: int, seed: int, cluster: str | None) -> Iterator[_Pair]:
    """Yield every two groups that are compared, town before country, with the same resamples throughout."""
    counts = None
    if draws:
        clusters = None if cluster is None else cube.members(cluster)
        counts = equalization.resamples(len(cube.regions), clusters=clusters, draws=draws, seed=seed)
    for basis, nodes, x, population in _sources(scores, cube):
        weights = np.where(np.isfinite(x), 1.0, 0.0)
        if population is not None:
            weights = weights * np.nan_to_num(np.broadcast_to(population, x.shape))
        held = np.where(weights > 0, x, 0.0)
        for by, (codes, labels) in cube.groups.items():
            if len(labels) > _MOST:
                continue
            order = sorted(range(len(labels)), key=lambda g: (labels[g].casefold() not in _FIRST, g))
            means, drawn = {}, {}
            for g in order:
                members = codes == g
                ever = members.any(axis=0)
                inside = weights[..., ever] * members[:, None, ever]
                resource = held[..., ever] * inside
                means[g] = _mean(resource.sum(axis=-1), inside.sum(axis=-1))
                if counts is not None:
                    own = counts[:, ever].T
                    drawn[g] = np.moveaxis(_mean(resource @ own, inside @ own), -1, 0)
            for a, b in combinations(order, 2):
                both = (drawn[a], drawn[b]) if counts is not None else None
                yield _Pair(nodes, basis, by, (labels[a], labels[b]), (means[a], means[b]), both)


def _mean(resource: FloatArray, weight: FloatArray) -> FloatArray:
    return resource / np.where(weight > 0, weight, np.nan)


def _gap(a: FloatArray, b: FloatArray) -> equalization.Gap:
    """Measure gaps where both means are of 0 or more, NaN elsewhere."""
    fit = (a >= 0) & (b >= 0)
    return equalization.gap(np.where(fit, a, np.nan), np.where(fit, b, np.nan))


def gap_table(
    scores: Scores, cube: Cube, draws: int, seed: int, level: float, cluster: str | None = None
) -> pd.DataFrame:
    """Ratio, difference, relative gap and evenness of two groups, by year and node, with the ratio's interval."""
    import pandas as pd

    tree, rows = scores.plan.tree, []
    for pair in _pairs(scores, cube, draws, seed, cluster):
        found = _gap(*pair.means)
        low = high = np.full(found.ratio.shape, np.nan)
        if pair.drawn is not None:
            low, high = quantiles(_gap(*pair.drawn).ratio, [(1 - level) / 2, (1 + level) / 2])
        for y, year in enumerate(cube.years):
            for k, node in enumerate(pair.nodes):
                a, b = pair.means[0][y, k], pair.means[1][y, k]
                rows.append(
                    {
                        "year": year,
                        "node": tree.ids[node],
                        "level": tree.levels[node],
                        "basis": pair.basis,
                        "by": pair.by,
                        "group_a": pair.names[0],
                        "group_b": pair.names[1],
                        "value_a": a,
                        "value_b": b,
                        "ratio": found.ratio[y, k],
                        "low": low[y, k],
                        "high": high[y, k],
                        "difference": found.difference[y, k],
                        "relative": found.relative[y, k],
                        "evenness": found.evenness[y, k],
                        "reason": _why(found, low, (y, k), pair.drawn is not None),
                    }
                )
    columns = [
        "year", "node", "level", "basis", "by", "group_a", "group_b", "value_a", "value_b", "ratio", "low", "high",
        "difference", "relative", "evenness", "reason",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _why(found: equalization.Gap, low: FloatArray, at: tuple[int, int], drawn: bool) -> str:
    """Say why a gap, or its interval, is missing."""
    if np.isnan(found.ratio[at]) or np.isnan(found.relative[at]):
        return _NO_GAP
    return "" if np.isfinite(low[at]) else _NO_INTERVAL if drawn else _NO_DRAWS


def narrowing_table(
    scores: Scores, cube: Cube, draws: int, seed: int, level: float, cluster: str | None = None
) -> pd.DataFrame:
    """Whether each gap narrowed (进一步缩小) between two years, judged on the ratio, over regions that both have."""
    import pandas as pd

    columns = [
        "node", "level", "basis", "by", "group_a", "group_b", "from", "to", "before", "after", "change", "low", "high",
        "verdict", "reason",
    ]  # fmt: skip
    tree, rows = scores.plan.tree, []
    for pair in _pairs(scores, cube, draws, seed, cluster) if cube.years[0] < cube.years[-1] else ():
        ratio = _gap(*pair.means).ratio
        drawn = None if pair.drawn is None else _gap(*pair.drawn).ratio
        for k, node in enumerate(pair.nodes):
            before, after = ratio[0, k], ratio[-1, k]
            row = {
                "node": tree.ids[node],
                "level": tree.levels[node],
                "basis": pair.basis,
                "by": pair.by,
                "group_a": pair.names[0],
                "group_b": pair.names[1],
                "from": cube.years[0],
                "to": cube.years[-1],
                "before": before,
                "after": after,
            }
            if before > 0 and after > 0:
                replicates = None
                if drawn is not None:
                    both = np.where(drawn[:, [0, -1], k] > 0, drawn[:, [0, -1], k], np.nan)
                    replicates = (both[:, 0], both[:, 1])
                found = equalization.narrowing(before, after, replicates=replicates, level=level)
                row |= {"change": float(found.change), "low": float(found.low), "high": float(found.high)}
                row |= {"verdict": equalization.VERDICTS[int(found.verdict)], "reason": ""}
            else:
                row |= {"change": np.nan, "low": np.nan, "high": np.nan, "verdict": "", "reason": _NO_GAP}
            rows.append(row)
    return pd.DataFrame(rows, columns=columns)


def below_table(scores: Scores, cube: Cube) -> pd.DataFrame:
    """Regions below an indicator's `standard`, by year, the furthest below first."""
    import pandas as pd

    columns = ["year", "node", "region", "region_name", "value", "standard", "shortfall"]
    rows: list[dict[str, Any]] = []
    for column, indicator in enumerate(scores.plan.model.indicator):
        if indicator.standard is None or indicator.direction == "interval":
            continue
        x = cube.x[:, column]
        found = equalization.below(x, indicator.standard, scores.plan.direction[column])
        for y, k in np.argwhere(found.short).tolist():
            rows.append(
                {
                    "year": cube.years[y],
                    "node": indicator.id,
                    "region": scores.panel.regions[cube.regions[k]],
                    "region_name": cube.names[k],
                    "value": x[y, k],
                    "standard": indicator.standard,
                    "shortfall": found.shortfall[y, k],
                }
            )
    frame = pd.DataFrame(rows, columns=columns)
    return frame.sort_values(["year", "node", "shortfall"], ascending=[True, True, False], ignore_index=True)
