"""`equindex targets`: how each target and baseline cell of a framework was read, for a person to check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from equindex import notation
from equindex.cli._print import json_line, line, table
from equindex.model import ROOT, Indicator
from equindex.scoring.goals import all_goals, node_goals, read_cell

if TYPE_CHECKING:
    from equindex.framework import Framework
    from equindex.model import FrameworkFile
    from equindex.scoring.goals import Goal

__all__ = ["show_targets"]

_TRENDS = {"rise": "rise", "fall": "fall", "better": "get better"}
_HEADERS = ["indicator", "unit", "target", "operator", "low", "high", "year", "means", "baseline", "note"]


def show_targets(framework: Framework, as_json: bool) -> None:
    """Print every target as it was read, then how many cells are numbers and how many are not."""
    model = framework.model
    found = _listed(model)
    counts = {
        "targets": Counter(_kind(row["unread"], row["problem"], row["trend"]) for row in found),
        "baselines": Counter(_kind(row["baseline_unread"], row["baseline_value"] is None) for row in found),
    }
    if as_json:
        json_line({"targets": found, "counts": counts})
        return
    title = model.title or model.id
    if not found:
        line(f"{title}: no indicator has a target.")
        return
    first = 0 if any(row["region"] for row in found) else 1
    body = [_printed(row)[first:] for row in found]
    table(f"{title}: targets as they were read", ["region", *_HEADERS][first:], body, keep=len(_HEADERS) + 1)
    for row in found:
        faults = [f"unread {row['unread']!r}"] * bool(row["unread"]) + [row["problem"]] * bool(row["problem"])
        faults += [f"baseline unread {row['baseline_unread']!r}"] * bool(row["baseline_unread"])
        faults += [f"it lists {' and '.join(row['parts'])}"] * bool(row["parts"])
        if faults:
            line(f"{row['name']}, {row['target']}: {'; '.join(faults)}.")
    for what, count in counts.items():
        line(
            f"{len(found)} {what if len(found) != 1 else what[:-1]}: "
            + ", ".join(f"{n} {kind}" for kind, n in count.items())
            + "."
        )


def _listed(model: FrameworkFile) -> list[dict[str, Any]]:
    """Return all targets, those of indicators first, as JSON takes them."""
    titles = {ROOT: model.title or ROOT, **{pillar.id: pillar.name for pillar in model.pillar}}
    nodes = node_goals(model)
    read = list(zip(model.indicator, all_goals(model), strict=True))
    read += [(Indicator(id=node, name=titles[node], unit="%"), own) for node, own in nodes.items()]
    names = {leaf.id: leaf.name or leaf.name_en or leaf.id for leaf in model.indicator}
    return [_row(leaf, region or "", goal, names) for leaf, own in read for region, goal in own]


def _row(indicator: Indicator, region: str, goal: Goal, names: Mapping[str, str]) -> dict[str, Any]:
    target = notation.read(goal.raw) if indicator.relative_to else read_cell(indicator, goal.raw)
    baseline = read_cell(indicator, goal.baseline_raw)
    return {
        "indicator": indicator.id,
        "name": indicator.name or indicator.name_en or indicator.id,
        "unit": indicator.unit,
        "direction": indicator.direction,
        "region": region,
        "where": goal.where,
        "target": goal.raw,
        "operator": "" if goal.trend else goal.operator,
        "low": None if goal.trend else _number(goal.low),
        "high": None if goal.trend else _number(goal.high),
        "on": goal.on,
        "relative_to": goal.relative_to,
        "relative_name": names.get(goal.relative_to, ""),
        "lag": goal.lag,
        "trend": goal.trend,
        "steps": goal.steps,
        "place": goal.place,
        "levels": list(indicator.levels),
        "rule": goal.rule,
        "cumulative": goal.cumulative,
        "approximate": goal.approximate,
        "strength": target.strength,
        "increment": target.increment,
        "per": target.per,
        "relative": target.relative,
        "ordinal": target.ordinal,
        "about": target.about,
        "also": _said(target.also) if target.also else "",
        "parts": [_said(part) for part in target.parts],
        "year": goal.year,
        "effective_from": goal.effective_from,
        "binding": indicator.binding,
        "problem": goal.problem,
        "unread": target.rest,
        "baseline": goal.baseline_raw,
        "baseline_operator": baseline.operator,
        "baseline_value": _number(baseline.value),
        "baseline_high": _number(baseline.high),
        "baseline_year": goal.baseline_year,
        "baseline_unread": baseline.rest,
    }


def _printed(row: dict[str, Any]) -> list[Any]:
    """Return the cells of one printed row; the printed text of a cell stands beside what was read."""
    means = {
        f"for {row['where']}": row["where"],
        f"in force from {row['effective_from']}": row["effective_from"],
        "binding": row["binding"],
        "total of the plan": row["cumulative"],
        "about": row["approximate"],
        row["strength"]: row["strength"] not in ("", "binding"),
        "firm": row["strength"] == "binding",
        _increment(row): row["on"] == "baseline" and not row["trend"],
        f"per {row['per']}": row["per"],
        _relation(row): row["relative_to"],
        f"times {row['relative']}": row["relative"] and not row["relative_to"],
        f"must {_TRENDS.get(row['trend'])}{', step by step' * row['steps']}": row["trend"],
        "a place": row["place"],
        f"level {row['ordinal']} of {len(row['levels'])}: {', '.join(row['levels'])}": row["levels"],
        f"level {row['ordinal']}": row["ordinal"] not in ("", "第") and not row["levels"],
    }
    notes = {
        f"and {row['also']}": row["also"],
        f"of {row['about']}": row["about"],
        "see below": row["problem"] or row["baseline_unread"],
    }
    region, name, *rest = (row[key] for key in ("region", "name", "unit", "target", "operator"))
    ends = [None if row[end] is None else f"{row[end]:.10g}" for end in ("low", "high")]
    said = [", ".join(text for text, holds in words.items() if holds) for words in (means, notes)]
    return [region, name, *rest, *ends, row["year"], said[0], row["baseline"], said[1]]


def _increment(row: dict[str, Any]) -> str:
    """Say what comes on top of the baseline: baseline + 800."""
    amount = row["low"] if row["low"] is not None else row["high"] or 0.0
    return f"baseline {'-' if amount < 0 else '+'} {abs(amount):.10g}"


def _relation(row: dict[str, Any]) -> str:
    """Say of what a target is a multiple: relative to 低保标准, last year."""
    lag = row["lag"]
    return f"relative to {row['relative_name']}" + (
        ", last year" if lag == 1 else f", {lag} years before" if lag else ""
    )


def _said(reading: notation.Reading) -> str:
    return f"{notation.show(reading)}{reading.suffix}"


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _kind(unread: str, empty: object, trend: str = "") -> str:
    if unread:
        return "unread"
    return "without a usable number" if empty else "a direction only" if trend else "numeric"
