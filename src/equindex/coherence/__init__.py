"""Whether a framework holds together: what its indicators share, what counts, and what counts twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equindex.coherence.measure import Sample
from equindex.coherence.redundancy import redundancy_rows
from equindex.coherence.tables import (
    adequacy_rows,
    component_rows,
    correlation_rows,
    importance_rows,
    loading_rows,
    parent_rows,
    reliability_rows,
)
from equindex.coherence.words import Limits, advice_rows, answer
from equindex.errors import DataError
from equindex.framework import Framework
from equindex.scoring import Scores

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Coherence", "Limits", "again", "analyse", "of_scores"]

_COLUMNS = {
    "advice": "kind node node_name items value limit text",
    "importance": "node node_name level parent weight effective linear smooth n weight_share importance_share "
    "ratio",
    "correlations": "node node_name other other_name relation pearson spearman kendall n",
    "parents": "node node_name level ancestor ancestor_name pearson spearman kendall n",
    "reliability": "node node_name basis item item_name alpha standardised rest n reason",
    "adequacy": "node node_name basis item item_name kmo chi2 df p n reason",
    "components": "node node_name basis component eigenvalue share cumulative n reason",
    "loadings": "node node_name basis component item item_name loading",
    "redundancy": "kind node node_name items whole correlation low high weight n",
}


@dataclass(frozen=True, kw_only=True)
class Coherence:
    """What `analyse` found in one year; every table is tidy, ids beside names, a reason where a number is missing.

    Attributes
    ----------
    scores : Scores
        The run that it belongs to.
    year : int
        The year whose regions were looked at.
    limits : Limits
        Beyond what something is worth a word.
    advice : DataFrame
        What to reconsider, in words, the most serious first; each with its number and its limit.
    importance : DataFrame
        Weight, effective weight and main effect of every node, and their shares among its peers.
    correlations, parents : DataFrame
        Of every two indicators, and of every node with those above it.
    reliability, adequacy, components, loadings : DataFrame
        Cronbach's alpha, KMO and Bartlett's test, and principal components: of the children of every node, and of
        all indicators (`basis`).
    redundancy : DataFrame
        Indicators that move as one, that may be part of another, that are combinations of others.
    provenance : mapping
        As of the scores, with the year.
    """

    scores: Scores
    year: int
    limits: Limits
    advice: pd.DataFrame
    importance: pd.DataFrame
    correlations: pd.DataFrame
    parents: pd.DataFrame
    reliability: pd.DataFrame
    adequacy: pd.DataFrame
    components: pd.DataFrame
    loadings: pd.DataFrame
    redundancy: pd.DataFrame
    provenance: Mapping[str, Any]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables that have rows, by name."""
        found = {name: getattr(self, name) for name in _COLUMNS if len(getattr(self, name))}
        return found | {"availability": self.scores.availability}

    def answer(self) -> list[str]:
        """Say in sentences what was looked at and what to reconsider."""
        return answer(self)


def analyse(
    framework: Framework, data: Any, *, year: int | None = None, limits: Limits | None = None
) -> Coherence:
    """Look whether the indicators of a framework belong together.

    Parameters
    ----------
    framework : Framework
        With a composite index.
    data : path or DataFrame
        As for `Framework.score`.
    year : int, optional
        The year whose regions are compared; the last when left out. Years are not pooled: what grows everywhere
        would correlate with everything.
    limits : Limits, optional
        Beyond what something is worth a word.

    Returns
    -------
    Coherence

    Raises
    ------
    DataError
        As `Framework.score`; also without a composite, for an unknown year, or with fewer than three regions.
    """
    return of_scores(framework.score(data), year=year, limits=limits)


def of_scores(scores: Scores, *, year: int | None = None, limits: Limits | None = None) -> Coherence:
    """Look whether what has been scored holds together; arguments as `analyse`."""
    import pandas as pd

    if scores.rolled is None:
        raise DataError("diagnosing looks at a composite index: give the framework [methods] normalise.")
    if scores.z is None:
        raise DataError('only the index was kept: score with keep="all" to diagnose every step.')
    years = list(scores.panel.rows_of)
    chosen = years[-1] if year is None else year
    if chosen not in years:
        raise DataError(f"no data for {chosen}. Years: {', '.join(map(str, years))}.")
    sample = Sample.of(scores, chosen)
    if sample.size < 3:
        raise DataError(
            f"diagnosing compares regions, but {chosen} has {sample.size}: a correlation needs at least 3."
        )
    found = limits or Limits()
    rows: dict[str, list[dict[str, Any]]] = {
        "importance": importance_rows(sample),
        "correlations": correlation_rows(sample),
        "parents": parent_rows(sample),
        "reliability": reliability_rows(sample),
        "adequacy": adequacy_rows(sample),
        "components": component_rows(sample),
        "loadings": loading_rows(sample),
        "redundancy": redundancy_rows(sample, found.together, found.regions),
    }
    rows["advice"] = advice_rows(sample, rows, found)
    told = dict(scores.provenance)
    told["options"] = {**told.get("options", {}), "diagnose": {"year": chosen}}
    frames = {name: pd.DataFrame(rows[name], columns=columns.split()) for name, columns in _COLUMNS.items()}
    for frame in frames.values():
        for column in frame.columns.intersection(["n", "df", "component"]):
            frame[column] = frame[column].astype("Int64")
        numbers = frame.columns.intersection(
            ["value", "limit", "correlation", "low", "high", "weight", "chi2"]
        )
        frame[numbers] = frame[numbers].astype(np.float64)
    return Coherence(scores=scores, year=chosen, limits=found, provenance=told, **frames)


def again(scores: Scores) -> Coherence:
    """Repeat what the provenance of re-run scores records."""
    return of_scores(scores, year=scores.provenance["options"]["diagnose"]["year"])
