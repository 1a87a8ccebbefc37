"""Sheets that follow the calculation: the ranking, the pillars, and the summary with its charts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from equindex.report.sheets.book import HEAD, Book, Sheet, at, column, width
from equindex.report.sheets.live import (
    DIFFERENCE,
    PLACE,
    PUBLISHED,
    PUBLISHED_RANK,
    RANK,
    SCORE,
    TOP,
    Calculation,
    Live,
)
from equindex.report.sheets.words import SHEETS
from equindex.scoring import Scores

__all__ = ["pillars_sheet", "ranking_sheet", "summary_sheet"]

_BARS = 40  # regions that the chart of the ranking shows
_LEADING = 10
_PARTS = 30  # pillars that the comparison shows
_ARROWS = '"▲" 0;"▼" 0;"–"'


# ranking -----------------------------------------------------------------------------------------------------


def ranking_sheet(book: Book, found: Calculation, scores: Scores, names: Sequence[str]) -> None:
    """Write regions in the order of their scores, which moves with the weights, and a chart of it."""
    words, live = book.words, found.live
    scored = int((live.rank[live.rows, 0] > 0).sum())
    note = words("ranking_note") if scored > 1 else words("one_region" if scored else "unscored_all")
    sheet = book.sheet("ranking", words("ranking_title", year=live.year), note)
    keys = [
        "place",
        "rank",
        "region",
        "region_name",
        live.kind,
        "published_rank",
        "published",
        "moved",
        "coverage",
    ]
    heads = [words(key) for key in keys]
    bounds = sorted(scores.plan.model.classes.items(), key=lambda item: item[1])
    if live.kind != "index":
        bounds = []
    heads += [words("class")] if bounds else []
    sheet.headers(HEAD, heads)
    helper = len(heads)
    codes = [scores.panel.regions[code] for code in scores.panel.region[scores.panel.order[live.rows]]]
    classes = scores.classes(live.score(0)).tolist() if bounds else []
    for down, k in enumerate(live.order.tolist(), start=HEAD + 1):
        sheet.put(down, 0, down - HEAD, book.place)
        rank = int(live.rank[live.rows[k], 0]) or ""
        score = float(live.score(0)[k])
        cells: list[tuple[int, int, Any, Any]] = [
            (1, RANK, rank, book.place),
            (2, 0, codes[k], book.text),
            (3, 1, names[k], book.text),
            (4, SCORE, score, book.number("0.00")),
            (5, PUBLISHED_RANK, rank, book.place),
            (6, PUBLISHED, score, book.number("0.00")),
            (8, found.coverage[0], float(live.rolled.coverage[live.rows[k], 0]), book.number("0%")),
        ]
        if live.formulas:
            sheet.formula(
                down, helper, f"MATCH({column(0)}{down + 1},{found.cells(PLACE)},0)", k + 1, book.note
            )
        for col, source, value, style in cells:
            if live.formulas:
                picked = f"INDEX({found.cells(source)},{column(helper)}{down + 1})"
                sheet.formula(down, col, f'IF({picked}="","",{picked})', value, style)
            else:
                sheet.put(down, col, None if value == "" else value, style)
        if live.formulas:
            own, before = f"B{down + 1}", f"F{down + 1}"
            moved = f'IF(AND(ISNUMBER({own}),ISNUMBER({before})),{before}-{own},"")'
            sheet.formula(
                down, 7, moved, 0 if rank != "" else "", book.format(num_format=_ARROWS, align="center")
            )
            if bounds:
                low = ",".join(repr(float(limit)) for _, limit in bounds)
                called = ",".join('"' + name.replace('"', '""') + '"' for name, _ in bounds)
                grade = f'IF(ISNUMBER(E{down + 1}),IFERROR(LOOKUP(E{down + 1},{{{low}}},{{{called}}}),""),"")'
                own_class = classes[k] if isinstance(classes[k], str) else ""
                sheet.formula(down, 9, grade, own_class, book.text)
        elif bounds:
            sheet.put(down, 9, classes[k] if isinstance(classes[k], str) else "")
    last = HEAD + len(names)
    sheet.frame(HEAD, len(heads), len(names), 4)
    sheet.bars(HEAD + 1, 4, last)
    sheet.hide(helper)
    sheet.raw.print_area(0, 0, last, len(heads) - 1)
    if scored > 1:
        shown = min(_BARS, scored)
        title, height = words("ranking_chart", count=shown), max(260, 90 + 20 * shown)
        chart = sheet.bar_chart((HEAD + 1, HEAD + shown), 3, [4], title, height)
        sheet.raw.insert_chart(HEAD, helper + 2, chart)


# pillars -----------------------------------------------------------------------------------------------------


def pillars_sheet(
    book: Book, found: Calculation, scores: Scores, codes: Sequence[str], names: Sequence[str]
) -> None:
    """Write the scores of the pillars, shaded column by column, and why a region has none."""
    words, live = book.words, found.live
    pillars = [node for node in found.columns if node and live.tree.leaf[node] < 0]
    note = words(live.kind) if pillars else words("no_pillars")
    sheet = book.sheet("pillars", words("pillars_title", year=live.year), note)
    heads = [words("region"), words("region_name"), words("rank"), words(live.kind)]
    unscored = np.isnan(live.score(0))
    heads += [live.tree.names[node] for node in pillars] + ([words("reason")] if unscored.any() else [])
    sheet.headers(HEAD, heads)
    ranks = [int(rank) or "" for rank in live.rank[live.rows, 0]]
    series = [(RANK, ranks, book.place), (SCORE, live.score(0).tolist(), book.number("0.00"))]
    series += [(found.columns[node], live.score(node).tolist(), book.number("0.00")) for node in pillars]
    for k, down in enumerate(range(HEAD + 1, HEAD + 1 + len(names))):
        sheet.put(down, 0, codes[k])
        sheet.put(down, 1, names[k])
        for col, (source, values, style) in enumerate(series, start=2):
            if live.formulas:
                cell = found.sheet.ref(TOP + k, source)
                value: Any = values[k]
                sheet.formula(down, col, f'IF({cell}="","",{cell})', value, style)
            else:
                sheet.put(down, col, None if values[k] == "" else values[k], style)
        if unscored[k]:
            why = scores.why_unscored(int(live.rows[k]), 0, live.rolled)
            sheet.put(down, 4 + len(pillars), book.told(why))
    last = HEAD + len(names)
    sheet.frame(HEAD, len(heads), len(names), 2)
    sheet.many_columns(4 + len(pillars))
    if len(names) > 1:
        sheet.bars(HEAD + 1, 3, last)
        sheet.shades(HEAD + 1, 4, last, 3 + len(pillars))


# summary -----------------------------------------------------------------------------------------------------


def summary_sheet(book: Book, found: Calculation, scores: Scores, names: Sequence[str]) -> None:
    """Write the figures, the check, the leading regions, one region's pillars, and where to find what."""
    words, live = book.words, found.live
    model = scores.plan.model
    note = words(
        "summary_note",
        year=live.year,
        regions=len(names),
        indicators=len(model.indicator),
        source=model.source,
    )
    sheet = book.sheet("summary", book.title, note)
    row = _figures(book, sheet, found, names)
    row, chart_row = _leading(book, sheet, found, names, row + 1), 3
    if len(names) > 1:
        chart_row = _leading_chart(book, sheet, chart_row, live)
    row = _parts(book, sheet, found, names, row + 1, chart_row)
    sheet.put(row, 0, words("contents"), book.format(bold=True), fit=False)
    for down, key in enumerate(SHEETS, start=row + 1):
        sheet.raw.write_url(down, 0, f"internal:'{words.sheet(key)}'!A1", book.link, words.sheet(key))
        sheet.put(down, 1, words.about(key), fit=False)
    for col, wide in enumerate((28, max(14, min(34, *(width(n) for n in names), 34) + 2), 13, 13, 13)):
        sheet.set_width(col, wide)
    sheet.raw.fit_to_pages(1, 1)
    sheet.raw.activate()


def _figures(book: Book, sheet: Sheet, found: Calculation, names: Sequence[str]) -> int:
    """Write figures by formulas; return the row after the last."""
    words, live = book.words, found.live
    score = live.score(0)
    known = score[np.isfinite(score)]
    first, last = (live.order[0], live.order[known.size - 1]) if known.size else (None, None)
    all_scores, places, labels = found.cells(SCORE), found.cells(PLACE), found.cells(1)
    number = book.number("0.00")
    rows: list[tuple[str, str, Any, Any]] = [
        ("scored", f"COUNT({all_scores})", float(known.size), book.number("0")),
    ]

    def named(place: str) -> str:
        return f'IFERROR(INDEX({labels},MATCH({place},{places},0)),"")'

    if known.size:
        rows += [
            ("leader", named("1"), names[int(first or 0)], book.text),
            ("trailer", named(f"COUNT({all_scores})"), names[int(last or 0)], book.text),
            ("mean_score", f"AVERAGE({all_scores})", float(known.mean()), number),
            ("range", f"MAX({all_scores})-MIN({all_scores})", float(np.ptp(known)), number),
        ]
    if len(names) == 1 and known.size:
        rows = [(live.kind, found.score(0), float(known[0]), number)]
    at_row = HEAD
    for at_row, (key, formula, value, style) in enumerate(rows, start=HEAD):
        sheet.put(at_row, 0, words(key), book.format(bold=True))
        left = book.format(align="left", num_format=style.num_format)
        if live.formulas:
            sheet.formula(at_row, 1, formula, value, left)
        else:
            sheet.put(at_row, 1, value, left)
    if not known.size:
        at_row += 1
        sheet.put(at_row, 0, words("unscored_all"), book.note, fit=False)
    return _check(book, sheet, found, at_row + 1)


def _check(book: Book, sheet: Sheet, found: Calculation, row: int) -> int:
    """Write whether the formulas give the published scores, and how far they are from them."""
    words, live = book.words, found.live
    sheet.put(row, 0, words("check"), book.format(bold=True))
    if not live.formulas:
        sheet.put(row, 1, words("check_values"), fit=False)
        return row + 1
    gaps = found.cells(DIFFERENCE)
    gap = f"MAX(0,MAX({gaps}),-MIN({gaps}))"
    said = {key: f'"{words(f"check_{key}")}"' for key in ("invalid", "changed", "fine", "wrong")}
    states = found.states
    formula = (
        f'IF(COUNTIF({states},"{words("invalid")}")>0,{said["invalid"]},'
        f'IF(COUNTIF({states},"{words("changed")}")>0,{said["changed"]},'
        f'IF(AND(COUNTIF({gaps},"!")=0,{gap}<1E-9),{said["fine"]},{said["wrong"]})))'
    )
    sheet.formula(row, 1, formula, words("check_fine"), book.format(bold=True, font_color="#1F4E79"))
    sheet.put(row + 1, 0, words("largest"), book.format(bold=True))
    sheet.formula(row + 1, 1, gap, 0.0, book.format(num_format="0.0E+00", align="left"))
    return row + 2


def _leading(book: Book, sheet: Sheet, found: Calculation, names: Sequence[str], row: int) -> int:
    """Write the leading regions as the weights stand; return the row after the last."""
    words, live = book.words, found.live
    known = int((live.rank[live.rows, 0] > 0).sum())
    if len(names) < 2 or not known:
        return row
    sheet.put(row, 0, words("leading"), book.format(bold=True), fit=False)
    heads = [words(key) for key in ("place", "region_name", live.kind, "published_rank", "moved")]
    sheet.headers(row + 1, heads)
    ranking = words.sheet("ranking")
    for place, k in enumerate(live.order[: min(_LEADING, known)].tolist()):
        down, source = row + 2 + place, HEAD + 1 + place
        rank = int(live.rank[live.rows[k], 0])
        cells: list[tuple[int, Any, Any]] = [
            (1, rank, book.place),
            (3, names[k], book.text),
            (4, float(live.score(0)[k]), book.number("0.00")),
            (5, rank, book.place),
            (7, 0, book.format(num_format=_ARROWS, align="center")),
        ]
        for col, (other, value, style) in enumerate(cells):
            if live.formulas:
                sheet.formula(down, col, f"'{ranking}'!{at(source, other)}", value, style)
            else:
                sheet.put(down, col, value, style)
    last = row + 1 + min(_LEADING, known)
    sheet.bars(row + 2, 2, last)
    return last + 1


def _leading_chart(book: Book, sheet: Sheet, at_row: int, live: Live) -> int:
    known = int((live.rank[live.rows, 0] > 0).sum())
    if not known:
        return at_row
    shown = min(15, known)
    title, height = book.words("ranking_chart", count=shown), 90 + 25 * shown
    chart = book.sheets["ranking"].bar_chart((HEAD + 1, HEAD + shown), 3, [4], title, height)
    sheet.raw.insert_chart(at_row, 6, chart)
    return at_row + height // 20 + 2


def _parts(
    book: Book, sheet: Sheet, found: Calculation, names: Sequence[str], row: int, chart_row: int
) -> int:
    """Write what the index consists of, for a region to choose and for the mean; return the row after."""
    words, live = book.words, found.live
    parts = list(live.blocks[0][1][:_PARTS]) if live.blocks else []
    single = len(names) == 1
    k = int(live.order[0])
    sheet.put(row, 0, words("parts"), book.format(bold=True), fit=False)
    row += 1
    if not live.formulas and not single:
        return row + 1
    if not single:
        sheet.put(row, 0, words("chosen"))
        sheet.put(row, 1, names[k], book.input("General"))
        sheet.raw.data_validation(row, 1, row, 1, {"validate": "list", "source": f"={found.cells(1)}"})
        row += 1
    chosen = at(row - 1, 1)
    for sign in "~*?":
        chosen = f'SUBSTITUTE({chosen},"{sign}","~{sign}")'
    sheet.headers(row, [words("name"), names[k] if single else "", words("mean")][: 2 if single else 3])
    if not single:
        sheet.formula(row, 1, at(row - 1, 1), names[k], book.head)
    for down, node in enumerate(parts, start=row + 1):
        score = live.score(node)
        sheet.put(down, 0, live.tree.names[node])
        if single:
            sheet.formula(down, 1, found.score(node), float(score[0]), book.number("0.00"))
            continue
        pick = f'IFERROR(INDEX({found.score(node)},MATCH({chosen},{found.cells(1)},0)),"")'
        sheet.formula(down, 1, pick, float(score[k]), book.number("0.00"))
        mean = float(np.nanmean(score)) if np.isfinite(score).any() else ""
        sheet.formula(down, 2, f'IFERROR(AVERAGE({found.score(node)}),"")', mean, book.number("0.00"))
    last = row + len(parts)
    series, title = ([1], words("parts")) if single else ([1, 2], words("pillars_chart"))
    above = {} if (live.rolled.score[live.rows][:, parts] < 0).any() else {"min": 0}
    height = 110 + (22 if single else 32) * len(parts)
    chart = sheet.bar_chart((row + 1, last), 0, series, title, height, **above)
    sheet.raw.insert_chart(chart_row, 6, chart)
    return last + 2
