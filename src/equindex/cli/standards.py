"""`equindex standards`: what a service list covers and lacks, and how it stands against the levels above."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from equindex.cli._handing import hand_over
from equindex.cli._print import line, table
from equindex.cli._run import say

if TYPE_CHECKING:
    import pandas as pd

    from equindex.standards import Standards

__all__ = ["deliver"]

_COVERAGE = ["domain", "items", "with_standard", "rate"]
_COMPARED = ["name", "standard", "superior", "superior_standard", "verdict", "reason"]
_HELD = ["area", "facility", "required", "actual", "unit", "attainment", "met", "rule", "reason"]


def deliver(found: Standards, output: Path | None, fmt: str, force: bool, quiet: bool, as_json: bool) -> None:
    """Write the tables, or print sentences and the main tables, or everything as JSON."""
    hand_over(
        found,
        found.answer(),
        lambda: _show(found),
        output,
        fmt,
        force,
        quiet,
        as_json,
        inputs=found.inputs,
    )
    if not quiet:
        for note in found.notes:
            say(f"Note: {note}.")


def _show(found: Standards) -> None:
    for sentence in found.answer():
        line(sentence)
    line("")
    own = found.coverage[found.coverage["level"] == found.levels[0]]
    _print(f"Standard coverage by domain (领域): {found.levels[0]}", own, _COVERAGE, keep=4)
    for level in found.levels:
        rows = found.comparison[found.comparison["level"] == level]
        if len(rows):
            _print(f"Standards against the levels above (上级标准): {level}", rows, _COMPARED, keep=5)
    if found.facilities:
        _print("Facility norms (设施配置标准)", found.facilities.facilities, _HELD, keep=7)


def _print(title: str, frame: pd.DataFrame, columns: list[str], keep: int) -> None:
    shown = frame[columns].astype(object).where(frame[columns].notna(), None)
    if "met" in shown:
        shown["met"] = shown["met"].map({True: "yes", False: "no"}).fillna("")
    headers = [column.replace("_", " ") for column in columns]
    table(title, headers, shown.itertuples(index=False, name=None), keep=keep)
