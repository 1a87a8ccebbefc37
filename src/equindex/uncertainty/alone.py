"""One change at a time: every choice by itself, and every indicator, pillar and region left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from equindex import engine as engines
from equindex._arrays import FloatArray
from equindex.errors import EquindexError
from equindex.framework import Source
from equindex.scoring import places, ties
from equindex.sensitivity import swaps
from equindex.uncertainty.factors import Choice, Exclude, Factor
from equindex.uncertainty.study import Study
from equindex.uncertainty.weights import Weights

__all__ = ["Change", "changed", "left_out"]

_MOST_REGIONS = 1000  # that are left out in turn, each a run of all steps

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The framework with one thing changed: scores of all regions, NaN where unscored, or why there are none."""

    factor: str
    setting: str
    node: int
    region: int
    scores: FloatArray | None
    degree: float
    reason: str = ""


def changed(
    study: Study, source: Source, factors: Sequence[Factor], progress: Progress | None = None
) -> list[Change]:
    """Change one thing at a time: each option of a choice, each weight to the ends of its band.

    Weights drawn freely have no ends, errors and resamples no settings: they are not among these.
    """
    found: list[Change] = []
    tree = study.tree
    for at, factor in enumerate(factors):
        if progress is not None:
            progress(at, len(factors))
        if isinstance(factor, Choice):
            for option in factor.options:
                one = replace(factor, options=(option,))
                try:
                    found.append(_one(_of(study, source, [one]), factor.name, option, -1))
                except EquindexError as error:
                    found.append(_failed(factor.name, option, -1, error))
        elif isinstance(factor, Weights) and factor.how == "band":
            other = _of(study, source, [factor])
            for node in factor.nodes(tree):
                for end, sign in ((0.0, "-"), (1.0, "+")):
                    u = np.full((1, len(other.dimensions)), 0.5)
                    u[0, other.dimensions.index((factor.name, node))] = end
                    setting = f"{sign}{100 * factor.amount:g}%"
                    found.append(_at(other, u, factor.name, setting, node))
    return found


def left_out(
    study: Study,
    source: Source,
    *,
    engine: str = "threads",
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[Change]:
    """Leave out each indicator, each pillar and each region in turn.

    A region that is left out is not measured: the ends of scales, means and weights from data are those of the
    others. With more than 1,000 regions, only indicators and pillars are left out.
    """
    found: list[Change] = []
    tree = study.tree
    for level in ("indicator", "pillar"):
        nodes = [node for node, kind in enumerate(tree.levels) if kind == level]
        kept = [node for node in nodes if (tree.sums(np.eye(len(tree.nodes)))[:, node] == 0).any()]
        if kept:
            found += _without_nodes(study, source, level, kept)
            if progress is not None:
                progress(len(found), len(tree.ids) - 1)
    count = len(study.regions)
    if 3 <= count <= _MOST_REGIONS:
        task = _Without(_of(study, source, []))
        for place, part in enumerate(engines.stream(task, range(count), engine=engine, workers=workers)):
            scores, degree, reason = part
            found.append(
                Change(
                    factor="region",
                    setting="left out",
                    node=-1,
                    region=place,
                    scores=scores,
                    degree=degree,
                    reason=reason,
                )
            )
            if progress is not None:
                progress(place + 1, count)
    return found


def _without_nodes(study: Study, source: Source, level: str, nodes: list[int]) -> list[Change]:
    """Leave out nodes in turn: all from one study, or each from its own where one cannot be scored."""
    names = [study.tree.ids[node] for node in nodes]
    try:
        other = _of(study, source, [Exclude(what=level, nodes=tuple(names))])
    except EquindexError as error:
        if len(nodes) == 1:
            return [_failed(level, "left out", nodes[0], error)]
        return [change for node in nodes for change in _without_nodes(study, source, level, [node])]
    points = (np.arange(len(nodes)) + 1.5) / (len(nodes) + 1)
    return [
        _at(other, np.array([[u]]), level, "left out", node) for u, node in zip(points, nodes, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Without:
    """Scores of the other regions, and the degree, when one is not measured."""

    study: Study

    def __call__(self, place: int) -> tuple[FloatArray | None, float, str]:
        try:
            return *self.study.without_region(place), ""
        except EquindexError as error:
            return None, np.nan, str(error)


def _failed(factor: str, setting: str, node: int, error: EquindexError) -> Change:
    """Say why there are no scores; of a study's refusal, the reason of its only combination."""
    reason = str(error)
    if reason.startswith("1 of 1 combinations"):
        reason = reason.split("\n")[1].partition(": ")[2]
    return Change(
        factor=factor, setting=setting, node=node, region=-1, scores=None, degree=np.nan, reason=reason
    )


def _of(study: Study, source: Source, factors: Sequence[Factor]) -> Study:
    return Study.of(source, factors, year=study.year, outputs=study.outputs, seed=study.seed)


def _one(study: Study, factor: str, setting: str, node: int) -> Change:
    return _at(study, np.full((1, len(study.dimensions)), 0.5), factor, setting, node)


def _at(study: Study, u: FloatArray, factor: str, setting: str, node: int) -> Change:
    found = study.run(study.points(u, np.zeros(1, dtype=np.int64), designed=True))
    degree = float(found["degree"][0, 0]) if "degree" in found else np.nan
    return Change(
        factor=factor, setting=setting, node=node, region=-1, scores=found[study.outputs[0]][0], degree=degree
    )


def measured(
    change: Change, score: FloatArray, decimals: int | None
) -> tuple[dict[str, Any], NDArray[np.int64] | None]:
    """Compare the ranks of a change with those as things stand, among the regions that both rank.

    Returns
    -------
    figures : dict
        Mean and greatest rank shift, Kendall's tau b, pairs that change places, the region that moves most.
    ranks : ndarray, shape (regions,), or None
        New ranks, 0 where unscored.
    """
    if change.scores is None:
        return {}, None
    both = np.isfinite(change.scores) & np.isfinite(score)
    before, after = ties(np.where(both, np.stack([score, change.scores]), np.nan), decimals)
    new = places(ties(change.scores[None], decimals))[0]
    if both.sum() < 2:
        return {}, new
    old, place = places(np.stack([before, after]))
    move = place - old
    reversed_ = swaps(before, after[None], most=0).count[0]
    with np.errstate(all="ignore"):
        tau = float(stats.kendalltau(before[both], after[both]).statistic)
    most = int(np.abs(move).argmax())
    return {
        "rank_shift": float(np.abs(move[both]).mean()),
        "rank_shift_max": int(np.abs(move).max()),
        "moved": int((move != 0).sum()),
        "reversals": int(reversed_),
        "kendall": tau,
        "most": most if move[most] else -1,
        "from": int(old[most]),
        "to": int(place[most]),
    }, new
