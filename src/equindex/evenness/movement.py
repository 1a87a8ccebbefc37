"""What moves evenness: convergence over time, likeness of neighbours, the parts of the index."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from equindex import convergence, equalization, notation, tables
from equindex._arrays import FloatArray
from equindex.errors import DataError, nearest
from equindex.evenness.cube import Cube
from equindex.framework import Framework
from equindex.scoring import Scores

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["convergence_table", "source_rows", "space_table"]

_NO_SPACE = "too few regions, or no variation"
_WEIGHT = ("weight", "权重")
_DISTANCE = ("distance", "距离")


def source_rows(scores: Scores, cube: Cube) -> list[dict[str, Any]]:
    """Rows of the inequality table: the index's Gini by pillar and by indicator, after Lerman and Yitzhaki.

    Only an arithmetic index with scores of 0 or more is a sum of parts; a region that lacks a part is left out.
    """
    plan, tree, rolled = scores.plan, scores.plan.tree, scores.rolled
    if rolled is None or not plan.arithmetic or not plan.bounds or plan.bounds[0] < 0 or cube.scores is None:
        return []
    rows: list[dict[str, Any]] = []
    share = tree.shares(plan.local) * plan.total
    levels = {"pillar": tree.children[0].tolist(), "indicator": tree.nodes.tolist()}
    for y, year in enumerate(cube.years):
        for by, nodes in levels.items():
            parts = np.stack([share[node] * cube.scores[y, node] for node in nodes], axis=-1)
            complete = int(np.isfinite(parts).all(axis=-1).sum())
            found = equalization.lerman_yitzhaki(parts)
            base = {"year": year, "node": "index", "level": "index", "measure": "gini", "basis": "scores"}
            base |= {"weighted": False, "by": by, "n": complete}
            for k, node in enumerate(nodes):
                for part in ("share", "total", "correlation", "contribution"):
                    value = float({"total": found.gini}.get(part, getattr(found, part, found.gini))[k])
                    reason = "" if np.isfinite(value) else "no region has every part, or all are equal"
                    rows.append(
                        base | {"group": tree.ids[node], "part": part, "value": value, "reason": reason}
                    )
    return rows


def convergence_table(scores: Scores, cube: Cube) -> pd.DataFrame:
    """Sigma by year; beta and rank mobility from the first year to the last; beta over all spans of the panel."""
    import pandas as pd

    columns = ["node", "level", "method", "part", "from", "to", "value", "n", "reason"]
    rows: list[dict[str, Any]] = []
    if len(cube.years) < 2:
        return pd.DataFrame(rows, columns=columns)
    tree = scores.plan.tree
    years = np.array(cube.years)
    even = len(set(np.diff(years))) == 1
    for leaf, node in enumerate(tree.nodes):
        x = cube.x[:, leaf]
        base = {"node": tree.ids[node], "level": "indicator"}
        span = base | {"from": cube.years[0], "to": cube.years[-1]}
        ranked = convergence.mobility(x[0], x[-1])
        for part in ("spearman", "kendall", "rank_change"):
            rows.append(span | _value("mobility", part, float(getattr(ranked, part)), int(ranked.n)))
        if (x[np.isfinite(x)] <= 0).any():
            rows.append(span | _value("beta", "slope", np.nan, 0, "logarithms need values above 0"))
            continue
        spread = convergence.sigma(x, balanced=True)
        for y, year in enumerate(cube.years):
            for part in ("sd_log", "cv"):
                here = base | {"from": year, "to": year}
                rows.append(here | _value("sigma", part, float(getattr(spread, part)[y]), int(spread.n[y])))
        found = [("beta", convergence.beta(x[0], x[-1], float(years[-1] - years[0]), errors="hc3"))]
        if even and len(years) > 2:
            found.append(("panel_beta", convergence.panel_beta(x, years)))
        for method, result in found:
            for part in ("slope", "error", "p", "speed", "half_life", "r2"):
                steep = part in ("speed", "half_life") and np.isfinite(result.slope)
                reason = "the slope is too steep for a speed" if steep else ""
                rows.append(span | _value(method, part, float(getattr(result, part)), int(result.n), reason))
    return pd.DataFrame(rows, columns=columns)


def _value(method: str, part: str, value: float, n: int, reason: str = "") -> dict[str, Any]:
    reason = (reason or "too few regions, or no variation") if np.isnan(value) else ""
    return {"method": method, "part": part, "value": value, "n": n, "reason": reason}


def space_table(scores: Scores, cube: Cube, neighbours: Any, framework: Framework, seed: int) -> pd.DataFrame:
    """Moran's I of every node and year and of every region, with permutation p; empty without neighbours."""
    import pandas as pd

    columns = [
        "year", "node", "level", "measure", "region", "region_name", "value", "expected", "p", "n", "islands",
        "quadrant", "reason",
    ]  # fmt: skip
    rows: list[dict[str, Any]] = []
    if neighbours is None:
        return pd.DataFrame(rows, columns=columns)
    links = _links(scores, cube, neighbours, framework)
    tree = scores.plan.tree
    blocks: list[tuple[list[int], FloatArray]] = [(tree.nodes.tolist(), cube.x)]
    if cube.scores is not None:
        inner = [node for node, level in enumerate(tree.levels) if level != "indicator"]
        blocks.append((inner, cube.scores[:, inner]))
    for nodes, x in blocks:
        whole, each = equalization.moran(x, links, seed=seed), equalization.moran_local(x, links, seed=seed)
        for y, year in enumerate(cube.years):
            for k, node in enumerate(nodes):
                base = {
                    "year": year,
                    "node": tree.ids[node],
                    "level": tree.levels[node],
                    "n": int(whole.n[y, k]),
                }
                base |= {"islands": int(whole.islands[y, k])}
                value = float(whole.value[y, k])
                row = {"measure": "moran", "region": "", "region_name": "", "value": value, "quadrant": ""}
                row |= {"expected": float(whole.expected[y, k]), "p": float(whole.p[y, k])}
                rows.append(base | row | {"reason": _NO_SPACE if np.isnan(value) else ""})
                for r in np.flatnonzero(np.isfinite(each.value[y, k])).tolist():
                    row = {"measure": "moran_local", "region": scores.panel.regions[cube.regions[r]]}
                    row |= {"region_name": cube.names[r], "value": float(each.value[y, k, r])}
                    row |= {"expected": np.nan, "p": float(each.p[y, k, r])}
                    row |= {"quadrant": equalization.QUADRANTS[int(each.quadrant[y, k, r])]}
                    rows.append(base | row | {"reason": "a local value has no expectation of its own"})
    return pd.DataFrame(rows, columns=columns)


def _links(scores: Scores, cube: Cube, neighbours: Any, framework: Framework) -> Any:
    """Read pairs of neighbours, with weights or distances in a third column of that name."""
    if isinstance(neighbours, str | Path):
        sheet = tables.read(neighbours)[0]
        frame, name, lines = sheet.frame, sheet.name, sheet.lines
    else:
        frame, name, lines = neighbours, "neighbours", np.arange(len(neighbours))
    if frame.shape[1] < 2:
        raise DataError(f"{name}: neighbours need two columns, a region and its neighbour in each row.")
    third = tables.plain(frame.columns[2]) if frame.shape[1] > 2 else ""
    if third and third not in (*_WEIGHT, *_DISTANCE):
        raise DataError(
            f"{name}: call the third column weight 权重 or distance 距离, not {str(frame.columns[2])!r}."
        )
    known = {code: place for place, code in enumerate(cube.regions.tolist())}
    ids = {text: code for code, text in enumerate(scores.panel.regions)}
    ids |= {text: code for code, text in enumerate(scores.panel.region_names) if text not in ids}
    pairs, values, faults = [], [], []
    for line, (a, b, *rest) in zip(lines, frame.itertuples(index=False), strict=True):
        codes = []
        for text in (str(a).strip(), str(b).strip()):
            code = ids.get(framework.region(text), ids.get(text))
            if code is None:
                faults.append(
                    f"row {line}: no region {text!r}. {nearest(text, dict.fromkeys(scores.panel.region_names))}"
                )
            codes.append(known.get(-1 if code is None else code, -1))
        number = notation.read(rest[0]).value if third else 1.0
        if not 0 <= number < np.inf:
            faults.append(f"row {line}: {rest[0]!r} is no {third}, a number of 0 or more.")
        if min(codes) >= 0:
            pairs.append(codes)
            values.append(number)
    if faults:
        more = f"\n  … and {len(faults) - 10} more" if len(faults) > 10 else ""
        raise DataError(f"{name}:\n  " + "\n  ".join(faults[:10]) + more)
    ends = np.array(pairs, dtype=np.intp).reshape(-1, 2)
    if third in _DISTANCE:
        distances = np.full((len(cube.regions), len(cube.regions)), np.inf)
        distances[ends[:, 0], ends[:, 1]] = distances[ends[:, 1], ends[:, 0]] = values
        return equalization.near(distances, rule="nearest", k=4)
    return equalization.contiguity(ends, len(cube.regions), values=np.array(values))
