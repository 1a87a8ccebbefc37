"""The calculation by formulas: weights that readers may change, scores of every node, ranks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from equindex._arrays import FloatArray
from equindex.report.sheets.book import HEAD, Book, Sheet, at, column
from equindex.scoring import Scores
from equindex.scoring.tree import Rolled, Tree

__all__ = ["MOST", "TOP", "Calculation", "Live", "calculation"]

MOST = 5_000
"""Regions up to which scores are formulas: ranks compare every two."""

TOP = 7
"""First row of regions in the calculation, counted from 0."""

_FORMULAS = ("arithmetic", "geometric")
_PARENTS, _WEIGHTS, _HEADER = 3, 5, 6
_ID, _NAME, SCORE, RANK, PLACE, PUBLISHED, PUBLISHED_RANK, DIFFERENCE, _KEY, _FIRST = range(10)
_INSIDE, _LABEL, _NODE, _METHOD, _SET, _INPUT, _SCALED, _SHARE, STATE, _DEFINED = range(10)
_ROUNDING = "1E-9"


@dataclass(frozen=True, kw_only=True)
class Live:
    """What regions are ranked by in one year: its tree, weights and scores.

    `kind` is index, attainment or equalization; `rows` are the year's rows of the panel's order, `methods` the
    aggregation of each node.
    """

    kind: str
    year: int
    tree: Tree
    rows: NDArray[np.intp]
    local: FloatArray
    rolled: Rolled
    rank: NDArray[np.int32]
    methods: tuple[str, ...]
    rule: str
    min_coverage: float
    total: float
    decimals: int | None
    nodes: NDArray[np.bool_]

    @classmethod
    def of(cls, scores: Scores, year: int) -> Live:
        """Take what `scores` ranks by, in `year`."""
        plan, rolled = scores.plan, scores.leading
        attained = scores.attained if rolled is not scores.rolled else None
        kept = np.ones(len(plan.tree.ids), dtype=np.bool_)
        local, kind = plan.local, "index" if rolled is scores.rolled else "equalization"
        if attained is not None:
            local, kind = attained.local, "attainment"
            kept = plan.tree.sums(attained.has.astype(float)) > 0
        own = rolled is scores.rolled
        return cls(
            kind=kind,
            year=year,
            tree=plan.tree,
            rows=scores.rows(year),
            local=local,
            rolled=rolled,
            rank=scores.rank,
            methods=tuple(call.name if own else "arithmetic" for call in plan.calls),
            rule=plan.missing.rule,
            min_coverage=plan.missing.min_coverage,
            total=plan.total if own else 1.0,
            decimals=plan.rank_decimals,
            nodes=kept,
        )

    @cached_property
    def blocks(self) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """Parents with their children, level by level, so that children and their pillars stand side by side."""
        found: list[tuple[int, tuple[int, ...]]] = []
        todo = [0]
        for parent in todo:
            inside = tuple(child for child in self.tree.children[parent].tolist() if self.nodes[child])
            found.append((parent, inside))
            todo += [child for child in inside if self.tree.leaf[child] < 0]
        return tuple(block for block in found if block[1])

    @property
    def formulas(self) -> bool:
        """Whether scores are formulas: there are not too many regions."""
        return 0 < len(self.rows) <= MOST

    def moves(self, node: int) -> bool:
        """Whether the score of a parent follows from its children's by a formula."""
        return self.formulas and self.methods[node] in _FORMULAS

    def score(self, node: int) -> FloatArray:
        """Scores of a node in the year."""
        found: FloatArray = self.rolled.score[self.rows, node]
        return found

    @cached_property
    def order(self) -> NDArray[np.intp]:
        """Positions in `rows` by rank, unscored regions last."""
        rank = self.rank[self.rows, 0]
        return np.argsort(np.where(rank > 0, rank, len(rank) + 1), kind="stable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculation:
    """Where other sheets find what is calculated: the sheets, and the column of each node's scores."""

    live: Live
    sheet: Sheet
    weights: Sheet
    last: int
    columns: dict[int, int]
    coverage: dict[int, int]
    states: str

    def cells(self, col: int) -> str:
        """Return the reference to a column of all regions."""
        return self.sheet.ref(TOP, col, self.last)

    def score(self, node: int) -> str:
        """Return the reference to the scores of a node."""
        return self.cells(self.columns[node])


# weights -----------------------------------------------------------------------------------------------------


def _weights_sheet(book: Book, live: Live) -> tuple[Sheet, dict[int, int]]:
    """Write the weights, which readers may change; return the sheet and the row of each node."""
    words = book.words
    sheet = book.sheet("weights", words("weights_title"), words("weights_note"))
    names = [words(key) for key in ("inside", "name", "id", "method_of", "published_weight", "your_weight")]
    names += [words(key) for key in ("scaled", "share", "state", "defined")]
    rows, taken = {0: HEAD + 1}, set[str]()
    sheet.headers(HEAD, names)
    _root(sheet, live, book)
    at_row = HEAD + 2
    for parent, inside in live.blocks:
        first, last = at_row, at_row + len(inside) - 1
        moves = live.moves(parent)
        for child in inside:
            rows[child] = at_row
            sheet.put(at_row, _INSIDE, _label(live, parent, words("index")))
            sheet.put(at_row, _LABEL, live.tree.names[child])
            sheet.put(at_row, _NODE, live.tree.ids[child])
            sheet.put(at_row, _METHOD, live.methods[parent])
            weight = float(live.local[child])
            sheet.put(at_row, _SET, weight, book.number("0.0000"))
            if moves:
                _adjustable(sheet, book, at_row, first, last, weight, rows[parent], _share(live, child))
                name = _defined(live.tree.ids[child], taken)
                book.book.define_name(name, f"={sheet.ref(at_row, _INPUT)}")
                sheet.put(at_row, _DEFINED, name, book.note)
            else:
                above = at(rows[parent], _SHARE)
                sheet.put(at_row, _SCALED, weight, book.number("0.0000"))
                sheet.formula(
                    at_row,
                    _SHARE,
                    f'IF(ISNUMBER({above}),{above}*{at(at_row, _SCALED)},"")',
                    _share(live, child),
                    book.number("0.00%"),
                )
                why = (
                    words("too_many", most=MOST)
                    if not live.formulas
                    else words("fixed", method=live.methods[parent])
                )
                sheet.put(at_row, STATE, why, book.note)
            at_row += 1
    sheet.frame(HEAD, 0, 0, 3)
    sheet.mark(HEAD + 1, STATE, at_row, words("changed"), "#FCE4B0")
    sheet.mark(HEAD + 1, STATE, at_row, words("invalid"), "#F4B6B6")
    sheet.bars(HEAD + 2, _SHARE, at_row - 1)
    return sheet, rows


def _root(sheet: Sheet, live: Live, book: Book) -> None:
    row = HEAD + 1
    sheet.put(row, _LABEL, _label(live, 0, book.words("index")))
    sheet.put(row, _NODE, live.tree.ids[0])
    for col in (_SET, _SCALED):
        sheet.put(row, col, 1.0, book.number("0.0000"))
    sheet.put(row, _SHARE, 1.0, book.number("0.00%"))


def _adjustable(
    sheet: Sheet, book: Book, row: int, first: int, last: int, weight: float, above: int, share: float
) -> None:
    """Write a weight to change, and by formulas: scaled among its siblings, as a share of the index, its state."""
    words = book.words
    sheet.put(row, _INPUT, weight, book.input("0.0000"))
    sheet.raw.data_validation(
        row, _INPUT, row, _INPUT,
        {"validate": "decimal", "criteria": ">=", "value": 0,
         "error_title": words("invalid"), "error_message": words("not_negative")},
    )  # fmt: skip
    own, siblings, scaled = at(row, _INPUT), at(first, _INPUT, last), at(row, _SCALED)
    sheet.formula(
        row,
        _SCALED,
        f'IF(AND(COUNTIF({siblings},">=0")={last - first + 1},SUM({siblings})>0),{own}/SUM({siblings}),"")',
        weight,
        book.number("0.0000"),
    )
    parent = at(above, _SHARE)
    sheet.formula(
        row,
        _SHARE,
        f'IF(AND(ISNUMBER({scaled}),ISNUMBER({parent})),{scaled}*{parent},"")',
        share,
        book.number("0.00%"),
    )
    changed = f'IF(ABS({scaled}-{at(row, _SET)})>1E-12,"{words("changed")}","")'
    sheet.formula(row, STATE, f'IF(ISNUMBER({scaled}),{changed},"{words("invalid")}")', "", book.text)


def _share(live: Live, node: int) -> float:
    share = live.tree.shares(live.local)[node]
    return float(share)


def _label(live: Live, node: int, root: str) -> str:
    return live.tree.names[node] if node else root


def _defined(node: str, taken: set[str]) -> str:
    """Return a name that formulas can use for a node's weight."""
    base = name = "w_" + re.sub(r"\W", "_", node)[:200]
    number = 2
    while name.casefold() in taken:
        name, number = f"{base}_{number}", number + 1
    taken.add(name.casefold())
    return name


# scores ------------------------------------------------------------------------------------------------------


def calculation(book: Book, live: Live, ids: list[str], names: list[str]) -> Calculation:
    """Write weights and calculation.

    Parameters
    ----------
    book : Book
    live : Live
    ids, names : list of str
        Of the regions, in the order of ``live.rows``.

    Returns
    -------
    Calculation
    """
    words = book.words
    sheet = book.sheet("calculation", words("calculation_title", year=live.year), _said(live, book))
    weights, weight_rows = _weights_sheet(book, live)
    parents = [parent for parent, _ in live.blocks]
    covered = {parent: _FIRST + place for place, parent in enumerate(parents)}
    columns = {0: SCORE}
    for _, inside in live.blocks:
        for child in inside:
            columns[child] = _FIRST + len(parents) + len(columns) - 1
    last = TOP + len(ids) - 1
    found = Calculation(
        live=live, sheet=sheet, weights=weights, last=last, columns=columns, coverage=covered,
        states=weights.ref(HEAD + 1, STATE, max(weight_rows.values())),
    )  # fmt: skip
    _heads(book, found, weight_rows)
    for down, (code, name) in enumerate(zip(ids, names, strict=True), start=TOP):
        sheet.put(down, _ID, code)
        sheet.put(down, _NAME, name)
    for parent, inside in live.blocks:
        _block(book, found, parent, inside)
    _ranks(book, found)
    sheet.frame(_HEADER, 0, 0, 2)  # no filter: other sheets point at its rows, which sorting would move
    sheet.many_columns(_FIRST + len(parents) + len(columns) - 1)
    return found


def _said(live: Live, book: Book) -> str:
    words = book.words
    if not live.formulas:
        return words("too_many", most=MOST)
    rule = words(live.rule, share=f"{live.min_coverage:g}")
    stuck = sorted({live.methods[parent] for parent, _ in live.blocks if not live.moves(parent)})
    said = [words("calculation_note"), rule]
    if stuck:
        said.append(words("fixed", method=", ".join(stuck)))
    if live.rolled.filled is not None and live.rolled.filled[live.rows].any():
        said.append(words("filled"))
    return words.joined(said)


def _heads(book: Book, found: Calculation, weight_rows: dict[int, int]) -> None:
    words, sheet, live = book.words, found.sheet, found.live
    keys = ("region", "region_name", live.kind, "rank", "place", "published", "published_rank", "difference")
    sheet.headers(_HEADER, [words(key) for key in keys] + [words("ranked_by")])
    for node, col in found.coverage.items():
        sheet.headers(_HEADER, [words("coverage_of", name=_label(live, node, words("index")))], col)
    sheet.put(_PARENTS, _NAME, words("inside"), book.note)
    sheet.put(_WEIGHTS, _NAME, words("weight"), book.note)
    for parent, inside in live.blocks:
        for child in inside:
            col = found.columns[child]
            sheet.headers(_HEADER, [live.tree.names[child]], col)
            sheet.put(_PARENTS, col, _label(live, parent, words("index")), book.note, fit=False)
            sheet.put(_PARENTS + 1, col, live.tree.ids[child], book.note, fit=False)
            reference = found.weights.ref(weight_rows[child], _SCALED)
            sheet.formula(_WEIGHTS, col, reference, float(live.local[child]), book.number("0.0000"))
    sheet.raw.set_row(_HEADER, 62)


def _block(book: Book, found: Calculation, parent: int, inside: tuple[int, ...]) -> None:
    """Write the children of a parent, its coverage, and its score as a formula where there is one."""
    live, sheet = found.live, found.sheet
    plain, shown = book.number("0.00"), book.number("0%")
    first, last = found.columns[inside[0]], found.columns[inside[-1]]
    for child in inside:
        if live.tree.leaf[child] >= 0:
            for down, value in enumerate(live.score(child).tolist(), start=TOP):
                sheet.put(down, found.columns[child], value, plain)
    score, coverage = live.score(parent).tolist(), live.rolled.coverage[live.rows, parent].tolist()
    filled = [False] * len(score)
    if live.rolled.filled is not None:
        filled = live.rolled.filled[live.rows, parent].tolist()
    below = [child for child in inside if live.tree.leaf[child] < 0]
    moves, array = live.moves(parent), live.methods[parent] == "geometric"
    weighed = f"{at(_WEIGHTS, first)}:{at(_WEIGHTS, last)}"
    for place, down in enumerate(range(TOP, TOP + len(score))):
        row = down + 1
        part = f"{column(first)}{row}:{column(last)}{row}"
        here = f"{column(found.coverage[parent])}{row}"
        if filled[place] or not live.formulas:
            sheet.put(down, found.coverage[parent], coverage[place], shown)
        else:
            terms = _coverage(found, inside, below, row)
            sheet.formula(down, found.coverage[parent], f"MIN(1,{terms})", coverage[place], shown)
        if filled[place] or not moves:
            sheet.put(down, found.columns[parent], score[place], plain)
            continue
        formula = _score(live, parent, weighed, part, here)
        sheet.formula(down, found.columns[parent], formula, score[place], plain, array)


def _coverage(found: Calculation, inside: tuple[int, ...], below: list[int], row: int) -> str:
    """Return the share of weight that is covered: of indicators that are there, and of pillars' own coverage."""
    terms = []
    parts = ((below, True), (inside[len(below) :], False))
    for part, pillars in parts:
        if part:
            first, last = found.columns[part[0]], found.columns[part[-1]]
            weighed = f"{at(_WEIGHTS, first)}:{at(_WEIGHTS, last)}"
            there = f"--ISNUMBER({column(first)}{row}:{column(last)}{row})"
            own = ""
            if pillars:
                left, right = column(found.coverage[part[0]]), column(found.coverage[part[-1]])
                own = f",{left}{row}:{right}{row}"
            terms.append(f"SUMPRODUCT({weighed},{there}{own})")
    return "+".join(terms)


def _score(live: Live, parent: int, weighed: str, part: str, coverage: str) -> str:
    """Return the formula of a parent's score: the weighted mean of the children that are there."""
    there = f"SUMPRODUCT({weighed},--ISNUMBER({part}))"
    if live.rule == "propagate":
        lacking = f"SUMPRODUCT(--({weighed}>0),1-ISNUMBER({part}))>0"
    else:
        lacking = f"{coverage}<{live.min_coverage!r}-{_ROUNDING}"
    if live.methods[parent] == "geometric":
        mean = f"EXP(SUM(IF(ISNUMBER({part})*({weighed}>0),{weighed}*LN({part}),0))/{there})"
    else:
        mean = f"SUMPRODUCT({weighed},{part})/{there}"
    if parent == 0 and live.total != 1.0:
        mean += f"*{live.total!r}"
    return f'IF(OR({there}=0,{lacking}),"",{mean})'


def _ranks(book: Book, found: Calculation) -> None:
    """Write published scores and ranks, and live ranks: as the engine, equal where only rounding differs."""
    live, sheet = found.live, found.sheet
    scores, ranks = live.score(0), live.rank[live.rows, 0]
    place = np.empty(len(live.order), dtype=int)
    place[live.order] = np.arange(1, len(place) + 1)
    number, whole, fine = book.number("0.00"), book.place, book.number("0.0E+00")
    live_scores = at(TOP, SCORE, found.last)
    digits = at(2, _KEY)
    if live.formulas:
        largest = f"MAX(MAX({live_scores}),-MIN({live_scores}))"
        formula = "15" if live.decimals is None else str(live.decimals)
        if live.decimals is None:
            formula = f"IFERROR(12+INT(-LOG10({largest})),15)"
        with np.errstate(all="ignore"):
            top = np.nanmax(np.abs(scores)) if np.isfinite(scores).any() else 0.0
            shown = 15.0 if live.decimals is None else float(live.decimals)
            if live.decimals is None and top > 0:
                shown = 12 + np.floor(-np.log10(top))
        sheet.put(2, _KEY - 1, book.words("digits"), book.note, fit=False)
        sheet.formula(2, _KEY, formula, float(shown), book.number("0", font_color="#6B7280"))
    else:
        shown = 15.0
    keys = [round(value, int(shown)) if np.isfinite(value) else "" for value in scores.tolist()]
    all_keys, all_ranks = at(TOP, _KEY, found.last), at(TOP, RANK, found.last)
    for k, down in enumerate(range(TOP, found.last + 1)):
        row, rank = down + 1, int(ranks[k]) or ""
        sheet.put(down, PUBLISHED, float(scores[k]), number)
        sheet.put(down, PUBLISHED_RANK, rank if rank != "" else None, whole)
        if not live.formulas:
            sheet.put(down, RANK, rank if rank != "" else None, whole)
            sheet.put(down, PLACE, int(place[k]), whole)
            continue
        own, key, mine = f"{column(SCORE)}{row}", f"{column(_KEY)}{row}", f"{column(RANK)}{row}"
        before, said = f"{column(RANK)}${TOP + 1}:{mine}", f"{column(PUBLISHED)}{row}"
        sheet.formula(down, RANK, f'IF({key}="","",RANK({key},{all_keys}))', rank, whole)
        sheet.formula(
            down,
            PLACE,
            f'IF({mine}="",COUNT({all_ranks})+COUNTIF({before},""),{mine}+COUNTIF({before},{mine})-1)',
            int(place[k]),
            whole,
        )
        sheet.formula(
            down,
            DIFFERENCE,
            f'IF(AND(ISNUMBER({own}),ISNUMBER({said})),{own}-{said},IF(ISNUMBER({own})=ISNUMBER({said}),"","!"))',
            0.0 if rank != "" else "",
            fine,
        )
        sheet.formula(down, _KEY, f'IF(ISNUMBER({own}),ROUND({own},{digits}),"")', keys[k], number)
