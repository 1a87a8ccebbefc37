"""What is varied, made ready: from points of the unit cube to the scores of every region."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from equindex import aggregate, impute
from equindex._arrays import FloatArray
from equindex.errors import DataError, EquindexError, FrameworkError
from equindex.framework import Framework, Source, with_settings, without
from equindex.model import MethodCall, WeightSet
from equindex.schema import Panel
from equindex.scoring import (
    Plan,
    Rolled,
    Scores,
    Tree,
    degrees,
    pillar_filling,
    score,
)
from equindex.uncertainty.basis import Basis, Output, Points
from equindex.uncertainty.factors import Choice, Exclude, Factor, Regions, Values, check_names, plain
from equindex.uncertainty.rolling import drop, leaf_shares, roll, within
from equindex.uncertainty.weights import Weights
from equindex.uncertainty.worlds import errors_of, measured_on, noisy, resampled

__all__ = ["OUTPUTS", "Basis", "Points", "Study"]

OUTPUTS = ("index", "attainment", "equalization", "degree")
_MOST_COMBINATIONS = 4096
_APART = 1 << 31  # the first spawn key of errors and resamples, which no chunk of draws reaches
_WORLDS = 4096  # errors or resamples among which the points of a design choose


@dataclass(kw_only=True)
class Study:
    """A framework, its data and what varies, ready to be run at any point; can be sent to other processes."""

    framework: Framework
    factors: tuple[Factor, ...]
    year: int
    outputs: tuple[str, ...]
    seed: int
    regions: NDArray[np.intp]
    combinations: tuple[tuple[str, ...], ...]
    variants: dict[tuple[int, int], tuple[Framework, Panel]]
    bases: dict[tuple[int, int], Basis]
    failed: Mapping[str, str]

    @classmethod
    def of(
        cls,
        source: Source,
        factors: Sequence[Factor],
        *,
        year: int | None = None,
        outputs: Iterable[str] = ("index",),
        seed: int = 0,
        skip_failing: bool = False,
    ) -> Study:
        """Run every combination of choices once.

        Raises
        ------
        FrameworkError
            If combinations of methods fail: which, and why; unless `skip_failing` leaves them out.
        DataError
            With every error of the data.
        """
        framework = source.framework
        panel = source.panel(framework)
        chosen = list(panel.rows_of)[-1] if year is None else year
        if chosen not in panel.rows_of:
            raise DataError(f"no data for {chosen}. Years: {', '.join(map(str, panel.rows_of))}.")
        choices = [factor for factor in factors if isinstance(factor, Choice)]
        check_names(choices, framework)
        count = int(np.prod([len(choice.options) for choice in choices], dtype=float))
        if count > _MOST_COMBINATIONS:
            raise FrameworkError(
                f"the choices make {count:,} combinations, more than {_MOST_COMBINATIONS:,}. Vary fewer at a time."
            )
        study = cls(
            framework=framework,
            factors=tuple(factors),
            year=chosen,
            outputs=tuple(outputs),
            seed=seed,
            regions=panel.region[panel.rows_of[chosen]],
            combinations=(),
            variants={},
            bases={},
            failed={},
        )
        study._prepare(source, choices, skip_failing)
        return study

    def _prepare(self, source: Source, choices: Sequence[Choice], skip_failing: bool) -> None:
        """Run every combination, with each node that cannot be left out by its weight alone."""
        failed: dict[str, str] = {}
        combinations: list[tuple[str, ...]] = []
        for options in product(*(choice.options for choice in choices)):
            pairs = list(zip(choices, options, strict=True))
            settings = [text for choice, option in pairs for text in choice.setting(option, self.framework)]
            try:
                framework = with_settings(self.framework, settings)
                for choice, option in pairs:
                    framework = choice.applied(option, framework)
                variants = self._variants(source, framework)
                found = {
                    node: self._basis(source.score(built, self.outputs), panel)
                    for node, (built, panel) in variants.items()
                }
            except EquindexError as error:
                failed[", ".join(f"{choice.key}={option}" for choice, option in pairs)] = plain(error)
                continue
            place = len(combinations)
            self.variants |= {(place, node): variant for node, variant in variants.items()}
            self.bases |= {(place, node): basis for node, basis in found.items()}
            combinations.append(options)
        if failed and (not combinations or not skip_failing):
            shown = [
                f"  {name or 'the framework itself'}: {reason}" for name, reason in list(failed.items())[:10]
            ]
            more = f"\n  … and {len(failed) - 10} more" if len(failed) > 10 else ""
            remedy = (
                ""
                if not choices
                else "\nLeave out what does not fit"
                + ("." if not combinations else ", or draw from the others only: uncertainty --skip-failing.")
            )
            of = max(1, int(np.prod([len(c.options) for c in choices], dtype=float)))
            raise FrameworkError(
                f"{len(failed)} of {of} combinations cannot be scored:\n" + "\n".join(shown) + more + remedy
            )
        self.combinations, self.failed = tuple(combinations), failed
        if failed and len(combinations) == 1 and len(choices) == len(self.factors):
            one = ", ".join(f"{c.key}={option}" for c, option in zip(choices, combinations[0], strict=True))
            reason = next(iter(failed.values()))
            raise FrameworkError(f"only {one} can be scored, so nothing varies. Otherwise: {reason}")

    def _variants(self, source: Source, framework: Framework) -> dict[int, tuple[Framework, Panel]]:
        """Return a variant, and those without each node whose absence is more than a weight of 0."""
        found = {-1: (framework, source.panel(framework))}
        if not _by_weight(framework):
            for node in self.excluded[1:].tolist():
                try:
                    other = without(framework, self.tree.ids[node])
                except FrameworkError as error:
                    raise FrameworkError(f"without {self.tree.ids[node]!r}: {error}") from None
                found[node] = other, source.panel(other)
        for _, panel in found.values():
            rows = panel.rows_of.get(self.year, self.regions[:0])
            if not np.array_equal(panel.region[rows], self.regions):
                raise DataError("other regions are scored than by the framework as it stands.")
        return found

    def _basis(self, scores: Scores, sample: Panel) -> Basis:
        """Keep what weights do not change of a variant's scores; the degree is that of a sample."""
        rows, plan = scores.rows(self.year), scores.plan
        mean = tuple(MethodCall(name="arithmetic") for _ in plan.tree.ids)
        made: dict[str, Output] = {}
        for name in self.outputs:
            if name == "index" and scores.rolled is not None and scores.z is not None:
                left = np.flatnonzero(~np.isin(rows, list(scores.screened.out)))
                fill = pillar_filling(plan, scores.panel, scores.panel.order[rows], [left])
                made[name] = Output(leaves=scores.z[rows], calls=plan.calls, local=plan.local, fill=fill)
            elif name == "attainment" and scores.attained is not None:
                leaves = scores.attained.rolled.score[rows][:, plan.tree.nodes]
                made[name] = Output(leaves=leaves, calls=mean, local=scores.attained.local)
            elif name == "equalization" and scores.equalized is not None:
                leaves = scores.equalized.rolled.score[rows][:, plan.tree.nodes]
                made[name] = Output(leaves=leaves, calls=mean, local=plan.local)
            elif name == "degree" and plan.model.equalization is not None:
                leaves = degrees(plan, sample, self.year)[None, :]
                made[name] = Output(leaves=leaves, calls=mean, local=plan.local)
            else:
                raise FrameworkError(f"it gives no {name}.")
        whole = {name: node for node, name in enumerate(self.tree.ids)}
        return Basis(
            tree=plan.tree,
            nodes=np.array([whole[name] for name in plan.tree.ids]),
            missing=plan.missing,
            total=plan.total,
            outputs=made,
        )

    # points --------------------------------------------------------------------------------------------------

    @cached_property
    def tree(self) -> Tree:
        """The tree of the framework as it stands."""
        return self.framework.prepared().tree

    @cached_property
    def excluded(self) -> NDArray[np.intp]:
        """Nodes that may be left out, -1 for none first; empty where nothing is."""
        for factor in self.factors:
            if isinstance(factor, Exclude):
                return np.array([-1, *(self.tree.ids.index(name) for name in factor.nodes)])
        return np.array([], dtype=np.intp)

    @cached_property
    def dimensions(self) -> tuple[tuple[str, int], ...]:
        """Each dimension of the unit cube: its factor, and the node whose weight it moves or -1."""
        found: list[tuple[str, int]] = []
        for factor in self.factors:
            if isinstance(factor, Weights) and factor.free_standing:
                found += [(factor.name, node) for node in factor.nodes(self.tree)]
            else:
                found.append((factor.name, -1))
        return tuple(found)

    @property
    def per_draw(self) -> bool:
        """Whether every draw has values or regions of its own, so that all steps are run for each."""
        return any(isinstance(factor, Values | Regions) for factor in self.factors)

    @property
    def by_data(self) -> bool:
        """Whether some weights follow from the data."""
        return any(framework.prepared().by_data for framework, _ in self.variants.values())

    def points(self, u: FloatArray, number: NDArray[np.int64], *, designed: bool = False) -> Points:
        """Turn points of the unit cube, shape (points, dimensions), into what each takes.

        Draws have errors and resamples of their own; points that are `designed` choose among a fixed number of them
        by their coordinates, so that two points with the same coordinate have the same ones.
        """
        choices = [factor for factor in self.factors if isinstance(factor, Choice)]
        picked = np.zeros((len(u), len(choices)), dtype=np.intp)
        gone = np.full(len(u), -1, dtype=np.intp)
        weights: FloatArray | None = None
        world = np.repeat(number[:, None], len(self.factors), axis=1)
        start, choice, first = 0, 0, 0
        for at, factor in enumerate(self.factors):
            if isinstance(factor, Weights) and factor.free_standing:
                nodes = factor.nodes(self.tree)
                weights = np.zeros((len(u), len(self.tree.ids))) if weights is None else weights
                weights[:, nodes] = u[:, start : start + len(nodes)]
                start += len(nodes)
                continue
            if isinstance(factor, Choice):
                first = first if choice else start
                picked[:, choice] = _pick(u[:, start], len(factor.options))
                choice += 1
            elif isinstance(factor, Exclude):
                gone = self.excluded[_pick(u[:, start], len(self.excluded))]
            elif designed:
                world[:, at] = _pick(u[:, start], _WORLDS)
            start += 1
        if self.failed:  # what chooses first chooses among the combinations that can be scored
            combination = _pick(u[:, first], len(self.combinations))
        else:
            combination = np.zeros(len(u), dtype=np.intp)
            for at, factor in enumerate(choices):
                combination = combination * len(factor.options) + picked[:, at]
        return Points(number=number, combination=combination, gone=gone, u=weights, world=world)

    # scores --------------------------------------------------------------------------------------------------

    def run(
        self, points: Points, failed: dict[int, str] | None = None, shares: FloatArray | None = None
    ) -> dict[str, FloatArray]:
        """Score every region at every point.

        Parameters
        ----------
        points : Points
            What each draw takes.
        failed : dict, optional
            Gets the reason of each draw that cannot be scored, whose scores are NaN; left out, the first one raises.
        shares : ndarray, shape (points, indicators), optional
            Gets the weights of the indicators in the first output, shares of the root; 0 if left out.

        Returns
        -------
        dict of ndarray, shape (points, regions), or (points, 1) for a degree
            By output.
        """
        found = {
            name: np.empty((len(points), 1 if name == "degree" else len(self.regions)))
            for name in self.outputs
        }
        if self.per_draw:
            self._one_by_one(points, np.arange(len(points)), found, failed, shares)
            return found
        for basis, at in self.alike(points):
            try:
                self._weigh(basis, points, at, found, shares)
            except EquindexError:
                if failed is None:
                    raise
                self._one_by_one(points, at, found, failed, shares)
        return found

    def _one_by_one(
        self,
        points: Points,
        at: NDArray[np.intp],
        found: dict[str, FloatArray],
        failed: dict[int, str] | None,
        shares: FloatArray | None,
    ) -> None:
        """Score points that are worlds of their own, or of which some cannot be scored, and tell why."""
        for place in at[:, None]:
            one = points.take(place)
            try:
                self._weigh(self.basis(one), points, place, found, shares)
            except EquindexError as error:
                if failed is None:
                    raise
                failed[int(one.number[0])] = str(error) if self.per_draw else self._why(one, error)
                for scores in found.values():
                    scores[place] = np.nan

    def _why(self, point: Points, error: EquindexError) -> str:
        """Return why a draw cannot be scored, with the regions and pillars that its framework names."""
        try:
            self.replay(point)
        except EquindexError as told:
            error = told
        return str(error)

    def alike(self, points: Points) -> Iterator[tuple[Basis, NDArray[np.intp]]]:
        """Yield what weights do not change with the points that have it in common, by position."""
        keys, where = np.unique(
            np.stack([points.combination, points.gone], axis=1), axis=0, return_inverse=True
        )
        whole: dict[int, list[int]] = {}
        for place, (combination, gone) in enumerate(keys.tolist()):
            if (combination, gone) in self.bases and gone >= 0:
                yield self.bases[combination, gone], np.flatnonzero(where.ravel() == place)
            else:
                whole.setdefault(combination, []).append(place)
        for combination, places in whole.items():
            yield self.bases[combination, -1], np.flatnonzero(np.isin(where.ravel(), places))

    def without_region(self, place: int) -> tuple[FloatArray, float]:
        """Score the year's others, and their degree, as if a region had never been in the data.

        Its own score is NaN, and so is the degree where it is no output.
        """
        framework, panel = self.variants[0, -1]
        others = panel.region != self.regions[place]
        rest = replace(panel, scored=others if panel.scored is None else panel.scored & others)
        plan = framework.prepared()
        scores = score(plan, rest, wanted=self.outputs)
        part = {"index": scores.rolled, "attainment": scores.attained, "equalization": scores.equalized}
        rolled = part[self.outputs[0]]
        assert rolled is not None
        found = np.full(len(self.regions), np.nan)
        whole = rolled if isinstance(rolled, Rolled) else rolled.rolled
        found[np.arange(len(found)) != place] = whole.score[scores.rows(self.year), 0]
        if "degree" not in self.outputs:
            return found, np.nan
        mean = tuple(MethodCall(name="arithmetic") for _ in plan.tree.ids)
        leaves = degrees(plan, rest, self.year)[None, :]
        return found, float(roll(plan.tree, mean, plan.missing, leaves, scores.plan.local[None])[0, 0])

    def weights(self, basis: Basis, output: Output, points: Points) -> FloatArray:
        """Return the local weights of every point, shape (points, nodes of the basis)."""
        local = np.broadcast_to(output.local, (len(points), len(output.local)))
        for key, factor in enumerate(self.factors):
            if not isinstance(factor, Weights):
                continue
            if factor.free_standing:
                assert points.u is not None
                moved = factor.moved(points.u[:, basis.nodes], basis.tree, output.local)
                at = factor.nodes(basis.tree)
                local = local.copy()
                local[:, at] = moved[:, at]
                continue
            sampled = factor.sampled(self.seed, 1 + key, points.world[:, key], self.tree)[:, basis.nodes]
            if self._by_leaves(factor):
                leaves = np.where(np.isnan(sampled), 0.0, sampled)[:, basis.tree.nodes]
                local = within(basis.tree, basis.tree.sums(leaves))
            else:
                local = within(basis.tree, np.where(np.isnan(sampled), local, sampled))
        if points.u is not None:
            local = within(basis.tree, local)
        if len(basis.nodes) == len(self.tree.ids):
            local = drop(basis.tree, local, points.gone)
        return local

    def _by_leaves(self, factor: Weights) -> bool:
        """Whether experts weigh all the indicators at once, across pillars."""
        leaves = {self.tree.ids[node] for node in self.tree.nodes}
        return factor.how == "experts" and set(factor.named) == leaves

    def _weigh(
        self,
        basis: Basis,
        points: Points,
        at: NDArray[np.intp],
        found: Mapping[str, FloatArray],
        shares: FloatArray | None,
    ) -> None:
        """Score the points `at` those positions, which have a basis in common."""
        some = points.take(at)
        for name, output in basis.outputs.items():
            local = self.weights(basis, output, some)
            scores = found[name]
            roll(
                basis.tree, output.calls, basis.missing, output.leaves, local, output.fill, out=scores, at=at
            )
            if name == "index" and basis.total != 1.0:
                scores[at] *= basis.total
            if shares is not None and name == self.outputs[0]:
                own = self.tree.leaf[basis.nodes[basis.tree.nodes]]
                shares[np.ix_(at, own)] = leaf_shares(basis.tree, local)

    def replay(self, point: Points) -> tuple[Framework, Scores]:
        """Return the framework of one draw with its weights, and the scores of its data, every step kept."""
        framework, panel, measured = self._data(point)
        basis, name = self.basis(point), self.outputs[0]
        shares = leaf_shares(basis.tree, self.weights(basis, basis.outputs[name], point))[0]
        drawn = WeightSet(
            id=f"draw-{int(point.number[0])}",
            method="drawn",
            scope="global",
            scale=basis.total == 1.0,
            weights=dict(zip(framework.prepared().leaves, (shares * basis.total).tolist(), strict=True)),
        )
        built = framework.replace(weights=drawn)
        plan = built.prepared()
        scores = score(plan, panel) if measured is None else measured_on(plan, panel, measured)
        return built, replace(scores, years=(self.year,))

    def basis(self, point: Points) -> Basis:
        """Return what weights do not change, of one draw."""
        combination, gone = int(point.combination[0]), int(point.gone[0])
        if not self.per_draw:
            return self.bases.get((combination, gone)) or self.bases[combination, -1]
        framework, panel, measured = self._data(point)
        plan = framework.prepared()
        if measured is None:
            return self._basis(score(plan, panel, wanted=self.outputs), panel)
        return self._basis(measured_on(plan, panel, measured), measured)

    def _data(self, point: Points) -> tuple[Framework, Panel, Panel | None]:
        """Return a draw's framework and data, and the rows that its steps measure where these are others."""
        combination, gone = int(point.combination[0]), int(point.gone[0])
        framework, panel = self.variants.get((combination, gone)) or self.variants[combination, -1]
        measured = None
        for at, factor in enumerate(self.factors):
            key = (_APART, at, int(point.world[0, at]))
            rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))
            if isinstance(factor, Values):
                panel = self._noisy(factor, framework, panel, rng)
            elif isinstance(factor, Regions):
                measured = rng
        return framework, panel, None if measured is None else resampled(panel, measured)

    def _noisy(self, factor: Values, framework: Framework, panel: Panel, rng: np.random.Generator) -> Panel:
        """Add errors; each indicator has its own also where others are left out."""
        leaves = self.framework.prepared().leaves
        shape = len(panel.x), len(leaves)
        drawn = rng.uniform(-1, 1, shape) if factor.rounding else rng.standard_normal(shape)
        own = [leaves.index(name) for name in framework.prepared().leaves]
        return noisy(panel, errors_of(factor, framework, panel), drawn[:, own])


def _pick(u: FloatArray, count: int) -> NDArray[np.intp]:
    """Turn numbers between 0 and 1 into positions, each as likely as the others."""
    return np.minimum((u * count).astype(np.intp), count - 1)


def _by_weight(framework: Framework) -> bool:
    """Whether leaving an indicator out is the same as giving it no weight."""
    plan: Plan = framework.prepared()
    counting = any(
        aggregate.methods.get(call.name).traits.get("counts_parts")
        for node, call in enumerate(plan.calls)
        if plan.tree.children[node].size
    )
    methods = plan.model.methods
    if methods and (methods.screen or methods.impute.options.get("at") == "pillar"):
        return False
    if methods and methods.weighting and methods.weighting.options.get("by") == "indicator":
        return False  # what is left shares the weight anew
    across = plan.imputation is not None and impute.methods.get(plan.imputation.name).traits.get("across")
    return not (plan.by_data or counting or across)
