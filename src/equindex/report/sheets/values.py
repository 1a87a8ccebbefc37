"""Sheets of values: indicators, attainment, equalization, years, sensitivity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from equindex import equalization
from equindex.report.gather import Found
from equindex.report.sheets.book import GRID, HEAD, Book, Sheet
from equindex.report.sheets.live import Live
from equindex.scoring import Scores
from equindex.uncertainty import Weights

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["attainment_sheet", "equalization_sheet", "indicators_sheet", "sensitivity_sheet", "years_sheet"]

_LONG = 20_000  # rows of attainment up to which each cell has a row of its own
_LINES = 8  # regions that the chart of the years shows
_INTERVALS = 40  # regions that the chart of rank intervals shows


def indicators_sheet(
    book: Book, scores: Scores, live: Live, codes: Sequence[str], names: Sequence[str]
) -> None:
    """Write the values of all indicators, with what was printed where only a bound is known."""
    words, model, panel = book.words, scores.plan.model, scores.panel
    sheet = book.sheet("indicators", words("indicators_title", year=live.year), words("indicators_note"))
    leaves = [int(leaf) for leaf in scores.plan.tree.leaf if leaf >= 0]
    head = HEAD + 2
    for row, key in ((HEAD, "unit"), (HEAD + 1, "direction")):
        sheet.put(row, 1, words(key), book.note)
    labels = dict(zip(scores.plan.tree.leaf.tolist(), scores.plan.tree.names, strict=True))
    sheet.headers(head, [words("region"), words("region_name"), *(labels[leaf] for leaf in leaves)])
    rows = panel.order[live.rows]
    given, full = panel.x[rows], scores.full.x[rows]
    place = {int(row): k for k, row in enumerate(rows)}
    printed = {(place[row], leaf): b.raw for (row, leaf), b in panel.bounds.items() if row in place}
    for k, (code, name) in enumerate(zip(codes, names, strict=True)):
        sheet.put(head + 1 + k, 0, code)
        sheet.put(head + 1 + k, 1, name)
    for col, leaf in enumerate(leaves, start=2):
        sheet.put(HEAD, col, model.indicator[leaf].unit, book.note, fit=False)
        sheet.put(HEAD + 1, col, words(model.indicator[leaf].direction), book.note, fit=False)
        shown = _digits(full[:, leaf])
        plain, filled = book.number(shown), book.number(shown, italic=True, font_color="#0B5CAD")
        for k, value in enumerate(full[:, leaf].tolist()):
            imputed = np.isnan(given[k, leaf])
            sheet.put(head + 1 + k, col, printed.get((k, leaf), value), filled if imputed else plain)
    sheet.frame(head, 2 + len(leaves), len(names), 2)
    sheet.many_columns(2 + len(leaves))
    if len(names) > 1:
        sheet.shades(head + 1, 2, head + len(names), 1 + len(leaves))


def _digits(values: Any) -> str:
    """Return the number format of a column by the size of its values."""
    known = np.abs(values[np.isfinite(values)])
    if known.size and (known == np.round(known)).all():
        return "#,##0"
    largest = known.max(initial=0)
    return "#,##0.0" if largest >= 1000 else "0.00" if largest >= 1 else "0.0000"


# attainment --------------------------------------------------------------------------------------------------


def attainment_sheet(
    book: Book, scores: Scores, live: Live, codes: Sequence[str], names: Sequence[str]
) -> None:
    """Write how far values have come towards targets: cell by cell, or regions by indicators where there are many."""
    words, wanted = book.words, scores.plan.model.attainment
    title = words("attainment_title", year=live.year)
    if scores.attained is None:
        book.sheet("attainment", title, words("no_targets"))
        return
    rule: dict[str, Any] = {"rule": wanted.rule, "cap": wanted.cap}
    if len(live.rows) * len(scores.plan.tree.ids) > _LONG:
        sheet = book.sheet("attainment", title, words("attainment_wide", **rule))
        _wide(book, sheet, scores, live, codes, names)
        return
    sheet = book.sheet("attainment", title, words("attainment_note", **rule))
    frame = scores.attainment
    frame = frame[frame["year"] == live.year]
    depth = frame["level"].astype(str).map({"index": 0, "pillar": 1, "indicator": 2})
    binding = frame["binding"].fillna(False).astype(bool)
    order = np.lexsort((frame["attainment"].to_numpy(), ~binding.to_numpy(), depth.to_numpy()))
    frame = frame.iloc[order]
    tree, parent = scores.plan.tree, {}
    for node, name in enumerate(tree.ids):
        above = int(tree.parent[node])
        parent[name] = words("index") if above == 0 else "" if above < 0 else tree.names[above]
    called = dict(zip(tree.ids, [words("index"), *tree.names[1:]], strict=True))
    units = {i.id: i.unit for i in scores.plan.model.indicator}
    nodes, bounds = frame["node"].astype(str).tolist(), frame["bound"].astype(str).tolist()
    value = [b or v for b, v in zip(bounds, frame["value"].tolist(), strict=True)]
    columns = [
        frame["region_name"].astype(str).tolist(),
        [parent[node] for node in nodes],
        [called[node] for node in nodes],
        [units.get(node, "") for node in nodes],
        value,
        [text if isinstance(text, str) else "" for text in frame["target"].tolist()],
        frame["attainment"].tolist(),
        frame["uncapped"].tolist(),
        [words(f"status_{word}") if isinstance(word, str) and word else "" for word in frame["status"].tolist()],
        [words.truth(bool(b)) if b is True or b is np.True_ else "" for b in frame["binding"].tolist()],
        frame["coverage"].tolist(),
        [book.told(text) for text in frame["reason"].tolist()],
    ]  # fmt: skip
    keys = ["region_name", "inside", "name", "unit", "value", "target", "attainment", "uncapped"]
    heads = [words(key) for key in [*keys, "status", "binding", "coverage", "reason"]]
    shown = ["", "", "", "", "#,##0.00", "", "0.0", "0.0", "", "", "0%", ""]
    last = sheet.table(heads, columns, shown, freeze=3) - 1
    sheet.bars(HEAD + 1, 6, last)
    for word, colour in (("met", "#CFE8DC"), ("not_met", "#FBE3C8"), ("breach", "#F4B6B6")):
        sheet.mark(HEAD + 1, 8, last, words(f"status_{word}"), colour)


def _wide(
    book: Book, sheet: Sheet, scores: Scores, live: Live, codes: Sequence[str], names: Sequence[str]
) -> None:
    found, tree = scores.attained, scores.plan.tree
    assert found is not None
    nodes = np.flatnonzero(tree.sums(found.has.astype(float)) > 0).tolist()
    score = found.rolled.score[live.rows][:, nodes]
    heads = [book.words("region"), book.words("region_name")]
    heads += [tree.names[node] if node else book.words("attainment") for node in nodes]
    columns: list[Sequence[Any]] = [codes, names, *score.T.tolist()]
    last = sheet.table(heads, columns, ["", "", *["0.0"] * len(nodes)]) - 1
    sheet.shades(HEAD + 1, 2, last, 1 + len(nodes))
    sheet.many_columns(2 + len(nodes))


# equalization ------------------------------------------------------------------------------------------------


def equalization_sheet(
    book: Book, scores: Scores, live: Live, codes: Sequence[str], names: Sequence[str]
) -> None:
    """Write how even each node is over the regions, then the index of each region."""
    words, wanted = book.words, scores.plan.model.equalization
    title = words("equalization_title", year=live.year)
    if wanted is None or scores.equalized is None:
        book.sheet("equalization", title, words("no_equalization"))
        return
    note = words(
        "equalization_note",
        measure=_called(book, wanted.degree),
        reference=_reference(book, scores.equalized.kind),
    )
    if scores.panel.population is None and not scores.panel.populations:
        note += " " + words("no_population")
    if len(names) == 1:
        note += " " + words("one_region")
    sheet = book.sheet("equalization", title, note)
    row, columns_above = _degrees(book, sheet, scores, live)
    tree = scores.plan.tree
    nodes = [0, *(node for node, level in enumerate(tree.levels) if level == "pillar")]
    score = scores.equalized.rolled.score[live.rows][:, nodes]
    heads = [
        words("region"),
        words("region_name"),
        words("equalization"),
        *(tree.names[n] for n in nodes[1:]),
    ]
    columns: list[Sequence[Any]] = [codes, names, *score.T.tolist()]
    last = sheet.table(heads, columns, ["", "", *["0.00"] * len(nodes)], row=row, freeze=None) - 1
    sheet.raw.autofilter(row, 0, last, len(heads) - 1)
    sheet.raw.freeze_panes(0, 2)
    sheet.raw.print_area(0, 0, last, max(len(heads), columns_above) - 1)
    if len(names) > 1:
        sheet.bars(row + 1, 2, last)
        sheet.shades(row + 1, 3, last, len(heads) - 1)


def _called(book: Book, measure: str) -> str:
    """Return how a measure is called in the workbook's language."""
    name = measure.partition("(")[0]
    term = equalization.measures.get(name).term if book.words.lang == "zh" else ""
    return f"{term.split(', ')[0]} {measure}" if term else measure


def _reference(book: Book, kind: str) -> str:
    known = ("mean", "weighted_mean", "median", "best", "standard")
    return book.words(f"reference_{kind}") if kind in known else kind


def _degrees(book: Book, sheet: Sheet, scores: Scores, live: Live) -> tuple[int, int]:
    """Write degrees and measures of every node, and a chart; return the next table's row, and the columns used."""
    words, tree, wanted = book.words, scores.plan.tree, scores.plan.model.equalization
    assert wanted is not None
    frame = scores.inequality
    frame = frame[(frame["year"] == live.year) & (frame["basis"] == "values") & (frame["by"] == "")]
    found: dict[tuple[str, str, bool, str], float] = {}
    for node, measure, weighted, part, value in zip(
        frame["node"], frame["measure"], frame["weighted"], frame["part"], frame["value"], strict=True
    ):
        found[node, measure, bool(weighted), part] = value
    measures = [call.label for call in wanted.measures]
    columns: list[tuple[str, list[float]]] = []

    def series(head: str, measure: str, weighted: bool, part: str) -> None:
        values = [found.get((node, measure, weighted, part), np.nan) for node in tree.ids]
        if np.isfinite(values).any():
            columns.append((head, values))

    series(words("degree"), wanted.degree, False, "degree")
    series(words("degree_weighted"), wanted.degree, True, "degree")
    for measure in measures:
        series(words("measured", measure=_called(book, measure)), measure, False, "total")
    parents = ["" if p < 0 else words("index") if p == 0 else tree.names[p] for p in tree.parent.tolist()]
    labels = [words("index"), *tree.names[1:]]
    heads = [words("inside"), words("name"), *(head for head, _ in columns)]
    shown = ["", "", *("0.00" if part.startswith(words("degree")) else "0.0000" for part, _ in columns)]
    end = sheet.table(heads, [parents, labels, *(values for _, values in columns)], shown, freeze=None)
    if columns and columns[0][0] == words("degree"):
        sheet.bars(HEAD + 1, 2, end - 1)
        title, height = words("equalization_chart"), 100 + 20 * min(60, end - HEAD - 1)
        chart = sheet.bar_chart((HEAD + 1, end - 1), 1, [2], title, height, min=0, max=100)
        sheet.raw.insert_chart(HEAD, max(len(heads), 3 + sum(tree.leaf < 0)) + 1, chart)
    return end + 1, len(heads)


# years -------------------------------------------------------------------------------------------------------


def years_sheet(book: Book, scores: Scores, live: Live, years: Sequence[int]) -> None:
    """Write scores and ranks of all years, regions by rank in the last, and a chart of the leading ones."""
    words, panel = book.words, scores.panel
    if len(years) < 2:
        book.sheet("years", words("years_title"), words("one_year", year=live.year))
        return
    sheet = book.sheet("years", words("years_title"), words("years_note", year=live.year))
    region = panel.region[panel.order]
    regions = sorted({int(code) for year in years for code in region[scores.rows(year)]})
    place = {code: k for k, code in enumerate(regions)}
    score = np.full((len(regions), len(years)), np.nan)
    rank = score.copy()
    for col, year in enumerate(years):
        rows = scores.rows(year)
        at = [place[int(code)] for code in region[rows]]
        score[at, col] = live.rolled.score[rows, 0]
        rank[at, col] = np.where(live.rank[rows, 0] > 0, live.rank[rows, 0], np.nan)
    order = np.argsort(np.where(np.isnan(rank[:, -1]), np.inf, rank[:, -1]), kind="stable")
    score, rank = score[order], rank[order]
    codes = [regions[k] for k in order]
    heads = [words("region"), words("region_name"), *map(str, years)]
    heads += [words("rank_in", year=year) for year in years]
    columns: list[Sequence[Any]] = [
        [panel.regions[code] for code in codes],
        [panel.region_names[code] or panel.regions[code] for code in codes],
        *score.T.tolist(),
        *rank.T.tolist(),
    ]
    shown = ["", "", *["0.00"] * len(years), *["0"] * len(years)]
    last = sheet.table(heads, columns, shown) - 1
    sheet.raw.print_area(0, 0, last, len(heads) - 1)
    count = min(_LINES, int(np.isfinite(score).any(axis=1).sum()))
    if not count:
        return
    chart = book.book.add_chart({"type": "line"})
    for down in range(HEAD + 1, HEAD + 1 + count):
        chart.add_series(
            {
                "name": [sheet.name, down, 1],
                "categories": [sheet.name, HEAD, 2, HEAD, 1 + len(years)],
                "values": [sheet.name, down, 2, down, 1 + len(years)],
                "marker": {"type": "automatic"},
            }
        )
    chart.set_title({"name": words("years_chart", count=count), "name_font": {"size": 12}})
    chart.set_y_axis({"major_gridlines": {"visible": True, "line": GRID}, "num_format": "0"})
    chart.set_legend({"position": "right"})
    chart.show_blanks_as("span")
    chart.set_size({"width": 640, "height": 380})
    sheet.raw.insert_chart(HEAD, len(heads) + 1, chart)


# sensitivity -------------------------------------------------------------------------------------------------


def sensitivity_sheet(book: Book, report: Found) -> None:
    """Write between which ranks each region lies in the draws, and a chart of it."""
    words, found = book.words, report.uncertainty
    title = words("sensitivity_title", year=report.year)
    if found is None:
        book.sheet(
            "sensitivity", title, book.told(report.reasons.get("uncertainty")) or words("no_sensitivity")
        )
        return
    band = max(factor.amount for factor in found.study.factors if isinstance(factor, Weights))
    note = words(
        "sensitivity_note", draws=found.kept.draws, seed=found.study.seed, band=band, level=found.level
    )
    sheet = book.sheet("sensitivity", title, note)
    frame: pd.DataFrame = found.regions.sort_values("rank", kind="stable", na_position="last")
    keys = ["region", "region_name", "score", "score_low", "score_high", "rank", "rank_low", "rank_median"]
    keys += ["rank_high", "first"]
    named = {"score": "published", "rank": "published_rank"}
    heads = [words(named.get(key, key)) for key in keys]
    low = frame["rank_low"].astype(float).to_numpy()
    high = frame["rank_high"].astype(float).to_numpy()
    columns: list[Sequence[Any]] = [frame["region"].tolist(), frame["region_name"].tolist()]
    columns += [frame[key].astype(float).tolist() for key in keys[2:]]
    columns += [(high - low).tolist(), [book.told(text) for text in frame["reason"]]]
    heads += [words("span"), words("reason")]
    shown = ["", "", "0.00", "0.00", "0.00", "0", "0", "0.0", "0", "0%", "0", ""]
    last = sheet.table(heads, columns, shown) - 1
    sheet.bars(HEAD + 1, 10, last)
    sheet.raw.print_area(0, 0, last, len(heads) - 1)
    if found.ranking:
        _intervals(book, sheet, len(heads), low, high)


def _intervals(book: Book, sheet: Sheet, free: int, low: Any, high: Any) -> None:
    """Show the intervals as bars from half a rank before to half a rank after, from two hidden columns."""
    known = np.flatnonzero(np.isfinite(low) & np.isfinite(high))[:_INTERVALS]
    if not known.size:
        return
    rows = HEAD + 1, HEAD + 1 + int(known[-1])
    for k in known.tolist():
        sheet.put(HEAD + 1 + k, free, float(low[k]) - 0.5, book.note)
        sheet.put(HEAD + 1 + k, free + 1, float(high[k] - low[k]) + 1, book.note)
    chart = book.book.add_chart({"type": "bar", "subtype": "stacked"})
    for col, fill in ((free, {"none": True}), (free + 1, {"color": "#8DB4E2"})):
        chart.add_series(
            {
                "name": [sheet.name, HEAD, 10],
                "categories": [sheet.name, rows[0], 1, rows[1], 1],
                "values": [sheet.name, rows[0], col, rows[1], col],
                "fill": fill,
                "border": {"none": True},
                "gap": 40,
            }
        )
    sheet.raw.set_column(free, free + 1, 0.5)
    sheet.set_width(free, 1)
    sheet.set_width(free + 1, 1)
    chart.set_title({"name": book.words("sensitivity_chart", count=known.size), "name_font": {"size": 12}})
    chart.set_y_axis({"reverse": True, "interval_unit": 1, "num_font": {"size": 9}})
    chart.set_x_axis({"min": 0, "num_format": "0", "major_gridlines": {"visible": True, "line": GRID}})
    chart.set_legend({"none": True})
    chart.set_size({"width": 560, "height": 100 + 18 * known.size})
    sheet.raw.insert_chart(HEAD, free + 3, chart)
