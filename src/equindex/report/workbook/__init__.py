"""The workbook: results as sheets with charts, and the index by formulas that follow the weights."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

from equindex.errors import DataError, FrameworkError
from equindex.report.workbook.about import method_sheet, provenance_sheet, quality_sheet
from equindex.report.workbook.book import Book
from equindex.report.workbook.live import Live, calculation
from equindex.report.workbook.rankings import pillars_sheet, ranking_sheet, summary_sheet
from equindex.report.workbook.values import (
    attainment_sheet,
    equalization_sheet,
    indicators_sheet,
    sensitivity_sheet,
    years_sheet,
)
from equindex.report.workbook.words import Words
from equindex.scoring import Scores

if TYPE_CHECKING:
    from equindex.uncertainty import Uncertainty

__all__ = ["workbook"]


def workbook(
    scores: Scores,
    *,
    lang: Literal["zh", "en"] = "zh",
    year: int | None = None,
    uncertainty: Uncertainty | None = None,
) -> bytes:
    """Return results as a workbook (xlsx) that calculates them from normalised values and weights.

    Parameters
    ----------
    scores : Scores
        With every step kept; names are taken as they are.
    lang : {"zh", "en"}
        Language of sheets and headers.
    year : int, optional
        The year that is calculated by formulas; the last when left out. The others are values.
    uncertainty : Uncertainty, optional
        Where draws put the ranks, of the same year.

    Returns
    -------
    bytes
        The same for the same results.

    Raises
    ------
    DataError
        If nothing was scored, or not in `year`, or only the index was kept.
    FrameworkError
        If the results do not fit a workbook.
    """
    years = [y for y in scores.panel.rows_of if scores.years is None or y in scores.years]
    if not years:
        raise DataError("there is no scored row, so there is nothing to report.")
    if year is not None and year not in years:
        raise DataError(f"no scores for {year}. Years: {', '.join(map(str, years))}.")
    if scores.rolled is not None and scores.z is None:
        raise DataError('only the index was kept: score with keep="all" to see every step.')
    if scores.rolled is None and scores.attained is None and scores.equalized is None:
        raise FrameworkError(
            "this framework asks for no index: give it [methods] normalise, targets, or [equalization]."
        )
    year = years[-1] if year is None else year
    words, model, panel = Words(lang), scores.plan.model, scores.panel
    live = Live.of(scores, year)
    regions = panel.region[panel.order[live.rows]].tolist()
    codes = [panel.regions[code] for code in regions]
    names = _unique([panel.region_names[code] or panel.regions[code] for code in regions], codes)
    digest = str(scores.provenance.get("framework_digest", ""))[:12]
    foot = f"equindex {scores.provenance.get('equindex', '')} {digest}"
    titles = (model.title, model.title_en) if lang == "zh" else (model.title_en, model.title)
    book = Book(words, next((title for title in titles if title), model.id), foot)
    found = calculation(book, live, codes, names)
    ranking_sheet(book, found, scores, names)
    pillars_sheet(book, found, codes, names)
    indicators_sheet(book, scores, live, codes, names)
    attainment_sheet(book, scores, live, codes, names)
    equalization_sheet(book, scores, live, codes, names)
    sensitivity_sheet(book, year, uncertainty)
    years_sheet(book, scores, live, years)
    quality_sheet(book, scores, live, names)
    method_sheet(book, scores)
    provenance_sheet(book, scores)
    summary_sheet(book, found, scores, names)
    return book.bytes()


def _unique(names: list[str], codes: list[str]) -> list[str]:
    """Return the names, with the code where several regions have one."""
    count = Counter(names)
    return [f"{name} ({code})" if count[name] > 1 else name for name, code in zip(names, codes, strict=True)]
