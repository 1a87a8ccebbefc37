"""`equindex demo`: the bundled provinces and plan, scored by the same code as any other data."""

from __future__ import annotations

from typing import Any

from equindex import _resources, evenness
from equindex.cli import show
from equindex.cli._print import line, table
from equindex.framework import Framework

__all__ = ["show_demo"]

_YEAR = 1999


def show_demo() -> None:
    """Score and print the bundled data."""
    _provinces()
    _plan()
    line(
        "What is illustrative: the figures are printed yearbook and plan figures, but the choice of indicators, the "
        "equal weights and the methods are this demo's, not those of any published index; Rugao is held against its "
        "2025 targets in the baseline year 2020, before the plan began. Sources: SOURCE.md beside each framework."
    )
    line(f"The files are in {_resources.path('data')}. Next: equindex init my-index")


def _provinces() -> None:
    folder = _resources.path("data/china-services")
    framework = Framework.from_toml(folder / "framework.toml")
    found = framework.score(folder / "observations.csv")
    rows = list(range(len(found.panel.order)))
    show.ranking(found, rows, _YEAR)
    zones = show.by_group(found, "zone", _YEAR)
    body: list[list[Any]] = []
    for zone, part in zones.groupby("group", sort=False):
        order = part.sort_values("index", ascending=False, kind="stable")
        first, last = order.iloc[0], order.iloc[-1]
        means = [float(part[name].mean()) for name in ("index", "equalization")]
        ends = [f"{row['region']} {row['index']:.1f}" for row in (first, last)]
        body.append([zone, len(part), *means, *ends])
    body.sort(key=lambda row: float(row[2]), reverse=True)
    columns = ["zone", "regions", "mean index", "mean equalization", "first", "last"]
    table("Zones 区域", columns, body)

    even = evenness.of_scores(framework, found)
    columns, body = even.summary()
    names = {indicator.name for indicator in framework.model.indicator}
    leaves = sorted((row for row in body if row[0] in names), key=lambda row: float(row[2]))
    columns[0] = "indicator, least even first"
    table("How even 均等度", columns, leaves, keep=4)
    moved = evenness.analyse(framework, folder / "panel.csv", years=(1990, 2000))
    for sentence in even.answer():
        line(sentence if not sentence.startswith("Closing") else moved.closing())
    line("")


def _plan() -> None:
    folder = _resources.path("data/rugao-2025")
    framework = Framework.from_toml(folder / "framework.toml")
    data = folder / "observations.csv"
    ratio = framework.score(data)
    met = framework.replace(attainment={"rule": "met"}).score(data)
    assert ratio.attained is not None
    assert met.attained is not None
    tree = ratio.plan.tree
    one, other = ratio.attained.rolled, met.attained.rolled
    nodes = [node for node, level in enumerate(tree.levels) if level == "pillar"]
    body = []
    for node in (*nodes, 0):
        body.append(
            [
                tree.names[node] if node else "index",
                float(one.score[0, node]),
                float(other.score[0, node]),
                f"{one.coverage[0, node]:.0%}",
                "" if one.score[0, node] == one.score[0, node] else ratio.why_unscored(0, node),
            ]
        )
    columns = ["领域", "ratio", "met", "coverage", "note"]
    table("如皋市 Rugao 2020 against its targets of 2025: attainment 目标实现度", columns, body)
    line("ratio flatters: it credits every step; met counts only targets reached. Show both.")
    line("")
    show.binding_list(ratio, 2020)
    line("")
