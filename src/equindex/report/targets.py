"""Attainment against targets: the binding list first, then every target, pillar and region."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equindex.monitoring import STATUSES
from equindex.report.drawing import drawn
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
    plain,
    share,
)
from equindex.report.words import Say

if TYPE_CHECKING:
    import pandas as pd

    from equindex.monitoring import Monitoring

__all__ = ["attainment"]

_MOST = 1000  # regions of a table
_VERDICTS = {"pass": "met", "fail": "overdue", "unknown": "bound_only", "unscored": "unscored"}


def attainment(found: Found, say: Say) -> Section:
    """Return how values stand against targets, or say that there is none."""
    title, told = say("attainment_section"), found.monitoring
    if told is None:
        none = found.scores.attained is None
        reason = (
            say("no_targets") if none else say("not_computed", reason=found.told(found.reasons["monitoring"]))
        )
        return Section(id="attainment", title=title, blocks=[Text(sentences=[reason], absent=True)])
    alone = found.basis == "attainment" and len(found.ranked) < 2  # then it is the answer already
    lead = [] if alone else told.answer(lang=found.lang)
    blocks: list[Block] = []
    if told.leading is not None:
        name = str(told.regions.loc[told.regions["region"] == told.leading, "region_name"].iloc[0])
        own = {
            what: _of(frame, told.leading)
            for what, frame in (("binding", told.binding), ("targets", told.targets))
        }
        blocks += [_binding(found, say, own["binding"], name), *drawn(found, "attainment")]
        blocks += [_pillars(found, say, told), _targets(say, own["targets"], name, found.lang)]
    else:
        blocks += [_binding_counts(say, told), *drawn(found, "attainment")]
    if len(told.regions) > 1:
        blocks += [_indicators(say, told), _regions(found, say, told)]
    return Section(id="attainment", title=title, lead=lead, blocks=blocks)


def _of(frame: pd.DataFrame, region: str) -> pd.DataFrame:
    return frame[frame["region"] == region] if len(frame) else frame


def _value(row: Any) -> Cell:
    """Return a value as printed where it is a word or a bound."""
    printed = row.bound or row.value_word
    return Cell(str(printed)) if printed else plain(row.value)


def _baseline(row: Any) -> Cell:
    return Cell(str(row.baseline_bound)) if row.baseline_bound else plain(row.baseline)


def _status(row: Any, lang: str) -> Cell:
    status = str(row.status)
    return Cell(row.status_zh if lang == "zh" else status.replace("_", " "), kind=f"status {status}")


def _note(row: Any, lang: str) -> Cell:
    return Cell(str((row.reason_zh or row.reason) if lang == "zh" else row.reason))


def _verdict(say: Say, verdict: str) -> Cell:
    key = "unscored_verdict" if verdict == "unscored" else verdict
    return Cell(say(key), kind=f"status {_VERDICTS[verdict]}")


def _binding(found: Found, say: Say, frame: pd.DataFrame, name: str) -> Block:
    if not len(frame):
        return Text(sentences=[say("no_binding")])
    order = frame["verdict"].map(list(_VERDICTS).index)
    frame = frame.loc[
        ((order - 1) % 4).sort_values(kind="stable").index
    ]  # what fails first, what passes last
    rows = [
        Row(
            [
                Cell(row.node_name), _value(row), Cell(str(row.target)), _due(row), _verdict(say, str(row.verdict)),
                _status(row, found.lang), _note(row, found.lang),
            ]
        )
        for row in lines(frame)
    ]  # fmt: skip
    keys = (
        ("indicator", False),
        ("value", True),
        ("target", True),
        ("due", True),
        ("verdict", False),
        ("status", False),
        ("note", False),
    )
    return Table(
        name="binding",
        caption=say("binding_table", name=name),
        columns=[Column(say(key), right) for key, right in keys],
        rows=rows,
    )


def _due(row: Any) -> Cell:
    year = row.target_year
    return Cell("" if year != year or year is None or str(year) == "<NA>" else f"{int(year)}")


def _targets(say: Say, frame: pd.DataFrame, name: str, lang: str) -> Table:
    rows = [
        Row(
            [
                Cell(row.node_name), Cell(str(row.pillar)), _baseline(row),
                _value(row), Cell(str(row.target)), Cell(row.unit), _due(row), number(row.attainment, 1),
                _status(row, lang), _note(row, lang),
            ]
        )
        for row in lines(frame)
    ]  # fmt: skip
    keys = (
        ("indicator", False), ("pillar", False), ("baseline", True), ("value", True), ("target", True), ("unit", False),
        ("due", True), ("attainment", True), ("status", False), ("note", False),
    )  # fmt: skip
    return Table(
        name="targets",
        caption=say("targets_table", name=name),
        columns=[Column(say(key), right) for key, right in keys],
        rows=rows,
    )


def _pillars(found: Found, say: Say, told: Monitoring) -> Table:
    frame = _of(told.pillars, str(told.leading))
    shown = [status for status in STATUSES if int(frame[str(status)].sum())]
    rows = [
        Row(
            [
                Cell(found.names[row["node"]]),
                number(row["attainment"], 1),
                share(row["coverage"]),
                Cell(str(int(row["targets"]))),
                *(Cell(str(int(row[str(status)]))) for status in shown),
                Cell(str(row["reason_zh"] or row["reason"]) if found.lang == "zh" else str(row["reason"])),
            ]
        )
        for _, row in frame.iterrows()
        if row["level"] == "pillar"
    ]
    columns = [
        Column(say("pillar")), Column(say("attainment"), True), Column(say("coverage"), True),
        Column(say("targets"), True),
        *(Column(_word(status, found.lang), True) for status in shown), Column(say("note")),
    ]  # fmt: skip
    return Table(name="pillar_attainment", caption=say("pillar_targets_table"), columns=columns, rows=rows)


def _word(status: Any, lang: str) -> str:
    return str(status.zh) if lang == "zh" else str(status).replace("_", " ")


def _binding_counts(say: Say, told: Monitoring) -> Block:
    if not len(told.binding):
        return Text(sentences=[say("no_binding")])
    counts = told.binding.groupby("node", sort=False)["verdict"].value_counts().unstack(fill_value=0)
    names = told.binding.groupby("node")["node_name"].first()
    counts = counts.reindex(columns=list(_VERDICTS), fill_value=0).sort_values(
        "fail", ascending=False, kind="stable"
    )
    rows = [
        Row([Cell(str(names[node])), *(Cell(f"{int(n):,}", int(n)) for n in line)])
        for node, line in zip(counts.index, counts.to_numpy(), strict=True)
    ]
    columns = [Column(say("indicator")), *(Column(_verdict(say, one).text, True) for one in _VERDICTS)]
    return Table(name="binding", caption=say("binding_counts_table"), columns=columns, rows=rows)


def _indicators(say: Say, told: Monitoring) -> Table:
    rows = []
    for _, part in told.targets.groupby("node", sort=False):
        met = part["met"].dropna()
        known = part[part["attainment"].notna()].sort_values("attainment", kind="stable")
        worst = known["region_name"].iloc[0] if len(known) else ""
        rows.append(
            Row(
                [
                    Cell(str(part["node_name"].iloc[0])),
                    Cell(str(part["target"].iloc[0]) if part["target"].nunique() == 1 else "…"),
                    number(float(known["attainment"].mean()) if len(known) else None, 1),
                    share(float(met.astype(bool).mean()) if len(met) else None),
                    Cell(str(worst)),
                ]
            )
        )
    columns = [
        Column(say("indicator")), Column(say("target"), True), Column(say("mean"), True),
        Column(say("met_share"), True),
        Column(say("worst")),
    ]  # fmt: skip
    return Table(name="indicator_targets", caption=say("indicator_targets_table"), columns=columns, rows=rows)


def _regions(found: Found, say: Say, told: Monitoring) -> Table:
    frame = told.regions.sort_values("rank", kind="stable", na_position="last")
    shown = [status for status in STATUSES if int(frame[str(status)].sum())]
    records, left = ends(list(frame.to_dict("records")), _MOST)
    rows = [
        Row(
            [
                Cell(str(row["region_name"] or row["region"])),
                number(row["attainment"], 1),
                share(row["coverage"]),
                *(Cell(f"{int(row[str(status)])}") for status in shown),
            ],
            str(row["region"]),
        )
        for row in records
    ]
    columns = [
        Column(say("region")), Column(say("attainment"), True), Column(say("coverage"), True),
        *(Column(_word(status, found.lang), True) for status in shown),
    ]  # fmt: skip
    return Table(
        name="attainment", caption=say("region_targets_table"), columns=columns, rows=rows,
        note=say("cut", left=left) if left else "",
    )  # fmt: skip
