"""Why a region scores what it scores: contributions, strengths, shortfalls, obstacle degrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import factorial
from typing import TYPE_CHECKING

import numpy as np

from equindex import aggregate
from equindex._arrays import BoolArray, FloatArray
from equindex.errors import DataError, DomainError
from equindex.model import MethodCall
from equindex.scoring.own import OwnWeights

if TYPE_CHECKING:
    import pandas as pd

    from equindex.scoring.results import Scores

__all__ = ["Explanation", "contributions", "explain"]

_SHAPLEY_MOST = 16  # children of one node: 2^16 subsets are still a matter of seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why one region has its score in one year.

    Attributes
    ----------
    basis : {"index", "attainment"}
        What is explained: the composite index, or attainment where there is no composite.
    score, rank, of, coverage
        The score, its rank (0 when unranked), among how many, and the share of weight it rests on.
    parts : DataFrame
        A row for each indicator, and for each pillar whose score was imputed: value, score, effective weight,
        contribution (they sum to the score), lead over the mean region, obstacle degree (障碍度, NaN where `refused`
        says why).
    refused : str
        Why there are no obstacle degrees; empty where there are.
    """

    basis: str
    region: str
    region_name: str
    year: int
    score: float
    rank: int
    of: int
    coverage: float
    parts: pd.DataFrame
    refused: str

    @property
    def strengths(self) -> pd.DataFrame:
        """The five indicators that lift the region most above the mean region."""
        ahead = self.parts[self.parts["lead"] > 0]
        return ahead.sort_values("lead", ascending=False, kind="stable").head(5)

    @property
    def shortfalls(self) -> pd.DataFrame:
        """The five indicators that pull the region most below the mean region."""
        behind = self.parts[self.parts["lead"] < 0]
        return behind.sort_values("lead", kind="stable").head(5)

    @property
    def obstacles(self) -> pd.DataFrame:
        """Indicators by obstacle degree, the largest first; empty where refused."""
        found = self.parts[self.parts["obstacle"] > 0]
        return found.sort_values("obstacle", ascending=False, kind="stable")


def explain(scores: Scores, region: str, year: int | None = None) -> Explanation:
    r"""Split a region's score into what its indicators contribute.

    In an arithmetic tree a contribution is the effective weight times the score; under a geometric mean it is the
    indicator's share of the logarithm, by bod its part under the region's own weights, elsewhere its Shapley value
    among its siblings: what it adds on average to those of them that are there before it, in all orders. Within a
    pillar whose score is 0 a contribution that is not is split by weight. The obstacle degree is

    .. math:: O_{ri} = \frac{w_{ri} (1 - y_{ri})}{\sum_j w_{rj} (1 - y_{rj})}

    with y the score placed between the scale's worst and best.

    Parameters
    ----------
    scores : Scores
        Scored with every step kept.
    region : str
        Id or name.
    year : int, optional
        The last year that has the region when left out.

    Returns
    -------
    Explanation
        Contributions that sum to the score.

    Raises
    ------
    DataError
        If there is no such region or year, or the region is unscored.
    DomainError
        If a method has no contributions: it compares regions, relates parts of which one alone is nothing, or gives
        the region weights that are not the only ones.
    """
    import pandas as pd

    row = scores.row(region, year)
    plan, panel, tree = scores.plan, scores.panel, scores.plan.tree
    rolled, local, basis, bounds = scores.rolled, plan.local, "index", plan.bounds
    if rolled is None:
        if scores.attained is None:
            raise DataError(
                "this framework has neither a composite nor targets: there is no score to explain."
            )
        basis, rolled, local = "attainment", scores.attained.rolled, scores.attained.local
        bounds = (0.0, scores.plan.model.attainment.cap)
    if rolled.score.shape[1] == 1:
        raise DataError('only the index was kept: score with keep="all" to explain it.')
    here = panel.order[row]
    if np.isnan(rolled.score[row, 0]):
        why = scores.why_unscored(row, 0, rolled)
        raise DataError(f"{panel.label(int(here))} has no score to explain: {why}.")
    filled = np.zeros(len(tree.ids), dtype=bool) if rolled.filled is None else rolled.filled[row]
    effective = scores.effective[row] if basis == "index" else tree.effective(rolled.score[[row]], local)[0]
    ends = np.flatnonzero(filled & (effective > 0))
    leaves, none = np.concatenate([tree.nodes, ends]), np.full(len(ends), np.nan)
    contribution, per_point = (part[leaves] for part in contributions(scores, row))
    peers = np.flatnonzero(panel.year[panel.order] == panel.year[here])
    with np.errstate(all="ignore"):
        mean = np.nan_to_num(
            np.nansum(rolled.score[peers][:, leaves], axis=0)
            / np.isfinite(rolled.score[peers][:, leaves]).sum(axis=0)
        )
    score = rolled.score[row, leaves]
    weight = effective[leaves]
    obstacle, refused = _obstacles(score, weight, bounds)
    index = rolled.score[row, 0]
    values = scores.full.x[here] if basis == "index" else scores.attained.value[row]  # type: ignore[union-attr]
    everyone = rolled.score[peers, 0]
    parts = pd.DataFrame(
        {
            "node": [tree.ids[node] for node in leaves],
            "node_name": [tree.names[node] for node in leaves],
            "parent": [tree.ids[tree.parent[node]] for node in leaves],
            "unit": [*(indicator.unit for indicator in plan.model.indicator), *[""] * len(ends)],
            "value": np.concatenate([values, none]),
            "score": score,
            "effective": weight,
            "contribution": contribution,
            "mean": mean,
            "lead": np.where(np.isfinite(score), (per_point if scores.own else weight) * (score - mean), 0.0),
            "obstacle": obstacle,
        }
    )
    if basis == "attainment":
        parts = parts[scores.attained.has].reset_index(drop=True)  # type: ignore[union-attr]
    return Explanation(
        basis=basis,
        region=panel.regions[panel.region[here]],
        region_name=panel.region_names[panel.region[here]],
        year=int(panel.year[here]),
        score=float(index),
        rank=int(scores.rank[row, 0]),
        of=int(np.isfinite(everyone).sum()),
        coverage=float(rolled.coverage[row, 0]),
        parts=parts,
        refused=refused,
    )


def _obstacles(
    score: FloatArray, weight: FloatArray, bounds: tuple[float, float] | None
) -> tuple[FloatArray, str]:
    nothing = np.full(score.shape, np.nan)
    if bounds is None:
        return nothing, "scores without a worst and a best have no obstacle degrees"
    y = (score - bounds[0]) / (bounds[1] - bounds[0])
    if (y[np.isfinite(y)] < -1e-12).any() or (y[np.isfinite(y)] > 1 + 1e-12).any():
        return nothing, f"scores beyond {bounds[0]:g} to {bounds[1]:g} have no obstacle degrees"
    gap = np.where(np.isfinite(y), weight * (1 - y.clip(0, 1)), 0.0)
    return gap / gap.sum() if gap.sum() > 0 else np.zeros(score.shape), ""


def contributions(scores: Scores, row: int) -> tuple[FloatArray, FloatArray]:
    """Return what every node contributes to what regions are ranked by, in one row, and what a point of it does.

    Contributions of siblings sum to their parent's, those of the root's children to its score.

    Raises
    ------
    DomainError
        If a method has no contributions.
    """
    plan, score = scores.plan, scores.leading.score[row]
    nowhere = np.zeros(len(plan.tree.ids), dtype=bool)
    if scores.rolled is None:
        local = plan.local if scores.attained is None else scores.attained.local
        return _contributions(scores, score, local, (), {}, nowhere)
    filled = nowhere if scores.rolled.filled is None else scores.rolled.filled[row]
    own = {node: (found, row) for node, found in scores.own.items()}
    amount, factor = _contributions(scores, score, plan.local, plan.calls, own, filled)
    return amount * plan.total, factor


def _contributions(
    scores: Scores,
    score: FloatArray,
    local: FloatArray,
    calls: Sequence[MethodCall],
    own: Mapping[int, tuple[OwnWeights, int]],
    filled: BoolArray,
) -> tuple[FloatArray, FloatArray]:
    """Return every node's contribution to the root, and that of a point; those of siblings sum to their parent's."""
    tree = scores.plan.tree
    factor, amount = np.zeros(len(tree.ids)), np.zeros(len(tree.ids))  # a contribution, and it over the score
    scale = scores.plan.total if calls else 1.0
    factor[0], amount[0] = 1.0, score[0] / scale
    plain = MethodCall(name="arithmetic")
    for node, inside in enumerate(tree.children):
        present = inside[np.isfinite(score[inside])] if inside.size else inside
        if not present.size or filled[node] or not (factor[node] or amount[node]):
            continue
        weight = local[present] / local[present].sum() if local[present].sum() > 0 else local[present]
        value = score[node] / scale if node == 0 else score[node]
        call = calls[node] if calls else plain
        if value == 0 and amount[node]:
            amount[present] = amount[node] * weight
        elif node in own:
            ours = _certain(tree.ids[node], *own[node])[np.isin(inside, present)]
            factor[present] = factor[node] * value * ours / (ours @ score[present])
            amount[present] = factor[present] * score[present]
            continue
        elif call.name == "arithmetic":
            factor[present] = factor[node] * weight
            amount[present] = factor[present] * score[present]
            continue
        elif call.name == "geometric" and abs(np.log(value)) > 1e-9:
            amount[present] = factor[node] * (weight * np.log(score[present]) / np.log(value) * value)
        else:
            amount[present] = factor[node] * _shapley(call, score[present], weight)
        factor[present] = np.divide(
            amount[present], score[present], out=np.zeros(len(present)), where=score[present] != 0
        )
    return amount, factor


def _certain(name: str, own: OwnWeights, row: int) -> FloatArray:
    """Return a region's own weights, unless others give the same score."""
    if not own.unique[row]:
        raise DomainError(
            f"the score of {name!r} is that of the weights which suit the region best, and several sets of them give "
            "it: no contribution is certain. The table region_weights holds one set; bounds (low, high) may leave one."
        )
    weights: FloatArray = own.weights[row]
    return weights


def _shapley(call: MethodCall, score: FloatArray, weight: FloatArray) -> FloatArray:
    """Shapley values of siblings: a coalition is worth the score of its members, none is worth 0."""
    k, method = len(score), aggregate.methods.get(call.name)
    if why := method.traits.get("whole"):
        raise DomainError(f"a score by {call.name} has no contributions: {why}. Explain a level below it.")
    if k > _SHAPLEY_MOST:
        raise DomainError(
            f"a {call.name} of {k} parts is too large to explain exactly (at most {_SHAPLEY_MOST}). "
            "Group the indicators into pillars."
        )
    members = (np.arange(2**k)[:, None] >> np.arange(k)) & 1
    worth = np.zeros(2**k)
    held = np.where(members[1:] == 1, weight, 0.0)
    some = held.sum(axis=1) > 0
    worth[1:][some] = method.function(np.broadcast_to(score, held[some].shape), held[some], **call.options)
    size = members.sum(axis=1)
    order = np.array(
        [factorial(s) * factorial(k - s - 1) / factorial(k) if s < k else 0.0 for s in range(k + 1)]
    )
    value = np.empty(k)
    for member in range(k):
        without = np.flatnonzero(members[:, member] == 0)
        value[member] = (order[size[without]] * (worth[without | (1 << member)] - worth[without])).sum()
    return value
