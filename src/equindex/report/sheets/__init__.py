"""The workbook: results as sheets with charts, and the index by formulas that follow the weights."""

from __future__ import annotations

from collections import Counter

from equindex.report.gather import Found
from equindex.report.sheets.about import method_sheet, provenance_sheet, quality_sheet
from equindex.report.sheets.book import Book
from equindex.report.sheets.live import Live, calculation
from equindex.report.sheets.rankings import pillars_sheet, ranking_sheet, summary_sheet
from equindex.report.sheets.values import (
    attainment_sheet,
    equalization_sheet,
    indicators_sheet,
    sensitivity_sheet,
    years_sheet,
)
from equindex.report.sheets.words import Words

__all__ = ["workbook"]


def workbook(found: Found) -> bytes:
    """Return results as a workbook (xlsx) that calculates the year told from normalised values and weights.

    The other years are values.

    Parameters
    ----------
    found : Found
        What `gather` found.

    Returns
    -------
    bytes
        The same for the same results.

    Raises
    ------
    FrameworkError
        If the results do not fit a workbook.
    """
    scores, year = found.scores, found.year
    words, model, panel = Words(found.lang), scores.plan.model, scores.panel
    live = Live.of(scores, year)
    regions = panel.region[panel.order[live.rows]].tolist()
    codes = [panel.regions[code] for code in regions]
    names = _unique([panel.region_names[code] or panel.regions[code] for code in regions], codes)
    digest = str(scores.provenance.get("framework_digest", ""))[:12]
    foot = f"equindex {scores.provenance.get('equindex', '')} {digest}"
    book = Book(words, model.title or model.id, foot, found.reword)
    calculated = calculation(book, live, codes, names)
    ranking_sheet(book, calculated, scores, names)
    pillars_sheet(book, calculated, scores, codes, names)
    indicators_sheet(book, scores, live, codes, names)
    attainment_sheet(book, scores, live, codes, names)
    equalization_sheet(book, scores, live, codes, names)
    sensitivity_sheet(book, found)
    years_sheet(book, scores, live, found.years)
    quality_sheet(book, scores, live, names)
    method_sheet(book, found)
    provenance_sheet(book, scores)
    summary_sheet(book, calculated, scores, names)
    return book.bytes()


def _unique(names: list[str], codes: list[str]) -> list[str]:
    """Return the names, with the code where several regions have one."""
    count = Counter(names)
    return [f"{name} ({code})" if count[name] > 1 else name for name, code in zip(names, codes, strict=True)]
