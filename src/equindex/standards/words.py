"""What a check of standards says in sentences."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import TYPE_CHECKING, Any

from equindex.standards.amounts import ABOVE, AT_LEAST, BELOW, UNKNOWN
from equindex.standards.lists import FOUR, PARTS
from equindex.standards.parts import TOTAL

if TYPE_CHECKING:
    import pandas as pd

    from equindex.standards import Standards

__all__ = ["answer", "pick"]

_MOST = 5


def answer(found: Standards) -> list[str]:
    """Say what was found, the list itself first, then against each superior list."""
    said = [*_list(found), *_complete(found), *_three(found), *_changed(found)]
    for lower, upper in combinations(found.levels, 2):
        said += _gaps(found, lower, upper)
        said += _floor(found, lower, upper)
    said += _ceilings(found)
    if found.facilities:
        said += found.facilities.answer()
    return said


def pick(frame: pd.DataFrame, **wanted: Any) -> pd.DataFrame:
    """Return the rows whose columns have these values."""
    for column, value in wanted.items():
        frame = frame[frame[column] == value]
    return frame


def _some(names: Iterable[object]) -> str:
    words = [str(name) for name in names]
    more = len(words) - _MOST
    return ", ".join(words[:_MOST]) + (f" and {more} more" if more > 0 else "")


def _list(found: Standards) -> list[str]:
    own = found.levels[0]
    total = pick(found.coverage, level=own, domain=TOTAL).iloc[0]
    when = "the newest editions" if found.as_of is None else f"as of {found.as_of}"
    domains = len(pick(found.coverage, level=own)) - 1
    said = [f"{own}: {total['items']} items in {domains} domains, {when}."]
    goal = ""
    if total["target"]:
        goal = f"; target {total['target']}: {'met' if total['met'] else 'not met'}"
    rate = f"{total['rate']:.1f} % ({total['with_standard']} of {total['items']} items)"
    return [*said, f"Standard coverage rate (标准覆盖率): {rate}{goal}."]


def _complete(found: Standards) -> list[str]:
    rows = pick(found.completeness, level=found.levels[0])
    lacking = [f"{zh} in {(~rows[key]).sum()}" for key, zh in FOUR.items() if not rows[key].all()]
    text = f"Complete (对象、内容、标准、支出责任): {rows['complete'].sum()} of {len(rows)} items"
    return [f"{text}; lacking {', '.join(lacking)}." if lacking else f"{text}."]


def _three(found: Standards) -> list[str]:
    said = []
    for row in pick(found.three_parts, level=found.levels[0], domain=TOTAL).to_dict("records"):
        judged = row["yes"] + row["no"]
        more = f", {row['unknown']} not said" if row["unknown"] else ""
        more += f", {row['without_standard']} without a standard left out" if row["without_standard"] else ""
        name = {"covered": "Coverage", "met": "Attainment degree", "funded": "Funding"}[row["part"]]
        share = (
            f"{row['share']:.1f} % ({row['yes']} of {judged} items{more})" if judged else f"not said{more}"
        )
        said.append(f"{name} ({PARTS[row['part']]}): {share}.")
    return said


def _changed(found: Standards) -> list[str]:
    rows = pick(found.changes, level=found.levels[0])
    if not len(rows):
        return []
    standards = pick(rows, field="standard")
    said = [f"{row['name']} {row['before']} → {row['after']}" for row in standards.to_dict("records")]
    added = pick(rows, field="item")["name"]
    moved = rows.loc[rows["field"] != "item", "id"].nunique()
    text = f"Since the edition before, {moved} item{'' if moved == 1 else 's'} moved"
    text += f"; added: {_some(added)}" if len(added) else ""
    return [f"{text}{f'; standards: {_some(said)}' if said else ''}."]


def _gaps(found: Standards, lower: str, upper: str) -> list[str]:
    lost = pick(found.missing, level=lower, superior=upper)
    own = pick(found.extra, level=lower, superior=upper)
    listed = pick(found.items, level=upper)
    text = (
        f"{len(lost)} of {len(listed)} items are missing: {_some(lost['name'])}"
        if len(lost)
        else "no item is missing"
    )
    more = f"; {len(own)} of its own" if len(own) else ""
    return [f"{lower} against {upper} (内容无缺项): {text}{more}."]


def _floor(found: Standards, lower: str, upper: str) -> list[str]:
    rows = pick(found.comparison, level=lower, superior=upper)
    if not len(rows):
        return []
    parts = []
    for verdict, words in ((AT_LEAST, AT_LEAST), (BELOW, BELOW), (UNKNOWN, f"{UNKNOWN}")):
        some = pick(rows, verdict=verdict)
        names = f" ({_some(some['name'])})" if len(some) and verdict != AT_LEAST else ""
        parts.append(f"{len(some)} {words}{names}")
    return [f"{lower} against {upper} (不低于上级标准): {', '.join(parts)}."]


def _ceilings(found: Standards) -> list[str]:
    if not len(found.ceilings):
        return []
    high = pick(found.ceilings, verdict=ABOVE)
    unknown = len(pick(found.ceilings, verdict=UNKNOWN))
    more = f"; {unknown} {UNKNOWN}" if unknown else ""
    if not len(high):
        return [f"Ceilings (标准不攀高): none of {len(found.ceilings)} is exceeded{more}."]
    said = [
        f"{row['name']} {row['standard']} > {row['ceiling']} of {row['of']}"
        for row in high.to_dict("records")
    ]
    return [f"Ceilings (标准不攀高): {len(high)} of {len(found.ceilings)} exceeded: {_some(said)}{more}."]
