"""The two passes as functions of Arrow batches, for engines that map such functions, as Spark's mapInArrow does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from equindex._summary import Summary, summarise
from equindex.batch.blocks import Block, Intake, panel_of
from equindex.batch.limits import refuse
from equindex.batch.passes import based_on, finalise, merged, scored
from equindex.errors import DataError, FrameworkError
from equindex.framework import Fitted, Framework
from equindex.schema import match_wide
from equindex.scoring.steps import prepared

__all__ = ["fit_from", "measure_batches", "score_batches"]

_Mapped = Callable[[Iterable[Any]], Iterator[Any]]


def measure_batches(framework: Framework) -> _Mapped:
    """Return the first pass: it takes the batches of a partition and yields one with its `summary` as text.

    Raises
    ------
    FrameworkError
        If the framework asks for what partitions cannot give.
    """
    refuse(framework)
    asked = framework.prepared()
    if asked.by_data or asked.imputation is not None or asked.treats:
        raise FrameworkError(
            "weights from the data, imputation and treatment take more passes. Use equindex batch, or do these steps "
            "beforehand."
        )
    if framework.prepared().ordered:
        raise FrameworkError(
            "ranks need values sorted over all partitions. Use equindex batch, or minmax or zscore."
        )

    def measure(batches: Iterable[Any]) -> Iterator[Any]:
        import pyarrow as pa

        plan = framework.prepared()
        parts: dict[str, list[Summary]] = {}
        years: dict[str, int] = {}
        for block in _blocks(framework, batches):
            for year in block.years:
                years[str(year)] = years.get(str(year), 0) + len(block.of(year).year)
            for base, rows in based_on(plan, block).items():
                panel = panel_of(rows)
                parts.setdefault(base, []).append(summarise(prepared(plan, panel, panel.order)))
        summaries = {base: merged(found).to_dict() for base, found in parts.items()}
        text = json.dumps({"summaries": summaries, "years": years, "faults": []})
        yield pa.RecordBatch.from_pydict({"summary": pa.array([text])})

    return measure


def fit_from(framework: Framework, summaries: Iterable[str]) -> Fitted:
    """Merge what the first pass found of all partitions, in the order given.

    Raises
    ------
    DataError
        If there are no rows, or none of the base year.
    """
    found = [json.loads(text) for text in summaries]
    return Fitted(framework=framework, summaries=finalise(framework.prepared(), found), references={})


def score_batches(fitted: Fitted) -> _Mapped:
    """Return the second pass: it yields region, year, index, coverage and class of the rows of a partition."""

    def score(batches: Iterable[Any]) -> Iterator[Any]:
        import pyarrow as pa

        plan = fitted.framework.prepared()
        for block in _blocks(fitted.framework, batches):
            for year in block.years:
                part = scored(plan, fitted.summaries, block.of(year))
                yield part.add_column(1, "year", pa.array([year] * part.num_rows, type=pa.int32()))

    return score


def _blocks(framework: Framework, batches: Iterable[Any]) -> Iterator[Block]:
    """Yield batches as blocks; the first thing wrong stops the partition."""
    intake: Intake | None = None
    for batch in batches:
        if intake is None:
            wide, findings = match_wide(
                framework.model, framework.regions, batch.schema.names, "the partition"
            )
            findings.stop_on_errors()
            assert wide is not None
            intake = Intake(framework=framework, layouts={})
        faults: list[str] = []
        assert wide is not None
        block = intake.block(batch, wide, faults, "the partition")
        if faults:
            raise DataError("\n".join(faults))
        yield block
