"""The steps from values to scores: measure, normalise, aggregate, rank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from equindex import aggregate, treat
from equindex._arrays import BoolArray, FloatArray, blocks, map_blocks, row_blocks
from equindex._summary import Summary, summarise
from equindex.aggregate import arithmetic_of_lines
from equindex.errors import DataError, DomainError
from equindex.schema import Panel
from equindex.scoring.before import pillar_imputation
from equindex.scoring.pillars import pillar_filling
from equindex.scoring.plan import Plan
from equindex.scoring.tree import Rolled

__all__ = ["aggregated", "composite", "index_only", "measure", "normalised", "places", "ranks", "ties"]

Measured = TypeVar("Measured", Summary, treat.Treatment)

_CHUNK = 1 << 12  # rows measured at a time; fixed, so that summaries are the same bits everywhere
_CELLS = 1 << 16  # scores rounded at a time, which stay in the cache
_TIE_DIGITS = 12  # scores that agree to this many digits of the column's largest tie


def measure(plan: Plan, panel: Panel) -> dict[str, Summary]:
    """Measure what the normalisers need, over the rows that the base names.

    Returns
    -------
    dict of Summary
        One summary under ``"panel"`` or the base year, or one for each year.

    Raises
    ------
    DataError
        If the base year has no scored row.
    """
    return {name: _measure(plan, panel, rows) for name, rows in based(plan, panel).items()}


def based(plan: Plan, panel: Panel) -> dict[str, NDArray[np.intp]]:
    """Return the rows that the base names, under ``"panel"`` or the base year, or those of each year."""
    assert plan.model.methods is not None
    base = plan.model.methods.base
    if base == "year":
        return {str(year): rows for year, rows in panel.rows_of.items()}
    if base == "panel":
        return {"panel": panel.order}
    if base not in panel.rows_of:
        years = ", ".join(map(str, panel.rows_of))
        raise DataError(f"the base year {base} is not in the data. Years: {years}. Mend methods.base.")
    return {str(base): panel.rows_of[base]}


def prepared(plan: Plan, panel: Panel, rows: NDArray[np.intp]) -> FloatArray:
    """Return rows as normalisers take them: interval distances, transforms and treatments applied."""
    x = plan.prepare(panel.x if len(rows) == len(panel.x) and _in_order(rows) else panel.x[rows])
    if not plan.treats:
        return x
    if len(plan.treatments) == 1:
        return next(iter(plan.treatments.values())).apply(x)
    treated, years = np.empty_like(x), panel.year[rows]
    for year in np.unique(years).tolist():
        here = np.flatnonzero(years == year)
        with labelled(plan, panel, rows[here]):
            treated[here] = summary_for(plan.treatments, year).apply(x[here])
    return treated


def _in_order(rows: NDArray[np.intp]) -> bool:
    return bool((rows[1:] > rows[:-1]).all())


def _measure(plan: Plan, panel: Panel, rows: NDArray[np.intp]) -> Summary:
    whole = len(rows) == len(panel.x)
    if plan.ordered or (whole and plan.plain):
        rows = np.arange(len(panel.x)) if whole else rows
        with labelled(plan, panel, rows):
            return summarise(prepared(plan, panel, rows), ordered=plan.ordered)
    summary: Summary | None = None
    for start in range(0, max(len(rows), 1), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        with labelled(plan, panel, rows[chunk]):
            part = summarise(prepared(plan, panel, rows[chunk]))
        summary = part if summary is None else summary.merge(part)
    assert summary is not None
    return summary


def summary_for(summaries: Mapping[str, Measured], year: int) -> Measured:
    """Return what was measured for rows of `year`.

    Raises
    ------
    DataError
        If each year was measured alone and this one was not.
    """
    found = summaries.get(str(year)) or (next(iter(summaries.values())) if len(summaries) == 1 else None)
    if found is None:
        raise DataError(
            f'year {year} was not measured: with base = "year" only {", ".join(summaries)} can be scored. '
            'Use base = "panel" or a base year to score new years.'
        )
    return found


def per_year(plan: Plan) -> bool:
    """Whether each year has a summary of its own."""
    return plan.model.methods is not None and plan.model.methods.base == "year"


def relative(plan: Plan) -> bool:
    """Whether some node compares the regions of a year with each other, whatever `base` the normalisers have."""
    return any(aggregate.methods.get(call.name).traits.get("relative") for call in plan.calls)


def spans(panel: Panel) -> list[slice]:
    """Return the rows of each year in the panel's order."""
    ends = np.cumsum([0, *(len(rows) for rows in panel.rows_of.values())]).tolist()
    return [slice(start, end) for start, end in pairwise(ends)]


def composite(plan: Plan, panel: Panel, summaries: Mapping[str, Summary]) -> tuple[FloatArray, Rolled]:
    """Normalise and aggregate every scored row.

    Returns
    -------
    normalised : ndarray, shape (rows, indicators)
    rolled : Rolled
        Scores and coverage of every node, rows in the panel's order.
    """
    plan.tree.check(plan.calls)
    z = normalised(plan, panel, summaries)
    return z, aggregated(plan, panel, z)


def normalised(plan: Plan, panel: Panel, summaries: Mapping[str, Summary]) -> FloatArray:
    """Normalise every scored row, shape (rows, indicators), rows in the panel's order."""
    z = np.empty((len(panel.order), len(plan.direction)))
    parts = list(panel.rows_of.items()) if per_year(plan) else [(0, panel.order)]
    start = 0
    for year, rows in parts:
        summary = summary_for(summaries, year) if per_year(plan) else next(iter(summaries.values()))
        with labelled(plan, panel, rows):
            z[start : start + len(rows)] = plan.normalise(prepared(plan, panel, rows), summary, rows)
        start += len(rows)
    return z


def aggregated(plan: Plan, panel: Panel, z: FloatArray) -> Rolled:
    """Aggregate the normalised rows to every node."""
    with labelled(plan, panel, panel.order):
        years = spans(panel)
        fill = pillar_filling(plan, panel, panel.order, years)
        rolled = plan.tree.roll_up(z, plan.local, plan.missing, plan.calls, years, fill)
    if plan.total != 1.0:
        rolled.score[:, 0] *= plan.total
    return rolled


def index_only(
    plan: Plan, panel: Panel, summaries: Mapping[str, Summary], filled: BoolArray | None = None
) -> tuple[FloatArray, FloatArray, FloatArray | None]:
    """Score the root alone, block by block: nothing as large as the data is kept.

    Where every normaliser is a line and every mean arithmetic, complete rows are one product of the values with
    folded weights; rows with gaps, and every other framework, go through `composite`'s steps in blocks. Where a
    method compares regions, or pillars are imputed from others, a block is a year.

    Returns
    -------
    score, coverage, imputed : ndarray, shape (rows,)
        In the panel's order; `imputed` is None unless `filled` says which cells of the panel's order were, or
        pillars are.
    """
    plan.tree.check(plan.calls)
    order = panel.order
    score, coverage = np.empty(len(order)), np.ones(len(order))
    at_pillars = pillar_imputation(plan.model) is not None
    imputed = np.zeros(len(order)) if filled is not None or at_pillars else None
    compared = relative(plan) or at_pillars
    parts = list(panel.rows_of.items()) if per_year(plan) or compared else [(0, order)]
    start = 0
    for year, rows in parts:
        summary = summary_for(summaries, year) if per_year(plan) else next(iter(summaries.values()))
        here = slice(start, start + len(rows))
        lines = None
        if plan.plain and plan.arithmetic and not at_pillars:
            with labelled(plan, panel, rows):
                lines = plan.lines(summary, panel.x, rows)
        todo = np.arange(len(rows))
        if lines is not None:
            weights = plan.tree.shares(plan.local)[plan.tree.nodes]
            whole = len(rows) == len(panel.x) and bool((rows[1:] > rows[:-1]).all())
            if whole:
                score[here] = arithmetic_of_lines(panel.x, weights, *lines)
            else:
                for block in row_blocks(len(rows), len(weights)):
                    score[here][block] = arithmetic_of_lines(panel.x[rows[block]], weights, *lines)
            todo = np.flatnonzero(np.isnan(score[here]))

        def work(block: slice, _: FloatArray, rows=rows, todo=todo, summary=summary, start=start) -> None:  # type: ignore[no-untyped-def]
            at = todo[block]
            with labelled(plan, panel, rows[at]):
                z = plan.normalise(prepared(plan, panel, rows[at]), summary, rows[at])
                fill = pillar_filling(plan, panel, rows[at], [slice(None)])
                rolled = plan.tree.roll_up(z, plan.local, plan.missing, plan.calls, fill=fill)
            score[start + at], coverage[start + at] = rolled.score[:, 0], rolled.coverage[:, 0]
            cells = None if filled is None else filled[start + at]
            share = plan.tree.imputed(cells, rolled, plan.local)
            if imputed is not None and share is not None:
                imputed[start + at] = share[:, 0]

        cut = [slice(0, len(todo))] if compared else row_blocks(len(todo), len(plan.tree.ids))
        map_blocks(work, cut, numbers=len(todo) * len(plan.direction))
        start += len(rows)
    return score * plan.total, coverage, imputed


def ranks(score: FloatArray, spans: Sequence[slice], decimals: int | None) -> NDArray[np.int32]:
    """Rank every column within each year: 1 is best, equals share the better rank, 0 is unranked.

    Parameters
    ----------
    score : ndarray, shape (rows, nodes)
        Scores, rows by year.
    spans : sequence of slice
        The rows of each year.
    decimals : int or None
        Rank the score rounded so; None ranks it unrounded, calling equal what differs by rounding only.
    """
    ranked = np.zeros(score.shape, dtype=np.int32)
    for rows in spans:
        part = np.ascontiguousarray(score[rows].T)
        ranked[rows] = places(ties(part, decimals)).T
    return ranked


def places(score: FloatArray) -> NDArray[np.int32]:
    """Rank each series of shape (series, regions): 1 is best, equals share the better rank, 0 for NaN."""
    order = np.argsort(-score, axis=1)
    worth = np.take_along_axis(-score, order, axis=1)
    place = np.broadcast_to(np.arange(1, worth.shape[1] + 1, dtype=np.int32), worth.shape).copy()
    place[:, 1:][worth[:, 1:] == worth[:, :-1]] = 0
    place = np.maximum.accumulate(place, axis=1)
    place[np.isnan(worth)] = 0
    found = np.empty_like(place)
    np.put_along_axis(found, order, place, axis=1)
    return found


def ties(score: FloatArray, decimals: int | None) -> FloatArray:
    """Return scores of shape (series, regions) as they are ranked: what is called equal is equal.

    Parameters
    ----------
    score : ndarray, shape (series, regions)
        Scores; each series is ranked by itself.
    decimals : int or None
        Round so; None rounds to some digits of each series' largest number, so that rounding errors make no ranks.
    """
    if decimals is not None:
        return np.round(score, decimals)
    found = np.empty(score.shape)
    with np.errstate(all="ignore"):
        for rows in blocks(len(score), max(1, _CELLS // max(1, score.shape[1]))):
            part, out = score[rows], found[rows]
            largest = np.maximum(np.fmax.reduce(part, axis=1), -np.fmin.reduce(part, axis=1))
            unit = 10.0 ** (_TIE_DIGITS - np.ceil(np.log10(largest)))
            np.rint(np.multiply(part, unit[:, None], out=out), out=out)
            np.copyto(out, part, where=~np.isfinite(unit)[:, None])
    return found


@contextmanager
def labelled(plan: Plan, panel: Panel, rows: NDArray[np.intp]) -> Iterator[None]:
    """Add regions, years and indicators to a kernel's refusal, which knows positions only."""
    try:
        yield
    except DomainError as error:
        names: list[str] = []
        for *_, row, column in error.positions[:5]:
            assert column is not None
            if error.node is not None:
                what = plan.tree.ids[plan.tree.children[error.node][column]]
            else:
                what = plan.model.indicator[column if error.columns is None else error.columns[column]].id
            where = "" if row is None or row >= len(rows) else f" ({panel.label(int(rows[row]))})"
            names.append(f"{what!r}{where}")
        inside = f"in {plan.tree.ids[error.node]!r}: " if error.node is not None else ""
        if (names or inside) and not error.told:
            error.put_names((inside + ", ".join(names)).removesuffix(": "))
            error.told = True
        raise
