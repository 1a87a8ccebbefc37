"""Weights drawn anew: in a band, from a distribution, within bounds and orders, or from a panel of experts."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from equindex import tables
from equindex._arrays import FloatArray
from equindex.errors import FrameworkError, nearest
from equindex.framework import Framework
from equindex.scoring import Tree
from equindex.sensitivity import Sampler, constrained, panel
from equindex.tables.judgements import read_points

__all__ = ["LEVELS", "Weights", "number", "parse_weights"]

LEVELS = ("pillar", "indicator")
_ROUNDING = 1e-12
_LOOSEST = 0.1  # below, nearly every draw gives all weight to one, and the others have none that numbers hold
_CHUNK = 1024  # draws that share a generator
_ASK = (
    "give a band such as 0.25 (25 % up or down), dirichlet:20, free, bounds:FILE, order:a>b>c or experts:FILE"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Weights drawn anew within each parent, and scaled to sum to 1 afterwards.

    `how` is "band" (`amount` 0.25 is 25 % up or down), "dirichlet" (`amount` is the concentration around the given
    weights: the larger, the closer), "free" (all weights equally likely), "bounds" (shares of the parent between
    `low` and `high` of the nodes `named`, and the first of each pair of `order` at least as great as the second; all
    such weights equally likely) or "experts" (the mean of experts drawn again from `points`, a row each). The first
    three vary every `level` unless it names one.
    """

    how: Literal["band", "dirichlet", "free", "bounds", "experts"]
    amount: float = 0.0
    level: str = ""
    named: tuple[str, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    order: tuple[tuple[str, str], ...] = ()
    points: tuple[tuple[float, ...], ...] = ()

    @property
    def name(self) -> str:
        """How tables call the factor."""
        return f"weights.{self.level}" if self.level else "weights"

    @property
    def free_standing(self) -> bool:
        """Whether each node's number is drawn by itself, so that it is a coordinate of a design."""
        return self.how in ("band", "dirichlet", "free")

    def nodes(self, tree: Tree) -> list[int]:
        """Return the nodes whose weights vary: those with siblings, at the level or named."""
        return [
            int(node)
            for inside in tree.children
            if inside.size > 1
            for node in inside
            if (self.level in ("", tree.levels[node]) if self.free_standing else tree.ids[node] in self.named)
        ]

    def moved(self, u: FloatArray, tree: Tree, base: FloatArray) -> FloatArray:
        """Turn points of the unit cube into weights that are not scaled yet.

        Parameters
        ----------
        u : ndarray, shape (draws, nodes)
            Independent numbers between 0 and 1.
        tree : Tree
            The indicators and pillars.
        base : ndarray, shape (nodes,)
            The weights as given, within each parent.

        Returns
        -------
        ndarray, shape (draws, nodes)
            Nodes that do not vary have `base`, and so has the mean of the others; weights of 0 stay so, except with
            "free", where the mean is an equal share.
        """
        drawn = np.broadcast_to(base, u.shape).copy()
        at = self.nodes(tree)
        if self.how == "band":
            drawn[:, at] = base[at] * (1 + self.amount * (2 * u[:, at] - 1))
        elif self.how == "free":
            siblings = np.array([len(tree.children[tree.parent[node]]) for node in at])
            drawn[:, at] = -np.log1p(-u[:, at]) / siblings
        else:
            shape = self.amount * base[at]
            gamma = special.gammaincinv(np.where(shape > 0, shape, 1), u[:, at])
            drawn[:, at] = np.where(shape > 0, gamma, 0) / self.amount
        return drawn

    def sampled(self, seed: int, key: int, world: NDArray[np.int64], tree: Tree) -> FloatArray:
        """Return draws of bounded weights or of experts, by number, shape (draws, nodes); NaN where none vary.

        Draw d is row d % 1,024 of chunk d // 1,024, whose generator depends on seed, `key` and chunk alone.
        """
        found = np.full((len(world), len(tree.ids)), np.nan)
        groups = self._groups(tree)
        for chunk in np.unique(world // _CHUNK).tolist():
            rows = np.flatnonzero(world // _CHUNK == chunk)
            parts = _drawn(
                self, tuple(tuple(tree.ids[n] for n in nodes) for nodes in groups), seed, key, chunk
            )
            for nodes, part in zip(groups, parts, strict=True):
                found[np.ix_(rows, np.array(nodes))] = part[world[rows] % _CHUNK]
        return found

    def _groups(self, tree: Tree) -> list[list[int]]:
        """Return the siblings that are drawn together: whole groups with a named node; experts name all of one."""
        named = set(self.named)
        if self.how == "experts" and {tree.ids[node] for node in tree.nodes} == named:
            return [tree.nodes.tolist()]
        return [
            inside.tolist() for inside in tree.children if any(tree.ids[node] in named for node in inside)
        ]

    def samplers(self, groups: tuple[tuple[str, ...], ...]) -> list[Sampler]:
        """Return a sampler for each group of ids.

        Raises
        ------
        DomainError
            If bounds and orders contradict each other, or leave nothing to vary.
        """
        made = []
        place = {name: at for at, name in enumerate(self.named)}
        for names in groups:
            if self.how == "experts":
                made.append(panel(np.array(self.points)[:, [place[name] for name in names]]))
                continue
            low = [self.low[place[name]] if name in place else 0.0 for name in names]
            high = [self.high[place[name]] if name in place else 1.0 for name in names]
            pairs = [(names.index(a), names.index(b)) for a, b in self.order if a in names]
            made.append(constrained(low, high, pairs, names=names))
        return made


@lru_cache(maxsize=8)
def _drawn(
    factor: Weights, groups: tuple[tuple[str, ...], ...], seed: int, key: int, chunk: int
) -> list[FloatArray]:
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(chunk, key)))
    return [sampler(rng, _CHUNK) for sampler in factor.samplers(groups)]


def number(text: str, need: str) -> float:
    """Read a finite number, or say what is needed."""
    try:
        value = float(text)
    except ValueError:
        raise FrameworkError(f"{text!r} is no number: {need}.") from None
    if not np.isfinite(value):
        raise FrameworkError(f"{text!r} is not finite: {need}.")
    return value


def parse_weights(value: str, level: str, framework: Framework, folder: Path) -> Weights:
    """Read how weights vary.

    Raises
    ------
    FrameworkError
        If it cannot be done, and why.
    """
    if level and level not in LEVELS:
        raise FrameworkError(f"there is no level {level!r} of weights. {nearest(level, LEVELS)}")
    how, sign, rest = (part.strip() for part in value.partition(":"))
    tree = framework.prepared().tree
    if how in ("bounds", "order", "experts") and sign:
        if level:
            raise FrameworkError(f"{how} names its nodes itself: write weights={how}:…")
        read = {"bounds": _bounds, "order": _order, "experts": _experts}[how]
        found = Weights(**read(rest, framework, folder))
        found.samplers(tuple(tuple(tree.ids[node] for node in nodes) for nodes in found._groups(tree)))
        return found
    if how == "free" and not sign:
        found = Weights(how="free", level=level)
    elif how == "dirichlet":
        amount = number(rest, "dirichlet needs a concentration above 0, such as dirichlet:20")
        if amount < _LOOSEST:
            raise FrameworkError(f"the concentration should be {_LOOSEST:g} or more, is {amount:g}.")
        found = Weights(how="dirichlet", amount=amount, level=level)
    else:
        amount = number(value, _ASK)
        if not 0 < amount <= 1:
            raise FrameworkError(
                f"the band should be above 0 and at most 1 (0.25 is 25 % up or down), is {amount:g}."
                + (" Nothing would vary." if amount == 0 else "")
            )
        found = Weights(how="band", amount=amount, level=level)
    nodes = found.nodes(tree)
    if not nodes:
        raise FrameworkError("no weight can vary: no indicator or pillar there has a sibling.")
    local = framework.prepared().local
    alone = {int(node) for inside in tree.children for node in inside if local[node] >= 1 - _ROUNDING}
    if how != "free" and all(node in alone or local[node] == 0 for node in nodes):
        raise FrameworkError(
            "nothing would vary: of the siblings there, one has all the weight. Try free, which moves also those of 0."
        )
    return found


def _node(said: str, framework: Framework) -> str:
    """Return the id that a name or an id means."""
    tree = framework.prepared().tree
    known = {tree.names[node]: tree.ids[node] for node in range(1, len(tree.ids)) if tree.names[node]}
    known |= {name: name for name in tree.ids[1:]}
    if said not in known:
        raise FrameworkError(f"there is no indicator or pillar {said!r}. {nearest(said, known)}")
    return known[said]


def _bounds(rest: str, framework: Framework, folder: Path) -> Mapping[str, Any]:
    """Read a table with the columns node, low and high: shares of the parent."""
    synonyms = {
        "node": ("node", "indicator", "pillar", "指标", "指標", "领域", "領域"),
        "low": ("low", "下限", "least"),
        "high": ("high", "上限", "most"),
    }
    faults: list[str] = []
    named: dict[str, tuple[float, float]] = {}
    for line, row in tables.records(folder / rest, ("node", "low", "high"), synonyms=synonyms):
        try:
            name = _node(str(row.get("node", "")).strip(), framework)
            ends = [
                number(str(row.get(key, end)), f"{key} is a share")
                for key, end in (("low", 0.0), ("high", 1.0))
            ]
        except FrameworkError as error:
            faults.append(f"row {line}: {error}")
            continue
        if name in named:
            faults.append(f"row {line}: {name!r} is given twice.")
        named[name] = (ends[0], ends[1])
    if faults:
        raise FrameworkError(f"{rest}: " + "\n  ".join(faults))
    return {
        "how": "bounds",
        "named": tuple(named),
        "low": tuple(low for low, _ in named.values()),
        "high": tuple(high for _, high in named.values()),
    }


def _order(rest: str, framework: Framework, folder: Path) -> Mapping[str, Any]:
    """Read chains such as a>b>c;d>e: each at least as great as the next, all siblings."""
    del folder
    tree = framework.prepared().tree
    pairs: list[tuple[str, str]] = []
    for chain in rest.split(";"):
        names = [_node(name.strip(), framework) for name in chain.split(">")]
        if len(names) < 2:
            raise FrameworkError(f"{chain!r} orders nothing: write a>b, the greater first.")
        pairs += [(a, b) for a, b in itertools.pairwise(names)]
    parent = {name: tree.parent[node] for node, name in enumerate(tree.ids)}
    apart = [f"{a!r} and {b!r}" for a, b in pairs if parent[a] != parent[b]]
    if apart:
        raise FrameworkError(
            f"{', '.join(apart)} are of different parents: only the weights of siblings compare."
        )
    named = tuple(dict.fromkeys(name for pair in pairs for name in pair))
    return {
        "how": "bounds",
        "named": named,
        "low": (0.0,) * len(named),
        "high": (1.0,) * len(named),
        "order": tuple(pairs),
    }


def _experts(rest: str, framework: Framework, folder: Path) -> Mapping[str, Any]:
    """Read a panel of points: siblings, or all the indicators."""
    read = read_points(folder / rest)
    tree = framework.prepared().tree
    named = tuple(_node(label, framework) for label in read.labels)
    groups = [{tree.ids[node] for node in inside} for inside in tree.children if inside.size]
    if set(named) != {tree.ids[node] for node in tree.nodes} and set(named) not in groups:
        raise FrameworkError(
            f"{rest}: experts give points to all the parts of one parent, or to all indicators; they name "
            f"{', '.join(named)}."
        )
    if np.isnan(read.values).any():
        raise FrameworkError(f"{rest}: some experts leave cells empty. Give every part points, 0 for none.")
    return {"how": "experts", "named": named, "points": tuple(map(tuple, read.values.tolist()))}
