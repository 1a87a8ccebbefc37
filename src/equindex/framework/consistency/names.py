"""Checks of words: what the plan's text says otherwise than its table, and names."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import Final

from equindex import notation
from equindex.framework.consistency.aims import Drawn, Start, in_words, warning
from equindex.model import Indicator, Statement, Target
from equindex.notation.words import FOLD
from equindex.schema import Finding
from equindex.schema.words import folded
from equindex.scoring.goals import read_cell
from equindex.tables import plain

__all__ = ["aliases", "loose", "same_names", "statements"]

_SEVERAL = re.compile("[;|；、]")
_SAYS: Final = {
    "=": "exactly",
    ">=": "at least",
    ">": "more than",
    "<=": "at most",
    "<": "less than",
    "~": "about",
    "range": "a range from",
}


def statements(plan: Drawn) -> Iterator[Finding]:
    """Yield what the text says otherwise than the table."""
    indicators = {indicator.id: indicator for indicator in plan.model.indicator}
    for said in plan.model.statement:
        own, source = indicators[said.indicator], said.source or "the text"
        cells = _cells(own, said, plan.targets.get(own.id, ())) if said.printed else []
        if said.printed and not cells:
            yield warning(
                "table against text",
                f"{source} says {said.printed!r}, but the table has no {said.of}{in_words('for', said.year)}.",
                "Add it to the table, or mend `of` and `year` of the statement.",
                indicator=own.id,
                value=said.printed,
            )
        other = _differences(cells[-1], said.printed, own, said.of) if cells else []
        if other:
            unit = "" if own.unit == "%" or own.unit in cells[-1] else f" {own.unit}"
            yield warning(
                "table against text",
                f"the {said.of} is {cells[-1]!r}{unit} in the table, {said.printed!r} in {source}: {'; '.join(other)}.",
                "Look both up in the plan. The table is what is scored.",
                indicator=own.id,
                value=said.printed,
            )


def _cells(own: Indicator, said: Statement, rows: Iterable[Target]) -> list[str]:
    """Return the table's cells for all regions and the statement's year, the newest version last."""
    common = sorted((r for r in rows if not (r.region or r.where)), key=lambda r: r.effective_from or 0)
    if said.of == "target":
        found = [(own.target, own.target_year), *((row.target, row.year) for row in common)]
    else:
        found = [(own.baseline, own.baseline_year), *((row.baseline, row.baseline_year) for row in common)]
    return [cell for cell, year in found if cell and (said.year is None or year in (None, said.year))]


def _differences(cell: str, printed: str, own: Indicator, of: str) -> list[str]:
    """Say in what two cells differ, nothing where they mean the same."""
    table, text = read_cell(own, cell), read_cell(own, printed)
    if not (table.numeric and text.numeric):
        same = table.trend and (table.trend, table.steps) == (text.trend, text.steps)
        alike = same or _plain(cell) == _plain(printed)
        return [] if alike else ["they differ, and cannot be compared as numbers"]
    found = []
    here, there = Start.of(table), Start.of(text)
    bare = {"positive": ">=", "negative": "<="}.get(own.direction, "=") if of == "target" else "="
    one, other = (read.operator or bare for read in (table, text))
    exact = here.low == here.high and there.low == there.high
    if of == "baseline" and not exact and _ends(here) != _ends(there) and here.fits(there):
        more = "the text" if _inside(there, here) else "the table" if _inside(here, there) else "each"
        found.append(f"both can be true, but {more} says more")
    elif table.value != text.value or (table.high != text.high and "range" in (one, other)):
        found.append("another level" if own.levels else _apart(table, text))
    elif one != other:
        number = own.levels[int(table.value) - 1] if own.levels else f"{table.value:g}"
        found.append(f"{_SAYS[one]} {number} against {_SAYS[other]} {number}")
        if one[:1] == other[:1] and "range" not in (one, other):
            found.append(f"{number} itself counts only in the {'text' if one in '<>' else 'table'}")
    marks = {
        "the total of the period": (table.cumulative, text.cumulative),
        "on top of the baseline": (table.increment, text.increment),
        "relative to something else": (bool(table.relative), bool(text.relative)),
    }
    for mark, (in_table, in_text) in marks.items():
        if in_table != in_text:
            found.append(f"only the {'table' if in_table else 'text'} marks it as {mark}")
    return found


def _ends(of: Start) -> tuple[float, float, bool, bool]:
    return of.low, of.high, of.strict_low, of.strict_high


def _inside(one: Start, other: Start) -> bool:
    """Return whether one interval lies inside the other."""
    low = (one.low, one.strict_low) >= (other.low, other.strict_low)
    return low and (one.high, other.strict_high) <= (other.high, one.strict_high)


def _apart(table: notation.Reading, text: notation.Reading) -> str:
    """Say how far two numbers are apart."""
    one, other = (table.value, text.value) if table.value != text.value else (table.high, text.high)
    small, large = sorted((one, other))
    if small <= 0:
        return f"{large:g} and {small:g} differ by {large - small:g}"
    times = large / small
    power = round(math.log10(times))
    lost = power >= 1 and math.isclose(times, 10.0**power, rel_tol=1e-9)
    hint = ", a power of ten: check the decimal point and a unit such as 万" if lost else ""
    return f"{large:g} is {times:.3g} times {small:g}{hint}"


def _names(indicator: Indicator) -> list[str]:
    """Return every name of an indicator."""
    words = [indicator.id, indicator.name, indicator.name_en, *_SEVERAL.split(indicator.alias)]
    return [word.strip() for word in words if word.strip()]


def _plain(text: str) -> str:
    """Return what two spellings have in common: width, script, case, spaces and marks do not count."""
    return plain(text.translate(FOLD))


def aliases(plan: Drawn) -> Iterator[Finding]:
    """Yield names by which the text calls an indicator and which are not its own."""
    indicators = {indicator.id: indicator for indicator in plan.model.indicator}
    for said in plan.model.statement:
        own = indicators[said.indicator]
        if said.name and _plain(said.name) not in map(_plain, _names(own)):
            yield warning(
                "alias",
                f"{said.source or 'the text'} calls it {said.name!r}, the table {own.name or own.id!r}.",
                "If both mean the same, add the other name to alias: tables may then use either.",
                indicator=own.id,
                value=said.name,
            )


def same_names(plan: Drawn) -> Iterator[Finding]:
    """Yield names that two indicators share."""
    owners: dict[str, str] = {}
    for indicator in plan.model.indicator:
        for word in _names(indicator):
            owner = owners.setdefault(folded(word), indicator.id)
            if owner != indicator.id:
                yield warning(
                    "same name",
                    f"{word!r} is a name of {owner!r} too.",
                    "Rename one: a table that uses this name does not say which is meant.",
                    indicator=indicator.id,
                    value=word,
                )


def loose(plan: Drawn) -> Iterator[Finding]:
    """Yield indicators without a pillar beside others that have one: merged cells hold only their first row."""
    model = plan.model
    blank = [indicator for indicator in model.indicator if "pillar" not in indicator.model_fields_set]
    if model.pillar and blank:
        named = ", ".join(indicator.id for indicator in blank[:5])
        more = f" and {len(blank) - 5} more" if len(blank) > 5 else ""
        yield Finding(
            severity="warning",
            kind="no pillar",
            message=f"{named}{more}: no pillar, while others have one; each stands beside the pillars and weighs as "
            "much as one.",
            remedy="Name the pillar (领域) in every row, of merged cells only the first has it; or write index.",
        )
