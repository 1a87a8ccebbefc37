"""What to reconsider, in plain words, and beyond which limit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equindex.coherence.measure import Sample

if TYPE_CHECKING:
    from equindex.coherence import Coherence

__all__ = ["Limits", "advice_rows", "answer"]

Row = dict[str, Any]
_SHOWN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Beyond what something is worth a word; conventions, not laws.

    Parameters
    ----------
    together : float
        Two indicators above this correlation say the same (COINr calls them collinear).
    negative : float
        Two parts of one mean below this correlation cancel each other (COINr).
    weak : float
        A node below this correlation with the index is hardly heard in it (COINr).
    alpha : float
        Below it indicators are no scale (Nunnally 1978; OECD/JRC Handbook, section 4.3).
    kmo : float
        Below it factors are not to be expected (Kaiser and Rice 1974; Handbook, box 5).
    explained : float
        R² of an indicator on all others above which it adds nothing; asked only of three regions for each
        indicator or more (Handbook, box 5).
    importance : float
        Share of importance over share of weight, or the reverse, above which they differ.
    eigenvalue : float
        Components above it are dimensions (Kaiser's criterion; Handbook, box 6).
    regions : int
        With fewer, correlations are too uncertain to advise on.
    """

    together: float = 0.9
    negative: float = -0.4
    weak: float = 0.3
    alpha: float = 0.7
    kmo: float = 0.6
    explained: float = 0.99
    importance: float = 1.5
    eigenvalue: float = 1.0
    regions: int = 10


def advice_rows(sample: Sample, rows: Mapping[str, Sequence[Row]], limits: Limits) -> list[Row]:
    """Say what to reconsider, the most serious first."""
    words = _Words(sample, rows, limits)
    if sample.size < limits.regions:
        text = f"{sample.size} regions are too few to judge by: their correlations may be chance."
        return [*words.silent(), words.row("few", 0, "", sample.size, limits.regions, text)]
    return [
        *words.silent(),
        *words.repeated(),
        *words.parts(),
        *words.combined(),
        *words.cancelling(),
        *words.unheard(),
        *words.unbalanced(),
        *words.loose(),
    ]


def answer(found: Coherence) -> list[str]:
    """Say what was looked at, what to reconsider, and the limits."""
    limits, sample = found.limits, len(found.scores.rows(found.year))
    leaves = sum(level == "indicator" for level in found.scores.plan.tree.levels)
    lines = [f"{leaves} indicator{'s' if leaves > 1 else ''} in {sample} regions, {found.year}."]
    if len(found.advice):
        lines += ["To reconsider:", *(f"- {text}" for text in found.advice["text"])]
    else:
        lines.append("Nothing to reconsider within the limits below.")
    chance = _chance(sample)
    sure = f" By chance alone, {sample} regions give correlations up to {chance:.2f} (95%)." if chance else ""
    lines.append(
        f"Limits: the same above {limits.together:g}, cancelling below {limits.negative:g}, unheard below "
        f"{limits.weak:g}, alpha {limits.alpha:g}, KMO {limits.kmo:g}, importance {limits.importance:g} times the "
        f"weight.{sure}"
    )
    return lines


def _chance(n: int) -> float:
    """Return the correlation that independent normal values of n regions exceed in 5 % of samples, either way."""
    from scipy.special import stdtrit

    t = float(stdtrit(n - 2, 0.975))
    return float(t / np.sqrt(n - 2 + t**2))


@dataclass(frozen=True, slots=True)
class _Words:
    sample: Sample
    rows: Mapping[str, Sequence[Row]]
    limits: Limits

    def row(
        self, kind: str, node: int, items: str, value: float | None, limit: float | None, text: str
    ) -> Row:
        tree = self.sample.tree
        return {
            "kind": kind,
            "node": tree.ids[node],
            "node_name": tree.names[node],
            "items": items,
            "value": value,
            "limit": limit,
            "text": text,
        }

    def _name(self, node: str) -> str:
        tree = self.sample.tree
        return "the index" if node == tree.ids[0] else tree.names[tree.ids.index(node)]

    def _names(self, items: str) -> str:
        names = [self._name(item) for item in items.split(", ")]
        return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]

    def _at(self, node: str) -> int:
        return self.sample.tree.ids.index(node)

    def _sure(self, rows: Iterable[Row]) -> list[Row]:
        """Keep what enough regions say."""
        return [row for row in rows if row["n"] >= self.limits.regions]

    def _kind(self, kind: str) -> list[Row]:
        return self._sure(row for row in self.rows["redundancy"] if row["kind"] == kind)

    def silent(self) -> list[Row]:
        """Name indicators that tell no region from another."""
        tree, said = self.sample.tree, []
        for node in self.sample.leaves[~self.sample.varied[self.sample.leaves]].tolist():
            text = f"{tree.names[node]} is the same everywhere, or not measured: it tells no region from another."
            said.append(self.row("constant", node, tree.ids[node], None, None, text))
        return said

    def repeated(self) -> list[Row]:
        """Name indicators that move as one."""
        said = []
        for row in self._kind("together"):
            count = len(row["items"].split(", "))
            times = "twice" if count == 2 else f"{count} times"
            how, what = "move as one", f"one number is counted {times}, with"
            if not row["low"] > self.limits.together:
                how, what = "overlap, each with the next", "much is counted more than once in"
            text = (
                f"{self._name(row['node'])}: {count} indicators {how} (correlations {row['low']:.2f} to "
                f"{row['high']:.2f} over {row['n']} regions): {self._names(row['items'])}. So {what} "
                f"{row['weight']:.0%} of the weight. Keep one, or merge them."
            )
            at = self._at(row["node"])
            said.append(self.row("together", at, row["items"], row["low"], self.limits.together, text))
        return said

    def parts(self) -> list[Row]:
        """Name indicators that may be part of another."""
        said = []
        for row in self._kind("part"):
            many = ", " in row["items"]
            look = "look like parts" if many else "looks like a part"
            makes = "together they make up" if many else "it makes up"
            text = (
                f"{self._names(row['items'])} {look} of {self._name(row['whole'])}: the same unit, nowhere larger "
                f"in {row['n']} regions; {makes} {row['low']:.0%} to {row['high']:.0%} of it. If so, they are "
                "counted again in it: keep the whole, or its parts."
            )
            items = f"{row['items']}, {row['whole']}"
            said.append(self.row("part", self._at(row["node"]), items, row["high"], 1.0, text))
        return said

    def combined(self) -> list[Row]:
        """Name indicators that others determine."""
        said = []
        for row in self._kind("combination"):
            text = (
                f"{self._names(row['items'])} are exact combinations of each other: one of them adds nothing. "
                "Drop one."
            )
            said.append(self.row("combination", self._at(row["node"]), row["items"], 1.0, 1.0, text))
        limit, enough = self.limits.explained, 3 * len(self.sample.leaves)
        for row in self._kind("explained"):
            if row["low"] > limit and row["n"] >= enough:
                text = (
                    f"{self._name(row['items'])} follows to {row['low']:.1%} from the other indicators: it adds "
                    "next to nothing."
                )
                at = self._at(row["items"])
                said.append(self.row("explained", at, row["items"], row["low"], limit, text))
        return said

    def cancelling(self) -> list[Row]:
        """Name parts of one mean that move against each other."""
        sample, said = self.sample, []
        tree, r, n = sample.tree, sample.correlations["pearson"].r, sample.correlations["pearson"].n
        for node, inside in enumerate(tree.children):
            for place, a in enumerate(inside.tolist()):
                for b in inside[place + 1 :].tolist():
                    if n[a, b] >= self.limits.regions and r[a, b] < self.limits.negative:
                        text = (
                            f"{self._name(tree.ids[node])}: {tree.names[a]} and {tree.names[b]} move against each "
                            f"other (correlation {r[a, b]:.2f}): in one mean they cancel. Check the directions, or "
                            "show them apart."
                        )
                        items = f"{tree.ids[a]}, {tree.ids[b]}"
                        said.append(self.row("negative", node, items, r[a, b], self.limits.negative, text))
        return said

    def unheard(self) -> list[Row]:
        """Name nodes that the index does not follow."""
        sample, said = self.sample, []
        tree, r, n = sample.tree, sample.correlations["pearson"].r, sample.correlations["pearson"].n
        for node in range(1, len(tree.ids)):
            only = len(tree.children[node]) == 1  # its child says it
            with_index = r[node, 0] if n[node, 0] >= self.limits.regions else np.nan
            if only or not with_index < self.limits.weak or not sample.weight[node] > 0:
                continue
            how = "moves against" if with_index < 0 else "is hardly heard in"
            text = (
                f"{tree.names[node]} {how} the index (correlation {with_index:.2f}) although it has "
                f"{sample.weight[node]:.1%} of the weight."
            )
            said.append(self.row("unheard", node, tree.ids[node], with_index, self.limits.weak, text))
        return said

    def unbalanced(self) -> list[Row]:
        """Name weights that are not importance."""
        said = []
        for level, what in (("pillar", "pillars"), ("indicator", "indicators")):
            found = self._sure(r for r in self.rows["importance"] if r["level"] == level and r["ratio"] > 0)
            apart = [row for row in found if max(row["ratio"], 1 / row["ratio"]) > self.limits.importance]
            if not apart:
                continue
            apart.sort(key=lambda row: (-abs(row["importance_share"] - row["weight_share"]), row["node"]))
            shown = [
                f"{row['node_name']} has {row['weight_share']:.0%} of the weight and {row['importance_share']:.0%} "
                "of the importance"
                for row in apart[:_SHOWN]
            ]
            more = f"; and {len(apart) - _SHOWN} more" if len(apart) > _SHOWN else ""
            worst = apart[0]
            text = f"Weights of {what} are not their importance (main effects): {'; '.join(shown)}{more}."
            items = ", ".join(row["node"] for row in apart)
            said.append(self.row("importance", 0, items, worst["ratio"], self.limits.importance, text))
        return said

    def loose(self) -> list[Row]:
        """Name groups that measure no one thing."""
        said = []
        for row in self._sure(self.rows["reliability"]):
            value = row.get("alpha", np.nan)
            if row["item"] or row["basis"] != "children" or not value < self.limits.alpha:
                continue
            same = [
                r for r in self.rows["reliability"] if r["node"] == row["node"] and r["basis"] == "children"
            ]
            rises = [r for r in same if r["item"] and r.get("alpha", np.nan) > value]
            best = max(rises, key=lambda r: r["alpha"], default=None)
            without = f"; without {best['item_name']} it would be {best['alpha']:.2f}" if best else ""
            text = (
                f"{self._name(row['node'])}: its parts do not measure one thing (alpha {value:.2f}{without}). A high "
                "score in one says little of the others."
            )
            said.append(self.row("alpha", self._at(row["node"]), "", value, self.limits.alpha, text))
        for group in self.sample.groups:
            tree = self.sample.tree
            name = tree.ids[group.node]
            parts = [
                r
                for r in self._sure(self.rows["components"])
                if r["node"] == name
                and r["basis"] == group.basis
                and r.get("eigenvalue", 0) > self.limits.eigenvalue
            ]
            if group.basis == "children" and group.node > 0 and len(parts) > 1:
                text = (
                    f"{tree.names[group.node]} has {len(parts)} dimensions (components with an eigenvalue above "
                    f"{self.limits.eigenvalue:g}): one mean cannot tell them. Consider splitting it."
                )
                second = parts[1]["eigenvalue"]
                said.append(self.row("dimensions", group.node, "", second, self.limits.eigenvalue, text))
        for row in self._sure(self.rows["adequacy"]):
            value = row.get("kmo", np.nan)
            if not row["item"] and row["basis"] == "indicators" and value < self.limits.kmo:
                text = (
                    f"The indicators are no ground for weights from components or factors (KMO {value:.2f})."
                )
                said.append(self.row("kmo", 0, "", value, self.limits.kmo, text))
        return said
