"""The steps in order, from a checked panel to scores with labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from equindex import impute
from equindex._arrays import FloatArray
from equindex._summary import Summary
from equindex.errors import DomainError, FrameworkError
from equindex.schema import Panel
from equindex.scoring.attained import attain
from equindex.scoring.equalized import called, degrees, equalize, references
from equindex.scoring.first import fill, measure_treatments
from equindex.scoring.pillars import PillarFilling, pillar_filling
from equindex.scoring.plan import Plan
from equindex.scoring.related import related
from equindex.scoring.results import Scores
from equindex.scoring.screening import Screened, inspect_screening, kept_rows, screening, spread, without
from equindex.scoring.steps import composite, index_only, measure, places, ties
from equindex.scoring.tree import Rolled, Tree, scale_within
from equindex.scoring.weigh import weigh
from equindex.scoring.why import Explanation, explain
from equindex.treat import Treatment

__all__ = [
    "Explanation",
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


def score(
    plan: Plan,
    panel: Panel,
    *,
    summaries: Mapping[str, Summary] | None = None,
    treatments: Mapping[str, Treatment] | None = None,
    known: Mapping[str, FloatArray] | None = None,
    weights: FloatArray | None = None,
    keep: Literal["all", "index"] = "all",
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
    screened = screening(plan, panel)
    sample = without(panel, screened)
    full = fill(plan, sample)
    cells = None if full is sample else impute.imputed(sample.x[sample.order], full.x[sample.order])
    if plan.composite:
        plan = plan.treated(measure_treatments(plan, full) if treatments is None else treatments)
        plan = related(plan, full)
        summaries = measure(plan, full) if summaries is None else summaries
    if plan.by_data:
        plan = plan.weighed(weigh(plan, full, summaries or {}) if weights is None else weights)
    if plan.composite:
        assert summaries is not None
        if keep == "index":
            index, coverage, share = index_only(plan, full, summaries, cells)
            rolled = Rolled(index[:, None], coverage[:, None])
            imputed = None if share is None else share[:, None]
        else:
            z, rolled = composite(plan, full, summaries)
            imputed = plan.tree.imputed(cells, rolled, plan.local)
        if screened.out:
            kept = kept_rows(panel, screened)
            filled = None if rolled.filled is None else spread(rolled.filled, kept, 0.0) > 0
            rolled = Rolled(spread(rolled.score, kept), spread(rolled.coverage, kept, 0.0), filled)
            z = None if z is None else spread(z, kept)
            imputed = None if imputed is None else spread(imputed, kept, 0.0)
    if keep == "all":
        attained = attain(plan, panel)
        if plan.model.equalization is not None:
            equalized = equalize(plan, panel, references(plan, panel) | dict(known or {}))
    if rolled is None and attained is None and equalized is None:
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
