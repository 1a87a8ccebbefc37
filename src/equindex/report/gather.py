"""What a report shows: scores in one language, and what every analysis says of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from equindex import evenness, monitoring, uncertainty
from equindex._arrays import FloatArray
from equindex.charts.outlines import Outlines
from equindex.charts.style import digits
from equindex.errors import DataError, DomainError, EquindexError
from equindex.framework import Framework
from equindex.model import WeightSet
from equindex.monitoring.words import chinese_of
from equindex.schema import Findings, Panel
from equindex.scoring import Explanation, Scores, explain

if TYPE_CHECKING:
    from equindex.evenness import Evenness
    from equindex.monitoring import Monitoring
    from equindex.uncertainty import Sensitivity, Uncertainty

__all__ = ["ANALYSES", "Found", "Lang", "gather", "source_years"]

Lang = Literal["en", "zh"]
ANALYSES = ("evenness", "monitoring", "uncertainty", "sensitivity")
_MANY = 5000  # regions above which the framework is not run again for each part left out
_RESAMPLES = 499  # of regions, for the intervals of degrees
_SAMPLES = 8  # the report tells nothing of the effects that more would make sure


@dataclass(frozen=True, kw_only=True)
class Found:
    """Everything that the sections of a report are made of; None, or a reason, for what there is not.

    Attributes
    ----------
    scores : Scores
        With the names of the language.
    year : int
        The year that is told; the last of the data unless another was asked for.
    evenness, monitoring, uncertainty, sensitivity
        The analyses, None where the framework or the data do not give them.
    reasons : mapping
        Why there is none of them.
    findings : Findings
        What checking the data said.
    outlines : Outlines or None
        Outlines of regions for the map.
    presets : sequence of WeightSet
        Weight sets that the explorer offers.
    find : callable
        Returns the id of the region that a text names, or the text.
    reword : callable
        Says a reason or a finding in the language.
    pictures : bool
        Whether charts are drawn.
    """

    scores: Scores
    year: int
    lang: Lang
    evenness: Evenness | None
    monitoring: Monitoring | None
    uncertainty: Uncertainty | None
    sensitivity: Sensitivity | None
    reasons: Mapping[str, str]
    findings: Findings
    outlines: Outlines | None
    presets: Sequence[WeightSet]
    find: Callable[[str], str]
    reword: Callable[[str], str]
    pictures: bool = True

    @cached_property
    def rows(self) -> NDArray[np.intp]:
        """Rows of the year in the panel's order, best rank first, unscored ones last."""
        rows: NDArray[np.intp] = self.scores.rows(self.year)
        rank = self.scores.rank[rows, 0]
        order = np.argsort(np.where(rank > 0, rank, np.iinfo(np.int32).max), kind="stable")
        found: NDArray[np.intp] = rows[order]
        return found

    @cached_property
    def ranked(self) -> NDArray[np.intp]:
        """Those of them that have a rank."""
        found: NDArray[np.intp] = self.rows[self.scores.rank[self.rows, 0] > 0]
        return found

    @cached_property
    def score(self) -> FloatArray:
        """Score of the root of every row, in the panel's order."""
        found: FloatArray = self.scores.leading.score[:, 0]
        return found

    @cached_property
    def names(self) -> dict[str, str]:
        """The name of each node by its id."""
        tree = self.scores.plan.tree
        return dict(zip(tree.ids, tree.names, strict=True))

    @property
    def basis(self) -> str:
        """What regions are ranked by: index, attainment or equalization."""
        if self.scores.rolled is not None:
            return "index"
        return "attainment" if self.scores.attained is not None else "equalization"

    @cached_property
    def years(self) -> list[int]:
        """Every year of the data."""
        return list(self.scores.panel.rows_of)

    def code(self, row: int) -> str:
        """Return the id of a row's region."""
        panel = self.scores.panel
        code: str = panel.regions[panel.region[panel.order[row]]]
        return code

    def name(self, row: int) -> str:
        """Return the name of a row's region."""
        panel = self.scores.panel
        name: str = panel.region_names[panel.region[panel.order[row]]]
        return name or self.code(row)

    @cached_property
    def digits(self) -> int:
        """Decimals of a score in a sentence."""
        return digits(self.score[self.ranked])

    def told(self, reason: str) -> str:
        """Return a reason in the language, as a part of a sentence."""
        return self.reword(reason).rstrip(".。")

    def unscored(self, row: int) -> str:
        """Say why a row has no score."""
        return self.told(self.scores.why_unscored(row))

    def why(self, row: int) -> Explanation | str:
        """Explain a row's score, or say why that cannot be done."""
        try:
            return explain(self.scores, self.code(row), self.year)
        except (DataError, DomainError) as error:
            return self.told(str(error))


def gather(
    framework: Framework,
    data: Any,
    *,
    lang: Lang = "en",
    year: int | None = None,
    draws: int = 1000,
    band: float = 0.25,
    seed: int = 0,
    outlines: Outlines | None = None,
    presets: Sequence[WeightSet] = (),
    parts: Collection[str] = ANALYSES,
    reword: Callable[[str], str] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Found:
    """Score and analyse all that a report shows.

    Parameters
    ----------
    framework : Framework
        As it stands.
    data : path or DataFrame
        As for `Framework.score`.
    lang : {"en", "zh"}
        Language of names; a name that has no English is left as it is.
    year : int, optional
        The year that is told, the last when left out. All years are measured.
    draws : int
        Of the weights, and resamples of regions.
    band : float
        The weights go up or down by this share.
    seed : int
        Of the random numbers.
    outlines : Outlines, optional
        Outlines of the regions.
    presets : sequence of WeightSet
        Weight sets for the explorer.
    parts : collection of str
        Which of `ANALYSES` are run.
    reword : callable, optional
        Says an English reason or finding in the language; without it, reasons alone are said in Chinese.
    progress : callable, optional
        Called with what is being done, how much is finished, and all of it.

    Returns
    -------
    Found

    Raises
    ------
    DataError, FrameworkError
        As `Framework.score`; also for a year that is not in the data.
    """
    say = progress or (lambda *_: None)
    say("Scoring", 0, len(ANALYSES) + 1)
    scores = _in_language(framework, framework.score(data), lang)
    years = list(scores.panel.rows_of)
    year = years[-1] if year is None else year
    if year not in years:
        raise DataError(f"no data for {year}. Years: {', '.join(map(str, years))}.")
    options: dict[str, Any] = {"vary": [f"weights={band}"], "seed": seed, "year": year}
    runs: dict[str, Callable[[], Any]] = {
        "evenness": lambda: evenness.of_scores(
            framework,
            scores,
            years=[one for one in years if one <= year],
            draws=min(draws, _RESAMPLES),
            seed=seed,
        ),
        "monitoring": lambda: monitoring.of_scores(framework, scores, as_of=year),
        "uncertainty": lambda: replace(
            uncertainty.analyse(framework, data, draws=draws, **options), scores=scores
        ),
        "sensitivity": lambda: replace(
            uncertainty.sensitivity(framework, data, samples=_SAMPLES, resamples=0, band=band, **options),
            scores=scores,
        ),
    }
    reasons = {}
    if len(scores.rows(year)) > _MANY:
        reasons["sensitivity"] = (
            f"what moves ranks most is not looked for among more than {_MANY:,} regions: see equindex sensitivity"
        )
    done: dict[str, Any] = dict.fromkeys(ANALYSES)
    for at, what in enumerate(ANALYSES):
        if what in parts and what not in reasons:
            say("Scoring", at + 1, len(ANALYSES) + 1)
            try:
                done[what] = runs[what]()
            except EquindexError as error:
                reasons[what] = str(error).split("\n")[0]
    return Found(
        scores=scores,
        year=year,
        lang=lang,
        **done,
        reasons=reasons,
        findings=framework.inspect(data)[1],
        outlines=outlines,
        presets=presets,
        find=framework.region,
        reword=reword or (_chinese if lang == "zh" else str),
    )


def source_years(panel: Panel, rows: NDArray[np.intp]) -> FloatArray:
    """Return the year in which each cell of some rows was measured, NaN where that is not said or nothing was."""
    x = panel.x[rows]
    if panel.source_year is None:
        return np.full(x.shape, np.nan)
    return np.where(np.isnan(x), np.nan, panel.source_year[rows])


def _chinese(text: str) -> str:
    return chinese_of(text) or text


def _in_language(framework: Framework, scores: Scores, lang: Lang) -> Scores:
    """Return scores whose regions, pillars, indicators and groups have their names in a language.

    Numbers, ids and provenance stay; a name that is not given in the language stays as it is.
    """
    plan, panel = scores.plan, scores.panel

    def named(part: Any) -> str:
        first, second = (part.name, part.name_en) if lang == "zh" else (part.name_en, part.name)
        return str(first or second or part.id)

    model = plan.model
    title = (model.title or model.title_en) if lang == "zh" else (model.title_en or model.title)
    model = model.model_copy(
        update={
            "title": title,
            "title_en": title,
            "pillar": tuple(part.model_copy(update={"name": named(part)}) for part in model.pillar),
            "indicator": tuple(part.model_copy(update={"name": named(part)}) for part in model.indicator),
        }
    )
    parts: list[Any] = [*model.pillar, *model.indicator]
    names = {part.id: named(part) for part in parts}
    tree = replace(plan.tree, names=tuple(names.get(node, title or model.id) for node in plan.tree.ids))
    plan = replace(plan, model=model, tree=tree)
    panel, full = (_regions_in(framework, one, lang) for one in (panel, scores.full))
    return replace(scores, plan=plan, panel=panel, full=full)


def _regions_in(framework: Framework, panel: Panel, lang: Lang) -> Panel:
    """Name regions and groups in English where the regions table does: ``name_en``, and ``zone_en`` for zone."""
    if lang == "zh" or framework.regions is None:
        return panel
    frame = framework.regions.frame
    english: dict[str, str] = {}
    if "name_en" in frame:
        known = frame[frame["name_en"].fillna("") != ""]
        english = dict(zip(known["region"], known["name_en"], strict=True))
    groups = dict(panel.groups)
    for group, (codes, labels) in panel.groups.items():
        if group in frame and f"{group}_en" in frame:
            words = dict(zip(frame[group], frame[f"{group}_en"].fillna(""), strict=True))
            groups[group] = codes, tuple(words.get(label) or label for label in labels)
    names = tuple(
        english.get(code, name) for code, name in zip(panel.regions, panel.region_names, strict=True)
    )
    return replace(panel, region_names=names, groups=groups)
