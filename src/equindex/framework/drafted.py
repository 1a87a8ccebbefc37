"""The files that a drafted framework begins with."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from equindex import tables
from equindex.model import ROOT, Indicator

__all__ = ["Draft", "Gathered", "Row", "written"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one row of a plan's table became; `notes` are what was assumed or not read."""

    line: int
    name: str
    unit: str = ""
    target: str = ""
    read: str = ""
    baseline: str = ""
    direction: str = ""
    notes: tuple[str, ...] = ()
    kept: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The files of a framework to start from, and how each row of the plan was read."""

    tables: dict[str, pd.DataFrame]
    documents: dict[str, bytes]
    rows: tuple[Row, ...]
    columns: Mapping[str, str]
    """What each column that was read is."""
    unread: tuple[str, ...]
    """The columns that were not."""
    notes: tuple[str, ...]


@dataclass(slots=True)
class Gathered:
    """What was gathered so far, row by row."""

    ids: set[str] = field(default_factory=set)
    pillars: dict[str, str] = field(default_factory=dict)
    indicators: list[dict[str, Any]] = field(default_factory=list)
    targets: list[dict[str, Any]] = field(default_factory=list)
    milestones: list[dict[str, Any]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


def written(
    made: Gathered,
    sheet: tables.Sheet,
    path: Path,
    region: str,
    columns: Mapping[str, str],
    unread: tuple[str, ...],
) -> Draft:
    """Return what is to be written."""
    names = [name for name in made.pillars if name]
    for name in names:
        made.pillars[name] = name if name not in made.ids and name != ROOT else f"{name} (pillar)"
    for row in made.indicators:
        row["pillar"] = made.pillars.get(str(row.get("pillar", "")), "") or ROOT
    plan, notes = _period(made)
    start = plan[0] - 1 if plan else max([row["year"] or 0 for row in made.targets] or [0])
    data = _template(made, region, start or 2020)
    keep = ["id", "pillar", "name", "unit", "direction"]
    frames = {
        "indicators": _frame(
            made.indicators, [*keep, *(k for k in Indicator.model_fields if k not in keep)], 5
        ),
        "targets": _frame(made.targets, ["indicator", "year", "target", "baseline", "baseline_year"], 3),
        "milestones": _frame(made.milestones, ["indicator", "year", "value"], 3),
        "data": data,
    }
    frames = {name: frame for name, frame in frames.items() if len(frame)}
    title = sheet.title.get("title", "") or path.stem
    documents = {
        "framework.toml": _framework(path, title, frames, plan, made.pillars),
        "weights.toml": _weights(title, made),
    }
    return Draft(
        tables=frames,
        documents={name: text.encode() for name, text in documents.items()},
        rows=tuple(made.rows),
        columns={name: role for role, name in columns.items()},
        unread=unread,
        notes=(*sheet.notes, *notes),
    )


def _period(made: Gathered) -> tuple[tuple[int, int] | None, list[str]]:
    """Return the years of the plan: from the year after the baseline, else of a five-year plan, to the target."""
    ends = Counter(row["year"] for row in made.targets if row["year"])
    starts = Counter(row["baseline_year"] for row in made.targets if row["baseline_year"])
    if not ends:
        return None, []
    end = max(ends, key=lambda year: (ends[year], year))
    start = max(starts, key=lambda year: (starts[year], year)) + 1 if starts else None
    if start is not None and start <= end and 2 * starts.total() >= len(made.targets):
        return (start, end), []
    if end % 5 == 0:
        return (end - 4, end), [f"plan years {end - 4}-{end}: taken as a five-year plan"]
    totals = any(row["cumulate"] for row in made.indicators)
    first = start if start is not None and start <= end else end
    return (first, end), [f"plan years {first}-{end}: no column says when the plan begins"] * totals


def _template(made: Gathered, region: str, year: int) -> pd.DataFrame:
    """Return the data to fill in: the printed baselines, and a dash where the plan prints none."""
    years = {row["indicator"]: row["baseline_year"] for row in made.targets}
    rows: dict[str, dict[str, Any]] = {}
    counts = Counter(row["name"] for row in made.indicators)
    called = {row["id"]: row["name"] if counts[row["name"]] == 1 else row["id"] for row in made.indicators}
    for row in made.indicators:
        said, at = row["value"], years.get(row["id"]) or row["baseline_year"] or year
        name = called[row["id"]]
        parts = {called.get(row[key], row[key]): "" for key in ("numerator", "denominator") if row.get(key)}
        for word, unit in parts.items() if parts else ((name, row["unit"]),):
            cells = {"year": year if parts else at, "unit": unit, "value": "—" if parts else said}
            rows.setdefault(word, {"region": region, "indicator": word, **cells})
    return pd.DataFrame(list(rows.values()))[["region", "year", "indicator", "unit", "value"]]


def _frame(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], least: int) -> pd.DataFrame:
    """Return rows as a table without empty columns, save the `least` first."""
    used = [
        c for k, c in enumerate(columns) if k < least or any(row.get(c) not in ("", None) for row in rows)
    ]
    return pd.DataFrame(
        [["" if row.get(c) is None else str(row.get(c)) for c in used] for row in rows], columns=used
    )


def _framework(
    path: Path,
    title: str,
    frames: Mapping[str, Any],
    plan: tuple[int, int] | None,
    pillars: Mapping[str, str],
) -> str:
    lines = [
        "# Drafted from the table of a plan. Check directions and totals, then fill in data.csv.",
        "# Try:  equindex targets framework.toml",
        f"id = {_quoted(path.stem)}",
        f"title = {_quoted(title)}",
        f"source = {_quoted(path.name)}",
        *(
            f"{name} = {_quoted(f'{name}.csv')}"
            for name in ("indicators", "targets", "milestones")
            if name in frames
        ),
        "",
        "[methods]                          # no normalise: attainment only, no composite",
        'weighting = { name = "equal", by = "pillar" }             # or "weights.toml"',
        'missing = { rule = "reweight", min_coverage = 0.66 }',
        "",
        "[attainment]",
        'rule = "ratio"',
        "cap = 100",
        *([f"plan = [{plan[0]}, {plan[1]}]"] if plan else []),
    ]
    for name, node in pillars.items():
        lines += ["", "[[pillar]]", f"id = {_quoted(node)}", f"name = {_quoted(name)}"] if name else []
    return "\n".join(lines) + "\n"


def _weights(title: str, made: Gathered) -> str:
    nodes = [*(node for node in made.pillars.values() if node), *(str(row["id"]) for row in made.indicators)]
    lines = [
        "# A weight set: equindex score framework.toml data.csv --weights weights.toml",
        'id = "equal"',
        f"title = {_quoted(f'{title}: equal weights to change')}",
        'method = "equal, drafted"',
        'scope = "local"                # numbers count within each parent',
        "",
        "[weights]",
        *(f"{_quoted(node)} = 1" for node in nodes),
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
