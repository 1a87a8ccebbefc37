"""Figures: each a function from results to a figure of matplotlib."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from equindex import equalization
from equindex._arrays import FloatArray
from equindex.charts.style import BLUE, GREY, INK, LIGHT, PALETTE, SHADES, blank, digits, label, shades
from equindex.errors import DataError, DomainError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from equindex.charts.outlines import Outlines
    from equindex.evenness import Evenness
    from equindex.monitoring import Monitoring
    from equindex.scoring import Scores
    from equindex.uncertainty import Sensitivity, Uncertainty

__all__ = [
    "attainment",
    "degrees",
    "groups",
    "heatmap",
    "influence",
    "intervals",
    "lorenz",
    "map_",
    "ranking",
    "trend",
]

_MOST = 40  # rows of a figure; of more regions the best and the worst are drawn
_LINES = 7
_ROW, _EDGE = 0.21, 0.75  # inches
_STATUS_COLOURS = {
    "met": "#007a5a",
    "ahead": "#56b4e9",
    "on_track": "#0072b2",
    "behind": "#e69f00",
    "overdue": "#c1440e",
    "at_limit": "#8b6d00",
    "bound_only": "#8c8c8c",
    "not_started": "#b3b9c0",
    "unscored": "#5c5c5c",
}


def _ordered(scores: Scores, year: int) -> list[int]:
    """Rows of a year that have a rank, the best first; of many the best and the worst, with -1 between."""
    rows = scores.rows(year)
    rank = scores.rank[rows, 0]
    rows = rows[rank > 0][np.argsort(rank[rank > 0], kind="stable")]
    if not rows.size:
        raise DataError(f"no region has a score in {year}, so there is nothing to draw.")
    return _ends(rows.tolist())


def _ends(rows: list[int]) -> list[int]:
    half = _MOST // 2
    return rows if len(rows) <= _MOST else [*rows[:half], -1, *rows[-half:]]


def _name(scores: Scores, row: int) -> str:
    panel = scores.panel
    code = panel.region[panel.order[row]]
    return label(panel.region_names[code] or panel.regions[code])


def _rows(axes: Axes, labels: list[str]) -> None:
    """Name the rows of a figure, the first on top."""
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.grid(axis="x")


def _word(lang: str, english: str, chinese: str) -> str:
    return chinese if lang == "zh" else english


def ranking(*, scores: Scores, year: int, lang: str) -> Figure:
    """Draw the score of each region as a bar, the best on top."""
    rows = _ordered(scores, year)
    figure, axes = blank(_EDGE + _ROW * len(rows))
    values = [np.nan if row < 0 else float(scores.leading.score[row, 0]) for row in rows]
    axes.barh(range(len(rows)), values, color=BLUE, height=0.7)
    places = digits(np.array(values))
    _rows(axes, ["⋮" if row < 0 else _name(scores, row) for row in rows])
    for place, value in enumerate(values):
        if np.isfinite(value):
            axes.annotate(
                f"{value:.{places}f}",
                (max(value, 0.0), place),
                (4, 0),
                textcoords="offset points",
                va="center",
                fontsize=8.5,
            )
    axes.margins(x=0.09)
    axes.set_xlabel(f"{_score_word(scores, lang)}, {year}")
    return figure


def _score_word(scores: Scores, lang: str) -> str:
    if scores.rolled is not None:
        return _word(lang, "index", "综合指数")
    if scores.attained is not None:
        return _word(lang, "attainment", "目标实现度")
    return _word(lang, "equalization index", "均等化指数")


def intervals(*, uncertainty: Uncertainty, lang: str) -> Figure:
    """Draw the interval of ranks of each region, and its rank as it stands as a dot."""
    if not uncertainty.ranking:
        raise DataError("fewer than two regions have a rank, so there are no intervals of ranks.")
    frame = uncertainty.regions
    frame = frame[frame["rank"].notna()].sort_values("rank", kind="stable")
    order = _ends(list(range(len(frame))))
    low, high, rank = (frame[name].to_numpy(dtype=float) for name in ("rank_low", "rank_high", "rank"))
    figure, axes = blank(_EDGE + _ROW * len(order))
    for place, row in enumerate(order):
        if row >= 0:
            axes.plot(
                [low[row] - 0.15, high[row] + 0.15],
                [place] * 2,
                color="#8fb8dd",
                linewidth=5,
                solid_capstyle="round",
            )
            axes.plot(rank[row], place, "o", color=BLUE, markersize=4.5)
    axes.set_xlim(0.3, len(frame) + 0.7)
    axes.set_xticks(
        [tick for tick in axes.get_xticks() if 1 <= tick <= len(frame) and tick == int(tick)] + [1]
    )
    names = [label(row.region_name or row.region) for row in frame.itertuples()]
    _rows(axes, ["⋮" if row < 0 else names[row] for row in order])
    level = f"{100 * uncertainty.level:g}%"
    axes.set_xlabel(
        _word(
            lang, f"rank; the line holds it in {level} of the draws", f"名次；线段为{level}抽样中的名次范围"
        )
    )
    return figure


def heatmap(*, scores: Scores, year: int, lang: str) -> Figure:
    """Draw the scores of pillars, of indicators where there are none, as shades with their numbers."""
    from matplotlib.colors import ListedColormap

    tree, rolled = scores.plan.tree, scores.leading
    nodes = [node for node in tree.children[0] if node < rolled.score.shape[1]]
    rows = _ordered(scores, year)
    table = np.array(
        [[np.nan] * len(nodes) if row < 0 else rolled.score[row, nodes] for row in rows], dtype=float
    )
    if not nodes or not np.isfinite(table).any():
        raise DataError(f"no pillar has a score in {year}, so there is nothing to draw.")
    low, high = np.nanmin(table), np.nanmax(table)
    places = digits(table) - 1
    figure, axes = blank(_EDGE + 0.3 + _ROW * len(rows), max(4.0, 1.6 + 0.85 * len(nodes)))
    axes.pcolormesh(table, cmap=ListedColormap(SHADES), vmin=low, vmax=high, edgecolors="white", linewidth=1)
    if table.size <= 600:
        middle = low + 0.55 * (high - low)
        for (place, column), value in np.ndenumerate(table):
            if np.isfinite(value):
                axes.text(
                    column + 0.5, place + 0.5, f"{round(value, places) + 0.0:.{places}f}",
                    ha="center", va="center", fontsize=8.5,
                    color="white" if value > middle else INK,
                )  # fmt: skip
    axes.set_yticks(np.arange(len(rows)) + 0.5, ["⋮" if row < 0 else _name(scores, row) for row in rows])
    axes.set_xticks(
        np.arange(len(nodes)) + 0.5,
        [label(tree.names[node], 16) for node in nodes],
        rotation=0 if len(nodes) <= 6 else 40,
        ha="center" if len(nodes) <= 6 else "left",
    )
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.set_ylim(len(rows), 0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_xlabel(
        _word(
            lang,
            f"darker is higher; {low:.{places}f} to {high:.{places}f}, {year}",
            f"颜色越深得分越高；{year}年，{low:.{places}f}—{high:.{places}f}",
        )
    )
    return figure


def lorenz(*, scores: Scores, year: int, lang: str) -> Figure:
    """Draw Lorenz curves of the indicators, from the least even to the most even, of at most five."""
    panel, tree = scores.panel, scores.plan.tree
    rows = panel.order[scores.rows(year)]
    x = panel.x[rows]
    people = None if panel.population is None else panel.population[rows]
    every = {leaf: _gini(x[:, leaf], people) for leaf in range(x.shape[1]) if _curved(x[:, leaf])}
    known = [leaf for leaf, value in every.items() if np.isfinite(value)]
    if not known:
        raise DataError(
            f"no indicator has values of 0 or more in two regions in {year}, so there is no Lorenz curve."
        )
    gini = np.array([every[leaf] for leaf in known])
    order = np.argsort(-gini, kind="stable")
    take = order if len(order) <= 5 else order[np.round(np.linspace(0, len(order) - 1, 5)).astype(int)]
    figure, axes = blank(4.4, 5.6)
    axes.plot([0, 100], [0, 100], color=GREY, linewidth=1, linestyle=(0, (4, 3)))
    for place, at in enumerate(take):
        share, part = equalization.lorenz(x[:, known[at]], population=people)
        name = label(tree.names[tree.nodes[known[at]]], 30)
        axes.plot(
            100 * share, 100 * part, color=PALETTE[place], linewidth=1.8, label=f"{name} {gini[at]:.3f}"
        )
    axes.legend(
        loc="upper left",
        fontsize=8.5,
        title=_word(lang, "Gini", "基尼系数"),
        title_fontsize=8.5,
        alignment="left",
    )
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    what = ("regions", "地区") if people is None else ("population", "人口")
    axes.set_xlabel(
        _word(lang, f"share of {what[0]}, worst supplied first, %", f"{what[1]}累计占比（由低到高），%")
    )
    axes.set_ylabel(_word(lang, "share of the service, %", "服务累计占比，%"))
    axes.grid()
    return figure


def _gini(x: FloatArray, people: FloatArray | None) -> float:
    """Return the Gini coefficient, NaN where values are beyond what it takes."""
    try:
        return float(equalization.gini(x, population=people))
    except DomainError:
        return np.nan


def _curved(x: FloatArray) -> bool:
    seen = x[np.isfinite(x)]
    return seen.size > 1 and bool((seen >= 0).all()) and bool(seen.sum() > 0)


def degrees(*, evenness: Evenness, lang: str) -> Figure:
    """Draw how even each indicator is, with its interval, the least even on top."""
    wanted = evenness.scores.plan.model.equalization
    assert wanted is not None
    frame, tree = evenness.inequality, evenness.scores.plan.tree
    frame = frame[
        (frame["year"] == evenness.years[-1]) & (frame["basis"] == "values") & (frame["by"] == "")
        & (frame["measure"] == wanted.degree) & ~frame["weighted"].astype(bool)
    ]  # fmt: skip
    table = frame.drop_duplicates(["node", "part"]).pivot(index="node", columns="part", values="value")
    table = (
        table[table["degree"].notna()].sort_values("degree", kind="stable")
        if "degree" in table
        else table.head(0)
    )
    if not len(table):
        raise DataError("no indicator has a degree of equalization, so there is nothing to draw.")
    names = dict(zip(tree.ids, tree.names, strict=True)) | {"index": _word(lang, "all", "总体")}
    ends = _ends(list(range(len(table))))
    figure, axes = blank(_EDGE + _ROW * len(ends))
    for place, at in enumerate(ends):
        if at < 0:
            continue
        row, node = table.iloc[at], str(table.index[at])
        level = tree.levels[tree.ids.index(node)]
        colour = {"index": INK, "pillar": PALETTE[1]}.get(level, BLUE)
        if "degree_low" in table and np.isfinite(row["degree_low"]):
            axes.plot(
                [row["degree_low"], row["degree_high"]], [place] * 2, color=colour, alpha=0.35, linewidth=5
            )
        axes.plot(row["degree"], place, "o" if level == "indicator" else "D", color=colour, markersize=5)
    _rows(axes, ["⋮" if at < 0 else label(names[str(table.index[at])]) for at in ends])
    axes.set_xlabel(
        _word(
            lang,
            "equalization degree, 100 is equal (diamonds: pillars, all)",
            "均等度（100为完全均等；菱形为领域与总体）",
        )
    )
    return figure


def groups(*, evenness: Evenness, lang: str) -> Figure:
    """Draw what part of the inequality of each indicator lies between groups, for the first grouping."""
    if not evenness.by:
        raise DataError("the framework names no groups: give [equalization] groups.")
    by, frame, tree = evenness.by[0], evenness.inequality, evenness.scores.plan.tree
    frame = frame[
        (frame["year"] == evenness.years[-1]) & (frame["basis"] == "values") & (frame["measure"] == "theil_t")
        & (frame["level"] == "indicator") & (frame["group"] == "")
    ]  # fmt: skip
    weighted = bool(frame["weighted"].astype(bool).any())
    frame = frame[frame["weighted"].astype(bool) == weighted]
    between = frame[(frame["by"] == by) & (frame["part"] == "between")].set_index("node")["value"]
    total = frame[(frame["by"] == "") & (frame["part"] == "total")].set_index("node")["value"]
    share = (
        (100 * between / total.reindex(between.index)).dropna().sort_values(ascending=False, kind="stable")
    )
    if not len(share):
        raise DataError(
            f"no indicator has its inequality split by {by} (measure theil_t), so there is nothing to draw."
        )
    names = dict(zip(tree.ids, tree.names, strict=True))
    ends = _ends(list(range(len(share))))
    values = np.array([np.nan if at < 0 else share.iloc[at] for at in ends])
    figure, axes = blank(_EDGE + _ROW * len(ends))
    axes.barh(
        range(len(ends)),
        values,
        color=PALETTE[1],
        height=0.7,
        label=_word(lang, f"between {by}", f"{by}之间"),
    )
    axes.barh(
        range(len(ends)),
        100 - values,
        left=values,
        color="#cfe0ee",
        height=0.7,
        label=_word(lang, "within", "内部"),
    )
    _rows(axes, ["⋮" if at < 0 else label(names[str(share.index[at])]) for at in ends])
    axes.set_xlim(0, 100)
    axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=2, fontsize=9)
    axes.set_xlabel(_word(lang, "share of inequality (Theil T), %", "不平等（泰尔T）占比，%"))
    return figure


def influence(*, sensitivity: Sensitivity, lang: str) -> Figure:
    """Draw how far ranks move on average when an indicator or pillar is left out, the most on top."""
    frame, tree = sensitivity.left_out, sensitivity.scores.plan.tree
    frame = frame[frame["level"].isin(["indicator", "pillar"]) & frame["rank_shift"].notna()].head(_MOST // 2)
    if not len(frame):
        raise DataError("no indicator or pillar can be left out, so there is nothing to draw.")
    figure, axes = blank(_EDGE + _ROW * len(frame))
    pillar = (frame["level"] == "pillar").to_numpy()
    for what, colour, word in (
        (pillar, PALETTE[1], ("pillar", "领域")),
        (~pillar, BLUE, ("indicator", "指标")),
    ):
        if what.any():
            axes.barh(
                np.flatnonzero(what),
                frame["rank_shift"].to_numpy()[what],
                color=colour,
                height=0.7,
                label=_word(lang, *word),
            )
    names = dict(zip(tree.ids, tree.names, strict=True))
    _rows(axes, [label(names[node]) for node in frame["node"]])
    axes.legend(loc="lower right", fontsize=9)
    axes.set_xlabel(
        _word(lang, "places that ranks move on average when it is left out", "剔除后名次平均变动（位）")
    )
    return figure


def attainment(*, monitoring: Monitoring, lang: str, region: str | None = None) -> Figure:
    """Draw how much of each target a region has attained, by status; of all regions, how many are in each status."""
    from equindex.monitoring import STATUSES

    region = region or monitoring.leading
    frame = monitoring.targets
    if region is not None:
        frame = frame[(frame["region"] == region) & frame["attainment"].notna()].sort_values(
            "attainment", kind="stable"
        )
        if not len(frame):
            raise DataError("no target has an attainment, so there is nothing to draw.")
        ends = _ends(list(range(len(frame))))
        figure, axes = blank(_EDGE + 0.2 + _ROW * len(ends))
        status = frame["status"].astype(str).to_numpy()
        here = np.array([status[at] if at >= 0 else "" for at in ends])
        values = np.array([np.nan if at < 0 else frame["attainment"].iloc[at] for at in ends])
        for one in STATUSES:
            if (here == one).any():
                at = np.flatnonzero(here == one)
                axes.barh(
                    at,
                    values[at],
                    color=_STATUS_COLOURS[one],
                    height=0.7,
                    label=one.zh if lang == "zh" else one.replace("_", " "),
                )
        _rows(axes, ["⋮" if at < 0 else label(frame["node_name"].iloc[at]) for at in ends])
        axes.axvline(100, color=INK, linewidth=1)
        axes.set_xlabel(_word(lang, "attainment, 100 is the target", "目标实现度（100为达标）"))
    else:
        counts = frame.groupby("node", sort=False)["status"].value_counts().unstack(fill_value=0)
        counts = 100 * counts.div(counts.sum(axis=1), axis=0)
        reached = counts["met"] if "met" in counts else counts.iloc[:, 0] * 0
        counts = counts.loc[reached.sort_values(kind="stable").index].head(_MOST)
        figure, axes = blank(_EDGE + 0.2 + _ROW * len(counts))
        left = np.zeros(len(counts))
        for one in STATUSES:
            if one in counts and (counts[one] > 0).any():
                axes.barh(range(len(counts)), counts[one], left=left, color=_STATUS_COLOURS[one], height=0.75,
                          label=one.zh if lang == "zh" else one.replace("_", " "))  # fmt: skip
                left += counts[one].to_numpy(dtype=float)
        names = frame.groupby("node")["node_name"].first()
        _rows(axes, [label(names[node]) for node in counts.index])
        axes.set_xlim(0, 100)
        axes.set_xlabel(_word(lang, "share of regions, %", "地区占比，%"))
    axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=4, fontsize=8.5)
    return figure


def trend(*, scores: Scores, lang: str) -> Figure:
    """Draw the score of the best, the worst and some regions between over the years."""
    years = list(scores.panel.rows_of)
    if len(years) < 2:
        raise DataError("a trend needs two years or more.")
    rows = [row for row in _ordered(scores, years[-1]) if row >= 0]
    take = (
        rows
        if len(rows) <= _LINES
        else [rows[at] for at in np.round(np.linspace(0, len(rows) - 1, _LINES)).astype(int)]
    )
    panel = scores.panel
    regions = panel.region[panel.order]
    figure, axes = blank(3.6)
    for place, row in enumerate(take):
        line = np.flatnonzero(regions == regions[row])
        axes.plot(
            panel.year[panel.order][line], scores.leading.score[line, 0], color=PALETTE[place],
            marker="o", markersize=4, linestyle=("-", "--", ":")[place // 3], label=_name(scores, row),
        )  # fmt: skip
    axes.set_xticks(years if len(years) <= 12 else years[:: len(years) // 8])
    axes.grid(axis="y")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=9)
    axes.set_ylabel(_score_word(scores, lang))
    return figure


def map_(
    *, scores: Scores, year: int, outlines: Outlines, lang: str, find: Callable[[str], str] = str
) -> Figure:
    """Draw the regions in shades of their score; those without a score are hatched."""
    from matplotlib.collections import PathCollection
    from matplotlib.patches import Patch
    from matplotlib.path import Path

    drawn = outlines.drawn()
    rows = scores.rows(year)
    panel = scores.panel
    codes = [panel.regions[panel.region[panel.order[row]]] for row in rows]
    names = [panel.region_names[panel.region[panel.order[row]]] for row in rows]
    places, _, _ = outlines.match(codes, names, find)
    if (places < 0).all():
        raise DataError(
            f"no outline of {outlines.file} is a region of the data. Give each feature an id or a name that the "
            f"regions have; the first are called {', '.join(keys[-1] for keys in outlines.keys[:3] if keys)}."
        )
    score = np.where(places >= 0, scores.leading.score[rows[places], 0], np.nan)
    shade, edges = shades(score)
    decimals = digits(score) - 1
    figure, axes = blank(7.0 * drawn.height / drawn.width + 0.6)
    paths = [
        Path.make_compound_path(*(Path(ring, closed=False) for ring in part if len(ring) > 2))
        if any(len(ring) > 2 for ring in part)
        else Path(np.repeat(part[0][:1], 3, axis=0))
        for part in drawn.rings
    ]
    for number in range(-1, len(SHADES)):
        mine = [path for path, at in zip(paths, shade, strict=True) if at == number]
        if mine:
            axes.add_collection(
                PathCollection(mine, facecolor="white" if number < 0 else SHADES[number], edgecolor=GREY,
                               linewidth=0.3, hatch="////" if number < 0 else None)
            )  # fmt: skip
    axes.set_xlim(0, drawn.width)
    axes.set_ylim(drawn.height, 0)
    axes.set_aspect("equal")
    axes.set_axis_off()
    patches = [
        Patch(facecolor=colour, edgecolor=LIGHT, label=f"{a:.{decimals}f}–{b:.{decimals}f}")
        for colour, a, b in zip(SHADES, edges, edges[1:], strict=False)
    ]
    if (shade < 0).any():
        patches.append(
            Patch(facecolor="white", edgecolor=GREY, hatch="////", label=_word(lang, "none", "无数据"))
        )
    axes.legend(handles=patches, loc="upper left", bbox_to_anchor=(0, 0), ncols=5, fontsize=8.5,
                title=f"{_score_word(scores, lang)}, {year}")  # fmt: skip
    return figure
