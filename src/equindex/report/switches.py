"""What a reader may switch: the source of the explored scores, and other normalisations of the same values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import BoolArray, FloatArray
from equindex.errors import EquindexError
from equindex.model import MethodCall, Missing
from equindex.scoring import Plan, Scores, Tree, measure, related
from equindex.scoring.screening import kept_rows, spread
from equindex.scoring.steps import normalised, prepared

__all__ = ["Explored", "NotOfferedError", "Variant", "explored", "variants"]

_MEANS = ("arithmetic", "geometric", "harmonic")
"""Aggregations that a page computes again."""

_CHOICES = (
    MethodCall(name="minmax", options={"lower": 1, "upper": 100}),
    MethodCall(name="zscore", options={"centre": 100, "scale": 10}),
    MethodCall(name="rank"),
    MethodCall(name="percentile"),
)


class NotOfferedError(Exception):
    """Scores that a page cannot compute again: a key of the page's words, and what it speaks of."""

    def __init__(self, why: str, what: str = "") -> None:
        super().__init__(why, what)
        self.why, self.what = why, what


@dataclass(frozen=True, slots=True, kw_only=True)
class Explored:
    """What regions are ranked by, as a matrix of leaf scores and a tree: the composite, else attainment.

    `there` are the indicators that take part: all in a composite, those with targets in attainment. `x` are values as
    normalisers take them, `shown` those on the indicators' own scales; rows are those of the tables.
    """

    basis: str
    there: BoolArray
    tree: Tree
    local: FloatArray
    calls: tuple[MethodCall, ...]
    missing: Missing
    x: FloatArray
    shown: FloatArray
    z: FloatArray
    rows: NDArray[np.intp]
    years: dict[int, slice]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A normalisation: what to call it, the ``--set`` options that ask for it, and what it makes of the values."""

    key: str
    settings: tuple[str, ...]
    z: FloatArray


def explored(scores: Scores) -> Explored:
    """Return what the page explores.

    Raises
    ------
    NotOfferedError
        If it cannot be computed again from weights alone.
    """
    if scores.rolled is not None and scores.z is None:
        raise NotOfferedError("index_only")
    if scores.rolled is not None:
        return _composite(scores)
    if scores.attained is not None:
        return _attainment(scores)
    raise NotOfferedError("nothing")


def _composite(scores: Scores) -> Explored:
    plan, rolled = scores.plan, scores.rolled
    assert rolled is not None
    assert scores.z is not None
    used = {plan.calls[node].name for node, inside in enumerate(plan.tree.children) if inside.size}
    if used - set(_MEANS):
        raise NotOfferedError("aggregate", ", ".join(sorted(used - set(_MEANS))))
    if rolled.filled is not None:
        raise NotOfferedError("pillars_imputed")
    if plan.total != 1.0:
        raise NotOfferedError("printed")
    rows = _rows(scores)
    return Explored(
        basis="index",
        there=np.ones(len(plan.direction), dtype=bool),
        tree=plan.tree,
        local=plan.local,
        calls=plan.calls,
        missing=plan.missing,
        x=np.where(np.isnan(scores.z), np.nan, _prepared(scores))[rows],
        shown=scores.full.x[scores.panel.order[rows]],
        z=scores.z[rows],
        rows=rows,
        years=_spans(scores),
    )


def _attainment(scores: Scores) -> Explored:
    plan, found = scores.plan, scores.attained
    assert found is not None
    rows = _rows(scores)
    z = found.rolled.score[:, plan.tree.nodes][rows]
    return Explored(
        basis="attainment",
        there=found.has,
        tree=plan.tree,
        local=found.local,
        calls=(MethodCall(name="arithmetic"),) * len(plan.tree.ids),
        missing=plan.missing,
        x=np.where(np.isnan(z), np.nan, found.value[rows]),
        shown=found.value[rows],
        z=z,
        rows=rows,
        years=_spans(scores),
    )


def _prepared(scores: Scores) -> FloatArray:
    """Return values as normalisers take them, rows in the panel's order, NaN where screened out."""
    kept = kept_rows(scores.panel, scores.screened)
    return spread(prepared(scores.plan, scores.full, scores.full.order), kept)


def variants(scores: Scores, source: Explored) -> list[Variant]:
    """Return the normalisations that suit the values, the framework's own first."""
    found = [Variant(key="published", settings=(), z=source.z)]
    methods = scores.plan.model.methods
    if source.basis != "index" or methods is None:
        return found
    kept = kept_rows(scores.panel, scores.screened)
    for call in _CHOICES:
        if methods.normalise == call:
            continue
        model = scores.plan.model.model_copy(
            update={"methods": methods.model_copy(update={"normalise": call, "weighting": None})}
        )
        try:
            plan = related(Plan.of(model).treated(scores.plan.treatments), scores.full)
            plan.tree.check(scores.plan.calls)
            z = spread(normalised(plan, scores.full, measure(plan, scores.full)), kept)[source.rows]
        except EquindexError:
            continue
        if not np.array_equal(z, source.z, equal_nan=True):
            options = (f"normalise.{key}={value:g}" for key, value in call.options.items())
            found.append(Variant(key=call.name, settings=(f"normalise={call.name}", *options), z=z))
    return found


def _years(scores: Scores) -> list[int]:
    have = scores.panel.rows_of
    return [year for year in have if scores.years is None or year in scores.years]


def _rows(scores: Scores) -> NDArray[np.intp]:
    """Return the rows of the panel's order that are shown."""
    return np.concatenate([scores.rows(year) for year in _years(scores)])


def _spans(scores: Scores) -> dict[int, slice]:
    spans, start = {}, 0
    for year in _years(scores):
        size = len(scores.panel.rows_of[year])
        spans[year] = slice(start, start + size)
        start += size
    return spans
