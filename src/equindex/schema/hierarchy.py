"""The tree of regions, 省-市-县-镇, and how indicators go up it: what is wrong is told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equindex import notation, tables
from equindex._arrays import BoolArray, FloatArray, IntArray
from equindex.errors import DataError, nearest
from equindex.model import FrameworkFile, Indicator
from equindex.schema.changes import ended
from equindex.schema.findings import Findings
from equindex.schema.panel import Panel
from equindex.schema.words import code_text, listed

__all__ = ["Goal", "Tree", "inspect_tree", "kind_of", "lowest_parts", "parents_of"]

# --- The tree ----------------------------------------------------------------------------------------------


def inspect_tree(
    model: FrameworkFile, regions: tables.Regions | None, panel: Panel, findings: Findings
) -> None:
    """Report circles, two parents, unknown parents, and parts without a row where their siblings have one."""
    for indicator in model.indicator:
        problem = Goal.of(indicator).problem if indicator.roll_up == "share" else ""
        if problem:
            findings.warn("target", problem, "Write a number, or 是.", indicator=indicator.id)
    if regions is None or "parent" not in regions.frame.columns:
        return
    up = parents_of(model, regions, findings)
    _beside_parts(model, regions, panel, up, findings)
    if _circles(up, regions, findings) or all(kind_of(indicator) == "none" for indicator in model.indicator):
        return
    tree = Tree.of(up, panel)
    for region, year in tree.rows:
        kids = tree.kids(region)
        absent = kids[~tree.present[kids, year]]
        for part in absent.tolist() if len(absent) < len(kids) else ():
            findings.warn(
                "region tree",
                f"no row, although other parts of {regions.names[region]} have one: "
                "what its parts come to stays unknown.",
                "Add the row; — says that there is no value.",
                region=regions.names[part],
                year=int(tree.years[year]),
            )


def _beside_parts(
    model: FrameworkFile, regions: tables.Regions, panel: Panel, up: NDArray[np.intp], findings: Findings
) -> None:
    """Warn of regions that are scored and ranked beside their own parts."""
    if model.equalization is None and not (model.methods and model.methods.normalise):
        return
    there = np.zeros(len(up), dtype=bool)
    there[panel.region[panel.order]] = True
    both = np.unique(up[there & (up >= 0)])
    names = [regions.names[region] for region in both[there[both]].tolist()]
    if names:
        findings.warn(
            "parent among its parts",
            f"{listed(names)}: scored beside {'its' if len(names) == 1 else 'their'} own parts, so that ranks, "
            "means and inequality count both.",
            "Leave out one level with [table] drop.",
        )


def parents_of(
    model: FrameworkFile, regions: tables.Regions, findings: Findings | None = None
) -> NDArray[np.intp]:
    """Return the position of each region's parent, -1 where it has none in the table, or is no more itself."""
    up = np.full(len(regions), -1, dtype=np.intp)
    if "parent" not in regions.frame.columns:
        return up
    given = regions.frame.loc[regions.frame["parent"].fillna("").astype(str).str.strip() != ""]
    texts = given["parent"].map(code_text)
    found = regions.match(texts)
    place = {name: position for position, name in enumerate(regions.codes)}
    several: dict[int, dict[int | str, str]] = {}
    unknown: dict[tuple[str, int], dict[str, None]] = {}
    for region, parent, text in zip(given["region"].map(place), found.tolist(), texts, strict=True):
        several.setdefault(region, {}).setdefault(parent if parent >= 0 else text, text)
        if parent < 0:
            unknown.setdefault((text, parent), {})[regions.names[region]] = None
        elif up[region] < 0:
            up[region] = parent
    if findings is not None:
        _two_parents(several, regions, findings)
        _unknown_parents(unknown, regions, bool((up >= 0).any()), findings)
    up[list(ended(model, regions))] = -1
    return up


def lowest_parts(model: FrameworkFile, regions: tables.Regions | None, panel: Panel) -> BoolArray | None:
    """Return which regions are parts of others and have no parts with data; None where no share of parts is asked."""
    if regions is None or not any(indicator.roll_up == "share" for indicator in model.indicator):
        return None
    up = parents_of(model, regions)
    above = np.zeros(len(up), dtype=bool)
    for region in np.unique(panel.region).tolist():
        seen = {region}
        while (region := int(up[region])) >= 0 and region not in seen:
            above[region] = True
            seen.add(region)
    return (up >= 0) & ~above


def _two_parents(
    several: dict[int, dict[int | str, str]], regions: tables.Regions, findings: Findings
) -> None:
    for region, words in several.items():
        if len(words) > 1:
            findings.error(
                "region tree",
                f"{regions.names[region]} has {len(words)} parents: {', '.join(map(repr, words.values()))}.",
                "Give a region one parent, the same in all years.",
                file="regions table",
                column="parent",
                region=regions.codes[region],
            )


def _unknown_parents(
    unknown: dict[tuple[str, int], dict[str, None]], regions: tables.Regions, tree: bool, findings: Findings
) -> None:
    """Tell of parents that the table has not; that of a single region, where there is no tree, may be so."""
    for (text, code), parts in unknown.items():
        ambiguous = code == tables.AMBIGUOUS
        if not (ambiguous or tree or len(parts) > 1):
            continue
        near = regions.suggest(text)
        hint = f"It may be {' or '.join(near)}." if ambiguous else nearest(text, near)
        tell = findings.error if ambiguous else findings.warn
        tell(
            "region tree",
            f"{text!r}, the parent of {listed(parts)}, "
            f"{'is ambiguous' if ambiguous else 'is not in the regions table'}. {hint}".strip(),
            "Write the code of the parent, or add it to the regions table.",
            file="regions table",
            column="parent",
        )


def _circles(up: NDArray[np.intp], regions: tables.Regions, findings: Findings) -> bool:
    """Report each circle of the tree once, by its path."""
    state = np.zeros(len(up), dtype=np.int8)  # 1 on the present path, 2 done
    found = False
    for start in range(len(up)):
        path, region = [], start
        while region >= 0 and state[region] == 0:
            state[region] = 1
            path.append(region)
            region = int(up[region])
        if region >= 0 and state[region] == 1:
            found = True
            names = [regions.names[code] for code in (*path[path.index(region) :], region)]
            findings.error(
                "region tree",
                f"{' → '.join(names)} is a circle.",
                "Mend the parents: the highest region has none.",
                file="regions table",
                column="parent",
                region=names[0],
            )
        state[path] = 2
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Which regions are parts of which, and in which years there are rows of them or of their parts.

    `here` is the panel's row of each region and year, -1 where there is none; `rows` are the parents of regions
    with data in the years in which they or their parts have some, by year, then region.
    """

    years: IntArray
    here: IntArray
    present: BoolArray
    height: IntArray
    part: NDArray[np.intp]
    first: IntArray
    count: IntArray
    rows: IntArray

    @classmethod
    def of(cls, up: NDArray[np.intp], panel: Panel) -> Tree:
        """Return the tree of the parents `up` over the rows of a panel."""
        size = len(up)
        years, at = np.unique(panel.year, return_inverse=True)
        here = np.full((size, len(years)), -1, dtype=np.int64)
        here[panel.region, at] = np.arange(len(at))
        part = np.flatnonzero(up >= 0)
        part = part[np.argsort(up[part], kind="stable")]
        over = up[part]
        height = _heights(over, part, size)
        present = here >= 0
        fed = np.zeros(size, dtype=bool)
        for level in range(1, int(height.max(initial=0)) + 1):
            edge = height[over] == level
            fed[over[edge][present[part[edge]].any(axis=1)]] = True
            np.logical_or.at(present, over[edge], present[part[edge]])
        count = np.bincount(over, minlength=size)
        rows = np.argwhere((present & fed[:, None]).T)[:, ::-1]
        return cls(
            years=years,
            here=here,
            present=present,
            height=height,
            part=part,
            first=np.cumsum(count) - count,
            count=count,
            rows=rows,
        )

    def kids(self, region: int) -> NDArray[np.intp]:
        """Return the parts of a region."""
        return self.part[self.first[region] : self.first[region] + self.count[region]]


def _heights(over: NDArray[np.intp], part: NDArray[np.intp], size: int) -> IntArray:
    """Return how many levels there are below each region: 0 for one without parts."""
    height = np.zeros(size, dtype=np.int64)
    for _ in range(size + 1):
        higher = np.zeros_like(height)
        np.maximum.at(higher, over, height[part] + 1)
        if (higher == height).all():
            return height
        height = higher
    raise DataError("the parents of the regions table form a circle. Mend the column parent.")


# --- What an indicator asks for --------------------------------------------------------------------------------


def kind_of(indicator: Indicator) -> str:
    """Return how an indicator rolls up: by its counts where it has some and says nothing else."""
    return indicator.roll_up or ("ratio" if indicator.numerator else "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What each part must reach, on the part's own scale."""

    low: float = np.nan
    high: float = np.nan
    low_strict: bool = False
    high_strict: bool = False
    problem: str = ""

    @classmethod
    def of(cls, indicator: Indicator) -> Goal:
        """Read the ``part_target`` of an indicator."""
        text = indicator.part_target or ""
        found = notation.read(text, "")
        if found.unread:
            found = notation.read(text, "是/否")
        more = found.cumulative or found.increment or found.relative or found.per or found.also
        if not found.numeric or more:
            return cls(problem=f"part_target {text!r} is no number that a part can be held against")
        low, high, low_strict, high_strict = found.bounds
        if found.operator == "~":
            low, high = low - indicator.tolerance * abs(low), high + indicator.tolerance * abs(high)
        if found.operator in ("", "~"):
            low = -np.inf if indicator.direction == "negative" else low
            high = np.inf if indicator.direction == "positive" else high
        return cls(low=low, high=high, low_strict=low_strict, high_strict=high_strict)

    def passed(self, x: FloatArray) -> FloatArray:
        """Return 1 where a value reaches the goal, 0 where not, NaN where it is missing."""
        above = x > self.low if self.low_strict else x >= self.low
        below = x < self.high if self.high_strict else x <= self.high
        return np.where(np.isnan(x), np.nan, above & below)
