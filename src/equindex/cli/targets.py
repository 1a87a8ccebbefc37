"""`equindex targets`: how each target and baseline cell of a framework was read, for a person to check."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from equindex import notation
from equindex.cli._print import json_line, line, table
from equindex.scoring.attained import goals

if TYPE_CHECKING:
    from equindex.framework import Framework
    from equindex.model import Indicator, Target
    from equindex.scoring.attained import Goal

__all__ = ["show_targets"]

_HEADERS = ["indicator", "unit", "target", "operator", "low", "high", "year", "means", "baseline", "note"]


def show_targets(framework: Framework, as_json: bool) -> None:
    """Print every target as it was read, then how many cells are numbers and how many are not."""
    model = framework.model
    listed: dict[str, list[Target]] = {}
    for target in model.target:
        listed.setdefault(target.indicator, []).append(target)
    found = [row for indicator in model.indicator for row in _rows(indicator, listed.get(indicator.id, []))]
    counts = {
        "targets": Counter(_kind(row["unread"], row["problem"]) for row in found),
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
        line(f"{len(found)} {what}: " + ", ".join(f"{n} {kind}" for kind, n in count.items()) + ".")


def _rows(indicator: Indicator, listed: list[Target]) -> list[dict[str, Any]]:
    """Return an indicator's own target and those of the targets table, as JSON takes them."""
    own = indicator.baseline or ""
    baselines = [own] * (indicator.target is not None)
    baselines += [own if target.baseline is None else target.baseline for target in listed]
    pairs = zip(goals(indicator, listed), baselines, strict=True)
    return [_row(indicator, region or "", goal, baseline) for (region, goal), baseline in pairs]


def _row(indicator: Indicator, region: str, goal: Goal, before: str) -> dict[str, Any]:
    target, baseline = notation.read(goal.raw, indicator.unit), notation.read(before, indicator.unit)
    return {
        "indicator": indicator.id,
        "name": indicator.name or indicator.name_en or indicator.id,
        "unit": indicator.unit,
        "direction": indicator.direction,
        "region": region,
        "target": goal.raw,
        "operator": goal.operator,
        "low": _number(goal.low),
        "high": _number(goal.high),
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
        "baseline": before,
        "baseline_operator": baseline.operator,
        "baseline_value": _number(baseline.value),
        "baseline_high": _number(baseline.high),
        "baseline_year": goal.baseline_year,
        "baseline_unread": baseline.rest,
    }


def _printed(row: dict[str, Any]) -> list[Any]:
    """Return the cells of one printed row; the printed text of a cell stands beside what was read."""
    means = {
        "binding": row["binding"],
        "total of the plan": row["cumulative"],
        "about": row["approximate"],
        row["strength"]: row["strength"] not in ("", "binding"),
        "firm": row["strength"] == "binding",
        "on top of the baseline": row["increment"],
        f"per {row['per']}": row["per"],
        f"times {row['relative']}": row["relative"],
        "a place": row["ordinal"] == "第",
        f"level {row['ordinal']}": row["ordinal"] not in ("", "第"),
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


def _said(reading: notation.Reading) -> str:
    return f"{notation.show(reading)}{reading.suffix}"


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _kind(unread: str, empty: object) -> str:
    return "unread" if unread else "without a usable number" if empty else "numeric"
