"""The answer in sentences, and the one table that goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from equindex.evenness import Evenness

__all__ = ["answer", "closing", "summary"]


def answer(found: Evenness) -> list[str]:
    """Say how uneven, who is behind, closing or widening, and driven by what."""
    return [*_how_uneven(found), *_who_is_behind(found), *_groups(found), *closing(found), *_driven(found)]


def _degree(found: Evenness) -> str:
    wanted = found.scores.plan.model.equalization
    assert wanted is not None
    return wanted.degree


def _names(found: Evenness) -> dict[str, str]:
    tree = found.scores.plan.tree
    return {**dict(zip(tree.ids, tree.names, strict=True)), "index": "the index"}


def _pick(frame: pd.DataFrame, **wanted: Any) -> pd.DataFrame:
    """Rows whose columns have these values."""
    for column, value in wanted.items():
        frame = frame[frame[column] == value]
    return frame


def _level(found: Evenness) -> str:
    return f"{found.level:.0%}"


def _last(found: Evenness, **wanted: Any) -> pd.DataFrame:
    return _pick(found.inequality, year=found.years[-1], basis="values", **wanted)


def _how_uneven(found: Evenness) -> list[str]:
    names, measure = _names(found), _degree(found)
    said = []
    for weighted in (False, True):
        rows = _last(found, node="index", measure=measure, weighted=weighted, by="").set_index("part")[
            "value"
        ]
        if "degree" not in rows or np.isnan(rows["degree"]):
            continue
        interval = ""
        if np.isfinite(rows.get("degree_low", np.nan)):
            interval = f" ({_level(found)} interval {rows['degree_low']:.1f} to {rows['degree_high']:.1f})"
        how = "weighted by population" if weighted else "each region counting once"
        said.append(f"{rows['degree']:.1f}{interval}, {how}")
    whole = "; ".join(said) or "not known, too little of it is measured"
    lines = [f"How even: the equalization degree {found.years[-1]} ({measure}, 100 is equal) is {whole}."]
    leaves = _last(found, level="indicator", measure=measure, weighted=False, by="", part="total")
    leaves = leaves[leaves["value"].notna()].sort_values("value", kind="stable")
    if len(leaves) > 1:
        worst, best = leaves.iloc[-1], leaves.iloc[0]
        lines.append(
            f"Least even is {names[worst['node']]} ({measure} {worst['value']:.3f}), "
            f"most even {names[best['node']]} ({best['value']:.3f})."
        )
    return lines


def _who_is_behind(found: Evenness) -> list[str]:
    lines = []
    equalized, panel, here = found.scores.equalized, found.scores.panel, found.scores.rows(found.years[-1])
    index = equalized.rolled.score[here, 0] if equalized else np.empty(0)
    known = np.flatnonzero(np.isfinite(index))
    if equalized and known.size:
        last = known[np.argsort(index[known], kind="stable")][:5]
        names = [panel.region_names[panel.region[panel.order[here[k]]]] for k in last]
        said = ", ".join(f"{name} {index[k]:.1f}" for name, k in zip(names, last, strict=True))
        lines.append(f"Furthest behind the {equalized.kind.replace('_', ' ')} (100): {said}.")
    below = _pick(found.below, year=found.years[-1])
    for node, rows in below.groupby("node", sort=False):
        some = ", ".join(map(str, rows["region_name"].head(5))) + (" …" if len(rows) > 5 else "")
        lines.append(f"Below the standard for {_names(found)[str(node)]}: {len(rows)} regions ({some}).")
    return lines


def _groups(found: Evenness) -> list[str]:
    names, lines = _names(found), []
    for by in found.by:
        rows = _last(found, level="indicator", measure="theil_t", by=by, group="", part="between")
        weighted = bool(rows["weighted"].any())
        between = _pick(rows, weighted=weighted).set_index("node")["value"]
        whole = _last(found, level="indicator", measure="theil_t", by="", part="total", weighted=weighted)
        share = (between / whole.set_index("node")["value"].reindex(between.index)).dropna().sort_values()
        ends = [f"{value:.0%} ({names[str(node)]})" for node, value in share.items()]
        if ends:
            how = f"from {ends[0]} to {ends[-1]}" if len(ends) > 1 else ends[0]
            lines.append(
                f"By {by}: {how} of inequality (Theil T{', population' if weighted else ''}) lies between groups."
            )
        gaps = _pick(found.gaps, year=found.years[-1], by=by)
        gaps = gaps[gaps["ratio"].notna()]
        pairs = gaps.groupby(["group_a", "group_b"], sort=False).ngroups if len(gaps) else 0
        if pairs == 1:
            with np.errstate(divide="ignore"):
                distance = np.abs(np.log(gaps["ratio"].to_numpy(dtype=float)))
            worst = gaps.iloc[int(np.argmax(distance))].to_dict()
            sure = f" ({_level(found)} interval {worst['low']:.3f} to {worst['high']:.3f})"
            lines.append(
                f"Widest gap, {worst['group_a']} to {worst['group_b']}: {names[worst['node']]}, "
                f"ratio {worst['ratio']:.3f}{sure if np.isfinite(worst['low']) else ''}."
            )
    return lines


def closing(found: Evenness) -> list[str]:
    """Say what changed from the first year to the last, then what gaps did."""
    if len(found.years) < 2:
        return ["Closing or widening: one year cannot tell; give two or more."]
    names, said, measure = _names(found), [], _degree(found)
    rows = _pick(found.change, measure=measure, weighted=False, part="degree")
    rows = rows[rows["change"].notna()]
    for row in rows[rows["node"] == "index"].to_dict("records"):
        interval = (
            f" ({_level(found)} interval {row['low']:+.2f} to {row['high']:+.2f})"
            if np.isfinite(row["low"])
            else ""
        )
        said.append(
            f"the degree went from {row['before']:.1f} to {row['after']:.1f}, {row['change']:+.2f}{interval}: "
            f"{row['verdict'] or 'not judged'}"
        )
    for verdict in ("more even", "less even", "not distinguishable"):
        moved = rows[(rows["level"] == "indicator") & (rows["verdict"] == verdict)]
        some = [names[str(node)] for node in moved["node"]]
        if some:
            said.append(f"{verdict} {', '.join(some[:8])}{' …' if len(some) > 8 else ''}")
    whole = "; ".join(said) or "no indicator is measured in both years"
    lines = [f"Closing or widening, {found.years[0]} to {found.years[-1]}: {whole}."]
    narrowed = found.narrowing
    for by, part in narrowed[narrowed["verdict"] != ""].groupby("by", sort=False) if len(narrowed) else ():
        counts = part["verdict"].value_counts()
        lines.append(f"Gaps by {by}: " + ", ".join(f"{n} {verdict}" for verdict, n in counts.items()) + ".")
    return lines


def _driven(found: Evenness) -> list[str]:
    rows = _pick(found.inequality, year=found.years[-1], basis="scores", node="index", by="pillar")
    parts = rows[rows["part"] == "contribution"].set_index("group")["value"].dropna()
    if not len(parts) or parts.sum() <= 0:
        return []
    share = (parts / parts.sum()).sort_values(ascending=False, kind="stable")
    names = _names(found)
    said = ", ".join(f"{names[str(node)]} {value:.0%}" for node, value in share.items())
    return [f"Driven by: of the inequality of the index scores (Gini {parts.sum():.3f}) {said}."]


def summary(found: Evenness) -> tuple[list[str], list[list[Any]]]:
    """Return headers, and a row for each node: measure, degree, interval, part between groups, change."""
    measure, tree = _degree(found), found.scores.plan.tree
    weighted = bool(_last(found, measure="theil_t", weighted=True).shape[0])
    theil = _last(found, measure="theil_t", weighted=weighted, group="")
    columns = [
        "",
        measure,
        "degree",
        f"{_level(found)} interval",
        *[f"Theil T between {by}" for by in found.by],
    ]
    moved = len(found.years) > 1
    if moved:
        columns += [f"change since {found.years[0]}", "verdict"]
    values = _last(found, measure=measure, weighted=False, by="").set_index(["node", "part"])["value"]
    split = theil.set_index(["node", "by", "part"])["value"]
    change = _pick(found.change, measure=measure, weighted=False, part="degree").set_index("node")
    body = []
    for node, name in zip(tree.ids, tree.names, strict=True):
        low, high = values.get((node, "degree_low"), np.nan), values.get((node, "degree_high"), np.nan)
        total = values.get((node, "total"), np.nan)
        row: list[Any] = [
            "index" if node == "index" else name,
            "" if np.isnan(total) else f"{total:.3f}",
            values.get((node, "degree"), np.nan),
            f"{low:.1f} to {high:.1f}" if np.isfinite(low) else "",
        ]
        for by in found.by:
            between = split.get((node, by, "between"), np.nan) / (
                split.get((node, "", "total"), np.nan) or np.nan
            )
            row.append("" if np.isnan(between) else f"{between:.0%}")
        if moved:
            row += [change["change"].get(node, np.nan), change["verdict"].get(node, "")]
        body.append(row)
    return columns, body
