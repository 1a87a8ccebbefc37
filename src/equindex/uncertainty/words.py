"""What an uncertainty analysis says, in sentences with numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from equindex.uncertainty.factors import Choice, Exclude, Factor, Regions
from equindex.uncertainty.weights import Weights

if TYPE_CHECKING:
    import pandas as pd

    from equindex.uncertainty.results import Uncertainty
    from equindex.uncertainty.sensitivity import Sensitivity

__all__ = ["answer", "matters", "varied"]

_MOST = 3  # regions that a sentence names


def varied(factors: Iterable[Factor]) -> str:
    """Say what varies."""
    return "; ".join(_said(factor) for factor in factors)


def _said(factor: Factor) -> str:
    if isinstance(factor, Choice):
        return f"{factor.key} by {', '.join(factor.options)}"
    if isinstance(factor, Weights):
        which = {"": "weights", "pillar": "weights of pillars", "indicator": "weights of indicators"}[
            factor.level
        ]
        return {
            "band": f"{which} up or down by up to {100 * factor.amount:g}%",
            "dirichlet": f"{which} around the given ones (Dirichlet, concentration {factor.amount:g})",
            "free": f"{which} of all kinds, each as likely as any other",
            "bounds": f"weights of {len(factor.named)} nodes within bounds"
            + (f" and in order ({'; '.join(f'{a} > {b}' for a, b in factor.order)})" if factor.order else ""),
            "experts": f"weights by {len(factor.points)} experts drawn again",
        }[factor.how]
    if isinstance(factor, Exclude):
        return f"none or one of {len(factor.nodes)} ({factor.what}) left out"
    if isinstance(factor, Regions):
        return "regions drawn anew"
    if factor.rounding:
        return "values within their last printed digit"
    amounts = set(factor.relative.values())
    if len(amounts) == 1 and not factor.absolute and not factor.cells:
        return f"values with a standard error of {100 * amounts.pop():g}%"
    return f"values with the standard errors of {factor.what}"


def answer(found: Uncertainty) -> list[str]:
    """Say how many draws, who leads, whose place is sure, whose is not, and what cannot be told apart."""
    frame, kept = found.regions, found.kept
    said = [f"{kept.draws:,} draws, seed {found.study.seed}. Varied: {varied(found.study.factors)}."]
    if kept.interrupted:
        said.append("Interrupted: only the draws that were finished count.")
    if kept.failed:
        said.append(f"{len(kept.failed):,} draws cannot be scored and are left out (table draws says why).")
    if found.study.failed:
        names = "; ".join(found.study.failed)
        said.append(f"Combinations that cannot be scored are left out: {names}.")
    known = frame[frame["rank"].notna()]
    if len(known) < 2:
        return [*said, "Fewer than two regions have a rank, so there is no ranking to judge."]
    firsts = known.sort_values("first", ascending=False)
    leaders = [
        f"{row['region_name']} in {_percent(row['first'])}"
        for row in _rows(firsts.head(_MOST))
        if row["first"] > 0
    ]
    said.append(f"First: {', '.join(leaders)} of the draws.")
    width = (known["rank_high"] - known["rank_low"]).astype(float)
    fixed = int((width == 0).sum())
    share = _percent(found.level)
    said.append(
        f"On average a rank moves by {found.mean_shift:.1f} places. In {share} of the draws {fixed} of {len(known)} "
        f"regions keep {'its' if fixed == 1 else 'their'} rank."
    )
    widest = known.assign(width=width).sort_values("width", ascending=False).head(_MOST)
    if width.max() > 0:
        parts = [
            f"{row['region_name']} {row['rank_low']} to {row['rank_high']}"
            for row in _rows(widest)
            if row["width"] > 0
        ]
        said.append(f"Least sure ({share} of draws): {', '.join(parts)}.")
    groups = found.groups
    sizes = groups.groupby("group")["region"].count()
    if len(groups):
        said.append(
            f"The ranking parts into {len(sizes)} group{'s' if len(sizes) != 1 else ''} that can be told apart; "
            f"the largest has {sizes.max()} region{'s' if sizes.max() != 1 else ''}."
        )
    for row in _rows(found.overall):
        if row["output"] == "degree" and np.isfinite(row["mean"]):
            said.append(
                f"Degree of equalization (均等度): {row['mean']:.1f}, in {share} of the draws "
                f"{row['low']:.1f} to {row['high']:.1f}."
            )
    if not found.comparable:
        said.append("The varied methods give scores on different scales: ranks compare, scores do not.")
    return said


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _percent(share: float) -> str:
    """Print a share; what is not quite all or nothing does not round to it."""
    if 0 < share < 0.01:
        return "under 1%"
    if 0.99 < share < 1:
        return "over 99%"
    return f"{100 * share:.0f}%"


_WEAK = 0.01  # shares of variance that are not told


def matters(found: Sensitivity) -> list[str]:
    """Say which choice moves ranks most, which single change and which indicator do, and how far weights can move."""
    said = [_design(found)]
    for output, words in (
        ("rank shift", "how far ranks move on average"),
        ("degree", "the degree of equalization"),
    ):
        part = found.shares[found.shares["output"] == output]
        if len(part) and part["total"].isna().all():
            said.append(f"Nothing that varies changes {words}: it is constant.")
        elif len(found.effects.factors) > 1 and len(part):
            top = part.sort_values("total", ascending=False)
            parts = [
                f"{_factor(row)} {_percent(row['total'])} ({_percent(max(row['first'], 0.0))} alone)"
                for row in _rows(top.head(_MOST))
                if row["total"] >= _WEAK
            ]
            said.append(f"Of the variance of {words}, by total effect: {', '.join(parts)}.")
    alone = found.one_at_a_time
    if len(alone) and (alone["rank_shift"] > 0).any():
        row = alone.iloc[0]
        who = (
            f"; {row['region_name']} goes from {row['rank_from']} to {row['rank_to']}"
            if row["region_name"]
            else ""
        )
        name = f"{row['factor']} {row['node_name']} {row['setting']}".replace("  ", " ")
        said.append(
            f"One change at a time, {name} moves most: {row['rank_shift']:.1f} places on average{who}."
        )
    for level, words in (("indicator", "Without one indicator"), ("pillar", "Without one pillar")):
        part = found.left_out[(found.left_out["level"] == level) & (found.left_out["rank_shift"] > 0)]
        if len(part):
            row = part.iloc[0]
            said.append(
                f"{words}, ranks move most when {row['node_name']} is left out: {row['rank_shift']:.1f} places on "
                f"average; {row['region_name']} goes from {row['rank_from']} to {row['rank_to']}."
            )
    part = found.left_out[(found.left_out["level"] == "region") & found.left_out["reversals"].notna()]
    if len(part):
        most = part.sort_values("reversals", ascending=False, kind="stable").iloc[0]
        swapping = int((part["reversals"] > 0).sum())
        said.append(
            "Leaving out a region swaps no two others."
            if not swapping
            else f"{_count(swapping, 'region')} of {len(part)} would swap others if left out, "
            f"{most['node_name']} most: {_count(most['reversals'], 'pair')}."
        )
    lost = int((found.left_out["reason"] != "").sum())
    if lost:
        said.append(f"{_count(lost, 'part')} cannot be left out (table left_out says why).")
    said += _steady(found)
    return said


def _design(found: Sensitivity) -> str:
    effects = found.effects
    how = (
        f"all {effects.points:,} combinations were run, so the effects are exact"
        if effects.exact
        else f"{effects.points:,} points of a Sobol' design, seed {found.study.seed}"
    )
    if len(effects.factors) == 1:
        how = "nothing else, so all the variance is owed to that"
    return f"Varied: {varied(found.study.factors)}; {how}."


def _factor(row: Mapping[str, Any]) -> str:
    return f"{row['factor']} {row['node_name']}".strip()


def _steady(found: Sensitivity) -> list[str]:
    if found.steady.reason:
        return [f"Exact intervals of weights: none, since {found.steady.reason}"]
    part = found.stability[found.stability["level"] == "indicator"]
    said = []
    leader = found.name(found.steady.leader)
    below = np.where(part["leader_low"] > 0, part["weight"] - part["leader_low"], np.inf)
    above = np.where(part["leader_high"] < 1, part["leader_high"] - part["weight"], np.inf)
    room = np.minimum(below, above)
    if np.isinf(room).all():
        said.append(f"No single weight, moved anywhere from 0 to 1, takes the first place from {leader}.")
    else:
        tight = part.iloc[int(room.argmin())]
        said.append(
            f"{leader} stays first while the weight of {tight['node_name']} ({tight['weight']:.3f}) is between "
            f"{tight['leader_low']:.3f} and {tight['leader_high']:.3f}, the tightest of {len(part)} intervals."
        )
    bounds = found.bounds
    widest = bounds.iloc[int((bounds["worst_found"] - bounds["best_found"]).argmax())]
    said.append(
        f"With all possible weights {widest['region_name']} is as high as {widest['best_found']} and as low as "
        f"{widest['worst_found']}; {_leaders(bounds['can_lead'])} can be first, and with weights up or down by up to "
        f"{_percent(found.provenance['options']['sensitivity']['band'])} {_leaders(bounds['can_lead_near'])}."
    )
    if found.steady.left:
        names = ", ".join(found.name(region) for region in found.steady.left[:_MOST])
        more = ", …" if len(found.steady.left) > _MOST else ""
        said.append(f"Not part of the exact analysis, since values are missing: {names}{more}.")
    return said


def _leaders(can: pd.Series[Any]) -> str:
    """Count the regions that can be first; where it is not known of some, at least so many."""
    return "at least " * bool(can.isna().any()) + _count(int((can == True).sum()), "region")  # noqa: E712 - None too


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' if number != 1 else ''}"
