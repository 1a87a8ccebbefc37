"""How evenly services are spread: degrees, curves, groups, gaps, years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from equindex.report.drawing import drawn
from equindex.report.gather import Found
from equindex.report.view import Block, Cell, Column, Row, Section, Table, Text, lines, number, share
from equindex.report.words import WORDS, Say, joined

if TYPE_CHECKING:
    import pandas as pd

    from equindex.evenness import Evenness

__all__ = ["evenness"]

_GAPS = 15
_BEHIND = 5


def evenness(found: Found, say: Say) -> Section:
    """Return how even services are, or say why that is not known."""
    even, title = found.evenness, say("evenness")
    if found.scores.plan.model.equalization is not None and len(found.scores.rows(found.year)) < 2:
        return Section(id="evenness", title=title, blocks=[Text(sentences=[say("one_region")], absent=True)])
    if even is None or found.scores.plan.model.equalization is None:
        none = found.scores.plan.model.equalization is None
        reason = (
            say("no_evenness") if none else say("not_computed", reason=found.told(found.reasons["evenness"]))
        )
        return Section(id="evenness", title=title, blocks=[Text(sentences=[reason], absent=True)])
    lead = [*_degrees(found, say, even), *_behind(found, say)]
    lead += [line for by in even.by for line in _between(found, say, even, by)]
    lead += _moved(found, say, even)
    if found.scores.panel.population is None:
        lead.append(say("no_population"))
    blocks: list[Block] = [*drawn(found, "degrees"), *drawn(found, "lorenz"), *drawn(found, "groups")]
    blocks.append(_table(found, say, even))
    if len(even.gaps):
        blocks.append(_gaps(found, say, even))
    return Section(id="evenness", title=title, lead=lead, blocks=blocks)


def _pick(frame: pd.DataFrame, **wanted: Any) -> pd.DataFrame:
    for column, value in wanted.items():
        frame = frame[frame[column] == value]
    return frame


def _measure(found: Found) -> str:
    wanted = found.scores.plan.model.equalization
    assert wanted is not None
    return wanted.degree


def _names(found: Found, say: Say) -> dict[str, str]:
    return found.names | {"index": say("index")}


def _values(found: Found, even: Evenness, weighted: bool) -> pd.DataFrame:
    """Return a row for each node, a column for each part: total, degree and the ends of its interval."""
    frame = _pick(
        even.inequality, year=found.year, basis="values", measure=_measure(found), weighted=weighted, by=""
    )
    return frame.drop_duplicates(["node", "part"]).pivot(index="node", columns="part", values="value")


def _degrees(found: Found, say: Say, even: Evenness) -> list[str]:
    said = []
    for weighted in (False, True):
        table = _values(found, even, weighted)
        row: Any = table.loc["index"] if "index" in table.index and "degree" in table else None
        if row is None or not np.isfinite(row["degree"]):
            continue
        low, high = row.get("degree_low", np.nan), row.get("degree_high", np.nan)
        interval = say("degree_interval", level=even.level, low=low, high=high) if np.isfinite(low) else ""
        how = say("weighted" if weighted else "unweighted")
        said.append(say("degree_one", degree=row["degree"], interval=interval, how=how))
    lines = []
    if said:
        lines.append(
            say(
                "degree_told",
                year=found.year,
                measure=_measure(found),
                degree="；".join(said) if found.lang == "zh" else "; ".join(said),
            )
        )
    table, tree, names = _values(found, even, False), found.scores.plan.tree, _names(found, say)
    table = table[[tree.levels[tree.ids.index(str(node))] == "indicator" for node in table.index]]
    leaves = table.reindex(columns=["degree"])["degree"].dropna().sort_values(kind="stable")
    if len(leaves) > 1:
        worst, best = str(leaves.index[0]), str(leaves.index[-1])
        lines.append(
            say("least_even", worst=names[worst], a=leaves.iloc[0], best=names[best], b=leaves.iloc[-1])
        )
    return lines


def _behind(found: Found, say: Say) -> list[str]:
    equalized, rows = found.scores.equalized, found.scores.rows(found.year)
    if equalized is None:
        return []
    score = equalized.rolled.score[rows, 0]
    known = rows[np.isfinite(score)]
    last = known[np.argsort(equalized.rolled.score[known, 0], kind="stable")][:_BEHIND]
    if not len(last):
        return []
    names = [
        say("named_score", name=found.name(int(row)), score=f"{equalized.rolled.score[row, 0]:.1f}")
        for row in last
    ]
    kind = f"reference_{equalized.kind}"
    reference = say(kind if kind in WORDS else "reference_region")
    return [say("behind", reference=reference, names=joined(found.lang, names))]


def _split(found: Found, even: Evenness, by: str) -> pd.Series[float]:
    """Return the share of the inequality of each node (Theil T) that lies between groups, weighted where it can be."""
    frame = _pick(even.inequality, year=found.year, basis="values", measure="theil_t", group="")
    frame = frame[frame["weighted"].astype(bool) == bool(frame["weighted"].astype(bool).any())]
    between = _pick(frame, by=by, part="between").drop_duplicates("node").set_index("node")["value"]
    total = _pick(frame, by="", part="total").drop_duplicates("node").set_index("node")["value"]
    found_: pd.Series[float] = (between / total.reindex(between.index)).dropna()
    return found_


def _between(found: Found, say: Say, even: Evenness, by: str) -> list[str]:
    tree, names = found.scores.plan.tree, _names(found, say)
    part = _split(found, even, by)
    part = part[[tree.levels[tree.ids.index(str(node))] == "indicator" for node in part.index]].sort_values(
        kind="stable"
    )
    if not len(part):
        return []
    low, high = str(part.index[0]), str(part.index[-1])
    if len(part) == 1:
        return [say("between_one", by=by, share=part.iloc[0], name=names[low])]
    return [say("between_told", by=by, low=part.iloc[0], a=names[low], high=part.iloc[-1], b=names[high])]


def _moved(found: Found, say: Say, even: Evenness) -> list[str]:
    if len(even.years) < 2:
        return [say("one_year")]
    frame = _pick(even.change, measure=_measure(found), weighted=False, part="degree", node="index")
    frame = frame[frame["change"].notna()]
    said = []
    for row in frame.to_dict("records"):
        interval = (
            say("moved_interval", level=even.level, low=row["low"], high=row["high"])
            if np.isfinite(row["low"])
            else ""
        )
        said.append(
            say("moved", a=even.years[0], b=even.years[-1], before=row["before"], after=row["after"],
                change=row["change"], interval=interval, verdict=say(str(row["verdict"])))
        )  # fmt: skip
    return said


def _table(found: Found, say: Say, even: Evenness) -> Table:
    names, table = _names(found, say), _values(found, even, False)
    splits = {by: _split(found, even, by) for by in even.by}
    change = (
        _pick(even.change, measure=_measure(found), weighted=False, part="degree")
        .drop_duplicates("node")
        .set_index("node")
        if len(even.years) > 1
        else None
    )
    columns = [
        Column(say("indicator")), Column(_measure(found), True), Column(say("degree"), True),
        Column(say("interval", level=f"{even.level:.0%}"), True),
        *(Column(say("between", by=by), True) for by in even.by),
    ]  # fmt: skip
    if change is not None:
        columns += [Column(say("change", year=even.years[0]), True), Column(say("verdict_change"))]
    rows = []
    for node in found.scores.plan.tree.ids:
        if node not in table.index:
            continue
        row: Any = table.loc[node]
        low, high = row.get("degree_low", np.nan), row.get("degree_high", np.nan)
        cells = [
            Cell(names[node]), number(row.get("total"), 3), number(row.get("degree"), 1),
            Cell(say("range", low=f"{low:.1f}", high=f"{high:.1f}") if np.isfinite(low) else "–"),
            *(share(splits[by].get(node)) for by in even.by),
        ]  # fmt: skip
        if change is not None:
            verdict = str(change["verdict"].get(node, ""))
            cells += [number(change["change"].get(node), 2, sign=True), Cell(say(verdict) if verdict else "")]
        rows.append(Row(cells))
    return Table(name="equalization", caption=say("even_table", year=found.year), columns=columns, rows=rows)


def _gaps(found: Found, say: Say, even: Evenness) -> Table:
    names = _names(found, say)
    frame = _pick(even.gaps, year=found.year, basis="values")
    frame = frame[frame["ratio"].notna() & (frame["ratio"] > 0)]
    size = np.abs(np.log(frame["ratio"].to_numpy(dtype=float)))
    frame = frame.iloc[np.argsort(-size, kind="stable")[:_GAPS]]
    rows = [
        Row(
            [
                Cell(names[row.node]), Cell(str(row.group_a)), Cell(str(row.group_b)), number(row.ratio, 3),
                Cell(say("range", low=f"{row.low:.3f}", high=f"{row.high:.3f}") if np.isfinite(row.low) else "–"),
            ]
        )
        for row in lines(frame)
    ]  # fmt: skip
    columns = [
        Column(say("indicator")), Column(say("group_a")), Column(say("group_b")), Column(say("ratio"), True),
        Column(say("interval", level=f"{even.level:.0%}"), True),
    ]  # fmt: skip
    return Table(name="gaps", caption=say("gap_table", year=found.year), columns=columns, rows=rows)
