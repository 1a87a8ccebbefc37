"""What parents get from their parts: towns make up counties, counties cities, cities provinces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from equindex import tables
from equindex._arrays import FloatArray, IntArray
from equindex.model import FrameworkFile, Indicator
from equindex.schema.hierarchy import Goal, Tree, kind_of, parents_of
from equindex.schema.panel import Panel
from equindex.schema.regions import yearly

__all__ = ["RolledUp", "roll_up"]

_NAMED = 5  # parts that a reason names before it counts the rest
_NOT = "not rolled up"


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledUp:
    """Parents of regions with data, one row for each year; arrays of shape (rows, indicators).

    Attributes
    ----------
    panel : Panel
        Each parent's own value where it has one, else the rolled one.
    own, rolled, mean : ndarray
        The printed value; the value from the parts as `roll_up` of each indicator defines; the plain mean of the
        parts, NaN for ``roll_up = "share"``, whose parts have no share. NaN where a part is missing.
    n : ndarray of int
        Parts with a value.
    parts : ndarray of int, shape (rows,)
        Parts in all.
    children, below : tuple of ndarray of int
        Of each row, the parts that have no parts themselves, as rows of the panel that was rolled up, and those
        that do, as rows of `panel`. Parts without any row are in neither.
    """

    panel: Panel
    own: FloatArray
    rolled: FloatArray
    mean: FloatArray
    n: IntArray
    parts: IntArray
    children: tuple[IntArray, ...]
    below: tuple[IntArray, ...]
    _work: _Work = field(repr=False)

    def reason(self, row: int, column: int) -> str:
        """Why there is no rolled value: the parts that lack something, by name; empty where there is one."""
        return "" if not np.isnan(self.rolled[row, column]) else self._work.why(row, column)

    def failing(self, row: int, column: int) -> tuple[str, ...]:
        """Name the lowest parts that do not reach the ``part_target`` of a ``share`` indicator."""
        return self._work.failing(row, column)

    def lacking(self, row: int) -> tuple[str, ...]:
        """Name the parts without any row in the year."""
        return self._work.lacking(row)


def roll_up(model: FrameworkFile, regions: tables.Regions | None, panel: Panel) -> RolledUp:
    """Give every parent of regions with data its values, from the lowest level to the highest.

    A part that is a parent itself contributes its own counts and value where they are printed, else the rolled
    ones. By the indicator's `roll_up`: ``ratio`` is per × the sum of numerators / the sum of denominators (the
    default where both are given), ``weighted_mean`` weighs by the indicator's `population`, else by that of the
    regions table, ``worst`` and ``best`` follow the direction, ``share`` is the percentage of the lowest parts
    that reach `part_target`; ``sum`` and ``mean`` are what they say.

    Parameters
    ----------
    model : FrameworkFile
        The framework.
    regions : Regions, optional
        Its regions table, whose column ``parent`` is the tree; without one nothing is rolled up.
    panel : Panel
        The checked data, parents among them or not.

    Returns
    -------
    RolledUp
        Unknown, with the parts named, where a part is missing or known only as a bound.

    Raises
    ------
    DataError
        If the tree has a circle.
    """
    up = np.full(len(panel.regions), -1) if regions is None else parents_of(model, regions)
    tree = Tree.of(up.astype(np.intp), panel)
    work = _Work(model, regions, panel, tree)
    for level in range(1, int(tree.height.max(initial=0)) + 1):
        rows = np.flatnonzero(tree.height[tree.rows[:, 0]] == level)
        if rows.size:
            work.level(rows)
    return work.result()


class _Work:
    """Arrays over nodes: rows of the panel, then of the parents, and a last one that stands for absent parts.

    `value` is what a node contributes, `top` and `bottom` its counts (for ``share`` 100 × the lowest parts that
    pass and all of them), `weight` its people, `beside` the panel's counts and populations, which add up.
    """

    def __init__(
        self, model: FrameworkFile, regions: tables.Regions | None, panel: Panel, tree: Tree
    ) -> None:
        base, size = len(panel.region), len(tree.rows)
        region, year = tree.rows.T
        self.panel, self.base = panel, base
        self.region, self.year = region.astype(np.intp), tree.years[year]
        self.printed = tree.here[region, year]
        at = np.full(tree.here.shape, -1, dtype=np.int64)
        at[region, year] = np.arange(size)
        node = np.where(at >= 0, base + at, np.where(tree.here >= 0, tree.here, base + size))
        self.sizes = tree.count[region]
        self.starts = np.cumsum(self.sizes) - self.sizes
        place = np.repeat(tree.first[region] - self.starts, self.sizes) + np.arange(self.sizes.sum())
        self.part_region = tree.part[place]
        self.part = node[self.part_region, np.repeat(year, self.sizes)]

        known = panel.x.copy()
        for cell in panel.bounds:
            known[cell] = np.nan
        self.kinds, self.refused, self.goals = _kinds(model)
        self.counted = self.columns("ratio", "share")
        self.weighed = self.columns("weighted_mean")
        self.low = [c for c in self.columns("worst", "best") if _smallest(model.indicator[c])]
        self.high = [c for c in self.columns("worst", "best") if not _smallest(model.indicator[c])]
        self.per = np.array([1.0 if c in self.goals else model.indicator[c].per for c in self.counted])
        self.value = self._spread(known)
        self.top, self.bottom = map(self._spread, _counts(model, panel, known, self.counted))
        for k, column in enumerate(self.counted):
            if column in self.goals:
                self.top[:base, k] = 100.0 * self.goals[column].passed(known[:, column])
                self.top[base:, k], self.bottom[:base, k], self.bottom[base:, k] = np.nan, 1.0, np.nan
        self.weight = np.full((base + size + 1, len(self.weighed)), np.nan)
        for k, column in enumerate(self.weighed):
            self.weight[:, k] = self._people(model, column, known, regions)
        found: dict[str | int, FloatArray] = dict(panel.counts.items())
        found.update(panel.populations.items())
        if panel.population is not None:
            found["population"] = panel.population
        self.beside_of = {name: k for k, name in enumerate(found)}
        self.beside = self._spread(np.array(list(found.values())).reshape(len(found), base).T)
        self.source = None if panel.source_year is None else self._spread(panel.source_year)
        self.own = self._spread(panel.x)[base:-1]
        self.rolled, self.mean = np.full_like(self.own, np.nan), np.full_like(self.own, np.nan)
        self.n = np.zeros(self.own.shape, dtype=np.int64)

    def columns(self, *kinds: str) -> list[int]:
        """Return the columns that roll up in one of these ways."""
        return [column for column, kind in enumerate(self.kinds) if kind in kinds]

    def _spread(self, x: FloatArray) -> FloatArray:
        """Spread values of the panel's rows, shape (rows, …), over the nodes; parents have their own rows'."""
        nodes = np.full((self.base + len(self.printed) + 1, *x.shape[1:]), np.nan)
        nodes[: self.base] = x
        has = np.flatnonzero(self.printed >= 0)
        nodes[self.base + has] = x[self.printed[has]]
        return nodes

    def _people(
        self, model: FrameworkFile, column: int, known: FloatArray, regions: tables.Regions | None
    ) -> FloatArray:
        """Return the people that a weighted mean weighs by, for each node; NaN where they are not known."""
        name = model.indicator[column].population
        ids = [indicator.id for indicator in model.indicator]
        if name and name in self.panel.counts:
            found = self._spread(self.panel.counts[name])
        elif name and name in ids:
            found = self._spread(known[:, ids.index(name)])
        elif regions is not None and (name or "population") in regions.frame.columns:
            fill = model.equalization.population_fill if model.equalization else "none"
            region, year = np.append(self.panel.region, self.region), np.append(self.panel.year, self.year)
            found = yearly(regions, name or "population", region, year, nearest=fill == "nearest")
            found = np.append(found, np.nan)
        elif self.panel.population is not None:
            found = self._spread(self.panel.population)
        else:
            return np.full(len(self.value), np.nan)
        return np.where(found >= 0, found, np.nan)

    def level(self, rows: IntArray) -> None:
        """Roll up the parts of parents whose parts are done."""
        sizes = self.sizes[rows]
        begin = np.cumsum(sizes) - sizes
        part = self.part[np.repeat(self.starts[rows] - begin, sizes) + np.arange(sizes.sum())]
        node = self.base + rows

        def summed(nodes: FloatArray) -> FloatArray:
            found: FloatArray = np.add.reduceat(nodes[part], begin, axis=0)
            nodes[node] = np.where(np.isnan(nodes[node]), found, nodes[node])
            return found

        cells = self.value[part]
        total = np.add.reduceat(cells, begin, axis=0)
        mean = total / sizes[:, None]
        rolled = np.full_like(total, np.nan)
        for kind, found in (("sum", total), ("mean", mean)):
            rolled[:, self.columns(kind)] = found[:, self.columns(kind)]
        rolled[:, self.low] = np.minimum.reduceat(cells[:, self.low], begin, axis=0)
        rolled[:, self.high] = np.maximum.reduceat(cells[:, self.high], begin, axis=0)
        weighed = np.add.reduceat(self.weight[part] * cells[:, self.weighed], begin, axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            rolled[:, self.weighed] = weighed / summed(self.weight)
            ratio = summed(self.top) / summed(self.bottom) * self.per
        rolled[:, self.counted] = np.where(np.isfinite(ratio), ratio, np.nan)
        mean[:, list(self.goals)] = np.nan
        summed(self.beside)
        self.rolled[rows], self.mean[rows] = rolled, mean
        self.n[rows] = np.add.reduceat(~np.isnan(cells), begin, axis=0, dtype=np.int64)
        self.value[node] = np.where(np.isnan(self.own[rows]), rolled, self.value[node])
        if self.source is not None:
            oldest = np.fmin.reduceat(self.source[part], begin, axis=0)
            self.source[node] = np.where(np.isnan(self.own[rows]), oldest, self.source[node])

    def result(self) -> RolledUp:
        """Return what was rolled up."""
        old, has = self.panel, self.printed >= 0
        row_of = dict(zip(self.printed[has].tolist(), np.flatnonzero(has).tolist(), strict=True))
        beside = self.beside[self.base : -1]
        panel = replace(
            old,
            region=self.region,
            year=self.year,
            x=np.where(np.isnan(self.own), self.rolled, self.own),
            bounds={(row_of[row], column): b for (row, column), b in old.bounds.items() if row in row_of},
            reasons=_Reasons(self),
            source_year=None if self.source is None else self.source[self.base : -1],
            counts={name: beside[:, self.beside_of[name]] for name in old.counts},
            populations={column: beside[:, self.beside_of[column]] for column in old.populations},
            population=None if old.population is None else beside[:, self.beside_of["population"]],
            groups={
                name: (np.where(has, codes[self.printed], -1), labels)
                for name, (codes, labels) in old.groups.items()
            },
            peers=None if old.peers is None else np.where(has, old.peers[self.printed], -1),
            scored=None if old.scored is None else ~has | old.scored[self.printed],
        )
        parts = np.split(self.part, self.starts[1:]) if len(self.starts) else []
        return RolledUp(
            panel=panel,
            own=self.own,
            rolled=self.rolled,
            mean=self.mean,
            n=self.n,
            parts=self.sizes,
            children=tuple(part[part < self.base] for part in parts),
            below=tuple(
                part[(part >= self.base) & (part < len(self.value) - 1)] - self.base for part in parts
            ),
            _work=self,
        )

    # In words, for one row or cell at a time ------------------------------------------------------------------

    def parts_of(self, row: int) -> tuple[IntArray, list[str]]:
        """Return the nodes of a row's parts, and their names."""
        span = slice(int(self.starts[row]), int(self.starts[row] + self.sizes[row]))
        return self.part[span], [self.panel.region_names[code] for code in self.part_region[span]]

    def why(self, row: int, column: int) -> str:
        """Say what the parts lack."""
        if column in self.refused:
            return self.refused[column]
        part, names = self.parts_of(row)
        lacking: dict[str, list[str]] = {}
        for node, name in zip(part.tolist(), names, strict=True):
            if node < self.base and (node, column) in self.panel.bounds:
                lacking.setdefault("only a bound of", []).append(name)
            elif np.isnan(self.value[node, column]) and self.kinds[column] != "ratio":
                lacking.setdefault("no value of", []).append(name)
            elif column in self.counted and np.isnan(self.top[node, self.counted.index(column)]):
                valued = not np.isnan(self.value[node, column])
                lacking.setdefault("no counts of" if valued else "no value of", []).append(name)
            elif column in self.weighed and np.isnan(self.weight[node, self.weighed.index(column)]):
                lacking.setdefault("no population of", []).append(name)
        if not lacking:
            counts = "denominators" if column in self.counted else "populations"
            return f"the {counts} of the parts add up to 0"
        return "; ".join(f"{what} {_listed(some)}" for what, some in lacking.items())

    def failing(self, row: int, column: int) -> tuple[str, ...]:
        """Name the lowest parts that do not pass, in the order of the regions table."""
        found: list[str] = []
        for node, name in zip(*self.parts_of(row), strict=True) if column in self.goals else ():
            if self.base <= node < len(self.value) - 1:
                found += self.failing(int(node) - self.base, column)
            elif self.top[node, self.counted.index(column)] == 0:
                found.append(name)
        return tuple(found)

    def lacking(self, row: int) -> tuple[str, ...]:
        """Name the parts without any row."""
        part, names = self.parts_of(row)
        return tuple(name for node, name in zip(part, names, strict=True) if node == len(self.value) - 1)


class _Reasons(Mapping[tuple[int, int], str]):
    """Why cells of parents are missing, said when asked: there may be millions."""

    def __init__(self, work: _Work) -> None:
        self._work = work
        self._missing = np.isnan(work.own) & np.isnan(work.rolled)

    def __getitem__(self, cell: tuple[int, int]) -> str:
        if not self._missing[cell]:
            raise KeyError(cell)
        own = self._work.panel.reasons.get((int(self._work.printed[cell[0]]), cell[1]))
        parts = self._work.why(*cell)
        if own is None:
            return parts
        return own if cell[1] in self._work.refused else f"{own}; of its parts: {parts}"

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return ((row, column) for row, column in np.argwhere(self._missing).tolist())

    def __len__(self) -> int:
        return int(self._missing.sum())


def _kinds(model: FrameworkFile) -> tuple[list[str], dict[int, str], dict[int, Goal]]:
    """Return how each indicator rolls up, why some do not, and what the parts must reach."""
    kinds, refused, goals = [], {}, {}
    for column, indicator in enumerate(model.indicator):
        kind = kind_of(indicator)
        if kind == "none":
            refused[column] = (
                f"{_NOT}: give roll_up" if indicator.roll_up is None else f"{_NOT}: roll_up is none"
            )
        elif kind in ("worst", "best") and indicator.direction == "interval":
            refused[column] = f"{_NOT}: an interval indicator has no {kind} end"
        elif kind == "share" and (goal := Goal.of(indicator)).problem:
            refused[column] = f"{_NOT}: {goal.problem}"
        elif kind == "share":
            goals[column] = goal
        kinds.append("none" if column in refused else kind)
    return kinds, refused, goals


def _smallest(indicator: Indicator) -> bool:
    """Whether the worst part, or the best one where that is asked for, is the smallest."""
    return (indicator.roll_up == "worst") == (indicator.direction == "positive")


def _counts(
    model: FrameworkFile, panel: Panel, known: FloatArray, columns: list[int]
) -> tuple[FloatArray, FloatArray]:
    """Return numerators and denominators of columns, both NaN where one is, or the value is no use."""
    place = {indicator.id: column for column, indicator in enumerate(model.indicator)}
    tops = np.full((len(panel.region), len(columns)), np.nan)
    bottoms = tops.copy()
    for k, column in enumerate(columns):
        indicator = model.indicator[column]
        for name, found in ((indicator.numerator, tops), (indicator.denominator, bottoms)):
            if name:
                found[:, k] = known[:, place[name]] if name in place else panel.counts[name]
        useless = np.isnan(tops[:, k] + bottoms[:, k])
        useless |= np.isnan(known[:, column]) & (bottoms[:, k] != 0)  # excluded, or a bound
        tops[useless, k] = bottoms[useless, k] = np.nan
    return tops, bottoms


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
