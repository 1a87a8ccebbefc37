"""The steps of scoring, each kept by what it depends on: a variant runs only those that it changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from equindex import scoring
from equindex._arrays import FloatArray
from equindex.errors import DataError, DomainError
from equindex.framework import Framework
from equindex.schema import Panel
from equindex.scoring import Plan, Rolled, Scores, Screened
from equindex.scoring.attained import attain
from equindex.scoring.equalized import equalize, references
from equindex.scoring.screening import kept_rows, spread
from equindex.scoring.steps import aggregated, normalised, ranks
from equindex.scoring.why import contributions
from equindex.tables import Sheet

__all__ = ["Scored", "Stages"]

_LATER = ("weighting", "aggregate", "missing", "rank_decimals")  # keys of [methods] that z does not depend on


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What the regions of one year are ranked by: composite, else attainment, else equalization.

    `rows` are those of the year in the panel's order; all else is in their order.
    """

    scores: Scores
    rows: NDArray[np.intp]

    @property
    def basis(self) -> Literal["index", "attainment", "equalization"]:
        """What the scores are."""
        if self.scores.rolled is not None:
            return "index"
        return "equalization" if self.scores.attained is None else "attainment"

    @property
    def regions(self) -> list[str]:
        """Ids."""
        panel = self.scores.panel
        return [panel.regions[code] for code in panel.region[panel.order[self.rows]]]

    @property
    def names(self) -> list[str]:
        """Names, the id where there is none."""
        panel = self.scores.panel
        codes = panel.region[panel.order[self.rows]]
        return [panel.region_names[code] or panel.regions[code] for code in codes]

    @property
    def score(self) -> FloatArray:
        """Scores of the root."""
        score: FloatArray = self.scores.leading.score[self.rows, 0]
        return score

    @property
    def rank(self) -> NDArray[np.int32]:
        """Ranks, 1 is best, 0 is unranked."""
        return ranks(self.score[:, None], [slice(0, len(self.rows))], self.scores.plan.rank_decimals)[:, 0]

    @property
    def coverage(self) -> FloatArray:
        """Coverage of the root."""
        coverage: FloatArray = self.scores.leading.coverage[self.rows, 0]
        return coverage

    @property
    def scale(self) -> tuple[object, ...]:
        """What makes points of two variants the same points."""
        plan = self.scores.plan
        return (self.basis, plan.scale, plan.total) if self.basis == "index" else (self.basis,)

    def why_unscored(self, row: int) -> str:
        """Say why the region of a row has no score."""
        at = int(self.rows[row])
        return self.scores.screened.out.get(at) or self.scores.why_unscored(at)

    def contributions(self, rows: NDArray[np.intp]) -> FloatArray:
        """Return what indicators, and pillars with imputed scores, contribute to the root, shape (rows, nodes).

        Raises
        ------
        DomainError
            If a method has no contributions.
        """
        plan, leading, at = self.scores.plan, self.scores.leading, self.rows[rows]
        end = np.broadcast_to(plan.tree.leaf >= 0, (len(at), len(plan.tree.ids)))
        filled = None if leading.filled is None else leading.filled[at]
        end = end if filled is None else end | filled
        if self.basis == "index" and not plan.arithmetic:
            lines = [contributions(self.scores, row)[0] for row in at.tolist()]
            return np.where(end, np.array(lines).reshape(end.shape), 0.0)
        attained = self.scores.attained
        local = attained.local if self.basis == "attainment" and attained is not None else plan.local
        share = plan.tree.effective(leading.score[at], local, None, filled)
        total = plan.total if self.basis == "index" else 1.0
        return np.where(end, share * np.nan_to_num(leading.score[at]), 0.0) * total


class Stages:
    """Data read once, and every step kept under the options that decide it."""

    def __init__(self, framework: Framework, sheets: list[Sheet], panel: Panel) -> None:
        self._sheets = sheets
        self._kept: dict[Hashable, Any] = {self._reading(framework): panel}

    @staticmethod
    def _reading(framework: Framework) -> tuple[str, ...]:
        """Return what decides how data are read, among the keys that may vary."""
        model, methods = framework.model, framework.model.methods
        return (str(methods and (methods.impute, methods.screen)), str(model.equalization))

    def _once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def _observed(self, framework: Framework) -> Panel:
        panel, findings = framework.observed(self._sheets)
        findings.stop_on_errors()
        assert panel is not None
        return panel

    def score(self, framework: Framework, year: int) -> Scored:
        """Score the regions of one year.

        Raises
        ------
        DataError, DomainError, FrameworkError
            If data, values and methods do not fit.
        """
        plan, reading = framework.prepared(), self._reading(framework)
        panel: Panel = self._once(reading, lambda: self._observed(framework))
        scores = self._composite(plan, panel, reading) if plan.composite else self._other(plan, panel)
        found = Scored(scores=scores, rows=scores.rows(year))
        if np.isinf(found.score).any():
            raise DomainError("a score is infinite: the values are too large for these methods.")
        return found

    def _composite(self, plan: Plan, panel: Panel, reading: tuple[str, ...]) -> Scores:
        methods = plan.model.methods
        assert methods is not None
        plan.tree.check(plan.calls)
        earlier = methods.model_dump(exclude=set(_LATER))
        normal = (*reading, str(earlier), str(plan.model.attainment))
        screened, full, measured, summaries, z = self._once(normal, lambda: _normalised(plan, panel))
        plan = replace(plan, treatments=measured.treatments, groups=measured.groups)
        if plan.by_data:
            weigh = (*normal, "weigh", str(plan.derive))
            plan = plan.weighed(self._once(weigh, lambda: scoring.weigh(plan, full, summaries)))
        rolled = aggregated(plan, full, z)
        if screened.out:
            kept = kept_rows(panel, screened)
            filled = None if rolled.filled is None else spread(rolled.filled, kept, 0.0) > 0
            rolled = Rolled(spread(rolled.score, kept), spread(rolled.coverage, kept, 0.0), filled)
            z = spread(z, kept)
        return _scores(plan, panel, full=full, screened=screened, z=z, rolled=rolled)

    def _other(self, plan: Plan, panel: Panel) -> Scores:
        if plan.by_data:
            plan = plan.weighed(scoring.weigh(plan, panel, {}))
        attained = attain(plan, panel)
        if attained is not None:
            return _scores(plan, panel, attained=attained)
        if plan.model.equalization is None:
            raise DataError(
                "the framework asks for nothing that could be compared: give it [methods] normalise for a composite "
                "index, targets for attainment, or [equalization]."
            )
        return _scores(plan, panel, equalized=equalize(plan, panel, references(plan, panel)))


def _scores(plan: Plan, panel: Panel, **parts: Any) -> Scores:
    blank = {"full": panel, "screened": Screened(), "imputed": None, "z": None, "rolled": None}
    return Scores(plan=plan, panel=panel, **{**blank, "attained": None, "equalized": None, **parts})


def _normalised(plan: Plan, panel: Panel) -> tuple[Any, ...]:
    screened = scoring.screening(plan, panel)
    full = scoring.fill(plan, scoring.without(panel, screened))
    plan = scoring.related(plan.treated(scoring.measure_treatments(plan, full)), full)
    summaries = scoring.measure(plan, full)
    return screened, full, plan, summaries, normalised(plan, full, summaries)
