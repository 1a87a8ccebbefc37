"""Two years of the same regions, mixed cause by cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import factorial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from equindex import scoring
from equindex._arrays import BoolArray, FloatArray
from equindex._summary import Summary
from equindex.errors import DomainError
from equindex.model import Missing
from equindex.schema import Panel
from equindex.scoring import Plan, Rolled, Screened, pillar_filling
from equindex.scoring.before import pillar_imputation
from equindex.scoring.steps import labelled, prepared, ranks, summary_for
from equindex.scoring.tidy import categorical, tiled, unscored, whole

__all__ = ["CAUSES", "Pair", "Split"]

CAUSES: Final = ("values", "parameters", "weights", "coverage")
"""What moves a score, in the order of the columns."""


@dataclass(frozen=True, slots=True)
class Split:
    """Parts by cause: of scores and ranks (causes, regions), of contributions (causes, regions, indicators)."""

    score: FloatArray
    rank: FloatArray
    leaves: FloatArray | None


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two years of the same regions: those of either, NaN where a year lacks one.

    `z` holds normalised values by year of the values and year of the parameters, `used` the cells that the scores of
    each year rest on, `rows` those of the panel, -1 where there is none, and `rolled` the scores as each year has them.
    """

    plans: tuple[Plan, Plan]
    panel: Panel
    screened: Screened
    years: tuple[int, int]
    region: NDArray[np.intp]
    rows: tuple[NDArray[np.intp], NDArray[np.intp]]
    z: Mapping[tuple[int, int], FloatArray]
    used: tuple[BoolArray, BoolArray]
    rolled: tuple[Rolled, Rolled]
    left_out: Mapping[tuple[int, int], str]

    @classmethod
    def of(cls, plans: list[Plan], panel: Panel, years: tuple[int, int]) -> Pair:
        """Score both years, each with its plan, and normalise the values of each with the parameters of both."""
        screened = scoring.screening(plans[0], panel)
        full = scoring.fill(plans[0], scoring.without(panel, screened))
        first = scoring.related(plans[0].treated(scoring.measure_treatments(plans[0], full)), full)
        summaries = scoring.measure(first, full)
        plans = [replace(plan, treatments=first.treatments, groups=first.groups) for plan in plans]
        plans = [
            plan.weighed(scoring.weigh(plan, full, summaries)) if plan.by_data else plan for plan in plans
        ]
        for plan in plans:
            plan.tree.check(plan.calls)
        region = np.unique(np.concatenate([panel.region[panel.rows_of[year]] for year in years]))
        rows = []
        for year in years:
            own = full.rows_of.get(year, np.empty(0, dtype=np.intp))
            rows.append(np.full(len(region), -1))
            rows[-1][np.searchsorted(region, full.region[own])] = own
        z: dict[tuple[int, int], FloatArray] = {}
        for value in (0, 1):
            for parameter in (0, 1):
                z[value, parameter] = _normalised(
                    first, full, rows[value], rows[parameter], years[parameter], summaries
                )
        rolled = [
            _rolled(plan, full, region, rows[t], years[t], z[t, t], plan.missing)
            for t, plan in enumerate(plans)
        ]
        used = [_used(plan, part) for plan, part in zip(plans, rolled, strict=True)]
        return cls(
            plans=(plans[0], plans[1]),
            panel=full,
            screened=screened,
            years=years,
            region=region,
            rows=(rows[0], rows[1]),
            z=z,
            used=(used[0], used[1]),
            rolled=(rolled[0], rolled[1]),
            left_out={
                (int(panel.year[row]), int(panel.region[row])): f"in {panel.year[row]} {why}"
                for row, why in ((panel.order[at], why) for at, why in screened.out.items())
            },
        )

    @property
    def both(self) -> BoolArray:
        """Regions that both years score."""
        first, second = (np.isfinite(part.score[:, 0]) for part in self.rolled)
        return first & second

    @property
    def causes(self) -> tuple[str, ...]:
        """What differs between the years at all."""
        weights = not np.array_equal(self.plans[0].local, self.plans[1].local)
        shared = self.used[0] & self.used[1]
        differ = {
            "values": True,
            "parameters": any((self.z[v, 0] != self.z[v, 1])[self.used[v]].any() for v in (0, 1)),
            "weights": weights or self.plans[0].total != self.plans[1].total,
            "coverage": bool((self.used[0] != shared).any() or (self.used[1] != shared).any())
            or not np.array_equal(_filled(self.rolled[0]), _filled(self.rolled[1])),
        }
        return tuple(cause for cause in CAUSES if differ[cause])

    def _mixed(self, second: frozenset[str]) -> tuple[Rolled, FloatArray, Plan]:
        """Score all regions with some causes as in the second year, the others as in the first."""
        value, parameter, weight, cover = (int(cause in second) for cause in CAUSES)
        shared, own = self.used[0] & self.used[1], self.used[cover]
        z = np.where(shared, self.z[value, parameter], np.where(own, self.z[cover, parameter], np.nan))
        missing = self.plans[weight].missing.model_copy(
            update={"min_coverage": 0.0}
        )  # `used` has decided already
        alone = np.isnan(self.rolled[cover].score[:, 0])
        plan, rows, year = self.plans[weight], self.rows[cover], self.years[cover]
        try:
            rolled = _rolled(plan, self.panel, self.region, rows, year, z, missing, alone)
        except DomainError as error:
            error.add_note(
                f"in the values of {self.years[value]} with the parameters of {self.years[parameter]}, which the split "
                'needs. With base = "panel" both years have the same parameters.'
            )
            raise
        rolled.score[alone, 0] = np.nan
        return rolled, rolled.score[:, 0] * plan.total, plan

    def split(self) -> Split:
        """Return the Shapley value of every cause; of causes that do not differ it is 0."""
        causes, n = self.causes, len(self.region)
        arithmetic = all(plan.arithmetic for plan in self.plans)
        leaves = np.zeros((len(CAUSES), n, len(self.plans[0].tree.ids))) if arithmetic else None
        score, rank = np.zeros((len(CAUSES), n)), np.zeros((len(CAUSES), n))
        for number in range(2 ** len(causes)):
            second = frozenset(cause for bit, cause in enumerate(causes) if number >> bit & 1)
            rolled, root, plan = self._mixed(second)
            place = ranks(root[:, None], [slice(0, n)], plan.rank_decimals)[:, 0]
            ranked = np.where(place > 0, place, np.nan)
            parts = _contributions(plan, rolled) if leaves is not None else None
            for cause in causes:
                factor = _factor(len(second), len(causes), cause in second)
                at = CAUSES.index(cause)
                score[at] += factor * root
                rank[at] -= factor * ranked
                if leaves is not None and parts is not None:
                    leaves[at] += factor * parts
        return Split(score, rank, leaves)

    def region_columns(self, split: Split) -> dict[str, Any]:
        """Return the table of regions."""
        root = [part.score[:, 0] * plan.total for part, plan in zip(self.rolled, self.plans, strict=True)]
        places = []
        for one, plan in zip(root, self.plans, strict=True):
            place = ranks(one[:, None], [slice(0, len(one))], plan.rank_decimals)[:, 0]
            places.append(np.where(place > 0, place.astype(float), np.nan))
        known = self.both & np.isfinite(split.score.sum(axis=0))

        def shown(part: FloatArray) -> FloatArray:
            return np.where(known, part, np.nan)

        return {
            "region": [self.panel.regions[code] for code in self.region],
            "region_name": [
                self.panel.region_names[code] or self.panel.regions[code] for code in self.region
            ],
            "score_from": root[0],
            "score_to": root[1],
            "change": root[1] - root[0],
            **{cause: shown(part) for cause, part in zip(CAUSES, split.score, strict=True)},
            "rank_from": whole(places[0]),
            "rank_to": whole(places[1]),
            "rank_change": whole(places[0] - places[1]),
            **{f"rank_{cause}": shown(part) for cause, part in zip(CAUSES, split.rank, strict=True)},
            "coverage_from": self.rolled[0].coverage[:, 0],
            "coverage_to": self.rolled[1].coverage[:, 0],
            "reason": [self._reason(row, bool(known[row])) for row in range(len(self.region))],
        }

    def indicator_columns(self, split: Split) -> dict[str, Any]:
        """Return the table of indicators, empty where a mean is not arithmetic."""
        if split.leaves is None:
            return {}
        tree = self.plans[0].tree
        rows = np.flatnonzero(self.both & np.isfinite(split.score.sum(axis=0)))
        moved = split.leaves[:, rows]
        shown = np.flatnonzero(
            (tree.leaf >= 0) | (moved != 0).any(axis=(0, 1))
        )  # and pillars that were imputed
        nodes = [*tree.nodes.tolist(), *(node for node in shown.tolist() if tree.leaf[node] < 0)]
        parts = moved[:, :, nodes].reshape(len(CAUSES), -1)
        codes = np.repeat(np.arange(len(rows)), len(nodes))
        ids = [self.panel.regions[code] for code in self.region[rows]]
        names = [self.panel.region_names[code] or self.panel.regions[code] for code in self.region[rows]]
        return {
            "region": categorical(codes, ids),
            "region_name": [names[code] for code in codes.tolist()],
            "node": tiled([tree.ids[node] for node in nodes], len(rows)),
            "node_name": tiled([tree.names[node] for node in nodes], len(rows)),
            "parent": tiled([tree.ids[tree.parent[node]] for node in nodes], len(rows)),
            "change": parts.sum(axis=0),
            **dict(zip(CAUSES, parts, strict=True)),
        }

    def _reason(self, row: int, known: bool) -> str:
        """Say why the change of a region is not split."""
        if known:
            return ""
        said = []
        for year, part, plan in zip(self.years, self.rolled, self.plans, strict=True):
            if np.isnan(part.coverage[row, 0]):
                said.append(self.left_out.get((year, int(self.region[row])), f"no row in {year}"))
            elif np.isnan(part.score[row, 0]):
                said.append(f"unscored in {year}: {unscored(plan.tree, part, plan.missing, row, 0)}")
        return (
            "; ".join(said) or "a mixture of the two years has no score: only parts without weight are left"
        )


def _rolled(
    plan: Plan,
    panel: Panel,
    region: NDArray[np.intp],
    rows: NDArray[np.intp],
    year: int,
    z: FloatArray,
    missing: Missing,
    alone: BoolArray | None = None,
) -> Rolled:
    """Aggregate the regions of a year: those with a row.

    Those that are `alone` lend the scores of their pillars to others, where missing ones are imputed, and have no
    index of their own.
    """
    here = np.flatnonzero(rows >= 0)
    filling = pillar_filling(plan, panel, rows[here], [slice(0, len(here))])
    lends = np.zeros(len(here), dtype=bool) if alone is None else alone[here]

    def fill(node: int, score: FloatArray) -> FloatArray:
        assert filling is not None
        scores = filling(node, score)
        if plan.tree.parent[node] == 0:
            scores[lends] = np.nan
        return scores

    with labelled(plan, replace(panel, region=region, year=np.full(len(region), year)), here):
        part = plan.tree.roll_up(
            np.ascontiguousarray(z[here]),
            plan.local,
            missing,
            plan.calls,
            fill=None if filling is None else fill,
        )
    score, coverage = (np.full((len(region), len(plan.tree.ids)), np.nan) for _ in range(2))
    score[here], coverage[here] = part.score, part.coverage
    filled = np.zeros(score.shape, dtype=bool)
    if part.filled is not None:
        filled[here] = part.filled
    return Rolled(score, coverage, filled)


def _normalised(
    plan: Plan,
    panel: Panel,
    rows: NDArray[np.intp],
    others: NDArray[np.intp],
    year: int,
    summaries: Mapping[str, Summary],
) -> FloatArray:
    """Normalise rows, -1 for none, with what was measured for a year, and for the rows of that year if there are."""
    z, here = np.full((len(rows), len(plan.direction)), np.nan), np.flatnonzero(rows >= 0)
    if not len(here):
        return z
    if plan.treats:
        plan = plan.treated({str(year): summary_for(plan.treatments, year)})
    own = rows[here]
    with labelled(plan, panel, own):
        x = prepared(plan, panel, own)
        z[here] = plan.normalise(
            x, summary_for(summaries, year), np.where(others[here] >= 0, others[here], own)
        )
    return z


def _used(plan: Plan, rolled: Rolled) -> BoolArray:
    """Return the cells that scores rest on: those below nodes that all have a score of their own.

    Where pillars are imputed, a region without an index still lends its pillars to others.
    """
    tree, scored = plan.tree, np.isfinite(rolled.score) & ~_filled(rolled)
    top = np.isfinite(rolled.score[:, 0])
    for node in range(1, len(tree.ids)):
        lent = tree.leaf[node] < 0 and tree.parent[node] == 0 and pillar_imputation(plan.model) is not None
        scored[:, node] &= True if lent else top if tree.parent[node] == 0 else scored[:, tree.parent[node]]
    return scored[:, tree.nodes]


def _filled(rolled: Rolled) -> BoolArray:
    return np.zeros(rolled.score.shape, dtype=bool) if rolled.filled is None else rolled.filled


def _contributions(plan: Plan, rolled: Rolled) -> FloatArray:
    """Return what indicators, and pillars with imputed scores, contribute to the root, shape (rows, nodes)."""
    filled = _filled(rolled)
    share = plan.tree.effective(rolled.score, plan.local, None, filled)
    parts = share * np.nan_to_num(rolled.score) * plan.total
    return np.where((plan.tree.leaf >= 0) | filled, parts, 0.0)


def _factor(size: int, causes: int, inside: bool) -> float:
    """Return what the score of a mixture of `size` causes counts in the Shapley value of one of them, or of another."""
    if inside:
        return factorial(size - 1) * factorial(causes - size) / factorial(causes)
    return -factorial(size) * factorial(causes - size - 1) / factorial(causes)
