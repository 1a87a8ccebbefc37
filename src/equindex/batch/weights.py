"""Weights that the data decide, of rows in blocks: what a method looks at is measured of each unit, then merged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from equindex import weighting
from equindex._arrays import FloatArray
from equindex._registry import Method
from equindex._summary import Summary
from equindex.batch.before import filled
from equindex.batch.blocks import Block, Intake, panel_of
from equindex.batch.journal import whole
from equindex.batch.sources import Unit, unreadable
from equindex.errors import DomainError
from equindex.schema import Panel
from equindex.scoring import Plan, related
from equindex.scoring.steps import labelled, prepared
from equindex.scoring.weigh import oriented, own_scores, unit_range

__all__ = ["Weigh", "look", "weighed", "weighed_rows", "weigher"]

_Sample = TypeVar("_Sample")


def weigher(plan: Plan) -> Method:
    """Return the weighting method that the data are asked with."""
    assert plan.derive is not None
    return weighting.methods.get(plan.derive.name)


def weighed_rows(plan: Plan, block: Block) -> Block:
    """Return the rows that weights come from: those of the base year, else all."""
    assert plan.model.methods is not None
    base = plan.model.methods.base
    return block.where(block.year == base) if isinstance(base, int) else block


def look(plan: Plan, x: FloatArray) -> FloatArray:
    """Return what is measured of prepared values before weights can be."""
    return oriented(plan, x) if weigher(plan).traits["feed"] == "minmax" else x


@dataclass(frozen=True, kw_only=True)
class Weigh:
    """Measures what a method looks at in one unit; `found` is the summary of what `look` returns of all rows."""

    intake: Intake
    plan: Plan
    summaries: Mapping[str, Summary]
    found: Summary
    folder: Path
    fill: Mapping[str, FloatArray]

    def __call__(self, unit: Unit) -> dict[str, Any]:
        """Return the file with the sample of the unit, None where no row is weighed."""
        kind, sample = weigher(self.plan).traits["sample"], None
        centre = unit_summary(self.plan, self.found)
        for block in self.intake.blocks(unit, []):
            rows = filled(weighed_rows(self.plan, block), self.fill)
            if not len(rows.year):
                continue
            panel = panel_of(rows)
            try:
                with labelled(self.plan, panel, panel.order):
                    part = kind.of(self._fed(panel), centre)
            except DomainError as error:
                error.add_note(f"in {unit.name}")
                raise
            sample = part if sample is None else sample.merge(part)
        if sample is None:
            return {"sample": None}
        arrays = {field.name: getattr(sample, field.name) for field in fields(sample)}
        name = f"weighed-{unit.number:06d}.npz"

        def write(path: Path) -> None:
            with path.open("wb") as file:
                np.savez(file, **arrays)

        whole(self.folder / name, write)
        return {"sample": name}

    def _fed(self, panel: Panel) -> FloatArray:
        rows = panel.order
        x = prepared(self.plan, panel, rows)
        if weigher(self.plan).traits["feed"] == "minmax":
            return unit_range(self.plan, oriented(self.plan, x), self.found)
        return own_scores(related(self.plan, panel), panel, rows, x, self.summaries)


def unit_summary(plan: Plan, found: Summary) -> Summary:
    """Return the summary of what a method sees from that of what is looked at: for 0-1 scores a line takes it there."""
    if weigher(plan).traits["feed"] != "minmax":
        return found
    ends = unit_range(plan, np.stack([found.min, found.max, found.mean]), found)
    span = np.where(found.varies, found.max - found.min, 1.0)
    return replace(
        found,
        min=np.fmin(ends[0], ends[1]),
        max=np.fmax(ends[0], ends[1]),
        mean=ends[2],
        m2=np.where(found.varies, found.m2 / span / span, 0.0),
    )


def weighed(plan: Plan, found: Summary, folder: Path, records: Sequence[Mapping[str, Any]]) -> FloatArray:
    """Return the weight of every indicator, shares of the root, from what the units measured.

    Raises
    ------
    DomainError
        If the method does not suit the values; indicators are named.
    """
    assert plan.derive is not None
    method = weigher(plan)
    kind = method.traits["sample"]

    def kept(record: Mapping[str, Any]) -> Any:
        path = folder / record["sample"]
        with unreadable(str(path)), np.load(path) as arrays:
            return kind(**arrays)

    names = [record for record in records if record["sample"]]
    sample = unit_summary(plan, found) if kind is Summary else paired(map(kept, names), kind.merge)
    panel: Any = None  # rows are never named: only columns do not fit
    try:
        with labelled(plan, panel, np.empty(0, dtype=np.intp)):
            weights: FloatArray = method.function(sample, **plan.derive.options)
    except DomainError as error:
        error.add_note(f"while weighing by {plan.derive.name!r} from the data")
        raise
    return weights


def paired(parts: Iterator[_Sample], merge: Callable[[_Sample, _Sample], _Sample]) -> _Sample:
    """Merge parts pair by pair, in their order, and no more of them in memory than the logarithm of their number."""
    held: list[tuple[int, _Sample]] = []
    for part in parts:
        size, whole_ = 1, part
        while held and held[-1][0] == size:
            whole_ = merge(held.pop()[1], whole_)
            size *= 2
        held.append((size, whole_))
    _, found = held.pop()
    while held:
        found = merge(held.pop()[1], found)
    return found
