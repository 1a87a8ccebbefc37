"""What the data decide, measured step by step: units go through a function, and those that are done are passed over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from equindex._arrays import FloatArray
from equindex._summary import Summary
from equindex.batch.before import fillings, treatments
from equindex.batch.beside import (
    Beside,
    Weighted,
    attained_by_row,
    reference_kind,
    references_of,
    weighted_references,
)
from equindex.batch.blocks import Intake
from equindex.batch.cluster import over_dask
from equindex.batch.journal import Journal
from equindex.batch.ordered import attach_sorted, write_sorted
from equindex.batch.passes import Measure, Score, finalise, footers, merged, summary_of
from equindex.batch.sources import Unit
from equindex.batch.weights import Weigh, weighed, weigher
from equindex.engine import stream
from equindex.framework import Fitted, Framework
from equindex.scoring import Plan

__all__ = ["Decided", "Fit", "Passage", "Progress"]

Progress = Callable[[str, int, int], None]
_SHARE = 8  # part of the memory that values sorted at a time may take


@dataclass(frozen=True)
class Passage:
    """Takes units through a function, passing over those that are done."""

    journal: Journal
    engine: str
    workers: int
    address: str | None
    progress: Progress | None

    def through(
        self,
        stage: str,
        function: Callable[[Unit], dict[str, Any]],
        units: Sequence[Unit],
        complete: Callable[[Mapping[str, Any]], bool] = lambda _: True,
    ) -> list[dict[str, Any]]:
        """Return what the function finds of each unit, and record it as it comes."""
        done, total = 0, sum(unit.rows for unit in units)
        left = []
        for unit in units:
            before = self.journal.done.get((stage, unit.number))
            if before is not None and complete(before):
                done += unit.rows
            else:
                left.append(unit)
        if self.progress is not None:
            self.progress(stage, done, total)
        for unit, found in zip(left, self._results(function, left), strict=True):
            self.journal.add(stage, unit.number, found)
            done += unit.rows
            if self.progress is not None:
                self.progress(stage, done, total)
        if left:  # what the readers of this stage held is not needed by the next one
            import pyarrow as pa

            pa.default_memory_pool().release_unused()
        return [self.journal.done[stage, unit.number] for unit in units]

    def _results(
        self, function: Callable[[Unit], dict[str, Any]], units: Sequence[Unit]
    ) -> Iterator[dict[str, Any]]:
        if self.engine == "dask":
            return over_dask(function, units, self.address)
        return stream(function, units, engine=self.engine, workers=self.workers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What the data decide.

    Attributes
    ----------
    plan : Plan
        With its treatments and weights.
    fill : mapping
        What fills gaps, by year.
    summaries : mapping
        What normalisers measured, by base.
    told : mapping
        What footers told, by unit.
    read : int
        How many units were read to be measured.
    beside : Beside
        What A and E are told with.
    notes : list of str
        Of what is not told.
    """

    plan: Plan
    fill: Mapping[str, FloatArray]
    summaries: dict[str, Summary]
    told: dict[int, FloatArray]
    read: int
    beside: Beside
    notes: list[str]

    def scorer(self, intake: Intake, folder: Path, years: tuple[int, ...] | None, pillars: bool) -> Score:
        """Return what scores units."""
        return Score(
            intake=intake,
            plan=self.plan,
            summaries=self.summaries,
            folder=folder,
            years=years,
            pillars=pillars,
            told=self.told,
            fill=self.fill,
            beside=self.beside,
        )

    def fitted(self, framework: Framework, digests: Mapping[str, str]) -> Fitted:
        """Return what new regions can be scored with."""
        return Fitted(
            framework=framework,
            weights=self.plan.found.get("derived_weights", {}),
            summaries={base: replace(part, ordered=None) for base, part in self.summaries.items()},
            references=self.beside.references,
            treatments=self.plan.treatments,
            digests=digests,
        )


@dataclass(frozen=True)
class Fit:
    """Measures what the data decide, step by step, each in a reading of its own where it needs one."""

    intake: Intake
    units: Sequence[Unit]
    go: Passage
    work: Path
    memory: int

    def all(self, plan: Plan, footer: bool) -> Decided:
        """Return all that the data decide; `footer` lets footers stand for reading where that is safe."""
        plan, fill = self.before(plan)
        summaries, told, read = self.measured(plan, fill, footer)
        if plan.by_data:
            plan = self.weighed(plan, fill, summaries)
        beside, notes = self.beside(plan)
        return Decided(
            plan=plan, fill=fill, summaries=summaries, told=told, read=read, beside=beside, notes=notes
        )

    def before(self, plan: Plan) -> tuple[Plan, dict[str, FloatArray]]:
        """Return the plan with its treatments, and what fills gaps, by year."""
        fill: dict[str, FloatArray] = {}
        if plan.imputation is not None:
            fill = fillings(plan, self._step("Filling", plan, "fill", fill, self.units)[0])
        if plan.treats:
            plan = plan.treated(treatments(plan, self._step("Treating", plan, "treat", fill, self.units)[0]))
        return plan, fill

    def beside(self, plan: Plan) -> tuple[Beside, list[str]]:
        """Return what A and E are told with, and notes of what is not told."""
        attained, said = attained_by_row(plan)
        kind, notes = reference_kind(plan, self.intake.framework.regions), [said] if said else []
        references: dict[str, FloatArray] = {}
        if kind == "region":
            notes.append(
                "equalization of each row is not written: a reference region is known in memory alone. Use another "
                "reference, or score a part in memory (equindex score)."
            )
        elif kind == "weighted_mean":
            add = Weighted(intake=self.intake)
            references = weighted_references(self.go.through("Comparing", add, self.units))
        elif kind:
            summaries, _ = self._step("Comparing", plan, "compare", {}, self.units)
            references = references_of(plan, kind, summaries)
        return Beside(attained=attained, references=references), notes

    def measured(
        self, plan: Plan, fill: Mapping[str, FloatArray], footer: bool
    ) -> tuple[dict[str, Summary], dict[int, FloatArray], int]:
        """Return the summaries, what footers told, and how many units were read."""
        known = footers(self.intake, self.units) if footer else {}
        told = {number: ends for number, ends in known.items() if ends is not None}
        left = [unit for unit in self.units if unit.number not in told]
        summaries, found = self._step("Measuring", plan, "normalise", fill, left) if left else ({}, [])
        if not told:
            return summaries, told, len(found)
        ends = list(told.values())
        both = np.array([np.fmin.reduce([e[0] for e in ends]), np.fmax.reduce([e[1] for e in ends])])
        summary = summary_of(both)
        return {"panel": summaries["panel"].merge(summary) if summaries else summary}, told, len(left)

    def weighed(self, plan: Plan, fill: Mapping[str, FloatArray], summaries: Mapping[str, Summary]) -> Plan:
        """Return the plan with the weights that the data decide, in one more reading where the method needs it."""
        parts = [self.go.journal.done["Measuring", unit.number].get("weighed") for unit in self.units]
        found = merged([Summary.from_dict(part) for part in parts if part])
        records: list[dict[str, Any]] = []
        if weigher(plan).traits["sample"] is not Summary:
            scan = Weigh(
                intake=self.intake, plan=plan, summaries=summaries, found=found, folder=self.work, fill=fill
            )
            records = self.go.through("Weighing", scan, self.units)
        return plan.weighed(weighed(plan, found, self.work, records))

    def _step(
        self,
        stage: str,
        plan: Plan,
        step: Literal["fill", "compare", "treat", "normalise"],
        fill: Mapping[str, FloatArray],
        units: Sequence[Unit],
    ) -> tuple[dict[str, Summary], list[dict[str, Any]]]:
        """Measure units for a step; ordered values stay on the disk."""
        measure = Measure(intake=self.intake, plan=plan, folder=self.work, step=step, fill=fill)
        found = self.go.through(stage, measure, units)
        summaries = finalise(plan, found)
        if measure.ordered:
            runs = {unit.number: one["runs"] for unit, one in zip(units, found, strict=True)}
            for base, summary in summaries.items():
                path = write_sorted(self.work, step, runs, base, summary.n, self.memory // _SHARE)
                summaries[base] = attach_sorted(summary, path)
        return summaries, found
