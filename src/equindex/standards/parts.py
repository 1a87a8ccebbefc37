"""The tables of a check of standards: one function each, from matched lists to tidy rows."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from equindex.standards.amounts import AT_LEAST, BELOW, UNKNOWN, against, ceiling, measure
from equindex.standards.lists import FOUR, PARTS, Item
from equindex.standards.matching import Matches

__all__ = [
    "TOTAL",
    "ceilings",
    "changes",
    "comparison",
    "completeness",
    "coverage",
    "gaps",
    "items",
    "three_parts",
]

TOTAL = "total"
"""The domain of rows that cover the whole list."""
_FIELDS = ("name", "domain", *FOUR, "unit", "direction", "ceiling", "superior_item")


def _frame(rows: Iterable[dict[str, Any]], columns: str) -> pd.DataFrame:
    """Make a table whose columns stand even where it has no rows."""
    return pd.DataFrame(list(rows), columns=columns.split())


def _end(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _who(level: str, item: Item) -> dict[str, Any]:
    return {"level": level, "id": item.id, "name": item.name, "domain": item.domain}


def items(names: Sequence[str], found: Matches) -> pd.DataFrame:
    """List the items in force at every level, with how each standard was read."""
    columns = (
        "level id name domain target_group content standard unit operator value high per "
        "direction responsibility ceiling superior_item edition effective_from row"
    )
    rows = [
        {
            **{key: getattr(item, key, "") for key in columns.split()},
            **_who(name, item),
            "operator": item.reading.operator,
            "value": _end(item.reading.value),
            "high": _end(item.reading.high),
            "per": item.reading.per,
            "direction": {1: "positive", -1: "negative"}.get(item.direction, ""),
        }
        for name, listed in zip(names, found.items, strict=True)
        for item in listed.values()
    ]
    return _frame(rows, columns).astype({"effective_from": "Int64", "value": float, "high": float})


def _by_domain(listed: Iterable[Item]) -> Iterator[tuple[str, list[Item]]]:
    """Yield the whole list, then each domain in the list's order."""
    all_items = list(listed)
    yield TOTAL, all_items
    for domain in dict.fromkeys(item.domain for item in all_items):
        yield domain, [item for item in all_items if item.domain == domain]


def coverage(
    names: Sequence[str], found: Matches, reached: Callable[[float], bool] | None, target: str
) -> pd.DataFrame:
    """Give the share of items that have a standard, in total and by domain; the target is for the list's total."""
    rows = []
    for level, (name, listed) in enumerate(zip(names, found.items, strict=True)):
        for domain, some in _by_domain(listed.values()):
            having = sum(item.has_standard for item in some)
            rate = 100 * having / len(some) if some else np.nan
            judged = reached is not None and level == 0 and domain == TOTAL and some
            rows.append(
                {
                    "level": name,
                    "domain": domain,
                    "items": len(some),
                    "with_standard": having,
                    "rate": rate,
                    "target": target if judged else "",
                    "met": reached(rate) if judged and reached else None,
                }
            )
    return _frame(rows, "level domain items with_standard rate target met")


def completeness(names: Sequence[str], found: Matches) -> pd.DataFrame:
    """Say which of the four parts each item lacks: 对象, 内容, 标准, 支出责任."""
    rows = [
        {
            **_who(name, item),
            **{key: key not in item.lacks for key in FOUR},
            "complete": not item.lacks,
            "lacks": ", ".join(item.lacks),
        }
        for name, listed in zip(names, found.items, strict=True)
        for item in listed.values()
    ]
    return _frame(rows, f"level id name domain {' '.join(FOUR)} complete lacks")


def gaps(names: Sequence[str], found: Matches) -> tuple[pd.DataFrame, pd.DataFrame]:
    """List the items of each superior list that a lower one lacks, and those it has of its own."""
    missing, extra = [], []
    for lower, upper in combinations(range(len(names)), 2):
        pairs = [(item, found.of(lower, item, upper)) for item in found.items[lower].values()]
        known = {match.item.id for _, match in pairs if match}
        missing += [
            {**_who(names[lower], item), "superior": names[upper], "standard": item.standard}
            for item in found.items[upper].values()
            if item.id not in known
        ]
        extra += [
            {**_who(names[lower], item), "superior": names[upper], "standard": item.standard}
            for item, match in pairs
            if not match
        ]
    columns = "level superior domain id name standard"
    return _frame(missing, columns), _frame(extra, columns)


def comparison(names: Sequence[str], found: Matches) -> pd.DataFrame:
    """Hold every item against the same item of each list above."""
    rows = []
    for lower, upper in combinations(range(len(names)), 2):
        for item in found.items[lower].values():
            match = found.of(lower, item, upper)
            if match is None:
                continue
            above = match.item
            verdict, reason = against(
                item.reading, item.unit, item.direction, above.reading, above.unit, above.direction
            )
            difference = item.reading.value - above.reading.value if verdict != UNKNOWN else np.nan
            rows.append(
                {
                    **_who(names[lower], item),
                    "superior": names[upper],
                    "superior_id": above.id,
                    "superior_name": above.name,
                    "matched_by": match.by,
                    "standard": item.standard,
                    "superior_standard": above.standard,
                    "unit": measure(item.reading, item.unit) if item.reading.numeric else item.unit,
                    "value": item.reading.value,
                    "superior_value": above.reading.value,
                    "difference": difference,
                    "verdict": verdict,
                    "reason": reason,
                }
            )
    columns = (
        "level superior id name domain standard superior_standard unit value superior_value difference verdict reason "
        "superior_id superior_name matched_by"
    )
    return _frame(rows, columns)


def ceilings(names: Sequence[str], found: Matches) -> pd.DataFrame:
    """Hold every standard against its own ceiling and those of the lists above (标准不攀高)."""
    rows = []
    for lower, name in enumerate(names):
        for item in (item for item in found.items[lower].values() if item.has_standard):
            tops = [(name, "ceiling", item)] if item.ceiling else []
            for upper in range(lower + 1, len(names)):
                match = found.of(lower, item, upper)
                if match and match.item.ceiling:
                    tops.append((names[upper], "ceiling", match.item))
                elif match and match.item.reading.operator == "range":
                    tops.append((names[upper], "end of the range", match.item))
            for whose, kind, holder in tops:
                top = holder.top if kind == "ceiling" else holder.reading
                verdict, reason = ceiling(
                    item.reading, item.unit, item.direction, top, holder.unit, holder.direction
                )
                rows.append(
                    {
                        **_who(name, item),
                        "standard": item.standard,
                        "ceiling": top.raw,
                        "of": whose,
                        "kind": kind,
                        "verdict": verdict,
                        "reason": reason,
                    }
                )
    return _frame(rows, "level id name domain standard ceiling of kind verdict reason")


def changes(names: Sequence[str], found: Matches, year: int | None) -> pd.DataFrame:
    """Say what moved between the edition of each item in force and the one before it; what was added."""
    rows = []
    for name, listed in zip(names, found.lists, strict=True):
        editions = listed.editions(year)
        began = min(
            (item.effective_from for some in editions.values() for item in some if item.effective_from),
            default=0,
        )
        for some in editions.values():
            now, before = some[-1], some[-2] if len(some) > 1 else None
            if before is None and now.effective_from in (None, began):
                continue
            moved = [key for key in _FIELDS if before and getattr(now, key) != getattr(before, key)]
            for key in moved if before else ["item"]:
                rows.append(
                    {
                        **_who(name, now),
                        "field": key,
                        "before": _printed(before, key) if before else "",
                        "after": _printed(now, key) if before else now.standard,
                        "moved": "added"
                        if before is None
                        else _moved(before, now)
                        if key == "standard"
                        else "",
                        "edition_before": before.edition if before else "",
                        "edition": now.edition,
                        "effective_before": before.effective_from if before else None,
                        "effective_from": now.effective_from,
                    }
                )
    columns = (
        "level id name domain field before after moved edition_before edition effective_before effective_from"
    )
    return _frame(rows, columns).astype({"effective_before": "Int64", "effective_from": "Int64"})


def _printed(item: Item, key: str) -> str:
    value = getattr(item, key)
    return {1: "positive", -1: "negative", 0: ""}[value] if key == "direction" else str(value)


def _moved(before: Item, now: Item) -> str:
    """Say whether a standard became better or worse for people."""
    old = (before.reading, before.unit, before.direction)
    new = (now.reading, now.unit, now.direction)
    here, there = against(*new, *old)[0], against(*old, *new)[0]
    return {(AT_LEAST, BELOW): "raised", (BELOW, AT_LEAST): "lowered"}.get((here, there), "")


def three_parts(names: Sequence[str], found: Matches) -> pd.DataFrame:
    """Give the shares of items that cover all, meet their standard and are funded, where a list says so.

    Items without a standard cannot meet one: they are left out of `met`.
    """
    rows = []
    for name, listed, source in zip(names, found.items, found.lists, strict=True):
        for key in (key for key in PARTS if key in source.columns):
            for domain, some in _by_domain(listed.values()):
                asked = [item for item in some if key != "met" or item.has_standard]
                said = [item.checks.get(key) for item in asked]
                yes, no = said.count(True), said.count(False)
                rows.append(
                    {
                        "level": name,
                        "part": key,
                        "domain": domain,
                        "items": len(asked),
                        "yes": yes,
                        "no": no,
                        "unknown": len(said) - yes - no,
                        "share": 100 * yes / (yes + no) if yes + no else np.nan,
                        "without_standard": len(some) - len(asked),
                    }
                )
    return _frame(rows, "level part domain items yes no unknown share without_standard")
