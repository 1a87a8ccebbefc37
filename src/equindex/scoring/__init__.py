"""The steps in order, from a checked panel to scores with labels."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Literal, TypeVar

import numpy as np

from equindex import impute
from equindex._arrays import BoolArray, FloatArray
from equindex._summary import Summary
from equindex.errors import DomainError, FrameworkError
from equindex.schema import Panel
from equindex.scoring.attained import attain
from equindex.scoring.equalized import called, degrees, equalize, references
from equindex.scoring.first import fill, measure_treatments
from equindex.scoring.kept import Kept
from equindex.scoring.pillars import PillarFilling, pillar_filling
from equindex.scoring.plan import Plan
from equindex.scoring.related import related
from equindex.scoring.results import Scores
from equindex.scoring.screening import Screened, inspect_screening, kept_rows, screening, spread, without
from equindex.scoring.steps import aggregated, index_only, measure, normalised, places, ties
from equindex.scoring.tree import Rolled, Tree, scale_within
from equindex.scoring.weigh import weigh
from equindex.scoring.why import Explanation, explain
from equindex.treat import Treatment

__all__ = [
    "RESULTS",
    "Explanation",
    "Kept",
    "PillarFilling",
    "Plan",
    "Rolled",
    "Scores",
    "Screened",
    "Tree",
    "called",
    "degrees",
    "explain",
    "fill",
    "inspect_screening",
    "measure",
    "measure_treatments",
    "measured",
    "pillar_filling",
    "places",
    "references",
    "related",
    "scale_within",
    "score",
    "screening",
    "ties",
    "weigh",
    "without",
]

RESULTS = ("index", "attainment", "equalization")

Made = TypeVar("Made")


def score(
    plan: Plan,
    panel: Panel,
    *,
    summaries: Mapping[str, Summary] | None = None,
    treatments: Mapping[str, Treatment] | None = None,
    known: Mapping[str, FloatArray] | None = None,
    weights: FloatArray | None = None,
    keep: Literal["all", "index"] = "all",
    wanted: Collection[str] = RESULTS,
    kept: Kept | None = None,
) -> Scores:
    """Score a checked panel.

    Parameters
    ----------
    plan : Plan
        The framework, made ready.
    panel : Panel
        The data.
    summaries : mapping of Summary, optional
        What a fit measured; the panel itself is measured when left out.
    treatments : mapping of Treatment, optional
        What the treatments of that fit measured.
    known : mapping of ndarray, optional
        References of E that a fit measured, by year; other years are measured here.
    weights : ndarray, shape (indicators,), optional
        Weights that a fit took from its data; this panel is asked when left out.
    keep : {"all", "index"}
        Whether every step is kept, or only the root's scores, in blocks, for big tables.
    wanted : collection of str
        Which results, of those that the framework gives.
    kept : Kept, optional
        Steps of variants of this framework, from which this one starts; not with what a fit measured.

    Returns
    -------
    Scores
        With everything the framework asks for.

    Raises
    ------
    DataError, DomainError, FrameworkError
        If data, values and methods do not fit; regions, years and indicators are named.
    """
    z, rolled, attained, equalized, imputed = None, None, None, None, None

    def once(step: str, make: Callable[[], Made]) -> Made:
        return make() if kept is None else kept.once(plan, panel, step, make)

    screened, full, cells = once("fill", lambda: _filled(plan, panel))
    composite = plan.composite and ("index" in wanted or plan.by_data)
    if composite:
        plan.tree.check(plan.calls)
        if treatments is None:
            treatments = once("treat", lambda: measure_treatments(plan, full))
        plan = plan.treated(treatments)
        ready, summaries, z = once("normalise", lambda: _normalised(plan, full, summaries, keep))
        plan = replace(plan, groups=ready.groups)
    if plan.by_data:
        if weights is None:
            weights = once("weigh", lambda: weigh(plan, full, summaries or {}))
        plan = plan.weighed(weights)
    if composite and "index" in wanted:
        assert summaries is not None
        if z is None:
            index, coverage, share = index_only(plan, full, summaries, cells)
            rolled = Rolled(index[:, None], coverage[:, None])
            imputed = None if share is None else share[:, None]
        else:
            rolled = aggregated(plan, full, z)
            imputed = plan.tree.imputed(cells, rolled, plan.local)
        if screened.out:
            there = kept_rows(panel, screened)
            filled = None if rolled.filled is None else spread(rolled.filled, there, 0.0) > 0
            rolled = Rolled(spread(rolled.score, there), spread(rolled.coverage, there, 0.0), filled)
            z = None if z is None else spread(z, there)
            imputed = None if imputed is None else spread(imputed, there, 0.0)
    if keep == "all":
        if "attainment" in wanted:
            attained = once("attain", lambda: attain(plan, panel))
        if "equalization" in wanted and plan.model.equalization is not None:
            found = references(plan, panel) | dict(known or {})
            equalized = once("equalize", lambda: equalize(plan, panel, found))
    if wanted == RESULTS and rolled is None and attained is None and equalized is None:
        raise FrameworkError(
            "the framework asks for nothing: give it [methods] normalise for a composite index, "
            "targets for attainment, or [equalization]."
        )
    if rolled is not None and not np.isfinite(rolled.score).all() and np.isinf(rolled.score).any():
        raise DomainError("a score is infinite: the values are too large for these methods.")
    return Scores(
        plan=plan,
        panel=panel,
        full=full,
        screened=screened,
        imputed=imputed,
        z=z,
        rolled=rolled,
        attained=attained,
        equalized=equalized,
    )


def measured(
    plan: Plan, panel: Panel
) -> tuple[Mapping[str, Summary], Mapping[str, Treatment], FloatArray | None]:
    """Measure what `score` would of this panel, for others: summaries, treatments, and weights that data decide."""
    full = fill(plan, without(panel, screening(plan, panel)))
    treatments = measure_treatments(plan, full)
    plan = plan.treated(treatments)
    summaries = measure(plan, full) if plan.composite else {}
    weights = weigh(plan, full, summaries) if plan.by_data else None
    return summaries, treatments, weights


def _filled(plan: Plan, panel: Panel) -> tuple[Screened, Panel, BoolArray | None]:
    """Return who is screened out, the others without gaps, and which cells were gaps."""
    screened = screening(plan, panel)
    sample = without(panel, screened)
    full = fill(plan, sample)
    cells = None if full is sample else impute.imputed(sample.x[sample.order], full.x[sample.order])
    return screened, full, cells


def _normalised(
    plan: Plan, full: Panel, summaries: Mapping[str, Summary] | None, keep: str
) -> tuple[Plan, Mapping[str, Summary], FloatArray | None]:
    """Return the plan with what it relates to, what was measured, and every normalised value where all are kept."""
    plan = related(plan, full)
    summaries = measure(plan, full) if summaries is None else summaries
    return plan, summaries, normalised(plan, full, summaries) if keep == "all" else None
