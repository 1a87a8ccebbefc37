"""The first sections: the answer, the ranking, why, how certain, and the map."""

from __future__ import annotations

from typing import Any

import numpy as np

from equindex.report.drawing import drawn, figure
from equindex.report.gather import Found
from equindex.report.view import (
    Block,
    Cell,
    Column,
    Row,
    Section,
    Table,
    Text,
    ends,
    lines,
    number,
    share,
)
from equindex.report.words import Say, joined, some

__all__ = ["answer", "certainty", "ranking", "tiles"]

_MOST = 3000  # regions of the ranking; of more the best and the worst are told
_FEW = 3


# the answer --------------------------------------------------------------------------------------------------


def answer(found: Found, say: Say) -> list[str]:
    """Say in three sentences which region leads, why, and how certain that is."""
    rows = found.ranked
    if not len(rows):
        row = int(found.rows[0])
        return [say("no_score", year=found.year, reason=found.unscored(row))]
    if len(rows) == 1:
        return _alone(found, say, int(rows[0]))
    return [_who(found, say), _because(found, say), _how_sure(found, say)]


def _alone(found: Found, say: Say, row: int) -> list[str]:
    if found.monitoring is not None and found.scores.rolled is None:
        return found.monitoring.answer(found.code(row), found.lang)
    covered = share(float(found.scores.leading.coverage[row, 0])).text
    told = [
        say("one", name=found.name(row), year=found.year),
        say("one_score", what_is=say(found.basis), score=figure(found, row), coverage=covered),
    ]
    return told if len(found.rows) == 1 else [*told, _because(found, say)]


def _who(found: Found, say: Say) -> str:
    rows, rank = found.ranked, found.scores.rank[:, 0]
    leaders = [int(row) for row in rows if rank[row] == 1]
    last = int(rows[-1])
    told = {
        "n": len(rows), "year": found.year, "what": say(f"what_{found.basis}"), "score": figure(found, leaders[0]),
        "last": found.name(last), "low": figure(found, last),
    }  # fmt: skip
    if len(leaders) > 1:
        return say("tied", names=some(found.lang, [found.name(row) for row in leaders]), **told)
    others = [
        say("named_score", name=found.name(int(row)), score=figure(found, int(row)))
        for row in rows[1 : min(_FEW, len(rows) - 1)]
    ]
    ahead = say("leads_others", names=joined(found.lang, others)) if others else ""
    return say("leads", first=found.name(leaders[0]), others=ahead, **told)


def _because(found: Found, say: Say) -> str:
    row = int(found.ranked[0])
    why = found.why(row)
    if isinstance(why, str):
        return say("no_why", name=found.name(row), reason=why)

    def listed(frame: Any) -> str:
        return joined(
            found.lang,
            [
                say("points", name=part.node_name, points=number(part.lead, found.digits, sign=True).text)
                for part in lines(frame)
            ],
        )

    behind = listed(why.shortfalls.head(2))
    return say(
        "because",
        name=found.name(row),
        strengths=listed(why.strengths.head(_FEW)) or say("nothing"),
        shortfalls=say("because_not", names=behind) if behind else "",
    )


def _how_sure(found: Found, say: Say) -> str:
    sure = found.uncertainty
    if sure is None or not sure.ranking:
        return say("no_certainty", reason=found.told(found.reasons.get("uncertainty", say("nothing"))))
    frame = sure.regions
    firsts = frame[frame["first"] > 0].sort_values("first", ascending=False, kind="stable").head(_FEW)
    leaders = [
        say("first_in", name=part.region_name or part.region, share=share(part.first).text)
        for part in lines(firsts)
    ]
    return say(
        "sure",
        band=_band(found),
        draws=sure.kept.draws,
        leaders=joined(found.lang, leaders),
        shift=sure.mean_shift,
        kept=_kept(found),
        n=int(np.isfinite(sure.kept_rank).sum()),
        level=sure.level,
    )


def _band(found: Found) -> float:
    assert found.uncertainty is not None
    return float(found.uncertainty.study.factors[0].amount)  # type: ignore[union-attr]


def _kept(found: Found) -> int:
    assert found.uncertainty is not None
    return int((found.uncertainty.kept_rank >= found.uncertainty.level).sum())


def tiles(found: Found, say: Say) -> list[tuple[str, str, str]]:
    """Return the key figures: figure, what it is, and more about it."""
    made: list[tuple[str, str, str]] = []
    rows = found.ranked
    if len(rows) > 1:
        first, last = int(rows[0]), int(rows[-1])
        made.append((found.name(first), say("tile_leader", n=len(rows)), figure(found, first)))
        spread = say("range", low=figure(found, last), high=figure(found, first))
        made.append((spread, say("tile_spread"), say(found.basis)))
    if found.uncertainty is not None and found.uncertainty.ranking:
        known = int(np.isfinite(found.uncertainty.kept_rank).sum())
        made.append((say("of", a=_kept(found), b=known), say("tile_kept"), f"±{_band(found):.0%}"))
    if found.monitoring is not None and found.monitoring.leading is not None:
        frame = found.monitoring.regions
        part = frame[frame["region"] == found.monitoring.leading].iloc[0]
        covered = say("tile_coverage", share=share(part["coverage"]).text)
        made.append((number(part["attainment"], 1).text, say("tile_attainment"), covered))
        made.append((say("of", a=int(part["met"]), b=int(part["targets"])), say("tile_met"), ""))
        counts = [int(part[f"binding_{verdict}"]) for verdict in ("pass", "fail", "unknown", "unscored")]
        if sum(counts):
            made.append((say("of", a=counts[0], b=sum(counts)), say("tile_binding"), ""))
    degree = _degree(found)
    if degree is not None:
        made.append((f"{degree:.1f}", say("tile_degree"), str(found.year)))
    x = found.scores.panel.x[found.scores.panel.order[found.scores.rows(found.year)]]
    made.append(
        (
            share(float(np.isfinite(x).mean())).text,
            say("tile_filled"),
            f"{x.shape[1]} {say('tile_indicators')}",
        )
    )
    return made


def _degree(found: Found) -> float | None:
    wanted = found.scores.plan.model.equalization
    if wanted is None or found.evenness is None:
        return None
    frame = found.evenness.inequality
    frame = frame[
        (frame["year"] == found.year) & (frame["node"] == "index") & (frame["measure"] == wanted.degree)
        & (frame["basis"] == "values") & (frame["by"] == "") & (frame["part"] == "degree")
        & ~frame["weighted"].astype(bool) & frame["value"].notna()
    ]  # fmt: skip
    return float(frame["value"].iloc[0]) if len(frame) else None


# the ranking -------------------------------------------------------------------------------------------------


def ranking(found: Found, say: Say) -> Section:
    """Return the ranking with intervals of ranks and coverage."""
    blocks: list[Block] = [_ranking_table(found, say)]
    unscored = [int(row) for row in found.rows if found.scores.rank[row, 0] == 0]
    if unscored:
        told = [
            say("unscored_because", name=found.name(row), reason=found.unscored(row)) for row in unscored[:8]
        ]
        names = joined(found.lang, told)
        if len(unscored) > 8:
            names = say("and_more", names=names, more=len(unscored) - 8)
        blocks.append(Text(sentences=[say("unscored", names=names)]))
    return Section(id="ranking", title=say("ranking"), blocks=blocks)


def _ranking_table(found: Found, say: Say) -> Table:
    scores, sure = found.scores, found.uncertainty
    columns = [Column(say("rank"), True), Column(say("region")), Column(say(found.basis), True)]
    graded = bool(scores.plan.model.classes) and scores.rolled is not None
    if graded:
        columns.append(Column(say("class")))
    place: dict[int, int] = {}
    told: Any = None
    most = max(len(found.ranked), 2)
    if sure is not None and sure.ranking:
        told = {
            name: sure.regions[name].to_numpy(dtype=float, na_value=np.nan)
            for name in ("rank_low", "rank_high", "first")
        }
        place = {int(row): at for at, row in enumerate(sure.rows)}
        columns += [Column(say("rank_interval", level=f"{sure.level:.0%}"), True), Column(say("first"), True)]
    columns.append(Column(say("coverage"), True))
    parts = [
        (name, part.rolled)
        for name, part in (("attainment", scores.attained), ("equalization", scores.equalized))
        if part is not None and name != found.basis
    ]
    covered = scores.leading.coverage[found.rows, 0]
    apart = {name: not np.array_equal(rolled.coverage[found.rows, 0], covered) for name, rolled in parts}
    for name, _ in parts:
        columns.append(Column(say(name), True))
        columns += [Column(say("coverage_of", what=say(name)), True)] * apart[name]
    if scores.imputed is not None:
        columns.append(Column(say("imputed"), True))
    labels = scores.classes(found.score) if graded else None
    shown, left = ends(found.rows.tolist(), _MOST)
    rows = []
    for row in shown:
        rank = int(scores.rank[row, 0])
        cells = [
            Cell(str(rank) if rank else "–", rank or ""),
            Cell(found.name(row)),
            number(found.score[row]),
        ]
        if labels is not None:
            cells.append(Cell("" if labels[row] != labels[row] else str(labels[row])))
        if told is not None:
            at = place[row]
            cells += [
                _interval(told["rank_low"][at], told["rank_high"][at], rank, most),
                share(told["first"][at]),
            ]
        cells.append(share(float(scores.leading.coverage[row, 0])))
        for name, rolled in parts:
            cells.append(number(rolled.score[row, 0]))
            cells += [share(float(rolled.coverage[row, 0]))] * apart[name]
        if scores.imputed is not None:
            cells.append(share(float(scores.imputed[row, 0])))
        rows.append(Row(cells, found.code(row)))
    return Table(
        name="ranking",
        caption=say("ranking_table", year=found.year),
        columns=columns,
        rows=rows,
        header=1,
        note=say("cut", left=left) if left else "",
    )


def _interval(low: float, high: float, rank: int, most: int) -> Cell:
    if not np.isfinite(low):
        return Cell("–", "")
    text = f"{low:g}–{high:g}" if low != high else f"{low:g}"

    def at(value: float) -> float:
        return round(100 * (value - 1) / (most - 1), 1)

    return Cell(text, text, bar=(at(low), max(at(high) - at(low), 1.5), at(rank)))


# how certain -------------------------------------------------------------------------------------------------


def certainty(found: Found, say: Say) -> Section:
    """Return what moves the ranking, and what does not."""
    blocks: list[Block] = []
    sure = found.uncertainty
    if sure is None or not sure.ranking:
        reason = found.told(
            found.reasons.get("uncertainty") or found.reasons.get("sensitivity") or say("nothing")
        )
        alone = len(found.ranked) < 2
        why = say("certainty_one") if alone else say("no_certainty", reason=reason)
        blocks.append(Text(sentences=[why], absent=True))
        return Section(id="certainty", title=say("certainty"), blocks=blocks)
    lead = [
        say(
            "certainty_lead", level=sure.level, draws=sure.kept.draws, seed=sure.study.seed, band=_band(found)
        )
    ]
    frame = sure.regions[sure.regions["rank"].notna()]
    width = (frame["rank_high"] - frame["rank_low"]).astype(float)
    widest = frame.loc[width.sort_values(ascending=False, kind="stable").index].head(_FEW)
    names = [
        say("from_to", name=row.region_name or row.region, low=f"{row.rank_low:g}", high=f"{row.rank_high:g}")
        for row in lines(widest)
        if row.rank_high > row.rank_low
    ]
    told = [say("unsure", names=joined(found.lang, names))] if names else []
    sizes = sure.groups.groupby("group")["region"].count()
    if len(sizes):
        told.append(say("groups_told", groups=len(sizes), most=int(sizes.max())))
    blocks.append(Text(sentences=[*told, *_matters(found, say)], listed=True))
    blocks += [*drawn(found, "intervals"), *drawn(found, "influence")]
    if found.sensitivity is not None:
        blocks.append(_influence_table(found, say))
    return Section(id="certainty", title=say("certainty"), lead=lead, blocks=blocks)


def _matters(found: Found, say: Say) -> list[str]:
    what = found.sensitivity
    if what is None:
        return [say("not_computed", reason=found.told(found.reasons.get("sensitivity", "")))]
    names, told = found.names, []
    part = what.left_out[
        what.left_out["level"].isin(["indicator", "pillar"]) & (what.left_out["rank_shift"] > 0)
    ]
    if len(part):
        row = part.iloc[0]
        told.append(
            say("matters", name=names[row["node"]], shift=row["rank_shift"], region=_called(found, row["region"]),
                a=row["rank_from"], b=row["rank_to"])
        )  # fmt: skip
    if what.steady.reason or len(what.steady.leaders) != 1:
        return told
    part = what.stability[what.stability["level"] == "indicator"]
    leader = found.name(int(found.ranked[0]))
    below = np.where(part["leader_low"] > 0, part["weight"] - part["leader_low"], np.inf)
    above = np.where(part["leader_high"] < 1, part["leader_high"] - part["weight"], np.inf)
    room = np.minimum(below, above)
    if np.isinf(room).all():
        return [*told, say("leader_safe", name=leader)]
    tight = part.iloc[int(room.argmin())]
    ranges = {"weight": tight["weight"], "low": tight["leader_low"], "high": tight["leader_high"]}
    return [*told, say("leader_holds", name=leader, node=names[tight["node"]], n=len(part), **ranges)]


def _called(found: Found, region: str) -> str:
    panel = found.scores.panel
    at = panel.regions.index(region)
    return panel.region_names[at] or region


def _influence_table(found: Found, say: Say) -> Table:
    assert found.sensitivity is not None
    frame, names = found.sensitivity.left_out, found.names
    frame = frame[frame["level"].isin(["indicator", "pillar"])]
    rows = [
        Row(
            [
                Cell(names[part.node]),
                Cell(say(part.level)),
                number(part.rank_shift),
                Cell(
                    say("from_to", name=_called(found, part.region), low=part.rank_from, high=part.rank_to)
                    if part.region
                    else part.reason
                ),
            ]
        )
        for part in lines(frame)
    ]
    columns = [
        Column(say("left_out")),
        Column(say("what")),
        Column(say("shift"), True),
        Column(say("most_moved")),
    ]
    return Table(name="left_out", caption=say("influence_table"), columns=columns, rows=rows)
