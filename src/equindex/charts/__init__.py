"""Charts: figures of results, by name, as SVG or PNG."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equindex.charts import figures
from equindex.charts.outlines import Outlines, read_outlines
from equindex.charts.style import png, svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["CHARTS", "Chart", "Outlines", "png", "read_outlines", "svg"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A figure by its name: what it shows in both languages, and the results that it needs."""

    title: tuple[str, str]
    needs: tuple[str, ...]
    draw: Callable[..., Figure]


CHARTS = {
    "ranking": Chart(
        title=("Ranking: the score of each region", "排名：各地区得分"),
        needs=("scores", "year"),
        draw=figures.ranking,
    ),
    "intervals": Chart(
        title=("How far each rank moves when weights do", "权重变动时的名次范围"),
        needs=("uncertainty",),
        draw=figures.intervals,
    ),
    "heatmap": Chart(
        title=("Scores of pillars by region", "各地区分领域得分"),
        needs=("scores", "year"),
        draw=figures.heatmap,
    ),
    "influence": Chart(
        title=("What moves ranks most when it is left out", "剔除后最影响名次的指标"),
        needs=("sensitivity",),
        draw=figures.influence,
    ),
    "attainment": Chart(
        title=("Attainment of targets, by status", "目标实现度与状态"),
        needs=("monitoring",),
        draw=figures.attainment,
    ),
    "lorenz": Chart(
        title=("Lorenz curves of the services", "公共服务洛伦兹曲线"),
        needs=("scores", "year"),
        draw=figures.lorenz,
    ),
    "degrees": Chart(
        title=("How even each service is", "各项服务的均等度"), needs=("evenness",), draw=figures.degrees
    ),
    "groups": Chart(
        title=("Inequality between and within groups", "组间与组内差距"),
        needs=("evenness",),
        draw=figures.groups,
    ),
    "trend": Chart(title=("Scores over the years", "历年得分"), needs=("scores",), draw=figures.trend),
    "map": Chart(
        title=("Map of the scores", "得分地图"),
        needs=("scores", "year", "outlines", "find"),
        draw=figures.map_,
    ),
}
"""Every chart that `equindex chart` draws."""
