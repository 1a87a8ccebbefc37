"""What moves the ranking: effects of choices, one change at a time, what is left out, how far weights can move."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from equindex.errors import DataError, FrameworkError, MethodError
from equindex.framework import Framework, Source
from equindex.scoring import Scores, places, ties
from equindex.uncertainty.alone import Change, changed, left_out, measured
from equindex.uncertainty.effects import Effects, effects, named
from equindex.uncertainty.factors import Factor, from_record, parse, to_record
from equindex.uncertainty.standing import Standing
from equindex.uncertainty.steady import Steady, steady
from equindex.uncertainty.study import Study

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Sensitivity", "sensitivity"]

_ASKED = {
    "factors",
    "samples",
    "resamples",
    "seed",
    "year",
    "level",
    "each_weight",
    "band",
}  # of a provenance
_REACHES = {"leader": "leader", "neighbours": "next"}
_BOUNDS = ("best", "worst", "exact", "best_found", "worst_found", "can_lead")
_EFFECTS = [
    *("output", "region", "region_name", "factor", "node", "node_name"),
    *("first", "first_low", "first_high", "total", "total_low", "total_high", "deviation", "exact", "reason"),
]
_UNMOVED = 1e-12  # a weight that moves by less does not


@dataclass(frozen=True, kw_only=True)
class Sensitivity(Standing):
    """What moves scores and ranks.

    Attributes
    ----------
    scores : Scores
        The framework as it stands.
    study : Study
        What varied.
    effects : Effects
        How the variance of scores, ranks and overall results is shared among the factors.
    alone, without : tuple of Change
        One change at a time, and each indicator, pillar and region left out.
    steady : Steady
        Exact intervals, smallest changes and bounds of the weights.
    level : float
        Coverage of the intervals of the effects.
    degree : float
        The degree of equalization as it stands, NaN without one.
    provenance : mapping
        As of the scores, with what varied.
    """

    effects: Effects
    alone: tuple[Change, ...]
    without: tuple[Change, ...]
    steady: Steady
    level: float
    degree: float
    provenance: Mapping[str, Any]

    @cached_property
    def shares(self) -> pd.DataFrame:
        """First and total effects of each factor on each output: shares of its variance."""
        import pandas as pd

        found, rows = self.effects, []
        for at, (output, region) in enumerate(found.labels):
            for place, (factor, node, name) in enumerate(named(self.study, found.factors)):
                rows.append(
                    {
                        "output": output,
                        **self.region(region),
                        "factor": factor,
                        "node": node,
                        "node_name": name,
                        "first": found.first[at, place],
                        "first_low": found.first_low[at, place],
                        "first_high": found.first_high[at, place],
                        "total": found.total[at, place],
                        "total_low": found.total_low[at, place],
                        "total_high": found.total_high[at, place],
                        "deviation": found.deviation[at],
                        "exact": found.exact,
                        "reason": "" if found.deviation[at] > 0 else "does not vary",
                    }
                )
        return pd.DataFrame(rows, columns=_EFFECTS)

    @cached_property
    def interactions(self) -> pd.DataFrame:
        """Share of the variance of overall results owed to factors acting together; empty where not exact."""
        import pandas as pd

        found, rows = self.effects, []
        columns = ["output", "factors", "order", "share"]
        if found.shares is None:
            return pd.DataFrame(columns=columns)
        for at, (output, region) in enumerate(found.labels):
            if region < 0:
                for place, subset in enumerate(found.subsets):
                    names = " × ".join(found.factors[factor][0] for factor in subset)
                    share = found.shares[at, place]
                    rows.append({"output": output, "factors": names, "order": len(subset), "share": share})
        return pd.DataFrame(rows, columns=columns)

    @cached_property
    def one_at_a_time(self) -> pd.DataFrame:
        """One change at a time: how far ranks move, and who moves most; the widest first."""
        return self._changes(self.alone, "factor")

    @cached_property
    def left_out(self) -> pd.DataFrame:
        """Each indicator, pillar and region left out: how far ranks of the others move, and pairs that swap."""
        return self._changes(self.without, "level")

    @cached_property
    def left_out_ranks(self) -> pd.DataFrame:
        """Ranks of every region without each indicator and pillar."""
        import pandas as pd

        rows = []
        decimals = self.scores.plan.rank_decimals
        for change in self.without:
            _, ranks = measured(change, self.score, decimals)
            if change.region >= 0 or ranks is None:
                continue
            for region, code in enumerate(self.codes):
                rows.append(
                    {
                        "region": code,
                        "region_name": self.names[region],
                        "without": self.study.tree.ids[change.node],
                        "without_name": self.study.tree.names[change.node],
                        "rank": int(ranks[region]) if ranks[region] else None,
                        "rank_now": int(self.rank[region]) if self.rank[region] else None,
                    }
                )
        frame = pd.DataFrame(
            rows, columns=["region", "region_name", "without", "without_name", "rank", "rank_now"]
        )
        return frame.astype({"rank": "Int64", "rank_now": "Int64"})

    def _changes(self, changes: Sequence[Change], what: str) -> pd.DataFrame:
        import pandas as pd

        rows, tree = [], self.study.tree
        for change in changes:
            figures, _ = measured(change, self.score, self.scores.plan.rank_decimals)
            most = figures.pop("most", -1)
            told = {"region": "", "region_name": ""} if most < 0 else self.region(most)
            if change.region >= 0:
                here = {"node": self.codes[change.region], "node_name": self.names[change.region]}
            else:
                node = change.node
                here = {
                    "node": tree.ids[node] if node >= 0 else "",
                    "node_name": tree.names[node] if node >= 0 else "",
                }
            rows.append(
                {
                    what: change.factor,
                    **here,
                    "setting": change.setting,
                    **{
                        key: figures.get(key)
                        for key in ("rank_shift", "rank_shift_max", "moved", "reversals", "kendall")
                    },
                    **told,
                    "rank_from": figures.get("from"),
                    "rank_to": figures.get("to"),
                    "degree": change.degree,
                    "degree_change": change.degree - self.degree,
                    "reason": change.reason.split("\n")[0],
                }
            )
        columns = f"{what} node node_name setting rank_shift rank_shift_max moved reversals kendall region region_name"
        frame = pd.DataFrame(
            rows, columns=[*columns.split(), "rank_from", "rank_to", "degree", "degree_change", "reason"]
        )
        whole = ["rank_shift_max", "moved", "reversals", "rank_from", "rank_to"]
        frame[whole] = frame[whole].astype("Int64")
        for column in ("rank_shift", "kendall"):
            frame[column] = frame[column].astype(float)
        return frame.sort_values("rank_shift", ascending=False, kind="stable", ignore_index=True)

    @cached_property
    def stability(self) -> pd.DataFrame:
        """Within which bounds each weight can move, the others in proportion, before the leader or any rank changes."""
        import pandas as pd

        tree, rows = self.study.tree, []
        for row in self.steady.stability:
            node = row["node"]
            rows.append(
                {
                    "node": tree.ids[node],
                    "node_name": tree.names[node],
                    "level": tree.levels[node],
                    **{key: row[key] for key in ("weight", "leader_low", "leader_high")},
                    "passed_below_by": self.name(row["next_low"]),
                    "passed_above_by": self.name(row["next_high"]),
                    **{key: row[key] for key in ("ranking_low", "ranking_high")},
                }
            )
        return pd.DataFrame(rows)

    @cached_property
    def swaps(self) -> pd.DataFrame:
        """The smallest changes of weights with which a region reaches the leader, or the next one ahead."""
        import pandas as pd

        leaves = [self.study.tree.names[node] for node in self.study.tree.nodes]
        rows = []
        for row in self.steady.swaps:
            rows.append(
                {
                    "reaches": _REACHES[row["of"]],
                    **self.region(row["region"]),
                    "other": self.codes[row["reaches"]],
                    "other_name": self.name(row["reaches"]),
                    "sum_of_changes": row["sum"],
                    "largest_relative_change": row["relative"],
                    "most_weight_to": "" if row["more"] < 0 else leaves[row["more"]],
                    "most_weight_from": "" if row["less"] < 0 else leaves[row["less"]],
                    "reason": row["reason"],
                }
            )
        return pd.DataFrame(rows)

    @cached_property
    def swap_weights(self) -> pd.DataFrame:
        """The weights that the smallest changes come to, of the indicators whose weight moves: shares of the root."""
        import pandas as pd

        tree, rows = self.study.tree, []
        given = self.steady.weights
        for row in self.steady.swaps:
            assert given is not None
            for leaf in np.flatnonzero(np.abs(row["weights"] - given) > _UNMOVED).tolist():
                node = tree.nodes[leaf]
                rows.append(
                    {
                        "reaches": _REACHES[row["of"]],
                        **self.region(row["region"]),
                        "other": self.codes[row["reaches"]],
                        "other_name": self.name(row["reaches"]),
                        "node": tree.ids[node],
                        "node_name": tree.names[node],
                        "weight": given[leaf],
                        "weight_to_tie": row["weights"][leaf],
                    }
                )
        return pd.DataFrame(rows)

    @cached_property
    def bounds(self) -> pd.DataFrame:
        """The best and the worst rank of each region without gaps, over a band around the weights and over all weights.

        In the band each indicator's share of the total is up or down by so much; draws of `weights` move pillars and
        indicators before these are scaled, and may go beyond. Ranks count regions without gaps only.
        """
        import pandas as pd

        rows = []
        whole = np.full(len(self.score), np.nan)
        known = [row["region"] for row in self.steady.bounds]
        whole[known] = self.score[known]
        now = places(ties(whole[None], self.scores.plan.rank_decimals))[0]
        for place, row in enumerate(self.steady.bounds):
            region = row["region"]
            assert self.steady.dominated is not None
            assert self.steady.dominating is not None
            rows.append(
                {
                    **self.region(region),
                    "rank": int(now[region]),
                    **{f"{key}{over}": row[f"{key}{over}"] for over in ("_near", "") for key in _BOUNDS},
                    "dominates": int(self.steady.dominating[place]),
                    "dominated_by": int(self.steady.dominated[place]),
                }
            )
        return pd.DataFrame(rows)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables that have rows, by name."""
        found = {
            "effects": self.shares,
            "interactions": self.interactions,
            "one_at_a_time": self.one_at_a_time,
            "left_out": self.left_out,
            "left_out_ranks": self.left_out_ranks,
            "stability": self.stability,
            "swaps": self.swaps,
            "swap_weights": self.swap_weights,
            "rank_bounds": self.bounds,
        }
        return {name: frame for name, frame in found.items() if len(frame)}

    def answer(self) -> list[str]:
        """Say in sentences what matters most."""
        from equindex.uncertainty.words import matters

        return matters(self)


def sensitivity(
    framework: Framework,
    data: Any,
    *,
    vary: Iterable[str | Factor] = ("weights=0.25",),
    samples: int = 1024,
    resamples: int = 100,
    seed: int = 0,
    year: int | None = None,
    level: float = 0.95,
    each_weight: bool = False,
    band: float = 0.25,
    engine: str = "threads",
    workers: int | None = None,
    folder: str | Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Sensitivity:
    """Find what moves scores and ranks most.

    Parameters
    ----------
    framework, data
        As for `equindex.uncertainty.analyse`.
    vary : iterable of str or Factor
        What varies, as there. Where all are choices and few enough, every combination is run and the effects are
        exact; else they are estimated from a scrambled Sobol' sequence.
    samples : int
        Rows of that design, a power of two; the framework is scored samples x (factors + 2) times.
    resamples : int
        For the intervals of the effects; 0 for none.
    seed : int
        Of the design and the resamples.
    year : int, optional
        The year that is ranked; the last when left out.
    level : float
        Coverage of the intervals of the effects.
    each_weight : bool
        Whether every weight is a factor by itself; else all together are one.
    band : float
        Best and worst ranks are told for each indicator's share of the total up or down by this part of it, beside
        those for all weights.
    engine, workers, folder
        As for `equindex.uncertainty.analyse`.
    progress : callable, optional
        Called with what is being done, how much of that is finished, and all of it.

    Returns
    -------
    Sensitivity

    Raises
    ------
    FrameworkError
        If something to vary is wrong, or a combination cannot be scored.
    DataError
        With every error of the data, or where fewer than two regions have a rank.

    References
    ----------
    .. [1] Saisana, M., Saltelli, A. and Tarantola, S., "Uncertainty and sensitivity analysis techniques as tools
       for the quality assessment of composite indicators", Journal of the Royal Statistical Society A 168(2), 2005,
       307-323.
    """
    _check(band, level, resamples, seed)
    told = list(vary)
    texts = [text for text in told if isinstance(text, str)]
    factors = (
        *parse(texts, framework, None if folder is None else Path(folder)),
        *(factor for factor in told if not isinstance(factor, str)),
    )
    if not factors:
        raise FrameworkError("nothing varies. Say what does, such as weights=0.25.")
    asked = {
        "factors": [to_record(factor) for factor in factors],
        "samples": samples,
        "resamples": resamples,
        "seed": seed,
        "year": year,
        "level": level,
        "each_weight": each_weight,
        "band": band,
    }
    return _run(framework, data, framework.score(data), factors, asked, engine, workers, progress)


def repeated(
    framework: Framework,
    data: Any,
    scores: Scores,
    asked: Mapping[str, Any],
    progress: Callable[[str, int, int], None] | None = None,
) -> Sensitivity:
    """Repeat what a provenance says was asked.

    Raises
    ------
    FrameworkError
        If it says something else.
    """
    if not (isinstance(asked, Mapping) and set(asked) >= _ASKED):
        raise FrameworkError("this is no record of a sensitivity analysis.")
    factors = tuple(from_record(part) for part in asked["factors"])
    return _run(framework, data, scores, factors, asked, "threads", None, progress)


def _run(
    framework: Framework,
    data: Any,
    scores: Scores,
    factors: Sequence[Factor],
    asked: Mapping[str, Any],
    engine: str,
    workers: int | None,
    progress: Callable[[str, int, int], None] | None,
) -> Sensitivity:
    year, seed, level = asked["year"], asked["seed"], asked["level"]
    say = progress or (lambda *_: None)
    outputs = tuple(
        name
        for name, part in (
            ("index", scores.rolled),
            ("attainment", scores.attained),
            ("equalization", scores.equalized),
        )
        if part is not None
    )[:1] + (("degree",) if framework.model.equalization is not None else ())
    source = Source(framework, data, scores.panel)
    study = Study.of(source, factors, year=year, outputs=outputs, seed=seed)
    still = Study.of(source, [], year=year, outputs=outputs, seed=seed)
    base = Standing(scores=scores, study=study)
    if (base.rank > 0).sum() < 2:
        raise DataError(f"fewer than two regions have a rank in {study.year}, so nothing can move it.")
    first = still.run(still.points(np.empty((1, 0)), np.zeros(1, dtype=np.int64)))
    found = effects(
        study,
        base.rank,
        samples=asked["samples"],
        resamples=asked["resamples"],
        level=level,
        each_weight=asked["each_weight"],
        engine=engine,
        workers=workers,
        progress=partial(say, "Effects"),
    )
    without = left_out(study, source, engine=engine, workers=workers, progress=partial(say, "Leaving out"))
    options = {**scores.provenance.get("options", {}), "sensitivity": {**asked, "year": study.year}}
    return Sensitivity(
        scores=scores,
        study=study,
        effects=found,
        alone=tuple(changed(study, source, factors, partial(say, "One at a time"))),
        without=tuple(without),
        steady=steady(still, still.bases[0, -1], asked["band"], partial(say, "Weights")),
        level=level,
        degree=float(first["degree"][0, 0]) if "degree" in first else float("nan"),
        provenance={**scores.provenance, "options": options, "seed": seed},
    )


def _check(band: float, level: float, resamples: int, seed: int) -> None:
    faults = []
    if not 0 < band <= 1:
        faults.append(f"band should be above 0 and at most 1, is {band:g}.")
    if not 0 < level < 1:
        faults.append(f"level should be a share between 0 and 1, is {level:g}.")
    if resamples < 0 or resamples == 1:
        faults.append(f"resamples should be 0 (no intervals) or at least 2, is {resamples}.")
    if seed < 0:
        faults.append(f"seed should be 0 or more, is {seed}.")
    if faults:
        raise MethodError(" ".join(faults))
