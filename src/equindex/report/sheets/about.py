"""Sheets about the numbers: the quality of the data, the method, the provenance."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from equindex import aggregate, attainment, equalization, impute, normalise, treat, weighting
from equindex._formula import plain
from equindex._registry import Family
from equindex.model import MethodCall
from equindex.report.gather import Found, source_years
from equindex.report.method import bibtex, paragraph
from equindex.report.sheets.book import HEAD, Book, Sheet, width
from equindex.report.sheets.live import Live
from equindex.report.words import some
from equindex.report.words import words as phrases
from equindex.scoring import Scores

__all__ = ["method_sheet", "provenance_sheet", "quality_sheet"]

_CELLS = 5_000  # lines about cells
_NAMED = 6  # regions that a line names
_METHOD = (30, 26, 24, 40, 44, 60)  # widths of the columns
_PART = 30_000  # characters of a long text in one cell


# data quality ------------------------------------------------------------------------------------------------


def quality_sheet(book: Book, scores: Scores, live: Live, names: Sequence[str]) -> None:
    """Write what each indicator has, then the cells that are missing, imputed, old, or bounds, then the notes."""
    words, model, panel = book.words, scores.plan.model, scores.panel
    title = words("quality_title", year=live.year)
    sheet = book.sheet("quality", title, words("quality_note"))
    rows = panel.order[live.rows]
    given, full = panel.x[rows], scores.full.x[rows]
    imputed = np.isnan(given) & ~np.isnan(full)
    sources = source_years(panel, rows)
    inside = {int(row) for row in rows}
    bounds = [leaf for row, leaf in panel.bounds if row in inside]
    body: list[list[Any]] = []
    for leaf, indicator in enumerate(model.indicator):
        known = given[:, leaf][np.isfinite(given[:, leaf])]
        spread = (known.min(), np.median(known), known.max()) if known.size else (np.nan,) * 3
        body.append(
            [
                scores.plan.tree.names[scores.plan.tree.nodes[leaf]],
                indicator.id,
                indicator.unit,
                known.size,
                len(rows) - known.size,
                int(imputed[:, leaf].sum()),
                bounds.count(leaf),
                *map(float, spread),
                float(np.fmin.reduce(sources[:, leaf])),
                indicator.source,
            ]
        )
    keys = ["indicator", "id", "unit", "values", "missing", "imputed", "bounds", "least", "median", "most"]
    heads = [words(key) for key in [*keys, "oldest", "source"]]
    shown = ["", "", "", "0", "0", "0", "0", "#,##0.00", "#,##0.00", "#,##0.00", "0", ""]
    row = sheet.table(heads, list(zip(*body, strict=True)), shown, freeze=None) + 1
    row = _cells(book, sheet, row, scores, live, names)
    if scores.notes:
        sheet.put(row, 0, words("reading"), book.format(bold=True), fit=False)
        sheet.lines(row + 1, [book.told(note) for note in scores.notes])


def _cells(book: Book, sheet: Sheet, row: int, scores: Scores, live: Live, names: Sequence[str]) -> int:
    """List the cells that need a word; return a row after them."""
    words, panel = book.words, scores.panel
    sheet.put(row, 0, words("cells"), book.format(bold=True), fit=False)
    found = list(_said(book, scores, live, names))
    excluded = [text for text in panel.excluded if text]
    if not found:
        sheet.put(row + 1, 0, words("all_fine"), book.note, fit=False)
        return row + 3
    heads = [words(key) for key in ("indicator", "region_name", "what", "reason")]
    columns = list(zip(*found[:_CELLS], strict=True))
    end = sheet.table(heads, columns, row=row + 1, freeze=None)
    sheet.raw.autofilter(row + 1, 0, end - 1, len(heads) - 1)
    if len(found) > _CELLS:
        sheet.put(end, 0, words("more_cells", count=len(found) - _CELLS), book.note, fit=False)
    return sheet.lines(end + 1, excluded) + 1


def _said(book: Book, scores: Scores, live: Live, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Give indicator, regions, what is with their cells and why; regions with the same in one line."""
    words, panel, tree = book.words, scores.panel, scores.plan.tree
    rows = panel.order[live.rows]
    given, full = panel.x[rows], scores.full.x[rows]
    sources = source_years(panel, rows)
    place = {int(row): k for k, row in enumerate(rows)}
    printed: dict[int, list[tuple[int, str]]] = {}
    for (row, leaf), bound in panel.bounds.items():
        if row in place:
            printed.setdefault(leaf, []).append((place[row], bound.raw))
    for leaf, node in enumerate(tree.nodes.tolist()):
        alike: dict[tuple[str, str], list[str]] = {}
        lacking = np.flatnonzero(np.isnan(given[:, leaf]))
        for k, reason in zip(lacking.tolist(), panel.reasons_of(rows[lacking], leaf), strict=True):
            what = words("missing" if np.isnan(full[k, leaf]) else "imputed")
            alike.setdefault((what, book.told(reason)), []).append(names[k])
        for k, raw in printed.get(leaf, ()):
            alike.setdefault((words("bounds"), raw), []).append(names[k])
        for k in np.flatnonzero(sources[:, leaf] < live.year).tolist():
            alike.setdefault((words("old", year=sources[k, leaf]), ""), []).append(names[k])
        for (what, why), regions in alike.items():
            yield tree.names[node], some(book.words.lang, regions, _NAMED), what, why


# method ------------------------------------------------------------------------------------------------------


def method_sheet(book: Book, found: Found) -> None:
    """Write the method in a paragraph, the steps with their options and sources, what each indicator is, and BibTeX."""
    words, scores = book.words, found.scores
    model = scores.plan.model
    sheet = book.sheet("method", words("method_title"), words("method_note"))
    for col, wide in enumerate(_METHOD):
        sheet.set_width(col, wide)
    sheet.put(HEAD, 0, words("to_paste"), book.format(bold=True))
    sheet.raw.merge_range(HEAD, 1, HEAD, len(_METHOD) - 1, "", book.wrapped)
    text = paragraph(found, phrases(found.lang))
    sheet.put(HEAD, 1, text, book.wrapped, fit=False)
    sheet.raw.set_row(HEAD, 15 * (2 + width(text) // sum(_METHOD[1:])))
    row = HEAD + 2
    heads = [words(key) for key in ("step", "choice", "options", "meaning", "formula", "literature")]
    sheet.headers(row, heads, least=16)
    for row, step in enumerate(_steps(book, scores), start=HEAD + 3):
        sheet.paragraph(row, step, _METHOD)
    row += 2
    sheet.put(row, 0, words("indicators_of"), book.format(bold=True), fit=False)
    sheet.headers(row + 1, [words(key) for key in ("indicator", "unit", "direction", "inside", "source")])
    tree = scores.plan.tree
    for leaf, indicator in enumerate(model.indicator):
        node = int(tree.nodes[leaf])
        above = int(tree.parent[node])
        texts = (
            tree.names[node],
            indicator.unit,
            words(indicator.direction),
            tree.names[above] if above else words("index"),
            indicator.source,
        )
        sheet.paragraph(row + 2 + leaf, texts, _METHOD)
    row += 3 + len(model.indicator)
    sheet.put(row, 0, words("cited"), book.format(bold=True), fit=False)
    sheet.lines(row + 1, bibtex(found).splitlines())


def _steps(book: Book, scores: Scores) -> Iterator[tuple[str, ...]]:
    """Give each step, its method, options, what it does, formula and source, as far as there is one."""
    words, model, plan = book.words, scores.plan.model, scores.plan

    def step(key: str, call: MethodCall, family: Family, of: str = "") -> tuple[str, ...]:
        name = words(key) + (f" ({of})" if of else "")
        options = ", ".join(f"{k} = {_plain(v)}" for k, v in call.options.items())
        if call.name not in family:
            return name, call.name, options
        method = family.get(call.name)
        called = f"{call.name} {method.term}" if words.lang == "zh" and method.term else call.name
        return name, called, options, method.title, plain(method.formula), method.source

    wanted = model.methods
    if wanted is not None and wanted.normalise is not None:
        if wanted.screen is not None:
            screen = json.dumps(wanted.screen.model_dump(exclude_defaults=True), ensure_ascii=False)
            yield words("step_screen"), "", screen
        if wanted.impute.name != "none":
            yield step("step_impute", wanted.impute, impute.methods)
        if wanted.treat.name != "none":
            yield step("step_treat", wanted.treat, treat.methods)
        yield step("step_normalise", wanted.normalise, normalise.methods)
        yield words("step_base"), str(wanted.base)
    for indicator in model.indicator:
        if indicator.treat is not None:
            yield step("step_treat", indicator.treat, treat.methods, indicator.name or indicator.id)
        if indicator.normalise is not None:
            yield step(
                "step_normalise", indicator.normalise, normalise.methods, indicator.name or indicator.id
            )
    if plan.derive is not None:
        yield step("step_weighting", plan.derive, weighting.methods)
    else:
        yield words("step_weighting"), plan.weighting
    calls: dict[str, list[int]] = {}
    for node, inside in enumerate(plan.tree.children):
        if inside.size:
            calls.setdefault(str(plan.calls[node]), []).append(node)
    for nodes in calls.values():
        called = [words("index") if node == 0 else plan.tree.names[node] for node in nodes]
        of = "" if len(calls) == 1 else ", ".join(called[:5]) + ("…" if len(called) > 5 else "")
        yield step("step_aggregate", plan.calls[nodes[0]], aggregate.methods, of)
    rule = words(plan.missing.rule, share=f"{plan.missing.min_coverage:g}")
    yield words("step_missing"), plan.missing.rule, "", rule
    if scores.attained is not None:
        call = MethodCall(name=model.attainment.rule, options={"cap": model.attainment.cap})
        yield step("step_attainment", call, attainment.methods)
    if model.equalization is not None:
        for call in model.equalization.measures:
            yield step("step_equalization", call, equalization.measures)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


# provenance --------------------------------------------------------------------------------------------------


def provenance_sheet(book: Book, scores: Scores) -> None:
    """Write the provenance but for its time, key by key."""
    words = book.words
    sheet = book.sheet("provenance", words("provenance_title"), words("provenance_note"))
    sheet.headers(HEAD, [words("key"), words("value")])
    row = HEAD + 1
    for key, value in _flat(scores.provenance):
        for start in range(0, max(len(value), 1), _PART):
            sheet.put(row, 0, key)
            sheet.put(row, 1, value[start : start + _PART], book.wrapped, fit=False)
            row += 1
    sheet.frame(HEAD, 2, 0, 0)
    sheet.set_width(1, 110)


def _flat(content: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Give keys and texts, nested keys with dots, the framework's own sections as JSON."""
    for key, value in content.items():
        if key == "time" and not above:
            continue
        name = f"{above}{key}"
        if isinstance(value, Mapping) and not above.startswith("framework"):
            yield from _flat(value, f"{name}.")
        elif value is None or value == [] or value == {}:
            continue
        else:
            yield name, _plain(value)
