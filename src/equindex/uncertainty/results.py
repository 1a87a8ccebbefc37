"""What an uncertainty analysis found, as tables with labels; replaying a draw."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from equindex._arrays import FloatArray
from equindex.errors import DataError, FrameworkError
from equindex.framework import Framework
from equindex.scoring import Scores
from equindex.uncertainty.draws import CHUNK, Kept, drawn, points_of
from equindex.uncertainty.factors import Choice
from equindex.uncertainty.saved import packed
from equindex.uncertainty.standing import Standing
from equindex.uncertainty.words import answer

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Uncertainty"]

_MANY_PAIRS = 400  # regions up to which every two are compared
_MANY_DRAWS = 20_000_000  # cells of the table of draws


@dataclass(frozen=True, kw_only=True)
class Uncertainty(Standing):
    """How far scores and ranks move when what was chosen is varied.

    Attributes
    ----------
    scores : Scores
        The framework as it stands.
    study : Study
        What varied.
    kept : Kept
        What the draws left behind.
    level : float
        Coverage of the intervals.
    top : int
        Ranks that `first` and `last` shares of the tables count.
    provenance : mapping
        As of the scores, with what varied, draws and seed.
    """

    kept: Kept
    level: float
    top: int
    provenance: Mapping[str, Any]

    # tables --------------------------------------------------------------------------------------------------

    @cached_property
    def regions(self) -> pd.DataFrame:
        """A row for each region: score and rank as they stand, and where the draws put them."""
        import pandas as pd

        ranks, tails = self.kept.ranks, ((1 - self.level) / 2, (1 + self.level) / 2)
        low, high = ranks.quantile(tails)
        scores, seen = self.kept.scores[self.study.outputs[0]], ranks.ranked / max(self.counted, 1)
        frame = pd.DataFrame(
            {
                "region": self.codes,
                "region_name": self.names,
                "year": self.study.year,
                "score": self.score,
                "rank": _places(self.rank.astype(float)),
                "rank_mean": ranks.mean,
                "rank_median": _places(ranks.median),
                "rank_low": _places(low),
                "rank_high": _places(high),
                "rank_best": _places(ranks.quantile(0.0)),
                "rank_worst": _places(ranks.quantile(1.0)),
                "rank_shift": self.shift,
                "first": self.first,
                f"top_{self.top}": ranks.top(self.top) * seen,
                f"bottom_{self.top}": ranks.bottom(self.top) * seen,
                "scored": ranks.ranked / max(self.kept.draws, 1),
            }
        )
        for name, values in _intervals(scores, tails).items():
            frame[f"score_{name}"] = values if self.comparable else np.nan
        frame["reason"] = "" if self.comparable else "the varied methods give scores on different scales"
        unscored = np.isnan(self.score)
        if unscored.any():
            reasons = [
                self.scores.why_unscored(int(row)) if gone else ""
                for row, gone in zip(self.rows, unscored, strict=True)
            ]
            frame["reason"] = np.where(unscored, reasons, frame["reason"])
        if not self.ranking:
            judged = ("rank", "first", "top_", "bottom_")
            for name in [str(name) for name in frame if str(name).startswith(judged)]:
                frame[name] = pd.array([pd.NA] * len(frame), dtype="Float64")
            frame["reason"] = frame["reason"].where(
                frame["reason"] != "", "only one region is scored: there is no ranking"
            )
        return frame

    @property
    def ranking(self) -> bool:
        """Whether there is a ranking to judge: at least two regions are scored in some draw."""
        return int((self.kept.ranks.ranked > 0).sum()) > 1

    @property
    def counted(self) -> int:
        """Draws that shares are of: all but those that cannot be scored and are left out."""
        return self.kept.draws - len(self.kept.failed)

    @property
    def first(self) -> FloatArray:
        """Share of the draws that each region leads, alone or with others, shape (regions,); NaN if never scored."""
        return np.where(self.kept.ranks.ranked > 0, self.kept.leads / max(self.counted, 1), np.nan)

    @property
    def kept_rank(self) -> FloatArray:
        """Share of the draws in which each region has the rank that it has as things stand; NaN without one."""
        ranks = self.kept.ranks
        place = np.searchsorted(ranks.last, np.maximum(self.rank, 1))
        found = ranks.counts[place, np.arange(len(place))] / max(self.counted, 1)
        return np.where(self.rank > 0, found, np.nan)

    @property
    def shift(self) -> FloatArray:
        """Mean distance of each region's rank in the draws from its rank as things stand, shape (regions,)."""
        ranks = self.kept.ranks
        middle = (ranks.first + ranks.last) / 2
        found = np.abs(middle[:, None] - self.rank) * ranks.shares
        return np.where(self.rank > 0, found.sum(axis=0), np.nan)

    @property
    def mean_shift(self) -> float:
        """Mean distance of ranks in the draws from those as things stand, over regions and draws.

        OECD/JRC, "Handbook on Constructing Composite Indicators", 2008, eq. 38.
        """
        known = self.shift[np.isfinite(self.shift)]
        return float(known.mean()) if known.size else np.nan

    def answer(self) -> list[str]:
        """Say in sentences how sure the ranking is."""
        return answer(self)

    @cached_property
    def acceptability(self) -> pd.DataFrame:
        """Share of the draws that give a region a rank, where there are any; in the others it has none."""
        import pandas as pd

        ranks = self.kept.ranks
        place, region = np.nonzero(ranks.counts if self.ranking else ranks.counts[:0])
        order = np.lexsort((place, region))
        place, region = place[order], region[order]
        return pd.DataFrame(
            {
                "region": np.array(self.codes, dtype=object)[region],
                "region_name": np.array(self.names, dtype=object)[region],
                "rank": ranks.first[place],
                "to": ranks.last[place],
                "draws": ranks.counts[place, region],
                "share": ranks.counts[place, region] / max(self.counted, 1),
            }
        )

    @cached_property
    def central(self) -> pd.DataFrame:
        """Mean weights of the draws that a region leads: the weights that speak for it."""
        import pandas as pd

        led, tree = self.kept.leads, self.study.tree
        rows = []
        for region in np.flatnonzero(led > 0) if self.ranking else ():
            weights = self.kept.led[region] / led[region]
            rows += [
                {
                    "region": self.codes[region],
                    "region_name": self.names[region],
                    "node": tree.ids[node],
                    "node_name": tree.names[node],
                    "weight": weights[leaf],
                    "draws": int(led[region]),
                }
                for leaf, node in enumerate(tree.nodes)
            ]
        return pd.DataFrame(rows, columns=["region", "region_name", "node", "node_name", "weight", "draws"])

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """Share of the draws that score both in which one region is ahead of another.

        Of a few hundred regions every two are compared, else each with the next twenty of the ranking. Scores that
        share a rank are level.
        """
        import pandas as pd

        scores, order = self.worth(self.kept.scores[self.study.outputs[0]]), self.order
        reach = len(order) if len(order) <= _MANY_PAIRS else 20
        columns = np.ascontiguousarray(scores[:, order].T)
        rows: dict[str, list[Any]] = {"at": [], "other": [], "ahead": [], "level": []}
        for place in range(len(order) - 1):
            others = columns[place + 1 : place + 1 + reach]
            known = ~(np.isnan(columns[place]) | np.isnan(others))
            count = np.maximum(known.sum(axis=1), 1)
            ahead = ((columns[place] > others) & known).sum(axis=1) / count
            level = ((columns[place] == others) & known).sum(axis=1) / count
            rows["at"] += [order[place]] * len(others)
            rows["other"] += order[place + 1 : place + 1 + reach].tolist()
            rows["ahead"] += ahead.tolist()
            rows["level"] += level.tolist()
        codes, names = np.array(self.codes, dtype=object), np.array(self.names, dtype=object)
        at, other = np.array(rows["at"], dtype=int), np.array(rows["other"], dtype=int)
        return pd.DataFrame(
            {
                "region": codes[at],
                "region_name": names[at],
                "other": codes[other],
                "other_name": names[other],
                "ahead": np.array(rows["ahead"], dtype=float),
                "level": np.array(rows["level"], dtype=float),
            }
        )

    @cached_property
    def groups(self) -> pd.DataFrame:
        """Runs of the ranking that cannot be told apart: in each, no region is ahead of the next beyond doubt.

        A group ends where the next region is behind in at least `level` of the draws.
        """
        import pandas as pd

        pairs = self.pairs
        sure = {(a, b): p for a, b, p in zip(pairs["region"], pairs["other"], pairs["ahead"], strict=True)}
        order, group = self.order.tolist() if self.ranking else [], 1
        rows: list[dict[str, Any]] = []
        for at, place in enumerate(order):
            if at and sure[self.codes[order[at - 1]], self.codes[place]] >= self.level:
                group += 1
            rows.append(
                {
                    "group": group,
                    "region": self.codes[place],
                    "region_name": self.names[place],
                    "rank": int(self.rank[place]),
                    "ahead_of_next": sure.get((self.codes[place], self.codes[order[at + 1]]))
                    if at + 1 < len(order)
                    else np.nan,
                }
            )
        return pd.DataFrame(rows, columns=["group", "region", "region_name", "rank", "ahead_of_next"])

    @cached_property
    def classes(self) -> pd.DataFrame:
        """Share of the draws that put a region into each class; empty without classes."""
        import pandas as pd

        columns = ["region", "region_name", "class", "now", "share"]
        bounds = sorted(self.scores.plan.model.classes.items(), key=lambda item: item[1])
        if not bounds or not self.comparable:
            return pd.DataFrame(columns=columns)
        scores = self.kept.scores[self.study.outputs[0]]
        code = np.searchsorted([low for _, low in bounds], scores, side="right") - 1
        now = np.searchsorted([low for _, low in bounds], self.score, side="right") - 1
        known = np.maximum(np.isfinite(scores).sum(axis=0), 1)
        rows = []
        for region in range(len(self.codes)):
            for place, (name, _) in enumerate(bounds):
                share = float(
                    ((code[:, region] == place) & np.isfinite(scores[:, region])).sum() / known[region]
                )
                here = bool(np.isfinite(self.score[region]) and now[region] == place)
                if share or here:
                    rows.append(
                        {
                            "region": self.codes[region],
                            "region_name": self.names[region],
                            "class": name,
                            "now": here,
                            "share": share,
                        }
                    )
        return pd.DataFrame(rows, columns=columns)

    @cached_property
    def overall(self) -> pd.DataFrame:
        """Where the draws put the degree of equalization, and the mean of each other output over regions."""
        import pandas as pd

        tails = ((1 - self.level) / 2, (1 + self.level) / 2)
        rows = []
        for name, scores in self.kept.scores.items():
            if name == self.study.outputs[0] and not self.comparable:
                continue
            known = scores[np.isfinite(scores).any(axis=1)]
            if not len(known):
                continue
            found = {
                key: float(value[0])
                for key, value in _intervals(np.nanmean(known, axis=1)[:, None], tails).items()
            }
            what = "degree of equalization" if name == "degree" else f"mean {name} of the regions"
            rows.append({"output": name, "what": what, **found, "draws": len(known)})
        return pd.DataFrame(rows)

    @cached_property
    def draws(self) -> pd.DataFrame:
        """What every draw took: choices, what is left out, the weights of the indicators as shares of the root.

        Raises
        ------
        DataError
            If the table would be too large for memory.
        """
        import pandas as pd

        study, tree = self.study, self.study.tree
        if self.kept.draws * (len(tree.nodes) + 4) > _MANY_DRAWS:
            raise DataError("the table of draws would be too large. Replay the draws that matter.")
        parts = []
        for start in range(0, self.kept.draws, CHUNK):
            points = points_of(study, start, min(start + CHUNK, self.kept.draws))
            frame = pd.DataFrame({"draw": points.number})
            choices = [factor.key for factor in study.factors if isinstance(factor, Choice)]
            for at, key in enumerate(choices):
                options = np.array([options[at] for options in study.combinations], dtype=object)
                frame[key] = options[points.combination]
            if study.excluded.size:
                ids = np.array([*tree.ids, ""], dtype=object)
                frame["excluded"] = ids[points.gone]
            weights = drawn(study, points)
            for leaf, node in enumerate(tree.nodes):
                frame[f"weight {tree.ids[node]}"] = weights[:, leaf]
            parts.append(frame)
        frame = pd.concat(parts, ignore_index=True)
        for name in ("degree",):
            if name in self.kept.scores:
                have = self.kept.scores[name][:, 0]
                frame[name] = np.concatenate([have, np.full(len(frame) - len(have), np.nan)])
        frame["failed"] = [self.kept.failed.get(int(number), "") for number in frame["draw"]]
        return frame

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables that have rows, by name."""
        found = {
            "uncertainty": self.regions,
            "acceptability": self.acceptability,
            "groups": self.groups,
            "pairs": self.pairs,
            "central_weights": self.central,
            "classes": self.classes,
            "overall": self.overall,
        }
        if self.kept.draws * (len(self.study.tree.nodes) + 4) <= _MANY_DRAWS:
            found["draws"] = self.draws
        return {name: frame for name, frame in found.items() if len(frame)}

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write what the draws left behind to one file, so that `extend` can continue it.

        Raises
        ------
        FrameworkError
            If the file exists, unless `force`.
        """
        path = Path(path)
        if path.exists() and not force:
            raise FrameworkError(f"{str(path)!r} exists. Name another file, or pass force=True.")
        staged = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            staged.write_bytes(self.content())
            staged.replace(path)
        finally:
            staged.unlink(missing_ok=True)
        return path

    def content(self) -> bytes:
        """Return what `save` writes."""
        return packed(self.kept, self.provenance, self.scores)

    # replay --------------------------------------------------------------------------------------------------

    def replay(self, draw: int) -> tuple[Framework, Scores]:
        """Return the framework of one draw, and the scores that it gives.

        Parameters
        ----------
        draw : int
            Its number, from 0.

        Returns
        -------
        framework : Framework
            With the draw's methods and weights, without what it leaves out.
        scores : Scores
            Of the data as the draw has them, all steps kept.

        Raises
        ------
        DataError
            If there was no such draw.
        """
        if not (isinstance(draw, int | np.integer) and 0 <= draw < self.kept.draws):
            raise DataError(f"there is no draw {draw!r}: they are numbered 0 to {self.kept.draws - 1}.")
        return self.study.replay(points_of(self.study, draw, draw + 1))


def _places(found: FloatArray) -> Any:
    """Return ranks as whole numbers, missing for 0 and NaN."""
    import pandas as pd

    return (
        pd.array(np.where(found > 0, found, np.nan), dtype="Int64")
        if np.all((found == np.round(found)) | np.isnan(found))
        else pd.array(found, dtype="Float64")
    )


def _intervals(scores: FloatArray, tails: tuple[float, float]) -> dict[str, FloatArray]:
    """Mean, standard deviation and the ends of the interval of every column."""
    known = np.isfinite(scores).any(axis=0)
    full = np.where(known, scores, 0.0)
    low, high = np.nanquantile(full, tails, axis=0)
    found = {
        "mean": np.nanmean(full, axis=0),
        "sd": np.nanstd(full, axis=0, ddof=0),
        "low": low,
        "high": high,
    }
    return {name: np.where(known, values, np.nan) for name, values in found.items()}
