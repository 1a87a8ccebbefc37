"""Reading what callers pass: tables in memory, years, what to keep; and what to say of targets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from equindex import aggregate, tables
from equindex.errors import DataError, MethodError, nearest
from equindex.framework.files import digests_of
from equindex.model import FrameworkFile, TableMap, Target, WeightSet
from equindex.schema import Findings
from equindex.scoring import Plan
from equindex.scoring.goals import goals, node_goals
from equindex.tables import Database, Sheet

__all__ = [
    "check_kept",
    "files_read",
    "sheets_of",
    "warn_of_targets",
    "warn_of_weights",
    "years_of",
]

_KEEP: Final = ("all", "index")
_SHOWN: Final = 5  # ids that a warning names before it counts the rest


def files_read(data: Any, skip: Sequence[Path]) -> list[Path]:
    """Return the files that `data` names: itself, or the tables of a folder; none for a table in memory."""
    if isinstance(data, Database):
        return data.files
    if not isinstance(data, str | Path):
        return []
    path = Path(data)
    return tables.files_of(path, skip) if path.is_dir() else [path]


def sheets_of(data: Any, declared: TableMap, skip: Sequence[Path]) -> tuple[list[Sheet], dict[str, str]]:
    """Read the sheets of a file, folder or database, or take those in memory; digests are SHA-256 by name.

    Raises
    ------
    DataError
        If there is no such file or table.
    """
    text = [
        *declared.keep,
        *declared.drop,
        *(str(c) for c in (declared.region, declared.year, declared.indicator) if c),
    ]
    if isinstance(data, Database):
        found, digest = tables.database_sheet(data, declared.model_dump(exclude_none=True), text)
        return [found], {data.name: digest}
    if not isinstance(data, str | Path):
        return _sheets_in_memory(data), {}
    if not str(data).strip():
        raise DataError("the name of the data is empty. Name a file or a folder.")
    if "://" in str(data):
        return sheets_of(Database(url=str(data)), declared, skip)
    path = Path(data)
    sheet = declared.sheet if path.suffix.lower() in tables.BOOKS else None
    return tables.read(path, sheet=sheet, skip=skip, text=text), digests_of(path, skip)


def _sheets_in_memory(data: Any) -> list[Sheet]:
    """Return a DataFrame, or sheets, as sheets.

    Raises
    ------
    DataError
        If `data` is something else, or an index level bears the name of a column.
    """
    if isinstance(data, Sequence) and data and all(isinstance(sheet, Sheet) for sheet in data):
        return list(data)
    if not isinstance(data, pd.DataFrame):
        raise DataError(
            f"data must be a file, a folder or a pandas DataFrame, not {type(data).__name__}. "
            "Name the file, or build the table with pandas.DataFrame(…)."
        )
    frame = data
    if any(name is not None for name in data.index.names):
        double = [name for name in data.index.names if name in data.columns]
        if double:
            raise DataError(
                f"{double[0]!r} names both a level of the index and a column. Drop one: reset_index(drop=True)."
            )
        frame = data.reset_index()
    lines = np.arange(len(data), dtype=np.int64)
    return [Sheet(name="table", frame=frame.reset_index(drop=True), lines=lines)]


def years_of(years: int | str | Iterable[int | str] | None) -> tuple[int, ...] | None:
    """Return years in order; one year may stand alone, and be text.

    Raises
    ------
    DataError
        If one is no year.
    """
    if years is None:
        return None
    listed = list(years) if isinstance(years, Iterable) and not isinstance(years, str) else [years]
    try:
        found = [int(year) for year in listed]
    except (TypeError, ValueError):
        found = []
    if len(found) != len(listed) or any(float(year) != one for year, one in zip(listed, found, strict=True)):
        raise DataError(f"years must be whole numbers such as 2021 or [2020, 2021], not {years!r}.")
    return tuple(sorted(set(found)))


def check_kept(keep: str) -> None:
    """Raise MethodError where `keep` is not known."""
    if keep not in _KEEP:
        raise MethodError(f"there is no keep={keep!r}. {nearest(str(keep), _KEEP)}")


def warn_of_targets(model: FrameworkFile, findings: Findings) -> None:
    """Warn of each target that cannot be read, or faces the wrong way: nothing is scored against it."""
    rows: dict[str, list[Target]] = {}
    for row in model.target:
        rows.setdefault(row.indicator, []).append(row)
    for indicator in model.indicator:
        listed = rows.get(indicator.id, [])
        distinct = list({row.target: row for row in listed}.values())
        cells = [("", indicator.target)] if indicator.target is not None else []
        cells += [(row.region or row.where or "", row.target) for row in listed]
        read = goals(indicator, distinct, model.indicator)
        _warn(indicator.id, cells, {goal.raw: goal.problem for _, goal in read}, findings)
    for node, found in node_goals(model).items():
        cells = [(region or goal.where, goal.raw) for region, goal in found]
        _warn(node, cells, {goal.raw: goal.problem for _, goal in found}, findings)


def warn_of_weights(plan: Plan, weights: WeightSet | None, findings: Findings) -> None:
    """Warn of `weight` keys that count for nothing, because the weights come from elsewhere."""
    model, tree = plan.model, plan.tree
    keyed = [pillar.id for pillar in model.pillar if pillar.weight is not None]
    keyed += [indicator.id for indicator in model.indicator if indicator.weight is not None]
    call = model.methods.weighting if model.methods else None
    if keyed and (call or weights):
        used = (
            f"the weight set {weights.id!r} is"
            if weights
            else f"weighting = {call.name!r} is"
            if call
            else ""
        )
        findings.warn(
            "weights not used",
            f"weight keys of {_listed(keyed)} count for nothing: {used} used.",
            "Remove the keys, or the other weights.",
        )
    for node, inside in enumerate(tree.children):
        if not inside.size or not aggregate.methods.get(plan.calls[node].name).traits.get("own_weights"):
            continue
        here = [tree.ids[child] for child in inside if tree.ids[child] in keyed]
        if here and not (call or weights):
            findings.warn(
                "weights not used",
                f"weight keys of {_listed(here)} only say who takes part: {plan.calls[node].name} gives each region "
                f"weights of its own in {tree.ids[node]!r}.",
                "Remove the keys, or set bounds (low, high).",
            )


def _listed(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return ", ".join(map(repr, ids[:_SHOWN])) + more


def _warn(
    node: str, cells: Sequence[tuple[str, str]], problems: Mapping[str, str], findings: Findings
) -> None:
    for region, text in cells:
        problem = problems[text]
        if problem and problem != "no target":
            findings.warn(
                "target",
                problem if repr(text) in problem else f"{text!r}: {problem}",
                "Nothing is scored against such a target: rewrite the cell, or mend the direction.",
                indicator=node,
                region=region,
                value=text,
            )
