"""Scores: what scoring found, as arrays with every step kept and as tidy tables with labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from equindex import attainment
from equindex._arrays import FloatArray
from equindex.errors import DataError
from equindex.scoring.attained import AttainedPanel, why_unattained
from equindex.scoring.equalized import Equalized, inequality, why_unequalized
from equindex.scoring.first import treatment_table
from equindex.scoring.own import OwnWeights, own_table, own_weights
from equindex.scoring.plan import Plan
from equindex.scoring.screening import Screened, availability_table
from equindex.scoring.steps import ranks
from equindex.scoring.tidy import categorical, reasons, tiled, truth, unscored, whole, worded
from equindex.scoring.tree import Rolled
from equindex.scoring.why import Explanation, explain

if TYPE_CHECKING:
    import pandas as pd

    from equindex.schema import Panel

__all__ = ["Scores"]


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What scoring found; tables are built when they are asked for.

    Attributes
    ----------
    plan, panel
        The framework as it was run and the data it was run on.
    full : Panel
        The data with imputed values, on which the composite rests; `panel` itself without imputation.
    screened : Screened
        Rows of the panel's order that the composite does without, with the reason; their scores are NaN.
    imputed : ndarray, shape (rows, nodes), or None
        Share of each node's effective weight that was imputed; None without imputation.
    z : ndarray, shape (rows, indicators), or None
        Normalised values; None without a composite or with ``keep="index"``.
    rolled : Rolled or None
        Scores and coverage of every node, or of the root alone with ``keep="index"``.
    attained, equalized
        A and E with their steps, None where the framework does not ask for them.
    notes : tuple of str
        What the data were read with: skipped lines, ignored columns, warnings.
    provenance : mapping
        Version, framework, digests, options and time; empty until `Framework.score` fills it.
    inputs : tuple of Path
        The files that framework and data were read from.
    """

    plan: Plan
    panel: Panel
    full: Panel
    screened: Screened
    imputed: FloatArray | None
    z: FloatArray | None
    rolled: Rolled | None
    attained: AttainedPanel | None
    equalized: Equalized | None
    years: tuple[int, ...] | None = None
    notes: tuple[str, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[Path, ...] = ()

    # labels --------------------------------------------------------------------------------------------------

    @cached_property
    def _spans(self) -> dict[int, slice]:
        spans, start = {}, 0
        for year, rows in self.panel.rows_of.items():
            spans[year] = slice(start, start + len(rows))
            start += len(rows)
        return spans

    @cached_property
    def _shown(self) -> NDArray[np.intp]:
        """Rows of the panel's order that the tables show."""
        wanted = self._spans if self.years is None else [year for year in self._spans if year in self.years]
        parts = [self.rows(year) for year in wanted]
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.intp)

    def _keys(self, nodes: Sequence[int]) -> dict[str, Any]:
        """Return the label columns of a tidy table, rows by year, region and node."""
        rows = self.panel.order[self._shown]
        wide = len(nodes)

        def region(labels: Sequence[str]) -> Any:
            words = list(dict.fromkeys(labels))
            place = {word: code for code, word in enumerate(words)}
            codes = np.array([place[label] for label in labels], dtype=np.intp)
            return categorical(np.repeat(codes[self.panel.region[rows]], wide), words)

        return {
            "region": region(self.panel.regions),
            "region_name": region(self.panel.region_names),
            "year": np.repeat(self.panel.year[rows], wide),
            "node": tiled([self.plan.tree.ids[node] for node in nodes], len(rows)),
            "node_name": tiled([self.plan.tree.names[node] for node in nodes], len(rows)),
        }

    def _leafwise(self, leaves: FloatArray, nodes: Sequence[int]) -> FloatArray:
        """Spread (rows, indicators) over nodes, NaN where a node is no leaf, and flatten."""
        full = np.full((len(self._shown), len(nodes)), np.nan)
        for place, node in enumerate(nodes):
            if self.plan.tree.leaf[node] >= 0:
                full[:, place] = leaves[self._shown, self.plan.tree.leaf[node]]
        return full.ravel()

    # S -------------------------------------------------------------------------------------------------------

    @cached_property
    def own(self) -> dict[int, OwnWeights]:
        """Weights that regions have of their own, by node; empty where all have the framework's."""
        if self.rolled is None or self._index_only:
            return {}
        return own_weights(self.plan, self.rolled, list(self._spans.values()))

    @cached_property
    def effective(self) -> FloatArray:
        """Share of the index that each node really has in each row, shape (rows, nodes)."""
        assert self.rolled is not None
        own = {node: found.weights for node, found in self.own.items()}
        return self.plan.tree.effective(self.rolled.score, self.plan.local, own, self.rolled.filled)

    @property
    def leading(self) -> Rolled:
        """What regions are ranked by: the composite, without one attainment, without targets equalization."""
        return self.rolled or next(
            part.rolled for part in (self.attained, self.equalized) if part is not None
        )

    @cached_property
    def rank(self) -> NDArray[np.int32]:
        """Ranks within each year of the `leading` scores, shape (rows, nodes); 0 is unranked."""
        return ranks(self.leading.score, list(self._spans.values()), self.plan.rank_decimals)

    @property
    def _index_only(self) -> bool:
        return self.rolled is not None and self.z is None

    def rows(self, year: int) -> NDArray[np.intp]:
        """Return the rows of `year` in the panel's order."""
        return np.arange(self._spans[year].start, self._spans[year].stop)

    def to_frame(self) -> pd.DataFrame:
        """Return the tidy `scores` table: a row for each region, year and node.

        Raises
        ------
        DataError
            If the framework has no composite.
        """
        import pandas as pd

        if self.rolled is None:
            raise DataError("this framework has no composite: give it [methods] normalise.")
        tree, rolled, shown = self.plan.tree, self.rolled, self._shown
        nodes = range(rolled.score.shape[1])
        keys, size, told = self._keys(nodes), len(shown) * len(nodes), self.screened.out
        score = rolled.score[shown]
        effective = self.effective[shown] if self.z is not None else np.isfinite(score).astype(float)
        x = self.full.x[self.panel.order[shown]] if self.z is not None else np.empty((len(shown), 0))
        values = np.full((len(shown), len(nodes)), np.nan)
        sources, z = values.copy(), values.copy()
        for node in nodes:
            leaf = tree.leaf[node]
            if leaf >= 0 and self.z is not None:
                values[:, node], z[:, node] = x[:, leaf], self.z[shown, leaf]
                if self.full.source_year is not None:
                    sources[:, node] = self.full.source_year[self.panel.order[shown], leaf]
        rank = self.rank[shown].ravel()
        parents = ["" if tree.parent[node] < 0 else tree.ids[tree.parent[node]] for node in nodes]
        return pd.DataFrame(
            {
                **keys,
                "parent": tiled(parents, len(shown)),
                "depth": np.tile(tree.depth[list(nodes)].astype(np.int8), len(shown)),
                "level": tiled([tree.levels[node] for node in nodes], len(shown)),
                "value": values.ravel(),
                "source_year": whole(sources.ravel()),
                "normalised": z.ravel(),
                "weight": np.tile(self.plan.local[list(nodes)], len(shown)),
                "effective": effective.ravel(),
                "score": score.ravel(),
                "rank": whole(rank, rank == 0),
                "class": self.classes(score.ravel()),
                "coverage": rolled.coverage[shown].ravel(),
                "imputed": np.zeros(size) if self.imputed is None else self.imputed[shown].ravel(),
                "reason": reasons(tree, rolled, self.plan.missing, shown, nodes, self._missing_values, told),
            },
            copy=False,
        )

    def classes(self, score: FloatArray) -> pd.Categorical:
        """Return the class (等级) of each score; NaN below the lowest bound and where there is no score."""
        bounds = sorted(self.plan.model.classes.items(), key=lambda item: item[1])
        codes = (
            np.searchsorted([low for _, low in bounds], score, side="right") - 1
            if bounds
            else np.full(score.shape, -1)
        )
        names = [name for name, _ in bounds]
        found: pd.Categorical = categorical(np.where(np.isnan(score), -1, codes), names)
        return found

    def _missing_values(self, leaf: int, rows: NDArray[np.intp]) -> list[str]:
        return self.panel.reasons_of(self.panel.order[rows], leaf)

    def why_unscored(self, row: int, node: int = 0, rolled: Rolled | None = None) -> str:
        """Say why a node has no score in a row of the panel's order; of the composite, or else of A or E."""
        used = rolled or self.leading
        if used is self.rolled and row in self.screened.out:
            return self.screened.out[row]
        return unscored(self.plan.tree, used, self.plan.missing, row, node)

    @property
    def index(self) -> pd.Series[float]:
        """Score of the root, by region and year."""
        return self._wide([0], "score")["index"]

    @property
    def pillars(self) -> pd.DataFrame:
        """Scores of the pillars, a column each."""
        self._need_steps()
        return self._wide(
            [node for node, level in enumerate(self.plan.tree.levels) if level == "pillar"], "score"
        )

    @property
    def normalised(self) -> pd.DataFrame:
        """Normalised indicators, a column each."""
        return self._wide(self.plan.tree.nodes.tolist(), "score")

    @property
    def ranks(self) -> pd.DataFrame:
        """Ranks at every node, a column each; unscored regions have none."""
        return self._wide(list(range(self.rank.shape[1])), "rank")

    def _wide(self, nodes: Sequence[int], what: str) -> pd.DataFrame:
        import pandas as pd

        if self.rolled is None:
            raise DataError("this framework has no composite: give it [methods] normalise.")
        if max(nodes, default=0) >= self.rolled.score.shape[1]:
            self._need_steps()
        rows = self.panel.order[self._shown]
        names = [self.panel.regions[code] for code in self.panel.region[rows]]
        keys = pd.MultiIndex.from_arrays([names, self.panel.year[rows]], names=["region", "year"])
        data = (self.rolled.score if what == "score" else self.rank)[self._shown][:, list(nodes)]
        frame = pd.DataFrame(data, index=keys, columns=[self.plan.tree.ids[node] for node in nodes])
        return frame.astype("Int64").mask(frame == 0) if what == "rank" else frame

    def _need_steps(self) -> None:
        if self._index_only:
            raise DataError('only the index was kept: score with keep="all" to see every step.')

    @property
    def weights(self) -> pd.DataFrame:
        """Weights of every node: within its parent (`local`) and as a share of the root (`global`)."""
        import pandas as pd

        tree = self.plan.tree
        return pd.DataFrame(
            {
                "node": tree.ids,
                "node_name": tree.names,
                "parent": ["" if p < 0 else tree.ids[p] for p in tree.parent],
                "level": tree.levels,
                "local": self.plan.local,
                "global": tree.shares(self.plan.local),
            }
        )

    # A -------------------------------------------------------------------------------------------------------

    @cached_property
    def attainment(self) -> pd.DataFrame:
        """The tidy `attainment` table; empty where no indicator has a target."""
        import pandas as pd

        self._need_steps()
        if self.attained is None:
            return pd.DataFrame()
        a, tree, shown = self.attained, self.plan.tree, self._shown
        nodes = np.flatnonzero(tree.sums(a.has.astype(float)) > 0).tolist()
        score = a.rolled.score[shown][:, nodes]
        goal = np.full(score.shape, -1, dtype=np.intp)
        status = np.where(np.isnan(score), attainment.STATUSES.index("unscored"), -1)
        bound = np.full(score.shape, -1, dtype=np.intp)
        binding = np.zeros(score.shape, dtype=bool)
        low, high = np.full(score.shape, np.nan), np.full(score.shape, np.nan)
        at_leaf = {int(tree.leaf[node]): p for p, node in enumerate(nodes) if tree.leaf[node] >= 0}
        for leaf, p in at_leaf.items():
            goal[:, p], status[:, p] = a.goal[shown, leaf], a.attained.status[shown, leaf]
            binding[:, p] = self.plan.model.indicator[leaf].binding
            low[:, p], high[:, p] = self._band(goal[:, p], leaf)
        printed = [cell.raw for cell in self.panel.bounds.values()]
        if printed:
            place = {int(row): k for k, row in enumerate(self.panel.order[shown])}
            for number, (row, leaf) in enumerate(self.panel.bounds):
                if row in place and leaf in at_leaf:
                    bound[place[row], at_leaf[leaf]] = number
        no_leaf = np.broadcast_to(tree.leaf[nodes] < 0, score.shape).ravel()

        def why(leaf: int, rows: NDArray[np.intp]) -> list[str]:
            return why_unattained(self.panel, a, rows, leaf)

        return pd.DataFrame(
            {
                **self._keys(nodes),
                "level": tiled([tree.levels[node] for node in nodes], len(shown)),
                "value": self._leafwise(a.value, nodes),
                "bound": worded(bound.ravel(), printed),
                "target": worded(goal.ravel(), [g.raw for g in a.goals]),
                "operator": worded(goal.ravel(), [g.operator for g in a.goals]),
                "target_low": low.ravel(),
                "target_high": high.ravel(),
                "attainment": score.ravel(),
                "uncapped": self._leafwise(a.attained.uncapped, nodes),
                "met": truth(self._leafwise(a.attained.met, nodes)),
                "status": worded(status.ravel(), attainment.STATUSES),
                "binding": truth(binding.ravel(), no_leaf),
                "weight": np.tile(a.local[nodes], len(shown)),
                "coverage": a.rolled.coverage[shown][:, nodes].ravel(),
                "reason": reasons(tree, a.rolled, self.plan.missing, shown, nodes, why),
            },
            copy=False,
        )

    def _band(self, goal: NDArray[np.intp], leaf: int) -> tuple[FloatArray, FloatArray]:
        """Return the ends of an indicator's targets: an open end is empty, "about" has its band."""
        assert self.attained is not None
        found, shown = self.attained, self._shown
        about = np.array([*(g.approximate for g in found.goals), False])[goal]
        ends = found.low[shown, leaf], found.high[shown, leaf]
        low, high = (np.where(np.isinf(end), np.nan, end) for end in ends)
        middle = np.where(np.isnan(low), high, low)
        reach = np.abs(middle) * self.plan.model.indicator[leaf].tolerance
        return np.where(about, middle - reach, low), np.where(about, middle + reach, high)

    @cached_property
    def binding(self) -> pd.DataFrame:
        """The binding list (约束性): each binding indicator as pass, fail, unknown or unscored."""
        frame = self.attainment
        if frame.empty:
            return frame
        listed = frame[frame["binding"].fillna(False).astype(bool)].copy()
        met, scored = listed["met"], listed["attainment"].notna()
        verdict = np.where(
            met.isna(), np.where(scored, "unknown", "unscored"), np.where(met.fillna(False), "pass", "fail")
        )
        bounded = listed["bound"].ne("") & met.isna().to_numpy()
        listed["verdict"] = np.where(bounded, "unknown", verdict)
        columns = [
            "region",
            "region_name",
            "year",
            "node",
            "node_name",
            "value",
            "bound",
            "target",
            "verdict",
            "status",
            "reason",
        ]
        return listed[columns].reset_index(drop=True)

    # E and D -------------------------------------------------------------------------------------------------

    @cached_property
    def equalization(self) -> pd.DataFrame:
        """The tidy `equalization` table; empty where the framework has no [equalization]."""
        import pandas as pd

        self._need_steps()
        if self.equalized is None:
            return pd.DataFrame()
        e, tree, shown = self.equalized, self.plan.tree, self._shown
        nodes = range(len(tree.ids))
        score = e.rolled.score[shown]

        def why(leaf: int, rows: NDArray[np.intp]) -> list[str]:
            return why_unequalized(self.plan, self.panel, e, rows, leaf)

        return pd.DataFrame(
            {
                **self._keys(nodes),
                "level": tiled(tree.levels, len(shown)),
                "value": self._leafwise(self.panel.x[self.panel.order], nodes),
                "reference": self._leafwise(e.reference, nodes),
                "equalization": score.ravel(),
                "coverage": e.rolled.coverage[shown].ravel(),
                "reason": reasons(tree, e.rolled, self.plan.missing, shown, nodes, why),
            },
            copy=False,
        )

    @cached_property
    def inequality(self) -> pd.DataFrame:
        """The tidy `inequality` table; empty where the framework has no [equalization]."""
        import pandas as pd

        if self.plan.model.equalization is None:
            return pd.DataFrame()
        columns = [
            "year",
            "node",
            "level",
            "measure",
            "basis",
            "weighted",
            "by",
            "group",
            "part",
            "value",
            "n",
            "reason",
        ]
        frame = pd.DataFrame(inequality(self.plan, self.panel, self.rolled), columns=columns)
        return frame if self.years is None else frame[frame["year"].isin(self.years)].reset_index(drop=True)

    @cached_property
    def treatment(self) -> pd.DataFrame:
        """The tidy `treatment` table: indicators before and after treatment; empty without one."""
        return treatment_table(self.plan)

    @cached_property
    def availability(self) -> pd.DataFrame:
        """The tidy `availability` table: how much is measured of regions, pillars and indicators in each year."""
        frame = availability_table(self.plan, self.panel)
        return frame if self.years is None else frame[frame["year"].isin(self.years)].reset_index(drop=True)

    @cached_property
    def region_weights(self) -> pd.DataFrame:
        """The tidy `region_weights` table: each region's own weights; empty where all have the framework's."""
        return own_table(self)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table the framework asks for, by name; those of single steps only where they were kept."""
        found = {"scores": self.to_frame()} if self.rolled is not None else {}
        steps = {} if self._index_only else {"attainment": self.attainment, "equalization": self.equalization}
        others = steps | {"inequality": self.inequality, "treatment": self.treatment}
        others |= {"region_weights": self.region_weights}
        if self.plan.model.methods and self.plan.model.methods.screen:
            others["availability"] = self.availability
        return found | {name: frame for name, frame in others.items() if len(frame.columns)}

    def explain(self, region: str, year: int | None = None) -> Explanation:
        """Say why a region scores what it scores; see `equindex.scoring.explain`."""
        return explain(self, region, year)

    def row(self, region: str, year: int | None = None) -> int:
        """Find a region, by id or name, and a year, by default its last, among the scored rows.

        Raises
        ------
        DataError
            If they are not there, or several regions have the name.
        """
        from equindex.errors import nearest

        ids, names = self.panel.regions, self.panel.region_names
        codes = [c for c, own in enumerate(ids) if own == region]
        codes = codes or [c for c, own in enumerate(names) if own == region]
        if not codes:
            raise DataError(f"no region {region!r}. {nearest(region, dict.fromkeys([*names, *ids]))}")
        if len(codes) > 1:
            raise DataError(
                f"{region!r} is the name of {len(codes)} regions: {', '.join(ids[c] for c in codes[:10])}. "
                "Give the code."
            )
        order = self.panel.order
        rows = np.flatnonzero(self.panel.region[order] == codes[0])
        if year is not None:
            rows = rows[self.panel.year[order][rows] == year]
        if not rows.size:
            years = sorted({int(y) for y in self.panel.year[order]})
            said = "" if year is None else f" for {year}"
            raise DataError(f"{region!r} has no row{said}. Years: {years}.")
        return int(rows[-1])
