"""Why regions score what they score, and where they are: pillars, profiles, the map."""

from __future__ import annotations

import numpy as np

from equindex.charts.style import SHADES, shades
from equindex.report.drawing import drawn, figure
from equindex.report.gather import Found
from equindex.report.view import (
    Block,
    Cell,
    Column,
    Details,
    Picture,
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
from equindex.report.words import Say, joined, some

__all__ = ["map_", "why"]

_SHADED = 60  # regions of the table of pillars
_PROFILES = 60
_FEW = 3


def why(found: Found, say: Say) -> Section:
    """Return pillars as shades, and profiles of regions: contributions, strengths, shortfalls."""
    blocks: list[Block] = []
    if len(found.ranked) and found.scores.leading.score.shape[1] > 1:
        blocks.append(_pillar_table(found, say))
    blocks += drawn(found, "trend")
    if not len(found.ranked):
        blocks.append(Text(sentences=[say("why_none")], absent=True))
    shown, left = ends(found.ranked.tolist(), _PROFILES if len(found.ranked) <= _PROFILES else 2 * _FEW)
    profiles = [_profile(found, say, row) for row in shown]
    if profiles:
        note = [say("cut", left=left)] if left else []
        blocks.append(
            Details(title=say("profiles"), blocks=[*profiles, *([Text(sentences=note)] if note else [])])
        )
    return Section(id="why", title=say("why"), blocks=blocks)


def _pillar_table(found: Found, say: Say) -> Table:
    tree, rolled = found.scores.plan.tree, found.scores.leading
    nodes = [node for node, level in enumerate(tree.levels) if level == "pillar"] or tree.children[0].tolist()
    shown, left = ends(found.ranked.tolist(), _SHADED)
    values = rolled.score[np.ix_(shown, nodes)]
    shade, _ = shades(values.ravel())
    shade = shade.reshape(values.shape)
    rows = [
        Row(
            [
                Cell(found.name(row)),
                number(found.score[row], found.digits),
                *(
                    Cell(
                        number(value, found.digits).text,
                        number(value).value,
                        f"h{kind}" if kind >= 0 else "none",
                    )
                    for value, kind in zip(values[at].tolist(), shade[at].tolist(), strict=True)
                ),
            ],
            found.code(row),
        )
        for at, row in enumerate(shown)
    ]
    return Table(
        name="pillars",
        caption=say("pillar_table", year=found.year),
        columns=[
            Column(say("region")),
            Column(say(found.basis), True),
            *(Column(tree.names[node], True) for node in nodes),
        ],
        rows=rows,
        note=say("cut", left=left) if left else "",
    )


def _profile(found: Found, say: Say, row: int) -> Details:
    title = f"{int(found.scores.rank[row, 0])}. {found.name(row)} {figure(found, row)}"
    explained = found.why(row)
    if isinstance(explained, str):
        return Details(
            title=title,
            blocks=[Text(sentences=[say("not_computed", reason=explained)])],
            region=found.code(row),
        )
    parts = explained.parts.sort_values("contribution", ascending=False, kind="stable")
    columns = [
        Column(say("indicator")), Column(say("value"), True), Column(say("unit")), Column(say("score"), True),
        Column(say("mean_region"), True), Column(say("lead"), True), Column(say("contribution"), True),
    ]  # fmt: skip
    if not explained.refused:
        columns.append(Column(say("obstacle"), True))
    rows = []
    for part in lines(parts):
        ahead = "good" if part.lead > 0 else "bad" if part.lead < 0 else ""
        lead = number(part.lead, sign=True)
        cells = [
            Cell(part.node_name), plain(part.value), Cell(part.unit), number(part.score, 1), number(part.mean, 1),
            Cell(lead.text, lead.value, ahead), number(part.contribution),
        ]  # fmt: skip
        rows.append(Row([*cells, share(part.obstacle)] if not explained.refused else cells))
    table = Table(
        name=f"profile-{found.code(row)}",
        caption=say("profile_table", name=found.name(row)),
        columns=columns,
        rows=rows,
    )
    near = _similar(found, row)
    blocks: list[Block] = [table]
    if near:
        blocks.insert(0, Text(sentences=[say("similar", names=joined(found.lang, near))]))
    return Details(title=title, blocks=blocks, region=found.code(row))


def _similar(found: Found, row: int) -> list[str]:
    """Name the regions whose indicators' scores are nearest, by mean squared difference."""
    others = found.ranked[found.ranked != row]
    z = found.scores.leading.score[:, found.scores.plan.tree.nodes]
    if z.shape[1] == 0 or len(others) < 2 * _FEW:
        return []
    both = np.isfinite(z[others]) & np.isfinite(z[row])
    gap = np.where(both, z[others] - z[row], 0.0)
    distance = (gap**2).sum(axis=1) / np.where(both.any(axis=1), both.sum(axis=1), np.nan)
    return [found.name(int(other)) for other in others[np.argsort(distance, kind="stable")][:_FEW]]


def map_(found: Found, say: Say) -> Section | None:
    """Return the map as paths of our own, and what is not on it; None where no outlines were given."""
    outlines = found.outlines
    if outlines is None:
        return None
    rows = found.scores.rows(found.year)
    codes, names = [found.code(row) for row in rows], [found.name(row) for row in rows]
    places, features, regions = outlines.match(codes, names, found.find)
    if (places < 0).all():
        told = [say("map_none", file=outlines.file)]
        return Section(id="map", title=say("map"), blocks=[Text(sentences=told, absent=True)])
    score = np.where(places >= 0, found.score[rows[places]], np.nan)
    shade, edges = shades(score)
    picture = outlines.drawn()
    title = say("map_caption", what=say(found.basis), year=found.year)
    parts = [
        {
            "path": path,
            "colour": SHADES[int(kind)] if kind >= 0 else "url(#none)",
            "region": codes[place] if place >= 0 else "",
            "label": say(
                "colon", a=names[place], b=figure(found, int(rows[place])) if np.isfinite(value) else "–"
            )
            if place >= 0
            else "",
        }
        for path, kind, place, value in zip(picture.paths, shade, places, score, strict=True)
    ]
    legend = [
        (colour, f"{a:.{found.digits - 1}f}–{b:.{found.digits - 1}f}")
        for colour, a, b in zip(SHADES, edges, edges[1:], strict=False)
    ]
    blocks: list[Block] = [
        Picture(
            svg="", kind="map", caption=title,
            shapes={"parts": parts, "width": picture.width, "height": picture.height, "legend": legend},
        )
    ]  # fmt: skip
    told = []
    for key, lost in (("map_unmatched", features), ("map_missing", regions)):
        if lost:
            told.append(say(key, names=some(found.lang, lost, 30)))
    if told:
        blocks.append(Text(sentences=told))
    return Section(id="map", title=say("map"), blocks=blocks)
