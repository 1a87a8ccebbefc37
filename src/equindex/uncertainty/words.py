"""What an uncertainty analysis says, in sentences with numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from equindex.uncertainty.factors import Choice, Exclude, Factor, Regions
from equindex.uncertainty.weights import Weights

if TYPE_CHECKING:
    import pandas as pd

    from equindex.uncertainty.results import Uncertainty
    from equindex.uncertainty.sensitivity import Sensitivity
    from equindex.uncertainty.study import Study

__all__ = ["answer", "matters", "varied"]

_MOST = 3  # regions that a sentence names
_FEW = 100  # draws below which shares are said to be rough
_NAMED = 10  # regions without effects that are named


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
            "bounds": _bounded(factor),
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


def _bounded(factor: Weights) -> str:
    """Say which weights are between bounds, fixed or in order."""
    if factor.order:
        return (
            f"weights in order ({'; '.join(f'{a} ≥ {b}' for a, b in factor.order)}), siblings not named free"
        )
    ends = dict(zip(factor.named, zip(factor.low, factor.high, strict=True), strict=True))
    parts = [
        f"{name} fixed at {low:g}" if low == high else f"{name} from {low:g} to {high:g}"
        for name, (low, high) in ends.items()
    ]
    more = f" and {len(parts) - _NAMED} more" if len(parts) > _NAMED else ""
    which = "weight" if len(parts) == 1 else "weights"
    return f"{which} within bounds ({', '.join(parts[:_NAMED])}{more}), siblings not named free"


def answer(found: Uncertainty) -> list[str]:
    """Say how many draws, who leads, whose place is sure, whose is not, and what cannot be told apart."""
    frame, kept = found.regions, found.kept
    said = [f"{_count(kept.draws, 'draw')}, seed {found.study.seed}. Varied: {varied(_drawn(found.study))}."]
    if found.ranking and kept.draws < _FEW:
        said.append(
            f"So few draws give rough shares (standard error up to {50 / np.sqrt(kept.draws):.0f} points)."
        )
    if kept.interrupted:
        said.append("Interrupted: only the draws that were finished count.")
    if kept.failed:
        are = "is" if len(kept.failed) == 1 else "are"
        said.append(
            f"{_count(len(kept.failed), 'draw')} cannot be scored and {are} left out (table draws says why)."
        )
    if found.study.failed:
        names = "; ".join(found.study.failed)
        said.append(f"Combinations that cannot be scored are left out: {names}.")
    if not found.ranking:
        return [*said, "Fewer than two regions have a rank, so there is no ranking to judge."]
    firsts = frame.sort_values("first", ascending=False, kind="stable").head(_MOST)
    leaders = [f"{_name(row)} in {_percent(row['first'])}" for row in _rows(firsts) if row["first"] > 0]
    tied = "; tied draws count for each" if kept.leads.sum() > found.counted else ""
    said.append(f"First: {', '.join(leaders)} of the draws{tied}.")
    known, lost = frame[frame["rank"].notna()], frame[frame["rank"].isna()]
    if len(lost):
        have, more = "has" if len(lost) == 1 else "have", ", …" if len(lost) > _MOST else ""
        names = "; ".join(f"{_name(row)} ({row['reason']})" for row in _rows(lost.head(_MOST)))
        said.append(f"{len(lost)} of {len(frame)} regions {have} no rank as things stand: {names}{more}.")
    level = f"{100 * found.level:g}% of the draws"
    if len(known):
        said += [*_moves(found, level), *_unsure(known, level), *_grouped(found, level)]
    for row in _rows(found.overall):
        if row["output"] == "degree" and np.isfinite(row["mean"]):
            said.append(
                f"Degree of equalization (均等度): {row['mean']:.1f}, in {level} "
                f"{row['low']:.1f} to {row['high']:.1f}."
            )
    if not found.comparable:
        said.append("The varied methods give scores on different scales: ranks compare, scores do not.")
    return said


def _drawn(study: Study) -> list[Factor]:
    """Return what varies, with the options alone that occur in a combination that can be scored."""
    factors, at = [], 0
    for factor in study.factors:
        if isinstance(factor, Choice):
            taken = {options[at] for options in study.combinations}
            at += 1
            if len(taken) < 2:
                continue
            factor = replace(factor, options=tuple(option for option in factor.options if option in taken))
        factors.append(factor)
    return factors


def _name(row: Mapping[str, Any]) -> str:
    return str(row["region_name"] or row["region"])


def _moves(found: Uncertainty, level: str) -> list[str]:
    """Say how far ranks move, and how many stay."""
    fixed, many = int((found.kept_rank >= found.level).sum()), int(np.isfinite(found.kept_rank).sum())
    ranks = found.kept.ranks
    span = int((ranks.last - ranks.first).max()) + 1
    rank = "rank" if span == 1 else f"range of {span} ranks"
    return [
        f"Against the framework as it stands a rank moves by {found.mean_shift:.1f} places on average; {fixed} of "
        f"{_count(many, 'region')} {'keeps its' if fixed == 1 else 'keep their'} {rank} in at least {level}."
    ]


def _unsure(known: pd.DataFrame, level: str) -> list[str]:
    """Name the regions whose ranks move most."""
    width = (known["rank_high"] - known["rank_low"]).astype(float)
    widest = known.assign(width=width).sort_values("width", ascending=False, kind="stable").head(_MOST)
    parts = [
        f"{_name(row)} {row['rank_low']} to {row['rank_high']}" for row in _rows(widest) if row["width"] > 0
    ]
    return [f"Least sure (at least {level}): {', '.join(parts)}."] if parts else []


def _grouped(found: Uncertainty, level: str) -> list[str]:
    """Say what of the ranking can be told apart."""
    sizes = found.groups.groupby("group")["region"].count()
    if len(found.groups) < 2:
        return []
    if len(sizes) == 1:
        return [
            f"No two neighbours of the ranking can be told apart: none is ahead of the next in at least {level}."
        ]
    return [
        f"The ranking parts into {len(sizes)} groups that can be told apart; the largest has "
        f"{_count(int(sizes.max()), 'region')}."
    ]


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
_WIDE = 0.2  # intervals of such shares that are too wide to tell,
_OFF = 0.02  # and how far a share may be beyond what it can be


def matters(found: Sensitivity) -> list[str]:
    """Say which choice moves ranks most, which single change and which indicator do, and how far weights can move."""
    said = [_design(found), *_without_effects(found)]
    for output, words in (
        ("rank shift", "how far ranks move on average"),
        ("degree", "the degree of equalization"),
    ):
        part = found.shares[found.shares["output"] == output]
        if len(part) and part["total"].isna().all():
            said.append(f"Nothing that varies changes {words}: it is constant.")
        elif len(found.effects.factors) > 1 and len(part):
            top = part.sort_values("total", ascending=False)
            parts = [_effect(row) for row in _rows(top.head(_MOST)) if row["total"] >= _WEAK]
            rough = _rough(part) and not found.effects.exact
            said.append(
                f"Of the variance of {words}, by total effect: {', '.join(parts)}."
                + " These are rough, with too few samples: take a larger --samples." * rough
            )
    alone, now = found.one_at_a_time, "from the framework as it stands"
    if len(alone) and (alone["rank_shift"] > 0).any():
        row = alone.iloc[0]
        who = (
            f"; {row['region_name']} goes from {row['rank_from']} to {row['rank_to']}"
            if row["region_name"]
            else ""
        )
        name = f"{row['factor']} {row['node_name']} {row['setting']}".replace("  ", " ")
        said.append(
            f"One change at a time, {name} moves most: {row['rank_shift']:.1f} places on average {now}{who}."
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


def _effect(row: Mapping[str, Any]) -> str:
    """Say what a factor does with all others and alone, with the interval of the total where there is one."""
    total = _percent(row["total"])
    if np.isfinite(row["total_low"]):
        total += f" [{100 * row['total_low']:.0f} to {100 * row['total_high']:.0f}%]"
    return f"{_factor(row)} {total} ({_percent(max(row['first'], 0.0))} alone)"


def _rough(part: pd.DataFrame) -> bool:
    """Whether estimates of effects are so wide, or so far beyond what a share can be, that samples are too few."""
    for what in ("first", "total"):
        wide = part[f"{what}_high"] - part[f"{what}_low"] > _WIDE
        if wide.any() or (part[what] < -_OFF).any() or (part[what] > 1 + _OFF).any():
            return True
    first = part["first"].sum()
    return bool(
        (part["first"] > part["total"] + _OFF).any() or first > 1 + _OFF or part["total"].sum() < 1 - _OFF
    )


def _without_effects(found: Sensitivity) -> list[str]:
    """Name what has no effects, since at some points of the design it has no outcome."""
    counts, points, said = found.effects.unscored, found.effects.points, []
    regions = [region for region in counts if region >= 0]
    if regions:
        names = [f"{found.name(region)} (at {counts[region]:,} of {points:,})" for region in regions]
        more = f", … ({len(regions):,} in all)" if len(regions) > _NAMED else ""
        said.append(
            f"Without effects, since what varies leaves no score at some points: {', '.join(names[:_NAMED])}{more}. "
            "Ranks in the effects are among the others. Impute the gaps, lower min_coverage, or vary less."
        )
    if -1 in counts:
        said.append(
            f"The degree of equalization has no effects: it is not defined at {counts[-1]:,} of {points:,} points."
        )
    return said


def _factor(row: Mapping[str, Any]) -> str:
    return f"{row['factor']} {row['node_name']}".strip()


def _steady(found: Sensitivity) -> list[str]:
    if found.steady.reason:
        return [f"Exact intervals of weights: none, since {found.steady.reason}"]
    part = found.stability[found.stability["level"] == "indicator"]
    said = []
    leaders = [found.name(region) for region in found.steady.leaders]
    leader = leaders[0] if len(leaders) == 1 else f"{', '.join(leaders[:-1])} and {leaders[-1]}"
    below = np.where(part["leader_low"] > 0, part["weight"] - part["leader_low"], np.inf)
    above = np.where(part["leader_high"] < 1, part["leader_high"] - part["weight"], np.inf)
    room = np.minimum(below, above)
    if len(leaders) > 1 and room.min() == 0:
        said.append(
            f"{leader} share the first place: the least change of any of {int((room == 0).sum())} of {len(part)} "
            "weights parts them."
        )
    elif np.isinf(room).all():
        said.append(f"No single weight, moved anywhere from 0 to 1, takes the first place from {leader}.")
    else:
        tight = part.iloc[int(room.argmin())]
        said.append(
            f"{leader} stay{'s' * (len(leaders) == 1)} first while the weight of {tight['node_name']} "
            f"({tight['weight']:.3f}) is between {tight['leader_low']:.3f} and {tight['leader_high']:.3f}, the "
            f"tightest of {_count(len(part), 'interval')}."
        )
    bounds = found.bounds
    widest = bounds.iloc[int((bounds["worst_found"] - bounds["best_found"]).argmax())]
    said.append(
        f"With all possible weights {widest['region_name']} is as high as {widest['best_found']} and as low as "
        f"{widest['worst_found']}; {_leaders(bounds['can_lead'])} can be first, and with each indicator's share of "
        f"the total up or down by up to {_percent(found.provenance['options']['sensitivity']['band'])} "
        f"{_leaders(bounds['can_lead_near'])}."
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
