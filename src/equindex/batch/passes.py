"""The two passes: blocks are measured and what was measured merged; then blocks are scored and written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from equindex._arrays import FloatArray
from equindex._summary import Summary, summarise
from equindex.batch.before import filled, middle
from equindex.batch.beside import Beside, reference_kind
from equindex.batch.blocks import Block, Intake, layout_key, panel_of
from equindex.batch.journal import whole
from equindex.batch.ordered import SortedRuns
from equindex.batch.sources import Unit, opened, unreadable
from equindex.batch.weights import look, weighed_rows
from equindex.errors import DataError, DomainError, FrameworkError
from equindex.scoring import Plan, related
from equindex.scoring.steps import composite, index_only, labelled, prepared
from equindex.scoring.tree import Rolled

__all__ = [
    "Measure",
    "Score",
    "based_on",
    "finalise",
    "footers",
    "merged",
    "refuse_unwanted",
    "scored",
    "summary_of",
]

_FAULTS = 20  # of one unit that are kept
_EXTREMES = ("minmax", "goalposts", "scaled", "categorical", "trapezoid", "exponential_efficacy")
"""Normalisers that take of a sample its least and greatest value, or nothing."""


def based_on(plan: Plan, block: Block) -> dict[str, Block]:
    """Return the rows that the base names, as `equindex.scoring.steps.based` does of a whole panel."""
    assert plan.model.methods is not None
    base = plan.model.methods.base
    if base == "panel":
        return {"panel": block} if len(block.year) else {}
    wanted = block.years if base == "year" else [year for year in block.years if year == base]
    return {str(year): block.of(year) for year in wanted}


@dataclass(frozen=True, kw_only=True)
class Measure:
    """Measures one unit for a step; what it returns is what the journal keeps."""

    intake: Intake
    plan: Plan
    folder: Path
    step: Literal["fill", "compare", "treat", "normalise"] = "normalise"
    fill: Mapping[str, FloatArray] = field(default_factory=dict)

    @property
    def ordered(self) -> bool:
        """Whether the step needs ordered values."""
        if self.step == "fill":
            return middle(self.plan) == "median"
        if self.step == "compare":
            return reference_kind(self.plan, None) == "median"
        return self.step == "treat" or self.plan.ordered

    def __call__(self, unit: Unit) -> dict[str, Any]:
        """Return the summaries by base, or by year for filling, the rows of each year, and what is wrong."""
        plan = self.plan
        faults: list[str] = []
        parts: dict[str, list[Summary]] = {}
        years: dict[str, int] = {}
        runs = SortedRuns()
        weighed: list[Summary] = []
        for block in self.intake.blocks(unit, faults):
            for year in block.years:
                years[str(year)] = years.get(str(year), 0) + int((block.year == year).sum())
            if faults:
                continue
            whole_block = filled(block, self.fill)
            for base, rows in self._bases(whole_block).items():
                if self.step == "normalise" and ends_alone(plan):
                    parts.setdefault(base, []).append(_ends_of(rows))
                    continue
                with located(unit):
                    x = self._values(rows)
                    parts.setdefault(base, []).append(summarise(x))
                if self.ordered:
                    runs.add(base, x)
            if self.step == "normalise" and plan.by_data and len(weighed_rows(plan, whole_block).year):
                panel = panel_of(weighed_rows(plan, whole_block))
                with labelled(plan, panel, panel.order), located(unit):
                    weighed.append(summarise(look(plan, prepared(plan, panel, panel.order))))
        return {
            "runs": runs.write(self.folder / f"{self.step}-{unit.number:06d}.f8") if self.ordered else {},
            "summaries": {base: merged(found).to_dict() for base, found in parts.items()}
            if not faults
            else {},
            **({"weighed": merged(weighed).to_dict()} if weighed and not faults else {}),
            "years": years,
            "faults": faults[:_FAULTS],
        }

    def _bases(self, block: Block) -> dict[str, Block]:
        if self.step in ("fill", "compare"):
            return {str(year): block.of(year) for year in block.years}
        return based_on(self.plan, block)

    def _values(self, rows: Block) -> FloatArray:
        if self.step in ("fill", "compare"):
            return rows.x
        panel = panel_of(rows)
        with labelled(self.plan, panel, panel.order):
            if self.step == "treat":
                return self.plan.prepare(rows.x)
            return prepared(self.plan, panel, panel.order)


def ends_alone(plan: Plan) -> bool:
    """Whether nothing is asked of the values but the least and the greatest."""
    return plan.plain and not plan.by_data and all(group.method.name in _EXTREMES for group in plan.groups)


def _ends_of(block: Block) -> Summary:
    """Return a summary that knows counts and extremes alone."""
    least, most = block.ends
    n = np.array([len(column) - np.isnan(column.sum()) * np.isnan(column).sum() for column in block.columns])
    return replace(summary_of(np.stack([least, most])), n=n.astype(np.int64))


def merged(parts: Sequence[Summary]) -> Summary:
    """Merge summaries pair by pair, in their order, so that errors grow with the logarithm of their number.

    Minimum, maximum and count are exact. Each merging adds to mean and squared deviations a few units in the last
    place at most, so those of 2**k parts are within some k of them of the exact sums of the parts.
    """
    found = list(parts)
    while len(found) > 1:
        pairs = [found[i].merge(found[i + 1]) for i in range(0, len(found) - 1, 2)]
        found = pairs + ([found[-1]] if len(found) % 2 else [])
    return found[0]


@contextmanager
def located(unit: Unit) -> Iterator[None]:
    """Add file and row groups to a kernel's refusal."""
    try:
        yield
    except DomainError as error:
        error.add_note(f"in {unit.name}")
        raise


def footers(intake: Intake, units: Sequence[Unit]) -> dict[int, FloatArray | None]:
    """Return the least and greatest value of each indicator that the footers tell, shape (2, indicators).

    None where they cannot stand for reading: a statistic is missing, is NaN or infinite, rows or cells are left out,
    values are bent before they are measured, or a normaliser asks for more.
    """
    plan, model = intake.framework.prepared(), intake.framework.model
    assert model.methods is not None
    simple = (
        model.methods.base == "panel"
        and ends_alone(plan)
        and not (model.table.keep or model.table.drop or model.exclude)
        and not any(indicator.numerator for indicator in model.indicator)
        and (model.equalization is None or isinstance(model.equalization.reference, str | None))
    )
    if not simple:
        return dict.fromkeys((unit.number for unit in units), None)
    return {unit.number: _footer(intake, unit) for unit in units}


def _footer(intake: Intake, unit: Unit) -> FloatArray | None:
    wide = intake.layouts[layout_key(unit.part)]
    if any(wide.powers.values()):
        return None
    ends = np.array([np.full(len(intake.framework.model.indicator), np.nan)] * 2)
    with opened(unit) as file, unreadable(unit.name):
        names = {file.metadata.schema.column(i).path: i for i in range(file.metadata.num_columns)}
        for group in range(unit.first, unit.last + 1):
            about = file.metadata.row_group(group)
            for at, indicator in enumerate(intake.framework.model.indicator):
                column = wide.columns[indicator.id]
                if column not in names:
                    return None
                told = about.column(names[column])
                kept = told.statistics if told.is_stats_set else None
                if told.physical_type not in ("DOUBLE", "FLOAT", "INT32", "INT64") or kept is None:
                    return None
                if kept.has_null_count and kept.null_count == about.num_rows:
                    continue
                pair: tuple[Any, Any] = (kept.min, kept.max) if kept.has_min_max else (None, None)
                if not all(isinstance(end, int | float) and np.isfinite(end) for end in pair):
                    return None
                ends[0, at] = np.fmin(ends[0, at], pair[0])
                ends[1, at] = np.fmax(ends[1, at], pair[1])
    return ends


def summary_of(ends: FloatArray) -> Summary:
    """Return a summary that knows the extremes alone; at least two measured regions are taken for granted."""
    least, most = ends
    nothing = np.full(least.shape, np.nan)
    return Summary(n=np.where(np.isnan(least), 0, 2), min=least, max=most, mean=nothing, m2=nothing)


@dataclass(frozen=True, kw_only=True)
class Score:
    """Scores one unit with what was measured, and writes a file for each of its years."""

    intake: Intake
    plan: Plan
    summaries: Mapping[str, Summary]
    folder: Path
    years: tuple[int, ...] | None
    pillars: bool
    told: Mapping[int, FloatArray]
    fill: Mapping[str, FloatArray] = field(default_factory=dict)
    beside: Beside | None = None

    def __call__(self, unit: Unit) -> dict[str, Any]:
        """Return the files of the unit and their rows.

        Raises
        ------
        DataError
            If something is wrong in the unit.
        """
        import pyarrow.parquet as pq

        faults: list[str] = []
        found: dict[tuple[str, int], list[Any]] = {}
        ends = np.array([np.full(len(self.plan.direction), np.nan)] * 2)
        for block in self.intake.blocks(unit, faults):
            if faults:
                continue
            if unit.number in self.told:
                least, most = block.ends
                ends = np.array([np.fmin(ends[0], least), np.fmax(ends[1], most)])
            for year in block.years:
                if self.years is None or year in self.years:
                    rows = block.of(year)
                    found.setdefault(("scores", year), []).append(self._scored(filled(rows, self.fill), unit))
                    for kind, batch in self._beside(rows, unit):
                        found.setdefault((kind, year), []).append(batch)
        if faults:
            raise DataError("\n".join(faults[:_FAULTS]))
        self._check_footer(unit, ends)
        written: dict[str, dict[str, Any]] = {}
        for (kind, year), batches in found.items():
            name = f"{kind}/year={year}/part-{unit.number:06d}.parquet"

            def write(path: Path, batches: list[Any] = batches) -> None:
                with pq.ParquetWriter(path, batches[0].schema, use_dictionary=self._words) as file:
                    for batch in batches:
                        file.write_batch(batch)

            size = whole(self.folder / name, write)
            rows = sum(batch.num_rows for batch in batches)
            written.setdefault(kind, {})[str(year)] = [name, rows, size]
        scores = written.pop("scores", {})
        return {"parts": scores, "beside": written}

    @cached_property
    def _words(self) -> list[str]:
        return ["class"] if self.plan.model.classes else []

    def _check_footer(self, unit: Unit, ends: FloatArray) -> None:
        if unit.number in self.told and not np.array_equal(self.told[unit.number], ends, equal_nan=True):
            [_, at] = np.argwhere(~_alike(self.told[unit.number], ends))[0]
            low, high = self.told[unit.number][:, at]
            raise DataError(
                f"{unit.name}: the footer says {self.plan.leaves[at]!r} runs from {low:g} to {high:g}, but they run "
                f"from {ends[0, at]:g} to {ends[1, at]:g}. Write the file again, or pass --force --read-all."
            )

    def _scored(self, block: Block, unit: Unit) -> Any:
        with located(unit):
            return scored(self.plan, self.summaries, block, self.pillars)

    def _beside(self, block: Block, unit: Unit) -> Iterator[tuple[str, Any]]:
        if self.beside is None:
            return
        with located(unit):
            for kind, rolled in self.beside.rolled(self.plan, block):
                yield kind, _table(self.plan, block.region, rolled.score[:, 0], rolled, self.pillars)


def _table(
    plan: Plan,
    region: Any,
    index: FloatArray,
    rolled: Rolled,
    pillars: bool,
    extra: Mapping[str, Any] | None = None,
) -> Any:
    """Return region, index and coverage of rows, and their pillars where they are asked for."""
    import pyarrow as pa

    columns = {
        "region": region,
        "index": pa.array(index, from_pandas=True),
        "coverage": pa.array(np.ascontiguousarray(rolled.coverage[:, 0])),
    } | dict(extra or {})
    for node, level in enumerate(plan.tree.levels if pillars else ()):
        if level == "pillar":
            column = np.ascontiguousarray(rolled.score[:, node])
            columns[plan.tree.ids[node]] = pa.array(column, from_pandas=True)
    return pa.RecordBatch.from_pydict(columns)


def scored(plan: Plan, summaries: Mapping[str, Summary], block: Block, pillars: bool = False) -> Any:
    """Score a block of one year with what was measured, and return region, index, coverage and class of its rows."""
    panel = panel_of(block)
    plan = related(plan, panel)
    if pillars:
        _, rolled = composite(plan, panel, summaries)
    else:
        index, coverage, _ = index_only(plan, panel, summaries)
        rolled = Rolled(index[:, None], coverage[:, None])
    index = rolled.score[:, 0]
    if np.isinf(index).any():
        raise DomainError("a score is infinite: the values are too large for these methods.")
    classes = {"class": _classes(plan, index)} if plan.model.classes else {}
    return _table(plan, block.region, index, rolled, pillars, classes)


def _classes(plan: Plan, index: FloatArray) -> Any:
    import pyarrow as pa

    bounds = sorted(plan.model.classes.items(), key=lambda item: item[1])
    codes = np.searchsorted([low for _, low in bounds], index, side="right") - 1
    codes[np.isnan(index)] = -1
    names = np.array([*(name for name, _ in bounds), None], dtype=object)
    return pa.array(names[codes], type=pa.string())


def _alike(a: FloatArray, b: FloatArray) -> Any:
    return (a == b) | (np.isnan(a) & np.isnan(b))


def finalise(plan: Plan, found: Sequence[Mapping[str, Any]]) -> dict[str, Summary]:
    """Merge what the units measured, in their order.

    Raises
    ------
    DataError
        With what is wrong in all units, or if the base year is not in the data.
    """
    faults = [fault for one in found for fault in one["faults"]]
    if faults:
        more = f"\n… and {len(faults) - _FAULTS:,} more." if len(faults) > _FAULTS else ""
        raise DataError("\n".join(faults[:_FAULTS]) + more)
    parts: dict[str, list[Summary]] = {}
    for one in found:
        for base, summary in one["summaries"].items():
            parts.setdefault(base, []).append(Summary.from_dict(summary))
    assert plan.model.methods is not None
    base, years = plan.model.methods.base, sorted({int(y) for one in found for y in one["years"]})
    if not years:
        raise DataError("no row of the data can be scored. Check [table].keep and the years.")
    if isinstance(base, int) and str(base) not in parts:
        known = ", ".join(map(str, years))
        raise DataError(f"the base year {base} is not in the data. Years: {known}. Mend methods.base.")
    summaries = {name: merged(some) for name, some in parts.items()}
    return dict(sorted(summaries.items()))


def refuse_unwanted(plan: Plan) -> None:
    """Refuse names of pillars that are columns of the scores already."""
    taken = {"region", "year", "index", "coverage", "class"}
    clash = [name for name in plan.tree.ids[1:] if name in taken]
    if clash:
        raise FrameworkError(
            f"a pillar is called {clash[0]!r}, which is a column of the scores. Leave --pillars out."
        )
